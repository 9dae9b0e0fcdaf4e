//! `Ctrl-F`: everything is found from one box, and the keys act on what was found.

use fourpay::app::Model;
use fourpay::app::actions::Screen;
use fourpay::app::msg::{Effect, Msg};
use fourpay::app::overlay::OverlayKind;
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
fn four_digits_lead_to_the_card_wherever_one_is() {
    let mut model = ready((80, 24));
    let four = card(60).number.last_four.unwrap();
    press(&mut model, at(3), &format!("1jjj2/zzzz<Enter>3<C-f>{four}"));
    assert_eq!(model.overlays().kind(), Some(OverlayKind::Find));
    assert!(text(&model, (80, 24)).contains(&format!("▸ card        •{four}")), "{}", text(&model, (80, 24)));
    press(&mut model, at(3), "<Enter>");
    let row = model.store().cards.row(&card_id(60)).unwrap();
    assert_eq!((model.focus(), model.scope(), model.subject()), (Pane::Cards, Scope::All, Subject::Card(row)));
    // From there on it is as after a filter.
    assert_eq!(effects(&mut model, "f").iter().filter(|effect| matches!(effect, Effect::Act(_))).count(), 0);
    assert!(text(&model, (80, 24)).contains(&format!("Freeze •{four}")));
    assert!(matches!(effects(&mut model, "y").as_slice(), [Effect::Act(_)]));
}

#[test]
fn keys_are_typed_until_tab_gives_them_to_the_card() {
    let mut model = ready((160, 48));
    let four = card(60).number.last_four.unwrap();
    // `f` is a letter here.
    press(&mut model, at(3), "<C-f>f");
    assert_eq!(model.overlays().kind(), Some(OverlayKind::Find));
    press(&mut model, at(3), &format!("<C-u>{four}<Tab>"));
    assert!(text(&model, (160, 48)).contains("f freeze  t top up"), "{}", text(&model, (160, 48)));
    // What is no act on a card does nothing, and sends nothing.
    assert!(effects(&mut model, "nxq").is_empty());
    assert_eq!(model.overlays().kind(), Some(OverlayKind::Find));
    press(&mut model, at(3), "t");
    assert!(text(&model, (160, 48)).contains(&format!("Top up •{four}")), "{}", text(&model, (160, 48)));
}

#[test]
fn people_accounts_and_merchants_are_gone_to() {
    let mut model = ready((160, 48));
    let holder = &holders()[0];
    press(&mut model, at(3), &format!("<C-f>{}<Enter>", holder.email.as_ref().unwrap()));
    assert_eq!(model.focus(), Pane::Cardholders, "{}", text(&model, (160, 48)));
    press(&mut model, at(3), "<C-f>euro<Enter>");
    assert_eq!((model.focus(), model.scope()), (Pane::Cards, Scope::Account(account_id(3))));
    let name = transaction(0).merchant.unwrap();
    press(&mut model, at(3), &format!("<C-f>{name}<Enter>"));
    assert_eq!((model.focus(), model.scope()), (Pane::Transactions, Scope::All));
    assert!(text(&model, (160, 48)).contains(&format!("merchant:\"{name}\"")), "{}", text(&model, (160, 48)));
    let id = transaction_id(3).to_string();
    press(&mut model, at(3), &format!("<C-f>{id}<Enter>"));
    let row = model.store().transactions.row(&transaction_id(3)).unwrap();
    assert_eq!((model.focus(), model.subject()), (Pane::Transactions, Subject::Transaction(row)));
}

#[test]
fn a_pasted_card_number_is_its_last_four_and_stands_nowhere() {
    let mut model = ready((160, 48));
    let four = card(60).number.last_four.unwrap();
    press(&mut model, at(3), "<C-f>");
    update(&mut model, at(3), Msg::Pasted(format!("4111 1111 1111 {four}").as_str().into()));
    let shown = text(&model, (160, 48));
    assert!(shown.contains(&format!("/ {four}▏")) && !shown.contains("4111"), "{shown}");
    // What is of no use leaves the panes alone.
    press(&mut model, at(3), "<Esc>");
    assert_eq!(model.situation().screen, Screen::Panes);
    assert!(!text(&model, (160, 48)).contains(&format!("/{four}")));
}

#[test]
fn nothing_found_says_what_was_looked_through() {
    let mut model = ready((100, 30));
    press(&mut model, at(3), "<C-f>qqqqq zzzzz");
    let shown = text(&model, (100, 30));
    assert!(shown.contains("nothing that is loaded is called that"), "{shown}");
    assert!(shown.contains("looked through") && shown.contains("accounts"), "{shown}");
    assert!(effects(&mut model, "<Enter><Tab>").is_empty());
    assert_eq!(model.overlays().kind(), Some(OverlayKind::Find));
}

#[test]
fn pictures() {
    for (name, size, script) in [
        ("160x48", (160, 48), "<C-f>a"),
        ("100x30", (100, 30), "<C-f>silva"),
        ("80x24", (80, 24), "<C-f>ads<Tab>"),
        ("80x24_empty", (80, 24), "<C-f>"),
    ] {
        let mut model = ready(size);
        press(&mut model, at(3), script);
        insta::assert_snapshot!(format!("find_{name}"), crate::screens::picture(&draw(&model, at(3), size)));
    }
}
