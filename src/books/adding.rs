//! Adding up the rows of one account or card: what is booked, what is held, and what cannot be counted.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::pairs::Pairs;
use super::{Counter, Entry};
use crate::domain::field::Field;
use crate::domain::money::Currency;
use crate::domain::transaction::{Direction, Transaction, TransactionKind, TransactionStatus};

/// A purse while it is added up.
pub(super) struct Adding {
    pub(super) currency: Option<Currency>,
    pub(super) all: Vec<Entry>,
    /// Amounts of authorized rows, fees included: held, not booked.
    pub(super) held: Decimal,
    /// Rows that could not be counted, by why.
    pub(super) lost: BTreeMap<String, usize>,
}

impl Adding {
    pub(super) fn new(currency: Option<Currency>) -> Adding {
        Adding { currency, all: Vec::new(), held: Decimal::ZERO, lost: BTreeMap::new() }
    }

    fn lose(&mut self, why: impl Into<String>) {
        *self.lost.entry(why.into()).or_default() += 1;
    }

    /// Takes a row in.
    pub(super) fn take(&mut self, row: &Transaction, pairs: &Pairs) {
        let open = match &row.status {
            TransactionStatus::Declined | TransactionStatus::Canceled => return,
            TransactionStatus::Completed => false,
            TransactionStatus::Authorized | TransactionStatus::Pending => true,
            TransactionStatus::Other(word) => return self.lose(format!("whose state is {word}")),
        };
        let amount = match self.amount(row) {
            Ok(amount) => amount,
            Err(_) if open => return,
            Err(why) => return self.lose(why),
        };
        let fee = match self.fee(row) {
            Ok(fee) => fee,
            Err(_) if open => return,
            Err(why) => return self.lose(why),
        };
        if open {
            if amount.is_sign_negative() {
                self.held += fee - amount;
            }
            return;
        }
        let Field::Known(at) = row.created_at else { return self.lose("without a time") };
        let pair = pairs.of(row);
        let entry = Entry {
            id: row.id.to_string(),
            at,
            kind: row.kind.clone(),
            amount,
            counter: counter(row, pair.is_some()),
            text: row.merchant.clone().or_else(|| row.description().cloned()),
            is_inferred: pair.is_some_and(|pair| pair.is_inferred),
        };
        if !fee.is_zero() {
            let counter = Counter::Fees("purchases");
            let id = format!("{}-fee", entry.id);
            let fee = Entry { id, amount: -fee, counter, kind: TransactionKind::Fee, ..entry.clone() };
            self.all.push(fee);
        }
        self.all.push(entry);
    }

    /// What the balance changes by; in another currency than the purse's it is what was settled.
    fn amount(&mut self, row: &Transaction) -> Result<Decimal, String> {
        let Field::Known(signed) = row.signed() else { return Err("whose amount is not known".into()) };
        let currency = *self.currency.get_or_insert(signed.currency());
        let settled = row.costs.as_ref().and_then(|costs| costs.settlement.known().copied());
        let amount = match (signed.currency() == currency, settled) {
            (true, _) => signed.amount(),
            (false, Some(settled)) if settled.currency() == currency => match row.direction() {
                Some(Direction::Out) => -settled.amount().abs(),
                _ => settled.amount(),
            },
            (false, _) => return Err(format!("in {} and not in {currency}", signed.currency())),
        };
        match row.direction() {
            None if !amount.is_sign_negative() => Err(format!("of the kind {}, which may be in or out", row.kind)),
            _ => Ok(amount),
        }
    }

    fn fee(&self, row: &Transaction) -> Result<Decimal, String> {
        match row.costs.as_ref().map(|costs| &costs.fee) {
            None | Some(Field::Absent) => Ok(Decimal::ZERO),
            Some(Field::Unreadable) => Err("whose fee cannot be read".into()),
            Some(Field::Known(fee)) if Some(fee.currency()) == self.currency || fee.is_zero() => Ok(fee.amount().abs()),
            Some(Field::Known(fee)) => Err(format!("whose fee is in {}", fee.currency())),
        }
    }
}

fn counter(row: &Transaction, is_paired: bool) -> Counter {
    match &row.kind {
        TransactionKind::Purchase | TransactionKind::Refund => Counter::Merchants,
        TransactionKind::Fee => Counter::Fees("cards"),
        TransactionKind::CardIssuing => Counter::Fees("issuing"),
        TransactionKind::TransferFee => Counter::Fees("transfers"),
        _ if is_paired => Counter::Moves,
        TransactionKind::PayIn | TransactionKind::Withdrawal | TransactionKind::TopUp => Counter::Outside,
        TransactionKind::Transfer => Counter::Moves,
        TransactionKind::Other(_) => Counter::Unknown,
    }
}
