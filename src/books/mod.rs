//! The merchant's books: what each account and card held, what moved, what it holds now, and whether that is what the
//! platform says. Records in, books out, files by format; no IO, no clock.
//!
//! A balance is never made to fit. Opening and movements are added up from the rows alone, and compared with the balance
//! that the API gives; where they differ, or where something is not known, that is a problem with a sentence of its own.

pub mod beancount;
mod builder;
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

use self::builder::LedgerBuilder;
use self::pairs::{Pairs, RowKey};
use crate::domain::account::Account;
use crate::domain::card::{Card, CardStatus, LastFour};
use crate::domain::ids::{AccountId, CardId};
use crate::domain::money::{Currency, Money, exact_add};
use crate::domain::text::{PROSE, SafeText};
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

/// The account of the other half of a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterAccount {
    /// Purchases and refunds.
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
    pub row: RowKey,
    pub at: DateTime<Utc>,
    pub kind: TransactionKind,
    /// What the balance changes by.
    pub amount: Decimal,
    /// The balance after it.
    pub balance: Decimal,
    pub counter: CounterAccount,
    /// Merchant or description.
    pub text: Option<SafeText>,
    /// The other half was found by amount and time, not by an id.
    pub is_inferred: bool,
}

/// How all transactions to date compare with the balance that the platform reports now. A balance of a past day is
/// reported nowhere, so nothing else can be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BalanceCheck {
    Agrees,
    Differs {
        ours: Money,
        platform: Money,
    },
    /// Why it could not be compared.
    NotCompared(String),
}

/// What an account or card had, what moved in a period, and what it had then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub holder: Holder,
    /// The account itself, or that of the card, where it is known.
    pub account: Option<AccountId>,
    /// The account's name; of a card that of its account.
    pub name: SafeText,
    pub last_four: Option<LastFour>,
    pub currency: Currency,
    pub opening: Decimal,
    /// Oldest first.
    pub entries: Vec<Entry>,
    pub closing: Decimal,
    pub sums: Sums,
    /// Authorized and pending rows, which are in no balance yet.
    pub open: usize,
    pub check: BalanceCheck,
}

/// What moved in a period, all without a sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub into: Decimal,
    /// Without fees.
    pub out: Decimal,
    pub fees: Decimal,
}

impl Sums {
    /// With one more entry; `None` where the sum has more digits than can be held.
    fn with(mut self, entry: &Entry) -> Option<Sums> {
        let sum = match entry.counter {
            CounterAccount::Fees(_) => &mut self.fees,
            _ if entry.amount.is_sign_negative() => &mut self.out,
            _ => &mut self.into,
        };
        *sum = exact_add(*sum, entry.amount.abs())?;
        Some(self)
    }
}

impl Ledger {
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
        title(&self.holder, &self.name, self.last_four)
    }

    /// What was compared with what, and how it came out.
    pub fn check_sentence(&self) -> String {
        match &self.check {
            BalanceCheck::Agrees => "all transactions to date add up to the balance 4pay reports now".into(),
            BalanceCheck::NotCompared(why) => format!("not checked against 4pay: {why}"),
            BalanceCheck::Differs { ours, platform } => {
                let by = platform.checked_sub(ours).map_or(String::new(), |by| format!(" (difference {by})"));
                format!("all transactions to date add up to {ours}, but 4pay reports {platform} now{by}")
            }
        }
    }
}

fn title(holder: &Holder, name: &SafeText, last_four: Option<LastFour>) -> String {
    match (holder, last_four) {
        (Holder::Account(_), _) => name.to_string(),
        (Holder::Card(_), Some(four)) => format!("{name} •{four}"),
        (Holder::Card(id), None) => format!("{name} card {id}"),
    }
}

/// What is not known or does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is about; `None`: it may be about any.
    pub holder: Option<Holder>,
    /// The account that it belongs to, where that is known.
    pub account: Option<AccountId>,
    pub text: String,
}

impl Problem {
    /// Whether it may concern an account, with its cards or alone.
    fn concerns(&self, account: &AccountId, with_cards: bool) -> bool {
        match &self.holder {
            None => true,
            Some(Holder::Account(id)) => id == account,
            // A card of an unknown account may be one of this.
            Some(Holder::Card(_)) => with_cards && self.account.as_ref().is_none_or(|id| id == account),
        }
    }
}

/// All books.
#[derive(Clone, Debug, Default)]
pub struct Books {
    pub ledgers: Vec<Ledger>,
    pub problems: Vec<Problem>,
    /// Authorized and pending rows, which are in no balance yet.
    pub open: usize,
    pub pairs: Pairs,
}

impl Books {
    /// Keeps one account, with its cards or alone, and every problem that may concern it, also where that left it
    /// without a ledger.
    pub fn keep(&mut self, account: &AccountId, with_cards: bool) {
        let mut unplaced = Vec::new();
        self.ledgers.retain(|ledger| match (&ledger.holder, &ledger.account) {
            (Holder::Account(id), _) => id == account,
            (Holder::Card(_), Some(of)) => with_cards && of == account,
            (Holder::Card(_), None) => {
                unplaced.push((ledger.holder.clone(), ledger.title()));
                false
            }
        });
        self.problems.retain(|problem| problem.concerns(account, with_cards));
        for (holder, title) in unplaced.into_iter().filter(|_| with_cards) {
            let text = format!("{title}: its account is not known, so it is left out");
            self.problems.push(Problem { holder: Some(holder), account: None, text });
        }
        self.open = self.ledgers.iter().map(|ledger| ledger.open).sum();
    }

    /// The sentences of all problems.
    pub fn problem_texts(&self) -> Vec<String> {
        self.problems.iter().map(|problem| problem.text.clone()).collect()
    }

    /// Movements of which a half is booked in these ledgers and both halves are known, each counted once; and how many
    /// of them were matched by amount and time.
    pub fn matched_moves(&self) -> (usize, usize) {
        let mut moves: BTreeMap<[&RowKey; 2], bool> = BTreeMap::new();
        for entry in self.ledgers.iter().flat_map(|ledger| &ledger.entries) {
            if let Some(pair) = self.pairs.of_key(&entry.row) {
                let mut halves = [&entry.row, &pair.other];
                halves.sort();
                moves.insert(halves, pair.is_inferred);
            }
        }
        (moves.len(), moves.values().filter(|is_inferred| **is_inferred).count())
    }
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

/// Whose ledger a row belongs in.
fn holder(row: &Transaction, records: &Records<'_>, account: Option<&AccountId>) -> Option<Holder> {
    match row.feed {
        Feed::Accounts => row.account.clone().map(Holder::Account),
        Feed::Cards => match account.filter(|account| records.shared.contains(account)) {
            Some(account) => Some(Holder::Account(account.clone())),
            None => row.card.clone().map(Holder::Card),
        },
    }
}

/// All money of an account, as the platform reports it.
fn reported_of_account(account: &Account) -> Option<Money> {
    let whole = account.balance.known().copied();
    whole.or_else(|| account.available.known()?.checked_add(account.held.known()?))
}

/// Makes the books of a period.
pub fn books(records: &Records<'_>, period: &Period) -> Books {
    let pairs = pairs::pairs(records);
    let account_of: BTreeMap<&CardId, &AccountId> =
        records.cards.iter().filter_map(|card| Some((&card.id, card.account.as_ref()?))).collect();
    let accounts: BTreeMap<&AccountId, &Account> =
        records.accounts.iter().map(|account| (&account.id, account)).collect();
    let cards: BTreeMap<&CardId, &Card> = records.cards.iter().map(|card| (&card.id, card)).collect();
    let currency_of =
        |account: &Account| account.currency.or_else(|| reported_of_account(account).map(|money| money.currency()));
    let mut builders: BTreeMap<Holder, LedgerBuilder> = BTreeMap::new();
    for account in records.accounts {
        let builder = LedgerBuilder::new(Some(account.id.clone()), currency_of(account));
        builders.insert(Holder::Account(account.id.clone()), builder);
    }
    for card in records.cards {
        if !card.account.as_ref().is_some_and(|account| records.shared.contains(account)) {
            let of_account = || currency_of(accounts.get(card.account.as_ref()?)?);
            let currency = card.spendable().known().map(|money| money.currency()).or_else(of_account);
            builders.insert(Holder::Card(card.id.clone()), LedgerBuilder::new(card.account.clone(), currency));
        }
    }
    let mut books = Books::default();
    let mut unplaced = 0;
    for row in records.rows {
        books.open += usize::from(matches!(row.status, TransactionStatus::Authorized | TransactionStatus::Pending));
        let listed = || row.card.as_ref().and_then(|card| account_of.get(card).copied());
        let account = row.account.as_ref().or_else(listed);
        match holder(row, records, account) {
            Some(holder) => {
                let new = || LedgerBuilder::new(account.cloned(), None);
                let builder = builders.entry(holder).or_insert_with(new);
                builder.account = builder.account.take().or_else(|| account.cloned());
                builder.add(row, &pairs);
            }
            None => unplaced += 1,
        }
    }
    if unplaced > 0 {
        let text = format!("{unplaced} transactions name neither an account nor a card and are left out");
        books.problems.push(Problem { holder: None, account: None, text });
    }
    for (holder, builder) in builders {
        let account = match &holder {
            Holder::Account(id) => accounts.get(id),
            Holder::Card(_) => builder.account.as_ref().and_then(|id| accounts.get(id)),
        };
        let card = match &holder {
            Holder::Card(id) => cards.get(id).copied(),
            Holder::Account(_) => None,
        };
        let owner = builder.account.clone();
        let mut problem = |text: String| {
            books.problems.push(Problem { holder: Some(holder.clone()), account: owner.clone(), text });
        };
        match ledger(holder.clone(), builder, (account.copied(), card), period, &mut problem) {
            Ok(Some(ledger)) => books.ledgers.push(ledger),
            Ok(None) => {}
            Err(why) => problem(why),
        }
    }
    books.pairs = pairs;
    books
}

/// Adds up a ledger and compares it; `None` for a card that never had money.
fn ledger(
    holder: Holder,
    mut builder: LedgerBuilder,
    (account, card): (Option<&Account>, Option<&Card>),
    period: &Period,
    problem: &mut dyn FnMut(String),
) -> Result<Option<Ledger>, String> {
    let name = account.map_or_else(|| SafeText::name("unlisted"), |account| account.name.clone());
    let last_four = card.and_then(|card| card.number.last_four);
    let title = title(&holder, &name, last_four);
    let too_much = || format!("{title}: its amounts have more digits than can be added up exactly, so it is left out");
    let reported = match (&holder, card) {
        (Holder::Account(_), _) => account.and_then(reported_of_account).ok_or(NO_BALANCE.to_owned()),
        (Holder::Card(_), None) => Err(NO_BALANCE.to_owned()),
        (Holder::Card(_), Some(card)) => reported_of_card(card, &builder).ok_or_else(too_much)?,
    };
    if !matches!(holder, Holder::Account(_)) && builder.is_empty() && reported.as_ref().is_ok_and(Money::is_zero) {
        return Ok(None);
    }
    // Nothing is known of a card without balance and rows, and nothing has to be: it is not made yet, or never was.
    if !matches!(holder, Holder::Account(_)) && builder.is_empty() && reported.is_err() {
        return Ok(None);
    }
    let currency = builder.currency.or(reported.as_ref().ok().map(Money::currency));
    let currency = currency.ok_or_else(|| format!("{title}: its currency is not known, so it is left out"))?;
    for (why, count) in &builder.skipped {
        problem(format!("{title}: {count} transactions {why} are not counted"));
    }
    let is_cut = |entry: &&Entry| entry.text.as_ref().is_some_and(SafeText::is_cut);
    let cut = builder.entries.iter().filter(is_cut).count();
    if cut > 0 {
        problem(format!("{title}: {cut} descriptions are longer than {PROSE} characters and are cut"));
    }
    builder.entries.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
    let (mut opening, mut closing, mut sum, mut sums) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, Sums::default());
    let mut entries = Vec::new();
    for mut entry in builder.entries {
        sum = exact_add(sum, entry.amount).ok_or_else(too_much)?;
        if period.is_before(entry.at) {
            (opening, closing) = (sum, sum);
        } else if period.holds(entry.at) {
            sums = sums.with(&entry).ok_or_else(too_much)?;
            (closing, entry.balance) = (sum, sum);
            entries.push(entry);
        }
    }
    let ours = Money::new(sum, currency);
    let check = match reported {
        Err(why) => BalanceCheck::NotCompared(why),
        Ok(platform) if platform == ours => BalanceCheck::Agrees,
        Ok(platform) => BalanceCheck::Differs { ours, platform },
    };
    let is_closed = card.is_some_and(|card| card.status == CardStatus::Closed);
    let (account, open) = (builder.account, builder.open);
    let ledger = Ledger { holder, account, name, last_four, currency, opening, entries, closing, sums, open, check };
    match &ledger.check {
        BalanceCheck::Agrees => {}
        // A closed card has no balance any more, and nothing is on it.
        BalanceCheck::NotCompared(why) if is_closed && sum.is_zero() && why == NO_BALANCE => {}
        _ => problem(format!("{title}: {}", ledger.check_sentence())),
    }
    Ok(Some(ledger))
}

const NO_BALANCE: &str = "it reports no balance";

/// All money on a card: what can be spent, and what is held for open authorizations. `None`: too many digits to add up;
/// an error says why nothing can be compared.
fn reported_of_card(card: &Card, builder: &LedgerBuilder) -> Option<Result<Money, String>> {
    Some(match (card.available.known(), card.balance.known()) {
        // What is held is not known, and is not nothing.
        (Some(_), _) if builder.held_unknown > 0 => {
            let count = builder.held_unknown;
            Err(format!("{count} open transactions hold an amount that is not known"))
        }
        (Some(available), _) => Ok(available.checked_add(&Money::new(builder.held?, available.currency()))?),
        (None, Some(balance)) => Ok(*balance),
        (None, None) => Err(NO_BALANCE.to_owned()),
    })
}

#[cfg(test)]
mod tests;
