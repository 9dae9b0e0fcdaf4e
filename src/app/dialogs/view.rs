//! How a dialog looks: facts and fields above, which scroll, and below them what will happen, what is wrong and
//! the buttons, which are on the screen whatever its size.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::super::form::{self, Focus, Line};
use super::super::msg::Environment;
use super::super::panes::{self, Light, Piece, Title};
use super::super::private;
use super::super::text;
use super::super::theme::{self, Theme, Tone};
use super::{Confirm, Dialog, OVERRIDE, Phase};

/// Columns of a dialog at most.
const WIDEST: u16 = 84;

impl Dialog {
    /// Draws it in the middle of `body`.
    pub fn view(&self, buffer: &mut Buffer, body: Rect, light: &Light<'_>) {
        let body = body.intersection(buffer.area);
        let width = body.width.min(WIDEST);
        let columns = usize::from(width.saturating_sub(4));
        let theme = &light.theme;
        let mut upper = self.note.as_ref().map_or_else(Vec::new, |note| prose(note, theme.warn(), columns));
        upper.extend(self.asks.head(light, columns));
        let (fields, here) = self.form.lines(columns, theme);
        if !upper.is_empty() && !fields.is_empty() {
            upper.push(Line::new());
        }
        let here = here.start + upper.len()..here.end + upper.len();
        upper.extend(fields);
        let lower = self.lower(light, columns);
        let wanted = u16::try_from(upper.len() + 1 + lower.len() + 2).unwrap_or(u16::MAX);
        let height = wanted.min(body.height);
        let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
        Clear.render(area, buffer);
        let foot = self.foot().map(str::to_owned);
        let mut pieces = vec![Piece::new(self.asks.title(light.store), Tone::Plain)];
        if light.setup.environment == Environment::Production {
            pieces.push(Piece::new("PROD, real money", Tone::Bad));
        }
        let title = Title { pieces, foot, stale: false };
        let inner = panes::frame(buffer, area, &title, None, theme, true);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let kept = u16::try_from(lower.len() + 1).unwrap_or(u16::MAX).min(inner.height);
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
        let lower_area =
            Rect { y: inner.bottom().saturating_sub(kept - kept.min(1)), height: kept.saturating_sub(1), ..inner };
        draw(buffer, lower_area, lower.iter());
    }

    /// What stands below the fields whatever the size: what will happen, what is wrong, the buttons.
    fn lower(&self, light: &Light<'_>, columns: usize) -> Vec<Line> {
        let theme = &light.theme;
        let mut lines = Vec::new();
        if let Some(asked) = &self.asked {
            lines.extend(self.asks.review(asked, light, columns));
        }
        if let Some(why) = self.said.as_ref().or(self.top.as_ref()) {
            lines.extend(prose(&format!("✗ {why}"), theme.bad(), columns));
        }
        if let Some(early) = &self.early {
            lines.extend(prose(early, theme.warn(), columns));
        }
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        match &self.phase {
            Phase::Asking => lines.extend(self.buttons(light, columns)),
            Phase::InFlight { progress, checking, .. } => {
                let count = progress.map_or(String::new(), |(done, of)| format!(" {done} of {of}"));
                let doing = match checking {
                    true => " too many requests; checking the balances…".to_owned(),
                    false => format!(" sending{count}"),
                };
                lines.push(vec![
                    (format!("  {}", theme::spinner(light.now.up)), theme.warn()),
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

    fn buttons(&self, light: &Light<'_>, columns: usize) -> Vec<Line> {
        let theme = &light.theme;
        if self.asks.confirm() == Confirm::Look {
            return match self.asks.letters().is_empty() {
                true => Vec::new(),
                false => vec![letters(self.asks.letters(), theme)],
            };
        }
        let go = private::regrouped(&self.asks.go(self.asked.as_ref()), light.store.grouping);
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

    /// The keys on the lower border, where they are not on the last line.
    fn foot(&self) -> Option<&'static str> {
        match (&self.phase, self.asks.confirm()) {
            (Phase::InFlight { .. }, _) | (Phase::Asking, Confirm::Letter) => None,
            (Phase::Held { waits_on: Some(_), .. }, _) => Some("Enter goes on · Esc does not"),
            (_, Confirm::Look) => Some("↓ ↑ scroll · Esc closes"),
            (Phase::Held { .. }, _) => Some("Esc closes"),
            (_, Confirm::Form) => Some("Tab next · ◂ ▸ choose · Ctrl-S confirms · Esc cancels"),
        }
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

/// A sentence, wrapped, where labels stand.
pub fn prose(sentence: &str, style: Style, columns: usize) -> Vec<Line> {
    let parts = text::wrap(sentence, columns.saturating_sub(2)).into_iter();
    parts.map(|part| vec![(format!("  {part}"), style)]).collect()
}

fn draw<'a>(buffer: &mut Buffer, area: Rect, lines: impl Iterator<Item = &'a Line>) {
    for (line, y) in lines.zip(area.top()..area.bottom()) {
        let mut x = area.x;
        for (part, style) in line {
            x = text::put(buffer, area, x, y, part, area.right().saturating_sub(x), *style);
        }
    }
}
