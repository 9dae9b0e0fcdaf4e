//! Pane 6: the configuration, the log, a payload, the forms, and what stays hidden.

use fourpay::api::decode;
use fourpay::app::msg::{Answer, Batch, Effect, Msg, Receiver, Topic};

use fourpay::app::{Model, update};
use fourpay::domain::failure::{Failure, FailureKind};
use fourpay::domain::field::Field;
use fourpay::domain::gaps::{Evidence, compare};
use fourpay::domain::ids::EventId;
use fourpay::domain::intent::Act;
use fourpay::domain::text::SafeText;
use fourpay::domain::webhook::{DeliveryStatus, Event, EventKind, Logged, WebhookConfig};

use crate::acts::orders;
use crate::fixture::*;
use crate::screens::picture;

pub fn config(secret: bool) -> WebhookConfig {
    WebhookConfig {
        url: SafeText::prose("https://hooks.example.org/4pay"),
        secret_set: Some(secret),
        kinds: None,
        active: Some(true),
    }
}

/// The `n`th entry, older with `n`.
pub fn logged(n: usize) -> Logged {
    let (kind, payload) = match n % 4 {
        0 => (
            EventKind::CardTransaction,
            format!(
                r#"{{"id":"{}","cardUuid":"{}","accountUuid":"{}","type":"purchase","status":"authorized","amount":"9.99",
                "merchantName":"Blue Bottle {}[2J","cardNumber":"4539578763621486","details":{{"mcc":"5814","list":[1,true,null]}}}}"#,
                transaction_id(n),
                card_id(n),
                account_id(0),
                "\\u001b"
            ),
        ),
        1 => (
            EventKind::CardState,
            format!(
                r#"{{"account":{{"id":"{}"}},"card":{{"cardId":"{}","status":"frozen","cardType":"virtual"}}}}"#,
                account_id(1),
                card_id(n)
            ),
        ),
        2 => (
            EventKind::AccountTransaction,
            format!(
                r#"{{"id":"{}","accountUuid":"{}","type":"payin","status":"completed"}}"#,
                transaction_id(n),
                account_id(0)
            ),
        ),
        _ => (
            EventKind::AccountTopUp,
            format!(r#"{{"id":"u{n}","accountUuid":"{}","currency":"USDTTRC20","status":"completed"}}"#, account_id(2)),
        ),
    };
    let (delivery, code, error) = match n % 5 {
        3 => (DeliveryStatus::Failed, Some(500), Some("receiver answered 500")),
        4 => (DeliveryStatus::Failed, None, Some("timeout")),
        1 if n < 4 => (DeliveryStatus::Pending, None, None),
        _ => (DeliveryStatus::Delivered, Some(204), None),
    };
    let event = Event {
        id: EventId::parse(&format!("evt-{:06}", 1000 - n)).unwrap(),
        kind,
        delivery,
        attempts: Some(1 + (n % 3) as u64),
        response_code: code,
        error: error.map(SafeText::prose),
        created_at: Field::Known(wall() - chrono::TimeDelta::minutes(7 * n as i64)),
        subject: decode::delivery(payload.as_bytes()).unwrap(),
    };
    Logged { event, payload: decode::payload(payload.as_bytes()) }
}

pub fn page(items: Vec<Logged>, last: bool) -> Answer {
    Answer::WebhookEvents(Batch { items, skipped: 0, last, short: None })
}

/// Pane 6 with a log of forty entries.
pub fn open(size: (u16, u16)) -> Model {
    let mut model = fresh(size);
    press(&mut model, at(2), "6");
    answer(&mut model, at(3), Topic::WebhookConfig, 50, Answer::WebhookConfig(Some(config(true))));
    answer(&mut model, at(3), Topic::WebhookEvents, 51, page((0..40).map(logged).collect(), false));
    model
}

fn screen(model: &Model, size: (u16, u16)) -> String {
    lines(&draw(model, at(10), size)).join("\n")
}

fn refused(status: u16, kind: FailureKind, doing: &'static str) -> Failure {
    Failure { status: Some(status), ..failure(kind, doing) }
}

#[test]
fn the_pane_in_each_state() {
    for size in [(80, 24), (160, 48)] {
        let loading = || {
            let mut model = fresh(size);
            press(&mut model, at(2), "6");
            model
        };
        let mut unset = loading();
        answer(&mut unset, at(3), Topic::WebhookConfig, 50, Answer::WebhookConfig(None));
        let not_there = refused(404, FailureKind::NotFound, "read the webhook events");
        fail(&mut unset, at(3), Topic::WebhookEvents, 51, not_there);
        let mut forbidden = loading();
        let no = |doing| refused(403, FailureKind::Forbidden, doing);
        fail(&mut forbidden, at(3), Topic::WebhookConfig, 50, no("read the webhook configuration"));
        fail(&mut forbidden, at(3), Topic::WebhookEvents, 51, no("read the webhook events"));
        let mut empty = loading();
        answer(&mut empty, at(3), Topic::WebhookConfig, 50, Answer::WebhookConfig(Some(config(false))));
        answer(&mut empty, at(3), Topic::WebhookEvents, 51, page(Vec::new(), true));
        let mut old = open(size);
        let offline = |doing| failure(FailureKind::Offline, doing);
        fail(&mut old, at(9), Topic::WebhookConfig, 60, offline("read the webhook configuration"));
        fail(&mut old, at(9), Topic::WebhookEvents, 61, offline("read the webhook events"));
        let mut received = open(size);
        let receiver = Receiver {
            address: "127.0.0.1:4040".into(),
            taken: 1_204,
            refused: 3,
            lost: 1,
            last: Some(wall()),
            ..Receiver::default()
        };
        update(&mut received, at(5), Msg::ReceiverChanged(receiver));
        press(&mut received, at(5), "/status:failed<Enter>");
        let mut payload = open(size);
        press(&mut payload, at(5), "<Enter>jjjjjjjj");
        for (name, model) in [
            ("loading", loading()),
            ("unset", unset),
            ("forbidden", forbidden),
            ("empty", empty),
            ("fresh", open(size)),
            ("stale", old),
            ("filtered", received),
            ("payload", payload),
        ] {
            let shown = picture(&draw(&model, at(10), size));
            insta::assert_snapshot!(format!("webhooks_{name}_{}x{}", size.0, size.1), shown);
        }
    }
}

#[test]
fn a_payload_is_folded_and_searched_and_its_secrets_are_not_in_it() {
    let size = (100, 30);
    let mut model = open(size);
    press(&mut model, at(5), "<Enter>");
    let whole = screen(&model, size);
    // D1, T1
    assert!(whole.contains("•1486") && !whole.contains("4539578763621486") && !whole.contains('\u{1b}'), "{whole}");
    assert!(whole.contains("mcc: \"5814\""), "{whole}");
    press(&mut model, at(5), "/mcc<Enter>");
    assert!(screen(&model, size).contains("1 found"));
    press(&mut model, at(5), "hh");
    let folded = screen(&model, size);
    assert!(!folded.contains("5814") && folded.contains("2 values"), "{folded}");
    // What is found is opened.
    press(&mut model, at(5), "n");
    assert!(screen(&model, size).contains("mcc: \"5814\""));
    press(&mut model, at(5), "<Esc><Esc>");
    assert!(screen(&model, size).contains("Delivery"), "{}", screen(&model, size));
}

#[test]
fn the_filter_knows_status_type_and_words() {
    let mut model = open((160, 48));
    let mut count = |keys: &str| {
        press(&mut model, at(5), keys);
        let rows = model.rows();
        press(&mut model, at(5), "<Esc>");
        rows
    };
    assert_eq!(count("/status:failed<Enter>"), 16);
    assert_eq!(count("/type:card_state<Enter>"), 10);
    assert_eq!(count("/timeout<Enter>"), 8);
    assert_eq!(count("/-status:delivered type:card_state<Enter>"), 5);
}

/// S4, D4: the secret is dots on the screen and in everything that can be printed, and goes to the one act.
#[test]
fn a_typed_secret_goes_with_the_act_and_is_nowhere_else() {
    let size = (80, 24);
    let mut model = open(size);
    press(&mut model, at(5), "E");
    assert!(screen(&model, size).contains("Whether 4pay then keeps the old"), "{}", screen(&model, size));
    press(&mut model, at(6), "<S-Tab><S-Tab><S-Tab>hunter2!");
    let shown = screen(&model, size);
    assert!(shown.contains("••••••••") && !shown.contains("hunter2"), "{shown}");
    let effects: Vec<Effect> =
        press(&mut model, at(8), "<C-s>").into_iter().flat_map(|outcome| outcome.effects).collect();
    assert!(!format!("{effects:?} {model:?}").contains("hunter2"));
    let order = orders(&effects)[0];
    match &order.wish {
        fourpay::app::msg::Wish::One { act: Act::SetWebhook { url, kinds, active, new_secret }, .. } => {
            assert_eq!(
                (url.as_str(), kinds, *active, *new_secret),
                ("https://hooks.example.org/4pay", &None, true, true)
            );
        }
        other => panic!("{other:?}"),
    }
    let handed = order.secret.clone().unwrap();
    assert_eq!(handed.take().unwrap().expose(), "hunter2!");
    assert!(order.secret.as_ref().unwrap().take().is_none(), "it is there twice");
}

#[test]
fn an_address_that_is_not_https_is_refused_at_its_field() {
    let size = (80, 24);
    for (typed, why) in [
        ("http://hooks.example.org/", "must begin with https://; http is for this"),
        ("nothing", "must begin with https://"),
        ("https://me:pw@x.example/", "must not carry a user name"),
    ] {
        let mut model = open(size);
        let script = format!("E<C-u>{typed}<Tab>");
        press(&mut model, at(5), &script);
        assert!(screen(&model, size).contains(why), "{typed}: {}", screen(&model, size));
        let effects: Vec<Effect> =
            press(&mut model, at(8), "<C-s>").into_iter().flat_map(|outcome| outcome.effects).collect();
        assert!(orders(&effects).is_empty());
    }
}

#[test]
fn deleting_is_confirmed_by_y_and_read_only_allows_neither() {
    let mut model = open((80, 24));
    let outcome = press(&mut model, at(5), "D<Enter>y");
    let effects: Vec<Effect> = outcome.into_iter().flat_map(|outcome| outcome.effects).collect();
    assert!(matches!(&orders(&effects)[0].wish, fourpay::app::msg::Wish::One { act: Act::DeleteWebhook, .. }));
    let setup = fourpay::app::msg::Setup { read_only: true, ..setup() };
    let mut model = Model::new(setup, (80, 24), at(0));
    press(&mut model, at(1), "6");
    answer(&mut model, at(2), Topic::WebhookConfig, 1, Answer::WebhookConfig(Some(config(true))));
    answer(&mut model, at(2), Topic::WebhookEvents, 2, page(vec![logged(0)], true));
    for key in ["E", "D"] {
        press(&mut model, at(3), key);
        assert!(screen(&model, (80, 24)).contains("this session is read-only"), "{key}");
    }
    // Sending again changes nothing at 4pay.
    press(&mut model, at(20), "R");
    assert!(screen(&model, (80, 24)).contains("Send evt-001000 again"));
}

#[test]
fn a_replay_goes_to_the_address_that_was_typed_and_its_outcome_is_told() {
    let size = (80, 24);
    let mut model = open(size);
    press(&mut model, at(5), "jRhttp://127.0.0.1:9000/x<Tab>s3cret");
    let effects: Vec<Effect> =
        press(&mut model, at(8), "<C-s>").into_iter().flat_map(|outcome| outcome.effects).collect();
    assert!(!format!("{effects:?}").contains("s3cret"));
    let replay = effects.iter().find_map(|effect| match effect {
        Effect::Replay { event, to, secret } => Some((event, to, secret)),
        _ => None,
    });
    let (event, to, secret) = replay.unwrap();
    assert_eq!((event.to_string().as_str(), to.as_str()), ("evt-000999", "http://127.0.0.1:9000/x"));
    assert_eq!(secret.as_ref().unwrap().take().unwrap().expose(), "s3cret");
    let told = Msg::Replayed {
        event: event.clone(),
        to: to.to_string(),
        taken: false,
        words: "answered 500 in 3 ms, unsigned, to http://127.0.0.1:9000/x".into(),
    };
    update(&mut model, at(9), told);
    let shown = screen(&model, size);
    assert!(
        shown.contains("✗ replay of evt-000999: answered 500") && shown.contains("ms, unsigned, to http"),
        "{shown}"
    );
}

#[test]
fn the_end_of_the_list_asks_for_older_entries_until_there_are_none() {
    let mut model = open((80, 24));
    let fetched = |outcomes: Vec<fourpay::app::Outcome>| {
        let effects = outcomes.into_iter().flat_map(|outcome| outcome.effects);
        effects.filter(|effect| matches!(effect, Effect::Fetch(Topic::OlderEvents(_)))).collect::<Vec<_>>()
    };
    assert_eq!(fetched(press(&mut model, at(5), "G")), []);
    assert_eq!(fetched(press(&mut model, at(5), "G")), [Effect::Fetch(Topic::OlderEvents(40))]);
    answer(&mut model, at(6), Topic::OlderEvents(40), 70, page((40..60).map(logged).collect(), true));
    assert_eq!(model.rows(), 60);
    assert_eq!(fetched(press(&mut model, at(7), "GGG")), []);
    // The newest come again with another delivery status: no entry is there twice.
    let mut newest = logged(1);
    newest.event.delivery = DeliveryStatus::Delivered;
    answer(&mut model, at(8), Topic::WebhookEvents, 80, page(vec![logged(0), newest], false));
    assert_eq!(model.rows(), 60);
}

#[test]
fn gaps_are_read_for_the_period_that_is_chosen_and_say_how_far_they_go() {
    let size = (100, 30);
    let mut model = open(size);
    let fetched: Vec<Effect> = press(&mut model, at(5), "c").into_iter().flat_map(|outcome| outcome.effects).collect();
    assert!(fetched.contains(&Effect::Fetch(Topic::Gaps(48))), "{fetched:?}");
    assert!(screen(&model, size).contains("reading the log"));
    let events: Vec<Event> = (0..12).map(|n| logged(n).event).collect();
    let until = wall() + chrono::TimeDelta::minutes(5);
    let evidence = Evidence {
        since: until - chrono::TimeDelta::hours(48),
        until,
        events,
        log_whole: true,
        transactions: transactions(40),
        feeds_whole: true,
        config: Some(config(true)),
        no_log: None,
    };
    let report = compare(evidence);
    assert_eq!(report.clean(), Some(false));
    answer(&mut model, at(6), Topic::Gaps(48), 90, Answer::Gaps(Box::new(report)));
    let shown = picture(&draw(&model, at(10), size));
    insta::assert_snapshot!("webhooks_gaps_100x30", shown);
    let fetched: Vec<Effect> = press(&mut model, at(7), "w").into_iter().flat_map(|outcome| outcome.effects).collect();
    assert!(fetched.contains(&Effect::Fetch(Topic::Gaps(168))), "{fetched:?}");
}

/// What people bought, and for how much, is hidden in a payload too; what kind of event it is can be read.
#[test]
fn privacy_hides_what_a_payload_says_of_people_and_money() {
    for size in [(80, 24), (100, 30), (160, 48)] {
        let mut model = open(size);
        press(&mut model, at(5), "<Enter>");
        let shown = screen(&model, size);
        assert!(shown.contains("9.99") && shown.contains("Blue Bottle"), "{shown}");
        press(&mut model, at(5), "P");
        let shown = screen(&model, size);
        assert!(!shown.contains("9.99") && !shown.contains("Blue Bottle") && !shown.contains("5814"), "{shown}");
        assert!(shown.contains("PRIVATE") && shown.contains("merchantName: ••••"), "{shown}");
        // Nothing behind the dots tells how long the text was.
        let line = shown.lines().find(|line| line.contains("merchantName")).unwrap();
        assert_eq!(line.trim_matches(['│', ' ']), "merchantName: ••••");
        assert!(shown.contains(r#"type: "purchase""#) && shown.contains(r#"status: "authorized""#), "{shown}");
        // A search for what is hidden finds it and does not show it; P in a search is a letter.
        press(&mut model, at(6), "/Bottle P");
        assert!(screen(&model, size).contains("PRIVATE"));
        press(&mut model, at(6), "<Esc><Esc>P");
        assert!(!screen(&model, size).contains("PRIVATE"));
    }
}
