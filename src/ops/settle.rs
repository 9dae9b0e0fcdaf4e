//! Settling: reading until it is known what became of an act (M6).
//!
//! ```text
//!   a row with our reference, or an id of the API's answer ──▶ its state decides
//!   one row that fits in all else, where references do not come back ──▶ probably done
//!   nothing, after two minutes of reading, narrowly and widely ──▶ not seen: open, held, looked for on and on
//!   two rows of ours on one side ──▶ a person
//! ```
//!
//! "Not done" is said of what the platform shows as declined, and said twice, a minute apart, with both feeds whole.
//! Never of what is not there. [`judge`] is a pure function of what was written and what was seen. Nothing here sends
//! anything.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::TimeDelta;

use super::matching::{self, Side, fits, is_dead, references, same_amount};
use super::observe::{self, Looking, MoneySeen, Observation};
use super::{Entry, JournalError, Ops};
use crate::domain::card::{Card, CardStatus, LimitKind};
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::Failure;
use crate::domain::field::Field;
use crate::domain::ids::{CardId, TransactionId};
use crate::domain::intent::lifecycle::{Evidence, Proof, Receipt, Stage, Step};
use crate::domain::intent::{Act, CardOrder, HolderOrder, Kind, Reference};
use crate::domain::money::Money;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction, TransactionStatus};
use crate::domain::webhook::WebhookConfig;

/// The pauses before the first looks, in seconds; then one each minute while nothing was decided.
const PAUSES: [u64; 7] = [1, 2, 4, 8, 16, 30, 60];
/// The pauses between looks for what was not seen, in seconds; then one each hour for a day, and one each day.
const SLOW: [u64; 2] = [300, 900];
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// Nothing is called "not seen" before reads have succeeded for so long: a request that was given up may still be
/// worked on.
const NOT_SEEN_AFTER: Duration = Duration::from_secs(120);
/// The narrow read goes by card and account; from here on everything is read, because a row may be dated long before it was
/// sent. What is there has to be found within 90 seconds.
const WIDE_AFTER: Duration = Duration::from_secs(60);
/// Where the lists cannot be read whole, it is called "not seen" after this all the same: it stays open anyway.
const NOT_WHOLE_AFTER: Duration = Duration::from_secs(15 * 60);
/// What was accepted and is not confirmed is looked for less often after this.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// A declined row counts when it is still there so much later.
const DECLINED_FOR: Duration = Duration::from_secs(60);
/// No platform dates a row so long before it was asked for it.
const OLD: TimeDelta = TimeDelta::hours(24);
/// What a person has called not done is looked for once more by programs that hear of it within this.
const DENIED_FOR: TimeDelta = TimeDelta::hours(24);
/// Between two looks that succeeded no more time than this, beside the pause, counts as time of reading: the machine may
/// have slept, or the network been down.
const SLACK: Duration = Duration::from_secs(10);
const GONE: &str = "the API does not know the card or account it was on; compare with the platform's own list";

/// How one intent is being looked for. In memory alone: a new start looks anew.
#[derive(Clone, Debug, Default)]
pub(super) struct Follow {
    /// Looks since it came to its stage.
    looks: u32,
    stage: Option<Stage>,
    /// When the last look succeeded, unless one has failed since.
    read_at: Option<Duration>,
    /// The pause that was asked for then.
    pause: Duration,
    /// Time in which reads succeeded.
    watched: Duration,
    /// It was sent or taken over by this program, and looked for ever since.
    fresh: bool,
    /// Since when only declined rows of it are there.
    declined_since: Option<Duration>,
    /// When the first look began.
    first: Option<Duration>,
    /// When to look next.
    pub due: Duration,
}

impl Follow {
    /// A look begins.
    fn begin(&mut self, stage: Stage, boot: Duration) {
        if self.first.replace(self.first.unwrap_or(boot)).is_none() {
            self.fresh = !matches!(stage, Stage::NotSeen | Stage::NeedsPerson | Stage::Probably);
        }
        if self.stage != Some(stage) {
            (self.stage, self.looks) = (Some(stage), 0);
        }
        self.looks = self.looks.saturating_add(1);
    }

    fn succeeded(&mut self, boot: Duration) {
        self.watched = self.watched_by(boot);
        self.read_at = Some(boot);
    }

    /// Time of reading, if a read succeeded now.
    fn watched_by(&self, boot: Duration) -> Duration {
        let since = self.read_at.map_or(Duration::ZERO, |before| boot.saturating_sub(before));
        self.watched + since.min(self.pause + SLACK)
    }

    fn failed(&mut self) {
        self.read_at = None;
    }

    /// Whether it is looked for again within the minute, and was not for a quarter of an hour yet.
    pub fn is_quick(&self, stage: Stage, boot: Duration) -> bool {
        let begun = self.first.is_none_or(|first| boot.saturating_sub(first) < PATIENCE);
        begun && matches!(stage, Stage::Unknown | Stage::Accepted | Stage::Recorded | Stage::Sent)
    }

    /// How long to wait before the next look; `None` when there is nothing more to wait for.
    fn next_pause(&self, stage: Stage) -> Option<Duration> {
        if !stage.is_looked_for() {
            return None;
        }
        let quick = match stage {
            // After a 429 it is called "not seen" within seconds, and is still likely to appear.
            Stage::NotSeen | Stage::NeedsPerson | Stage::Probably => self.fresh && self.watched < NOT_SEEN_AFTER,
            Stage::Accepted => self.watched < PATIENCE,
            _ => true,
        };
        let seconds = match quick {
            true => PAUSES.get(self.looks as usize).copied().unwrap_or(60),
            false => slow(self.looks),
        };
        Some(Duration::from_secs(seconds))
    }
}

/// The pause, in seconds, after so many looks for what was not seen.
fn slow(looks: u32) -> u64 {
    match SLOW.get((looks as usize).saturating_sub(1)) {
        Some(seconds) => *seconds,
        None if u64::from(looks) <= DAY / HOUR + 2 => HOUR,
        None => DAY,
    }
}

/// What belongs to other intents.
#[derive(Debug, Default)]
struct Claimed {
    rows: HashSet<TransactionId>,
    /// Those of them that another act was done by: a movement is not two acts.
    proofs: HashSet<TransactionId>,
    cards: HashSet<CardId>,
    /// Intents that are open as well: a row that fits two of them decides nothing.
    rivals: Vec<Entry>,
}

/// What is known beside the rows.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Whether references come back in descriptions.
    echoes: Option<bool>,
    /// Time in which reads succeeded since it was sent.
    watched: Duration,
    /// How long only declined rows of it have been there.
    declined_for: Option<Duration>,
}

/// What one look has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Done(Evidence),
    /// The platform shows it as declined, and has for a minute.
    NotDone(Evidence),
    /// It is declined, as far as this look can tell.
    Declined(Evidence),
    /// It was taken on and is not done yet.
    Taken(Receipt),
    Probably(Evidence),
    /// Looked for long enough and widely enough, and not there.
    NotSeen(Evidence),
    /// Not known yet, and why.
    Wait(String),
    /// Reading cannot tell. What to compare.
    NeedsPerson(Evidence),
}

/// Where an intent stands after a look.
#[derive(Clone, Debug)]
pub struct Settling {
    pub stage: Stage,
    /// When to look again; `None` when there is nothing more to wait for.
    pub again: Option<Duration>,
    /// What is being waited for, or why the look failed.
    pub waiting: Option<String>,
    pub evidence: Option<Evidence>,
}

impl Ops {
    /// Looks once at what became of an intent and writes down what the look decides. Intents that are final,
    /// or whose request is just being sent, are left alone.
    pub async fn settle_once(&self, reference: Reference) -> Result<Settling, JournalError> {
        self.refresh().await?;
        let Some(entry) = self.entry(reference) else {
            self.doubted().remove(&reference);
            return Ok(Settling { stage: Stage::NotSent, again: None, waiting: None, evidence: None });
        };
        if self.is_under_way(&entry) {
            let waiting = Some("its answer is being waited for".to_owned());
            let again = Duration::from_secs(1);
            self.follow(reference, |follow, boot| follow.due = boot + again);
            return Ok(Settling { stage: entry.stage, again: Some(again), waiting, evidence: None });
        }
        if matches!(entry.stage, Stage::Recorded | Stage::Sent) {
            self.take_over(reference).await?;
        }
        let doubted = self.doubted().contains(&reference);
        let Some(entry) = self.entry(reference).filter(|entry| entry.stage.is_looked_for() || doubted) else {
            self.doubted().remove(&reference);
            return Ok(self.as_it_stands(reference, None));
        };
        // Only when it is known whose acts these are may an empty feed say anything of them.
        if let Err(failure) = self.ensure_bound().await {
            return Ok(self.cannot_see(&entry, &failure));
        }
        let watched = self.follow(reference, |follow, boot| {
            follow.begin(entry.stage, boot);
            follow.watched_by(boot)
        });
        let open: Vec<Entry> = self.open_money();
        let wide = watched >= WIDE_AFTER || after_limit(&entry) || entry.stage != Stage::Unknown;
        let looking = Looking {
            client: &self.0.client,
            wide: wide.then_some(&self.0.wide),
            open: &open,
            boot: self.0.clock.boot(),
        };
        let looked = observe::look(&looking, &entry).await;
        if looked.as_ref().err().is_none_or(|failure| failure.status == Some(404)) {
            self.doubted().remove(&reference);
        }
        match looked {
            Ok(seen) => {
                if let Observation::Money(seen) = &seen {
                    self.notice_in_passing(reference, &seen.rows).await?;
                }
                // What others wrote while this was read: a card or a row may be of an act of theirs.
                self.refresh().await?;
                self.conclude(&entry, &seen).await
            }
            // An answer that it is not there decides nothing by itself either, but waiting will not help.
            Err(failure) if failure.status == Some(404) && watched >= NOT_SEEN_AFTER => {
                self.decide_by(&entry, Verdict::NeedsPerson(Evidence::new(GONE))).await
            }
            Err(failure) if failure.status == Some(404) => {
                self.follow(reference, Follow::succeeded);
                self.decide_by(&entry, Verdict::Wait(GONE.to_owned())).await
            }
            // Not seeing is no evidence: go on, however long it takes.
            Err(failure) => Ok(self.cannot_see(&entry, &failure)),
        }
    }

    /// Settles an intent on a card's state by a card that was just read.
    pub(super) async fn settle_by_card(&self, entry: &Entry, card: &Card) -> Result<Settling, JournalError> {
        self.conclude(entry, &Observation::Card(Box::new(card.clone()))).await
    }

    async fn conclude(&self, entry: &Entry, seen: &Observation) -> Result<Settling, JournalError> {
        let reference = entry.intent.reference;
        let claimed = self.claimed(entry);
        self.learn_echo(entry, seen);
        let echoes = self.journal().echoes();
        let known = self.follow(reference, |follow, boot| {
            follow.succeeded(boot);
            let declined_for = follow.declined_since.map(|since| boot.saturating_sub(since));
            Known { echoes, watched: follow.watched, declined_for }
        });
        let verdict = judge(entry, seen, &claimed, known);
        let declined = matches!(verdict, Verdict::Declined(_));
        self.follow(reference, |follow, boot| {
            follow.declined_since = if declined { follow.declined_since.or(Some(boot)) } else { None };
        });
        let late_unfreeze = self.was_frozen_since(entry);
        let verdict = match (verdict, late_unfreeze) {
            // It was taken for lost, the card was frozen after it, and now it has come all the same.
            (Verdict::Done(seen), true) if entry.stage != Stage::Accepted => {
                return self.reopen(entry, Step::FoundLater(seen)).await;
            }
            (verdict, _) => verdict,
        };
        self.decide_by(entry, verdict).await
    }

    async fn decide_by(&self, entry: &Entry, verdict: Verdict) -> Result<Settling, JournalError> {
        use Stage::{Accepted, NeedsPerson, NotSeen};
        let stage = entry.stage;
        if stage.is_final() && stage.denies() {
            // It was looked at once more: only what is there can contradict what was said.
            return match verdict {
                Verdict::Done(seen) => self.reopen(entry, Step::FoundLater(seen)).await,
                _ => Ok(self.as_it_stands(entry.intent.reference, None)),
            };
        }
        let (step, waiting) = match verdict {
            Verdict::Done(_) if stage.is_done() => (None, None),
            Verdict::Done(seen) if stage == Accepted => (Some(Step::Done(seen)), None),
            Verdict::Done(seen) if stage == NotSeen => (Some(Step::FoundLater(seen)), None),
            Verdict::Done(seen) => (Some(Step::SettledDone(seen)), None),
            Verdict::NotDone(seen) if stage.is_done() => (Some(Step::Reversed(seen)), None),
            Verdict::NotDone(seen) => (Some(Step::SettledNotDone(seen, Proof::Declined)), None),
            Verdict::Declined(seen) => {
                let why = seen.says.as_str().to_owned();
                let unseen = (stage == Stage::Unknown).then_some(Step::NotSeen { seen, lifted: false });
                (unseen, Some(format!("{why}; looking once more")))
            }
            Verdict::Taken(receipt) if matches!(stage, Stage::Unknown | NotSeen) => {
                (Some(Step::Accepted(receipt)), None)
            }
            Verdict::Taken(_) => (None, Some("it was accepted and is being worked on".to_owned())),
            Verdict::Probably(seen) if matches!(stage, Stage::Unknown | NotSeen | NeedsPerson) => {
                (Some(Step::Probably(seen)), None)
            }
            Verdict::Probably(_) => (None, None),
            Verdict::NotSeen(seen) => {
                let why = seen.says.as_str().to_owned();
                let unseen = matches!(stage, Stage::Unknown | Stage::Probably);
                (unseen.then_some(Step::NotSeen { seen, lifted: false }), Some(why))
            }
            Verdict::Wait(why) => (None, Some(why)),
            Verdict::NeedsPerson(seen) => {
                let why = seen.says.as_str().to_owned();
                ((stage != NeedsPerson).then_some(Step::NeedsPerson(seen)), Some(why))
            }
        };
        if let Some(step) = step {
            return self.reopen(entry, step).await;
        }
        Ok(self.as_it_stands(entry.intent.reference, waiting))
    }

    /// Writes a step, and answers where the entry stands then.
    async fn reopen(&self, entry: &Entry, step: Step) -> Result<Settling, JournalError> {
        let reference = entry.intent.reference;
        match self.step(reference, step.clone()).await {
            Ok(()) => {}
            // Another program has settled it in the meantime, when that is where it stands now.
            Err(JournalError::Illegal(_)) if self.stage(reference).is_some_and(|now| now != entry.stage) => {}
            Err(error) => return Err(error),
        }
        Ok(self.as_it_stands(reference, None))
    }

    fn cannot_see(&self, entry: &Entry, failure: &Failure) -> Settling {
        let again = self.follow(entry.intent.reference, |follow, boot| {
            follow.failed();
            let pause = follow.next_pause(entry.stage).unwrap_or(Duration::from_secs(60));
            follow.due = boot + pause;
            pause
        });
        Settling { stage: entry.stage, again: Some(again), waiting: Some(failure.sentence()), evidence: None }
    }

    fn as_it_stands(&self, reference: Reference, waiting: Option<String>) -> Settling {
        let entry = self.entry(reference);
        let evidence = entry.as_ref().and_then(|entry| entry.last()?.evidence().cloned());
        let stage = entry.map_or(Stage::NotSent, |entry| entry.stage);
        let again = self.follow(reference, |follow, boot| {
            if follow.stage != Some(stage) {
                (follow.stage, follow.looks) = (Some(stage), 1);
            }
            let pause = follow.next_pause(stage);
            follow.pause = pause.unwrap_or_default();
            follow.due = boot + follow.pause;
            pause
        });
        Settling { stage, again, waiting, evidence }
    }

    fn claimed(&self, entry: &Entry) -> Claimed {
        let reference = entry.intent.reference;
        let journal = self.journal();
        let others = || journal.book().entries().iter().filter(|entry| entry.intent.reference != reference);
        Claimed {
            rows: others().flat_map(|entry| entry.rows().chain(entry.probable_rows()).cloned()).collect(),
            proofs: others().filter(|entry| entry.stage.is_done()).flat_map(|entry| entry.rows().cloned()).collect(),
            cards: others().filter_map(|entry| entry.card_made().cloned()).collect(),
            rivals: others().filter(|entry| entry.stage.is_looked_for()).cloned().collect(),
        }
    }

    /// Money that is being looked for: what a wide read serves.
    fn open_money(&self) -> Vec<Entry> {
        let journal = self.journal();
        let open = journal.book().unfinished();
        open.filter(|entry| entry.intent.act.amount().is_some() && entry.stage.is_looked_for()).cloned().collect()
    }

    /// Whether references come back in descriptions: a row that has one says yes; a row that the API itself called ours
    /// and that has none says no.
    fn learn_echo(&self, entry: &Entry, seen: &Observation) {
        let Observation::Money(seen) = seen else { return };
        let mut journal = self.journal();
        if seen.rows.iter().any(|row| references(row).next().is_some()) {
            drop(journal);
            self.references_come_back();
        } else if journal.echoes().is_none() {
            let old = self.follow(entry.intent.reference, |follow, _| follow.watched >= DECLINED_FOR);
            let ours = |row: &&Transaction| entry.rows().any(|id| *id == row.id);
            let mute = seen.rows.iter().filter(ours).any(|row| row.status == TransactionStatus::Completed);
            if mute && old {
                journal.note_echo(false);
            }
        }
    }

    /// A row with a reference was seen.
    pub(super) fn references_come_back(&self) {
        self.journal().note_echo(true);
        self.doubt_probable();
    }

    /// Once it is known, here or from another program, that references come back, what was taken for done by amount and
    /// time alone is looked at again at once.
    pub(super) fn doubt_probable(&self) {
        let probable: Vec<Reference> = {
            let journal = self.journal();
            if journal.echoes() != Some(true) || self.0.echo_known.swap(true, Ordering::Relaxed) {
                return;
            }
            let open = journal.book().unfinished().filter(|entry| entry.stage == Stage::Probably);
            open.map(|entry| entry.intent.reference).collect()
        };
        for reference in probable {
            self.follow(reference, |follow, boot| follow.due = boot);
        }
    }

    /// What a person has called not done in the last day, here, in another program or on the command line, is looked for
    /// once more: a row of it that was loaded before says nothing by itself.
    pub(super) fn doubt_denied(&self) {
        let now = self.0.clock.wall();
        let fresh: Vec<Reference> = {
            let journal = self.journal();
            let book = journal.book();
            let recent = book.denied().iter().rev().take_while(|(at, _)| now - *at < DENIED_FOR);
            let mut known = self.0.denied.lock().unwrap_or_else(PoisonError::into_inner);
            let moves = |of: &Reference| {
                let stands = book.entry(*of).filter(|entry| entry.stage == Stage::SettledNotDone);
                stands.is_some_and(|entry| entry.intent.act.amount().is_some())
            };
            recent.filter(|said| moves(&said.1) && known.insert(**said)).map(|(_, of)| *of).collect()
        };
        for reference in fresh {
            self.doubted().insert(reference);
            self.follow(reference, |follow, boot| follow.due = boot);
        }
    }

    /// Whether the card of an unfreeze was frozen after it: then it is not welcome any more.
    fn was_frozen_since(&self, entry: &Entry) -> bool {
        let Act::Unfreeze(at) = &entry.intent.act else { return false };
        let journal = self.journal();
        let entries = journal.book().entries().iter();
        let mut later = entries.skip_while(|other| other.intent.reference != entry.intent.reference).skip(1);
        later.any(|other| matches!(&other.intent.act, Act::Freeze(of) if of.card == at.card) && other.stage.is_done())
    }
}

/// Whether the last word of it was 429: then one whole look is enough to say that it is not seen.
fn after_limit(entry: &Entry) -> bool {
    matches!(entry.last(), Some(Step::Unknown { status: Some(429), .. }))
}

/// Says what a look means.
fn judge(entry: &Entry, seen: &Observation, claimed: &Claimed, known: Known) -> Verdict {
    let late = known.watched >= NOT_SEEN_AFTER || after_limit(entry);
    match (&entry.intent.act, seen) {
        (Act::TopUp { .. } | Act::Withdraw { .. } | Act::Transfer { .. }, Observation::Money(seen)) => {
            judge_money(entry, seen, claimed, known)
        }
        (Act::IssueCard { .. }, Observation::Card(card)) => judge_new_card(card),
        (Act::IssueCard { order, .. }, Observation::Issued { cards, compared }) => {
            let cards: Vec<&Card> = cards.iter().filter(|card| !claimed.cards.contains(&card.id)).collect();
            judge_issue(entry, order, &cards, &claimed.rivals, *compared, late)
        }
        (act, Observation::Card(card)) => judge_card(act, entry.stage, card, late),
        (Act::CreateCardholder { order, .. }, Observation::Holder(holder)) => {
            judge_holder(order, entry.stage, holder.as_ref(), late)
        }
        (act, Observation::Webhook(config)) => judge_webhook(act, entry.stage, config.as_ref(), late),
        _ => Verdict::Wait("what was read does not belong to the action".into()),
    }
}

/// Not seen, once it was looked for long enough. What the API has accepted is waited for.
fn absent(stage: Stage, late: bool, seen: Evidence) -> Verdict {
    match (stage, late) {
        (Stage::Accepted, _) => Verdict::Wait(format!("it was accepted; {}", seen.says)),
        (_, true) => Verdict::NotSeen(seen),
        (_, false) => Verdict::Wait("no read shows it yet".into()),
    }
}

fn judge_money(entry: &Entry, seen: &MoneySeen, claimed: &Claimed, known: Known) -> Verdict {
    let act = &entry.intent.act;
    let Some(amount) = act.amount() else { return Verdict::Wait("it has no amount".into()) };
    let mine = entry.intent.reference;
    let named: HashSet<&TransactionId> = entry.rows().collect();
    let carries = |row: &&Transaction| references(row).any(|reference| reference == mine);
    // What the API's own answer named is ours whatever the row says, unless it proves another act or is older than this
    // one: an answer may be that of an earlier request. By the reference alone everything else has to fit.
    let foreign = |row: &&Transaction| !carries(row) && is_anothers(entry, row, claimed);
    let is_ours = |row: &&Transaction| carries(row) && fits(act, row).is_some();
    // A row with our reference says more than what an answer names.
    let has_ours = seen.rows.iter().any(|row| is_ours(&row));
    let named_rows = seen.rows.iter().filter(|row| named.contains(&row.id));
    if let Some(row) = named_rows.filter(|_| !has_ours).find(foreign) {
        let whose = match references(row).next() {
            Some(other) => format!("carries {other}"),
            None if claimed.proofs.contains(&row.id) => "is that of an earlier action".to_owned(),
            None => "was there long before".to_owned(),
        };
        let says = format!("the transaction that 4pay named for it {whose}; compare with the statement");
        return Verdict::NeedsPerson(evidence_of(&[row], seen, &says));
    }
    let own: Vec<&Transaction> =
        seen.rows.iter().filter(|row| is_ours(row) || (named.contains(&row.id) && !foreign(row))).collect();
    if let Some(row) = own.iter().find(|row| row.amount.known().is_some_and(|seen| !same_amount(*seen, amount))) {
        let other = row.amount.known().map_or_else(String::new, Money::to_string);
        let says = format!("a transaction that 4pay names for it has {other}; {amount} was asked for");
        return Verdict::NeedsPerson(evidence_of(&own, seen, &says));
    }
    let (dead, live): (Vec<&Transaction>, Vec<&Transaction>) = own.into_iter().partition(|row| is_dead(row));
    if !live.is_empty() {
        return judge_live(act, &live, seen, amount);
    }
    if !dead.is_empty() {
        return judge_dead(entry, &dead, seen, known);
    }
    if let Some(verdict) = judge_probable(entry, seen, known) {
        return verdict;
    }
    if let Some(verdict) = judge_unnamed(entry, seen, claimed, known) {
        return verdict;
    }
    let limited = after_limit(entry) && seen.narrow;
    let looked = seen.wide == Some(true) || known.watched >= NOT_WHOLE_AFTER || (limited && seen.wide.is_some());
    let late = looked && (known.watched >= NOT_SEEN_AFTER || limited);
    let says = if moved_exactly(entry, seen) {
        format!("no transaction shows it, yet the balances changed by exactly {amount}; compare with the statement")
    } else if seen.wide == Some(false) {
        "no transaction shows it, and the lists could not be read whole".to_owned()
    } else {
        "no transaction shows it yet; it may still come".to_owned()
    };
    absent(entry.stage, late, Evidence { after: seen.after, ..Evidence::new(&says) })
}

/// Whether a row that the API's answer named belongs to something else: it carries another's reference, another entry was
/// done by it, or it is dated a day before this was sent.
fn is_anothers(entry: &Entry, row: &Transaction, claimed: &Claimed) -> bool {
    let is_old = row.created_at.known().is_some_and(|at| *at < observe::sent(entry) - OLD);
    references(row).next().is_some() || claimed.proofs.contains(&row.id) || is_old
}

fn evidence_of(rows: &[&Transaction], seen: &MoneySeen, says: &str) -> Evidence {
    let transactions = rows.iter().map(|row| row.id.clone()).collect();
    Evidence { transactions, after: seen.after, ..Evidence::new(says) }
}

/// What rows of ours say that were not taken back.
fn judge_live(act: &Act, rows: &[&Transaction], seen: &MoneySeen, amount: Money) -> Verdict {
    let mut sides: HashMap<(Option<Side>, Feed), usize> = HashMap::new();
    for row in rows {
        *sides.entry((matching::side_of(act, row), row.feed)).or_default() += 1;
    }
    if let Some(many) =
        sides.iter().filter(|((side, _), many)| side.is_some() && **many > 1).map(|(_, many)| many).max()
    {
        let says = format!(
            "it moved {many} times: {} carry its reference; compare and tell 4pay",
            count(*many, "transaction")
        );
        return Verdict::NeedsPerson(evidence_of(rows, seen, &says));
    }
    match rows.iter().find(|row| row.status != TransactionStatus::Completed) {
        None => {
            let found = count(rows.len(), "transaction");
            Verdict::Done(evidence_of(rows, seen, &format!("{found} of {amount} found by reference or id: completed")))
        }
        Some(pending) => Verdict::Taken(Receipt {
            status: Some(SafeText::name(pending.status.as_str())),
            transactions: rows.iter().map(|row| row.id.clone()).collect(),
            card: None,
        }),
    }
}

/// What it means that the only rows of ours were declined or canceled: not done, when the balances agree, both feeds
/// were read whole, and it has been so for a minute.
fn judge_dead(entry: &Entry, rows: &[&Transaction], seen: &MoneySeen, known: Known) -> Verdict {
    let status = rows.first().map_or("declined", |row| row.status.as_str());
    let says = format!("{} of it: {status}", count(rows.len(), "transaction"));
    let evidence = evidence_of(rows, seen, &says);
    if entry.stage.is_done() {
        return Verdict::NotDone(evidence);
    }
    if moved_exactly(entry, seen) {
        let says = format!("{says}, yet the balances changed by exactly its amount; compare with the statement");
        return Verdict::NeedsPerson(Evidence { says: SafeText::prose(&says), ..evidence });
    }
    let whole = seen.narrow && seen.wide == Some(true);
    match known.declined_for {
        Some(since) if whole && since >= DECLINED_FOR => Verdict::NotDone(evidence),
        // Where rows are not known to be all of them, the person is told and nothing is concluded.
        _ if whole || entry.stage != Stage::Unknown || known.watched >= NOT_SEEN_AFTER => Verdict::Declined(evidence),
        _ => Verdict::Wait(says),
    }
}

/// What was taken for ours and turns out not to be: it is held again. Where it carries another's reference a person
/// decides; where references come back and it carries none, ours was not seen.
fn judge_probable(entry: &Entry, seen: &MoneySeen, known: Known) -> Option<Verdict> {
    let probable = entry.probable_rows();
    let rows: Vec<&Transaction> =
        seen.rows.iter().filter(|row| probable.contains(&row.id) && references(row).next().is_some()).collect();
    let Some(other) = rows.first().and_then(|row| references(row).next()) else {
        let says = "4pay returns references here, and the movement that was taken for it carries none";
        let taken = entry.stage == Stage::Probably && known.echoes == Some(true);
        return taken.then(|| Verdict::NotSeen(Evidence { after: seen.after, ..Evidence::new(says) }));
    };
    let says = format!("the movement that was taken for it carries {other}; compare with the statement");
    Some(Verdict::NeedsPerson(evidence_of(&rows, seen, &says)))
}

/// Without a reference of ours: one movement that fits in all else, where references are not known to come back.
fn judge_unnamed(entry: &Entry, seen: &MoneySeen, claimed: &Claimed, known: Known) -> Option<Verdict> {
    let act = &entry.intent.act;
    // Where any description comes back on a row like these, ours would have.
    let described = seen.rows.iter().any(|row| matching::side_of(act, row).is_some() && row.description().is_some());
    if known.echoes == Some(true) || (described && known.echoes != Some(false)) || entry.stage == Stage::Accepted {
        return None;
    }
    let from = observe::window(entry);
    let around: Vec<&Transaction> = seen
        .rows
        .iter()
        .filter(|row| on_either_side(act, row) && row.created_at.known().is_none_or(|at| *at >= from))
        .collect();
    let like: Vec<&Transaction> = around
        .iter()
        .copied()
        .filter(|row| !is_dead(row) && fits(act, row).is_some() && !claimed.rows.contains(&row.id))
        .collect();
    let on = |side| like.iter().filter(|row| fits(act, row) == Some(side)).count();
    let essential = on(Side::Essential);
    if essential == 0 {
        return None;
    }
    let unknown = || claimed.rivals.iter().filter(|other| other.stage.is_unknown());
    let rivals = unknown().any(|other| like.iter().any(|row| fits(&other.intent.act, row).is_some()));
    let timed = like.iter().all(|row| row.created_at.known().is_some());
    let alone = essential == 1 && on(Side::Other) <= 1 && around.len() == like.len();
    if alone && timed && !rivals && seen.narrow && balances_fit(entry, seen) {
        let says = "one movement fits in card, amount, time and balances; 4pay does not return references here";
        return Some(Verdict::Probably(evidence_of(&like, seen, says)));
    }
    let says = format!(
        "{} since it was sent may be this one, and none carries {}; compare time and amount",
        count(essential, "transaction"),
        entry.intent.reference
    );
    let late = known.watched >= NOT_SEEN_AFTER || after_limit(entry);
    Some(absent(entry.stage, late, evidence_of(&like, seen, &says)))
}

/// Whether a row is a movement on one of the two balances of an act, whatever its kind.
fn on_either_side(act: &Act, row: &Transaction) -> bool {
    match act {
        Act::TopUp { at, .. } | Act::Withdraw { at, .. } => match row.feed {
            Feed::Cards => row.card.as_ref() == Some(&at.card),
            Feed::Accounts => row.account.as_ref().is_none_or(|account| *account == at.account),
        },
        Act::Transfer { from, to, .. } => {
            let on = |account| row.account.as_ref().is_none_or(|of| of == account);
            row.feed == Feed::Accounts && (on(from) || on(to))
        }
        _ => false,
    }
}

/// By how much each balance changed, and by how much it would have; `None` where one of them is not known.
fn changes(entry: &Entry, seen: &MoneySeen) -> [Option<bool>; 2] {
    let Some(amount) = entry.intent.act.amount() else { return [None, None] };
    let (before, after) = (entry.intent.before, seen.after);
    let into_other = entry.intent.act.kind() != Kind::Withdraw;
    let by = |before: Option<Money>, after: Option<Money>, gains: bool| {
        let change = after.zip(before).and_then(|(after, before)| after.checked_sub(&before))?;
        Some(change == if gains { amount } else { amount.negated() })
    };
    [by(before.account, after.account, !into_other), by(before.other, after.other, into_other)]
}

/// Whether both balances differ from what they were by exactly the amount.
fn balances_fit(entry: &Entry, seen: &MoneySeen) -> bool {
    changes(entry, seen).iter().all(|fits| *fits == Some(true))
}

/// Whether a balance differs from what it was by exactly the amount, in its direction.
fn moved_exactly(entry: &Entry, seen: &MoneySeen) -> bool {
    changes(entry, seen).contains(&Some(true))
}

fn judge_new_card(card: &Card) -> Verdict {
    let seen = |says: &str| Evidence { card: Some(card.id.clone()), ..Evidence::new(says) };
    match &card.status {
        CardStatus::Creating => Verdict::Taken(Receipt {
            status: Some(SafeText::name(card.status.as_str())),
            card: Some(card.id.clone()),
            transactions: Vec::new(),
        }),
        CardStatus::CreatingFailed => Verdict::NotDone(seen("the card could not be created")),
        status => Verdict::Done(seen(&format!("the card is {status}"))),
    }
}

/// Whether two names differ in capitals and blanks alone.
fn is_alike(ordered: &SafeText, seen: &SafeText) -> bool {
    let plain = |name: &SafeText| name.as_str().split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    plain(ordered) == plain(seen)
}

/// Whether a platform may have made the one name of the other: in capitals, trimmed, cut.
fn may_be_named(ordered: &SafeText, seen: &SafeText) -> bool {
    let plain = |name: &SafeText| name.as_str().split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let (ordered, seen) = (plain(ordered), plain(seen));
    !seen.is_empty() && ordered.starts_with(&seen)
}

fn judge_issue(
    entry: &Entry,
    order: &CardOrder,
    cards: &[&Card],
    rivals: &[Entry],
    compared: bool,
    late: bool,
) -> Verdict {
    let fits = |order: &CardOrder, card: &Card| {
        card.name.as_ref().is_none_or(|name| may_be_named(&order.name, name))
            && card.kind.as_ref().is_none_or(|kind| *kind == order.kind)
    };
    // A card that may be another open act's decides nothing, unless its name is ours and not the other's.
    let is_named = |order: &CardOrder, card: &Card| card.name.as_ref().is_some_and(|name| is_alike(&order.name, name));
    let contested = |card: &Card| {
        rivals.iter().any(|rival| match &rival.intent.act {
            Act::IssueCard { order: other, .. } => {
                other.holder == order.holder && fits(other, card) && (is_named(other, card) || !is_named(order, card))
            }
            _ => false,
        })
    };
    match cards {
        [] => absent(entry.stage, late, Evidence::new("the cardholder has no new card; it may still come")),
        [card] if fits(order, card) && !contested(card) && (compared || card.created_at.known().is_some()) => {
            judge_new_card(card)
        }
        [card, ..] => {
            let says = format!(
                "the cardholder has {} since it was sent, and none is certainly this one; compare names and times",
                count(cards.len(), "new card")
            );
            let seen = Evidence { card: Some(card.id.clone()), ..Evidence::new(&says) };
            if entry.stage == Stage::Accepted { Verdict::Wait(says) } else { Verdict::NeedsPerson(seen) }
        }
    }
}

fn judge_card(act: &Act, stage: Stage, card: &Card, late: bool) -> Verdict {
    let seen = |says: &str| Evidence { card: Some(card.id.clone()), ..Evidence::new(says) };
    let status = &card.status;
    let is = seen(&format!("the card is {status}"));
    let wanted = match act {
        Act::Freeze(_) => CardStatus::Frozen,
        Act::Unfreeze(_) => CardStatus::Active,
        Act::Close(_) => CardStatus::Closed,
        Act::UpdateCard { name, limits, .. } => {
            let said = name.as_ref().is_none_or(|_| card.name.is_some())
                && (limits.is_none() || matches!(card.limits, Field::Known(_)));
            let named = name.as_ref().is_none_or(|name| card.name.as_ref() == Some(name));
            let alike = name.as_ref().is_none_or(|name| card.name.as_ref().is_some_and(|seen| is_alike(name, seen)));
            let has = |(kind, value): &(LimitKind, Money)| {
                let set = card.limits.known().into_iter().flatten().find(|limit| limit.kind == *kind);
                set.and_then(|limit| limit.value.known()).is_some_and(|set| same_amount(*set, *value))
            };
            let limited = limits.as_ref().is_none_or(|limits| match limits.is_empty() {
                true => card.limits.known().is_none_or(Vec::is_empty),
                false => limits.iter().all(has),
            });
            return match (said, named && limited) {
                (true, true) => Verdict::Done(seen("the card has the new name and limits")),
                // Names never deny. It may have had this name before, in its own letters.
                (true, false) if alike && limited && stage == Stage::Accepted => {
                    Verdict::Done(seen("the card has the new name, in other letters"))
                }
                (true, false) if alike && limited => {
                    Verdict::Probably(seen("the card has the new name in other letters; it may have had it before"))
                }
                (true, false) => absent(stage, late, seen("the card does not have the new name or limits")),
                (false, _) => {
                    Verdict::NeedsPerson(seen("the API does not say the card's name or limits; compare them"))
                }
            };
        }
        _ => return Verdict::Wait("what was read does not belong to the action".into()),
    };
    if *status == wanted {
        return Verdict::Done(is);
    }
    absent(stage, late, is)
}

fn judge_holder(order: &HolderOrder, stage: Stage, holder: Option<&Cardholder>, late: bool) -> Verdict {
    let Some(holder) = holder else {
        return absent(stage, late, Evidence::new("there is no cardholder with this id; it may still come"));
    };
    let plain = |text: &SafeText| text.as_str().trim().to_lowercase();
    let named = |ordered: &SafeText, seen: &SafeText| plain(ordered).starts_with(&plain(seen));
    let same = holder.email.as_ref().is_some_and(|seen| plain(seen) == plain(&order.email))
        || (named(&order.first_name, &holder.first_name) && named(&order.last_name, &holder.last_name));
    if same {
        return Verdict::Done(Evidence::new("there is a cardholder with this id and name"));
    }
    Verdict::NeedsPerson(Evidence::new("there is a cardholder with this id and another name and e-mail; compare them"))
}

fn judge_webhook(act: &Act, stage: Stage, config: Option<&WebhookConfig>, late: bool) -> Verdict {
    match (act, config) {
        (Act::DeleteWebhook, None) => Verdict::Done(Evidence::new("nothing is configured any more")),
        (Act::DeleteWebhook, Some(_)) => absent(stage, late, Evidence::new("the configuration is still there")),
        (Act::SetWebhook { url, kinds, active, new_secret }, Some(config)) => {
            let sorted = |kinds: &Option<Vec<_>>| {
                kinds.clone().map(|mut kinds| {
                    kinds.sort();
                    kinds
                })
            };
            let same = config.url == *url
                && sorted(&config.kinds) == sorted(kinds)
                && config.active.is_none_or(|seen| seen == *active);
            match (same, *new_secret && stage != Stage::Accepted) {
                (true, false) => Verdict::Done(Evidence::new("the configuration reads as it was asked for")),
                (true, true) => Verdict::NeedsPerson(Evidence::new(
                    "the configuration reads as it was asked for, but a secret cannot be read back; send a test event",
                )),
                (false, _) => absent(stage, late, Evidence::new("the configuration does not read as it was asked for")),
            }
        }
        _ => absent(stage, late, Evidence::new("nothing is configured")),
    }
}

fn count(many: usize, what: &str) -> String {
    if many == 1 { format!("1 {what}") } else { format!("{many} {what}s") }
}

#[cfg(test)]
mod tests;
