//! `token_command`: a program that prints the token, such as a password manager (S2).
//!
//! It is started without a shell and without standard input, may take so long and print so much, and is ended
//! when it does not keep to that. The first line it prints is the token. What it says on standard error is
//! repeated once, made safe and short, when it fails; otherwise it is dropped.

use std::fmt;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::text::SafeText;

/// Most that it may print, in bytes.
const CAP: usize = 8 * 1024;
/// As much of standard error as is looked at.
const SAID: usize = 2 * 1024;

/// What else goes on in the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Nothing yet: the program may ask the person for a passphrase there.
    Before,
    /// The dashboard has it. The program runs in a group of its own, which may neither read nor change it.
    Behind,
}

/// Why it gave no token.
#[derive(Debug)]
pub enum Failed {
    Nothing,
    NotStarted(io::Error),
    TimedOut(Duration),
    TooMuch,
    Ended { status: ExitStatus, said: SafeText },
    Silent,
    NotText,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::Nothing => f.write_str("it names no program"),
            Failed::NotStarted(error) => write!(f, "it cannot be started ({error})"),
            Failed::TimedOut(limit) => write!(f, "it was not done within {} s and was ended", limit.as_secs()),
            Failed::TooMuch => write!(f, "it printed more than {CAP} bytes and was ended"),
            Failed::Ended { status, said } if said.is_empty() => write!(f, "it failed ({status}) and said nothing"),
            Failed::Ended { status, said } => write!(f, "it failed ({status}): {said}"),
            Failed::Silent => f.write_str("it printed nothing"),
            Failed::NotText => f.write_str("what it printed is no text"),
        }
    }
}

impl Failed {
    /// What the person can do.
    pub fn fix(&self) -> String {
        match self {
            Failed::Nothing => "write a list, such as [\"pass\", \"show\", \"4pay\"]".into(),
            Failed::NotStarted(_) => "name the program by its path; no shell looks at the words".into(),
            Failed::TimedOut(_) => "unlock the password manager first, and try the command by hand".into(),
            Failed::TooMuch | Failed::Silent | Failed::NotText => {
                "it must print the token on its first line, and little else".into()
            }
            Failed::Ended { .. } => "try the command by hand".into(),
        }
    }
}

/// What the threads that watch the program have to say.
enum News {
    Printed(Option<Zeroizing<Vec<u8>>>),
    Said(Vec<u8>),
    Ended,
}

/// Runs it: the first line it prints.
pub fn run(argv: &[String], limit: Duration, ground: Ground) -> Result<Zeroizing<String>, Failed> {
    let Some((program, arguments)) = argv.split_first() else { return Err(Failed::Nothing) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if ground == Ground::Behind {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    let mut child = command.spawn().map_err(Failed::NotStarted)?;
    let (to, news) = mpsc::channel();
    watch(&mut child, &to);
    drop(to);
    match hear(&news, limit) {
        Ok(heard) => {
            let status = child.wait().map_err(Failed::NotStarted)?;
            heard.token(status)
        }
        Err(why) => {
            end(&mut child, ground);
            Err(why)
        }
    }
}

/// What it printed and said, until it had ended.
struct Heard {
    printed: Zeroizing<Vec<u8>>,
    said: Vec<u8>,
}

impl Heard {
    fn token(mut self, status: ExitStatus) -> Result<Zeroizing<String>, Failed> {
        let printed = std::str::from_utf8(&self.printed).map(|text| text.lines().next().unwrap_or("").trim());
        if !status.success() {
            // Some programs repeat on one stream what they print on the other.
            let mut text = String::from_utf8_lossy(&self.said).into_owned();
            if let Some(secret) = printed.ok().filter(|line| line.len() > 3) {
                text = text.replace(secret, "••••");
            }
            self.said.zeroize();
            return Err(Failed::Ended { status, said: SafeText::prose(text.trim()) });
        }
        self.said.zeroize();
        match printed {
            Err(_) => Err(Failed::NotText),
            Ok("") => Err(Failed::Silent),
            Ok(line) => Ok(Zeroizing::new(line.to_owned())),
        }
    }
}

/// Waits until it has ended and everything it printed is there.
fn hear(news: &mpsc::Receiver<News>, limit: Duration) -> Result<Heard, Failed> {
    #[expect(clippy::disallowed_methods, reason = "how long it has run already")]
    let now = Instant::now;
    let began = now();
    let (mut printed, mut said, mut ended) = (None, None, false);
    loop {
        if let (Some(_), Some(_), true) = (&printed, &said, ended) {
            break;
        }
        let left = limit.saturating_sub(now().saturating_duration_since(began));
        match news.recv_timeout(left) {
            Ok(News::Printed(Some(bytes))) => printed = Some(bytes),
            Ok(News::Printed(None)) => return Err(Failed::TooMuch),
            Ok(News::Said(bytes)) => said = Some(bytes),
            Ok(News::Ended) => ended = true,
            Err(RecvTimeoutError::Timeout) => return Err(Failed::TimedOut(limit)),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(Heard { printed: printed.unwrap_or_default(), said: said.unwrap_or_default() })
}

/// Starts the threads that read what it prints and wait for its end. They end with it; where something it has
/// started keeps its output open, they end with that.
fn watch(child: &mut Child, to: &mpsc::Sender<News>) {
    if let Some(mut out) = child.stdout.take() {
        let to = to.clone();
        std::thread::spawn(move || {
            // Allocated whole: a buffer that grows leaves copies behind.
            let mut bytes = Zeroizing::new(Vec::with_capacity(CAP + 1));
            let read = (&mut out).take(CAP as u64 + 1).read_to_end(&mut bytes);
            let fits = read.is_ok() && bytes.len() <= CAP;
            // Nobody may wait for it any more.
            let _ = to.send(News::Printed(fits.then_some(bytes)));
        });
    }
    if let Some(mut err) = child.stderr.take() {
        let to = to.clone();
        std::thread::spawn(move || {
            let mut bytes = Vec::with_capacity(SAID);
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

/// Ends it; behind the dashboard, everything that it has started as well.
fn end(child: &mut Child, ground: Ground) {
    if ground == Ground::Behind {
        let _ = rustix::process::kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    const LONG: Duration = Duration::from_secs(20);

    fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    fn shell(text: &str, limit: Duration, ground: Ground) -> Result<Zeroizing<String>, Failed> {
        run(&["/bin/sh".into(), "-c".into(), text.into()], limit, ground)
    }

    #[test]
    fn s2_the_first_line_is_the_token() {
        for text in ["echo tok_1", "printf 'tok_1\\nuser: ana\\n'", "printf ' tok_1 '", "echo noise >&2; echo tok_1"] {
            assert_eq!(shell(text, LONG, Ground::Before).unwrap().as_str(), "tok_1", "{text}");
            assert_eq!(shell(text, LONG, Ground::Behind).unwrap().as_str(), "tok_1", "{text}");
        }
        assert!(matches!(shell("true", LONG, Ground::Before), Err(Failed::Silent)));
        assert!(matches!(shell("printf '\\377\\376'", LONG, Ground::Before), Err(Failed::NotText)));
        assert!(matches!(run(&[], LONG, Ground::Before), Err(Failed::Nothing)));
    }

    #[test]
    fn s2_no_shell_looks_at_the_words_and_spaces_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = script(folder.path(), "a program; with $HOME in its name", "printf '%s' \"$1\"");
        let argv = [path.display().to_string(), "$(id)`id`*".into()];
        assert_eq!(run(&argv, LONG, Ground::Before).unwrap().as_str(), "$(id)`id`*");
        let nowhere = run(&["/nowhere/at all".into()], LONG, Ground::Before).unwrap_err();
        assert!(nowhere.to_string().contains("cannot be started"), "{nowhere}");
    }

    #[test]
    fn s2_one_that_hangs_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let (child, alive) = (folder.path().join("pid"), |pid: &str| Path::new("/proc").join(pid.trim()).exists());
        let text = format!("sleep 600 & echo $! > '{}'; echo tok_1; wait", child.display());
        // Nothing is asked of the clock but that the first does not wait for the sleep.
        let hung = shell(&text, Duration::from_millis(300), Ground::Behind).unwrap_err();
        assert!(matches!(hung, Failed::TimedOut(_)), "{hung}");
        if let Ok(pid) = std::fs::read_to_string(&child) {
            let gone = (0..500).any(|_| {
                std::thread::sleep(Duration::from_millis(10));
                let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
                !alive(&pid) || state.contains(") Z")
            });
            assert!(gone, "what it had started goes on");
        }
        let hung = shell("exec sleep 600", Duration::from_millis(100), Ground::Before).unwrap_err();
        assert!(matches!(hung, Failed::TimedOut(_)), "{hung}");
    }

    #[test]
    fn s2_one_that_prints_a_megabyte_is_ended() {
        let too_much = shell("head -c 1000000 /dev/zero | tr '\\0' t; sleep 600", LONG, Ground::Behind).unwrap_err();
        assert!(matches!(too_much, Failed::TooMuch), "{too_much}");
        // On standard error it only has nobody who listens.
        let text = "head -c 1000000 /dev/zero >&2; echo tok_1";
        assert_eq!(shell(text, LONG, Ground::Behind).unwrap().as_str(), "tok_1");
    }

    #[test]
    fn s2_what_it_said_is_repeated_safely_when_it_fails_and_only_then() {
        let text = "echo tok_CANARY; printf 'no key \\033]52;c;x\\007 for tok_CANARY\\n' >&2; exit 1";
        let failed = shell(text, LONG, Ground::Before).unwrap_err();
        let sentence = failed.to_string();
        assert!(sentence.contains("exit status: 1") && sentence.contains("no key"), "{sentence}");
        assert!(!sentence.contains("CANARY") && !sentence.contains('\u{1b}'), "{sentence}");
        assert!(!format!("{failed:?}").contains("CANARY"));
        let long = shell("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 3", LONG, Ground::Before).unwrap_err();
        assert!(long.to_string().chars().count() < 600, "{long}");
        let killed = shell("kill -9 $$", LONG, Ground::Before).unwrap_err();
        assert!(killed.to_string().contains("signal"), "{killed}");
    }
}
