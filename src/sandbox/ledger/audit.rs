//! Whether the books are right: nothing made, nothing lost, nothing held that is not open, and a history
//! that adds up to every balance.

use rust_decimal::Decimal;

use super::*;

/// What does not add up, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Breach(pub String);

impl Ledger {
    /// Money is conserved: for each currency, accounts, cards and the world add up to zero, and no purse
    /// holds more than is in it or less than nothing.
    pub fn conserved(&self) -> Result<(), Breach> {
        let mut sums: BTreeMap<Currency, Decimal> = self
            .outside
            .iter()
            .map(|(currency, world)| (*currency, world.funding + world.merchants + world.fees))
            .collect();
        let accounts = self.accounts.iter().map(|account| (account.currency, account.purse, account.name.as_str()));
        let cards = (0u32..).zip(&self.cards).map(|(at, card)| (self.currency_of(at), card.purse, &*card.name));
        for (currency, purse, name) in accounts.chain(cards) {
            *sums.entry(currency).or_default() += purse.total;
            if purse.held < Decimal::ZERO || purse.held > purse.total {
                return Err(Breach(format!("{name} has {} and holds {}", purse.total, purse.held)));
            }
        }
        match sums.iter().find(|(_, sum)| !sum.is_zero()) {
            Some((currency, sum)) => Err(Breach(format!("{sum} {currency} came from nowhere"))),
            None => Ok(()),
        }
    }

    /// History adds up: every balance and every hold is the sum of its rows, and every feed is in order.
    pub fn audit(&self) -> Result<(), Breach> {
        self.conserved()?;
        let mut accounts = vec![Purse::default(); self.accounts.len()];
        for row in &self.account_txs {
            let purse = &mut accounts[row.account as usize];
            match (row.status, row.kind) {
                (TxStatus::Pending, _) => purse.held += row.amount,
                (TxStatus::Completed, AccountTxKind::Payin) => purse.total += row.amount,
                (TxStatus::Completed, _) => purse.total -= row.amount,
                _ => {}
            }
        }
        let mut cards = vec![Purse::default(); self.cards.len()];
        for row in &self.card_txs {
            let purse = &mut cards[row.card as usize];
            match (row.status, row.kind) {
                (TxStatus::Authorized, _) => purse.held += row.amount + row.fee,
                (TxStatus::Completed, CardTxKind::TopUp | CardTxKind::Refund) => purse.total += row.amount,
                (TxStatus::Completed, _) => purse.total -= row.amount + row.fee,
                _ => {}
            }
        }
        // What is held is still in the purse: only completed rows move the total.
        for (account, summed) in self.accounts.iter().zip(&accounts) {
            same(&account.name, account.purse, *summed)?;
        }
        for (card, summed) in self.cards.iter().zip(&cards) {
            same(&card.name, card.purse, *summed)?;
        }
        let orderly = self.card_txs.is_sorted_by_key(|row| row.created)
            && self.account_txs.is_sorted_by_key(|row| row.created)
            && self.cards.iter().all(|card| card.feed.is_sorted())
            && self.cards.iter().map(|card| card.feed.len()).sum::<usize>() == self.card_txs.len()
            && self.accounts.iter().map(|account| account.card_feed.len()).sum::<usize>() == self.card_txs.len()
            && self.accounts.iter().map(|account| account.account_feed.len()).sum::<usize>() == self.account_txs.len();
        if orderly { Ok(()) } else { Err(Breach("a feed is out of order or misses rows".to_owned())) }
    }
}

fn same(name: &str, kept: Purse, summed: Purse) -> Result<(), Breach> {
    if kept == summed {
        return Ok(());
    }
    Err(Breach(format!(
        "{name} has {} and holds {}, its history says {} and {}",
        kept.total, kept.held, summed.total, summed.held
    )))
}
