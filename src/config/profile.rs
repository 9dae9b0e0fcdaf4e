//! What is said of one API: how careful to be with its card data.

use std::time::Duration;

/// Name of the profile of a real API.
pub const DEFAULT: &str = "default";

/// One profile. Every field has a default, so that a configuration is only what differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    /// Whether card numbers may be shown or copied at all.
    pub allow_reveal: bool,
    /// Whether they may be copied in a remote session (D11).
    pub allow_remote_copy: bool,
    /// How long a card is shown: 5 to 60 s.
    pub reveal: Duration,
    /// How long a copied secret stays in the clipboard: 10 to 90 s.
    pub clipboard: Duration,
}

impl Default for Profile {
    fn default() -> Profile {
        Profile {
            name: DEFAULT.into(),
            allow_reveal: true,
            allow_remote_copy: false,
            reveal: Duration::from_secs(30),
            clipboard: Duration::from_secs(30),
        }
    }
}
