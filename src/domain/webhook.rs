//! Webhook configuration and the log of deliveries. API sheet section 6.

use chrono::{DateTime, Utc};

use super::field::Field;
use super::ids::{AccountId, CardId, EventId, TransactionId};
use super::open::open_words;
use super::payload::Payload;
use super::text::SafeText;

open_words! {
    /// What an event is about.
    EventKind {
        CardTransaction = "card_transaction",
        AccountTransaction = "account_transaction",
        AccountTopUp = "account_topup",
        CardState = "card_state",
    }
}

open_words! {
    /// Whether a delivery reached its receiver.
    DeliveryStatus { Delivered = "delivered", Failed = "failed", Pending = "pending" }
}

/// Where and what the platform delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookConfig {
    pub url: SafeText,
    pub secret_set: Option<bool>,
    /// `None` means all kinds.
    pub kinds: Option<Vec<EventKind>>,
    pub active: Option<bool>,
}

/// One entry of the event log, with what its payload says about which record changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: EventId,
    /// What the log calls it.
    pub kind: EventKind,
    pub delivery: DeliveryStatus,
    pub attempts: Option<u64>,
    pub response_code: Option<u16>,
    pub error: Option<SafeText>,
    pub created_at: Field<DateTime<Utc>>,
    pub subject: Subject,
}

impl Event {
    /// What it is about: the log's word where it is one that is known, else what the keys of the payload say.
    pub fn about(&self) -> &EventKind {
        match (&self.kind, &self.subject.kind) {
            (EventKind::Other(_), Some(by_keys)) => by_keys,
            (said, _) => said,
        }
    }
}

/// An entry of the event log with its payload to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    pub event: Event,
    pub payload: Payload,
}

/// How a payload is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Flat, as the documents show it.
    #[default]
    Documented,
    /// `{account, card}` or `transactionDetails`, as the provider behind the platform sends it.
    Nested,
}

/// What a payload says it is about. It names no kind of event, so the kind is told by its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// What its keys say; `None` when they fit none of the kinds.
    pub kind: Option<EventKind>,
    pub shape: Shape,
    pub account: Option<AccountId>,
    pub card: Option<CardId>,
    pub transaction: Option<TransactionId>,
    /// The id of the record itself, whatever it is of.
    pub record: Option<SafeText>,
    pub status: Option<SafeText>,
    pub updated_at: Field<DateTime<Utc>>,
}

impl Subject {
    /// What tells a change of a record from the same change told again. `None` when the payload says too little:
    /// then nothing may be taken for a repetition.
    pub fn mark(&self) -> Option<Mark> {
        let updated_at = *self.updated_at.known()?;
        Some(Mark { record: self.record.clone()?, status: self.status.clone(), updated_at })
    }
}

/// One change of one record. Deliveries carry no id of their own (API sheet section 6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    record: SafeText,
    status: Option<SafeText>,
    updated_at: DateTime<Utc>,
}
