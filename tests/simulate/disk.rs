//! The disk of a world: files in memory that can fail, tear, shrink, go and come back, and a lock that somebody else
//! may hold. Each program has a view of its own, which ends with it.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use fourpay::ops::journal::disk::{Disk, FileStatus, Lock};

use super::clocks::Clocks;

#[derive(Clone, Debug, Default)]
struct File {
    id: u64,
    bytes: Vec<u8>,
}

/// Where a program is stopped for good, at its next journal line of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The intent is on the disk, the word that it is sent is not.
    Recorded,
    /// Nothing has left yet.
    Sent,
    /// Half of the line is on the disk.
    TornSent,
    /// The answer has come and is not written down.
    Answered,
}

#[derive(Debug, Default)]
pub struct State {
    files: BTreeMap<String, File>,
    ids: u64,
    /// Until then, in milliseconds of true time, nothing can be written.
    pub fails_until: u64,
    /// What fails leaves half a line behind.
    pub tears: bool,
    /// Until then somebody else holds the lock.
    pub locked_until: u64,
    /// Counts lines.
    pub appends: u64,
    /// When each intent was written down as sent first, in true time, by its reference as text.
    pub sent_at: BTreeMap<String, u64>,
}

/// One folder.
#[derive(Clone, Debug)]
pub struct Folder {
    pub name: &'static str,
    clocks: &'static Clocks,
    state: Arc<Mutex<State>>,
}

impl Folder {
    pub fn new(name: &'static str, clocks: &'static Clocks) -> Folder {
        Folder { name, clocks, state: Arc::default() }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a disk")
    }

    /// The view of one program.
    pub fn of(&self, life: &Arc<Life>) -> Arc<dyn Disk> {
        Arc::new(View { folder: self.clone(), life: Arc::clone(life) })
    }

    pub fn names(&self) -> Vec<String> {
        self.state().files.keys().cloned().collect()
    }

    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.state().files.get(name).map(|file| file.bytes.clone())
    }

    /// Puts a file there from outside; it is another file than the one that was there.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.state();
        state.ids += 1;
        let id = state.ids;
        state.files.insert(name.to_owned(), File { id, bytes });
    }

    /// Changes a file in its place, from outside.
    pub fn change(&self, name: &str, work: impl FnOnce(&mut Vec<u8>)) {
        if let Some(file) = self.state().files.get_mut(name) {
            work(&mut file.bytes);
        }
    }

    pub fn remove(&self, name: &str) {
        self.state().files.remove(name);
    }

    pub fn remove_all(&self) {
        self.state().files.clear();
    }
}

/// Whether a program still runs, and where it is to be stopped.
#[derive(Debug, Default)]
pub struct Life {
    ended: AtomicBool,
    stop: Mutex<Option<Stop>>,
}

impl Life {
    pub fn is_over(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    pub fn stop_at(&self, stop: Stop) {
        *self.stop.lock().expect("a life") = Some(stop);
    }

    fn stop(&self) -> Option<Stop> {
        *self.stop.lock().expect("a life")
    }
}

#[derive(Debug)]
struct View {
    folder: Folder,
    life: Arc<Life>,
}

impl View {
    fn live(&self) -> io::Result<MutexGuard<'_, State>> {
        // A program that was killed writes nothing more, whatever of it still runs.
        if self.life.is_over() {
            return Err(io::Error::other("the program was killed"));
        }
        Ok(self.folder.state())
    }

    /// What stands in a line: its reference and the stage it says.
    fn said(bytes: &[u8]) -> Option<(String, &'static str)> {
        let text = std::str::from_utf8(bytes).ok()?;
        let at = text.find("\"fp-")?;
        let reference = text.get(at + 1..at + 14)?.to_owned();
        // An emergency line says both at once: then it was sent.
        let stages = ["sent", "recorded", "accepted", "refused", "unknown", "not_sent"];
        let word = stages.into_iter().find(|stage| text.contains(&format!("\"step\":\"{stage}\"")))?;
        Some((reference, word))
    }
}

impl Disk for View {
    fn prepare(&self) -> io::Result<()> {
        drop(self.live()?);
        Ok(())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.live()?.files.keys().cloned().collect())
    }

    fn status(&self, name: &str) -> io::Result<Option<FileStatus>> {
        let state = self.live()?;
        Ok(state.files.get(name).map(|file| {
            // Another content was written at another time.
            let mut hasher = std::hash::DefaultHasher::new();
            file.bytes.hash(&mut hasher);
            let modified = (hasher.finish() as i64, 0);
            FileStatus { len: file.bytes.len() as u64, id: (1, file.id), modified }
        }))
    }

    fn read(&self, name: &str, from: u64) -> io::Result<Vec<u8>> {
        let state = self.live()?;
        let file = state.files.get(name).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(file.bytes.get(from as usize..).unwrap_or_default().to_vec())
    }

    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let said = View::said(bytes);
        let stop = self.life.stop().filter(|_| name.ends_with(".jsonl"));
        let now = self.folder.clocks.ms();
        let mut state = self.live()?;
        if now < state.fails_until && !bytes.is_empty() {
            if state.tears && name.ends_with(".jsonl") && state.files.contains_key(name) {
                let half = bytes.len() / 2;
                if let Some(file) = state.files.get_mut(name) {
                    file.bytes.extend_from_slice(&bytes[..half]);
                }
            }
            return Err(io::Error::other("no space left on device"));
        }
        let word = said.as_ref().map(|(_, word)| *word);
        let (cut, ends) = match (stop, word) {
            (Some(Stop::Recorded), Some("recorded")) => (bytes.len(), true),
            (Some(Stop::Sent), Some("sent")) => (bytes.len(), true),
            (Some(Stop::TornSent), Some("sent")) => (bytes.len() / 2, true),
            (Some(Stop::Answered), Some("accepted" | "refused" | "unknown")) => (0, true),
            _ => (bytes.len(), false),
        };
        state.ids += 1;
        let id = state.ids;
        let file = state.files.entry(name.to_owned()).or_insert(File { id, bytes: Vec::new() });
        file.bytes.extend_from_slice(&bytes[..cut]);
        if let (Some((reference, "sent")), true) = (&said, cut == bytes.len()) {
            state.sent_at.entry(reference.clone()).or_insert(now);
        }
        if !bytes.is_empty() {
            state.appends += 1;
        }
        if ends {
            self.life.end();
            return Err(io::Error::other("the program was killed"));
        }
        Ok(())
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        let now = self.folder.clocks.ms();
        let mut state = self.live()?;
        if now < state.fails_until {
            return Err(io::Error::other("input/output error"));
        }
        let file = state.files.get_mut(name).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        file.bytes.truncate(len as usize);
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.live()?;
        let file = state.files.remove(from).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        state.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let now = self.folder.clocks.ms();
        let mut state = self.live()?;
        if now < state.fails_until {
            return Err(io::Error::other("no space left on device"));
        }
        state.ids += 1;
        let id = state.ids;
        state.files.insert(name.to_owned(), File { id, bytes: bytes.to_vec() });
        Ok(())
    }

    fn lock(&self, _: &str, _: Duration) -> io::Result<Option<Lock>> {
        let now = self.folder.clocks.ms();
        let state = self.live()?;
        Ok((now >= state.locked_until).then(|| Lock::new(())))
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("/").join(self.folder.name).join(name)
    }

    fn is_instant(&self) -> bool {
        true
    }
}
