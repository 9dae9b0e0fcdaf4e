//! What a delivery is about, told by its keys: the four kinds, as documented and as the provider nests them
//! (API sheet sections 4 to 6), and what a hostile payload makes of it.

use fourpay::api::decode;
use fourpay::domain::payload::Payload;
use fourpay::domain::webhook::{EventKind, Shape, Subject};

fn read(body: &str) -> Subject {
    decode::delivery(body.as_bytes()).unwrap_or_else(|| panic!("no delivery: {body}"))
}

/// Account, card, transaction, record, status.
fn named(subject: &Subject) -> [String; 5] {
    let text = |id: Option<String>| id.unwrap_or_default();
    [
        text(subject.account.as_ref().map(ToString::to_string)),
        text(subject.card.as_ref().map(ToString::to_string)),
        text(subject.transaction.as_ref().map(ToString::to_string)),
        text(subject.record.as_ref().map(ToString::to_string)),
        text(subject.status.as_ref().map(ToString::to_string)),
    ]
}

#[test]
fn the_four_kinds_are_told_by_their_keys_in_both_shapes() {
    use EventKind::{AccountTopUp, AccountTransaction, CardState, CardTransaction};
    use Shape::{Documented, Nested};
    let table = [
        (
            CardState,
            Documented,
            r#"{"id":"c1","accountUuid":"a1","cardOwnerId":"emp-7","status":"active","cardType":"virtual","lastFour":"0001",
            "balance":"25.00","availableBalance":"25.00","currency":"USD","expiryMonth":4,"expiryYear":2029,
            "createdAt":"2026-04-02T10:00:00+00:00","updatedAt":"2026-04-02T10:00:20+00:00"}"#,
            ["a1", "c1", "", "c1", "active"],
        ),
        (
            CardState,
            Nested,
            r#"{"account":{"id":"a1","name":"Ops"},"card":{"cardId":"c1","name":"Ads 1","availableBalance":"25.00",
            "currency":"USD","maskedNumber":"555555******0001","cardType":"virtual","expiredAt":"12.2027","status":"frozen",
            "cardOwner":{"cardOwnerId":"emp-7"},"updatedAt":"2026-04-02T10:00:20+00:00"}}"#,
            ["a1", "c1", "", "c1", "frozen"],
        ),
        (
            CardTransaction,
            Documented,
            r#"{"id":"t1","cardUuid":"c1","accountUuid":"a1","amount":"9.99","currency":"USD","type":"purchase",
            "status":"authorized","merchantName":"Shop","merchantCategory":"5734",
            "createdAt":"2026-04-03T11:00:00+00:00","updatedAt":"2026-04-03T11:00:00+00:00"}"#,
            ["a1", "c1", "t1", "t1", "authorized"],
        ),
        (
            CardTransaction,
            Nested,
            r#"{"id":"t1","account":{"accountId":"a1","accountName":"Ops"},"type":"purchase","status":"declined",
            "amount":"9.99","currency":"USD","updatedAt":"2026-04-03T11:00:00Z",
            "transactionDetails":{"card":{"id":"c1","maskedNumber":"555555******0001","name":"Ads 1"},"mcc":"5734"}}"#,
            ["a1", "c1", "t1", "t1", "declined"],
        ),
        (
            AccountTransaction,
            Documented,
            r#"{"id":"t2","accountUuid":"a1","amount":"15.00","currency":"USD","type":"withdrawal","status":"completed",
            "createdAt":"2026-04-03T11:00:00Z","updatedAt":"2026-04-03T11:00:01Z"}"#,
            ["a1", "", "t2", "t2", "completed"],
        ),
        (
            AccountTransaction,
            Nested,
            r#"{"id":"t2","account":{"accountId":"a1","accountName":"Ops"},"type":"card_issuing","status":"completed",
            "settlementAmount":"3.00","settlementCurrency":"USD","updatedAt":"2026-04-03T11:00:01Z",
            "transactionDetails":{"description":"issuing"}}"#,
            ["a1", "", "t2", "t2", "completed"],
        ),
        (
            AccountTopUp,
            Documented,
            r#"{"id":"u1","accountUuid":"a1","currency":"USDTTRC20","amount":"100.00","status":"completed",
            "createdAt":"2026-04-03T11:00:00Z","updatedAt":"2026-04-03T11:00:01Z"}"#,
            ["a1", "", "", "u1", "completed"],
        ),
        (
            AccountTopUp,
            Nested,
            r#"{"id":"u1","account":{"id":"a1","name":"Ops"},"currency":"USDCTRC20","amount":"100.00","status":"in_progress",
            "paymentAddress":"T9yD14","txHash":"aa","updatedAt":"2026-04-03T11:00:01Z"}"#,
            ["a1", "", "", "u1", "in_progress"],
        ),
    ];
    for (kind, shape, body, names) in table {
        let wrapped = format!(r#"{{"data":{body}}}"#);
        for body in [body, wrapped.as_str()] {
            let subject = read(body);
            assert_eq!(subject.kind.as_ref(), Some(&kind), "{body}");
            assert_eq!(subject.shape, shape, "{body}");
            assert_eq!(named(&subject), names.map(str::to_owned), "{body}");
            assert!(subject.mark().is_some(), "{body}");
        }
        // The log and a delivery are told by the same rule, whatever the log calls it.
        let log = format!(r#"[{{"id":"evt-1","event_type":"something_new","payload":{body}}}]"#);
        let (events, _) = decode::webhook_events(log.as_bytes()).unwrap();
        assert_eq!(events[0].subject, read(body));
        assert_eq!(events[0].about(), &kind);
    }
}

#[test]
fn one_change_told_twice_has_one_mark_and_another_change_has_another() {
    let at = |status: &str, second: u32| {
        read(&format!(
            r#"{{"id":"t1","cardUuid":"c1","type":"purchase","status":"{status}","updatedAt":"2026-04-03T11:00:{second:02}Z"}}"#
        ))
        .mark()
        .unwrap()
    };
    assert_eq!(at("authorized", 1), at("authorized", 1));
    assert_ne!(at("authorized", 1), at("completed", 1));
    assert_ne!(at("authorized", 1), at("authorized", 2));
    // What says too little is never taken for a repetition.
    assert!(read(r#"{"id":"t1","type":"purchase","status":"authorized"}"#).mark().is_none());
    assert!(read(r#"{"type":"purchase","updatedAt":"2026-04-03T11:00:01Z"}"#).mark().is_none());
}

#[test]
fn what_is_no_object_is_no_delivery_and_what_fits_nothing_is_no_kind() {
    for body in ["", "[]", "null", "7", "\"x\"", "{", "{\"id\":", "\u{1b}[2J"] {
        // What is cut off in the middle is an object by its first letter: it names nothing.
        let named = decode::delivery(body.as_bytes()).and_then(|subject| subject.record);
        assert_eq!(named, None, "{body:?}");
    }
    assert_eq!(read(r#"{"hello":"world"}"#).kind, None);
    assert_eq!(read(r#"{"id":"x","currency":"USD","status":"completed"}"#).kind, None);
}

fn texts(payload: &Payload, into: &mut Vec<String>) {
    match payload {
        Payload::Text(text) | Payload::Number(text) => into.push(text.to_string()),
        Payload::Id(id) => into.push(id.to_string()),
        Payload::List(values) => values.iter().for_each(|value| texts(value, into)),
        Payload::Object(fields) => fields.iter().for_each(|(name, value)| {
            into.push(name.to_string());
            texts(value, into);
        }),
        Payload::Null | Payload::Flag(_) | Payload::Hidden | Payload::Cut => {}
    }
}

#[test]
fn d1_t1_t3_a_payload_is_shown_without_secrets_and_cannot_act_on_a_terminal() {
    let body = r#"{"cardNumber":"5555550000000007","pan":4539578763621486,"cvv":"837","note":"pay \u001b]52;c;AAAA\u0007 \u202e 4539 5787 6362 1486",
        "\u001b[2Jname":"x","webhookSecret":"s3cret","deep":{"security_code":{"a":"837"},"list":["\u0034539578763621486",1.50,true,null]}}"#;
    let payload = decode::payload(body.as_bytes());
    let mut all = Vec::new();
    texts(&payload, &mut all);
    let all = all.join("\n");
    for hidden in ["5555550000000007", "4539578763621486", "837", "s3cret", "6362 1486", "\u{1b}", "\u{7}", "\u{202e}"]
    {
        assert!(!all.contains(hidden), "{hidden:?} in {all:?}");
    }
    // An id whose digits would pass for a card number is an id.
    let id = "01a21158-1480-7651-a777-53ba3ef61a09";
    let body = format!(r#"{{"id":"{id}","type":"payin"}}"#);
    assert!(format!("{:?}", decode::payload(body.as_bytes())).contains(id));
    assert_eq!(named(&read(&body))[3], id);
    assert!(all.contains("•0007") && all.contains("1.50"), "{all}");
}

#[test]
fn a_huge_or_deep_payload_is_cut_and_said_to_be() {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert!(format!("{:?}", decode::payload(deep.as_bytes())).contains("Cut"));
    let deeper = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(format!("{:?}", decode::payload(deeper.as_bytes())).contains("Cut"));
    let wide = format!("[{}1]", "1,".repeat(50_000));
    let Payload::List(values) = decode::payload(wide.as_bytes()) else { panic!("no list") };
    assert!(values.iter().filter(|value| **value != Payload::Cut).count() <= 1_000);
    assert_eq!(values.last(), Some(&Payload::Cut));
}

/// One key is enough where the documents name it as what tells the kind.
#[test]
fn each_key_that_tells_a_kind_tells_it_alone() {
    use EventKind::{AccountTopUp, AccountTransaction, CardState, CardTransaction};
    for (kind, keys) in [
        (CardState, r#""lastFour":"0001""#),
        (CardState, r#""cardType":"virtual""#),
        (CardState, r#""cardOwnerId":"emp-7""#),
        (CardState, r#""card":{"cardId":"c1","name":"Ads 1"}"#),
        (CardTransaction, r#""type":"purchase","cardUuid":"c1""#),
        (CardTransaction, r#""type":"purchase","cardUuid":"c1","lastFour":"0001""#),
        (CardTransaction, r#""type":"something new","transactionDetails":{"card":{"id":"c1"}}"#),
        (AccountTransaction, r#""type":"payin""#),
        (AccountTransaction, r#""type":"payin","currency":"USDTTRC20""#),
        (AccountTopUp, r#""currency":"USDTTRC20""#),
        (AccountTopUp, r#""txHash":"aa""#),
        (AccountTopUp, r#""paymentAddress":"T9yD14""#),
    ] {
        let body = format!(r#"{{"id":"x1","status":"completed",{keys}}}"#);
        assert_eq!(read(&body).kind, Some(kind), "{body}");
    }
    assert_eq!(read(r#"{"id":"x1","status":"completed","currency":"USD","amount":"1.00"}"#).kind, None);
}
