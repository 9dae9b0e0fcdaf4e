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

/// Kinds that have another half: neither a purchase nor a fee has.
fn has_half(row: &Transaction) -> bool {
    let of_cards = matches!(row.kind, TransactionKind::TopUp | TransactionKind::Withdrawal);
    match row.feed {
        Feed::Cards => of_cards,
        Feed::Accounts => {
            of_cards
                || matches!(row.kind, TransactionKind::PayIn | TransactionKind::Transfer | TransactionKind::Other(_))
        }
    }
}

/// Pairs all rows.
pub fn pairs(records: &Records<'_>) -> Pairs {
    let account_of: BTreeMap<&CardId, &AccountId> =
        records.cards.iter().filter_map(|card| Some((&card.id, card.account.as_ref()?))).collect();
    let half = |row| half(row, &account_of);
    let halves: Vec<Half<'_>> = records.rows.iter().filter(|row| has_half(row)).filter_map(half).collect();
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
