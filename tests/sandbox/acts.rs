//! What changes the world: cards, money, cardholders.

use fourpay::sandbox::Happening;
use rust_decimal::Decimal;
use serde_json::Value;

use super::support::{Caller, decimal, quiet, text, until};

async fn issue(caller: &Caller, name: &str) -> (String, Value) {
    let (account, _) = caller.sandbox.card_in("active").unwrap();
    let path = format!("/api/v2/accounts/{account}/cards");
    let body = format!(
        r#"{{"name":"{name}","cardOwnerId":"emp-001","cardType":"virtual","limits":{{"daily_limit":"100.00"}}}}"#
    );
    let came = caller.post(&path, &body).await;
    assert_eq!(came.status, 201, "{}", came.text);
    let card = came.json();
    (format!("{path}/{}", text(&card, "id")), card)
}

async fn status_becomes(caller: &Caller, card: &str, status: &str) {
    until(&format!("{card} is {status}"), || async { text(&caller.get(card).await.json(), "status") == status }).await;
}

#[tokio::test]
async fn a_card_is_issued_frozen_and_closed() {
    let caller = Caller::start(quiet()).await;
    // One in twenty-five fails by itself, so a second or third may be needed.
    let (path, new) = loop {
        let (path, new) = issue(&caller, "Nova 🚀").await;
        assert_eq!((text(&new, "status"), &new["id"]), ("creating", &new["cardId"]));
        assert!(new["lastFour"].is_null() && new["availableBalance"].is_null());
        until("the provider is done", || async { text(&caller.get(&path).await.json(), "status") != "creating" }).await;
        if text(&caller.get(&path).await.json(), "status") == "active" {
            break (path, new);
        }
    };
    let card = caller.get(&path).await.json();
    assert_eq!((text(&card, "balance"), text(&card["limits"][0], "value")), ("0.00", "100.00"));
    assert!(card.get("cardId").is_none());
    let sensitive = caller.get(&format!("{path}/sensitive")).await.json();
    let number = text(&sensitive, "cardNumber");
    assert!(luhn(number) && number.ends_with(text(&card, "lastFour")));
    assert_eq!(text(&card, "maskedNumber"), format!("{}******{}", &number[..6], &number[12..]));

    assert_eq!(caller.post(&format!("{path}/unfreeze"), "").await.status, 409);
    let frozen = caller.post(&format!("{path}/freeze"), "").await;
    assert_eq!((frozen.status, text(&frozen.json(), "status")), (200, "frozen"));
    assert_eq!(caller.post(&format!("{path}/freeze"), "").await.status, 409);
    assert_eq!(caller.get(&format!("{path}/sensitive")).await.status, 409);
    assert_eq!(caller.post(&format!("{path}/topup"), r#"{"amount":1,"currency":"USD"}"#).await.status, 409);
    assert_eq!(caller.post(&format!("{path}/activate"), "").await.status, 200);

    assert_eq!(caller.post(&format!("{path}/topup"), r#"{"amount":5}"#).await.status, 200);
    assert_eq!(caller.post(&format!("{path}/close"), "").await.status, 400, "closed with money on it");
    assert_eq!(caller.post(&format!("{path}/withdraw"), r#"{"amount":"5.00"}"#).await.status, 200);
    assert_eq!(caller.post(&format!("{path}/close"), "").await.status, 200);
    assert_eq!(caller.post(&format!("{path}/close"), "").await.status, 409);
    status_becomes(&caller, &path, "closed").await;
    assert_eq!(caller.post(&format!("{path}/freeze"), "").await.status, 409);
    let acts = caller.sandbox.acts();
    assert_eq!((acts["card_freeze"], acts["card_unfreeze"], acts["card_close"]), (1, 1, 1));
    assert_ne!(text(&new, "id"), "");
    caller.sound();
}

#[tokio::test]
async fn a_card_that_fails_costs_nothing() {
    let caller = Caller::start(quiet()).await;
    let (account, _) = caller.sandbox.card_in("active").unwrap();
    let balance = || async { caller.get(&format!("/api/v2/accounts/{account}/balance")).await.json() };
    let before = balance().await;
    let (path, _) = issue(&caller, "this one will Fail").await;
    assert_eq!(decimal(&balance().await, "heldBalance"), decimal(&before, "heldBalance") + Decimal::from(3));
    status_becomes(&caller, &path, "creating_failed").await;
    assert_eq!(balance().await, before);
    assert_eq!(caller.post(&format!("{path}/freeze"), "").await.status, 409);
    caller.sound();
}

#[tokio::test]
async fn topping_up_moves_money_and_leaves_two_rows_with_the_description() {
    let caller = Caller::start(quiet()).await;
    let path = caller.card();
    let account = path.split("/cards/").next().unwrap().to_owned();
    let (card, owner) = (caller.get(&path).await.json(), caller.get(&account).await.json());
    let body = r#"{"amount":12.5,"currency":"USD","description":"fp-abcdefghij · März"}"#;
    let moved = caller.post(&format!("{path}/topup"), body).await.json();
    assert_eq!((text(&moved, "amount"), text(&moved, "currency")), ("12.50", "USD"));
    assert!(moved["status"].is_null() && moved["transactionId"].is_null());
    let credit = caller.get(&format!("/api/v2/transactions/cards/{}", text(&moved, "toTransactionId"))).await.json();
    let debit =
        caller.get(&format!("/api/v2/transactions/accounts/{}", text(&moved, "fromTransactionId"))).await.json();
    assert_eq!((text(&credit, "type"), text(&debit, "type")), ("top_up", "withdrawal"));
    for row in [&credit, &debit] {
        assert_eq!((text(row, "amount"), text(row, "description")), ("12.50", "fp-abcdefghij · März"));
    }
    assert_eq!(debit["relatedId"], credit["id"]);
    let gain = decimal(&caller.get(&path).await.json(), "balance") - decimal(&card, "balance");
    let loss = decimal(&owner, "balance") - decimal(&caller.get(&account).await.json(), "balance");
    assert_eq!((gain, loss), ("12.5".parse().unwrap(), "12.5".parse().unwrap()));
    for (body, status) in [
        (r#"{"amount":"99999999999999999999999999.99"}"#, 400),
        (r#"{"amount":"1","currency":"EUR"}"#, 400),
        (r#"{"amount":"1","currency":""}"#, 422),
    ] {
        assert_eq!(caller.post(&format!("{path}/topup"), body).await.status, status, "{body}");
        assert_eq!(caller.post(&format!("{path}/withdraw"), body).await.status, status, "{body}");
    }
    assert_eq!(caller.sandbox.acts()["card_topup"], 1);
    caller.sound();
}

#[tokio::test]
async fn transfers_small_at_once_large_later_and_only_where_legal() {
    let caller = Caller::start(quiet()).await;
    let accounts = caller.items("/api/v2/accounts").await;
    let id = |name: &str| text(accounts.iter().find(|a| text(a, "name") == name).unwrap(), "id").to_owned();
    let (main, ads, euro) = (id("Main"), id("Ads"), id("Euro"));
    caller.sandbox.happen(Happening::Payin { account: main.clone(), amount: "5000".into(), crypto: false }).unwrap();
    let legal = caller.items(&format!("/api/v2/accounts/{main}/transfer-destinations")).await;
    assert!(legal.iter().any(|to| text(to, "id") == ads) && legal.iter().all(|to| text(to, "currency") == "USD"));
    let send = |to: &str, amount: &str| {
        let body = format!(r#"{{"destinationAccountUuid":"{to}","amount":"{amount}","description":"move"}}"#);
        let path = format!("/api/v2/accounts/{main}/transfer");
        let caller = &caller;
        async move { caller.post(&path, &body).await }
    };
    let balance = |id: String| {
        let caller = &caller;
        async move { caller.get(&format!("/api/v2/accounts/{id}/balance")).await.json() }
    };
    let before = (balance(main.clone()).await, balance(ads.clone()).await);
    let small = send(&ads, "40.00").await.json();
    assert!(small["fromTransactionId"].is_string() && small["toTransactionId"].is_string());
    let large = send(&ads, "1500").await.json();
    assert_eq!((text(&large, "status"), large.get("fromTransactionId")), ("accepted", None));
    until("the large one arrives", || async {
        decimal(&balance(ads.clone()).await, "balance") == decimal(&before.1, "balance") + Decimal::from(1_540)
    })
    .await;
    assert_eq!(decimal(&balance(main.clone()).await, "balance"), decimal(&before.0, "balance") - Decimal::from(1_540));
    for (to, amount, status) in [
        (main.as_str(), "1", 400),
        (euro.as_str(), "1", 400),
        (ads.as_str(), "9999999999", 400),
        ("nobody", "1", 404),
        ("", "1", 422),
    ] {
        assert_eq!(send(to, amount).await.status, status, "{to} {amount}");
    }
    assert_eq!(caller.sandbox.acts()["account_transfer"], 2);
    caller.sound();
}

#[tokio::test]
async fn cardholders_are_unique_and_read_in_both_cases() {
    let caller = Caller::start(quiet()).await;
    let (account, _) = caller.sandbox.card_in("active").unwrap();
    let path = format!("/api/v2/accounts/{account}/cardholders");
    let body = r#"{"cardOwnerId":"new-1","first_name":"Zoë","last_name":"明","email":"zoe@example.org","phone":"+1"}"#;
    let made = caller.post(&path, body).await;
    assert_eq!((made.status, text(&made.json(), "firstName")), (201, "Zoë"));
    for again in [
        body.to_owned(),
        body.replace("new-1", "new-2"),
        body.replace("new-1", "new-2").replace("zoe@example.org", "ZOE@example.org").replace("+1", "+2"),
    ] {
        assert_eq!(caller.post(&path, &again).await.status, 409, "{again}");
    }
    let camel = r#"{"cardOwnerId":"new-3","firstName":"A","lastName":"B","email":"a@b.example"}"#;
    assert_eq!(caller.post(&path, camel).await.status, 201);
    for bad in ["a b", "ä", "x_y", ""] {
        let body = camel.replace("new-3", bad);
        assert_eq!(caller.post(&path, &body).await.status, 422, "{bad}");
    }
    let list = caller.get("/api/v2/cardholders?limit=2").await.json();
    assert_eq!(list["items"][0]["cardOwnerId"], "new-3");
    assert_eq!(list["total"].as_u64(), Some(caller.all("/api/v2/cardholders", 10).await.len() as u64));
    assert_eq!(caller.get("/api/v2/cardholders/new-1").await.json(), made.json());
    assert_eq!(caller.get("/api/v2/cardholders/nobody").await.status, 404);
    let held = caller.items("/api/v2/cardholders/emp-001/cards").await;
    assert!(held.iter().all(|card| card["cardId"].is_string() && card["maskedNumber"].is_string()));
}

#[tokio::test]
async fn a_purchase_is_held_then_settled_or_declined_for_its_cause() {
    let caller = Caller::start(quiet()).await;
    let path = caller.card();
    let card = path.rsplit('/').next().unwrap().to_owned();
    assert_eq!(caller.send("PATCH", &path, Some(r#"{"limits":{}}"#)).await.unwrap().status, 200);
    assert_eq!(caller.post(&format!("{path}/topup"), r#"{"amount":100}"#).await.status, 200);
    let before = caller.get(&path).await.json();
    let buy = |amount: &str| {
        let what = Happening::Purchase { card: card.clone(), amount: amount.to_owned(), settle_after_ms: None };
        caller.sandbox.happen(what).unwrap()
    };
    let row = |id: String| {
        let caller = &caller;
        async move { caller.get(&format!("/api/v2/transactions/cards/{id}")).await.json() }
    };
    let id = buy("10.00");
    let held = caller.get(&path).await.json();
    assert_eq!(text(&row(id.clone()).await, "status"), "authorized");
    assert_eq!(held["balance"], before["balance"]);
    assert!(decimal(&held, "availableBalance") < decimal(&before, "availableBalance") - Decimal::from(10));
    caller.sandbox.happen(Happening::Settle { transaction: id.clone() }).unwrap();
    let settled = row(id.clone()).await;
    assert_eq!((text(&settled, "status"), text(&settled, "settlementAmount")), ("completed", "10.00"));
    let paid = decimal(&settled, "amount") + decimal(&settled, "feeAmount");
    assert_eq!(decimal(&caller.get(&path).await.json(), "balance"), decimal(&before, "balance") - paid);

    let back = Happening::Refund { transaction: id.clone(), amount: "4.00".into() };
    let refund = row(caller.sandbox.happen(back).unwrap()).await;
    assert_eq!((text(&refund, "type"), text(&refund, "parentId")), ("refund", id.as_str()));
    let too_much = Happening::Refund { transaction: id, amount: "6.01".into() };
    assert!(caller.sandbox.happen(too_much).is_err());

    let reason = |value: Value| text(&value, "declineReason").to_owned();
    assert_eq!(reason(row(buy("999999.00")).await), "Insufficient balance");
    let limit = r#"{"limits":{"transaction_limit":"5.00"}}"#;
    assert_eq!(caller.send("PATCH", &path, Some(limit)).await.unwrap().status, 200);
    assert_eq!(reason(row(buy("5.01")).await), "Transaction limit exceeded");
    caller.sandbox.happen(Happening::Freeze { card: card.clone() }).unwrap();
    assert_eq!(reason(row(buy("1.00")).await), "Card is frozen");
    assert!(!caller.sandbox.acts().contains_key("card_freeze"), "what happens by itself is no act of a client");
    caller.sound();
}

pub fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    number.len() == 16 && sum.is_multiple_of(10)
}
