//! A list of row numbers in an order that the caller knows.
//!
//! Nearly all rows come at one of the two ends: arrivals at the front, history at the back. Both cost as
//! much as there are rows to add. A batch in the middle moves the shorter side once.

use std::cmp::Ordering;
use std::collections::VecDeque;

/// Row numbers, each once, in strictly rising order of the `order` that every call is given.
#[derive(Debug, Default)]
pub(super) struct Postings(VecDeque<u32>);

impl Postings {
    pub fn rows(&self) -> &VecDeque<u32> {
        &self.0
    }

    /// Where the row stands.
    pub fn position(&self, row: u32, order: impl Fn(u32, u32) -> Ordering) -> Option<usize> {
        let at = self.0.partition_point(|other| order(*other, row) == Ordering::Less);
        (self.0.get(at) == Some(&row)).then_some(at)
    }

    pub fn remove(&mut self, row: u32, order: impl Fn(u32, u32) -> Ordering) {
        if let Some(at) = self.position(row, order) {
            self.0.remove(at);
        }
    }

    /// Adds rows that are not in the list and are in order among themselves.
    pub fn insert(&mut self, batch: &[u32], order: impl Fn(u32, u32) -> Ordering) {
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return };
        let place = |list: &VecDeque<u32>, row: u32| list.partition_point(|other| order(*other, row) == Ordering::Less);
        let end = self.0.len();
        if self.0.back().is_none_or(|back| order(*back, *first) == Ordering::Less) {
            self.0.extend(batch);
            return;
        }
        if self.0.front().is_some_and(|front| order(*last, *front) == Ordering::Less) {
            for row in batch.iter().rev() {
                self.0.push_front(*row);
            }
            return;
        }
        let from = place(&self.0, *first);
        let to = place(&self.0, *last);
        if end - from <= to {
            let behind = self.0.split_off(from);
            self.0.reserve(behind.len() + batch.len());
            let mut taken = 0;
            for row in batch {
                let until = place(&behind, *row);
                self.0.extend(behind.range(taken..until));
                self.0.push_back(*row);
                taken = until;
            }
            self.0.extend(behind.range(taken..));
        } else {
            let before: VecDeque<u32> = self.0.drain(..to).collect();
            let mut left = before.len();
            for row in batch.iter().rev() {
                let until = place(&before, *row);
                for other in before.range(until..left).rev() {
                    self.0.push_front(*other);
                }
                self.0.push_front(*row);
                left = until;
            }
            for other in before.range(..left).rev() {
                self.0.push_front(*other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_batches_give_the_sorted_list(batches in prop::collection::vec(prop::collection::btree_set(0u32..200, 0..20), 0..12)) {
            let mut list = Postings::default();
            let mut all = std::collections::BTreeSet::new();
            for batch in batches {
                let fresh: Vec<u32> = batch.into_iter().filter(|row| all.insert(*row)).collect();
                list.insert(&fresh, |a, b| a.cmp(&b));
                prop_assert!(list.rows().iter().eq(all.iter()));
            }
            for (at, row) in all.iter().enumerate() {
                prop_assert_eq!(list.position(*row, |a, b| a.cmp(&b)), Some(at));
            }
            prop_assert_eq!(list.position(200, |a, b| a.cmp(&b)), None);
            if let Some(row) = all.pop_first() {
                list.remove(row, |a, b| a.cmp(&b));
                prop_assert!(list.rows().iter().eq(all.iter()));
            }
        }
    }
}
