//! What is read to find out what became of an intent. Reads only; what it means is decided in [`super::settle`].
//!
//! Two ways of reading the feeds, because a query can hide what it is to find: a narrow one by card and account, at
//! once, and from two minutes on a wide one over everything of the last day, which serves all open intents together.
//! Neither filters by time: a platform may date its rows by another clock than the one that it tells.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::sleep;

use super::Entry;
use super::matching;
use crate::api::{Client, Order, Pager, TransactionQuery, Window, feed_list, order_of};
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::Failure;
use crate::domain::ids::{AccountId, CardId, HolderId};
use crate::domain::intent::{Act, Before, CardAt, CardOrder, HolderOrder};
use crate::domain::transaction::{Feed, Transaction};
use crate::domain::webhook::WebhookConfig;

/// How far before its sending a row may be dated that is taken for an act without a reference.
const BEFORE: TimeDelta = TimeDelta::minutes(2);
/// Where the server's clock is not known, it may be this much behind.
const UNKNOWN_SKEW: TimeDelta = TimeDelta::minutes(15);
/// How far before its sending the wide read begins.
const WIDE: TimeDelta = TimeDelta::hours(24);
/// Rows of a page.
const PAGE: u32 = 200;
/// Pages of a narrow read, at most.
const NARROW_PAGES: u32 = 10;
/// Pages of a wide read in one look, at most.
const WIDE_PAGES: u32 = 50;
/// A wide read that is not older than this is as good as a new one.
const WIDE_FRESH: Duration = Duration::from_secs(5);
/// Cards that are looked at closer, at most.
const CLOSER: usize = 8;

/// When an act was sent, by whichever clock is earlier: ours or the server's.
pub(super) fn sent(entry: &Entry) -> DateTime<Utc> {
    let (sent, skew_ms) = entry.sent().unwrap_or((entry.intent.asked_at, None));
    // What was recorded before it was sent is not later than it, whatever happened to the clock between.
    let sent = sent.min(entry.intent.asked_at);
    match skew_ms {
        Some(skew) => sent.min(sent.checked_add_signed(TimeDelta::milliseconds(skew)).unwrap_or(sent)),
        None => sent - UNKNOWN_SKEW,
    }
}

/// From when on rows can be the act's, where only their time says so.
pub(super) fn window(entry: &Entry) -> DateTime<Utc> {
    sent(entry) - BEFORE
}

/// Both sides of a movement.
#[derive(Clone, Debug, Default)]
pub(super) struct MoneySeen {
    /// Rows of both feeds, each once.
    pub rows: Vec<Transaction>,
    /// Whether the newest rows of both sides were read without a gap, back to before it was sent.
    pub narrow: bool,
    /// Whether everything of the day before it was sent was read; `None` where it was not looked for so widely.
    pub wide: Option<bool>,
    /// Balances as they are now.
    pub after: Before,
}

/// What was seen.
#[derive(Clone, Debug)]
pub(super) enum Observation {
    Money(MoneySeen),
    /// The card that the act is on or has made.
    Card(Box<Card>),
    /// Cards that the holder has now and had not before, or that may be the one that was ordered.
    Issued {
        cards: Vec<Card>,
        /// Whether they were compared with what there was just before.
        compared: bool,
    },
    Holder(Option<Cardholder>),
    Webhook(Option<WebhookConfig>),
}

/// One feed of the wide read.
#[derive(Debug)]
struct WideFeed {
    crawl: Crawl,
    rows: Vec<Transaction>,
}

/// The wide read, shared by all open intents. It goes on where it stopped.
#[derive(Debug, Default)]
pub(super) struct Wide {
    from: Option<DateTime<Utc>>,
    feeds: Vec<WideFeed>,
    finished: Option<Duration>,
}

impl Wide {
    /// Reads on, 50 pages at most; whether everything back to the day before the oldest of these was read. `boot`: the
    /// time now.
    async fn read(&mut self, client: &Client, open: &[Entry], boot: Duration) -> Result<bool, Failure> {
        let Some(from) = open.iter().map(|entry| sent(entry) - WIDE).min() else { return Ok(true) };
        let fresh = self.finished.is_some_and(|at| boot.saturating_sub(at) <= WIDE_FRESH);
        let covers = self.from.is_some_and(|known| known <= from);
        if fresh && covers {
            return Ok(true);
        }
        if self.finished.is_some() || !covers {
            let feed = |feed| WideFeed { crawl: Crawl::new(client, feed, PAGE), rows: Vec::new() };
            let feeds = vec![feed(Feed::Cards), feed(Feed::Accounts)];
            *self = Wide { from: Some(from), feeds, finished: None };
        }
        let from = self.from.unwrap_or(from);
        let mut pages = 0;
        for read in &mut self.feeds {
            while !read.crawl.ended {
                if pages == WIDE_PAGES {
                    return Ok(false);
                }
                if pages > 0 {
                    sleep(read.crawl.pager.min_pause()).await;
                }
                pages += 1;
                let rows = read.crawl.page(client, &TransactionQuery::default(), from, WIDE_PAGES).await?;
                read.rows
                    .extend(rows.into_iter().filter(|row| open.iter().any(|entry| matching::may_concern(entry, row))));
            }
        }
        self.finished = Some(boot);
        Ok(self.feeds.iter().all(|read| !read.crawl.gap))
    }

    fn rows(&self) -> impl Iterator<Item = &Transaction> {
        self.feeds.iter().flat_map(|read| &read.rows)
    }
}

/// A walk through a feed from its newest row backwards, as far as a moment.
#[derive(Debug)]
struct Crawl {
    feed: Feed,
    pager: Pager,
    begun: bool,
    ended: bool,
    /// Every row could be read.
    readable: bool,
    /// Rows were passed over, and none that is old enough was seen since.
    gap: bool,
}

impl Crawl {
    fn new(client: &Client, feed: Feed, limit: u32) -> Crawl {
        let pager = Pager::new(Window { limit, offset: 0 }).with_paging(client.paging(feed_list(feed)));
        Crawl { feed, pager, begun: false, ended: false, readable: true, gap: false }
    }

    /// Reads the next page: its rows that were not there before. `tail`: where the oldest rows stand first, so many
    /// pages from the end are read.
    async fn page(
        &mut self,
        client: &Client,
        query: &TransactionQuery,
        until: DateTime<Utc>,
        tail: u32,
    ) -> Result<Vec<Transaction>, Failure> {
        let Some(Window { limit, offset }) = self.pager.next() else {
            self.ended = true;
            return Ok(Vec::new());
        };
        let query = TransactionQuery { limit, offset, ..query.clone() };
        let page = client.with_paging(self.pager.paging()).transactions(self.feed, &query).await?;
        self.readable &= page.skipped == 0;
        let times: Vec<DateTime<Utc>> = page.items.iter().filter_map(|row| row.created_at.known().copied()).collect();
        let order = order_of(&times);
        let progress = page.note(&mut self.pager, |row: &Transaction| &row.id);
        let old = times.iter().any(|time| *time < until);
        let older = order == Order::NewestFirst && old;
        self.gap &= !old;
        // A list has ended when asking on brings nothing new; where the newest stand first, at a row that is older, which
        // proves that the list goes back so far.
        self.ended = progress.ended.is_some() || older;
        if !std::mem::replace(&mut self.begun, true)
            && order == Order::OldestFirst
            && let Some(total) = page.total
            && total > u64::from(limit)
        {
            let from = total.saturating_sub(u64::from(limit) * u64::from(tail)).max(page.received as u64);
            let pager = Pager::new(Window { limit, offset: 0 });
            self.pager = std::mem::replace(&mut self.pager, pager).jump(from);
            self.gap = from > page.received as u64;
        }
        let fresh = page.items.into_iter().zip(progress.fresh).filter(|(_, fresh)| *fresh);
        Ok(fresh.map(|(row, _)| row).collect())
    }
}

/// What a look may use beside the client.
pub(super) struct Looking<'l> {
    pub client: &'l Client,
    /// The wide read, where it is time for one.
    pub wide: Option<&'l tokio::sync::Mutex<Wide>>,
    /// Everything that is open, which a wide read serves.
    pub open: &'l [Entry],
    pub boot: Duration,
}

/// Reads what an intent can be settled by.
pub(super) async fn look(looking: &Looking<'_>, entry: &Entry) -> Result<Observation, Failure> {
    let client = looking.client;
    match &entry.intent.act {
        Act::TopUp { at, .. } | Act::Withdraw { at, .. } => {
            card_money(looking, at, entry).await.map(Observation::Money)
        }
        Act::Transfer { from, to, .. } => transfer(looking, from, to, entry).await.map(Observation::Money),
        Act::Freeze(at) | Act::Unfreeze(at) | Act::Close(at) => {
            client.card(&at.account, &at.card).await.map(|card| Observation::Card(Box::new(card)))
        }
        Act::UpdateCard { at, .. } => changed(client, at).await.map(|card| Observation::Card(Box::new(card))),
        Act::IssueCard { account, order } => match entry.card_made() {
            Some(card) => client.card(account, card).await.map(|card| Observation::Card(Box::new(card))),
            None => issued(client, account, order, entry).await,
        },
        Act::CreateCardholder { order, .. } => holder(client, order).await,
        Act::SetWebhook { .. } | Act::DeleteWebhook => client.webhook_config().await.map(Observation::Webhook),
    }
}

/// A card whose name or limits were to be changed. Some deployments say its name in their lists alone.
async fn changed(client: &Client, at: &CardAt) -> Result<Card, Failure> {
    let card = client.card(&at.account, &at.card).await?;
    if card.name.is_some() {
        return Ok(card);
    }
    let listed = client.all_cards(&at.account).await?.items.into_iter().find(|listed| listed.id == at.card);
    Ok(match listed {
        Some(listed) => Card { name: listed.name, limits: card.limits.clone().or(listed.limits), ..card },
        None => card,
    })
}

async fn card_money(looking: &Looking<'_>, at: &CardAt, entry: &Entry) -> Result<MoneySeen, Failure> {
    let client = looking.client;
    let until = window(entry);
    let on_card = TransactionQuery { card: Some(at.card.clone()), ..TransactionQuery::default() };
    let on_account = TransactionQuery { account: Some(at.account.clone()), ..TransactionQuery::default() };
    let mut seen = MoneySeen::default();
    let card_side = newest(client, Feed::Cards, on_card, until, &mut seen.rows).await?;
    let account_side = newest(client, Feed::Accounts, on_account, until, &mut seen.rows).await?;
    seen.narrow = card_side && account_side;
    by_id(client, entry, &mut seen.rows).await;
    widely(looking, &mut seen).await?;
    let card = client.card(&at.account, &at.card).await?;
    let account = client.balances(&at.account).await.ok();
    let account = account.and_then(|balances| balances.available.known().copied());
    seen.after = Before { account, other: card.spendable().known().copied() };
    Ok(seen)
}

async fn transfer(
    looking: &Looking<'_>,
    from: &AccountId,
    to: &AccountId,
    entry: &Entry,
) -> Result<MoneySeen, Failure> {
    let client = looking.client;
    let until = window(entry);
    let of = |account: &AccountId| TransactionQuery { account: Some(account.clone()), ..TransactionQuery::default() };
    let mut seen = MoneySeen::default();
    let source = newest(client, Feed::Accounts, of(from), until, &mut seen.rows).await?;
    let target = newest(client, Feed::Accounts, of(to), until, &mut seen.rows).await?;
    seen.narrow = source && target;
    by_id(client, entry, &mut seen.rows).await;
    widely(looking, &mut seen).await?;
    let available = async |account| match client.balances(account).await {
        Ok(balances) => balances.available.known().copied(),
        Err(_) => None,
    };
    seen.after = Before { account: available(from).await, other: available(to).await };
    Ok(seen)
}

/// The newest rows of one side, back to a moment; whether there is no gap between. Rows that are known already are left
/// out: a server that does not narrow gives the same ones twice.
async fn newest(
    client: &Client,
    feed: Feed,
    query: TransactionQuery,
    until: DateTime<Utc>,
    rows: &mut Vec<Transaction>,
) -> Result<bool, Failure> {
    let mut crawl = Crawl::new(client, feed, PAGE);
    for _ in 0..NARROW_PAGES {
        for row in crawl.page(client, &query, until, 1).await? {
            if rows.iter().all(|known| known.id != row.id) {
                rows.push(row);
            }
        }
        if crawl.ended {
            return Ok(crawl.readable && !crawl.gap);
        }
    }
    Ok(false)
}

/// The rows that the API's own answer named, where they are not among those that were read.
async fn by_id(client: &Client, entry: &Entry, rows: &mut Vec<Transaction>) {
    let missing: Vec<_> = entry.rows().filter(|id| rows.iter().all(|row| row.id != **id)).cloned().collect();
    for id in missing {
        for feed in [Feed::Cards, Feed::Accounts] {
            // One that cannot be read says nothing either way.
            if let Ok(found) = client.transaction(feed, &id).await {
                rows.push(found.transaction);
                break;
            }
        }
    }
}

/// Adds what a wide read finds.
async fn widely(looking: &Looking<'_>, seen: &mut MoneySeen) -> Result<(), Failure> {
    let Some(wide) = looking.wide else { return Ok(()) };
    let mut wide = wide.lock().await;
    let whole = wide.read(looking.client, looking.open, looking.boot).await?;
    for row in wide.rows() {
        if seen.rows.iter().all(|known| known.id != row.id) {
            seen.rows.push(row.clone());
        }
    }
    seen.wide = Some(whole);
    Ok(())
}

/// Ids of all cards that a holder has, by the one list that is documented.
pub(super) async fn cards_of(client: &Client, holder: &HolderId) -> Result<Vec<CardId>, Failure> {
    Ok(client.all_cardholder_cards(holder).await?.items.into_iter().map(|card| card.id).collect())
}

/// Cards that the holder has now and had not just before the order; looked at closer, because the list says little.
/// Where nobody knows what there was before, the account's cards that were made since.
async fn issued(
    client: &Client,
    account: &AccountId,
    order: &CardOrder,
    entry: &Entry,
) -> Result<Observation, Failure> {
    let here = |card: &Card| card.account.as_ref().is_none_or(|of| of == account);
    let listed = client.all_cardholder_cards(&order.holder).await;
    let (found, compared) = match (listed, &entry.intent.cards_before) {
        (Ok(page), Some(before)) => {
            let new = page.items.into_iter().filter(|card| !before.contains(&card.id));
            (new.collect::<Vec<_>>(), page.skipped == 0)
        }
        (Ok(page), None) => (page.items, false),
        (Err(failure), _) if failure.status == Some(404) => {
            let page = client.cards(account, Window::FIRST).await?;
            let since = window(entry);
            let recent = page.items.into_iter().filter(|card| card.created_at.known().is_none_or(|at| *at >= since));
            (recent.collect(), false)
        }
        (Err(failure), _) => return Err(failure),
    };
    let new: Vec<CardId> = found.into_iter().filter(here).map(|card| card.id).collect();
    if new.len() > CLOSER && !compared {
        return Ok(Observation::Issued { cards: Vec::new(), compared: false });
    }
    let mut cards = Vec::new();
    for id in new.iter().take(CLOSER) {
        let card = match client.card(account, id).await {
            Ok(card) => card,
            // It is of another account.
            Err(failure) if failure.status == Some(404) => continue,
            Err(failure) => return Err(failure),
        };
        // What was there long before it was sent is not it, where the time is known.
        if compared || card.created_at.known().is_some_and(|at| *at >= window(entry)) {
            cards.push(card);
        }
    }
    Ok(Observation::Issued { cards, compared })
}

async fn holder(client: &Client, order: &HolderOrder) -> Result<Observation, Failure> {
    match client.cardholder(&order.id).await {
        Ok(holder) => Ok(Observation::Holder(Some(holder))),
        Err(failure) if failure.status == Some(404) => Ok(Observation::Holder(None)),
        Err(failure) => Err(failure),
    }
}
