//! Events: logged at once, delivered signed, only to loopback.

use std::time::{Duration, Instant};

use fourpay::sandbox::{Happening, Options};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::support::{Caller, quiet, text, until};

/// Receives one delivery and answers it: head and body.
async fn receive(listener: &TcpListener, answer: &str) -> (String, Vec<u8>) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut all = Vec::new();
    loop {
        assert!(stream.read_buf(&mut all).await.unwrap() > 0, "a torn delivery");
        let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(all[..end].to_vec()).unwrap().to_lowercase();
        let length: usize = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        if all.len() >= end + 4 + length {
            stream.write_all(answer.as_bytes()).await.unwrap();
            return (head, all[end + 4..].to_vec());
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    head.split(&format!("{name}: ")).nth(1).unwrap_or_else(|| panic!("no {name} in {head}")).lines().next().unwrap()
}

async fn configure(caller: &Caller, body: &str) -> u16 {
    caller.send("PUT", "/api/v2/webhooks/config", Some(body)).await.unwrap().status
}

#[tokio::test]
async fn a_delivery_carries_both_signatures_of_the_raw_body() {
    let caller = Caller::start(quiet()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?x=1", listener.local_addr().unwrap());
    assert_eq!(
        configure(&caller, &format!(r#"{{"url":"{url}","secret":"s3cret","event_types":["card_state"]}}"#)).await,
        200
    );
    let (_, card) = caller.sandbox.card_in("active").unwrap();
    caller.sandbox.happen(Happening::Freeze { card: card.clone() }).unwrap();
    let (head, body) = receive(&listener, "HTTP/1.1 204 No Content\r\n\r\n").await;
    assert!(head.starts_with("post /hook?x=1 http/1.1"));
    let mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap().chain_update(&body).finalize().into_bytes();
    assert_eq!(header(&head, "x-webhook-signature"), hex::encode(mac));
    let mac = Hmac::<Sha512>::new_from_slice(b"s3cret").unwrap().chain_update(&body).finalize().into_bytes();
    assert_eq!(header(&head, "api-notification-sign"), hex::encode(mac));
    let payload: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((text(&payload, "id"), text(&payload, "status")), (card.as_str(), "frozen"));
    until("it is logged as delivered", || async {
        let newest = &caller.get("/api/v2/webhooks/events?limit=1").await.json()[0];
        newest["delivery_status"] == "delivered" && newest["delivery_response_code"] == 204
    })
    .await;
    // Another kind of event is not wanted, and one that fails says why.
    let (account, _) = caller.sandbox.card_in("active").unwrap();
    caller.sandbox.happen(Happening::Payin { account, amount: "1".into(), crypto: false }).unwrap();
    caller.sandbox.happen(Happening::Unfreeze { card }).unwrap();
    let (_, body) = receive(&listener, "HTTP/1.1 500 Oops\r\n\r\n").await;
    assert!(String::from_utf8(body).unwrap().contains("active"));
    until("it is logged as failed", || async {
        let newest = &caller.get("/api/v2/webhooks/events?limit=1").await.json()[0];
        newest["delivery_status"] == "failed" && newest["delivery_error"] == "receiver answered 500"
    })
    .await;
}

#[tokio::test]
async fn the_log_is_a_bare_array_newest_first_and_there_at_once() {
    let caller = Caller::start(quiet()).await;
    let log = |query: &'static str| {
        let caller = &caller;
        async move { caller.get(&format!("/api/v2/webhooks/events{query}")).await.json().as_array().unwrap().clone() }
    };
    assert_eq!(log("").await.len(), 50, "the default page");
    let before = log("?limit=1").await;
    let (_, card) = caller.sandbox.card_in("active").unwrap();
    let what = Happening::Purchase { card, amount: "1.00".into(), settle_after_ms: Some(30) };
    let id = caller.sandbox.happen(what).unwrap();
    let after = log("?limit=200").await;
    let at = after.iter().position(|event| event["id"] == before[0]["id"]).unwrap();
    assert_eq!((at, text(&after[0]["payload"], "id")), (1, id.as_str()));
    assert_eq!(text(&after[0], "event_type"), "card_transaction");
    until("the settlement is an event too", || async {
        let newest = log("?limit=1").await;
        text(&newest[0]["payload"], "id") == id && text(&newest[0]["payload"], "status") == "completed"
    })
    .await;
    until("the demo receiver took it", || async { log("?limit=1").await[0]["delivery_status"] == "delivered" }).await;
}

#[tokio::test]
async fn the_configuration_is_set_read_and_forgotten() {
    let caller = Caller::start(quiet()).await;
    let path = "/api/v2/webhooks/config";
    let first = caller.get(path).await.json();
    assert_eq!((first["secret_set"].as_bool(), first["event_types"].is_null()), (Some(true), true));
    for (body, status) in [
        (r#"{"url":"https://hooks.example.org/x"}"#, 200),
        (r#"{"url":"http://hooks.example.org/x"}"#, 422),
        (r#"{"url":"ftp://127.0.0.1/"}"#, 422),
        (r#"{"url":"nothing"}"#, 422),
        (r#"{"url":"https://hooks.example.org*"}"#, 422),
        (r#"{"url":"https://user@hooks.example.org/"}"#, 422),
        (r#"{"url":"http://127.0.0.1.example.org/"}"#, 422),
        (r#"{"url":"http://[::1]:9/x"}"#, 200),
        (r#"{"url":"https://hooks.example.org/x"}"#, 200),
        (r#"{"url":"https://hooks.example.org/x","event_types":["other"]}"#, 422),
        (r#"{"url":"https://hooks.example.org/x","is_active":"yes"}"#, 422),
        ("{}", 422),
    ] {
        assert_eq!(configure(&caller, body).await, status, "{body}");
    }
    let set = caller.get(path).await.json();
    assert_eq!((text(&set, "url"), set["secret_set"].as_bool()), ("https://hooks.example.org/x", Some(true)));
    // Nothing leaves for the world: it is logged as failed, with the reason.
    let (_, card) = caller.sandbox.card_in("active").unwrap();
    caller.sandbox.happen(Happening::Freeze { card }).unwrap();
    until("it failed", || async {
        let newest = &caller.get("/api/v2/webhooks/events?limit=1").await.json()[0];
        newest["delivery_error"] == "the sandbox delivers to loopback addresses only"
    })
    .await;
    assert_eq!(caller.send("DELETE", path, None).await.unwrap().status, 204);
    assert_eq!(caller.get(path).await.status, 404);
    assert_eq!(caller.send("DELETE", path, None).await.unwrap().status, 404);
}

#[tokio::test]
async fn live_traffic_keeps_its_rate_and_the_books() {
    // Three hundred a second, which is faster than one at a time.
    let caller = Caller::start(Options { live_rate: 18_000, ..quiet() }).await;
    let count = || async { caller.all("/api/v2/transactions/cards", 1_000).await.len() };
    let (start, before) = (Instant::now(), count().await);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let (rows, took) = (count().await - before, start.elapsed());
    let rate = rows as u128 * 1_000 / took.as_millis();
    // A purchase may bring a top-up with it, and a busy machine may be late.
    assert!((150..=600).contains(&rate), "{rows} rows in {took:?}");
    caller.sound();
}

#[tokio::test]
async fn a_quiet_sandbox_is_quiet() {
    let caller = Caller::start(quiet()).await;
    let newest = || async { caller.items("/api/v2/transactions/cards?limit=1").await };
    let first = newest().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(newest().await[0]["id"], first[0]["id"]);
}
