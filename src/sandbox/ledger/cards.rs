//! Cardholders, and the life of a card: issue, freeze, unfreeze, update, close.
//!
//! ```text
//!   creating ──▶ active ◀──▶ frozen
//!      │            └────┬─────┘
//!      ▼                 ▼ close (only when nothing is on it; takes a moment)
//!   creating_failed    closed
//! ```

use rust_decimal::Decimal;

use super::*;

/// A cardholder to be made.
#[derive(Debug, Clone)]
pub struct NewHolder {
    pub owner_id: String,
    pub first: String,
    pub last: String,
    pub email: String,
    pub phone: Option<String>,
}

/// A card to be issued.
#[derive(Debug, Clone)]
pub struct Issue {
    pub name: String,
    pub owner_id: String,
    pub physical: bool,
    pub bin: u8,
    pub limits: Vec<(Span, Decimal)>,
    /// How long the provider takes, in milliseconds, and whether it succeeds.
    pub takes: i64,
    pub works: bool,
}

/// What a card's name and limits are to become.
#[derive(Debug, Clone, Default)]
pub struct Update {
    pub name: Option<String>,
    pub limits: Option<Vec<(Span, Decimal)>>,
}

fn limits_from(asked: &[(Span, Decimal)]) -> Vec<Limit> {
    asked.iter().map(|(span, value)| Limit { span: *span, value: *value, spent: Decimal::ZERO, window: 0 }).collect()
}

impl Ledger {
    /// Makes a cardholder. Owner id, e-mail and phone are unique within the merchant.
    pub fn create_holder(&mut self, account: u32, new: NewHolder) -> Result<u32, Refusal> {
        let taken = |what: &str| Err(Refusal::Conflict(format!("A cardholder with this {what} already exists")));
        if self.owners.contains_key(&new.owner_id) {
            return taken("cardOwnerId");
        }
        let email = new.email.to_lowercase();
        if self.emails.contains(&email) {
            return taken("email");
        }
        if new.phone.as_ref().is_some_and(|phone| self.phones.contains(phone)) {
            return taken("phone");
        }
        let row = self.holders.len() as u32;
        self.emails.insert(email);
        self.phones.extend(new.phone.clone());
        self.owners.insert(new.owner_id.clone(), row);
        let NewHolder { owner_id, first, last, email, phone } = new;
        self.holders.push(Holder { owner_id, first, last, email, phone, account, cards: Vec::new() });
        Ok(row)
    }

    /// Accepts a card for issuing: it is `creating`, its fee is held, and the rest follows by [`Ledger::advance`].
    pub fn issue(&mut self, account: u32, asked: Issue, at: i64) -> Result<u32, Refusal> {
        let at = self.moment(at);
        let holder = match self.owners.get(&asked.owner_id) {
            Some(holder) => *holder,
            None => return Err(Refusal::Business("Cardholder not found".to_owned())),
        };
        let owner = &self.accounts[account as usize];
        if asked.physical && !owner.physical {
            return Err(Refusal::Business("Card type physical is not allowed for this account".to_owned()));
        }
        if !owner.bins.contains(&asked.bin) {
            return Err(Refusal::Business("BIN is not allowed for this account".to_owned()));
        }
        let fee = owner.issuing_fee;
        if owner.purse.available() < fee {
            return Err(Refusal::Business("Insufficient account balance for the issuing fee".to_owned()));
        }
        let card = self.cards.len() as u32;
        self.cards.push(Card {
            account,
            holder,
            name: asked.name.into(),
            status: CardStatus::Creating,
            closing: false,
            physical: asked.physical,
            bin: asked.bin,
            purse: Purse::default(),
            spent: Decimal::ZERO,
            limits: limits_from(&asked.limits),
            created: at,
            updated: at,
            fee_row: NONE,
            feed: Vec::new(),
        });
        self.holders[holder as usize].cards.push(card);
        let owner = &mut self.accounts[account as usize];
        owner.cards.push(card);
        owner.living += 1;
        owner.purse.held += fee;
        let row = self.book_account(AccountTx {
            created: at,
            updated: at,
            amount: fee,
            description: None,
            account,
            card,
            related: NONE,
            other: NONE,
            kind: AccountTxKind::CardIssuing,
            status: TxStatus::Pending,
        });
        self.cards[card as usize].fee_row = row;
        self.plan(at + asked.takes, Due::Issue { card, works: asked.works });
        self.tell(Change::CardState(card));
        Ok(card)
    }

    pub(super) fn finish_issue(&mut self, card: u32, works: bool, at: i64) {
        let at = self.moment(at);
        let row = self.cards[card as usize].fee_row;
        let fee = self.account_txs[row as usize].amount;
        let currency = self.currency_of(card);
        let account = self.account_of(card);
        account.purse.held -= fee;
        account.updated = at;
        if works {
            account.purse.total -= fee;
            self.world(currency).fees += fee;
        } else {
            account.living -= 1;
        }
        let (status, done) = if works {
            (CardStatus::Active, TxStatus::Completed)
        } else {
            (CardStatus::CreatingFailed, TxStatus::Canceled)
        };
        self.mark_account(row, done, at);
        self.mark_card(card, status, at);
    }

    /// Active to frozen.
    pub fn freeze(&mut self, card: u32, at: i64) -> Result<(), Refusal> {
        self.turn(card, CardStatus::Active, CardStatus::Frozen, "frozen", at)
    }

    /// Frozen to active.
    pub fn unfreeze(&mut self, card: u32, at: i64) -> Result<(), Refusal> {
        self.turn(card, CardStatus::Frozen, CardStatus::Active, "unfrozen", at)
    }

    /// Accepts a freeze, which is done `takes` milliseconds later.
    pub fn freeze_later(&mut self, card: u32, takes: i64, at: i64) -> Result<(), Refusal> {
        let at = self.moment(at);
        self.may_turn(card, CardStatus::Active, "frozen")?;
        self.plan(at + takes, Due::Turn { card, to: CardStatus::Frozen });
        Ok(())
    }

    /// Accepts an unfreeze, which is done `takes` milliseconds later.
    pub fn unfreeze_later(&mut self, card: u32, takes: i64, at: i64) -> Result<(), Refusal> {
        let at = self.moment(at);
        self.may_turn(card, CardStatus::Frozen, "unfrozen")?;
        self.plan(at + takes, Due::Turn { card, to: CardStatus::Active });
        Ok(())
    }

    fn turn(&mut self, card: u32, from: CardStatus, to: CardStatus, done: &str, at: i64) -> Result<(), Refusal> {
        let at = self.moment(at);
        self.may_turn(card, from, done)?;
        self.mark_card(card, to, at);
        Ok(())
    }

    fn may_turn(&self, card: u32, from: CardStatus, done: &str) -> Result<(), Refusal> {
        let now = &self.cards[card as usize];
        if now.closing {
            return Err(Refusal::Conflict(format!("Card is being closed and cannot be {done}")));
        }
        if now.status != from {
            return Err(Refusal::Conflict(format!("Card is {} and cannot be {done}", now.status.word())));
        }
        Ok(())
    }

    /// Accepts a close, which is done `takes` milliseconds later. Nothing may be on the card, held or not.
    pub fn close(&mut self, card: u32, takes: i64, at: i64) -> Result<(), Refusal> {
        let at = self.moment(at);
        let now = &self.cards[card as usize];
        if now.closing {
            return Err(Refusal::Conflict("Card is being closed already".to_owned()));
        }
        if !matches!(now.status, CardStatus::Active | CardStatus::Frozen) {
            return Err(Refusal::Conflict(format!("Card is {} and cannot be closed", now.status.word())));
        }
        if !now.purse.held.is_zero() {
            return Err(Refusal::Business("Card has open authorizations".to_owned()));
        }
        if !now.purse.total.is_zero() {
            return Err(Refusal::Business("Card balance is not zero, withdraw it first".to_owned()));
        }
        self.cards[card as usize].closing = true;
        self.plan(at + takes, Due::Close { card });
        Ok(())
    }

    pub(super) fn finish_close(&mut self, card: u32, at: i64) {
        let at = self.moment(at);
        self.cards[card as usize].closing = false;
        self.account_of(card).living -= 1;
        self.mark_card(card, CardStatus::Closed, at);
    }

    /// Changes name and limits. What a limit has counted so far stays with it.
    pub fn update_card(&mut self, card: u32, update: Update, at: i64) -> Result<(), Refusal> {
        let at = self.moment(at);
        let now = &mut self.cards[card as usize];
        if matches!(now.status, CardStatus::Closed | CardStatus::CreatingFailed) {
            return Err(Refusal::Conflict(format!("Card is {} and cannot be changed", now.status.word())));
        }
        if let Some(name) = update.name {
            now.name = name.into();
        }
        if let Some(asked) = update.limits {
            let mut limits = limits_from(&asked);
            for limit in &mut limits {
                if let Some(old) = now.limits.iter().find(|old| old.span == limit.span) {
                    (limit.spent, limit.window) = (old.spent, old.window);
                }
            }
            now.limits = limits;
        }
        now.updated = at;
        self.tell(Change::CardState(card));
        Ok(())
    }

    fn mark_card(&mut self, card: u32, status: CardStatus, at: i64) {
        let now = &mut self.cards[card as usize];
        now.status = status;
        now.updated = at;
        self.tell(Change::CardState(card));
    }
}
