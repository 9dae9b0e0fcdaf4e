//! What is loaded for any other reason and speaks of an act: a row that contradicts what was said of it, a card that is
//! active again.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use super::matching::{self, Contradiction, references};
use super::{Entry, JournalError, Ops};
use crate::domain::card::{Card, CardStatus};
use crate::domain::ids::TransactionId;
use crate::domain::intent::lifecycle::{Evidence, Stage, Step};
use crate::domain::intent::{Act, Reference};
use crate::domain::transaction::{Transaction, TransactionStatus};

impl Ops {
    /// Whether a row is worth noticing: it carries a reference, or was taken back. Quick: it is asked of every row.
    pub fn is_noteworthy(row: &Transaction) -> bool {
        matching::is_dead(row) || references(row).next().is_some()
    }

    /// Holds rows that were loaded against what the journal says. Whether it says something else now.
    /// Those that came before it was known whose journal it is, or while it could not be written, are held against it
    /// by [`Ops::notice_again`].
    pub async fn notice(&self, rows: &[Transaction]) -> Result<bool, JournalError> {
        if !self.is_bound() {
            self.keep_unnoticed(rows);
            return Ok(false);
        }
        let mut changed = false;
        for (at, row) in rows.iter().enumerate() {
            for (entry, contradiction) in self.contradicted(row) {
                match self.act_on(&entry, row, contradiction).await {
                    Ok(news) => changed |= news,
                    Err(error) => {
                        self.keep_unnoticed(rows.get(at..).unwrap_or_default());
                        return Err(error);
                    }
                }
            }
        }
        Ok(changed)
    }

    /// Holds rows that a look for one entry has read against all others. What they say only by being looked at again is
    /// left to its own look: two open entries would hurry each other on for ever.
    pub(super) async fn notice_in_passing(&self, of: Reference, rows: &[Transaction]) -> Result<(), JournalError> {
        for row in rows.iter().filter(|row| Ops::is_noteworthy(row)) {
            for (entry, contradiction) in self.contradicted(row) {
                if entry.intent.reference != of && contradiction != Contradiction::Look {
                    self.act_on(&entry, row, contradiction).await?;
                }
            }
        }
        Ok(())
    }

    /// Holds rows against the journal that could not be when they were loaded. Whether it says something else now.
    pub async fn notice_again(&self) -> Result<bool, JournalError> {
        if !self.is_bound() {
            return Ok(false);
        }
        let waiting = std::mem::take(&mut *self.unnoticed());
        self.notice(&waiting.into_values().collect::<Vec<_>>()).await
    }

    /// As they were read last.
    fn keep_unnoticed(&self, rows: &[Transaction]) {
        self.unnoticed().extend(rows.iter().map(|row| (row.id.clone(), row.clone())));
    }

    fn unnoticed(&self) -> MutexGuard<'_, BTreeMap<TransactionId, Transaction>> {
        self.0.unnoticed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn contradicted(&self, row: &Transaction) -> Vec<(Entry, Contradiction)> {
        let mut named: Vec<Reference> = references(row).collect();
        if !named.is_empty() {
            self.references_come_back();
        }
        let journal = self.journal();
        named.extend(journal.book().of_row(&row.id));
        named.sort_unstable();
        named.dedup();
        let entries = named.into_iter().filter_map(|reference| journal.book().entry(reference));
        entries.filter_map(|entry| Some((entry.clone(), matching::contradiction(entry, row)?))).collect()
    }

    async fn act_on(&self, entry: &Entry, row: &Transaction, says: Contradiction) -> Result<bool, JournalError> {
        let reference = entry.intent.reference;
        let seen = |words: String| Evidence { transactions: vec![row.id.clone()], ..Evidence::new(&words) };
        let step = match says {
            Contradiction::Done => {
                let was = entry.stage;
                let state = match row.status {
                    TransactionStatus::Completed => "completed".to_owned(),
                    ref other => other.to_string(),
                };
                Step::FoundLater(seen(format!("it was \"{was}\", and then a transaction of it appeared: {state}")))
            }
            Contradiction::Reversed => Step::Reversed(seen(format!("its transaction is {} now", row.status))),
            Contradiction::Look => {
                if entry.stage.is_done() {
                    self.doubted().insert(reference);
                }
                // The next sweep looks at it.
                self.follow(reference, |follow, boot| follow.due = boot);
                return Ok(false);
            }
        };
        match self.step(reference, step).await {
            Ok(()) => Ok(true),
            Err(JournalError::Illegal(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A card was read. One that was frozen from here, with an earlier unfreeze still open, and is active again: the
    /// unfreeze has come after all. Whether the journal says something else now.
    pub async fn notice_card(&self, card: &Card) -> Result<bool, JournalError> {
        if card.status != CardStatus::Active || !self.is_bound() {
            return Ok(false);
        }
        let open: Vec<Entry> = {
            let journal = self.journal();
            let of_card = |entry: &&Entry| {
                matches!(&entry.intent.act, Act::Unfreeze(at) if at.card == card.id)
                    && matches!(entry.stage, Stage::Unknown | Stage::NotSeen | Stage::NeedsPerson)
            };
            journal.book().unfinished().filter(of_card).cloned().collect()
        };
        let mut changed = false;
        for entry in open {
            changed |= self.settle_by_card(&entry, card).await?.stage != entry.stage;
        }
        Ok(changed)
    }
}
