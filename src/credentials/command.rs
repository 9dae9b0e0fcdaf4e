//! `token_command`: a program that prints the token, such as a password manager (S2).
//!
//! It is started as [`child`] starts everything. The first line it prints is the token. What it says on standard
//! error is repeated once, made safe and short, when it fails; otherwise it is dropped.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::child::{self, Ended, Limits, Terminal};
use crate::domain::text::SafeText;

/// Most that it may print, in bytes.
const CAP: usize = 8 * 1024;

/// What is said where it may have wanted to ask for something.
pub const NO_TERMINAL: &str = "it had no terminal to ask on";

/// Why it gave no token.
#[derive(Debug)]
pub enum Failed {
    /// It did not run to its end.
    Child(child::Failed),
    Ended {
        status: ExitStatus,
        said: SafeText,
    },
    Silent,
    NotText,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::Child(failed) => failed.fmt(f),
            Failed::Ended { status, said } if said.is_empty() => write!(f, "it failed ({status}) and said nothing"),
            Failed::Ended { status, said } => write!(f, "it failed ({status}): {said}"),
            Failed::Silent => f.write_str("it printed nothing"),
            Failed::NotText => f.write_str("what it printed is no text"),
        }
    }
}

impl Failed {
    /// What the person can do.
    pub fn fix(&self, terminal: Terminal) -> String {
        let fix = match self {
            Failed::Child(child::Failed::Nothing) => "write a list, for example [\"pass\", \"show\", \"4pay\"]",
            Failed::Child(child::Failed::NotStarted(_)) => "name the program by its path; no shell looks at the words",
            Failed::Child(child::Failed::TimedOut(_)) => {
                "unlock the password manager first, and try the command by hand"
            }
            Failed::Child(child::Failed::TooMuch(_)) => "it must print the token on its first line, and little else",
            Failed::Silent | Failed::NotText => "it must print the token on its first line, and little else",
            Failed::Ended { .. } => "try the command by hand",
        };
        match self.may_want_a_terminal() && terminal == Terminal::None {
            true => format!("{NO_TERMINAL}; {fix}"),
            false => fix.to_owned(),
        }
    }

    /// Whether it may have failed because there was no terminal to ask on.
    pub fn may_want_a_terminal(&self) -> bool {
        matches!(self, Failed::Child(child::Failed::TimedOut(_)) | Failed::Ended { .. } | Failed::Silent)
    }
}

/// Runs it: the first line it prints.
pub fn run(argv: &[String], limit: Duration, terminal: Terminal) -> Result<Zeroizing<String>, Failed> {
    let ended = child::run(argv, terminal, Limits { time: limit, output: CAP }).map_err(Failed::Child)?;
    token(&ended)
}

fn token(ended: &Ended) -> Result<Zeroizing<String>, Failed> {
    let printed = std::str::from_utf8(&ended.printed).map(|text| text.lines().next().unwrap_or("").trim());
    if !ended.status.success() {
        // Some programs repeat on one stream what they print on the other.
        let mut text = Zeroizing::new(String::from_utf8_lossy(&ended.said).into_owned());
        if let Some(secret) = printed.ok().filter(|line| line.len() > 3) {
            text = Zeroizing::new(text.replace(secret, "••••"));
        }
        return Err(Failed::Ended { status: ended.status, said: SafeText::prose(text.trim()) });
    }
    match printed {
        Err(_) => Err(Failed::NotText),
        Ok("") => Err(Failed::Silent),
        Ok(line) => Ok(Zeroizing::new(line.to_owned())),
    }
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

    fn shell(text: &str, limit: Duration, terminal: Terminal) -> Result<Zeroizing<String>, Failed> {
        run(&["/bin/sh".into(), "-c".into(), text.into()], limit, terminal)
    }

    #[test]
    fn s2_the_first_line_is_the_token() {
        for text in ["echo tok_1", "printf 'tok_1\\nuser: ana\\n'", "printf ' tok_1 '", "echo noise >&2; echo tok_1"] {
            assert_eq!(shell(text, LONG, Terminal::Lent).unwrap().as_str(), "tok_1", "{text}");
            assert_eq!(shell(text, LONG, Terminal::None).unwrap().as_str(), "tok_1", "{text}");
        }
        assert!(matches!(shell("true", LONG, Terminal::Lent), Err(Failed::Silent)));
        assert!(matches!(shell("printf '\\377\\376'", LONG, Terminal::Lent), Err(Failed::NotText)));
        assert!(matches!(run(&[], LONG, Terminal::Lent), Err(Failed::Child(child::Failed::Nothing))));
    }

    #[test]
    fn s2_no_shell_looks_at_the_words_and_spaces_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = script(folder.path(), "a program; with $HOME in its name", "printf '%s' \"$1\"");
        let argv = [path.display().to_string(), "$(id)`id`*".into()];
        assert_eq!(run(&argv, LONG, Terminal::Lent).unwrap().as_str(), "$(id)`id`*");
        let nowhere = run(&["/nowhere/at all".into()], LONG, Terminal::Lent).unwrap_err();
        assert!(nowhere.to_string().contains("cannot be started"), "{nowhere}");
    }

    #[test]
    fn s2_one_that_hangs_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let (child, alive) = (folder.path().join("pid"), |pid: &str| Path::new("/proc").join(pid.trim()).exists());
        let text = format!("sleep 600 & echo $! > '{}'; echo tok_1; wait", child.display());
        // Nothing is asked of the clock but that the first does not wait for the sleep.
        let hung = shell(&text, Duration::from_millis(300), Terminal::None).unwrap_err();
        assert!(matches!(hung, Failed::Child(child::Failed::TimedOut(_))), "{hung}");
        if let Ok(pid) = std::fs::read_to_string(&child) {
            let gone = (0..500).any(|_| {
                std::thread::sleep(Duration::from_millis(10));
                let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
                !alive(&pid) || state.contains(") Z")
            });
            assert!(gone, "what it had started goes on");
        }
        let hung = shell("exec sleep 600", Duration::from_millis(100), Terminal::Lent).unwrap_err();
        assert!(matches!(hung, Failed::Child(child::Failed::TimedOut(_))), "{hung}");
    }

    #[test]
    fn s2_one_that_prints_a_megabyte_is_ended() {
        let too_much = shell("head -c 1000000 /dev/zero | tr '\\0' t; sleep 600", LONG, Terminal::None).unwrap_err();
        assert!(matches!(too_much, Failed::Child(child::Failed::TooMuch(_))), "{too_much}");
        // On standard error it only has nobody who listens.
        let text = "head -c 1000000 /dev/zero >&2; echo tok_1";
        assert_eq!(shell(text, LONG, Terminal::None).unwrap().as_str(), "tok_1");
    }

    #[test]
    fn s2_what_it_said_is_repeated_safely_when_it_fails_and_only_then() {
        let text = "echo tok_CANARY; printf 'no key \\033]52;c;x\\007 for tok_CANARY\\n' >&2; exit 1";
        let failed = shell(text, LONG, Terminal::Lent).unwrap_err();
        let sentence = failed.to_string();
        assert!(sentence.contains("exit status: 1") && sentence.contains("no key"), "{sentence}");
        assert!(!sentence.contains("CANARY") && !sentence.contains('\u{1b}'), "{sentence}");
        assert!(!format!("{failed:?}").contains("CANARY"));
        let long = shell("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 3", LONG, Terminal::Lent).unwrap_err();
        assert!(long.to_string().chars().count() < 600, "{long}");
        let killed = shell("kill -9 $$", LONG, Terminal::Lent).unwrap_err();
        assert!(killed.to_string().contains("signal"), "{killed}");
    }
}
