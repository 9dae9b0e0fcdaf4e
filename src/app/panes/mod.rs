//! The panes and the details. The table of panes is [`crate::app::pane`].

pub mod accounts;
pub mod cardholders;
pub mod cards;
pub mod insights;
pub mod inspector;
pub mod journal;
pub mod list_pane;
pub mod order;
pub mod related;
mod sort_keys;
mod table;
pub mod transactions;
pub mod webhooks;

pub use super::pane::Pane;
pub use super::ui::frame::{Freshness, Piece, RenderCtx, Title, frame, say, say_why_empty};
pub use table::Panes;
