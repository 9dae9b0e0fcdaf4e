//! Acts from keys to effects: what is asked, what is sent, and what is said of it.

use std::time::Duration;

use fourpay::app::msg::{Answer, Effect, Msg, Now, Order, Past, Topic, Wish};
use fourpay::app::{Model, update};
use fourpay::domain::card::{Card, CardStatus};
use fourpay::domain::failure::{Failure, FailureKind, FieldError, Reached};
use fourpay::domain::intent::life::{Evidence, Receipt, Stage, Step};
use fourpay::domain::intent::{Act, Before, Intent, Kind, Reference, Who};
use fourpay::domain::text::SafeText;

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
    let order = |effect| match effect {
        &Effect::Act(ref order) => Some(&**order),
        _ => None,
    };
    effects.iter().filter_map(order).collect()
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
    };
    let stage = steps.last().map_or(Stage::Recorded, Step::stage);
    Past { intent, stage, steps: steps.into_iter().map(|step| (wall(), step)).collect() }
}

/// A dashboard with the cursor on the first card, which is active and ends in 4242.
pub fn on_card() -> Model {
    let mut model = fresh(SIZE);
    let first = Card { status: CardStatus::Active, ..card(0) };
    answer(&mut model, at(2), Topic::Card(account_id(0), card_id(0)), 90, Answer::Card(Box::new(first)));
    press(&mut model, at(2), "2g");
    model
}

pub fn frozen_act(order: &Order) -> &Act {
    match &order.wish {
        Wish::One { act, .. } => act,
        other => panic!("{other:?}"),
    }
}

#[test]
fn f_y_freezes_and_the_row_says_so_until_a_read_does() {
    let mut model = on_card();
    let effects = effects_at(&mut model, at(3), "fy");
    let [order] = orders(&effects)[..] else { panic!("{effects:?}") };
    let act = frozen_act(order).clone();
    assert_eq!((act.kind(), act.card().map(|at| at.card.clone())), (Kind::Freeze, Some(card_id(0))));
    assert!(screen(&model, at(3)).contains("sending"));
    let ticket = order.ticket;
    let sent = past(act.clone(), 1, vec![Step::Recorded, Step::Sent { skew_ms: None }]);
    update(&mut model, at(3), Msg::JournalRead(vec![sent]));
    let accepted = Step::Accepted(Receipt::default());
    let taken = past(act.clone(), 1, vec![Step::Recorded, Step::Sent { skew_ms: None }, accepted.clone()]);
    update(&mut model, at(3), Msg::JournalRead(vec![taken]));
    update(&mut model, at(3), Msg::Ordered { ticket, reference: reference(1) });
    assert!(model.acts().dialog().is_none());
    let shown = screen(&model, at(3));
    assert!(shown.contains("◌ freezing…") && !shown.contains("❆ frozen  •4242"), "{shown}");
    // A read says so: the row is the card again, whatever the journal says.
    let read = Card { status: CardStatus::Frozen, ..card(0) };
    answer(&mut model, at(4), Topic::Card(account_id(0), card_id(0)), 91, Answer::Card(Box::new(read)));
    assert!(!screen(&model, at(4)).contains("freezing…"));
    let evidence = Step::Done(Evidence::new("the card is frozen"));
    let done = past(act, 1, vec![Step::Recorded, Step::Sent { skew_ms: None }, accepted, evidence]);
    update(&mut model, at(4), Msg::JournalRead(vec![done]));
    assert!(screen(&model, at(4)).contains("freeze of •4242 done"), "{}", screen(&model, at(4)));
    // The same key unfreezes now, and so does undo.
    for key in ["f", "u"] {
        let effects = effects_at(&mut model, at(5), &format!("{key}y"));
        assert_eq!(orders(&effects).iter().map(|order| frozen_act(order).kind()).collect::<Vec<_>>(), [Kind::Unfreeze]);
        let failure = refusal(vec![]);
        update(
            &mut model,
            at(5),
            Msg::Refused { ticket: orders(&effects)[0].ticket, reference: reference(2), failure },
        );
        press(&mut model, at(5), "<Esc>");
        if key == "f" {
            // What was refused is not there to be undone, so freeze it again on paper.
            assert!(screen(&model, at(5)).contains("frozen"));
            break;
        }
    }
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
    let mut model = on_card();
    let effects = effects_at(&mut model, at(3), &format!("f{}", "<Enter>".repeat(50)));
    assert!(orders(&effects).is_empty());
    assert!(orders(&effects_at(&mut model, at(9), &"<Enter>".repeat(50))).is_empty());
    assert!(model.acts().dialog().is_some());
}
