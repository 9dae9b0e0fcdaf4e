//! Sorting very many transactions without comparing them one by one.
//!
//! The store has them newest first, which is how rows stand that a column finds equal. A stable sort keeps that,
//! so what is needed is a number for each row that is the same exactly for equal rows. Kind, status and merchant
//! are the same for all rows of a phrase ([`crate::app::store::RowGroup`]), and so is the account; the last four are the
//! same for all rows of a card: phrases and cards are compared, rows are not.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::order;
use super::transactions::{By, compare_by, subject};
use crate::app::store::{Store, TxRow};
use crate::app::ui::row_index::SortKey;

/// The sort keys of a column.
pub struct SortKeys<'a> {
    store: &'a Store,
    by: By,
    /// One row of each group of equal phrases or cards, in order.
    groups: Vec<TxRow>,
    /// Of each phrase, or of each card where those are the column, its group.
    keys: Vec<Option<usize>>,
    /// Of each description that stands where a merchant would, its number.
    descriptions: HashMap<&'a str, SortKey>,
}

impl<'a> SortKeys<'a> {
    /// Looks at the rows that will be asked for.
    pub fn new(store: &'a Store, by: By, rows: &[TxRow]) -> SortKeys<'a> {
        let mut all = SortKeys { store, by, groups: Vec::new(), keys: Vec::new(), descriptions: HashMap::new() };
        if matches!(by, By::Time | By::Amount) {
            return all;
        }
        let keys = if by == By::Card { store.transactions.lanes() } else { store.transactions.phrases() };
        let mut first: Vec<Option<TxRow>> = vec![None; keys];
        let mut loose = Vec::new();
        for row in rows {
            match all.key(*row).and_then(|key| first.get_mut(key)) {
                Some(first) => *first = first.or(Some(*row)),
                None => loose.push(*row),
            }
        }
        let said = match by {
            By::Card => cards_in_order(store, &first),
            _ => {
                let mut said: Vec<(usize, TxRow)> = seen(&first).collect();
                said.sort_unstable_by(|a, b| compare_by(store, by, a.1, b.1));
                said
            }
        };
        all.keys = vec![None; first.len()];
        for (key, row) in said {
            let equal = |last: &TxRow| compare_by(store, by, *last, row) == Ordering::Equal;
            let same = by != By::Card && all.groups.last().is_some_and(equal);
            if !same {
                all.groups.push(row);
            }
            if let Some(group) = all.keys.get_mut(key) {
                *group = all.groups.len().checked_sub(1);
            }
        }
        for row in loose {
            let Some(text) = subject(store.transactions.get(row)).filter(|_| by == By::Merchant) else { continue };
            if !all.descriptions.contains_key(text) {
                let key = all.between(row);
                all.descriptions.insert(text, key);
            }
        }
        all
    }

    /// The phrase, or the card, that decides the column for this row.
    fn key(&self, row: TxRow) -> Option<usize> {
        if self.by == By::Card {
            return self.store.transactions.common(row).card();
        }
        let phrase = self.store.transactions.common(row).phrase()?;
        // Without a merchant the description stands there, which each row may have for itself.
        let own = self.by == By::Merchant
            && self.store.transactions.has_own_descriptions(phrase)
            && self.store.transactions.get(row).merchant.is_none();
        (!own).then_some(phrase)
    }

    pub fn of(&self, row: TxRow) -> SortKey {
        let transaction = || self.store.transactions.get(row);
        match self.by {
            By::Time => SortKey { number: 0, exact: true },
            By::Amount => {
                let (number, exact) = order::amount_rank_exact(&transaction().signed());
                SortKey { number, exact }
            }
            // Rows without a card stand last, and are very many.
            By::Card if self.store.transactions.common(row).card().is_none() => {
                SortKey { number: 2 * self.groups.len() as u64 + 1, exact: true }
            }
            _ => match self.key(row).and_then(|key| *self.keys.get(key)?) {
                Some(group) => SortKey { number: 2 * group as u64 + 1, exact: true },
                None => {
                    let known = subject(transaction()).and_then(|text| self.descriptions.get(text)).copied();
                    known.unwrap_or_else(|| self.between(row))
                }
            },
        }
    }

    /// The number of a row that belongs to no phrase: that of an equal group, or one between two groups.
    fn between(&self, row: TxRow) -> SortKey {
        let at = self.groups.partition_point(|group| compare_by(self.store, self.by, *group, row).is_lt());
        let equal =
            self.groups.get(at).is_some_and(|group| compare_by(self.store, self.by, *group, row) == Ordering::Equal);
        SortKey { number: 2 * at as u64 + u64::from(equal), exact: equal }
    }
}

/// The phrases or cards that rows were seen of, each with one of them.
fn seen(first: &[Option<TxRow>]) -> impl Iterator<Item = (usize, TxRow)> {
    first.iter().enumerate().filter_map(|(key, row)| row.map(|row| (key, row)))
}

/// The cards that rows were seen of, as [`compare_by`] compares them. There are as many groups as cards: what is compared
/// is fetched once, in the order it stands in memory.
fn cards_in_order(store: &Store, first: &[Option<TxRow>]) -> Vec<(usize, TxRow)> {
    let mut fours = vec![None; first.len()];
    for row in store.cards.of(None) {
        if let Some(four) = store.transactions.lane_of(*row).and_then(|lane| fours.get_mut(lane)) {
            *four = store.cards.get(*row).number.last_four;
        }
    }
    let key = |(lane, row): (usize, TxRow)| {
        let four = fours.get(lane).copied().flatten();
        let four = order::text_rank(four.as_ref().map(|four| four.as_str()));
        (four, store.transactions.get(row).card.clone(), lane, row)
    };
    let mut cards: Vec<_> = seen(first).map(key).collect();
    cards.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    cards.into_iter().map(|(_, _, lane, row)| (lane, row)).collect()
}
