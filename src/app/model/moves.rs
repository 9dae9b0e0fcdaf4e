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
use crate::app::payload::Viewer;

impl Model {
    /// Cards and transactions are those of another account now.
    pub(crate) fn follow_account(&mut self) {
        self.transactions.card = None;
        self.cards.holder = None;
        self.cards.cursor.reset();
        self.cards.arrange(&self.store, self.accounts.account());
        self.follow_scope();
    }

    /// The transactions are others now.
    pub(crate) fn follow_scope(&mut self) {
        let scope = self.scope();
        self.transactions.cursor.reset();
        self.transactions.unseen = 0;
        self.transactions.arrange(&self.store, &scope);
    }

    pub(crate) fn focus_on(&mut self, pane: Pane) {
        if self.focus != pane {
            if !self.focus.is_sheet() {
                self.before = self.focus;
            }
            self.focus = pane;
            self.details_top = 0;
            // Whoever goes to a pane acts on what they find there.
            self.selection(pane).accept();
        }
    }

    pub(crate) fn step(&mut self, step: Step) {
        self.step_in(self.focus, step);
        self.details_top = 0;
    }

    pub(crate) fn step_in(&mut self, pane: Pane, step: Step) {
        let areas = self.areas();
        let rows = areas.rows(pane);
        match pane {
            Pane::Accounts => {
                let before = self.accounts.account().cloned();
                let mut cursor = self.accounts.cursor.clone();
                cursor.step(&self.accounts.shown(), step, if areas.strip { usize::MAX } else { rows });
                self.accounts.cursor = cursor;
                if self.accounts.account() != before.as_ref() {
                    self.follow_account();
                }
            }
            Pane::Cards => {
                let mut cursor = self.cards.cursor.clone();
                cursor.step(&self.cards.shown(), step, rows);
                self.cards.cursor = cursor;
                self.stretch_marks();
            }
            Pane::Transactions => {
                let mut cursor = self.transactions.cursor.clone();
                cursor.step(&self.transactions.shown(&self.store, &self.scope()), step, rows);
                self.transactions.cursor = cursor;
            }
            Pane::Cardholders => self.cardholders.step(step, rows),
            Pane::Webhooks => self.webhooks.list.step(step, rows),
            Pane::Journal => {
                self.journal.list.step(step, rows);
                self.stretch_past();
            }
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
        if !self.focus.is_sheet()
            && self.situation().details == Details::Closed
            && self.subject() != Subject::AllAccounts
        {
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
        match self.focus {
            Pane::Accounts => {
                self.details = false;
                self.focus_on(Pane::Cards);
                self.entered.push((Pane::Accounts, Pane::Cards));
            }
            Pane::Cards => {
                let Some(row) = self.cards.cursor.target() else { return };
                let id = self.store.cards.get(*row).id.clone();
                self.details = false;
                if self.transactions.card.as_ref() != Some(&id) {
                    effects.push(Effect::Fetch(Topic::CardTransactions(id.clone())));
                    self.transactions.card = Some(id);
                    self.follow_scope();
                }
                self.focus_on(Pane::Transactions);
                self.entered.push((Pane::Cards, Pane::Transactions));
            }
            // They stand beside: the keys that turn pages turn theirs.
            Pane::Transactions => {
                self.details = true;
                self.details_top = 0;
            }
            Pane::Cardholders => self.enter_holder(effects),
            Pane::Webhooks => {
                if let Some(viewer) = self.webhooks.chosen(&self.store).map(Viewer::open) {
                    self.overlays.push(Overlay::Payload(Box::new(viewer)), effects);
                }
            }
            Pane::Journal if self.journal_marks().is_some() => self.decide_marked(effects),
            Pane::Journal => {
                if let Some(past) = self.journal.chosen(self.acts.outcomes().past()).cloned() {
                    let (acts, mut desk) = self.desk(effects);
                    acts.look(&past, &mut desk);
                }
            }
        }
    }

    /// Asks what became of all marked actions of the journal at once.
    fn decide_marked(&mut self, effects: &mut Vec<Effect>) {
        let marks = &self.journal.marks;
        let marked: Vec<Past> =
            self.acts.outcomes().past().iter().filter(|past| marks.has(past.intent.reference)).cloned().collect();
        let hidden = marks.hidden();
        let (acts, mut desk) = self.desk(effects);
        acts.look_at_all(&marked, hidden, &mut desk);
    }

    pub(super) fn go_back(&mut self) {
        if self.journal_marks().is_some() {
            self.journal.marks.clear();
            return;
        }
        if self.focus.is_sheet() && !self.filter().is_active() {
            self.focus_on(self.before);
            return;
        }
        if self.situation().details == Details::Open {
            self.details = false;
            return;
        }
        if self.stop_search() {
            return;
        }
        if self.marks().is_some() {
            self.cards.marks.clear();
            return;
        }
        if self.drop_filter() {
            return;
        }
        if let Some(card) = self.transactions.card.take() {
            let moved = self.take_back_enter();
            self.follow_scope();
            // The focus goes back where `Enter` had moved it; where the person has gone since, it stays.
            if moved.is_none_or(|(_, to)| to == self.focus) {
                self.focus_on(Pane::Cards);
            }
            if let Some(row) = self.store.cards.row(&card) {
                let rows = self.areas().rows(Pane::Cards);
                let mut cursor = self.cards.cursor.clone();
                cursor.choose(&self.cards.shown(), &row, rows);
                self.cards.cursor = cursor;
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
    fn take_back_enter(&mut self) -> Option<(Pane, Pane)> {
        self.entered.pop()
    }

    pub(super) fn sort(&mut self, turn: bool) {
        self.selection(self.focus).begin_anew();
        let account = self.accounts.account().cloned();
        match (self.focus, turn) {
            (Pane::Accounts, true) => self.accounts.sort.turned = !self.accounts.sort.turned,
            (Pane::Accounts, false) => self.accounts.sort_next(),
            (Pane::Cards, true) => self.cards.sort.turned = !self.cards.sort.turned,
            (Pane::Cards, false) => self.cards.sort_next(&self.setup),
            (Pane::Transactions, true) => self.transactions.sort.turned = !self.transactions.sort.turned,
            (Pane::Transactions, false) => self.transactions.sort_next(&self.setup),
            (Pane::Cardholders, true) => self.cardholders.sort.turned = !self.cardholders.sort.turned,
            (Pane::Cardholders, false) => self.cardholders.sort_next(&self.store),
            (Pane::Webhooks, true) => self.webhooks.sort.turned = !self.webhooks.sort.turned,
            (Pane::Webhooks, false) => self.webhooks.sort_next(),
            (Pane::Journal, true) => self.journal.sort.turned = !self.journal.sort.turned,
            (Pane::Journal, false) => self.journal.sort_next(),
        }
        match self.focus {
            Pane::Accounts => self.accounts.arrange(&self.store),
            // Turned round, what fits the filter best still stands first.
            Pane::Cards if !turn || self.cards.filter.query().ranks() => {
                self.cards.arrange(&self.store, account.as_ref());
            }
            Pane::Cardholders if turn && self.cardholders.filter.query().ranks() => {
                self.cardholders.arrange(&self.store)
            }
            Pane::Transactions if !turn => {
                let scope = self.scope();
                self.transactions.arrange(&self.store, &scope);
            }
            _ => {}
        }
    }

    /// Goes to a sheet; its own key comes back from it.
    pub(crate) fn toggle_sheet(&mut self, pane: Pane) {
        self.focus_on(if self.focus == pane { self.before } else { pane });
    }

    /// Ends a pause: the newest rows are shown, and come in as they happen.
    pub(super) fn follow_newest(&mut self) {
        self.transactions.paused = false;
        let rows = self.areas().rows(Pane::Transactions);
        let mut cursor = self.transactions.cursor.clone();
        cursor.step(&self.transactions.shown(&self.store, &self.scope()), Step::First, rows);
        self.transactions.cursor = cursor;
    }
}
