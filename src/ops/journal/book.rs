//! What the journal says, in memory: every intent with its steps, and what was recorded beside them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::Record;
use crate::domain::ids::{CardId, TransactionId};
use crate::domain::intent::life::{IllegalStep, Stage, Step, after};
use crate::domain::intent::{Audit, Intent, Kind, Reference};

/// One intent and what became of it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub intent: Intent,
    pub stage: Stage,
    /// From `recorded` on, with the time each was written.
    pub steps: Vec<(DateTime<Utc>, Step)>,
}

impl Entry {
    /// When it was last written about.
    pub fn changed_at(&self) -> DateTime<Utc> {
        self.steps.last().map_or(self.intent.asked_at, |(at, _)| *at)
    }

    pub fn last(&self) -> Option<&Step> {
        self.steps.last().map(|(_, step)| step)
    }

    /// When its request went out, by our clock, and how much the server's was ahead.
    pub fn sent(&self) -> Option<(DateTime<Utc>, Option<i64>)> {
        self.steps.iter().find_map(|(at, step)| match step {
            Step::Sent { skew_ms } => Some((*at, *skew_ms)),
            _ => None,
        })
    }

    /// Rows of the feeds that belong to it, by the API's answer or by what was read.
    pub fn rows(&self) -> impl Iterator<Item = &TransactionId> {
        self.steps.iter().flat_map(|(_, step)| match step {
            Step::Accepted(receipt) => receipt.transactions.as_slice(),
            Step::NeedsPerson(_) => &[],
            other => other.evidence().map_or(&[][..], |seen| seen.transactions.as_slice()),
        })
    }
}

impl Entry {
    /// The card that an issue has made, by the API's answer or by what was read.
    pub fn card_made(&self) -> Option<&CardId> {
        if self.intent.act.kind() != Kind::IssueCard {
            return None;
        }
        self.steps.iter().rev().find_map(|(_, step)| match step {
            Step::Accepted(receipt) => receipt.card.as_ref(),
            Step::NeedsPerson(_) => None,
            other => other.evidence().and_then(|seen| seen.card.as_ref()),
        })
    }
}

/// All that one profile's journal says.
#[derive(Clone, Debug, Default)]
pub struct Book {
    entries: Vec<Entry>,
    at: HashMap<Reference, usize>,
    audits: Vec<Audit>,
    repaired: usize,
}

impl Book {
    /// In the order they were asked for.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn entry(&self, reference: Reference) -> Option<&Entry> {
        self.at.get(&reference).map(|at| &self.entries[*at])
    }

    pub fn stage(&self, reference: Reference) -> Option<Stage> {
        self.entry(reference).map(|entry| entry.stage)
    }

    /// In the order they happened.
    pub fn audits(&self) -> &[Audit] {
        &self.audits
    }

    /// How often a torn line was set aside.
    pub fn repaired(&self) -> usize {
        self.repaired
    }

    /// Intents that may still change.
    pub fn unfinished(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.stage.is_final())
    }

    /// How many outcomes nobody knows.
    pub fn unknown(&self) -> usize {
        self.entries.iter().filter(|entry| entry.stage.is_unknown()).count()
    }

    /// Whether a record may follow what is there.
    pub fn allows(&self, record: &Record) -> Result<(), IllegalStep> {
        match record {
            Record::Asked(intent) => after(self.stage(intent.reference), &Step::Recorded).map(drop),
            Record::Step(reference, step) => after(self.stage(*reference), step).map(drop),
            Record::Audit(_) | Record::Repaired { .. } => Ok(()),
        }
    }

    /// Takes a record in. One that cannot follow is left out, and said to be so.
    pub fn take(&mut self, at: DateTime<Utc>, record: Record) -> Result<(), IllegalStep> {
        self.allows(&record)?;
        match record {
            Record::Asked(intent) => {
                self.at.insert(intent.reference, self.entries.len());
                let steps = vec![(at, Step::Recorded)];
                self.entries.push(Entry { intent: *intent, stage: Stage::Recorded, steps });
            }
            Record::Step(reference, step) => {
                if let Some(place) = self.at.get(&reference) {
                    let entry = &mut self.entries[*place];
                    entry.stage = step.stage();
                    entry.steps.push((at, step));
                }
            }
            Record::Audit(audit) => self.audits.push(*audit),
            Record::Repaired { .. } => self.repaired += 1,
        }
        Ok(())
    }
}
