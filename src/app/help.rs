//! The help: every key of the table of actions, by group, with the reason where one does not apply now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::actions::{self, Group, Screen, Situation};
use super::panes::{self, Piece, Title};
use super::text;
use super::theme::{Theme, Tone};

/// Columns for the keys.
const KEYS: usize = 16;

/// The lines of the help, as runs of text and style.
fn lines(now: &Situation, theme: &Theme) -> Vec<Vec<(String, Style)>> {
    // What applies is said of the panes, not of the help that lies over them.
    let now = Situation { screen: Screen::Panes, ..now.clone() };
    let mut lines = Vec::new();
    for (at, group) in Group::ALL.into_iter().enumerate() {
        if at > 0 {
            lines.push(Vec::new());
        }
        lines.push(vec![(group.title().to_owned(), theme.strong())]);
        for action in actions::table().iter().filter(|action| action.group == group) {
            let keys = text::fit(&actions::labels(action), KEYS, text::Align::Left);
            lines.push(match actions::applies(action.act, &now) {
                Ok(()) => vec![(keys, theme.key()), (action.help.to_owned(), theme.plain())],
                Err(why) => vec![
                    (keys, theme.dim()),
                    (action.help.to_owned(), theme.dim()),
                    (format!("  not now: {why}"), theme.warn().patch(theme.dim())),
                ],
            });
        }
    }
    lines
}

/// How many lines the help has.
pub fn length(now: &Situation) -> usize {
    lines(now, &Theme { monochrome: true }).len()
}

/// Where the help lies.
pub fn area(body: Rect, now: &Situation) -> Rect {
    let width = body.width.min(100);
    let height = u16::try_from(length(now) + 2).unwrap_or(u16::MAX).min(body.height);
    Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height }
}

/// Lines of the help that fit.
pub fn height(body: Rect, now: &Situation) -> usize {
    usize::from(area(body, now).height.saturating_sub(2))
}

/// Draws the help from line `top` on.
pub fn view(buffer: &mut Buffer, body: Rect, top: usize, now: &Situation, theme: &Theme) {
    let area = area(body, now).intersection(buffer.area);
    Clear.render(area, buffer);
    let lines = lines(now, theme);
    let fits = usize::from(area.height.saturating_sub(2));
    let foot = match lines.len() > fits {
        true => "↓ ↑ scroll · Esc closes",
        false => "Esc closes",
    };
    let title =
        Title { pieces: vec![Piece::new("Keys", Tone::Plain)], foot: Some(foot.to_owned()), ..Title::default() };
    let inner = panes::frame(buffer, area, &title, None, theme, true);
    for (line, y) in lines.iter().skip(top).zip(inner.top()..inner.bottom()) {
        let mut x = inner.x.saturating_add(1);
        for (text, style) in line {
            x = text::put(buffer, inner, x, y, text, inner.right().saturating_sub(x), *style);
        }
    }
}
