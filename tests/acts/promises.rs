//! The promises of money, one by one.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fourpay::api::{self, ENDPOINTS, Op};
use fourpay::domain::account::Fees;
use fourpay::domain::card::CardStatus;
use fourpay::domain::intent::lifecycle::Stage;
use fourpay::domain::intent::{Act, Audit, AuditEvent, Before, CardField, Kind, checks};
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::Feed;
use fourpay::ops::execute::endpoint;
use fourpay::ops::plan::{self, Series};
use fourpay::ops::{Clock, Held, Journal, Ops, Outcome};
use fourpay::sandbox::{Fault, Happening, Rule};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::bench::{Bench, TestClock, client, open};

fn accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted(_))
}

/// M1: an intent that was recorded is never sent again, here or after a restart.
#[tokio::test]
async fn m1_one_intent_is_one_request_ever() {
    let mut bench = Bench::start().await;
    let intent = bench.ops.intend(bench.top_up(&bench.card(), "2").await, Before::default(), None);
    assert!(accepted(&bench.ops.execute(intent.clone()).await));
    assert!(matches!(bench.ops.execute(intent.clone()).await, Outcome::Held(Held::Journal(_))));
    bench.restart().await;
    assert!(matches!(bench.ops.execute(intent).await, Outcome::Held(Held::Journal(_))));
    assert_eq!(bench.executed(Kind::TopUp), 1);
    bench.sound();
}

/// M2: however often the same thing is confirmed at once, one request leaves; the others are held back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_two_hundred_confirmations_are_one_request() {
    let bench = Bench::start().await;
    let at = bench.card();
    let act = bench.top_up(&at, "2").await;
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::Delay { ms: 100 }));
    let intents: Vec<_> = (0..200).map(|_| bench.ops.intend(act.clone(), Before::default(), None)).collect();
    let outcomes = futures_util::future::join_all(intents.into_iter().map(|intent| bench.ops.execute(intent))).await;
    let held = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Held(Held::Waits { .. }))).count();
    let sent = outcomes.iter().filter(|outcome| outcome.was_sent()).count() as u64;
    assert_eq!(sent, bench.executed(Kind::TopUp));
    assert!(held >= 1 && sent as usize + held == 200, "{sent} sent, {held} held");
    bench.sound();
}

/// M2: the same intent confirmed 200 times is one request exactly.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_a_held_enter_sends_its_intent_once() {
    let bench = Bench::start().await;
    let intent = bench.ops.intend(bench.top_up(&bench.card(), "2").await, Before::default(), None);
    let all = (0..200).map(|_| bench.ops.execute(intent.clone()));
    let outcomes = futures_util::future::join_all(all).await;
    assert_eq!(outcomes.iter().filter(|outcome| accepted(outcome)).count(), 1);
    assert_eq!(bench.executed(Kind::TopUp), 1);
}

/// M3: no log, no act; nothing leaves when the journal cannot be written.
#[tokio::test]
async fn m3_without_a_journal_nothing_is_sent() {
    let bench = Bench::start().await;
    let path = bench.folder.path().join("journal/demo.jsonl");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    // Freezing always works: see the emergency line.
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Freeze) {
        let (act, before) = bench.act(if kind == Kind::DeleteWebhook { Kind::SetWebhook } else { kind }, 1).await;
        let outcome = bench.ops.execute(bench.ops.intend(act, before, None)).await;
        assert!(matches!(outcome, Outcome::Held(Held::Journal(_))), "{kind}: {outcome:?}");
    }
    assert_eq!(bench.executed_in_all(), 0);
    let shown = bench.ops.audit(AuditEvent::Revealed(CardField::All), true, Some(bench.card())).await;
    assert!(shown.is_err(), "card data would have been shown without a record");
}

/// M4: an outcome that is not known is never called refused or failed, and a connection that was never made is
/// certain.
#[tokio::test]
async fn m4_not_connected_is_certainly_not_sent() {
    let bench = Bench::start().await;
    let intent = bench.ops.intend(bench.top_up(&bench.card(), "2").await, Before::default(), None);
    let reference = intent.reference;
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let folder = tempfile::tempdir().unwrap();
    let ops = open(&client(&closed, "tok"), folder.path(), &bench.clock, false).await;
    // Before the accounts were read nobody knows whose journal it is.
    assert!(matches!(ops.execute(intent.clone()).await, Outcome::Held(Held::Unbound(_))));
    assert_eq!(ops.stage(reference), None);
    ops.bind([bench.card().account]).await.unwrap();
    assert!(matches!(ops.execute(intent).await, Outcome::NotSent(_)));
    assert_eq!(ops.stage(reference), Some(Stage::NotSent));
    assert_eq!(ops.unknown(), 0);
}

/// M5: an unknown outcome blocks money on the same card and its closing, other cards, the account's transfers and freezing
/// go on, and a person may pass over it by naming it. Not having been seen lifts nothing.
#[tokio::test]
async fn m5_an_unknown_outcome_holds_money_back_until_settled_or_passed_over() {
    let bench = Bench::start().await;
    let at = bench.card();
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::HangBefore));
    let lost = bench.ops.intend(bench.top_up(&at, "5").await, bench.before(&at).await, None);
    let reference = lost.reference;
    assert!(matches!(bench.ops.execute(lost).await, Outcome::Unknown(_)));
    let held = |outcome: Outcome| matches!(outcome, Outcome::Held(Held::Waits { on, .. }) if on == reference);
    let again = || async { bench.ops.intend(bench.top_up(&at, "5").await, Before::default(), None) };
    let amount = fourpay::domain::money::Money::parse("1", bench.currency(&at).await).unwrap();
    let withdraw = || Act::Withdraw { at: at.clone(), amount, description: None };
    for stage in [Stage::Unknown, Stage::NotSeen] {
        assert_eq!(bench.stage(reference), stage);
        assert!(held(bench.ops.execute(again().await).await), "{stage}");
        assert!(held(bench.ops.execute(bench.ops.intend(withdraw(), Before::default(), None)).await), "{stage}");
        let close = Act::Close(at.clone());
        assert!(held(bench.ops.execute(bench.ops.intend(close, Before::default(), None)).await), "{stage}");
        assert_eq!(bench.executed_in_all(), 0);
        if stage == Stage::Unknown {
            assert_eq!(bench.settle(reference).await.stage, Stage::NotSeen);
        }
    }
    // M11: freezing is never blocked by money.
    assert!(accepted(&bench.ops.execute(bench.ops.intend(Act::Freeze(at.clone()), Before::default(), None)).await));
    let thaw = bench.ops.intend(Act::Unfreeze(at.clone()), Before::default(), None);
    assert!(accepted(&bench.ops.execute(thaw).await));
    // Passed over by naming it.
    let mut despite = again().await;
    despite.despite = vec![reference];
    assert!(accepted(&bench.ops.execute(despite).await));
    assert_eq!(bench.stage(reference), Stage::NotSeen);
    assert_eq!(bench.executed(Kind::TopUp), 1);
    bench.sound();
}

/// M5: what was shown as unknown and has gone through since holds the same act back until that is shown: whoever still waits
/// for it would do it twice.
#[tokio::test]
async fn m5_what_went_through_unseen_holds_back_the_same_act_once_more() {
    let bench = Bench::start().await;
    let at = bench.card();
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
    let lost = bench.ops.intend(bench.top_up(&at, "5").await, bench.before(&at).await, None);
    let reference = lost.reference;
    assert!(matches!(bench.ops.execute(lost).await, Outcome::Unknown(_)));
    bench.ops.shown(&bench.ops.entries());
    // Found in the background, while the person still reads that it is unconfirmed.
    assert!(bench.settle(reference).await.stage.is_done());
    let again = || async { bench.ops.intend(bench.top_up(&at, "5").await, Before::default(), None) };
    match bench.ops.execute(again().await).await {
        Outcome::Held(Held::Waits { on, why, .. }) => {
            assert_eq!(on, reference);
            assert!(why.ends_with("went through meanwhile"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(bench.executed(Kind::TopUp), 1);
    // Freezing never waits, and once it is shown, a second one is what the person means.
    assert!(accepted(&bench.ops.execute(bench.ops.intend(Act::Freeze(at.clone()), Before::default(), None)).await));
    let thaw = bench.ops.intend(Act::Unfreeze(at.clone()), Before::default(), None);
    assert!(accepted(&bench.ops.execute(thaw).await));
    bench.ops.shown(&bench.ops.entries());
    assert!(accepted(&bench.ops.execute(again().await).await));
    assert_eq!(bench.executed(Kind::TopUp), 2);
    bench.sound();
}

/// M5: what was confirmed and is still being prepared is in no journal yet; the same confirmed once more waits for it.
#[tokio::test]
async fn m5_what_is_being_prepared_holds_back_the_same_act() {
    let bench = Bench::start().await;
    bench.sandbox.faults().add(Rule::next("cardholder_cards", Fault::Delay { ms: 1_500 }));
    let act = || Act::IssueCard { account: bench.card().account, order: bench.order("Nova lamp") };
    let (first, second) =
        (bench.ops.intend(act(), Before::default(), None), bench.ops.intend(act(), Before::default(), None));
    let reference = first.reference;
    let (first, second) = tokio::join!(bench.ops.execute(first), bench.ops.execute(second));
    assert!(accepted(&first), "{first:?}");
    match second {
        Outcome::Held(Held::Waits { on, why, .. }) => {
            assert_eq!(on, reference);
            assert!(why.ends_with("is being sent"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(bench.executed(Kind::IssueCard), 1);
    bench.sound();
}

/// M6: settled by the reference in the description, though another movement of the same amount stands beside it; and the
/// other is not taken for it when ours did not arrive, as long as references come back, whatever the balances say.
#[tokio::test]
async fn m6_the_reference_decides_between_equal_movements() {
    for executed in [true, false] {
        let bench = Bench::start().await;
        let at = bench.card();
        // One act of before shows that references come back here.
        let first = bench.ops.intend(bench.top_up(&at, "1.11").await, bench.before(&at).await, None);
        let shown = first.reference;
        assert!(accepted(&bench.ops.execute(first).await));
        assert_eq!(bench.settle(shown).await.stage, Stage::Done);
        let fault = if executed { Fault::ExecuteThenDrop } else { Fault::DropBefore };
        bench.sandbox.faults().add(Rule::next("card_topup", fault));
        let intent = bench.ops.intend(bench.top_up(&at, "4.44").await, bench.before(&at).await, None);
        let reference = intent.reference;
        assert!(matches!(bench.ops.execute(intent).await, Outcome::Unknown(_)));
        let (card, amount) = (at.card.to_string(), "4.44".to_owned());
        bench.sandbox.happen(Happening::TopUp { card, amount }).unwrap();
        let stands = bench.settle(reference).await;
        if executed {
            assert_eq!(stands.stage, Stage::SettledDone, "{stands:?}");
            let seen = stands.evidence.unwrap();
            assert_eq!(seen.transactions.len(), 2, "{seen:?}");
            for id in &seen.transactions {
                let card = bench.client.transaction(Feed::Cards, id).await;
                let row = match card {
                    Ok(row) => row,
                    Err(_) => bench.client.transaction(Feed::Accounts, id).await.unwrap(),
                };
                let description = row.transaction.more.unwrap().description.unwrap();
                assert!(description.as_str().contains(&reference.to_string()));
            }
            assert!(seen.after.account.is_some() && seen.after.other.is_some());
            assert_eq!(bench.ops.unknown(), 0);
        } else {
            // The colleague's row fits in all but the reference, and the balances moved by exactly its amount.
            assert_eq!(stands.stage, Stage::NotSeen, "{stands:?}");
            assert_eq!(bench.ops.unknown(), 1);
            bench.ops.decide(reference, false, "that one is from the portal").await.unwrap();
            assert_eq!(bench.stage(reference), Stage::SettledNotDone);
        }
        bench.sound();
    }
}

/// M6: the looks follow the timetable, "not seen" is not said before two minutes of reading have passed, "not done" never,
/// and what comes after that is found.
#[tokio::test]
async fn m6_not_seen_takes_its_time_and_is_no_end() {
    let bench = Bench::start().await;
    let at = bench.card();
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::DropBefore));
    let intent = bench.ops.intend(bench.top_up(&at, "4").await, bench.before(&at).await, None);
    let reference = intent.reference;
    bench.ops.execute(intent).await;
    let stands = bench.ops.settle_once(reference).await.unwrap();
    assert_eq!((stands.stage, stands.again), (Stage::Unknown, Some(Duration::from_secs(2))));
    let stands = bench.settle(reference).await;
    assert_eq!((stands.stage, stands.again), (Stage::NotSeen, Some(Duration::from_secs(300))));
    assert_eq!(bench.looks.load(Ordering::SeqCst), 7, "2 + 4 + 8 + 16 + 30 + 60 s are two minutes");
    for _ in 0..40 {
        let stands = bench.ops.settle_once(reference).await.unwrap();
        assert_eq!(stands.stage, Stage::NotSeen, "however long");
        bench.clock.add(stands.again.unwrap());
    }
}

/// The wall clock steps ten minutes ahead right after the send, or back: the age of an act is time of reading.
#[tokio::test]
async fn a_wall_clock_that_steps_ages_nothing() {
    for minutes in [10, -10, 24 * 60] {
        let bench = Bench::start().await;
        let at = bench.card();
        bench.sandbox.faults().add(Rule::next("card_topup", Fault::HangBefore));
        let intent = bench.ops.intend(bench.top_up(&at, "4").await, bench.before(&at).await, None);
        let reference = intent.reference;
        bench.ops.execute(intent).await;
        bench.clock.step(minutes);
        for _ in 0..3 {
            let stands = bench.ops.settle_once(reference).await.unwrap();
            assert_eq!(stands.stage, Stage::Unknown, "{minutes}");
        }
        bench.sound();
    }
}

/// M6: a `Date` that is a day off hides nothing, and neither does a clock of ours.
#[tokio::test]
async fn m6_a_clock_that_is_a_day_off_hides_nothing() {
    for seconds in [86_400, -86_400] {
        let bench = Bench::start().await;
        let at = bench.card();
        let amount = bench.top_up_amount(&at.account, "7").await;
        // Every answer from here on is dated a day off: what is sent is sent by that clock.
        bench.sandbox.faults().add(Rule::next("account_list", Fault::SkewedDate { seconds }).always());
        bench.client.accounts().await.unwrap();
        let skew = bench.client.skew().unwrap().num_seconds();
        assert!((skew - seconds).abs() < 10, "{skew}");
        bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
        let act = Act::TopUp { at, amount, description: None };
        let intent = bench.ops.intend(act, Before::default(), None);
        let reference = intent.reference;
        let last = |bench: &Bench| bench.ops.entry(reference).unwrap().sent().unwrap().1.unwrap() / 1000;
        assert!(matches!(bench.ops.execute(intent).await, Outcome::Unknown(_)));
        assert!((last(&bench) - seconds).abs() < 10, "it was sent by a clock that is a day off");
        assert_eq!(bench.settle(reference).await.stage, Stage::SettledDone);
        bench.sound();
    }
}

/// M6: while nothing can be read nothing is decided, however long that is.
#[tokio::test]
async fn m6_not_seeing_is_no_evidence() {
    let bench = Bench::start().await;
    let at = bench.card();
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
    let intent = bench.ops.intend(bench.top_up(&at, "4").await, bench.before(&at).await, None);
    let reference = intent.reference;
    bench.ops.execute(intent).await;
    let body = r#"{"detail":"Forbidden"}"#.to_owned();
    bench.sandbox.faults().add(Rule::next("card_transactions", Fault::Status { code: 403, body }).always());
    for _ in 0..40 {
        let stands = bench.ops.settle_once(reference).await.unwrap();
        assert_eq!(stands.stage, Stage::Unknown);
        assert!(stands.waiting.unwrap().contains("may not do this"));
        bench.clock.add(stands.again.unwrap());
    }
    bench.sandbox.faults().clear();
    assert_eq!(bench.ops.settle_once(reference).await.unwrap().stage, Stage::SettledDone);
    bench.sound();
}

/// M9: the review is made from the intent that is sent, the bytes that are sent are what it shows, and the
/// balances afterwards are what it promised.
#[tokio::test]
async fn m9_what_is_shown_is_what_is_sent_and_what_happens() {
    let bench = Bench::start().await;
    for kind in [Kind::TopUp, Kind::Withdraw, Kind::Transfer] {
        let (act, before) = bench.act(kind, 3).await;
        let intent = bench.ops.intend(act, before, None);
        let reference = intent.reference;
        let (shown, promised) = {
            let review = checks::review(&intent, &Fees::default());
            (review.amount.unwrap(), (review.account.unwrap().after, review.other.unwrap().after))
        };
        assert!(accepted(&bench.ops.execute(intent).await));
        let stands = bench.settle(reference).await;
        assert_eq!(stands.stage, Stage::Done, "{stands:?}");
        let seen = stands.evidence.unwrap();
        assert_eq!((seen.after.account, seen.after.other), promised, "{kind}");
        for id in &seen.transactions {
            if let Ok(row) = bench.client.transaction(Feed::Accounts, id).await {
                assert_eq!(row.transaction.amount.known().unwrap().wire(), shown.wire());
            }
        }
    }
    bench.sound();
}

/// M11: a freeze waits for no earlier change of the card's state, whatever is known of it, and for no read.
#[tokio::test]
async fn m11_a_freeze_waits_for_no_outcome_and_no_read() {
    let bench = Bench::start().await;
    let at = bench.card();
    let freeze = || bench.ops.intend(Act::Freeze(at.clone()), Before::default(), None);
    bench.sandbox.faults().add(Rule::next("card_freeze", Fault::DropBefore));
    let lost = freeze();
    let reference = lost.reference;
    assert!(matches!(bench.ops.execute(lost).await, Outcome::Unknown(_)));
    // Nor does a card that cannot be read hold it back.
    let body = r#"{"detail":"Forbidden"}"#.to_owned();
    bench.sandbox.faults().add(Rule::next("card_details", Fault::Status { code: 403, body }));
    assert!(accepted(&bench.ops.execute(freeze()).await));
    assert_eq!(bench.executed(Kind::Freeze), 1);
    bench.sandbox.faults().clear();
    assert_eq!(bench.settle(reference).await.stage, Stage::SettledDone, "the card is frozen, by the second");
    // An unfreeze that was done, its answer lost, reads of the card failing: the freeze goes out.
    bench.sandbox.faults().add(Rule::next("card_unfreeze", Fault::ExecuteThenDrop));
    let thaw = bench.ops.intend(Act::Unfreeze(at.clone()), Before::default(), None);
    assert!(matches!(bench.ops.execute(thaw).await, Outcome::Unknown(_)));
    let body = "<html>Bad gateway</html>".to_owned();
    bench.sandbox.faults().add(Rule::next("card_details", Fault::Status { code: 502, body }).always());
    assert!(accepted(&bench.ops.execute(freeze()).await));
    assert_eq!(bench.executed(Kind::Freeze), 2);
    bench.sound();
}

/// M12: the reference goes along as `Idempotency-Key` where the deployment documents it, and nowhere else;
/// the request is sent once in either case.
#[tokio::test]
async fn m12_an_idempotency_key_only_where_it_is_documented() {
    for documented in [true, false] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let parameters = if documented { r#"[{"in":"header","name":"Idempotency-Key"}]"# } else { "[]" };
        let path = "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/topup";
        let post = format!(r#"{{"post":{{"parameters":{parameters}}}}}"#);
        let document = format!(r#"{{"paths":{{"/api/v2/accounts":{{"get":{{}}}},"{path}":{post}}}}}"#);
        let server = tokio::spawn(async move {
            let mut posts = Vec::new();
            while posts.is_empty() {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 8192];
                let read = stream.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let answer = if request.starts_with("GET") { document.as_str() } else { "" };
                if !request.starts_with("GET") {
                    posts.push(request);
                }
                let head = format!(
                    "HTTP/1.1 {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    if answer.is_empty() { "503 Busy" } else { "200 OK" },
                    answer.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            // Whoever sends again would be waiting here.
            let again = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await;
            (posts, again.is_ok())
        });
        let client = client(&base, "tok");
        let contract = client.discover().await;
        assert_eq!(contract.takes_idempotency_key(api::Act::TopUp), documented);
        let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
        let ops = open(&client, folder.path(), &clock, false).await;
        let at = fourpay::domain::intent::CardAt {
            account: fourpay::domain::ids::AccountId::parse("a").unwrap(),
            card: fourpay::domain::ids::CardId::parse("c").unwrap(),
            last_four: None,
        };
        ops.bind([at.account.clone()]).await.unwrap();
        let act = Act::TopUp { at, amount: super::bench::usd("1"), description: None };
        let intent = ops.intend(act, Before::default(), None);
        let key = format!("idempotency-key: {}", intent.reference).to_lowercase();
        let description = intent.description();
        assert!(matches!(ops.execute(intent).await, Outcome::Unknown(_)));
        let (posts, again) = server.await.unwrap();
        assert_eq!((posts.len(), again), (1, false));
        assert_eq!(posts[0].to_lowercase().contains(&key), documented, "{}", posts[0]);
        assert!(posts[0].contains(&description) && posts[0].contains(r#""amount":"1.00""#));
    }
}

/// D9: a reveal is on the disk, with who and what, before it is granted.
#[tokio::test]
async fn d9_a_reveal_is_recorded_before_it_is_granted() {
    let bench = Bench::start().await;
    let at = bench.card();
    bench.ops.audit(AuditEvent::Copied(CardField::Number), true, Some(at.clone())).await.unwrap();
    let seen = fourpay::ops::journal::verify(bench.folder.path(), "demo").unwrap().unwrap();
    let audits: Vec<&Audit> = seen.book.audits().iter().collect();
    assert_eq!(audits.len(), 1);
    assert_eq!((audits[0].card.as_ref(), audits[0].who.pid), (Some(&at), std::process::id()));
}

/// The one door, locked: every mutating route of the endpoint table belongs to an act, and every act is
/// refused before anything is written or sent.
#[tokio::test]
async fn read_only_refuses_every_mutating_route() {
    let bench = Bench::start().await;
    let mutating: Vec<&str> = ENDPOINTS.iter().filter(|known| known.mutating).map(|known| known.name).collect();
    let reached: Vec<&str> = Kind::ALL.iter().map(|kind| Op::Act(endpoint(*kind)).endpoint().name).collect();
    for name in &mutating {
        assert!(reached.contains(name), "{name} changes something and belongs to no act");
    }
    assert_eq!(mutating.len(), reached.len());
    let folder = tempfile::tempdir().unwrap();
    let ops: Ops = open(&bench.client, folder.path(), &bench.clock, true).await;
    for kind in Kind::ALL {
        let (act, before) = bench.act(kind, 1).await;
        let executed = bench.executed_in_all();
        let outcome = ops.execute(ops.intend(act, before, None)).await;
        assert!(matches!(outcome, Outcome::Held(Held::ReadOnly)), "{kind}");
        assert_eq!(bench.executed_in_all(), executed, "{kind}");
    }
    assert!(ops.entries().is_empty());
}

/// Whoever asked may go away while it is being sent: it is waited for and written down all the same.
#[tokio::test]
async fn a_dialog_closed_while_sending_loses_nothing() {
    let bench = Bench::start().await;
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::Delay { ms: 100 }));
    let intent = bench.ops.intend(bench.top_up(&bench.card(), "2").await, Before::default(), None);
    let reference = intent.reference;
    {
        let sending = bench.ops.execute(intent);
        tokio::pin!(sending);
        // Given up as soon as the request has arrived.
        while bench.sandbox.faults().left() > 0 {
            tokio::select! { biased; _ = &mut sending => panic!("too quick"), () = tokio::task::yield_now() => {} }
        }
    }
    bench.ops.finish().await;
    assert_eq!(bench.stage(reference), Stage::Accepted);
    assert_eq!(bench.settle(reference).await.stage, Stage::Done);
    assert_eq!(bench.executed(Kind::TopUp), 1);
}

#[tokio::test]
async fn a_series_stops_at_the_first_that_is_not_accepted() {
    let bench = Bench::start().await;
    let account = bench.card().account;
    let names = plan::names("Ads {seq:03}", 1, 5).unwrap();
    let mut series = Series::issue(&bench.ops, &account, &bench.order("x"), &names, Before::default());
    bench.sandbox.faults().add(Rule::next("card_issue", Fault::ExecuteThenDrop).after(2));
    let mut outcomes = Vec::new();
    while let Some(step) = series.next(&bench.ops).await {
        outcomes.push(step);
    }
    assert_eq!(outcomes.len(), 3);
    assert!(matches!(outcomes[2].1, Outcome::Unknown(_)) && series.is_stopped());
    assert_eq!((series.progress(), bench.executed(Kind::IssueCard)), ((2, 2), 3));
    // The rest has other names, and is gone on with when somebody says so; the same name would wait.
    let again = Act::IssueCard { account: account.clone(), order: bench.order("ads 003") };
    let held = bench.ops.execute(bench.ops.intend(again, Before::default(), None)).await;
    assert!(matches!(held, Outcome::Held(Held::Waits { .. })), "{held:?}");
    assert!(bench.settle(outcomes[2].0).await.stage.is_final());
    series.resume();
    assert!(accepted(&series.next(&bench.ops).await.unwrap().1));
    assert!(accepted(&series.next(&bench.ops).await.unwrap().1));
    assert!(series.next(&bench.ops).await.is_none());
    for reference in series.accepted() {
        assert!(bench.settle(*reference).await.stage.is_final());
    }
    let cards = bench.client.cards(&account, api::Window::FIRST).await.unwrap().items;
    let made = |name: &str| cards.iter().filter(|card| card.name.as_ref().is_some_and(|n| n.as_str() == name)).count();
    assert_eq!(["Ads 001", "Ads 002", "Ads 003", "Ads 004", "Ads 005"].map(made), [1; 5]);
    bench.sound();
}

#[tokio::test]
async fn a_card_is_closed_only_after_its_withdrawal_is_settled() {
    let bench = Bench::start().await;
    let at = bench.empty_card().await;
    let fill = bench.ops.intend(bench.top_up(&at, "9").await, Before::default(), None);
    let filled = fill.reference;
    assert!(accepted(&bench.ops.execute(fill).await));
    assert_eq!(bench.settle(filled).await.stage, Stage::Done);
    let why = plan::close_emptied(&bench.ops, at.clone(), None, None).await.unwrap_err();
    assert!(why.contains("9.00") && why.contains("withdraw it first"), "{why}");
    let amount = bench.before(&at).await.other.unwrap();
    let withdraw = Act::Withdraw { at: at.clone(), amount, description: None };
    let intent = bench.ops.intend(withdraw, bench.before(&at).await, Some(SafeText::prose("closing")));
    let emptied = intent.reference;
    bench.sandbox.faults().add(Rule::next("card_withdraw", Fault::ExecuteThenDrop));
    assert!(matches!(bench.ops.execute(intent).await, Outcome::Unknown(_)));
    let why = plan::close_emptied(&bench.ops, at.clone(), Some(emptied), None).await.unwrap_err();
    assert!(why.contains("not settled"), "{why}");
    assert_eq!(bench.settle(emptied).await.stage, Stage::SettledDone);
    let (closed, outcome) = plan::close_emptied(&bench.ops, at.clone(), Some(emptied), None).await.unwrap();
    assert!(accepted(&outcome));
    assert_eq!(bench.settle(closed).await.stage, Stage::Done);
    assert_eq!(bench.client.card(&at.account, &at.card).await.unwrap().status, CardStatus::Closed);
    bench.sound();
}

/// The journal's file holds no secret of the API, and nothing that reads as a card number.
#[tokio::test]
async fn d4_nothing_secret_is_in_the_journal() {
    let bench = Bench::start().await;
    for kind in Kind::ALL {
        let (act, before) = bench.act(kind, 1).await;
        bench
            .ops
            .execute(bench.ops.intend(act, before, Some(SafeText::prose("4539 5787 6362 1486 was asked for"))))
            .await;
    }
    let text = std::fs::read_to_string(bench.folder.path().join("journal/demo.jsonl")).unwrap();
    assert!(text.lines().count() >= 33);
    for secret in [bench.sandbox.token(), "4539 5787", "4539578763621486"] {
        assert!(!text.contains(secret));
    }
    let now = bench.clock.wall();
    assert!(Journal::open(bench.folder.path(), "demo", now).unwrap().fault().is_none());
}

/// An intent on something that is gone (another merchant's, another sandbox's) does not wait for ever.
#[tokio::test]
async fn what_is_gone_needs_a_person() {
    let bench = Bench::start().await;
    bench.sandbox.faults().add(Rule::next("card_freeze", Fault::DropBefore));
    let intent = bench.ops.intend(Act::Freeze(bench.card()), Before::default(), None);
    let reference = intent.reference;
    bench.ops.execute(intent).await;
    let body = r#"{"detail":"Card not found"}"#.to_owned();
    bench.sandbox.faults().add(Rule::next("card_details", Fault::Status { code: 404, body }).always());
    let stands = bench.settle(reference).await;
    assert_eq!(stands.stage, Stage::NeedsPerson);
    assert!(stands.evidence.unwrap().says.as_str().contains("does not know"));
    bench.sandbox.faults().clear();
    // A later look may still find it out.
    bench.clock.add(Duration::from_secs(180));
    assert_eq!(bench.ops.settle_once(reference).await.unwrap().stage, Stage::NeedsPerson);
    bench.sandbox.happen(Happening::Freeze { card: bench.card().card.to_string() }).unwrap();
    assert_eq!(bench.ops.settle_once(reference).await.unwrap().stage, Stage::SettledDone);
}

/// M11: an unfreeze that may still come is no reason to leave a freeze out, though the card reads frozen now.
#[tokio::test]
async fn m11_a_freeze_is_sent_when_an_unfreeze_may_still_come() {
    let bench = Bench::start().await;
    let at = bench.card();
    bench.sandbox.happen(Happening::Freeze { card: at.card.to_string() }).unwrap();
    // Taken on, as far as the answer says, and not done yet.
    let later = Fault::Status { code: 202, body: "{}".into() };
    bench.sandbox.faults().add(Rule::next("card_unfreeze", later));
    let thaw = bench.ops.intend(Act::Unfreeze(at.clone()), Before::default(), None);
    assert!(accepted(&bench.ops.execute(thaw).await));
    let freeze = bench.ops.intend(Act::Freeze(at.clone()), Before::default(), None);
    let reference = freeze.reference;
    let outcome = bench.ops.execute(freeze).await;
    // The sandbox says 409, frozen already: unknown by the table, and settled by one look.
    assert!(outcome.was_sent(), "{outcome:?}");
    assert_eq!(bench.settle(reference).await.stage, Stage::SettledDone);
}

/// A person may say what became of it at any point of the waiting, and only then.
#[tokio::test]
async fn a_person_decides_what_is_open_and_nothing_else() {
    let bench = Bench::start().await;
    let top_up = bench.ops.intend(bench.top_up(&bench.card(), "3").await, Before::default(), None);
    let (reference, other) = (top_up.reference, bench.ops.intend(Act::DeleteWebhook, Before::default(), None));
    assert!(bench.ops.decide(reference, true, "not even asked for").await.is_err());
    assert!(accepted(&bench.ops.execute(top_up).await));
    bench.ops.decide(reference, true, "seen in the portal").await.unwrap();
    assert_eq!(bench.stage(reference), Stage::Done);
    assert!(bench.ops.decide(reference, false, "changed my mind").await.is_err());
    assert_eq!(bench.ops.stage(other.reference), None);
    bench.sound();
}
