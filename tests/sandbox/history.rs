//! The demo merchant: believable, and true to its own books.

use std::collections::{BTreeMap, HashMap, HashSet};

use fourpay::sandbox::{Dialect, Options};
use rust_decimal::Decimal;
use serde_json::Value;

use super::acts::luhn;
use super::support::{Caller, decimal, text};

async fn demo() -> Caller {
    Caller::start(Options { live_rate: 0, dialect: Dialect::Rich, ..Options::default() }).await
}

async fn cards(caller: &Caller) -> Vec<Value> {
    let mut cards = Vec::new();
    for account in caller.items("/api/v2/accounts").await {
        cards.extend(caller.all(&format!("/api/v2/accounts/{}/cards", text(&account, "id")), 1_000).await);
    }
    cards
}

#[tokio::test]
async fn what_the_client_can_add_up_is_the_balance() {
    let caller = demo().await;
    caller.sound();
    let mut sums: HashMap<String, Decimal> = HashMap::new();
    let mut held: HashMap<String, Decimal> = HashMap::new();
    for row in caller.all("/api/v2/transactions/cards", 1_000).await {
        let fee = if row["feeAmount"].is_null() { Decimal::ZERO } else { decimal(&row, "feeAmount") };
        let (amount, card) = (decimal(&row, "amount"), text(&row, "cardUuid").to_owned());
        match (text(&row, "status"), text(&row, "type")) {
            ("completed", "top_up" | "refund") => *sums.entry(card).or_default() += amount,
            ("completed", _) => *sums.entry(card).or_default() -= amount + fee,
            ("authorized", _) => *held.entry(card).or_default() += amount + fee,
            _ => {}
        }
    }
    for card in cards(&caller).await {
        if card["availableBalance"].is_null() {
            continue;
        }
        let id = text(&card, "id");
        let sum = sums.get(id).copied().unwrap_or_default() - held.get(id).copied().unwrap_or_default();
        assert_eq!(decimal(&card, "availableBalance"), sum, "{card}");
    }
    let mut sums: HashMap<String, Decimal> = HashMap::new();
    for row in caller.all("/api/v2/transactions/accounts", 1_000).await {
        let amount = decimal(&row, "amount");
        let sum = sums.entry(text(&row, "accountUuid").to_owned()).or_default();
        match (text(&row, "status"), text(&row, "type")) {
            ("completed", "payin") => *sum += amount,
            ("completed", _) => *sum -= amount,
            _ => {}
        }
    }
    for account in caller.items("/api/v2/accounts").await {
        assert_eq!(decimal(&account, "balance"), sums[text(&account, "id")], "{account}");
        assert!(text(&account, "balance").split('.').nth(1).unwrap().len() == 9);
    }
}

#[tokio::test]
async fn the_merchant_looks_like_one() {
    let caller = demo().await;
    let rows = caller.all("/api/v2/transactions/cards", 1_000).await;
    assert!((6_000..=6_003).contains(&rows.len()), "{}", rows.len());
    let purchases: Vec<&Value> = rows.iter().filter(|row| text(row, "type") == "purchase").collect();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for row in purchases.iter().filter(|row| text(row, "status") == "declined") {
        *reasons.entry(text(row, "declineReason")).or_default() += 1;
    }
    let declined = reasons.values().sum::<usize>() * 1_000 / purchases.len();
    assert!((50..=80).contains(&declined), "{declined} of a thousand declined: {reasons:?}");
    for cause in ["Insufficient balance", "Card is frozen", "Daily limit exceeded"] {
        assert!(reasons.get(cause).is_some_and(|count| *count >= 10), "{cause}: {reasons:?}");
    }
    let count = |kind: &str| rows.iter().filter(|row| text(row, "type") == kind).count();
    assert!(count("refund") > 50 && count("fee") > 20 && count("withdrawal") > 20 && count("top_up") > 200);
    let days: HashSet<&str> = rows.iter().map(|row| &text(row, "createdAt")[..10]).collect();
    assert!((88..=92).contains(&days.len()), "{} days", days.len());
    let hour =
        |row: &&Value, hours: std::ops::Range<u32>| hours.contains(&text(row, "createdAt")[11..13].parse().unwrap());
    let (noon, night) =
        (rows.iter().filter(|row| hour(row, 11..15)).count(), rows.iter().filter(|row| hour(row, 1..5)).count());
    assert!(noon > night * 5, "{noon} at noon, {night} at night");

    let cards = cards(&caller).await;
    let of = |status: &str| cards.iter().filter(|card| text(card, "status") == status).count();
    assert_eq!((cards.len(), of("creating_failed")), (130, 1));
    assert!(of("frozen") >= 3 && of("closed") >= 3 && of("active") > 100);
    let holders = caller.all("/api/v2/cardholders", 100).await;
    assert_eq!(holders.len(), 40);
    let accounts = caller.items("/api/v2/accounts").await;
    let names: Vec<_> = accounts.iter().map(|account| (text(account, "name"), text(account, "currency"))).collect();
    assert_eq!(names, [("Main", "USD"), ("Ads", "USD"), ("Travel", "USD"), ("Euro", "EUR")]);
    let kinds: HashSet<String> = caller
        .all("/api/v2/transactions/accounts", 1_000)
        .await
        .iter()
        .map(|row| text(row, "type").to_owned())
        .collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}

#[tokio::test]
async fn every_card_number_passes_luhn_and_is_its_own() {
    let caller = demo().await;
    let mut numbers = HashSet::new();
    for card in cards(&caller).await.iter().filter(|card| text(card, "status") == "active") {
        let path = format!("/api/v2/accounts/{}/cards/{}/sensitive", text(card, "accountUuid"), text(card, "id"));
        let came = caller.get(&path).await.json();
        let number = text(&came, "cardNumber").to_owned();
        assert!(luhn(&number), "a card fails Luhn");
        assert!(["411111", "555555", "453957", "510510"].contains(&&number[..6]));
        assert!(text(&came, "cvv").len() == 3 && text(&came, "expiryMonth").len() == 2);
        assert!(numbers.insert(number), "two cards share a number");
    }
    assert!(numbers.len() > 100);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_merchant() {
    let (one, two) = (demo().await, demo().await);
    assert_eq!(one.sandbox.token(), two.sandbox.token());
    let names = |cards: Vec<Value>| cards.iter().map(|card| text(card, "name").to_owned()).collect::<Vec<_>>();
    assert_eq!(names(cards(&one).await), names(cards(&two).await));
    let other = Caller::start(Options { seed: 99, live_rate: 0, dialect: Dialect::Rich, ..Options::default() }).await;
    assert_ne!(one.sandbox.token(), other.sandbox.token());
    assert_ne!(names(cards(&one).await), names(cards(&other).await));
}

#[tokio::test]
async fn a_sandbox_of_nothing_answers_too() {
    let empty = Options {
        accounts: 0,
        cards: 0,
        transactions: 0,
        live_rate: 600,
        dialect: Dialect::Rich,
        ..Options::default()
    };
    let caller = Caller::start(empty).await;
    assert!(caller.items("/api/v2/accounts").await.is_empty());
    assert!(caller.items("/api/v2/transactions/cards").await.is_empty());
    let bare = Options {
        accounts: 2,
        cards: 0,
        transactions: 0,
        live_rate: 600,
        dialect: Dialect::Rich,
        ..Options::default()
    };
    assert_eq!(Caller::start(bare).await.items("/api/v2/accounts").await.len(), 2);
}
