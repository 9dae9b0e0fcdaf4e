//! Which other rows belong to a transaction, and how that is known.
//!
//! ```text
//!   the API names it: a parent, an id in a field, the ids of its answer to an act ─┐
//!   the same reference of ours in both descriptions                                ├─▶ certain
//!   the same authorization code or reference number on the same card               ─┘
//!   nothing of that: the other feed, the same amount, the other way, at most two minutes apart ─▶ inferred
//! ```
//!
//! Looks at a bounded number of rows around it. Does not know how they are drawn.

use chrono::TimeDelta;

use crate::app::msg::Past;
use crate::app::store::{Scope, Store, TxRow};
use crate::domain::ids::TransactionId;
use crate::domain::intent::Reference;
use crate::domain::intent::lifecycle::Step;
use crate::domain::transaction::{Direction, Transaction, TransactionStatus};

/// Most rows of a card that are looked at for the same authorization.
const OF_CARD: usize = 5_000;
/// Most rows on each side of a row that are looked at for the other side.
const AROUND: usize = 1_000;
/// How far apart the sides of one movement may be dated.
const APART: TimeDelta = TimeDelta::minutes(2);
/// Most related rows.
const MOST: usize = 12;

/// How a row belongs to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is what the row belongs to.
    Parent,
    /// It belongs to the row.
    Child,
    /// Both belong to one other row, or carry one authorization.
    SameAuthorization,
    /// Where the money came from or went to.
    OtherSide,
    /// The same, guessed by amount and time; so many rows would fit.
    Perhaps { of: usize },
}

/// The rows that belong to one, each once.
pub fn rows(store: &Store, past: &[Past], row: TxRow) -> Vec<(TxRow, How)> {
    let one = store.transactions.get(row);
    let mut found: Vec<(TxRow, How)> = Vec::new();
    let mut add = |other: TxRow, how: How| {
        if other != row && found.len() < MOST && found.iter().all(|(known, _)| *known != other) {
            found.push((other, how));
        }
    };
    let parent = one.more.as_ref().and_then(|more| more.parent.as_ref());
    parent.and_then(|id| store.transactions.row(id)).into_iter().for_each(|other| add(other, How::Parent));
    for other in on_card(store, one) {
        if let Some(how) = same_card(one, store.transactions.get(other)) {
            add(other, how);
        }
    }
    named(store, past, one).into_iter().for_each(|other| add(other, How::OtherSide));
    if found.iter().any(|(_, how)| *how == How::OtherSide) || !one.is_half() {
        return found;
    }
    let near = around(store, row);
    let mine: Vec<Reference> = references(one).collect();
    let referenced: Vec<TxRow> = near
        .iter()
        .copied()
        .filter(|other| references(store.transactions.get(*other)).any(|reference| mine.contains(&reference)))
        .collect();
    if !referenced.is_empty() {
        found.extend(referenced.into_iter().take(MOST).map(|other| (other, How::OtherSide)));
        return found;
    }
    let fits: Vec<TxRow> =
        near.into_iter().filter(|other| is_other_side(one, store.transactions.get(*other))).collect();
    let of = fits.len();
    found.extend(fits.into_iter().take(3).map(|other| (other, How::Perhaps { of })));
    found
}

fn on_card<'a>(store: &'a Store, one: &Transaction) -> impl Iterator<Item = TxRow> + 'a {
    let list = one.card.as_ref().map(|card| store.transactions.newest(&Scope::Card(card.clone())));
    list.into_iter().flat_map(|list| list.iter().take(OF_CARD))
}

/// How another row of the same card belongs to this one.
fn same_card(one: &Transaction, other: &Transaction) -> Option<How> {
    let theirs = other.more.as_ref()?;
    if theirs.parent.as_ref() == Some(&one.id) {
        return Some(How::Child);
    }
    let mine = one.more.as_ref()?;
    let same = (theirs.parent.is_some() && theirs.parent == mine.parent)
        || (theirs.authorization_code.is_some() && theirs.authorization_code == mine.authorization_code)
        || (theirs.rrn.is_some() && theirs.rrn == mine.rrn);
    same.then_some(How::SameAuthorization)
}

/// Rows whose ids the API has given together with this one: in a field of its details, or in its answer to an act.
fn named(store: &Store, past: &[Past], one: &Transaction) -> Vec<TxRow> {
    let said = store.said_of(&one.id).iter().filter_map(|(_, value)| TransactionId::parse(value.as_str()));
    let receipts = past.iter().rev().flat_map(|past| &past.steps).filter_map(|(_, step)| match step {
        Step::Accepted(receipt) => Some(&receipt.transactions),
        step => step.evidence().map(|seen| &seen.transactions),
    });
    let together = receipts.filter(|ids| ids.contains(&one.id)).flatten().cloned();
    let related = one.more.as_ref().and_then(|more| more.related.clone());
    related.into_iter().chain(said).chain(together).filter_map(|id| store.transactions.row(&id)).collect()
}

fn references(row: &Transaction) -> impl Iterator<Item = Reference> {
    Reference::all_in(row.description().map_or("", |text| text.as_str()))
}

/// The rows that stand near it in time, whatever they are of.
fn around(store: &Store, row: TxRow) -> Vec<TxRow> {
    let list = store.transactions.newest(&Scope::All);
    let (Some(at), Some(when)) = (list.position(row), store.transactions.get(row).created_at.known()) else {
        return Vec::new();
    };
    let near = |other: &TxRow| {
        let created = store.transactions.get(*other).created_at.known();
        created.is_some_and(|created| (*created - *when).abs() <= APART)
    };
    let newer = (0..at).rev().take(AROUND).filter_map(|at| list.get(at)).take_while(near);
    let older = (at + 1..list.len()).take(AROUND).filter_map(|at| list.get(at)).take_while(near);
    newer.chain(older).collect()
}

fn is_other_side(one: &Transaction, other: &Transaction) -> bool {
    let stands = |row: &Transaction| {
        !matches!(row.status, TransactionStatus::Declined | TransactionStatus::Canceled) && row.is_half()
    };
    let amounts = one.amount.known().zip(other.amount.known());
    let ways = one.direction().zip(other.direction());
    let crossed = ways.is_none_or(|(mine, theirs): (Direction, Direction)| mine != theirs);
    // Between two feeds it is a card and its account; within one, two accounts.
    let place = match one.feed == other.feed {
        false => one.account.is_none() || other.account.is_none() || one.account == other.account,
        true => one.card.is_none() && other.card.is_none() && one.account != other.account,
    };
    stands(one)
        && stands(other)
        && place
        && crossed
        && amounts.is_some_and(|(mine, theirs)| mine.abs().compare(&theirs.abs()) == Some(std::cmp::Ordering::Equal))
}
