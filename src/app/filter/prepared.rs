//! A query over very many transactions: one row of each phrase and one of each card is asked, and the answer is
//! remembered for all the others. See [`crate::app::store::RowGroup`].

use std::hint::black_box;
use std::sync::atomic::{AtomicU8, Ordering};

use super::query::{Field, Query, Record, Term, Test, is_long};
use super::records::{OfCard, OfTransaction};
use crate::app::store::{RowGroup, Store, TxRow};
use crate::domain::transaction::Transaction;
use crate::parallel;

/// Rows that are fetched together: few enough to stay near until they are asked.
const BLOCK: usize = 64;

/// A query, and what was answered so far.
pub struct Prepared<'a> {
    store: &'a Store,
    query: &'a Query,
    known: Vec<Known>,
}

/// The answers to one term, by the numbers of what rows have in common.
struct Known {
    phrases: Answers,
    cards: Answers,
    /// Whether ids need to be asked.
    ids: bool,
    /// Of the terms of each alternative, where the term is that one of several holds.
    any: Vec<Vec<Known>>,
}

/// Several threads may ask the same; they are told the same.
struct Answers(Vec<AtomicU8>);

const NOT_ASKED: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

impl Answers {
    fn none(count: usize) -> Answers {
        Answers((0..count).map(|_| AtomicU8::new(NOT_ASKED)).collect())
    }

    fn get(&self, number: usize, ask: impl FnOnce() -> bool) -> bool {
        let Some(known) = self.0.get(number) else { return ask() };
        match known.load(Ordering::Relaxed) {
            NOT_ASKED => {
                let answer = ask();
                known.store(if answer { YES } else { NO }, Ordering::Relaxed);
                answer
            }
            answer => answer == YES,
        }
    }
}

/// Whether the answer to a test of this kind is the same for all rows of a phrase, and of a card.
fn is_common(test: &Test) -> (bool, bool) {
    match test {
        Test::Word(_) | Test::State(..) | Test::Letters(_) => (true, true),
        Test::Text(field, _) => is_common_field(*field),
        // What is exact of a card is asked of each row: a row without a card has an answer too.
        Test::Is(field, _) => (is_common_field(*field).0, false),
        Test::Hour(_) => (false, false),
        Test::Amount(..) | Test::Since(_) | Test::Before(_) | Test::Days(..) | Test::Any(_) | Test::Nothing => {
            (false, false)
        }
    }
}

/// Whether a field of a transaction is the same for all rows of a phrase, and for all of a card.
pub fn is_common_field(field: Field) -> (bool, bool) {
    match field {
        Field::Merchant | Field::Reason | Field::Status | Field::Kind | Field::Account => (true, false),
        Field::LastFour | Field::Bin | Field::Holder | Field::Name => (false, true),
        Field::Category
        | Field::Email
        | Field::Phone
        | Field::Id
        | Field::Balance
        | Field::Amount
        | Field::Since
        | Field::Before
        | Field::Sum
        | Field::Currency
        | Field::Fee
        | Field::Hour
        | Field::Paid
        | Field::Card
        | Field::Found => (false, false),
    }
}

/// The answers to these terms, none of them asked yet but of cards where that is faster.
fn known(store: &Store, query: &Query, terms: &[Term], rows: usize) -> Vec<Known> {
    let known = terms.iter().map(|term| {
        let (by_phrase, by_card) = is_common(&term.test);
        let phrases = Answers::none(if by_phrase { store.transactions.phrases() } else { 0 });
        let cards = Answers::none(if by_card { store.transactions.lanes() } else { 0 });
        if by_card && rows > store.cards.len() {
            parallel::each(store.cards.of(None), |row| {
                let Some(lane) = store.transactions.lane_of(row) else { return };
                let card = OfCard(store, store.cards.get(row));
                cards.get(lane, || match &term.test {
                    test @ (Test::Word(_) | Test::State(..) | Test::Letters(_)) => {
                        card.any_text(&mut |text| query.is_text(text, test))
                    }
                    test => query.holds(test, &card),
                });
            });
        }
        let ids = matches!(&term.test, Test::Word(word) if is_long(word) && store.transactions.may_have_id(word));
        let any = match &term.test {
            Test::Any(all) => all.iter().map(|terms| self::known(store, query, terms, rows)).collect(),
            _ => Vec::new(),
        };
        Known { phrases, cards, ids, any }
    });
    known.collect()
}

impl<'a> Prepared<'a> {
    /// For about so many rows: when they are more than there are cards, all cards are asked in the order they
    /// stand in memory, which is faster than as the rows name them.
    pub fn new(store: &'a Store, query: &'a Query, rows: usize) -> Prepared<'a> {
        let known = known(store, query, &query.terms, rows);
        Prepared { store, query, known }
    }

    /// The rows that are asked for, in their order.
    pub fn filter(&self, rows: &[TxRow]) -> Vec<TxRow> {
        parallel::in_parts(rows, |part, found| {
            for block in part.chunks(BLOCK) {
                self.fetch(block);
                found.extend(block.iter().copied().filter(|row| self.matches(*row)));
            }
        })
    }

    /// Has the rows themselves brought nearer where they will be looked at: together they come sooner than one by one.
    fn fetch(&self, rows: &[TxRow]) {
        self.fetch_for(&self.query.terms, &self.known, rows);
    }

    fn fetch_for(&self, terms: &[Term], known: &[Known], rows: &[TxRow]) {
        for (term, known) in terms.iter().zip(known) {
            let look: fn(&Transaction) -> bool = match &term.test {
                Test::Amount(..) => |row| row.amount.known().is_some(),
                Test::Since(_) | Test::Before(_) | Test::Days(..) | Test::Hour(_) => {
                    |row| row.created_at.known().is_some()
                }
                Test::Any(all) => {
                    all.iter().zip(&known.any).for_each(|(terms, known)| self.fetch_for(terms, known, rows));
                    continue;
                }
                Test::Is(field, _) if !is_common_field(*field).0 => |row| row.amount.known().is_some(),
                Test::Text(Field::Id, _) => |row| row.id.id().chosen().is_some(),
                Test::Word(_) if known.ids => |row| row.id.id().chosen().is_some(),
                Test::Word(_) | Test::State(..) | Test::Letters(_) | Test::Text(..) | Test::Is(..) | Test::Nothing => {
                    continue;
                }
            };
            for row in rows {
                black_box(look(self.store.transactions.get(*row)));
            }
        }
    }

    /// Whether the row is one that is asked for.
    fn matches(&self, row: TxRow) -> bool {
        let common = self.store.transactions.common(row);
        self.all_hold(&self.query.terms, &self.known, common, row)
    }

    fn all_hold(&self, terms: &[Term], known: &[Known], common: RowGroup, row: TxRow) -> bool {
        let mut terms = terms.iter().zip(known);
        terms.all(|(term, known)| term.not != self.holds(&term.test, known, common, row))
    }

    fn holds(&self, test: &Test, known: &Known, common: RowGroup, row: TxRow) -> bool {
        // Looked at only where the numbers do not say it all: the row itself is far away in memory.
        let record = || OfTransaction(self.store, self.store.transactions.get(row));
        let (by_phrase, by_card) = is_common(test);
        match (test, common.phrase()) {
            (Test::Any(all), _) => {
                let mut all = all.iter().zip(&known.any);
                all.any(|(terms, known)| self.all_hold(terms, known, common, row))
            }
            (Test::Word(word) | Test::State(_, word) | Test::Letters(word), Some(phrase)) => {
                let is = &mut |text: &str| self.query.is_text(text, test);
                let own = self.store.transactions.has_own_descriptions(phrase);
                known.phrases.get(phrase, || {
                    let state =
                        matches!(test, Test::State(field, word) if self.query.is_state(&record(), *field, word));
                    state || record().has_in_phrase(is) || (!own && record().has_in_description(is))
                }) || (own && record().has_in_description(is))
                    || common.card().is_some_and(|card| known.cards.get(card, || record().has_in_card(is)))
                    || (known.ids && record().has_id(word))
            }
            (_, Some(phrase)) if by_phrase => known.phrases.get(phrase, || self.query.holds(test, &record())),
            (_, _) if by_card && !by_phrase => {
                common.card().is_some_and(|card| known.cards.get(card, || self.query.holds(test, &record())))
            }
            _ => self.query.holds(test, &record()),
        }
    }
}
