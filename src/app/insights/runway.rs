//! How long the money of an account lasts, by the median of the days before today.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::ledger::{AccountDays, Taken};
use crate::domain::money::Money;

/// Days before today that are looked back.
pub const BACK: u64 = 30;
/// Fewer days say nothing.
pub const LEAST: usize = 7;

/// What is known of the days of an account. Inferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runway {
    /// It lasts so many whole days at the median day of the sample.
    Lasts { days: u64, daily: Money, sample: usize },
    /// On most days of the sample nothing was taken: days do not say how long it lasts.
    Seldom { taken: usize, sample: usize },
    /// Too few whole days are known.
    Short { sample: usize },
    /// Amounts of the sample are not known or are in another currency, or it is not known whether purchases take them.
    Unknown,
}

/// The runway of what an account has. `since`: the first day of which every row is here. `shared`: its cards spend its
/// balance; `None` while that is not known.
pub fn of(has: Money, days: Option<&AccountDays>, shared: Option<bool>, today: NaiveDate, since: NaiveDate) -> Runway {
    let first = today.checked_sub_days(Days::new(BACK)).unwrap_or(today).max(since);
    let sample: Vec<NaiveDate> = first.iter_days().take_while(|day| *day < today).collect();
    if sample.len() < LEAST {
        return Runway::Short { sample: sample.len() };
    }
    let gave = |by: &BTreeMap<NaiveDate, Taken>| sample.iter().any(|day| by.get(day).is_some_and(Taken::is_any));
    // Nothing but purchases: whether they took it from here is not known.
    if shared.is_none() && days.is_some_and(|days| gave(&days.cards) && !gave(&days.own)) {
        return Runway::Unknown;
    }
    let shared = shared.unwrap_or(false);
    let mut daily = Vec::with_capacity(sample.len());
    for day in &sample {
        let own = days.and_then(|days| days.own.get(day));
        let cards = days.filter(|_| shared).and_then(|days| days.cards.get(day));
        match [own, cards]
            .into_iter()
            .flatten()
            .try_fold(Decimal::ZERO, |sum, taken| sum.checked_add(of_day(taken, has)?))
        {
            Some(sum) => daily.push(sum),
            None => return Runway::Unknown,
        }
    }
    daily.sort_unstable();
    let taken = daily.iter().filter(|sum| !sum.is_zero()).count();
    let median = daily[daily.len() / 2];
    if median.is_zero() {
        return Runway::Seldom { taken, sample: daily.len() };
    }
    let days = has.amount().max(Decimal::ZERO).checked_div(median).and_then(|days| days.floor().to_u64());
    match days {
        Some(days) => Runway::Lasts { days, daily: Money::new(median, has.currency()), sample: daily.len() },
        None => Runway::Unknown,
    }
}

fn of_day(taken: &Taken, has: Money) -> Option<Decimal> {
    if taken.unknown > 0 {
        return None;
    }
    let mut parts = taken.sums.iter().filter(|(_, part)| part.rows > 0);
    parts.try_fold(Decimal::ZERO, |sum, (currency, part)| match *currency == has.currency() {
        true => sum.checked_add(part.sum()?),
        false => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::insights::ledger::Ledger;
    use crate::app::store::tests::transaction;
    use crate::domain::field::Field;
    use crate::domain::money::Currency;
    use crate::domain::settings::Zone;
    use crate::domain::transaction::{Feed, Transaction, TransactionKind};

    fn usd(amount: i64) -> Money {
        Money::new(Decimal::from(amount), Currency::USD)
    }

    /// The account that gives these amounts on the days before today, the last day first.
    fn runway(amounts: &[Option<i64>], has: i64, since: u64) -> Runway {
        let mut ledger = Ledger::default();
        let noon = chrono::DateTime::from_timestamp(1_770_033_600, 0).unwrap();
        let today = noon.date_naive();
        for (ago, amount) in amounts.iter().enumerate() {
            let at = noon - chrono::TimeDelta::days(ago as i64 + 1);
            let amount = amount.map_or(Field::Unreadable, |amount| Field::Known(usd(amount)));
            let row = Transaction {
                feed: Feed::Accounts,
                kind: TransactionKind::Withdrawal,
                card: None,
                amount,
                created_at: Field::Known(at),
                ..transaction(&format!("t{ago}"), 0)
            };
            ledger.add(&row, &Zone::Utc);
        }
        let id = transaction("t", 0).account.unwrap();
        of(usd(has), ledger.account(&id), Some(false), today, today.checked_sub_days(Days::new(since)).unwrap())
    }

    #[test]
    fn it_is_what_there_is_over_the_median_day() {
        let days = [10, 1, 30, 20, 40].map(Some);
        // Two of seven days took nothing: 0 0 1 10 20 30 40.
        assert_eq!(runway(&days, 105, 7), Runway::Lasts { days: 10, daily: usd(10), sample: 7 });
        // One large day does not shorten it.
        let days = [10, 10, 10, 10, 10, 10, 9_000].map(Some);
        assert_eq!(runway(&days, 100, 7), Runway::Lasts { days: 10, daily: usd(10), sample: 7 });
    }

    #[test]
    fn too_few_days_and_what_is_not_known_say_nothing() {
        assert_eq!(runway(&[Some(10); 6], 100, 6), Runway::Short { sample: 6 });
        assert_eq!(runway(&[Some(10), Some(5)], 100, 30), Runway::Seldom { taken: 2, sample: 30 });
        assert_eq!(runway(&[Some(10), None, Some(10)], 100, 7), Runway::Unknown);
    }
}
