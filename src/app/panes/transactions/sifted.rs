//! Which transactions the list has, and in which order: sorted once, then kept so under a filter and under arrivals.
//!
//! Does not know how rows are drawn.

use std::cmp::Ordering;

use super::{By, TransactionsPane, subject};
use crate::app::filter::{OfTransaction, Prepared, Query};
use crate::app::list::Sorted;
use crate::app::panes::order;
use crate::app::panes::ranks::Ranks;
use crate::app::store::{Changes, Scope, Store, TxRow};
use crate::domain::card::LastFour;
use crate::domain::transaction::{Transaction, TransactionKind, TransactionStatus};

/// Of more rows than this, letters in their order are looked for after the frame that says that nothing is as typed.
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
    fn of(store: &Store, by: By) -> Basis {
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

impl TransactionsPane {
    /// Sorts anew: the column, or what the list is about, is another.
    pub fn arrange(&mut self, store: &Store, scope: &Scope) {
        self.whole = None;
        self.order(store, scope);
        self.letters_due = self.can_be_fuzzy();
        self.look_by_letters(store, scope);
    }

    /// The rows that the query leaves, in order.
    fn order(&mut self, store: &Store, scope: &Scope) {
        let by = self.sort.by;
        let query = self.filter.query();
        let is_store_order = by == By::Time && !matches!(scope, Scope::Holder(_));
        self.letters_due = false;
        self.found = query.clone();
        self.findable = store.cards.findable();
        let fitting = |rows: &[TxRow]| Prepared::new(store, query, rows.len()).filter(rows);
        if query.is_empty() && (is_store_order || self.whole.is_some()) {
            self.sorted = self.whole.take();
            return;
        }
        if let Some(whole) = &self.whole {
            self.sorted = Some(Sorted::in_order(fitting(whole.rows())));
            return;
        }
        let all: Vec<TxRow> = rows_of(store, scope).collect();
        let rows = if query.is_empty() { all } else { fitting(&all) };
        self.basis = Basis::of(store, by);
        self.sorted = Some(match (by, scope) {
            _ if is_store_order => Sorted::in_order(rows),
            (_, Scope::Holder(_)) => {
                Sorted::new(rows.into_iter(), |row| rank(store, by, row), |a, b| compare(store, by, a, b))
            }
            _ => {
                let ranks = Ranks::new(store, by, &rows);
                Sorted::ranked(&rows, |row| ranks.of(row), |a, b| compare(store, by, a, b))
            }
        });
    }

    /// Takes in that the filter is another one.
    pub fn sift(&mut self, store: &Store, scope: &Scope) {
        if self.found == *self.filter.query() {
            return;
        }
        if self.found.is_empty() {
            self.whole = self.sorted.take();
        }
        let mut narrower = self.filter.query().narrows(&self.found);
        if let Some(word) = self.filter.query().grown(&self.found)
            && !has_id(store, scope, word)
        {
            narrower = true;
            if self.found.fuzzy {
                self.filter.go_fuzzy();
            }
        }
        let query = self.filter.query();
        match self.sorted.as_mut().filter(|_| narrower) {
            // Typed on: what did not match before does not match now.
            Some(sorted) => {
                let rows = sorted.rows();
                *sorted = Sorted::in_order(Prepared::new(store, query, rows.len()).filter(rows));
                self.found = query.clone();
            }
            None => self.order(store, scope),
        }
        self.letters_due = self.can_be_fuzzy();
        if store.rows_in(scope) <= MANY {
            self.look_by_letters(store, scope);
        }
    }

    fn can_be_fuzzy(&self) -> bool {
        self.sorted.as_ref().is_some_and(|sorted| sorted.rows().is_empty()) && self.filter.query().can_be_fuzzy()
    }

    /// Whether rows are still to be asked for the letters in their order.
    pub fn are_letters_due(&self) -> bool {
        self.letters_due
    }

    /// Asks them, if that is due; whether it was.
    pub fn look_by_letters(&mut self, store: &Store, scope: &Scope) -> bool {
        if !std::mem::take(&mut self.letters_due) {
            return false;
        }
        self.filter.go_fuzzy();
        self.order(store, scope);
        true
    }

    /// Keeps order and count up to date with what a reply changed.
    pub fn take(&mut self, store: &Store, scope: &Scope, changes: &Changes) {
        let query = self.filter.query();
        let ours = |row: &&TxRow| fits(store, scope, query, store.transactions.get(**row));
        if !changes.transactions_bulk && (self.paused || !self.cursor.is_at_top()) {
            self.unseen += changes.transactions_new.iter().filter(ours).count();
        }
        let by = self.sort.by;
        let Some(sorted) = &mut self.sorted else { return };
        // Rows are also found by their card and its holder.
        let of_cards = changes.holders || self.findable != store.cards.findable();
        let of_cards = of_cards && (!query.is_empty() || matches!(scope, Scope::Holder(_)));
        let moved = self.basis != Basis::of(store, by);
        let touched = || changes.transactions_changed.iter().chain(&changes.transactions_new);
        // Rows are found by letters alone only while none is as typed.
        let typed = query.fuzzy.then(|| query.clone().with_fuzzy(false));
        let as_typed =
            |row: &TxRow| typed.as_ref().is_some_and(|typed| fits(store, scope, typed, store.transactions.get(*row)));
        if changes.transactions_changed.len() > 16 || of_cards || moved || touched().any(as_typed) {
            self.filter.as_typed();
            self.arrange(store, scope);
            return;
        }
        let put = |sorted: &mut Sorted<TxRow>, query: &Query| {
            let fits = |row: &&TxRow| fits(store, scope, query, store.transactions.get(**row));
            let rows: Vec<TxRow> = touched().filter(fits).copied().collect();
            sorted.remove(&changes.transactions_changed);
            sorted.insert(&rows, |a, b| compare(store, by, a, b));
        };
        put(sorted, query);
        if let Some(whole) = &mut self.whole {
            put(whole, &Query::default());
        }
        self.letters_due &= sorted.rows().is_empty();
    }
}
