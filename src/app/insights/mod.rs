//! What transactions add up to by time: sums of a range against the one before it, declines and what they have in common,
//! and how long the money of an account lasts.
//!
//! ```text
//!   arrival, change ──▶ Ledger   by day and hour, kept as rows come      ──▶ sums, curves, runway
//!                  └──▶ Lens     two properties of one range, in parts   ──▶ where declines are
//! ```
//!
//! Exact decimals. An arrival costs the same however many rows there are; a change takes the old row out and puts the new
//! one in. Rows that are not known whole are counted, never left out silently. Days are those of the profile's zone.
//! Does not know how any of it is drawn.

pub mod declines;
pub mod in_short;
pub mod ledger;
pub mod lens;
pub mod measure;
pub mod range;
pub mod runway;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};

use declines::Declines;
use ledger::Ledger;
use lens::{Lens, Property};
use range::Span;
use runway::Runway;

use super::clock;
use super::store::{Changes, Reach, Store, TxRow};
use crate::domain::account::Account;
use crate::domain::settings::Zone;
use crate::domain::transaction::{Feed, Transaction};

/// Whether every row of both feeds of a day and of those after it is here.
pub fn is_whole_since(store: &Store, day: NaiveDate, zone: &Zone) -> bool {
    match store.reach_of_both() {
        Reach::Whole => true,
        Reach::Since(since) => clock::day(since, zone) < day,
        Reach::Unread { .. } => false,
    }
}

/// Why sums of the range are of a part of its rows, in words; `None` where all rows of it are here.
pub fn incomplete(store: &Store, first: NaiveDate, now: DateTime<Utc>, zone: &Zone) -> Option<String> {
    if is_whole_since(store, first, zone) {
        return None;
    }
    match store.reach_of_both() {
        Reach::Whole => None,
        Reach::Since(since) => Some(format!("only rows since {} are loaded", clock::moment(since, now, zone).trim())),
        Reach::Unread { feed, failed } => {
            let whose = match feed {
                Feed::Cards => "cards",
                Feed::Accounts => "accounts",
            };
            let why = if failed { "could not be read" } else { "are not read yet" };
            Some(format!("transactions of {whose} {why}: in no sum"))
        }
    }
}

/// Everything that is kept of the rows.
#[derive(Debug, Default)]
pub struct Insights {
    ledger: Ledger,
    declines: Declines,
    lens: Option<Lens>,
    /// Rows that are here only because they were searched for: in no sum, because what lies between them is not known.
    left_out: HashSet<TxRow>,
    /// How many of those the store had when they were last looked at.
    scattered: usize,
    /// What cards were when purchases were counted by them.
    findable: u64,
    /// What all accounts are in short, once somebody looked at it.
    short: RefCell<Option<in_short::Kept>>,
}

impl Insights {
    /// Takes in what a reply changed.
    pub fn apply(&mut self, store: &Store, zone: &Zone, changes: &Changes) {
        let turns = |lens: &Lens| [lens.rows, lens.columns].iter().any(|property| property.is_of_cards());
        // What a purchase is by its card may be another now: it could not be taken out as what it came in.
        let other_cards = self.findable != store.cards.findable();
        self.findable = store.cards.findable();
        if other_cards && self.lens.as_ref().is_some_and(turns) {
            self.lens = None;
        }
        let rows = !changes.transactions_were.is_empty() || !changes.transactions_new.is_empty();
        if rows || changes.accounts || changes.detail.is_some() {
            self.short.take();
        }
        for (row, was) in &changes.transactions_were {
            if !self.left_out.contains(row) {
                self.change(store, zone, *row, was, false);
                self.change(store, zone, *row, store.transactions.get(*row), true);
            }
        }
        for row in &changes.transactions_new {
            match store.transactions.is_scattered(*row) {
                true => drop(self.left_out.insert(*row)),
                false => self.change(store, zone, *row, store.transactions.get(*row), true),
            }
        }
        self.take_in(store, zone);
    }

    /// Rows that were searched for once are a part of a list now, where one was read that has them.
    fn take_in(&mut self, store: &Store, zone: &Zone) {
        let scattered = [Feed::Cards, Feed::Accounts].map(|feed| store.transactions.scattered_of(feed)).iter().sum();
        if self.scattered == scattered {
            return;
        }
        self.scattered = scattered;
        let found: Vec<TxRow> =
            self.left_out.iter().copied().filter(|row| !store.transactions.is_scattered(*row)).collect();
        for row in found {
            self.left_out.remove(&row);
            self.change(store, zone, row, store.transactions.get(row), true);
        }
    }

    fn change(&mut self, store: &Store, zone: &Zone, row: TxRow, is: &Transaction, adds: bool) {
        match adds {
            true => {
                self.ledger.add(is, zone);
                self.declines.add(row, is);
            }
            false => {
                self.ledger.remove(is, zone);
                self.declines.remove(row, is);
            }
        }
        match &mut self.lens {
            Some(lens) if adds => lens.add(store, is, zone),
            Some(lens) => lens.remove(store, is, zone),
            None => {}
        }
    }

    /// Counts the next part of a lens, or of another one where that is wanted now; whether anything was to be counted.
    pub fn count_lens(
        &mut self,
        store: &Store,
        zone: &Zone,
        (rows, columns, span): (Property, Property, Span),
    ) -> bool {
        let wanted = |lens: &Lens| (lens.rows, lens.columns, lens.span) == (rows, columns, span);
        if !self.lens.as_ref().is_some_and(wanted) {
            self.lens = Some(Lens::new(rows, columns, span));
        }
        let Some(lens) = self.lens.as_mut().filter(|lens| !lens.is_whole()) else { return false };
        lens.count_part(store, zone, |row| self.left_out.contains(&row));
        true
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn declines(&self) -> &Declines {
        &self.declines
    }

    /// The lens that was counted last.
    pub fn lens(&self) -> Option<&Lens> {
        self.lens.as_ref()
    }
}

/// How long the money of an account lasts; `None` where what it has is not known.
pub fn runway_of(
    insights: &Insights,
    store: &Store,
    zone: &Zone,
    account: &Account,
    today: NaiveDate,
) -> Option<Runway> {
    let detail = store.details.get(&account.id).and_then(|detail| detail.value.as_ref());
    let shared = detail.and_then(|detail| detail.cards_hold_balance).map(|own| !own);
    let has = *account.available.known()?;
    let since = match store.reach_of_both() {
        Reach::Whole => insights.ledger.first_day().unwrap_or(today),
        // The day on which the rows begin is not whole.
        Reach::Since(since) => clock::day(since, zone).succ_opt().unwrap_or(today),
        Reach::Unread { .. } => return Some(Runway::Unknown),
    };
    Some(runway::of(has, insights.ledger.account(&account.id), shared, today, since))
}
