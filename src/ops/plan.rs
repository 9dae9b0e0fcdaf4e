//! Several acts that belong together, each an intent of its own: a series of cards, and emptying a card
//! before it is closed.

use std::collections::VecDeque;

use super::{Held, Ops, Outcome};
use crate::domain::card::CardStatus;
use crate::domain::intent::{Act, Before, CardAt, CardOrder, Intent, Reference, checks};
use crate::domain::text::SafeText;

pub use crate::domain::intent::series::{MOST, names};

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
