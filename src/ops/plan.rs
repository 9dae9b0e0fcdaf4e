//! Several acts that belong together, each an intent of its own: a series of cards, and emptying a card
//! before it is closed.

use std::collections::VecDeque;

use super::{Held, Ops, Outcome};
use crate::domain::card::CardStatus;
use crate::domain::intent::{Act, Before, CardAt, CardOrder, Intent, Reference, checks};
use crate::domain::text::SafeText;

/// Most cards of one series.
pub const MOST: u32 = 500;

/// The names that a template gives: `Ads {seq:03}` from 1 is `Ads 001`, `Ads 002` … A series of more than
/// one needs `{seq}` or `{seq:0N}` in it, once. The error is a sentence.
pub fn names(template: &str, first: u32, count: u32) -> Result<Vec<SafeText>, String> {
    if count == 0 || count > MOST {
        return Err(format!("a series has 1 to {MOST} cards"));
    }
    let Some((before, rest)) = template.split_once("{seq") else {
        return match count {
            1 => Ok(vec![SafeText::name(template)]),
            _ => Err("a series needs {seq:03} in its name, where the number goes".into()),
        };
    };
    let (format, after) = rest.split_once('}').ok_or("close the brace: {seq:03}")?;
    let width = match format.strip_prefix(":0") {
        Some(width) => width.parse().ok().filter(|width| (1..=9).contains(width)),
        None => format.is_empty().then_some(1),
    };
    let width: usize = width.ok_or("the number is written {seq} or {seq:03}")?;
    if after.contains("{seq") {
        return Err("the number can stand in the name once".into());
    }
    let last = first.checked_add(count - 1).ok_or("the numbers of the series are too large")?;
    Ok((first..=last).map(|n| SafeText::name(&format!("{before}{n:0width$}{after}"))).collect())
}

/// Cards that are issued one after the other. It stops at the first that was not accepted; what follows it
/// was not even written down.
#[derive(Debug)]
pub struct Series {
    left: VecDeque<Intent>,
    accepted: Vec<Reference>,
    stopped: bool,
}

impl Series {
    /// One intent for each name, all else as ordered.
    pub fn issue(
        ops: &Ops,
        account: &crate::domain::ids::AccountId,
        order: &CardOrder,
        names: &[SafeText],
        before: Before,
    ) -> Series {
        let intent = |name: &SafeText| {
            let order = CardOrder { name: name.clone(), ..order.clone() };
            ops.intend(Act::IssueCard { account: account.clone(), order }, before, None)
        };
        Series { left: names.iter().map(intent).collect(), accepted: Vec::new(), stopped: false }
    }

    /// How many are accepted, and how many are to come.
    pub fn progress(&self) -> (usize, usize) {
        (self.accepted.len(), self.left.len())
    }

    /// Those that were accepted, to be followed until their cards are active.
    pub fn accepted(&self) -> &[Reference] {
        &self.accepted
    }

    /// Whether one was not accepted. Those left can be gone on with once that one is settled: see
    /// [`Series::resume`].
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Goes on after a stop. The one that stopped it is not tried again.
    pub fn resume(&mut self) {
        self.stopped = false;
    }

    /// Issues the next; `None` when it is through or was stopped.
    pub async fn next(&mut self, ops: &Ops) -> Option<(Reference, Outcome)> {
        if self.stopped {
            return None;
        }
        let intent = self.left.pop_front()?;
        let reference = intent.reference;
        let outcome = ops.execute(intent).await;
        match &outcome {
            Outcome::Accepted(_) => self.accepted.push(reference),
            _ => self.stopped = true,
        }
        Some((reference, outcome))
    }
}

/// Closes a card that was emptied first. `emptied` is the withdrawal's intent, when there was one: it must be
/// known to be done. The card is read, and refused while money is on it. The error is a sentence.
pub async fn close_emptied(
    ops: &Ops,
    at: CardAt,
    emptied: Option<Reference>,
    why: Option<SafeText>,
) -> Result<(Reference, Outcome), String> {
    if let Some(reference) = emptied {
        match ops.stage(reference) {
            Some(stage) if stage.is_done() => {}
            Some(stage) => {
                return Err(format!("{reference}, the withdrawal, is not settled ({stage}); nothing was sent"));
            }
            None => return Err(format!("{reference} is not in the journal; nothing was sent")),
        }
    }
    let card = ops.0.client.card(&at.account, &at.card).await.map_err(|failure| failure.to_string())?;
    if card.status == CardStatus::Closed {
        return Err(Held::AlreadySo(CardStatus::Closed).sentence());
    }
    checks::close(&card)?;
    let before = Before { account: None, other: card.spendable().known().copied() };
    let intent = ops.intend(Act::Close(at), before, why);
    Ok((intent.reference, ops.execute(intent).await))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(template: &str, first: u32, count: u32) -> Result<Vec<String>, String> {
        names(template, first, count).map(|names| names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_template_numbers_the_series() {
        assert_eq!(of("Ads {seq:03}", 1, 2).unwrap(), ["Ads 001", "Ads 002"]);
        assert_eq!(of("{seq} b", 9, 2).unwrap(), ["9 b", "10 b"]);
        assert_eq!(of("Ads {seq:02}", 99, 2).unwrap(), ["Ads 99", "Ads 100"]);
        assert_eq!(of("One", 1, 1).unwrap(), ["One"]);
        for (template, first, count) in [
            ("Ads", 1, 2),
            ("Ads {seq", 1, 2),
            ("Ads {seq:3}", 1, 2),
            ("Ads {seq:0x}", 1, 2),
            ("{seq} {seq}", 1, 2),
            ("Ads {seq}", 1, 0),
            ("Ads {seq}", 1, 501),
            ("Ads {seq}", u32::MAX, 2),
        ] {
            assert!(of(template, first, count).is_err(), "{template} {first} {count}");
        }
    }
}
