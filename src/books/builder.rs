//! Builds the ledger of one account or card from its transactions: what is booked, what is held, and what cannot be
//! counted.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::pairs::{self, Pairs};
use super::{CounterAccount, Entry};
use crate::domain::field::Field;
use crate::domain::ids::AccountId;
use crate::domain::money::{Currency, exact_add};
use crate::domain::transaction::{Direction, Transaction, TransactionKind, TransactionStatus};

/// A ledger while it is added up.
#[derive(Debug)]
pub(super) struct LedgerBuilder {
    /// The account it belongs to, as far as that is known.
    pub(super) account: Option<AccountId>,
    pub(super) currency: Option<Currency>,
    pub(super) entries: Vec<Entry>,
    /// Money out of authorized and pending rows, fees included: held, not booked. `None`: more digits than can be added up.
    pub(super) held: Option<Decimal>,
    /// Authorized and pending rows of which it is not known what they hold.
    pub(super) held_unknown: usize,
    /// Authorized and pending rows.
    pub(super) open: usize,
    /// Rows that are not booked, by why: a phrase that follows "3 transactions".
    pub(super) skipped: BTreeMap<String, usize>,
}

impl LedgerBuilder {
    pub(super) fn new(account: Option<AccountId>, currency: Option<Currency>) -> LedgerBuilder {
        LedgerBuilder {
            account,
            currency,
            entries: Vec::new(),
            held: Some(Decimal::ZERO),
            held_unknown: 0,
            open: 0,
            skipped: BTreeMap::new(),
        }
    }

    /// Whether no row says anything of it.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.skipped.is_empty() && self.open == 0
    }

    fn skip(&mut self, why: impl Into<String>) {
        *self.skipped.entry(why.into()).or_default() += 1;
    }

    pub(super) fn add(&mut self, row: &Transaction, pairs: &Pairs) {
        match &row.status {
            TransactionStatus::Declined | TransactionStatus::Canceled => {}
            TransactionStatus::Completed => self.book(row, pairs),
            TransactionStatus::Authorized | TransactionStatus::Pending => self.hold(row),
            TransactionStatus::Other(word) => self.skip(format!("in the unknown state {word}")),
        }
    }

    /// An open row holds what it will take; one that brings money holds nothing.
    fn hold(&mut self, row: &Transaction) {
        self.open += 1;
        let (Ok(amount), Ok(fee)) = (self.amount(row), self.fee(row)) else {
            self.held_unknown += 1;
            return;
        };
        if amount.is_sign_negative() {
            self.held = self.held.and_then(|held| exact_add(held, fee)).and_then(|held| exact_add(held, -amount));
        }
    }

    fn book(&mut self, row: &Transaction, pairs: &Pairs) {
        let (amount, fee) = match self.amount(row).and_then(|amount| Ok((amount, self.fee(row)?))) {
            Ok(both) => both,
            Err(why) => return self.skip(why),
        };
        let Field::Known(at) = row.created_at else { return self.skip("without a readable time") };
        let pair = pairs.of(row);
        let entry = Entry {
            id: row.id.to_string(),
            row: pairs::key(row),
            at,
            kind: row.kind.clone(),
            amount,
            balance: Decimal::ZERO,
            counter: counter(row, pair.is_some()),
            text: row.merchant.clone().or_else(|| row.description().cloned()),
            is_inferred: pair.is_some_and(|pair| pair.is_inferred),
        };
        if !fee.is_zero() {
            let counter = CounterAccount::Fees("purchases");
            let id = format!("{}-fee", entry.id);
            let fee = Entry { id, amount: -fee, counter, kind: TransactionKind::Fee, ..entry.clone() };
            self.entries.push(fee);
        }
        self.entries.push(entry);
    }

    /// What the balance changes by; in another currency than the ledger's it is what was settled.
    fn amount(&mut self, row: &Transaction) -> Result<Decimal, String> {
        let Field::Known(amount) = row.amount else { return Err("without a readable amount".into()) };
        let currency = *self.currency.get_or_insert(amount.currency());
        let settled = row.costs.as_ref().and_then(|costs| costs.settlement.known().copied());
        let size = match (amount.currency() == currency, settled) {
            (true, _) => amount.amount().abs(),
            (false, Some(settled)) if settled.currency() == currency => settled.amount().abs(),
            (false, _) => return Err(format!("in {} without a settlement in {currency}", amount.currency())),
        };
        match row.flow() {
            Some(Direction::Out) => Ok(-size),
            Some(Direction::In) => Ok(size),
            None if row.contradicts_itself() => {
                Err(format!("of the kind {} with a minus that contradicts it", row.kind))
            }
            None => Err(format!("of the kind {}, which may be money in or out,", row.kind)),
        }
    }

    fn fee(&self, row: &Transaction) -> Result<Decimal, String> {
        match row.costs.as_ref().map(|costs| &costs.fee) {
            None | Some(Field::Absent) => Ok(Decimal::ZERO),
            Some(Field::Unreadable) => Err("with a fee that cannot be read".into()),
            Some(Field::Known(fee)) if Some(fee.currency()) == self.currency || fee.is_zero() => Ok(fee.amount().abs()),
            Some(Field::Known(fee)) => Err(format!("with a fee in {}", fee.currency())),
        }
    }
}

fn counter(row: &Transaction, is_paired: bool) -> CounterAccount {
    match &row.kind {
        TransactionKind::Purchase | TransactionKind::Refund => CounterAccount::Merchants,
        TransactionKind::Fee => CounterAccount::Fees("cards"),
        TransactionKind::CardIssuing => CounterAccount::Fees("issuing"),
        TransactionKind::TransferFee => CounterAccount::Fees("transfers"),
        _ if is_paired => CounterAccount::Moves,
        TransactionKind::PayIn | TransactionKind::Withdrawal | TransactionKind::TopUp => CounterAccount::Outside,
        TransactionKind::Transfer => CounterAccount::Moves,
        TransactionKind::Other(_) => CounterAccount::Unknown,
    }
}
