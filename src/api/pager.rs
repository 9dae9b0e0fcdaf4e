//! How a list is read to its end: which page is next, and whether there is one. Pure: sends nothing, knows no time.
//!
//! A list ends when asking on brings nothing new. Not because a page is short: the server may have clamped the limit. Not
//! because a total says so: totals are wrong in both directions. Where a total, `has_more` or a next page promise *more*
//! than came, that is said with the end.
//!
//! ```text
//!            new ids                    a page with none of them
//!   page ──────────────▶ offset + received ──────────▶ the same page again: offset is ignored ─▶ page + quantity, once
//!     ▲                        │                       others that were seen: rows moved ─▶ one page further, once
//!     └────────────────────────┘                       none at all: the end
//! ```
//!
//! So a list that was read whole costs one request more, and a server that ignores what it is asked for two. A list
//! that is polled remembers where it ended: [`Pager::again`] asks beyond that only when something changed, and now and then.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, RandomState};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// From one request of a crawl to its next, at least: ten a second. Whoever sends them waits.
pub const MIN_PAUSE: Duration = Duration::from_millis(100);
/// A list that ended where it always ends is asked beyond its end once in so many passes.
const CONFIRM_EVERY: u32 = 32;

/// Which part of a list to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub limit: u32,
    pub offset: u64,
}

impl Window {
    /// The first and largest page.
    pub const FIRST: Window = Window { limit: 1000, offset: 0 };
}

/// How a deployment wants pages to be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Paging {
    /// `limit` and `offset`, as the newer documents have it.
    #[default]
    Offset,
    /// `page`, from 1, and `quantity`, as the older documents have it.
    Pages,
}

/// Why a list ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Asking on brought nothing new, and no more was promised.
    Complete,
    /// Asking on brought nothing new, although more was promised, or nobody can tell: `1,787 of 2,500`, `25, maybe more`.
    Short,
}

/// What a page brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// For each id of the page, whether it is new in this pass.
    pub fresh: Vec<bool>,
    /// `None`: there is a next page to ask for.
    pub ended: Option<End>,
    /// The most entries that any page of this pass has promised.
    pub promised: Option<u64>,
    /// Different rows of this pass, those without an id included.
    pub distinct: u64,
}

impl Progress {
    pub fn is_last(&self) -> bool {
        self.ended.is_some()
    }
}

/// The state of one crawl.
#[derive(Clone, Debug)]
pub struct Pager {
    /// What is asked for in one page.
    size: u32,
    paging: Paging,
    next: Option<Window>,
    /// Where pages are counted from.
    start: Start,
    /// Pages that brought something new.
    pages: u64,
    /// Entries of them.
    received: u64,
    /// Entries of the first page: what the server gives at most, where that is less than was asked for.
    step: u64,
    largest: u64,
    seen: HashSet<u64>,
    /// Ids of the last page that was taken.
    page: Vec<u64>,
    skipped: u64,
    barren: u32,
    turned: bool,
    /// Neither way of asking for another page had an effect.
    is_ignored: bool,
    /// Rows came twice although none were put before them: for each of them another may have been passed over.
    is_unstable: bool,
    /// The next page may share rows with others.
    has_jumped: bool,
    /// This pass has brought what the one before had not.
    has_news: bool,
    promised: Option<u64>,
    more: bool,
    /// What the pass before ended with.
    before: Option<Before>,
    hasher: RandomState,
}

/// A place in the list that was jumped to, or begun at.
#[derive(Clone, Copy, Debug, Default)]
struct Start {
    offset: u64,
    /// The page it stands on, from 0, where a page has `limit` rows.
    page: u64,
    limit: u32,
    /// Pages that were taken before.
    taken: u64,
}

#[derive(Clone, Debug)]
struct Before {
    seen: HashSet<u64>,
    received: u64,
    passes: u32,
}

impl Pager {
    /// Begins at this page.
    pub fn new(window: Window) -> Pager {
        Pager {
            size: window.limit.max(1),
            paging: Paging::Offset,
            next: Some(window),
            start: Start { offset: window.offset, ..Start::default() },
            pages: 0,
            received: window.offset,
            step: 0,
            largest: 0,
            seen: HashSet::new(),
            page: Vec::new(),
            skipped: 0,
            barren: 0,
            turned: false,
            is_ignored: false,
            is_unstable: false,
            has_jumped: false,
            has_news: false,
            promised: None,
            more: false,
            before: None,
            hasher: RandomState::new(),
        }
    }

    /// The same, where it is known how pages are asked for.
    pub fn with_paging(self, paging: Paging) -> Pager {
        let start = self.start_at(self.start.offset, self.size);
        Pager { paging, start, ..self }
    }

    fn start_at(&self, offset: u64, limit: u32) -> Start {
        Start { offset, page: offset / u64::from(limit.max(1)), limit, taken: self.pages }
    }

    /// The page to ask for; `None` at the end.
    pub fn next(&self) -> Option<Window> {
        self.next
    }

    /// How to ask for it: `Client::with_paging`.
    pub fn paging(&self) -> Paging {
        self.paging
    }

    /// Whether the way it began with had no effect, and the other had.
    pub fn was_turned(&self) -> bool {
        self.turned && self.pages > 1
    }

    /// How long to wait between two requests of this crawl.
    pub fn min_pause(&self) -> Duration {
        MIN_PAUSE
    }

    /// Entries that came so far, those that came twice included: the place in the list.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The page that the server gives at most, where it is smaller than what was asked for although the list goes on.
    pub fn clamped_to(&self) -> Option<u64> {
        (self.pages > 1 && self.largest < u64::from(self.size)).then_some(self.largest)
    }

    /// Whether the next page is only asked for to see that there is none.
    pub fn is_confirming(&self) -> bool {
        let is_where_it_ended = self.before.as_ref().is_some_and(|before| before.received <= self.received);
        self.next.is_some() && self.pages > 0 && (self.barren > 0 || is_where_it_ended)
    }

    /// The same crawl from another place on, still knowing what it has seen.
    pub fn jump(self, offset: u64) -> Pager {
        let limit = match (self.paging, u32::try_from(self.largest)) {
            // A page number counts pages of the size that the server gives, where that is known.
            (Paging::Pages, Ok(largest)) if largest > 0 => largest.min(self.size),
            _ => self.size,
        };
        let next = Some(Window { limit, offset });
        Pager { next, received: offset, start: self.start_at(offset, limit), has_jumped: true, ..self }
    }

    /// Another pass over the same list, which knows how this one went.
    pub fn again(self) -> Pager {
        let first = Window { limit: self.size, offset: 0 };
        let passes = self.before.map_or(0, |before| before.passes).saturating_add(1);
        let before = Before { seen: self.seen, received: self.received, passes };
        // The other way to ask had no effect either.
        let paging = match (self.turned && self.pages < 2, self.paging) {
            (true, Paging::Pages) => Paging::Offset,
            (true, Paging::Offset) => Paging::Pages,
            (false, paging) => paging,
        };
        let is_ignored = self.is_ignored;
        Pager { paging, hasher: self.hasher, before: Some(before), is_ignored, ..Pager::new(first) }
    }

    /// Takes a page: the ids of its rows, how many entries it had with those that have none, and what it says of the
    /// length of the list.
    pub fn take<K: Hash>(&mut self, ids: &[K], received: usize, total: Option<u64>, more: Option<bool>) -> Progress {
        let Some(asked) = self.next.take() else { return self.progress(vec![false; ids.len()]) };
        let hashes: Vec<u64> = ids.iter().map(|id| self.hasher.hash_one(id)).collect();
        let is_old = |hash: &u64| self.before.as_ref().is_some_and(|before| before.seen.contains(hash));
        self.has_news |= !hashes.iter().all(is_old);
        let fresh: Vec<bool> = hashes.iter().map(|hash| self.seen.insert(*hash)).collect();
        self.promised = self.promised.max(total);
        self.more = more.unwrap_or(false);
        let entries = u64::try_from(received).unwrap_or(u64::MAX);
        let is_repeated = self.pages > 0 && hashes == self.page;
        if fresh.contains(&true) {
            self.barren = 0;
            self.pages += 1;
            self.is_ignored &= self.pages == 1;
            // Whoever puts rows before others moves them to the next page, where it begins; elsewhere they change places.
            let moved = self.page.iter().rev().zip(fresh.iter().take_while(|fresh| !**fresh)).count();
            let repeated = fresh.iter().filter(|fresh| !**fresh).count();
            let is_moved = hashes.starts_with(self.page.split_at(self.page.len() - moved).1);
            self.is_unstable |= !self.has_jumped && repeated > if is_moved { moved } else { 0 };
            self.has_jumped = false;
            self.received = self.received.saturating_add(entries);
            self.skipped += entries.saturating_sub(u64::try_from(ids.len()).unwrap_or(0));
            self.largest = self.largest.max(entries);
            self.step = if self.pages == 1 { entries.max(1) } else { self.step };
            let ends_as_before = self.before.as_ref().is_some_and(|before| {
                before.received == self.received && !self.has_news && before.passes % CONFIRM_EVERY != 0
            });
            if !ends_as_before || self.is_promised_more() {
                self.next = Some(self.window());
            }
        } else if entries > 0 && self.barren == 0 {
            self.barren = 1;
            if self.pages == 1 && is_repeated && asked.offset > 0 {
                // The other way to ask, once. What came is the beginning of the list, wherever it was to begin.
                self.turned = true;
                self.paging = match self.paging {
                    Paging::Offset => Paging::Pages,
                    Paging::Pages => Paging::Offset,
                };
                if self.paging == Paging::Offset && self.start.offset > 0 {
                    self.received = self.start.offset;
                }
                self.start = Start::default();
                self.next = Some(self.window());
            } else if !is_repeated {
                self.received = self.received.saturating_add(entries);
                self.skipped += if ids.is_empty() { entries } else { 0 };
                self.pages += 1;
                self.step = if self.pages == 1 { entries.max(1) } else { self.step };
                self.next = Some(self.window());
            }
        }
        // Rows came where none should be, and no others than those of the first page.
        let is_end = self.next.is_none() && entries > 0 && asked.offset > 0;
        self.is_ignored |= is_end && !fresh.contains(&true) && self.distinct() <= self.step;
        if !is_repeated {
            self.page = hashes;
        }
        self.progress(fresh)
    }

    /// The page after those that were taken.
    fn window(&self) -> Window {
        match self.paging {
            Paging::Offset => Window { limit: self.size, offset: self.received },
            // The page number counts pages of the size that the server gives. Elsewhere than at the beginning a small page
            // may as well be the last one.
            Paging::Pages => {
                let Start { page, limit, taken, .. } = self.start;
                let step = u32::try_from(self.step).unwrap_or(self.size);
                let limit = if page == 0 { step } else { limit }.max(1);
                let page = page.saturating_add(self.pages.saturating_sub(taken));
                Window { limit, offset: u64::from(limit).saturating_mul(page) }
            }
        }
    }

    fn distinct(&self) -> u64 {
        u64::try_from(self.seen.len()).unwrap_or(u64::MAX).saturating_add(self.skipped)
    }

    fn is_promised_more(&self) -> bool {
        self.more || self.promised.is_some_and(|promised| promised > self.distinct())
    }

    /// Whether the only page that can be had may be the first of several.
    fn may_be_cut(&self) -> bool {
        self.is_ignored && may_be_a_part(self.largest, u64::from(self.size), self.promised)
    }

    fn progress(&self, fresh: Vec<bool>) -> Progress {
        let may_lack = self.promised.is_none_or(|promised| promised != self.distinct()) && self.is_unstable;
        let is_short = self.is_promised_more() || self.may_be_cut() || may_lack;
        let short = if is_short { End::Short } else { End::Complete };
        let ended = self.next.is_none().then_some(short);
        Progress { fresh, ended, promised: self.promised, distinct: self.distinct() }
    }
}

/// Whether rows that are all that can be had may be one page of more: as many as were asked for, or a number that people
/// choose for pages. A total of as many may be the length of the page; of very many rows it is believed.
pub fn may_be_a_part(rows: u64, asked: u64, total: Option<u64>) -> bool {
    let is_round = rows >= 10 && rows.is_multiple_of(5);
    match total {
        None => rows >= asked || is_round,
        Some(_) => rows <= 100 && is_round,
    }
}

/// Which way a list is ordered by time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    NewestFirst,
    OldestFirst,
    /// Too few rows to tell, or no order at all.
    #[default]
    Unknown,
}

/// The order of a page by the times of its rows. Some rows may be dated early or late.
pub fn order_of(times: &[DateTime<Utc>]) -> Order {
    let steps = |by: fn(&DateTime<Utc>, &DateTime<Utc>) -> bool| {
        times.windows(2).filter(|two| matches!(two, [one, other] if by(one, other))).count()
    };
    let (up, down) = (steps(|one, other| one < other), steps(|one, other| one > other));
    let ends = times.first().zip(times.last());
    match ends {
        Some((first, last)) if first < last && down * 4 <= up => Order::OldestFirst,
        Some((first, last)) if first > last && up * 4 <= down => Order::NewestFirst,
        _ => Order::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A server with so many rows, and what it does differently.
    #[derive(Clone, Debug, Default)]
    struct Server {
        rows: u64,
        clamp: Option<u64>,
        /// What an unknown or missing size is.
        usual: u64,
        offset_ignored: bool,
        by_pages: bool,
        /// Beyond the end the last page comes again.
        last_again: bool,
        total: Option<u64>,
        has_more: Option<bool>,
        /// Rows that are put before all others at each request.
        inserts: u64,
        calls: u64,
    }

    impl Server {
        fn answer(&mut self, window: Window, paging: Paging) -> (Vec<u64>, Option<u64>, Option<bool>) {
            let asked = u64::from(window.limit);
            let size = match (self.by_pages, paging) {
                (true, Paging::Offset) | (false, Paging::Pages) => self.usual.max(1),
                _ => asked,
            };
            let size = size.min(self.clamp.unwrap_or(u64::MAX));
            let mut from = match (self.by_pages, paging) {
                (true, Paging::Pages) => (window.offset / asked) * size,
                (true, Paging::Offset) | (false, Paging::Pages) => 0,
                (false, Paging::Offset) if self.offset_ignored => 0,
                (false, Paging::Offset) => window.offset,
            };
            // The newest row has the highest number and stands first.
            let all = self.rows + self.calls * self.inserts;
            self.calls += 1;
            if self.last_again && from >= all && all > 0 {
                from = (all - 1) / size * size;
            }
            let ids = (from..all.min(from.saturating_add(size))).map(|at| all - 1 - at).collect();
            (ids, self.total, self.has_more)
        }
    }

    struct Read {
        ids: Vec<u64>,
        calls: u64,
        end: End,
        pager: Pager,
    }

    fn crawl(server: &mut Server, mut pager: Pager) -> Read {
        let (mut ids, before) = (Vec::new(), server.calls);
        while let Some(window) = pager.next() {
            assert!(server.calls - before < 2_000, "it does not end: {server:?}");
            let (page, total, more) = server.answer(window, pager.paging());
            let progress = pager.take(&page, page.len(), total, more);
            ids.extend(page.iter().zip(&progress.fresh).filter(|(_, fresh)| **fresh).map(|(id, _)| *id));
            if let Some(end) = progress.ended {
                return Read { ids, calls: server.calls - before, end, pager };
            }
        }
        unreachable!("a pager begins with a page");
    }

    fn first(limit: u32) -> Pager {
        Pager::new(Window { limit, offset: 0 })
    }

    fn all(rows: u64) -> Vec<u64> {
        (0..rows).rev().collect()
    }

    #[test]
    fn a_clamped_limit_hides_nothing() {
        let mut server = Server { rows: 350, clamp: Some(100), ..Server::default() };
        let read = crawl(&mut server, first(1000));
        assert_eq!((read.ids, read.calls, read.end), (all(350), 5, End::Complete));
        assert_eq!(read.pager.clamped_to(), Some(100));
        let whole = crawl(&mut Server { rows: 350, ..Server::default() }, first(1000));
        assert_eq!((whole.ids.len(), whole.calls, whole.pager.clamped_to()), (350, 2, None));
    }

    #[test]
    fn a_server_that_ignores_the_offset_costs_two_requests_more() {
        for last_again in [false, true] {
            for rows in [1, 99, 100, 2_500] {
                let clamp = Some(100);
                let mut server = Server { rows, clamp, offset_ignored: true, last_again, ..Server::default() };
                let read = crawl(&mut server, first(1000));
                assert!(read.calls <= 3, "{} requests for {rows} rows", read.calls);
                assert_eq!(read.ids.len() as u64, rows.min(100));
            }
        }
        let mut server =
            Server { rows: 2_500, clamp: Some(100), offset_ignored: true, total: Some(2_500), ..Server::default() };
        assert_eq!(crawl(&mut server, first(1000)).end, End::Short, "what was promised and did not come is said");
    }

    /// Where every page is the first one, only a total tells that there are no more; a list that is no page's length is
    /// taken for the whole.
    #[test]
    fn the_only_page_that_can_be_had_is_no_proof_of_the_end() {
        let ends = |rows, clamp, total| {
            let clamp = Some(clamp);
            let mut server = Server { rows, clamp, usual: 25, offset_ignored: true, total, ..Server::default() };
            let once = crawl(&mut server, first(1000));
            let again = crawl(&mut server, once.pager.clone().again());
            assert_eq!(once.end, again.end, "{server:?}");
            once.end
        };
        assert_eq!(ends(261, 25, None), End::Short);
        assert_eq!(ends(5_000, 1_000, None), End::Short);
        assert_eq!(ends(261, 1_000, None), End::Complete);
        assert_eq!(ends(300, 1_000, Some(300)), End::Complete);
        assert_eq!(ends(25, 1_000, Some(25)), End::Short, "it may be the length of the page");
        assert_eq!(ends(26, 1_000, Some(26)), End::Complete);
        assert_eq!(ends(4, 1_000, None), End::Complete);
        let mut grown = Server { rows: 261, clamp: Some(25), usual: 25, offset_ignored: true, ..Server::default() };
        let read = crawl(&mut grown, first(1000));
        grown.offset_ignored = false;
        grown.rows = 300;
        let read = crawl(&mut grown, read.pager.again());
        assert_eq!((read.ids.len(), read.end), (300, End::Complete), "it is believed again once a page has an effect");
    }

    #[test]
    fn pages_and_quantities_are_found_where_the_offset_has_no_effect() {
        for last_again in [false, true] {
            for rows in [0, 1, 24, 25, 26, 50, 333] {
                for clamp in [None, Some(25), Some(10)] {
                    let mut server = Server { rows, clamp, usual: 25, by_pages: true, last_again, ..Server::default() };
                    let read = crawl(&mut server, first(1000));
                    assert_eq!(read.ids, all(rows), "{server:?}");
                    let mut known = crawl(&mut server, first(1000).with_paging(Paging::Pages));
                    assert_eq!(known.ids, all(rows), "{server:?}");
                    known = crawl(&mut server, known.pager.again());
                    assert_eq!(known.ids, all(rows), "{server:?}");
                }
            }
        }
    }

    /// A list of pages is read on from where it was begun, not from its second page.
    #[test]
    fn a_list_of_pages_goes_on_from_where_it_was_begun() {
        for (clamp, limit, start) in [(None, 100, 300), (None, 100, 1_000), (Some(25), 25, 75), (None, 40, 920)] {
            let mut server = Server { rows: 1_000, clamp, usual: 25, by_pages: true, ..Server::default() };
            let begun = || Pager::new(Window { limit, offset: start }).with_paging(Paging::Pages);
            let wanted: Vec<u64> = (0..1_000 - start).rev().collect();
            assert_eq!(crawl(&mut server, begun()).ids, wanted, "from {start}, {limit} at once");
            // The same after the beginning was read, and the place was jumped to.
            let mut pager = first(limit).with_paging(Paging::Pages);
            for _ in 0..2 {
                let (page, total, more) = server.answer(pager.next().unwrap(), pager.paging());
                pager.take(&page, page.len(), total, more);
            }
            let read = crawl(&mut server, pager.jump(start));
            let unseen: Vec<u64> = wanted.iter().copied().filter(|id| *id < 1_000 - 2 * u64::from(limit)).collect();
            assert_eq!(read.ids, unseen, "jumped to {start}, {limit} at once");
        }
        // Pages have no effect here: from the place on, as it was wanted.
        let mut server = Server { rows: 500, usual: 25, ..Server::default() };
        let read = crawl(&mut server, Pager::new(Window { limit: 100, offset: 300 }).with_paging(Paging::Pages));
        assert!((0..200).all(|id| read.ids.contains(&id)), "{:?}", read.ids);
    }

    #[test]
    fn a_total_is_a_reason_to_go_on_and_never_one_to_stop() {
        let mut low = Server { rows: 350, clamp: Some(100), total: Some(100), ..Server::default() };
        let read = crawl(&mut low, first(1000));
        assert_eq!((read.ids.len(), read.end), (350, End::Complete));
        let mut high = Server { rows: 1_787, clamp: Some(500), total: Some(2_500), ..Server::default() };
        let read = crawl(&mut high, first(1000));
        assert_eq!((read.ids.len(), read.end, read.calls), (1_787, End::Short, 5));
        let mut more = Server { rows: 40, has_more: Some(true), ..Server::default() };
        assert_eq!(crawl(&mut more, first(100)).end, End::Short);
        let mut none = Server { rows: 240, has_more: Some(false), clamp: Some(100), ..Server::default() };
        assert_eq!(crawl(&mut none, first(100)).ids.len(), 240);
    }

    #[test]
    fn rows_that_come_in_meanwhile_repeat_others_and_hide_none() {
        for inserts in [1, 40, 60] {
            let mut server = Server { rows: 1_000, inserts, ..Server::default() };
            let read = crawl(&mut server, first(100));
            let old: HashSet<u64> = read.ids.iter().copied().filter(|id| *id < 1_000).collect();
            assert_eq!(old.len(), 1_000, "{inserts}");
            assert_eq!(read.ids.len(), read.ids.iter().collect::<HashSet<_>>().len(), "no row twice");
        }
    }

    #[test]
    fn entries_without_an_id_count_for_what_was_promised() {
        let mut pager = first(100);
        assert!(!pager.take(&["a", "b"], 5, Some(5), None).is_last());
        let end = pager.take::<&str>(&[], 0, Some(5), None);
        assert_eq!((end.ended, end.distinct, end.promised), (Some(End::Complete), 5, Some(5)));
        let mut nameless = first(100);
        assert!(!nameless.take::<&str>(&[], 100, None, None).is_last());
        assert_eq!(nameless.next(), Some(Window { limit: 100, offset: 100 }));
        assert!(nameless.take::<&str>(&[], 100, None, None).is_last());
        assert_eq!(nameless.take::<&str>(&[], 0, None, None).ended, Some(End::Complete), "the end stays the end");
    }

    #[test]
    fn a_list_that_is_polled_is_asked_beyond_its_end_only_when_something_changed() {
        let mut server = Server { rows: 250, clamp: Some(100), ..Server::default() };
        let mut read = crawl(&mut server, first(1000));
        let mut calls = 0;
        for pass in 0..64 {
            read = crawl(&mut server, read.pager.again());
            assert_eq!(read.ids, all(250), "pass {pass}");
            calls += read.calls;
        }
        assert_eq!(calls, 64 * 3 + 2);
        server.rows = 251;
        read = crawl(&mut server, read.pager.again());
        assert_eq!((read.ids.len(), read.calls), (251, 4));
        // Full pages exactly, and a row more.
        server.rows = 300;
        read = crawl(&mut server, read.pager.again());
        server.rows = 301;
        read = crawl(&mut server, read.pager.again());
        assert_eq!(read.ids.len(), 301);
        server.rows = 0;
        read = crawl(&mut server, read.pager.again());
        assert_eq!((read.ids.len(), read.end), (0, End::Complete));
        server.rows = 7;
        assert_eq!(crawl(&mut server, read.pager.again()).ids.len(), 7);
        let mut ignoring = Server { rows: 40, offset_ignored: true, ..Server::default() };
        let read = crawl(&mut ignoring, first(1000));
        assert_eq!(crawl(&mut ignoring, read.pager.again()).calls, 1);
    }

    /// Rows that come before others move all of them by as many places; other repeats are a list that turns while it is read.
    #[test]
    fn rows_that_change_places_are_not_taken_for_all() {
        let ends = |pages: &[&[u64]]| {
            let mut pager = first(3);
            let taken = pages.iter().map(|page| pager.take(page, page.len(), None, None).ended);
            taken.collect::<Vec<_>>().pop().unwrap()
        };
        assert_eq!(ends(&[&[9, 8, 7], &[6, 5, 4], &[3], &[]]), Some(End::Complete));
        assert_eq!(ends(&[&[9, 8, 7], &[8, 7, 6], &[5, 4, 3], &[]]), Some(End::Complete), "two came before");
        assert_eq!(ends(&[&[9, 8, 7], &[8, 6, 5], &[4, 3, 2], &[]]), Some(End::Short));
        assert_eq!(ends(&[&[9, 8, 7], &[6, 5, 9], &[4, 3, 2], &[]]), Some(End::Short));
    }

    #[test]
    fn the_order_of_a_page_is_told_by_most_of_its_rows() {
        let at = |second: i64| DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap();
        let of = |seconds: &[i64]| order_of(&seconds.iter().map(|second| at(*second)).collect::<Vec<_>>());
        assert_eq!(of(&[1, 2, 3, 4]), Order::OldestFirst);
        assert_eq!(of(&[4, 3, 3, 1]), Order::NewestFirst);
        assert_eq!(of(&[1, 2, 3, 9, 4, 5, 6, 7]), Order::OldestFirst, "one row is dated late");
        for unknown in [&[][..], &[1], &[1, 1, 1], &[3, 1, 4, 1, 5, 9, 2, 6], &[1, 9, 2, 8, 3, 7]] {
            assert_eq!(of(unknown), Order::Unknown, "{unknown:?}");
        }
    }

    proptest! {
        /// Whatever a server does, a crawl ends, costs at most two requests more than it has pages, and brings every
        /// row that asking can bring, once.
        #[test]
        fn every_crawl_is_whole_bounded_and_ends(
            rows in 0u64..400, clamp in proptest::option::of(1u64..120), limit in 1u32..200, usual in 1u64..60,
            total in proptest::option::of(0u64..500), has_more in proptest::option::of(any::<bool>()),
            offset_ignored: bool, by_pages: bool, last_again: bool, pages_first: bool, passes in 0usize..3,
        ) {
            let mut server = Server { rows, clamp, usual, offset_ignored, by_pages, last_again, total, has_more, inserts: 0, calls: 0 };
            let start = if pages_first { Paging::Pages } else { Paging::Offset };
            let mut read = crawl(&mut server, first(limit).with_paging(start));
            for _ in 0..passes {
                read = crawl(&mut server, read.pager.again());
            }
            let whole = !offset_ignored || by_pages;
            if whole {
                prop_assert_eq!(&read.ids, &all(rows), "{:?}", server);
            }
            let distinct = read.ids.len() as u64;
            prop_assert_eq!(distinct, read.ids.iter().collect::<HashSet<_>>().len() as u64);
            let size = u64::from(limit).min(clamp.unwrap_or(u64::MAX)).min(usual);
            let pages = distinct.div_ceil(size.max(1));
            // Where the first guess was the other way to ask, one more.
            let most = pages + if pages_first { 3 } else { 2 };
            prop_assert!(read.calls <= most, "{} requests for {} pages: {:?}", read.calls, pages, server);
            if total.is_some_and(|total| total > distinct) {
                prop_assert_eq!(read.end, End::Short);
            }
        }
    }
}
