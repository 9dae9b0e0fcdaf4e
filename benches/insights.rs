//! What pane 5 costs over very many rows: keeping its sums, its first paint, and an arrival while it is looked at.
//!
//! `cargo bench --bench insights`. A frame has 33 ms.

use std::cell::RefCell;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use fourpay::app::insights::Insights;
use fourpay::app::insights::lens::Property;
use fourpay::app::insights::range::Range;
use fourpay::app::msg::{Answer, Batch, Key, KeyCode, Msg, Now, Setup, Topic};
use fourpay::app::store::{Changes, Store};
use fourpay::app::{Model, clock, update, view};
use fourpay::domain::field::Field;
use fourpay::domain::ids::{AccountId, CardId, TransactionId};
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::settings::Zone;
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::{Feed, More, Transaction, TransactionKind, TransactionStatus};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const ROWS: u64 = 1_000_000;
const PAGE: u64 = 1_000;
const SIZE: (u16, u16) = (160, 48);
const CARDS: u64 = 20_000;

fn main() {
    divan::main();
}

fn now() -> Now {
    Now { wall: DateTime::from_timestamp(1_770_033_600, 0).unwrap(), up: Duration::from_secs(1) }
}

fn uuid(kind: u16, number: u64) -> String {
    format!("0190{kind:04x}-{:04x}-7000-8000-{:012x}", number.wrapping_mul(40_503) & 0xffff, number)
}

/// Row `ago`, of ninety days in all; one in ten is declined.
fn transaction(number: u64, before: TimeDelta) -> Transaction {
    let declined = number.is_multiple_of(10);
    let reason = ["insufficient funds", "Daily limit exceeded", "do_not_honor"][number as usize / 10 % 3];
    let more = More { decline_reason: Some(SafeText::name(reason)), ..More::default() };
    let card = number.wrapping_mul(2_654_435_761) % CARDS;
    let at: DateTime<Utc> = now().wall - before;
    Transaction {
        id: TransactionId::parse(&uuid(0xeeee, number)).unwrap(),
        feed: Feed::Cards,
        account: AccountId::parse(&uuid(0xaaaa, card % 8)),
        card: CardId::parse(&uuid(0xdddd, card)),
        amount: Field::Known(Money::parse("23.10", Currency::USD).unwrap()),
        kind: TransactionKind::Purchase,
        status: if declined { TransactionStatus::Declined } else { TransactionStatus::Completed },
        merchant: Some(SafeText::name(&format!("Merchant {}", number % 500))),
        category: Some(SafeText::name(["5734", "5812", "7311", "4111"][number as usize % 4])),
        created_at: Field::Known(at),
        updated_at: Field::Known(at),
        merchant_country: None,
        costs: None,
        more: declined.then(|| Box::new(more)),
    }
}

fn old(number: u64) -> Transaction {
    transaction(number, TimeDelta::milliseconds(7_776 * number as i64))
}

fn batch(items: Vec<Transaction>) -> Answer {
    Answer::Transactions(Batch { items, skipped: 0, last: false, short: None })
}

fn pages() -> impl Iterator<Item = (u64, Vec<Transaction>)> {
    (0..ROWS / PAGE).map(|page| (page, (page * PAGE..(page + 1) * PAGE).map(old).collect()))
}

/// A dashboard with a million rows, pane 5 never looked at.
fn model() -> Model {
    let mut model = Model::new(Setup { history: 2_000_000, ..Setup::default() }, SIZE, now());
    for (page, rows) in pages() {
        let topic = if page == 0 { Topic::Newest(Feed::Cards) } else { Topic::History(Feed::Cards) };
        update(&mut model, now(), Msg::Replied { topic, asked: page, outcome: Ok(batch(rows)) });
    }
    model
}

fn press(model: &mut Model, letter: char) {
    update(model, now(), Msg::Pressed(Key { code: KeyCode::Char(letter), ctrl: false, alt: false }));
}

fn draw(model: &Model, terminal: &mut Terminal<TestBackend>) {
    terminal.draw(|frame| view(model, now(), frame)).unwrap();
}

fn terminal() -> Terminal<TestBackend> {
    Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap()
}

/// The key, the sums, the first part of the table and the picture.
#[divan::bench(args = ["today", "30 days", "90 days"], sample_count = 20)]
fn first_paint(bencher: divan::Bencher<'_, '_>, range: &str) {
    let mut model = model();
    let mut terminal = terminal();
    press(&mut model, '5');
    (0..Range::ALL.iter().position(|known| known.word() == range).unwrap()).for_each(|_| press(&mut model, ']'));
    press(&mut model, '5');
    let model = RefCell::new(model);
    bencher
        .with_inputs(|| {
            // Another table than the last time, so that it is counted anew.
            let mut model = model.borrow_mut();
            press(&mut model, '5');
            press(&mut model, '.');
            press(&mut model, '5');
        })
        .bench_local_values(|()| {
            let mut model = model.borrow_mut();
            press(&mut model, '5');
            draw(&model, &mut terminal);
        });
}

/// Twenty arrivals while pane 5 shows ninety days, counted to the end, and the picture after them.
#[divan::bench(sample_count = 50)]
fn twenty_arrivals(bencher: divan::Bencher<'_, '_>) {
    let mut model = model();
    let mut terminal = terminal();
    press(&mut model, '5');
    (0..4).for_each(|_| press(&mut model, ']'));
    while model.wake_at() == Some(now().up) {
        update(&mut model, now(), Msg::Woke);
    }
    let mut next = ROWS;
    let model = RefCell::new(model);
    bencher
        .with_inputs(|| {
            next += 20;
            (next, (next - 20..next).map(|number| transaction(number, TimeDelta::zero())).collect::<Vec<_>>())
        })
        .bench_local_values(|(asked, rows)| {
            let mut model = model.borrow_mut();
            let topic = Topic::Newest(Feed::Cards);
            update(&mut model, now(), Msg::Replied { topic, asked, outcome: Ok(batch(rows)) });
            draw(&model, &mut terminal);
        });
}

fn kept() -> (Store, Vec<Changes>) {
    let mut store = Store::default();
    let changes = pages().map(|(page, rows)| store.replied(now(), Topic::History(Feed::Cards), page, Ok(batch(rows))));
    let changes = changes.collect();
    (store, changes)
}

/// What the sums add to reading a page of a thousand rows.
#[divan::bench(sample_count = 20)]
fn a_page_of_history(bencher: divan::Bencher<'_, '_>) {
    let (store, changes) = kept();
    let mut insights = Insights::default();
    let mut pages = changes.iter().cycle();
    bencher.bench_local(|| insights.apply(&store, &Zone::Utc, pages.next().unwrap()));
}

/// A million rows of ninety days against two properties, part by part.
#[divan::bench(sample_count = 5)]
fn a_table_of_all_rows(bencher: divan::Bencher<'_, '_>) {
    let (store, _) = kept();
    let span = Range::Days90.span(clock::day(now().wall, &Zone::Utc));
    bencher.bench_local(|| {
        let mut insights = Insights::default();
        while insights.count_lens(&store, &Zone::Utc, (Property::Merchant, Property::Account, span)) {}
    });
}
