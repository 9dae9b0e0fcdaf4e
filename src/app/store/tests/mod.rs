//! What the store promises, and the small records its tests are written with.

mod insight;
pub(crate) mod properties;
mod replies;
mod search;

use crate::domain::money::{Currency, Money};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::*;
use crate::domain::account::{AccountStatus, Fees};
use crate::domain::card::{CardStatus, Expiry, LastFour, Limit, LimitKind, MaskedNumber};
use crate::domain::field::Field;
use crate::domain::transaction::{Costs, More, TransactionKind, TransactionStatus};

fn wall(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_000_000 + second, 0).unwrap()
}

pub(crate) fn now(second: u64) -> Now {
    Now { wall: wall(second as i64), up: Duration::from_secs(second) }
}

fn usd(text: &str) -> Field<Money> {
    Field::Known(Money::parse(text, Currency::USD).unwrap())
}

pub(crate) fn account_id(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

pub(crate) fn card_id(text: &str) -> CardId {
    CardId::parse(text).unwrap()
}

pub(crate) fn account(id: &str, available: Field<Money>) -> Account {
    Account {
        id: account_id(id),
        name: SafeText::name(id),
        currency: Some(Currency::USD),
        balance: available,
        held: Field::Absent,
        available,
        status: AccountStatus::Active,
        cards: Some(3),
        card_kinds: Vec::new(),
        transfer_allowed: None,
        created_at: Field::Absent,
        updated_at: Field::Absent,
    }
}

/// A card as a short list says it.
pub(crate) fn card(id: &str) -> Card {
    Card {
        id: card_id(id),
        account: None,
        holder_id: None,
        holder: None,
        holder_email: None,
        name: Some(SafeText::name("Ads")),
        status: CardStatus::Active,
        kind: None,
        network: None,
        number: MaskedNumber { bin: None, last_four: LastFour::parse("4242") },
        balance: Field::Absent,
        available: usd("25.00"),
        spent: Field::Absent,
        expiry: Field::Absent,
        limits: Field::Absent,
        wallets: Vec::new(),
        created_at: Field::Absent,
        updated_at: Field::Absent,
    }
}

/// The same card as its details say it.
fn detail_of(card: &Card) -> Card {
    let limit = Limit { kind: LimitKind::Daily, value: usd("100.00"), spent: usd("10.00") };
    Card {
        holder_id: HolderId::parse("emp-7"),
        balance: usd("25.00"),
        spent: usd("10.00"),
        expiry: Field::Known(Expiry::new(4, 2029).unwrap()),
        limits: Field::Known(vec![limit]),
        ..card.clone()
    }
}

pub(crate) fn transaction(id: &str, second: i64) -> Transaction {
    Transaction {
        id: TransactionId::parse(id).unwrap(),
        feed: Feed::Cards,
        account: Some(account_id("a0")),
        card: Some(card_id("c0")),
        amount: usd("9.99"),
        kind: TransactionKind::Purchase,
        status: TransactionStatus::Completed,
        merchant: Some(SafeText::name("Shop")),
        category: None,
        created_at: Field::Known(wall(second)),
        updated_at: Field::Absent,
        merchant_country: None,
        costs: None,
        more: None,
    }
}

fn failure() -> Failure {
    Failure { kind: FailureKind::TimedOut, ..misfit() }
}

fn page<T>(items: Vec<T>, last: bool) -> Batch<T> {
    Batch { items, skipped: 0, last, short: None }
}

fn accounts(store: &mut Store, asked: u64, items: Vec<Account>, last: bool) -> Changes {
    store.replied(now(asked), Topic::Accounts, asked, Ok(Answer::Accounts(page(items, last))))
}

fn say_card(store: &mut Store, asked: u64, card: Card) -> Changes {
    let topic = Topic::Card(account_id("a0"), card.id.clone());
    store.replied(now(asked), topic, asked, Ok(Answer::Card(Box::new(card))))
}

pub(crate) fn list_cards(store: &mut Store, asked: u64, items: Vec<Card>) -> Changes {
    store.replied(now(asked), Topic::Cards(account_id("a0")), asked, Ok(Answer::Cards(page(items, true))))
}

pub(crate) fn rows(store: &mut Store, topic: Topic, asked: u64, items: Vec<Transaction>) -> Changes {
    store.replied(now(asked), topic, asked, Ok(Answer::Transactions(page(items, false))))
}

fn ids(store: &Store, scope: &Scope) -> Vec<String> {
    store.transactions.newest(scope).iter().map(|row| store.transactions.get(row).id.to_string()).collect()
}
