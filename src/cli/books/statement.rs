//! `fourpay statement`: an account over a month, with opening, movements, fees and closing.

use std::path::PathBuf;

use chrono::{Datelike as _, Months, NaiveDate};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::read::{books_of, period, say};
use crate::app::clock;
use crate::app::text::{self, Align};
use crate::books::table;
use crate::books::{BalanceCheck, Entry, Ledger, Sums};
use crate::cli::act::VERSION;
use crate::cli::connection::note;
use crate::cli::exit::{Exit, Stop};
use crate::cli::lookup;
use crate::cli::reads::cell::{Cell, stamp};
use crate::cli::reads::output::{Format, Printer};
use crate::cli::reads::{FormatArgs, Reading};
use crate::domain::money::Money;
use crate::export::{csv, xlsx};
use crate::files::{self, Existing};

/// Arguments of `statement`.
#[derive(clap::Args, Debug)]
pub struct StatementArgs {
    /// By id or whole name
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// The month: 2026-11; this one when nothing is said
    #[arg(long, value_name = "MONTH")]
    month: Option<String>,
    /// One JSON document
    #[arg(long, group = "format")]
    pub json: bool,
    /// CSV by RFC 4180, with the balance after each movement
    #[arg(long, group = "format")]
    csv: bool,
    /// A workbook, written to this file whole or not at all
    #[arg(long, group = "format", value_name = "FILE")]
    xlsx: Option<PathBuf>,
}

/// The first days of a month and of the one after it.
fn month(asked: &StatementArgs, reading: &Reading<'_>) -> Result<(NaiveDate, NaiveDate), Stop> {
    let today = clock::day(reading.connection.now().wall, &reading.connection.zone);
    let first = match &asked.month {
        Some(text) => NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok(),
        None => today.with_day(1),
    };
    let first = first.ok_or_else(|| Stop::usage("--month takes 2026-11"))?;
    if first > today {
        return Err(Stop::usage("this month has not begun"));
    }
    let after = first.checked_add_months(Months::new(1)).ok_or_else(|| Stop::usage("--month takes 2026-11"))?;
    Ok((first, after))
}

/// Prints a statement.
pub async fn statement(asked: &StatementArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let (first, after) = month(asked, reading)?;
    let period = period(reading, Some(first), Some(after))?;
    let (read, mut books) = books_of(reading, &period).await?;
    let account = lookup::one_account(&asked.account, &read.accounts)?;
    books.keep(&account.id, false);
    let problems = [read.gaps, books.problem_texts()].concat();
    let Some(ledger) = books.ledgers.first() else {
        say(&problems);
        return Err(Stop::new(Exit::Incomplete, format!("{}: no statement can be made", account.name)));
    };
    let now = reading.connection.now().wall;
    let mut printer = reading.printer(&FormatArgs::document(asked.json), "statement");
    if let Some(path) = &asked.xlsx {
        let mut table = table::table("statement", now, std::iter::once(ledger));
        table.about = facts(ledger, first, &problems);
        let written = xlsx::bytes(&table).map_err(|error| Stop::usage(error.to_string()))?;
        files::write_whole(path, &written.bytes, Existing::Replace).map_err(|error| {
            Stop::new(Exit::Incomplete, format!("{}: {error}; nothing was written", path.display()))
        })?;
        note(&format!("{}: {} movements", path.display(), ledger.entries.len()));
        if written.amounts_as_text > 0 {
            note(&xlsx::as_text_says(written.amounts_as_text));
        }
    } else if asked.csv {
        let table = table::table("statement", now, std::iter::once(ledger));
        printer.raw(&String::from_utf8_lossy(&csv::bytes(&table, false)))?;
    } else if asked.json {
        printer.line(&format!("{:#}", document(ledger, (first, after), &problems)))?;
    } else {
        lines(ledger, first, &mut printer)?;
    }
    printer.flush()?;
    Ok(say(&problems))
}

fn facts(ledger: &Ledger, first: NaiveDate, problems: &[String]) -> Vec<(String, String)> {
    let Sums { into, out, fees } = ledger.sums;
    let money = |amount: Decimal| Money::new(amount, ledger.currency).to_string();
    let mut facts = vec![
        ("account".to_owned(), format!("{} ({})", ledger.name, ledger.id())),
        ("month".to_owned(), first.format("%Y-%m").to_string()),
        ("opening".to_owned(), money(ledger.opening)),
        ("in".to_owned(), money(into)),
        ("out".to_owned(), money(out)),
        ("fees".to_owned(), money(fees)),
        ("closing".to_owned(), money(ledger.closing)),
        ("check".to_owned(), ledger.check_sentence()),
    ];
    facts.extend(problems.iter().map(|problem| ("incomplete".to_owned(), problem.clone())));
    facts
}

fn movement(ledger: &Ledger, entry: &Entry) -> Value {
    json!({
        "id": entry.id, "at": stamp(entry.at), "type": entry.kind.as_str(), "counter": table::counter(entry),
        "pair_is_inferred": entry.is_inferred, "text": entry.text.as_ref().map(|text| text.as_str()),
        "amount": Cell::Money(Money::new(entry.amount, ledger.currency)).json(),
        "balance": Cell::Money(Money::new(entry.balance, ledger.currency)).json(),
    })
}

/// The balances of a ledger as members of a document.
pub fn balances(ledger: &Ledger) -> Value {
    let Sums { into, out, fees } = ledger.sums;
    let money = |amount: Decimal| Cell::Money(Money::new(amount, ledger.currency)).json();
    let (agrees, difference) = match &ledger.check {
        BalanceCheck::Agrees => (Value::Bool(true), Value::Null),
        BalanceCheck::NotCompared(_) => (Value::Null, Value::Null),
        BalanceCheck::Differs { ours, platform } => {
            (Value::Bool(false), platform.checked_sub(ours).map_or(Value::Null, |by| Cell::Money(by).json()))
        }
    };
    json!({
        "opening": money(ledger.opening), "in": money(into), "out": money(out), "fees": money(fees),
        "closing": money(ledger.closing), "agrees_with_platform": agrees, "difference": difference,
    })
}

fn document(ledger: &Ledger, (first, after): (NaiveDate, NaiveDate), problems: &[String]) -> Value {
    let rows: Vec<Value> = ledger.entries.iter().map(|entry| movement(ledger, entry)).collect();
    json!({
        "version": VERSION, "kind": "statement", "complete": problems.is_empty(), "gaps": problems,
        "account": {"id": ledger.id(), "name": ledger.name.as_str()}, "month": first.format("%Y-%m").to_string(),
        "from": first.to_string(), "before": after.to_string(), "currency": ledger.currency.as_str(),
        "balances": balances(ledger), "count": rows.len(), "rows": rows,
    })
}

/// As text that can be printed on paper.
fn lines(ledger: &Ledger, first: NaiveDate, printer: &mut Printer) -> Result<(), Stop> {
    debug_assert!(printer.format == Format::Table);
    let (zone, grouping) = (printer.zone.clone(), printer.grouping);
    let money = |amount: Decimal| Money::new(amount, ledger.currency).digits_in(grouping);
    printer.line(&format!("{} · {} · {}", ledger.name, first.format("%B %Y"), ledger.currency))?;
    printer.line(&ledger.id())?;
    printer.line("")?;
    let mut table = vec![[String::new(), "opening".into(), String::new(), String::new(), money(ledger.opening)]];
    for entry in &ledger.entries {
        let words = entry.text.as_ref().map_or(String::new(), |words| text::cut(words.as_str(), 40).into_owned());
        let words = if entry.is_inferred { format!("≈ {words}") } else { words };
        let kind = entry.kind.to_string();
        table.push([clock::full(entry.at, &zone), kind, words, money(entry.amount), money(entry.balance)]);
    }
    table.push([String::new(), "closing".into(), String::new(), String::new(), money(ledger.closing)]);
    let mut widths = [0; 5];
    for row in &table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(text::width(cell));
        }
    }
    for row in &table {
        let cells = row.iter().zip(widths).enumerate();
        let align = |at: usize| if at > 2 { Align::Right } else { Align::Left };
        let cells: Vec<String> = cells.map(|(at, (cell, width))| text::fit(cell, width, align(at))).collect();
        printer.line(cells.join("  ").trim_end())?;
    }
    let Sums { into, out, fees } = ledger.sums;
    printer.line("")?;
    for (name, amount) in [("in", into), ("out", out), ("fees", fees)] {
        printer.line(&format!("{name:<10}{}", money(amount)))?;
    }
    printer.line(&ledger.check_sentence())
}
