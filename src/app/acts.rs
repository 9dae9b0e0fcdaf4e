//! Acts as the dashboard sees them: the dialog that is open, what is on its way, and what the journal says.
//!
//! Nothing here is ever taken for done because it was asked for: a row says `freezing…` from the moment the
//! order goes out until a read of the card, or the journal, says what became of it.

mod told;

use std::time::Duration;

use super::dialogs::decide::{Decide, DecideAll};
use super::dialogs::freeze::Freeze;
use super::dialogs::quit::Quit;
use super::dialogs::{Asked, Asks, Dialog, Pressed};
use super::form::{FieldId, Form};
use super::keymap::Keymap;
use super::msg::{ChangeFeed, Effect, Key, Now, Order, Past, Topic, Wish};
use super::outcomes::{Busy, Outcomes};
use super::overlay::{Overlay, OverlayKind, Overlays};
use super::plan::{Plan, Wanted};
use super::plans::Plans;
use super::store::Store;
use super::theme::{self, Tone};
use super::toast::Toasts;
use crate::app::ui::describe;
use crate::domain::card::{Card, CardStatus};
use crate::domain::intent::lifecycle::Stage;
use crate::domain::intent::{self, CardAt, Kind, Reference};

/// The state of a card that was not read for longer may be another one by now.
const STALE: Duration = Duration::from_secs(60);

/// An order that went out and whose end has not been told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flying {
    ticket: u64,
    wish: Wish,
}

/// What changed the state of cards last, so that it can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Toggled {
    ticket: u64,
    cards: Vec<CardAt>,
    frozen: bool,
}

/// Everything about acts.
#[derive(Debug, Default)]
pub struct Acts {
    tickets: u64,
    flying: Vec<Flying>,
    /// What became of earlier actions.
    outcomes: Outcomes,
    toggled: Option<Toggled>,
    /// Acts on many cards.
    plans: Plans,
    /// How far a series has come that no dialog shows.
    progress: Option<(usize, usize)>,
}

/// What acts are told with every message, and where they put what follows.
pub struct Desk<'a> {
    pub store: &'a Store,
    pub now: Now,
    pub toasts: &'a mut Toasts,
    /// Where dialogs and the panel of a bulk run open.
    pub overlays: &'a mut Overlays,
    pub effects: &'a mut Vec<Effect>,
    /// Why no money can be moved now.
    pub barred: Option<String>,
    /// For what a sentence names.
    pub keys: &'a Keymap,
}

impl Desk<'_> {
    fn fetch(&mut self, topics: Vec<Topic>) {
        for topic in topics {
            let effect = Effect::Fetch(topic);
            if !self.effects.contains(&effect) {
                self.effects.push(effect);
            }
        }
    }

    fn say(&mut self, text: String, tone: Tone) {
        self.toasts.say(self.now.up, text, tone);
    }

    fn open(&mut self, overlay: Overlay) {
        self.overlays.push(overlay, self.effects);
    }

    fn close_dialog(&mut self) {
        self.overlays.take(OverlayKind::Dialog);
    }
}

/// The words of acts that are on the screen outside of the dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Intents whose outcome nobody knows.
    pub unknown: usize,
    /// Intents that one movement fits, without a reference.
    pub probably: usize,
    /// Intents that were said not to be done, or were not seen, and were.
    pub found_later: usize,
    /// Intents that were done and taken back by the platform.
    pub reversed: usize,
    /// The journal cannot be used.
    pub journal: bool,
    /// The journal is held by another program, and waited for.
    pub journal_waits: bool,
    /// Freezes that are recorded beside the journal, and how many of them in memory only.
    pub beside: (usize, usize),
    /// Acts under way.
    pub in_flight: usize,
    /// A series under way: how many are done, of how many.
    pub series: Option<(usize, usize)>,
}

impl Acts {
    pub fn tally(&self) -> Tally {
        Tally {
            unknown: self.outcomes.count(Stage::is_unknown) + self.outcomes.unwritten.len(),
            probably: self.outcomes.count(|stage| stage == Stage::Probably),
            found_later: self.outcomes.count(|stage| stage == Stage::FoundLater),
            reversed: self.outcomes.count(|stage| stage == Stage::Reversed),
            journal: self.outcomes.trouble().is_some(),
            journal_waits: self.outcomes.waits_for().is_some(),
            beside: (self.outcomes.beside.freezes, self.outcomes.beside.in_memory),
            in_flight: self.in_flight().len(),
            series: self.progress.or_else(|| {
                let running = || self.plans.running();
                let answered = || running().map(|plan| plan.count(&self.outcomes).answered()).sum();
                running().next().map(|_| (answered(), running().map(Plan::len).sum()))
            }),
        }
    }

    /// What became of earlier actions.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Acts on many cards.
    pub fn plans(&self) -> &Plans {
        &self.plans
    }

    /// Shows the last act on many cards again.
    pub fn open_plan(&mut self, desk: &mut Desk<'_>) {
        if let Some(plan) = self.plans.shown_mut() {
            plan.opened();
            desk.open(Overlay::BulkRun);
        }
    }

    /// A frame shows the panel of the plan.
    pub fn plan_drawn(&mut self) {
        if let Some(plan) = self.plans.shown_mut() {
            plan.drawn(&self.outcomes);
        }
    }

    /// No input waits any more.
    pub fn input_is_empty(&mut self) {
        if let Some(plan) = self.plans.shown_mut() {
            plan.input_is_empty();
        }
    }

    /// Acts that were sent, or may have been, and were not answered yet.
    fn in_flight(&self) -> Vec<&Wish> {
        self.flying.iter().map(|flying| &flying.wish).collect()
    }

    /// Says in the dialog that was just opened that it is about one card, whatever is marked.
    pub fn note(&mut self, note: String, desk: &mut Desk<'_>) {
        if let Some(dialog) = desk.overlays.dialog_mut() {
            dialog.note(note);
        }
    }

    /// Opens a dialog and asks for what it needs.
    pub fn open(&mut self, asks: Box<dyn Asks>, form: Form, topics: Vec<Topic>, desk: &mut Desk<'_>) {
        let (dialog, more) = Dialog::open(asks, form, desk.now, desk.store);
        desk.open(Overlay::Dialog(Box::new(dialog)));
        desk.fetch(topics);
        desk.fetch(more);
    }

    /// Puts a text into a field of the dialog that is open.
    pub fn fill(&mut self, id: FieldId, text: &str, desk: &mut Desk<'_>) {
        let Some(dialog) = desk.overlays.dialog_mut() else { return };
        let topics = dialog.fill(id, text, desk.store);
        desk.fetch(topics);
    }

    /// Freeze this card, or unfreeze it; by its state where nobody has said which. The error says why not.
    pub fn turn(&mut self, card: &Card, freeze: Option<bool>, desk: &mut Desk<'_>) -> Result<(), String> {
        let doubt = self.doubt(card, desk);
        // Where nobody knows how it is, freezing is chosen: `y` is never the opposite of what stops a card.
        let freeze = freeze.unwrap_or(doubt.is_some() || card.status != CardStatus::Frozen);
        let freeze = Freeze::new(card, freeze, doubt, self.outcomes.doubted_cards(), desk.store)?;
        let topics = freeze.topics();
        self.open(Box::new(freeze), Form::new(Vec::new()), topics, desk);
        Ok(())
    }

    /// Why the state of a card that is shown may not be its state, if there is a reason.
    fn doubt(&self, card: &Card, desk: &Desk<'_>) -> Option<String> {
        if self.outcomes.may_have_changed(&card.id) {
            return Some("the outcome of an earlier change is unknown".into());
        }
        if desk.barred.is_some() {
            return Some("the link is down, and what is shown is old".into());
        }
        if desk.store.link.feed == ChangeFeed::EventLog {
            return None;
        }
        let account = card.account.clone()?;
        let topics = [Topic::Card(account.clone(), card.id.clone()), Topic::Cards(account)];
        let read = topics.iter().filter_map(|topic| desk.store.status(topic).at).map(|at| at.up).max();
        let old = read.is_none_or(|at| desk.now.up.saturating_sub(at) > STALE);
        old.then(|| "its state was not read for a minute".into())
    }

    /// Why there is nothing to undo.
    pub fn undoable(&self) -> Result<(), &'static str> {
        self.toggled.as_ref().map(|_| ()).ok_or("nothing was frozen or unfrozen from here yet")
    }

    pub fn undo(&mut self, desk: &mut Desk<'_>) {
        let Some(last) = &self.toggled else { return };
        let undo = Freeze::undo(last.cards.clone(), last.frozen);
        let topics = undo.topics();
        self.open(Box::new(undo), Form::new(Vec::new()), topics, desk);
    }

    /// Shows one intent; one that needs a person can be decided there.
    pub fn look(&mut self, past: &Past, desk: &mut Desk<'_>) {
        let (asks, form) = Decide::new(past, desk.now.wall);
        self.open(Box::new(asks), form, Vec::new(), desk);
    }

    /// Shows several intents at once, so that a person decides all that can be decided.
    pub fn look_at_all(&mut self, marked: &[Past], hidden: usize, desk: &mut Desk<'_>) {
        match DecideAll::new(marked, hidden, desk.now.wall) {
            Ok((asks, form)) => self.open(Box::new(asks), form, Vec::new(), desk),
            Err(why) => desk.say(why, Tone::Plain),
        }
    }

    /// Whether quitting needs a question; then it is asked.
    pub fn quit(&mut self, desk: &mut Desk<'_>) -> bool {
        let acts: Vec<String> = self.in_flight().into_iter().map(|wish| describe::wish(wish, desk.store)).collect();
        let unrecorded = self.outcomes.beside.in_memory;
        let ask = !acts.is_empty() || unrecorded > 0;
        if ask {
            self.open(Box::new(Quit { acts, unrecorded }), Form::new(Vec::new()), Vec::new(), desk);
        }
        ask
    }

    /// A key while a dialog is open. Whether anything changed.
    pub fn press_dialog(&mut self, key: Key, desk: &mut Desk<'_>) -> bool {
        let Some(dialog) = desk.overlays.dialog_mut() else { return false };
        let (pressed, topics) = dialog.press(key, desk.now, desk.store);
        desk.fetch(topics);
        match pressed {
            Pressed::Nothing => return false,
            Pressed::Stay => {}
            Pressed::Close => desk.close_dialog(),
            Pressed::Leave => {
                let left = desk.overlays.dialog().and_then(Dialog::ticket);
                desk.close_dialog();
                let wish = self.flying.iter().find(|flying| Some(flying.ticket) == left);
                if let Some(wish) = wish.map(|flying| describe::wish(&flying.wish, desk.store)) {
                    desk.say(format!("{wish} goes on; its outcome will be told here"), Tone::Waiting);
                }
            }
            Pressed::Confirmed(asked) => self.confirmed(*asked, desk),
        }
        true
    }

    fn confirmed(&mut self, asked: Asked, desk: &mut Desk<'_>) {
        match asked {
            Asked::Effect(mut effect) => {
                if let Effect::Replay { secret, .. } = &mut effect {
                    *secret = desk.overlays.dialog().and_then(Dialog::secret);
                }
                if matches!(effect, Effect::Decide { .. }) {
                    desk.say("your decision is being written to the journal".into(), Tone::Plain);
                }
                desk.effects.push(effect);
                desk.close_dialog();
            }
            Asked::Wish(Wish::Each(acts)) => self.order_plan(Plan::new(acts), false, desk),
            Asked::Wish(wish) => self.order(wish, desk),
        }
    }

    /// Orders what is to be done of a plan. It takes the place of the dialog; when nothing may be sent now, the
    /// dialog stays and says so.
    fn order_plan(&mut self, mut plan: Plan, retry: bool, desk: &mut Desk<'_>) {
        let steps = plan.due(retry, &self.outcomes);
        let wish = Wish::Each(plan.acts(&steps, desk.store));
        if let Some(why) = self.bar(&wish, desk) {
            match desk.overlays.dialog_mut() {
                Some(dialog) => dialog.barred(why),
                None => {
                    self.keep_plan(plan, desk);
                    desk.say(why, Tone::Bad);
                }
            }
            return;
        }
        if desk.overlays.take(OverlayKind::Dialog).is_some() {
            self.tell_of_stopped(desk);
        }
        if steps.is_empty() {
            self.keep_plan(plan, desk);
            return;
        }
        self.tickets += 1;
        let ticket = self.tickets;
        plan.ordered(ticket, steps);
        self.keep_plan(plan, desk);
        self.send(ticket, wish, Vec::new(), desk);
    }

    fn keep_plan(&mut self, plan: Plan, desk: &mut Desk<'_>) {
        self.plans.put(plan, &self.outcomes);
        self.open_plan(desk);
    }

    /// Another plan begins: those that were stopped before their end are not forgotten.
    fn tell_of_stopped(&self, desk: &mut Desk<'_>) {
        for plan in self.plans.stopped(&self.outcomes) {
            let left = plan.count(&self.outcomes).to_do;
            desk.say(format!("{} stopped, {left} to do; Tab goes to it", plan.name()), Tone::Waiting);
        }
    }

    /// Why an order may not go out now. Freezing waits for nothing but the journal (M11).
    fn bar(&self, wish: &Wish, desk: &Desk<'_>) -> Option<String> {
        let many = matches!(wish, Wish::Each(_));
        let other = self.plans.moving_money().filter(|_| many);
        let freezes = toggles(wish).is_some_and(|(_, frozen)| frozen) && self.outcomes.has_journal();
        let why = match (self.outcomes.journal_bar(), toggles(wish)) {
            (Some(_), _) if freezes => None,
            (Some(why), _) => Some(format!("the journal cannot be used: {why}")),
            (None, Some(_)) => None,
            (None, None) => desk.barred.clone().or_else(|| {
                other.map(|plan| format!("the {} is under way; it can be stopped, and gone on with later", plan.name()))
            }),
        };
        why.map(|why| format!("not now: {why}"))
    }

    /// A key while the panel of a bulk run is open.
    pub fn press_plan(&mut self, key: Key, desk: &mut Desk<'_>) -> bool {
        let mut plans = std::mem::take(&mut self.plans);
        let several = plans.place().is_some();
        let wanted = plans.shown_mut().map_or(Wanted::Nothing, |plan| plan.press(key, several, &self.outcomes));
        match wanted {
            Wanted::Close => drop(desk.overlays.take(OverlayKind::BulkRun)),
            Wanted::Other { back } => plans.turn(back),
            Wanted::Stop => {
                let ticket = plans.shown().and_then(Plan::ticket);
                desk.effects.extend(ticket.map(|ticket| Effect::Stop { ticket }));
            }
            Wanted::Resume | Wanted::Retry => {
                let plan = plans.take();
                self.plans = plans;
                if let Some(plan) = plan {
                    self.order_plan(plan, wanted == Wanted::Retry, desk);
                }
                return true;
            }
            Wanted::Nothing | Wanted::Look => {}
        }
        self.plans = plans;
        wanted != Wanted::Nothing
    }

    pub fn paste(&mut self, text: &str, desk: &mut Desk<'_>) -> bool {
        let Some(dialog) = desk.overlays.dialog_mut() else { return false };
        let topics = dialog.paste(text, desk.store);
        desk.fetch(topics);
        true
    }

    fn order(&mut self, wish: Wish, desk: &mut Desk<'_>) {
        let Some(dialog) = desk.overlays.dialog() else { return };
        let despite = dialog.despite().to_vec();
        if let Some(why) = self.bar(&wish, desk) {
            if let Some(dialog) = desk.overlays.dialog_mut() {
                dialog.barred(why);
            }
            return;
        }
        self.tickets += 1;
        let ticket = self.tickets;
        if let Some(dialog) = desk.overlays.dialog_mut() {
            dialog.sent(ticket);
        }
        self.send(ticket, wish, despite, desk);
    }

    fn send(&mut self, ticket: u64, wish: Wish, despite: Vec<Reference>, desk: &mut Desk<'_>) {
        let secret = desk.overlays.dialog_of(ticket).and_then(|dialog| dialog.secret());
        let order = Order { ticket, wish: wish.clone(), why: None, despite, secret };
        if let Some((cards, frozen)) = toggles(&wish) {
            self.toggled = Some(Toggled { ticket, cards, frozen });
        }
        self.flying.push(Flying { ticket, wish });
        desk.effects.push(Effect::Act(Box::new(order)));
        self.mark();
    }

    /// The order is no longer under way; what it was.
    fn land(&mut self, ticket: u64) -> Option<Wish> {
        let at = self.flying.iter().position(|flying| flying.ticket == ticket)?;
        let flying = self.flying.remove(at);
        if self.flying.is_empty() {
            self.progress = None;
        }
        Some(flying.wish)
    }

    /// What an order is, while it is under way.
    fn flying(&self, ticket: u64) -> Option<&Wish> {
        self.flying.iter().find(|flying| flying.ticket == ticket).map(|flying| &flying.wish)
    }

    /// A series in one order: its ends are told by `Advanced`.
    fn is_many(&self, ticket: u64) -> bool {
        matches!(self.flying(ticket), Some(Wish::Series { .. }))
    }

    /// Works out which cards are busy, from the journal and from what the journal does not have yet.
    fn mark(&mut self) {
        self.outcomes.mark_open();
        for flying in &self.flying {
            match &flying.wish {
                Wish::One { act, .. } => self.outcomes.mark_busy(act, false),
                Wish::Each(acts) => acts.iter().for_each(|(act, _)| self.outcomes.mark_busy(act, false)),
                Wish::EmptyAndClose { at, .. } => {
                    self.outcomes.busy.insert(at.card.clone(), Busy { kind: Kind::Close, unknown: false });
                }
                Wish::Series { .. } | Wish::ForNewHolder { .. } => {}
            }
        }
    }

    /// Takes in that anything may have changed. Whether the dialog looks different now.
    pub fn settle(&mut self, desk: &mut Desk<'_>) -> bool {
        let Some(dialog) = desk.overlays.dialog_mut() else { return false };
        let topics = dialog.settle(desk.now, desk.store);
        let changed = std::mem::take(&mut dialog.changed);
        desk.fetch(topics);
        changed
    }

    pub fn wake_at(&self, now: Now, overlays: &Overlays) -> Option<Duration> {
        let turning = overlays.has(OverlayKind::BulkRun) && self.plans.shown().is_some_and(Plan::is_running);
        let turning = turning.then(|| now.up.saturating_add(theme::TURN));
        turning.or_else(|| overlays.dialog().and_then(|dialog| dialog.wake_at(now)))
    }
}

/// The cards whose state an order changes, and whether it freezes them.
fn toggles(wish: &Wish) -> Option<(Vec<CardAt>, bool)> {
    let acts: Vec<&intent::Act> = match wish {
        Wish::One { act, .. } => vec![act],
        Wish::Each(acts) => acts.iter().map(|(act, _)| act).collect(),
        Wish::Series { .. } | Wish::EmptyAndClose { .. } | Wish::ForNewHolder { .. } => return None,
    };
    let frozen = match acts.first()? {
        intent::Act::Freeze(_) => true,
        intent::Act::Unfreeze(_) => false,
        _ => return None,
    };
    Some((acts.into_iter().filter_map(intent::Act::card).cloned().collect(), frozen))
}
