//! Bars of one cell, for curves in a line.

use ratatui::style::Style;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::super::private;
use super::super::theme::Theme;
use crate::domain::money::Money;

/// Eight heights of a bar.
pub const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The bar of one amount beside others, of which `most` is the largest; nothing, less than nothing and what cannot be held
/// are the lowest, and dim.
pub fn bar(amount: Option<&Money>, most: Decimal, theme: &Theme) -> (String, Style) {
    let amount = match amount {
        Some(amount) if !amount.is_negative() && !amount.is_zero() => amount.amount(),
        _ => return (private::amount("▁"), theme.dim()),
    };
    let step = amount
        .checked_mul(Decimal::from(7))
        .and_then(|part| part.checked_div(most))
        .and_then(|step| step.ceil().to_usize())
        .unwrap_or(0);
    (private::amount(BARS.get(step).copied().unwrap_or("█")), theme.accent())
}
