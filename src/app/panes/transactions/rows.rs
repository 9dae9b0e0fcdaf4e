//! Which transactions the list has, and how they compare: what its index is kept by. Does not know how rows are drawn.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{By, subject};
use crate::app::filter::{OfTransaction, Prepared, Query};
use crate::app::panes::order;
use crate::app::panes::sort_keys::SortKeys;
use crate::app::sort_columns::Sort;
use crate::app::store::{Scope, Store, TxRow};
use crate::app::ui::row_index::{Arrivals, RowSource, sort_by_comparing, sort_by_keys};
use crate::domain::card::LastFour;
use crate::domain::transaction::{Transaction, TransactionKind, TransactionStatus};

/// Of more rows than this the fuzzy pass is made after the frame that says that nothing is as typed.
const MANY: usize = 200_000;

fn compare(store: &Store, by: By, a: TxRow, b: TxRow) -> Ordering {
    let newest_first = || {
        let (x, y) = (store.transactions.get(a), store.transactions.get(b));
        y.created_at.known().cmp(&x.created_at.known()).then_with(|| y.id.cmp(&x.id))
    };
    compare_by(store, by, a, b).then_with(newest_first)
}

/// Compares what stands in one column.
pub(in crate::app::panes) fn compare_by(store: &Store, by: By, a: TxRow, b: TxRow) -> Ordering {
    let (x, y) = (store.transactions.get(a), store.transactions.get(b));
    match by {
        By::Time => Ordering::Equal,
        By::Kind => x.kind.cmp(&y.kind),
        By::Merchant => order::texts(subject(x), subject(y)),
        By::Amount => order::amounts(&x.signed(), &y.signed()),
        By::Status => x.status.cmp(&y.status),
        By::Card => card_key(store, x).cmp(&card_key(store, y)),
        By::Account => order::texts(account_name(store, x), account_name(store, y)),
    }
}

fn rank(store: &Store, by: By, row: TxRow) -> u64 {
    let row = store.transactions.get(row);
    match by {
        By::Time => 0,
        By::Kind => TransactionKind::KNOWN.iter().position(|known| *known == row.kind).unwrap_or(usize::MAX) as u64,
        By::Merchant => order::text_rank(subject(row)),
        By::Amount => order::amount_rank(&row.signed()),
        By::Status => {
            TransactionStatus::KNOWN.iter().position(|known| *known == row.status).unwrap_or(usize::MAX) as u64
        }
        By::Card => order::text_rank(four(store, row).as_ref().map(LastFour::as_str)),
        By::Account => order::text_rank(account_name(store, row)),
    }
}

/// The last four of a row's card; `None` where it has none, or the card was not read.
fn four(store: &Store, row: &Transaction) -> Option<LastFour> {
    row.card.as_ref().and_then(|id| store.card(id))?.number.last_four
}

/// What stands in the order of cards: another for each card, and one for all rows of none.
fn card_key<'a>(store: &Store, row: &'a Transaction) -> impl Ord + use<'a> {
    let four = four(store, row);
    (row.card.is_none(), four.is_none(), four, row.card.as_ref())
}

fn account_name<'a>(store: &'a Store, row: &Transaction) -> Option<&'a str> {
    row.account.as_ref().and_then(|id| store.account(id)).map(|account| account.name.as_str())
}

/// What an order rests on that is not of the transactions themselves.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Basis {
    numbers: u64,
    accounts: u64,
}

impl Basis {
    pub(super) fn of(store: &Store, by: By) -> Basis {
        match by {
            By::Card => Basis { numbers: store.cards.numbers(), ..Basis::default() },
            By::Account => Basis { accounts: store.accounts_revision(), ..Basis::default() },
            By::Time | By::Kind | By::Merchant | By::Amount | By::Status => Basis::default(),
        }
    }
}

/// The rows of a scope; those of a person card by card, in no order among each other.
fn rows_of<'a>(store: &'a Store, scope: &'a Scope) -> Box<dyn Iterator<Item = TxRow> + 'a> {
    match scope {
        Scope::Holder(holder) => Box::new(store.lists_of_holder(holder).flat_map(|list| list.iter())),
        scope => Box::new(store.transactions.newest(scope).iter()),
    }
}

/// Whether a row belongs to a list and its filter leaves it there.
pub fn fits(store: &Store, scope: &Scope, query: &Query, row: &Transaction) -> bool {
    let in_scope = match scope {
        Scope::All => true,
        Scope::Account(id) => row.account.as_ref() == Some(id),
        Scope::Card(id) => row.card.as_ref() == Some(id),
        Scope::Holder(id) => {
            let card = row.card.as_ref().and_then(|card| store.card(card));
            card.is_some_and(|card| card.holder_id.as_ref() == Some(id))
        }
    };
    in_scope && (query.is_empty() || query.matches(&OfTransaction(store, row)))
}

/// Whether any row of the scope has an id that holds this part.
fn has_id(store: &Store, scope: &Scope, part: &str) -> bool {
    let all = || rows_of(store, scope).collect::<Vec<_>>();
    store.transactions.may_have_id(part) && !Prepared::new(store, &Query::of_id(part), 0).filter(&all()).is_empty()
}

/// The transactions of a scope.
pub(super) struct TransactionSource<'a> {
    pub(super) store: &'a Store,
    pub(super) scope: &'a Scope,
    pub(super) sort: Sort<By>,
}

impl RowSource for TransactionSource<'_> {
    type Row = TxRow;

    fn all(&self) -> Cow<'_, [TxRow]> {
        rows_of(self.store, self.scope).collect()
    }

    fn filter(&self, query: &Query, rows: &[TxRow]) -> Vec<TxRow> {
        Prepared::new(self.store, query, rows.len()).filter(rows)
    }

    fn sort(&self, rows: Vec<TxRow>) -> Vec<TxRow> {
        let (store, by) = (self.store, self.sort.by);
        if let Scope::Holder(_) = self.scope {
            return sort_by_comparing(rows, |row| rank(store, by, row), |a, b| compare(store, by, *a, *b));
        }
        let keys = SortKeys::new(store, by, &rows);
        sort_by_keys(&rows, |row| keys.of(row), |a, b| compare(store, by, *a, *b))
    }

    /// The store has the newest first; the rows of a person it has card by card.
    fn is_in_order(&self) -> bool {
        self.sort.by == By::Time && !matches!(self.scope, Scope::Holder(_))
    }

    fn is_turned(&self) -> bool {
        self.sort.turned
    }

    fn has_id(&self, part: &str) -> bool {
        has_id(self.store, self.scope, part)
    }

    fn defers_fuzzy(&self) -> bool {
        self.store.rows_in(self.scope) > MANY
    }
}

impl Arrivals for TransactionSource<'_> {
    fn holds(&self, query: &Query, row: &TxRow) -> bool {
        fits(self.store, self.scope, query, self.store.transactions.get(*row))
    }

    fn compare(&self, a: &TxRow, b: &TxRow) -> Ordering {
        compare(self.store, self.sort.by, *a, *b)
    }
}
