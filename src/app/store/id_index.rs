//! From an id to its row: tables of row numbers that look the id up in the row, so that no id is held twice.

use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;

/// Tables are many and small: one table of a million numbers would grow in one stroke that can be seen.
const SHARDS: usize = 256;

/// Row numbers by the id of their row. The hash is seeded anew in each run, because ids come from outside.
#[derive(Debug)]
pub(super) struct Index {
    shards: Vec<HashTable<u32>>,
    seed: RandomState,
}

impl Default for Index {
    fn default() -> Index {
        Index { shards: vec![HashTable::new(); SHARDS], seed: RandomState::new() }
    }
}

/// Which table a hash belongs to: bits that a table itself does not look at.
fn shard(hash: u64) -> usize {
    (hash >> 40) as usize % SHARDS
}

impl Index {
    /// The row whose id is `id`; `id_of` gives the id of a row.
    pub fn find<'a, K: Hash + Eq + 'a>(&self, id: &K, id_of: impl Fn(u32) -> &'a K) -> Option<u32> {
        let hash = self.seed.hash_one(id);
        self.shards[shard(hash)].find(hash, |row| id_of(*row) == id).copied()
    }

    /// Adds a row that is not in the index and whose id `id_of` already knows.
    pub fn add<'a, K: Hash + Eq + 'a>(&mut self, row: u32, id_of: impl Fn(u32) -> &'a K) {
        let hash = self.seed.hash_one(id_of(row));
        let seed = &self.seed;
        self.shards[shard(hash)].insert_unique(hash, row, |row| seed.hash_one(id_of(*row)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_leads_to_its_row_and_no_other() {
        let ids: Vec<String> = (0..20_000).map(|number| format!("id-{number}")).collect();
        let id_of = |row: u32| &ids[row as usize];
        let mut index = Index::default();
        for row in 0..ids.len() as u32 {
            assert_eq!(index.find(id_of(row), id_of), None);
            index.add(row, id_of);
        }
        assert!((0..ids.len() as u32).all(|row| index.find(id_of(row), id_of) == Some(row)));
        assert_eq!(index.find(&"id-x".to_owned(), id_of), None);
    }
}
