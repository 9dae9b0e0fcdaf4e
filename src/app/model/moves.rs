//! How one moves: choosing a row of pane 1 narrows cards and transactions to that account at once. `Enter`
//! goes in and `Esc` comes back:
//!
//! ```text
//! accounts ─Enter▶ cards of it ─Enter▶ transactions of one card ─Enter▶ details
//!          ◀─Esc─              ◀─Esc─                           ◀─Esc─
//! ```
//!
//! `Esc` takes back the last `Enter`, the scope and the focus it moved, and nothing else: between panes it does not
//! move by itself.
//!
//! Where the window is too narrow for the details to stand beside (below 140 columns), `Enter` first opens
//! them over the panes; beside, it lets the keys that turn pages turn those of a transaction. They follow the
//! selection; `Enter` again goes in, `Esc` closes them. Zooming goes with the focus; at the outermost place `Esc`
//! ends it.
//!
//! Pane 4 leads to the same two lists: `Enter` on a person shows their cards of all accounts and the transactions
//! of those, and `Esc` comes back. `o` goes from a card to its person and back.

use super::Model;
use crate::app::actions::Details;
use crate::app::areas::{self, Width};
use crate::app::list::Step;
use crate::app::msg::{Effect, Past, Topic};
use crate::app::pane::Pane;

use crate::app::overlay::Overlay;
use crate::app::panes::inspector::{self, Subject};
use crate::app::panes::list_pane::Enter;
use crate::app::payload::Viewer;
use crate::app::ui::row_index::Reindex;

impl Model {
    /// Cards and transactions are those of another account now.
    pub(crate) fn follow_account(&mut self) {
        self.panes.transactions.card = None;
        self.panes.cards.holder = None;
        self.panes.cards.list.cursor.reset();
        self.reindex(Pane::Cards, Reindex::Anew);
        self.follow_scope();
    }

    /// The transactions are others now.
    pub(crate) fn follow_scope(&mut self) {
        self.panes.transactions.list.cursor.reset();
        self.panes.transactions.unseen = 0;
        self.reindex(Pane::Transactions, Reindex::Anew);
    }

    pub(crate) fn focus_on(&mut self, pane: Pane) {
        if self.focus != pane {
            if !self.focus.is_sheet() {
                self.before = self.focus;
            }
            self.focus = pane;
            self.details_top = 0;
            // Whoever goes to a pane acts on what they find there.
            self.panes.get_mut(pane).list_mut().selection().accept();
        }
    }

    pub(crate) fn step(&mut self, step: Step) {
        self.step_in(self.focus, step);
        self.details_top = 0;
    }

    pub(crate) fn step_in(&mut self, pane: Pane, step: Step) {
        let areas = self.areas();
        let height = if pane == Pane::Accounts && areas.strip { usize::MAX } else { areas.rows(pane) };
        let before = self.account().cloned();
        let (panes, ctx) = self.panes_mut();
        panes.get_mut(pane).step(&ctx, step, height);
        if self.account() != before.as_ref() {
            self.follow_account();
        }
    }

    /// A page, or so many lines.
    pub(crate) fn scroll_details(&mut self, down: bool, lines: Option<usize>) {
        let area = self.areas().details;
        let page = usize::from(area.height.saturating_sub(2));
        let length = inspector::length(&self.subject(), area.width, &self.render_ctx());
        let most = length.saturating_sub(page);
        let by = lines.unwrap_or(page.saturating_sub(1).max(1));
        self.details_top = match down {
            true => self.details_top.saturating_add(by).min(most),
            false => self.details_top.saturating_sub(by),
        };
    }

    pub(super) fn go_in(&mut self, effects: &mut Vec<Effect>) {
        if !self.focus.is_sheet() && self.details_shown() == Details::Closed && self.subject() != Subject::AllAccounts {
            if areas::width_of(self.size) == Width::Wide {
                // Beside is where they stand; a zoomed pane hides them.
                self.zoomed = self.zoomed && self.focus != Pane::Transactions;
                if !self.zoomed {
                    return;
                }
            } else {
                self.details = true;
                self.details_top = 0;
                return;
            }
        }
        match self.panes.get(self.focus).enter(&self.pane_ctx()) {
            Enter::Nowhere => {}
            Enter::Cards => self.enter(Pane::Cards),
            Enter::Card(id) => {
                if self.panes.transactions.card.as_ref() != Some(&id) {
                    effects.push(Effect::Fetch(Topic::CardTransactions(id.clone())));
                    self.panes.transactions.card = Some(id);
                    self.follow_scope();
                }
                self.enter(Pane::Transactions);
            }
            // They stand beside: the keys that turn pages turn theirs.
            Enter::Details => {
                self.details = true;
                self.details_top = 0;
            }
            Enter::Holder(id) => self.enter_holder(id, effects),
            Enter::Event(id) => {
                if let Some(viewer) = self.store.hooks.event(&id).map(Viewer::open) {
                    self.overlays.push(Overlay::Payload(Box::new(viewer)), effects);
                }
            }
            Enter::MarkedActions => self.decide_marked(effects),
            Enter::Filtered(text) => self.show_rows_of(&text),
            Enter::Sheet(pane) => self.focus_on(pane),
            Enter::Action(reference) => {
                let past = self.acts.outcomes().past().iter().rev().find(|past| past.intent.reference == reference);
                if let Some(past) = past.cloned() {
                    let (acts, mut desk) = self.desk(effects);
                    acts.look(&past, &mut desk);
                }
            }
        }
    }

    /// Asks what became of all marked actions of the journal at once.
    fn decide_marked(&mut self, effects: &mut Vec<Effect>) {
        let marks = &self.panes.journal.list.marks;
        let marked: Vec<Past> =
            self.acts.outcomes().past().iter().filter(|past| marks.has(&past.intent.reference)).cloned().collect();
        let hidden = marks.hidden();
        let (acts, mut desk) = self.desk(effects);
        acts.look_at_all(&marked, hidden, &mut desk);
    }

    pub(super) fn go_back(&mut self) {
        if self.journal_marks().is_some() {
            self.panes.journal.list.marks.clear();
            return;
        }
        if self.focus.is_sheet() && !self.filter().is_active() {
            self.focus_on(self.before);
            return;
        }
        if self.details_shown() == Details::Open {
            self.details = false;
            return;
        }
        if self.is_from_insights() {
            return self.leave_rows();
        }
        if self.stop_search() {
            return;
        }
        if self.marks().is_some() {
            self.panes.cards.list.marks.clear();
            return;
        }
        if self.drop_filter() {
            return;
        }
        if let Some(card) = self.panes.transactions.card.take() {
            let moved = self.take_back_enter();
            self.follow_scope();
            // The focus goes back where `Enter` had moved it; where the person has gone since, it stays.
            if moved.is_none_or(|(_, to)| to == self.focus) {
                self.focus_on(Pane::Cards);
            }
            if let Some(row) = self.store.cards.row(&card) {
                let rows = self.areas().rows(Pane::Cards);
                self.panes.cards.list.choose(&row, rows);
            }
            return;
        }
        if self.leave_holder() {
            return;
        }
        match self.take_back_enter() {
            Some((from, to)) if to == self.focus => self.focus_on(from),
            _ => self.zoomed = false,
        }
    }

    /// Goes to another pane as `Enter` does: `Esc` takes it back.
    pub(in crate::app) fn enter(&mut self, pane: Pane) {
        let from = self.focus;
        self.details = false;
        self.focus_on(pane);
        self.entered.push((from, pane));
    }

    /// The last `Enter` that led from one pane into another, from where and to where.
    pub(super) fn take_back_enter(&mut self) -> Option<(Pane, Pane)> {
        self.entered.pop()
    }

    pub(super) fn sort(&mut self, turn: bool) {
        let shown = self.panes.get(self.focus).shown_columns(&self.setup);
        let list = self.panes.get_mut(self.focus).list_mut();
        list.selection().begin_anew();
        match turn {
            true => list.sort_turned(),
            false => list.sort_next(shown.as_deref()),
        }
        self.reindex(self.focus, if turn { Reindex::Turn } else { Reindex::Anew });
    }

    /// Goes to a sheet; its own key comes back from it.
    pub(crate) fn toggle_sheet(&mut self, pane: Pane) {
        self.focus_on(if self.focus == pane { self.before } else { pane });
    }

    /// Ends a pause: the newest rows are shown, and come in as they happen.
    pub(super) fn follow_newest(&mut self) {
        self.panes.transactions.paused = false;
        self.step_in(Pane::Transactions, Step::First);
    }
}
