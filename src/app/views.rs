//! Views: a pane with its filter, its order and its zoom, saved by a name and opened by it.
//!
//! ```text
//!   :view save NAME ──▶ the settings are written ──▶ the views as they stand there now, or why not
//!   V ──▶ the row of them ──▶ its letter, or Enter ──▶ the pane, as it was saved
//! ```
//!
//! A view says what is asked for, not of whom: it names no account and no profile, and is the same in all of them.
//! Does not know the file.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::actions::{self, Act};
use super::filter;
use super::form::Line;
use super::kept::Sorted;
use super::list::Step;
use super::model::Model;
use super::msg::{Effect, Key, KeyCode, Now, Zone};
use super::overlay::{Overlay, OverlayKind};
use super::panes::{self, Pane, Piece, Title};
use super::text;
use super::theme::{Theme, Tone};
use crate::domain::nearest::nearest;
use crate::domain::text::SafeText;

/// Most characters of a name.
const LONGEST: usize = 32;
/// The letters of the row, one for each view.
const LETTERS: &str = "123456789abcdefghijklmnopqrstuvwxyz";
/// Words that stand where a name would.
const WORDS: [&str; 2] = ["save", "delete"];

/// A pane as somebody wants to find it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub name: String,
    pub pane: Pane,
    pub filter: Option<String>,
    /// The order of that pane, where it is not the usual one.
    pub sorted: Sorted,
    pub zoomed: bool,
}

/// What is to become of a saved view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Saved, over the one of its name when there is one.
    Save(View),
    /// By its name.
    Delete(String),
}

/// The views there are.
#[derive(Debug, Default)]
pub struct Views {
    all: Vec<View>,
}

/// Why something cannot be the name of a view.
pub fn check_name(name: &str) -> Result<(), String> {
    let first = name.split(' ').next().unwrap_or("");
    if name.is_empty() {
        return Err("write a name behind it".into());
    }
    if name.chars().count() > LONGEST {
        return Err(format!("a name has at most {LONGEST} characters"));
    }
    if WORDS.contains(&first) {
        return Err(format!("a name cannot begin with {first}"));
    }
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' '));
    if !plain || name.trim() != name || name.contains("  ") || SafeText::name(name).as_str() != name {
        return Err("a name is letters, digits, - _ . and single spaces".into());
    }
    Ok(())
}

/// Why a text cannot be the filter of a view, when it cannot; at whatever moment it is opened.
pub fn check_filter(text: &str, pane: Pane, zone: &Zone) -> Result<(), String> {
    let now = Now { wall: chrono::DateTime::UNIX_EPOCH, up: std::time::Duration::ZERO };
    filter::check(text, pane.grammar(), now, zone)
}

impl View {
    /// What it shows: `2 Cards · /status:frozen · by balance · zoomed`. A filter may name somebody, so privacy hides it.
    pub fn words(&self) -> String {
        let mut parts = vec![format!("{} {}", self.pane.number(), self.pane.title())];
        parts.extend(self.filter.as_ref().map(|filter| format!("/{}", text::name(&SafeText::prose(filter)))));
        if let Some((by, turned)) = self.sorted.word(self.pane) {
            parts.push(format!("by {by}{}", if turned { ", turned round" } else { "" }));
        }
        if self.zoomed {
            parts.push("zoomed".into());
        }
        parts.join(" · ")
    }
}

impl Views {
    pub fn new(all: Vec<View>) -> Views {
        Views { all }
    }

    pub fn all(&self) -> &[View] {
        &self.all
    }

    pub fn find(&self, name: &str) -> Option<&View> {
        self.all.iter().find(|view| view.name == name)
    }

    /// Those whose name fits, the ones that begin with what is typed first.
    pub(super) fn like(&self, typed: &str) -> Vec<&View> {
        let typed = typed.to_lowercase();
        let mut fit: Vec<&View> = self.all.iter().filter(|view| view.name.to_lowercase().contains(&typed)).collect();
        fit.sort_by_key(|view| !view.name.to_lowercase().starts_with(&typed));
        fit
    }

    /// The view that somebody meant by a name that is none.
    pub(super) fn meant(&self, wrong: &str) -> Option<&View> {
        let whole = nearest(wrong, self.all.iter().map(|view| view.name.as_str()));
        let a_word = || self.all.iter().find(|view| nearest(wrong, view.name.split(' ')).is_some());
        whole.and_then(|name| self.find(name)).or_else(a_word)
    }

    /// Whether another can be saved under this name.
    pub(super) fn may_save(&self, name: &str) -> Result<(), String> {
        check_name(name)?;
        match self.all.len() < LETTERS.len() || self.find(name).is_some() {
            true => Ok(()),
            false => Err(format!("there are {} views, one for each letter; delete one first", self.all.len())),
        }
    }
}

impl Model {
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// The focused pane as it is now, under a name; else why it cannot be kept.
    pub(super) fn view_of_now(&self, name: &str) -> Result<View, String> {
        self.views.may_save(name)?;
        let (pane, kept) = (self.focus(), self.kept());
        let filter = self.filter().kept();
        if filter.is_none() && self.filter().is_active() {
            return Err("its filter holds what is not kept, such as a card number".into());
        }
        let sorted = match kept.sorted.word(pane) {
            Some((by, turned)) => Sorted::by(pane, &by, turned).unwrap_or_default(),
            None => Sorted::default(),
        };
        Ok(View { name: name.to_owned(), pane, filter, sorted, zoomed: kept.zoomed == Some(pane) })
    }

    /// Has the focused pane saved, or says why not.
    pub(super) fn save_view(&mut self, name: &str, effects: &mut Vec<Effect>) {
        match self.view_of_now(name) {
            Ok(view) => effects.push(Effect::KeepView(Change::Save(view))),
            Err(why) => self.toasts.say(self.now.up, format!("view {name} not saved: {why}"), Tone::Plain),
        }
    }

    /// What became of it.
    pub(super) fn kept_view(&mut self, change: &Change, outcome: Result<Vec<View>, String>) {
        let all = match outcome {
            Ok(all) => all,
            Err(why) => {
                let (name, done) = match change {
                    Change::Save(view) => (&view.name, "saved"),
                    Change::Delete(name) => (name, "deleted"),
                };
                return self.toasts.say(self.now.up, format!("view {name} not {done}: {why}"), Tone::Bad);
            }
        };
        let said = match change {
            Change::Delete(name) => format!("view {name} deleted"),
            Change::Save(View { name, .. }) if self.views.find(name).is_some() => {
                format!("view {name} saved over the one of that name")
            }
            Change::Save(View { name, .. }) => {
                format!("view {name} saved; {} shows all views", self.looks.keys.name(Act::Views))
            }
        };
        self.views = Views::new(all);
        self.toasts.say(self.now.up, said, Tone::Good);
    }

    /// Goes to the pane of a view and shows it as it was saved. The chosen account stays chosen.
    pub(super) fn open_view(&mut self, name: &str) {
        let Some(view) = self.views.find(name).cloned() else { return };
        if view.pane == Pane::Transactions && self.transactions.card.take().is_some() {
            self.follow_scope();
        }
        if !view.pane.is_sheet() {
            self.show_all_cards();
        }
        self.details = false;
        self.focus_on(view.pane);
        if !view.pane.is_sheet() {
            self.zoomed = view.zoomed;
        }
        self.set_out(view.pane, &view.sorted, view.filter.as_deref());
        self.arrange_whole();
        if view.pane != Pane::Accounts {
            self.step(Step::First);
        }
    }

    /// The row of all views.
    pub(super) fn open_views(&mut self, effects: &mut Vec<Effect>) {
        self.overlays.push(Overlay::Views(0), effects);
    }

    /// A key while the row is open; whether anything changed.
    pub(super) fn press_views(&mut self, key: Key) -> bool {
        let Some(row) = self.overlays.views_mut() else { return false };
        let at = *row;
        let last = self.views.all.len().min(LETTERS.len()).saturating_sub(1);
        let closes = self.looks.keys.lookup(key).is_some_and(|action| action.act == Act::Views);
        let chosen = match actions::in_place(key).code {
            KeyCode::Left | KeyCode::Up | KeyCode::BackTab => {
                *row = at.saturating_sub(1);
                return at > 0;
            }
            KeyCode::Right | KeyCode::Down | KeyCode::Tab => {
                *row = (at + 1).min(last);
                return at < last;
            }
            KeyCode::Enter => Some(at),
            KeyCode::Char(letter) if !key.ctrl && !key.alt && !closes => {
                match LETTERS.chars().position(|known| known == letter).filter(|at| *at < self.views.all.len()) {
                    Some(at) => Some(at),
                    // A letter of no view is no reason to go.
                    None => return false,
                }
            }
            KeyCode::Esc | KeyCode::Char(_) => None,
            _ => return false,
        };
        self.overlays.take(OverlayKind::Views);
        if let Some(name) = chosen.and_then(|at| self.views.all.get(at)).map(|view| view.name.clone()) {
            self.open_view(&name);
        }
        true
    }

    /// Draws the row over the lower end of the body.
    pub(super) fn view_views(&self, buffer: &mut Buffer, body: Rect, at: usize, theme: &Theme) {
        let body = body.intersection(buffer.area);
        let columns = usize::from(body.width.saturating_sub(4));
        let save = self.looks.keys.typed("view save NAME");
        let mut lines = self.row_of_views(at, columns, theme);
        match self.views.all.get(at) {
            Some(view) => {
                lines.push(Line::new());
                lines.push(vec![(text::cut(&view.words(), columns).into_owned(), theme.dim())]);
            }
            None => {
                let how = format!("filter, sort or zoom a pane; {save} then keeps it here");
                lines = vec![vec![("no view is saved yet".to_owned(), theme.plain())]];
                lines.extend(text::wrap(&how, columns).into_iter().map(|line| vec![(line, theme.dim())]));
            }
        }
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(body.height);
        let area = Rect { y: body.bottom() - height, height, ..body };
        Clear.render(area, buffer);
        let count = self.views.all.len();
        let mut pieces = vec![Piece::new("Views", Tone::Plain)];
        pieces.extend((count > 0).then(|| Piece::new(count.to_string(), Tone::Plain)));
        let title = Title { pieces, foot: None, stale: false };
        let inner = panes::frame(buffer, area, &title, None, theme, true);
        for (line, y) in lines.iter().zip(inner.top()..inner.bottom()) {
            let mut x = inner.x.saturating_add(1);
            for (words, style) in line {
                x = text::put(buffer, inner, x, y, words, inner.right().saturating_sub(x), *style);
            }
        }
    }

    /// Its keys, for the last line of the screen.
    pub(super) fn foot_of_views(&self) -> String {
        let save = self.looks.keys.typed("view save NAME");
        match self.views.all.is_empty() {
            true => "Esc closes".to_owned(),
            false => format!("its letter or Enter opens · ← → choose · {save} adds · Esc closes"),
        }
    }

    /// The names behind their letters, in columns of one width.
    fn row_of_views(&self, at: usize, columns: usize, theme: &Theme) -> Vec<Line> {
        let all = &self.views.all;
        let widest = all.iter().map(|view| text::width(&view.name)).max().unwrap_or(0);
        let each = (widest + 5).min(columns.max(1));
        let cells: Vec<Line> = LETTERS
            .chars()
            .zip(all)
            .enumerate()
            .map(|(number, (letter, view))| {
                let name = format!(" {} ", text::cut(&view.name, each.saturating_sub(5)));
                let style = if number == at { theme.selected() } else { theme.plain() };
                let gap = " ".repeat(each.saturating_sub(1 + text::width(&name)));
                vec![(letter.to_string(), theme.key()), (name, style), (gap, theme.plain())]
            })
            .collect();
        cells.chunks((columns / each).max(1)).map(<[Line]>::concat).collect()
    }
}
