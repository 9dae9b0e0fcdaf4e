//! What transactions have in common, as numbers, so that a million rows are asked a few thousand questions.
//!
//! A *phrase* is everything that a row says and very many others say too: merchant, reason, kind, status and
//! account. A *lane* is a card. Whoever filters or sorts asks one row of each phrase and one of each lane, and
//! remembers the answer. Descriptions are not part of it, because they may name each row; whether there is one is.
//!
//! Does not know what is asked.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use crate::domain::ids::AccountId;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Transaction, TransactionKind, TransactionStatus};

/// Most phrases that are numbered. Rows beyond have none and are asked themselves.
const MOST: usize = 65_536;

/// No number.
const NONE: u32 = u32::MAX;

/// The numbers of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    phrase: u32,
    card: u32,
}

impl Common {
    pub(super) fn new(phrase: Option<u32>, card: Option<u32>) -> Common {
        Common { phrase: phrase.unwrap_or(NONE), card: card.unwrap_or(NONE) }
    }

    /// Rows of one phrase have merchant, reason, kind, status and account in common, and whether they have a
    /// description.
    pub fn phrase(self) -> Option<usize> {
        (self.phrase != NONE).then_some(self.phrase as usize)
    }

    /// Rows of one card.
    pub fn card(self) -> Option<usize> {
        (self.card != NONE).then_some(self.card as usize)
    }
}

#[derive(Debug)]
struct Phrase {
    merchant: Option<SafeText>,
    reason: Option<SafeText>,
    kind: TransactionKind,
    status: TransactionStatus,
    account: Option<AccountId>,
    described: bool,
}

/// All phrases that were said. They are never taken back.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    all: Vec<Phrase>,
    index: HashTable<u32>,
    /// Seeded anew in each run, because texts come from outside.
    seed: RandomState,
}

impl Phrases {
    /// The number of what a row says, from 0; `None` when there are too many.
    pub fn number(&mut self, row: &Transaction) -> Option<u32> {
        let parts = (&row.merchant, row.decline_reason(), &row.kind, &row.status, &row.account);
        let described = row.description().is_some();
        let hash = self.seed.hash_one((parts, described));
        let is = |known: &Phrase| {
            known.merchant == row.merchant
                && known.reason.as_ref() == row.decline_reason()
                && known.kind == row.kind
                && known.status == row.status
                && known.account == row.account
                && known.described == described
        };
        if let Some(number) = self.index.find(hash, |number| is(&self.all[*number as usize])) {
            return Some(*number);
        }
        if self.all.len() >= MOST {
            return None;
        }
        let number = self.all.len() as u32;
        self.all.push(Phrase {
            merchant: row.merchant.clone(),
            reason: row.decline_reason().cloned(),
            kind: row.kind.clone(),
            status: row.status.clone(),
            account: row.account.clone(),
            described,
        });
        let (all, seed) = (&self.all, &self.seed);
        let rehash = |number: &u32| {
            let Phrase { merchant, reason, kind, status, account, described } = &all[*number as usize];
            seed.hash_one(((merchant, reason.as_ref(), kind, status, account), *described))
        };
        self.index.insert_unique(hash, number, rehash);
        Some(number)
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether rows of this phrase have a description, which each has for itself.
    pub fn is_described(&self, phrase: usize) -> bool {
        self.all.get(phrase).is_none_or(|phrase| phrase.described)
    }
}
