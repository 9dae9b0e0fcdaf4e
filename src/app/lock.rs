//! Nobody is there: card data are hidden, then everything is (D8).
//!
//! ```text
//!   open ── `mask_after` without a key ──▶ open, nothing of a card is shown
//!    ▲ └─── `lock_after` without a key, or the command ──▶ locked: one calm screen, nothing secret in the model
//!    └── the credential was read again, or the passphrase fits ──┘
//! ```
//!
//! The clock goes on while the machine sleeps, and every message asks it first: whoever opens the lid again
//! finds the lock, whatever woke the program. What was sent goes on and is settled, forms keep their input; none
//! of it is drawn. How the credential is read again is not known here.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::secret_input::SecretInput;

/// Longest passphrase, in bytes.
pub(crate) const LONGEST: usize = 256;
/// Columns of the lock's panel.
pub(crate) const WIDTH: u16 = 64;

#[derive(Debug)]
pub(crate) struct Locked {
    pub(crate) since: DateTime<Utc>,
    /// The person asked for it.
    pub(crate) asked: bool,
    pub(crate) typed: SecretInput,
    /// An attempt is under way.
    pub(crate) trying: bool,
    /// Why the last attempt failed.
    pub(crate) failed: Option<String>,
    pub(crate) ending: bool,
}

/// Whether somebody is there.
#[derive(Debug, Default)]
pub struct Lock {
    /// When a key was pressed last, in `Now::up`.
    pub(crate) last: Duration,
    pub(crate) locked: Option<Locked>,
}

impl Lock {
    pub fn new(up: Duration) -> Lock {
        Lock { last: up, locked: None }
    }

    pub fn is_locked(&self) -> bool {
        self.locked.is_some()
    }
}
