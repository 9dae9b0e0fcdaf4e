//! The merchant's books: what each account and card held, what moved, what it holds now, and whether that is what the
//! platform says. Records in, books out, files by format; no IO, no clock.
//!
//! A balance is never made to fit. Opening and movements are added up from the rows alone, and compared with the balance
//! that the API gives; where they differ, or where something is not known, that is a problem with a sentence of its own.

mod adding;
pub mod beancount;
pub mod camt;
pub mod hledger;
mod names;
pub mod ofx;
pub mod pairs;
pub mod table;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use self::adding::Adding;
use self::pairs::Pairs;
use crate::domain::account::Account;
use crate::domain::card::{Card, CardStatus, LastFour};
use crate::domain::ids::{AccountId, CardId};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction, TransactionKind, TransactionStatus};

/// What was read of the platform, all of it from its beginning.
#[derive(Clone, Copy, Debug)]
pub struct Records<'r> {
    pub accounts: &'r [Account],
    /// Accounts whose cards spend the account's own balance (API sheet section 2, `isUsedCardBalance`).
    pub shared: &'r BTreeSet<AccountId>,
    pub cards: &'r [Card],
    /// Of both feeds, in any order.
    pub rows: &'r [Transaction],
}

/// From a moment, up to and without another; `None` is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

impl Period {
    fn is_before(&self, at: DateTime<Utc>) -> bool {
        self.from.is_some_and(|from| at < from)
    }

    /// Whether a moment is in it.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        !self.is_before(at) && self.to.is_none_or(|to| at < to)
    }
}

/// What holds money.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    Account(AccountId),
    Card(CardId),
}

/// Where the other half of a movement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// A merchant: purchases and refunds.
    Merchants,
    /// The platform's charge, by what it is for.
    Fees(&'static str),
    /// Another account or card of this merchant.
    Moves,
    /// Money that came in from outside, or left.
    Outside,
    /// A kind that is not known; its word stands in the entry.
    Unknown,
}

/// One movement that was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The row's id; a fee that stands in a row has `-fee` behind it.
    pub id: String,
    pub at: DateTime<Utc>,
    pub kind: TransactionKind,
    /// What the balance changes by.
    pub amount: Decimal,
    pub counter: Counter,
    /// Merchant or description.
    pub text: Option<SafeText>,
    /// The other half was found by amount and time, not by an id.
    pub is_inferred: bool,
}

/// How what was added up stands against what the platform says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Agrees,
    /// All rows give one balance, the platform says another.
    Differs {
        ours: Decimal,
        platform: Decimal,
    },
    /// The platform says no balance.
    NotSaid,
}

/// The books of one account or card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purse {
    pub holder: Holder,
    /// The account's name; of a card that of its account.
    pub name: SafeText,
    pub last_four: Option<LastFour>,
    pub currency: Currency,
    pub opening: Decimal,
    /// Oldest first.
    pub entries: Vec<Entry>,
    pub closing: Decimal,
    pub standing: Standing,
}

impl Purse {
    pub fn id(&self) -> String {
        match &self.holder {
            Holder::Account(id) => id.to_string(),
            Holder::Card(id) => id.to_string(),
        }
    }

    pub fn is_account(&self) -> bool {
        matches!(self.holder, Holder::Account(_))
    }

    /// `Main`, `Main •4242`.
    pub fn title(&self) -> String {
        match (&self.holder, self.last_four) {
            (Holder::Account(_), _) => self.name.to_string(),
            (Holder::Card(_), Some(four)) => format!("{} •{four}", self.name),
            (Holder::Card(id), None) => format!("{} card {id}", self.name),
        }
    }

    /// What came in, what went out without fees, and fees, all without a sign.
    pub fn sums(&self) -> [Decimal; 3] {
        let mut sums = [Decimal::ZERO; 3];
        for entry in &self.entries {
            let at = match entry.counter {
                Counter::Fees(_) => 2,
                _ if entry.amount.is_sign_negative() => 1,
                _ => 0,
            };
            // Each is bounded by what the balance was made of, which could be held.
            sums[at] += if at == 0 { entry.amount } else { -entry.amount };
        }
        sums
    }
}

/// All books.
#[derive(Clone, Debug, Default)]
pub struct Books {
    pub purses: Vec<Purse>,
    /// What is not known or does not agree, a sentence each.
    pub problems: Vec<String>,
    /// What is open: authorized or pending rows, which are in no balance yet.
    pub open: usize,
    pub pairs: Pairs,
}

/// What a file says of itself.
pub struct About<'a> {
    pub made_at: DateTime<Utc>,
    /// The days that the books are about, both included.
    pub first: NaiveDate,
    pub last: NaiveDate,
    /// The day a moment belongs to, in the zone of the profile.
    pub day: &'a dyn Fn(DateTime<Utc>) -> NaiveDate,
}

/// A file, and what its format could not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    /// What was left out, a sentence each: the file is not whole.
    pub left_out: Vec<String>,
    /// What is in it and has to be known.
    pub notes: Vec<String>,
}

/// Which purse a row is of.
fn holder(row: &Transaction, records: &Records<'_>, account_of: &BTreeMap<&CardId, &AccountId>) -> Option<Holder> {
    let account = row.account.as_ref().or_else(|| row.card.as_ref().and_then(|card| account_of.get(card).copied()));
    match row.feed {
        Feed::Accounts => row.account.clone().map(Holder::Account),
        Feed::Cards => match account.filter(|account| records.shared.contains(account)) {
            Some(account) => Some(Holder::Account(account.clone())),
            None => row.card.clone().map(Holder::Card),
        },
    }
}

/// All money of an account, as the platform says it.
fn said_of_account(account: &Account) -> Option<Money> {
    let whole = account.balance.known().copied();
    whole.or_else(|| account.available.known()?.checked_add(account.held.known()?))
}

/// Makes the books of a period.
pub fn books(records: &Records<'_>, period: &Period) -> Books {
    let pairs = pairs::pairs(records);
    let account_of: BTreeMap<&CardId, &AccountId> =
        records.cards.iter().filter_map(|card| Some((&card.id, card.account.as_ref()?))).collect();
    let mut adding: BTreeMap<Holder, Adding> = BTreeMap::new();
    for account in records.accounts {
        let currency = account.currency.or_else(|| said_of_account(account).map(|money| money.currency()));
        adding.insert(Holder::Account(account.id.clone()), Adding::new(currency));
    }
    for card in records.cards {
        if !card.account.as_ref().is_some_and(|account| records.shared.contains(account)) {
            let currency = card.spendable().known().map(|money| money.currency());
            adding.insert(Holder::Card(card.id.clone()), Adding::new(currency));
        }
    }
    let mut books = Books::default();
    let mut homeless = 0;
    for row in records.rows {
        books.open += usize::from(matches!(row.status, TransactionStatus::Authorized | TransactionStatus::Pending));
        match holder(row, records, &account_of) {
            Some(holder) => adding.entry(holder).or_insert_with(|| Adding::new(None)).take(row, &pairs),
            None => homeless += 1,
        }
    }
    if homeless > 0 {
        books.problems.push(format!("{homeless} rows name no account or card and are in no book"));
    }
    for (holder, adding) in adding {
        // A card of which nothing is known that nothing moved on has no book.
        if matches!(holder, Holder::Card(_)) && adding.all.is_empty() && adding.lost.is_empty() {
            continue;
        }
        match purse(holder, adding, records, period, &mut books.problems) {
            Ok(purse) => books.purses.push(purse),
            Err(why) => books.problems.push(why),
        }
    }
    books.pairs = pairs;
    books
}

/// Closes a purse.
fn purse(
    holder: Holder,
    mut adding: Adding,
    records: &Records<'_>,
    period: &Period,
    problems: &mut Vec<String>,
) -> Result<Purse, String> {
    let account_id = match &holder {
        Holder::Account(id) => Some(id),
        Holder::Card(id) => records.cards.iter().find(|card| card.id == *id).and_then(|card| card.account.as_ref()),
    };
    let account = records.accounts.iter().find(|account| Some(&account.id) == account_id);
    let name = account.map(|account| account.name.clone());
    let card = match &holder {
        Holder::Card(id) => records.cards.iter().find(|card| card.id == *id),
        Holder::Account(_) => None,
    };
    let platform = match (&holder, card) {
        (Holder::Account(_), _) => account.and_then(said_of_account),
        (Holder::Card(_), None) => None,
        (Holder::Card(_), Some(card)) => said_of_card(card, adding.held),
    };
    let name = name.unwrap_or_else(|| SafeText::name("unlisted"));
    let last_four = card.and_then(|card| card.number.last_four);
    let currency = adding.currency.or(platform.map(|money| money.currency()));
    let mut purse = Purse {
        holder,
        name,
        last_four,
        currency: currency.unwrap_or(Currency::USD),
        opening: Decimal::ZERO,
        entries: Vec::new(),
        closing: Decimal::ZERO,
        standing: Standing::NotSaid,
    };
    let title = purse.title();
    let is_closed = card.is_some_and(|card| card.status == CardStatus::Closed);
    if currency.is_none() {
        return Err(format!("{title}: its currency is not known, so it has no book"));
    }
    adding.all.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
    let too_much = || format!("{title}: more digits than can be added up");
    let mut sum = Decimal::ZERO;
    for entry in adding.all {
        sum = sum.checked_add(entry.amount).ok_or_else(too_much)?;
        if period.is_before(entry.at) {
            purse.opening = sum;
        } else if period.holds(entry.at) {
            purse.entries.push(entry);
        }
    }
    purse.closing = purse
        .entries
        .iter()
        .try_fold(purse.opening, |closing, entry| closing.checked_add(entry.amount))
        .ok_or_else(too_much)?;
    for (why, count) in adding.lost {
        problems.push(format!("{title}: {count} rows {why} are not counted"));
    }
    purse.standing = match platform {
        None => Standing::NotSaid,
        Some(money) if money.currency() == purse.currency && money.amount() == sum => Standing::Agrees,
        Some(money) => Standing::Differs { ours: sum, platform: money.amount() },
    };
    match &purse.standing {
        Standing::Agrees => {}
        // A closed card has no balance any more, and nothing is on it.
        Standing::NotSaid if is_closed && sum.is_zero() => {}
        Standing::NotSaid => problems.push(format!("{title}: the platform says no balance to compare with")),
        Standing::Differs { ours, platform } => problems.push(format!(
            "{title}: all rows give {}, the platform says {}: a difference of {}",
            Money::new(*ours, purse.currency),
            Money::new(*platform, purse.currency),
            Money::new(*platform - *ours, purse.currency),
        )),
    }
    Ok(purse)
}

/// All money on a card: what can be spent, and what is held for open authorizations.
fn said_of_card(card: &Card, held: Decimal) -> Option<Money> {
    match (card.available.known(), card.balance.known()) {
        (Some(available), _) => available.checked_add(&Money::new(held, available.currency())),
        (None, balance) => balance.copied(),
    }
}
