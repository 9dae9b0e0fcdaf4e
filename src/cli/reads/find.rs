//! `fourpay find`: cards, people, accounts and transactions at once, the best match first.

use chrono::TimeDelta;
use serde_json::json;

use super::super::act::words;
use super::super::exit::{Exit, Stop};
use super::cell::{Cell, Unknown};
use super::columns::{Column, Kind};
use super::feeds::{self, Span};
use super::lists::people;
use super::{FormatArgs, Progress, Reading, count, told};
use crate::app::filter::{
    ACCOUNTS, CARDHOLDERS, CARDS, Fit, Grammar, OfAccount, OfCard, OfHolder, OfTransaction, Query, TRANSACTIONS, Term,
    Test,
};
use crate::app::ui::describe;
use crate::domain::text::SafeText;
use crate::domain::transaction::Feed;

/// Arguments of `find`.
#[derive(clap::Args, Debug)]
pub struct FindArgs {
    /// Words, a part of an id, or last four
    #[arg(value_name = "TEXT", required = true)]
    text: Vec<String>,
    /// How many days of transactions are looked through
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(0..=3660))]
    days: u32,
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Something that was found.
struct Hit {
    what: &'static str,
    id: String,
    title: Option<SafeText>,
    state: String,
    detail: String,
    fit: Fit,
}

macro_rules! column {
    ($name:literal $common:literal $cell:expr) => {
        Column { name: $name, kind: Kind::Plain, common: $common, cell: $cell }
    };
}

const HITS: &[Column<Hit>] = &[
    column!("what" true |_, hit| Cell::Word(hit.what.to_owned())),
    column!("title" true |_, hit| Cell::text(hit.title.as_ref())),
    column!("state" true |_, hit| match hit.state.is_empty() {
        true => Cell::Unknown(Unknown::NotSaid),
        false => Cell::Word(hit.state.clone()),
    }),
    column!("detail" true |_, hit| match hit.detail.is_empty() {
        true => Cell::Unknown(Unknown::NotSaid),
        false => Cell::Word(hit.detail.clone()),
    }),
    column!("id" true |_, hit| Cell::Word(hit.id.clone())),
];

/// Looks everywhere.
pub async fn find(asked: &FindArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    // Everything is text here: a word that means a state or a field in a list is looked for as it stands.
    let all: Vec<&str> = asked.text.iter().flat_map(|text| text.split_whitespace()).collect();
    let words_of = |word: &&str| Term { not: false, test: Test::Word(word.to_lowercase()) };
    let query = |grammar: &Grammar| -> Result<Query, Stop> {
        let mut query = reading.query(&[], grammar)?;
        query.terms = all.iter().map(words_of).collect();
        Ok(query)
    };
    let (of_accounts, of_cards) = (query(&ACCOUNTS)?, query(&CARDS)?);
    let (of_holders, of_rows) = (query(&CARDHOLDERS)?, query(&TRANSACTIONS)?);
    if of_cards.is_empty() {
        return Err(Stop::usage("there is nothing to look for"));
    }
    let columns = asked.format.columns(HITS)?;
    let mut progress = Progress::new();
    let people = people(reading, &mut progress).await?;
    let (store, mut gaps) = (&people.store, people.gaps());
    let mut hits = Vec::new();
    for card in people.cards.items.iter().filter(|card| of_cards.matches(&OfCard(store, card))) {
        let holder = store.holder_of(card).map_or_else(String::new, |name| format!("{name} "));
        let account = card.account.as_ref().map_or_else(String::new, |id| words(&describe::account(store, id)));
        hits.push(Hit {
            what: "card",
            id: card.id.to_string(),
            title: card.name.clone().or_else(|| store.holder_of(card).cloned()),
            state: card.status.to_string(),
            detail: format!("{} {holder}{account}", describe::short(card)),
            fit: of_cards.fit(&OfCard(store, card)),
        });
    }
    for holder in &people.holders.items {
        let Some(row) = store.holder_row(&holder.id) else { continue };
        if of_holders.matches(&OfHolder(store, row)) {
            hits.push(Hit {
                what: "cardholder",
                id: holder.id.to_string(),
                title: Some(holder.full_name()),
                state: String::new(),
                detail: holder.email.as_ref().map_or_else(String::new, SafeText::to_string),
                fit: of_holders.fit(&OfHolder(store, row)),
            });
        }
    }
    for account in people.accounts.items.iter().filter(|account| of_accounts.matches(&OfAccount(account))) {
        hits.push(Hit {
            what: "account",
            id: account.id.to_string(),
            title: Some(account.name.clone()),
            state: account.status.to_string(),
            detail: account.available.known().map_or_else(String::new, ToString::to_string),
            fit: of_accounts.fit(&OfAccount(account)),
        });
    }
    let from = reading.connection.now().wall.checked_sub_signed(TimeDelta::days(asked.days.into()));
    let mut rows = Vec::new();
    for feed in [Feed::Cards, Feed::Accounts] {
        if asked.days == 0 {
            break;
        }
        let span = Span { card: None, from, to: None };
        let mut seen = 0;
        let read = feeds::read(&reading.connection.client, feed, &span, |page| {
            seen += page.len();
            progress.at("transactions", seen);
            rows.extend(page.into_iter().filter(|row| of_rows.matches(&OfTransaction(store, row))));
            Ok(true)
        });
        match read.await? {
            Ok(gap) => gaps.extend(gap),
            Err(failure) => gaps.push(failure.sentence()),
        }
    }
    drop(progress);
    rows.retain(|row| from.is_none_or(|from| row.created_at.known().is_none_or(|at| *at >= from)));
    feeds::in_order(&mut rows);
    hits.extend(rows.iter().map(|row| {
        let amount = row.signed().known().map_or_else(|| "?".to_owned(), ToString::to_string);
        let at = row.created_at.known().map_or_else(String::new, |at| format!(" {}", super::cell::stamp(*at)));
        Hit {
            what: "transaction",
            id: row.id.to_string(),
            title: row.merchant.clone().or_else(|| row.description().cloned()),
            state: row.status.to_string(),
            detail: format!("{} {amount}{at}", describe::kind_word(&row.kind)),
            fit: of_rows.fit(&OfTransaction(store, row)),
        }
    }));
    // The best first; of equals what can be acted on, then the newest.
    hits.sort_by_key(|hit| hit.fit);
    let mut printer = reading.printer(&asked.format, "hits");
    for hit in &hits {
        printer.row(store, &columns, hit)?;
    }
    printer.end(&columns, &gaps, &json!({"text": all.join(" "), "days": asked.days}))?;
    count(&printer, hits.len(), hits.len());
    Ok(told(&gaps))
}
