//! The lens as a table: rows against columns, what all of each add up to, and what is left for all others.

use ratatui::style::Style;

use super::board::{Board, is_counting};
use super::line::{Line, head};
use super::row::Row;
use crate::app::insights::lens::{Cell, Lens, Property, Value};
use crate::app::panes::cardholders::rate;
use crate::app::text::{self, Align};
use crate::app::thresholds;
use crate::app::ui::describe;
use crate::app::ui::frame::RenderCtx;
use crate::domain::category::category;

/// Columns of a cell.
const CELL: usize = 10;
/// Columns of what all of a row add up to.
const ALL: usize = 10;

/// What a value is called; privacy hides who it is.
fn name(property: Property, value: &Value, ctx: &RenderCtx<'_>) -> String {
    let store = ctx.store;
    match (property, value) {
        (_, Value::Unknown) => "not known".to_owned(),
        (Property::Merchant, Value::Text(merchant)) => text::name(merchant),
        (Property::Category, Value::Text(code)) => match category(code.as_str()) {
            Some(words) => format!("{} {words}", text::word(code)),
            None => text::word(code).into_owned(),
        },
        (_, Value::Text(word)) => text::word(word).into_owned(),
        (_, Value::Account(id)) => describe::account(store, id),
        (_, Value::Card(id)) => store.card(id).map_or("•…".to_owned(), describe::short),
        (_, Value::Holder(id)) => {
            let name = store.holder(id).and_then(|holder| store.holder_name(holder));
            name.map_or("not known".to_owned(), text::name)
        }
        (_, Value::Hour(hour)) => format!("{hour:02}:00"),
    }
}

/// The table of what is counted so far.
pub(super) fn lines(
    board: &Board,
    lens: Option<&Lens>,
    column: Option<&Value>,
    chosen: Option<&Row>,
    room: usize,
    ctx: &RenderCtx<'_>,
) -> Vec<Line> {
    let Some(lens) = lens else { return vec![head("Declined", "…", ctx)] };
    let grouping = ctx.store.grouping;
    let title = format!("Declined: {} × {}", lens.rows.word(), lens.columns.word());
    let all = lens.all();
    let mut about = match all.tries {
        0 => String::new(),
        tries => format!("{} purchases", rate(all.declined, tries, grouping).trim_start()),
    };
    if is_counting(Some(lens)) {
        about.push_str(" · counting…");
    }
    let mut lines = vec![head(&title, &about, ctx)];
    if board.lens_rows().is_empty() {
        let nothing = match (is_counting(Some(lens)), board.missing) {
            (true, _) => "…",
            (false, true) => "no declines in the rows that are loaded",
            (false, false) => "no declines",
        };
        lines.push(Line::new(vec![(format!(" {nothing}"), ctx.theme.dim())]));
        return lines;
    }
    let table = Table::of(board, lens, column, chosen, room, ctx);
    lines.push(table.head());
    lines.extend(board.lens_rows().iter().map(|row| table.row(row)));
    lines.extend(table.others(board.lens_rows()));
    lines.push(table.foot());
    lines
}

struct Table<'a> {
    lens: &'a Lens,
    shown: &'a [Value],
    /// There are columns that are not shown.
    more: bool,
    named: usize,
    column: Option<&'a Value>,
    chosen: Option<&'a Row>,
    ctx: &'a RenderCtx<'a>,
}

impl<'a> Table<'a> {
    fn of(
        board: &'a Board,
        lens: &'a Lens,
        column: Option<&'a Value>,
        chosen: Option<&'a Row>,
        room: usize,
        ctx: &'a RenderCtx<'a>,
    ) -> Table<'a> {
        let columns = board.columns();
        let named = if room >= 76 { 20 } else { 16 };
        let fits = room.saturating_sub(named + ALL + 1) / (CELL + 1);
        let more = columns.len() > fits;
        let most = if more { fits.saturating_sub(1) } else { fits }.min(columns.len());
        // The column that is chosen is in the window.
        let at = column.and_then(|chosen| columns.iter().position(|known| known == chosen)).unwrap_or(0);
        let from = (at + 1).saturating_sub(most.max(1)).min(columns.len().saturating_sub(most));
        let shown = columns.get(from..from + most).unwrap_or_default();
        Table { lens, shown, more, named, column, chosen, ctx }
    }

    fn is_of_reasons(&self) -> bool {
        [self.lens.rows, self.lens.columns].contains(&Property::Reason)
    }

    fn cell(&self, cell: Cell, sampled: bool) -> (String, Style) {
        let (theme, grouping) = (&self.ctx.theme, self.ctx.store.grouping);
        let count = |many| text::count(many, grouping);
        match (sampled, cell) {
            (false, Cell { declined: 0, .. }) | (true, Cell { tries: 0, .. }) => ("·".to_owned(), theme.dim()),
            (false, Cell { declined, .. }) => (count(declined), theme.plain()),
            (true, Cell { declined: 0, tries }) => (format!("0/{}", count(tries)), theme.dim()),
            (true, Cell { declined, tries }) => {
                let high = thresholds::high(declined, tries, self.ctx.setup).is_some();
                (format!("{}/{}", count(declined), count(tries)), if high { theme.bad() } else { theme.plain() })
            }
        }
    }

    fn put(&self, runs: &mut Vec<(String, Style)>, (text, style): (String, Style), width: usize) {
        runs.push((" ".to_owned(), self.ctx.theme.plain()));
        runs.push((text::fit(&text, width, Align::Right), style));
    }

    fn head(&self) -> Line {
        let theme = &self.ctx.theme;
        let mut runs = vec![(format!(" {}", " ".repeat(self.named)), theme.dim())];
        for column in self.shown {
            let style = if self.column == Some(column) { theme.strong() } else { theme.dim() };
            self.put(&mut runs, (name(self.lens.columns, column, self.ctx), style), CELL);
        }
        if self.more {
            self.put(&mut runs, ("others".to_owned(), theme.dim()), CELL);
        }
        self.put(&mut runs, ("all".to_owned(), theme.dim()), ALL);
        Line::new(runs)
    }

    fn row(&self, row: &Value) -> Line {
        let theme = &self.ctx.theme;
        let is_chosen = matches!(self.chosen, Some(Row::Lens(value)) if value == row);
        let mut runs = vec![(text::fit(&name(self.lens.rows, row, self.ctx), self.named, Align::Left), theme.plain())];
        let mut rest = self.lens.of_row(row);
        for column in self.shown {
            let cell = self.lens.cell(row, column);
            rest = less(rest, cell);
            let (text, style) = self.cell(cell, !self.is_of_reasons());
            let style = if is_chosen && self.column == Some(column) { theme.selected() } else { style };
            self.put(&mut runs, (text, style), CELL);
        }
        if self.more {
            self.put(&mut runs, self.cell(rest, !self.is_of_reasons()), CELL);
        }
        self.put(&mut runs, self.cell(self.lens.of_row(row), self.lens.rows != Property::Reason), ALL);
        let part = is_chosen && self.column.is_some_and(|column| self.shown.contains(column));
        Line { runs, row: Some(Row::Lens(row.clone())), part }
    }

    /// What is left for the rows that are not shown; none where nothing of it was declined.
    fn others(&self, rows: &[Value]) -> Option<Line> {
        let theme = &self.ctx.theme;
        let left = rows.iter().fold(self.lens.all(), |left, row| less(left, self.lens.of_row(row)));
        if left.declined == 0 {
            return None;
        }
        let mut runs = vec![(text::fit(" others", self.named + 1, Align::Left), theme.dim())];
        for column in self.shown {
            let all = self.lens.of_column(column);
            let left = rows.iter().fold(all, |left, row| less(left, self.lens.cell(row, column)));
            self.put(&mut runs, self.cell(left, !self.is_of_reasons()), CELL);
        }
        if self.more {
            self.put(&mut runs, (String::new(), theme.dim()), CELL);
        }
        self.put(&mut runs, self.cell(left, self.lens.rows != Property::Reason), ALL);
        Some(Line::new(runs))
    }

    fn foot(&self) -> Line {
        let theme = &self.ctx.theme;
        let mut runs = vec![(text::fit(" all", self.named + 1, Align::Left), theme.dim())];
        let mut rest = self.lens.all();
        for column in self.shown {
            let all = self.lens.of_column(column);
            rest = less(rest, all);
            self.put(&mut runs, self.cell(all, self.lens.columns != Property::Reason), CELL);
        }
        if self.more {
            self.put(&mut runs, self.cell(rest, self.lens.columns != Property::Reason), CELL);
        }
        self.put(&mut runs, self.cell(self.lens.all(), true), ALL);
        Line::new(runs)
    }
}

fn less(all: Cell, part: Cell) -> Cell {
    Cell { tries: all.tries.saturating_sub(part.tries), declined: all.declined.saturating_sub(part.declined) }
}
