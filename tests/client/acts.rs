//! Acts: what is sent, that it is sent once (M1), and what its outcome is called (M4, table 5.2).

use std::time::Duration;

use fourpay::api::acts::{CardChange, Movement, NewCard, NewCardholder, NewWebhookConfig};
use fourpay::api::{Act, Op};
use fourpay::child::Terminal;
use fourpay::config::{Config, Environment, Flags};
use fourpay::domain::account::CardKind;
use fourpay::domain::card::LimitKind;
use fourpay::domain::failure::{Failure, FailureKind, Reached};
use fourpay::domain::field::Field;
use fourpay::domain::ids::{AccountId, BinCategoryId, BinId, HolderId};
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::secret::{Password, WebhookSecret};
use fourpay::domain::webhook::EventKind;
use fourpay::runtime::start;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::peer::{
    Log, Peer, Reply, TOKEN, account, answer, answer_with, card, client, ok, quick, read_request, status,
};

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

const FIFTY: &str = r#"{"status":"accepted","message":"ok","amount":"50.00","currency":"USD"}"#;

fn fifty() -> Movement<'static> {
    Movement { amount: usd("50"), description: Some("fp-1") }
}

async fn top_up(peer: &Peer) -> Result<(), Failure> {
    peer.client().acts().top_up(&account(), &card(), fifty()).await.map(|_| ())
}

/// M4: each way an act can end, and what it is called.
#[tokio::test]
async fn m4_every_outcome_has_its_name() {
    use FailureKind as K;
    use Reached::{Refused, Unknown};
    let json = "application/json";
    let torn = {
        let mut bytes = ok(FIFTY);
        bytes.truncate(bytes.len() - 10);
        bytes
    };
    let torn_words = b"HTTP/1.1 422 No\r\ncontent-length: 99\r\n\r\n{\"detail\":\"no\"}".to_vec();
    let torn_chunk =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n40\r\n{\"a".to_vec();
    let cases: Vec<(&str, Reply, K, Reached)> = vec![
        ("rst before the answer", Reply::Reset(Vec::new()), K::Broken, Unknown),
        ("closed before the answer", Reply::Close(Vec::new()), K::Broken, Unknown),
        ("no answer", Reply::Hang(Vec::new()), K::TimedOut, Unknown),
        ("half a head", Reply::Hang(b"HTTP/1.1 200 OK\r\nco".to_vec()), K::TimedOut, Unknown),
        ("no HTTP at all", Reply::Close(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()), K::Broken, Unknown),
        ("torn body", Reply::Close(torn), K::Broken, Unknown),
        ("torn chunk", Reply::Close(torn_chunk), K::Broken, Unknown),
        ("body never ends", Reply::Trickle(ok(FIFTY), Duration::from_millis(30)), K::TimedOut, Unknown),
        ("200 with a page", Reply::Keep(answer("200 OK", "text/html", b"<html>")), K::Unreadable, Unknown),
        ("200 with half JSON", Reply::Keep(ok("{\"status\":")), K::Unreadable, Unknown),
        ("200 with a list", Reply::Keep(ok("[]")), K::Unreadable, Unknown),
        ("200 with nothing", Reply::Keep(ok("")), K::Unreadable, Unknown),
        ("200 about something else", Reply::Keep(ok(r#"{"hello":1}"#)), K::Unreadable, Unknown),
        ("204", Reply::Keep(answer_with("204 No Content", "", b"")), K::Unreadable, Unknown),
        ("200 too large", Reply::Keep(ok(&"x".repeat(2 << 20))), K::TooLarge, Unknown),
        ("301", Reply::Keep(answer_with("301 Moved", "location: /x\r\n", b"")), K::Redirected, Unknown),
        (
            "307",
            Reply::Keep(answer_with("307 Moved", "location: http://127.0.0.1:9/x\r\n", b"")),
            K::Redirected,
            Refused,
        ),
        ("400", Reply::Keep(status("400 Bad", r#"{"detail":"Not enough money"}"#)), K::Refused, Refused),
        ("401", Reply::Keep(status("401 No", r#"{"detail":"expired"}"#)), K::Unauthorized, Refused),
        ("401 without a word", Reply::Keep(status("401 No", "")), K::Unauthorized, Unknown),
        ("403", Reply::Keep(status("403 No", r#"{"message":"no"}"#)), K::Forbidden, Refused),
        ("404", Reply::Keep(status("404 No", r#"{"error":"no"}"#)), K::NotFound, Refused),
        ("404 with a page", Reply::Keep(answer("404 No", "text/html", b"<html>")), K::NotFound, Unknown),
        ("405", Reply::Keep(status("405 No", r#"{"detail":"Method Not Allowed"}"#)), K::NotOffered, Refused),
        ("408", Reply::Keep(status("408 Slow", "")), K::TimedOut, Unknown),
        ("409", Reply::Keep(status("409 Conflict", "")), K::Refused, Unknown),
        ("418", Reply::Keep(status("418 Tea", "")), K::Refused, Unknown),
        ("422", Reply::Keep(status("422 No", r#"{"detail":[{"msg":"no"}]}"#)), K::Refused, Refused),
        ("422 torn", Reply::Close(b"HTTP/1.1 422 No\r\ncontent-length: 99\r\n\r\n{".to_vec()), K::Refused, Unknown),
        ("422 torn after its words", Reply::Close(torn_words.clone()), K::Refused, Unknown),
        ("422 that hangs after its words", Reply::Hang(torn_words), K::Refused, Unknown),
        ("503 that hangs", Reply::Hang(b"HTTP/1.1 503 Oh\r\ncontent-length: 9\r\n\r\n".to_vec()), K::Upstream, Unknown),
        ("425", Reply::Keep(status("425 Early", "")), K::Upstream, Unknown),
        ("429", Reply::Keep(answer("429 Slow", json, b"")), K::RateLimited { until: None }, Unknown),
        ("429 in words", Reply::Keep(status("429 Slow", r#"{"detail":"x"}"#)), K::RateLimited { until: None }, Unknown),
        ("500", Reply::Keep(status("500 Oh", "")), K::Upstream, Unknown),
        ("502 with a page", Reply::Keep(answer("502 Bad", "text/html", b"<html>x</html>")), K::Upstream, Unknown),
        ("503", Reply::Keep(status("503 Oh", "")), K::Upstream, Unknown),
        ("599", Reply::Keep(status("599 Oh", "")), K::Upstream, Unknown),
        ("700", Reply::Keep(status("700 Oh", "")), K::Unreadable, Unknown),
    ];
    let runs = cases.into_iter().map(|(name, reply, kind, reached)| async move {
        let peer = Peer::new(move |_, _| reply.clone()).await;
        let failure = top_up(&peer).await.expect_err(name);
        assert_eq!((failure.kind, failure.reached), (kind, reached), "{name}: {failure:?}");
        assert_eq!(peer.log.count(), 1, "{name}: M1, one request on the wire");
        assert!(!failure.sentence().contains('<'), "{name}: {failure}");
    });
    futures_util::future::join_all(runs).await;
}

/// M4: all statuses from 300 on with all kinds of bodies. Only the API's own words are a refusal.
#[tokio::test]
async fn m4_only_words_of_the_api_are_a_refusal() {
    const REFUSALS: [u16; 17] = [400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 428, 431, 307, 308];
    let json = "application/json";
    let bodies: [(&str, &str, &str, bool); 24] = [
        ("detail", json, r#"{"detail":"Not enough money"}"#, true),
        ("message", json, r#"{"message":"no","code":7}"#, true),
        ("error", json, r#"{"error":{"code":"x"}}"#, true),
        ("fields", json, r#"{"detail":[{"loc":["body","amount"],"msg":"no","type":"x"}]}"#, true),
        ("text/plain", "text/plain", " {\"detail\":\"no\"}\n", true),
        ("problem", "application/problem+json", r#"{"title":"x","detail":"no"}"#, true),
        ("odd neighbours", json, r#"{"input":"\ud800","x":1e999,"detail":"no"}"#, true),
        ("odd words", json, r#"{"detail":"\ud800"}"#, true),
        ("with a mark", json, "\u{feff}{\"error\":\"no\"}", true),
        ("JSON as HTML", "text/html; charset=utf-8", r#"{"detail":"no"}"#, false),
        ("other JSON", json, r#"{"status":"accepted","amount":"5.00"}"#, false),
        ("deeper", json, r#"{"data":{"detail":"no"}}"#, false),
        ("null", json, r#"{"detail":null,"message":"","error":" "}"#, false),
        ("empty lists", json, r#"{"detail":[],"message":{},"error":[null,""]}"#, false),
        ("a flag", json, r#"{"error":false}"#, false),
        ("a list", json, r#"["detail"]"#, false),
        ("a list of three", json, r#"["a","b","c"]"#, false),
        ("a text", json, r#""detail""#, false),
        ("half", json, r#"{"detail":"no""#, false),
        ("two", json, r#"{"detail":"no"}{"detail":"no"}"#, false),
        ("HTML", "text/html", "<html><body>detail</body></html>", false),
        ("HTML as JSON", json, "<html><body>detail</body></html>", false),
        ("plain", "text/plain", "detail: no", false),
        ("empty", json, "", false),
    ];
    // Every status with the bodies that differ in kind; the finer ones where words decide, and where they do not.
    const KINDS: [&str; 6] = ["detail", "message", "error", "other JSON", "HTML", "empty"];
    const FINER: [u16; 5] = [400, 409, 422, 429, 500];
    let cases: Vec<(u16, usize)> = (300..=600)
        .flat_map(|status| (0..bodies.len()).map(move |body| (status, body)))
        .filter(|(status, body)| KINDS.contains(&bodies[*body].0) || FINER.contains(status))
        .collect();
    let asked = cases.clone();
    let peer = Peer::new(move |n, _| {
        let (status, body) = asked[n - 1];
        Reply::Keep(answer(&format!("{status} x"), bodies[body].1, bodies[body].2.as_bytes()))
    })
    .await;
    let client = peer.client();
    for (status, body) in cases {
        let (name, _, _, words) = bodies[body];
        let failure = client.acts().top_up(&account(), &card(), fifty()).await.expect_err(name);
        let not_followed = matches!(status, 307 | 308);
        let expected = match REFUSALS.contains(&status) && (words || not_followed) {
            true => Reached::Refused,
            false => Reached::Unknown,
        };
        assert_eq!((failure.status, failure.reached), (Some(status), expected), "{status} {name}: {failure:?}");
    }
}

/// A refusal that repeats a long request is read whole: it decides.
#[tokio::test]
async fn m4_a_long_refusal_is_a_refusal() {
    let body = format!(r#"{{"input":"{}","detail":"no"}}"#, "x".repeat(300_000));
    let peer = Peer::new(move |_, _| Reply::Keep(status("422 No", &body))).await;
    assert_eq!(top_up(&peer).await.unwrap_err().reached, Reached::Refused);
    let peer = Peer::new(|_, _| Reply::Keep(status("422 No", &"{".repeat(2 << 20)))).await;
    assert_eq!(top_up(&peer).await.unwrap_err().reached, Reached::Unknown);
}

/// An act that is redirected is not done, and it is said which path would be right. Nobody follows.
#[tokio::test]
async fn m4_a_redirect_of_an_act_names_the_path_to_set() {
    let other = Peer::json(FIFTY).await;
    let elsewhere = format!("http://{}/api/v2/x?card=1", other.address);
    let sent = "/api/v2/accounts/0190aaaa-1111-7000-8000-000000000001/cards/0190dddd-2222-7000-8000-000000000001/topup";
    let slash = r#"set topup = "/api/v2/accounts/{account}/cards/{card}/topup/" under [paths]"#;
    let cases: Vec<(String, Vec<&str>, Vec<&str>)> = vec![
        (format!("{sent}/"), vec![slash, "nothing was done"], vec![]),
        (format!("{sent}/?token=x#y"), vec![slash], vec!["token"]),
        ("topup/".into(), vec![slash], vec![]),
        ("/v3/fund".into(), vec!["it wants /v3/fund: set topup = \"/v3/fund\" under [paths]"], vec![]),
        ("../../../../../../v3/./fund".into(), vec!["set topup = \"/v3/fund\""], vec![]),
        ("/v3/a%1b[31m\u{9b}x".into(), vec!["nothing was done"], vec!["\u{1b}", "\u{9b}"]),
        ("/v3/{what}".into(), vec!["set topup under [paths]"], vec![]),
        (format!("/{}", "x".repeat(5000)), vec!["set topup under [paths]"], vec![]),
        (sent.to_owned(), vec!["it names the same path"], vec!["[paths]"]),
        (elsewhere.clone(), vec!["it points to http://127.0.0.1: set base_url"], vec!["card=1", "[paths]"]),
        ("//evil.example/x".into(), vec!["it points to http://evil.example: set base_url"], vec!["[paths]"]),
        ("javascript:x".into(), vec!["it did not say where to"], vec!["[paths]"]),
        ("".into(), vec!["it names the same path"], vec![]),
    ];
    for (location, says, hides) in cases {
        for code in [307, 308, 301, 302, 303] {
            let headers = format!("location: {location}\r\n");
            let peer = Peer::new(move |_, _| Reply::Keep(answer_with(&format!("{code} x"), &headers, b"{}"))).await;
            let failure = top_up(&peer).await.unwrap_err();
            let decided = matches!(code, 307 | 308);
            let reached = if decided { Reached::Refused } else { Reached::Unknown };
            assert_eq!((failure.kind, failure.reached), (FailureKind::Redirected, reached), "{location}");
            assert_eq!(peer.log.count(), 1, "{location}: followed");
            let said = failure.to_string();
            assert!(!decided || says.iter().all(|text| said.contains(text)), "{location}: {said}");
            assert!(decided || !said.contains("nothing was done"), "{location}: {said}");
            assert!(hides.iter().all(|text| !failure.sentence().contains(text)), "{location}: {said}");
        }
    }
    assert_eq!(other.accepted.count(), 0);
    // Without a word of where to, and behind a prefix.
    let peer = Peer::new(|_, _| Reply::Keep(answer_with("307 x", "", b""))).await;
    let failure = top_up(&peer).await.unwrap_err();
    assert!(failure.to_string().contains("it did not say where to"), "{failure}");
    let peer = Peer::new(|n, request| {
        let path = request.split(' ').nth(1).unwrap();
        let location = if n == 1 { format!("{path}/") } else { "/outside".to_owned() };
        Reply::Keep(answer_with("308 x", &format!("location: {location}\r\n"), b""))
    })
    .await;
    let client = client(quick(format!("{}/prefix", peer.url())));
    let failure = client.acts().top_up(&account(), &card(), fifty()).await.unwrap_err();
    assert!(failure.to_string().contains(slash), "{failure}");
    let failure = client.acts().top_up(&account(), &card(), fifty()).await.unwrap_err();
    assert!(failure.to_string().contains("it wants /outside, which is not below the base URL"), "{failure}");
}

/// A 429 of an act closes the gate for reads; the next act goes all the same, and it is known how long to wait.
#[tokio::test]
async fn n4_a_429_of_an_act_closes_the_gate_and_says_for_how_long() {
    let peer = Peer::new(|n, _| match n {
        1 => Reply::Keep(answer_with("429 Slow", "retry-after: 30\r\n", b"")),
        _ => Reply::Keep(ok("{}")),
    })
    .await;
    let client = peer.client();
    assert_eq!(client.act_pause(), None);
    let failure = client.acts().top_up(&account(), &card(), fifty()).await.unwrap_err();
    assert_eq!(failure.reached, Reached::Unknown);
    assert!(matches!(failure.kind, FailureKind::RateLimited { until: Some(_) }), "{failure:?}");
    let pause = client.act_pause().unwrap();
    assert!(pause > Duration::from_secs(28) && pause <= Duration::from_secs(30), "{pause:?}");
    assert!(matches!(client.accounts().await.unwrap_err().kind, FailureKind::RateLimited { .. }));
    assert_eq!(peer.log.count(), 1);
    client.acts().freeze(&account(), &card()).await.unwrap();
    assert_eq!(peer.log.count(), 2);
}

#[tokio::test]
async fn m4_what_never_connected_was_not_sent() {
    let refused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = client(quick(format!("http://{refused}")));
    let failure = client.acts().top_up(&account(), &card(), fifty()).await.unwrap_err();
    assert_eq!((failure.kind, failure.reached), (FailureKind::Offline, Reached::NotSent));
}

/// A listener whose queue is full drops the greeting of TCP itself.
#[tokio::test]
async fn m4_a_connect_timeout_was_not_sent() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut fill = Vec::new();
    for _ in 0..4 {
        let dial = tokio::time::timeout(Duration::from_millis(50), tokio::net::TcpStream::connect(address)).await;
        fill.push(dial);
    }
    assert!(fill.iter().any(Result::is_err), "the queue of the listener is not full");
    let client = client(quick(format!("http://{address}")));
    let failure = client.acts().top_up(&account(), &card(), fifty()).await.unwrap_err();
    assert_eq!((failure.kind, failure.reached), (FailureKind::TimedOut, Reached::NotSent), "{failure:?}");
}

/// M1: a kept-alive connection that the server has closed swallows no act: an act has its own connection.
#[tokio::test]
async fn m1_a_stale_connection_is_not_used() {
    let peer = Peer::new(|_, request| match request.starts_with("GET") {
        true => Reply::Close(ok("[]")),
        false => Reply::Keep(ok(FIFTY)),
    })
    .await;
    let client = peer.client();
    client.accounts().await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    client.acts().top_up(&account(), &card(), fifty()).await.unwrap();
    client.acts().top_up(&account(), &card(), fifty()).await.unwrap();
    assert_eq!((peer.log.count(), peer.accepted.count()), (3, 3));
}

/// M1: a peer that speaks HTTP/2 only, and would refuse the stream so that a client sends it again.
#[tokio::test]
async fn m1_a_peer_of_http2_without_tls_gets_it_at_most_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (streams, seen) = (Log::default(), Log::default());
    let (count, connections) = (streams.clone(), seen.clone());
    let task = tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            connections.push("connection".into());
            let count = count.clone();
            tokio::spawn(async move {
                let Ok(mut connection) = h2::server::handshake(socket).await else { return };
                while let Some(Ok((request, mut respond))) = connection.accept().await {
                    count.push(request.uri().to_string());
                    respond.send_reset(h2::Reason::REFUSED_STREAM);
                }
            });
        }
    });
    let client = client(quick(format!("http://{address}")));
    let failure = client.acts().top_up(&account(), &card(), fifty()).await.unwrap_err();
    assert_eq!(failure.reached, Reached::Unknown);
    assert!(streams.count() <= 1 && seen.count() == 1, "{} streams, {} connections", streams.count(), seen.count());
    assert_eq!(client.traffic().sent, 1);
    task.abort();
}

/// An answer of success that denies in its body, or speaks of another amount, is no word that it was taken on.
#[tokio::test]
async fn m6_an_answer_that_contradicts_itself_leaves_the_outcome_unknown() {
    for body in [
        r#"{"status":"failed","message":"Insufficient funds","amount":"50.00","currency":"USD"}"#,
        r#"{"status":"Declined","transactionId":"t1"}"#,
        r#"{"status":"accepted","amount":"500.00","currency":"USD"}"#,
        r#"{"amount":"50.00","currency":"EUR"}"#,
    ] {
        let peer = Peer::new(move |_, _| Reply::Keep(ok(body))).await;
        let failure = peer.client().acts().top_up(&account(), &card(), fifty()).await.unwrap_err();
        assert_eq!((failure.reached, failure.status), (Reached::Unknown, Some(200)), "{body}");
        assert!(failure.sentence().contains("answered 200"), "{failure}");
    }
    for body in [
        r#"{"status":"accepted","amount":"50","currency":"USD"}"#,
        r#"{"status":null,"transactionId":"t1"}"#,
        r#"{"amount":-50}"#,
    ] {
        let peer = Peer::new(move |_, _| Reply::Keep(ok(body))).await;
        assert!(peer.client().acts().top_up(&account(), &card(), fifty()).await.is_ok(), "{body}");
    }
}

#[tokio::test]
async fn m7_m9_what_is_sent_is_what_was_shown() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(ok(if request.contains("/transfer ") {
            r#"{"amount":50,"currency":"USD","fromTransactionId":"f1","toTransactionId":null}"#
        } else {
            r#"{"cardUuid":"c1","status":null,"message":"Card top-up accepted","amount":"0.125","currency":"USD",
            "transactionId":null,"fromTransactionId":"f1","toTransactionId":"t1"}"#
        }))
    })
    .await;
    let client = peer.client();
    let to = AccountId::parse("b2").unwrap();
    let receipt = client.acts().transfer(&account(), &to, fifty()).await.unwrap();
    assert_eq!(receipt.amount, Field::Known(usd("50.00")));
    assert_eq!(receipt.source_transaction.unwrap().to_string(), "f1");
    let small = Movement { amount: usd("0.125"), description: None };
    let receipt = client.acts().withdraw(&account(), &card(), small).await.unwrap();
    assert_eq!((receipt.status, receipt.transaction), (None, None));
    assert_eq!(receipt.to_transaction.unwrap().to_string(), "t1");
    let sent = peer.log.all();
    let body = |at: usize| sent[at].split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body(0), r#"{"destinationAccountUuid":"b2","amount":"50.00","currency":"USD","description":"fp-1"}"#);
    assert_eq!(body(1), r#"{"amount":"0.125","currency":"USD"}"#);
    assert!(sent[1].contains("/cards/0190dddd-2222-7000-8000-000000000001/withdraw HTTP/1.1"));
    for amount in ["0", "-1"] {
        let failure =
            client.acts().top_up(&account(), &card(), Movement { amount: usd(amount), description: None }).await;
        assert_eq!(failure.unwrap_err().reached, Reached::NotSent);
    }
    let long = "x".repeat(501);
    let wordy = Movement { amount: usd("1"), description: Some(&long) };
    assert_eq!(client.acts().top_up(&account(), &card(), wordy).await.unwrap_err().kind, FailureKind::NotSent);
    assert_eq!(peer.log.count(), 2);
}

#[tokio::test]
async fn cards_and_cardholders_are_made() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(if request.contains("/cardholders ") {
            answer_with("201 Created", "", b"")
        } else if request.starts_with("PATCH") {
            answer_with("204 No Content", "", b"")
        } else {
            status("201 Created", r#"{"data":{"id":"new-card"}}"#)
        })
    })
    .await;
    let client = peer.client();
    let holder = HolderId::parse("emp-7").unwrap();
    let (bin, category) = (BinId::parse("bin-1").unwrap(), BinCategoryId::parse("cat-1").unwrap());
    let mut wanted = NewCard {
        name: "Ads",
        holder: &holder,
        kind: CardKind::Virtual,
        currency: None,
        bin: Some(&bin),
        category: None,
        limits: vec![(LimitKind::Daily, usd("100"))],
    };
    let issued = client.acts().issue_card(&account(), &wanted).await.unwrap();
    assert_eq!(issued.card.to_string(), "new-card");
    wanted.category = Some(&category);
    assert_eq!(client.acts().issue_card(&account(), &wanted).await.unwrap_err().reached, Reached::NotSent);
    let person =
        NewCardholder { id: &holder, first_name: "Ada", last_name: "Byrne", email: "ada@example.org", phone: None };
    assert_eq!(client.acts().create_cardholder(&account(), &person).await.unwrap().cardholder, None);
    let change = CardChange { name: Some("Ads 2"), limits: None };
    client.acts().update_card(&account(), &card(), &change).await.unwrap();
    let sent = peer.log.all();
    let body = |at: usize| sent[at].split_once("\r\n\r\n").unwrap().1;
    assert_eq!(
        body(0),
        r#"{"name":"Ads","cardOwnerId":"emp-7","cardType":"virtual","cardProviderBinId":"bin-1","limits":{"daily_limit":"100.00"}}"#
    );
    assert_eq!(body(1), r#"{"cardOwnerId":"emp-7","first_name":"Ada","last_name":"Byrne","email":"ada@example.org"}"#);
    assert_eq!(body(2), r#"{"name":"Ads 2"}"#);
}

#[tokio::test]
async fn freezing_takes_any_good_answer() {
    for reply in [
        answer_with("200 OK", "", b""),
        ok(r#"{"id":"c1","status":"frozen"}"#),
        ok("true"),
        answer_with("202 Accepted", "", b""),
        answer_with("204 No Content", "", b""),
    ] {
        let peer = Peer::new(move |_, _| Reply::Keep(reply.clone())).await;
        let client = peer.client();
        client.acts().freeze(&account(), &card()).await.unwrap();
        client.acts().unfreeze(&account(), &card()).await.unwrap();
        client.acts().close(&account(), &card()).await.unwrap();
        let ends: Vec<bool> = ["/freeze HTTP/1.1", "/unfreeze HTTP/1.1", "/close HTTP/1.1"]
            .iter()
            .zip(peer.log.lines())
            .map(|(end, line)| line.starts_with("POST ") && line.ends_with(end))
            .collect();
        assert_eq!(ends, [true; 3]);
    }
}

#[tokio::test]
async fn webhook_configuration_is_saved_and_deleted() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(match request.starts_with("PUT") {
            true => ok(r#"{"url":"https://example.org/h","secret_set":true,"event_types":null,"is_active":true}"#),
            false => answer_with("204 No Content", "", b""),
        })
    })
    .await;
    let client = peer.client();
    let secret = WebhookSecret::new(Zeroizing::new("whs".to_owned()));
    let kinds = [EventKind::CardState];
    let config =
        NewWebhookConfig { url: "https://example.org/h", secret: Some(&secret), kinds: Some(&kinds), active: true };
    let saved = client.acts().put_webhook_config(&config).await.unwrap();
    assert_eq!((saved.secret_set, saved.kinds), (Some(true), None));
    client.acts().delete_webhook_config().await.unwrap();
    let put = peer.log.all().remove(0);
    assert!(
        put.ends_with(
            r#"{"url":"https://example.org/h","secret":"whs","event_types":["card_state"],"is_active":true}"#
        )
    );
    assert_eq!(peer.log.lines()[1], "DELETE /api/v2/webhooks/config HTTP/1.1");
}

#[tokio::test]
async fn a_read_only_client_sends_no_act() {
    let peer = Peer::json(FIFTY).await;
    let mut settings = peer.settings();
    settings.read_only = true;
    let client = client(settings);
    let failure = client.acts().top_up(&account(), &card(), fifty()).await.unwrap_err();
    assert_eq!((failure.kind, failure.reached), (FailureKind::NotSent, Reached::NotSent));
    assert!(client.acts().freeze(&account(), &card()).await.is_err());
    assert_eq!(peer.accepted.count(), 0);
}

/// The second lock, behind the one of `ops`, as the program sets it: by the profile or by the command line.
#[tokio::test]
async fn a_read_only_profile_makes_a_client_that_sends_no_act() {
    for (file, read_only) in [("read_only = true\n", false), ("", true), ("", false)] {
        let peer = Peer::json("{}").await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), file).unwrap();
        let environment = Environment {
            base_url: Some(peer.url()),
            token: Some(Password::new(Zeroizing::new(TOKEN.to_owned()))),
            config_folder: Some(folder.path().to_owned()),
            ..Environment::default()
        };
        let config = Config::load(&Flags { read_only, ..Flags::default() }, environment).unwrap();
        let locked = read_only || !file.is_empty();
        let found = start::found(&config, Terminal::Lent).unwrap();
        let (client, _) = start::connect(&config, found).await.unwrap();
        let outcome = client.acts().freeze(&account(), &card()).await;
        assert_eq!((outcome.is_err(), peer.log.count()), (locked, usize::from(!locked)), "{file} {read_only}");
        assert!(outcome.err().is_none_or(|failure| failure.reached == Reached::NotSent));
        client.restrictions(&account()).await.expect("reading goes on");
    }
}

/// M12: the key goes out only where the deployment's document names the header.
#[tokio::test]
async fn m12_an_idempotency_key_is_sent_only_where_documented() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(ok(if request.starts_with("GET") {
            r#"{"paths":{"/api/v2/accounts":{"get":{}},"/api/v2/accounts/{a}/transfer":{"post":{"parameters":
            [{"in":"header","name":"Idempotency-Key"}]}},"/api/v2/accounts/{a}/cards/{c}/topup":{"post":{}}}}"#
        } else {
            FIFTY
        }))
    })
    .await;
    let client = peer.client();
    client.discover().await;
    let acts = client.acts().with_key("01J0000000");
    acts.transfer(&account(), &account(), fifty()).await.unwrap();
    acts.top_up(&account(), &card(), fifty()).await.unwrap();
    let sent: Vec<String> = peer.log.all().iter().map(|request| request.to_ascii_lowercase()).collect();
    assert!(sent[1].contains("idempotency-key: 01j0000000") && !sent[2].contains("idempotency-key"));
    assert!(client.contract().takes_idempotency_key(Act::Transfer));
}

/// A stream that accepts TLS with both protocols is in `tls.rs`; here the table itself: every mutating
/// endpoint that fails is still sent once.
#[tokio::test]
async fn m1_every_mutating_endpoint_is_sent_once_whatever_comes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = Log::default();
    let seen = log.clone();
    let task = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            if let Some(request) = read_request(&mut socket).await {
                seen.push(request);
                let _ = socket.write_all(&status("503 Oh", "")).await;
            }
        }
    });
    let client = client(quick(format!("http://{address}")));
    let acts = client.acts();
    let holder = HolderId::parse("h").unwrap();
    let new_card = NewCard {
        name: "n",
        holder: &holder,
        kind: CardKind::Virtual,
        currency: None,
        bin: None,
        category: None,
        limits: Vec::new(),
    };
    let person = NewCardholder { id: &holder, first_name: "a", last_name: "b", email: "c", phone: None };
    let config = NewWebhookConfig { url: "https://x", secret: None, kinds: None, active: false };
    let (a, c) = (account(), card());
    let reached = [
        acts.transfer(&a, &a, fifty()).await.err(),
        acts.create_cardholder(&a, &person).await.err(),
        acts.issue_card(&a, &new_card).await.err(),
        acts.update_card(&a, &c, &CardChange::default()).await.err(),
        acts.top_up(&a, &c, fifty()).await.err(),
        acts.withdraw(&a, &c, fifty()).await.err(),
        acts.freeze(&a, &c).await.err(),
        acts.unfreeze(&a, &c).await.err(),
        acts.close(&a, &c).await.err(),
        acts.put_webhook_config(&config).await.err(),
        acts.delete_webhook_config().await.err(),
    ];
    let mutating = fourpay::api::ENDPOINTS.iter().filter(|endpoint| endpoint.mutating).count();
    assert_eq!(reached.len(), mutating, "a mutating endpoint is not tried here");
    assert!(reached.iter().all(|failure| failure.as_ref().is_some_and(|f| f.reached == Reached::Unknown)));
    assert_eq!(log.count(), mutating);
    let expected: Vec<&str> = fourpay::api::ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.mutating && matches!(endpoint.op, Op::Act(_)))
        .map(|endpoint| endpoint.method.as_str())
        .collect();
    let sent: Vec<String> = log.lines().iter().map(|line| line.split(' ').next().unwrap_or("").to_owned()).collect();
    assert_eq!(sent, expected);
    task.abort();
}
