//! The plans there are: those that run, those that were stopped or left something undone, and the last one.
//!
//! One plan that moves money runs at a time; cards are frozen and unfrozen beside it (M11). What a plan left undone
//! stays within reach until it is done: `Tab` in the panel goes from one to the next.

use super::msg::Told;
use super::outcomes::Outcomes;
use super::plan::Plan;
use crate::domain::intent::Reference;

/// The plans, the one that was gone on with last at the end.
#[derive(Debug, Default)]
pub struct Plans {
    all: Vec<Plan>,
    /// The one that the panel shows.
    shown: usize,
}

impl Plans {
    pub fn shown(&self) -> Option<&Plan> {
        self.all.get(self.shown)
    }

    pub(super) fn shown_mut(&mut self) -> Option<&mut Plan> {
        self.all.get_mut(self.shown)
    }

    /// The number of the one that is shown, of how many; nothing where it is the only one.
    pub fn place(&self) -> Option<(usize, usize)> {
        (self.all.len() > 1).then_some((self.shown + 1, self.all.len()))
    }

    /// Shows the next, or the one before.
    pub(super) fn turn(&mut self, back: bool) {
        let by = if back { self.all.len().saturating_sub(1) } else { 1 };
        self.shown = (self.shown + by) % self.all.len().max(1);
    }

    pub fn running(&self) -> impl Iterator<Item = &Plan> {
        self.all.iter().filter(|plan| plan.is_running())
    }

    /// The one that moves money now.
    pub(super) fn moving_money(&self) -> Option<&Plan> {
        self.running().find(|plan| plan.moves_money())
    }

    /// Those that were stopped before their end.
    pub(super) fn stopped(&self, outcomes: &Outcomes) -> Vec<&Plan> {
        self.all.iter().filter(|plan| !plan.is_running() && plan.count(outcomes).to_do > 0).collect()
    }

    /// Whether an intent is a step of one of them.
    pub(super) fn has(&self, reference: Reference) -> bool {
        self.all.iter().any(|plan| plan.has(reference))
    }

    /// Puts a plan at the end and shows it. Those of which nothing is left to do or to find out go.
    pub(super) fn put(&mut self, plan: Plan, outcomes: &Outcomes) {
        self.all.retain(|plan| plan.is_running() || !plan.count(outcomes).is_all_done());
        self.all.push(plan);
        self.shown = self.all.len() - 1;
    }

    /// Takes the one that is shown out, to be put back.
    pub(super) fn take(&mut self) -> Option<Plan> {
        let plan = (self.shown < self.all.len()).then(|| self.all.remove(self.shown));
        self.shown = self.all.len().saturating_sub(1);
        plan
    }

    /// What became of a step.
    pub(super) fn told(&mut self, ticket: u64, step: usize, told: Told) {
        if let Some(plan) = self.of(ticket) {
            plan.told(ticket, step, told);
        }
    }

    /// An order is through, or was stopped.
    pub(super) fn ended(&mut self, ticket: u64) {
        if let Some(plan) = self.of(ticket) {
            plan.ended(ticket);
        }
    }

    fn of(&mut self, ticket: u64) -> Option<&mut Plan> {
        self.all.iter_mut().find(|plan| plan.ticket() == Some(ticket))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Plan> {
        self.all.iter_mut()
    }
}
