//! The reads: lists with the dashboard's own filter, as tables, JSON, CSV.
//!
//! Lists are read whole, page after page. What could not be read is said on standard error and by the exit code; what
//! came is printed all the same.

pub mod cell;
pub mod columns;
pub mod feeds;
mod find;
pub mod lists;
mod one;
pub mod output;
mod why;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use serde_json::json;

pub use feeds::{TransactionsArgs, transactions};
pub use find::{FindArgs, find};
pub use lists::{EventsArgs, ListArgs, accounts, bins, cards, events, holders};
pub use one::{ShowArgs, show};
pub use why::{WhyArgs, why};

use self::columns::Column;
use self::output::{Extras, Format, Printer};
use super::connection::{self, Connection, note};
use super::exit::{Exit, Stop};
use super::interrupt;
use crate::app::filter::{self, Grammar, Query};
use crate::app::store::Store;
use crate::app::theme::book::Depth;
use crate::config::{Config, Flags};

/// The commands whose words are a filter.
const FILTERED: &[&str] = &["accounts", "cards", "holders", "transactions", "bins", "webhooks"];
/// Stands before a part of a filter that begins with a dash, so that it is not taken for an option. Nobody types it.
const DASHED: char = '\u{1}';

/// The arguments of the program, with `-status:closed` told from an option where a filter may stand. No command has
/// options of one letter but `-h` and `-V`.
pub fn with_dashes(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut is_filter = false;
    let mut told = Vec::new();
    for (at, argument) in arguments.enumerate() {
        let text = argument.to_str().unwrap_or_default();
        is_filter |= at > 0 && FILTERED.contains(&text);
        let is_dashed = text.len() > 2 && text.starts_with('-') && !text.starts_with("--");
        told.push(if is_filter && is_dashed { format!("{DASHED}{text}").into() } else { argument });
    }
    told
}

/// A part of a filter as it was typed.
pub fn part_of_filter(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(text.trim_start_matches(DASHED).to_owned())
}

/// How a list is printed.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct FormatArgs {
    /// One JSON document
    #[arg(long, group = "format")]
    pub json: bool,
    /// A JSON object a line, as they come
    #[arg(long, group = "format")]
    jsonl: bool,
    /// CSV by RFC 4180; text that a spreadsheet would take for a formula begins with an apostrophe
    #[arg(long, group = "format")]
    csv: bool,
    /// Columns with tabs between them
    #[arg(long, group = "format")]
    tsv: bool,
    /// A workbook for spreadsheets, written to this file whole or not at all
    #[arg(long, group = "format", value_name = "FILE")]
    xlsx: Option<PathBuf>,
    /// Sums by currency below the rows
    #[arg(long, conflicts_with_all = ["json", "jsonl"])]
    totals: bool,
    /// CSV begins with a byte order mark, by which some spreadsheets know UTF-8
    #[arg(long, requires = "csv")]
    bom: bool,
    /// These columns, in this order, with commas between them
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    columns: Vec<String>,
}

impl FormatArgs {
    /// One JSON document, or lines for people.
    pub fn document(json: bool) -> FormatArgs {
        FormatArgs { json, ..FormatArgs::default() }
    }

    fn format(&self) -> Format {
        if self.xlsx.is_some() {
            return Format::Xlsx;
        }
        match (self.json, self.jsonl, self.csv, self.tsv) {
            (true, ..) => Format::Json,
            (_, true, ..) => Format::JsonLines,
            (_, _, true, _) => Format::Csv,
            (.., true) => Format::Tsv,
            _ => Format::Table,
        }
    }

    /// The columns that are printed: all of them for machines.
    pub fn columns<'c, T>(&self, all: &'c [Column<T>]) -> Result<Vec<&'c Column<T>>, Stop> {
        columns::chosen(all, &self.columns, self.format() != Format::Table)
    }
}

/// What a read works with.
pub struct Reading<'r> {
    pub connection: &'r Connection,
    pub depth: Depth,
}

impl Reading<'_> {
    pub fn printer(&self, format: &FormatArgs, kind: &'static str) -> Printer {
        let (zone, grouping) = (self.connection.zone.clone(), self.connection.grouping);
        let extras = Extras { file: format.xlsx.clone(), totals: format.totals, bom: format.bom };
        let now = self.connection.now().wall;
        Printer::new((format.format(), extras), kind, (zone, grouping, self.depth), now)
    }

    /// What a filter means here; what cannot be read says what there is.
    pub fn query(&self, filter: &[String], grammar: &Grammar) -> Result<Query, Stop> {
        filter::read(&filter.join(" "), grammar, self.connection.now(), &self.connection.zone).map_err(Stop::usage)
    }

    /// Prints rows that are all here, and says what is missing.
    pub fn print<T>(
        &self,
        format: &FormatArgs,
        kind: &'static str,
        all: &[Column<T>],
        (store, rows, of): (&Store, &[&T], usize),
        asked: (&[String], &[String]),
    ) -> Result<Exit, Stop> {
        let (filter, gaps) = asked;
        let columns = format.columns(all)?;
        let mut printer = self.printer(format, kind);
        for row in rows {
            printer.row(store, &columns, row)?;
        }
        printer.end(&columns, gaps, &json!({"filter": filter.join(" ")}))?;
        count(&printer, rows.len(), of);
        Ok(told(gaps))
    }
}

/// Says at a terminal how many rows there were.
fn count(printer: &Printer, shown: usize, of: usize) {
    if printer.format == Format::Table && std::io::stderr().is_terminal() {
        let what = if printer.kind.starts_with("insights") { "rows".into() } else { printer.kind.replace('_', " ") };
        note(&if shown == of { format!("{shown} {what}") } else { format!("{shown} of {of} {what}") });
    } else if printer.format == Format::Table && shown == 0 {
        note("nothing fits");
    }
}

/// Says what is missing; the exit code of what was read.
pub fn told(gaps: &[String]) -> Exit {
    for gap in gaps {
        note(&format!("incomplete: {gap}"));
    }
    if gaps.is_empty() { Exit::Done } else { Exit::Incomplete }
}

/// Shows on a terminal how far a long read has come.
pub struct Progress {
    shown: bool,
    wanted: bool,
}

impl Progress {
    pub fn new() -> Progress {
        Progress { shown: false, wanted: std::io::stderr().is_terminal() }
    }

    pub fn at(&mut self, what: &str, count: usize) {
        if self.wanted && count > 0 {
            self.shown = true;
            let _ = write!(std::io::stderr(), "\r\x1b[K{count} {what} …");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// Runs a command that reads; its exit code. What ended it is JSON where JSON was asked for.
pub fn reading(
    json: bool,
    flags: &Flags,
    load: impl FnOnce() -> anyhow::Result<Config>,
    work: impl AsyncFnOnce(&Reading<'_>) -> Result<Exit, Stop>,
) -> anyhow::Result<i32> {
    interrupt::listen()?;
    Ok(match reading_on(flags, load, work)? {
        Ok(exit) => exit.code(),
        Err(stop) => super::act::print(json, Err(stop)),
    })
}

/// The same for a command that listens for signals itself.
pub fn reading_on<T>(
    flags: &Flags,
    load: impl FnOnce() -> anyhow::Result<Config>,
    work: impl AsyncFnOnce(&Reading<'_>) -> Result<T, Stop>,
) -> anyhow::Result<Result<T, Stop>> {
    let stop = |error: anyhow::Error| Stop::usage(format!("{error:#}"));
    Ok(load().map_err(stop).and_then(|config| {
        let depth = config.depth;
        let runtime = connection::runtime().map_err(|error| stop(error.into()))?;
        let ended = runtime.block_on(async {
            let connection = Connection::open(config, flags.is_demo()).await?;
            work(&Reading { connection: &connection, depth }).await
        });
        runtime.shutdown_timeout(std::time::Duration::from_millis(300));
        ended
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_filter_may_begin_with_a_dash() {
        let told = |line: &str| with_dashes(line.split(' ').map(OsString::from));
        let marked = |line: &str| told(line).iter().filter(|one| one.to_string_lossy().starts_with(DASHED)).count();
        assert_eq!(marked("fourpay cards -status:closed silva -frozen --json"), 2);
        assert_eq!(marked("fourpay --profile x webhooks events -failed"), 1);
        for line in ["fourpay cards -h", "fourpay top-up 4242 -5", "fourpay cards --json", "fourpay cards -"] {
            assert_eq!(marked(line), 0, "{line}");
        }
        let told = told("fourpay cards -frozen");
        let back = told.iter().filter_map(|one| part_of_filter(one.to_str()?).ok());
        assert_eq!(back.collect::<Vec<_>>(), ["fourpay", "cards", "-frozen"]);
    }
}
