//! Feeds that a deployment lists oldest first: the newest rows stand at the end, and there they are looked for.
//!
//! ```text
//!   first page ascends ─▶ a total is said ─▶ from so many before it on
//!                    └──▶ none ─▶ rows since the newest that is known (dateFrom)
//!                                   └─ rows from before that come all the same ─▶ on from the last known place
//! ```
//!
//! Decides what to ask for and what an answer means. Sends nothing.

use chrono::{DateTime, TimeDelta, Utc};

use super::poller::FIRST;
use crate::api::{Page, TransactionQuery};
use crate::domain::transaction::Transaction;

/// Rows before the last known place that are read again: some may have gone. Less than half of what a page holds, so
/// that rows behind them have room on it.
const OVERLAP: u64 = 50;
/// Rows of a moment come in any order, and their times have whole seconds.
const MARGIN: TimeDelta = TimeDelta::seconds(5);

/// Where the newest rows of a feed are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    way: Way,
    /// Rows that stand before this place are known.
    end: u64,
    /// Rows that the server gives in one page, as its first one showed.
    step: u64,
    newest: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// From a place on.
    Offset,
    /// From a time on.
    Since,
}

impl Tail {
    /// The tail of a feed whose first page is this one.
    pub fn of(first: &Page<Transaction>) -> Tail {
        let received = u64::try_from(first.received).unwrap_or(0);
        let newest = newest(&first.items);
        let (way, end) = match first.total.filter(|total| *total > received) {
            Some(total) => (Way::Offset, total),
            None if newest.is_some() => (Way::Since, received),
            None => (Way::Offset, received),
        };
        Tail { way, end, step: received.max(1), newest }
    }

    /// What to ask for first.
    pub fn query(&self) -> TransactionQuery {
        let limit = FIRST;
        match (self.way, self.newest) {
            (Way::Since, Some(newest)) => {
                TransactionQuery { from: Some(newest - MARGIN), limit, ..TransactionQuery::default() }
            }
            _ => TransactionQuery {
                limit,
                offset: self.end.saturating_sub(OVERLAP.min(self.step / 2)),
                ..TransactionQuery::default()
            },
        }
    }

    /// Another way to ask, where the answer shows that this one has no effect; `first`: rows of the first page.
    pub fn other_way(&self, query: &TransactionQuery, page: &Page<Transaction>, first: u64) -> Option<Tail> {
        if self.is_ignored(query, &page.items) {
            return Some(Tail { way: Way::Offset, ..*self });
        }
        // Nothing at all so far out: the total was too high.
        let beyond = self.way == Way::Offset && page.received == 0 && query.offset > first;
        beyond.then_some(Tail { end: first, ..*self })
    }

    /// What is known after rows came from the place that was asked for.
    pub fn after(&self, query: &TransactionQuery, received: usize, rows: &[Transaction]) -> Tail {
        let newest = newest(rows).max(self.newest);
        let received = u64::try_from(received).unwrap_or(0);
        let end = match self.way {
            Way::Offset => query.offset.saturating_add(received),
            Way::Since => self.end,
        };
        Tail { end, newest, ..*self }
    }

    /// Whether nothing stands behind a page, as far as one look can tell: it is smaller than those the server gives.
    pub fn is_through(&self, received: usize) -> bool {
        u64::try_from(received).unwrap_or(0) < self.step
    }

    /// A newer row was read by somebody else.
    pub fn knows(&mut self, rows: &[Transaction]) {
        self.newest = self.newest.max(newest(rows));
    }

    /// The rows before this place were read by somebody else.
    pub fn has_read_to(&mut self, place: u64) {
        self.end = self.end.max(place);
    }

    /// Whether a page shows that the way it was asked for has no effect.
    pub fn is_ignored(&self, query: &TransactionQuery, rows: &[Transaction]) -> bool {
        let is_older = |row: &Transaction| query.from.zip(row.created_at.known()).is_some_and(|(from, at)| *at < from);
        self.way == Way::Since && rows.iter().any(is_older)
    }
}

fn newest(rows: &[Transaction]) -> Option<DateTime<Utc>> {
    rows.iter().filter_map(|row| row.created_at.known().copied()).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::Field;
    use crate::domain::ids::TransactionId;
    use crate::domain::transaction::{Feed, TransactionKind, TransactionStatus};

    fn row(number: i64) -> Transaction {
        Transaction {
            id: TransactionId::parse(&format!("t{number}")).unwrap(),
            feed: Feed::Cards,
            account: None,
            card: None,
            amount: Field::Absent,
            kind: TransactionKind::Purchase,
            status: TransactionStatus::Completed,
            merchant: None,
            category: None,
            created_at: Field::Known(at(number)),
            updated_at: Field::Absent,
            merchant_country: None,
            costs: None,
            more: None,
        }
    }

    fn at(number: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + number * 60, 0).unwrap()
    }

    fn page(rows: std::ops::Range<i64>, total: Option<u64>) -> Page<Transaction> {
        let items: Vec<Transaction> = rows.map(row).collect();
        let received = items.len();
        Page { received, items, skipped: 0, limit: FIRST, total, more: None, server_time: None }
    }

    #[test]
    fn the_tail_is_found_by_total_by_time_and_by_place() {
        let by_total = Tail::of(&page(0..100, Some(350)));
        assert_eq!(by_total.query().offset, 300);
        let last = page(300..350, Some(350));
        let after = by_total.after(&by_total.query(), last.received, &last.items);
        assert_eq!(after.query().offset, 300, "the last rows are read again, because some may have gone");
        // The total was too high.
        let high = Tail::of(&page(0..100, Some(9_000)));
        let other = high.other_way(&high.query(), &page(0..0, None), 100).unwrap();
        assert_eq!(other.query().offset, 50);

        let by_time = Tail::of(&page(0..100, None));
        assert_eq!(by_time.query().from, Some(at(99) - MARGIN));
        let fresh = page(99..150, None);
        assert_eq!(by_time.other_way(&by_time.query(), &fresh, 100), None);
        let after = by_time.after(&by_time.query(), fresh.received, &fresh.items);
        assert_eq!(after.query().from, Some(at(149) - MARGIN));
        assert!(after.is_through(99) && !after.is_through(100));
        // A server that gives few rows at once: those behind the known ones have room on its page.
        let small = Tail::of(&page(0..40, Some(450)));
        assert_eq!(small.query().offset, 430);
        // Rows from before that moment: the date has no effect.
        let ignored = by_time.other_way(&by_time.query(), &page(0..100, None), 100).unwrap();
        assert_eq!((ignored.query().from, ignored.query().offset), (None, 50));
    }
}
