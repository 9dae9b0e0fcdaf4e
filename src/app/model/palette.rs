//! The model and every action, found by typing: with its key, what it does, and the reason where it does not apply now.

use crate::app::actions::{self, Act};
use crate::app::form;
use crate::app::form::FieldId;
use crate::app::key::{Key, KeyCode};
use crate::app::list::Step;
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::overlay::{Overlay, OverlayKind};
use crate::app::palette::view::palette_rows;
use crate::app::palette::{Entry, Known, MOST, Palette, completed};
use crate::app::pane::Pane;
use crate::app::store::CardRow;
use crate::app::views::Change;
use crate::domain::ids::AccountId;
use tui_input::{Input, InputRequest};

impl Model {
    /// What the palette searches.
    pub(crate) fn palette_context(&self) -> Known<'_> {
        Known {
            store: &self.store,
            recent: &self.recent,
            setup: &self.setup,
            appearance: &self.appearance,
            views: &self.views,
        }
    }

    /// A key while the palette is open; whether anything changed.
    pub(crate) fn press_palette(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        let helps = self.appearance.keys.lookup(key).is_some_and(|action| action.act == Act::Help);
        let page = palette_rows(self.areas().body).saturating_sub(1).max(1);
        let Some(palette) = self.overlays.palette_mut() else { return false };
        let known = Known {
            store: &self.store,
            recent: &self.recent,
            setup: &self.setup,
            appearance: &self.appearance,
            views: &self.views,
        };
        let choices = palette.choices(known);
        let last = choices.len().saturating_sub(1);
        let request = match key.code {
            KeyCode::Esc => {
                self.overlays.take(OverlayKind::Palette);
                return true;
            }
            // Its own key closes the help again.
            KeyCode::Char(_) if helps && palette.typed().is_empty() => {
                self.overlays.take(OverlayKind::Palette);
                return true;
            }
            KeyCode::Enter => {
                let Some(chosen) = choices.into_iter().nth(palette.at) else { return false };
                self.overlays.take(OverlayKind::Palette);
                self.run(chosen, effects);
                return true;
            }
            KeyCode::Down => return palette.go(palette.at.saturating_add(1).min(last)),
            KeyCode::Up => return palette.go(palette.at.saturating_sub(1)),
            KeyCode::PageDown => return palette.go(palette.at.saturating_add(page).min(last)),
            KeyCode::PageUp => return palette.go(palette.at.saturating_sub(page)),
            KeyCode::Tab => {
                let Some(text) = choices.get(palette.at).and_then(completed) else { return false };
                palette.input = Input::new(text);
                palette.at = 0;
                return true;
            }
            KeyCode::Char(c) if !key.ctrl && !key.alt && palette.typed().len() < MOST => InputRequest::InsertChar(c),
            _ => match form::edit(key) {
                Some(request) => request,
                None => return false,
            },
        };
        palette.input.handle(request);
        palette.at = 0;
        true
    }

    pub(crate) fn paste_palette(&mut self, pasted: &str) -> bool {
        let Some(palette) = self.overlays.palette_mut() else { return false };
        for c in pasted.chars().filter(|c| !c.is_control()) {
            if palette.typed().len() < MOST {
                palette.input.handle(InputRequest::InsertChar(c));
            }
        }
        palette.at = 0;
        true
    }

    fn run(&mut self, entry: Entry, effects: &mut Vec<Effect>) {
        match entry {
            Entry::Heading(_) | Entry::Note(_) | Entry::Chord(..) => {}
            Entry::View(name) => self.open_view(&name),
            Entry::SaveView(name) => self.save_view(&name, effects),
            Entry::DeleteView(name) => effects.push(Effect::KeepView(Change::Delete(name))),
            Entry::Begin(text, _) => {
                let palette = Palette::typing(text);
                self.overlays.push(Overlay::Palette(palette), effects);
            }
            Entry::Action(act) => self.run_action(act, effects),
            Entry::Account(id) => {
                self.choose_account(Some(&id));
                self.focus_on(Pane::Cards);
            }
            Entry::Holder(id) => self.show_holder(&id),
            Entry::Theme(name) => drop(self.appearance.book.choose(&name)),
            Entry::Profile(name) => self.change_profile(&name, effects),
            Entry::Card { act, row, amount } => {
                // A card that is named is meant alone, whatever is marked.
                self.panes.cards.list.marks.clear();
                self.go_to_card(row);
                if let Some(act) = act {
                    self.run_action(act, effects);
                }
                if let Some(amount) = amount {
                    let (acts, mut desk) = self.desk(effects);
                    acts.fill(FieldId::Amount, &amount, &mut desk);
                }
            }
        }
    }

    /// Does what the key of the action would do, or says why not.
    fn run_action(&mut self, act: Act, effects: &mut Vec<Effect>) {
        self.recent.retain(|known| *known != act);
        self.recent.insert(0, act);
        match actions::applies(act, &self.situation()) {
            // Whoever names it means it: `freeze` never unfreezes.
            Ok(()) if act == Act::Freeze => self.turn(Some(true), effects),
            Ok(()) => self.perform(act, effects),
            Err(why) => self.refuse(act, &why),
        }
    }

    /// Shows a card in pane 2, whatever hides it there.
    pub(crate) fn go_to_card(&mut self, row: CardRow) {
        self.show_all_cards();
        let account = self.store.cards.get(row).account.clone();
        if self.account().is_some() && self.account() != account.as_ref() {
            self.choose_account(None);
        }
        self.focus_on(Pane::Cards);
        if self.card_rows().all(|shown| shown != row) {
            self.drop_filter();
        }
        let rows = self.areas().rows(Pane::Cards);
        self.panes.cards.list.choose(&row, rows);
    }

    pub(crate) fn choose_account(&mut self, account: Option<&AccountId>) {
        self.focus_on(Pane::Accounts);
        self.drop_filter();
        let Some(id) = account else { return self.step(Step::First) };
        let rows = self.areas().rows(Pane::Accounts);
        self.panes.accounts.list.choose(&Some(id.clone()), rows);
        self.follow_account();
    }
}
