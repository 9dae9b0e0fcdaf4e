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
    tty.wait_for("✓ found done");
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

#[test]
fn m3_killed_between_writing_down_and_sending() {
    let world = killed_before_it_was_done();
    // As it would have been a moment earlier: `recorded` is the last line.
    let text = fs::read_to_string(world.journal_file()).expect("the journal");
    let lines: Vec<&str> = text.lines().collect();
    let (last, kept) = lines.split_last().expect("lines");
    assert!(last.contains("\"sent\""), "{last}");
    fs::write(world.journal_file(), format!("{}\n", kept.join("\n"))).expect("written");
    let tty = world.dashboard();
    world.wait_for_stages(&["not_sent"]);
    drop(tty);
    assert_eq!(world.top_ups(), 0);
    world.whole();
}

#[test]
fn m3_killed_in_the_middle_of_a_line() {
    let world = World::new();
    let mut tty = world.dashboard();
    top_up(&mut tty);
    world.wait_for_stages(&["done"]);
    kill(tty);
    let before = fs::read_to_string(world.journal_file()).expect("the journal");
    fs::write(world.journal_file(), format!("{before}{{\"v\":1,\"seq\":99,\"at\":\"2026-")).expect("written");
    drop(world.dashboard());
    let folder = fs::read_dir(world.journal_file().parent().expect("a folder")).expect("a folder");
    let names: Vec<String> =
        folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    assert!(names.iter().any(|name| name.contains("torn")), "{names:?}");
    let after = fs::read_to_string(world.journal_file()).expect("the journal");
    assert!(after.starts_with(&before), "a whole line was lost");
    assert_eq!(world.stages(), ["done"]);
    world.whole();
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
    tty.wait_for("✓ found done");
    world.whole();
}
