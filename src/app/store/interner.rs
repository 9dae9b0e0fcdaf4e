//! Texts that many rows repeat, held once: merchants, categories, reasons, countries, unknown words.

use std::collections::HashSet;

use crate::domain::text::SafeText;
use crate::domain::transaction::{Transaction, TransactionKind, TransactionStatus};

/// Most texts that are held for sharing. An API that never repeats itself gains nothing from more.
const MOST: usize = 65_536;

/// The texts that are shared.
#[derive(Debug, Default)]
pub(super) struct Interner(HashSet<SafeText>);

impl Interner {
    /// Lets the row share the memory of equal texts.
    pub fn share_in(&mut self, row: &mut Transaction) {
        let reason = row.more.as_deref_mut().map(|more| &mut more.decline_reason);
        let optional = [&mut row.merchant, &mut row.category, &mut row.merchant_country].into_iter().chain(reason);
        for text in optional.flatten() {
            self.share(text);
        }
        if let TransactionKind::Other(word) = &mut row.kind {
            self.share(word);
        }
        if let TransactionStatus::Other(word) = &mut row.status {
            self.share(word);
        }
    }

    fn share(&mut self, text: &mut SafeText) {
        match self.0.get(&*text) {
            Some(known) => *text = known.clone(),
            None if self.0.len() < MOST => {
                self.0.insert(text.clone());
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn equal_texts_share_their_memory_up_to_a_bound() {
        let mut words = Interner::default();
        let (mut one, mut two) = (SafeText::name("Shop"), SafeText::name("Shop"));
        assert!(!Arc::ptr_eq(one.shared(), two.shared()));
        words.share(&mut one);
        words.share(&mut two);
        assert!(Arc::ptr_eq(one.shared(), two.shared()));
        for number in 0..MOST + 10 {
            words.share(&mut SafeText::name(&number.to_string()));
        }
        assert_eq!(words.0.len(), MOST);
    }
}
