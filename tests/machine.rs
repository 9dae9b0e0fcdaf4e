//! The machine around the program: other processes, files that steer it, variables, who else sees the terminal.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests measure time and run programs")]

#[path = "support/server.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;
#[path = "support/tty.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod tty;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use server::{Server, sandbox};
use tty::{PATIENCE, Tty};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fourpay");

/// A sandbox of its own process, and a home.
struct World {
    _server: Server,
    home: tempfile::TempDir,
    base_url: String,
    token: String,
}

impl World {
    fn new() -> World {
        let (home, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (server, base_url, token) = sandbox(other.path(), &["--faults"]);
        fs::create_dir_all(home.path().join(".config/fourpay")).expect("a folder");
        World { _server: server, home, base_url, token }
    }

    fn config(&self) -> PathBuf {
        self.home.path().join(".config/fourpay/config.toml")
    }

    fn settings(&self, text: &str) {
        fs::write(self.config(), text).expect("settings");
    }

    /// A program of this home.
    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        fs::write(&path, format!("#!/bin/bash\n{text}\n")).expect("a script");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).expect("a mode");
        path
    }

    fn start(&self, program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Tty {
        Tty::start((110, 30), program, arguments, variables, self.home.path())
    }

    fn dashboard(&self, variables: &[(&str, &str)]) -> Tty {
        self.start(Path::new(PROGRAM), &["--utc"], variables)
    }

    fn known(&self) -> [(&str, &str); 2] {
        [("FOURPAY_BASE_URL", &self.base_url), ("FOURPAY_TOKEN", &self.token)]
    }

    /// A command without a terminal: its exit code, and what it said.
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let output = Command::new(PROGRAM)
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().expect("an exit code"), text)
    }
}

fn wait(what: &str, is: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < end, "never came: {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn whole(screen: &str) -> String {
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a `token_command` finds out about itself: a line for each run.
const LOOKS: &str = "
env | grep -e FOURPAY -e GPG_TTY >> \"$HOME/inherited\"
set -- $(sed 's/.*) //' /proc/$$/stat)
echo \"session $4 of $$, terminal $5\" >> \"$HOME/runs\"
if (exec 3<>/dev/tty) 2>/dev/null; then echo tty >> \"$HOME/runs\"; else echo none >> \"$HOME/runs\"; fi
read -t 5 line && echo \"read $line\" >> \"$HOME/runs\"
";

/// S1, S2: neither our secrets nor, while the dashboard is up, the terminal are for a child.
#[test]
fn s1_s2_a_child_gets_no_secret_and_no_terminal() {
    let world = World::new();
    let script = world.script("vault", &format!("{LOOKS}\necho {}", world.token));
    world.settings(&format!("base_url = \"{}\"\ntoken_command = [{script:?}]\n", world.base_url));
    let variables =
        [("FOURPAY_WEBHOOK_SECRET", "whsec_CANARY"), ("FOURPAY_PROFILE", "default"), ("GPG_TTY", "/dev/pts/CANARY")];
    let mut tty = world.dashboard(&variables);
    tty.wait_for("purchase");
    let runs = || fs::read_to_string(world.home.path().join("runs")).unwrap_or_default();
    assert!(runs().contains("tty\n"), "before the dashboard it may ask: {}", runs());
    let inherited = || fs::read_to_string(world.home.path().join("inherited")).unwrap_or_default();
    assert!(!inherited().contains("FOURPAY") && inherited().contains("GPG_TTY"), "{}", inherited());
    fs::remove_file(world.home.path().join("inherited")).expect("removed");
    tty.press(":lock\r");
    tty.wait_for("Locked");
    tty.press("\r");
    tty.wait_for("purchase");
    wait("a run without a terminal", || runs().contains("none\n"));
    assert!(!runs().contains("read "), "it read what was typed: {}", runs());
    assert!(runs().lines().last().is_some_and(|line| line == "none") && runs().contains("terminal 0"), "{}", runs());
    assert_eq!(inherited(), "", "nothing of ours, and no GPG_TTY");
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
}

/// S1: an address that is another profile's, a variable's or a flag's does not get the file's credential.
#[test]
fn s1_no_credential_goes_to_an_address_it_was_not_written_for() {
    let world = World::new();
    let script = world.script("vault", "echo x >> \"$HOME/asked\"; echo tok_CANARY");
    world.settings(&format!(
        "base_url = \"https://one.example\"\ntoken_command = [{script:?}]\n[profiles.other]\nbase_url = \"{}\"\n",
        world.base_url
    ));
    for (arguments, variables) in [
        (vec!["--profile", "other", "doctor"], vec![]),
        (vec!["--base-url", &world.base_url, "doctor"], vec![]),
        (vec!["doctor"], vec![("FOURPAY_BASE_URL", world.base_url.as_str())]),
    ] {
        let (code, said) = world.run(&arguments, &variables);
        assert!(code == 1 && said.contains("belongs to another address"), "{arguments:?}: {said}");
        assert!(!world.home.path().join("asked").exists(), "{arguments:?}: the command was run");
    }
}

/// Whoever can write a file that steers could send the token anywhere.
#[test]
fn what_others_may_write_is_refused_with_the_fix() {
    let world = World::new();
    let folder = world.home.path().join(".config/fourpay");
    world.settings("zone = \"utc\"\n");
    let mode = |path: &Path, mode: u32| fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("a mode");
    let refused = |what: &str, fix: &str| {
        let (code, said) = world.run(&["--sandbox", "doctor"], &[]);
        assert!(code == 2 && said.contains(what) && said.contains(fix), "{said}");
    };
    mode(&world.config(), 0o646);
    refused("everybody may write to it", "chmod go-w");
    mode(&world.config(), 0o644);
    mode(&folder, 0o777);
    refused("everybody may write to it", "chmod go-w");
    mode(&folder, 0o755);
    // The demo lacks some features: 8.
    assert_eq!(world.run(&["--sandbox", "doctor"], &[]).0, 8);
    // A link elsewhere, as stow makes it.
    let dotfiles = world.home.path().join("dotfiles");
    fs::create_dir(&dotfiles).expect("a folder");
    fs::rename(world.config(), dotfiles.join("config.toml")).expect("moved");
    symlink(dotfiles.join("config.toml"), world.config()).expect("a link");
    // The demo lacks some features: 8.
    assert_eq!(world.run(&["--sandbox", "doctor"], &[]).0, 8);
    mode(&dotfiles, 0o777);
    refused("dotfiles", "chmod go-w");
    mode(&dotfiles, 0o755);
    // Keys and themes are not used, and that is said.
    let keys = folder.join("keys.toml");
    fs::write(&keys, "quit = [\"x\"]\n").expect("keys");
    mode(&keys, 0o666);
    let (code, said) = world.run(&["--sandbox", "doctor"], &[]);
    assert!(code == 8 && said.contains("the usual keys are used") && said.contains("chmod go-w"), "{said}");
    fs::create_dir(folder.join("themes")).expect("a folder");
    let theme = folder.join("themes/mine.toml");
    fs::write(&theme, "ground = \"dark\"\n").expect("a theme");
    mode(&theme, 0o666);
    let (_, said) = world.run(&["--sandbox", "doctor"], &[]);
    assert!(said.contains("the theme is not used"), "{said}");
}

/// A pipe in the place of a file is not waited for.
#[test]
fn a_pipe_as_a_file_of_settings_is_refused() {
    let world = World::new();
    assert!(Command::new("mkfifo").arg(world.config()).status().expect("mkfifo runs").success());
    let began = Instant::now();
    for arguments in [&["--sandbox"][..], &["config", "check"], &["doctor"]] {
        let (code, said) = world.run(arguments, &[]);
        assert!(code != 0 && said.contains("no ordinary file"), "{arguments:?}: {said}");
    }
    assert!(began.elapsed() < Duration::from_secs(20));
}

/// A variable that is set and cannot be read is an error: taken for unset, another merchant would be opened.
#[test]
fn a_variable_that_cannot_be_read_is_an_error() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    for name in [
        "FOURPAY_PROFILE",
        "FOURPAY_BASE_URL",
        "FOURPAY_TOKEN",
        "FOURPAY_WEBHOOK_SECRET",
        "NO_COLOR",
        "COLORTERM",
        "TERM",
        "LANG",
        "COLORFGBG",
    ] {
        let output = Command::new(PROGRAM)
            .args(["--sandbox", "profiles"])
            .env_clear()
            .env("HOME", world.home.path())
            .env(name, OsStr::from_bytes(b"t\xe9st_CANARY"))
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains(name) && said.contains("unset") && !said.contains("CANARY"), "{said}");
    }
}

/// A 401 names where the credential is from and what helps there.
#[test]
fn a_credential_that_is_not_accepted_is_named_by_its_source() {
    let world = World::new();
    let address = ("FOURPAY_BASE_URL", world.base_url.as_str());
    let (code, said) = world.run(&["doctor"], &[address, ("FOURPAY_TOKEN", "tok_wrong")]);
    assert!(code == 1 && said.contains("does not accept the credential"), "{said}");
    assert!(said.contains("environment variable FOURPAY_TOKEN: set FOURPAY_TOKEN to a token that is good"), "{said}");
    let tty = world.dashboard(&[address, ("FOURPAY_TOKEN", "tok_wrong")]);
    tty.wait_until("the source", |screen| {
        // Beside the dialog stands what is below it.
        screen.contains("credential is from environment variable FOURPAY_TOKEN: set")
            && screen.contains("nothing else is looked at")
    });
    drop(tty);
    let file = world.home.path().join("token");
    fs::write(&file, "tok_wrong").expect("a token");
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("a mode");
    world.settings(&format!("base_url = \"{}\"\ntoken_file = {file:?}\n", world.base_url));
    let (_, said) = world.run(&["doctor"], &[]);
    assert!(said.contains("put a token that is good into"), "{said}");
    let script = world.script("vault", "echo tok_wrong");
    world.settings(&format!("base_url = \"{}\"\ntoken_command = [{script:?}]\n", world.base_url));
    let (_, said) = world.run(&["webhooks", "gaps"], &[]);
    assert!(said.contains("print a token that is good (token_command)"), "{said}");
}

/// A shell under a name by which it lets people in.
fn door(world: &World, name: &str) -> PathBuf {
    let path = world.home.path().join(name);
    fs::copy("/bin/bash", &path).expect("a copy");
    path
}

/// D11: su and sudo take the variables away; the parents stay.
#[test]
fn d11_a_session_is_remote_by_its_parents() {
    for name in ["sshd", "mosh-server"] {
        let world = World::new();
        let door = door(&world, name);
        let line = format!("{PROGRAM} --utc; true");
        let mut variables = world.known().to_vec();
        // Nobody is asked there: the refusal comes first.
        variables.push(("DISPLAY", ":987"));
        let mut tty = world.start(&door, &["-c", &line], &variables);
        tty.wait_for("purchase");
        tty.wait_for("2 Cards · 130");
        tty.press("2yn");
        tty.wait_until("the refusal", |screen| {
            let said = whole(screen);
            said.contains("this is a remote session")
                && said.contains(name)
                && said.contains("allow_remote_copy = true")
        });
        tty.press("q");
        assert_eq!(tty.wait_for_end(), 0);
        let journal = world.home.path().join(".local/state/fourpay/journal/default.jsonl");
        assert!(fs::read_to_string(journal).expect("a journal").contains("\"granted\":false"));
    }
}

/// D4: what records the terminal would have the number in its file.
#[test]
fn d4_nothing_is_shown_on_a_terminal_that_is_recorded_before_somebody_says_so() {
    let world = World::new();
    let mut tty = world.start(
        Path::new("/usr/bin/script"),
        &["-q", "-c", &format!("{PROGRAM} --utc"), "typescript"],
        &world.known(),
    );
    tty.wait_for("purchase");
    tty.wait_for("2 Cards · 130");
    tty.press("2r");
    tty.wait_for("r shows it");
    tty.press("r");
    tty.wait_until("the question", |screen| whole(screen).contains("script records this terminal"));
    assert!(whole(&tty.screen()).contains(":recorded"), "{}", tty.screen());
    tty.press(":recorded\r");
    tty.wait_for("the journal says so");
    tty.press("r");
    tty.wait_for("r shows it");
    tty.press("r");
    tty.wait_for("CVV");
    tty.press("\x03");
    tty.wait_for_end();
    let journal = world.home.path().join(".local/state/fourpay/journal/default.jsonl");
    assert!(fs::read_to_string(journal).expect("a journal").contains("said_recorded"));
}

/// A terminal without a second screen keeps what was on it in every cell that nobody writes.
#[test]
fn d6_no_cell_is_trusted_until_it_is_written() {
    let world = World::new();
    let mut tty = world.start(Path::new(PROGRAM), &["--utc"], &world.known());
    tty.wait_for("live");
    tty.wait_for("purchase");
    let same = |tty: &Tty, what: &str| {
        let end = Instant::now() + PATIENCE;
        // The two may be read around a frame.
        while tty.on_a_full_terminal(110, 30) != tty.rows(110) {
            assert!(Instant::now() < end, "{what}:\n{}", tty.on_a_full_terminal(110, 30).join("\n"));
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(!tty.on_a_full_terminal(110, 30).join("").contains('#'), "{what}");
    };
    same(&tty, "at the start");
    // Every cell is written, blanks too: a terminal that does not erase shows the same.
    let written = String::from_utf8_lossy(&tty.raw()).into_owned();
    assert!(written.contains("\x1b[1;1H") && written.matches(' ').count() > 110 * 5, "blanks are written");
    tty.press("2");
    tty.press("?");
    tty.wait_for("Keys");
    same(&tty, "with a dialog");
    tty.press("\x03");
    assert_eq!(tty.wait_for_end(), 0);
}

/// What something else writes on the terminal is painted over: by Ctrl-R, and when the window is looked at again.
#[test]
fn what_others_write_on_the_terminal_is_painted_over() {
    let world = World::new();
    let mut tty = world.start(Path::new(PROGRAM), &["--utc"], &world.known());
    tty.wait_for("live");
    tty.wait_for("purchase");
    for (keys, what) in [("\x12", "Ctrl-R"), ("\x1b[I", "focus"), ("?\x12", "Ctrl-R in a dialog")] {
        std::thread::sleep(Duration::from_millis(300));
        tty.scribble(b"\x1b[12;40HBroadcast message: 99,999.99 USD");
        assert!(tty.screen().contains("Broadcast"));
        tty.press(keys);
        tty.wait_until(what, |screen| !screen.contains("Broadcast") && !screen.contains("99,999.99"));
    }
    tty.press("\x03");
    assert_eq!(tty.wait_for_end(), 0);
}

/// A window without a size is drawn all the same.
#[test]
fn a_terminal_without_a_size_is_drawn_on() {
    let world = World::new();
    let known = world.known();
    let mut tty = Tty::start((0, 0), Path::new(PROGRAM), &["--utc"], &known, world.home.path());
    let all = |tty: &Tty| String::from_utf8_lossy(&tty.raw()).into_owned();
    wait("the cards", || all(&tty).contains("Cards") && all(&tty).contains("purchase"));
    assert!(all(&tty).contains("\x1b[24;"), "24 rows");
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
    let more = [known[0], known[1], ("COLUMNS", "100"), ("LINES", "33")];
    let mut tty = Tty::start((0, 0), Path::new(PROGRAM), &["--utc"], &more, world.home.path());
    wait("the cards", || all(&tty).contains("\x1b[33;") && all(&tty).contains("purchase"));
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
}

/// R1: every signal that ends a program gives the terminal back, the sudden ones too.
#[test]
fn r1_every_deadly_signal_gives_the_terminal_back() {
    for signal in ["ABRT", "BUS", "SYS", "TRAP", "USR1", "USR2", "ALRM", "VTALRM", "XCPU"] {
        let home = tempfile::tempdir().expect("a folder");
        let mut tty = Tty::start((80, 24), Path::new(PROGRAM), &["--sandbox"], &[], home.path());
        tty.wait_for("Main");
        assert_ne!(tty.modes(), tty.found);
        tty.signal(signal);
        assert_ne!(tty.wait_for_end(), 0, "{signal}");
        assert_eq!(tty.modes(), tty.found, "{signal}: modes");
        let raw = String::from_utf8_lossy(&tty.raw()).into_owned();
        assert!(raw.rfind("\x1b[2J") < raw.rfind("\x1b[?1049l"), "{signal}: wiped, then left");
        assert!(raw.rfind("\x1b[?25h") > raw.rfind("\x1b[?25l"), "{signal}: the cursor");
    }
}

/// Where the locale is not UTF-8 nothing but ASCII is drawn, unless the settings say otherwise.
#[test]
fn only_ascii_where_the_locale_is_not_utf8() {
    let drawn = |variables: &[(&str, &str)], settings: &str| {
        let world = World::new();
        world.settings(settings);
        let mut tty = Tty::start((100, 30), Path::new(PROGRAM), &["--sandbox"], variables, world.home.path());
        tty.wait_for("Main");
        tty.press("q");
        assert_eq!(tty.wait_for_end(), 0);
        tty.raw().is_ascii()
    };
    assert!(drawn(&[("LANG", "C")], ""));
    assert!(drawn(&[("LANG", "de_DE.ISO-8859-1")], ""));
    assert!(drawn(&[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")], ""));
    assert!(!drawn(&[("LANG", "en_US.utf8")], ""));
    assert!(!drawn(&[("LANG", "C")], "ascii = false\n"));
    assert!(drawn(&[("LANG", "en_US.UTF-8")], "ascii = true\n"));
}

/// The theme fits the ground: by COLORFGBG, else by the terminal's answer, whenever it comes. An answer is no key.
#[test]
fn the_theme_follows_the_ground_and_an_answer_is_no_key() {
    const LIGHT: &[u8] = b"38;2;138;90;0";
    let has = |tty: &Tty, bytes: &[u8]| memchr::memmem::find(&tty.raw(), bytes).is_some();
    let start = |variables: &[(&str, &str)]| {
        let home = tempfile::tempdir().expect("a folder");
        let mut all = vec![("COLORTERM", "truecolor")];
        all.extend(variables);
        let tty = Tty::start((100, 30), Path::new(PROGRAM), &["--sandbox"], &all, home.path());
        tty.wait_for("Main");
        (tty, home)
    };
    let theme = fs::read_to_string("assets/themes/light.toml").expect("the theme");
    let accent = theme.lines().find(|line| line.starts_with("accent")).and_then(|line| line.split('#').nth(1));
    let hex = accent.and_then(|rest| u32::from_str_radix(&rest[..6], 16).ok()).expect("a colour");
    let [_, r, g, b] = hex.to_be_bytes();
    let light = format!("38;2;{r};{g};{b}");
    let _ = LIGHT;
    let (tty, _home) = start(&[("COLORFGBG", "0;15")]);
    assert!(has(&tty, light.as_bytes()), "COLORFGBG says light");
    assert!(!has(&tty, b"\x1b]11;?"), "nothing is asked that is known");
    let (mut tty, _home) = start(&[]);
    assert!(has(&tty, b"\x1b]11;?\x1b\\\x1b[c"), "asked, and the first frame did not wait");
    assert!(!has(&tty, light.as_bytes()));
    // Late, in two pieces, with a key before it: neither quits nor freezes anything.
    tty.press("2\x1b]11;rgb:ffff/f");
    std::thread::sleep(Duration::from_millis(300));
    tty.press("fff/dddd\x1b\\\x1b[?64;1;2;6;9;15;18;21;22c");
    wait("the light theme", || has(&tty, light.as_bytes()));
    assert!(!tty.screen().contains("Freeze"), "{}", tty.screen());
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
    // Where it would be shown, or is far away, nothing is asked.
    for variables in [[("TERM", "linux")], [("TERM", "screen")], [("SSH_TTY", "/dev/pts/9")]] {
        let (tty, _home) = start(&variables);
        assert!(!has(&tty, b"\x1b]11;?"), "{variables:?}");
    }
}

/// S2: a command that has to ask gets the terminal on Ctrl-L alone; what is typed there is no key of the dashboard.
#[test]
fn s2_ctrl_l_lends_the_terminal_to_a_command_that_asks() {
    let world = World::new();
    let vault = format!(
        "if [ -e \"$HOME/open\" ]; then rm \"$HOME/open\"; echo {0}; exit; fi
printf 'Vault passphrase: ' >/dev/tty || {{ echo 'no terminal' >&2; exit 3; }}
read -r phrase </dev/tty
printf 'thanks for %s\\n' \"$phrase\" >/dev/tty
[ \"$phrase\" = 'f y q' ] && echo {0}",
        world.token
    );
    let script = world.script("vault", &vault);
    world.settings(&format!("base_url = \"{}\"\ntoken_command = [{script:?}]\n", world.base_url));
    fs::write(world.home.path().join("open"), "").expect("a mark");
    let mut tty = world.dashboard(&[]);
    tty.wait_for("purchase");
    let before = tty.raw().len();
    tty.press(":lock\r");
    tty.wait_for("Locked");
    tty.press("\r");
    tty.wait_until("why not", |screen| whole(&screen.replace('│', " ")).contains("had no terminal to ask on"));
    assert!(!String::from_utf8_lossy(&tty.raw()[before..]).contains("passphrase: "), "it was asked over the dashboard");
    tty.press("\x0c");
    tty.wait_for("Vault passphrase: ");
    assert_eq!(tty.modes(), tty.found, "it has the terminal as it was found");
    tty.press("f y q\r");
    tty.wait_for("purchase");
    assert_ne!(tty.modes(), tty.found);
    assert!(!tty.screen().contains("Freeze") && !tty.screen().contains("thanks"), "{}", tty.screen());
    // After a 401 the dialog offers the same.
    let rule = serde_json::json!({"endpoint": "*", "count": 1000, "what": {"kind": "expired"}});
    server::request(&world.base_url, &world.token, "POST", "/__sandbox/faults", &rule);
    tty.press("\x12");
    tty.wait_for("gives token_command the terminal to ask on");
    tty.press("\x0c");
    tty.wait_until("the prompt", |screen| screen.matches("Vault passphrase: ").count() == 2);
    assert_eq!(tty.modes(), tty.found);
    // What is read from here on is answered again.
    server::request(&world.base_url, &world.token, "DELETE", "/__sandbox/faults", &serde_json::Value::Null);
    tty.press("f y q\r");
    tty.wait_until("the dashboard", |screen| screen.contains("purchase") && !screen.contains("Log in"));
    tty.press("q");
    assert_eq!(tty.wait_for_end(), 0);
}
