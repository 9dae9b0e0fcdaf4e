//! `fourpay watch`: tells each transaction that fits a filter, to a program or as lines, at least once.
//!
//! Both feeds are read again and again: the last hour each time, the last week every ten minutes, so that a row that comes
//! late, or changes its status later, is told too. A row is told once for each status in which it fits. Events are told one
//! after the other, and nothing is read meanwhile: a slow program is waited for.

mod cursor;
mod hook;

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use self::cursor::{Cursor, Refused, event, row};
use self::hook::Hook;
use super::act::VERSION;
use super::connection::note;
use super::exit::{Exit, Stop};
use super::interrupt;
use super::reads::feeds::{Span, in_order, read};
use super::reads::lists::{People, people, with_moments};
use super::reads::output::{Printer, object};
use super::reads::{FormatArgs, Progress, Reading, columns};
use crate::api::Link;
use crate::app::filter::{OfTransaction, Query, TRANSACTIONS};
use crate::app::search::query_plan;
use crate::domain::transaction::{Feed, Transaction};

/// How far back each look goes, and the wide one.
const NARROW: TimeDelta = TimeDelta::hours(1);
const WIDE: TimeDelta = TimeDelta::days(7);
/// How much earlier than it came up a platform may date a row.
const EARLY: TimeDelta = TimeDelta::minutes(2);
/// How often the wide look is taken.
const WIDE_EVERY: Duration = Duration::from_secs(600);
/// A card that is not known is looked up, so often at most.
const LOOK_UP_EVERY: Duration = Duration::from_secs(60);
/// A look that took long is not followed by the next at once: it may take this part of the time at most.
const SHARE: u32 = 4;
/// The pauses before something that failed is tried again, in seconds; the last one stays.
const PAUSES: [u64; 5] = [1, 2, 5, 15, 60];

/// Arguments of `watch`.
#[derive(clap::Args, Debug)]
pub struct WatchArgs {
    /// As after / in the dashboard: 'declined amount>100'; everything when nothing is said
    #[arg(long, value_name = "FILTER", default_value = "")]
    when: String,
    /// A program that is run for each event, with the event as JSON on its standard input; no shell looks at it
    #[arg(long, value_name = "PROGRAM")]
    exec: Option<PathBuf>,
    /// What the program is given as arguments, after --
    #[arg(last = true, requires = "exec", value_name = "ARGUMENTS")]
    arguments: Vec<String>,
    /// How long the program may run, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    time_limit: u64,
    /// How often an event is given to a program that fails; without it until it succeeds
    #[arg(long, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..))]
    attempts: Option<u32>,
    /// A JSON object a line for each event
    #[arg(long)]
    pub jsonl: bool,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    every: u64,
    /// Look once, tell what is new, and end
    #[arg(long)]
    once: bool,
    /// The first time, tell what is this old as well, a week at most: 2d, 12h or 2026-03-01
    #[arg(long, value_name = "MOMENT")]
    since: Option<String>,
    /// What this watch is called: each name remembers for itself what it has told
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = name)]
    name: String,
}

/// What the cursor calls a row.
fn key(row: &Transaction) -> String {
    self::row(row.feed, &row.id.to_string())
}

fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !text.is_empty() && text.len() <= 64 && text.chars().all(plain) {
        true => Ok(text.to_owned()),
        false => Err("letters, digits, - and _, 64 at most".to_owned()),
    }
}

/// One transaction in one status.
struct Event {
    row: String,
    status: String,
    transaction: Transaction,
}

/// Why the watch ends.
enum End {
    Asked(i32),
    /// Nobody reads the lines any more.
    Closed,
    /// Everything was told that there was.
    Once,
}

struct Watch<'w> {
    asked: &'w WatchArgs,
    reading: &'w Reading<'w>,
    query: Query,
    cursor: Cursor,
    hook: Option<Hook>,
    printer: Printer,
    people: People,
    looked_up: Instant,
    stop: Receiver<Option<i32>>,
    /// What was said last of what cannot be read.
    said: String,
    /// A row that is there at the first look of the first start was there before.
    is_first: bool,
    /// An event was not told, after as many attempts as were wanted.
    passed_over: bool,
    /// What the last wide look could not read.
    lacks: Vec<String>,
}

/// Tells what fits until it is ended: 0 when nobody reads any more or after `--once`, 128 + N by a signal, 7 when `--once`
/// could not read everything or passed something over, 9 when the cursor cannot be used.
pub async fn watch(asked: &WatchArgs, reading: &Reading<'_>) -> Result<i32, Stop> {
    let stop = interrupt::asked_to_stop().map_err(|error| Stop::usage(error.to_string()))?;
    let query = reading.query(std::slice::from_ref(&asked.when), &TRANSACTIONS)?;
    let hook = asked.exec.as_ref().map(|program| Hook::new(program, &asked.arguments, asked.time_limit));
    hook.as_ref().map_or(Ok(()), Hook::can_run).map_err(Stop::usage)?;
    let now = reading.connection.now().wall;
    let moments = reading.query(&with_moments(&[], asked.since.as_deref(), None)?, &TRANSACTIONS)?;
    let since = query_plan::since(&moments);
    let folder = reading.connection.state_folder()?.join(format!("{}.watches", reading.connection.profile));
    let address = reading.connection.client.base_url().as_str().to_owned();
    let opened = Cursor::open(&folder, &asked.name, (&address, &asked.when), since.unwrap_or(now), now - WIDE * 2);
    let cursor = opened.map_err(|why| refused(&why, asked))?;
    let is_first = since.is_none() && cursor.is_new;
    let mut asked_here = stop.clone();
    let mut progress = Progress::new();
    let people = tokio::select! {
        people = people(reading, &mut progress) => people?,
        signal = asked_to_stop(&mut asked_here) => return Ok(128 + signal),
    };
    drop(progress);
    let printer = reading.printer(&FormatArgs::default(), "events");
    let looked_up = Instant::now();
    let said = String::new();
    let mut watch = Watch {
        asked,
        reading,
        query,
        cursor,
        hook,
        printer,
        people,
        looked_up,
        stop,
        said,
        is_first,
        passed_over: false,
        lacks: Vec::new(),
    };
    match watch.run().await? {
        (End::Asked(signal), _) => Ok(128 + signal),
        (End::Closed, _) => Ok(Exit::Done.code()),
        (End::Once, whole) => Ok(if whole { Exit::Done } else { Exit::Incomplete }.code()),
    }
}

/// Waits until a signal asks for the end; which one.
async fn asked_to_stop(stop: &mut Receiver<Option<i32>>) -> i32 {
    match stop.wait_for(Option::is_some).await.map(|signal| *signal) {
        Ok(Some(signal)) => signal,
        // Nobody listens any more: nobody will ask.
        _ => std::future::pending().await,
    }
}

fn refused(why: &Refused, asked: &WatchArgs) -> Stop {
    let says = match why {
        Refused::Busy(path) => format!(
            "a watch called {} is running already ({} is held); end it, or give this one a --name of its own",
            asked.name,
            path.display()
        ),
        Refused::Other(what, theirs) => format!(
            "the watch called {} was begun with another {what} ({}); give this one a --name of its own",
            asked.name,
            if theirs.is_empty() { "none" } else { theirs.as_str() }
        ),
        Refused::Unreadable(path, why) => {
            format!("{}: {why}; move it away to begin anew, with --since for what is not to be missed", path.display())
        }
        Refused::Io(path, error) => format!("{}: {error}", path.display()),
    };
    Stop::new(Exit::NotSent, says)
}

impl Watch<'_> {
    async fn run(&mut self) -> Result<(End, bool), Stop> {
        let (mut wide_at, mut wide_failures, mut failures) = (Instant::now(), 0, 0);
        loop {
            let began = Instant::now();
            let is_wide = began >= wide_at;
            let mut stop = self.stop.clone();
            let (events, failed) = tokio::select! {
                looked = self.look(if is_wide { WIDE } else { NARROW }) => looked?,
                // Nothing was told yet: a server that hangs keeps nobody.
                signal = asked_to_stop(&mut stop) => return Ok((End::Asked(signal), false)),
            };
            let took = began.elapsed();
            if is_wide {
                wide_failures = if failed.is_empty() { 0 } else { wide_failures + 1 };
                wide_at = began + if failed.is_empty() { WIDE_EVERY } else { after(wide_failures) };
            }
            // What a wide look lacks, a narrow one does not even look for.
            if is_wide {
                self.lacks = failed;
            } else if !failed.is_empty() && self.lacks.is_empty() {
                self.lacks = failed;
                wide_at = began;
            }
            let gaps: Vec<String> = self.people.gaps().into_iter().chain(self.lacks.iter().cloned()).collect();
            self.say(&gaps);
            for event in events {
                if let Some(end) = self.tell(&event).await? {
                    return Ok((end, gaps.is_empty()));
                }
            }
            if self.asked.once {
                return Ok((End::Once, gaps.is_empty() && !self.passed_over));
            }
            failures = if matches!(self.reading.connection.client.link(), Link::Up) { 0 } else { failures + 1 };
            let pause = Duration::from_secs(self.asked.every).max(took * SHARE);
            let pause = if failures == 0 { pause } else { pause.max(after(failures)) };
            if let Some(end) = self.pause(pause).await {
                return Ok((end, gaps.is_empty()));
            }
        }
    }

    /// Waits, unless the watch is to end.
    async fn pause(&mut self, pause: Duration) -> Option<End> {
        tokio::select! {
            () = tokio::time::sleep(pause) => None,
            signal = asked_to_stop(&mut self.stop) => Some(End::Asked(signal)),
        }
    }

    /// What cannot be read is said once, and when it changes.
    fn say(&mut self, gaps: &[String]) {
        let says = gaps.join("; ");
        if says != self.said {
            match says.is_empty() {
                true => note("everything can be read again"),
                false => note(&format!("incomplete: {says}; it is tried again")),
            }
            self.said = says;
        }
    }

    /// Reads both feeds so far back; what fits and was not told yet, oldest first, and what is missing.
    async fn look(&mut self, back: TimeDelta) -> Result<(Vec<Event>, Vec<String>), Stop> {
        if back == WIDE && self.looked_up.elapsed() >= LOOK_UP_EVERY {
            self.look_up().await;
        }
        let now = self.reading.connection.now().wall;
        let (mut rows, mut failed) = (Vec::new(), Vec::new());
        for feed in [Feed::Cards, Feed::Accounts] {
            // Where a feed was never read, everything that is there has to be seen.
            let back = if self.cursor.has_read(feed) { back } else { WIDE };
            let span = Span { card: None, from: Some(now - back), to: None };
            let mut of_feed = Vec::new();
            let came = read(&self.reading.connection.client, feed, &span, |page| {
                of_feed.extend(page);
                Ok(true)
            });
            let (came, gap) = match came.await? {
                Ok(gap) => (true, gap),
                Err(failure) => (false, Some(failure.sentence())),
            };
            of_feed.retain(|row: &Transaction| row.created_at.known().is_none_or(|at| *at >= now - back));
            if of_feed.iter().any(|row| self.is_of_unknown_card(row)) && self.looked_up.elapsed() >= LOOK_UP_EVERY {
                self.look_up().await;
            }
            let is_first_whole = back == WIDE && gap.is_none() && !self.cursor.has_read_whole(feed);
            if came && (is_first_whole || !self.cursor.has_read(feed)) {
                self.first_read(feed, gap.is_none(), &of_feed)?;
            }
            of_feed.retain(|row| self.query.matches(&OfTransaction(&self.people.store, row)));
            if !self.cursor.has_read_whole(feed) {
                of_feed.retain(|old| !self.is_old(old) || self.cursor.status(&key(old)).is_some());
            }
            // Of a feed that never came nobody knows what is new.
            if self.cursor.has_read(feed) {
                rows.extend(of_feed);
            }
            failed.extend(gap);
        }
        self.is_first = false;
        in_order(&mut rows);
        let events = rows.into_iter().rev().map(|transaction| Event {
            row: key(&transaction),
            status: transaction.status.to_string(),
            transaction,
        });
        let is_new = |event: &Event| !self.cursor.has_told(&event.row, &event.status);
        Ok((events.filter(is_new).collect(), failed))
    }

    /// Whether a row was there before the watch began, as far as its date says. A platform may date rows a little early.
    fn is_old(&self, row: &Transaction) -> bool {
        row.created_at.known().is_none_or(|at| *at < self.cursor.since - EARLY)
    }

    /// What was there before the watch began is not told. Where it is not known whose each card is, rows that do not fit now
    /// may fit once it is: they were there all the same.
    fn first_read(&mut self, feed: Feed, whole: bool, rows: &[Transaction]) -> Result<(), Stop> {
        let may_fit_later = !self.people.gaps().is_empty();
        let fits = |row: &Transaction| may_fit_later || self.query.matches(&OfTransaction(&self.people.store, row));
        let was_there = |row: &Transaction| self.is_first || self.is_old(row);
        let old = rows.iter().filter(|old| was_there(old) && fits(old) && self.cursor.status(&key(old)).is_none());
        let old = old.map(|old| (key(old), old.status.to_string(), old.created_at.known().copied())).collect();
        let path = self.cursor.path().to_owned();
        let kept = self.cursor.first_read((feed, whole), old);
        kept.map_err(|error| Stop::new(Exit::NotSent, format!("{}: {error}; nothing was told", path.display())))
    }

    fn is_of_unknown_card(&self, row: &Transaction) -> bool {
        row.card.as_ref().is_some_and(|card| self.people.store.card(card).is_none())
    }

    /// Reads whose each card is anew; where that fails, what was known stays.
    async fn look_up(&mut self) {
        self.looked_up = Instant::now();
        if let Ok(people) = people(self.reading, &mut Progress::new()).await {
            self.people = people;
        }
    }

    /// Tells an event until it is told; `Some` when the watch is to end before.
    async fn tell(&mut self, event: &Event) -> Result<Option<End>, Stop> {
        let id = self::event(&event.row, &event.status);
        let mut repeated = self.cursor.is_begun(&id);
        let (mut attempt, mut failures) = (0, 0);
        loop {
            if let Some(signal) = *self.stop.borrow() {
                return Ok(Some(End::Asked(signal)));
            }
            let told = match self.cursor.begin(&id) {
                // The program was not run: that is no attempt.
                Err(error) => {
                    let says = format!("{}: {error}; nothing was told", self.cursor.path().display());
                    if self.asked.once {
                        return Err(Stop::new(Exit::NotSent, says));
                    }
                    failures += 1;
                    Err(says)
                }
                Ok(()) => {
                    attempt += 1;
                    failures = attempt;
                    self.once(event, &id, repeated, attempt).await?
                }
            };
            // The program was run, or may have been.
            repeated |= self.cursor.is_begun(&id);
            let says = match told {
                Ok(()) => break,
                Err(says) => says,
            };
            if self.printer.is_closed() {
                return Ok(Some(End::Closed));
            }
            if attempt > 0 && self.asked.attempts.is_some_and(|most| attempt >= most) {
                note(&format!("{id} is passed over after {attempt} attempts: {says}"));
                self.passed_over = true;
                break;
            }
            let pause = after(failures);
            note(&format!("{id}: {says}; tried again in {} s", pause.as_secs()));
            if let Some(end) = self.pause(pause).await {
                return Ok(Some(end));
            }
        }
        let at = event.transaction.created_at.known().copied();
        if let Err(error) = self.cursor.tell(&event.row, &event.status, at) {
            note(&format!("{}: {error}; after the next start {id} comes once more", self.cursor.path().display()));
        }
        Ok(None)
    }

    /// Gives an event to the program, then prints it. The inner error is what failed and may be tried again.
    async fn once(
        &mut self,
        event: &Event,
        id: &str,
        repeated: bool,
        attempt: u32,
    ) -> Result<Result<(), String>, Stop> {
        let document = self.document(event, id, repeated, attempt);
        if let Some(hook) = &self.hook
            && let Err(says) = hook.run(&document).await.map_err(Stop::usage)?
        {
            return Ok(Err(says));
        }
        if self.asked.jsonl {
            self.printer.line(&document.to_string())?;
        } else if self.hook.is_none() {
            let line = self.line(event);
            self.printer.line(&line)?;
        }
        self.printer.flush()?;
        Ok(if self.printer.is_closed() { Err("nobody reads it".to_owned()) } else { Ok(()) })
    }

    fn document(&self, event: &Event, id: &str, repeated: bool, attempt: u32) -> Value {
        let all: Vec<_> = columns::TRANSACTIONS.iter().collect();
        let cells: Vec<_> = all.iter().map(|column| (column.cell)(&self.people.store, &event.transaction)).collect();
        json!({
            "version": VERSION,
            "kind": "event",
            "id": id,
            "repeated": repeated,
            "attempt": attempt,
            "previous_status": self.cursor.status(&event.row),
            "watch": self.asked.name,
            "profile": self.reading.connection.profile,
            "seen_at": stamp(self.reading.connection.now().wall),
            "transaction": object(&all, &cells),
        })
    }

    /// For people.
    fn line(&self, event: &Event) -> String {
        let shown = columns::TRANSACTIONS.iter().filter(|column| column.common).map(|column| {
            (column.cell)(&self.people.store, &event.transaction).shown(&self.printer.zone, self.printer.grouping)
        });
        shown.filter(|text| !text.is_empty()).collect::<Vec<String>>().join("  ")
    }
}

fn stamp(at: DateTime<Utc>) -> String {
    super::reads::cell::stamp(at)
}

/// The pause after so many failures.
fn after(failures: u32) -> Duration {
    let at = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    Duration::from_secs(PAUSES.get(at).copied().unwrap_or(60))
}
