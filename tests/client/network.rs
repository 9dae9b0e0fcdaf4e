//! What the network and the server can do to a read: retries, limits, redirects, proxies, lies.

use std::process::Command;
use std::time::{Duration, Instant};

use fourpay::api::{Link, Window};
use fourpay::domain::failure::FailureKind;
use fourpay::domain::secret::Token;
use tokio::net::TcpListener;

use crate::peer::{Peer, Reply, TOKEN, account, answer, answer_with, client, ok, quick, status};

#[tokio::test]
async fn n4_a_read_is_asked_again_twice_at_most() {
    let peer = Peer::new(|n, _| match n {
        1 => Reply::Keep(status("503 Oh", "")),
        2 => Reply::Reset(Vec::new()),
        _ => Reply::Keep(ok("[]")),
    })
    .await;
    let client = peer.client();
    client.accounts().await.unwrap();
    assert_eq!((peer.log.count(), client.link()), (3, Link::Up));
    let peer = Peer::new(|_, _| Reply::Keep(status("502 Oh", ""))).await;
    let failure = peer.client().accounts().await.unwrap_err();
    assert_eq!((failure.kind, failure.status, peer.log.count()), (FailureKind::Upstream, Some(502), 3));
}

#[tokio::test]
async fn n4_a_refusal_is_not_asked_again() {
    for code in ["400 x", "401 x", "403 x", "404 x", "422 x", "301 x", "501 x"] {
        let peer = Peer::new(move |_, _| Reply::Keep(status(code, ""))).await;
        assert!(peer.client().accounts().await.is_err());
        assert_eq!(peer.log.count(), 1, "{code}");
    }
}

#[tokio::test]
async fn n4_the_breaker_stops_a_storm_and_says_so() {
    let peer = Peer::new(|_, _| Reply::Keep(status("503 Oh", ""))).await;
    let client = peer.client();
    for _ in 0..20 {
        assert!(client.accounts().await.is_err());
    }
    assert_eq!(peer.log.count(), 5);
    assert!(matches!(client.link(), Link::Resting { .. }), "{:?}", client.link());
    client.try_now();
    assert!(client.accounts().await.is_err());
    assert_eq!(peer.log.count(), 6, "one probe");
}

#[tokio::test]
async fn n4_one_429_holds_every_read_of_every_clone() {
    let peer = Peer::new(|n, _| match n {
        1 => Reply::Keep(answer_with("429 Slow", "retry-after: 30\r\n", b"")),
        _ => Reply::Keep(ok("[]")),
    })
    .await;
    let client = peer.client();
    let failure = client.accounts().await.unwrap_err();
    let FailureKind::RateLimited { until: Some(until) } = failure.kind else { panic!("{failure:?}") };
    let wait = (until - chrono::Utc::now()).num_seconds();
    assert!((27..=30).contains(&wait), "{wait}");
    let failure = client.background().cards(&account(), Window::FIRST).await.unwrap_err();
    assert!(matches!(failure.kind, FailureKind::RateLimited { until: Some(_) }));
    assert_eq!(peer.log.count(), 1);
    assert!(matches!(client.link(), Link::Limited { .. }));
}

#[tokio::test]
async fn n4_a_short_429_is_waited_out() {
    let peer = Peer::new(|n, _| match n {
        1 => Reply::Keep(answer_with("429 Slow", "retry-after: 0\r\n", b"")),
        _ => Reply::Keep(ok("[]")),
    })
    .await;
    peer.client().accounts().await.unwrap();
    let date = "retry-after: Fri, 24 Apr 2026 10:00:59 GMT\r\ndate: Fri, 24 Apr 2026 10:00:00 GMT\r\n";
    let peer = Peer::new(move |_, _| Reply::Keep(answer_with("429 Slow", date, b""))).await;
    let failure = peer.client().accounts().await.unwrap_err();
    let FailureKind::RateLimited { until: Some(until) } = failure.kind else { panic!("{failure:?}") };
    let wait = (until - chrono::Utc::now()).num_seconds();
    assert!((56..=59).contains(&wait), "measured by the server's clock: {wait}");
}

#[tokio::test]
async fn n5_an_expired_token_is_one_request_and_no_loop() {
    let peer = Peer::new(|n, _| match n {
        1..=2 => Reply::Keep(ok("[]")),
        _ => Reply::Keep(status("401 x", r#"{"detail":"Token expired"}"#)),
    })
    .await;
    let client = peer.client();
    client.accounts().await.unwrap();
    client.accounts().await.unwrap();
    let failure = client.accounts().await.unwrap_err();
    assert_eq!((failure.kind, failure.detail.as_str()), (FailureKind::Unauthorized, "Token expired"));
    assert!(!failure.may_pass());
    assert_eq!(peer.log.count(), 3);
}

/// What was sent with the old credential says nothing of the new one.
#[tokio::test]
async fn n5_a_read_that_was_under_way_while_the_token_changed_is_asked_again() {
    let (client_in, clients) = std::sync::mpsc::channel::<fourpay::api::Client>();
    let clients = std::sync::Mutex::new(clients);
    let peer = Peer::new(move |_, request| match request.contains("tok_new") {
        true => Reply::Keep(ok("[]")),
        false => {
            // The person has logged in again before this answer arrives.
            if let Ok(client) = clients.lock().unwrap().recv() {
                client.use_token(Token::parse("tok_new".to_owned().into()).unwrap()).unwrap();
            }
            Reply::Keep(status("401 x", "{}"))
        }
    })
    .await;
    let client = peer.client();
    client_in.send(client.clone()).unwrap();
    client.accounts().await.unwrap();
    assert_eq!(peer.log.count(), 2);
}

/// However often it changes: what is refused is not the credential of now.
#[tokio::test]
async fn n5_a_late_refusal_of_an_old_token_is_none_of_the_new_one() {
    let (client_in, clients) = std::sync::mpsc::channel::<fourpay::api::Client>();
    let clients = std::sync::Mutex::new(clients);
    let changing = Peer::new(move |number, _| {
        if let Ok(client) = clients.lock().unwrap().recv() {
            client.use_token(Token::parse(format!("tok_{number}").into()).unwrap()).unwrap();
        }
        Reply::Keep(status("401 x", "{}"))
    })
    .await;
    let client = changing.client();
    (0..9).for_each(|_| client_in.send(client.clone()).unwrap());
    let failure = client.accounts().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Broken, "{failure:?}");
    assert!(failure.detail.as_str().contains("the credential was changed"), "{failure:?}");
    assert!(changing.log.count() <= 3);
}

#[tokio::test]
async fn n2_every_read_ends() {
    let cases: Vec<Reply> = vec![
        Reply::Hang(Vec::new()),
        Reply::Hang(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n[".to_vec()),
        Reply::Trickle(ok(&" ".repeat(4000)), Duration::from_millis(20)),
        Reply::Trickle(
            b"HTTP/1.1 200 OK\r\nx-slow: 1111111111111111111111111111111111111".to_vec(),
            Duration::from_millis(50),
        ),
    ];
    let runs = cases.into_iter().enumerate().map(|(at, reply)| async move {
        let peer = Peer::new(move |_, _| reply.clone()).await;
        let started = Instant::now();
        let failure = peer.client().accounts().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::TimedOut, "{at}: {failure:?}");
        assert!(started.elapsed() < Duration::from_millis(1500), "{at}: {:?}", started.elapsed());
    });
    futures_util::future::join_all(runs).await;
}

#[tokio::test]
async fn n3_a_body_is_refused_while_it_is_read() {
    let endless_head =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let mut piece = b"100000\r\n".to_vec();
    piece.extend(vec![b' '; 0x10_0000]);
    piece.extend_from_slice(b"\r\n");
    let mut announced =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999999999999\r\n\r\n[".to_vec();
    announced.extend_from_slice(b"1");
    for reply in [Reply::Endless(endless_head, piece), Reply::Hang(announced)] {
        let peer = Peer::new(move |_, _| reply.clone()).await;
        let mut settings = peer.settings();
        settings.read_timeout = Duration::from_secs(20);
        let failure = client(settings).accounts().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge, "{failure:?}");
        assert_eq!(peer.log.count(), 1, "what is too large is not asked for again");
    }
}

/// A gzip body of 64 MiB of spaces in 64 KiB: stored nowhere whole.
#[tokio::test]
async fn n3_a_gzip_bomb_is_counted_as_it_is_after_decompression() {
    let bomb = include_bytes!("bomb.gz");
    assert!(bomb.len() < 100_000);
    let headers = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    let peer = Peer::new(move |_, _| Reply::Keep(answer_with("200 OK", headers, bomb))).await;
    let mut settings = peer.settings();
    settings.read_timeout = Duration::from_secs(20);
    let failure = client(settings).accounts().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge, "{failure:?}");
}

#[tokio::test]
async fn n3_only_json_is_decoded() {
    let good = [
        answer("200 OK", "application/json; charset=utf-8", b"[]"),
        answer("200 OK", "application/problem+json", b"[]"),
        answer("200 OK", "Application/HAL+JSON", b"[]"),
        answer_with("200 OK", "", b" []"),
        answer_with("200 OK", "content-type: application/json\r\n", b"\xef\xbb\xbf[]"),
        answer("200 OK", "text/plain", b"[]"),
        answer("200 OK", "", b"[]"),
    ];
    for reply in good {
        let peer = Peer::new(move |_, _| Reply::Keep(reply.clone())).await;
        peer.client().accounts().await.unwrap();
    }
    for (kind, body) in [("text/html", "<html>"), ("text/plain", "up"), ("", "up"), ("application/json", "<html>")] {
        let reply = answer("200 OK", kind, body.as_bytes());
        let peer = Peer::new(move |_, _| Reply::Keep(reply.clone())).await;
        let failure = peer.client().accounts().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unreadable, "{kind}: {failure:?}");
        assert!(failure.detail.as_str().starts_with("accounts: "), "{failure:?}");
        assert!(!failure.to_string().contains('<'));
    }
}

#[tokio::test]
async fn n3_deep_nesting_is_survived() {
    let deep = format!("{{\"items\":[{{\"id\":\"a\",\"x\":{}1{}}}]}}", "[".repeat(100_000), "]".repeat(100_000));
    let peer = Peer::new(move |_, _| Reply::Keep(ok(&deep))).await;
    let page = peer.client().accounts().await.unwrap();
    assert_eq!(page.items.len(), 1);
    for deep in ["[".repeat(200_000), "{\"items\":".repeat(100_000)] {
        let peer = Peer::new(move |_, _| Reply::Keep(ok(&deep))).await;
        assert_eq!(peer.client().accounts().await.unwrap_err().kind, FailureKind::Unreadable);
    }
}

#[tokio::test]
async fn n6_offline_and_back() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let client = client(quick(format!("http://{address}")));
    let failure = client.accounts().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Offline, "{failure:?}");
    assert!(!failure.to_string().contains("http://"), "{failure}");
    assert!(failure.may_pass());
}

/// S7: no redirect is followed; the other address is never contacted, and only its host is named.
#[tokio::test]
async fn s7_no_redirect_is_followed() {
    let other = Peer::json("[]").await;
    for code in ["301 x", "302 x", "303 x", "307 x", "308 x"] {
        let location = format!("location: http://{}/api/v2/accounts?card=1\r\n", other.address);
        let peer = Peer::new(move |_, _| Reply::Keep(answer_with(code, &location, b""))).await;
        let failure = peer.client().accounts().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Redirected);
        assert_eq!(failure.detail.as_str(), "to http://127.0.0.1");
        assert_eq!(peer.log.count(), 1);
    }
    assert_eq!(other.accepted.count(), 0);
}

/// S8: runs the test below in a process whose environment names a proxy.
#[tokio::test]
async fn s8_proxies_of_the_environment_are_ignored() {
    let proxy = Peer::json("[]").await;
    let server = Peer::json("[]").await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "network::s8_in_a_process_with_a_proxy", "--ignored"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(name, proxy.url());
    }
    child.env_remove("no_proxy").env_remove("NO_PROXY").env("S8_SERVER", server.url());
    let done = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    assert_eq!((proxy.accepted.count(), server.log.count()), (0, 1));
}

#[tokio::test]
#[ignore = "run by s8_proxies_of_the_environment_are_ignored"]
async fn s8_in_a_process_with_a_proxy() {
    let mut settings = quick(std::env::var("S8_SERVER").unwrap());
    settings.read_timeout = Duration::from_secs(5);
    client(settings).accounts().await.unwrap();
}

/// S1: a server that repeats the token does not get it printed.
#[tokio::test]
async fn s1_the_token_is_never_repeated() {
    let body =
        format!(r#"{{"detail":[{{"loc":["header","x-api-token"],"msg":"bad token {TOKEN}","input":"{TOKEN}"}}]}}"#);
    let peer = Peer::new(move |_, _| Reply::Keep(status("401 x", &body))).await;
    let client = peer.client();
    let failure = client.accounts().await.unwrap_err();
    assert!(!format!("{failure:?} {failure}").contains(TOKEN), "{failure:?}");
    assert!(failure.detail.as_str().contains("bad token ••••"));
    assert_eq!(client.credential_header(), "X-API-Token");
    let request = peer.log.all().remove(0);
    assert!(!request.lines().next().unwrap().contains(TOKEN));
}

#[tokio::test]
async fn n8_a_skewed_clock_is_seen() {
    let peer = Peer::new(|_, _| {
        let ahead = std::time::SystemTime::now() + Duration::from_secs(3600);
        let headers = format!("content-type: application/json\r\ndate: {}\r\n", httpdate::fmt_http_date(ahead));
        Reply::Keep(answer_with("200 OK", &headers, b"[]"))
    })
    .await;
    let client = peer.client();
    assert_eq!(client.skew(), None);
    let page = client.accounts().await.unwrap();
    let skew = client.skew().unwrap().num_seconds();
    assert!((3597..=3601).contains(&skew), "{skew}");
    assert!(page.server_time.unwrap() > chrono::Utc::now());
}

/// N7: one bad row does not hide the rest, and a list that is none is an error that names the endpoint.
#[tokio::test]
async fn n7_odd_pages_are_read_as_far_as_they_can_be() {
    let cases: Vec<(&str, Option<(usize, usize)>)> = vec![
        (
            r#"{"items":[{"id":"a"},{"id":"b","balance":"x"},{"id":""},{"id":null},{},7,"x",null,[],{"id":1e999}]}"#,
            Some((3, 7)),
        ),
        (r#"[{"id":"a","id":"a","balance":"1","balance":"2","currency":"USD"}]"#, Some((1, 0))),
        (r#"{"data":{"items":[{"id":"a"}]}}"#, Some((1, 0))),
        (r#"{"data":null,"items":[{"id":"a"}]}"#, Some((1, 0))),
        (r#"{"items":[{"id":"a"}],"data":{"x":1},"total":"5"}"#, Some((1, 0))),
        (r#"{"items":[{"id":"a"},{"\ud800":1,"id":"b"},{"id":"c","name":"\ud800"}]}"#, Some((3, 0))),
        (r#"{"items":[]}"#, Some((0, 0))),
        (r#"{"items":null}"#, Some((0, 0))),
        (r#"{"items":{}}"#, None),
        (r#"{"items":[{"id":"a"}"#, None),
        (r#"{"detail":"hello"}"#, None),
        ("\"x\"", None),
        ("", None),
    ];
    for (body, expected) in cases {
        let peer = Peer::json(body).await;
        let read = peer.client().accounts().await;
        match (read, expected) {
            (Ok(page), Some(expected)) => assert_eq!((page.items.len(), page.skipped), expected, "{body}"),
            (Err(failure), None) => {
                assert_eq!(failure.kind, FailureKind::Unreadable, "{body}");
                assert!(failure.sentence().contains("accounts"), "{failure}");
            }
            (read, expected) => panic!("{body}: {read:?} instead of {expected:?}"),
        }
    }
}

#[tokio::test]
async fn a_bad_gateway_is_one_plain_sentence() {
    let page = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>";
    let peer = Peer::new(move |_, _| Reply::Keep(answer("502 Bad Gateway", "text/html", page))).await;
    let failure = peer.client().accounts().await.unwrap_err();
    assert_eq!(failure.sentence(), "could not read the accounts: the API answered 502 (a page instead of an answer)");
}

#[tokio::test]
async fn traffic_is_counted() {
    let peer = Peer::new(|_, _| Reply::Hang(Vec::new())).await;
    let client = peer.client();
    let (reading, busy) = tokio::join!(client.accounts(), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        client.traffic()
    });
    assert!(reading.is_err());
    assert_eq!((busy.in_flight, busy.sent), (1, 1));
    assert_eq!((client.traffic().in_flight, client.traffic().sent), (0, 1));
    // A call that is given up is not in flight any more.
    let _ = tokio::time::timeout(Duration::from_millis(50), client.accounts()).await;
    assert_eq!(client.traffic().in_flight, 0);
}
