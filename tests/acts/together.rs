//! Several programs on one profile at once: the journal stays whole, and they see each other.

use std::time::Duration;

use fourpay::domain::intent::lifecycle::{Stage, Step};
use fourpay::domain::intent::{Act, Before, CardAt, Intent, Kind, Reference, Who};
use fourpay::domain::text::SafeText;
use fourpay::ops::journal::{Book, Record, verify};
use fourpay::ops::{Clock, Held, Journal, JournalError, Outcome, origin};
use fourpay::sandbox::{Fault, Rule};

use super::bench::{Bench, TestClock, open};
use super::crash::{Other, orders, say};

const PROGRAMS: usize = 4;
const LINES: usize = 200;

#[test]
#[ignore = "the child of the test below"]
fn writer() {
    let given = orders();
    let [folder, lines] = given.as_slice() else { return };
    let clock = TestClock::default();
    let mut journal = Journal::open(folder.as_ref(), "demo", clock.wall()).unwrap();
    say("ready");
    let free = |_: &Book| Ok::<(), JournalError>(());
    for _ in 0..lines.parse::<usize>().unwrap() / 2 {
        let card = CardAt {
            account: fourpay::domain::ids::AccountId::parse("a").unwrap(),
            card: fourpay::domain::ids::CardId::parse("c").unwrap(),
            last_four: None,
        };
        let intent = Intent {
            reference: Reference::from_random(clock.random().to_be_bytes()[1..].try_into().unwrap()),
            act: Act::Freeze(card),
            who: origin::who(),
            profile: SafeText::name("demo"),
            why: None,
            asked_at: clock.wall(),
            before: Before::default(),
            despite: Vec::new(),
            cards_before: None,
        };
        let reference = intent.reference;
        journal.append(clock.wall(), vec![Record::Asked(Box::new(intent))], free).unwrap();
        journal.step(clock.wall(), reference, Step::NotSent { reason: SafeText::prose("a test") }).unwrap();
    }
    say("finished");
}

/// M3, D9: no line is lost, torn or out of its place, whoever writes.
#[test]
fn d9_several_programs_write_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let (path, lines) = (folder.path().to_str().unwrap(), LINES.to_string());
    let mut programs: Vec<Other> = (0..PROGRAMS).map(|_| Other::start("together::writer", &[path, &lines])).collect();
    programs.iter_mut().for_each(|program| drop(program.says("ready")));
    programs.iter_mut().for_each(|program| drop(program.says("finished")));
    programs.into_iter().for_each(Other::wait);
    let seen = verify(folder.path(), "demo").unwrap().unwrap();
    assert_eq!((seen.broken, seen.torn, seen.lines), (None, 0, (PROGRAMS * LINES) as u64));
    assert_eq!(seen.book.entries().len(), PROGRAMS * LINES / 2);
    let pids: std::collections::HashSet<u32> = seen.book.entries().iter().map(|entry| entry.intent.who.pid).collect();
    assert_eq!(pids.len(), PROGRAMS);
    // They did write at the same time, not one after the other.
    let order: Vec<u32> = seen.book.entries().iter().map(|entry| entry.intent.who.pid).collect();
    assert!(order.windows(2).filter(|pair| pair[0] != pair[1]).count() >= PROGRAMS);
}

/// M5 across programs: an unknown outcome of one holds the other back, until it is settled by either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5_two_dashboards_hold_each_other_back() {
    let bench = Bench::start().await;
    let other = open(&bench.client, bench.folder.path(), &bench.clock, false).await;
    let at = bench.card();
    bench.sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
    let first = bench.ops.intend(bench.top_up(&at, "5").await, bench.before(&at).await, None);
    let reference = first.reference;
    assert!(matches!(bench.ops.execute(first).await, Outcome::Unknown(_)));
    let second = other.intend(bench.top_up(&at, "6").await, Before::default(), None);
    match other.execute(second).await {
        Outcome::Held(Held::Waits { on, stage: Stage::Unknown, why }) => {
            assert_eq!(on, reference);
            assert!(why.contains("top up of 5.00") && why.contains("unconfirmed"), "{why}");
        }
        outcome => panic!("{outcome:?}"),
    }
    let stands = other.settle_once(reference).await.unwrap();
    assert_eq!(stands.stage, Stage::SettledDone);
    // The first program learns of it, and does not settle it again.
    assert_eq!(bench.ops.settle_once(reference).await.unwrap().stage, Stage::SettledDone);
    let third = bench.ops.intend(bench.top_up(&at, "6").await, Before::default(), None);
    assert!(matches!(bench.ops.execute(third).await, Outcome::Accepted(_)));
    assert_eq!(bench.executed(Kind::TopUp), 2);
    bench.sound();
}

/// M5: what went through in another window a moment ago would be done twice by whoever confirms it here without having seen
/// it. Once it was shown, it is another wish; so is what is asked for again long after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5_what_another_window_has_just_done_is_shown_first() {
    let bench = Bench::start().await;
    let other = open(&bench.client, bench.folder.path(), &bench.clock, false).await;
    let at = bench.card();
    let first = bench.ops.intend(bench.top_up(&at, "5").await, bench.before(&at).await, None);
    let reference = first.reference;
    assert!(matches!(bench.ops.execute(first).await, Outcome::Accepted(_)));
    let again = async || {
        let intent = other.intend(bench.top_up(&at, "5").await, Before::default(), None);
        (intent.reference, other.execute(intent).await)
    };
    match again().await.1 {
        Outcome::Held(Held::Waits { on, stage: Stage::Accepted, .. }) => assert_eq!(on, reference),
        outcome => panic!("{outcome:?}"),
    }
    assert_eq!(bench.executed(Kind::TopUp), 1);
    bench.settle(reference).await;
    other.refresh().await.unwrap();
    other.shown(&other.entries());
    let (mine, outcome) = again().await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    // One's own acts need no showing.
    other.settle_once(mine).await.unwrap();
    let (mine, outcome) = again().await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    bench.settle(mine).await;
    // What the first window never saw is ten minutes old by now.
    bench.clock.add(Duration::from_secs(601));
    bench.clock.step(601);
    let late = bench.ops.intend(bench.top_up(&at, "5").await, Before::default(), None);
    let outcome = bench.ops.execute(late).await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    bench.sound();
}

/// Another program's act in the middle of being sent, as the journal has it.
async fn left_in_the_middle(bench: &Bench, who: impl FnOnce(&mut Who)) -> Reference {
    let mut journal = Journal::open(bench.folder.path(), "demo", bench.clock.wall()).unwrap();
    let mut intent = bench.ops.intend(bench.top_up(&bench.card(), "5").await, Before::default(), None);
    who(&mut intent.who);
    let reference = intent.reference;
    let free = |_: &Book| Ok::<(), JournalError>(());
    journal.append(bench.clock.wall(), vec![Record::Asked(Box::new(intent))], free).unwrap();
    journal.step(bench.clock.wall(), reference, Step::Sent { skew_ms: None }).unwrap();
    reference
}

/// Looks as a dashboard that was running all the time does, and tells the stage.
async fn swept(bench: &Bench, reference: Reference) -> Stage {
    bench.ops.refresh().await.unwrap();
    for due in bench.ops.due().0 {
        bench.ops.settle_once(due).await.unwrap();
    }
    bench.stage(reference)
}

/// What another living program is just sending is left to it: by its process id and its start, not by its name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_intent_of_a_living_program_is_left_alone() {
    let bench = Bench::start().await;
    // Whoever started this test is alive.
    let parent = std::os::unix::process::parent_id();
    let alive = |who: &mut Who| (who.pid, who.process) = (parent, origin::process(parent));
    let reference = left_in_the_middle(&bench, alive).await;
    let other = open(&bench.client, bench.folder.path(), &bench.clock, false).await;
    assert_eq!(other.stage(reference), Some(Stage::Sent));
    assert!(other.unfinished().is_empty());
    assert_eq!(other.settle_once(reference).await.unwrap().stage, Stage::Sent);
    bench.clock.add(Duration::from_secs(100));
    assert_eq!(swept(&bench, reference).await, Stage::Sent);
    // A wall clock that steps is no time that passes.
    bench.clock.step(60);
    assert_eq!(swept(&bench, reference).await, Stage::Sent);
    // One that was stopped in the middle is not waited for longer than a request can take.
    bench.clock.add(Duration::from_secs(121));
    assert_eq!(swept(&bench, reference).await, Stage::Unknown);
}

/// What a program leaves that is gone is taken over by one that was running all the time, at its next look: the same
/// process id with another start is another process, and an earlier start of the machine has no living programs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_program_left_is_taken_over_at_the_next_look() {
    type Change = fn(&mut Who);
    let gone: [(&str, Change); 4] = [
        ("no such process", |who| who.pid = 0x7fff_fff0),
        ("the process id was used again", |who| {
            who.pid = std::os::unix::process::parent_id();
            if let Some(process) = &mut who.process {
                process.started += 1;
            }
        }),
        ("the machine was started since", |who| {
            who.pid = std::os::unix::process::parent_id();
            if let Some(process) = &mut who.process {
                process.boot = SafeText::name("another");
            }
        }),
        ("a container of before, under another host name", |who| {
            who.host = SafeText::name("0a1b2c");
            if let Some(process) = &mut who.process {
                process.started += 1;
            }
        }),
    ];
    for (case, change) in gone {
        let bench = Bench::start().await;
        let reference = left_in_the_middle(&bench, change).await;
        assert_eq!(swept(&bench, reference).await, Stage::Unknown, "{case}");
    }
}

/// Of a program on another computer, or in another container, nobody can tell: it is taken over within a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_program_elsewhere_left_is_taken_over_within_a_minute() {
    for machine in [true, false] {
        let bench = Bench::start().await;
        let elsewhere = |who: &mut Who| {
            if let Some(process) = &mut who.process {
                match machine {
                    true => process.machine = SafeText::name("another"),
                    false => process.namespace += 1,
                }
            }
        };
        let reference = left_in_the_middle(&bench, elsewhere).await;
        assert_eq!(swept(&bench, reference).await, Stage::Sent);
        bench.clock.add(Duration::from_secs(40));
        assert_eq!(swept(&bench, reference).await, Stage::Sent, "a request may take so long");
        bench.clock.add(Duration::from_secs(15));
        assert_eq!(swept(&bench, reference).await, Stage::Unknown);
    }
}
