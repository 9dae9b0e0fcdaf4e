//! Tables as files: CSV, JSON and XLSX. Rows and columns in, bytes out; no IO, no clock.
//!
//! The command line and the dashboard write the same bytes by it. Amounts are exact in every format: what a format cannot
//! hold is written as text and said, never rounded.

pub mod cell;
pub mod csv;
pub mod json;
pub mod totals;
pub mod xlsx;

use chrono::{DateTime, Utc};

use self::cell::Cell;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// Two columns where a number stands alone: the amount, and its currency.
    Money,
}

/// The head of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub name: String,
    pub kind: Kind,
}

/// A table with what has to be known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it lists, in one word: `transactions`.
    pub kind: String,
    pub made_at: DateTime<Utc>,
    pub columns: Vec<Head>,
    /// As many cells in each as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// Stands below the rows.
    pub footer: Vec<Vec<Cell>>,
    /// Facts about all of it, a name and a sentence each: the filter, what is missing.
    pub about: Vec<(String, String)>,
}

/// Why a table cannot be written in a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("an XLSX sheet holds {most} rows, and these are {rows}: use CSV")]
    TooManyRows { rows: usize, most: usize },
    #[error("XLSX: {0}")]
    Xlsx(String),
}

/// The names of all columns where an amount and its currency stand apart.
pub fn names(columns: &[Head]) -> Vec<String> {
    let of = |head: &Head| match head.kind {
        Kind::Plain => vec![head.name.clone()],
        Kind::Money => vec![head.name.clone(), format!("{}_currency", head.name)],
    };
    columns.iter().flat_map(of).collect()
}
