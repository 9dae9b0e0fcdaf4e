//! The journal: what was asked for, what became of it, and who looked at card data. One JSON line for each
//! step, each line carrying the hash of the one before, on disk before the step is taken (M3, D9).
//!
//! Several programs may write the same profile's journal. Each holds the lock only while it appends, and
//! first reads what the others have written, so the chain is one chain. A month that is over is renamed and
//! kept; the chain goes on in the next file, and nothing is ever deleted here (D10). What a crash left half
//! written is set aside, never a whole line.
//!
//! It shows tampering, it cannot prevent it: whoever owns the file can write a new one. No card data is in
//! it (D4): ids, amounts as decimal text, last four at most.

mod book;
mod disk;
mod line;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

pub use self::book::{Book, Entry};
use self::disk::Files;
pub use self::disk::is_name;
use self::line::{GENESIS, LineProblem, Place};
use crate::domain::intent::life::{IllegalStep, Step};
use crate::domain::intent::{Audit, Intent, Reference};

/// One line's meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    Asked(Box<Intent>),
    Step(Reference, Step),
    Audit(Box<Audit>),
    /// A torn line was set aside into the file of this name; so many bytes.
    Repaired {
        torn: String,
        bytes: u64,
    },
}

/// Why the journal cannot be used. Without it no act is done and no card data is shown.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the journal cannot be used: could not {doing} {} ({error}); without it nothing is sent", path.display())]
    Cannot { doing: &'static str, path: PathBuf, error: io::Error },
    #[error(
        "the journal is held by another program ({}); nothing was sent; end that program or try again",
        .0.display()
    )]
    Busy(PathBuf),
    #[error(
        "{0:?} cannot be the name of a profile's journal: use up to 64 letters, digits, - and _, and no month in it"
    )]
    Profile(String),
    #[error("the journal could not be written: the program is ending")]
    Stopped,
    #[error(transparent)]
    Illegal(#[from] IllegalStep),
}

impl JournalError {
    fn cannot(doing: &'static str, path: &Path, error: impl Into<io::Error>) -> JournalError {
        JournalError::Cannot { doing, path: path.to_owned(), error: error.into() }
    }
}

/// A line that cannot be relied upon: the first one of the journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}, line {line}: {problem}", file.display())]
pub struct Broken {
    pub file: PathBuf,
    /// From 1.
    pub line: u64,
    pub problem: LineProblem,
}

/// What a walk over the whole journal found.
#[derive(Debug)]
pub struct Verified {
    pub files: Vec<PathBuf>,
    pub lines: u64,
    pub broken: Option<Broken>,
    /// Bytes after the last whole line: a crash, or a line being written at this moment.
    pub torn: u64,
    pub book: Book,
}

/// Where the reading stands.
#[derive(Debug)]
struct Chain {
    book: Book,
    place: Place,
    broken: Option<Broken>,
    lines: u64,
    /// The month of the first line of the file being read.
    month: Option<String>,
    /// Lines of that file.
    here: u64,
}

impl Chain {
    fn new() -> Chain {
        let place = Place { seq: 1, prev: GENESIS.to_owned() };
        Chain { book: Book::default(), place, broken: None, lines: 0, month: None, here: 0 }
    }

    fn next_file(&mut self) {
        (self.month, self.here) = (None, 0);
    }

    /// Takes in one whole line. What is wrong with it is noted, and reading goes on: an entry that can be
    /// read is worth more than none.
    fn take(&mut self, file: &Path, text: &str) {
        self.lines += 1;
        self.here += 1;
        let problem = match line::read(text) {
            Ok(read) => {
                let follows = read.prev == self.place.prev && read.seq == self.place.seq;
                self.place = Place { seq: read.seq.saturating_add(1), prev: read.hash };
                self.month.get_or_insert_with(|| month(read.at));
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
                self.place = Place { seq: self.place.seq.saturating_add(1), prev: hash };
                Some(problem)
            }
        };
        if let Some(problem) = problem {
            self.broken.get_or_insert(Broken { file: file.to_owned(), line: self.here, problem });
        }
    }

    /// Takes in the whole lines of some bytes; how many bytes they are.
    fn take_all(&mut self, file: &Path, bytes: &[u8]) -> usize {
        let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        for text in bytes[..end].split_inclusive(|b| *b == b'\n') {
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            self.take(file, &String::from_utf8_lossy(text));
        }
        end
    }
}

fn month(at: DateTime<Utc>) -> String {
    at.format("%Y-%m").to_string()
}

/// One profile's journal, open for writing.
#[derive(Debug)]
pub struct Journal {
    files: Files,
    file: File,
    /// How much of the file was read or written.
    offset: u64,
    chain: Chain,
    torn: Vec<PathBuf>,
}

impl Journal {
    /// Opens the journal of a profile under the state folder (`XDG_STATE_HOME/fourpay`), reads it whole, and
    /// sets a torn end aside. Fails when it cannot be written: no log, no act.
    pub fn open(state: &Path, profile: &str, now: DateTime<Utc>) -> Result<Journal, JournalError> {
        let files = Files::new(state, profile)?;
        files.make_folder()?;
        let lock = files.lock()?;
        let mut chain = Chain::new();
        read_archives(&files, &mut chain)?;
        let file = files.open_current()?;
        let mut journal = Journal { files, file, offset: 0, chain, torn: Vec::new() };
        journal.catch_up(now)?;
        drop(lock);
        Ok(journal)
    }

    /// What it says, as far as it was read.
    pub fn book(&self) -> &Book {
        &self.chain.book
    }

    /// The first line that cannot be relied upon.
    pub fn broken(&self) -> Option<&Broken> {
        self.chain.broken.as_ref()
    }

    /// Files into which this program has set aside what a crash had torn.
    pub fn torn(&self) -> &[PathBuf] {
        &self.torn
    }

    /// Reads what other programs have written since.
    pub fn refresh(&mut self, now: DateTime<Utc>) -> Result<&Book, JournalError> {
        let lock = self.files.lock()?;
        self.catch_up(now)?;
        drop(lock);
        Ok(&self.chain.book)
    }

    /// Appends records and waits until they are on the disk. With `allow` the caller may still say no, once
    /// it sees what all programs have written so far; nobody else writes between that look and the records.
    pub fn append<E: From<JournalError>>(
        &mut self,
        now: DateTime<Utc>,
        records: Vec<Record>,
        allow: impl FnOnce(&Book) -> Result<(), E>,
    ) -> Result<(), E> {
        let lock = self.files.lock()?;
        self.catch_up(now)?;
        allow(&self.chain.book)?;
        self.rotate(now)?;
        self.write(now, records)?;
        drop(lock);
        Ok(())
    }

    /// Appends one step of an intent.
    pub fn step(&mut self, now: DateTime<Utc>, reference: Reference, step: Step) -> Result<(), JournalError> {
        self.append(now, vec![Record::Step(reference, step)], |_| Ok(()))
    }

    /// D9: records that card data is about to be shown or copied, or a lock. Only after it returned may the
    /// data be shown.
    pub fn audit(&mut self, audit: Audit) -> Result<(), JournalError> {
        self.append(audit.at, vec![Record::Audit(Box::new(audit))], |_| Ok(()))
    }

    /// Reads the rest of the file; everything again when another program has put a month away.
    fn catch_up(&mut self, now: DateTime<Utc>) -> Result<(), JournalError> {
        let path = self.files.current();
        let meta = self.file.metadata().map_err(|error| JournalError::cannot("look at", &path, error))?;
        if !disk::is_at(&self.file, &path) || meta.len() < self.offset {
            self.chain = Chain::new();
            read_archives(&self.files, &mut self.chain)?;
            self.file = self.files.open_current()?;
            self.offset = 0;
        }
        let mut rest = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.offset))
            .and_then(|_| self.file.read_to_end(&mut rest))
            .map_err(|error| JournalError::cannot("read", &path, error))?;
        let whole = self.chain.take_all(&path, &rest);
        self.offset += whole as u64;
        match rest.split_off(whole) {
            end if end.is_empty() => Ok(()),
            end => self.mend(now, &path, &end),
        }
    }

    /// The file ends within a line, and nobody is writing, because we hold the lock: somebody was stopped.
    /// When only the end of the line is missing it is added; else what there is goes into a file of its own.
    fn mend(&mut self, now: DateTime<Utc>, path: &Path, end: &[u8]) -> Result<(), JournalError> {
        if std::str::from_utf8(end).is_ok_and(|text| line::read(text).is_ok()) {
            self.put(path, b"\n")?;
            self.chain.take(path, &String::from_utf8_lossy(end));
            self.offset += end.len() as u64 + 1;
            return Ok(());
        }
        let aside = self.files.torn(&now.format("%Y%m%dT%H%M%S%fZ").to_string());
        let kept = disk::open_private(&aside, true).and_then(|mut file| {
            file.write_all(end)?;
            file.sync_all()
        });
        kept.map_err(|error| JournalError::cannot("set a torn line aside into", &aside, error))?;
        self.files.sync_folder()?;
        self.file
            .set_len(self.offset)
            .and_then(|()| self.file.sync_all())
            .map_err(|error| JournalError::cannot("take a torn line from", path, error))?;
        let torn = aside.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        self.torn.push(aside);
        self.write(now, vec![Record::Repaired { torn, bytes: end.len() as u64 }])
    }

    /// Puts the file away when its month is over.
    fn rotate(&mut self, now: DateTime<Utc>) -> Result<(), JournalError> {
        match &self.chain.month {
            // A clock that went back changes nothing.
            Some(begun) if *begun < month(now) => {
                self.files.archive(begun)?;
                self.file = self.files.open_current()?;
                self.offset = 0;
                self.chain.next_file();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn write(&mut self, now: DateTime<Utc>, records: Vec<Record>) -> Result<(), JournalError> {
        let path = self.files.current();
        let mut place = self.chain.place.clone();
        let mut text = String::new();
        let mut trial = None;
        for record in &records {
            // All may follow, or none is written. Most appends are of one record.
            let book = trial.as_ref().unwrap_or(&self.chain.book);
            book.allows(record)?;
            if records.len() > 1 {
                let mut next = trial.take().unwrap_or_else(|| self.chain.book.clone());
                next.take(now, record.clone())?;
                trial = Some(next);
            }
            let (line, hash) = line::write(&place, now, record);
            place = Place { seq: place.seq.saturating_add(1), prev: hash };
            text.push_str(&line);
        }
        self.put(&path, text.as_bytes())?;
        self.offset += self.chain.take_all(&path, text.as_bytes()) as u64;
        Ok(())
    }

    /// Writes and syncs. What was written in part is taken back.
    fn put(&mut self, path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
        let before = self.file.metadata().map_err(|error| JournalError::cannot("look at", path, error))?.len();
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        written.map_err(|error| {
            // If that fails too, the next reader finds a torn line and sets it aside.
            drop(self.file.set_len(before));
            JournalError::cannot("write", path, error)
        })
    }
}

fn read_archives(files: &Files, chain: &mut Chain) -> Result<(), JournalError> {
    let current = files.current();
    let archives = files.archives().map_err(|error| JournalError::cannot("list the files beside", &current, error))?;
    for path in archives {
        let bytes = disk::open_private(&path, false).and_then(|mut file| {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map(|_| bytes)
        });
        let mut bytes = bytes.map_err(|error| JournalError::cannot("read", &path, error))?;
        chain.next_file();
        if bytes.last().is_some_and(|last| *last != b'\n') {
            // Nobody writes here any more, so this is no line in the making: it counts, as a broken one.
            bytes.push(b'\n');
        }
        chain.take_all(&path, &bytes);
    }
    chain.next_file();
    Ok(())
}

/// Reads a profile's journal without changing anything, and walks its chain. `None` when there is none.
pub fn verify(state: &Path, profile: &str) -> Result<Option<Verified>, JournalError> {
    let files = Files::new(state, profile)?;
    let mut chain = Chain::new();
    let current = files.current();
    let mut found = files.archives().map_err(|error| JournalError::cannot("list the files beside", &current, error))?;
    let here = current.symlink_metadata().is_ok();
    if !here && found.is_empty() {
        return Ok(None);
    }
    // Nobody may put a month away between the reading of two files.
    let lock = files.lock()?;
    read_archives(&files, &mut chain)?;
    let mut torn = 0;
    if here {
        let mut bytes = Vec::new();
        let read = disk::open_private(&current, false).and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(|error| JournalError::cannot("read", &current, error))?;
        let whole = chain.take_all(&current, &bytes);
        torn = (bytes.len() - whole) as u64;
        found.push(current);
    }
    drop(lock);
    Ok(Some(Verified { files: found, lines: chain.lines, broken: chain.broken, torn, book: chain.book }))
}

/// What was written about an intent, each step as a JSON object: for programs that want the record itself.
pub fn steps_as_json(entry: &Entry) -> Vec<serde_json::Value> {
    let json = |(at, step): &(DateTime<Utc>, Step)| match step {
        Step::Recorded => line::json(*at, &Record::Asked(Box::new(entry.intent.clone()))),
        step => line::json(*at, &Record::Step(entry.intent.reference, step.clone())),
    };
    entry.steps.iter().map(json).collect()
}

/// A look, a lock or an attempt to open it as its line says it.
pub fn audit_as_json(audit: &Audit) -> serde_json::Value {
    line::json(audit.at, &Record::Audit(Box::new(audit.clone())))
}

#[cfg(test)]
mod tests;
