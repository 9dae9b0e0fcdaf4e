//! Looking at what one event carried: its JSON as a tree, folded and searched.
//!
//! The tree comes safe and masked from the wire; nothing here makes text out of anything else. Privacy hides every
//! text and number in it: any of them may say who or how much.

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use tui_input::{Input, InputRequest};

use super::actions;
use super::clock;
use super::form::{self, Line};
use crate::app::key::{Key, KeyCode};
use crate::app::ui::frame::RenderCtx;

use super::private;
use super::text;
use super::theme::Theme;
use super::ui::describe::{delivery, event_kind_word};
use crate::domain::payload::Payload;
use crate::domain::webhook::{Event, Logged, Shape};

/// Lines above the tree.
const HEAD: u16 = 3;
/// Lines below it, for the whole value of the line under the cursor.
const FOOT: u16 = 3;
/// Longest text to look for.
const MOST: usize = 60;

/// One line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// Its place in the tree, counted from the top, whatever is folded.
    node: usize,
    depth: usize,
    name: Option<String>,
    value: String,
    kind: Kind,
    /// How many values stand in it, when it can be folded.
    inside: Option<usize>,
    parent: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Word,
    Hidden,
    Nest,
}

/// The payload that is looked at.
#[derive(Debug)]
pub struct Viewer {
    event: Event,
    rows: Vec<Row>,
    folded: HashSet<usize>,
    /// Among the lines that are seen.
    at: usize,
    search: Input,
    typing: bool,
}

impl Viewer {
    pub fn open(logged: &Logged) -> Viewer {
        let mut rows = Vec::new();
        walk(&logged.payload, None, None, 0, &mut rows);
        let (search, typing) = (Input::default(), false);
        Viewer { event: logged.event.clone(), rows, folded: HashSet::new(), at: 0, search, typing }
    }

    /// The lines that are not inside of something folded.
    fn seen(&self) -> Vec<&Row> {
        let mut seen = Vec::with_capacity(self.rows.len());
        let mut hidden_below = None;
        for row in &self.rows {
            if hidden_below.is_some_and(|depth| row.depth > depth) {
                continue;
            }
            hidden_below = self.folded.contains(&row.node).then_some(row.depth);
            seen.push(row);
        }
        seen
    }

    fn current(&self) -> Option<&Row> {
        self.seen().get(self.at).copied()
    }

    fn go_to(&mut self, node: usize) {
        if let Some(at) = self.seen().iter().position(|row| row.node == node) {
            self.at = at;
        }
    }

    fn fold(&mut self, fold: Option<bool>) {
        let Some(row) = self.current().cloned() else { return };
        let open = !self.folded.contains(&row.node);
        match (row.inside, fold) {
            (Some(_), None | Some(true)) if open => {
                self.folded.insert(row.node);
            }
            (Some(_), None | Some(false)) => {
                self.folded.remove(&row.node);
            }
            // Out of what it stands in.
            (_, Some(true)) => {
                if let Some(parent) = row.parent {
                    self.go_to(parent);
                }
            }
            (None, _) => {}
        }
    }

    fn wanted(&self) -> String {
        self.search.value().trim().to_lowercase()
    }

    fn is_match(row: &Row, wanted: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(wanted);
        !wanted.is_empty() && (row.name.as_deref().is_some_and(has) || has(&private::bare(&row.value)))
    }

    fn matches(&self) -> usize {
        let wanted = self.wanted();
        self.rows.iter().filter(|row| Viewer::is_match(row, &wanted)).count()
    }

    /// The next match from the cursor on, round the end; what it stands in is opened.
    fn find(&mut self, forward: bool, here: bool) {
        let wanted = self.wanted();
        let from = self.current().map_or(0, |row| row.node);
        let found: Vec<usize> =
            self.rows.iter().filter(|row| Viewer::is_match(row, &wanted)).map(|row| row.node).collect();
        let next = match forward {
            true => found.iter().find(|node| **node > from || (here && **node == from)).or(found.first()),
            false => found.iter().rev().find(|node| **node < from).or(found.last()),
        };
        let Some(node) = next.copied() else { return };
        let mut parent = self.rows.get(node).and_then(|row| row.parent);
        while let Some(at) = parent {
            self.folded.remove(&at);
            parent = self.rows.get(at).and_then(|row| row.parent);
        }
        self.go_to(node);
    }

    /// A key; false when it closes the viewer.
    pub fn press(&mut self, key: Key) -> bool {
        if self.typing {
            self.press_search(key);
            return true;
        }
        let key = actions::in_place(key);
        let last = self.seen().len().saturating_sub(1);
        match key.code {
            KeyCode::Esc if !self.search.value().is_empty() => self.search.reset(),
            KeyCode::Esc | KeyCode::Char('q') => return false,
            KeyCode::Down | KeyCode::Char('j') => self.at = (self.at + 1).min(last),
            KeyCode::Up | KeyCode::Char('k') => self.at = self.at.saturating_sub(1),
            KeyCode::PageDown => self.at = (self.at + 10).min(last),
            KeyCode::PageUp => self.at = self.at.saturating_sub(10),
            KeyCode::Home | KeyCode::Char('g') => self.at = 0,
            KeyCode::End | KeyCode::Char('G') => self.at = last,
            KeyCode::Enter | KeyCode::Char(' ') => self.fold(None),
            KeyCode::Left | KeyCode::Char('h') => self.fold(Some(true)),
            KeyCode::Right | KeyCode::Char('l') => self.fold(Some(false)),
            KeyCode::Char('/') => self.typing = true,
            KeyCode::Char('n') => self.find(true, false),
            KeyCode::Char('N') => self.find(false, false),
            _ => {}
        }
        true
    }

    fn press_search(&mut self, key: Key) {
        match key.code {
            KeyCode::Esc => {
                self.search.reset();
                self.typing = false;
            }
            KeyCode::Enter => self.typing = false,
            KeyCode::Char(c) if !key.ctrl && !key.alt && self.search.value().chars().count() < MOST => {
                self.search.handle(InputRequest::InsertChar(c));
                self.find(true, true);
            }
            _ => {
                if let Some(request) = form::edit(key) {
                    self.search.handle(request);
                    self.find(true, true);
                }
            }
        }
    }

    /// Text that was pasted goes into the search, when that is open.
    pub fn paste(&mut self, pasted: &str) {
        if !self.typing {
            return;
        }
        for c in pasted.chars().filter(|c| !c.is_control()).take(MOST) {
            self.search.handle(InputRequest::InsertChar(c));
        }
        self.find(true, true);
    }

    /// What the keys do, for the footer.
    pub fn hints(&self) -> &'static [(&'static str, &'static str)] {
        match (self.typing, self.search.value().is_empty()) {
            (true, _) => &[("Enter", "keep"), ("Esc", "clear")],
            (false, true) => &[("↓ ↑", "move"), ("Enter", "fold"), ("/", "search"), ("R", "replay"), ("Esc", "close")],
            (false, false) => &[("n", "next"), ("N", "previous"), ("Enter", "fold"), ("Esc", "end search")],
        }
    }

    pub fn is_typing(&self) -> bool {
        self.typing
    }

    pub fn event(&self) -> &Event {
        &self.event
    }

    pub fn view(&self, buffer: &mut Buffer, area: Rect, ctx: &RenderCtx<'_>) {
        let theme = &ctx.theme;
        let area = area.intersection(buffer.area);
        for (line, y) in self.head(ctx, usize::from(area.width)).iter().zip(area.top()..area.bottom()) {
            put(buffer, area, y, line);
        }
        let tree = Rect { y: area.y + HEAD.min(area.height), height: area.height.saturating_sub(HEAD + FOOT), ..area };
        let seen = self.seen();
        let height = usize::from(tree.height).max(1);
        let top = (self.at + 1).saturating_sub(height).min(seen.len().saturating_sub(height));
        let wanted = self.wanted();
        for ((at, row), y) in seen.iter().enumerate().skip(top).zip(tree.top()..tree.bottom()) {
            let selected = at == self.at;
            let line = self.line(row, selected, &wanted, theme, usize::from(tree.width));
            put(buffer, tree, y, &line);
        }
        let foot = Rect { y: tree.bottom(), height: area.bottom().saturating_sub(tree.bottom()), ..area };
        self.view_foot(buffer, foot, theme);
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let (theme, event) = (&ctx.theme, &self.event);
        let (sign, word, tone) = delivery(&event.delivery);
        let at = event.created_at.known().map_or("no time".to_owned(), |at| clock::full(*at, &ctx.setup.zone));
        let tries = match event.attempts {
            Some(1) => "1 try".to_owned(),
            Some(tries) => format!("{tries} tries"),
            None => "tries not said".into(),
        };
        let code = event.response_code.map_or(String::new(), |code| format!(" · answered {code}"));
        let error = event.error.as_ref().map_or(String::new(), |error| format!(" · {error}"));
        let shape = match event.subject.shape {
            Shape::Documented => "documented shape",
            Shape::Nested => "the provider's nested shape",
        };
        let by_keys = match &event.subject.kind {
            Some(kind) if *kind == event.kind => format!("payload matches the documentation, {shape}"),
            Some(kind) => format!("its keys say {}, {shape}", event_kind_word(kind)),
            None => "its keys fit no kind that is known".into(),
        };
        let cut = |text: String| text::cut(&text, columns.saturating_sub(2)).into_owned();
        vec![
            vec![
                (format!(" {sign}"), theme.tone(tone)),
                (format!(" {word}"), theme.word(tone)),
                (cut(format!(" · {at} · {tries}{code}{error}")), theme.plain()),
            ],
            vec![
                (format!(" {}", event.id), theme.strong()),
                (cut(format!(" · {} · {by_keys}", event_kind_word(&event.kind))), theme.dim()),
            ],
            vec![],
        ]
    }

    fn line(&self, row: &Row, selected: bool, wanted: &str, theme: &Theme, columns: usize) -> Line {
        let found = Viewer::is_match(row, wanted);
        let style = |own: Style| match (selected, found) {
            (true, _) => theme.selected(),
            (false, true) => own.patch(theme.found()),
            (false, false) => own,
        };
        let sign = match (row.inside, self.folded.contains(&row.node)) {
            (Some(_), true) => "▸ ",
            (Some(_), false) => "▾ ",
            (None, _) => "  ",
        };
        let mut line = vec![(format!(" {}{sign}", "  ".repeat(row.depth.min(20))), theme.dim())];
        if let Some(name) = &row.name {
            line.push((format!("{name}: "), style(theme.accent())));
        }
        let value = match (row.inside, self.folded.contains(&row.node)) {
            (Some(1), true) => format!("{} 1 value", row.value),
            (Some(inside), true) => format!("{} {inside} values", row.value),
            _ => row.value.clone(),
        };
        let own = match row.kind {
            Kind::Text => theme.plain(),
            Kind::Number => theme.strong(),
            Kind::Word | Kind::Nest => theme.dim(),
            Kind::Hidden => theme.warn(),
        };
        let taken: usize = line.iter().map(|(text, _)| text::width(text)).sum();
        line.push((text::cut(&value, columns.saturating_sub(taken + 1)).into_owned(), style(own)));
        line
    }

    /// The whole value under the cursor where it is longer than its line, or the search.
    fn view_foot(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) {
        if self.typing || !self.search.value().is_empty() {
            let count = match self.matches() {
                0 if self.wanted().is_empty() => String::new(),
                0 => "   nothing found".to_owned(),
                1 => "   1 found".into(),
                many => format!("   {many} found"),
            };
            let cursor = if self.typing { "▏" } else { "" };
            // A card number that is looked for is masked like any other.
            let typed = crate::domain::text::SafeText::new(self.search.value(), MOST);
            let line = vec![(format!(" /{typed}{cursor}"), theme.warn()), (count, theme.dim())];
            return put(buffer, area, area.bottom().saturating_sub(1), &line);
        }
        let Some(row) = self.current().filter(|row| row.inside.is_none()) else { return };
        let columns = usize::from(area.width).saturating_sub(2);
        if text::width(&row.value) + 2 * row.depth + 8 < columns {
            return;
        }
        for (part, y) in text::wrap(&row.value, columns).into_iter().zip(area.top()..area.bottom()) {
            put(buffer, area, y, &vec![(format!(" {part}"), theme.plain())]);
        }
    }
}

fn put(buffer: &mut Buffer, area: Rect, y: u16, line: &Line) {
    let mut x = area.x;
    for (part, style) in line {
        x = text::put(buffer, area, x, y, part, area.right().saturating_sub(x), *style);
    }
}

/// Fields that say nothing of people or money, and stay to be read in privacy.
const OPEN: [&str; 8] =
    ["type", "status", "currency", "settlementCurrency", "createdAt", "updatedAt", "transactionAt", "cardType"];

fn walk(value: &Payload, name: Option<String>, parent: Option<usize>, depth: usize, rows: &mut Vec<Row>) {
    let node = rows.len();
    let open = name.as_deref().is_some_and(|name| OPEN.contains(&name));
    let (text, kind, inside) = match value {
        Payload::Null => ("null".to_owned(), Kind::Word, None),
        Payload::Flag(flag) => (flag.to_string(), Kind::Word, None),
        Payload::Number(text) if open => (text.to_string(), Kind::Number, None),
        Payload::Text(text) if open => (format!("\"{text}\""), Kind::Text, None),
        Payload::Number(text) => (private::name(text.as_str()), Kind::Number, None),
        // With its quotes: what stands behind a text that is hidden would tell how long it is.
        Payload::Text(text) => (private::name(&format!("\"{text}\"")), Kind::Text, None),
        Payload::Id(id) => (format!("\"{id}\""), Kind::Text, None),
        Payload::Hidden => ("•••• not kept".into(), Kind::Hidden, None),
        Payload::Cut => ("… more than is shown here".into(), Kind::Word, None),
        Payload::List(values) => ("[ ]".into(), Kind::Nest, Some(values.len())),
        Payload::Object(fields) => ("{ }".into(), Kind::Nest, Some(fields.len())),
    };
    let inside = inside.filter(|inside| *inside > 0);
    rows.push(Row { node, depth, name, value: text, kind, inside, parent });
    match value {
        Payload::List(values) => {
            for (at, value) in values.iter().enumerate() {
                walk(value, Some(at.to_string()), Some(node), depth + 1, rows);
            }
        }
        Payload::Object(fields) => {
            for (name, value) in fields {
                walk(value, Some(name.to_string()), Some(node), depth + 1, rows);
            }
        }
        _ => {}
    }
}
