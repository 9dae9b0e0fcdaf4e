//! What is read to settle an intent. Reads only; what it means is decided in [`super::settle`].

use chrono::{DateTime, TimeDelta, Utc};

use super::Entry;
use crate::api::{Client, TransactionQuery, Window};
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::Failure;
use crate::domain::ids::AccountId;
use crate::domain::intent::{Act, Before, CardAt, CardOrder, HolderOrder};
use crate::domain::transaction::{Feed, Transaction};
use crate::domain::webhook::WebhookConfig;

/// How far before its sending a row of the act may be dated: `Date` has whole seconds.
const MARGIN: TimeDelta = TimeDelta::seconds(5);
/// How long after its sending a row without a reference can still be taken for the act's.
const LATEST: TimeDelta = TimeDelta::minutes(15);
/// Where the server's clock is not known, it may be this much behind.
const UNKNOWN_SKEW: TimeDelta = TimeDelta::minutes(15);
/// Pages of a list that are read at most.
const PAGES: u64 = 10;
/// Cards of the right name that are looked at closer, at most.
const CLOSER: usize = 8;

/// When an act can have happened, by the server's clock (M6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Nothing before this is read.
    pub read_from: DateTime<Utc>,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Span {
    pub fn of(entry: &Entry) -> Span {
        let (sent, skew_ms) = entry.sent().unwrap_or((entry.intent.asked_at, None));
        match skew_ms {
            Some(skew) => {
                let there = sent + TimeDelta::milliseconds(skew);
                // A wrong `Date` must hide nothing: rows dated by our clock are read as well.
                Span { read_from: sent.min(there) - MARGIN, from: there - MARGIN, to: there + LATEST }
            }
            None => {
                let from = sent - UNKNOWN_SKEW;
                Span { read_from: from, from, to: sent + LATEST }
            }
        }
    }

    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        (self.from..=self.to).contains(&at)
    }
}

/// Both sides of a movement.
#[derive(Clone, Debug, Default)]
pub(super) struct MoneySight {
    /// Rows of both feeds since the act was sent.
    pub rows: Vec<Transaction>,
    /// Whether nothing was left out.
    pub complete: bool,
    /// Balances as they are now.
    pub after: Before,
}

/// What was seen.
#[derive(Clone, Debug)]
pub(super) enum Sight {
    Money(MoneySight),
    /// The card that the act is on or has made.
    Card(Box<Card>),
    /// Cards that may be the one that was ordered.
    Issued {
        cards: Vec<Card>,
        complete: bool,
    },
    Holder(Option<Cardholder>),
    Webhook(Option<WebhookConfig>),
}

/// Reads what an intent can be settled by.
pub(super) async fn look(client: &Client, entry: &Entry) -> Result<Sight, Failure> {
    let span = Span::of(entry);
    match &entry.intent.act {
        Act::TopUp { at, .. } | Act::Withdraw { at, .. } => card_money(client, at, span).await.map(Sight::Money),
        Act::Transfer { from, to, .. } => transfer(client, from, to, span).await.map(Sight::Money),
        Act::Freeze(at) | Act::Unfreeze(at) | Act::Close(at) | Act::UpdateCard { at, .. } => {
            client.card(&at.account, &at.card).await.map(|card| Sight::Card(Box::new(card)))
        }
        Act::IssueCard { account, order } => match entry.card_made() {
            Some(card) => client.card(account, card).await.map(|card| Sight::Card(Box::new(card))),
            None => issued(client, account, order, span).await,
        },
        Act::CreateCardholder { order, .. } => holder(client, order).await,
        Act::SetWebhook { .. } | Act::DeleteWebhook => client.webhook_config().await.map(Sight::Webhook),
    }
}

async fn card_money(client: &Client, at: &CardAt, span: Span) -> Result<MoneySight, Failure> {
    let on_card = TransactionQuery { card: Some(at.card.clone()), ..since(span) };
    let on_account = TransactionQuery { account: Some(at.account.clone()), ..since(span) };
    let (mut rows, all_card) = feed(client, Feed::Cards, on_card).await?;
    let (more, all_account) = feed(client, Feed::Accounts, on_account).await?;
    rows.extend(more);
    let card = client.card(&at.account, &at.card).await?;
    let account = client.balances(&at.account).await?;
    let after = Before { account: account.available.known().copied(), other: card.spendable().known().copied() };
    Ok(MoneySight { rows, complete: all_card && all_account, after })
}

async fn transfer(client: &Client, from: &AccountId, to: &AccountId, span: Span) -> Result<MoneySight, Failure> {
    let of = |account: &AccountId| TransactionQuery { account: Some(account.clone()), ..since(span) };
    let (mut rows, all_from) = feed(client, Feed::Accounts, of(from)).await?;
    let (more, all_to) = feed(client, Feed::Accounts, of(to)).await?;
    for row in more {
        // A server that does not narrow by account gives the same rows twice.
        if rows.iter().all(|known| known.id != row.id) {
            rows.push(row);
        }
    }
    let (source, target) = (client.balances(from).await?, client.balances(to).await?);
    let after = Before { account: source.available.known().copied(), other: target.available.known().copied() };
    Ok(MoneySight { rows, complete: all_from && all_to, after })
}

fn since(span: Span) -> TransactionQuery {
    TransactionQuery { from: Some(span.read_from), ..TransactionQuery::default() }
}

/// All pages of a feed, and whether they are all and every row could be read.
async fn feed(client: &Client, feed: Feed, query: TransactionQuery) -> Result<(Vec<Transaction>, bool), Failure> {
    let mut rows = Vec::new();
    let mut offset = 0;
    let mut readable = true;
    for _ in 0..PAGES {
        let page = client.transactions(feed, &TransactionQuery { offset, ..query.clone() }).await?;
        let last = page.is_last(offset);
        offset += page.received as u64;
        readable &= page.skipped == 0;
        rows.extend(page.items);
        if last {
            return Ok((rows, readable));
        }
    }
    Ok((rows, false))
}

/// Cards with the name that was ordered, made since; looked at closer, because the list does not say whose.
async fn issued(client: &Client, account: &AccountId, order: &CardOrder, span: Span) -> Result<Sight, Failure> {
    let mut cards = Vec::new();
    let mut complete = false;
    let mut window = Window::FIRST;
    for _ in 0..PAGES {
        let page = client.cards(account, window).await?;
        let last = page.is_last(window.offset);
        window.offset += page.received as u64;
        complete = last && page.skipped == 0;
        cards.extend(page.items.into_iter().filter(|card| {
            let name = card.name.as_ref().is_none_or(|name| *name == order.name);
            name && card.created_at.known().is_none_or(|at| *at >= span.read_from)
        }));
        if last {
            break;
        }
    }
    complete &= cards.len() <= CLOSER;
    cards.truncate(CLOSER);
    let mut closer = Vec::new();
    for card in cards {
        let id = card.id.clone();
        let detail = client.card(account, &id).await?;
        // Each of the two may know what the other does not say.
        closer.push(Card {
            name: detail.name.or(card.name),
            created_at: detail.created_at.or(card.created_at),
            ..detail
        });
    }
    Ok(Sight::Issued { cards: closer, complete })
}

async fn holder(client: &Client, order: &HolderOrder) -> Result<Sight, Failure> {
    match client.cardholder(&order.id).await {
        Ok(holder) => Ok(Sight::Holder(Some(holder))),
        Err(failure) if failure.status == Some(404) => Ok(Sight::Holder(None)),
        Err(failure) => Err(failure),
    }
}
