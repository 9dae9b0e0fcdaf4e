//! What privacy hides: amounts, names, e-mails and numbers.
//!
//! They are marked where they are formatted ([`name`], [`amount`]) and hidden where the picture is finished
//! ([`finish`]), so that every pane, dialog and message is covered, one that was written before `P` was pressed
//! too. A mark is a character that stands behind each letter, takes no column and is part of it for all that
//! measures or cuts; no text of the API can hold one ([`SafeText`] replaces it). Marks never reach the terminal,
//! and leave the dashboard only through [`said`].
//!
//! [`SafeText`]: crate::domain::text::SafeText

use std::borrow::Cow;

use ratatui::buffer::{Buffer, Cell};

use super::text::{clusters, width};
use crate::domain::money::Grouping;

/// Behind each letter of a name: hidden from its beginning.
const NAME: char = '\u{e0100}';
/// Behind each digit of an amount: hidden from its end, so that its point is where those above it are.
const AMOUNT: char = '\u{e0101}';

/// Columns of what stands in place of something hidden. Always the same: a length tells too much.
const DOTS: usize = 4;
/// What it is made of.
const DOT: &str = "•";

/// Bytes of the mark with which these begin.
pub fn mark_len(bytes: &[u8]) -> usize {
    match bytes {
        // UTF-8 of the two.
        [0xf3, 0xa0, 0x84, 0x80 | 0x81, ..] => NAME.len_utf8(),
        _ => 0,
    }
}

fn marked(text: &str, mark: char) -> String {
    let mut out = String::with_capacity(text.len() * 5);
    for (cluster, _) in clusters(text) {
        out.push_str(cluster);
        // Spaces stay plain: prose is broken at them.
        if !cluster.contains([' ', NAME, AMOUNT]) {
            out.push(mark);
        }
    }
    out
}

/// A name, e-mail, number, or whatever else says who.
pub fn name(text: &str) -> String {
    marked(text, NAME)
}

/// An amount without its currency.
pub fn amount(text: &str) -> String {
    marked(text, AMOUNT)
}

/// A sentence that was made elsewhere: what looks like an amount, or like an e-mail address, is marked.
pub fn guarded(text: &str) -> String {
    rewritten(text, |digits, _| amount(digits), name)
}

/// A sentence that was made elsewhere, its amounts grouped like this: what stands before a currency, for what does not
/// may be there to be typed.
pub fn regrouped(text: &str, grouping: Grouping) -> String {
    let again = |amount: &str, of_money: bool| {
        let again = grouping.again(amount).filter(|_| of_money);
        again.unwrap_or_else(|| amount.to_owned())
    };
    rewritten(text, again, str::to_owned)
}

/// A sentence with everything in it that looks like an amount, or like an e-mail address, in other words.
fn rewritten(text: &str, amount: impl Fn(&str, bool) -> String, name: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let core = word.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '−'));
        let core = core.trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, NAME | AMOUNT));
        let before_currency = words.peek().is_some_and(|next| is_currency(next));
        if core.is_empty() {
            out.push_str(word);
        } else if is_amount(core) && (before_currency || core.contains('.')) {
            out.push_str(&word.replacen(core, &amount(core, before_currency), 1));
        } else if core.contains('@') {
            out.push_str(&word.replacen(core, &name(core), 1));
        } else {
            out.push_str(word);
        }
        if words.peek().is_some() {
            out.push(' ');
        }
    }
    out
}

fn is_amount(word: &str) -> bool {
    let digits = word.trim_start_matches(['-', '−']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | '\'' | '\u{a0}'))
}

fn is_currency(word: &str) -> bool {
    let letters = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    letters.len() >= 3 && letters.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// The text as it is, without marks: for comparing, and for what a person must see to confirm it.
pub fn bare(text: &str) -> Cow<'_, str> {
    match text.contains([NAME, AMOUNT]) {
        false => Cow::Borrowed(text),
        true => Cow::Owned(text.replace([NAME, AMOUNT], "")),
    }
}

/// The text as it may leave the dashboard, for a clipboard or a file.
pub fn said(text: &str, hide: bool) -> Cow<'_, str> {
    if !hide || !text.contains([NAME, AMOUNT]) {
        return bare(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut hidden = false;
    let mut clusters = clusters(text).map(|(cluster, _)| cluster).peekable();
    while let Some(cluster) = clusters.next() {
        // One space inside of a name does not tell how many words it has.
        let inside = hidden && cluster == " " && clusters.peek().is_some_and(|next| next.ends_with([NAME, AMOUNT]));
        match cluster.ends_with([NAME, AMOUNT]) {
            true if hidden => {}
            true => (0..DOTS).for_each(|_| out.push_str(DOT)),
            false if inside => continue,
            false => out.push_str(cluster),
        }
        hidden = cluster.ends_with([NAME, AMOUNT]);
    }
    Cow::Owned(out)
}

/// Takes the marks out of a finished picture, and what they are of when it is to be hidden.
pub fn finish(buffer: &mut Buffer, hide: bool) {
    if !hide {
        return buffer.content.iter_mut().filter(|cell| mark_of(cell).is_some()).for_each(unmark);
    }
    let area = buffer.area;
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let Some(mark) = mark_at(buffer, x, y) else {
                x += 1;
                continue;
            };
            let from = x;
            let mut to = x;
            while x < area.right() {
                if mark_at(buffer, x, y) == Some(mark) {
                    to = x + wipe(buffer, x, y);
                    x = to;
                } else if is(buffer, x, y, " ") && mark_at(buffer, x + 1, y) == Some(mark) {
                    x += 1;
                } else {
                    break;
                }
            }
            if is(buffer, to, y, "…") {
                wipe(buffer, to, y);
                to += 1;
            }
            cover(buffer, from..to, y, mark);
            x = to.max(from + 1);
        }
    }
}

/// The mark of a cell.
fn mark_of(cell: &Cell) -> Option<char> {
    let symbol = cell.symbol();
    // Most cells hold one byte.
    if symbol.len() < 5 {
        return None;
    }
    symbol.chars().next_back().filter(|last| matches!(*last, NAME | AMOUNT))
}

fn mark_at(buffer: &Buffer, x: u16, y: u16) -> Option<char> {
    buffer.cell((x, y)).and_then(mark_of)
}

fn is(buffer: &Buffer, x: u16, y: u16, symbol: &str) -> bool {
    buffer.cell((x, y)).is_some_and(|cell| cell.symbol() == symbol)
}

/// Takes the mark from a cell.
fn unmark(cell: &mut Cell) {
    match cell.symbol().as_bytes() {
        [one @ 0x20..0x7f, marks @ ..] if mark_len(marks) == marks.len() => cell.set_char(char::from(*one)),
        _ => {
            let symbol = bare(cell.symbol()).into_owned();
            cell.set_symbol(&symbol)
        }
    };
}

/// Takes from a cell all that it shows; how many columns that had.
fn wipe(buffer: &mut Buffer, x: u16, y: u16) -> u16 {
    let Some(cell) = buffer.cell_mut((x, y)) else { return 1 };
    let columns = u16::try_from(width(cell.symbol())).unwrap_or(1).max(1);
    cell.set_symbol(" ");
    columns
}

fn cover(buffer: &mut Buffer, columns: std::ops::Range<u16>, y: u16, mark: char) {
    let dots = DOTS.min(columns.len());
    let from = if mark == AMOUNT { columns.len() - dots } else { 0 };
    for x in columns.skip(from).take(dots) {
        if let Some(cell) = buffer.cell_mut((x, y)) {
            cell.set_symbol(DOT);
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;
    use crate::app::text;

    fn drawn(line: &str, hide: bool) -> String {
        let area = Rect::new(0, 0, 40, 1);
        let mut buffer = Buffer::empty(area);
        text::put(&mut buffer, area, 0, 0, line, 40, Style::new());
        finish(&mut buffer, hide);
        let shown: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
        shown.trim_end().to_owned()
    }

    #[test]
    fn marks_take_no_room_and_are_never_seen() {
        for plain in ["Ana Silva", "Événements été", "1,234.50", "東京", "👩‍👩‍👧 x", ""] {
            let marked = name(plain);
            assert_eq!(text::width(&marked), text::width(plain), "{plain}");
            assert_eq!(bare(&marked), plain);
            assert_eq!(bare(&text::cut(&marked, 4)), text::cut(plain, 4), "{plain}");
            assert_eq!(said(&marked, false), plain);
        }
        assert_eq!(drawn(&format!("by {} now", name("Ana Silva")), false), "by Ana Silva now");
    }

    #[test]
    fn what_is_hidden_tells_no_length() {
        assert_eq!(drawn(&format!("[{}]", name("Ana Silva")), true), "[••••     ]");
        assert_eq!(drawn(&format!("[{}]", amount("1,234.50")), true), "[    ••••]");
        assert_eq!(drawn(&format!("[{}]", amount("0.00")), true), "[••••]");
        assert_eq!(drawn(&text::cut(&name("Marketing Q1"), 7), true), "••••");
        assert_eq!(drawn(&format!("{} USD", amount("-0.50")), true), " •••• USD");
        assert_eq!(said(&format!("{} has {} USD", name("Ana B. Silva"), amount("5.00")), true), "•••• has •••• USD");
    }

    #[test]
    fn a_sentence_made_elsewhere_is_guarded_by_its_shape() {
        let hidden = |text: &str| said(&guarded(text), true).into_owned();
        assert_eq!(hidden("only 12.00 USD available, 50.00 asked"), "only •••• USD available, •••• asked");
        assert_eq!(hidden("−1,200 JPY (a@b.example)."), "•••• JPY (••••).");
        assert_eq!(hidden("as of 14:03:22, 3 cards of •4242"), "as of 14:03:22, 3 cards of •4242");
        for grouping in Grouping::ALL {
            assert_eq!(hidden(&regrouped("only 1,234,567.00 USD available", grouping)), "only •••• USD available");
        }
        let point = |text: &str| regrouped(text, Grouping::Point);
        assert_eq!(point("−1,200 JPY, 12.00 USD; for example 50.00"), "−1.200 JPY, 12,00 USD; for example 50.00");
        let once = guarded("12.00 USD");
        assert_eq!(guarded(&once), once);
    }
}
