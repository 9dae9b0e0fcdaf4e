//! What `Tab` offers in a filter, counted from the rows that the rest of the filter leaves.

use std::collections::HashMap;

use crate::app::filter::complete::offers;
use crate::app::filter::{self, Field, LastWord, OfAccount, OfCard, OfHolder, OfTransaction, Prepared, Query, Record};
use crate::app::model::Model;
use crate::app::pane::Pane;
use crate::app::store::{Store, TxRow};

/// How many rows have which value.
type Counts = HashMap<String, usize>;

/// Counts what a record has for a field: each text once, for a record may say one twice (an e-mail of the card and of its
/// holder, a type and the word for it).
fn count(counts: &mut Counts, record: &impl Record, field: Field, rows: usize) {
    let mut counted: Vec<String> = Vec::new();
    record.text(field, &mut |text| {
        // The first text of a type is the one that a filter asks for; what follows is only how it is shown.
        if counted.iter().any(|known| known == text) || (field == Field::Kind && !counted.is_empty()) {
            return false;
        }
        counted.push(text.to_owned());
        match counts.get_mut(text) {
            Some(known) => *known += rows,
            None => drop(counts.insert(text.to_owned(), rows)),
        }
        false
    });
}

impl Model {
    /// `Tab` in a filter that is being typed, or `Shift-Tab`; whether anything changed.
    pub(super) fn complete_filter(&mut self, on: bool) -> bool {
        let (pane, now, zone) = (self.focus(), self.now, self.setup().zone.clone());
        let grammar = pane.grammar();
        let typed = self.filter().typed().to_owned();
        let word = LastWord::of(&typed, grammar);
        let rest = filter::read(word.before.trim_end_matches(['-', '(']), grammar, now, &zone).unwrap_or_default();
        // Made only where no offers are gone through yet: counting very many rows takes its time.
        let made = match self.filter().is_completing() {
            true => Vec::new(),
            false => offers(&word, grammar, |field| self.count_values(pane, &rest, field)),
        };
        let did = self.filter_mut().complete(on, grammar, now, &zone, |_| made);
        let changed = did != filter::Did::Nothing;
        self.filtered(did);
        changed
    }

    /// How many of the rows that a query leaves in a pane have which value of a field; `None` where they are not counted.
    fn count_values(&self, pane: Pane, query: &Query, field: Field) -> Option<Counts> {
        let store = self.store();
        let mut counts = Counts::new();
        // Names stand nowhere on the screen now.
        if self.appearance().privacy && !matches!(field, Field::Status | Field::Kind) {
            return Some(counts);
        }
        match pane {
            Pane::Accounts => {
                let all = store.accounts.value.iter().map(OfAccount);
                all.filter(|one| query.matches(one)).for_each(|one| count(&mut counts, &one, field, 1));
            }
            Pane::Cards => {
                let all = store.cards.of(self.account()).iter().map(|row| OfCard(store, store.cards.get(*row)));
                all.filter(|one| query.matches(one)).for_each(|one| count(&mut counts, &one, field, 1));
            }
            Pane::Cardholders => {
                let all = store.all_holders().map(|row| OfHolder(store, row));
                all.filter(|one| query.matches(one)).for_each(|one| count(&mut counts, &one, field, 1));
            }
            Pane::Transactions => {
                let rows: Vec<TxRow> = store.transactions.newest(&self.scope()).iter().collect();
                let rows = Prepared::new(store, query, rows.len()).filter(&rows);
                count_transactions(store, &rows, field, &mut counts);
            }
            Pane::Insights | Pane::Webhooks | Pane::Journal => return None,
        }
        Some(counts)
    }
}

/// Rows that have merchant, state and account, or the card, in common are asked once; what they do not have in common is
/// asked of each.
fn count_transactions(store: &Store, rows: &[TxRow], field: Field, counts: &mut Counts) {
    let (by_phrase, by_card) = filter::is_common_field(field);
    if !by_phrase && !by_card {
        rows.iter().for_each(|row| count(counts, &OfTransaction(store, store.transactions.get(*row)), field, 1));
        return;
    }
    let groups = if by_card { store.transactions.lanes() } else { store.transactions.phrases() };
    let mut seen: Vec<(usize, Option<TxRow>)> = vec![(0, None); groups];
    for row in rows {
        let common = store.transactions.common(*row);
        let group = if by_card { common.card() } else { common.phrase() };
        match group.and_then(|group| seen.get_mut(group)) {
            Some((rows, one)) => {
                *rows += 1;
                one.get_or_insert(*row);
            }
            None => count(counts, &OfTransaction(store, store.transactions.get(*row)), field, 1),
        }
    }
    for (rows, one) in seen {
        if let Some(row) = one {
            count(counts, &OfTransaction(store, store.transactions.get(row)), field, rows);
        }
    }
}
