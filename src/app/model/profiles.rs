//! Changing to another profile of the configuration: another merchant, or another environment of the same.
//!
//! ```text
//!   :profile NAME ──▶ may one leave? ──▶ its settings and credential are read ──▶ a new dashboard, the old one dropped
//!                        │ no: why             │ they cannot be used: why
//!                        ▼                     ▼
//!                      it stays              it stays
//! ```
//!
//! Nothing is taken along: what was read, typed, opened and copied belongs to the old profile.

use crate::app::actions::Act;
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::palette::Palette;
use crate::app::theme::Tone;

impl Model {
    /// Why one cannot leave the profile now, in words that follow the name of the action.
    pub fn may_leave(&self) -> Result<(), String> {
        if self.lock().is_locked() {
            return Err("it is locked".into());
        }
        if self.operations().plans().running().next().is_some() {
            return Err("a plan is running; stop it, or wait for its end".into());
        }
        let tally = self.operations().tally();
        if tally.beside.1 > 0 {
            return Err("a freeze is recorded in memory only; it can be changed when the journal has it".into());
        }
        match (tally.in_flight, tally.series) {
            (0, None) => Ok(()),
            (_, Some((done, of))) => {
                Err(format!("{done} of {of} actions are done; the profile can be changed after the last"))
            }
            (1, None) => Err("an action is being sent; the profile can be changed when its answer is there".into()),
            (many, None) => {
                Err(format!("{many} actions are being sent; the profile can be changed when their answers are there"))
            }
        }
    }

    pub(crate) fn profile_misfit(&self) -> Result<(), String> {
        self.may_leave()?;
        let here = &self.setup().profile;
        if self.setup().profiles.iter().all(|name| name == here) {
            return Err("there is no other".into());
        }
        Ok(())
    }

    /// The profiles to choose from.
    pub(crate) fn open_profiles(&mut self, effects: &mut Vec<Effect>) {
        self.overlays.push(Overlay::Palette(Palette::asking(Act::Profile)), effects);
    }

    pub(crate) fn change_profile(&mut self, name: &str, effects: &mut Vec<Effect>) {
        if *name == self.setup().profile {
            self.toasts.say(self.now.up, format!("this is {name}"), Tone::Plain);
        } else if let Err(why) = self.may_leave() {
            self.toasts.say(self.now.up, format!("profile: {why}"), Tone::Plain);
        } else {
            self.toasts.say(self.now.up, format!("changing to {name}…"), Tone::Over);
            effects.push(Effect::Profile(name.to_owned()));
        }
    }

    /// The other profile cannot be used; this one stays.
    pub(crate) fn keep_profile(&mut self, name: &str, why: &str) {
        self.toasts.say(self.now.up, format!("profile {name} not used: {why}"), Tone::Bad);
    }
}
