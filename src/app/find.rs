//! One search over everything that is loaded: cards, cardholders, accounts, merchants, and transactions by their id; the
//! best match first.
//!
//! `Enter` goes to what is chosen. `Tab` gives the keys to it: `f` freezes the card, `y` opens its copy menu.
//! Looks only at what is loaded, and says how much that is. Hits change with what is typed alone, so that no answer puts
//! another row under a key; only where nothing was found yet do arrivals count.

pub(crate) mod view;

use tui_input::Input;

use super::filter::{self, Fit, OfAccount, OfCard, OfHolder, Prepared, Query, Record, fold};
use super::store::{CardRow, Scope, Store, TxRow};
use crate::domain::account::Account;
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::ids::{AccountId, HolderId};
use crate::domain::settings::Zone;
use crate::domain::text::SafeText;
use crate::parallel;

/// Most characters that are taken.
pub(crate) const MOST: usize = 120;
/// Most hits of a kind that are listed.
const LISTED: usize = 50;

/// So many of a kind are ranked: of very many matches the first.
const RANKED: usize = 5_000;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    Card(CardRow),
    Holder(HolderId),
    Account(AccountId),
    Merchant(SafeText),
    Transaction(TxRow),
}

/// The search while it is open.
#[derive(Debug, Default)]
pub struct Find {
    pub(crate) input: Input,
    /// The chosen hit.
    pub(crate) at: usize,
    /// Keys act on the chosen hit instead of being typed.
    pub(crate) acts: bool,
    hits: Vec<Hit>,
    /// How many there are, those that are not listed included.
    found: usize,
    /// What the cards below were found by.
    query: Query,
    /// All cards that match, so that a longer word looks at no others.
    cards: Vec<CardRow>,
    /// How many cards were looked at.
    looked_at: usize,
    /// How many merchants were.
    merchants: usize,
}

/// Texts alone, without ids, amounts and times.
struct Texts<'a, const N: usize>([Option<&'a str>; N]);

impl<const N: usize> Record for Texts<'_, N> {
    fn any_text(&self, is: &mut dyn FnMut(&str) -> bool) -> bool {
        self.0.iter().flatten().any(|text| is(text))
    }

    fn has_id(&self, _part: &str) -> bool {
        false
    }

    fn text(&self, _field: filter::Field, _is: &mut dyn FnMut(&str) -> bool) -> bool {
        false
    }

    fn amount(&self) -> Option<rust_decimal::Decimal> {
        None
    }

    fn at(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        None
    }
}

/// How well a card that matches fits. One that matches only together with the name of its account comes last: the account
/// is a hit of its own.
fn fit_of_card(store: &Store, query: &Query, card: &Card) -> Fit {
    let four = card.number.last_four.is_some_and(|four| query.matches(&Texts([Some(four.as_str())])));
    let email = card.holder_id.as_ref().and_then(|id| store.holder(id)).and_then(|holder| holder.email.as_ref());
    let own = [card.name.as_ref(), store.holder_of(card), card.holder_email.as_ref().or(email)];
    let own = Texts(own.map(|text| text.map(SafeText::as_str)));
    match () {
        () if four => Fit::Word,
        () if query.matches(&own) => query.fit(&own),
        () => Fit::Letters,
    }
}

/// The best of many, and how many there are.
#[derive(Default)]
struct Best {
    /// What is typed, as names are compared.
    typed: String,
    /// First those whose whole name it is.
    hits: Vec<(bool, Fit, Hit)>,
    found: usize,
}

impl Best {
    /// Takes those of one kind in. Of equal ones the first stay first.
    fn take<'s, T: Copy + Sync>(
        &mut self,
        all: &'s [T],
        fit: impl Fn(T) -> Fit + Sync,
        hit: impl Fn(&'s T) -> (Hit, Option<&'s SafeText>),
    ) {
        self.found += all.len();
        // Whoever finds more types on.
        let ranked = all.get(..RANKED).unwrap_or(all);
        let fits = parallel::map(ranked, fit);
        let mut left = LISTED;
        for wanted in [Fit::Word, Fit::Prefix, Fit::Inside, Fit::Letters] {
            let of = ranked.iter().zip(&fits).filter(|(_, fit)| **fit == wanted).take(left);
            let before = self.hits.len();
            let typed = &self.typed;
            self.hits.extend(of.map(|(one, fit)| {
                let (hit, name) = hit(one);
                let is_whole = name.is_some_and(|name| fold::plain(name.as_str()) == *typed);
                (!is_whole, *fit, hit)
            }));
            left -= self.hits.len() - before;
        }
    }
}

impl Find {
    pub(crate) fn typed(&self) -> &str {
        self.input.value()
    }

    /// What was found, the best first.
    pub(crate) fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// How many merchants were looked at.
    pub(crate) fn merchants(&self) -> usize {
        self.merchants
    }

    pub(crate) fn found(&self) -> usize {
        self.found
    }

    /// Whether letters in their order were enough, because nothing matches as typed.
    pub(crate) fn is_fuzzy(&self) -> bool {
        self.query.fuzzy && !self.hits.is_empty()
    }

    pub(crate) fn chosen(&self) -> Option<&Hit> {
        self.hits.get(self.at)
    }

    pub(crate) fn go(&mut self, at: usize) -> bool {
        let moved = self.at != at;
        self.at = at;
        moved
    }

    /// Looks for what is typed.
    pub(crate) fn look(&mut self, store: &Store, zone: &Zone) {
        let query = filter::read_words(self.typed(), zone);
        self.at = 0;
        self.search(store, query.clone());
        if self.hits.is_empty() && query.can_be_fuzzy() {
            let mut by_letters = query;
            by_letters.fuzzy = true;
            self.search(store, by_letters);
        }
    }

    /// Rows came; they may be what was looked for. Whether anything was found now.
    pub(crate) fn look_again(&mut self, store: &Store, zone: &Zone) -> bool {
        if !self.hits.is_empty() || self.typed().trim().is_empty() {
            return false;
        }
        self.look(store, zone);
        true
    }

    fn search(&mut self, store: &Store, query: Query) {
        let all = store.cards.of(None);
        if query.is_empty() {
            let (input, merchants) = (std::mem::take(&mut self.input), store.transactions.merchants().len());
            *self = Find { input, merchants, ..Find::default() };
            return;
        }
        let is_narrower = query.narrows(&self.query) && self.looked_at == all.len();
        let looked_at = if is_narrower { &self.cards } else { all };
        self.cards = parallel::filter(looked_at, |row| query.matches(&OfCard(store, store.cards.get(row))));
        self.looked_at = all.len();
        let mut best = Best { typed: fold::plain(self.typed().trim()), ..Best::default() };
        best.take(
            &self.cards,
            |row| fit_of_card(store, &query, store.cards.get(row)),
            |row| (Hit::Card(*row), store.cards.get(*row).name.as_ref()),
        );

        let people: Vec<_> = store.all_holders().collect();
        let people = parallel::filter(&people, |row| query.matches(&OfHolder(store, row)));
        let people: Vec<&Cardholder> = people.iter().filter_map(|row| store.holder_at(*row)).collect();
        let fit_of_holder =
            |holder: &Cardholder| store.holder_row(&holder.id).map(|row| query.fit(&OfHolder(store, row)));
        best.take(
            &people,
            |holder| fit_of_holder(holder).unwrap_or(Fit::Letters),
            |holder| (Hit::Holder(holder.id.clone()), store.holder_name(holder)),
        );

        let accounts: Vec<&Account> =
            store.accounts.value.iter().filter(|account| query.matches(&OfAccount(account))).collect();
        best.take(
            &accounts,
            |account| query.fit(&OfAccount(account)),
            |account| (Hit::Account(account.id.clone()), Some(&account.name)),
        );

        let mut merchants = store.transactions.merchants();
        self.merchants = merchants.len();
        merchants.retain(|name| query.matches(&Texts([Some(name.as_str())])));
        best.take(
            &merchants,
            |name| query.fit(&Texts([Some(name.as_str())])),
            |name| (Hit::Merchant((*name).clone()), Some(name)),
        );

        best.take(&by_id(store, &query), |_| Fit::Word, |row| (Hit::Transaction(*row), None));

        best.hits.sort_by_key(|(is_part, fit, _)| (*is_part, *fit));
        self.found = best.found;
        self.hits = best.hits.into_iter().map(|(_, _, hit)| hit).collect();
        self.query = query;
    }
}

/// Transactions whose id holds the one word that is asked for, where it is long enough to be a part of one.
fn by_id(store: &Store, query: &Query) -> Vec<TxRow> {
    let Some(part) = query.id_part().filter(|part| store.transactions.may_have_id(part)) else { return Vec::new() };
    let rows: Vec<TxRow> = store.transactions.newest(&Scope::All).iter().collect();
    Prepared::new(store, &Query::of_id(part), rows.len()).filter(&rows)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::msg::{Answer, Batch, Topic};
    use crate::app::store::tests::{account, account_id, card, now, transaction};
    use crate::domain::card::LastFour;
    use crate::domain::field::Field;

    fn batch<T>(items: Vec<T>) -> Batch<T> {
        Batch { items, skipped: 0, last: true, short: None }
    }

    fn named(number: usize, name: &str) -> Card {
        let mut card = card(&format!("c{number}"));
        card.account = Some(account_id("Main"));
        card.name = Some(SafeText::name(name));
        card.number.last_four = LastFour::parse(&format!("{number:04}"));
        card
    }

    fn store(names: &[&str]) -> Store {
        let mut store = Store::default();
        let accounts = batch(vec![account("Main", Field::Absent)]);
        store.replied(now(1), Topic::Accounts, 1, Ok(Answer::Accounts(accounts)));
        let cards = names.iter().enumerate().map(|(number, name)| named(number, name)).collect();
        store.replied(now(1), Topic::Cards(account_id("Main")), 2, Ok(Answer::Cards(batch(cards))));
        let mut rows = vec![transaction("t-00000001", 1), transaction("t-00000002", 2)];
        rows[1].merchant = Some(SafeText::name("Maintenance Ltd"));
        store.replied(
            now(1),
            Topic::Newest(crate::domain::transaction::Feed::Cards),
            3,
            Ok(Answer::Transactions(batch(rows))),
        );
        store
    }

    fn looked(store: &Store, typed: &str) -> Find {
        let mut find = Find { input: Input::new(typed.to_owned()), ..Find::default() };
        find.look(store, &Zone::Utc);
        find
    }

    fn names(store: &Store, find: &Find) -> Vec<String> {
        let name = |hit: &Hit| match hit {
            Hit::Card(row) => store.cards.get(*row).name.as_ref().unwrap().to_string(),
            Hit::Holder(id) => id.to_string(),
            Hit::Account(id) => id.to_string(),
            Hit::Merchant(name) => name.to_string(),
            Hit::Transaction(row) => store.transactions.get(*row).id.to_string(),
        };
        find.hits().iter().map(name).collect()
    }

    #[test]
    fn the_best_of_all_kinds_stands_first() {
        let store = store(&["Domain names", "Ads main", "Mainz trip", "Frozen"]);
        let find = looked(&store, "main");
        assert_eq!(
            names(&store, &find),
            ["Main", "Ads main", "Mainz trip", "Maintenance Ltd", "Domain names", "Frozen"]
        );
        assert_eq!(names(&store, &looked(&store, "ads main")), ["Ads main"]);
        // A word that is a state in a list is text here.
        assert_eq!(names(&store, &looked(&store, "frozen")), ["Frozen"]);
        assert_eq!(names(&store, &looked(&store, "0003")), ["Frozen"]);
    }

    #[test]
    fn a_transaction_is_found_by_its_id_and_letters_only_where_nothing_else_is() {
        let store = store(&["Domain names", "Mainz trip"]);
        assert_eq!(names(&store, &looked(&store, "t-00000002")), ["t-00000002"]);
        let find = looked(&store, "dmnnm");
        assert_eq!((names(&store, &find), find.is_fuzzy()), (vec!["Domain names".to_owned()], true));
        assert!(!looked(&store, "main").is_fuzzy());
        assert!(looked(&store, "   ").hits().is_empty());
    }

    #[test]
    fn hits_change_with_what_is_typed_alone_and_arrivals_count_where_there_are_none() {
        let before = store(&["Domain names"]);
        let after = store(&["Domain names", "Mainz trip"]);
        let mut find = looked(&before, "mainz");
        assert!(find.hits().is_empty());
        assert!(find.look_again(&after, &Zone::Utc));
        assert_eq!(names(&after, &find), ["Mainz trip"]);
        let mut find = looked(&before, "main");
        let hits = find.hits().to_vec();
        assert!(!find.look_again(&after, &Zone::Utc));
        assert_eq!(find.hits(), hits);
    }

    proptest! {
        /// Letter by letter, with letters taken back: what is found is what is found at once.
        #[test]
        fn typing_on_finds_what_typing_at_once_does(
            names in prop::collection::vec("[ab]{1,3}( [ab]{1,3})?", 1..30),
            keys in prop::collection::vec(prop_oneof![4 => "[ab ]".prop_map(Some), 1 => Just(None)], 1..8),
        ) {
            let store = store(&names.iter().map(String::as_str).collect::<Vec<_>>());
            let (mut find, mut typed) = (Find::default(), String::new());
            for key in keys {
                match key {
                    Some(letter) => typed.push_str(&letter),
                    None => drop(typed.pop()),
                }
                find.input = Input::new(typed.clone());
                find.look(&store, &Zone::Utc);
                let at_once = looked(&store, &typed);
                prop_assert_eq!(find.hits(), at_once.hits());
                prop_assert_eq!(find.found(), at_once.found());
            }
        }
    }
}
