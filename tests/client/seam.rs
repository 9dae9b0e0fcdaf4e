//! The seam below the client: what it decides stays above it, whatever carries the requests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use fourpay::api::acts::Movement;
use fourpay::api::sender::{
    Answer, Deadline, HeaderMap, HeaderValue, LONGEST_HOLD_UP, Purpose, Request, SendError, Sender, Sending,
};
use fourpay::api::{BaseUrl, Client, Link, Method, Settings};
use fourpay::clock::Clock;
use fourpay::domain::failure::{Failure, FailureKind, Reached};
use fourpay::domain::money::{Currency, Money};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::peer::{Hand, Peer, TOKEN, account, card, client, quick, read_request, token};

/// What the platform of a test does with its n-th request.
#[derive(Clone, Debug)]
enum Does {
    Says(u16, &'static [(&'static str, &'static str)], &'static str),
    SaysAfter(Duration, u16, &'static str),
    /// The head comes, the body never ends.
    Begins(u16, &'static [(&'static str, &'static str)], &'static str),
    Fails(SendError),
    /// The connection stands after the clock was turned on.
    Stands(u64),
    /// It ends without having said anything.
    Nothing,
}

struct Platform {
    does: Vec<Does>,
    clock: &'static Hand,
    asked: Mutex<Vec<String>>,
    dropped: Arc<AtomicUsize>,
    forgotten: AtomicUsize,
}

struct Guard(Arc<AtomicUsize>, bool);

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.1 {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let json = ("content-type", "application/json");
    pairs
        .iter()
        .copied()
        .chain([json])
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
        .collect()
}

impl Sender for Platform {
    fn send<'s>(&'s self, request: &'s Request<'_>, answer: &'s mut Answer<'_>) -> Sending<'s> {
        let n = {
            let mut asked = self.asked.lock().unwrap();
            let secret = request.headers.get("x-api-token").is_some_and(HeaderValue::is_sensitive);
            asked.push(format!(
                "{:?} {} {} {secret} {}",
                request.purpose,
                request.method.as_str(),
                request.target,
                request.body.unwrap_or("-")
            ));
            asked.len()
        };
        let does = self.does.get(n - 1).or(self.does.last()).unwrap().clone();
        let guard = Guard(self.dropped.clone(), false);
        Box::pin(async move {
            let mut guard = guard;
            match does {
                Does::Says(status, pairs, body) => {
                    answer.begin(status, headers(pairs))?;
                    answer.push(body.as_bytes())?;
                }
                Does::SaysAfter(wait, status, body) => {
                    sleep(wait).await;
                    answer.begin(status, headers(&[]))?;
                    answer.push(body.as_bytes())?;
                }
                Does::Begins(status, pairs, body) => {
                    answer.begin(status, headers(pairs))?;
                    answer.push(body.as_bytes())?;
                    std::future::pending::<()>().await;
                }
                Does::Fails(why) => {
                    guard.1 = true;
                    return Err(why);
                }
                Does::Stands(millis) => {
                    self.clock.add(millis);
                    let may_go = request.may_go();
                    guard.1 = true;
                    may_go.map_err(SendError::Late)?;
                    answer.begin(200, headers(&[]))?;
                    answer.push(b"{}")?;
                }
                Does::Nothing => {}
            }
            guard.1 = true;
            Ok(())
        })
    }

    fn forget(&self) -> Result<(), String> {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn world(does: Vec<Does>) -> (Client, Arc<Platform>) {
    let clock = Hand::new();
    let platform = Arc::new(Platform {
        does,
        clock,
        asked: Mutex::default(),
        dropped: Arc::default(),
        forgotten: AtomicUsize::new(0),
    });
    let settings = Settings { clock, ..Settings::new("https://platform.example/prefix") };
    (Client::with_sender(settings, token(), platform.clone()).unwrap(), platform)
}

fn five() -> Movement<'static> {
    Movement { amount: Money::parse("5", Currency::USD).unwrap(), description: None }
}

async fn top_up(client: &Client) -> Result<(), Failure> {
    client.acts().top_up(&account(), &card(), five()).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_request_is_whole_and_says_what_it_is_for() {
    let (client, platform) = world(vec![Does::Says(200, &[], "[]"), Does::Says(200, &[], "{}")]);
    client.accounts().await.unwrap();
    client.acts().freeze(&account(), &card()).await.unwrap();
    assert!(client.sensitive(&account(), &card()).await.is_err());
    let _ = top_up(&client).await;
    let asked = platform.asked.lock().unwrap().clone();
    let at = "/api/v2/accounts/0190aaaa-1111-7000-8000-000000000001/cards/0190dddd-2222-7000-8000-000000000001";
    assert_eq!(
        asked,
        [
            "Read GET /api/v2/accounts true -".to_owned(),
            format!("Act POST {at}/freeze true -"),
            format!("SecretRead GET {at}/sensitive true -"),
            format!(r#"Act POST {at}/topup true {{"amount":"5.00","currency":"USD"}}"#),
        ]
    );
    assert!(client.has_credential());
    client.forget_token();
    assert!(!client.has_credential());
    assert_eq!(platform.forgotten.load(Ordering::SeqCst), 1);
    assert_eq!(top_up(&client).await.unwrap_err().reached, Reached::NotSent);
    assert_eq!(platform.asked.lock().unwrap().len(), 4, "nothing is sent without a credential");
    client.use_token(token()).unwrap();
    assert!(client.has_credential());
    assert_eq!(client.tls_details().await.unwrap(), None);
}

/// N2, M4: the limits of whole calls are above the seam, and what came before they were over still counts.
#[tokio::test(start_paused = true)]
async fn n2_time_limits_end_what_a_sender_does_not() {
    let begun = Instant::now();
    let (client, platform) = world(vec![Does::SaysAfter(Duration::from_secs(31), 200, "{}")]);
    let failure = top_up(&client).await.unwrap_err();
    assert_eq!((failure.kind, failure.reached), (FailureKind::TimedOut, Reached::Unknown));
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
    assert_eq!(platform.dropped.load(Ordering::SeqCst), 1, "the request goes on");
    assert_eq!((client.traffic().sent, client.traffic().in_flight), (1, 0));

    let (client, _) = world(vec![Does::SaysAfter(Duration::from_secs(29), 200, "{}")]);
    assert_eq!(top_up(&client).await.map_err(|failure| failure.kind), Err(FailureKind::Unreadable), "it came in time");

    let begun = Instant::now();
    let (client, platform) = world(vec![Does::SaysAfter(Duration::from_secs(16), 200, "[]")]);
    assert_eq!(client.accounts().await.unwrap_err().kind, FailureKind::TimedOut);
    assert_eq!((begun.elapsed(), platform.dropped.load(Ordering::SeqCst)), (Duration::from_secs(15), 1));

    // The head had come: its status decides, its words do not, and its Retry-After counts.
    let cases = [
        (Does::Begins(422, &[], r#"{"detail":"no"}"#), FailureKind::Refused, Reached::Unknown),
        (Does::Begins(307, &[("location", "/x")], ""), FailureKind::Redirected, Reached::Refused),
        (Does::Begins(503, &[], ""), FailureKind::Upstream, Reached::Unknown),
        (Does::Begins(200, &[], "{"), FailureKind::TimedOut, Reached::Unknown),
    ];
    for (does, kind, reached) in cases {
        let (client, _) = world(vec![does.clone()]);
        let failure = top_up(&client).await.unwrap_err();
        assert_eq!((failure.kind, failure.reached), (kind, reached), "{does:?}");
        assert!(failure.status.is_some(), "{does:?}");
    }
    let (client, _) = world(vec![Does::Begins(429, &[("retry-after", "20")], "")]);
    assert_eq!(top_up(&client).await.unwrap_err().reached, Reached::Unknown);
    assert_eq!(client.act_pause(), Some(Duration::from_secs(20)));
    sleep(Duration::from_secs(20)).await;
    assert_eq!((client.act_pause(), client.link()), (None, Link::Up));
}

/// M4: how far it came is what the sender knows for certain, and nothing else.
#[tokio::test(start_paused = true)]
async fn m4_what_a_sender_says_is_what_is_believed() {
    let connected = |kind| SendError::NotConnected { kind, detail: format!("because of {TOKEN}") };
    for kind in [FailureKind::Offline, FailureKind::Dns, FailureKind::Tls, FailureKind::TimedOut, FailureKind::NotSent]
    {
        let (client, _) = world(vec![Does::Fails(connected(kind))]);
        let failure = top_up(&client).await.unwrap_err();
        assert_eq!((failure.kind, failure.reached), (kind, Reached::NotSent));
        assert!(!format!("{failure:?}").contains(TOKEN), "{failure:?}");
    }
    for (does, kind) in [
        (Does::Fails(SendError::Broken(format!("reset by {TOKEN}"))), FailureKind::Broken),
        (Does::Fails(SendError::TimedOut), FailureKind::TimedOut),
        (Does::Fails(SendError::TooLarge), FailureKind::TooLarge),
        (Does::Nothing, FailureKind::Broken),
    ] {
        let (client, platform) = world(vec![does.clone()]);
        let failure = top_up(&client).await.unwrap_err();
        assert_eq!((failure.kind, failure.reached), (kind, Reached::Unknown), "{does:?}");
        assert!(!format!("{failure:?}").contains(TOKEN), "{failure:?}");
        assert_eq!(platform.asked.lock().unwrap().len(), 1, "M1");
    }
}

/// N3: limits of size are the seam's, so that no sender has to know them.
#[test]
fn n3_an_answer_takes_no_more_than_its_limit() {
    let mut body = Vec::with_capacity(8);
    let place = body.as_ptr();
    let mut answer = Answer::new(&mut body, 8, 4);
    answer.begin(200, headers(&[])).unwrap();
    answer.push(b"12345678").unwrap();
    assert_eq!(answer.push(b"9"), Err(SendError::TooLarge));
    let mut answer = Answer::new(&mut body, 8, 4);
    assert_eq!(answer.begin(200, headers(&[("content-length", "9")])), Err(SendError::TooLarge));
    assert_eq!(answer.status(), Some(200));
    let mut answer = Answer::new(&mut body, 8, 4);
    answer.begin(404, headers(&[])).unwrap();
    assert_eq!(answer.push(b"12345"), Err(SendError::TooLarge));
    answer.push(b"1234").unwrap();
    assert_eq!((body.as_ptr(), body.as_slice()), (place, b"1234".as_slice()), "the buffer was moved");
}

/// N4, N8: retries, their pauses, the gate and the skew are above the seam and by the given clock: twice the same.
#[tokio::test(start_paused = true)]
async fn n4_retries_and_skew_are_by_the_given_clock() {
    let mut traces = Vec::new();
    for _ in 0..2 {
        let date = &[("date", "Fri, 24 Apr 2026 03:26:40 GMT"), ("retry-after", "2")];
        let (client, platform) =
            world(vec![Does::Says(503, &[], ""), Does::Says(429, date, ""), Does::Says(200, &[], "[]")]);
        let begun = Instant::now();
        client.accounts().await.unwrap();
        assert_eq!(platform.asked.lock().unwrap().len(), 3);
        let server = DateTime::parse_from_rfc2822("Fri, 24 Apr 2026 03:26:40 +0000").unwrap();
        assert_eq!(client.skew(), Some(server.to_utc() - platform.clock.wall()));
        traces.push(begun.elapsed());
    }
    assert_eq!(traces, [Duration::from_secs(2); 2]);
    let (client, platform) = world(vec![Does::Says(429, &[("retry-after", "30")], "")]);
    let failure = client.accounts().await.unwrap_err();
    let FailureKind::RateLimited { until: Some(until) } = failure.kind else { panic!("{failure:?}") };
    assert_eq!(until - platform.clock.wall(), TimeDelta::seconds(30));
}

/// Row 16: the same question is asked above the seam, and by whatever carries the act when its connection stands.
#[tokio::test(start_paused = true)]
async fn m4_an_act_that_was_held_up_is_not_sent() {
    let late = |failure: Failure, seconds: u64| {
        assert_eq!((failure.kind, failure.reached), (FailureKind::NotSent, Reached::NotSent), "{failure:?}");
        let said = format!("it was not sent (the computer slept or was held up for {seconds} s)");
        assert!(failure.sentence().ends_with(&said), "{failure}");
    };
    // Before it is handed over.
    let (client, platform) = world(vec![Does::Says(200, &[], "{}")]);
    let written = platform.clock.boot();
    platform.clock.add(12_000);
    let acts = client.acts().with_sent_at(written);
    late(acts.freeze(&account(), &card()).await.unwrap_err(), 12);
    late(acts.top_up(&account(), &card(), five()).await.unwrap_err(), 12);
    assert_eq!((platform.asked.lock().unwrap().len(), client.traffic().sent), (0, 0));
    // While connecting; without the time of the journal it counts from the call on.
    for (millis, sent) in [(10_000, true), (10_001, false), (86_400_000, false)] {
        for written in [true, false] {
            let (client, platform) = world(vec![Does::Stands(millis)]);
            let acts = client.acts();
            let acts = if written { acts.with_sent_at(platform.clock.boot()) } else { acts };
            match acts.freeze(&account(), &card()).await {
                Ok(_) => assert!(sent, "{millis}"),
                Err(failure) => {
                    assert!(!sent, "{millis}: {failure:?}");
                    late(failure, millis / 1000);
                }
            }
            assert_eq!(platform.asked.lock().unwrap().len(), 1);
        }
    }
    // A read has no such limit.
    let (client, platform) = world(vec![Does::Stands(60_000)]);
    assert_eq!(client.cards(&account(), fourpay::api::Window::FIRST).await.unwrap_err().kind, FailureKind::Unreadable);
    assert_eq!(platform.asked.lock().unwrap().len(), 1);
    assert_eq!(LONGEST_HOLD_UP, Duration::from_secs(10));
}

/// The same over the program's own sender and plain HTTP: each look at the clock is six seconds after the last.
#[tokio::test]
async fn m4_an_act_that_is_held_up_is_not_sent_over_plain_http() {
    for (per_look, sent) in [(5_000, true), (6_000, false)] {
        let peer = Peer::json("{}").await;
        let clock = Hand::new();
        let client = client(Settings { clock, ..peer.settings() });
        let written = clock.boot();
        clock.per_look.store(per_look, Ordering::SeqCst);
        clock.add(per_look);
        let outcome = client.acts().with_sent_at(written).freeze(&account(), &card()).await;
        assert_eq!((outcome.is_ok(), peer.log.count()), (sent, usize::from(sent)), "{outcome:?}");
        assert_eq!(client.traffic().sent, 1, "it was refused before it was handed over");
        if let Err(failure) = outcome {
            assert_eq!((failure.kind, failure.reached), (FailureKind::NotSent, Reached::NotSent));
        }
    }
}

/// A call that is given up is ended on the wire, by its time limit as well as by who asked.
#[tokio::test]
async fn a_call_that_is_dropped_closes_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let quick = quick(format!("http://{}", listener.local_addr().unwrap()));
    let slow = Settings { act_timeout: Duration::from_secs(60), ..quick.clone() };
    for (settings, patience) in [(quick, Duration::from_secs(60)), (slow, Duration::from_millis(200))] {
        let client = client(settings);
        let ends = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            read_request(&mut socket).await.unwrap();
            let rest = tokio::time::timeout(Duration::from_secs(10), socket.read(&mut [0; 9])).await;
            rest.expect("the connection is ended").unwrap_or(0)
        };
        let call = tokio::time::timeout(patience, top_up(&client));
        let (call, rest) = tokio::join!(call, ends);
        assert!(!matches!(call, Ok(Ok(()))));
        assert_eq!((rest, client.traffic().in_flight, client.traffic().sent), (0, 0, 1));
    }
}

#[test]
fn nothing_secret_is_in_what_the_seam_shows() {
    let base = BaseUrl::parse("https://platform.example").unwrap();
    let clock = Hand::new();
    let mut secret = HeaderValue::from_static(TOKEN);
    secret.set_sensitive(true);
    let headers = HeaderMap::from_iter([("x-api-token".parse().unwrap(), secret)]);
    let request = Request {
        purpose: Purpose::Act,
        endpoint: fourpay::api::Act::TopUp.endpoint(),
        method: Method::Post,
        base: &base,
        target: "/api/v2/x?y=CANARY",
        headers: &headers,
        body: Some("CANARY"),
        deadline: Some(Deadline::new(clock.boot(), clock)),
    };
    assert_eq!(request.url(), "https://platform.example/api/v2/x?y=CANARY");
    assert!(!format!("{request:?}").contains("CANARY"), "{request:?}");
    let mut body = Vec::new();
    let mut answer = Answer::new(&mut body, 9, 9);
    answer.begin(200, headers.clone()).unwrap();
    answer.push(b"CANARY").unwrap();
    assert!(!format!("{answer:?}").contains("CANARY"), "{answer:?}");
}
