//! Webhook configuration and the event log, both in snake case. API sheet section 6.

use super::record::record;
use super::{Decode, Slot};
use crate::domain::ids::{AccountId, CardId, EventId, TransactionId};
use crate::domain::text::SafeText;
use crate::domain::webhook::{DeliveryStatus, Event, EventKind, Subject, WebhookConfig};

/// As much of a payload as is kept to look at, in characters.
const PAYLOAD: usize = 16_000;

record! {
    ConfigRecord {
        url = "url", secret = "secret_set" | "secretSet", kinds = "event_types" | "eventTypes",
        active = "is_active" | "isActive", data = "data",
    }
}

/// The configuration; it has no id, its URL stands for one.
pub(in crate::api) struct ConfigWhole;

impl Decode for ConfigWhole {
    type Record<'a> = ConfigRecord<'a>;
    type Out = WebhookConfig;
    fn build<'a>(&self, record: ConfigRecord<'a>) -> Option<WebhookConfig> {
        let record = if record.url.is_said() { record } else { record.data.record()? };
        Some(WebhookConfig {
            url: record.url.prose()?,
            secret_set: record.secret.flag(),
            kinds: record.kinds.is_list().then(|| record.kinds.each(|kind| kind.word(EventKind::from_wire))),
            active: record.active.flag(),
        })
    }
}

record! {
    EventRecord {
        id = "id", kind = "event_type" | "eventType", delivery = "delivery_status" | "deliveryStatus",
        attempts = "delivery_attempts" | "deliveryAttempts",
        code = "delivery_response_code" | "deliveryResponseCode", error = "delivery_error" | "deliveryError",
        payload = "payload", created = "created_at" | "createdAt",
    }
}

record! {
    PayloadRecord {
        id = "id", card_id = "cardUuid" | "cardId", account_id = "accountUuid" | "accountId",
        account = "account", card = "card", data = "data", details = "transactionDetails",
        kind = "type", owner = "cardOwnerId", last_four = "lastFour", card_kind = "cardType",
    }
}

record! {
    Ref { id = "id" | "cardId" | "cardUuid" | "accountId" | "accountUuid" }
}

/// An entry of the log.
pub(in crate::api) struct EventRow;

impl Decode for EventRow {
    type Record<'a> = EventRecord<'a>;
    type Out = Event;
    fn build<'a>(&self, record: EventRecord<'a>) -> Option<Event> {
        let kind = record.kind.word_or_unknown(EventKind::from_wire);
        Some(Event {
            id: record.id.id(EventId::parse)?,
            delivery: record.delivery.word_or_unknown(DeliveryStatus::from_wire),
            attempts: record.attempts.count(),
            response_code: record.code.count().and_then(|code| u16::try_from(code).ok()),
            error: record.error.prose(),
            created_at: record.created.time(),
            subject: subject(&kind, record.payload),
            kind,
        })
    }
}

/// An entry of the log with its payload as text: safe, bounded, card numbers masked.
pub(in crate::api) struct EventWithPayload;

impl Decode for EventWithPayload {
    type Record<'a> = EventRecord<'a>;
    type Out = (Event, SafeText);
    fn build<'a>(&self, record: EventRecord<'a>) -> Option<(Event, SafeText)> {
        let payload = SafeText::new(record.payload.raw().unwrap_or("null"), PAYLOAD);
        EventRow.build(record).map(|event| (event, payload))
    }
}

fn subject(kind: &EventKind, payload: Slot<'_>) -> Subject {
    let Some(mut payload) = payload.record::<PayloadRecord<'_>>() else { return Subject::default() };
    if let Some(inner) = payload.data.record::<PayloadRecord<'_>>() {
        super::Record::fill(&mut payload, inner);
    }
    if let Some(inner) = payload.details.record::<PayloadRecord<'_>>() {
        super::Record::fill(&mut payload, inner);
    }
    let card_ref = payload.card.record::<Ref<'_>>().unwrap_or_default().id;
    let account_ref = payload.account.record::<Ref<'_>>().unwrap_or_default().id;
    let own_card = match kind {
        EventKind::CardState => payload.id,
        EventKind::Other(_) if !payload.kind.is_said() && looks_like_card(&payload) => payload.id,
        _ => Slot::default(),
    };
    let own_transaction = match kind {
        EventKind::CardTransaction | EventKind::AccountTransaction => payload.id,
        EventKind::Other(_) if payload.kind.is_said() => payload.id,
        _ => Slot::default(),
    };
    Subject {
        account: payload.account_id.or(account_ref).id(AccountId::parse),
        card: payload.card_id.or(card_ref).or(own_card).id(CardId::parse),
        transaction: own_transaction.id(TransactionId::parse),
    }
}

fn looks_like_card(payload: &PayloadRecord<'_>) -> bool {
    payload.last_four.is_said() || payload.card_kind.is_said() || payload.owner.is_said()
}
