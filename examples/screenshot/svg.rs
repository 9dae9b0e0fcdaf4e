//! A screen of cells as an SVG picture: one `<text>` for each run of one style, placed on the grid.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Size of a cell and of the letters in it, in pixels.
const CELL: (f32, f32) = (9.0, 19.0);
const LETTERS: f32 = 14.95;
const MARGIN: f32 = 12.0;
/// The terminal's own colours.
const PAPER: &str = "#16181d";
const INK: &str = "#d6d9e0";

/// The sixteen colours as a common dark terminal shows them.
fn colour(colour: Color, otherwise: &'static str) -> String {
    match colour {
        Color::Reset => otherwise,
        Color::Black => "#16181d",
        Color::Red => "#e06c75",
        Color::Green => "#7ec699",
        Color::Yellow => "#e0b46c",
        Color::Blue => "#5c8fd6",
        Color::Magenta => "#c58fd6",
        Color::Cyan => "#5fc0cf",
        Color::Gray => "#b4b8c2",
        Color::DarkGray => "#5b606b",
        Color::LightRed => "#f08a92",
        Color::LightGreen => "#9be0b4",
        Color::LightYellow => "#f0cd8a",
        Color::LightBlue => "#84b4f0",
        Color::LightMagenta => "#ddb0ec",
        Color::LightCyan => "#8adbe6",
        Color::White => "#ffffff",
        Color::Rgb(r, g, b) => return format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(_) => otherwise,
    }
    .to_owned()
}

/// What decides whether two cells are one run.
fn style(cell: &Cell) -> (Color, Color, Modifier) {
    (cell.fg, cell.bg, cell.modifier)
}

/// The picture of a screen.
pub fn picture(buffer: &Buffer) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let width = f32::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f32::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"DejaVu Sans Mono, monospace\" font-size=\"{LETTERS}\" xml:space=\"preserve\">\n"
    );
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let cell = &buffer[(x, y)];
            let mut text = String::new();
            let mut end = x;
            // Anything but plain ASCII stands alone, so that a font's own width moves nothing after it.
            while end < columns && style(&buffer[(end, y)]) == style(cell) {
                let symbol = buffer[(end, y)].symbol();
                let alone = !symbol.is_ascii();
                if alone && !text.is_empty() {
                    break;
                }
                text.push_str(symbol);
                end += u16::try_from(symbol.width().max(1)).unwrap_or(1);
                if alone {
                    break;
                }
            }
            run(&mut out, (x, y), end - x, &text, cell);
            x = end;
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn run(out: &mut String, (x, y): (u16, u16), columns: u16, text: &str, cell: &Cell) {
    let (left, top) = (f32::from(x) * CELL.0 + MARGIN, f32::from(y) * CELL.1 + MARGIN);
    let width = f32::from(columns) * CELL.0;
    let (mut ink, mut paper) = (colour(cell.fg, INK), colour(cell.bg, PAPER));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut paper);
    }
    if paper != PAPER {
        let _ = writeln!(
            out,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"{paper}\"/>",
            width + 0.3,
            CELL.1 + 0.3
        );
    }
    if text.trim().is_empty() {
        return;
    }
    if drawn(out, (left, top), text, &ink, cell.modifier.contains(Modifier::DIM)) {
        return;
    }
    let weight = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let faint = if cell.modifier.contains(Modifier::DIM) { " fill-opacity=\"0.6\"" } else { "" };
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let base = top + CELL.1 * 0.75;
    let _ = writeln!(
        out,
        "<text x=\"{left}\" y=\"{base}\" fill=\"{ink}\"{weight}{faint} textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\">{escaped}</text>"
    );
}

/// Lines and bars are drawn, not written: a font does not fill the cell. False for everything else.
fn drawn(out: &mut String, (left, top): (f32, f32), symbol: &str, ink: &str, faint: bool) -> bool {
    let (width, height) = CELL;
    let (middle, centre) = (left + width / 2.0, top + height / 2.0);
    let (right, bottom) = (left + width, top + height);
    let opacity = if faint { 0.6 } else { 1.0 };
    let path = match symbol {
        "─" => format!("M{left} {centre}H{right}"),
        "│" => format!("M{middle} {top}V{bottom}"),
        "╭" => format!("M{right} {centre}Q{middle} {centre} {middle} {bottom}"),
        "╮" => format!("M{left} {centre}Q{middle} {centre} {middle} {bottom}"),
        "╰" => format!("M{right} {centre}Q{middle} {centre} {middle} {top}"),
        "╯" => format!("M{left} {centre}Q{middle} {centre} {middle} {top}"),
        bar => {
            let (eighths, strength) = match bar.chars().next() {
                Some(c @ '▁'..='█') => (c as u32 - '▁' as u32 + 1, 1.0),
                Some('▓') => (8, 0.85),
                Some('░') => (8, 0.35),
                _ => return false,
            };
            let tall = match strength < 1.0 {
                true => height * 0.6,
                false => height * 0.125 * eighths as f32,
            };
            let inset = if strength < 1.0 { height * 0.2 } else { 0.0 };
            let from = bottom - inset - tall;
            let opacity = opacity * strength;
            let _ = writeln!(
                out,
                "<rect x=\"{left}\" y=\"{from}\" width=\"{width}\" height=\"{tall}\" fill=\"{ink}\" fill-opacity=\"{opacity}\"/>"
            );
            return true;
        }
    };
    let _ = writeln!(
        out,
        "<path d=\"{path}\" stroke=\"{ink}\" stroke-opacity=\"{opacity}\" stroke-width=\"1.2\" fill=\"none\"/>"
    );
    true
}
