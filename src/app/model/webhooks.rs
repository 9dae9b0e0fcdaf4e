//! What the keys of pane 6 do, and what it is told.

use crate::app::actions::Act;
use crate::app::dialogs::gaps::Gaps;
use crate::app::dialogs::replay::Replay;
use crate::app::dialogs::webhook::{DropWebhook, SetWebhook};
use crate::app::form::Form;
use crate::app::key::Key;
use crate::app::model::Model;
use crate::app::msg::{Effect, Receiver, SignedWith, Topic};
use crate::app::overlay::OverlayKind;
use crate::app::pane::Pane;
use crate::app::theme::Tone;
use crate::domain::ids::EventId;
use crate::domain::settings::Environment;
use crate::domain::text::SafeText;

impl Model {
    /// A key while a payload is looked at.
    pub(crate) fn press_payload(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        let Some(viewer) = self.overlays.payload_mut() else { return false };
        let act = self.appearance.keys.lookup(key).map(|action| action.act);
        if act == Some(Act::Replay) && !viewer.is_typing() {
            self.act_on_webhooks(Act::Replay, effects);
            return true;
        }
        if act == Some(Act::Privacy) && !viewer.is_typing() {
            self.perform(Act::Privacy, effects);
            return true;
        }
        if !viewer.press(key) {
            self.overlays.take(OverlayKind::Payload);
        }
        true
    }

    pub(crate) fn paste_payload(&mut self, text: &str) -> bool {
        let Some(viewer) = self.overlays.payload_mut() else { return false };
        viewer.paste(text);
        true
    }

    /// Opens what a key of this pane is for.
    pub(crate) fn act_on_webhooks(&mut self, act: Act, effects: &mut Vec<Effect>) {
        let http_here = self.setup().environment == Environment::Sandbox;
        let signed_with = self.store().hooks.signed_with.clone();
        let config = self.store().hooks.config.value.clone();
        let looked_at = self.overlays.payload().map(|viewer| viewer.event().clone());
        let event = looked_at.or_else(|| self.panes.webhooks.chosen(self.store()).map(|logged| logged.event.clone()));
        let to = self.panes.webhooks.sent_to.clone();
        let (acts, mut desk) = self.desk(effects);
        match act {
            Act::SetWebhook => {
                let (asks, form) = SetWebhook::new(config, http_here);
                let topics = asks.topics();
                acts.open(Box::new(asks), form, topics, &mut desk);
            }
            Act::DropWebhook => {
                let Some(config) = config else { return };
                let asks = DropWebhook::new(config);
                let topics = asks.topics();
                acts.open(Box::new(asks), Form::new(Vec::new()), topics, &mut desk);
            }
            Act::Replay => {
                let Some(event) = event else { return };
                let (asks, form) = Replay::new(&event, signed_with, to.as_deref());
                acts.open(Box::new(asks), form, Vec::new(), &mut desk);
            }
            _ => acts.open(Box::new(Gaps::default()), Form::new(Vec::new()), Vec::new(), &mut desk),
        }
    }

    /// Why the configuration cannot be changed now.
    pub(crate) fn webhook_misfit(&self, act: Act) -> Result<(), String> {
        let config = &self.store().hooks.config;
        match (&config.value, act) {
            _ if !config.ever() => Err("the configuration was not read yet".into()),
            (None, Act::DropWebhook) => Err("nothing is configured".into()),
            _ => Ok(()),
        }
    }

    /// What came of sending an event again.
    pub(crate) fn replayed(&mut self, event: &EventId, to: String, taken: bool, words: &str) {
        let (sign, tone) = if taken { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
        let words = SafeText::prose(&format!("{sign} replay of {event}: {words}")).to_string();
        self.toasts.say(self.now.up, words.clone(), tone);
        self.panes.webhooks.replayed = Some(words);
        self.panes.webhooks.sent_to = Some(to);
    }

    pub(crate) fn told_of_receiver(&mut self, receiver: Receiver) -> bool {
        let shown = self.focus() == Pane::Webhooks;
        self.store.hooks.receiver = Some(receiver);
        shown
    }

    pub(crate) fn told_of_secret(&mut self, signed_with: SignedWith) -> bool {
        let shown = self.focus() == Pane::Webhooks;
        self.store.hooks.signed_with = signed_with;
        shown
    }

    /// The last row was asked for where one stands on it already: older entries of the log are wanted.
    pub(crate) fn want_older_events(&mut self, effects: &mut Vec<Effect>) {
        let hooks = &self.store().hooks;
        if self.focus() == Pane::Webhooks
            && self.panes.webhooks.list.is_at_end()
            && hooks.events.ever()
            && !hooks.complete
        {
            effects.push(Effect::Fetch(Topic::OlderEvents(hooks.events.value.len() as u64)));
        }
    }
}
