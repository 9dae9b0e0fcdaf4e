//! What it costs to keep the data: merging arrivals and history, finding a place, and memory.
//!
//! `cargo bench --bench store`. Memory is counted by an allocator that only counts, before divan runs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use fourpay::app::msg::{Answer, Batch, Now, Topic};

use fourpay::app::store::{Scope, Store};
use fourpay::domain::account::CardKind;
use fourpay::domain::card::{Card, CardStatus, LastFour, MaskedNumber};
use fourpay::domain::field::Field;
use fourpay::domain::ids::{AccountId, CardId, TransactionId};
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::{Costs, Feed, More, Transaction, TransactionKind, TransactionStatus};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: every call goes to the system allocator unchanged; only sizes are counted beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const ACCOUNTS: u64 = 8;
const CARDS: u64 = 20_000;
const PAGE: u64 = 1000;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_000_000, 0).unwrap()
}

fn now() -> Now {
    Now { wall: start(), up: Duration::from_secs(1) }
}

fn uuid(kind: u16, number: u64) -> String {
    format!("0190{kind:04x}-{:04x}-7000-8000-{:012x}", number.wrapping_mul(40_503) & 0xffff, number)
}

fn account_of(card: u64) -> AccountId {
    AccountId::parse(&uuid(0xaaaa, card % ACCOUNTS)).unwrap()
}

fn card_id(number: u64) -> CardId {
    CardId::parse(&uuid(0xdddd, number)).unwrap()
}

/// A row as decoding gives it: each text in memory of its own. Each has a fee and a settlement; one in ten is declined with a reason.
/// Higher numbers are newer.
fn transaction(number: u64) -> Transaction {
    let card = number.wrapping_mul(2_654_435_761) % CARDS;
    let declined = number.is_multiple_of(10);
    let more = More { decline_reason: Some(SafeText::name("insufficient funds")), ..More::default() };
    Transaction {
        id: TransactionId::parse(&uuid(0xeeee, number)).unwrap(),
        feed: Feed::Cards,
        account: Some(account_of(card)),
        card: Some(card_id(card)),
        amount: usd("23.10"),
        kind: TransactionKind::Purchase,
        status: if declined { TransactionStatus::Declined } else { TransactionStatus::Completed },
        merchant: Some(SafeText::name(&format!("Merchant {}", number % 500))),
        category: Some(SafeText::name(["5734", "5812", "7311", "4111"][number as usize % 4])),
        created_at: Field::Known(start() + TimeDelta::seconds(number as i64)),
        updated_at: Field::Known(start() + TimeDelta::seconds(number as i64)),
        merchant_country: Some(SafeText::name("US")),
        costs: Some(Box::new(Costs { fee: usd("0.23"), settlement: usd("23.10"), stands_in: false })),
        more: declined.then(|| Box::new(more)),
    }
}

fn usd(text: &str) -> Field<Money> {
    Field::Known(Money::parse(text, Currency::USD).unwrap())
}

fn card(number: u64) -> Card {
    Card {
        id: card_id(number),
        account: Some(account_of(number)),
        holder_id: None,
        holder: Some(SafeText::name("Ana Silva")),
        holder_email: None,
        name: Some(SafeText::name(&format!("Card {number}"))),
        status: CardStatus::Active,
        kind: Some(CardKind::Virtual),
        network: None,
        number: MaskedNumber { bin: None, last_four: LastFour::parse(&format!("{:04}", number % 10_000)) },
        balance: usd("120.00"),
        available: usd("120.00"),
        spent: Field::Absent,
        expiry: Field::Absent,
        limits: Field::Absent,
        wallets: Vec::new(),
        created_at: Field::Known(start()),
        updated_at: Field::Known(start()),
    }
}

fn batch<T>(items: Vec<T>) -> Batch<T> {
    Batch { items, skipped: 0, last: false, short: None }
}

fn take(store: &mut Store, topic: Topic, asked: u64, items: Vec<Transaction>) {
    black_box(store.replied(now(), topic, asked, Ok(Answer::Transactions(batch(items)))));
}

/// The rows `0..rows`, read as history in pages, the newest page first.
fn loaded(rows: u64) -> Store {
    let mut store = Store::default();
    for page in 0..rows / PAGE {
        let newest = rows - page * PAGE;
        take(&mut store, Topic::History(Feed::Cards), page, (newest - PAGE..newest).rev().map(transaction).collect());
    }
    store
}

fn with_cards(cards: u64) -> Store {
    let mut store = Store::default();
    for account in 0..ACCOUNTS {
        let cards = (0..cards).filter(|number| number % ACCOUNTS == account).map(card).collect();
        let topic = Topic::Cards(account_of(account));
        store.replied(now(), topic, account, Ok(Answer::Cards(batch(cards))));
    }
    store
}

fn main() {
    memory();
    divan::main();
}

/// Bytes a row with everything that is held for it, and the highest there was on the way.
fn memory() {
    for rows in [100_000, 1_000_000] {
        let before = HELD.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let store = loaded(rows);
        let (held, peak) = (HELD.load(Ordering::Relaxed) - before, PEAK.load(Ordering::Relaxed) - before);
        println!("{rows} transactions: {} bytes a row, at most {}", held / rows as usize, peak / rows as usize);
        assert!(held / rows as usize <= 400, "a million rows do not stay small");
        drop(store);
    }
    let before = HELD.load(Ordering::Relaxed);
    let store = with_cards(100_000);
    let held = (HELD.load(Ordering::Relaxed) - before) / 100_000;
    println!("100000 cards: {held} bytes a card");
    assert!(held <= 1024, "cards do not stay small");
    drop(store);
    slowest_page();
}

/// What a person would feel is the slowest page, not the mean: a table that grows, a list that moves.
fn slowest_page() {
    let mut store = Store::default();
    let (mut slowest, mut sum) = (Duration::ZERO, Duration::ZERO);
    for page in 0..1000 {
        let newest = 1_000_000 - page * PAGE;
        let rows = (newest - PAGE..newest).rev().map(transaction).collect();
        #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
        let begun = Instant::now();
        take(&mut store, Topic::History(Feed::Cards), page, rows);
        slowest = slowest.max(begun.elapsed());
        sum += begun.elapsed();
    }
    println!("1000 pages of 1000: {:?} a page, slowest {slowest:?}", sum / 1000);
}

/// Twenty arrivals. The store is kept and grows by the arrivals, which changes nothing at this size.
#[divan::bench(args = [100_000, 1_000_000], sample_count = 200)]
fn twenty_arrivals(bencher: divan::Bencher<'_, '_>, rows: u64) {
    let mut store = loaded(rows);
    let mut next = rows;
    let store = std::cell::RefCell::new(&mut store);
    bencher
        .with_inputs(|| {
            next += 20;
            (next, (next - 20..next).rev().map(transaction).collect::<Vec<_>>())
        })
        .bench_local_values(|(asked, items)| take(&mut store.borrow_mut(), Topic::Newest(Feed::Cards), asked, items));
}

/// The newest thousand rows again, unchanged: what polling mostly brings.
#[divan::bench(args = [1_000_000], sample_count = 200)]
fn the_same_thousand_again(bencher: divan::Bencher<'_, '_>, rows: u64) {
    let mut store = loaded(rows);
    let store = std::cell::RefCell::new(&mut store);
    bencher
        .with_inputs(|| (rows - PAGE..rows).rev().map(transaction).collect::<Vec<_>>())
        .bench_local_values(|items| take(&mut store.borrow_mut(), Topic::Newest(Feed::Cards), rows, items));
}

/// A thousand rows that belong into the middle of a million, spread over all of it.
#[divan::bench(sample_count = 20)]
fn a_page_out_of_order(bencher: divan::Bencher<'_, '_>) {
    let rows = 1_000_000;
    let mut store = loaded(rows);
    let mut round = 0;
    let store = std::cell::RefCell::new(&mut store);
    bencher
        .with_inputs(|| {
            round += 1;
            let odd = |place: u64| {
                let mut row = transaction(rows + round * PAGE + place);
                let at = start() + TimeDelta::seconds((place * 997) as i64) + TimeDelta::milliseconds(round as i64);
                row.created_at = Field::Known(at);
                row
            };
            (0..PAGE).map(odd).collect::<Vec<_>>()
        })
        .bench_local_values(|items| take(&mut store.borrow_mut(), Topic::History(Feed::Cards), rows, items));
}

#[divan::bench(args = [1_000_000], sample_count = 3, sample_size = 1)]
fn load_history(bencher: divan::Bencher<'_, '_>, rows: u64) {
    bencher
        .with_inputs(|| {
            let page = |page| {
                let newest = rows - page * PAGE;
                (newest - PAGE..newest).rev().map(transaction).collect::<Vec<_>>()
            };
            (0..rows / PAGE).map(page).collect::<Vec<_>>()
        })
        .bench_values(|pages| {
            let mut store = Store::default();
            for (asked, page) in pages.into_iter().enumerate() {
                take(&mut store, Topic::History(Feed::Cards), asked as u64, page);
            }
            store
        });
}

#[divan::bench(args = [100_000], sample_count = 200)]
fn twenty_cards(bencher: divan::Bencher<'_, '_>, cards: u64) {
    let mut store = with_cards(cards);
    let mut next = cards;
    let store = std::cell::RefCell::new(&mut store);
    bencher
        .with_inputs(|| {
            next += 20;
            (next, (next - 20..next).map(card).collect::<Vec<_>>())
        })
        .bench_local_values(|(asked, items)| {
            let topic = Topic::Cards(account_of(0));
            black_box(store.borrow_mut().replied(now(), topic, asked, Ok(Answer::Cards(batch(items)))))
        });
}

#[divan::bench(args = ["all", "account", "card"])]
fn position(bencher: divan::Bencher<'_, '_>, scope: &str) {
    let store = loaded(1_000_000);
    let card = 2_654_435_761 % CARDS;
    let scope = match scope {
        "account" => Scope::Account(account_of(card)),
        "card" => Scope::Card(card_id(card)),
        _ => Scope::All,
    };
    let list = store.transactions.newest(&scope);
    let mut at = 0;
    bencher
        .with_inputs(|| {
            at = (at + 7_919) % list.len();
            list.get(at).unwrap()
        })
        .bench_local_values(|row| list.position(black_box(row)));
}

#[divan::bench]
fn spend_of_an_account(bencher: divan::Bencher<'_, '_>) {
    let store = loaded(1_000_000);
    let list = store.transactions.newest(&Scope::Account(account_of(1)));
    let moment = Now { wall: start() + TimeDelta::seconds(1_000_000), up: Duration::ZERO };
    bencher.bench_local(|| {
        fourpay::app::store::insight::spending(&store.transactions, list, moment, |at| at.date_naive())
    });
}
