//! A table as an XLSX workbook: a sheet of rows with real number formats, and one that says what it is about.
//!
//! A cell of a spreadsheet is a binary float of 15 significant digits. An amount that fits is a number; one with more
//! digits is written as text, and counted. Texts are strings: nothing in a workbook is a formula.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::cell::{Cell, stamp};
use super::{Kind, Table, Unfit, names};
use crate::domain::money::Money;

/// Rows of a sheet below its head.
const MOST_ROWS: usize = 1_048_575;
/// Significant digits that a number of a spreadsheet keeps exactly.
const DIGITS: usize = 15;
/// Widest column, in characters.
const WIDEST: usize = 48;

/// A workbook, and how many amounts stand in it as text because a number would have been another.
#[derive(Debug)]
pub struct Written {
    pub bytes: Vec<u8>,
    pub amounts_as_text: usize,
}

/// The number formats of a workbook, made once.
struct Formats {
    head: Format,
    strong: Format,
    time: Format,
    right: Format,
    /// By the digits after the point.
    amounts: Vec<Format>,
}

impl Formats {
    fn new() -> Formats {
        let amount = |scale: usize| match scale {
            0 => Format::new().set_num_format("#,##0"),
            _ => Format::new().set_num_format(format!("#,##0.{}", "0".repeat(scale))),
        };
        Formats {
            head: Format::new().set_bold(),
            strong: Format::new().set_bold(),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            right: Format::new().set_align(rust_xlsxwriter::FormatAlign::Right),
            amounts: (0..=DIGITS).map(amount).collect(),
        }
    }
}

/// The amount as a number of a spreadsheet, with its digits after the point; `None` when it would be another number.
fn number(money: &Money) -> Option<(f64, usize)> {
    let text = money.wire();
    let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let significant = text.trim_start_matches('-').replace('.', "");
    let significant = significant.trim_start_matches('0').len();
    let number: f64 = text.parse().ok()?;
    (significant <= DIGITS && scale <= DIGITS).then_some((number, scale))
}

/// A moment as a spreadsheet counts it, in UTC; `None` before 1900 and after 9999.
fn moment(at: DateTime<Utc>) -> Option<ExcelDateTime> {
    let year = u16::try_from(at.year()).ok()?;
    let (month, day) = (u8::try_from(at.month()).ok()?, u8::try_from(at.day()).ok()?);
    let (minute, second) = (u8::try_from(at.minute()).ok()?, u8::try_from(at.second()).ok()?);
    let milli = u16::try_from(at.timestamp_subsec_millis().min(999)).ok()?;
    let day = ExcelDateTime::from_ymd(year, month, day).ok()?;
    day.and_hms_milli(u16::try_from(at.hour()).ok()?, minute, second, milli).ok()
}

/// The whole table.
pub fn bytes(table: &Table) -> Result<Written, Unfit> {
    let rows = table.rows.len() + table.footer.len();
    if rows > MOST_ROWS {
        return Err(Unfit::TooManyRows { rows, most: MOST_ROWS });
    }
    written(table).map_err(|error| Unfit::Xlsx(error.to_string()))
}

fn written(table: &Table) -> Result<Written, XlsxError> {
    let formats = Formats::new();
    let mut workbook = Workbook::new();
    let mut properties = DocProperties::new().set_title(&table.kind);
    if let Some(at) = moment(table.made_at) {
        properties = properties.set_creation_datetime(&at);
    }
    workbook.set_properties(&properties);
    let sheet = workbook.add_worksheet().set_name(sheet_name(&table.kind))?;
    let names = names(&table.columns);
    let mut widths: Vec<usize> = names.iter().map(|name| name.chars().count()).collect();
    for (at, name) in (0u16..).zip(&names) {
        sheet.write_string_with_format(0, at, name, &formats.head)?;
    }
    let mut amounts_as_text = 0;
    for (at, cells) in (1u32..).zip(table.rows.iter().chain(&table.footer)) {
        let mut column = 0u16;
        for (head, cell) in table.columns.iter().zip(cells) {
            amounts_as_text += usize::from(!put(sheet, (at, column), cell, &formats)?);
            widen(&mut widths, column, cell.text_of().chars().count());
            column += 1;
            if head.kind == Kind::Money {
                let beside = match cell {
                    Cell::Money(money) => money.currency().to_string(),
                    Cell::Unknown(why) => why.sign().to_owned(),
                    _ => String::new(),
                };
                if !beside.is_empty() {
                    sheet.write_string(at, column, beside)?;
                }
                column += 1;
            }
        }
    }
    for (at, width) in (0u16..).zip(&widths) {
        // A little more than the characters, for the button of the filter.
        sheet.set_column_width(at, f64::from(u8::try_from((*width).min(WIDEST)).unwrap_or(u8::MAX)) + 3.0)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    if let (Ok(last_row), Some(last)) = (u32::try_from(table.rows.len()), names.len().checked_sub(1)) {
        sheet.autofilter(0, 0, last_row, u16::try_from(last).unwrap_or(u16::MAX))?;
    }
    about(&mut workbook, table, amounts_as_text, &formats)?;
    Ok(Written { bytes: workbook.save_to_buffer()?, amounts_as_text })
}

/// The sheet that says what the other one is about.
fn about(workbook: &mut Workbook, table: &Table, as_text: usize, formats: &Formats) -> Result<(), XlsxError> {
    let mut facts = vec![
        ("rows".to_owned(), table.rows.len().to_string()),
        ("made".to_owned(), stamp(table.made_at)),
        ("times".to_owned(), "UTC".to_owned()),
    ];
    facts.extend(table.about.iter().cloned());
    if as_text > 0 {
        facts.push(("amounts".to_owned(), as_text_says(as_text)));
    }
    let sheet = workbook.add_worksheet().set_name("about")?;
    for (at, (name, fact)) in (0u32..).zip(&facts) {
        sheet.write_string_with_format(at, 0, name, &formats.strong)?;
        sheet.write_string(at, 1, fact)?;
    }
    sheet.set_column_width(0, 16)?;
    sheet.set_column_width(1, 100)?;
    Ok(())
}

/// What is said where amounts stand as text.
pub fn as_text_says(count: usize) -> String {
    format!("{count} amounts have more than {DIGITS} significant digits and are written as text, not as numbers")
}

/// Writes a cell; false when an amount became text.
fn put(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &Cell, formats: &Formats) -> Result<bool, XlsxError> {
    match cell {
        Cell::Blank => {}
        Cell::Money(money) => {
            let number = number(money).and_then(|(number, scale)| Some((number, formats.amounts.get(scale)?)));
            let Some((number, format)) = number else {
                sheet.write_string_with_format(row, column, money.wire(), &formats.right)?;
                return Ok(false);
            };
            sheet.write_number_with_format(row, column, number, format)?;
        }
        Cell::Count(count) => {
            match u32::try_from(*count) {
                Ok(count) => sheet.write_number(row, column, count)?,
                Err(_) => sheet.write_string(row, column, count.to_string())?,
            };
        }
        Cell::Flag(flag) => {
            sheet.write_boolean(row, column, *flag)?;
        }
        Cell::Time(at) => {
            match moment(*at) {
                Some(moment) => sheet.write_datetime_with_format(row, column, &moment, &formats.time)?,
                None => sheet.write_string(row, column, stamp(*at))?,
            };
        }
        Cell::Text(_) | Cell::Word(_) | Cell::Words(_) | Cell::Unknown(_) => {
            sheet.write_string(row, column, cell.text_of())?;
        }
    }
    Ok(true)
}

fn widen(widths: &mut [usize], column: u16, width: usize) {
    if let Some(known) = widths.get_mut(usize::from(column)) {
        *known = (*known).max(width);
    }
}

/// A name that a sheet may have: at most 31 characters, none of those that a reference needs.
fn sheet_name(kind: &str) -> String {
    let name: String = kind.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(31).collect();
    if name.is_empty() { "rows".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn an_amount_is_a_number_where_it_stays_the_same() {
        let of = |text: &str| number(&Money::parse(text, Currency::USD).unwrap());
        assert_eq!(of("1234.50"), Some((1234.5, 2)));
        assert_eq!(of("-0.000000001"), Some((-0.000_000_001, 9)));
        assert_eq!(of("999999999999.999"), Some((999_999_999_999.999, 3)));
        assert_eq!(of("12345678901234.56"), None, "16 digits");
        assert_eq!(of("1000000.123456789"), None);
    }

    #[test]
    fn a_moment_is_a_date() {
        assert!(moment(DateTime::UNIX_EPOCH).is_some());
        assert!(moment(DateTime::<Utc>::MAX_UTC).is_none());
    }
}
