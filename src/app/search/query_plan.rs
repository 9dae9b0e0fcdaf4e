//! What of a list and its filter the feeds are asked for: one leg for each feed, card or account.
//!
//! A leg may bring too much, never too little: what the API cannot tell apart is looked at here.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{FEEDS, Feed, is_reading_on};
use crate::app::filter::{Field, Moment, OfAccount, OfCard, Query, Record, Term, Test};
use crate::app::msg::Sought;
use crate::app::store::{Scope, Store};
use crate::app::ui::describe::kind_word;
use crate::domain::ids::{AccountId, CardId};
use crate::domain::transaction::{TransactionKind, TransactionStatus};

/// Most cards, or accounts, that are asked for one by one; beyond it the whole feed is looked through.
const SINGLY: usize = 12;

/// One list that is read back, page after page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FeedCursor {
    /// The next page.
    pub asks: Sought,
    /// The oldest row that came, at first where what is loaded ends.
    pub reached: DateTime<Utc>,
    pub done: bool,
}

impl FeedCursor {
    /// Asks for everything, from the beginning. Whether it was narrowed by anything the API may not take.
    pub fn widen(&mut self) -> bool {
        let asks = &mut self.asks;
        // Cards can be asked for by the documentation; whether their feed takes an account is not said.
        let account = asks.account.is_some() && asks.feed == Feed::Cards;
        let narrowed = account || !asks.kinds.is_empty() || !asks.statuses.is_empty();
        if narrowed {
            asks.account.take_if(|_| account);
            asks.kinds.clear();
            asks.statuses.clear();
            asks.offset = 0;
            self.reached = asks.to;
        }
        narrowed
    }
}

/// Whether a feed has rows before those that were loaded, as far as is known.
pub(crate) fn goes_on(store: &Store, feed: Feed) -> bool {
    store.goes_on(feed)
}

/// What is to be asked for. The error says why nothing is, in words that follow the name of the action.
pub(crate) fn legs(store: &Store, scope: &Scope, query: &Query) -> Result<Vec<FeedCursor>, String> {
    let cards = cards(store, scope, query);
    let accounts = accounts(store, scope, query);
    if cards.as_ref().is_some_and(Vec::is_empty) || accounts.as_ref().is_some_and(Vec::is_empty) {
        return Err("no card and no account here is one that the filter asks for".into());
    }
    // Rows of cards come by the feed of cards alone.
    let feeds: &[Feed] = if cards.is_some() { &[Feed::Cards] } else { &FEEDS };
    let cards = cards.filter(|cards| cards.len() <= SINGLY);
    let accounts = accounts.filter(|accounts| accounts.len() <= SINGLY);
    let (from, before) = (since(query), before(query));
    let (kinds, statuses) = (kinds(query), statuses(query));
    if kinds.as_ref().is_some_and(Vec::is_empty) || statuses.as_ref().is_some_and(Vec::is_empty) {
        return Err("no transaction can be all that the filter asks for".into());
    }
    let mut legs = Vec::new();
    for feed in feeds.iter().copied().filter(|feed| goes_on(store, *feed)) {
        let Some(read_to) = store.transactions.read_to(feed) else { continue };
        // Whether the end counts itself, and to which part of a second, is not said: it overlaps a little.
        let to = read_to.checked_add_signed(TimeDelta::seconds(1)).unwrap_or(read_to);
        let to = before.map_or(to, |before| before.min(to));
        if from.is_some_and(|from| from > to) {
            continue;
        }
        let whole = is_reading_on(scope, query);
        let asks = Sought {
            feed,
            card: None,
            account: None,
            kinds: kinds.clone().unwrap_or_default(),
            statuses: statuses.clone().unwrap_or_default(),
            from,
            to,
            offset: 0,
            whole,
        };
        let mut leg = |asks| legs.push(FeedCursor { asks, reached: to, done: false });
        match (&cards, &accounts) {
            (Some(cards), _) => {
                cards.iter().for_each(|card| leg(Sought { card: Some(card.clone()), ..asks.clone() }));
            }
            (None, Some(accounts)) => {
                accounts.iter().for_each(|account| leg(Sought { account: Some(account.clone()), ..asks.clone() }));
            }
            (None, None) => leg(asks),
        }
    }
    if legs.is_empty() {
        return Err("everything that the filter asks for is loaded".into());
    }
    Ok(legs)
}

fn wanted(query: &Query) -> impl Iterator<Item = &Term> {
    query.terms.iter().filter(|term| !term.not)
}

/// The cards that a row must be of one of; `None` when it may be of any, or of none.
fn cards(store: &Store, scope: &Scope, query: &Query) -> Option<Vec<CardId>> {
    let of_cards = |term: &&Term| matches!(term.test, Test::Text(Field::LastFour | Field::Holder | Field::Name, _));
    let terms: Vec<&Test> = wanted(query).filter(of_cards).map(|term| &term.test).collect();
    let rows = match scope {
        Scope::Card(id) => return Some(vec![id.clone()]),
        Scope::Holder(holder) => store.cards.of_holder(holder),
        Scope::Account(account) if !terms.is_empty() => store.cards.of(Some(account)),
        Scope::All if !terms.is_empty() => store.cards.of(None),
        Scope::All | Scope::Account(_) => return None,
    };
    let cards = rows.iter().map(|row| store.cards.get(*row));
    let fits = |card: &&_| terms.iter().all(|test| query.holds(test, &OfCard(store, card)));
    Some(cards.filter(fits).map(|card| card.id.clone()).collect())
}

/// The accounts that a row must be of one of.
fn accounts(store: &Store, scope: &Scope, query: &Query) -> Option<Vec<AccountId>> {
    let of_accounts = |term: &&Term| matches!(term.test, Test::Text(Field::Account, _));
    let mut names = wanted(query).filter(of_accounts).filter_map(|term| match &term.test {
        Test::Text(_, name) => Some(Test::Text(Field::Name, name.clone())),
        _ => None,
    });
    let names: Vec<Test> = names.by_ref().collect();
    let one = match scope {
        Scope::Account(id) => Some(id),
        _ => None,
    };
    if names.is_empty() && one.is_none() {
        return None;
    }
    let all = store.accounts.value.iter().filter(|account| one.is_none_or(|one| account.id == *one));
    let fits = |account: &&_| names.iter().all(|name| query.holds(name, &OfAccount(account)));
    Some(all.filter(fits).map(|account| account.id.clone()).collect())
}

/// The kinds that are asked for, by the words the API has for them; `None` is any.
fn kinds(query: &Query) -> Option<Vec<TransactionKind>> {
    let words = |kind: &TransactionKind| vec![kind.as_str().to_owned(), kind_word(kind).to_owned()];
    known(query, Field::Kind, TransactionKind::KNOWN, words)
}

fn statuses(query: &Query) -> Option<Vec<TransactionStatus>> {
    known(query, Field::Status, TransactionStatus::KNOWN, |status| vec![status.as_str().to_owned()])
}

/// Those known words of a field that everything asked of it allows.
fn known<T: Clone>(query: &Query, field: Field, all: &[T], words: impl Fn(&T) -> Vec<String>) -> Option<Vec<T>> {
    let asks = |term: &&Term| matches!(&term.test, Test::Text(of, _) if *of == field);
    let terms: Vec<&Term> = wanted(query).filter(asks).collect();
    let fits = |one: &&T| terms.iter().all(|term| query.holds(&term.test, &Word(words(one))));
    (!terms.is_empty()).then(|| all.iter().filter(fits).cloned().collect())
}

/// The moment before which nothing fits, or a little earlier. A day begins within a day of that of UTC.
pub(crate) fn since(query: &Query) -> Option<DateTime<Utc>> {
    let moments = wanted(query).filter_map(|term| match term.test {
        Test::Since(Moment::At(at)) => at.checked_sub_signed(TimeDelta::seconds(1)),
        Test::Since(Moment::Day(day)) | Test::Days(day, _) => day.checked_sub_days(Days::new(1)).map(begin),
        _ => None,
    });
    moments.max()
}

/// The moment after which nothing fits, or a little later.
pub(crate) fn before(query: &Query) -> Option<DateTime<Utc>> {
    let moments = wanted(query).filter_map(|term| match term.test {
        Test::Before(Moment::At(at)) => at.checked_add_signed(TimeDelta::seconds(1)),
        Test::Before(Moment::Day(day)) => day.checked_add_days(Days::new(1)).map(begin),
        Test::Days(_, last) => last.checked_add_days(Days::new(2)).map(begin),
        _ => None,
    });
    moments.min()
}

fn begin(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// A record that is nothing but the words of a field.
struct Word(Vec<String>);

impl Record for Word {
    fn any_text(&self, is: &mut dyn FnMut(&str) -> bool) -> bool {
        self.0.iter().any(|word| is(word))
    }

    fn has_id(&self, _: &str) -> bool {
        false
    }

    fn text(&self, _: Field, is: &mut dyn FnMut(&str) -> bool) -> bool {
        self.0.iter().any(|word| is(word))
    }

    fn amount(&self) -> Option<Decimal> {
        None
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        None
    }
}
