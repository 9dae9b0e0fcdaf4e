//! How far the lists of cards of all accounts are read, taken together, and kept so list by list: with a hundred
//! thousand accounts nothing may look at all of them for each message.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::progress::Progress;
use crate::app::msg::{Now, Topic};
use crate::domain::ids::AccountId;

/// What the list of one account adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    pending: bool,
    failed: bool,
    complete: bool,
    at: Option<Now>,
}

/// What is known of the reading of one list of cards.
pub(super) fn part(progress: &Progress, topic: &Topic) -> Part {
    let read = progress.get(topic);
    Part {
        pending: read.is_some_and(|read| read.pending),
        failed: read.is_some_and(|read| read.failed.is_some()),
        complete: progress.is_complete(topic),
        at: read.and_then(|read| read.at),
    }
}

/// All of them together.
#[derive(Debug, Default)]
pub(super) struct CardLists {
    lists: usize,
    pending: usize,
    complete: usize,
    failed: BTreeSet<AccountId>,
    /// When each that was read was read, and how many at that moment.
    read: BTreeMap<Duration, (Now, usize)>,
    ever: usize,
    /// Cards that accounts say they have, and accounts that do not say it.
    total: u64,
    silent: usize,
}

impl CardLists {
    /// One more account.
    pub fn add(&mut self, account: &AccountId, cards: Option<u64>, part: &Part) {
        self.lists += 1;
        self.total = self.total.saturating_add(cards.unwrap_or(0));
        self.silent += usize::from(cards.is_none());
        self.put(account, part);
    }

    /// An account says another number of cards.
    pub fn promises(&mut self, before: Option<u64>, after: Option<u64>) {
        self.total = self.total.saturating_sub(before.unwrap_or(0)).saturating_add(after.unwrap_or(0));
        self.silent = self.silent + usize::from(after.is_none()) - usize::from(before.is_none()).min(self.silent);
    }

    /// The reading of one list went on.
    pub fn turn(&mut self, account: &AccountId, before: &Part, after: &Part) {
        if before == after {
            return;
        }
        self.pending -= usize::from(before.pending).min(self.pending);
        self.complete -= usize::from(before.complete).min(self.complete);
        if before.failed {
            self.failed.remove(account);
        }
        if let Some(at) = before.at
            && let Some((_, count)) = self.read.get_mut(&at.up)
        {
            *count -= 1;
            self.ever -= 1;
            if *count == 0 {
                self.read.remove(&at.up);
            }
        }
        self.put(account, after);
    }

    fn put(&mut self, account: &AccountId, part: &Part) {
        self.pending += usize::from(part.pending);
        self.complete += usize::from(part.complete);
        if part.failed {
            self.failed.insert(account.clone());
        }
        if let Some(at) = part.at {
            self.read.entry(at.up).or_insert((at, 0)).1 += 1;
            self.ever += 1;
        }
    }

    pub fn is_pending(&self) -> bool {
        self.pending > 0
    }

    /// An account whose cards could not be read.
    pub fn failed(&self) -> Option<&AccountId> {
        self.failed.first()
    }

    /// Whether every list was read to its end.
    pub fn are_complete(&self) -> bool {
        self.complete == self.lists
    }

    /// When the oldest of them was read; `None` while one of them was not.
    pub fn at(&self) -> Option<Now> {
        let whole = self.lists > 0 && self.ever == self.lists;
        self.read.values().next().map(|(at, _)| *at).filter(|_| whole)
    }

    /// How many cards there are, where every account says it.
    pub fn total(&self) -> Option<u64> {
        (self.silent == 0).then_some(self.total)
    }
}
