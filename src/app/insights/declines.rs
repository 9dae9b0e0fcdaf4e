//! Declines of a range: which cards are declined again and again and what they lack, and what was never paid after all.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Days, NaiveTime, Utc};

use super::measure::{self, Measure};
use super::range::Span;
use crate::app::clock;
use crate::app::store::decline::{Later, paid_later, short_now};
use crate::app::store::{Store, TxRow};
use crate::domain::decline::{Cause, cause};
use crate::domain::field::Field;
use crate::domain::ids::CardId;
use crate::domain::money::{Currency, Money};
use crate::domain::settings::Zone;
use crate::domain::totals::Part;
use crate::domain::transaction::Transaction;

/// Most declines of a range that are looked at, the newest first; those of the moment of the last of them are, too.
pub const MOST: usize = 500;
/// Most of them that are named.
const NEWEST: usize = 10;
/// From so many declines on a card is declined again and again.
pub const REPEATED: usize = 3;

/// The declined purchases, by time.
#[derive(Debug, Default)]
pub struct Declines {
    rows: BTreeSet<(DateTime<Utc>, TxRow)>,
}

/// A card that is declined again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    pub card: CardId,
    pub count: usize,
    /// The newest of them.
    pub newest: TxRow,
    /// What the newest of them lacked, where that is known.
    pub cause: Option<Cause>,
    /// What the card lacks for the newest of them now.
    pub short: Option<Money>,
}

/// What is found in the declines of a range.
#[derive(Debug, Default)]
pub struct Report {
    /// Declines that were looked at.
    pub looked: usize,
    /// When the oldest of them was.
    pub oldest: Option<DateTime<Utc>>,
    /// There are more, older ones.
    pub cut: bool,
    /// The newest of them, newest first, and whether each was made up for (inferred).
    pub newest: Vec<(TxRow, bool)>,
    /// The most declined card first.
    pub repeated: Vec<Repeated>,
    /// Declines that nothing made up for.
    pub unpaid: usize,
    /// What was asked for in them, by currency.
    pub unpaid_sums: Vec<(Currency, Part)>,
    /// Declines of which that cannot be told.
    pub untold: usize,
}

impl Declines {
    fn key(row: TxRow, is: &Transaction) -> Option<(DateTime<Utc>, TxRow)> {
        let at = is.created_at.known()?;
        (measure::of(is) == Some(Measure::Declined)).then_some((*at, row))
    }

    pub fn add(&mut self, row: TxRow, is: &Transaction) {
        self.rows.extend(Declines::key(row, is));
    }

    pub fn remove(&mut self, row: TxRow, was: &Transaction) {
        if let Some(key) = Declines::key(row, was) {
            self.rows.remove(&key);
        }
    }

    /// Those of some days, the newest first.
    fn of<'a>(&'a self, span: Span, zone: &'a Zone) -> impl Iterator<Item = TxRow> + 'a {
        // No zone is further from UTC than a day.
        let end = span.last.checked_add_days(Days::new(2)).unwrap_or(span.last).and_time(NaiveTime::MIN).and_utc();
        let rows = self.rows.iter().rev().skip_while(move |(at, _)| *at >= end);
        let day = move |at: &DateTime<Utc>| clock::day(*at, zone);
        let late = rows.skip_while(move |(at, _)| day(at) > span.last);
        late.take_while(move |(at, _)| day(at) >= span.first).map(|(_, row)| *row)
    }

    /// Looks through the declines of some days.
    pub fn report(&self, store: &Store, span: Span, zone: &Zone) -> Report {
        let mut report = Report::default();
        let mut cards: HashMap<&CardId, Repeated> = HashMap::new();
        for row in self.of(span, zone) {
            let is = store.transactions.get(row);
            // Rows of one moment are looked at together: a filter can ask for a moment, not for a number of rows.
            if report.looked >= MOST && is.created_at.known() != report.oldest.as_ref() {
                report.cut = true;
                break;
            }
            report.looked += 1;
            report.oldest = is.created_at.known().copied();
            let later = paid_later(store, row);
            if report.newest.len() < NEWEST {
                report.newest.push((row, matches!(later, Later::Paid(_))));
            }
            match later {
                Later::Paid(_) => {}
                Later::NotPaid => {
                    report.unpaid += 1;
                    if let Field::Known(amount) = is.amount {
                        add(&mut report.unpaid_sums, amount);
                    }
                }
                Later::NotSeen | Later::NotTold => report.untold += 1,
            }
            let Some(card) = &is.card else { continue };
            let one = cards.entry(card).or_insert_with(|| Repeated {
                card: card.clone(),
                count: 0,
                newest: row,
                cause: cause(is),
                short: short_now(store, is),
            });
            one.count += 1;
        }
        report.repeated = cards.into_values().filter(|one| one.count >= REPEATED).collect();
        report.repeated.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.card.cmp(&b.card)));
        report
    }
}

fn add(sums: &mut Vec<(Currency, Part)>, amount: Money) {
    let at = sums.iter().position(|(known, _)| *known == amount.currency()).unwrap_or(sums.len());
    if at == sums.len() {
        sums.push((amount.currency(), Part::default()));
    }
    sums[at].1.change(amount.amount().abs(), true);
}
