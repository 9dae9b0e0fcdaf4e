//! The filter of a list: what is typed after `/`, what it means, and which rows it leaves.
//!
//! ```text
//!          /            Enter
//!  none ──────▶ typing ────────▶ kept      typing: every printable key is text
//!    ▲            │ Esc            │ Esc
//!    └────────────┴────────────────┘
//! ```
//!
//! The list changes with every key. What cannot be read (an unknown field, a value that cannot be) leaves no row, and
//! the lower border says what there is: nobody acts on rows that were not asked for. Text that was kept is selected
//! when it is opened again, so that typing replaces it; `↑` brings back earlier texts. Does not know how rows are drawn.

pub mod complete;
pub mod fold;
mod prepared;
pub mod query;
mod reader;
mod records;

use chrono::NaiveDate;
use tui_input::{Input, InputRequest};

pub use complete::{LastWord, Offer};
pub use fold::Fit;
pub use prepared::{Prepared, is_common_field};
pub use query::{Field, Grammar, Moment, Query, Record, Term, Test, contains};
pub use reader::{read, read_words};
pub use records::{ACCOUNTS, CARDHOLDERS, CARDS, INSIGHTS, JOURNAL, TRANSACTIONS, WEBHOOKS};
pub use records::{OfAccount, OfCard, OfEvent, OfHolder, OfPast, OfTransaction};

use super::actions::Act;
use super::form;
use super::msg::{Now, Setup};
use super::pane::{Pane, pane_table};
use super::private;
use super::text;
use super::theme::Tone;
use crate::app::key::{Key, KeyCode};
use crate::app::ui::frame::{Piece, Title};
use crate::domain::money::Grouping;
use crate::domain::settings::Zone;
use crate::domain::text::SafeText;

macro_rules! grammars {
    ($($pane:ident $module:ident: $state:ident, $column:ident, $grammar:ident, $number:literal $title:literal, $head:literal,
        $marks:literal, $enters:literal;)*) => {
        impl Pane {
            /// What its filter can ask.
            pub fn grammar(self) -> &'static Grammar {
                match self { $(Pane::$pane => &$grammar),* }
            }
        }
    };
}
pane_table!(grammars);

/// Most characters of a filter.
const MOST: usize = 500;
/// Most earlier texts that are remembered.
const EARLIER: usize = 20;

/// The filter of one list.
#[derive(Debug, Default)]
pub struct Filter {
    input: Input,
    typing: bool,
    query: Query,
    hint: Option<String>,
    /// Rows that match and stand outside of what the list shows.
    pub elsewhere: usize,
    /// Cards that match where no account does.
    pub cards: usize,
    /// All of the text is selected: what is typed takes its place.
    selected: bool,
    /// Texts that were kept before, the last at the end.
    earlier: Vec<String>,
    /// Which of them is shown, counted from the last.
    back: usize,
    /// What `Tab` goes through.
    completing: Option<Completing>,
}

/// Offers for the last word, while `Tab` goes through them.
#[derive(Debug)]
struct Completing {
    /// What stands before the word.
    before: String,
    offers: Vec<Offer>,
    at: usize,
}

/// What a key led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    Nothing,
    /// The text is another; the list may be the same.
    Typed,
    /// The list is to be made anew.
    Changed,
    /// The filter is gone: the list is whole again.
    Dropped,
    Kept,
}

impl Filter {
    /// What rows are held against.
    pub fn query(&self) -> &Query {
        &self.query
    }

    pub fn is_active(&self) -> bool {
        !self.query.is_empty()
    }

    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// Opens the input, with what was typed before.
    pub fn open(&mut self) {
        self.typing = true;
        self.selected = !self.input.value().is_empty();
        self.back = 0;
    }

    /// An earlier text in place of what is there, or a later one; `None` when the key is not meant for that: the text
    /// was edited, or there is no other.
    pub fn recall(&mut self, earlier: bool, grammar: &Grammar, now: Now, zone: &Zone) -> Option<Did> {
        let untouched = self.selected || self.back > 0 || self.input.value().is_empty();
        let back = if earlier { self.back + 1 } else { self.back.checked_sub(1)? };
        if !untouched {
            return None;
        }
        let others: Vec<&String> =
            self.earlier.iter().rev().filter(|text| text.as_str() != self.input.value()).collect();
        let text = match (back, earlier) {
            (0, _) => String::new(),
            // The one that is shown is no other, so the next earlier one is first of those that are left.
            (back, _) => {
                self.earlier.iter().rev().filter(|text| self.back > 0 || others.contains(text)).nth(back - 1)?.clone()
            }
        };
        self.back = back;
        self.input = Input::new(text);
        self.selected = !self.input.value().is_empty();
        Some(self.read(grammar, now, zone))
    }

    /// Nothing is filtered any more. Whether anything was.
    pub fn clear(&mut self) -> bool {
        let was = self.is_active() || self.typing;
        *self = Filter { earlier: std::mem::take(&mut self.earlier), ..Filter::default() };
        was
    }

    /// Nothing matched as typed: letters in their order are enough.
    pub fn go_fuzzy(&mut self) {
        self.query.fuzzy = true;
    }

    /// Rows are others: they may match as typed now.
    pub fn as_typed(&mut self) {
        self.query.fuzzy = false;
    }

    /// Whether `Tab` goes through offers.
    pub fn is_completing(&self) -> bool {
        self.completing.is_some()
    }

    /// Puts the next offer in the place of the last word, or the one before; `offers` makes them where none are gone through
    /// yet.
    pub fn complete(
        &mut self,
        on: bool,
        grammar: &Grammar,
        now: Now,
        zone: &Zone,
        offers: impl FnOnce(&LastWord<'_>) -> Vec<Offer>,
    ) -> Did {
        let completing = match self.completing.take() {
            Some(Completing { before, offers, at }) => {
                let last = offers.len().saturating_sub(1);
                let at = if on { if at == last { 0 } else { at + 1 } } else { at.checked_sub(1).unwrap_or(last) };
                Completing { before, offers, at }
            }
            None => {
                let typed = self.input.value().to_owned();
                let word = LastWord::of(&typed, grammar);
                Completing { before: word.before.to_owned(), offers: offers(&word), at: 0 }
            }
        };
        let Some(offer) = completing.offers.get(completing.at) else { return Did::Nothing };
        let text = format!("{}{}", completing.before, offer.text);
        if text.chars().count() > MOST {
            return Did::Nothing;
        }
        self.input = Input::new(text);
        (self.selected, self.back) = (false, 0);
        // The only one is taken: the next `Tab` is about what follows it.
        let is_only = completing.offers.len() == 1;
        let did = self.read(grammar, now, zone);
        self.completing = Some(completing).filter(|_| !is_only);
        did
    }

    /// The text to begin with another time; `None` where nothing is filtered, and where the text would have to be
    /// masked: no card number is kept (D1).
    pub fn kept(&self) -> Option<String> {
        let text = self.input.value().trim();
        let whole = self.is_active() && self.hint.is_none() && SafeText::new(text, MOST).as_str() == text;
        whole.then(|| text.to_owned())
    }

    /// Begins with a text that was kept; what cannot be read is no filter.
    pub fn restore(&mut self, text: &str, grammar: &Grammar, now: Now, zone: &Zone) {
        self.insert(text, grammar, now, zone);
        if self.kept().is_none() {
            self.clear();
        }
    }

    pub fn press(&mut self, key: Key, grammar: &Grammar, now: Now, zone: &Zone) -> Did {
        match key.code {
            KeyCode::Enter if !self.input.value().trim().is_empty() => {
                self.typing = false;
                self.selected = false;
                let text = self.input.value().trim().to_owned();
                // A card number is remembered nowhere (D1).
                if SafeText::new(&text, MOST).as_str() == text {
                    self.earlier.retain(|known| *known != text);
                    self.earlier.push(text);
                    let over = self.earlier.len().saturating_sub(EARLIER);
                    self.earlier.drain(..over);
                }
                Did::Kept
            }
            KeyCode::Esc | KeyCode::Enter => {
                self.clear();
                Did::Dropped
            }
            KeyCode::Char(c) if !key.ctrl && !key.alt => self.insert(&c.to_string(), grammar, now, zone),
            _ => {
                let Some(request) = form::edit(key) else { return Did::Nothing };
                if std::mem::take(&mut self.selected) && matches!(key.code, KeyCode::Backspace | KeyCode::Delete) {
                    self.input.reset();
                } else {
                    self.input.handle(request);
                }
                self.read(grammar, now, zone)
            }
        }
    }

    /// Takes typed or pasted text.
    pub fn insert(&mut self, text: &str, grammar: &Grammar, now: Now, zone: &Zone) -> Did {
        if std::mem::take(&mut self.selected) {
            self.input.reset();
        }
        self.back = 0;
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.input.value().chars().count() < MOST {
                self.input.handle(InputRequest::InsertChar(c));
            }
        }
        self.read(grammar, now, zone)
    }

    fn read(&mut self, grammar: &Grammar, now: Now, zone: &Zone) -> Did {
        self.completing = None;
        match read(self.input.value(), grammar, now, zone) {
            Ok(query) => {
                self.hint = None;
                let fuzzy = self.query.fuzzy;
                // Where the shorter text was found by its letters alone, the longer one cannot be found as typed.
                let longer = query.clone().with_fuzzy(fuzzy);
                let next = if fuzzy && longer.narrows(&self.query) { longer } else { query };
                if next == self.query {
                    return Did::Typed;
                }
                self.query = next;
                Did::Changed
            }
            Err(hint) => {
                self.hint = Some(hint);
                if self.query == Query::nothing() {
                    return Did::Typed;
                }
                self.query = Query::nothing();
                Did::Changed
            }
        }
    }

    /// Puts the filter and what it leaves into the title, in place of the count.
    pub fn entitle(&self, title: &mut Title, shown: usize, all: usize, grouping: Grouping) {
        if !self.typing && !self.is_active() {
            return;
        }
        // A card number somebody types or pastes here is masked like any other.
        let typed = |part: &str| SafeText::new(part, MOST).to_string();
        let said = match self.typing {
            true if self.selected => format!("/[{}]", quotes_hidden(&typed(self.input.value()))),
            true => {
                let (before, after) = split(self.input.value(), self.input.cursor());
                match typed(self.input.value()) == self.input.value() {
                    true => format!("/{before}▏{after}"),
                    false => format!("/{}▏", typed(self.input.value())),
                }
            }
            false => format!("/{}", quotes_hidden(&typed(self.input.value().trim()))),
        };
        title.pieces.push(Piece::new(said, Tone::Waiting));
        if self.is_active() {
            let fuzzy = if self.query.fuzzy && shown > 0 { " fuzzy" } else { "" };
            title.pieces.push(Piece::new(
                format!("{} of {}{fuzzy}", text::count(shown, grouping), text::count(all, grouping)),
                Tone::Plain,
            ));
        }
        // How a bare word was read; quotes make it text.
        for (first, last) in self.query.days() {
            let day = |day: NaiveDate| day.format("%-d %b").to_string();
            let said = if first == last { day(first) } else { format!("{} to {}", day(first), day(last)) };
            title.pieces.push(Piece::new(format!("day: {said}"), Tone::Over));
        }
        if self.elsewhere > 0 {
            title.pieces.push(Piece::new(
                format!("{} more in other accounts", text::count(self.elsewhere, grouping)),
                Tone::Over,
            ));
        }
        if let Some(hint) = &self.hint {
            title.foot = Some(hint.clone());
        }
        if let Some(completing) = &self.completing {
            title.foot = Some(completing.said(grouping));
        }
    }

    fn cards_word(&self, grouping: Grouping) -> String {
        match self.cards {
            1 => "1 card does".to_owned(),
            many => format!("{} cards do", text::count(many, grouping)),
        }
    }

    /// That cards match where no account does, and the key that goes there.
    pub fn cards_instead(&self, grouping: Grouping) -> Option<String> {
        (self.cards > 0 && self.typing).then(|| format!("{}; Enter goes there", self.cards_word(grouping)))
    }

    /// The text as it is typed.
    pub fn typed(&self) -> &str {
        self.input.value()
    }

    /// What a list says that the filter has left empty.
    pub fn nothing(&self, setup: &Setup) -> [String; 2] {
        let (keys, grouping) = (&setup.appearance.keys, setup.grouping);
        let clear = match self.typing {
            true => "Backspace edits, Esc clears".to_owned(),
            false => {
                format!("{} clears the filter, {} changes it", keys.name(Act::Back), keys.name(Act::Filter))
            }
        };
        let where_else = match self.elsewhere {
            0 => String::new(),
            1 => "; 1 does in another account".into(),
            many => format!("; {} do in other accounts", text::count(many, grouping)),
        };
        [format!("nothing here matches{where_else}"), clear]
    }
}

impl Completing {
    /// The offers from the chosen one on, each with its rows.
    fn said(&self, grouping: Grouping) -> String {
        let say = |offer: &Offer| {
            let text = SafeText::name(&offer.text);
            offer.rows.map_or_else(|| text.to_string(), |rows| format!("{text} {}", text::count(rows, grouping)))
        };
        let (before, from) = self.offers.split_at(self.at.min(self.offers.len()));
        let said: Vec<String> = from.iter().chain(before).map(say).collect();
        format!("Tab {} of {}: {}", self.at + 1, self.offers.len(), said.join(" · "))
    }
}

/// Why a text cannot be kept as a filter, when it cannot.
pub fn check(text: &str, grammar: &Grammar, now: Now, zone: &Zone) -> Result<(), String> {
    let mut filter = Filter::default();
    filter.insert(text, grammar, now, zone);
    match (filter.kept(), filter.hint) {
        (Some(kept), _) if kept == text.trim() => Ok(()),
        (None, Some(hint)) => Err(SafeText::prose(&hint).to_string()),
        _ if text.chars().count() > MOST => Err(format!("it is longer than {MOST} characters")),
        _ if filter.query.is_empty() => Err("it asks for nothing".into()),
        _ => Err("it holds what is not kept, for example a card number".into()),
    }
}

/// What is quoted may be the name of somebody, put there by a line of pane 5: privacy hides it once nobody types.
fn quotes_hidden(text: &str) -> String {
    let parts = text.split('"').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 1 { private::name(part) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("\"")
}

fn split(text: &str, at: usize) -> (&str, &str) {
    let byte = text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
    text.split_at(byte)
}
