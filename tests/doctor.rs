//! `fourpay doctor` and the other things said on the command line, as the real program says them.

#![allow(clippy::disallowed_methods, reason = "tests run programs")]

#[path = "doctor/certificates.rs"]
mod certificates;
#[path = "doctor/features.rs"]
mod features;
#[path = "support/server.rs"]
mod server;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use server::sandbox;

const TOKEN: &str = "tok_CANARY_4539578763621486";

fn doctor(home: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fourpay"))
        .arg("doctor")
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .envs(variables.iter().copied())
        .output()
        .expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn a_working_api_is_said_to_work_with_everything_that_was_looked_at() {
    let home = tempfile::tempdir().expect("a folder");
    let (_server, base_url, token) = sandbox(home.path(), &[]);
    let output = doctor(home.path(), &[], &[("FOURPAY_BASE_URL", &base_url), ("FOURPAY_TOKEN", &token)]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for wanted in ["FOURPAY_TOKEN", &base_url, "TLS", "freeze", "card-transactions", "webhook-events", "ms", "clock"] {
        assert!(said.contains(wanted), "{wanted} is missing:\n{said}");
    }
    assert!(!said.contains('✗') && !said.contains(&token), "{said}");
}

#[test]
fn its_json_says_the_same() {
    let home = tempfile::tempdir().expect("a folder");
    let output = doctor(home.path(), &["--sandbox", "--json"], &[]);
    // The documents do not promise that descriptions come back.
    assert_eq!(output.status.code(), Some(8));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(said["works"], true);
    let findings = said["findings"].as_array().expect("a list");
    let accounts = findings.iter().find(|finding| finding["about"] == "accounts").expect("the accounts");
    assert_eq!(accounts["found"], "4 accounts");
    assert!(accounts["milliseconds"].is_u64());
}

#[test]
fn what_fails_is_named_with_what_to_do_and_exit_code_1() {
    let home = tempfile::tempdir().expect("a folder");
    let (server, base_url, _) = sandbox(home.path(), &[]);
    let output = doctor(home.path(), &[], &[("FOURPAY_BASE_URL", &base_url), ("FOURPAY_TOKEN", TOKEN)]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("does not accept the credential") && said.contains("FOURPAY_TOKEN"), "{said}");
    assert!(!said.contains("CANARY"), "S1: the token was printed:\n{said}");
    drop(server);
    let output = doctor(home.path(), &[], &[("FOURPAY_BASE_URL", &base_url), ("FOURPAY_TOKEN", TOKEN)]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be reached") && said.contains('→'), "{said}");
}

#[test]
fn settings_that_cannot_be_used_are_one_sentence_and_exit_code_2() {
    let home = tempfile::tempdir().expect("a folder");
    for (base_url, wanted) in [("http://api.example", "http"), ("ftp://x.example", "https"), ("nonsense", "https")] {
        let output = doctor(home.path(), &[], &[("FOURPAY_BASE_URL", base_url), ("FOURPAY_TOKEN", TOKEN)]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.lines().count() == 1 && said.contains(wanted) && said.contains("FOURPAY_BASE_URL"), "{said}");
        assert!(!said.contains("CANARY"), "{said}");
    }
}

/// S3: a token file that others may read is refused, with the command that mends it.
#[test]
fn s3_a_token_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().expect("a folder");
    let (_server, base_url, token) = sandbox(home.path(), &[]);
    let file = home.path().join("token");
    std::fs::write(&file, &token).expect("written");
    let folder = home.path().join(".config/fourpay");
    std::fs::create_dir_all(&folder).expect("a folder");
    let config = format!("base_url = \"{base_url}\"\ntoken_file = \"{}\"\n", file.display());
    std::fs::write(folder.join("config.toml"), config).expect("written");
    let mode = |mode| std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).expect("a mode");
    mode(0o644);
    let output = doctor(home.path(), &[], &[]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("chmod 600") && !said.contains(&token), "{said}");
    mode(0o600);
    let output = doctor(home.path(), &[], &[]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("token_file") && !said.contains(&token), "{said}");
}

/// `fourpay config`: the file, what may stand in it, and what cannot be used.
#[test]
fn settings_are_found_shown_and_checked() {
    let home = tempfile::tempdir().expect("a folder");
    let config = |what: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fourpay"));
        let output = command.args(["config", what]).env_clear().env("HOME", home.path()).output().expect("it runs");
        (text(&output.stdout), output.status.code())
    };
    let (path, code) = config("path");
    assert_eq!((Path::new(path.trim()), code), (&*home.path().join(".config/fourpay/config.toml"), Some(0)));
    let (said, code) = config("check");
    assert!(said.contains("there is no file") && code == Some(0), "{said}");
    let (example, code) = config("example");
    assert_eq!(code, Some(0));
    std::fs::create_dir_all(home.path().join(".config/fourpay")).expect("a folder");
    std::fs::write(path.trim(), &example).expect("written");
    let (said, code) = config("check");
    assert!(said.ends_with(": good; profiles: demo\n") && code == Some(0), "{said}");
    let bad = "read_only = \"yes\"\n[profiles.prod]\ntoken_file = \"/nowhere\"\nhistroy = 5\n";
    std::fs::write(path.trim(), bad).expect("written");
    let (said, code) = config("check");
    assert_eq!(code, Some(1), "{said}");
    for wanted in ["config.toml:1: read_only", "until then it is true", "config.toml:4", "did you mean history?"] {
        assert!(said.contains(wanted), "{wanted} is missing:\n{said}");
    }
    assert!(said.contains("profile prod: token_file /nowhere cannot be used"), "{said}");
    assert!(said.ends_with(": 3 things to fix\n"), "{said}");
    // The dashboard would start, and doctor tells of it.
    let said = text(&doctor(home.path(), &["--sandbox"], &[]).stdout);
    assert!(said.contains("read_only cannot be this"), "{said}");
    std::fs::write(path.trim(), "token = \"tok_CANARY\"\n").expect("written");
    let (said, code) = config("check");
    assert!(said.contains("a token may not stand in this file") && !said.contains("CANARY"), "{said}");
    assert_eq!(code, Some(1));
}

/// T3: what the other side says in an error is data on the command line too.
#[test]
fn t3_an_error_body_cannot_act_on_the_terminal() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base_url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let body = "{\"detail\":\"\\u001b]52;c;QUFB\\u0007\\u001b[2J\\u202egnp.exe 4539578763621486\"}";
        for connection in listener.incoming() {
            let mut connection = connection.expect("a connection");
            let mut request = [0; 8192];
            let _ = connection.read(&mut request);
            let head =
                "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length";
            let _ = connection.write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes());
        }
    });
    let home = tempfile::tempdir().expect("a folder");
    for arguments in [&[][..], &["--json"][..]] {
        let output = doctor(home.path(), arguments, &[("FOURPAY_BASE_URL", &base_url), ("FOURPAY_TOKEN", TOKEN)]);
        let all = text(&[output.stdout, output.stderr].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(all.contains("gnp.exe"), "the error is not shown:\n{all}");
        for unsafe_one in ['\u{1b}', '\u{7}', '\u{202e}'] {
            assert!(!all.contains(unsafe_one), "{unsafe_one:?} came through");
        }
        assert!(!all.contains("4539578763621486"), "a card number came through");
    }
}

/// What the dashboard would find around it, of the terminal and of who sees it.
#[test]
fn the_terminal_and_its_surroundings_are_told() {
    let home = tempfile::tempdir().unwrap();
    let told = |variables: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_fourpay"))
            .args(["--sandbox", "doctor", "--json"])
            .env_clear()
            .env("HOME", home.path())
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        move |about: &str| {
            let findings = report["findings"].as_array().unwrap();
            let found =
                findings.iter().find(|finding| finding["about"] == about).map(|finding| finding["found"].clone());
            found.unwrap_or_else(|| panic!("nothing is said of {about}")).as_str().unwrap().to_owned()
        }
    };
    let plain = told(&[("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("COLORFGBG", "0;15")]);
    assert_eq!(plain("colours"), "256 colours (TERM=xterm-256color)");
    assert_eq!(plain("ground"), "light, by COLORFGBG; theme auto");
    assert_eq!(
        (plain("characters"), plain("multiplexer"), plain("session")),
        ("UTF-8".into(), "none".into(), "at this machine".into())
    );
    assert!(plain("clipboard").contains("OSC 52") && plain("keyboard").contains("not asked"));
    let far = told(&[("TERM", "vt100"), ("SSH_TTY", "/dev/pts/7"), ("DISPLAY", "localhost:10.0"), ("LANG", "C")]);
    assert!(far("colours").starts_with("no colours") && far("ground").contains("not known"));
    assert!(far("characters").contains("nothing but ASCII") && far("session").starts_with("remote: SSH, by SSH_TTY"));
    assert_eq!(far("clipboard"), "the desktop's");
}
