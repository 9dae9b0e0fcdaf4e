//! A value that is read from the API again and again.
//!
//! A struct and not an enum, because a dashboard shows the last good value, a spinner and an error at once.
//! Knows nothing of what the value is.

use super::Status;
use crate::app::msg::Now;
use crate::domain::failure::Failure;

/// The last good value and what became of the requests for it.
#[derive(Clone, Debug)]
pub struct Remote<T> {
    /// The last good value; the empty one until [`Remote::ever`].
    pub value: T,
    /// When the value was last confirmed by an answer.
    pub at: Option<Now>,
    /// Whether a request is under way.
    pub pending: bool,
    /// Why the newest request brought nothing. Cleared by the next good answer.
    pub failed: Option<Failure>,
    /// `asked` of the newest reply that counted, good or bad.
    applied: u64,
}

impl<T: Default> Default for Remote<T> {
    fn default() -> Remote<T> {
        Remote { value: T::default(), at: None, pending: false, failed: None, applied: 0 }
    }
}

impl<T> Remote<T> {
    /// Whether anything was ever read.
    pub fn ever(&self) -> bool {
        self.at.is_some()
    }

    /// `asked` of the newest reply that counted.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// Whether a reply to this request is older than one that counted already.
    pub fn is_late(&self, asked: u64) -> bool {
        asked < self.applied
    }

    pub(super) fn status(&self, loaded: usize) -> Status<'_> {
        let (pending, at, failed) = (self.pending, self.at, self.failed.as_ref());
        Status { pending, at, failed, loaded, total: None, complete: false }
    }

    pub(super) fn asked(&mut self) {
        self.pending = true;
    }

    /// A good answer came. A late one does not turn the clock back.
    pub(super) fn succeeded(&mut self, now: Now, asked: u64, more_to_come: bool) {
        if self.is_late(asked) {
            return;
        }
        self.applied = asked;
        self.pending = more_to_come;
        self.at = Some(now);
        self.failed = None;
    }

    /// A failure came: the value stays, and says nothing of what it was before.
    pub(super) fn failed(&mut self, asked: u64, failure: Failure) {
        if self.is_late(asked) {
            return;
        }
        self.applied = asked;
        self.pending = false;
        self.failed = Some(failure);
    }
}
