//! `x`: what a list shows, on its way into a file.

use fourpay::app::exports::{Export, ExportEnd, ExportFormat};
use fourpay::app::list::Rows;
use fourpay::app::msg::{Answer, Effect, Msg, Topic};
use fourpay::app::{Model, update};
use fourpay::domain::field::Field;
use fourpay::domain::transaction::{Feed, Transaction};
use fourpay::export::cell::Cell;

use crate::fixture::*;

const SIZE: (u16, u16) = (120, 30);

fn screen(model: &Model) -> String {
    lines(&draw(model, at(4), SIZE)).join("\n")
}

/// What the keys ask to be written.
fn asked(model: &mut Model, keys: &str) -> Export {
    let effects: Vec<Effect> = press(model, at(3), keys).into_iter().flat_map(|outcome| outcome.effects).collect();
    let effects: Vec<Effect> = effects.into_iter().filter(|effect| matches!(effect, Effect::Export(_))).collect();
    let [Effect::Export(export)] = effects.as_slice() else { panic!("{effects:?}: {}", screen(model)) };
    (**export).clone()
}

fn texts(export: &Export, column: &str) -> Vec<String> {
    let at = export.table.columns.iter().position(|head| head.name == column).expect("the column");
    export.table.rows.iter().map(|row| row[at].text_of()).collect()
}

fn about(export: &Export, name: &str) -> String {
    export.table.about.iter().find(|(known, _)| known == name).map(|(_, fact)| fact.clone()).unwrap_or_default()
}

/// Opens the dialog of a list and confirms it as it is.
fn confirmed(model: &mut Model, keys: &str) -> Export {
    press(model, at(2), &format!("{keys}x"));
    asked(model, "<C-s>")
}

#[test]
fn what_is_shown_is_written_in_its_order_with_its_columns() {
    let mut model = fresh(SIZE);
    let export = confirmed(&mut model, "3/uber<Enter>sss");
    assert_eq!(
        export.file,
        "fourpay-transactions-2026-03-12.csv".replace("2026-03-12", &wall().format("%Y-%m-%d").to_string())
    );
    assert_eq!((export.format, export.replace), (ExportFormat::Csv, false));
    let heads: Vec<&str> = export.table.columns.iter().map(|head| head.name.as_str()).collect();
    assert_eq!(heads, ["time", "type", "merchant", "amount", "status", "card", "account"]);
    let (store, rows) = (model.store(), model.transaction_rows());
    let shown: Vec<String> = (0..rows.len())
        .filter_map(|at| rows.get(at))
        .map(|row| store.transactions.get(row).signed().known().map_or("–".to_owned(), |money| money.wire()))
        .collect();
    assert!(shown.len() > 2);
    assert_eq!(texts(&export, "amount"), shown);
    assert_eq!(about(&export, "filter"), "uber");
    assert!(about(&export, "sums").starts_with('Σ'), "{:?}", export.table.about);
}

/// Every list can be written, and no mark of privacy leaves the dashboard.
#[test]
fn every_list_has_rows_to_write() {
    for (pane, named) in [("1", "Travel"), ("2", "Marketing Q1"), ("3", "Google Ads"), ("4", "Bo Lind")] {
        let mut model = peopled(SIZE);
        let export = confirmed(&mut model, pane);
        assert!(!export.table.rows.is_empty(), "{pane}");
        assert!(export.table.rows.iter().all(|row| row.len() == export.table.columns.len()), "{pane}");
        let (bytes, _) = export.bytes().expect("a file");
        let text = String::from_utf8(bytes).expect("text");
        // Names are written as they are: neither marked, nor cut, nor masked.
        assert!(!text.contains(['\u{e0100}', '\u{e0101}']), "{pane}");
        assert!(text.contains(named), "{pane}: {text}");
    }
    let mut model = fresh(SIZE);
    press(&mut model, at(3), "2/nobody at all<Enter>x");
    assert!(model.dialog().is_none() && screen(&model).contains("the list is empty"), "{}", screen(&model));
}

/// A key makes no more than a part of very many rows; the file has all of them, in the order that was shown.
#[test]
fn very_many_rows_are_made_in_parts_after_the_key() {
    let mut model = Model::new(setup(), SIZE, at(0));
    fill(&mut model, at(1), 0);
    let row = |n: usize| Transaction {
        id: transaction_id(30_000 + n),
        created_at: Field::Known(wall() - chrono::TimeDelta::seconds(n as i64)),
        ..transaction(n % 400)
    };
    let all = Answer::Transactions(batch((0..20_000).map(row).collect()));
    answer(&mut model, at(1), Topic::History(Feed::Cards), 30, all);
    press(&mut model, at(2), "3x");
    assert!(screen(&model).contains("20,000"), "{}", screen(&model));
    let rows: Vec<String> = {
        let (store, rows) = (model.store(), model.transaction_rows());
        let all = (0..rows.len()).filter_map(|at| rows.get(at)).map(|row| store.transactions.get(row));
        all.map(|row| row.signed().known().map_or("–".to_owned(), |money| money.wire())).collect()
    };
    let wrote = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Export(_)));
    let pressed = press(&mut model, at(3), "<C-s>");
    assert!(model.dialog().is_none() && pressed.iter().all(|outcome| !wrote(&outcome.effects)));
    // There is work to do at once, and what arrives meanwhile is not of the file.
    assert_eq!(model.wake_at(), Some(at(3).up));
    let newer = Transaction { id: transaction_id(77_000), created_at: Field::Known(wall()), ..transaction(0) };
    answer(&mut model, at(3), Topic::Newest(Feed::Cards), 50, Answer::Transactions(batch(vec![newer])));
    press(&mut model, at(3), "x");
    assert!(model.dialog().is_none() && screen(&model).contains("is being written"), "{}", screen(&model));
    let export = (0..20).find_map(|_| {
        update(&mut model, at(3), Msg::Woke).effects.into_iter().find_map(|effect| match effect {
            Effect::Export(export) => Some(*export),
            _ => None,
        })
    });
    let export = export.expect("the file");
    assert_eq!((export.rows, texts(&export, "amount")), (20_000, rows));
    press(&mut model, at(4), "x");
    assert!(model.dialog().is_some(), "another can be written now");
}

#[test]
fn privacy_masks_what_is_written_too() {
    let mut model = peopled(SIZE);
    let open = confirmed(&mut model, "2");
    let mut model = peopled(SIZE);
    let masked = confirmed(&mut model, "P2");
    assert_eq!(open.table.rows.len(), masked.table.rows.len());
    for column in ["name", "holder", "balance"] {
        let known: Vec<String> = texts(&open, column).into_iter().filter(|text| text.len() > 3).collect();
        assert!(known.len() > 3, "{column}");
        let masked = texts(&masked, column);
        assert!(known.iter().all(|text| !masked.contains(text)), "{column}: {masked:?}");
    }
    assert!(masked.table.rows.iter().flatten().all(|cell| !matches!(cell, Cell::Money(_))));
    // Whatever the format: they are all made of these cells.
    for format in [ExportFormat::Csv, ExportFormat::Json] {
        let bytes = |export: &Export| Export { format, ..export.clone() }.bytes().expect("a file").0;
        let [open, masked] = [&open, &masked].map(|export| String::from_utf8(bytes(export)).expect("text"));
        for known in ["Marketing Q1", "Bo Lind", "1891.46"] {
            assert!(open.contains(known) && !masked.contains(known), "{format:?} {known}: {masked}");
        }
        assert!(masked.contains("names, amounts and numbers are masked"), "{format:?}");
    }
    // Counts stay, amounts go: each part that says an amount says it masked.
    let (open, masked) = (about(&open, "sums"), about(&masked, "sums"));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    assert!(open.contains("USD") && open.contains('.'), "{open}");
    assert!(masked.contains("••••") && !masked.contains('.'), "{masked}");
    assert!(digits(&masked).len() < digits(&open).len() / 2 && masked.starts_with("Σ 130"), "{masked}");
}

/// The ending follows the format; what was chosen is chosen again; a file that is there is asked about.
#[test]
fn the_format_is_remembered_and_a_file_that_is_there_is_asked_about() {
    let mut model = fresh(SIZE);
    press(&mut model, at(2), "2x");
    assert!(screen(&model).contains("Export cards"), "{}", screen(&model));
    let export = asked(&mut model, "<Right><Right><C-s>");
    assert_eq!(export.format, ExportFormat::Xlsx);
    assert!(export.file.ends_with(".xlsx"), "{}", export.file);
    assert!(export.bytes().expect("a workbook").0.starts_with(b"PK"));
    update(&mut model, at(3), Msg::Exported(Box::new(export.clone()), ExportEnd::Exists));
    assert!(screen(&model).contains("Replace the file?"), "{}", screen(&model));
    let again = asked(&mut model, "y");
    assert!(again.replace && again.table == export.table);
    let done = ExportEnd::Written { path: "/home/ana/cards.xlsx".into(), amounts_as_text: 0 };
    update(&mut model, at(4), Msg::Exported(Box::new(again), done));
    assert!(screen(&model).contains("rows in /home/ana/cards.xlsx"), "{}", screen(&model));
    assert_eq!(model.kept().exported, Some(ExportFormat::Xlsx));
    assert_eq!(confirmed(&mut model, "3").format, ExportFormat::Xlsx);
    update(&mut model, at(4), Msg::Exported(Box::new(export), ExportEnd::Failed("no space left".into())));
    assert!(screen(&model).contains("nothing was written"), "{}", screen(&model));
}
