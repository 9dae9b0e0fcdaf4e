//! Where a line leads: the filter of pane 3 that shows the rows behind it.

use super::row::Row;
use crate::app::clock;
use crate::app::insights::lens::{Property, Value};
use crate::app::insights::measure::Measure;
use crate::app::insights::range::Span;
use crate::app::pane::Pane;
use crate::app::panes::list_pane::{Enter, PaneCtx};
use crate::app::store::Store;

const DECLINED: &str = "type:purchase status:declined";
const STANDS: &str = "(status:completed OR status:authorized OR status:pending)";

/// Where `Enter` leads.
pub(super) fn of(
    row: &Row,
    column: Option<&Value>,
    (rows, columns): (Property, Property),
    span: Span,
    ctx: &PaneCtx<'_>,
) -> Enter {
    let store = ctx.store;
    let mut terms: Vec<String> = Vec::new();
    match row {
        Row::Open => return Enter::Sheet(Pane::Journal),
        Row::Sum(measure, _) => terms.push(of_measure(*measure)),
        Row::Rate | Row::Unpaid => terms.push(DECLINED.to_owned()),
        Row::Unknown | Row::OtherStates => {}
        Row::Decline(row) => return Enter::Filtered(format!("id:{}", store.transactions.get(*row).id)),
        Row::Low(id) | Row::Account(id) => terms.extend(term(Property::Account, &Value::Account(id.clone()), store)),
        Row::Repeated(id) => {
            terms.push(DECLINED.to_owned());
            match term(Property::Card, &Value::Card(id.clone()), store) {
                Some(of_card) => terms.push(of_card),
                None => return Enter::Card(id.clone()),
            }
        }
        Row::Lens(value) => {
            terms.push(DECLINED.to_owned());
            terms.extend(term(rows, value, store));
            terms.extend(column.and_then(|column| term(columns, column, store)));
        }
    }
    terms.push(days(span, ctx));
    Enter::Filtered(terms.join(" "))
}

fn of_measure(measure: Measure) -> String {
    match measure {
        Measure::Spent | Measure::PurchaseFees => format!("type:purchase {STANDS}"),
        Measure::Declined => DECLINED.to_owned(),
        Measure::Refunded => "type:refund -status:declined -status:canceled".to_owned(),
        Measure::ToppedUp => "type:top_up -status:declined -status:canceled".to_owned(),
        Measure::PaidIn => "type:payin -status:declined -status:canceled".to_owned(),
        Measure::Fees => {
            "(type:fee OR type:card_issuing OR type:transfer_fee) -status:declined -status:canceled".to_owned()
        }
    }
}

fn days(span: Span, ctx: &PaneCtx<'_>) -> String {
    let since = format!("since:{}", span.first);
    let open = clock::day(ctx.now.wall, &ctx.setup.zone) <= span.last;
    match span.last.succ_opt().filter(|_| !open) {
        Some(next) => format!("{since} before:{next}"),
        None => since,
    }
}

/// The term of a filter for a value; `None` where there is none for it.
fn term(property: Property, value: &Value, store: &Store) -> Option<String> {
    // Quotes end a text; the longest part between two is as good as a filter that looks for parts can be.
    let quoted = |text: &str| {
        let part = text.split('"').max_by_key(|part| part.len()).map(str::trim).filter(|part| !part.is_empty())?;
        Some(format!("\"{part}\""))
    };
    match (property, value) {
        (_, Value::Unknown | Value::Hour(_)) => None,
        (Property::Reason, Value::Text(text)) => Some(format!("reason:{}", quoted(text.as_str())?)),
        (Property::Category, Value::Text(text)) => Some(format!("category:{}", quoted(text.as_str())?)),
        (Property::Bin, Value::Text(text)) => Some(format!("bin:{text}")),
        (_, Value::Text(text)) => Some(format!("merchant:{}", quoted(text.as_str())?)),
        (_, Value::Account(id)) => Some(format!("account:{}", quoted(store.account(id)?.name.as_str())?)),
        (_, Value::Card(id)) => store.card(id)?.number.last_four.map(|four| format!("last4:{}", four.as_str())),
        (_, Value::Holder(id)) => {
            let name = store.holder(id).and_then(|holder| store.holder_name(holder))?;
            Some(format!("holder:{}", quoted(name.as_str())?))
        }
    }
}
