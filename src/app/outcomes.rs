//! What became of actions, as the journal and the answers say: for every pane and dialog to read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::msg::{Beside, JournalState, Past};
use crate::domain::card::{Card, CardStatus};
use crate::domain::ids::CardId;
use crate::domain::intent::lifecycle::Stage;
use crate::domain::intent::{self, Kind, Reference};

/// A change of a card's state that no read has shown yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy {
    pub(crate) kind: Kind,
    pub(crate) unknown: bool,
}

/// What became of actions.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// Oldest first.
    pub(crate) past: Vec<Past>,
    /// What was last known of each intent, to tell what is news.
    pub(crate) told: HashMap<Reference, Stage>,
    pub(crate) heard: bool,
    pub(crate) journal: JournalState,
    /// Actions that are over and too old to be told of, by their references.
    pub(crate) older: Arc<HashSet<Reference>>,
    /// Freezes that are recorded beside the journal.
    pub(crate) beside: Beside,
    /// What went out and could not be written down yet.
    pub(crate) unwritten: HashSet<Reference>,
    pub(crate) busy: HashMap<CardId, Busy>,
}

impl Outcomes {
    /// What the journal says, oldest first.
    pub fn past(&self) -> &[Past] {
        &self.past
    }

    /// Why the journal is of no use, when it is not.
    pub fn trouble(&self) -> Option<&str> {
        match &self.journal {
            JournalState::Fine | JournalState::Waiting(_) => None,
            JournalState::Troubled(why) | JournalState::Faulty(why) | JournalState::Missing(why) => Some(why),
        }
    }

    /// Why nothing but freezing goes: the journal is not what it was, or there is none. One that cannot be written at the
    /// moment is tried with each act.
    pub fn journal_bar(&self) -> Option<&str> {
        match &self.journal {
            JournalState::Fine | JournalState::Waiting(_) | JournalState::Troubled(_) => None,
            JournalState::Faulty(why) | JournalState::Missing(why) => Some(why),
        }
    }

    /// Why the journal is waited for, while another program holds it.
    pub fn waits_for(&self) -> Option<&str> {
        match &self.journal {
            JournalState::Waiting(why) => Some(why),
            _ => None,
        }
    }

    /// Freezes that are recorded beside the journal.
    pub fn beside(&self) -> &Beside {
        &self.beside
    }

    /// Whether the journal has an action of this name; `None` while nobody knows.
    pub fn knows(&self, reference: Reference) -> Option<bool> {
        let known = self.told.contains_key(&reference) || self.older.contains(&reference);
        (known || (self.heard && self.has_journal())).then_some(known)
    }

    /// Whether a change of the card's state was sent and nobody knows what became of it.
    pub fn may_have_changed(&self, card: &CardId) -> bool {
        self.busy.get(card).is_some_and(|busy| busy.unknown)
    }

    /// The cards of which a change of their state was sent and nobody knows what became of it.
    pub fn doubted_cards(&self) -> HashSet<CardId> {
        self.busy.iter().filter(|(_, busy)| busy.unknown).map(|(card, _)| card.clone()).collect()
    }

    /// Whether there is anybody who could carry out an act.
    pub fn has_journal(&self) -> bool {
        !matches!(self.journal, JournalState::Missing(_))
    }

    /// Where an intent is, as the journal last said.
    pub fn stage(&self, reference: Reference) -> Option<Stage> {
        self.told.get(&reference).copied()
    }

    /// Sign and word of a card whose state is being changed and was not read anew; a read ends it.
    pub fn pending(&self, card: &Card) -> Option<(&'static str, &'static str)> {
        let busy = self.busy.get(&card.id)?;
        let sign = if busy.unknown { "?" } else { "◌" };
        let word = match (busy.kind, &card.status) {
            (Kind::Freeze, CardStatus::Frozen | CardStatus::Closed) => return None,
            (Kind::Freeze, _) => "freezing…",
            (Kind::Unfreeze, CardStatus::Frozen) => "unfreezing…",
            (Kind::Close, status) if *status != CardStatus::Closed => "closing…",
            _ => return None,
        };
        Some((sign, word))
    }

    /// What the journal says of an intent.
    pub fn past_of(&self, reference: Reference) -> Option<&Past> {
        self.past.iter().rev().find(|past| past.intent.reference == reference)
    }

    pub(crate) fn count(&self, wanted: fn(Stage) -> bool) -> usize {
        self.past.iter().filter(|past| past.elsewhere.is_none() && wanted(past.stage)).count()
    }

    /// Works out which cards are busy, as far as the journal knows.
    pub(crate) fn mark_open(&mut self) {
        let open = self.past.iter().filter(|past| !past.stage.is_final() && past.elsewhere.is_none());
        let mut busy = HashMap::new();
        for past in open {
            mark(&mut busy, &past.intent.act, past.stage.is_unknown());
        }
        self.busy = busy;
    }

    /// A change of a card's state is under way.
    pub(crate) fn mark_busy(&mut self, act: &intent::Act, unknown: bool) {
        mark(&mut self.busy, act, unknown);
    }
}

fn mark(busy: &mut HashMap<CardId, Busy>, act: &intent::Act, unknown: bool) {
    if let (Kind::Freeze | Kind::Unfreeze | Kind::Close, Some(at)) = (act.kind(), act.card()) {
        busy.insert(at.card.clone(), Busy { kind: act.kind(), unknown });
    }
}
