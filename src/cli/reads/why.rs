//! `fourpay why`: what a decline says of itself, and what is known around it. What is inferred says so.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::super::act::{VERSION, line, words};
use super::super::exit::{Exit, Stop};
use super::cell::Cell;
use super::columns::TRANSACTIONS;
use super::feeds::of_card;
use super::lists::people;
use super::one::limits;
use super::output::{Printer, object};
use super::{FormatArgs, Progress, Reading, told};
use crate::app::ui::describe;
use crate::domain::card::{Card, LimitKind};
use crate::domain::decline;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::TransactionId;
use crate::domain::transaction::{Feed, Transaction, TransactionStatus};

/// How far around a decline its card's other rows are looked at.
const DAYS: i64 = 30;

/// Arguments of `why`.
#[derive(clap::Args, Debug)]
pub struct WhyArgs {
    /// The id of a transaction
    #[arg(value_name = "TRANSACTION")]
    transaction: String,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// A reason in words, where it is one that is known.
fn in_words(raw: &str) -> Option<&'static str> {
    decline::reason(raw).map(|reason| reason.words)
}

/// The transaction, whichever feed it is in.
async fn found(asked: &str, reading: &Reading<'_>) -> Result<Transaction, Stop> {
    let id = TransactionId::parse(asked).ok_or_else(|| Stop::new(Exit::NotFound, "that is no id of a transaction"))?;
    let mut first: Option<Failure> = None;
    for feed in [Feed::Cards, Feed::Accounts] {
        match reading.connection.client.transaction(feed, &id).await {
            Ok(found) => return Ok(found.transaction),
            Err(failure) if failure.kind == FailureKind::NotFound => {}
            Err(failure) => first = first.or(Some(failure)),
        }
    }
    match first {
        Some(failure) => Err(reading.connection.failed(&failure)),
        None => Err(Stop::new(Exit::NotFound, format!("there is no transaction {id}"))),
    }
}

/// What is known around a decline.
struct Around {
    card: Option<Card>,
    /// This card's other declines of the days around it.
    declines: usize,
    /// The first success at the same merchant for the same amount after it. Inferred.
    paid_later: Option<Transaction>,
    rows: usize,
}

fn around(row: &Transaction, card: Option<Card>, rows: &[Transaction]) -> Around {
    let declined = |other: &&Transaction| other.status == TransactionStatus::Declined && other.id != row.id;
    Around {
        card,
        declines: rows.iter().filter(declined).count(),
        paid_later: rows
            .iter()
            .filter(|other| decline::makes_up(other, row))
            .min_by_key(|other| other.created_at.known().copied())
            .cloned(),
        rows: rows.len(),
    }
}

/// Says why.
pub async fn why(asked: &WhyArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let row = found(&asked.transaction, reading).await?;
    let mut progress = Progress::new();
    let people = people(reading, &mut progress).await?;
    let mut gaps = people.gaps();
    let listed = row.card.as_ref().and_then(|id| people.store.card(id)).cloned();
    let mut seen = Vec::new();
    let mut card = listed.clone();
    if let Some(listed) = &listed {
        let since = row.created_at.known().copied().unwrap_or_else(|| reading.connection.now().wall);
        let from = since.checked_sub_signed(TimeDelta::days(DAYS)).unwrap_or(since);
        let (rows, missing) = of_card(reading, listed, from).await?;
        (seen, gaps) = (rows, gaps.into_iter().chain(missing).collect());
        if let Some(account) = &listed.account {
            match reading.connection.client.card(account, &listed.id).await {
                Ok(read) => card = Some(read),
                Err(failure) => gaps.push(format!("the details of the card: {}", failure.sentence())),
            }
        }
    }
    drop(progress);
    let around = around(&row, card, &seen);
    let format = FormatArgs { json: asked.json, ..FormatArgs::default() };
    let mut printer = reading.printer(&format, "why");
    let columns: Vec<_> = TRANSACTIONS.iter().collect();
    let cells: Vec<Cell> = columns.iter().map(|column| (column.cell)(&people.store, &row)).collect();
    let raw = row.decline_reason().map(|reason| reason.as_str());
    let declined = row.status == TransactionStatus::Declined;
    if asked.json {
        let card = around.card.as_ref().map(|card| {
            let (limits, _) = limits(card);
            json!({"status": card.status.as_str(), "available_now": Cell::money(&card.spendable()).json(), "limits": limits})
        });
        let later = around.paid_later.as_ref().map(
            |row| json!({"id": row.id.to_string(), "created_at": Cell::time(&row.created_at).json(), "inferred": true}),
        );
        let value = json!({
            "version": VERSION, "kind": "why", "complete": gaps.is_empty(), "gaps": gaps, "declined": declined,
            "transaction": Value::Object(object(&columns, &cells)),
            "reason": raw.map(|raw| json!({"raw": raw, "words": in_words(raw)})),
            "card": card,
            "other_declines": {"count": around.declines, "days": DAYS, "rows": around.rows},
            "paid_later": later,
        });
        printer.line(&format!("{value:#}"))?;
    } else {
        in_lines(&row, &around, reading, &people.store, &mut printer)?;
    }
    printer.flush()?;
    Ok(told(&gaps))
}

fn in_lines(
    row: &Transaction,
    around: &Around,
    reading: &Reading<'_>,
    store: &crate::app::store::Store,
    printer: &mut Printer,
) -> Result<(), Stop> {
    let shown = |cell: &Cell| cell.shown(&reading.connection.zone, reading.connection.grouping);
    let amount = shown(&Cell::money(&row.signed()));
    let merchant = row.merchant.as_ref().map_or("–".to_owned(), ToString::to_string);
    let kind = describe::kind_word(&row.kind);
    printer
        .line(&line("asked", &format!("{kind} of {amount} at {merchant}, {}", shown(&Cell::time(&row.created_at)))))?;
    printer.line(&line("state", row.status.as_str()))?;
    let raw = row.decline_reason().map(|reason| reason.as_str());
    match (raw, raw.and_then(in_words)) {
        (Some(raw), Some(words)) => printer.line(&line("reason", &format!("{words} ({raw})")))?,
        (Some(raw), None) => printer.line(&line("reason", raw))?,
        (None, _) if row.status == TransactionStatus::Declined => {
            printer.line(&line("reason", "– the API says none"))?;
        }
        (None, _) => printer.line(&line("reason", "it was not declined"))?,
    }
    if let Some(card) = &around.card {
        let who = store.holder_of(card).map_or_else(String::new, |name| format!(" · {name}"));
        printer.line(&line("card", &format!("{} {}{who}", words(&describe::short(card)), card.status)))?;
        printer.line(&line("has now", &shown(&Cell::money(&card.spendable()))))?;
        for limit in card.limits.known().into_iter().flatten() {
            let (value, spent) = (shown(&Cell::money(&limit.value)), shown(&Cell::money(&limit.spent)));
            let words = if limit.kind == LimitKind::Transaction { value } else { format!("{value}, spent {spent}") };
            printer.line(&line(limit.kind.as_str(), &words))?;
        }
    }
    if row.card.is_some() {
        let others = format!("{} of {} rows of this card since {DAYS} days before it", around.declines, around.rows);
        printer.line(&line("other declines", &others))?;
    }
    if let Some(later) = &around.paid_later {
        let at = shown(&Cell::time(&later.created_at));
        printer.line(&line("paid later", &format!("≈ {at}, the same amount at the same merchant ({})", later.id)))?;
    }
    Ok(())
}
