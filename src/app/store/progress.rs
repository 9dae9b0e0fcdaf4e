//! How far each list was read, and what became of the requests about single records.

use std::collections::HashMap;

use super::remote::Remote;
use crate::app::msg::{Batch, Short, Topic};

/// Most topics that are remembered. Somebody who looks at card after card for days must not fill the memory;
/// the oldest half of what is not under way is forgotten, and its status is then that of the unread.
const MOST: usize = 4096;

/// What is known of the reading of one topic.
#[derive(Clone, Copy, Debug, Default)]
struct Reading {
    /// A sweep has begun and not come to its end.
    open: bool,
    /// It was read to its end at least once.
    complete: bool,
    /// Items without id: of this sweep, or of the newest page.
    skipped: usize,
    /// Its last pass ended with fewer rows than were promised.
    short: Option<Short>,
    /// The newest page that was counted.
    counted: u64,
}

/// The reading of all topics.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Topics whose value is rows of another collection.
    remotes: HashMap<Topic, Remote<()>>,
    readings: HashMap<Topic, Reading>,
    /// Items without id in all lists of cards together.
    cards_skipped: usize,
    /// Lists of cards whose last pass ended short.
    cards_short: HashMap<Topic, Short>,
}

/// Whether the list is read page after page to its end, rather than looked at.
pub(super) fn is_sweep(topic: &Topic) -> bool {
    matches!(topic, Topic::Accounts | Topic::Cards(_) | Topic::Cardholders | Topic::History(_))
}

/// Whether there is one such topic for each record of a kind that may have very many.
fn is_of_one_record(topic: &Topic) -> bool {
    matches!(topic, Topic::Card(..) | Topic::HolderCards(_) | Topic::CardTransactions(_) | Topic::Transaction(..))
}

impl Progress {
    pub fn get(&self, topic: &Topic) -> Option<&Remote<()>> {
        self.remotes.get(topic)
    }

    pub fn of(&mut self, topic: &Topic) -> &mut Remote<()> {
        if self.remotes.len() >= MOST && !self.remotes.contains_key(topic) {
            self.forget_old();
        }
        self.remotes.entry(topic.clone()).or_default()
    }

    fn forget_old(&mut self) {
        let mut ages: Vec<u64> =
            self.remotes.iter().filter(|(topic, _)| is_of_one_record(topic)).map(|(_, read)| read.applied()).collect();
        ages.sort_unstable();
        let Some(middle) = ages.get(ages.len() / 2).copied() else { return };
        self.remotes.retain(|topic, read| !is_of_one_record(topic) || read.pending || read.applied() > middle);
        let remotes = &self.remotes;
        self.readings.retain(|topic, _| !is_of_one_record(topic) || remotes.contains_key(topic));
    }

    /// Counts a page that came. A late one was counted, or its sweep is over.
    pub fn count<T>(&mut self, topic: &Topic, asked: u64, batch: &Batch<T>) {
        let reading = self.readings.entry(topic.clone()).or_default();
        if asked < reading.counted {
            return;
        }
        let skipped = reading.skipped;
        reading.counted = asked;
        let goes_on = is_sweep(topic) && reading.open;
        reading.skipped = if goes_on { reading.skipped + batch.skipped } else { batch.skipped };
        reading.open = !batch.last;
        if batch.last {
            reading.short = batch.short;
            reading.complete = batch.short.is_none() || (reading.complete && !is_sweep(topic));
        }
        if matches!(topic, Topic::Cards(_)) {
            self.cards_skipped = self.cards_skipped - skipped + reading.skipped;
            match reading.short {
                Some(short) => drop(self.cards_short.insert(topic.clone(), short)),
                None => drop(self.cards_short.remove(topic)),
            }
        }
    }

    /// A sweep broke off; the next page begins a new one.
    pub fn give_up(&mut self, topic: &Topic) {
        if let Some(reading) = self.readings.get_mut(topic) {
            reading.open = false;
        }
    }

    pub fn is_complete(&self, topic: &Topic) -> bool {
        self.readings.get(topic).is_some_and(|reading| reading.complete)
    }

    /// Where its last pass ended with fewer rows than were promised.
    pub fn short(&self, topic: &Topic) -> Option<Short> {
        self.readings.get(topic)?.short
    }

    /// The same for the cards of all accounts together: what is promised is known where each list says it.
    pub fn short_cards(&self) -> Option<Short> {
        self.cards_short.values().copied().reduce(|sum, more| Short {
            have: sum.have.saturating_add(more.have),
            promised: sum.promised.zip(more.promised).map(|(sum, more)| sum.saturating_add(more)),
        })
    }

    pub fn skipped(&self, topic: &Topic) -> usize {
        self.readings.get(topic).map_or(0, |reading| reading.skipped)
    }

    pub fn skipped_cards(&self) -> usize {
        self.cards_skipped
    }
}
