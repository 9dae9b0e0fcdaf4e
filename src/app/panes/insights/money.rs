//! The sums of the range, their curves, and how they compare.

use ratatui::style::Style;
use rust_decimal::Decimal;

use super::board::{Board, SumLine};
use super::line::{Line, head};
use super::row::Row;
use crate::app::clock;
use crate::app::insights::incomplete;
use crate::app::insights::measure::Measure;
use crate::app::panes::cardholders::rate;
use crate::app::store::Reach;
use crate::app::text::{self, Align, AmountFit};
use crate::app::thresholds;
use crate::app::ui::bars::bar;
use crate::app::ui::frame::RenderCtx;
use crate::domain::field::Field;
use crate::domain::money::Money;

/// Columns of a label.
const LABEL: usize = 11;
/// Most steps of a curve.
const CURVE: usize = 31;

fn label(measure: Measure) -> &'static str {
    match measure {
        Measure::Spent => "spent",
        Measure::Declined => "declined",
        Measure::Refunded => "refunded",
        Measure::ToppedUp => "topped up",
        Measure::PaidIn => "paid in",
        Measure::Fees | Measure::PurchaseFees => "fees",
    }
}

/// How much more or less it is than before: `+8 %`.
pub(in crate::app::panes) fn change(now: &Money, before: &Money) -> String {
    if before.is_zero() {
        return if now.is_zero() { "as before" } else { "none before" }.to_owned();
    }
    let percent = now.checked_sub(before).and_then(|more| more.amount().checked_mul(Decimal::ONE_HUNDRED));
    match percent.and_then(|more| more.checked_div(before.amount())).map(|percent| percent.round()) {
        Some(percent) if percent > Decimal::from(999) => "> +999 %".to_owned(),
        Some(percent) if percent.is_zero() => "±0 %".to_owned(),
        Some(percent) if percent.is_sign_negative() => format!("−{} %", percent.abs().normalize()),
        Some(percent) => format!("+{} %", percent.normalize()),
        None => String::new(),
    }
}

/// A curve in at most so many steps, each `Absent` before the first row that is here and `Unreadable` where it is too large.
pub(super) fn steps(line: &SumLine, board: &Board, most: usize, ctx: &RenderCtx<'_>) -> Vec<Field<Money>> {
    if line.curve.is_empty() || most == 0 {
        return Vec::new();
    }
    // Hours that are still to come are not drawn.
    let to = match board.is_one_open_day {
        true => clock::day_and_hour(ctx.now.wall, &ctx.setup.zone).1 as usize + 1,
        false => line.curve.len(),
    };
    let known: Vec<Option<Money>> = line.curve.iter().take(to).copied().collect();
    let step = known.len().div_ceil(most).max(1);
    let sum = |part: &[Option<Money>]| {
        part.iter().copied().reduce(|a, b| a.zip(b).and_then(|(a, b)| a.checked_add(&b))).flatten()
    };
    let parts = known.chunks(step).enumerate().map(|(at, part)| match (at + 1) * step <= board.blank {
        true => Field::Absent,
        false => sum(part).map_or(Field::Unreadable, Field::Known),
    });
    parts.collect()
}

fn curve(line: &SumLine, board: &Board, room: usize, ctx: &RenderCtx<'_>) -> Vec<(String, Style)> {
    if room < 6 {
        return Vec::new();
    }
    let sums = steps(line, board, room.min(CURVE), ctx);
    let most = sums.iter().filter_map(|sum| sum.known()).map(Money::amount).max().unwrap_or(Decimal::ZERO);
    let bars = sums.iter().map(|sum| match sum {
        Field::Absent => ("·".to_owned(), ctx.theme.dim()),
        sum => bar(sum.known(), most, &ctx.theme),
    });
    bars.collect()
}

/// The section of the sums.
pub(super) fn money(board: &Board, room: usize, ctx: &RenderCtx<'_>) -> Vec<Line> {
    let (theme, grouping) = (&ctx.theme, ctx.store.grouping);
    let days = match board.span.days() {
        1 => board.span.first.format("%a %-d %b").to_string(),
        _ => format!("{} to {}", board.span.first.format("%-d %b"), board.span.last.format("%-d %b")),
    };
    let against = match &board.compared {
        Some(words) => format!("{days} · against {words}"),
        None => days,
    };
    let mut lines = vec![head("Money", &against, ctx)];
    if board.lines.is_empty() && board.sums.purchases == 0 {
        let nothing =
            if board.missing { "none in the rows that are loaded" } else { "no purchases, no fees, no top ups" };
        lines.push(Line::new(vec![(format!(" {nothing}"), theme.dim())]));
    }
    let sums: Vec<Money> = board.lines.iter().filter_map(|line| line.sum).collect();
    let fit = AmountFit::of_list(&sums, grouping);
    for row in &board.rows {
        match row {
            Row::Sum(measure, currency) => {
                let line = board.lines.iter().find(|line| line.measure == *measure && line.currency == *currency);
                lines.extend(line.map(|line| sum_line(line, board, &fit, room, ctx)));
            }
            Row::Rate => {
                let (declined, purchases) = (board.sums.declined, board.sums.purchases);
                let words = rate(declined, purchases, grouping);
                let words = format!("{:LABEL$}{} purchases declined", "", words.trim_start());
                let high = thresholds::high(declined, purchases, ctx.setup);
                let style = if high.is_some() { theme.bad() } else { theme.plain() };
                let high = high.map_or(String::new(), |percent| format!("  {} {percent} % or more", thresholds::HIGH));
                lines.push(Line::of(Row::Rate, vec![(words, style), (high, theme.bad())]));
            }
            Row::Unknown => {
                let rows = text::count(board.sums.unknown, grouping);
                let words = format!("? {rows} more without a known amount, in no sum");
                lines.push(Line::of(Row::Unknown, vec![(words, theme.unreadable())]));
            }
            Row::OtherStates => {
                let rows = text::count(board.sums.other_states, grouping);
                let words = format!("? {rows} more in other states, in no sum");
                lines.push(Line::of(Row::OtherStates, vec![(words, theme.unreadable())]));
            }
            _ => {}
        }
    }
    // The foot of the pane says since when rows are loaded; a feed of which there is none is said where its sums would be.
    let unread = Some(ctx.store.reach_of_both()).filter(|reach| matches!(reach, Reach::Unread { .. }));
    if let Some(why) = unread.and_then(|_| incomplete(ctx.store, board.span.first, ctx.now.wall, &ctx.setup.zone)) {
        lines.push(Line::new(vec![(format!(" ? {why}"), theme.unreadable())]));
    }
    if board.undated > 0 {
        let rows = text::count(board.undated, grouping);
        lines.push(Line::new(vec![(
            format!(" ? {rows} rows without a readable time, in no range"),
            theme.unreadable(),
        )]));
    }
    lines
}

fn sum_line(line: &SumLine, board: &Board, fit: &AmountFit, room: usize, ctx: &RenderCtx<'_>) -> Line {
    let theme = &ctx.theme;
    let loud = match line.measure {
        Measure::Spent => theme.strong(),
        Measure::Declined => theme.bad(),
        _ => theme.plain(),
    };
    let amount = match &line.sum {
        Some(sum) => fit.show(sum),
        None => fit.word("too much to add up"),
    };
    let mut runs = vec![(text::fit(label(line.measure), LABEL, Align::Left), theme.dim()), (amount, loud)];
    let count = format!("in {}", text::count(line.rows, ctx.store.grouping));
    let change = line.against.as_ref().map_or(String::new(), |(now, before)| change(now, before));
    let taken = LABEL + fit.width() + 2 + 9 + 9;
    let curve = curve(line, board, room.saturating_sub(taken), ctx);
    if !curve.is_empty() {
        runs.push(("  ".to_owned(), theme.plain()));
        runs.extend(curve);
    }
    runs.push((format!("  {}", text::fit(&count, 7, Align::Left)), theme.dim()));
    runs.push((format!("  {change}"), theme.plain()));
    if line.measure == Measure::PurchaseFees {
        runs.push(("  named by purchases".to_owned(), theme.dim()));
    }
    Line::of(Row::Sum(line.measure, line.currency), runs)
}
