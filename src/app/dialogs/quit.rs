//! Quitting while something is in flight.

use super::super::form::{Form, Line};
use super::super::msg::Effect;
use super::super::store::Store;
use super::super::text;
use super::{Asked, Asks, Confirm, Wrong};
use crate::app::ui::frame::RenderCtx;

/// Asks whether to quit although acts are under way.
#[derive(Debug)]
pub struct Quit {
    /// The acts in words, as they were when the dialog opened.
    pub acts: Vec<String>,
    /// Freezes that nothing but this program's memory has recorded.
    pub unrecorded: usize,
}

impl Asks for Quit {
    fn title(&self, _: &Store) -> String {
        "Quit".into()
    }

    fn go(&self, _: Option<&Asked>) -> String {
        "quit".into()
    }

    fn confirm(&self) -> Confirm {
        Confirm::Letter
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let theme = &ctx.theme;
        let mut lines: Vec<Line> = Vec::new();
        if self.unrecorded > 0 {
            let (what, are) = if self.unrecorded == 1 { ("freeze", "is") } else { ("freezes", "are") };
            let say = format!(
                "{} {what} {are} recorded in memory only. Quitting loses the record; the cards stay frozen.",
                self.unrecorded
            );
            lines.extend(super::prose(&say, theme.bad(), columns));
        }
        if self.acts.is_empty() {
            return lines;
        }
        lines.push(vec![("  in flight now".to_owned(), theme.plain())]);
        let shown = self.acts.iter().take(6);
        lines.extend(
            shown.map(|act| vec![(format!("  ◌ {}", text::cut(act, columns.saturating_sub(4))), theme.warn())]),
        );
        if let Some(more) = self.acts.len().checked_sub(6).filter(|more| *more > 0) {
            lines.push(vec![(format!("  and {more} more"), theme.dim())]);
        }
        let say = "Quitting does not cancel what was sent. Its outcome is found out at the next start.";
        lines.push(Line::new());
        lines.extend(super::prose(say, theme.dim(), columns));
        lines
    }

    fn read(&self, _: &Form, _: &Store) -> Result<Asked, Wrong> {
        Ok(Asked::Effect(Effect::Quit))
    }

    fn review(&self, _: &Asked, _: &RenderCtx<'_>, _: usize) -> Vec<Line> {
        Vec::new()
    }
}
