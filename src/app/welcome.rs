//! What somebody without a credential reads at the first start: where they are, and how to go on.
//!
//! It is in nobody's way: the first key takes it away and does what it always does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::actions::{self, Act};
use super::model::Model;
use super::msg::Msg;
use super::panes::{self, Piece, Title};
use super::text;
use super::theme::{Theme, Tone};

/// Columns of the box.
const WIDTH: u16 = 72;

impl Model {
    /// Takes it away when somebody does something; whether it was there.
    pub(super) fn end_welcome(&mut self, msg: &Msg) -> bool {
        let does = matches!(msg, Msg::Pressed(_) | Msg::Pasted(_) | Msg::Clicked(..) | Msg::Wheeled { .. });
        does && std::mem::take(&mut self.setup.welcome)
    }

    /// Draws it in the middle of `body`.
    pub(super) fn view_welcome(&self, buffer: &mut Buffer, body: Rect, theme: &Theme) {
        if !self.setup().welcome {
            return;
        }
        let key = |act| {
            let action = actions::table().iter().find(|action| action.act == act);
            action.map(|action| self.looks().keys.first(action)).unwrap_or_default()
        };
        let lines = [
            "A demo merchant on this machine: nothing here is real, try everything.".to_owned(),
            format!("{} logs in to your own merchant; or `fourpay login` in a shell.", key(Act::Login)),
            format!("{} shows all keys. Any key goes on, and does what it does.", key(Act::Help)),
        ];
        let body = body.intersection(buffer.area);
        let (width, height) = (body.width.min(WIDTH + 4), body.height.min(5));
        let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
        Clear.render(area, buffer);
        let title = Title { pieces: vec![Piece::new("Welcome to fourpay", Tone::Plain)], foot: None, stale: false };
        let inner = panes::frame(buffer, area, &title, None, theme, true);
        for (line, y) in lines.iter().zip(inner.top()..inner.bottom()) {
            let x = inner.x.saturating_add(1);
            text::put(buffer, inner, x, y, line, inner.right().saturating_sub(x), theme.plain());
        }
    }
}
