//! The real program, killed in the middle of an act and started again: nothing is sent twice, and what became
//! of it is found out.

#![allow(clippy::disallowed_methods, reason = "tests measure time and run programs")]

#[path = "support/tty.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod tty;

#[path = "support/server.rs"]
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::{Server, sandbox};
use tty::{PATIENCE, Tty};

/// A sandbox whose faults are steered over HTTP, and a home for the programs that use it.
struct World {
    _server: Server,
    home: tempfile::TempDir,
    base_url: String,
    token: String,
}

impl World {
    fn new() -> World {
        let home = tempfile::tempdir().expect("a folder");
        let (server, base_url, token) = sandbox(home.path(), &["--faults"]);
        World { _server: server, home, base_url, token }
    }

    /// One request to the control endpoints.
    fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        server::request(&self.base_url, &self.token, method, &format!("/__sandbox/{path}"), body)
    }

    fn fault(&self, endpoint: &str, kind: &str) {
        self.control("POST", "faults", &json!({"endpoint": endpoint, "what": {"kind": kind}}));
    }

    /// How many top ups the server has carried out.
    fn top_ups(&self) -> u64 {
        self.control("GET", "acts", &Value::Null)["card_topup"].as_u64().unwrap_or(0)
    }

    fn dashboard(&self) -> Tty {
        let variables = [("FOURPAY_BASE_URL", self.base_url.as_str()), ("FOURPAY_TOKEN", self.token.as_str())];
        let program = Path::new(env!("CARGO_BIN_EXE_fourpay"));
        let tty = Tty::start((100, 30), program, &["--utc"], &variables, self.home.path());
        tty.wait_for("2 Cards · 130");
        tty.wait_for("live");
        tty
    }

    /// What `fourpay journal` answers with these arguments.
    fn journal(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fourpay"));
        command.arg("journal").args(arguments).arg("--json").env_clear().env("HOME", self.home.path());
        let output = command.output().expect("it runs");
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
    }

    fn stages(&self) -> Vec<String> {
        let (_, list) = self.journal(&["list"]);
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter().map(|intent| intent["stage"].as_str().unwrap_or("?").to_owned()).collect()
    }

    fn wait_for_stages(&self, wanted: &[&str]) {
        let end = Instant::now() + PATIENCE;
        while self.stages() != wanted {
            assert!(Instant::now() < end, "the journal says {:?}, not {wanted:?}", self.stages());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn journal_file(&self) -> PathBuf {
        self.home.path().join(".local/state/fourpay/journal/default.jsonl")
    }

    /// Takes the last line away, as a sync tool or a restored backup does.
    fn cut_last_line(&self, step: &str) {
        let text = fs::read_to_string(self.journal_file()).expect("the journal");
        let lines: Vec<&str> = text.lines().collect();
        let (last, kept) = lines.split_last().expect("lines");
        assert!(last.contains(&format!("\"{step}\"")), "{last}");
        fs::write(self.journal_file(), format!("{}\n", kept.join("\n"))).expect("written");
    }

    fn whole(&self) {
        assert_eq!(self.journal(&["verify"]).0, Some(0), "the chain is broken");
        let conserved = self.control("GET", "conserved", &Value::Null);
        assert_eq!(conserved["conserved"], true, "{conserved}");
    }
}

/// Orders a top up of 1.25 and does not wait for its outcome.
fn top_up(tty: &mut Tty) {
    tty.press("t");
    tty.wait_for("Top up •");
    tty.press("1.25");
    std::thread::sleep(Duration::from_millis(500));
    tty.press("\x13");
}

/// A world in which a top up was written down and sent, the server never took it, and the program was killed.
fn killed_before_it_was_done() -> World {
    let world = World::new();
    world.fault("card_topup", "hang_before");
    let mut tty = world.dashboard();
    top_up(&mut tty);
    world.wait_for_stages(&["sent"]);
    kill(tty);
    world
}

fn kill(mut tty: Tty) {
    tty.signal("KILL");
    tty.wait_for_end();
}

#[test]
fn m3_killed_after_the_server_did_it() {
    let world = World::new();
    world.fault("card_topup", "execute_then_hang");
    let mut tty = world.dashboard();
    top_up(&mut tty);
    world.wait_for_stages(&["sent"]);
    while world.top_ups() == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    kill(tty);
    let mut tty = world.dashboard();
    world.wait_for_stages(&["settled_done"]);
    tty.press("7");
    tty.wait_for("✓ confirmed");
    tty.press("\x1b");
    tty.wait_for("2 Cards");
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
    assert_eq!(world.top_ups(), 1, "M1: it was sent again");
    world.whole();
}

#[test]
fn m3_killed_before_the_server_did_it() {
    let world = killed_before_it_was_done();
    let tty = world.dashboard();
    // It is not called failed: only time and reading can tell that it will not be done any more.
    world.wait_for_stages(&["unknown"]);
    tty.wait_until("the count of unknown outcomes", |screen| screen.contains("1 outcome unknown"));
    assert_eq!(world.top_ups(), 0, "it was sent again");
    world.whole();
}

/// Killed between writing it down and sending it: nothing left this computer, and that is certain.
#[test]
fn m3_killed_between_writing_down_and_sending() {
    let world = killed_before_it_was_done();
    // As it would have been a moment earlier: `recorded` is the last line, and no head knows of another.
    world.cut_last_line("sent");
    fs::remove_file(world.journal_file().with_extension("head")).expect("a head");
    fs::remove_dir_all(world.home.path().join(".local/share/fourpay")).expect("the copy of the head");
    let tty = world.dashboard();
    world.wait_for_stages(&["not_sent"]);
    drop(tty);
    assert_eq!(world.top_ups(), 0);
    world.whole();
}

/// The same line lost in another way, by a sync tool or a restored backup: the head knows of it, and nothing is said to be
/// certain.
#[test]
fn a_lost_sent_line_is_no_not_sent() {
    let world = killed_before_it_was_done();
    world.cut_last_line("sent");
    let before = fs::read_to_string(world.journal_file()).expect("the journal");
    let mut tty = world.dashboard();
    tty.wait_for("✗ journal");
    tty.press("t");
    tty.wait_for("the journal cannot be used");
    assert_eq!(fs::read_to_string(world.journal_file()).expect("the journal"), before, "nothing was written behind it");
    assert_eq!(world.journal(&["verify"]).0, Some(1));
    assert_eq!(world.stages(), ["recorded"]);
    drop(tty);
    // There is a way out, which keeps what is open.
    assert_eq!(world.journal(&["accept-loss"]).0, Some(2), "it is confirmed by typing");
    assert_eq!(world.journal(&["accept-loss", "--missing", "7"]).0, Some(1), "by the right number");
    assert_eq!(world.journal(&["accept-loss", "--missing", "1"]).0, Some(0));
    let tty = world.dashboard();
    world.wait_for_stages(&["unknown"]);
    drop(tty);
    assert_eq!(world.top_ups(), 0);
    world.whole();
}

/// The journal goes while the dashboard runs and an outcome is being looked for: it is said in red, what was known stays
/// on the screen, nothing but freezing goes, and putting the file back ends it.
#[test]
fn a_journal_that_disappears_bars_everything_but_freezing() {
    let world = World::new();
    let mut tty = world.dashboard();
    world.fault("card_topup", "drop_before");
    top_up(&mut tty);
    world.wait_for_stages(&["unknown"]);
    tty.wait_for("1 outcome unknown");
    let kept = world.home.path().join("kept.jsonl");
    fs::rename(world.journal_file(), &kept).expect("moved");
    tty.wait_for("✗ journal");
    tty.press("7");
    tty.wait_for("7 Journal · 1");
    tty.press("\x1b");
    tty.wait_until("the panes", |screen| screen.contains("2 Cards") && !screen.contains("7 Journal"));
    tty.press("t");
    tty.wait_for("the journal cannot be used");
    assert_eq!(world.journal(&["verify"]).0, Some(1));
    tty.press("f");
    tty.wait_for("Freeze •");
    std::thread::sleep(Duration::from_millis(300));
    tty.press("y");
    let end = Instant::now() + Duration::from_secs(5);
    while world.control("GET", "acts", &Value::Null)["card_freeze"] != 1 {
        assert!(Instant::now() < end, "the card was not frozen:\n{}", tty.screen());
        std::thread::sleep(Duration::from_millis(50));
    }
    fs::rename(&kept, world.journal_file()).expect("moved back");
    tty.wait_for("the journal can be used again");
    tty.wait_until("no trouble", |screen| !screen.contains("✗ journal"));
    // The freeze is written down now, and the top up is still open.
    let end = Instant::now() + PATIENCE;
    while !world.stages().contains(&"unknown".to_owned()) || world.stages().len() != 2 {
        assert!(Instant::now() < end, "{:?}", world.stages());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(world.top_ups(), 0);
    world.whole();
}

/// A line that a crash has torn, or a block of zeros, is news: everything works after it.
#[test]
fn m3_killed_in_the_middle_of_a_line() {
    let world = World::new();
    let mut tty = world.dashboard();
    top_up(&mut tty);
    world.wait_for_stages(&["done"]);
    kill(tty);
    let before = fs::read_to_string(world.journal_file()).expect("the journal");
    let mut stages = vec!["done"];
    for tail in ["{\"v\":1,\"seq\":99,\"at\":\"2026-".to_owned(), "\0".repeat(300)] {
        let text = fs::read_to_string(world.journal_file()).expect("the journal");
        fs::write(world.journal_file(), text + &tail).expect("written");
        let mut tty = world.dashboard();
        tty.wait_for("a line cut off by a crash");
        assert!(!tty.screen().contains("✗ journal"), "{}", tty.screen());
        top_up(&mut tty);
        stages.push("done");
        world.wait_for_stages(&stages);
        kill(tty);
    }
    let folder = fs::read_dir(world.journal_file().parent().expect("a folder")).expect("a folder");
    let names: Vec<String> =
        folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    assert_eq!(names.iter().filter(|name| name.contains("torn")).count(), 2, "{names:?}");
    let after = fs::read_to_string(world.journal_file()).expect("the journal");
    assert!(after.starts_with(&before), "a whole line was lost");
    world.whole();
}

/// What a program that is killed leaves is taken over by one that was running all the time.
#[test]
fn a_killed_program_s_act_is_taken_over_by_another_that_runs() {
    let world = World::new();
    let other = world.dashboard();
    world.fault("card_topup", "execute_then_hang");
    let mut tty = world.dashboard();
    top_up(&mut tty);
    world.wait_for_stages(&["sent"]);
    while world.top_ups() == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    kill(tty);
    world.wait_for_stages(&["settled_done"]);
    assert_eq!(world.top_ups(), 1);
    drop(other);
    world.whole();
}

/// 307: its handler never ran, nothing was done, and the path to set is named.
#[test]
fn a_redirect_says_that_nothing_was_done_and_what_to_set() {
    let world = World::new();
    let mut tty = world.dashboard();
    let redirect = json!({"kind": "redirect", "to": "/api/v2/elsewhere/"});
    world.control("POST", "faults", &json!({"endpoint": "card_topup", "what": redirect}));
    top_up(&mut tty);
    tty.wait_for("[paths]");
    world.wait_for_stages(&["refused"]);
    assert_eq!(world.top_ups(), 0);
    assert!(tty.screen().contains("1.25"), "the input was lost:\n{}", tty.screen());
}

/// 429: the form stays closed until the balances were read after it; then it says that nothing is seen, and sends again only
/// for somebody who types it.
#[test]
fn after_a_429_the_form_is_closed_until_the_balances_were_read() {
    for executed in [false, true] {
        let world = World::new();
        let mut tty = world.dashboard();
        let what = match executed {
            true => json!({"kind": "execute_then_status", "code": 429, "body": "{\"detail\":\"Too many requests\"}"}),
            false => json!({"kind": "too_many", "retry_after": 1}),
        };
        world.control("POST", "faults", &json!({"endpoint": "card_topup", "what": what}));
        top_up(&mut tty);
        // Whoever presses on pays nothing twice.
        tty.press("\x13\x13");
        if executed {
            world.wait_for_stages(&["settled_done"]);
        } else {
            tty.wait_for("it may still come");
            world.wait_for_stages(&["not_seen"]);
            tty.press("\x13");
            std::thread::sleep(Duration::from_millis(500));
            assert_eq!(world.top_ups(), 0);
            tty.press("override\r");
            world.wait_for_stages(&["done", "not_seen"]);
        }
        assert_eq!(world.top_ups(), 1, "executed: {executed}");
        world.whole();
    }
}

/// Two dashboards of one profile at the same time: the journal stays whole, and each sees what the other did.
#[test]
fn two_dashboards_share_one_journal() {
    let world = World::new();
    let mut one = world.dashboard();
    let mut two = world.dashboard();
    two.press("j");
    top_up(&mut one);
    top_up(&mut two);
    world.wait_for_stages(&["done", "done"]);
    assert_eq!(world.top_ups(), 2);
    for tty in [&mut one, &mut two] {
        tty.press("q");
        assert_eq!(tty.wait_for_end(), 0);
    }
    world.whole();
}

/// The fault matrix as a person sees it: a broken answer is unknown and then found out; a refusal keeps the form.
#[test]
fn m4_the_screen_says_the_truth_whatever_the_answer() {
    let world = World::new();
    let mut tty = world.dashboard();
    let mut expected: Vec<&str> = Vec::new();
    for what in [
        json!({"kind": "execute_then_drop"}),
        json!({"kind": "truncated"}),
        json!({"kind": "execute_then_status", "code": 504, "body": "<html>gateway time-out</html>"}),
        json!({"kind": "bad_gateway", "executed": true}),
    ] {
        let done = world.top_ups();
        world.control("POST", "faults", &json!({"endpoint": "card_topup", "what": what}));
        top_up(&mut tty);
        expected.insert(0, "settled_done");
        world.wait_for_stages(&expected);
        tty.wait_until("no unknown outcome", |screen| !screen.contains("unknown"));
        assert_eq!(world.top_ups(), done + 1, "{what}");
    }
    let done = world.top_ups();
    let body = json!({"detail": [{"loc": ["body", "amount"], "msg": "is above the card's limit", "type": "value"}]});
    let refused = json!({"kind": "status", "code": 422, "body": body.to_string()});
    world.control("POST", "faults", &json!({"endpoint": "card_topup", "what": refused}));
    top_up(&mut tty);
    tty.wait_for("is above the card's limit");
    assert!(tty.screen().contains("1.25"), "the input was lost:\n{}", tty.screen());
    expected.insert(0, "refused");
    world.wait_for_stages(&expected);
    assert_eq!(world.top_ups(), done);
    tty.press("\x1b");
    tty.wait_until("a closed form", |screen| !screen.contains("Cancel"));
    tty.press("7");
    tty.wait_for("✗ refused");
    tty.wait_for("✓ confirmed");
    world.whole();
}
