//! The way out of a journal that is not what it was: somebody accepts that lines are gone, and the chain goes on from
//! the last line that can be relied upon, with everything that is still open.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::head::{self, Head};
use super::{Fault, Journal, JournalError, Loss, PATIENCE, Record, stamp};
use crate::domain::intent::{Reference, Who};
use crate::domain::text::SafeText;

/// What was done to a journal whose loss was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Lines that are gone.
    pub missing: u64,
    /// Files that what could not be relied upon was set aside into.
    pub aside: Vec<String>,
    /// Open entries that were written down again.
    pub kept: Vec<Reference>,
}

impl Journal {
    /// Lines that are gone or cannot be relied upon, while there is a fault.
    pub fn missing(&self) -> Option<u64> {
        match self.fault()? {
            Fault::Lost { missing, .. } => Some(*missing),
            Fault::Changed(broken) => {
                // All of them from the broken one on.
                let path = self.disk.path(&self.files.current());
                Some(if broken.file == path {
                    self.chain.lines_here().saturating_sub(broken.line - 1)
                } else {
                    self.chain.lines
                })
            }
        }
    }

    /// Goes on from the last line that can be relied upon. What stands behind it is set aside, what is open is written
    /// down again, and the first new line says what was lost and who said so.
    pub fn accept_loss(&mut self, now: DateTime<Utc>, who: Who, profile: SafeText) -> Result<Accepted, JournalError> {
        let lock = self.lock(PATIENCE)?;
        let mut known = std::mem::take(&mut self.remembered);
        known.extend(self.heads());
        known.push(Head::of(&self.chain));
        self.load()?;
        known.push(Head::of(&self.chain));
        let mut aside = self.set_aside(now)?;
        // What follows would be written into the middle of a torn line.
        aside.extend(self.mend_end(now)?.map(|(name, _)| name));
        known.sort_by_key(|head| head.seq);
        let last = known.last();
        let (seq, hash) = last.map_or((0, String::new()), |head| (head.seq, head.hash.clone()));
        let missing = seq.saturating_sub(self.chain.last_seq());
        let loss = Loss { seq, hash, missing, aside: aside.clone(), who, profile };
        self.fault = None;
        // Whose journal it is may have stood in what is gone.
        for head in &known {
            self.to_bind.add(&head.binding);
        }
        // No number comes twice: a line that is cut off later is missed by its own.
        self.chain.place.seq = self.chain.place.seq.max(seq.saturating_add(1));
        self.write(now, vec![(now, Record::LossAccepted(Box::new(loss)))])?;
        let kept = self.keep_open(now, &known)?;
        drop(lock);
        Ok(Accepted { missing, aside, kept })
    }

    /// Moves everything from the first broken line on out of the way. Nothing is deleted.
    fn set_aside(&mut self, now: DateTime<Utc>) -> Result<Vec<String>, JournalError> {
        let mut aside = Vec::new();
        let Some(broken) = self.chain.broken.clone() else { return Ok(aside) };
        let names = self.disk.names();
        let names = names.map_err(|error| JournalError::cannot("list the files of", self.disk.path(""), error))?;
        let mut files = self.files.archives(&names);
        files.push(self.files.current());
        let behind = files.into_iter().skip_while(|name| self.disk.path(name) != broken.file);
        for (n, name) in behind.enumerate() {
            let to = format!("{}-{n}", self.files.aside("lost", &stamp(now)));
            let cannot = |error| JournalError::cannot("set aside", self.disk.path(&name), error);
            if n == 0 {
                let bytes = self.disk.read(&name, 0).map_err(cannot)?;
                let lines = bytes.split_inclusive(|b| *b == b'\n').take((broken.line - 1) as usize);
                let good: usize = lines.map(<[u8]>::len).sum();
                self.disk.append(&to, bytes.get(good..).unwrap_or_default()).map_err(cannot)?;
                self.disk.truncate(&name, good as u64).map_err(cannot)?;
            } else if self.disk.status(&name).map_err(cannot)?.is_some() {
                self.disk.rename(&name, &to).map_err(cannot)?;
            } else {
                continue;
            }
            aside.push(to);
        }
        self.load()?;
        Ok(aside)
    }

    /// Writes down again what is open by what is known, and is not in the journal.
    pub(super) fn keep_open(&mut self, now: DateTime<Utc>, known: &[Head]) -> Result<Vec<Reference>, JournalError> {
        let mut lost: BTreeMap<Reference, Vec<(DateTime<Utc>, Record)>> = BTreeMap::new();
        // Whoever knows most of an entry is believed.
        for head in known {
            let mut entries: BTreeMap<Reference, Vec<(DateTime<Utc>, Record)>> = BTreeMap::new();
            for (at, record) in &head.open {
                let reference = match record {
                    Record::Asked(intent) => intent.reference,
                    Record::Step(reference, _) => *reference,
                    _ => continue,
                };
                entries.entry(reference).or_default().push((*at, record.clone()));
            }
            for (reference, records) in entries {
                let longest = lost.entry(reference).or_default();
                if records.len() > longest.len() {
                    *longest = records;
                }
            }
        }
        // What is there already is not written again; of an entry that has lost its last steps those alone.
        lost.retain(|reference, records| {
            let there = self.chain.book.entry(*reference).map_or(0, |entry| entry.steps.len());
            records.drain(..there.min(records.len()));
            !records.is_empty()
        });
        let mut lost: Vec<_> = lost.into_iter().collect();
        lost.sort_by_key(|(_, records)| records.first().map(|(at, _)| *at));
        let mut kept = Vec::new();
        for (reference, records) in lost {
            for record in records {
                // Another program may have gone on with it since: what is written stands.
                if self.chain.book.allows(&record.1).is_ok() {
                    self.write(now, vec![record])?;
                }
            }
            kept.push(reference);
        }
        Ok(kept)
    }

    /// What was open before a loss that somebody has accepted elsewhere.
    pub(super) fn keep_open_of(
        &mut self,
        now: DateTime<Utc>,
        before: &super::chain::Chain,
    ) -> Result<(), JournalError> {
        let head = Head { open: before.book.unfinished().flat_map(head::records).collect(), ..Head::of(before) };
        self.keep_open(now, &[head]).map(drop)
    }
}
