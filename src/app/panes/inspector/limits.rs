//! The limits of a card: how much of each is spent, as the API says it or as the loaded rows let one infer.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use ratatui::style::Style;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{LABEL, Sheet};
use crate::app::msg::{Now, Topic};

use crate::app::private;
use crate::app::store::insight::{self, Used};
use crate::app::store::{Scope, Store};
use crate::app::text;
use crate::domain::card::{Card, Limit, LimitKind};
use crate::domain::field::Field;
use crate::domain::intent::Kind;
use crate::domain::money::Money;
use crate::domain::transaction::Feed;

/// Cells of a bar.
const CELLS: usize = 8;

pub(super) fn lines(sheet: &mut Sheet<'_>, card: &Card) {
    let (store, theme) = (sheet.ctx.store, sheet.ctx.theme);
    match &card.limits {
        Field::Known(limits) => {
            for limit in limits {
                one(sheet, card, limit);
            }
        }
        Field::Unreadable => sheet.pair("limits", "unreadable", theme.unreadable()),
        Field::Absent => {}
    }
    if store.link.missing.has(Kind::UpdateCard) {
        prose(sheet, "cannot be changed: this deployment has no such call");
    }
}

/// A remark, over the whole width.
fn prose(sheet: &mut Sheet<'_>, words: &str) {
    for part in text::wrap(words, sheet.columns) {
        sheet.line(vec![(part, sheet.ctx.theme.dim())]);
    }
}

pub(super) fn word(kind: &LimitKind) -> &str {
    match kind {
        LimitKind::Transaction => "each time",
        LimitKind::Daily => "daily",
        LimitKind::Weekly => "weekly",
        LimitKind::Monthly => "monthly",
        LimitKind::Yearly => "yearly",
        LimitKind::Lifetime => "lifetime",
        LimitKind::Other(word) => word.as_str(),
    }
}

/// A limit, with a bar where it is known or can be inferred how much of it is used.
fn one(sheet: &mut Sheet<'_>, card: &Card, limit: &Limit) {
    let theme = sheet.ctx.theme;
    let label = |about: &str| {
        let word = text::fit(&format!("{about}{}", word(&limit.kind)), LABEL - 1, text::Align::Left);
        format!("{word} ")
    };
    match (&limit.value, &limit.spent) {
        (Field::Known(value), Field::Known(spent)) => gauge(sheet, label(""), value, spent),
        (Field::Known(value), Field::Absent) => match infer(sheet.ctx.store, card, limit, value, sheet.ctx.now) {
            Some(seen) => {
                gauge(sheet, label("≈ "), value, &seen.spent);
                let rows = if seen.rows == 1 {
                    "1 row".to_owned()
                } else {
                    format!("{} rows", text::count(seen.rows, sheet.ctx.store.grouping))
                };
                let part = if seen.whole { "" } else { "; not all here" };
                prose(sheet, &format!("inferred from {rows}{part}"));
            }
            None => sheet
                .line(vec![(label(""), theme.dim()), (text::money(value, sheet.ctx.store.grouping), theme.plain())]),
        },
        (Field::Known(value), Field::Unreadable) => sheet.line(vec![
            (label(""), theme.dim()),
            (text::money(value, sheet.ctx.store.grouping), theme.plain()),
            ("  spent unreadable".to_owned(), theme.unreadable()),
        ]),
        (Field::Absent, _) => {}
        (Field::Unreadable, _) => {
            sheet.line(vec![(label(""), theme.dim()), ("unreadable".to_owned(), theme.unreadable())]);
        }
    }
}

/// What of a limit is spent, by the rows that are here.
struct Seen {
    spent: Money,
    rows: usize,
    /// Whether all rows of the span are here.
    whole: bool,
}

/// When the span began that a limit counts over. In UTC: which zone the platform counts its days in is not known.
pub(super) fn began(kind: &LimitKind, now: DateTime<Utc>) -> Option<Option<DateTime<Utc>>> {
    let today = now.date_naive();
    let day = match kind {
        LimitKind::Daily => Some(today),
        LimitKind::Weekly => {
            today.checked_sub_days(chrono::Days::new(u64::from(today.weekday().num_days_from_monday())))
        }
        LimitKind::Monthly => today.with_day(1),
        LimitKind::Yearly => NaiveDate::from_ymd_opt(today.year(), 1, 1),
        LimitKind::Lifetime => return Some(None),
        // One payment at a time uses nothing up, and what an unknown word counts nobody knows.
        LimitKind::Transaction | LimitKind::Other(_) => return None,
    };
    day.map(|day| Some(day.and_time(NaiveTime::MIN).and_utc()))
}

fn infer(store: &Store, card: &Card, limit: &Limit, value: &Money, now: Now) -> Option<Seen> {
    let from = began(&limit.kind, now.wall)?;
    let list = store.transactions.newest(&Scope::Card(card.id.clone()));
    let used = insight::used(&store.transactions, list, from, None, value.currency());
    Some(Seen { spent: used.spent?, rows: used.rows, whole: is_whole(store, card, from, &used) })
}

/// Whether everything that counts towards a limit since a moment, or ever, is here.
pub(super) fn is_whole(store: &Store, card: &Card, from: Option<DateTime<Utc>>, used: &Used) -> bool {
    let of_card = store.status(&Topic::CardTransactions(card.id.clone())).complete;
    (of_card || store.reach(Feed::Cards).covers(from)) && !used.cut && used.unreadable == 0
}

fn gauge(sheet: &mut Sheet<'_>, label: String, value: &Money, spent: &Money) {
    let theme = sheet.ctx.theme;
    let filled = spent
        .amount()
        .checked_mul(Decimal::from(CELLS))
        .and_then(|spent| spent.checked_div(value.amount()))
        .and_then(|cells| cells.floor().to_usize())
        .unwrap_or(0)
        .clamp(usize::from(!spent.is_zero()), CELLS);
    let style = level(&theme, value, spent);
    let used = (
        format!(
            "{} / {}",
            private::amount(&spent.digits_in(sheet.ctx.store.grouping)),
            text::money(value, sheet.ctx.store.grouping)
        ),
        theme.plain(),
    );
    let bar = |filled: usize, wide: usize| {
        let [full, empty] = ["▓".repeat(filled), "░".repeat(wide - filled)];
        [(private::amount(&full), style), (private::amount(&empty), theme.dim())]
    };
    if LABEL + CELLS + 2 + text::width(&used.0) <= sheet.columns {
        sheet.line(
            [(label, theme.dim())]
                .into_iter()
                .chain(bar(filled, CELLS))
                .chain([("  ".to_owned(), used.1), used])
                .collect(),
        );
        return;
    }
    // Too long for one line: the bar stands below, as wide as the numbers.
    let wide = text::width(&used.0).min(sheet.columns.saturating_sub(LABEL));
    let filled = filled * wide / CELLS;
    sheet.line(vec![(label, theme.dim()), used]);
    sheet.line(std::iter::once((" ".repeat(LABEL), theme.plain())).chain(bar(filled, wide)).collect());
}

/// Used up, nearly so (four fifths), or not.
fn level(theme: &crate::app::theme::Theme, value: &Money, spent: &Money) -> Style {
    let over = spent.compare(value).is_some_and(|order| order.is_ge());
    let near = spent
        .amount()
        .checked_mul(Decimal::from(5))
        .is_some_and(|five| value.amount().checked_mul(Decimal::from(4)).is_some_and(|four| five >= four));
    match (over, near) {
        (true, _) => theme.bad(),
        (false, true) => theme.warn(),
        (false, false) => theme.good(),
    }
}
