//! How a dialog looks: facts and fields above, which scroll, and below them what will happen, what is wrong and
//! the buttons, which are on the screen whatever its size.

pub use crate::app::ui::describe::prose;
use crate::app::ui::frame::{Piece, RenderCtx, Title, dialog_width, frame, place_dialog};
use crate::domain::settings::Environment;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::cell::Cell;

use super::super::form::{self, Focus, Line};
use super::super::private;
use super::super::text;
use super::super::theme::{self, Theme, Tone};
use super::{Confirm, Dialog, OVERRIDE, Phase};
use crate::app::ui::describe;

/// Columns of a dialog at most.
const WIDEST: u16 = 84;

impl Dialog {
    /// Draws it in the middle of `body`.
    pub fn view(&self, buffer: &mut Buffer, body: Rect, ctx: &RenderCtx<'_>) {
        let body = body.intersection(buffer.area);
        let width = dialog_width(body, WIDEST);
        let columns = usize::from(width.saturating_sub(4));
        let theme = &ctx.theme;
        let mut upper = self.note.as_ref().map_or_else(Vec::new, |note| prose(note, theme.warn(), columns));
        upper.extend(self.asks.head(ctx, columns));
        let (fields, here) = self.form.lines(columns, theme);
        if !upper.is_empty() && !fields.is_empty() {
            upper.push(Line::new());
        }
        let here = here.start + upper.len()..here.end + upper.len();
        upper.extend(fields);
        let mut lower = self.lower(ctx, columns, true);
        // One line of what is wrong stands where the line between the fields and the review is otherwise.
        let gap = usize::from(self.form.lines_of_errors(columns) == 0);
        let wanted = u16::try_from(upper.len() + gap + lower.len() + 2).unwrap_or(u16::MAX).min(body.height);
        let height = self.tallest.of(body, wanted);
        // Where room is short, the fields need it more than a review that is not there yet.
        if upper.len() + gap + lower.len() + 2 > usize::from(height) {
            lower = self.lower(ctx, columns, false);
        }
        let area = place_dialog(buffer, body, width, height);
        let mut pieces = vec![Piece::new(self.asks.title(ctx.store), Tone::Plain)];
        if ctx.setup.environment == Environment::Production {
            pieces.push(Piece::new("PROD, real money", Tone::Bad));
        }
        let title = Title { pieces, ..Title::default() };
        let inner = frame(buffer, area, &title, None, theme, true);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let kept = u16::try_from(lower.len() + gap).unwrap_or(u16::MAX).min(inner.height);
        let room = inner.height - kept;
        // What the keys go to is on the screen, and what will happen always is.
        let over = upper.len().saturating_sub(usize::from(room));
        let top = match self.form.focus() {
            _ if self.scrolled.is_some() => self.scrolled.unwrap_or(0).min(over),
            Focus::Field(_) => here.end.saturating_sub(usize::from(room)).min(over),
            Focus::Cancel | Focus::Go => self.top_line.min(over),
        };
        draw(buffer, Rect { height: room, ..inner }, upper.iter().skip(top));
        if over > top && room > 0 {
            let more = format!("↓ {} more", upper.len() - top - usize::from(room));
            let x = inner.right().saturating_sub(u16::try_from(text::width(&more)).unwrap_or(0));
            text::put(buffer, inner, x, inner.y + room - 1, &more, inner.width, theme.dim());
        }
        let height = u16::try_from(lower.len()).unwrap_or(u16::MAX).min(kept);
        let lower_area = Rect { y: inner.bottom() - height, height, ..inner };
        draw(buffer, lower_area, lower.iter());
    }

    /// What stands below the fields whatever the size: what will happen, what is wrong, the buttons.
    fn lower(&self, ctx: &RenderCtx<'_>, columns: usize, with_receipt: bool) -> Vec<Line> {
        let theme = &ctx.theme;
        let receipt = if with_receipt { self.asks.receipt(ctx.store) } else { Vec::new() };
        let mut lines = match &self.asked {
            Some(asked) => self.asks.review(asked, ctx, columns),
            None => receipt.iter().flat_map(|label| describe::pair(label, "–", theme.dim(), ctx, columns)).collect(),
        };
        lines.resize_with(lines.len().max(receipt.len()), Line::new);
        let mut said = Vec::new();
        if let Some(why) = self.said.as_ref().or(self.top.as_ref()) {
            said.extend(prose(&format!("✗ {why}"), theme.bad(), columns));
        }
        if let Some(early) = &self.early {
            said.extend(prose(early, theme.warn(), columns));
        }
        // One line of it stands where a blank one is otherwise.
        if said.is_empty() && (!lines.is_empty() || self.asks.confirm() == Confirm::Form) {
            said.push(Line::new());
        }
        lines.extend(said);
        match &self.phase {
            Phase::Asking => lines.extend(self.buttons(ctx, columns)),
            Phase::InFlight { progress, checking, .. } => {
                let count = progress.map_or(String::new(), |(done, of)| format!(" {done} of {of}"));
                let doing = match checking {
                    true => " too many requests; checking the balances…".to_owned(),
                    false => format!(" sending{count}"),
                };
                lines.push(vec![
                    (format!("  {}", theme::spinner(ctx.now.up)), theme.warn()),
                    (doing, theme.plain()),
                    ("   Esc closes this window; what was sent goes on".to_owned(), theme.dim()),
                ]);
            }
            Phase::Held { why, waits_on, typed } => {
                lines.extend(prose(why, theme.warn(), columns));
                if waits_on.is_some() {
                    lines.extend(prose("If the earlier one went through, this is done twice.", theme.bad(), columns));
                    lines.push(vec![
                        (format!("  type {OVERRIDE} to send anyway: "), theme.plain()),
                        (typed.value().to_owned(), theme.strong()),
                        (" ".to_owned(), theme.selected()),
                    ]);
                }
            }
        }
        lines
    }

    fn buttons(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let theme = &ctx.theme;
        if self.asks.confirm() == Confirm::Look {
            return match self.asks.letters().is_empty() {
                true => Vec::new(),
                false => vec![letters(self.asks.letters(), theme)],
            };
        }
        let go = private::regrouped(&self.asks.go(self.asked.as_ref()), ctx.store.grouping);
        if self.asks.confirm() == Confirm::Letter {
            let mut line = vec![("  ".to_owned(), theme.plain())];
            let mut keys = vec![("y", go)];
            keys.extend(self.asks.letters());
            keys.push(("Esc", "not now".to_owned()));
            for (at, (key, word)) in keys.into_iter().enumerate() {
                let off = at == 0 && self.asked.is_none();
                line.push((key.to_owned(), if off { theme.dim() } else { theme.key() }));
                line.push((format!(" {word}   "), if off { theme.dim() } else { theme.plain() }));
            }
            return vec![line];
        }
        form::buttons(&self.form, &go, self.asked.is_some(), theme, columns)
    }

    /// Its keys, for the last line of the screen.
    pub fn foot(&self) -> String {
        match (&self.phase, self.asks.confirm()) {
            (Phase::InFlight { .. }, _) => "Esc closes this window".to_owned(),
            (Phase::Asking, Confirm::Letter) => {
                let go = private::bare(&self.asks.go(self.asked.as_ref())).into_owned();
                let letters = self.asks.letters().into_iter().map(|(key, word)| format!("{key} {word}"));
                let keys = std::iter::once(format!("y {go}")).chain(letters);
                keys.chain(["Esc not now".to_owned()]).collect::<Vec<_>>().join(" · ")
            }
            (Phase::Held { waits_on: Some(_), .. }, _) => "Enter goes on · Esc does not".to_owned(),
            (_, Confirm::Look) => "↓ ↑ scroll · Esc closes".to_owned(),
            (Phase::Held { .. }, _) => "Esc closes".to_owned(),
            (_, Confirm::Form) => "Tab next · ◂ ▸ choose · Ctrl-S confirms · Esc cancels".to_owned(),
        }
    }
}

/// The height of a dialog while it is open: it never shrinks below what stands somewhere else while somebody types.
#[derive(Debug, Default)]
pub(super) struct Tallest(Cell<(Rect, u16)>);

impl Tallest {
    /// The height in this body, which wants to be as high as that.
    fn of(&self, body: Rect, wanted: u16) -> u16 {
        let (known, height) = self.0.get();
        let height = if known == body { height.max(wanted) } else { wanted };
        self.0.set((body, height));
        height
    }
}

/// Letters that are keys, and what each is for.
fn letters(keys: Vec<(&'static str, String)>, theme: &Theme) -> Line {
    let mut line = vec![("  ".to_owned(), theme.plain())];
    for (key, word) in keys {
        line.push((key.to_owned(), theme.key()));
        line.push((format!(" {word}   "), theme.plain()));
    }
    line
}

fn draw<'a>(buffer: &mut Buffer, area: Rect, lines: impl Iterator<Item = &'a Line>) {
    for (line, y) in lines.zip(area.top()..area.bottom()) {
        let mut x = area.x;
        for (part, style) in line {
            x = text::put(buffer, area, x, y, part, area.right().saturating_sub(x), *style);
        }
    }
}
