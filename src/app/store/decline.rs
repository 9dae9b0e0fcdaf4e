//! What is known around a declined payment: what its card had then, whether it was paid later, what is missing now.
//!
//! ```text
//!   balance as it was read ── less what came in since, plus what went out since ──▶ ≈ what the card had then
//! ```
//!
//! The balance is only worked out where every row since is here and says what it did; else the reason why not is given
//! ([`had_then`]). Looks at a bounded number of rows. Does not know how they are drawn.

use std::cmp::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::app::msg::Topic;
use crate::app::store::{List, Scope, Store, TxRow};
use crate::domain::card::Card;
use crate::domain::decline::{self, Cause};
use crate::domain::field::Field;
use crate::domain::money::{Currency, Money};
use crate::domain::transaction::{Feed, Transaction, TransactionKind, TransactionStatus};

/// Most rows of a card on each side of the declined one that are looked at.
const MOST: usize = 2_000;
/// Rows that are older than this before the decline hold no money of the card any more.
const HELD: TimeDelta = TimeDelta::days(45);

/// What a card had when a payment was declined. Inferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Had {
    pub amount: Money,
    /// Rows since that it was worked out of.
    pub rows: usize,
    /// Fees that these rows name were counted as taken from the card.
    pub fees: bool,
}

/// Whether a declined payment was made up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// By this row. Inferred.
    Paid(TxRow),
    /// All rows since are here, and none of them is one.
    NotPaid,
    /// None is here, and not all rows since are.
    NotSeen,
    /// Without a merchant or an amount nothing can be told.
    NotTold,
}

fn list_of<'a>(store: &'a Store, row: &Transaction) -> Option<List<'a>> {
    row.card.as_ref().map(|card| store.transactions.newest(&Scope::Card(card.clone())))
}

/// Whether all rows of the card since a moment are here, as far as can be told.
pub fn knows_since(store: &Store, row: &Transaction, since: DateTime<Utc>) -> bool {
    let of_card = row.card.as_ref().is_some_and(|card| store.status(&Topic::CardTransactions(card.clone())).complete);
    of_card || store.reach(Feed::Cards).covers(Some(since))
}

/// Whether a row of the card made up for the declined one.
pub fn paid_later(store: &Store, declined: TxRow) -> Later {
    let row = store.transactions.get(declined);
    let (Some(list), Field::Known(at)) = (list_of(store, row), row.created_at) else { return Later::NotTold };
    if row.merchant.is_none() || row.amount.known().is_none() {
        return Later::NotTold;
    }
    let Some(stands) = list.position(declined) else { return Later::NotTold };
    let newer = (0..stands).rev().take(MOST).filter_map(|at| list.get(at));
    match newer.into_iter().find(|other| decline::makes_up(store.transactions.get(*other), row)) {
        Some(later) => Later::Paid(later),
        None if stands <= MOST && knows_since(store, row, at) => Later::NotPaid,
        None => Later::NotSeen,
    }
}

/// What the card had when the payment was declined; the error says why that cannot be told, in words that follow
/// "not known:".
pub fn had_then(store: &Store, declined: TxRow) -> Result<Had, &'static str> {
    let row = store.transactions.get(declined);
    let card = row.card.as_ref().and_then(|id| store.card(id)).ok_or("the card was not read")?;
    let at = *row.created_at.known().ok_or("the time of the decline is not known")?;
    let now = *card.spendable().known().ok_or("the balance of the card is not known")?;
    let detail = card.account.as_ref().and_then(|id| store.details.get(id)).and_then(|detail| detail.value.as_ref());
    if detail.is_some_and(|detail| detail.cards_hold_balance == Some(false)) {
        return Err("the cards of this account share its balance");
    }
    let list = list_of(store, row).ok_or("the card was not read")?;
    let stands = list.position(declined).ok_or("the decline is in no list")?;
    if !knows_since(store, row, at) {
        return Err("not all rows since are loaded");
    }
    if stands > MOST {
        return Err("there are too many rows since");
    }
    if list.iter().next_back().is_some_and(|last| store.transactions.get(last).created_at.known().is_none()) {
        return Err("a row of this card has no readable time");
    }
    let newer = || (0..stands).filter_map(|at| list.get(at)).map(|row| store.transactions.get(row));
    if !is_read_since(store, card, newer().chain([row])) {
        return Err("the balance was read before the newest row");
    }
    let mut had = Had { amount: now, rows: 0, fees: false };
    for row in newer() {
        let (change, fee) = effect(row, now.currency()).ok_or("a row since does not say what it did to the balance")?;
        had.rows += 1;
        had.fees |= fee;
        let back = Money::new(-change, now.currency());
        had.amount = had.amount.checked_add(&back).ok_or("the sum is too large")?;
    }
    let older =
        (stands + 1..list.len()).take(MOST).filter_map(|at| list.get(at)).map(|row| store.transactions.get(row));
    let near = older.take_while(|row| row.created_at.known().is_some_and(|then| at - *then <= HELD));
    if near.into_iter().any(|row| moved_since(row, at)) {
        return Err("a row from before it was changed since");
    }
    if had.amount.is_negative() {
        return Err("balance and rows do not agree");
    }
    Ok(had)
}

/// Whether the card's balance was read after these rows came to be what they are.
fn is_read_since<'a>(store: &Store, card: &Card, rows: impl Iterator<Item = &'a Transaction>) -> bool {
    let account = card.account.as_ref();
    let topics = account.map(|account| [Topic::Cards(account.clone()), Topic::Card(account.clone(), card.id.clone())]);
    let read = topics.into_iter().flatten().filter_map(|topic| store.status(&topic).at).map(|at| at.wall).max();
    let ahead = TimeDelta::seconds(store.link.skew.unwrap_or(0).clamp(-86_400, 86_400));
    let last = rows.flat_map(|row| [row.created_at, row.updated_at]).filter_map(|at| at.known().copied()).max();
    read.zip(last).is_some_and(|(read, last)| read + ahead >= last)
}

/// What a row did to what can be spent, and whether a fee is in it; `None` where that is not known.
fn effect(row: &Transaction, currency: Currency) -> Option<(Decimal, bool)> {
    if matches!(row.status, TransactionStatus::Declined | TransactionStatus::Canceled) {
        return Some((Decimal::ZERO, false));
    }
    let costs = row.costs.as_deref();
    let named = [Some(row.amount), costs.map(|costs| costs.settlement)];
    let mut named = named.into_iter().flatten().filter_map(|amount| amount.known().copied());
    let amount = named.find(|amount| amount.currency() == currency)?.amount().abs();
    let done = row.status == TransactionStatus::Completed;
    match &row.kind {
        TransactionKind::Purchase if decline::stands(row) => {
            let fee = match costs.map_or(Field::Absent, |costs| costs.fee) {
                Field::Known(fee) if fee.is_zero() => Decimal::ZERO,
                Field::Known(fee) if fee.currency() == currency => fee.amount().abs(),
                Field::Absent => Decimal::ZERO,
                Field::Known(_) | Field::Unreadable => return None,
            };
            Some((-amount.checked_add(fee)?, !fee.is_zero()))
        }
        TransactionKind::Refund | TransactionKind::TopUp if done => Some((amount, false)),
        TransactionKind::Withdrawal | TransactionKind::Fee if done => Some((-amount, false)),
        _ => None,
    }
}

/// Whether a row from before a moment may have changed after it what can be spent.
fn moved_since(row: &Transaction, at: DateTime<Utc>) -> bool {
    let touched = row.updated_at.known().is_none_or(|updated| *updated > at);
    match (&row.kind, &row.status) {
        (_, TransactionStatus::Declined) => false,
        // What was held is held or paid: the same to what can be spent.
        (TransactionKind::Purchase, _) if decline::stands(row) => false,
        (_, TransactionStatus::Completed) => row.updated_at.known().is_some_and(|updated| *updated > at),
        _ => touched,
    }
}

/// What is asked for and the card does not have now: what to top up so that the payment goes through. Of declines for
/// want of money alone; `None` too when the card has enough by now.
pub fn short_now(store: &Store, row: &Transaction) -> Option<Money> {
    if row.status != TransactionStatus::Declined || decline::cause(row) != Some(Cause::Money) {
        return None;
    }
    let card = row.card.as_ref().and_then(|id| store.card(id))?;
    let asked = asked(row)?;
    let has = *card.spendable().known()?;
    let short = asked.checked_sub(&has)?;
    (asked.compare(&has) == Some(Ordering::Greater)).then_some(short)
}

/// What was asked for in all: the amount and the fee that the row names.
pub fn asked(row: &Transaction) -> Option<Money> {
    let amount = row.amount.known()?.abs();
    match row.costs.as_ref().map_or(Field::Absent, |costs| costs.fee) {
        Field::Known(fee) if fee.currency() == amount.currency() => amount.checked_add(&fee.abs()),
        _ => Some(amount),
    }
}

#[cfg(test)]
mod tests;
