//! What webhook deliveries are signed with: where it comes from, and where it is kept.
//!
//! ```text
//!   FOURPAY_WEBHOOK_SECRET ──▶ keyring ──▶ typed, where somebody can be asked
//! ```
//!
//! The same order for everything that signs or checks. It has a place of its own in the keyring, beside the
//! credential of the API: it is never sent to it, and what is sent to it never signs. A value is in no argument,
//! message, log or `Debug`.

use std::fmt;
use std::sync::Arc;

use super::KEYRING;
use super::keyring::{self, Trouble, WebhookSlot};
use crate::domain::secret::WebhookSecret;

/// The variable.
pub const VARIABLE: &str = "FOURPAY_WEBHOOK_SECRET";

/// What is said of a secret with white space at an end.
pub const WHITE_ENDS: &str = "it begins or ends with white space, for example a line end, which counts as a part of it";
/// What to do about that.
pub const WHITE_ENDS_FIX: &str =
    "take it away, or every delivery looks forged: printf instead of echo writes no line end";

/// Where it came from. Named on screens, by commands and by `doctor`; the value never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `FOURPAY_WEBHOOK_SECRET`.
    Environment,
    /// The operating system's keyring.
    Keyring,
    /// Typed by the person, for this once.
    Typed,
}

impl Source {
    /// For machines.
    pub fn word(self) -> &'static str {
        match self {
            Source::Environment => "environment",
            Source::Keyring => "keyring",
            Source::Typed => "typed",
        }
    }

    /// In a sentence: `signed with …`.
    pub fn in_words(self) -> &'static str {
        match self {
            Source::Environment => "the secret of FOURPAY_WEBHOOK_SECRET",
            Source::Keyring => "the secret of the keyring",
            Source::Typed => "the secret that was typed",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_words())
    }
}

/// A secret and where it was.
#[derive(Clone, Debug)]
pub struct Found {
    pub secret: Arc<WebhookSecret>,
    pub source: Source,
}

impl Found {
    pub fn new(secret: WebhookSecret, source: Source) -> Found {
        Found { secret: Arc::new(secret), source }
    }
}

/// Where it may be without asking anybody.
#[derive(Debug, Default)]
pub struct Sources {
    /// `FOURPAY_WEBHOOK_SECRET`, as it was said.
    pub environment: Option<WebhookSecret>,
    /// The place in the keyring that belongs to the profile and its address.
    pub slot: Option<WebhookSlot>,
}

impl Sources {
    /// Where it is, without reading it.
    pub fn first(&self) -> Result<Option<Source>, Trouble> {
        match (&self.environment, &self.slot) {
            (Some(_), _) => Ok(Some(Source::Environment)),
            (None, Some(slot)) => Ok(keyring::holds(slot, KEYRING)?.then_some(Source::Keyring)),
            (None, None) => Ok(None),
        }
    }

    /// Reads it; `None` when there is none. A keyring that holds nothing for us is not asked to be unlocked.
    pub fn read(self) -> Result<Option<Found>, Trouble> {
        let source = self.first()?;
        let secret = match (source, self.environment, &self.slot) {
            (Some(Source::Keyring), _, Some(slot)) => keyring::read(slot, KEYRING)?,
            (_, said, _) => said,
        };
        Ok(source.zip(secret).map(|(source, secret)| Found::new(secret, source)))
    }
}

/// What the person can do about a keyring that is of no use.
pub fn fix(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Absent(_) => "set FOURPAY_WEBHOOK_SECRET instead",
        Trouble::Locked(_) | Trouble::Silent(_) => "unlock it, or set FOURPAY_WEBHOOK_SECRET",
        Trouble::Strange(_) => "run `fourpay webhooks secret` again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s1_the_environment_goes_first_and_nothing_of_the_value_is_said() {
        let secret = || WebhookSecret::new("whsec_CANARY".to_owned().into());
        let slot = Some(WebhookSlot::new("default", "https://api.example.com"));
        let sources = Sources { environment: Some(secret()), slot };
        assert!(!format!("{sources:?}").contains("CANARY"));
        let found = sources.read().unwrap().unwrap();
        assert_eq!((found.source, found.secret.expose()), (Source::Environment, "whsec_CANARY"));
        assert!(!format!("{found:?} {}", found.source).contains("CANARY"));
        assert!(Sources::default().read().unwrap().is_none());
    }
}
