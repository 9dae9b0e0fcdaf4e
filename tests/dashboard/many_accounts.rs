//! However many accounts one answer brings, keys are answered (N1).

use std::time::Instant;

use fourpay::app::Model;
use fourpay::app::msg::{Answer, Topic};

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
