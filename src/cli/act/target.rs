//! The card an act is on: named by a word, read anew before it is reviewed.

use super::super::connection::Connection;
use super::super::exit::{Exit, Stop};
use super::super::lookup::{self, Lists};
use super::plan::line;
use crate::app::store::Store;
use crate::domain::account::{Account, AccountDetail, AccountStatus};
use crate::domain::card::{Card, CardStatus, LastFour, MaskedNumber};
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, CardId};
use crate::domain::intent::{Act, Before, CardAt};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;
use crate::ops::{Entry, Ops};

/// The lists that names are looked up in.
pub struct Known<'c> {
    pub connection: &'c Connection,
    /// Whether the cards were read one by one, just now: they need no second read before the first review.
    is_fresh: std::cell::Cell<bool>,
    /// Whether the accounts are those that the API lists.
    pub is_listed: bool,
    pub accounts: Lists<Account>,
    pub cards: Lists<Card>,
}

/// A card, as it was read just now.
pub struct Subject {
    pub at: CardAt,
    pub card: Card,
    pub account: Account,
    pub detail: Option<AccountDetail>,
}

impl<'c> Known<'c> {
    /// Reads accounts and cards whole. `words`: what cards will be looked for by.
    pub async fn read(connection: &'c Connection, words: &[String]) -> Result<Known<'c>, Stop> {
        let failed = |failure| connection.failed(&failure);
        let accounts = lookup::accounts(&connection.client).await.map_err(failed)?;
        let mut cards = lookup::cards(&connection.client, &accounts, |_| {}).await.map_err(failed)?;
        // A list that leaves last four out says nothing of who is meant by them.
        if words.iter().any(|word| LastFour::parse(word.trim_start_matches('•')).is_some()) {
            lookup::learn_last_four(&connection.client, &mut cards).await;
        }
        Ok(Known { connection, is_fresh: false.into(), is_listed: true, accounts, cards })
    }

    /// Reads no list of cards: for a freeze by full ids, which must not wait for lists, nor fail with them. Each card is
    /// read by itself, on the account that is given, that the journal has of an earlier act, or on each account that the
    /// API lists. `None`: a word is no full id, or no such card can be read; whole lists say more then.
    pub async fn of_ids(
        connection: &'c Connection,
        words: &[String],
        given: Option<&AccountId>,
        journal: &[Entry],
    ) -> Option<Known<'c>> {
        let client = &connection.client;
        let ids: Vec<CardId> = words.iter().filter_map(|word| full_id(word)).collect();
        if ids.len() != words.len() {
            return None;
        }
        // Read for the journal too, which has to know whose it is; without it the freeze is recorded beside it.
        let listed = lookup::accounts(client).await;
        let is_listed = listed.is_ok();
        let mut accounts = listed.unwrap_or_default();
        let mut cards = Lists::default();
        for id in &ids {
            let at = |entry: &Entry| entry.intent.act.card().filter(|at| at.card == *id).map(|at| at.account.clone());
            let told = given.cloned().or_else(|| journal.iter().rev().find_map(at));
            let all = accounts.items.iter().map(|account| account.id.clone());
            let mut places: Vec<AccountId> = told.iter().cloned().chain(all).collect();
            places.dedup();
            let mut card = None;
            for place in &places {
                let read = client.card(place, id).await.ok();
                card = read.filter(|card| card.id == *id);
                if let Some(card) = &mut card {
                    card.account.get_or_insert_with(|| place.clone());
                }
                if card.is_some() {
                    break;
                }
            }
            // An account that is named is enough for a freeze, though nothing can be read.
            let card = card.or_else(|| Some(unread(id, told.filter(|_| !is_listed || given.is_some())?)))?;
            if let Some(place) =
                card.account.as_ref().filter(|place| accounts.items.iter().all(|one| one.id != **place))
            {
                accounts.items.push(unlisted(place));
            }
            cards.items.push(card);
        }
        Some(Known { connection, is_fresh: true.into(), is_listed, accounts, cards })
    }

    /// The card that is meant, as it is now. `is_freeze`: it goes by what the list says where the card cannot be read,
    /// and is asked about where the list is not whole.
    pub async fn subject(&self, word: &str, is_freeze: bool) -> Result<Subject, Stop> {
        let listed = lookup::one_card(word, &self.cards, &self.accounts.items, is_freeze)?;
        let unknown = || Stop::new(Exit::Incomplete, "the account of this card is not known; nothing was sent");
        let id = listed.account.clone().ok_or_else(unknown)?;
        let account = self.accounts.items.iter().find(|account| account.id == id).ok_or_else(unknown)?;
        let client = &self.connection.client;
        if is_freeze && self.is_fresh.get() {
            let (card, account) = (listed.clone(), account.clone());
            let at = CardAt { account: id, card: card.id.clone(), last_four: card.number.last_four };
            return Ok(Subject { at, card, account, detail: None });
        }
        let card = match client.card(&id, &listed.id).await {
            Ok(card) => joined(card, listed)?,
            Err(_) if is_freeze => listed.clone(),
            Err(failure) => return Err(self.connection.failed(&failure)),
        };
        let detail = if is_freeze { None } else { client.account(&id).await.ok() };
        let account = detail.as_ref().map_or_else(|| account.clone(), |detail| fresher(&detail.account, account));
        let at = CardAt { account: id, card: card.id.clone(), last_four: card.number.last_four };
        Ok(Subject { at, card, account, detail })
    }

    /// What was read is shown; before it is shown again, it is read again.
    pub fn shown(&self) {
        self.is_fresh.set(false);
    }

    /// Whether a word is an id, which no other card has.
    pub fn is_id(&self, word: &str) -> bool {
        lookup::is_by_id(word, &self.cards.items)
    }

    /// A store with the lists, and what was read of these cards.
    pub fn store(&self, subjects: &[&Subject]) -> Store {
        let mut accounts = self.accounts.items.clone();
        let mut cards = self.cards.items.clone();
        for subject in subjects {
            for account in accounts.iter_mut().filter(|account| account.id == subject.account.id) {
                *account = subject.account.clone();
            }
            for card in cards.iter_mut().filter(|card| card.id == subject.card.id) {
                *card = subject.card.clone();
            }
        }
        super::store(self.connection, &accounts, &cards)
    }
}

/// A word that is a full id, and not a name or last four: names with digits of this length are rare, and cost reads only.
fn full_id(word: &str) -> Option<CardId> {
    let (text, is_named) = word.strip_prefix("id:").map_or((word, false), |id| (id, true));
    let is_long = text.len() >= 16 && text.bytes().any(|b| b.is_ascii_digit());
    CardId::parse(text).filter(|_| is_named || is_long)
}

/// A card of which nothing could be read.
fn unread(id: &CardId, account: AccountId) -> Card {
    Card {
        id: id.clone(),
        account: Some(account),
        holder_id: None,
        holder: None,
        holder_email: None,
        name: None,
        status: CardStatus::from_wire("not read"),
        kind: None,
        network: None,
        number: MaskedNumber { bin: None, last_four: None },
        balance: Field::Absent,
        available: Field::Absent,
        spent: Field::Absent,
        expiry: Field::Absent,
        limits: Field::Absent,
        wallets: Vec::new(),
        created_at: Field::Absent,
        updated_at: Field::Absent,
    }
}

/// An account that no list has said anything of; its id stands for its name.
fn unlisted(id: &AccountId) -> Account {
    Account {
        id: id.clone(),
        name: SafeText::name(&id.to_string()),
        currency: None,
        balance: Field::Absent,
        held: Field::Absent,
        available: Field::Absent,
        status: AccountStatus::from_wire("not read"),
        cards: None,
        card_kinds: Vec::new(),
        transfer_allowed: None,
        created_at: Field::Absent,
        updated_at: Field::Absent,
    }
}

/// The details of a card, and what its list says where they say nothing.
fn joined(card: Card, listed: &Card) -> Result<Card, Stop> {
    let (mine, theirs) = (card.number.last_four, listed.number.last_four);
    if card.id != listed.id || (mine.is_some() && theirs.is_some() && mine != theirs) {
        let says = "the list and the details of this card say different things of it; nothing was sent";
        return Err(Stop::new(Exit::Incomplete, says));
    }
    let mut card = card;
    card.number.last_four = mine.or(theirs);
    card.number.bin = card.number.bin.or_else(|| listed.number.bin.clone());
    card.name = card.name.or_else(|| listed.name.clone());
    card.holder = card.holder.or_else(|| listed.holder.clone());
    card.holder_id = card.holder_id.or_else(|| listed.holder_id.clone());
    // Balances of one read, never one of each.
    if card.spendable() == Field::Absent {
        (card.balance, card.available) = (listed.balance, listed.available);
    }
    Ok(card)
}

/// The account of its details, and what the list says where they say nothing.
pub fn fresher(detail: &Account, listed: &Account) -> Account {
    let mut account = detail.clone();
    if account.available == Field::Absent {
        (account.available, account.balance, account.held) = (listed.available, listed.balance, listed.held);
    }
    account.currency = account.currency.or(listed.currency);
    account.transfer_allowed = account.transfer_allowed.or(listed.transfer_allowed);
    account
}

impl Subject {
    pub fn before(&self) -> Before {
        Before { account: self.account.available.known().copied(), other: self.card.spendable().known().copied() }
    }

    pub fn currency(&self) -> Result<Currency, Stop> {
        let own = || self.card.spendable().known().map(Money::currency);
        let says = "the currency of the account is not known; nothing was sent";
        self.account.currency.or_else(own).ok_or_else(|| Stop::new(Exit::Incomplete, says))
    }

    /// Whose card it is.
    pub fn holder(&self) -> Option<&str> {
        self.card.holder.as_ref().map(SafeText::as_str)
    }

    /// Which card it is, in lines of the review.
    pub fn who(&self) -> Vec<String> {
        let four = self.at.last_four.map_or("•…".to_owned(), |four| format!("•{four}"));
        let mut parts = vec![four];
        parts.extend(self.card.name.as_ref().map(SafeText::to_string));
        parts.push(self.card.status.to_string());
        let mut lines = vec![line("card", &parts.join("  "))];
        lines.extend(self.holder().map(|holder| line("holder", holder)));
        lines.push(line("account", self.account.name.as_str()));
        lines
    }

    /// Whether a change of the card's state was sent and nobody knows what became of it: the state that is read may be
    /// another in a moment.
    pub fn is_doubted(&self, ops: &Ops) -> bool {
        let changes = |act: &Act| matches!(act, Act::Freeze(_) | Act::Unfreeze(_) | Act::Close(_));
        let of_this = |act: &Act| act.card().is_some_and(|at| at.card == self.at.card);
        ops.entries().iter().any(|entry| {
            !entry.stage.is_final()
                && !entry.stage.is_done()
                && changes(&entry.intent.act)
                && of_this(&entry.intent.act)
        })
    }
}
