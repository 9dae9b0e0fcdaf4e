//! What became of acts, in words and in JSON.

use std::io::Write as _;

use serde_json::{Value, json};

use super::super::exit::{Exit, Stop};
use super::super::stdout;
use super::plan::words;
use crate::app::store::Store;
use crate::app::ui::describe;
use crate::credentials::Source;
use crate::domain::failure::Failure;
use crate::domain::intent::lifecycle::Stage;
use crate::domain::intent::{Act, Kind, Reference};
use crate::domain::text::SafeText;
use crate::ops::{Entry, Held};

/// The version of what is printed as JSON. A field that was published keeps its meaning.
pub const VERSION: u32 = 1;

/// What became of one act.
#[derive(Clone, Debug)]
pub struct Told {
    /// `None`: nothing was written down or sent.
    pub reference: Option<Reference>,
    pub kind: Option<Kind>,
    pub stage: Option<Stage>,
    pub exit: Exit,
    pub says: String,
    /// The act that holds it back.
    waits_on: Option<Reference>,
    /// The act itself, for JSON.
    act: Option<Act>,
    /// A card that was made.
    made: Option<String>,
}

impl Told {
    /// Nothing was sent for it.
    pub fn unsent(kind: Option<Kind>, exit: Exit, says: &str) -> Told {
        let says = says.to_owned();
        Told { reference: None, kind, stage: None, exit, says, waits_on: None, act: None, made: None }
    }

    fn of(act: &Act, reference: Reference, exit: Exit, says: String) -> Told {
        let told = Told::unsent(Some(act.kind()), exit, &says);
        Told { reference: Some(reference), act: Some(act.clone()), ..told }
    }

    pub(super) fn held(act: &Act, by: &Held, profile: &str) -> Told {
        let stop = held(by, profile);
        let waits_on = if let Held::Waits { on, .. } = by { Some(*on) } else { None };
        Told { act: Some(act.clone()), waits_on, ..Told::unsent(Some(act.kind()), stop.exit, &stop.says) }
    }

    pub(super) fn refused(
        reference: Reference,
        act: &Act,
        failure: &Failure,
        source: &Source,
        stage: Option<Stage>,
    ) -> Told {
        let mut says = failure.sentence();
        for field in &failure.fields {
            says.push_str(&format!("; {}: {}", field.field, field.message));
        }
        let exit = Exit::of_refusal(failure);
        if exit == Exit::Credential {
            says = format!("{says}; {}", source.advice(failure));
        }
        let told = Told::of(act, reference, exit, says);
        // What was never written down has no name that anybody could look for.
        Told { stage, reference: stage.map(|_| reference), ..told }
    }

    /// A read has shown it, and the journal could not be written.
    pub(super) fn seen(reference: Reference, act: &Act, store: &Store) -> Told {
        Told::of(act, reference, Exit::Done, words(&describe::done(act, store)))
    }

    pub(super) fn open(reference: Reference, act: &Act, why: &str) -> Told {
        let says = format!("outcome unknown: {why}; {}", advice(reference));
        Told::of(act, reference, Exit::Open, says)
    }

    pub(super) fn followed(entry: &Entry, trouble: Option<String>, store: &Store) -> Told {
        let (reference, act, stage) = (entry.intent.reference, &entry.intent.act, entry.stage);
        let exit = Exit::of_stage(stage);
        let why = entry.steps.last().and_then(|(_, step)| step.reason());
        let because = why.map_or_else(String::new, |why| format!(" ({why})"));
        let says = match exit {
            Exit::Done => words(&describe::done(act, store)),
            Exit::Open => {
                let act = words(&describe::act(act, store));
                format!("{act}: {stage}{because}; {}", advice(reference))
            }
            _ => format!("{}: {stage}{because}", words(&describe::act(act, store))),
        };
        let says = trouble.map_or(says.clone(), |trouble| format!("{says}; {trouble}"));
        let made = entry.card_made().map(ToString::to_string);
        Told { stage: Some(stage), made, ..Told::of(act, reference, exit, says) }
    }

    /// As it stands in the journal.
    pub fn of_entry(entry: &Entry, store: &Store) -> Told {
        Told::followed(entry, None, store)
    }

    fn json(&self) -> Value {
        let card = self.act.as_ref().and_then(Act::card);
        let amount = self.act.as_ref().and_then(Act::amount);
        json!({
            "reference": self.reference.map(|reference| reference.to_string()),
            "act": self.kind.map(Kind::word),
            "stage": self.stage.map(Stage::word),
            "result": self.exit.word(),
            "says": self.says,
            "amount": amount.map(|amount| amount.wire()),
            "currency": amount.map(|amount| amount.currency().to_string()),
            "card": card.map(|at| at.card.to_string()).or_else(|| self.made.clone()),
            "last_four": card.and_then(|at| at.last_four).map(|four| four.to_string()),
            "account": self.act.as_ref().and_then(Act::account).map(ToString::to_string),
            "waits_on": self.waits_on.map(|on| on.to_string()),
        })
    }
}

/// What helps where an outcome is open.
pub fn advice(reference: Reference) -> String {
    format!("nothing like it is sent again by itself; fourpay journal wait {reference}")
}

/// What held an act back, and what helps.
pub(super) fn held(held: &Held, profile: &str) -> Stop {
    let mut says = held.sentence();
    if let Held::Waits { on, stage, .. } = held {
        says = match stage.is_unknown() {
            true => format!("{says}; fourpay journal wait {on}, or pass over it with --despite {on}"),
            false => format!("{says}; fourpay journal show {on}"),
        };
    }
    if matches!(held, Held::ReadOnly) {
        says = format!("{says} (profile {})", SafeText::name(profile));
    }
    Stop::new(Exit::of_held(held), says)
}

/// Prints what became of acts, or what ended the command before; the exit code. A closed pipe is no error.
pub fn print(as_json: bool, ended: Result<Vec<Told>, Stop>) -> i32 {
    let (exit, value) = match &ended {
        Ok(told) => {
            let exit = told.iter().map(|told| told.exit).max().unwrap_or(Exit::Done);
            let acts: Vec<Value> = told.iter().map(Told::json).collect();
            (
                exit,
                json!({"version": VERSION, "kind": "acts", "result": exit.word(), "code": exit.code(), "acts": acts}),
            )
        }
        Err(stop) => (stop.exit, stopped(stop)),
    };
    // An act that was done and cannot be told is not simply done.
    let mut printed = Ok(());
    if as_json {
        printed = stdout::print(&format!("{value:#}\n"));
    } else {
        match &ended {
            Ok(told) => {
                for told in told {
                    let name = told.reference.map_or_else(String::new, |reference| format!("{reference}  "));
                    let line = format!("{name}{}\n", SafeText::prose(&told.says));
                    // What was done goes where scripts read; what was not, to the person.
                    match told.exit {
                        Exit::Done | Exit::Open => printed = printed.and(stdout::print(&line)),
                        _ => drop(std::io::stderr().write_all(format!("fourpay: {line}").as_bytes())),
                    }
                }
            }
            Err(stop) => {
                let _ = writeln!(std::io::stderr(), "fourpay: {stop}");
            }
        }
    }
    match printed {
        Ok(()) => exit.code(),
        Err(stop) => {
            let _ = writeln!(std::io::stderr(), "fourpay: {stop}");
            exit.max(stop.exit).code()
        }
    }
}

/// What ended a command, as JSON.
pub fn stopped(stop: &Stop) -> Value {
    json!({
        "version": VERSION, "kind": "stopped", "result": stop.exit.word(), "code": stop.exit.code(),
        "says": SafeText::prose(&stop.says).as_str(), "candidates": stop.candidates,
    })
}
