//! The log: what was asked of the API and how it went, for whoever has to find out later why something did not.
//!
//! ```text
//!   STATE/log/                0700
//!     fourpay.log             0600   2026-11-25T06:40:11.123Z 4711 GET /api/v2/accounts/{account}/cards 200 34 ms
//!     fourpay.log.1 … .4             older ones, a megabyte each
//! ```
//!
//! Methods, path templates, codes, durations and references of intents: no id of anybody, no query, no header, no
//! body, no name, no amount. A card number that came here all the same keeps its last four digits (D4). One for the
//! process, as standard error is; without a folder, or when it cannot be written, nothing is logged and nothing
//! else changes.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use chrono::SecondsFormat;

use super::clock;
use crate::api::Exchange;
use crate::domain::text::SafeText;
use crate::files;

/// Bytes after which a new file is begun.
const LARGEST: u64 = 1 << 20;
/// Older files that are kept.
const KEPT: u32 = 4;

static LOG: OnceLock<Log> = OnceLock::new();

/// Where the log of a state folder is.
pub fn place(state_folder: &Path) -> PathBuf {
    state_folder.join("log").join("fourpay.log")
}

/// Begins to log into the state folder.
pub fn open(state_folder: &Path) {
    let log = Log::new(place(state_folder));
    log.write(&format!("started, version {}", env!("CARGO_PKG_VERSION")));
    let _ = LOG.set(log);
}

/// Writes a line.
pub fn write(words: &str) {
    if let Some(log) = LOG.get() {
        log.write(words);
    }
}

/// Writes down a request and how it went.
pub fn exchange(seen: &Exchange) {
    write(&words(seen));
}

fn words(seen: &Exchange) -> String {
    let Exchange { method, path, status, failed, took } = seen;
    let status = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let failed = failed.map_or_else(String::new, |kind| format!(" {}", kind.word()));
    format!("{method} {path} {status} {} ms{failed}", took.as_millis())
}

struct Log {
    path: PathBuf,
    /// The open file, and how long it is.
    file: Mutex<Option<(File, u64)>>,
}

impl Log {
    fn new(path: PathBuf) -> Log {
        Log { path, file: Mutex::new(None) }
    }

    fn write(&self, words: &str) {
        // A line that cannot be written is missed by nobody who could do something about it now.
        let _ = self.append(words);
    }

    fn append(&self, words: &str) -> io::Result<()> {
        let at = clock::wall().to_rfc3339_opts(SecondsFormat::Millis, true);
        // One line, and no card number in it.
        let line = format!("{at} {} {}\n", std::process::id(), SafeText::prose(words));
        let mut held = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_none_or(|(_, length)| *length >= LARGEST) {
            *held = None;
            *held = Some(self.next()?);
        }
        let Some((file, length)) = held.as_mut() else { return Ok(()) };
        file.write_all(line.as_bytes())?;
        *length += line.len() as u64;
        Ok(())
    }

    /// The file to write to: a new one when the last is full.
    fn next(&self) -> io::Result<(File, u64)> {
        files::make_private_folder(self.path.parent().unwrap_or(Path::new(".")))?;
        if std::fs::metadata(&self.path).is_ok_and(|data| data.len() >= LARGEST) {
            let older = |number: u32| PathBuf::from(format!("{}.{number}", self.path.display()));
            for number in (1..KEPT).rev() {
                let _ = std::fs::rename(older(number), older(number + 1));
            }
            std::fs::rename(&self.path, older(1))?;
        }
        // A pipe in its place would wait for whoever reads it.
        let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
        let file = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(&self.path)?;
        let data = file.metadata()?;
        match data.is_file() {
            true => Ok((file, data.len())),
            false => Err(io::Error::other("it is no ordinary file")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::failure::FailureKind;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    #[test]
    fn d4_a_line_has_a_template_a_code_and_a_time_and_no_card_number() {
        let seen = Exchange {
            method: "GET",
            path: "/api/v2/accounts/{account}/cards/{card}/sensitive",
            status: Some(502),
            failed: Some(FailureKind::Upstream),
            took: Duration::from_millis(34),
        };
        assert_eq!(words(&seen), "GET /api/v2/accounts/{account}/cards/{card}/sensitive 502 34 ms upstream");
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(place(folder.path()));
        log.write("card 4539578763621486\nand \x1b]52;c;x\x07");
        let text = std::fs::read_to_string(place(folder.path())).unwrap();
        assert_eq!(text.lines().count(), 1, "{text:?}");
        assert!(text.contains("1486") && !text.contains("45395787") && !text.contains('\x1b'), "{text:?}");
    }

    #[test]
    fn a_pipe_in_its_place_keeps_nobody_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let path = place(folder.path());
        files::make_private_folder(path.parent().unwrap()).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let log = Log::new(path.clone());
        let (to, done) = std::sync::mpsc::channel();
        std::thread::spawn(move || to.send(log.append("a line").is_err()));
        assert_eq!(done.recv_timeout(Duration::from_secs(5)), Ok(true));
    }

    #[test]
    fn s3_it_is_private_and_older_files_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = place(folder.path());
        let log = Log::new(path.clone());
        let long = "x".repeat(150);
        // Seven files' worth, of which five are kept.
        for _ in 0..(7 * LARGEST / 200) {
            log.write(&long);
        }
        let files: Vec<PathBuf> =
            std::fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1 + KEPT as usize, "{files:?}");
        for file in &files {
            let data = std::fs::metadata(file).unwrap();
            assert_eq!(data.permissions().mode() & 0o777, 0o600);
            assert!(data.len() < LARGEST + 1000);
        }
        assert_eq!(std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
