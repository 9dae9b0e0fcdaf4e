//! Where the credential of a profile comes from, and where it is kept.
//!
//! ```text
//!   FOURPAY_TOKEN ──▶ token_command ──▶ token_file ──▶ keyring        the first that is there is used
//! ```
//!
//! In this order (S1): what is nearest to the person who starts the program goes first, as everywhere else in the
//! settings, and a source that fails is an error, never a reason to go on with the next one. Knows files, processes
//! and the keyring; does not know the API, nor whether it accepts what was found. A value is in no argument, message,
//! log or `Debug`.

pub mod command;
pub mod keyring;
pub mod webhook;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::child::Terminal;
use crate::domain::failure::{BEARER, Failure, FailureKind};
use crate::domain::secret::{Password, Token};
use crate::files;
use keyring::Slot;

/// How long `token_command` may run (S2).
pub const COMMAND: Duration = Duration::from_secs(30);
/// How long the keyring may take to answer (S10).
pub const KEYRING: Duration = Duration::from_secs(3);

/// Where a credential came from. Named on screens and by `doctor`; the value never is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `FOURPAY_TOKEN`.
    Environment,
    /// `token_command` of the profile: the program it starts.
    Command(String),
    /// `token_file` of the profile.
    File(PathBuf),
    /// The operating system's keyring.
    Keyring,
    /// Typed by the person, for this run.
    Typed,
    /// Made by the embedded sandbox for this run.
    Sandbox,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Environment => f.write_str("environment variable FOURPAY_TOKEN"),
            Source::Command(program) => write!(f, "token_command {program}"),
            Source::File(path) => write!(f, "token_file {}", path.display()),
            Source::Keyring => f.write_str("the keyring"),
            Source::Typed => f.write_str("typed for this run"),
            Source::Sandbox => f.write_str("the embedded sandbox"),
        }
    }
}

impl Source {
    /// What helps when the API does not accept what came from here. Another source would not be looked at.
    pub fn help(&self) -> String {
        match self {
            Source::Environment => {
                "set FOURPAY_TOKEN to a token that is good, or unset it: as long as it is set, nothing else is looked at"
                    .into()
            }
            Source::Command(program) => format!("have {program} print a token that is good (token_command)"),
            Source::File(path) => format!("put a token that is good into {} (token_file)", path.display()),
            Source::Keyring => "run `fourpay login`".into(),
            Source::Typed => "type another".into(),
            Source::Sandbox => "start the program again".into(),
        }
    }

    /// What can be done about a failure of a request that was sent with what came from here.
    pub fn advice(&self, failure: &Failure) -> String {
        match failure.kind {
            FailureKind::Unauthorized if failure.may_want_bearer() => {
                format!("the credential is from {self}: {}; {BEARER}", self.help())
            }
            FailureKind::Unauthorized => format!("the credential is from {self}: {}", self.help()),
            _ => failure.next_step(),
        }
    }
}

/// What the API is asked to know us by.
#[derive(Debug)]
pub enum Credential {
    /// An API token, or a JWT.
    Token(Token),
    /// A login of the merchant portal: a JWT is got for it, and got anew before it ends.
    Login { email: String, password: Password },
}

/// A credential and where it was.
#[derive(Debug)]
pub struct Found {
    pub credential: Credential,
    pub source: Source,
}

/// Where one profile's credential may be. Nothing is looked at before [`Sources::read`].
#[derive(Debug, Default)]
pub struct Sources {
    /// `FOURPAY_TOKEN`, as it was said.
    pub environment: Option<Password>,
    /// `token_command`: a program and its arguments.
    pub command: Option<Vec<String>>,
    /// `token_file`.
    pub file: Option<PathBuf>,
    /// The place in the keyring that belongs to the profile and its address.
    pub slot: Option<Slot>,
}

/// Why a source that is there cannot be used, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub source: Source,
    pub problem: String,
    pub fix: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.source, self.problem, self.fix)
    }
}

impl std::error::Error for Trouble {}

impl Sources {
    /// The source that would be used, without looking into it; the keyring when there is no other.
    pub fn first(&self) -> Option<Source> {
        if self.environment.is_some() {
            return Some(Source::Environment);
        }
        if let Some(argv) = &self.command {
            return Some(Source::Command(argv.first().cloned().unwrap_or_default()));
        }
        if let Some(path) = &self.file {
            return Some(Source::File(path.clone()));
        }
        self.slot.as_ref().map(|_| Source::Keyring)
    }

    /// Reads the first source there is; `None` when the keyring is the last hope and holds nothing. Waits for a
    /// command and for the keyring, each only so long.
    pub fn read(&self, terminal: Terminal) -> Result<Option<Found>, Trouble> {
        self.read_within(terminal, COMMAND, KEYRING)
    }

    /// The same with other limits.
    pub fn read_within(
        &self,
        terminal: Terminal,
        command: Duration,
        keyring: Duration,
    ) -> Result<Option<Found>, Trouble> {
        let Some(source) = self.first() else { return Ok(None) };
        let text = match &source {
            Source::Environment => {
                let said = self.environment.as_ref().map_or("", Password::expose);
                Zeroizing::new(said.to_owned())
            }
            Source::Command(_) => {
                let argv = self.command.as_deref().unwrap_or_default();
                command::run(argv, command, terminal).map_err(|failed| Trouble {
                    source: source.clone(),
                    problem: failed.to_string(),
                    fix: failed.fix(terminal),
                })?
            }
            Source::File(path) => files::read_private(path).map_err(|refused| Trouble {
                source: source.clone(),
                problem: format!("it cannot be used: {refused}"),
                fix: refused.fix(path),
            })?,
            Source::Keyring | Source::Typed | Source::Sandbox => {
                let Some(slot) = &self.slot else { return Ok(None) };
                let kept = keyring::read(slot, keyring).map_err(|trouble| Trouble {
                    source: source.clone(),
                    problem: trouble.to_string(),
                    fix: trouble.fix().to_owned(),
                })?;
                return Ok(kept.map(|credential| Found { credential, source }));
            }
        };
        let token = Token::parse(text).ok_or_else(|| Trouble {
            source: source.clone(),
            problem: "what it holds is no token".into(),
            fix: "a token is one word of letters, digits and signs, without spaces".into(),
        })?;
        Ok(Some(Found { credential: Credential::Token(token), source }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the key is from, that it may be wanted in another header is said.
    #[test]
    fn a_key_that_may_be_wanted_as_bearer_is_told_so_from_every_source() {
        let refused = |detail: &str| Failure {
            kind: FailureKind::Unauthorized,
            ..Failure::not_sent("read the accounts", detail)
        };
        for source in [Source::Environment, Source::Keyring, Source::Typed, Source::Command("pass".into())] {
            let advice = source.advice(&refused("Invalid key; it was sent as X-API-Token"));
            assert!(advice.contains(&source.help()) && advice.contains("auth = \"bearer\""), "{advice}");
            assert!(!source.advice(&refused("Invalid key")).contains("bearer"));
        }
    }

    fn said(text: &str) -> Option<Password> {
        Some(Password::new(Zeroizing::new(text.to_owned())))
    }

    fn echo(text: &str) -> Option<Vec<String>> {
        Some(vec!["/bin/echo".into(), text.into()])
    }

    fn token(sources: &Sources) -> (String, Source) {
        let found = sources.read(Terminal::Lent).unwrap().unwrap();
        let Credential::Token(token) = found.credential else { panic!("no token") };
        (token.expose().to_owned(), found.source)
    }

    /// S1: the order.
    #[test]
    fn s1_the_nearest_source_is_used_and_no_other() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "tok_file\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let slot = Some(Slot::new("default", "https://api.example.com"));
        let mut sources =
            Sources { environment: said("tok_env"), command: echo("tok_command"), file: Some(path.clone()), slot };
        assert_eq!(token(&sources), ("tok_env".into(), Source::Environment));
        sources.environment = None;
        assert_eq!(token(&sources), ("tok_command".into(), Source::Command("/bin/echo".into())));
        sources.command = None;
        assert_eq!(token(&sources), ("tok_file".into(), Source::File(path)));
        sources.file = None;
        assert_eq!(sources.first(), Some(Source::Keyring));
        assert_eq!(Sources::default().first(), None);
    }

    #[test]
    fn a_source_that_fails_is_no_reason_to_take_the_next() {
        let sources = Sources {
            command: Some(vec!["/nowhere/at all".into()]),
            file: Some("/dev/null".into()),
            ..Sources::default()
        };
        let trouble = sources.read(Terminal::Lent).unwrap_err().to_string();
        assert!(trouble.starts_with("token_command /nowhere/at all: "), "{trouble}");
    }

    #[test]
    fn s1_nothing_of_a_value_is_said() {
        for sources in [
            Sources { environment: said("tok CANARY"), ..Sources::default() },
            Sources { command: echo("tok CANARY"), ..Sources::default() },
        ] {
            assert!(!format!("{:?}", Sources { command: None, ..sources }).contains("CANARY"));
        }
        let sources = Sources { environment: said("tok CANARY"), ..Sources::default() };
        let trouble = sources.read(Terminal::Lent).unwrap_err();
        assert!(!format!("{trouble} {trouble:?}").contains("CANARY"), "{trouble}");
    }
}
