//! Pane 6.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Light, Pane, Piece, Title};
use crate::app::list::{Cursor, Rows};
use crate::app::store::Store;
use crate::app::theme::Tone;
use crate::domain::ids::EventId;

/// What the person did here.
#[derive(Debug, Default)]
pub struct WebhooksPane {
    pub cursor: Cursor<EventId>,
}

/// The rows in the order they are shown.
pub struct Shown<'a>(&'a [EventId]);

impl Rows for Shown<'_> {
    type Row = EventId;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, at: usize) -> Option<EventId> {
        self.0.get(at).cloned()
    }

    fn position(&self, row: &EventId, _: usize) -> Option<usize> {
        self.0.iter().position(|known| known == row)
    }
}

impl WebhooksPane {
    pub fn shown(&self) -> Shown<'_> {
        Shown(&[])
    }

    pub fn title(&self, _: &Store) -> Title {
        Title { pieces: vec![Piece::new("Webhooks", Tone::Plain)], ..Title::default() }
    }

    pub fn view(&self, buffer: &mut Buffer, area: Rect, title: &Title, light: &Light<'_>) {
        super::frame(buffer, area, title, Some(Pane::Webhooks), &light.theme, light.focused);
    }
}
