//! The mouse: what a click and the wheel do, and what they never do.

use fourpay::app::actions::Screen;
use fourpay::app::list::Rows;
use fourpay::app::msg::{Effect, Msg, Setup};
use fourpay::app::panes::Pane;
use fourpay::app::panes::inspector::Subject;
use fourpay::app::{Model, Outcome, update};
use fourpay::domain::settings::Columns;

use crate::fixture::*;

const SIZES: [(u16, u16); 3] = [(80, 24), (100, 30), (160, 48)];

fn with_mouse(size: (u16, u16)) -> Model {
    let mut model = Model::new(Setup { mouse: true, ..setup() }, size, at(0));
    fill(&mut model, at(1), 240);
    model
}

/// The column and row at which a text is drawn first.
fn place(model: &Model, size: (u16, u16), text: &str) -> (u16, u16) {
    use unicode_width::UnicodeWidthStr;
    let found = lines(&draw(model, at(3), size)).into_iter().enumerate().find_map(|(row, line)| {
        let at = line.find(text)?;
        Some((u16::try_from(line[..at].width()).unwrap(), u16::try_from(row).unwrap()))
    });
    found.unwrap_or_else(|| panic!("{text} is not on the screen"))
}

fn click(model: &mut Model, (column, row): (u16, u16)) -> Outcome {
    update(model, at(3), Msg::Clicked(column, row))
}

fn wheel(model: &mut Model, at_cell: (u16, u16), down: bool) -> Outcome {
    update(model, at(3), Msg::Wheeled { at: at_cell, down })
}

fn card_at(model: &Model, at: usize) -> Subject {
    Subject::Card(model.card_rows().nth(at).unwrap())
}

fn four(model: &Model, at: usize) -> String {
    let row = model.card_rows().nth(at).unwrap();
    format!("•{}", model.store().cards.get(row).number.last_four.unwrap())
}

#[test]
fn a_click_chooses_the_row_and_focuses_its_pane() {
    for size in SIZES {
        let mut model = with_mouse(size);
        press(&mut model, at(2), "3");
        let third = four(&model, 2);
        let at_card = place(&model, size, &third);
        assert!(click(&mut model, at_card).redraw);
        assert_eq!((model.focus(), model.subject()), (Pane::Cards, card_at(&model, 2)), "{size:?}");
        // On an account: its cards are listed. At 80 columns the accounts are a strip.
        let at_account = place(&model, size, "Ads");
        click(&mut model, at_account);
        assert_eq!(model.focus(), Pane::Accounts, "{size:?}");
        assert_eq!(model.account(), Some(&account_id(1)), "{size:?}");
        let title = place(&model, size, "3 Transactions");
        click(&mut model, title);
        assert_eq!(model.focus(), Pane::Transactions, "a border focuses, {size:?}");
    }
}

#[test]
fn a_click_below_the_last_row_chooses_nothing() {
    let size = (160, 48);
    let mut model = with_mouse(size);
    let script = format!("/{}<Enter>", four(&model, 5).trim_start_matches('•'));
    press(&mut model, at(2), &script);
    let (rows, chosen) = (model.rows(), model.subject());
    assert!(rows > 0 && rows < 10, "{rows}");
    let title = place(&model, size, "2 Cards");
    click(&mut model, (title.0, title.1 + 14));
    assert_eq!((model.focus(), model.subject()), (Pane::Cards, chosen));
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_leaves_the_focus() {
    let size = (160, 48);
    let mut model = with_mouse(size);
    let first = model.subject();
    let transactions = place(&model, size, "3 Transactions");
    assert!(wheel(&mut model, (transactions.0, transactions.1 + 4), true).redraw);
    assert_eq!((model.focus(), model.subject()), (Pane::Cards, first));
    let fourth = model.transaction_rows().get(3).unwrap();
    let merchant = model.store().transactions.get(fourth).merchant.clone();
    let top = &lines(&draw(&model, at(3), size))[usize::from(transactions.1) + 2];
    assert!(merchant.is_none_or(|merchant| top.contains(merchant.as_str())), "{top}");
    // The cursor goes along where it would be lost, and stays where it is when one comes back.
    let cards = place(&model, size, "2 Cards");
    wheel(&mut model, (cards.0, cards.1 + 4), true);
    assert_eq!(model.subject(), card_at(&model, 3));
    wheel(&mut model, (cards.0, cards.1 + 4), false);
    assert_eq!(model.subject(), card_at(&model, 3));
    // Beyond the end it stops.
    for _ in 0..1000 {
        wheel(&mut model, (cards.0, cards.1 + 4), true);
    }
    let end = model.subject();
    wheel(&mut model, (cards.0, cards.1 + 4), true);
    assert_eq!(model.subject(), end);
    let from_end = model.card_rows().count() - model.card_rows().position(|row| Subject::Card(row) == end).unwrap();
    assert!((2..48).contains(&from_end), "the last page is full: {from_end}");
}

#[test]
fn the_wheel_scrolls_details_help_and_dialogs() {
    let size = (80, 24);
    let mut model = with_mouse(size);
    press(&mut model, at(2), "<Enter>");
    let before = lines(&draw(&model, at(3), size));
    wheel(&mut model, (40, 10), true);
    assert_ne!(lines(&draw(&model, at(3), size)), before, "the details lie over all at 80x24");
    press(&mut model, at(2), "<Esc>?");
    let before = lines(&draw(&model, at(3), size));
    wheel(&mut model, (40, 10), true);
    assert_ne!(lines(&draw(&model, at(3), size)), before);
    assert_eq!(model.situation().screen, Screen::Help);
}

/// M2: what is confirmed is confirmed by a key.
#[test]
fn no_click_confirms_anything() {
    for size in [(80, 24), (160, 48)] {
        for script in ["f", "t", "n", "X", "T", ":", "?", "y", "r", "1jT", "*f"] {
            let mut model = with_mouse(size);
            press(&mut model, at(2), script);
            let situation = model.situation();
            if situation.screen == Screen::Panes {
                continue;
            }
            let before = lines(&draw(&model, at(9), size));
            for y in 0..size.1 {
                for x in (0..size.0).step_by(7) {
                    let outcome = update(&mut model, at(9), Msg::Clicked(x, y));
                    assert!(outcome.effects.is_empty(), "{script} {x},{y}: {:?}", outcome.effects);
                }
            }
            assert_eq!(model.situation(), situation, "{script} {size:?}");
            assert_eq!(lines(&draw(&model, at(9), size)), before, "{script} {size:?}");
            for y in 0..size.1 {
                let outcome = update(&mut model, at(9), Msg::Wheeled { at: (size.0 / 2, y), down: y % 2 == 0 });
                assert!(outcome.effects.is_empty(), "{script}: {:?}", outcome.effects);
            }
            assert_eq!(model.situation().screen, situation.screen, "{script} {size:?}");
        }
    }
}

#[test]
fn no_click_on_the_panes_asks_for_anything_that_changes_something() {
    for size in SIZES {
        for script in ["", "3", "1", "4", "6", "7", "z", "<Enter>", "/a"] {
            let mut model = with_mouse(size);
            press(&mut model, at(2), script);
            for y in 0..size.1 {
                for x in (0..size.0).step_by(9) {
                    let outcome = click(&mut model, (x, y));
                    assert!(outcome.effects.is_empty(), "{script} {x},{y}: {:?}", outcome.effects);
                    let outcome = wheel(&mut model, (x, y), x % 2 == 0);
                    assert!(outcome.effects.is_empty(), "{script} {x},{y}: {:?}", outcome.effects);
                }
            }
            assert_ne!(model.situation().screen, Screen::Dialog, "{script} {size:?}");
        }
    }
}

#[test]
fn a_filter_that_is_typed_stays_when_one_clicks_elsewhere() {
    let size = (160, 48);
    let mut model = with_mouse(size);
    press(&mut model, at(2), "/ana");
    let found = model.rows();
    let transactions = place(&model, size, "3 Transactions");
    click(&mut model, (transactions.0, transactions.1 + 4));
    assert_eq!((model.focus(), model.situation().screen), (Pane::Transactions, Screen::Panes));
    press(&mut model, at(2), "2");
    assert_eq!((model.rows(), model.situation().filtered), (found, true));
}

#[test]
fn m_gives_the_mouse_to_the_terminal_and_takes_it_again() {
    let mut model = with_mouse((100, 30));
    let effects = |out: Vec<Outcome>| out.into_iter().flat_map(|outcome| outcome.effects).collect::<Vec<_>>();
    assert_eq!(effects(press(&mut model, at(3), "m")), [Effect::Capture(false)]);
    let said = lines(&draw(&model, at(3), (100, 30))).join("\n");
    assert!(said.contains("the mouse is the terminal's: select text with it; m takes it again"), "{said}");
    assert_eq!(effects(press(&mut model, at(4), "m")), [Effect::Capture(true)]);
    // Without a mouse there is none to give, and the key says why.
    let mut model = fresh((100, 30));
    assert_eq!(effects(press(&mut model, at(3), "m")), []);
    let said = lines(&draw(&model, at(3), (100, 30))).join("\n");
    assert!(said.contains("mouse: the settings say mouse = false"), "{said}");
}

#[test]
fn behind_the_lock_the_mouse_does_nothing() {
    let mut model = with_mouse((100, 30));
    press(&mut model, at(3), ":lock<Enter>");
    assert!(model.lock().is_locked(), "{:?}", model.lock());
    for y in 0..30 {
        assert_eq!(click(&mut model, (20, y)), Outcome::default());
        assert_eq!(wheel(&mut model, (20, y), true), Outcome::default());
    }
}

fn head(model: &Model, size: (u16, u16), pane: &str) -> (u16, String) {
    let row = place(model, size, pane).1 + 1;
    (row, lines(&draw(model, at(3), size))[usize::from(row)].clone())
}

/// The place of a column's name in the line of names.
fn column(line: &str, name: &str) -> u16 {
    use unicode_width::UnicodeWidthStr;
    let at = line.rfind(name).unwrap_or_else(|| panic!("no {name} in {line}"));
    u16::try_from(line[..at].width()).unwrap()
}

#[test]
fn a_click_on_the_name_of_a_column_sorts_by_it_and_another_turns_it_round() {
    for size in SIZES {
        let mut model = with_mouse(size);
        press(&mut model, at(2), "3");
        for name in ["Status", "Name", "Card"] {
            let (row, line) = head(&model, size, "2 Cards");
            let x = column(&line, name);
            click(&mut model, (x, row));
            assert_eq!(model.focus(), Pane::Cards);
            let (_, line) = head(&model, size, "2 Cards");
            assert!(line.contains(&format!("{name} ▲")), "{line}");
            let first = model.card_rows().next();
            click(&mut model, (x, row));
            let (_, line) = head(&model, size, "2 Cards");
            assert!(line.contains(&format!("{name} ▼")), "{line}");
            assert_eq!(model.card_rows().last(), first);
        }
        let (row, line) = head(&model, size, "3 Transactions");
        click(&mut model, (column(&line, "Amount"), row));
        let (_, line) = head(&model, size, "3 Transactions");
        assert!(line.contains("Amount ▼"), "{line}");
        let rows = model.transaction_rows();
        let amount = |at| *model.store().transactions.get(rows.get(at).unwrap()).signed().known().unwrap();
        assert!(amount(0).amount() >= amount(1).amount());
    }
    let mut model = Model::new(Setup { mouse: true, ..setup() }, (160, 48), at(0));
    fill(&mut model, at(1), 240);
    people(&mut model);
    press(&mut model, at(2), "4");
    let (row, line) = head(&model, (160, 48), "4 Cardholders");
    click(&mut model, (column(&line, "E-mail"), row));
    assert!(head(&model, (160, 48), "4 Cardholders").1.contains("E-mail ▲"));
    click(&mut model, (column(&line, "Phone"), row));
    assert!(head(&model, (160, 48), "4 Cardholders").1.contains("Phone ▲"));
}

fn with_columns(columns: Columns, size: (u16, u16)) -> Model {
    let mut model = Model::new(Setup { mouse: true, columns, ..setup() }, size, at(0));
    fill(&mut model, at(1), 240);
    model
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn columns_stand_as_the_settings_say() {
    let size = (160, 48);
    let columns = Columns {
        accounts: names(&["available", "name"]),
        cards: names(&["status", "balance", "card"]),
        transactions: names(&["merchant", "time", "amount"]),
    };
    let mut model = with_columns(columns, size);
    press(&mut model, at(2), "3");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    let (_, line) = head(&model, size, "2 Cards");
    assert!(words(&line).contains("Status Balance Card") && !line.contains("Holder"), "{line}");
    let (row, line) = head(&model, size, "3 Transactions");
    assert!(words(&line).contains("Merchant Time ▼ Amount") && !line.contains("Type"), "{line}");
    let text = lines(&draw(&model, at(3), size)).join("\n");
    assert!(words(&text).contains("31,002.10 USD Main"), "{text}");
    // Keys and clicks sort by what is shown, in that order.
    press(&mut model, at(3), "2s");
    assert!(head(&model, size, "2 Cards").1.contains("Status ▲"));
    press(&mut model, at(3), "ss");
    assert!(head(&model, size, "2 Cards").1.contains("Card ▲"));
    press(&mut model, at(3), "s");
    assert!(!head(&model, size, "2 Cards").1.contains('▲'), "as they were made");
    click(&mut model, (column(&line, "Merchant"), row));
    assert!(head(&model, size, "3 Transactions").1.contains("Merchant ▲"));
}

#[test]
fn a_column_that_has_no_room_goes_and_the_last_one_stays() {
    let columns = Columns { cards: names(&["holder", "name"]), ..Columns::default() };
    let model = with_columns(columns, (80, 24));
    let (_, line) = head(&model, (80, 24), "2 Cards");
    assert!(line.contains("Holder") && line.contains("Name"), "{line}");
    let columns = Columns { cards: names(&["holder"]), ..Columns::default() };
    let model = with_columns(columns, (60, 15));
    assert!(head(&model, (60, 15), "2 Cards").1.contains("Holder"));
    // Names that are not known here leave the usual columns.
    let columns = Columns { cards: names(&["nothing"]), ..Columns::default() };
    let (_, line) = head(&with_columns(columns, (160, 48)), (160, 48), "2 Cards");
    assert!(line.contains("Card") && line.contains("Status"), "{line}");
}
