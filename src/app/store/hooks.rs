//! Webhooks: the configuration, and the newest entries of the event log.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::Remote;
use crate::app::msg::{Batch, Now, Receiver, SignedWith};

use crate::domain::gaps::Report;
use crate::domain::ids::EventId;
use crate::domain::webhook::{Logged, WebhookConfig};

/// Most entries that are kept.
pub const MOST: usize = 5_000;

/// What was read about webhooks.
#[derive(Debug, Default)]
pub struct Hooks {
    /// `None` in it: nothing is configured.
    pub config: Remote<Option<WebhookConfig>>,
    /// Newest first.
    pub events: Remote<Vec<Logged>>,
    /// The log was read to its oldest entry.
    pub complete: bool,
    /// What the log leaves out, by the hours that were looked at.
    pub gaps: HashMap<u32, Remote<Option<Report>>>,
    /// The receiver inside of this program, where there is one.
    pub receiver: Option<Receiver>,
    /// What is used where deliveries are signed and checked here.
    pub signed_with: SignedWith,
    /// Entries without an id in the last page.
    pub skipped: usize,
    /// Where each entry stands, for lists in another order.
    places: HashMap<EventId, usize>,
}

impl Hooks {
    /// A page of the log, the newest or an older one. Whether anything in it is new.
    pub(super) fn take(&mut self, now: Now, asked: u64, batch: Batch<Logged>) -> bool {
        if self.events.is_late(asked) {
            return false;
        }
        self.complete |= batch.last;
        self.skipped = batch.skipped;
        let before = std::mem::take(&mut self.events.value);
        let said: HashSet<EventId> = batch.items.iter().map(|logged| logged.event.id.clone()).collect();
        let mut all = batch.items;
        all.extend(before.iter().filter(|logged| !said.contains(&logged.event.id)).cloned());
        // Order is not promised. Entries of one moment stay as they came.
        all.sort_by_key(|logged| Reverse(logged.event.created_at.known().copied()));
        if all.len() > MOST {
            all.truncate(MOST);
            self.complete = false;
        }
        self.places.clear();
        for (at, logged) in all.iter().enumerate() {
            // Of entries of one id the first counts.
            self.places.entry(logged.event.id.clone()).or_insert(at);
        }
        self.events.value = all;
        self.events.succeeded(now, asked, false);
        self.events.value != before
    }

    pub fn event(&self, id: &EventId) -> Option<&Logged> {
        self.events.value.get(*self.places.get(id)?)
    }
}
