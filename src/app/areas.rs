//! Where everything stands. Used by `update`, to know how many rows a page has, and by `view`, to draw.
//!
//! From 140 columns the details stand beside the panes:
//!
//! ```text
//! header                                                                    1 row
//! ┌ 1 accounts ┐┌ 2 cards ───────────────────────────────┐┌ details ──────┐
//! │            ││                                        ││               │
//! └────────────┘└────────────────────────────────────────┘│               │
//! ┌ 3 transactions ──────────────────────────────────────┐│               │
//! │                                                      ││               │
//! └──────────────────────────────────────────────────────┘└───────────────┘
//! footer                                                                    1 row
//! ```
//!
//! From 100 columns the details take the right part when they are open: the panes keep their rows and get
//! narrower, and of accounts and cards the one with the focus stays. Below 100 they lie over the whole body,
//! and the accounts shrink to a strip of two lines (one line below 20 rows):
//!
//! ```text
//! header
//!  1  All accounts   Main            Ads
//!     4 accounts     31,002.10 USD   9,120.00 USD
//! ┌ 2 cards ─────────────────────────────────────┐
//! └──────────────────────────────────────────────┘
//! ┌ 3 transactions ──────────────────────────────┐
//! └──────────────────────────────────────────────┘
//! footer
//! ```
//!
//! A monitor has large sums below the header where there is room, and the transactions beside the insights.
//! A zoomed pane takes the whole body, and so does a sheet (panes 4 to 7); beside pane 4 the details stand where there is room. Below 60x15 nothing is drawn but the size that is needed.

use ratatui::layout::Rect;

use crate::app::pane::Pane;
use crate::app::ui::big;

/// Smallest window that shows the dashboard.
pub const SMALLEST: (u16, u16) = (60, 15);
/// From this width the details stand beside.
const WIDE: u16 = 140;
/// Below this width the accounts are a strip.
const NARROW: u16 = 100;
/// From this height a monitor has its sums in large digits.
const TALL: u16 = 30;

/// What decides the areas beside the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub focus: Pane,
    pub zoomed: bool,
    /// The details were opened over the panes.
    pub details: bool,
    /// The strip needs a line more, for an error.
    pub strip_error: bool,
    /// Looked at from afar: the sums are large, and the transactions stand beside the insights.
    pub monitor: bool,
}

/// The size decides how the details are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    TooSmall,
    /// Accounts are a strip, details lie over the whole body.
    Narrow,
    /// Details lie over the right part.
    Middle,
    /// Details stand beside.
    Wide,
}

/// The rectangles. An empty one is not on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Areas {
    pub width: Width,
    pub screen: Rect,
    pub header: Rect,
    pub body: Rect,
    pub footer: Rect,
    pub accounts: Rect,
    /// The accounts are a strip, not a box.
    pub strip: bool,
    pub cards: Rect,
    pub transactions: Rect,
    /// The sheet that has the focus: the whole body.
    pub sheet: Rect,
    /// Details beside or over the panes.
    pub details: Rect,
    /// What is available, in large digits.
    pub sums: Rect,
}

impl Areas {
    pub fn of(&self, pane: Pane) -> Rect {
        match pane {
            Pane::Accounts => self.accounts,
            Pane::Cards => self.cards,
            Pane::Transactions => self.transactions,
            _ => self.sheet,
        }
    }

    /// Rows of data that fit into a pane: without its border and the line of column names.
    pub fn rows(&self, pane: Pane) -> usize {
        usize::from(self.of(pane).height.saturating_sub(pane.head() + 1))
    }
}

/// How wide the window is for the purposes of layout.
pub fn width_of(size: (u16, u16)) -> Width {
    match size {
        (columns, rows) if columns < SMALLEST.0 || rows < SMALLEST.1 => Width::TooSmall,
        (columns, _) if columns < NARROW => Width::Narrow,
        (columns, _) if columns < WIDE => Width::Middle,
        _ => Width::Wide,
    }
}

/// Cuts `rows` rows off the top; the rest is second.
fn top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let rest = Rect { y: area.y.saturating_add(rows), height: area.height - rows, ..area };
    (Rect { height: rows, ..area }, rest)
}

/// Cuts `columns` columns off the left; the rest is second.
fn left(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    let rest = Rect { x: area.x.saturating_add(columns), width: area.width - columns, ..area };
    (Rect { width: columns, ..area }, rest)
}

/// The areas of a screen.
pub fn areas(screen: Rect, shape: Shape) -> Areas {
    let width = width_of((screen.width, screen.height));
    let none = Rect { width: 0, height: 0, ..screen };
    let mut areas = Areas {
        width,
        screen,
        header: none,
        body: none,
        footer: none,
        accounts: none,
        strip: false,
        cards: none,
        transactions: none,
        sheet: none,
        details: none,
        sums: none,
    };
    if width == Width::TooSmall {
        return areas;
    }
    let (header, rest) = top(screen, 1);
    let (body, footer) = top(rest, rest.height.saturating_sub(1));
    let (sums, body) = match shape.monitor && screen.height >= TALL {
        true => top(body, big::ROWS + 1),
        false => (none, body),
    };
    areas = Areas { header, body, footer, sums, ..areas };
    if shape.monitor && shape.focus == Pane::Insights && width == Width::Wide {
        let (sheet, transactions) = left(body, body.width / 2);
        return Areas { sheet, transactions, ..areas };
    }
    if shape.focus.is_sheet() && shape.focus != Pane::Cardholders {
        return Areas { sheet: body, ..areas };
    }
    let beside = match width {
        Width::Middle | Width::Narrow if shape.focus.is_sheet() => 0,
        Width::Wide if !shape.zoomed => (body.width / 4).clamp(38, 48),
        Width::Middle if shape.details => 44,
        _ => 0,
    };
    let (panes, details) = left(body, body.width.saturating_sub(beside));
    areas.details = match width {
        Width::Narrow if shape.details && !shape.focus.is_sheet() => body,
        _ => details,
    };
    if shape.focus.is_sheet() {
        return Areas { sheet: panes, ..areas };
    }
    if shape.zoomed {
        match shape.focus {
            Pane::Accounts => areas.accounts = panes,
            Pane::Cards => areas.cards = panes,
            _ => areas.transactions = panes,
        }
        return areas;
    }
    if width == Width::Narrow {
        let lines = if screen.height >= 20 { 2 } else { 1 };
        let (strip, below) = top(panes, lines + u16::from(shape.strip_error));
        let (cards, transactions) = top(below, below.height * 9 / 20);
        return Areas { accounts: strip, strip: true, cards, transactions, ..areas };
    }
    let (upper, transactions) = top(panes, panes.height * 9 / 20);
    if width == Width::Middle && shape.details {
        return match shape.focus {
            Pane::Accounts => Areas { accounts: upper, transactions, ..areas },
            _ => Areas { cards: upper, transactions, ..areas },
        };
    }
    let (accounts, cards) = left(upper, (panes.width * 3 / 10).clamp(30, 38));
    Areas { accounts, cards, transactions, ..areas }
}
