//! Two accounts of the same record become one.
//!
//! Lists say less than details, and replies overtake each other. So: which of the two is newer is decided
//! first; then the newer one's words stand, and what it does not say is taken from the older one. A field
//! that is there but cannot be read counts as said.
//!
//! Money of a card is an exception: balance, available and spent belong together. When the newer record
//! says one of them and it differs, those it does not say are not known any more, and a limit's spent part
//! neither. An old balance beside a new available amount would be a guess.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use crate::domain::card::{Card, CardStatus, MaskedNumber};
use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::domain::transaction::{Costs, Feed, More, Transaction, TransactionKind, TransactionStatus};

/// When a record was changed, and which request told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Age {
    pub updated_at: Field<DateTime<Utc>>,
    pub asked: u64,
}

impl Age {
    /// Whether a record of this age is at least as new as the other. The API's own time decides where both
    /// have one and they differ; else the later request, because it read later.
    pub fn is_no_older_than(&self, other: &Age) -> bool {
        let by_time = self.updated_at.known().zip(other.updated_at.known()).map(|(mine, theirs)| mine.cmp(theirs));
        match by_time {
            Some(Ordering::Greater) => true,
            Some(Ordering::Less) => false,
            Some(Ordering::Equal) | None => self.asked >= other.asked,
        }
    }
}

/// A moment that never changes: once it was read, no record can take it away.
fn lasting<T>(newer: Field<T>, older: Field<T>) -> Field<T> {
    match (newer, older) {
        (Field::Known(value), _) => Field::Known(value),
        (_, Field::Known(value)) => Field::Known(value),
        (newer, older) => newer.or(older),
    }
}

pub(super) fn transaction(newer: Transaction, older: Transaction) -> Transaction {
    // A settlement that stands in for the amount is less than an amount that was read.
    let keeps = newer.amount_is_settlement() && !older.amount_is_settlement() && older.amount.known().is_some();
    let stands_in = if keeps || (newer.amount != Field::Absent && !newer.amount_is_settlement()) {
        false
    } else {
        newer.amount_is_settlement() || older.amount_is_settlement()
    };
    let amount = if keeps { older.amount } else { newer.amount.or(older.amount) };
    let mut costs = both(newer.costs, older.costs, |newer, older| Costs {
        fee: newer.fee.or(older.fee),
        settlement: newer.settlement.or(older.settlement),
        stands_in,
    });
    if let Some(costs) = &mut costs {
        costs.stands_in = stands_in;
    }
    Transaction {
        id: newer.id,
        // A record that both feeds list is shown once, and asked for where there is more to know.
        feed: if newer.feed == older.feed { newer.feed } else { Feed::Cards },
        account: newer.account.or(older.account),
        card: newer.card.or(older.card),
        amount,
        kind: if says_kind(&newer.kind) { newer.kind } else { older.kind },
        status: if says_status(&newer.status) { newer.status } else { older.status },
        merchant: newer.merchant.or(older.merchant),
        category: newer.category.or(older.category),
        created_at: lasting(newer.created_at, older.created_at),
        updated_at: newer.updated_at.or(older.updated_at),
        merchant_country: newer.merchant_country.or(older.merchant_country),
        costs,
        more: both(newer.more, older.more, more),
    }
}

fn says_kind(kind: &TransactionKind) -> bool {
    !matches!(kind, TransactionKind::Other(word) if word.is_empty())
}

fn says_status(status: &TransactionStatus) -> bool {
    !matches!(status, TransactionStatus::Other(word) if word.is_empty())
}

/// The parts of two rows that are kept apart, put together where both have them.
fn both<T>(newer: Option<Box<T>>, older: Option<Box<T>>, join: impl FnOnce(T, T) -> T) -> Option<Box<T>> {
    match (newer, older) {
        (Some(newer), Some(older)) => Some(Box::new(join(*newer, *older))),
        (newer, older) => newer.or(older),
    }
}

fn more(newer: More, older: More) -> More {
    More {
        decline_reason: newer.decline_reason.or(older.decline_reason),
        description: newer.description.or(older.description),
        parent: newer.parent.or(older.parent),
        related: newer.related.or(older.related),
        authorization_code: newer.authorization_code.or(older.authorization_code),
        rrn: newer.rrn.or(older.rrn),
    }
}

pub(super) fn card(newer: Card, older: Card) -> Card {
    let moved = money_moved(&newer, &older);
    let money = |newer: Field<Money>, older: Field<Money>| if moved { newer } else { newer.or(older) };
    let mut limits = newer.limits;
    if limits == Field::Absent {
        limits = older.limits;
        if let (true, Field::Known(limits)) = (moved, &mut limits) {
            for limit in limits {
                limit.spent = Field::Absent;
            }
        }
    }
    Card {
        id: newer.id,
        account: newer.account.or(older.account),
        holder_id: newer.holder_id.or(older.holder_id),
        holder: newer.holder.or(older.holder),
        holder_email: newer.holder_email.or(older.holder_email),
        name: newer.name.or(older.name),
        status: match newer.status {
            CardStatus::Other(word) if word.is_empty() => older.status,
            status => status,
        },
        kind: newer.kind.or(older.kind),
        network: newer.network.or(older.network),
        number: MaskedNumber {
            bin: newer.number.bin.or(older.number.bin),
            last_four: newer.number.last_four.or(older.number.last_four),
        },
        balance: money(newer.balance, older.balance),
        available: money(newer.available, older.available),
        spent: money(newer.spent, older.spent),
        expiry: newer.expiry.or(older.expiry),
        limits,
        wallets: if newer.wallets.is_empty() { older.wallets } else { newer.wallets },
        created_at: lasting(newer.created_at, older.created_at),
        updated_at: newer.updated_at.or(older.updated_at),
    }
}

/// Whether the newer record says an amount that differs from what the older one says.
fn money_moved(newer: &Card, older: &Card) -> bool {
    let differ = |newer: &Field<Money>, older: &Field<Money>| {
        *newer != Field::Absent && *older != Field::Absent && newer != older
    };
    differ(&newer.balance, &older.balance)
        || differ(&newer.available, &older.available)
        || differ(&newer.spent, &older.spent)
}
