//! Deployments that differ from what the documents say: their fields, their pages, their paths, their headers.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use fourpay::api::acts::NewCard;
use fourpay::api::{Act, Auth, Client, End, Offer, Order, Settings, TransactionQuery, Whole, Window, order_of};
use fourpay::app::msg::{Answer, Msg, Watch};

use fourpay::domain::account::CardKind;
use fourpay::domain::card::LimitKind;
use fourpay::domain::failure::{FailureKind, Reached};
use fourpay::domain::field::Field;
use fourpay::domain::ids::HolderId;
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::restrictions::Fits;
use fourpay::domain::transaction::Feed;
use fourpay::runtime::clock::Clock;
use fourpay::runtime::poller::{Ends, Poller, Request};
use tokio::sync::{mpsc, watch};

use crate::peer::{Peer, Reply, account, answer, answer_with, card, client, ok, quick, status, token};

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

/// One bad field spoils itself: its row, and the rows around it, stay.
#[tokio::test]
async fn one_bad_field_spoils_itself() {
    let long = "9".repeat(400);
    for bad in [
        "NaN",
        "Infinity",
        "-Infinity",
        "nan",
        "+5",
        "05",
        ".5",
        "1.",
        "0x10",
        "1e400",
        "1e-400",
        "\"1e400\"",
        long.as_str(),
        &format!("\"{long}\""),
        "true",
        "{}",
        "[]",
        "[NaN]",
        "{\"a\":Infinity}",
        "\"\\ud800\"",
        "\"12\u{1}\"",
        "\"1\n2\"",
        "\"\\x31\"",
        "undefined",
        "",
        "\"\"",
        "\"1,00\"",
    ] {
        let body = format!(
            r#"{{"items":[{{"id":"a","name":"One","currency":"USD","balance":"1.50"}},
            {{"id":"b","name":"Two","currency":"USD","balance":{bad},"availableBalance":"2.50","cards":3}},
            {{"id":"c","name":"Three","currency":"USD","balance":"0E-9"}}],"total":3}}"#
        );
        let peer = Peer::new(move |_, _| Reply::Keep(ok(&body))).await;
        let page = peer.client().accounts().await.unwrap_or_else(|failure| panic!("{bad}: {failure}"));
        assert_eq!((page.items.len(), page.skipped, page.total), (3, 0, Some(3)), "{bad}");
        assert_eq!(page.items[0].balance, Field::Known(usd("1.50")), "{bad}");
        assert_eq!(page.items[1].balance, Field::Unreadable, "{bad}");
        assert_eq!(page.items[1].available, Field::Known(usd("2.50")), "{bad}");
        assert_eq!((page.items[1].name.as_str(), page.items[1].cards), ("Two", Some(3)), "{bad}");
        assert_eq!(page.items[2].balance, Field::Known(usd("0")), "zero as it is written elsewhere");
        let one = page.items[1].clone();
        let body = format!(
            r#"{{"data":{{"id":"b","name":"Two","currency":"USD","balance":{bad},"availableBalance":2.5,"cards":3}}}}"#
        );
        let peer = Peer::new(move |_, _| Reply::Keep(ok(&body))).await;
        assert_eq!(
            peer.client().account(&account()).await.unwrap().account,
            fourpay::domain::account::Account { ..one }
        );
    }
}

#[tokio::test]
async fn a_bad_text_shows_that_it_is_bad() {
    let body = "{\"items\":[{\"id\":\"a\",\"name\":\"A\\ud83dB\"},{\"id\":\"b\",\"na\\udc00me\":1,\"name\":[1]},
        {\"id\":\"c\",\"name\":\"tab\there\"},{\"id\":\"bad\\ud800\",\"name\":\"no id\"},{\"id\":\"d\",\"name\":\"\\u00e9\"}]}";
    let peer = Peer::new(move |_, _| Reply::Keep(ok(body))).await;
    let page = peer.client().accounts().await.unwrap();
    let names: Vec<&str> = page.items.iter().map(|account| account.name.as_str()).collect();
    assert_eq!((names.len(), page.skipped), (4, 1));
    assert_eq!((names[0], names[1], names[3]), ("A\u{fffd}B", "\u{fffd}", "é"));
    assert!(names[2].starts_with("tab") && names[2].ends_with("here"));
}

/// A list that is cut is not a shorter list.
#[tokio::test]
async fn what_has_no_end_is_no_list() {
    for cut in [r#"{"items":[{"id":"a"},{"id":"b"}"#, r#"[{"id":"a","balance":NaN},"#, r#"{"items":[{"id":"a"}]}}"#] {
        let peer = Peer::new(move |_, _| Reply::Keep(ok(cut))).await;
        assert_eq!(peer.client().accounts().await.unwrap_err().kind, FailureKind::Unreadable, "{cut}");
    }
}

#[tokio::test]
async fn null_where_a_list_belongs_and_204_are_an_empty_list() {
    for reply in [
        ok("null"),
        ok(r#"{"items":null}"#),
        ok(r#"{"data":null,"pagination":{"totalQuantity":0}}"#),
        ok(r#"{"data":{"items":null}}"#),
        ok(r#"{"items":null,"total":0,"detail":null,"errors":[]}"#),
        ok("[]"),
        answer_with("204 No Content", "", b""),
        answer("200 OK", "text/plain", b"null"),
    ] {
        let peer = Peer::new(move |_, _| Reply::Keep(reply.clone())).await;
        let client = peer.client();
        let holder = HolderId::parse("emp-7").unwrap();
        assert_eq!(client.accounts().await.unwrap().received, 0);
        assert_eq!(client.destinations(&account()).await.unwrap().received, 0);
        assert_eq!(client.cards(&account(), Window::FIRST).await.unwrap().received, 0);
        assert_eq!(client.cardholders(Window::FIRST).await.unwrap().received, 0);
        assert_eq!(client.cardholder_cards(&holder).await.unwrap().received, 0);
        assert_eq!(client.transactions(Feed::Cards, &TransactionQuery::default()).await.unwrap().received, 0);
        assert_eq!(client.webhook_events(Window::FIRST).await.unwrap().received, 0);
    }
    // Nothing at all with status 200: something on the way has swallowed it.
    for not in
        ["", " \n", r#"{"items":null,"error":"boom"}"#, "{}", r#"{"items":{}}"#, r#"{"items":"x"}"#, "7", "\"x\""]
    {
        let peer = Peer::new(move |_, _| Reply::Keep(ok(not))).await;
        assert_eq!(peer.client().accounts().await.unwrap_err().kind, FailureKind::Unreadable, "{not}");
    }
    for unset in [answer_with("204 No Content", "", b""), ok("null"), ok("{}"), status("404 Not Found", "{}")] {
        let peer = Peer::new(move |_, _| Reply::Keep(unset.clone())).await;
        assert_eq!(peer.client().webhook_config().await.unwrap(), None);
    }
}

#[tokio::test]
async fn json_is_known_by_its_body_and_an_encoding_is_named() {
    for kind in ["text/plain", "text/plain; charset=utf-8", "application/octet-stream", "", "application/javascript"] {
        let reply = answer("200 OK", kind, br#" {"items":[{"id":"a"}]}"#);
        let peer = Peer::new(move |_, _| Reply::Keep(reply.clone())).await;
        assert_eq!(peer.client().accounts().await.unwrap().items.len(), 1, "{kind}");
    }
    for (kind, body) in
        [("text/html", "[]"), ("application/json", "<html>"), ("text/plain", "<?xml?>"), ("text/plain", "up")]
    {
        let reply = answer("200 OK", kind, body.as_bytes());
        let peer = Peer::new(move |_, _| Reply::Keep(reply.clone())).await;
        assert_eq!(peer.client().accounts().await.unwrap_err().kind, FailureKind::Unreadable, "{kind} {body}");
    }
    for encoding in ["br", "zstd", "deflate", "BR"] {
        let headers = format!("content-type: application/json\r\ncontent-encoding: {encoding}\r\n");
        let reply = answer_with("200 OK", &headers, b"\x0b\x02\x80[]\x03");
        let peer = Peer::new(move |_, _| Reply::Keep(reply.clone())).await;
        let failure = peer.client().accounts().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unreadable);
        assert!(failure.detail.as_str().contains(&format!("encoded as {encoding}")), "{failure}");
    }
    let plain = answer_with("200 OK", "content-encoding: identity\r\n", b"[]");
    let peer = Peer::new(move |_, _| Reply::Keep(plain.clone())).await;
    peer.client().accounts().await.unwrap();
}

/// A fake server of one list, with what it does differently.
#[derive(Clone, Debug, Default)]
struct Lists {
    rows: u64,
    clamp: Option<u64>,
    offset_ignored: bool,
    by_pages: bool,
    total: Option<u64>,
    has_more: bool,
}

impl Lists {
    async fn serve(self) -> Peer {
        Peer::new(move |_, request| Reply::Keep(ok(&self.answer(request)))).await
    }

    fn answer(&self, request: &str) -> String {
        let line = request.lines().next().unwrap_or("");
        if line.contains("openapi.json") {
            return "{}".to_owned();
        }
        let asked = |name: &str| {
            let (_, query) = line.split(' ').nth(1)?.split_once('?')?;
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse::<u64>().ok())
        };
        let usual = 25;
        let (size, from) = if self.by_pages {
            let size = asked("quantity").unwrap_or(usual).min(self.clamp.unwrap_or(u64::MAX));
            (size, (asked("page").unwrap_or(1) - 1) * size)
        } else {
            let size = asked("limit").unwrap_or(100).min(self.clamp.unwrap_or(u64::MAX));
            (size, if self.offset_ignored { 0 } else { asked("offset").unwrap_or(0) })
        };
        let ids = from..self.rows.min(from.saturating_add(size));
        let more = if self.has_more { format!(r#","has_more":{}"#, ids.end < self.rows) } else { String::new() };
        let rows: Vec<String> =
            ids.map(|n| format!(r#"{{"id":"row-{n}","cardOwnerId":"row-{n}","currency":"USD"}}"#)).collect();
        let rows = rows.join(",");
        match self.total {
            Some(total) => format!(r#"{{"data":[{rows}],"pagination":{{"totalQuantity":{total}}}{more}}}"#),
            None => format!(r#"{{"items":[{rows}]{more}}}"#),
        }
    }
}

/// How many rows came, how many were promised, and how it ended.
fn counts<T>(whole: &Whole<T>) -> (u64, Option<u64>, Option<End>) {
    (whole.items.len() as u64, whole.promised, whole.end)
}

/// Rule 3 for every list there is.
#[tokio::test]
async fn every_list_is_read_to_its_end() {
    for (lists, pages) in [
        (Lists { rows: 0, ..Lists::default() }, 0),
        (Lists { rows: 7, ..Lists::default() }, 1),
        (Lists { rows: 350, clamp: Some(100), ..Lists::default() }, 4),
        (Lists { rows: 150, clamp: Some(100), total: Some(150), ..Lists::default() }, 2),
        (Lists { rows: 230, clamp: Some(100), total: Some(100), ..Lists::default() }, 3),
        (Lists { rows: 60, by_pages: true, total: Some(60), ..Lists::default() }, 3),
        (Lists { rows: 60, by_pages: true, clamp: Some(20), has_more: true, ..Lists::default() }, 3),
    ] {
        let rows = lists.rows;
        let peer = lists.clone().serve().await;
        let client = client(Settings { read_timeout: Duration::from_secs(5), ..quick(peer.url()) });
        let holder = HolderId::parse("emp-7").unwrap();
        let mut before = 0;
        let mut check = |what: &str, counts: (u64, Option<u64>, Option<End>)| {
            let requests = peer.log.count() - before;
            before = peer.log.count();
            assert_eq!((counts.0, counts.2), (rows, Some(End::Complete)), "{what}: {lists:?}");
            assert!(requests <= pages + 2, "{what}: {requests} requests for {pages} pages: {lists:?}");
        };
        check("accounts", counts(&client.all_accounts().await.unwrap()));
        check("destinations", counts(&client.all_destinations(&account()).await.unwrap()));
        check("cards", counts(&client.all_cards(&account()).await.unwrap()));
        check("holders", counts(&client.all_cardholders().await.unwrap()));
        check("a holder's cards", counts(&client.all_cardholder_cards(&holder).await.unwrap()));
        for feed in [Feed::Cards, Feed::Accounts] {
            let whole = client.all_of_feed(feed, &TransactionQuery::default(), 100).await.unwrap();
            check("a feed", counts(&whole));
        }
        let log = client.webhook_payload(&fourpay::domain::ids::EventId::parse("none").unwrap(), 100).await.unwrap();
        assert!(log.is_none());
        check("the log", (rows, None, Some(End::Complete)));
    }
}

#[tokio::test]
async fn a_server_that_ignores_the_offset_costs_two_requests_more_and_is_said() {
    let lists = Lists { rows: 2_500, clamp: Some(100), offset_ignored: true, total: Some(2_500), ..Lists::default() };
    let peer = lists.serve().await;
    let whole = peer.client().all_cards(&account()).await.unwrap();
    assert_eq!(counts(&whole), (100, Some(2_500), Some(End::Short)));
    assert!(!whole.is_complete());
    assert_eq!(peer.log.count(), 3, "{:?}", peer.log.lines());
    let high = Lists { rows: 250, clamp: Some(100), total: Some(2_500), ..Lists::default() };
    let peer = high.serve().await;
    let whole = peer.client().all_cards(&account()).await.unwrap();
    assert_eq!((counts(&whole), whole.clamped_to), ((250, Some(2_500), Some(End::Short)), Some(100)));
    assert_eq!(peer.log.count(), 4);
}

#[tokio::test]
async fn a_crawl_asks_ten_times_a_second_at_most() {
    let peer = Lists { rows: 500, clamp: Some(100), ..Lists::default() }.serve().await;
    let began = tokio::time::Instant::now();
    assert_eq!(peer.client().all_cards(&account()).await.unwrap().items.len(), 500);
    assert_eq!(peer.log.count(), 6);
    assert!(began.elapsed() >= Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_settlement_stands_in_for_the_amount_and_says_so() {
    let peer = Peer::json(
        r#"{"items":[{"id":"t1","settlementAmount":"12.50","settlementCurrency":"EUR","type":"payin"},
        {"id":"t2","amount":"3.00","currency":"USD","settlementAmount":"2.70","settlementCurrency":"EUR"},
        {"id":"t3","settlementAmount":"4.00","currency":"USD","feeAmount":"1"},
        {"id":"t4","settlementAmount":"x","settlementCurrency":"EUR"},
        {"id":"t5","amount":null,"currency":null,"settlementAmount":"0E-9","settlementCurrency":"USD"},
        {"id":"t6","amount":NaN,"currency":"USD","settlementAmount":"4.00","settlementCurrency":"USD"},
        {"id":"t7","currency":"USD"}]}"#,
    )
    .await;
    let rows = peer.client().transactions(Feed::Accounts, &TransactionQuery::default()).await.unwrap().items;
    let eur = |text: &str| Field::Known(Money::parse(text, Currency::EUR).unwrap());
    let said: Vec<_> = rows.iter().map(|row| (row.amount, row.amount_is_settlement())).collect();
    assert_eq!(
        said,
        [
            (eur("12.50"), true),
            (Field::Known(usd("3")), false),
            (Field::Known(usd("4")), true),
            (Field::Unreadable, true),
            (Field::Known(usd("0")), true),
            (Field::Unreadable, false),
            (Field::Absent, false),
        ]
    );
    assert_eq!(rows[0].costs.as_ref().unwrap().settlement, eur("12.50"));
    assert_eq!(rows[2].costs.as_ref().unwrap().fee, Field::Known(usd("1")));
}

#[tokio::test]
async fn no_limits_told_and_no_limits_set_are_two_things() {
    for (limits, expected) in [
        ("", None),
        (r#","limits":null"#, None),
        (r#","limits":[]"#, Some(0)),
        (r#","limits":{}"#, Some(0)),
        (r#","limits":{"daily_limit":"1e2"}"#, Some(1)),
    ] {
        let body = format!(r#"{{"id":"c1","currency":"USD","status":"active"{limits}}}"#);
        let peer = Peer::new(move |_, _| Reply::Keep(ok(&body))).await;
        let card = peer.client().card(&account(), &card()).await.unwrap();
        assert_eq!(card.limits.known().map(Vec::len), expected, "{limits}");
        assert!(expected.is_some() || card.limits == Field::Absent);
    }
}

#[tokio::test]
async fn restrictions_are_read_in_both_shapes() {
    let of = |body: &'static str| async move {
        let peer = Peer::json(body).await;
        peer.client().restrictions(&account()).await.unwrap()
    };
    let newer = of(r#"{"maxCards":3,"currentCards":3,"allowedCardTypes":["virtual"],"restrictions":[]}"#).await;
    assert_eq!((newer.room(), newer.allows(&CardKind::Physical)), (Field::Known(0), Some(false)));
    let upstream = of(
        r#"{"data":{"limits":[{"type":"daily_limit","amountMin":"10","amountMax":1e3},
        {"type":"weekly_limit","amountMin":null,"amountMax":null},{"type":"monthly_limit","amountMin":NaN,"amountMax":"5"}],
        "binList":[{"cardProviderBinId":"b1","bin":"555555"}],"cardBalance":false,"other":[1]}}"#,
    )
    .await;
    assert_eq!((upstream.limits.len(), upstream.bins.len(), upstream.cards_hold_balance), (3, 1, Some(false)));
    assert_eq!(upstream.fits(&LimitKind::Daily, &usd("1000.01")), Fits::TooMuch("1000".parse().unwrap()));
    assert_eq!(upstream.fits(&LimitKind::Daily, &usd("1")), Fits::TooLittle("10".parse().unwrap()));
    assert_eq!(upstream.fits(&LimitKind::Weekly, &usd("7")), Fits::Yes);
    assert_eq!(upstream.fits(&LimitKind::Monthly, &usd("1")), Fits::Unknown);
    assert_eq!((upstream.room(), upstream.other.len()), (Field::Absent, 1));
    let odd = of(r#"{"maxCards":"many","currentCards":1}"#).await;
    assert_eq!(odd.room(), Field::Unreadable);
}

/// What other words a deployment has is named, with the setting that would use it, and never sent to.
#[tokio::test]
async fn lifecycle_words_of_the_document_are_named_and_not_used() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(if request.starts_with("GET /api/openapi.json") {
            ok(r#"{"paths":{"/api/v2/accounts":{"get":{}},
            "/api/v2/accounts/{a}/cards/{c}/lock":{"post":{}},"/api/v2/accounts/{a}/cards/{c}/unlock":{"post":{}},
            "/api/v2/accounts/{a}/cards/{c}":{"get":{},"delete":{}},"/api/v2/sign-in":{"post":{}}}}"#)
        } else {
            answer_with("204 No Content", "", b"")
        })
    })
    .await;
    let client = peer.client();
    client.discover().await;
    let acts = client.acts();
    let (a, c) = (account(), card());
    for (outcome, setting) in [
        (acts.freeze(&a, &c).await, r#"[paths] freeze = "POST /api/v2/accounts/{account}/cards/{card}/lock""#),
        (acts.unfreeze(&a, &c).await, r#"[paths] unfreeze = "POST /api/v2/accounts/{account}/cards/{card}/unlock""#),
        (acts.close(&a, &c).await, r#"[paths] close = "DELETE /api/v2/accounts/{account}/cards/{card}""#),
    ] {
        let failure = outcome.unwrap_err();
        assert_eq!((failure.kind, failure.reached), (FailureKind::NotOffered, Reached::NotSent));
        assert!(failure.sentence().contains(setting), "{failure}");
        assert!(failure.next_step().contains("settings"), "{failure}");
    }
    assert_eq!(peer.log.count(), 1, "nothing was sent to a guess");
    let password = fourpay::domain::secret::Password::new("pw".to_owned().into());
    let failure = Client::login(peer.settings(), "ada@example.org", &password).await.unwrap_err();
    assert!(failure.sentence().contains(r#"[paths] login = "POST /api/v2/sign-in""#), "{failure}");
    // Named in the settings, it is used.
    let paths = vec![(fourpay::api::Op::Act(Act::Freeze), "POST /api/v2/accounts/{account}/cards/{card}/lock".into())];
    let told = crate::peer::client(Settings { paths, ..peer.settings() });
    told.discover().await;
    told.acts().freeze(&a, &c).await.unwrap();
    assert!(peer.log.lines().last().unwrap().contains("/lock HTTP/1.1"));
}

#[tokio::test]
async fn a_lifecycle_404_says_that_the_path_is_assumed() {
    let peer = Peer::new(|_, _| Reply::Keep(status("404 Not Found", r#"{"detail":"Not Found"}"#))).await;
    let failure = peer.client().acts().freeze(&account(), &card()).await.unwrap_err();
    assert_eq!((failure.kind, failure.reached), (FailureKind::NotFound, Reached::Refused));
    assert!(failure.detail.as_str().starts_with("Not Found; "), "{failure}");
    assert!(failure.sentence().contains("[paths] freeze"), "{failure}");
    let failure = peer.client().card(&account(), &card()).await.unwrap_err();
    assert_eq!(failure.detail.as_str(), "Not Found", "a documented path is not doubted");
}

#[tokio::test]
async fn a_slash_of_the_document_is_sent_and_one_that_is_wanted_is_named() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(if request.starts_with("GET /api/openapi.json") {
            ok(r#"{"paths":{"/api/v2/accounts/":{"get":{}},"/api/v2/accounts/{a}/cards/":{"get":{},"post":{}}}}"#)
        } else {
            ok("[]")
        })
    })
    .await;
    let client = peer.client();
    let contract = client.discover().await;
    assert_eq!(contract.offers(fourpay::api::Read::Accounts), Offer::Listed);
    client.accounts().await.unwrap();
    client.cards(&account(), Window::FIRST).await.unwrap();
    let lines = peer.log.lines();
    assert_eq!(lines[1], "GET /api/v2/accounts/ HTTP/1.1");
    assert!(
        lines[2].starts_with("GET /api/v2/accounts/0190aaaa-1111-7000-8000-000000000001/cards/?limit=1000&offset=0")
    );

    // Without a document: the redirect of a web framework.
    let peer = Peer::new(|_, request| {
        let path = request.split(' ').nth(1).unwrap_or("").to_owned();
        let (path, query) = path.split_once('?').map_or((path.as_str(), ""), |(path, query)| (path, query));
        let location = format!("location: http://127.0.0.1{path}/?{query}\r\n");
        Reply::Keep(answer_with("307 Temporary Redirect", &location, b""))
    })
    .await;
    let failure = peer.client().accounts().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Redirected);
    assert!(failure.sentence().contains(r#"[paths] accounts = "GET /api/v2/accounts/""#), "{failure}");
    let failure = peer.client().cards(&account(), Window::FIRST).await.unwrap_err();
    let setting = r#"[paths] cards = "GET /api/v2/accounts/{account}/cards/""#;
    assert!(failure.sentence().contains(setting) && !failure.sentence().contains("0190aaaa"), "{failure}");
    assert_eq!(peer.log.count(), 2, "no redirect is followed");
}

#[tokio::test]
async fn an_opaque_key_goes_as_a_bearer_where_the_profile_says_so() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(if request.to_ascii_lowercase().contains("authorization: bearer ") {
            ok("[]")
        } else {
            status("401 Unauthorized", r#"{"detail":"Invalid or missing API key"}"#)
        })
    })
    .await;
    let failure = peer.client().accounts().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unauthorized);
    assert!(failure.next_step().contains(r#"auth = "bearer""#), "{failure}");
    let bearer = client(Settings { auth: Auth::Bearer, ..peer.settings() });
    bearer.accounts().await.unwrap();
    assert_eq!(bearer.credential_header(), "Authorization: Bearer");
    bearer.use_token(token()).unwrap();
    bearer.accounts().await.unwrap();
    let request = peer.log.all().pop().unwrap().to_ascii_lowercase();
    assert!(!request.contains("x-api-token"), "{request}");
    // A bearer that is refused is told nothing of headers.
    let peer = Peer::new(|_, _| Reply::Keep(status("401 Unauthorized", ""))).await;
    let failure = client(Settings { auth: Auth::Bearer, ..peer.settings() }).accounts().await.unwrap_err();
    assert!(!failure.to_string().contains("bearer"), "{failure}");
    let jwt = fourpay::domain::secret::Token::parse("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln".to_owned().into());
    let plain = Client::new(Settings { auth: Auth::Token, ..peer.settings() }, jwt.unwrap()).unwrap();
    assert_eq!(plain.credential_header(), "X-API-Token");
}

#[tokio::test]
async fn a_doubled_prefix_is_named() {
    let peer = Peer::new(|_, _| Reply::Keep(status("404 Not Found", r#"{"detail":"Not Found"}"#))).await;
    for base in ["/api/v2", "/api/v2/", "/gate/api/v2"] {
        let failure = Client::new(quick(format!("{}{base}", peer.url())), token()).unwrap_err();
        assert_eq!((failure.kind, failure.reached), (FailureKind::NotSent, Reached::NotSent));
        assert!(failure.sentence().contains("/api/v2/api/v2"), "{failure}");
    }
    assert_eq!(peer.log.count(), 0);
    let failure = client(quick(format!("{}/api", peer.url()))).accounts().await.unwrap_err();
    assert!(failure.sentence().contains("/api/api/v2/accounts"), "{failure}");
    assert!(failure.next_step().contains("base URL"), "{failure}");
    let failure = client(quick(format!("{}/prefix", peer.url()))).accounts().await.unwrap_err();
    assert_eq!(failure.detail.as_str(), "Not Found");
}

#[tokio::test]
async fn limits_are_sent_empty_where_none_is_set_unless_the_document_forbids_it() {
    for (schema, sent) in [
        ("", r#","limits":{}}"#),
        (r#"{"properties":{"limits":{"type":"object"}}}"#, r#","limits":{}}"#),
        (r#"{"properties":{"limits":{"type":"object","minProperties":1}}}"#, r#""cardType":"virtual"}"#),
    ] {
        let peer = Peer::new(move |_, request| {
            Reply::Keep(if request.starts_with("GET /api/openapi.json") {
                match schema {
                    "" => status("404 Not Found", ""),
                    schema => ok(&format!(
                        r#"{{"paths":{{"/api/v2/accounts":{{"get":{{}}}},"/api/v2/accounts/{{a}}/cards":{{"post":
                        {{"requestBody":{{"content":{{"application/json":{{"schema":{schema}}}}}}}}}}}}}}}"#
                    )),
                }
            } else {
                status("201 Created", r#"{"id":"c1"}"#)
            })
        })
        .await;
        let client = peer.client();
        client.discover().await;
        let holder = HolderId::parse("emp-7").unwrap();
        let card = NewCard {
            name: "Ads",
            holder: &holder,
            kind: CardKind::Virtual,
            currency: None,
            bin: None,
            category: None,
            limits: Vec::new(),
        };
        client.acts().issue_card(&account(), &card).await.unwrap();
        let body = peer.log.all().pop().unwrap();
        assert!(body.ends_with(sent), "{schema}: {body}");
    }
}

/// A feed that lists the oldest first, and what its server does differently.
#[derive(Clone, Copy, Debug)]
struct OldestFirst {
    total: bool,
    dates: bool,
    clamp: u64,
}

/// New rows of a feed that lists the oldest first are found, by polling and when somebody asks.
#[tokio::test]
async fn new_rows_are_found_where_the_oldest_come_first() {
    for quirk in [
        OldestFirst { total: true, dates: true, clamp: 1000 },
        OldestFirst { total: false, dates: true, clamp: 1000 },
        OldestFirst { total: false, dates: false, clamp: 1000 },
        OldestFirst { total: true, dates: false, clamp: 40 },
        OldestFirst { total: false, dates: false, clamp: 40 },
    ] {
        let start = DateTime::<Utc>::from_timestamp(1_790_000_000, 0).unwrap();
        let rows = Arc::new(AtomicU64::new(450));
        let served = Arc::clone(&rows);
        let peer = Peer::new(move |_, request| {
            let line = request.lines().next().unwrap_or("").to_owned();
            if !line.contains("/transactions/cards?") {
                return Reply::Keep(if line.contains("/transactions/") {
                    ok("[]")
                } else {
                    status("404 Not Found", "")
                });
            }
            let asked = |name: &str| {
                let (_, query) = line.split(' ').nth(1)?.split_once('?')?;
                query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
            };
            let number = |name: &str| asked(name).and_then(|text| text.parse::<u64>().ok());
            let from = asked("dateFrom").filter(|_| quirk.dates).map(|text| text.replace("%3A", ":"));
            let from = from.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
            let at = |n: u64| start + TimeDelta::seconds(n as i64 * 30);
            let fits: Vec<u64> =
                (0..served.load(Ordering::Relaxed)).filter(|n| from.is_none_or(|from| at(*n) >= from)).collect();
            let size = number("limit").unwrap_or(100).min(quirk.clamp) as usize;
            let page = fits.iter().skip(number("offset").unwrap_or(0) as usize).take(size);
            let page: Vec<String> = page
                .map(|n| {
                    format!(
                        r#"{{"id":"t{n}","amount":"1","currency":"USD","status":"completed","createdAt":"{}"}}"#,
                        at(*n).to_rfc3339()
                    )
                })
                .collect();
            let total = if quirk.total { format!(r#","total":{}"#, fits.len()) } else { String::new() };
            Reply::Keep(ok(&format!(r#"{{"items":[{}]{total}}}"#, page.join(","))))
        })
        .await;
        let (out, mut heard) = mpsc::channel(64);
        let (_watch, watched) = watch::channel(Watch::default());
        let (ask, requests) = mpsc::unbounded_channel();
        // Nothing of it is polled in the time of this test but what is asked for.
        let poller = Poller::new(peer.client(), Clock::start(), 20_000, Duration::from_secs(300));
        let task = tokio::spawn(poller.run(Ends { out, watch: watched, requests }));
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let wait_for = async |heard: &mut mpsc::Receiver<Msg>, id: &str| {
            let deadline = tokio::time::sleep(Duration::from_secs(20));
            tokio::pin!(deadline);
            loop {
                tokio::select! {
                    msg = heard.recv() => {
                        if let Some(Msg::Replied { outcome: Ok(Answer::Transactions(batch)), .. }) = msg {
                            seen.lock().unwrap().extend(batch.items.iter().map(|row| row.id.to_string()));
                        }
                    }
                    () = &mut deadline => panic!("{id} never came: {quirk:?}; {:?}", peer.log.lines()),
                }
                if seen.lock().unwrap().contains(id) {
                    break;
                }
            }
        };
        // With the feed that is there.
        for _ in 0..2 {
            ask.send(Request::Refresh).unwrap();
        }
        wait_for(&mut heard, "t449").await;
        // Another comes in: asking by hand finds it, with few requests.
        rows.fetch_add(1, Ordering::Relaxed);
        let before = peer.log.count();
        ask.send(Request::Refresh).unwrap();
        wait_for(&mut heard, "t450").await;
        let cost = peer.log.lines()[before..].iter().filter(|line| line.contains("/transactions/cards?")).count();
        assert!(cost <= 24, "{cost} requests for one new row: {quirk:?}");
        task.abort();
    }
}

#[test]
fn the_order_of_a_list_is_told_by_its_times() {
    let times: Vec<DateTime<Utc>> = (0..5).map(|n| DateTime::UNIX_EPOCH + TimeDelta::hours(n)).collect();
    assert_eq!(order_of(&times), Order::OldestFirst);
    let turned: Vec<DateTime<Utc>> = times.iter().rev().copied().collect();
    assert_eq!(order_of(&turned), Order::NewestFirst);
    assert_eq!(order_of(&times[..1]), Order::Unknown);
}
