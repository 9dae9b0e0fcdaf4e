//! The lines of a journal as they stand, one after the other, for a log somewhere else. Reads alone, and takes no lock: a
//! line is there when its end is.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, FileStatus};
use super::files::Files;
use super::line::{self, GENESIS};
use super::{JournalError, folder_of};

/// A line as it stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Its number; `None` where it is no line of a journal.
    pub seq: Option<u64>,
    /// Empty where lines that were there are gone.
    pub text: String,
    /// Whether it has the hash that it claims, and names the line before.
    pub is_whole: bool,
}

/// Goes through a journal from a line on, and on with what is appended.
#[derive(Debug)]
pub struct Follow {
    disk: Arc<dyn Disk>,
    files: Files,
    /// Number and hash of the last line that was read; `None` before the first.
    last: Option<(u64, String)>,
    /// Those of all lines that were read.
    given: HashSet<(u64, String)>,
    /// A line did not follow from the one before it.
    is_broken: bool,
    /// Lines up to this one are not given out.
    after: u64,
    /// The file that is being written, and how far it was read.
    current: Option<(FileStatus, u64)>,
}

impl Follow {
    /// The journal `stem` (a profile, or one of its other journals) under the state folder, behind the line `after`; 0 for
    /// all of it.
    pub fn new(state: &Path, stem: &str, after: u64) -> Result<Follow, JournalError> {
        let profile = stem.split_once('~').map_or(stem, |(profile, _)| profile);
        let disk: Arc<dyn Disk> = Arc::new(folder_of(state));
        let files = names(&*disk).map(|names| Files::all_of(profile, &names))?;
        let chosen = files.into_iter().find(|files| files.stem() == stem);
        let files = chosen.ok_or_else(|| JournalError::Profile(stem.to_owned()))?;
        Ok(Follow { disk, files, last: None, given: HashSet::new(), is_broken: false, after, current: None })
    }

    /// All journals of a profile, by their stems; the first one always among them.
    pub fn all_of(state: &Path, profile: &str) -> Result<Vec<String>, JournalError> {
        let names = names(&folder_of(state))?;
        Ok(Files::all_of(profile, &names).iter().map(|files| files.stem().to_owned()).collect())
    }

    /// What has come since the last call.
    pub fn come(&mut self) -> Result<Vec<Followed>, JournalError> {
        let name = self.files.current();
        let now = self.disk.status(&name).map_err(|error| self.cannot(&name, error))?;
        let goes_on = match (&self.current, &now) {
            (Some((before, read)), Some(now)) => before.id == now.id && now.len >= *read,
            (None, _) | (_, None) => false,
        };
        let mut found = Vec::new();
        // What was there is gone, or is less than it was.
        let is_less = match (&self.current, &now) {
            (Some((before, read)), Some(now)) => before.id == now.id && now.len < *read,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if is_less {
            self.is_broken = true;
            found.push(Followed { seq: None, text: String::new(), is_whole: false });
        }
        if !goes_on {
            // Another file under the same name, a shorter one, or the first look: what was given out already is left out.
            let names = names(&*self.disk)?;
            for archive in self.files.archives(&names) {
                let bytes = self.disk.read(&archive, 0).map_err(|error| self.cannot(&archive, error))?;
                self.take(&bytes, &mut found);
            }
            self.current = now.map(|now| (now, 0));
        }
        if let Some((_, read)) = self.current {
            let bytes = self.disk.read(&name, read).map_err(|error| self.cannot(&name, error))?;
            let whole = self.take(&bytes, &mut found);
            if let (Some((status, read)), Some(now)) = (&mut self.current, now) {
                (*status, *read) = (now, *read + whole);
            }
        }
        Ok(found)
    }

    /// Takes the whole lines of what was read; how many bytes they are.
    fn take(&mut self, bytes: &[u8], found: &mut Vec<Followed>) -> u64 {
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for text in bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(text);
            if !text.trim_matches('\0').is_empty() {
                self.line(&text, found);
            }
        }
        whole as u64
    }

    fn line(&mut self, text: &str, found: &mut Vec<Followed>) {
        let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let seq = value.get("seq").and_then(serde_json::Value::as_u64);
        let Some(number) = seq else {
            found.push(Followed { seq, text: text.to_owned(), is_whole: false });
            return;
        };
        let prev = value.get("prev").and_then(serde_json::Value::as_str).unwrap_or_default();
        let claimed = line::claimed_hash(text);
        let hash = claimed.map_or_else(|| line::hash_of(text.as_bytes()), |(hash, _)| hash.to_owned());
        // Read once more, from a file that has another name now.
        if self.given.contains(&(number, hash.clone())) {
            self.last = Some((number, hash));
            return;
        }
        let follows = match &self.last {
            Some((_, last_hash)) => prev == last_hash,
            None => number == 1 && prev == GENESIS,
        };
        let is_whole = follows && claimed.is_none_or(|(_, fits)| fits);
        self.given.insert((number, hash.clone()));
        self.last = Some((number, hash));
        // What comes behind a break is told whatever its number: the log elsewhere cannot have it.
        self.is_broken |= !is_whole;
        if number > self.after || self.is_broken {
            found.push(Followed { seq, text: text.to_owned(), is_whole });
        }
    }

    /// Number of the last line that was read; 0 before the first.
    pub fn last(&self) -> u64 {
        self.last.as_ref().map_or(0, |(number, _)| *number)
    }

    /// Where the journal's current file is.
    pub fn path(&self) -> PathBuf {
        self.disk.path(&self.files.current())
    }

    fn cannot(&self, name: &str, error: std::io::Error) -> JournalError {
        JournalError::cannot("read", self.disk.path(name), error)
    }
}

fn names(disk: &dyn Disk) -> Result<Vec<String>, JournalError> {
    disk.names().map_err(|error| JournalError::cannot("list", disk.path(""), error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, OpenOptions};
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    fn append(path: &Path, text: &str) {
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// A line that follows another.
    fn made(seq: u64, prev: &str) -> (String, String) {
        let body = format!("{{\"v\":1,\"seq\":{seq},\"prev\":\"{prev}\"}}");
        let hash = line::hash_of(body.as_bytes());
        (format!("{},\"hash\":\"{hash}\"}}", body.trim_end_matches('}')), hash)
    }

    fn chain(many: u64) -> Vec<String> {
        let mut prev = GENESIS.to_owned();
        let lines = (1..=many).map(|seq| {
            let (text, hash) = made(seq, &prev);
            prev = hash;
            text
        });
        lines.collect()
    }

    fn seqs(found: &[Followed]) -> Vec<(Option<u64>, bool)> {
        found.iter().map(|one| (one.seq, one.is_whole)).collect()
    }

    #[test]
    fn lines_are_given_out_once_over_months_and_half_lines() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("journal");
        fs::create_dir(&folder).unwrap();
        let lines = chain(5);
        let current = folder.join("shop.jsonl");
        let mut follow = Follow::new(state.path(), "shop", 0).unwrap();
        assert_eq!(follow.come().unwrap(), [], "there is none yet");
        let append = |text: &str| append(&current, text);
        append(&format!("{}\n{}", lines[0], &lines[1][..20]));
        assert_eq!(seqs(&follow.come().unwrap()), [(Some(1), true)]);
        append(&format!("{}\n", &lines[1][20..]));
        assert_eq!(seqs(&follow.come().unwrap()), [(Some(2), true)]);
        // A line before the month ends that was not seen, and one of the new month.
        append(&format!("{}\n", lines[2]));
        fs::rename(&current, folder.join("shop-2026-10.jsonl")).unwrap();
        append(&format!("{}\n", lines[3]));
        let found = follow.come().unwrap();
        assert_eq!(seqs(&found), [(Some(3), true), (Some(4), true)]);
        assert_eq!(found[1].text, lines[3], "as it stands");
        assert_eq!(follow.come().unwrap(), []);
        // From a line on.
        let mut later = Follow::new(state.path(), "shop", 3).unwrap();
        assert_eq!(seqs(&later.come().unwrap()), [(Some(4), true)]);
    }

    #[test]
    fn what_breaks_the_chain_is_marked() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("journal");
        fs::create_dir(&folder).unwrap();
        let lines = chain(4);
        let changed = lines[2].replace("\"v\":1", "\"v\":2");
        let text = [&lines[0], &lines[1], &changed, &lines[3]].map(|line| format!("{line}\n")).concat();
        append(&folder.join("shop.jsonl"), &text);
        let found = Follow::new(state.path(), "shop", 0).unwrap().come().unwrap();
        assert_eq!(seqs(&found), [(Some(1), true), (Some(2), true), (Some(3), false), (Some(4), true)]);
        fs::remove_file(folder.join("shop.jsonl")).unwrap();
        append(&folder.join("shop.jsonl"), &format!("{}\n{}\nrubbish\n", lines[0], lines[2]));
        let found = Follow::new(state.path(), "shop", 0).unwrap().come().unwrap();
        assert_eq!(seqs(&found), [(Some(1), true), (Some(3), false), (None, false)]);
        assert!(Follow::new(state.path(), "shop~12345678", 0).is_err());
        // Its beginning is missing.
        fs::remove_file(folder.join("shop.jsonl")).unwrap();
        append(&folder.join("shop.jsonl"), &format!("{}\n{}\n", lines[1], lines[2]));
        let found = Follow::new(state.path(), "shop", 0).unwrap().come().unwrap();
        assert_eq!(seqs(&found), [(Some(2), false), (Some(3), true)]);
    }

    #[test]
    fn what_is_put_in_or_taken_away_while_it_is_followed_is_told() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("journal");
        fs::create_dir(&folder).unwrap();
        let file = folder.join("shop.jsonl");
        let lines = chain(5);
        append(&file, &lines.iter().take(4).map(|line| format!("{line}\n")).collect::<String>());
        let mut follow = Follow::new(state.path(), "shop", 0).unwrap();
        assert_eq!(follow.come().unwrap().len(), 4);
        // A line with a number that was had, and another text.
        let forged = made(2, GENESIS).0;
        append(&file, &format!("{forged}\n"));
        assert_eq!(seqs(&follow.come().unwrap()), [(Some(2), false)]);
        // Cut, and written on with others.
        OpenOptions::new().write(true).open(&file).unwrap().set_len(lines[0].len() as u64 + 1).unwrap();
        append(&file, &format!("{}\n", made(2, "x").0));
        assert_eq!(seqs(&follow.come().unwrap()), [(None, false), (Some(2), false)]);
        fs::remove_file(&file).unwrap();
        assert_eq!(seqs(&follow.come().unwrap()), [(None, false)]);
        append(&file, &format!("{}\n", made(1, "y").0));
        assert_eq!(seqs(&follow.come().unwrap()), [(Some(1), false)]);
    }
}
