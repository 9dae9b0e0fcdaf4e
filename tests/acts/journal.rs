//! The journal when the world around it misbehaves: files that are removed, cut and exchanged, locks that are held, programs
//! of another address; and what may be done meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fourpay::app::msg::{Beside, JournalState, Msg, Order, Wish};
use fourpay::domain::field::Field;
use fourpay::domain::intent::lifecycle::{Evidence, Stage, Step};
use fourpay::domain::intent::{Act, Audit, AuditEvent, Before, Kind, Reference};
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::{Feed, More, Transaction, TransactionStatus};
use fourpay::ops::journal::{self, Verified};
use fourpay::ops::{Clock, Fault as JournalFault, Held, Journal, JournalError, Ops, Outcome, origin};
use fourpay::runtime::acts::{self, Command};
use fourpay::sandbox::{Dialect, Fault, Options, Quirk, Quirks, Rule};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};

use super::bench::{Bench, open};

fn file(bench: &Bench) -> PathBuf {
    bench.folder.path().join("journal/demo.jsonl")
}

fn verified(folder: &Path) -> Verified {
    journal::verify_all(folder, None, "demo").unwrap().remove(0)
}

/// A top up whose answer was lost before it was done.
async fn lost(bench: &Bench, amount: &str) -> Reference {
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::DropBefore));
    let at = bench.card();
    let intent = bench.ops.intend(bench.top_up(&at, amount).await, bench.before(&at).await, None);
    let reference = intent.reference;
    let outcome = bench.ops.execute(intent).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    reference
}

async fn try_top_up(bench: &Bench) -> Outcome {
    let intent = bench.ops.intend(bench.top_up(&bench.card(), "5").await, Before::default(), None);
    bench.ops.execute(intent).await
}

async fn freeze(bench: &Bench) -> (Outcome, Duration) {
    let intent = bench.ops.intend(Act::Freeze(bench.card()), Before::default(), None);
    let begun = Instant::now();
    let outcome = bench.ops.execute(intent).await;
    (outcome, begun.elapsed())
}

/// Something that happens to the file while the program runs.
type Harm = fn(&Path);

const HARMS: [(&str, Harm); 6] = [
    ("exchanged for another valid journal", |path| {
        let other = tempfile::tempdir().unwrap();
        let now = chrono::Utc::now();
        let mut journal = Journal::open(other.path(), "demo", now).unwrap();
        for _ in 0..3 {
            let event = AuditEvent::Locked;
            let (who, profile) = (origin::who(), SafeText::name("demo"));
            let audit = Audit { event, who, profile, at: now, granted: true, card: None, way: None, why: None };
            journal.audit(audit).unwrap();
        }
        fs::rename(other.path().join("journal/demo.jsonl"), path).unwrap();
    }),
    ("removed", |path| fs::remove_file(path).unwrap()),
    ("emptied", |path| fs::write(path, b"").unwrap()),
    ("cut by a line", |path| {
        let text = fs::read_to_string(path).unwrap();
        let cut = text.trim_end().rfind('\n').unwrap() + 1;
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(cut as u64).unwrap();
    }),
    ("overwritten in place", |path| {
        let text = fs::read_to_string(path).unwrap();
        fs::write(path, text.replace("recorded", "recordeD")).unwrap();
    }),
    ("exchanged for an older copy", |path| {
        let text = fs::read_to_string(path).unwrap();
        let first = text.lines().next().unwrap().to_owned() + "\n";
        let copy = path.with_extension("copy");
        fs::write(&copy, first).unwrap();
        fs::set_permissions(&copy, fs::metadata(path).unwrap().permissions()).unwrap();
        fs::rename(&copy, path).unwrap();
    }),
];

/// While an act is under way the file is removed, emptied, cut or exchanged: it is said, nothing but freezing goes, what
/// was known stays known, `verify` says so, and putting the file back ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_is_not_what_it_was_bars_everything_but_freezing() {
    for (harm, harmed) in HARMS {
        let bench = Bench::start().await;
        let reference = lost(&bench, "4").await;
        let whole = fs::read(file(&bench)).unwrap();
        harmed(&file(&bench));
        let outcome = try_top_up(&bench).await;
        assert!(matches!(outcome, Outcome::Held(Held::Journal(JournalError::Faulty(_)))), "{harm}: {outcome:?}");
        assert!(bench.ops.journal_fault().is_some(), "{harm}");
        assert_eq!(bench.ops.stage(reference), Some(Stage::Unknown), "{harm}: the old book is kept");
        let seen = verified(bench.folder.path());
        assert!(seen.broken.is_some() || seen.fault.is_some(), "{harm}: verify says nothing");
        let (outcome, took) = freeze(&bench).await;
        assert!(
            matches!(outcome, Outcome::Accepted(_)) && took < Duration::from_secs(1),
            "{harm}: {outcome:?} {took:?}"
        );
        assert_eq!((bench.executed(Kind::TopUp), bench.executed(Kind::Freeze)), (0, 1), "{harm}");
        assert_eq!(bench.ops.kept_beside().freezes, 1, "{harm}");
        // The next start sees it too.
        let again = open(&bench.client, bench.folder.path(), &bench.clock, false).await;
        assert!(again.journal_fault().is_some(), "{harm}: after a restart");
        // Put back, everything goes on, and the freeze is written down.
        fs::write(file(&bench), &whole).unwrap();
        mode(&file(&bench), 0o600);
        bench.ops.refresh().await.unwrap();
        assert_eq!(bench.ops.journal_fault(), None, "{harm}");
        assert_eq!(bench.ops.kept_beside().freezes, 0, "{harm}");
        let frozen = bench.ops.entries().into_iter().filter(|entry| entry.intent.act.kind() == Kind::Freeze).count();
        assert_eq!(frozen, 1, "{harm}");
        bench.sound();
    }
}

/// Something that keeps the file from being used, and how it ends.
const TROUBLES: [(&str, Harm, Harm); 3] = [
    (
        "a link in its place",
        |path| {
            fs::rename(path, path.with_extension("real")).unwrap();
            std::os::unix::fs::symlink(path.with_extension("real"), path).unwrap();
        },
        |path| fs::rename(path.with_extension("real"), path).unwrap(),
    ),
    (
        "a folder in its place",
        |path| {
            fs::rename(path, path.with_extension("real")).unwrap();
            fs::create_dir(path).unwrap();
        },
        |path| {
            fs::remove_dir(path).unwrap();
            fs::rename(path.with_extension("real"), path).unwrap();
        },
    ),
    ("others may read it", |path| mode(path, 0o644), |path| mode(path, 0o600)),
];

fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A journal that cannot be read or written is trouble, not a fault: nothing but freezing goes, while a program runs and
/// when one starts, and it ends by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_cannot_be_used_bars_everything_but_freezing_and_latches_nothing() {
    for (trouble, begins, ends) in TROUBLES {
        let bench = Bench::start().await;
        let reference = lost(&bench, "4").await;
        begins(&file(&bench));
        let started = || {
            let journal = Journal::open_or_later(bench.folder.path(), None, "demo", bench.clock.wall()).unwrap();
            Ops::new(bench.client.clone(), journal, "demo", false, bench.clock.clone())
        };
        for (which, ops) in [("while it runs", bench.ops.clone()), ("at its start", started().await.unwrap())] {
            let case = format!("{trouble}, {which}");
            let top_up = ops.intend(bench.top_up(&bench.card(), "5").await, Before::default(), None);
            let outcome = ops.execute(top_up).await;
            assert!(matches!(outcome, Outcome::Held(_)), "{case}: {outcome:?}");
            // A file that is as it was is not read again: then it is said when something is to be written.
            assert!(ops.refresh().await.is_err() || case == "others may read it, while it runs", "{case}: it is said");
            let begun = Instant::now();
            let outcome = ops.execute(ops.intend(Act::Freeze(bench.card()), Before::default(), None)).await;
            assert!(matches!(outcome, Outcome::Accepted(_)), "{case}: {outcome:?}");
            assert!(begun.elapsed() < Duration::from_secs(1), "{case}: {:?}", begun.elapsed());
            assert_eq!(ops.kept_beside().freezes, 1, "{case}");
            ends(&file(&bench));
            ops.bind(bench.client.accounts().await.unwrap().items.into_iter().map(|account| account.id)).await.unwrap();
            ops.refresh().await.unwrap();
            assert_eq!((ops.kept_beside().freezes, ops.stage(reference)), (0, Some(Stage::Unknown)), "{case}");
            begins(&file(&bench));
        }
        ends(&file(&bench));
        assert_eq!((bench.executed(Kind::TopUp), bench.executed(Kind::Freeze)), (0, 2), "{trouble}");
        bench.ops.refresh().await.unwrap();
        bench.sound();
    }
}

/// The lock is held when a program starts: it is waited for, nothing is latched, and freezing works meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_held_at_the_start_latches_nothing() {
    let bench = Bench::start().await;
    let reference = lost(&bench, "4").await;
    let lock = fs::File::options().read(true).open(bench.folder.path().join("journal/demo.lock")).unwrap();
    lock.lock().unwrap();
    let journal = Journal::open_or_later(bench.folder.path(), None, "demo", bench.clock.wall()).unwrap();
    let ops = Ops::new(bench.client.clone(), journal, "demo", false, bench.clock.clone()).await.unwrap();
    assert!(matches!(ops.refresh().await, Err(JournalError::Busy(_))));
    let outcome = ops.execute(ops.intend(Act::Freeze(bench.card()), Before::default(), None)).await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    drop(lock);
    assert_eq!(ops.settle_once(reference).await.unwrap().stage, Stage::Unknown);
    ops.refresh().await.unwrap();
    assert_eq!(ops.kept_beside().freezes, 0);
    bench.sound();
}

/// What the dashboard is told: another program's lock is waited for, and a freeze beside the journal is named with its
/// file, or as in memory only where there is none; afterwards that it is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freeze_beside_the_journal_and_a_held_lock_are_told() {
    for no_file in [false, true] {
        let bench = Bench::start().await;
        bench
            .ops
            .bind(bench.client.accounts().await.unwrap().items.into_iter().map(|account| account.id))
            .await
            .unwrap();
        let address = hex::encode(Sha256::digest(bench.client.base_url().as_str()));
        let emergency = bench.folder.path().join(format!("journal/demo.emergency-{}.jsonl", &address[..8]));
        if no_file {
            fs::create_dir(&emergency).unwrap();
        }
        let lock = fs::File::options().read(true).open(bench.folder.path().join("journal/demo.lock")).unwrap();
        lock.lock().unwrap();
        let (out, mut told) = mpsc::channel(64);
        let (requests, _read) = mpsc::unbounded_channel();
        let (commands, ordered) = mpsc::unbounded_channel();
        let (_notice, noticed) = mpsc::unbounded_channel();
        let acting = tokio::spawn(acts::run(bench.ops.clone(), out, requests, ordered, noticed, watch::channel(0).0));
        let wish = Wish::One { act: Act::Freeze(bench.card()), before: Before::default() };
        let order = Order { ticket: 1, wish, why: None, despite: Vec::new(), secret: None };
        commands.send(Command::Act(Box::new(order))).unwrap();
        let mut waited = false;
        let beside = loop {
            match tokio::time::timeout(Duration::from_secs(8), told.recv()).await.unwrap().unwrap() {
                Msg::JournalChanged(JournalState::Waiting(why)) => {
                    assert!(why.contains("held by another program"), "{why}");
                    waited = true;
                }
                Msg::JournalChanged(state) => panic!("{state:?}"),
                Msg::KeptBeside(beside) => break beside,
                _ => {}
            }
        };
        let file = (!no_file).then(|| emergency.display().to_string());
        assert_eq!(beside, Beside { freezes: 1, in_memory: usize::from(no_file), file });
        while !waited {
            let msg = tokio::time::timeout(Duration::from_secs(8), told.recv()).await.unwrap().unwrap();
            waited = matches!(msg, Msg::JournalChanged(JournalState::Waiting(_)));
            assert!(waited || !matches!(msg, Msg::JournalChanged(_)), "{msg:?}");
        }
        // A file that can be had later takes what was in memory.
        if no_file {
            fs::remove_dir(&emergency).unwrap();
            loop {
                match tokio::time::timeout(Duration::from_secs(20), told.recv()).await.unwrap().unwrap() {
                    Msg::KeptBeside(beside) => break assert_eq!((beside.freezes, beside.in_memory), (1, 0)),
                    Msg::JournalChanged(state) => panic!("{state:?}"),
                    _ => {}
                }
            }
        }
        drop(lock);
        let (mut fine, mut over) = (false, false);
        while !(fine && over) {
            match tokio::time::timeout(Duration::from_secs(20), told.recv()).await.unwrap().unwrap() {
                Msg::JournalChanged(state) => fine = state == JournalState::Fine,
                Msg::KeptBeside(beside) => over = beside.freezes == 0,
                _ => {}
            }
        }
        drop(commands);
        acting.await.unwrap();
        bench.sound();
    }
}

/// Before accounts were read the journal may be another merchant's: what was compared is not what it speaks of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_decided_before_it_is_known_whose_it_is() {
    let mut bench = Bench::start().await;
    let reference = lost(&bench, "4").await;
    let refused = Fault::Status { code: 403, body: String::new() };
    bench.sandbox.faults().add(Rule::next("account_list", refused).always());
    bench.restart().await;
    let said = bench.ops.decide(reference, false, "compared").await.unwrap_err().to_string();
    assert!(said.starts_with("it is not known yet whose actions these are"), "{said}");
    assert!(bench.stage(reference).is_unknown());
    bench.sandbox.faults().clear();
    bench.ops.decide(reference, false, "compared").await.unwrap();
    assert_eq!(bench.stage(reference), Stage::SettledNotDone);
    bench.sound();
}

/// A decision that cannot be recorded is said to be lost: it is not tried again by itself, and the journal is not said to
/// be in trouble for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_was_not_recorded_is_said_so() {
    let bench = Bench::start().await;
    let reference = lost(&bench, "4").await;
    bench.ops.decide(reference, false, "compared").await.unwrap();
    let (out, mut told) = mpsc::channel(64);
    let (requests, _read) = mpsc::unbounded_channel();
    let (commands, ordered) = mpsc::unbounded_channel();
    let (_notice, noticed) = mpsc::unbounded_channel();
    let acting = tokio::spawn(acts::run(bench.ops.clone(), out, requests, ordered, noticed, watch::channel(0).0));
    commands.send(Command::Decide { references: vec![reference], done: true, words: "compared".into() }).unwrap();
    loop {
        match tokio::time::timeout(Duration::from_secs(8), told.recv()).await.unwrap().unwrap() {
            Msg::NotRecorded(what) => break assert!(what.contains(&reference.to_string()), "{what}"),
            Msg::JournalChanged(state) => panic!("{state:?}"),
            _ => {}
        }
    }
    drop(commands);
    acting.await.unwrap();
}

/// There is always a way out: the loss is accepted, the chain goes on, and what is open by what anybody still knows is
/// written down again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_loss_keeps_everything_that_is_open() {
    for (harm, harmed) in HARMS {
        let bench = Bench::start().await;
        let reference = lost(&bench, "4").await;
        harmed(&file(&bench));
        let mut opened = Journal::open(bench.folder.path(), "demo", bench.clock.wall()).unwrap();
        let missing = opened.missing();
        // As many lines as there were, and other ones: none is missing by its number.
        let others = harm == "exchanged for another valid journal";
        assert!(missing.is_some_and(|missing| missing > 0 || others), "{harm}: {missing:?}");
        let accepted = opened.accept_loss(bench.clock.wall(), origin::who(), SafeText::name("demo")).unwrap();
        assert_eq!(opened.book().stage(reference), Some(Stage::Unknown), "{harm}: {accepted:?}");
        drop(opened);
        let seen = verified(bench.folder.path());
        assert_eq!((seen.broken, seen.fault), (None, None), "{harm}");
        // A program that ran all the time goes on with it.
        bench.ops.refresh().await.unwrap();
        assert_eq!(bench.ops.journal_fault(), None, "{harm}");
        assert_eq!(bench.ops.stage(reference), Some(Stage::Unknown), "{harm}");
        assert!(matches!(try_top_up(&bench).await, Outcome::Held(Held::Waits { on, .. }) if on == reference), "{harm}");
        bench.sound();
    }
}

/// The state folder is removed while nobody looks: the copy of the head elsewhere tells.
#[tokio::test]
async fn a_removed_state_folder_is_noticed_by_the_copy_of_the_head() {
    let bench = Bench::start().await;
    let data = tempfile::tempdir().unwrap();
    let open = || Journal::open_with_copy(bench.folder.path(), Some(data.path()), "demo", bench.clock.wall()).unwrap();
    let ops = Ops::new(bench.client.clone(), open(), "demo", false, bench.clock.clone()).await.unwrap();
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::DropBefore));
    let intent = ops.intend(bench.top_up(&bench.card(), "5").await, Before::default(), None);
    let reference = intent.reference;
    assert!(matches!(ops.execute(intent).await, Outcome::Unknown(_)));
    fs::remove_dir_all(bench.folder.path().join("journal")).unwrap();
    // A program that was running all the time says what is gone, and can still freeze.
    let other = ops.intend(bench.top_up(&bench.card(), "6").await, Before::default(), None);
    let outcome = ops.execute(other).await;
    let gone = |fault: &JournalFault| matches!(fault, JournalFault::Lost { missing: 3, gone: true, .. });
    assert!(
        matches!(&outcome, Outcome::Held(Held::Journal(JournalError::Faulty(fault))) if gone(fault)),
        "{outcome:?}"
    );
    assert_eq!(ops.stage(reference), Some(Stage::Unknown), "the old book is kept");
    let outcome = ops.execute(ops.intend(Act::Freeze(bench.card()), Before::default(), None)).await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    let kept = ops.kept_beside();
    assert_eq!((kept.freezes, kept.in_memory, kept.file.is_some()), (1, 0, true));
    drop(ops);
    let seen = journal::verify_all(bench.folder.path(), Some(data.path()), "demo").unwrap().remove(0);
    assert!(matches!(seen.fault, Some(JournalFault::Lost { missing: 3, gone: true, .. })), "{:?}", seen.fault);
    let mut again = open();
    assert!(again.fault().is_some_and(|fault| fault.to_string().contains("was removed, with 3 lines")));
    let accepted = again.accept_loss(bench.clock.wall(), origin::who(), SafeText::name("demo")).unwrap();
    assert_eq!(accepted.kept, [reference]);
    assert_eq!(again.book().stage(reference), Some(Stage::Unknown));
}

/// What a crash leaves at the end is news, no trouble: everything works.
#[tokio::test]
async fn a_torn_end_is_news_and_no_trouble() {
    for tail in [&b"{\"v\":1,\"seq\":9,\"at\":\"2026-"[..], &[0; 300]] {
        let mut bench = Bench::start().await;
        assert!(matches!(try_top_up(&bench).await, Outcome::Accepted(_)));
        let mut bytes = fs::read(file(&bench)).unwrap();
        bytes.extend(tail);
        fs::write(file(&bench), bytes).unwrap();
        bench.restart().await;
        assert_eq!(bench.ops.journal_fault(), None);
        assert_eq!(bench.ops.journal_news().len(), 1);
        assert!(matches!(freeze(&bench).await.0, Outcome::Accepted(_)));
        assert_eq!(bench.ops.kept_beside().freezes, 0);
        let at = bench.card();
        let other = bench.ops.intend(bench.top_up(&at, "1").await, Before::default(), None);
        assert!(matches!(bench.ops.execute(other).await, Outcome::Accepted(_)));
        bench.sound();
    }
}

/// Another program holds the lock for longer than anybody waits: a look fails and is made again, a freeze goes out within
/// a second, and afterwards everything is known and written down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_held_latches_nothing() {
    let bench = Bench::start().await;
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
    let at = bench.card();
    let intent = bench.ops.intend(bench.top_up(&at, "4").await, bench.before(&at).await, None);
    let reference = intent.reference;
    assert!(matches!(bench.ops.execute(intent).await, Outcome::Unknown(_)));
    let lock = fs::File::options().read(true).open(bench.folder.path().join("journal/demo.lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(bench.ops.settle_once(reference).await, Err(JournalError::Busy(_))));
    let (outcome, took) = freeze(&bench).await;
    assert!(matches!(outcome, Outcome::Accepted(_)) && took < Duration::from_secs(1), "{outcome:?} {took:?}");
    let sentence = match try_top_up(&bench).await {
        Outcome::Held(held) => held.sentence(),
        outcome => panic!("{outcome:?}"),
    };
    assert!(sentence.starts_with("not sent: "), "{sentence}");
    drop(lock);
    assert_eq!(bench.ops.settle_once(reference).await.unwrap().stage, Stage::SettledDone);
    assert_eq!(bench.ops.kept_beside().freezes, 0);
    bench.sound();
}

/// A confirmed top up is accepted and the journal cannot be written at that moment: it is said to have been sent, counts as
/// open, and is written down as soon as that can be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_cannot_be_written_down_is_not_lost() {
    let bench = Bench::start().await;
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::Delay { ms: 200 }));
    let intent = bench.ops.intend(bench.top_up(&bench.card(), "4").await, Before::default(), None);
    let reference = intent.reference;
    let sending = tokio::spawn({
        let ops = bench.ops.clone();
        async move { ops.execute(intent).await }
    });
    while bench.sandbox.faults().left() > 0 {
        tokio::task::yield_now().await;
    }
    let lock = fs::File::options().read(true).open(bench.folder.path().join("journal/demo.lock")).unwrap();
    lock.lock().unwrap();
    let outcome = sending.await.unwrap();
    match &outcome {
        Outcome::Unwritten { said, .. } => assert!(matches!(**said, Outcome::Accepted(_))),
        outcome => panic!("{outcome:?}"),
    }
    assert_eq!((outcome.words(), bench.ops.unknown()), ("was sent and accepted", 1));
    assert_eq!(bench.ops.stage(reference), Some(Stage::Sent));
    drop(lock);
    bench.ops.refresh().await.unwrap();
    assert_eq!(bench.ops.stage(reference), Some(Stage::Accepted));
    assert_eq!(bench.settle(reference).await.stage, Stage::Done);
    assert_eq!((bench.executed(Kind::TopUp), bench.ops.unknown()), (1, 0));
    bench.sound();
}

/// The same profile name against another address, even with the same ids: the acts of one are shown there, never settled
/// from there, and hold nothing.
#[tokio::test]
async fn a_journal_belongs_to_an_address_and_a_merchant() {
    let bench = Bench::start().await;
    let other = Bench::start().await;
    let reference = lost(&bench, "4").await;
    let accounts = |bench: &Bench| {
        let client = bench.client.clone();
        async move { client.accounts().await.unwrap().items.into_iter().map(|account| account.id).collect::<Vec<_>>() }
    };
    let copied = accounts(&bench).await;
    // The other address lists the same ids.
    let there = open(&other.client, bench.folder.path(), &other.clock, false).await;
    there.bind(copied.clone()).await.unwrap();
    assert!(there.unfinished().is_empty() && there.entry(reference).is_none());
    let elsewhere = there.others();
    assert_eq!((elsewhere.len(), elsewhere[0].open.len()), (1, 1));
    assert_eq!(elsewhere[0].address, bench.client.base_url().as_str());
    assert!(there.settle_once(reference).await.unwrap().again.is_none());
    // Another merchant at the same address.
    let theirs = open(&bench.client, bench.folder.path(), &bench.clock, false).await;
    theirs.bind(accounts(&other).await.into_iter().filter(|id| !copied.contains(id))).await.unwrap();
    if theirs.is_bound() {
        assert!(theirs.entry(reference).is_none());
    }
    // An empty list says nothing of anybody.
    let nobody = open(&bench.client, bench.folder.path(), &bench.clock, false).await;
    nobody.bind([]).await.unwrap();
    assert!(!nobody.is_bound());
    // At home it is still there.
    let home = open(&bench.client, bench.folder.path(), &bench.clock, false).await;
    home.bind(copied.clone()).await.unwrap();
    assert_eq!(home.stage(reference), Some(Stage::Unknown));
    // The address has moved: the journal comes along when somebody says so, and nothing else does.
    let mut journal = Journal::open(bench.folder.path(), "demo", bench.clock.wall()).unwrap();
    let (old, new) = (bench.client.base_url().as_str(), other.client.base_url().as_str());
    let accounts = copied.into_iter().collect();
    assert!(journal.adoptable(new, &accounts).unwrap().contains(&old.to_owned()));
    let who = || (origin::who(), SafeText::name("demo"));
    assert!(!journal.adopt("https://nowhere.example", new, &accounts, who(), bench.clock.wall()).unwrap());
    assert!(journal.adopt(old, new, &accounts, who(), bench.clock.wall()).unwrap());
    assert_eq!(journal.book().binding().address, new);
    for seen in journal::verify_all(bench.folder.path(), None, "demo").unwrap() {
        assert_eq!((seen.broken, seen.fault), (None, None));
    }
}

/// Lines as the first version of the format has them.
fn old_lines(bench: &Bench, reference: Reference, hours: i64) -> String {
    let at = bench.card();
    let when = |minutes: i64| {
        (bench.clock.wall() - chrono::TimeDelta::hours(hours) + chrono::TimeDelta::minutes(minutes)).to_rfc3339()
    };
    let bodies = [
        format!(
            "\"profile\":\"demo\",\"reference\":\"{reference}\",\"step\":\"recorded\",\"kind\":\"top_up\",\"account\":\"{}\",\
             \"card\":\"{}\",\"amount\":\"7.00\",\"currency\":\"USD\",\"who\":{{\"uid\":0,\"host\":\"h\",\"ssh\":false,\
             \"pid\":1,\"version\":\"0.1.0\"}}",
            at.account, at.card
        ),
        format!("\"reference\":\"{reference}\",\"step\":\"sent\""),
        format!("\"reference\":\"{reference}\",\"step\":\"unknown\",\"reason\":\"no answer in time\""),
        format!(
            "\"reference\":\"{reference}\",\"step\":\"settled_not_done\",\"evidence\":\"neither feed has a row of it, and \
             the balances do not show it\""
        ),
    ];
    let (mut prev, mut text) = ("0".repeat(64), String::new());
    for (n, body) in bodies.iter().enumerate() {
        let at = when(n as i64);
        let line = format!("{{\"v\":1,\"seq\":{},\"at\":\"{at}\",{body},\"prev\":\"{prev}\"", n + 1);
        let hash = hex::encode(Sha256::digest(format!("{line}}}")));
        text.push_str(&format!("{line},\"hash\":\"{hash}\"}}\n"));
        prev = hash;
    }
    text
}

/// A journal of an earlier version is read as it is: what it called "not done" for not having been seen is "not seen", and
/// holds for a day.
#[tokio::test]
async fn an_old_not_done_by_absence_is_not_seen() {
    for (hours, holds) in [(1, true), (30, false)] {
        let mut bench = Bench::start().await;
        let reference = bench.ops.intend(Act::DeleteWebhook, Before::default(), None).reference;
        let text = old_lines(&bench, reference, hours);
        fs::write(file(&bench), &text).unwrap();
        fs::remove_file(bench.folder.path().join("journal/demo.head")).ok();
        bench.restart().await;
        assert_eq!(bench.ops.journal_fault(), None);
        let entry = bench.ops.entry(reference).unwrap();
        assert_eq!((entry.stage, entry.holds(bench.clock.wall())), (Stage::NotSeen, holds), "{hours} h");
        let outcome = try_top_up(&bench).await;
        assert_eq!(matches!(outcome, Outcome::Held(Held::Waits { on, .. }) if on == reference), holds, "{outcome:?}");
        assert!(bench.ops.unfinished().iter().any(|entry| entry.intent.reference == reference), "listed all the same");
        assert!(fs::read_to_string(file(&bench)).unwrap().starts_with(&text), "the old lines stay as they are");
        bench.sound();
    }
}

/// What the first version of the program would make of each line: its own words, in an order that it takes.
#[tokio::test]
async fn a_program_of_the_first_version_can_read_what_this_one_writes() {
    let bench = Bench::start().await;
    let reference = lost(&bench, "4").await;
    assert_eq!(bench.settle(reference).await.stage, Stage::NotSeen);
    bench.ops.decide(reference, false, "the statement has nothing of it").await.unwrap();
    let mut opened = Journal::open(bench.folder.path(), "demo", bench.clock.wall()).unwrap();
    let now = bench.clock.wall();
    opened.step(now, reference, Step::FoundLater(Evidence::new("there it is"))).unwrap();
    opened.step(now, reference, Step::Reversed(Evidence::new("gone again"))).unwrap();
    let legal = |from: &str, to: &str| match from {
        "" => to == "recorded",
        "recorded" => ["sent", "not_sent"].contains(&to),
        "sent" => ["accepted", "refused", "not_sent", "unknown"].contains(&to),
        "unknown" => ["accepted", "refused", "settled_done", "settled_not_done", "needs_person"].contains(&to),
        "accepted" => ["done", "settled_not_done", "needs_person"].contains(&to),
        "needs_person" => ["settled_done", "settled_not_done"].contains(&to),
        _ => false,
    };
    let mut from = String::new();
    let mut words = Vec::new();
    for line in fs::read_to_string(file(&bench)).unwrap().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["v"], 1);
        let step = value["step"].as_str().unwrap().to_owned();
        words.push(value["stage"].as_str().unwrap_or(&step).to_owned());
        if step == "repaired" {
            // It needs these two, and counts it as a line that was set aside.
            assert!(value["torn"].is_string() && value["bytes"].is_u64(), "{line}");
            continue;
        }
        assert!(legal(&from, &step), "{from} > {step}");
        from = step;
    }
    assert_eq!(words, ["recorded", "sent", "unknown", "not_seen", "settled_not_done", "found_later", "reversed"]);
}

/// Nothing is final against the platform's own rows, whatever loaded them: refused in its own words, and there it is.
#[tokio::test]
async fn a_loaded_row_contradicts_what_was_said() {
    let bench = Bench::start().await;
    let at = bench.card();
    let body = r#"{"detail":"Insufficient balance"}"#.to_owned();
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenStatus { code: 400, body }));
    let intent = bench.ops.intend(bench.top_up(&at, "4").await, bench.before(&at).await, None);
    let reference = intent.reference;
    assert!(matches!(bench.ops.execute(intent).await, Outcome::Refused(_)));
    let query = fourpay::api::TransactionQuery { card: Some(at.card.clone()), ..Default::default() };
    let rows = bench.client.transactions(Feed::Cards, &query).await.unwrap().items;
    let mine =
        |row: &&Transaction| row.description().is_some_and(|text| text.as_str().contains(&reference.to_string()));
    let row = rows.iter().find(mine).unwrap().clone();
    let stage = || bench.stage(reference);
    // One that carries the reference and does not fit decides nothing: descriptions can be written by others.
    for other in [
        Transaction { card: fourpay::domain::ids::CardId::parse("other"), ..row.clone() },
        Transaction { amount: Field::Known(super::bench::usd("4.01")), ..row.clone() },
        Transaction { kind: fourpay::domain::transaction::TransactionKind::Purchase, ..row.clone() },
        Transaction { status: TransactionStatus::Declined, ..row.clone() },
    ] {
        assert!(!bench.ops.notice(&[other]).await.unwrap());
        assert_eq!(stage(), Stage::Refused);
    }
    assert!(bench.ops.notice(&rows).await.unwrap());
    assert_eq!(stage(), Stage::FoundLater);
    assert!(!bench.ops.notice(&rows).await.unwrap(), "once");
    // And what was done can be taken back.
    let canceled = Transaction { status: TransactionStatus::Canceled, ..row.clone() };
    assert!(bench.ops.notice(&[canceled]).await.unwrap());
    assert_eq!(stage(), Stage::Reversed);
    bench.ops.decide(reference, false, "4pay says so").await.unwrap();
    assert!(bench.ops.notice(&[row]).await.unwrap());
    assert_eq!(stage(), Stage::FoundLater, "a person's word as well");
    bench.sound();
}

/// Deployments on which earlier versions said "not done" of money that had moved.
#[tokio::test]
async fn what_was_done_is_found_whatever_the_deployment() {
    let on = |quirks: &[Quirk]| Options { quirks: Quirks::of(quirks), dialect: Dialect::Rich, ..Options::default() };
    for quirks in [
        &[Quirk::RowsEarly][..],
        &[Quirk::RowsLate],
        &[Quirk::MinuteTimes],
        &[Quirk::OldestFirst],
        &[Quirk::SmallPages],
        &[Quirk::ClampedLimit, Quirk::NoTotal],
        &[Quirk::IgnoredFilters],
        &[Quirk::LateEcho],
    ] {
        let bench = Bench::on(on(quirks)).await;
        bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
        let at = bench.card();
        let intent = bench.ops.intend(bench.top_up(&at, "4").await, bench.before(&at).await, None);
        let reference = intent.reference;
        bench.ops.execute(intent).await;
        let mut stands = bench.settle(reference).await;
        if !stands.stage.is_done() && quirks == [Quirk::LateEcho] {
            // The sandbox's own clock is not turned along: its description comes five seconds later.
            tokio::time::sleep(Duration::from_secs(6)).await;
            stands = bench.ops.settle_once(reference).await.unwrap();
        }
        assert!(stands.stage.is_done(), "{quirks:?}: {stands:?}");
        bench.sound();
    }
    // A card whose name comes back in capitals is the one that was ordered, and a second one costs a second fee.
    let bench = Bench::on(on(&[Quirk::UpperNames])).await;
    bench.sandbox.faults().add(Rule::next("card_issue", Fault::ExecuteThenDrop));
    let act = Act::IssueCard { account: bench.card().account, order: bench.order("Nova lamp") };
    let intent = bench.ops.intend(act, Before::default(), None);
    let reference = intent.reference;
    assert!(matches!(bench.ops.execute(intent).await, Outcome::Unknown(_)));
    let stands = bench.settle(reference).await;
    assert!(stands.stage.is_done() || stands.stage == Stage::SettledNotDone, "{stands:?}");
    if stands.stage == Stage::SettledNotDone {
        assert!(stands.evidence.is_some_and(|seen| seen.says.as_str().contains("could not be created")));
    }
}

/// Where references do not come back, one movement that fits in everything else is "probably", and a person says yes or no.
#[tokio::test]
async fn without_references_it_is_probable_until_a_person_says() {
    let options = Options { quirks: Quirks::of(&[Quirk::NoEcho]), dialect: Dialect::Rich, ..Options::default() };
    let bench = Bench::on(options).await;
    let at = bench.empty_card().await;
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
    let intent = bench.ops.intend(bench.top_up(&at, "4.31").await, bench.before(&at).await, None);
    let reference = intent.reference;
    bench.ops.execute(intent).await;
    let stands = bench.settle(reference).await;
    assert!(matches!(stands.stage, Stage::Probably | Stage::NotSeen), "{stands:?}");
    if stands.stage == Stage::Probably {
        // The hold is lifted, it counts, and it is listed.
        assert!(!bench.ops.entry(reference).unwrap().holds(bench.clock.wall()));
        assert!(bench.ops.unfinished().iter().any(|entry| entry.intent.reference == reference));
    }
    bench.ops.decide(reference, true, "the statement has it").await.unwrap();
    assert_eq!(bench.stage(reference), Stage::SettledDone);
    bench.sound();
}

/// What was taken for done without a reference is held again once a row shows that references come back.
#[tokio::test]
async fn what_was_probable_is_held_again_once_references_come_back() {
    let options = Options { quirks: Quirks::of(&[Quirk::NoEcho]), dialect: Dialect::Rich, ..Options::default() };
    let bench = Bench::on(options).await;
    // One on which nothing else has just happened.
    let at = bench.card();
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
    let intent = bench.ops.intend(bench.top_up(&at, "4.31").await, bench.before(&at).await, None);
    let reference = intent.reference;
    bench.ops.execute(intent).await;
    assert_eq!(bench.settle(reference).await.stage, Stage::Probably);
    assert!(bench.ops.due().0.is_empty());
    let rows = bench.client.transactions(Feed::Cards, &fourpay::api::TransactionQuery::default()).await.unwrap().items;
    let mut row = rows.into_iter().next().unwrap();
    let description = Some(SafeText::prose("lunch ref fp-0123456789"));
    row.more = Some(Box::new(More { description, ..More::default() }));
    assert!(!bench.ops.notice(&[row]).await.unwrap());
    assert_eq!(bench.ops.due().0, [reference], "it is looked at again at once");
    assert_eq!(bench.ops.settle_once(reference).await.unwrap().stage, Stage::NotSeen);
    assert!(bench.ops.entry(reference).unwrap().holds(bench.clock.wall()));
    bench.sound();
}

/// Rows of both feeds that carry the reference.
async fn rows_of(bench: &Bench, reference: Reference) -> Vec<Transaction> {
    let mut rows = Vec::new();
    for feed in [Feed::Cards, Feed::Accounts] {
        rows.extend(bench.client.transactions(feed, &fourpay::api::TransactionQuery::default()).await.unwrap().items);
    }
    let carries =
        |row: &Transaction| row.description().is_some_and(|text| text.as_str().contains(&reference.to_string()));
    rows.retain(carries);
    rows
}

/// A row that contradicts what was said is not forgotten because it came too early or while the journal was held: before it
/// was known whose journal it is, or while another program had the lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contradiction_waits_for_the_journal() {
    for early in [true, false] {
        let bench = Bench::start().await;
        bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
        let at = bench.card();
        let intent = bench.ops.intend(bench.top_up(&at, "4").await, bench.before(&at).await, None);
        let reference = intent.reference;
        assert!(matches!(bench.ops.execute(intent).await, Outcome::Unknown(_)));
        bench.ops.decide(reference, false, "compared").await.unwrap();
        let rows = rows_of(&bench, reference).await;
        assert!(!rows.is_empty());
        let ops = open(&bench.client, bench.folder.path(), &bench.clock, false).await;
        let accounts: Vec<_> =
            bench.client.accounts().await.unwrap().items.into_iter().map(|account| account.id).collect();
        let lock = fs::File::options().read(true).open(bench.folder.path().join("journal/demo.lock")).unwrap();
        if early {
            assert!(!ops.notice(&rows).await.unwrap());
        } else {
            ops.bind(accounts.clone()).await.unwrap();
            lock.lock().unwrap();
            assert!(ops.notice(&rows).await.is_err());
            lock.unlock().unwrap();
        }
        assert_eq!(ops.stage(reference), Some(Stage::SettledNotDone));
        ops.bind(accounts).await.unwrap();
        assert!(ops.notice_again().await.unwrap(), "early: {early}");
        assert_eq!(ops.stage(reference), Some(Stage::FoundLater), "early: {early}");
        bench.sound();
    }
}

/// A person says "not done" of what was done, and its row was loaded before: it is looked for once more, at once.
#[tokio::test]
async fn a_wrong_decision_is_contradicted_at_once() {
    let bench = Bench::start().await;
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
    let at = bench.card();
    let intent = bench.ops.intend(bench.top_up(&at, "4").await, bench.before(&at).await, None);
    let reference = intent.reference;
    assert!(matches!(bench.ops.execute(intent).await, Outcome::Unknown(_)));
    bench.ops.decide(reference, false, "compared").await.unwrap();
    assert_eq!(bench.ops.due().0, [reference]);
    assert_eq!(bench.ops.settle_once(reference).await.unwrap().stage, Stage::FoundLater);
    // And where it is right, it stays, and is not looked for again.
    let right = lost(&bench, "3").await;
    bench.ops.decide(right, false, "compared").await.unwrap();
    assert_eq!(bench.ops.settle_once(right).await.unwrap().stage, Stage::SettledNotDone);
    assert!(bench.ops.due().0.is_empty() && bench.stage(right) == Stage::SettledNotDone);
    bench.sound();
}

/// The same when it was said elsewhere, on the command line: each program that follows the journal looks once.
#[tokio::test]
async fn a_wrong_decision_of_another_program_is_contradicted() {
    let bench = Bench::start().await;
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
    let at = bench.card();
    let intent = bench.ops.intend(bench.top_up(&at, "4").await, bench.before(&at).await, None);
    let reference = intent.reference;
    assert!(matches!(bench.ops.execute(intent).await, Outcome::Unknown(_)));
    let other = open(&bench.client, bench.folder.path(), &bench.clock, false).await;
    other.decide(reference, false, "compared").await.unwrap();
    drop(other);
    bench.ops.refresh().await.unwrap();
    assert_eq!(bench.ops.due().0, [reference]);
    assert_eq!(bench.ops.settle_once(reference).await.unwrap().stage, Stage::FoundLater);
    // The next start looks as well; once.
    let right = lost(&bench, "3").await;
    bench.ops.decide(right, false, "compared").await.unwrap();
    let next = open(&bench.client, bench.folder.path(), &bench.clock, false).await;
    next.refresh().await.unwrap();
    assert_eq!(next.due().0, [right]);
    assert_eq!(next.settle_once(right).await.unwrap().stage, Stage::SettledNotDone);
    next.refresh().await.unwrap();
    assert!(next.due().0.is_empty());
    bench.sound();
}
