//! Nobody's act is orphaned: what a program that is gone has left in the middle is given its honest state by the next
//! one that looks, on this computer or another that shares the folder.

use std::time::Duration;

use super::{Entry, FindProcess, JournalError, Ops};
use crate::domain::intent::lifecycle::{Stage, Step};
use crate::domain::intent::{Process, Reference, Who};
use crate::domain::text::SafeText;

/// A program of which nobody can tell whether it lives has been waiting for an answer long enough: a request ends within
/// 35 seconds.
const UNSEEN: Duration = Duration::from_secs(50);
/// One that lives and was stopped in the middle is not waited for longer.
const STOPPED: Duration = Duration::from_secs(120);

/// An entry of another program that is just being sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    stage: Stage,
    /// Since when it was seen like this, by our boot clock.
    since: Duration,
}

/// What is known of the program that an entry belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Alive,
    Gone,
    /// On another computer, or in another container.
    Elsewhere,
}

impl Ops {
    /// Gives all entries that were left in the middle their honest state.
    pub(super) async fn take_over_all(&self) -> Result<(), JournalError> {
        let left: Vec<Reference> = {
            let journal = self.journal();
            let middle =
                journal.book().unfinished().filter(|entry| is_in_the_middle(entry) && !self.is_under_way(entry));
            middle.map(|entry| entry.intent.reference).collect()
        };
        for reference in left {
            self.take_over(reference).await?;
        }
        Ok(())
    }

    /// Gives one entry its honest state, if it was left in the middle.
    pub(super) async fn take_over(&self, reference: Reference) -> Result<(), JournalError> {
        let Some(entry) = self.entry(reference).filter(is_in_the_middle) else { return Ok(()) };
        if self.is_under_way(&entry) {
            return Ok(());
        }
        let unknown =
            Step::Unknown { reason: SafeText::prose("the program ended before the answer came"), status: None };
        let not_sent = Step::NotSent { reason: SafeText::prose("the program ended before it was sent") };
        let steps = match entry.stage {
            // A line that says "sent" would stand behind it, unless it was lost: after a start of the machine only the
            // head can tell.
            Stage::Recorded
                if (self.is_of_this_boot(&entry.intent.who) || self.journal().ended_at_its_head())
                    && !self.journal().book().may_have_been_sent(reference) =>
            {
                vec![not_sent]
            }
            Stage::Recorded => vec![Step::Sent { skew_ms: None }, unknown],
            _ => vec![unknown],
        };
        for step in steps {
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
    pub(super) fn is_under_way(&self, entry: &Entry) -> bool {
        if !is_in_the_middle(entry) {
            return false;
        }
        let reference = entry.intent.reference;
        if self.running().contains_key(&reference) {
            return true;
        }
        if self.unwritten().iter().any(|(_, waiting, _)| *waiting == reference) {
            return true;
        }
        let owner = owner(&entry.intent.who, &self.0.who, self.0.process);
        if owner == Owner::Gone {
            return false;
        }
        let boot = self.0.clock.boot();
        let mut elsewhere = self.0.elsewhere.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let watched = elsewhere.entry(reference).or_insert(Watched { stage: entry.stage, since: boot });
        if watched.stage != entry.stage {
            *watched = Watched { stage: entry.stage, since: boot };
        }
        let waited = boot.saturating_sub(watched.since);
        waited < if owner == Owner::Alive { STOPPED } else { UNSEEN }
    }

    fn is_of_this_boot(&self, who: &Who) -> bool {
        match (&who.process, &self.0.who.process) {
            (Some(theirs), Some(ours)) => theirs.machine == ours.machine && theirs.boot == ours.boot,
            _ => false,
        }
    }
}

fn is_in_the_middle(entry: &Entry) -> bool {
    matches!(entry.stage, Stage::Recorded | Stage::Sent)
}

/// Whether the program that an entry belongs to still runs.
fn owner(who: &Who, me: &Who, process: FindProcess) -> Owner {
    let (Some(theirs), Some(ours)) = (&who.process, &me.process) else { return owner_by_name(who, me) };
    if theirs.machine != ours.machine {
        return Owner::Elsewhere;
    }
    if theirs.boot != ours.boot {
        return Owner::Gone;
    }
    if theirs.namespace != ours.namespace {
        return Owner::Elsewhere;
    }
    match process(who.pid) {
        // It is this very program, and does not wait for it any more.
        Some(_) if who.pid == me.pid && theirs.started == ours.started => Owner::Gone,
        Some(Process { started, .. }) if started == theirs.started => Owner::Alive,
        _ => Owner::Gone,
    }
}

/// As earlier versions wrote it, and where the system does not tell one run of a program from another.
fn owner_by_name(who: &Who, me: &Who) -> Owner {
    if who.host != me.host {
        return Owner::Elsewhere;
    }
    if who.pid == me.pid {
        return Owner::Gone;
    }
    let Some(pid) = i32::try_from(who.pid).ok().and_then(rustix::process::Pid::from_raw) else { return Owner::Gone };
    match rustix::process::test_kill_process(pid) {
        Err(rustix::io::Errno::SRCH) => Owner::Gone,
        _ => Owner::Alive,
    }
}
