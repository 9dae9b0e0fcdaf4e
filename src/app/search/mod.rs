//! Looking for transactions further back than what is loaded.
//!
//! What the filter and the list ask for is put to the feeds as far as the API can filter ([`query_plan`]); the rest is
//! applied here to what comes, page after page, and only rows that fit are kept. The feeds go back in time side by
//! side, so that one moment tells how far all of them were looked through ([`Search::back_to`]).
//!
//! ```text
//!          End              last page
//!  none ─────────▶ going ─────────────▶ through
//!                  │   ▲
//!     Esc, a bound │   │ End
//!     or a failure ▼   │
//!                 stopped
//! ```
//!
//! Asks for one page at a time and judges nothing by the order of rows but how far back it says it has come. Does
//! not know how pages are paced: the poller gives the screen its turns first.

pub(crate) mod query_plan;
mod words;

use chrono::{DateTime, Utc};

use super::filter::Query;
use super::list::Rows;
use super::msg::{Batch, Effect, Sought, Topic};

use super::panes::transactions::{self, By, TransactionsPane};
use super::store::{Scope, Store};
use crate::domain::failure::Failure;
use crate::domain::transaction::{Feed, Transaction};
use query_plan::FeedCursor;

/// Pages that are read at one go. Nobody may be looking, so it stops and is to be told to go on.
const PAGES: u32 = 100;
/// The same where nothing is filtered: all of it is kept.
const PAGES_KEPT: u32 = 10;
/// So many rows may be found, and so many read on, however few history loads.
pub(crate) const LEAST_KEPT: usize = 5_000;

/// Searches that are remembered: who comes back to a list finds it searched as far as it was.
const REMEMBERED: usize = 8;

const FEEDS: [Feed; 2] = [Feed::Cards, Feed::Accounts];

/// Where a search stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    Going,
    /// The person stopped it.
    Stopped,
    /// As many pages were read as are read at one go.
    Paused,
    /// No more rows are kept.
    Full,
    Failed(Failure),
    /// There is nothing older that could fit.
    Through,
}

/// A search that was begun: for which list, how far it has come, and what it found.
#[derive(Clone, Debug)]
pub struct Search {
    pub(crate) scope: Scope,
    /// As it was typed, never by letters alone.
    pub(crate) query: Query,
    pub(crate) legs: Vec<FeedCursor>,
    /// The page that is under way.
    pub(crate) asked: Option<Sought>,
    pub(crate) stand: Stand,
    /// Older rows that were looked at.
    pub(crate) read: usize,
    /// Rows that fit and were not here before.
    pub(crate) found: usize,
    /// Pages of this go.
    pub(crate) pages: u32,
    /// Each page went on where the one before ended.
    pub(crate) in_order: bool,
    /// A feed ended with fewer rows than the API says that there are.
    pub(crate) short: bool,
}

impl Search {
    /// Whether this is what the list with this filter shows.
    pub(crate) fn is_of(&self, scope: &Scope, query: &Query) -> bool {
        self.scope == *scope && self.query.terms == query.terms
    }

    pub(crate) fn is_going(&self) -> bool {
        self.stand == Stand::Going
    }

    /// What is under way is not wanted any more.
    pub(crate) fn stop(&mut self) {
        self.stand = Stand::Stopped;
        self.asked = None;
    }

    /// Everything that fits and is newer than this is here; `None` when all is, or when it cannot be told.
    fn back_to(&self) -> Option<DateTime<Utc>> {
        self.next_leg().filter(|_| self.in_order).and_then(|at| self.legs.get(at)).map(|leg| leg.reached)
    }

    /// The leg that has come least far back.
    fn next_leg(&self) -> Option<usize> {
        let open = self.legs.iter().enumerate().filter(|(_, leg)| !leg.done);
        open.max_by_key(|(at, leg)| (leg.reached, std::cmp::Reverse(*at))).map(|(at, _)| at)
    }

    /// Asks for the next page, if there is one and it may be asked for.
    pub(crate) fn go_on(&mut self, effects: &mut Vec<Effect>) {
        let most = if self.query.is_empty() { PAGES_KEPT } else { PAGES };
        self.asked = None;
        match self.next_leg().and_then(|at| self.legs.get(at)) {
            None => self.stand = Stand::Through,
            Some(_) if self.pages >= most => self.stand = Stand::Paused,
            Some(leg) => {
                self.stand = Stand::Going;
                self.asked = Some(leg.asks.clone());
                effects.push(Effect::Fetch(Topic::Search(Box::new(leg.asks.clone()))));
            }
        }
    }

    /// A page came: counts it, and leaves of it what is to be kept. `room` is for rows that are new.
    pub(crate) fn take(&mut self, store: &Store, page: &mut Batch<Transaction>, mut room: usize) {
        let Some(leg) = self.asked.take().and_then(|asks| self.legs.iter_mut().find(|leg| leg.asks == asks)) else {
            page.items.clear();
            return;
        };
        self.pages += 1;
        self.short |= page.short.is_some();
        let received = page.items.len() + page.skipped;
        // A deployment that does not take dates repeats what is loaded.
        let to = leg.asks.to;
        let older = |row: &&Transaction| row.created_at.known().is_none_or(|at| *at <= to);
        let times = || page.items.iter().filter(older).filter_map(|row| row.created_at.known().copied());
        self.read += page.items.iter().filter(older).count();
        self.in_order &= times().max().is_none_or(|newest| newest <= leg.reached);
        let oldest = times().min();
        let mut cut = None;
        page.items.sort_by(|a, b| b.created_at.known().cmp(&a.created_at.known()));
        page.items.retain(|row| {
            if cut.is_some() {
                return false;
            }
            if store.transaction(&row.id).is_some() {
                return true;
            }
            let fits = transactions::fits(store, &self.scope, &self.query, row);
            if fits && room == 0 {
                cut = Some(row.created_at.known().copied());
            }
            let kept = fits && cut.is_none();
            room -= usize::from(kept);
            self.found += usize::from(kept);
            kept
        });
        if let Some(at) = cut {
            leg.reached = at.map_or(leg.reached, |at| at.min(leg.reached));
            self.stand = Stand::Full;
            page.last = false;
            return;
        }
        leg.reached = oldest.map_or(leg.reached, |oldest| oldest.min(leg.reached));
        leg.asks.offset += received as u64;
        page.last |= received == 0;
        leg.done = page.last;
    }

    /// The API does not take what the page was narrowed by: its feed is asked for everything instead. Whether that
    /// was so and can be done.
    pub(crate) fn widen(&mut self, failure: &Failure) -> bool {
        let Some(feed) = self.asked.as_ref().filter(|_| failure.status == Some(422)).map(|asks| asks.feed) else {
            return false;
        };
        let mut seen: Vec<Sought> = Vec::new();
        let mut any = false;
        for leg in self.legs.iter_mut().filter(|leg| leg.asks.feed == feed && !leg.done) {
            any |= leg.widen();
            // Several that ask for the same now are one.
            leg.done = seen.contains(&leg.asks);
            seen.push(leg.asks.clone());
        }
        any
    }
}

/// Whether history is on its way.
fn is_loading(store: &Store) -> bool {
    let mut histories = FEEDS.iter().map(|feed| store.status(&Topic::History(*feed)));
    histories.any(|history| history.pending && !history.complete && history.failed.is_none())
}

/// Whether everything older is wanted, so that what comes goes on where history ended.
fn is_reading_on(scope: &Scope, query: &Query) -> bool {
    query.is_empty() && *scope == Scope::All
}

/// Why older rows of the list cannot be looked for now, in words that follow the name of the action.
pub(crate) fn misfit(pane: &TransactionsPane, store: &Store, scope: &Scope, history: usize) -> Result<(), String> {
    match pane.search_of(scope).map(|search| &search.stand) {
        Some(Stand::Going) => return Err("it is under way".into()),
        Some(Stand::Through) => return Err("everything was looked through".into()),
        _ => {}
    }
    if !FEEDS.iter().any(|feed| store.status(&Topic::Newest(*feed)).at.is_some()) {
        return Err("nothing was read yet".into());
    }
    if is_loading(store) {
        return Err("older rows are still being loaded".into());
    }
    if let Scope::Card(card) = scope
        && store.status(&Topic::CardTransactions(card.clone())).complete
    {
        return Err("every transaction of this card is loaded".into());
    }
    if !FEEDS.iter().any(|feed| query_plan::goes_on(store, *feed)) {
        return Err("all transactions are loaded".into());
    }
    let most = history.max(LEAST_KEPT);
    if store.transactions.beyond(is_reading_on(scope, pane.list.filter.query())) >= most {
        return Err(format!(
            "{} older rows are here, and no more are kept (history)",
            super::text::count(most, store.grouping)
        ));
    }
    Ok(())
}

impl TransactionsPane {
    /// The search for what the list shows now.
    fn search_of(&self, scope: &Scope) -> Option<&Search> {
        self.searches.iter().find(|search| search.is_of(scope, self.list.filter.query()))
    }

    /// Takes the search out that fits, to go on with it.
    pub(crate) fn take_search(&mut self, fits: impl Fn(&Search) -> bool) -> Option<Search> {
        self.searches.iter().position(fits).map(|at| self.searches.remove(at))
    }

    pub(crate) fn keep_search(&mut self, search: Search) {
        self.searches.push(search);
        if self.searches.len() > REMEMBERED {
            self.searches.remove(0);
        }
    }

    /// Whether the cursor stands where older rows would follow.
    pub(crate) fn is_at_end(&self, store: &Store, scope: &Scope) -> bool {
        let len = self.shown(store, scope).len();
        let newest_last = self.list.sort.by == By::Time && self.list.sort.turned;
        !newest_last && (len == 0 || self.list.cursor.at() + 1 == len)
    }

    /// The moment before which not every row of the list is here although some are; `None` where there is no such.
    fn gaps(&self, store: &Store, scope: &Scope) -> Option<DateTime<Utc>> {
        // While history loads, the title says so.
        if is_loading(store) {
            return None;
        }
        let going_on = || FEEDS.iter().filter(|feed| query_plan::goes_on(store, **feed));
        let read_to = || going_on().filter_map(|feed| store.transactions.read_to(*feed)).max();
        let whole_to = match self.search_of(scope) {
            Some(Search { stand: Stand::Through, .. }) => return None,
            Some(search) => search.back_to().or_else(read_to),
            None => read_to(),
        }?;
        // In their own order the oldest row tells; of any other one the whole list is asked.
        let rows = self.shown(store, scope);
        let row = match self.list.sort.by {
            By::Time if self.list.sort.turned => rows.get(0),
            By::Time => rows.len().checked_sub(1).and_then(|last| rows.get(last)),
            _ => store.transactions.newest(scope).iter().next_back(),
        }?;
        // The newest rows of a card are read as a list of their own, further back than its feed.
        let alone = matches!(scope, Scope::Card(_)) && !store.transactions.is_scattered(row);
        let created = store.transactions.get(row).created_at.known();
        created.is_some_and(|at| *at < whole_to && !alone).then_some(whole_to)
    }
}
