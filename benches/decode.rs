//! Decoding a page of 1000 rows, beside plain serde_json of the same page in the same run.
//!
//! `cargo bench --bench decode`. The yardsticks keep every text as it comes: no amount, time, id or safety.

use std::fmt::Write as _;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use fourpay::api::decode;
use fourpay::domain::transaction::Feed;
use serde::Deserialize;

fn main() {
    divan::main();
}

fn page(row: impl Fn(usize) -> String) -> String {
    let mut page = String::from("{\"items\":[");
    for at in 0..1000 {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(page, "{comma}{}", row(at));
    }
    page + "],\"total\":1000}"
}

fn transactions() -> String {
    page(|at| {
        format!(
            r#"{{"id":"0190eeee-0000-7000-8000-{at:012}","cardUuid":"0190dddd-0000-7000-8000-{at:012}","accountUuid":"0190aaaa-1111-7000-8000-000000000001","amount":"{}.{:02}","currency":"USD","type":"purchase","status":"authorized","merchantName":"Coffee & Books {at}","merchantCategory":"5734","createdAt":"2026-04-03T11:00:{:02}+00:00","updatedAt":"2026-04-03T11:00:{:02}+00:00"}}"#,
            at * 7 % 900,
            at % 100,
            at % 60,
            at % 60
        )
    })
}

fn cards() -> String {
    page(|at| {
        format!(
            r#"{{"cardId":"0190dddd-0000-7000-8000-{at:012}","id":"0190dddd-0000-7000-8000-{at:012}","accountUuid":"0190aaaa-1111-7000-8000-000000000001","name":"Ads {at}","status":"active","cardType":"virtual","maskedNumber":"555555******{:04}","lastFour":"{:04}","availableBalance":"{}.50","currency":"USD","createdAt":"2026-04-02T10:00:00+00:00","updatedAt":"2026-04-02T10:00:20+00:00"}}"#,
            at,
            at,
            at % 500
        )
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct PlainTransaction {
    id: String,
    card_uuid: Option<String>,
    account_uuid: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
    r#type: String,
    status: String,
    merchant_name: Option<String>,
    merchant_category: Option<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct PlainCard {
    id: String,
    account_uuid: Option<String>,
    name: Option<String>,
    status: String,
    card_type: Option<String>,
    masked_number: Option<String>,
    last_four: Option<String>,
    available_balance: Option<String>,
    currency: Option<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Plain<T> {
    items: Vec<T>,
    total: Option<u64>,
}

fn run<T>(bencher: Bencher<'_, '_>, page: &str, read: impl Fn(&[u8]) -> T + Sync) {
    bencher.counter(BytesCount::of_str(page)).bench(|| read(black_box(page.as_bytes())));
}

#[divan::bench]
fn transactions_ours(bencher: Bencher<'_, '_>) {
    run(bencher, &transactions(), |page| decode::transactions(page, Feed::Cards).map(|rows| rows.0.len()));
}

#[divan::bench]
fn transactions_plain_structs(bencher: Bencher<'_, '_>) {
    run(bencher, &transactions(), |page| {
        serde_json::from_slice::<Plain<PlainTransaction>>(page).map(|page| page.items)
    });
}

#[divan::bench]
fn transactions_json_value(bencher: Bencher<'_, '_>) {
    run(bencher, &transactions(), |page| serde_json::from_slice::<serde_json::Value>(page));
}

#[divan::bench]
fn cards_ours(bencher: Bencher<'_, '_>) {
    run(bencher, &cards(), |page| decode::cards(page, None).map(|rows| rows.0.len()));
}

#[divan::bench]
fn cards_plain_structs(bencher: Bencher<'_, '_>) {
    run(bencher, &cards(), |page| serde_json::from_slice::<Plain<PlainCard>>(page).map(|page| page.items));
}

#[divan::bench]
fn cards_json_value(bencher: Bencher<'_, '_>) {
    run(bencher, &cards(), |page| serde_json::from_slice::<serde_json::Value>(page));
}
