//! CSV by RFC 4180: commas, lines that end with CR LF, quotes where they are needed. TSV has tabs and no quotes.
//!
//! Text that a spreadsheet would take for a formula begins with an apostrophe; amounts stay numbers.

use super::cell::Cell;
use super::{Head, Kind, Table, names};

/// What makes some spreadsheets read a file as UTF-8.
pub const BOM: &str = "\u{feff}";

/// The fields of a row: an amount is two of them, the number and its currency.
pub fn fields<'a>(columns: &'a [Head], cells: &'a [Cell]) -> impl Iterator<Item = String> + 'a {
    columns.iter().zip(cells).flat_map(|(column, cell)| match (column.kind, cell) {
        (Kind::Plain, cell) => vec![cell.plain()],
        (Kind::Money, Cell::Money(money)) => vec![cell.plain(), money.currency().to_string()],
        (Kind::Money, Cell::Unknown(_)) => vec![cell.plain(), cell.plain()],
        (Kind::Money, cell) => vec![cell.plain(), String::new()],
    })
}

/// A line of CSV with its end.
pub fn line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(|field| quoted(&field)).collect();
    // A lone empty field would be an empty line, which readers pass over.
    if fields.len() == 1 && fields.iter().all(String::is_empty) { "\"\"\r\n".into() } else { fields.join(",") + "\r\n" }
}

/// A line of TSV with its end.
pub fn tsv_line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(|field| field.replace(['\t', '\n', '\r'], " ")).collect();
    fields.join("\t") + "\n"
}

/// The whole table. Its facts stand below it, a name and a sentence a line.
pub fn bytes(table: &Table, bom: bool) -> Vec<u8> {
    let mut text = if bom { BOM.to_owned() } else { String::new() };
    text += &line(names(&table.columns).into_iter());
    for row in table.rows.iter().chain(&table.footer) {
        text += &line(fields(&table.columns, row));
    }
    let width = names(&table.columns).len();
    for (name, fact) in &table.about {
        // As many fields in every line, as the RFC wants.
        let fact = match width {
            0 | 1 => vec![format!("{name}: {fact}")],
            _ => vec![name.clone(), fact.clone()],
        };
        let blank = std::iter::repeat_n(String::new(), width.saturating_sub(fact.len()));
        text += &line(fact.iter().map(|text| super::cell::formula_safe(text)).chain(blank));
    }
    text.into_bytes()
}

/// A field by RFC 4180.
fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) || field.starts_with(' ') || field.ends_with(' ') {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_as_the_rfc_says() {
        for (field, wanted) in [("a", "a"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), (" a", "\" a\""), ("", "")] {
            assert_eq!(quoted(field), wanted);
        }
    }

    #[test]
    fn every_line_has_as_many_fields_and_ends_with_cr_lf() {
        let head = |name: &str, kind| Head { name: name.into(), kind };
        let table = Table {
            kind: "cards".into(),
            made_at: chrono::DateTime::UNIX_EPOCH,
            columns: vec![head("name", Kind::Plain), head("balance", Kind::Money)],
            rows: vec![vec![Cell::Word("=1".into()), Cell::Unknown(super::super::cell::Unknown::NotSaid)]],
            footer: vec![vec![Cell::Word("total".into()), Cell::Blank]],
            about: vec![("filter".into(), "=frozen".into())],
        };
        let text = String::from_utf8(bytes(&table, true)).unwrap();
        let wanted = "\u{feff}name,balance,balance_currency\r\n'=1,–,–\r\ntotal,,\r\nfilter,'=frozen,\r\n";
        assert_eq!(text, wanted);
    }
}
