//! Accounts: few, replaced as a whole, with balances that two kinds of reply tell.

use std::collections::{HashMap, HashSet};

use super::Store;
use super::card_lists::{CardLists, part};
use crate::app::msg::{Batch, Now, Topic};
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
    sums: Sums,
    /// Counts whatever is said of accounts and is not only an amount: names, states, which there are, their order.
    revision: u64,
}

/// What is available in each currency, kept up to date account by account: there may be a hundred thousand, and the
/// header shows it after every message.
#[derive(Debug, Default)]
struct Sums(Vec<Sum>);

#[derive(Debug)]
struct Sum {
    currency: Currency,
    accounts: usize,
    /// Accounts whose amount cannot be read.
    unknown: usize,
    /// Of those whose amount is known; `None` when it is too large.
    known: Option<Money>,
}

/// What an account adds to which sum: a known amount, or one that cannot be read. `None`: it belongs to no sum. An
/// account that does not exist yet, or never came to, has nothing to spend when it says nothing; one that names neither
/// currency nor amount belongs to no sum.
fn part_of(account: &Account) -> Option<(Currency, Option<Money>)> {
    let unborn = matches!(account.status, AccountStatus::Creating | AccountStatus::CreatingFailed);
    if unborn && account.available == Field::Absent {
        return None;
    }
    let available = account.available.known().copied();
    let currency = account.currency.or(available.map(|money| money.currency()))?;
    Some((currency, available.filter(|money| money.currency() == currency)))
}

impl Sums {
    fn of(accounts: &[Account]) -> Sums {
        let mut sums = Sums::default();
        accounts.iter().for_each(|account| sums.add(account));
        sums
    }

    fn add(&mut self, account: &Account) {
        let Some((currency, amount)) = part_of(account) else { return };
        let at = self.0.iter().position(|sum| sum.currency == currency).unwrap_or_else(|| {
            self.0.push(Sum { currency, accounts: 0, unknown: 0, known: Some(Money::zero(currency)) });
            self.0.len() - 1
        });
        let Some(sum) = self.0.get_mut(at) else { return };
        sum.accounts += 1;
        match amount {
            // The first one gives the sum its scale.
            Some(amount) if sum.accounts - sum.unknown == 1 => sum.known = Some(amount),
            Some(amount) => sum.known = sum.known.and_then(|known| known.checked_add(&amount)),
            None => sum.unknown += 1,
        }
    }

    /// An account says something else now. `false`: more than one amount became another, and all is to be added up
    /// anew.
    fn replace(&mut self, before: &Account, after: &Account) -> bool {
        match (part_of(before), part_of(after)) {
            (before, after) if before == after => true,
            (Some((one, Some(less))), Some((other, Some(more)))) if one == other => {
                // The scale of a sum is that of its most exact part, which may be the one that goes.
                let scale = less.amount().scale() <= more.amount().scale();
                let Some(sum) = self.0.iter_mut().find(|sum| sum.currency == one).filter(|_| scale) else {
                    return false;
                };
                sum.known = sum.known.and_then(|known| known.checked_sub(&less)?.checked_add(&more));
                sum.known.is_some()
            }
            _ => false,
        }
    }

    fn shown(&self) -> Vec<(Currency, Option<Money>)> {
        self.0.iter().map(|sum| (sum.currency, sum.known.filter(|_| sum.unknown == 0))).collect()
    }
}

impl Sweep {
    pub fn give_up(&mut self) {
        self.named.clear();
    }
}

impl Store {
    /// What can be spent in each currency, in the order of the first account that has it. `None` when the
    /// amount of one of its accounts cannot be read: a part is not shown as the whole.
    pub fn available(&self) -> Vec<(Currency, Option<Money>)> {
        self.account_sweep.sums.shown()
    }

    /// Another number whenever names, states, the order of accounts or which there are became others.
    pub fn accounts_revision(&self) -> u64 {
        self.account_sweep.revision
    }

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
        let sweep = &mut self.account_sweep;
        match place.and_then(|place| self.accounts.value.get_mut(place)) {
            Some(known) if *known == account => return false,
            Some(known) => {
                let added = sweep.sums.replace(known, &account);
                let same = known.name == account.name && known.status == account.status;
                sweep.revision += u64::from(!same || known.currency != account.currency);
                self.card_lists.promises(known.cards, account.cards);
                *known = account;
                if !added {
                    sweep.sums = Sums::of(&self.accounts.value);
                }
            }
            None => {
                sweep.places.insert(account.id.clone(), self.accounts.value.len());
                sweep.sums.add(&account);
                sweep.revision += 1;
                let read = part(&self.progress, &Topic::Cards(account.id.clone()));
                self.card_lists.add(&account.id, account.cards, &read);
                self.accounts.value.push(account);
            }
        }
        true
    }

    /// The list was read to its end: it has these accounts, in this order, and no others. An account that a
    /// later request told of stays. Whether anything changed.
    fn end_sweep(&mut self, asked: u64) -> bool {
        let named = std::mem::take(&mut self.account_sweep.named);
        // Nearly always it is the list that was there, in the order it was there; pages may repeat rows behind that.
        let known = self.accounts.value.len();
        let (listed, repeated) = named.split_at(known.min(named.len()));
        let is_as_before = listed.iter().eq(self.accounts.value.iter().map(|account| &account.id));
        if is_as_before && repeated.iter().all(|id| self.account_sweep.places.contains_key(id)) {
            return false;
        }
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
        self.account_sweep.sums = Sums::of(&self.accounts.value);
        self.account_sweep.revision += 1;
        self.card_lists = CardLists::default();
        for account in &self.accounts.value {
            let read = part(&self.progress, &Topic::Cards(account.id.clone()));
            self.card_lists.add(&account.id, account.cards, &read);
        }
        !before.iter().eq(self.accounts.value.iter().map(|account| &account.id))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::app::store::tests::account;

    fn money() -> impl Strategy<Value = Field<Money>> {
        let known =
            (prop::sample::select(vec!["USD", "EUR"]), -5_000i64..5_000, 2u32..4).prop_map(|(code, amount, scale)| {
                Field::Known(Money::new(Decimal::new(amount, scale), Currency::parse(code).unwrap()))
            });
        prop_oneof![4 => known, 1 => Just(Field::Absent), 1 => Just(Field::Unreadable)]
    }

    proptest! {
        /// Whatever is said of accounts, one after the other: the sums are those of adding all of them up, written alike.
        #[test]
        fn sums_that_are_kept_are_those_of_adding_up(
            said in prop::collection::vec((0usize..6, money(), any::<bool>(), any::<bool>()), 1..40),
        ) {
            let mut store = Store::default();
            for (asked, (at, available, unborn, named)) in (1u64..).zip(said) {
                let mut one = account(&format!("a{at}"), available);
                one.status = if unborn { AccountStatus::Creating } else { AccountStatus::Active };
                one.currency = named.then_some(Currency::USD);
                store.take_account(asked, one);
                let anew = Sums::of(&store.accounts.value).shown();
                prop_assert_eq!(format!("{:?}", store.available()), format!("{anew:?}"));
            }
        }
    }
}
