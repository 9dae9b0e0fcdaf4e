//! The footer of a table: what each column of amounts adds up to, by currency.

use std::collections::BTreeMap;

use super::cell::{Cell, Unknown};
use super::{Head, Kind};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;
use crate::domain::totals::Part;
use crate::domain::transaction::InSums;

/// Adds up the columns of amounts.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// By currency, of each column.
    sums: BTreeMap<Currency, Vec<Part>>,
    /// Amounts that are not known, of each column: how many, and why the last of them is not.
    unknown: Vec<(usize, Option<Unknown>)>,
    /// Rows that are in no sum, by why.
    left_out: BTreeMap<InSums, usize>,
}

impl Totals {
    /// Takes a row in, or counts it among those that are in no sum.
    pub fn add(&mut self, cells: &[Cell], in_sums: InSums) {
        if in_sums != InSums::Counted {
            *self.left_out.entry(in_sums).or_default() += 1;
            return;
        }
        self.unknown.resize(cells.len(), (0, None));
        for (at, cell) in cells.iter().enumerate() {
            if let Cell::Money(money) = cell {
                let sums = self.sums.entry(money.currency()).or_insert_with(|| vec![Part::default(); cells.len()]);
                if let Some(sum) = sums.get_mut(at) {
                    sum.change(money.amount(), true);
                }
            }
            if let (Cell::Unknown(why), Some(unknown)) = (cell, self.unknown.get_mut(at)) {
                *unknown = (unknown.0 + 1, Some(*why));
            }
        }
    }

    /// What is in no sum, in words that follow `total USD`.
    fn notes(&self, columns: &[Head]) -> String {
        let mut notes = String::new();
        for (why, count) in &self.left_out {
            notes += &match why {
                InSums::Counted => continue,
                InSums::NotMoved => format!(", {count} declined or canceled left out"),
                InSums::UnknownState => format!(", {count} in an unknown state left out"),
                InSums::UnknownDirection => format!(", {count} that may be in or out left out"),
            };
        }
        for (column, (unknown, _)) in columns.iter().zip(&self.unknown).filter(|(column, _)| column.kind == Kind::Money)
        {
            if *unknown > 0 {
                notes += &format!(", {} not known in {unknown}", column.name);
            }
        }
        notes
    }

    /// A line for each currency, the first text of it says what it is and what is in no sum. Where no amount could be
    /// added up, one line says that alone.
    pub fn footer(&self, columns: &[Head]) -> Vec<Vec<Cell>> {
        let label = columns.iter().position(|column| column.kind == Kind::Plain);
        let notes = self.notes(columns);
        let unknown = |at: usize| self.unknown.get(at).and_then(|(_, why)| *why).map_or(Cell::Blank, Cell::Unknown);
        let line = |currency: Option<Currency>, sums: &[Part]| {
            let title = currency.map_or("total".to_owned(), |currency| format!("total {currency}"));
            let cell = |(at, column): (usize, &Head)| match (column.kind, sums.get(at).filter(|part| part.rows > 0)) {
                (Kind::Money, Some(part)) => match part.sum().zip(currency) {
                    Some((sum, currency)) => Cell::Money(Money::new(sum, currency)),
                    None => Cell::Word("too much to add up".into()),
                },
                // Nothing was added up here: that is not zero.
                (Kind::Money, None) => unknown(at),
                _ if Some(at) == label => Cell::Text(SafeText::prose(&format!("{title}{notes}"))),
                _ => Cell::Blank,
            };
            columns.iter().enumerate().map(cell).collect::<Vec<Cell>>()
        };
        if self.sums.is_empty() && !notes.is_empty() {
            return vec![line(None, &[])];
        }
        self.sums.iter().map(|(currency, sums)| line(Some(*currency), sums)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_currency_has_a_line_and_what_is_not_known_is_said() {
        let head = |name: &str, kind| Head { name: name.into(), kind };
        let columns = [head("id", Kind::Plain), head("amount", Kind::Money)];
        let mut totals = Totals::default();
        for (amount, currency) in [("0.1", Currency::USD), ("0.2", Currency::USD), ("7.000000001", Currency::EUR)] {
            let amount = Cell::Money(Money::parse(amount, currency).unwrap());
            totals.add(&[Cell::Word("x".into()), amount], InSums::Counted);
        }
        totals.add(&[Cell::Word("x".into()), Cell::Unknown(Unknown::NotSaid)], InSums::Counted);
        for out in [InSums::NotMoved, InSums::UnknownState, InSums::UnknownState, InSums::UnknownDirection] {
            totals.add(&[Cell::Word("x".into()), Cell::Money(Money::parse("9", Currency::USD).unwrap())], out);
        }
        let lines: Vec<String> =
            totals.footer(&columns).iter().map(|row| format!("{} {}", row[0].plain(), row[1].plain())).collect();
        let notes = ", 1 declined or canceled left out, 2 in an unknown state left out, 1 that may be in or out left out, \
                     amount not known in 1";
        assert_eq!(lines, [format!("total EUR{notes} 7.000000001"), format!("total USD{notes} 0.30")]);
    }

    /// A column of which nothing is known adds up to nothing that is known, never to zero.
    #[test]
    fn what_was_never_added_up_is_not_zero() {
        let head = |name: &str, kind| Head { name: name.into(), kind };
        let columns = [head("id", Kind::Plain), head("amount", Kind::Money), head("fee", Kind::Money)];
        let mut totals = Totals::default();
        let amount = |text| Cell::Money(Money::parse(text, Currency::USD).unwrap());
        let (id, absent) = (Cell::Word("x".into()), Cell::Unknown(Unknown::NotSaid));
        totals.add(&[id.clone(), absent.clone(), absent.clone()], InSums::Counted);
        let lines = totals.footer(&columns);
        let says = "total, amount not known in 1, fee not known in 1";
        assert_eq!(lines, [vec![Cell::Text(SafeText::prose(says)), absent.clone(), absent.clone()]]);
        totals.add(&[id.clone(), amount("5"), absent.clone()], InSums::Counted);
        assert_eq!(totals.footer(&columns)[0][1..], [amount("5"), absent]);
        // More digits than an amount has are said, and not rounded.
        totals.add(&[id.clone(), amount("9999999999999999999999999999"), Cell::Blank], InSums::Counted);
        totals.add(&[id, amount("0.000000001"), Cell::Blank], InSums::Counted);
        assert_eq!(totals.footer(&columns)[0][1], Cell::Word("too much to add up".into()));
        assert_eq!(Totals::default().footer(&columns), Vec::<Vec<Cell>>::new());
    }
}
