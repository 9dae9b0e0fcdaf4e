//! One stack of overlays: the top one gets every input, nothing below it changes, nothing secret is drawn below.

use fourpay::app::msg::Way;
use fourpay::app::msg::{Answer, Effect, KeyCode, Msg, Now, Setup, Topic};

use fourpay::app::login::LoggedIn;
use fourpay::app::msg::Revealed;
use fourpay::app::overlay::{Overlay, OverlayKind};
use fourpay::app::{Model, update};
use fourpay::domain::card::Expiry;
use fourpay::domain::failure::FailureKind;
use fourpay::domain::intent::{CardAt, CardField};
use fourpay::domain::secret::{Cvv, Pan, Sensitive};
use fourpay::domain::transaction::Feed;
use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::acts::{SIZE, effects_at, reference, screen};
use crate::fixture::*;

const NUMBER: &str = "4539578763621486";
/// Four of its digits that stand nowhere else.
const DIGITS: &str = "5787";
const TOKEN: &str = "tok_CANARY";

fn merchant(ask_reason: bool) -> Model {
    let setup = Setup { profile: "shop".into(), demo: false, ask_reason, ..setup() };
    let mut model = Model::new(setup, SIZE, at(0));
    fill(&mut model, at(1), 240);
    press(&mut model, at(2), "2g");
    model
}

fn first(model: &Model) -> CardAt {
    let card = model.card_under_cursor().unwrap();
    CardAt { account: card.account.clone().unwrap(), card: card.id.clone(), last_four: card.number.last_four }
}

fn revealed(card: CardAt) -> Msg {
    let data = Sensitive {
        pan: Pan::parse(Zeroizing::new(NUMBER.to_owned())).unwrap(),
        cvv: Cvv::parse(Zeroizing::new("837".to_owned())).unwrap(),
        expiry: Expiry::new(4, 2029),
        holder: None,
    };
    Msg::Revealed(Revealed::new(card, Ok(data)))
}

/// The API accepts the credential no more, and nor does its source: the login opens by itself.
fn refused(model: &mut Model, now: Now) {
    let no = failure(FailureKind::Unauthorized, "read the newest transactions");
    fail(model, now, Topic::Newest(Feed::Cards), 90, no);
    update(model, now, Msg::CredentialRead(Err("the source holds the old one".into())));
}

fn stack(model: &Model) -> Vec<OverlayKind> {
    model.overlays().iter().map(Overlay::kind).collect()
}

#[test]
fn a_token_pasted_into_a_login_over_a_reason_goes_into_the_login() {
    let mut model = merchant(true);
    let card = first(&model);
    press(&mut model, at(3), "ynticket 7<C-l>");
    assert_eq!(stack(&model), [OverlayKind::CardData, OverlayKind::Login]);
    update(&mut model, at(3), Msg::Pasted(TOKEN.into()));
    assert!(screen(&model, at(3)).contains("••••••••••"), "{}", screen(&model, at(3)));
    // What was typed below is still there, and nothing came to it.
    let effects = effects_at(&mut model, at(4), "<Esc><Enter>");
    let why = Some(fourpay::domain::text::SafeText::prose("ticket 7"));
    assert_eq!(effects, [Effect::CopySecret { card, field: CardField::Number, why }]);
}

#[test]
fn a_token_pasted_into_a_login_over_the_copy_menu_goes_into_the_login() {
    let mut model = merchant(false);
    press(&mut model, at(3), "y");
    refused(&mut model, at(3));
    assert_eq!(stack(&model), [OverlayKind::CardData, OverlayKind::Login]);
    update(&mut model, at(3), Msg::Pasted(TOKEN.into()));
    let picture = screen(&model, at(3));
    assert!(picture.contains("••••••••••") && !picture.contains("CANARY"), "{picture}");
    assert!(matches!(effects_at(&mut model, at(4), "<C-s>").as_slice(), [Effect::Login(_)]));
}

#[test]
fn what_is_opened_over_card_data_hides_them() {
    for by_itself in [false, true] {
        let mut model = merchant(false);
        let card = first(&model);
        press(&mut model, at(3), "rr");
        update(&mut model, at(4), revealed(card));
        assert!(screen(&model, at(4)).contains(DIGITS));
        let mut effects = Vec::new();
        if by_itself {
            // A failure hides it at once; here nothing failed that it could have heard of.
            effects = update(&mut model, at(4), Msg::CredentialRead(Err("gone".into()))).effects;
        } else {
            effects.extend(effects_at(&mut model, at(4), "<C-l>"));
        }
        assert!(effects.contains(&Effect::Wipe), "{effects:?}");
        assert!(!model.is_card_shown() && !screen(&model, at(4)).contains(DIGITS));
        press(&mut model, at(5), "x<Esc>");
        assert!(!screen(&model, at(5)).contains(DIGITS));
    }
}

#[test]
fn a_reveal_that_comes_while_a_login_is_open_is_wiped() {
    for closed_again in [false, true] {
        let mut model = merchant(false);
        let card = first(&model);
        press(&mut model, at(3), "rr<C-l>");
        if closed_again {
            press(&mut model, at(3), "<Esc>");
        }
        update(&mut model, at(4), revealed(card));
        assert!(!model.is_card_shown() && !screen(&model, at(4)).contains(DIGITS));
    }
}

#[test]
fn a_session_opened_elsewhere_closes_a_login_that_waits_for_it() {
    let heard = |model: &mut Model| {
        answer(model, at(6), Topic::Accounts, 96, Answer::Accounts(batch(accounts())));
    };
    let mut model = merchant(false);
    refused(&mut model, at(3));
    assert_eq!(stack(&model), [OverlayKind::Login]);
    // What was asked before the refusal and is answered after it says nothing of now, however late it comes.
    for asked in [89, 90] {
        answer(&mut model, at(5), Topic::Accounts, asked, Answer::Accounts(batch(accounts())));
        assert_eq!(stack(&model), [OverlayKind::Login]);
    }
    heard(&mut model);
    assert_eq!(stack(&model), []);
    assert!(screen(&model, at(6)).contains("logged in again"));
    // Under the fingers of somebody who types nothing closes: the next letter would freeze a card.
    let mut model = merchant(false);
    refused(&mut model, at(3));
    press(&mut model, at(4), "tok");
    heard(&mut model);
    assert_eq!(stack(&model), [OverlayKind::Login]);
    update(&mut model, at(7), Msg::LoggedIn(Ok(LoggedIn { kept: None })));
    assert_eq!(stack(&model), [OverlayKind::Login], "it was another login that was answered");
    // One that somebody opened for another credential waits for nothing.
    let mut model = merchant(false);
    press(&mut model, at(3), "<C-l>");
    heard(&mut model);
    assert_eq!(stack(&model), [OverlayKind::Login]);
}

/// What the panes are, as far as a key could change it.
fn below(model: &Model) -> String {
    let now = model.situation();
    let marks = model.marks().map(|marks| marks.count());
    let rows = [model.rows(), model.card_rows().count()];
    format!(
        "{:?} {:?} {:?} {:?} {marks:?} {rows:?} {:?}",
        now.focus,
        model.scope(),
        now.zoomed,
        now.paused,
        model.query()
    )
}

/// The lower overlays, each with all it holds but which picture of it was the last one drawn.
fn lower(model: &Model, of: usize) -> Vec<String> {
    let held = |overlay: String| match overlay.split_once("seen: Seen {") {
        Some((before, after)) => format!("{before}{}", after.split_once('}').map_or("", |(_, rest)| rest)),
        None => overlay,
    };
    model.overlays().iter().take(of).map(|overlay| held(format!("{overlay:?}"))).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Keys(&'static str),
    Pasted,
    Clicked(u16, u16),
    Wheeled(u16, u16, bool),
    Revealed,
    Refused,
    LoggedIn,
    Copied,
    Answered,
    Locked,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let keys = prop::sample::select(vec![
        "f",
        "t",
        "X",
        "y",
        "r",
        "rr",
        "n",
        "i",
        "b",
        ":",
        "?",
        "V",
        "7",
        "6",
        "2",
        "g",
        "j",
        "k",
        "<Tab>",
        "<S-Tab>",
        "<Enter>",
        "<Esc>",
        "<Esc>",
        "<C-l>",
        "<C-s>",
        "<C-f>",
        "4",
        "2",
        "*",
        " ",
        "z",
        "s",
        "R",
        "m",
        "/",
        "<Backspace>",
        "<Left>",
        "<Right>",
        "c",
        "x",
        "p",
        "o",
    ]);
    let step = prop_oneof![
        12 => keys.prop_map(Step::Keys),
        2 => Just(Step::Pasted),
        1 => (0u16..80, 0u16..24).prop_map(|(x, y)| Step::Clicked(x, y)),
        1 => (0u16..80, 0u16..24, any::<bool>()).prop_map(|(x, y, down)| Step::Wheeled(x, y, down)),
        2 => Just(Step::Revealed),
        1 => Just(Step::Refused),
        1 => Just(Step::LoggedIn),
        1 => Just(Step::Copied),
        1 => Just(Step::Answered),
        1 => Just(Step::Locked),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    /// Random overlays, random inputs. While the overlay that was on top stays there, nothing below it changes; when
    /// it closes, the other overlays are as they were. A secret is drawn by the overlay on top or not at all.
    #[test]
    fn the_top_overlay_gets_every_input(steps in steps(), ask_reason in any::<bool>()) {
        let mut model = merchant(ask_reason);
        let card = first(&model);
        let mut sent = false;
        for (number, step) in steps.into_iter().enumerate() {
            let now = at(3 + number as u64);
            let before = (stack(&model), below(&model));
            let under = lower(&model, before.0.len().saturating_sub(1));
            let mut effects = Vec::new();
            let input = match &step {
                Step::Keys(keys) => {
                    effects = effects_at(&mut model, now, keys);
                    keys.len() == 1 || keys.starts_with('<')
                }
                Step::Pasted => {
                    effects = update(&mut model, now, Msg::Pasted(TOKEN.into())).effects;
                    true
                }
                Step::Clicked(x, y) => {
                    update(&mut model, now, Msg::Clicked(*x, *y));
                    true
                }
                Step::Wheeled(x, y, down) => {
                    update(&mut model, now, Msg::Wheeled { at: (*x, *y), down: *down });
                    true
                }
                Step::Revealed => {
                    let waits = screen(&model, now).contains("reading…");
                    update(&mut model, now, revealed(card.clone()));
                    prop_assert!(waits || !model.is_card_shown(), "nobody waited for it");
                    false
                }
                Step::Refused => {
                    refused(&mut model, now);
                    false
                }
                Step::LoggedIn => {
                    update(&mut model, now, Msg::LoggedIn(Ok(LoggedIn { kept: None })));
                    false
                }
                Step::Copied => {
                    let copied = Msg::Copied {
                        card: card.clone(),
                        field: CardField::Number,
                        way: Way::Desktop,
                        clear_after: std::time::Duration::from_secs(30),
                    };
                    update(&mut model, now, copied);
                    false
                }
                Step::Answered => {
                    update(&mut model, now, Msg::Ordered { ticket: 1, reference: reference(1) });
                    false
                }
                Step::Locked => {
                    let outcome = update(&mut model, Now { up: now.up + setup().locking.lock_after, ..now }, Msg::Woke);
                    prop_assert!(outcome.effects.contains(&Effect::Lock) && !model.overlays().has(OverlayKind::CardData));
                    update(&mut model, now, Msg::Unlocked(Ok(())));
                    false
                }
            };
            let (was, panes) = before;
            if let (true, Some(top)) = (input, was.last().filter(|kind| kind.covers())) {
                prop_assert_eq!(lower(&model, was.len() - 1), under, "{:?} over {:?}", step, was);
                if stack(&model).get(was.len() - 1) == Some(top) {
                    prop_assert_eq!(below(&model), panes, "{:?} over {:?}", step, was);
                }
            }
            let picture = screen(&model, now);
            let on_top = model.overlays().kind() == Some(OverlayKind::CardData);
            prop_assert_eq!(picture.contains(DIGITS), model.is_card_shown(), "{}", picture);
            prop_assert!(!model.is_card_shown() || on_top, "{:?}", stack(&model));
            let debug = format!("{model:?}");
            prop_assert!(!debug.contains(NUMBER));
            // A paste into a line of text is that line's; into the login it is dots and goes nowhere else.
            if was.last() == Some(&OverlayKind::Login) && matches!(step, Step::Pasted) {
                let led_to = format!("{effects:?}");
                prop_assert!(!led_to.contains("CANARY"));
            }
            sent |= effects.iter().any(|effect| matches!(effect, Effect::Quit));
            if sent {
                break;
            }
        }
    }
}

#[test]
fn the_wheel_over_a_dialog_moves_nothing_below() {
    let mut model = merchant(false);
    press(&mut model, at(3), "2gt");
    let (panes, picture) = (below(&model), model.card_under_cursor().map(|card| card.id.clone()));
    for y in 0..SIZE.1 {
        update(&mut model, at(4), Msg::Wheeled { at: (3, y), down: true });
        update(&mut model, at(4), Msg::Clicked(3, y));
    }
    assert_eq!((below(&model), model.card_under_cursor().map(|card| card.id.clone())), (panes, picture));
    assert_eq!(stack(&model), [OverlayKind::Dialog]);
    update(&mut model, at(5), key(KeyCode::Esc));
    assert_eq!(stack(&model), []);
}
