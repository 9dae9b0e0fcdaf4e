//! Amounts that go on beyond their currency's scale, and settlements that stand in for amounts: cut, marked, never
//! taken for another.

use fourpay::app::Model;
use fourpay::app::msg::{Answer, Topic};
use fourpay::domain::account::Account;
use fourpay::domain::card::Card;
use fourpay::domain::field::Field;
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::transaction::{Costs, Feed, More, Transaction, TransactionStatus};
use ratatui::buffer::Buffer;
use ratatui::style::Modifier;
use rust_decimal::Decimal;

use crate::fixture::*;

fn exact(text: &str) -> Money {
    Money::new(text.parse::<Decimal>().unwrap(), Currency::USD)
}

/// One account and cards with these amounts.
fn with(amounts: &[&str], size: (u16, u16)) -> Model {
    let mut model = Model::new(setup(), size, at(0));
    let accounts = amounts.iter().enumerate().map(|(n, amount)| Account {
        available: Field::Known(exact(amount)),
        ..account(n, &format!("Purse {n}"), usd(0), 1)
    });
    answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts.collect())));
    let cards = amounts.iter().enumerate().map(|(n, amount)| Card {
        account: Some(account_id(0)),
        available: Field::Known(exact(amount)),
        balance: Field::Known(exact(amount)),
        ..card(n + 40)
    });
    answer(&mut model, at(1), Topic::Cards(account_id(0)), 2, Answer::Cards(batch(cards.collect())));
    model
}

/// The marks on a picture, each with the sign before it and whether it is fainter than that.
fn marks(buffer: &Buffer) -> Vec<(u16, bool)> {
    let area = buffer.area;
    let mut found = Vec::new();
    for y in area.top()..area.bottom() {
        for x in area.left() + 1..area.right() {
            let (mark, before) = (&buffer[(x, y)], &buffer[(x - 1, y)]);
            if mark.symbol() == "…" && before.symbol().bytes().all(|byte| byte.is_ascii_digit()) {
                let is_faint = mark.modifier.contains(Modifier::DIM) || mark.fg != before.fg;
                found.push((y, is_faint));
            }
        }
    }
    found
}

#[test]
fn cut_digits_leave_a_faint_mark_in_lists_header_and_strip() {
    for size in [(160, 48), (120, 40), (100, 30), (80, 24), (60, 16)] {
        let mut model = with(&["1218.335096417", "10.50"], size);
        press(&mut model, at(2), "3");
        let buffer = draw(&model, at(2), size);
        let shown = lines(&buffer).join("\n");
        // In the header, in pane 1 or its strip, in pane 2: cut, and no digit more.
        assert!(shown.lines().next().unwrap().contains("1,228.83…"), "{size:?}\n{shown}");
        assert!(shown.matches("1,218.33…").count() >= 2, "{size:?}\n{shown}");
        assert!(!shown.contains("1,218.335") && !shown.contains("1,218.34"), "{size:?}\n{shown}");
        // What ends there has no mark.
        assert!(shown.contains("10.50") && !shown.contains("10.50…"), "{size:?}\n{shown}");
        let marks = marks(&buffer);
        assert!(marks.iter().any(|(y, _)| *y == 0) && marks.len() >= 3, "{size:?} {marks:?}\n{shown}");
        // The row under the cursor is drawn in one style, whichever it is.
        let plain = marks.iter().filter(|(_, faint)| !faint).count();
        assert!(plain <= 1, "{size:?}: {plain} of {} marks are as bright as the digits\n{shown}", marks.len());
        assert!(marks.iter().any(|(y, faint)| *y == 0 && *faint), "the header's: {size:?}");
    }
}

#[test]
fn what_is_below_the_scale_is_not_nothing_and_negative_amounts_are_cut_towards_zero() {
    let size = (160, 48);
    let model = with(&["0.004", "-2.999", "0", "2.999999999"], size);
    let shown = lines(&draw(&model, at(2), size)).join("\n");
    let row = |of: &str| shown.lines().find(|line| line.contains(of)).unwrap_or_else(|| panic!("{of}:\n{shown}"));
    let first = |line: &str| line.chars().take(38).collect::<String>();
    assert!(first(row("Purse 0")).contains("0.00…"), "{shown}");
    assert!(first(row("Purse 1")).contains("−2.99…"), "{shown}");
    assert!(first(row("Purse 2")).contains("0.00") && !first(row("Purse 2")).contains('…'), "{shown}");
    assert!(first(row("Purse 3")).contains("2.99…"), "nothing is rounded up\n{shown}");
    // Sums add exactly and are cut last: 0.003999999, which no sum of the cut ones is.
    assert!(shown.lines().next().unwrap().contains("USD 0.00…"), "{shown}");
    // Details show every digit.
    let mut model = with(&["1218.335096417"], size);
    press(&mut model, at(2), "1j");
    assert!(lines(&draw(&model, at(2), size)).join("\n").contains("1,218.335096417"));
}

#[test]
fn a_settlement_that_stands_in_for_an_amount_is_marked_sorted_and_found() {
    let row = |n: usize, cents: i64, stands_in: bool| Transaction {
        feed: Feed::Accounts,
        account: Some(account_id(0)),
        card: None,
        amount: Field::Known(usd(cents)),
        costs: Some(Box::new(Costs { fee: Field::Absent, settlement: Field::Known(usd(cents)), stands_in })),
        status: TransactionStatus::Completed,
        more: Some(Box::new(More::default())),
        ..transaction(n)
    };
    for size in [(160, 48), (100, 30), (80, 24)] {
        let mut model = with(&["5"], size);
        let rows = vec![row(1, 12_345, true), row(2, 50_000, false), row(3, 70, true)];
        answer(&mut model, at(1), Topic::Newest(Feed::Accounts), 3, Answer::Transactions(batch(rows)));
        press(&mut model, at(2), "3z");
        let shown = lines(&draw(&model, at(2), size)).join("\n");
        let line = |digits: &str| shown.lines().find(|line| line.contains(digits)).unwrap().to_owned();
        assert!(line("123.45").contains("≈") && line("0.70").contains("≈"), "{size:?}\n{shown}");
        assert!(!line("500.00").contains("≈"), "{size:?}\n{shown}");
        press(&mut model, at(2), "/amount:>100<Enter>");
        let shown = lines(&draw(&model, at(2), size)).join("\n");
        assert!(shown.contains("123.45") && shown.contains("500.00") && !shown.contains("0.70"), "{size:?}\n{shown}");
        // Its details say what it is.
        press(&mut model, at(2), "<Esc><Esc>");
    }
    // On a terminal of ASCII the marks are others, and stay marks.
    let ascii = fourpay::app::ascii::plain_text("≈ 123.45 1,218.33…");
    assert_eq!(ascii, "~ 123.45 1,218.33.");
}
