//! Webhook configuration and the log of deliveries. API sheet section 6.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, Utc};

use super::field::Field;
use super::ids::{AccountId, CardId, EventId, RecordId, TransactionId};
use super::open_enum::open_words;
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
    pub record: Option<RecordId>,
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

/// The changes that were told already, as many as are worth remembering.
#[derive(Debug, Default)]
pub struct Heard {
    marks: HashSet<Mark>,
    in_order: VecDeque<Mark>,
}

impl Heard {
    /// Changes that are remembered.
    const MOST: usize = 10_000;

    /// Whether this was not told before; it is from now on.
    pub fn is_news(&mut self, subject: &Subject) -> bool {
        let Some(mark) = subject.mark() else { return true };
        if !self.marks.insert(mark.clone()) {
            return false;
        }
        self.in_order.push_back(mark);
        if self.in_order.len() > Heard::MOST
            && let Some(old) = self.in_order.pop_front()
        {
            self.marks.remove(&old);
        }
        true
    }
}

/// Longest address of a webhook.
pub const LONGEST_URL: usize = 2_083;

/// Whether deliveries can go to this address: https, or http on this machine where that is allowed. The error
/// follows the address in a sentence.
pub fn check_url(text: &str, http_here: bool) -> Result<(), &'static str> {
    const SHAPE: &str = "is no address for example https://hooks.example.org/4pay";
    if text.len() > LONGEST_URL {
        return Err("is longer than 2,083 characters");
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) || text.contains('\\') {
        return Err("has spaces or signs that no address has");
    }
    let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return Err("must begin with https://"),
    };
    let place = rest.split(['/', '?', '#']).next().unwrap_or("");
    if place.contains('@') {
        return Err("must not carry a user name or password");
    }
    if rest.contains('#') {
        return Err("must end before any #");
    }
    let (host, port) = match place.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some(("::1", port)) => ("::1", port.strip_prefix(':')),
            Some((host, port)) if host.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.') => {
                (host, port.strip_prefix(':'))
            }
            _ => return Err(SHAPE),
        },
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let named = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'));
    if host.is_empty() || !named || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(SHAPE);
    }
    match (secure, http_here && is_here(host)) {
        (true, _) | (false, true) => Ok(()),
        (false, false) if http_here => Err("must begin with https://; http is for this machine alone"),
        (false, false) => Err("must begin with https://"),
    }
}

/// Whether a host, as it was written, is this machine.
fn is_here(host: &str) -> bool {
    let parts: Vec<&str> = host.split('.').collect();
    let byte = |part: &&str| part.parse::<u8>().is_ok_and(|byte| byte.to_string() == **part);
    matches!(host, "localhost" | "::1") || (parts.len() == 4 && parts.iter().all(byte) && parts[0] == "127")
}

/// One change of one record. Deliveries carry no id of their own (API sheet section 6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    record: RecordId,
    status: Option<SafeText>,
    updated_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s6_deliveries_go_over_https_or_stay_on_this_machine() {
        for good in ["https://hooks.example.org/4pay", "https://x.example:8443/a?b=c", "https://[2001:db8::1]/"] {
            assert_eq!(check_url(good, false), Ok(()), "{good}");
        }
        for here in ["http://127.0.0.1:9000/hook", "http://localhost/", "http://[::1]:9/x", "http://127.8.8.8"] {
            assert_eq!(check_url(here, true), Ok(()), "{here}");
            assert!(check_url(here, false).is_err(), "{here}");
        }
        for bad in [
            "",
            "hooks.example.org",
            "ftp://x/",
            "http://hooks.example.org/",
            "http://127.0.0.1.example.org/",
            "http://0127.0.0.1/",
            "http://127.1/",
            "https://user:pw@x.example/",
            "https://x example/",
            "https:///x",
            "https://x.example/#a",
            "https://x:99999/",
            "http://[::2]/",
            "https://x\\@127.0.0.1/",
            "https://é.example/",
            "http://127.0.0.1@evil.example/",
        ] {
            assert!(check_url(bad, true).is_err(), "{bad}");
        }
    }
}
