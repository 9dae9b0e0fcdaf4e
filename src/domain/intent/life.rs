//! The life of an intent, as a pure function: which step may follow which.
//!
//! ```text
//!                        ┌────────────────────────────▶ refused
//!                        │ the API said no
//!   recorded ──▶ sent ───┼──▶ accepted ──▶ done         a read has confirmed it
//!      │           │     │     ▲  │  └───▶ settled as not done
//!      │           │     │     │  └──────▶ needs a person ──┐
//!      ▼           ▼     ▼     │                     ▲      │
//!   not sent ◀─────┘   unknown ┴──▶ settled as done  │  ◀───┤  a later read, or the person
//!   (certain)            │     └──▶ settled as not done ◀───┘
//!                        └───────────────────────────┘
//! ```

use std::fmt;

use super::super::ids::{CardId, TransactionId};
use super::super::text::SafeText;
use super::Before;

/// What a read has shown, kept as the ground of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// One sentence for a person.
    pub says: SafeText,
    /// The rows of the feeds that belong to the act.
    pub transactions: Vec<TransactionId>,
    /// The card that was made or changed.
    pub card: Option<CardId>,
    /// Balances as they were read afterwards.
    pub after: Before,
}

impl Evidence {
    /// Evidence that is a sentence so far.
    pub fn new(says: &str) -> Evidence {
        Evidence { says: SafeText::prose(says), transactions: Vec::new(), card: None, after: Before::default() }
    }
}

/// What the API said when it took the act on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The word it gave for the state, when it gave one. A missing one is no failure.
    pub status: Option<SafeText>,
    pub transactions: Vec<TransactionId>,
    pub card: Option<CardId>,
}

/// One step of an intent's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Written down, nothing sent.
    Recorded,
    /// The one request may be on its way. `skew_ms`: how much the server's clock was ahead of ours when last
    /// heard, in milliseconds.
    Sent {
        skew_ms: Option<i64>,
    },
    /// The API took it on; no read has confirmed it yet.
    Accepted(Receipt),
    /// A read has confirmed it.
    Done(Evidence),
    /// The API said that it did not do it, and why.
    Refused {
        reason: SafeText,
        status: Option<u16>,
    },
    /// Certainly never sent.
    NotSent {
        reason: SafeText,
    },
    /// It may have been done (M4).
    Unknown {
        reason: SafeText,
        status: Option<u16>,
    },
    SettledDone(Evidence),
    SettledNotDone(Evidence),
    /// Reading cannot decide it. What to compare is said.
    NeedsPerson(Evidence),
}

/// Where an intent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    Recorded,
    Sent,
    Accepted,
    Done,
    Refused,
    NotSent,
    Unknown,
    SettledDone,
    SettledNotDone,
    NeedsPerson,
}

impl Stage {
    pub const ALL: [Stage; 10] = [
        Stage::Recorded,
        Stage::Sent,
        Stage::Accepted,
        Stage::Done,
        Stage::Refused,
        Stage::NotSent,
        Stage::Unknown,
        Stage::SettledDone,
        Stage::SettledNotDone,
        Stage::NeedsPerson,
    ];

    /// The word that stands in the journal.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Recorded => "recorded",
            Stage::Sent => "sent",
            Stage::Accepted => "accepted",
            Stage::Done => "done",
            Stage::Refused => "refused",
            Stage::NotSent => "not_sent",
            Stage::Unknown => "unknown",
            Stage::SettledDone => "settled_done",
            Stage::SettledNotDone => "settled_not_done",
            Stage::NeedsPerson => "needs_person",
        }
    }

    /// Words for a person.
    pub fn words(self) -> &'static str {
        match self {
            Stage::Recorded => "not sent yet",
            Stage::Sent => "being sent",
            Stage::Accepted => "accepted, not confirmed yet",
            Stage::Done => "done",
            Stage::Refused => "refused",
            Stage::NotSent => "not sent",
            Stage::Unknown => "outcome unknown",
            Stage::SettledDone => "settled: it was done",
            Stage::SettledNotDone => "settled: it was not done",
            Stage::NeedsPerson => "needs a person",
        }
    }

    /// Whether nothing more can happen to it.
    pub fn is_final(self) -> bool {
        matches!(self, Stage::Done | Stage::Refused | Stage::NotSent | Stage::SettledDone | Stage::SettledNotDone)
    }

    /// Whether it may have been done and nobody knows: what others have to wait for (M5).
    pub fn is_unknown(self) -> bool {
        matches!(self, Stage::Unknown | Stage::NeedsPerson)
    }

    /// Whether it is known to have been done.
    pub fn is_done(self) -> bool {
        matches!(self, Stage::Done | Stage::SettledDone)
    }

    fn may_become(self, next: Stage) -> bool {
        use Stage::*;
        match self {
            Recorded => matches!(next, Sent | NotSent),
            Sent => matches!(next, Accepted | Refused | NotSent | Unknown),
            // A late answer may still arrive when another program has taken the intent for lost.
            Unknown => matches!(next, Accepted | Refused | SettledDone | SettledNotDone | NeedsPerson),
            Accepted => matches!(next, Done | SettledNotDone | NeedsPerson),
            NeedsPerson => matches!(next, SettledDone | SettledNotDone),
            Done | Refused | NotSent | SettledDone | SettledNotDone => false,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

impl Step {
    pub fn stage(&self) -> Stage {
        match self {
            Step::Recorded => Stage::Recorded,
            Step::Sent { .. } => Stage::Sent,
            Step::Accepted(_) => Stage::Accepted,
            Step::Done(_) => Stage::Done,
            Step::Refused { .. } => Stage::Refused,
            Step::NotSent { .. } => Stage::NotSent,
            Step::Unknown { .. } => Stage::Unknown,
            Step::SettledDone(_) => Stage::SettledDone,
            Step::SettledNotDone(_) => Stage::SettledNotDone,
            Step::NeedsPerson(_) => Stage::NeedsPerson,
        }
    }

    /// What was seen, for the steps that rest on a read.
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Step::Done(seen) | Step::SettledDone(seen) | Step::SettledNotDone(seen) | Step::NeedsPerson(seen) => {
                Some(seen)
            }
            _ => None,
        }
    }

    /// Why, for the steps that have a reason; what was seen, for those that rest on a read.
    pub fn reason(&self) -> Option<&SafeText> {
        match self {
            Step::Refused { reason, .. } | Step::NotSent { reason } | Step::Unknown { reason, .. } => Some(reason),
            _ => self.evidence().map(|seen| &seen.says),
        }
    }
}

/// A step that cannot follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an intent that is `{}` cannot become `{}`", from.map_or("not recorded", |stage| stage.words()), to.words())]
pub struct IllegalStep {
    pub from: Option<Stage>,
    pub to: Stage,
}

/// Where a step leads from a stage; `None` is an intent that nobody has heard of.
pub fn after(stage: Option<Stage>, step: &Step) -> Result<Stage, IllegalStep> {
    let to = step.stage();
    let fits = match stage {
        None => to == Stage::Recorded,
        Some(stage) => stage.may_become(to),
    };
    if fits { Ok(to) } else { Err(IllegalStep { from: stage, to }) }
}
