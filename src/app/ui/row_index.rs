//! Which rows a list shows, and in which order: sorted once, then kept so under a filter and under arrivals.
//!
//! ```text
//!   Anew     the column, or what the list is about, is another   filter, sort
//!   Filter   the query is another                                narrow what is shown, or filter what is sorted
//!   Turn     the column runs the other way                       nothing, mostly: it is shown from its end
//!   Fuzzy    nothing matches as typed                            filter again by letters in their order
//!   apply    a reply changed rows                                take out, insert where they belong
//! ```
//!
//! One engine for all lists. What the rows are, how they compare and which fit, a list says by its [`RowSource`]. Does
//! not know cursors, columns or how rows are drawn.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::app::filter::fold::{Fit, by_fit};
use crate::app::filter::{Filter, Query};

/// More changed rows than this are sorted anew rather than put where they belong one by one.
const FEW: usize = 16;

/// The rows of a list, as its pane and the store have them.
pub trait RowSource: Sync {
    /// What stands for a row while rows come, go and change places.
    type Row: Clone + PartialEq + Send + Sync;

    /// All rows without a filter. Rows that a column finds equal stand in this order.
    fn all(&self) -> Cow<'_, [Self::Row]>;

    /// Those that the query leaves, in the order they are given in.
    fn filter(&self, query: &Query, rows: &[Self::Row]) -> Vec<Self::Row>;

    /// Puts rows of [`RowSource::all`], given in its order, in the order of the column.
    fn sort(&self, rows: Vec<Self::Row>) -> Vec<Self::Row>;

    /// The same for rows that are given in any order.
    fn resort(&self, rows: Vec<Self::Row>) -> Vec<Self::Row> {
        self.sort(rows)
    }

    /// Whether [`RowSource::all`] is in the order of the column already, so that no copy of it is kept.
    fn is_in_order(&self) -> bool {
        false
    }

    /// Whether the list is shown from its end: the column runs the other way.
    fn is_turned(&self) -> bool {
        false
    }

    /// How well a row fits the words of the query; `None` where that does not decide where rows stand.
    fn fit(&self, _query: &Query, _row: &Self::Row) -> Option<Fit> {
        None
    }

    /// Rows that stand in the list whatever is filtered, at its top.
    fn pinned(&self) -> usize {
        0
    }

    /// Whether an id of any row holds this part; a query that has grown by it alone then finds other rows.
    fn has_id(&self, _part: &str) -> bool {
        true
    }

    /// Whether rows match that stand outside of what the list shows.
    fn matches_elsewhere(&self, _query: &Query) -> bool {
        false
    }

    /// Whether the fuzzy pass is left to the next turn, because it takes longer than a key may.
    fn defers_fuzzy(&self) -> bool {
        false
    }
}

/// What arrivals need besides, so that rows are put where they belong one by one.
pub trait Arrivals: RowSource {
    /// Whether the row is one of the list and the query leaves it there.
    fn holds(&self, query: &Query, row: &Self::Row) -> bool;

    /// Compares two rows by the column, and what decides between equal ones; never `Equal` for two rows.
    fn compare(&self, a: &Self::Row, b: &Self::Row) -> Ordering;
}

/// Why rows may stand elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reindex {
    /// The column, or what the list is about, is another.
    Anew,
    /// The query of the filter is another.
    Filter,
    /// The column runs the other way.
    Turn,
    /// The fuzzy pass that was left to this turn.
    Fuzzy,
}

/// The rows of a list in their order.
#[derive(Debug)]
pub struct RowIndex<R> {
    /// `None`: the order of the source, not copied.
    rows: Option<Vec<R>>,
    /// All rows in their order, kept while a filter shows fewer, so that no letter sorts them again.
    whole: Option<Vec<R>>,
    /// What the rows were filtered by.
    found: Query,
    /// The rows are shown from their end.
    turned: bool,
    /// Nothing matches as typed, and the fuzzy pass is still to be made.
    fuzzy_due: bool,
    /// What the rows rest on is another; they are to be sorted and filtered anew before they are shown.
    stale: bool,
}

impl<R> Default for RowIndex<R> {
    fn default() -> RowIndex<R> {
        RowIndex { rows: None, whole: None, found: Query::default(), turned: false, fuzzy_due: false, stale: true }
    }
}

impl<R: Clone + PartialEq + Send + Sync> RowIndex<R> {
    /// The rows in their order; none where they stand in the order of the source.
    pub fn rows(&self) -> &[R] {
        self.rows.as_deref().unwrap_or_default()
    }

    /// The rows in their order; `None` where they stand in the order of the source.
    pub fn copied(&self) -> Option<&[R]> {
        self.rows.as_deref()
    }

    pub fn is_turned(&self) -> bool {
        self.turned
    }

    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Takes in that what the rows rest on is another.
    pub fn invalidate(&mut self) {
        self.stale = true;
    }

    /// Whether the fuzzy pass is still to be made.
    pub fn is_fuzzy_due(&self) -> bool {
        self.fuzzy_due
    }

    /// Brings the rows up to date; whether they were looked at.
    pub fn update(&mut self, source: &impl RowSource<Row = R>, filter: &mut Filter, why: Reindex) -> bool {
        match why {
            Reindex::Fuzzy => return self.fuzzy_pass(source, filter),
            Reindex::Filter if !self.stale => self.refilter(source, filter),
            Reindex::Turn if !self.stale => self.turn(source, filter),
            Reindex::Anew | Reindex::Filter | Reindex::Turn => self.rebuild(source, filter),
        }
        true
    }

    fn rebuild(&mut self, source: &impl RowSource<Row = R>, filter: &mut Filter) {
        self.stale = false;
        self.whole = None;
        self.turned = source.is_turned();
        self.order(source, filter.query());
        self.fuzzy_due = self.can_be_fuzzy(source, filter);
        self.fuzzy_pass(source, filter);
    }

    fn refilter(&mut self, source: &impl RowSource<Row = R>, filter: &mut Filter) {
        if self.found == *filter.query() {
            return;
        }
        if self.found.is_empty() {
            self.whole = self.rows.take();
        }
        let mut narrower = filter.query().narrows(&self.found);
        if let Some(word) = filter.query().grown(&self.found)
            && !source.has_id(word)
        {
            narrower = true;
            if self.found.fuzzy {
                filter.go_fuzzy();
            }
        }
        let query = filter.query();
        match self.rows.take().filter(|_| narrower) {
            // Typed on: what did not match before does not match now.
            Some(rows) => {
                let rows = source.filter(query, &rows);
                self.rows = Some(match query.ranks() {
                    true => group(source, query, rows, |rows| source.resort(rows)),
                    false => rows,
                });
                self.found = query.clone();
            }
            None => self.order(source, query),
        }
        self.fuzzy_due = self.can_be_fuzzy(source, filter);
        if !source.defers_fuzzy() {
            self.fuzzy_pass(source, filter);
        }
    }

    fn turn(&mut self, source: &impl RowSource<Row = R>, filter: &mut Filter) {
        // What fits the filter best stands first either way, and some lists keep equal rows as they come.
        if self.turned == source.is_turned() || is_ranked(source, filter.query(), self.rows()) {
            return self.rebuild(source, filter);
        }
        self.turned = source.is_turned();
    }

    /// Filters by letters in their order, if that is due; whether it was.
    fn fuzzy_pass(&mut self, source: &impl RowSource<Row = R>, filter: &mut Filter) -> bool {
        if !std::mem::take(&mut self.fuzzy_due) {
            return false;
        }
        filter.go_fuzzy();
        self.order(source, filter.query());
        true
    }

    /// The rows that the query leaves, in order.
    fn order(&mut self, source: &impl RowSource<Row = R>, query: &Query) {
        self.fuzzy_due = false;
        self.found = query.clone();
        if query.is_empty() && (source.is_in_order() || self.whole.is_some()) {
            self.rows = self.whole.take();
            return;
        }
        if let Some(whole) = &self.whole {
            let rows = source.filter(query, whole);
            self.rows = Some(group(source, query, rows, |rows| rows));
            return;
        }
        let all = source.all();
        let rows = if query.is_empty() { all.into_owned() } else { source.filter(query, &all) };
        self.rows = Some(match source.is_in_order() {
            true => rows,
            false => group(source, query, rows, |rows| source.sort(rows)),
        });
    }

    /// Whether nothing is as typed and letters in their order may find something.
    fn can_be_fuzzy(&self, source: &impl RowSource<Row = R>, filter: &Filter) -> bool {
        let blank = self.rows.as_ref().is_some_and(|rows| rows.len() <= source.pinned());
        blank && filter.query().can_be_fuzzy() && !source.matches_elsewhere(filter.query())
    }
}

impl<R: Copy + PartialEq + Send + Sync> RowIndex<R> {
    /// Puts rows that came in or changed where they belong. `false` where it is to be rebuilt instead: there are too
    /// many, or something is as typed now that was found by its letters alone.
    #[must_use]
    pub fn apply(&mut self, source: &impl Arrivals<Row = R>, filter: &Filter, changed: &[R], new: &[R]) -> bool {
        let query = filter.query();
        let touched = || changed.iter().chain(new);
        let typed = query.fuzzy.then(|| query.clone().with_fuzzy(false));
        let is_as_typed = |row: &R| typed.as_ref().is_some_and(|typed| source.holds(typed, row));
        if changed.len() > FEW || touched().any(is_as_typed) {
            return false;
        }
        let Some(rows) = &mut self.rows else { return true };
        let turned = self.turned;
        let put = |rows: &mut Vec<R>, query: &Query| {
            let fitting: Vec<R> = touched().filter(|row| source.holds(query, row)).copied().collect();
            let ranks = query.ranks();
            remove(rows, changed);
            insert(rows, &fitting, |a, b| {
                let by_fit = match ranks {
                    true => source.fit(query, a).cmp(&source.fit(query, b)),
                    false => Ordering::Equal,
                };
                (if turned { by_fit.reverse() } else { by_fit }).then_with(|| source.compare(a, b))
            });
        };
        put(rows, query);
        self.fuzzy_due &= rows.is_empty();
        if let Some(whole) = &mut self.whole {
            put(whole, &Query::default());
        }
        true
    }
}

/// Whether how well rows fit decides where they stand.
fn is_ranked<S: RowSource>(source: &S, query: &Query, rows: &[S::Row]) -> bool {
    query.ranks() && rows.first().is_some_and(|row| source.fit(query, row).is_some())
}

/// Rows in the groups of how well they fit, each put in order by itself; all in one where fit decides nothing.
fn group<S: RowSource>(
    source: &S,
    query: &Query,
    rows: Vec<S::Row>,
    sort: impl Fn(Vec<S::Row>) -> Vec<S::Row>,
) -> Vec<S::Row> {
    match is_ranked(source, query, &rows) {
        true => by_fit(rows, source.is_turned(), |row| source.fit(query, row).unwrap_or(Fit::Letters), sort),
        false => sort(rows),
    }
}

/// A number to sort by: of two rows the one with the smaller number stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    pub number: u64,
    /// Rows of this number are equal but for the order they come in. Else they are to be compared.
    pub exact: bool,
}

/// Sorts rows by their keys; equal ones stay as they come. Only rows are compared whose key does not say it all.
pub fn sort_by_keys<R: Copy>(rows: &[R], key: impl Fn(R) -> SortKey, compare: impl Fn(&R, &R) -> Ordering) -> Vec<R> {
    let mut inexact = false;
    let number = |row: R| {
        let SortKey { number, exact } = key(row);
        inexact |= !exact;
        (number, row)
    };
    let mut keyed: Vec<(u64, R)> = rows.iter().copied().map(number).collect();
    if let Some(counted) = (!inexact).then(|| counting_sort(&keyed)).flatten() {
        return counted;
    }
    keyed.sort_by_key(|(number, _)| *number);
    if inexact {
        for equal in keyed.chunk_by_mut(|a, b| a.0 == b.0) {
            if equal.len() > 1 && equal.iter().any(|(_, row)| !key(*row).exact) {
                equal.sort_by(|a, b| compare(&a.1, &b.1));
            }
        }
    }
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// Sorts rows by a comparison that orders all of them. `key` is a number that never contradicts it and spares most
/// comparisons, which have to look the rows up. Rows of one key mostly come in order already, which a stable sort
/// notices.
pub fn sort_by_comparing<R: Copy>(
    rows: Vec<R>,
    key: impl Fn(R) -> u64,
    compare: impl Fn(&R, &R) -> Ordering,
) -> Vec<R> {
    let mut keyed: Vec<(u64, R)> = rows.into_iter().map(|row| (key(row), row)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    for equal in keyed.chunk_by_mut(|a, b| a.0 == b.0) {
        equal.sort_by(|a, b| compare(&a.1, &b.1));
    }
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// Rows in the order of their numbers, equal ones as they come: counted, not compared. `None` where there are more
/// numbers than rows.
fn counting_sort<R: Copy>(rows: &[(u64, R)]) -> Option<Vec<R>> {
    let most = rows.iter().map(|(number, _)| *number).max()?;
    let most = usize::try_from(most).ok().filter(|most| *most < rows.len())?;
    // Where the next row of each number goes.
    let mut places = vec![0; most + 2];
    for (number, _) in rows {
        places[*number as usize + 1] += 1;
    }
    let mut before = 0;
    for place in &mut places {
        before += *place;
        *place = before;
    }
    let mut sorted: Vec<R> = rows.iter().map(|(_, row)| *row).collect();
    for (number, row) in rows {
        let place = &mut places[*number as usize];
        sorted[*place] = *row;
        *place += 1;
    }
    Some(sorted)
}

/// Takes rows out that are about to stand elsewhere.
fn remove<R: PartialEq>(rows: &mut Vec<R>, gone: &[R]) {
    match gone {
        [] => {}
        [row] => {
            if let Some(at) = rows.iter().position(|known| known == row) {
                rows.remove(at);
            }
        }
        gone => rows.retain(|known| !gone.contains(known)),
    }
}

/// Puts rows where they belong.
fn insert<R: Copy>(rows: &mut Vec<R>, new: &[R], compare: impl Fn(&R, &R) -> Ordering) {
    if let [row] = new {
        let at = rows.partition_point(|known| compare(known, row).is_lt());
        rows.insert(at, *row);
        return;
    }
    let mut new = new.to_vec();
    new.sort_unstable_by(|a, b| compare(a, b));
    // From the back, so that every row moves once however many come in.
    let mut end = rows.len();
    let Some(filler) = new.first().copied() else { return };
    rows.resize(end + new.len(), filler);
    for (left, row) in new.iter().enumerate().rev() {
        let at = rows[..end].partition_point(|known| compare(known, row).is_lt());
        rows.copy_within(at..end, at + left + 1);
        rows[at + left] = *row;
        end = at;
    }
}
