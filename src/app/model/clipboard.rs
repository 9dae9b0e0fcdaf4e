//! The model and what was copied, and until when: told once, and counted down in the header as long as it is out there (C1).

use crate::app::actions::Act;
use crate::app::clock;
use crate::app::copied::{Copied, name_of};
use crate::app::model::Model;
use crate::app::msg::{CopyEnd, Msg, Way};
use crate::app::theme::Tone;
use crate::app::ui::describe;
use crate::app::{private, text};
use crate::domain::intent::{Assurance, CardAt};
use crate::domain::money::Money;

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
    pub(crate) fn told_of_copies(&mut self, msg: Msg) -> Option<Msg> {
        let up = self.now.up;
        let (said, tone) = match msg {
            Msg::Copied { card, field, way, clear_after } => {
                self.copied = Some(Copied { field, until: up.saturating_add(clear_after) });
                let gone = self.now.wall + chrono::TimeDelta::from_std(clear_after).unwrap_or_default();
                let (when, seconds) = (clock::time(gone, &self.setup().zone), clear_after.as_secs());
                let what = format!("{} of {}", name_of(field), describe::card(&card));
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
                let shows = self.appearance.keys.name(Act::Reveal);
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
