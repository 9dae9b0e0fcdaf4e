//! Keys act on the row that was read: rows that arrive between any two keys change nothing of that.

use std::time::Duration;

use fourpay::app::list::READ;
use fourpay::app::msg::{Answer, Effect, Now, Topic};

use fourpay::app::panes::inspector::Subject;
use fourpay::app::{Model, update};
use fourpay::domain::card::{Card, CardStatus};
use fourpay::domain::field::Field;
use fourpay::domain::ids::CardId;
use fourpay::domain::transaction::{Feed, Transaction};
use proptest::prelude::*;

use crate::acts::{SIZE, effects_at, later};
use crate::fixture::*;

/// A payment of another card, newer than all that are known.
fn newer(number: usize) -> Transaction {
    let card = card(number % 100);
    let created_at = Field::Known(wall() + chrono::TimeDelta::seconds(10 + number as i64));
    Transaction {
        id: transaction_id(7_000 + number),
        account: card.account.clone(),
        card: Some(card.id),
        created_at,
        ..transaction(number)
    }
}

fn arrive(model: &mut Model, now: Now, number: usize) {
    let rows = batch(vec![newer(number)]);
    answer(model, now, Topic::Newest(Feed::Cards), 500 + number as u64, Answer::Transactions(rows));
}

/// The card whose number would be copied now.
fn copied(model: &mut Model, now: Now, keys: &str) -> Option<CardId> {
    burst(model, now, keys).into_iter().flat_map(|outcome| outcome.effects).find_map(|effect| match effect {
        Effect::CopySecret { card, .. } => Some(card.card),
        _ => None,
    })
}

fn newest(model: &Model) -> Option<CardId> {
    use fourpay::app::list::Rows;
    model.transaction_rows().get(0).and_then(|row| model.store().transactions.get(row).card.clone())
}

#[test]
fn a_row_that_comes_in_at_the_top_is_not_the_one_that_was_read() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "3");
    let read = newest(&model);
    for number in 1..4 {
        arrive(&mut model, at(3 + number as u64), number);
        look(&mut model, at(3 + number as u64));
    }
    assert_ne!(newest(&model), read);
    // Long after it was drawn too: following scrolls, it does not select another row.
    assert_eq!(copied(&mut model, at(60), "yn"), read);
    let picture = lines(&draw(&model, at(60), SIZE)).join("\n");
    assert!(picture.contains("3 Transactions · live"), "it follows all the same: {picture}");
}

#[test]
fn five_keys_and_a_jump_act_on_what_they_find() {
    let mut model = ready(SIZE);
    arrive(&mut model, at(3), 1);
    let found = newest(&model);
    assert_eq!(copied(&mut model, at(3), "3gyn"), found, "typed in one go");
    let mut model = ready(SIZE);
    let wanted = model.card_rows().nth(5).map(|row| model.store().cards.get(row).clone()).unwrap();
    let four = wanted.number.last_four.unwrap();
    assert_eq!(copied(&mut model, at(3), &format!("/{four}<Enter>yn")), Some(wanted.id));
}

/// The row under the cursor is gone, and another stands in its place: it counts when it could be read.
#[test]
fn a_row_in_the_place_of_another_counts_when_it_could_be_read() {
    let gone = |model: &mut Model, now: Now| {
        let card = model.card_under_cursor().cloned().unwrap();
        let topic = Topic::Card(card.account.clone().unwrap(), card.id.clone());
        let closed = Card { status: CardStatus::Closed, ..card.clone() };
        answer(model, now, topic, 700, Answer::Card(Box::new(closed)));
        assert_ne!(model.card_under_cursor().map(|card| card.id.clone()), Some(card.id.clone()));
        card.id
    };
    let begin = || {
        let mut model = ready(SIZE);
        press(&mut model, at(3), "/status:active<Enter>jj");
        look(&mut model, at(4));
        model
    };
    // Not drawn yet.
    let mut model = begin();
    let read = gone(&mut model, at(5));
    assert_eq!(copied(&mut model, at(9), "yn"), Some(read));
    // Drawn just now.
    let mut model = begin();
    let read = gone(&mut model, at(5));
    look(&mut model, at(5));
    let soon = Now { up: at(5).up + READ - Duration::from_millis(1), ..at(5) };
    assert_eq!(copied(&mut model, soon, "yn"), Some(read.clone()));
    // Long enough ago.
    let mut model = begin();
    assert_eq!(gone(&mut model, at(5)), read);
    look(&mut model, at(5));
    let there = model.card_under_cursor().map(|card| card.id.clone());
    assert_eq!(copied(&mut model, Now { up: at(5).up + READ, ..at(5) }, "yn"), there);
    // A key that moves means the row it moves to.
    let mut model = begin();
    gone(&mut model, at(5));
    burst(&mut model, at(5), "j");
    let there = model.card_under_cursor().map(|card| card.id.clone());
    assert_eq!(copied(&mut model, at(5), "yn"), there);
}

#[derive(Clone, Debug)]
enum Step {
    Arrives(usize),
    Frame,
    Wait(u64),
    Key(&'static str),
    Copy,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    /// Arrivals between any two keys: what is copied was under the cursor when the last key moved it, or was drawn
    /// there at least `READ` ago.
    #[test]
    fn what_a_key_acts_on_was_read(pane in prop::sample::select(vec!["2", "3"]), steps in prop::collection::vec(prop_oneof![
        3 => (1usize..60).prop_map(Step::Arrives),
        3 => Just(Step::Frame),
        3 => (1u64..500).prop_map(Step::Wait),
        2 => prop::sample::select(vec!["j", "k", "g", "<PgDn>", "s", "S", "p"]).prop_map(Step::Key),
        3 => Just(Step::Copy),
    ], 1..60)) {
        let mut model = ready(SIZE);
        press(&mut model, at(3), pane);
        let under = |model: &Model| match model.subject() {
            Subject::Card(row) => Some(model.store().cards.get(row).id.clone()),
            Subject::Transaction(row) => model.store().transactions.get(row).card.clone(),
            _ => None,
        };
        let mut millis = 3_000;
        // The row that counts, and the one that was drawn last in its place, with the time.
        let mut counts = under(&model);
        let mut shown = counts.clone();
        let mut drawn: Option<(Option<CardId>, u64)> = None;
        for step in steps {
            let now = later(millis / 1000, millis % 1000);
            if let Some((row, at)) = &drawn
                && millis >= at + READ.as_millis() as u64
            {
                counts.clone_from(row);
                drawn = None;
            }
            match step {
                Step::Arrives(number) => arrive(&mut model, now, number),
                Step::Frame => {
                    look(&mut model, now);
                    let row = under(&model);
                    if row != counts && drawn.as_ref().map(|(row, _)| row) != Some(&row) {
                        drawn = Some((row.clone(), millis));
                    } else if row == counts {
                        drawn = None;
                    }
                    shown = row;
                }
                Step::Wait(time) => millis += time,
                Step::Key(key) => {
                    let before = under(&model);
                    burst(&mut model, now, key);
                    let moves = matches!(key, "j" | "k" | "g" | "<PgDn>");
                    if moves || under(&model) != before {
                        counts = under(&model);
                        drawn = None;
                    }
                }
                Step::Copy => {
                    let copied = copied(&mut model, now, "yn");
                    prop_assert!(copied.is_none() || copied == counts, "{:?} {:?} {:?}", copied, counts, shown);
                }
            }
        }
    }
}

#[test]
fn a_person_reads_and_then_acts() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "3");
    let read = newest(&model);
    arrive(&mut model, at(4), 1);
    let effects = effects_at(&mut model, at(4), "yn");
    assert!(matches!(effects.as_slice(), [Effect::CopySecret { card, .. }] if Some(&card.card) == read.as_ref()));
    update(&mut model, at(5), fourpay::app::msg::Msg::Woke);
}
