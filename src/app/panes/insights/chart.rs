//! A curve of the range as bars of several lines, where there is room for it.

use ratatui::style::Style;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::board::{Board, SumLine};
use super::line::{Line, head};
use super::money::steps;
use crate::app::private;
use crate::app::text::{self, Align};
use crate::app::ui::bars::BARS;
use crate::app::ui::frame::RenderCtx;
use crate::domain::money::Money;

/// Fewest lines of bars that say something.
const LEAST: usize = 4;
/// Most lines of bars.
const MOST: usize = 9;
/// Most columns of one bar.
const WIDEST: usize = 4;

/// The bars of a sum in at most `height` lines, head and scale included; none where there is no room.
pub(super) fn lines(
    name: &str,
    line: &SumLine,
    board: &Board,
    room: usize,
    height: usize,
    style: Style,
    ctx: &RenderCtx<'_>,
) -> Vec<Line> {
    let rows = height.saturating_sub(2).min(MOST);
    let sums = steps(line, board, room, ctx);
    let most = sums.iter().filter_map(|sum| sum.known()).map(Money::amount).max().unwrap_or(Decimal::ZERO);
    if rows < LEAST || sums.is_empty() || most.is_zero() {
        return Vec::new();
    }
    let wide = (room / sums.len()).clamp(1, WIDEST);
    let each = if board.span.days() == 1 { "an hour" } else { "a day" };
    let most_words = text::short_money(&Money::new(most, line.currency), ctx.store.grouping);
    let mut lines = vec![head(name, &format!("at most {most_words} {each}"), ctx)];
    let levels: Vec<Option<usize>> = sums.iter().map(|sum| sum.known().map(|sum| level(sum, most, rows))).collect();
    for row in (0..rows).rev() {
        let runs = levels.iter().map(|level| match level {
            // Nothing is known of it.
            None => (if row == 0 { "·".to_owned() } else { " ".to_owned() } + &" ".repeat(wide - 1), ctx.theme.dim()),
            Some(level) => (bar(level.saturating_sub(row * BARS.len()), wide), style),
        });
        lines.push(Line::new(runs.collect()));
    }
    let label = |at: usize| match board.span.days() {
        1 => format!("{:02}:00", at * 24 / sums.len().max(1)),
        _ => board.span.each().nth(at).map_or(String::new(), |day| day.format("%-d %b").to_string()),
    };
    let last =
        if board.span.days() == 1 { format!("{:02}:59", last_hour(board, ctx)) } else { label(board.span.days() - 1) };
    let first = if board.span.days() == 1 { "00:00".to_owned() } else { label(0) };
    let across = (sums.len() * wide).max(text::width(&first) + text::width(&last) + 1);
    let scale = format!("{first}{}", text::fit(&last, across - text::width(&first), Align::Right));
    lines.push(Line::new(vec![(scale, ctx.theme.dim())]));
    lines
}

fn last_hour(board: &Board, ctx: &RenderCtx<'_>) -> u8 {
    if board.is_one_open_day { crate::app::clock::day_and_hour(ctx.now.wall, &ctx.setup.zone).1 } else { 23 }
}

/// Eighths of a line that an amount is high.
fn level(sum: &Money, most: Decimal, rows: usize) -> usize {
    if sum.is_negative() || sum.is_zero() {
        return 0;
    }
    let all = Decimal::from(rows * BARS.len());
    let level = sum.amount().checked_mul(all).and_then(|part| part.checked_div(most));
    level.and_then(|level| level.ceil().to_usize()).unwrap_or(0)
}

/// What of a bar is on one line.
fn bar(eighths: usize, wide: usize) -> String {
    let sign = match eighths.checked_sub(1) {
        None => " ",
        Some(at) => BARS.get(at).copied().unwrap_or("█"),
    };
    let filled = if wide > 1 { wide - 1 } else { wide };
    let bar = sign.repeat(filled);
    let bar = if eighths == 0 { bar } else { private::amount(&bar) };
    format!("{bar}{}", " ".repeat(wide - filled))
}
