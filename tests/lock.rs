//! The lock of the real program (D8): it shuts by itself, the token leaves the memory, and it opens only as it
//! says.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests measure time and run programs")]

#[path = "support/memory.rs"]
mod memory;
#[path = "support/server.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;
#[path = "support/tty.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod tty;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use server::{Server, sandbox};
use tty::{PATIENCE, Tty};

/// A sandbox of its own process, and a home whose settings lock soon.
struct World {
    _server: Server,
    home: tempfile::TempDir,
    base_url: String,
    token: String,
}

impl World {
    fn new(settings: &str) -> World {
        let (home, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (server, base_url, token) = sandbox(other.path(), &[]);
        let world = World { _server: server, home, base_url, token };
        let config = world.home.path().join(".config/fourpay");
        fs::create_dir_all(&config).expect("a folder");
        fs::write(config.join("config.toml"), settings).expect("settings");
        world
    }

    /// A world whose token is in a file.
    fn with_file(settings: &str) -> World {
        let world = World::new("");
        let path = world.token_file();
        fs::write(&path, &world.token).expect("a token");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("a mode");
        let all = format!("base_url = '{}'\ntoken_file = '{}'\n{settings}", world.base_url, path.display());
        fs::write(world.home.path().join(".config/fourpay/config.toml"), all).expect("settings");
        world
    }

    fn token_file(&self) -> PathBuf {
        self.home.path().join("token")
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Tty {
        Tty::start((100, 30), Path::new(env!("CARGO_BIN_EXE_fourpay")), arguments, variables, self.home.path())
    }

    fn dashboard(&self, variables: &[(&str, &str)]) -> Tty {
        let tty = self.run(&["--utc"], variables);
        tty.wait_for("2 Cards · 130");
        tty
    }

    fn journal(&self) -> String {
        fs::read_to_string(self.home.path().join(".local/state/fourpay/journal/default.jsonl")).unwrap_or_default()
    }

    fn wait_for_event(&self, event: &str, times: usize) {
        let end = Instant::now() + PATIENCE;
        while self.journal().matches(&format!("\"{event}\"")).count() < times {
            assert!(Instant::now() < end, "the journal never says {event}:\n{}", self.journal());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn d8_it_locks_by_itself_and_the_token_is_in_no_memory_until_it_is_read_again() {
    let world = World::with_file("lock_after = 2\n");
    let mut tty = world.dashboard(&[]);
    tty.wait_for("without a key");
    assert!(!tty.screen().contains("Cards") && !tty.screen().contains("USD"), "{}", tty.screen());
    world.wait_for_event("locked", 1);
    let end = Instant::now() + PATIENCE;
    while memory::holds(tty.pid(), world.token.as_bytes()) > 0 {
        assert!(Instant::now() < end, "the token is still in the memory");
        std::thread::sleep(Duration::from_millis(100));
    }
    // What cannot be read again opens nothing, and that is written down.
    fs::set_permissions(world.token_file(), PermissionsExt::from_mode(0o644)).expect("a mode");
    tty.press("\r");
    tty.wait_for("Still locked: token_file");
    tty.wait_for("chmod 600");
    world.wait_for_event("unlock_failed", 1);
    fs::set_permissions(world.token_file(), PermissionsExt::from_mode(0o600)).expect("a mode");
    tty.press("\r");
    tty.wait_for("2 Cards · 130");
    world.wait_for_event("unlocked", 1);
    assert!(memory::holds(tty.pid(), world.token.as_bytes()) > 0, "the search finds what is there");
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
}

/// Types at a prompt once the terminal does not echo any more.
fn type_unseen(tty: &mut Tty, prompt: &str, text: &str) {
    tty.wait_for(prompt);
    let end = Instant::now() + PATIENCE;
    while tty.modes() == tty.found {
        assert!(Instant::now() < end, "the terminal still echoes");
        std::thread::sleep(Duration::from_millis(5));
    }
    tty.press(&format!("{text}\r"));
    while tty.modes() != tty.found {
        assert!(Instant::now() < end, "the line was not taken");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn d8_a_passphrase_is_set_asked_for_and_never_kept() {
    const PHRASE: &str = "correct horse battery";
    let world = World::with_file("passphrase = true\n");
    // Wanted and not set: nothing opens.
    let mut tty = world.run(&[], &[]);
    tty.wait_until("the way out", |screen| screen.replace('\n', " ").contains("fourpay passphrase"));
    assert_eq!(tty.wait_for_end(), 2);
    let mut tty = world.run(&["passphrase"], &[]);
    for prompt in ["New passphrase of profile default: ", "The same again: "] {
        type_unseen(&mut tty, prompt, PHRASE);
    }
    tty.wait_for("It is set.");
    assert_eq!(tty.wait_for_end(), 0);
    assert!(!tty.screen().contains("horse"), "it was shown");
    let mut tty = world.dashboard(&[]);
    tty.press(":lock\r");
    tty.wait_for("Type the passphrase");
    tty.press("wrong\r");
    tty.wait_for("Still locked: that is not the passphrase.");
    world.wait_for_event("unlock_failed", 1);
    // Letter by letter: what comes at once stays in the buffer that keys are read into until others come.
    for (typed, letter) in PHRASE.chars().enumerate() {
        tty.press(&letter.to_string());
        tty.wait_for(&format!("Passphrase  {}▏", "•".repeat(typed + 1)));
    }
    tty.press("\r");
    tty.wait_for("2 Cards · 130");
    world.wait_for_event("unlocked", 1);
    assert_eq!(memory::holds(tty.pid(), PHRASE.as_bytes()), 0, "the passphrase is still in the memory");
    assert!(!String::from_utf8_lossy(&tty.raw()).contains("horse"));
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
    // Removing it asks for it.
    let mut tty = world.run(&["passphrase", "--remove"], &[]);
    type_unseen(&mut tty, "as it is now: ", "something else");
    tty.wait_for("that is not the passphrase");
    assert_eq!(tty.wait_for_end(), 2);
}

#[test]
fn d8_a_token_of_the_environment_ends_the_program_with_a_sentence() {
    let world = World::new("lock_after = 4\n");
    let variables = [("FOURPAY_BASE_URL", world.base_url.as_str()), ("FOURPAY_TOKEN", world.token.as_str())];
    let mut tty = world.dashboard(&variables);
    assert_eq!(tty.wait_for_end(), 0);
    let said = tty.screen().replace('\n', " ");
    assert!(said.contains("ended because no key was pressed") && !said.contains("Cards"), "{said}");
    world.wait_for_event("locked", 1);
}

/// Stopped, and continued after the limit: no frame shows anything but the lock.
#[test]
fn d8_a_program_that_was_stopped_past_its_limit_comes_back_locked() {
    let world = World::with_file("lock_after = 3\n");
    let tty = world.dashboard(&[]);
    tty.signal("TSTP");
    tty.wait_until("the shell's screen", |screen| !screen.contains("Cards"));
    let before = tty.raw().len();
    std::thread::sleep(Duration::from_secs(4));
    tty.signal("CONT");
    tty.wait_for("without a key");
    let after = tty.raw().split_off(before);
    assert!(!String::from_utf8_lossy(&after).contains("Cards"), "something was drawn before the lock");
}
