//! How long a picture and a key take with 100,000 cards and 1,000,000 transactions loaded, at 160x48.
//!
//! `cargo bench --bench draw`

#[path = "../tests/fixture/mod.rs"]
mod fixture;

use std::cell::RefCell;

use chrono::TimeDelta;
use fixture::{
    account_id, accounts, answer, at, batch, card, card_id, key, mix, setup, transaction, transaction_id, wall,
};
use fourpay::app::msg::{Answer, KeyCode, Msg, Topic};

use fourpay::app::{Model, update, view};
use fourpay::domain::field::Field;
use fourpay::domain::transaction::{Feed, Transaction};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const SIZE: (u16, u16) = (160, 48);
const CARDS: usize = 100_000;
const TRANSACTIONS: usize = 1_000_000;

fn main() {
    divan::main();
}

/// Transaction `n` of very many, seven seconds older than the one before.
fn row(n: usize) -> Transaction {
    let created_at = Field::Known(wall() - TimeDelta::seconds(7 * n as i64));
    let card = Some(card_id(mix(n) % CARDS));
    Transaction { id: transaction_id(n), card, created_at, ..transaction(n % 900) }
}

fn full() -> Model {
    let mut model = Model::new(fourpay::app::msg::Setup { history: TRANSACTIONS, ..setup() }, SIZE, at(0));
    answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts())));
    for page in 0..CARDS / 1000 {
        let cards = (page * 1000..(page + 1) * 1000).map(card).collect();
        answer(&mut model, at(1), Topic::Cards(account_id(page % 4)), 2, Answer::Cards(batch(cards)));
    }
    for page in 0..TRANSACTIONS / 1000 {
        let rows = (page * 1000..(page + 1) * 1000).map(row).collect();
        answer(&mut model, at(1), Topic::History(Feed::Cards), 3, Answer::Transactions(batch(rows)));
    }
    answer(&mut model, at(1), Topic::Newest(Feed::Cards), 4, Answer::Transactions(batch(vec![])));
    answer(&mut model, at(1), Topic::Newest(Feed::Accounts), 4, Answer::Transactions(batch(vec![])));
    model
}

thread_local! {
    static MODEL: RefCell<Model> = RefCell::new(full());
}

#[divan::bench]
fn draw(bencher: divan::Bencher) {
    MODEL.with_borrow(|model| {
        let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
        bencher.bench_local(|| {
            terminal.draw(|frame| view(model, at(2), frame)).unwrap();
        });
    });
}

fn key_in(bencher: divan::Bencher, pane: &str, code: KeyCode) {
    MODEL.with_borrow_mut(|model| {
        fixture::press(model, at(2), pane);
        bencher.bench_local(|| update(model, at(3), key(code)));
        fixture::press(model, at(2), "g");
    });
}

#[divan::bench]
fn key_down_in_cards(bencher: divan::Bencher) {
    key_in(bencher, "2", KeyCode::Down);
}

#[divan::bench]
fn key_down_in_transactions(bencher: divan::Bencher) {
    key_in(bencher, "3", KeyCode::Down);
}

#[divan::bench]
fn key_page_down_in_transactions(bencher: divan::Bencher) {
    key_in(bencher, "3", KeyCode::PageDown);
}

/// All rows are sorted by another column: 1 type, 2 merchant, 3 amount, 4 status, 5 card, 6 account.
#[divan::bench(args = [1, 2, 3, 4, 5, 6], sample_count = 10, sample_size = 1)]
fn key_sort_transactions(bencher: divan::Bencher, column: usize) {
    let press = |script: &str| MODEL.with_borrow_mut(|model| drop(fixture::press(model, at(2), script)));
    let all = 7;
    press(&format!("3{}", "s".repeat(column)));
    bencher.with_inputs(|| press(&"s".repeat(all - 1))).bench_local_values(|()| {
        MODEL.with_borrow_mut(|model| update(model, at(3), key(KeyCode::Char('s'))));
    });
    press(&"s".repeat(all - column));
}

/// One letter more in a filter of which `before` is typed.
fn letter(bencher: divan::Bencher, pane: &str, before: &str, letter: char) {
    let press = |script: &str| MODEL.with_borrow_mut(|model| drop(fixture::press(model, at(2), script)));
    press(&format!("{pane}/{before}{letter}"));
    bencher.with_inputs(|| press("<Backspace>")).bench_local_values(|()| {
        MODEL.with_borrow_mut(|model| update(model, at(3), key(KeyCode::Char(letter))));
    });
    press("<Esc>");
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn filter_cards_first_letter(bencher: divan::Bencher) {
    letter(bencher, "2", "", '4');
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn filter_cards_fourth_letter(bencher: divan::Bencher) {
    letter(bencher, "2", "424", '2');
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn filter_transactions_first_letter(bencher: divan::Bencher) {
    letter(bencher, "3", "", 'm');
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn filter_transactions_fourth_letter(bencher: divan::Bencher) {
    letter(bencher, "3", "met", 'a');
}

/// Nothing is as typed any more.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn filter_transactions_second_letter_of_nothing(bencher: divan::Bencher) {
    letter(bencher, "3", "m", 'd');
}

/// The same and its way back, while all are sorted by another column: 3 amount, 5 card.
#[divan::bench(args = [3, 5], sample_count = 20, sample_size = 1)]
fn filter_sorted_transactions(bencher: divan::Bencher, column: usize) {
    let press = |script: &str| MODEL.with_borrow_mut(|model| drop(fixture::press(model, at(2), script)));
    press(&format!("3{}", "s".repeat(column)));
    letter(bencher, "3", "", 'm');
    press(&"s".repeat(7 - column));
}

#[divan::bench(args = [3, 5], sample_count = 20, sample_size = 1)]
fn filter_sorted_transactions_taken_back(bencher: divan::Bencher, column: usize) {
    let press = |script: &str| MODEL.with_borrow_mut(|model| drop(fixture::press(model, at(2), script)));
    press(&format!("3{}/", "s".repeat(column)));
    bencher.with_inputs(|| press("m")).bench_local_values(|()| {
        MODEL.with_borrow_mut(|model| update(model, at(3), key(KeyCode::Backspace)));
    });
    press(&format!("<Esc>{}", "s".repeat(7 - column)));
}

/// The turn after it: all rows are asked for the letters in their order.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn filter_transactions_by_letters(bencher: divan::Bencher) {
    let press = |script: &str| MODEL.with_borrow_mut(|model| drop(fixture::press(model, at(2), script)));
    press("3/m");
    bencher.with_inputs(|| press("<Backspace>md")).bench_local_values(|()| {
        MODEL.with_borrow_mut(|model| assert!(update(model, at(3), Msg::Woke).redraw));
    });
    press("<Esc>");
}

/// Nothing is as typed from the first letter on.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn filter_transactions_first_letter_of_nothing(bencher: divan::Bencher) {
    letter(bencher, "3", "", '%');
}

/// From here on ids are asked too: a word that no id can hold, and one that any may.
#[divan::bench(args = ["metropol", "deadbeef"], sample_count = 30, sample_size = 1)]
fn filter_transactions_eighth_letter(bencher: divan::Bencher, word: &str) {
    let (before, last) = word.split_at(word.len() - 1);
    letter(bencher, "3", before, last.chars().next().unwrap());
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn filter_transactions_by_field(bencher: divan::Bencher) {
    letter(bencher, "3", "amount:>10", '0');
}

/// The yardstick: merchants of all rows that hold a text, and nothing else.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn filter_floor_plain_substring(bencher: divan::Bencher) {
    MODEL.with_borrow(|model| {
        let rows = &model.store().transactions;
        bencher.bench_local(|| {
            let all = rows.newest(&fourpay::app::store::Scope::All).iter();
            let found = |row: &fourpay::app::store::TxRow| {
                rows.get(*row).merchant.as_ref().is_some_and(|text| fourpay::app::filter::contains(text.as_str(), "m"))
            };
            all.filter(found).collect::<Vec<_>>()
        });
    });
}

/// Twenty arrivals while the list is sorted by amount.
#[divan::bench(sample_count = 20)]
fn twenty_arrivals_into_a_sorted_list(bencher: divan::Bencher) {
    MODEL.with_borrow_mut(|model| {
        while !matches!(model.transaction_rows(), fourpay::app::panes::transactions::Shown::Sorted(..)) {
            fixture::press(model, at(2), "3s");
        }
        let mut next = TRANSACTIONS;
        bencher.bench_local(|| {
            let rows = (next..next + 20).map(row).collect();
            next += 20;
            answer(model, at(4), Topic::Newest(Feed::Cards), next as u64, Answer::Transactions(batch(rows)))
        });
    });
}
