//! `fourpay export`: the books as a file for other programs.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};

use super::read::{books_of, day, next, period, say};
use crate::app::clock;
use crate::books::{About, Books, Written, beancount, camt, hledger, ofx, table};
use crate::cli::connection::note;
use crate::cli::exit::{Exit, Stop};
use crate::cli::lookup;
use crate::cli::reads::Reading;
use crate::cli::stdout;
use crate::export::csv;
use crate::files::{self, Existing};

/// Arguments of `export`.
#[derive(clap::Args, Debug)]
pub struct ExportArgs {
    /// The program it is for
    #[arg(long, value_enum)]
    format: BooksFormat,
    /// One account with its cards, by id or whole name; all of them when nothing is said
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// The first day: 2026-11-01, today or yesterday; what was before is the opening balance
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// The last day
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Write this file, whole or not at all, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The formats of books.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum BooksFormat {
    Hledger,
    Beancount,
    Ofx,
    Camt053,
    Csv,
}

/// Writes the books.
pub async fn export(asked: &ExportArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let zone = &reading.connection.zone;
    let today = clock::day(reading.connection.now().wall, zone);
    let from = asked.since.as_deref().map(|text| day(text, reading)).transpose()?;
    let last = asked.until.as_deref().map(|text| day(text, reading)).transpose()?;
    let period = period(reading, from, last.map(next))?;
    let (read, mut books) = books_of(reading, &period).await?;
    if let Some(word) = &asked.account {
        let account = lookup::one_account(word, &read.accounts)?;
        books.keep(&account.id, true);
    }
    let day = |at: DateTime<Utc>| clock::day(at, zone);
    let first = from.or_else(|| first(&books, &day)).unwrap_or(today);
    // A row of the server's tomorrow is in the books too.
    let latest = books.ledgers.iter().filter_map(|ledger| ledger.entries.last()).map(|entry| day(entry.at)).max();
    let until = latest.unwrap_or(today).max(today);
    let last = last.map_or(until, |last| last.min(until)).max(first);
    let about = About { made_at: reading.connection.now().wall, first, last, day: &day };
    let written = written(asked.format, &books, &about);
    put(asked, &written)?;
    for text in &written.notes {
        note(text);
    }
    if books.open > 0 {
        note(&format!("{} transactions are authorized or pending and not in any balance yet", books.open));
    }
    let (moves, inferred) = books.matched_moves();
    if inferred > 0 {
        note(&format!("≈ {inferred} of {moves} transfers between accounts and cards were matched by amount and time"));
    }
    Ok(say(&[read.gaps, books.problem_texts(), written.left_out].concat()))
}

/// The day of the first movement.
fn first(books: &Books, day: &dyn Fn(DateTime<Utc>) -> NaiveDate) -> Option<NaiveDate> {
    books.ledgers.iter().filter_map(|ledger| ledger.entries.first()).map(|entry| day(entry.at)).min()
}

fn written(format: BooksFormat, books: &Books, about: &About<'_>) -> Written {
    match format {
        BooksFormat::Hledger => hledger::file(books, about),
        BooksFormat::Beancount => beancount::file(books, about),
        BooksFormat::Ofx => ofx::file(books, about),
        BooksFormat::Camt053 => camt::file(books, about),
        BooksFormat::Csv => {
            let bytes = csv::bytes(&table::of_books(books, about.made_at), false);
            Written { text: String::from_utf8_lossy(&bytes).into_owned(), ..Written::default() }
        }
    }
}

/// To the file, or to standard output; a pipe that is closed is no error.
fn put(asked: &ExportArgs, written: &Written) -> Result<(), Stop> {
    if written.text.is_empty() {
        return Ok(());
    }
    let Some(path) = &asked.output else {
        return stdout::print(&written.text);
    };
    files::write_whole(path, written.text.as_bytes(), Existing::Replace)
        .map_err(|error| Stop::new(Exit::Incomplete, format!("{}: {error}; nothing was written", path.display())))
}
