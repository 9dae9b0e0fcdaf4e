//! What the log of deliveries leaves out: transactions that nothing announced, and deliveries that failed and never
//! came through later.
//!
//! Only as good as what was read of the log: what happened before its oldest entry cannot be judged, and is said to
//! be so.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::ids::{RecordId, TransactionId};
use super::transaction::{Feed, Transaction};
use super::webhook::{DeliveryStatus, Event, EventKind, WebhookConfig};

/// An event may be logged a little after its transaction; younger ones are not judged yet.
pub const GRACE: TimeDelta = TimeDelta::seconds(60);

/// What is compared.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// Every entry of the log that was read.
    pub events: Vec<Event>,
    /// The log was read to its oldest entry, or beyond `since`.
    pub log_whole: bool,
    /// Transactions of both feeds in the period.
    pub transactions: Vec<Transaction>,
    /// Both feeds were read to their end.
    pub feeds_whole: bool,
    /// `None`: nothing is configured now.
    pub config: Option<WebhookConfig>,
    /// Why there is no log to read, in words.
    pub no_log: Option<String>,
}

/// What is missing, and how far that can be said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// The oldest entry that was read; `None` for an empty log.
    pub log_begins: Option<DateTime<Utc>>,
    pub entries: usize,
    pub log_whole: bool,
    pub feeds_whole: bool,
    /// Transactions of the period that could be judged.
    pub judged: usize,
    /// Those from before the log begins.
    pub too_old: usize,
    /// Those of the last minute.
    pub too_young: usize,
    /// Those without a time that can be read.
    pub timeless: usize,
    /// Transactions no entry of the log names, newest first.
    pub unannounced: Vec<Transaction>,
    /// Failed deliveries whose record no later delivery announced, newest first.
    pub undelivered: Vec<Event>,
    /// Deliveries of the period that are still under way.
    pub pending: usize,
    /// Kinds of event that are switched off, so that what they would tell is missing by wish.
    pub off: Vec<EventKind>,
    /// Nothing is delivered now: no configuration, or one that is not active.
    pub inactive: bool,
    /// Why there is no log to read, in words.
    pub no_log: Option<String>,
}

impl Report {
    /// Whether nothing is missing, as far as could be judged; `None` where nothing could be compared.
    pub fn clean(&self) -> Option<bool> {
        if !self.unannounced.is_empty() || !self.undelivered.is_empty() {
            return Some(false);
        }
        let compared = self.judged > 0 || self.nothing_happened();
        (compared && self.no_log.is_none() && self.log_begins.is_some()).then_some(true)
    }

    /// Everything was read, and there is nothing in the period that could be missing.
    fn nothing_happened(&self) -> bool {
        self.feeds_whole && self.too_old + self.too_young + self.timeless == 0
    }

    /// How far it can be relied upon, one sentence each.
    pub fn limits(&self) -> Vec<String> {
        let mut limits = Vec::new();
        let many = |count: usize, one: &str, more: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {more}"),
        };
        let transactions = |count| many(count, "transaction", "transactions");
        match self.log_begins {
            None => {
                let empty = || "the log is empty, so nothing can be compared with it".to_owned();
                limits.push(self.no_log.clone().unwrap_or_else(empty));
            }
            Some(begins) if begins > self.since => {
                let why = if self.log_whole { "reaches back no further than" } else { "was read no further back than" };
                limits.push(format!(
                    "the log {why} {}; {} from before that cannot be judged",
                    begins.format("%Y-%m-%d %H:%M:%S UTC"),
                    transactions(self.too_old)
                ));
            }
            Some(_) => {}
        }
        if !self.feeds_whole {
            limits.push("the transactions of the period are more than were read; the oldest are missing here".into());
        }
        if self.too_young > 0 {
            limits.push(format!("{} of the last minute may yet be announced", transactions(self.too_young)));
        }
        if self.timeless > 0 {
            limits.push(format!("{} without a time that can be read could not be judged", transactions(self.timeless)));
        }
        if self.inactive {
            limits.push("webhooks are not active now".into());
        }
        if !self.off.is_empty() {
            let off: Vec<&str> = self.off.iter().map(EventKind::as_str).collect();
            limits.push(format!("the configuration leaves out {}", off.join(", ")));
        }
        limits
    }
}

/// Compares.
pub fn compare(evidence: Evidence) -> Report {
    let Evidence { since, until, mut events, log_whole, transactions, feeds_whole, config, no_log } = evidence;
    events.sort_by(|a, b| b.created_at.known().cmp(&a.created_at.known()).then_with(|| b.id.cmp(&a.id)));
    events.dedup_by(|a, b| a.id == b.id);
    let log_begins = events.iter().filter_map(|event| event.created_at.known()).min().copied();
    let mut report = Report {
        since,
        until,
        log_begins,
        entries: events.len(),
        log_whole,
        feeds_whole,
        inactive: config.as_ref().is_none_or(|config| config.active == Some(false)),
        no_log,
        ..Report::default()
    };
    if let Some(kinds) = config.and_then(|config| config.kinds) {
        report.off = EventKind::KNOWN.iter().filter(|kind| !kinds.contains(kind)).cloned().collect();
    }
    let mut announced: HashSet<TransactionId> = HashSet::new();
    // The newest success of each record, by the id of the record.
    let mut told: HashMap<RecordId, Option<DateTime<Utc>>> = HashMap::new();
    for event in &events {
        if let Some(id) = &event.subject.transaction {
            announced.insert(id.clone());
        }
        if let (DeliveryStatus::Delivered, Some(record)) = (&event.delivery, &event.subject.record) {
            let at = event.created_at.known().copied();
            let newest = told.entry(record.clone()).or_insert(at);
            *newest = (*newest).max(at);
        }
    }
    let within = |at: DateTime<Utc>| at >= since && at <= until;
    for transaction in transactions {
        let Some(at) = transaction.created_at.known().copied() else {
            report.timeless += 1;
            continue;
        };
        if !within(at) {
            continue;
        }
        let is_announced = announced.contains(&transaction.id);
        match log_begins {
            _ if is_announced => report.judged += 1,
            Some(begins) if at >= begins && at <= until - GRACE => {
                report.judged += 1;
                report.unannounced.push(transaction);
            }
            Some(begins) if at >= begins => report.too_young += 1,
            _ => report.too_old += 1,
        }
    }
    report.unannounced.sort_by_key(|transaction| std::cmp::Reverse(transaction.created_at.known().copied()));
    for event in events {
        let Some(at) = event.created_at.known().copied().filter(|at| within(*at)) else { continue };
        match event.delivery {
            DeliveryStatus::Pending => report.pending += 1,
            DeliveryStatus::Failed => {
                let record = event.subject.record.as_ref();
                let later = record.and_then(|record| told.get(record)).is_some_and(|told| *told >= Some(at));
                if !later {
                    report.undelivered.push(event);
                }
            }
            DeliveryStatus::Delivered | DeliveryStatus::Other(_) => {}
        }
    }
    report
}

/// Where a transaction is listed, in a word.
pub fn feed_word(feed: Feed) -> &'static str {
    match feed {
        Feed::Cards => "card",
        Feed::Accounts => "account",
    }
}
