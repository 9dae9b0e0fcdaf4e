//! How the dashboard looks and which keys it listens to, and what of that changes while it runs: the theme, and privacy.
//!
//! The picture is drawn in full, in Unicode; [`Appearance::finish`] hides and replaces in it what must be.

use ratatui::buffer::Buffer;

use super::keymap::Keymap;
use super::theme::Theme;
use super::theme::book::Book;
use super::{ascii, private};

/// How it looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appearance {
    pub book: Book,
    /// The user's own keys.
    pub keys: Keymap,
    /// Amounts, names, e-mails and numbers are hidden.
    pub privacy: bool,
    /// The terminal draws nothing but ASCII.
    pub ascii: bool,
}

impl Appearance {
    pub fn theme(&self) -> Theme {
        self.book.theme()
    }

    /// The last thing that happens to a picture.
    pub fn finish(&self, buffer: &mut Buffer) {
        private::finish(buffer, self.privacy);
        if self.ascii {
            ascii::finish(buffer);
        }
    }
}
