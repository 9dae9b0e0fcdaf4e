//! Decoding alone, without a network: what the client does with the bytes of an answer. For benches and fuzzing.
//!
//! Each function answers a domain value, or a reason that quotes nothing of the bytes.

use super::wire;
use crate::domain::account::{Account, AccountDetail, Balances, Destination};
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::FieldError;
use crate::domain::ids::AccountId;
use crate::domain::payload::Payload;
use crate::domain::restrictions::Restrictions;
use crate::domain::secret::Sensitive;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction};
use crate::domain::webhook::{Event, Subject, WebhookConfig};

/// The rows of a list and how many could not be rows.
pub type Listed<T> = Result<(Vec<T>, usize), &'static str>;

fn rows<D: wire::Decode>(body: &[u8], decode: &D) -> Listed<D::Out> {
    wire::list(&wire::text(body), decode).map(|rows| (rows.items, rows.skipped))
}

pub fn accounts(body: &[u8]) -> Listed<Account> {
    rows(body, &wire::accounts::AccountRow)
}

pub fn account(body: &[u8]) -> Result<AccountDetail, &'static str> {
    wire::one(body, &wire::accounts::AccountWhole)
}

pub fn balances(body: &[u8]) -> Result<Balances, &'static str> {
    wire::one(body, &wire::accounts::BalanceWhole)
}

pub fn restrictions(body: &[u8]) -> Result<Restrictions, &'static str> {
    wire::accounts::restrictions(body)
}

pub fn destinations(body: &[u8]) -> Listed<Destination> {
    rows(body, &wire::accounts::DestinationRow)
}

pub fn cards(body: &[u8], account: Option<&AccountId>) -> Listed<Card> {
    rows(body, &wire::cards::CardRow { account })
}

pub fn card(body: &[u8], account: Option<&AccountId>) -> Result<Card, &'static str> {
    wire::one(body, &wire::cards::CardRow { account })
}

pub fn cardholders(body: &[u8]) -> Listed<Cardholder> {
    rows(body, &wire::cardholders::HolderRow)
}

pub fn transactions(body: &[u8], feed: Feed) -> Listed<Transaction> {
    rows(body, &wire::transactions::TransactionRow { feed: Some(feed) })
}

pub fn transaction(body: &[u8], feed: Feed) -> Result<Transaction, &'static str> {
    wire::one(body, &wire::transactions::TransactionRow { feed: Some(feed) })
}

/// The fields of a transaction's details that nobody knows.
pub fn transaction_others(body: &[u8]) -> Vec<(SafeText, SafeText)> {
    wire::transactions::others(body)
}

pub fn webhook_config(body: &[u8]) -> Result<WebhookConfig, &'static str> {
    wire::one(body, &wire::webhooks::ConfigWhole)
}

pub fn webhook_events(body: &[u8]) -> Listed<Event> {
    rows(body, &wire::webhooks::EventRow)
}

/// What a delivery is about; `None` when the body is no JSON object.
pub fn delivery(body: &[u8]) -> Option<Subject> {
    wire::webhooks::delivery(&wire::whole(body))
}

/// A payload as a tree to look at: bounded, safe, secrets masked.
pub fn payload(body: &[u8]) -> Payload {
    wire::webhooks::payload(wire::RawField::new(&wire::whole(body)))
}

pub fn sensitive(body: &[u8]) -> Result<Sensitive, &'static str> {
    wire::secrets::sensitive(body)
}

/// What an error body says, and of which fields.
pub fn error(body: &str) -> (SafeText, Vec<FieldError>) {
    let said = wire::errors::read(body, false);
    (said.detail, said.fields)
}
