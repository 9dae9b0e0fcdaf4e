//! What is typed means what somebody who types it means: choices, defaults, commands, filters, marks, and the way back.

use fourpay::app::form::FieldId;
use fourpay::app::msg::{Answer, Effect, Msg, Topic};

use fourpay::app::overlay::OverlayKind;
use fourpay::app::panes::Pane;
use fourpay::app::{Model, update};
use fourpay::domain::card::Card;
use fourpay::domain::cardholder::Cardholder;
use fourpay::domain::text::SafeText;

use crate::acts::{SIZE, effects_at, orders, screen};
use crate::fixture::*;

fn named(at: usize, first: &str, last: &str) -> Cardholder {
    let [first, last] = [first, last].map(SafeText::name);
    Cardholder { id: holder_id(at), first_name: first, last_name: last, ..holders().remove(0) }
}

fn with_holders(names: &[(&str, &str)]) -> Model {
    let mut model = ready(SIZE);
    let all = names.iter().enumerate().map(|(at, (first, last))| named(at, first, last)).collect();
    answer(&mut model, at(3), Topic::Cardholders, 900, Answer::Cardholders(batch(all)));
    model
}

#[test]
fn a_choice_takes_whole_words_first_and_the_review_says_who() {
    let mut model = with_holders(&[("Juliana", "Bo"), ("Tana", "Ek"), ("Anatol", "Ek"), ("Ana", "Silva")]);
    press(&mut model, at(4), "n");
    press(&mut model, at(5), "<Tab>ana");
    let id = model.dialog().unwrap().form().value(FieldId::Holder).to_owned();
    assert_eq!(id, holder_id(3).to_string(), "{}", screen(&model, at(5)));
    press(&mut model, at(5), "<Tab>Team card");
    let picture = screen(&model, at(5));
    assert!(picture.matches("Ana Silva").count() >= 2, "in the field and in the review: {picture}");
}

#[test]
fn a_choice_folds_accents_and_alphabets() {
    let mut model = with_holders(&[("Jan", "Novák"), ("Petr", "Dvořák"), ("Łukasz", "Żak"), ("Олена", "Коваленко")]);
    for (typed, at_place) in [("dvorak", 1), ("lukasz", 2), ("kovalenko", 3)] {
        press(&mut model, at(4), "n");
        press(&mut model, at(5), &format!("<Tab>{typed}"));
        let id = model.dialog().unwrap().form().value(FieldId::Holder).to_owned();
        assert_eq!(id, holder_id(at_place).to_string(), "{typed}");
        press(&mut model, at(6), "<Esc>");
    }
    press(&mut model, at(7), "4");
    for (typed, name) in [("dvorak", "Dvořák"), ("lukasz", "Łukasz"), ("kovalenko", "Коваленко")] {
        press(&mut model, at(7), &format!("/{typed}"));
        let picture = screen(&model, at(7));
        assert!(model.rows() == 1 && picture.contains(name) && !picture.contains("letters"), "{picture}");
        press(&mut model, at(7), "<Esc>");
    }
}

#[test]
fn the_first_thing_to_type_has_the_focus_and_a_default_is_replaced() {
    let value = |model: &Model, id| model.dialog().unwrap().form().value(id).to_owned();
    let mut model = ready(SIZE);
    burst(&mut model, at(3), "X4242");
    assert_eq!(value(&model, FieldId::LastFour), "4242");
    let mut model = ready(SIZE);
    burst(&mut model, at(3), "/status:active<Enter>  f2");
    assert_eq!(value(&model, FieldId::Count), "2");
    let mut model = ready(SIZE);
    press(&mut model, at(3), "n");
    let there = (0..20).any(|_| {
        press(&mut model, at(4), "<Tab>");
        screen(&model, at(4)).contains("▸ cards ")
    });
    assert!(there, "{}", screen(&model, at(4)));
    assert_eq!(value(&model, FieldId::Count), "1");
    press(&mut model, at(4), "5");
    assert_eq!(value(&model, FieldId::Count), "5");
    press(&mut model, at(4), "0");
    assert_eq!(value(&model, FieldId::Count), "50");
}

#[test]
fn a_command_is_found_by_its_name_and_an_end_only_by_all_of_it() {
    for (typed, opens) in [("import", false), ("logout", false), ("exit now", false), ("delivries", false)] {
        let mut model = ready(SIZE);
        let effects = effects_at(&mut model, at(3), &format!(":{typed}<Enter>"));
        assert_eq!((effects, model.dialog().is_some()), (vec![], opens), "{typed}");
        assert_eq!(model.overlays().kind(), Some(OverlayKind::Palette));
        let picture = screen(&model, at(3));
        assert!(picture.contains(&format!("there is no command {typed}")), "{picture}");
    }
    for (typed, title) in [("frz", "y freeze"), ("clo", "for good"), ("close", "for good"), ("topup", "Top up")] {
        let mut model = ready(SIZE);
        press(&mut model, at(3), &format!(":{typed}<Enter>"));
        assert!(screen(&model, at(3)).contains(title), "{typed}: {}", screen(&model, at(3)));
    }
}

#[test]
fn marks_end_with_the_plan_they_were_for() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "/status:active<Enter>   f");
    press(&mut model, at(4), "3");
    let effects = effects_at(&mut model, at(5), "<C-s>");
    let [order] = orders(&effects)[..] else { panic!("{effects:?}") };
    let ticket = order.ticket;
    update(&mut model, at(6), Msg::Ended { ticket });
    press(&mut model, at(7), "<Esc>");
    assert!(model.marks().is_none());
    press(&mut model, at(7), "f");
    assert!(!screen(&model, at(7)).contains("marked"), "{}", screen(&model, at(7)));
}

#[test]
fn an_act_on_one_card_says_that_marks_are_left_alone() {
    for key in ["X", "w", "e"] {
        let mut model = ready(SIZE);
        let card = Card { balance: Some(usd(5_000)).into(), ..card(0) };
        answer(&mut model, at(3), Topic::Card(account_id(0), card_id(0)), 91, Answer::Card(Box::new(card)));
        press(&mut model, at(3), &format!("2gj  g{key}"));
        if model.dialog().is_some() {
            let picture = screen(&model, at(3));
            assert!(picture.contains("2 marked cards are left alone"), "{key} {picture}");
        } else {
            assert_ne!(key, "X");
        }
    }
}

#[test]
fn what_was_kept_is_replaced_and_comes_back() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "/5707<Enter>/1473");
    assert!(screen(&model, at(3)).contains("/1473▏"), "{}", screen(&model, at(3)));
    press(&mut model, at(3), "<Enter>/<Up>");
    assert!(screen(&model, at(3)).contains("/[5707]"), "{}", screen(&model, at(3)));
    press(&mut model, at(3), "<Enter>");
    assert!(screen(&model, at(3)).contains("/5707 ·"), "{}", screen(&model, at(3)));
    // A paste replaces it too, and a movement keeps it.
    press(&mut model, at(3), "/");
    update(&mut model, at(3), Msg::Pasted("42".into()));
    assert!(screen(&model, at(3)).contains("/42▏"));
    press(&mut model, at(3), "<Enter>/<End>42");
    assert!(screen(&model, at(3)).contains("/4242▏"));
    press(&mut model, at(3), "<Esc>/<Up>");
    assert!(screen(&model, at(3)).contains("/[42]"), "cleared is not forgotten: {}", screen(&model, at(3)));
}

#[test]
fn esc_takes_back_the_last_enter_and_nothing_else() {
    let mut model = ready((160, 48));
    assert_eq!(model.focus(), Pane::Cards);
    press(&mut model, at(3), "<Esc><Esc><Esc>");
    assert_eq!(model.focus(), Pane::Cards);
    for pane in ["1j", "3", "2"] {
        press(&mut model, at(3), pane);
        let (focus, account) = (model.focus(), model.account().cloned());
        press(&mut model, at(3), "<Esc><Esc>");
        assert_eq!((model.focus(), model.account().cloned()), (focus, account));
    }
    press(&mut model, at(4), "1<Enter>");
    assert_eq!(model.focus(), Pane::Cards);
    press(&mut model, at(4), "<Enter>");
    assert!(model.focus() == Pane::Transactions && model.situation().card_scope);
    press(&mut model, at(4), "<Esc>");
    assert!(model.focus() == Pane::Cards && !model.situation().card_scope);
    press(&mut model, at(4), "<Esc>");
    assert_eq!(model.focus(), Pane::Accounts);
    press(&mut model, at(4), "<Esc>");
    assert_eq!(model.focus(), Pane::Accounts);
    assert!(!lines(&draw(&model, at(4), (160, 48))).join("\n").contains("outermost"));
}

#[test]
fn an_unknown_field_or_value_leaves_no_row() {
    for typed in ["colour:red", "status:melted", "bal:lots", "since:yesterdy", "last4:12a"] {
        let mut model = ready(SIZE);
        press(&mut model, at(3), &format!("/{typed}<Enter>"));
        assert_eq!(model.rows(), 0, "{typed}");
        press(&mut model, at(3), "*f");
        assert!(model.marks().is_none() && model.dialog().is_none(), "{typed}");
        press(&mut model, at(3), "/");
        let picture = screen(&model, at(3));
        let field = typed.split(':').next().unwrap();
        assert!(picture.contains(&format!("{field}:")), "{picture}");
    }
    let mut model = ready(SIZE);
    let all = model.rows();
    press(&mut model, at(3), "/status:");
    assert_eq!(model.rows(), all, "the value is still to come");
}

#[test]
fn bare_words_know_states_and_quotes_mean_text() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "/status:frozen<Enter>");
    let frozen = model.rows();
    press(&mut model, at(3), "<Esc>/frozen<Enter>");
    assert!(frozen > 0 && model.rows() == frozen);
    press(&mut model, at(3), "<Esc>/\"frozen\"<Enter>");
    assert_eq!(model.rows(), 0);
    press(&mut model, at(3), "<Esc>3/status:declined<Enter>");
    let declined = model.rows();
    press(&mut model, at(3), "<Esc>/declined<Enter>");
    assert!(declined > 0 && model.rows() >= declined);
    press(&mut model, at(3), "<Esc>/type:refund<Enter>");
    let refunds = model.rows();
    press(&mut model, at(3), "<Esc>/refund<Enter>");
    assert!(model.rows() >= refunds);
}

#[test]
fn a_pasted_number_means_its_last_four() {
    for pasted in [
        "4539 5787 6362 4242",
        "4539578763624242",
        "4539-5787-6362-4242",
        "•••• 4242",
        "**** **** **** 4242",
        "453957******4242",
        "4539.5787.6362.4242",
        "4539/5787/6362/4242",
        // A figure space, a narrow space that does not break, a hyphen that does not break; full-width digits.
        "4539\u{2007}5787\u{202f}6362\u{2011}4242",
        "４５３９５７８７６３６２４２４２",
    ] {
        let mut model = ready(SIZE);
        press(&mut model, at(3), "/");
        update(&mut model, at(3), Msg::Pasted(pasted.into()));
        let picture = screen(&model, at(3));
        assert!(picture.contains("/4242▏") && !format!("{model:?}").contains("5787"), "{pasted} {picture}");
        let effects = effects_at(&mut model, at(3), "<Enter>yn");
        assert!(matches!(effects.as_slice(), [Effect::CopySecret { card, .. }] if card.card == card_id(0)));
    }
}
