//! Whether the person sits at this machine, or somewhere else and what is copied leaves it (D11).
//!
//! ```text
//!   variables of SSH, an X server elsewhere ──▶ elsewhere
//!   parents of this process ─┬─ sshd, mosh-server, … ──────────────▶ elsewhere
//!                            ├─ a login from elsewhere on its terminal (utmp, logind) ──▶ elsewhere
//!                            ├─ tmux, screen, … ──▶ the same of each client that is attached
//!                            │                      no client that can be seen ──▶ cannot be told
//!                            ├─ cannot be seen ──▶ cannot be told
//!                            └─ the first process ──▶ here
//! ```
//!
//! The variables alone are not enough: `su -` and `sudo` take them away, and a multiplexer keeps those of the moment
//! it was started in. Looked at anew for each copy, because clients come and go. Elsewhere than on Linux only the
//! variables are looked at. Starts nothing and changes nothing.

use std::collections::HashSet;
use std::path::Path;

/// Where the person is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Here,
    /// How that is known, in words that follow "this is a remote session (".
    Elsewhere(String),
    /// Why it cannot be told.
    Unknown(String),
}

/// Programs that let somebody in from elsewhere, as the system names processes: fifteen letters at most.
const DOORS: [&str; 23] = [
    "sshd",
    "sshd-session",
    "sshd-auth",
    "dropbear",
    "mosh-server",
    "tsshd",
    "etserver",
    "etterminal",
    "tailscaled",
    "teleport",
    "telnetd",
    "in.telnetd",
    "rlogind",
    "in.rlogind",
    "in.rshd",
    "ttyd",
    "gotty",
    "wetty",
    "shellinaboxd",
    "tmate",
    "xrdp-sesman",
    "Xvnc",
    "Xtigervnc",
];

/// Programs that keep terminals while nobody looks: their server, their clients.
const KEEPERS: [(&str, &str); 8] = [
    ("tmux: server", "tmux: client"),
    ("tmux", "tmux"),
    ("screen", "screen"),
    ("SCREEN", "screen"),
    ("zellij", "zellij"),
    ("dtach", "dtach"),
    ("abduco", "abduco"),
    ("shpool", "shpool"),
];

/// Most processes on the way to the first one.
const DEEPEST: usize = 256;

/// A process, as far as anybody may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Process {
    name: String,
    parent: u32,
    /// `pts/3`.
    terminal: Option<String>,
}

/// What is known of processes and logins. A test brings its own.
trait System {
    fn process(&self, id: u32) -> Option<Process>;
    /// All processes that can be seen.
    fn all(&self) -> Vec<u32>;
    /// Where the login on a terminal came from.
    fn login_from(&self, terminal: &str) -> Option<String>;
    /// Whether the session that a process belongs to was opened from elsewhere.
    fn is_of_remote_session(&self, id: u32) -> bool;
}

/// Where the person is now.
pub fn place() -> Place {
    if let Some(how) = by_variables() {
        return Place::Elsewhere(how);
    }
    #[cfg(target_os = "linux")]
    {
        // Our own entry may be hidden from us, because nobody may read our memory.
        let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs());
        let terminal = rustix::termios::ttyname(std::io::stdin(), Vec::new()).ok();
        let terminal = terminal.and_then(|name| Some(name.to_str().ok()?.strip_prefix("/dev/")?.to_owned()));
        let linux = linux::Linux::new();
        if let Some(from) = terminal.and_then(|terminal| linux.login_from(&terminal)) {
            return Place::Elsewhere(format!("the login on this terminal is from {from}"));
        }
        of(&linux, parent, &mut HashSet::new())
    }
    #[cfg(not(target_os = "linux"))]
    Place::Here
}

#[expect(clippy::disallowed_methods, reason = "a remote session is first known from the environment")]
fn by_variables() -> Option<String> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if let Some(name) = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].into_iter().find(|name| set(name)) {
        return Some(format!("SSH, by {name}"));
    }
    let display = std::env::var_os("DISPLAY")?;
    is_display_elsewhere(&display.to_string_lossy()).then(|| "the X server of DISPLAY is elsewhere".to_owned())
}

/// `localhost:10.0` is what SSH forwards; `:0`, `unix:0` and a socket's path are this machine.
fn is_display_elsewhere(display: &str) -> bool {
    let host = display.rsplit_once(':').map_or("", |(host, _)| host);
    !host.is_empty() && host != "unix" && !host.starts_with('/') && !display.starts_with('/')
}

/// Where the person is who uses what this process stands behind.
fn of(system: &impl System, from: u32, seen: &mut HashSet<u32>) -> Place {
    if system.is_of_remote_session(from) && keeper_above(system, from).is_none() {
        return Place::Elsewhere("this login session was opened from elsewhere".into());
    }
    let mut at = from;
    let mut terminals: Vec<String> = Vec::new();
    for _ in 0..DEEPEST {
        if at == 0 {
            return Place::Here;
        }
        let Some(process) = system.process(at) else {
            return Place::Unknown("the programs it was started by cannot be seen".into());
        };
        if DOORS.contains(&process.name.as_str()) {
            return Place::Elsewhere(format!("it was started through {}", process.name));
        }
        if let Some((server, client)) = KEEPERS.iter().find(|(server, _)| *server == process.name) {
            return of_clients(system, at, server, client, seen);
        }
        if let Some(terminal) = process.terminal.filter(|terminal| !terminals.contains(terminal)) {
            if let Some(from) = system.login_from(&terminal) {
                return Place::Elsewhere(format!("the login on {terminal} is from {from}"));
            }
            terminals.push(terminal);
        }
        at = process.parent;
    }
    Place::Unknown("the programs it was started by have no end".into())
}

fn keeper_above(system: &impl System, from: u32) -> Option<u32> {
    let mut at = from;
    for _ in 0..DEEPEST {
        let process = system.process(at)?;
        if KEEPERS.iter().any(|(server, _)| *server == process.name) {
            return Some(at);
        }
        at = process.parent;
    }
    None
}

/// Whoever looks through a client of the multiplexer sees what is in it.
fn of_clients(system: &impl System, server: u32, name: &str, client: &str, seen: &mut HashSet<u32>) -> Place {
    let what = name.split(':').next().unwrap_or(name).to_lowercase();
    let mut unknown = None;
    let mut any = false;
    for id in system.all() {
        let Some(process) = system.process(id).filter(|process| process.name == client && id != server) else {
            continue;
        };
        // A server of the same name has no terminal of its own.
        if process.terminal.is_none() || !seen.insert(id) {
            continue;
        }
        any = true;
        if let Some(from) = process.terminal.and_then(|terminal| system.login_from(&terminal)) {
            return Place::Elsewhere(format!("a client of {what} is from {from}"));
        }
        match of(system, process.parent, seen) {
            Place::Here => {}
            Place::Elsewhere(how) => return Place::Elsewhere(format!("a client of {what}: {how}")),
            Place::Unknown(why) => unknown = Some(Place::Unknown(format!("a client of {what}: {why}"))),
        }
    }
    match (unknown, any) {
        (Some(unknown), _) => unknown,
        (None, true) => Place::Here,
        (None, false) => Place::Unknown(format!("no client of {what} can be seen")),
    }
}

/// Multiplexers among the parents, the nearest first: `tmux`, `screen`, `zellij`.
pub fn keepers() -> Vec<String> {
    let mut found = Vec::new();
    #[cfg(target_os = "linux")]
    {
        let linux = linux::Linux::new();
        let mut at = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs());
        for _ in 0..DEEPEST {
            let Some(process) = linux.process(at) else { break };
            if KEEPERS.iter().any(|(server, _)| *server == process.name) {
                found.push(process.name.split(':').next().unwrap_or("").to_lowercase());
            }
            at = process.parent;
        }
        found.dedup();
    }
    found
}

/// Programs among the parents that write down what is on the terminal; the name of the first.
pub fn recorder() -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        const RECORDERS: [&str; 8] =
            ["script", "asciinema", "ttyrec", "termrec", "t-rec", "terminalizer", "tlog-rec", "tlog-rec-sessio"];
        let linux = linux::Linux::new();
        let mut at = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs());
        for _ in 0..DEEPEST {
            let process = linux.process(at)?;
            // Python programs are named after their interpreter.
            let name = if process.name.starts_with("python") { linux.script(at) } else { Some(process.name.clone()) };
            if let Some(name) = name.filter(|name| RECORDERS.contains(&name.as_str())) {
                return Some(name);
            }
            at = process.parent;
        }
        None
    }
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    use super::{Path, Process, System};

    /// What the kernel and the records of logins say.
    pub struct Linux {
        utmp: Vec<u8>,
    }

    impl Linux {
        pub fn new() -> Linux {
            let read = |path: &str| fs::read(path).ok();
            Linux { utmp: read("/run/utmp").or_else(|| read("/var/run/utmp")).unwrap_or_default() }
        }

        /// What an interpreter runs: the last part of the first argument that is no option.
        pub fn script(&self, id: u32) -> Option<String> {
            let line = fs::read(format!("/proc/{id}/cmdline")).ok()?;
            let words = line.split(|byte| *byte == 0).skip(1).map(String::from_utf8_lossy);
            let script = words.filter(|word| !word.starts_with('-')).find(|word| !word.is_empty())?;
            Path::new(&*script).file_name().map(|name| name.to_string_lossy().into_owned())
        }
    }

    impl System for Linux {
        fn process(&self, id: u32) -> Option<Process> {
            super::process(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
        }

        fn all(&self) -> Vec<u32> {
            let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
            entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
        }

        fn login_from(&self, terminal: &str) -> Option<String> {
            let is_alive = |id: u32| id == 0 || Path::new("/proc").join(id.to_string()).exists();
            super::login_from(&self.utmp, terminal, is_alive)
        }

        fn is_of_remote_session(&self, id: u32) -> bool {
            let session = fs::read_to_string(format!("/proc/{id}/sessionid")).unwrap_or_default();
            let Ok(session) = session.trim().parse::<u32>() else { return false };
            let said = fs::read_to_string(format!("/run/systemd/sessions/{session}")).unwrap_or_default();
            session != u32::MAX && said.lines().any(|line| line == "REMOTE=1")
        }
    }
}

/// A process by the line of `/proc/ID/stat`. Its name may hold anything, also what ends a name.
fn process(stat: &str) -> Option<Process> {
    let (from, to) = (stat.find('(')?, stat.rfind(')')?);
    let name = stat.get(from + 1..to)?.to_owned();
    let mut fields = stat.get(to + 1..)?.split_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    // Group and session stand between.
    let device: u32 = fields.nth(2)?.parse().unwrap_or(0);
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00));
    let terminal = match major {
        4 => Some(format!("tty{minor}")),
        136..=143 => Some(format!("pts/{}", (major - 136) * 256 + minor)),
        _ => None,
    };
    Some(Process { name, parent, terminal })
}

/// Where the login on a terminal came from, by the records of `utmp(5)`: the host of a user's process that lives.
fn login_from(utmp: &[u8], terminal: &str, is_alive: impl Fn(u32) -> bool) -> Option<String> {
    const USER_PROCESS: i16 = 7;
    // With 32-bit times, and without.
    let size = if utmp.len().is_multiple_of(384) { 384 } else { 400 };
    let text = |bytes: Option<&[u8]>| {
        let bytes = bytes.unwrap_or_default();
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
    };
    utmp.chunks_exact(size).find_map(|record| {
        let kind = i16::from_ne_bytes(record.get(0..2)?.try_into().ok()?);
        let id = i32::from_ne_bytes(record.get(4..8)?.try_into().ok()?);
        let host = text(record.get(76..332));
        // Displays of this machine, and what a multiplexer writes of itself: its clients are looked at.
        let local = host.is_empty() || host.starts_with(':') || host.starts_with("tmux(") || host == "login screen";
        let fits = kind == USER_PROCESS && text(record.get(8..40)) == terminal && is_alive(id.unsigned_abs());
        (fits && !local).then(|| host.chars().filter(|c| c.is_ascii_graphic()).take(60).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[derive(Default)]
    struct Given {
        processes: HashMap<u32, Process>,
        logins: HashMap<String, String>,
    }

    impl Given {
        /// `id parent name terminal`, one a line; no terminal is `-`.
        fn new(text: &str) -> Given {
            let mut given = Given::default();
            for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                let words: Vec<&str> = line.split('|').map(str::trim).collect();
                let terminal = (words[3] != "-").then(|| words[3].to_owned());
                let process = Process { name: words[2].into(), parent: words[1].parse().unwrap(), terminal };
                given.processes.insert(words[0].parse().unwrap(), process);
            }
            given
        }

        fn place(&self, from: u32) -> Place {
            of(self, from, &mut HashSet::new())
        }
    }

    impl System for Given {
        fn process(&self, id: u32) -> Option<Process> {
            self.processes.get(&id).cloned()
        }
        fn all(&self) -> Vec<u32> {
            self.processes.keys().copied().collect()
        }
        fn login_from(&self, terminal: &str) -> Option<String> {
            self.logins.get(terminal).cloned()
        }
        fn is_of_remote_session(&self, _: u32) -> bool {
            false
        }
    }

    const DESKTOP: &str = "1|0|systemd|-\n 10|1|systemd|-\n 11|10|gnome-terminal-|-\n 12|11|bash|pts/0\n";

    fn is_elsewhere(place: &Place) -> bool {
        matches!(place, Place::Elsewhere(_))
    }

    #[test]
    fn d11_whoever_let_the_person_in_is_found_among_the_parents() {
        assert_eq!(Given::new(DESKTOP).place(12), Place::Here);
        for door in ["sshd", "sshd-session", "mosh-server", "dropbear"] {
            let su = format!("1|0|systemd|-\n 5|1|{door}|-\n 6|5|bash|pts/0\n 7|6|su|pts/0\n 8|7|bash|pts/0\n");
            assert!(is_elsewhere(&Given::new(&su).place(8)), "{door}");
        }
        // A name that only looks like one, and a parent that cannot be seen.
        assert_eq!(Given::new("1|0|init|-\n 5|1|sshdx|pts/0\n").place(5), Place::Here);
        assert!(matches!(Given::new("8|7|bash|pts/0\n").place(8), Place::Unknown(_)));
    }

    #[test]
    fn d11_a_login_from_elsewhere_counts_on_any_terminal_on_the_way() {
        let mut given = Given::new("1|0|init|-\n 5|1|login|pts/1\n 6|5|script|pts/1\n 7|6|bash|pts/2\n");
        assert_eq!(given.place(7), Place::Here);
        given.logins.insert("pts/1".into(), "192.0.2.7".into());
        assert!(is_elsewhere(&given.place(7)));
    }

    #[test]
    fn d11_a_multiplexer_is_where_its_clients_are() {
        for (server, client) in [("tmux: server", "tmux: client"), ("screen", "screen"), ("zellij", "zellij")] {
            let inside = format!("{DESKTOP} 20|1|{server}|-\n 21|20|bash|pts/5\n");
            let unattached = Given::new(&inside).place(21);
            assert!(matches!(unattached, Place::Unknown(_)), "{unattached:?}");
            let here = format!("{inside} 30|12|{client}|pts/0\n");
            assert_eq!(Given::new(&here).place(21), Place::Here, "{server}");
            let ssh = format!("{here} 40|1|sshd|-\n 41|40|bash|pts/7\n 42|41|{client}|pts/7\n");
            assert!(is_elsewhere(&Given::new(&ssh).place(21)), "{server}");
        }
        // One in another: the client of the inner one stands in the outer one.
        let nested = format!(
            "{DESKTOP} 20|1|tmux: server|-\n 21|20|bash|pts/5\n 22|21|tmux: client|pts/5\n 50|1|screen|-\n \
             51|50|bash|pts/8\n 52|51|tmux: client|pts/8\n 60|1|sshd|-\n 61|60|screen|pts/9\n"
        );
        assert!(is_elsewhere(&Given::new(&nested).place(21)));
    }

    #[test]
    fn a_line_of_the_kernel_is_read_whatever_the_name_is() {
        let read = process("42 (a) b (c) S 7 42 42 34819 42 4194560 1").unwrap();
        assert_eq!(read, Process { name: "a) b (c".into(), parent: 7, terminal: Some("pts/3".into()) });
        assert_eq!(process("1 (init) S 0 1 1 0 -1").unwrap().terminal, None);
        assert_eq!(process("9 (bash) S 1 9 9 1025 9").unwrap().terminal.as_deref(), Some("tty1"));
        assert_eq!(process("nothing"), None);
    }

    #[test]
    fn the_records_of_logins_are_read() {
        let record = |kind: i16, id: i32, line: &str, host: &str, size: usize| {
            let mut bytes = vec![0u8; size];
            bytes[0..2].copy_from_slice(&kind.to_ne_bytes());
            bytes[4..8].copy_from_slice(&id.to_ne_bytes());
            bytes[8..8 + line.len()].copy_from_slice(line.as_bytes());
            bytes[76..76 + host.len()].copy_from_slice(host.as_bytes());
            bytes
        };
        for size in [384, 400] {
            let all = [
                record(7, 5, "pts/1", ":0", size),
                record(8, 5, "pts/2", "192.0.2.1", size),
                record(7, 6, "pts/2", "192.0.2.2", size),
                record(7, 7, "pts/3", "tmux(9).%0", size),
            ]
            .concat();
            let from = |terminal: &str, alive: bool| login_from(&all, terminal, |_| alive);
            assert_eq!(from("pts/2", true).as_deref(), Some("192.0.2.2"));
            assert_eq!(
                [from("pts/1", true), from("pts/3", true), from("pts/2", false), from("pts/9", true)],
                [None, None, None, None]
            );
        }
        assert_eq!(login_from(&[1, 2, 3], "pts/1", |_| true), None);
    }

    #[test]
    fn a_display_that_is_forwarded_is_elsewhere() {
        for here in [":0", "unix:0", ":99.0", "/private/tmp/com.apple.launchd.x/org.xquartz:0", ""] {
            assert!(!is_display_elsewhere(here), "{here}");
        }
        for there in ["localhost:10.0", "192.0.2.1:0", "[::1]:11"] {
            assert!(is_display_elsewhere(there), "{there}");
        }
    }
}
