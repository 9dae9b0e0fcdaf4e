//! Real terminals from Debian, read back by their own means: what they show is what was drawn, on a window that was
//! full before, with and without a second screen.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests measure time and run programs")]

#[path = "support/server.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;
#[path = "support/tty.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod tty;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use server::{Server, sandbox};
use tty::{PATIENCE, Tty};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fourpay");
const COLUMNS: u16 = 100;
const ROWS: u16 = 30;

/// A sandbox that changes only by what is done, a home, and a script that fills the window before it starts the
/// dashboard: what is left of that must not stay in any cell.
struct World {
    _server: Server,
    home: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let (home, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (server, base_url, token) = sandbox(other.path(), &[]);
        let world = World { _server: server, home };
        // For a terminal that another user runs.
        fs::set_permissions(world.home.path(), PermissionsExt::from_mode(0o755)).expect("a mode");
        let line = "#".repeat(usize::from(COLUMNS));
        let text = format!(
            "#!/bin/sh\nexport HOME='{}' LANG=C.UTF-8 FOURPAY_BASE_URL='{base_url}' FOURPAY_TOKEN='{token}'\n\
             unset XDG_CONFIG_HOME XDG_STATE_HOME\n\
             i=0; while [ $i -lt {ROWS} ]; do printf '%s\\n' '{line}'; i=$((i+1)); done\n\
             exec '{PROGRAM}' --utc\n",
            world.home.path().display()
        );
        fs::write(world.script(), text).expect("a script");
        fs::set_permissions(world.script(), PermissionsExt::from_mode(0o755)).expect("a mode");
        world
    }

    fn script(&self) -> PathBuf {
        self.home.path().join("start")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

fn wait(what: &str, is: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < end, "never came: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Lines without what pads them.
fn trimmed(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// Waits until the terminal holds what was drawn: the same picture in a window that was empty before, and nothing of
/// what the window was full of.
fn holds_what_was_drawn(what: &str, shown: impl Fn() -> Vec<String>, fits: impl Fn(&str) -> bool) {
    let end = Instant::now() + PATIENCE;
    loop {
        let lines = shown();
        let text = lines.join("\n");
        if fits(&text) && !text.contains("##") {
            return;
        }
        assert!(Instant::now() < end, "{what}:\n{text}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn is_dashboard(text: &str) -> bool {
    text.contains("1 Accounts") && text.contains("2 Cards") && text.contains("130") && text.contains("live")
}

/// The five keys of a freeze, and what comes of it.
fn freeze(what: &str, mut press: impl FnMut(&str), shown: &dyn Fn() -> Vec<String>) {
    press("2");
    press("f");
    holds_what_was_drawn(what, shown, |text| text.contains("Freeze"));
    std::thread::sleep(Duration::from_millis(400));
    press("y");
    let frozen = |line: &str| line.contains("0590") && line.contains("frozen");
    holds_what_was_drawn(what, shown, |text| is_dashboard(text) && text.lines().any(frozen));
    // While an act is under way it is asked before quitting.
    std::thread::sleep(Duration::from_secs(1));
}

/// GNU screen with its defaults has no second screen: what was in the window stays where nobody writes.
#[test]
fn gnu_screen_shows_what_was_drawn() {
    let world = World::new();
    let (settings, session) = (world.file("screenrc"), format!("fourpay{}", std::process::id()));
    fs::write(&settings, "startup_message off\n").expect("settings");
    let folder = world.file("sockets");
    fs::create_dir(&folder).expect("a folder");
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).expect("a mode");
    let folder = folder.display().to_string();
    let (settings, script) = (settings.display().to_string(), world.script().display().to_string());
    let arguments = ["-U", "-c", &settings, "-S", &session, &script];
    let variables = [("SCREENDIR", folder.as_str())];
    let screen = Path::new("/usr/bin/screen");
    let mut tty = Tty::start((COLUMNS, ROWS), screen, &arguments, &variables, world.home.path());
    tty.wait_for("2 Cards · 130");
    let copy = world.file("hardcopy");
    let held = || {
        let _ = fs::remove_file(&copy);
        let asked = Command::new("screen")
            .args(["-S", &session, "-X", "hardcopy"])
            .arg(&copy)
            .env("SCREENDIR", &folder)
            .stdout(Stdio::null())
            .status();
        assert!(asked.expect("screen runs").success());
        std::thread::sleep(Duration::from_millis(100));
        // It writes one byte for each cell: the lowest of the character.
        let bytes = fs::read(&copy).unwrap_or_default();
        trimmed(&bytes.into_iter().map(char::from).collect::<String>())
    };
    let low = |text: &str| text.chars().map(|c| if c == '\n' { c } else { char::from(c as u8) }).collect::<String>();
    holds_what_was_drawn("at the start", held, is_dashboard);
    // Screen's own memory and what it sent to the terminal around it are one picture.
    wait("the same picture", || held() == trimmed(&low(&tty.rows(COLUMNS).join("\n"))));
    freeze("a freeze", |keys| tty.press(keys), &held);
    // C8: what goes out goes in an envelope.
    tty.press("yi");
    tty.wait_for("was sent to the terminal, which may not take it");
    wait("the id", || memchr::memmem::find(&tty.raw(), b"\x1b]52;c;").is_some());
    tty.press("q");
    tty.wait_for_end();
}

/// tmux with `alternate-screen off`.
#[test]
fn tmux_without_a_second_screen_shows_what_was_drawn() {
    let world = World::new();
    let (settings, socket) = (world.file("tmux.conf"), world.file("socket"));
    fs::write(&settings, "set -g alternate-screen off\nset -g status off\n").expect("settings");
    let (settings, at) = (settings.display().to_string(), socket.display().to_string());
    let script = world.script().display().to_string();
    let arguments = ["-S", &at, "-f", &settings, "new-session", &script];
    let tmux = Path::new("/usr/bin/tmux");
    let mut tty = Tty::start((COLUMNS, ROWS), tmux, &arguments, &[], world.home.path());
    tty.wait_for("2 Cards · 130");
    let held = || {
        let output = Command::new("tmux").args(["-S", &at, "capture-pane", "-p"]).output().expect("tmux runs");
        trimmed(&String::from_utf8_lossy(&output.stdout))
    };
    holds_what_was_drawn("at the start", held, is_dashboard);
    wait("the same picture", || held() == trimmed(&tty.rows(COLUMNS).join("\n")));
    freeze("a freeze", |keys| tty.press(keys), &held);
    tty.press("q");
    tty.wait_for_end();
    drop(Command::new("tmux").args(["-S", &at, "kill-server"]).output());
}

/// An X server without a screen.
fn x_server() -> (Server, String) {
    let mut child: Child = Command::new("Xvfb")
        .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "1280x800x24"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb is installed");
    let mut number = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut number).expect("its display");
    (Server(child), format!(":{}", number.trim()))
}

/// xterm with `titeInhibit`, which keeps it from its second screen; light, as it comes.
#[test]
fn xterm_shows_what_was_drawn_and_a_copy_arrives() {
    let world = World::new();
    let (_server, display) = x_server();
    let prefix = world.file("printed");
    let resources = [
        format!("XTerm*printFileImmediate: {}", prefix.display()),
        "XTerm*titeInhibit: true".to_owned(),
        // The screen that is shown, and nothing of what has left it.
        "XTerm*printOptsImmediate: 1".to_owned(),
        "XTerm*saveLines: 0".to_owned(),
        "XTerm*VT100.translations: #override <Key>F12: print-immediate()".to_owned(),
    ];
    let mut command = Command::new("xterm");
    command.env("DISPLAY", &display).env("LANG", "C.UTF-8").env("HOME", world.home.path());
    command.args(["-u8", "-geometry", &format!("{COLUMNS}x{ROWS}")]).stderr(Stdio::null());
    for resource in &resources {
        command.args(["-xrm", resource]);
    }
    let mut xterm = Server(command.arg("-e").arg(world.script()).spawn().expect("xterm is installed"));
    let key = |arguments: &[&str]| {
        let done = Command::new("xdotool").env("DISPLAY", &display).args(arguments).stderr(Stdio::null()).status();
        done.expect("xdotool is installed").success()
    };
    wait("the window", || key(&["search", "--class", "xterm", "windowfocus"]));
    let printed = || {
        let folder = fs::read_dir(world.home.path()).expect("a folder").flatten().map(|entry| entry.path());
        folder.filter(|path| path.to_string_lossy().contains("/printed")).collect::<Vec<_>>()
    };
    let held = || {
        printed().iter().for_each(|path| drop(fs::remove_file(path)));
        key(&["key", "F12"]);
        std::thread::sleep(Duration::from_millis(200));
        let text = printed().first().and_then(|path| fs::read(path).ok()).unwrap_or_default();
        trimmed(&String::from_utf8_lossy(&text))
    };
    holds_what_was_drawn("at the start", held, is_dashboard);
    let paste = || Command::new("xclip").env("DISPLAY", &display).args(["-selection", "clipboard", "-o"]).output();
    assert!(key(&["type", "2"]));
    assert!(key(&["type", "--delay", "200", "yn"]));
    holds_what_was_drawn("a copy", held, |text| text.contains("desktop clipboard"));
    wait("the number", || paste().is_ok_and(|said| said.stdout.len() == 16));
    freeze("a freeze", |keys| assert!(key(&["type", keys])), &held);
    assert!(key(&["type", "q"]));
    let end = Instant::now() + PATIENCE;
    while xterm.0.try_wait().expect("a status").is_none() {
        assert!(Instant::now() < end, "xterm goes on");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!paste().is_ok_and(|said| said.status.success() && !said.stdout.is_empty()), "C1: it is still there");
}

/// foot in a Wayland compositor without a screen, both as somebody who is not root.
#[test]
fn foot_shows_what_was_drawn() {
    use std::os::unix::fs::chown;
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let world = World::new();
    let root = Command::new("id").arg("-u").output().expect("id runs").stdout == b"0\n";
    // Where the program is built may be closed to others.
    let program = world.file("fourpay");
    fs::copy(PROGRAM, &program).expect("a copy");
    let script = fs::read_to_string(world.script()).expect("the script");
    fs::write(world.script(), script.replace(PROGRAM, &program.display().to_string())).expect("the script");
    let (run, visible) = (world.file("run"), world.file("visible"));
    fs::create_dir(&run).expect("a folder");
    fs::set_permissions(&run, PermissionsExt::from_mode(0o700)).expect("a mode");
    fs::write(world.file("sway"), "for_window [app_id=\"foot\"] floating enable\n").expect("settings");
    let keys = format!("[key-bindings]\npipe-visible=[sh -c \"cat > {}\"] F12\n", visible.display());
    fs::write(world.file("foot.ini"), format!("[main]\nfont=DejaVu Sans Mono:size=7\n{keys}")).expect("settings");
    if root {
        for path in fs::read_dir(world.home.path()).expect("a folder").flatten().map(|entry| entry.path()) {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("an owner");
        }
        chown(world.home.path(), Some(NOBODY), Some(NOBODY)).expect("an owner");
    }
    let start = |name: &str, arguments: &[&str], more: &[(&str, &str)]| {
        let mut command = Command::new(name);
        command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", world.home.path());
        command.env("XDG_RUNTIME_DIR", &run).env("LANG", "C.UTF-8").envs(more.iter().copied());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    };
    let settings = world.file("sway").display().to_string();
    let headless = [("WLR_BACKENDS", "headless"), ("WLR_LIBINPUT_NO_DEVICES", "1"), ("WLR_RENDERER", "pixman")];
    let _sway = Server(start("sway", &["-c", &settings], &headless).spawn().expect("sway is installed"));
    let display = || {
        let names =
            fs::read_dir(&run).expect("a folder").flatten().filter_map(|entry| entry.file_name().into_string().ok());
        names.into_iter().find(|name| name.starts_with("wayland-") && !name.ends_with(".lock"))
    };
    wait("the compositor", || display().is_some());
    let display = display().expect("its socket");
    let here = [("WAYLAND_DISPLAY", display.as_str())];
    let (ini, size) = (world.file("foot.ini").display().to_string(), format!("{COLUMNS}x{ROWS}"));
    let script = world.script().display().to_string();
    let mut foot =
        Server(start("foot", &["-c", &ini, "-W", &size, &script], &here).spawn().expect("foot is installed"));
    let press = |arguments: &[&str]| start("wtype", arguments, &here).status().expect("wtype is installed").success();
    wait("the window", || press(&["-k", "F12"]) && visible.exists());
    let held = || {
        let _ = fs::remove_file(&visible);
        press(&["-k", "F12"]);
        std::thread::sleep(Duration::from_millis(200));
        trimmed(&String::from_utf8_lossy(&fs::read(&visible).unwrap_or_default()))
    };
    holds_what_was_drawn("at the start", held, is_dashboard);
    // Each call brings a keyboard of its own, which the window has to hear of before its keys.
    let type_text = |keys: &str| assert!(press(&["-s", "300", keys, "-s", "100"]));
    freeze("a freeze", type_text, &held);
    type_text("q");
    let end = Instant::now() + PATIENCE;
    while foot.0.try_wait().expect("a status").is_none() {
        assert!(Instant::now() < end, "foot goes on");
        std::thread::sleep(Duration::from_millis(50));
    }
}
