//! What the journal says, in memory: every intent with its steps, and what was recorded beside them.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::Record;
use super::first_version;
use crate::domain::ids::{AccountId, CardId, TransactionId};
use crate::domain::intent::lifecycle::{IllegalStep, Proof, Stage, Step, after};
use crate::domain::intent::{Audit, Intent, Kind, Reference};

/// What an earlier version called "not done" without proof still holds for so long: no longer, because that version
/// has let others go on since.
const OLD_HOLD: TimeDelta = TimeDelta::hours(24);

/// Whose acts a journal has, and what is known of its deployment. Any line may add to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// The journal's own random id; empty until it has one.
    pub journal: String,
    /// Scheme, host, port and prefix of the API; empty until it is bound.
    pub address: String,
    /// Accounts of the merchant that were seen.
    pub accounts: BTreeSet<AccountId>,
    /// Whether references come back in descriptions; `None` until a row has shown it.
    pub echoes: Option<bool>,
}

impl Binding {
    pub fn is_empty(&self) -> bool {
        *self == Binding::default()
    }

    /// Takes in what a line says.
    pub fn add(&mut self, more: &Binding) {
        for (mine, theirs) in [(&mut self.journal, &more.journal), (&mut self.address, &more.address)] {
            if !theirs.is_empty() {
                mine.clone_from(theirs);
            }
        }
        self.accounts.extend(more.accounts.iter().cloned());
        self.echoes = more.echoes.or(self.echoes);
    }
}

/// The rows of the feeds that a step says to belong to its intent.
fn rows_of(step: &Step) -> &[TransactionId] {
    match step {
        Step::Accepted(receipt) => &receipt.transactions,
        // What may be its rows: nothing is known of them. "Probably" is not proved by being said twice.
        Step::NeedsPerson(_) | Step::NotSeen { .. } | Step::Probably(_) => &[],
        other => other.evidence().map_or(&[][..], |seen| seen.transactions.as_slice()),
    }
}

/// One intent and what became of it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub intent: Intent,
    pub stage: Stage,
    /// From `recorded` on, with the time each was written.
    pub steps: Vec<(DateTime<Utc>, Step)>,
    /// Where the first version of the format, which some programs may still be, takes it to be.
    pub(super) first_version: Stage,
}

impl Entry {
    /// An entry by itself.
    pub fn new(intent: Intent, steps: Vec<(DateTime<Utc>, Step)>) -> Entry {
        let stage = steps.last().map_or(Stage::Recorded, |(_, step)| step.stage());
        Entry { intent, stage, steps, first_version: stage }
    }

    /// Whether others have to wait for it (M5). An age of hours is read off the wall clock only for what an earlier
    /// version had let go of.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        match self.steps.last() {
            Some((at, Step::NotSeen { lifted: true, .. })) => now - *at < OLD_HOLD,
            _ => {
                !self.stage.is_final()
                    && !self.stage.is_done()
                    && !matches!(self.stage, Stage::Probably | Stage::Reversed)
            }
        }
    }
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
        self.steps.iter().flat_map(|(_, step)| rows_of(step))
    }

    /// Rows that it is probably done by, while nobody has said more: no other entry may rest on them.
    pub fn probable_rows(&self) -> &[TransactionId] {
        match self.last() {
            Some(Step::Probably(seen)) => &seen.transactions,
            _ => &[],
        }
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
            Step::NeedsPerson(_) | Step::NotSeen { .. } => None,
            other => other.evidence().and_then(|seen| seen.card.as_ref()),
        })
    }
}

/// All that one profile's journal says.
#[derive(Clone, Debug, Default)]
pub struct Book {
    entries: Vec<Entry>,
    at: HashMap<Reference, usize>,
    /// Places of those that may still change.
    open: BTreeSet<usize>,
    audits: Vec<Audit>,
    repaired: usize,
    binding: Binding,
    /// Rows of the feeds that entries rest on.
    rows: HashMap<TransactionId, Reference>,
    /// Losses that somebody has accepted: the last line that was known then, by its number and hash.
    losses: Vec<(u64, String)>,
    /// When the last of them was accepted.
    lost_at: Option<DateTime<Utc>>,
    /// Entries that were recorded and no more when a loss was accepted: the line that says "sent" may be among what is
    /// gone.
    doubtful: BTreeSet<usize>,
    /// Entries of which a person has said that they were not done, and when, as it was written.
    denied: Vec<(DateTime<Utc>, Reference)>,
}

impl Book {
    /// In the order they were asked for.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn entry(&self, reference: Reference) -> Option<&Entry> {
        self.place(reference).and_then(|at| self.entries.get(at))
    }

    /// Where an entry is. Most that is written is about the newest.
    fn place(&self, reference: Reference) -> Option<usize> {
        match self.entries.last() {
            Some(newest) if newest.intent.reference == reference => Some(self.entries.len() - 1),
            _ => self.at.get(&reference).copied(),
        }
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

    pub fn binding(&self) -> &Binding {
        &self.binding
    }

    /// Entries of which a person has said that they were not done, and when, as it was written.
    pub fn denied(&self) -> &[(DateTime<Utc>, Reference)] {
        &self.denied
    }

    /// Which entry rests on a row.
    pub fn of_row(&self, row: &TransactionId) -> Option<Reference> {
        self.rows.get(row).copied()
    }

    /// Whether somebody has accepted that lines up to this one, or later ones, are gone. The lines that follow have
    /// higher numbers than any that is gone.
    pub fn has_accepted_loss_of(&self, seq: u64) -> bool {
        self.losses.iter().any(|(last, _)| *last >= seq)
    }

    /// Whether an entry may have been sent although it is written down as recorded and no more: lines were lost since.
    pub fn may_have_been_sent(&self, reference: Reference) -> bool {
        self.at.get(&reference).is_some_and(|at| self.doubtful.contains(at))
    }

    /// Whether an entry of this journal names an account of these; `None` when no entry names any.
    pub fn shares_account_with(&self, accounts: &BTreeSet<AccountId>) -> Option<bool> {
        let mut named = self.entries.iter().filter_map(|entry| entry.intent.act.account()).peekable();
        named.peek()?;
        Some(named.any(|account| accounts.contains(account)))
    }

    /// Intents that may still change.
    pub fn unfinished(&self) -> impl Iterator<Item = &Entry> {
        self.open.iter().filter_map(|at| self.entries.get(*at))
    }

    /// How many outcomes nobody knows.
    pub fn unknown(&self) -> usize {
        self.unfinished().filter(|entry| entry.stage.is_unknown()).count()
    }

    /// Whether a record may follow what is there.
    pub fn allows(&self, record: &Record) -> Result<(), IllegalStep> {
        match record {
            Record::Asked(intent) => drop(after(self.stage(intent.reference), &Step::Recorded)?),
            // Said again by a program of the first version: it changes nothing.
            Record::Step(reference, Step::NotSeen { lifted: true, .. })
                if self.stage(*reference) == Some(Stage::NotSeen) => {}
            Record::Step(reference, step) => drop(after(self.stage(*reference), step)?),
            Record::Audit(_) | Record::Repaired { .. } | Record::LossAccepted(_) | Record::Adopted(_) => {}
        }
        Ok(())
    }

    /// The word that the first version of the format can read for a step, and will not take for a broken chain.
    pub(super) fn first_version_word(&self, record: &Record) -> Option<&'static str> {
        let Record::Step(reference, step) = record else { return None };
        let from = self.entry(*reference)?.first_version;
        first_version::word(from, step.stage())
    }

    pub(super) fn bind(&mut self, more: &Binding) {
        self.binding.add(more);
    }

    /// Takes a record in. One that cannot follow is left out, and said to be so.
    pub fn take(&mut self, at: DateTime<Utc>, record: Record) -> Result<(), IllegalStep> {
        self.allows(&record)?;
        match record {
            Record::Asked(intent) => {
                // It was asked for before a loss and is written down again behind it: what followed it may be gone.
                if self.lost_at.is_some_and(|lost| at < lost) {
                    self.doubtful.insert(self.entries.len());
                }
                self.at.insert(intent.reference, self.entries.len());
                self.open.insert(self.entries.len());
                self.entries.push(Entry::new(*intent, vec![(at, Step::Recorded)]));
            }
            Record::Step(reference, step) => {
                if let Some(place) = self.place(reference) {
                    let entry = &mut self.entries[place];
                    if matches!(step, Step::NotSeen { lifted: true, .. }) && entry.stage == Stage::NotSeen {
                        return Ok(());
                    }
                    entry.stage = step.stage();
                    entry.first_version = first_version::next(entry.first_version, &step);
                    if matches!(step, Step::SettledNotDone(_, Proof::Person)) {
                        self.denied.push((at, reference));
                    }
                    self.rows.extend(rows_of(&step).iter().map(|row| (row.clone(), reference)));
                    entry.steps.push((at, step));
                    match entry.stage.is_final() {
                        true => self.open.remove(&place),
                        false => self.open.insert(place),
                    };
                }
            }
            Record::Audit(audit) => self.audits.push(*audit),
            Record::Repaired { .. } => self.repaired += 1,
            Record::LossAccepted(loss) => {
                self.losses.push((loss.seq, loss.hash.clone()));
                self.lost_at = Some(at);
                let recorded = |at: &&usize| self.entries.get(**at).is_some_and(|entry| entry.stage == Stage::Recorded);
                self.doubtful.extend(self.open.iter().filter(recorded));
            }
            Record::Adopted(adopted) => self.binding.address.clone_from(&adopted.address),
        }
        Ok(())
    }
}
