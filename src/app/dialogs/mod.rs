//! Dialogs: what is asked before something changes the world, and what is said while it does.
//!
//! A dialog keeps the ids it is about from the moment it opens; a list that reorders underneath changes
//! nothing. What it would send is worked out after every message and kept ([`Dialog::asked`]): the review
//! draws that very object, and confirming sends it (M9). Its life:
//!
//! ```text
//!  asking ──confirm──▶ in flight ──ordered──▶ closed, a toast tells the outcome
//!    ▲ ▲                 │    │
//!    │ └──── refused ────┘    └──held──▶ held ──"override" typed──▶ in flight
//!    └────────────── Esc, where the input can be changed ─┘
//! ```
//!
//! A confirming key counts only when what it would send, made of this very content of the fields, was on the screen
//! before the key came ([`Seen`]); one that came too early is dropped, and the dialog says which key to press.
//! They are ignored for [`SETTLING`] too after a dialog opened, and again after a refusal or a read that
//! changed what it would send; one that is held down all that time is ignored until it is let go (M2). In flight every key but `Esc` does nothing; `Esc` closes the dialog, not the act.

pub mod bulk;
pub mod close;
pub mod decide;
pub mod edit;
pub mod export;
pub mod freeze;
pub mod gaps;
pub mod holder;
pub mod issue;
pub mod money;
pub mod quit;
pub mod replay;
pub mod transfer;
mod view;
pub mod webhook;

use std::fmt::Debug;
use std::time::Duration;

use tui_input::{Input, InputRequest};

use super::actions;
use super::form::{Did, FieldId, Focus, Form, Line};
use super::msg::{Effect, Now, Topic, Wish};
use crate::app::key::{Key, KeyCode};
use crate::app::ui::describe;
use crate::app::ui::frame::RenderCtx;

use super::store::Store;
use super::text;
use super::theme;
use crate::app::overlay::seen::Seen;
use crate::domain::card::LimitKind;
use crate::domain::failure::Failure;
use crate::domain::ids::AccountId;
use crate::domain::intent::Reference;
use crate::domain::money::Money;
use crate::domain::restrictions::Fits;
use crate::domain::secret::{OneTimeSecret, WebhookSecret};
pub use view::prose;

/// How long after opening a confirming key does nothing.
pub const SETTLING: Duration = Duration::from_millis(300);
/// What is typed to go on although an outcome is unknown (M5).
pub const OVERRIDE: &str = "override";
/// Most lines one can go down in a dialog that is only read.
const LONGEST: usize = 500;

/// What confirming does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Wish(Wish),
    Effect(Effect),
}

/// Why nothing can be confirmed yet: at a field, or at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrong {
    pub fields: Vec<(FieldId, String)>,
    pub top: Option<String>,
}

impl Wrong {
    pub fn top(why: impl Into<String>) -> Wrong {
        Wrong { fields: Vec::new(), top: Some(why.into()) }
    }

    pub fn at(id: FieldId, why: impl Into<String>) -> Wrong {
        Wrong { fields: vec![(id, why.into())], top: None }
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.top.is_none()
    }

    /// Keeps the value, or notes what is wrong with the field.
    pub fn note<T, E: ToString>(&mut self, id: FieldId, result: Result<T, E>) -> Option<T> {
        result.map_err(|why| self.fields.push((id, why.to_string()))).ok()
    }
}

/// How a dialog is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// `Ctrl-S`, or `Enter` on the button.
    Form,
    /// The key `y` and no other. Never `Enter`: it opened half of what is on the screen.
    Letter,
    /// There is nothing to confirm: it is only read.
    Look,
}

/// What one kind of dialog knows.
pub trait Asks: Debug {
    /// What stands on its border.
    fn title(&self, store: &Store) -> String;
    /// What the button says, or `y` does.
    fn go(&self, asked: Option<&Asked>) -> String;
    fn confirm(&self) -> Confirm {
        Confirm::Form
    }
    /// Facts above the fields.
    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line>;
    /// A letter that is no text, in a dialog without fields; whether it meant something.
    fn letter(&mut self, _letter: char) -> bool {
        false
    }
    /// Other letters it takes, for the lower border.
    fn letters(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Brings the fields up to date with what is known and what is chosen; what should be read for it.
    fn refresh(&mut self, _form: &mut Form, _store: &Store) -> Vec<Topic> {
        Vec::new()
    }
    /// What confirming would do, made of the fields and what is known now.
    fn read(&self, form: &Form, store: &Store) -> Result<Asked, Wrong>;
    /// The labels of the lines that stand in the place of the review while there is nothing to review: the dialog is as
    /// high as with it from the start.
    fn receipt(&self, _store: &Store) -> Vec<String> {
        Vec::new()
    }
    /// What will happen, from the object that would be sent: who and which, in bold.
    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line>;
    /// The field of this dialog for a field of the API.
    fn field_of(&self, _api: &str) -> Option<FieldId> {
        None
    }
    /// The field that a refusal speaks of which names none.
    fn field_said(&self, _detail: &str) -> Option<FieldId> {
        None
    }
}

#[derive(Debug)]
enum Phase {
    Asking,
    /// `checking`: it was answered 429, and the balances are being read.
    InFlight {
        ticket: u64,
        progress: Option<(usize, usize)>,
        checking: bool,
    },
    Held {
        why: String,
        waits_on: Option<Reference>,
        typed: Box<Input>,
    },
}

/// A dialog that is open.
#[derive(Debug)]
pub struct Dialog {
    asks: Box<dyn Asks>,
    form: Form,
    phase: Phase,
    /// Until this moment of `Now::up` confirming keys do nothing.
    armed: Duration,
    asked: Option<Asked>,
    /// What is wrong with all of it; shown from the first try on, or at once when no field can mend it.
    top: Option<String>,
    /// What came back for all of it.
    said: Option<String>,
    despite: Vec<Reference>,
    /// Counts whatever changes what confirming means.
    revision: u64,
    seen: Seen<u64>,
    /// What is to be said above all of it.
    note: Option<String>,
    /// A confirming key came before its time: what to press.
    early: Option<String>,
    /// First line that is shown where nothing is asked and all is read.
    top_line: usize,
    /// The upper part was moved by hand, to this line; until the next other key.
    scrolled: Option<usize>,
    tallest: view::Tallest,
    /// Something changed the picture since it was last looked at.
    pub(super) changed: bool,
}

/// What a key led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Pressed {
    Nothing,
    Stay,
    Close,
    /// Closed while its act is under way.
    Leave,
    /// The person confirmed this.
    Confirmed(Box<Asked>),
}

impl Dialog {
    /// Opens a dialog; what should be read for it.
    pub fn open(asks: Box<dyn Asks>, form: Form, now: Now, store: &Store) -> (Dialog, Vec<Topic>) {
        let armed = match asks.confirm() {
            Confirm::Form => now.up.saturating_add(SETTLING),
            // `f` `y` is typed in one go by people who freeze cards all day; `y` can be nothing else here.
            Confirm::Letter | Confirm::Look => now.up,
        };
        let mut dialog = Dialog {
            asks,
            form,
            phase: Phase::Asking,
            armed,
            asked: None,
            top: None,
            said: None,
            despite: Vec::new(),
            revision: 0,
            seen: Seen::default(),
            note: None,
            early: None,
            top_line: 0,
            scrolled: None,
            tallest: view::Tallest::default(),
            changed: true,
        };
        let topics = dialog.refresh(store);
        (dialog, topics)
    }

    /// Puts a text into a field; what should be read for it.
    pub fn fill(&mut self, id: FieldId, text: &str, store: &Store) -> Vec<Topic> {
        self.form.fill(id, text);
        self.change();
        self.refresh(store)
    }

    /// The object that confirming would send, which is the one the review shows.
    pub fn asked(&self) -> Option<&Asked> {
        self.asked.as_ref()
    }

    pub fn form(&self) -> &Form {
        &self.form
    }

    pub fn despite(&self) -> &[Reference] {
        &self.despite
    }

    /// The ticket it waits for.
    pub fn ticket(&self) -> Option<u64> {
        match self.phase {
            Phase::InFlight { ticket, .. } => Some(ticket),
            Phase::Asking | Phase::Held { .. } => None,
        }
    }

    pub fn is_held(&self) -> bool {
        matches!(self.phase, Phase::Held { .. })
    }

    fn refresh(&mut self, store: &Store) -> Vec<Topic> {
        if !matches!(self.phase, Phase::Asking) {
            return Vec::new();
        }
        let topics = self.asks.refresh(&mut self.form, store);
        let (asked, wrong) = match self.asks.read(&self.form, store) {
            Ok(asked) => (Some(asked), Wrong::default()),
            Err(wrong) => (None, wrong),
        };
        let guard = |(id, why): &(FieldId, String)| (*id, describe::guarded(store, why));
        self.form.judge(&wrong.fields.iter().map(guard).collect::<Vec<_>>());
        let wrong = Wrong { top: wrong.top.map(|why| describe::guarded(store, &why)), ..wrong };
        if self.asked != asked || self.top != wrong.top {
            self.change();
        }
        self.asked = asked;
        self.top = wrong.top;
        topics
    }

    /// Takes in that what is known may have changed. When that changes what would be sent, the person must
    /// have had the time to see it before a key can confirm it.
    pub fn settle(&mut self, now: Now, store: &Store) -> Vec<Topic> {
        let before = self.asked.clone();
        let topics = self.refresh(store);
        if before.is_some() && self.asked.is_some() && before != self.asked {
            self.armed = self.armed.max(now.up.saturating_add(SETTLING));
        }
        topics
    }

    /// The order went out.
    pub fn sent(&mut self, ticket: u64) {
        self.said = None;
        self.phase = Phase::InFlight { ticket, progress: None, checking: false };
        self.change();
    }

    pub fn advanced(&mut self, done: usize, of: usize) {
        if let Phase::InFlight { progress, .. } = &mut self.phase {
            *progress = Some((done, of));
            self.changed = true;
        }
    }

    /// The API asked to wait: what it did is being read.
    pub fn checking(&mut self) {
        if let Phase::InFlight { checking, .. } = &mut self.phase {
            *checking = true;
            self.change();
        }
    }

    /// The order was not even tried.
    pub fn held(&mut self, why: String, waits_on: Option<Reference>) {
        self.phase = Phase::Held { why, waits_on, typed: Box::default() };
        self.change();
    }

    /// The API said no: the form opens again with everything that was typed, and what was said at its fields.
    pub fn refused(&mut self, now: Now, store: &Store, failure: &Failure) {
        self.phase = Phase::Asking;
        self.armed = now.up.saturating_add(SETTLING);
        self.despite.clear();
        self.refresh(store);
        let mut homeless = Vec::new();
        let mut any = false;
        for error in &failure.fields {
            let id = self.asks.field_of(error.field.as_str());
            match id.is_some_and(|id| self.form.say(id, text::name(&error.message))) {
                true => any = true,
                false => homeless.push(format!("{}: {}", error.field, text::name(&error.message))),
            }
        }
        if failure.fields.is_empty()
            && let Some(id) = self.asks.field_said(failure.detail.as_str())
        {
            any = self.form.say(id, failure.detail.to_string());
        }
        if any {
            self.form.expose();
        }
        self.said = match (any, homeless.is_empty()) {
            (true, true) => None,
            (_, false) => Some(homeless.join("; ")),
            (false, true) => Some(text::failure(failure)),
        };
        self.change();
    }

    pub fn paste(&mut self, text: &str, store: &Store) -> Vec<Topic> {
        match &mut self.phase {
            Phase::Asking if self.asks.confirm() == Confirm::Form => {
                if self.form.paste(text) == Did::Edited {
                    self.change();
                }
                self.refresh(store)
            }
            // The word that passes over a warning is typed, not pasted.
            _ => Vec::new(),
        }
    }

    pub fn press(&mut self, key: Key, now: Now, store: &Store) -> (Pressed, Vec<Topic>) {
        self.changed |= self.early.take().is_some();
        let pressed = match &mut self.phase {
            Phase::InFlight { .. } if key.code == KeyCode::Esc => Pressed::Leave,
            Phase::InFlight { .. } => Pressed::Nothing,
            Phase::Held { .. } => self.press_held(key),
            Phase::Asking => match self.asks.confirm() {
                Confirm::Letter => self.press_letter(key, now),
                Confirm::Look => self.press_look(key),
                Confirm::Form => self.press_form(key, now, store),
            },
        };
        let topics = if pressed == Pressed::Stay { self.refresh(store) } else { Vec::new() };
        (pressed, topics)
    }

    /// Says something above all of it.
    pub fn note(&mut self, note: String) {
        self.note = Some(note);
        self.change();
    }

    /// What confirming means is another thing now: it has to be seen before a key confirms it.
    fn change(&mut self) {
        self.revision += 1;
        self.changed = true;
    }

    /// A frame shows it as it is now.
    pub fn drawn(&mut self) {
        self.seen.drawn(self.revision);
    }

    /// No input waits any more.
    pub fn input_is_empty(&mut self) {
        self.seen.input_is_empty();
    }

    /// The object the review shows, as confirmed; `otherwise` while there is none. `key` is what is pressed for it:
    /// it is said when the review was not on the screen before.
    fn confirmed(&mut self, key: &str, otherwise: Pressed) -> Pressed {
        match &self.asked {
            None => otherwise,
            Some(_) if !self.seen.is(&self.revision) => self.too_early(key),
            Some(asked) => Pressed::Confirmed(Box::new(asked.clone())),
        }
    }

    fn too_early(&mut self, key: &str) -> Pressed {
        self.early = Some(format!("press {key}: it came before this was on the screen, and was not taken"));
        self.changed = true;
        Pressed::Stay
    }

    /// The secret that was typed here, for whoever sends it.
    pub fn secret(&self) -> Option<OneTimeSecret<WebhookSecret>> {
        self.form.webhook_secret(FieldId::Secret)
    }

    /// Whatever is typed and secret is wiped.
    pub fn forget_secret(&mut self) {
        self.changed |= self.form.forget_secrets();
    }

    /// It cannot be sent now, and why; everything stays as it is.
    pub fn barred(&mut self, why: String) {
        self.said = Some(why);
        self.changed = true;
    }

    fn press_held(&mut self, key: Key) -> Pressed {
        let Phase::Held { waits_on, typed, .. } = &mut self.phase else { return Pressed::Nothing };
        let may = waits_on.is_some();
        match key.code {
            KeyCode::Esc if self.asks.confirm() == Confirm::Form => {
                self.phase = Phase::Asking;
                Pressed::Stay
            }
            KeyCode::Esc => Pressed::Close,
            KeyCode::Enter if may && typed.value() == OVERRIDE => {
                let passed = *waits_on;
                let pressed = self.confirmed("Enter", Pressed::Close);
                if matches!(pressed, Pressed::Confirmed(_)) {
                    self.despite.extend(passed);
                }
                pressed
            }
            KeyCode::Char(c) if may && !key.ctrl && !key.alt && typed.value().len() < 16 => {
                typed.handle(InputRequest::InsertChar(c));
                Pressed::Stay
            }
            KeyCode::Backspace if may => {
                typed.handle(InputRequest::DeletePrevChar);
                Pressed::Stay
            }
            _ => Pressed::Nothing,
        }
    }

    fn press_letter(&mut self, key: Key, now: Now) -> Pressed {
        let key = actions::in_place(key);
        match key.code {
            KeyCode::Esc => Pressed::Close,
            KeyCode::Char('n') if !key.ctrl && !key.alt => Pressed::Close,
            KeyCode::Char('y') if !key.ctrl && !key.alt && now.up >= self.armed => {
                self.confirmed("y", Pressed::Nothing)
            }
            KeyCode::Char('y') if !key.ctrl && !key.alt => self.too_early("y"),
            KeyCode::Char(c) if !key.ctrl && !key.alt && self.asks.letter(c) => {
                self.change();
                Pressed::Stay
            }
            _ => Pressed::Nothing,
        }
    }

    fn press_look(&mut self, key: Key) -> Pressed {
        let key = actions::in_place(key);
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => return Pressed::Close,
            KeyCode::Down | KeyCode::Char('j') => self.top_line = self.top_line.saturating_add(1),
            KeyCode::PageDown => self.top_line = self.top_line.saturating_add(10),
            KeyCode::Up | KeyCode::Char('k') => self.top_line = self.top_line.saturating_sub(1),
            KeyCode::PageUp => self.top_line = self.top_line.saturating_sub(10),
            KeyCode::Char(c) if !key.ctrl && !key.alt && self.asks.letter(c) => self.top_line = 0,
            _ => return Pressed::Nothing,
        }
        self.top_line = self.top_line.min(LONGEST);
        Pressed::Stay
    }

    /// The wheel: what does not fit scrolls. Nothing is chosen or confirmed by it.
    pub fn scroll(&mut self, down: bool, lines: usize) {
        let turn =
            |line: usize| if down { line.saturating_add(lines).min(LONGEST) } else { line.saturating_sub(lines) };
        match self.asks.confirm() {
            Confirm::Look => self.top_line = turn(self.top_line),
            _ => self.scrolled = Some(turn(self.scrolled.unwrap_or(0))),
        }
    }

    fn press_form(&mut self, key: Key, now: Now, store: &Store) -> Pressed {
        let on_button = key.code == KeyCode::Enter && !matches!(self.form.focus(), Focus::Field(_));
        let confirms = key.ctrl && matches!(key.code, KeyCode::Char('s' | 'S'));
        if (on_button || confirms) && now.up < self.armed {
            // A key that is held down comes again and again: it must be let go first.
            self.armed = now.up.saturating_add(SETTLING);
            return self.too_early(if confirms { "Ctrl-S" } else { "Enter" });
        }
        let turn = match key.code {
            KeyCode::PageDown => Some(self.scrolled.map_or(0, |line| line.saturating_add(8)).min(LONGEST)),
            KeyCode::PageUp => Some(self.scrolled.unwrap_or(0).saturating_sub(8)),
            _ => None,
        };
        self.scrolled = turn;
        if turn.is_some() {
            return Pressed::Stay;
        }
        match self.form.press(key) {
            Did::Nothing => Pressed::Nothing,
            Did::Cancel => Pressed::Close,
            Did::Moved => Pressed::Stay,
            Did::Edited => {
                self.said = None;
                self.change();
                Pressed::Stay
            }
            Did::Submit => {
                // What is sent is what stands in the review, so it is not worked out again here.
                if self.asked.is_none() {
                    self.refresh(store);
                    self.form.expose();
                }
                self.confirmed(if confirms { "Ctrl-S" } else { "Enter" }, Pressed::Stay)
            }
        }
    }

    /// When a sign in it next turns.
    pub fn wake_at(&self, now: Now) -> Option<Duration> {
        self.ticket().map(|_| now.up.saturating_add(theme::TURN))
    }
}

/// Whether the provider behind an account allows a limit, as far as it says so.
pub(super) fn allowed(store: &Store, account: &AccountId, kind: &LimitKind, value: &Money) -> Result<(), String> {
    let detail = store.details.get(account).and_then(|detail| detail.value.as_ref());
    let Some(restrictions) = detail.and_then(|detail| detail.restrictions.as_ref()) else { return Ok(()) };
    let end = |amount| text::money(&Money::new(amount, value.currency()), store.grouping);
    match restrictions.fits(kind, value) {
        Fits::TooLittle(least) => Err(format!("the provider wants {} at least", end(least))),
        Fits::TooMuch(most) => Err(format!("the provider allows {} at most", end(most))),
        Fits::Yes | Fits::Unknown => Ok(()),
    }
}
