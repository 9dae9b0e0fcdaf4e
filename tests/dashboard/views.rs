//! Saved views: a pane with its filter, order and zoom, by a name.

use fourpay::app::keymap::Keymap;
use fourpay::app::list::Rows;
use fourpay::app::msg::{Effect, Msg, Setup};

use fourpay::app::overlay::OverlayKind;
use fourpay::app::panes::Pane;
use fourpay::app::view_state::SortState;
use fourpay::app::views::{Change, View};
use fourpay::app::{Model, private, update};

use crate::fixture::*;

const SIZE: (u16, u16) = (80, 24);

fn effects(model: &mut Model, keys: &str) -> Vec<Effect> {
    press(model, at(3), keys).into_iter().flat_map(|outcome| outcome.effects).collect()
}

/// What the keys ask to be written; the file takes it and says what stands in it.
fn saved(model: &mut Model, keys: &str) -> View {
    let effects = effects(model, keys);
    let [Effect::KeepView(Change::Save(view))] = effects.as_slice() else { panic!("{effects:?}") };
    let mut all = model.views().all().to_vec();
    all.retain(|known| known.name != view.name);
    all.push(view.clone());
    update(model, at(4), Msg::ViewKept(Change::Save(view.clone()), Ok(all)));
    view.clone()
}

fn text(model: &Model) -> String {
    lines(&draw(model, at(4), SIZE)).join("\n")
}

fn start(views: &[View]) -> Model {
    let mut model = Model::new(Setup { views: views.to_vec(), ..setup() }, SIZE, at(0));
    fill(&mut model, at(1), 40);
    model
}

/// A view without a filter that only sorts, opened on a list that is not filtered either.
#[test]
fn a_view_of_transactions_puts_them_in_its_order() {
    let sorted = SortState::by(Pane::Transactions, "amount", false).unwrap();
    let view = View { name: "largest".into(), pane: Pane::Transactions, filter: None, sorted, zoomed: false };
    let mut model = start(&[view]);
    press(&mut model, at(3), "V1");
    assert_eq!(model.kept().sorted.word(Pane::Transactions), Some(("amount", false)));
    let store = model.store();
    let rows = model.transaction_rows();
    let amounts: Vec<_> = (0..rows.len())
        .filter_map(|at| store.transactions.get(rows.get(at)?).signed().known().copied())
        .map(|money| (money.currency(), std::cmp::Reverse(money.amount())))
        .collect();
    assert!(amounts.len() > 2 && amounts.is_sorted(), "{amounts:?}");
}

#[test]
fn what_was_saved_is_opened_by_its_letter_as_it_was() {
    let mut model = fresh(SIZE);
    let frozen = saved(&mut model, "/-status:closed<Enter>ssSz:view save frozen ones<Enter>");
    assert_eq!((frozen.pane, frozen.zoomed, frozen.filter.as_deref()), (Pane::Cards, true, Some("-status:closed")));
    assert_eq!(private::bare(&frozen.words()), "2 Cards · /-status:closed · by name, turned round · zoomed");
    assert!(text(&model).contains("view frozen ones saved; V shows all views"), "{}", text(&model));
    let (as_saved, kept) = (model.rows(), model.kept());
    let people = saved(&mut model, "z4s:view save people<Enter>");
    assert_eq!(private::bare(&people.words()), "4 Cardholders · by email");

    // Another start, with another pane in another order, and other views in front.
    let mut model = start(&[people, frozen]);
    press(&mut model, at(3), "/zzz<Enter>sss3/uber<Enter>");
    assert_eq!(effects(&mut model, "V"), []);
    let row = text(&model);
    assert!(row.contains("1 people") && row.contains("2 frozen ones") && row.contains("Views · 2"), "{row}");
    press(&mut model, at(3), "2");
    assert_eq!((model.focus(), model.rows()), (Pane::Cards, as_saved));
    assert_eq!(model.kept().sorted.word(Pane::Cards), kept.sorted.word(Pane::Cards));
    assert!(model.situation().zoomed && !model.overlays().has(OverlayKind::Views));
    // The other panes are as they were.
    assert_eq!(model.kept().filters.get(&Pane::Transactions).map(String::as_str), Some("uber"));
    press(&mut model, at(3), "V<Right><Left><Enter>");
    assert_eq!(model.focus(), Pane::Cardholders);
    press(&mut model, at(3), "<Esc>V<Right>");
    assert!(text(&model).contains("2 Cards · /-status:closed · by name, turned round · zoomed"));
    // Whoever it asks for is nobody's business while privacy is on.
    press(&mut model, at(3), "<Esc>PV<Right>");
    let hidden = text(&model);
    assert!(hidden.contains("2 frozen ones") && hidden.contains("2 Cards · /•••• "), "{hidden}");
    press(&mut model, at(3), "V");
    assert!(!model.overlays().has(OverlayKind::Views), "its own key closes it");
}

#[test]
fn a_view_without_a_filter_shows_everything_again() {
    let mut model = fresh(SIZE);
    let all = model.rows();
    let plain = saved(&mut model, ":view save plain<Enter>");
    assert_eq!((plain.filter.clone(), plain.words()), (None, "2 Cards".to_owned()));
    press(&mut model, at(3), "/zzzz<Enter>ss3");
    press(&mut model, at(3), ":view plain<Enter>");
    assert_eq!((model.focus(), model.rows(), model.kept()), (Pane::Cards, all, Model::kept(&fresh(SIZE))));
}

#[test]
fn one_card_or_one_person_does_not_narrow_it_and_the_account_does() {
    let mut model = fresh((160, 48));
    saved(&mut model, "3:view save rows<Enter>");
    press(&mut model, at(3), "2<Enter>");
    let of_card = model.scope();
    press(&mut model, at(3), "V1");
    assert_ne!(model.scope(), of_card);
    press(&mut model, at(3), "1j");
    let account = model.account().cloned();
    press(&mut model, at(3), "V1");
    assert_eq!((model.account().cloned(), account.is_some()), (account, true));
}

#[test]
fn a_name_is_completed_and_a_wrong_one_leads_to_the_nearest() {
    let mut model = fresh(SIZE);
    saved(&mut model, "/-status:closed<Enter>:view save open cards<Enter>");
    saved(&mut model, "3:view save newest<Enter>");
    press(&mut model, at(3), ":view ope");
    assert!(text(&model).contains("open        open cards          2 Cards · /-status:closed"), "{}", text(&model));
    press(&mut model, at(3), "<Tab>");
    assert!(text(&model).contains(": view open cards▏"), "{}", text(&model));
    press(&mut model, at(3), "<C-u>view newst");
    assert!(text(&model).contains("there is no view newst; did you mean newest?"), "{}", text(&model));
    press(&mut model, at(3), "<Enter>");
    assert_eq!(model.focus(), Pane::Transactions);
    press(&mut model, at(3), ":view zzzz");
    assert!(text(&model).contains("there is no view zzzz") && !text(&model).contains("did you mean"));
    press(&mut model, at(3), "<Enter>");
    assert!(text(&model).contains(": view zzzz"), "there is nothing to run");
    // Tab goes on to what can be done.
    press(&mut model, at(3), "<C-u>view del<Tab>");
    assert!(text(&model).contains(": view delete ▏"), "{}", text(&model));
    let effects = effects(&mut model, "newest<Enter>");
    assert_eq!(effects, [Effect::KeepView(Change::Delete("newest".into()))]);
    assert_eq!(model.views().all().len(), 2, "not before the file says so");
    let rest = model.views().all()[..1].to_vec();
    update(&mut model, at(5), Msg::ViewKept(Change::Delete("newest".into()), Ok(rest)));
    assert!(text(&model).contains("view newest deleted") && model.views().find("newest").is_none());
}

#[test]
fn saving_over_a_view_says_which_before_and_after() {
    let mut model = fresh(SIZE);
    saved(&mut model, "/-status:closed<Enter>:view save mine<Enter>");
    press(&mut model, at(3), "3:view save mine");
    let before = text(&model);
    assert!(before.contains("in place of  2 Cards · /-status:closed"), "{before}");
    saved(&mut model, "<Enter>");
    assert!(text(&model).contains("view mine saved over the one of that name"), "{}", text(&model));
    assert_eq!(model.views().find("mine").map(View::words).as_deref(), Some("3 Transactions"));
}

#[test]
fn what_cannot_be_saved_says_why_and_asks_for_nothing() {
    for (name, why) in [
        ("", "write a name behind it"),
        ("save", "a name cannot begin with save"),
        ("a/b", "a name is letters, digits, - _ . and single spaces"),
        ("a-name-that-is-longer-than-any-name-may-be", "a name has at most 32 characters"),
    ] {
        let mut model = fresh(SIZE);
        press(&mut model, at(3), &format!(":view save {name}"));
        assert!(text(&model).contains(&format!("save: {why}")), "{name}: {}", text(&model));
        assert_eq!(effects(&mut model, "<Enter>"), []);
    }
    // D1: a whole card number is in no file.
    let mut model = fresh(SIZE);
    assert_eq!(effects(&mut model, "/4539578763621486<Enter>:view save one<Enter>"), []);
    assert!(text(&model).contains("for example a card number") && !text(&model).contains("4539578763621486"));
    // The file has no room, is not ours, is no TOML: nothing is lost.
    let mut model = fresh(SIZE);
    let view = saved(&mut model, ":view save one<Enter>");
    let why = "config.toml:3: this is no TOML (invalid key); a setting is a line such as: history = 20000";
    update(&mut model, at(5), Msg::ViewKept(Change::Save(View { name: "two".into(), ..view }), Err(why.into())));
    let shown: Vec<String> = text(&model).split_whitespace().map(str::to_owned).collect();
    assert!(shown.join(" ").contains("view two not saved: config.toml:3: this is no TOML"), "{}", text(&model));
    assert_eq!(model.views().all().len(), 1);
}

#[test]
fn without_views_the_row_tells_how_to_save_one_by_the_keys_that_are_in_force() {
    let mut model = fresh(SIZE);
    press(&mut model, at(3), "V");
    assert!(text(&model).contains("no view is saved yet"), "{}", text(&model));
    assert!(text(&model).contains(":view save NAME then keeps it here"), "{}", text(&model));
    press(&mut model, at(3), "1<Enter>");
    assert!(!model.overlays().has(OverlayKind::Views));
    let (keys, faults) = Keymap::read("keys.toml", "commands = [\"Ctrl-X\"]\nview = [\"F\"]\n");
    assert!(faults.is_empty());
    let mut appearance = setup().appearance;
    appearance.keys = keys;
    let mut model = Model::new(Setup { appearance, ..setup() }, SIZE, at(0));
    press(&mut model, at(1), "F");
    assert!(text(&model).contains("Ctrl-X view save NAME then keeps it here"), "{}", text(&model));
    press(&mut model, at(1), "<Esc><C-x>view save a<Enter>");
    let view = View { name: "a".into(), pane: Pane::Cards, filter: None, sorted: Default::default(), zoomed: false };
    update(&mut model, at(2), Msg::ViewKept(Change::Save(view.clone()), Ok(vec![view])));
    assert!(text(&model).contains("F shows all views"), "{}", text(&model));
}

#[test]
fn the_row_has_a_letter_for_each_view_at_every_size() {
    let views: Vec<View> = (0..35)
        .map(|n| View {
            name: format!("a view of {n}"),
            pane: Pane::Journal,
            filter: None,
            sorted: Default::default(),
            zoomed: false,
        })
        .collect();
    for size in [(60, 16), (80, 24), (160, 48)] {
        let mut model = Model::new(Setup { views: views.clone(), ..setup() }, size, at(0));
        press(&mut model, at(1), "V");
        let shown = lines(&draw(&model, at(1), size)).join("\n");
        assert!(shown.contains("1 a view of 0") && shown.contains("z a view of 34"), "{shown}");
        press(&mut model, at(1), "z");
        assert_eq!(model.focus(), Pane::Journal);
        assert_eq!(effects(&mut model, ":view save more<Enter>"), []);
    }
}
