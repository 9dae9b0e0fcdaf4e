//! Exit codes of the commands that read and act, and what ends one before its end.

use std::fmt;

use crate::credentials::Source;
use crate::domain::failure::{Failure, FailureKind, Reached};
use crate::domain::intent::lifecycle::Stage;
use crate::domain::text::SafeText;
use crate::ops::{Held, JournalError};

/// How a command ended, as scripts see it. From the least to the worst: of several acts the worst is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Done, and seen by a read.
    Done,
    /// A card, account, person or act is not there, or the name fits several.
    NotFound,
    /// A list could not be read whole.
    Incomplete,
    /// An open act holds it back.
    Held,
    /// Nothing was sent: the network, the journal, or the person said no.
    NotSent,
    ReadOnly,
    Credential,
    /// Arguments, settings, no terminal.
    Usage,
    /// The API refused it, or would: the state of the card or account forbids it.
    Refused,
    /// The outcome is open, or only probable.
    Open,
}

impl Exit {
    #[cfg(test)]
    pub const ALL: [Exit; 10] = [
        Exit::Done,
        Exit::NotFound,
        Exit::Incomplete,
        Exit::Held,
        Exit::NotSent,
        Exit::ReadOnly,
        Exit::Credential,
        Exit::Usage,
        Exit::Refused,
        Exit::Open,
    ];

    /// The code of the process.
    pub fn code(self) -> i32 {
        match self {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Open => 3,
            Exit::NotFound => 4,
            Exit::ReadOnly => 5,
            Exit::Credential => 6,
            Exit::Incomplete => 7,
            Exit::Held => 8,
            Exit::NotSent => 9,
        }
    }

    /// The word that stands in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Refused => "refused",
            Exit::Usage => "usage",
            Exit::Open => "open",
            Exit::NotFound => "not_found",
            Exit::ReadOnly => "read_only",
            Exit::Credential => "credential",
            Exit::Incomplete => "incomplete",
            Exit::Held => "held",
            Exit::NotSent => "not_sent",
        }
    }

    /// By where an intent is after it was followed.
    pub fn of_stage(stage: Stage) -> Exit {
        match stage {
            Stage::Done | Stage::SettledDone | Stage::FoundLater => Exit::Done,
            Stage::Refused | Stage::SettledNotDone => Exit::Refused,
            Stage::NotSent => Exit::NotSent,
            Stage::Recorded
            | Stage::Sent
            | Stage::Accepted
            | Stage::Unknown
            | Stage::NotSeen
            | Stage::Probably
            | Stage::NeedsPerson
            | Stage::Reversed => Exit::Open,
        }
    }

    /// By a call that failed, where nothing was asked to change.
    pub fn of_failure(failure: &Failure) -> Exit {
        match failure.kind {
            FailureKind::Unauthorized | FailureKind::Forbidden => Exit::Credential,
            FailureKind::NotFound => Exit::NotFound,
            FailureKind::Refused => Exit::Refused,
            _ => Exit::NotSent,
        }
    }

    /// By an act that was refused, or that certainly never left.
    pub fn of_refusal(failure: &Failure) -> Exit {
        match (&failure.kind, failure.reached) {
            (FailureKind::Unauthorized | FailureKind::Forbidden, _) => Exit::Credential,
            // Refused here, in the API's words: what is to be made is there.
            (FailureKind::Refused, _) | (_, Reached::Refused) => Exit::Refused,
            _ => Exit::NotSent,
        }
    }

    /// By what held an act back.
    pub fn of_held(held: &Held) -> Exit {
        match held {
            Held::ReadOnly => Exit::ReadOnly,
            Held::Waits { .. } => Exit::Held,
            Held::AlreadySo(_) => Exit::Done,
            Held::Exists(_) => Exit::Refused,
            Held::Unbound(failure) => match Exit::of_failure(failure) {
                Exit::Credential => Exit::Credential,
                _ => Exit::NotSent,
            },
            Held::Paused { .. } | Held::Journal(_) => Exit::NotSent,
        }
    }
}

/// A command ends here: with which code, and what is said.
#[derive(Debug)]
pub struct Stop {
    pub exit: Exit,
    pub says: String,
    /// What a name that fits several may mean, a line each.
    pub candidates: Vec<String>,
}

impl Stop {
    pub fn new(exit: Exit, says: impl Into<String>) -> Stop {
        Stop { exit, says: says.into(), candidates: Vec::new() }
    }

    pub fn usage(says: impl Into<String>) -> Stop {
        Stop::new(Exit::Usage, says)
    }

    /// A read that failed, with what helps.
    pub fn read(failure: &Failure, source: &Source) -> Stop {
        Stop::new(Exit::of_failure(failure), format!("{}; {}", failure.sentence(), source.advice(failure)))
    }

    pub fn with_candidates(self, candidates: Vec<String>) -> Stop {
        Stop { candidates, ..self }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What went wrong may quote what the other side said (T3).
        write!(f, "{}", SafeText::prose(&self.says))?;
        self.candidates.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl std::error::Error for Stop {}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Stop {
        Stop::new(Exit::NotSent, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_are_documented_and_each_has_one_of_its_own() {
        let mut codes: Vec<i32> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        codes.sort_unstable();
        assert_eq!(codes, (0..10).collect::<Vec<_>>());
        assert!(Exit::ALL.is_sorted(), "from the least to the worst");
        assert_eq!([Exit::Done, Exit::Open, Exit::Refused].into_iter().max(), Some(Exit::Open));
    }

    #[test]
    fn every_code_is_documented() {
        let (document, manual) = (include_str!("../../docs/commands.md"), include_str!("manual.rs"));
        for exit in Exit::ALL {
            let code = exit.code();
            assert!(document.contains(&format!("\n| {code} | ")), "docs/commands.md: {code}");
            assert!(manual.contains(&format!("(\"{code}\", ")), "the manual page: {code}");
        }
    }

    /// What nobody knows is never told as over.
    #[test]
    fn an_open_stage_is_open() {
        for stage in Stage::ALL {
            let open = !stage.is_final() && stage != Stage::FoundLater;
            assert_eq!(Exit::of_stage(stage) == Exit::Open, open, "{stage}");
        }
    }
}
