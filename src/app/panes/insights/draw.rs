//! How the board is drawn: two panels side by side where there is room, else one. A panel that is too long is scrolled by
//! the line under the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::board::Board;
use super::line::Line;
use super::row::Row;
use super::{chart, matrix, money, needs};
use crate::app::insights::lens::{Lens, Value};
use crate::app::insights::measure::Measure;
use crate::app::text;
use crate::app::ui::frame::RenderCtx;

/// From so many columns on the panels stand side by side.
const SIDE_BY_SIDE: u16 = 130;
/// Columns of the sign of the line under the cursor.
const MARK: u16 = 2;

struct Panel {
    area: Rect,
    lines: Vec<Line>,
    top: usize,
}

/// What is drawn where.
pub(super) struct Panels {
    panels: Vec<Panel>,
    chosen: Option<Row>,
}

/// Puts the board into an area.
pub(super) fn panels(
    inner: Rect,
    board: &Board,
    lens: Option<&Lens>,
    column: Option<&Value>,
    chosen: Option<&Row>,
    ctx: &RenderCtx<'_>,
) -> Panels {
    let sections = |columns: u16| {
        let room = usize::from(columns.saturating_sub(MARK));
        let table = matrix::lines(board, lens, column, chosen, room, ctx);
        let all = [
            money::money(board, room, ctx),
            needs::needs(board, ctx),
            needs::accounts(board, room, ctx),
            table,
            needs::newest(board, room, ctx),
        ];
        all.into_iter().filter(|section| !section.is_empty())
    };
    let joined = |sections: Vec<Vec<Line>>| {
        sections.into_iter().fold(Vec::new(), |mut all: Vec<Line>, section| {
            if !all.is_empty() {
                all.push(Line::new(Vec::new()));
            }
            all.extend(section);
            all
        })
    };
    let areas = match inner.width >= SIDE_BY_SIDE {
        true => {
            let left = inner.width / 2;
            let right = Rect { x: inner.x + left + 1, width: inner.width - left - 1, ..inner };
            vec![Rect { width: left, ..inner }, right]
        }
        false => vec![inner],
    };
    let width = areas.iter().map(|area| area.width).min().unwrap_or(inner.width);
    let mut sections: Vec<Vec<Line>> = sections(width).collect();
    let second = if areas.len() > 1 { sections.split_off(2) } else { Vec::new() };
    let mut first = joined(sections);
    if !second.is_empty() {
        charts(&mut first, board, usize::from(width.saturating_sub(MARK)), usize::from(inner.height), ctx);
    }
    let panels = areas.into_iter().zip([first, joined(second)]).map(|(area, lines)| {
        let height = usize::from(area.height);
        let at = lines.iter().position(|line| line.row.is_some() && line.row.as_ref() == chosen).unwrap_or(0);
        let top = (at + 2).saturating_sub(height).min(lines.len().saturating_sub(height));
        Panel { area, lines, top }
    });
    Panels { panels: panels.collect(), chosen: chosen.cloned() }
}

/// Fills what is left of a panel with bars of what was spent and what was declined in the currency of the most purchases.
fn charts(lines: &mut Vec<Line>, board: &Board, room: usize, height: usize, ctx: &RenderCtx<'_>) {
    let of = |measure| board.lines.iter().find(|line| line.measure == measure);
    let left = height.saturating_sub(lines.len());
    for (measure, name, style) in
        [(Measure::Spent, "Spent", ctx.theme.accent()), (Measure::Declined, "Declined", ctx.theme.bad())]
    {
        let Some(line) = of(measure) else { continue };
        let chart = chart::lines(name, line, board, room, (left / 2).saturating_sub(1), style, ctx);
        if !chart.is_empty() {
            lines.push(Line::new(Vec::new()));
            lines.extend(chart);
        }
    }
}

impl Panels {
    /// Lines below the window, of the panel that has the most of them.
    pub(super) fn hidden(&self) -> usize {
        let hidden = self
            .panels
            .iter()
            .map(|panel| panel.lines.len().saturating_sub(panel.top + usize::from(panel.area.height)));
        hidden.max().unwrap_or(0)
    }

    /// The line that is drawn on a cell.
    pub(super) fn row_at(&self, at: Position) -> Option<Row> {
        let panel = self.panels.iter().find(|panel| panel.area.contains(at))?;
        panel.lines.get(panel.top + usize::from(at.y - panel.area.y))?.row.clone()
    }

    pub(super) fn draw(&self, buffer: &mut Buffer, stale: bool, ctx: &RenderCtx<'_>) {
        let theme = &ctx.theme;
        for (at, panel) in self.panels.iter().enumerate() {
            let area = panel.area;
            if at > 0 {
                for y in area.top()..area.bottom() {
                    text::put(
                        buffer,
                        Rect { x: area.x - 1, width: 1, ..area },
                        area.x - 1,
                        y,
                        "│",
                        1,
                        theme.border(false),
                    );
                }
            }
            for (line, y) in panel.lines.iter().skip(panel.top).zip(area.top()..area.bottom()) {
                let under = line.row.is_some() && line.row == self.chosen;
                let selected = under && ctx.focused && !line.part;
                let place = Rect { y, height: 1, ..area };
                if selected {
                    buffer.set_style(place, theme.selected());
                }
                let paint = |style: Style| match (selected, stale) {
                    (true, _) => theme.selected(),
                    (false, true) => theme.dim(),
                    (false, false) => style,
                };
                if under {
                    text::put(buffer, area, area.x, y, "▸", 1, paint(theme.accent()));
                }
                let mut x = area.x + if line.row.is_some() { MARK } else { 1 };
                for (run, style) in &line.runs {
                    x = text::put(buffer, area, x, y, run, area.right().saturating_sub(x), paint(*style));
                }
            }
        }
    }
}
