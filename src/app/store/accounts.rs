//! Accounts: few, replaced as a whole, with balances that two kinds of reply tell.

use std::collections::{HashMap, HashSet};

use super::Store;
use crate::app::msg::{Batch, Now};

use crate::domain::account::{Account, AccountDetail, AccountStatus};
use crate::domain::field::Field;
use crate::domain::ids::AccountId;
use crate::domain::money::{Currency, Money};

/// The reading of the list that is under way, and how new each account is.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    /// Accounts that the pages of this sweep have named so far, in their order.
    named: Vec<AccountId>,
    /// Of each account, the newest request that told of it.
    asked: HashMap<AccountId, u64>,
    /// Where each account stands in the list: it is looked up for every row of every list.
    places: HashMap<AccountId, usize>,
}

impl Sweep {
    pub fn give_up(&mut self) {
        self.named.clear();
    }
}

impl Store {
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        let place = *self.account_sweep.places.get(id)?;
        self.accounts.value.get(place).filter(|account| account.id == *id)
    }

    /// A page of the list. Whether anything in it changed.
    pub(super) fn take_accounts(&mut self, now: Now, asked: u64, batch: Batch<Account>) -> bool {
        if self.accounts.is_late(asked) {
            return false;
        }
        let mut changed = false;
        for account in batch.items {
            self.account_sweep.named.push(account.id.clone());
            changed |= self.take_account(asked, account);
        }
        self.accounts.succeeded(now, asked, !batch.last);
        if batch.last && batch.short.is_none() {
            changed |= self.end_sweep(asked);
        } else if batch.last {
            // More was promised: what did not come need not be gone.
            self.account_sweep.give_up();
        }
        changed
    }

    /// Details of one account. Whether its row in the list changed.
    pub(super) fn take_detail(&mut self, now: Now, asked: u64, mut detail: AccountDetail) -> bool {
        let id = detail.account.id.clone();
        let known = self.details.entry(id.clone()).or_default();
        if known.is_late(asked) {
            return false;
        }
        let changed = self.take_account(asked, detail.account.clone());
        if let Some(account) = self.account(&id) {
            detail.account = account.clone();
        }
        let known = self.details.entry(id).or_default();
        known.value = Some(detail);
        known.succeeded(now, asked, false);
        changed
    }

    /// One account as one reply says it is. Whole, because every reply says all of it. Whether it changed.
    fn take_account(&mut self, asked: u64, account: Account) -> bool {
        let newest = self.account_sweep.asked.entry(account.id.clone()).or_default();
        if asked < *newest {
            return false;
        }
        *newest = asked;
        if let Some(Some(detail)) = self.details.get_mut(&account.id).map(|detail| detail.value.as_mut()) {
            detail.account = account.clone();
        }
        let place = self.account_sweep.places.get(&account.id).copied();
        match place.and_then(|place| self.accounts.value.get_mut(place)) {
            Some(known) if *known == account => return false,
            Some(known) => *known = account,
            None => {
                self.account_sweep.places.insert(account.id.clone(), self.accounts.value.len());
                self.accounts.value.push(account);
            }
        }
        true
    }

    /// The list was read to its end: it has these accounts, in this order, and no others. An account that a
    /// later request told of stays. Whether anything changed.
    fn end_sweep(&mut self, asked: u64) -> bool {
        let named = std::mem::take(&mut self.account_sweep.named);
        let mut places: HashMap<&AccountId, usize> = HashMap::new();
        for (at, id) in named.iter().enumerate() {
            places.entry(id).or_insert(at);
        }
        let before: Vec<AccountId> = self.accounts.value.iter().map(|account| account.id.clone()).collect();
        let newest = &self.account_sweep.asked;
        self.accounts
            .value
            .retain(|known| places.contains_key(&known.id) || newest.get(&known.id).is_some_and(|told| *told > asked));
        self.accounts.value.sort_by_key(|known| places.get(&known.id).copied().unwrap_or(usize::MAX));
        let standing = self.accounts.value.iter().enumerate();
        self.account_sweep.places = standing.map(|(at, account)| (account.id.clone(), at)).collect();
        let left: HashSet<&AccountId> = self.accounts.value.iter().map(|account| &account.id).collect();
        self.account_sweep.asked.retain(|id, _| left.contains(id));
        self.details.retain(|id, detail| left.contains(id) || detail.pending || detail.value.is_none());
        !before.iter().eq(self.accounts.value.iter().map(|account| &account.id))
    }
}

/// Sums by currency; see [`Store::available`]. An account that does not exist yet, or never came to, has
/// nothing to spend when it says nothing; one that names neither currency nor amount belongs to no sum.
pub(super) fn available(accounts: &[Account]) -> Vec<(Currency, Option<Money>)> {
    let mut sums: Vec<(Currency, Option<Money>)> = Vec::new();
    for account in accounts {
        let unborn = matches!(account.status, AccountStatus::Creating | AccountStatus::CreatingFailed);
        if unborn && account.available == Field::Absent {
            continue;
        }
        let available = account.available.known().copied();
        let Some(currency) = account.currency.or(available.map(|money| money.currency())) else { continue };
        match sums.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, sum)) => *sum = sum.zip(available).and_then(|(sum, more)| sum.checked_add(&more)),
            None => sums.push((currency, available.filter(|money| money.currency() == currency))),
        }
    }
    sums
}
