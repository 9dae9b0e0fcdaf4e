//! What of the dashboard works on a deployment: one line for each feature, of what was looked at and nothing else.
//!
//! ```text
//!   reads of the API ─▶ Seen: facts ─▶ judge ─▶ works · works without … · does not work · not looked at
//! ```
//!
//! An administrator reads it: each line says the consequence, and what mends it. It names no person, no card and no
//! amount, so that `doctor --report` can be handed on as it is.

use serde::Serialize;

use crate::api::{Act, Client, End, Offer, Order, Read, TransactionQuery, Whole, Window, order_of};
use crate::credentials::Source;
use crate::domain::account::Account;
use crate::domain::card::Card;
use crate::domain::failure::Failure;
use crate::domain::field::Field;
use crate::domain::ids::HolderId;
use crate::domain::money::Money;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction, TransactionKind};
use crate::domain::webhook::{EventKind, WebhookConfig};

/// Accounts whose cards are counted.
const ACCOUNTS: usize = 5;
/// People whose cards are looked at, until somebody has some.
const PEOPLE: usize = 8;
/// Pages of each feed.
const PAGES: u32 = 4;

/// How well something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Works,
    WorksWithout,
    DoesNotWork,
    /// Nothing there says it, and nothing was tried.
    NotLookedAt,
}

/// How failures are said.
pub struct Words<'a> {
    pub source: &'a Source,
    /// Without what the other side said: it may name somebody.
    pub bare: bool,
}

impl Words<'_> {
    pub fn sentence(&self, failure: &Failure) -> String {
        match self.bare {
            true => Failure { detail: SafeText::prose(""), fields: Vec::new(), ..failure.clone() }.sentence(),
            false => failure.sentence(),
        }
    }

    pub fn advice(&self, failure: &Failure) -> String {
        self.source.advice(failure)
    }
}

/// One feature of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feature {
    pub feature: &'static str,
    pub verdict: How,
    pub found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// What the dashboard does not have because of it, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without: Option<&'static str>,
    /// The dashboard stands on it.
    #[serde(skip)]
    pub must: bool,
}

/// The whole of it: `works`, `works, without: …` or `does not work`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub code: i32,
    pub sentence: String,
}

/// Of all features.
pub fn verdict(features: &[Feature]) -> Verdict {
    let broken = |feature: &&Feature| feature.verdict == How::DoesNotWork && feature.must;
    let named: Vec<&str> = features.iter().filter(broken).map(|feature| feature.feature).collect();
    if !named.is_empty() {
        return Verdict { code: 1, sentence: format!("does not work: {}", named.join(", ")) };
    }
    let lacks = |feature: &Feature| match feature.verdict {
        How::DoesNotWork => Some(feature.without.unwrap_or(feature.feature)),
        How::WorksWithout => feature.without,
        How::Works | How::NotLookedAt => None,
    };
    let mut without: Vec<&str> = features.iter().filter_map(lacks).collect();
    without.dedup();
    match without.is_empty() {
        true => Verdict { code: 0, sentence: "works".to_owned() },
        false => Verdict { code: 8, sentence: format!("works, without: {}", without.join(", ")) },
    }
}

/// What was looked at; `None` where there was nothing to look at.
type Looked<T> = Option<Result<T, Failure>>;

/// What was read.
pub struct Seen {
    accounts: Result<Whole<Account>, Failure>,
    /// Of some accounts: how many cards the account says it has, and the list.
    cards: Vec<Listed>,
    card: Looked<Card>,
    holders: Result<Whole<crate::domain::cardholder::Cardholder>, Failure>,
    held: Looked<Whole<Card>>,
    feeds: [(Feed, Looked<Rows>); 2],
    config: Result<Option<WebhookConfig>, Failure>,
    events: Looked<usize>,
}

/// How many cards an account says that it has, and their list.
type Listed = (Option<u64>, Result<Whole<Card>, Failure>);

/// What was read of a feed.
struct Rows {
    whole: Whole<Transaction>,
    first: Vec<Transaction>,
    /// A page from further on was the first one again.
    stuck: bool,
    /// The same rows stood in another order when they were read again.
    unstable: bool,
}

/// Reads what the features rest on. Changes nothing.
pub async fn look(client: &Client) -> Seen {
    let accounts = client.all_accounts().await;
    let mut cards = Vec::new();
    let mut card = None;
    for account in accounts.iter().flat_map(|whole| &whole.items).take(ACCOUNTS) {
        let list = client.all_cards(&account.id).await;
        if card.is_none()
            && let Some(first) = list.iter().flat_map(|whole| &whole.items).next()
        {
            card = Some(client.card(&account.id, &first.id).await);
        }
        cards.push((account.cards, list));
    }
    let holders = client.all_cardholders().await;
    let mut held = None;
    let ids: Vec<HolderId> = holders.iter().flat_map(|whole| &whole.items).map(|holder| holder.id.clone()).collect();
    for id in ids.iter().take(PEOPLE) {
        let one = client.all_cardholder_cards(id).await;
        let is_enough = !matches!(&one, Ok(whole) if whole.items.is_empty());
        held = Some(one);
        if is_enough {
            break;
        }
    }
    let feeds = [
        (Feed::Cards, Some(rows(client, Feed::Cards).await)),
        (Feed::Accounts, Some(rows(client, Feed::Accounts).await)),
    ];
    let config = client.webhook_config().await;
    let events = client.webhook_events(Window { limit: 10, offset: 0 }).await;
    let events = Some(events.map(|page| page.received));
    Seen { accounts, cards, card, holders, held, feeds, config, events }
}

async fn rows(client: &Client, feed: Feed) -> Result<Rows, Failure> {
    let query = TransactionQuery { limit: 100, ..TransactionQuery::default() };
    let first = client.transactions(feed, &query).await?;
    let whole = client.all_of_feed(feed, &query, PAGES).await?;
    let ids = |rows: &[Transaction]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    let known = ids(&first.items);
    let again: Vec<_> = ids(&whole.items).into_iter().filter(|id| known.contains(id)).collect();
    let unstable = known.iter().filter(|id| again.contains(id)).ne(again.iter());
    // The pager found no more than the first page; whether that is all is seen by what stands behind it.
    let stuck = whole.items.len() <= first.items.len() && !known.is_empty() && {
        let offset = u64::try_from(first.received).unwrap_or(0);
        let client = client.with_paging(client.paging(crate::api::feed_list(feed)));
        let behind = client.transactions(feed, &TransactionQuery { offset, ..query }).await?;
        !behind.items.is_empty() && ids(&behind.items).iter().all(|id| known.contains(id))
    };
    Ok(Rows { whole, first: first.items, stuck, unstable })
}

fn feature(feature: &'static str, verdict: How, found: impl Into<String>) -> Feature {
    Feature { feature, verdict, found: found.into(), fix: None, without: None, must: false }
}

impl Feature {
    fn must(self) -> Feature {
        Feature { must: true, ..self }
    }

    fn without(self, what: &'static str) -> Feature {
        Feature { without: Some(what), ..self }
    }

    fn fix(self, fix: impl Into<String>) -> Feature {
        Feature { fix: Some(fix.into()), ..self }
    }
}

/// How a read that failed is said.
fn failed(name: &'static str, failure: &Failure, words: &Words<'_>) -> Feature {
    feature(name, How::DoesNotWork, words.sentence(failure)).fix(words.advice(failure))
}

/// What is to be said of the length of a list, and whether rows of it are missing.
fn length<T>(whole: &Whole<T>, what: &str) -> (String, bool) {
    let mut said = vec![format!("{} {what}", whole.items.len())];
    if let Some(most) = whole.clamped_to {
        said.push(format!("in pages of {most}: the server gives no more at once, and all pages are read"));
    }
    if whole.skipped > 0 {
        said.push(format!("{} entries without an id, which cannot be shown", whole.skipped));
    }
    let short = whole.end == Some(End::Short);
    if short {
        said.push(match whole.promised {
            Some(promised) if promised > whole.items.len() as u64 => {
                format!("the API promises {promised}, and asking on brings no others")
            }
            _ => "asking on brings no others, and nothing says whether there are more".to_owned(),
        });
    }
    (said.join("; "), short || whole.skipped > 0)
}

const INCOMPLETE: &str =
    "tell the operator of the API: its total, or its paging, is not right; the lists say so where they are shown";

/// One line for each feature of the dashboard.
pub fn judge(client: &Client, seen: &Seen, words: &Words<'_>) -> Vec<Feature> {
    let mut all = vec![accounts(seen, words), balances(seen)];
    all.extend(cards(seen, words));
    all.push(holders(seen, words));
    all.push(whose(seen));
    all.push(details(seen, words));
    all.push(limits(seen));
    for (feed, rows) in &seen.feeds {
        all.extend(transactions(*feed, rows, words));
    }
    all.push(live(seen, words));
    all.push(references(seen));
    all.extend(acts(client));
    all
}

fn accounts(seen: &Seen, words: &Words<'_>) -> Feature {
    const NAME: &str = "accounts";
    match &seen.accounts {
        Err(failure) => failed(NAME, failure, words).must(),
        Ok(whole) => match length(whole, "accounts") {
            (said, false) => feature(NAME, How::Works, said).must(),
            (said, true) => feature(NAME, How::WorksWithout, said).without("some accounts").fix(INCOMPLETE).must(),
        },
    }
}

fn balances(seen: &Seen) -> Feature {
    const NAME: &str = "balances and totals";
    let Ok(whole) = &seen.accounts else { return feature(NAME, How::NotLookedAt, "no accounts were read") };
    let count = |is: fn(&Field<Money>) -> bool| whole.items.iter().filter(|account| is(&account.available)).count();
    let (absent, unreadable) = (count(|field| *field == Field::Absent), count(|field| *field == Field::Unreadable));
    match (whole.items.len(), absent + unreadable) {
        (0, _) => feature(NAME, How::NotLookedAt, "there is no account"),
        (_, 0) => feature(NAME, How::Works, "each account says what is available"),
        (all, _) => {
            let said = format!(
                "of {all} accounts {absent} do not say what is available, and of {unreadable} it cannot be read"
            );
            feature(NAME, How::WorksWithout, said)
                .without("totals")
                .fix("the header leaves out the sum of their currency")
        }
    }
}

fn cards(seen: &Seen, words: &Words<'_>) -> Vec<Feature> {
    const NAME: &str = "cards";
    if let Some(failure) = seen.cards.iter().find_map(|(_, list)| list.as_ref().err()) {
        return vec![failed(NAME, failure, words).must()];
    }
    if seen.cards.is_empty() {
        return vec![feature(NAME, How::NotLookedAt, "there is no account whose cards could be read").must()];
    }
    let lists = || seen.cards.iter().filter_map(|(said, list)| Some((*said, list.as_ref().ok()?)));
    let have: u64 = lists().map(|(_, list)| u64::try_from(list.items.len() + list.skipped).unwrap_or(0)).sum();
    let said: Option<u64> = lists().map(|(said, _)| said).sum();
    let clamped = lists().find_map(|(_, list)| list.clamped_to);
    let short = lists().any(|(_, list)| length(list, "").1);
    let mut words = format!("{have} cards of {} accounts", lists().count());
    if let Some(most) = clamped {
        words.push_str(&format!("; in pages of {most}: the server gives no more at once, and all pages are read"));
    }
    let fewer = said.filter(|said| *said > have);
    if let Some(said) = fewer {
        words.push_str(&format!("; the accounts say that they have {said}"));
    }
    if short {
        words.push_str("; a list promises more than it gives");
    }
    let list = match fewer.is_some() || short {
        true => feature(NAME, How::WorksWithout, words).without("some cards").fix(INCOMPLETE).must(),
        false => feature(NAME, How::Works, words).must(),
    };
    let balance = |card: &Card| card.spendable() == Field::Absent;
    let all = || lists().flat_map(|(_, list)| &list.items);
    let open = all().filter(|card| balance(card)).count();
    const BALANCES: &str = "balances of cards";
    let balances = match (all().count(), open) {
        (0, _) => feature(BALANCES, How::NotLookedAt, "there is no card"),
        (count, open) if open * 2 > count => {
            let said =
                format!("{open} of {count} cards of the lists do not say it; it is read with the details of each card");
            feature(BALANCES, How::WorksWithout, said).without("balances of cards in lists at once")
        }
        _ => feature(BALANCES, How::Works, "the lists say them"),
    };
    vec![list, balances]
}

fn holders(seen: &Seen, words: &Words<'_>) -> Feature {
    const NAME: &str = "cardholders";
    match &seen.holders {
        Err(failure) => failed(NAME, failure, words).without("cardholders"),
        Ok(whole) => match length(whole, "cardholders") {
            (said, false) => feature(NAME, How::Works, said),
            (said, true) => feature(NAME, How::WorksWithout, said).without("some cardholders").fix(INCOMPLETE),
        },
    }
}

/// Whose the cards are.
fn whose(seen: &Seen) -> Feature {
    const NAME: &str = "whose card it is";
    let listed = || seen.cards.iter().filter_map(|(_, list)| list.as_ref().ok()).flat_map(|list| &list.items);
    let count = listed().count();
    if count == 0 {
        return feature(NAME, How::NotLookedAt, "there is no card");
    }
    if listed().all(|card| card.holder_id.is_some()) {
        return feature(NAME, How::Works, "the lists of cards say it");
    }
    let people = seen.holders.as_ref().map_or(0, |whole| whole.items.len());
    if let Some(Ok(held)) = &seen.held
        && !held.items.is_empty()
    {
        let (seconds, s) = (people / 10 + 1, if people == 1 { "" } else { "s" });
        let said = format!(
            "the lists of cards do not say it; the list of each person's cards does, and is read in the background: \
             {people} request{s}, about {seconds} s at the first start"
        );
        return feature(NAME, How::Works, said);
    }
    let by_details = matches!(&seen.card, Some(Ok(card)) if card.holder_id.is_some());
    if by_details {
        let said = format!(
            "neither the lists of cards nor those of people say it; the details of each card do, and are read in the \
             background: {count} requests, about {} s at the first start",
            count / 10 + 1
        );
        return feature(NAME, How::Works, said);
    }
    if listed().all(|card| card.holder.is_some()) {
        let said = "the lists say a name and no id: it cannot be told which of several people of that name it is";
        return feature(NAME, How::WorksWithout, said).without("the cards of one person");
    }
    let said = "neither lists nor details say it: no search by person, and no freezing of all cards of a person";
    feature(NAME, How::WorksWithout, said)
        .without("the cards of one person")
        .fix("ask the operator of the API for cardOwnerId in the details of a card, or for /cardholders/{id}/cards")
}

fn details(seen: &Seen, words: &Words<'_>) -> Feature {
    const NAME: &str = "details of a card";
    match &seen.card {
        None => feature(NAME, How::NotLookedAt, "there is no card"),
        Some(Err(failure)) => failed(NAME, failure, words).without("details of cards"),
        Some(Ok(card)) => {
            let mut lacks = Vec::new();
            let mut listed = seen.cards.iter().filter_map(|(_, list)| list.as_ref().ok()).flat_map(|list| &list.items);
            let same = listed.find(|one| one.id == card.id);
            let lacking = |is: fn(&Card) -> bool| is(card) && same.is_none_or(is);
            for (what, is) in [
                ("when it was made", lacking(|card| card.created_at == Field::Absent)),
                ("its last four digits", lacking(|card| card.number.last_four.is_none())),
                ("its type", lacking(|card| card.kind.is_none())),
                ("when it expires", lacking(|card| card.expiry == Field::Absent)),
            ] {
                if is {
                    lacks.push(what);
                }
            }
            match lacks.is_empty() {
                true => feature(NAME, How::Works, "read"),
                false => feature(NAME, How::WorksWithout, format!("the API does not say {}", lacks.join(", nor ")))
                    .without("some details of cards"),
            }
        }
    }
}

fn limits(seen: &Seen) -> Feature {
    const NAME: &str = "spending limits";
    match &seen.card {
        None => feature(NAME, How::NotLookedAt, "there is no card"),
        Some(Err(_)) => feature(NAME, How::NotLookedAt, "the details of a card could not be read"),
        Some(Ok(card)) => match &card.limits {
            Field::Known(limits) => {
                feature(NAME, How::Works, format!("the details of a card say them ({} set)", limits.len()))
            }
            Field::Unreadable => {
                feature(NAME, How::WorksWithout, "the details of a card say them in a way that cannot be read")
                    .without("spending limits")
            }
            Field::Absent => feature(
                NAME,
                How::WorksWithout,
                "the details of a card do not say them; the form to change them begins empty",
            )
            .without("spending limits")
            .fix("set all limits of a card at once: what a change does to those it leaves out is not told either"),
        },
    }
}

fn transactions(feed: Feed, looked: &Looked<Rows>, words: &Words<'_>) -> Vec<Feature> {
    let [name, newest, older, amounts] = match feed {
        Feed::Cards => [
            "transactions of cards",
            "newest transactions of cards",
            "older transactions of cards",
            "amounts of transactions of cards",
        ],
        Feed::Accounts => [
            "transactions of accounts",
            "newest transactions of accounts",
            "older transactions of accounts",
            "amounts of transactions of accounts",
        ],
    };
    let must = feed == Feed::Cards;
    let rows = match looked {
        None => return vec![feature(name, How::NotLookedAt, "not read")],
        Some(Err(failure)) => {
            return vec![Feature { must, ..failed(name, failure, words).without(name) }];
        }
        Some(Ok(rows)) => rows,
    };
    let first = &rows.first;
    if first.is_empty() {
        return vec![feature(
            name,
            How::NotLookedAt,
            "the feed is empty: nothing can be told of its order and its pages",
        )];
    }
    let (said, short) = length(&rows.whole, "rows read");
    let list = match short {
        true => feature(name, How::WorksWithout, said).without("some transactions").fix(INCOMPLETE),
        false => feature(name, How::Works, said),
    };
    let times: Vec<_> = first.iter().filter_map(|row| row.created_at.known().copied()).collect();
    let distinct = times.windows(2).filter(|two| matches!(two, [one, other] if one != other)).count();
    let newest = match order_of(&times) {
        _ if rows.unstable => feature(
            newest,
            How::WorksWithout,
            "the order changes from request to request: what is new may be seen late",
        )
        .without("new transactions at once"),
        Order::NewestFirst => feature(newest, How::Works, "the list is newest first"),
        Order::OldestFirst if rows.stuck => feature(
            newest,
            How::DoesNotWork,
            "the list is oldest first, and its end cannot be reached: no new transaction is ever seen",
        )
        .without("new transactions")
        .fix("ask the operator of the API to heed offset"),
        Order::OldestFirst => feature(newest, How::Works, "the list is oldest first: its end is read for what is new"),
        Order::Unknown if distinct < 3 => feature(newest, How::NotLookedAt, "too few rows to tell the order"),
        Order::Unknown => {
            feature(newest, How::WorksWithout, "the list is in no order of time: what is new is seen late")
                .without("new transactions at once")
        }
    };
    let older = match (rows.stuck, rows.whole.items.len() > first.len()) {
        (true, _) => feature(older, How::WorksWithout, "the server ignores offset: every page is the first one")
            .without("older transactions")
            .fix("ask the operator of the API to heed offset"),
        (false, true) => feature(older, How::Works, "page after page"),
        (false, false) => feature(older, How::NotLookedAt, "there is one page only"),
    };
    let stands_in = first.iter().filter(|row| row.amount_is_settlement()).count();
    let silent = first.iter().filter(|row| row.amount.known().is_none()).count();
    let amounts = match (stands_in, silent) {
        (0, 0) => feature(amounts, How::Works, "each row says one"),
        (0, silent) => {
            feature(amounts, How::WorksWithout, format!("{silent} of {} rows say none that can be read", first.len()))
                .without("some amounts")
        }
        (stands_in, _) => feature(
            amounts,
            How::WorksWithout,
            format!("{stands_in} of {} rows say what was settled and no amount; it stands in, marked ≈", first.len()),
        )
        .without("amounts before settlement"),
    };
    vec![Feature { must, ..list }, newest, older, amounts]
}

/// How changes are noticed.
fn live(seen: &Seen, words: &Words<'_>) -> Feature {
    const NAME: &str = "changes within two seconds";
    const INSTEAD: &str = "lists are read in turn instead: new transactions every 2 s, all else within a minute";
    let log = match &seen.events {
        Some(Ok(_)) => Ok(()),
        Some(Err(failure)) => Err(words.sentence(failure)),
        None => Err("the log of events was not read".to_owned()),
    };
    let config = match &seen.config {
        Err(failure) => Err(words.sentence(failure)),
        Ok(None) => Err("no webhook is configured, so that nothing is logged".to_owned()),
        Ok(Some(config)) if config.active != Some(true) => Err("the webhook is switched off".to_owned()),
        Ok(Some(config)) => {
            let all = |kinds: &Vec<EventKind>| EventKind::KNOWN.iter().all(|kind| kinds.contains(kind));
            match config.kinds.as_ref().is_none_or(all) {
                true => Ok(()),
                false => Err("the webhook leaves out kinds of events".to_owned()),
            }
        }
    };
    match config.and(log) {
        Ok(()) => feature(NAME, How::Works, "the log of webhook events tells of them"),
        Err(why) => feature(NAME, How::WorksWithout, format!("{why}; {INSTEAD}")).without("the event log").fix(
            "configure a webhook for all events (pane 6, E; also in the merchant cabinet under Settings > Webhooks)",
        ),
    }
}

/// Whether descriptions come back, by which an act is found again.
fn references(seen: &Seen) -> Feature {
    const NAME: &str = "finding an action again by its reference";
    let rows = || {
        let read = seen.feeds.iter().filter_map(|(_, rows)| rows.as_ref()?.as_ref().ok());
        read.flat_map(|rows| &rows.whole.items)
    };
    let moves = |row: &&Transaction| {
        matches!(row.kind, TransactionKind::TopUp | TransactionKind::Withdrawal | TransactionKind::Transfer)
    };
    let told = rows().filter(moves).filter(|row| row.description().is_some()).count();
    match (rows().filter(moves).count(), told) {
        (0, _) => feature(NAME, How::NotLookedAt, "no top up, withdrawal or transfer was read, and none was made to see it"),
        (_, 1..) => feature(NAME, How::Works, format!("descriptions come back ({told} rows read have one)")),
        (moves, 0) => feature(
            NAME,
            How::WorksWithout,
            format!("none of {moves} movements has a description: one is found again by card, kind, amount and time, and called probable"),
        )
        .without("proof by reference")
        .fix("look at them in pane 7 and say what became of them"),
    }
}

/// The acts, by the deployment's own document. None is tried.
fn acts(client: &Client) -> Vec<Feature> {
    let contract = client.contract();
    let all = [
        ("freeze a card", Act::Freeze, "freezing"),
        ("unfreeze a card", Act::Unfreeze, "unfreezing"),
        ("close a card", Act::Close, "closing"),
        ("issue a card", Act::IssueCard, "issuing"),
        ("change a card's name and limits", Act::UpdateCard, "changing cards"),
        ("top up a card", Act::TopUp, "topping up"),
        ("withdraw from a card", Act::Withdraw, "withdrawing"),
        ("transfer between accounts", Act::Transfer, "transfers"),
        ("make a cardholder", Act::CreateCardholder, "new cardholders"),
        ("log in with e-mail and password", Act::Login, "logging in with a password"),
    ];
    let mut features: Vec<Feature> = Vec::new();
    for (name, act, what) in all {
        let route = contract.route(act);
        let place = format!("{} {}", route.method.as_str(), SafeText::prose(&route.path));
        features.push(match route.offer {
            Offer::Listed => feature(name, How::Works, format!("the deployment's document lists {place}; not tried")),
            Offer::Configured => feature(name, How::Works, format!("{place}, by the settings; not tried")),
            Offer::Assumed => {
                feature(name, How::NotLookedAt, format!("no document lists it; {place} is assumed, and not tried"))
                    .fix("set [paths] in the settings if the API does not know it")
            }
            Offer::Missing => {
                let fix = contract.advice(act).unwrap_or_else(|| {
                    format!("if the API has it all the same, write its path: [paths] {} = \"…\"", act.endpoint().name)
                });
                feature(
                    name,
                    How::DoesNotWork,
                    "nobody can do it from here: the deployment's document does not list it",
                )
                .without(what)
                .fix(fix)
            }
        });
    }
    let route = contract.route(Read::Sensitive);
    features.push(match route.offer {
        Offer::Missing => {
            feature("show a card's number", How::DoesNotWork, "the deployment's document does not list it")
                .without("card numbers")
        }
        Offer::Assumed => feature("show a card's number", How::NotLookedAt, "no document lists it; not tried"),
        Offer::Listed | Offer::Configured => {
            feature("show a card's number", How::Works, "listed; not tried: nobody's number is read without need")
        }
    });
    features
}
