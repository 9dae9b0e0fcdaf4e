//! Acts from keys to effects: what is asked, what is sent, and what is said of it.

use std::time::Duration;

use fourpay::app::form::FieldId;
use fourpay::app::msg::{Answer, Beside, Effect, JournalState, KeyCode, Msg, Now, Order, Past, Topic, Wish};
use fourpay::app::{Model, actions, update};
use fourpay::domain::card::{Card, CardStatus};
use fourpay::domain::failure::{Failure, FailureKind, FieldError, Reached};
use fourpay::domain::field::Field;
use fourpay::domain::intent::lifecycle::{Evidence, Receipt, Stage, Step};
use fourpay::domain::intent::{Act, Before, Intent, Kind, Reference, Who};
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::Feed;
use proptest::prelude::*;

use crate::fixture::*;

pub const SIZE: (u16, u16) = (80, 24);

/// Some milliseconds after the given second.
pub fn later(seconds: u64, millis: u64) -> Now {
    let now = at(seconds);
    Now { up: now.up + Duration::from_millis(millis), ..now }
}

pub fn effects_at(model: &mut Model, now: Now, script: &str) -> Vec<Effect> {
    press(model, now, script).into_iter().flat_map(|outcome| outcome.effects).collect()
}

/// The orders that the keys led to.
pub fn orders(effects: &[Effect]) -> Vec<&Order> {
    let mut orders = Vec::new();
    for effect in effects {
        if let Effect::Act(order) = effect {
            orders.push(&**order);
        }
    }
    orders
}

pub fn screen(model: &Model, now: Now) -> String {
    lines(&draw(model, now, SIZE)).join("\n")
}

pub fn reference(at: u8) -> Reference {
    Reference::from_random([at; 7])
}

pub fn past(act: Act, at: u8, steps: Vec<Step>) -> Past {
    let who = Who {
        uid: 1000,
        user: None,
        host: SafeText::name("desk"),
        tty: None,
        ssh: false,
        pid: 1,
        version: SafeText::name("0.1.0"),
        process: None,
    };
    let intent = Intent {
        reference: reference(at),
        act,
        who,
        profile: SafeText::name("demo"),
        why: None,
        asked_at: wall(),
        before: Before::default(),
        despite: vec![],
        cards_before: None,
    };
    let stage = steps.last().map_or(Stage::Recorded, Step::stage);
    Past { intent, stage, steps: steps.into_iter().map(|step| (wall(), step)).collect(), elsewhere: None }
}

pub fn act_of(order: &Order) -> &Act {
    match &order.wish {
        Wish::One { act, .. } => act,
        other => panic!("{other:?}"),
    }
}

#[test]
fn f_y_freezes_and_the_row_says_so_until_a_read_does() {
    let mut model = ready(SIZE);
    let effects = effects_at(&mut model, at(3), "fy");
    let [order] = orders(&effects)[..] else { panic!("{effects:?}") };
    let act = act_of(order).clone();
    assert_eq!((act.kind(), act.card().map(|at| at.card.clone())), (Kind::Freeze, Some(card_id(0))));
    assert!(screen(&model, at(3)).contains("sending"));
    let ticket = order.ticket;
    let sent = past(act.clone(), 1, vec![Step::Recorded, Step::Sent { skew_ms: None }]);
    update(&mut model, at(3), Msg::JournalRead(vec![sent]));
    let accepted = Step::Accepted(Receipt::default());
    let taken = past(act.clone(), 1, vec![Step::Recorded, Step::Sent { skew_ms: None }, accepted.clone()]);
    update(&mut model, at(3), Msg::JournalRead(vec![taken]));
    update(&mut model, at(3), Msg::Ordered { ticket, reference: reference(1) });
    assert!(model.dialog().is_none());
    let shown = screen(&model, at(3));
    assert!(shown.contains("◌ freezing…") && !shown.contains("❆ frozen  •4242"), "{shown}");
    // A read says so: the row is the card again, whatever the journal says.
    let read = Card { status: CardStatus::Frozen, ..card(0) };
    answer(&mut model, at(4), Topic::Card(account_id(0), card_id(0)), 91, Answer::Card(Box::new(read)));
    assert!(!screen(&model, at(4)).contains("freezing…"));
    let evidence = Step::Done(Evidence::new("the card is frozen"));
    let done = past(act, 1, vec![Step::Recorded, Step::Sent { skew_ms: None }, accepted, evidence]);
    update(&mut model, at(4), Msg::JournalRead(vec![done]));
    assert!(screen(&model, at(4)).contains("•4242 frozen"), "{}", screen(&model, at(4)));
    // The same key unfreezes now.
    let effects = effects_at(&mut model, at(5), "fy");
    assert_eq!(orders(&effects).iter().map(|order| act_of(order).kind()).collect::<Vec<_>>(), [Kind::Unfreeze]);
}

pub fn refusal(fields: Vec<FieldError>) -> Failure {
    Failure {
        kind: FailureKind::Refused,
        doing: "do it",
        status: Some(422),
        detail: SafeText::prose("no"),
        fields,
        reached: Reached::Refused,
    }
}

#[test]
fn enter_never_freezes() {
    let mut model = ready(SIZE);
    let effects = effects_at(&mut model, at(3), &format!("f{}", "<Enter>".repeat(50)));
    assert!(orders(&effects).is_empty());
    assert!(orders(&effects_at(&mut model, at(9), &"<Enter>".repeat(50))).is_empty());
    assert!(model.dialog().is_some());
}

fn one(effects: &[Effect]) -> Order {
    match orders(effects)[..] {
        [order] => order.clone(),
        _ => panic!("{effects:?}"),
    }
}

/// Opens a dialog at second 3; keys after that are at second 4, when confirming keys count.
fn opened(keys: &str) -> Model {
    let mut model = ready(SIZE);
    press(&mut model, at(3), keys);
    assert!(model.dialog().is_some(), "{}", screen(&model, at(3)));
    model
}

#[test]
fn m2_double_held_and_two_hundred_enters_are_one_order() {
    for enters in [2, 20, 200] {
        let mut model = opened("t50");
        // To the button, then Enter again and again.
        let keys = format!("<Tab><Tab><Tab><Tab>{}", "<Enter>".repeat(enters));
        let order = one(&effects_at(&mut model, at(4), &keys));
        assert_eq!(act_of(&order).amount(), Some(usd(5_000)));
        assert!(orders(&effects_at(&mut model, at(9), &"<C-s><Enter>".repeat(50))).is_empty(), "in flight");
    }
}

#[test]
fn m2_confirming_keys_right_after_opening_do_nothing() {
    for (open, confirm) in [("t50", "<C-s>"), ("X", "4242<C-s>")] {
        for (millis, expected) in [(0, 0), (299, 0), (300, 1)] {
            let mut model = ready(SIZE);
            press(&mut model, at(3), open);
            let effects = effects_at(&mut model, later(3, millis), confirm);
            assert_eq!(orders(&effects).len(), expected, "{open} after {millis} ms");
        }
    }
}

#[test]
fn m2_an_enter_held_down_through_refusals_is_one_order() {
    for fields in [vec![], vec![FieldError { field: SafeText::name("amount"), message: SafeText::prose("no") }]] {
        let mut model = opened("t50<Tab><Tab><Tab><Tab>");
        let mut sent = 0;
        for step in 0..200u64 {
            let effects = effects_at(&mut model, later(4 + step / 30, step % 30 * 33), "<Enter>");
            for order in orders(&effects) {
                sent += 1;
                let refused =
                    Msg::Refused { ticket: order.ticket, reference: reference(1), failure: refusal(fields.clone()) };
                update(&mut model, later(4 + step / 30, step % 30 * 33), refused);
            }
        }
        assert_eq!(sent, 1);
        let amount = model.dialog().map(|dialog| dialog.form().value(FieldId::Amount).to_owned());
        assert_eq!(amount.as_deref(), Some("50"), "and what was typed is still there");
    }
}

#[test]
fn m2_enter_that_opened_the_list_confirms_nothing() {
    for open in ["t", "w", "T", "X", "n", "f"] {
        let mut model = opened(open);
        let effects = effects_at(&mut model, at(9), &"<Enter>".repeat(3));
        assert!(orders(&effects).is_empty(), "{open}");
    }
}

#[test]
fn a_list_that_reorders_underneath_changes_nothing() {
    let mut model = opened("t25");
    let others = (0..52).rev().map(|n| Card { name: Some(SafeText::name("A")), ..card(n) }).collect();
    answer(&mut model, at(4), Topic::Cards(account_id(0)), 99, Answer::Cards(batch(others)));
    update(&mut model, at(4), Msg::Resized(120, 40));
    // Another balance is another picture: it must have stood for a moment before it can be confirmed.
    let order = one(&effects_at(&mut model, at(5), "<C-s>"));
    let Act::TopUp { at: on, amount, .. } = act_of(&order) else { panic!("{order:?}") };
    assert_eq!((&on.card, *amount), (&card_id(0), usd(2_500)));
}

#[test]
fn m9_what_a_read_changed_is_seen_before_it_is_confirmed() {
    let mut model = opened("t200<Tab><Right>");
    assert!(screen(&model, at(4)).contains("80.00 USD"), "{}", screen(&model, at(4)));
    let changed = Card { status: CardStatus::Active, balance: Field::Known(usd(15_000)), ..card(0) };
    answer(&mut model, at(4), Topic::Card(account_id(0), card_id(0)), 99, Answer::Card(Box::new(changed)));
    assert!(orders(&effects_at(&mut model, later(4, 100), "<C-s>")).is_empty());
    assert_eq!(act_of(&one(&effects_at(&mut model, later(4, 400), "<C-s>"))).amount(), Some(usd(5_000)));
}

#[test]
fn m9_what_is_sent_is_what_was_shown() {
    for (keys, shown) in [
        ("t50.5", ["50.50 USD", "Main → •4242", "31,002.10 USD → 30,951.60 USD", "120.00 USD → 170.50 USD"]),
        ("w20", ["20.00 USD", "•4242 → Main", "31,002.10 USD → 31,022.10 USD", "120.00 USD → 100.00 USD"]),
        ("T<Tab>75", ["75.00 USD", "Main → Ads", "31,002.10 USD → 30,927.10 USD", "9,120.00 USD → 9,195.00 USD"]),
    ] {
        let mut model = opened(keys);
        let picture = screen(&model, at(3));
        for part in shown {
            assert!(picture.contains(part), "{part}\n{picture}");
        }
        let amount = act_of(&one(&effects_at(&mut model, at(4), "<C-s>"))).amount().unwrap();
        assert_eq!(amount.to_string(), shown[0]);
    }
}

#[test]
fn closing_the_dialog_while_sending_cancels_nothing_and_a_late_reply_is_told() {
    let mut model = opened("t50");
    let order = one(&effects_at(&mut model, at(4), "<C-s>"));
    assert_eq!(effects_at(&mut model, at(5), "<Esc>"), []);
    assert!(model.dialog().is_none() && model.in_flight_acts() == 1);
    assert!(screen(&model, at(5)).contains("goes on; its outcome will be told here"));
    let refused = Msg::Refused { ticket: order.ticket, reference: reference(1), failure: refusal(vec![]) };
    update(&mut model, at(20), refused);
    assert!(model.dialog().is_none() && model.in_flight_acts() == 0);
    assert!(screen(&model, at(20)).contains("top up of •4242 with 50.00 USD refused"), "{}", screen(&model, at(20)));
}

#[test]
fn a_reply_to_an_older_ticket_leaves_the_open_dialog_alone() {
    let mut model = opened("t50");
    let first = one(&effects_at(&mut model, at(4), "<C-s><Esc>"));
    press(&mut model, at(5), "w10");
    update(&mut model, at(6), Msg::Refused { ticket: first.ticket, reference: reference(1), failure: refusal(vec![]) });
    assert!(model.dialog().is_some_and(|dialog| dialog.form().value(FieldId::Amount) == "10"));
}

#[test]
fn a_refusal_keeps_the_input_and_stands_at_its_field() {
    let mut model = opened("t50<Tab><Tab>lunch");
    let order = one(&effects_at(&mut model, at(4), "<C-s>"));
    let said = |field: &str| FieldError { field: SafeText::name(field), message: SafeText::prose("too much today") };
    let failure = refusal(vec![said("amount"), said("moon")]);
    update(&mut model, at(5), Msg::Refused { ticket: order.ticket, reference: reference(1), failure });
    let dialog = model.dialog().unwrap();
    assert_eq!((dialog.form().value(FieldId::Amount), dialog.form().value(FieldId::Description)), ("50", "lunch"));
    let shown = screen(&model, at(5));
    assert!(shown.contains("✗ too much today") && shown.contains("moon: too much today"), "{shown}");
    // Another try is another ticket, and confirming keys wait again.
    assert!(orders(&effects_at(&mut model, later(5, 100), "<C-s>")).is_empty());
    assert_ne!(one(&effects_at(&mut model, at(6), "<C-s>")).ticket, order.ticket);
}

#[test]
fn m5_what_is_held_back_goes_on_only_when_that_is_typed() {
    let mut model = opened("t50");
    let order = one(&effects_at(&mut model, at(4), "<C-s>"));
    let why = "a top up of 15.00 USD has an unknown outcome".to_owned();
    update(&mut model, at(5), Msg::Held { ticket: order.ticket, why, waits_on: Some(reference(7)) });
    assert!(screen(&model, at(5)).contains("unknown outcome"));
    assert!(orders(&effects_at(&mut model, at(6), "<Enter><C-s>yes<Enter>")).is_empty());
    update(&mut model, at(6), Msg::Pasted("override".into()));
    assert!(orders(&effects_at(&mut model, at(6), "<Enter>")).is_empty(), "pasting is not typing");
    press(&mut model, at(6), "<Esc><C-s>");
    let mut model = opened("t50");
    let order = one(&effects_at(&mut model, at(4), "<C-s>"));
    update(&mut model, at(5), Msg::Held { ticket: order.ticket, why: "wait".into(), waits_on: Some(reference(7)) });
    let again = one(&effects_at(&mut model, at(6), "override<Enter>"));
    assert_eq!((again.despite, again.wish), (vec![reference(7)], order.wish));
    // Without anything to pass over there is nothing to type.
    update(&mut model, at(7), Msg::Held { ticket: again.ticket, why: "wait".into(), waits_on: None });
    assert!(orders(&effects_at(&mut model, at(8), "override<Enter>")).is_empty());
}

#[test]
fn m10_closing_takes_the_last_four() {
    for wrong in ["", "4241", "42420", "424", "y"] {
        let mut model = opened("X");
        assert!(orders(&effects_at(&mut model, at(4), &format!("{wrong}<C-s><Tab><Tab><Enter>"))).is_empty());
    }
    let mut model = opened("X");
    let order = one(&effects_at(&mut model, at(4), "4242<C-s>"));
    let Wish::EmptyAndClose { amount, at: on, .. } = &order.wish else { panic!("{order:?}") };
    assert_eq!((*amount, &on.card), (usd(12_000), &card_id(0)));
    let mut model = ready(SIZE);
    let empty = Card { status: CardStatus::Active, balance: Field::Known(usd(0)), ..card(0) };
    answer(&mut model, at(2), Topic::Card(account_id(0), card_id(0)), 99, Answer::Card(Box::new(empty)));
    press(&mut model, at(3), "X");
    let order = one(&effects_at(&mut model, at(4), "4242<C-s>"));
    assert_eq!(act_of(&order).kind(), Kind::Close);
}

#[test]
fn m10_a_large_transfer_takes_the_amount_twice() {
    let mut model = opened("T<Tab>1000");
    assert_eq!(act_of(&one(&effects_at(&mut model, at(4), "<C-s>"))).amount(), Some(usd(100_000)));
    let mut model = opened("T<Tab>1000.01");
    assert!(orders(&effects_at(&mut model, at(4), "<C-s>")).is_empty());
    assert!(screen(&model, at(4)).contains("type 1000.01 once more"), "{}", screen(&model, at(4)));
    assert!(orders(&effects_at(&mut model, at(5), "1000.10<C-s>")).is_empty());
    assert_eq!(orders(&effects_at(&mut model, at(6), "<C-u>1000.01<C-s>")).len(), 1);
}

#[test]
fn m10_a_series_takes_its_number_twice() {
    let mut model = opened("n<Tab>bo<Tab>Ads {seq:03}");
    press(&mut model, at(4), "<Tab><Tab><Tab><Tab><Tab><Tab><Tab><Tab><Tab><Tab><C-u>12");
    assert!(orders(&effects_at(&mut model, at(5), "<C-s>")).is_empty());
    let order = one(&effects_at(&mut model, at(6), "12<C-s>"));
    let Wish::Series { names, order: what, account, .. } = &order.wish else { panic!("{order:?}") };
    assert_eq!((names.len(), names[0].as_str(), names[11].as_str()), (12, "Ads 001", "Ads 012"));
    assert_eq!((what.holder.to_string(), account), ("owner-001".to_owned(), &account_id(0)));
}

#[test]
fn a_card_for_a_new_holder_is_two_orders_in_one() {
    let mut model = opened("n<Tab>new<Tab>Nora<Tab>Lind<Tab>nora<Tab><Tab>nora lind<Tab>Field kit");
    assert!(orders(&effects_at(&mut model, at(4), "<C-s>")).is_empty());
    let seen = screen(&model, at(4));
    assert!(seen.contains("ana@example.org") && seen.contains("letters, digits and -"), "{seen}");
    press(&mut model, at(5), "<Tab><Tab><Tab><C-u>nora@example.org<Tab><Tab><C-u>nora-lind");
    let order = one(&effects_at(&mut model, at(6), "<C-s>"));
    let Wish::ForNewHolder { holder, then, .. } = &order.wish else { panic!("{order:?}") };
    assert_eq!((holder.id.to_string(), holder.email.as_str()), ("nora-lind".to_owned(), "nora@example.org"));
    let Wish::One { act: Act::IssueCard { order, .. }, .. } = &**then else { panic!("{then:?}") };
    assert_eq!((order.holder.clone(), order.name.as_str()), (holder.id.clone(), "Field kit"));
}

#[test]
fn m8_amounts_that_cannot_be_sent_are_told_at_the_field() {
    for (typed, why) in [
        ("5,00", "use a point"),
        ("0", "more than zero"),
        ("31002.11", "31,002.10 USD is available"),
        ("1.234", "2 decimals"),
        ("1e3", "at most one point"),
    ] {
        let mut model = opened(&format!("t{typed}"));
        assert!(!screen(&model, at(4)).contains(why), "not while typing");
        press(&mut model, at(4), "<Tab>");
        assert!(screen(&model, at(4)).contains(why), "{typed}: {}", screen(&model, at(4)));
        assert!(orders(&effects_at(&mut model, at(5), "<C-s><Tab><Tab><Tab><Tab><Enter><C-s>")).is_empty());
    }
}

#[test]
fn m9_a_text_that_would_be_changed_on_its_way_is_refused() {
    let mut model = opened("t50<Tab><Tab>for 4111111111111111");
    assert!(orders(&effects_at(&mut model, at(4), "<C-s>")).is_empty());
    assert!(screen(&model, at(4)).contains("cannot be sent as it is"), "{}", screen(&model, at(4)));
    let order = one(&effects_at(&mut model, at(5), "<C-u>for lunch<C-s>"));
    assert_eq!(act_of(&order).description().map(SafeText::as_str), Some("for lunch"));
}

#[test]
fn text_fields_swallow_every_action_key() {
    for action in actions::table() {
        for key in action.keys {
            let KeyCode::Char(c) = key.code else { continue };
            if key.ctrl {
                continue;
            }
            let mut model = opened("t<Tab><Tab>");
            let focus = model.focus();
            let outcome = update(&mut model, at(9), Msg::Pressed(*key));
            let dialog = model.dialog().expect("still open");
            let expected = c.to_string();
            assert_eq!((dialog.form().value(FieldId::Description), outcome.effects), (expected.trim(), vec![]), "{c}");
            assert_eq!(model.focus(), focus);
        }
    }
}

#[test]
fn pasting_goes_into_the_field_and_confirms_nothing() {
    let mut model = opened("t");
    let outcome = update(&mut model, at(4), Msg::Pasted(" 50\r\n".into()));
    assert_eq!((outcome.effects, model.dialog().unwrap().form().value(FieldId::Amount)), (vec![], "50"));
    for open in ["f", "X", "T", "w", "n"] {
        let mut model = opened(open);
        for text in ["y", "\r", "4242\r", "\u{13}", "y\ny\n"] {
            assert!(orders(&update(&mut model, at(9), Msg::Pasted(text.into())).effects).is_empty());
        }
        assert!(model.dialog().is_some(), "{open}");
    }
}

#[test]
fn freezing_can_take_the_other_cards_of_the_holder_along() {
    let mut model = opened("f");
    let order = one(&effects_at(&mut model, at(3), "ay"));
    let Wish::Each(acts) = &order.wish else { panic!("{order:?}") };
    let cards: Vec<_> = acts.iter().map(|(act, _)| act.card().unwrap().card.clone()).collect();
    assert_eq!(cards, [card_id(0), card_id(60)]);
    let mut model = opened("f");
    assert!(matches!(one(&effects_at(&mut model, at(3), "aay")).wish, Wish::One { .. }));
}

#[test]
fn undo_is_for_what_was_done() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "u");
    assert!(model.dialog().is_none() && screen(&model, at(3)).contains("nothing was frozen"));
    let order = one(&effects_at(&mut model, at(3), "fy"));
    update(&mut model, at(4), Msg::Ordered { ticket: order.ticket, reference: reference(1) });
    let read = Card { status: CardStatus::Frozen, ..card(0) };
    answer(&mut model, at(4), Topic::Card(account_id(0), card_id(0)), 99, Answer::Card(Box::new(read)));
    // The cursor is elsewhere by now.
    assert_eq!(
        act_of(&one(&effects_at(&mut model, at(5), "jjuy"))),
        &Act::Unfreeze(act_of(&order).card().unwrap().clone())
    );
}

#[test]
fn freezing_works_from_a_transaction() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "<Enter><Enter>3");
    let order = one(&effects_at(&mut model, at(4), "fy"));
    assert_eq!(act_of(&order).card().unwrap().card, card_id(0));
}

#[test]
fn money_waits_for_the_link_and_freezing_does_not() {
    let mut model = ready(SIZE);
    for topic in [Topic::Accounts, Topic::Newest(Feed::Cards), Topic::Newest(Feed::Accounts)] {
        fail(&mut model, at(9), topic, 99, failure(FailureKind::Offline, "read the list"));
    }
    for key in ["t", "w", "T", "X", "n"] {
        press(&mut model, at(10), key);
        assert!(model.dialog().is_none(), "{key}");
        assert!(screen(&model, at(10)).contains("the link is down and balances are old"));
    }
    press(&mut model, at(10), "f");
    assert!(model.dialog().is_some(), "M11: freezing is always one key");
}

#[test]
fn a_link_that_goes_while_a_dialog_is_open_bars_money_and_keeps_the_input() {
    let mut model = opened("t50");
    fail(&mut model, at(4), Topic::Accounts, 99, failure(FailureKind::Offline, "read the accounts"));
    assert!(orders(&effects_at(&mut model, at(5), "<C-s>")).is_empty());
    assert!(screen(&model, at(5)).contains("not now: the link is down"), "{}", screen(&model, at(5)));
    answer(&mut model, at(6), Topic::Accounts, 100, Answer::Accounts(batch(accounts())));
    assert_eq!(orders(&effects_at(&mut model, at(7), "<C-s>")).len(), 1);
}

#[test]
fn read_only_and_a_troubled_journal_refuse_every_act_with_the_reason() {
    let keys = ["n", "f", "u", "t", "w", "T", "X"];
    let mut model = Model::new(fourpay::app::msg::Setup { read_only: true, ..setup() }, SIZE, at(0));
    fill(&mut model, at(1), 40);
    for key in keys {
        assert_eq!(effects_at(&mut model, at(3), key), []);
        assert!(model.dialog().is_none() && screen(&model, at(3)).contains("this session is read-only"));
    }
    let mut model = ready(SIZE);
    update(&mut model, at(3), Msg::JournalChanged(JournalState::Missing("no space left".into())));
    for key in keys {
        assert_eq!(effects_at(&mut model, at(3), key), []);
        assert!(model.dialog().is_none() && screen(&model, at(3)).contains("no space left"), "{key}");
    }
}

#[test]
fn cards_without_money_of_their_own_are_not_topped_up() {
    let mut model = ready(SIZE);
    let shared = fourpay::domain::account::AccountDetail { cards_hold_balance: Some(false), ..detail(0) };
    answer(&mut model, at(2), Topic::Account(account_id(0)), 99, Answer::Account(Box::new(shared)));
    for key in ["t", "w"] {
        press(&mut model, at(3), key);
        assert!(model.dialog().is_none() && screen(&model, at(3)).contains("cards of this account share"));
    }
}

#[test]
fn quitting_asks_only_while_something_is_in_flight() {
    let mut model = opened("t50");
    press(&mut model, at(4), "<C-s><Esc>");
    assert_eq!(effects_at(&mut model, at(5), "q"), []);
    assert!(screen(&model, at(5)).contains("Quitting does not cancel what was sent"));
    assert_eq!(effects_at(&mut model, at(5), "<Enter><Esc>"), []);
    assert_eq!(effects_at(&mut model, at(5), "q<C-c>"), [Effect::Quit]);
    assert_eq!(effects_at(&mut model, at(6), "y"), [Effect::Quit]);
    assert_eq!(effects_at(&mut ready(SIZE), at(5), "q"), [Effect::Quit]);
}

fn needs_a_person() -> Past {
    let at = fourpay::domain::intent::CardAt { account: account_id(0), card: card_id(0), last_four: None };
    let act = Act::TopUp { at, amount: usd(1_500), description: None };
    let unknown = Step::Unknown { reason: SafeText::prose("no answer in time"), status: None };
    let compare = Step::NeedsPerson(Evidence::new("two movements of 15.00 USD fit"));
    past(act, 9, vec![Step::Recorded, Step::Sent { skew_ms: None }, unknown, compare])
}

#[test]
fn m6_a_person_decides_only_by_typing() {
    let mut model = ready(SIZE);
    update(&mut model, at(3), Msg::JournalRead(vec![needs_a_person()]));
    assert!(lines(&draw(&model, at(3), SIZE))[0].contains("1 outcome unknown"));
    press(&mut model, at(3), "7");
    assert!(screen(&model, at(3)).contains("■ needs a person"));
    press(&mut model, at(3), "<Enter>");
    assert!(screen(&model, at(3)).contains("two movements of 15.00 USD fit"), "{}", screen(&model, at(3)));
    assert_eq!(effects_at(&mut model, at(4), "<C-s><Enter><Enter><Enter><Enter><C-s>"), []);
    let mut model = ready(SIZE);
    update(&mut model, at(3), Msg::JournalRead(vec![needs_a_person()]));
    press(&mut model, at(3), "7<Enter>");
    let effects = effects_at(&mut model, at(6), "<Tab><Tab><Right><Tab>statement of March<Tab>decide<C-s>");
    let words = "statement of March".to_owned();
    assert_eq!(effects, [Effect::Decide { references: vec![reference(9)], done: true, words }]);
}

/// All marked entries at once, by typing how many; what it risks is said, and what has nothing to decide is left out.
#[test]
fn m6_a_person_decides_all_marked_by_typing_their_number() {
    let entries = || {
        let act = needs_a_person().intent.act;
        let absent = Step::NotSeen { seen: Evidence::new("no transaction shows it yet"), lifted: false };
        let not_seen = past(transfer(0, 1, 2_500), 8, [unknown_steps(), vec![absent]].concat());
        let done = past(act, 7, [unknown_steps(), vec![Step::SettledDone(Evidence::new("found"))]].concat());
        vec![done, not_seen, needs_a_person()]
    };
    let marked = |keys: &str| {
        let mut model = ready(SIZE);
        update(&mut model, at(3), Msg::JournalRead(entries()));
        press(&mut model, at(3), &format!("7{keys}"));
        model
    };
    let mut model = marked("*");
    assert!(screen(&model, at(3)).contains("3 marked"), "{}", screen(&model, at(3)));
    press(&mut model, at(3), "<Enter>");
    let picture = screen(&model, at(3));
    for part in ["Decide 2 actions", "1 skipped: nothing to decide", "transfer of 25.00 USD", "top up of", "confirm"] {
        assert!(picture.contains(part), "{part}\n{picture}");
    }
    for wrong in ["3", "", "22", "decide"] {
        let mut model = marked("*<Enter>");
        let keys = format!("<Tab><Tab><Right><Right><Tab>statement of March<Tab>{wrong}<C-s><Enter>");
        assert_eq!(effects_at(&mut model, at(6), &keys), [], "{wrong}");
    }
    press(&mut model, at(6), "<Tab><Tab><Right><Right><Tab>statement of March<Tab>2");
    let picture = screen(&model, at(6));
    assert!(picture.contains("whoever sends it again does it twice") && picture.contains("40.00 USD"), "{picture}");
    let effects = effects_at(&mut model, at(7), "<C-s>");
    let words = "statement of March".to_owned();
    assert_eq!(effects, [Effect::Decide { references: vec![reference(8), reference(9)], done: false, words }]);
    // They are marked no more.
    assert!(!screen(&model, at(8)).contains("marked"), "{}", screen(&model, at(8)));
    // What is hidden by a filter is said; Esc unmarks before it leaves the pane.
    let mut model = marked("*/transfer<Enter><Enter>");
    assert!(screen(&model, at(4)).contains("2 of the marked are not in the list now"), "{}", screen(&model, at(4)));
    press(&mut model, at(5), "<Esc><Esc>");
    assert!(!screen(&model, at(5)).contains("marked") && screen(&model, at(5)).contains("Journal"));
    // Nothing to decide is no dialog.
    let mut model = marked("G <Enter>");
    assert!(
        model.dialog().is_none() && screen(&model, at(4)).contains("none of the marked"),
        "{}",
        screen(&model, at(4))
    );
    // One alone says what it risks too, and so does passing over one.
    press(&mut model, at(5), "<Esc>g<Enter>");
    press(&mut model, at(8), "<Tab><Tab><Right><Tab>statement<Tab>decide");
    let picture = screen(&model, at(8));
    assert!(picture.contains("the money was never moved"), "{picture}");
    let mut model = opened("t50");
    let order = one(&effects_at(&mut model, at(4), "<C-s>"));
    update(&mut model, at(5), Msg::Held { ticket: order.ticket, why: "wait".into(), waits_on: Some(reference(7)) });
    assert!(screen(&model, at(5)).contains("this is done twice"), "{}", screen(&model, at(5)));
}

/// Freezes that the journal does not have yet are told wherever the journal is told of, and quitting asks when nothing
/// but memory has them.
#[test]
fn m11_a_freeze_beside_the_journal_is_told() {
    let beside = |freezes, in_memory, file: Option<&str>| {
        Msg::KeptBeside(Beside { freezes, in_memory, file: file.map(str::to_owned) })
    };
    let file = "/state/demo.emergency.jsonl";
    let mut model = ready((120, 30));
    let seen = |model: &Model, second| lines(&draw(model, at(second), (120, 30))).join("\n");
    update(&mut model, at(3), beside(1, 0, Some(file)));
    let picture = seen(&model, 3);
    assert!(picture.contains("✗ 1 beside the journal") && picture.contains(file), "{picture}");
    assert!(picture.contains("it is moved into the journal by itself"), "{picture}");
    press(&mut model, at(30), "7");
    assert!(seen(&model, 30).contains("1 freeze recorded beside the journal, in"), "{}", seen(&model, 30));
    update(&mut model, at(31), beside(2, 1, Some(file)));
    let picture = seen(&model, 31);
    assert!(picture.contains("✗ 1 in memory only") && picture.contains("keep fourpay running"), "{picture}");
    assert!(model.may_leave().is_err(), "another profile would forget it");
    assert_eq!(effects_at(&mut model, at(50), "q"), []);
    assert!(seen(&model, 50).contains("Quitting loses the record"), "{}", seen(&model, 50));
    press(&mut model, at(51), "<Esc>");
    update(&mut model, at(60), beside(0, 0, None));
    let picture = seen(&model, 60);
    assert!(picture.contains("is in the journal now") && !picture.contains("memory only"), "{picture}");
    assert_eq!(effects_at(&mut model, at(61), "q"), [Effect::Quit]);
}

/// Another program writes to the journal: that is waited for, and no trouble.
#[test]
fn a_journal_that_is_waited_for_has_a_word_in_the_header() {
    let mut model = ready((120, 30));
    let seen = |model: &Model, second| lines(&draw(model, at(second), (120, 30))).join("\n");
    let why = "the journal is held by another program (/state/demo.lock)".to_owned();
    update(&mut model, at(3), Msg::JournalChanged(JournalState::Waiting(why)));
    let picture = seen(&model, 3);
    assert!(picture.contains("◌ journal in use") && !picture.contains("✗ journal"), "{picture}");
    press(&mut model, at(4), "7");
    assert!(seen(&model, 4).contains("◌ the journal is held by another program"), "{}", seen(&model, 4));
    // Money may be ordered: it waits for the lock itself.
    press(&mut model, at(5), "2t50");
    assert_eq!(orders(&effects_at(&mut model, at(6), "<C-s>")).len(), 1);
    update(&mut model, at(7), Msg::JournalChanged(JournalState::Fine));
    assert!(!seen(&model, 7).contains("journal in use") && !seen(&model, 7).contains("can be used again"));
}

#[test]
fn outcomes_are_told_as_the_journal_says_them() {
    let mut model = ready(SIZE);
    update(&mut model, at(3), Msg::JournalRead(vec![]));
    let mut steps = vec![Step::Recorded, Step::Sent { skew_ms: None }];
    let act = needs_a_person().intent.act;
    let mut tell = |step: Step, second| {
        steps.push(step);
        update(&mut model, at(second), Msg::JournalRead(vec![past(act.clone(), 9, steps.clone())]));
        screen(&model, at(second))
    };
    let unknown = Step::Unknown { reason: SafeText::prose("no answer in time"), status: None };
    let seen = tell(unknown, 10);
    assert!(seen.contains("no answer from 4pay for top up") && seen.contains("? 1 outcome unknown"), "{seen}");
    // Absence is no proof: it is still counted, and nothing says that it was not done.
    let absent = Evidence::new("no transaction shows it yet; it may still come");
    let seen = tell(Step::NotSeen { seen: absent, lifted: false }, 20);
    assert!(seen.contains("is not seen") && seen.contains("may still come"), "{seen}");
    assert!(seen.contains("? 1 outcome unknown") && !seen.contains("not done"), "{seen}");
    let seen = tell(Step::FoundLater(Evidence::new("the movement is in the feed")), 30);
    assert!(seen.contains("after all: the movement is in the feed"), "{seen}");
    assert!(seen.contains("! 1 found later") && !seen.contains("outcome unknown"), "{seen}");
    let seen = tell(Step::SettledDone(Evidence::new("ana has compared")), 40);
    assert!(!seen.contains("found later"), "{seen}");
}

/// What came back is said: an answer is an answer, whatever it leaves open.
#[test]
fn an_answer_that_leaves_it_open_is_not_called_none() {
    for (status, said) in [
        (Some(409), "4pay answered top up of •… with 15.00 USD with HTTP 409; checking"),
        (Some(504), "with HTTP 504; checking"),
        (None, "no answer from 4pay for top up"),
    ] {
        let mut model = ready((120, 30));
        update(&mut model, at(3), Msg::JournalRead(vec![]));
        let unknown = Step::Unknown { reason: SafeText::prose("it says"), status };
        let steps = vec![Step::Recorded, Step::Sent { skew_ms: None }, unknown];
        update(&mut model, at(4), Msg::JournalRead(vec![past(needs_a_person().intent.act, 9, steps)]));
        let picture = lines(&draw(&model, at(4), (120, 30))).join(" ");
        assert!(picture.contains(said), "{said}\n{picture}");
    }
}

/// M11: an unfreeze was sent and nobody knows what became of it: the card may be active although it is shown as frozen.
/// Freezing many freezes it too, by marks, by its holder, and along with another card.
#[test]
fn m11_freezing_many_includes_a_card_that_may_be_active() {
    let frozen = Card { status: CardStatus::Frozen, ..card(0) };
    let on = fourpay::domain::intent::CardAt { account: account_id(0), card: card_id(0), last_four: None };
    let unknown = past(Act::Unfreeze(on), 1, unknown_steps());
    let doubtful = |doubt: bool| {
        let mut model = ready(SIZE);
        answer(&mut model, at(2), Topic::Card(account_id(0), card_id(0)), 91, Answer::Card(Box::new(frozen.clone())));
        update(&mut model, at(2), Msg::JournalRead(if doubt { vec![unknown.clone()] } else { vec![] }));
        model
    };
    for (doubt, count) in [(true, 2), (false, 1)] {
        let mut model = doubtful(doubt);
        press(&mut model, at(3), "  f");
        let order = one(&effects_at(&mut model, at(4), &format!("<C-u>{count}<C-s>")));
        let Wish::Each(acts) = &order.wish else { panic!("{order:?}") };
        assert_eq!(acts.iter().any(|(act, _)| act.card().unwrap().card == card_id(0)), doubt, "{acts:?}");
        // Along with another card of the same holder.
        let mut model = ready(SIZE);
        let listed = model.store().card(&card_id(60)).unwrap().clone();
        let other = Card { status: CardStatus::Frozen, ..listed };
        let account = other.account.clone().unwrap();
        let topic = Topic::Card(account.clone(), card_id(60));
        answer(&mut model, at(2), topic, 91, Answer::Card(Box::new(other)));
        let on = fourpay::domain::intent::CardAt { account, card: card_id(60), last_four: None };
        let open = past(Act::Unfreeze(on), 1, unknown_steps());
        update(&mut model, at(2), Msg::JournalRead(if doubt { vec![open] } else { vec![] }));
        press(&mut model, at(3), "f");
        let order = one(&effects_at(&mut model, at(3), "ay"));
        assert_eq!(matches!(&order.wish, Wish::Each(acts) if acts.len() == 2), doubt, "{order:?}");
    }
}

/// An accepted act that no read has confirmed can be decided, also where the clock went back since.
#[test]
fn a_clock_that_went_back_keeps_nobody_from_deciding() {
    let steps = vec![Step::Recorded, Step::Sent { skew_ms: None }, Step::Accepted(Receipt::default())];
    for (asked, open) in [(-600, false), (-1_000, true), (86_400, true)] {
        let mut entry = past(needs_a_person().intent.act, 9, steps.clone());
        entry.intent.asked_at = wall() + chrono::TimeDelta::seconds(asked);
        let mut model = ready(SIZE);
        update(&mut model, at(3), Msg::JournalRead(vec![entry]));
        press(&mut model, at(3), "7<Enter>");
        assert_eq!(screen(&model, at(3)).contains("type decide"), open, "{asked}: {}", screen(&model, at(3)));
    }
}

/// Where one movement fits and references do not come back, it is listed until somebody says yes or no; one that was taken
/// back is red.
#[test]
fn what_is_probable_or_reversed_stays_in_the_header() {
    let mut model = ready(SIZE);
    update(&mut model, at(3), Msg::JournalRead(vec![]));
    let act = needs_a_person().intent.act;
    let unknown = Step::Unknown { reason: SafeText::prose("no answer in time"), status: None };
    let probably = Step::Probably(Evidence::new("one movement fits"));
    let steps = vec![Step::Recorded, Step::Sent { skew_ms: None }, unknown, probably];
    let reversed = Step::Reversed(Evidence::new("its transaction is canceled now"));
    let done = Step::Done(Evidence::new("found"));
    let accepted = Step::Accepted(Receipt::default());
    let other = vec![Step::Recorded, Step::Sent { skew_ms: None }, accepted, done, reversed];
    update(&mut model, at(4), Msg::JournalRead(vec![past(act.clone(), 9, steps), past(act, 8, other)]));
    let seen = screen(&model, at(4));
    assert!(seen.contains("≈ 1 probably done") && seen.contains("! 1 reversed"), "{seen}");
    effects_at(&mut model, at(4), "7");
    let seen = screen(&model, at(5));
    assert!(seen.contains("≈ probably done") && seen.contains("! reversed"), "{seen}");
}

fn transfer(from: usize, to: usize, amount: i64) -> Act {
    Act::Transfer { from: account_id(from), to: account_id(to), amount: usd(amount), description: None }
}

fn unknown_steps() -> Vec<Step> {
    let unknown = Step::Unknown { reason: SafeText::prose("no answer in time"), status: None };
    vec![Step::Recorded, Step::Sent { skew_ms: None }, unknown]
}

/// Money of the same account that may still move is warned of, with what would be left; nothing is barred.
#[test]
fn m5_forms_warn_of_open_movements_on_the_same_account() {
    let open = |at: u8, act: Act| past(act, at, unknown_steps());
    let card_of =
        |n: usize| fourpay::domain::intent::CardAt { account: account_id(0), card: card_id(n), last_four: None };
    let top_up = Act::TopUp { at: card_of(3), amount: usd(70_000), description: None };
    let warning = "is still unconfirmed; if it went through,";
    for (keys, act, left) in [
        // 31,002.10 less 50.00, less what the open one takes.
        ("t50", transfer(0, 1, 40_000), "30,552.10 USD is left on Main"),
        ("w20", transfer(0, 1, 40_000), "30,622.10 USD is left on Main"),
        // One that pays in.
        ("w20", transfer(1, 0, 40_000), "31,422.10 USD is left on Main"),
        // A top up of any card takes from the account that pays.
        ("T<Tab>75", top_up, "30,227.10 USD is left on Main"),
        // Of the account that receives.
        ("T<Tab>75", transfer(1, 2, 40_000), "8,795.00 USD is left on Ads"),
        ("X4242", transfer(0, 1, 40_000), "30,722.10 USD is left on Main"),
    ] {
        let mut model = opened(keys);
        update(&mut model, at(3), Msg::JournalRead(vec![open(1, act.clone())]));
        let picture = lines(&draw(&model, at(4), (84, 40))).join(" ");
        let picture = picture.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let amount = text_of(&act);
        let all = format!("an earlier {} of {amount} ({}) {warning} {left}", act.kind(), reference(1));
        assert!(picture.contains(&all), "{keys}: {all}\n{picture}");
        // It fits on a small screen, and what is asked for goes out.
        assert!(screen(&model, at(4)).contains(&reference(1).to_string()), "{keys}: {}", screen(&model, at(4)));
        assert_eq!(orders(&effects_at(&mut model, at(6), "<C-s>")).len(), 1, "{keys}");
    }
    // Several are one warning, and what is over, held, elsewhere or another account's is none.
    let mut model = opened("t50");
    let several = vec![open(1, transfer(0, 1, 40_000)), open(2, transfer(0, 2, 10_000))];
    update(&mut model, at(3), Msg::JournalRead(several));
    let picture = lines(&draw(&model, at(4), (100, 40))).join(" ");
    assert!(picture.contains("2 earlier actions") && picture.contains("30,452.10 USD"), "{picture}");
    let done = Step::SettledDone(Evidence::new("found"));
    let settled = past(transfer(0, 1, 40_000), 1, [unknown_steps(), vec![done]].concat());
    let elsewhere = Past { elsewhere: Some(SafeText::name("https://other")), ..open(2, transfer(0, 1, 40_000)) };
    let others = open(3, transfer(1, 2, 40_000));
    update(&mut model, at(5), Msg::JournalRead(vec![settled, elsewhere, others]));
    assert!(!screen(&model, at(5)).contains("is still unconfirmed;"), "{}", screen(&model, at(5)));
}

/// All cards of a plan together.
#[test]
fn m5_a_plan_of_top_ups_warns_of_open_transfers() {
    let mut model = ready(SIZE);
    update(&mut model, at(3), Msg::JournalRead(vec![past(transfer(0, 1, 40_000), 1, unknown_steps())]));
    press(&mut model, at(3), "/status:active<Enter>  t");
    press(&mut model, at(4), "500<Tab>2");
    let picture = lines(&draw(&model, at(4), (84, 48))).join(" ");
    assert!(picture.contains("is left on Main"), "{picture}");
    assert_eq!(orders(&effects_at(&mut model, at(6), "<C-s>")).len(), 1);
}

fn text_of(act: &Act) -> String {
    act.amount().map_or_else(String::new, |amount| amount.to_string())
}

fn any_keys() -> impl Strategy<Value = Vec<(u64, String)>> {
    let words = prop::sample::select(vec![
        "f",
        "y",
        "a",
        "n",
        "t",
        "w",
        "T",
        "X",
        "u",
        "q",
        "7",
        "5",
        "0",
        "4242",
        "50",
        "override",
        "<Enter>",
        "<Enter><Enter>",
        "<Esc>",
        "<Tab>",
        "<S-Tab>",
        "<C-s>",
        "<C-s><C-s>",
        "<Right>",
        "<Left>",
        "j",
        "2g",
        "<Tab><Tab><Tab><Tab><Enter>",
    ]);
    prop::collection::vec((0u64..900, words.prop_map(str::to_owned)), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// M2: no key sequence sends more than was confirmed. A confirmation is a `y`, `Ctrl-S` or `Enter` pressed
    /// while a dialog that could be confirmed was open and waiting for it; one order at most comes of each.
    #[test]
    fn m2_never_more_orders_than_confirmations(script in any_keys(), replies in prop::collection::vec(0u8..5, 40)) {
        let mut model = ready(SIZE);
        let (mut confirmed, mut ordered, mut millis) = (0usize, 0usize, 3_000);
        for ((pause, keys), reply) in script.into_iter().zip(replies) {
            millis += pause;
            let now = later(millis / 1000, millis % 1000);
            let asking = |model: &Model| {
                model.dialog().is_some_and(|dialog| dialog.ticket().is_none() && dialog.asked().is_some())
            };
            let confirms = ["<Enter>", "<C-s>", "y"].iter().map(|key| keys.matches(key).count()).sum::<usize>();
            let before = asking(&model);
            let effects = effects_at(&mut model, now, &keys);
            let sent = orders(&effects);
            prop_assert!(sent.len() <= 1, "one after the other: {keys}");
            prop_assert!(sent.is_empty() || (before && confirms > 0), "{keys}");
            confirmed += usize::from(before && confirms > 0);
            ordered += sent.len();
            prop_assert!(ordered <= confirmed);
            let Some(order) = sent.first() else { continue };
            let (ticket, reference) = (order.ticket, reference(reply));
            let told = match reply {
                0 => Msg::Ordered { ticket, reference },
                1 => Msg::Refused { ticket, reference, failure: refusal(vec![]) },
                2 => Msg::Held { ticket, why: "wait".into(), waits_on: Some(reference) },
                3 => Msg::Advanced { ticket, done: 1, of: 2, stopped: true },
                _ => continue,
            };
            prop_assert!(update(&mut model, now, told).effects.iter().all(|effect| !matches!(effect, Effect::Act(_))));
        }
    }
}
