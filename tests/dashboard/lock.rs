//! The lock (D8): when it shuts, what it hides, what opens it, and what goes on behind it.

use std::time::Duration;

use fourpay::app::msg::{Answer, Effect, KeyCode, Msg, Now, Setup, Topic};
use fourpay::domain::settings::{LockSettings, UnlockMethod};

use fourpay::app::msg::Revealed;
use fourpay::app::overlay::OverlayKind;
use fourpay::app::{Model, update};
use fourpay::domain::card::Expiry;
use fourpay::domain::intent::CardAt;
use fourpay::domain::secret::{Cvv, Pan, Sensitive};
use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::acts::{SIZE, effects_at, orders, screen};
use crate::fixture::*;

const MASK: u64 = 60;
const LOCK: u64 = 300;

fn opened_by(opens: UnlockMethod) -> Model {
    let locking = LockSettings { opens, ..LockSettings::default() };
    let mut model = Model::new(Setup { locking, ..setup() }, SIZE, at(0));
    fill(&mut model, at(1), 240);
    press(&mut model, at(2), "2g");
    model
}

/// What anybody could read of the merchant.
fn tells(picture: &str) -> bool {
    ["Main", "Ads", "4242", "USD", "Silva", "Blue Bottle", "Cards", "Accounts"]
        .iter()
        .any(|word| picture.contains(word))
}

fn shown() -> Model {
    let mut model = ready(SIZE);
    let card = card(0);
    let first = CardAt { account: account_id(0), card: card.id, last_four: card.number.last_four };
    press(&mut model, at(3), "rr");
    let data = Sensitive {
        pan: Pan::parse(Zeroizing::new("4539578763621486".to_owned())).unwrap(),
        cvv: Cvv::parse(Zeroizing::new("837".to_owned())).unwrap(),
        expiry: Expiry::new(4, 2029),
        holder: None,
    };
    // It took its time to come.
    update(&mut model, at(40), Msg::Revealed(Revealed::new(first, Ok(data))));
    assert!(model.is_card_shown());
    model
}

#[test]
fn d8_card_data_are_hidden_first_and_then_everything() {
    let mut model = shown();
    update(&mut model, at(3 + MASK - 1), Msg::Woke);
    assert!(model.is_card_shown());
    assert!(model.wake_at() <= Some(at(3 + MASK).up), "before the panel's own time");
    let outcome = update(&mut model, at(3 + MASK), Msg::Woke);
    assert!(!model.is_card_shown() && outcome.effects.contains(&Effect::Wipe));
    // A panel that only waits is closed too: whoever comes later does not find it open.
    let mut model = ready(SIZE);
    press(&mut model, at(3), "r");
    update(&mut model, at(3 + MASK - 1), Msg::Woke);
    assert!(model.overlays().has(OverlayKind::CardData));
    assert_eq!(model.wake_at(), Some(at(3 + MASK).up));
    update(&mut model, at(3 + MASK), Msg::Woke);
    assert!(!model.overlays().has(OverlayKind::CardData) && !model.lock().is_locked());
    assert!(tells(&screen(&model, at(3 + MASK))));
    let outcome = update(&mut model, at(3 + LOCK), Msg::Woke);
    assert!(model.lock().is_locked() && outcome.redraw);
    assert_eq!(outcome.effects, [Effect::Forget, Effect::Wipe, Effect::Lock]);
    let picture = screen(&model, at(3 + LOCK));
    assert!(picture.contains("Locked") && picture.contains("SANDBOX") && !tells(&picture), "{picture}");
}

#[test]
fn d8_only_a_person_keeps_it_open() {
    let mut model = ready(SIZE);
    for second in (10..LOCK).step_by(10) {
        answer(&mut model, at(second), Topic::Accounts, 100 + second, Answer::Accounts(batch(accounts())));
        update(&mut model, at(second), Msg::FocusGained);
    }
    update(&mut model, at(2 + LOCK), Msg::Woke);
    assert!(model.lock().is_locked(), "answers are nobody");
    let mut model = ready(SIZE);
    for second in (10..3 * LOCK).step_by(290) {
        press(&mut model, at(second), "j");
        assert!(!model.lock().is_locked(), "a key was pressed");
    }
}

/// The lid was closed: whatever wakes the program, the first frame is the lock, and the key that finds it shut
/// does nothing.
#[test]
fn d8_after_a_suspend_past_the_limit_the_first_frame_is_the_lock() {
    let morning = at(8 * 3600);
    let wakes = [Msg::Resumed, Msg::Woke, Msg::FocusGained, key(KeyCode::Char('f')), Msg::Pasted("x".into())];
    for msg in wakes {
        let mut model = ready(SIZE);
        // A frame that comes before any message is the lock too.
        assert!(model.must_lock(morning) && !tells(&screen(&model, morning)));
        let outcome = update(&mut model, morning, msg.clone());
        assert!(model.lock().is_locked(), "{msg:?}");
        assert_eq!(outcome.effects, [Effect::Forget, Effect::Wipe, Effect::Lock], "{msg:?}");
        assert!(!tells(&screen(&model, morning)));
    }
}

#[test]
fn d8_what_opens_it() {
    for opens in [UnlockMethod::Anybody, UnlockMethod::Source("the keyring".into())] {
        let mut model = opened_by(opens.clone());
        update(&mut model, at(LOCK + 2), Msg::Woke);
        assert_eq!(effects_at(&mut model, at(LOCK + 3), "jq/<Esc>"), [], "no other key does anything");
        assert_eq!(effects_at(&mut model, at(LOCK + 3), "<Enter><Enter>"), [Effect::Unlock(None)], "asked once");
        update(&mut model, at(LOCK + 4), Msg::Unlocked(Err("the keyring is locked".into())));
        let picture = screen(&model, at(LOCK + 4));
        assert!(picture.contains("Still locked: the keyring is locked."), "{picture}");
        assert_eq!(effects_at(&mut model, at(LOCK + 5), "<Enter>"), [Effect::Unlock(None)]);
        update(&mut model, at(LOCK + 6), Msg::Unlocked(Ok(())));
        assert!(!model.lock().is_locked() && tells(&screen(&model, at(LOCK + 6))));
        update(&mut model, at(LOCK + 7), Msg::Woke);
        assert!(!model.lock().is_locked(), "the time begins again");
    }
}

#[test]
fn d8_a_passphrase_is_typed_unseen() {
    let mut model = opened_by(UnlockMethod::Passphrase);
    update(&mut model, at(LOCK + 2), Msg::Woke);
    assert_eq!(effects_at(&mut model, at(LOCK + 3), "<Enter>"), [], "nothing was typed");
    press(&mut model, at(LOCK + 3), "q:secretx<Backspace>");
    update(&mut model, at(LOCK + 3), Msg::Pasted(" words".into()));
    let picture = screen(&model, at(LOCK + 3));
    assert!(picture.contains("Passphrase  ••••••••••••••▏") && !picture.contains("secret"), "{picture}");
    assert!(!format!("{model:?}").contains("q:secret"), "S4");
    let effects = effects_at(&mut model, at(LOCK + 3), "<Enter>");
    let [Effect::Unlock(Some(phrase))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(phrase.take().unwrap().expose(), "q:secret words");
    assert!(!format!("{effects:?}").contains("secret"));
    update(&mut model, at(LOCK + 5), Msg::Unlocked(Err("that is not the passphrase".into())));
    let picture = screen(&model, at(LOCK + 5));
    assert!(picture.contains("Passphrase  ▏") && picture.contains("not the passphrase"), "typed anew: {picture}");
}

#[test]
fn d8_a_token_of_the_environment_ends_the_program() {
    let mut model = opened_by(UnlockMethod::Nothing);
    assert!(screen(&model, at(3)).contains("Main"));
    let outcome = update(&mut model, at(LOCK + 2), Msg::Woke);
    assert_eq!(outcome.effects, [Effect::Forget, Effect::Wipe, Effect::Lock, Effect::EndLocked]);
    // Asking for what could not be opened again is refused with the reason.
    let mut model = opened_by(UnlockMethod::Nothing);
    press(&mut model, at(3), ":lock<Enter>");
    assert!(!model.lock().is_locked());
    assert!(screen(&model, at(3)).contains("nothing could open it"), "{}", screen(&model, at(3)));
}

/// Acts that were sent go on: their end is told, and only then does a session end that nothing can open.
#[test]
fn d8_an_act_under_way_is_waited_for() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "f");
    let effects = effects_at(&mut model, at(5), "y");
    let ticket = orders(&effects)[0].ticket;
    update(&mut model, at(LOCK + 5), Msg::Woke);
    let picture = screen(&model, at(LOCK + 5));
    assert!(picture.contains("One action is under way and goes on.") && !tells(&picture), "{picture}");
    let refused = Msg::Held { ticket, why: "the API is away".into(), waits_on: None };
    assert!(update(&mut model, at(LOCK + 6), refused).redraw, "the count changed");
    let picture = screen(&model, at(LOCK + 6));
    assert!(!picture.contains("under way") && !picture.contains("the API is away"), "{picture}");
}

#[test]
fn d8_a_form_keeps_its_input_behind_the_lock() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "t12.50");
    assert!(screen(&model, at(3)).contains("12.50"));
    update(&mut model, at(LOCK + 3), Msg::Woke);
    let picture = screen(&model, at(LOCK + 3));
    assert!(!picture.contains("12.50") && !tells(&picture), "{picture}");
    // What is typed at the lock does not reach the form.
    assert_eq!(effects_at(&mut model, at(LOCK + 4), "99<Enter>"), [Effect::Unlock(None)]);
    update(&mut model, at(LOCK + 5), Msg::Unlocked(Ok(())));
    assert!(screen(&model, at(LOCK + 5)).contains("12.50") && !screen(&model, at(LOCK + 5)).contains("12.5099"));
}

#[test]
fn d8_the_command_locks_at_once_and_a_copy_is_cleared() {
    let mut model = ready(SIZE);
    let effects = effects_at(&mut model, at(3), ":lock<Enter>");
    assert_eq!(effects, [Effect::Forget, Effect::Wipe, Effect::Lock]);
    let picture = screen(&model, at(4));
    assert!(picture.contains("as you asked.") && picture.contains("Demo merchant"), "{picture}");
    assert_eq!(effects_at(&mut model, at(4), "<C-c>"), [Effect::Quit]);
}

#[test]
fn d8_behind_the_lock_nothing_is_drawn_for_what_arrives() {
    let mut model = ready(SIZE);
    update(&mut model, at(LOCK + 2), Msg::Woke);
    for asked in 200..205 {
        let outcome = answer(&mut model, at(LOCK + 3), Topic::Accounts, asked, Answer::Accounts(batch(accounts())));
        assert!(!outcome.redraw && outcome.effects.is_empty());
    }
    assert_eq!(model.wake_at(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    /// Whatever happens and however long the machine sleeps: no frame shows anything after the limit.
    #[test]
    fn d8_no_frame_after_the_limit(steps in prop::collection::vec((0u64..200, 0usize..6), 1..16)) {
        let mut model = ready(SIZE);
        let (mut now, mut last) = (at(3), at(2).up);
        for (seconds, what) in steps {
            now = Now { up: now.up + Duration::from_secs(seconds), ..now };
            let late = now.up - last >= Duration::from_secs(LOCK) || model.lock().is_locked();
            prop_assert_eq!(tells(&screen(&model, now)), !late);
            let msg = match what {
                0 => key(KeyCode::Char('j')),
                1 => Msg::FocusGained,
                2 => Msg::Resumed,
                3 => Msg::Resized(SIZE.0, SIZE.1),
                _ => Msg::Woke,
            };
            if what == 0 && !late {
                last = now.up;
            }
            update(&mut model, now, msg);
            prop_assert_eq!(model.lock().is_locked(), late);
            prop_assert_eq!(tells(&screen(&model, now)), !late);
        }
    }
}

#[test]
fn pictures() {
    for (name, opens) in [
        ("anybody", UnlockMethod::Anybody),
        ("source", UnlockMethod::Source("token_command op".into())),
        ("passphrase", UnlockMethod::Passphrase),
        ("nothing", UnlockMethod::Nothing),
    ] {
        let mut model = opened_by(opens);
        update(&mut model, at(LOCK + 2), Msg::Woke);
        press(&mut model, at(LOCK + 3), "abc");
        let picture = crate::screens::picture(&draw(&model, at(LOCK + 3), SIZE));
        insta::assert_snapshot!(format!("lock_{name}"), picture);
    }
}
