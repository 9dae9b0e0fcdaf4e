//! The model and cards that are marked, so that one act can be asked for all of them.

use crate::app::actions::Act;
use crate::app::list::Shown;
use crate::app::marks::Marks;
use crate::app::model::Model;
use crate::app::pane::Pane;
use crate::app::store::CardRow;
use crate::domain::card::Card;
use crate::domain::intent::{CardAt, Reference};

impl Model {
    /// Marks of the pane that has the focus.
    pub fn marks(&self) -> Option<&Marks> {
        (self.focus() == Pane::Cards).then_some(&self.cards.marks).filter(|marks| marks.count() > 0)
    }

    /// The marked cards in the order of the store, however the list is sorted or filtered.
    pub(crate) fn marked_cards(&self) -> Vec<&Card> {
        let Some(marks) = self.marks() else { return Vec::new() };
        let all = self.store.cards.of(None).iter();
        all.filter(|row| marks.has(**row)).map(|row| self.store.cards.get(*row)).collect()
    }

    /// Marks of the journal, while its pane has the focus.
    pub fn journal_marks(&self) -> Option<&Marks<Reference>> {
        (self.focus() == Pane::Journal).then_some(&self.journal.marks).filter(|marks| marks.count() > 0)
    }

    pub(crate) fn mark(&mut self, act: Act) {
        match self.focus() {
            Pane::Journal => self.mark_past(act),
            _ => self.mark_card(act),
        }
    }

    fn mark_past(&mut self, act: Act) {
        let Some(reference) = self.journal.list.cursor.target().copied() else { return };
        let pane = &mut self.journal;
        match act {
            Act::Mark => pane.marks.toggle(reference),
            Act::MarkRange => pane.marks.turn_range(reference),
            _ => pane.marks.turn_all(&pane.list.rows),
        }
        pane.marks.see(&pane.list.rows);
        if act == Act::Mark {
            self.step(crate::app::list::Step::Down(1));
        }
    }

    fn mark_card(&mut self, act: Act) {
        let Some(row) = self.cards.cursor.target().copied() else { return };
        let mut marks = std::mem::take(&mut self.cards.marks);
        match act {
            Act::Mark => marks.toggle(row),
            Act::MarkRange => marks.turn_range(row),
            _ => {
                let shown: Vec<CardRow> = self.card_rows().collect();
                marks.turn_all(&shown);
            }
        }
        self.cards.marks = marks;
        self.cards.see_marks();
        if act == Act::Mark {
            // On to the next, so that a run of cards is a run of the same key.
            self.step(crate::app::list::Step::Down(1));
        }
    }

    /// Marks end with the plan they were for: what was confirmed for them is on its way, and the next key means the card
    /// under the cursor again.
    pub(crate) fn end_marks_of_plan(&mut self) {
        let marked = |at: &CardAt| self.store.cards.row(&at.card).is_some_and(|row| self.cards.marks.has(row));
        if self.acts.plans().shown().is_some_and(|plan| plan.cards().any(marked)) {
            self.cards.marks.clear();
        }
    }

    /// The cursor of the journal moved: a range that is open goes with it.
    pub(crate) fn stretch_past(&mut self) {
        let pane = &mut self.journal;
        let Some(row) = pane.list.cursor.row().copied().filter(|_| pane.marks.in_range()) else { return };
        pane.marks.stretch(row, &Shown { rows: &pane.list.rows, turned: false });
        pane.marks.see(&pane.list.rows);
    }

    /// The cursor moved: a range that is open goes with it.
    pub(crate) fn stretch_marks(&mut self) {
        if !self.cards.marks.in_range() {
            return;
        }
        let Some(row) = self.cards.cursor.row().copied() else { return };
        let mut marks = std::mem::take(&mut self.cards.marks);
        marks.stretch(row, &self.cards.shown());
        self.cards.marks = marks;
        self.cards.see_marks();
    }
}
