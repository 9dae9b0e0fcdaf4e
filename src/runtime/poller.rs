//! The background reader: one task that keeps the dashboard's data fresh.
//!
//! It reads by the timetable of [`super::schedule`], never the same thing twice at once, goes on whatever
//! fails, and sends what it got through a bounded channel: when the dashboard is behind, it waits.
//!
//! With the webhook event log as a feed it learns which records changed and reads just those:
//!
//! ```text
//!   event log ──▶ new entries ──▶ card …        ──▶ read that card
//!                             ──▶ transaction … ──▶ read the newest page; that row, if it is older
//!                             ──▶ anything      ──▶ read the balances
//!   deliveries to the receiver ─┘ (a change that both tell is read once)
//! ```

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::acts::Noticed;
use super::background::{Backlog, Outcome};
use super::clock::Clock;
use super::deliveries::{self, Replay};
use super::read::{OldestFirst, Read, batch, feed_by, order};
use super::remembered::{Memory, Place};
use super::schedule::{Ended, Job, Schedule};
use super::tail::{Back, Tail};
use crate::api::{self, Client, End, Link as LinkState, Order, Page, Pager, Paging, Window, feed_list, pager};
use crate::app::msg::{Answer, Batch, ChangeFeed, Link, Missing, Msg, Short, Sought, Topic, Watch};
use crate::domain::card::{Card, CardStatus, Remembered};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::{AccountId, CardId, EventId, TransactionId};
use crate::domain::intent::Kind;
use crate::domain::transaction::{Feed, Transaction};
use crate::domain::webhook::{Event, EventKind, Heard, Logged, Subject};
use crate::ops::{Ops, execute};

/// Rows in the first page of a feed: more than a screen, and quick.
pub(super) const FIRST: u32 = 100;
/// Entries of the event log in one read, and after a burst.
const EVENTS: u32 = 50;
pub(super) const BURST: u32 = 200;
/// Entries of the event log that are remembered as seen.
const KNOWN_EVENTS: usize = 1000;
/// Records that an event names are read one by one up to this many; beyond it their lists are read.
const SINGLY: usize = 8;
/// Newest rows that are remembered, for each feed.
const RECENT: usize = 300;
/// Rows that are not final yet and are remembered, for each feed.
const MOST_UNSETTLED: usize = 1000;
/// A clock difference up to this many seconds is nobody's concern (N8).
const SKEW_SHOWN: i64 = 120;
/// A request that takes longer than this is shown as under way.
const SLOW: Duration = Duration::from_millis(700);
/// Two intervals of polling without an answer: the header says so.
const SILENCE: Duration = super::schedule::REFRESH.saturating_mul(2);

/// How often what was learned of cards is written down while it is read.
const KEEP_EVERY: Duration = Duration::from_secs(20);
/// Lists whose place is remembered.
const MOST_PAGERS: usize = 4096;

/// Under which job the place in a list is remembered that is read page by page, and what its first page is.
fn place(job: &Job) -> Option<(Job, Window)> {
    let at = |offset| Window { limit: BURST, offset };
    Some(match job {
        Job::Read(Topic::Accounts | Topic::Cards(_) | Topic::Cardholders | Topic::History(_)) => {
            (job.clone(), Window::FIRST)
        }
        Job::Read(Topic::Search(sought)) => {
            let first = Window { offset: sought.offset, ..Window::FIRST };
            (Job::Read(Topic::Search(Box::new(Sought { offset: 0, ..(**sought).clone() }))), first)
        }
        Job::Read(Topic::WebhookEvents) => (Job::Read(Topic::OlderEvents(0)), at(0)),
        Job::Read(Topic::OlderEvents(offset)) => (Job::Read(Topic::OlderEvents(0)), at(*offset)),
        _ => return None,
    })
}

/// The list that a job reads page by page.
fn list(job: &Job) -> api::Read {
    match job {
        Job::Read(Topic::Accounts) => api::Read::Accounts,
        Job::Read(Topic::Cards(_)) => api::Read::Cards,
        Job::Read(Topic::Cardholders) => api::Read::Cardholders,
        Job::Read(Topic::History(feed)) => feed_list(*feed),
        Job::Read(Topic::Search(sought)) => feed_list(sought.feed),
        _ => api::Read::WebhookEvents,
    }
}

/// Whether somebody says where to read on, page for page.
fn is_walk(job: &Job) -> bool {
    matches!(job, Job::Read(Topic::Search(_) | Topic::WebhookEvents | Topic::OlderEvents(_)))
}

/// What the dashboard asks of the poller beyond its timetable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Refresh,
    Fetch(Topic),
    /// Verified deliveries named these records. What they say of money is not believed: it is read.
    Heard(Vec<Subject>),
    /// Read nothing more: it is locked. What is under way ends.
    Rest,
    /// It is open again: read everything on the screen, and go on.
    Wake,
    /// Whether the outcome of a movement is open: the newest rows are read for it, however slow the pace.
    Await(bool),
    /// Send a logged event once more.
    Replay(Replay),
}

/// Where the poller hears and speaks.
pub struct Ends {
    pub out: mpsc::Sender<Msg>,
    pub watch: watch::Receiver<Watch>,
    pub requests: mpsc::UnboundedReceiver<Request>,
}

/// What one job brought.
struct Brought {
    job: Job,
    asked: u64,
    outcome: Result<News, Failure>,
}

pub(super) enum News {
    Accounts(Page<crate::domain::account::Account>),
    Cards(Page<crate::domain::card::Card>),
    Holders(Page<crate::domain::cardholder::Cardholder>),
    Rows(Page<Transaction>),
    /// The newest rows of a feed that lists the oldest first, where they stand, and where the next ones will.
    Tail {
        page: Page<Transaction>,
        tail: Tail,
        from: u64,
        is_through: bool,
    },
    /// Older rows of such a feed, and how to go on.
    Older(Page<Transaction>, Back),
    /// A page of the event log, to look at.
    Log(Page<Logged>),
    One(Answer),
    Events(Vec<Event>),
    Feed(ChangeFeed),
    /// The deployment has said what it offers, or has not.
    Described,
}

/// What came of a list that is read from its end back.
#[derive(Debug, Default)]
struct Walked {
    rows: HashSet<TransactionId>,
    skipped: u64,
    /// Places there were.
    wanted: u64,
}

impl Walked {
    fn take(&mut self, page: &Page<Transaction>) {
        self.rows.extend(page.items.iter().map(|row| row.id.clone()));
        self.skipped += u64::try_from(page.skipped).unwrap_or(0);
    }

    /// Where fewer rows came than there are.
    fn short(&self) -> Option<Short> {
        let have = u64::try_from(self.rows.len()).unwrap_or(u64::MAX).saturating_add(self.skipped);
        (have < self.wanted).then_some(Short { have, promised: Some(self.wanted) })
    }
}

/// The background reader.
pub struct Poller {
    client: Client,
    clock: Clock,
    schedule: Schedule,
    history: usize,
    asked: u64,
    /// How far each list is that is read page by page.
    pagers: HashMap<Job, Pager>,
    /// How pages are asked for, where a list has shown it.
    paging: Option<Paging>,
    /// Accounts of the pass that is under way.
    pass: HashSet<AccountId>,
    /// Feeds that list the oldest first: where their newest rows are, where that was found.
    tails: HashMap<Feed, Option<Tail>>,
    /// How far lists of such feeds were read back, from their ends.
    backs: HashMap<Job, Back>,
    /// Different rows that came of those, and how many there are: where rows change places from page to page, some are
    /// passed over.
    walked: HashMap<Job, Walked>,
    /// Lists that were read whole once: page followed page then, and each turn reads one page now.
    passed: HashSet<Job>,
    recent: HashMap<Feed, VecDeque<TransactionId>>,
    unsettled: HashMap<Feed, HashMap<TransactionId, DateTime<Utc>>>,
    /// Transactions that events named; the next newest page should hold them.
    named: HashMap<Feed, Vec<TransactionId>>,
    known_events: VecDeque<EventId>,
    /// Changes that were told of already, by the log or by a delivery.
    heard: Heard,
    /// What deliveries are signed with, where this program knows it.
    secret: Option<deliveries::Secret>,
    /// A whole read of the log was new: there may be more behind it.
    behind: bool,
    events_read: bool,
    started: HashMap<Job, Duration>,
    /// When a request ended last.
    answered: Duration,
    resting: bool,
    /// What lists leave out of cards.
    backlog: Backlog,
    /// Accounts whose cards were listed to their end, or cannot be.
    listed: HashSet<AccountId>,
    /// Where it is kept for the next start, and what was kept there.
    keeps: Option<(Place, Option<Memory>)>,
    remembered: Vec<Remembered>,
    kept_at: Duration,
    link: Link,
    /// Where what may speak of an act goes.
    notice: Option<mpsc::UnboundedSender<Noticed>>,
}

/// Items of one answer that the dashboard takes in at once: a key that comes meanwhile waits for them.
const PART: usize = 1_000;

/// A page of a list that is read to its end, in parts as if it had come in several; what ends the list is in the last
/// of them.
fn in_parts(outcome: Result<Answer, Failure>) -> Vec<Result<Answer, Failure>> {
    match outcome {
        Ok(Answer::Accounts(batch)) => parts_of(batch).into_iter().map(Answer::Accounts).map(Ok).collect(),
        Ok(Answer::Cards(batch)) => parts_of(batch).into_iter().map(Answer::Cards).map(Ok).collect(),
        Ok(Answer::Cardholders(batch)) => parts_of(batch).into_iter().map(Answer::Cardholders).map(Ok).collect(),
        other => vec![other],
    }
}

fn parts_of<T>(batch: Batch<T>) -> Vec<Batch<T>> {
    let Batch { items, skipped, last, short } = batch;
    if items.len() <= PART {
        return vec![Batch { items, skipped, last, short }];
    }
    let mut parts = Vec::new();
    let mut items = items.into_iter();
    loop {
        let part: Vec<T> = items.by_ref().take(PART).collect();
        let is_last = items.len() == 0;
        let whole = Batch { items: part, skipped: 0, last: false, short: None };
        if is_last {
            parts.push(Batch { skipped, last, short, ..whole });
            return parts;
        }
        parts.push(whole);
    }
}

impl Poller {
    /// `history`: most rows of each feed that are read; `refresh`: time between reads of the newest transactions.
    pub fn new(client: Client, clock: Clock, history: usize, refresh: Duration) -> Poller {
        Poller {
            client: client.background(),
            clock,
            schedule: Schedule::new(refresh),
            history,
            asked: 0,
            pagers: HashMap::new(),
            paging: None,
            pass: HashSet::new(),
            tails: HashMap::new(),
            backs: HashMap::new(),
            walked: HashMap::new(),
            passed: HashSet::new(),
            recent: HashMap::new(),
            unsettled: HashMap::new(),
            named: HashMap::new(),
            known_events: VecDeque::new(),
            heard: Heard::default(),
            secret: None,
            behind: false,
            events_read: false,
            started: HashMap::new(),
            answered: Duration::ZERO,
            resting: false,
            backlog: Backlog::new(),
            listed: HashSet::new(),
            keeps: None,
            remembered: Vec::new(),
            kept_at: Duration::ZERO,
            link: Link::default(),
            notice: None,
        }
    }

    /// The same, telling what may speak of an act.
    pub fn with_notice(self, notice: mpsc::UnboundedSender<Noticed>) -> Poller {
        Poller { notice: Some(notice), ..self }
    }

    /// The same, knowing what deliveries are signed with.
    pub fn with_secret(self, secret: deliveries::Secret) -> Poller {
        Poller { secret: Some(secret), ..self }
    }

    /// The same, knowing what an earlier run learned of cards, and keeping it for the next one.
    pub fn with_memory(self, place: Option<Place>) -> Poller {
        let keeps = place.map(|place| {
            let memory = place.read();
            (place, Some(memory))
        });
        Poller { keeps, ..self }
    }

    /// Reads until the dashboard hangs up.
    pub async fn run(mut self, mut ends: Ends) {
        let mut reads: JoinSet<Brought> = JoinSet::new();
        let mut errands: JoinSet<()> = JoinSet::new();
        self.watched(ends.watch.borrow_and_update().clone());
        loop {
            while !self.resting
                && let Some(job) = self.schedule.next(self.clock.up())
            {
                if !self.start(job, &mut reads, &ends.out).await {
                    return;
                }
            }
            while let Some(job) = self.next_in_background() {
                self.schedule.occupy(job.clone());
                if !self.start(job, &mut reads, &ends.out).await {
                    return;
                }
            }
            if !self.tell_link(&ends.out).await {
                return;
            }
            self.keep(&mut errands);
            let now = self.clock.up();
            let (turn, behind) = match self.resting {
                true => (None, None),
                false => (self.schedule.wake_at(now), self.backlog.wake_at(now)),
            };
            let wake = [turn, behind, self.slow_at(now)].into_iter().flatten().min();
            let nap = wake.map_or(Duration::from_secs(3600), |at| at.saturating_sub(now));
            tokio::select! {
                biased;
                changed = ends.watch.changed() => match changed {
                    Ok(()) => self.watched(ends.watch.borrow_and_update().clone()),
                    Err(_) => return,
                },
                request = ends.requests.recv() => match request {
                    Some(Request::Refresh) => {
                        self.client.try_now();
                        self.schedule.refresh();
                    }
                    Some(Request::Rest) => self.resting = true,
                    Some(Request::Wake) => {
                        self.resting = false;
                        self.client.try_now();
                        self.schedule.refresh();
                    }
                    Some(Request::Await(rows)) => self.schedule.await_rows(rows, self.clock.up()),
                    Some(Request::Fetch(topic @ Topic::Search(_))) => self.schedule.seek(Job::Read(topic)),
                    Some(Request::Fetch(topic)) => self.schedule.hurry(Job::Read(topic)),
                    Some(Request::Replay(replay)) => {
                        let (client, secret, out) = (self.client.clone(), self.secret.clone(), ends.out.clone());
                        errands.spawn(async move {
                            let _ = out.send(deliveries::replay(client, secret, replay).await).await;
                        });
                    }
                    Some(Request::Heard(subjects)) => {
                        let changes = subjects.into_iter().map(|subject| {
                            (subject.kind.clone().unwrap_or_else(|| EventKind::from_wire("unknown")), subject)
                        });
                        let changes = self.unheard(changes.collect());
                        self.follow(changes);
                    }
                    None => return,
                },
                Some(joined) = reads.join_next() => {
                    // A read that panicked has ended the process already.
                    if let Ok(brought) = joined
                        && !self.take(brought, &ends.out).await
                    {
                        return;
                    }
                }
                Some(_) = errands.join_next() => {}
                () = tokio::time::sleep(nap.max(Duration::from_millis(1))) => {}
            }
        }
    }

    /// Sends a job on its way; `false` when the dashboard is gone.
    async fn start(&mut self, job: Job, reads: &mut JoinSet<Brought>, out: &mpsc::Sender<Msg>) -> bool {
        self.asked += 1;
        self.started.insert(job.clone(), self.clock.up());
        if let Job::Read(topic) = &job
            && out.send(Msg::Asked(topic.clone())).await.is_err()
        {
            return false;
        }
        let (client, window) = match self.pager(&job) {
            Some(pager) => {
                let (paging, window) = (pager.paging(), pager.next().unwrap_or(Window::FIRST));
                (self.client.with_paging(paging), window)
            }
            None => (self.client.clone(), Window::FIRST),
        };
        let oldest_first = self.oldest_first(&job);
        let read = Read {
            client,
            window,
            oldest_first,
            recent: match &job {
                Job::Read(Topic::Newest(feed)) => self.recent.get(feed).map(|ids| ids.iter().cloned().collect()),
                _ => None,
            },
            since: match &job {
                Job::Unsettled(feed) => self.unsettled.get(feed).and_then(|rows| rows.values().min().copied()),
                _ => None,
            },
            first_page: match &job {
                Job::Read(Topic::HolderCards(holder)) => self.backlog.wants_first_page(&job, holder),
                _ => false,
            },
            events: if self.behind { BURST } else { EVENTS },
            now: self.clock.now().wall,
        };
        let asked = self.asked;
        reads.spawn(async move {
            let outcome = read.run(&job).await;
            Brought { job, asked, outcome }
        });
        true
    }

    /// Where to read on, for a feed that lists the oldest first.
    fn oldest_first(&mut self, job: &Job) -> Option<OldestFirst> {
        let feed = match job {
            Job::Read(Topic::Newest(feed) | Topic::History(feed)) => *feed,
            Job::Read(Topic::Search(sought)) => sought.feed,
            _ => return None,
        };
        let tail = *self.tails.get(&feed)?;
        if let Job::Read(Topic::Newest(_)) = job {
            return Some(tail.map_or(OldestFirst::Lost, OldestFirst::Found));
        }
        let (key, first) = place(job)?;
        if self.backs.len() >= MOST_PAGERS {
            self.backs.retain(|job, _| !matches!(job, Job::Read(Topic::Search(_))));
            self.walked.retain(|job, _| !matches!(job, Job::Read(Topic::Search(_))));
        }
        // A search begins anew at its end.
        let known =
            if is_walk(job) && first.offset == 0 { self.backs.remove(&key) } else { self.backs.get(&key).copied() };
        if known.is_none() {
            self.walked.remove(&key);
        }
        let known = known.filter(|_| !is_walk(job) || first.offset > 0);
        Some(known.map_or(OldestFirst::Lost, OldestFirst::Back))
    }

    fn jitter(&self) -> u32 {
        u32::try_from(self.clock.random() % 1024).unwrap_or_default()
    }

    /// Passes on what may speak of an act: whatever is read is held against the journal.
    fn let_notice(&self, news: &News) {
        let Some(notice) = &self.notice else { return };
        let noteworthy = |rows: &[Transaction]| rows.iter().filter(|row| Ops::is_noteworthy(row)).cloned().collect();
        let active = |card: &&Card| card.status == CardStatus::Active && card.account.is_some();
        let mut found = Vec::new();
        match news {
            News::Accounts(page) => {
                let accounts: Vec<_> = page.items.iter().map(|account| account.id.clone()).collect();
                found.push(Noticed::Accounts(accounts));
            }
            News::Rows(page) | News::Tail { page, .. } | News::Older(page, _) => {
                found.push(Noticed::Rows(noteworthy(&page.items)));
            }
            News::One(answer) => match answer {
                Answer::Transaction(row, _) => found.push(Noticed::Rows(noteworthy(std::slice::from_ref(row)))),
                Answer::Transactions(batch) => found.push(Noticed::Rows(noteworthy(&batch.items))),
                Answer::Card(card) => {
                    found.extend(Some(&**card).filter(active).map(|card| Noticed::Card(Box::new(card.clone()))));
                }
                Answer::Accounts(_)
                | Answer::Account(_)
                | Answer::Cards(_)
                | Answer::Cardholders(_)
                | Answer::Destinations(_)
                | Answer::WebhookConfig(_)
                | Answer::WebhookEvents(_)
                | Answer::Gaps(_) => {}
            },
            // Named one by one, so that no way to read rows goes by the journal.
            News::Cards(_) | News::Holders(_) | News::Log(_) | News::Events(_) | News::Feed(_) | News::Described => {}
        }
        for noticed in found {
            if !matches!(&noticed, Noticed::Rows(rows) if rows.is_empty()) {
                // Whoever carries out acts may be gone; the journal is read at the next start.
                let _ = notice.send(noticed);
            }
        }
    }

    /// Learns from what came and passes it on; `false` when the dashboard is gone.
    async fn take(&mut self, brought: Brought, out: &mpsc::Sender<Msg>) -> bool {
        let Brought { job, mut asked, outcome } = brought;
        let now = self.clock.up();
        let began = self.started.remove(&job).unwrap_or(now);
        self.answered = now;
        let mut how = match &outcome {
            Ok(_) => Ended::Done,
            Err(_) => Ended::Failed,
        };
        if let Ok(news) = &outcome {
            self.let_notice(news);
        }
        let outcome = match outcome {
            Ok(news) => match self.learn(&job, news, &mut how) {
                Some(answer) => Ok(answer),
                None => {
                    self.schedule.ended(&job, how, now, self.jitter());
                    return true;
                }
            },
            Err(failure) => {
                if failure.kind == FailureKind::Unauthorized {
                    self.schedule.halt();
                    // What is still on its way was asked with the credential that is refused.
                    asked = self.asked;
                }
                if matches!(job, Job::Events | Job::AskForEvents) {
                    how = self.without_events(&failure, now);
                }
                Err(failure)
            }
        };
        self.ended_in_background(&job, outcome.as_ref().err(), now);
        if !self.remembered.is_empty() && out.send(Msg::Remembered(std::mem::take(&mut self.remembered))).await.is_err()
        {
            return false;
        }
        // The next page of a crawl comes no sooner than its budget allows.
        let ended = if how == Ended::MorePages { now.max(began + pager::MIN_PAUSE) } else { now };
        self.schedule.ended(&job, how, ended, self.jitter());
        let topic = match (&job, &outcome) {
            (Job::Read(topic), _) => topic.clone(),
            // Nothing is read any more, so the dashboard has to know.
            (_, Err(failure)) if failure.kind == FailureKind::Unauthorized => Topic::Accounts,
            (Job::Unsettled(feed), Ok(_)) => Topic::Newest(*feed),
            // Whether the event log answers is shown by the link, not as an error of a pane.
            (Job::Events | Job::AskForEvents | Job::Discover | Job::Unsettled(_), _) => return true,
        };
        for outcome in in_parts(outcome) {
            if out.send(Msg::Replied { topic: topic.clone(), asked, outcome }).await.is_err() {
                return false;
            }
        }
        true
    }

    /// What the screen shows has changed.
    fn watched(&mut self, watch: Watch) {
        self.backlog.watch(&watch);
        self.schedule.watch(watch, self.clock.up());
    }

    /// The next thing to read in the background now.
    fn next_in_background(&mut self) -> Option<Job> {
        if self.resting || self.schedule.is_halted() || !matches!(self.client.link(), LinkState::Up) {
            return None;
        }
        let all = self.passed.contains(&Job::Read(Topic::Accounts))
            && self.schedule.accounts().iter().all(|account| self.listed.contains(account));
        self.backlog.has_listed_cards(all);
        let schedule = &self.schedule;
        self.backlog.next(self.clock.up(), |job| schedule.is_under_way(job))
    }

    fn ended_in_background(&mut self, job: &Job, failure: Option<&Failure>, now: Duration) {
        let how = match failure {
            None => Outcome::Read,
            Some(failure) if failure.may_pass() || failure.kind == FailureKind::Unauthorized => Outcome::MayPass,
            Some(_) => Outcome::Never,
        };
        let limited = match self.client.link() {
            LinkState::Limited { wait } => Some(wait),
            _ => None,
        };
        let is_refused = matches!(failure.map(|failure| &failure.kind), Some(FailureKind::RateLimited { .. }));
        self.backlog.ended(job, how, limited.or(is_refused.then_some(Duration::ZERO)), now);
        match (job, how) {
            (Job::Read(Topic::Cards(account)), Outcome::Never) => {
                self.listed.insert(account.clone());
            }
            (Job::Read(Topic::Cardholders), Outcome::Never) => self.backlog.has_listed_people(),
            _ => {}
        }
    }

    /// What an earlier run learned, once it is known that the merchant is the same.
    fn recall(&mut self) {
        let accounts = self.schedule.accounts();
        if accounts.is_empty() {
            return;
        }
        if let Some(memory) = self.keeps.as_mut().and_then(|(_, memory)| memory.take()) {
            self.remembered = memory.of(accounts);
            self.backlog.remember(&self.remembered);
        }
    }

    /// Writes down what was learned of cards: now and then, and when there is no more to learn.
    fn keep(&mut self, errands: &mut JoinSet<()>) {
        let now = self.clock.up();
        let listed = self.passed.contains(&Job::Read(Topic::Accounts)) && !self.schedule.accounts().is_empty();
        let (Some((place, None)), true) = (&self.keeps, listed) else { return };
        let is_due = now.saturating_sub(self.kept_at) >= KEEP_EVERY || !self.backlog.is_open();
        if !is_due {
            return;
        }
        if let Some(cards) = self.backlog.news_to_keep() {
            self.kept_at = now;
            let (place, accounts) = (place.clone(), self.schedule.accounts().to_vec());
            errands.spawn_blocking(move || {
                // A cache that cannot be written is read anew from the API.
                let _ = place.write(&accounts, &cards);
            });
        }
    }

    /// The event log did not answer. When it never will, lists are read in turn; when the link is down, a read
    /// whose pane says so goes out at once.
    fn without_events(&mut self, failure: &Failure, now: Duration) -> Ended {
        if failure.may_pass() {
            self.schedule.hurry(Job::Read(Topic::Newest(Feed::Cards)));
            return Ended::Failed;
        }
        self.schedule.found_feed(ChangeFeed::Polling, now);
        Ended::Done
    }

    /// What the poller itself makes of an answer, and what the dashboard is to know of it.
    fn learn(&mut self, job: &Job, news: News, how: &mut Ended) -> Option<Answer> {
        let now = self.clock.up();
        match news {
            News::Accounts(page) => {
                let (last, short) = self.turn_page(job, &page, |account| &account.id, how, u64::MAX);
                self.found_accounts(page.items.iter().map(|account| account.id.clone()), last);
                self.recall();
                Some(Answer::Accounts(batch(page, last, short)))
            }
            News::Cards(page) => {
                let (last, short) = self.turn_page(job, &page, |card| &card.id, how, u64::MAX);
                if let Job::Read(Topic::Cards(account)) = job {
                    self.backlog.saw_cards(&page.items, Some(account), None, false);
                    if last {
                        self.listed.insert(account.clone());
                    }
                }
                Some(Answer::Cards(batch(page, last, short)))
            }
            News::Holders(page) => {
                let (last, short) = self.turn_page(job, &page, |holder| &holder.id, how, u64::MAX);
                self.backlog.saw_holders(page.items.iter().map(|holder| &holder.id));
                if last {
                    self.backlog.has_listed_people();
                }
                Some(Answer::Cardholders(batch(page, last, short)))
            }
            News::Rows(page) => {
                if self.is_oldest_first(job, &page) {
                    // What is on its first page is the oldest there is: it is history, and not the last that is kept.
                    return None;
                }
                let (last, short) = match job {
                    Job::Read(Topic::History(_)) => self.turn_page(job, &page, |row| &row.id, how, self.history as u64),
                    Job::Read(Topic::Search(_)) => self.turn_page(job, &page, |row| &row.id, how, u64::MAX),
                    _ => (page.received == 0, None),
                };
                if is_walk(job) && *how == Ended::MorePages {
                    return None;
                }
                self.learn_rows(job, &page.items, now);
                Some(Answer::Transactions(batch(page, last, short)))
            }
            News::Tail { page, tail, from, is_through } => {
                if let Job::Read(Topic::Newest(feed)) = job {
                    let known = self.tails.insert(*feed, Some(tail)).flatten();
                    let place = tail.place;
                    let history = Job::Read(Topic::History(*feed));
                    if !self.backs.contains_key(&history) {
                        let mut walked = Walked { wanted: place.end, ..Walked::default() };
                        walked.take(&page);
                        self.walked.insert(history.clone(), walked);
                        let end = if place.is_ignored { place.end } else { from };
                        self.backs.insert(history, Back::new(place, end));
                    }
                    // It broke off for its budget, or dates lead on: there may be more behind it.
                    let recent = self.recent.get(feed);
                    let is_new = |row: &Transaction| recent.is_none_or(|recent| !recent.contains(&row.id));
                    let goes_on = !is_through || place.is_ignored && known != Some(tail);
                    if goes_on && page.items.iter().any(is_new) {
                        self.schedule.hurry(job.clone());
                    }
                }
                self.learn_rows(job, &page.items, now);
                Some(Answer::Transactions(batch(page, false, None)))
            }
            News::Older(page, back) => {
                let (key, _) = place(job)?;
                self.backs.insert(key.clone(), back);
                let new = || Walked { wanted: back.begun(), ..Walked::default() };
                let walked = self.walked.entry(key.clone()).or_insert_with(new);
                walked.take(&page);
                let is_history = matches!(job, Job::Read(Topic::History(_)));
                let is_enough = is_history && self.has_enough(job, back);
                let last = back.left() == 0 || is_enough;
                if is_history && !last {
                    *how = Ended::MorePages;
                } else if is_history {
                    self.passed.insert(job.clone());
                }
                self.learn_rows(job, &page.items, now);
                // One page is all that can be had, and more was promised.
                let have = u64::try_from(page.received).unwrap_or(u64::MAX);
                let promised = page.total.filter(|total| *total > have);
                let is_cut = pager::may_be_a_part(have, u64::from(Window::FIRST.limit), page.total);
                let is_short = back.is_all() && (promised.is_some() || page.more == Some(true) || is_cut);
                let mut short = is_short.then_some(Short { have, promised });
                if last && let Some(walked) = self.walked.remove(&key) {
                    let is_whole = back.left() == 0 && !back.is_all();
                    short = short.or(walked.short().filter(|_| is_whole));
                }
                Some(Answer::Transactions(batch(page, last, short)))
            }
            News::Log(page) => {
                let (last, short) = self.turn_page(job, &page, |logged| &logged.event.id, how, u64::MAX);
                if *how == Ended::MorePages {
                    return None;
                }
                Some(Answer::WebhookEvents(batch(page, last, short)))
            }
            News::One(mut answer) => {
                match (job, &mut answer) {
                    (Job::Read(Topic::Card(account, _)), Answer::Card(card)) => {
                        self.backlog.saw_cards([&**card], Some(account), None, true);
                    }
                    (Job::Read(Topic::HolderCards(holder)), Answer::Cards(batch)) => {
                        self.backlog.saw_cards(&batch.items, None, Some(holder), false);
                        batch.last = self.backlog.saw_held(holder, batch.items.len() + batch.skipped, batch.last);
                    }
                    _ => {}
                }
                if let Answer::WebhookConfig(config) = &answer {
                    self.schedule.found_feed(feed_by(config.as_ref()), now);
                }
                Some(answer)
            }
            News::Events(events) => {
                self.learn_events(events);
                None
            }
            News::Described => {
                // What was asked for at other paths than those that are known now.
                self.schedule.retry_failed(now);
                None
            }
            News::Feed(feed) => {
                self.schedule.found_feed(feed, now);
                None
            }
        }
    }

    /// How far a list is that is read page by page, ready to be asked for its next page; `None` for other jobs.
    fn pager(&mut self, job: &Job) -> Option<&Pager> {
        let (key, first) = place(job)?;
        if self.pagers.len() >= MOST_PAGERS {
            // Searches that were given up.
            self.pagers.retain(|job, _| !matches!(job, Job::Read(Topic::Search(_))));
        }
        // What one list has shown is tried first with the others, where the deployment's document says nothing of them.
        let paging = self.client.contract().pages(list(job)).or(self.paging).unwrap_or_default();
        let new = || Pager::new(Window { offset: 0, ..first }).with_paging(paging);
        let pager = self.pagers.remove(&key).unwrap_or_else(new);
        let pager = match (is_walk(job), first.offset) {
            // A look at its beginning, while somebody is further on.
            (true, 0) => new(),
            (true, offset) if pager.next().is_none() || pager.received() != offset => pager.jump(offset),
            (false, _) if pager.next().is_none() => pager.again(),
            _ => pager,
        };
        Some(self.pagers.entry(key).or_insert(pager))
    }

    /// Moves on in a list that is read page by page; whether that was its last page, and whether more was promised.
    fn turn_page<'p, T, K: std::hash::Hash + 'p>(
        &mut self,
        job: &Job,
        page: &'p Page<T>,
        id: impl Fn(&'p T) -> &'p K,
        how: &mut Ended,
        most: u64,
    ) -> (bool, Option<Short>) {
        let Some((key, _)) = place(job) else { return (page.received == 0, None) };
        let Some(pager) = self.pagers.get_mut(&key) else { return (page.received == 0, None) };
        let progress = page.note(pager, id);
        let is_short = progress.ended == Some(End::Short);
        let short = is_short.then(|| Short {
            have: progress.distinct,
            promised: progress.promised.filter(|promised| *promised > progress.distinct),
        });
        let last = progress.is_last() || pager.received() >= most;
        if is_walk(job) {
            // Nothing new, and the pager has another way to ask for the same page: it is asked so before whoever says where
            // to read on is told that this was the end.
            if !last && !progress.fresh.contains(&true) {
                *how = Ended::MorePages;
            }
            return (last, short);
        }
        if pager.was_turned() && progress.fresh.contains(&true) {
            self.paging = Some(pager.paging());
        }
        let once_through = matches!(job, Job::Read(Topic::History(_)));
        if last {
            if !once_through && let Some(pager) = self.pagers.remove(&key) {
                self.pagers.insert(key, pager.again());
            }
            self.passed.insert(job.clone());
        } else if once_through || !self.passed.contains(job) || pager.is_confirming() {
            *how = Ended::MorePages;
        }
        (last, short)
    }

    /// The accounts of a page: those of the pass before stay known until this one is through.
    fn found_accounts(&mut self, found: impl Iterator<Item = AccountId>, last: bool) {
        let found: Vec<AccountId> = found.collect();
        self.pass.extend(found.iter().cloned());
        self.schedule.found_accounts(found);
        if last {
            self.schedule.keep_accounts(&std::mem::take(&mut self.pass));
        }
    }

    /// Notices a feed that lists the oldest first: its newest rows are at its end.
    fn is_oldest_first(&mut self, job: &Job, page: &Page<Transaction>) -> bool {
        let Job::Read(Topic::Newest(feed)) = job else { return false };
        let is_oldest_first = order(&page.items) == Order::OldestFirst && page.received > 1;
        if is_oldest_first {
            self.tails.insert(*feed, None);
            // The newest are wanted at once.
            self.schedule.hurry(job.clone());
        }
        is_oldest_first
    }

    /// Whether as many rows of a feed that lists the oldest first were read back from its end as history keeps.
    fn has_enough(&self, job: &Job, back: Back) -> bool {
        let Job::Read(Topic::History(feed)) = job else { return false };
        let end = self.tails.get(feed).copied().flatten().map_or(0, |tail| tail.place.end);
        end.saturating_sub(back.left()) >= self.history as u64
    }

    /// Remembers which rows are the newest, which may still change, and which were asked for and are missing.
    fn learn_rows(&mut self, job: &Job, rows: &[Transaction], now: Duration) {
        let Some(feed) = rows.first().map(|row| row.feed) else { return };
        // Rows from long ago would draw the sweep over what may still change back to where they are.
        if matches!(job, Job::Read(Topic::Search(_))) {
            return;
        }
        if let Some(Some(tail)) = self.tails.get_mut(&feed) {
            tail.knows(rows);
        }
        let unsettled = self.unsettled.entry(feed).or_default();
        for row in rows {
            if row.status.is_final() {
                unsettled.remove(&row.id);
            } else if let Some(at) = row.created_at.known()
                && unsettled.len() < MOST_UNSETTLED
            {
                unsettled.insert(row.id.clone(), *at);
            }
        }
        if !unsettled.is_empty() {
            self.schedule.want_unsettled(feed, now);
        }
        if *job != Job::Read(Topic::Newest(feed)) {
            return;
        }
        let recent = self.recent.entry(feed).or_default();
        if recent.is_empty() {
            self.schedule.want_history(feed);
        }
        let (mut first_to_last, mut last_to_first) = (rows.iter(), rows.iter().rev());
        let newest_last: &mut dyn Iterator<Item = &Transaction> =
            if self.tails.contains_key(&feed) { &mut first_to_last } else { &mut last_to_first };
        for row in newest_last {
            if !recent.contains(&row.id) {
                recent.push_front(row.id.clone());
            }
        }
        recent.truncate(RECENT);
        let missing: Vec<TransactionId> = self.named.remove(&feed).unwrap_or_default();
        for id in missing.into_iter().filter(|id| rows.iter().all(|row| row.id != *id)).take(SINGLY) {
            self.schedule.hurry(Job::Read(Topic::Transaction(feed, id)));
        }
    }

    /// Turns new entries of the event log into reads of what they name.
    fn learn_events(&mut self, events: Vec<Event>) {
        let first = !std::mem::replace(&mut self.events_read, true);
        let received = events.len();
        let new: Vec<Event> = events.into_iter().filter(|event| !self.known_events.contains(&event.id)).collect();
        self.known_events.extend(new.iter().map(|event| event.id.clone()));
        let old = self.known_events.len().saturating_sub(KNOWN_EVENTS);
        self.known_events.drain(..old);
        let all_new = !first && new.len() == received && received >= EVENTS as usize;
        if all_new && !std::mem::replace(&mut self.behind, all_new) {
            self.schedule.hurry(Job::Events);
        }
        self.behind = all_new;
        let changes: Vec<(EventKind, Subject)> =
            new.into_iter().map(|event| (event.about().clone(), event.subject)).collect();
        let changes = self.unheard(changes);
        // What had happened before this program started is read anyway.
        if !first {
            self.follow(changes);
        }
    }

    /// Changes that neither the log nor a delivery has told before.
    fn unheard(&mut self, changes: Vec<(EventKind, Subject)>) -> Vec<(EventKind, Subject)> {
        changes.into_iter().filter(|(_, subject)| self.heard.is_news(subject)).collect()
    }

    /// Reads what has changed, and nothing else.
    fn follow(&mut self, changes: Vec<(EventKind, Subject)>) {
        if changes.is_empty() {
            return;
        }
        self.schedule.hurry(Job::Read(Topic::Accounts));
        if changes.len() >= BURST as usize {
            self.schedule.refresh();
            return;
        }
        let mut cards: Vec<(AccountId, CardId)> = Vec::new();
        for (kind, subject) in changes {
            let feed = match kind {
                EventKind::CardTransaction => Some(Feed::Cards),
                EventKind::AccountTransaction | EventKind::AccountTopUp => Some(Feed::Accounts),
                EventKind::CardState | EventKind::Other(_) => None,
            };
            if let Some(feed) = feed {
                self.schedule.hurry(Job::Read(Topic::Newest(feed)));
                self.named.entry(feed).or_default().extend(subject.transaction);
            }
            if let (Some(account), Some(card)) = (subject.account, subject.card)
                && !cards.iter().any(|(_, known)| *known == card)
            {
                cards.push((account, card));
            }
        }
        if cards.len() <= SINGLY {
            for (account, card) in cards {
                self.schedule.hurry(Job::Read(Topic::Card(account, card)));
            }
        } else {
            let accounts: HashSet<AccountId> = cards.into_iter().map(|(account, _)| account).collect();
            for account in accounts {
                self.schedule.hurry(Job::Read(Topic::Cards(account)));
            }
        }
    }

    /// Tells the dashboard how the link is, when that changed; `false` when it is gone.
    async fn tell_link(&mut self, out: &mpsc::Sender<Msg>) -> bool {
        let now = self.clock.up();
        let link = Link {
            in_flight: self.started.values().filter(|at| now.saturating_sub(**at) >= SLOW).count(),
            feed: self.schedule.feed(),
            skew: self.client.skew().map(|skew| skew.num_seconds()).filter(|skew| skew.abs() > SKEW_SHOWN),
            held_until: match self.client.link() {
                LinkState::Limited { wait } | LinkState::Resting { wait } => {
                    Some(Duration::from_secs((now + wait).as_secs() + 1))
                }
                LinkState::Up | LinkState::Shaky { .. } => None,
            },
            silent_since: self.silent_since().filter(|since| now >= *since + SILENCE),
            missing: self.missing(),
        };
        if link == self.link {
            return true;
        }
        self.link = link;
        out.send(Msg::LinkChanged(link)).await.is_ok()
    }

    /// What the deployment's description does not list.
    fn missing(&self) -> Missing {
        let contract = self.client.contract();
        Missing::of(Kind::ALL.into_iter().filter(|kind| !contract.offers(execute::endpoint(*kind)).is_offered()))
    }

    /// Since when an answer is waited for and none has come.
    fn silent_since(&self) -> Option<Duration> {
        self.started.values().min().map(|began| self.answered.max(*began))
    }

    /// When a request that is under way becomes a slow one, or the API a silent one.
    fn slow_at(&self, now: Duration) -> Option<Duration> {
        let silent = self.silent_since().map(|since| since + SILENCE);
        self.started.values().map(|at| *at + SLOW).chain(silent).filter(|at| *at > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N1: a key that comes while an answer is taken in waits for one part of it.
    #[test]
    fn a_very_long_answer_comes_in_parts_and_ends_with_the_last() {
        let short = Some(Short { have: 2_500, promised: Some(3_000) });
        let parts = parts_of(Batch { items: (0..2_500).collect(), skipped: 3, last: true, short });
        assert_eq!(parts.iter().map(|part| part.items.len()).collect::<Vec<_>>(), [1_000, 1_000, 500]);
        assert_eq!(
            parts.iter().flat_map(|part| part.items.clone()).collect::<Vec<_>>(),
            (0..2_500).collect::<Vec<_>>()
        );
        let ends: Vec<_> = parts.iter().map(|part| (part.skipped, part.last, part.short)).collect();
        assert_eq!(ends, [(0, false, None), (0, false, None), (3, true, short)]);
        for count in [0, 1, PART, PART + 1] {
            let parts = parts_of(Batch { items: vec![0; count], skipped: 0, last: true, short: None });
            assert_eq!(parts.iter().filter(|part| part.last).count(), 1, "{count}");
            assert!(parts.last().is_some_and(|part| part.last) && parts.len() == count.div_ceil(PART).max(1));
        }
    }
}
