//! Money moving: payins, charges, transfers, top-ups, withdrawals, purchases and what becomes of them.

use rust_decimal::{Decimal, RoundingStrategy};

use super::*;
use crate::sandbox::clock::{self, DAY};

/// The two rows of a top-up or withdrawal: where the money left, and where it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub account_row: u32,
    pub card_row: u32,
}

/// How a transfer went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transferred {
    /// Done, with the rows on both sides.
    Done { from: u32, to: u32 },
    /// Held at the source, done later.
    Accepted { from: u32 },
}

/// Transfers from this amount on are accepted first and settled later.
pub const ASYNC_TRANSFER: i64 = 1_000;

fn window(span: Span, at: i64) -> i64 {
    let day = at.div_euclid(DAY);
    let (year, month, _) = clock::civil(day);
    match span {
        Span::Day => day,
        // Weeks begin on Monday, and day 0 was a Thursday.
        Span::Week => (day + 3).div_euclid(7),
        Span::Month => year * 12 + month,
        Span::Year => year,
        Span::Lifetime | Span::Transaction => 0,
    }
}

impl Limit {
    fn used(&self, at: i64) -> Decimal {
        if self.window == window(self.span, at) { self.spent } else { Decimal::ZERO }
    }

    fn refuses(&self, amount: Decimal, at: i64) -> bool {
        match self.span {
            Span::Transaction => amount > self.value,
            _ => self.used(at) + amount > self.value,
        }
    }

    fn count(&mut self, amount: Decimal, at: i64) {
        self.spent = self.used(at) + amount;
        self.window = window(self.span, at);
    }

    /// What counts towards the limit now.
    pub fn spend(&self, now: i64) -> Decimal {
        if self.span == Span::Transaction { Decimal::ZERO } else { self.used(now) }
    }
}

/// A fee of so many percent, in cents, half a cent upwards.
pub fn percent(amount: Decimal, percent: Decimal) -> Decimal {
    (amount * percent / Decimal::ONE_HUNDRED).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

impl Ledger {
    /// Money comes in from outside. `crypto` makes it a top-up event as well.
    pub fn payin(&mut self, account: u32, amount: Decimal, note: &str, crypto: bool, at: i64) -> Result<u32, Refusal> {
        let at = self.moment(at);
        let too_much = || Refusal::Business("Amount is too large".to_owned());
        let currency = self.accounts[account as usize].currency;
        let funding = self.world(currency).funding.checked_sub(amount).ok_or_else(too_much)?;
        let purse = &mut self.accounts[account as usize].purse;
        purse.total = purse.total.checked_add(amount).ok_or_else(too_much)?;
        self.world(currency).funding = funding;
        let row = self.book_account(AccountTx {
            description: Some(note.into()),
            ..plain(account, amount, AccountTxKind::Payin, at)
        });
        if crypto {
            self.tell(Change::TopUp(row));
        }
        Ok(row)
    }

    /// The provider charges an account.
    pub fn charge(&mut self, account: u32, amount: Decimal, note: &str, at: i64) -> Result<u32, Refusal> {
        let at = self.moment(at);
        self.enough(account, amount)?;
        let owner = &mut self.accounts[account as usize];
        owner.purse.total -= amount;
        let currency = owner.currency;
        self.world(currency).fees += amount;
        Ok(self.book_account(AccountTx {
            description: Some(note.into()),
            ..plain(account, amount, AccountTxKind::TransferFee, at)
        }))
    }

    /// Moves money between two accounts of one currency: at once, or `takes` milliseconds later when it is
    /// [`ASYNC_TRANSFER`] or more.
    pub fn transfer(
        &mut self,
        from: u32,
        to: u32,
        amount: Decimal,
        note: Option<&str>,
        takes: i64,
        at: i64,
    ) -> Result<Transferred, Refusal> {
        let at = self.moment(at);
        let refused = |why: &str| Err(Refusal::Business(why.to_owned()));
        if from == to {
            return refused("Source and destination are the same account");
        }
        let (source, target) = (&self.accounts[from as usize], &self.accounts[to as usize]);
        if !source.transfers || !target.transfers {
            return refused("Transfers are not allowed for this account");
        }
        if source.currency != target.currency {
            return refused("Source and destination have different currencies");
        }
        self.enough(from, amount)?;
        let out = AccountTx {
            description: note.map(Into::into),
            other: to,
            ..plain(from, amount, AccountTxKind::Withdrawal, at)
        };
        if amount >= Decimal::from(ASYNC_TRANSFER) {
            self.accounts[from as usize].purse.held += amount;
            let row = self.book_account(AccountTx { status: TxStatus::Pending, ..out });
            self.plan(at + takes, Due::Transfer { row });
            return Ok(Transferred::Accepted { from: row });
        }
        self.accounts[from as usize].purse.total -= amount;
        let row = self.book_account(out);
        Ok(Transferred::Done { from: row, to: self.arrive(row, at) })
    }

    pub(super) fn finish_transfer(&mut self, row: u32, at: i64) {
        let at = self.moment(at);
        let (from, amount) = (self.account_txs[row as usize].account, self.account_txs[row as usize].amount);
        let purse = &mut self.accounts[from as usize].purse;
        purse.held -= amount;
        purse.total -= amount;
        self.arrive(row, at);
        self.mark_account(row, TxStatus::Completed, at);
    }

    /// The receiving half of a transfer.
    fn arrive(&mut self, row: u32, at: i64) -> u32 {
        let out = &self.account_txs[row as usize];
        let (from, to, amount, description) = (out.account, out.other, out.amount, out.description.clone());
        self.accounts[to as usize].purse.total += amount;
        let arrived = self.book_account(AccountTx {
            description,
            other: from,
            related: row,
            ..plain(to, amount, AccountTxKind::Payin, at)
        });
        self.account_txs[row as usize].related = arrived;
        arrived
    }

    /// Account to card.
    pub fn top_up(&mut self, card: u32, amount: Decimal, note: Option<&str>, at: i64) -> Result<Moved, Refusal> {
        let at = self.moment(at);
        let now = &self.cards[card as usize];
        if now.closing || now.status != CardStatus::Active {
            return Err(Refusal::Conflict(format!("Card is {} and cannot be topped up", self.state_word(card))));
        }
        let account = now.account;
        self.enough(account, amount)?;
        self.accounts[account as usize].purse.total -= amount;
        self.cards[card as usize].purse.total += amount;
        Ok(self.book_both(card, amount, note, AccountTxKind::Withdrawal, CardTxKind::TopUp, at))
    }

    /// Card to account. A frozen card can be emptied, so that it can be closed.
    pub fn withdraw(&mut self, card: u32, amount: Decimal, note: Option<&str>, at: i64) -> Result<Moved, Refusal> {
        let at = self.moment(at);
        let now = &self.cards[card as usize];
        if now.closing || !matches!(now.status, CardStatus::Active | CardStatus::Frozen) {
            return Err(Refusal::Conflict(format!("Card is {} and has nothing to withdraw", self.state_word(card))));
        }
        if now.purse.available() < amount {
            return Err(Refusal::Business("Insufficient card balance".to_owned()));
        }
        let account = now.account;
        self.cards[card as usize].purse.total -= amount;
        self.accounts[account as usize].purse.total += amount;
        Ok(self.book_both(card, amount, note, AccountTxKind::Payin, CardTxKind::Withdrawal, at))
    }

    /// The first rule a purchase would break now.
    pub fn decline(&self, card: u32, amount: Decimal, at: i64) -> Option<Decline> {
        let now = &self.cards[card as usize];
        let fee = percent(amount, self.accounts[now.account as usize].purchase_fee);
        match now.status {
            CardStatus::Frozen => Some(Decline::Frozen),
            CardStatus::Closed => Some(Decline::Closed),
            CardStatus::Creating | CardStatus::CreatingFailed => Some(Decline::NotActive),
            CardStatus::Active if now.closing => Some(Decline::Closed),
            CardStatus::Active if now.purse.available() < amount + fee => Some(Decline::Insufficient),
            CardStatus::Active => {
                now.limits.iter().find(|limit| limit.refuses(amount, at)).map(|limit| Decline::Limit(limit.span))
            }
        }
    }

    /// Someone pays with the card. Always makes a row: authorized, with amount and fee held, or declined
    /// for the first rule it breaks.
    pub fn purchase(&mut self, card: u32, merchant: u16, amount: Decimal, at: i64) -> u32 {
        let at = self.moment(at);
        let decline = self.decline(card, amount, at);
        let mut row = CardTx { merchant, ..card_row(card, amount, CardTxKind::Purchase, at) };
        if decline.is_none() {
            row.fee = percent(amount, self.account_of(card).purchase_fee);
            let now = &mut self.cards[card as usize];
            now.purse.held += amount + row.fee;
            now.limits.iter_mut().for_each(|limit| limit.count(amount, at));
        }
        row.decline = decline;
        row.status = if decline.is_none() { TxStatus::Authorized } else { TxStatus::Declined };
        self.book_card(row)
    }

    /// Lets an authorization be completed, canceled or refunded later, at the given time.
    pub fn settle_later(&mut self, row: u32, at: i64) {
        self.plan(at, Due::Settle { row });
    }

    pub fn cancel_later(&mut self, row: u32, at: i64) {
        self.plan(at, Due::Cancel { row });
    }

    pub fn refund_later(&mut self, row: u32, amount: Decimal, at: i64) {
        self.plan(at, Due::Refund { row, amount });
    }

    /// Authorized to completed: what was held goes to the merchant and to the provider.
    pub fn settle(&mut self, row: u32, at: i64) {
        let Some((card, amount, fee)) = self.release(row) else { return };
        let at = self.moment(at);
        let currency = self.currency_of(card);
        let now = &mut self.cards[card as usize];
        now.purse.total -= amount + fee;
        now.spent += amount;
        let world = self.world(currency);
        world.merchants += amount;
        world.fees += fee;
        self.mark_card_tx(row, TxStatus::Completed, at);
    }

    /// Authorized to canceled: what was held is free again, and the limits forget it.
    pub fn cancel(&mut self, row: u32, at: i64) {
        let Some((card, amount, _)) = self.release(row) else { return };
        let at = self.moment(at);
        let booked = self.card_txs[row as usize].created;
        for limit in &mut self.cards[card as usize].limits {
            if limit.window == window(limit.span, booked) {
                limit.spent = (limit.spent - amount).max(Decimal::ZERO);
            }
        }
        self.card_txs[row as usize].fee = Decimal::ZERO;
        self.mark_card_tx(row, TxStatus::Canceled, at);
    }

    fn release(&mut self, row: u32) -> Option<(u32, Decimal, Decimal)> {
        let tx = self.card_txs.get(row as usize).filter(|tx| tx.status == TxStatus::Authorized)?;
        let (card, amount, fee) = (tx.card, tx.amount, tx.fee);
        self.cards[card as usize].purse.held -= amount + fee;
        Some((card, amount, fee))
    }

    /// The merchant gives back a part of a completed purchase, or all of it. The fee is not given back.
    pub fn refund(&mut self, row: u32, amount: Decimal, at: i64) -> Result<u32, Refusal> {
        let at = self.moment(at);
        let paid = self.card_txs.get(row as usize).ok_or(Refusal::Unknown("Transaction not found"))?;
        if paid.kind != CardTxKind::Purchase || paid.status != TxStatus::Completed {
            return Err(Refusal::Conflict("Only a completed purchase can be refunded".to_owned()));
        }
        let (card, merchant) = (paid.card, paid.merchant);
        let feed = &self.cards[card as usize].feed;
        let later = feed.partition_point(|other| *other <= row);
        let back: Decimal = feed[later..]
            .iter()
            .map(|other| &self.card_txs[*other as usize])
            .filter(|other| other.parent == row)
            .map(|other| other.amount)
            .sum();
        if amount > paid.amount || back + amount > paid.amount {
            return Err(Refusal::Business("More than was paid cannot be refunded".to_owned()));
        }
        let now = &self.cards[card as usize];
        if now.closing || !matches!(now.status, CardStatus::Active | CardStatus::Frozen) {
            return Err(Refusal::Conflict(format!("Card is {}", self.state_word(card))));
        }
        self.cards[card as usize].purse.total += amount;
        let currency = self.currency_of(card);
        self.world(currency).merchants -= amount;
        Ok(self.book_card(CardTx { merchant, parent: row, ..card_row(card, amount, CardTxKind::Refund, at) }))
    }

    /// The provider charges a card.
    pub fn charge_card(&mut self, card: u32, amount: Decimal, note: &str, at: i64) -> Result<u32, Refusal> {
        let at = self.moment(at);
        let now = &self.cards[card as usize];
        if now.closing || now.status != CardStatus::Active || now.purse.available() < amount {
            return Err(Refusal::Conflict("The card cannot be charged".to_owned()));
        }
        self.cards[card as usize].purse.total -= amount;
        let currency = self.currency_of(card);
        self.world(currency).fees += amount;
        Ok(self.book_card(CardTx { description: Some(note.into()), ..card_row(card, amount, CardTxKind::Fee, at) }))
    }

    fn enough(&self, account: u32, amount: Decimal) -> Result<(), Refusal> {
        if self.accounts[account as usize].purse.available() < amount {
            return Err(Refusal::Business("Insufficient account balance".to_owned()));
        }
        Ok(())
    }

    /// The state for a sentence.
    fn state_word(&self, card: u32) -> &'static str {
        let card = &self.cards[card as usize];
        if card.closing { "being closed" } else { card.status.word() }
    }

    fn book_both(
        &mut self,
        card: u32,
        amount: Decimal,
        note: Option<&str>,
        account_kind: AccountTxKind,
        card_kind: CardTxKind,
        at: i64,
    ) -> Moved {
        let account = self.cards[card as usize].account;
        let account_row = self.book_account(AccountTx {
            card,
            description: note.map(Into::into),
            related: self.card_txs.len() as u32,
            ..plain(account, amount, account_kind, at)
        });
        let card_row = self.book_card(CardTx {
            related: account_row,
            description: note.map(Into::into),
            ..card_row(card, amount, card_kind, at)
        });
        Moved { account_row, card_row }
    }

    pub(super) fn book_account(&mut self, row: AccountTx) -> u32 {
        let at = self.account_txs.len() as u32;
        let account = &mut self.accounts[row.account as usize];
        account.account_feed.push(at);
        account.updated = row.updated;
        self.account_txs.push(row);
        self.tell(Change::AccountTx(at));
        at
    }

    fn book_card(&mut self, row: CardTx) -> u32 {
        let at = self.card_txs.len() as u32;
        let card = &mut self.cards[row.card as usize];
        card.feed.push(at);
        self.accounts[card.account as usize].card_feed.push(at);
        self.card_txs.push(row);
        self.tell(Change::CardTx(at));
        at
    }

    pub(super) fn mark_account(&mut self, row: u32, status: TxStatus, at: i64) {
        let tx = &mut self.account_txs[row as usize];
        (tx.status, tx.updated) = (status, at);
        self.accounts[tx.account as usize].updated = at;
        self.tell(Change::AccountTx(row));
    }

    fn mark_card_tx(&mut self, row: u32, status: TxStatus, at: i64) {
        let tx = &mut self.card_txs[row as usize];
        (tx.status, tx.updated) = (status, at);
        self.tell(Change::CardTx(row));
    }
}

fn plain(account: u32, amount: Decimal, kind: AccountTxKind, at: i64) -> AccountTx {
    AccountTx {
        created: at,
        updated: at,
        amount,
        description: None,
        account,
        card: NONE,
        related: NONE,
        other: NONE,
        kind,
        status: TxStatus::Completed,
    }
}

fn card_row(card: u32, amount: Decimal, kind: CardTxKind, at: i64) -> CardTx {
    CardTx {
        created: at,
        updated: at,
        amount,
        fee: Decimal::ZERO,
        description: None,
        card,
        parent: NONE,
        related: NONE,
        merchant: u16::MAX,
        kind,
        status: TxStatus::Completed,
        decline: None,
    }
}
