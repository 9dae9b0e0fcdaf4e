//! What lists leave out of cards, read in the background: once, and then only of what is new.
//!
//! ```text
//!   on the screen ─▶ the cards of each person, a page each ─▶ the details of cards that lack something still
//!                     (one request a person, not one a card)     └─ the rest of long lists, where a card is still nobody's
//! ```
//!
//! Four requests at a time and ten a second at most. The first 429 makes it slower, and time makes it quicker again.
//! Decides what to ask for and when. Sends nothing and knows no clock.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use super::schedule::Job;
use crate::app::msg::{Topic, Watch};
use crate::domain::card::{Card, CardStatus, Remembered};
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, CardId, HolderId};

/// Requests under way at once.
const TOGETHER: usize = 4;
/// From one request to the next.
const PAUSE: Duration = Duration::from_millis(100);
/// The same, at its slowest.
const SLOWEST: Duration = Duration::from_secs(2);
/// How long nothing is asked for after a 429 that says no time.
const REST: Duration = Duration::from_secs(5);
/// How long a slower pace is kept before it is tried quicker.
const CALM: Duration = Duration::from_secs(30);
/// Something that failed and may pass is tried so many times.
const TRIES: u32 = 5;

/// What is known of a card, as far as it is of concern here.
#[derive(Clone, Debug)]
struct Known {
    account: Option<AccountId>,
    said: Remembered,
    /// Its details were read, by this run or an earlier one.
    detailed: bool,
    /// Its details were read by this run: what an earlier one read is no balance of now.
    read_now: bool,
    /// Lists leave its balance out, and its details may say it.
    silent: bool,
}

impl Known {
    /// Whether it is listed, and does not say whose it is.
    fn is_nobodys(&self) -> bool {
        self.account.is_some() && self.said.holder.is_none()
    }

    /// Whether it is listed, and its details are to be read.
    fn is_lacking(&self) -> bool {
        self.account.is_some() && self.lacks()
    }

    /// Whether its details may say what is not known.
    fn lacks(&self) -> bool {
        let said = &self.said;
        let all = said.kind.is_some() && said.last_four.is_some() && said.created_at.is_some();
        self.silent || (!self.detailed && (said.holder.is_none() || !all))
    }
}

/// How far the list of somebody's cards was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Unread,
    /// The first page; there may be more behind it.
    Begun(usize),
    Whole,
}

/// What is still to be read.
#[derive(Debug, Default)]
pub struct Backlog {
    cards: HashMap<CardId, Known>,
    /// In the order they came.
    order: VecDeque<CardId>,
    holders: HashMap<HolderId, List>,
    people: VecDeque<HolderId>,
    /// Cards that do not say whose they are.
    nobodys: usize,
    /// Listed cards whose details may say what is not known.
    lacking: usize,
    first: Vec<Job>,
    running: HashSet<Job>,
    tries: HashMap<Job, u32>,
    /// The largest page of somebody's cards: a page that is smaller was not cut.
    largest: usize,
    next: Duration,
    pause: Duration,
    /// When it was made slower, or quicker again, last.
    slowed: Option<Duration>,
    /// The list of people, or of some account's cards, is not through yet.
    listed: (bool, bool),
    /// Something was learned since it was last written down.
    changed: bool,
}

impl Backlog {
    pub fn new() -> Backlog {
        Backlog { pause: PAUSE, ..Backlog::default() }
    }

    /// Takes in what an earlier run knew.
    pub fn remember(&mut self, all: &[Remembered]) {
        for said in all {
            self.saw(None, Remembered { partial: false, ..said.clone() }, !said.partial);
        }
    }

    /// The list of people was read to its end, or cannot be.
    pub fn has_listed_people(&mut self) {
        self.listed.0 = true;
    }

    /// Whether the lists of the cards of all accounts were read to their end.
    pub fn has_listed_cards(&mut self, all: bool) {
        self.listed.1 = all;
    }

    /// Cards of a list, or one in detail.
    pub fn saw_cards<'a>(
        &mut self,
        cards: impl IntoIterator<Item = &'a Card>,
        account: Option<&AccountId>,
        holder: Option<&HolderId>,
        detailed: bool,
    ) {
        for card in cards {
            let said = Remembered {
                card: card.id.clone(),
                holder: card.holder_id.clone().or_else(|| holder.cloned()),
                kind: card.kind.clone(),
                last_four: card.number.last_four,
                created_at: match card.created_at {
                    Field::Known(at) => Some(at),
                    Field::Absent | Field::Unreadable => None,
                },
                partial: false,
            };
            let unborn = matches!(card.status, CardStatus::Creating | CardStatus::CreatingFailed);
            let silent = !unborn && card.spendable() == Field::Absent;
            let id = said.card.clone();
            self.saw(card.account.clone().or_else(|| account.cloned()), said, detailed);
            self.saw_balance(&id, silent, detailed);
        }
    }

    /// A list has said a card's balance, or left it out; or its details were read.
    fn saw_balance(&mut self, card: &CardId, silent: bool, detailed: bool) {
        let Some(known) = self.cards.get_mut(card) else { return };
        let before = known.is_lacking();
        known.read_now |= detailed;
        known.silent = silent && !known.read_now;
        self.lacking = self.lacking - usize::from(before) + usize::from(known.is_lacking());
        if known.is_lacking() && !before {
            // It may have been passed over already.
            self.order.push_back(card.clone());
        }
    }

    fn saw(&mut self, account: Option<AccountId>, said: Remembered, detailed: bool) {
        let Some(known) = self.cards.get_mut(&said.card) else {
            let known = Known { account, said, detailed, read_now: false, silent: false };
            self.nobodys += usize::from(known.is_nobodys());
            self.lacking += usize::from(known.is_lacking());
            self.order.push_back(known.said.card.clone());
            self.changed |= known.account.is_some();
            self.cards.insert(known.said.card.clone(), known);
            return;
        };
        let before = known.clone();
        let had = &before.said;
        if known.account.is_none() && account.is_some() {
            known.account = account;
            // What an earlier run knew is listed now.
            self.order.push_back(said.card.clone());
        }
        known.said = Remembered {
            card: said.card,
            holder: said.holder.or(had.holder.clone()),
            kind: said.kind.or(had.kind.clone()),
            last_four: said.last_four.or(had.last_four),
            created_at: said.created_at.or(had.created_at),
            partial: false,
        };
        known.detailed |= detailed;
        self.nobodys = self.nobodys - usize::from(before.is_nobodys()) + usize::from(known.is_nobodys());
        self.lacking = self.lacking - usize::from(before.is_lacking()) + usize::from(known.is_lacking());
        self.changed |= known.said != before.said || known.detailed != before.detailed;
    }

    pub fn saw_holders<'a>(&mut self, ids: impl IntoIterator<Item = &'a HolderId>) {
        for id in ids {
            if !self.holders.contains_key(id) {
                self.holders.insert(id.clone(), List::Unread);
                self.people.push_back(id.clone());
            }
        }
    }

    /// The first page of somebody's cards, or all of them; whether that was the end of the list.
    pub fn saw_held(&mut self, holder: &HolderId, cards: usize, whole: bool) -> bool {
        let is_smaller = cards == 0 || cards < self.largest;
        self.largest = self.largest.max(cards);
        let whole = whole || is_smaller;
        self.holders.insert(holder.clone(), if whole { List::Whole } else { List::Begun(cards) });
        whole
    }

    /// Whether the first page of somebody's cards is what is wanted now, and not all of the list.
    pub fn wants_first_page(&self, job: &Job, holder: &HolderId) -> bool {
        self.running.contains(job) && self.holders.get(holder) == Some(&List::Unread)
    }

    /// What is on the screen goes first.
    pub fn watch(&mut self, watch: &Watch) {
        let cards = watch.cards.iter().map(|(account, card)| Job::Read(Topic::Card(account.clone(), card.clone())));
        let people = watch.holders.iter().map(|holder| Job::Read(Topic::HolderCards(holder.clone())));
        self.first = cards.chain(people).collect();
    }

    /// The next thing to read now. `busy`: what somebody else reads already.
    pub fn next(&mut self, now: Duration, busy: impl Fn(&Job) -> bool) -> Option<Job> {
        if now < self.next || self.running.len() >= TOGETHER {
            return None;
        }
        let job = self.wanted(&busy)?;
        // A turn that came late does not make the next ones later, but never two at once.
        self.next = (self.next + self.pause).max((now + self.pause).saturating_sub(self.pause / 2));
        self.running.insert(job.clone());
        Some(job)
    }

    fn wanted(&mut self, busy: &impl Fn(&Job) -> bool) -> Option<Job> {
        let is_free = |running: &HashSet<Job>, job: &Job| !running.contains(job) && !busy(job);
        let first = std::mem::take(&mut self.first);
        let found = first.iter().find(|job| self.is_wanted(job) && is_free(&self.running, job)).cloned();
        self.first = first;
        if found.is_some() {
            return found;
        }
        // Before the lists of cards are through nobody knows whether they say whose the cards are.
        if !self.listed.1 {
            return None;
        }
        if self.nobodys > 0 {
            for _ in 0..self.people.len() {
                let Some(holder) = self.people.pop_front() else { break };
                let job = Job::Read(Topic::HolderCards(holder.clone()));
                let list = self.holders.get(&holder).copied().unwrap_or(List::Unread);
                match list {
                    List::Whole => {}
                    List::Unread if is_free(&self.running, &job) && self.has_tries(&job) => return Some(job),
                    List::Unread | List::Begun(_) => self.people.push_back(holder),
                }
            }
            if !self.listed.0 || self.running.iter().any(|job| matches!(job, Job::Read(Topic::HolderCards(_)))) {
                return None;
            }
            // Long lists are read to their end, where a card is still nobody's.
            let begun = self.people.iter().find_map(|holder| {
                let job = Job::Read(Topic::HolderCards(holder.clone()));
                let is_begun = matches!(self.holders.get(holder), Some(List::Begun(_)));
                (is_begun && is_free(&self.running, &job) && self.has_tries(&job)).then_some(job)
            });
            if begun.is_some() {
                return begun;
            }
        }
        for _ in 0..self.order.len() {
            let Some(card) = self.order.pop_front() else { break };
            let Some(known) = self.cards.get(&card).filter(|known| known.lacks()) else { continue };
            let Some(account) = known.account.clone() else { continue };
            let job = Job::Read(Topic::Card(account, card.clone()));
            let (is_free, has_tries) = (is_free(&self.running, &job), self.has_tries(&job));
            if has_tries {
                self.order.push_back(card);
            }
            if is_free && has_tries {
                return Some(job);
            }
        }
        None
    }

    fn is_wanted(&self, job: &Job) -> bool {
        self.has_tries(job)
            && match job {
                Job::Read(Topic::Card(_, card)) => self.cards.get(card).is_some_and(Known::lacks),
                Job::Read(Topic::HolderCards(holder)) => {
                    self.nobodys > 0 && self.holders.get(holder).is_some_and(|list| *list != List::Whole)
                }
                _ => false,
            }
    }

    fn has_tries(&self, job: &Job) -> bool {
        self.tries.get(job).is_none_or(|tries| *tries < TRIES)
    }

    /// When `next` may have something that it has not now.
    pub fn wake_at(&self, now: Duration) -> Option<Duration> {
        let room = self.running.len() < TOGETHER && (self.listed.1 || !self.first.is_empty());
        (room && self.is_open() && self.next > now).then_some(self.next)
    }

    /// Whether there is anything left to read.
    pub fn is_open(&self) -> bool {
        self.lacking > 0 || (self.nobodys > 0 && self.holders.values().any(|list| *list != List::Whole))
    }

    /// A job of this one ended, or of somebody else: it is all the same. `limited`: how long the API wants to be left alone.
    pub fn ended(&mut self, job: &Job, how: Outcome, limited: Option<Duration>, now: Duration) {
        self.running.remove(job);
        match how {
            Outcome::Read => {
                self.tries.remove(job);
                if self.pause > PAUSE && self.slowed.is_none_or(|at| now.saturating_sub(at) > CALM) {
                    self.pause = (self.pause / 2).max(PAUSE);
                    self.slowed = Some(now);
                }
            }
            Outcome::MayPass => *self.tries.entry(job.clone()).or_default() += 1,
            Outcome::Never => match job {
                Job::Read(Topic::Card(_, card)) => {
                    if let Some(known) = self.cards.get_mut(card) {
                        self.lacking -= usize::from(known.is_lacking());
                        (known.detailed, known.read_now, known.silent) = (true, true, false);
                    }
                }
                Job::Read(Topic::HolderCards(holder)) => {
                    self.holders.insert(holder.clone(), List::Whole);
                }
                _ => {}
            },
        }
        if let Some(wait) = limited {
            self.next = self.next.max(now + wait.max(REST));
            if self.slowed.is_none_or(|at| now.saturating_sub(at) > REST) {
                self.pause = (self.pause * 2).min(SLOWEST);
                self.slowed = Some(now);
            }
        }
    }

    /// What the next run should know, where there is news: of cards that are listed. Whose a card is is kept before its
    /// details are read: a program that ends early need not ask for it again.
    pub fn news_to_keep(&mut self) -> Option<Vec<Remembered>> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let is_kept = |known: &&Known| known.account.is_some() && (!known.lacks() || known.said.holder.is_some());
        let known = self.cards.values().filter(is_kept);
        let mut all: Vec<Remembered> =
            known.map(|known| Remembered { partial: known.lacks(), ..known.said.clone() }).collect();
        all.sort_by(|a, b| a.card.cmp(&b.card));
        Some(all)
    }
}

/// How a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Read,
    MayPass,
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::card::LastFour;

    fn holder(at: usize) -> HolderId {
        HolderId::parse(&format!("emp-{at}")).unwrap()
    }

    fn account() -> AccountId {
        AccountId::parse("account-1").unwrap()
    }

    fn said(at: usize) -> Remembered {
        Remembered {
            card: CardId::parse(&format!("card-{at}")).unwrap(),
            holder: None,
            kind: None,
            last_four: LastFour::parse("4242"),
            created_at: None,
            partial: false,
        }
    }

    /// A deployment in which everybody has so many cards, and what was asked of it when.
    struct World {
        backlog: Backlog,
        each: usize,
        cards: usize,
        asked: Vec<(Duration, Job)>,
        /// Requests from this moment on are answered 429, for so long.
        limited: Option<(Duration, Duration)>,
        /// Which details say nothing of the holder.
        silent: bool,
    }

    impl World {
        fn new(holders: usize, each: usize) -> World {
            let mut backlog = Backlog::new();
            let cards = holders * each;
            for at in 0..cards {
                backlog.saw(Some(account()), said(at), false);
            }
            backlog.saw_holders(&(0..holders).map(holder).collect::<Vec<_>>());
            backlog.has_listed_people();
            backlog.has_listed_cards(true);
            World { backlog, each, cards, asked: Vec::new(), limited: None, silent: false }
        }

        /// Reads for so long, each request taking 50 ms; when nothing was left, if it came to that.
        fn run(&mut self, from: Duration, until: Duration) -> Option<Duration> {
            let ms = Duration::from_millis;
            let (mut now, mut under_way) = (from, VecDeque::<(Duration, Job)>::new());
            while now < until {
                while under_way.front().is_some_and(|(at, _)| *at <= now) {
                    let Some((_, job)) = under_way.pop_front() else { break };
                    self.answer(&job, now);
                }
                while let Some(job) = self.backlog.next(now, |_| false) {
                    self.asked.push((now, job.clone()));
                    under_way.push_back((now + ms(50), job));
                }
                if under_way.is_empty() && !self.backlog.is_open() {
                    return Some(now);
                }
                now += ms(10);
            }
            None
        }

        fn answer(&mut self, job: &Job, now: Duration) {
            if let Some((from, length)) = self.limited
                && now >= from
                && now < from + length
            {
                return self.backlog.ended(job, Outcome::MayPass, Some(from + length - now), now);
            }
            match job {
                Job::Read(Topic::HolderCards(whose)) => {
                    let at: usize = whose.to_string()[4..].parse().unwrap();
                    for card in at * self.each..(at + 1) * self.each {
                        self.backlog.saw(
                            Some(account()),
                            Remembered { holder: Some(whose.clone()), ..said(card) },
                            false,
                        );
                    }
                    self.backlog.saw_held(whose, self.each, false);
                }
                Job::Read(Topic::Card(_, card)) => {
                    let at: usize = card.to_string()[5..].parse().unwrap();
                    let whose = (!self.silent).then(|| holder(at / self.each));
                    self.backlog.saw(Some(account()), Remembered { holder: whose, ..said(at) }, true);
                }
                other => panic!("{other:?} is nothing to read in the background"),
            }
            self.backlog.ended(job, Outcome::Read, None, now);
        }

        fn of_people(&self) -> usize {
            self.asked.iter().filter(|(_, job)| matches!(job, Job::Read(Topic::HolderCards(_)))).count()
        }
    }

    const LONG: Duration = Duration::from_secs(3_600);

    /// A list that says all but the balance: the details are read once, whatever an earlier run knew, and not again when the
    /// list is polled.
    #[test]
    fn a_balance_that_lists_leave_out_is_read_once_a_run() {
        let card = crate::app::store::tests::card("card-1");
        let listed = |available| Card {
            account: Some(account()),
            holder_id: Some(holder(1)),
            kind: Some(crate::domain::account::CardKind::Virtual),
            created_at: Field::Known(chrono::DateTime::UNIX_EPOCH),
            available,
            ..card.clone()
        };
        let mut backlog = Backlog::new();
        backlog.remember(&[Remembered { holder: Some(holder(1)), ..said(1) }]);
        backlog.has_listed_people();
        backlog.has_listed_cards(true);
        backlog.saw_cards([&listed(Field::Absent)], Some(&account()), None, false);
        let job = backlog.next(Duration::ZERO, |_| false).expect("its details");
        backlog.saw_cards([&listed(Field::Absent)], None, None, true);
        backlog.ended(&job, Outcome::Read, None, Duration::ZERO);
        backlog.saw_cards([&listed(Field::Absent)], Some(&account()), None, false);
        assert!(!backlog.is_open());
        // Where lists say it there is nothing to read.
        let mut backlog = Backlog::new();
        backlog.saw_cards([&listed(card.available)], Some(&account()), None, false);
        assert!(!backlog.is_open());
    }

    /// The measure of the issue: 3,000 cards of 750 people at 50 ms a request.
    #[test]
    fn holders_are_known_within_ninety_seconds_and_details_within_five_minutes_after() {
        let mut world = World::new(750, 4);
        let end = world.run(Duration::ZERO, LONG).expect("it ends");
        let last =
            world.asked.iter().filter(|(_, job)| matches!(job, Job::Read(Topic::HolderCards(_)))).map(|(at, _)| *at);
        let holders = last.max().unwrap();
        assert!(holders < Duration::from_secs(90), "holders after {holders:?}");
        assert!(end < holders + Duration::from_secs(302), "details after {end:?}");
        assert_eq!((world.of_people(), world.asked.len()), (750, 3_750), "each once");
        for window in world.asked.windows(11) {
            let [(first, _), .., (last, _)] = window else { continue };
            assert!(*last - *first >= Duration::from_millis(950), "more than ten in a second");
        }
        // Nothing is left to read, and what is new is read alone.
        assert_eq!(world.run(end, end + LONG), Some(end));
        world.backlog.saw(Some(account()), said(2), false);
        assert_eq!(world.run(end, end + LONG), Some(end));
        world.cards += 1;
        world.backlog.saw(Some(account()), said(2_999 + 1), false);
        world.run(end, end + Duration::from_secs(60));
        assert!(world.asked.len() <= 3_752, "{}", world.asked.len());
    }

    /// A second start: what an earlier run learned is not asked for again.
    #[test]
    fn what_an_earlier_run_learned_is_not_asked_for() {
        let mut first = World::new(75, 4);
        first.run(Duration::ZERO, LONG).unwrap();
        let kept = first.backlog.news_to_keep().expect("there is news");
        assert_eq!(kept.len(), 300);
        assert_eq!(first.backlog.news_to_keep(), None, "it is written once");
        let mut again = World::new(0, 1);
        again.backlog.remember(&kept);
        for at in 0..300 {
            again.backlog.saw(Some(account()), said(at), false);
        }
        again.backlog.saw_holders(&(0..75).map(holder).collect::<Vec<_>>());
        assert_eq!(again.run(Duration::ZERO, LONG), Some(Duration::ZERO));
        assert_eq!(again.asked, []);
    }

    /// A program that ends before all details are read: whose the cards are is known at the next start, and the details
    /// that were not read are.
    #[test]
    fn what_an_earlier_run_did_not_get_to_is_read_and_nothing_else() {
        let mut first = World::new(75, 4);
        first.run(Duration::ZERO, Duration::from_secs(15));
        let details = first.asked.len() - first.of_people();
        assert!(first.of_people() == 75 && (20..300).contains(&details), "{details}");
        let kept = first.backlog.news_to_keep().expect("there is news");
        assert_eq!(kept.iter().filter(|card| card.holder.is_some()).count(), 300);
        let mut again = World::new(75, 4);
        again.backlog = Backlog::new();
        again.backlog.remember(&kept);
        again.backlog.saw_holders(&(0..75).map(holder).collect::<Vec<_>>());
        for at in 0..300 {
            again.backlog.saw(Some(account()), said(at), false);
        }
        again.backlog.has_listed_people();
        again.backlog.has_listed_cards(true);
        again.run(Duration::ZERO, LONG).expect("it ends");
        assert_eq!(again.of_people(), 0, "whose they are is known");
        let read = 300 - kept.iter().filter(|card| card.partial).count();
        assert_eq!(again.asked.len(), 300 - read);
    }

    #[test]
    fn what_is_on_the_screen_goes_first() {
        let mut world = World::new(50, 4);
        let cards = vec![(account(), said(150).card)];
        world.backlog.watch(&Watch { cards, holders: vec![holder(40)], ..Watch::default() });
        world.run(Duration::ZERO, Duration::from_secs(1));
        let first: Vec<&Job> = world.asked.iter().take(2).map(|(_, job)| job).collect();
        let (card, person) = (Topic::Card(account(), said(150).card), Topic::HolderCards(holder(40)));
        assert_eq!(first, [&Job::Read(card), &Job::Read(person)]);
    }

    #[test]
    fn nothing_is_asked_before_the_lists_are_through_nor_where_they_say_it_all() {
        let mut world = World::new(10, 2);
        world.backlog.has_listed_cards(false);
        world.run(Duration::ZERO, Duration::from_secs(5));
        assert_eq!(world.asked, []);
        let mut telling = World::new(0, 1);
        telling.backlog.saw_holders(&[holder(1)]);
        let kind = Some(crate::domain::account::CardKind::Virtual);
        let created_at = chrono::DateTime::from_timestamp(1_700_000_000, 0);
        telling.backlog.saw(
            Some(account()),
            Remembered { holder: Some(holder(1)), kind, created_at, ..said(1) },
            false,
        );
        telling.run(Duration::ZERO, Duration::from_secs(5));
        assert_eq!(telling.asked, []);
    }

    #[test]
    fn the_first_429_makes_it_slower_and_time_makes_it_quicker() {
        let mut world = World::new(300, 4);
        let secs = Duration::from_secs;
        world.limited = Some((secs(3), secs(2)));
        world.run(Duration::ZERO, LONG).expect("it ends all the same");
        let between =
            |from: u64, to: u64| world.asked.iter().filter(|(at, _)| *at >= secs(from) && *at < secs(to)).count();
        assert!(between(0, 3) >= 29, "{}", between(0, 3));
        assert!(between(4, 8) <= 1, "it is left alone: {}", between(4, 8));
        assert!((20..=60).contains(&between(10, 20)), "{}", between(10, 20));
        assert!(between(80, 90) >= 95, "{}", between(80, 90));
    }

    #[test]
    fn what_cannot_be_had_is_not_asked_for_on_and_on() {
        let mut world = World::new(30, 2);
        for at in 0..30 {
            let job = Job::Read(Topic::HolderCards(holder(at)));
            world.backlog.ended(&job, Outcome::Never, None, Duration::ZERO);
        }
        world.silent = true;
        world.run(Duration::ZERO, LONG).expect("it ends");
        assert_eq!((world.of_people(), world.asked.len()), (0, 60));
    }
}
