//! What the books are made of: both feeds whole, from their beginning, then the balances.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use crate::app::clock;
use crate::books::{self, BalanceCheck, Books, Period, Records};
use crate::cli::connection::note;
use crate::cli::exit::{Exit, Stop};
use crate::cli::lookup::{self, Lists};
use crate::cli::reads::feeds::{self, Span};
use crate::cli::reads::{Progress, Reading, told};
use crate::domain::account::Account;
use crate::domain::card::Card;
use crate::domain::ids::AccountId;
use crate::domain::transaction::{Feed, Transaction};

/// How often everything is read until the balances are those of the rows: money may move between two reads.
const TRIES: usize = 3;
/// Most problems that are said one by one.
const SAID: usize = 25;

/// Everything that was read.
pub struct Read {
    pub accounts: Lists<Account>,
    pub cards: Lists<Card>,
    pub rows: Vec<Transaction>,
    /// Accounts whose cards spend the account's balance.
    shared: BTreeSet<AccountId>,
    /// What is missing, a sentence each.
    pub gaps: Vec<String>,
}

impl Read {
    pub fn records(&self) -> Records<'_> {
        Records { accounts: &self.accounts.items, shared: &self.shared, cards: &self.cards.items, rows: &self.rows }
    }
}

/// Reads everything and makes the books of a period; again while balances moved meanwhile.
pub async fn books_of(reading: &Reading<'_>, period: &Period) -> Result<(Read, Books), Stop> {
    let mut tries = 1;
    loop {
        let read = read(reading).await?;
        let books = books::books(&read.records(), period);
        let differs = books.ledgers.iter().any(|ledger| matches!(ledger.check, BalanceCheck::Differs { .. }));
        if !differs || tries == TRIES {
            return Ok((read, books));
        }
        tries += 1;
    }
}

async fn read(reading: &Reading<'_>) -> Result<Read, Stop> {
    let client = &reading.connection.client;
    let failed = |failure| reading.connection.failed(&failure);
    let mut progress = Progress::new();
    let (mut rows, mut gaps, everything) = (Vec::new(), Vec::new(), Span::default());
    for feed in [Feed::Cards, Feed::Accounts] {
        let read = feeds::read(client, feed, &everything, |page| {
            rows.extend(page);
            progress.at("transactions", rows.len());
            Ok(true)
        });
        match read.await? {
            Ok(gap) => gaps.extend(gap),
            Err(failure) if failure.is_of_the_link() => return Err(failed(failure)),
            Err(failure) => gaps.push(failure.sentence()),
        }
    }
    // The balances after the rows: what moved meanwhile shows as a difference, and is read again.
    let mut accounts = lookup::accounts(client).await.map_err(failed)?;
    let cards = lookup::cards(client, &accounts, |count| progress.at("cards", count)).await.map_err(failed)?;
    let mut shared = BTreeSet::new();
    for account in &mut accounts.items {
        match client.account(&account.id).await {
            Ok(detail) => {
                if detail.cards_hold_balance == Some(false) {
                    shared.insert(account.id.clone());
                }
                // A list may leave out what the details say; where it says something, that is newer than the rows too.
                account.balance = account.balance.or(detail.account.balance);
                account.held = account.held.or(detail.account.held);
                account.available = account.available.or(detail.account.available);
            }
            Err(failure) => gaps.push(format!("the details of {}: {}", account.name, failure.sentence())),
        }
    }
    // What is missing of the accounts is missing of the cards too, and is said once.
    gaps.extend(cards.gaps.iter().cloned());
    Ok(Read { accounts, cards, rows, shared, gaps })
}

/// A day: `2026-11-27`, `today` or `yesterday`, in the zone of the profile.
pub fn day(text: &str, reading: &Reading<'_>) -> Result<NaiveDate, Stop> {
    let today = clock::day(reading.connection.now().wall, &reading.connection.zone);
    let day = match text {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        text => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
    };
    day.ok_or_else(|| Stop::usage("a day is written 2026-11-27, today or yesterday"))
}

/// The days from one up to and without another, as a period.
pub fn period(reading: &Reading<'_>, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Period, Stop> {
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Stop::usage("the period ends before it begins"));
    }
    let begin = |day: NaiveDate| clock::begin(day, &reading.connection.zone);
    Ok(Period { from: from.map(begin), to: to.map(begin) })
}

/// The day after.
pub fn next(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

/// Says what is missing or does not agree; the exit code that follows.
pub fn say(problems: &[String]) -> Exit {
    told(problems.get(..SAID.min(problems.len())).unwrap_or_default());
    if let Some(more) = problems.len().checked_sub(SAID).filter(|more| *more > 0) {
        note(&format!("incomplete: {more} more problems"));
    }
    if problems.is_empty() { Exit::Done } else { Exit::Incomplete }
}
