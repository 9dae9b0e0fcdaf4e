//! Limits of a card: what is spent of them, and the form that changes them where the deployment has a call.

use fourpay::app::Model;
use fourpay::app::msg::{Answer, Effect, Link, Missing, Msg, Topic};

use fourpay::app::overlay::OverlayKind;
use fourpay::app::update;
use fourpay::domain::card::{Card, Limit, LimitKind};
use fourpay::domain::field::Field;
use fourpay::domain::intent::{Act, Kind};
use fourpay::domain::transaction::{Feed, Transaction, TransactionKind, TransactionStatus};

use crate::acts::{SIZE, act_of, effects_at, orders};
use crate::fixture::*;
use crate::screens::picture;

fn text(model: &Model, size: (u16, u16)) -> String {
    lines(&draw(model, at(3), size)).join("\n")
}

fn limit(kind: LimitKind, cents: i64) -> Limit {
    Limit { kind, value: Field::Known(usd(cents)), spent: Field::Absent }
}

/// The first card with limits whose spend the API does not say.
fn plain() -> Card {
    let limits = vec![
        limit(LimitKind::Daily, 10_000),
        limit(LimitKind::Monthly, 150_000),
        limit(LimitKind::Transaction, 5_000),
        limit(LimitKind::from_wire("per_merchant"), 700),
    ];
    Card { limits: Field::Known(limits), ..card(0) }
}

fn with_plain_limits(size: (u16, u16)) -> Model {
    let mut model = ready(size);
    answer(&mut model, at(2), Topic::Card(account_id(0), card_id(0)), 95, Answer::Card(Box::new(plain())));
    press(&mut model, at(3), "2g");
    model
}

fn paid(n: usize, hours: i64, cents: i64, status: TransactionStatus) -> Transaction {
    Transaction {
        card: Some(card_id(0)),
        kind: TransactionKind::Purchase,
        status,
        amount: Field::Known(usd(cents)),
        created_at: Field::Known(wall() - chrono::TimeDelta::hours(hours)),
        more: None,
        ..transaction(8_000 + n)
    }
}

#[test]
fn spend_that_the_api_does_not_say_is_inferred_and_says_from_what() {
    let size = (160, 48);
    let mut model = Model::new(setup(), size, at(0));
    answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts())));
    answer(&mut model, at(1), Topic::Cards(account_id(0)), 2, Answer::Cards(batch(vec![plain()])));
    // It is 12:03 UTC: thirteen hours ago was yesterday.
    let rows = vec![
        paid(1, 1, 4_000, TransactionStatus::Authorized),
        paid(2, 2, 3_050, TransactionStatus::Completed),
        paid(3, 3, 9_900, TransactionStatus::Declined),
        paid(4, 4, 9_900, TransactionStatus::Canceled),
        paid(5, 13, 2_000, TransactionStatus::Completed),
    ];
    answer(&mut model, at(1), Topic::Newest(Feed::Cards), 3, Answer::Transactions(batch(rows)));
    let seen = text(&model, size);
    assert!(
        seen.contains("≈ daily     70.50 / 100.00 USD") && seen.contains("≈ monthly   90.50 / 1,500.00 USD"),
        "{seen}"
    );
    assert!(seen.contains("each time   50.00 USD"), "one payment at a time uses nothing up: {seen}");
    // The day is whole: a row from before it is here. The month may not be.
    assert_eq!(seen.matches("not all here").count(), 1, "{seen}");
    answer(&mut model, at(1), Topic::History(Feed::Cards), 4, Answer::Transactions(batch(vec![])));
    assert!(!text(&model, size).contains("not all here"));
    insta::assert_snapshot!("limits_160x48", picture(&draw(&model, at(3), size)));
}

#[test]
fn e_changes_name_and_limits_and_sends_what_is_shown() {
    let mut model = with_plain_limits(SIZE);
    let opened = effects_at(&mut model, at(3), "e");
    assert!(opened.contains(&Effect::Fetch(Topic::Card(account_id(0), card_id(0)))));
    assert!(orders(&effects_at(&mut model, at(4), "<C-s>")).is_empty());
    assert!(text(&model, SIZE).contains("nothing is changed yet"), "{}", text(&model, SIZE));
    // A new name, a higher daily limit, a weekly one, and no monthly one.
    press(&mut model, at(5), "<C-u>Team<Tab><Tab><C-u>250.5<Tab>900<Tab><C-u>");
    let shown = text(&model, SIZE);
    assert!(shown.contains("100.00 USD → 250.50 USD") && shown.contains("1,500.00 USD → no limit"), "{shown}");
    insta::assert_snapshot!("edit_80x24", picture(&draw(&model, at(5), SIZE)));
    let effects = effects_at(&mut model, at(6), "<C-s><C-s>");
    let [order] = orders(&effects)[..] else { panic!("{effects:?}") };
    let Act::UpdateCard { name, limits, at: on } = act_of(order) else { panic!("{order:?}") };
    assert_eq!((name.as_ref().map(|name| name.as_str()), &on.card), (Some("Team"), &card_id(0)));
    let sent: Vec<(&str, String)> =
        limits.iter().flatten().map(|(kind, limit)| (kind.as_str(), limit.wire())).collect();
    // Those that stay go along, one whose word is not known too.
    let wanted = [
        ("transaction_limit", "50.00"),
        ("daily_limit", "250.50"),
        ("weekly_limit", "900.00"),
        ("per_merchant", "7.00"),
    ];
    assert_eq!(sent, wanted.map(|(kind, value)| (kind, value.to_owned())));
}

#[test]
fn what_cannot_be_said_is_not_sent() {
    let mut model = with_plain_limits(SIZE);
    // All known limits emptied but one whose word is not known: that one stays.
    press(&mut model, at(3), "e");
    press(&mut model, at(4), "<Tab><C-u><Tab><C-u>1,5");
    assert!(orders(&effects_at(&mut model, at(5), "<C-s>")).is_empty());
    assert!(text(&model, SIZE).contains("use a point for decimals"), "{}", text(&model, SIZE));
    let only = Card { limits: Field::Known(vec![limit(LimitKind::Daily, 10_000)]), ..card(0) };
    let mut model = ready(SIZE);
    answer(&mut model, at(2), Topic::Card(account_id(0), card_id(0)), 95, Answer::Card(Box::new(only)));
    press(&mut model, at(3), "2ge");
    press(&mut model, at(4), "<Tab><Tab><C-u>");
    let shown = text(&model, SIZE);
    assert!(shown.contains("100.00 USD → no limit") && shown.contains("does not document"), "{shown}");
    // The last one is taken off by a list of none, which is not the same as leaving limits out.
    let effects = effects_at(&mut model, at(6), "<C-s><C-s>");
    let [order] = orders(&effects)[..] else { panic!("{effects:?}") };
    let Act::UpdateCard { name: None, limits: Some(limits), .. } = act_of(order) else { panic!("{order:?}") };
    assert!(limits.is_empty());
}

#[test]
fn a_deployment_without_the_call_says_so_and_refuses_the_key() {
    let size = (160, 48);
    let mut model = with_plain_limits(size);
    let link = Link { missing: Missing::of([Kind::UpdateCard, Kind::Close]), ..Link::default() };
    update(&mut model, at(3), Msg::LinkChanged(link));
    // The key in the help, the palette and the toast; the inspector beside the limits.
    assert!(text(&model, size).contains("cannot be changed: this deployment"), "{}", text(&model, size));
    press(&mut model, at(3), "e");
    assert!(model.dialog().is_none());
    assert!(text(&model, size).contains("edit: this deployment has no such call"), "{}", text(&model, size));
    press(&mut model, at(3), "X");
    assert!(text(&model, size).contains("close: this deployment has no such call"));
    press(&mut model, at(3), "f");
    assert!(model.dialog().is_some(), "what it has goes on");
}

#[test]
fn f_freezes_all_cards_of_a_person_as_a_plan() {
    let mut model = peopled(SIZE);
    press(&mut model, at(3), "4f");
    let shown = text(&model, SIZE);
    assert!(shown.contains("cards of Ana Silva"), "{shown}");
    let id = holder_id(0);
    let alive = |row: &fourpay::app::store::CardRow| {
        let status = &model.store().cards.get(*row).status;
        *status != fourpay::domain::card::CardStatus::Closed
    };
    let cards: Vec<_> = model.store().cards.of_holder(&id).iter().copied().filter(alive).collect();
    // M10: the number is typed; frozen ones are left out by the plan.
    let count = cards.len();
    press(&mut model, at(4), count.to_string().as_str());
    let shown = text(&model, SIZE);
    let frozen = cards
        .iter()
        .filter(|row| model.store().cards.get(**row).status == fourpay::domain::card::CardStatus::Frozen)
        .count();
    if frozen > 0 {
        press(&mut model, at(4), &format!("<C-u>{}", count - frozen));
    }
    let effects = effects_at(&mut model, at(5), "<C-s>");
    let [order] = orders(&effects)[..] else { panic!("{shown}\n{}", text(&model, SIZE)) };
    let fourpay::app::msg::Wish::Each(acts) = &order.wish else { panic!("{order:?}") };
    assert_eq!(acts.len(), count - frozen);
    assert!(acts.iter().all(|(act, _)| act.kind() == Kind::Freeze));
    assert!(model.overlays().has(OverlayKind::BulkRun));
}
