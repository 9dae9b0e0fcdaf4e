//! Ranges of days, and the one that each is compared with.

use chrono::{Datelike, Days, NaiveDate};

/// What is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Range {
    #[default]
    Today,
    Yesterday,
    Days7,
    Days30,
    Days90,
    ThisMonth,
    LastMonth,
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    pub first: NaiveDate,
    pub last: NaiveDate,
}

impl Span {
    pub fn has(&self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
    }

    /// How many days.
    pub fn days(&self) -> usize {
        usize::try_from((self.last - self.first).num_days() + 1).unwrap_or(0)
    }

    /// Every day of it, the first first.
    pub fn each(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        self.first.iter_days().take(self.days())
    }
}

fn back(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

impl Range {
    /// In the order of their keys.
    pub const ALL: [Range; 7] = [
        Range::Today,
        Range::Yesterday,
        Range::Days7,
        Range::Days30,
        Range::Days90,
        Range::ThisMonth,
        Range::LastMonth,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Range::Today => "today",
            Range::Yesterday => "yesterday",
            Range::Days7 => "7 days",
            Range::Days30 => "30 days",
            Range::Days90 => "90 days",
            Range::ThisMonth => "this month",
            Range::LastMonth => "last month",
        }
    }

    /// The next one, or the one before; they go round.
    pub fn turned(self, on: bool) -> Range {
        let at = Range::ALL.iter().position(|range| *range == self).unwrap_or(0);
        let by = if on { 1 } else { Range::ALL.len() - 1 };
        Range::ALL[(at + by) % Range::ALL.len()]
    }

    /// Its days.
    pub fn span(self, today: NaiveDate) -> Span {
        let (first, last) = match self {
            Range::Today => (today, today),
            Range::Yesterday => (back(today, 1), back(today, 1)),
            Range::Days7 => (back(today, 6), today),
            Range::Days30 => (back(today, 29), today),
            Range::Days90 => (back(today, 89), today),
            Range::ThisMonth => (first_of_month(today), today),
            Range::LastMonth => {
                let last = back(first_of_month(today), 1);
                (first_of_month(last), last)
            }
        };
        Span { first, last }
    }

    /// The days it is compared with: a day with that of the week before, a month with as many days of the month before.
    pub fn before(self, today: NaiveDate) -> Span {
        let span = self.span(today);
        match self {
            Range::Today | Range::Yesterday => Span { first: back(span.first, 7), last: back(span.last, 7) },
            Range::Days7 | Range::Days30 | Range::Days90 => {
                let days = span.days() as u64;
                Span { first: back(span.first, days), last: back(span.last, days) }
            }
            Range::ThisMonth | Range::LastMonth => {
                let end = back(span.first, 1);
                let first = first_of_month(end);
                let last = if self == Range::LastMonth { end } else { first.with_day(span.last.day()).unwrap_or(end) };
                Span { first, last }
            }
        }
    }

    /// What it is compared with, in words that follow "against".
    pub fn before_word(self, today: NaiveDate) -> String {
        match self {
            Range::Today | Range::Yesterday => self.before(today).first.format("%a %-d %b").to_string(),
            Range::Days7 | Range::Days30 | Range::Days90 => format!("the {} before", self.word()),
            Range::ThisMonth | Range::LastMonth => "the month before".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(range: Range, today: &str) -> [String; 4] {
        let today = today.parse().unwrap();
        let (now, before) = (range.span(today), range.before(today));
        [now.first, now.last, before.first, before.last].map(|day| day.to_string())
    }

    #[test]
    fn ranges_are_whole_days_and_months_end_where_they_end() {
        assert_eq!(span(Range::Today, "2026-03-02"), ["2026-03-02", "2026-03-02", "2026-02-23", "2026-02-23"]);
        assert_eq!(span(Range::Days7, "2026-03-02"), ["2026-02-24", "2026-03-02", "2026-02-17", "2026-02-23"]);
        assert_eq!(span(Range::ThisMonth, "2026-03-31"), ["2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"]);
        assert_eq!(span(Range::ThisMonth, "2026-03-02"), ["2026-03-01", "2026-03-02", "2026-02-01", "2026-02-02"]);
        assert_eq!(span(Range::LastMonth, "2026-03-31"), ["2026-02-01", "2026-02-28", "2026-01-01", "2026-01-31"]);
        assert_eq!(Range::Days90.span("2026-03-02".parse().unwrap()).days(), 90);
        let all = std::iter::successors(Some(Range::Today), |range| Some(range.turned(true)));
        assert_eq!(all.take(8).last(), Some(Range::Today));
    }
}
