//! Keys while a filter is typed, and what its changes do to the list it is of.

use crate::app::actions::Act;
use crate::app::filter::{Did, Filter};
use crate::app::key::{Key, KeyCode};
use crate::app::list::Step;
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::pane::Pane;

use crate::app::store::CardRow;
use crate::app::ui::row_index::Reindex;
use crate::domain::text;

/// The last four digits of what looks like a card number, whole or masked: that is what cards are found by, and the
/// rest is kept nowhere (D1).
pub(super) fn pasted_digits(text: &str) -> Option<String> {
    let masks = |c: char| matches!(c, '•' | '*' | 'x' | 'X' | '#' | '…' | '●' | '·');
    // Digits of another script are the same number; a dot in the middle of the line is a mask here.
    let between = |c: char| text::separates(c) && !masks(c);
    let plain = |c: char| text::digit(c).and_then(|digit| char::from_digit(digit.into(), 10)).unwrap_or(c);
    let all: Vec<char> = text.chars().filter(|c| !between(*c)).map(plain).collect();
    let only = all.iter().all(|c| c.is_ascii_digit() || masks(*c));
    let digits: String = all.iter().filter(|c| c.is_ascii_digit()).collect();
    let masked = all.iter().any(|c| masks(*c));
    let ends = all.iter().rev().take(4).all(char::is_ascii_digit);
    let number = only && ends && digits.len() >= 4 && if masked { digits.len() <= 12 } else { all.len() >= 12 };
    number.then(|| digits[digits.len() - 4..].to_owned())
}

impl Model {
    /// The filter of the focused list.
    pub(crate) fn filter(&self) -> &Filter {
        self.filter_of(self.focus())
    }

    pub(crate) fn filter_of(&self, pane: Pane) -> &Filter {
        self.panes.get(pane).list().filter()
    }

    pub(super) fn filter_mut(&mut self) -> &mut Filter {
        self.filter_of_mut(self.focus())
    }

    pub(crate) fn filter_of_mut(&mut self, pane: Pane) -> &mut Filter {
        self.panes.get_mut(pane).list_mut().filter_mut()
    }

    pub(crate) fn open_filter(&mut self) {
        self.filter_mut().open();
    }

    /// Clears the filter of the focused list; the row under the cursor stays chosen. Whether there was one.
    pub(crate) fn drop_filter(&mut self) -> bool {
        let was = self.filter_mut().clear();
        if was {
            self.show_whole();
        }
        was
    }

    /// A key while the filter is typed; whether anything changed.
    pub(crate) fn press_filter(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        let page = self.areas().rows(self.focus()).saturating_sub(1).max(1);
        if matches!(key.code, KeyCode::Enter | KeyCode::Down | KeyCode::Up | KeyCode::PageDown | KeyCode::PageUp) {
            self.fuzzy_pass();
        }
        if matches!(key.code, KeyCode::Down | KeyCode::Up) {
            let (grammar, now, zone) = (self.focus().grammar(), self.now, self.setup().zone.clone());
            if let Some(did) = self.filter_mut().recall(key.code == KeyCode::Up, grammar, now, &zone) {
                self.filtered(did);
                return true;
            }
        }
        match key.code {
            KeyCode::Enter if self.focus() == Pane::Accounts && self.panes.accounts.list.filter.cards > 0 => {
                self.filter_cards_instead();
            }
            KeyCode::Tab | KeyCode::BackTab => return self.complete_filter(key.code == KeyCode::Tab),
            KeyCode::Down => self.step(Step::Down(1)),
            KeyCode::Up => self.step(Step::Up(1)),
            KeyCode::PageDown => self.step(Step::Down(page)),
            KeyCode::PageUp => self.step(Step::Up(page)),
            _ => {
                let leaves = self
                    .appearance()
                    .keys
                    .lookup(key)
                    .filter(|action| matches!(action.act, Act::Interrupt | Act::Suspend));
                if let Some(action) = leaves {
                    self.perform(action.act, effects);
                    return true;
                }
                let (grammar, now, zone) = (self.focus().grammar(), self.now, self.setup().zone.clone());
                let did = self.filter_mut().press(key, grammar, now, &zone);
                self.filtered(did);
                return did != Did::Nothing;
            }
        }
        true
    }

    pub(crate) fn paste_filter(&mut self, text: &str) -> bool {
        let (grammar, now, zone) = (self.focus().grammar(), self.now, self.setup().zone.clone());
        let text = pasted_digits(text).unwrap_or_else(|| text.to_owned());
        let did = self.filter_mut().insert(&text, grammar, now, &zone);
        self.filtered(did);
        true
    }

    pub(super) fn filtered(&mut self, did: Did) {
        match did {
            Did::Nothing | Did::Typed | Did::Kept => {}
            Did::Dropped => self.show_whole(),
            Did::Changed => {
                let pane = self.focus();
                self.reindex(pane, Reindex::Filter);
                // The chosen account stays chosen while it is there: its cards are on the screen.
                if pane != Pane::Accounts {
                    self.panes.get_mut(pane).list_mut().reset_cursor();
                }
                if pane == Pane::Cards {
                    self.choose_last_four();
                }
            }
        }
    }

    /// Takes the filter of the accounts, which leaves none, over to the cards that match.
    fn filter_cards_instead(&mut self) {
        let text = self.panes.accounts.list.filter.typed().to_owned();
        self.drop_filter();
        self.choose_account(None);
        self.enter(Pane::Cards);
        self.filter_by(&text);
    }

    /// Filters the focused list by a text, as if it were typed and kept.
    pub(crate) fn filter_by(&mut self, text: &str) {
        self.filter_mut().clear();
        self.show_whole();
        self.open_filter();
        let (grammar, now, zone) = (self.focus().grammar(), self.now, self.setup().zone.clone());
        let did = self.filter_mut().insert(text, grammar, now, &zone);
        self.filtered(did);
        self.filter_mut().press(Key { code: KeyCode::Enter, ctrl: false, alt: false }, grammar, now, &zone);
    }

    /// Finishes what a letter began in a very long list; whether anything was left to do.
    pub(crate) fn fuzzy_pass(&mut self) -> bool {
        let (panes, ctx) = self.panes_mut();
        let mut any = false;
        for pane in Pane::ALL {
            any |= panes.get_mut(pane).reindex(&ctx, Reindex::Fuzzy);
        }
        any
    }

    /// Four digits mean the card that ends with them, also where a name that holds them stands above it.
    fn choose_last_four(&mut self) {
        let texts = self.panes.cards.list.filter.query().texts();
        let ends = |row: &CardRow| {
            let four = self.store.cards.get(*row).number.last_four;
            four.is_some_and(|four| texts.contains(&four.as_str()))
        };
        let Some(row) = self.card_rows().find(ends) else { return };
        let rows = self.areas().rows(Pane::Cards);
        self.panes.cards.list.choose(&row, rows);
    }

    /// The focused list without a filter, its cursor on the row it was on.
    fn show_whole(&mut self) {
        let (pane, rows) = (self.focus(), self.areas().rows(self.focus()));
        self.reindex(pane, Reindex::Filter);
        let (panes, ctx) = self.panes_mut();
        panes.get_mut(pane).keep_row(&ctx, rows);
    }
}
