//! Reads the log and both feeds of a period, to be compared.

use chrono::{DateTime, Utc};

use crate::api::{Client, TransactionQuery, Window};
use crate::domain::failure::Failure;
use crate::domain::gaps::{Evidence, Report, compare};
use crate::domain::transaction::Feed;

/// Most pages of the log: 10,000 entries.
const LOG_PAGES: u32 = 50;
/// Most pages of each feed: 50,000 transactions.
const FEED_PAGES: u32 = 50;
/// Entries of a page of the log, which is as many as there may be.
const LOG_PAGE: u32 = 200;

/// What the log leaves out of a period.
pub async fn find(client: &Client, since: DateTime<Utc>, until: DateTime<Utc>) -> Result<Report, Failure> {
    let mut evidence = Evidence { since, until, feeds_whole: true, ..Evidence::default() };
    evidence.config = client.webhook_config().await?;
    // The transactions first: what comes in while the log is read is in the log and not missing from it.
    for feed in [Feed::Cards, Feed::Accounts] {
        evidence.feeds_whole &= read_feed(client, feed, &mut evidence).await?;
    }
    evidence.log_whole = read_log(client, &mut evidence).await?;
    Ok(compare(evidence))
}

/// Whether the feed was read to its end.
async fn read_feed(client: &Client, feed: Feed, evidence: &mut Evidence) -> Result<bool, Failure> {
    let mut query =
        TransactionQuery { from: Some(evidence.since), to: Some(evidence.until), ..TransactionQuery::default() };
    for _ in 0..FEED_PAGES {
        let page = client.transactions(feed, &query).await?;
        let last = page.is_last(query.offset);
        query.offset += page.received as u64;
        for transaction in page.items {
            // A page may repeat what moved down while it was read.
            if !evidence.transactions.iter().rev().take(2_000).any(|known| known.id == transaction.id) {
                evidence.transactions.push(transaction);
            }
        }
        if last {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the log was read to its end, or to before the period. Its order is not promised: it ends where a whole
/// page is older than the period.
async fn read_log(client: &Client, evidence: &mut Evidence) -> Result<bool, Failure> {
    let mut offset = 0;
    for _ in 0..LOG_PAGES {
        let page = client.webhook_events(Window { limit: LOG_PAGE, offset }).await?;
        let last = page.is_last(offset);
        offset += page.received as u64;
        let older = |at: &DateTime<Utc>| *at < evidence.since;
        let all_older =
            !page.items.is_empty() && page.items.iter().all(|event| event.created_at.known().is_some_and(older));
        evidence.events.extend(page.items);
        if last || all_older {
            return Ok(true);
        }
    }
    Ok(false)
}
