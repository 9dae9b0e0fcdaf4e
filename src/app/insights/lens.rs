//! Where declines are: two properties of purchases against each other, with how many purchases each cell is of.
//!
//! ```text
//!   all rows, newest first   ├──── counted ────┤boundary├──── to come, in parts ────┤
//!   arrival or change            counts at once               is counted by its part
//! ```
//!
//! A range of very many rows is counted in parts, so that no key waits for it. What comes or changes meanwhile counts at
//! once where it stands before the boundary; behind it the part that reaches it counts it. Reasons are of declined
//! purchases alone: a cell of reasons has no sample of its own, the margin of the other property has.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::range::Span;
use crate::app::clock;
use crate::app::store::{List, Scope, Store, TxRow};
use crate::domain::ids::{AccountId, CardId, HolderId, TransactionId};
use crate::domain::settings::Zone;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Transaction, TransactionKind, TransactionStatus};

/// Rows that are counted in one part.
pub const PART: usize = 10_000;

/// A property of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Property {
    Reason,
    Merchant,
    Card,
    Holder,
    Account,
    Bin,
    Category,
    Hour,
}

impl Property {
    pub const ALL: [Property; 8] = [
        Property::Reason,
        Property::Merchant,
        Property::Card,
        Property::Holder,
        Property::Account,
        Property::Bin,
        Property::Category,
        Property::Hour,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Property::Reason => "reason",
            Property::Merchant => "merchant",
            Property::Card => "card",
            Property::Holder => "holder",
            Property::Account => "account",
            Property::Bin => "BIN",
            Property::Category => "category",
            Property::Hour => "hour",
        }
    }

    /// The next one that is not the other; they go round.
    pub fn next(self, other: Property) -> Property {
        let at = Property::ALL.iter().position(|property| *property == self).unwrap_or(0);
        let mut after = (1..Property::ALL.len()).map(|by| Property::ALL[(at + by) % Property::ALL.len()]);
        after.find(|property| *property != other).unwrap_or(self)
    }

    /// Whether it is told by the card of a purchase, not by its row.
    pub fn is_of_cards(self) -> bool {
        matches!(self, Property::Holder | Property::Bin)
    }

    /// What a purchase is by this property.
    pub fn of(self, store: &Store, row: &Transaction, zone: &Zone) -> Value {
        let card = || row.card.as_ref().and_then(|id| store.card(id));
        let text = |text: Option<&SafeText>| text.map_or(Value::Unknown, |text| Value::Text(text.clone()));
        match self {
            Property::Reason => text(row.decline_reason()),
            Property::Merchant => text(row.merchant.as_ref()),
            Property::Card => row.card.clone().map_or(Value::Unknown, Value::Card),
            Property::Holder => card().and_then(|card| card.holder_id.clone()).map_or(Value::Unknown, Value::Holder),
            Property::Account => row.account.clone().map_or(Value::Unknown, Value::Account),
            Property::Bin => text(card().and_then(|card| card.number.bin.as_ref())),
            Property::Category => text(row.category.as_ref()),
            Property::Hour => {
                row.created_at.known().map_or(Value::Unknown, |at| Value::Hour(clock::day_and_hour(*at, zone).1))
            }
        }
    }
}

/// What a purchase is by one property.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// The row does not say, or what says it was not read.
    Unknown,
    Text(SafeText),
    Account(AccountId),
    Card(CardId),
    Holder(HolderId),
    Hour(u8),
}

/// Purchases, and those of them that were declined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub tries: usize,
    pub declined: usize,
}

impl Cell {
    fn change(&mut self, declined: bool, adds: bool) {
        let count = |counted: &mut usize, by: usize| {
            *counted = if adds { *counted + by } else { counted.saturating_sub(by) };
        };
        count(&mut self.tries, 1);
        count(&mut self.declined, usize::from(declined));
    }
}

/// Where counting has come to, in the order of the list.
type Boundary = (Reverse<Option<DateTime<Utc>>>, Reverse<TransactionId>);

/// Two properties of the purchases of a range.
#[derive(Debug)]
pub struct Lens {
    pub rows: Property,
    pub columns: Property,
    pub span: Span,
    cells: HashMap<(Value, Value), Cell>,
    by_row: HashMap<Value, Cell>,
    by_column: HashMap<Value, Cell>,
    all: Cell,
    boundary: Option<Boundary>,
    whole: bool,
}

fn place(row: &Transaction) -> Boundary {
    (Reverse(row.created_at.known().copied()), Reverse(row.id.clone()))
}

impl Lens {
    /// Nothing is counted yet.
    pub fn new(rows: Property, columns: Property, span: Span) -> Lens {
        let (cells, by_row, by_column) = Default::default();
        Lens { rows, columns, span, cells, by_row, by_column, all: Cell::default(), boundary: None, whole: false }
    }

    /// Whether all rows of the range are counted.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Counts at most [`PART`] more rows. `left_out`: rows that are in no sum.
    pub fn count_part(&mut self, store: &Store, zone: &Zone, left_out: impl Fn(TxRow) -> bool) {
        if self.whole {
            return;
        }
        let list = store.transactions.newest(&Scope::All);
        let from = self.next_place(store, list, zone);
        for at in from..list.len() {
            let Some(row) = list.get(at) else { break };
            let is = store.transactions.get(row);
            let day = is.created_at.known().map(|at| clock::day(*at, zone));
            if day.is_none_or(|day| day < self.span.first) {
                self.whole = true;
                return;
            }
            if at >= from + PART {
                return;
            }
            if !left_out(row) {
                self.change(store, is, zone, true);
            }
            self.boundary = Some(place(is));
        }
        self.whole = true;
    }

    /// Where the next part begins: behind the boundary, or at the first row that is not later than the range.
    fn next_place(&self, store: &Store, list: List<'_>, zone: &Zone) -> usize {
        let is_before = |row: &Transaction| match &self.boundary {
            Some(boundary) => place(row) <= *boundary,
            None => row.created_at.known().is_some_and(|at| clock::day(*at, zone) > self.span.last),
        };
        let (mut low, mut high) = (0, list.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match list.get(middle).is_some_and(|row| is_before(store.transactions.get(row))) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    /// A row came in.
    pub fn add(&mut self, store: &Store, row: &Transaction, zone: &Zone) {
        if self.is_counted(row) {
            self.change(store, row, zone, true);
        }
    }

    /// A row that was as it is here went.
    pub fn remove(&mut self, store: &Store, row: &Transaction, zone: &Zone) {
        if self.is_counted(row) {
            self.change(store, row, zone, false);
        }
    }

    /// Whether counting has passed the place of a row.
    fn is_counted(&self, row: &Transaction) -> bool {
        self.whole || self.boundary.as_ref().is_some_and(|boundary| place(row) <= *boundary)
    }

    fn change(&mut self, store: &Store, row: &Transaction, zone: &Zone, adds: bool) {
        let day = row.created_at.known().map(|at| clock::day(*at, zone));
        if row.kind != TransactionKind::Purchase || day.is_none_or(|day| !self.span.has(day)) {
            return;
        }
        let declined = row.status == TransactionStatus::Declined;
        let [first, second] = [self.rows, self.columns].map(|property| {
            let counts = property != Property::Reason || declined;
            counts.then(|| property.of(store, row, zone))
        });
        self.all.change(declined, adds);
        for (by, value) in [(&mut self.by_row, &first), (&mut self.by_column, &second)] {
            if let Some(value) = value {
                put(by, value.clone(), declined, adds);
            }
        }
        if let (Some(first), Some(second)) = (first, second) {
            put(&mut self.cells, (first, second), declined, adds);
        }
    }

    /// All purchases of the range that were counted.
    pub fn all(&self) -> Cell {
        self.all
    }

    pub fn cell(&self, row: &Value, column: &Value) -> Cell {
        self.cells.get(&(row.clone(), column.clone())).copied().unwrap_or_default()
    }

    /// What a row adds up to.
    pub fn of_row(&self, row: &Value) -> Cell {
        self.by_row.get(row).copied().unwrap_or_default()
    }

    pub fn of_column(&self, column: &Value) -> Cell {
        self.by_column.get(column).copied().unwrap_or_default()
    }

    /// The rows with declines, the most declined first.
    pub fn worst_rows(&self, most: usize) -> Vec<Value> {
        worst(&self.by_row, most)
    }

    pub fn worst_columns(&self, most: usize) -> Vec<Value> {
        worst(&self.by_column, most)
    }
}

fn put<K: std::hash::Hash + Eq>(by: &mut HashMap<K, Cell>, key: K, declined: bool, adds: bool) {
    match by.entry(key) {
        std::collections::hash_map::Entry::Occupied(mut known) => {
            known.get_mut().change(declined, adds);
            if *known.get() == Cell::default() {
                known.remove();
            }
        }
        std::collections::hash_map::Entry::Vacant(free) if adds => {
            free.insert(Cell::default()).change(declined, true);
        }
        std::collections::hash_map::Entry::Vacant(_) => {}
    }
}

fn worst(by: &HashMap<Value, Cell>, most: usize) -> Vec<Value> {
    let mut all: Vec<(&Value, &Cell)> = by.iter().filter(|(_, cell)| cell.declined > 0).collect();
    all.sort_by(|(a, x), (b, y)| y.declined.cmp(&x.declined).then(x.tries.cmp(&y.tries)).then_with(|| a.cmp(b)));
    all.into_iter().take(most).map(|(value, _)| value.clone()).collect()
}
