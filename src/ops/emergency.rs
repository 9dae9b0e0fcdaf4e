//! Freezing while the journal cannot be written (M11): it goes out all the same, is written to a second file or kept in
//! memory, and into the journal as soon as that can be had. The one exception to "no log, no act".

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::execute::Held;
use super::journal::Record;
use super::{JournalError, Ops};
use crate::domain::intent::lifecycle::Step;
use crate::domain::intent::{Intent, Reference};

/// A freeze waits for the journal this long at most.
const PATIENCE: Duration = Duration::from_millis(300);
/// A journal that has begun to write is given this much longer.
const WRITING: Duration = Duration::from_millis(400);

/// What was written beside the journal, oldest first.
#[derive(Debug, Default)]
pub(super) struct Lines {
    records: Vec<(DateTime<Utc>, Record)>,
    /// How many of them, from the first on, stand in the file; the others are in memory only.
    in_file: usize,
    file: Option<std::path::PathBuf>,
}

/// Freezes that are not in the journal yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub freezes: usize,
    /// How many of them no file has either.
    pub in_memory: usize,
    /// Where the others are.
    pub file: Option<std::path::PathBuf>,
}

const OPEN: u8 = 0;
const JOURNAL: u8 = 1;
const EMERGENCY: u8 = 2;

impl Ops {
    /// Writes down a freeze: in the journal, or beside it when that takes too long or fails.
    pub(super) async fn record_freeze(&self, intent: &Intent) -> Result<(), Held> {
        // Before it is known whose journal it is, it may be somebody else's.
        if !self.is_bound() && !matches!(tokio::time::timeout(PATIENCE, self.ensure_bound()).await, Ok(Ok(()))) {
            let now = self.0.clock.wall();
            let sent = Record::Step(intent.reference, Step::Sent { skew_ms: None });
            self.keep_beside(vec![(now, Record::Asked(Box::new(intent.clone()))), (now, sent)]).await;
            return Ok(());
        }
        let skew_ms = self.0.client.skew().map(|skew| skew.num_milliseconds());
        let sent = Record::Step(intent.reference, Step::Sent { skew_ms });
        let records = vec![Record::Asked(Box::new(intent.clone())), sent];
        // Whoever moves it on from `OPEN` first writes; the other leaves it alone.
        let turn = Arc::new(AtomicU8::new(OPEN));
        let take = |turn: &AtomicU8, who| turn.compare_exchange(OPEN, who, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        let (mine, written) = (Arc::clone(&turn), records.clone());
        let writing = self.write(move |journal, now| {
            journal.append(now, written, |_| match take(&mine, JOURNAL) {
                true => Ok(()),
                false => Err(JournalError::Stopped),
            })
        });
        tokio::pin!(writing);
        let mut outcome = tokio::time::timeout(PATIENCE, &mut writing).await;
        if outcome.is_err() && !take(&turn, EMERGENCY) {
            outcome = tokio::time::timeout(WRITING, &mut writing).await;
        }
        match outcome {
            Ok(Ok(())) => return Ok(()),
            // It was recorded before: it is not sent again.
            Ok(Err(error @ JournalError::Illegal(_))) => return Err(Held::Journal(error)),
            Ok(Err(_)) | Err(_) => {}
        }
        let now = self.0.clock.wall();
        self.keep_beside(records.into_iter().map(|record| (now, record)).collect()).await;
        Ok(())
    }

    fn emergencies(&self) -> MutexGuard<'_, Lines> {
        self.0.emergencies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an intent is not in the journal yet, but beside it.
    pub(super) fn is_emergency(&self, reference: Reference) -> bool {
        self.emergencies()
            .records
            .iter()
            .any(|(_, record)| matches!(record, Record::Asked(intent) if intent.reference == reference))
    }

    pub(super) async fn add_to_emergency(&self, reference: Reference, step: Step) {
        self.keep_beside(vec![(self.0.clock.wall(), Record::Step(reference, step))]).await;
    }

    /// Freezes that are not in the journal yet, and where they are.
    pub fn kept_beside(&self) -> Kept {
        let lines = self.emergencies();
        let asked = |records: &[(DateTime<Utc>, Record)]| {
            records.iter().filter(|(_, record)| matches!(record, Record::Asked(_))).count()
        };
        let in_memory = asked(lines.records.get(lines.in_file..).unwrap_or_default());
        Kept { freezes: asked(&lines.records), in_memory, file: lines.file.clone() }
    }

    async fn keep_beside(&self, records: Vec<(DateTime<Utc>, Record)>) {
        self.emergencies().records.extend(records);
        self.write_beside().await;
    }

    /// Writes into the file what is in memory only.
    pub(super) async fn write_beside(&self) {
        let (from, to, text) = {
            let lines = self.emergencies();
            let waiting = lines.records.get(lines.in_file..).unwrap_or_default();
            if waiting.is_empty() {
                return;
            }
            (lines.in_file, lines.records.len(), super::journal::loose_lines(waiting))
        };
        let (instant, beside) = (self.0.instant, self.0.beside.clone());
        let append = move || beside.append(&text);
        let done = match instant {
            true => append(),
            false => {
                // A disk that stands still holds up nobody.
                let writing = tokio::task::spawn_blocking(append);
                match tokio::time::timeout(PATIENCE, writing).await {
                    Ok(Ok(done)) => done,
                    _ => Err(std::io::ErrorKind::TimedOut.into()),
                }
            }
        };
        if let Ok(path) = done {
            let mut lines = self.emergencies();
            // Another one may have written the same lines: a line that stands there twice is read once.
            if lines.in_file == from {
                lines.in_file = to;
            }
            lines.file = Some(path);
        }
    }

    /// Takes what stands beside the journal into it. What comes meanwhile has its turn at the next time.
    pub(super) async fn write_emergencies(&self) -> Result<(), JournalError> {
        if !self.is_bound() {
            self.write_beside().await;
            return Ok(());
        }
        let kept = self.emergencies().records.clone();
        let many = kept.len();
        let merged = self.write(move |journal, now| journal.merge_emergencies(now, kept)).await;
        if merged.is_ok() {
            let mut lines = self.emergencies();
            lines.records.drain(..many);
            // The file was put away, with whatever of these was in it.
            (lines.in_file, lines.file) = (0, None);
        }
        merged
    }
}
