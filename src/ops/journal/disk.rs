//! Where the journal's files are: a trait, so that a simulation can bring a disk that fails, and the real folder.
//!
//! ```text
//!   STATE/journal/                  0700
//!     prod.jsonl                    0600  the month that is being written
//!     prod-2026-10.jsonl                  an earlier one; `prod-2026-10-2.jsonl` when that name is taken
//!     prod~3f9a01bc.jsonl                 the same profile name on another address or merchant, by the journal's id
//!     prod.head                           how far the journal has come, and what is open; a copy is under DATA/journal/
//!     prod.emergency-5e1f09ab.jsonl       a freeze that went out while the journal could not be written
//!     prod.torn-20261123T200500Z-7        the end of a line that a crash had cut off
//!     prod.lost-20261123T200500Z-7        what was set aside when somebody accepted a loss
//!     prod.lock                           whoever holds its flock may append, repair and rename
//! ```

use std::any::Any;
use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};

/// The pause between two tries to get the lock.
const PAUSE: Duration = Duration::from_millis(5);

/// A file as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// Bytes.
    pub len: u64,
    /// Which file it is: another one under the same name has another.
    pub id: (u64, u64),
    /// When it was written last, in the file system's own measure: whoever writes changes it.
    pub modified: (i64, i64),
}

/// A lock on the journal; dropping it gives it back.
pub struct Lock(#[expect(dead_code, reason = "held for its drop")] Box<dyn Any + Send>);

impl Lock {
    pub fn new(held: impl Any + Send) -> Lock {
        Lock(Box::new(held))
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}

/// One folder of private files, by their names. What is appended or renamed is on the disk when the call returns.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Makes the folder, for its owner alone.
    fn prepare(&self) -> io::Result<()>;
    /// Names of all files; none when there is no folder.
    fn names(&self) -> io::Result<Vec<String>>;
    /// `None` when there is no such file.
    fn status(&self, name: &str) -> io::Result<Option<FileStatus>>;
    /// What stands in a file from an offset on.
    fn read(&self, name: &str, from: u64) -> io::Result<Vec<u8>>;
    /// Appends whole or not at all where that can be had; makes the file when it is not there.
    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Cuts a file off at a length.
    fn truncate(&self, name: &str, len: u64) -> io::Result<()>;
    /// Gives a file another name. Never over another file: whoever calls has looked.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Writes a small file anew, so that a reader finds the old or the new. Not synced: losing it loses nothing.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Waits for the right to append, so long at most; `None` when another program holds it.
    fn lock(&self, name: &str, patience: Duration) -> io::Result<Option<Lock>>;
    /// How a person finds the file.
    fn path(&self, name: &str) -> PathBuf;
    /// Whether no call ever waits, so that it needs no thread of its own.
    fn is_instant(&self) -> bool {
        false
    }
}

/// A folder of the real disk.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Nothing is made yet.
    pub fn new(path: PathBuf) -> Folder {
        Folder(path)
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.0).and_then(|folder| folder.sync_all())
    }
}

impl Disk for Folder {
    fn prepare(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let meta = fs::symlink_metadata(&self.0)?;
        if !meta.is_dir() || meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::Error::other("it is not a folder of this user"));
        }
        if meta.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(&self.0, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn status(&self, name: &str) -> io::Result<Option<FileStatus>> {
        match self.path(name).symlink_metadata() {
            Ok(meta) => Ok(Some(FileStatus {
                len: meta.len(),
                id: (meta.dev(), meta.ino()),
                modified: (meta.mtime(), meta.mtime_nsec()),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read(&self, name: &str, from: u64) -> io::Result<Vec<u8>> {
        let mut file = open_private(&self.path(name), Open::Read)?;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let new = self.status(name)?.is_none();
        let mut file = open_private(&self.path(name), Open::Create)?;
        let before = file.metadata()?.len();
        let written = file.write_all(bytes).and_then(|()| file.sync_data());
        if let Err(error) = written {
            // If that fails too, the next reader finds a torn line and sets it aside.
            drop(file.set_len(before));
            return Err(error);
        }
        if new { self.sync() } else { Ok(()) }
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        let file = open_private(&self.path(name), Open::Write)?;
        file.set_len(len)?;
        file.sync_all()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))?;
        self.sync()
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let aside = self.path(&format!("{name}.new-{}", std::process::id()));
        let _ = fs::remove_file(&aside);
        open_private(&aside, Open::Create)?.write_all(bytes)?;
        fs::rename(&aside, self.path(name))
    }

    fn lock(&self, name: &str, patience: Duration) -> io::Result<Option<Lock>> {
        let path = self.path(name);
        let mut file = open_private(&path, Open::Create)?;
        for _ in 0..=patience.as_millis() / PAUSE.as_millis() {
            match file.try_lock() {
                // A lock on a file that somebody has removed since keeps nobody out.
                Ok(()) if is_at(&file, &path) => return Ok(Some(Lock::new(file))),
                Ok(()) => file = open_private(&path, Open::Create)?,
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// Whether an open file is the one that its path names.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Read,
    Write,
    /// To write; made when it is not there.
    Create,
}

/// Opens an ordinary file of ours alone, following no link. Everything is checked on the open file.
fn open_private(path: &Path, open: Open) -> io::Result<File> {
    let flags = match open {
        Open::Read => OFlags::RDONLY,
        Open::Write => OFlags::RDWR | OFlags::APPEND,
        Open::Create => OFlags::RDWR | OFlags::APPEND | OFlags::CREATE,
    };
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?);
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(io::Error::other(format!("others may use it (mode {:04o}); run chmod 600", meta.mode() & 0o7777)));
    }
    Ok(file)
}
