//! One intent of the journal with its steps and evidence. When reading could not settle it, a person who has
//! compared says what became of it.

use super::super::clock;
use super::super::form::{Choose, Field, Form, Line};
use super::super::msg::{Effect, Past};
use super::super::panes::{Light, journal};
use super::super::store::Store;
use super::super::text;
use super::super::theme::Tone;
use super::{Asked, Asks, Confirm, Wrong, words};
use crate::domain::intent::life::{Stage, Step};
use chrono::{DateTime, TimeDelta, Utc};

/// What is typed to decide.
const WORD: &str = "decide";
/// After how many seconds a person may decide what was accepted and never confirmed by a read.
const PATIENCE: i64 = 900;

/// The detail of an intent.
#[derive(Debug)]
pub struct Decide {
    past: Past,
    /// There is something to decide.
    open: bool,
}

impl Decide {
    pub fn new(past: &Past, now: DateTime<Utc>) -> (Decide, Form) {
        let old = now.signed_duration_since(past.intent.asked_at) > TimeDelta::seconds(PATIENCE);
        let waits = matches!(past.stage, Stage::Recorded | Stage::Sent) || (past.stage == Stage::Accepted && !old);
        let open = past.stage.may_be_decided() && !past.stage.is_final() && !waits && past.elsewhere.is_none();
        let fields = match open {
            true => vec![
                Field::choice(
                    "done",
                    "it was",
                    "◂ ▸ what the statement or the card says",
                    vec![Choose::new("", "choose"), Choose::new("yes", "done"), Choose::new("no", "not done")],
                ),
                Field::text("words", "you compared", "what you looked at; it is kept in the journal", 200),
                Field::text("word", "type decide", "the word decide: this ends the search for the outcome", 12),
            ],
            false => Vec::new(),
        };
        (Decide { past: past.clone(), open }, Form::new(fields).on_cancel())
    }

    fn is_open(&self) -> bool {
        self.open
    }
}

/// A step as something that happened.
fn happened(step: &Step) -> &'static str {
    match step.stage() {
        Stage::Recorded => "recorded",
        Stage::Sent => "sent",
        Stage::Accepted => "accepted",
        other => other.words(),
    }
}

impl Asks for Decide {
    fn title(&self, _: &Store) -> String {
        format!("Intent {}", self.past.intent.reference)
    }

    fn go(&self, _: Option<&Asked>) -> String {
        if self.is_open() { "Decide".into() } else { "nothing to decide".into() }
    }

    fn confirm(&self) -> Confirm {
        if self.is_open() { Confirm::Form } else { Confirm::Look }
    }

    fn head(&self, light: &Light<'_>, columns: usize) -> Vec<Line> {
        let (theme, zone) = (&light.theme, &light.setup.zone);
        let intent = &self.past.intent;
        let (sign, _, tone) = journal::stage(self.past.stage);
        let word = journal::stage_word(&self.past, light.now.wall, zone);
        let mut lines = words::pair("act", &words::act(&intent.act, light.store), theme.strong(), light, columns);
        if let Some(account) = intent.act.account() {
            lines.extend(words::pair("account", &words::account(light.store, account), theme.plain(), light, columns));
        }
        let who = intent.who.user.as_ref().map_or_else(|| intent.who.uid.to_string(), text::name);
        let by = format!("{} by {who} on {}", clock::full(intent.asked_at, zone), text::name(&intent.who.host));
        lines.extend(words::pair("asked", &by, theme.plain(), light, columns));
        if let Some(description) = intent.act.description() {
            lines.extend(words::pair("description", &text::name(description), theme.plain(), light, columns));
        }
        if let Some(address) = &self.past.elsewhere {
            let words = format!("{}; it is not settled from here", text::name(address));
            lines.extend(words::pair("made at", &words, theme.tone(Tone::Waiting), light, columns));
        }
        lines.extend(words::pair("state", &format!("{sign} {word}"), theme.tone(tone), light, columns));
        lines.push(Line::new());
        for (at, step) in &self.past.steps {
            let said = match step.reason() {
                Some(why) => format!("{}: {}", happened(step), words::guarded(light.store, &why.to_string())),
                None => happened(step).to_owned(),
            };
            lines.extend(words::pair(&clock::time(*at, zone), &said, theme.plain(), light, columns));
            let Some(seen) = step.evidence() else { continue };
            for (label, money) in [("account after", seen.after.account), ("other after", seen.after.other)] {
                if let Some(money) = money {
                    lines.extend(words::pair(
                        label,
                        &text::money(&money, light.store.grouping),
                        theme.dim(),
                        light,
                        columns,
                    ));
                }
            }
            for id in seen.transactions.iter().take(3) {
                lines.extend(words::pair("transaction", &id.to_string(), theme.dim(), light, columns));
            }
        }
        lines
    }

    fn read(&self, form: &Form, _: &Store) -> Result<Asked, Wrong> {
        if !self.is_open() {
            return Err(Wrong::default());
        }
        let mut wrong = Wrong::default();
        if form.value("done").is_empty() {
            wrong.fields.push(("done", "choose what became of it".into()));
        }
        if form.value("words").is_empty() {
            wrong.fields.push(("words", "say what you compared".into()));
        }
        if form.value("word") != WORD {
            wrong.fields.push(("word", format!("type {WORD}")));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Asked::Effect(Effect::Decide {
            reference: self.past.intent.reference,
            done: form.value("done") == "yes",
            words: form.value("words").to_owned(),
        }))
    }

    fn receipt(&self, _: &Store) -> Vec<String> {
        if self.is_open() { vec!["decide".into()] } else { Vec::new() }
    }

    fn review(&self, asked: &Asked, light: &Light<'_>, columns: usize) -> Vec<Line> {
        let Asked::Effect(Effect::Decide { done, .. }) = asked else { return Vec::new() };
        let was = if *done { "done" } else { "not done" };
        let say = format!("{}: {was}", words::act(&self.past.intent.act, light.store));
        words::pair("decide", &say, light.theme.strong(), light, columns)
    }
}
