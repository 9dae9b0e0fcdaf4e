//! The journal's files: private, appended to, locked, and never deleted.
//!
//! ```text
//!   STATE/journal/                  0700
//!     prod.jsonl                    0600  the month that is being written
//!     prod-2026-10.jsonl                  an earlier one; `prod-2026-10-2.jsonl` when that name is taken
//!     prod.torn-20261123T200500Z-7        the end of a line that a crash had cut off
//!     prod.lock                           whoever holds its flock may append, repair and rename
//! ```

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};

use super::JournalError;

/// How often the lock is asked for, and the pause between: two seconds in all.
const TRIES: u32 = 400;
const PAUSE: Duration = Duration::from_millis(5);

/// Where the files of one profile are.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
    profile: String,
}

/// Whether a profile can be called this: its journal's files are.
pub fn is_name(profile: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !profile.is_empty() && profile.len() <= 64 && profile.bytes().all(plain) && !has_month(profile)
}

impl Files {
    /// The files of a profile under the state folder. Nothing is made yet.
    pub fn new(state: &Path, profile: &str) -> Result<Files, JournalError> {
        if !is_name(profile) {
            return Err(JournalError::Profile(profile.to_owned()));
        }
        Ok(Files { folder: state.join("journal"), profile: profile.to_owned() })
    }

    pub fn current(&self) -> PathBuf {
        self.folder.join(format!("{}.jsonl", self.profile))
    }

    pub fn torn(&self, stamp: &str) -> PathBuf {
        self.folder.join(format!("{}.torn-{stamp}-{}", self.profile, std::process::id()))
    }

    /// Makes the folder, for its owner alone. A folder of ours that others may look into is closed.
    pub fn make_folder(&self) -> Result<(), JournalError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|error| JournalError::cannot("make the folder", &self.folder, error))?;
        let meta = fs::symlink_metadata(&self.folder);
        let meta = meta.map_err(|error| JournalError::cannot("look at the folder", &self.folder, error))?;
        if !meta.is_dir() || meta.uid() != rustix::process::geteuid().as_raw() {
            let error = io::Error::other("it is not a folder of this user");
            return Err(JournalError::cannot("use the folder", &self.folder, error));
        }
        if meta.permissions().mode() & 0o077 != 0 {
            let closed = fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700));
            closed.map_err(|error| JournalError::cannot("close the folder to others", &self.folder, error))?;
        }
        Ok(())
    }

    /// Waits for the right to append, two seconds at most. It is given back when the file is dropped.
    pub fn lock(&self) -> Result<File, JournalError> {
        let path = self.folder.join(format!("{}.lock", self.profile));
        let open = || open_private(&path, true).map_err(|error| JournalError::cannot("open", &path, error));
        let mut file = open()?;
        for _ in 0..TRIES {
            match file.try_lock() {
                // A lock on a file that somebody has removed since keeps nobody out.
                Ok(()) if is_at(&file, &path) => return Ok(file),
                Ok(()) => file = open()?,
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(fs::TryLockError::Error(error)) => return Err(JournalError::cannot("lock", &path, error)),
            }
        }
        Err(JournalError::Busy(path))
    }

    /// Earlier months, oldest first.
    pub fn archives(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            if let Some(key) = entry.file_name().to_str().and_then(|name| archive_key(name, &self.profile)) {
                found.push((key, entry.path()));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }

    /// Moves the current file away under the name of its month. Only with the lock.
    pub fn archive(&self, month: &str) -> Result<PathBuf, JournalError> {
        let current = self.current();
        let mut to = self.folder.join(format!("{}-{month}.jsonl", self.profile));
        let mut number = 2;
        while to.symlink_metadata().is_ok() {
            to = self.folder.join(format!("{}-{month}-{number}.jsonl", self.profile));
            number += 1;
        }
        fs::rename(&current, &to).map_err(|error| JournalError::cannot("put away", &current, error))?;
        self.sync_folder()?;
        Ok(to)
    }

    /// Makes names that were made or changed last.
    pub fn sync_folder(&self) -> Result<(), JournalError> {
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| JournalError::cannot("sync the folder", &self.folder, error))
    }

    /// Opens the current file for appending, made when it is not there.
    pub fn open_current(&self) -> Result<File, JournalError> {
        let path = self.current();
        let new = path.symlink_metadata().is_err();
        let file = open_private(&path, true).map_err(|error| JournalError::cannot("open", &path, error))?;
        if new {
            self.sync_folder()?;
        }
        Ok(file)
    }
}

/// Whether an open file is the one that its path names.
pub fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Opens an ordinary file of ours alone, following no link. Everything is checked on the open file.
pub fn open_private(path: &Path, create: bool) -> io::Result<File> {
    let mut flags = OFlags::RDWR | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    if create {
        flags |= OFlags::CREATE;
    }
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

/// Whether a profile's name could be taken for that of another's earlier month.
fn has_month(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    parts.windows(2).any(|pair| is_month(pair[0], pair[1]))
}

fn is_month(year: &str, month: &str) -> bool {
    let digits = |text: &str, long: usize| text.len() == long && text.bytes().all(|b| b.is_ascii_digit());
    digits(year, 4) && digits(month, 2)
}

/// Month and number of an archive of this profile, by its name.
fn archive_key(name: &str, profile: &str) -> Option<(String, u32)> {
    let rest = name.strip_prefix(profile)?.strip_prefix('-')?.strip_suffix(".jsonl")?;
    let mut parts = rest.split('-');
    let (year, month) = (parts.next()?, parts.next()?);
    let number = match parts.next() {
        None => 1,
        Some(number) => number.parse().ok()?,
    };
    (is_month(year, month) && parts.next().is_none()).then(|| (format!("{year}-{month}"), number))
}
