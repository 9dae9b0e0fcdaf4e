//! The books of the sandbox: accounts, cards, cardholders, their transactions, and the rules between them.
//!
//! A pure state machine. It is told the time, throws no dice and knows no HTTP and no JSON. Money only ever
//! moves between two places (an account, a card, or the world outside), so whatever is asked of it, in
//! whatever order, the places of one currency add up to nothing: [`Ledger::conserved`] says so.
//!
//! ```text
//!   world ──payin──▶ account ──top up──▶ card ──authorize: hold──▶ settle ──▶ world
//!     ▲                │  ▲               │                          │
//!     └──fees──────────┘  └──withdraw─────┘          refund ◀────────┘
//! ```
//!
//! What takes time (issuing, closing, large transfers, settlements) is put into `due` and done by
//! [`Ledger::advance`]. What changed is put into `outbox`, for whoever tells others.

mod audit;
mod cards;
mod payments;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use rust_decimal::Decimal;

pub use self::audit::Breach;
pub use self::cards::{Issue, NewHolder, Update};
pub use self::payments::{Moved, Transferred};
use super::ids::{Id, Kind};
use crate::domain::money::Currency;

/// No row, no card.
pub const NONE: u32 = u32::MAX;

/// Why the ledger does not do what it was asked. Nothing has changed when it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such thing, or it is not yours.
    Unknown(&'static str),
    /// The business says no: too little money, another currency.
    Business(String),
    /// It is in a state in which this cannot be done, or it is there already.
    Conflict(String),
}

/// What an account or a card holds. `held` is the part that open authorizations and transfers reserve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purse {
    pub total: Decimal,
    pub held: Decimal,
}

impl Purse {
    pub fn available(&self) -> Decimal {
        self.total - self.held
    }
}

#[derive(Debug, Clone)]
pub struct Account {
    pub name: String,
    pub currency: Currency,
    pub purse: Purse,
    pub physical: bool,
    pub transfers: bool,
    /// Percent of a purchase.
    pub purchase_fee: Decimal,
    /// For each card issued, in the account's currency.
    pub issuing_fee: Decimal,
    /// Rows of [`super::demo::BINS`] that cards of this account may use; the first is the default.
    pub bins: Vec<u8>,
    /// Cards that are not closed and did not fail.
    pub living: usize,
    pub created: i64,
    pub updated: i64,
    /// Oldest first, as are the two feeds.
    pub cards: Vec<u32>,
    pub card_feed: Vec<u32>,
    pub account_feed: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardStatus {
    Creating,
    Active,
    Frozen,
    Closed,
    CreatingFailed,
}

impl CardStatus {
    pub fn word(self) -> &'static str {
        match self {
            CardStatus::Creating => "creating",
            CardStatus::Active => "active",
            CardStatus::Frozen => "frozen",
            CardStatus::Closed => "closed",
            CardStatus::CreatingFailed => "creating_failed",
        }
    }
}

/// Over which span a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Transaction,
    Day,
    Week,
    Month,
    Year,
    Lifetime,
}

impl Span {
    pub const ALL: [Span; 6] = [Span::Day, Span::Week, Span::Month, Span::Year, Span::Lifetime, Span::Transaction];

    pub fn word(self) -> &'static str {
        match self {
            Span::Transaction => "transaction_limit",
            Span::Day => "daily_limit",
            Span::Week => "weekly_limit",
            Span::Month => "monthly_limit",
            Span::Year => "year_limit",
            Span::Lifetime => "lifetime_limit",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Limit {
    pub span: Span,
    pub value: Decimal,
    pub spent: Decimal,
    /// Which day, week, month or year `spent` counts.
    pub window: i64,
}

#[derive(Debug, Clone)]
pub struct Card {
    pub account: u32,
    pub holder: u32,
    pub name: Box<str>,
    pub status: CardStatus,
    /// A close was accepted and is not done yet.
    pub closing: bool,
    pub physical: bool,
    pub bin: u8,
    pub purse: Purse,
    pub spent: Decimal,
    pub limits: Vec<Limit>,
    pub created: i64,
    pub updated: i64,
    /// The account-side row of its issuing fee.
    pub fee_row: u32,
    /// Its transactions, oldest first.
    pub feed: Vec<u32>,
}

#[derive(Debug, Clone)]
pub struct Holder {
    pub owner_id: String,
    pub first: String,
    pub last: String,
    pub email: String,
    pub phone: Option<String>,
    /// The account it was made under.
    pub account: u32,
    pub cards: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TxStatus {
    Pending,
    Authorized,
    Completed,
    Declined,
    Canceled,
}

impl TxStatus {
    pub fn word(self) -> &'static str {
        match self {
            TxStatus::Pending => "pending",
            TxStatus::Authorized => "authorized",
            TxStatus::Completed => "completed",
            TxStatus::Declined => "declined",
            TxStatus::Canceled => "canceled",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardTxKind {
    Purchase,
    Refund,
    Fee,
    TopUp,
    Withdrawal,
}

impl CardTxKind {
    pub fn word(self) -> &'static str {
        match self {
            CardTxKind::Purchase => "purchase",
            CardTxKind::Refund => "refund",
            CardTxKind::Fee => "fee",
            CardTxKind::TopUp => "top_up",
            CardTxKind::Withdrawal => "withdrawal",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountTxKind {
    Payin,
    CardIssuing,
    TransferFee,
    Withdrawal,
}

impl AccountTxKind {
    pub fn word(self) -> &'static str {
        match self {
            AccountTxKind::Payin => "payin",
            AccountTxKind::CardIssuing => "card_issuing",
            AccountTxKind::TransferFee => "transfer_fee",
            AccountTxKind::Withdrawal => "withdrawal",
        }
    }
}

/// Why a purchase was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decline {
    Insufficient,
    Frozen,
    Closed,
    NotActive,
    Limit(Span),
}

impl Decline {
    pub fn words(self) -> &'static str {
        match self {
            Decline::Insufficient => "Insufficient balance",
            Decline::Frozen => "Card is frozen",
            Decline::Closed => "Card is closed",
            Decline::NotActive => "Card is not active",
            Decline::Limit(Span::Transaction) => "Transaction limit exceeded",
            Decline::Limit(Span::Day) => "Daily limit exceeded",
            Decline::Limit(Span::Week) => "Weekly limit exceeded",
            Decline::Limit(Span::Month) => "Monthly limit exceeded",
            Decline::Limit(Span::Year) => "Yearly limit exceeded",
            Decline::Limit(Span::Lifetime) => "Lifetime limit exceeded",
        }
    }
}

/// A row of the card feed. Small, because there may be a million of them: its id and its currency follow
/// from where it stands and from its card.
#[derive(Debug, Clone)]
pub struct CardTx {
    pub created: i64,
    pub updated: i64,
    pub amount: Decimal,
    pub fee: Decimal,
    pub description: Option<Box<str>>,
    pub card: u32,
    /// The purchase a refund belongs to.
    pub parent: u32,
    /// The account-side row of a top-up or withdrawal.
    pub related: u32,
    /// Row of [`super::demo::MERCHANTS`], or `u16::MAX`.
    pub merchant: u16,
    pub kind: CardTxKind,
    pub status: TxStatus,
    pub decline: Option<Decline>,
}

/// A row of the account feed.
#[derive(Debug, Clone)]
pub struct AccountTx {
    pub created: i64,
    pub updated: i64,
    pub amount: Decimal,
    pub description: Option<Box<str>>,
    pub account: u32,
    pub card: u32,
    /// The card-side row of a top-up or withdrawal.
    pub related: u32,
    /// The account at the other end of a transfer.
    pub other: u32,
    pub kind: AccountTxKind,
    pub status: TxStatus,
}

/// Something to be done later.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Due {
    Issue { card: u32, works: bool },
    Close { card: u32 },
    Turn { card: u32, to: CardStatus },
    Transfer { row: u32 },
    Settle { row: u32 },
    Cancel { row: u32 },
    Refund { row: u32, amount: Decimal },
}

/// Something others may want to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    CardState(u32),
    CardTx(u32),
    AccountTx(u32),
    /// A payin in the form of a crypto top-up.
    TopUp(u32),
}

/// What has gone to the world outside, for one currency. Money that came in makes `funding` negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outside {
    pub funding: Decimal,
    pub merchants: Decimal,
    pub fees: Decimal,
}

#[derive(Debug, Default)]
pub struct Ledger {
    pub accounts: Vec<Account>,
    pub cards: Vec<Card>,
    pub holders: Vec<Holder>,
    pub card_txs: Vec<CardTx>,
    pub account_txs: Vec<AccountTx>,
    pub outside: BTreeMap<Currency, Outside>,
    /// Changes not told yet. Only kept while `telling`.
    pub outbox: Vec<Change>,
    pub telling: bool,
    owners: HashMap<String, u32>,
    emails: HashSet<String>,
    phones: HashSet<String>,
    due: BTreeMap<(i64, u64), Due>,
    planned: u64,
    last: i64,
    salt: u64,
}

impl Ledger {
    /// An empty ledger. `salt` decides how ids and card numbers look.
    pub fn new(salt: u64) -> Ledger {
        Ledger { salt, ..Ledger::default() }
    }

    /// Opens an account with nothing in it.
    pub fn open_account(&mut self, account: Account) -> u32 {
        self.outside.entry(account.currency).or_default();
        self.accounts.push(account);
        self.accounts.len() as u32 - 1
    }

    pub fn account_id(&self, account: u32) -> Id {
        Id::new(Kind::Account, account, self.accounts[account as usize].created, self.salt)
    }

    pub fn card_id(&self, card: u32) -> Id {
        Id::new(Kind::Card, card, self.cards[card as usize].created, self.salt)
    }

    pub fn card_tx_id(&self, row: u32) -> Id {
        Id::new(Kind::CardTx, row, self.card_txs[row as usize].created, self.salt)
    }

    pub fn account_tx_id(&self, row: u32) -> Id {
        Id::new(Kind::AccountTx, row, self.account_txs[row as usize].created, self.salt)
    }

    /// An id for something that is not in the books: a BIN, a category, a limit.
    pub fn other_id(&self, kind: Kind, index: u32) -> Id {
        Id::new(kind, index, 1_700_000_000_000, self.salt)
    }

    /// The account with this id.
    pub fn account(&self, id: &str) -> Result<u32, Refusal> {
        self.find(id, Kind::Account, self.accounts.len(), Ledger::account_id)
            .ok_or(Refusal::Unknown("Account not found"))
    }

    /// The card with this id, in any account.
    pub fn card(&self, id: &str) -> Result<u32, Refusal> {
        self.find(id, Kind::Card, self.cards.len(), Ledger::card_id).ok_or(Refusal::Unknown("Card not found"))
    }

    /// The card with this id, if it belongs to the account with that id.
    pub fn card_of(&self, account: &str, card: &str) -> Result<u32, Refusal> {
        let account = self.account(account)?;
        let card = self.card(card)?;
        if self.cards[card as usize].account == account { Ok(card) } else { Err(Refusal::Unknown("Card not found")) }
    }

    pub fn card_tx(&self, id: &str) -> Result<u32, Refusal> {
        self.find(id, Kind::CardTx, self.card_txs.len(), Ledger::card_tx_id)
            .ok_or(Refusal::Unknown("Transaction not found"))
    }

    pub fn account_tx(&self, id: &str) -> Result<u32, Refusal> {
        self.find(id, Kind::AccountTx, self.account_txs.len(), Ledger::account_tx_id)
            .ok_or(Refusal::Unknown("Transaction not found"))
    }

    pub fn holder(&self, owner_id: &str) -> Result<u32, Refusal> {
        self.owners.get(owner_id).copied().ok_or(Refusal::Unknown("Cardholder not found"))
    }

    fn find(&self, id: &str, kind: Kind, count: usize, of: impl Fn(&Ledger, u32) -> Id) -> Option<u32> {
        let id = Id::parse(id)?;
        let row = id.index(kind, self.salt).filter(|row| *row < count)? as u32;
        (of(self, row) == id).then_some(row)
    }

    pub fn currency_of(&self, card: u32) -> Currency {
        self.accounts[self.cards[card as usize].account as usize].currency
    }

    /// The salt, for what is derived from a card and not kept: its number, its CVV.
    pub fn salt(&self) -> u64 {
        self.salt
    }

    /// When something is due next.
    pub fn next_due(&self) -> Option<i64> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// Does everything that is due by `now`, in order.
    pub fn advance(&mut self, now: i64) {
        while let Some(entry) = self.due.first_entry() {
            let (at, _) = *entry.key();
            if at > now {
                break;
            }
            match entry.remove() {
                Due::Issue { card, works } => self.finish_issue(card, works, at),
                Due::Close { card } => self.finish_close(card, at),
                // What the state no longer allows is simply not done.
                Due::Turn { card, to: CardStatus::Frozen } => drop(self.freeze(card, at)),
                Due::Turn { card, .. } => drop(self.unfreeze(card, at)),
                Due::Transfer { row } => self.finish_transfer(row, at),
                Due::Settle { row } => self.settle(row, at),
                Due::Cancel { row } => self.cancel(row, at),
                // A refund that the state no longer allows is simply not made.
                Due::Refund { row, amount } => drop(self.refund(row, amount, at)),
            }
        }
        self.last = self.last.max(now);
    }

    /// Time never runs backwards in the books: rows stand in the order of their time.
    fn moment(&mut self, at: i64) -> i64 {
        self.last = self.last.max(at);
        self.last
    }

    fn plan(&mut self, at: i64, what: Due) {
        self.planned += 1;
        self.due.insert((at, self.planned), what);
    }

    fn tell(&mut self, change: Change) {
        if self.telling {
            self.outbox.push(change);
        }
    }

    fn account_of(&mut self, card: u32) -> &mut Account {
        &mut self.accounts[self.cards[card as usize].account as usize]
    }

    fn world(&mut self, currency: Currency) -> &mut Outside {
        self.outside.entry(currency).or_default()
    }
}
