//! The life of an intent, as a pure function: which step may follow which.
//!
//! ```text
//!   recorded ──▶ not sent            nothing left this computer: certain
//!      │
//!      ▼
//!    sent ─────▶ refused             the API said no, in its own words
//!      │  ╲
//!      │   ╲───▶ accepted ─▶ done    the API took it on; a read has confirmed it
//!      ▼
//!   unknown ───▶ settled: done       rows of the feeds, or the card, show it
//!      │   ╲───▶ settled: not done   declined by the platform, or a person says so
//!      │    ╲──▶ probably ≈          one movement fits, where references do not come back
//!      ▼
//!   not seen                         looked for and not found: still open, still held
//! ```
//!
//! Absence is never proof: no look that finds nothing ends an intent. And nothing is final against the platform's own
//! rows: whatever was said not to be done can become `found later`, whatever was done can become `reversed`.

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
    /// It was looked for, narrowly and widely, and no read shows it. It may still come.
    NotSeen {
        seen: Evidence,
        /// An earlier version of this program called it "not done" for that, and lifted its hold.
        lifted: bool,
    },
    /// One movement fits in everything but a reference, where references do not come back.
    Probably(Evidence),
    SettledDone(Evidence),
    SettledNotDone(Evidence, Proof),
    /// Reading cannot decide it. What to compare is said.
    NeedsPerson(Evidence),
    /// It was said not to be done, or was not seen, and then a row of it was.
    FoundLater(Evidence),
    /// It was done, and then its rows were canceled.
    Reversed(Evidence),
}

/// What the words "not done" rest on. Not having seen it is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// The platform shows it as declined, canceled or failed.
    Declined,
    /// Somebody has typed that it was not done.
    Person,
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
    NotSeen,
    Probably,
    SettledDone,
    SettledNotDone,
    NeedsPerson,
    FoundLater,
    Reversed,
}

impl Stage {
    pub const ALL: [Stage; 14] = [
        Stage::Recorded,
        Stage::Sent,
        Stage::Accepted,
        Stage::Done,
        Stage::Refused,
        Stage::NotSent,
        Stage::Unknown,
        Stage::NotSeen,
        Stage::Probably,
        Stage::SettledDone,
        Stage::SettledNotDone,
        Stage::NeedsPerson,
        Stage::FoundLater,
        Stage::Reversed,
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
            Stage::NotSeen => "not_seen",
            Stage::Probably => "probably",
            Stage::SettledDone => "settled_done",
            Stage::SettledNotDone => "settled_not_done",
            Stage::NeedsPerson => "needs_person",
            Stage::FoundLater => "found_later",
            Stage::Reversed => "reversed",
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
            Stage::NotSeen => "not seen",
            Stage::Probably => "probably done",
            Stage::SettledDone => "confirmed",
            Stage::SettledNotDone => "confirmed not done",
            Stage::NeedsPerson => "needs a person",
            Stage::FoundLater => "done, found later",
            Stage::Reversed => "reversed",
        }
    }

    /// Whether nobody waits for anything any more: it is neither looked for nor listed as open.
    pub fn is_final(self) -> bool {
        matches!(self, Stage::Done | Stage::Refused | Stage::NotSent | Stage::SettledDone | Stage::SettledNotDone)
    }

    /// Whether it may have been done and nobody knows: what others have to wait for (M5).
    pub fn is_unknown(self) -> bool {
        matches!(self, Stage::Unknown | Stage::NotSeen | Stage::NeedsPerson)
    }

    /// Whether it is known to have been done.
    pub fn is_done(self) -> bool {
        matches!(self, Stage::Done | Stage::SettledDone | Stage::FoundLater)
    }

    /// Whether it is said not to have been done, or was not seen: what a row of it contradicts.
    pub fn denies(self) -> bool {
        matches!(self, Stage::Refused | Stage::NotSent | Stage::NotSeen | Stage::SettledNotDone)
    }

    /// Whether a person may say what became of it.
    pub fn may_be_decided(self) -> bool {
        self.may_become(Stage::SettledDone) || self == Stage::Accepted
    }

    /// Whether reading may still tell more of it.
    pub fn is_looked_for(self) -> bool {
        !self.is_final() && !matches!(self, Stage::FoundLater | Stage::Reversed)
    }

    /// Whether its money may still move, or may have moved without a balance showing it. What is probably done is
    /// called so because the balances show it.
    pub fn may_still_move(self) -> bool {
        self.is_looked_for() && self != Stage::Probably
    }

    fn may_become(self, next: Stage) -> bool {
        use Stage::*;
        match self {
            Recorded => matches!(next, Sent | NotSent),
            Sent => matches!(next, Accepted | Refused | NotSent | Unknown),
            // A late answer may still arrive when another program has taken the intent for lost.
            Unknown => matches!(
                next,
                Accepted | Refused | NotSent | NotSeen | Probably | SettledDone | SettledNotDone | NeedsPerson
            ),
            NotSeen => matches!(
                next,
                Accepted | Refused | NotSent | Probably | SettledDone | SettledNotDone | NeedsPerson | FoundLater
            ),
            Accepted => matches!(next, Done | SettledNotDone | NeedsPerson),
            // It was taken for done before anybody knew that references come back.
            Probably => matches!(next, NotSeen | SettledDone | SettledNotDone | NeedsPerson | FoundLater),
            NeedsPerson => matches!(next, NotSeen | Probably | SettledDone | SettledNotDone | FoundLater),
            Done | SettledDone => matches!(next, Reversed | NeedsPerson),
            Refused | NotSent | SettledNotDone => matches!(next, FoundLater),
            FoundLater => matches!(next, SettledDone | SettledNotDone | Reversed | NeedsPerson),
            Reversed => matches!(next, SettledDone | SettledNotDone | FoundLater | NeedsPerson),
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
            Step::NotSeen { .. } => Stage::NotSeen,
            Step::Probably(_) => Stage::Probably,
            Step::SettledDone(_) => Stage::SettledDone,
            Step::SettledNotDone(..) => Stage::SettledNotDone,
            Step::NeedsPerson(_) => Stage::NeedsPerson,
            Step::FoundLater(_) => Stage::FoundLater,
            Step::Reversed(_) => Stage::Reversed,
        }
    }

    /// What was seen, for the steps that rest on a read.
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Step::Done(seen)
            | Step::SettledDone(seen)
            | Step::SettledNotDone(seen, _)
            | Step::NeedsPerson(seen)
            | Step::NotSeen { seen, .. }
            | Step::Probably(seen)
            | Step::FoundLater(seen)
            | Step::Reversed(seen) => Some(seen),
            Step::Recorded
            | Step::Sent { .. }
            | Step::Accepted(_)
            | Step::Refused { .. }
            | Step::NotSent { .. }
            | Step::Unknown { .. } => None,
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
