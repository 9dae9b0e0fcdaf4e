//! The two halves of a movement inside of the merchant: account and card, or account and account.
//!
//! By ids where the API names them (`relatedId`, `parentId`, or the same reference in both descriptions), else by amount
//! and time, which is inferred and marked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::Records;
use crate::domain::ids::{AccountId, CardId, TransactionId};
use crate::domain::intent::Reference;
use crate::domain::money::{Currency, Money};
use crate::domain::transaction::{Direction, Feed, Transaction, TransactionKind, TransactionStatus};

/// Halves that are found by amount lie at most this far apart.
const NEAR: TimeDelta = TimeDelta::hours(1);

/// What a row is found by.
pub type RowKey = (Feed, TransactionId);

/// The other half of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub other: RowKey,
    /// Found by amount and time.
    pub is_inferred: bool,
}

/// The halves that were found.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    by_row: HashMap<RowKey, Pair>,
    /// Halves whose other half was not found, of movements that are sure to have one: between account and card, and
    /// transfers between accounts.
    pub orphans: BTreeSet<RowKey>,
}

impl Pairs {
    pub fn of(&self, row: &Transaction) -> Option<&Pair> {
        self.by_row.get(&key(row))
    }

    /// The other half of a row.
    pub fn of_key(&self, row: &RowKey) -> Option<&Pair> {
        self.by_row.get(row)
    }

    fn join(&mut self, one: &Transaction, other: &Transaction, is_inferred: bool) {
        for (row, other) in [(one, other), (other, one)] {
            self.by_row.insert(key(row), Pair { other: key(other), is_inferred });
        }
    }

    fn is_free(&self, row: &Transaction) -> bool {
        !self.by_row.contains_key(&key(row))
    }
}

/// The key of a row: ids are unique within a feed.
pub fn key(row: &Transaction) -> RowKey {
    (row.feed, row.id.clone())
}

/// Half of a movement: a row that was booked, or may still be, with what it is found by.
struct Half<'r> {
    row: &'r Transaction,
    signed: Money,
    account: Option<&'r AccountId>,
    at: Option<DateTime<Utc>>,
}

impl Half<'_> {
    fn is_out(&self) -> bool {
        self.signed.is_negative()
    }
}

/// Pairs all rows.
pub fn pairs(records: &Records<'_>) -> Pairs {
    let account_of: BTreeMap<&CardId, &AccountId> =
        records.cards.iter().filter_map(|card| Some((&card.id, card.account.as_ref()?))).collect();
    let half = |row| half(row, &account_of);
    let halves: Vec<Half<'_>> = records.rows.iter().filter(|row| row.is_half()).filter_map(half).collect();
    let mut pairs = Pairs::default();
    by_ids(&halves, &mut pairs);
    by_references(&halves, &mut pairs);
    let is_of_card = |half: &Half<'_>| half.row.feed == Feed::Cards;
    // Between account and card first: they are certain to have another half.
    by_amounts(&halves, &mut pairs, |one, other| is_of_card(one) != is_of_card(other) && one.account == other.account);
    by_amounts(&halves, &mut pairs, |one, other| {
        !is_of_card(one) && !is_of_card(other) && one.account.is_some() && one.account != other.account
    });
    let has_other = |half: &&Half<'_>| is_of_card(half) || half.row.kind == TransactionKind::Transfer;
    let lone = halves.iter().filter(has_other).filter(|half| pairs.is_free(half.row));
    pairs.orphans = lone.map(|half| key(half.row)).collect();
    pairs
}

fn half<'r>(row: &'r Transaction, account_of: &BTreeMap<&CardId, &'r AccountId>) -> Option<Half<'r>> {
    if !matches!(row.status, TransactionStatus::Completed) {
        return None;
    }
    let signed = match (row.amount.known()?.abs(), row.flow()) {
        (amount, Some(Direction::Out)) => amount.negated(),
        // A transfer without a minus can be the half that brings money only where its other half has one.
        (amount, _) if !row.contradicts_itself() => amount,
        _ => return None,
    };
    let of_card = || row.card.as_ref().and_then(|card| account_of.get(card).copied());
    Some(Half { row, signed, account: row.account.as_ref().or_else(of_card), at: row.created_at.known().copied() })
}

/// Whether two halves can be of one movement: as much out as in.
fn fit(one: &Half<'_>, other: &Half<'_>) -> bool {
    one.signed.negated() == other.signed && !one.signed.is_zero()
}

fn by_ids(halves: &[Half<'_>], pairs: &mut Pairs) {
    let by_id: HashMap<&TransactionId, &Half<'_>> = halves.iter().map(|half| (&half.row.id, half)).collect();
    for half in halves {
        let Some(more) = &half.row.more else { continue };
        let named = [&more.related, &more.parent].into_iter().flatten();
        for other in named.filter_map(|id| by_id.get(id)) {
            if fit(half, other) && pairs.is_free(half.row) && pairs.is_free(other.row) {
                pairs.join(half.row, other.row, false);
            }
        }
    }
}

/// A reference of ours stands in both halves of one movement, and nowhere else.
fn by_references(halves: &[Half<'_>], pairs: &mut Pairs) {
    let mut by_reference: BTreeMap<String, Vec<&Half<'_>>> = BTreeMap::new();
    for half in halves.iter().filter(|half| pairs.is_free(half.row)) {
        if let Some(reference) = reference(half.row) {
            by_reference.entry(reference.to_string()).or_default().push(half);
        }
    }
    for halves in by_reference.values() {
        if let [one, other] = halves.as_slice()
            && fit(one, other)
        {
            pairs.join(one.row, other.row, false);
        }
    }
}

/// The reference of ours that a row carries.
pub fn reference(row: &Transaction) -> Option<Reference> {
    row.description().and_then(|text| Reference::all_in(text.as_str()).last())
}

/// Joins those of one amount that are nearest to each other in time.
fn by_amounts(halves: &[Half<'_>], pairs: &mut Pairs, may: impl Fn(&Half<'_>, &Half<'_>) -> bool) {
    let mut by_amount: BTreeMap<(Currency, Decimal), [Vec<&Half<'_>>; 2]> = BTreeMap::new();
    for half in halves.iter().filter(|half| half.at.is_some() && pairs.is_free(half.row)) {
        let sides = by_amount.entry((half.signed.currency(), half.signed.amount().abs().normalize())).or_default();
        if let Some(side) = sides.get_mut(usize::from(half.is_out())) {
            side.push(half);
        }
    }
    for [into, out] in by_amount.values_mut() {
        into.sort_by_key(|half| half.at);
        let mut near: Vec<(TimeDelta, &Half<'_>, &Half<'_>)> = Vec::new();
        for out in out.iter() {
            let Some(at) = out.at else { continue };
            let from = into.partition_point(|half| half.at.is_some_and(|other| other < at - NEAR));
            let close = into.iter().skip(from).take_while(|half| half.at.is_some_and(|other| other <= at + NEAR));
            near.extend(
                close.filter(|half| may(half, out)).filter_map(|half| Some(((half.at? - at).abs(), *half, *out))),
            );
        }
        near.sort_by(|one, other| {
            (one.0, &one.1.row.id, &one.2.row.id).cmp(&(other.0, &other.1.row.id, &other.2.row.id))
        });
        for (_, into, out) in near {
            if pairs.is_free(into.row) && pairs.is_free(out.row) {
                pairs.join(into.row, out.row, true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::Field;
    use crate::domain::text::SafeText;
    use crate::domain::transaction::{More, TransactionKind};

    /// A half of account or card `place`, `at` seconds after the first.
    fn half(id: &str, feed: Feed, kind: &str, amount: &str, at: i64) -> Transaction {
        let (digits, currency) = amount.split_once(' ').unwrap();
        Transaction {
            id: TransactionId::parse(id).unwrap(),
            feed,
            account: AccountId::parse("a0"),
            card: (feed == Feed::Cards).then(|| CardId::parse("c0").unwrap()),
            amount: Field::Known(Money::parse(digits, Currency::parse(currency).unwrap()).unwrap()),
            kind: TransactionKind::from_wire(kind),
            status: TransactionStatus::Completed,
            merchant: None,
            category: None,
            created_at: Field::Known(DateTime::from_timestamp(1_770_000_000 + at, 0).unwrap()),
            updated_at: Field::Absent,
            merchant_country: None,
            costs: None,
            more: None,
        }
    }

    fn top_up(id: &str, amount: &str, at: i64) -> Transaction {
        half(id, Feed::Cards, "top_up", amount, at)
    }

    fn given(id: &str, amount: &str, at: i64) -> Transaction {
        half(id, Feed::Accounts, "withdrawal", amount, at)
    }

    /// `one-other`, with a `?` where that is inferred, once for each pair; and what is left alone.
    fn found(rows: &[Transaction]) -> (Vec<String>, Vec<String>) {
        let shared = BTreeSet::new();
        let pairs = pairs(&Records { accounts: &[], shared: &shared, cards: &[], rows });
        let of_row = |row: &Transaction| {
            let pair = pairs.of(row).filter(|pair| key(row) < pair.other)?;
            Some(format!("{}-{}{}", row.id, pair.other.1, if pair.is_inferred { "?" } else { "" }))
        };
        let mut all: Vec<String> = rows.iter().filter_map(of_row).collect();
        all.sort();
        (all, pairs.orphans.iter().map(|(_, id)| id.to_string()).collect())
    }

    #[test]
    fn both_halves_are_paired_and_one_alone_is_an_orphan() {
        let rows = [top_up("in", "50 USD", 3), given("out", "50 USD", 0)];
        assert_eq!(found(&rows), (vec!["in-out?".into()], vec![]));
        assert_eq!(found(&rows[..1]), (vec![], vec!["in".into()]));
        // Of an account alone nothing is missing: its money may have gone elsewhere.
        assert_eq!(found(&rows[1..]), (vec![], vec![]));
        // What was not booked, and what is no movement, is no half.
        let pending = Transaction { status: TransactionStatus::Pending, ..rows[1].clone() };
        assert_eq!(found(&[rows[0].clone(), pending]), (vec![], vec!["in".into()]));
        let fee = half("out", Feed::Accounts, "fee", "50 USD", 0);
        assert_eq!(found(&[rows[0].clone(), fee]), (vec![], vec!["in".into()]));
    }

    #[test]
    fn the_same_amount_twice_is_paired_by_what_is_nearest() {
        let rows = [
            top_up("in1", "50 USD", 10),
            top_up("in2", "50 USD", 100),
            given("out1", "50 USD", 12),
            given("out2", "50 USD", 101),
        ];
        assert_eq!(found(&rows), (vec!["in1-out1?".into(), "in2-out2?".into()], vec![]));
        // Two halves cannot have one other.
        assert_eq!(found(&rows[..3]), (vec!["in1-out1?".into()], vec!["in2".into()]));
    }

    #[test]
    fn another_currency_amount_hour_or_account_is_no_other_half() {
        let into = top_up("in", "50 USD", 0);
        let far = given("out", "50 USD", NEAR.num_seconds() + 1);
        let elsewhere = Transaction { account: AccountId::parse("a1"), ..given("out", "50 USD", 0) };
        for other in [given("out", "50 EUR", 0), given("out", "50.01 USD", 0), far, elsewhere] {
            assert_eq!(found(&[into.clone(), other]), (vec![], vec!["in".into()]));
        }
    }

    #[test]
    fn an_id_or_a_reference_is_certain_and_goes_before_what_is_nearer() {
        let related = |id: &str| Some(Box::new(More { related: TransactionId::parse(id), ..More::default() }));
        let named = Transaction { more: related("late"), ..top_up("in", "50 USD", 0) };
        let rows = [named, given("near", "50 USD", 1), given("late", "50 USD", 7_200)];
        assert_eq!(found(&rows), (vec!["in-late".into()], vec![]));
        let tagged = |row: Transaction| {
            let description = Some(SafeText::prose("ref fp-0123456789"));
            Transaction { more: Some(Box::new(More { description, ..More::default() })), ..row }
        };
        let rows =
            [tagged(top_up("in", "50 USD", 0)), given("near", "50 USD", 1), tagged(given("late", "50 USD", 7_200))];
        assert_eq!(found(&rows), (vec!["in-late".into()], vec![]));
    }
}
