//! `fourpay card show`: one card with its limits.

use serde_json::{Value, json};

use super::super::act::{VERSION, line, words};
use super::super::exit::{Exit, Stop};
use super::super::lookup;
use super::cell::{Cell, Unknown};
use super::columns::CARDS;
use super::lists::people;
use super::output::{Printer, object};
use super::{FormatArgs, Progress, Reading, told};
use crate::domain::card::{Card, LastFour, Limit};
use crate::domain::field::Field;

/// Arguments of `card show`.
#[derive(clap::Args, Debug)]
pub struct ShowArgs {
    /// By last four, id or whole name
    #[arg(value_name = "CARD")]
    card: String,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// A limit as JSON.
fn limit(limit: &Limit) -> Value {
    let (value, spent) = (Cell::money(&limit.value), Cell::money(&limit.spent));
    json!({
        "kind": limit.kind.as_str(), "value": value.json(), "spent": spent.json(),
        "unknown": unknown(&[("value", &value), ("spent", &spent)]),
    })
}

fn unknown(cells: &[(&str, &Cell)]) -> Value {
    let of = |(name, cell): &(&str, &Cell)| Some(((*name).to_owned(), cell.unknown()?.word().into()));
    Value::Object(cells.iter().filter_map(of).collect())
}

/// The limits of a card as JSON; null and why, where they are not said.
pub fn limits(card: &Card) -> (Value, Option<Unknown>) {
    match &card.limits {
        Field::Known(limits) => (limits.iter().map(limit).collect::<Vec<_>>().into(), None),
        Field::Absent => (Value::Null, Some(Unknown::NotSaid)),
        Field::Unreadable => (Value::Null, Some(Unknown::Unreadable)),
    }
}

/// Shows one card.
pub async fn show(asked: &ShowArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let mut progress = Progress::new();
    let mut people = people(reading, &mut progress).await?;
    if LastFour::parse(asked.card.trim_start_matches('•')).is_some() {
        lookup::learn_last_four(&reading.connection.client, &mut people.cards).await;
    }
    drop(progress);
    // Looking at it changes nothing: a list that is not whole is said, and the card is shown.
    let listed = lookup::one_card(&asked.card, &people.cards, &people.accounts.items, true)?;
    let mut gaps = if lookup::is_by_id(&asked.card, &people.cards.items) { Vec::new() } else { people.gaps() };
    let mut card = listed.clone();
    if let Some(account) = &listed.account {
        match reading.connection.client.card(account, &listed.id).await {
            Ok(read) => {
                card = Card {
                    holder_id: read.holder_id.clone().or(listed.holder_id.clone()),
                    holder: read.holder.clone().or(listed.holder.clone()),
                    name: read.name.clone().or(listed.name.clone()),
                    account: read.account.clone().or(listed.account.clone()),
                    ..read
                };
                card.number.last_four = card.number.last_four.or(listed.number.last_four);
            }
            Err(failure) => gaps.push(format!("the details of the card: {}", failure.sentence())),
        }
    }
    let columns: Vec<_> = CARDS.iter().collect();
    let cells: Vec<Cell> = columns.iter().map(|column| (column.cell)(&people.store, &card)).collect();
    let format = FormatArgs { json: asked.json, ..FormatArgs::default() };
    let mut printer: Printer = reading.printer(&format, "card");
    let (limits, why) = limits(&card);
    if asked.json {
        let mut shown = object(&columns, &cells);
        shown.insert("limits".to_owned(), limits);
        if let (Some(why), Some(Value::Object(unknown))) = (why, shown.get_mut("unknown")) {
            unknown.insert("limits".to_owned(), why.word().into());
        }
        let value =
            json!({"version": VERSION, "kind": "card", "complete": gaps.is_empty(), "gaps": gaps, "card": shown});
        printer.line(&format!("{value:#}"))?;
    } else {
        for (column, cell) in columns.iter().zip(&cells) {
            let shown = words(&cell.shown(&printer.zone, printer.grouping));
            printer.line(&line(&column.name.replace('_', " "), &shown))?;
        }
        match (&card.limits, why) {
            (_, Some(why)) => printer.line(&line("limits", why.sign()))?,
            (Field::Known(limits), None) => {
                for limit in limits {
                    let shown = |field: &Field<_>| Cell::money(field).shown(&printer.zone, printer.grouping);
                    let text = format!("{}, of which spent {}", shown(&limit.value), shown(&limit.spent));
                    printer.line(&line(limit.kind.as_str(), &text))?;
                }
            }
            (_, None) => {}
        }
    }
    printer.flush()?;
    Ok(told(&gaps))
}
