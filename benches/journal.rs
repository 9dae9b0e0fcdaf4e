//! Opening a journal: what a start waits for before the first act, by how much was written.
//!
//! `cargo bench --bench journal` makes a journal of 200,000 lines once, as this program writes it, and opens it again and
//! again: read whole, each line's hash checked, compared with its head. The lines are 50,000 top ups with four steps each,
//! which a program of the first version reads too, so that the same file measures both.
//!
//! With `FOURPAY_BENCH_KEEP=FOLDER` the state folder is made there and left.

#![allow(clippy::disallowed_methods, reason = "a bench asks its environment")]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use divan::Bencher;
use fourpay::domain::card::LastFour;
use fourpay::domain::ids::{AccountId, CardId, TransactionId};
use fourpay::domain::intent::lifecycle::{Evidence, Receipt, Step};
use fourpay::domain::intent::{Act, Before, CardAt, Intent, Reference};
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::text::SafeText;
use fourpay::ops::journal::disk::{Disk, FileStatus, Folder, Lock};
use fourpay::ops::journal::{Book, Record};
use fourpay::ops::{Journal, JournalError, origin};
use rust_decimal::Decimal;

/// Steps of an act.
const STEPS: usize = 4;

fn main() {
    divan::main();
}

/// A disk in memory, for making a journal: syncing 200,000 lines would take minutes.
#[derive(Debug, Default)]
struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl Memory {
    fn work<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Disk for Memory {
    fn prepare(&self) -> io::Result<()> {
        Ok(())
    }
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.work(|files| files.keys().cloned().collect()))
    }
    fn status(&self, name: &str) -> io::Result<Option<FileStatus>> {
        let status = |bytes: &Vec<u8>| FileStatus { len: bytes.len() as u64, id: (0, 0), modified: (0, 0) };
        Ok(self.work(|files| files.get(name).map(status)))
    }
    fn read(&self, name: &str, from: u64) -> io::Result<Vec<u8>> {
        let bytes = self.work(|files| files.get(name).map(|bytes| bytes[from as usize..].to_vec()));
        bytes.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.work(|files| files.entry(name.to_owned()).or_default().extend(bytes));
        Ok(())
    }
    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        self.work(|files| files.entry(name.to_owned()).or_default().truncate(len as usize));
        Ok(())
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.work(|files| files.remove(from).map(|bytes| files.insert(to.to_owned(), bytes)));
        Ok(())
    }
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.work(|files| files.insert(name.to_owned(), bytes.to_vec()));
        Ok(())
    }
    fn lock(&self, _: &str, _: Duration) -> io::Result<Option<Lock>> {
        Ok(Some(Lock::new(())))
    }
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(name)
    }
    fn is_instant(&self) -> bool {
        true
    }
}

/// One top up from its beginning to its end.
fn top_up(n: usize, now: DateTime<Utc>) -> Vec<Record> {
    let card = format!("0190dddd-0000-7000-8000-{:012}", n % 130);
    let account = format!("0190aaaa-0000-7000-8000-{:012}", n % 3);
    let at = CardAt {
        account: AccountId::parse(&account).expect("an id"),
        card: CardId::parse(&card).expect("an id"),
        last_four: LastFour::parse(&format!("{:04}", n % 10_000)),
    };
    let amount = |cents: usize| Money::new(Decimal::new(cents as i64, 2), Currency::USD);
    let bytes = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
    let [_, random @ ..] = bytes;
    let reference = Reference::from_random(random);
    let rows = || vec![TransactionId::parse(&format!("0190eeee-0000-7000-8000-{n:012}")).expect("an id")];
    let before = Before { account: Some(amount(5_000_000)), other: Some(amount(n % 90_000)) };
    let intent = Intent {
        reference,
        act: Act::TopUp { at: at.clone(), amount: amount(100 + n), description: Some(SafeText::prose("June ads")) },
        who: origin::who(),
        profile: SafeText::name("bench"),
        why: None,
        asked_at: now,
        before,
        despite: Vec::new(),
        cards_before: None,
    };
    let receipt = Receipt { status: Some(SafeText::name("completed")), transactions: rows(), card: Some(at.card) };
    let seen = Evidence { transactions: rows(), after: before, ..Evidence::new("1 transaction found by reference") };
    let steps = [Step::Sent { skew_ms: Some(12) }, Step::Accepted(receipt), Step::Done(seen)];
    let steps = steps.into_iter().map(|step| Record::Step(reference, step));
    std::iter::once(Record::Asked(Box::new(intent))).chain(steps).collect()
}

/// A state folder with a journal of so many lines.
fn written(state: &Path, lines: usize) {
    let now = DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
    let memory = Arc::new(Memory::default());
    let mut journal = Journal::open_on(memory.clone(), None, "bench", now).expect("a journal");
    let free = |_: &Book| Ok::<(), JournalError>(());
    // A few at a time: the head is written after each.
    for first in (0..lines / STEPS).step_by(50) {
        let now = now + TimeDelta::seconds(first as i64);
        let records = (first..(first + 50).min(lines / STEPS)).flat_map(|n| top_up(n, now)).collect();
        journal.append(now, records, free).expect("in memory");
    }
    let folder = Folder::new(state.join("journal"));
    folder.prepare().expect("a folder");
    for name in ["bench.jsonl", "bench.head"] {
        folder.append(name, &memory.read(name, 0).expect("it was written")).expect("a file");
    }
}

/// Where the journal is, and what takes it away again.
fn place() -> (PathBuf, Option<tempfile::TempDir>) {
    match std::env::var_os("FOURPAY_BENCH_KEEP") {
        Some(folder) => (folder.into(), None),
        None => {
            let folder = tempfile::tempdir().expect("a folder");
            (folder.path().to_owned(), Some(folder))
        }
    }
}

#[divan::bench(sample_count = 20, args = [20_000, 200_000])]
fn open(bencher: Bencher, lines: usize) {
    let (state, _folder) = place();
    let state = state.join(lines.to_string());
    if !state.join("journal/bench.jsonl").exists() {
        written(&state, lines);
    }
    let now = DateTime::from_timestamp(1_780_000_000, 0).expect("a time") + TimeDelta::days(1);
    let opened = Journal::open(&state, "bench", now).expect("a journal");
    assert_eq!((opened.last_line() as usize, opened.fault()), (lines, None));
    bencher.bench_local(|| Journal::open(&state, "bench", now).expect("a journal").last_line());
}
