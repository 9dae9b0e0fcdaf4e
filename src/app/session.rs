//! Being known to the API, as the dashboard sees it: whether the credential is accepted, when it ends, and the
//! dialog in which the person logs in.
//!
//! ```text
//!   good ──401──▶ asking again ──the source gave one that is accepted──▶ good
//!    ▲  ▲             └──it did not──▶ refused: one banner, and this dialog, once
//!    │  └── any answer that is not 401 ───┤
//!    └───────── logged in ───────────────┘
//! ```
//!
//! Reading has stopped from the first 401 on (N5). The dialog lies over whatever is open and changes nothing of
//! it: `Esc` goes back to the form, with everything that was typed there. What is typed here is drawn as dots, is
//! in no `Debug`, and goes when the dialog does. How a credential is checked and kept is not known here.
//!
//! In the demo the dialog asks for an address and a profile too, and leads to a dashboard of that merchant.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use zeroize::ZeroizeOnDrop;

use super::actions::Act;
use super::dialogs::prose;
use super::form::{self, Choose, Did, Field, Form, LABEL, Line};
use super::keymap::Keymap;
use super::model::Model;
use super::msg::{Effect, Key, KeyCode, Now, Zone};
use super::overlay::{Overlay, OverlayKind};
use super::panes::{self, Piece, Title};
use super::theme::{self, Theme, Tone};
use super::{clock, text};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::secret::{OneTimeSecret, Password};

/// How long before its end a session is said to end.
const AHEAD: TimeDelta = TimeDelta::minutes(10);
/// The source is read again by itself at most once in this time.
const ONCE: Duration = Duration::from_secs(60);
/// Columns of the dialog.
const WIDTH: u16 = 72;
/// Longest token and password, in bytes.
const LONGEST: usize = 8 * 1024;

/// Whether the API knows us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    #[default]
    Good,
    /// It said no once; the source of the credential is read again.
    Asking,
    /// It says no, and somebody has to log in.
    Refused,
    /// It will say no from this moment on.
    Ends(DateTime<Utc>),
}

impl Standing {
    /// What the header says of it: the one banner (N5).
    pub(super) fn piece(self, zone: &Zone, keys: &Keymap) -> Option<Piece> {
        let login = keys.name(Act::Login);
        match self {
            Standing::Good => None,
            Standing::Asking => Some(Piece::new("◌ reading the credential again", Tone::Waiting)),
            Standing::Refused => Some(Piece::new(format!("✗ logged out · {login}"), Tone::Bad)),
            Standing::Ends(at) => {
                Some(Piece::new(format!("⚠ session ends {} · {login}", clock::time(at, zone)), Tone::Waiting))
            }
        }
    }
}

/// What somebody logs in with.
#[derive(Debug)]
pub enum Who {
    /// An API token, as it was typed.
    Token(Password),
    Portal {
        email: String,
        password: Password,
    },
}

// By the passwords in it; an e-mail address is no secret.
impl ZeroizeOnDrop for Who {}

/// Where a merchant is, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub profile: String,
    pub base_url: String,
}

/// A login that was asked for, on its way to be checked.
#[derive(Clone, Debug)]
pub struct Entered {
    who: OneTimeSecret<Who>,
    /// Whether the keyring should have it.
    pub keep: bool,
    /// The merchant that the demo is left for.
    pub to: Option<Place>,
    given_up: Arc<AtomicBool>,
}

impl Entered {
    pub fn new(who: Who, keep: bool, to: Option<Place>) -> Entered {
        Entered { who: OneTimeSecret::new(who), keep, to, given_up: Arc::default() }
    }

    /// What was typed, once; `None` also when the dialog was closed before somebody asked.
    pub fn take(&self) -> Option<Who> {
        self.who.take()
    }

    /// Whether the dialog was closed before there was an answer.
    pub fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Nobody waits for the answer any more. What was typed and not taken yet is wiped.
    fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
        drop(self.who.take());
    }
}

impl PartialEq for Entered {
    fn eq(&self, other: &Entered) -> bool {
        self.who == other.who
    }
}

impl Eq for Entered {}

/// What came of a login that the API accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// Whether the keyring has it, or why not, in a sentence of its own; `None` when it was not to.
    pub kept: Option<Result<(), String>>,
}

/// The dialog in which somebody logs in.
#[derive(Debug)]
pub struct LoginForm {
    form: Form,
    /// The demo's: it asks which merchant.
    connects: bool,
    /// What the API is being asked about.
    sent: Option<Entered>,
    failed: Option<String>,
}

/// Everything about the session.
#[derive(Debug, Default)]
pub struct Session {
    refused: bool,
    asking: bool,
    /// Why the API did not accept the credential.
    why: Option<String>,
    /// When the source was read again last, in `Now::up`.
    asked: Option<Duration>,
    ends: Option<DateTime<Utc>>,
}

impl Session {
    pub fn standing(&self, now: Now) -> Standing {
        match self.ends.filter(|ends| *ends - AHEAD <= now.wall) {
            _ if self.refused => Standing::Refused,
            _ if self.asking => Standing::Asking,
            Some(ends) => Standing::Ends(ends),
            None => Standing::Good,
        }
    }

    /// When the picture next changes by itself.
    pub fn wake_at(&self, now: Now) -> Option<Duration> {
        let ahead = self.ends.map(|ends| ends - AHEAD - now.wall).and_then(|left| left.to_std().ok());
        ahead.filter(|left| !left.is_zero()).map(|left| now.up.saturating_add(left))
    }
}

impl LoginForm {
    /// `to`: the profile that the demo offers to be left for.
    fn new(to: Option<&str>) -> LoginForm {
        let way = vec![Choose::new("token", "API token"), Choose::new("portal", "e-mail and password")];
        let keep = vec![Choose::new("keyring", "in the keyring"), Choose::new("run", "for this run only")];
        let mut form = Form::new(vec![
            Field::text("address", "address", "of your environment, such as https://api.4pay.cc", 255).hidden(),
            Field::choice("way", "log in with", "an API token of the merchant, or a login of the merchant portal", way),
            Field::secret("token", "token", "typed or pasted; it is not shown", LONGEST),
            Field::text("email", "e-mail", "of the merchant portal", 255).hidden(),
            Field::secret("password", "password", "typed or pasted; it is not shown", LONGEST).hidden(),
            Field::text("profile", "profile", "what this merchant is called here", 64).hidden(),
            Field::choice("keep", "keep it", "of e-mail and password both are kept, to get a new session", keep),
        ]);
        let form = match to {
            Some(profile) => {
                form.show("address", true);
                form.show("profile", true);
                form.fill("profile", profile);
                form.on("address")
            }
            None => form.on("token"),
        };
        let mut open = LoginForm { form, connects: to.is_some(), sent: None, failed: None };
        open.arrange();
        open
    }

    /// Shows the fields of the chosen way, and says what is missing.
    fn arrange(&mut self) {
        let portal = self.form.value("way") == "portal";
        self.form.show("token", !portal);
        self.form.show("email", portal);
        self.form.show("password", portal);
        let mut wrong = Vec::new();
        if self.connects {
            for (id, why) in [("address", "an address is needed"), ("profile", "a name is needed")] {
                if self.form.value(id).trim().is_empty() {
                    wrong.push((id, why.to_owned()));
                }
            }
        }
        match portal {
            true if !self.form.value("email").contains('@') => {
                wrong.push(("email", "an e-mail address is needed".into()))
            }
            true if self.form.is_untyped("password") => wrong.push(("password", "a password is needed".into())),
            false if self.form.is_untyped("token") => wrong.push(("token", "a token is needed".into())),
            _ => {}
        }
        self.form.judge(&wrong);
    }

    /// Whether the API is being asked.
    pub(super) fn is_sent(&self) -> bool {
        self.sent.is_some()
    }

    /// Whether nothing was typed into it that would be lost, and nothing is under way.
    fn is_idle(&self) -> bool {
        let untyped = ["token", "password"].iter().all(|id| self.form.is_untyped(id));
        !self.is_sent() && untyped && self.form.value("email").is_empty()
    }

    fn login(&mut self) -> Option<Entered> {
        self.arrange();
        if self.form.expose() {
            return None;
        }
        let who = match self.form.value("way") {
            "portal" => {
                Who::Portal { email: self.form.value("email").to_owned(), password: self.form.secret("password")? }
            }
            _ => Who::Token(self.form.secret("token")?),
        };
        let typed = |id| self.form.value(id).trim().to_owned();
        let to = self.connects.then(|| Place { profile: typed("profile"), base_url: typed("address") });
        Some(Entered::new(who, self.form.value("keep") == "keyring", to))
    }
}

impl Model {
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Opens the dialog, over whatever is open.
    pub(super) fn open_login(&mut self, effects: &mut Vec<Effect>) {
        if self.overlays.has(OverlayKind::Login) {
            return;
        }
        let profile = match self.setup().profile.as_str() {
            "demo" => "default",
            own => own,
        };
        let form = LoginForm::new(self.setup().demo.then_some(profile));
        self.overlays.push(Overlay::Login(Box::new(form)), effects);
    }

    /// Nothing secret that was typed stays.
    pub(super) fn forget_login(&mut self) {
        if let Some(login) = self.overlays.login_mut() {
            login.form.forget_secrets();
        }
    }

    /// Why nobody can log in now. The demo is left for it, and what is begun there is not left alone.
    pub(super) fn login_misfit(&self) -> Result<(), String> {
        if !self.setup().demo {
            return Ok(());
        }
        match self.dialog().is_some() {
            true => Err("close the form first; the demo is left for it".into()),
            false => self.may_leave(),
        }
    }

    /// Takes in a failure: from the first 401 on nothing is read, and the source of the credential is read again,
    /// once.
    pub(super) fn heard_failure(&mut self, failure: &Failure, effects: &mut Vec<Effect>) {
        let session = &mut self.session;
        if failure.kind != FailureKind::Unauthorized || session.refused || session.asking || self.lock.is_locked() {
            return;
        }
        session.why = Some(failure.sentence());
        let lately = session.asked.is_some_and(|at| self.now.up.saturating_sub(at) < ONCE);
        if lately {
            self.log_out(effects);
            return;
        }
        session.asking = true;
        session.asked = Some(self.now.up);
        effects.push(Effect::ReadCredential);
    }

    /// An answer that is none of a failure: the API knows us.
    pub(super) fn heard_answer(&mut self) {
        self.session.why = None;
        if std::mem::take(&mut self.session.refused) && self.close_waiting_login() {
            self.toasts.say(self.now.up, "logged in again: the API accepts the credential", Tone::Good);
        }
    }

    /// Closes a login that nothing has to be typed into any more; whether one was. One into which something was
    /// typed stays: the next key would mean something else below it.
    fn close_waiting_login(&mut self) -> bool {
        let waits = self.overlays.login().is_some_and(|login| !login.connects && login.is_idle());
        waits && self.overlays.take(OverlayKind::Login).is_some()
    }

    fn log_out(&mut self, effects: &mut Vec<Effect>) {
        self.session.asking = false;
        if !std::mem::replace(&mut self.session.refused, true) {
            self.open_login(effects);
        }
    }

    /// What came of reading the source again.
    pub(super) fn read_credential(&mut self, outcome: Result<(), String>, effects: &mut Vec<Effect>) {
        let asked_here = std::mem::take(&mut self.session.asking);
        match outcome {
            // What was asked for here is there.
            Ok(()) => {
                match asked_here && self.overlays.login().is_some_and(|login| !login.connects) {
                    true => drop(self.overlays.take(OverlayKind::Login)),
                    false => drop(self.close_waiting_login()),
                }
                self.heard_answer();
            }
            Err(why) => {
                self.session.why = Some(why);
                self.log_out(effects);
            }
        }
    }

    pub(super) fn session_ends(&mut self, at: Option<DateTime<Utc>>) {
        self.session.ends = at;
    }

    /// What came of a login.
    pub(super) fn logged_in(&mut self, outcome: Result<LoggedIn, String>) {
        let done = match outcome {
            Ok(done) => done,
            Err(why) => {
                match self.overlays.login_mut().filter(|login| login.is_sent()) {
                    Some(login) => (login.sent, login.failed) = (None, Some(why)),
                    None => self.toasts.say(self.now.up, format!("not logged in: {why}"), Tone::Bad),
                }
                return;
            }
        };
        self.session = Session { ends: self.session.ends, ..Session::default() };
        if self.overlays.login().is_some_and(|login| login.is_sent() || login.is_idle()) {
            self.overlays.take(OverlayKind::Login);
        }
        let (words, tone) = match &done.kept {
            Some(Ok(())) => ("logged in; kept in the keyring".to_owned(), Tone::Good),
            Some(Err(why)) => (format!("logged in for this run; {why}"), Tone::Waiting),
            None => ("logged in for this run".to_owned(), Tone::Good),
        };
        self.toasts.say(self.now.up, words, tone);
    }

    /// A key while the dialog is open.
    pub(super) fn press_login(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        let leaves = self.looks.keys.lookup(key).filter(|action| matches!(action.act, Act::Interrupt | Act::Suspend));
        if let Some(action) = leaves {
            self.perform(action.act, effects);
            return true;
        }
        let hands =
            self.setup().locking.asks && self.looks.keys.lookup(key).is_some_and(|action| action.act == Act::Login);
        let Some(open) = self.overlays.login_mut() else { return false };
        if hands && open.sent.is_none() {
            self.session.asking = true;
            self.session.asked = Some(self.now.up);
            effects.push(Effect::AskOnTerminal(Box::new(Effect::ReadCredential)));
            return true;
        }
        if let Some(sent) = &open.sent {
            // The answer is told all the same; but the dashboard is not changed under somebody's fingers.
            let closes = key.code == KeyCode::Esc;
            if closes {
                sent.give_up();
                self.overlays.take(OverlayKind::Login);
            }
            return closes;
        }
        match open.form.press(key) {
            Did::Nothing => return false,
            Did::Cancel => drop(self.overlays.take(OverlayKind::Login)),
            Did::Moved | Did::Edited => open.arrange(),
            Did::Submit => {
                open.failed = None;
                if let Some(entered) = open.login() {
                    open.sent = Some(entered.clone());
                    effects.push(Effect::Login(entered));
                }
            }
        }
        true
    }

    pub(super) fn paste_login(&mut self, text: &str) -> bool {
        let Some(open) = self.overlays.login_mut().filter(|open| !open.is_sent()) else { return false };
        let edited = open.form.paste(text) == Did::Edited;
        open.arrange();
        edited
    }

    /// Its keys, for the last line of the screen.
    pub(super) const LOGIN_KEYS: &str = "Tab next · ◂ ▸ choose · Ctrl-S confirms · Esc cancels";

    /// Draws the dialog in the middle of `body`.
    pub(super) fn view_login(&self, buffer: &mut Buffer, body: Rect, open: &LoginForm, now: Now, theme: &Theme) {
        let body = body.intersection(buffer.area);
        let width = panes::dialog_width(body, WIDTH);
        let columns = usize::from(width.saturating_sub(4));
        let mut lines = Vec::new();
        if let Some(why) = self.session.why.as_ref().filter(|_| self.session.refused) {
            lines.extend(prose(why, theme.warn(), columns));
            let kept = match self.dialog().is_some() {
                true => "What is shown is old. The form below stays as it is; Esc goes back to it.",
                false => "What is shown is old until you have logged in.",
            };
            lines.extend(prose(kept, theme.dim(), columns));
            if self.setup().locking.asks {
                let key = self.looks.keys.name(Act::Login);
                let hands = format!("{key} gives token_command the terminal to ask on.");
                lines.extend(prose(&hands, theme.plain(), columns));
            }
            lines.push(Line::new());
        }
        if open.connects {
            let back = self.looks.keys.typed("profile demo");
            let leaves = format!("From the demo to your own merchant. {back} comes back.");
            lines.extend(prose(&leaves, theme.dim(), columns));
            lines.push(Line::new());
        } else {
            let label = text::fit("address", LABEL, text::Align::Left);
            lines.push(vec![(format!("  {label}"), theme.dim()), (self.setup().base_url.clone(), theme.plain())]);
        }
        lines.extend(open.form.lines(columns, theme).0);
        lines.push(Line::new());
        if let Some(why) = &open.failed {
            lines.extend(prose(&format!("✗ {why}"), theme.bad(), columns));
            lines.push(Line::new());
        }
        match open.sent.is_some() {
            true => lines.push(vec![
                (format!("  {}", theme::spinner(now.up)), theme.warn()),
                (" asking the API whether it accepts it".to_owned(), theme.plain()),
            ]),
            false => lines.extend(form::buttons(&open.form, "Log in", true, theme, columns)),
        }
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let area = panes::place_dialog(buffer, body, width, height);
        let title = match open.connects {
            true => "Log in to your merchant".to_owned(),
            false => format!("Log in · profile {}", self.setup().profile),
        };
        let title = Title { pieces: vec![Piece::new(title, Tone::Plain)], foot: None, stale: false };
        let inner = panes::frame(buffer, area, &title, None, theme, true);
        for (line, y) in lines.iter().zip(inner.top()..inner.bottom()) {
            let mut x = inner.x.saturating_add(1);
            for (words, style) in line {
                x = text::put(buffer, inner, x, y, words, inner.right().saturating_sub(x), *style);
            }
        }
    }
}
