//! Being known to the API: one question to the source, one banner, one dialog, and nothing lost (N5).

use std::time::Duration;

use chrono::TimeDelta;
use fourpay::app::msg::{Answer, Effect, Msg, Setup, Topic};

use fourpay::app::login::{Entered, LoggedIn, Place, Who};
use fourpay::app::overlay::OverlayKind;
use fourpay::app::{Model, update};
use fourpay::domain::failure::FailureKind;
use fourpay::domain::transaction::Feed;

use crate::acts::{SIZE, effects_at, orders, screen};
use crate::fixture::*;

fn merchant() -> Model {
    let mut model = Model::new(Setup { profile: "shop".into(), demo: false, ..setup() }, SIZE, at(0));
    fill(&mut model, at(1), 240);
    press(&mut model, at(2), "2g");
    model
}

/// An answer of the kind, to something that was read; what it led to.
fn no(model: &mut Model, seconds: u64, kind: FailureKind) -> Vec<Effect> {
    let read = failure(kind, "read the newest transactions");
    fail(model, at(seconds), Topic::Newest(Feed::Cards), seconds, read).effects
}

fn refused(model: &mut Model, seconds: u64) {
    assert_eq!(no(model, seconds, FailureKind::Unauthorized), [Effect::ReadCredential]);
    update(model, at(seconds), Msg::CredentialRead(Err("the source holds the old one".into())));
}

fn entered(effects: &[Effect]) -> &Entered {
    match effects {
        [Effect::Login(entered)] => entered,
        other => panic!("{other:?}"),
    }
}

#[test]
fn n5_the_source_is_asked_once_and_then_the_person_once() {
    let mut model = merchant();
    assert_eq!(no(&mut model, 3, FailureKind::Unauthorized), [Effect::ReadCredential]);
    // What else was under way says the same, and asks for nothing more.
    assert_eq!(no(&mut model, 3, FailureKind::Unauthorized), []);
    assert!(
        screen(&model, at(3)).contains("reading the credential again") && !model.overlays().has(OverlayKind::Login)
    );
    update(&mut model, at(4), Msg::CredentialRead(Err("the source holds the old one".into())));
    let picture = screen(&model, at(4));
    assert!(picture.contains("✗ logged out") && picture.contains("Log in · profile shop"), "{picture}");
    assert!(picture.contains("the source holds the old one"), "{picture}");
    press(&mut model, at(5), "<Esc>");
    // The banner stays; no other answer opens the dialog again.
    assert_eq!(no(&mut model, 6, FailureKind::Unauthorized), []);
    assert!(!model.overlays().has(OverlayKind::Login) && screen(&model, at(6)).contains("✗ logged out"));
    press(&mut model, at(7), "<C-l>");
    assert!(model.overlays().has(OverlayKind::Login));
    press(&mut model, at(7), "<Esc>");
    // Ctrl-R found that it works again.
    answer(&mut model, at(8), Topic::Accounts, 8, Answer::Accounts(batch(accounts())));
    assert!(!screen(&model, at(8)).contains("logged out"));
}

#[test]
fn n5_a_source_that_gave_a_good_one_is_not_asked_in_a_loop() {
    let mut model = merchant();
    assert_eq!(no(&mut model, 3, FailureKind::Unauthorized), [Effect::ReadCredential]);
    update(&mut model, at(4), Msg::CredentialRead(Ok(())));
    assert!(!model.overlays().has(OverlayKind::Login) && !screen(&model, at(4)).contains("credential"));
    assert_eq!(no(&mut model, 10, FailureKind::Unauthorized), [], "within the minute");
    assert!(model.overlays().has(OverlayKind::Login));
    press(&mut model, at(11), "<Esc>");
    answer(&mut model, at(12), Topic::Accounts, 12, Answer::Accounts(batch(accounts())));
    assert_eq!(no(&mut model, 80, FailureKind::Unauthorized), [Effect::ReadCredential]);
}

/// 403 is another thing: the credential is good and may not do this.
#[test]
fn n5_what_the_credential_may_not_do_is_no_end_of_the_session() {
    let mut model = merchant();
    for kind in [FailureKind::Forbidden, FailureKind::Offline, FailureKind::Upstream, FailureKind::NotFound] {
        assert_eq!(no(&mut model, 3, kind), []);
    }
    assert!(!model.overlays().has(OverlayKind::Login));
}

#[test]
fn n5_an_open_form_keeps_its_input() {
    let mut model = merchant();
    press(&mut model, at(3), "t");
    press(&mut model, at(4), "12.34");
    refused(&mut model, 5);
    // The keys go to the login, not to the form below.
    press(&mut model, at(6), "99");
    let picture = screen(&model, at(6));
    assert!(picture.contains("Log in · profile shop") && picture.contains("Esc goes back"), "{picture}");
    press(&mut model, at(7), "<Esc>");
    let picture = screen(&model, at(7));
    assert!(picture.contains("12.34") && !picture.contains("99"), "{picture}");
    press(&mut model, at(8), "<C-l>");
    assert!(model.overlays().has(OverlayKind::Login), "it can be reached over a form");
    let done = LoggedIn { kept: None };
    update(&mut model, at(9), Msg::LoggedIn(Ok(done)));
    let picture = screen(&model, at(9));
    assert!(picture.contains("12.34") && !picture.contains("logged out"), "{picture}");
}

/// S1, S4: what is typed is dots, and in no message that could be written down.
#[test]
fn s1_what_is_typed_is_dots_everywhere() {
    let mut model = merchant();
    press(&mut model, at(3), "<C-l>");
    let pasted = Msg::Pasted("tok_CANARY".into());
    assert!(!format!("{pasted:?}").contains("CANARY"));
    update(&mut model, at(3), pasted);
    press(&mut model, at(3), "xy");
    press(&mut model, at(3), "<Backspace>");
    let picture = screen(&model, at(3));
    assert!(picture.contains("•••••••••••") && !picture.contains("CANARY"), "{picture}");
    assert!(!format!("{model:?}").contains("CANARY"));
    insta::assert_snapshot!("login_80x24", picture);
    press(&mut model, at(3), "<Tab><Right>");
    let effects = effects_at(&mut model, at(3), "<C-s>");
    assert!(!format!("{effects:?}").contains("CANARY"));
    let entered = entered(&effects);
    let Some(Who::Token(token)) = entered.take() else { panic!("no token") };
    assert_eq!((token.expose(), entered.keep), ("tok_CANARYx", false));
    // Nothing more can be sent meanwhile; a refusal leaves what was typed.
    assert_eq!(effects_at(&mut model, at(4), "<C-s><C-s>x"), []);
    update(&mut model, at(5), Msg::LoggedIn(Err("the API does not accept the credential".into())));
    let picture = screen(&model, at(5));
    assert!(picture.contains("✗ the API does not accept") && picture.contains("•••••••••••"), "{picture}");
    // The lock takes it away.
    update(&mut model, at(400), Msg::Woke);
    update(&mut model, at(401), Msg::Unlocked(Ok(())));
    assert!(!screen(&model, at(401)).contains("••••"));
}

/// A token that was meant for the field beside it is not shown by the one that has the focus.
#[test]
fn s1_a_choice_in_a_form_with_a_secret_takes_no_text() {
    let mut model = merchant();
    press(&mut model, at(3), "<C-l><Tab>apikey");
    update(&mut model, at(3), Msg::Pasted("tok_CANARY".into()));
    let picture = screen(&model, at(3));
    assert!(picture.contains("▸ remember       ◂ in the keyring ▸"), "{picture}");
    assert!(!picture.contains("apikey") && !picture.contains("CANARY"), "{picture}");
    assert!(!format!("{model:?}").contains("CANARY"));
}

#[test]
fn an_e_mail_and_a_password_are_asked_for_too() {
    let mut model = merchant();
    press(&mut model, at(3), "<C-l><S-Tab><Right>");
    assert_eq!(effects_at(&mut model, at(3), "<C-s>"), []);
    let picture = screen(&model, at(3));
    assert!(picture.contains("an e-mail address is needed"), "{picture}");
    press(&mut model, at(3), "ana@example.com<Tab>sesame");
    let effects = effects_at(&mut model, at(3), "<C-s>");
    let Some(Who::Portal { email, password }) = entered(&effects).take() else { panic!("no login") };
    assert_eq!((email.as_str(), password.expose()), ("ana@example.com", "sesame"));
    assert!(entered(&effects).keep);
    let kept = Some(Err("the keyring: it is locked".to_owned()));
    update(&mut model, at(4), Msg::LoggedIn(Ok(LoggedIn { kept })));
    assert!(screen(&model, at(4)).contains("logged in for this run; the keyring: it is locked"));
}

#[test]
fn an_end_of_the_session_is_said_ahead() {
    let mut model = merchant();
    let end = at(0).wall + TimeDelta::minutes(12);
    update(&mut model, at(3), Msg::SessionEnds(Some(end)));
    assert!(!screen(&model, at(3)).contains("session ends"));
    assert_eq!(model.wake_at(), Some(Duration::from_secs(120)), "when there is something to say");
    update(&mut model, at(120), Msg::Woke);
    assert!(screen(&model, at(120)).contains("⚠ session ends"), "{}", screen(&model, at(120)));
    // It was renewed.
    update(&mut model, at(121), Msg::SessionEnds(None));
    assert!(!screen(&model, at(121)).contains("session ends"));
}

/// From the demo to a merchant of one's own: where it is, is asked too.
#[test]
fn the_demo_is_left_for_a_merchant() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "<C-l>");
    assert_eq!(effects_at(&mut model, at(3), "<C-s>"), []);
    let picture = screen(&model, at(3));
    assert!(picture.contains("an address is needed") && picture.contains("a token is needed"), "{picture}");
    press(&mut model, at(3), "https://api.example.com<Tab><Tab>tok_CANARY<Tab>");
    let picture = screen(&model, at(3));
    assert!(picture.contains("https://api.example.com") && !picture.contains("CANARY"), "{picture}");
    insta::assert_snapshot!("connect_80x24", picture);
    let effects = effects_at(&mut model, at(3), "<C-s>");
    assert!(!format!("{effects:?} {model:?}").contains("CANARY"), "S4");
    let sent = entered(&effects).clone();
    let place = Place { profile: "default".into(), base_url: "https://api.example.com".into() };
    assert_eq!((sent.to.as_ref(), sent.keep, sent.is_given_up()), (Some(&place), true, false));
    // What cannot be used is said, and all that was typed stays.
    update(&mut model, at(4), Msg::LoggedIn(Err("the API does not accept the credential".into())));
    let picture = screen(&model, at(4));
    assert!(picture.contains("✗ the API does not accept") && picture.contains("••••••"), "{picture}");
    // Under the fingers of somebody who went on nothing is changed.
    let effects = effects_at(&mut model, at(5), "<S-Tab><C-s><Esc>");
    assert!(entered(&effects).is_given_up() && !model.overlays().has(OverlayKind::Login));
    update(&mut model, at(6), Msg::LoggedIn(Err("given up; nothing was kept".into())));
    assert!(screen(&model, at(6)).contains("not logged in: given up"));
}

#[test]
fn what_was_begun_in_the_demo_is_not_left_alone() {
    let mut model = ready(SIZE);
    press(&mut model, at(2), "2gt");
    press(&mut model, at(3), "12.34<C-l>");
    assert!(!model.overlays().has(OverlayKind::Login) && screen(&model, at(3)).contains("12.34"));
    let mut model = ready(SIZE);
    press(&mut model, at(3), "fy<Esc><C-l>");
    assert!(!model.overlays().has(OverlayKind::Login));
    assert!(screen(&model, at(3)).contains("an action is being sent"), "{}", screen(&model, at(3)));
}

fn welcomed(size: (u16, u16)) -> Model {
    let mut model = Model::new(Setup { welcome: true, ..setup() }, size, at(0));
    fill(&mut model, at(1), 240);
    model
}

/// At the first start somebody is told where they are; no key is spent on it.
#[test]
fn a_welcome_goes_with_the_first_key_where_it_lies_over_the_panes() {
    let mut model = welcomed(SIZE);
    let picture = screen(&model, at(1));
    for words in ["Welcome to fourpay", "A demo merchant", "Ctrl-L logs in", "`fourpay login`", "? shows all keys"] {
        assert!(picture.contains(words), "{words}\n{picture}");
    }
    insta::assert_snapshot!("welcome_80x24", picture);
    press(&mut model, at(2), "<C-l>");
    let picture = screen(&model, at(2));
    assert!(picture.contains("Log in to your merchant") && !picture.contains("Welcome"), "{picture}");
    // A key that means nothing takes it away too.
    let mut model = welcomed(SIZE);
    let outcomes = press(&mut model, at(2), "ü");
    assert!(outcomes.iter().any(|outcome| outcome.redraw) && !screen(&model, at(2)).contains("Welcome"));
    // The five keys are five keys at the first start too.
    let effects = effects_at(&mut welcomed(SIZE), at(2), "/4242<Enter>fy");
    assert_eq!(orders(&effects).len(), 1, "{effects:?}");
}

#[test]
fn esc_dismisses_the_welcome_and_does_nothing_else() {
    for size in [SIZE, (160, 48)] {
        let mut model = welcomed(size);
        let focus = model.focus();
        press(&mut model, at(2), "<Esc>");
        assert!(!model.overlays().has(OverlayKind::Welcome) && model.focus() == focus, "{size:?}");
        press(&mut model, at(2), "/4242");
        assert_eq!(model.focus(), focus);
        assert!(model.rows() > 0, "{size:?}");
    }
}

#[test]
fn a_welcome_stays_in_the_empty_room_of_pane_1_until_it_is_dismissed() {
    let mut model = welcomed((160, 48));
    let seen = |model: &Model| lines(&draw(model, at(2), (160, 48))).join("\n");
    assert!(seen(&model).contains("Welcome to fourpay"), "{}", seen(&model));
    let effects = effects_at(&mut model, at(2), "/4242<Enter>fy");
    assert_eq!(orders(&effects).len(), 1, "{effects:?}");
    press(&mut model, at(3), "<Esc>");
    assert!(seen(&model).contains("Welcome to fourpay"), "{}", seen(&model));
    insta::assert_snapshot!("welcome_160x48", seen(&model));
    press(&mut model, at(3), "<Esc>");
    assert!(!seen(&model).contains("Welcome to fourpay"));
}
