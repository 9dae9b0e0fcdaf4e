//! Rows that are never removed, in chunks: growing to a million moves nothing and holds no second copy.

/// Rows of one chunk.
const CHUNK: usize = 1024;

/// Rows by number, from 0 in the order they were pushed.
#[derive(Debug)]
pub(super) struct ChunkedVec<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for ChunkedVec<T> {
    fn default() -> ChunkedVec<T> {
        ChunkedVec { chunks: Vec::new(), len: 0 }
    }
}

impl<T> ChunkedVec<T> {
    pub fn len(&self) -> usize {
        self.len
    }

    /// The number of the new row.
    pub fn push(&mut self, row: T) -> u32 {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        // Four thousand million rows would not fit into memory long before the number runs out.
        let number = self.len as u32;
        if let Some(last) = self.chunks.last_mut() {
            last.push(row);
            self.len += 1;
        }
        number
    }

    /// A number that was never given out is a mistake of the caller.
    pub fn get(&self, row: u32) -> &T {
        &self.chunks[row as usize / CHUNK][row as usize % CHUNK]
    }

    pub fn get_mut(&mut self, row: u32) -> &mut T {
        &mut self.chunks[row as usize / CHUNK][row as usize % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_across_chunks() {
        let mut arena = ChunkedVec::default();
        for number in 0..3 * CHUNK + 1 {
            assert_eq!(arena.push(number) as usize, number);
        }
        assert_eq!(arena.len(), 3 * CHUNK + 1);
        assert!((0..arena.len()).all(|number| *arena.get(number as u32) == number));
        *arena.get_mut(1024) = 7;
        assert_eq!(*arena.get(1024), 7);
    }
}
