//! The rows of a list as they leave the dashboard: values rather than pictures, masked where privacy hides them.

use std::borrow::Cow;
use std::fmt;

use crate::app::private;
use crate::app::store::Store;
use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::domain::text::SafeText;
use crate::export::cell::{Cell, Unknown};
use crate::export::{Head, Kind};

/// What is shown of a list, in its order.
#[derive(Debug, Default)]
pub struct Exported {
    pub heads: Vec<Head>,
    pub rows: ExportRows,
}

/// Makes the cells of a row, by its place among those that were shown.
type MakeRow = Box<dyn Fn(&Store, Leaving, usize) -> Option<Vec<Cell>> + Send>;

/// The rows of a list: made, or which they are, where there may be so many that no key could wait for them to be made.
pub enum ExportRows {
    Made(Vec<Vec<Cell>>),
    ToMake { count: usize, make: MakeRow },
}

impl Default for ExportRows {
    fn default() -> ExportRows {
        ExportRows::Made(Vec::new())
    }
}

impl fmt::Debug for ExportRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExportRows({})", self.len())
    }
}

impl ExportRows {
    pub fn len(&self) -> usize {
        match self {
            ExportRows::Made(rows) => rows.len(),
            ExportRows::ToMake { count, .. } => *count,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Exported {
    /// The columns with these names; those that stand for money are named `amounts`.
    pub fn new(names: &[&str], amounts: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Exported {
        let kind = |name: &str| if amounts.contains(&name) { Kind::Money } else { Kind::Plain };
        let heads = names.iter().map(|name| Head { name: (*name).to_owned(), kind: kind(name) }).collect();
        Exported { heads, rows: ExportRows::Made(rows.collect()) }
    }

    /// These rows, of which `make` makes the cells later, with the columns in the order that is chosen for the list.
    pub fn to_make<R: Send + 'static>(
        names: &[&str],
        amounts: &[&str],
        order: Vec<usize>,
        rows: Vec<R>,
        make: impl Fn(&Store, &R, Leaving) -> Option<Vec<Cell>> + Send + 'static,
    ) -> Exported {
        let all = Exported::new(names, amounts, std::iter::empty()).heads;
        let heads = order.iter().filter_map(|at| all.get(*at).cloned()).collect();
        let count = rows.len();
        let make: MakeRow = Box::new(move |store, leaving, at| {
            let row = make(store, rows.get(at)?, leaving)?;
            Some(order.iter().filter_map(|at| row.get(*at).cloned()).collect())
        });
        Exported { heads, rows: ExportRows::ToMake { count, make } }
    }
}

/// How values leave the dashboard.
#[derive(Clone, Copy, Debug)]
pub struct Leaving {
    /// Privacy is on: names, amounts and numbers are masked.
    pub hide: bool,
}

/// Stands in place of an amount.
const HIDDEN: &str = "••••";

impl Leaving {
    /// Words as they are shown, with or without the marks of privacy.
    pub fn words(self, shown: &str) -> Cell {
        match private::said(shown, self.hide) {
            Cow::Borrowed(text) => Cell::Text(SafeText::prose(text)),
            Cow::Owned(text) => Cell::Text(SafeText::prose(&text)),
        }
    }

    /// A name, or whatever else says who.
    pub fn name(self, text: Option<&SafeText>) -> Cell {
        match text {
            Some(text) => self.words(&private::name(text.as_str())),
            None => Cell::Unknown(Unknown::NotSaid),
        }
    }

    pub fn money(self, field: &Field<Money>) -> Cell {
        match field {
            Field::Known(_) if self.hide => Cell::Word(HIDDEN.into()),
            field => Cell::money(field),
        }
    }
}
