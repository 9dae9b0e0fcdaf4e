//! Printing a list: a table for people, one JSON document, JSON or CSV line by line, a workbook.
//!
//! A pipe that is closed ends the printing and is no error; anything else that cannot be written leaves the output
//! incomplete, and is said.

use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::super::act::VERSION;
use super::super::exit::{Exit, Stop};
use super::cell::Cell;
use super::columns::{Column, Kind, heads};
use crate::app::store::Store;
use crate::app::text::{self, Align};
use crate::app::theme::book::Depth;
use crate::cli::connection::note;
use crate::cli::stdout::unwritten;
use crate::domain::money::Grouping;
use crate::domain::settings::Zone;
use crate::domain::text::PROSE;
use crate::domain::transaction::InSums;
use crate::export::totals::Totals;
use crate::export::{Head, Table, csv, json as document, xlsx};
use crate::files;

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    JsonLines,
    Csv,
    Tsv,
    Xlsx,
}

/// How it is printed beside the format.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Where a workbook is written.
    pub file: Option<PathBuf>,
    /// A footer with sums.
    pub totals: bool,
    /// CSV begins with a byte order mark.
    pub bom: bool,
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
    extras: Extras,
    totals: Totals,
    /// Texts that are longer than what is kept of them.
    cut: usize,
    made_at: DateTime<Utc>,
}

/// Spaces between the columns of a table.
const GAP: usize = 2;
/// No column of a table is made narrower.
const NARROWEST: usize = 6;

impl Printer {
    pub fn new(
        (format, extras): (Format, Extras),
        kind: &'static str,
        (zone, grouping, depth): (Zone, Grouping, Depth),
        made_at: DateTime<Utc>,
    ) -> Printer {
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
            extras,
            totals: Totals::default(),
            cut: 0,
            made_at,
        }
    }

    /// Whether rows can be printed as they come.
    pub fn streams(&self) -> bool {
        matches!(self.format, Format::JsonLines | Format::Csv | Format::Tsv)
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes one row.
    pub fn row<T>(&mut self, store: &Store, columns: &[&Column<T>], row: &T) -> Result<(), Stop> {
        self.row_of(store, columns, row, InSums::Counted)
    }

    /// Takes one row; `in_sums`: whether it is added up.
    pub fn row_of<T>(&mut self, store: &Store, columns: &[&Column<T>], row: &T, in_sums: InSums) -> Result<(), Stop> {
        let cells: Vec<Cell> = columns.iter().map(|column| (column.cell)(store, row)).collect();
        self.printed += 1;
        self.cut += cells.iter().filter(|cell| matches!(cell, Cell::Text(text) if text.is_cut())).count();
        if self.extras.totals {
            self.totals.add(&cells, in_sums);
        }
        match self.format {
            Format::Table | Format::Json | Format::Xlsx => {
                self.waiting.push(cells);
                Ok(())
            }
            Format::JsonLines => {
                let mut object = object(columns, &cells);
                object.insert("record".to_owned(), record(self.kind).into());
                self.line(&Value::Object(object).to_string())
            }
            Format::Csv | Format::Tsv => {
                let heads = heads(columns);
                self.head(&heads)?;
                self.fields(&heads, &cells)
            }
        }
    }

    fn head(&mut self, heads: &[Head]) -> Result<(), Stop> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let bom = if self.extras.bom { csv::BOM } else { "" };
        let names = crate::export::names(heads).into_iter();
        let line = if self.format == Format::Tsv { csv::tsv_line(names) } else { csv::line(names) };
        self.raw(&format!("{bom}{line}"))
    }

    fn fields(&mut self, heads: &[Head], cells: &[Cell]) -> Result<(), Stop> {
        let fields = csv::fields(heads, cells);
        let line = if self.format == Format::Tsv { csv::tsv_line(fields) } else { csv::line(fields) };
        self.raw(&line)
    }

    /// Everything has come; `gaps` is what is missing.
    pub fn end<T>(&mut self, columns: &[&Column<T>], gaps: &[String], asked: &Value) -> Result<(), Stop> {
        match self.format {
            Format::JsonLines => {}
            // A list without rows has its head all the same.
            Format::Csv | Format::Tsv => {
                let heads = heads(columns);
                self.head(&heads)?;
                for cells in self.totals.footer(&heads) {
                    self.fields(&heads, &cells)?;
                }
            }
            Format::Xlsx => self.workbook(columns, gaps, asked)?,
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
        if self.cut > 0 && self.format != Format::Table {
            note(&format!("{} texts are longer than {PROSE} characters and are cut; they end with …", self.cut));
        }
        self.flush()
    }

    /// Writes the workbook, whole or not at all; what was there before stays when it cannot be written.
    fn workbook<T>(&mut self, columns: &[&Column<T>], gaps: &[String], asked: &Value) -> Result<(), Stop> {
        let heads = heads(columns);
        let mut about = vec![("asked".to_owned(), asked.to_string())];
        let missing = if gaps.is_empty() { "nothing".to_owned() } else { gaps.join("; ") };
        about.push(("missing".to_owned(), missing));
        let table = Table {
            kind: self.kind.to_owned(),
            made_at: self.made_at,
            footer: self.totals.footer(&heads),
            columns: heads,
            rows: std::mem::take(&mut self.waiting),
            about,
        };
        let written = xlsx::bytes(&table).map_err(|error| Stop::usage(error.to_string()))?;
        let path = self.extras.file.clone().unwrap_or_default();
        files::write_whole(&path, &written.bytes, files::Existing::Replace).map_err(|error| {
            Stop::new(Exit::Incomplete, format!("{}: {error}; nothing was written", path.display()))
        })?;
        note(&format!("{}: {} rows", path.display(), table.rows.len()));
        if written.amounts_as_text > 0 {
            note(&xlsx::as_text_says(written.amounts_as_text));
        }
        Ok(())
    }

    fn table<T>(&mut self, columns: &[&Column<T>]) -> Result<(), Stop> {
        let mut waiting = std::mem::take(&mut self.waiting);
        if !waiting.is_empty() {
            waiting.extend(self.totals.footer(&heads(columns)));
        }
        let rows: Vec<Vec<String>> = waiting
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
        self.raw(&format!("{line}\n"))
    }

    /// Text with its own line ends.
    pub fn raw(&mut self, text: &str) -> Result<(), Stop> {
        let written = if self.closed { Ok(()) } else { self.out.write_all(text.as_bytes()) };
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
            Err(error) => Err(unwritten(&error)),
        }
    }
}

/// The word for one row of a list.
fn record(kind: &str) -> &str {
    kind.strip_suffix('s').unwrap_or(kind)
}

/// A row as an object; what is not known says why in `unknown`.
pub fn object<T>(columns: &[&Column<T>], cells: &[Cell]) -> Map<String, Value> {
    document::object(columns.iter().map(|column| column.name), cells)
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
    fn the_widest_text_gives_way_and_no_amount() {
        let mut widths = [40, 10, 20];
        narrow(&mut widths, &[false, true, false], 50);
        assert_eq!((widths[1], widths.iter().sum::<usize>() + 4), (10, 50), "{widths:?}");
        let mut widths = [4, 90];
        narrow(&mut widths, &[false, true], 20);
        assert_eq!(widths, [4, 90], "an amount is never cut");
    }
}
