//! Rows that are marked, so that one thing can be asked for all of them: cards for acts, actions of the journal for
//! decisions.
//!
//! Marks are on rows, not on lines: they stay when rows come in, are sorted or are filtered away, and how many
//! of them the filter hides is said wherever they count.

use std::collections::HashSet;
use std::hash::Hash;

use super::list::{Rows, Shown};
use super::text;
use super::theme::Tone;
use super::ui::frame::Piece;
use crate::domain::money::Grouping;

/// What a key does to the marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marking {
    /// Marks one row, or takes its mark away.
    One,
    /// Begins a range, or ends it.
    Range,
    /// Marks everything that is shown, or nothing of it.
    All,
}

/// The marks of a list.
#[derive(Clone, Debug)]
pub struct Marks<R> {
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

impl<R: Clone + Eq + Hash> Marks<R> {
    pub fn has(&self, row: &R) -> bool {
        self.rows.contains(row)
    }

    /// The marked rows, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &R> {
        self.rows.iter()
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

    /// What the title of the list says of them, when there are any.
    pub fn piece(&self, grouping: Grouping) -> Option<Piece> {
        let hidden = match self.hidden() {
            0 => String::new(),
            hidden => format!(" ({} hidden)", text::count(hidden, grouping)),
        };
        let range = if self.in_range() { ", range" } else { "" };
        let marked = || format!("{} marked{hidden}{range}", text::count(self.count(), grouping));
        (self.count() > 0).then(|| Piece::new(marked(), Tone::Waiting))
    }

    /// Does what a key means, on the row it means, in a list that shows these rows.
    pub fn mark(&mut self, how: Marking, row: R, shown: &[R]) {
        match how {
            Marking::One => self.toggle(row),
            Marking::Range => self.turn_range(row),
            Marking::All => self.turn_all(shown),
        }
        self.see(shown);
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
                self.rows.insert(row.clone());
                Some((row, before))
            }
        };
    }

    /// Everything that is shown is marked, or nothing of it when all of it was.
    fn turn_all(&mut self, shown: &[R]) {
        self.range = None;
        match shown.iter().all(|row| self.rows.contains(row)) {
            true => shown.iter().for_each(|row| _ = self.rows.remove(row)),
            false => self.rows.extend(shown.iter().cloned()),
        }
    }

    /// The range goes from where it was begun to this row, in the order the rows stand.
    pub(crate) fn stretch(&mut self, to: R, shown: &Shown<'_, R>) {
        let Some((from, before)) = &self.range else { return };
        let places = (shown.position(from, 0), shown.position(&to, 0));
        let (Some(from), Some(to)) = places else { return };
        self.rows.clone_from(before);
        self.rows.extend((from.min(to)..=from.max(to)).filter_map(|at| shown.get(at)));
    }
}
