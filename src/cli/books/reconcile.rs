//! `fourpay reconcile`: whether the rows of a day, both feeds, the journal and the balances agree.
//!
//! What is not known is said and never taken for zero. Halves that were found by amount and time are marked.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::read::{Read, books_of, day, next, period, say};
use super::statement::balances;
use crate::books::{BalanceCheck, Books, Ledger, Period, Sums, pairs};
use crate::cli::act::VERSION;
use crate::cli::exit::{Exit, Stop};
use crate::cli::reads::cell::stamp;
use crate::cli::reads::output::Printer;
use crate::cli::reads::{FormatArgs, Reading};
use crate::domain::ids::TransactionId;
use crate::domain::intent::Reference;
use crate::domain::intent::lifecycle::Stage;
use crate::domain::money::{Currency, Money, exact_add};
use crate::domain::transaction::Transaction;
use crate::ops::journal::Entry;

/// Most findings that are listed of each sort.
const LISTED: usize = 20;

/// Arguments of `reconcile`.
#[derive(clap::Args, Debug)]
pub struct ReconcileArgs {
    /// The day: yesterday, today or 2026-11-27
    #[arg(long, value_name = "DAY", default_value = "yesterday")]
    day: String,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// What the rows of a day say of the journal, and it of them.
#[derive(Default)]
struct Journal {
    /// Rows with a reference of ours that this journal does not know: acts from elsewhere.
    unknown: Vec<(Reference, String)>,
    /// Entries that moved money, as the journal says, without a row.
    without_row: Vec<Entry>,
    /// Entries that have one.
    matched: usize,
    /// Why nothing could be compared.
    not_compared: Option<String>,
}

/// Compares a day.
pub async fn reconcile(asked: &ReconcileArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let date = day(&asked.day, reading)?;
    let period = period(reading, Some(date), Some(next(date)))?;
    let (read, books) = books_of(reading, &period).await?;
    let entries = match reading.connection.ops().await {
        Ok(ops) => Ok(ops.entries()),
        Err(stop) => Err(stop.says),
    };
    let journal = compared(entries, &read, &period);
    let orphans = orphans(&read, &books, &period);
    let mut problems = [read.gaps.clone(), books.problem_texts()].concat();
    if !orphans.is_empty() {
        problems.push(format!("{} transfers have one side only", orphans.len()));
    }
    if !journal.without_row.is_empty() {
        problems.push(format!(
            "{} actions that the journal records as done have no transaction",
            journal.without_row.len()
        ));
    }
    problems.extend(journal.not_compared.iter().map(|why| format!("the journal was not compared: {why}")));
    let mut printer = reading.printer(&FormatArgs::document(asked.json), "reconciliation");
    let found = Found { day: date.to_string(), period, read: &read, books: &books, orphans, journal };
    match asked.json {
        true => printer.line(&format!("{:#}", found.document(&problems)))?,
        false => found.lines(&mut printer)?,
    }
    printer.flush()?;
    Ok(say(&problems))
}

/// Halves of the day that have no other half.
fn orphans<'r>(read: &'r Read, books: &Books, period: &Period) -> Vec<&'r Transaction> {
    let is_orphan = |row: &&Transaction| {
        let is_of_day = row.created_at.known().is_some_and(|at| period.holds(*at));
        is_of_day && books.pairs.orphans.contains(&(row.feed, row.id.clone()))
    };
    read.rows.iter().filter(is_orphan).collect()
}

/// Holds the rows against the journal, by the ids that it has of them and by the references that they carry.
fn compared(entries: Result<Vec<Entry>, String>, read: &Read, period: &Period) -> Journal {
    let entries = match entries {
        Ok(entries) => entries,
        Err(why) => {
            return Journal { not_compared: Some(format!("it could not be read: {why}")), ..Journal::default() };
        }
    };
    let known: BTreeSet<String> = entries.iter().map(|entry| entry.intent.reference.to_string()).collect();
    let mut carried: BTreeMap<String, (Reference, &Transaction)> = BTreeMap::new();
    for row in &read.rows {
        if let Some(reference) = pairs::reference(row) {
            carried.entry(reference.to_string()).or_insert((reference, row));
        }
    }
    let is_of_day = |row: &Transaction| row.created_at.known().is_some_and(|at| period.holds(*at));
    let unknown = carried.iter().filter(|(name, (_, row))| !known.contains(*name) && is_of_day(row));
    let unknown = unknown.map(|(_, (reference, row))| (*reference, row.id.to_string())).collect();
    let moved = entries.into_iter().filter(|entry| {
        let done = matches!(entry.stage, Stage::Done | Stage::SettledDone | Stage::FoundLater);
        let at = entry.sent().map_or(entry.intent.asked_at, |(at, _)| at);
        done && entry.intent.act.amount().is_some() && period.holds(at)
    });
    let ids: HashSet<&TransactionId> = read.rows.iter().map(|row| &row.id).collect();
    let (matched, without_row): (Vec<Entry>, Vec<Entry>) = moved.partition(|entry| {
        entry.rows().any(|row| ids.contains(row)) || carried.contains_key(&entry.intent.reference.to_string())
    });
    let nameless = without_row.iter().all(|entry| entry.rows().next().is_none());
    let mut journal = Journal { unknown, matched: matched.len(), ..Journal::default() };
    match carried.is_empty() && nameless && !without_row.is_empty() {
        // Where neither ids nor references ever come back nothing can be said of one that is missing.
        true => {
            journal.not_compared =
                Some("no transaction carries a reference of fourpay or an id that the journal has".into())
        }
        false => journal.without_row = without_row,
    }
    journal
}

/// All of it.
struct Found<'r> {
    day: String,
    period: Period,
    read: &'r Read,
    books: &'r Books,
    orphans: Vec<&'r Transaction>,
    journal: Journal,
}

impl Found<'_> {
    fn accounts(&self) -> impl Iterator<Item = &Ledger> {
        self.books.ledgers.iter().filter(|ledger| ledger.is_account())
    }

    /// Cards that agree with the platform, that do not, and of which it says nothing.
    fn cards(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for ledger in self.books.ledgers.iter().filter(|ledger| !ledger.is_account()) {
            let at = match ledger.check {
                BalanceCheck::Agrees => 0,
                BalanceCheck::Differs { .. } => 1,
                BalanceCheck::NotCompared(_) => 2,
            };
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
        counts
    }

    /// Fees of the day by currency, accounts and cards together; `None`: too much to add up.
    fn fees(&self) -> BTreeMap<Currency, Option<Decimal>> {
        let mut fees: BTreeMap<Currency, Option<Decimal>> = BTreeMap::new();
        for ledger in &self.books.ledgers {
            let sum = fees.entry(ledger.currency).or_insert(Some(Decimal::ZERO));
            *sum = sum.and_then(|sum| exact_add(sum, ledger.sums.fees));
        }
        fees
    }

    fn document(&self, problems: &[String]) -> Value {
        let account = |ledger: &Ledger| {
            json!({
                "id": ledger.id(), "name": ledger.name.as_str(), "movements": ledger.entries.len(),
                "balances": balances(ledger),
            })
        };
        let (moves, inferred) = self.books.matched_moves();
        let [agree, differ, not_said] = self.cards();
        let fee = |(currency, fee): (Currency, Option<Decimal>)| json!({"currency": currency.as_str(), "amount": fee.map(|fee| Money::new(fee, currency).wire())});
        let fees: Vec<Value> = self.fees().into_iter().map(fee).collect();
        let others = self.journal.unknown.iter();
        let others: Vec<Value> =
            others.map(|(reference, row)| json!({"reference": reference.to_string(), "row": row})).collect();
        let without_row = self.journal.without_row.iter();
        let without_row: Vec<String> = without_row.map(|entry| entry.intent.reference.to_string()).collect();
        json!({
            "version": VERSION, "kind": "reconciliation", "complete": problems.is_empty(), "gaps": problems,
            "day": self.day, "from": self.period.from.map(stamp),
            "before": self.period.to.map(stamp),
            "rows_read": self.read.rows.len(), "open": self.books.open,
            "accounts": self.accounts().map(account).collect::<Vec<_>>(),
            "cards": {"agree": agree, "differ": differ, "not_said": not_said},
            "pairs": {"count": moves, "inferred": inferred},
            "orphans": self.orphans.iter().map(|row| row.id.to_string()).collect::<Vec<_>>(),
            "fees": fees,
            "journal": {
                "matched": self.journal.matched,
                "compared": self.journal.not_compared.is_none(),
                "rows_of_others": others, "without_row": without_row,
            },
        })
    }

    fn lines(&self, printer: &mut Printer) -> Result<(), Stop> {
        let grouping = printer.grouping;
        printer.line(&format!(
            "{} · {} transactions read, from the first to the newest",
            self.day,
            self.read.rows.len()
        ))?;
        for ledger in self.accounts() {
            let money = |amount: Decimal| Money::new(amount, ledger.currency).digits_in(grouping);
            let Sums { into, out, fees } = ledger.sums;
            let sign = match &ledger.check {
                BalanceCheck::Agrees => '✓',
                BalanceCheck::NotCompared(_) => '–',
                BalanceCheck::Differs { .. } => '✗',
            };
            printer.line("")?;
            printer.line(&format!("{} · {} · {sign} {}", ledger.name, ledger.currency, ledger.check_sentence()))?;
            let sum = [("opening", ledger.opening), ("+ in", into), ("− out", out), ("− fees", fees)];
            for (name, amount) in sum.into_iter().chain([("= closing", ledger.closing)]) {
                printer.line(&format!("  {name:<12}{:>18}", money(amount)))?;
            }
        }
        printer.line("")?;
        let [agree, differ, not_said] = self.cards();
        printer.line(&format!(
            "cards      {agree} agree with the balance 4pay reports now, {differ} differ, {not_said} not checked"
        ))?;
        let (moves, inferred) = self.books.matched_moves();
        printer.line(&format!("transfers  {moves} matched on both sides, ≈ {inferred} of them by amount and time"))?;
        let orphans = self.orphans.iter().take(LISTED).map(|row| row.id.to_string());
        list(printer, "transfers with one side only", self.orphans.len(), orphans)?;
        for (currency, fee) in self.fees() {
            let fee = fee.map_or("more digits than can be added up".to_owned(), |fee| {
                Money::new(fee, currency).digits_in(grouping)
            });
            printer.line(&format!("fees       {fee} {currency}"))?;
        }
        match &self.journal.not_compared {
            Some(why) => printer.line(&format!("journal    not compared: {why}"))?,
            None => printer.line(&format!(
                "journal    {} actions of this computer found among the transactions",
                self.journal.matched
            ))?,
        }
        let without = self.journal.without_row.iter().map(|entry| entry.intent.reference.to_string());
        list(printer, "actions done here without a transaction", self.journal.without_row.len(), without)?;
        let others = self.journal.unknown.iter().map(|(reference, row)| format!("{reference} on {row}"));
        list(printer, "transactions of actions from elsewhere", self.journal.unknown.len(), others)
    }
}

/// A heading with a count and the first of what it counts; nothing when there is none.
fn list(printer: &mut Printer, name: &str, count: usize, all: impl Iterator<Item = String>) -> Result<(), Stop> {
    if count == 0 {
        return Ok(());
    }
    printer.line(&format!("{name}: {count}"))?;
    all.take(LISTED).try_for_each(|one| printer.line(&format!("  {one}")))
}
