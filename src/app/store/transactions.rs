//! All transactions that were ever read, newest first: all, by account, and by card.
//!
//! A row is merged by its own age, so that pages may overlap, repeat and come in any order. Rows stand
//! once in an arena; lists are row numbers kept in order of `(created_at, id)`, newest first. Rows whose
//! time cannot be read stand last, by id.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;

use chrono::{DateTime, Utc};

use super::cards::CardRow;
use super::chunked_vec::ChunkedVec;
use super::id_index::Index;
use super::interner::Interner;
use super::merge::{self, Age};
use super::postings::Postings;
use super::row_group::{Phrases, RowGroup};
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, CardId, HolderId, Id, TransactionId};
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction};

/// A stable handle of a transaction: rows are never removed, and handles grow in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TxRow(u32);

impl TxRow {
    /// The place in the order of arrival, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which transactions a list shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    All,
    Account(AccountId),
    Card(CardId),
    /// Of all cards of one person; no list of its own but those of the cards: [`super::Store::lists_of_holder`].
    Holder(HolderId),
}

/// Where rows come from, which decides whether they count as arrivals and against the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A look at the newest rows of a feed.
    Newest(Feed),
    /// Older rows, page after page.
    History(Feed),
    /// Rows that were asked for because somebody looks at them.
    Asked,
    /// One row, which says nothing of those around it.
    One,
    /// Older rows that were searched for, whatever lies between them.
    Searched(Feed),
    /// Older rows that go on where history ended, page after page.
    Continued(Feed),
}

/// What merging a batch did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Merged {
    /// In order of arrival.
    pub new: Vec<TxRow>,
    pub changed: Vec<TxRow>,
    /// What those that changed were before, each once.
    pub was: Vec<(TxRow, Transaction)>,
}

/// All transactions.
#[derive(Debug, Default)]
pub struct Transactions {
    rows: ChunkedVec<Transaction>,
    /// Of each row, the request whose words stand.
    asked: ChunkedVec<u32>,
    index: Index,
    words: Interner,
    phrases: Phrases,
    /// Of each row, what it has in common with others.
    common: ChunkedVec<RowGroup>,
    /// Rows came whose id is no UUID.
    odd_ids: bool,
    /// Of each card that was read, in the order of arrival, its lane.
    lanes: Vec<u32>,
    all: Postings,
    by_account: Lanes<AccountId>,
    by_card: Lanes<CardId>,
    counts: [usize; 2],
    limit: Option<usize>,
    /// Of each feed: `None` until its newest rows were read once; then the oldest time that was among them,
    /// if there was any.
    live_since: [Option<Option<DateTime<Utc>>>; 2],
    arrivals: u64,
    /// Of each feed: the oldest time among rows that were read as a list from its newest end.
    read_to: [Option<DateTime<Utc>>; 2],
    /// Of each feed: it was read on from there to its first row.
    ended: [bool; 2],
    /// Of each feed: rows that are here because they were searched for, and are in no list that was read.
    scattered: [HashSet<u32>; 2],
    /// Rows that came in by searching, and by reading on where history ended.
    beyond: [usize; 2],
}

/// One list for each key.
#[derive(Debug)]
struct Lanes<K> {
    by_key: HashMap<K, u32>,
    lists: Vec<Postings>,
}

impl<K> Default for Lanes<K> {
    fn default() -> Lanes<K> {
        Lanes { by_key: HashMap::new(), lists: Vec::new() }
    }
}

impl<K: Hash + Eq + Clone> Lanes<K> {
    fn list(&self, key: &K) -> Option<&Postings> {
        self.by_key.get(key).and_then(|lane| self.lists.get(*lane as usize))
    }

    fn list_mut(&mut self, key: &K) -> Option<&mut Postings> {
        self.by_key.get(key).and_then(|lane| self.lists.get_mut(*lane as usize))
    }

    fn lane(&mut self, key: &K) -> u32 {
        if let Some(lane) = self.by_key.get(key) {
            return *lane;
        }
        let lane = self.lists.len() as u32;
        self.by_key.insert(key.clone(), lane);
        self.lists.push(Postings::default());
        lane
    }

    /// Adds new rows, which are in order, each to the list of its key.
    fn insert<'a>(
        &mut self,
        rows: &[u32],
        key_of: impl Fn(u32) -> Option<&'a K>,
        order: impl Fn(u32, u32) -> Ordering + Copy,
    ) where
        K: 'a,
    {
        // Sorting by lane keeps the order within each lane, because the sort is stable.
        let mut by_lane: Vec<(u32, u32)> =
            rows.iter().filter_map(|row| key_of(*row).map(|key| (self.lane(key), *row))).collect();
        by_lane.sort_by_key(|(lane, _)| *lane);
        let mut rows = Vec::new();
        for group in by_lane.chunk_by(|(a, _), (b, _)| a == b) {
            rows.clear();
            rows.extend(group.iter().map(|(_, row)| *row));
            if let Some(list) = group.first().and_then(|(lane, _)| self.lists.get_mut(*lane as usize)) {
                list.insert(&rows, order);
            }
        }
    }
}

/// The order of every list: newest first, unreadable times last; ids make it total.
fn newest_first(a: &Transaction, b: &Transaction) -> Ordering {
    b.created_at.known().cmp(&a.created_at.known()).then_with(|| b.id.cmp(&a.id))
}

impl Transactions {
    /// The transaction of a handle this store gave out.
    pub fn get(&self, row: TxRow) -> &Transaction {
        self.rows.get(row.0)
    }

    pub fn row(&self, id: &TransactionId) -> Option<TxRow> {
        self.index.find(id, |row| &self.rows.get(row).id).map(TxRow)
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a row has in common with others.
    pub fn common(&self, row: TxRow) -> RowGroup {
        *self.common.get(row.0)
    }

    /// How many phrases there are: their numbers are smaller.
    pub fn phrases(&self) -> usize {
        self.phrases.len()
    }

    /// All merchants of loaded rows, each once, as they came.
    pub fn merchants(&self) -> Vec<&SafeText> {
        let mut seen = HashSet::new();
        self.phrases.merchants().filter(|name| seen.insert(*name)).collect()
    }

    /// Whether each row of this phrase has a description of its own.
    pub fn has_own_descriptions(&self, phrase: usize) -> bool {
        self.phrases.is_own(phrase)
    }

    /// How many cards rows are of: their numbers in [`RowGroup::card`] are smaller.
    pub fn lanes(&self) -> usize {
        self.by_card.lists.len()
    }

    /// The number that the rows of a card have in [`RowGroup::card`].
    pub fn lane_of(&self, card: CardRow) -> Option<usize> {
        self.lanes.get(card.index()).map(|lane| *lane as usize)
    }

    /// A card was read for the first time. Called in the order of arrival.
    pub(super) fn know_card(&mut self, card: &CardId) {
        let lane = self.by_card.lane(card);
        self.lanes.push(lane);
    }

    /// Whether any row may have an id that holds this part.
    pub fn may_have_id(&self, part: &str) -> bool {
        self.odd_ids || Id::may_be_in_uuid(part)
    }

    /// Numbers what a row has in common with others.
    fn number(&mut self, row: u32) -> RowGroup {
        let row = self.rows.get(row);
        self.odd_ids |= row.id.id().chosen().is_some();
        let card = row.card.as_ref().map(|card| self.by_card.lane(card));
        RowGroup::new(self.phrases.number(row), card)
    }

    /// Rows of one feed.
    pub fn len_of(&self, feed: Feed) -> usize {
        self.counts[feed as usize]
    }

    /// The rows of a scope, newest first.
    pub fn newest(&self, scope: &Scope) -> List<'_> {
        let list = match scope {
            Scope::All => Some(&self.all),
            Scope::Account(account) => self.by_account.list(account),
            Scope::Card(card) => self.by_card.list(card),
            Scope::Holder(_) => None,
        };
        List { list, rows: &self.rows }
    }

    /// Most rows of each feed that history may fill up to. Live arrivals are taken in beyond it.
    pub fn set_limit(&mut self, most: usize) {
        self.limit = Some(most);
    }

    /// Whether history of this feed has reached the limit and reading more of it is of no use.
    pub fn is_full(&self, feed: Feed) -> bool {
        self.limit.is_some_and(|most| self.len_of(feed) >= most)
    }

    /// Whether a feed was read on from where history ended to its first row.
    pub fn is_ended(&self, feed: Feed) -> bool {
        self.ended[feed as usize]
    }

    /// How many rows have come in by reading on where history ended, and how many by searching.
    pub fn beyond(&self, read_on: bool) -> usize {
        self.beyond[usize::from(read_on)]
    }

    /// Rows of a feed that are here only because they were searched for: there are others between them.
    pub fn scattered_of(&self, feed: Feed) -> usize {
        self.scattered[feed as usize].len()
    }

    /// Whether a row is here only because it was searched for. It is in no sum: what lies between such rows is
    /// not known.
    pub fn is_scattered(&self, row: TxRow) -> bool {
        self.scattered.iter().any(|rows| rows.contains(&row.0))
    }

    /// The rows of a scope that are there without having been searched for, newest first.
    pub fn unscattered<'a>(&'a self, list: List<'a>) -> impl Iterator<Item = TxRow> + use<'a> {
        list.iter().filter(|row| !self.is_scattered(*row))
    }

    /// How far back a feed was read from its newest end, if its rows came newest first.
    pub fn read_to(&self, feed: Feed) -> Option<DateTime<Utc>> {
        self.read_to[feed as usize]
    }

    /// How many rows have arrived live, ever: new rows that were not there when the dashboard first looked.
    /// Only grows, so that a pane can tell how many came since it last looked.
    pub fn arrivals(&self) -> u64 {
        self.arrivals
    }

    /// Takes in what a reply to request `asked` says.
    pub(super) fn merge(&mut self, mut said: Vec<Transaction>, origin: Origin, asked: u64) -> Merged {
        if let Origin::History(feed) = origin
            && self.limit.is_some_and(|most| self.len_of(feed) + said.len() > most)
        {
            // Only a part fits: the newest.
            said.sort_by(newest_first);
        }
        let first_new = self.rows.len() as u32;
        let mut merged = Merged::default();
        // What finds no room was not read, and nothing older either, though some of it may be known.
        let mut oldest: Option<DateTime<Utc>> = None;
        let mut full = false;
        for transaction in said {
            let created = transaction.created_at.known().copied();
            let known = self.row(&transaction.id);
            let alone = full || matches!(origin, Origin::Searched(_) | Origin::One);
            if let (Some(TxRow(row)), false) = (known, alone) {
                for rows in &mut self.scattered {
                    rows.remove(&row);
                }
            }
            match known {
                Some(TxRow(row)) if row >= first_new => {
                    // Twice in one batch; it is in no list yet.
                    drop(self.update(row, transaction, asked));
                }
                Some(TxRow(row)) => {
                    if let Some(was) = self.relist(row, transaction, asked)
                        && !merged.changed.contains(&TxRow(row))
                    {
                        merged.changed.push(TxRow(row));
                        merged.was.push((TxRow(row), was));
                    }
                }
                None if matches!(origin, Origin::History(feed) if self.is_full(feed)) => full = true,
                None => merged.new.push(self.add(transaction, asked)),
            }
            if !full {
                oldest = [oldest, created].into_iter().flatten().min();
            }
        }
        if let Origin::Newest(feed) | Origin::History(feed) | Origin::Continued(feed) = origin {
            let read_to = &mut self.read_to[feed as usize];
            *read_to = [*read_to, oldest].into_iter().flatten().min();
        }
        self.list_new(&merged.new);
        match origin {
            Origin::Newest(feed) => self.count_arrivals(feed, oldest, &merged.new),
            Origin::Searched(feed) => {
                self.beyond[0] += merged.new.len();
                self.scattered[feed as usize].extend(merged.new.iter().map(|row| row.0));
            }
            Origin::Continued(_) => self.beyond[1] += merged.new.len(),
            Origin::History(_) | Origin::Asked | Origin::One => {}
        }
        merged.changed.sort_unstable();
        merged.changed.dedup();
        merged
    }

    /// What the first look at a feed brings was there before; of later looks, what is newer than the oldest
    /// row of the first has arrived. Older rows that turn up are history that was not read yet.
    fn count_arrivals(&mut self, feed: Feed, oldest_said: Option<DateTime<Utc>>, new: &[TxRow]) {
        let Some(since) = self.live_since[feed as usize] else {
            self.live_since[feed as usize] = Some(oldest_said);
            return;
        };
        let arrived = |row: &&TxRow| match (self.get(**row).created_at, since) {
            (Field::Known(created), Some(since)) => created >= since,
            _ => true,
        };
        self.arrivals += new.iter().filter(arrived).count() as u64;
    }

    /// A feed was read on to its first row.
    pub(super) fn end(&mut self, feed: Feed) {
        self.ended[feed as usize] = true;
    }

    fn add(&mut self, mut transaction: Transaction, asked: u64) -> TxRow {
        self.words.share_in(&mut transaction);
        self.counts[transaction.feed as usize] += 1;
        let row = self.rows.push(transaction);
        self.asked.push(narrow(asked));
        self.index.add(row, |row| &self.rows.get(row).id);
        let common = self.number(row);
        self.common.push(common);
        TxRow(row)
    }

    /// Puts new rows into every list they belong to.
    fn list_new(&mut self, new: &[TxRow]) {
        let rows = &self.rows;
        let order = |a: u32, b: u32| newest_first(rows.get(a), rows.get(b));
        let mut sorted: Vec<u32> = new.iter().map(|row| row.0).collect();
        sorted.sort_by(|a, b| order(*a, *b));
        self.all.insert(&sorted, order);
        self.by_account.insert(&sorted, |row| rows.get(row).account.as_ref(), order);
        self.by_card.insert(&sorted, |row| rows.get(row).card.as_ref(), order);
    }

    /// Merges into a known row and keeps the lists in order. Whether anything changed.
    fn relist(&mut self, row: u32, said: Transaction, asked: u64) -> Option<Transaction> {
        // The lists still stand in the order of the old content, so the row leaves them before it changes.
        let known = self.rows.get(row);
        let retimed = said.created_at.known().is_some() && said.created_at != known.created_at;
        let moves = retimed
            || (said.account.is_some() && said.account != known.account)
            || (said.card.is_some() && said.card != known.card);
        if !moves {
            return self.update(row, said, asked);
        }
        let rows = &self.rows;
        let order = |a: u32, b: u32| newest_first(rows.get(a), rows.get(b));
        self.all.remove(row, order);
        if let Some(list) = known.account.as_ref().and_then(|account| self.by_account.list_mut(account)) {
            list.remove(row, order);
        }
        if let Some(list) = known.card.as_ref().and_then(|card| self.by_card.list_mut(card)) {
            list.remove(row, order);
        }
        let changed = self.update(row, said, asked);
        self.list_new(&[TxRow(row)]);
        changed
    }

    /// Merges into a known row. What it was, when anything changed.
    fn update(&mut self, row: u32, mut said: Transaction, asked: u64) -> Option<Transaction> {
        let known = self.rows.get_mut(row);
        let stamp = self.asked.get_mut(row);
        let is_newer = Age { updated_at: said.updated_at, asked: u64::from(narrow(asked)) }
            .is_no_older_than(&Age { updated_at: known.updated_at, asked: u64::from(*stamp) });
        if is_newer {
            *stamp = narrow(asked);
        }
        if *known == said {
            return None;
        }
        self.words.share_in(&mut said);
        let before = known.clone();
        let after = match is_newer {
            true => merge::transaction(said, before.clone()),
            false => merge::transaction(before.clone(), said),
        };
        if after == before {
            return None;
        }
        self.counts[before.feed as usize] -= 1;
        self.counts[after.feed as usize] += 1;
        *known = after;
        let common = self.number(row);
        *self.common.get_mut(row) = common;
        Some(before)
    }
}

/// Request numbers in four bytes a row; a dashboard does not send four thousand million requests.
fn narrow(asked: u64) -> u32 {
    u32::try_from(asked).unwrap_or(u32::MAX)
}

/// Rows of one scope, newest first. Rows whose time cannot be read stand last.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    list: Option<&'a Postings>,
    rows: &'a ChunkedVec<Transaction>,
}

static EMPTY: VecDeque<u32> = VecDeque::new();

impl<'a> List<'a> {
    fn numbers(&self) -> &'a VecDeque<u32> {
        self.list.map_or(&EMPTY, Postings::rows)
    }

    pub fn len(&self) -> usize {
        self.numbers().len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers().is_empty()
    }

    /// 0 is the newest.
    pub fn get(&self, at: usize) -> Option<TxRow> {
        self.numbers().get(at).copied().map(TxRow)
    }

    /// Where a row stands in this list, if it is in it.
    pub fn position(&self, row: TxRow) -> Option<usize> {
        self.list?.position(row.0, |a, b| newest_first(self.rows.get(a), self.rows.get(b)))
    }

    /// From the newest to the oldest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = TxRow> + ExactSizeIterator + use<'a> {
        self.numbers().iter().copied().map(TxRow)
    }
}
