//! All transactions that were ever read, newest first, by account and by card.

use std::collections::HashMap;

use crate::domain::ids::{AccountId, CardId, TransactionId};
use crate::domain::transaction::{Feed, Transaction};

/// A stable handle of a transaction: rows are never removed, and handles grow in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TxRow(pub(super) u32);

impl TxRow {
    /// The place in the order of arrival, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which transactions a list shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    All,
    Account(AccountId),
    Card(CardId),
}

/// All transactions.
#[derive(Debug, Default)]
pub struct Transactions {
    rows: Vec<Transaction>,
    by_id: HashMap<TransactionId, TxRow>,
    all: Vec<TxRow>,
    by_account: HashMap<AccountId, Vec<TxRow>>,
    by_card: HashMap<CardId, Vec<TxRow>>,
    limit: Option<usize>,
    arrivals: u64,
}

impl Transactions {
    /// The transaction of a handle this store gave out.
    pub fn get(&self, row: TxRow) -> &Transaction {
        &self.rows[row.index()]
    }

    pub fn row(&self, id: &TransactionId) -> Option<TxRow> {
        self.by_id.get(id).copied()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows of one feed.
    pub fn len_of(&self, feed: Feed) -> usize {
        self.rows.iter().filter(|row| row.feed == feed).count()
    }

    /// The rows of a scope, newest first.
    pub fn newest(&self, scope: &Scope) -> List<'_> {
        let rows = match scope {
            Scope::All => Some(&self.all),
            Scope::Account(account) => self.by_account.get(account),
            Scope::Card(card) => self.by_card.get(card),
        };
        List { rows: rows.map_or(&[], Vec::as_slice) }
    }

    /// Most rows of each feed that history may fill up to.
    pub fn set_limit(&mut self, most: usize) {
        self.limit = Some(most);
    }

    /// Whether history of this feed has reached the limit and reading more of it is of no use.
    pub fn is_full(&self, feed: Feed) -> bool {
        self.limit.is_some_and(|most| self.len_of(feed) >= most)
    }

    /// How many rows have arrived live, ever: new rows that are not history. Only grows.
    pub fn arrivals(&self) -> u64 {
        self.arrivals
    }

    pub(super) fn merge(&mut self, transaction: Transaction) -> (TxRow, bool) {
        if let Some(row) = self.row(&transaction.id) {
            self.rows[row.index()] = transaction;
            return (row, false);
        }
        let row = TxRow(self.rows.len() as u32);
        self.by_id.insert(transaction.id.clone(), row);
        let (account, card) = (transaction.account.clone(), transaction.card.clone());
        self.rows.push(transaction);
        let rows = &self.rows;
        let key = |row: &TxRow| {
            let row = &rows[row.index()];
            (row.created_at.known(), &row.id)
        };
        let mut lists = vec![&mut self.all];
        lists.extend(account.map(|account| self.by_account.entry(account).or_default()));
        lists.extend(card.map(|card| self.by_card.entry(card).or_default()));
        for list in lists {
            list.push(row);
            list.sort_by(|a, b| key(b).cmp(&key(a)));
        }
        (row, true)
    }
}

/// Rows of one scope, newest first. Rows whose time cannot be read stand last.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    rows: &'a [TxRow],
}

impl<'a> List<'a> {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// 0 is the newest.
    pub fn get(&self, at: usize) -> Option<TxRow> {
        self.rows.get(at).copied()
    }

    /// Where a row stands in this list, if it is in it.
    pub fn position(&self, row: TxRow) -> Option<usize> {
        self.rows.iter().position(|known| *known == row)
    }

    /// From the newest to the oldest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = TxRow> + ExactSizeIterator + use<'a> {
        self.rows.iter().copied()
    }
}
