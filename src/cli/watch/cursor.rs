//! What a watch has told already, in a file: a line for each word about an event, appended and synced.
//!
//! An event is `begun` before it is told and `told` afterwards. What is begun and not told when a watch starts is told once
//! more, as repeated. Lines of rows that are older than what is looked at are dropped at the start.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::transaction::Feed;
use crate::files;

/// Largest file that is read, in bytes: a quarter of a million events of the days that are looked at.
const LARGEST: u64 = 64 * 1024 * 1024;
const VERSION: u32 = 1;

/// A line of the file. Moments are milliseconds of Unix time.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum Line {
    /// The first one: whose cursor it is.
    Watch { version: u32, address: String, filter: String, since_ms: i64 },
    /// A feed was read once: what comes up from now on is new. Where it did not come whole, what is dated before the watch
    /// began is not.
    Read { feed: String, whole: bool },
    /// It was there before the watch began; or it was told.
    Told { row: String, status: String, at_ms: Option<i64> },
    /// It is being told.
    Begun { event: String },
}

/// Why a cursor cannot be used.
#[derive(Debug)]
pub enum Refused {
    /// Another watch holds it.
    Busy(PathBuf),
    /// It is of another address or filter: what, and what it is there.
    Other(&'static str, String),
    Unreadable(PathBuf, String),
    Io(PathBuf, io::Error),
}

/// What was told, and whether what was begun has been.
pub struct Cursor {
    path: PathBuf,
    file: File,
    /// Held as long as the watch runs.
    _lock: File,
    /// Rows and the statuses they were told with, the newest last.
    told: HashMap<String, Vec<String>>,
    begun: HashSet<String>,
    /// Names of feeds that were read once, and whether they came whole.
    read: HashMap<String, bool>,
    /// When the watch was begun the first time: what is dated earlier was there before it.
    pub since: DateTime<Utc>,
    /// It was begun just now.
    pub is_new: bool,
}

/// What a feed is called.
pub fn named(feed: Feed) -> &'static str {
    match feed {
        Feed::Cards => "cards",
        Feed::Accounts => "accounts",
    }
}

/// A feed's row, told apart from one of the other feed with the same id.
pub fn row(feed: Feed, id: &str) -> String {
    format!("{}/{}", named(feed), escaped(id))
}

/// A row with a status: the same event however often it is told.
pub fn event(row: &str, status: &str) -> String {
    format!("{row}/{}", escaped(status))
}

/// A part of an event's id: a slash in it is none between parts.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('/', "%2F")
}

impl Cursor {
    /// Opens the cursor of a name, or begins it; what is older than `oldest` is forgotten.
    pub fn open(
        folder: &Path,
        name: &str,
        (address, filter): (&str, &str),
        since: DateTime<Utc>,
        oldest: DateTime<Utc>,
    ) -> Result<Cursor, Refused> {
        let path = folder.join(format!("watch-{name}.jsonl"));
        let fails = |error| Refused::Io(path.clone(), error);
        files::make_private_folder(folder).map_err(fails)?;
        let lock = open(&folder.join(format!("watch-{name}.lock"))).map_err(fails)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Refused::Busy(path)),
            Err(TryLockError::Error(error)) => return Err(Refused::Io(path, error)),
        }
        let bytes = match files::read_private_bytes(&path, LARGEST) {
            Ok(bytes) => Some(bytes),
            Err(files::Refused::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => None,
            Err(why) => return Err(Refused::Unreadable(path, why.to_string())),
        };
        let mut since = since;
        let mut lines = Vec::new();
        let is_new = bytes.is_none();
        let bytes = bytes.as_deref().map_or(&[][..], Vec::as_slice);
        // A line that was cut off by a crash was not acted upon.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        let texts = bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').filter(|text| !text.is_empty());
        for (at, line) in texts.enumerate() {
            match serde_json::from_slice(line) {
                Ok(line) => lines.push(line),
                Err(why) => return Err(Refused::Unreadable(path, format!("line {}: {why}", at + 1))),
            }
        }
        let (mut begun, mut read, mut times) = (HashSet::new(), HashMap::new(), HashMap::new());
        let mut told: HashMap<String, Vec<String>> = HashMap::new();
        for line in lines {
            match line {
                Line::Watch { address: theirs, filter: of, since_ms, .. } => {
                    if theirs != address {
                        return Err(Refused::Other("address", theirs));
                    }
                    if of != filter {
                        return Err(Refused::Other("filter", of));
                    }
                    since = DateTime::from_timestamp_millis(since_ms).unwrap_or(since);
                }
                Line::Read { feed, whole } => drop(read.insert(feed, whole)),
                Line::Begun { event } => drop(begun.insert(event)),
                Line::Told { row, status, at_ms } => {
                    begun.remove(&event(&row, &status));
                    times.insert(row.clone(), at_ms.and_then(DateTime::from_timestamp_millis));
                    told.entry(row).or_default().push(status);
                }
            }
        }
        told.retain(|row, _| times.get(row).copied().flatten().is_none_or(|at| at >= oldest));
        let mut kept = vec![Line::Watch {
            version: VERSION,
            address: address.into(),
            filter: filter.into(),
            since_ms: since.timestamp_millis(),
        }];
        kept.extend(read.iter().map(|(feed, whole)| Line::Read { feed: feed.clone(), whole: *whole }));
        let statuses = told.iter().flat_map(|(row, all)| all.iter().map(move |status| (row, status)));
        kept.extend(statuses.map(|(row, status)| Line::Told {
            row: row.clone(),
            status: status.clone(),
            at_ms: times.get(row).copied().flatten().map(|at| at.timestamp_millis()),
        }));
        kept.extend(begun.iter().map(|event| Line::Begun { event: event.clone() }));
        let bytes: Vec<u8> = kept.iter().filter_map(written).collect::<Vec<String>>().concat().into_bytes();
        files::write_private(&path, &bytes).map_err(fails)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(fails)?;
        Ok(Cursor { path, file, _lock: lock, told, begun, read, since, is_new })
    }

    /// Whether a feed was read once.
    pub fn has_read(&self, feed: Feed) -> bool {
        self.read.contains_key(named(feed))
    }

    /// Whether it came whole then.
    pub fn has_read_whole(&self, feed: Feed) -> bool {
        self.read.get(named(feed)) == Some(&true)
    }

    /// The status a row was told with last, or had when the watch began.
    pub fn status(&self, row: &str) -> Option<&str> {
        self.told.get(row).and_then(|all| all.last()).map(String::as_str)
    }

    /// Whether a row was told with a status.
    pub fn has_told(&self, row: &str, status: &str) -> bool {
        self.told.get(row).is_some_and(|all| all.iter().any(|told| told == status))
    }

    /// Whether an event was begun by a watch that ended before it was told.
    pub fn is_begun(&self, event: &str) -> bool {
        self.begun.contains(event)
    }

    /// A feed was read; these rows were there before the watch began.
    pub fn first_read(
        &mut self,
        (feed, whole): (Feed, bool),
        rows: Vec<(String, String, Option<DateTime<Utc>>)>,
    ) -> io::Result<()> {
        let mut text = String::new();
        for (row, status, at) in &rows {
            text.extend(written(&Line::Told {
                row: row.clone(),
                status: status.clone(),
                at_ms: at.map(|at| at.timestamp_millis()),
            }));
        }
        text.extend(written(&Line::Read { feed: named(feed).to_owned(), whole }));
        self.append(&text)?;
        rows.into_iter().for_each(|(row, status, _)| self.told.entry(row).or_default().push(status));
        self.read.insert(named(feed).to_owned(), whole);
        Ok(())
    }

    /// An event is about to be told.
    pub fn begin(&mut self, event: &str) -> io::Result<()> {
        if self.begun.contains(event) {
            return Ok(());
        }
        self.append(&written(&Line::Begun { event: event.to_owned() }).unwrap_or_default())?;
        self.begun.insert(event.to_owned());
        Ok(())
    }

    /// It was told. Where that cannot be written it comes once more after the next start, and not before.
    pub fn tell(&mut self, row: &str, status: &str, at: Option<DateTime<Utc>>) -> io::Result<()> {
        self.begun.remove(&event(row, status));
        self.told.entry(row.to_owned()).or_default().push(status.to_owned());
        let at_ms = at.map(|at| at.timestamp_millis());
        self.append(&written(&Line::Told { row: row.to_owned(), status: status.to_owned(), at_ms }).unwrap_or_default())
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        let appended = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        if appended.is_err() {
            // Half a line must not stand before the next one.
            drop(self.file.set_len(length));
        }
        appended
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
}

fn written(line: &Line) -> Option<String> {
    serde_json::to_string(line).ok().map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: (&str, &str) = ("http://here", "declined");

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    fn opened(folder: &Path) -> Result<Cursor, Refused> {
        Cursor::open(folder, "one", WHO, at(0), at(-100))
    }

    #[test]
    fn what_was_begun_and_not_told_is_known_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let mut cursor = opened(folder.path()).unwrap();
        cursor.first_read((Feed::Cards, true), vec![(row(Feed::Cards, "a"), "pending".into(), Some(at(-50)))]).unwrap();
        for id in ["b", "c"] {
            cursor.begin(&event(&row(Feed::Cards, id), "declined")).unwrap();
        }
        cursor.tell(&row(Feed::Cards, "b"), "declined", Some(at(5))).unwrap();
        assert!(matches!(opened(folder.path()), Err(Refused::Busy(_))), "two at once");
        drop(cursor);
        // A crash in the middle of a line.
        let path = folder.path().join("watch-one.jsonl");
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"what\":\"told\",\"ro").unwrap();
        let cursor = opened(folder.path()).unwrap();
        assert_eq!(cursor.status("cards/a"), Some("pending"));
        assert_eq!(cursor.status("cards/b"), Some("declined"));
        assert!(cursor.is_begun("cards/c/declined") && !cursor.is_begun("cards/b/declined"));
        assert!(cursor.has_read(Feed::Cards) && !cursor.has_read(Feed::Accounts));
    }

    #[test]
    fn no_two_events_have_one_id() {
        let of = |id, status| event(&row(Feed::Cards, id), status);
        assert_eq!(of("t-1", "declined"), "cards/t-1/declined");
        assert_ne!(of("a/b", "c"), of("a", "b/c"));
        assert_ne!(of("a%2Fb", "c"), of("a/b", "c"));
    }

    /// A feed that did not come whole at first does once it can: what is known by then is new from then on.
    #[test]
    fn each_status_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut cursor = opened(folder.path()).unwrap();
        cursor.first_read((Feed::Cards, false), vec![("cards/a".into(), "pending".into(), Some(at(-5)))]).unwrap();
        assert!(cursor.has_read(Feed::Cards) && !cursor.has_read_whole(Feed::Cards));
        cursor.first_read((Feed::Cards, true), Vec::new()).unwrap();
        cursor.tell("cards/a", "declined", Some(at(-5))).unwrap();
        drop(cursor);
        let cursor = opened(folder.path()).unwrap();
        assert!(cursor.has_read_whole(Feed::Cards) && !cursor.is_new);
        assert!(cursor.has_told("cards/a", "pending") && cursor.has_told("cards/a", "declined"));
        assert_eq!(cursor.status("cards/a"), Some("declined"));
    }

    #[test]
    fn old_rows_are_forgotten_and_others_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut cursor = opened(folder.path()).unwrap();
        cursor.tell("cards/old", "completed", Some(at(-500))).unwrap();
        cursor.tell("cards/undated", "completed", None).unwrap();
        drop(cursor);
        let cursor = opened(folder.path()).unwrap();
        assert_eq!((cursor.status("cards/old"), cursor.status("cards/undated")), (None, Some("completed")));
        drop(cursor);
        let other = |address, filter| Cursor::open(folder.path(), "one", (address, filter), at(0), at(-100));
        assert!(matches!(other("http://there", "declined"), Err(Refused::Other("address", _))));
        assert!(matches!(other("http://here", "frozen"), Err(Refused::Other("filter", _))));
        std::fs::write(folder.path().join("watch-one.jsonl"), "{}\n{}\n").unwrap();
        assert!(matches!(opened(folder.path()), Err(Refused::Unreadable(..))));
    }
}
