//! What was copied, and until when: told once, and counted down in the header as long as it is out there (C1).

use std::time::Duration;

use super::actions::Act;
use super::clock;
use super::dialogs::words;
use super::model::Model;
use super::msg::Msg;
use super::panes::Piece;
use super::theme::Tone;
use super::{private, text};
use crate::domain::intent::{Assurance, CardAt, CardField};
use crate::domain::money::Money;

/// How something was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the desktop's clipboard.
    Desktop,
    /// To the terminal's, by a control sequence (OSC 52) that nobody answers.
    Terminal,
}

/// A secret that is in a clipboard now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    field: CardField,
    /// In `Now::up`.
    until: Duration,
}

impl Copied {
    /// For the header: `number copied · 24 s`.
    pub(super) fn piece(&self, up: Duration) -> Piece {
        let seconds = self.until.saturating_sub(up).as_millis().div_ceil(1000);
        Piece::new(format!("{} copied · {seconds} s", name_of(self.field)), Tone::Plain)
    }

    /// When the count changes.
    pub(super) fn wake_at(&self, up: Duration) -> Duration {
        // Whole seconds before the end, as they are said.
        let left = self.until.saturating_sub(up);
        let part = Duration::from_nanos(u64::from(left.subsec_nanos()).max(1));
        up.saturating_add(part).min(self.until)
    }

    pub(super) fn is_over(&self, up: Duration) -> bool {
        self.until <= up
    }
}

pub(super) fn name_of(field: CardField) -> &'static str {
    match field {
        CardField::All => "card data",
        CardField::Number => "number",
        CardField::Expiry => "expiry",
        CardField::Cvv => "CVV",
        CardField::Holder => "holder",
    }
}

impl Model {
    /// What whoever pays with a card wants to know: what it has, and what its narrowest limit leaves.
    fn left_on(&self, at: &CardAt) -> String {
        let Some(card) = self.store.card(&at.card) else { return String::new() };
        let show = |money: &Money| private::name(&text::money(money, self.store.grouping));
        let balance = card.spendable().known().map(|money| format!("; {} to spend", show(money)));
        let limits = card.limits.known().map_or(&[][..], Vec::as_slice).iter();
        let left = limits.filter_map(|limit| limit.value.known()?.checked_sub(limit.spent.known()?));
        let limit = left.min_by(|a, b| a.amount().cmp(&b.amount()));
        let limit = limit.map(|left| format!(", {} left of its limit", show(&left)));
        balance.unwrap_or_default() + &limit.unwrap_or_default()
    }

    /// What became of a copy; gives the message back when it is about something else.
    pub(super) fn told_of_copies(&mut self, msg: Msg) -> Option<Msg> {
        let up = self.now.up;
        let (said, tone) = match msg {
            Msg::Copied { card, field, way, clear_after } => {
                self.copied = Some(Copied { field, until: up.saturating_add(clear_after) });
                let gone = self.now.wall + chrono::TimeDelta::from_std(clear_after).unwrap_or_default();
                let (when, seconds) = (clock::time(gone, &self.setup().zone), clear_after.as_secs());
                let what = format!("{} of {}", name_of(field), words::card(&card));
                let left = self.left_on(&card);
                self.walk = Some((card.card.clone(), field));
                match way {
                    Way::Desktop => (
                        format!("{what} is in the desktop clipboard; cleared at {when}, in {seconds} s{left}"),
                        Tone::Good,
                    ),
                    Way::Terminal => (
                        format!(
                            "{what} was sent to the terminal, which may not take it; overwritten in {seconds} s, which cannot be checked{left}"
                        ),
                        Tone::Waiting,
                    ),
                }
            }
            Msg::TextCopied { what, done: Ok(Way::Desktop) } => {
                (format!("{what} is in the desktop clipboard"), Tone::Good)
            }
            Msg::TextCopied { what, done: Ok(Way::Terminal) } => {
                (format!("{what} was sent to the terminal, which may not take it"), Tone::Good)
            }
            Msg::TextCopied { what, done: Err(why) } => (format!("{what} not copied: {why}"), Tone::Bad),
            Msg::CopyRefused { field, why, offer_reveal, .. } => {
                let shows = self.looks.keys.name(Act::Reveal);
                let way_out = if offer_reveal { format!("; {shows} shows it in the panel") } else { String::new() };
                (format!("{} not copied: {why}{way_out}", name_of(field)), Tone::Bad)
            }
            Msg::Assured(Assurance::Local, Ok(())) => {
                ("until the program ends you sit at this machine; the journal says so".to_owned(), Tone::Plain)
            }
            Msg::Assured(Assurance::Recorded, Ok(())) => {
                ("card data may be in the recording from now on; the journal says so".to_owned(), Tone::Waiting)
            }
            Msg::Assured(_, Err(why)) => (format!("not taken: {why}"), Tone::Bad),
            Msg::CopyEnded(end) => {
                self.copied = None;
                let said = match end {
                    CopyEnd::Cleared => "the clipboard was cleared",
                    CopyEnd::LeftAlone => "the clipboard holds something else by now and was left alone",
                    CopyEnd::Unanswered => {
                        "the desktop does not say what its clipboard holds; clearing it is tried again each second"
                    }
                    CopyEnd::Overwritten => "the terminal's clipboard was overwritten, as far as it lets us",
                };
                (said.to_owned(), Tone::Plain)
            }
            other => return Some(other),
        };
        self.toasts.say(up, said, tone);
        None
    }
}

/// What became of a copy when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyEnd {
    /// It was still ours.
    Cleared,
    /// Something else was there.
    LeftAlone,
    /// Nobody said what was there; it is tried again.
    Unanswered,
    /// A space was written over it, unseen.
    Overwritten,
}
