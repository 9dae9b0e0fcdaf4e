//! What the keys of pane 6 do, and what it is told.

use super::model::Model;
use super::msg::{Effect, Key, Topic};
use super::panes::Pane;

impl Model {
    /// A key while a payload is looked at.
    pub(super) fn press_payload(&mut self, key: Key) -> bool {
        let Some(viewer) = &mut self.webhooks.viewer else { return false };
        if !viewer.press(key) {
            self.webhooks.viewer = None;
        }
        true
    }

    pub(super) fn paste_payload(&mut self, text: &str) -> bool {
        let Some(viewer) = &mut self.webhooks.viewer else { return false };
        viewer.paste(text);
        true
    }

    /// The last row was asked for where one stands on it already: older entries of the log are wanted.
    pub(super) fn want_older_events(&mut self, effects: &mut Vec<Effect>) {
        let hooks = &self.store().hooks;
        if self.focus() == Pane::Webhooks && self.webhooks.is_at_end() && hooks.events.ever() && !hooks.complete {
            effects.push(Effect::Fetch(Topic::OlderEvents(hooks.events.value.len() as u64)));
        }
    }
}
