//! Deliveries for real, over loopback: signatures, the receiver, sending on, replay, gaps, and the commands.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "test servers and programs live as long as their test")]

#[path = "support/server.rs"]
mod server;
#[path = "support/tty.rs"]
#[allow(dead_code, reason = "this test uses a part of it")]
mod tty;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use fourpay::api::{Client, Settings, Window};
use fourpay::domain::intent::lifecycle::Stage;
use fourpay::domain::intent::{Act, Before};
use fourpay::domain::secret::{Token, WebhookSecret};
use fourpay::domain::text::SafeText;
use fourpay::domain::webhook::{DeliveryStatus, Event, EventKind, Heard};
use fourpay::hooks::receiver::{self, Delivery, Receiver, Rules};
use fourpay::hooks::send::{Sender, Target};
use fourpay::hooks::{gaps, sign};
use fourpay::ops::{Journal, Ops, Outcome, SystemClock};
use fourpay::sandbox::{DELIVERY, Deliveries, Fault, Happening, Options, Rule, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tty::Tty;

const SECRET: &str = "whsec_CANARY";
const BODY: &str = r#"{"id":"t1","cardUuid":"c1","accountUuid":"a1","amount":"9.99","currency":"USD","type":"purchase","status":"authorized","updatedAt":"2026-04-03T11:00:00Z"}"#;

fn secret(text: &str) -> WebhookSecret {
    WebhookSecret::new(text.to_owned().into())
}

async fn listen(notification: bool) -> (Receiver, mpsc::Receiver<Delivery>) {
    let rules = Rules { secret: Some(Arc::new(secret(SECRET))), notification };
    receiver::listen(SocketAddr::from(([127, 0, 0, 1], 0)), rules).await.unwrap()
}

/// Sends raw bytes; the status code of the answer.
async fn raw(to: SocketAddr, head: &str, body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(to).await.unwrap();
    let head = format!("{head}Host: x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    // A receiver that has answered may have hung up.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer);
    text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no answer: {text:?} {end:?}"))
}

async fn post(to: SocketAddr, headers: &str, body: &[u8]) -> u16 {
    raw(to, &format!("POST /hook HTTP/1.1\r\n{headers}"), body).await
}

fn signed(body: &[u8]) -> String {
    format!("X-Webhook-Signature: {}\r\n", sign::signature(&secret(SECRET), body))
}

#[test]
fn signatures_are_those_that_openssl_makes() {
    let vectors = include_str!("hooks/signatures.tsv");
    let mut count = 0;
    for line in vectors.lines().filter(|line| !line.starts_with('#')) {
        let [key, body, short, long] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let (key, body) = (secret(key), hex::decode(body).unwrap());
        assert_eq!(sign::signature(&key, &body), short);
        assert_eq!(sign::notification(&key, &body), long);
        assert!(sign::is_signed(&key, &body, short) && sign::is_signed(&key, &body, &short.to_uppercase()));
        assert!(sign::is_notification(&key, &body, long));
        let mut other = body.clone();
        other.push(b' ');
        assert!(!sign::is_signed(&key, &other, short) && !sign::is_notification(&key, &other, long));
        for wrong in ["", "00", "zz", long, &short[..62], &format!("{short}00")] {
            assert!(!sign::is_signed(&key, &body, wrong), "{wrong}");
        }
        count += 1;
    }
    assert_eq!(count, 6);
}

#[tokio::test]
async fn only_what_is_signed_is_taken_and_all_else_is_answered_and_counted() {
    let (receiver, mut taken) = listen(false).await;
    let to = receiver.address;
    let good = signed(BODY.as_bytes());
    assert_eq!(post(to, &good, BODY.as_bytes()).await, 204);
    assert_eq!(post(to, &good.to_lowercase(), BODY.as_bytes()).await, 204, "names of headers have no case");
    let notification = format!("api-notification-sign: {}\r\n", sign::notification(&secret(SECRET), BODY.as_bytes()));
    let other = sign::signature(&secret("another"), BODY.as_bytes());
    for (headers, why) in [
        (String::new(), "unsigned"),
        (format!("X-Webhook-Signature: {other}\r\n"), "another secret"),
        (format!("{good}X-Webhook-Signature: {other}\r\n"), "signed twice"),
        ("X-Webhook-Signature: \r\n".into(), "empty"),
        (notification, "the other header, which nobody asked to believe"),
    ] {
        assert_eq!(post(to, &headers, BODY.as_bytes()).await, 401, "{why}");
    }
    assert_eq!(post(to, &good, BODY.replace("9.99", "0.99").as_bytes()).await, 401, "another body");
    assert_eq!(raw(to, &format!("GET / HTTP/1.1\r\n{good}"), b"").await, 405);
    let huge = vec![b' '; (1 << 20) + 1];
    assert_eq!(post(to, &signed(&huge), &huge).await, 413);
    for odd in [&b"[1]"[..], b"nothing", b"\xff\xfe", b""] {
        assert_eq!(post(to, &signed(odd), odd).await, 400, "{odd:?}");
    }
    let counts = *receiver.counts.borrow();
    assert_eq!((counts.taken, counts.refused, counts.too_large, counts.unreadable), (2, 6, 1, 4));
    for _ in 0..2 {
        let delivery = taken.recv().await.unwrap();
        assert_eq!(delivery.subject.kind, Some(EventKind::CardTransaction));
        assert_eq!(&delivery.body[..], BODY.as_bytes());
    }
    assert!(taken.try_recv().is_err(), "something unsigned came through");
}

#[tokio::test]
async fn the_other_signature_is_believed_only_when_asked_for() {
    let (receiver, _taken) = listen(true).await;
    let body = BODY.as_bytes();
    let good = format!("Api-Notification-Sign: {}\r\n", sign::notification(&secret(SECRET), body));
    assert_eq!(post(receiver.address, &good, body).await, 204);
    // A wrong trusted header is not mended by the other.
    let both = format!("{good}X-Webhook-Signature: {}\r\n", sign::signature(&secret("another"), body));
    assert_eq!(post(receiver.address, &both, body).await, 401);
    assert_eq!(post(receiver.address, "", body).await, 401);
}

/// A thousand at once: each is answered 204 and each is in the queue, though nobody takes from it meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_a_thousand_loses_none() {
    let (receiver, mut taken) = listen(false).await;
    let to = receiver.address;
    let mut sending = tokio::task::JoinSet::new();
    for at in 0..1_000 {
        sending.spawn(async move {
            let body = format!(r#"{{"id":"t{at}","cardUuid":"c1","type":"purchase","status":"authorized"}}"#);
            post(to, &signed(body.as_bytes()), body.as_bytes()).await
        });
    }
    while let Some(code) = sending.join_next().await {
        assert_eq!(code.unwrap(), 204);
    }
    let mut records = std::collections::HashSet::new();
    while let Ok(delivery) = taken.try_recv() {
        records.insert(delivery.subject.record.unwrap().to_string());
    }
    assert_eq!(records.len(), 1_000);
    assert_eq!(receiver.counts.borrow().taken, 1_000);
}

/// What there is no room for is turned away, so that the platform knows; what was taken stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_there_is_room_for_is_turned_away_and_not_lost() {
    // Without a secret: hashing eighty megabytes is no part of this.
    let rules = Rules { secret: None, notification: false };
    let (receiver, mut taken) = receiver::listen(SocketAddr::from(([127, 0, 0, 1], 0)), rules).await.unwrap();
    let body = format!("{{\"id\":\"t1\",\"type\":\"payin\",\"note\":\"{}\"}}", "x".repeat(1_000_000));
    let mut codes = Vec::new();
    for _ in 0..80 {
        codes.push(post(receiver.address, "", body.as_bytes()).await);
    }
    let kept = codes.iter().filter(|code| **code == 204).count();
    assert_eq!((codes[0], *codes.last().unwrap()), (204, 503));
    assert!(codes.iter().all(|code| matches!(code, 204 | 503)));
    assert!(taken.recv().await.is_some());
    let mut left = 1;
    while taken.try_recv().is_ok() {
        left += 1;
    }
    assert_eq!(left, kept);
    assert_eq!(post(receiver.address, "", body.as_bytes()).await, 204, "there is room again");
}

/// S7: what is sent on goes to the address and nowhere else, body and signatures as they came.
#[tokio::test]
async fn sending_on_follows_no_redirect_and_changes_nothing() {
    let elsewhere = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sender =
        Sender::new(Target::parse(&format!("http://{}/in?a=1", listener.local_addr().unwrap())).unwrap()).unwrap();
    let location = elsewhere.local_addr().unwrap();
    let peer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = Vec::new();
        while !got.ends_with(BODY.as_bytes()) {
            assert!(stream.read_buf(&mut got).await.unwrap() > 0);
        }
        let answer = format!("HTTP/1.1 307 No\r\nLocation: http://{location}/\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(got).unwrap()
    });
    let signatures = [(sign::SIGNATURE, "abc".to_owned())];
    let sent = sender.send(BODY.as_bytes().to_vec(), &signatures).await;
    assert_eq!(sent.answer, Ok(307));
    assert!(sent.to_string().contains("redirects are not followed") && !sent.is_taken());
    let got = peer.await.unwrap().to_lowercase();
    assert!(got.starts_with("post /in?a=1 http/1.1\r\n") && got.contains("x-webhook-signature: abc\r\n"), "{got}");
    assert!(!got.contains("authorization") && !got.contains("x-api-token"));
    assert!(futures_util::FutureExt::now_or_never(elsewhere.accept()).is_none());
}

async fn quiet() -> Sandbox {
    Sandbox::start(Options { live_rate: 0, ..Options::default() }).await.unwrap()
}

fn client(sandbox: &Sandbox) -> Client {
    let token = Token::parse(sandbox.token().to_owned().into()).unwrap();
    Client::new(Settings::new(sandbox.base_url()), token).unwrap()
}

async fn ops(client: &Client, state: &Path, read_only: bool) -> Ops {
    let journal = Journal::open(state, "test", Utc::now()).unwrap();
    Ops::new(client.clone(), journal, "test", read_only, SystemClock).await.unwrap()
}

fn to(url: &str, new_secret: bool) -> Act {
    Act::SetWebhook { url: SafeText::new(url, 2_083), kinds: None, active: true, new_secret }
}

/// The configuration is an act like any other: journal first, one request, done when a read says so.
#[tokio::test]
async fn the_configuration_goes_through_the_journal_and_its_secret_does_not() {
    let (sandbox, state) = (quiet().await, tempfile::tempdir().unwrap());
    let client = client(&sandbox);
    let locked = ops(&client, &state.path().join("locked"), true).await;
    let intent = locked.intend(to("http://127.0.0.1:9/x", true), Before::default(), None);
    assert!(matches!(locked.execute_with(intent, Some(secret(SECRET))).await, Outcome::Held(_)));
    let ops = ops(&client, state.path(), false).await;
    let intent = ops.intend(to("http://127.0.0.1:9/x", true), Before::default(), None);
    let reference = intent.reference;
    assert!(matches!(ops.execute_with(intent, Some(secret(SECRET))).await, Outcome::Accepted(_)));
    assert_eq!(ops.settle_once(reference).await.unwrap().stage, Stage::Done);
    let config = client.webhook_config().await.unwrap().unwrap();
    assert_eq!((config.url.as_str(), config.secret_set), ("http://127.0.0.1:9/x", Some(true)));
    let intent = ops.intend(Act::DeleteWebhook, Before::default(), None);
    let reference = intent.reference;
    assert!(matches!(ops.execute(intent).await, Outcome::Accepted(_)));
    assert_eq!(ops.settle_once(reference).await.unwrap().stage, Stage::Done);
    assert_eq!(client.webhook_config().await.unwrap(), None);
    // D4
    let mut files = vec![state.path().to_owned()];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0);
}

/// Waits for the next delivery that fits.
async fn next(taken: &mut mpsc::Receiver<Delivery>, fits: impl Fn(&Delivery) -> bool) -> Delivery {
    let wait = async {
        loop {
            let delivery = taken.recv().await.unwrap();
            if fits(&delivery) {
                return delivery;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), wait).await.expect("a delivery")
}

/// Real deliveries of the sandbox: received, then one replayed from the log is the same body, signed again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_delivers_is_taken_and_a_replay_is_the_same_again() {
    let (sandbox, state) = (quiet().await, tempfile::tempdir().unwrap());
    let client = client(&sandbox);
    let ops = ops(&client, state.path(), false).await;
    let (receiver, mut taken) = listen(false).await;
    let intent = ops.intend(to(&format!("http://{}/hook", receiver.address), true), Before::default(), None);
    assert!(matches!(ops.execute_with(intent, Some(secret(SECRET))).await, Outcome::Accepted(_)));
    let (_, card) = sandbox.card_in("active").unwrap();
    sandbox.happen(Happening::Freeze { card: card.clone() }).unwrap();
    let first = next(&mut taken, |delivery| delivery.subject.kind == Some(EventKind::CardState)).await;
    assert_eq!(first.subject.card.as_ref().unwrap().to_string(), card);
    assert_eq!(first.subject.status.as_ref().unwrap().as_str(), "frozen");
    let log = client.webhook_events(Window { limit: 20, offset: 0 }).await.unwrap();
    let event = log.items.iter().find(|event| event.subject.mark() == first.subject.mark()).unwrap();
    assert_eq!(event.about(), &EventKind::CardState);
    let payload = client.webhook_payload(&event.id, 5).await.unwrap().unwrap();
    let target = Target::parse(&format!("http://{}/again", receiver.address)).unwrap();
    let sender = Sender::new(target).unwrap();
    let sent = sender.send_signed(payload.as_bytes().to_vec(), Some(&secret(SECRET))).await;
    assert_eq!(sent.answer, Ok(204));
    let again = next(&mut taken, |_| true).await;
    assert_eq!(again.body, first.body);
    assert_eq!(again.subject.mark(), first.subject.mark());
    let sent = sender.send_signed(payload.as_bytes().to_vec(), Some(&secret("another"))).await;
    assert_eq!(sent.answer, Ok(401));
}

/// Deliveries that fail are found until a later one comes through; what happened while nothing was configured
/// is announced by nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gaps_are_failed_deliveries_and_transactions_that_nothing_announced() {
    let (sandbox, state) = (quiet().await, tempfile::tempdir().unwrap());
    let client = client(&sandbox);
    let ops = ops(&client, state.path(), false).await;
    let (_, card) = sandbox.card_in("active").unwrap();
    let purchase =
        |amount: &str| Happening::Purchase { card: card.clone(), amount: amount.into(), settle_after_ms: None };
    let execute = async |act: Act| {
        let intent = ops.intend(act, Before::default(), None);
        assert!(matches!(ops.execute(intent.clone()).await, Outcome::Accepted(_)));
        assert!(ops.settle_once(intent.reference).await.unwrap().stage.is_done());
    };
    // Nobody listens on port 9.
    execute(to("http://127.0.0.1:9/x", false)).await;
    let undelivered = sandbox.happen(purchase("1.01")).unwrap();
    let failed = async || {
        loop {
            let log = client.webhook_events(Window { limit: 20, offset: 0 }).await.unwrap();
            let of = |status| log.items.iter().filter(|event| event.delivery == status).count();
            if of(DeliveryStatus::Pending) == 0 && of(DeliveryStatus::Failed) > 0 {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), failed()).await.expect("the delivery is given up");
    execute(Act::DeleteWebhook).await;
    let unannounced = sandbox.happen(purchase("1.02")).unwrap();
    // As somebody sees it two minutes later: what is a minute old may yet be announced.
    let until = Utc::now() + TimeDelta::minutes(2);
    let report = gaps::find(&client, until - TimeDelta::hours(1), until).await.unwrap();
    let missing: Vec<String> = report.unannounced.iter().map(|row| row.id.to_string()).collect();
    assert_eq!(missing, std::slice::from_ref(&unannounced));
    let undelivered_now: Vec<String> =
        report.undelivered.iter().filter_map(|event| Some(event.subject.transaction.as_ref()?.to_string())).collect();
    assert_eq!(undelivered_now, std::slice::from_ref(&undelivered));
    assert!(report.inactive && report.log_whole && report.feeds_whole && report.clean() == Some(false));
    // The period is longer than the log: that is said, and nothing before it is called missing.
    let report = gaps::find(&client, until - TimeDelta::days(30), until).await.unwrap();
    assert!(report.too_old > 0 && report.limits()[0].contains("reaches back no further"), "{:?}", report.limits());
    assert_eq!(report.unannounced.len(), 1);
    // Nothing younger than a minute is called missing.
    let now = Utc::now();
    let report = gaps::find(&client, now - TimeDelta::hours(1), now).await.unwrap();
    assert_eq!((report.unannounced.len(), report.too_young), (0, 1));
    // A later delivery of the same record closes the gap.
    let (receiver, _taken) = listen(false).await;
    let intent = ops.intend(to(&format!("http://{}/x", receiver.address), true), Before::default(), None);
    assert!(matches!(ops.execute_with(intent, Some(secret(SECRET))).await, Outcome::Accepted(_)));
    sandbox.happen(Happening::Settle { transaction: undelivered }).unwrap();
    let mut counts = receiver.counts.clone();
    counts.wait_for(|counts| counts.taken > 0).await.unwrap();
    loop {
        let report = gaps::find(&client, until - TimeDelta::hours(1), until).await.unwrap();
        if report.pending == 0 {
            assert!(report.undelivered.is_empty(), "{:?}", report.undelivered);
            break;
        }
    }
}

/// A sandbox that tries each delivery so often, a client, and a receiver that its deliveries go to.
async fn delivering(tries: u32, wait: u64, state: &Path) -> (Sandbox, Client, Ops, Receiver, mpsc::Receiver<Delivery>) {
    let deliveries = Deliveries { tries, wait: std::time::Duration::from_millis(wait), ..Deliveries::default() };
    let sandbox = Sandbox::start(Options { live_rate: 0, deliveries, ..Options::default() }).await.unwrap();
    let client = client(&sandbox);
    let ops = ops(&client, state, false).await;
    let (receiver, taken) = listen(false).await;
    let intent = ops.intend(to(&format!("http://{}/hook", receiver.address), true), Before::default(), None);
    assert!(matches!(ops.execute_with(intent, Some(secret(SECRET))).await, Outcome::Accepted(_)));
    (sandbox, client, ops, receiver, taken)
}

/// The newest entry of the log, once it is as wanted.
async fn newest(client: &Client, wanted: impl Fn(&Event) -> bool) -> Event {
    let read = async {
        loop {
            let log = client.webhook_events(Window { limit: 1, offset: 0 }).await.unwrap();
            if let Some(event) = log.items.into_iter().find(&wanted) {
                return event;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), read).await.expect("an entry as wanted")
}

/// Fails, is tried again, fails otherwise, and comes through: one entry of the log all the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_that_fails_is_tried_again_until_it_is_taken() {
    let state = tempfile::tempdir().unwrap();
    let (sandbox, client, _ops, receiver, mut taken) = delivering(3, 400, state.path()).await;
    sandbox.faults().add(Rule::next(DELIVERY, Fault::Status { code: 500, body: String::new() }));
    sandbox.faults().add(Rule::next(DELIVERY, Fault::HangBefore));
    let (_, card) = sandbox.card_in("active").unwrap();
    sandbox.happen(Happening::Freeze { card }).unwrap();
    let first = newest(&client, |event| event.attempts == Some(1)).await;
    assert_eq!((&first.delivery, first.response_code), (&DeliveryStatus::Failed, Some(500)));
    assert_eq!(first.error.as_ref().unwrap().as_str(), "receiver answered 500");
    let second = newest(&client, |event| event.attempts == Some(2)).await;
    assert_eq!((&second.delivery, second.response_code), (&DeliveryStatus::Failed, None));
    assert_eq!(second.error.as_ref().unwrap().as_str(), "timeout");
    let third = newest(&client, |event| event.attempts == Some(3)).await;
    assert_eq!((&third.delivery, third.response_code, &third.error), (&DeliveryStatus::Delivered, Some(204), &None));
    assert!(first.id == second.id && second.id == third.id);
    let delivery = next(&mut taken, |_| true).await;
    assert_eq!(delivery.subject.mark(), first.subject.mark());
    assert_eq!(receiver.counts.borrow().taken, 1);
}

/// One that was taken and whose answer got lost comes twice, and is told from news by what it says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_whose_answer_was_lost_comes_twice_and_is_heard_once() {
    let state = tempfile::tempdir().unwrap();
    let (sandbox, client, _ops, _receiver, mut taken) = delivering(2, 10, state.path()).await;
    sandbox.faults().add(Rule::next(DELIVERY, Fault::ExecuteThenDrop));
    let (_, card) = sandbox.card_in("active").unwrap();
    sandbox.happen(Happening::Freeze { card }).unwrap();
    let (one, two) = (next(&mut taken, |_| true).await, next(&mut taken, |_| true).await);
    assert_eq!(one.body, two.body);
    let mut heard = Heard::default();
    assert!(heard.is_news(&one.subject) && !heard.is_news(&two.subject));
    let event = newest(&client, |event| event.attempts == Some(2)).await;
    assert_eq!(event.delivery, DeliveryStatus::Delivered);
}

/// After the last try it stays failed, and is a gap until something later about the same record comes through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_last_try_a_delivery_stays_failed_until_a_later_one() {
    let state = tempfile::tempdir().unwrap();
    let (sandbox, client, _ops, _receiver, mut taken) = delivering(2, 10, state.path()).await;
    sandbox.faults().add(Rule::next(DELIVERY, Fault::Status { code: 503, body: String::new() }).times(2));
    let (_, card) = sandbox.card_in("active").unwrap();
    sandbox.happen(Happening::Freeze { card: card.clone() }).unwrap();
    let event = newest(&client, |event| event.attempts == Some(2)).await;
    assert_eq!((&event.delivery, event.response_code), (&DeliveryStatus::Failed, Some(503)));
    let until = Utc::now() + TimeDelta::minutes(2);
    let report = gaps::find(&client, until - TimeDelta::hours(1), until).await.unwrap();
    assert_eq!(report.undelivered.iter().map(|event| &event.id).collect::<Vec<_>>(), [&event.id]);
    sandbox.happen(Happening::Unfreeze { card }).unwrap();
    next(&mut taken, |_| true).await;
    newest(&client, |event| event.delivery == DeliveryStatus::Delivered).await;
    let report = gaps::find(&client, until - TimeDelta::hours(1), until).await.unwrap();
    assert!(report.undelivered.is_empty(), "{:?}", report.undelivered);
    // Nothing that a delivery cannot do is taken for a rule of one.
    assert!(Rule::next(DELIVERY, Fault::Garbage).check().is_err());
    assert!(Rule::next("account_list", Fault::Garbage).check().is_ok());
}

/// What a person sees of it on pane 6: failed with its reason, then delivered at a later try.
#[test]
fn the_dashboard_shows_a_delivery_fail_and_come_through() {
    let home = tempfile::tempdir().unwrap();
    let (_server, base_url, token) =
        server::sandbox(home.path(), &["--faults", "--delivery-tries", "20", "--delivery-wait", "100"]);
    let variables = [("FOURPAY_BASE_URL", base_url.as_str()), ("FOURPAY_TOKEN", &token)];
    let mut tty = Tty::start((120, 30), Path::new(env!("CARGO_BIN_EXE_fourpay")), &["--utc"], &variables, home.path());
    tty.wait_until("data", |screen| screen.contains("2 Cards · 130"));
    tty.press("6");
    tty.wait_for("0 failed");
    let fault = serde_json::json!({"endpoint": DELIVERY, "count": 1000, "what": {"kind": "status", "code": 500}});
    server::request(&base_url, &token, "POST", "/__sandbox/faults", &fault);
    let list = |path: &str| {
        let all = server::request(&base_url, &token, "GET", path, &serde_json::Value::Null);
        all["items"].as_array().unwrap().iter().find(|item| item["status"] == "active").unwrap()["id"].clone()
    };
    let account = list("/api/v2/accounts").as_str().unwrap().to_owned();
    let card = list(&format!("/api/v2/accounts/{account}/cards")).as_str().unwrap().to_owned();
    let freeze = format!("/api/v2/accounts/{account}/cards/{card}/freeze");
    server::request(&base_url, &token, "POST", &freeze, &serde_json::json!({}));
    tty.wait_until("a failed delivery", |screen| {
        screen.contains("1 failed")
            && screen.lines().any(|line| line.contains("✗ failed") && line.contains("500 receiver"))
    });
    server::request(&base_url, &token, "DELETE", "/__sandbox/faults", &serde_json::Value::Null);
    tty.wait_until("it came through", |screen| {
        let row = |line: &str| line.contains("✓ delivered") && line.contains("card state") && line.contains("  204  ");
        screen.contains("0 failed") && screen.lines().any(row)
    });
    // Its details say the same. The cursor stays on the row that was read: the newest is gone to.
    tty.press("g");
    std::thread::sleep(Duration::from_millis(400));
    tty.press("\r");
    tty.wait_for(" tries · answered 204");
    tty.press("q");
    tty.wait_until("the log again", |screen| !screen.contains(" tries · "));
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
}

fn program(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fourpay"));
    command.args(arguments).env_clear().env("HOME", home).env("FOURPAY_WEBHOOK_SECRET", SECRET);
    command
}

fn with_input(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn s1_verify_answers_by_its_exit_code_and_takes_no_secret_as_an_argument() {
    let home = tempfile::tempdir().unwrap();
    let signature = sign::signature(&secret(SECRET), BODY.as_bytes());
    let verify = |signature: &str, body: &str| {
        let output =
            with_input(program(home.path(), &["webhooks", "verify", "--signature", signature]), body.as_bytes());
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = verify(&signature, BODY);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("right"), "{said}");
    let (code, said) = verify(&signature, "{}");
    assert_eq!((code, said.contains("wrong") && !said.contains(SECRET)), (Some(1), true), "{said}");
    assert_eq!(verify("\u{1b}]52;c;x\u{7}", BODY).0, Some(1));
    for command in [
        &["webhooks", "--help"][..],
        &["webhooks", "verify", "--help"],
        &["webhooks", "replay", "--help"],
        &["listen", "--help"],
    ] {
        let help = String::from_utf8(program(home.path(), command).output().unwrap().stdout).unwrap();
        assert!(!help.to_lowercase().contains("--secret") && !help.contains(SECRET), "{help}");
    }
    // Without a secret and a terminal it says where the secret goes.
    let mut command = Command::new("setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_fourpay"), "webhooks", "verify", "--signature", "00"]);
    command.env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
    let output = with_input(command, b"{}");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("FOURPAY_WEBHOOK_SECRET"));
}

/// T1, T3: the command prints one safe line for each verified delivery and nothing of any other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listen_prints_what_was_verified_safely_and_sends_it_on() {
    let home = tempfile::tempdir().unwrap();
    let (onward, mut received) = listen(false).await;
    let forward = format!("http://{}/in", onward.address);
    let mut child = program(home.path(), &["listen", "--port", "0", "--json", "--forward-to", &forward]);
    let child = child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut child = Ends(child);
    let mut said = BufReader::new(child.0.stderr.take().unwrap()).lines();
    let mut out = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let address: SocketAddr = {
        let line = said.next().unwrap().unwrap();
        line.rsplit("http://").next().unwrap().parse().unwrap()
    };
    let evil = "{\"id\":\"t2\",\"cardUuid\":\"c1\",\"type\":\"purchase\",\"status\":\"\\u001b]52;c;AAAA\\u0007\\u202e4539578763621486\",\"amount\":\"8642.97\"}";
    assert_eq!(post(address, "", b"{\"id\":\"unsigned\",\"type\":\"x\"}").await, 401);
    assert_eq!(post(address, &signed(evil.as_bytes()), evil.as_bytes()).await, 204);
    let sent_on = received.recv().await.unwrap();
    assert_eq!(&sent_on.body[..], evil.as_bytes());
    let (event, sent) =
        tokio::task::spawn_blocking(move || (out.next().unwrap().unwrap(), out.next().unwrap().unwrap()))
            .await
            .unwrap();
    for line in [&event, &sent] {
        assert!(
            !line.contains('\u{1b}') && !line.contains('\u{202e}') && !line.contains("4539578763621486"),
            "{line:?}"
        );
        assert!(!line.contains("unsigned") && !line.contains("8642.97"), "{line}");
    }
    let event: serde_json::Value = serde_json::from_str(&event).unwrap();
    assert_eq!(
        (event["kind"].as_str(), event["record"].as_str(), event["again"].as_bool()),
        (Some("card_transaction"), Some("t2"), Some(false))
    );
    let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
    assert_eq!((sent["code"].as_u64(), sent["record"].as_str()), (Some(204), Some("t2")));
}

#[test]
fn an_address_that_others_reach_needs_a_flag() {
    let home = tempfile::tempdir().unwrap();
    let output = program(home.path(), &["listen", "--address", "0.0.0.0", "--port", "0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--expose"));
    let output =
        program(home.path(), &["listen", "--port", "0", "--forward-to", "http://example.org/"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("must begin with https://"));
}

#[test]
fn replay_and_gaps_as_commands() {
    let home = tempfile::tempdir().unwrap();
    let (_server, base_url, token) = server::sandbox(home.path(), &[]);
    let run = |arguments: &[&str]| {
        let output = program(home.path(), arguments)
            .env("FOURPAY_BASE_URL", &base_url)
            .env("FOURPAY_TOKEN", &token)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said, _) = run(&["webhooks", "gaps", "--since", "36h", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, report["clean"].as_bool()), (Some(0), Some(true)), "{said}");
    assert!(report["judged"].as_u64().unwrap() > 0);
    let (code, _, error) = run(&["webhooks", "gaps", "--since", "2w"]);
    assert_eq!(code, Some(2), "{error}");
    // Nobody listens on port 9.
    let (code, said, _) = run(&["webhooks", "replay", "evt-000001", "--to", "http://127.0.0.1:9/", "--json"]);
    let sent: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, sent["code"].is_null(), sent["signed"].as_bool()), (Some(1), true, Some(true)), "{said}");
    assert!(sent["error"].as_str().unwrap().contains("refused"), "{said}");
    let (code, _, error) = run(&["webhooks", "replay", "evt-999999", "--to", "http://127.0.0.1:9/"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("the log does not hold evt-999999"), "{error}");
}

/// The dashboard with a receiver of its own: what is delivered is read and shown, what is unsigned is counted, and
/// a thousand deliveries at once keep no key waiting.
#[test]
fn the_dashboard_takes_deliveries_and_a_burst_keeps_no_key_waiting() {
    let home = tempfile::tempdir().unwrap();
    let (_server, base_url, token) = server::sandbox(home.path(), &[]);
    let folder = home.path().join(".config/fourpay");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "listen = \"127.0.0.1:0\"\n").unwrap();
    let variables =
        [("FOURPAY_BASE_URL", base_url.as_str()), ("FOURPAY_TOKEN", &token), ("FOURPAY_WEBHOOK_SECRET", SECRET)];
    let mut tty = Tty::start((120, 30), Path::new(env!("CARGO_BIN_EXE_fourpay")), &["--utc"], &variables, home.path());
    tty.wait_until("data", |screen| screen.contains("2 Cards · 130"));
    tty.press("6");
    tty.wait_for("here on 127.0.0.1:");
    let screen = tty.screen();
    let address: SocketAddr =
        screen.split("here on ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    let config = serde_json::json!({"url": format!("http://{address}/hook"), "secret": SECRET});
    server::request(&base_url, &token, "PUT", "/api/v2/webhooks/config", &config);
    let list = |path: &str| {
        let all = server::request(&base_url, &token, "GET", path, &serde_json::Value::Null);
        let all = all["items"].as_array().unwrap().clone();
        all.into_iter().find(|item| item["status"] == "active").expect("an active one")
    };
    let account = list("/api/v2/accounts")["id"].as_str().unwrap().to_owned();
    let cards = format!("/api/v2/accounts/{account}/cards");
    let card = list(&cards)["id"].as_str().unwrap().to_owned();
    server::request(&base_url, &token, "POST", &format!("{cards}/{card}/freeze"), &serde_json::json!({}));
    tty.wait_for("1 taken");
    let post = move |headers: &str, body: &str| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(post("", BODY), "401");
    tty.wait_for("1 refused");
    let senders: Vec<_> = (0..4)
        .map(|part| {
            let (account, card) = (account.clone(), card.clone());
            std::thread::spawn(move || {
                for at in 0..250 {
                    let second = (part * 250 + at) % 60;
                    let body = format!(
                        r#"{{"id":"t{part}-{at}","cardUuid":"{card}","accountUuid":"{account}","type":"purchase","status":"authorized","updatedAt":"2026-04-03T11:00:{second:02}Z"}}"#
                    );
                    assert_eq!(post(&signed(body.as_bytes()), &body), "204");
                }
            })
        })
        .collect();
    // Keys go on meaning what they mean while they come in.
    for _ in 0..3 {
        tty.press("?");
        tty.wait_for("where events are delivered to");
        tty.press("\x1b");
        tty.wait_until("the pane again", |screen| {
            screen.contains("6 Webhooks") && !screen.contains("where events are delivered to")
        });
    }
    for sender in senders {
        sender.join().unwrap();
    }
    tty.wait_for("1,001 taken");
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
}

/// Whoever keeps connections by being slow keeps no delivery out.
#[tokio::test]
async fn slow_connections_keep_nobody_waiting() {
    let (receiver, mut taken) = listen(false).await;
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(receiver.address).await.unwrap();
        stream.write_all(b"POST /hook HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        slow.push(stream);
    }
    let began = std::time::Instant::now();
    assert_eq!(post(receiver.address, &signed(BODY.as_bytes()), BODY.as_bytes()).await, 204);
    assert!(began.elapsed() < Duration::from_secs(4), "a delivery waited {:?}", began.elapsed());
    assert!(taken.recv().await.is_some());
    // A head that does not come within its time ends its connection.
    let mut last = slow.pop().unwrap();
    let mut end = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(15), last.read_to_end(&mut end)).await;
    assert!(ended.is_ok(), "it is still open");
}

/// A signature does not say when it was made: the same delivery is answered again, and sent on once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_that_comes_again_is_answered_and_not_sent_on_again() {
    let home = tempfile::tempdir().unwrap();
    let (onward, mut received) = listen(false).await;
    let forward = format!("http://{}/in", onward.address);
    let mut child = program(home.path(), &["listen", "--port", "0", "--forward-to", &forward]);
    let child = child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut child = Ends(child);
    let mut said = BufReader::new(child.0.stderr.take().unwrap()).lines();
    let address: SocketAddr = said.next().unwrap().unwrap().rsplit("http://").next().unwrap().parse().unwrap();
    for _ in 0..3 {
        assert_eq!(post(address, &signed(BODY.as_bytes()), BODY.as_bytes()).await, 204);
    }
    let other = BODY.replace("9.99", "8.88");
    assert_eq!(post(address, &signed(other.as_bytes()), other.as_bytes()).await, 204);
    let mut bodies = Vec::new();
    for _ in 0..2 {
        bodies.push(String::from_utf8(received.recv().await.unwrap().body.to_vec()).unwrap());
    }
    bodies.sort();
    let mut wanted = vec![BODY.to_owned(), other];
    wanted.sort();
    assert_eq!(bodies, wanted);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(received.try_recv().is_err(), "it was sent on again");
}
