//! The dashboard on servers that we did not write, in a real pseudo terminal: one act of each kind, and what the journal
//! says of it. Started by `.ci/foreign`, which starts the servers too.

#![allow(clippy::disallowed_methods, reason = "tests measure time and are told things by their environment")]

#[path = "support/tty.rs"]
#[allow(dead_code, reason = "the pictures use the rest")]
mod tty;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tty::Tty;

/// Longest wait for an outcome: a read that shows it, or that it was looked for and not seen.
const OUTCOME: Duration = Duration::from_secs(90);

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; .ci/foreign runs this"))
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_fourpay"))
}

fn start(size: (u16, u16), home: &Path) -> Tty {
    let (base_url, token) = (variable("FOREIGN_BASE_URL"), variable("FOREIGN_TOKEN"));
    let variables = [("FOURPAY_BASE_URL", base_url.as_str()), ("FOURPAY_TOKEN", token.as_str())];
    Tty::start(size, &program(), &["--utc"], &variables, home)
}

/// The stage of the last act of each kind, as the journal has it.
fn stages(home: &Path) -> BTreeMap<String, String> {
    let output = Command::new(program())
        .args(["journal", "list", "--json"])
        .env_clear()
        .env("HOME", home)
        .output()
        .expect("it runs");
    let entries: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let of = |entry: &serde_json::Value| {
        let kind = entry["steps"][0]["kind"].as_str()?.to_owned();
        Some((kind, entry["stage"].as_str()?.to_owned()))
    };
    let mut all: Vec<(String, String)> = entries.iter().filter_map(of).collect();
    // Whatever order they are listed in: of two of a kind the one that is open counts.
    all.sort_by_key(|(_, stage)| stage != "done");
    all.into_iter().collect()
}

/// Waits until the act of this kind has one of these stages.
fn wait_for_stage(home: &Path, tty: &Tty, kind: &str, wanted: &[&str]) {
    let end = Instant::now() + OUTCOME;
    loop {
        let all = stages(home);
        if all.get(kind).is_some_and(|stage| wanted.contains(&stage.as_str())) {
            return;
        }
        assert!(Instant::now() < end, "{kind} did not become {wanted:?}: {all:?}\n{}", tty.screen());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Answers a question that `y` confirms, once it may be answered.
fn say_yes(tty: &mut Tty, home: &Path, kind: &str) {
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(500));
        if stages(home).contains_key(kind) {
            return;
        }
        tty.press("y");
    }
    panic!("{kind} was not asked for:\n{}", tty.screen());
}

/// Opens a form, fills it in, and confirms it once it may be confirmed.
fn fill(tty: &mut Tty, home: &Path, kind: &str, open: &str, title: &str, keys: &str) {
    tty.press(open);
    tty.wait_for(title);
    std::thread::sleep(Duration::from_millis(700));
    tty.press(keys);
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(500));
        if stages(home).contains_key(kind) {
            return;
        }
        tty.press("\x13");
    }
    panic!("{kind} was not asked for:\n{}", tty.screen());
}

#[test]
#[ignore = "needs the servers of .ci/foreign"]
fn a_server_that_keeps_state_does_what_it_is_asked() {
    let home = tempfile::tempdir().expect("a folder");
    let mut tty = start((160, 48), home.path());
    tty.wait_for("2 Cards · 120");
    tty.wait_for("3 Transactions");
    // Its lists do not say whose a card is; that is read in the background.
    tty.wait_until("holders", |screen| screen.contains("Zoë Hart") && !screen.contains("not read yet"));
    assert!(tty.screen().contains("1,234.33"), "the balance at the scale of its currency:\n{}", tty.screen());
    let home = home.path();
    let done = ["done", "settled_done", "found_later"];
    tty.press("2gf");
    say_yes(&mut tty, home, "freeze");
    wait_for_stage(home, &tty, "freeze", &done);
    tty.wait_for("frozen");
    tty.press("f");
    say_yes(&mut tty, home, "unfreeze");
    wait_for_stage(home, &tty, "unfreeze", &done);
    fill(&mut tty, home, "top_up", "t", "Top up •", "1.25");
    wait_for_stage(home, &tty, "top_up", &done);
    fill(&mut tty, home, "withdraw", "w", "Withdraw from •", "0.75");
    wait_for_stage(home, &tty, "withdraw", &done);
    fill(&mut tty, home, "transfer", "1jT", "Transfer from", "\t12.50");
    wait_for_stage(home, &tty, "transfer", &done);
    fill(
        &mut tty,
        home,
        "create_cardholder",
        "n",
        "Issue a card",
        "\tnew\tNora\tLind\tnora@example.org\t\tnora-lind\tField kit",
    );
    wait_for_stage(home, &tty, "create_cardholder", &done);
    wait_for_stage(home, &tty, "issue_card", &done);
    // The new card has no money on it.
    tty.press("2/Field kit\r");
    tty.wait_until("the new card", |screen| {
        screen.lines().any(|line| line.contains("Field kit") && line.contains("active") && line.contains('•'))
    });
    let screen = tty.screen();
    let line = screen.lines().find(|line| line.contains("Field kit") && line.contains('•')).expect("the card");
    let last_four: String = line.split('•').nth(1).expect("its number").chars().take(4).collect();
    fill(&mut tty, home, "close", "X", "for good", &last_four);
    wait_for_stage(home, &tty, "close", &done);
    // Each person's cards are counted.
    tty.press("4");
    tty.wait_until("the people", |screen| screen.contains("4 Cardholders") && screen.contains("ada@example.org"));
    tty.wait_until("their cards", |screen| {
        screen.lines().any(|line| line.contains("Ada Byrne") && line.contains(" 40 "))
    });
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
}

/// A mock server: whatever is asked of it, what it lists stays as it is. Nothing may be called done.
#[test]
#[ignore = "needs the servers of .ci/foreign"]
fn a_server_that_changes_nothing_is_never_believed() {
    let home = tempfile::tempdir().expect("a folder");
    let mut tty = start((160, 48), home.path());
    tty.wait_for("2 Cards · 1");
    tty.wait_for("3 Transactions");
    let home = home.path();
    let open = ["accepted", "not_seen", "unknown"];
    tty.press("2gf");
    say_yes(&mut tty, home, "freeze");
    wait_for_stage(home, &tty, "freeze", &open);
    tty.wait_for("freezing…");
    // Its only card is being made, by its first word for a state: money is not moved there.
    // It stays so for as long as one looks.
    std::thread::sleep(Duration::from_secs(5));
    let all = stages(home);
    assert!(all.values().all(|stage| open.contains(&stage.as_str())), "{all:?}\n{}", tty.screen());
    tty.wait_for("freezing…");
    tty.press("q");
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end && tty.child.try_wait().expect("a process").is_none() {
        // What is under way is asked about before it ends.
        tty.press("y");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(tty.wait_for_end(), 0);
}

/// Values drawn by chance from the schemas: shown or said to be unreadable, with every pane open.
#[test]
#[ignore = "needs the servers of .ci/foreign"]
fn a_server_of_random_values_can_be_looked_at() {
    let home = tempfile::tempdir().expect("a folder");
    for size in [(160, 48), (80, 24)] {
        let mut tty = start(size, home.path());
        tty.wait_for("2 Cards · ");
        for (key, title) in [("4", "4 Cardholders"), ("6", "6 Webhooks"), ("7", "7 Journal"), ("2", "2 Cards")] {
            tty.press(key);
            tty.wait_for(title);
        }
        std::thread::sleep(Duration::from_secs(3));
        assert!(tty.child.try_wait().expect("a process").is_none(), "it ended by itself:\n{}", tty.screen());
        tty.press("q");
        assert_eq!(tty.wait_for_end(), 0);
    }
}
