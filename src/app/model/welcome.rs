//! What somebody without a credential reads at the first start: where they are, and how to go on.
//!
//! It is in nobody's way: it stands in the empty room of pane 1 until `Esc` dismisses it, and keys act as always. Where
//! pane 1 has no room it stands in the middle, and the first key takes it away.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::app::actions::{self, Act};
use crate::app::areas::Areas;
use crate::app::key::{Key, KeyCode};
use crate::app::model::Model;
use crate::app::ui::frame::{Piece, Title, frame};

use crate::app::overlay::OverlayKind;
use crate::app::text;
use crate::app::theme::{Theme, Tone};

/// Columns of the box.
const WIDTH: u16 = 72;
const TITLE: &str = "Welcome to fourpay";

impl Model {
    /// A key while it is open, when that is all the key does; `None` when the key goes on to the panes. `Esc` only
    /// dismisses it. Any other key acts as it always does, and takes away what would lie over what it shows.
    pub(crate) fn press_welcome(&mut self, key: Key) -> Option<bool> {
        if key.code == KeyCode::Esc {
            self.overlays.take(OverlayKind::Welcome);
            return Some(true);
        }
        self.clear_welcome();
        None
    }

    /// Takes it away where it lies over the panes; somebody begins to work there.
    pub(crate) fn clear_welcome(&mut self) {
        if self.overlays.has(OverlayKind::Welcome) && self.room_for_welcome(&self.areas()).is_none() {
            self.overlays.take(OverlayKind::Welcome);
        }
    }

    /// The empty room of pane 1, where it lies in nobody's way.
    fn room_for_welcome(&self, areas: &Areas) -> Option<Rect> {
        let pane = areas.accounts;
        if areas.strip || pane.width < 20 {
            return None;
        }
        let rows = u16::try_from(self.panes.accounts.list.index.rows().len()).unwrap_or(u16::MAX);
        let taken = rows.saturating_add(2);
        let height = u16::try_from(self.welcome_lines(usize::from(pane.width - 3)).len() + 1).unwrap_or(u16::MAX);
        let fits = pane.height >= taken.saturating_add(height).saturating_add(1);
        fits.then(|| Rect { x: pane.x + 1, y: pane.bottom() - 1 - height, width: pane.width - 2, height })
    }

    fn welcome_lines(&self, columns: usize) -> Vec<String> {
        let key = |act| {
            let action = actions::table().iter().find(|action| action.act == act);
            action.map(|action| self.appearance().keys.first(action)).unwrap_or_default()
        };
        let lines = [
            "A demo merchant on this machine: nothing here is real, try everything.".to_owned(),
            format!(
                "Try {} four digits Enter {} y to freeze a card, {} {}declined, {} {} to top up many.",
                key(Act::Filter),
                key(Act::Freeze),
                key(Act::Transactions),
                key(Act::Filter),
                key(Act::MarkAll),
                key(Act::TopUp)
            ),
            format!("{} logs in to your own merchant, as does `fourpay login`.", key(Act::Login)),
            format!("{} shows all keys, Esc dismisses this.", key(Act::Help)),
        ];
        lines.iter().flat_map(|line| text::wrap(line, columns)).collect()
    }

    /// Draws it in the empty room of pane 1; where there is none, in the middle until the first key.
    pub(crate) fn view_welcome(&self, buffer: &mut Buffer, areas: &Areas, theme: &Theme) {
        let room = self.room_for_welcome(areas);
        // Another pane may lie over that room.
        if room.is_some() && (self.zoomed || self.focus().is_sheet()) {
            return;
        }
        let area = room.unwrap_or_else(|| {
            let body = areas.body.intersection(buffer.area);
            let width = body.width.min(WIDTH + 4);
            let lines = self.welcome_lines(usize::from(width.saturating_sub(4))).len();
            let height = u16::try_from(lines + 2).unwrap_or(u16::MAX).min(body.height);
            Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height }
        });
        let area = area.intersection(buffer.area);
        let columns = usize::from(area.width.saturating_sub(if room.is_some() { 1 } else { 4 }));
        let lines = self.welcome_lines(columns);
        let inner = match room {
            Some(_) => {
                let line = Rect { height: 1, ..area };
                text::put(buffer, line, area.x + 1, area.y, TITLE, area.width.saturating_sub(1), theme.strong());
                Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
            }
            None => {
                Clear.render(area, buffer);
                let title = Title { pieces: vec![Piece::new(TITLE, Tone::Plain)], ..Title::default() };
                frame(buffer, area, &title, None, theme, true)
            }
        };
        for (line, y) in lines.iter().zip(inner.top()..inner.bottom()) {
            let x = inner.x.saturating_add(1);
            text::put(buffer, inner, x, y, line, inner.right().saturating_sub(x), theme.plain());
        }
    }
}
