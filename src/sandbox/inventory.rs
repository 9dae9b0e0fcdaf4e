//! What the server holds, for tests that compare it with what a client believes.

use rust_decimal::Decimal;

use super::ledger::{Ledger, Purse};
use super::shapes;

/// An account or a card with its money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAccount {
    pub id: String,
    pub name: String,
    pub currency: String,
    pub balance: Decimal,
    pub available: Decimal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldCard {
    pub id: String,
    pub account: String,
    pub owner_id: String,
    pub name: String,
    /// The last four digits of its number.
    pub last_four: String,
    pub status: String,
    pub balance: Decimal,
    pub available: Decimal,
    /// By their names, such as `daily_limit`.
    pub limits: Vec<(String, Decimal)>,
    /// Milliseconds since 1970.
    pub created: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldHolder {
    pub owner_id: String,
    pub name: String,
    pub email: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldTransaction {
    pub id: String,
    pub account: String,
    /// The card, in the card feed.
    pub card: Option<String>,
    pub amount: Decimal,
    pub status: String,
    /// Milliseconds since 1970, before any quirk.
    pub created: i64,
}

/// Everything there is, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    pub accounts: Vec<HeldAccount>,
    pub cards: Vec<HeldCard>,
    pub holders: Vec<HeldHolder>,
    pub card_transactions: Vec<HeldTransaction>,
    pub account_transactions: Vec<HeldTransaction>,
}

pub(super) fn take(ledger: &Ledger) -> Inventory {
    let both = |purse: &Purse| (purse.total, purse.available());
    let account = |at: u32| ledger.account_id(at).to_string();
    let accounts = (0u32..).zip(&ledger.accounts).map(|(at, held)| {
        let (balance, available) = both(&held.purse);
        let currency = held.currency.as_str().to_owned();
        HeldAccount { id: account(at), name: held.name.clone(), currency, balance, available }
    });
    let cards = (0u32..).zip(&ledger.cards).map(|(at, held)| {
        let (balance, available) = both(&held.purse);
        HeldCard {
            id: ledger.card_id(at).to_string(),
            account: account(held.account),
            owner_id: ledger.holders[held.holder as usize].owner_id.clone(),
            name: held.name.to_string(),
            last_four: shapes::number(ledger, at)[12..].to_owned(),
            status: held.status.word().to_owned(),
            balance,
            available,
            limits: held.limits.iter().map(|limit| (limit.span.word().to_owned(), limit.value)).collect(),
            created: held.created,
        }
    });
    let holders = ledger.holders.iter().map(|held| HeldHolder {
        owner_id: held.owner_id.clone(),
        name: format!("{} {}", held.first, held.last),
        email: held.email.clone(),
    });
    let card_transactions = (0u32..).zip(&ledger.card_txs).map(|(at, held)| HeldTransaction {
        id: ledger.card_tx_id(at).to_string(),
        account: account(ledger.cards[held.card as usize].account),
        card: Some(ledger.card_id(held.card).to_string()),
        amount: held.amount,
        status: held.status.word().to_owned(),
        created: held.created,
    });
    let account_transactions = (0u32..).zip(&ledger.account_txs).map(|(at, held)| HeldTransaction {
        id: ledger.account_tx_id(at).to_string(),
        account: account(held.account),
        card: None,
        amount: held.amount,
        status: held.status.word().to_owned(),
        created: held.created,
    });
    Inventory {
        accounts: accounts.collect(),
        cards: cards.collect(),
        holders: holders.collect(),
        card_transactions: card_transactions.collect(),
        account_transactions: account_transactions.collect(),
    }
}
