//! Forms: labelled fields and two buttons, and what each key does to them.
//!
//! In a text field every printable key is text; a form knows no action, so none can fire. Pasted text goes
//! into the field in focus and never confirms anything. Does not know what is asked for, nor what is sent:
//! a dialog reads the values and says which of them are wrong.

mod field_id;
mod view;

use ratatui::style::Style;
use tui_input::{Input, InputRequest};

use super::filter::fold::{self, Fit};
use super::secret_input::SecretInput;
use crate::app::key::{Key, KeyCode};

use super::private;
use crate::domain::secret::{OneTimeSecret, Password, WebhookSecret};
pub use field_id::FieldId;
pub use view::buttons;

/// What a key that is no text does to a line of text, in every place where one is typed.
pub fn edit(key: Key) -> Option<InputRequest> {
    Some(match (key.code, key.ctrl) {
        (KeyCode::Left, _) => InputRequest::GoToPrevChar,
        (KeyCode::Right, _) => InputRequest::GoToNextChar,
        (KeyCode::Home, _) => InputRequest::GoToStart,
        (KeyCode::End, _) => InputRequest::GoToEnd,
        (KeyCode::Backspace, _) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, _) => InputRequest::DeleteNextChar,
        (KeyCode::Char('u'), true) => InputRequest::DeleteLine,
        (KeyCode::Char('w'), true) => InputRequest::DeletePrevWord,
        _ => return None,
    })
}

/// One line: runs of text and style.
pub type Line = Vec<(String, Style)>;

/// Columns of the labels.
pub const LABEL: usize = 15;

/// One of the things a choice offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choose {
    /// What the dialog knows it by.
    pub key: String,
    pub label: String,
}

impl Choose {
    pub fn new(key: impl Into<String>, label: impl Into<String>) -> Choose {
        Choose { key: key.into(), label: label.into() }
    }
}

/// A choice among options, narrowed by typing; not in a form in which a secret is typed, where that would be shown.
#[derive(Clone, Debug, Default)]
struct Choice {
    options: Vec<Choose>,
    chosen: Option<String>,
    /// What was typed since the field has the focus.
    typed: String,
}

impl Choice {
    /// Those that fit what was typed, the best first: a word of it, the beginning of a word, inside of one; by letters
    /// in their order only when nothing fits better.
    fn matches(&self) -> impl Iterator<Item = &Choose> {
        let wanted: Vec<String> = self.typed.split_whitespace().map(str::to_lowercase).collect();
        if wanted.is_empty() {
            return self.options.iter().collect::<Vec<_>>().into_iter();
        }
        let fits = |option: &Choose| -> Option<(Fit, usize)> {
            let label = private::bare(&option.label);
            let each: Option<Vec<Fit>> = wanted.iter().map(|word| fold::fit(&label, word)).collect();
            let each = each.filter(|_| !option.key.is_empty())?;
            // Whose first word it is stands before whose last word it is.
            let first = fold::plain(&label).starts_with(&fold::plain(wanted.first()?));
            Some((each.into_iter().max()?, usize::from(!first)))
        };
        // What stands for no choice is not found by its words.
        let mut found: Vec<((Fit, usize), &Choose)> =
            self.options.iter().filter_map(|option| fits(option).map(|fit| (fit, option))).collect();
        found.sort_by_key(|(fit, _)| *fit);
        if found.first().is_some_and(|((fit, _), _)| *fit < Fit::Letters) {
            found.retain(|((fit, _), _)| *fit < Fit::Letters);
        }
        found.into_iter().map(|(_, option)| option).collect::<Vec<_>>().into_iter()
    }

    fn label(&self) -> Option<&str> {
        let chosen = self.chosen.as_ref()?;
        self.options.iter().find(|option| option.key == *chosen).map(|option| option.label.as_str())
    }

    /// The choice is the best of those that match, or none.
    fn narrow(&mut self) {
        let kept = self.matches().any(|option| Some(&option.key) == self.chosen.as_ref());
        if !kept || !self.typed.trim().is_empty() {
            let first = self.matches().next().map(|option| option.key.clone());
            self.chosen = first;
        }
    }

    fn turn(&mut self, forward: bool) {
        let keys: Vec<String> = self.matches().map(|option| option.key.clone()).collect();
        let Some(last) = keys.len().checked_sub(1) else { return };
        let at = keys.iter().position(|key| Some(key) == self.chosen.as_ref());
        let next = match (at, forward) {
            (None, _) => 0,
            (Some(at), true) => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            (Some(at), false) => at.checked_sub(1).unwrap_or(last),
        };
        self.chosen = keys.into_iter().nth(next);
    }
}

#[derive(Debug)]
enum Value {
    Text {
        input: Box<Input>,
        most: usize,
        /// It holds what nobody typed here: all of it is selected, and typing replaces it.
        selected: bool,
    },
    Choice(Choice),
    /// Typed and never shown.
    Secret(SecretInput),
}

/// One labelled field.
#[derive(Debug)]
pub struct Field {
    id: FieldId,
    label: &'static str,
    help: String,
    /// Stands where nothing was typed.
    empty: &'static str,
    hidden: bool,
    value: Value,
    /// What is wrong with the value as it is.
    wrong: Option<String>,
    /// What the API said of the value it was sent.
    said: Option<String>,
    /// The person has been here and went on, so that an error is worth showing.
    left: bool,
}

impl Field {
    /// A line of text of at most `most` characters.
    pub fn text(id: FieldId, label: &'static str, help: &str, most: usize) -> Field {
        Field::new(id, label, help, Value::Text { input: Box::default(), most, selected: false })
    }

    /// A secret of at most `most` bytes. [`Form::value`] does not tell it.
    pub fn secret(id: FieldId, label: &'static str, help: &str, most: usize) -> Field {
        Field::new(id, label, help, Value::Secret(SecretInput::new(most)))
    }

    /// One of several; the first is chosen.
    pub fn choice(id: FieldId, label: &'static str, help: &str, options: Vec<Choose>) -> Field {
        let chosen = options.first().map(|option| option.key.clone());
        Field::new(id, label, help, Value::Choice(Choice { options, chosen, typed: String::new() }))
    }

    fn new(id: FieldId, label: &'static str, help: &str, value: Value) -> Field {
        let (wrong, said) = (None, None);
        Field { id, label, help: help.into(), empty: "–", hidden: false, value, wrong, said, left: false }
    }

    /// What stands in the field while nothing is typed.
    pub fn when_empty(self, empty: &'static str) -> Field {
        Field { empty, ..self }
    }

    pub fn hidden(self) -> Field {
        Field { hidden: true, ..self }
    }

    fn text_now(&self) -> &str {
        match &self.value {
            Value::Text { input, .. } => input.value(),
            Value::Choice(choice) => choice.chosen.as_deref().unwrap_or(""),
            Value::Secret(_) => "",
        }
    }

    fn error(&self) -> Option<&str> {
        self.said.as_deref().or(self.wrong.as_deref().filter(|_| self.left))
    }
}

/// Where the keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// A field, by its place.
    Field(usize),
    Cancel,
    Go,
}

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    Nothing,
    Moved,
    Edited,
    /// The person confirms.
    Submit,
    Cancel,
}

/// The fields and the two buttons.
#[derive(Debug)]
pub struct Form {
    fields: Vec<Field>,
    focus: Focus,
}

impl Form {
    /// With the focus on the first field, or on Cancel where there is none.
    pub fn new(fields: Vec<Field>) -> Form {
        let focus = if fields.is_empty() { Focus::Cancel } else { Focus::Field(0) };
        Form { fields, focus }
    }

    /// The same form with the focus on a field that it has.
    pub fn on(self, id: FieldId) -> Form {
        let at = self.fields.iter().position(|field| field.id == id);
        Form { focus: at.map_or(self.focus, Focus::Field), ..self }
    }

    /// The same form with the focus on Cancel.
    pub fn on_cancel(self) -> Form {
        Form { focus: Focus::Cancel, ..self }
    }

    pub fn focus(&self) -> Focus {
        self.focus
    }

    /// What stands in a field while nothing is typed is another now.
    pub fn say_empty(&mut self, id: FieldId, empty: &'static str) {
        if let Some(field) = self.field_mut(id) {
            field.empty = empty;
        }
    }

    fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    fn field_mut(&mut self, id: FieldId) -> Option<&mut Field> {
        self.fields.iter_mut().find(|field| field.id == id)
    }

    /// The text of a field without spaces around it, or the key of what is chosen; empty for a field that
    /// there is not.
    pub fn value(&self, id: FieldId) -> &str {
        self.field(id).map_or("", |field| field.text_now().trim())
    }

    /// Whether nothing was typed into a secret field.
    pub fn is_untyped(&self, id: FieldId) -> bool {
        self.field(id).is_none_or(|field| matches!(&field.value, Value::Secret(typed) if typed.is_empty()))
    }

    /// What was typed into a secret field.
    pub fn secret(&self, id: FieldId) -> Option<Password> {
        match &self.field(id)?.value {
            Value::Secret(typed) => Some(typed.copied()),
            Value::Text { .. } | Value::Choice(_) => None,
        }
    }

    /// The secret that was typed into a field, for whoever sends it.
    pub fn webhook_secret(&self, id: FieldId) -> Option<OneTimeSecret<WebhookSecret>> {
        match &self.field(id)?.value {
            Value::Secret(typed) => typed.webhook_secret(),
            Value::Text { .. } | Value::Choice(_) => None,
        }
    }

    /// Whether a typed secret has spaces around it.
    pub fn is_ragged(&self, id: FieldId) -> bool {
        matches!(self.field(id).map(|field| &field.value), Some(Value::Secret(typed)) if typed.is_ragged())
    }

    /// Empties every secret field; whether there was something.
    pub fn forget_secrets(&mut self) -> bool {
        let mut any = false;
        for field in &mut self.fields {
            if let Value::Secret(typed) = &mut field.value {
                any |= typed.clear();
            }
        }
        any
    }

    pub fn is_hidden(&self, id: FieldId) -> bool {
        self.field(id).is_none_or(|field| field.hidden)
    }

    /// Shows or hides a field; one that is hidden loses the focus.
    pub fn show(&mut self, id: FieldId, shown: bool) {
        if let Some(field) = self.field_mut(id) {
            field.hidden = !shown;
        }
        if let Focus::Field(at) = self.focus
            && self.fields.get(at).is_none_or(|field| field.hidden)
        {
            self.step(true);
        }
    }

    pub fn set_help(&mut self, id: FieldId, help: String) {
        if let Some(field) = self.field_mut(id) {
            field.help = help;
        }
    }

    /// Puts a text into a field.
    pub fn fill(&mut self, id: FieldId, text: &str) {
        match self.field_mut(id).map(|field| &mut field.value) {
            Some(Value::Text { input, selected, .. }) => {
                **input = Input::new(text.to_owned());
                *selected = !text.is_empty();
            }
            Some(Value::Choice(choice)) => choice.chosen = Some(text.to_owned()),
            Some(Value::Secret(_)) | None => {}
        }
    }

    /// New options for a choice; what is chosen stays chosen when it is still offered.
    pub fn offer(&mut self, id: FieldId, options: Vec<Choose>) {
        if let Some(Value::Choice(choice)) = self.field_mut(id).map(|field| &mut field.value)
            && choice.options != options
        {
            choice.options = options;
            let kept = choice.options.iter().any(|option| Some(&option.key) == choice.chosen.as_ref());
            if !kept {
                choice.chosen = choice.options.first().map(|option| option.key.clone());
            }
            if !choice.typed.is_empty() {
                choice.narrow();
            }
        }
    }

    /// What is wrong with the values now, by field.
    pub fn judge(&mut self, wrong: &[(FieldId, String)]) {
        for field in &mut self.fields {
            field.wrong = wrong.iter().find(|(id, _)| *id == field.id).map(|(_, why)| why.clone());
        }
    }

    /// What the API said of a field; false when there is no such field to show it at.
    pub fn say(&mut self, id: FieldId, why: String) -> bool {
        match self.field_mut(id).filter(|field| !field.hidden) {
            Some(field) => {
                field.said = Some(why);
                true
            }
            None => false,
        }
    }

    /// Shows every error and goes to the first field that has one; false when there is none.
    pub fn expose(&mut self) -> bool {
        for field in &mut self.fields {
            field.left = true;
        }
        let first = self.fields.iter().position(|field| !field.hidden && field.error().is_some());
        if let Some(at) = first {
            self.focus = Focus::Field(at);
        }
        first.is_some()
    }

    fn step(&mut self, forward: bool) {
        if let Focus::Field(at) = self.focus
            && let Some(field) = self.fields.get_mut(at)
        {
            field.left = true;
            if let Value::Choice(choice) = &mut field.value {
                choice.typed.clear();
            }
        }
        let mut order: Vec<Focus> =
            (0..self.fields.len()).filter(|at| !self.fields[*at].hidden).map(Focus::Field).collect();
        order.extend([Focus::Cancel, Focus::Go]);
        let here = match (order.iter().position(|focus| *focus == self.focus), self.focus) {
            (Some(here), _) => here,
            // A field that was just hidden: from its neighbour on.
            (None, Focus::Field(gone)) => {
                let after = |focus: &Focus| !matches!(focus, Focus::Field(at) if *at < gone);
                self.focus = order.iter().copied().find(after).unwrap_or(Focus::Cancel);
                return;
            }
            (None, _) => 0,
        };
        let next = if forward { here + 1 } else { here + order.len() - 1 };
        self.focus = order[next % order.len()];
    }

    fn insert(&mut self, text: &str) -> Did {
        let secretive = self.fields.iter().any(|field| matches!(field.value, Value::Secret(_)));
        let Focus::Field(at) = self.focus else { return Did::Nothing };
        let Some(field) = self.fields.get_mut(at) else { return Did::Nothing };
        let mut any = false;
        if let Value::Text { input, selected, .. } = &mut field.value
            && !text.is_empty()
            && std::mem::take(selected)
        {
            input.reset();
            any = true;
        }
        for c in text.chars() {
            let c = if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
            if c.is_control() {
                continue;
            }
            match &mut field.value {
                Value::Text { input, most, .. } if input.value().chars().count() < *most => {
                    any |= input.handle(InputRequest::InsertChar(c)).is_some();
                }
                Value::Choice(choice) if choice.typed.len() < 64 && !secretive => {
                    choice.typed.push(c);
                    any = true;
                }
                Value::Secret(typed) => any |= typed.take(c),
                Value::Text { .. } | Value::Choice(_) => {}
            }
        }
        if let (true, Value::Choice(choice)) = (any, &mut field.value) {
            choice.narrow();
        }
        if any {
            field.said = None;
            return Did::Edited;
        }
        Did::Nothing
    }

    /// Text that was pasted: into the field in focus, whatever is in it, without what surrounds it.
    pub fn paste(&mut self, text: &str) -> Did {
        self.insert(text.trim())
    }

    /// What a key does.
    pub fn press(&mut self, key: Key) -> Did {
        match key.code {
            KeyCode::Char('s' | 'S') if key.ctrl => return Did::Submit,
            KeyCode::Esc => return Did::Cancel,
            KeyCode::Tab | KeyCode::Down => {
                self.step(true);
                return Did::Moved;
            }
            KeyCode::BackTab | KeyCode::Up => {
                self.step(false);
                return Did::Moved;
            }
            KeyCode::Char(c) if !key.ctrl && !key.alt => return self.insert(c.encode_utf8(&mut [0; 4])),
            _ => {}
        }
        match (self.focus, key.code) {
            (Focus::Go, KeyCode::Enter) => Did::Submit,
            (Focus::Cancel, KeyCode::Enter) => Did::Cancel,
            (Focus::Field(_), KeyCode::Enter) => {
                self.step(true);
                Did::Moved
            }
            (Focus::Cancel, KeyCode::Right) => {
                self.focus = Focus::Go;
                Did::Moved
            }
            (Focus::Go, KeyCode::Left) => {
                self.focus = Focus::Cancel;
                Did::Moved
            }
            (Focus::Field(at), _) => self.edit(at, key),
            _ => Did::Nothing,
        }
    }

    fn edit(&mut self, at: usize, key: Key) -> Did {
        let Some(field) = self.fields.get_mut(at) else { return Did::Nothing };
        match &mut field.value {
            Value::Text { input, selected, .. } => {
                let Some(request) = edit(key) else { return Did::Nothing };
                if std::mem::take(selected) && matches!(key.code, KeyCode::Backspace | KeyCode::Delete) {
                    input.reset();
                    field.said = None;
                    return Did::Edited;
                }
                match input.handle(request) {
                    Some(change) if change.value => {
                        field.said = None;
                        Did::Edited
                    }
                    Some(_) => Did::Moved,
                    None => Did::Nothing,
                }
            }
            Value::Secret(typed) => {
                let changed = match (key.code, key.ctrl) {
                    (KeyCode::Backspace, _) => typed.pop(),
                    (KeyCode::Char('u'), true) => typed.clear(),
                    _ => false,
                };
                if !changed {
                    return Did::Nothing;
                }
                field.said = None;
                Did::Edited
            }
            Value::Choice(choice) => {
                match key.code {
                    KeyCode::Left => choice.turn(false),
                    KeyCode::Right => choice.turn(true),
                    KeyCode::Backspace if choice.typed.pop().is_some() => choice.narrow(),
                    _ => return Did::Nothing,
                }
                field.said = None;
                Did::Edited
            }
        }
    }

    /// The one line of help of what has the focus.
    pub fn help(&self) -> &str {
        match self.focus {
            Focus::Field(at) => self.fields.get(at).map_or("", |field| field.help.as_str()),
            Focus::Cancel | Focus::Go => "",
        }
    }
}
