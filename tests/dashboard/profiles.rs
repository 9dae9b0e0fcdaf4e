//! Changing to another profile: what is asked for, when it is refused, and what the palette offers.

use fourpay::app::Model;
use fourpay::app::actions::{self, Act};
use fourpay::app::msg::{Effect, Msg, Setup};

use fourpay::app::update;

use crate::fixture::*;

const SIZE: (u16, u16) = (100, 30);

fn several() -> Setup {
    Setup { profiles: ["demo", "prod", "test", "old-prod"].map(String::from).into(), ..setup() }
}

fn model() -> Model {
    let mut model = Model::new(several(), SIZE, at(0));
    fill(&mut model, at(1), 40);
    model
}

fn effects(model: &mut Model, script: &str) -> Vec<Effect> {
    press(model, at(3), script).into_iter().flat_map(|outcome| outcome.effects).collect()
}

fn text(model: &Model) -> String {
    lines(&draw(model, at(3), SIZE)).join("\n")
}

#[test]
fn the_palette_completes_the_names_and_enter_asks_for_the_profile() {
    assert_eq!(effects(&mut model(), ":profile prod<Enter>"), [Effect::Profile("prod".into())]);
    assert_eq!(effects(&mut model(), ":profile pr<Enter>"), [Effect::Profile("prod".into())]);
    assert_eq!(effects(&mut model(), ":profile OLD<Enter>"), [Effect::Profile("old-prod".into())]);
    // The action by itself shows what there is.
    let mut asking = model();
    assert_eq!(effects(&mut asking, ":profile<Enter>"), []);
    let shown = text(&asking);
    for name in ["demo", "prod", "test", "old-prod"] {
        assert!(shown.contains(name), "{name}\n{shown}");
    }
    assert!(shown.lines().any(|line| line.contains("demo") && line.contains("this one")), "{shown}");
    assert_eq!(effects(&mut asking, "<Down><Down><Enter>"), [Effect::Profile("test".into())]);
    assert_eq!(effects(&mut model(), ":prof<Tab>te<Enter>"), [Effect::Profile("test".into())]);
    assert_eq!(effects(&mut model(), ":profile nothing<Enter>"), []);
}

#[test]
fn the_one_that_is_shown_is_not_read_again() {
    let mut model = model();
    assert_eq!(effects(&mut model, ":profile demo<Enter>"), []);
    assert!(text(&model).contains("this is demo"));
}

#[test]
fn with_one_profile_alone_the_action_says_so() {
    let setup = Setup { profiles: vec!["demo".into()], ..setup() };
    let model = Model::new(setup, SIZE, at(0));
    let why = actions::applies(Act::Profile, &model.situation()).unwrap_err();
    assert!(why.contains("there is no other"), "{why}");
}

/// What is under way is not left alone: neither when the change is asked for, nor when it could happen.
#[test]
fn an_act_in_flight_holds_the_profile() {
    let mut model = ready(SIZE);
    let sent = effects(&mut model, "fy");
    assert!(sent.iter().any(|effect| matches!(effect, Effect::Act(_))), "{sent:?}");
    assert_eq!(model.in_flight_acts(), 1);
    assert!(model.may_leave().unwrap_err().contains("an action is being sent"));
    press(&mut model, at(3), "<Esc>");
    let why = actions::applies(Act::Profile, &model.situation()).unwrap_err();
    assert!(why.contains("an action is being sent"), "{why}");
    assert_eq!(effects(&mut model, ":profile demo<Enter>"), []);
}

#[test]
fn a_profile_that_cannot_be_used_is_said_and_this_one_stays() {
    let mut model = model();
    let before = model.rows();
    update(&mut model, at(3), Msg::ProfileRefused("prod".into(), "there is an address but no credential".into()));
    assert!(text(&model).contains("profile prod not used: there is an address but no credential"));
    assert_eq!((model.rows(), model.setup().profile.as_str()), (before, "demo"));
}
