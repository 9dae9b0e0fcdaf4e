use rust_decimal::Decimal;

use super::*;
use crate::app::store::tests::{card, card_id, list_cards, rows, transaction};
use crate::domain::text::SafeText;
use crate::domain::transaction::{Costs, More};

fn usd(text: &str) -> Field<Money> {
    Field::Known(Money::parse(text, Currency::USD).unwrap())
}

fn declined(second: i64, reason: &str) -> Transaction {
    let more = More { decline_reason: Some(SafeText::prose(reason)), ..More::default() };
    Transaction {
        status: TransactionStatus::Declined,
        amount: usd("30.00"),
        more: Some(Box::new(more)),
        ..transaction("d", second)
    }
}

/// A card that has 25.00 now, as read at second 100, and these rows, as far back as second 0.
fn store_of(items: Vec<Transaction>) -> Store {
    let mut store = Store::default();
    let first = Transaction { kind: TransactionKind::Purchase, ..transaction("first", 0) };
    rows(&mut store, Topic::Newest(Feed::Cards), 1, [vec![first], items].concat());
    list_cards(&mut store, 100, vec![card("c0")]);
    store
}

fn had(items: Vec<Transaction>) -> Result<(String, usize), &'static str> {
    let store = store_of(items);
    let row = store.transactions.row(&declined(0, "").id).unwrap();
    had_then(&store, row).map(|had| (had.amount.digits(), had.rows))
}

#[test]
fn what_a_card_had_is_its_balance_with_what_came_since_taken_back() {
    let refund = Transaction { kind: TransactionKind::Refund, amount: usd("2.00"), ..transaction("r", 40) };
    let top_up = Transaction { kind: TransactionKind::TopUp, amount: usd("50.00"), ..transaction("t", 30) };
    let held = Transaction { status: TransactionStatus::Authorized, ..transaction("p", 20) };
    let other = Transaction { status: TransactionStatus::Canceled, ..transaction("x", 25) };
    // 25.00 − 2.00 − 50.00 + 9.99 is less than nothing: something else moved.
    let all = vec![declined(10, "insufficient_funds"), refund.clone(), top_up, held.clone(), other];
    assert_eq!(had(all), Err("balance and rows do not agree"));
    assert_eq!(had(vec![declined(10, "insufficient_funds"), refund, held]), Ok(("32.99".into(), 2)));
    let costs = |fee| Some(Box::new(Costs { fee, ..Costs::default() }));
    let fee = Transaction { costs: costs(usd("0.01")), ..transaction("p", 20) };
    assert_eq!(had(vec![declined(10, "insufficient_funds"), fee]), Ok(("35.00".into(), 1)));
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    let d = || declined(10, "insufficient_funds");
    let unreadable = Transaction { amount: Field::Unreadable, ..transaction("p", 20) };
    let odd = Transaction { kind: TransactionKind::from_wire("adjustment"), ..transaction("p", 20) };
    let pending = Transaction { status: TransactionStatus::Pending, kind: TransactionKind::Refund, ..odd.clone() };
    for row in [unreadable, odd, pending] {
        assert_eq!(had(vec![d(), row]), Err("a row since does not say what it did to the balance"));
    }
    // The balance is from second 100.
    assert_eq!(had(vec![d(), transaction("p", 101)]), Err("the balance was read before the newest row"));
    let let_go = Transaction { status: TransactionStatus::Canceled, ..transaction("x", 5) };
    assert_eq!(had(vec![d(), let_go]), Err("a row from before it was changed since"));
    let timeless = Transaction { created_at: Field::Unreadable, ..transaction("x", 5) };
    assert_eq!(had(vec![d(), timeless]), Err("a row of this card has no readable time"));
    // Rows since then are only known as far back as they were read.
    let mut store = Store::default();
    rows(&mut store, Topic::CardTransactions(card_id("c0")), 1, vec![d()]);
    list_cards(&mut store, 100, vec![card("c0")]);
    let row = store.transactions.row(&d().id).unwrap();
    assert_eq!(had_then(&store, row), Err("not all rows since are loaded"));
    assert_eq!(paid_later(&store, row), Later::NotSeen);
}

#[test]
fn paid_later_is_the_same_amount_at_the_same_merchant() {
    let later = |items: Vec<Transaction>| {
        let store = store_of(items);
        let row = store.transactions.row(&declined(0, "").id).unwrap();
        match paid_later(&store, row) {
            Later::Paid(row) => store.transactions.get(row).id.to_string(),
            other => format!("{other:?}"),
        }
    };
    let same = |id, second| Transaction { amount: usd("30.00"), ..transaction(id, second) };
    assert_eq!(later(vec![declined(10, ""), same("late", 30), same("soon", 20)]), "soon");
    assert_eq!(later(vec![declined(10, ""), same("before", 5), transaction("other", 20)]), "NotPaid");
    let elsewhere = Transaction { merchant: Some(SafeText::name("Else")), ..same("e", 20) };
    assert_eq!(later(vec![declined(10, ""), elsewhere]), "NotPaid");
    assert_eq!(later(vec![Transaction { merchant: None, ..declined(10, "") }]), "NotTold");
}

#[test]
fn the_shortfall_is_what_the_card_lacks_now() {
    let store = store_of(vec![]);
    let short = |row: &Transaction| short_now(&store, row).map(|short| short.amount());
    assert_eq!(short(&declined(10, "insufficient_funds")), Some(Decimal::from(5)));
    assert_eq!(short(&declined(10, "do_not_honor")), None);
    let small = Transaction { amount: usd("25.00"), ..declined(10, "insufficient_funds") };
    assert_eq!(short(&small), None);
    let costs = Some(Box::new(Costs { fee: usd("0.45"), ..Costs::default() }));
    assert_eq!(short(&Transaction { costs, ..small }), Some(Decimal::new(45, 2)));
}
