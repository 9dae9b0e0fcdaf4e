//! The programs that this one starts: the only module that makes a child process.
//!
//! | | the terminal is lent | no terminal |
//! | --- | --- | --- |
//! | session | ours, so that a prompt on `/dev/tty` works | its own, without a controlling terminal |
//! | standard input | closed (`/dev/null`), or what it is given | the same |
//! | environment | without `FOURPAY_*` | without `FOURPAY_*` and `GPG_TTY` |
//! | ended when its time is over | it | it, and all that it has started |
//!
//! While the dashboard has the terminal no child may have it: its prompt would be written over amounts, and what is
//! typed in answer would be taken for keys. `FOURPAY_*` holds the token and the secret of deliveries, and says things
//! of the profile the program was started with, which may be another by now; no child needs any of it. No shell
//! looks at the words. Knows processes; does not know what is run or why.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use zeroize::Zeroizing;

/// As much of standard error as is looked at.
const SAID: usize = 2 * 1024;

/// Whether a child may use the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// Nobody draws on it now: the child may ask the person for a passphrase there.
    Lent,
    /// The dashboard has it, or nothing is to be asked.
    None,
}

/// How long a child may run and how much it may print.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub time: Duration,
    /// In bytes of standard output.
    pub output: usize,
}

/// A child that has ended by itself.
pub struct Ended {
    pub status: ExitStatus,
    pub printed: Zeroizing<Vec<u8>>,
    /// The beginning of what it wrote to standard error.
    pub said: Zeroizing<Vec<u8>>,
}

/// Why there is no answer of a child. No child is left running.
#[derive(Debug)]
pub enum Failed {
    /// No program was named.
    Nothing,
    NotStarted(io::Error),
    TimedOut(Duration),
    /// It printed more than this many bytes.
    TooMuch(usize),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::Nothing => f.write_str("it names no program"),
            Failed::NotStarted(error) => write!(f, "it cannot be started ({error})"),
            Failed::TimedOut(limit) => write!(f, "it was not done within {} s and was ended", limit.as_secs()),
            Failed::TooMuch(most) => write!(f, "it printed more than {most} bytes and was ended"),
        }
    }
}

/// Variables of ours, which no child inherits.
fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"FOURPAY_")
}

/// The environment that a child gets.
fn environment(terminal: Terminal) -> Vec<(OsString, OsString)> {
    // By it gpg-agent finds the terminal to ask for a passphrase on.
    let is_of_the_terminal = |name: &OsStr| terminal == Terminal::None && name == "GPG_TTY";
    std::env::vars_os().filter(|(name, _)| !is_ours(name) && !is_of_the_terminal(name)).collect()
}

/// Takes the child out of our session: without a controlling terminal `/dev/tty` cannot be opened.
#[expect(unsafe_code, reason = "the standard library offers no other way to act between fork and exec")]
fn leave_the_terminal(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    // SAFETY: between fork and exec only functions that are async-signal-safe may be called. Both are single system
    // calls: no allocation, no lock, no memory shared with other threads.
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            // A session of its own is not hung up together with ours: it ends with us all the same.
            #[cfg(target_os = "linux")]
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            Ok(())
        });
    }
}

/// What the threads that watch a child have to say.
enum News {
    Printed(Option<Zeroizing<Vec<u8>>>),
    Said(Zeroizing<Vec<u8>>),
    Ended,
}

/// Runs a program and waits for its end, at most so long.
pub fn run(argv: &[impl AsRef<OsStr>], terminal: Terminal, limits: Limits) -> Result<Ended, Failed> {
    run_with(argv, terminal, limits, None)
}

/// The same for a program that is only told something, on its standard input. One that does not read it is none the worse.
/// What it prints goes nowhere, and it has ended when it has ended, whatever it has left running.
pub fn tell(argv: &[impl AsRef<OsStr>], limits: Limits, input: &[u8]) -> Result<Ended, Failed> {
    run_with(argv, Terminal::None, limits, Some(input))
}

/// How long is waited for the end of what was written to standard error, once the program has ended: something that it has
/// started may keep it open.
const GRACE: Duration = Duration::from_millis(500);

fn run_with(
    argv: &[impl AsRef<OsStr>],
    terminal: Terminal,
    limits: Limits,
    input: Option<&[u8]>,
) -> Result<Ended, Failed> {
    let Some((program, arguments)) = argv.split_first() else { return Err(Failed::Nothing) };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(environment(terminal));
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(if input.is_some() { Stdio::null() } else { Stdio::piped() }).stderr(Stdio::piped());
    if terminal == Terminal::None {
        leave_the_terminal(&mut command);
    }
    let mut child = command.spawn().map_err(Failed::NotStarted)?;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        let input = Zeroizing::new(input.to_vec());
        // On a thread of its own: a child that does not read keeps nobody.
        std::thread::spawn(move || drop(io::Write::write_all(&mut pipe, &input)));
    }
    let (to, news) = mpsc::channel();
    watch(&mut child, limits.output, &to);
    drop(to);
    match hear(&news, limits, input.map(|_| GRACE)) {
        Ok((printed, said)) => {
            let status = child.wait().map_err(Failed::NotStarted)?;
            Ok(Ended { status, printed, said })
        }
        Err(why) => {
            end(&mut child, terminal);
            Err(why)
        }
    }
}

type Bytes = Zeroizing<Vec<u8>>;

/// Waits until it has ended and everything it printed is there.
/// `grace`: what it prints is not waited for, and its standard error so long.
fn hear(news: &mpsc::Receiver<News>, limits: Limits, grace: Option<Duration>) -> Result<(Bytes, Bytes), Failed> {
    #[expect(clippy::disallowed_methods, reason = "how long it has run already")]
    let now = Instant::now;
    let began = now();
    let (mut printed, mut said, mut ended) = (grace.map(|_| Bytes::default()), None, false);
    loop {
        if let (Some(_), Some(_), true) = (&printed, &said, ended) {
            break;
        }
        let left = limits.time.saturating_sub(now().saturating_duration_since(began));
        let left = grace.filter(|_| ended).map_or(left, |grace| left.min(grace));
        match news.recv_timeout(left) {
            Ok(News::Printed(Some(bytes))) => printed = Some(bytes),
            Ok(News::Printed(None)) => return Err(Failed::TooMuch(limits.output)),
            Ok(News::Said(bytes)) => said = Some(bytes),
            Ok(News::Ended) => ended = true,
            Err(RecvTimeoutError::Timeout) if ended && grace.is_some() => break,
            Err(RecvTimeoutError::Timeout) => return Err(Failed::TimedOut(limits.time)),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok((printed.unwrap_or_default(), said.unwrap_or_default()))
}

/// Starts the threads that read what it prints and wait for its end. They end with it; where something it has
/// started keeps its output open, they end with that.
fn watch(child: &mut Child, most: usize, to: &mpsc::Sender<News>) {
    if let Some(mut out) = child.stdout.take() {
        let to = to.clone();
        std::thread::spawn(move || {
            // Allocated whole: a buffer that grows leaves copies behind.
            let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
            let read = (&mut out).take(most as u64 + 1).read_to_end(&mut bytes);
            let fits = read.is_ok() && bytes.len() <= most;
            // Nobody may wait for it any more.
            let _ = to.send(News::Printed(fits.then_some(bytes)));
        });
    }
    if let Some(mut err) = child.stderr.take() {
        let to = to.clone();
        std::thread::spawn(move || {
            let mut bytes = Zeroizing::new(Vec::with_capacity(SAID));
            let _ = (&mut err).take(SAID as u64).read_to_end(&mut bytes);
            // The rest is read too, so that nothing waits for room to say it.
            let _ = io::copy(&mut err, &mut io::sink());
            let _ = to.send(News::Said(bytes));
        });
    }
    let (pid, to) = (Pid::from_child(child), to.clone());
    std::thread::spawn(move || {
        // It is only looked at: whoever started it takes it away, so that its number cannot become another's.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), options) {}
        let _ = to.send(News::Ended);
    });
}

/// Ends it; where it has a session of its own, everything that it has started as well.
fn end(child: &mut Child, terminal: Terminal) {
    if terminal == Terminal::None {
        let _ = rustix::process::kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// No child inherits a descriptor that we were started with beside the three: one of them may be the terminal.
pub fn keep_descriptors() {
    use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
    let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let numbers: Vec<i32> = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number > 2) {
        // SAFETY: the descriptor is borrowed for two calls that neither read, write nor close it. One that is closed
        // meanwhile (the folder's own) makes them fail.
        #[expect(unsafe_code, reason = "an inherited descriptor is known by its number alone")]
        let inherited = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
        if let Ok(flags) = fcntl_getfd(inherited) {
            let _ = fcntl_setfd(inherited, flags | FdFlags::CLOEXEC);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const LIMITS: Limits = Limits { time: Duration::from_secs(20), output: 64 * 1024 };

    fn shell(text: &str, terminal: Terminal, limits: Limits) -> Result<Ended, Failed> {
        run(&["/bin/sh", "-c", text], terminal, limits)
    }

    fn printed(text: &str, terminal: Terminal) -> String {
        String::from_utf8(shell(text, terminal, LIMITS).map(|ended| ended.printed.to_vec()).unwrap()).unwrap()
    }

    #[test]
    fn without_a_terminal_it_has_a_session_of_its_own_and_nothing_to_read() {
        // Fields of stat after the name: state, parent, group, session, controlling terminal.
        let stat = "set -- $(sed 's/.*) //' /proc/$$/stat); echo $$ $3 $4 $5; cat";
        let said = printed(stat, Terminal::None);
        let numbers: Vec<&str> = said.split_whitespace().collect();
        assert_eq!(numbers[0], numbers[1], "a group of its own");
        assert_eq!(numbers[0], numbers[2], "a session of its own");
        assert_eq!(numbers[3], "0", "no controlling terminal");
        let opened = shell("exec 3<>/dev/tty", Terminal::None, LIMITS).unwrap();
        assert!(!opened.status.success());
    }

    #[test]
    fn s1_nothing_of_ours_is_in_its_environment() {
        assert!(is_ours(OsStr::new("FOURPAY_TOKEN")) && is_ours(OsStr::new("FOURPAY_WEBHOOK_SECRET")));
        assert!(!is_ours(OsStr::new("FOURPAYX")) && !is_ours(OsStr::new("HOME")) && !is_ours(OsStr::new("")));
        assert!(printed("env", Terminal::Lent).contains("PATH="));
    }

    #[test]
    fn what_it_is_given_is_on_its_standard_input() {
        let given = vec![b'x'; 300_000];
        let told = |text: &str, limits| tell(&["/bin/sh", "-c", text], limits, &given);
        let counts = told("wc -c >&2", LIMITS).unwrap();
        assert_eq!(String::from_utf8_lossy(&counts.said).trim(), "300000");
        assert_eq!(told("exit 3", LIMITS).unwrap().status.code(), Some(3));
        // It prints more than anybody looks at, or leaves something running that keeps its output open.
        let short = Limits { time: Duration::from_secs(5), output: 10 };
        assert!(told("head -c 3000000 /dev/zero", short).unwrap().status.success());
        assert!(told("sleep 20 & exit 0", short).unwrap().status.success());
    }

    #[test]
    fn one_that_hangs_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let (child, alive) = (folder.path().join("pid"), |pid: &str| Path::new("/proc").join(pid.trim()).exists());
        let text = format!("sleep 600 & echo $! > '{}'; wait", child.display());
        let short = Limits { time: Duration::from_millis(500), ..LIMITS };
        assert!(matches!(shell(&text, Terminal::None, short), Err(Failed::TimedOut(_))));
        if let Ok(pid) = std::fs::read_to_string(&child) {
            let gone = (0..500).any(|_| {
                std::thread::sleep(Duration::from_millis(10));
                let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
                !alive(&pid) || state.contains(") Z")
            });
            assert!(gone, "what it had started goes on");
        }
        assert!(matches!(shell("exec sleep 600", Terminal::Lent, short), Err(Failed::TimedOut(_))));
    }

    #[test]
    fn what_it_prints_is_bounded() {
        let text = "head -c 1000000 /dev/zero; sleep 600";
        assert!(matches!(shell(text, Terminal::None, LIMITS), Err(Failed::TooMuch(_))));
        assert_eq!(printed("head -c 1000000 /dev/zero >&2; echo done", Terminal::None), "done\n");
    }
}
