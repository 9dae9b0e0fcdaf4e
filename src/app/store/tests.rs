//! What the store promises, whatever order replies come in.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::account::{AccountStatus, Fees};
use crate::domain::card::{CardStatus, Expiry, LastFour, Limit, LimitKind, MaskedNumber};
use crate::domain::field::Field;
use crate::domain::transaction::{More, TransactionKind, TransactionStatus};

fn wall(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_000_000 + second, 0).unwrap()
}

fn now(second: u64) -> Now {
    Now { wall: wall(second as i64), up: Duration::from_secs(second) }
}

fn usd(text: &str) -> Field<Money> {
    Field::Known(Money::parse(text, Currency::USD).unwrap())
}

fn account_id(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn card_id(text: &str) -> CardId {
    CardId::parse(text).unwrap()
}

fn account(id: &str, available: Field<Money>) -> Account {
    Account {
        id: account_id(id),
        name: SafeText::name(id),
        currency: Some(Currency::USD),
        balance: available,
        held: Field::Absent,
        available,
        status: AccountStatus::Active,
        cards: Some(3),
        card_kinds: Vec::new(),
        transfer_allowed: None,
        created_at: Field::Absent,
        updated_at: Field::Absent,
    }
}

/// A card as a short list says it.
fn card(id: &str) -> Card {
    Card {
        id: card_id(id),
        account: None,
        holder_id: None,
        holder: None,
        holder_email: None,
        name: Some(SafeText::name("Ads")),
        status: CardStatus::Active,
        kind: None,
        network: None,
        number: MaskedNumber { bin: None, last_four: LastFour::parse("4242") },
        balance: Field::Absent,
        available: usd("25.00"),
        spent: Field::Absent,
        expiry: Field::Absent,
        limits: Field::Absent,
        wallets: Vec::new(),
        created_at: Field::Absent,
        updated_at: Field::Absent,
    }
}

/// The same card as its details say it.
fn detail_of(card: &Card) -> Card {
    let limit = Limit { kind: LimitKind::Daily, value: usd("100.00"), spent: usd("10.00") };
    Card {
        holder_id: HolderId::parse("emp-7"),
        balance: usd("25.00"),
        spent: usd("10.00"),
        expiry: Field::Known(Expiry::new(4, 2029).unwrap()),
        limits: Field::Known(vec![limit]),
        ..card.clone()
    }
}

fn transaction(id: &str, second: i64) -> Transaction {
    Transaction {
        id: TransactionId::parse(id).unwrap(),
        feed: Feed::Cards,
        account: Some(account_id("a0")),
        card: Some(card_id("c0")),
        amount: usd("9.99"),
        kind: TransactionKind::Purchase,
        status: TransactionStatus::Completed,
        merchant: Some(SafeText::name("Shop")),
        category: None,
        created_at: Field::Known(wall(second)),
        updated_at: Field::Absent,
        more: None,
    }
}

fn failure() -> Failure {
    Failure { kind: FailureKind::TimedOut, ..misfit() }
}

fn page<T>(items: Vec<T>, last: bool) -> Batch<T> {
    Batch { items, skipped: 0, last }
}

fn accounts(store: &mut Store, asked: u64, items: Vec<Account>, last: bool) -> Changes {
    store.replied(now(asked), Topic::Accounts, asked, Ok(Answer::Accounts(page(items, last))))
}

fn say_card(store: &mut Store, asked: u64, card: Card) -> Changes {
    let topic = Topic::Card(account_id("a0"), card.id.clone());
    store.replied(now(asked), topic, asked, Ok(Answer::Card(Box::new(card))))
}

fn list_cards(store: &mut Store, asked: u64, items: Vec<Card>) -> Changes {
    store.replied(now(asked), Topic::Cards(account_id("a0")), asked, Ok(Answer::Cards(page(items, true))))
}

fn rows(store: &mut Store, topic: Topic, asked: u64, items: Vec<Transaction>) -> Changes {
    store.replied(now(asked), topic, asked, Ok(Answer::Transactions(page(items, false))))
}

fn ids(store: &Store, scope: &Scope) -> Vec<String> {
    store.transactions.newest(scope).iter().map(|row| store.transactions.get(row).id.to_string()).collect()
}

#[test]
fn n6_a_failure_keeps_the_value_and_its_age() {
    let mut store = Store::default();
    assert!(!store.accounts.ever());
    store.asked(&Topic::Accounts);
    assert!(store.status(&Topic::Accounts).pending);
    accounts(&mut store, 1, vec![account("a0", usd("5"))], true);
    let status = store.status(&Topic::Accounts);
    assert!(!status.pending && status.complete && status.at == Some(now(1)) && status.loaded == 1);
    store.asked(&Topic::Accounts);
    store.replied(now(2), Topic::Accounts, 2, Err(failure()));
    let status = store.status(&Topic::Accounts);
    assert_eq!((status.pending, status.at, status.failed, status.loaded), (false, Some(now(1)), Some(&failure()), 1));
    accounts(&mut store, 3, vec![account("a0", usd("5"))], true);
    assert_eq!(store.status(&Topic::Accounts).failed, None);
}

#[test]
fn a_late_reply_turns_nothing_back() {
    let mut store = Store::default();
    accounts(&mut store, 5, vec![account("a0", usd("5"))], true);
    assert!(!accounts(&mut store, 4, vec![account("a0", usd("4")), account("a1", usd("1"))], true).accounts);
    store.replied(now(9), Topic::Accounts, 3, Err(failure()));
    assert_eq!(store.accounts.value, vec![account("a0", usd("5"))]);
    let status = store.status(&Topic::Accounts);
    assert_eq!((status.at, status.failed), (Some(now(5)), None));
}

#[test]
fn a_sweep_of_accounts_takes_off_what_it_does_not_name_when_it_ends_well() {
    let mut store = Store::default();
    accounts(&mut store, 1, vec![account("a0", usd("1")), account("a1", usd("2")), account("a2", usd("3"))], true);
    accounts(&mut store, 2, vec![account("a2", usd("3"))], false);
    assert_eq!(store.accounts.value.len(), 3);
    assert!(store.status(&Topic::Accounts).pending);
    store.replied(now(3), Topic::Accounts, 3, Err(failure()));
    accounts(&mut store, 4, vec![account("a1", usd("2"))], false);
    accounts(&mut store, 5, vec![account("a0", usd("9"))], true);
    assert_eq!(store.accounts.value, vec![account("a1", usd("2")), account("a0", usd("9"))]);
}

#[test]
fn details_and_list_of_an_account_agree_on_its_balance() {
    let mut store = Store::default();
    let say = |store: &mut Store, asked, amount| {
        let detail = AccountDetail {
            account: account("a0", usd(amount)),
            cards_hold_balance: None,
            fees: Fees::default(),
            bins: Vec::new(),
        };
        store.replied(now(asked), Topic::Account(account_id("a0")), asked, Ok(Answer::Account(Box::new(detail))))
    };
    accounts(&mut store, 1, vec![account("a0", usd("1"))], true);
    assert!(say(&mut store, 3, "3").accounts);
    accounts(&mut store, 2, vec![account("a0", usd("2"))], true);
    assert_eq!(store.account(&account_id("a0")).unwrap().available, usd("3"));
    accounts(&mut store, 4, vec![account("a0", usd("4"))], true);
    let detail = store.details[&account_id("a0")].value.as_ref().unwrap();
    assert_eq!(detail.account.available, usd("4"));
    say(&mut store, 2, "2");
    assert_eq!(store.account(&account_id("a0")).unwrap().available, usd("4"));
}

#[test]
fn an_answer_to_something_else_is_a_failure_and_changes_nothing() {
    let mut store = Store::default();
    let topic = Topic::Card(account_id("a0"), card_id("c0"));
    store.asked(&topic);
    let changes = store.replied(now(1), topic.clone(), 1, Ok(Answer::Card(Box::new(card("c1")))));
    assert_eq!(changes, Changes { status: true, ..Changes::default() });
    assert!(store.cards.is_empty());
    assert_eq!(store.status(&topic).failed.unwrap().kind, FailureKind::Unreadable);
    store.replied(now(2), Topic::Accounts, 2, Ok(Answer::Cards(page(vec![card("c0")], true))));
    assert!(store.accounts.failed.is_some() && store.cards.is_empty());
}

#[test]
fn a_list_keeps_what_only_details_say() {
    let mut store = Store::default();
    let short = card("c0");
    say_card(&mut store, 1, detail_of(&short));
    assert_eq!(list_cards(&mut store, 2, vec![short.clone()]), Changes { status: true, ..Changes::default() });
    let mut expected = detail_of(&short);
    expected.account = Some(account_id("a0"));
    assert_eq!(store.card(&short.id), Some(&expected));
    // A newer amount leaves no older one beside it, and no older part of a limit.
    list_cards(&mut store, 3, vec![Card { available: usd("20.00"), status: CardStatus::Frozen, ..short.clone() }]);
    let known = store.card(&short.id).unwrap();
    assert_eq!((known.available, known.balance, known.spent), (usd("20.00"), Field::Absent, Field::Absent));
    assert_eq!(known.status, CardStatus::Frozen);
    assert_eq!(known.expiry, expected.expiry);
    let limits = known.limits.known().unwrap();
    assert_eq!((limits[0].value, limits[0].spent), (usd("100.00"), Field::Absent));
    // Details that were asked for before that do not bring it back, but may say who holds the card.
    say_card(&mut store, 2, Card { holder: Some(SafeText::name("Ana")), ..detail_of(&short) });
    let known = store.card(&short.id).unwrap();
    assert_eq!((known.available, known.balance, &known.status), (usd("20.00"), Field::Absent, &CardStatus::Frozen));
    assert_eq!(known.holder, Some(SafeText::name("Ana")));
}

#[test]
fn the_time_of_the_api_decides_before_the_order_of_requests() {
    let mut store = Store::default();
    let at = |second, status| Card { updated_at: Field::Known(wall(second)), status, ..card("c0") };
    say_card(&mut store, 1, at(10, CardStatus::Frozen));
    say_card(&mut store, 2, at(5, CardStatus::Active));
    assert_eq!(store.card(&card_id("c0")).unwrap().status, CardStatus::Frozen);
    say_card(&mut store, 1, at(11, CardStatus::Closed));
    assert_eq!(store.card(&card_id("c0")).unwrap().status, CardStatus::Closed);
    // The same time: the later request read later.
    say_card(&mut store, 3, at(11, CardStatus::Blocked));
    assert_eq!(store.card(&card_id("c0")).unwrap().status, CardStatus::Blocked);
}

#[test]
fn cards_are_listed_in_order_of_arrival_by_account() {
    let mut store = Store::default();
    let changes = list_cards(&mut store, 1, vec![card("c0"), card("c1"), card("c0"), card("c2")]);
    assert_eq!(changes.cards_new.len(), 3);
    assert_eq!(changes.cards_changed, vec![]);
    let other = Card { account: Some(account_id("a1")), ..card("c1") };
    assert_eq!(list_cards(&mut store, 2, vec![other]).cards_changed, vec![changes.cards_new[1]]);
    let of = |store: &Store, account: &str| store.cards.of(Some(&account_id(account))).to_vec();
    assert_eq!(of(&store, "a0"), vec![changes.cards_new[0], changes.cards_new[2]]);
    assert_eq!(of(&store, "a1"), vec![changes.cards_new[1]]);
    list_cards(&mut store, 3, vec![Card { account: Some(account_id("a0")), ..card("c1") }]);
    assert_eq!(of(&store, "a0"), changes.cards_new);
    assert_eq!(store.cards.of(None), changes.cards_new);
    assert_eq!(store.cards.loaded_of(&account_id("a1")), 0);
}

#[test]
fn the_holder_is_the_name_on_the_card_or_of_the_person() {
    let mut store = Store::default();
    let person = |first: &str| Cardholder {
        id: HolderId::parse("emp-7").unwrap(),
        first_name: SafeText::name(first),
        last_name: SafeText::name("Byrne"),
        email: None,
        phone: None,
    };
    let say = |store: &mut Store, asked, first| {
        let answer = Answer::Cardholders(page(vec![person(first)], true));
        store.replied(now(asked), Topic::Cardholders, asked, Ok(answer)).holders
    };
    let mut held = detail_of(&card("c0"));
    assert_eq!(store.holder_of(&held), None);
    assert!(say(&mut store, 2, "Ada"));
    assert!(!say(&mut store, 3, "Ada"));
    assert_eq!(store.holder_of(&held).unwrap().as_str(), "Ada Byrne");
    assert!(say(&mut store, 4, "Eva"));
    assert!(!say(&mut store, 1, "Old"));
    assert_eq!(store.holder_of(&held).unwrap().as_str(), "Eva Byrne");
    assert_eq!(store.holder(&person("Eva").id), Some(&person("Eva")));
    held.holder = Some(SafeText::name("A BYRNE"));
    assert_eq!(store.holder_of(&held).unwrap().as_str(), "A BYRNE");
}

#[test]
fn a_part_is_never_shown_as_the_whole() {
    let mut store = Store::default();
    let euro = Account {
        currency: Some(Currency::EUR),
        available: Field::Known(Money::parse("7", Currency::EUR).unwrap()),
        ..account("a2", Field::Absent)
    };
    let unborn = Account { status: AccountStatus::Creating, ..account("a3", Field::Absent) };
    let all = vec![account("a0", usd("1.50")), euro.clone(), account("a1", usd("2")), unborn];
    accounts(&mut store, 1, all, true);
    let euros = (Currency::EUR, euro.available.known().copied());
    assert_eq!(store.available(), vec![(Currency::USD, usd("3.50").known().copied()), euros]);
    for doubtful in [Field::Unreadable, Field::Absent, euro.available] {
        accounts(&mut store, 2, vec![account("a0", usd("1.50")), account("a1", doubtful), euro.clone()], true);
        assert_eq!(store.available(), vec![(Currency::USD, None), euros]);
        accounts(&mut store, 3, vec![account("a1", doubtful), account("a0", usd("1.50")), euro.clone()], true);
        assert_eq!(store.available(), vec![(Currency::USD, None), euros]);
    }
}

#[test]
fn items_without_an_id_are_counted_by_sweep() {
    let mut store = Store::default();
    let say = |store: &mut Store, asked, skipped, last| {
        let answer = Answer::Cards(Batch { items: vec![card("c0")], skipped, last });
        store.replied(now(asked), Topic::Cards(account_id("a0")), asked, Ok(answer));
        store.skipped().cards
    };
    assert_eq!(say(&mut store, 1, 2, false), 2);
    assert_eq!(say(&mut store, 2, 1, true), 3);
    assert_eq!(say(&mut store, 3, 1, true), 1);
    let newest = |store: &mut Store, asked, skipped| {
        let answer = Answer::Transactions(Batch { items: Vec::new(), skipped, last: false });
        store.replied(now(asked), Topic::Newest(Feed::Cards), asked, Ok(answer));
        store.skipped().transactions
    };
    assert_eq!(newest(&mut store, 4, 1), 1);
    assert_eq!(newest(&mut store, 5, 1), 1);
}

#[test]
fn arrivals_are_what_came_after_the_first_look() {
    let mut store = Store::default();
    let newest = Topic::Newest(Feed::Cards);
    rows(&mut store, newest.clone(), 1, vec![transaction("t5", 5), transaction("t4", 4)]);
    assert_eq!(store.transactions.arrivals(), 0);
    assert!(rows(&mut store, Topic::History(Feed::Cards), 2, vec![transaction("t1", 1)]).transactions_bulk);
    rows(&mut store, newest.clone(), 3, vec![transaction("t7", 7), transaction("t6", 6), transaction("t5", 5)]);
    assert_eq!(store.transactions.arrivals(), 2);
    rows(&mut store, newest, 4, vec![transaction("t2", 2)]);
    rows(&mut store, Topic::CardTransactions(card_id("c0")), 5, vec![transaction("t8", 8)]);
    assert_eq!(store.transactions.arrivals(), 2);
    assert_eq!(ids(&store, &Scope::All), ["t8", "t7", "t6", "t5", "t4", "t2", "t1"]);
}

#[test]
fn history_stops_at_the_limit_and_arrivals_do_not() {
    let mut store = Store::default();
    store.transactions.set_limit(3);
    let history = Topic::History(Feed::Cards);
    let page = vec![transaction("t1", 1), transaction("t2", 2), transaction("t3", 3), transaction("t4", 4)];
    rows(&mut store, history.clone(), 1, page);
    assert_eq!(ids(&store, &Scope::All), ["t4", "t3", "t2"]);
    assert!(store.transactions.is_full(Feed::Cards) && !store.transactions.is_full(Feed::Accounts));
    let status = store.status(&history);
    assert!(!status.pending && status.complete);
    rows(&mut store, Topic::Newest(Feed::Cards), 2, vec![transaction("t5", 5)]);
    let changed = Transaction { status: TransactionStatus::Canceled, ..transaction("t2", 2) };
    assert_eq!(rows(&mut store, history, 3, vec![changed, transaction("t0", 0)]).transactions_changed.len(), 1);
    assert_eq!(ids(&store, &Scope::All), ["t5", "t4", "t3", "t2"]);
    assert_eq!(store.transactions.len_of(Feed::Cards), 4);
}

#[test]
fn a_row_that_changes_its_time_or_card_moves_in_every_list() {
    let mut store = Store::default();
    let all = (0..5).map(|number| transaction(&format!("t{number}"), number)).collect();
    rows(&mut store, Topic::History(Feed::Cards), 1, all);
    let moved = Transaction { card: Some(card_id("c1")), ..transaction("t1", 9) };
    let changes = rows(&mut store, Topic::Newest(Feed::Cards), 2, vec![moved]);
    assert_eq!(
        changes.transactions_changed,
        vec![store.transactions.row(&TransactionId::parse("t1").unwrap()).unwrap()]
    );
    assert_eq!(ids(&store, &Scope::All), ["t1", "t4", "t3", "t2", "t0"]);
    assert_eq!(ids(&store, &Scope::Account(account_id("a0"))), ["t1", "t4", "t3", "t2", "t0"]);
    assert_eq!(ids(&store, &Scope::Card(card_id("c0"))), ["t4", "t3", "t2", "t0"]);
    assert_eq!(ids(&store, &Scope::Card(card_id("c1"))), ["t1"]);
}

#[test]
fn r7_looking_at_records_for_days_does_not_fill_the_memory() {
    let mut store = Store::default();
    for number in 0..20_000u64 {
        let card = card_id(&format!("c{number}"));
        rows(&mut store, Topic::CardTransactions(card), number, Vec::new());
    }
    let known = |number: u64| store.status(&Topic::CardTransactions(card_id(&format!("c{number}")))).at;
    assert_eq!(known(0), None);
    assert_eq!(known(19_999), Some(now(19_999)));
    assert!((0..20_000).filter(|number| known(*number).is_some()).count() <= 4096);
}

#[test]
fn all_cards_are_as_fresh_as_the_stalest_account() {
    let mut store = Store::default();
    accounts(&mut store, 1, vec![account("a0", usd("1")), account("a1", usd("1"))], true);
    list_cards(&mut store, 7, vec![card("c0")]);
    let status = store.status_of_all_cards();
    assert_eq!((status.at, status.complete, status.total, status.loaded), (None, false, Some(6), 1));
    let other = Answer::Cards(page(vec![card("c9")], true));
    store.replied(now(5), Topic::Cards(account_id("a1")), 8, Ok(other));
    let status = store.status_of_all_cards();
    assert_eq!((status.at, status.complete, status.loaded), (Some(now(5)), true, 2));
    store.asked(&Topic::Cards(account_id("a1")));
    assert!(store.status_of_all_cards().pending);
    store.replied(now(9), Topic::Cards(account_id("a1")), 9, Err(failure()));
    assert_eq!(store.status_of_all_cards().failed, Some(&failure()));
}

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
                more,
                ..transaction(&format!("t{id}"), 0)
            }
        },
    )
}

fn any_replies() -> impl Strategy<Value = Vec<(Topic, u64, Vec<Transaction>)>> {
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

proptest! {
    #[test]
    fn every_list_equals_a_filter_and_sort_of_the_rows(replies in any_replies()) {
        let mut store = Store::default();
        let mut told = BTreeMap::new();
        for (topic, asked, items) in replies {
            for item in &items {
                told.insert(item.id.clone(), ());
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

    /// Times of the API in any order: the status is always that of the newest time.
    #[test]
    fn an_older_card_never_overwrites_a_newer_one(times in prop::collection::vec((0..50i64, 0..9u64), 1..20)) {
        let mut store = Store::default();
        let mut newest: Option<(i64, u64)> = None;
        for (second, asked) in times {
            let age = format!("{second} {asked}");
            let said = Card {
                updated_at: Field::Known(wall(second)),
                status: CardStatus::Other(SafeText::name(&age)),
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
                4 => Ok(Answer::Transaction(Box::new(transaction("t0", 2)))),
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

mod insight {
    use super::*;
    use crate::app::store::insight::{DAYS, MOST_DECLINES, declines, spending};

    const DAY: i64 = 86_400;

    fn store_of(items: Vec<Transaction>) -> Store {
        let mut store = Store::default();
        rows(&mut store, Topic::History(Feed::Cards), 1, items);
        store
    }

    #[test]
    fn spend_is_purchases_less_refunds_by_day_and_currency() {
        let today = 100 * DAY;
        let euro = Field::Known(Money::parse("3.00", Currency::EUR).unwrap());
        let store = store_of(vec![
            transaction("t1", today),
            Transaction { status: TransactionStatus::Authorized, ..transaction("t2", today - 10) },
            Transaction { kind: TransactionKind::Refund, amount: usd("4.98"), ..transaction("t3", today - DAY) },
            Transaction { status: TransactionStatus::Declined, ..transaction("t4", today) },
            Transaction { status: TransactionStatus::Pending, ..transaction("t5", today) },
            Transaction { kind: TransactionKind::TopUp, ..transaction("t6", today) },
            Transaction { amount: Field::Unreadable, ..transaction("t7", today) },
            Transaction { amount: euro, ..transaction("t8", today - 2 * DAY) },
        ]);
        let moment = Now { wall: wall(today), up: Duration::ZERO };
        let list = store.transactions.newest(&Scope::Card(card_id("c0")));
        let found = spending(&store.transactions, list, moment, |at| at.date_naive());
        assert_eq!((found.rows, found.unreadable, found.cut), (4, 1, false));
        assert_eq!(found.known_since, Some(wall(today - 2 * DAY)));
        let dollars = &found.by_currency[0];
        assert_eq!(dollars.total, usd("15.00").known().copied());
        assert_eq!(dollars.days[DAYS - 1], usd("19.98").known().copied());
        assert_eq!(dollars.days[DAYS - 2], usd("-4.98").known().copied());
        assert_eq!(found.by_currency[1].total, euro.known().copied());
        assert_eq!(found.by_currency[1].days[DAYS - 3], euro.known().copied());
    }

    #[test]
    fn a_row_from_before_shows_that_all_days_are_known() {
        let today = 100 * DAY;
        let moment = Now { wall: wall(today), up: Duration::ZERO };
        for before in [29 * DAY + 43_200, 40 * DAY] {
            let store = store_of(vec![transaction("t1", today), transaction("t0", today - before)]);
            let list = store.transactions.newest(&Scope::All);
            let found = spending(&store.transactions, list, moment, |at| at.date_naive());
            assert_eq!((found.known_since, found.rows), (None, 1), "{before}");
        }
    }

    #[test]
    fn declines_are_counted_against_purchases_and_the_newest_named() {
        let today = 100 * DAY;
        let moment = Now { wall: wall(today), up: Duration::ZERO };
        let mut items: Vec<Transaction> = (0..8)
            .map(|number| Transaction {
                status: TransactionStatus::Declined,
                ..transaction(&format!("d{number}"), today - number)
            })
            .collect();
        items.push(transaction("t0", today));
        items.push(Transaction { kind: TransactionKind::Fee, ..transaction("t1", today) });
        items.push(Transaction { status: TransactionStatus::Declined, ..transaction("old", today - 31 * DAY) });
        let store = store_of(items);
        let found = declines(&store.transactions, store.transactions.newest(&Scope::All), moment);
        assert_eq!((found.declined, found.purchases, found.newest.len()), (8, 9, MOST_DECLINES));
        assert_eq!(store.transactions.get(found.newest[0]).id.to_string(), "d0");
    }
}
