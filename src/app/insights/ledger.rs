//! Sums by day and hour of the profile's zone, kept as rows come, change and go.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::measure::{self, Measure};
use super::range::Span;
use crate::app::clock;
use crate::domain::field::Field;
use crate::domain::ids::AccountId;
use crate::domain::money::{Currency, Money};
use crate::domain::settings::Zone;
use crate::domain::totals::Part;
use crate::domain::transaction::{Feed, Transaction, TransactionKind};

/// What the rows of some time add up to.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// All rows, whatever is known of them.
    pub rows: usize,
    /// Rows that would be in a sum, were their amount known.
    pub unknown: usize,
    /// Rows in states that are not known: they are in no sum.
    pub other_states: usize,
    /// Purchases, whatever became of them.
    pub purchases: usize,
    /// Those of them that were declined.
    pub declined: usize,
    currencies: Vec<(Currency, [Part; 7])>,
}

impl Sums {
    fn change(&mut self, row: &Transaction, adds: bool) {
        let count = |counted: &mut usize| *counted = if adds { *counted + 1 } else { counted.saturating_sub(1) };
        let measure = measure::of(row);
        count(&mut self.rows);
        if row.kind == TransactionKind::Purchase {
            count(&mut self.purchases);
        }
        if measure == Some(Measure::Declined) {
            count(&mut self.declined);
        }
        if measure::is_in_other_state(row) {
            count(&mut self.other_states);
        }
        if measure.is_some() && measure::amount(row).is_none() {
            count(&mut self.unknown);
        }
        for (measure, amount) in measure::amounts(row) {
            self.parts(amount.currency())[measure as usize].change(amount.amount(), adds);
        }
        if !adds {
            self.currencies.retain(|(_, parts)| parts.iter().any(|part| part.rows > 0));
        }
    }

    fn parts(&mut self, currency: Currency) -> &mut [Part; 7] {
        let at = match self.currencies.binary_search_by(|(known, _)| known.as_str().cmp(currency.as_str())) {
            Ok(at) => at,
            Err(at) => {
                self.currencies.insert(at, (currency, Default::default()));
                at
            }
        };
        &mut self.currencies[at].1
    }

    fn merge(&mut self, other: &Sums) {
        self.rows += other.rows;
        self.unknown += other.unknown;
        self.other_states += other.other_states;
        self.purchases += other.purchases;
        self.declined += other.declined;
        for (currency, theirs) in &other.currencies {
            let ours = self.parts(*currency);
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| ours.merge(theirs));
        }
    }

    /// The currencies of which there is any sum, by their codes.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> + '_ {
        self.currencies.iter().map(|(currency, _)| *currency)
    }

    fn part(&self, measure: Measure, currency: Currency) -> Option<&Part> {
        let known = self.currencies.iter().find(|(known, _)| *known == currency);
        known.map(|(_, parts)| &parts[measure as usize])
    }

    /// Rows of a sum.
    pub fn count(&self, measure: Measure, currency: Currency) -> usize {
        self.part(measure, currency).map_or(0, |part| part.rows)
    }

    /// What they add up to; `None` when it has more digits than an amount holds.
    pub fn sum(&self, measure: Measure, currency: Currency) -> Option<Money> {
        let part = self.part(measure, currency).map_or(Some(Decimal::ZERO), Part::sum);
        part.map(|sum| Money::new(sum, currency))
    }
}

/// What an account gave on one day: the sum by currency, and rows of which the amount is not known.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub sums: Vec<(Currency, Part)>,
    pub unknown: usize,
}

impl Taken {
    /// Whether anything was taken.
    pub fn is_any(&self) -> bool {
        self.unknown > 0 || self.sums.iter().any(|(_, part)| part.rows > 0)
    }

    fn change(&mut self, amount: Field<Money>, adds: bool) {
        let Field::Known(amount) = amount else {
            self.unknown = if adds { self.unknown + 1 } else { self.unknown.saturating_sub(1) };
            return;
        };
        let at = self.sums.iter().position(|(known, _)| *known == amount.currency()).unwrap_or(self.sums.len());
        if at == self.sums.len() {
            self.sums.push((amount.currency(), Part::default()));
        }
        self.sums[at].1.change(amount.amount(), adds);
    }
}

/// What each account gave by day: by its own feed, and by purchases of its cards.
#[derive(Clone, Debug, Default)]
pub struct AccountDays {
    pub own: BTreeMap<NaiveDate, Taken>,
    pub cards: BTreeMap<NaiveDate, Taken>,
}

/// All rows, by day and hour.
#[derive(Debug, Default)]
pub struct Ledger {
    hours: BTreeMap<(NaiveDate, u8), Sums>,
    /// Rows whose time is not known: they are of no day.
    undated: usize,
    accounts: HashMap<AccountId, AccountDays>,
}

impl Ledger {
    /// A row came in.
    pub fn add(&mut self, row: &Transaction, zone: &Zone) {
        self.change(row, zone, true);
    }

    /// A row that was added as it is here went.
    pub fn remove(&mut self, row: &Transaction, zone: &Zone) {
        self.change(row, zone, false);
    }

    fn change(&mut self, row: &Transaction, zone: &Zone, adds: bool) {
        let Field::Known(at) = row.created_at else {
            self.undated = if adds { self.undated + 1 } else { self.undated.saturating_sub(1) };
            return;
        };
        let (day, hour) = clock::day_and_hour(at, zone);
        let sums = self.hours.entry((day, hour)).or_default();
        sums.change(row, adds);
        if sums.rows == 0 {
            self.hours.remove(&(day, hour));
        }
        let Some((account, taken)) = row.account.as_ref().zip(measure::taken(row, true)) else { return };
        let known = match self.accounts.get_mut(account) {
            Some(known) => known,
            None => self.accounts.entry(account.clone()).or_default(),
        };
        let days = if row.feed == Feed::Accounts { &mut known.own } else { &mut known.cards };
        days.entry(day).or_default().change(taken, adds);
    }

    /// Rows whose time is not known.
    pub fn undated(&self) -> usize {
        self.undated
    }

    /// What the rows of some days add up to; of the last day only the hours before `until`, where that is given.
    pub fn sums(&self, span: Span, until: Option<u8>) -> Sums {
        let mut all = Sums::default();
        for ((day, hour), sums) in self.hours.range((span.first, 0)..=(span.last, u8::MAX)) {
            if *day < span.last || until.is_none_or(|until| *hour < until) {
                all.merge(sums);
            }
        }
        all
    }

    /// A sum in steps: hours of a single day, else days. `None` for one that cannot be held.
    pub fn curve(&self, span: Span, measure: Measure, currency: Currency) -> Vec<Option<Money>> {
        let of = |from: (NaiveDate, u8), to: (NaiveDate, u8)| {
            let mut part = Part::default();
            for (_, sums) in self.hours.range(from..=to) {
                if let Some(more) = sums.part(measure, currency) {
                    part.merge(more);
                }
            }
            part.sum().map(|sum| Money::new(sum, currency))
        };
        match span.days() {
            1 => (0..24).map(|hour| of((span.first, hour), (span.first, hour))).collect(),
            _ => span.each().map(|day| of((day, 0), (day, u8::MAX))).collect(),
        }
    }

    /// What an account gave by day.
    pub fn account(&self, id: &AccountId) -> Option<&AccountDays> {
        self.accounts.get(id)
    }

    /// The first day of which there is a row.
    pub fn first_day(&self) -> Option<NaiveDate> {
        self.hours.keys().next().map(|(day, _)| *day)
    }
}
