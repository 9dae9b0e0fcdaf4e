//! Keys while a filter is typed, and what its changes do to the list it is of.

use crate::app::actions::Act;
use crate::app::filter::{Did, Filter, OfCard, query};
use crate::app::key::{Key, KeyCode};
use crate::app::list::{Rows, Step};
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::pane::Pane;

use crate::app::store::CardRow;
use crate::domain::text;
use crate::parallel;

/// The last four digits of what looks like a card number, whole or masked: that is what cards are found by, and the
/// rest is kept nowhere (D1).
fn pasted_digits(text: &str) -> Option<String> {
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
        match pane {
            Pane::Accounts => &self.accounts.filter,
            Pane::Cards => &self.cards.filter,
            Pane::Transactions => &self.transactions.filter,
            Pane::Cardholders => &self.cardholders.filter,
            Pane::Webhooks => &self.webhooks.filter,
            Pane::Journal => &self.journal.filter,
        }
    }

    fn filter_mut(&mut self) -> &mut Filter {
        self.filter_of_mut(self.focus())
    }

    pub(crate) fn filter_of_mut(&mut self, pane: Pane) -> &mut Filter {
        match pane {
            Pane::Accounts => &mut self.accounts.filter,
            Pane::Cards => &mut self.cards.filter,
            Pane::Transactions => &mut self.transactions.filter,
            Pane::Cardholders => &mut self.cardholders.filter,
            Pane::Webhooks => &mut self.webhooks.filter,
            Pane::Journal => &mut self.journal.filter,
        }
    }

    pub(crate) fn open_filter(&mut self) {
        self.filter_mut().open();
    }

    /// Clears the filter of the focused list; the row under the cursor stays chosen. Whether there was one.
    pub(crate) fn drop_filter(&mut self) -> bool {
        let was = self.filter_mut().clear();
        if was {
            self.arrange_whole();
        }
        was
    }

    /// A key while the filter is typed; whether anything changed.
    pub(crate) fn press_filter(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        let page = self.areas().rows(self.focus()).saturating_sub(1).max(1);
        if matches!(key.code, KeyCode::Enter | KeyCode::Down | KeyCode::Up | KeyCode::PageDown | KeyCode::PageUp) {
            self.look_by_letters();
        }
        if matches!(key.code, KeyCode::Down | KeyCode::Up) {
            let (grammar, now, zone) = (self.focus().grammar(), self.now, self.setup().zone.clone());
            if let Some(did) = self.filter_mut().recall(key.code == KeyCode::Up, grammar, now, &zone) {
                self.filtered(did);
                return true;
            }
        }
        match key.code {
            KeyCode::Enter if self.focus() == Pane::Accounts && self.accounts.filter.cards > 0 => {
                self.filter_cards_instead();
            }
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

    fn filtered(&mut self, did: Did) {
        match did {
            Did::Nothing | Did::Typed | Did::Kept => {}
            Did::Dropped => self.arrange_whole(),
            Did::Changed => {
                let account = self.account().cloned();
                let scope = self.scope();
                match self.focus() {
                    // The chosen account stays chosen while it is there: its cards are on the screen.
                    Pane::Accounts => {
                        self.accounts.arrange(&self.store);
                        self.count_cards_instead();
                    }
                    Pane::Cards => {
                        self.cards.sift(&self.store, account.as_ref());
                        self.cards.cursor.reset();
                        self.choose_last_four();
                    }
                    Pane::Transactions => {
                        self.transactions.sift(&self.store, &scope);
                        self.transactions.cursor.reset();
                    }
                    Pane::Cardholders => {
                        self.cardholders.sift(&self.store);
                        self.cardholders.cursor.reset();
                    }
                    Pane::Webhooks => self.webhooks.list.cursor.reset(),
                    Pane::Journal => self.journal.list.cursor.reset(),
                }
            }
        }
    }

    /// Where no account matches, how many cards do: that is what most people look for.
    pub(crate) fn count_cards_instead(&mut self) {
        let filter = &self.accounts.filter;
        let none = filter.is_active() && self.accounts.shown().len() == 1;
        let query = none.then(|| query::read(filter.typed(), Pane::Cards.grammar(), self.now, &self.setup().zone));
        let count = match query {
            Some(Ok(query)) if !query.is_empty() => {
                let fits = |row: CardRow| query.matches(&OfCard(&self.store, self.store.cards.get(row)));
                parallel::filter(self.store.cards.of(None), fits).len()
            }
            _ => 0,
        };
        self.accounts.filter.cards = count;
    }

    /// Takes the filter of the accounts, which leaves none, over to the cards that match.
    fn filter_cards_instead(&mut self) {
        let text = self.accounts.filter.typed().to_owned();
        self.drop_filter();
        self.choose_account(None);
        self.enter(Pane::Cards);
        self.cards.filter.clear();
        self.arrange_whole();
        self.open_filter();
        let (grammar, now, zone) = (self.focus().grammar(), self.now, self.setup().zone.clone());
        let did = self.filter_mut().insert(&text, grammar, now, &zone);
        self.filtered(did);
        self.filter_mut().press(Key { code: KeyCode::Enter, ctrl: false, alt: false }, grammar, now, &zone);
    }

    /// Finishes what a letter began in a very long list; whether anything was left to do.
    pub(crate) fn look_by_letters(&mut self) -> bool {
        let scope = self.scope();
        self.transactions.look_by_letters(&self.store, &scope)
    }

    /// Four digits mean the card that ends with them, also where a name that holds them stands above it.
    fn choose_last_four(&mut self) {
        let texts = self.cards.filter.query().texts();
        let ends = |row: &CardRow| {
            let four = self.store.cards.get(*row).number.last_four;
            four.is_some_and(|four| texts.contains(&four.as_str()))
        };
        let Some(row) = self.card_rows().find(ends) else { return };
        let rows = self.areas().rows(Pane::Cards);
        let mut cursor = self.cards.cursor.clone();
        cursor.choose(&self.cards.shown(), &row, rows);
        self.cards.cursor = cursor;
    }

    /// The focused list anew, its cursor on the row it was on.
    pub(crate) fn arrange_whole(&mut self) {
        let account = self.account().cloned();
        let scope = self.scope();
        let rows = self.areas().rows(self.focus());
        match self.focus() {
            Pane::Accounts => self.accounts.arrange(&self.store),
            Pane::Cards => {
                self.cards.arrange(&self.store, account.as_ref());
                if let Some(row) = self.cards.cursor.row().copied() {
                    let mut cursor = self.cards.cursor.clone();
                    cursor.choose(&self.cards.shown(), &row, rows);
                    self.cards.cursor = cursor;
                }
            }
            Pane::Transactions => {
                self.transactions.sift(&self.store, &scope);
                if let Some(row) = self.transactions.cursor.row().copied() {
                    let mut cursor = self.transactions.cursor.clone();
                    cursor.choose(&self.transactions.shown(&self.store, &scope), &row, rows);
                    self.transactions.cursor = cursor;
                }
            }
            Pane::Cardholders => {
                self.cardholders.arrange(&self.store);
                if let Some(id) = self.cardholders.chosen(&self.store).map(|holder| holder.id.clone()) {
                    self.cardholders.choose(&self.store, &id, rows);
                }
            }
            Pane::Webhooks | Pane::Journal => {}
        }
    }
}
