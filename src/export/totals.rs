//! The footer of a table: what each column of amounts adds up to, by currency.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::cell::Cell;
use super::{Head, Kind};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;

/// Adds up the columns of amounts.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// By currency, of each column; `None` where the sum has more digits than an amount holds.
    sums: BTreeMap<Currency, Vec<Option<Decimal>>>,
    /// Amounts that are not known, of each column.
    unknown: Vec<usize>,
    /// Rows that are in no sum because no money moved.
    left_out: usize,
}

impl Totals {
    /// Takes a row in; `moved` is whether its money moved.
    pub fn add(&mut self, cells: &[Cell], moved: bool) {
        if !moved {
            self.left_out += 1;
            return;
        }
        self.unknown.resize(cells.len(), 0);
        for (at, cell) in cells.iter().enumerate() {
            if let Cell::Money(money) = cell {
                let sums = self.sums.entry(money.currency()).or_insert_with(|| vec![Some(Decimal::ZERO); cells.len()]);
                if let Some(sum) = sums.get_mut(at) {
                    *sum = sum.and_then(|sum| sum.checked_add(money.amount()));
                }
            }
            if let (Cell::Unknown(_), Some(unknown)) = (cell, self.unknown.get_mut(at)) {
                *unknown += 1;
            }
        }
    }

    /// A line for each currency, the first text of it says what it is and what is in no sum.
    pub fn footer(&self, columns: &[Head]) -> Vec<Vec<Cell>> {
        let label = columns.iter().position(|column| column.kind == Kind::Plain);
        let mut notes = String::new();
        if self.left_out > 0 {
            notes += &format!(", {} declined or canceled left out", self.left_out);
        }
        for (column, unknown) in columns.iter().zip(&self.unknown).filter(|(column, _)| column.kind == Kind::Money) {
            if *unknown > 0 {
                notes += &format!(", {} not known in {unknown}", column.name);
            }
        }
        let line = |(currency, sums): (&Currency, &Vec<Option<Decimal>>)| {
            let cell = |(at, column): (usize, &Head)| match (column.kind, sums.get(at)) {
                (Kind::Money, Some(Some(sum))) => Cell::Money(Money::new(*sum, *currency)),
                (Kind::Money, _) => Cell::Word("too much to add up".into()),
                _ if Some(at) == label => Cell::Text(SafeText::prose(&format!("total {currency}{notes}"))),
                _ => Cell::Blank,
            };
            columns.iter().enumerate().map(cell).collect()
        };
        self.sums.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::Unknown;
    use super::*;

    #[test]
    fn each_currency_has_a_line_and_what_is_not_known_is_said() {
        let head = |name: &str, kind| Head { name: name.into(), kind };
        let columns = [head("id", Kind::Plain), head("amount", Kind::Money)];
        let mut totals = Totals::default();
        for (amount, currency) in [("0.1", Currency::USD), ("0.2", Currency::USD), ("7.000000001", Currency::EUR)] {
            totals.add(&[Cell::Word("x".into()), Cell::Money(Money::parse(amount, currency).unwrap())], true);
        }
        totals.add(&[Cell::Word("x".into()), Cell::Unknown(Unknown::NotSaid)], true);
        totals.add(&[Cell::Word("x".into()), Cell::Money(Money::parse("9", Currency::USD).unwrap())], false);
        let lines: Vec<String> =
            totals.footer(&columns).iter().map(|row| format!("{} {}", row[0].plain(), row[1].plain())).collect();
        let notes = ", 1 declined or canceled left out, amount not known in 1";
        assert_eq!(lines, [format!("total EUR{notes} 7.000000001"), format!("total USD{notes} 0.30")]);
    }
}
