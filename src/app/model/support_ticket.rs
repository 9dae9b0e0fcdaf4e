//! A card for a support ticket: what can be said about it without its number, in Markdown. Privacy hides in it what
//! it hides on the screen.

use crate::app::clock;
use crate::app::model::Model;
use crate::app::private;
use crate::app::store::{Scope, TxRow};
use crate::app::text;
use crate::app::theme;
use crate::app::ui::describe;
use crate::domain::field::Field;
use crate::domain::intent::CardAt;

/// Transactions and acts it tells of.
const NEWEST: usize = 5;

/// The block; `None` when the card is not known any more.
pub fn block(model: &Model, at: &CardAt) -> Option<String> {
    let hide = model.appearance().privacy;
    let escaped = |text: &str| escaped(&private::said(text, hide));
    let store = model.store();
    let card = store.card(&at.card)?;
    let (zone, now) = (&model.setup().zone, model.now.wall);
    let when = |at| clock::full(at, zone);
    let (_, state, _) = theme::card_status(&card.status);
    let mut out = format!("**Card {}** · {}", describe::card(at), escaped(state));
    if let Some(network) = &card.network {
        out.push_str(&format!(" · {}", escaped(&network.to_string())));
    }
    out.push_str(&format!("\n\n- id: `{}`\n", at.card.to_string().replace('`', "'")));
    out.push_str(&format!("- account: {}\n", escaped(&describe::account(store, &at.account))));
    if let Field::Known(balance) = &card.balance {
        out.push_str(&format!("- balance: {}\n", escaped(&text::money(balance, model.store().grouping))));
    }
    out.push_str(&format!("- as of {}, times in {}\n", when(now), clock::zone_name(now, zone)));

    out.push_str("\n**Last transactions**\n\n");
    let list = store.transactions.newest(&Scope::Card(at.card.clone()));
    for row in store.transactions.unscattered(list).take(NEWEST).map(|row| store.transactions.get(row)) {
        let at = match &row.created_at {
            Field::Known(at) => when(*at),
            _ => "time unknown".into(),
        };
        let amount = match row.signed() {
            Field::Known(amount) => text::money(&amount, model.store().grouping),
            _ => "amount unknown".into(),
        };
        let (_, status, _) = theme::transaction_status(&row.status);
        let merchant = row.merchant.as_ref().map_or("no merchant".to_owned(), text::name);
        let parts = [at.as_str(), describe::kind_word(&row.kind), &merchant, amount.as_str(), status];
        out.push_str(&format!("- {}", parts.map(&escaped).join(" · ")));
        if let Some(reason) = row.decline_reason() {
            out.push_str(&format!(": {}", escaped(reason.as_str())));
        }
        out.push('\n');
    }
    if store.transactions.unscattered(list).next().is_none() {
        out.push_str("- none loaded\n");
    }

    let done: Vec<_> = model
        .operations()
        .outcomes()
        .past()
        .iter()
        .rev()
        .filter(|past| past.intent.act.card() == Some(at))
        .take(NEWEST)
        .collect();
    if !done.is_empty() {
        out.push_str("\n**Done from here**\n\n");
        for past in done {
            let (_, stage, _) = describe::stage(past.stage);
            let what = describe::act(&past.intent.act, store);
            let parts = [when(past.intent.asked_at), what, stage.to_owned()];
            out.push_str(&format!("- {} · {}\n", parts.map(|part| escaped(&part)).join(" · "), past.intent.reference));
        }
    }
    Some(out)
}

/// A transaction for a support ticket.
pub fn of_transaction(model: &Model, row: TxRow) -> String {
    let hide = model.appearance().privacy;
    let escaped = |text: &str| escaped(&private::said(text, hide));
    let store = model.store();
    let zone = &model.setup().zone;
    let row = store.transactions.get(row);
    let amount = match row.signed() {
        Field::Known(amount) => text::money(&amount, store.grouping),
        _ => "amount unknown".into(),
    };
    let when = match &row.created_at {
        Field::Known(at) => format!("{} ({})", clock::full(*at, zone), clock::zone_name(*at, zone)),
        _ => "time unknown".into(),
    };
    let (_, status, _) = theme::transaction_status(&row.status);
    let merchant = row.merchant.as_ref().map_or("no merchant".to_owned(), text::name);
    let mut out = format!("**Transaction** · {} · {}\n\n", escaped(&merchant), escaped(&amount));
    out.push_str(&format!("- id: `{}`\n", row.id.to_string().replace('`', "'")));
    out.push_str(&format!("- {} · {}\n- {when}\n", escaped(describe::kind_word(&row.kind)), escaped(status)));
    if let Some(reason) = row.decline_reason() {
        out.push_str(&format!("- reason: {}\n", escaped(reason.as_str())));
    }
    if let Some(card) = row.card.as_ref().and_then(|id| store.card(id)) {
        let four = card.number.last_four.map_or("••••".to_owned(), |four| format!("•{four}"));
        out.push_str(&format!("- card: {four} `{}`\n", card.id.to_string().replace('`', "'")));
    }
    if let Some(account) = &row.account {
        out.push_str(&format!("- account: {}\n", escaped(&describe::account(store, account))));
    }
    out
}

/// The text with everything that Markdown would take for its own marked as plain.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '(' | ')' | '#' | '!' | '|' | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_be_markup() {
        assert_eq!(
            escaped("Evil [pay](http://x) <b>*now*</b>\n# x"),
            "Evil \\[pay\\]\\(http://x\\) \\<b\\>\\*now\\*\\</b\\> \\# x"
        );
    }
}
