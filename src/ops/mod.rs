//! The acts: everything that changes the world goes through here, from the dashboard and the command line
//! alike.
//!
//! ```text
//!   intent ──▶ may it go? ──▶ journal: recorded, sent ──▶ ONE request ──▶ journal: accepted │ refused │ unknown
//!                 │ held back                                                      │                    │
//!                 ▼                                                                ▼                    ▼
//!              the reason                                              settle: read until it is known for sure
//! ```
//!
//! Knows the domain, the client and the journal's files. Knows no screen, and never waits by itself: whoever
//! calls decides when to look again ([`Ops::due`] says when).

mod emergency;
pub mod execute;
pub mod journal;
mod matching;
mod notice;
mod observe;
pub mod origin;
pub mod plan;
pub mod settle;
mod takeover;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::task::TaskTracker;

pub use self::emergency::Kept;
pub use self::execute::{Held, Outcome};
use self::journal::Bound;
pub use self::journal::{Entry, Fault, Journal, JournalError};
use self::settle::Follow;
pub use self::settle::Settling;
use self::takeover::Watched;
use crate::api::Client;
pub use crate::clock::{Clock, SystemClock};
use crate::domain::failure::Failure;
use crate::domain::ids::{AccountId, TransactionId};
use crate::domain::intent::lifecycle::{Evidence, Proof, Stage, Step};
use crate::domain::intent::{Act, Audit, AuditEvent, Before, CardAt, Intent, Process, Reference, Who};
use crate::domain::text::SafeText;
use crate::domain::transaction::Transaction;

/// How often the journal's lock is asked for, and the pause between: two seconds in all.
const LOCK_TRIES: u32 = 400;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Finds a process of this machine by its id.
pub type FindProcess = fn(u32) -> Option<Process>;

/// What whoever confirms acts here has been shown of the journal.
#[derive(Clone, Default)]
struct Shown {
    /// What was unknown when it was shown last.
    open: HashSet<Reference>,
    ever: HashSet<Reference>,
}

/// The one door to everything that changes the world. Cheap to clone.
#[derive(Clone)]
pub struct Ops(Arc<Inner>);

struct Inner {
    client: Client,
    journal: Arc<Mutex<Journal>>,
    /// The journal's disk never makes anybody wait.
    instant: bool,
    beside: journal::Beside,
    clock: Arc<dyn Clock>,
    profile: SafeText,
    who: Who,
    process: FindProcess,
    read_only: bool,
    /// Whose acts these are is known.
    bound: Mutex<bool>,
    binding: tokio::sync::Mutex<()>,
    /// Intents that this program has under way, from their confirmation until their outcome is written down.
    running: Mutex<HashMap<Reference, Act>>,
    /// How each unfinished intent is being looked for.
    follows: Mutex<HashMap<Reference, Follow>>,
    /// Entries of other programs that were seen being sent, and since when.
    elsewhere: Mutex<HashMap<Reference, Watched>>,
    /// Entries of which a person has said that they were not done and that were looked at once more for it, or are going to be.
    denied: Mutex<BTreeSet<(DateTime<Utc>, Reference)>>,
    /// Entries that are over and are looked at once more: done ones of which a second row was seen, and those of which
    /// somebody has said that they were not done. In an order of their own, for a simulation to tell the same story twice.
    doubted: Mutex<BTreeSet<Reference>>,
    /// Rows that were loaded before they could be held against the journal.
    unnoticed: Mutex<BTreeMap<TransactionId, Transaction>>,
    /// What happened and could not be written down yet, oldest first.
    unwritten: Mutex<Vec<(DateTime<Utc>, Reference, Step)>>,
    shown: Mutex<Arc<Shown>>,
    /// Freezes that went out while the journal could not be written.
    emergencies: Mutex<emergency::Lines>,
    wide: tokio::sync::Mutex<observe::Wide>,
    /// It is known that references come back, and what was taken for done without one is being looked at again.
    echo_known: AtomicBool,
    tasks: TaskTracker,
}

impl Ops {
    /// Takes the door. Intents that an earlier run left in the middle are given their honest state at once:
    /// recorded and not sent was never sent, sent without an answer is unknown.
    pub async fn new(
        client: Client,
        journal: Journal,
        profile: &str,
        read_only: bool,
        clock: impl Clock,
    ) -> Result<Ops, JournalError> {
        Ops::new_as(client, journal, profile, read_only, clock, (origin::who(), origin::process)).await
    }

    /// The same for a program that says who it is: a simulation runs several in one process.
    pub async fn new_as(
        client: Client,
        journal: Journal,
        profile: &str,
        read_only: bool,
        clock: impl Clock,
        (who, process): (Who, FindProcess),
    ) -> Result<Ops, JournalError> {
        let mut journal = journal;
        journal.serve(client.base_url().as_str());
        let (instant, beside) = (journal.is_instant(), journal.beside());
        let ops = Ops(Arc::new(Inner {
            client,
            journal: Arc::new(Mutex::new(journal)),
            instant,
            beside,
            clock: Arc::new(clock),
            profile: SafeText::name(profile),
            who,
            process,
            read_only,
            bound: Mutex::new(false),
            binding: tokio::sync::Mutex::default(),
            running: Mutex::default(),
            follows: Mutex::default(),
            elsewhere: Mutex::default(),
            denied: Mutex::default(),
            doubted: Mutex::default(),
            unnoticed: Mutex::default(),
            unwritten: Mutex::default(),
            shown: Mutex::default(),
            emergencies: Mutex::default(),
            wide: tokio::sync::Mutex::default(),
            echo_known: AtomicBool::new(false),
            tasks: TaskTracker::new(),
        }));
        // A journal that is of no use now is looked at again later; what was left in the middle waits for that.
        let _ = ops.take_over_all().await;
        Ok(ops)
    }

    /// Makes an intent of an act: names it, and says who asks and when. Nothing is written or sent yet.
    pub fn intend(&self, act: Act, before: Before, why: Option<SafeText>) -> Intent {
        Intent {
            reference: reference_of(self.0.clock.random()),
            act,
            who: self.0.who.clone(),
            profile: self.0.profile.clone(),
            why,
            asked_at: self.0.clock.wall(),
            before,
            despite: Vec::new(),
            cards_before: None,
        }
    }

    pub fn read_only(&self) -> bool {
        self.0.read_only
    }

    /// All intents, in the order they were asked for, as far as this program has read.
    pub fn entries(&self) -> Vec<Entry> {
        self.journal().book().entries().to_vec()
    }

    /// The newest intents and all that may still change, oldest first, and the references of the others.
    pub fn recent(&self, newest: usize) -> (Vec<Entry>, Vec<Reference>) {
        let journal = self.journal();
        let entries = journal.book().entries();
        let (old, new) = entries.split_at(entries.len().saturating_sub(newest));
        let open = old.iter().filter(|entry| !entry.stage.is_final());
        let older = old.iter().filter(|entry| entry.stage.is_final()).map(|entry| entry.intent.reference);
        (open.chain(new).cloned().collect(), older.collect())
    }

    pub fn entry(&self, reference: Reference) -> Option<Entry> {
        self.journal().book().entry(reference).cloned()
    }

    pub fn stage(&self, reference: Reference) -> Option<Stage> {
        self.journal().book().stage(reference)
    }

    /// Intents that may still change, oldest first, but for those that this or another living program is just sending.
    pub fn unfinished(&self) -> Vec<Entry> {
        let journal = self.journal();
        journal.book().unfinished().filter(|entry| !self.is_under_way(entry)).cloned().collect()
    }

    /// How many outcomes nobody knows, for the header; what could not be written down counts as one.
    pub fn unknown(&self) -> usize {
        self.journal().book().unknown() + self.unwritten().len()
    }

    /// Open acts of other addresses or merchants under this profile's name: shown, and not settled from here.
    pub fn others(&self) -> Vec<journal::Other> {
        self.journal().others().to_vec()
    }

    /// Why nothing but freezing goes: the journal is not what it was.
    pub fn journal_fault(&self) -> Option<Fault> {
        self.journal().fault().cloned()
    }

    /// What was mended at the start: files that a torn line was set aside into. News, no trouble.
    pub fn journal_news(&self) -> Vec<String> {
        let journal = self.journal();
        journal.torn().iter().map(|path| format!("a line cut off by a crash is kept in {}", path.display())).collect()
    }

    /// D9: writes down that card data is about to be shown or copied, or what happened to the lock. Only when
    /// this returned `Ok` may anything be shown.
    pub async fn audit(&self, event: AuditEvent, granted: bool, card: Option<CardAt>) -> Result<(), JournalError> {
        self.audit_look(event, granted, card, None, None).await
    }

    /// The same, with the way the data go and the person's own words.
    pub async fn audit_look(
        &self,
        event: AuditEvent,
        granted: bool,
        card: Option<CardAt>,
        way: Option<SafeText>,
        why: Option<SafeText>,
    ) -> Result<(), JournalError> {
        let audit = Audit {
            event,
            who: self.0.who.clone(),
            profile: self.0.profile.clone(),
            at: self.0.clock.wall(),
            granted,
            card,
            way,
            why,
        };
        self.write(move |journal, _| journal.audit(audit)).await
    }

    /// What a person has found out about an intent that reading could not settle, or not yet. Only once it is known whose
    /// acts these are: before that they may be another merchant's, and what was compared is this one's.
    pub async fn decide(&self, reference: Reference, done: bool, words: &str) -> Result<(), JournalError> {
        self.ensure_bound().await.map_err(|failure| JournalError::Unbound(failure.sentence()))?;
        self.step(reference, decision(self.entry(reference).as_ref(), done, &self.0.who, words)).await?;
        self.doubt_denied();
        Ok(())
    }

    /// Reads what other programs have written since, and writes what could not be written before.
    pub async fn refresh(&self) -> Result<(), JournalError> {
        let read = self.write(|journal, now| journal.refresh(now).map(drop)).await;
        let done = match read {
            Ok(()) => self.write_what_waits().await,
            Err(error) => Err(error),
        };
        if done.is_err() {
            self.write_beside().await;
        }
        self.doubt_probable();
        self.doubt_denied();
        done
    }

    /// Tells whose acts these are: the accounts that the API lists for this credential. An empty list says nothing.
    pub async fn bind(&self, accounts: impl IntoIterator<Item = AccountId>) -> Result<(), JournalError> {
        let accounts: BTreeSet<AccountId> = accounts.into_iter().collect();
        let address = self.0.client.base_url().as_str().to_owned();
        let id = format!("{:016x}{:016x}", self.0.clock.random(), self.0.clock.random());
        let bound = self.write(move |journal, now| journal.bind(&address, &accounts, &id, now)).await?;
        match bound {
            Bound::NotYet => return Ok(()),
            Bound::Here => {}
            Bound::Other => {
                self.0.echo_known.store(false, Ordering::Relaxed);
                drop(self.take_over_all().await);
            }
        }
        *self.0.bound.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Ok(())
    }

    pub fn is_bound(&self) -> bool {
        *self.0.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Binds the journal by reading the accounts, where nobody has told them yet.
    async fn ensure_bound(&self) -> Result<(), Failure> {
        if self.is_bound() {
            return Ok(());
        }
        // Whoever comes second waits for the first, and reads nothing.
        let _binding = self.0.binding.lock().await;
        if self.is_bound() {
            return Ok(());
        }
        let doing = "find out whose journal this is";
        let accounts = self.0.client.accounts().await?.items;
        let bound = self.bind(accounts.into_iter().map(|account| account.id)).await;
        bound.map_err(|error| Failure::not_sent(doing, &error.to_string()))?;
        match self.is_bound() {
            true => Ok(()),
            false => Err(Failure::not_sent(doing, "the API lists no accounts")),
        }
    }

    /// Intents to look at now, oldest first, and how long until the next one is due.
    pub fn due(&self) -> (Vec<Reference>, Option<Duration>) {
        let boot = self.0.clock.boot();
        let mut open: Vec<Reference> = {
            let journal = self.journal();
            let looked_for =
                journal.book().unfinished().filter(|entry| entry.stage.is_looked_for() && !self.is_under_way(entry));
            looked_for.map(|entry| entry.intent.reference).collect()
        };
        let doubted: Vec<Reference> = self.doubted().iter().copied().filter(|one| !open.contains(one)).collect();
        open.extend(doubted);
        let follows = self.0.follows.lock().unwrap_or_else(PoisonError::into_inner);
        let due = |reference: &Reference| follows.get(reference).map_or(Duration::ZERO, |follow| follow.due);
        let next = open.iter().map(due).filter(|due| *due > boot).min();
        open.retain(|reference| due(reference) <= boot);
        (open, next.map(|due| due - boot))
    }

    /// Whether a movement is open of which rows may appear.
    pub fn awaits_rows(&self) -> bool {
        let journal = self.journal();
        let mut open = journal.book().unfinished();
        open.any(|entry| entry.stage.is_looked_for() && entry.intent.act.amount().is_some())
    }

    /// How many outcomes are being looked for that are likely to be known soon.
    pub fn hurried(&self) -> usize {
        let boot = self.0.clock.boot();
        let journal = self.journal();
        let follows = self.0.follows.lock().unwrap_or_else(PoisonError::into_inner);
        let quick = |entry: &&Entry| match follows.get(&entry.intent.reference) {
            Some(follow) => follow.is_quick(entry.stage, boot),
            None => true,
        };
        journal.book().unfinished().filter(|entry| entry.stage.is_looked_for()).filter(quick).count()
    }

    /// The journal's last line, by its hash: another one after whatever is written, here or elsewhere. Its number may
    /// come again when a loss was accepted.
    pub fn last_line(&self) -> String {
        self.journal().last_hash().to_owned()
    }

    /// How long the API has asked to wait; nothing but a freeze is sent meanwhile.
    pub fn pause(&self) -> Option<Duration> {
        self.0.client.act_pause()
    }

    /// Waits for every request that is under way. Whoever quits gives it a time limit.
    pub async fn finish(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
        self.0.tasks.reopen();
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        // A panic in between leaves the journal's memory behind the file at worst; it is read again.
        self.0.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<Reference, Act>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doubted(&self) -> MutexGuard<'_, BTreeSet<Reference>> {
        self.0.doubted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unwritten(&self) -> MutexGuard<'_, Vec<(DateTime<Utc>, Reference, Step)>> {
        self.0.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What whoever confirms an act at this moment has been shown.
    fn seen(&self) -> Arc<Shown> {
        self.0.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whoever confirms acts here is shown these entries from now on. What is unknown among them and goes through later
    /// holds back similar acts until that is shown too; so does what another program has done and was not shown here yet.
    pub fn shown(&self, entries: &[Entry]) {
        let mut shown = self.0.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = Arc::make_mut(&mut shown);
        shown.ever.extend(entries.iter().map(|entry| entry.intent.reference));
        let open = entries.iter().filter(|entry| entry.stage.is_unknown());
        shown.open = open.map(|entry| entry.intent.reference).collect();
    }

    /// What was confirmed here needs no showing.
    fn is_ours(&self, reference: Reference) {
        let mut shown = self.0.shown.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut shown).ever.insert(reference);
    }

    /// Works on how an intent is being looked for; the time now comes along.
    fn follow<T>(&self, reference: Reference, work: impl FnOnce(&mut Follow, Duration) -> T) -> T {
        let boot = self.0.clock.boot();
        let mut follows = self.0.follows.lock().unwrap_or_else(PoisonError::into_inner);
        work(follows.entry(reference).or_default(), boot)
    }

    /// Writes to the journal where waiting for a disk or a lock keeps nobody else waiting.
    async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut Journal, DateTime<Utc>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<JournalError> + Send + 'static,
    {
        let (journal, now, instant) = (self.0.journal.clone(), self.0.clock.wall(), self.0.instant);
        let work = move || {
            let mut journal = locked(&journal, now, if instant { 0 } else { LOCK_TRIES })?;
            let written = work(&mut journal, now);
            journal.release();
            written
        };
        if instant {
            return work();
        }
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(_) => Err(JournalError::Stopped.into()),
        }
    }

    async fn step(&self, reference: Reference, step: Step) -> Result<(), JournalError> {
        self.write(move |journal, now| journal.step(now, reference, step)).await
    }

    /// What happened and could not be written down: it is tried again with every read of the journal.
    async fn write_what_waits(&self) -> Result<(), JournalError> {
        let waiting = std::mem::take(&mut *self.unwritten());
        let mut waiting = waiting.into_iter();
        while let Some((at, reference, step)) = waiting.next() {
            let next = step.clone();
            match self.write(move |journal, _| journal.step(at, reference, next)).await {
                // Another program took it for lost and has settled it meanwhile: what is written stands.
                Ok(()) | Err(JournalError::Illegal(_)) => {}
                Err(error) => {
                    let mut unwritten = self.unwritten();
                    unwritten.insert(0, (at, reference, step));
                    unwritten.extend(waiting);
                    return Err(error);
                }
            }
        }
        self.write_emergencies().await
    }
}

/// The step that a person's word is, by what is known of the intent. Rows that it was probably done by are its rows once a
/// person says so.
pub fn decision(entry: Option<&Entry>, done: bool, who: &Who, words: &str) -> Step {
    let user = who.user.as_ref().map_or("a person", SafeText::as_str);
    let mut seen = Evidence::new(&format!("{user} has compared and says so: {words}"));
    if done && let Some(entry) = entry {
        seen.transactions = entry.probable_rows().to_vec();
    }
    match (done, entry.map(|entry| entry.stage)) {
        (true, Some(Stage::Accepted)) => Step::Done(seen),
        (true, _) => Step::SettledDone(seen),
        (false, _) => Step::SettledNotDone(seen, Proof::Person),
    }
}

/// The journal, with the right to append. While another program holds that, nobody here is kept from reading.
fn locked(journal: &Mutex<Journal>, now: DateTime<Utc>, tries: u32) -> Result<MutexGuard<'_, Journal>, JournalError> {
    for _ in 0..tries {
        let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
        if journal.acquire(now)? {
            return Ok(journal);
        }
        drop(journal);
        std::thread::sleep(LOCK_PAUSE);
    }
    let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
    match journal.acquire(now)? {
        true => Ok(journal),
        false => Err(journal.busy()),
    }
}

/// A reference from bits that nobody can guess; the upper eight are not used.
fn reference_of(random: u64) -> Reference {
    let [_, bytes @ ..] = random.to_be_bytes();
    Reference::from_random(bytes)
}
