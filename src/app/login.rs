//! A login that was typed, on its way to be checked, and what came of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::ZeroizeOnDrop;

use crate::domain::secret::{OneTimeSecret, Password};

/// What somebody logs in with.
#[derive(Debug)]
pub enum Who {
    /// An API token, as it was typed.
    Token(Password),
    Portal {
        email: String,
        password: Password,
    },
}

// By the passwords in it; an e-mail address is no secret.
impl ZeroizeOnDrop for Who {}

/// Where a merchant is, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub profile: String,
    pub base_url: String,
}

/// A login that was asked for, on its way to be checked.
#[derive(Clone, Debug)]
pub struct Entered {
    who: OneTimeSecret<Who>,
    /// Whether the keyring should have it.
    pub keep: bool,
    /// The merchant that the demo is left for.
    pub to: Option<Place>,
    given_up: Arc<AtomicBool>,
}

impl Entered {
    pub fn new(who: Who, keep: bool, to: Option<Place>) -> Entered {
        Entered { who: OneTimeSecret::new(who), keep, to, given_up: Arc::default() }
    }

    /// What was typed, once; `None` also when the dialog was closed before somebody asked.
    pub fn take(&self) -> Option<Who> {
        self.who.take()
    }

    /// Whether the dialog was closed before there was an answer.
    pub fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Nobody waits for the answer any more. What was typed and not taken yet is wiped.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
        drop(self.who.take());
    }
}

impl PartialEq for Entered {
    fn eq(&self, other: &Entered) -> bool {
        self.who == other.who
    }
}

impl Eq for Entered {}

/// What came of a login that the API accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// Whether the keyring has it, or why not, in a sentence of its own; `None` when it was not to.
    pub kept: Option<Result<(), String>>,
}
