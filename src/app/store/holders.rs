//! Cardholders: a list in order of arrival, and where each stands in it.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{CardRow, Changes, List, Scope, Store, insight};
use crate::app::msg::{Batch, Now, Topic};
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::ids::HolderId;
use crate::domain::text::SafeText;
use crate::domain::transaction::Feed;

/// A stable handle of a cardholder: people are never removed, and handles grow in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HolderRow(usize);

impl HolderRow {
    /// The place in the order of arrival, from 0.
    pub fn index(self) -> usize {
        self.0
    }
}

/// Where each cardholder stands, and the names that lists show a hundred thousand times, as they stand.
#[derive(Debug, Default)]
pub(super) struct Rows {
    at: HashMap<HolderId, usize>,
    names: Vec<SafeText>,
}

impl Rows {
    pub fn row(&self, id: &HolderId) -> Option<HolderRow> {
        self.at.get(id).copied().map(HolderRow)
    }

    pub fn name(&self, row: HolderRow) -> Option<&SafeText> {
        self.names.get(row.0)
    }
}

/// Whose a card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    Named(&'a SafeText),
    /// It may still be read.
    NotRead,
    /// Everything that could say it was read, and nothing did.
    NotTold,
}

/// How many cards somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Exact(usize),
    /// So many are known, and there may be more: not everything was read that could say so.
    AtLeast(usize),
    /// So many are known, and the API does not say whether there are more.
    NotTold(usize),
}

impl Held {
    pub fn exact(self) -> Option<usize> {
        match self {
            Held::Exact(count) => Some(count),
            Held::AtLeast(_) | Held::NotTold(_) => None,
        }
    }
}

/// Whose lists of cards were read to their end; `false`: the API refuses the list.
#[derive(Debug, Default)]
pub(super) struct Lists {
    read: HashMap<HolderId, bool>,
    /// See [`Store::has_asked_everybody`]; made anew with each reply.
    everybody: OnceLock<bool>,
    /// See [`Store::not_read_held`].
    unread: OnceLock<usize>,
}

impl Lists {
    pub fn note(&mut self, holder: &HolderId, whole: bool) {
        let known = self.read.entry(holder.clone()).or_insert(whole);
        *known |= whole;
        self.renew();
    }

    pub fn renew(&mut self) {
        self.everybody = OnceLock::new();
        self.unread = OnceLock::new();
    }
}

impl Store {
    /// Whether the list of cards of everybody was read, or is refused.
    fn has_asked_everybody(&self) -> bool {
        *self.held.everybody.get_or_init(|| {
            self.status(&Topic::Cardholders).complete
                && self.holders.value.iter().all(|holder| self.held.read.contains_key(&holder.id))
        })
    }

    /// Whose a card is, as far as that was read.
    pub fn whose<'a>(&'a self, row: CardRow, card: &'a Card) -> Whose<'a> {
        let holders = self.status(&Topic::Cardholders);
        let refused = || holders.failed.is_some_and(|failure| !failure.may_pass()) && self.cards.is_detailed(row);
        match (self.holder_of(card), &card.holder_id) {
            (Some(name), _) => Whose::Named(name),
            (None, Some(_)) if holders.complete || refused() => Whose::NotTold,
            (None, None) if (self.has_asked_everybody() && self.cards.is_detailed(row)) || refused() => Whose::NotTold,
            (None, _) => Whose::NotRead,
        }
    }

    /// Of how many of these cards nobody knows yet whose they are.
    pub fn not_read_whose(&self, rows: &[CardRow]) -> usize {
        if self.cards.unnamed() == 0 && self.status(&Topic::Cardholders).complete {
            return 0;
        }
        rows.iter().filter(|row| self.whose(**row, self.cards.get(**row)) == Whose::NotRead).count()
    }

    /// The same of how many it is not known by what else their holders are found: their e-mail addresses come with the
    /// people, also where the lists of cards say names.
    pub fn not_read_holders(&self, rows: &[CardRow]) -> usize {
        let people = self.status(&Topic::Cardholders);
        if people.complete || people.failed.is_some_and(|failure| !failure.may_pass()) {
            return self.not_read_whose(rows);
        }
        let is_found = |card: &Card| {
            let holder = card.holder_id.as_ref().and_then(|id| self.holder_row(id));
            card.holder_email.is_some() || holder.is_some()
        };
        rows.iter().filter(|row| !is_found(self.cards.get(**row))).count()
    }

    /// How many cards somebody has, as far as that was read.
    pub fn held(&self, holder: &HolderId) -> Held {
        let known = self.cards.of_holder(holder).len();
        match self.held.read.get(holder) {
            Some(true) => Held::Exact(known),
            _ if self.knows_all_held() => Held::Exact(known),
            Some(false) => Held::NotTold(known),
            None => Held::AtLeast(known),
        }
    }

    /// Whether every card is known and says whose it is.
    fn knows_all_held(&self) -> bool {
        self.cards.without_holder_id() == 0 && self.status_of_all_cards().complete
    }

    /// Of how many people the cards are not all known yet.
    pub fn not_read_held(&self) -> usize {
        *self.held.unread.get_or_init(|| match self.knows_all_held() || self.has_asked_everybody() {
            true => 0,
            false => self.holders.value.iter().filter(|holder| !self.held.read.contains_key(&holder.id)).count(),
        })
    }

    /// The cardholder of a handle this store gave out; a handle of another store may have none.
    pub fn holder_at(&self, row: HolderRow) -> Option<&Cardholder> {
        self.holders.value.get(row.0)
    }

    /// The whole name of a cardholder, made once.
    pub fn holder_name(&self, holder: &Cardholder) -> Option<&SafeText> {
        self.holder_name_at(self.holder_row(&holder.id)?)
    }

    /// The same, of a handle.
    pub fn holder_name_at(&self, row: HolderRow) -> Option<&SafeText> {
        self.holder_rows.name(row)
    }

    pub fn holder_row(&self, id: &HolderId) -> Option<HolderRow> {
        self.holder_rows.row(id)
    }

    /// Everybody, in order of arrival.
    pub fn all_holders(&self) -> impl ExactSizeIterator<Item = HolderRow> + use<> {
        (0..self.holders.value.len()).map(HolderRow)
    }

    /// The holder of a card, when the card names one who was read.
    pub fn holder_row_of(&self, card: CardRow) -> Option<HolderRow> {
        self.holder_row(self.cards.get(card).holder_id.as_ref()?)
    }

    /// The lists of transactions of each of a person's cards.
    pub fn lists_of_holder<'a>(&'a self, holder: &HolderId) -> impl Iterator<Item = List<'a>> {
        let cards = self.cards.of_holder(holder).iter().map(|row| self.cards.get(*row).id.clone());
        cards.map(|card| self.transactions.newest(&Scope::Card(card)))
    }

    /// How many transactions of a scope are here.
    pub fn rows_in(&self, scope: &Scope) -> usize {
        match scope {
            Scope::Holder(holder) => self.lists_of_holder(holder).map(|list| list.len()).sum(),
            scope => self.transactions.newest(scope).len(),
        }
    }

    /// Whether the feed of cards was read to its end.
    pub fn knows_all_of_cards(&self) -> bool {
        self.reach(Feed::Cards).covers(None)
    }

    /// Whether all transactions of cards since the horizon of [`insight::figures`] were read, as far as can be told.
    pub fn knows_the_days(&self, now: Now) -> bool {
        self.reach(Feed::Cards).covers(insight::horizon(now))
    }

    /// A page of the list. People are never taken off: their cards stay.
    pub(super) fn take_holders(&mut self, now: Now, asked: u64, batch: Batch<Cardholder>, changes: &mut Changes) {
        let is_late = self.holders.is_late(asked);
        for holder in batch.items {
            let rows = &mut self.holder_rows;
            let known = rows
                .at
                .get(&holder.id)
                .and_then(|at| Some((HolderRow(*at), self.holders.value.get_mut(*at)?, rows.names.get_mut(*at)?)));
            match known {
                Some((_, known, _)) if is_late || *known == holder => continue,
                Some((row, known, name)) => {
                    *name = holder.full_name();
                    *known = holder;
                    changes.holders_changed |= !changes.holders_new.contains(&row);
                }
                None => {
                    let at = self.holders.value.len();
                    changes.holders_new.push(HolderRow(at));
                    rows.at.insert(holder.id.clone(), at);
                    rows.names.push(holder.full_name());
                    self.holders.value.push(holder);
                }
            }
            changes.holders = true;
        }
        self.holders.succeeded(now, asked, !batch.last);
    }
}
