//! From `fourpay login` to the merchant's dashboard, with a real keyring, and without one.

#![allow(clippy::disallowed_methods, reason = "tests measure time and are told things by their environment")]

#[path = "support/desktop.rs"]
#[allow(dead_code, reason = "other tests lock the keyring")]
mod desktop;
#[path = "support/server.rs"]
#[allow(dead_code, reason = "other tests ask the server itself")]
mod server;
#[path = "support/tty.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod tty;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use desktop::Desktop;
use server::{Server, sandbox};
use tty::Tty;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fourpay");

/// A person with a home, a sandbox that stands for the merchant's API, and perhaps a keyring.
struct Person {
    home: tempfile::TempDir,
    variables: Vec<(String, String)>,
    desktop: Option<Desktop>,
    _server: Server,
    base_url: String,
    token: String,
}

/// What a command said, and its exit code.
struct Said {
    text: String,
    code: i32,
}

impl Person {
    fn new(keyring: bool) -> Person {
        let home = tempfile::tempdir().expect("a folder");
        let desktop = keyring.then(|| Desktop::with_keyring(home.path()));
        let variables = match &desktop {
            Some(desktop) => desktop.variables().to_vec(),
            None => desktop::homely(home.path()),
        };
        let (server, base_url, token) = sandbox(home.path(), &["--faults"]);
        Person { home, variables, desktop, _server: server, base_url, token }
    }

    fn config(&self) -> PathBuf {
        self.home.path().join(".config/fourpay/config.toml")
    }

    fn run(&self, arguments: &[&str], more: &[(&str, &str)], typed: &str) -> Said {
        let mut child = Command::new(PROGRAM)
            .args(arguments)
            .env_clear()
            .envs(self.variables.iter().cloned())
            .envs(more.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        // It may end without having read.
        let _ = child.stdin.take().expect("its input").write_all(typed.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Said { text, code: output.status.code().expect("an exit code") }
    }

    fn login(&self) -> Said {
        self.run(&["login", "--base-url", &self.base_url], &[], &format!("{}\n", self.token))
    }

    fn tty(&self, arguments: &[&str]) -> Tty {
        let variables: Vec<(&str, &str)> =
            self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Tty::start((100, 30), Path::new(PROGRAM), arguments, &variables, self.home.path())
    }

    /// S1, D4: whether a file of this home, other than the keyring's own, holds the text.
    fn leaves(&self, text: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                match entry.file_type().expect("a kind") {
                    kind if kind.is_dir() => folders.push(path),
                    kind if kind.is_file() => {
                        let bytes = std::fs::read(&path).unwrap_or_default();
                        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                            found.push(path);
                        }
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

/// S1, S3, S10: by a pipe; then the plain start is the merchant's.
#[test]
fn login_then_the_next_plain_start_is_the_merchant() {
    let person = Person::new(true);
    let said = person.login();
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.text.contains("accounts") && said.text.contains("kept in the keyring"), "{}", said.text);
    assert!(!said.text.contains(&person.token), "S1: {}", said.text);
    let config = std::fs::read_to_string(person.config()).expect("the settings");
    assert_eq!(config, format!("base_url = \"{}\"\n", person.base_url));
    assert_eq!(person.leaves(&person.token), Vec::<PathBuf>::new(), "S1, D4");

    let mut tty = person.tty(&["--utc"]);
    tty.wait_until("the merchant", |screen| screen.contains("default") && screen.contains("purchase"));
    let line = std::fs::read_to_string(format!("/proc/{}/cmdline", tty.pid())).expect("its arguments");
    assert!(!line.contains(&person.token), "S1");
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);

    let said = person.run(&["profiles"], &[], "");
    assert!(said.text.contains("* default") && said.text.contains("the keyring"), "{}", said.text);
    let said = person.run(&["profiles", "--json"], &[], "");
    let rows: serde_json::Value = serde_json::from_str(&said.text).expect("JSON");
    assert_eq!(rows[0]["credential"], "the keyring");
    assert_eq!(rows[0]["environment"], "sandbox");
    assert!(!said.text.contains(&person.token));
    let said = person.run(&["doctor"], &[], "");
    assert!(said.code == 0 && said.text.contains("the keyring"), "{}", said.text);

    // What was kept for one address is given to no other.
    let said = person.run(&["--base-url", "http://127.0.0.1:9", "doctor"], &[], "");
    assert!(said.code == 1 && said.text.contains("no credential"), "{}", said.text);

    let said = person.run(&["logout"], &[], "");
    assert!(said.code == 0 && said.text.contains("is gone"), "{}", said.text);
    let said = person.run(&["doctor"], &[], "");
    assert!(said.code == 1 && said.text.contains("fourpay login"), "{}", said.text);
    let said = person.run(&["logout"], &[], "");
    assert!(said.code == 0 && said.text.contains("holds no credential"), "{}", said.text);
}

#[test]
fn what_the_api_does_not_accept_is_not_kept() {
    let person = Person::new(true);
    for (arguments, typed, why) in [
        (&["login"][..], "tok_CANARY\n", "does not accept"),
        (&["login", "--email", "ana@example.com"][..], "CANARY\n", "does not accept"),
        (&["login", "--email", "ana"][..], "CANARY\n", "no e-mail address"),
        (&["login"][..], "two CANARY\n", "no token"),
        (&["login"][..], "", "no token came in"),
        (&["login", "--email", "ana@example.com"][..], "", "no password came in"),
        (&["login", "--profile", "demo"][..], "", "the demo needs no credential"),
        (&["login", "--profile", "no good"][..], "", "cannot be the name"),
    ] {
        let said = person.run(&[arguments, &["--base-url", &person.base_url]].concat(), &[], typed);
        assert!(said.code != 0 && said.text.contains(why), "{arguments:?}: {}", said.text);
        assert!(!said.text.contains("CANARY"), "S1: {}", said.text);
        assert!(!person.config().exists());
    }
    let said = person.run(&["login"], &[], "tok_CANARY\n");
    assert!(said.code == 2 && said.text.contains("--base-url"), "{}", said.text);
    let said = person.run(&["login", "--base-url", "http://api.example.com"], &[], "tok_CANARY\n");
    assert!(said.code == 2 && said.text.contains("https"), "S6: {}", said.text);
}

/// A login of the merchant portal: the JWT is got anew at each start.
#[test]
fn an_e_mail_and_a_password_are_a_credential_too() {
    let person = Person::new(true);
    let arguments = ["login", "--profile", "shop", "--email", "demo@sandbox.example", "--base-url", &person.base_url];
    let said = person.run(&arguments, &[], "sandbox-demo\n");
    assert_eq!(said.code, 0, "{}", said.text);
    let config = std::fs::read_to_string(person.config()).expect("the settings");
    assert!(config.contains("default_profile = \"shop\"") && config.contains("[profiles.shop]"), "{config}");
    let said = person.run(&["doctor"], &[], "");
    assert!(said.code == 0 && said.text.contains("Authorization: Bearer"), "{}", said.text);
    assert!(said.text.contains("the keyring: the login of demo@sandbox.example"), "{}", said.text);
    assert_eq!(person.leaves("sandbox-demo"), Vec::<PathBuf>::new(), "D4");
}

/// Typed at a prompt that does not show it.
#[test]
fn s1_what_is_typed_is_not_shown() {
    let person = Person::new(true);
    let mut tty = person.tty(&["login"]);
    tty.wait_for("Base URL");
    tty.press(&format!("{}\r", person.base_url));
    tty.wait_for("API token (not shown)");
    tty.press(&format!("{}\r", person.token));
    assert_eq!(tty.wait_for_end(), 0, "{}", tty.screen());
    assert!(!String::from_utf8_lossy(&tty.raw()).contains(&person.token), "S1");
    assert_eq!(tty.modes(), tty.found, "the terminal is as it was");

    let mut tty = person.tty(&["login"]);
    tty.wait_for("API token (not shown)");
    tty.press("\x03");
    assert_ne!(tty.wait_for_end(), 0);
    assert_eq!(tty.modes(), tty.found, "the terminal is as it was");
}

/// S10: no keyring, and a way on.
#[test]
fn s10_without_a_keyring_it_says_so_and_offers_the_other_sources() {
    let person = Person::new(false);
    assert!(person.desktop.is_none());
    let said = person.login();
    assert_eq!(said.code, 1, "{}", said.text);
    for word in ["was not kept", "token_command", "token_file", "FOURPAY_TOKEN", &person.base_url] {
        assert!(said.text.contains(word), "{word}: {}", said.text);
    }
    assert!(!person.config().exists() && person.leaves(&person.token).is_empty(), "nothing is kept anywhere");
    let said = person.run(&["--base-url", &person.base_url], &[], "");
    assert!(said.code == 2 && said.text.contains("keyring"), "{}", said.text);
}

/// From the demo: what is typed there leads to the merchant, and without a keyring for this run only (S10).
#[test]
fn s10_from_the_demo_to_the_merchant_for_this_run() {
    let person = Person::new(false);
    let mut tty = person.tty(&["--utc"]);
    tty.wait_for("Welcome to fourpay");
    tty.wait_for("purchase");
    tty.press("\x0c");
    tty.wait_for("Log in to your merchant");
    tty.press(&format!("http://api.example.com\t\t{}\x13", person.token));
    tty.wait_for("http is for 127.0.0.1");
    // Back to the address: the token is still there.
    tty.press(&format!("\x1b[Z\x1b[Z\x15{}\x13", person.base_url));
    tty.wait_for("logged in for this run; no keyring here");
    tty.wait_until("the merchant", |screen| screen.contains("default") && screen.contains("purchase"));
    assert!(!String::from_utf8_lossy(&tty.raw()).contains(&person.token), "S1");
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
    assert!(!person.config().exists() && person.leaves(&person.token).is_empty(), "nothing is kept anywhere");
    // The demo again, without a welcome.
    let tty = person.tty(&["--utc"]);
    tty.wait_for("purchase");
    assert!(!tty.screen().contains("Welcome"));
}

/// With a keyring it is kept, and the next plain start is the merchant.
#[test]
fn from_the_demo_to_the_merchant_for_good() {
    let person = Person::new(true);
    let mut tty = person.tty(&["--utc"]);
    tty.wait_for("purchase");
    tty.press("\x0c");
    tty.wait_for("Log in to your merchant");
    tty.press(&format!("{}\t\t{}\x13", person.base_url, person.token));
    tty.wait_for("logged in; kept in the keyring");
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
    let config = std::fs::read_to_string(person.config()).expect("the settings");
    assert_eq!(config, format!("base_url = \"{}\"\n", person.base_url));
    assert_eq!(person.leaves(&person.token), Vec::<PathBuf>::new(), "S1, D4");
    let said = person.run(&["doctor"], &[], "");
    assert!(said.code == 0 && said.text.contains("the keyring"), "{}", said.text);
}

/// S2, S3: the sources that are no keyring, from the settings to the dashboard.
#[test]
fn s2_s3_a_command_and_a_file_are_sources() {
    use std::os::unix::fs::PermissionsExt;
    let person = Person::new(false);
    let script = person.home.path().join("my password manager");
    let write = |text: &str| {
        std::fs::write(&script, format!("#!/bin/sh\n{text}\n")).expect("a script");
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).expect("its mode");
    };
    std::fs::create_dir_all(person.config().parent().expect("a folder")).expect("a folder");
    let config = format!("base_url = \"{}\"\ntoken_command = [{:?}, \"a b\"]\n", person.base_url, script);
    std::fs::write(person.config(), config).expect("settings");
    write(&format!("[ \"$1\" = 'a b' ] && echo {}", person.token));
    let said = person.run(&["doctor"], &[], "");
    assert!(said.code == 0 && said.text.contains("token_command"), "{}", said.text);
    assert!(!said.text.contains(&person.token), "S1");
    let tty = person.tty(&[]);
    tty.wait_for("purchase");
    drop(tty);
    // S2: what it said is shown, before anything of the terminal was changed, and is logged nowhere.
    write("echo 'the vault is locked CANARY' >&2; exit 3");
    let mut tty = person.tty(&[]);
    assert_eq!(tty.wait_for_end(), 2);
    let screen = tty.screen();
    assert!(screen.contains("the vault is locked") && screen.contains("exit status: 3"), "{screen}");
    assert!(!String::from_utf8_lossy(&tty.raw()).contains("\x1b[?1049h"), "raw mode was on before");
    std::fs::remove_file(&script).expect("removed");
    assert_eq!(person.leaves("CANARY"), Vec::<PathBuf>::new(), "S2");
    let said = person.run(&["doctor"], &[], "");
    assert!(said.code == 1 && said.text.contains("cannot be started"), "{}", said.text);
    // FOURPAY_TOKEN goes before all of them.
    let said = person.run(&["doctor"], &[("FOURPAY_TOKEN", &person.token)], "");
    assert!(said.code == 0 && said.text.contains("FOURPAY_TOKEN"), "{}", said.text);
}

const SECRET: &str = "whsec CANARY \u{e9}";

fn signature(body: &str) -> String {
    let secret = fourpay::domain::secret::WebhookSecret::new(SECRET.to_owned().into());
    fourpay::hooks::sign::signature(&secret, body.as_bytes())
}

/// S1, D4: what deliveries are signed with, kept once and used by commands and dashboard alike.
#[test]
fn s1_the_webhook_secret_is_kept_used_everywhere_and_forgotten() {
    let person = Person::new(true);
    assert_eq!(person.login().code, 0);
    let verify = ["webhooks", "verify", "--signature", &signature("{}")];
    let said = person.run(&["webhooks", "secret"], &[], &format!("{SECRET}\nsecond line\n"));
    assert!(said.code == 0 && said.text.contains("is kept in the keyring"), "{}", said.text);
    assert!(said.text.contains("profile default") && !said.text.contains("CANARY"), "S1: {}", said.text);
    let right = person.run(&verify, &[], "{}");
    assert_eq!((right.code, right.text.as_str()), (0, "right: the secret of the keyring signed these 2 bytes\n"));
    let nearer = person.run(&verify, &[("FOURPAY_WEBHOOK_SECRET", "whsec_other")], "{}");
    assert!(nearer.code == 1 && nearer.text.contains("the secret of FOURPAY_WEBHOOK_SECRET"), "{}", nearer.text);
    // The token is another thing in another place.
    assert!(person.run(&["logout"], &[], "").text.contains("is gone"));
    assert_eq!(person.run(&verify, &[], "{}").code, 0);
    assert_eq!(person.login().code, 0);
    let said = person.run(&["doctor"], &[], "");
    assert!(said.text.contains("webhook secret") && said.text.contains("the secret of the keyring"), "{}", said.text);
    assert!(!said.text.contains("CANARY"), "S1: {}", said.text);

    // The receiver inside of the dashboard checks with it, and a replay that goes there is signed with it.
    let config = std::fs::read_to_string(person.config()).expect("the settings");
    std::fs::write(person.config(), format!("{config}listen = \"127.0.0.1:0\"\n")).expect("settings");
    let mut tty = person.tty(&["--utc"]);
    tty.wait_for("purchase");
    tty.press("6");
    tty.wait_for("checked with the secret of the keyring");
    tty.wait_for("evt-");
    let screen = tty.screen();
    let address = screen.split("here on ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("an address");
    tty.press("R");
    tty.wait_for("the secret of the keyring");
    tty.press(&format!("http://{address}/again"));
    // Long enough for the form to take it for meant.
    std::thread::sleep(std::time::Duration::from_millis(500));
    tty.press("\x13");
    tty.wait_for("1 taken");
    tty.wait_for("signed with the secret of the keyring");
    assert!(!String::from_utf8_lossy(&tty.raw()).contains("CANARY"), "S1");
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);

    let said = person.run(&["webhooks", "secret", "--forget"], &[], "");
    assert!(said.code == 0 && said.text.contains("is gone from the keyring"), "{}", said.text);
    let said = person.run(&["webhooks", "secret", "--forget"], &[], "");
    assert!(said.code == 0 && said.text.contains("holds no webhook secret"), "{}", said.text);
    assert_eq!(person.leaves("CANARY"), Vec::<PathBuf>::new(), "S1, D4");
    let said = person.run(&["doctor"], &[], "");
    assert!(said.code == 0 && said.text.contains("takes no deliveries without it"), "{}", said.text);
    for (typed, why) in [("", "no secret came in"), (" x\n", "begins or ends with a space"), ("  \n", "no secret")] {
        let said = person.run(&["webhooks", "secret"], &[], typed);
        assert!(said.code == 2 && said.text.contains(why), "{typed:?}: {}", said.text);
    }
    let said = person.run(&["webhooks", "secret", "--profile", "demo"], &[], "x\n");
    assert!(said.code == 2 && said.text.contains("demo"), "{}", said.text);
}

/// S10: without a keyring nothing is kept, the reason is said, and a person is asked.
#[test]
fn s10_without_a_keyring_the_webhook_secret_is_asked_for() {
    let person = Person::new(false);
    let base_url = ["--base-url", &person.base_url];
    let said = person.run(&[&["webhooks", "secret"][..], &base_url].concat(), &[], &format!("{SECRET}\n"));
    assert!(said.code == 1 && said.text.contains("nothing was kept"), "{}", said.text);
    assert!(said.text.contains("set FOURPAY_WEBHOOK_SECRET") && !said.text.contains("CANARY"), "{}", said.text);
    assert_eq!(person.leaves("CANARY"), Vec::<PathBuf>::new());
    let script = format!(
        "printf '{{}}' | '{PROGRAM}' webhooks verify --signature {} --base-url {}",
        signature("{}"),
        person.base_url
    );
    let variables: Vec<(&str, &str)> = person.variables.iter().map(|(name, value)| (&**name, &**value)).collect();
    let home = person.home.path();
    let mut tty = Tty::start((100, 30), Path::new("/bin/sh"), &["-c", &script], &variables, home);
    tty.wait_for("Webhook secret (not shown)");
    assert!(tty.screen().contains("the keyring: there is none here"), "{}", tty.screen());
    tty.press(&format!("{SECRET}\r"));
    assert_eq!(tty.wait_for_end(), 0, "{}", tty.screen());
    assert!(tty.screen().contains("right: the secret that was typed"), "{}", tty.screen());
    assert!(!String::from_utf8_lossy(&tty.raw()).contains("CANARY"), "S1");
}
