//! The columns of each list: name, what stands in them, and which of them a table shows unasked.

use super::super::exit::Stop;
use super::cell::{Cell, Unknown};
use crate::app::store::Store;
use crate::app::ui::describe;
use crate::domain::account::{Account, Bin};
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::ids::AccountId;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Direction, Feed, Transaction};
use crate::domain::webhook::Event;
use crate::export::Head;
pub use crate::export::Kind;

/// One column of a list.
pub struct Column<T> {
    pub name: &'static str,
    pub kind: Kind,
    /// A table shows it when no columns are named.
    pub common: bool,
    pub cell: fn(&Store, &T) -> Cell,
}

/// The columns that are named, in their order; all of them, or the common ones, when none is.
pub fn chosen<'c, T>(all: &'c [Column<T>], named: &[String], everything: bool) -> Result<Vec<&'c Column<T>>, Stop> {
    if named.is_empty() {
        return Ok(all.iter().filter(|column| everything || column.common).collect());
    }
    let one = |name: &String| {
        let words: Vec<&str> = all.iter().map(|column| column.name).collect();
        let wrong = || {
            Stop::usage(format!("--columns: there is no {}; columns are {}", SafeText::name(name), words.join(", ")))
        };
        all.iter().find(|column| column.name == name.trim()).ok_or_else(wrong)
    };
    named.iter().map(one).collect()
}

/// Their heads, for files.
pub fn heads<T>(columns: &[&Column<T>]) -> Vec<Head> {
    columns.iter().map(|column| Head { name: column.name.to_owned(), kind: column.kind }).collect()
}

macro_rules! columns {
    ($($name:literal $kind:ident $common:literal $cell:expr;)*) => {
        &[$(Column { name: $name, kind: Kind::$kind, common: $common, cell: $cell }),*]
    };
}

fn account_name(store: &Store, id: Option<&AccountId>) -> Cell {
    match id {
        None => Cell::Unknown(Unknown::NotSaid),
        Some(id) => {
            store.account(id).map_or(Cell::Unknown(Unknown::NotRead), |account| Cell::Text(account.name.clone()))
        }
    }
}

pub const ACCOUNTS: &[Column<Account>] = columns! {
    "id" Plain false |_, row| Cell::Word(row.id.to_string());
    "name" Plain true |_, row| Cell::Text(row.name.clone());
    "status" Plain true |_, row| Cell::Word(row.status.to_string());
    "available" Money true |_, row| Cell::money(&row.available);
    "held" Money true |_, row| Cell::money(&row.held);
    "balance" Money false |_, row| Cell::money(&row.balance);
    "currency" Plain false |_, row| Cell::word(row.currency);
    "cards" Plain true |_, row| row.cards.map_or(Cell::Unknown(Unknown::NotSaid), Cell::Count);
    "kinds" Plain false |_, row| Cell::Words(row.card_kinds.iter().map(ToString::to_string).collect());
    "transfers" Plain false |_, row| row.transfer_allowed.map_or(Cell::Unknown(Unknown::NotSaid), Cell::Flag);
    "created_at" Plain false |_, row| Cell::time(&row.created_at);
    "updated_at" Plain false |_, row| Cell::time(&row.updated_at);
};

fn holder(store: &Store, card: &Card) -> Cell {
    match (store.holder_of(card), &card.holder_id) {
        (Some(name), _) => Cell::Text(name.clone()),
        (None, Some(_)) => Cell::Unknown(Unknown::NotRead),
        (None, None) => Cell::Unknown(Unknown::NotSaid),
    }
}

fn email(store: &Store, card: &Card) -> Cell {
    let own = card.holder_email.as_ref();
    let theirs = || card.holder_id.as_ref().and_then(|id| store.holder(id)).and_then(|holder| holder.email.as_ref());
    Cell::text(own.or_else(theirs))
}

pub const CARDS: &[Column<Card>] = columns! {
    "id" Plain false |_, row| Cell::Word(row.id.to_string());
    "last_four" Plain true |_, row| Cell::word(row.number.last_four);
    "status" Plain true |_, row| Cell::Word(row.status.to_string());
    "name" Plain true |_, row| Cell::text(row.name.as_ref());
    "holder" Plain true holder;
    "holder_id" Plain false |_, row| Cell::word(row.holder_id.as_ref());
    "email" Plain false email;
    "available" Money true |_, row| Cell::money(&row.spendable());
    "balance" Money false |_, row| Cell::money(&row.balance);
    "account" Plain true |store, row| account_name(store, row.account.as_ref());
    "account_id" Plain false |_, row| Cell::word(row.account.as_ref());
    "kind" Plain false |_, row| Cell::word(row.kind.as_ref());
    "bin" Plain false |_, row| Cell::text(row.number.bin.as_ref());
    "network" Plain false |_, row| Cell::word(row.network.as_ref());
    "created_at" Plain false |_, row| Cell::time(&row.created_at);
    "updated_at" Plain false |_, row| Cell::time(&row.updated_at);
};

pub const HOLDERS: &[Column<Cardholder>] = columns! {
    "id" Plain true |_, row| Cell::Word(row.id.to_string());
    "name" Plain true |_, row| Cell::Text(row.full_name());
    "first_name" Plain false |_, row| Cell::Text(row.first_name.clone());
    "last_name" Plain false |_, row| Cell::Text(row.last_name.clone());
    "email" Plain true |_, row| Cell::text(row.email.as_ref());
    "phone" Plain true |_, row| Cell::text(row.phone.as_ref());
};

/// A BIN of an account.
pub struct BinOf {
    pub account: AccountId,
    pub bin: Bin,
}

pub const BINS: &[Column<BinOf>] = columns! {
    "account" Plain true |store, row| account_name(store, Some(&row.account));
    "account_id" Plain false |_, row| Cell::Word(row.account.to_string());
    "number" Plain true |_, row| Cell::Text(row.bin.number.clone());
    "network" Plain true |_, row| Cell::word(row.bin.network.as_ref());
    "country" Plain true |_, row| Cell::text(row.bin.country.as_ref());
    "wallets" Plain true |_, row| Cell::Words(row.bin.wallets.iter().map(ToString::to_string).collect());
    "categories" Plain false |_, row| Cell::Words(row.bin.categories.iter().map(ToString::to_string).collect());
    "tags" Plain false |_, row| Cell::Words(row.bin.tags.iter().map(ToString::to_string).collect());
    "id" Plain true |_, row| Cell::Word(row.bin.id.to_string());
};

fn direction(_: &Store, row: &Transaction) -> Cell {
    match row.flow() {
        Some(Direction::In) => Cell::Word("in".into()),
        Some(Direction::Out) => Cell::Word("out".into()),
        None => Cell::Unknown(Unknown::NotSaid),
    }
}

fn card_of<'s>(store: &'s Store, row: &Transaction) -> Option<&'s Card> {
    row.card.as_ref().and_then(|id| store.card(id))
}

/// Something of the row's card; a row that is on no card says nothing of one.
fn of_card(store: &Store, row: &Transaction, cell: impl FnOnce(&Card) -> Cell) -> Cell {
    match (&row.card, card_of(store, row)) {
        (None, _) => Cell::Unknown(Unknown::NotSaid),
        (Some(_), None) => Cell::Unknown(Unknown::NotRead),
        (Some(_), Some(card)) => cell(card),
    }
}

pub const TRANSACTIONS: &[Column<Transaction>] = columns! {
    "id" Plain false |_, row| Cell::Word(row.id.to_string());
    "feed" Plain false |_, row| Cell::Word(match row.feed { Feed::Cards => "cards".into(), Feed::Accounts => "accounts".into() });
    "created_at" Plain true |_, row| Cell::time(&row.created_at);
    "type" Plain true |_, row| Cell::Word(row.kind.to_string());
    "status" Plain true |_, row| Cell::Word(row.status.to_string());
    "amount" Money true |_, row| Cell::money(&row.signed());
    "direction" Plain false direction;
    "merchant" Plain true |_, row| Cell::text(row.merchant.as_ref());
    "category" Plain false |_, row| Cell::text(row.category.as_ref());
    "country" Plain false |_, row| Cell::text(row.merchant_country.as_ref());
    "reason" Plain true |_, row| Cell::text(row.decline_reason());
    "card" Plain true |store, row| of_card(store, row, |card| Cell::word(card.number.last_four));
    "card_id" Plain false |_, row| Cell::word(row.card.as_ref());
    "holder" Plain true |store, row| of_card(store, row, |card| holder(store, card));
    "account" Plain true |store, row| account_name(store, row.account.as_ref());
    "account_id" Plain false |_, row| Cell::word(row.account.as_ref());
    "description" Plain false |_, row| Cell::text(row.description());
    "fee" Money false |_, row| row.costs.as_ref().map_or(Cell::Unknown(Unknown::NotSaid), |costs| Cell::money(&costs.fee));
    "settlement" Money false |_, row| row.costs.as_ref().map_or(Cell::Unknown(Unknown::NotSaid), |costs| Cell::money(&costs.settlement));
    "amount_is_settlement" Plain false |_, row| Cell::Flag(row.amount_is_settlement());
    "parent" Plain false |_, row| Cell::word(row.more.as_ref().and_then(|more| more.parent.as_ref()));
    "authorization_code" Plain false |_, row| Cell::text(row.more.as_ref().and_then(|more| more.authorization_code.as_ref()));
    "rrn" Plain false |_, row| Cell::text(row.more.as_ref().and_then(|more| more.rrn.as_ref()));
    "updated_at" Plain false |_, row| Cell::time(&row.updated_at);
};

pub const EVENTS: &[Column<Event>] = columns! {
    "id" Plain true |_, row| Cell::Word(row.id.to_string());
    "created_at" Plain true |_, row| Cell::time(&row.created_at);
    "kind" Plain true |_, row| Cell::Word(row.about().to_string());
    "about" Plain true |store, row| Cell::Word(super::super::act::words(&describe::event_subject(row, store)));
    "delivery" Plain true |_, row| Cell::Word(row.delivery.to_string());
    "attempts" Plain true |_, row| row.attempts.map_or(Cell::Unknown(Unknown::NotSaid), Cell::Count);
    "code" Plain true |_, row| row.response_code.map_or(Cell::Unknown(Unknown::NotSaid), |code| Cell::Count(code.into()));
    "error" Plain true |_, row| Cell::text(row.error.as_ref());
    "card" Plain false |_, row| Cell::word(row.subject.card.as_ref());
    "account" Plain false |_, row| Cell::word(row.subject.account.as_ref());
    "record" Plain false |_, row| Cell::word(row.subject.record.as_ref());
};
