//! However many accounts one answer brings, keys are answered (N1).

use std::time::Instant;

use fourpay::app::msg::{Answer, Msg, Topic};
use fourpay::app::{Model, update};

use crate::fixture::*;

#[expect(clippy::disallowed_methods, reason = "a ratio of two runs, not a time")]
fn with_accounts(count: usize) -> (Model, u128) {
    let mut model = fresh((160, 48));
    let many = (0..count).map(|at| account(1_000 + at, &format!("Account {at}"), usd(at as i64), 0)).collect();
    let begun = Instant::now();
    answer(&mut model, at(2), Topic::Accounts, 60, Answer::Accounts(batch(many)));
    (model, begun.elapsed().as_micros())
}

/// Time grows with the number of accounts and not with its square: ten times as many take less than forty times as
/// long, where the square would be a hundred times.
#[test]
fn n1_an_answer_of_very_many_accounts_costs_no_square() {
    let took = |count| (0..3).map(|_| with_accounts(count).1).min().unwrap_or(u128::MAX).max(1);
    let (few, many) = (took(2_000), took(20_000));
    assert!(many < few * 40, "{few} µs for 2,000, {many} µs for 20,000");
}

/// What happens all the time looks at no more accounts than it shows: a hundred times as many cost less than ten times
/// as long, where looking at each would be a hundred times.
#[test]
#[expect(clippy::disallowed_methods, reason = "a ratio of two runs, not a time")]
fn n1_a_key_and_an_answer_do_not_look_at_every_account() {
    let model = |count| with_accounts(count).0;
    let (mut few, mut many) = (model(500), model(50_000));
    let read = |number: usize| {
        let id = account_id(1_000 + number);
        let cards = || Answer::Cards(batch(Vec::new()));
        [
            Msg::Asked(Topic::Cards(id.clone())),
            Msg::Replied { topic: Topic::Cards(id.clone()), asked: 100 + number as u64, outcome: Ok(cards()) },
        ]
    };
    let keys = |model: &mut Model, size: (u16, u16)| {
        drop(press(model, at(3), "1jjG"));
        drop(draw(model, at(3), size));
    };
    for size in [(80, 24), (160, 48)] {
        let mut took = [u128::MAX; 2];
        for number in 0..8 {
            for (model, took) in [&mut few, &mut many].into_iter().zip(&mut took) {
                update(model, at(3), Msg::Resized(size.0, size.1));
                let begun = Instant::now();
                for msg in read(number) {
                    update(model, at(3), msg);
                }
                keys(model, size);
                *took = begun.elapsed().as_micros().min(*took);
            }
        }
        assert!(took[1] < took[0].max(1) * 10, "{size:?}: {} µs with 500, {} µs with 50,000", took[0], took[1]);
    }
}

/// A frame looks at no more accounts than it names: what all of them are in short is worked out once for each change.
#[test]
#[expect(clippy::disallowed_methods, reason = "a ratio of two runs, not a time")]
fn n1_a_frame_does_not_look_at_every_account() {
    let size = (160, 48);
    for keys in ["1g", "5"] {
        let took = [500, 50_000].map(|count| {
            let (mut model, _) = with_accounts(count);
            press(&mut model, at(3), keys);
            let shown = lines(&draw(&model, at(3), size)).join("\n");
            assert!(keys == "1g" || shown.contains("more accounts; 1 lists them"), "{shown}");
            let frame = || {
                let begun = Instant::now();
                drop(draw(&model, at(3), size));
                begun.elapsed().as_micros()
            };
            (0..8).map(|_| frame()).min().unwrap_or(u128::MAX)
        });
        assert!(took[1] < took[0].max(1) * 5, "{keys}: {} µs with 500, {} µs with 50,000", took[0], took[1]);
    }
}
