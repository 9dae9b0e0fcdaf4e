//! Single replies: late ones, failures, sweeps, details beside lists, arrivals, limits.

use super::*;

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
            restrictions: None,
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
        let answer = Answer::Cards(Batch { items: vec![card("c0")], skipped, last, short: None });
        store.replied(now(asked), Topic::Cards(account_id("a0")), asked, Ok(answer));
        store.skipped().cards
    };
    assert_eq!(say(&mut store, 1, 2, false), 2);
    assert_eq!(say(&mut store, 2, 1, true), 3);
    assert_eq!(say(&mut store, 3, 1, true), 1);
    let newest = |store: &mut Store, asked, skipped| {
        let answer = Answer::Transactions(Batch { items: Vec::new(), skipped, last: false, short: None });
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
fn the_rows_of_a_card_need_not_name_it() {
    let mut store = Store::default();
    let unnamed = Transaction { card: None, ..transaction("t1", 1) };
    rows(&mut store, Topic::CardTransactions(card_id("c7")), 1, vec![unnamed, transaction("t2", 2)]);
    assert_eq!(ids(&store, &Scope::Card(card_id("c7"))), ["t1"]);
    assert_eq!(ids(&store, &Scope::Card(card_id("c0"))), ["t2"]);
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
    assert_eq!(store.transactions.read_to(Feed::Cards), Some(wall(2)), "what found no room was not read");
    let status = store.status(&history);
    assert!(!status.pending && status.complete);
    rows(&mut store, Topic::Newest(Feed::Cards), 2, vec![transaction("t5", 5)]);
    let changed = Transaction { status: TransactionStatus::Canceled, ..transaction("t2", 2) };
    assert_eq!(rows(&mut store, history, 3, vec![changed, transaction("t0", 0)]).transactions_changed.len(), 1);
    assert_eq!(ids(&store, &Scope::All), ["t5", "t4", "t3", "t2"]);
    assert_eq!(store.transactions.len_of(Feed::Cards), 4);
}

#[test]
fn history_that_finds_no_room_was_not_read_to_an_older_row_that_is_known() {
    let mut store = Store::default();
    store.transactions.set_limit(3);
    rows(&mut store, Topic::CardTransactions(card_id("c0")), 1, vec![transaction("t0", 0)]);
    rows(&mut store, Topic::History(Feed::Cards), 2, (0..5).map(|at| transaction(&format!("t{at}"), at)).collect());
    assert_eq!(ids(&store, &Scope::All), ["t4", "t3", "t0"]);
    assert_eq!(store.transactions.read_to(Feed::Cards), Some(wall(3)));
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

/// What was promised and did not come is said, and nothing that was there is taken away for it.
#[test]
fn a_list_that_ends_short_says_so_and_takes_nothing_away() {
    let mut store = Store::default();
    let two = vec![account("a0", usd("1")), account("a1", usd("2"))];
    accounts(&mut store, 1, two.clone(), true);
    let short = Some(Short { have: 1, promised: Some(2) });
    let batch = Batch { items: two[..1].to_vec(), skipped: 0, last: true, short };
    store.replied(now(2), Topic::Accounts, 2, Ok(Answer::Accounts(batch)));
    assert_eq!((store.accounts.value.len(), store.short(&Topic::Accounts)), (2, short));
    accounts(&mut store, 3, two[..1].to_vec(), true);
    assert_eq!((store.accounts.value.len(), store.short(&Topic::Accounts)), (1, None));
}

#[test]
fn a_settlement_that_stands_in_never_replaces_an_amount_that_was_read() {
    let mut store = Store::default();
    let costs = |stands_in| Some(Box::new(Costs { fee: Field::Absent, settlement: usd("9"), stands_in }));
    let listed = Transaction { amount: usd("9"), costs: costs(true), ..transaction("t0", 1) };
    let detail = Transaction { amount: usd("10"), ..transaction("t0", 1) };
    let topic = || Topic::Newest(Feed::Accounts);
    let shown = |store: &Store| {
        let row = store.transactions.row(&detail.id).unwrap();
        (store.transactions.get(row).amount, store.transactions.get(row).amount_is_settlement())
    };
    rows(&mut store, topic(), 1, vec![listed.clone()]);
    assert_eq!(shown(&store), (usd("9"), true));
    rows(&mut store, topic(), 2, vec![detail.clone()]);
    assert_eq!(shown(&store), (usd("10"), false));
    rows(&mut store, topic(), 3, vec![listed.clone()]);
    assert_eq!(shown(&store), (usd("10"), false));
}
