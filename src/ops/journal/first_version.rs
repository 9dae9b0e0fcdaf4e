//! What the first version of the journal's format knows, so that a program of then and one of now can use one journal.
//!
//! A stage that it does not know is written under the nearest word that it does (`step`), with the real one beside it
//! (`stage`), which it ignores. Where none of its words may follow by its own rules, the line is written as a repair,
//! which it counts and passes over.

use crate::domain::intent::lifecycle::{Stage, Step};

/// Written where no word of the first version may follow.
pub const PASSED_OVER: &str = "repaired";

/// The nearest stage that the first version knows.
fn nearest(stage: Stage) -> Stage {
    match stage {
        Stage::NotSeen => Stage::NeedsPerson,
        Stage::Probably | Stage::FoundLater => Stage::SettledDone,
        Stage::Reversed => Stage::NeedsPerson,
        known => known,
    }
}

/// Which steps it takes.
fn may_become(from: Stage, to: Stage) -> bool {
    use Stage::*;
    match from {
        Recorded => matches!(to, Sent | NotSent),
        Sent => matches!(to, Accepted | Refused | NotSent | Unknown),
        Unknown => matches!(to, Accepted | Refused | SettledDone | SettledNotDone | NeedsPerson),
        Accepted => matches!(to, Done | SettledNotDone | NeedsPerson),
        NeedsPerson => matches!(to, SettledDone | SettledNotDone),
        _ => false,
    }
}

/// The stage it takes an entry to be at after a step.
pub fn next(from: Stage, step: &Step) -> Stage {
    let to = match step {
        // It wrote this itself, as "not done".
        Step::NotSeen { lifted: true, .. } => Stage::SettledNotDone,
        step => nearest(step.stage()),
    };
    if may_become(from, to) { to } else { from }
}

/// The word for a step from where it takes the entry to be; `None` when the stage's own word is one it takes.
pub fn word(from: Stage, to: Stage) -> Option<&'static str> {
    let near = nearest(to);
    match may_become(from, near) {
        true if near == to => None,
        true => Some(near.word()),
        false => Some(PASSED_OVER),
    }
}
