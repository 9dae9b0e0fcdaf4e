//! All cards that were ever read, by id, by account and by holder.
//!
//! A card is merged by its own age, so replies may come in any order and no page is ever thrown away: a
//! late one can only tell what is not known yet.

use std::collections::HashMap;
use std::hash::Hash;

use super::arena::Arena;
use super::combine::{self, Age};
use super::index::Index;
use crate::domain::card::Card;
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
    rows: Arena<Stored>,
    index: Index,
    all: Vec<CardRow>,
    by_account: HashMap<AccountId, Vec<CardRow>>,
    by_holder: HashMap<HolderId, Vec<CardRow>>,
    /// How often the last four of a card have become known or others.
    numbers: u64,
    findable: u64,
}

#[derive(Debug)]
struct Stored {
    card: Card,
    /// The request whose words stand.
    asked: u64,
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

    /// Takes in what a reply to request `asked` says of a card.
    pub(super) fn merge(&mut self, said: Card, asked: u64) -> Merged {
        let Some(row) = self.row(&said.id) else { return Merged::New(self.add(said, asked)) };
        if self.update(row, said, asked) { Merged::Changed(row) } else { Merged::Same }
    }

    fn add(&mut self, card: Card, asked: u64) -> CardRow {
        let (account, holder) = (card.account.clone(), card.holder_id.clone());
        self.numbers += u64::from(card.number.last_four.is_some());
        self.findable += 1;
        let number = self.rows.push(Stored { card, asked });
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
    fn update(&mut self, row: CardRow, said: Card, asked: u64) -> bool {
        let stored = self.rows.get_mut(row.0);
        let known = &stored.card;
        let is_newer = Age { updated_at: said.updated_at, asked }
            .is_no_older_than(&Age { updated_at: known.updated_at, asked: stored.asked });
        if is_newer {
            stored.asked = asked;
        }
        if *known == said {
            return false;
        }
        let known = known.clone();
        let card = if is_newer { combine::card(said, known.clone()) } else { combine::card(known.clone(), said) };
        if card == known {
            return false;
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
