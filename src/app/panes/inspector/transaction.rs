//! Everything that is known of one transaction.

use super::super::related::{self, How};
use super::super::transactions::SETTLED;
use super::{LABEL, Line, Sheet, decline};
use crate::app::clock;
use crate::app::msg::Topic;
use crate::app::store::TxRow;
use crate::app::text;
use crate::app::theme;
use crate::app::ui::describe::{self, kind_word};
use crate::app::ui::frame::RenderCtx;
use crate::domain::category::category;
use crate::domain::field::Field;
use crate::domain::intent::lifecycle::Step;
use crate::domain::intent::matching::{fits, references};
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction, TransactionStatus};

pub(super) fn lines(sheet: &mut Sheet<'_>, at: TxRow) {
    let ctx = sheet.ctx;
    let theme = ctx.theme;
    let row = ctx.store.transactions.get(at);
    let (sign, word, tone) = theme::transaction_status(&row.status);
    let amount = match row.signed() {
        Field::Known(amount) => (text::money(&amount, sheet.ctx.store.grouping), theme.strong()),
        Field::Absent => ("–".to_owned(), theme.dim()),
        Field::Unreadable => ("unreadable".to_owned(), theme.unreadable()),
    };
    sheet.line(vec![amount]);
    if row.amount_is_settlement() {
        sheet.line(vec![(format!("{} what was settled; no other amount is named", SETTLED), theme.dim())]);
    }
    sheet.line(vec![(format!("{sign} {word}"), theme.tone(tone))]);
    if row.status == TransactionStatus::Declined {
        decline::lines(sheet, at);
    } else if row.decline_reason().is_some() {
        decline::why(sheet, row);
    }
    sheet.gap();
    sheet.text("merchant", row.merchant.as_ref());
    sheet.word("country", row.merchant_country.as_ref());
    if let Some(code) = &row.category {
        let words = category(code.as_str()).map_or_else(String::new, |words| format!(" · {words}"));
        sheet.pair("category", &format!("{}{words}", text::word(code)), theme.plain());
    }
    sheet.text("for", row.description());
    named(sheet, row);
    if let Some(costs) = &row.costs {
        sheet.gap();
        sheet.amounts(&[("fee", &costs.fee), ("settled", &costs.settlement)]);
    }
    sheet.gap();
    if let Some(card) = row.card.as_ref().and_then(|id| ctx.store.card(id)) {
        let name = card.name.as_ref().map_or(String::new(), |name| format!("  {}", text::name(name)));
        sheet.pair("card", &format!("{}{name}", describe::short(card)), theme.plain());
        sheet.text("holder", ctx.store.holder_of(card));
    }
    let account = row.account.as_ref().and_then(|id| ctx.store.account(id));
    sheet.text("account", account.map(|account| &account.name));
    sheet.gap();
    sheet.moments(&row.created_at, &row.updated_at);
    if let Some(more) = &row.more {
        sheet.text("auth code", more.authorization_code.as_ref());
        sheet.text("RRN", more.rrn.as_ref());
        if let Some(parent) = &more.parent {
            sheet.pair("belongs to", &parent.to_string(), theme.dim());
        }
    }
    let side = match row.feed {
        Feed::Cards => "of the card",
        Feed::Accounts => "of the account",
    };
    sheet.pair("side", side, theme.dim());
    sheet.id(&row.id.to_string());
    relations(sheet, at);
    others(sheet, row);
    let failed = ctx.store.status(&Topic::Transaction(row.feed, row.id.clone())).failed;
    if let Some(failure) = failed {
        sheet.gap();
        sheet.pair("", &format!("✗ {}; {}", text::failure(failure), failure.next_step()), theme.bad());
    }
}

/// What the references in its description are to this journal: nothing is said of one that is an action of its own.
fn named(sheet: &mut Sheet<'_>, row: &Transaction) {
    let (outcomes, theme) = (sheet.ctx.outcomes, sheet.ctx.theme);
    let mut named: Vec<_> = references(row).collect();
    named.sort_unstable();
    named.dedup();
    for reference in named {
        match outcomes.past_of(reference) {
            Some(past) => {
                let rows = past.steps.iter().filter_map(|(_, step)| match step {
                    Step::Accepted(receipt) => Some(&receipt.transactions),
                    step => step.evidence().map(|seen| &seen.transactions),
                });
                let mut rows = rows.flatten();
                if fits(&past.intent.act, row).is_none() && !rows.any(|id| *id == row.id) {
                    sheet.pair("", &format!("carries {reference}, is not it"), theme.warn());
                }
            }
            None if outcomes.knows(reference) == Some(false) => {
                sheet.pair("", "made with fourpay elsewhere", theme.dim());
            }
            None => {}
        }
    }
}

fn relations(sheet: &mut Sheet<'_>, at: TxRow) {
    let ctx = sheet.ctx;
    let related = related::rows(ctx.store, ctx.outcomes.past(), at);
    if related.is_empty() {
        return;
    }
    sheet.head("related");
    for (row, how) in related {
        let row = ctx.store.transactions.get(row);
        let label = match how {
            How::Parent => "belongs to",
            How::Child => "has",
            How::SameAuthorization => "together",
            How::OtherSide => "other side",
            How::Perhaps { .. } => "≈ other side",
        };
        let label = text::fit(label, LABEL, text::Align::Left);
        let mut line = vec![(label, ctx.theme.dim())];
        let mut taken = LABEL;
        // What does not fit goes on below, whole.
        for (part, style) in short(row, ctx) {
            if taken + text::width(part.trim_end()) > sheet.columns && taken > LABEL {
                sheet.line(std::mem::replace(&mut line, vec![(" ".repeat(LABEL), ctx.theme.dim())]));
                taken = LABEL;
            }
            let part = if taken == LABEL { part.trim_start().to_owned() } else { part };
            taken += text::width(&part);
            line.push((part, style));
        }
        sheet.line(line);
        if let How::Perhaps { of } = how {
            let words = match of {
                1 => "inferred: the only row of this amount within 2 min".to_owned(),
                many => format!("inferred: one of {many} rows of this amount within 2 min"),
            };
            sheet.pair("", &words, ctx.theme.dim());
        }
    }
}

/// A row in one line: what, how much, where, when.
pub(super) fn short(row: &Transaction, ctx: &RenderCtx<'_>) -> Line {
    let theme = &ctx.theme;
    let amount = match row.signed() {
        Field::Known(amount) => (text::money(&amount, ctx.store.grouping), theme.plain()),
        Field::Absent => ("–".to_owned(), theme.dim()),
        Field::Unreadable => ("unreadable".to_owned(), theme.unreadable()),
    };
    let (sign, _, tone) = theme::transaction_status(&row.status);
    let card = row.card.as_ref().and_then(|id| ctx.store.card(id)).map(describe::short);
    let account = row.account.as_ref().and_then(|id| ctx.store.account(id));
    let place = card.or_else(|| account.map(|account| text::cut(&text::name(&account.name), 12).into_owned()));
    let at = row.created_at.known().map(|at| clock::moment(*at, ctx.now.wall, &ctx.setup.zone));
    vec![
        (format!("{sign} "), theme.tone(tone)),
        (format!("{} ", kind_word(&row.kind)), theme.plain()),
        amount,
        (format!("  {}", place.unwrap_or_default()), theme.dim()),
        (format!("  {}", at.unwrap_or_default()), theme.dim()),
    ]
}

/// Fields that this program does not know, as they came.
fn others(sheet: &mut Sheet<'_>, row: &Transaction) {
    let others: &[(SafeText, SafeText)] = sheet.ctx.store.said_of(&row.id);
    if others.is_empty() {
        return;
    }
    let theme = sheet.ctx.theme;
    sheet.head("other fields, as they came");
    for (name, value) in others {
        if text::width(name.as_str()) < LABEL {
            sheet.pair(name.as_str(), &text::name(value), theme.plain());
        } else {
            for part in text::wrap(&format!("{}: {}", text::word(name), text::name(value)), sheet.columns) {
                sheet.line(vec![(part, theme.plain())]);
            }
        }
    }
}
