//! One read of the poller, on its own task: which calls a job is, and what they brought.
//!
//! Does not know when anything is due.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::poller::{FIRST, News};
use super::schedule::Job;
use super::tail::{Back, Place, Search, Tail};
use crate::api::{self, Client, End, Order, Page, Pager, Paging, TransactionQuery, Window, feed_list, order_of, pager};
use crate::app::msg::{Answer, Batch, ChangeFeed, Short, Topic};

use crate::app::msg::Sought;
use crate::domain::account::AccountDetail;
use crate::domain::failure::Failure;
use crate::domain::ids::{CardId, TransactionId};
use crate::domain::transaction::{Feed, Transaction};
use crate::domain::webhook::{EventKind, WebhookConfig};
use crate::hooks::gaps;

/// How long is waited for what is only a part of what was asked for.
const ASIDE: Duration = Duration::from_secs(3);

/// Pages of newest rows that are read until one brings something known.
const CATCH_UP: u32 = 10;

/// Looks at places of a list until its end is found.
const LOOKS: u32 = 100;
/// Smaller pages that are tried where one was cut.
const CUTS: u32 = 12;

/// What is known of a feed that lists the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OldestFirst {
    /// Where its end is has to be found.
    Lost,
    /// Its newest rows, or for older ones the way back to them.
    Found(Tail),
    Back(Back),
}

/// One read, on its own task.
pub(super) struct Read {
    /// Asks for pages as the list wants them.
    pub client: Client,
    /// The page of a list that is read page by page.
    pub window: Window,
    /// For a feed that lists the oldest first: where to read.
    pub oldest_first: Option<OldestFirst>,
    /// The newest rows that are known, for the newest of a feed.
    pub recent: Option<HashSet<TransactionId>>,
    /// The oldest row that is not final, for the sweep over those.
    pub since: Option<DateTime<Utc>>,
    /// Entries of the event log to ask for.
    pub events: u32,
    /// The first page of somebody's cards is enough.
    pub first_page: bool,
    pub now: DateTime<Utc>,
}

impl Read {
    pub async fn run(self, job: &Job) -> Result<News, Failure> {
        let client = &self.client;
        let window = self.window;
        let one = |answer| Ok(News::One(answer));
        match job {
            Job::Read(Topic::Accounts) => client.accounts_page(window).await.map(News::Accounts),
            Job::Read(Topic::Account(id)) => {
                let detail = client.account(id).await?;
                // A part of the details, and no reason to do without the rest.
                let offered = client.contract().offers(api::Read::Restrictions).is_offered();
                let restrictions = match offered {
                    true => tokio::time::timeout(ASIDE, client.restrictions(id)).await.ok().and_then(Result::ok),
                    false => None,
                };
                one(Answer::Account(Box::new(AccountDetail { restrictions, ..detail })))
            }
            Job::Read(Topic::Cards(account)) => client.cards(account, window).await.map(News::Cards),
            Job::Read(Topic::Card(account, card)) => one(Answer::Card(Box::new(client.card(account, card).await?))),
            Job::Read(Topic::HolderCards(holder)) if self.first_page => {
                let page = client.cardholder_cards(holder).await?;
                one(Answer::Cards(batch(page, false, None)))
            }
            Job::Read(Topic::HolderCards(holder)) => {
                let whole = client.all_cardholder_cards(holder).await?;
                let last = whole.end.is_some();
                let short = (whole.end == Some(End::Short)).then(|| Short {
                    have: u64::try_from(whole.items.len()).unwrap_or(u64::MAX),
                    promised: whole.promised,
                });
                one(Answer::Cards(Batch { items: whole.items, skipped: whole.skipped, last, short }))
            }
            Job::Read(Topic::Cardholders) => client.cardholders(window).await.map(News::Holders),
            Job::Read(Topic::Newest(feed)) => match self.oldest_first {
                Some(OldestFirst::Found(tail)) => self.newest_of_tail(*feed, Some(tail)).await,
                Some(_) => self.newest_of_tail(*feed, None).await,
                None => self.newest(*feed).await.map(News::Rows),
            },
            Job::Read(Topic::History(feed)) => match self.oldest_first {
                Some(known) => self.backwards(*feed, &TransactionQuery::default(), known).await,
                None => self.rows(*feed, window).await.map(News::Rows),
            },
            Job::Read(Topic::CardTransactions(card)) => self.newest_of_card(card).await.map(News::Rows),
            Job::Read(Topic::Search(sought)) => {
                let Sought { feed, card, account, kinds, statuses, from, to, .. } = (**sought).clone();
                let Window { limit, offset } = window;
                let query = TransactionQuery { card, account, kinds, statuses, from, to: Some(to), limit, offset };
                match self.oldest_first {
                    Some(known) => self.backwards(feed, &query, known).await,
                    None => client.transactions(feed, &query).await.map(News::Rows),
                }
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
            Job::Read(Topic::WebhookEvents | Topic::OlderEvents(_)) => {
                client.webhook_events_with_payloads(window).await.map(News::Log)
            }
            Job::Read(Topic::Destinations(id)) => one(Answer::Destinations(client.all_destinations(id).await?.items)),
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

    async fn rows(&self, feed: Feed, window: Window) -> Result<Page<Transaction>, Failure> {
        let query = TransactionQuery { limit: window.limit, offset: window.offset, ..TransactionQuery::default() };
        self.client.transactions(feed, &query).await
    }

    /// Newest rows, page after page until one brings something known.
    async fn newest(&self, feed: Feed) -> Result<Page<Transaction>, Failure> {
        let recent = self.recent.as_ref();
        let is_enough = |all: &Page<Transaction>, _| {
            recent.is_none_or(|recent| all.items.is_empty() || all.items.iter().any(|row| recent.contains(&row.id)))
        };
        let query = TransactionQuery { limit: FIRST, ..TransactionQuery::default() };
        self.on_from(feed, &query, is_enough).await
    }

    /// Rows from a place on, page after page until it is enough or there are no more.
    async fn on_from(
        &self,
        feed: Feed,
        query: &TransactionQuery,
        is_enough: impl Fn(&Page<Transaction>, usize) -> bool,
    ) -> Result<Page<Transaction>, Failure> {
        let first = Window { limit: query.limit, offset: query.offset };
        let mut pager = Pager::new(first).with_paging(self.client.paging(feed_list(feed)));
        let mut all: Option<Page<Transaction>> = None;
        for _ in 0..CATCH_UP {
            let Some(Window { limit, offset }) = pager.next() else { break };
            let began = tokio::time::Instant::now();
            let client = self.client.with_paging(pager.paging());
            let page = client.transactions(feed, &TransactionQuery { limit, offset, ..query.clone() }).await?;
            let fresh = page.note(&mut pager, |row| &row.id).fresh;
            let received = page.received;
            let all = match &mut all {
                None => all.insert(page),
                Some(all) if fresh.contains(&true) => {
                    all.received += page.received;
                    all.skipped += page.skipped;
                    all.total = page.total.or(all.total);
                    all.items.extend(page.items.into_iter().zip(fresh).filter(|(_, new)| *new).map(|(row, _)| row));
                    all
                }
                Some(_) => break,
            };
            if pager.next().is_none() || is_enough(all, received) {
                break;
            }
            tokio::time::sleep_until(began + pager.min_pause()).await;
        }
        Ok(all.unwrap_or_else(nothing))
    }

    /// A page of a list from this place on, as it wants to be asked for.
    async fn page_at(
        &self,
        feed: Feed,
        query: &TransactionQuery,
        paging: Paging,
        window: Window,
    ) -> Result<Page<Transaction>, Failure> {
        let Window { limit, offset } = window;
        let query = TransactionQuery { limit, offset, ..query.clone() };
        let began = tokio::time::Instant::now();
        let page = self.client.with_paging(paging).transactions(feed, &query).await;
        tokio::time::sleep_until(began + pager::MIN_PAUSE).await;
        page
    }

    /// Where a list ends, and its first page.
    async fn end_of(&self, feed: Feed, query: &TransactionQuery) -> Result<(Place, Page<Transaction>), Failure> {
        let mut paging = self.client.paging(feed_list(feed));
        let mut has_turned = false;
        loop {
            let first = self.page_at(feed, query, paging, Window { limit: FIRST, offset: 0 }).await?;
            let known: HashSet<&TransactionId> = first.items.iter().map(|row| &row.id).collect();
            let received = u64::try_from(first.received).unwrap_or(0);
            let step = received.max(1);
            let place = |end| Place { end, step, paging, is_ignored: false };
            let mut search = Search::new(received, first.total);
            let mut is_ignored = false;
            for _ in 0..LOOKS {
                let Some(offset) = search.next() else { break };
                let limit = u32::try_from(step).unwrap_or(FIRST);
                let page = self.page_at(feed, query, paging, Window { limit, offset }).await?;
                is_ignored = !page.items.is_empty() && page.items.iter().all(|row| known.contains(&row.id));
                if is_ignored {
                    break;
                }
                search.saw(offset, u64::try_from(page.received).unwrap_or(0));
            }
            if !is_ignored {
                return Ok((place(search.end()), first));
            }
            let other = match paging {
                Paging::Offset => Paging::Pages,
                Paging::Pages => Paging::Offset,
            };
            if has_turned {
                return Ok((Place { is_ignored: true, paging: other, ..place(received) }, first));
            }
            (has_turned, paging) = (true, other);
        }
    }

    /// The newest rows of a feed that lists the oldest first: from the last known place on, page after page.
    async fn newest_of_tail(&self, feed: Feed, tail: Option<Tail>) -> Result<News, Failure> {
        let mut tail = tail;
        loop {
            let (begun, is_new) = match tail.take() {
                Some(tail) => (tail, false),
                None => {
                    let (place, first) = self.end_of(feed, &TransactionQuery::default()).await?;
                    (Tail::new(place, &first.items), true)
                }
            };
            let query = TransactionQuery { from: begun.since(), ..TransactionQuery::default() };
            let Window { limit, offset } = begun.window();
            let (mut end, mut is_through) = (offset, false);
            let mut all: Option<Page<Transaction>> = None;
            let mut known = HashSet::new();
            for _ in 0..CATCH_UP {
                let page = self.page_at(feed, &query, begun.place.paging, Window { limit, offset: end }).await?;
                let received = u64::try_from(page.received).unwrap_or(0);
                end = end.saturating_add(received);
                let fresh: Vec<Transaction> =
                    page.items.iter().filter(|row| known.insert(row.id.clone())).cloned().collect();
                is_through = received < begun.place.step || fresh.is_empty() || begun.place.is_ignored;
                match &mut all {
                    Some(all) => {
                        all.received += page.received;
                        all.skipped += page.skipped;
                        all.items.extend(fresh);
                    }
                    None => all = Some(Page { items: fresh, ..page }),
                }
                if is_through {
                    break;
                }
            }
            let Some(page) = all else { continue };
            if page.received == 0 && offset > 0 && !is_new {
                // The list is shorter than it was.
                continue;
            }
            let tail = begun.after(end, &page.items);
            return Ok(News::Tail { page, tail, from: offset, is_through });
        }
    }

    /// The next page of older rows of a list that has the oldest first.
    async fn backwards(&self, feed: Feed, query: &TransactionQuery, known: OldestFirst) -> Result<News, Failure> {
        let mut back = match known {
            OldestFirst::Back(back) => back,
            _ => {
                let (place, _) = self.end_of(feed, query).await?;
                Back::new(place, place.end)
            }
        };
        let mut page = nothing();
        for _ in 0..CUTS {
            let Some(window) = back.window() else { break };
            page = self.page_at(feed, query, back.paging(), window).await?;
            if back.take(window.offset, u64::try_from(page.received).unwrap_or(0)) {
                break;
            }
        }
        Ok(News::Older(page, back))
    }

    /// The newest rows of a card, wherever its list has them.
    async fn newest_of_card(&self, card: &CardId) -> Result<Page<Transaction>, Failure> {
        let query = TransactionQuery { card: Some(card.clone()), limit: FIRST, ..TransactionQuery::default() };
        let first = self.client.transactions(Feed::Cards, &query).await?;
        if order(&first.items) != Order::OldestFirst || first.received < 2 {
            return Ok(first);
        }
        let (place, _) = self.end_of(Feed::Cards, &query).await?;
        if place.is_ignored || place.end <= u64::try_from(first.received).unwrap_or(0) {
            return Ok(first);
        }
        // The last rows alone: with the first ones a gap between them would look like none.
        let mut back = Back::new(place, place.end).of_size(FIRST);
        let mut all = nothing();
        let mut known = HashSet::new();
        while back.left() > 0 && all.items.len() < FIRST as usize {
            let News::Older(page, on) = self.backwards(Feed::Cards, &query, OldestFirst::Back(back)).await? else {
                break;
            };
            back = on;
            all.received += page.received;
            all.skipped += page.skipped;
            all.items.extend(page.items.into_iter().filter(|row| known.insert(row.id.clone())));
        }
        Ok(all)
    }

    async fn feed(&self) -> Result<ChangeFeed, Failure> {
        Ok(feed_by(self.client.webhook_config().await?.as_ref()))
    }
}

/// A page of nothing.
fn nothing() -> Page<Transaction> {
    Page { items: Vec::new(), skipped: 0, received: 0, limit: FIRST, total: None, more: None, server_time: None }
}

/// The log can be relied on when a configuration is active and leaves no kind of event out.
pub(super) fn feed_by(config: Option<&WebhookConfig>) -> ChangeFeed {
    let Some(config) = config else { return ChangeFeed::Polling };
    let all = |kinds: &Vec<EventKind>| EventKind::KNOWN.iter().all(|kind| kinds.contains(kind));
    let all_kinds = config.kinds.as_ref().is_none_or(all);
    if config.active == Some(true) && all_kinds { ChangeFeed::EventLog } else { ChangeFeed::Polling }
}

pub(super) fn batch<T>(page: Page<T>, last: bool, short: Option<Short>) -> Batch<T> {
    Batch { items: page.items, skipped: page.skipped, last, short }
}

/// The order of rows by the time they were created.
pub(super) fn order(rows: &[Transaction]) -> Order {
    let times: Vec<DateTime<Utc>> = rows.iter().filter_map(|row| row.created_at.known().copied()).collect();
    order_of(&times)
}
