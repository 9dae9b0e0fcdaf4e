//! The model and the search over everything: its keys, and where its hits lead.

use crate::app::actions::{self, Act};
use crate::app::find::{Find, Hit, MOST, view};
use crate::app::form;
use crate::app::key::{Key, KeyCode};
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::overlay::{Overlay, OverlayKind};
use crate::app::pane::Pane;
use crate::app::store::TxRow;
use crate::domain::text::SafeText;
use tui_input::InputRequest;

impl Model {
    pub(crate) fn open_find(&mut self, effects: &mut Vec<Effect>) {
        let mut find = Find::default();
        find.look(&self.store, &self.setup.zone);
        self.overlays.push(Overlay::Find(Box::new(find)), effects);
    }

    /// A key while the search is open; whether anything changed.
    pub(crate) fn press_find(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        let page = view::rows(self.areas().body).saturating_sub(1).max(1);
        let bound = self.appearance.keys.lookup(key).map(|action| action.act);
        let (store, zone) = (&self.store, &self.setup.zone);
        let Some(find) = self.overlays.find_mut() else { return false };
        let last = find.hits().len().saturating_sub(1);
        let request = match key.code {
            KeyCode::Esc => {
                self.overlays.take(OverlayKind::Find);
                return true;
            }
            KeyCode::Enter => return self.go_to_hit(None, effects),
            KeyCode::Down => return find.go(find.at.saturating_add(1).min(last)),
            KeyCode::Up => return find.go(find.at.saturating_sub(1)),
            KeyCode::PageDown => return find.go(find.at.saturating_add(page).min(last)),
            KeyCode::PageUp => return find.go(find.at.saturating_sub(page)),
            KeyCode::Tab | KeyCode::BackTab => {
                let acts = !find.acts && find.chosen().is_some();
                return std::mem::replace(&mut find.acts, acts) != acts;
            }
            _ if find.acts => match bound {
                Some(act) if acts_on_a_card(act) && matches!(find.chosen(), Some(Hit::Card(_))) => {
                    return self.go_to_hit(Some(act), effects);
                }
                Some(Act::Down) => return find.go(find.at.saturating_add(1).min(last)),
                Some(Act::Up) => return find.go(find.at.saturating_sub(1)),
                _ => return false,
            },
            KeyCode::Char(c) if !key.ctrl && !key.alt && find.typed().len() < MOST => InputRequest::InsertChar(c),
            _ => match form::edit(key) {
                Some(request) => request,
                None => return false,
            },
        };
        find.input.handle(request);
        find.look(store, zone);
        true
    }

    pub(crate) fn paste_find(&mut self, pasted: &str) -> bool {
        let (store, zone) = (&self.store, &self.setup.zone);
        let Some(find) = self.overlays.find_mut() else { return false };
        // A card number is looked for by its last four, and is not kept.
        let pasted = super::filter::pasted_digits(pasted).unwrap_or_else(|| pasted.to_owned());
        for c in pasted.chars().filter(|c| !c.is_control()) {
            if find.typed().len() < MOST {
                find.input.handle(InputRequest::InsertChar(c));
            }
        }
        find.acts = false;
        find.look(store, zone);
        true
    }

    /// Rows came: where nothing was found yet, it may be among them.
    pub(crate) fn find_again(&mut self) {
        let (store, zone) = (&self.store, &self.setup.zone);
        if let Some(find) = self.overlays.find_mut() {
            find.look_again(store, zone);
        }
    }

    /// Goes to the chosen hit, and does this with it; whether there was one.
    fn go_to_hit(&mut self, act: Option<Act>, effects: &mut Vec<Effect>) -> bool {
        let Some(hit) = self.overlays.find().and_then(Find::chosen).cloned() else { return false };
        self.overlays.take(OverlayKind::Find);
        match hit {
            Hit::Card(row) => {
                // A card that is named is meant alone, whatever is marked.
                self.panes.cards.list.marks.clear();
                self.go_to_card(row);
            }
            Hit::Holder(id) => self.show_holder(&id),
            Hit::Account(id) => {
                self.choose_account(Some(&id));
                self.focus_on(Pane::Cards);
            }
            Hit::Merchant(name) => self.show_merchant(&name),
            Hit::Transaction(row) => self.show_transaction(row),
        }
        if let Some(act) = act {
            match actions::applies(act, &self.situation()) {
                Ok(()) => self.perform(act, effects),
                Err(why) => self.refuse(act, &why),
            }
        }
        true
    }

    /// All transactions, of all accounts and cards.
    fn show_all_transactions(&mut self) {
        self.show_all_cards();
        self.choose_account(None);
        if self.panes.transactions.card.take().is_some() {
            self.follow_scope();
        }
        self.details = false;
        self.focus_on(Pane::Transactions);
        self.drop_filter();
    }

    fn show_merchant(&mut self, name: &SafeText) {
        self.show_all_transactions();
        let text = format!("merchant:\"{}\"", name.as_str().replace('"', " "));
        self.filter_by(&text);
    }

    fn show_transaction(&mut self, row: TxRow) {
        self.show_all_transactions();
        let rows = self.areas().rows(Pane::Transactions);
        let (panes, ctx) = self.panes_mut();
        panes.transactions.choose(&ctx, row, rows);
    }
}

/// Whether an action is about the card that was found.
fn acts_on_a_card(act: Act) -> bool {
    matches!(
        act,
        Act::Freeze
            | Act::Unfreeze
            | Act::TopUp
            | Act::Withdraw
            | Act::Close
            | Act::Edit
            | Act::Copy
            | Act::Reveal
            | Act::Holder
    )
}
