//! Text in columns: measured, cut and aligned by what a terminal shows, not by bytes or characters.
//!
//! Widths are those of the drawing buffer itself, grapheme by grapheme, so that a column ends where this
//! module says it ends. What says who or how much is formatted here and marked for privacy ([`private`]). Does not
//! know colours or panes.

use std::borrow::Cow;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::private;
use crate::domain::failure::Failure;
use crate::domain::money::{CUT, Grouping, Money};
use crate::domain::text::SafeText;

/// Stands before a name that may pretend to be another (T4).
pub const DOUBTFUL: char = '⚠';

/// The graphemes of a text, each with the columns it takes; what cannot be drawn takes none.
///
/// Nearly all that is drawn is ASCII, marked or not: whoever that is, stands alone before more of the like, and is not
/// looked up.
pub fn clusters(text: &str) -> Clusters<'_> {
    Clusters(text)
}

/// See [`clusters`].
#[derive(Clone, Debug)]
pub struct Clusters<'a>(&'a str);

impl<'a> Iterator for Clusters<'a> {
    type Item = (&'a str, usize);

    fn next(&mut self) -> Option<(&'a str, usize)> {
        let bytes = self.0.as_bytes();
        let first = bytes.first()?;
        if (0x20..0x7f).contains(first) {
            let end = 1 + private::mark_len(bytes.get(1..).unwrap_or(&[]));
            if bytes.get(end).is_none_or(u8::is_ascii)
                && let Some((cluster, rest)) = self.0.split_at_checked(end)
            {
                self.0 = rest;
                return Some((cluster, 1));
            }
        }
        let cluster = self.0.graphemes(true).next()?;
        self.0 = self.0.get(cluster.len()..).unwrap_or("");
        let columns = match cluster.chars().any(char::is_control) {
            true => 0,
            false => usize::from(cluster.cell_width()),
        };
        Some((cluster, columns))
    }
}

/// Columns a text takes on the screen.
pub fn width(text: &str) -> usize {
    match text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        true => text.len(),
        false => clusters(text).map(|(_, columns)| columns).sum(),
    }
}

/// The text in at most `most` columns, cut between graphemes, its last column `…` when something is gone (R8).
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if width(text) <= most {
        return Cow::Borrowed(text);
    }
    if most == 0 {
        return Cow::Borrowed("");
    }
    let mut kept = String::with_capacity(text.len().min(most * 4 + 3));
    let mut used = 0;
    for (cluster, wide) in clusters(text) {
        if used + wide > most - 1 {
            break;
        }
        kept.push_str(cluster);
        used += wide;
    }
    let kept_to = kept.trim_end().len();
    kept.truncate(kept_to);
    kept.push('…');
    Cow::Owned(kept)
}

/// Where a text stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Exactly `columns` columns: cut or filled with spaces.
pub fn fit(text: &str, columns: usize, align: Align) -> String {
    let shown = cut(text, columns);
    let fill = " ".repeat(columns.saturating_sub(width(&shown)));
    match align {
        Align::Left => format!("{shown}{fill}"),
        Align::Right => format!("{fill}{shown}"),
    }
}

/// A word of the API as it is shown: with a sign when it is doubtful (T4).
pub fn word(text: &SafeText) -> Cow<'_, str> {
    match text.is_doubtful() {
        true => Cow::Owned(format!("{DOUBTFUL} {text}")),
        false => Cow::Borrowed(text.as_str()),
    }
}

/// A name, an e-mail address, or whatever else says who; privacy hides it.
pub fn name(text: &SafeText) -> String {
    private::name(&word(text))
}

/// An amount with its currency, grouped as the profile says; privacy hides it.
pub fn money(amount: &Money, grouping: Grouping) -> String {
    format!("{} {}", private::amount(&amount.digits_in(grouping)), amount.currency())
}

/// The digits of an amount as lists show them: at the scale of the currency; privacy hides them.
pub fn short_digits(amount: &Money, grouping: Grouping) -> String {
    private::amount(&amount.short_in(grouping))
}

/// The same as lists show it: at the scale of the currency.
pub fn short_money(amount: &Money, grouping: Grouping) -> String {
    format!("{} {}", short_digits(amount, grouping), amount.currency())
}

/// Why a call failed. What the API said about it may name anything, so privacy hides it.
pub fn failure(failure: &Failure) -> String {
    match failure.status {
        Some(_) => failure.told(&private::name(failure.detail.as_str())),
        None => failure.sentence(),
    }
}

/// A count, grouped as amounts are: `43,000`.
pub fn count(value: usize, grouping: Grouping) -> String {
    grouping.of_plain(&value.to_string())
}

/// Breaks prose into lines of at most `columns`, between words where it can.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    if columns == 0 {
        return lines;
    }
    // Not at the gap within an amount.
    for word in text.split([' ', '\n', '\t']).filter(|word| !word.is_empty()) {
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for (cluster, wide) in clusters(word) {
            if width(&line) + wide > columns {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(cluster);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A sentence in at most `most` lines. One that is too long loses its first parts, up to a colon: the particulars
/// stand at its end.
pub fn ending(sentence: &str, columns: usize, most: usize) -> Vec<String> {
    let mut rest = sentence;
    let mut lines = wrap(rest, columns);
    while lines.len() > most
        && let Some((_, after)) = rest.split_once(": ")
    {
        rest = after;
        lines = wrap(rest, columns);
    }
    if lines.len() > most {
        let last = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.extend((most > 0).then(|| cut(&last, columns).into_owned()));
    }
    lines
}

/// Writes a text on one line, inside `area` and nowhere else, cut when it is longer than `most`.
/// Returns the column after it.
pub fn put(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, most: u16, style: Style) -> u16 {
    let area = area.intersection(buffer.area);
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
        return x;
    }
    let mut x = x;
    for (cluster, columns) in clusters(&cut(text, usize::from(most.min(area.right() - x)))) {
        for column in 0..columns {
            let Some(cell) = buffer.cell_mut((x, y)) else { return x };
            match column {
                0 => drop(cell.set_symbol(cluster).set_style(style)),
                // Covered by the one before it.
                _ => cell.reset(),
            }
            x += 1;
        }
    }
    x
}

/// Makes the marks of amounts that go on faint, where amounts were drawn.
pub fn fade_cuts(buffer: &mut Buffer, area: Rect, style: Style) {
    let area = area.intersection(buffer.area);
    for y in area.rows().map(|row| row.y) {
        for x in area.left().saturating_add(1)..area.right() {
            let symbol = |x| buffer.cell((x, y)).map_or("", |cell| cell.symbol());
            // Privacy's marks stand behind both.
            if symbol(x).starts_with(CUT)
                && symbol(x - 1).starts_with(|sign: char| sign.is_ascii_digit())
                && let Some(cell) = buffer.cell_mut((x, y))
            {
                cell.set_style(style);
            }
        }
    }
}

/// How wide a column of amounts must be for all of them to stand on their point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AmountFit {
    /// Columns before the point, sign and grouping included.
    pub whole: usize,
    /// Columns from the point on, the point included.
    pub fraction: usize,
    /// Columns of the longest currency code.
    pub currency: usize,
    pub grouping: Grouping,
    /// At the scale of their currency, with a mark where that is not all: for lists. Details show every digit.
    pub short: bool,
}

impl AmountFit {
    /// Room that is kept even when no amount needs it, so that a list does not shake as it scrolls.
    pub fn usual(grouping: Grouping) -> AmountFit {
        AmountFit { whole: 6, fraction: 3, currency: 3, grouping, short: false }
    }

    /// Grows to fit this amount too.
    pub fn add(&mut self, amount: &Money) {
        let digits = self.digits(amount);
        let (whole, fraction) = digits.split_at(self.point(&digits));
        self.whole = self.whole.max(whole.chars().count());
        self.fraction = self.fraction.max(fraction.chars().count());
        self.currency = self.currency.max(amount.currency().as_str().len());
    }

    /// Its digits as they are shown here.
    fn digits(&self, amount: &Money) -> String {
        if self.short { amount.short_in(self.grouping) } else { amount.digits_in(self.grouping) }
    }

    /// Where its fraction begins, or the mark of one that was cut.
    fn point(&self, digits: &str) -> usize {
        digits.find([self.grouping.point(), CUT]).unwrap_or(digits.len())
    }

    /// The same for the amounts of a list.
    pub fn of_list<'a>(amounts: impl IntoIterator<Item = &'a Money>, grouping: Grouping) -> AmountFit {
        let mut fit = AmountFit { short: true, ..AmountFit::usual(grouping) };
        for amount in amounts {
            fit.add(amount);
        }
        fit
    }

    /// Grows to fit everything the other fits.
    pub fn of<'a>(amounts: impl IntoIterator<Item = &'a Money>, grouping: Grouping) -> AmountFit {
        let mut fit = AmountFit::usual(grouping);
        for amount in amounts {
            fit.add(amount);
        }
        fit
    }

    /// Columns in all.
    pub fn width(&self) -> usize {
        self.whole + self.fraction + 1 + self.currency
    }

    /// The amount in exactly `width()` columns, its point where all others have theirs; privacy hides it.
    pub fn show(&self, amount: &Money) -> String {
        let digits = self.digits(amount);
        let (whole, fraction) = digits.split_at(self.point(&digits));
        let mut out = fit(&private::amount(whole), self.whole, Align::Right);
        out.push_str(&fit(&private::amount(fraction), self.fraction, Align::Left));
        out.push(' ');
        out.push_str(&fit(amount.currency().as_str(), self.currency, Align::Left));
        out
    }

    /// A word in place of an amount, ending where the digits end.
    pub fn word(&self, word: &str) -> String {
        format!("{}{}", fit(word, self.whole + self.fraction, Align::Right), " ".repeat(1 + self.currency))
    }
}
