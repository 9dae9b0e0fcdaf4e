//! Pane 4: the people, what their cards did, and the ways from a card to its person and back.

use fourpay::app::form::FieldId;
use fourpay::app::list::Rows;
use fourpay::app::msg::{Answer, Effect, Msg, Topic};

use fourpay::app::panes::Pane;
use fourpay::app::panes::inspector::Subject;
use fourpay::app::store::Scope;
use fourpay::app::{Model, update};
use fourpay::domain::failure::FailureKind;
use fourpay::domain::field::Field;
use fourpay::domain::transaction::{Feed, Transaction, TransactionKind, TransactionStatus};

use crate::acts::SIZE;
use crate::fixture::*;
use crate::screens::picture;

fn text(model: &Model, size: (u16, u16)) -> String {
    lines(&draw(model, at(3), size)).join("\n")
}

#[test]
fn people_empty_loading_fresh_stale_failed() {
    for size in [(80, 24), (160, 48)] {
        let loading = || Model::new(setup(), size, at(0));
        let mut empty = loading();
        answer(&mut empty, at(1), Topic::Cardholders, 1, Answer::Cardholders(batch(vec![])));
        let mut failed = loading();
        fail(&mut failed, at(1), Topic::Cardholders, 1, failure(FailureKind::Offline, "read the cardholders"));
        let mut stale = peopled(size);
        fail(&mut stale, at(90), Topic::Cardholders, 9, failure(FailureKind::Offline, "read the cardholders"));
        let states =
            [("empty", empty), ("loading", loading()), ("fresh", peopled(size)), ("stale", stale), ("failed", failed)];
        for (name, mut model) in states {
            press(&mut model, at(90), "4");
            let shown = picture(&draw(&model, at(90), size));
            insta::assert_snapshot!(format!("people_{name}_{}x{}", size.0, size.1), shown);
        }
    }
}

#[test]
fn enter_shows_the_cards_of_a_person_on_all_accounts_and_escape_comes_back() {
    let mut model = peopled(SIZE);
    // An account is chosen: it does not hide the cards that stand on others.
    press(&mut model, at(3), "1jj4jj");
    let Subject::Holder(id) = model.subject() else { panic!("{:?}", model.subject()) };
    let effects: Vec<Effect> = press(&mut model, at(3), "<Enter>").into_iter().flat_map(|out| out.effects).collect();
    assert_eq!(effects, [Effect::Fetch(Topic::HolderCards(id.clone()))]);
    assert_eq!((model.focus(), model.scope()), (Pane::Cards, Scope::Holder(id.clone())));
    let of_holder: Vec<_> = model.store().cards.of_holder(&id).to_vec();
    assert_eq!(model.card_rows().count(), of_holder.len());
    let accounts: std::collections::HashSet<_> =
        of_holder.iter().map(|row| model.store().cards.get(*row).account.clone()).collect();
    assert!(accounts.len() > 1, "cards on several accounts");
    // Their transactions, all of them, newest first.
    let rows = model.transaction_rows();
    assert_eq!(rows.len(), model.store().rows_in(&Scope::Holder(id.clone())));
    let times: Vec<_> = (0..rows.len())
        .filter_map(|at| rows.get(at))
        .map(|row| model.store().transactions.get(row).created_at.known().copied())
        .collect();
    assert!(times.len() > 10 && times.windows(2).all(|pair| pair[0] >= pair[1]));
    insta::assert_snapshot!("person_80x24", picture(&draw(&model, at(3), SIZE)));
    press(&mut model, at(3), "<Esc>");
    assert_eq!((model.focus(), model.subject()), (Pane::Cardholders, Subject::Holder(id)));
    press(&mut model, at(3), "<Esc>");
    assert_eq!((model.focus(), model.account()), (Pane::Cards, Some(&account_id(1))));
}

#[test]
fn o_goes_from_a_card_to_its_person_and_back() {
    let mut model = peopled(SIZE);
    press(&mut model, at(3), "2jjj");
    let Subject::Card(row) = model.subject() else { panic!() };
    let holder = model.store().cards.get(row).holder_id.clone().unwrap();
    press(&mut model, at(3), "o");
    assert_eq!((model.focus(), model.subject()), (Pane::Cardholders, Subject::Holder(holder.clone())));
    press(&mut model, at(3), "o");
    assert_eq!((model.focus(), model.subject()), (Pane::Cards, Subject::Card(row)));
    // The same from a transaction, and by name.
    press(&mut model, at(3), "<Enter><Enter>o");
    assert_eq!(model.subject(), Subject::Holder(holder));
    press(&mut model, at(3), "<Esc>:holder ana<Enter>");
    assert_eq!(model.subject(), Subject::Holder(holder_id(0)));
    // A card whose holder the API does not say has no way there, and says so.
    press(&mut model, at(3), "2g");
    press(&mut model, at(3), "o");
    assert!(text(&model, SIZE).contains("holder: the API does not say whose card this is"), "{}", text(&model, SIZE));
}

/// A purchase of a person's card, some days ago.
fn purchase(n: usize, card: usize, days: i64, cents: i64, status: TransactionStatus) -> Transaction {
    Transaction {
        card: Some(card_id(card)),
        account: held_card(card).account,
        kind: TransactionKind::Purchase,
        status,
        amount: Field::Known(usd(cents)),
        created_at: Field::Known(wall() - chrono::TimeDelta::days(days)),
        more: None,
        ..transaction(5_000 + n)
    }
}

fn figures_of(model: &mut Model, name: &str) -> String {
    press(model, at(3), &format!("4/{name}<Enter>"));
    let shown = text(model, (160, 48));
    press(model, at(3), "<Esc><Esc>");
    shown.lines().find(|line| line.contains('▸')).unwrap().to_owned()
}

#[test]
fn spend_and_declines_are_of_thirty_days_and_follow_the_rows() {
    let size = (160, 48);
    let mut model = Model::new(setup(), size, at(0));
    answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts())));
    let of_first =
        (0..60).find(|n| held_card(*n).holder_id == Some(holder_id(2)) && held_card(*n).account == Some(account_id(0)));
    let n = of_first.unwrap();
    answer(&mut model, at(1), Topic::Cards(account_id(0)), 2, Answer::Cards(batch(vec![held_card(n)])));
    let (good, bad) = (TransactionStatus::Completed, TransactionStatus::Declined);
    let rows = vec![
        purchase(1, n, 1, 12_345, good.clone()),
        purchase(2, n, 29, 1_005, TransactionStatus::Authorized),
        purchase(3, n, 2, 99_900, bad.clone()),
        purchase(4, n, 31, 77_700, good.clone()),
        Transaction { kind: TransactionKind::Refund, ..purchase(5, n, 3, 2_000, good.clone()) },
        Transaction { kind: TransactionKind::TopUp, ..purchase(6, n, 3, 50_000, good.clone()) },
    ];
    answer(&mut model, at(1), Topic::History(Feed::Cards), 3, Answer::Transactions(batch(rows)));
    answer(&mut model, at(1), Topic::Cardholders, 4, Answer::Cardholders(batch(holders())));
    let line = figures_of(&mut model, "Chidi");
    assert!(line.contains("113.50 USD") && line.contains("33 %  1 of 3"), "{line}");
    assert!(!text(&model, size).contains('≈'), "the whole history is here");
    // Another decline, and the authorized one is canceled: both count at once.
    let rows = vec![
        purchase(7, n, 0, 10, bad),
        Transaction {
            updated_at: Field::Known(wall() + chrono::TimeDelta::hours(1)),
            ..purchase(2, n, 29, 1_005, TransactionStatus::Canceled)
        },
    ];
    answer(&mut model, at(2), Topic::Newest(Feed::Cards), 5, Answer::Transactions(batch(rows)));
    let line = figures_of(&mut model, "Chidi");
    assert!(line.contains("103.45 USD") && line.contains("50 %  2 of 4"), "{line}");
}

#[test]
fn figures_of_a_part_of_the_days_are_marked_with_their_sample() {
    let mut model = peopled((160, 48));
    press(&mut model, at(3), "4");
    let shown = text(&model, (160, 48));
    assert!(shown.contains("≈ Spent") && shown.contains("≈ Declined"), "{shown}");
    // Old rows that somebody looked at do not make it whole; a history that goes back far enough does.
    let old = vec![purchase(1, 1, 200, 100, TransactionStatus::Completed)];
    answer(&mut model, at(3), Topic::CardTransactions(card_id(1)), 50, Answer::Transactions(batch(old)));
    assert!(text(&model, (160, 48)).contains("≈ of the 241 rows loaded, since "));
    let old = vec![purchase(2, 1, 31, 100, TransactionStatus::Completed)];
    let page = fourpay::app::msg::Batch { items: old, skipped: 0, last: false, short: None };
    answer(&mut model, at(3), Topic::History(Feed::Cards), 51, Answer::Transactions(page));
    assert!(!text(&model, (160, 48)).contains('≈'));
}

/// Lets the dashboard do what it does by itself, as often as it asks for it.
fn wake(model: &mut Model) -> usize {
    let mut woken = 0;
    while model.wake_at().is_some_and(|moment| moment <= at(3).up) {
        update(model, at(3), Msg::Woke);
        woken += 1;
        assert!(woken < 1_000);
    }
    woken
}

#[test]
fn sorting_by_figures_is_done_in_parts_and_kept_up_to_date() {
    let size = (160, 48);
    let mut model = peopled(size);
    let many = (0..9_000).map(|n| fourpay::domain::cardholder::Cardholder {
        id: fourpay::domain::ids::HolderId::parse(&format!("more-{n}")).unwrap(),
        ..holders().swap_remove(n % 8)
    });
    answer(&mut model, at(2), Topic::Cardholders, 7, Answer::Cardholders(batch(many.collect())));
    press(&mut model, at(3), "4sssss");
    // Before everybody's cards are read nobody is put before anybody.
    assert!(text(&model, size).contains("cards of 9,000 people not read yet"), "{}", text(&model, size));
    for account in 0..4 {
        let named = |n: usize| fourpay::domain::card::Card {
            holder_id: held_card(n).holder_id.or_else(|| Some(holder_id(0))),
            ..held_card(n)
        };
        let of = (0..130).map(named).filter(|card| card.account == Some(account_id(account))).collect();
        answer(&mut model, at(2), Topic::Cards(account_id(account)), 8, Answer::Cards(batch(of)));
    }
    assert!(text(&model, size).contains("adding up"), "{}", text(&model, size));
    assert!(wake(&mut model) >= 3);
    let rates = |model: &Model| -> Vec<u32> {
        let shown = text(model, size);
        let percent = |line: &str| line.split(" %").next()?.split_whitespace().next_back()?.parse().ok();
        shown.lines().skip(3).filter(|line| line.contains(" of ")).filter_map(percent).collect()
    };
    let before = rates(&model);
    assert!(before.len() == 8 && before.windows(2).all(|pair| pair[0] >= pair[1]), "{before:?}");
    // Somebody's declines come in while the list stands: they move, the rest stays.
    let n = (0..130).find(|n| held_card(*n).holder_id == Some(holder_id(7))).unwrap();
    let rows = (0..12).map(|at| purchase(at, n, 0, 100, TransactionStatus::Declined)).collect();
    answer(&mut model, at(3), Topic::Newest(Feed::Cards), 60, Answer::Transactions(batch(rows)));
    let after = rates(&model);
    assert!(after.windows(2).all(|pair| pair[0] >= pair[1]) && after != before, "{after:?}");
    assert_eq!(wake(&mut model), 0, "a few people are put where they belong at once");
}

#[test]
fn people_are_filtered_and_found_by_the_last_four_of_their_cards() {
    let mut model = peopled((160, 48));
    let n = (12..130).find(|n| held_card(*n).holder_id.is_some() && card(*n).number.last_four.is_some()).unwrap();
    let four = card(n).number.last_four.unwrap().to_string();
    press(&mut model, at(3), &format!("4/{four}<Enter>"));
    assert_eq!(model.subject(), Subject::Holder(held_card(n).holder_id.unwrap()));
    press(&mut model, at(3), "<Esc>/email:person4<Enter>");
    assert_eq!((model.rows(), model.subject()), (1, Subject::Holder(holder_id(4))));
    // The merchant's own name for somebody is short; a part of any other id would be found by chance.
    press(&mut model, at(3), "<Esc>/er-001<Enter>");
    assert_eq!((model.rows(), model.subject()), (1, Subject::Holder(holder_id(1))));
    press(&mut model, at(3), "<Esc>/bal:3");
    assert!(text(&model, (160, 48)).contains("there is no bal: here; fields are name email phone last4 id"));
}

#[test]
fn n_makes_a_person_and_what_somebody_has_already_is_said_at_its_field() {
    let mut model = peopled(SIZE);
    press(&mut model, at(3), "4n");
    press(&mut model, at(4), "Nora<Tab>Lind<Tab>PERSON3@example.com<Tab><Tab>owner-001");
    assert!(crate::acts::orders(&crate::acts::effects_at(&mut model, at(5), "<C-s>")).is_empty());
    let shown = text(&model, SIZE);
    assert!(shown.contains("✗ Дарья Котова has it already") && shown.contains("✗ Bo Lind has it already"), "{shown}");
    insta::assert_snapshot!("new_person_80x24", picture(&draw(&model, at(5), SIZE)));
    press(&mut model, at(5), "<C-u>nora@example.org<Tab><Tab><C-u>nora-lind");
    let effects = crate::acts::effects_at(&mut model, at(6), "<C-s><C-s>");
    let [order] = crate::acts::orders(&effects)[..] else { panic!("{effects:?}") };
    let fourpay::domain::intent::Act::CreateCardholder { account, order: who } = crate::acts::act_of(order) else {
        panic!("{order:?}")
    };
    assert_eq!((account, who.id.to_string().as_str(), &who.phone), (&account_id(0), "nora-lind", &None));
    // The API knows of somebody whom the dashboard does not: what it says stands at the field it speaks of.
    let said = fourpay::domain::failure::Failure {
        status: Some(409),
        detail: fourpay::domain::text::SafeText::prose("A cardholder with this email already exists"),
        ..crate::acts::refusal(vec![])
    };
    let refused = Msg::Refused { ticket: order.ticket, reference: crate::acts::reference(1), failure: said };
    update(&mut model, at(7), refused);
    let shown = text(&model, SIZE);
    let email = shown.lines().position(|line| line.contains("nora@example.org")).unwrap();
    assert!(shown.lines().nth(email + 1).unwrap().contains("already exists"), "{shown}");
}

#[test]
fn a_card_issued_from_a_persons_cards_is_theirs() {
    let mut model = peopled(SIZE);
    press(&mut model, at(3), "4jj<Enter>n");
    let Scope::Holder(id) = model.scope() else { panic!() };
    assert_eq!(model.dialog().unwrap().form().value(FieldId::Holder), id.to_string());
}

/// What is not read yet is no nothing: not for a card, not for a person, and a visit changes nothing but the details.
#[test]
fn whose_cards_are_not_read_yet_is_said_and_a_visit_moves_nothing() {
    let size = (160, 48);
    let mut model = Model::new(setup(), size, at(0));
    let bare = |n: usize| fourpay::domain::card::Card {
        holder: None,
        holder_id: None,
        holder_email: None,
        created_at: Field::Absent,
        kind: None,
        ..card(n)
    };
    answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts())));
    for n in 0..4 {
        let of = (0..130).map(bare).filter(|card| card.account == Some(account_id(n))).collect();
        answer(&mut model, at(1), Topic::Cards(account_id(n)), 2, Answer::Cards(batch(of)));
    }
    answer(&mut model, at(1), Topic::Cardholders, 3, Answer::Cardholders(batch(holders())));
    let shown = text(&model, size);
    assert!(shown.contains("holders of 130 cards not read yet"), "{shown}");
    // Sixteen steps down, and the details of each card that is passed are read: sixteen different cards.
    press(&mut model, at(3), "2");
    let mut visited = Vec::new();
    for step in 0..16 {
        let (account, id) = model.watch().card.expect("a card");
        let n = (0..130).find(|n| card_id(*n) == id).expect("a card of the fixture");
        visited.push(id.clone());
        answer(&mut model, at(3), Topic::Card(account, id), 10 + step, Answer::Card(Box::new(held_card(n))));
        press(&mut model, at(3), "j");
    }
    let distinct: std::collections::HashSet<_> = visited.iter().collect();
    assert_eq!(distinct.len(), 16, "a visited card moved: {visited:?}");
    // People: neither "0 cards" nor "no purchases" of somebody whose cards are not read.
    press(&mut model, at(3), "4");
    let shown = text(&model, size);
    assert!(shown.contains("cards of 8 people not read yet") && !shown.contains("no purchases"), "{shown}");
    // Once somebody's list is read it is exact, and a name finds all of their cards.
    let person = holder_id(3);
    let of: Vec<_> = (0..130).map(held_card).filter(|card| card.holder_id.as_ref() == Some(&person)).collect();
    let count = of.len();
    answer(&mut model, at(3), Topic::HolderCards(person), 40, Answer::Cards(batch(of)));
    let email = "person3@example.com";
    press(&mut model, at(3), &format!("<Esc>2/{email}"));
    let shown = text(&model, size);
    assert!(shown.contains(&format!("{count} of 130")), "{shown}");
    assert!(shown.contains("cards not read yet"), "{shown}");
}

/// A card that turns up after its list was read is seen at once, also where the lists do not say when cards were made;
/// those that were there stay as they stand.
#[test]
fn a_new_card_stands_on_top_of_a_list_without_an_order() {
    let mut model = Model::new(setup(), SIZE, at(0));
    let bare = |n: usize| fourpay::domain::card::Card {
        holder: None,
        holder_id: None,
        account: Some(account_id(0)),
        created_at: Field::Absent,
        ..card(n)
    };
    let list = |numbers: std::ops::Range<usize>| Answer::Cards(batch(numbers.map(bare).collect()));
    let ids =
        |model: &Model| -> Vec<_> { model.card_rows().map(|row| model.store().cards.get(row).id.clone()).collect() };
    answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts())));
    answer(&mut model, at(1), Topic::Cards(account_id(0)), 2, list(0..20));
    let listed = ids(&model);
    assert_eq!(listed, (0..20).map(card_id).collect::<Vec<_>>(), "as they are listed");
    // Made from here, before another account's list is through: its details come by themselves.
    let (topic, made) = (Topic::Card(account_id(0), card_id(30)), Box::new(bare(30)));
    answer(&mut model, at(2), topic, 3, Answer::Card(made));
    assert_eq!(ids(&model)[0], card_id(30));
    assert_eq!(ids(&model)[1..], listed);
    // Made elsewhere: the next reading of the list has it at its end.
    answer(&mut model, at(3), Topic::Cards(account_id(0)), 4, list(0..21));
    assert_eq!(ids(&model)[..2], [card_id(20), card_id(30)]);
    assert_eq!(ids(&model)[2..], listed);
    // Nor does it go down when the details of all were read and none says when the card was made.
    for n in (0..21).chain([30]) {
        let topic = Topic::Card(account_id(0), card_id(n));
        answer(&mut model, at(4), topic, 5, Answer::Card(Box::new(bare(n))));
    }
    assert_eq!(ids(&model)[..2], [card_id(20), card_id(30)]);
    assert_eq!(ids(&model)[2..], listed);
}
