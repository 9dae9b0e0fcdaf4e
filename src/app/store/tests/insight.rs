//! Spend by day, and declines.

use super::*;
use crate::app::store::insight::{DAYS, MOST_DECLINES, declines, spending};

const DAY: i64 = 86_400;

fn store_of(items: Vec<Transaction>) -> Store {
    let mut store = Store::default();
    rows(&mut store, Topic::History(Feed::Cards), 1, items);
    store
}

#[test]
fn spend_is_purchases_less_refunds_by_day_and_currency() {
    let today = 100 * DAY;
    let euro = Field::Known(Money::parse("3.00", Currency::EUR).unwrap());
    let store = store_of(vec![
        transaction("t1", today),
        Transaction { status: TransactionStatus::Authorized, ..transaction("t2", today - 10) },
        Transaction { kind: TransactionKind::Refund, amount: usd("4.98"), ..transaction("t3", today - DAY) },
        Transaction { status: TransactionStatus::Declined, ..transaction("t4", today) },
        Transaction { status: TransactionStatus::Pending, ..transaction("t5", today) },
        Transaction { kind: TransactionKind::TopUp, ..transaction("t6", today) },
        Transaction { amount: Field::Unreadable, ..transaction("t7", today) },
        Transaction { amount: euro, ..transaction("t8", today - 2 * DAY) },
    ]);
    let moment = Now { wall: wall(today), up: Duration::ZERO };
    let list = store.transactions.newest(&Scope::Card(card_id("c0")));
    let found = spending(&store.transactions, list, moment, |at| at.date_naive());
    assert_eq!((found.rows, found.unreadable, found.cut), (4, 1, false));
    assert_eq!(found.known_since, Some(wall(today - 2 * DAY)));
    let dollars = &found.by_currency[0];
    assert_eq!(dollars.total, usd("15.00").known().copied());
    assert_eq!(dollars.days[DAYS - 1], usd("19.98").known().copied());
    assert_eq!(dollars.days[DAYS - 2], usd("-4.98").known().copied());
    assert_eq!(found.by_currency[1].total, euro.known().copied());
    assert_eq!(found.by_currency[1].days[DAYS - 3], euro.known().copied());
}

#[test]
fn a_row_from_before_shows_that_all_days_are_known() {
    let today = 100 * DAY;
    let moment = Now { wall: wall(today), up: Duration::ZERO };
    for before in [29 * DAY + 43_200, 40 * DAY] {
        let store = store_of(vec![transaction("t1", today), transaction("t0", today - before)]);
        let list = store.transactions.newest(&Scope::All);
        let found = spending(&store.transactions, list, moment, |at| at.date_naive());
        assert_eq!((found.known_since, found.rows), (None, 1), "{before}");
    }
}

#[test]
fn declines_are_counted_against_purchases_and_the_newest_named() {
    let today = 100 * DAY;
    let moment = Now { wall: wall(today), up: Duration::ZERO };
    let mut items: Vec<Transaction> = (0..8)
        .map(|number| Transaction {
            status: TransactionStatus::Declined,
            ..transaction(&format!("d{number}"), today - number)
        })
        .collect();
    items.push(transaction("t0", today));
    items.push(Transaction { kind: TransactionKind::Fee, ..transaction("t1", today) });
    items.push(Transaction { status: TransactionStatus::Declined, ..transaction("old", today - 31 * DAY) });
    let store = store_of(items);
    let found = declines(&store.transactions, store.transactions.newest(&Scope::All), moment);
    assert_eq!((found.declined, found.purchases, found.newest.len()), (8, 9, MOST_DECLINES));
    assert_eq!(store.transactions.get(found.newest[0]).id.to_string(), "d0");
}
