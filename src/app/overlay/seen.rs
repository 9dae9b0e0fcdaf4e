//! A key confirms only what was on the screen before it came.
//!
//! ```text
//!   content changes ──▶ a frame shows it ──▶ no input waits ──▶ a confirming key counts
//!        ▲                                                         │
//!        └────────── any change of the content begins anew ────────┘
//! ```
//!
//! Without the second step two keys of one read (a paste of a terminal without bracketed paste, a slow link) would
//! open a dialog and confirm it unseen; without the first, an answer that arrives between a frame and a key would be
//! confirmed in place of what was read.

/// What of the content was drawn, and what of it somebody had the time to see.
#[derive(Clone, Debug)]
pub struct Seen<T> {
    drawn: Option<T>,
    seen: Option<T>,
}

impl<T> Default for Seen<T> {
    fn default() -> Seen<T> {
        Seen { drawn: None, seen: None }
    }
}

impl<T: Clone + PartialEq> Seen<T> {
    /// A frame shows this.
    pub fn drawn(&mut self, content: T) {
        self.drawn = Some(content);
    }

    /// No input waits: whatever key comes now was pressed after that frame.
    pub fn input_is_empty(&mut self) {
        if self.seen != self.drawn {
            self.seen.clone_from(&self.drawn);
        }
    }

    /// Whether a key may confirm this.
    pub fn is(&self, content: &T) -> bool {
        self.seen.as_ref() == Some(content)
    }
}
