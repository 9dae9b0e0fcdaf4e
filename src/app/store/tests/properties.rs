//! Any replies in any order.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::app::filter;

/// Any field that may be there, in three states.
fn field<T: Clone + std::fmt::Debug + 'static>(value: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Field<T>> {
    prop_oneof![4 => value.prop_map(Field::Known), 1 => Just(Field::Absent), 1 => Just(Field::Unreadable)].boxed()
}

fn any_transaction() -> impl Strategy<Value = Transaction> {
    let ids = (0..24u8, prop::option::of(0..3u8), prop::option::of(0..4u8), any::<bool>());
    let times = (field(0..6i64), field(0..4i64));
    let rest = (field(1..4u32), prop::option::of(0..2u8), prop::option::of(0..2u8), 0..3u8);
    (ids, times, rest).prop_map(
        |((id, account, card, cards_feed), (created, updated), (amount, merchant, reason, status))| {
            let more = reason.map(|reason| {
                Box::new(More { decline_reason: Some(SafeText::name(&format!("r{reason}"))), ..More::default() })
            });
            Transaction {
                feed: if cards_feed { Feed::Cards } else { Feed::Accounts },
                account: account.map(|number| account_id(&format!("a{number}"))),
                card: card.map(|number| card_id(&format!("c{number}"))),
                amount: amount.map(|amount| Money::new(amount.into(), Currency::USD)),
                status: [TransactionStatus::Authorized, TransactionStatus::Completed, TransactionStatus::Declined]
                    [usize::from(status)]
                .clone(),
                merchant: merchant.map(|merchant| SafeText::name(&format!("m{merchant}"))),
                created_at: created.map(wall),
                updated_at: updated.map(wall),
                merchant_country: None,
                costs: None,
                more,
                ..transaction(&format!("t{id}"), 0)
            }
        },
    )
}

fn any_card() -> impl Strategy<Value = Card> {
    let money = || field(1..4u32).prop_map(|amount| amount.map(|amount| Money::new(amount.into(), Currency::USD)));
    let rest = (any::<bool>(), any::<bool>(), any::<bool>(), field(1..12u32), field(0..4i64));
    (money(), money(), rest).prop_map(|(balance, available, (holder, name, last_four, month, updated))| Card {
        holder: holder.then(|| SafeText::name("Ana")),
        name: name.then(|| SafeText::name("Ads")),
        number: MaskedNumber { bin: None, last_four: LastFour::parse(if last_four { "4242" } else { "" }) },
        expiry: month.map(|month| Expiry { year: 2029, month: month as u8 }),
        limits: month.map(|_| Vec::new()),
        balance,
        available,
        updated_at: updated.map(wall),
        ..card("c0")
    })
}

pub(crate) fn any_replies() -> impl Strategy<Value = Vec<(Topic, u64, Vec<Transaction>)>> {
    let topic = prop_oneof![
        Just(Topic::Newest(Feed::Cards)),
        Just(Topic::History(Feed::Cards)),
        Just(Topic::History(Feed::Accounts)),
        Just(Topic::CardTransactions(card_id("c0"))),
    ];
    prop::collection::vec((topic, 0..20u64, prop::collection::vec(any_transaction(), 0..12)), 0..10)
}

/// Filter and sort of all rows, as slowly as can be.
fn naive(store: &Store, keep: impl Fn(&Transaction) -> bool) -> Vec<TxRow> {
    let mut kept: Vec<&Transaction> = Vec::new();
    for number in 0..24 {
        kept.extend(store.transaction(&TransactionId::parse(&format!("t{number}")).unwrap()).filter(|row| keep(row)));
    }
    kept.sort_by_key(|row| std::cmp::Reverse((row.created_at.known().copied(), row.id.clone())));
    kept.iter().map(|row| store.transactions.row(&row.id).unwrap()).collect()
}

pub(crate) fn any_query() -> impl Strategy<Value = String> {
    let words = [
        "m0",
        "m1",
        "-m1",
        "r0",
        "~sp",
        "declined",
        "-completed",
        "status:auth",
        "amount:>2",
        "today",
        "-today",
        "yesterday",
        "last 2d",
        "this week",
        "OR",
        "OR",
        "(",
        "-(",
        ")",
        "purchase",
        "\"today\"",
        "4242",
        "since:today",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..7).prop_map(|words| words.join(" "))
}

proptest! {
    /// One row of each phrase and one of each card is asked for all the others; the answer is that of asking each row.
    #[test]
    fn what_rows_have_in_common_is_asked_once_and_means_the_same(replies in any_replies(), typed in any_query()) {
        let mut store = Store::default();
        list_cards(&mut store, 1, (0..4).map(|card| self::card(&format!("c{card}"))).collect());
        for (topic, asked, items) in replies {
            rows(&mut store, topic, asked, items);
        }
        // The other end of the day is another day in this zone.
        let zone = crate::domain::settings::Zone::Fixed(-3 * 3600);
        let query = filter::read(&typed, &filter::TRANSACTIONS, now(2), &zone).unwrap();
        let all: Vec<TxRow> = store.transactions.newest(&Scope::All).iter().collect();
        let mut asked = filter::Prepared::new(&store, &query, all.len()).filter(&all);
        let mut one_by_one = naive(&store, |row| query.matches(&filter::OfTransaction(&store, row)));
        asked.sort_unstable();
        one_by_one.sort_unstable();
        prop_assert_eq!(asked, one_by_one, "{}", typed);
    }

    #[test]
    fn every_list_equals_a_filter_and_sort_of_the_rows(replies in any_replies()) {
        let mut store = Store::default();
        let mut told = BTreeSet::new();
        for (topic, asked, items) in replies {
            for item in &items {
                told.insert(item.id.clone());
            }
            let before = store.transactions.len();
            let changes = rows(&mut store, topic, asked, items);
            prop_assert_eq!(changes.transactions_new.len(), store.transactions.len() - before);
            prop_assert!(changes.transactions_new.iter().enumerate().all(|(at, row)| row.index() == before + at));
            prop_assert!(changes.transactions_changed.iter().all(|row| row.index() < before));

            prop_assert_eq!(store.transactions.newest(&Scope::All).len(), told.len());
            let mut scopes = vec![(Scope::All, naive(&store, |_| true))];
            for number in 0..4 {
                let (account, card) = (account_id(&format!("a{number}")), card_id(&format!("c{number}")));
                scopes.push((Scope::Account(account.clone()), naive(&store, |row| row.account.as_ref() == Some(&account))));
                scopes.push((Scope::Card(card.clone()), naive(&store, |row| row.card.as_ref() == Some(&card))));
            }
            let every_row = naive(&store, |_| true);
            for (scope, expected) in scopes {
                let list = store.transactions.newest(&scope);
                prop_assert_eq!(list.iter().collect::<Vec<_>>(), expected.clone(), "{:?}", scope);
                for row in &every_row {
                    let at = list.position(*row);
                    prop_assert_eq!(at, expected.iter().position(|other| other == row));
                    prop_assert!(at.is_none_or(|at| list.get(at) == Some(*row)));
                }
                prop_assert_eq!(list.get(list.len()), None);
            }
            for feed in [Feed::Cards, Feed::Accounts] {
                prop_assert_eq!(store.transactions.len_of(feed), naive(&store, |row| row.feed == feed).len());
            }
        }
    }

    /// Each row is told of once by each request; then the order of the replies decides nothing.
    #[test]
    fn the_order_of_replies_decides_nothing(items in prop::collection::vec(any_transaction(), 1..8), seed in any::<u64>()) {
        // Without the API's time the number of the request is the age; fields that say something are kept
        // from the newest that says them.
        let said: Vec<(u64, Transaction)> = items
            .into_iter()
            .enumerate()
            .map(|(at, item)| (at as u64, Transaction { updated_at: Field::Absent, feed: Feed::Cards, ..item }))
            .collect();
        let mut shuffled = said.clone();
        shuffled.sort_by_key(|(at, _)| (at + 1).wrapping_mul(seed | 1));
        let mut store = Store::default();
        for (asked, item) in shuffled {
            rows(&mut store, Topic::History(Feed::Cards), asked, vec![item]);
        }
        for (_, item) in &said {
            let known = store.transaction(&item.id).unwrap();
            let newest = said.iter().rev().find(|(_, other)| other.id == item.id).unwrap();
            prop_assert_eq!(&known.status, &newest.1.status);
            if newest.1.amount != Field::Absent {
                prop_assert_eq!(known.amount, newest.1.amount);
            }
            if newest.1.merchant.is_some() {
                prop_assert_eq!(&known.merchant, &newest.1.merchant);
            }
        }
    }

    #[test]
    fn merging_never_loses_what_is_known(items in prop::collection::vec((any_transaction(), 0..9u64), 1..12)) {
        let mut store = Store::default();
        for (item, asked) in items {
            let before = store.transaction(&item.id).cloned();
            rows(&mut store, Topic::History(Feed::Cards), asked, vec![item.clone()]);
            let after = store.transaction(&item.id).unwrap();
            for said in before.iter().chain([&item]) {
                prop_assert!(after.account.is_some() || said.account.is_none());
                prop_assert!(after.card.is_some() || said.card.is_none());
                prop_assert!(after.merchant.is_some() || said.merchant.is_none());
                prop_assert!(after.amount != Field::Absent || said.amount == Field::Absent);
                prop_assert!(after.decline_reason().is_some() || said.decline_reason().is_none());
                prop_assert!(after.created_at.known().is_some() || said.created_at.known().is_none());
            }
        }
    }

    /// Lists and details in any order: what was said of a card stays said.
    #[test]
    fn a_card_keeps_what_was_said_of_it(said in prop::collection::vec((any_card(), 0..9u64), 1..12)) {
        let mut store = Store::default();
        for (card, asked) in said {
            let before = store.card(&card.id).cloned();
            list_cards(&mut store, asked, vec![card.clone()]);
            let after = store.card(&card.id).unwrap();
            for said in before.iter().chain([&card]) {
                prop_assert!(after.holder.is_some() || said.holder.is_none());
                prop_assert!(after.name.is_some() || said.name.is_none());
                prop_assert!(after.expiry != Field::Absent || said.expiry == Field::Absent);
                prop_assert!(after.limits != Field::Absent || said.limits == Field::Absent);
                prop_assert!(after.number.last_four.is_some() || said.number.last_four.is_none());
            }
        }
    }

    /// Times of the API in any order: the status is always that of the newest time.
    #[test]
    fn an_older_card_never_overwrites_a_newer_one(times in prop::collection::vec((0..50i64, 0..9u64), 1..20)) {
        let mut store = Store::default();
        let mut newest: Option<(i64, u64)> = None;
        for (second, asked) in times {
            let age = format!("{second} {asked}");
            let said = Card {
                updated_at: Field::Known(wall(second)),
                status: CardStatus::Other(Box::new(SafeText::name(&age))),
                ..card("c0")
            };
            list_cards(&mut store, asked, vec![said]);
            let wins = newest.is_none_or(|(known, by)| second > known || (second == known && asked >= by));
            if wins {
                newest = Some((second, asked));
            }
            let (second, asked) = newest.unwrap();
            prop_assert_eq!(store.card(&card_id("c0")).unwrap().status.as_str(), format!("{second} {asked}"));
        }
    }

    /// N7: whatever answer comes to whatever topic, nothing breaks.
    #[test]
    fn n7_any_answer_to_any_topic_is_survived(pairs in prop::collection::vec((0..9usize, 0..7usize, 0..30u64), 0..30)) {
        let mut store = Store::default();
        let (a, c) = (account_id("a0"), card_id("c0"));
        let t = TransactionId::parse("t0").unwrap();
        let topics = [
            Topic::Accounts, Topic::Account(a.clone()), Topic::Cards(a.clone()), Topic::Card(a.clone(), c.clone()),
            Topic::Newest(Feed::Cards), Topic::History(Feed::Accounts), Topic::CardTransactions(c.clone()),
            Topic::Transaction(Feed::Cards, t), Topic::Cardholders,
        ];
        for (topic, answer, asked) in pairs {
            let answer = match answer {
                0 => Ok(Answer::Accounts(page(vec![account("a0", usd("1"))], asked % 2 == 0))),
                1 => Ok(Answer::Cards(page(vec![card("c0")], asked % 2 == 0))),
                2 => Ok(Answer::Card(Box::new(card("c0")))),
                3 => Ok(Answer::Transactions(page(vec![transaction("t0", 1)], asked % 2 == 0))),
                4 => Ok(Answer::Transaction(Box::new(transaction("t0", 2)), Vec::new())),
                5 => Ok(Answer::Cardholders(page(Vec::new(), true))),
                _ => Err(failure()),
            };
            store.asked(&topics[topic]);
            store.replied(now(asked), topics[topic].clone(), asked, answer);
            for topic in &topics {
                let status = store.status(topic);
                prop_assert!(status.loaded <= 1);
            }
            prop_assert!(store.transactions.len() <= 1 && store.cards.len() <= 1 && store.accounts.value.len() <= 1);
        }
    }
}
