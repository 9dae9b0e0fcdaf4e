//! A program in a real pseudo terminal: what a person would see, type and leave behind.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longest wait for anything; machines that build at the same time are slow.
pub const PATIENCE: Duration = Duration::from_secs(30);

struct Seen {
    screen: vt100::Parser,
    raw: Vec<u8>,
    /// So many of them are on the screen.
    shown: usize,
    over: bool,
}

impl Seen {
    /// Shows what has come, as a terminal does that knows synchronized updates: a frame when it is whole.
    fn show(&mut self) {
        let place = |bytes: &[u8], mark: &[u8]| bytes.windows(mark.len()).rposition(|window| window == mark);
        let new = &self.raw[self.shown..];
        let begun = place(new, b"\x1b[?2026h").filter(|at| !self.over && place(&new[*at..], b"\x1b[?2026l").is_none());
        let whole = &new[..begun.unwrap_or(new.len())];
        self.screen.process(whole);
        self.shown += whole.len();
    }
}

pub struct Tty {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    /// Held while nothing is read from the terminal.
    stall: Arc<Mutex<()>>,
    /// Terminal modes before the program started.
    pub found: String,
}

impl Tty {
    /// Starts a program in a window of this size, with a home of its own.
    pub fn start(size: (u16, u16), program: &Path, arguments: &[&str], variables: &[(&str, &str)], home: &Path) -> Tty {
        let pty = native_pty_system()
            .openpty(PtySize { cols: size.0, rows: size.1, pixel_width: 0, pixel_height: 0 })
            .expect("a pseudo terminal");
        let found = modes(&*pty.master);
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("HOME", home);
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in variables {
            command.env(name, value);
        }
        command.cwd(home);
        let child = pty.slave.spawn_command(command).expect("the program starts");
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().expect("a reader");
        let keys = pty.master.take_writer().expect("a writer");
        let seen = Seen {
            screen: vt100::Parser::new(cells(size.1), cells(size.0), 0),
            raw: Vec::new(),
            shown: 0,
            over: false,
        };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let stall = Arc::new(Mutex::new(()));
        let (to, gate) = (Arc::clone(&seen), Arc::clone(&stall));
        std::thread::spawn(move || {
            let mut bytes = [0; 65536];
            loop {
                drop(gate.lock());
                let read = reader.read(&mut bytes).unwrap_or(0);
                let mut seen = to.0.lock().expect("the screen");
                seen.raw.extend_from_slice(&bytes[..read]);
                seen.over = read == 0;
                seen.show();
                to.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Tty { master: pty.master, keys, child, seen, stall, found }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("keys are taken");
    }

    /// Everything the program wrote, on a terminal that began full of signs and knows no second screen: what is on it,
    /// row by row.
    pub fn on_a_full_terminal(&self, columns: u16, rows: u16) -> Vec<String> {
        let mut screen = vt100::Parser::new(cells(rows), cells(columns), 0);
        for row in 1..=rows {
            screen.process(format!("\x1b[{row};1H{}", "#".repeat(usize::from(columns))).as_bytes());
        }
        let raw = String::from_utf8_lossy(&self.raw()).replace("\x1b[?1049h", "").replace("\x1b[?1049l", "");
        screen.process(raw.as_bytes());
        screen.screen().rows(0, columns).collect()
    }

    /// What is on the terminal, row by row.
    pub fn rows(&self, columns: u16) -> Vec<String> {
        self.with_screen(|screen| screen.rows(0, columns).collect())
    }

    /// Something else writes on the terminal.
    pub fn scribble(&self, bytes: &[u8]) {
        self.seen.0.lock().expect("the screen").screen.process(bytes);
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen.0.lock().expect("the screen").screen.screen_mut().set_size(cells(rows), cells(columns));
        let size = PtySize { cols: columns, rows, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("a new size");
    }

    pub fn screen(&self) -> String {
        self.seen.0.lock().expect("the screen").screen.screen().contents()
    }

    /// What is on the screen, with its colours.
    pub fn with_screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.seen.0.lock().expect("the screen").screen.screen())
    }

    /// Everything the program wrote, as it came.
    pub fn raw(&self) -> Vec<u8> {
        self.seen.0.lock().expect("the screen").raw.clone()
    }

    /// Waits until the screen fits; shows it when it never does.
    pub fn wait_until(&self, what: &str, fits: impl Fn(&str) -> bool) {
        let end = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().expect("the screen");
        loop {
            let text = seen.screen.screen().contents();
            if fits(&text) {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !seen.over, "never saw {what} on:\n{text}");
            seen = self.seen.1.wait_timeout(seen, left.min(Duration::from_millis(200))).expect("the screen").0;
        }
    }

    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen| screen.contains(text));
    }

    /// Waits for the end; its exit code.
    pub fn wait_for_end(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("a status") {
                // What it wrote last is read after it has ended.
                let seen = self.seen.0.lock().expect("the screen");
                drop(self.seen.1.wait_timeout_while(seen, Duration::from_millis(500), |seen| !seen.over));
                return status.exit_code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("it did not end; its screen:\n{}", self.screen());
    }

    /// Terminal modes now, to compare with `found`.
    pub fn modes(&self) -> String {
        modes(&*self.master)
    }

    pub fn signal(&self, name: &str) {
        let status = std::process::Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Nothing is read from the terminal while the answer is held.
    pub fn stalled(&self) -> std::sync::MutexGuard<'_, ()> {
        self.stall.lock().expect("the gate")
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cells(count: u16) -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(count).unwrap_or(std::num::NonZeroU16::MIN)
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("terminal modes"))
}
