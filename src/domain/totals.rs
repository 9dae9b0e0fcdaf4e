//! What a set of transactions adds up to: by currency and direction, what was declined, and what is not known.
//!
//! Exact and reversible: a row that is taken out leaves what was there before it came in, so that totals follow every
//! arrival and change without being added up again. An amount that is not known is in no sum and is counted.

use rust_decimal::Decimal;

use super::field::Field;
use super::money::{Currency, Money, exact_sum};
use super::transaction::{Direction, Transaction, TransactionStatus};

/// An exact sum of decimals of any scale. It cannot overflow for fewer than two thousand million rows: the digits of a
/// decimal have 96 bits.
#[derive(Clone, Debug, Default)]
struct Exact(Vec<(u32, i128)>);

impl Exact {
    fn add(&mut self, amount: Decimal) {
        self.put(amount.scale(), amount.mantissa());
    }

    fn remove(&mut self, amount: Decimal) {
        self.put(amount.scale(), -amount.mantissa());
    }

    fn put(&mut self, scale: u32, digits: i128) {
        match self.0.iter_mut().find(|(known, _)| *known == scale) {
            Some((_, sum)) => *sum = sum.wrapping_add(digits),
            None => self.0.push((scale, digits)),
        }
    }

    fn merge(&mut self, other: &Exact) {
        other.0.iter().for_each(|(scale, digits)| self.put(*scale, *digits));
    }

    /// The sum; `None` when it has more digits than a decimal holds.
    fn sum(&self) -> Option<Decimal> {
        exact_sum(&self.0.iter().map(|(scale, digits)| (*digits, *scale)).collect::<Vec<_>>())
    }
}

/// Some rows of one currency.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// How many rows.
    pub rows: usize,
    sum: Exact,
}

impl Part {
    /// A row of this amount came, or one that had come went.
    pub fn change(&mut self, amount: Decimal, adds: bool) {
        match adds {
            true => (self.rows, _) = (self.rows + 1, self.sum.add(amount)),
            false => (self.rows, _) = (self.rows.saturating_sub(1), self.sum.remove(amount)),
        }
    }

    /// Adds what other rows add up to.
    pub fn merge(&mut self, other: &Part) {
        self.rows += other.rows;
        self.sum.merge(&other.sum);
    }

    /// What they add up to; `None` when it has more digits than an amount holds.
    pub fn sum(&self) -> Option<Decimal> {
        self.sum.sum()
    }
}

/// Whether the money of a row counts, by its state: [`Transaction::moved`] with the two ways of not moving told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It moved, or may still move.
    Moved,
    /// No money moved; what was asked for may have a sum of its own.
    Declined,
    /// No money moved, or it came back.
    Canceled,
    /// The state is one that this program does not know: the row is in no sum and is counted.
    NotKnown,
}

impl Standing {
    pub fn of(row: &Transaction) -> Standing {
        match (row.moved(), &row.status) {
            (Some(true), _) => Standing::Moved,
            (Some(false), TransactionStatus::Declined) => Standing::Declined,
            (Some(false), _) => Standing::Canceled,
            (None, _) => Standing::NotKnown,
        }
    }
}

/// What rows of one currency add up to.
#[derive(Clone, Debug)]
pub struct CurrencyTotals {
    pub currency: Currency,
    /// What went out, refunds not taken off.
    pub out: Part,
    /// What came in.
    pub into: Part,
    /// What the API calls neither: a transfer is both.
    pub either: Part,
    /// What was declined: no money moved.
    pub declined: Part,
    /// What was canceled: no money moved, or it came back.
    pub canceled: Part,
}

impl CurrencyTotals {
    fn new(currency: Currency) -> CurrencyTotals {
        let none = Part::default;
        CurrencyTotals { currency, out: none(), into: none(), either: none(), declined: none(), canceled: none() }
    }

    fn parts(&mut self) -> [&mut Part; 5] {
        [&mut self.out, &mut self.into, &mut self.either, &mut self.declined, &mut self.canceled]
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        [&self.out, &self.into, &self.either, &self.declined, &self.canceled].iter().map(|part| part.rows).sum()
    }

    fn is_empty(&self) -> bool {
        self.rows() == 0
    }

    fn money(&self, part: &Part) -> Option<Money> {
        part.sum().map(|sum| Money::new(sum, self.currency))
    }

    /// What went out, as an amount without a sign.
    pub fn spent(&self) -> Option<Money> {
        self.money(&self.out)
    }

    /// What came in.
    pub fn received(&self) -> Option<Money> {
        self.money(&self.into)
    }

    /// What moved and is called neither.
    pub fn moved(&self) -> Option<Money> {
        self.money(&self.either)
    }

    /// What was asked for and declined.
    pub fn refused(&self) -> Option<Money> {
        self.money(&self.declined)
    }

    /// What was canceled.
    pub fn taken_back(&self) -> Option<Money> {
        self.money(&self.canceled)
    }
}

/// What a set of transactions adds up to.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// All rows, whatever is known of them.
    pub rows: usize,
    /// Rows whose amount is not told, cannot be read, or has a minus that contradicts the kind. They are in no sum.
    pub unknown: usize,
    /// Rows in a state that this program does not know: whether money moved is not known. They are in no sum.
    pub other_states: usize,
    /// Of the rows that are not known, those that were declined.
    pub unknown_declined: usize,
    /// Rows whose settlement stands in for an amount that the API does not name.
    pub settled: usize,
    currencies: Vec<CurrencyTotals>,
}

impl Totals {
    /// Of these rows.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Transaction>) -> Totals {
        let mut totals = Totals::default();
        rows.into_iter().for_each(|row| totals.add(row));
        totals
    }

    /// A row came in.
    pub fn add(&mut self, row: &Transaction) {
        self.change(row, true);
    }

    /// A row that was added as it is here went.
    pub fn remove(&mut self, row: &Transaction) {
        self.change(row, false);
    }

    fn change(&mut self, row: &Transaction, adds: bool) {
        let count = |counted: &mut usize| *counted = if adds { *counted + 1 } else { counted.saturating_sub(1) };
        count(&mut self.rows);
        let standing = Standing::of(row);
        if standing == Standing::NotKnown {
            count(&mut self.other_states);
            return;
        }
        let Some(signed) = row.signed().known().copied().filter(|_| !row.contradicts_itself()) else {
            count(&mut self.unknown);
            if standing == Standing::Declined {
                count(&mut self.unknown_declined);
            }
            return;
        };
        if row.amount_is_settlement() {
            count(&mut self.settled);
        }
        let totals = self.of_currency(signed.currency());
        let part = match (standing, row.flow()) {
            (Standing::Declined, _) => &mut totals.declined,
            (Standing::Canceled, _) => &mut totals.canceled,
            (_, Some(Direction::Out)) => &mut totals.out,
            (_, Some(Direction::In)) => &mut totals.into,
            (_, None) => &mut totals.either,
        };
        part.change(signed.amount().abs(), adds);
        if !adds {
            self.currencies.retain(|totals| !totals.is_empty());
        }
    }

    fn of_currency(&mut self, currency: Currency) -> &mut CurrencyTotals {
        let at = match self.currencies.binary_search_by(|totals| totals.currency.as_str().cmp(currency.as_str())) {
            Ok(at) => at,
            Err(at) => {
                self.currencies.insert(at, CurrencyTotals::new(currency));
                at
            }
        };
        &mut self.currencies[at]
    }

    /// Adds what other rows add up to.
    pub fn merge(&mut self, other: &Totals) {
        self.rows += other.rows;
        self.unknown += other.unknown;
        self.other_states += other.other_states;
        self.unknown_declined += other.unknown_declined;
        self.settled += other.settled;
        for theirs in &other.currencies {
            let mut theirs = theirs.clone();
            let ours = self.of_currency(theirs.currency);
            for (ours, theirs) in ours.parts().into_iter().zip(theirs.parts()) {
                ours.merge(theirs);
            }
        }
    }

    /// By currency, in the order of their codes. Only those of which there are rows.
    pub fn currencies(&self) -> &[CurrencyTotals] {
        &self.currencies
    }

    /// How many rows were declined, whatever is known of their amounts.
    pub fn declined(&self) -> usize {
        self.currencies.iter().map(|totals| totals.declined.rows).sum::<usize>() + self.unknown_declined
    }
}

/// What balances add up to.
#[derive(Clone, Debug, Default)]
pub struct Balances {
    /// All of them, whatever is known of them.
    pub count: usize,
    /// Those that are not told, not read yet, or cannot be read. They are in no sum.
    pub unknown: usize,
    currencies: Vec<(Currency, Part)>,
}

impl Balances {
    /// Of these balances.
    pub fn of(balances: impl IntoIterator<Item = Field<Money>>) -> Balances {
        let mut all = Balances::default();
        for balance in balances {
            all.count += 1;
            match balance {
                Field::Known(money) => all.part(money.currency()).change(money.amount(), true),
                Field::Absent | Field::Unreadable => all.unknown += 1,
            }
        }
        all
    }

    fn part(&mut self, currency: Currency) -> &mut Part {
        let at = match self.currencies.binary_search_by(|(known, _)| known.as_str().cmp(currency.as_str())) {
            Ok(at) => at,
            Err(at) => {
                self.currencies.insert(at, (currency, Part::default()));
                at
            }
        };
        &mut self.currencies[at].1
    }

    /// Adds what other balances add up to.
    pub fn merge(&mut self, other: &Balances) {
        self.count += other.count;
        self.unknown += other.unknown;
        for (currency, part) in &other.currencies {
            self.part(*currency).merge(part);
        }
    }

    /// Of each currency, in the order of their codes, how many balances there are and what they add up to; `None` where that
    /// has more digits than an amount holds.
    pub fn sums(&self) -> impl Iterator<Item = (Currency, usize, Option<Money>)> + '_ {
        let sum = |currency, part: &Part| part.sum().map(|sum| Money::new(sum, currency));
        self.currencies.iter().map(move |(currency, part)| (*currency, part.rows, sum(*currency, part)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::ids::TransactionId;
    use crate::domain::transaction::{Feed, TransactionKind};

    fn row(amount: Field<Money>, kind: &str, status: &str) -> Transaction {
        Transaction {
            id: TransactionId::parse("t").unwrap(),
            feed: Feed::Cards,
            account: None,
            card: None,
            amount,
            kind: TransactionKind::from_wire(kind),
            status: TransactionStatus::from_wire(status),
            merchant: None,
            category: None,
            created_at: Field::Absent,
            updated_at: Field::Absent,
            merchant_country: None,
            costs: None,
            more: None,
        }
    }

    fn money(text: &str, currency: &str) -> Field<Money> {
        Field::Known(Money::parse(text, Currency::parse(currency).unwrap()).unwrap())
    }

    fn any_row() -> impl Strategy<Value = Transaction> {
        let amount = prop_oneof![
            1 => Just(Field::Absent),
            1 => Just(Field::Unreadable),
            8 => (any::<i64>(), 0u32..10, prop_oneof!["USD", "EUR", "USDTTRC20"]).prop_map(|(digits, scale, currency)| {
                let amount = Decimal::from_i128_with_scale(i128::from(digits), scale);
                Field::Known(Money::new(amount, Currency::parse(&currency).unwrap()))
            }),
        ];
        let kind = prop_oneof!["purchase", "refund", "fee", "top_up", "withdrawal", "payin", "transfer", "new"];
        let status = prop_oneof!["authorized", "pending", "completed", "declined", "canceled", "new"];
        (amount, kind, status).prop_map(|(amount, kind, status)| row(amount, &kind, &status))
    }

    /// Rows and sum of each part of a currency.
    type Parts = BTreeMap<String, Vec<(usize, Option<Decimal>)>>;

    /// What people compare: everything that is said of the totals.
    fn said(totals: &Totals) -> ([usize; 3], Parts) {
        let of = |one: &CurrencyTotals| {
            let parts = [&one.out, &one.into, &one.either, &one.declined, &one.canceled];
            let parts = parts.map(|part| (part.rows, part.sum().map(|sum| sum.normalize())));
            (one.currency.as_str().to_owned(), parts.to_vec())
        };
        ([totals.rows, totals.unknown, totals.declined()], totals.currencies().iter().map(of).collect())
    }

    #[test]
    fn money_is_told_apart_by_where_it_went() {
        let rows = [
            row(money("10.10", "USD"), "purchase", "completed"),
            row(money("-1", "USD"), "purchase", "pending"),
            row(money("3", "USD"), "refund", "completed"),
            row(money("-1", "USD"), "refund", "completed"),
            row(money("5", "USD"), "transfer", "completed"),
            row(money("-4", "USD"), "transfer", "completed"),
            row(money("99.000000001", "USD"), "purchase", "declined"),
            row(money("7", "EUR"), "purchase", "canceled"),
            row(Field::Unreadable, "purchase", "declined"),
            row(Field::Absent, "fee", "completed"),
            row(money("6", "USD"), "purchase", "reversed"),
        ];
        let totals = Totals::of(&rows);
        assert_eq!((totals.rows, totals.unknown, totals.declined(), totals.other_states), (11, 3, 2, 1));
        let [euro, dollar] = totals.currencies() else { panic!("{totals:?}") };
        let digits = |money: Option<Money>| money.unwrap().digits();
        assert_eq!(digits(dollar.spent()), "15.10");
        // A refund with a minus says two things: it is in no sum.
        assert_eq!(digits(dollar.received()), "3.00");
        assert_eq!(digits(dollar.moved()), "5.00");
        assert_eq!(digits(dollar.refused()), "99.000000001");
        assert_eq!((euro.spent().unwrap().is_zero(), digits(euro.taken_back()).as_str()), (true, "7.00"));
    }

    #[test]
    fn balances_are_added_up_by_currency() {
        let one = [money("1.10", "USD"), Field::Absent, money("-0.10", "USD"), money("5", "EUR"), Field::Unreadable];
        let mut all = Balances::of(one);
        all.merge(&Balances::of([money("0.000000001", "USD")]));
        let sums: Vec<String> =
            all.sums().map(|(currency, _, sum)| format!("{} {currency}", sum.unwrap().wire())).collect();
        assert_eq!((all.count, all.unknown), (6, 2));
        assert_eq!(sums, ["5.00 EUR", "1.000000001 USD"]);
    }

    #[test]
    fn no_sum_loses_a_digit() {
        // More than a decimal holds, and then less again.
        let huge = row(money(&"9".repeat(28), "USD"), "purchase", "completed");
        let mut totals = Totals::of(std::iter::repeat_n(&huge, 8));
        assert_eq!(totals.currencies()[0].spent(), None);
        totals.remove(&huge);
        assert_eq!(totals.currencies()[0].spent().unwrap().wire(), "69999999999999999999999999993");
        let small = row(money("0.000000001", "USD"), "purchase", "completed");
        let many = Totals::of(std::iter::repeat_n(&small, 1_000_000_000 / 1_000));
        assert_eq!(many.currencies()[0].spent().unwrap().wire(), "0.001");
    }

    proptest! {
        /// Whatever comes and goes, in whatever order, the totals are those of a plain fold over what is there.
        #[test]
        fn totals_follow_every_arrival_and_change(
            rows in proptest::collection::vec(any_row(), 0..40),
            gone in proptest::collection::vec(any::<proptest::sample::Index>(), 0..40),
            at in any::<proptest::sample::Index>(),
        ) {
            let mut there = rows.clone();
            let mut totals = Totals::of(&there);
            for gone in gone {
                if !there.is_empty() {
                    totals.remove(&there.remove(gone.index(there.len())));
                }
            }
            prop_assert_eq!(said(&totals), said(&Totals::of(&there)));
            let (first, second) = rows.split_at(at.index(rows.len() + 1));
            let mut parts = Totals::of(first);
            parts.merge(&Totals::of(second));
            prop_assert_eq!(said(&parts), said(&Totals::of(&rows)));
        }
    }
}
