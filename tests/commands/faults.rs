//! Lost answers, killed programs, a journal that cannot be written, pipes that close, two programs at once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use fourpay::sandbox::{Dialect, Fault};

use crate::world::{Answer, World};

const PATIENCE: Duration = Duration::from_secs(30);

pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

pub fn end(child: Child) -> Answer {
    Answer::of(&child.wait_with_output().expect("it ends"))
}

/// M11: the freeze of one card waits for no other's, though that one is never answered.
#[test]
fn several_freezes_wait_for_none_of_them() {
    let world = World::rich();
    let cards: Vec<_> = world.inventory().cards.into_iter().filter(|card| card.status == "active").take(3).collect();
    let [first, others @ ..] = cards.as_slice() else { panic!("no cards") };
    // The first request hangs, whichever it is of; reads of its card go on.
    world.fault("card_freeze", Fault::HangBefore);
    let mut words = vec!["freeze", first.id.as_str()];
    words.extend(others.iter().map(|card| card.id.as_str()));
    words.extend(["--yes", "--wait", "0"]);
    let child = world.start(&words);
    let frozen = || cards.iter().filter(|card| world.held(&card.id).status == "frozen").count();
    let began = Instant::now();
    until("the others are frozen", || frozen() == 2);
    assert!(began.elapsed() < Duration::from_secs(15), "they waited for it: {:?}", began.elapsed());
    signal(&child, "TERM");
    end(child);
}

/// M1, M4: an answer that is lost is found out by reading, and nothing is sent again.
#[test]
fn a_lost_answer_is_found_by_reading() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let card = world.card();
        world.fault("card_topup", Fault::ExecuteThenDrop);
        let answer = world.run(&["top-up", &card.id, "5", "--yes", "--json"]);
        // Where references do not come back it is only probable.
        let is_sure = answer.json()["acts"][0]["stage"] != "probably";
        assert!(is_sure || dialect != Dialect::Rich, "{}", answer.out);
        let code = if is_sure { 0 } else { 3 };
        let reference = answer.is(code).reference();
        assert_eq!(world.acts("card_topup"), 1);
        world.run(&["journal", "wait", &reference, "--for", "2"]).is(code);
        world.conserved();
    }
}

/// M4, M5: what never came is open, not "not done", and holds the same card's money back until a person passes over it.
#[test]
fn what_is_unknown_is_open_and_holds_back_until_it_is_named() {
    let world = World::rich();
    let card = world.card();
    world.fault("card_topup", Fault::DropBefore);
    let reference = world.run(&["top-up", &card.id, "5", "--yes", "--json", "--wait", "1"]).is(3).reference();
    world.run(&["journal", "wait", &reference, "--for", "1"]).is(3).says("nothing like it is sent again");
    assert_eq!(world.run(&["journal", "show", &reference]).code, Some(3));
    for act in [&["top-up", &card.id, "5", "--yes"][..], &["withdraw", &card.id, "1", "--yes"]] {
        world.run(act).is(8).says(&format!("--despite {reference}"));
    }
    let said = world.run(&["top-up", &card.id, "5", "--yes", "--json"]).is(8).json();
    assert_eq!(said["result"], "held", "{said}");
    assert_eq!(world.acts("card_topup") + world.acts("card_withdraw"), 0);
    // Freezing waits for nothing.
    world.run(&["freeze", &card.id, "--yes"]).is(0);
    world.run(&["unfreeze", &card.id, "--yes"]).is(0);
    // Another card's hold, one that is not there, one that does not hold this back.
    world.run(&["top-up", &card.id, "5", "--yes", "--despite", "fp-0000000000"]).is(4);
    world.run(&["top-up", &card.id, "5", "--yes", "--despite", "nonsense"]).is(2);
    let other = world.inventory().cards.into_iter().find(|one| one.status == "active" && one.id != card.id);
    let other = other.expect("another card").id;
    world.run(&["top-up", &other, "1", "--yes", "--despite", &reference]).is(2).says("does not hold this back");
    assert_eq!(world.acts("card_topup"), 0);
    let passed = world.run(&["top-up", &card.id, "5", "--yes", "--json", "--despite", &reference]).is(0);
    assert!(passed.error.contains("the money moves twice"), "the risk is said: {}", passed.error);
    assert_eq!(world.acts("card_topup"), 1);
    let despite = world.journal()[0]["steps"][0]["despite"].clone();
    assert_eq!(despite[0], reference.as_str(), "journalled as the override of the dashboard is: {despite}");
    // It held for that one act.
    world.run(&["top-up", &card.id, "5", "--yes"]).is(8);
    world.run(&["journal", "decide", &reference, "--not-done", "--because", "looked", "--yes"]).is(0);
    world.run(&["top-up", &card.id, "5", "--yes"]).is(0);
    assert_eq!(world.acts("card_topup"), 2);
    world.run(&["journal", "wait", &reference, "--for", "1"]).is(1);
    world.run(&["top-up", &card.id, "5", "--yes", "--despite", &reference]).is(8).says("not open any more");
    world.conserved();
}

/// Killed after the server did it: the next run finds out first, says so, and does not pay again.
#[test]
fn killed_in_the_middle_it_is_not_paid_again() {
    let world = World::rich();
    let card = world.card();
    let top_up = ["top-up", card.id.as_str(), "5", "--yes"];
    world.fault("card_topup", Fault::ExecuteThenHang);
    let child = world.start(&top_up);
    until("the server did it", || world.acts("card_topup") == 1);
    signal(&child, "KILL");
    assert_eq!(end(child).code, None);
    assert_eq!(world.stages(), ["sent"]);
    world.run(&top_up).is(8).says("went through meanwhile");
    assert_eq!(world.acts("card_topup"), 1, "M1: it was paid again");
    assert_eq!(world.stages(), ["settled_done"]);
    // It was said: whoever orders another one now knows.
    world.run(&top_up).is(0);
    assert_eq!(world.acts("card_topup"), 2);
    world.conserved();
}

/// SIGINT in the middle: 130, and the outcome stays open and is said.
#[test]
fn stopped_in_the_middle_it_says_what_is_open() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let world = World::rich();
        let card = world.card();
        world.fault("card_topup", Fault::HangBefore);
        let child = world.start(&["top-up", &card.id, "5", "--yes"]);
        until("it was sent", || world.stages() == ["sent"]);
        signal(&child, name);
        let answer = end(child).is(code);
        assert!(answer.error.contains("is open: fourpay journal wait fp-"), "{}", answer.error);
        let reference = world.journal()[0]["reference"].as_str().expect("a reference").to_owned();
        assert!(answer.error.contains(&reference));
        world.run(&["journal", "wait", &reference, "--for", "1"]).is(3);
        assert_eq!(world.stages(), ["unknown"]);
        assert_eq!(world.acts("card_topup"), 0);
    }
}

/// Two programs on one card at once: one of them is held back, and the money moves once.
#[test]
fn two_at_once_on_one_card_move_money_once() {
    let world = World::rich();
    let card = world.card();
    world.fault("card_topup", Fault::Delay { ms: 3_000 });
    let top_up = ["top-up", card.id.as_str(), "5", "--yes"];
    let first = world.start(&top_up);
    until("the first is on its way", || world.stages() == ["sent"]);
    world.run(&top_up).is(8).says("is being sent");
    end(first).is(0);
    assert_eq!(world.acts("card_topup"), 1);
    world.conserved();
}

/// However many start at the same moment: each request belongs to a command that was confirmed and knows of it.
#[test]
fn a_crowd_on_one_card_sends_what_it_says() {
    let world = World::rich();
    let card = world.card();
    world.run(&["top-up", &card.id, "1", "--yes"]).is(0);
    let crowd: Vec<Child> = (0..5).map(|_| world.start(&["top-up", &card.id, "1", "--yes", "--json"])).collect();
    let ends: Vec<Option<i32>> = crowd.into_iter().map(|child| end(child).code).collect();
    let sent = ends.iter().filter(|code| **code == Some(0)).count() as u64;
    assert!(ends.iter().all(|code| matches!(code, Some(0 | 8 | 9))), "{ends:?}");
    assert_eq!(world.acts("card_topup"), 1 + sent, "{ends:?}");
    assert_eq!(world.held(&card.id).available, card.available + rust_decimal::Decimal::from(1 + sent));
    world.conserved();
}

/// M5: transfers and issues are held as money on cards is, and passed over one by one.
#[test]
fn transfers_and_issues_are_held_and_passed_over() {
    let world = World::rich();
    let all = world.inventory();
    let pays = all.accounts.iter().max_by_key(|account| account.available).expect("an account");
    let to = all.accounts.iter().find(|one| one.id != pays.id && one.currency == pays.currency).expect("another");
    let transfer = ["transfer", &pays.id, &to.id, "5", "--yes", "--json", "--wait", "1"];
    world.fault("account_transfer", Fault::DropBefore);
    let reference = world.run(&transfer).is(3).reference();
    // The other way round is held too.
    world.run(&["transfer", &to.id, &pays.id, "5", "--yes"]).is(8);
    world.run(&transfer).is(8);
    world.run(&[&transfer[..7], &["30", "--despite", &reference]].concat()).is(0);
    assert_eq!(world.acts("account_transfer"), 1);
    let holder = &all.holders[0].owner_id;
    let issue = ["issue", "--account", &pays.id, "--holder", holder, "--name", "One", "--yes", "--json"];
    world.fault("card_issue", Fault::DropBefore);
    let open = world.run(&[&issue[..], &["--wait", "1"]].concat()).is(3).reference();
    world.run(&issue).is(8);
    // Another name is another card.
    let other = ["issue", "--account", &pays.id, "--holder", holder, "--name", "Two", "--yes"];
    world.run(&other).is(0);
    world.run(&[&issue[..], &["--despite", &open]].concat()).is(0);
    assert_eq!(world.acts("card_issue"), 2);
    world.conserved();
}

/// The passphrase opens the dashboard's lock. A profile that has one acts as the dashboard does when it has begun.
#[test]
fn a_profile_with_a_passphrase_acts_once_there_is_one() {
    let world = World::rich();
    let card = world.card();
    world.settings("passphrase = true\n");
    world.run(&["freeze", &card.id, "--yes"]).is(2).says("wants a passphrase and none is set");
    let mut tty = world.tty(&["passphrase"]);
    for _ in 0..2 {
        std::thread::sleep(Duration::from_millis(1_500));
        tty.press("correct horse battery\r");
    }
    assert_eq!(tty.wait_for_end(), 0, "{}", tty.screen());
    world.run(&["freeze", &card.id, "--yes"]).is(0);
    assert_eq!(world.acts("card_freeze"), 1);
}

/// A pipe that is closed is no error, and stops nothing.
#[test]
fn a_closed_pipe_stops_nothing() {
    let world = World::rich();
    let card = world.card();
    let mut command = world.command(&["top-up", &card.id, "5", "--yes", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(world.acts("card_topup"), 1);
    assert_eq!(world.stages(), ["done"]);
}

/// M3, M11: without a journal nothing goes but a freeze, which is recorded beside it.
#[test]
fn without_a_journal_only_a_freeze_goes() {
    if rustix::process::geteuid().is_root() {
        // Whom no mode keeps from writing: a file where the folder should be does.
        let world = World::rich();
        let card = world.card();
        let state = world.home.path().join(".local/state");
        fs::create_dir_all(&state).expect("a folder");
        fs::write(state.join("fourpay"), b"no folder").expect("a file");
        world.run(&["top-up", &card.id, "5", "--yes"]).is(9);
        world.run(&["unfreeze", &card.id, "--yes"]).is(0).says("active already");
        assert_eq!(world.acts("card_topup"), 0);
        let frozen = world.run(&["freeze", &card.id, "--yes"]).is(0);
        assert!(frozen.error.contains("recorded nowhere"), "{}", frozen.error);
        assert_eq!(world.held(&card.id).status, "frozen");
        assert_eq!(world.acts("card_freeze"), 1);
        return;
    }
    let world = World::rich();
    let card = world.card();
    world.run(&["freeze", &card.id, "--yes"]).is(0);
    world.run(&["unfreeze", &card.id, "--yes"]).is(0);
    let journal = world.home.path().join(".local/state/fourpay/journal");
    fs::set_permissions(&journal, PermissionsExt::from_mode(0o500)).expect("a mode");
    world.run(&["top-up", &card.id, "5", "--yes"]).is(9);
    world.run(&["freeze", &card.id, "--yes"]).is(0).says("the journal could not be written");
    fs::set_permissions(&journal, PermissionsExt::from_mode(0o700)).expect("a mode");
    assert_eq!((world.acts("card_topup"), world.acts("card_freeze")), (0, 2));
}

/// A journal that lost a line takes no act; a freeze goes, and is put into it when the loss was accepted.
#[test]
fn a_journal_that_is_not_whole_takes_a_freeze_beside_it() {
    let world = World::rich();
    let card = world.card();
    world.run(&["top-up", &card.id, "1", "--yes"]).is(0);
    let file = world.home.path().join(".local/state/fourpay/journal/default.jsonl");
    let text = fs::read_to_string(&file).expect("the journal");
    let lines: Vec<&str> = text.lines().collect();
    fs::write(&file, format!("{}\n", lines[..lines.len() - 1].join("\n"))).expect("written");
    world.run(&["top-up", &card.id, "1", "--yes"]).is(9).says("the journal is not what it was");
    let answer = world.run(&["freeze", &card.id, "--yes"]).is(0);
    assert!(answer.error.contains("is recorded in"), "{}", answer.error);
    assert_eq!((world.acts("card_topup"), world.acts("card_freeze")), (1, 1));
    world.run(&["journal", "accept-loss", "--missing", "1"]).is(0);
    world.run(&["unfreeze", &card.id, "--yes"]).is(0);
    let journal = serde_json::to_string(&world.journal()).expect("JSON");
    assert!(journal.contains("\"freeze\""), "the freeze is in the journal: {journal}");
}

/// A 429 is waited out by nobody here: nothing was sent, and that is said.
#[test]
fn too_many_requests_of_an_act_are_open() {
    let world = World::rich();
    let card = world.card();
    world.fault("card_topup", Fault::TooMany { retry_after: 1 });
    world.run(&["top-up", &card.id, "5", "--yes", "--wait", "2"]).is(3);
    assert_eq!(world.acts("card_topup"), 0);
    assert_eq!(world.stages().len(), 1);
}

/// A series stops at the first that is not accepted, and says what was not begun.
#[test]
fn a_series_stops_at_what_is_not_accepted() {
    let world = World::rich();
    let all = world.inventory();
    let (account, holder) = (all.accounts[0].name.clone(), all.holders[0].owner_id.clone());
    world.rule(fourpay::sandbox::Rule::next("card_issue", Fault::DropBefore).after(2));
    let issue = ["issue", "--account", &account, "--holder", &holder, "--name", "S {seq}", "--count", "5", "--yes"];
    let said = world.run(&[&issue[..], &["--json", "--wait", "5"]].concat()).is(3).json();
    let results: Vec<&str> =
        said["acts"].as_array().expect("acts").iter().map(|act| act["result"].as_str().unwrap_or("?")).collect();
    assert_eq!(results, ["done", "done", "open", "not_sent"], "{said}");
    assert_eq!(world.acts("card_issue"), 2);
    // The same series again: the one that is open holds back its like; nothing is made twice by accident.
    world.run(&issue).is(8);
    assert_eq!(world.acts("card_issue"), 2);
}
