//! Sending a logged event once more, to an address of the person's choice.

use super::super::form::{Field, FieldId, Form, Line};
use super::super::msg::{Effect, SignedWith};
use crate::app::ui::frame::RenderCtx;

use super::super::store::Store;
use super::super::ui::describe::event_subject;
use super::super::ui::describe::{delivery, event_kind_word};
use super::{Asked, Asks, Wrong};
use crate::app::ui::describe;
use crate::domain::text::SafeText;
use crate::domain::webhook::{Event, LONGEST_URL, check_url};

/// Sends an event again.
#[derive(Debug)]
pub struct Replay {
    event: Event,
    /// What signs it when nothing is typed.
    signed_with: SignedWith,
}

impl Replay {
    pub fn new(event: &Event, signed_with: SignedWith, to: Option<&str>) -> (Replay, Form) {
        let help = "https://…, or http on this machine; the whole payload goes there";
        let another = "what the receiver checks signatures with; not shown, not kept";
        let (empty, secret) = match &signed_with {
            SignedWith::Secret(source) => (*source, "another secret to sign with; not shown, not kept"),
            SignedWith::Sought => ("looking for the one that is kept", another),
            SignedWith::Nothing => ("none: sent unsigned", another),
            SignedWith::Trouble(why) => ("none: sent unsigned", why.as_str()),
        };
        let mut form = Form::new(vec![
            Field::text(FieldId::To, "send to", help, LONGEST_URL).when_empty("https://…"),
            Field::secret(FieldId::Secret, "signed with", secret, 255).when_empty(empty),
        ]);
        if let Some(to) = to {
            form.fill(FieldId::To, to);
        }
        (Replay { event: event.clone(), signed_with }, form)
    }
}

impl Asks for Replay {
    fn title(&self, _: &Store) -> String {
        format!("Send {} again", self.event.id)
    }

    fn go(&self, _: Option<&Asked>) -> String {
        "Send".into()
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let theme = &ctx.theme;
        let (sign, word, _) = delivery(&self.event.delivery);
        let what = format!(
            "{} · {} · {sign} {word}",
            event_kind_word(self.event.about()),
            event_subject(&self.event, ctx.store)
        );
        let mut lines = describe::pair("event", &what, theme.plain(), ctx, columns);
        let say =
            "The payload is sent once, as the log has it. Nothing changes at 4pay, and its log does not tell of it.";
        lines.extend(super::prose(say, theme.dim(), columns));
        lines
    }

    fn read(&self, form: &Form, _: &Store) -> Result<Asked, Wrong> {
        let mut wrong = Wrong::default();
        let to = match form.value(FieldId::To) {
            "" => Err("where to?".to_owned()),
            typed => match check_url(typed, true) {
                Ok(()) => describe::as_typed(typed, SafeText::new(typed, LONGEST_URL)),
                Err(why) => Err(format!("this address {why}")),
            },
        };
        let to = wrong.note(FieldId::To, to);
        if form.is_ragged(FieldId::Secret) {
            wrong.fields.push((FieldId::Secret, "it begins or ends with a space; Ctrl-U clears it".into()));
        }
        let (Some(to), true) = (to, wrong.is_empty()) else { return Err(wrong) };
        Ok(Asked::Effect(Effect::Replay { event: self.event.id.clone(), to, secret: None }))
    }

    fn receipt(&self, _: &Store) -> Vec<String> {
        vec!["send to".into()]
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let mut lines = match asked {
            Asked::Effect(Effect::Replay { to, .. }) => {
                describe::pair("send to", to.as_str(), ctx.theme.strong(), ctx, columns)
            }
            _ => Vec::new(),
        };
        if matches!(self.signed_with, SignedWith::Nothing | SignedWith::Trouble(_)) {
            let say = "Without a secret the receiver cannot tell it from a made-up one.";
            lines.extend(super::prose(say, ctx.theme.dim(), columns));
        }
        lines
    }
}
