//! The fault matrix: every act, every way to go wrong. The sandbox counts what it executed.

use fourpay::domain::intent::Kind;
use fourpay::domain::intent::lifecycle::Stage;
use fourpay::ops::Outcome;
use fourpay::sandbox::{Dialect, Fault, Options, Rule};

use super::bench::{Bench, counted};
use crate::deployments::{self, On};

/// What a fault must lead to at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Unknown,
    Refused(u16),
    /// It depends on whether the act needs something from the answer.
    UnknownOrAccepted,
}

fn faults() -> Vec<(&'static str, Fault, bool, Seen)> {
    let html = "<html><body>Welcome to the portal</body></html>".to_owned();
    let fields = r#"{"detail":[{"loc":["body","amount"],"msg":"Input should be greater than 0","type":"gt"}]}"#;
    let status = |code, body: &str| Fault::Status { code, body: body.to_owned() };
    let done_then = |code, body: &str| Fault::ExecuteThenStatus { code, body: body.to_owned() };
    vec![
        ("time-out after success", Fault::ExecuteThenHang, true, Seen::Unknown),
        ("time-out before", Fault::HangBefore, false, Seen::Unknown),
        ("reset after success", Fault::ExecuteThenDrop, true, Seen::Unknown),
        ("reset before", Fault::DropBefore, false, Seen::Unknown),
        ("502 after success", Fault::BadGateway { executed: true }, true, Seen::Unknown),
        ("502 before", Fault::BadGateway { executed: false }, false, Seen::Unknown),
        ("429", Fault::TooMany { retry_after: 0 }, false, Seen::Unknown),
        ("401", Fault::Expired, false, Seen::Refused(401)),
        ("400", status(400, r#"{"detail":"Insufficient account balance"}"#), false, Seen::Refused(400)),
        ("422 with fields", status(422, fields), false, Seen::Refused(422)),
        ("409", status(409, r#"{"detail":"Conflict"}"#), false, Seen::Unknown),
        ("redirect", Fault::Redirect { to: "http://127.0.0.9:9/elsewhere".into() }, false, Seen::Refused(307)),
        ("truncated", Fault::Truncated, true, Seen::UnknownOrAccepted),
        ("garbage", Fault::Garbage, false, Seen::UnknownOrAccepted),
        ("403 in words", status(403, r#"{"detail":"Forbidden"}"#), false, Seen::Refused(403)),
        ("404 of something in between", status(404, "<html>not here</html>"), false, Seen::Unknown),
        ("408 after success", done_then(408, r#"{"detail":"Timeout"}"#), true, Seen::Unknown),
        ("409 after success", done_then(409, r#"{"detail":"Conflict"}"#), true, Seen::Unknown),
        ("425", status(425, r#"{"detail":"Too early"}"#), false, Seen::Unknown),
        ("500 after success", done_then(500, r#"{"detail":"Internal error"}"#), true, Seen::Unknown),
        ("503", status(503, r#"{"detail":"Maintenance"}"#), false, Seen::Unknown),
        ("303", status(303, ""), false, Seen::Unknown),
        ("308 without a place", status(308, ""), false, Seen::Refused(308)),
        ("HTML with 200", Fault::ExecuteThenStatus { code: 200, body: html }, true, Seen::UnknownOrAccepted),
    ]
}

/// M1, M3, M4, M6 for one kind of act on one kind of server: executed once or not at all, written down before, called unknown when
/// it is, and settled by reading.
async fn matrix(kind: Kind, on: On) {
    let bench = Bench::on(on.options(Options::default())).await;
    let is_money = matches!(kind, Kind::TopUp | Kind::Withdraw | Kind::Transfer);
    let echoes = matches!(on.dialect, Dialect::Rich | Dialect::Legacy);
    for (n, (label, fault, executed, seen)) in faults().into_iter().enumerate() {
        let (act, before) = bench.act(kind, n).await;
        let case = format!("{kind}, {label}, {}", on.what());
        let (count, all) = (bench.executed(kind), bench.executed_in_all());
        bench.sandbox.faults().add(Rule::next(counted(kind), fault));
        let intent = bench.ops.intend(act, before, None);
        let reference = intent.reference;
        let outcome = bench.ops.execute(intent).await;
        assert_eq!(bench.sandbox.faults().left(), 0, "{case}: the fault was not met");
        match (seen, &outcome) {
            (Seen::Unknown, Outcome::Unknown(_)) | (Seen::UnknownOrAccepted, Outcome::Unknown(_)) => {
                assert_eq!(bench.stage(reference), Stage::Unknown, "{case}");
                assert_eq!(bench.ops.unknown(), 1, "{case}");
            }
            (Seen::UnknownOrAccepted, Outcome::Accepted(_)) => {
                // Only where 2xx alone says "taken on": money and new cards need an answer that can be read.
                let bodyless = !matches!(kind, Kind::TopUp | Kind::Withdraw | Kind::Transfer | Kind::IssueCard);
                assert!(bodyless, "{case}");
                assert_eq!(bench.stage(reference), Stage::Accepted, "{case}");
            }
            (Seen::Refused(status), Outcome::Refused(failure)) => {
                assert_eq!(failure.status, Some(status), "{case}");
                assert_eq!(failure.fields.len(), usize::from(status == 422), "{case}");
                if status == 422 {
                    assert_eq!(failure.fields[0].field.as_str(), "amount");
                }
                assert_eq!(bench.stage(reference), Stage::Refused, "{case}");
            }
            other => panic!("{case}: {other:?}"),
        }
        let stands = bench.settle(reference).await;
        let says = stands.evidence.as_ref().map_or("", |seen| seen.says.as_str()).to_owned();
        match (executed, stands.stage) {
            (true, stage) if stage.is_done() => {}
            // Without references one movement fits, and a person says whether it is that one.
            (true, Stage::Probably) if is_money && !echoes => {
                bench.ops.decide(reference, true, "the statement has it").await.unwrap();
            }
            (true, Stage::NotSeen) if is_money && !echoes && says.contains("may be this one") => {
                bench.ops.decide(reference, true, "the statement has it").await.unwrap();
            }
            // One new card in twenty-five fails at the provider.
            (true, Stage::SettledNotDone) if kind == Kind::IssueCard && says.contains("could not be created") => {}
            (false, Stage::Refused) => {}
            // Absence is no proof: it stays open until a person has looked.
            (false, Stage::NotSeen) if matches!(outcome, Outcome::Unknown(_)) => {
                bench.ops.decide(reference, false, "the statement has nothing of it").await.unwrap();
            }
            // "Taken on", said a garbled answer; no read agrees, and nobody guesses.
            (false, Stage::Accepted) if matches!(outcome, Outcome::Accepted(_)) => {
                bench.ops.decide(reference, false, "the card is as it was").await.unwrap();
            }
            (_, stage) => panic!("{case}: {stage}, {says}"),
        }
        // M1: exactly once or not at all, now that everything is settled, and nothing else besides.
        assert_eq!(bench.executed(kind) - count, u64::from(executed), "{case}");
        assert_eq!(bench.executed_in_all() - all, u64::from(executed), "{case}");
        assert!(bench.ops.unfinished().is_empty(), "{case}");
        bench.sound();
    }
    // And without a fault: accepted, then confirmed by a read.
    let (act, before) = bench.act(kind, 60).await;
    let count = bench.executed(kind);
    let intent = bench.ops.intend(act, before, None);
    let reference = intent.reference;
    let outcome = bench.ops.execute(intent).await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{kind}, {}: {outcome:?}", on.what());
    assert_eq!(bench.stage(reference), Stage::Accepted);
    let stands = bench.settle(reference).await;
    assert!(stands.stage == Stage::Done || kind == Kind::IssueCard, "{kind}, {}: {stands:?}", on.what());
    assert_eq!(bench.executed(kind) - count, 1);
    bench.sound();
}

macro_rules! matrices {
    ($($test:ident = $kind:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $test() {
            deployments::tell(deployments::dialects(), |on| matrix(Kind::$kind, on)).await;
        }
    )*};
}

matrices! {
    m4_every_fault_of_a_top_up = TopUp,
    m4_every_fault_of_a_withdrawal = Withdraw,
    m4_every_fault_of_a_transfer = Transfer,
    m4_every_fault_of_an_issue = IssueCard,
    m4_every_fault_of_a_freeze = Freeze,
    m4_every_fault_of_an_unfreeze = Unfreeze,
    m4_every_fault_of_a_close = Close,
    m4_every_fault_of_a_card_update = UpdateCard,
    m4_every_fault_of_a_new_cardholder = CreateCardholder,
    m4_every_fault_of_a_webhook_change = SetWebhook,
    m4_every_fault_of_a_webhook_removal = DeleteWebhook,
}

#[test]
fn every_kind_has_its_matrix() {
    // The macro's list, the kinds, and the sandbox's names for them.
    let names: std::collections::BTreeSet<_> = Kind::ALL.into_iter().map(counted).collect();
    assert_eq!(names.len(), 11);
    for name in names {
        assert!(fourpay::sandbox::ENDPOINTS.iter().any(|(known, method, _)| *known == name && *method != "GET"));
    }
}
