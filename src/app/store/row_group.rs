//! What transactions have in common, as numbers, so that a million rows are asked a few thousand questions.
//!
//! A *phrase* is everything that a row says and very many others say too: merchant, reason, kind, status, account
//! and description. A *lane* is a card. Whoever filters or sorts asks one row of each phrase and one of each lane,
//! and remembers the answer. Descriptions may name each row; those that come when there are many already are left
//! out, and their rows asked themselves.
//!
//! Does not know what is asked.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use crate::domain::ids::AccountId;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Transaction, TransactionKind, TransactionStatus};

/// Most phrases that are numbered. Rows beyond have none and are asked themselves.
const MOST: usize = 65_536;
/// Most of them that have a description.
const DESCRIBED: usize = MOST / 2;

/// No number.
const NONE: u32 = u32::MAX;

/// The numbers of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowGroup {
    phrase: u32,
    card: u32,
}

impl RowGroup {
    pub(super) fn new(phrase: Option<u32>, card: Option<u32>) -> RowGroup {
        RowGroup { phrase: phrase.unwrap_or(NONE), card: card.unwrap_or(NONE) }
    }

    /// Rows of one phrase have merchant, reason, kind, status and account in common, and the description unless
    /// [`Phrases::is_own`] says that each has its own.
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
    description: Description<SafeText>,
}

/// What the rows of a phrase have for a description.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Description<T> {
    None,
    Shared(T),
    /// Each its own.
    Own,
}

impl Description<SafeText> {
    fn by_ref(&self) -> Description<&SafeText> {
        match self {
            Description::None => Description::None,
            Description::Shared(text) => Description::Shared(text),
            Description::Own => Description::Own,
        }
    }
}

/// All phrases that were said. They are never taken back.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    all: Vec<Phrase>,
    /// How many of them have a description that their rows share.
    described: usize,
    index: HashTable<u32>,
    /// Seeded anew in each run, because texts come from outside.
    seed: RandomState,
}

impl Phrases {
    /// The merchants of all phrases; one that has several stands there several times.
    pub fn merchants(&self) -> impl Iterator<Item = &SafeText> {
        self.all.iter().filter_map(|phrase| phrase.merchant.as_ref())
    }

    /// The number of what a row says, from 0; `None` when there are too many.
    pub fn number(&mut self, row: &Transaction) -> Option<u32> {
        match row.description() {
            None => self.number_of(row, Description::None),
            Some(text) => {
                self.number_of(row, Description::Shared(text)).or_else(|| self.number_of(row, Description::Own))
            }
        }
    }

    fn number_of(&mut self, row: &Transaction, description: Description<&SafeText>) -> Option<u32> {
        let parts = (&row.merchant, row.decline_reason(), &row.kind, &row.status, &row.account);
        let hash = self.seed.hash_one((parts, &description));
        let is = |known: &Phrase| {
            known.merchant == row.merchant
                && known.reason.as_ref() == row.decline_reason()
                && known.kind == row.kind
                && known.status == row.status
                && known.account == row.account
                && known.description.by_ref() == description
        };
        if let Some(number) = self.index.find(hash, |number| is(&self.all[*number as usize])) {
            return Some(*number);
        }
        let shared = matches!(description, Description::Shared(_));
        if self.all.len() >= MOST || (shared && self.described >= DESCRIBED) {
            return None;
        }
        self.described += usize::from(shared);
        let number = self.all.len() as u32;
        self.all.push(Phrase {
            merchant: row.merchant.clone(),
            reason: row.decline_reason().cloned(),
            kind: row.kind.clone(),
            status: row.status.clone(),
            account: row.account.clone(),
            description: match description {
                Description::None => Description::None,
                Description::Shared(text) => Description::Shared(text.clone()),
                Description::Own => Description::Own,
            },
        });
        let (all, seed) = (&self.all, &self.seed);
        let rehash = |number: &u32| {
            let Phrase { merchant, reason, kind, status, account, description } = &all[*number as usize];
            seed.hash_one(((merchant, reason.as_ref(), kind, status, account), &description.by_ref()))
        };
        self.index.insert_unique(hash, number, rehash);
        Some(number)
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether each row of this phrase has a description of its own.
    pub fn is_own(&self, phrase: usize) -> bool {
        self.all.get(phrase).is_none_or(|phrase| phrase.description == Description::Own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::store::tests::transaction;
    use crate::domain::transaction::More;

    #[test]
    fn descriptions_are_shared_until_there_are_too_many() {
        let mut phrases = Phrases::default();
        let said = |text: &str| {
            let more = More { description: Some(SafeText::prose(text)), ..More::default() };
            Transaction { more: Some(Box::new(more)), ..transaction("a", 1) }
        };
        let first = phrases.number(&said("June ads")).unwrap();
        assert_eq!(phrases.number(&said("June ads")), Some(first));
        for n in 1..DESCRIBED {
            phrases.number(&said(&format!("invoice {n}")));
        }
        assert!(!phrases.is_own(first as usize));
        // The next ones have one number for all, and are asked themselves.
        let own = phrases.number(&said("one more")).unwrap();
        assert_eq!(phrases.number(&said("and another")), Some(own));
        assert!(phrases.is_own(own as usize) && own != first);
        assert_eq!(phrases.number(&said("June ads")), Some(first));
        let silent = phrases.number(&transaction("a", 1)).unwrap();
        assert!(!phrases.is_own(silent as usize) && silent != own);
    }
}
