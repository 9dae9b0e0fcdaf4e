//! Books as tables: every movement with the balance after it.

use chrono::{DateTime, Utc};

use super::{Books, CounterAccount, Entry, Ledger};
use crate::domain::money::Money;
use crate::export::cell::Cell;
use crate::export::{Head, Kind, Table};

/// Names and kinds of the columns.
const COLUMNS: [(&str, Kind); 11] = [
    ("at", Kind::Plain),
    ("holder", Kind::Plain),
    ("holder_id", Kind::Plain),
    ("name", Kind::Plain),
    ("kind", Kind::Plain),
    ("text", Kind::Plain),
    ("amount", Kind::Money),
    ("balance", Kind::Money),
    ("counter", Kind::Plain),
    ("pair_is_inferred", Kind::Plain),
    ("id", Kind::Plain),
];

/// What the other half is, in a word.
pub fn counter(entry: &Entry) -> &'static str {
    match entry.counter {
        CounterAccount::Merchants => "merchants",
        CounterAccount::Fees(_) => "fees",
        CounterAccount::Moves => "moves",
        CounterAccount::Outside => "outside",
        CounterAccount::Unknown => "unknown",
    }
}

/// The columns of a table of movements.
pub fn columns() -> Vec<Head> {
    COLUMNS.iter().map(|(name, kind)| Head { name: (*name).to_owned(), kind: *kind }).collect()
}

/// The movements of a ledger with its opening and closing balance.
pub fn rows(ledger: &Ledger) -> Vec<Vec<Cell>> {
    let title = Cell::Word(ledger.title());
    let money = |amount| Cell::Money(Money::new(amount, ledger.currency));
    let bound = |kind: &str, amount| {
        let mut cells = vec![Cell::Blank; COLUMNS.len()];
        for (at, cell) in [
            (1, word(ledger)),
            (2, Cell::Word(ledger.id())),
            (3, title.clone()),
            (4, Cell::Word(kind.into())),
            (7, amount),
        ] {
            if let Some(place) = cells.get_mut(at) {
                *place = cell;
            }
        }
        cells
    };
    let mut rows = vec![bound("opening", money(ledger.opening))];
    for entry in &ledger.entries {
        rows.push(vec![
            Cell::Time(entry.at),
            word(ledger),
            Cell::Word(ledger.id()),
            title.clone(),
            Cell::Word(entry.kind.to_string()),
            entry.text.clone().map_or(Cell::Blank, Cell::Text),
            money(entry.amount),
            money(entry.balance),
            Cell::Word(counter(entry).to_owned()),
            Cell::Flag(entry.is_inferred),
            Cell::Word(entry.id.clone()),
        ]);
    }
    rows.push(bound("closing", money(ledger.closing)));
    rows
}

fn word(ledger: &Ledger) -> Cell {
    Cell::Word(if ledger.is_account() { "account" } else { "card" }.to_owned())
}

/// The table of these ledgers.
pub fn table<'p>(kind: &str, made_at: DateTime<Utc>, ledgers: impl Iterator<Item = &'p Ledger>) -> Table {
    Table {
        kind: kind.to_owned(),
        made_at,
        columns: columns(),
        rows: ledgers.flat_map(rows).collect(),
        footer: Vec::new(),
        about: Vec::new(),
    }
}

/// All movements as a table.
pub fn of_books(books: &Books, made_at: DateTime<Utc>) -> Table {
    table("books", made_at, books.ledgers.iter())
}
