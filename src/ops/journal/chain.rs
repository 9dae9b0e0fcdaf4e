//! Where the reading of the journal's lines stands: the book they make, and the chain of their hashes.

use std::collections::VecDeque;
use std::ops::RangeTo;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::Record;
use super::book::Book;
use super::line::{self, GENESIS, LineProblem, Place};
use super::texts::Texts;

/// Lines whose hashes are remembered: more than several programs write between two looks of one.
const REMEMBERED: usize = 65_536;

/// A line that cannot be relied upon: the first one of the journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}, line {line}: {problem}", file.display())]
pub struct Broken {
    pub file: PathBuf,
    /// From 1.
    pub line: u64,
    pub problem: LineProblem,
}

/// Where the reading stands.
#[derive(Clone, Debug)]
pub struct Chain {
    pub book: Book,
    /// Where the next line stands.
    pub place: Place,
    pub broken: Option<Broken>,
    pub lines: u64,
    /// The month of the first line of the file being read.
    pub month: Option<String>,
    /// Bytes after the last whole line.
    pub torn: Vec<u8>,
    /// Lines of that file.
    here: u64,
    /// Numbers and hashes of the newest lines, the last one at the end.
    hashes: VecDeque<(u64, Hash)>,
}

/// A remembered hash. One of the usual length needs no memory of its own.
#[derive(Clone, Debug)]
enum Hash {
    Usual([u8; GENESIS.len()]),
    Other(Box<str>),
}

impl Hash {
    fn new(hash: &str) -> Hash {
        hash.as_bytes().try_into().map_or_else(|_| Hash::Other(hash.into()), Hash::Usual)
    }

    fn is(&self, hash: &str) -> bool {
        match self {
            Hash::Usual(known) => known == hash.as_bytes(),
            Hash::Other(known) => **known == *hash,
        }
    }
}

impl Chain {
    pub fn new() -> Chain {
        Chain {
            book: Book::default(),
            place: Place { seq: 1, prev: GENESIS.to_owned() },
            broken: None,
            lines: 0,
            month: None,
            torn: Vec::new(),
            here: 0,
            hashes: VecDeque::new(),
        }
    }

    pub fn next_file(&mut self) {
        (self.month, self.here) = (None, 0);
    }

    /// Lines of the file being read.
    pub fn lines_here(&self) -> u64 {
        self.here
    }

    /// Number of the last line; 0 when there is none.
    pub fn last_seq(&self) -> u64 {
        self.place.seq.saturating_sub(1)
    }

    pub fn last_hash(&self) -> &str {
        &self.place.prev
    }

    /// Whether the line of this number has this hash. One that is too old to be remembered is taken to have it: the
    /// lines that rest on it were compared.
    pub fn has(&self, seq: u64, hash: &str) -> bool {
        match self.hashes.binary_search_by_key(&seq, |(known, _)| *known) {
            Ok(at) => self.hashes.get(at).is_some_and(|(_, known)| known.is(hash)),
            Err(0) => self.hashes.len() >= REMEMBERED,
            Err(_) => false,
        }
    }

    /// Whether these bytes, whole lines, are the last lines as they were read.
    pub fn ends_with(&self, lines: &[u8]) -> bool {
        let lines: Vec<&[u8]> = lines.split_inclusive(|b| *b == b'\n').collect();
        // Lines of earlier files are not among them, and older ones are not remembered.
        let known = self.hashes.iter().rev().take(self.here as usize);
        lines.iter().rev().zip(known).all(|(line, (_, known))| {
            let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
            match line::claimed_hash(&text) {
                Some((hash, fits)) => fits && known.is(hash),
                None => known.is(&line::hash_of(text.as_bytes())),
            }
        })
    }

    /// Takes in one whole line. What is wrong with it is noted, and reading goes on: an entry that can be
    /// read is worth more than none.
    fn take(&mut self, file: &Path, text: &str, texts: &Texts) {
        self.lines += 1;
        self.here += 1;
        let problem = match line::read(text, texts) {
            Ok(read) => {
                // An accepted loss leaves out the numbers of what is gone.
                let skips = matches!(read.record, Record::LossAccepted(_)) && read.seq > self.place.seq;
                let follows = *read.prev == *self.place.prev && (read.seq == self.place.seq || skips);
                self.place.follow(read.seq, read.hash);
                self.month.get_or_insert_with(|| month(read.at));
                if let Some(binding) = &read.binding {
                    self.book.bind(binding);
                }
                let taken = self.book.take(read.at, read.record);
                match (follows, taken) {
                    (false, _) => Some(LineProblem::Chain),
                    (true, Err(illegal)) => Some(LineProblem::Meaning(illegal.to_string())),
                    (true, Ok(())) => None,
                }
            }
            Err(problem) => {
                let hash =
                    line::claimed_hash(text).map_or_else(|| line::hash_of(text.as_bytes()), |(h, _)| h.to_owned());
                self.place.follow(self.place.seq, &hash);
                Some(problem)
            }
        };
        if self.hashes.len() == REMEMBERED {
            self.hashes.pop_front();
        }
        self.hashes.push_back((self.last_seq(), Hash::new(&self.place.prev)));
        if let Some(problem) = problem {
            self.broken.get_or_insert(Broken { file: file.to_owned(), line: self.here, problem });
        }
    }

    /// Takes in the whole lines of some bytes; where they end.
    pub fn take_all(&mut self, file: &Path, bytes: &[u8]) -> RangeTo<usize> {
        let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let (whole, texts) = (&bytes[..end], Texts::new());
        match std::str::from_utf8(whole) {
            Ok(text) => text.split_terminator('\n').for_each(|line| self.take(file, line, &texts)),
            // Whatever is no text is in one line or a few; the others are read all the same.
            Err(_) => whole.split_inclusive(|b| *b == b'\n').for_each(|line| {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                self.take(file, &String::from_utf8_lossy(line), &texts);
            }),
        }
        ..end
    }
}

pub fn month(at: DateTime<Utc>) -> String {
    at.format("%Y-%m").to_string()
}
