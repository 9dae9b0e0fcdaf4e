//! The model and nobody is there: card data are hidden, then everything is (D8).

use crate::app::actions::Act;
use crate::app::areas::Areas;
use crate::app::form::Line;
use crate::app::key::{Key, KeyCode};
use crate::app::lock::{LONGEST, Lock, Locked, WIDTH};
use crate::app::model::Model;
use crate::app::msg::{Effect, Msg, Now};
use crate::app::secret_input::SecretInput;
use crate::app::theme::{Theme, Tone};
use crate::app::ui::frame::{Piece, Title, frame};
use crate::app::{clock, header, text};
use crate::domain::secret::OneTimeSecret;
use crate::domain::settings::{LockSettings, UnlockMethod};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::time::Duration;

impl Model {
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    /// Whether the time is over at this moment, whatever the model has been told (D8: before every frame).
    pub fn must_lock(&self, now: Now) -> bool {
        // Where no card data can be asked for, nothing has to lock.
        !self.setup().monitor
            && !self.lock.is_locked()
            && now.up.saturating_sub(self.lock.last) >= self.setup().locking.lock_after
    }

    /// When the lock next does something by itself.
    pub(crate) fn lock_wakes_at(&self) -> Option<Duration> {
        if self.lock.is_locked() || self.setup().monitor {
            return None;
        }
        let LockSettings { mask_after, lock_after, .. } = self.setup().locking;
        let mask = self.overlays.card_data().map(|_| self.lock.last.saturating_add(mask_after));
        let lock = self.lock.last.saturating_add(lock_after);
        Some(mask.map_or(lock, |mask| mask.min(lock)))
    }

    /// Asked before anything else is done with a message: hides or locks when it is time. The key that finds the
    /// lock shut does nothing else.
    pub(crate) fn guard(&mut self, msg: Msg, effects: &mut Vec<Effect>) -> Msg {
        if self.lock.is_locked() {
            return msg;
        }
        let person = matches!(msg, Msg::Pressed(_) | Msg::Pasted(_) | Msg::Clicked(..) | Msg::Wheeled { .. });
        if self.must_lock(self.now) {
            self.shut(false, effects);
            return if person { Msg::Woke } else { msg };
        }
        if self.now.up.saturating_sub(self.lock.last) >= self.setup().locking.mask_after {
            self.overlays.close_card_data(effects);
        }
        if person {
            self.lock.last = self.now.up;
        }
        msg
    }

    /// Locks: nothing secret stays in the model or in the clipboard, and nothing is drawn but the lock.
    pub(crate) fn shut(&mut self, asked: bool, effects: &mut Vec<Effect>) {
        self.forget_secrets(effects);
        self.overlays.lock();
        self.toasts = crate::app::toast::Toasts::default();
        self.lock.locked = Some(Locked {
            since: self.now.wall,
            asked,
            typed: SecretInput::new(LONGEST),
            trying: false,
            failed: None,
            ending: false,
        });
        // What was drawn of names and amounts is written over as well.
        effects.retain(|effect| *effect != Effect::Wipe);
        effects.extend([Effect::Wipe, Effect::Lock]);
    }

    /// Ends the program when nothing can open the lock, as soon as what was sent is answered.
    pub(crate) fn end_behind_lock(&mut self, effects: &mut Vec<Effect>) {
        let ends = self.setup().locking.opens == UnlockMethod::Nothing && self.in_flight_acts() == 0;
        if let Some(locked) = self.lock.locked.as_mut().filter(|locked| ends && !locked.ending) {
            locked.ending = true;
            effects.push(Effect::EndLocked);
        }
    }

    /// A key while it is locked.
    pub(crate) fn press_lock(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        let leaves =
            self.appearance().keys.lookup(key).filter(|action| matches!(action.act, Act::Interrupt | Act::Suspend));
        if let Some(action) = leaves {
            self.perform(action.act, effects);
            return true;
        }
        let opens = self.setup().locking.opens.clone();
        let asks = self.setup().locking.asks
            && self.appearance().keys.lookup(key).is_some_and(|action| action.act == Act::Login);
        let unlock = |phrase| match asks {
            true => Effect::AskOnTerminal(Box::new(Effect::Unlock(phrase))),
            false => Effect::Unlock(phrase),
        };
        let Some(locked) = self.lock.locked.as_mut().filter(|locked| !locked.trying) else { return false };
        match (opens, key.code) {
            (UnlockMethod::Nothing, _) => false,
            (UnlockMethod::Passphrase, code) if (code == KeyCode::Enter || asks) && locked.typed.is_empty() => false,
            (UnlockMethod::Passphrase, code) if code == KeyCode::Enter || asks => {
                let typed = locked.typed.hand_over();
                locked.trying = true;
                locked.failed = None;
                effects.push(unlock(Some(OneTimeSecret::new(typed))));
                true
            }
            (_, code) if code == KeyCode::Enter || asks => {
                locked.trying = true;
                locked.failed = None;
                effects.push(unlock(None));
                true
            }
            (UnlockMethod::Passphrase, KeyCode::Backspace) => locked.typed.pop(),
            (UnlockMethod::Passphrase, KeyCode::Esc) => locked.typed.clear(),
            (UnlockMethod::Passphrase, KeyCode::Char('u')) if key.ctrl => locked.typed.clear(),
            (UnlockMethod::Passphrase, KeyCode::Char(c)) if !key.ctrl && !key.alt => locked.typed.take(c),
            _ => false,
        }
    }

    /// Text that was pasted while it is locked.
    pub(crate) fn paste_lock(&mut self, text: &str) -> bool {
        let wanted = self.setup().locking.opens == UnlockMethod::Passphrase;
        match self.lock.locked.as_mut().filter(|locked| wanted && !locked.trying) {
            // All of it or nothing: half a passphrase helps nobody.
            Some(locked) if text.len() <= locked.typed.room() => {
                text.chars().filter(|c| locked.typed.take(*c)).count() > 0
            }
            _ => false,
        }
    }

    /// What became of an attempt to unlock.
    pub(crate) fn unlocked(&mut self, outcome: Result<(), String>) {
        match (outcome, &mut self.lock.locked) {
            (Ok(()), _) => self.lock = Lock::new(self.now.up),
            (Err(why), Some(locked)) => {
                locked.trying = false;
                locked.failed = Some(why);
            }
            (Err(_), None) => {}
        }
    }

    /// Why the lock cannot be asked for.
    pub(crate) fn lock_misfit(&self) -> Result<(), String> {
        if self.setup().monitor {
            return Err("a monitor shows nothing that has to be locked".into());
        }
        match self.setup().locking.opens {
            UnlockMethod::Nothing => {
                Err("nothing could open it: the token came from the environment, and there is no passphrase".into())
            }
            _ => Ok(()),
        }
    }

    /// What the lock says now, to tell whether its picture changed.
    pub(crate) fn lock_words(&self) -> Option<String> {
        let locked = self.lock.locked.as_ref()?;
        Some(format!("{} {} {:?} {}", locked.typed.len(), locked.trying, locked.failed, self.in_flight_acts()))
    }

    /// Draws the lock, on the whole screen.
    pub(crate) fn view_lock(&self, buffer: &mut Buffer, areas: &Areas, theme: &Theme) {
        header::bare(self.setup()).view(buffer, areas.header, theme);
        let body = areas.body.intersection(buffer.area);
        let width = body.width.min(WIDTH);
        let columns = usize::from(width.saturating_sub(4));
        let lines = self.lock_lines(columns, theme);
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(body.height);
        let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
        let foot = match self.setup().locking.opens {
            UnlockMethod::Nothing => "Ctrl-C quits",
            _ => "Enter unlocks · Ctrl-C quits",
        };
        let title =
            Title { pieces: vec![Piece::new("Locked", Tone::Plain)], foot: Some(foot.to_owned()), ..Title::default() };
        let inner = frame(buffer, area, &title, None, theme, true);
        for (line, y) in lines.iter().zip(inner.top()..inner.bottom()) {
            let mut x = inner.x.saturating_add(1);
            for (words, style) in line {
                x = text::put(buffer, inner, x, y, words, inner.right().saturating_sub(x), *style);
            }
        }
    }

    fn lock_lines(&self, columns: usize, theme: &Theme) -> Vec<Line> {
        let LockSettings { lock_after, ref opens, .. } = self.setup().locking;
        // A frame that is due before the lock was told has nothing of its own to say.
        let (since, asked) = match &self.lock.locked {
            Some(locked) => (clock::time(locked.since, &self.setup().zone), locked.asked),
            None => (clock::time(self.now.wall, &self.setup().zone), false),
        };
        let since = match asked {
            true => format!("Since {since}, as you asked."),
            false => format!("Since {since}, after {} without a key.", clock::span(lock_after.as_secs())),
        };
        let how = match opens {
            UnlockMethod::Anybody => "Demo merchant: press Enter to unlock.".to_owned(),
            UnlockMethod::Source(source) if self.setup().locking.asks => {
                let key = self.appearance().keys.name(Act::Login);
                format!("Enter reads the credential again from {source}; {key} gives it the terminal to ask on.")
            }
            UnlockMethod::Source(source) => format!("Enter reads the credential again from {source}."),
            UnlockMethod::Passphrase => "Type the passphrase of this profile.".to_owned(),
            UnlockMethod::Nothing => {
                "The token came from the environment and cannot be asked for again, so the program ends. \
                               With `fourpay passphrase` it would lock instead."
                    .to_owned()
            }
        };
        let kept = match self.in_flight_acts() {
            0 => "Forms keep their input. Nothing is read meanwhile.".to_owned(),
            1 => "One action is under way and goes on. Forms keep their input.".to_owned(),
            many => format!("{many} actions are under way and go on. Forms keep their input."),
        };
        let mut lines: Vec<Line> = Vec::new();
        for (words, style) in [(since, theme.plain()), (how, theme.plain()), (kept, theme.dim())] {
            lines.extend(text::wrap(&words, columns).into_iter().map(|line| vec![(line, style)]));
            lines.push(Line::new());
        }
        let Some(locked) = &self.lock.locked else { return lines };
        if *opens == UnlockMethod::Passphrase {
            let dots = text::cut(&locked.typed.dots(), columns.saturating_sub(13)).into_owned();
            lines.push(vec![("Passphrase  ".into(), theme.dim()), (dots, theme.strong()), ("▏".into(), theme.key())]);
        }
        match (&locked.failed, locked.trying) {
            (_, true) => lines.push(vec![("looking…".into(), theme.dim())]),
            (Some(why), false) => {
                let why = format!("Still locked: {why}.");
                lines.extend(text::wrap(&why, columns).into_iter().map(|line| vec![(line, theme.bad())]));
            }
            (None, false) => {}
        }
        while lines.last().is_some_and(Vec::is_empty) {
            lines.pop();
        }
        lines
    }
}
