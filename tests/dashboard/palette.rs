//! Help and commands: everything is found by typing, and `Enter` runs it.

use fourpay::app::Model;
use fourpay::app::actions::{self, Act, Screen};
use fourpay::app::msg::{Effect, Msg};

use fourpay::app::panes::Pane;
use fourpay::app::panes::inspector::Subject;
use fourpay::app::store::Scope;
use fourpay::app::update;

use crate::fixture::*;

fn effects(model: &mut Model, script: &str) -> Vec<Effect> {
    press(model, at(3), script).into_iter().flat_map(|outcome| outcome.effects).collect()
}

fn text(model: &Model, size: (u16, u16)) -> String {
    lines(&draw(model, at(3), size)).join("\n")
}

#[test]
fn every_action_is_found_by_its_name_and_by_its_key() {
    for action in actions::table() {
        let name = action.name.replace(' ', "-");
        let mut model = fresh((160, 48));
        press(&mut model, at(3), &format!(":{name}"));
        let shown = text(&model, (160, 48));
        let first = shown.lines().find(|line| line.contains('▸') && line.contains(&name));
        assert!(first.is_some(), "{name}\n{shown}");
    }
}

#[test]
fn enter_runs_what_is_highlighted_and_remembers_it() {
    let mut model = fresh((160, 48));
    assert_eq!(effects(&mut model, ":refresh<Enter>"), [Effect::Refresh]);
    assert_eq!(model.situation().screen, Screen::Panes);
    press(&mut model, at(3), "<C-p>");
    let shown = text(&model, (160, 48));
    assert!(shown.lines().any(|line| line.contains('▸') && line.contains("refresh")), "{shown}");
    // The next one down is the first of the table.
    press(&mut model, at(3), "<Esc>:quit<Enter>");
    assert_eq!(effects(&mut model, ":quit<Enter>"), [Effect::Quit]);
}

#[test]
fn what_does_not_apply_is_shown_with_its_reason_and_says_it() {
    let mut model = fresh((160, 48));
    press(&mut model, at(3), ":undo");
    assert!(text(&model, (160, 48)).contains("not now: nothing was frozen or unfrozen from here yet"));
    press(&mut model, at(3), "<Enter>");
    assert!(text(&model, (160, 48)).contains("undo: nothing was frozen"));
}

#[test]
fn a_card_is_named_by_its_last_four_digits_wherever_one_is() {
    let mut model = ready((160, 48));
    let four = card(60).number.last_four.unwrap();
    // Another account is chosen and a filter hides the card.
    press(&mut model, at(3), "1jjj2/zzzz<Enter>");
    press(&mut model, at(3), &format!(":freeze {four}"));
    assert!(text(&model, (160, 48)).contains(&format!("•{four}")));
    press(&mut model, at(3), "<Enter>");
    let row = model.store().cards.row(&card_id(60)).unwrap();
    assert_eq!((model.focus(), model.scope(), model.subject()), (Pane::Cards, Scope::All, Subject::Card(row)));
    assert!(text(&model, (160, 48)).contains(&format!("Freeze •{four}")), "{}", text(&model, (160, 48)));
    let sent = effects(&mut model, "y");
    assert!(matches!(sent.as_slice(), [Effect::Act(_)]), "{sent:?}");
}

#[test]
fn an_amount_fills_the_form_and_sends_nothing() {
    let mut model = ready((160, 48));
    let four = card(0).number.last_four.unwrap();
    let sent = effects(&mut model, &format!(":top-up {four} 12.50<Enter>"));
    assert!(sent.iter().all(|effect| matches!(effect, Effect::Fetch(_))), "{sent:?}");
    let shown = text(&model, (160, 48));
    assert!(shown.contains(&format!("Top up •{four}")) && shown.contains("12.50"), "{shown}");
}

#[test]
fn every_printable_key_is_text_and_a_paste_too() {
    let mut model = fresh((100, 30));
    let printable: String = (' '..='~').filter(|c| !"<?".contains(*c)).collect();
    assert!(effects(&mut model, &format!(":{printable}")).is_empty());
    update(&mut model, at(3), Msg::Pasted("q\u{7}".into()));
    assert_eq!(model.situation().screen, Screen::Help);
    assert!(text(&model, (100, 30)).contains("there is no command"));
    press(&mut model, at(3), "<C-u>account eu<Enter>");
    assert_eq!((model.focus(), model.scope()), (Pane::Cards, Scope::Account(account_id(3))));
}

#[test]
fn tab_completes_a_command() {
    let mut model = ready((100, 30));
    press(&mut model, at(3), ":withdr<Tab>");
    assert!(text(&model, (100, 30)).contains(": withdraw ▏"));
    assert_eq!(actions::table().iter().filter(|action| action.act == Act::Withdraw).count(), 1);
}

#[test]
fn pictures() {
    for (name, size, script) in [
        ("help", (80, 24), "?"),
        ("commands", (160, 48), ":"),
        ("typed", (80, 24), ":acc"),
        ("cards", (80, 24), ":top-up 4 50"),
    ] {
        let mut model = ready(size);
        press(&mut model, at(3), script);
        insta::assert_snapshot!(format!("palette_{name}"), crate::screens::picture(&draw(&model, at(3), size)));
    }
}
