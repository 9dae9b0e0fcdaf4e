//! Transactions of both feeds, read back page after page.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::super::connection::note;
use super::super::exit::{Exit, Stop};
use super::lists::{people, with_moments};
use super::{FormatArgs, Progress, Reading, columns, count, told};
use crate::api::{Client, End, Order, Pager, TransactionQuery, Window, feed_list, order_of};
use crate::app::filter::{OfTransaction, TRANSACTIONS};
use crate::app::search::query_plan;
use crate::domain::card::Card;
use crate::domain::failure::Failure;
use crate::domain::ids::CardId;
use crate::domain::transaction::{Feed, Transaction};

/// How far back is read when nothing is said.
const DAYS: i64 = 30;

/// Arguments of `transactions`.
#[derive(clap::Args, Debug)]
pub struct TransactionsArgs {
    /// As after / in the dashboard: words, fields like merchant:uber amount:>100, - before what must not be
    #[arg(value_name = "FILTER", value_parser = super::part_of_filter)]
    filter: Vec<String>,
    #[command(flatten)]
    pub format: FormatArgs,
    /// Not before: 2d, 12h or 2026-03-01; 30 days when nothing is said
    #[arg(long, value_name = "MOMENT")]
    since: Option<String>,
    /// Before: 2d, 12h or 2026-03-01
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
    /// Everything there is
    #[arg(long, conflicts_with = "since")]
    all: bool,
}

/// What of a feed is asked for. What the API does not narrow by is looked at here.
#[derive(Clone, Debug, Default)]
pub struct Span {
    pub card: Option<CardId>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

/// Reads a feed back, each page to `take`, which says whether to go on. What is missing of it, when something is.
pub async fn read(
    client: &Client,
    feed: Feed,
    span: &Span,
    mut take: impl FnMut(Vec<Transaction>) -> Result<bool, Stop>,
) -> Result<Result<Option<String>, Failure>, Stop> {
    let mut pager = Pager::new(Window::FIRST).with_paging(client.paging(feed_list(feed)));
    let (mut skipped, mut have) = (0, 0);
    let name = match feed {
        Feed::Cards => "card transactions",
        Feed::Accounts => "account transactions",
    };
    while let Some(Window { limit, offset }) = pager.next() {
        let began = tokio::time::Instant::now();
        let asks = TransactionQuery {
            card: span.card.clone(),
            from: span.from,
            to: span.to,
            limit,
            offset,
            ..TransactionQuery::default()
        };
        let page = match client.with_paging(pager.paging()).transactions(feed, &asks).await {
            Ok(page) => page,
            Err(failure) if have == 0 => return Ok(Err(failure)),
            Err(failure) => return Ok(Ok(Some(format!("{name}: after {have} of them {}", failure.sentence())))),
        };
        let times: Vec<DateTime<Utc>> = page.items.iter().filter_map(|row| row.created_at.known().copied()).collect();
        let is_past = |from: DateTime<Utc>| times.iter().any(|at| *at < from) && order_of(&times) == Order::NewestFirst;
        let is_far_enough = span.from.is_some_and(is_past);
        let progress = page.note(&mut pager, |row: &Transaction| &row.id);
        // A page that comes a second time has them a second time.
        if progress.fresh.is_empty() || progress.fresh.contains(&true) {
            skipped += page.skipped;
        }
        let fresh = page.items.into_iter().zip(progress.fresh).filter(|(_, fresh)| *fresh).map(|(row, _)| row);
        let fresh: Vec<Transaction> = fresh.collect();
        have += fresh.len();
        if !take(fresh)? {
            return Ok(Ok(None));
        }
        match progress.ended {
            Some(End::Short) => {
                return Ok(Ok(Some(match progress.promised {
                    Some(promised) if promised > have as u64 => format!("{name}: {have} of {promised} came"),
                    _ => format!("{name}: {have} came, and there may be more"),
                })));
            }
            Some(End::Complete) => break,
            None if is_far_enough => break,
            None => {}
        }
        tokio::time::sleep_until(began + pager.min_pause()).await;
    }
    Ok(Ok((skipped > 0).then(|| format!("{name}: {skipped} entries have no id"))))
}

/// Newest first; of one moment by id, so that it is the same each time. What has no time comes last.
pub fn in_order(rows: &mut [Transaction]) {
    rows.sort_by(|one, other| {
        let at = |row: &Transaction| row.created_at.known().copied();
        at(other).cmp(&at(one)).then_with(|| one.id.to_string().cmp(&other.id.to_string()))
    });
}

pub async fn transactions(asked: &TransactionsArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let filter = with_moments(&asked.filter, asked.since.as_deref(), asked.until.as_deref())?;
    let query = reading.query(&filter, &TRANSACTIONS)?;
    let columns = asked.format.columns(columns::TRANSACTIONS)?;
    let mut span = Span { card: None, from: query_plan::since(&query), to: query_plan::before(&query) };
    // A filter that asks for times in its own way, in alternatives or by what must not be, is not narrowed.
    let asks_otherwise = query.asks_time() && span.from.is_none() && span.to.is_none();
    let is_default = span.from.is_none() && !asked.all && !asks_otherwise;
    if is_default {
        let end = span.to.unwrap_or_else(|| reading.connection.now().wall);
        span.from = end.checked_sub_signed(TimeDelta::days(DAYS));
    }
    let from = span.from.filter(|_| is_default);
    let mut progress = Progress::new();
    let people = people(reading, &mut progress).await?;
    let mut gaps = people.gaps();
    let mut printer = reading.printer(&asked.format, "transactions");
    let (mut rows, mut seen, mut shown) = (Vec::new(), 0, 0);
    for feed in [Feed::Cards, Feed::Accounts] {
        let read = read(&reading.connection.client, feed, &span, |page| {
            seen += page.len();
            let is_asked = |row: &Transaction| {
                let at = row.created_at.known();
                from.is_none_or(|from| at.is_none_or(|at| *at >= from))
                    && query.matches(&OfTransaction(&people.store, row))
            };
            for row in page.into_iter().filter(is_asked) {
                shown += 1;
                match printer.streams() {
                    true => printer.row_of(&people.store, &columns, &row, row.in_sums())?,
                    false => rows.push(row),
                }
            }
            if printer.streams() {
                printer.flush()?;
            }
            progress.at("transactions", seen);
            Ok(!printer.is_closed())
        });
        match read.await? {
            Ok(gap) => gaps.extend(gap),
            Err(failure) if failure.is_of_the_link() && seen == 0 => return Err(reading.connection.failed(&failure)),
            Err(failure) => gaps.push(failure.sentence()),
        }
    }
    drop(progress);
    in_order(&mut rows);
    for row in &rows {
        printer.row_of(&people.store, &columns, row, row.in_sums())?;
    }
    let span = json!({"filter": filter.join(" "), "since": from.map(super::cell::stamp), "all": asked.all});
    printer.end(&columns, &gaps, &span)?;
    count(&printer, shown, seen);
    if is_default && std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        note(&format!("of the last {DAYS} days; --since or --all for more"));
    }
    Ok(told(&gaps))
}

/// The rows of one card in both feeds, newest first, and what is missing of them.
pub async fn of_card(
    reading: &Reading<'_>,
    card: &Card,
    from: DateTime<Utc>,
) -> Result<(Vec<Transaction>, Vec<String>), Stop> {
    let span = Span { card: Some(card.id.clone()), from: Some(from), to: None };
    let (mut rows, mut gaps) = (Vec::new(), Vec::new());
    let read = read(&reading.connection.client, Feed::Cards, &span, |page| {
        rows.extend(page.into_iter().filter(|row| row.card.as_ref() == Some(&card.id)));
        Ok(true)
    });
    match read.await? {
        Ok(gap) => gaps.extend(gap),
        Err(failure) => gaps.push(failure.sentence()),
    }
    rows.retain(|row| row.created_at.known().is_none_or(|at| *at >= from));
    in_order(&mut rows);
    Ok((rows, gaps))
}
