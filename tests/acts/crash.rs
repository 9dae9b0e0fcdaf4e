//! M3: a real process is killed (SIGKILL) at each step of an intent's life; the next start knows the honest
//! state, settles it by reading, and nothing was or is sent twice.
//!
//! The child is this test binary again, running one ignored test that takes its orders from standard input.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fourpay::domain::ids::{AccountId, CardId};
use fourpay::domain::intent::lifecycle::{Stage, Step};
use fourpay::domain::intent::{Act, Before, CardAt, Intent, Kind, Reference};
use fourpay::domain::money::{Currency, Money};
use fourpay::ops::journal::{Book, Record};
use fourpay::ops::{Clock, Journal, JournalError, Outcome};
use fourpay::sandbox::{Fault, Rule};

use super::bench::{Bench, TestClock, client, counted, open};

/// A child that is killed when the test is over, however it is over.
pub struct Other(Child);

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Other {
    /// Starts this binary's ignored test of that name and gives it its orders.
    pub fn start(test: &str, orders: &[&str]) -> Other {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{}", orders.join("\t")).unwrap();
        // Left open: the child ends when it closes.
        child.stdin = Some(stdin);
        Other(child)
    }

    /// Waits until it says a word; the rest of that line.
    pub fn says(&mut self, word: &str) -> String {
        let stdout = self.0.stdout.as_mut().unwrap();
        let mut line = Vec::new();
        let mut byte = [0];
        loop {
            assert_eq!(stdout.read(&mut byte).unwrap(), 1, "the child ended without saying {word}");
            if byte[0] != b'\n' {
                line.push(byte[0]);
                continue;
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            if let Some((_, rest)) = text.split_once(word) {
                return rest.trim().to_owned();
            }
            line.clear();
        }
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    pub fn wait(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

/// The child's orders: one line, or none when nobody gave any.
pub fn orders() -> Vec<String> {
    let mut line = String::new();
    BufReader::new(std::io::stdin()).read_line(&mut line).unwrap();
    line.trim().split('\t').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

pub fn say(text: &str) {
    // The leading line break ends whatever the test harness has written on its line.
    println!("\n{text}");
    std::io::stdout().flush().unwrap();
}

/// Waits to be killed.
fn wait_for_the_end() -> ! {
    loop {
        std::thread::park();
    }
}

fn free(_: &Book) -> Result<(), JournalError> {
    Ok(())
}

#[test]
#[ignore = "the child of the tests below"]
fn child() {
    let given = orders();
    let [folder, point, base, token, account, card, currency] = given.as_slice() else { return };
    let clock = TestClock::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let client = client(base, token);
    let folder = Path::new(folder);
    let at =
        CardAt { account: AccountId::parse(account).unwrap(), card: CardId::parse(card).unwrap(), last_four: None };
    let amount = Money::parse("3.21", Currency::parse(currency).unwrap()).unwrap();
    let act = Act::TopUp { at, amount, description: None };
    let ops = runtime.block_on(async {
        client.accounts().await.unwrap();
        open(&client, folder, &clock, false).await
    });
    let intent = ops.intend(act, Before::default(), None);
    let reference = intent.reference;
    let journal = || Journal::open(folder, "demo", clock.wall()).unwrap();
    let asked = |intent: Intent| vec![Record::Asked(Box::new(intent))];
    match point.as_str() {
        "before anything" => say("here none"),
        "within the first line" => {
            let mut file = File::options().append(true).open(current(folder)).unwrap();
            file.write_all(b"{\"v\":1,\"seq\":1,\"at\":\"2026-").unwrap();
            say("here none");
        }
        "recorded" => {
            journal().append(clock.wall(), asked(intent), free).unwrap();
            say(&format!("here {reference}"));
        }
        "sent is written" => {
            let mut journal = journal();
            journal.append(clock.wall(), asked(intent), free).unwrap();
            journal.step(clock.wall(), reference, Step::Sent { skew_ms: Some(0) }).unwrap();
            say(&format!("here {reference}"));
        }
        // The parent sees at the server when it is time, and kills.
        "request under way" => {
            say(&format!("here {reference}"));
            runtime.block_on(ops.execute(intent));
        }
        "accepted" => {
            let outcome = runtime.block_on(ops.execute(intent));
            assert!(matches!(outcome, Outcome::Accepted(_)));
            say(&format!("here {reference}"));
        }
        other => panic!("{other}"),
    }
    wait_for_the_end();
}

fn current(folder: &Path) -> PathBuf {
    folder.join("journal/demo.jsonl")
}

/// Starts the child, kills it at a point, and gives the bench after a restart.
async fn killed_at(point: &str, fault: Option<Fault>) -> (Bench, Option<Reference>, u64) {
    let mut bench = Bench::start().await;
    let at = bench.card();
    let currency = bench.currency(&at).await.to_string();
    let before = bench.executed(Kind::TopUp);
    let spoiled = fault.is_some();
    if let Some(fault) = fault {
        bench.sandbox.faults().add(Rule::next(counted(Kind::TopUp), fault));
    }
    let folder = bench.folder.path().to_str().unwrap().to_owned();
    let (base, token) = (bench.sandbox.base_url().to_owned(), bench.sandbox.token().to_owned());
    let (account, card) = (at.account.to_string(), at.card.to_string());
    let (base, token) = (base.as_str(), token.as_str());
    let mut child = Other::start("crash::child", &[&folder, point, base, token, &account, &card, &currency]);
    // The sandbox lives on this runtime: it must go on while the child is waited for.
    let (child, said) = tokio::task::spawn_blocking(move || {
        let said = child.says("here ");
        (child, said)
    })
    .await
    .unwrap();
    if spoiled {
        while bench.sandbox.faults().left() > 0 {
            tokio::task::yield_now().await;
        }
    }
    child.kill();
    bench.restart().await;
    let executed = bench.executed(Kind::TopUp) - before;
    (bench, Reference::parse(&said), executed)
}

/// What the next start must find, and what reading must make of it.
async fn check(point: &str, fault: Option<Fault>, found: Option<Stage>, settled: Option<Stage>, executed: u64) {
    let (bench, reference, so_far) = killed_at(point, fault).await;
    // An act that was being executed when its sender died is executed all the same.
    assert!(so_far <= executed, "{point}");
    assert_eq!(reference.and_then(|reference| bench.ops.stage(reference)), found, "{point}");
    let unfinished: Vec<_> = bench.ops.unfinished().iter().map(|entry| entry.intent.reference).collect();
    let open = found.filter(|stage| !stage.is_final()).and(reference);
    assert_eq!(unfinished, open.into_iter().collect::<Vec<_>>(), "{point}");
    if let Some(reference) = open {
        let stands = bench.settle(reference).await;
        assert_eq!(Some(stands.stage), settled, "{point}: {stands:?}");
    }
    assert_eq!(bench.executed(Kind::TopUp), executed, "{point}");
    bench.sound();
    // Nothing is held back any more, but for what was not seen, which may still come.
    if let Some(reference) = open
        && bench.stage(reference) == Stage::NotSeen
    {
        bench.ops.decide(reference, false, "the statement has nothing of it").await.unwrap();
    }
    let intent = bench.ops.intend(bench.top_up(&bench.card(), "1.00").await, Before::default(), None);
    assert!(matches!(bench.ops.execute(intent).await, Outcome::Accepted(_)), "{point}");
    bench.sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_killed_before_anything() {
    check("before anything", None, None, None, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_killed_within_a_write() {
    let (bench, _, _) = killed_at("within the first line", None).await;
    let trouble = bench.ops.journal_news();
    assert!(trouble.len() == 1 && trouble[0].contains("demo.torn-"), "{trouble:?}");
    assert!(bench.ops.unfinished().is_empty());
    bench.sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_killed_when_recorded_was_certainly_not_sent() {
    check("recorded", None, Some(Stage::NotSent), None, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_killed_between_sent_and_the_request() {
    check("sent is written", None, Some(Stage::Unknown), Some(Stage::NotSeen), 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_killed_while_the_server_hangs_before_doing_it() {
    let hang = Some(Fault::HangBefore);
    check("request under way", hang, Some(Stage::Unknown), Some(Stage::NotSeen), 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_killed_after_the_server_has_done_it() {
    let (bench, reference, _) = killed_at("request under way", Some(Fault::ExecuteThenHang)).await;
    let reference = reference.unwrap();
    assert_eq!(bench.stage(reference), Stage::Unknown);
    let stands = bench.settle(reference).await;
    // Killed so close to the request's arrival, it may have been given up by the server before it was done.
    let executed = bench.executed(Kind::TopUp);
    let wanted = if executed == 1 { Stage::SettledDone } else { Stage::NotSeen };
    assert_eq!((stands.stage, executed <= 1), (wanted, true));
    bench.sound();
}

/// The answer has come and cannot be written down, because another program holds the journal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_killed_between_the_answer_and_its_line() {
    let mut bench = Bench::start().await;
    let at = bench.card();
    let currency = bench.currency(&at).await.to_string();
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::Delay { ms: 150 }));
    let folder = bench.folder.path().to_str().unwrap().to_owned();
    let (account, card) = (at.account.to_string(), at.card.to_string());
    let (base, token) = (bench.sandbox.base_url().to_owned(), bench.sandbox.token().to_owned());
    let point = "request under way";
    let mut child = Other::start("crash::child", &[&folder, point, &base, &token, &account, &card, &currency]);
    let (child, said) = tokio::task::spawn_blocking(move || {
        let said = child.says("here ");
        (child, said)
    })
    .await
    .unwrap();
    while bench.sandbox.faults().left() > 0 {
        tokio::task::yield_now().await;
    }
    let lock = File::options().read(true).open(bench.folder.path().join("journal/demo.lock")).unwrap();
    lock.lock().unwrap();
    while bench.executed(Kind::TopUp) == 0 {
        tokio::task::yield_now().await;
    }
    child.kill();
    drop(lock);
    bench.restart().await;
    let reference = Reference::parse(&said).unwrap();
    assert_eq!(bench.stage(reference), Stage::Unknown);
    assert_eq!(bench.settle(reference).await.stage, Stage::SettledDone);
    assert_eq!(bench.executed(Kind::TopUp), 1);
    bench.sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_killed_when_accepted_is_followed_to_its_end() {
    check("accepted", None, Some(Stage::Accepted), Some(Stage::Done), 1).await;
}
