//! Every quirk is really there, and not there without it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use fourpay::sandbox::{Dialect, Options, Quirk, Quirks};
use serde_json::{Value, json};

use super::dialects::{id, inner, rows, whole};
use super::support::{Caller, quiet, text};

const CARD_FEED: &str = "/api/v2/transactions/cards";

fn with(quirks: &[Quirk]) -> Options {
    Options { quirks: Quirks::of(quirks), transactions: 300, cards: 60, ..quiet() }
}

/// One amount of an account as it stands in the answer.
async fn balance(caller: &Caller) -> Value {
    rows(&caller.get("/api/v2/accounts").await)[0]["balance"].clone()
}

async fn first(caller: &Caller, path: &str) -> Value {
    rows(&caller.get(path).await)[0].clone()
}

async fn ids(caller: &Caller, path: &str) -> Vec<String> {
    rows(&caller.get(path).await).iter().map(|row| id(row).to_owned()).collect()
}

async fn status(caller: &Caller, method: &str, path: &str) -> u16 {
    caller.send(method, path, None).await.unwrap().status
}

/// Tops up a card; the answer, and the row of the card feed that came of it.
async fn topped_up(caller: &Caller) -> (Value, Value) {
    let body = r#"{"amount":"1.00","currency":"USD","description":"fp-abcdefghij"}"#;
    let receipt = inner(caller.post(&format!("{}/topup", caller.card()), body).await.json());
    let newest = caller.sandbox.inventory().card_transactions.pop().unwrap().id;
    (receipt, inner(caller.get(&format!("{CARD_FEED}/{newest}")).await.json()))
}

fn seconds(row: &Value) -> i64 {
    DateTime::parse_from_rfc3339(text(row, "createdAt")).unwrap().timestamp()
}

/// The path of the account with the most cards.
fn busy(caller: &Caller) -> String {
    let held = caller.sandbox.inventory();
    let most =
        held.accounts.iter().max_by_key(|account| held.cards.iter().filter(|card| card.account == account.id).count());
    format!("/api/v2/accounts/{}", most.unwrap().id)
}

/// Whether the quirk is to be seen. No default arm: a new quirk must say how it shows.
async fn shows(quirk: Quirk, caller: &Caller) -> bool {
    let card = caller.card();
    let cards = format!("{}/cards", busy(caller));
    let empty = format!("{CARD_FEED}?cardUuid=nobody");
    match quirk {
        Quirk::OldestFirst => {
            let feed = rows(&caller.get(CARD_FEED).await);
            text(&feed[0], "createdAt") < text(&feed[50], "createdAt")
        }
        Quirk::UnstableOrder => {
            let (one, two) = (ids(caller, CARD_FEED).await, ids(caller, CARD_FEED).await);
            one != two
                && whole(caller, CARD_FEED, 1_000).await.len() == caller.sandbox.inventory().card_transactions.len()
        }
        Quirk::ClampedLimit => ids(caller, &format!("{CARD_FEED}?limit=1000")).await.len() == 100,
        Quirk::LowMaxLimit => status(caller, "GET", &format!("{CARD_FEED}?limit=101")).await == 422,
        Quirk::SmallPages => ids(caller, CARD_FEED).await.len() == 25,
        Quirk::IgnoredOffset => {
            ids(caller, &format!("{CARD_FEED}?limit=10&offset=10")).await
                == ids(caller, &format!("{CARD_FEED}?limit=10")).await
        }
        Quirk::PageQuantity => {
            let second = ids(caller, &format!("{CARD_FEED}?page=2&quantity=10&limit=1&offset=90")).await;
            second
                == whole(caller, CARD_FEED, 100).await[10..20].iter().map(|row| id(row).to_owned()).collect::<Vec<_>>()
        }
        Quirk::PagedAccounts => {
            let list = caller.get("/api/v2/accounts").await.json();
            list["pagination"]["totalQuantity"] == 150 && whole(caller, "/api/v2/accounts", 100).await.len() == 150
        }
        Quirk::NoTotal => caller.get("/api/v2/cardholders").await.json().get("total").is_none(),
        Quirk::WrongTotal => {
            caller.get(CARD_FEED).await.json()["total"].as_u64()
                > Some(caller.sandbox.inventory().card_transactions.len() as u64)
        }
        Quirk::LowTotal => caller.get(&format!("{CARD_FEED}?limit=9")).await.json()["total"] == 9,
        Quirk::HasMore => {
            let list = caller.get(&format!("{CARD_FEED}?limit=9")).await.json();
            let last = caller.get(&format!("{CARD_FEED}?limit=1000")).await.json();
            list["has_more"] == true && last["has_more"] == false && list.get("total").is_none()
        }
        Quirk::NextLink => {
            let list = caller.get(&format!("{CARD_FEED}?limit=9")).await.json();
            let Some(next) = list["next"].as_str() else { return false };
            ids(caller, next).await == ids(caller, &format!("{CARD_FEED}?limit=9&offset=9")).await
        }
        Quirk::BareArrays => caller.get(CARD_FEED).await.json().is_array(),
        Quirk::DataEnvelope => caller.get("/api/v2/webhooks/events").await.json()["data"].is_array(),
        Quirk::EmptyIs204 => caller.get(&empty).await.status == 204,
        Quirk::NullLists => caller.get(&empty).await.json() == json!({"items": null}),
        Quirk::IgnoredFilters => !ids(caller, &empty).await.is_empty(),
        Quirk::AccountFilterIgnored => !ids(caller, &format!("{CARD_FEED}?accountUuid=nobody")).await.is_empty(),
        Quirk::NoEcho => topped_up(caller).await.1.get("description").is_none(),
        Quirk::LateEcho => {
            let row = topped_up(caller).await.1;
            // What was written long ago is there, so nobody waits here.
            let old = whole(caller, "/api/v2/transactions/accounts", 1_000).await;
            row.get("description").is_none() && old.iter().any(|row| row.get("description").is_some())
        }
        Quirk::RowsEarly => (8..=16).contains(&(Utc::now().timestamp() - seconds(&topped_up(caller).await.1))),
        Quirk::RowsLate => (8..=16).contains(&(seconds(&topped_up(caller).await.1) - Utc::now().timestamp())),
        Quirk::MinuteTimes => {
            rows(&caller.get(CARD_FEED).await).iter().all(|row| text(row, "createdAt").ends_with(":00+00:00"))
        }
        Quirk::DateOnly => text(&first(caller, &cards).await, "createdAt").len() == 10,
        Quirk::ZuluTimes => text(&first(caller, CARD_FEED).await, "createdAt").ends_with(".000Z"),
        Quirk::NoCreatedAt => first(caller, &cards).await.get("createdAt").is_none(),
        Quirk::UpperNames => {
            let name = text(&first(caller, "/api/v2/accounts").await, "name").to_owned();
            name == name.to_uppercase()
        }
        Quirk::CapitalStatus => first(caller, "/api/v2/accounts").await["status"] == "ACTIVE",
        Quirk::MoneyNumbers => balance(caller).await.is_number(),
        Quirk::Exponents => text(&first(caller, "/api/v2/accounts").await, "balance").contains('E'),
        Quirk::SubCents => {
            let balance = balance(caller).await;
            !balance.as_str().unwrap().ends_with("0000000")
        }
        Quirk::PythonZeros => {
            let accounts = rows(&caller.get("/api/v2/accounts").await);
            accounts.iter().any(|account| account["holdedBalance"] == "0E-9")
        }
        Quirk::NullBalances => {
            balance(caller).await.is_null() && inner(caller.get(&card).await.json())["balance"].is_string()
        }
        Quirk::SettlementOnly => {
            let row = first(caller, "/api/v2/transactions/accounts").await;
            row["settlementAmount"].is_string() && row.get("amount").is_none()
        }
        Quirk::NoHolder => {
            let listed = first(caller, &cards).await;
            let told = inner(caller.get(&card).await.json());
            [listed, told].iter().all(|card| card.get("cardOwnerId").is_none() && card.get("cardOwner").is_none())
        }
        Quirk::NullMasks => {
            let cards = rows(&caller.get(&cards).await);
            cards.iter().all(|card| card["maskedNumber"].is_null() && card["lastFour"].is_null())
        }
        Quirk::NoLimits => inner(caller.get(&card).await.json()).get("limits").is_none(),
        Quirk::LimitMap => {
            let body = r#"{"limits":{"daily_limit":"50"}}"#;
            caller.send("PATCH", &card, Some(body)).await.unwrap();
            inner(caller.get(&card).await.json())["limits"] == json!({"daily_limit": "50.00"})
        }
        Quirk::BadFields => {
            let text = caller.get(&format!("{CARD_FEED}?limit=1000")).await.text;
            let valid = serde_json::from_str::<Value>(&text).is_ok();
            !valid
                && ["NaN", "Infinity", "\\ud800", "999999999999999999999999999999"].iter().all(|bad| text.contains(bad))
        }
        Quirk::UpstreamRestrictions => {
            inner(caller.get(&format!("{}/restrictions", busy(caller))).await.json())["cardBalance"] == true
        }
        Quirk::PatchReplaces | Quirk::PatchMerges => {
            let sent = [r#"{"limits":{"daily_limit":"50"}}"#, r#"{"limits":{"weekly_limit":"70"}}"#];
            let before = [
                r#"{"limits":{"daily_limit":null,"monthly_limit":null,"lifetime_limit":null,"transaction_limit":null}}"#,
            ];
            for body in before.iter().chain(&sent) {
                assert_eq!(caller.send("PATCH", &card, Some(body)).await.unwrap().status, 200);
            }
            let kept = caller.sandbox.inventory().cards.into_iter().find(|one| card.ends_with(&one.id)).unwrap().limits;
            kept.len() == if quirk == Quirk::PatchMerges { 2 } else { 1 }
        }
        Quirk::LimitsRequired => {
            let owner = caller.sandbox.inventory().holders[0].owner_id.clone();
            let body = format!(r#"{{"name":"Ads 1","cardOwnerId":"{owner}","cardType":"virtual"}}"#);
            let refused = caller.post(&cards, &body).await;
            refused.status == 422 && refused.json()["detail"][0]["loc"] == json!(["body", "limits"])
        }
        Quirk::LockWords => {
            status(caller, "POST", &format!("{card}/freeze")).await == 404
                && status(caller, "POST", &format!("{card}/lock")).await == 200
        }
        Quirk::SuspendWords => {
            status(caller, "POST", &format!("{card}/freeze")).await == 404
                && status(caller, "POST", &format!("{card}/suspend")).await == 200
        }
        Quirk::ActivateWord => {
            status(caller, "POST", &format!("{card}/freeze")).await == 200
                && status(caller, "POST", &format!("{card}/unfreeze")).await == 404
                && status(caller, "POST", &format!("{card}/activate")).await == 200
        }
        Quirk::LifecycleLater => {
            status(caller, "POST", &format!("{card}/freeze")).await == 204
                && inner(caller.get(&card).await.json())["status"] == "active"
        }
        Quirk::FundPaths | Quirk::BalancePaths => {
            let word = if quirk == Quirk::FundPaths { "fund" } else { "balance/top-up" };
            let sent = caller.send("PATCH", &format!("{card}/{word}"), Some(r#"{"amount":"1"}"#)).await.unwrap();
            sent.status == 200 && caller.post(&format!("{card}/topup"), r#"{"amount":"1"}"#).await.status == 404
        }
        Quirk::BareReceipts => topped_up(caller).await.0.get("toTransactionId").is_none(),
        Quirk::SlashRedirect => {
            let sent = caller.request("GET", "/api/v2/accounts?limit=1").send().await.unwrap();
            let to = sent.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            let document = caller.get("/api/openapi.json").await.json();
            to == Some(format!("{}/api/v2/accounts/?limit=1", caller.sandbox.base_url()))
                && caller.get("/api/v2/accounts/?limit=1").await.status == 200
                && document["paths"]["/api/v2/accounts/"].is_object()
        }
        Quirk::BearerKey => {
            let as_token = caller.http.get(format!("{}/api/v2/accounts", caller.sandbox.base_url()));
            let as_token = as_token.header("x-api-token", caller.sandbox.token()).send().await.unwrap();
            let as_bearer = caller.http.get(format!("{}/api/v2/accounts", caller.sandbox.base_url()));
            let as_bearer = as_bearer.bearer_auth(caller.sandbox.token()).send().await.unwrap();
            (as_token.status(), as_bearer.status()) == (401.try_into().unwrap(), 200.try_into().unwrap())
        }
        Quirk::JwtMillis | Quirk::JwtText => {
            let body =
                format!(r#"{{"email":"{}","password":"{}"}}"#, fourpay::sandbox::EMAIL, fourpay::sandbox::PASSWORD);
            let jwt = text(&caller.post("/api/v2/auth/login", &body).await.json(), "access_token").to_owned();
            let url = format!("{}/api/v2/accounts", caller.sandbox.base_url());
            assert_eq!(caller.http.get(url).bearer_auth(&jwt).send().await.unwrap().status(), 200, "a login is good");
            let claims = base64::Engine::decode(
                &base64::engine::general_purpose::URL_SAFE_NO_PAD,
                jwt.split('.').nth(1).unwrap(),
            );
            let exp = serde_json::from_slice::<Value>(&claims.unwrap()).unwrap()["exp"].clone();
            match quirk {
                Quirk::JwtText => exp.is_string(),
                _ => exp.as_i64() > Some(1_000_000_000_000),
            }
        }
        Quirk::SignaturePrefix => {
            let receiver = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/", receiver.local_addr().unwrap());
            let body = json!({"url": url, "secret": "s"}).to_string();
            assert_eq!(caller.send("PUT", "/api/v2/webhooks/config", Some(&body)).await.unwrap().status, 200);
            topped_up(caller).await;
            let (mut stream, _) = receiver.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                assert_ne!(tokio::io::AsyncReadExt::read_buf(&mut stream, &mut head).await.unwrap(), 0, "half a head");
            }
            String::from_utf8_lossy(&head).contains("X-Webhook-Signature: sha256=")
        }
        Quirk::Brotli => {
            let sent = caller.request("GET", CARD_FEED).send().await.unwrap();
            let named = sent.headers().get("content-encoding").is_some_and(|encoding| encoding == "br");
            let body = sent.bytes().await.unwrap();
            named && serde_json::from_slice::<Value>(&body).is_err() && body.ends_with(&[b'}', 3])
        }
        Quirk::LoginElsewhere => {
            let body =
                format!(r#"{{"email":"{}","password":"{}"}}"#, fourpay::sandbox::EMAIL, fourpay::sandbox::PASSWORD);
            caller.post("/api/v2/portal/session", &body).await.status == 200
                && caller.post("/api/v2/auth/login", &body).await.status == 404
        }
        Quirk::NoOpenapi => status(caller, "GET", "/api/openapi.json").await == 404,
        Quirk::NoWebhooks => {
            status(caller, "GET", "/api/v2/webhooks/config").await == 404
                && status(caller, "GET", "/api/v2/webhooks/events").await == 404
        }
        Quirk::ForbiddenWebhooks => status(caller, "GET", "/api/v2/webhooks/config").await == 403,
        Quirk::NoEventLog => {
            status(caller, "GET", "/api/v2/webhooks/config").await == 200
                && status(caller, "GET", "/api/v2/webhooks/events").await == 404
        }
        Quirk::TextPlain => caller.get(CARD_FEED).await.kind.starts_with("text/plain"),
        Quirk::EmptyDetail => caller.get("/api/v2/accounts/nobody").await.json() == json!({"detail": ""}),
        Quirk::ObjectDetail => caller.get("/api/v2/accounts/nobody").await.json()["detail"].is_object(),
        Quirk::HtmlErrors => caller.get("/api/v2/accounts/nobody").await.kind.starts_with("text/html"),
        Quirk::RateLimited => {
            let mut refused = false;
            for _ in 0..60 {
                let sent = caller.request("GET", "/api/v2/accounts").send().await.unwrap();
                refused |= sent.status() == 429 && sent.headers()["retry-after"] == "1";
            }
            refused
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_quirk_shows_and_is_not_there_without_it() {
    let started = |mut options: Options, quirk: Quirk| async move {
        if quirk == Quirk::PagedAccounts {
            options.accounts = 150;
        }
        if quirk == Quirk::LifecycleLater {
            // Long enough that the state cannot have come yet.
            options.work = std::time::Duration::from_secs(60);
        }
        Caller::start(options).await
    };
    let mut running = tokio::task::JoinSet::new();
    for quirk in Quirk::ALL {
        running.spawn(async move {
            let caller = started(with(&[*quirk]), *quirk).await;
            assert!(shows(*quirk, &caller).await, "{quirk} is not to be seen");
            caller.sound();
            // The rich dialect replaces limits by itself.
            let without: &[Quirk] = if *quirk == Quirk::PatchReplaces { &[Quirk::PatchMerges] } else { &[] };
            let caller = started(with(without), *quirk).await;
            assert!(!shows(*quirk, &caller).await, "{quirk} is there without being asked for");
        });
        // Some at a time: what is measured in seconds should not wait for the others.
        if running.len() >= 6 {
            running.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn what_is_bad_is_the_same_at_every_reading_and_by_every_seed() {
    let feed = |seed: u64| async move {
        let caller = Caller::start(Options { seed, ..with(&[Quirk::BadFields]) }).await;
        let path = format!("{CARD_FEED}?limit=40");
        (caller.get(&path).await.text, caller.get(&path).await.text)
    };
    let (one, again) = feed(4).await;
    assert_eq!(one, again);
    assert_ne!(feed(5).await.0, one);
}

#[tokio::test]
async fn a_dated_row_is_found_by_the_date_that_is_shown() {
    for quirk in [Quirk::RowsEarly, Quirk::RowsLate, Quirk::MinuteTimes] {
        let caller = Caller::start(with(&[quirk])).await;
        let row = topped_up(&caller).await.1;
        let at = text(&row, "createdAt").replace('+', "%2B");
        let found = ids(&caller, &format!("{CARD_FEED}?dateFrom={at}&dateTo={at}")).await;
        assert!(found.contains(&id(&row).to_owned()), "{quirk}: {found:?}");
    }
}

#[tokio::test]
async fn quirks_go_on_top_of_any_dialect() {
    let options = |dialect, quirks: &[Quirk]| Options { dialect, ..with(quirks) };
    let caller =
        Caller::start(options(Dialect::Legacy, &[Quirk::DataEnvelope, Quirk::LockWords, Quirk::UpperNames])).await;
    let list = caller.get("/api/v2/accounts").await.json();
    assert!(list["data"][0]["balance"].is_number());
    let named: BTreeSet<&str> = list["data"].as_array().unwrap().iter().map(|row| text(row, "name")).collect();
    assert!(named.contains("MAIN"), "{named:?}");
    assert_eq!(status(&caller, "POST", &format!("{}/lock", caller.card())).await, 204);
    let caller = Caller::start(options(Dialect::Documented, &[Quirk::LateEcho])).await;
    let old = whole(&caller, "/api/v2/transactions/accounts", 1_000).await;
    assert!(old.iter().any(|row| row["description"].is_string()), "the documents' silence is replaced");
}
