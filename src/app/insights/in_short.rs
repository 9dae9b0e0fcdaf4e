//! What all accounts together are, in short: how much is held, and whose money needs looking at first.
//!
//! There may be a hundred thousand accounts: it is worked out once for each change, when it is looked at, and not for each
//! frame.

use std::sync::Arc;

use chrono::NaiveDate;

use super::runway::Runway;
use super::{Insights, runway_of};
use crate::app::msg::Setup;
use crate::app::store::{Reach, Store};
use crate::app::thresholds;
use crate::domain::ids::AccountId;
use crate::domain::totals::Balances;

/// Most accounts that are named.
pub const MOST: usize = 50;

/// An account that is low, or whose money lasts for a known time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    pub id: AccountId,
    /// Days that its money lasts, and how many days that rests on.
    pub days: Option<(u64, usize)>,
    pub is_low: bool,
}

/// What is said of all accounts.
#[derive(Debug, Default)]
pub struct InShort {
    /// The shortest first; of the same length in the order of the list.
    pub accounts: Vec<Short>,
    /// How many such accounts there are in all.
    pub all: usize,
    /// How many of them are low.
    pub low: usize,
    pub held: Balances,
}

/// What was worked out, and the day and reach it was worked out for.
pub(super) type Kept = (NaiveDate, Reach, Arc<InShort>);

impl Insights {
    /// What all accounts are in short, worked out anew where anything it rests on is another.
    pub fn in_short(&self, store: &Store, setup: &Setup, today: NaiveDate) -> Arc<InShort> {
        let reach = store.reach_of_both();
        let mut kept = self.short.borrow_mut();
        match &*kept {
            Some((day, known, short)) if (*day, *known) == (today, reach) => Arc::clone(short),
            _ => {
                let short = Arc::new(self.look_at_all(store, setup, today));
                *kept = Some((today, reach, Arc::clone(&short)));
                short
            }
        }
    }

    fn look_at_all(&self, store: &Store, setup: &Setup, today: NaiveDate) -> InShort {
        let mut short =
            InShort { held: Balances::of(store.accounts.value.iter().map(|one| one.held)), ..InShort::default() };
        for account in &store.accounts.value {
            // An account that gave nothing lasts for no known time.
            let gave = self.ledger.account(&account.id).is_some();
            let runway = gave.then(|| runway_of(self, store, &setup.zone, account, today)).flatten();
            let days = match runway {
                Some(Runway::Lasts { days, sample, .. }) => Some((days, sample)),
                _ => None,
            };
            let is_low = thresholds::low(&account.available, setup).is_some();
            short.low += usize::from(is_low);
            if days.is_some() || is_low {
                short.accounts.push(Short { id: account.id.clone(), days, is_low });
            }
        }
        short.all = short.accounts.len();
        short.accounts.sort_by_key(|one| one.days.map_or(u64::MAX, |(days, _)| days));
        short.accounts.truncate(MOST);
        short
    }
}
