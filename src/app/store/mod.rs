//! The only copy of fetched data, by id, with what is known about how fresh it is.
//!
//! Takes replies, gives rows. Knows no screen, no selection and no clock: every reply carries its time.

pub mod cards;
pub mod remote;
pub mod transactions;

use std::collections::HashMap;

pub use cards::{CardRow, Cards};
pub use remote::Remote;
pub use transactions::{List, Scope, Transactions, TxRow};

use crate::app::msg::{Answer, Link, Now, Topic};
use crate::domain::account::{Account, AccountDetail};
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::Failure;
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, CardId, HolderId, TransactionId};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction};

/// Everything that was read from the API.
#[derive(Debug, Default)]
pub struct Store {
    pub accounts: Remote<Vec<Account>>,
    pub details: HashMap<AccountId, Remote<Option<AccountDetail>>>,
    pub cards: Cards,
    pub transactions: Transactions,
    pub holders: Remote<Vec<Cardholder>>,
    pub link: Link,
    holder_rows: HashMap<HolderId, HolderRow>,
    progress: HashMap<Topic, Remote<()>>,
    skipped: HashMap<Topic, usize>,
}

/// Where a cardholder stands in the list, and the name that lists of cards show a hundred thousand times.
#[derive(Debug)]
struct HolderRow {
    at: usize,
    full_name: SafeText,
}

/// What one reply changed, so that a pane can keep its own order up to date without looking at every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub accounts: bool,
    /// The account whose details changed.
    pub detail: Option<AccountId>,
    pub holders: bool,
    pub cards_new: Vec<CardRow>,
    /// Rows whose content changed; their place in a sorted list may have, too.
    pub cards_changed: Vec<CardRow>,
    pub transactions_new: Vec<TxRow>,
    /// Rows whose content changed; the key they are ordered by may have, too.
    pub transactions_changed: Vec<TxRow>,
    /// The new rows are older history, as many as a page: not arrivals to make a stir about.
    pub transactions_bulk: bool,
    /// A spinner, an age or an error changed.
    pub status: bool,
}

/// How fresh a list or record is, for titles and spinners.
#[derive(Clone, Copy, Debug, Default)]
pub struct Status<'a> {
    /// A request is under way.
    pub pending: bool,
    /// When it was last confirmed by an answer; `None` until anything was read.
    pub at: Option<Now>,
    /// Why the newest request brought nothing.
    pub failed: Option<&'a Failure>,
    /// Rows that are here.
    pub loaded: usize,
    /// How many there are, when the API says so.
    pub total: Option<u64>,
    /// The list was read to its end.
    pub complete: bool,
}

/// Items of lists that had no usable id and cannot be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    pub accounts: usize,
    pub cards: usize,
    pub transactions: usize,
    pub holders: usize,
}

impl Store {
    /// A request about this went out.
    pub fn asked(&mut self, topic: &Topic) {
        match topic {
            Topic::Accounts => self.accounts.asked(),
            Topic::Account(id) => self.details.entry(id.clone()).or_default().asked(),
            Topic::Cardholders => self.holders.asked(),
            other => self.progress.entry(other.clone()).or_default().asked(),
        }
    }

    /// An answer, or why there is none.
    pub fn replied(&mut self, now: Now, topic: Topic, asked: u64, outcome: Result<Answer, Failure>) -> Changes {
        let mut changes = Changes { status: true, ..Changes::default() };
        let answer = match outcome {
            Ok(answer) => answer,
            Err(failure) => {
                match topic {
                    Topic::Accounts => self.accounts.failed(asked, failure),
                    Topic::Account(id) => self.details.entry(id).or_default().failed(asked, failure),
                    Topic::Cardholders => self.holders.failed(asked, failure),
                    other => self.progress.entry(other).or_default().failed(asked, failure),
                }
                return changes;
            }
        };
        match (topic, answer) {
            (Topic::Accounts, Answer::Accounts(batch)) => {
                self.accounts.value = batch.items;
                self.accounts.succeeded(now, asked, false);
                changes.accounts = true;
            }
            (Topic::Account(id), Answer::Account(detail)) => {
                let known = self.details.entry(id.clone()).or_default();
                known.value = Some(*detail);
                known.succeeded(now, asked, false);
                changes.detail = Some(id);
            }
            (Topic::Cardholders, Answer::Cardholders(batch)) => {
                self.holders.value = batch.items;
                let row = |(at, holder): (usize, &Cardholder)| {
                    (holder.id.clone(), HolderRow { at, full_name: holder.full_name() })
                };
                self.holder_rows = self.holders.value.iter().enumerate().map(row).collect();
                self.holders.succeeded(now, asked, false);
                changes.holders = true;
            }
            (topic, Answer::Cards(batch)) => {
                self.skipped.insert(topic.clone(), batch.skipped);
                for card in batch.items {
                    let (row, new) = self.cards.merge(card);
                    if new { changes.cards_new.push(row) } else { changes.cards_changed.push(row) }
                }
                self.progress.entry(topic).or_default().succeeded(now, asked, false);
            }
            (topic, Answer::Card(card)) => {
                let (row, new) = self.cards.merge(*card);
                if new {
                    changes.cards_new.push(row)
                } else {
                    changes.cards_changed.push(row)
                }
                self.progress.entry(topic).or_default().succeeded(now, asked, false);
            }
            (topic, Answer::Transactions(batch)) => {
                self.skipped.insert(topic.clone(), batch.skipped);
                changes.transactions_bulk = matches!(topic, Topic::History(_));
                for transaction in batch.items {
                    let (row, new) = self.transactions.merge(transaction);
                    if new { changes.transactions_new.push(row) } else { changes.transactions_changed.push(row) }
                }
                self.progress.entry(topic).or_default().succeeded(now, asked, false);
            }
            (topic, Answer::Transaction(transaction)) => {
                let (row, new) = self.transactions.merge(*transaction);
                if new {
                    changes.transactions_new.push(row)
                } else {
                    changes.transactions_changed.push(row)
                }
                self.progress.entry(topic).or_default().succeeded(now, asked, false);
            }
            _ => {}
        }
        changes
    }

    /// How fresh what the topic is about is.
    pub fn status(&self, topic: &Topic) -> Status<'_> {
        fn of<T>(remote: &Remote<T>, loaded: usize) -> Status<'_> {
            let Remote { at, pending, failed, .. } = remote;
            Status { pending: *pending, at: *at, failed: failed.as_ref(), loaded, total: None, complete: false }
        }
        match topic {
            Topic::Accounts => of(&self.accounts, self.accounts.value.len()),
            Topic::Account(id) => self.details.get(id).map_or(Status::default(), |detail| of(detail, 1)),
            Topic::Cardholders => of(&self.holders, self.holders.value.len()),
            other => {
                let loaded = match other {
                    Topic::Cards(account) => self.cards.loaded_of(account),
                    Topic::Newest(feed) | Topic::History(feed) => self.transactions.len_of(*feed),
                    _ => 0,
                };
                self.progress.get(other).map_or(Status { loaded, ..Status::default() }, |known| of(known, loaded))
            }
        }
    }

    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.value.iter().find(|account| account.id == *id)
    }

    pub fn card(&self, id: &CardId) -> Option<&Card> {
        self.cards.row(id).map(|row| self.cards.get(row))
    }

    pub fn transaction(&self, id: &TransactionId) -> Option<&Transaction> {
        self.transactions.row(id).map(|row| self.transactions.get(row))
    }

    pub fn holder(&self, id: &HolderId) -> Option<&Cardholder> {
        self.holders.value.get(self.holder_rows.get(id)?.at)
    }

    /// The name on the card, else the full name of its cardholder.
    pub fn holder_of<'a>(&'a self, card: &'a Card) -> Option<&'a SafeText> {
        card.holder.as_ref().or_else(|| Some(&self.holder_rows.get(card.holder_id.as_ref()?)?.full_name))
    }

    /// What can be spent in each currency, in the order of the first account that has it. `None` when the
    /// amount of one of its accounts cannot be read: a part is not shown as the whole.
    pub fn available(&self) -> Vec<(Currency, Option<Money>)> {
        let mut sums: Vec<(Currency, Option<Money>)> = Vec::new();
        for account in &self.accounts.value {
            let Some(currency) = account.currency else { continue };
            let available = match &account.available {
                Field::Known(money) => Some(*money),
                Field::Absent | Field::Unreadable => None,
            };
            match sums.iter_mut().find(|(known, _)| *known == currency) {
                Some((_, sum)) => *sum = sum.zip(available).and_then(|(sum, more)| sum.checked_add(&more)),
                None => sums.push((currency, available)),
            }
        }
        sums
    }

    /// Items without a usable id, in each list as it was last read.
    pub fn skipped(&self) -> Skipped {
        let mut counts = Skipped::default();
        for (topic, count) in &self.skipped {
            match topic {
                Topic::Accounts => counts.accounts += count,
                Topic::Cards(_) => counts.cards += count,
                Topic::Newest(Feed::Cards | Feed::Accounts) | Topic::History(_) => counts.transactions += count,
                Topic::Cardholders => counts.holders += count,
                _ => {}
            }
        }
        counts
    }
}
