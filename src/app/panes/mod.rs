//! The panes and the details.

pub mod accounts;
pub mod cardholders;
pub mod cards;
pub mod inspector;
pub mod journal;
pub mod order;
mod ranks;
pub mod related;
pub mod transactions;
pub mod webhooks;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::filter::Filter;
pub use super::pane::Pane;
pub use super::ui::frame::{Freshness, Piece, RenderCtx, Title, frame, say, say_why_empty};

/// What a list says that the filter has left empty.
pub fn say_filtered(buffer: &mut Buffer, area: Rect, filter: &Filter, ctx: &RenderCtx<'_>) {
    let theme = &ctx.theme;
    let [nothing, clear] = filter.nothing(ctx.setup);
    say(buffer, area, &[(nothing, theme.plain()), (clear, theme.dim())]);
}
