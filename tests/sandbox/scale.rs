//! Large merchants. `cargo test --release -- --ignored --nocapture scale` prints figures.

use std::time::Instant;

use fourpay::sandbox::Options;

use super::support::{Caller, quiet};

#[tokio::test(flavor = "multi_thread")]
async fn a_large_merchant_adds_up() {
    let caller = Caller::start(Options { cards: 3_000, transactions: 30_000, ..quiet() }).await;
    caller.sound();
    let mut cards = 0;
    for account in caller.items("/api/v2/accounts").await {
        cards += caller.all(&format!("/api/v2/accounts/{}/cards", account["id"].as_str().unwrap()), 1_000).await.len();
    }
    assert_eq!(cards, 3_000);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a hundred thousand cards and a million transactions: only quick in release"]
async fn a_hundred_thousand_cards_and_a_million_transactions() {
    let start = Instant::now();
    let caller = Caller::start(Options { cards: 100_000, transactions: 1_000_000, ..quiet() }).await;
    println!("started in {:?}", start.elapsed());
    let start = Instant::now();
    let (mut rows, mut bytes) = (0, 0);
    loop {
        let page = caller.get(&format!("/api/v2/transactions/cards?limit=1000&offset={rows}")).await.text;
        let count = page.matches("\"cardUuid\"").count();
        (rows, bytes) = (rows + count, bytes + page.len());
        if count < 1_000 {
            break;
        }
    }
    let took = start.elapsed();
    println!("{rows} rows, {} MiB in {took:?}: {} rows/s", bytes >> 20, rows as u128 * 1_000 / took.as_millis().max(1));
    assert!((1_000_000..1_000_010).contains(&rows));
    let start = Instant::now();
    caller.sound();
    println!("audited in {:?}", start.elapsed());
}
