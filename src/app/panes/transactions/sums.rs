//! What the transactions that are shown add up to: kept with every arrival and change, added up anew only where other
//! rows are shown.

use super::fits;
use crate::app::filter::Query;
use crate::app::store::{Changes, Scope, Store, TxRow};
use crate::app::ui::sum_line;
use crate::domain::money::Grouping;
use crate::domain::totals::Totals;
use crate::parallel;

/// The sums of one list.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Of all transactions: what is shown when nothing is filtered, so that to take a filter back adds nothing up.
    all: Totals,
    /// Of what is shown, where that is not all.
    shown: Totals,
    /// What `shown` is of; `None`: it is to be added up anew.
    of: Option<(Scope, Query)>,
}

fn is_all(scope: &Scope, query: &Query) -> bool {
    *scope == Scope::All && query.is_empty()
}

impl Sums {
    /// Takes in which rows are shown; `rows`: `None` where they are those of the scope.
    pub(super) fn are_of<'r>(
        &mut self,
        store: &Store,
        scope: &Scope,
        query: &Query,
        rows: impl FnOnce() -> Option<&'r [TxRow]>,
    ) {
        if self.of.as_ref().is_some_and(|(known, asked)| known == scope && asked == query) {
            return;
        }
        self.of = Some((scope.clone(), query.clone()));
        if is_all(scope, query) {
            self.shown = Totals::default();
            return;
        }
        self.shown = match rows() {
            Some(rows) => add_up(store, rows),
            None => add_up(store, &store.transactions.newest(scope).iter().collect::<Vec<_>>()),
        };
    }

    /// What rows are found by is another: which are shown may be too.
    pub(super) fn forget(&mut self) {
        self.of = None;
    }

    /// Takes in what a reply changed.
    pub(super) fn apply(&mut self, store: &Store, scope: &Scope, query: &Query, changes: &Changes) {
        let rest = !is_all(scope, query);
        for (row, was) in &changes.transactions_were {
            let is = store.transactions.get(*row);
            self.all.remove(was);
            self.all.add(is);
            if rest && fits(store, scope, query, was) {
                self.shown.remove(was);
            }
            if rest && fits(store, scope, query, is) {
                self.shown.add(is);
            }
        }
        for row in &changes.transactions_new {
            let row = store.transactions.get(*row);
            self.all.add(row);
            if rest && fits(store, scope, query, row) {
                self.shown.add(row);
            }
        }
    }

    /// What they add up to.
    pub(super) fn totals(&self) -> &Totals {
        match &self.of {
            Some((scope, query)) if !is_all(scope, query) => &self.shown,
            _ => &self.all,
        }
    }

    /// The parts of the line; none where there is nothing to add up.
    pub(super) fn parts(&self, grouping: Grouping) -> Vec<String> {
        let totals = self.totals();
        if totals.rows == 0 { Vec::new() } else { sum_line::transactions(totals, grouping) }
    }
}

fn add_up(store: &Store, rows: &[TxRow]) -> Totals {
    let parts = parallel::in_parts(rows, |part, found| {
        found.push(Totals::of(part.iter().map(|row| store.transactions.get(*row))));
    });
    let mut all = Totals::default();
    parts.iter().for_each(|part| all.merge(part));
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::filter;
    use crate::app::list::Rows as _;
    use crate::app::outcomes::Outcomes;
    use crate::app::panes::list_pane::{ListPane as _, PaneCtx};
    use crate::app::panes::transactions::TransactionsPane;
    use crate::app::setup::Setup;
    use crate::app::store::tests::properties::{any_query, any_replies};
    use crate::app::store::tests::{self, account_id, card_id, list_cards, now, rows};
    use crate::app::ui::row_index::Reindex;

    fn pane_ctx<'a>(store: &'a Store, setup: &'a Setup, outcomes: &'a Outcomes, scope: &Scope) -> PaneCtx<'a> {
        PaneCtx { store, setup, outcomes, now: now(2), account: None, scope: scope.clone() }
    }

    proptest! {
        /// The line at the foot of pane 3: whatever comes, changes, is filtered or chosen, it says what a plain fold over the
        /// rows that are shown says.
        #[test]
        fn sums_are_those_of_the_rows_that_are_shown(
            replies in prop::collection::vec((any_replies(), prop::option::of(any_query()), 0..4u8, any::<bool>()), 1..6),
        ) {
            let mut store = Store::default();
            let first = list_cards(&mut store, 1, (0..4).map(|card| tests::card(&format!("c{card}"))).collect());
            let (setup, outcomes) = (Setup::default(), Outcomes::default());
            let mut pane = TransactionsPane::default();
            let mut scope = Scope::All;
            pane.apply(&pane_ctx(&store, &setup, &outcomes, &scope), &first);
            for (more, typed, of, sorted) in replies {
                for (topic, asked, items) in more {
                    let changes = rows(&mut store, topic, asked, items);
                    pane.apply(&pane_ctx(&store, &setup, &outcomes, &scope), &changes);
                }
                if let Some(typed) = typed {
                    pane.list_mut().filter_mut().clear();
                    pane.list_mut().filter_mut().insert(&typed, &filter::TRANSACTIONS, now(2), &setup.zone);
                    pane.reindex(&pane_ctx(&store, &setup, &outcomes, &scope), Reindex::Filter);
                }
                if sorted {
                    pane.list_mut().sort_next(None);
                    pane.reindex(&pane_ctx(&store, &setup, &outcomes, &scope), Reindex::Anew);
                }
                scope = match of {
                    0 => Scope::All,
                    1 => Scope::Account(account_id("a0")),
                    _ => Scope::Card(card_id(&format!("c{of}"))),
                };
                pane.reindex(&pane_ctx(&store, &setup, &outcomes, &scope), Reindex::Anew);
                let shown = pane.shown(&store, &scope);
                let shown = (0..shown.len()).filter_map(|at| shown.get(at)).map(|row| store.transactions.get(row));
                let wanted = Totals::of(shown);
                let said = sum_line::transactions(pane.totals(), Grouping::Point);
                prop_assert_eq!(said, sum_line::transactions(&wanted, Grouping::Point));
            }
        }
    }
}
