//! Pane 4.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Light, Pane, Piece, Title};
use crate::app::list::{Cursor, Rows};
use crate::app::store::Store;
use crate::app::theme::Tone;
use crate::domain::ids::HolderId;

/// What the person did here.
#[derive(Debug, Default)]
pub struct CardholdersPane {
    pub cursor: Cursor<HolderId>,
}

/// The rows in the order they are shown.
pub struct Shown<'a>(&'a [HolderId]);

impl Rows for Shown<'_> {
    type Row = HolderId;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, at: usize) -> Option<HolderId> {
        self.0.get(at).cloned()
    }

    fn position(&self, row: &HolderId, _: usize) -> Option<usize> {
        self.0.iter().position(|known| known == row)
    }
}

impl CardholdersPane {
    pub fn shown(&self) -> Shown<'_> {
        Shown(&[])
    }

    pub fn title(&self, _: &Store) -> Title {
        Title { pieces: vec![Piece::new("Cardholders", Tone::Plain)], ..Title::default() }
    }

    pub fn view(&self, buffer: &mut Buffer, area: Rect, title: &Title, light: &Light<'_>) {
        super::frame(buffer, area, title, Some(Pane::Cardholders), &light.theme, light.focused);
    }
}
