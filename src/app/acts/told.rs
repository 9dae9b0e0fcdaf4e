//! What became of orders: what was answered, what the journal says, and the words for it.
//!
//! Does not know how anything is ordered.

use super::{Acts, Desk};
use crate::app::actions;
use crate::app::keymap::Keymap;
use crate::app::msg::{Beside, JournalState, Msg, Past, Wish};
use crate::app::store::Store;
use crate::app::text;
use crate::app::theme::Tone;
use crate::app::toast::ACCEPTED;
use crate::app::ui::describe;
use crate::domain::failure::Failure;
use crate::domain::intent::lifecycle::{Stage, Step};
use crate::domain::intent::{Kind, Reference};

impl Acts {
    /// What became of orders, and what the journal says.
    pub fn told(&mut self, msg: Msg, desk: &mut Desk<'_>) {
        match msg {
            Msg::Held { ticket, why, waits_on } => self.held(ticket, why, waits_on, desk),
            Msg::Refused { ticket, failure, .. } => self.refused(ticket, &failure, desk),
            Msg::Ordered { ticket, reference } => self.ordered(ticket, reference, desk),
            Msg::Advanced { ticket, done, of, stopped } => self.advanced(ticket, done, of, stopped, desk),
            Msg::Stepped { ticket, step, told } => {
                self.plans.told(ticket, step, told);
            }
            Msg::Ended { ticket } => {
                self.plans.ended(ticket);
                self.land(ticket);
                self.mark();
                self.tell_of_plan(desk);
            }
            Msg::JournalRead(past) => self.journal_read(past, desk),
            Msg::JournalChanged(state) => self.journal_changed(state, desk),
            Msg::JournalMended(news) => desk.say(news, Tone::Waiting),
            Msg::JournalOlder(older) => self.outcomes.older = older,
            Msg::NotRecorded(what) => desk.say(describe::guarded(desk.store, &what), Tone::Bad),
            Msg::KeptBeside(beside) => self.kept_beside(beside, desk),
            Msg::Checking { ticket, .. } => {
                if let Some(dialog) = desk.overlays.dialog_of(ticket) {
                    dialog.checking();
                }
            }
            Msg::Unwritten { reference, words, why } => self.unwritten(reference, words, &why, desk),
            _ => {}
        }
    }

    fn held(&mut self, ticket: u64, why: String, waits_on: Option<Reference>, desk: &mut Desk<'_>) {
        let many = self.is_many(ticket);
        let words = self.flying(ticket).map_or_else(|| "an action".into(), |wish| describe::wish(wish, desk.store));
        if !many {
            self.land(ticket);
        }
        match desk.overlays.dialog_of(ticket) {
            Some(dialog) if !many => dialog.held(describe::guarded(desk.store, &why), waits_on),
            _ => desk.say(format!("{words} held back: {}", describe::guarded(desk.store, &why)), Tone::Waiting),
        }
        self.forget_toggle(ticket, many);
        self.mark();
    }

    fn refused(&mut self, ticket: u64, failure: &Failure, desk: &mut Desk<'_>) {
        let many = self.is_many(ticket);
        let words = self.flying(ticket).map_or_else(|| "an action".into(), |wish| describe::wish(wish, desk.store));
        if !many {
            self.land(ticket);
        }
        let (now, store) = (desk.now, desk.store);
        match desk.overlays.dialog_of(ticket) {
            Some(dialog) if !many => dialog.refused(now, store, failure),
            _ => desk.say(format!("{words} refused: {}", text::failure(failure)), Tone::Bad),
        }
        self.forget_toggle(ticket, many);
        self.mark();
    }

    /// What was not done cannot be undone.
    fn forget_toggle(&mut self, ticket: u64, many: bool) {
        if !many && self.toggled.as_ref().is_some_and(|last| last.ticket == ticket) {
            self.toggled = None;
        }
    }

    fn ordered(&mut self, ticket: u64, reference: Reference, desk: &mut Desk<'_>) {
        if self.is_many(ticket) {
            return;
        }
        let first_of_two = match (self.flying(ticket), self.outcomes.past_of(reference)) {
            (Some(Wish::EmptyAndClose { .. }), past) => past.is_none_or(|past| past.intent.act.kind() != Kind::Close),
            (Some(Wish::ForNewHolder { .. }), past) => {
                past.is_none_or(|past| past.intent.act.kind() == Kind::CreateCardholder)
            }
            _ => false,
        };
        if desk.overlays.dialog_of(ticket).is_some() {
            desk.close_dialog();
        }
        if first_of_two {
            return;
        }
        if let Some(wish) = self.land(ticket)
            && self.outcomes.past_of(reference).is_none_or(|past| past.stage == Stage::Accepted)
        {
            desk.say(format!("{}{ACCEPTED}", describe::wish(&wish, desk.store)), Tone::Plain);
        }
        self.mark();
    }

    fn advanced(&mut self, ticket: u64, done: usize, of: usize, stopped: bool, desk: &mut Desk<'_>) {
        if let Some(dialog) = desk.overlays.dialog_of(ticket) {
            dialog.advanced(done, of);
        }
        self.progress = Some((done, of));
        if done < of && !stopped {
            return;
        }
        if desk.overlays.dialog_of(ticket).is_some() {
            desk.close_dialog();
        }
        if let Some(wish) = self.land(ticket) {
            let (words, journal) = (describe::wish(&wish, desk.store), desk.keys.name(actions::Act::Journal));
            match stopped {
                true => desk.say(format!("{words} stopped after {done} of {of}; {journal} shows why"), Tone::Bad),
                false => desk.say(format!("{words}: all {of} answered; {journal} shows each"), Tone::Good),
            }
        }
        self.progress = None;
        self.mark();
    }

    fn journal_read(&mut self, past: Vec<Past>, desk: &mut Desk<'_>) {
        self.outcomes.past = past;
        let still_sent = |past: &Past| matches!(past.stage, Stage::Recorded | Stage::Sent);
        self.outcomes.unwritten.retain(|reference| {
            self.outcomes.past.iter().any(|past| past.intent.reference == *reference && still_sent(past))
        });
        let mut unsettled = 0;
        for at in 0..self.outcomes.past.len() {
            let Some(past) = self.outcomes.past.get(at) else { break };
            let (reference, stage) = (past.intent.reference, past.stage);
            let before = self.outcomes.told.insert(reference, stage);
            if !self.outcomes.heard {
                unsettled += usize::from(!stage.is_final() && past.elsewhere.is_none());
            } else if before != Some(stage)
                // The plan tells of its own when all is known.
                && (!self.plans.has(reference) || stage == Stage::NeedsPerson)
                && let Some(past) = self.outcomes.past.get(at)
                && let Some((text, tone)) = news(past, desk.store, desk.keys)
            {
                desk.toasts.ends_wait(&describe::act(&past.intent.act, desk.store));
                desk.say(text, tone);
            }
        }
        if unsettled > 0 {
            let acts = if unsettled == 1 { "1 action".to_owned() } else { format!("{unsettled} actions") };
            let journal = desk.keys.name(actions::Act::Journal);
            desk.say(format!("{acts} of an earlier run without a known outcome · {journal} shows them"), Tone::Waiting);
        }
        self.outcomes.heard = true;
        self.tell_of_plan(desk);
        // An order that the journal knows the end of is not under way, even when no message said so.
        self.mark();
    }

    fn tell_of_plan(&mut self, desk: &mut Desk<'_>) {
        let mut plans = std::mem::take(&mut self.plans);
        for plan in plans.iter_mut() {
            if let Some((said, tone)) = plan.news(&self.outcomes, desk.keys) {
                desk.say(said, tone);
            }
        }
        self.plans = plans;
    }

    fn journal_changed(&mut self, state: JournalState, desk: &mut Desk<'_>) {
        match &state {
            JournalState::Fine if self.outcomes.trouble().is_some() => {
                desk.say("the journal can be used again".into(), Tone::Good)
            }
            // A wait is seen in the header, and its end there too.
            JournalState::Fine | JournalState::Waiting(_) => {}
            JournalState::Troubled(why) => {
                desk.say(format!("the journal cannot be used at the moment: {why}; it is tried again"), Tone::Bad);
            }
            JournalState::Faulty(why) => {
                let fix = "fourpay journal verify, then restore it or accept the loss";
                desk.say(format!("the journal is not what it was: {why}; only freezing goes; {fix}"), Tone::Bad);
            }
            JournalState::Missing(why) => {
                desk.say(format!("there is no journal, so nothing can be changed: {why}"), Tone::Bad);
            }
        }
        self.outcomes.journal = state;
    }

    fn kept_beside(&mut self, beside: Beside, desk: &mut Desk<'_>) {
        let more = beside.freezes > self.outcomes.beside.freezes || beside.in_memory > self.outcomes.beside.in_memory;
        match beside.words() {
            None if self.outcomes.beside.freezes > 0 => {
                desk.say("what was recorded beside the journal is in the journal now".into(), Tone::Good);
            }
            Some(kept) if more && beside.in_memory > 0 => desk.say(
                format!("the journal could not be written: {kept}; keep fourpay running until it can be"),
                Tone::Bad,
            ),
            Some(kept) if more => desk.say(
                format!("the journal could not be written: {kept}; it is moved into the journal by itself"),
                Tone::Bad,
            ),
            _ => {}
        }
        self.outcomes.beside = beside;
    }

    fn unwritten(&mut self, reference: Reference, words: &str, why: &str, desk: &mut Desk<'_>) {
        let act = match self.outcomes.past_of(reference) {
            Some(past) => describe::act(&past.intent.act, desk.store),
            None => format!("the action {reference}"),
        };
        self.outcomes.unwritten.insert(reference);
        desk.say(format!("{act} {words}; this could not be recorded yet: {why}"), Tone::Bad);
    }
}

/// What a toast says when an intent has come to a new stage; nothing for steps that a person need not see.
fn news(past: &Past, store: &Store, keys: &Keymap) -> Option<(String, Tone)> {
    let act = describe::act(&past.intent.act, store);
    let why = || {
        past.steps
            .last()
            .and_then(|(_, step)| step.reason())
            .map_or(String::new(), |why| format!(": {}", describe::guarded(store, &why.to_string())))
    };
    match past.stage {
        Stage::Recorded | Stage::Sent | Stage::Accepted => None,
        // The dialog, or a toast of its own, has said these.
        Stage::Refused | Stage::NotSent => None,
        Stage::Done if matches!(past.intent.act.kind(), Kind::Freeze | Kind::Unfreeze) => Some((
            format!("{} · {} to undo", describe::done(&past.intent.act, store), keys.name(actions::Act::Undo)),
            Tone::Good,
        )),
        Stage::Done => Some((describe::done(&past.intent.act, store), Tone::Good)),
        Stage::SettledDone => Some((format!("{act} went through{}", why()), Tone::Good)),
        Stage::SettledNotDone => Some((format!("{act} was not done{}", why()), Tone::Bad)),
        Stage::Unknown => {
            let answered = past.steps.iter().rev().find_map(|(_, step)| match step {
                Step::Unknown { status, .. } => *status,
                _ => None,
            });
            let said = match answered {
                Some(status) => format!("4pay answered {act} with HTTP {status}"),
                None => format!("no answer from 4pay for {act}"),
            };
            Some((format!("{said}; checking whether it went through"), Tone::Waiting))
        }
        Stage::NotSeen => {
            let journal = keys.name(actions::Act::Journal);
            Some((format!("{act} is not seen yet and may still come; it stays open in {journal}"), Tone::Bad))
        }
        Stage::Probably => {
            let journal = keys.name(actions::Act::Journal);
            Some((format!("{act} probably went through ≈{}; {journal} asks whether it did", why()), Tone::Waiting))
        }
        Stage::FoundLater => Some((format!("{act} was done after all{}", why()), Tone::Bad)),
        Stage::Reversed => Some((format!("{act} was taken back by 4pay{}", why()), Tone::Bad)),
        Stage::NeedsPerson => {
            let journal = keys.name(actions::Act::Journal);
            Some((format!("{act} needs a person{}; {journal} shows what to compare", why()), Tone::Bad))
        }
    }
}
