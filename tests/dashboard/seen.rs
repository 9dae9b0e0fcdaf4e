//! A key confirms what was on the screen before it came, and nothing else.

use fourpay::app::dialogs::Asked;
use fourpay::app::form::FieldId;
use fourpay::app::msg::{Answer, Effect, Msg, Topic};

use fourpay::app::overlay::OverlayKind;
use fourpay::app::{Model, update};
use fourpay::domain::card::Card;
use fourpay::domain::intent::Kind;
use proptest::prelude::*;

use crate::acts::{SIZE, act_of, effects_at, later, orders, screen};
use crate::fixture::*;

fn burst_effects(model: &mut Model, seconds: u64, script: &str) -> Vec<Effect> {
    burst(model, at(seconds), script).into_iter().flat_map(|outcome| outcome.effects).collect()
}

#[test]
fn a_confirmation_in_the_same_read_as_its_question_is_dropped_and_said() {
    let mut model = ready(SIZE);
    look(&mut model, at(3));
    let effects = burst_effects(&mut model, 3, "fy");
    assert!(orders(&effects).is_empty(), "{effects:?}");
    let picture = screen(&model, at(3));
    assert!(picture.contains("press y") && picture.contains("y freeze"), "{picture}");
    // A frame alone is not enough while keys still wait.
    model.drawn(at(3));
    assert!(orders(&burst_effects(&mut model, 3, "y")).is_empty());
    look(&mut model, at(3));
    let effects = burst_effects(&mut model, 3, "y");
    assert_eq!(orders(&effects).iter().map(|order| act_of(order).kind()).collect::<Vec<_>>(), [Kind::Freeze]);
}

#[test]
fn nothing_else_of_a_read_is_lost() {
    let mut model = ready(SIZE);
    look(&mut model, at(3));
    burst(&mut model, at(3), "/4242<Enter>t50<Enter>lunch");
    let dialog = model.dialog().expect("the form");
    assert_eq!(
        (dialog.form().value(FieldId::Amount), dialog.form().value(FieldId::Description)),
        ("50", ""),
        "{dialog:?}"
    );
    let mut model = ready(SIZE);
    burst(&mut model, at(3), "jjf<Esc>k/1881<Enter>");
    assert_eq!(model.overlays().kind(), None);
}

#[test]
fn five_keys_typed_by_a_person_freeze_at_once() {
    let mut model = ready(SIZE);
    let effects = effects_at(&mut model, at(3), "/4242<Enter>fy");
    assert_eq!(orders(&effects).len(), 1);
}

#[test]
fn every_way_to_confirm_waits_to_be_seen() {
    // Keys that open, keys of a person, and the read in which the confirmation comes together with the last change.
    for (open, last) in [("t", "50<C-s>"), ("X", "4242<C-s>"), ("w", "1<C-s>"), ("T", "5<C-s>"), ("u", "y"), ("q", "y")]
    {
        let mut model = ready(SIZE);
        if matches!(open, "u" | "q") {
            effects_at(&mut model, at(3), "fy");
            press(&mut model, at(3), "<Esc>");
        }
        look(&mut model, at(4));
        let opened = if matches!(open, "u" | "q") { at(5) } else { at(4) };
        match open {
            "u" | "q" => drop(burst(&mut model, opened, open)),
            _ => drop(press(&mut model, opened, open)),
        }
        let effects = burst_effects(&mut model, 6, last);
        let quits = effects.contains(&Effect::Quit);
        assert!(orders(&effects).is_empty() && !quits, "{open}{last}: {effects:?}");
    }
}

#[test]
fn two_keys_of_one_read_show_no_card_data() {
    let mut model = ready(SIZE);
    look(&mut model, at(3));
    assert_eq!(burst_effects(&mut model, 3, "rr"), []);
    assert!(screen(&model, at(3)).contains("r shows it"));
    look(&mut model, at(3));
    assert!(matches!(burst_effects(&mut model, 3, "r").as_slice(), [Effect::Reveal { .. }]));
}

/// What is known changes between the last frame and the key: what was read is not what would be sent.
#[test]
fn a_review_that_came_after_the_last_frame_is_not_confirmed() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "t50");
    look(&mut model, at(5));
    let read = model.dialog().and_then(|dialog| dialog.asked().cloned()).expect("it can be confirmed");
    let card = Card { balance: Some(usd(77)).into(), ..card(0) };
    answer(&mut model, at(6), Topic::Card(account_id(0), card_id(0)), 91, Answer::Card(Box::new(card)));
    let now = model.dialog().and_then(|dialog| dialog.asked().cloned());
    assert_ne!(now.as_ref(), Some(&read), "the review tells another balance");
    let effects = burst_effects(&mut model, 9, "<C-s>");
    assert!(orders(&effects).is_empty());
    assert!(screen(&model, at(9)).contains("press Ctrl-S"), "{}", screen(&model, at(9)));
    look(&mut model, at(9));
    let effects = burst_effects(&mut model, 10, "<C-s>");
    assert_eq!(orders(&effects).into_iter().map(|order| Asked::Wish(order.wish.clone())).next(), now);
}

#[test]
fn what_a_plan_sends_again_was_seen_before() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "/status:active<Enter>  f");
    press(&mut model, at(4), "2");
    let effects = effects_at(&mut model, at(5), "<C-s>");
    let [order] = orders(&effects)[..] else { panic!("{effects:?}") };
    let ticket = order.ticket;
    update(&mut model, at(6), Msg::Ended { ticket });
    assert_eq!(model.overlays().kind(), Some(OverlayKind::BulkRun));
    press(&mut model, at(6), "<Esc>");
    assert!(orders(&burst_effects(&mut model, 7, "bc")).is_empty());
    look(&mut model, at(7));
    assert_eq!(orders(&burst_effects(&mut model, 7, "c")).len(), 1);
}

#[derive(Clone, Debug)]
enum Step {
    Key(&'static str),
    Frame,
    Quiet,
    Balance(i64),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]
    /// Frames, pauses and answers between any two keys: what is sent is what the last seen frame showed.
    #[test]
    fn what_is_sent_was_drawn_before_the_key(steps in prop::collection::vec(prop_oneof![
        6 => prop::sample::select(vec!["f", "t", "w", "X", "T", "5", "0", "4242", "y", "<C-s>", "<Enter>", "<Tab>", "<Esc>", "<Right>", "u"]).prop_map(Step::Key),
        3 => Just(Step::Frame),
        3 => Just(Step::Quiet),
        2 => (1i64..100_000).prop_map(Step::Balance),
    ], 1..60)) {
        let mut model = ready(SIZE);
        look(&mut model, at(2));
        let (mut drawn, mut seen): (Option<Asked>, Option<Asked>) = (None, None);
        for (number, step) in steps.into_iter().enumerate() {
            let now = later(3 + number as u64, 0);
            match step {
                Step::Key(keys) => {
                    for outcome in burst(&mut model, now, keys) {
                        for order in orders(&outcome.effects) {
                            prop_assert_eq!(Some(&Asked::Wish(order.wish.clone())), seen.as_ref());
                        }
                    }
                }
                Step::Frame => {
                    model.drawn(now);
                    drawn = model.dialog().and_then(|dialog| dialog.asked().cloned());
                }
                Step::Quiet => {
                    model.input_is_empty();
                    seen.clone_from(&drawn);
                }
                Step::Balance(cents) => {
                    let card = Card { balance: Some(usd(cents)).into(), ..card(0) };
                    let asked = 100 + number as u64;
                    answer(&mut model, now, Topic::Card(account_id(0), card_id(0)), asked, Answer::Card(Box::new(card)));
                }
            }
        }
    }
}

/// A form that was filled in is confirmed by one key, however often nothing of it changed meanwhile.
#[test]
fn an_issue_is_confirmed_when_it_was_seen() {
    let mut model = peopled(SIZE);
    press(&mut model, at(3), "2gn");
    press(&mut model, at(4), "<Tab><Right><Tab>Paper clips");
    let picture = screen(&model, at(4));
    assert!(model.dialog().is_some_and(|dialog| dialog.asked().is_some()), "{picture}");
    for second in 5..8 {
        update(&mut model, at(second), Msg::Woke);
        look(&mut model, at(second));
    }
    let effects = burst_effects(&mut model, 9, "<C-s>");
    assert_eq!(orders(&effects).len(), 1, "{}", screen(&model, at(9)));
}
