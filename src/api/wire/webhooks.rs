//! Webhook configuration and the event log, both in snake case. API sheet section 6.

use zeroize::Zeroizing;

use super::record::record;
use super::{Decode, RawField};
use crate::domain::ids::{AccountId, CardId, EventId, RecordId, TransactionId};
use crate::domain::payload::{Care, Payload, care as care_of, is_uuid, last_four};
use crate::domain::text::SafeText;
use crate::domain::webhook::{DeliveryStatus, Event, EventKind, Logged, Shape, Subject, WebhookConfig};

/// Values of a payload that are kept to look at.
const MOST_VALUES: usize = 1_000;
/// How deep they may lie.
const DEEPEST: usize = 24;

record! {
    ConfigRecord {
        url = "url", secret = "secret_set" | "secretSet", kinds = "event_types" | "eventTypes",
        active = "is_active" | "isActive", data = "data",
    }
}

/// The configuration; it has no id, its URL stands for one.
pub(crate) struct ConfigWhole;

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
    /// The keys that tell what a payload is about; of a transaction, a card or a top-up.
    PayloadRecord {
        id = "id", card_id = "cardUuid" | "cardId", account_id = "accountUuid" | "accountId",
        account = "account", card = "card", data = "data", details = "transactionDetails",
        kind = "type", owner = "cardOwnerId" | "cardOwner", last_four = "lastFour" | "maskedNumber",
        card_kind = "cardType", status = "status" | "cardStatus", updated = "updatedAt" | "updated_at",
        currency = "currency", address = "paymentAddress", hash = "txHash",
    }
}

record! {
    Ref { id = "id" | "cardId" | "cardUuid" | "accountId" | "accountUuid" }
}

/// An entry of the log.
pub(crate) struct EventRow;

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

/// An entry of the log with its payload as a tree: safe, bounded, secrets masked.
pub(crate) struct EventWithPayload;

impl Decode for EventWithPayload {
    type Record<'a> = EventRecord<'a>;
    type Out = Logged;
    fn build<'a>(&self, record: EventRecord<'a>) -> Option<Logged> {
        let payload = payload(record.payload);
        EventRow.build(record).map(|event| Logged { event, payload })
    }
}

/// The id of an entry and its payload exactly as it stands in the log, to be sent again.
pub(crate) struct EventRaw;

impl Decode for EventRaw {
    type Record<'a> = EventRecord<'a>;
    type Out = (EventId, Zeroizing<String>);
    fn build<'a>(&self, record: EventRecord<'a>) -> Option<(EventId, Zeroizing<String>)> {
        Some((record.id.id(EventId::parse)?, Zeroizing::new(record.payload.raw().unwrap_or("null").to_owned())))
    }
}

/// A delivery: the payload alone, without an envelope. `None` when it is no object.
pub(crate) fn delivery(body: &str) -> Option<Subject> {
    RawField::new(body).is_object().then(|| subject(&EventKind::from_wire(""), RawField::new(body)))
}

/// A payload as a tree.
pub(crate) fn payload(slot: RawField<'_>) -> Payload {
    let mut left = MOST_VALUES;
    tree(slot, Care::Free, 0, &mut left)
}

fn tree(slot: RawField<'_>, care: Care, depth: usize, left: &mut usize) -> Payload {
    if *left == 0 || depth > DEEPEST {
        return Payload::Cut;
    }
    *left -= 1;
    if !slot.is_said() {
        return Payload::Null;
    }
    if care == Care::Nothing {
        return Payload::Hidden;
    }
    if let Some(entries) = slot.entries() {
        let field = |(name, value): (std::borrow::Cow<'_, str>, RawField<'_>)| {
            let care = care_of(&name);
            (SafeText::name(&name), tree(value, care, depth + 1, left))
        };
        return Payload::Object(entries.into_iter().map(field).collect());
    }
    if let Some(values) = slot.list() {
        return Payload::List(values.into_iter().map(|value| tree(value, care, depth + 1, left)).collect());
    }
    let Some(text) = slot.text() else { return Payload::Cut };
    if let Some(id) = RecordId::parse(&text).filter(|_| is_uuid(&text)) {
        return Payload::Id(id);
    }
    let text = match care {
        Care::LastFour => SafeText::prose(&last_four(&text)),
        Care::Free | Care::Nothing => SafeText::prose(&text),
    };
    match text.as_str() {
        _ if slot.is_number() => Payload::Number(text),
        "true" if slot.raw() == Some("true") => Payload::Flag(true),
        "false" if slot.raw() == Some("false") => Payload::Flag(false),
        _ => Payload::Text(text),
    }
}

/// The one place that tells what a payload is about, for the log and for deliveries alike (API sheet section 6).
/// A word of the log that is known is believed; else the keys decide.
fn subject(said: &EventKind, payload: RawField<'_>) -> Subject {
    let Some(mut record) = payload.record::<PayloadRecord<'_>>() else { return Subject::default() };
    if let Some(inner) = record.data.record::<PayloadRecord<'_>>() {
        super::Record::fill(&mut record, inner);
    }
    let details = record.details.record::<PayloadRecord<'_>>();
    if let Some(inner) = details {
        super::Record::fill(&mut record, inner);
    }
    let card = record.card.record::<PayloadRecord<'_>>();
    let by_keys = kind_by_keys(&record, card.as_ref());
    let kind = match (said, &by_keys) {
        (EventKind::Other(_), Some(kind)) => kind,
        (said, _) => said,
    };
    let account_ref = record.account.record::<Ref<'_>>().unwrap_or_default().id;
    let card_ref = record.card.record::<Ref<'_>>().unwrap_or_default().id;
    let own = match (kind, card) {
        // A card that stands inside is the record; what stands around it is its account.
        (EventKind::CardState, Some(card)) => {
            record.status = card.status.or(record.status);
            record.updated = card.updated.or(record.updated);
            card_ref
        }
        (EventKind::CardState, None) => record.id.or(record.card_id),
        _ => record.id,
    };
    let is_transaction = matches!(kind, EventKind::CardTransaction | EventKind::AccountTransaction);
    let own_card = if *kind == EventKind::CardState { own } else { RawField::default() };
    let nested = details.is_some() || record.card.is_object() || record.account.is_object();
    Subject {
        shape: if nested { Shape::Nested } else { Shape::Documented },
        account: record.account_id.or(account_ref).id(AccountId::parse),
        card: record.card_id.or(card_ref).or(own_card).id(CardId::parse),
        transaction: if is_transaction { own.id(TransactionId::parse) } else { None },
        record: own.id(RecordId::parse),
        status: record.status.name(),
        updated_at: record.updated.time(),
        kind: by_keys,
    }
}

/// No delivery names its kind: `type` is a transaction's, what describes a card is a card's, and a currency of
/// no country, without a type, is a top-up's.
fn kind_by_keys(record: &PayloadRecord<'_>, card: Option<&PayloadRecord<'_>>) -> Option<EventKind> {
    if record.kind.is_said() {
        return Some(match record.card_id.is_said() || record.card.is_said() {
            true => EventKind::CardTransaction,
            false => EventKind::AccountTransaction,
        });
    }
    if card.is_some() || record.last_four.is_said() || record.card_kind.is_said() || record.owner.is_said() {
        return Some(EventKind::CardState);
    }
    let token = record.currency.text().is_some_and(|currency| currency.len() > 3);
    let transfer = record.address.is_said() || record.hash.is_said();
    (token || transfer).then_some(EventKind::AccountTopUp)
}
