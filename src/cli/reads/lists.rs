//! Lists that are small enough to be held: accounts, cards, cardholders, BINs, the log of deliveries.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::super::exit::{Exit, Stop};
use super::super::lookup::{self, Lists};
use super::columns::{self, BinOf};
use super::{FormatArgs, Progress, Reading};
use crate::api::{Client, Read, Window, crawl};
use crate::app::filter::{
    ACCOUNTS, CARDHOLDERS, CARDS, Field, Grammar, OfAccount, OfCard, OfEvent, OfHolder, Record, WEBHOOKS,
};
use crate::app::msg::{Answer, Batch, Topic};
use crate::app::store::Store;
use crate::cli::act;
use crate::domain::account::Account;
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::text::SafeText;
use crate::domain::webhook::Event;

/// Most people whose cards are read one by one where no list says whose a card is.
const PEOPLE: usize = 200;
/// Pages of the log that are read.
const PAGES: u32 = 10_000;

/// Arguments of a list.
#[derive(clap::Args, Debug)]
pub struct ListArgs {
    /// As after / in the dashboard: words, fields like status:active, - before what must not be
    #[arg(value_name = "FILTER", value_parser = super::part_of_filter)]
    pub filter: Vec<String>,
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Arguments of `webhooks events`.
#[derive(clap::Args, Debug)]
pub struct EventsArgs {
    #[command(flatten)]
    pub list: ListArgs,
    /// Not before: 2d, 12h or 2026-03-01
    #[arg(long, value_name = "MOMENT")]
    since: Option<String>,
    /// Before: 2d, 12h or 2026-03-01
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
}

/// The filter with the moments that stand in options of their own.
pub fn with_moments(filter: &[String], since: Option<&str>, until: Option<&str>) -> Result<Vec<String>, Stop> {
    let mut all = filter.to_vec();
    for (flag, field, moment) in [("--since", "since", since), ("--until", "before", until)] {
        let Some(moment) = moment else { continue };
        if moment.is_empty() || moment.contains(|c: char| c.is_whitespace() || c == '"') {
            return Err(Stop::usage(format!("{flag} takes 2d, 12h or 2026-03-01")));
        }
        all.push(format!("{field}:{moment}"));
    }
    Ok(all)
}

/// What most reads begin with.
pub struct People {
    pub accounts: Lists<Account>,
    pub cards: Lists<Card>,
    pub holders: Lists<Cardholder>,
    pub store: Store,
}

impl People {
    /// What was not read of what names and filters rest on.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = self.cards.gaps.clone();
        gaps.extend(self.holders.gaps.clone());
        gaps
    }
}

/// Reads accounts, cards and people, and whose each card is.
pub async fn people(reading: &Reading<'_>, progress: &mut Progress) -> Result<People, Stop> {
    let client = &reading.connection.client;
    let failed = |failure| reading.connection.failed(&failure);
    let accounts = lookup::accounts(client).await.map_err(failed)?;
    let mut cards = lookup::cards(client, &accounts, |count| progress.at("cards", count)).await.map_err(failed)?;
    let holders = match lookup::holders(client).await {
        Ok(holders) => holders,
        Err(failure) if failure.is_of_the_link() => return Err(failed(failure)),
        Err(failure) => Lists { items: Vec::new(), gaps: vec![format!("cardholders: {}", failure.sentence())] },
    };
    learn_holders(client, &mut cards, &holders, progress).await;
    let store = store(reading, &accounts.items, &cards.items, &holders.items);
    Ok(People { accounts, cards, holders, store })
}

/// Where no list says whose a card is, the lists of the people do.
async fn learn_holders(client: &Client, cards: &mut Lists<Card>, holders: &Lists<Cardholder>, progress: &mut Progress) {
    let silent = |card: &Card| card.holder.is_none() && card.holder_id.is_none();
    if !cards.items.iter().any(silent) {
        return;
    }
    let mut read = 0;
    for holder in holders.items.iter().take(PEOPLE) {
        let Ok(theirs) = client.all_cardholder_cards(&holder.id).await else { continue };
        read += usize::from(theirs.is_complete());
        for theirs in &theirs.items {
            for card in cards.items.iter_mut().filter(|card| card.id == theirs.id) {
                card.holder_id = Some(holder.id.clone());
            }
        }
        progress.at("people", read);
    }
    let left = cards.items.iter().filter(|card| silent(card)).count();
    if left > 0 && (read < holders.items.len() || !holders.is_whole()) {
        cards.gaps.push(format!("cards: of {left} it could not be read whose they are"));
    }
}

fn store(reading: &Reading<'_>, accounts: &[Account], cards: &[Card], holders: &[Cardholder]) -> Store {
    let mut store = act::store(reading.connection, accounts, cards);
    let batch = Batch { items: holders.to_vec(), skipped: 0, last: true, short: None };
    store.replied(reading.connection.now(), Topic::Cardholders, 1, Ok(Answer::Cardholders(batch)));
    store
}

pub async fn accounts(asked: &ListArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let query = reading.query(&asked.filter, &ACCOUNTS)?;
    asked.format.columns(columns::ACCOUNTS)?;
    let read = lookup::accounts(&reading.connection.client).await;
    let all = read.map_err(|failure| reading.connection.failed(&failure))?;
    let store = store(reading, &all.items, &[], &[]);
    let rows: Vec<&Account> = all.items.iter().filter(|row| query.matches(&OfAccount(row))).collect();
    let list = (&store, rows.as_slice(), all.items.len());
    reading.print(&asked.format, "accounts", columns::ACCOUNTS, list, (&asked.filter, &all.gaps))
}

pub async fn cards(asked: &ListArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let query = reading.query(&asked.filter, &CARDS)?;
    asked.format.columns(columns::CARDS)?;
    let mut progress = Progress::new();
    let people = people(reading, &mut progress).await?;
    drop(progress);
    let rows: Vec<&Card> = people.cards.items.iter().filter(|row| query.matches(&OfCard(&people.store, row))).collect();
    let list = (&people.store, rows.as_slice(), people.cards.items.len());
    reading.print(&asked.format, "cards", columns::CARDS, list, (&asked.filter, &people.gaps()))
}

pub async fn holders(asked: &ListArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let query = reading.query(&asked.filter, &CARDHOLDERS)?;
    asked.format.columns(columns::HOLDERS)?;
    let mut progress = Progress::new();
    // By digits a person is found by their cards, which have to be there then.
    let people = match asked.filter.iter().any(|word| word.contains(|c: char| c.is_ascii_digit())) {
        true => people(reading, &mut progress).await?,
        false => {
            let read = lookup::holders(&reading.connection.client).await;
            let holders = read.map_err(|failure| reading.connection.failed(&failure))?;
            let store = store(reading, &[], &[], &holders.items);
            People { accounts: Lists::default(), cards: Lists::default(), holders, store }
        }
    };
    drop(progress);
    let fits = |holder: &&Cardholder| {
        people.store.holder_row(&holder.id).is_some_and(|row| query.matches(&OfHolder(&people.store, row)))
    };
    let rows: Vec<&Cardholder> = people.holders.items.iter().filter(fits).collect();
    let list = (&people.store, rows.as_slice(), people.holders.items.len());
    reading.print(&asked.format, "cardholders", columns::HOLDERS, list, (&asked.filter, &people.gaps()))
}

/// What a filter of BINs can ask.
const BINS: Grammar = Grammar { fields: &[Field::Bin, Field::Account, Field::Id], statuses: Vec::new, kinds: Vec::new };

/// A BIN of an account.
struct OfBin<'a>(&'a Store, &'a BinOf);

impl OfBin<'_> {
    fn account(&self) -> Option<&str> {
        self.0.account(&self.1.account).map(|account| account.name.as_str())
    }
}

impl Record for OfBin<'_> {
    fn any_text(&self, is: &mut dyn FnMut(&str) -> bool) -> bool {
        let bin = &self.1.bin;
        let words = [bin.network.as_ref().map(ToString::to_string), bin.country.as_ref().map(SafeText::to_string)];
        let tags = bin.tags.iter().map(SafeText::to_string);
        is(bin.number.as_str())
            || self.account().is_some_and(&mut *is)
            || words.into_iter().flatten().chain(tags).any(|word| is(&word))
    }

    fn has_id(&self, part: &str) -> bool {
        self.1.bin.id.id().holds(part)
    }

    fn text(&self, field: Field, is: &mut dyn FnMut(&str) -> bool) -> bool {
        match field {
            Field::Bin => is(self.1.bin.number.as_str()),
            Field::Account => self.account().is_some_and(is),
            _ => false,
        }
    }

    fn amount(&self) -> Option<Decimal> {
        None
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        None
    }
}

pub async fn bins(asked: &ListArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let query = reading.query(&asked.filter, &BINS)?;
    asked.format.columns(columns::BINS)?;
    let failed = |failure| reading.connection.failed(&failure);
    let accounts = lookup::accounts(&reading.connection.client).await.map_err(failed)?;
    let (mut all, mut gaps) = (Vec::new(), accounts.gaps.clone());
    for account in &accounts.items {
        match reading.connection.client.account(&account.id).await {
            Ok(detail) => {
                all.extend(detail.bins.into_iter().map(|bin| BinOf { account: account.id.clone(), bin }));
            }
            Err(failure) if failure.is_of_the_link() => return Err(failed(failure)),
            Err(failure) => gaps.push(format!("BINs of {}: {}", account.name, failure.sentence())),
        }
    }
    let store = store(reading, &accounts.items, &[], &[]);
    let rows: Vec<&BinOf> = all.iter().filter(|row| query.matches(&OfBin(&store, row))).collect();
    reading.print(&asked.format, "bins", columns::BINS, (&store, rows.as_slice(), all.len()), (&asked.filter, &gaps))
}

pub async fn events(asked: &EventsArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let filter = with_moments(&asked.list.filter, asked.since.as_deref(), asked.until.as_deref())?;
    let query = reading.query(&filter, &WEBHOOKS)?;
    asked.list.format.columns(columns::EVENTS)?;
    let mut progress = Progress::new();
    let client = &reading.connection.client;
    let failed = |failure| reading.connection.failed(&failure);
    let read = |client: Client, window| async move { client.webhook_events(window).await };
    let first = Window { limit: crate::api::client::MOST_EVENTS, offset: 0 };
    let whole = crawl(client, Read::WebhookEvents, first, PAGES, |event: &Event| &event.id, read).await;
    let mut log = Lists::default();
    log.take("events", whole.map_err(failed)?);
    let accounts = lookup::accounts(client).await.map_err(failed)?;
    let cards = lookup::cards(client, &accounts, |count| progress.at("cards", count)).await.map_err(failed)?;
    drop(progress);
    let store = store(reading, &accounts.items, &cards.items, &[]);
    let rows: Vec<&Event> = log.items.iter().filter(|row| query.matches(&OfEvent(&store, row))).collect();
    let gaps: Vec<String> = log.gaps.iter().chain(&cards.gaps).cloned().collect();
    let list = (&store, rows.as_slice(), log.items.len());
    reading.print(&asked.list.format, "webhook_events", columns::EVENTS, list, (&filter, &gaps))
}
