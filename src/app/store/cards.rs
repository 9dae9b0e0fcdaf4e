//! All cards that were ever read, by id, by account and by holder.
//!
//! A card is merged by its own age, so replies may come in any order and no page is ever thrown away: a
//! late one can only tell what is not known yet.

use std::collections::HashMap;
use std::hash::Hash;

use super::chunked_vec::ChunkedVec;
use super::id_index::Index;
use super::merge::{self, Age};
use crate::domain::card::{Card, CardStatus, Remembered};
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, CardId, HolderId};

/// A stable handle of a card: rows are never removed, and handles grow in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CardRow(u32);

impl CardRow {
    /// The place in the order of arrival, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All cards.
#[derive(Debug, Default)]
pub struct Cards {
    rows: ChunkedVec<Stored>,
    index: Index,
    all: Vec<CardRow>,
    by_account: HashMap<AccountId, Vec<CardRow>>,
    by_holder: HashMap<HolderId, Vec<CardRow>>,
    /// How often the last four of a card have become known or others.
    numbers: u64,
    findable: u64,
    /// What an earlier run knew of cards that were not listed yet.
    remembered: HashMap<CardId, Remembered>,
    open: Open,
}

#[derive(Debug)]
struct Stored {
    card: Card,
    /// The request whose words stand.
    asked: u64,
    /// Its details were read, now or by an earlier run: what is absent now is not told by this API.
    detailed: bool,
    /// It came when its list had been read to the end already.
    late: bool,
    /// Its details were read by this run.
    read: bool,
}

/// Of how many cards something is absent that may still be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Open {
    made: usize,
    number: usize,
    name: usize,
    kind: usize,
    balance: usize,
    /// Cards that name nobody, neither by id nor by name.
    whose: usize,
    /// Cards without the id of their holder.
    holder_id: usize,
}

impl Open {
    fn of(stored: &Stored) -> Open {
        let card = &stored.card;
        let open = |absent: bool| usize::from(absent && !stored.detailed);
        // A card that is being made has neither number nor money yet: there is nothing to read.
        let made = !matches!(card.status, CardStatus::Creating | CardStatus::CreatingFailed);
        Open {
            made: open(card.created_at == Field::Absent),
            number: open(made && card.number.last_four.is_none()),
            name: open(card.name.is_none()),
            kind: open(card.kind.is_none()),
            balance: open(made && card.spendable() == Field::Absent),
            whose: usize::from(card.holder_id.is_none() && card.holder.is_none()),
            holder_id: usize::from(card.holder_id.is_none()),
        }
    }

    fn each(&mut self, other: Open, with: fn(usize, usize) -> usize) {
        for (mine, other) in [
            (&mut self.made, other.made),
            (&mut self.number, other.number),
            (&mut self.name, other.name),
            (&mut self.kind, other.kind),
            (&mut self.balance, other.balance),
            (&mut self.whose, other.whose),
            (&mut self.holder_id, other.holder_id),
        ] {
            *mine = with(*mine, other);
        }
    }
}

/// What lists may leave out of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Made,
    Number,
    Name,
    Kind,
    Balance,
}

/// What merging a card did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merged {
    New(CardRow),
    Changed(CardRow),
    Same,
}

impl Cards {
    /// The card of a handle this store gave out.
    pub fn get(&self, row: CardRow) -> &Card {
        &self.rows.get(row.0).card
    }

    pub fn row(&self, id: &CardId) -> Option<CardRow> {
        self.index.find(id, |row| &self.rows.get(row).card.id).map(CardRow)
    }

    /// Where a card stands as it is listed, counted from the top: what turned up after its list had been read to the
    /// end is new and stands above the list, the newest first.
    pub fn place(&self, row: CardRow) -> u64 {
        match self.rows.get(row.0).late {
            true => u64::from(u32::MAX - row.0),
            false => u64::from(u32::MAX) + 1 + u64::from(row.0),
        }
    }

    /// The cards of one account, or of all, in order of arrival.
    pub fn of(&self, account: Option<&AccountId>) -> &[CardRow] {
        match account {
            None => &self.all,
            Some(account) => self.by_account.get(account).map_or(&[], Vec::as_slice),
        }
    }

    /// The cards of one person on all accounts, as far as they were read and name their holder, in order of arrival.
    pub fn of_holder(&self, holder: &HolderId) -> &[CardRow] {
        self.by_holder.get(holder).map_or(&[], Vec::as_slice)
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many cards of an account were read so far.
    pub fn loaded_of(&self, account: &AccountId) -> usize {
        self.of(Some(account)).len()
    }

    /// Grows whenever the last four of a card become known or others.
    pub fn numbers(&self) -> u64 {
        self.numbers
    }

    /// Grows whenever a card comes that was not here, or one becomes another to those who look for it or for its rows:
    /// by number, name, account or holder.
    pub fn findable(&self) -> u64 {
        self.findable
    }

    /// Of how many cards a part is absent that their details may still say.
    pub fn open(&self, part: Part) -> usize {
        match part {
            Part::Made => self.open.made,
            Part::Number => self.open.number,
            Part::Name => self.open.name,
            Part::Kind => self.open.kind,
            Part::Balance => self.open.balance,
        }
    }

    /// Whether the details of any card may say what is absent now.
    pub fn is_any_open(&self) -> bool {
        let Open { made, number, name, kind, balance, .. } = self.open;
        made + number + name + kind + balance > 0
    }

    /// How many cards name nobody, neither by id nor by name.
    pub fn unnamed(&self) -> usize {
        self.open.whose
    }

    /// How many cards do not say the id of their holder.
    pub fn without_holder_id(&self) -> usize {
        self.open.holder_id
    }

    /// Whether its details were read, so that what is absent now is not told by this API.
    pub fn is_detailed(&self, row: CardRow) -> bool {
        self.rows.get(row.0).detailed
    }

    /// Whether its details were read by this run: what no earlier run keeps is told or not told by now.
    pub fn is_read(&self, row: CardRow) -> bool {
        self.rows.get(row.0).read
    }

    /// Whether its details may say what is absent now.
    pub fn is_open(&self, row: CardRow) -> bool {
        let open = Open::of(self.rows.get(row.0));
        open.made + open.number + open.name + open.kind + open.balance > 0
    }

    /// Its details cannot be had: what is absent now stays so. The row, where that is news.
    pub(super) fn settle(&mut self, id: &CardId) -> Option<CardRow> {
        let row = self.row(id)?;
        let (card, asked) = (self.get(row).clone(), self.rows.get(row.0).asked);
        self.update(row, card, asked, true).then_some(row)
    }

    /// Takes in what an earlier run learned; the rows that became others. Cards that are not listed yet have it when
    /// they come.
    pub(super) fn remember(&mut self, all: Vec<Remembered>) -> Vec<CardRow> {
        let mut changed = Vec::new();
        for known in all {
            match self.row(&known.card) {
                Some(row) => {
                    let mut card = self.get(row).clone();
                    fill(&mut card, &known);
                    let asked = self.rows.get(row.0).asked;
                    if self.update(row, card, asked, !known.partial) {
                        changed.push(row);
                    }
                }
                None => drop(self.remembered.insert(known.card.clone(), known)),
            }
        }
        changed.sort_unstable();
        changed
    }

    /// Takes in what a reply to request `asked` says of a card. `detailed`: it is the card's own details. `late`: a
    /// card that is not here yet is a new one.
    pub(super) fn merge(&mut self, mut said: Card, asked: u64, detailed: bool, late: bool) -> Merged {
        let Some(row) = self.row(&said.id) else {
            let known = self.remembered.remove(&said.id);
            if let Some(known) = &known {
                fill(&mut said, known);
            }
            let stored = Stored {
                card: said,
                asked,
                detailed: detailed || known.is_some_and(|known| !known.partial),
                late,
                read: detailed,
            };
            return Merged::New(self.add(stored));
        };
        let stored = self.rows.get_mut(row.0);
        let news = detailed && !stored.read;
        stored.read |= detailed;
        if self.update(row, said, asked, detailed) || news { Merged::Changed(row) } else { Merged::Same }
    }

    fn add(&mut self, stored: Stored) -> CardRow {
        let (account, holder) = (stored.card.account.clone(), stored.card.holder_id.clone());
        self.numbers += u64::from(stored.card.number.last_four.is_some());
        self.findable += 1;
        self.open.each(Open::of(&stored), |sum, more| sum + more);
        let number = self.rows.push(stored);
        self.index.add(number, |row| &self.rows.get(row).card.id);
        let row = CardRow(number);
        self.all.push(row);
        if let Some(account) = account {
            self.by_account.entry(account).or_default().push(row);
        }
        if let Some(holder) = holder {
            self.by_holder.entry(holder).or_default().push(row);
        }
        row
    }

    /// Whether anything changed.
    fn update(&mut self, row: CardRow, said: Card, asked: u64, detailed: bool) -> bool {
        let before = Open::of(self.rows.get(row.0));
        let changed = self.take(row, said, asked, detailed);
        self.open.each(before, usize::saturating_sub);
        self.open.each(Open::of(self.rows.get(row.0)), |sum, more| sum + more);
        changed
    }

    fn take(&mut self, row: CardRow, said: Card, asked: u64, detailed: bool) -> bool {
        let stored = self.rows.get_mut(row.0);
        // That something is not told is news too: it was `…` before.
        let settled = detailed && !stored.detailed;
        stored.detailed |= detailed;
        let known = &stored.card;
        let is_newer = Age { updated_at: said.updated_at, asked }
            .is_no_older_than(&Age { updated_at: known.updated_at, asked: stored.asked });
        if is_newer {
            stored.asked = asked;
        }
        if *known == said {
            return settled;
        }
        let known = known.clone();
        let card = if is_newer { merge::card(said, known.clone()) } else { merge::card(known.clone(), said) };
        if card == known {
            return settled;
        }
        let (account, holder) = (card.account.clone(), card.holder_id.clone());
        self.numbers += u64::from(card.number.last_four != known.number.last_four);
        self.findable += u64::from(found_by(&card) != found_by(&known));
        stored.card = card;
        if account != known.account {
            move_row(&mut self.by_account, row, known.account.as_ref(), account);
        }
        if holder != known.holder_id {
            move_row(&mut self.by_holder, row, known.holder_id.as_ref(), holder);
        }
        true
    }
}

/// Puts what an earlier run knew where the API has said nothing.
fn fill(card: &mut Card, known: &Remembered) {
    card.holder_id = card.holder_id.take().or_else(|| known.holder.clone());
    card.kind = card.kind.take().or_else(|| known.kind.clone());
    card.number.last_four = card.number.last_four.or(known.last_four);
    card.created_at = card.created_at.or(known.created_at.into());
}

fn found_by(card: &Card) -> impl PartialEq {
    (&card.number, &card.name, &card.account, &card.holder, &card.holder_id, &card.holder_email)
}

/// Lists stay in order of arrival, that is in order of handles.
fn move_row<K: Hash + Eq>(lists: &mut HashMap<K, Vec<CardRow>>, row: CardRow, from: Option<&K>, to: Option<K>) {
    if let Some(list) = from.and_then(|from| lists.get_mut(from)) {
        list.retain(|other| *other != row);
    }
    if let Some(to) = to {
        let list = lists.entry(to).or_default();
        let at = list.partition_point(|other| *other < row);
        list.insert(at, row);
    }
}
