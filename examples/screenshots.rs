//! Makes the pictures in `screenshots/` from the real program on the seeded sandbox:
//!
//! `cargo build --release && cargo run --release --example screenshots`
//!
//! Each picture is the program in a real pseudo terminal, typed at, and drawn cell by cell as SVG; PNG is made
//! of it by `rsvg-convert` (Debian: `apt-get install librsvg2-bin fonts-dejavu-core`).
//! With arguments `COLUMNS ROWS NAME KEYS...` it makes that one picture instead.

#![allow(clippy::disallowed_methods, reason = "waiting for a real program takes real time")]

#[path = "../tests/support/tty.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod tty;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tty::Tty;

/// Name, columns, rows, and the keys pressed one after another.
const PICTURES: &[(&str, u16, u16, &[&str])] = &[
    ("dashboard-160x48", 160, 48, &["2", "j", "j"]),
    ("dashboard-100x30", 100, 30, &["2", "j", "j"]),
    ("dashboard-80x24", 80, 24, &["2", "j", "j"]),
    ("freeze-80x24", 80, 24, &["2", "j", "j", "f"]),
    ("top-up-160x48", 160, 48, &["2", "j", "j", "t", "250"]),
    ("people-160x48", 160, 48, &["4", "j"]),
    ("webhooks-100x30", 100, 30, &["6"]),
    ("help-160x48", 160, 48, &["?"]),
    ("filter-80x24", 80, 24, &["/", "status:frozen ma"]),
    ("commands-80x24", 80, 24, &[":", "top-up 3 50"]),
    ("copy-80x24", 80, 24, &["y"]),
    ("insights-160x48", 160, 48, &["5", "]", "]"]),
    ("insights-80x24", 80, 24, &["5", "]", "]"]),
    ("find-80x24", 80, 24, &["\x06", "dvor"]),
    ("export-100x30", 100, 30, &["3", "x"]),
];

const CELL: (f32, f32) = (9.633, 18.625);
const SIZE: f32 = 16.0;
const GROUND: &str = "#14161b";
const INK: &str = "#d7dae0";
const PALETTE: [&str; 16] = [
    "#1f2229", "#e06c75", "#8cc570", "#e0b35c", "#6aa5ef", "#c58ae0", "#56b6c2", "#c8ccd4", "#7a818e", "#ef8a92",
    "#a5d98c", "#f0ca7d", "#8fbdf5", "#d6a6ec", "#7fd0da", "#f2f4f8",
];

fn main() {
    let program = PathBuf::from("target/release/fourpay");
    assert!(program.exists(), "build it first: cargo build --release");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [columns, rows, name, keys @ ..] = arguments.as_slice() {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        picture(&program, name, columns.parse().expect("columns"), rows.parse().expect("rows"), &keys);
        return;
    }
    for (name, columns, rows, keys) in PICTURES {
        picture(&program, name, *columns, *rows, keys);
    }
}

fn picture(program: &Path, name: &str, columns: u16, rows: u16, keys: &[&str]) {
    let home = tempfile::tempdir().expect("a folder");
    let program = program.canonicalize().expect("a path");
    let mut tty = Tty::start((columns, rows), &program, &["--sandbox", "--utc"], &[], home.path());
    tty.wait_for("2 Cards · 130");
    // What the lists of the documented dialect leave out is read in the background.
    std::thread::sleep(Duration::from_secs(20));
    for key in keys {
        tty.press(&key.replace("<Enter>", "\r").replace("<Esc>", "\x1b").replace("<Tab>", "\t"));
        std::thread::sleep(Duration::from_millis(700));
    }
    let svg = tty.with_screen(drawn);
    let path = Path::new("screenshots").join(name).with_extension("svg");
    std::fs::create_dir_all("screenshots").expect("a folder");
    std::fs::write(&path, svg).expect("the picture is written");
    let png = path.with_extension("png");
    let made = Command::new("rsvg-convert").args(["--zoom", "1.25"]).arg(&path).arg("-o").arg(&png).status();
    match made {
        Ok(status) if status.success() => println!("{} and {}", path.display(), png.display()),
        _ => println!("{}; no PNG: rsvg-convert is missing (Debian: librsvg2-bin)", path.display()),
    }
}

fn drawn(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (f32::from(columns) * CELL.0 + 24.0, f32::from(rows) * CELL.1 + 24.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         font-family=\"DejaVu Sans Mono, monospace\" font-size=\"{SIZE}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n<g transform=\"translate(12,12)\">\n"
    );
    for row in 0..rows {
        for column in 0..columns {
            if let Some(cell) = screen.cell(row, column) {
                draw_cell(&mut svg, row, column, cell);
            }
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn draw_cell(svg: &mut String, row: u16, column: u16, cell: &vt100::Cell) {
    let colour = |colour: vt100::Color, fallback: &str| match colour {
        vt100::Color::Default => fallback.to_owned(),
        vt100::Color::Idx(at @ 0..=15) => PALETTE[usize::from(at)].to_owned(),
        vt100::Color::Idx(at @ 232..) => {
            let grey = 8 + (at - 232) * 10;
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
        vt100::Color::Idx(at) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
            let at = at - 16;
            format!("#{:02x}{:02x}{:02x}", level(at / 36), level(at / 6 % 6), level(at % 6))
        }
        vt100::Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
    };
    let (mut ink, mut ground) = (colour(cell.fgcolor(), INK), colour(cell.bgcolor(), ""));
    if cell.inverse() {
        let lit = ink.clone();
        ink = if ground.is_empty() { GROUND.to_owned() } else { ground };
        ground = lit;
    }
    let (x, y) = (f32::from(column) * CELL.0, f32::from(row) * CELL.1);
    if !ground.is_empty() {
        let (width, height) = (CELL.0 + 0.4, CELL.1 + 0.4);
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{ground}\"/>"
        );
    }
    let text = cell.contents();
    if text.trim().is_empty() {
        return;
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let weight = if cell.bold() { " font-weight=\"bold\"" } else { "" };
    let dim = if cell.dim() { " fill-opacity=\"0.55\"" } else { "" };
    let line = if cell.underline() { " text-decoration=\"underline\"" } else { "" };
    let baseline = y + SIZE * 0.93;
    let _ = writeln!(svg, "<text x=\"{x:.2}\" y=\"{baseline:.2}\" fill=\"{ink}\"{weight}{dim}{line}>{text}</text>");
}
