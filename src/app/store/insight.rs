//! Numbers that are shown of one card, account or person: spend by day, declines, what a limit has left.
//!
//! Worked out of the newest rows when they are shown, and bounded: at most [`MOST_ROWS`] rows are looked at,
//! which takes about as long as drawing a frame: keep the result until a row of the list changes.
//! Says over how many rows and from when on, because rows that were not read yet are not in it. Rows that are here
//! only because they were searched for are left out: nobody knows what lies between them.
//! Knows no zone: the caller says which day a moment belongs to.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::transactions::{List, Transactions, TxRow};
use crate::app::msg::Now;
use crate::domain::field::Field;
use crate::domain::money::{Currency, Money};
use crate::domain::transaction::{Transaction, TransactionKind, TransactionStatus};

/// Days that are looked back, today included.
pub const DAYS: usize = 30;
/// Most rows that are looked at.
pub const MOST_ROWS: usize = 20_000;
/// Most declines that are listed.
pub const MOST_DECLINES: usize = 5;

/// What was spent in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    pub currency: Currency,
    /// By day, the oldest first and today last: authorized and completed purchases less refunds. `None` when
    /// the sum of the day cannot be held.
    pub days: [Option<Money>; DAYS],
    /// The sum of the days; `None` when one of them is.
    pub total: Option<Money>,
}

/// What was spent in the last 30 days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    /// In order of the newest row of each currency.
    pub by_currency: Vec<Spend>,
    /// Purchases and refunds that were counted.
    pub rows: usize,
    /// Purchases and refunds that were not, because their amount cannot be read.
    pub unreadable: usize,
    /// The oldest row that is known here, of any kind, if it is younger than 30 days: what came before it may
    /// not have been read yet.
    pub known_since: Option<DateTime<Utc>>,
    /// There are more rows than are looked at, so this is a part.
    pub cut: bool,
}

/// Declines of the last 30 days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declines {
    /// The newest of them, newest first; the reason is in the row.
    pub newest: Vec<TxRow>,
    pub declined: usize,
    /// All purchases, declined or not: what `declined` is a part of.
    pub purchases: usize,
    /// There are more rows than are looked at, so this is a part.
    pub cut: bool,
}

/// Adds up what the rows of a list spent on each of the last 30 days; `day_of` gives the day of a moment in
/// the zone that is shown.
pub fn spending(
    transactions: &Transactions,
    list: List<'_>,
    now: Now,
    day_of: impl Fn(DateTime<Utc>) -> NaiveDate,
) -> Spending {
    let today = day_of(now.wall);
    let mut all = Spending { cut: is_cut(transactions, list, now), ..Spending::default() };
    let mut reached_back = false;
    let mut seen = 0;
    for (_, row, created) in recent(transactions, list, now) {
        seen += 1;
        let Some(ago) = usize::try_from((today - day_of(created)).num_days().max(0)).ok().filter(|ago| *ago < DAYS)
        else {
            reached_back = true;
            continue;
        };
        all.known_since = Some(created);
        let Some(amount) = spent(row) else { continue };
        let Field::Known(amount) = amount else {
            all.unreadable += 1;
            continue;
        };
        all.rows += 1;
        let day = &mut spend_in(&mut all.by_currency, amount.currency()).days[DAYS - 1 - ago];
        *day = day.and_then(|sum| sum.checked_add(&amount));
    }
    // A row from before the 30 days shows that the list goes back far enough.
    let beyond = transactions.unscattered(list).nth(seen).map(|row| &transactions.get(row).created_at);
    if reached_back || beyond.is_some_and(|created| created.known().is_some()) {
        all.known_since = None;
    }
    for spend in &mut all.by_currency {
        let zero = Some(Money::zero(spend.currency));
        spend.total =
            spend.days.iter().fold(zero, |sum, day| sum.zip(*day).and_then(|(sum, day)| sum.checked_add(&day)));
    }
    all
}

/// Counts the declined purchases of the last 30 days and names the newest.
pub fn declines(transactions: &Transactions, list: List<'_>, now: Now) -> Declines {
    let mut all = Declines { cut: is_cut(transactions, list, now), ..Declines::default() };
    for (number, row, _) in recent(transactions, list, now) {
        if row.kind != TransactionKind::Purchase {
            continue;
        }
        all.purchases += 1;
        if row.status == TransactionStatus::Declined {
            all.declined += 1;
            if all.newest.len() < MOST_DECLINES {
                all.newest.push(number);
            }
        }
    }
    all
}

/// What the cards of one person did in the last 30 days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// By currency, each once: purchases that stand, less refunds. `None` when the sum cannot be held.
    pub spent: Vec<(Currency, Option<Money>)>,
    pub declined: usize,
    /// All purchases, declined or not: what `declined` is a part of.
    pub purchases: usize,
    /// Purchases and refunds whose amount cannot be read.
    pub unreadable: usize,
    /// Purchases and refunds that are added up by what was settled, because they say no amount.
    pub settled: usize,
    /// There are more rows than are looked at, so this is a part.
    pub cut: bool,
    /// Rows that were looked at.
    pub rows: usize,
}

impl Figures {
    /// What was spent in a currency, where anything was.
    pub fn spent_in(&self, currency: Currency) -> Option<Field<Money>> {
        let (_, sum) = self.spent.iter().find(|(known, _)| *known == currency)?;
        Some(sum.map_or(Field::Unreadable, Field::Known))
    }
}

/// Adds up the last 30 days of several lists.
pub fn figures<'a>(transactions: &'a Transactions, lists: impl Iterator<Item = List<'a>>, now: Now) -> Figures {
    let mut all = Figures::default();
    for list in lists {
        all.cut |= is_cut(transactions, list, now);
        for (_, row, _) in recent(transactions, list, now) {
            all.rows += 1;
            if row.kind == TransactionKind::Purchase {
                all.purchases += 1;
                all.declined += usize::from(row.status == TransactionStatus::Declined);
            }
            let Some(amount) = spent(row) else { continue };
            let Field::Known(amount) = amount else {
                all.unreadable += 1;
                continue;
            };
            all.settled += usize::from(row.amount_is_settlement());
            match all.spent.iter_mut().find(|(currency, _)| *currency == amount.currency()) {
                Some((_, sum)) => *sum = sum.and_then(|sum| sum.checked_add(&amount)),
                None => all.spent.push((amount.currency(), Some(amount))),
            }
        }
    }
    all
}

/// What purchases that stand have used of a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// `None` when the sum cannot be held.
    pub spent: Option<Money>,
    /// Purchases that were counted.
    pub rows: usize,
    /// Purchases that were not, because their amount cannot be read or is in another currency.
    pub unreadable: usize,
    /// There are more rows than are looked at, so this is a part.
    pub cut: bool,
}

/// Adds up the purchases of a card that count towards a limit, since a moment or ever and before one or until now. Refunds give nothing back:
/// whether they do is documented nowhere.
pub fn used(
    transactions: &Transactions,
    list: List<'_>,
    from: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
    currency: Currency,
) -> Used {
    let mut all = Used { spent: Some(Money::zero(currency)), ..Used::default() };
    let stands = [TransactionStatus::Authorized, TransactionStatus::Pending, TransactionStatus::Completed];
    for (at, number) in transactions.unscattered(list).enumerate() {
        let row = transactions.get(number);
        let Some(created) = row.created_at.known() else { break };
        if from.is_some_and(|from| *created < from) {
            break;
        }
        if at >= MOST_ROWS {
            all.cut = true;
            break;
        }
        let late = before.is_some_and(|before| *created >= before);
        if late || row.kind != TransactionKind::Purchase || !stands.contains(&row.status) {
            continue;
        }
        match row.amount {
            Field::Known(amount) if amount.currency() == currency => {
                all.rows += 1;
                all.spent = all.spent.and_then(|sum| sum.checked_add(&amount.abs()));
            }
            _ => all.unreadable += 1,
        }
    }
    all
}

/// The moment from which on rows are recent. It lies before the first of the days, which are counted to
/// today's midnight, in every zone.
pub fn horizon(now: Now) -> Option<DateTime<Utc>> {
    now.wall.checked_sub_signed(TimeDelta::days(DAYS as i64))
}

/// The readable rows of the last 30 days with their time, newest first, as many as are looked at.
fn recent<'a>(
    transactions: &'a Transactions,
    list: List<'a>,
    now: Now,
) -> impl Iterator<Item = (TxRow, &'a Transaction, DateTime<Utc>)> {
    let from = horizon(now);
    transactions.unscattered(list).take(MOST_ROWS).map_while(move |number| {
        let row = transactions.get(number);
        // Rows whose time cannot be read stand last.
        let created = *row.created_at.known()?;
        from.is_none_or(|from| created >= from).then_some((number, row, created))
    })
}

fn created_at(transactions: &Transactions, list: List<'_>, at: usize) -> Option<DateTime<Utc>> {
    list.get(at).and_then(|row| transactions.get(row).created_at.known().copied())
}

/// Whether there are recent rows beyond those that are looked at.
fn is_cut(transactions: &Transactions, list: List<'_>, now: Now) -> bool {
    created_at(transactions, list, MOST_ROWS).is_some_and(|created| horizon(now).is_none_or(|from| created >= from))
}

/// What a row adds to the spend: purchases that stand, and refunds with a minus; `None` for all others.
fn spent(row: &Transaction) -> Option<Field<Money>> {
    if !matches!(row.status, TransactionStatus::Authorized | TransactionStatus::Completed) {
        return None;
    }
    match row.kind {
        TransactionKind::Purchase => Some(row.amount.map(|amount| amount.abs())),
        TransactionKind::Refund => Some(row.amount.map(|amount| amount.abs().negated())),
        _ => None,
    }
}

fn spend_in(all: &mut Vec<Spend>, currency: Currency) -> &mut Spend {
    let at = all.iter().position(|spend| spend.currency == currency).unwrap_or(all.len());
    if at == all.len() {
        all.push(Spend { currency, days: [Some(Money::zero(currency)); DAYS], total: None });
    }
    &mut all[at]
}
