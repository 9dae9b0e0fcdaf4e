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
//! calls decides when to look again.

pub mod execute;
pub mod journal;
pub mod origin;
pub mod plan;
pub mod settle;
mod sight;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::task::TaskTracker;

pub use self::execute::{Held, Outcome};
pub use self::journal::{Entry, Journal, JournalError};
pub use self::settle::Settling;
use crate::api::Client;
pub use crate::clock::{Clock, SystemClock};
use crate::domain::intent::life::{Evidence, Stage, Step};
use crate::domain::intent::{Act, Audit, AuditEvent, Before, CardAt, Intent, Reference, Who};
use crate::domain::text::SafeText;

/// An intent whose request another living program may still be waiting for is left to it for this long.
const ELSEWHERE: TimeDelta = TimeDelta::seconds(120);

/// The one door to everything that changes the world. Cheap to clone.
#[derive(Clone)]
pub struct Ops(Arc<Inner>);

struct Inner {
    client: Client,
    journal: Arc<Mutex<Journal>>,
    clock: Arc<dyn Clock>,
    profile: SafeText,
    who: Who,
    read_only: bool,
    /// Intents whose request this program has under way.
    running: Mutex<HashSet<Reference>>,
    /// How often each unfinished intent was looked for.
    looks: Mutex<HashMap<Reference, u32>>,
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
        let ops = Ops(Arc::new(Inner {
            client,
            journal: Arc::new(Mutex::new(journal)),
            clock: Arc::new(clock),
            profile: SafeText::name(profile),
            who: origin::who(),
            read_only,
            running: Mutex::default(),
            looks: Mutex::default(),
            tasks: TaskTracker::new(),
        }));
        ops.take_over().await?;
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
        }
    }

    pub fn read_only(&self) -> bool {
        self.0.read_only
    }

    /// All intents, in the order they were asked for, as far as this program has read.
    pub fn entries(&self) -> Vec<Entry> {
        self.journal().book().entries().to_vec()
    }

    pub fn entry(&self, reference: Reference) -> Option<Entry> {
        self.journal().book().entry(reference).cloned()
    }

    pub fn stage(&self, reference: Reference) -> Option<Stage> {
        self.journal().book().stage(reference)
    }

    /// Intents that are to be settled by reading, oldest first: those with an unknown outcome, those that were
    /// accepted and not confirmed yet, and those that another program has left in the middle. What this or
    /// another living program is just sending is not among them.
    pub fn unfinished(&self) -> Vec<Entry> {
        let now = self.0.clock.wall();
        let journal = self.journal();
        journal.book().unfinished().filter(|entry| !self.is_under_way(entry, now)).cloned().collect()
    }

    /// How many outcomes nobody knows, for the header.
    pub fn unknown(&self) -> usize {
        self.journal().book().unknown()
    }

    /// What is wrong with the journal's chain, and the files a torn line was set aside into.
    pub fn journal_trouble(&self) -> Vec<String> {
        let journal = self.journal();
        let broken = journal.broken().map(|broken| format!("the journal was changed: {broken}"));
        let torn = journal.torn().iter().map(|path| format!("a line cut off by a crash is kept in {}", path.display()));
        broken.into_iter().chain(torn).collect()
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

    /// What a person has found out about an intent that reading could not settle, or not yet.
    pub async fn decide(&self, reference: Reference, done: bool, words: &str) -> Result<(), JournalError> {
        let user = self.0.who.user.as_ref().map_or("a person", SafeText::as_str);
        let seen = Evidence::new(&format!("{user} has compared and says so: {words}"));
        let step = match (done, self.stage(reference)) {
            (true, Some(Stage::Accepted)) => Step::Done(seen),
            (true, _) => Step::SettledDone(seen),
            (false, _) => Step::SettledNotDone(seen),
        };
        self.step(reference, step).await
    }

    /// Reads what other programs have written since.
    pub async fn refresh(&self) -> Result<(), JournalError> {
        self.write(|journal, now| journal.refresh(now).map(drop)).await
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

    fn running(&self) -> MutexGuard<'_, HashSet<Reference>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn looks(&self) -> MutexGuard<'_, HashMap<Reference, u32>> {
        self.0.looks.lock().unwrap_or_else(PoisonError::into_inner)
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
        let (journal, now) = (self.0.journal.clone(), self.0.clock.wall());
        let written = tokio::task::spawn_blocking(move || {
            let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut journal, now)
        });
        match written.await {
            Ok(result) => result,
            Err(_) => Err(JournalError::Stopped.into()),
        }
    }

    async fn step(&self, reference: Reference, step: Step) -> Result<(), JournalError> {
        self.write(move |journal, now| journal.step(now, reference, step)).await
    }

    /// Gives intents that were left in the middle their honest state.
    async fn take_over(&self) -> Result<(), JournalError> {
        let (ops, now) = (self.clone(), self.0.clock.wall());
        let left: Vec<(Reference, Stage)> = {
            let journal = self.journal();
            let left = journal.book().unfinished().filter(|entry| !ops.is_under_way(entry, now));
            left.map(|entry| (entry.intent.reference, entry.stage)).collect()
        };
        for (reference, stage) in left {
            let step = match stage {
                Stage::Recorded => Step::NotSent { reason: SafeText::prose("the program ended before it was sent") },
                Stage::Sent => {
                    Step::Unknown { reason: SafeText::prose("the program ended before the answer came"), status: None }
                }
                _ => continue,
            };
            match self.step(reference, step).await {
                // Another program was faster.
                Ok(()) | Err(JournalError::Illegal(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether a request of this intent may be under way at this moment: here, or in another program that is
    /// still alive and has not waited longer than a request can take.
    fn is_under_way(&self, entry: &Entry, now: DateTime<Utc>) -> bool {
        if !matches!(entry.stage, Stage::Recorded | Stage::Sent) {
            return false;
        }
        if self.running().contains(&entry.intent.reference) {
            return true;
        }
        let (who, me) = (&entry.intent.who, &self.0.who);
        let recent = now - entry.changed_at() < ELSEWHERE;
        recent && (who.host != me.host || (who.pid != me.pid && is_alive(who.pid)))
    }
}

/// A reference from bits that nobody can guess; the upper eight are not used.
fn reference_of(random: u64) -> Reference {
    let [_, bytes @ ..] = random.to_be_bytes();
    Reference::from_random(bytes)
}

fn is_alive(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else { return false };
    !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}
