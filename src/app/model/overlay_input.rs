//! Every input goes to the overlay on top, and to nothing below it.

use crate::app::actions::Act;
use crate::app::key::{Key, KeyCode};
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::overlay::OverlayKind;

/// Lines that one notch of the wheel is worth.
const NOTCH: usize = 3;

impl Model {
    /// A key for the overlay on top, and whether it changed anything; `None` when there is none that takes keys.
    pub(crate) fn press_overlay(&mut self, key: Key, effects: &mut Vec<Effect>) -> Option<bool> {
        let kind = self.overlays.kind()?;
        if kind == OverlayKind::Welcome {
            return self.press_welcome(key);
        }
        // The keys that leave the program at once work everywhere, and so does the one that logs in over what is open.
        let leaves = self.appearance.keys.lookup(key).filter(|action| match action.act {
            Act::Interrupt | Act::Suspend => true,
            Act::Login => kind != OverlayKind::Login && self.login_misfit().is_ok(),
            _ => false,
        });
        if let Some(action) = leaves {
            self.perform(action.act, effects);
            return Some(true);
        }
        Some(match kind {
            OverlayKind::Welcome => false,
            OverlayKind::Palette => self.press_palette(key, effects),
            OverlayKind::Find => self.press_find(key, effects),
            OverlayKind::Views => self.press_views(key),
            OverlayKind::Payload => self.press_payload(key, effects),
            OverlayKind::BulkRun => {
                let (acts, mut desk) = self.desk(effects);
                acts.press_plan(key, &mut desk)
            }
            OverlayKind::Dialog => {
                let (acts, mut desk) = self.desk(effects);
                let changed = acts.press_dialog(key, &mut desk);
                if self.overlays.kind() == Some(OverlayKind::BulkRun) {
                    self.end_marks_of_plan();
                }
                if effects.iter().any(|effect| matches!(effect, Effect::Decide { .. })) {
                    self.panes.journal.list.marks.clear();
                }
                changed
            }
            OverlayKind::CardData => self.press_card_data(key, effects),
            OverlayKind::Login => self.press_login(key, effects),
        })
    }

    /// Pasted text for the overlay on top, and whether it changed anything; `None` when there is none. An overlay
    /// that has no use for text drops it: it never goes on to what lies below.
    pub(crate) fn paste_overlay(&mut self, text: &str, effects: &mut Vec<Effect>) -> Option<bool> {
        let kind = self.overlays.kind().filter(|kind| kind.covers())?;
        Some(match kind {
            OverlayKind::Palette => self.paste_palette(text),
            OverlayKind::Find => self.paste_find(text),
            OverlayKind::Payload => self.paste_payload(text),
            OverlayKind::Dialog => {
                let (acts, mut desk) = self.desk(effects);
                acts.paste(text, &mut desk)
            }
            OverlayKind::CardData => self.paste_reason(text),
            OverlayKind::Login => self.paste_login(text),
            OverlayKind::Welcome | OverlayKind::Views | OverlayKind::BulkRun => false,
        })
    }

    /// A notch of the wheel for the overlay on top, wherever the pointer is; `None` when there is none.
    pub(crate) fn wheel_overlay(&mut self, down: bool) -> Option<bool> {
        let kind = self.overlays.kind().filter(|kind| kind.covers())?;
        if let (OverlayKind::Dialog, Some(dialog)) = (kind, self.overlays.dialog_mut()) {
            dialog.scroll(down, NOTCH);
            return Some(true);
        }
        // Card data are read, not scrolled.
        if kind == OverlayKind::CardData {
            return Some(false);
        }
        // Nothing but what the arrows do.
        let code = if down { KeyCode::Down } else { KeyCode::Up };
        let mut effects = Vec::new();
        let key = Key { code, ctrl: false, alt: false };
        Some((0..NOTCH).fold(false, |any, _| self.press_overlay(key, &mut effects) == Some(true) || any))
    }
}
