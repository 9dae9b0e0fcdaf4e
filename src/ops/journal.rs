//! The journal: what was asked for, what became of it, and who looked at card data. One JSON line for each
//! step, each line carrying the hash of the one before, on disk before the step is taken (M3, D9).
//!
//! Several programs may write the same profile's journal. Each holds the lock only while it appends, and
//! first reads what the others have written, so the chain is one chain. A month that is over is renamed and
//! kept; the chain goes on in the next file, and nothing is ever deleted here (D10). What a crash left half
//! written is set aside, never a whole line.
//!
//! What this program has read once must be there at every later read, and what the head beside the file names must be
//! there at the start: a file that was removed, emptied, cut or exchanged is a fault ([`Fault`]), with which nothing is
//! appended until it is whole again or somebody accepts the loss ([`Journal::accept_loss`]).
//!
//! It shows tampering, it cannot prevent it: whoever owns the file can write a new one. No card data is in
//! it (D4): ids, amounts as decimal text, last four at most.

mod bind;
mod book;
mod chain;
pub mod disk;
mod files;
mod first_version;
pub mod follow;
mod head;
mod line;
mod loss;
mod texts;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use self::bind::Bound;
use self::bind::Owner;
pub use self::book::{Binding, Book, Entry};
pub use self::chain::Broken;
use self::chain::{Chain, month};
use self::disk::{Disk, FileStatus, Folder, Lock};
use self::files::Files;
pub use self::files::is_name;
use self::head::Head;
pub use self::line::LineProblem;
pub use self::loss::Accepted;
use self::texts::Texts;
use crate::domain::intent::lifecycle::{IllegalStep, Step};
use crate::domain::intent::{Audit, Intent, Reference, Who};
use crate::domain::text::SafeText;

/// Bytes before the end of what is known that are compared at each read of what another program has written.
const COMPARED: u64 = 256 << 10;
/// How long a program waits for another one's lock.
const PATIENCE: Duration = Duration::from_secs(2);

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
    /// Somebody has accepted that lines are gone; the chain goes on from here.
    LossAccepted(Box<Loss>),
    /// The merchant's address has changed; the acts of the journal belong to the new one from here on.
    Adopted(Box<Adopted>),
}

/// A loss that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Number and hash of the last line that was known.
    pub seq: u64,
    pub hash: String,
    /// Lines that are gone.
    pub missing: u64,
    /// Files that what was left of them was set aside into.
    pub aside: Vec<String>,
    pub who: Who,
    pub profile: SafeText,
}

/// An address that took the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    pub address: String,
    pub who: Who,
    pub profile: SafeText,
}

/// Why the journal could not be read or written. What that means for an act says whoever asked: nothing may have been
/// sent, or something was.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("could not {doing} {} ({error})", path.display())]
    Cannot { doing: &'static str, path: PathBuf, error: io::Error },
    #[error("the journal is held by another program ({})", .0.display())]
    Busy(PathBuf),
    #[error("the journal is not what it was: {0}")]
    Faulty(Fault),
    #[error(
        "{0:?} cannot be the name of a profile's journal: use up to 64 letters, digits, - and _, and no month in it"
    )]
    Profile(String),
    #[error("it is not known yet whose actions these are: {0}")]
    Unbound(String),
    #[error("the program is ending")]
    Stopped,
    #[error(transparent)]
    Illegal(#[from] IllegalStep),
}

impl JournalError {
    fn cannot(doing: &'static str, path: PathBuf, error: io::Error) -> JournalError {
        JournalError::Cannot { doing, path, error }
    }
}

/// Why nothing can be appended: the files do not say any more what they have said, or never did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Lines were changed, taken out or put in.
    #[error("it was changed at {0}")]
    Changed(Broken),
    /// Lines that were known are gone. `missing` of them, 0 where their number is right and their text is not.
    #[error("{}", lost_sentence(file, *missing, *gone))]
    Lost { file: PathBuf, missing: u64, gone: bool },
}

fn lost_sentence(file: &Path, missing: u64, gone: bool) -> String {
    let file = file.display();
    match (gone, missing) {
        (true, _) => format!("{file} was removed, with {missing} lines that were in it"),
        (false, 0) => format!("{file} holds other lines than before"),
        (false, 1) => format!("1 line of {file} is gone"),
        (false, many) => format!("{many} lines of {file} are gone"),
    }
}

/// What a walk over the whole journal found.
#[derive(Debug)]
pub struct Verified {
    pub files: Vec<PathBuf>,
    pub lines: u64,
    pub broken: Option<Broken>,
    /// What the head or its copy knows and the files do not say.
    pub fault: Option<Fault>,
    /// Bytes after the last whole line: a crash, or a line being written at this moment.
    pub torn: u64,
    pub book: Book,
}

/// One profile's journal, open for writing.
#[derive(Debug)]
pub struct Journal {
    disk: Arc<dyn Disk>,
    /// Where the second copy of the head is kept.
    copy: Option<Arc<dyn Disk>>,
    profile: String,
    /// Of the API, where it is known: see [`Journal::serve`].
    address: String,
    files: Files,
    chain: Chain,
    /// The file as it was when it was read last.
    status: Option<FileStatus>,
    /// How much of it was read.
    offset: u64,
    /// Files into which this program has set aside what a crash had torn.
    torn: Vec<PathBuf>,
    fault: Option<Fault>,
    /// What the heads said at the start that the files do not have, for [`Journal::accept_loss`].
    remembered: Vec<Head>,
    /// What the next line is to say of whose journal this is.
    to_bind: Binding,
    /// Whose acts are to be in it, once that is known.
    owner: Option<Owner>,
    /// Journals of other addresses or merchants under the same profile name.
    others: Vec<Other>,
    /// The right to append, while somebody has taken it for several calls.
    held: Option<Lock>,
    /// Its files were read. Until then it is empty, and nothing can be appended.
    opened: bool,
    /// The heads agreed with the last line when its files were read.
    agreed: bool,
}

/// A journal of another address or merchant.
#[derive(Clone, Debug)]
pub struct Other {
    /// Where its acts were done.
    pub address: String,
    /// Those that may still change.
    pub open: Vec<Entry>,
}

impl Journal {
    /// Opens the journal of a profile under the state folder (`XDG_STATE_HOME/fourpay`), reads it whole, and
    /// sets a torn end aside. Fails when it cannot be read or written: no log, no act.
    pub fn open(state: &Path, profile: &str, now: DateTime<Utc>) -> Result<Journal, JournalError> {
        Journal::open_on(Arc::new(folder_of(state)), None, profile, now)
    }

    /// The same, with a second copy of the head under another folder (`XDG_DATA_HOME/fourpay`), by which a state folder
    /// that was removed is noticed.
    pub fn open_with_copy(
        state: &Path,
        data: Option<&Path>,
        profile: &str,
        now: DateTime<Utc>,
    ) -> Result<Journal, JournalError> {
        let copy = data.map(|data| -> Arc<dyn Disk> { Arc::new(folder_of(data)) });
        Journal::open_on(Arc::new(folder_of(state)), copy, profile, now)
    }

    /// The same on any disk.
    pub fn open_on(
        disk: Arc<dyn Disk>,
        copy: Option<Arc<dyn Disk>>,
        profile: &str,
        now: DateTime<Utc>,
    ) -> Result<Journal, JournalError> {
        let mut journal = Journal::later(disk, copy, profile)?;
        journal.prepare()?;
        journal.open_files(now)?;
        Ok(journal)
    }

    /// One that is opened when it is first used, and tried again until it can be.
    pub fn later(disk: Arc<dyn Disk>, copy: Option<Arc<dyn Disk>>, profile: &str) -> Result<Journal, JournalError> {
        let files = Files::of_profile(profile).ok_or_else(|| JournalError::Profile(profile.to_owned()))?;
        Ok(Journal::unread(disk, copy, profile, files))
    }

    /// The same in the state folder. What cannot be read or written now is tried again later.
    pub fn open_or_later(
        state: &Path,
        data: Option<&Path>,
        profile: &str,
        now: DateTime<Utc>,
    ) -> Result<Journal, JournalError> {
        let copy = data.map(|data| -> Arc<dyn Disk> { Arc::new(folder_of(data)) });
        let mut journal = Journal::later(Arc::new(folder_of(state)), copy, profile)?;
        // Whoever uses it next tries again, and is told why it cannot be used.
        drop(journal.prepare().and_then(|()| journal.open_files(now)));
        Ok(journal)
    }

    /// One of which nothing was read yet.
    fn unread(disk: Arc<dyn Disk>, copy: Option<Arc<dyn Disk>>, profile: &str, files: Files) -> Journal {
        Journal {
            disk,
            copy,
            profile: profile.to_owned(),
            address: String::new(),
            files,
            chain: Chain::new(),
            status: None,
            offset: 0,
            torn: Vec::new(),
            fault: None,
            remembered: Vec::new(),
            to_bind: Binding::default(),
            owner: None,
            others: Vec::new(),
            held: None,
            opened: false,
            agreed: false,
        }
    }

    fn prepare(&self) -> Result<(), JournalError> {
        self.disk.prepare().map_err(|error| JournalError::cannot("use the folder", self.disk.path(""), error))
    }

    /// Names of the folder's files, and of those that are gone and of which a copy of the head tells.
    fn names(&self) -> Result<Vec<String>, JournalError> {
        let names = self.disk.names();
        let mut names = names.map_err(|error| JournalError::cannot("list the files of", self.disk.path(""), error))?;
        let copies = self.copy.as_ref().and_then(|copy| copy.names().ok()).unwrap_or_default();
        for gone in copies.iter().filter_map(|name| Some(format!("{}.jsonl", name.strip_suffix(".head")?))) {
            if !names.contains(&gone) {
                names.push(gone);
            }
        }
        Ok(names)
    }

    /// Reads it without changing anything, and walks its chain. `None` when there is none and never was.
    fn verify(&mut self) -> Result<Option<Verified>, JournalError> {
        let names = self.disk.names();
        let names = names.map_err(|error| JournalError::cannot("list the files of", self.disk.path(""), error))?;
        let mut found = self.files.archives(&names);
        let here = names.contains(&self.files.current());
        let heads = self.heads();
        if !here && found.is_empty() && heads.is_empty() {
            return Ok(None);
        }
        // Nobody may put a month away between the reading of two files; where there is no folder, there is nobody.
        // Where nothing can be written, nobody else can either.
        let lock = match names.is_empty() {
            true => None,
            false => Some(self.lock(PATIENCE)),
        };
        let lock = match lock {
            None => None,
            Some(Err(JournalError::Cannot { error, .. })) if is_write_protected(&error) => None,
            Some(lock) => Some(lock?),
        };
        self.load()?;
        drop(lock);
        if here {
            found.push(self.files.current());
        }
        let fault = self.fault_by(&heads).filter(|fault| matches!(fault, Fault::Lost { .. }));
        let chain = std::mem::replace(&mut self.chain, Chain::new());
        Ok(Some(Verified {
            files: found.iter().map(|name| self.disk.path(name)).collect(),
            lines: chain.lines,
            broken: chain.broken,
            fault,
            torn: chain.torn.len() as u64,
            book: chain.book,
        }))
    }

    /// The file that is being written.
    pub fn path(&self) -> PathBuf {
        self.disk.path(&self.files.current())
    }

    /// Reads the files that the journal's name stands for.
    fn open_files(&mut self, now: DateTime<Utc>) -> Result<(), JournalError> {
        let lock = self.lock(PATIENCE)?;
        let heads = self.heads();
        self.load()?;
        if heads.is_empty() || self.status.is_some() {
            // A file that cannot be appended to is said to be so now, not when something is to be sent.
            self.put(&self.files.current(), b"")?;
        }
        self.fault = self.fault_by(&heads);
        self.agreed = heads.first().is_some_and(|head| head.seq == self.chain.last_seq());
        self.remembered = if self.fault.is_some() { heads } else { Vec::new() };
        if self.fault.is_none() {
            self.mend(now)?;
        }
        self.opened = true;
        drop(lock);
        Ok(())
    }

    /// Takes the right to append and keeps it until [`Journal::release`]; `false` while another program has it. One that
    /// could not be opened before is opened now.
    pub fn acquire(&mut self, now: DateTime<Utc>) -> Result<bool, JournalError> {
        if !self.opened {
            self.prepare()?;
        }
        match self.lock(Duration::ZERO) {
            Ok(lock) => self.held = Some(lock),
            Err(JournalError::Busy(_)) => return Ok(false),
            Err(error) => return Err(error),
        }
        if !self.opened
            && let Err(error) = self.open_files(now)
        {
            self.release();
            return Err(error);
        }
        Ok(true)
    }

    pub fn release(&mut self) {
        self.held = None;
    }

    /// What is said while another program has the right to append.
    pub fn busy(&self) -> JournalError {
        JournalError::Busy(self.disk.path(&self.files.lock()))
    }

    fn lock(&self, patience: Duration) -> Result<Lock, JournalError> {
        if self.held.is_some() {
            return Ok(Lock::new(()));
        }
        let name = self.files.lock();
        let mut held = self.disk.lock(&name, patience);
        if matches!(&held, Err(error) if error.kind() == io::ErrorKind::NotFound) {
            // The whole folder is gone: then it is told what was in it, not that a lock cannot be had.
            held = self.disk.prepare().and_then(|()| self.disk.lock(&name, patience));
        }
        let held = held.map_err(|error| JournalError::cannot("lock", self.disk.path(&name), error))?;
        held.ok_or_else(|| JournalError::Busy(self.disk.path(&name)))
    }

    /// What it says, as far as it was read.
    pub fn book(&self) -> &Book {
        &self.chain.book
    }

    /// Number of the last line that was read or written; 0 when there is none.
    pub fn last_line(&self) -> u64 {
        self.chain.last_seq()
    }

    /// Hash of that line.
    pub fn last_hash(&self) -> &str {
        self.chain.last_hash()
    }

    /// Why nothing can be appended. It is looked at again with every read.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Files into which this program has set aside what a crash had torn. News, no trouble.
    pub fn torn(&self) -> &[PathBuf] {
        &self.torn
    }

    /// Journals of other addresses or merchants under this profile's name.
    pub fn others(&self) -> &[Other] {
        &self.others
    }

    /// Where to write when the journal itself cannot be written.
    pub fn beside(&self) -> Beside {
        Beside { disk: self.disk.clone(), name: self.emergency_file() }
    }

    /// Whose acts are written here: the address of the API. It is known before anybody knows which journal it is.
    pub fn serve(&mut self, address: &str) {
        address.clone_into(&mut self.address);
    }

    /// One for each address of a profile's name: ids of accounts may be copied from one address to another.
    fn emergency_file(&self) -> String {
        let mut address = line::hash_of(self.address.as_bytes());
        address.truncate(8);
        format!("{}.emergency-{address}.jsonl", self.profile)
    }

    /// Takes in what was written beside the journal while it could not be, by this program and by others that are gone.
    pub fn merge_emergencies(
        &mut self,
        now: DateTime<Utc>,
        mut records: Vec<(DateTime<Utc>, Record)>,
    ) -> Result<(), JournalError> {
        let name = self.emergency_file();
        let cannot = |journal: &Journal, error| JournalError::cannot("read", journal.disk.path(&name), error);
        let there = self.disk.status(&name).map_err(|error| cannot(self, error))?.is_some();
        if records.is_empty() && !there {
            return Ok(());
        }
        let lock = self.lock(PATIENCE)?;
        self.catch_up(now)?;
        let mut all_ours = true;
        if there {
            let bytes = self.disk.read(&name, 0).map_err(|error| cannot(self, error))?;
            let text = String::from_utf8_lossy(&bytes);
            let mut written: Vec<_> = text.lines().filter_map(line::read_loose).collect();
            // Another merchant's, under the same profile name, are left to its own journal.
            let theirs = |record: &Record| match record {
                Record::Asked(intent) => !intent.act.account().is_some_and(|account| self.is_ours(account)),
                _ => false,
            };
            all_ours = !written.iter().any(|(_, record)| theirs(record));
            written.retain(|(_, record)| !theirs(record));
            written.append(&mut records);
            records = written;
        }
        for (at, record) in records {
            // What the journal has already is passed over, and so are steps of what is not ours.
            if self.chain.book.allows(&record).is_ok() {
                self.write(now, vec![(at, record)])?;
            }
        }
        if there && all_ours {
            let aside = self.files.aside("emergency", &stamp(now));
            let moved = self.disk.rename(&name, &aside);
            moved.map_err(|error| JournalError::cannot("put away", self.disk.path(&name), error))?;
        }
        drop(lock);
        Ok(())
    }

    /// Whether its disk never makes anybody wait.
    pub fn is_instant(&self) -> bool {
        self.disk.is_instant()
    }

    /// Whether the heads agreed with the last line when its files were read: then nothing was written after it.
    pub fn ended_at_its_head(&self) -> bool {
        self.agreed
    }

    /// Reads what other programs have written since.
    pub fn refresh(&mut self, now: DateTime<Utc>) -> Result<&Book, JournalError> {
        let lock = self.lock(PATIENCE)?;
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
        let lock = self.lock(PATIENCE)?;
        self.catch_up(now)?;
        allow(&self.chain.book)?;
        self.rotate(now)?;
        self.write(now, records.into_iter().map(|record| (now, record)).collect())?;
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

    /// Reads the rest of the file. Everything again when it is not the file that was read, or not what was read of it:
    /// another program may have put a month away, or somebody has changed it.
    fn catch_up(&mut self, now: DateTime<Utc>) -> Result<(), JournalError> {
        let current = self.files.current();
        let status = self.disk.status(&current);
        let status = status.map_err(|error| JournalError::cannot("look at", self.disk.path(&current), error))?;
        // What could not be mended when it was read last is no part of what is known.
        let unchanged = self.fault.is_none() && status == self.status && self.chain.torn.is_empty();
        let grown = self.fault.is_none()
            && match (status, self.status) {
                (Some(now), Some(then)) => now.id == then.id && now.len > self.offset,
                _ => false,
            };
        if !(unchanged || grown && self.read_on(&current)?) {
            self.read_again(now)?;
        }
        self.status = status;
        if self.fault.is_none() {
            // Lines that others have written and that went before they were read here are missed by the head alone.
            let heads = self.heads();
            self.fault = self.fault_by(&heads);
            if self.fault.is_some() {
                self.remembered.extend(heads);
            }
        }
        // A journal that has become another's is for its owner to mend: a line of ours would make it ours.
        if self.leave_to_its_owner(now)? {
            return Ok(());
        }
        match &self.fault {
            Some(fault) => Err(JournalError::Faulty(fault.clone())),
            None => self.mend(now),
        }
    }

    /// Reads on behind the last lines that are known, which must still be there. `false` when they are not.
    fn read_on(&mut self, current: &str) -> Result<bool, JournalError> {
        let from = self.offset.saturating_sub(COMPARED);
        let bytes = self.disk.read(current, from);
        let bytes = bytes.map_err(|error| JournalError::cannot("read", self.disk.path(current), error))?;
        let known = (self.offset - from) as usize;
        let Some((known, rest)) = bytes.split_at_checked(known) else { return Ok(false) };
        // The first line of what was read may have begun before.
        let begins =
            if from == 0 { 0 } else { known.iter().position(|b| *b == b'\n').map_or(known.len(), |at| at + 1) };
        if !self.chain.ends_with(known.get(begins..).unwrap_or_default()) {
            return Ok(false);
        }
        let rest = rest.to_vec();
        self.take(current, &rest);
        Ok(true)
    }

    /// Reads everything anew, and finds out whether what was known is still there.
    fn read_again(&mut self, now: DateTime<Utc>) -> Result<(), JournalError> {
        let (known, before) = (self.chain.clone(), self.offset);
        self.load()?;
        let mut heads = std::mem::take(&mut self.remembered);
        let accepted = self.chain.book.has_accepted_loss_of(known.last_seq());
        let kept = known.last_seq() == 0 || accepted || self.chain.has(known.last_seq(), known.last_hash());
        if !kept {
            heads.push(Head::of(&known));
        }
        self.fault = self.fault_by(&heads);
        if self.fault.is_some() {
            if !kept || (known.broken.is_none() && known.last_seq() > 0) {
                // The old book is worth more than what is left of it.
                self.chain = known;
                self.offset = before;
            }
            self.remembered = heads;
        } else if accepted && !self.chain.has(known.last_seq(), known.last_hash()) {
            self.keep_open_of(now, &known)?;
        }
        Ok(())
    }

    /// What the files do not have of what the heads know, or what is wrong with them by themselves.
    fn fault_by(&self, heads: &[Head]) -> Option<Fault> {
        let last = self.chain.last_seq();
        let unmet = |head: &&Head| {
            head.seq > 0 && !self.chain.has(head.seq, &head.hash) && !self.chain.book.has_accepted_loss_of(head.seq)
        };
        let lost = heads.iter().filter(unmet).map(|head| head.seq.saturating_sub(last)).max();
        if let Some(missing) = lost {
            let gone = self.chain.lines == 0;
            return Some(Fault::Lost { file: self.disk.path(&self.files.current()), missing, gone });
        }
        self.chain.broken.clone().map(Fault::Changed)
    }

    /// Reads all files from the beginning.
    fn load(&mut self) -> Result<(), JournalError> {
        self.chain = Chain::new();
        (self.status, self.offset) = (None, 0);
        read_archives(&*self.disk, &self.files, &mut self.chain)?;
        let current = self.files.current();
        let path = self.disk.path(&current);
        self.status =
            self.disk.status(&current).map_err(|error| JournalError::cannot("look at", path.clone(), error))?;
        if self.status.is_some() {
            let bytes = self.disk.read(&current, 0).map_err(|error| JournalError::cannot("read", path, error))?;
            self.take(&current, &bytes);
        }
        Ok(())
    }

    /// Takes in the whole lines of what was read.
    fn take(&mut self, current: &str, bytes: &[u8]) {
        let whole = self.chain.take_all(&self.disk.path(current), bytes);
        self.offset += whole.end as u64;
        self.chain.torn = bytes.get(whole.end..).unwrap_or_default().to_vec();
    }

    /// The file ends within a line, and nobody is writing, because we hold the lock: somebody was stopped.
    /// When only the end of the line is missing it is added; else what there is goes into a file of its own.
    fn mend(&mut self, now: DateTime<Utc>) -> Result<(), JournalError> {
        match self.mend_end(now)? {
            Some((torn, bytes)) => self.write(now, vec![(now, Record::Repaired { torn, bytes })]),
            None => Ok(()),
        }
    }

    /// The same without a word about it: the file that the end was set aside into, and how many bytes.
    fn mend_end(&mut self, now: DateTime<Utc>) -> Result<Option<(String, u64)>, JournalError> {
        if self.chain.torn.is_empty() {
            return Ok(None);
        }
        let end = self.chain.torn.clone();
        let current = self.files.current();
        if std::str::from_utf8(&end).is_ok_and(|text| line::read(text, &Texts::new()).is_ok()) {
            self.put(&current, b"\n")?;
            let bytes = [end.as_slice(), b"\n"].concat();
            self.take(&current, &bytes);
            return Ok(None);
        }
        let aside = self.files.aside("torn", &stamp(now));
        let kept = self.disk.append(&aside, &end);
        kept.map_err(|error| JournalError::cannot("set a torn line aside into", self.disk.path(&aside), error))?;
        let cut = self.disk.truncate(&current, self.offset);
        cut.map_err(|error| JournalError::cannot("take a torn line from", self.disk.path(&current), error))?;
        self.chain.torn.clear();
        self.torn.push(self.disk.path(&aside));
        Ok(Some((aside, end.len() as u64)))
    }

    /// Puts the file away when its month is over.
    fn rotate(&mut self, now: DateTime<Utc>) -> Result<(), JournalError> {
        match &self.chain.month {
            // A clock that went back changes nothing.
            Some(begun) if *begun < month(now) => {
                let current = self.files.current();
                let put_away = self.disk.names().and_then(|names| {
                    let to = self.files.archive(begun, &names);
                    self.disk.rename(&current, &to)
                });
                put_away.map_err(|error| JournalError::cannot("put away", self.disk.path(&current), error))?;
                (self.status, self.offset) = (None, 0);
                self.chain.next_file();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Writes records one after the other, each with its time.
    fn write(&mut self, now: DateTime<Utc>, records: Vec<(DateTime<Utc>, Record)>) -> Result<(), JournalError> {
        let current = self.files.current();
        for (at, record) in &records {
            let book = &self.chain.book;
            book.allows(record)?;
            let word = book.first_version_word(record);
            let (line, _) = line::write(&self.chain.place, *at, record, word, &self.to_bind);
            self.put(&current, line.as_bytes())?;
            self.to_bind = Binding::default();
            self.take(&current, line.as_bytes());
        }
        self.keep_head(now);
        Ok(())
    }

    /// Writes and syncs.
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
        self.disk.append(name, bytes).map_err(|error| JournalError::cannot("write", self.disk.path(name), error))?;
        // As this program has left it: whatever is different at the next look was done by somebody else.
        let status = self.disk.status(name);
        self.status = status.map_err(|error| JournalError::cannot("look at", self.disk.path(name), error))?;
        Ok(())
    }

    /// Writes down how far it has come, beside the file and elsewhere. An older head is true as well, so that a failure
    /// is none.
    fn keep_head(&self, now: DateTime<Utc>) {
        let bytes = Head::of(&self.chain).write(now);
        let name = self.files.head();
        drop(self.disk.replace(&name, &bytes));
        if let Some(copy) = &self.copy {
            drop(copy.prepare().and_then(|()| copy.replace(&name, &bytes)));
        }
    }

    /// What the heads say: the one beside the file first.
    fn heads(&self) -> Vec<Head> {
        self.heads_of(&self.files)
    }

    fn heads_of(&self, files: &Files) -> Vec<Head> {
        let name = files.head();
        let read = |disk: &dyn Disk| match disk.status(&name) {
            Ok(Some(_)) => Head::read(&disk.read(&name, 0).ok()?),
            _ => None,
        };
        read(&*self.disk).into_iter().chain(self.copy.as_deref().and_then(read)).collect()
    }
}

fn is_write_protected(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

fn folder_of(base: &Path) -> Folder {
    Folder::new(base.join("journal"))
}

fn stamp(now: DateTime<Utc>) -> String {
    now.format("%Y%m%dT%H%M%S%fZ").to_string()
}

fn read_archives(disk: &dyn Disk, files: &Files, chain: &mut Chain) -> Result<(), JournalError> {
    let names = disk.names().map_err(|error| JournalError::cannot("list the files of", disk.path(""), error))?;
    for name in files.archives(&names) {
        let bytes = disk.read(&name, 0);
        let mut bytes = bytes.map_err(|error| JournalError::cannot("read", disk.path(&name), error))?;
        chain.next_file();
        if bytes.last().is_some_and(|last| *last != b'\n') {
            // Nobody writes here any more, so this is no line in the making: it counts, as a broken one.
            bytes.push(b'\n');
        }
        chain.take_all(&disk.path(&name), &bytes);
    }
    chain.next_file();
    Ok(())
}

/// Reads a profile's first journal without changing anything, and walks its chain. `None` when there is none and never
/// was.
pub fn verify(state: &Path, profile: &str) -> Result<Option<Verified>, JournalError> {
    Ok(verify_all(state, None, profile)?.into_iter().next())
}

/// All journals that a profile's name has, its first one first, compared with both copies of their heads; none when there
/// never was one. Changes nothing.
pub fn verify_all(state: &Path, data: Option<&Path>, profile: &str) -> Result<Vec<Verified>, JournalError> {
    let mut found = Vec::new();
    for mut journal in all_unread(state, data, profile)? {
        found.extend(journal.verify()?);
    }
    Ok(found)
}

/// All journals that a profile's name has, opened for writing, its first one first.
pub fn open_all(
    state: &Path,
    data: Option<&Path>,
    profile: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Journal>, JournalError> {
    let mut journals = all_unread(state, data, profile)?;
    for journal in &mut journals {
        journal.prepare()?;
        journal.open_files(now)?;
    }
    Ok(journals)
}

fn all_unread(state: &Path, data: Option<&Path>, profile: &str) -> Result<Vec<Journal>, JournalError> {
    let files = Files::of_profile(profile).ok_or_else(|| JournalError::Profile(profile.to_owned()))?;
    let copy = data.map(|data| -> Arc<dyn Disk> { Arc::new(folder_of(data)) });
    let disk: Arc<dyn Disk> = Arc::new(folder_of(state));
    let first = Journal::unread(disk.clone(), copy.clone(), profile, files);
    let all = Files::all_of(profile, &first.names()?);
    Ok(all.into_iter().map(|files| Journal::unread(disk.clone(), copy.clone(), profile, files)).collect())
}

/// Where a freeze is written to while the journal itself cannot be: the same folder, another file, no lock.
#[derive(Clone, Debug)]
pub struct Beside {
    disk: Arc<dyn Disk>,
    name: String,
}

impl Beside {
    /// Appends lines; the file they are in.
    pub fn append(&self, text: &str) -> io::Result<PathBuf> {
        self.disk.prepare()?;
        self.disk.append(&self.name, text.as_bytes())?;
        Ok(self.disk.path(&self.name))
    }
}

/// Records as lines that stand outside of a chain.
pub fn loose_lines(records: &[(DateTime<Utc>, Record)]) -> String {
    records.iter().map(|(at, record)| line::write_loose(*at, record)).collect()
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
