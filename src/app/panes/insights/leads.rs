//! Where a line leads: the filter of pane 3 that leaves exactly the rows that the line counted.
//!
//! Sums, currencies and days are asked for by the words that the counting itself goes by (`sum:`, `currency:`), and what
//! rows are told apart by exactly (`merchant:="Meta Ads"`): a filter that looks for parts of texts would leave others too.

use super::board::Board;
use super::row::Row;
use crate::app::insights::lens::{Property, Value};
use crate::app::insights::measure::{Measure, OTHER_STATE};
use crate::app::insights::range::Span;
use crate::app::pane::Pane;
use crate::app::panes::list_pane::{Enter, PaneCtx};
use crate::app::store::Store;
use crate::domain::ids::{AccountId, CardId, HolderId};
use crate::domain::text::SafeText;
use crate::domain::transaction::Feed;

const DECLINED: &str = "sum:declined";

/// Where `Enter` leads.
pub(super) fn of(
    row: &Row,
    column: Option<&Value>,
    (rows, columns): (Property, Property),
    board: &Board,
    ctx: &PaneCtx<'_>,
) -> Enter {
    let store = ctx.store;
    let mut terms: Vec<String> = Vec::new();
    let mut after: Option<String> = None;
    match row {
        Row::Open => return Enter::Sheet(Pane::Journal),
        Row::Sum(Measure::PurchaseFees, currency) => {
            terms.extend([format!("sum:{}", Measure::Spent.word()), format!("fee:={currency}")]);
        }
        Row::Sum(measure, currency) => {
            terms.extend([format!("sum:{}", measure.word()), format!("currency:={currency}")]);
        }
        Row::Rate => terms.push(DECLINED.to_owned()),
        Row::Unknown => terms.push(format!("-sum:= -sum:{OTHER_STATE} currency:=")),
        Row::OtherStates => terms.push(format!("sum:{OTHER_STATE}")),
        Row::Decline(row) => return Enter::Filtered(format!("id:={}", store.transactions.get(*row).id)),
        Row::Low(id) | Row::Account(id) => terms.push(account(id, store)),
        Row::Repeated(id) => {
            terms.extend([DECLINED.to_owned(), card(id, store)]);
            after = looked_at(board);
        }
        Row::Unpaid => {
            terms.push(DECLINED.to_owned());
            after = looked_at(board);
        }
        Row::Lens(value) => {
            terms.extend([DECLINED.to_owned(), term(rows, value, store)]);
            terms.extend(column.map(|column| term(columns, column, store)));
        }
    }
    terms.extend([after.unwrap_or_else(|| format!("since:{}", board.span.first)), before(board.span)]);
    // Looked up for each row, so it comes when the others have left few.
    if *row == Row::Unpaid {
        terms.push("paid:=not".to_owned());
    }
    // Rows that were searched for are in no sum.
    if [Feed::Cards, Feed::Accounts].iter().any(|feed| store.transactions.scattered_of(*feed) > 0) {
        terms.push("found:list".to_owned());
    }
    Enter::Filtered(terms.join(" "))
}

fn before(span: Span) -> String {
    format!("before:{}", span.last.succ_opt().unwrap_or(span.last))
}

/// The moment from which on declines were looked at, where there are more than that.
fn looked_at(board: &Board) -> Option<String> {
    let oldest = board.report.oldest.filter(|_| board.report.cut)?;
    Some(format!("since:{}", oldest.to_rfc3339()))
}

/// The term of a filter for a value, or for that it is not known.
fn term(property: Property, value: &Value, store: &Store) -> String {
    let field = match property {
        Property::Reason => "reason",
        Property::Merchant => "merchant",
        Property::Card => "card",
        Property::Holder => "holder",
        Property::Account => "account",
        Property::Bin => "bin",
        Property::Category => "category",
        // A row without a time is of no range.
        Property::Hour => "hour",
    };
    match value {
        Value::Unknown => format!("{field}:="),
        Value::Text(text) => is(field, text.as_str()),
        Value::Hour(hour) => format!("{field}:{hour}"),
        Value::Account(id) => account(id, store),
        Value::Card(id) => card(id, store),
        Value::Holder(id) => holder(id, store),
    }
}

/// Exactly this text. Quotes within it cannot be typed; the comparison leaves them out.
fn is(field: &str, text: &str) -> String {
    format!("{field}:=\"{}\"", text.replace('"', ""))
}

/// By its name where that is the name of no other, else by its id.
fn account(id: &AccountId, store: &Store) -> String {
    let is_unique = |name: &&SafeText| store.accounts.value.iter().filter(|other| other.name == **name).count() == 1;
    match store.account(id).map(|account| &account.name).filter(is_unique) {
        Some(name) => is("account", name.as_str()),
        None => is("account", &id.to_string()),
    }
}

/// By its last four digits where they are those of no other, else by its id.
fn card(id: &CardId, store: &Store) -> String {
    let four = store.card(id).and_then(|card| card.number.last_four);
    let all = || store.cards.of(None).iter().map(|row| store.cards.get(*row));
    match four {
        Some(four) if all().filter(|other| other.number.last_four == Some(four)).count() == 1 => {
            format!("last4:={}", four.as_str())
        }
        _ => format!("card:={id}"),
    }
}

/// By the name where that is the name of no other, else by the id.
fn holder(id: &HolderId, store: &Store) -> String {
    let name = store.holder(id).and_then(|holder| store.holder_name(holder));
    let is_unique =
        |name: &&_| store.all_holders().filter(|row| store.holder_name_at(*row) == Some(*name)).count() == 1;
    match name.filter(is_unique) {
        Some(name) => is("holder", name.as_str()),
        None => is("holder", &id.to_string()),
    }
}
