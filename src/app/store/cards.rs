//! All cards that were ever read, by id and by account.

use std::collections::HashMap;

use crate::domain::card::Card;
use crate::domain::ids::{AccountId, CardId};

/// A stable handle of a card: rows are never removed, and handles grow in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CardRow(pub(super) u32);

impl CardRow {
    /// The place in the order of arrival, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All cards.
#[derive(Debug, Default)]
pub struct Cards {
    rows: Vec<Card>,
    by_id: HashMap<CardId, CardRow>,
    all: Vec<CardRow>,
    by_account: HashMap<AccountId, Vec<CardRow>>,
}

impl Cards {
    /// The card of a handle this store gave out.
    pub fn get(&self, row: CardRow) -> &Card {
        &self.rows[row.index()]
    }

    pub fn row(&self, id: &CardId) -> Option<CardRow> {
        self.by_id.get(id).copied()
    }

    /// The cards of one account, or of all, in order of arrival.
    pub fn of(&self, account: Option<&AccountId>) -> &[CardRow] {
        match account {
            None => &self.all,
            Some(account) => self.by_account.get(account).map_or(&[], Vec::as_slice),
        }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many cards of an account were read so far.
    pub fn loaded_of(&self, account: &AccountId) -> usize {
        self.of(Some(account)).len()
    }

    pub(super) fn merge(&mut self, card: Card) -> (CardRow, bool) {
        if let Some(row) = self.row(&card.id) {
            self.rows[row.index()] = card;
            return (row, false);
        }
        let row = CardRow(self.rows.len() as u32);
        self.by_id.insert(card.id.clone(), row);
        self.all.push(row);
        if let Some(account) = &card.account {
            self.by_account.entry(account.clone()).or_default().push(row);
        }
        self.rows.push(card);
        (row, true)
    }
}
