//! When to read what: the poller's timetable, without a clock and without a network.
//!
//! Two ways of noticing changes share one budget of sixty requests a minute while nothing happens:
//!
//! | read | event log answers | no event log |
//! | --- | --- | --- |
//! | event log | 1.5 s (40 a minute) | – |
//! | newest card transactions | 30 s | 2 s (30 a minute) |
//! | accounts with balances | 30 s | 6 s (10 a minute) |
//! | cards, one page of one account in turn, watched account first | 30 s | 6 s (10 a minute) |
//! | newest account transactions | 60 s | 20 s (3 a minute) |
//! | the card in the inspector | – | 20 s (3 a minute) |
//! | rows that are not final yet | 120 s | 60 s |
//! | cardholders | 10 min | 10 min |
//! | is there an event log | 5 min | 5 min |
//! | a page of older rows that somebody searches | when nothing else is due | |
//!
//! With the log one cheap read says which records changed, and only those are read. The rest is a safety
//! net. A job is never under way twice; a failing one waits longer each time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::time::Duration;

use crate::app::msg::{ChangeFeed, Topic, Watch};

use crate::domain::ids::AccountId;
use crate::domain::transaction::Feed;

/// Requests under way at once, at most; urgent ones may go two beyond.
const TOGETHER: usize = 3;
/// Lists of cards that a refresh reads before anything else, at most.
const AT_ONCE: usize = 32;
/// Longest wait after failures.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The pace of the table: the newest transactions without an event log. It is never quicker.
pub const REFRESH: Duration = Duration::from_secs(2);
/// A row is read as soon as somebody goes to it; of rows that are run over in this time only the last.
const REST: Duration = Duration::from_millis(120);
/// However slow the pace, everything has its turn in this time.
const SELDOM: Duration = Duration::from_secs(600);

/// The newest rows are read this often at least while a movement of ours was not seen.
const AWAITED: Duration = Duration::from_secs(60);

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    Read(Topic),
    /// The webhook event log.
    Events,
    /// Whether there is an event log.
    AskForEvents,
    /// What the deployment offers, by its own description.
    Discover,
    /// Rows that were not final when they were last seen.
    Unsettled(Feed),
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Read, and nothing more of it is wanted before its next turn.
    Done,
    /// Read one page; the next is wanted when there is room.
    MorePages,
    Failed,
}

#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    at: Duration,
    fails: u32,
}

/// Hashed alike in every run: of two jobs that are due at the same time the same one goes first each time, so that a
/// simulation tells the same story twice.
type Turns = HashMap<Job, Turn, BuildHasherDefault<DefaultHasher>>;

/// The timetable.
#[derive(Debug)]
pub struct Schedule {
    /// Time between reads of the newest transactions without an event log; everything else in proportion.
    refresh: Duration,
    turns: Turns,
    urgent: VecDeque<Job>,
    /// The same, to look them up: there may be as many as accounts.
    hurried: HashSet<Job>,
    running: HashSet<Job>,
    /// What the background reader has under way.
    elsewhere: HashSet<Job>,
    accounts: Vec<AccountId>,
    /// The same, to look them up.
    known: HashSet<AccountId>,
    watch: Watch,
    /// When somebody went to another row last.
    moved: Option<Duration>,
    /// What is read of it, and when.
    resting: Option<(Duration, Vec<Job>)>,
    feed: ChangeFeed,
    /// The credential was refused: nothing is read until the person asks (N5).
    halted: bool,
    /// A movement of ours was not seen yet: whatever the pace, its rows are looked for.
    awaiting: bool,
}

impl Schedule {
    /// The first reads: what is on the screen, then the rest.
    pub fn new(refresh: Duration) -> Schedule {
        let mut schedule = Schedule {
            refresh: refresh.max(REFRESH),
            turns: Turns::default(),
            urgent: VecDeque::new(),
            hurried: HashSet::new(),
            running: HashSet::new(),
            elsewhere: HashSet::new(),
            accounts: Vec::new(),
            known: HashSet::new(),
            watch: Watch::default(),
            moved: None,
            resting: None,
            feed: ChangeFeed::default(),
            halted: false,
            awaiting: false,
        };
        for job in [
            Job::Read(Topic::Accounts),
            Job::Read(Topic::Newest(Feed::Cards)),
            Job::AskForEvents,
            Job::Discover,
            Job::Read(Topic::Newest(Feed::Accounts)),
            Job::Read(Topic::Cardholders),
        ] {
            schedule.turns.insert(job, Turn::default());
        }
        schedule
    }

    pub fn feed(&self) -> ChangeFeed {
        self.feed
    }

    /// Whether the outcome of a movement is open: its rows may appear in either feed at any time.
    pub fn await_rows(&mut self, awaiting: bool, now: Duration) {
        self.awaiting = awaiting;
        for feed in [Feed::Cards, Feed::Accounts] {
            if let Some(turn) = self.turns.get_mut(&Job::Read(Topic::Newest(feed))).filter(|_| awaiting) {
                turn.at = turn.at.min(now + AWAITED);
            }
        }
    }

    pub fn is_halted(&self) -> bool {
        self.halted
    }

    pub fn halt(&mut self) {
        self.halted = true;
        self.urgent.clear();
        self.hurried.clear();
    }

    /// Whether the event log can be relied on was found out.
    pub fn found_feed(&mut self, feed: ChangeFeed, now: Duration) {
        if self.feed != feed {
            self.feed = feed;
            let (accounts, refresh) = (self.accounts.len(), self.refresh);
            for (job, turn) in &mut self.turns {
                if let Some(every) = interval(job, feed, &self.watch, accounts).map(|usual| paced(usual, refresh)) {
                    turn.at = turn.at.min(now + every);
                }
            }
        }
        if feed == ChangeFeed::EventLog {
            self.turns.entry(Job::Events).or_insert(Turn { at: now, fails: 0 });
        } else {
            self.turns.remove(&Job::Events);
        }
    }

    /// The accounts there are; cards of a new one are read from the first page.
    pub fn found_accounts(&mut self, accounts: impl IntoIterator<Item = AccountId>) {
        for account in accounts {
            if self.known.insert(account.clone()) {
                self.turns.insert(Job::Read(Topic::Cards(account.clone())), Turn::default());
                self.accounts.push(account);
            }
        }
    }

    /// The accounts that are known, as they were found.
    pub fn accounts(&self) -> &[AccountId] {
        &self.accounts
    }

    /// A pass over the accounts is through: there are no others than these.
    pub fn keep_accounts(&mut self, accounts: &HashSet<AccountId>) {
        self.accounts.retain(|known| accounts.contains(known));
        self.known.retain(|known| accounts.contains(known));
    }

    /// Older rows of a feed are wanted, once its newest are there.
    pub fn want_history(&mut self, feed: Feed) {
        self.turns.entry(Job::Read(Topic::History(feed))).or_default();
    }

    /// A page of older rows is wanted. What is on the screen has its turns before it.
    pub fn seek(&mut self, job: Job) {
        self.turns.entry(job).or_default();
    }

    /// Rows of this feed may still change.
    pub fn want_unsettled(&mut self, feed: Feed, now: Duration) {
        let job = Job::Unsettled(feed);
        let every = self.interval(&job).unwrap_or(LONGEST_WAIT);
        self.turns.entry(job).or_insert(Turn { at: now + every, fails: 0 });
    }

    /// What the screen shows has changed.
    pub fn watch(&mut self, watch: Watch, now: Duration) {
        let card = |watch: &Watch| watch.card.clone().map(|(account, card)| Topic::Card(account, card));
        let account = |watch: &Watch| watch.account_detail.clone().map(Topic::Account);
        let row = |watch: &Watch| watch.transaction.clone().map(|(feed, id)| Topic::Transaction(feed, id));
        let details = |watch: &Watch| [card(watch), account(watch), row(watch)];
        let (wanted, before) = (details(&watch), details(&self.watch));
        if wanted != before {
            let others = wanted.into_iter().zip(before).filter(|(wanted, before)| wanted != before);
            let jobs = others.filter_map(|(wanted, _)| wanted.map(Job::Read)).collect();
            let running = self.moved.is_some_and(|moved| now < moved.saturating_add(REST));
            self.moved = Some(now);
            self.resting = Some((if running { now.saturating_add(REST) } else { now }, jobs));
        }
        if watch.webhooks && !self.watch.webhooks {
            self.hurry(Job::Read(Topic::WebhookConfig));
            self.hurry(Job::Read(Topic::WebhookEvents));
        }
        self.watch = watch;
    }

    /// This is wanted before anything else.
    pub fn hurry(&mut self, job: Job) {
        if !self.halted && self.hurried.insert(job.clone()) {
            self.urgent.push_back(job);
        }
    }

    /// Everything on the screen is wanted again; also what a refused credential had stopped.
    pub fn refresh(&mut self) {
        self.halted = false;
        self.hurry(Job::Read(Topic::Accounts));
        self.hurry(Job::Read(Topic::Newest(Feed::Cards)));
        self.hurry(Job::Read(Topic::Newest(Feed::Accounts)));
        let watched = match &self.watch.account {
            Some(account) => vec![account.clone()],
            // Of very many only some are read at once; the others have their turns.
            None => self.accounts.iter().take(AT_ONCE).cloned().collect(),
        };
        for account in watched {
            self.hurry(Job::Read(Topic::Cards(account)));
        }
        if let Some((account, card)) = self.watch.card.clone() {
            self.hurry(Job::Read(Topic::Card(account, card)));
        }
        if self.watch.webhooks {
            self.hurry(Job::Read(Topic::WebhookConfig));
            self.hurry(Job::Read(Topic::WebhookEvents));
        }
        for turn in self.turns.values_mut() {
            turn.fails = 0;
        }
    }

    /// What failed has its turn now.
    pub fn retry_failed(&mut self, now: Duration) {
        for turn in self.turns.values_mut().filter(|turn| turn.fails > 0) {
            *turn = Turn { at: now, fails: 0 };
        }
    }

    /// The next job to start now, if there is one and room for it.
    pub fn next(&mut self, now: Duration) -> Option<Job> {
        if self.halted {
            return None;
        }
        if let Some((_, jobs)) = self.resting.take_if(|(at, _)| *at <= now) {
            jobs.into_iter().for_each(|job| self.hurry(job));
        }
        if self.running.len() < TOGETHER + 2
            && let Some(at) =
                self.urgent.iter().position(|job| !self.running.contains(job) && !self.elsewhere.contains(job))
        {
            let job = self.urgent.remove(at)?;
            self.hurried.remove(&job);
            self.running.insert(job.clone());
            return Some(job);
        }
        if self.running.len() >= TOGETHER {
            return None;
        }
        let job =
            self.due(now).min_by_key(|(job, turn)| (rank(job, &self.watch), turn.at)).map(|(job, _)| job.clone())?;
        self.running.insert(job.clone());
        Some(job)
    }

    /// Somebody else reads this now.
    pub fn occupy(&mut self, job: Job) {
        self.elsewhere.insert(job);
    }

    /// Whether this is read now, by whomever.
    pub fn is_under_way(&self, job: &Job) -> bool {
        self.running.contains(job) || self.elsewhere.contains(job)
    }

    /// When `next` may have something that it has not now; `None` when only an event can bring it.
    pub fn wake_at(&self, now: Duration) -> Option<Duration> {
        if self.halted {
            return None;
        }
        let rest = self.resting.as_ref().map(|(at, _)| *at);
        let busy = |job: &Job| self.running.contains(job) || self.elsewhere.contains(job);
        let turns = self.turns.iter().filter(|(job, _)| !busy(job)).map(|(_, turn)| turn.at);
        let turn = if self.running.len() >= TOGETHER { None } else { turns.min() };
        rest.into_iter().chain(turn).min().map(|at| at.max(now))
    }

    fn due(&self, now: Duration) -> impl Iterator<Item = (&Job, &Turn)> {
        let busy = |job: &Job| self.running.contains(job) || self.elsewhere.contains(job);
        self.turns.iter().filter(move |(job, turn)| turn.at <= now && !busy(job))
    }

    /// A job ended. `jitter` is between 0 and 1023: it spreads the turns of many programs.
    pub fn ended(&mut self, job: &Job, how: Ended, now: Duration, jitter: u32) {
        self.running.remove(job);
        if self.elsewhere.remove(job) && !self.turns.contains_key(job) {
            return;
        }
        let fails = match (how, self.turns.get(job)) {
            (Ended::Failed, turn) => turn.map_or(1, |turn| turn.fails.saturating_add(1)),
            _ => 0,
        };
        if how == Ended::MorePages {
            self.turns.insert(job.clone(), Turn { at: now, fails: 0 });
            return;
        }
        let wait = match self.interval(job) {
            Some(every) => every,
            // Read once: history, or a record that somebody looked at. A failure makes history come back.
            None if how == Ended::Failed && self.turns.contains_key(job) && !is_sought(job) => Duration::ZERO,
            None => {
                self.turns.remove(job);
                return;
            }
        };
        let wait = match fails {
            0 => wait,
            fails => Duration::from_secs(1 << fails.min(5)).min(LONGEST_WAIT),
        };
        let spread = wait / 10 * jitter / 1024;
        self.turns.insert(job.clone(), Turn { at: now + wait - wait / 20 + spread, fails });
    }

    fn interval(&self, job: &Job) -> Option<Duration> {
        let every = interval(job, self.feed, &self.watch, self.accounts.len()).map(|usual| paced(usual, self.refresh));
        match job {
            Job::Read(Topic::Newest(_)) if self.awaiting => every.map(|every| every.min(AWAITED)),
            _ => every,
        }
    }
}

/// Whether somebody looks for it once, and decides anew when it fails.
fn is_sought(job: &Job) -> bool {
    matches!(job, Job::Read(Topic::Search(_)))
}

/// An interval of the table at another pace; what has its turn every few minutes keeps it.
fn paced(usual: Duration, refresh: Duration) -> Duration {
    let pace = refresh.as_millis().checked_div(REFRESH.as_millis()).unwrap_or(1);
    let slower = usual.saturating_mul(u32::try_from(pace).unwrap_or(1));
    slower.min(SELDOM).max(usual)
}

/// How long after a job ended its next turn comes; `None` for what is read once.
fn interval(job: &Job, feed: ChangeFeed, watch: &Watch, accounts: usize) -> Option<Duration> {
    let log = feed == ChangeFeed::EventLog;
    let accounts = u64::try_from(accounts.clamp(1, 1000)).unwrap_or(1);
    let millis = match job {
        // It does not change while the program runs.
        Job::Discover => return None,
        Job::Events => 1_500,
        Job::AskForEvents => 300_000,
        Job::Read(Topic::Newest(Feed::Cards)) if log => 30_000,
        Job::Read(Topic::Newest(Feed::Cards)) => 2_000,
        Job::Read(Topic::Accounts) if log => 30_000,
        Job::Read(Topic::Accounts) => 6_000,
        // One list of one account at a time, whatever their number: the watched one more often.
        Job::Read(Topic::Cards(account)) => {
            let pace = if log { 30_000 } else { 6_000 };
            match &watch.account {
                Some(watched) if watched == account => pace * 5 / 4,
                Some(_) => pace * 10,
                None => pace * accounts,
            }
        }
        Job::Read(Topic::Newest(Feed::Accounts)) if log => 60_000,
        Job::Read(Topic::Newest(Feed::Accounts)) => 20_000,
        Job::Unsettled(_) if log => 120_000,
        Job::Unsettled(_) => 60_000,
        Job::Read(Topic::Cardholders) => 600_000,
        Job::Read(Topic::WebhookEvents) if watch.webhooks => 5_000,
        Job::Read(Topic::WebhookConfig) if watch.webhooks => 30_000,
        Job::Read(Topic::Card(_, card)) if !log && watch.card.as_ref().is_some_and(|(_, shown)| shown == card) => {
            20_000
        }
        Job::Read(
            Topic::Account(_)
            | Topic::Card(..)
            | Topic::HolderCards(_)
            | Topic::History(_)
            | Topic::CardTransactions(_)
            | Topic::Transaction(..)
            | Topic::Destinations(_)
            | Topic::WebhookEvents
            | Topic::WebhookConfig
            | Topic::Gaps(_)
            | Topic::Search(_)
            | Topic::OlderEvents(_),
        ) => return None,
    };
    Some(Duration::from_millis(millis))
}

/// Who goes first when several are due: what the eye is on, before what fills in the background.
fn rank(job: &Job, watch: &Watch) -> u8 {
    match job {
        Job::Read(Topic::Accounts) => 0,
        Job::Read(Topic::Newest(Feed::Cards)) => 1,
        Job::Events => 2,
        Job::Read(Topic::Cards(account)) if watch.account.as_ref().is_none_or(|watched| watched == account) => 3,
        Job::AskForEvents | Job::Discover => 4,
        Job::Read(Topic::Newest(Feed::Accounts)) => 5,
        Job::Read(Topic::Cardholders) => 6,
        Job::Read(Topic::History(Feed::Cards)) => 7,
        Job::Read(Topic::Cards(_)) => 8,
        Job::Read(Topic::Search(_)) => 10,
        _ => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::CardId;

    fn accounts(count: usize) -> Vec<AccountId> {
        (0..count).filter_map(|at| AccountId::parse(&format!("account-{at}"))).collect()
    }

    /// Runs the timetable for a while with requests that take 20 ms each, and counts them by job.
    fn run(
        schedule: &mut Schedule,
        from: Duration,
        length: Duration,
        mut answer: impl FnMut(&Job) -> Ended,
    ) -> HashMap<Job, usize> {
        let mut counts = HashMap::new();
        let mut now = from;
        while now < from + length {
            while let Some(job) = schedule.next(now) {
                *counts.entry(job.clone()).or_default() += 1;
                let how = answer(&job);
                schedule.ended(&job, how, now + Duration::from_millis(20), 512);
            }
            now += Duration::from_millis(50);
        }
        counts
    }

    fn settled(feed: ChangeFeed, watched: Option<usize>) -> Schedule {
        at_pace(feed, watched, REFRESH)
    }

    fn at_pace(feed: ChangeFeed, watched: Option<usize>, refresh: Duration) -> Schedule {
        let mut schedule = Schedule::new(refresh);
        schedule.found_accounts(accounts(4));
        schedule.found_feed(feed, Duration::ZERO);
        for feed in [Feed::Cards, Feed::Accounts] {
            schedule.want_unsettled(feed, Duration::ZERO);
        }
        let account = watched.and_then(|at| accounts(4).get(at).cloned());
        let card = CardId::parse("card-1").and_then(|card| Some((accounts(1).first()?.clone(), card)));
        schedule.watch(Watch { account, card, ..Watch::default() }, Duration::ZERO);
        run(&mut schedule, Duration::ZERO, Duration::from_secs(30), |_| Ended::Done);
        schedule
    }

    /// Three hundred cards run over in three seconds were two hundred requests, and the one in view waited for them.
    #[test]
    fn rows_that_are_run_over_are_not_read() {
        let mut schedule = settled(ChangeFeed::EventLog, None);
        let look = |schedule: &mut Schedule, at: usize, now| {
            let card = CardId::parse(&format!("card-{at}")).zip(accounts(1).first().cloned());
            schedule.watch(Watch { card: card.map(|(card, account)| (account, card)), ..Watch::default() }, now);
        };
        let mut read = Vec::new();
        let mut take = |schedule: &mut Schedule, now| {
            while let Some(job) = schedule.next(now) {
                schedule.ended(&job, Ended::Done, now, 512);
                if let Job::Read(Topic::Card(_, card)) = job {
                    read.push((now, card.to_string()));
                }
            }
        };
        let (start, ms) = (Duration::from_secs(40), Duration::from_millis);
        for step in 0..100 {
            let now = start + ms(step * 10);
            look(&mut schedule, step as usize, now);
            take(&mut schedule, now);
        }
        let rest = start + ms(990) + REST;
        take(&mut schedule, rest - ms(1));
        assert_eq!(schedule.wake_at(rest - ms(1)), Some(rest));
        take(&mut schedule, rest);
        // One who goes on after that is not kept waiting.
        let later = rest + ms(1);
        look(&mut schedule, 100, later);
        take(&mut schedule, later);
        let expected = [(start, "card-0"), (rest, "card-99"), (later, "card-100")];
        assert_eq!(read, expected.map(|(at, card)| (at, card.to_owned())));
    }

    #[test]
    fn at_most_sixty_requests_a_minute_when_nothing_happens() {
        for feed in [ChangeFeed::EventLog, ChangeFeed::Polling] {
            for watched in [None, Some(1)] {
                let mut schedule = settled(feed, watched);
                let counts = run(&mut schedule, Duration::from_secs(30), Duration::from_secs(600), |_| Ended::Done);
                let total: usize = counts.values().sum();
                assert!(total <= 600, "{feed:?} {watched:?}: {total} in ten minutes: {counts:#?}");
                assert!(total >= 400, "{feed:?} {watched:?}: only {total} in ten minutes");
            }
        }
    }

    #[test]
    fn a_slower_pace_asks_in_proportion_and_starves_nothing() {
        for feed in [ChangeFeed::EventLog, ChangeFeed::Polling] {
            let mut schedule = at_pace(feed, None, Duration::from_secs(20));
            let counts = run(&mut schedule, Duration::from_secs(30), Duration::from_secs(1_800), |_| Ended::Done);
            let total: usize = counts.values().sum();
            assert!((120..=200).contains(&total), "{feed:?}: {total} in half an hour: {counts:#?}");
            assert!(counts.contains_key(&Job::Read(Topic::Accounts)) && counts.contains_key(&Job::AskForEvents));
        }
        let mut schedule = at_pace(ChangeFeed::Polling, None, Duration::from_secs(300));
        let counts = run(&mut schedule, Duration::from_secs(30), Duration::from_secs(1_800), |_| Ended::Done);
        assert!(counts[&Job::Read(Topic::Newest(Feed::Cards))] >= 5);
        assert!(counts[&Job::Read(Topic::Accounts)] >= 2);
    }

    #[test]
    fn rows_of_an_open_movement_are_looked_for_at_any_pace() {
        let both = [Feed::Cards, Feed::Accounts].map(|feed| Job::Read(Topic::Newest(feed)));
        let mut schedule = at_pace(ChangeFeed::Polling, None, Duration::from_secs(60));
        schedule.await_rows(true, Duration::from_secs(30));
        let counts = run(&mut schedule, Duration::from_secs(30), Duration::from_secs(600), |_| Ended::Done);
        assert!(both.iter().all(|job| (9..=11).contains(&counts[job])), "{counts:#?}");
        schedule.await_rows(false, Duration::from_secs(630));
        let counts = run(&mut schedule, Duration::from_secs(630), Duration::from_secs(1_200), |_| Ended::Done);
        assert!(counts[&both[1]] <= 3, "{counts:#?}");
    }

    #[test]
    fn every_list_has_its_turn() {
        let mut schedule = settled(ChangeFeed::Polling, None);
        let counts = run(&mut schedule, Duration::from_secs(30), Duration::from_secs(120), |_| Ended::Done);
        for account in accounts(4) {
            assert!(counts.contains_key(&Job::Read(Topic::Cards(account.clone()))), "{account} starved");
        }
        assert!(counts.contains_key(&Job::Unsettled(Feed::Cards)));
    }

    #[test]
    fn a_failing_read_waits_longer_each_time_and_comes_back_at_once_on_refresh() {
        let mut schedule = settled(ChangeFeed::Polling, None);
        let newest = Job::Read(Topic::Newest(Feed::Cards));
        let counts = run(&mut schedule, Duration::from_secs(30), Duration::from_secs(300), |job| {
            if *job == Job::Read(Topic::Newest(Feed::Cards)) { Ended::Failed } else { Ended::Done }
        });
        assert!((8..=16).contains(&counts[&newest]), "{} tries in five minutes", counts[&newest]);
        schedule.refresh();
        let counts = run(&mut schedule, Duration::from_secs(330), Duration::from_millis(100), |_| Ended::Done);
        assert_eq!(counts[&newest], 1);
    }

    #[test]
    fn n5_a_refused_credential_stops_everything_until_the_person_asks() {
        let mut schedule = settled(ChangeFeed::EventLog, None);
        schedule.halt();
        assert!(run(&mut schedule, Duration::from_secs(30), Duration::from_secs(60), |_| Ended::Done).is_empty());
        assert_eq!(schedule.wake_at(Duration::from_secs(90)), None);
        schedule.refresh();
        assert!(!run(&mut schedule, Duration::from_secs(90), Duration::from_secs(1), |_| Ended::Done).is_empty());
    }

    #[test]
    fn what_the_person_looks_at_goes_first_and_never_twice_at_once() {
        let mut schedule = settled(ChangeFeed::EventLog, None);
        let now = Duration::from_secs(100);
        let card = Job::Read(Topic::Card(accounts(1).remove(0), CardId::parse("card-2").expect("an id")));
        schedule.hurry(card.clone());
        schedule.hurry(card.clone());
        assert_eq!(schedule.next(now), Some(card.clone()));
        let mut others = Vec::new();
        while let Some(job) = schedule.next(now) {
            others.push(job);
        }
        assert!(!others.contains(&card));
        assert!(others.len() < TOGETHER + 2);
    }

    fn sought() -> Job {
        Job::Read(Topic::Search(Box::new(crate::app::msg::Sought {
            feed: Feed::Cards,
            card: None,
            account: None,
            kinds: Vec::new(),
            statuses: Vec::new(),
            from: None,
            to: chrono::DateTime::UNIX_EPOCH,
            offset: 0,
            whole: false,
        })))
    }

    #[test]
    fn a_search_goes_after_what_is_on_the_screen_and_fails_once() {
        let mut schedule = settled(ChangeFeed::Polling, None);
        schedule.seek(sought());
        let mut order = Vec::new();
        while let Some(job) = schedule.next(Duration::from_secs(700)) {
            schedule.ended(&job, Ended::Done, Duration::from_secs(700), 0);
            order.push(job);
        }
        assert_eq!(order.last(), Some(&sought()), "{order:?}");
        // It is asked for again by whoever searches, and by nobody else.
        schedule.seek(sought());
        let counts = run(&mut schedule, Duration::from_secs(700), Duration::from_secs(120), |job| match job {
            job if *job == sought() => Ended::Failed,
            _ => Ended::Done,
        });
        assert_eq!(counts.get(&sought()), Some(&1));
    }
}
