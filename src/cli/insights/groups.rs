//! Rows put together by what they have in common.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::app::insights::lens::{Property, Value};
use crate::app::insights::measure::{self, Measure};
use crate::domain::field::Field;
use crate::domain::money::{Currency, Money};
use crate::domain::totals::Part;
use crate::domain::transaction::{Transaction, TransactionKind};

/// Declined purchases that have one or two values in common.
#[derive(Debug)]
pub struct DeclineGroup {
    pub first: (Property, Value),
    pub second: Option<(Property, Value)>,
    /// Purchases it is of; `None` for a reason, which only what was declined has.
    pub purchases: Option<usize>,
    pub declined: usize,
    /// What was asked for, by currency; `None` where it has more digits than an amount holds.
    pub amounts: Vec<Option<Money>>,
    /// Declined ones whose amount is not known.
    pub unknown: usize,
}

#[derive(Debug, Default)]
struct Counted {
    purchases: usize,
    declined: usize,
    unknown: usize,
    sums: BTreeMap<String, (Currency, Part)>,
}

/// Purchases by what they have in common.
#[derive(Debug, Default)]
pub struct Declines {
    /// Purchases in states that are not known: whether they were declined is not known.
    other_states: usize,
    unknown: usize,
    groups: HashMap<(Value, Option<Value>), Counted>,
}

impl Declines {
    /// Takes a purchase in. A value that is missing is of a property that the purchase has not.
    pub fn add(&mut self, first: Option<Value>, second: Option<Option<Value>>, row: &Transaction, declined: bool) {
        if measure::is_in_other_state(row) {
            self.other_states += 1;
            return;
        }
        self.unknown += usize::from(declined && measure::amount(row).is_none());
        let second = match second {
            None => None,
            Some(Some(second)) => Some(second),
            Some(None) => return,
        };
        let Some(first) = first else { return };
        let counted = self.groups.entry((first, second)).or_default();
        counted.purchases += 1;
        if !declined {
            return;
        }
        counted.declined += 1;
        match measure::amount(row) {
            Some(amount) => {
                let code = amount.currency().as_str().to_owned();
                let (_, part) = counted.sums.entry(code).or_insert_with(|| (amount.currency(), Part::default()));
                part.change(amount.amount(), true);
            }
            None => counted.unknown += 1,
        }
    }

    /// What is not counted or in no sum.
    pub fn gaps(&self) -> Vec<String> {
        unknown_gaps(self.unknown, self.other_states)
    }

    /// Those with declines, the most declined first.
    pub fn groups(self, (first, second): (Property, Option<Property>)) -> Vec<DeclineGroup> {
        let has_sample = first != Property::Reason && second != Some(Property::Reason);
        let mut all: Vec<DeclineGroup> = self
            .groups
            .into_iter()
            .filter(|(_, counted)| counted.declined > 0)
            .map(|((one, other), counted)| DeclineGroup {
                first: (first, one),
                second: second.zip(other),
                purchases: has_sample.then_some(counted.purchases),
                declined: counted.declined,
                amounts: counted
                    .sums
                    .into_values()
                    .map(|(currency, part)| Some(Money::new(part.sum()?, currency)))
                    .collect(),
                unknown: counted.unknown,
            })
            .collect();
        let key = |group: &DeclineGroup| (group.first.1.clone(), group.second.as_ref().map(|second| second.1.clone()));
        all.sort_by(|a, b| {
            b.declined.cmp(&a.declined).then(a.purchases.cmp(&b.purchases)).then_with(|| key(a).cmp(&key(b)))
        });
        all
    }
}

fn unknown_gaps(unknown: usize, other_states: usize) -> Vec<String> {
    let mut gaps = Vec::new();
    if unknown > 0 {
        gaps.push(format!("{unknown} transactions without a readable amount are in no sum"));
    }
    if other_states > 0 {
        gaps.push(format!("{other_states} transactions in unknown states are not counted"));
    }
    gaps
}

/// What spending is put together by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Day(NaiveDate),
    Value(Value),
}

/// What was spent in one currency.
#[derive(Debug)]
pub struct SpendGroup {
    pub key: Key,
    pub purchases: usize,
    /// `None` where it has more digits than an amount holds.
    pub spent: Option<Money>,
    pub refunded: Option<Money>,
    /// Fees that the purchases name.
    pub fees: Option<Money>,
}

/// Purchases and refunds by day or by a property.
#[derive(Debug, Default)]
pub struct Spending {
    groups: BTreeMap<(Key, String), (Currency, [Part; 3])>,
    unknown: usize,
    other_states: usize,
    /// Purchases that name a fee which cannot be read.
    fees: usize,
    /// Rows of kinds that are not known.
    kinds: usize,
}

impl Spending {
    pub fn add(&mut self, key: Key, row: &Transaction) {
        let is_spending = matches!(measure::of(row), Some(Measure::Spent | Measure::Refunded));
        let costs = row.costs.as_ref().filter(|_| measure::of(row) == Some(Measure::Spent));
        self.fees += usize::from(costs.is_some_and(|costs| matches!(costs.fee, Field::Unreadable)));
        self.kinds += usize::from(row.moved() == Some(true) && matches!(row.kind, TransactionKind::Other(_)));
        self.other_states += usize::from(measure::is_in_other_state(row));
        self.unknown += usize::from(is_spending && measure::amount(row).is_none());
        for (measure, amount) in measure::amounts(row) {
            let part = match measure {
                Measure::Spent => 0,
                Measure::Refunded => 1,
                Measure::PurchaseFees => 2,
                Measure::Declined | Measure::ToppedUp | Measure::PaidIn | Measure::Fees => continue,
            };
            let place = (key.clone(), amount.currency().as_str().to_owned());
            let (_, parts) = self.groups.entry(place).or_insert_with(|| (amount.currency(), Default::default()));
            parts[part].change(amount.amount(), true);
        }
    }

    /// What is in no sum.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = unknown_gaps(self.unknown, self.other_states);
        if self.fees > 0 {
            gaps.push(format!("{} purchases name a fee that cannot be read: it is in no sum", self.fees));
        }
        if self.kinds > 0 {
            gaps.push(format!("{} transactions of unknown kinds are in no sum", self.kinds));
        }
        gaps
    }

    /// Days in their order; anything else by what was spent, the most first, currency by currency.
    pub fn groups(self) -> Vec<SpendGroup> {
        let money = |part: &Part, currency| part.sum().map(|sum| Money::new(sum, currency));
        let mut all: Vec<SpendGroup> = self
            .groups
            .into_iter()
            .map(|((key, _), (currency, [spent, refunded, fees]))| SpendGroup {
                key,
                purchases: spent.rows,
                spent: money(&spent, currency),
                refunded: money(&refunded, currency),
                fees: money(&fees, currency),
            })
            .collect();
        if all.iter().any(|group| matches!(group.key, Key::Value(_))) {
            let code = |group: &SpendGroup| group.spent.map(|spent| spent.currency().as_str().to_owned());
            let amount = |group: &SpendGroup| group.spent.map(|spent| spent.amount());
            all.sort_by(|a, b| {
                code(a).cmp(&code(b)).then_with(|| amount(b).cmp(&amount(a))).then_with(|| a.key.cmp(&b.key))
            });
        }
        all
    }
}
