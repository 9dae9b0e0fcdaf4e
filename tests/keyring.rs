//! Credentials in a real Secret Service, and what happens where there is none.

#![allow(clippy::disallowed_methods, reason = "tests measure time and are told things by their environment")]

#[path = "support/desktop.rs"]
mod desktop;

use std::process::Output;
use std::time::{Duration, Instant};

use desktop::Desktop;
use fourpay::credentials::keyring::{self, Slot, Trouble, WebhookSlot};
use fourpay::credentials::webhook::{self, Source};
use fourpay::credentials::{Credential, KEYRING};
use fourpay::domain::secret::{Password, Token, WebhookSecret};
use zeroize::Zeroizing;

fn hold(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// One of the parts below, in a process of its own that is in the given session.
fn part(name: &str, variables: &[(String, String)]) -> Output {
    let this = std::env::current_exe().expect("this program");
    std::process::Command::new(this)
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env_clear()
        .envs(variables.iter().cloned())
        .output()
        .expect("the part runs")
}

fn passed(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn s10_a_credential_is_kept_read_and_forgotten() {
    let home = tempfile::tempdir().expect("a folder");
    let desktop = Desktop::with_keyring(home.path());
    passed(&part("part_keeps_reads_and_forgets", desktop.variables()));
}

#[test]
#[ignore = "a part of s10_a_credential_is_kept_read_and_forgotten"]
fn part_keeps_reads_and_forgets() {
    let slot = Slot::new("default", "https://api.example.com");
    let other = Slot::new("default", "https://evil.example");
    assert!(keyring::read(&slot, KEYRING).expect("an answer").is_none());
    assert!(!keyring::holds(&slot, KEYRING).expect("an answer"));
    let token = Credential::Token(Token::parse(hold("tok_CANARY")).expect("a token"));
    keyring::keep(&slot, &token, KEYRING).expect("kept");
    assert!(keyring::holds(&slot, KEYRING).expect("an answer"));
    let Some(Credential::Token(read)) = keyring::read(&slot, KEYRING).expect("an answer") else { panic!("no token") };
    assert_eq!(read.expose(), "tok_CANARY");
    assert!(keyring::read(&other, KEYRING).expect("an answer").is_none(), "it was given to another address");
    // The second takes the place of the first.
    let password = Password::new(hold("pass \"word\" CANARY\u{e9}"));
    let login = Credential::Login { email: "ana@example.com".into(), password };
    keyring::keep(&slot, &login, KEYRING).expect("kept");
    match keyring::read(&slot, KEYRING).expect("an answer") {
        Some(Credential::Login { email, password }) => {
            assert_eq!((email.as_str(), password.expose()), ("ana@example.com", "pass \"word\" CANARY\u{e9}"));
        }
        other => panic!("{other:?}"),
    }
    assert!(keyring::forget(&slot, KEYRING).expect("an answer"));
    assert!(!keyring::forget(&slot, KEYRING).expect("an answer"));
    assert!(keyring::read(&slot, KEYRING).expect("an answer").is_none());
}

/// S1, S4: what signs deliveries is never taken for what the API is asked with.
#[test]
fn s1_a_webhook_secret_is_kept_apart_from_the_token() {
    let home = tempfile::tempdir().expect("a folder");
    let desktop = Desktop::with_keyring(home.path());
    passed(&part("part_keeps_a_webhook_secret", desktop.variables()));
}

#[test]
#[ignore = "a part of s1_a_webhook_secret_is_kept_apart_from_the_token"]
fn part_keeps_a_webhook_secret() {
    let address = "https://api.example.com";
    let (slot, token) = (WebhookSlot::new("default", address), Slot::new("default", address));
    let sources = || webhook::Sources { environment: None, slot: Some(slot.clone()) };
    assert!(sources().read().expect("an answer").is_none());
    assert_eq!(sources().first(), Ok(None));
    // Letters a token could not have, and a brace in front: it is kept as it is.
    let secret = "{whsec CANARY \u{e9}";
    keyring::keep(&slot, &WebhookSecret::new(hold(secret)), KEYRING).expect("kept");
    assert!(keyring::read(&token, KEYRING).expect("an answer").is_none(), "it was given as a token");
    keyring::keep(&token, &Credential::Token(Token::parse(hold("tok_1")).expect("a token")), KEYRING).expect("kept");
    let found = sources().read().expect("an answer").expect("a secret");
    assert_eq!((found.secret.expose(), found.source), (secret, Source::Keyring));
    let said = WebhookSecret::new(hold("whsec_environment"));
    let suggest =
        webhook::Sources { environment: Some(said), ..sources() }.read().expect("an answer").expect("a secret");
    assert_eq!((suggest.secret.expose(), suggest.source), ("whsec_environment", Source::Environment));
    let elsewhere = WebhookSlot::new("default", "https://evil.example");
    assert!(keyring::read(&elsewhere, KEYRING).expect("an answer").is_none(), "it was given to another address");
    assert!(keyring::forget(&slot, KEYRING).expect("an answer"));
    assert!(!keyring::forget(&slot, KEYRING).expect("an answer"));
    assert!(keyring::holds(&token, KEYRING).expect("an answer"), "the token went with it");
}

#[test]
fn s10_a_locked_keyring_is_said_to_be_locked() {
    let home = tempfile::tempdir().expect("a folder");
    let desktop = Desktop::with_keyring(home.path());
    passed(&part("part_keeps", desktop.variables()));
    drop(desktop);
    std::fs::remove_file(home.path().join("bus")).unwrap_or_default();
    let desktop = Desktop::with_locked_keyring(home.path());
    passed(&part("part_finds_it_locked", desktop.variables()));
}

#[test]
#[ignore = "a part of s10_a_locked_keyring_is_said_to_be_locked"]
fn part_keeps() {
    let token = Credential::Token(Token::parse(hold("tok_CANARY")).expect("a token"));
    keyring::keep(&Slot::new("default", "https://api.example.com"), &token, KEYRING).expect("kept");
}

#[test]
#[ignore = "a part of s10_a_locked_keyring_is_said_to_be_locked"]
fn part_finds_it_locked() {
    let asked = keyring::read(&Slot::new("default", "https://api.example.com"), KEYRING);
    assert!(matches!(asked, Err(Trouble::Locked(_))), "{asked:?}");
}

/// No bus, a bus with no keyring on it, a bus that is not there, a bus that takes calls and never answers.
#[test]
fn s10_without_a_keyring_the_answer_is_quick_and_clear() {
    let home = tempfile::tempdir().expect("a folder");
    passed(&part("part_has_no_keyring", &desktop::homely(home.path())));
    let empty = Desktop::without_keyring(home.path());
    passed(&part("part_has_no_keyring", empty.variables()));
    let mut gone = desktop::homely(home.path());
    gone.push(("DBUS_SESSION_BUS_ADDRESS".into(), "unix:path=/nowhere/bus".into()));
    passed(&part("part_has_no_keyring", &gone));
    let mute = home.path().join("mute");
    let _listener = std::os::unix::net::UnixListener::bind(&mute).expect("a socket");
    let mut stuck = desktop::homely(home.path());
    stuck.push(("DBUS_SESSION_BUS_ADDRESS".into(), format!("unix:path={}", mute.display())));
    passed(&part("part_waits_only_so_long", &stuck));
}

#[test]
#[ignore = "a part of s10_without_a_keyring_the_answer_is_quick_and_clear"]
fn part_has_no_keyring() {
    let began = Instant::now();
    let asked = keyring::read(&Slot::new("default", "https://api.example.com"), Duration::from_secs(60));
    match asked {
        Err(Trouble::Absent(said)) => assert!(!said.is_empty()),
        other => panic!("{other:?}"),
    }
    // Not the limit's doing: nothing was there to wait for.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
#[ignore = "a part of s10_without_a_keyring_the_answer_is_quick_and_clear"]
fn part_waits_only_so_long() {
    let limit = Duration::from_millis(300);
    let asked = keyring::read(&Slot::new("default", "https://api.example.com"), limit);
    assert!(matches!(asked, Err(Trouble::Silent(_))), "{asked:?}");
}
