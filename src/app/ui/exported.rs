//! The rows of a list as they leave the dashboard: values rather than pictures, masked where privacy hides them.

use std::borrow::Cow;

use crate::app::private;
use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::domain::text::SafeText;
use crate::export::cell::{Cell, Unknown};
use crate::export::{Head, Kind};

/// What is shown of a list, in its order.
#[derive(Debug, Default)]
pub struct Exported {
    pub heads: Vec<Head>,
    pub rows: Vec<Vec<Cell>>,
}

impl Exported {
    /// The columns with these names; those that stand for money are named `amounts`.
    pub fn new(names: &[&str], amounts: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Exported {
        let kind = |name: &str| if amounts.contains(&name) { Kind::Money } else { Kind::Plain };
        let heads = names.iter().map(|name| Head { name: (*name).to_owned(), kind: kind(name) }).collect();
        Exported { heads, rows: rows.collect() }
    }

    /// The columns in the order that is chosen for the list.
    pub fn picked(self, order: &[usize]) -> Exported {
        let heads = order.iter().filter_map(|at| self.heads.get(*at).cloned()).collect();
        let pick = |row: Vec<Cell>| order.iter().filter_map(|at| row.get(*at).cloned()).collect();
        Exported { heads, rows: self.rows.into_iter().map(pick).collect() }
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
