//! The only copy of fetched data, by id, with what is known about how fresh it is.
//!
//! Takes replies, gives rows. Knows no screen, no selection and no clock: every reply carries its time.
//!
//! Replies may be late, repeat each other, or overtake each other. What becomes of one:
//!
//! | topic | rule |
//! | --- | --- |
//! | `Accounts` | read in sweeps of pages; a reply older than the newest that counted is dropped; a sweep that ends well also removes what it did not name |
//! | `Account` | an older one is dropped; its list part counts as a newer row of the list |
//! | `Cardholders` | read in sweeps; an older page only adds people who are not known yet |
//! | `Cards`, `HolderCards`, `Card` | each row by its own age; nothing is dropped, because a row tells its age itself |
//! | `WebhookConfig`, `WebhookEvents`, `OlderEvents` | an older one is dropped; entries of the log are never taken off |
//! | `Newest`, `History`, `CardTransactions`, `Transaction` | likewise; pages of one history may come in any order |
//! | `Search` | likewise; rows that came by it alone are in no sum, because what lies between them is not known |
//!
//! Age and error of a topic always follow the newest request: a late reply never turns them back.

mod accounts;
mod card_lists;
pub mod cards;
mod chunked_vec;
pub mod decline;
mod holders;
pub mod hooks;
mod id_index;
pub mod insight;
mod interner;
mod merge;
mod postings;
mod progress;
mod reach;
pub mod remote;
mod row_group;
mod said;
pub mod transactions;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;

pub use cards::{CardRow, Cards, Part};
pub use holders::{Held, HolderRow, Whose};
pub use reach::Reach;
pub use remote::Remote;
pub use row_group::RowGroup;
pub use transactions::{List, Scope, Transactions, TxRow};

use crate::app::msg::{Answer, Batch, Link, Now, Short, Topic};

use crate::domain::account::{Account, AccountDetail, Destination};
use crate::domain::card::{Card, Remembered};
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::{Failure, FailureKind, Reached};
use crate::domain::ids::{AccountId, CardId, HolderId, TransactionId};
use crate::domain::money::Grouping;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction};
use card_lists::CardLists;
use progress::Progress;
use transactions::Origin;

/// Everything that was read from the API.
#[derive(Debug, Default)]
pub struct Store {
    pub accounts: Remote<Vec<Account>>,
    /// Fees and BINs. Its balances are those of the list, whichever was read later.
    pub details: HashMap<AccountId, Remote<Option<AccountDetail>>>,
    /// Where money of an account may be sent, once that was asked.
    pub destinations: HashMap<AccountId, Remote<Vec<Destination>>>,
    pub cards: Cards,
    pub transactions: Transactions,
    pub holders: Remote<Vec<Cardholder>>,
    pub hooks: hooks::Hooks,
    pub link: Link,
    /// How amounts are grouped wherever they are shown.
    pub grouping: Grouping,
    account_sweep: accounts::Sweep,
    card_lists: CardLists,
    holder_rows: holders::Rows,
    held: holders::Lists,
    progress: Progress,
    said: said::Said,
}

/// What one reply changed, so that a pane can keep its own order up to date without looking at every row.
/// Handles are in order of arrival, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub accounts: bool,
    /// The account whose details changed.
    pub detail: Option<AccountId>,
    /// Somebody is new, or another name, e-mail or phone is known.
    pub holders: bool,
    pub holders_new: Vec<HolderRow>,
    /// Somebody who was known is another now.
    pub holders_changed: bool,
    /// The webhook configuration or its log.
    pub hooks: bool,
    pub cards_new: Vec<CardRow>,
    /// Rows whose content changed; their place in a sorted list may have, too.
    pub cards_changed: Vec<CardRow>,
    pub transactions_new: Vec<TxRow>,
    /// Rows whose content changed; the key they are ordered by may have, too.
    pub transactions_changed: Vec<TxRow>,
    /// What those of them were before of which more than details changed, each once.
    pub transactions_were: Vec<(TxRow, Transaction)>,
    /// The new rows are older history, as many as a page: not arrivals to make a stir about.
    pub transactions_bulk: bool,
    /// A spinner, an age or an error may have changed.
    pub status: bool,
}

/// How fresh a list or record is, for titles and spinners.
#[derive(Clone, Copy, Debug, Default)]
pub struct Status<'a> {
    /// A request is under way, or a list is read page after page and its end has not come.
    pub pending: bool,
    /// When it was last confirmed by an answer; `None` until anything was read.
    pub at: Option<Now>,
    /// Why the newest request brought nothing.
    pub failed: Option<&'a Failure>,
    /// Rows that are here.
    pub loaded: usize,
    /// How many there are, when the API says so.
    pub total: Option<u64>,
    /// The list was read to its end at least once.
    pub complete: bool,
}

/// Items of lists that had no usable id and cannot be shown, as each list was last read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    pub accounts: usize,
    pub cards: usize,
    /// At least so many: an item without id that is in two pages cannot be told from two items.
    pub transactions: usize,
    pub holders: usize,
}

impl Store {
    /// A request about this went out.
    pub fn asked(&mut self, topic: &Topic) {
        let before = self.part_of_cards(topic);
        self.note_asked(topic);
        self.turn_cards(topic, before);
    }

    /// What is known of the reading of the cards of one account, where the topic is that and the account is listed.
    fn part_of_cards(&self, topic: &Topic) -> Option<card_lists::Part> {
        let Topic::Cards(account) = topic else { return None };
        self.account(account).map(|_| card_lists::part(&self.progress, topic))
    }

    /// Takes in that the reading of the cards of one account went on.
    fn turn_cards(&mut self, topic: &Topic, before: Option<card_lists::Part>) {
        if let (Topic::Cards(account), Some(before)) = (topic, before) {
            let after = card_lists::part(&self.progress, topic);
            self.card_lists.turn(account, &before, &after);
        }
    }

    fn note_asked(&mut self, topic: &Topic) {
        match topic {
            Topic::Accounts => self.accounts.asked(),
            Topic::Account(id) => self.details.entry(id.clone()).or_default().asked(),
            Topic::Cardholders => self.holders.asked(),
            Topic::Gaps(hours) => self.hooks.gaps.entry(*hours).or_default().asked(),
            Topic::WebhookConfig => self.hooks.config.asked(),
            Topic::WebhookEvents | Topic::OlderEvents(_) => self.hooks.events.asked(),
            Topic::Destinations(id) => self.destinations.entry(id.clone()).or_default().asked(),
            // Whoever searches keeps count.
            Topic::Search(_) => {}
            other => self.progress.of(other).asked(),
        }
    }

    /// An answer, or why there is none. `asked` is the number of the request. An answer that does not
    /// belong to the topic changes nothing but the topic's status, which then says that it cannot be read.
    pub fn replied(&mut self, now: Now, topic: Topic, asked: u64, outcome: Result<Answer, Failure>) -> Changes {
        let before = self.part_of_cards(&topic);
        let changes = self.take_reply(now, &topic, asked, outcome);
        self.turn_cards(&topic, before);
        changes
    }

    fn take_reply(&mut self, now: Now, topic: &Topic, asked: u64, outcome: Result<Answer, Failure>) -> Changes {
        let mut changes = Changes { status: true, ..Changes::default() };
        self.held.renew();
        match (topic, outcome) {
            (_, Err(failure)) => {
                if let (Topic::Card(_, id), false) = (topic, failure.may_pass()) {
                    changes.cards_changed.extend(self.cards.settle(id));
                }
                self.failed(topic, asked, failure);
            }
            (Topic::Accounts, Ok(Answer::Accounts(batch))) => {
                self.progress.count(topic, asked, &batch);
                changes.accounts = self.take_accounts(now, asked, batch);
            }
            (Topic::Account(id), Ok(Answer::Account(detail))) if detail.account.id == *id => {
                changes.detail = Some(id.clone());
                changes.accounts = self.take_detail(now, asked, *detail);
            }
            (Topic::Cardholders, Ok(Answer::Cardholders(batch))) => {
                self.progress.count(topic, asked, &batch);
                self.take_holders(now, asked, batch, &mut changes);
            }
            (Topic::Gaps(hours), Ok(Answer::Gaps(report))) => {
                let known = self.hooks.gaps.entry(*hours).or_default();
                known.value = Some(*report);
                known.succeeded(now, asked, false);
                changes.hooks = true;
            }
            (Topic::WebhookConfig, Ok(Answer::WebhookConfig(config))) => {
                let known = &mut self.hooks.config;
                if !known.is_late(asked) {
                    changes.hooks = known.value != config || !known.ever();
                    known.value = config;
                }
                known.succeeded(now, asked, false);
            }
            (Topic::WebhookEvents | Topic::OlderEvents(_), Ok(Answer::WebhookEvents(batch))) => {
                changes.hooks = self.hooks.take(now, asked, batch);
            }
            (Topic::Destinations(id), Ok(Answer::Destinations(places))) => {
                let known = self.destinations.entry(id.clone()).or_default();
                if !known.is_late(asked) {
                    known.value = places;
                }
                known.succeeded(now, asked, false);
            }
            (Topic::Cards(account), Ok(Answer::Cards(batch))) => {
                let listed = self.progress.is_complete(topic);
                self.read(now, topic, asked, &batch);
                self.take_cards(Some(account), batch.items, CameBy { asked, detailed: false, listed }, &mut changes);
            }
            (Topic::HolderCards(holder), Ok(Answer::Cards(mut batch))) => {
                self.read(now, topic, asked, &batch);
                for card in &mut batch.items {
                    // The list of one person's cards need not repeat the person.
                    card.holder_id.get_or_insert_with(|| holder.clone());
                }
                if batch.last && batch.short.is_none() {
                    self.held.note(holder, true);
                }
                let listed = self.status_of_all_cards().complete;
                self.take_cards(None, batch.items, CameBy { asked, detailed: false, listed }, &mut changes);
            }
            (Topic::Card(account, id), Ok(Answer::Card(card))) if card.id == *id => {
                self.progress.of(topic).succeeded(now, asked, false);
                // What nobody listed and somebody asks for was made a moment ago.
                let came = CameBy { asked, detailed: true, listed: true };
                self.take_cards(Some(account), vec![*card], came, &mut changes);
            }
            (Topic::Newest(feed), Ok(Answer::Transactions(batch))) => {
                self.read(now, topic, asked, &batch);
                self.take_transactions(Origin::Newest(*feed), asked, batch.items, &mut changes);
            }
            (Topic::History(feed), Ok(Answer::Transactions(batch))) => {
                changes.transactions_bulk = true;
                let feed = *feed;
                let (last, skipped, short) = (batch.last, batch.skipped, batch.short);
                self.take_transactions(Origin::History(feed), asked, batch.items, &mut changes);
                // A feed that is full has come to its end, as far as this program goes.
                let last = last || self.transactions.is_full(feed);
                self.read(now, topic, asked, &Batch::<Transaction> { items: Vec::new(), skipped, last, short });
            }
            (Topic::Search(sought), Ok(Answer::Transactions(batch))) => {
                changes.transactions_bulk = true;
                let feed = sought.feed;
                let origin = if sought.whole { Origin::Continued(feed) } else { Origin::Searched(feed) };
                self.take_transactions(origin, asked, batch.items, &mut changes);
                if sought.whole && batch.last {
                    self.transactions.end(feed);
                }
            }
            (Topic::CardTransactions(card), Ok(Answer::Transactions(mut batch))) => {
                self.read(now, topic, asked, &batch);
                for transaction in &mut batch.items {
                    transaction.card.get_or_insert_with(|| card.clone());
                }
                self.take_transactions(Origin::Asked, asked, batch.items, &mut changes);
            }
            (Topic::Transaction(_, id), Ok(Answer::Transaction(transaction, others))) if transaction.id == *id => {
                self.progress.of(topic).succeeded(now, asked, false);
                let is_new = self.said.put(id, others);
                self.take_transactions(Origin::One, asked, vec![*transaction], &mut changes);
                let row = self.transactions.row(id).filter(|row| is_new && !changes.transactions_new.contains(row));
                changes.transactions_changed.extend(row);
                changes.transactions_changed.dedup();
            }
            (_, Ok(_)) => self.failed(topic, asked, misfit()),
        }
        changes
    }

    /// A page of a list that is not a value of its own came.
    fn read<T>(&mut self, now: Now, topic: &Topic, asked: u64, batch: &Batch<T>) {
        self.progress.count(topic, asked, batch);
        let more_to_come = progress::is_sweep(topic) && !batch.last;
        self.progress.of(topic).succeeded(now, asked, more_to_come);
    }

    fn failed(&mut self, topic: &Topic, asked: u64, failure: Failure) {
        match topic {
            Topic::Accounts => {
                if !self.accounts.is_late(asked) {
                    self.account_sweep.give_up();
                }
                self.accounts.failed(asked, failure);
            }
            Topic::Account(id) => self.details.entry(id.clone()).or_default().failed(asked, failure),
            Topic::Cardholders => self.holders.failed(asked, failure),
            Topic::Gaps(hours) => self.hooks.gaps.entry(*hours).or_default().failed(asked, failure),
            Topic::WebhookConfig => self.hooks.config.failed(asked, failure),
            Topic::WebhookEvents | Topic::OlderEvents(_) => self.hooks.events.failed(asked, failure),
            Topic::Destinations(id) => self.destinations.entry(id.clone()).or_default().failed(asked, failure),
            Topic::Search(_) => {}
            other => {
                if let (Topic::HolderCards(holder), false) = (other, failure.may_pass()) {
                    self.held.note(holder, false);
                }
                self.progress.of(other).failed(asked, failure);
            }
        }
        self.progress.give_up(topic);
    }

    /// Takes in what an earlier run of the program learned of cards.
    pub fn remember(&mut self, all: Vec<Remembered>) -> Changes {
        self.held.renew();
        Changes { cards_changed: self.cards.remember(all), ..Changes::default() }
    }

    fn take_cards(&mut self, account: Option<&AccountId>, cards: Vec<Card>, came: CameBy, changes: &mut Changes) {
        for mut card in cards {
            // A list of one account's cards need not repeat the account.
            card.account = card.account.or_else(|| account.cloned());
            match self.cards.merge(card, came.asked, came.detailed, came.listed) {
                cards::Merged::New(row) => {
                    self.transactions.know_card(&self.cards.get(row).id);
                    changes.cards_new.push(row);
                }
                cards::Merged::Changed(row) => changes.cards_changed.push(row),
                cards::Merged::Same => {}
            }
        }
        let first_new = changes.cards_new.first().copied();
        changes.cards_changed.retain(|row| first_new.is_none_or(|first| *row < first));
        changes.cards_changed.sort_unstable();
        changes.cards_changed.dedup();
    }

    fn take_transactions(&mut self, origin: Origin, asked: u64, said: Vec<Transaction>, changes: &mut Changes) {
        let merged = self.transactions.merge(said, origin, asked);
        changes.transactions_new = merged.new;
        changes.transactions_changed = merged.changed;
        changes.transactions_were = merged.was;
    }

    /// How fresh what the topic is about is.
    pub fn status(&self, topic: &Topic) -> Status<'_> {
        let read = self.progress.get(topic);
        let complete = self.progress.is_complete(topic);
        match topic {
            Topic::Accounts => Status { complete, ..self.accounts.status(self.accounts.value.len()) },
            Topic::Cardholders => Status { complete, ..self.holders.status(self.holders.value.len()) },
            Topic::Gaps(hours) => self.hooks.gaps.get(hours).map_or(Status::default(), |gaps| gaps.status(0)),
            Topic::WebhookConfig => Status { complete: true, ..self.hooks.config.status(0) },
            Topic::WebhookEvents | Topic::OlderEvents(_) => {
                Status { complete, ..self.hooks.events.status(self.hooks.events.value.len()) }
            }
            Topic::Account(id) => match self.details.get(id) {
                Some(detail) => detail.status(usize::from(detail.value.is_some())),
                None => Status::default(),
            },
            Topic::Destinations(id) => match self.destinations.get(id) {
                Some(places) => places.status(places.value.len()),
                None => Status::default(),
            },
            Topic::Cards(account) => {
                let total = self.account(account).and_then(|account| account.cards);
                let status = read.map_or(Status::default(), |read| read.status(0));
                Status { loaded: self.cards.loaded_of(account), total, complete, ..status }
            }
            other => {
                let loaded = match other {
                    Topic::Newest(feed) | Topic::History(feed) => self.transactions.len_of(*feed),
                    Topic::CardTransactions(card) => self.transactions.newest(&Scope::Card(card.clone())).len(),
                    Topic::Card(_, id) => usize::from(self.cards.row(id).is_some()),
                    Topic::HolderCards(id) => self.cards.of_holder(id).len(),
                    Topic::Transaction(_, id) => usize::from(self.transactions.row(id).is_some()),
                    Topic::Accounts
                    | Topic::Account(_)
                    | Topic::Cards(_)
                    | Topic::Cardholders
                    | Topic::WebhookConfig
                    | Topic::Gaps(_)
                    | Topic::WebhookEvents
                    | Topic::OlderEvents(_)
                    | Topic::Search(_)
                    | Topic::Destinations(_) => 0,
                };
                Status { complete, ..read.map_or(Status { loaded, ..Status::default() }, |read| read.status(loaded)) }
            }
        }
    }

    /// How fresh the cards of all accounts are: as old as the oldest of them, pending and failed as any of
    /// them, complete when all are. The total is known when it is known of each.
    pub fn status_of_all_cards(&self) -> Status<'_> {
        let all = &self.card_lists;
        let failed = all.failed().and_then(|id| self.status(&Topic::Cards(id.clone())).failed);
        let ever = self.accounts.ever();
        Status {
            pending: all.is_pending(),
            at: all.at(),
            failed,
            loaded: self.cards.len(),
            total: all.total().filter(|_| ever),
            complete: ever && all.are_complete(),
        }
    }

    pub fn card(&self, id: &CardId) -> Option<&Card> {
        self.cards.row(id).map(|row| self.cards.get(row))
    }

    pub fn transaction(&self, id: &TransactionId) -> Option<&Transaction> {
        self.transactions.row(id).map(|row| self.transactions.get(row))
    }

    pub fn holder(&self, id: &HolderId) -> Option<&Cardholder> {
        self.holder_at(self.holder_row(id)?)
    }

    /// The name on the card, else the full name of its cardholder.
    pub fn holder_of<'a>(&'a self, card: &'a Card) -> Option<&'a SafeText> {
        card.holder.as_ref().or_else(|| self.holder_name_at(self.holder_row(card.holder_id.as_ref()?)?))
    }

    /// Where the last pass over a list ended with fewer rows than the API promised.
    pub fn short(&self, topic: &Topic) -> Option<Short> {
        let by_account = || matches!(topic, Topic::Cards(_)).then(|| fewer(&self.status(topic))).flatten();
        self.progress.short(topic).or_else(by_account)
    }

    /// The same for the cards of all accounts together.
    pub fn short_cards(&self) -> Option<Short> {
        self.progress.short_cards().or_else(|| fewer(&self.status_of_all_cards()))
    }

    /// Items without a usable id, in each list as it was last read.
    pub fn skipped(&self) -> Skipped {
        let of = |topic| self.progress.skipped(&topic);
        let feed = |feed| of(Topic::Newest(feed)).max(of(Topic::History(feed)));
        Skipped {
            accounts: of(Topic::Accounts),
            cards: self.progress.skipped_cards(),
            transactions: feed(Feed::Cards) + feed(Feed::Accounts),
            holders: of(Topic::Cardholders),
        }
    }
}

/// A list that came to its end with fewer rows than somebody else says that there are: accounts count their cards.
fn fewer(status: &Status<'_>) -> Option<Short> {
    let have = u64::try_from(status.loaded).unwrap_or(u64::MAX);
    let promised = status.total.filter(|total| status.complete && *total > have);
    promised.map(|promised| Short { have, promised: Some(promised) })
}

/// How cards came.
#[derive(Clone, Copy)]
struct CameBy {
    /// The number of the request.
    asked: u64,
    /// It is the card's own details.
    detailed: bool,
    /// Their list had been read to the end before: a card that is not here yet is a new one.
    listed: bool,
}

/// An answer that is not about what was asked.
fn misfit() -> Failure {
    Failure {
        kind: FailureKind::Unreadable,
        doing: "read what was asked for",
        status: None,
        detail: SafeText::prose("the answer is about something else"),
        fields: Vec::new(),
        reached: Reached::Unknown,
    }
}
