//! What is said of one merchant's API: where it is, how it is shown, and how careful to be with it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::PathOverrides;
use crate::api::Auth;
use crate::domain::money::Grouping;
use crate::domain::settings::{Columns, Environment, LowBalance, Tint, Zone};

/// Name of the profile of the settings that stand before all profiles.
pub const DEFAULT: &str = "default";
/// Name of the embedded sandbox.
pub const DEMO: &str = "demo";
/// Transactions of each feed that are kept when nothing else is said.
pub const HISTORY: usize = 20_000;

/// One profile. Every field has a default, so that a configuration is only what differs; what each means
/// stands in the table of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub base_url: Option<String>,
    /// What the file calls it; [`Profile::environment`] is what it is.
    pub said_environment: Option<Environment>,
    pub colour: Option<Tint>,
    pub token_file: Option<PathBuf>,
    /// Program and arguments that print the token; empty when there is none.
    pub token_command: Vec<String>,
    /// A credential stands before all tables, and is not this profile's: it has an address of its own.
    pub withheld: bool,
    pub read_only: bool,
    /// Which header the token goes into.
    pub auth: Auth,
    /// Time between reads of the newest transactions without an event log: 2 to 300 s.
    pub refresh: Duration,
    /// Most transactions of each feed that are kept.
    pub history: usize,
    pub zone: Zone,
    pub grouping: Grouping,
    pub low_balance: Vec<LowBalance>,
    /// Percent of declines from which on it is said; `None` is never.
    pub decline_rate: Option<u8>,
    /// Whether card numbers may be shown or copied at all.
    pub allow_reveal: bool,
    /// Whether they may be copied in a remote session (D11).
    pub allow_remote_copy: bool,
    /// Whether they may be copied by the terminal, which nobody can check or clear (C8).
    pub osc52_secrets: bool,
    /// Whether a reason is asked for before each look at card data.
    pub ask_reason: bool,
    /// How long a card is shown: 5 to 60 s.
    pub reveal: Duration,
    /// How long a copied secret stays in the clipboard: 10 to 90 s.
    pub clipboard: Duration,
    /// Idle time after which secrets are masked: 60 s at most (D8).
    pub mask_after: Duration,
    /// Idle time after which the dashboard locks: 15 minutes at most (D8).
    pub lock_after: Duration,
    /// The dashboard shows no card data, changes nothing, and does not lock. No setting: `--monitor` says it.
    pub monitor: bool,
    /// Whether there must be a passphrase for the lock.
    pub passphrase: bool,
    pub theme: String,
    /// Whether nothing but ASCII is drawn; nothing said is what the locale says.
    pub ascii: Option<bool>,
    pub mouse: bool,
    pub columns: Columns,
    /// Where webhook deliveries are received: loopback alone.
    pub listen: Option<SocketAddr>,
    /// Paths that the deployment has elsewhere.
    pub paths: PathOverrides,
}

impl Default for Profile {
    fn default() -> Profile {
        Profile {
            name: DEFAULT.into(),
            base_url: None,
            said_environment: None,
            colour: None,
            token_file: None,
            token_command: Vec::new(),
            withheld: false,
            read_only: false,
            auth: Auth::Auto,
            refresh: Duration::from_secs(2),
            history: HISTORY,
            zone: Zone::Local,
            grouping: Grouping::default(),
            low_balance: Vec::new(),
            decline_rate: None,
            allow_reveal: true,
            allow_remote_copy: false,
            osc52_secrets: false,
            ask_reason: false,
            reveal: Duration::from_secs(30),
            clipboard: Duration::from_secs(30),
            mask_after: Duration::from_secs(60),
            lock_after: Duration::from_secs(300),
            monitor: false,
            passphrase: false,
            theme: "auto".into(),
            ascii: None,
            mouse: true,
            columns: Columns::default(),
            listen: None,
            paths: Vec::new(),
        }
    }
}

impl Profile {
    /// Which world this is. `http` is possible to this machine alone, and that is a sandbox; everything else is
    /// production until the file says otherwise.
    pub fn environment(&self, base_url: &str) -> Environment {
        match self.said_environment {
            Some(said) => said,
            None if base_url.trim_ascii_start().to_ascii_lowercase().starts_with("http:") => Environment::Sandbox,
            None => Environment::Production,
        }
    }
}
