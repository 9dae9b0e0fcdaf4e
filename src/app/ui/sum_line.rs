//! The line at the foot of a list: what is shown, added up. What is not known is said, never left out silently.

use super::super::text;
use crate::domain::money::{Grouping, Money};
use crate::domain::totals::{Balances, CurrencyTotals, Totals};

/// What a sum line begins with.
pub const SIGN: &str = "Σ";

/// Between two parts of it.
const BETWEEN: &str = " · ";
/// What stands for parts that there is no room for.
const MORE: &str = " · …";

/// The parts of a line about transactions, the most wanted first: how many, what went out and came in by currency (that
/// of the most rows first), what was declined, and what is in no sum.
pub fn transactions(totals: &Totals, grouping: Grouping) -> Vec<String> {
    let count = |rows: usize| text::count(rows, grouping);
    let mut parts = vec![format!("{SIGN} {}", count(totals.rows))];
    let mut currencies: Vec<&CurrencyTotals> = totals.currencies().iter().collect();
    currencies.sort_by_key(|one| std::cmp::Reverse(one.rows()));
    parts.extend(currencies.iter().filter_map(|one| moved(one, grouping)));
    if totals.declined() > 0 {
        let sums = currencies.iter().filter(|one| one.declined.rows > 0);
        let sums: Vec<String> = sums.map(|one| sum(one.refused(), grouping)).collect();
        let first = format!("{} declined", count(totals.declined()));
        parts.push(std::iter::once(first).chain(sums).collect::<Vec<_>>().join(" "));
    }
    let canceled: usize = totals.currencies().iter().map(|one| one.canceled.rows).sum();
    if canceled > 0 {
        parts.push(format!("{} canceled", count(canceled)));
    }
    if totals.other_states > 0 {
        parts.push(format!("{} in other states", count(totals.other_states)));
    }
    if totals.unknown > 0 {
        parts.push(format!("{} without a known amount", count(totals.unknown)));
    }
    if totals.settled > 0 {
        parts.push(format!("≈ {} by settlement", count(totals.settled)));
    }
    parts
}

/// The parts of a line about cards: how many, what is on them by currency, and of how many that is not known.
pub fn cards(balances: &Balances, marked: bool, grouping: Grouping) -> Vec<String> {
    let marked = if marked { " marked" } else { "" };
    let mut parts = vec![format!("{SIGN} {}{marked}", text::count(balances.count, grouping))];
    let mut sums: Vec<_> = balances.sums().collect();
    sums.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    parts.extend(sums.into_iter().map(|(currency, _, of)| match of {
        Some(_) => sum(of, grouping),
        None => format!("{currency} too much to add up"),
    }));
    if balances.unknown > 0 {
        parts.push(format!("{} without a known balance", text::count(balances.unknown, grouping)));
    }
    parts
}

/// What moved in one currency: `out 10.50 in 3.00 USD`.
fn moved(one: &CurrencyTotals, grouping: Grouping) -> Option<String> {
    let parts =
        [("out", &one.out, one.spent()), ("in", &one.into, one.received()), ("moved", &one.either, one.moved())];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, part, _)| part.rows > 0)
        .map(|(word, _, sum)| match sum {
            Some(sum) => format!("{word} {}", text::short_digits(&sum, grouping)),
            None => format!("{word} too much to add up"),
        })
        .collect();
    (!parts.is_empty()).then(|| format!("{} {}", parts.join(" "), one.currency))
}

fn sum(sum: Option<Money>, grouping: Grouping) -> String {
    sum.map_or_else(|| "too much to add up".to_owned(), |sum| text::short_money(&sum, grouping))
}

/// As many of the parts as there is room for, each of them whole; `…` where there are more.
pub fn fit(parts: &[String], columns: usize) -> String {
    let mut line = String::new();
    for (at, part) in parts.iter().enumerate() {
        let between = if at == 0 { "" } else { BETWEEN };
        let more = if at + 1 == parts.len() { "" } else { MORE };
        let longer = text::width(&line) + text::width(between) + text::width(part);
        if longer + text::width(more) > columns && (longer > columns || at + 1 < parts.len()) {
            if at > 0 && text::width(&line) + text::width(MORE) <= columns {
                line.push_str(MORE);
            }
            return line;
        }
        line.push_str(between);
        line.push_str(part);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::Field;
    use crate::domain::money::Currency;

    #[test]
    fn the_currency_of_the_most_cards_comes_first() {
        let money = |text: &str, currency| Field::Known(Money::parse(text, currency).unwrap());
        let all = [money("1", Currency::EUR), money("2", Currency::USD), money("3", Currency::USD), Field::Absent];
        let parts = cards(&Balances::of(all), false, Grouping::Comma);
        assert_eq!(parts.len(), 4);
        let shown: Vec<String> = parts.iter().map(|part| crate::app::private::bare(part).into_owned()).collect();
        assert_eq!(shown, ["Σ 4", "5.00 USD", "1.00 EUR", "1 without a known balance"]);
    }

    #[test]
    fn a_part_is_whole_or_not_there() {
        let parts: Vec<String> = ["Σ 7", "out 10.50 USD", "2 declined 3.00 USD"].map(str::to_owned).to_vec();
        assert_eq!(fit(&parts, 80), "Σ 7 · out 10.50 USD · 2 declined 3.00 USD");
        assert_eq!(fit(&parts, 41), "Σ 7 · out 10.50 USD · 2 declined 3.00 USD");
        assert_eq!(fit(&parts, 40), "Σ 7 · out 10.50 USD · …");
        assert_eq!(fit(&parts, 23), "Σ 7 · out 10.50 USD · …");
        assert_eq!(fit(&parts, 22), "Σ 7 · …");
        assert_eq!(fit(&parts, 2), "");
        for columns in 0..60 {
            assert!(text::width(&fit(&parts, columns)) <= columns);
        }
    }
}
