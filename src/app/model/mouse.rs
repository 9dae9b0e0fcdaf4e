//! The mouse: a click chooses and focuses, on the name of a column it sorts; the wheel scrolls what is under it, `m` gives the mouse back to the
//! terminal.
//!
//! It only ever looks: no click reaches what lies over the panes, so none confirms anything (a dialog, a form, the
//! list of commands have keys). What stands where is asked of `areas` and of the panes, as `view` asks it.

use ratatui::layout::{Position, Rect};

use crate::app::actions::{Act, Details, Screen};
use crate::app::areas::{Areas, Width};
use crate::app::key::{Key, KeyCode};
use crate::app::list::Step;
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::pane::Pane;

use crate::app::theme::Tone;
use crate::app::ui::row_index::Reindex;

/// Lines that one notch of the wheel is worth.
const NOTCH: usize = 3;

/// What stands on a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hit {
    Nothing,
    Details,
    /// A line of a pane's window, from 0.
    Row(Pane, usize),
    /// The names of a pane's columns.
    Head(Pane),
    /// A pane's border, or what its rows leave free.
    Frame(Pane),
}

impl Areas {
    /// The pane that is drawn on a cell.
    fn pane_at(&self, at: Position, focus: Pane) -> Option<Pane> {
        let sheet = focus.is_sheet().then_some(focus);
        Pane::TOGETHER.into_iter().chain(sheet).find(|pane| self.of(*pane).contains(at))
    }

    /// Where the rows of a pane are drawn, below its border and the names of its columns.
    fn list(&self, pane: Pane) -> Rect {
        let area = self.of(pane);
        let rows = u16::try_from(self.rows(pane)).unwrap_or(u16::MAX);
        Rect { x: area.x + 1, y: area.y + pane.head(), width: area.width.saturating_sub(2), height: rows }
    }
}

impl Model {
    /// What is drawn on a cell, beside what lies over the panes.
    fn hit(&self, at: Position) -> Hit {
        let areas = self.areas();
        let over = areas.width == Width::Narrow && self.details_shown() == Details::Open;
        if areas.details.contains(at) || (over && areas.body.contains(at)) {
            return Hit::Details;
        }
        let Some(pane) = areas.pane_at(at, self.focus()) else { return Hit::Nothing };
        if pane == Pane::Accounts && areas.strip {
            let tile = self.panes.accounts.tile_at(areas.accounts, at.x, &self.render_ctx());
            return tile.map_or(Hit::Frame(pane), |tile| Hit::Row(pane, tile));
        }
        let list = areas.list(pane);
        match list.contains(at) {
            true => {
                let line = self.panes.get(pane).row_at(list, at, &self.render_ctx());
                line.map_or(Hit::Frame(pane), |line| Hit::Row(pane, line))
            }
            false if at.y + 1 == list.y && list.contains(Position { y: list.y, ..at }) => Hit::Head(pane),
            false => Hit::Frame(pane),
        }
    }

    /// Sorts by the column whose name is there, or turns the order round when it is that column's already.
    fn sort_by_head(&mut self, pane: Pane, x: u16) {
        let list = self.areas().list(pane);
        let inner = Rect { y: list.y.saturating_sub(1), height: list.height + 1, ..list };
        let column = self.panes.get(pane).column_at(inner, x, &self.pane_ctx(), &self.render_ctx());
        let list = self.panes.get_mut(pane).list_mut();
        list.selection().begin_anew();
        let Some(column) = column else { return };
        let other = list.sort_by_head(column);
        self.reindex(pane, if other { Reindex::Anew } else { Reindex::Turn });
    }

    /// The left button on a cell. Whether anything changed.
    pub(crate) fn clicked(&mut self, (x, y): (u16, u16)) -> bool {
        if self.lock().is_locked() || !matches!(self.screen(), Screen::Panes | Screen::Filter) {
            return false;
        }
        self.clear_welcome();
        match self.hit(Position { x, y }) {
            Hit::Nothing | Hit::Details => false,
            Hit::Frame(pane) => {
                self.leave_filter_for(pane);
                self.focus_on(pane);
                true
            }
            Hit::Head(pane) => {
                self.leave_filter_for(pane);
                self.focus_on(pane);
                self.sort_by_head(pane, x);
                true
            }
            Hit::Row(pane, line) => {
                self.leave_filter_for(pane);
                self.focus_on(pane);
                self.step(Step::Line(line));
                true
            }
        }
    }

    /// A filter that is typed stays when one goes elsewhere, as with `Enter`.
    fn leave_filter_for(&mut self, pane: Pane) {
        if pane != self.focus() && self.screen() == Screen::Filter {
            let enter = Key { code: KeyCode::Enter, ctrl: false, alt: false };
            self.press_filter(enter, &mut Vec::new());
        }
    }

    /// A notch of the wheel over a cell. Whether anything changed.
    pub(crate) fn wheeled(&mut self, (x, y): (u16, u16), down: bool) -> bool {
        if self.lock().is_locked() {
            return false;
        }
        match self.screen() {
            Screen::TooSmall => false,
            Screen::Dialog | Screen::Help => self.wheel_overlay(down).unwrap_or(false),
            Screen::Panes | Screen::Filter => match self.hit(Position { x, y }) {
                Hit::Nothing => false,
                Hit::Details => {
                    self.scroll_details(down, Some(NOTCH));
                    true
                }
                Hit::Row(Pane::Accounts, _) | Hit::Frame(Pane::Accounts) if self.areas().strip => false,
                Hit::Row(pane, _) | Hit::Frame(pane) | Hit::Head(pane) => {
                    self.step_in(pane, Step::Scroll { by: NOTCH, down });
                    true
                }
            },
        }
    }

    /// Gives the mouse to the terminal, or takes it again.
    pub(crate) fn toggle_mouse(&mut self, effects: &mut Vec<Effect>) {
        self.captured = !self.captured;
        let said = match self.captured {
            true => "the mouse chooses and scrolls here again".to_owned(),
            false => {
                let again = self.appearance.keys.name(Act::Mouse);
                format!("the mouse is the terminal's: select text with it; {again} takes it again")
            }
        };
        self.toasts.say(self.now.up, said, Tone::Plain);
        effects.push(Effect::Capture(self.captured));
    }
}
