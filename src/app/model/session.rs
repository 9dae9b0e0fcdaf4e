//! The model and being known to the API, as the dashboard sees it: whether the credential is accepted, when it ends, and the

use crate::app::actions::Act;
use crate::app::dialogs::prose;
use crate::app::form::{self, Did, LABEL, Line};
use crate::app::key::{Key, KeyCode};
use crate::app::login::LoggedIn;
use crate::app::model::Model;
use crate::app::msg::{Effect, Now};
use crate::app::overlay::{Overlay, OverlayKind};
use crate::app::session::{LoginForm, ONCE, Session, WIDTH};
use crate::app::text;
use crate::app::theme::{self, Theme, Tone};
use crate::app::ui::frame::{Piece, Title, dialog_width, frame, place_dialog};
use crate::domain::failure::{Failure, FailureKind};
use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl Model {
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Opens the dialog, over whatever is open.
    pub(crate) fn open_login(&mut self, effects: &mut Vec<Effect>) {
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
    pub(crate) fn forget_login(&mut self) {
        if let Some(login) = self.overlays.login_mut() {
            login.form.forget_secrets();
        }
    }

    /// Why nobody can log in now. The demo is left for it, and what is begun there is not left alone.
    pub(crate) fn login_misfit(&self) -> Result<(), String> {
        if self.setup().monitor {
            return Err("a monitor takes no credential".into());
        }
        if !self.setup().demo {
            return Ok(());
        }
        match self.dialog().is_some() {
            true => Err("close the form first; the demo is left for it".into()),
            false => self.may_leave(),
        }
    }

    /// Takes in a failure: from the first 401 on nothing is read, and the source of the credential is read again,
    /// once. `asked`: the last request that was asked before it.
    pub(crate) fn heard_failure(&mut self, failure: &Failure, asked: u64, effects: &mut Vec<Effect>) {
        let session = &mut self.session;
        if failure.kind == FailureKind::Unauthorized {
            session.refused_asked = session.refused_asked.max(asked);
        }
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

    /// An answer that is none of a failure: the API knows us, unless it was asked for before the refusal.
    pub(crate) fn heard_answer(&mut self, asked: u64) {
        if asked > self.session.refused_asked {
            self.accepted();
        }
    }

    /// The API knows us.
    fn accepted(&mut self) {
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
    pub(crate) fn read_credential(&mut self, outcome: Result<(), String>, effects: &mut Vec<Effect>) {
        let asked_here = std::mem::take(&mut self.session.asking);
        match outcome {
            // What was asked for here is there.
            Ok(()) => {
                match asked_here && self.overlays.login().is_some_and(|login| !login.connects) {
                    true => drop(self.overlays.take(OverlayKind::Login)),
                    false => drop(self.close_waiting_login()),
                }
                self.accepted();
            }
            Err(why) => {
                self.session.why = Some(why);
                self.log_out(effects);
            }
        }
    }

    pub(crate) fn session_ends(&mut self, at: Option<DateTime<Utc>>) {
        self.session.ends = at;
    }

    /// What came of a login.
    pub(crate) fn logged_in(&mut self, outcome: Result<LoggedIn, String>) {
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
    pub(crate) fn press_login(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        let leaves =
            self.appearance.keys.lookup(key).filter(|action| matches!(action.act, Act::Interrupt | Act::Suspend));
        if let Some(action) = leaves {
            self.perform(action.act, effects);
            return true;
        }
        let hands = self.setup().locking.asks
            && self.appearance.keys.lookup(key).is_some_and(|action| action.act == Act::Login);
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

    pub(crate) fn paste_login(&mut self, text: &str) -> bool {
        let Some(open) = self.overlays.login_mut().filter(|open| !open.is_sent()) else { return false };
        let edited = open.form.paste(text) == Did::Edited;
        open.arrange();
        edited
    }

    /// Its keys, for the last line of the screen.
    pub(crate) const LOGIN_KEYS: &str = "Tab next · ◂ ▸ choose · Ctrl-S confirms · Esc cancels";

    /// Draws the dialog in the middle of `body`.
    pub(crate) fn view_login(&self, buffer: &mut Buffer, body: Rect, open: &LoginForm, now: Now, theme: &Theme) {
        let body = body.intersection(buffer.area);
        let width = dialog_width(body, WIDTH);
        let columns = usize::from(width.saturating_sub(4));
        let mut lines = Vec::new();
        if let Some(why) = self.session.why.as_ref().filter(|_| self.session.refused) {
            lines.extend(prose(why, theme.warn(), columns));
            let kept = match self.dialog().is_some() {
                true => "What is shown is old. The form below stays as it is; Esc goes back to it.",
                false => "The data shown is out of date until you log in.",
            };
            lines.extend(prose(kept, theme.dim(), columns));
            if self.setup().locking.asks {
                let key = self.appearance.keys.name(Act::Login);
                let hands = format!("{key} gives token_command the terminal to ask on.");
                lines.extend(prose(&hands, theme.plain(), columns));
            }
            lines.push(Line::new());
        }
        if open.connects {
            let back = self.appearance.keys.typed("profile demo");
            let leaves = format!("Log in to your own merchant. Return with {back}.");
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
        let area = place_dialog(buffer, body, width, height);
        let title = match open.connects {
            true => "Log in to your merchant".to_owned(),
            false => format!("Log in · profile {}", self.setup().profile),
        };
        let title = Title { pieces: vec![Piece::new(title, Tone::Plain)], ..Title::default() };
        let inner = frame(buffer, area, &title, None, theme, true);
        for (line, y) in lines.iter().zip(inner.top()..inner.bottom()) {
            let mut x = inner.x.saturating_add(1);
            for (words, style) in line {
                x = text::put(buffer, inner, x, y, words, inner.right().saturating_sub(x), *style);
            }
        }
    }
}
