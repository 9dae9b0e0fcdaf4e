//! One read of the poller, on its own task: which calls a job is, and what they brought.
//!
//! Does not know when anything is due.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::poller::{BURST, FIRST, News};
use super::schedule::Job;
use crate::api::{Client, Page, TransactionQuery, Window};
use crate::app::msg::{Answer, Batch, ChangeFeed, Topic};
use crate::app::search::Sought;
use crate::domain::failure::Failure;
use crate::domain::ids::TransactionId;
use crate::domain::transaction::{Feed, Transaction};
use crate::domain::webhook::{EventKind, WebhookConfig};
use crate::hooks::gaps;

/// Pages of newest rows that are read until one brings something known.
const CATCH_UP: u32 = 10;

/// One read, on its own task.
pub(super) struct Read {
    pub client: Client,
    pub offset: u64,
    /// The newest rows that are known, for the newest of a feed.
    pub recent: Option<HashSet<TransactionId>>,
    /// The oldest row that is not final, for the sweep over those.
    pub since: Option<DateTime<Utc>>,
    /// Entries of the event log to ask for.
    pub events: u32,
    pub now: DateTime<Utc>,
}

impl Read {
    pub async fn run(self, job: &Job) -> Result<News, Failure> {
        let client = &self.client;
        let window = Window { offset: self.offset, ..Window::FIRST };
        let one = |answer| Ok(News::One(answer));
        match job {
            Job::Read(Topic::Accounts) => client.accounts().await.map(News::Accounts),
            Job::Read(Topic::Account(id)) => one(Answer::Account(Box::new(client.account(id).await?))),
            Job::Read(Topic::Cards(account)) => client.cards(account, window).await.map(News::Cards),
            Job::Read(Topic::Card(account, card)) => one(Answer::Card(Box::new(client.card(account, card).await?))),
            Job::Read(Topic::HolderCards(holder)) => {
                let page = client.cardholder_cards(holder).await?;
                one(Answer::Cards(batch(page, true)))
            }
            Job::Read(Topic::Cardholders) => client.cardholders(window).await.map(News::Holders),
            Job::Read(Topic::Newest(feed)) => self.newest(*feed).await.map(News::Rows),
            Job::Read(Topic::History(feed)) => self.rows(*feed, Window::FIRST.limit, self.offset).await.map(News::Rows),
            Job::Read(Topic::CardTransactions(card)) => {
                let query = TransactionQuery { card: Some(card.clone()), limit: FIRST, ..TransactionQuery::default() };
                client.transactions(Feed::Cards, &query).await.map(News::Rows)
            }
            Job::Read(Topic::Search(sought)) => {
                let Sought { feed, card, account, kinds, statuses, from, to, offset, .. } = (**sought).clone();
                let limit = Window::FIRST.limit;
                let query = TransactionQuery { card, account, kinds, statuses, from, to: Some(to), limit, offset };
                client.transactions(feed, &query).await.map(News::Rows)
            }
            Job::Read(Topic::Transaction(feed, id)) => {
                let detail = client.transaction(*feed, id).await?;
                one(Answer::Transaction(Box::new(detail.transaction), detail.other))
            }
            Job::Read(Topic::Gaps(hours)) => {
                let from = self.now - TimeDelta::hours(i64::from(*hours));
                one(Answer::Gaps(Box::new(gaps::find(client, from, self.now).await?)))
            }
            Job::Read(Topic::WebhookConfig) => one(Answer::WebhookConfig(client.webhook_config().await?)),
            Job::Read(Topic::WebhookEvents) => self.log(0).await,
            Job::Read(Topic::OlderEvents(offset)) => self.log(*offset).await,
            Job::Read(Topic::Destinations(id)) => one(Answer::Destinations(client.destinations(id).await?.items)),
            Job::Unsettled(feed) => {
                let query = TransactionQuery { from: self.since, ..TransactionQuery::default() };
                client.transactions(*feed, &query).await.map(News::Rows)
            }
            Job::Events => {
                let page = client.webhook_events(Window { limit: self.events, offset: 0 }).await?;
                Ok(News::Events(page.items))
            }
            Job::Discover => {
                client.discover().await;
                Ok(News::Described)
            }
            Job::AskForEvents => Ok(News::Feed(self.feed().await?)),
        }
    }

    /// A page of the event log, to look at.
    async fn log(&self, offset: u64) -> Result<News, Failure> {
        let page = self.client.webhook_events_with_payloads(Window { limit: BURST, offset }).await?;
        let last = page.is_last(offset);
        Ok(News::One(Answer::WebhookEvents(batch(page, last))))
    }

    async fn rows(&self, feed: Feed, limit: u32, offset: u64) -> Result<Page<Transaction>, Failure> {
        let query = TransactionQuery { limit, offset, ..TransactionQuery::default() };
        self.client.transactions(feed, &query).await
    }

    /// Newest rows, page after page until one brings something known.
    async fn newest(&self, feed: Feed) -> Result<Page<Transaction>, Failure> {
        let mut all = self.rows(feed, FIRST, 0).await?;
        let Some(recent) = &self.recent else { return Ok(all) };
        let mut ends = all.is_last(0);
        for _ in 1..CATCH_UP {
            if ends || all.items.iter().any(|row| recent.contains(&row.id)) {
                break;
            }
            let next = self.rows(feed, FIRST, all.received as u64).await?;
            ends = next.is_last(all.received as u64);
            all.received += next.received;
            all.skipped += next.skipped;
            all.items.extend(next.items);
        }
        Ok(all)
    }

    async fn feed(&self) -> Result<ChangeFeed, Failure> {
        Ok(feed_by(self.client.webhook_config().await?.as_ref()))
    }
}

/// The log can be relied on when a configuration is active and leaves no kind of event out.
pub(super) fn feed_by(config: Option<&WebhookConfig>) -> ChangeFeed {
    let Some(config) = config else { return ChangeFeed::Polling };
    let all = |kinds: &Vec<EventKind>| EventKind::KNOWN.iter().all(|kind| kinds.contains(kind));
    let all_kinds = config.kinds.as_ref().is_none_or(all);
    if config.active == Some(true) && all_kinds { ChangeFeed::EventLog } else { ChangeFeed::Polling }
}

pub(super) fn batch<T>(page: Page<T>, last: bool) -> Batch<T> {
    Batch { items: page.items, skipped: page.skipped, last }
}
