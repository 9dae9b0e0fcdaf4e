//! What rows of the feeds say of entries. Pure; which rows fit an act stands in [`crate::domain::intent::matching`].

use super::Entry;
pub(super) use crate::domain::intent::matching::{Side, fits, is_dead, references, same_amount, side_of};
use crate::domain::transaction::Transaction;

/// Whether a row may have to do with an intent at all: what the wide read keeps.
pub(super) fn may_concern(entry: &Entry, row: &Transaction) -> bool {
    side_of(&entry.intent.act, row).is_some() || references(row).any(|reference| reference == entry.intent.reference)
}

/// What a row, loaded for whatever reason, says against the stage of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contradiction {
    /// It was said not to be done, or was not seen, and here it is.
    Done,
    /// It was done, and this row of it was taken back.
    Reversed,
    /// It is open, and this may settle it.
    Look,
}

pub(super) fn contradiction(entry: &Entry, row: &Transaction) -> Option<Contradiction> {
    let mine = references(row).any(|reference| reference == entry.intent.reference);
    // A row that carries another's reference is another's, whatever an answer said.
    let known = entry.rows().any(|id| *id == row.id) && (mine || references(row).next().is_none());
    if !mine && !known {
        return None;
    }
    let fits = fits(&entry.intent.act, row).is_some();
    let stage = entry.stage;
    if is_dead(row) {
        return (stage.is_done() && known).then_some(Contradiction::Reversed);
    }
    if !fits {
        return None;
    }
    if stage.denies() {
        return Some(Contradiction::Done);
    }
    // A second row of a done act on the same side would be a second movement.
    (stage.is_looked_for() || (stage.is_done() && !known)).then_some(Contradiction::Look)
}
