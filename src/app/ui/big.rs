//! Large digits, for amounts that are read from afar: three columns and three rows each, of half blocks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::text;

/// Rows of a large amount.
pub const ROWS: u16 = 3;
/// Rows of dots of a letter; two stand in one row of the screen.
const DOTS: usize = 5;

/// The dots of a digit or a sign between digits, row by row: the bits of its columns, the left one first. What is no
/// part of an amount has none.
fn dots(c: char) -> Option<(u16, [u8; DOTS])> {
    Some(match c {
        '0' => (3, [0b111, 0b101, 0b101, 0b101, 0b111]),
        '1' => (3, [0b010, 0b110, 0b010, 0b010, 0b111]),
        '2' => (3, [0b111, 0b001, 0b111, 0b100, 0b111]),
        '3' => (3, [0b111, 0b001, 0b111, 0b001, 0b111]),
        '4' => (3, [0b101, 0b101, 0b111, 0b001, 0b001]),
        '5' => (3, [0b111, 0b100, 0b111, 0b001, 0b111]),
        '6' => (3, [0b111, 0b100, 0b111, 0b101, 0b111]),
        '7' => (3, [0b111, 0b001, 0b001, 0b010, 0b010]),
        '8' => (3, [0b111, 0b101, 0b111, 0b101, 0b111]),
        '9' => (3, [0b111, 0b101, 0b111, 0b001, 0b111]),
        '-' | '−' => (3, [0b000, 0b000, 0b111, 0b000, 0b000]),
        '.' => (1, [0, 0, 0, 0, 1]),
        ',' | '\'' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' => (1, [0; DOTS]),
        _ => return None,
    })
}

/// Columns that a text takes: large where it is an amount, plain words in between.
fn width(text: &str) -> u16 {
    text.chars().map(|c| dots(c).map_or_else(|| columns(c), |(wide, _)| wide + 1)).fold(0, u16::saturating_add)
}

fn columns(c: char) -> u16 {
    u16::try_from(text::width(c.encode_utf8(&mut [0; 4]))).unwrap_or(0)
}

/// Draws `USD 48,210.55` from a column on; where it ends. Where it does not fit nothing is drawn. In ASCII it is one line.
pub fn put(buffer: &mut Buffer, area: Rect, x: u16, amount: &str, style: Style, ascii: bool) -> Option<u16> {
    let area = area.intersection(buffer.area);
    let plain = u16::try_from(text::width(amount)).unwrap_or(u16::MAX);
    let is_large = !ascii && area.height >= ROWS;
    let wide = if is_large { width(amount) } else { plain };
    if x.saturating_add(wide) > area.right() {
        return None;
    }
    let bottom = area.y.saturating_add(if is_large { ROWS - 1 } else { 0 });
    if !is_large {
        return Some(text::put(buffer, area, x, bottom, amount, plain, style));
    }
    let mut x = x;
    for c in amount.chars() {
        let Some((wide, rows)) = dots(c) else {
            x = text::put(buffer, area, x, bottom, c.encode_utf8(&mut [0; 4]), columns(c), style);
            continue;
        };
        for column in 0..wide {
            let dot = |row: usize| rows.get(row).is_some_and(|bits| bits >> (wide - 1 - column) & 1 == 1);
            for row in 0..ROWS {
                let at = usize::from(row) * 2;
                let sign = match (dot(at), dot(at + 1)) {
                    (true, true) => "█",
                    (true, false) => "▀",
                    (false, true) => "▄",
                    (false, false) => continue,
                };
                text::put(buffer, area, x + column, area.y + row, sign, 1, style);
            }
        }
        x = x.saturating_add(wide + 1);
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(amount: &str, columns: u16, ascii: bool) -> (Option<u16>, Vec<String>) {
        let area = Rect::new(0, 0, columns, ROWS);
        let mut buffer = Buffer::empty(area);
        let end = put(&mut buffer, area, 0, amount, Style::new(), ascii);
        let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
        (end, (0..ROWS).map(|y| row(y).trim_end().to_owned()).collect())
    }

    #[test]
    fn an_amount_is_drawn_large_or_not_at_all() {
        let (end, rows) = drawn("EUR 17.40", 60, false);
        assert_eq!(rows, ["     ▄█  ▀▀█   █ █ █▀█", "      █   ▄▀   ▀▀█ █ █", "EUR  ▀▀▀  ▀  ▀   ▀ ▀▀▀"], "{rows:#?}");
        assert_eq!(end, Some(width("EUR 17.40")));
        assert_eq!(drawn("EUR 17.40", 12, false), (None, vec![String::new(); 3]));
        assert_eq!(drawn("EUR 17.40", 60, true).1, ["EUR 17.40", "", ""]);
    }
}
