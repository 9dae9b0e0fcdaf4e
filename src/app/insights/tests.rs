//! Whatever comes, changes and goes, in whatever order: what is kept is what a plain fold over the rows says.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::lens::{Cell, Value};
use super::measure::Measure;
use super::range::Range;
use super::*;
use crate::app::store::Scope;
use crate::app::store::tests::properties::any_replies;
use crate::app::store::tests::{card, list_cards, now, rows};
use crate::domain::field::Field;
use crate::domain::transaction::{TransactionKind, TransactionStatus};

/// Every row that is in a sum.
fn all(store: &Store) -> impl Iterator<Item = &Transaction> {
    let list = store.transactions.newest(&Scope::All);
    store.transactions.unscattered(list).map(|row| store.transactions.get(row))
}

fn day_of(row: &Transaction, zone: &Zone) -> Option<NaiveDate> {
    row.created_at.known().map(|at| clock::day(*at, zone))
}

/// By currency and measure: rows and sum. Then rows, purchases, declined, unknown.
type Said = (BTreeMap<(String, usize), (usize, String)>, [usize; 4]);

fn folded(store: &Store, span: Span, zone: &Zone) -> Said {
    let mut sums: BTreeMap<(String, usize), (usize, Decimal)> = BTreeMap::new();
    let mut counts = [0; 4];
    for row in all(store).filter(|row| day_of(row, zone).is_some_and(|day| span.has(day))) {
        counts[0] += 1;
        counts[1] += usize::from(row.kind == TransactionKind::Purchase);
        let declined = row.kind == TransactionKind::Purchase && row.status == TransactionStatus::Declined;
        counts[2] += usize::from(declined);
        counts[3] += usize::from(measure::of(row).is_some() && !matches!(row.amount, Field::Known(_)));
        for (measure, amount) in measure::amounts(row) {
            let sum = sums.entry((amount.currency().to_string(), measure as usize)).or_default();
            *sum = (sum.0 + 1, sum.1 + amount.amount());
        }
    }
    (sums.into_iter().map(|(key, (rows, sum))| (key, (rows, sum.normalize().to_string()))).collect(), counts)
}

fn kept(insights: &Insights, span: Span) -> Said {
    let sums = insights.ledger().sums(span, None);
    let mut said = BTreeMap::new();
    for currency in sums.currencies() {
        for measure in Measure::ALL {
            let rows = sums.count(measure, currency);
            if rows > 0 {
                let sum = sums.sum(measure, currency).unwrap().amount().normalize().to_string();
                said.insert((currency.to_string(), measure as usize), (rows, sum));
            }
        }
    }
    (said, [sums.rows, sums.purchases, sums.declined, sums.unknown])
}

fn cells(
    store: &Store,
    (first, second): (Property, Property),
    span: Span,
    zone: &Zone,
) -> BTreeMap<(Value, Value), Cell> {
    let mut cells: BTreeMap<(Value, Value), Cell> = BTreeMap::new();
    for row in all(store) {
        let declined = row.status == TransactionStatus::Declined;
        let counts = declined || (first != Property::Reason && second != Property::Reason);
        let inside = day_of(row, zone).is_some_and(|day| span.has(day));
        if row.kind == TransactionKind::Purchase && inside && counts {
            let cell = cells.entry((first.of(store, row, zone), second.of(store, row, zone))).or_default();
            cell.tries += 1;
            cell.declined += usize::from(declined);
        }
    }
    cells
}

/// The same row on another day, of another kind, in another currency: what the rows of the store's own tests have in common.
fn spread(row: Transaction) -> Transaction {
    let number: i64 = row.id.to_string().bytes().map(i64::from).sum();
    let kinds = [
        TransactionKind::Purchase,
        TransactionKind::Purchase,
        TransactionKind::Refund,
        TransactionKind::Fee,
        TransactionKind::TopUp,
        TransactionKind::PayIn,
    ];
    let step = row.created_at.known().map_or(0, |at| (*at - now(0).wall).num_seconds());
    let kind = kinds[usize::try_from(number + step).unwrap_or(0) % kinds.len()].clone();
    let created_at = row.created_at.map(|at| at - chrono::TimeDelta::seconds(step * step * 40_000));
    let currency =
        if number % 3 == 0 { crate::domain::money::Currency::EUR } else { crate::domain::money::Currency::USD };
    let amount = row.amount.map(|amount| crate::domain::money::Money::new(amount.amount(), currency));
    Transaction { kind, created_at, amount, ..row }
}

proptest! {
    #[test]
    fn what_is_kept_is_what_a_plain_fold_says(
        replies in prop::collection::vec((any_replies(), any::<bool>()), 1..6),
        pair in prop::sample::subsequence(Property::ALL.to_vec(), 2),
        east in -12i32..13,
        range in prop::sample::select(Range::ALL.to_vec()),
    ) {
        let zone = Zone::Fixed(east * 3_600);
        let mut store = Store::default();
        let mut insights = Insights::default();
        let first = list_cards(&mut store, 1, (0..4).map(|at| card(&format!("c{at}"))).collect());
        insights.apply(&store, &zone, &first);
        let span = range.span(clock::day(now(2).wall, &zone));
        let wanted = (pair[0], pair[1], span);
        for (more, counts) in replies {
            for (topic, asked, items) in more {
                let items = items.into_iter().map(spread).collect();
                let changes = rows(&mut store, topic, asked, items);
                insights.apply(&store, &zone, &changes);
            }
            if counts {
                insights.count_lens(&store, &zone, wanted);
            }
        }
        while insights.count_lens(&store, &zone, wanted) {}
        prop_assert_eq!(kept(&insights, span), folded(&store, span, &zone));
        let far = Span { first: span.first - chrono::Days::new(4_000), last: span.last + chrono::Days::new(4_000) };
        prop_assert_eq!(kept(&insights, far), folded(&store, far, &zone));
        let undated = all(&store).filter(|row| row.created_at.known().is_none()).count();
        prop_assert_eq!(insights.ledger().undated(), undated);
        // The lens: each cell, and all of them together are the whole.
        let lens = insights.lens().unwrap();
        let wanted = cells(&store, (pair[0], pair[1]), span, &zone);
        for ((row, column), cell) in &wanted {
            prop_assert_eq!(lens.cell(row, column), *cell);
        }
        prop_assert_eq!(wanted.values().map(|cell| cell.declined).sum::<usize>(), lens.all().declined);
        let whole = folded(&store, span, &zone).1;
        prop_assert_eq!((lens.all().tries, lens.all().declined), (whole[1], whole[2]));
        let shown = lens.worst_rows(usize::MAX);
        prop_assert_eq!(shown.iter().map(|row| lens.of_row(row).declined).sum::<usize>(), lens.all().declined);
    }
}

/// A part that stops inside of the list goes on where it stopped, whatever came in before and behind it.
#[test]
fn a_lens_that_is_counted_in_parts_counts_each_row_once() {
    use crate::app::msg::Topic;
    use crate::app::store::tests::transaction;
    let zone = Zone::Utc;
    let mut store = Store::default();
    let mut insights = Insights::default();
    let many = lens::PART + lens::PART / 2;
    let row = |at: usize| transaction(&format!("t{at}"), 10 * at as i64 - 400_000);
    let changes = rows(&mut store, Topic::History(Feed::Cards), 1, (0..many).map(row).collect());
    insights.apply(&store, &zone, &changes);
    let today = clock::day(now(2).wall, &zone);
    let wanted = (Property::Card, Property::Account, Range::Days90.span(today));
    assert!(insights.count_lens(&store, &zone, wanted));
    assert_eq!(insights.lens().map(|lens| (lens.is_whole(), lens.all().tries)), Some((false, lens::PART)));
    let newer = transaction("newer", 2);
    let older = transaction("older", -500_000);
    let declined =
        Transaction { status: TransactionStatus::Declined, updated_at: Field::Known(now(9).wall), ..row(many - 1) };
    let changes = rows(&mut store, Topic::History(Feed::Cards), 2, vec![newer, older, declined]);
    insights.apply(&store, &zone, &changes);
    while insights.count_lens(&store, &zone, wanted) {}
    assert_eq!(insights.lens().map(lens::Lens::all), Some(Cell { tries: many + 2, declined: 1 }));
}

/// Whether money moved is not known of a row in a state that this program does not know: it is in no sum, and counted.
#[test]
fn a_row_in_another_state_is_in_no_sum_and_is_counted() {
    use crate::app::store::tests::transaction;
    let mut ledger = Ledger::default();
    let kinds = ["purchase", "refund", "top_up", "fee", "transfer"];
    for (at, kind) in kinds.iter().enumerate() {
        for status in ["reversed", "completed"] {
            let row = Transaction {
                kind: TransactionKind::from_wire(kind),
                status: TransactionStatus::from_wire(status),
                ..transaction(&format!("{status}{at}"), 0)
            };
            ledger.add(&row, &Zone::Utc);
        }
    }
    let day = clock::day(now(0).wall, &Zone::Utc);
    let sums = ledger.sums(Span { first: day, last: day }, None);
    // A transfer is in no sum of these, whatever its state.
    assert_eq!((sums.rows, sums.other_states, sums.unknown), (10, 4, 0));
    for measure in [Measure::Spent, Measure::Refunded, Measure::ToppedUp, Measure::Fees] {
        assert_eq!(sums.count(measure, crate::domain::money::Currency::USD), 1, "{measure:?}");
    }
    // What such a row took from its account is not known, so neither is how long its money lasts.
    let withdrawal = |status: &str| Transaction {
        feed: Feed::Accounts,
        kind: TransactionKind::Withdrawal,
        status: TransactionStatus::from_wire(status),
        ..transaction("w", 0)
    };
    assert_eq!(measure::taken(&withdrawal("reversed"), false), Some(Field::Unreadable));
    assert!(matches!(measure::taken(&withdrawal("completed"), false), Some(Field::Known(_))));
}

/// Days are those of the zone, the ones on which the clock is turned too.
#[test]
fn a_day_that_is_shorter_is_a_day() {
    use crate::app::store::tests::transaction;
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let mut ledger = Ledger::default();
    // 29 March 2026, 00:30 and 23:30 in Berlin; the night between has no hour from two to three.
    for (id, at) in [("a", "2026-03-28T23:30:00Z"), ("b", "2026-03-29T21:30:00Z"), ("c", "2026-03-29T22:30:00Z")] {
        let row = Transaction { created_at: Field::Known(at.parse().unwrap()), ..transaction(id, 0) };
        ledger.add(&row, &zone);
    }
    let day = |day: &str| Span { first: day.parse().unwrap(), last: day.parse().unwrap() };
    assert_eq!(ledger.sums(day("2026-03-29"), None).rows, 2);
    assert_eq!(ledger.sums(day("2026-03-30"), None).rows, 1);
    assert_eq!(ledger.sums(day("2026-03-29"), Some(23)).rows, 1);
}
