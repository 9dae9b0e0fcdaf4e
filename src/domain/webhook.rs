//! Webhook configuration and the log of deliveries. API sheet section 6.

use chrono::{DateTime, Utc};

use super::field::Field;
use super::ids::{AccountId, CardId, EventId, TransactionId};
use super::open::open_words;
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
    pub kind: EventKind,
    pub delivery: DeliveryStatus,
    pub attempts: Option<u64>,
    pub response_code: Option<u16>,
    pub error: Option<SafeText>,
    pub created_at: Field<DateTime<Utc>>,
    pub subject: Subject,
}

/// The ids a payload names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    pub account: Option<AccountId>,
    pub card: Option<CardId>,
    pub transaction: Option<TransactionId>,
}
