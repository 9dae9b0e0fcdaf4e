//! Each way to go wrong, seen from the client, with the count of what was done all the same.

use std::time::{Duration, Instant};

use fourpay::sandbox::{Fault, Options, Rule, Sandbox};

use super::support::{Caller, came, quiet};

const BODY: &str = r#"{"amount":"1.00"}"#;

async fn spoiled(what: Fault) -> (Caller, Result<super::support::Came, reqwest::Error>) {
    let caller = Caller::start(quiet()).await;
    caller.sandbox.faults().add(Rule::next("card_topup", what));
    let request = caller.request("POST", &format!("{}/topup", caller.card())).body(BODY);
    let came = came(request.header("content-type", "application/json").timeout(Duration::from_millis(800))).await;
    (caller, came)
}

fn executed(caller: &Caller) -> u64 {
    caller.sound();
    caller.sandbox.acts().get("card_topup").copied().unwrap_or(0)
}

#[tokio::test]
async fn no_answer_before_or_after_the_act() {
    for (what, done) in [(Fault::DropBefore, 0), (Fault::ExecuteThenDrop, 1)] {
        let start = Instant::now();
        let (caller, came) = spoiled(what.clone()).await;
        let error = came.err().unwrap_or_else(|| panic!("{what:?} gave an answer"));
        assert!(!error.is_connect() && !error.is_timeout() && !error.is_decode(), "{what:?}: {error:?}");
        assert!(start.elapsed() < Duration::from_secs(15));
        assert_eq!(executed(&caller), done, "{what:?}");
        assert_eq!(caller.sandbox.faults().left(), 0);
        assert_eq!(caller.post(&format!("{}/topup", caller.card()), BODY).await.status, 200, "a rule is spent once");
    }
}

#[tokio::test]
async fn silence_before_or_after_the_act() {
    for (what, done) in [(Fault::HangBefore, 0), (Fault::ExecuteThenHang, 1)] {
        let caller = Caller::start(quiet()).await;
        caller.sandbox.faults().add(Rule::next("card_topup", what.clone()));
        let request = caller.request("POST", &format!("{}/topup", caller.card()));
        let request = request.header("content-type", "application/json").body(BODY).timeout(Duration::from_millis(400));
        assert!(request.send().await.err().is_some_and(|error| error.is_timeout()), "{what:?}");
        assert_eq!(executed(&caller), done, "{what:?}");
    }
}

#[tokio::test]
async fn wrong_answers() {
    let page = r#"{"detail":"no"}"#.to_owned();
    for (what, status, kind, done) in [
        (Fault::Status { code: 500, body: page.clone() }, 500, "application/json", 0),
        (Fault::ExecuteThenStatus { code: 503, body: page }, 503, "application/json", 1),
        (Fault::TooMany { retry_after: 7 }, 429, "application/json", 0),
        (Fault::BadGateway { executed: false }, 502, "text/html", 0),
        (Fault::BadGateway { executed: true }, 502, "text/html", 1),
        (Fault::Redirect { to: "http://127.0.0.1:9/".into() }, 307, "application/json", 0),
        (Fault::Expired, 401, "application/json", 0),
    ] {
        let (caller, came) = spoiled(what.clone()).await;
        let came = came.unwrap();
        assert_eq!((came.status, came.kind.as_str()), (status, kind), "{what:?}");
        assert_eq!(executed(&caller), done, "{what:?}");
    }
    let (caller, came) = spoiled(Fault::Garbage).await;
    assert!(serde_json::from_str::<serde_json::Value>(&came.unwrap().text).is_err());
    assert_eq!(executed(&caller), 0);
}

#[tokio::test]
async fn headers_of_wrong_answers() {
    let caller = Caller::start(quiet()).await;
    let faults = caller.sandbox.faults();
    faults.add(Rule::next("account_list", Fault::TooMany { retry_after: 7 }));
    faults.add(Rule::next("account_list", Fault::Redirect { to: "http://127.0.0.1:9/x".into() }));
    faults.add(Rule::next("account_list", Fault::SkewedDate { seconds: -3_600 }));
    let ask = || caller.request("GET", "/api/v2/accounts").send();
    assert_eq!(ask().await.unwrap().headers()["retry-after"], "7");
    assert_eq!(ask().await.unwrap().headers()["location"], "http://127.0.0.1:9/x");
    let (skewed, right) = (ask().await.unwrap(), ask().await.unwrap());
    let date =
        |answer: &reqwest::Response| httpdate::parse_http_date(answer.headers()["date"].to_str().unwrap()).unwrap();
    let off = date(&right).duration_since(date(&skewed)).unwrap().as_secs();
    assert!((3_598..=3_602).contains(&off), "{off}");
}

#[tokio::test]
async fn torn_slow_and_endless_bodies() {
    let (caller, came) = spoiled(Fault::Truncated).await;
    assert!(came.err().is_some_and(|error| error.is_decode() || error.is_body()), "a torn body was taken for whole");
    assert_eq!(executed(&caller), 1);

    caller.sandbox.faults().add(Rule::next("account_list", Fault::Trickle { ms: 5 }));
    let request = caller.request("GET", "/api/v2/accounts").timeout(Duration::from_millis(400));
    let answer = request.send().await.unwrap();
    assert!(answer.bytes().await.err().is_some_and(|error| error.is_timeout()), "the trickle was not slow");

    caller.sandbox.faults().add(Rule::next("account_list", Fault::Delay { ms: 150 }));
    let start = Instant::now();
    assert_eq!(caller.get("/api/v2/accounts").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(150));

    caller.sandbox.faults().add(Rule::next("account_list", Fault::Huge { mib: 3 }));
    let huge = caller.get("/api/v2/accounts").await;
    assert!(huge.text.len() > 3 << 20 && huge.json()["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn rules_skip_count_and_choose() {
    let caller = Caller::start(quiet()).await;
    let faults = caller.sandbox.faults();
    let broken = || Fault::Status { code: 500, body: String::new() };
    faults.add(Rule::at("GET", "/api/v2/accounts/{any}/balance", broken()).after(1).times(2));
    let (account, _) = caller.sandbox.card_in("active").unwrap();
    let path = format!("/api/v2/accounts/{account}/balance");
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(caller.get(&path).await.status);
        assert_eq!(caller.get("/api/v2/accounts").await.status, 200);
    }
    assert_eq!(seen, [200, 500, 500, 200, 200]);
    faults.add(Rule::next("*", broken()).always());
    for _ in 0..3 {
        assert_eq!(caller.get("/api/v2/cardholders").await.status, 500);
    }
    faults.clear();
    assert_eq!(caller.get("/api/v2/cardholders").await.status, 200);
}

#[tokio::test]
async fn the_same_over_http_and_only_when_asked_for() {
    let caller = Caller::start(Options { faults: true, ..quiet() }).await;
    let rule = r#"{"endpoint":"card_topup","what":{"kind":"execute_then_drop"}}"#;
    assert_eq!(caller.post("/__sandbox/faults", rule).await.status, 204);
    let path = format!("{}/topup", caller.card());
    assert!(caller.send("POST", &path, Some(BODY)).await.is_err());
    assert_eq!(caller.get("/__sandbox/acts").await.json()["card_topup"], 1);
    let (_, card) = caller.sandbox.card_in("active").unwrap();
    let happening = format!(r#"{{"what":"purchase","card":"{card}","amount":"1.00"}}"#);
    assert!(caller.post("/__sandbox/happen", &happening).await.json()["id"].is_string());
    assert_eq!(caller.get("/__sandbox/conserved").await.json()["conserved"], true);
    assert_eq!(caller.post("/__sandbox/faults", r#"{"what":{"kind":"nonsense"}}"#).await.status, 422);
}

#[tokio::test]
async fn latency_is_added_to_every_answer() {
    let caller = Caller::start(Options { latency: Duration::from_millis(120), ..quiet() }).await;
    let start = Instant::now();
    caller.get("/api/v2/accounts").await;
    assert!(start.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn nothing_outlives_a_sandbox() {
    let caller = Caller::start(quiet()).await;
    let address = caller.sandbox.base_url().trim_start_matches("http://").to_owned();
    caller.sandbox.faults().add(Rule::next("account_list", Fault::HangBefore));
    let mut hanging = tokio::task::JoinSet::new();
    hanging.spawn(caller.request("GET", "/api/v2/accounts").send());
    while caller.sandbox.faults().left() > 0 {
        tokio::task::yield_now().await;
    }
    caller.sandbox.stop().await;
    assert!(hanging.join_next().await.unwrap().unwrap().is_err(), "a connection outlived its server");
    assert!(tokio::net::TcpStream::connect(&address).await.is_err());
    // Dropping is as good.
    let dropped: Sandbox = Sandbox::start(quiet()).await.unwrap();
    let address = dropped.base_url().trim_start_matches("http://").to_owned();
    drop(dropped);
    super::support::until("the port is free", || async { tokio::net::TcpStream::connect(&address).await.is_err() })
        .await;
}
