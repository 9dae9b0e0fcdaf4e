//! What holds for every list, whatever its rows are: order, filter, arrivals, selection and marks.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::app::filter::fold::Fit;
use crate::app::filter::{CARDS, Field, Query, Record};
use crate::app::key::{Key, KeyCode};
use crate::app::sort_columns::TransactionColumn as Column;
use crate::app::ui::row_index::{Arrivals, RowSource, sort_by_comparing};
use crate::domain::settings::Zone;

/// A row by its id; what it says may change.
#[derive(Clone, Debug)]
struct Said {
    text: &'static str,
    amount: u8,
}

impl Record for Said {
    fn any_text(&self, is: &mut dyn FnMut(&str) -> bool) -> bool {
        is(self.text)
    }

    fn has_id(&self, _part: &str) -> bool {
        false
    }

    fn text(&self, _field: Field, is: &mut dyn FnMut(&str) -> bool) -> bool {
        is(self.text)
    }

    fn amount(&self) -> Option<Decimal> {
        None
    }

    fn at(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        None
    }
}

/// What kinds of lists there are.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// How well rows fit decides where they stand.
    ranks: bool,
    /// The usual order is that of the source, not copied.
    in_order: bool,
    /// The fuzzy pass is left to the next turn.
    defers: bool,
}

struct Rows<'a> {
    all: &'a BTreeMap<u32, Said>,
    kind: Kind,
    sort: Sort<Column>,
    listed: Vec<u32>,
}

impl Rows<'_> {
    fn new(all: &BTreeMap<u32, Said>, kind: Kind, sort: Sort<Column>) -> Rows<'_> {
        Rows { all, kind, sort, listed: all.keys().copied().collect() }
    }

    fn by(&self, a: u32, b: u32) -> Ordering {
        let (x, y) = (&self.all[&a], &self.all[&b]);
        let column = match self.sort.by {
            Column::Time => Ordering::Equal,
            Column::Amount => x.amount.cmp(&y.amount),
            _ => x.text.cmp(y.text),
        };
        column.then(a.cmp(&b))
    }
}

impl RowSource for Rows<'_> {
    type Row = u32;

    fn all(&self) -> Cow<'_, [u32]> {
        Cow::Borrowed(&self.listed)
    }

    fn filter(&self, query: &Query, rows: &[u32]) -> Vec<u32> {
        rows.iter().copied().filter(|row| query.matches(&self.all[row])).collect()
    }

    fn sort(&self, rows: Vec<u32>) -> Vec<u32> {
        sort_by_comparing(rows, |_| 0, |a, b| self.by(*a, *b))
    }

    fn is_in_order(&self) -> bool {
        self.kind.in_order && self.sort.by == Column::Time
    }

    fn is_turned(&self) -> bool {
        self.sort.turned
    }

    fn fit(&self, query: &Query, row: &u32) -> Option<Fit> {
        self.kind.ranks.then(|| query.fit(&self.all[row]))
    }

    fn defers_fuzzy(&self) -> bool {
        self.kind.defers
    }
}

impl Arrivals for Rows<'_> {
    fn holds(&self, query: &Query, row: &u32) -> bool {
        query.matches(&self.all[row])
    }

    fn compare(&self, a: &u32, b: &u32) -> Ordering {
        self.by(*a, *b)
    }
}

#[derive(Clone, Debug)]
enum Event {
    /// Rows come in, and rows say something else.
    Reply(Vec<Said>, Vec<(usize, Said)>),
    Type(char),
    Backspace,
    Clear,
    Sort,
    Turn,
    Step(usize),
    Mark,
    MarkAll,
}

fn said() -> impl Strategy<Value = Said> {
    let texts = vec!["ana", "anna", "ana bo", "banana", "nab", "bo", "a-n-a", "zoe", "lan anabel"];
    (prop::sample::select(texts), 0u8..6).prop_map(|(text, amount)| Said { text, amount })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (prop::collection::vec(said(), 0..4), prop::collection::vec((0usize..40, said()), 0..3))
            .prop_map(|(new, changed)| Event::Reply(new, changed)),
        1 => prop::collection::vec((0usize..40, said()), 17..30).prop_map(|changed| Event::Reply(Vec::new(), changed)),
        5 => prop::sample::select(vec!['a', 'n', 'b', 'z', ' ', '-']).prop_map(Event::Type),
        2 => Just(Event::Backspace),
        1 => Just(Event::Clear),
        2 => Just(Event::Sort),
        2 => Just(Event::Turn),
        3 => (0usize..8).prop_map(Event::Step),
        2 => Just(Event::Mark),
        1 => Just(Event::MarkAll),
    ]
}

type TestList = ListState<u32, Column>;

/// The order as somebody would write it down who has all the time in the world.
fn expected(rows: &Rows<'_>, list: &TestList) -> Vec<u32> {
    let query = list.filter.query();
    let mut all = rows.filter(query, &rows.listed);
    all.sort_by(|a, b| rows.by(*a, *b));
    if rows.sort.turned {
        all.reverse();
    }
    if rows.kind.ranks && query.ranks() {
        all.sort_by_key(|row| query.fit(&rows.all[row]));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn a_list_stands_as_if_it_were_made_anew(
        kind in (any::<bool>(), any::<bool>(), any::<bool>()),
        first in prop::collection::vec(said(), 0..30),
        events in prop::collection::vec(event(), 1..40),
    ) {
        let kind = Kind { ranks: kind.0, in_order: kind.1 && !kind.0, defers: kind.2 };
        let mut all: BTreeMap<u32, Said> = (0u32..).zip(first).collect();
        let mut list = TestList::default();
        let now = Now { wall: chrono::DateTime::UNIX_EPOCH, up: std::time::Duration::ZERO };
        let update = |list: &mut TestList, all: &BTreeMap<u32, Said>, why| {
            let rows = Rows::new(all, kind, list.sort);
            list.index.update(&rows, &mut list.filter, why);
            list.see_marks();
        };
        update(&mut list, &all, Reindex::Anew);
        // Whether the person has chosen the row under the cursor.
        let mut chosen = false;
        for event in events {
            let (before, marked) = (list.cursor.row().copied(), list.marks.clone());
            let anew = matches!(event, Event::Sort);
            match event {
                Event::Reply(new, changed) => {
                    let ids: Vec<u32> = (u32::try_from(all.len()).unwrap()..).take(new.len()).collect();
                    let changed: Vec<(u32, Said)> = changed.into_iter()
                        .filter_map(|(at, said)| Some((*all.keys().nth(at)?, said)))
                        .collect();
                    let mut said: Vec<u32> = changed.iter().map(|(row, _)| *row).collect();
                    said.sort_unstable();
                    said.dedup();
                    all.extend(changed);
                    all.extend(ids.iter().copied().zip(new));
                    let rows = Rows::new(&all, kind, list.sort);
                    if !list.index.apply(&rows, &list.filter, &said, &ids) {
                        list.filter.as_typed();
                        update(&mut list, &all, Reindex::Anew);
                    }
                    list.see_marks();
                }
                Event::Type(c) => {
                    list.filter.open();
                    list.filter.press(Key { code: KeyCode::End, ctrl: false, alt: false }, &CARDS, now, &Zone::Utc);
                    list.filter.insert(&c.to_string(), &CARDS, now, &Zone::Utc);
                    update(&mut list, &all, Reindex::Filter);
                }
                Event::Backspace => {
                    list.filter.press(Key { code: KeyCode::Backspace, ctrl: false, alt: false }, &CARDS, now, &Zone::Utc);
                    update(&mut list, &all, Reindex::Filter);
                }
                Event::Clear => {
                    list.filter.clear();
                    update(&mut list, &all, Reindex::Filter);
                }
                Event::Sort => {
                    list.sort_next(Some(&[0, 2, 3]));
                    update(&mut list, &all, Reindex::Anew);
                }
                Event::Turn => {
                    list.sort_turned();
                    update(&mut list, &all, Reindex::Turn);
                }
                Event::Step(by) => {
                    chosen = step(&mut list, &all, kind, by);
                    continue;
                }
                Event::Mark => {
                    list.mark(Marking::One);
                    continue;
                }
                Event::MarkAll => {
                    list.mark(Marking::All);
                    continue;
                }
            }
            // What was left to the next turn.
            prop_assert!(!list.index.is_fuzzy_due() || kind.defers);
            update(&mut list, &all, Reindex::Fuzzy);

            let rows = Rows::new(&all, kind, list.sort);
            let shown = shown(&list, &rows);
            prop_assert_eq!(&shown, &expected(&rows, &list), "{:?}", list.filter.query());
            // Letters alone are enough only where nothing is as typed.
            let query = list.filter.query();
            let as_typed = rows.filter(&query.clone().with_fuzzy(false), &rows.listed);
            prop_assert!(!query.fuzzy || as_typed.is_empty(), "{:?}", query);
            prop_assert!(!(anew && as_typed.is_empty() && query.can_be_fuzzy()), "{:?}", query);

            // The selection is a row: while it is shown, it stays, whatever else happens.
            settle(&mut list, &rows);
            if let Some(before) = before.filter(|before| chosen && shown.contains(before)) {
                prop_assert_eq!(list.cursor.row(), Some(&before));
            }
            chosen &= !shown.is_empty();
            prop_assert_eq!(list.cursor.row().is_none(), shown.is_empty());
            prop_assert_eq!(list.cursor.row().copied(), shown.get(list.cursor.at()).copied());

            // Marks are on rows: they stay, and those that are not shown are counted as hidden.
            let marks: HashSet<u32> = all.keys().copied().filter(|row| list.marks.has(row)).collect();
            prop_assert_eq!(marks.len(), marked.count());
            prop_assert!(marks.iter().all(|row| marked.has(row)));
            if list.index.copied().is_some() {
                prop_assert_eq!(list.marks.hidden(), marks.iter().filter(|row| !shown.contains(row)).count());
            }
        }
    }
}

/// The rows as they are shown: those of the index, or the source's own.
fn shown(list: &TestList, rows: &Rows<'_>) -> Vec<u32> {
    let mut shown = list.index.copied().map_or_else(|| rows.listed.clone(), <[u32]>::to_vec);
    if list.index.is_turned() {
        shown.reverse();
    }
    shown
}

const HEIGHT: usize = 5;

fn settle(list: &mut TestList, rows: &Rows<'_>) {
    let all = shown(list, rows);
    list.cursor.settle(&Shown { rows: &all, turned: false }, Some(HEIGHT), Moves::Follows);
    list.cursor.note(true);
}

/// Down by so many rows; none goes to the last one. Whether there is a row that can be chosen.
fn step(list: &mut TestList, all: &BTreeMap<u32, Said>, kind: Kind, by: usize) -> bool {
    let rows = shown(list, &Rows::new(all, kind, list.sort));
    let step = if by == 0 { Step::Last } else { Step::Down(by) };
    list.cursor.step(&Shown { rows: &rows, turned: false }, step, HEIGHT);
    !rows.is_empty()
}
