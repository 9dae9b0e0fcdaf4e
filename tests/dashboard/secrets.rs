//! The copy menu and the panel that shows a card: what is asked for, and that nothing stays.

use std::time::Duration;

use fourpay::app::actions::Screen;
use fourpay::app::msg::{CopyEnd, Way};
use fourpay::app::msg::{Effect, JournalState, Msg, Now, Setup, Topic};

use fourpay::app::msg::Revealed;
use fourpay::app::{Model, update};
use fourpay::domain::card::Expiry;
use fourpay::domain::failure::FailureKind;
use fourpay::domain::intent::{CardAt, CardField};
use fourpay::domain::secret::{Cvv, Pan, Sensitive};
use fourpay::domain::text::SafeText;
use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::fixture::*;

const SIZE: (u16, u16) = (80, 24);
const NUMBER: &str = "4539578763621486";
const GROUPS: &str = "4539 5787 6362 1486";

fn effects(model: &mut Model, now: Now, script: &str) -> Vec<Effect> {
    press(model, now, script).into_iter().flat_map(|outcome| outcome.effects).collect()
}

fn data() -> Sensitive {
    Sensitive {
        pan: Pan::parse(Zeroizing::new(NUMBER.to_owned())).unwrap(),
        cvv: Cvv::parse(Zeroizing::new("837".to_owned())).unwrap(),
        expiry: Expiry::new(4, 2029),
        holder: None,
    }
}

fn first() -> CardAt {
    let card = card(0);
    CardAt { account: account_id(0), card: card.id, last_four: card.number.last_four }
}

fn text(model: &Model, now: Now) -> String {
    lines(&draw(model, now, SIZE)).join("\n")
}

fn shown() -> Model {
    let mut model = ready(SIZE);
    assert_eq!(effects(&mut model, at(3), "rr"), [Effect::Reveal { card: first(), why: None }]);
    update(&mut model, at(4), Msg::Revealed(Revealed::new(first(), Ok(data()))));
    assert!(text(&model, at(4)).contains(GROUPS), "{}", text(&model, at(4)));
    model
}

#[test]
fn two_keys_ask_for_a_copy_and_draw_nothing() {
    for (key, field) in
        [("n", CardField::Number), ("e", CardField::Expiry), ("c", CardField::Cvv), ("h", CardField::Holder)]
    {
        let mut model = ready(SIZE);
        assert_eq!(
            effects(&mut model, at(3), &format!("y{key}")),
            [Effect::CopySecret { card: first(), field, why: None }]
        );
        assert_eq!(model.situation().screen, Screen::Panes);
    }
    let mut model = ready(SIZE);
    let copied = effects(&mut model, at(3), "yb");
    let [Effect::CopyText { text, .. }] = copied.as_slice() else { panic!("{copied:?}") };
    assert!(text.contains("**Last transactions**") && text.contains("•4242"), "{text}");
}

/// `y n`, then `y y` for each field that comes after it; a copy again within its time is a copy like any other.
#[test]
fn a_walk_copies_one_field_after_the_other() {
    let mut model = ready(SIZE);
    let mut keys = "yn";
    for field in [CardField::Number, CardField::Expiry, CardField::Cvv, CardField::Holder, CardField::Number] {
        assert_eq!(effects(&mut model, at(3), keys), [Effect::CopySecret { card: first(), field, why: None }]);
        let copied = Msg::Copied { card: first(), field, way: Way::Desktop, clear_after: Duration::from_secs(30) };
        update(&mut model, at(3), copied);
        keys = "yy";
    }
    let said = text(&model, at(3));
    assert!(said.contains("to spend") && said.contains("left of its limit"), "{said}");
    // Another card begins with its number.
    let next = effects(&mut model, at(4), "jyy");
    assert!(matches!(next.as_slice(), [Effect::CopySecret { field: CardField::Number, .. }]), "{next:?}");
}

/// The number again and again within its time: each is a copy of its own.
#[test]
fn a_field_is_copied_again_as_often_as_it_is_asked_for() {
    let mut model = ready(SIZE);
    for second in 0..8 {
        let asked = effects(&mut model, at(3 + 3 * second), "yn");
        assert_eq!(asked, [Effect::CopySecret { card: first(), field: CardField::Number, why: None }]);
        let clear_after = Duration::from_secs(30);
        let copied = Msg::Copied { card: first(), field: CardField::Number, way: Way::Desktop, clear_after };
        update(&mut model, at(4 + 3 * second), copied);
        assert!(text(&model, at(4 + 3 * second)).contains("number copied · 30 s"));
    }
}

#[test]
fn a_refused_copy_names_the_setting_and_the_panel() {
    let mut model = ready(SIZE);
    let why = "this is a remote session (SSH); the settings need allow_remote_copy = true".to_owned();
    update(&mut model, at(3), Msg::CopyRefused { card: first(), field: CardField::Number, why, offer_reveal: true });
    let said = text(&model, at(3)).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("allow_remote_copy = true") && said.contains("r shows it"), "{said}");
}

#[test]
fn the_keys_that_follow_the_copy_key_are_in_the_menu_the_help_and_the_palette() {
    for open in ["3gy", "?copy", ":copy"] {
        let mut model = ready(SIZE);
        press(&mut model, at(3), open);
        let said = text(&model, at(3));
        for (key, words) in [("y", "next"), ("t", "transaction"), ("T", "ticket block of the transaction")] {
            let line = said.lines().find(|line| line.contains(&format!("{key} ")) && line.contains(words));
            assert!(line.is_some(), "{open}: {key} {words} in\n{said}");
        }
    }
}

#[test]
fn a_journal_reference_and_the_id_of_an_event_are_copied_with_one_key() {
    let mut model = ready(SIZE);
    update(&mut model, at(3), Msg::JournalRead(crate::dialogs::journal()));
    let copied = effects(&mut model, at(3), "7gy");
    let reference = model.operations().outcomes().past().last().unwrap().intent.reference.to_string();
    let wanted = Effect::CopyText { what: "journal reference".into(), text: reference };
    assert_eq!(copied, [wanted]);
    let mut model = crate::webhooks::open(SIZE);
    let copied = effects(&mut model, at(3), "gy");
    let [Effect::CopyText { what, text }] = copied.as_slice() else { panic!("{copied:?}") };
    assert!(what == "event id" && text.starts_with("evt"), "{what} {text}");
}

#[test]
fn ids_and_a_ticket_block_of_a_transaction_are_copied() {
    let mut model = ready(SIZE);
    let copied = effects(&mut model, at(3), "3gyt");
    let [Effect::CopyText { text: id, .. }] = copied.as_slice() else { panic!("{copied:?}") };
    let copied = effects(&mut model, at(3), "yT");
    let [Effect::CopyText { text: block, .. }] = copied.as_slice() else { panic!("{copied:?}") };
    assert!(block.contains(id.as_str()) && block.contains("**Transaction**"), "{block}");
}

#[test]
fn d2_the_first_key_shows_nothing_and_the_second_asks() {
    let mut model = ready(SIZE);
    assert_eq!(effects(&mut model, at(3), "r"), []);
    let masked = text(&model, at(3));
    assert!(masked.contains("•••• •••• •••• 4242") && masked.contains("•••"), "{masked}");
    assert_eq!(effects(&mut model, at(3), "<Esc>r<Esc>"), []);
}

#[test]
fn d4_s4_what_is_shown_is_in_no_debug_print() {
    let model = shown();
    let printed = format!("{model:?}");
    assert!(!printed.contains(NUMBER) && !printed.contains(GROUPS) && !printed.contains("\"837\""));
    let msg = Msg::Revealed(Revealed::new(first(), Ok(data())));
    assert!(!format!("{msg:?}").contains(NUMBER));
}

#[test]
fn d2_whatever_happens_blanks_it() {
    let failed = Msg::Replied {
        topic: Topic::Accounts,
        asked: 90,
        outcome: Err(failure(FailureKind::Offline, "read the accounts")),
    };
    let ends = [
        Msg::FocusLost,
        Msg::Resized(100, 30),
        Msg::Resized(10, 3),
        Msg::Stopping,
        Msg::Resumed,
        Msg::Pasted("x".into()),
        Msg::JournalChanged(JournalState::Troubled("it is full".into())),
        failed,
        key(fourpay::app::msg::KeyCode::Char('j')),
        key(fourpay::app::msg::KeyCode::Esc),
    ];
    for msg in ends {
        let mut model = shown();
        let outcome = update(&mut model, at(5), msg.clone());
        assert!(outcome.effects.contains(&Effect::Wipe), "{msg:?}: what was drawn is written over");
        assert!(!text(&model, at(5)).contains("5787") && !model.is_card_shown(), "{msg:?}");
    }
}

#[test]
fn d2_its_time_ends_it_without_a_key() {
    let mut model = shown();
    let ends = at(4).up + setup().showing.time;
    loop {
        let wake = model.wake_at().expect("it wakes for the countdown");
        let outcome = update(&mut model, Now { up: wake, ..at(4) }, Msg::Woke);
        if wake >= ends {
            assert!(outcome.effects.contains(&Effect::Wipe));
            break;
        }
    }
    assert!(!model.is_card_shown());
}

#[test]
fn what_comes_after_the_panel_was_closed_is_shown_to_nobody() {
    let mut model = ready(SIZE);
    effects(&mut model, at(3), "rr<Esc>");
    update(&mut model, at(4), Msg::Revealed(Revealed::new(first(), Ok(data()))));
    assert!(!text(&model, at(4)).contains("5787") && !model.is_card_shown());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn d2_never_visible_after_its_time(
        steps in prop::collection::vec((0u64..20_000, 0usize..6), 1..12),
    ) {
        let mut model = shown();
        let ends = at(4).up + setup().showing.time;
        let mut now = at(4);
        for (millis, what) in steps {
            now.up += Duration::from_millis(millis);
            let msg = match what {
                0 => key(fourpay::app::msg::KeyCode::Char('n')),
                1 => Msg::FocusGained,
                2 => Msg::Asked(Topic::Accounts),
                3 => key(fourpay::app::msg::KeyCode::Char('r')),
                _ => Msg::Woke,
            };
            update(&mut model, now, msg);
            prop_assert!(now.up < ends || !model.is_card_shown());
            prop_assert!(model.is_card_shown() == text(&model, now).contains("5787"));
        }
    }
}

#[test]
fn c1_a_copy_is_counted_down_in_the_header_until_it_is_gone() {
    let mut model = ready(SIZE);
    let copied = Msg::Copied {
        card: first(),
        field: CardField::Number,
        way: Way::Desktop,
        clear_after: Duration::from_secs(30),
    };
    update(&mut model, at(10), copied.clone());
    assert!(text(&model, at(10)).contains("number copied · 30 s"), "{}", text(&model, at(10)));
    update(&mut model, at(20), Msg::Woke);
    let header = &lines(&draw(&model, at(20), SIZE))[0];
    assert!(header.contains("number copied · 20 s"), "long after the message: {header}");
    assert!(model.wake_at().is_some_and(|up| up <= at(21).up));
    // Its time is over, it was replaced, or it was taken back: nothing is counted any more.
    for end in [Msg::Woke, Msg::CopyEnded(CopyEnd::LeftAlone)] {
        update(&mut model, at(10), copied.clone());
        let when = if end == Msg::Woke { at(40) } else { at(12) };
        update(&mut model, when, end);
        assert!(!text(&model, when).contains("number copied"));
    }
}

#[test]
fn d9_a_reason_is_asked_for_where_the_profile_says_so() {
    let asking = || {
        let mut model = Model::new(Setup { ask_reason: true, ..setup() }, SIZE, at(0));
        fill(&mut model, at(1), 240);
        press(&mut model, at(2), "2g");
        model
    };
    let card = || asking().store().cards.get(*asking().card_rows().collect::<Vec<_>>().first().unwrap()).clone();
    let at_card = CardAt { account: account_id(0), card: card().id, last_four: card().number.last_four };
    let why = |text: &str| Some(SafeText::prose(text));
    let mut model = asking();
    assert_eq!(effects(&mut model, at(3), "ynqr:/f"), [], "every key is text");
    assert!(text(&model, at(3)).contains("qr:/f▏"), "{}", text(&model, at(3)));
    let copied = Effect::CopySecret { card: at_card.clone(), field: CardField::Number, why: why("qr:/f") };
    assert_eq!(effects(&mut model, at(3), "<Enter>"), [copied]);
    // It may be left empty, and asking may be given up.
    assert_eq!(effects(&mut asking(), at(3), "yc<Esc>"), []);
    let copied = Effect::CopySecret { card: at_card.clone(), field: CardField::Cvv, why: None };
    assert_eq!(effects(&mut asking(), at(3), "yc<Enter>"), [copied]);
    // A number that is pasted keeps its last four; a panel that shows has said why.
    let mut model = asking();
    press(&mut model, at(3), "rr");
    update(&mut model, at(3), Msg::Pasted(format!("asked for {NUMBER}").into()));
    let asked = effects(&mut model, at(3), "<Enter>");
    assert!(!format!("{asked:?}").contains(NUMBER) && format!("{asked:?}").contains("1486"), "{asked:?}");
    update(&mut model, at(4), Msg::Revealed(Revealed::new(at_card, Ok(data()))));
    let copied = effects(&mut model, at(4), "n");
    assert!(matches!(copied.as_slice(), [Effect::CopySecret { why: Some(_), .. }]), "{copied:?}");
}

#[test]
fn pictures() {
    for (name, script) in [("menu", "y"), ("masked", "r")] {
        let mut model = ready(SIZE);
        press(&mut model, at(3), script);
        insta::assert_snapshot!(format!("secrets_{name}"), crate::screens::picture(&draw(&model, at(3), SIZE)));
    }
}
