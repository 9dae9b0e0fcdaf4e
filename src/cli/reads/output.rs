//! Printing a list: a table for people, one JSON document, JSON or CSV line by line.
//!
//! A pipe that is closed ends the printing and is no error; anything else that cannot be written leaves the output
//! incomplete, and is said.

use std::io::{self, ErrorKind, IsTerminal as _, Write};

use serde_json::{Map, Value, json};

use super::super::act::VERSION;
use super::super::exit::{Exit, Stop};
use super::cell::Cell;
use super::columns::{Column, Kind};
use crate::app::store::Store;
use crate::app::text::{self, Align};
use crate::app::theme::book::Depth;
use crate::domain::money::Grouping;
use crate::domain::settings::Zone;

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    JsonLines,
    Csv,
    Tsv,
}

/// What printing needs beside the rows.
pub struct Printer {
    pub format: Format,
    /// `accounts`: what stands as the kind of the document.
    pub kind: &'static str,
    pub zone: Zone,
    pub grouping: Grouping,
    pub depth: Depth,
    out: io::BufWriter<io::Stdout>,
    /// Nobody reads any more.
    closed: bool,
    /// Rows that were printed.
    pub printed: usize,
    /// Whole rows that wait for a format that has to know all of them.
    waiting: Vec<Vec<Cell>>,
    begun: bool,
}

/// Spaces between the columns of a table.
const GAP: usize = 2;
/// No column of a table is made narrower.
const NARROWEST: usize = 6;

impl Printer {
    pub fn new(format: Format, kind: &'static str, (zone, grouping, depth): (Zone, Grouping, Depth)) -> Printer {
        Printer {
            format,
            kind,
            zone,
            grouping,
            depth,
            out: io::BufWriter::new(io::stdout()),
            closed: false,
            printed: 0,
            waiting: Vec::new(),
            begun: false,
        }
    }

    /// Whether rows can be printed as they come.
    pub fn streams(&self) -> bool {
        self.format != Format::Table && self.format != Format::Json
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes one row.
    pub fn row<T>(&mut self, store: &Store, columns: &[&Column<T>], row: &T) -> Result<(), Stop> {
        let cells: Vec<Cell> = columns.iter().map(|column| (column.cell)(store, row)).collect();
        self.printed += 1;
        match self.format {
            Format::Table | Format::Json => {
                self.waiting.push(cells);
                Ok(())
            }
            Format::JsonLines => {
                let mut object = object(columns, &cells);
                object.insert("record".to_owned(), record(self.kind).into());
                self.line(&Value::Object(object).to_string())
            }
            Format::Csv | Format::Tsv => {
                self.head(columns)?;
                let fields = columns.iter().zip(&cells).flat_map(|(column, cell)| fields(column.kind, cell));
                let line = self.joined(fields);
                self.line(&line)
            }
        }
    }

    fn head<T>(&mut self, columns: &[&Column<T>]) -> Result<(), Stop> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let names = columns.iter().flat_map(|column| match column.kind {
            Kind::Plain => vec![column.name.to_owned()],
            Kind::Money => vec![column.name.to_owned(), format!("{}_currency", column.name)],
        });
        let line = self.joined(names);
        self.line(&line)
    }

    fn joined(&self, fields: impl Iterator<Item = String>) -> String {
        let fields: Vec<String> = match self.format {
            Format::Tsv => fields.map(|field| field.replace(['\t', '\n', '\r'], " ")).collect(),
            _ => fields.map(|field| quoted(&field)).collect(),
        };
        fields.join(if self.format == Format::Tsv { "\t" } else { "," })
    }

    /// Everything has come; `gaps` is what is missing.
    pub fn end<T>(&mut self, columns: &[&Column<T>], gaps: &[String], asked: &Value) -> Result<(), Stop> {
        match self.format {
            Format::JsonLines => {}
            // A list without rows has its head all the same.
            Format::Csv | Format::Tsv => self.head(columns)?,
            Format::Json => {
                let rows: Vec<Value> = self.waiting.iter().map(|cells| Value::Object(object(columns, cells))).collect();
                let value = json!({
                    "version": VERSION, "kind": self.kind, "asked": asked, "complete": gaps.is_empty(), "gaps": gaps,
                    "count": rows.len(), "rows": rows,
                });
                self.line(&format!("{value:#}"))?;
            }
            Format::Table => self.table(columns)?,
        }
        self.flush()
    }

    fn table<T>(&mut self, columns: &[&Column<T>]) -> Result<(), Stop> {
        let rows: Vec<Vec<String>> = std::mem::take(&mut self.waiting)
            .iter()
            .map(|cells| cells.iter().map(|cell| cell.shown(&self.zone, self.grouping)).collect())
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = columns.iter().map(|column| column.name.replace('_', " ")).collect();
        let mut widths: Vec<usize> = names.iter().map(|name| text::width(name)).collect();
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(text::width(cell));
            }
        }
        let fixed: Vec<bool> = columns.iter().map(|column| column.kind == Kind::Money).collect();
        if let Some(columns) = columns_of_terminal() {
            narrow(&mut widths, &fixed, columns);
        }
        let align = |at: usize| if fixed.get(at) == Some(&true) { Align::Right } else { Align::Left };
        let drawn = |row: &[String]| {
            let cells = row.iter().zip(&widths).enumerate();
            let cells: Vec<String> = cells.map(|(at, (cell, width))| text::fit(cell, *width, align(at))).collect();
            cells.join(&" ".repeat(GAP)).trim_end().to_owned()
        };
        let head = drawn(&names);
        let is_coloured = self.depth != Depth::None && io::stdout().is_terminal();
        self.line(&if is_coloured { format!("\x1b[1m{head}\x1b[0m") } else { head })?;
        for row in &rows {
            self.line(&drawn(row))?;
        }
        Ok(())
    }

    /// One line, whatever it is.
    pub fn line(&mut self, line: &str) -> Result<(), Stop> {
        let written = if self.closed { Ok(()) } else { self.out.write_all(format!("{line}\n").as_bytes()) };
        self.noted(written)
    }

    /// What was printed so far leaves the program.
    pub fn flush(&mut self) -> Result<(), Stop> {
        let flushed = if self.closed { Ok(()) } else { self.out.flush() };
        self.noted(flushed)
    }

    fn noted(&mut self, written: io::Result<()>) -> Result<(), Stop> {
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => Err(Stop::new(Exit::Incomplete, format!("the output could not be written whole: {error}"))),
        }
    }
}

/// The word for one row of a list.
fn record(kind: &str) -> &str {
    kind.strip_suffix('s').unwrap_or(kind)
}

/// A row as an object; what is not known says why in `unknown`.
pub fn object<T>(columns: &[&Column<T>], cells: &[Cell]) -> Map<String, Value> {
    let mut object = Map::new();
    let mut unknown = Map::new();
    for (column, cell) in columns.iter().zip(cells) {
        object.insert(column.name.to_owned(), cell.json());
        if let Some(why) = cell.unknown() {
            unknown.insert(column.name.to_owned(), why.word().into());
        }
    }
    object.insert("unknown".to_owned(), Value::Object(unknown));
    object
}

fn fields(kind: Kind, cell: &Cell) -> Vec<String> {
    match (kind, cell) {
        (Kind::Plain, cell) => vec![cell.plain()],
        (Kind::Money, Cell::Money(money)) => vec![cell.plain(), money.currency().to_string()],
        (Kind::Money, cell) => vec![cell.plain(), cell.plain()],
    }
}

/// A field by RFC 4180.
fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) || field.starts_with(' ') || field.ends_with(' ') {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

/// How wide the terminal is; `None` where the output is read by something else, which gets everything.
fn columns_of_terminal() -> Option<usize> {
    let out = io::stdout();
    if !out.is_terminal() {
        return None;
    }
    crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns)).filter(|columns| *columns > 0)
}

/// Takes columns from the widest text until the line fits. Amounts are never cut.
fn narrow(widths: &mut [usize], fixed: &[bool], columns: usize) {
    loop {
        let all: usize = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        if all <= columns {
            return;
        }
        let may = widths.iter().enumerate().filter(|(at, width)| fixed.get(*at) == Some(&false) && **width > NARROWEST);
        let Some(widest) = may.max_by_key(|(_, width)| **width).map(|(at, _)| at) else { return };
        if let Some(width) = widths.get_mut(widest) {
            *width -= 1;
        }
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
    fn the_widest_text_gives_way_and_no_amount() {
        let mut widths = [40, 10, 20];
        narrow(&mut widths, &[false, true, false], 50);
        assert_eq!((widths[1], widths.iter().sum::<usize>() + 4), (10, 50), "{widths:?}");
        let mut widths = [4, 90];
        narrow(&mut widths, &[false, true], 20);
        assert_eq!(widths, [4, 90], "an amount is never cut");
    }
}
