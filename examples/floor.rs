//! The floor: what ratatui and crossterm cost by themselves. A table over as many rows as asked for, a
//! cursor, a plain substring filter, and nothing else: no network, no model, no panes. The dashboard's
//! figures are read as ratios to this program's, measured in the same run.
//!
//! `cargo run --release --example floor -- [ROWS] [ARRIVALS A SECOND]`; keys: j k g G / Esc q.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode};
use crossterm::{execute, terminal};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Constraint;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Row, Table};

struct Line {
    at: u32,
    merchant: u16,
    cents: u32,
    card: u32,
}

struct Floor {
    lines: Vec<Line>,
    shown: Option<Vec<u32>>,
    filter: String,
    typing: bool,
    cursor: usize,
    top: usize,
}

const MERCHANTS: [&str; 8] =
    ["Blue Bottle", "Meta Ads", "Amazon", "Uber", "Google Cloud", "Figma", "Lufthansa", "Hetzner"];

fn line(at: u32) -> Line {
    let mixed = at.wrapping_mul(2_654_435_761);
    Line { at, merchant: (mixed >> 16) as u16 % 8, cents: mixed % 50_000, card: mixed % 10_000 }
}

impl Floor {
    fn len(&self) -> usize {
        self.shown.as_ref().map_or(self.lines.len(), Vec::len)
    }

    fn get(&self, at: usize) -> &Line {
        // Newest first.
        let row = self.shown.as_ref().map_or(self.lines.len() - 1 - at, |shown| shown[at] as usize);
        &self.lines[row]
    }

    fn move_to(&mut self, cursor: usize, height: usize) {
        self.cursor = cursor.min(self.len().saturating_sub(1));
        self.top = self.top.clamp(self.cursor.saturating_sub(height.saturating_sub(1)), self.cursor);
    }

    fn filter(&mut self) {
        let wanted = self.filter.to_lowercase();
        let fits = |line: &Line| {
            MERCHANTS[line.merchant as usize].to_lowercase().contains(&wanted)
                || format!("{:04}", line.card).contains(&wanted)
        };
        self.shown = (!wanted.is_empty())
            .then(|| (0..self.lines.len() as u32).rev().filter(|row| fits(&self.lines[*row as usize])).collect());
        self.cursor = 0;
        self.top = 0;
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<u32>().ok());
    let rows = arguments.next().unwrap_or(10_000);
    let arrivals = arguments.next().unwrap_or(0);
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout());
    terminal::enable_raw_mode()?;
    execute!(out, terminal::EnterAlternateScreen)?;
    let mut screen = Terminal::new(CrosstermBackend::new(out))?;
    let mut floor = Floor {
        lines: (0..rows).map(line).collect(),
        shown: None,
        filter: String::new(),
        typing: false,
        cursor: 0,
        top: 0,
    };
    let pause = if arrivals == 0 { Duration::from_secs(3600) } else { Duration::from_secs(1) / arrivals };
    loop {
        let height = usize::from(screen.size()?.height).saturating_sub(3);
        screen.backend_mut().write_all(b"\x1b[?2026h")?;
        screen.draw(|frame| {
            let lines = (floor.top..floor.len().min(floor.top + height)).map(|at| {
                let line = floor.get(at);
                let (minutes, seconds) = (line.at / 60 % 60, line.at % 60);
                let row = Row::new([
                    format!("{:02}:{minutes:02}:{seconds:02}", line.at / 3600 % 24),
                    MERCHANTS[line.merchant as usize].to_owned(),
                    format!("{:>12}", format!("{}.{:02} USD", line.cents / 100, line.cents % 100)),
                    format!("•{:04}", line.card),
                ]);
                if at == floor.cursor { row.style(Style::new().add_modifier(Modifier::REVERSED)) } else { row }
            });
            let widths = [Constraint::Length(8), Constraint::Fill(1), Constraint::Length(14), Constraint::Length(6)];
            let title = format!(" floor · {} rows · /{} ", floor.len(), floor.filter);
            let table = Table::new(lines, widths).header(Row::new(["Time", "Merchant", "Amount", "Card"]));
            frame.render_widget(table.block(Block::bordered().title(title)), frame.area());
        })?;
        screen.backend_mut().write_all(b"\x1b[?2026l")?;
        Write::flush(screen.backend_mut())?;
        if !event::poll(pause)? {
            floor.lines.push(line(floor.lines.len() as u32));
            continue;
        }
        let Event::Key(key) = event::read()? else { continue };
        match key.code {
            KeyCode::Esc => {
                floor.typing = false;
                floor.filter.clear();
                floor.filter();
            }
            KeyCode::Enter if floor.typing => floor.typing = false,
            KeyCode::Backspace if floor.typing => {
                floor.filter.pop();
                floor.filter();
            }
            KeyCode::Char(c) if floor.typing => {
                floor.filter.push(c);
                floor.filter();
            }
            KeyCode::Char('/') => floor.typing = true,
            KeyCode::Char('j') | KeyCode::Down => floor.move_to(floor.cursor + 1, height),
            KeyCode::Char('k') | KeyCode::Up => floor.move_to(floor.cursor.saturating_sub(1), height),
            KeyCode::Char('g') => floor.move_to(0, height),
            KeyCode::Char('G') => floor.move_to(usize::MAX - 1, height),
            KeyCode::PageDown => floor.move_to(floor.cursor + height, height),
            KeyCode::PageUp => floor.move_to(floor.cursor.saturating_sub(height), height),
            KeyCode::Char('q') => break,
            _ => {}
        }
    }
    execute!(screen.backend_mut(), terminal::LeaveAlternateScreen)?;
    terminal::disable_raw_mode()
}
