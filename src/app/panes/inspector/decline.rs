//! A declined payment explains itself: why, what the card had, limits, states, what else was declined, and what mends it.
//!
//! What is inferred is marked `≈` and says what of; what is not known says so and is never drawn as nothing.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use super::{LABEL, Sheet, decline_rows, limits};
use crate::app::actions::Act;
use crate::app::clock;
use crate::app::store::decline::{self, Later};
use crate::app::store::{Held, Scope, TxRow, insight};
use crate::app::text;
use crate::app::theme;
use crate::app::ui::describe;
use crate::domain::card::{Card, CardStatus, LimitKind};
use crate::domain::decline::{Cause, reason};
use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::domain::transaction::Transaction;

/// Most other cards of the holder that are listed.
const OTHERS: usize = 4;

/// The reason in words, and the raw one below it.
pub(super) fn why(sheet: &mut Sheet<'_>, row: &Transaction) {
    let theme = sheet.ctx.theme;
    let Some(raw) = row.decline_reason() else {
        return sheet.pair("reason", "none is given", theme.dim());
    };
    match reason(raw.as_str()) {
        Some(known) => {
            sheet.pair("reason", known.words, theme.bad());
            sheet.pair("", &text::word(raw), theme.dim());
        }
        None => sheet.pair("reason", &text::word(raw), theme.bad()),
    }
}

/// Everything around the decline.
pub(super) fn lines(sheet: &mut Sheet<'_>, at: TxRow) {
    let ctx = sheet.ctx;
    let row = ctx.store.transactions.get(at);
    let cause = crate::domain::decline::cause(row);
    let card = row.card.as_ref().and_then(|id| ctx.store.card(id));
    why(sheet, row);
    asked(sheet, row);
    had(sheet, at, cause);
    if let Some(card) = card {
        has_now(sheet, row, card);
        limited(sheet, row, card, cause);
        states(sheet, card);
    }
    later(sheet, at);
    if let Some(card) = card {
        mends(sheet, row, card, cause);
        this_card(sheet, at, card);
        other_cards(sheet, card);
    }
}

fn asked(sheet: &mut Sheet<'_>, row: &Transaction) {
    let (theme, grouping) = (sheet.ctx.theme, sheet.ctx.store.grouping);
    let Some(amount) = row.amount.known().map(Money::abs) else {
        return sheet.pair("asked", "not known: the row names no amount", theme.dim());
    };
    let mut words = match decline::asked(row).filter(|all| *all != amount) {
        Some(all) => format!("{}, with its fee {}", text::money(&amount, grouping), text::money(&all, grouping)),
        None => text::money(&amount, grouping),
    };
    if let Some(merchant) = &row.merchant {
        words.push_str(&format!(" by {}", text::name(merchant)));
    }
    sheet.pair("asked", &words, theme.plain());
    if let Some(at) = row.created_at.known() {
        let at = clock::moment(*at, sheet.ctx.now.wall, &sheet.ctx.setup.zone);
        sheet.pair("", at.trim(), theme.dim());
    }
}

fn had(sheet: &mut Sheet<'_>, at: TxRow, cause: Option<Cause>) {
    let (store, theme) = (sheet.ctx.store, sheet.ctx.theme);
    let had = match decline::had_then(store, at) {
        Ok(had) => had,
        Err(why) => return sheet.pair("had then", &format!("not known: {why}"), theme.dim()),
    };
    let asked = decline::asked(store.transactions.get(at));
    let short = asked.and_then(|asked| asked.checked_sub(&had.amount)).filter(|short| !short.is_negative());
    let mut words = format!("≈ {}", text::money(&had.amount, store.grouping));
    match short.filter(|short| !short.is_zero()) {
        Some(short) => words.push_str(&format!(", short of {}", text::money(&short, store.grouping))),
        None if cause == Some(Cause::Money) => words.push_str(", which was enough by the rows loaded here"),
        None => {}
    }
    sheet.pair("had then", &words, theme.plain());
    let rows = match had.rows {
        0 => "no rows".to_owned(),
        1 => "1 row".to_owned(),
        many => format!("{} rows", text::count(many, store.grouping)),
    };
    let fees = if had.fees { ", fees counted" } else { "" };
    sheet.pair("", &format!("inferred from the balance now and {rows} since{fees}"), theme.dim());
}

fn has_now(sheet: &mut Sheet<'_>, row: &Transaction, card: &Card) {
    let (store, theme) = (sheet.ctx.store, sheet.ctx.theme);
    match card.spendable() {
        Field::Known(has) => {
            let enough = decline::asked(row).and_then(|asked| has.compare(&asked)).is_some_and(Ordering::is_ge);
            let words = if enough { ", enough for it now" } else { "" };
            sheet.pair("has now", &format!("{}{words}", text::money(&has, store.grouping)), theme.plain());
        }
        Field::Absent => sheet.pair("has now", "not known", theme.dim()),
        Field::Unreadable => sheet.pair("has now", "unreadable", theme.unreadable()),
    }
}

/// The limits that may be the reason, and what was left of them when the payment was asked for.
fn limited(sheet: &mut Sheet<'_>, row: &Transaction, card: &Card, cause: Option<Cause>) {
    let Some(Cause::Limit(which)) = cause else { return };
    let theme = sheet.ctx.theme;
    let known = match &card.limits {
        Field::Known(limits) => limits.as_slice(),
        Field::Unreadable => return sheet.pair("limit", "unreadable", theme.unreadable()),
        Field::Absent => &[],
    };
    let mut any = false;
    for limit in known.iter().filter(|limit| which.may_be(&limit.kind)) {
        let Field::Known(value) = limit.value else { continue };
        any = true;
        let name = if limit.kind == LimitKind::Transaction { "one payment" } else { limits::word(&limit.kind) };
        let name = format!("{} now {}", name, text::money(&value, sheet.ctx.store.grouping));
        sheet.pair("limit", &name, theme.plain());
        if let Some(words) = row.created_at.known().and_then(|at| left(sheet, card, &limit.kind, &value, *at)) {
            sheet.pair("", &words, theme.dim());
        }
    }
    if !any {
        sheet.pair("limit", "not known: the API does not list it for this card", theme.dim());
    }
}

/// What was left of a limit at a moment, by the loaded purchases before it.
fn left(sheet: &Sheet<'_>, card: &Card, kind: &LimitKind, value: &Money, at: DateTime<Utc>) -> Option<String> {
    let (store, grouping) = (sheet.ctx.store, sheet.ctx.store.grouping);
    let from = limits::began(kind, at)?;
    let list = store.transactions.newest(&Scope::Card(card.id.clone()));
    let used = insight::used(&store.transactions, list, from, Some(at), value.currency());
    let spent = used.spent?;
    let left = value.checked_sub(&spent)?;
    let left = if left.is_negative() { Money::zero(left.currency()) } else { left };
    let whole = limits::is_whole(store, card, from, &used);
    let rows = match used.rows {
        // Nothing is known of what was spent.
        0 if !whole => return None,
        0 => "no purchases before it".to_owned(),
        1 => "1 row".to_owned(),
        many => format!("{} rows", text::count(many, grouping)),
    };
    let part = if whole { "" } else { "; not all are loaded" };
    let left = text::money(&left, grouping);
    Some(format!("≈ {left} of it was left, inferred from {rows}{part}"))
}

/// Card and account as they are now: what they were then the API does not say.
fn states(sheet: &mut Sheet<'_>, card: &Card) {
    let (store, theme) = (sheet.ctx.store, sheet.ctx.theme);
    let mut line = |label: &str, (sign, word, tone): (&str, &str, theme::Tone), name: String| {
        sheet.line(vec![
            (text::fit(label, LABEL, text::Align::Left), theme.dim()),
            (format!("{sign} "), theme.tone(tone)),
            (word.to_owned(), theme.word(tone)),
            (name, theme.dim()),
        ]);
    };
    line("card now", theme::card_status(&card.status), format!("  {}", describe::short(card)));
    if let Some(account) = card.account.as_ref().and_then(|id| store.account(id)) {
        line("account now", theme::account_status(&account.status), format!("  {}", text::name(&account.name)));
    }
}

fn later(sheet: &mut Sheet<'_>, at: TxRow) {
    let ctx = sheet.ctx;
    let theme = ctx.theme;
    let (words, style) = match decline::paid_later(ctx.store, at) {
        Later::Paid(row) => {
            let at = ctx.store.transactions.get(row).created_at.known();
            let at = at.map_or("later".to_owned(), |at| clock::moment(*at, ctx.now.wall, &ctx.setup.zone));
            (format!("≈ {}: the same amount at the same merchant", at.trim()), theme.good())
        }
        Later::NotPaid => ("≈ no: no later row of this amount at this merchant".to_owned(), theme.warn()),
        Later::NotSeen => ("not known: not all rows since are loaded".to_owned(), theme.dim()),
        Later::NotTold => ("not known: the row names no merchant or no amount".to_owned(), theme.dim()),
    };
    sheet.pair("paid later", &words, style);
}

/// The keys that mend it.
fn mends(sheet: &mut Sheet<'_>, row: &Transaction, card: &Card, cause: Option<Cause>) {
    let (store, theme) = (sheet.ctx.store, sheet.ctx.theme);
    let mut all = Vec::new();
    if card.status == CardStatus::Frozen {
        all.push((Act::Freeze, "unfreeze the card".to_owned()));
    }
    if let Some(short) = decline::short_now(store, row) {
        all.push((Act::TopUp, format!("top up the missing {}", text::money(&short, store.grouping))));
    }
    if matches!(cause, Some(Cause::Limit(_))) {
        all.push((Act::Edit, "change the limits".to_owned()));
    }
    if card.holder_id.is_some() {
        all.push((Act::Holder, "go to the person".to_owned()));
    }
    sheet.head("what to do");
    for (act, words) in all {
        let key = sheet.ctx.key(act);
        sheet.pair(&key, &words, theme.plain());
    }
    let ticket = format!("{} T", sheet.ctx.key(Act::Copy));
    sheet.pair(&ticket, "copy a ticket block of it", theme.plain());
}

/// This card's other declines.
fn this_card(sheet: &mut Sheet<'_>, at: TxRow, card: &Card) {
    let ctx = sheet.ctx;
    let (transactions, theme) = (&ctx.store.transactions, ctx.theme);
    let list = transactions.newest(&Scope::Card(card.id.clone()));
    let found = insight::declines(transactions, list, ctx.now);
    let newest = if found.cut { "the newest " } else { "" };
    sheet.head("this card");
    let count = |many| text::count(many, ctx.store.grouping);
    let words = format!("{} of {newest}{} declined in 30 days", count(found.declined), count(found.purchases));
    sheet.line(vec![(words, theme.plain())]);
    if !found.cut && !ctx.store.knows_the_days(ctx.now) {
        sheet.line(vec![("older rows are not loaded".to_owned(), theme.dim())]);
    }
    sheet.rate(found.declined, found.purchases);
    let others: Vec<TxRow> = found.newest.into_iter().filter(|row| *row != at).collect();
    decline_rows(sheet, &others);
}

/// What else the holder could pay with.
fn other_cards(sheet: &mut Sheet<'_>, card: &Card) {
    let (store, theme) = (sheet.ctx.store, sheet.ctx.theme);
    let Some(holder) = &card.holder_id else { return };
    let others =
        || store.cards.of_holder(holder).iter().map(|row| store.cards.get(*row)).filter(|one| one.id != card.id);
    let count = others().count();
    sheet.head("other cards of the holder");
    for other in others().take(OTHERS) {
        let (sign, word, tone) = theme::card_status(&other.status);
        let (has, style) = match other.spendable() {
            Field::Known(has) => (text::money(&has, store.grouping), theme.plain()),
            Field::Absent => ("balance not known".to_owned(), theme.dim()),
            Field::Unreadable => ("unreadable".to_owned(), theme.unreadable()),
        };
        sheet.line(vec![
            (text::fit(&describe::short(other), 7, text::Align::Left), theme.plain()),
            (format!("{sign} "), theme.tone(tone)),
            (text::fit(word, 10, text::Align::Left), theme.word(tone)),
            (format!(" {has}"), style),
        ]);
    }
    let more = match (store.held(holder), count.checked_sub(OTHERS).filter(|more| *more > 0)) {
        (_, Some(more)) => format!("and {} more", text::count(more, store.grouping)),
        (Held::Exact(_), None) if count == 0 => "none".to_owned(),
        (Held::Exact(_), None) => return,
        _ => "others may not be read yet".to_owned(),
    };
    sheet.line(vec![(more, theme.dim())]);
}
