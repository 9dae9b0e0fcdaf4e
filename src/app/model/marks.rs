//! The model and cards that are marked, so that one act can be asked for all of them.

use crate::app::actions::Act;
use crate::app::list::Step;
use crate::app::marks::{Marking, Marks};
use crate::app::model::Model;
use crate::app::pane::Pane;
use crate::app::store::CardRow;
use crate::domain::card::Card;
use crate::domain::intent::{CardAt, Reference};

impl Model {
    /// Marks of the pane that has the focus.
    pub fn marks(&self) -> Option<&Marks<CardRow>> {
        (self.focus() == Pane::Cards).then_some(&self.panes.cards.list.marks).filter(|marks| marks.count() > 0)
    }

    /// The marked cards in the order of the store, however the list is sorted or filtered.
    pub(crate) fn marked_cards(&self) -> Vec<&Card> {
        let Some(marks) = self.marks() else { return Vec::new() };
        let all = self.store.cards.of(None).iter();
        all.filter(|row| marks.has(row)).map(|row| self.store.cards.get(*row)).collect()
    }

    /// Marks of the journal, while its pane has the focus.
    pub fn journal_marks(&self) -> Option<&Marks<Reference>> {
        (self.focus() == Pane::Journal).then_some(&self.panes.journal.list.marks).filter(|marks| marks.count() > 0)
    }

    pub(crate) fn mark(&mut self, act: Act) {
        let how = match act {
            Act::Mark => Marking::One,
            Act::MarkRange => Marking::Range,
            _ => Marking::All,
        };
        // On to the next, so that a run of rows is a run of the same key.
        if self.panes.get_mut(self.focus()).list_mut().mark(how) && how == Marking::One {
            self.step(Step::Down(1));
        }
    }

    /// Marks end with the plan they were for: what was confirmed for them is on its way, and the next key means the card
    /// under the cursor again.
    pub(crate) fn end_marks_of_plan(&mut self) {
        let marked =
            |at: &CardAt| self.store.cards.row(&at.card).is_some_and(|row| self.panes.cards.list.marks.has(&row));
        if self.acts.plans().shown().is_some_and(|plan| plan.cards().any(marked)) {
            self.panes.cards.list.marks.clear();
        }
    }
}
