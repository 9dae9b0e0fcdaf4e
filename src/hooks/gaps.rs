//! Reads the log and both feeds of a period, to be compared.

use chrono::{DateTime, Utc};

use crate::api::{Client, End, Pager, Read, TransactionQuery, Window};
use crate::domain::failure::{Failure, FailureKind};
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
    evidence.config = match client.webhook_config().await {
        Err(failure) if is_not_there(&failure) => None,
        config => config?,
    };
    // The transactions first: what comes in while the log is read is in the log and not missing from it.
    for feed in [Feed::Cards, Feed::Accounts] {
        evidence.feeds_whole &= read_feed(client, feed, &mut evidence).await?;
    }
    evidence.log_whole = match read_log(client, &mut evidence).await {
        Err(failure) if is_not_there(&failure) => {
            let why = match failure.kind {
                FailureKind::Forbidden => "this credential may not read the log of webhook events",
                _ => "this deployment has no log of webhook events",
            };
            evidence.no_log = Some(format!("{why}, so nothing can be compared with it"));
            false
        }
        whole => whole?,
    };
    Ok(compare(evidence))
}

/// Whether a deployment does not have what was asked for, or not for us; asking again changes nothing.
fn is_not_there(failure: &Failure) -> bool {
    matches!(failure.status, Some(403 | 404 | 405 | 501))
}

/// Whether the feed was read to its end.
async fn read_feed(client: &Client, feed: Feed, evidence: &mut Evidence) -> Result<bool, Failure> {
    let query =
        TransactionQuery { from: Some(evidence.since), to: Some(evidence.until), ..TransactionQuery::default() };
    let whole = client.all_of_feed(feed, &query, FEED_PAGES).await?;
    let is_whole = whole.end == Some(End::Complete);
    evidence.transactions.extend(whole.items);
    Ok(is_whole)
}

/// Whether the log was read to its end, or to before the period. Its order is not promised: it ends where a whole
/// page is older than the period.
async fn read_log(client: &Client, evidence: &mut Evidence) -> Result<bool, Failure> {
    let mut pager = Pager::new(Window { limit: LOG_PAGE, offset: 0 }).with_paging(client.paging(Read::WebhookEvents));
    for _ in 0..LOG_PAGES {
        let Some(window) = pager.next() else { break };
        let began = tokio::time::Instant::now();
        let page = client.with_paging(pager.paging()).webhook_events(window).await?;
        let progress = page.note(&mut pager, |event| &event.id);
        let older = |at: &DateTime<Utc>| *at < evidence.since;
        let all_older =
            !page.items.is_empty() && page.items.iter().all(|event| event.created_at.known().is_some_and(older));
        let fresh = page.items.into_iter().zip(progress.fresh).filter(|(_, fresh)| *fresh);
        evidence.events.extend(fresh.map(|(event, _)| event));
        if progress.ended.is_some() || all_older {
            return Ok(all_older || progress.ended == Some(End::Complete));
        }
        tokio::time::sleep_until(began + pager.min_pause()).await;
    }
    Ok(false)
}
