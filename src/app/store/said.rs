//! What details say beside the fields that are known, of the transactions that were looked at last.

use std::collections::HashMap;

use super::Store;
use crate::domain::ids::TransactionId;
use crate::domain::text::SafeText;

/// Names and values, made safe and bounded where they were read.
pub type Others = Vec<(SafeText, SafeText)>;

/// Most transactions of which it is kept. Somebody who looks at row after row for days must not fill the memory;
/// what is looked at again is read again.
const MOST: usize = 256;

/// By transaction.
#[derive(Debug, Default)]
pub(super) struct Said(HashMap<TransactionId, Others>);

impl Said {
    /// Whether it was something else before.
    pub fn put(&mut self, id: &TransactionId, others: Others) -> bool {
        if self.0.get(id).map_or(others.is_empty(), |known| *known == others) {
            return false;
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(id.clone(), others);
        true
    }
}

impl Store {
    /// The fields of a transaction that this program does not know, in the order they came.
    pub fn said_of(&self, id: &TransactionId) -> &[(SafeText, SafeText)] {
        self.said.0.get(id).map_or(&[], Vec::as_slice)
    }
}
