//! Feeds that a deployment lists oldest first: the newest rows stand at the end, and there they are looked for.
//!
//! ```text
//!   first page ascends ─▶ where is the end ([`Search`]): at the total, else doubling the place, then by halves
//!                             │
//!       older rows, page by page ([`Back`]) ◀── end ──▶ newer rows ([`Tail`]), polled
//!                             │
//!                             └─ the offset has no effect ─▶ rows since the newest that is known (dateFrom)
//! ```
//!
//! Decides what to ask for and what an answer means. Sends nothing.

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::{Paging, Window};
use crate::domain::transaction::Transaction;

/// Rows before the last known place that are read again: some may have gone, and a late row may be dated before others.
const OVERLAP: u64 = 50;
/// Where pages are small: no more rows than half of the pages of one read.
const OVERLAP_PAGES: u64 = 5;
/// Rows that two pages of older rows share: where the order changes a little, none falls between them.
const SHARED: u64 = 10;
/// Rows of a moment come in any order, and their times have whole seconds.
const MARGIN: TimeDelta = TimeDelta::seconds(5);

/// How a list is asked for from a place on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Rows that stand before the end.
    pub end: u64,
    /// Rows that the server gives in one page, as its first one showed.
    pub step: u64,
    pub paging: Paging,
    /// Neither way of asking for another page has an effect: there is one page.
    pub is_ignored: bool,
}

/// Looks for the end of a list of which a first page is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    /// So many rows there are.
    low: u64,
    /// Nothing stands from this place on.
    high: Option<u64>,
    step: u64,
    stride: u64,
    total: Option<u64>,
}

impl Search {
    /// `received`: rows of the first page, of which the server may have had more.
    pub fn new(received: u64, total: Option<u64>) -> Search {
        let step = received.max(1);
        let high = (received == 0).then_some(0);
        Search { low: received, high, step, stride: step, total: total.filter(|total| *total > received) }
    }

    /// The place to look at, a multiple of the page; `None` when the end is found.
    pub fn next(&self) -> Option<u64> {
        let page = |place: u64| place / self.step * self.step;
        match (self.total, self.high) {
            (_, Some(high)) if high <= self.low => None,
            // The page of the last row.
            (Some(total), _) => Some(page(total - 1)),
            (None, None) => Some(page(self.low.saturating_add(self.stride - self.step))),
            (None, Some(high)) => Some(page(self.low + (high - self.low) / 2).max(self.low)),
        }
    }

    /// So many rows came from there.
    pub fn saw(&mut self, place: u64, received: u64) {
        let told = self.total.take().is_some();
        if received == 0 {
            self.high = Some(self.high.map_or(place, |high| high.min(place)));
        } else {
            self.low = self.low.max(place.saturating_add(received));
            // A page that is not full is the last one.
            self.high = if received < self.step { Some(self.low) } else { self.high };
            self.stride = if told { self.step } else { self.stride.saturating_mul(2) };
        }
    }

    pub fn end(&self) -> u64 {
        self.low
    }
}

/// Where the newest rows of a feed are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    pub place: Place,
    newest: Option<DateTime<Utc>>,
}

impl Tail {
    /// `rows`: some of the feed, its newest among them.
    pub fn new(place: Place, rows: &[Transaction]) -> Tail {
        Tail { place, newest: newest(rows) }
    }

    /// The page to ask for first: the last rows that are known, and what stands behind them.
    pub fn window(&self) -> Window {
        let Place { end, step, paging, is_ignored } = self.place;
        let from = end.saturating_sub(OVERLAP.min(step.saturating_mul(OVERLAP_PAGES)));
        let (size, offset) = match paging {
            _ if is_ignored => (step, 0),
            // The first page may have been small because the list was: rows behind the known ones have room.
            Paging::Offset => (step.max(2 * OVERLAP), from),
            Paging::Pages => (step, from / step * step),
        };
        Window { limit: u32::try_from(size).unwrap_or(u32::MAX).max(1), offset }
    }

    /// The moment from which on rows are asked for, where no place can be.
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.newest.filter(|_| self.place.is_ignored).map(|newest| newest - MARGIN)
    }

    /// What is known after rows were read up to this place.
    pub fn after(&self, end: u64, rows: &[Transaction]) -> Tail {
        let end = if self.place.is_ignored { self.place.end } else { end };
        Tail { place: Place { end, ..self.place }, newest: newest(rows).max(self.newest) }
    }

    /// A newer row was read by somebody else.
    pub fn knows(&mut self, rows: &[Transaction]) {
        self.newest = self.newest.max(newest(rows));
    }
}

fn newest(rows: &[Transaction]) -> Option<DateTime<Utc>> {
    rows.iter().filter_map(|row| row.created_at.known().copied()).max()
}

/// The way from a place back to the first row, in pages as large as the server gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Back {
    place: Place,
    /// Rows before this place are still to be read.
    end: u64,
    /// The place that it began at.
    begun: u64,
    size: u64,
}

impl Back {
    /// From the end of a list on, or from the first row that is known of it.
    pub fn new(place: Place, end: u64) -> Back {
        let size = match place.paging {
            // What the server takes of a page number is certain with the size of its own pages alone.
            Paging::Pages => place.step,
            Paging::Offset => u64::from(Window::FIRST.limit),
        };
        // The only page there is.
        let size = if place.is_ignored { size.max(end) } else { size };
        Back { place, end, begun: end, size: size.max(1) }
    }

    /// The same in smaller pages, where the list takes any.
    pub fn of_size(self, limit: u32) -> Back {
        let size = if self.place.paging == Paging::Offset { self.size.min(u64::from(limit)) } else { self.size };
        Back { size, ..self }
    }

    pub fn paging(&self) -> Paging {
        self.place.paging
    }

    /// The page to ask for; `None` when the first row was read.
    pub fn window(&self) -> Option<Window> {
        if self.end == 0 {
            return None;
        }
        let offset = match self.place.paging {
            _ if self.place.is_ignored => 0,
            Paging::Offset => self.end.saturating_sub(self.size),
            Paging::Pages => (self.end - 1) / self.size * self.size,
        };
        Some(Window { limit: u32::try_from(self.size).unwrap_or(u32::MAX), offset })
    }

    /// So many rows came from there. Whether they go on where what is known ends; otherwise the page was cut, and a
    /// smaller one is to be asked for.
    pub fn take(&mut self, offset: u64, received: u64) -> bool {
        let wanted = self.size.min(self.end - offset.min(self.end));
        if received < wanted && received > 0 && !self.place.is_ignored {
            self.size = received;
            return false;
        }
        let shared = if self.place.paging == Paging::Offset { SHARED.min(self.size / 2) } else { 0 };
        self.end = match offset {
            0 => 0,
            offset => offset + shared,
        };
        true
    }

    /// Whether no other page can be had than the one that came.
    pub fn is_all(&self) -> bool {
        self.place.is_ignored
    }

    /// Rows that there were when it began.
    pub fn begun(&self) -> u64 {
        self.begun
    }

    /// Rows that are still to be read.
    pub fn left(&self) -> u64 {
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(end: u64, step: u64, paging: Paging) -> Place {
        Place { end, step, paging, is_ignored: false }
    }

    /// A list of so many rows, of which a page holds at most `clamp`.
    fn answer(rows: u64, clamp: u64, paging: Paging, window: Window) -> std::ops::Range<u64> {
        let size = u64::from(window.limit).min(clamp);
        let from = match paging {
            Paging::Offset => window.offset,
            Paging::Pages => window.offset / u64::from(window.limit) * size,
        };
        from.min(rows)..from.saturating_add(size).min(rows)
    }

    #[test]
    fn a_place_without_an_effect_is_one_page_and_times_lead_on() {
        let only = Place { is_ignored: true, ..place(100, 100, Paging::Offset) };
        let mut back = Back::new(only, 100);
        assert_eq!(back.window(), Some(Window { limit: 1000, offset: 0 }));
        assert!(back.take(0, 100));
        assert_eq!(back.window(), None);
        let tail = Tail { place: only, newest: DateTime::from_timestamp(1_700_000_000, 0) };
        assert_eq!(tail.since(), DateTime::from_timestamp(1_700_000_000 - 5, 0));
        assert_eq!(tail.window().offset, 0);
        assert_eq!(Tail { place: place(100, 100, Paging::Offset), ..tail }.since(), None);
    }

    #[test]
    fn the_last_rows_are_read_again_because_some_may_have_gone() {
        let window = |end, step, paging| Tail::new(place(end, step, paging), &[]).window();
        assert_eq!(window(350, 100, Paging::Offset), Window { limit: 100, offset: 300 });
        assert_eq!(window(450, 40, Paging::Offset), Window { limit: 100, offset: 400 });
        assert_eq!(window(450, 3, Paging::Offset), Window { limit: 100, offset: 435 });
        assert_eq!(window(30, 100, Paging::Offset).offset, 0);
        assert_eq!(window(450, 25, Paging::Pages), Window { limit: 25, offset: 400 });
        assert_eq!(window(450, 500, Paging::Offset), Window { limit: 500, offset: 400 });
    }

    proptest! {
        /// Whatever is said of its length, the end of a list is found with few requests, and from there every row is
        /// read: new ones forwards, all others backwards.
        #[test]
        fn the_end_is_found_and_every_row_is_read_back_from_it(
            rows in 0u64..5_000, clamp in 1u64..1_200, first in 1u64..150, pages: bool,
            total in proptest::option::of(prop_oneof![0u64..6_000, Just(u64::MAX)]), honest: bool,
        ) {
            let paging = if pages { Paging::Pages } else { Paging::Offset };
            let total = if honest && total.is_some() { Some(rows) } else { total };
            let step = rows.min(clamp).min(first);
            let mut search = Search::new(step, total);
            let mut asked = 0;
            while let Some(offset) = search.next() {
                prop_assert_eq!(offset % step.max(1), 0);
                let page = answer(rows, clamp, paging, Window { limit: step as u32, offset });
                search.saw(offset, page.end - page.start);
                asked += 1;
                prop_assert!(asked <= 80, "{:?}", search);
            }
            prop_assert_eq!(search.end(), rows);
            let found = place(rows, step.max(1), paging);
            let tail = Tail::new(found, &[]).window();
            let mut newest = answer(rows, clamp, paging, tail);
            // A full page may have others behind it.
            while newest.end < rows {
                let page = answer(rows, clamp, paging, Window { offset: newest.end, ..tail });
                prop_assert!(page.start == newest.end && page.end > page.start, "{:?}", page);
                newest.end = page.end;
            }
            prop_assert_eq!(newest.end, rows);
            prop_assert_eq!(newest.start, tail.offset);
            let mut back = Back::new(found, newest.start);
            let mut known = newest.start;
            let mut asked = 0;
            while let Some(window) = back.window() {
                let page = answer(rows, clamp, paging, window);
                if back.take(window.offset, page.end - page.start) {
                    prop_assert!(page.end >= known && page.start < known, "{:?} of {}", page, known);
                    known = page.start;
                }
                asked += 1;
                prop_assert!(asked <= 2 * rows + 4, "{:?}", back);
            }
            prop_assert_eq!(known, 0);
        }
    }
}
