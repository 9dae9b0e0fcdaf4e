//! `fourpay insights`: the sums are those of a plain fold over `transactions`, on every dialect.

use std::collections::BTreeMap;

use fourpay::sandbox::{Dialect, Fault, Rule};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::world::World;

fn number(row: &Value, member: &str) -> Option<Decimal> {
    row[member]["amount"].as_str().map(|text| text.parse().expect("a number"))
}

fn rows(world: &World, arguments: &[&str]) -> Vec<Value> {
    let answer = world.run(&[arguments, &["--json"]].concat());
    answer.json()["rows"].as_array().expect("rows").clone()
}

#[test]
fn sums_are_those_of_the_rows() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let name = dialect.name();
        let all = rows(&world, &["transactions", "--since", "400d", "type:purchase"]);
        let stands = |row: &&Value| !["declined", "canceled"].contains(&row["status"].as_str().expect("a status"));
        let mut spent: BTreeMap<String, (usize, Decimal)> = BTreeMap::new();
        for row in all.iter().filter(stands) {
            let amount = number(row, "amount").expect("an amount").abs();
            let of = spent.entry(row["amount"]["currency"].as_str().expect("a currency").to_owned()).or_default();
            *of = (of.0 + 1, of.1 + amount);
        }
        assert!(!spent.is_empty(), "{name}");
        for by in ["day", "merchant", "holder", "hour"] {
            let groups = rows(&world, &["insights", "spend", "--by", by, "--last", "500d"]);
            let mut sums: BTreeMap<String, (usize, Decimal)> = BTreeMap::new();
            for row in &groups {
                let of = sums.entry(row["spent"]["currency"].as_str().expect("a currency").to_owned()).or_default();
                let many = usize::try_from(row["purchases"].as_u64().expect("a count")).expect("few");
                *of = (of.0 + many, of.1 + number(row, "spent").expect("a sum"));
            }
            sums.retain(|_, sum| sum.0 > 0);
            assert_eq!(sums, spent, "{name} {by}");
        }
        let declined = all.iter().filter(|row| row["status"] == "declined").count() as u64;
        for by in ["reason", "merchant", "card", "merchant,hour", "account,reason"] {
            let groups = rows(&world, &["insights", "declines", "--by", by, "--last", "500d"]);
            let sum: u64 = groups.iter().map(|row| row["declined"].as_u64().expect("a count")).sum();
            assert_eq!(sum, declined, "{name} {by}");
            let has_sample = |row: &Value| row["purchases"].is_u64() != by.contains("reason");
            assert!(groups.iter().all(has_sample), "{name} {by}");
        }
        world.stop();
    }
}

#[test]
fn what_is_missing_is_said_and_nothing_is_inferred_from_it() {
    let world = World::rich();
    let runway = world.run(&["insights", "runway", "--json"]).is(0).json();
    assert_eq!(runway["count"], 3);
    assert_eq!(runway["complete"], true);
    world.rule(Rule::next("account_transactions", Fault::Status { code: 403, body: String::new() }).always());
    let runway = world.run(&["insights", "runway", "--json"]).is(7).json();
    for row in runway["rows"].as_array().expect("rows") {
        assert_eq!((&row["days"], &row["says"]), (&Value::Null, &"not known".into()), "{row}");
    }
    for bad in [
        &["insights", "declines", "--by", "mood"][..],
        &["insights", "declines", "--by", "card,card"],
        &["insights", "declines", "--by", "card,hour,bin"],
        &["insights", "spend", "--by", "reason"],
        &["insights", "spend", "--last", "0d"],
        &["insights", "spend", "--last", "7d", "--range", "today"],
    ] {
        world.run(bad).is(2);
    }
    world.run(&["insights", "spend", "--range", "today", "--csv"]).says("value,");
}
