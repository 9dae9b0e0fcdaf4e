//! Texts that were read lately, so that equal ones share their memory: the lines of a journal name the same user, host
//! and process thousands of times.

use std::cell::RefCell;

use crate::domain::text::SafeText;

/// How many are kept.
const KEPT: usize = 64;
/// The longest that is kept, in bytes: none so short is cut, neither as a name nor as prose.
const LONGEST: usize = 64;

/// A few safe texts, each found by its length and some of its bytes.
#[derive(Debug)]
pub struct Texts(RefCell<[Option<SafeText>; KEPT]>);

impl Texts {
    pub fn new() -> Texts {
        Texts(RefCell::new([const { None }; KEPT]))
    }

    /// The same as [`SafeText::name`].
    pub fn name(&self, raw: &str) -> SafeText {
        self.shared(raw, SafeText::name)
    }

    /// The same as [`SafeText::prose`].
    pub fn prose(&self, raw: &str) -> SafeText {
        self.shared(raw, SafeText::prose)
    }

    fn shared(&self, raw: &str, safe: fn(&str) -> SafeText) -> SafeText {
        let mut kept = self.0.borrow_mut();
        let Some(kept) = place(raw).and_then(|place| kept.get_mut(place)) else { return safe(raw) };
        match kept {
            Some(text) if text.as_str() == raw => text.clone(),
            _ => {
                let text = safe(raw);
                // One that was changed is made anew each time: only what is safe as it stands is compared with.
                if text.as_str() == raw {
                    *kept = Some(text.clone());
                }
                text
            }
        }
    }
}

/// Where a text is kept; `None` for one that is too long or empty.
fn place(raw: &str) -> Option<usize> {
    let bytes = raw.as_bytes();
    let (first, middle, last) = (bytes.first()?, bytes.get(bytes.len() / 2)?, bytes.last()?);
    let mixed = [first, middle, last].into_iter().fold(bytes.len(), |mixed, byte| mixed * 31 + usize::from(*byte));
    (bytes.len() <= LONGEST).then_some(mixed % KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_texts_share_their_memory_and_others_do_not() {
        let texts = Texts::new();
        let (one, two) = (texts.name("ana"), texts.prose("ana"));
        assert!(std::sync::Arc::ptr_eq(one.shared(), two.shared()));
        assert_eq!(texts.name("ada").as_str(), "ada");
        assert_eq!(texts.name("4539578763621486"), SafeText::name("4539578763621486"));
    }

    proptest! {
        #[test]
        fn d1_t1_a_kept_text_is_what_it_would_be_alone(raws in proptest::collection::vec("[a-c0-9\\x07• ]{0,70}", 1..40)) {
            let texts = Texts::new();
            for raw in raws.iter().chain(&raws) {
                prop_assert_eq!(texts.name(raw), SafeText::name(raw));
                prop_assert_eq!(texts.prose(raw), SafeText::prose(raw));
            }
        }
    }
}
