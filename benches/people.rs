//! Pane 4 with 100,000 people, a card each and 1,000,000 transactions: what a key that sorts or filters them takes.
//!
//! `cargo bench --bench people`. Figures are added up in parts first; the slowest of them is printed, because a key
//! waits for at most one.

#![allow(clippy::disallowed_methods, reason = "a bench measures time")]

#[path = "../tests/fixture/mod.rs"]
mod fixture;

use std::cell::RefCell;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use fixture::{account_id, accounts, answer, at, batch, card, card_id, holders, key, mix, setup, transaction, wall};
use fourpay::app::msg::{Answer, KeyCode, Msg, Topic};

use fourpay::app::{Model, update};
use fourpay::domain::cardholder::Cardholder;
use fourpay::domain::field::Field;
use fourpay::domain::ids::HolderId;
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::{Feed, Transaction};

const SIZE: (u16, u16) = (160, 48);
const PEOPLE: usize = 100_000;
const TRANSACTIONS: usize = 1_000_000;
/// What `s` goes through: name, e-mail, phone, cards, spent, declined.
const COLUMNS: usize = 6;

fn main() {
    divan::main();
}

fn person_id(n: usize) -> HolderId {
    HolderId::parse(&format!("person-{n:06}")).unwrap()
}

/// One of twenty thousand names, some of many, and an e-mail of their own.
fn person(n: usize) -> Cardholder {
    let somebody = holders().swap_remove(mix(n) % 8);
    Cardholder {
        id: person_id(n),
        last_name: SafeText::name(&format!("{} {}", somebody.last_name, mix(n + 7) % 2_500)),
        email: Some(SafeText::name(&format!("{:05x}.{n}@example.com", mix(n + 3) % 0xf_ffff))),
        ..somebody
    }
}

/// Two seconds older than the one before: all of them are of the last 30 days.
fn row(n: usize) -> Transaction {
    let created_at = Field::Known(wall() - TimeDelta::seconds(2 * n as i64));
    let card = Some(card_id(mix(n) % PEOPLE));
    Transaction { id: fixture::transaction_id(n), card, created_at, ..transaction(n % 900) }
}

fn full() -> Model {
    let mut model = Model::new(fourpay::app::msg::Setup { history: TRANSACTIONS, ..setup() }, SIZE, at(0));
    answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts())));
    answer(&mut model, at(1), Topic::Cardholders, 2, Answer::Cardholders(batch((0..PEOPLE).map(person).collect())));
    let held = |n| fourpay::domain::card::Card { holder_id: Some(person_id(n)), ..card(n) };
    for page in 0..PEOPLE / 1000 {
        let cards = (page * 1000..(page + 1) * 1000).map(held).collect();
        answer(&mut model, at(1), Topic::Cards(account_id(page % 4)), 3, Answer::Cards(batch(cards)));
    }
    for page in 0..TRANSACTIONS / 1000 {
        let rows = (page * 1000..(page + 1) * 1000).map(row).collect();
        answer(&mut model, at(1), Topic::History(Feed::Cards), 4, Answer::Transactions(batch(rows)));
    }
    answer(&mut model, at(1), Topic::Newest(Feed::Cards), 5, Answer::Transactions(batch(vec![])));
    answer(&mut model, at(1), Topic::Newest(Feed::Accounts), 5, Answer::Transactions(batch(vec![])));
    fixture::press(&mut model, at(2), "4ssss");
    let parts = parts(&mut model);
    let (slowest, all) = (parts.iter().max().copied().unwrap_or_default(), parts.iter().sum::<Duration>());
    println!("everybody's figures: {} parts, slowest {slowest:.1?}, all {all:.0?}", parts.len());
    fixture::press(&mut model, at(2), "ss");
    model
}

/// Lets it add up until it is done; how long each part took.
fn parts(model: &mut Model) -> Vec<Duration> {
    let mut took = Vec::new();
    while model.wake_at().is_some_and(|due| due <= at(2).up) {
        let began = Instant::now();
        update(model, at(2), Msg::Woke);
        took.push(began.elapsed());
    }
    took
}

thread_local! {
    static MODEL: RefCell<Model> = RefCell::new(full());
}

/// Sorted by another column: 1 e-mail, 2 phone, 3 cards, 4 spent, 5 declined.
#[divan::bench(args = [1, 2, 3, 4, 5], sample_count = 10, sample_size = 1)]
fn key_sort_people(bencher: divan::Bencher, column: usize) {
    let press = |script: &str| MODEL.with_borrow_mut(|model| drop(fixture::press(model, at(2), script)));
    press(&"s".repeat(column));
    bencher.with_inputs(|| press(&"s".repeat(COLUMNS - 1))).bench_local_values(|()| {
        MODEL.with_borrow_mut(|model| update(model, at(3), key(KeyCode::Char('s'))));
    });
    press(&"s".repeat(COLUMNS - column));
}

/// One letter in the filter of people: of many, of few, and of none as typed.
#[divan::bench(args = ["a", "an", "anq"], sample_count = 30, sample_size = 1)]
fn key_filter_people(bencher: divan::Bencher, word: &str) {
    let press = |script: &str| MODEL.with_borrow_mut(|model| drop(fixture::press(model, at(2), script)));
    press(&format!("/{word}"));
    let last = word.chars().last().unwrap();
    bencher.with_inputs(|| press("<Backspace>")).bench_local_values(|()| {
        MODEL.with_borrow_mut(|model| update(model, at(3), key(KeyCode::Char(last))));
    });
    press("<Esc>");
}

/// One letter in the search over everything: cards, people, accounts, merchants, and a part of an id.
#[divan::bench(args = ["a", "an", "anq", "silva", "deadbeef"], sample_count = 30, sample_size = 1)]
fn key_find_everything(bencher: divan::Bencher, word: &str) {
    let press = |script: &str| MODEL.with_borrow_mut(|model| drop(fixture::press(model, at(2), script)));
    press(&format!("<C-f>{word}"));
    let last = word.chars().last().unwrap();
    bencher.with_inputs(|| press("<Backspace>")).bench_local_values(|()| {
        MODEL.with_borrow_mut(|model| update(model, at(3), key(KeyCode::Char(last))));
    });
    press("<Esc>");
}
