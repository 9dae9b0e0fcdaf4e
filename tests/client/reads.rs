//! Every reading endpoint: the request it makes and what it makes of the sheet's own examples and their cousins.

use chrono::{TimeZone, Utc};
use fourpay::api::{Act, Client, Method, Offer, Op, Read, TransactionQuery, Window};
use fourpay::domain::account::{AccountStatus, Fee, Network, Wallet};
use fourpay::domain::card::{CardStatus, LimitKind};
use fourpay::domain::failure::FailureKind;
use fourpay::domain::field::Field;
use fourpay::domain::ids::{CardId, HolderId, TransactionId};
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::secret::{Password, Token};
use fourpay::domain::transaction::{Feed, TransactionKind, TransactionStatus};
use fourpay::domain::webhook::EventKind;
use zeroize::Zeroizing;

use crate::peer::{Peer, Reply, TOKEN, account, answer, answer_with, card, client, ok, quick, status};

fn usd(text: &str) -> Field<Money> {
    Field::Known(Money::parse(text, Currency::USD).unwrap())
}

#[tokio::test]
async fn the_account_list() {
    let peer = Peer::json(
        r#"{"items":[{"id":"0190aaaa-1111-7000-8000-000000000001","name":"Ops USD","balance":"2500.000000000",
        "holdedBalance":"20.000000000","availableBalance":2480.5,"currency":"USD","status":"active","cards":3,
        "allowedCardTypes":["virtual"],"isTransferAllowed":true,"createdAt":"2026-04-01T09:00:00+00:00",
        "updatedAt":"2026-04-01T09:00:05Z","provider":{"deep":[1,2]}},
        {"id":"b","name":null,"balance":null,"currency":null,"status":"on_the_moon"}, {"name":"no id"}, 7, null]}"#,
    )
    .await;
    let page = peer.client().accounts().await.unwrap();
    assert_eq!((page.items.len(), page.skipped, page.received, page.total), (2, 3, 5, None));
    let ops = &page.items[0];
    assert_eq!(ops.name.as_str(), "Ops USD");
    assert_eq!((ops.balance, ops.held, ops.available), (usd("2500"), usd("20"), usd("2480.5")));
    assert_eq!(ops.created_at.known(), Some(&Utc.with_ymd_and_hms(2026, 4, 1, 9, 0, 0).unwrap()));
    assert_eq!(page.items[1].status.as_str(), "on_the_moon");
    assert_eq!(page.items[1].balance, Field::Absent);
    let request = peer.log.all().remove(0);
    assert!(request.starts_with("GET /api/v2/accounts HTTP/1.1\r\n"), "{request}");
    assert!(request.to_ascii_lowercase().contains(&format!("x-api-token: {}", TOKEN.to_ascii_lowercase())));
    assert!(!request.to_ascii_lowercase().contains("authorization"));
}

#[tokio::test]
async fn a_jwt_goes_as_a_bearer() {
    let peer = Peer::json("[]").await;
    let jwt = Token::parse(Zeroizing::new("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln".to_owned())).unwrap();
    Client::new(peer.settings(), jwt).unwrap().accounts().await.unwrap();
    let request = peer.log.all().remove(0).to_ascii_lowercase();
    assert!(request.contains("authorization: bearer eyj") && !request.contains("x-api-token"), "{request}");
}

#[tokio::test]
async fn an_account_in_detail_and_its_balances() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(ok(if request.contains("/balance ") {
            r#"{"balance":"2500.000000000","heldBalance":"20.000000000","availableBalance":"2480","cards":3,"currency":"USD"}"#
        } else if request.contains("/restrictions ") {
            r#"{"maxCards":100,"currentCards":"3","allowedCardTypes":["virtual"],"restrictions":[{"a":1}],"x":null}"#
        } else if request.contains("/transfer-destinations ") {
            r#"{"items":[{"id":"r","name":"Reserve","currency":"USD"}]}"#
        } else {
            r#"{"data":{"id":"0190aaaa-1111-7000-8000-000000000001","name":"Ops USD","currency":"USD","status":"active",
            "isUsedCardBalance":true,"fees":{"cardTransactions":{"type":"percent","percent":"1.5"},
            "cardIssuing":{"type":"amount","amount":"3.00","currency":"USD"},"topUpsAllocation":{"type":"odd"}},
            "binList":[{"cardProviderBinId":"0190bbbb-0000-4000-8000-000000000001","bin":"555555",
            "cardNetwork":"Mastercard","issuerCountry":"GB","cardTokenizations":["apple_pay","Google pay"],
            "categoryIds":["0190cccc-0000-4000-8000-000000000001"]}]}}"#
        }))
    })
    .await;
    let client = peer.client();
    let detail = client.account(&account()).await.unwrap();
    assert_eq!(detail.account.status, AccountStatus::Active);
    assert_eq!(detail.fees.card_transactions, Field::Known(Fee::Percent("1.5".parse().unwrap())));
    assert_eq!(detail.fees.card_issuing, usd("3").map(Fee::Amount));
    assert_eq!(detail.fees.top_ups_allocation, Field::Unreadable);
    assert_eq!(detail.bins[0].network, Some(Network::Mastercard));
    assert_eq!(detail.bins[0].wallets, [Wallet::ApplePay, Wallet::GooglePay]);
    let balances = client.balances(&account()).await.unwrap();
    assert_eq!((balances.held, balances.available, balances.cards), (usd("20"), usd("2480"), Some(3)));
    let restrictions = client.restrictions(&account()).await.unwrap();
    assert_eq!(
        (restrictions.most_cards, restrictions.current_cards, restrictions.other.len()),
        (Field::Known(100), Field::Known(3), 1)
    );
    assert_eq!(client.destinations(&account()).await.unwrap().items[0].name.as_str(), "Reserve");
    assert_eq!(peer.log.lines()[1], "GET /api/v2/accounts/0190aaaa-1111-7000-8000-000000000001/balance HTTP/1.1");
}

#[tokio::test]
async fn cards_in_both_dialects() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(ok(if request.contains("/cards?") {
            r#"{"data":[{"cardId":"c1","name":"Ads","currency":"USD","availableBalance":"25.00","holder":"ADA","cardType":"virtual",
            "maskedNumber":"111111******2707","paymentSystem":"Visa","expiredAt":"12.2027","cardStatus":"frozen"}],
            "pagination":{"quantity":1,"totalQuantity":41,"currentPage":1,"pages":1}}"#
        } else if request.contains("/cardholders/") {
            r#"{"items":[{"cardId":"c9","accountUuid":"a9","name":"Ads 1","status":"active","maskedNumber":"555555******0001","availableBalance":"25.00","currency":"USD"}]}"#
        } else {
            r#"{"account":{"id":"a1","name":"Ops"},"card":{"id":"c1","name":"Ads","availableBalance":null,"spendedBalance":"4.5",
            "currency":"USD","maskedNumber":null,"expiredAt":null,"status":"creating","limits":[{"id":1,"type":"daily_limit","value":"100.00","spend":"4.50"},
            {"type":"never_limit","value":7}],"cardOwner":{"cardOwnerId":"emp-7","firstName":"Ada","lastName":"Byrne","email":"ada@example.org","phone":null},
            "createdAt":"2026-04-02T10:00:00.000Z","lastFour":17,"balance":1e3}}"#
        }))
    })
    .await;
    let client = peer.client();
    let page = client.cards(&account(), Window::FIRST).await.unwrap();
    assert_eq!((page.total, page.limit), (Some(41), 1000));
    let row = &page.items[0];
    assert_eq!((row.status.clone(), row.account.clone()), (CardStatus::Frozen, Some(account())));
    assert_eq!(row.expiry.known().unwrap().to_string(), "12/27");
    assert_eq!(row.number.last_four.unwrap().as_str(), "2707");
    let detail = client.card(&account(), &card()).await.unwrap();
    assert_eq!((detail.id.to_string(), detail.account.unwrap().to_string()), ("c1".into(), "a1".into()));
    assert_eq!((detail.balance, detail.available, detail.spent), (usd("1000"), Field::Absent, usd("4.5")));
    assert_eq!(detail.holder.unwrap().as_str(), "Ada Byrne");
    assert_eq!(detail.number.last_four.unwrap().as_str(), "0017");
    let limits = detail.limits.known().unwrap();
    assert_eq!((limits[0].kind.clone(), limits[0].value, limits[0].spent), (LimitKind::Daily, usd("100"), usd("4.5")));
    assert_eq!(limits[1].kind.as_str(), "never_limit");
    let of_holder = client.cardholder_cards(&HolderId::parse("emp-7").unwrap()).await.unwrap();
    assert_eq!(of_holder.items[0].account.as_ref().unwrap().to_string(), "a9");
    assert_eq!(
        peer.log.lines()[0],
        "GET /api/v2/accounts/0190aaaa-1111-7000-8000-000000000001/cards?limit=1000&offset=0 HTTP/1.1"
    );
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_again_in_small() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(match request.contains("limit=1000") {
            true => status("422 Unprocessable Entity", r#"{"detail":[{"loc":["query","limit"],"msg":"too large"}]}"#),
            false => ok(r#"{"items":[],"total":0}"#),
        })
    })
    .await;
    let client = peer.client();
    assert_eq!(client.cards(&account(), Window::FIRST).await.unwrap().limit, 100);
    assert_eq!(client.cardholders(Window { limit: 1000, offset: 7 }).await.unwrap().limit, 100);
    assert_eq!(peer.log.count(), 3);
    assert!(peer.log.lines()[2].contains("limit=100&offset=7"));
}

#[tokio::test]
async fn transactions_with_every_filter() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(ok(if request.contains("/cards/") {
            r#"{"id":"t1","account":{"accountId":"a1","accountName":"Ops"},"transactionDetails":{"card":{"id":"c1","maskedNumber":"5555**0001","name":"Ads"},
            "amount":"9.99","currency":"USD","type":"purchase","status":"declined","declineReason":"Insufficient funds","mcc":742},"posMode":"chip","score":{"risk":3}}"#
        } else {
            r#"[{"id":"t1","cardUuid":"c1","accountUuid":"a1","amount":"9.99","currency":"USD","type":"purchase","status":"authorized",
            "merchantName":"Shop","merchantCategory":"5734","feeAmount":"0.10","createdAt":"2026-04-03T11:00:00+00:00"},
            {"id":"t2","settlementAmount":"15.00","settlementCurrency":"USD","type":"payin","status":"completed"},
            {"id":"t3","amount":"5.00","type":"refund","status":"completed"},
            {"id":"t4","amount":"5.00","currency":"USD","feeAmount":"1","settlementAmount":"4","settlementCurrency":"EUR"}]"#
        }))
    })
    .await;
    let client = peer.client();
    let query = TransactionQuery {
        card: CardId::parse("c 1".replace(' ', "/").as_str()),
        account: Some(account()),
        kinds: vec![TransactionKind::Purchase, TransactionKind::TopUp],
        statuses: vec![TransactionStatus::Declined],
        from: Some(Utc.with_ymd_and_hms(2026, 4, 1, 0, 0, 0).unwrap()),
        to: None,
        limit: 50,
        offset: 100,
    };
    let page = client.transactions(Feed::Cards, &query).await.unwrap();
    assert_eq!(page.items[0].amount, usd("9.99"));
    assert_eq!(page.items[0].costs.as_ref().unwrap().fee, usd("0.10"));
    assert_eq!(page.items[1].amount, usd("15"), "what was settled stands in for it");
    assert_eq!(page.items[1].costs.as_ref().unwrap().settlement, usd("15"));
    assert_eq!(page.items[2].amount, Field::Unreadable, "an amount without a currency is no amount");
    assert_eq!(page.items[3].costs.as_ref().unwrap().fee, Field::Unreadable, "a fee in one of two currencies");
    assert_eq!(
        peer.log.lines()[0],
        "GET /api/v2/transactions/cards?cardUuid=c%2F1&accountUuid=0190aaaa-1111-7000-8000-000000000001&\
         types=purchase%2Ctop_up&statuses=declined&dateFrom=2026-04-01T00%3A00%3A00Z&limit=50&offset=100 HTTP/1.1"
    );
    let id = TransactionId::parse("t1").unwrap();
    let detail = client.transaction(Feed::Cards, &id).await.unwrap();
    assert_eq!(detail.transaction.decline_reason().unwrap().as_str(), "Insufficient funds");
    assert_eq!(detail.transaction.category.as_ref().unwrap().as_str(), "0742");
    assert_eq!(detail.transaction.card.as_ref().unwrap().to_string(), "c1");
    let other: Vec<String> = detail.other.iter().map(|(name, said)| format!("{name}={said}")).collect();
    for said in ["posMode=chip", "score.risk=3", "account.accountName=Ops", "card.maskedNumber=5555**0001"] {
        assert!(other.iter().any(|line| line == said), "{said} is not in {other:?}");
    }
    client.transactions(Feed::Accounts, &TransactionQuery::default()).await.unwrap();
    let both = client.all_transactions(&TransactionQuery::default()).await.unwrap();
    assert_eq!((both.items[0].feed, both.items[1].feed), (Feed::Cards, Feed::Accounts));
    assert_eq!(peer.log.lines()[2], "GET /api/v2/transactions/accounts?limit=1000&offset=0 HTTP/1.1");
    assert_eq!(peer.log.lines()[3], "GET /api/v2/transactions?limit=1000&offset=0 HTTP/1.1");
}

#[tokio::test]
async fn cardholders_webhooks_and_their_absence() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(if request.contains("/webhooks/config") {
            status("404 Not Found", r#"{"detail":"not set"}"#)
        } else if request.contains("/webhooks/events") {
            ok(r#"[{"id":"evt-1","event_type":"card_state","delivery_status":"failed","delivery_attempts":1,"delivery_response_code":null,
            "delivery_error":"timeout","payload":{"id":"c1","accountUuid":"a1","lastFour":"0001","cardNumber":"4539578763621486"},"created_at":"2026-04-03T11:00:00Z"},
            {"id":"evt-2","event_type":"card_transaction","payload":{"id":"t1","cardUuid":"c1","type":"purchase"}},
            {"id":"evt-3","event_type":"new_kind","payload":null}]"#)
        } else {
            ok(r#"{"items":[{"cardOwnerId":"emp-7","firstName":"Ada","lastName":"Byrne","email":"ada@example.org","phone":null,"address":null}],"total":1}"#)
        })
    })
    .await;
    let client = peer.client();
    assert_eq!(client.webhook_config().await.unwrap(), None);
    let events = client.webhook_events(Window::FIRST).await.unwrap();
    assert_eq!(events.items[0].kind, EventKind::CardState);
    assert_eq!(events.items[0].subject.card.as_ref().unwrap().to_string(), "c1");
    assert_eq!(events.items[1].subject.transaction.as_ref().unwrap().to_string(), "t1");
    assert_eq!(events.items[2].kind.as_str(), "new_kind");
    assert!(peer.log.lines()[1].contains("limit=200&offset=0"));
    let with_payload = client.webhook_events_with_payloads(Window { limit: 5, offset: 0 }).await.unwrap();
    let payload = format!("{:?}", with_payload.items[0].payload);
    assert!(payload.contains("lastFour") && payload.contains("•1486"), "{payload}");
    assert!(!payload.contains("4539578763621486"), "{payload}");
    let id = &events.items[1].id;
    let raw = client.webhook_payload(id, 3).await.unwrap().unwrap();
    assert_eq!(*raw, r#"{"id":"t1","cardUuid":"c1","type":"purchase"}"#);
    let page = client.cardholders(Window::FIRST).await.unwrap();
    assert_eq!(page.items[0].full_name().as_str(), "Ada Byrne");
    assert_eq!(client.account_cardholders(&account(), Window::FIRST).await.unwrap().total, Some(1));
}

#[tokio::test]
async fn card_data_come_once_and_leave_nothing() {
    let peer = Peer::new(|n, _| {
        Reply::Keep(if n == 1 {
            ok(r#"{"cardNumber":"4539578763621486","cvv":"837","expiryMonth":"04","expiryYear":"2029","cardHolder":"ADA"}"#)
        } else {
            status("409 Conflict", r#"{"detail":"card 4539578763621486 (837) is frozen"}"#)
        })
    })
    .await;
    let client = peer.client();
    let secret = client.sensitive(&account(), &card()).await.unwrap();
    assert_eq!((secret.pan.expose(), secret.cvv.expose()), ("4539578763621486", "837"));
    assert!(!format!("{secret:?}").contains("837"));
    let failure = client.sensitive(&account(), &card()).await.unwrap_err();
    assert!(!format!("{failure:?} {failure}").contains("837"), "{failure:?}");
    assert!(peer.log.all()[0].to_ascii_lowercase().contains("accept-encoding: identity"));
}

#[tokio::test]
async fn ids_are_encoded_and_dots_never_climb() {
    let peer = Peer::json(r#"{"cardOwnerId":"x"}"#).await;
    let client = peer.client();
    let odd = HolderId::parse("a/../b?c#d%2e").unwrap();
    client.cardholder(&odd).await.unwrap();
    assert_eq!(peer.log.lines()[0], "GET /api/v2/cardholders/a%2F..%2Fb%3Fc%23d%252e HTTP/1.1");
    for dots in [".", "..", "..."] {
        let failure = client.cardholder(&HolderId::parse(dots).unwrap()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotSent);
    }
    assert_eq!(peer.log.count(), 1);
}

#[tokio::test]
async fn what_the_deployment_offers_is_learned() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(if request.starts_with("GET /api/openapi.json") {
            ok(r#"{"info":{"title":"4pay"},"paths":{"/api/v2/accounts":{"get":{}},
            "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/suspend":{"put":{}}}}"#)
        } else {
            answer_with("204 No Content", "", b"")
        })
    })
    .await;
    let client = peer.client();
    assert_eq!(client.contract().offers(Act::Freeze), Offer::Assumed);
    let contract = client.discover().await;
    assert_eq!(contract.route(Act::Freeze).method, Method::Put);
    assert_eq!(contract.offers(Act::Close), Offer::Missing);
    client.acts().freeze(&account(), &card()).await.unwrap();
    assert!(peer.log.lines()[1].ends_with("/suspend HTTP/1.1") && peer.log.lines()[1].starts_with("PUT "));
    let failure = client.acts().close(&account(), &card()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotOffered);
    assert_eq!(peer.log.count(), 2, "what is not offered is not sent");
}

#[tokio::test]
async fn without_a_schema_the_defaults_stay() {
    for reply in [
        Reply::Keep(status("404 Not Found", "")),
        Reply::Keep(answer("200 OK", "text/html", b"<html>")),
        Reply::Keep(ok("[1,2,3]")),
        Reply::Keep(ok("{\"paths\":{\"/pets\":{}}}")),
        Reply::Hang(Vec::new()),
        Reply::Close(Vec::new()),
    ] {
        let peer = Peer::new(move |_, _| reply.clone()).await;
        let contract = peer.client().discover().await;
        assert_eq!(contract.offers(Act::Freeze), Offer::Assumed);
    }
}

#[tokio::test]
async fn a_path_of_the_settings_is_used() {
    let peer = Peer::json("[]").await;
    let mut settings = quick(format!("{}/prefix/", peer.url()));
    settings.paths = vec![(Op::Read(Read::Cards), "/api/v3/wallets/{account}/instruments".into())];
    client(settings).cards(&account(), Window { limit: 5, offset: 0 }).await.unwrap();
    let line = peer.log.lines().remove(0);
    assert!(line.starts_with("GET /prefix/api/v3/wallets/0190aaaa-1111-7000-8000-000000000001/instruments?"), "{line}");
}

#[tokio::test]
async fn a_log_in_gives_a_token() {
    let peer = Peer::new(|_, request| {
        Reply::Keep(if request.starts_with("POST /api/v2/auth/login") {
            ok(r#"{"access_token":"eyJh.eyJz.c2ln","token_type":"bearer","expires_in":3600}"#)
        } else {
            status("404 Not Found", "")
        })
    })
    .await;
    let password = Password::new(Zeroizing::new("pw-CANARY".to_owned()));
    let login = Client::login(peer.settings(), "ada@example.org", &password).await.unwrap();
    assert!(login.token.is_jwt());
    assert_eq!(login.good_for.unwrap().as_secs(), 3600);
    let post = peer.log.all().remove(1);
    assert!(post.ends_with(r#"{"email":"ada@example.org","password":"pw-CANARY"}"#), "{post}");
    assert!(!post.to_ascii_lowercase().contains("x-api-token"));
}
