//! What each message does to the model.

use std::time::Duration;

use super::{Model, Outcome};
use crate::app::actions::{self, Act, Details, Screen};
use crate::app::key::Key;
use crate::app::list::Step;
use crate::app::msg::{Effect, Link, Msg, Now, Topic};
use crate::app::pane::Pane;

use crate::app::overlay::Overlay;
use crate::app::palette::Palette;
use crate::app::store::Changes;
use crate::app::theme::Tone;
use crate::domain::intent::Assurance;
use crate::domain::transaction::Feed;

/// How long the sign of a refresh turns at most.
const REFRESH: Duration = Duration::from_secs(20);

/// What a message does to the model.
pub fn update(model: &mut Model, now: Now, msg: Msg) -> Outcome {
    let mut effects = Vec::new();
    model.now = now;
    model.toasts.expire(now.up);
    model.copied = model.copied.filter(|copied| !copied.is_over(now.up));
    model.refreshing = model.refreshing.filter(|until| *until > now.up);
    model.each_cursor(|cursor| cursor.read(now.up));
    let msg = model.guard(msg, &mut effects);
    let by_person = matches!(msg, Msg::Pressed(_) | Msg::Pasted(_) | Msg::Clicked(..) | Msg::Wheeled { .. });
    let blanked = model.blank(&msg, &mut effects);
    // Behind the lock only what is about the lock or the window changes the picture.
    let seen = !model.lock.is_locked()
        || matches!(msg, Msg::Pressed(_) | Msg::Pasted(_) | Msg::Resized(..) | Msg::Resumed | Msg::Unlocked(_));
    let changed = match msg {
        Msg::Pressed(key) => model.pressed(key, &mut effects),
        Msg::Clicked(column, row) => {
            model.fuzzy_pass();
            model.clicked((column, row))
        }
        Msg::Wheeled { at, down } => model.wheeled(at, down),
        Msg::Resized(columns, rows) => {
            model.size = (columns, rows);
            true
        }
        Msg::Asked(topic) => {
            model.store.asked(&topic);
            false
        }
        Msg::Replied { topic: Topic::Search(sought), asked, outcome } => {
            model.searched(sought, asked, outcome, &mut effects)
        }
        Msg::Replied { topic, asked, outcome } => {
            match &outcome {
                Ok(_) => model.heard_answer(asked),
                Err(failure) => model.heard_failure(failure, asked, &mut effects),
            }
            let changes = model.store.replied(now, topic.clone(), asked, outcome);
            model.replied(&topic, &changes)
        }
        Msg::LinkChanged(link) => {
            model.store.link = Link { ..link };
            false
        }
        Msg::ProfileRefused(name, why) => {
            model.keep_profile(&name, &why);
            true
        }
        Msg::Exported(export, end) => {
            model.exported(*export, end, &mut effects);
            true
        }
        Msg::ViewKept(change, outcome) => {
            model.kept_view(&change, outcome);
            true
        }
        Msg::GroundSeen(ground) => model.appearance.book.see(ground),
        Msg::Remembered(all) => {
            let changes = model.store.remember(all);
            model.take(&changes);
            true
        }
        Msg::Resumed => true,
        Msg::Unlocked(outcome) => {
            model.unlocked(outcome);
            true
        }
        Msg::CredentialRead(outcome) => {
            model.read_credential(outcome, &mut effects);
            true
        }
        Msg::LoggedIn(outcome) => {
            model.logged_in(outcome);
            true
        }
        Msg::SessionEnds(at) => {
            model.session_ends(at);
            true
        }
        Msg::Pasted(text) => text.take().is_some_and(|text| model.pasted(&text, &mut effects)),
        Msg::Replayed { event, to, taken, words } => {
            model.replayed(&event, to, taken, &words);
            true
        }
        Msg::ReceiverChanged(receiver) => model.told_of_receiver(receiver),
        Msg::SignedWith(what) => model.told_of_secret(what),
        Msg::Woke => model.fuzzy_pass(),
        Msg::FocusGained | Msg::FocusLost | Msg::Stopping => false,
        told => {
            if let Msg::Refused { failure, .. } = &told {
                model.heard_failure(failure, 0, &mut effects);
            }
            if let Some(told) = model.told_of_secrets(told) {
                let (acts, mut desk) = model.desk(&mut effects);
                acts.told(told, &mut desk);
            }
            model.panes.journal.renew();
            true
        }
    };
    let summed = model.settle();
    model.each_cursor(|cursor| cursor.note(by_person));
    let changed = {
        let (acts, mut desk) = model.desk(&mut effects);
        acts.settle(&mut desk) || changed || blanked || summed
    };
    model.look_only(&mut effects);
    model.make_export(&mut effects);
    model.end_behind_lock(&mut effects);
    let words = model.words();
    let redraw = (changed && seen) || words != model.words;
    model.words = words;
    if redraw {
        model.situation = Some(model.situation());
    }
    Outcome { effects, redraw }
}

impl Model {
    /// Carries out what a key means; false when it means nothing.
    pub(crate) fn pressed(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        if self.lock.is_locked() {
            return self.press_lock(key, effects);
        }
        let screen = self.screen();
        if screen != Screen::TooSmall
            && let Some(changed) = self.press_overlay(key, effects)
        {
            return changed;
        }
        if screen == Screen::Filter {
            return self.press_filter(key, effects);
        }
        let Some(action) = self.appearance.keys.lookup(key) else { return false };
        match actions::applies(action.act, &self.situation()) {
            Ok(()) => self.perform(action.act, effects),
            Err(_) if screen != Screen::Panes => return false,
            // That there is nothing to take back is no news.
            Err(_) if action.act == Act::Back => return false,
            Err(why) => self.refuse(action.act, &why),
        }
        true
    }

    /// Pasted text: to the overlay on top, else into the filter that is typed; panes have no use for it (D12).
    fn pasted(&mut self, text: &str, effects: &mut Vec<Effect>) -> bool {
        if self.lock.is_locked() {
            return self.paste_lock(text);
        }
        match self.screen() {
            Screen::TooSmall => false,
            Screen::Filter => self.paste_filter(text),
            _ => self.paste_overlay(text, effects).unwrap_or(false),
        }
    }

    /// A monitor changes nothing, here or elsewhere, whatever way led there: the one place where it is held back.
    fn look_only(&mut self, effects: &mut Vec<Effect>) {
        if !self.setup().monitor {
            return;
        }
        let all = effects.len();
        effects.retain(|effect| {
            !matches!(
                effect,
                Effect::Act(_)
                    | Effect::Decide { .. }
                    | Effect::CopySecret { .. }
                    | Effect::Reveal { .. }
                    | Effect::Export(_)
                    | Effect::KeepView(_)
                    | Effect::Replay { .. }
                    | Effect::Login(_)
            )
        });
        if effects.len() < all {
            let says = "a monitor only looks: nothing is sent, written or shown".to_owned();
            self.toasts.say(self.now.up, says, Tone::Waiting);
        }
    }

    pub(crate) fn perform(&mut self, act: Act, effects: &mut Vec<Effect>) {
        let page = self.areas().rows(self.focus).saturating_sub(1).max(1);
        let open = self.details_shown() == Details::Open;
        match act {
            Act::Quit if self.ask_before_quitting(effects) => {}
            Act::Quit | Act::Interrupt => effects.push(Effect::Quit),
            Act::Suspend => effects.push(Effect::Suspend),
            Act::Help => self.overlays.push(Overlay::Palette(Palette::open(true)), effects),
            Act::Commands => self.overlays.push(Overlay::Palette(Palette::open(false)), effects),
            Act::Find => self.open_find(effects),
            Act::Back => self.go_back(),
            Act::PageDown if open => self.scroll_details(true, None),
            Act::PageUp if open => self.scroll_details(false, None),
            Act::Down => self.step(Step::Down(1)),
            Act::Up => self.step(Step::Up(1)),
            Act::PageDown => self.step(Step::Down(page)),
            Act::PageUp => self.step(Step::Up(page)),
            Act::Top => self.step(Step::First),
            Act::Bottom => {
                self.want_older_events(effects);
                self.want_older_rows(effects);
                self.step(Step::Last);
            }
            Act::Accounts => self.focus_on(Pane::Accounts),
            Act::Cards => self.focus_on(Pane::Cards),
            Act::Transactions => self.focus_on(Pane::Transactions),
            Act::NextPane => self.focus_on(self.focus.next()),
            Act::PreviousPane => self.focus_on(self.focus.previous()),
            Act::Right | Act::Left if self.focus == Pane::Insights => {
                self.panes.insights.turn_column(act == Act::Right);
            }
            Act::Right => self.focus_on(self.focus.next()),
            Act::Left => self.focus_on(self.focus.previous()),
            Act::In => self.go_in(effects),
            Act::Filter => self.open_filter(),
            Act::Views => self.open_views(effects),
            Act::Export => self.open_export(effects),
            Act::Search => self.search(effects),
            Act::Mark | Act::MarkRange | Act::MarkAll => self.mark(act),
            Act::Plan => {
                let (acts, mut desk) = self.desk(effects);
                acts.open_plan(&mut desk);
            }
            Act::Zoom => self.zoomed = !self.zoomed,
            Act::SortNext => self.sort(false),
            Act::SortReverse => self.sort(true),
            Act::Issue
            | Act::Freeze
            | Act::Unfreeze
            | Act::Undo
            | Act::TopUp
            | Act::Withdraw
            | Act::Transfer
            | Act::Close
            | Act::Edit => {
                self.act(act, effects);
            }
            Act::Local => effects.push(Effect::Assure(Assurance::Local)),
            Act::Recorded => effects.push(Effect::Assure(Assurance::Recorded)),
            Act::Lock => self.shut(true, effects),
            Act::Mouse => self.toggle_mouse(effects),
            Act::Login => self.open_login(effects),
            Act::Profile => self.open_profiles(effects),
            Act::Copy => self.open_copy_menu(effects),
            Act::Reveal => self.open_reveal(effects),
            Act::Cardholders => self.toggle_sheet(Pane::Cardholders),
            Act::Insights => self.toggle_sheet(Pane::Insights),
            Act::Range | Act::RangeBack => self.panes.insights.turn_range(act == Act::Range),
            Act::LensRows | Act::LensColumns => self.panes.insights.turn_lens(act == Act::LensRows),
            Act::Holder => self.go_to_holder_or_back(),
            Act::Webhooks => self.toggle_sheet(Pane::Webhooks),
            Act::SetWebhook | Act::DropWebhook | Act::Replay | Act::Gaps => self.act_on_webhooks(act, effects),
            Act::Journal => self.toggle_sheet(Pane::Journal),
            Act::Pause if self.panes.transactions.paused => self.follow_newest(),
            Act::Pause => self.panes.transactions.paused = true,
            Act::Privacy => self.appearance.privacy = !self.appearance.privacy,
            Act::Theme => self.appearance.book.turn(),
            Act::Refresh => {
                self.refreshing = Some(self.now.up.saturating_add(REFRESH));
                effects.push(Effect::Refresh);
            }
        }
    }

    fn ask_before_quitting(&mut self, effects: &mut Vec<Effect>) -> bool {
        let (acts, mut desk) = self.desk(effects);
        acts.quit(&mut desk)
    }

    pub(crate) fn replied(&mut self, topic: &Topic, changes: &Changes) -> bool {
        if matches!(topic, Topic::Accounts | Topic::Newest(Feed::Cards)) {
            self.refreshing = None;
        }
        let Changes { accounts, detail, holders, cards_new, cards_changed, .. } = changes;
        let rows = !changes.transactions_new.is_empty() || !changes.transactions_changed.is_empty();
        let any = *accounts
            || detail.is_some()
            || *holders
            || changes.hooks
            || !cards_new.is_empty()
            || !cards_changed.is_empty()
            || rows;
        if any && !changes.transactions_bulk {
            self.changed = Some(self.now.wall);
        }
        self.take(changes);
        if any {
            self.find_again();
        }
        any
    }

    fn take(&mut self, changes: &Changes) {
        let (panes, ctx) = self.panes_mut();
        for pane in Pane::ALL {
            panes.get_mut(pane).apply(&ctx, changes);
        }
    }

    /// Puts cursors and windows right after anything may have moved them. Whether what they show became another.
    pub(super) fn settle(&mut self) -> bool {
        let areas = self.areas();
        let mut any = false;
        for pane in Pane::ALL {
            let strip = pane == Pane::Accounts && areas.strip;
            let height = (!areas.of(pane).is_empty() && !strip).then(|| areas.rows(pane));
            let (account, focused) = (self.account().cloned(), self.focus == pane);
            let (panes, ctx) = self.panes_mut();
            any |= panes.get_mut(pane).settle(&ctx, height, focused);
            if self.account() != account.as_ref() {
                self.follow_account();
            }
        }
        any
    }
}
