//! The model and views: a pane with its filter, its order and its zoom, saved by a name and opened by it.

use crate::app::actions::{self, Act};
use crate::app::form::Line;
use crate::app::key::{Key, KeyCode};
use crate::app::list::Step;
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::overlay::{Overlay, OverlayKind};
use crate::app::pane::Pane;
use crate::app::text;
use crate::app::theme::{Theme, Tone};
use crate::app::ui::frame::{Piece, Title, frame};
use crate::app::ui::row_index::Reindex;
use crate::app::views::{Change, LETTERS, View, Views};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

impl Model {
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// The focused pane as it is now, under a name; else why it cannot be kept.
    pub(crate) fn view_of_now(&self, name: &str) -> Result<View, String> {
        self.views.may_save(name)?;
        let (pane, kept) = (self.focus(), self.kept());
        let filter = self.filter().kept();
        if filter.is_none() && self.filter().is_active() {
            return Err("its filter holds what is not kept, for example a card number".into());
        }
        let sorted = kept.sorted.only(pane);
        Ok(View { name: name.to_owned(), pane, filter, sorted, zoomed: kept.zoomed == Some(pane) })
    }

    /// Has the focused pane saved, or says why not.
    pub(crate) fn save_view(&mut self, name: &str, effects: &mut Vec<Effect>) {
        match self.view_of_now(name) {
            Ok(view) => effects.push(Effect::KeepView(Change::Save(view))),
            Err(why) => self.toasts.say(self.now.up, format!("view {name} not saved: {why}"), Tone::Plain),
        }
    }

    /// What became of it.
    pub(crate) fn kept_view(&mut self, change: &Change, outcome: Result<Vec<View>, String>) {
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
                format!("view {name} saved; {} shows all views", self.appearance.keys.name(Act::Views))
            }
        };
        self.views = Views::new(all);
        self.toasts.say(self.now.up, said, Tone::Good);
    }

    /// Goes to the pane of a view and shows it as it was saved. The chosen account stays chosen.
    pub(crate) fn open_view(&mut self, name: &str) {
        let Some(view) = self.views.find(name).cloned() else { return };
        if view.pane == Pane::Transactions && self.panes.transactions.card.take().is_some() {
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
        self.reindex(view.pane, Reindex::Anew);
        if view.pane != Pane::Accounts {
            self.step(Step::First);
        }
    }

    /// The row of all views.
    pub(crate) fn open_views(&mut self, effects: &mut Vec<Effect>) {
        self.overlays.push(Overlay::Views(0), effects);
    }

    /// A key while the row is open; whether anything changed.
    pub(crate) fn press_views(&mut self, key: Key) -> bool {
        let Some(row) = self.overlays.views_mut() else { return false };
        let at = *row;
        let last = self.views.all.len().min(LETTERS.len()).saturating_sub(1);
        let closes = self.appearance.keys.lookup(key).is_some_and(|action| action.act == Act::Views);
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
    pub(crate) fn view_views(&self, buffer: &mut Buffer, body: Rect, at: usize, theme: &Theme) {
        let body = body.intersection(buffer.area);
        let columns = usize::from(body.width.saturating_sub(4));
        let save = self.appearance.keys.typed("view save NAME");
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
        let title = Title { pieces, ..Title::default() };
        let inner = frame(buffer, area, &title, None, theme, true);
        for (line, y) in lines.iter().zip(inner.top()..inner.bottom()) {
            let mut x = inner.x.saturating_add(1);
            for (words, style) in line {
                x = text::put(buffer, inner, x, y, words, inner.right().saturating_sub(x), *style);
            }
        }
    }

    /// Its keys, for the last line of the screen.
    pub(crate) fn foot_of_views(&self) -> String {
        let save = self.appearance.keys.typed("view save NAME");
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
