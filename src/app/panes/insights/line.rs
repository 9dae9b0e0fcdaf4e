//! A line of a panel.

use ratatui::style::Style;

use super::row::Row;
use crate::app::ui::frame::RenderCtx;

/// Runs of text and style; a line of the cursor knows its row.
pub(super) struct Line {
    pub runs: Vec<(String, Style)>,
    pub row: Option<Row>,
    /// The cursor is on a part of it, not on the whole.
    pub part: bool,
}

impl Line {
    pub(super) fn new(runs: Vec<(String, Style)>) -> Line {
        Line { runs, row: None, part: false }
    }

    pub(super) fn of(row: Row, runs: Vec<(String, Style)>) -> Line {
        Line { row: Some(row), ..Line::new(runs) }
    }
}

/// The head of a section: its name, and what is to be known of it.
pub(super) fn head(name: &str, about: &str, ctx: &RenderCtx<'_>) -> Line {
    Line::new(vec![(name.to_owned(), ctx.theme.strong()), (format!("  {about}"), ctx.theme.dim())])
}
