//! Whole journeys: the real loop and the real poller, in process, against the sandbox over HTTP. Keys go in,
//! text comes out; nothing sleeps for luck.

#[path = "support/deployments.rs"]
mod deployments;
#[path = "journeys/journey.rs"]
mod journey;
#[path = "journeys/people.rs"]
mod people;
#[path = "journeys/search.rs"]
mod search;

use std::time::Duration;

use deployments::On;
use fourpay::api::Client;
use fourpay::app::msg::{Topic, Watch};
use fourpay::domain::secret::Token;
use fourpay::domain::transaction::{Feed, Transaction};
use fourpay::runtime::acts::Noticed;
use fourpay::runtime::clock::Clock;
use fourpay::runtime::poller::{Ends, Poller, Request};
use fourpay::sandbox::{Dialect, Fault, Happening, Options, Quirk, Rule, Sandbox};
use journey::Journey;
use tokio::sync::{mpsc, watch};

/// A dashboard on it.
fn dashboard(on: On, sandbox: &Sandbox, size: (u16, u16)) -> Journey {
    Journey::start(size, on.settings(sandbox.base_url()), sandbox.token())
}

/// The deployments' differences that a journey is to overcome without a word: what is wanted is done, and is shown.
const HARMLESS: &[Quirk] = &[
    Quirk::OldestFirst,
    Quirk::ClampedLimit,
    Quirk::PageQuantity,
    Quirk::NoTotal,
    Quirk::HasMore,
    Quirk::NextLink,
    Quirk::DataEnvelope,
    Quirk::NoEcho,
    Quirk::LateEcho,
    Quirk::RowsEarly,
    Quirk::RowsLate,
    Quirk::ZuluTimes,
    Quirk::NoCreatedAt,
    Quirk::MoneyNumbers,
    Quirk::Exponents,
    Quirk::PythonZeros,
    Quirk::LifecycleLater,
    Quirk::BareReceipts,
    Quirk::SlashRedirect,
    Quirk::BearerKey,
    Quirk::TextPlain,
];

/// Tells a journey on every dialect, and on mixtures of quirks.
async fn journey<F: Future<Output = ()> + 'static>(story: impl Fn(On) -> F) {
    let on = [deployments::dialects(), deployments::drawn(HARMLESS)].concat();
    deployments::tell(on, story).await;
}

/// Tells one of the terminal, of time or of input alone.
async fn once<F: Future<Output = ()> + 'static>(story: impl Fn(On) -> F) {
    deployments::tell(vec![On::dialect(Dialect::Rich)], story).await;
}

#[tokio::test]
async fn accounts_cards_and_transactions_appear_by_themselves() {
    journey(|on| async move {
        let sandbox = on.quiet().await;
        let mut at = dashboard(on, &sandbox, (160, 48));
        at.wait_for("SANDBOX").await;
        at.wait_for("Main").await;
        at.wait_for("USD").await;
        at.wait_until("cards", |screen| screen.contains("active") && screen.contains('•')).await;
        at.wait_until("transactions", |screen| screen.contains("purchase")).await;
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

#[tokio::test]
async fn account_to_cards_to_card_to_transactions_and_back() {
    for size in [(160, 48), (100, 30), (80, 24)] {
        journey(move |on| async move {
            let sandbox = on.quiet().await;
            let mut at = dashboard(on, &sandbox, size);
            at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
            // Where the details do not stand beside, Enter opens them first.
            let enter = if size.0 < 140 { "<Enter><Enter>" } else { "<Enter>" };
            at.press("1/ads<Enter>j");
            at.wait_for("/ads · 1 of 4").await;
            at.press(enter);
            at.wait_until("cards of Ads", |screen| screen.contains("2 Cards · Ads · 5")).await;
            at.press(enter);
            at.wait_for("3 Transactions · Ads › •").await;
            at.press("<Esc>");
            at.wait_until("account default transactions", |screen| !screen.contains("Ads › •")).await;
            assert_eq!(at.quit().await, 0);
        })
        .await;
    }
}

#[tokio::test]
async fn what_changes_at_the_server_is_seen() {
    journey(|on| async move {
        let sandbox = on.quiet().await;
        let mut at = dashboard(on, &sandbox, (160, 48));
        at.wait_until("data", |screen| screen.contains("Main") && screen.contains("purchase")).await;
        at.wait_for("event log").await;
        let (_, card) = sandbox.card_in("active").expect("an active card");
        sandbox.happen(Happening::Freeze { card: card.clone() }).expect("a freeze");
        at.press("3");
        sandbox.happen(Happening::Unfreeze { card: card.clone() }).expect("an unfreeze");
        let purchase = Happening::Purchase { card, amount: "1.23".into(), settle_after_ms: None };
        sandbox.happen(purchase).expect("a purchase");
        at.wait_for("−1.23 USD").await;
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

/// Whatever way rows come, those that carry a reference are held against the journal.
#[tokio::test]
async fn m6_the_newest_rows_of_every_order_are_noticed() {
    let orders = [On::dialect(Dialect::Rich), On { quirks: Quirk::OldestFirst.into(), ..On::dialect(Dialect::Rich) }];
    deployments::tell(orders.to_vec(), |on| async move {
        let sandbox = on.quiet().await;
        let settings = on.settings(sandbox.base_url());
        let token = Token::parse(sandbox.token().to_owned().into()).expect("a token");
        let client = Client::new(settings, token).expect("a client");
        let (out, mut answers) = mpsc::channel(64);
        let (notice, mut noticed) = mpsc::unbounded_channel();
        let (requests, asked) = mpsc::unbounded_channel();
        let (_watch, watch) = watch::channel(Watch::default());
        let poller = Poller::new(client, Clock::start(), 20_000, Duration::from_millis(500)).with_notice(notice);
        tokio::task::spawn_local(poller.run(Ends { out, watch, requests: asked }));
        tokio::task::spawn_local(async move { while answers.recv().await.is_some() {} });
        let (account, card) = sandbox.card_in("active").expect("an active card");
        // The other story may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Rows of before are known to it.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let url = format!("{}/api/v2/accounts/{account}/cards/{card}/topup", sandbox.base_url());
        let body = serde_json::json!({"amount": 1.25, "description": "fp-7ZK3M9Q2WD"});
        let sent = reqwest::Client::new().post(url).header("X-API-Token", sandbox.token()).body(body.to_string());
        let answer = sent.header("Content-Type", "application/json").send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.text().await.expect("words"));
        requests.send(Request::Fetch(Topic::Newest(Feed::Cards))).expect("the poller runs");
        let is_it = |row: &Transaction| row.description().is_some_and(|text| text.as_str().contains("fp-7ZK3M9Q2WD"));
        let found = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                match noticed.recv().await.expect("the poller runs") {
                    Noticed::Rows(rows) if rows.iter().any(is_it) => break,
                    _ => {}
                }
            }
        });
        found.await.expect("the row is noticed");
    })
    .await;
}

/// N6: the last data stay, with their time, and it recovers by itself.
#[tokio::test]
async fn n6_a_server_that_goes_away_and_comes_back() {
    journey(|on| async move {
        let sandbox = on.quiet().await;
        let port: u16 = sandbox.base_url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let mut at = dashboard(on, &sandbox, (160, 48));
        at.wait_until("data", |screen| screen.contains("Main") && screen.contains("purchase")).await;
        sandbox.stop().await;
        at.press("<C-r>");
        at.wait_for("as of").await;
        assert!(at.screen().contains("Main"), "the last data are gone:\n{}", at.screen());
        let again = on.options(Options { port, live_rate: 0, ..Options::default() });
        let again = Sandbox::start(again).await.expect("the same port");
        at.press("<C-r>");
        at.wait_for("● live").await;
        drop(again);
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

/// N5: the source is read once, then one dialog and no loop; what was read stays, and so does what is typed.
#[tokio::test]
async fn n5_a_credential_that_ends_in_the_middle() {
    deployments::tell(deployments::dialects(), |on| async move {
        let sandbox = on.quiet().await;
        let mut at = dashboard(on, &sandbox, (160, 48));
        at.wait_until("data", |screen| screen.contains("Main") && screen.contains("purchase")).await;
        at.press("n");
        at.wait_for("Issue").await;
        // Where the form begins depends on what is known of the account by now.
        for _ in 0..6 {
            if at.screen().contains("▸ name") {
                break;
            }
            at.press("<Tab>");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        at.press("My first card");
        at.wait_for("My first card").await;
        sandbox.faults().add(Rule::next("*", Fault::Expired).always());
        at.wait_for("Log in · profile shop").await;
        assert!(at.screen().contains("does not accept"), "{}", at.screen());
        let sent = at.client.traffic().sent;
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(at.client.traffic().sent, sent, "it went on asking");
        // Back to the form, which is as it was, and to the login again.
        at.press("<Esc>");
        at.wait_until("the form", |screen| screen.contains("My first card") && !screen.contains("Log in ·")).await;
        assert!(at.screen().contains("logged out"), "{}", at.screen());
        at.press("<C-l>");
        at.wait_for("Log in · profile shop").await;
        // A token that is no good is not used, and can be typed again.
        at.press("tok_CANARY<Tab><Right><C-s>");
        at.wait_until("no", |screen| screen.contains("✗ could not read the accounts")).await;
        assert!(!at.screen().contains("CANARY"), "S1");
        sandbox.faults().clear();
        at.press("<Esc><C-l>");
        at.press(sandbox.token());
        at.press("<Tab><Right><C-s>");
        at.wait_until("the form again", |screen| screen.contains("My first card") && screen.contains("● live")).await;
        assert!(!at.screen().contains("logged out") && !at.screen().contains(sandbox.token()));
        at.press("<Esc>");
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

/// N5: a source that holds a good one by now brings it back without anybody.
#[tokio::test]
async fn n5_a_source_with_a_new_token_is_enough() {
    deployments::tell(deployments::dialects(), |on| async move {
        let sandbox = on.quiet().await;
        let good = sandbox.token().to_owned();
        let mut at = Journey::start((160, 48), on.settings(sandbox.base_url()), "tok_over");
        *at.source.lock().expect("the source") = good;
        at.wait_until("data", |screen| screen.contains("Main") && screen.contains("purchase")).await;
        assert!(!at.screen().contains("Log in ·"));
        at.wait_for("● live").await;
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

/// How long keys take to be answered, each by a screen that nothing else leads to; the fastest first.
#[allow(clippy::disallowed_methods, reason = "a test measures time")]
async fn answered(at: &mut Journey) -> Vec<Duration> {
    let mut took = Vec::new();
    for _ in 0..15 {
        for (key, open) in [("?", true), ("<Esc>", false)] {
            let pressed = std::time::Instant::now();
            at.press(key);
            at.wait_until(key, |screen| screen.contains(HELP) == open).await;
            took.push(pressed.elapsed());
        }
    }
    took.sort();
    took
}

/// What only the help shows.
const HELP: &str = "Tab completes";

/// Half of the keys within the 50 ms of N1; none waits for anything but a busy machine.
fn are_quick(took: &[Duration], while_: &str) {
    let (half, slowest) = (took[took.len() / 2], took[took.len() - 1]);
    assert!(half < Duration::from_millis(50), "{while_}: half of the keys took more than {half:?}");
    assert!(slowest < Duration::from_millis(600), "{while_}: a key took {slowest:?}");
}

/// N1: keys are answered within 50 ms whatever the server does to reads.
#[tokio::test]
async fn n1_keys_are_answered_while_reads_are_not() {
    let faults = [Fault::HangBefore, Fault::Trickle { ms: 200 }, Fault::Garbage, Fault::BadGateway { executed: false }];
    for fault in faults {
        once(move |on| {
            let fault = fault.clone();
            async move {
                let sandbox = on.quiet().await;
                sandbox.faults().add(Rule::next("*", fault.clone()).always());
                let mut at = dashboard(on, &sandbox, (100, 30));
                at.wait_for("Accounts").await;
                let asked = at.client.traffic().sent;
                assert!(!at.screen().contains(HELP), "the probe would find it at once");
                are_quick(&answered(&mut at).await, &format!("{fault:?}"));
                // It was really in the way: something was asked, and nothing is there to be seen.
                assert!(at.client.traffic().sent >= asked.max(1), "{fault:?}");
                assert!(!at.screen().contains("● live"), "{fault:?}");
                assert_eq!(at.quit().await, 0);
            }
        })
        .await;
    }
}

/// N1: the same while an act hangs, and while another program holds the journal.
#[tokio::test]
async fn n1_keys_are_answered_while_an_act_is_not() {
    once(|on| async move {
        let sandbox = on.quiet().await;
        let mut at = dashboard(on, &sandbox, (100, 30));
        at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
        sandbox.faults().add(Rule::next("*", Fault::HangBefore).always());
        at.press("2/status:active<Enter>f");
        at.wait_for("y freeze").await;
        at.press("y");
        at.wait_for("sending").await;
        at.press("<Esc>");
        at.wait_for("1 sending").await;
        are_quick(&answered(&mut at).await, "an act hangs");
        assert!(at.screen().contains("1 sending"), "it hangs no more:\n{}", at.screen());
        let lock = std::fs::File::options().read(true).open(at.folder().join("journal/demo.lock")).expect("its lock");
        lock.lock().expect("held");
        at.wait_for("journal in use").await;
        are_quick(&answered(&mut at).await, "the journal is held");
        assert!(at.screen().contains("journal in use"), "it was not held:\n{}", at.screen());
    })
    .await;
}

/// Each pane carries its own error; the others go on.
#[tokio::test]
async fn one_list_that_fails_does_not_take_the_others_along() {
    journey(|on| async move {
        let sandbox = on.quiet().await;
        let broken = Fault::BadGateway { executed: false };
        sandbox.faults().add(Rule::at("GET", "/api/v2/transactions/cards", broken).always());
        let mut at = dashboard(on, &sandbox, (160, 48));
        at.wait_until("accounts and cards", |screen| screen.contains("Main") && screen.contains("active")).await;
        at.wait_for("502").await;
        sandbox.faults().clear();
        at.press("<C-r>");
        at.wait_for("purchase").await;
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

/// At most sixty requests a minute while nothing happens, counted where they leave.
#[tokio::test]
async fn an_idle_dashboard_asks_at_most_once_a_second() {
    deployments::tell(deployments::dialects(), |on| async move {
        let sandbox = on.quiet().await;
        let mut at = dashboard(on, &sandbox, (160, 48));
        at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
        // What the lists leave out is read first.
        let within = async |seconds: u64| {
            let before = at.client.traffic().sent;
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            at.client.traffic().sent - before
        };
        let (mut waited, mut calm) = (0, 0);
        while calm < 3 {
            waited += 3;
            calm = if within(3).await > 5 { 0 } else { calm + 1 };
            assert!(waited < 120, "{}: background reading does not end", on.what());
        }
        let asked = within(15).await;
        assert!((5..=15).contains(&asked), "{}: {asked} requests in fifteen seconds", on.what());
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

/// M1, M4: a plan over six cards in which one answer is lost and one card is refused. What was done is found out by
/// reading, what was refused is tried again, and every card was asked for exactly as often as it had to be.
/// Two keys that wait together are one read: the second came before its question was on the screen.
#[tokio::test]
async fn a_confirmation_that_waits_with_its_question_sends_nothing() {
    journey(|on| async move {
        let sandbox = on.quiet().await;
        let mut at = dashboard(on, &sandbox, (100, 30));
        at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
        at.press("2/status:active<Enter>fy");
        at.wait_for("press y").await;
        assert_eq!(sandbox.acts().get("card_freeze"), None);
        at.press("y");
        at.wait_for("to undo").await;
        assert_eq!(sandbox.acts().get("card_freeze"), Some(&1));
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

#[tokio::test]
async fn m1_m4_a_plan_finds_out_and_tries_again_only_what_failed() {
    journey(|on| async move {
        let sandbox = on.quiet().await;
        sandbox.faults().add(Rule::next("card_freeze", Fault::ExecuteThenDrop).after(1));
        let refusal = Fault::Status { code: 400, body: r#"{"detail":"the card is being reviewed"}"#.into() };
        sandbox.faults().add(Rule::next("card_freeze", refusal).after(3));
        let mut at = dashboard(on, &sandbox, (100, 30));
        at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
        at.press("2/status:active<Enter>      ");
        at.wait_for("6 marked").await;
        at.press("f");
        at.wait_for("Freeze or unfreeze 6").await;
        at.press("6");
        at.confirm().await;
        at.wait_for("5 done · 1 not done").await;
        // The reason may come a message later than the count.
        at.wait_for("the card is being rev").await;
        assert_eq!(sandbox.acts().get("card_freeze"), Some(&5));
        at.press("r");
        at.wait_for("6 of 6 processed").await;
        at.wait_for("  6 done").await;
        assert_eq!(sandbox.acts().get("card_freeze"), Some(&6));
        at.press("<Esc>");
        at.wait_until("marks end with their plan", |screen| !screen.contains("marked")).await;
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

/// `x` through the loop: the file is there whole, for its owner alone, and one of its name is asked about.
#[tokio::test]
async fn a_list_is_written_into_a_file() {
    use std::os::unix::fs::PermissionsExt as _;
    once(|on| async move {
        let sandbox = on.quiet().await;
        let mut at = dashboard(on, &sandbox, (160, 48));
        at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
        at.wait_for("event log").await;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("cards.csv");
        let ask = format!("<Tab><C-u>{}", file.display());
        for again in [false, true] {
            at.press("2x");
            at.wait_for("Export cards").await;
            at.press(&ask);
            at.wait_for("Write file").await;
            at.confirm().await;
            if again {
                at.wait_for("Replace the file?").await;
                assert_eq!(std::fs::read(&file).expect("the file"), b"mine");
                at.press("y");
                at.wait_until("no question", |screen| !screen.contains("Replace the file?")).await;
                while std::fs::read(&file).expect("the file") == b"mine" {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            at.wait_for("130 rows in").await;
            let text = std::fs::read_to_string(&file).expect("the file");
            assert_eq!(text.lines().filter(|line| line.starts_with('•')).count(), 130, "{text}");
            assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
            std::fs::write(&file, "mine").expect("another file");
        }
        assert_eq!(at.quit().await, 0);
    })
    .await;
}
