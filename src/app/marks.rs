//! Rows that are marked, so that one thing can be asked for all of them: cards for acts, actions of the journal for
//! decisions.
//!
//! Marks are on rows, not on lines: they stay when rows come in, are sorted or are filtered away, and how many
//! of them the filter hides is said wherever they count.

use std::collections::HashSet;
use std::hash::Hash;

use super::actions::Act;
use super::list::{Rows, Shown};
use super::model::Model;
use super::panes::Pane;
use super::store::CardRow;
use crate::domain::card::Card;
use crate::domain::intent::{CardAt, Reference};

/// The marks of a list.
#[derive(Clone, Debug)]
pub struct Marks<R = CardRow> {
    rows: HashSet<R>,
    /// Where a range was begun, and what was marked before it.
    range: Option<(R, HashSet<R>)>,
    /// How many of them the list shows.
    shown: usize,
}

impl<R> Default for Marks<R> {
    fn default() -> Marks<R> {
        Marks { rows: HashSet::new(), range: None, shown: 0 }
    }
}

impl<R: Copy + Eq + Hash> Marks<R> {
    pub fn has(&self, row: R) -> bool {
        self.rows.contains(&row)
    }

    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// How many of them the list does not show.
    pub fn hidden(&self) -> usize {
        self.rows.len().saturating_sub(self.shown)
    }

    pub fn in_range(&self) -> bool {
        self.range.is_some()
    }

    /// Marks nothing any more.
    pub fn clear(&mut self) {
        *self = Marks::default();
    }

    /// Takes in which rows the list shows now.
    pub fn see(&mut self, shown: &[R]) {
        self.shown = match self.rows.is_empty() {
            true => 0,
            false => shown.iter().filter(|row| self.rows.contains(row)).count(),
        };
    }

    fn toggle(&mut self, row: R) {
        self.range = None;
        if !self.rows.remove(&row) {
            self.rows.insert(row);
        }
    }

    /// Begins a range at the row, or ends the one that was begun.
    fn turn_range(&mut self, row: R) {
        self.range = match self.range.take() {
            Some(_) => None,
            None => {
                let before = self.rows.clone();
                self.rows.insert(row);
                Some((row, before))
            }
        };
    }

    /// Everything that is shown is marked, or nothing of it when all of it was.
    fn turn_all(&mut self, shown: &[R]) {
        self.range = None;
        match shown.iter().all(|row| self.rows.contains(row)) {
            true => self.rows.retain(|row| !shown.contains(row)),
            false => self.rows.extend(shown),
        }
    }

    /// The range goes from where it was begun to this row, in the order the rows stand.
    fn stretch(&mut self, to: R, shown: &Shown<'_, R>) {
        let Some((from, before)) = &self.range else { return };
        let places = (shown.position(from, 0), shown.position(&to, 0));
        let (Some(from), Some(to)) = places else { return };
        self.rows.clone_from(before);
        self.rows.extend((from.min(to)..=from.max(to)).filter_map(|at| shown.get(at)));
    }
}

impl Model {
    /// Marks of the pane that has the focus.
    pub fn marks(&self) -> Option<&Marks> {
        (self.focus() == Pane::Cards).then_some(&self.cards.marks).filter(|marks| marks.count() > 0)
    }

    /// The marked cards in the order of the store, however the list is sorted or filtered.
    pub(super) fn marked_cards(&self) -> Vec<&Card> {
        let Some(marks) = self.marks() else { return Vec::new() };
        let all = self.store.cards.of(None).iter();
        all.filter(|row| marks.has(**row)).map(|row| self.store.cards.get(*row)).collect()
    }

    /// Marks of the journal, while its pane has the focus.
    pub fn journal_marks(&self) -> Option<&Marks<Reference>> {
        (self.focus() == Pane::Journal).then_some(&self.journal.marks).filter(|marks| marks.count() > 0)
    }

    pub(super) fn mark(&mut self, act: Act) {
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
            self.step(super::list::Step::Down(1));
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
            self.step(super::list::Step::Down(1));
        }
    }

    /// Marks end with the plan they were for: what was confirmed for them is on its way, and the next key means the card
    /// under the cursor again.
    pub(super) fn end_marks_of_plan(&mut self) {
        let marked = |at: &CardAt| self.store.cards.row(&at.card).is_some_and(|row| self.cards.marks.has(row));
        if self.acts.plans().shown().is_some_and(|plan| plan.cards().any(marked)) {
            self.cards.marks.clear();
        }
    }

    /// The cursor of the journal moved: a range that is open goes with it.
    pub(super) fn stretch_past(&mut self) {
        let pane = &mut self.journal;
        let Some(row) = pane.list.cursor.row().copied().filter(|_| pane.marks.in_range()) else { return };
        pane.marks.stretch(row, &Shown { rows: &pane.list.rows, turned: false });
        pane.marks.see(&pane.list.rows);
    }

    /// The cursor moved: a range that is open goes with it.
    pub(super) fn stretch_marks(&mut self) {
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
