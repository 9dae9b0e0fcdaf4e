//! Columns of a list: how wide each is, which go first when there is no room, and one row drawn.
//!
//! Does not know what stands in them.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::private;
use super::text::{self, Align};
use super::theme::{Theme, Tone};

/// Columns between two columns.
const GAP: u16 = 2;
/// Columns before the first one: the sign of the selected row.
const MARK: u16 = 2;
/// Columns after the last one, so that nothing touches the border.
const END: u16 = 1;

/// What the columns of the accounts are called in the settings, as they usually stand.
pub const ACCOUNTS: [&str; 3] = ["name", "status", "available"];
/// Of the cards.
pub const CARDS: [&str; 5] = ["card", "name", "holder", "balance", "status"];
/// Of the transactions.
pub const TRANSACTIONS: [&str; 7] = ["time", "type", "merchant", "amount", "status", "card", "account"];

/// One column of a list.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub title: &'static str,
    pub align: Align,
    /// Columns it needs.
    pub least: u16,
    /// Columns it can make use of.
    pub most: u16,
    /// The column with the largest number is left out first; 0 is never left out.
    pub drop: u8,
    /// Columns at the end that the title leaves free: the currency after the digits.
    pub tail: u16,
}

/// Which of the columns are shown, by their usual places and in the order that is wanted; all where none is.
pub fn order(names: &[&str], wanted: &[String]) -> Vec<usize> {
    let mut order = Vec::new();
    for at in wanted.iter().filter_map(|wanted| names.iter().position(|name| name == wanted)) {
        if !order.contains(&at) {
            order.push(at);
        }
    }
    match order.is_empty() {
        true => (0..names.len()).collect(),
        false => order,
    }
}

/// The columns, or what stands in them, in the order that is shown.
pub fn pick<T: Clone>(all: &[T], order: &[usize]) -> Vec<T> {
    order.iter().filter_map(|at| all.get(*at).cloned()).collect()
}

/// What a list is sorted by after `now`: first of `all`, which is how it stands by itself, then column by column.
/// `column` is the usual place of the column that shows it.
pub fn next_sort<B: Copy + PartialEq>(all: &[B], now: B, column: impl Fn(B) -> Option<usize>, order: &[usize]) -> B {
    let of_column = |at: &usize| all.iter().copied().find(|by| column(*by) == Some(*at));
    let usual = all.first().copied();
    let chain = order.iter().filter_map(of_column).filter(|by| Some(*by) != usual);
    let chain: Vec<B> = usual.into_iter().chain(chain).collect();
    let at = chain.iter().position(|by| *by == now).map_or(0, |at| at + 1);
    chain.get(at).or(chain.first()).copied().unwrap_or(now)
}

/// The column that a list is sorted by stays, whichever else has to go, and has room for the sign of it.
pub fn hold(columns: &mut [Column], sorted: Option<usize>) {
    if let Some(column) = sorted.and_then(|at| columns.get_mut(at)) {
        column.drop = 0;
        let head = u16::try_from(text::width(column.title)).unwrap_or(u16::MAX).saturating_add(2);
        column.least = column.least.max(head);
        column.most = column.most.max(column.least);
    }
}

/// The column that is drawn at `x` in a list at `area`; the gap after a column is its own.
pub fn at(widths: &[u16], area: Rect, x: u16) -> Option<usize> {
    let mut start = area.x.saturating_add(MARK);
    for (at, width) in widths.iter().enumerate().filter(|(_, width)| **width > 0) {
        let end = start.saturating_add(*width).saturating_add(GAP);
        if (start..end).contains(&x) {
            return Some(at);
        }
        start = end;
    }
    None
}

/// Widths of the columns in a list `room` columns wide; 0 is left out.
pub fn widths(columns: &[Column], room: u16) -> Vec<u16> {
    let mut widths: Vec<u16> = columns.iter().map(|column| column.least).collect();
    let taken = |widths: &[u16]| -> u16 {
        widths.iter().filter(|width| **width > 0).map(|width| width.saturating_add(GAP)).fold(0, u16::saturating_add)
    };
    // The last column needs no gap after it.
    let room = room.saturating_sub(MARK + END).saturating_add(GAP);
    while taken(&widths) > room {
        if widths.iter().filter(|width| **width > 0).count() < 2 {
            break;
        }
        let dropped = columns
            .iter()
            .enumerate()
            .filter(|(at, column)| column.drop > 0 && widths[*at] > 0)
            .max_by_key(|(_, column)| column.drop);
        match dropped {
            Some((at, _)) => widths[at] = 0,
            None => break,
        }
    }
    let mut spare = room.saturating_sub(taken(&widths));
    // Round by round, so that columns that can grow share what is left.
    while spare > 0 {
        let mut grown = false;
        for (at, column) in columns.iter().enumerate() {
            if spare > 0 && widths[at] > 0 && widths[at] < column.most {
                widths[at] += 1;
                spare -= 1;
                grown = true;
            }
        }
        if !grown {
            break;
        }
    }
    widths
}

/// What stands in one column of one row.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// Stands before the text, in a style of its own.
    pub sign: Option<(&'static str, Style)>,
    pub text: Cow<'a, str>,
    pub style: Style,
}

impl<'a> Cell<'a> {
    pub fn new(text: impl Into<Cow<'a, str>>, style: Style) -> Cell<'a> {
        Cell { sign: None, text: text.into(), style }
    }

    /// A state: its sign in its colour, its word quieter unless it is bad news.
    pub fn state(sign: &'static str, word: impl Into<Cow<'a, str>>, tone: Tone, theme: &Theme) -> Cell<'a> {
        let colour = theme.tone(tone);
        Cell { sign: Some((sign, colour)), text: word.into(), style: theme.word(tone) }
    }
}

/// How a row stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    None,
    /// Selected in a pane that has no focus.
    Kept,
    /// Selected in a pane that has no focus, and still what other panes are about.
    Chosen,
    /// Selected where the keys go.
    Selected,
}

/// Draws one row.
pub struct RowStyle<'a> {
    pub theme: &'a Theme,
    pub mark: Mark,
    /// The data are old: everything is dim.
    pub stale: bool,
    /// Texts that the filter found, in lower case: they stand out.
    pub found: &'a [&'a str],
}

/// Draws cells into the row at `area`; `columns` and `widths` belong together.
pub fn row(buffer: &mut Buffer, area: Rect, columns: &[Column], widths: &[u16], cells: &[Cell<'_>], how: &RowStyle) {
    let paint = |style: Style| match how.mark {
        Mark::Selected => how.theme.selected(),
        Mark::Chosen => style.patch(how.theme.strong()),
        Mark::Kept | Mark::None if how.stale => how.theme.dim(),
        Mark::Kept | Mark::None => style,
    };
    if how.mark == Mark::Selected {
        buffer.set_style(area, how.theme.selected());
    }
    if how.mark != Mark::None {
        text::put(buffer, area, area.x, area.y, "▸", 1, paint(how.theme.accent()));
    }
    let mut x = area.x.saturating_add(MARK);
    for ((column, width), cell) in columns.iter().zip(widths).zip(cells) {
        if *width == 0 {
            continue;
        }
        let mut width = *width;
        let mut start = x;
        x = x.saturating_add(width).saturating_add(GAP);
        if let Some((sign, style)) = cell.sign {
            start = text::put(buffer, area, start, area.y, sign, width, paint(style)).saturating_add(1);
            width = width.saturating_sub(2);
        }
        let shown = text::cut(&cell.text, usize::from(width));
        let indent = match column.align {
            Align::Left => 0,
            Align::Right => width.saturating_sub(u16::try_from(text::width(&shown)).unwrap_or(u16::MAX)),
        };
        let start = start.saturating_add(indent);
        text::put(buffer, area, start, area.y, &shown, width, paint(cell.style));
        if column.align == Align::Right && how.mark != Mark::Selected {
            text::fade_cuts(buffer, Rect { x: start, y: area.y, width, height: 1 }, how.theme.dim());
        }
        for word in how.found {
            stand_out(buffer, area, start, &shown, word, how.theme);
        }
    }
}

/// The sign of a row that is marked. It takes the place of the cursor's where the whole row shows the cursor.
pub fn marked(buffer: &mut Buffer, area: Rect, theme: &Theme, mark: Mark) {
    let (indent, style) = match mark {
        Mark::Selected => (0, theme.selected()),
        Mark::None => (0, theme.key()),
        Mark::Kept | Mark::Chosen => (1, theme.key()),
    };
    text::put(buffer, area, area.x.saturating_add(indent), area.y, "◆", 1, style);
}

/// Makes a word that the filter found visible in a text that was drawn at `x`.
fn stand_out(buffer: &mut Buffer, area: Rect, x: u16, shown: &str, word: &str, theme: &Theme) {
    let shown = private::bare(shown);
    let lower = shown.to_lowercase();
    // Where lower case is longer or shorter, places in it say nothing of places on the screen.
    let Some(at) = lower.find(word).filter(|_| lower.len() == shown.len()) else { return };
    let columns = |text: Option<&str>| u16::try_from(text::width(text.unwrap_or(""))).unwrap_or(u16::MAX);
    let (before, found) = (columns(shown.get(..at)), columns(shown.get(at..at + word.len())));
    let place = Rect { x: x.saturating_add(before), y: area.y, width: found, height: 1 };
    buffer.set_style(place.intersection(area).intersection(buffer.area), theme.found());
}

/// Draws the names of the columns, with a sign at the one the list is sorted by.
pub fn head(
    buffer: &mut Buffer,
    area: Rect,
    columns: &[Column],
    widths: &[u16],
    sorted: Option<(usize, bool)>,
    theme: &Theme,
) {
    let titles: Vec<Cell<'_>> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let tail = " ".repeat(usize::from(column.tail));
            match sorted {
                Some((by, reversed)) if by == at => {
                    let sign = if reversed { "▼" } else { "▲" };
                    Cell::new(format!("{} {sign}{tail}", column.title), theme.accent())
                }
                _ => Cell::new(format!("{}{tail}", column.title), theme.dim()),
            }
        })
        .collect();
    row(buffer, area, columns, widths, &titles, &RowStyle { theme, mark: Mark::None, stale: false, found: &[] });
}
