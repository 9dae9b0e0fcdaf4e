//! Carrying out what was confirmed, once each, and reading until it is known what became of it.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};

use super::super::confirm;
use super::super::connection::note;
use super::super::exit::Exit;
use super::super::interrupt::UnderWay;
use super::Hand;
use super::plan::{Plan, Step};
use super::told::Told;
use crate::app::store::Store;
use crate::domain::card::CardStatus;
use crate::domain::intent::lifecycle::Stage;
use crate::domain::intent::{Act, CardAt, Kind, Reference};
use crate::domain::secret::WebhookSecret;
use crate::ops::{Ops, Outcome, plan};

/// No pause between looks is longer or shorter.
const LONGEST: Duration = Duration::from_secs(1);
const SHORTEST: Duration = Duration::from_millis(100);
/// Acts that have nothing to do with each other are under way so many at once.
const TOGETHER: usize = 4;

impl Hand<'_> {
    pub(super) async fn carry_out(&self, plan: Plan, secret: Option<WebhookSecret>, store: &Store) -> Vec<Told> {
        match plan {
            Plan::Nothing(says) => vec![Told::unsent(None, Exit::Done, &says)],
            Plan::Each(steps) => self.each(steps, secret, store).await,
            Plan::Series(steps) => self.series(steps, store).await,
            Plan::EmptyAndClose { withdraw, at } => self.empty_and_close(*withdraw, at, store).await,
        }
    }

    /// All are sent before any is followed: the freeze of one card waits for no other's (M11).
    async fn each(&self, steps: Vec<Step>, secret: Option<WebhookSecret>, store: &Store) -> Vec<Told> {
        let mut secret = secret;
        let sends = steps.into_iter().map(|step| {
            let (act, secret) = (step.act.clone(), secret.take());
            async move { (act, self.send(step, secret).await) }
        });
        let sent: Vec<_> = stream::iter(sends.collect::<Vec<_>>()).buffered(TOGETHER).collect().await;
        let mut told = Vec::new();
        for (act, (reference, _under_way, outcome)) in sent {
            told.push(self.end_of(reference, act, outcome, store).await);
        }
        told
    }

    /// One after another; stops at the first that was not accepted. All are sent before any is followed: a card takes
    /// a while to become active.
    async fn series(&self, steps: Vec<Step>, store: &Store) -> Vec<Told> {
        let all = steps.len();
        let mut sent = Vec::new();
        for step in steps {
            let act = step.act.clone();
            let (reference, under_way, outcome) = self.send(step, None).await;
            let goes_on = matches!(outcome, Outcome::Accepted(_));
            sent.push((reference, under_way, act, outcome));
            if !goes_on {
                break;
            }
            if all > 1 && confirm::is_asked() {
                note(&format!("{} of {all} accepted", sent.len()));
            }
        }
        let not_begun = all - sent.len();
        let mut told = Vec::new();
        for (reference, _under_way, act, outcome) in sent {
            told.push(self.end_of(reference, act, outcome, store).await);
        }
        if not_begun > 0 {
            let says = format!("{not_begun} of {all} cards were not begun: nothing was sent for them");
            told.push(Told::unsent(Some(Kind::IssueCard), Exit::NotSent, &says));
        }
        told
    }

    async fn one(&self, step: Step, secret: Option<WebhookSecret>, store: &Store) -> Told {
        let act = step.act.clone();
        let (reference, _under_way, outcome) = self.send(step, secret).await;
        self.end_of(reference, act, outcome, store).await
    }

    /// The one request of an act.
    async fn send(&self, step: Step, secret: Option<WebhookSecret>) -> (Reference, UnderWay, Outcome) {
        let mut intent = self.ops.intend(step.act, step.before, self.args.why());
        // What is passed over is passed over by the act that it holds back, and by no other.
        let holds = |reference: &&Reference| {
            self.ops.entry(**reference).is_some_and(|open| intent.act.waits_for(&open.intent.act))
        };
        intent.despite = self.despite.iter().filter(holds).copied().collect();
        let (reference, under_way) = (intent.reference, UnderWay::new(intent.reference));
        (reference, under_way, self.ops.execute_with(intent, secret).await)
    }

    /// Two acts: the card is closed only after everything on it is known to be withdrawn.
    async fn empty_and_close(&self, withdraw: Step, at: CardAt, store: &Store) -> Vec<Told> {
        let emptied = self.one(withdraw, None, store).await;
        let Some(reference) = emptied.reference.filter(|_| emptied.exit == Exit::Done) else {
            let says = match emptied.reference {
                Some(reference) => {
                    format!("the card is not closed: its withdrawal, {reference}, is not known to be done")
                }
                None => "the card is not closed: nothing was withdrawn from it".to_owned(),
            };
            let exit = emptied.exit;
            return vec![emptied, Told::unsent(Some(Kind::Close), exit, &says)];
        };
        let closed = match plan::close_emptied(self.ops, at.clone(), Some(reference), self.args.why()).await {
            Ok((reference, outcome)) => {
                let _under_way = UnderWay::new(reference);
                self.end_of(reference, Act::Close(at), outcome, store).await
            }
            Err(why) => Told::unsent(Some(Kind::Close), Exit::Refused, &format!("the card is not closed: {why}")),
        };
        vec![emptied, closed]
    }

    /// What became of a request, once it was followed.
    async fn end_of(&self, reference: Reference, act: Act, outcome: Outcome, store: &Store) -> Told {
        match outcome {
            Outcome::Held(held) => Told::held(&act, &held, &self.connection.profile),
            Outcome::NotSent(failure) | Outcome::Refused(failure) => {
                Told::refused(reference, &act, &failure, &self.connection.source, self.ops.stage(reference))
            }
            Outcome::Accepted(_) | Outcome::Unknown(_) => self.followed(reference, act, None, store).await,
            Outcome::Unwritten { said, error } => {
                let says = format!("it {} and could not be written down ({error})", said.words());
                self.followed(reference, act, Some(says), store).await
            }
        }
    }

    async fn followed(&self, reference: Reference, act: Act, trouble: Option<String>, store: &Store) -> Told {
        let patience = Duration::from_secs(self.args.wait);
        if self.ops.entry(reference).is_some() {
            follow(self.ops, &[reference], patience, || self.connection.clock.up()).await;
        }
        match self.ops.entry(reference) {
            Some(entry) => Told::followed(&entry, trouble, store),
            // It is recorded beside the journal: a read of the card says what became of it.
            None => match self.is_frozen(&act, patience).await {
                true => Told::seen(reference, &act, store),
                false => Told::open(reference, &act, "no read shows it yet"),
            },
        }
    }

    async fn is_frozen(&self, act: &Act, patience: Duration) -> bool {
        let Act::Freeze(at) = act else { return false };
        let end = self.connection.clock.up() + patience;
        loop {
            let card = self.connection.client.card(&at.account, &at.card).await;
            if card.is_ok_and(|card| card.status == CardStatus::Frozen) {
                return true;
            }
            if self.connection.clock.up() >= end {
                return false;
            }
            tokio::time::sleep(LONGEST).await;
        }
    }
}

/// Whether reading goes on by itself to tell soon what became of it.
fn is_waited_for(stage: Option<Stage>) -> bool {
    matches!(stage, Some(Stage::Recorded | Stage::Sent | Stage::Accepted | Stage::Unknown))
}

/// Looks at these intents as often as they are due, until all are known or the time is over. What is not seen, only
/// probable or a person's to decide is not waited for.
pub async fn follow(ops: &Ops, references: &[Reference], patience: Duration, up: impl Fn() -> Duration) {
    follow_while(ops, references, patience, up, is_waited_for).await;
}

/// The same, for as long as the stages of some are like this.
pub async fn follow_while(
    ops: &Ops,
    references: &[Reference],
    patience: Duration,
    up: impl Fn() -> Duration,
    waits: impl Fn(Option<Stage>) -> bool,
) {
    let end = up() + patience;
    let mut troubled = false;
    loop {
        let (due, next) = ops.due();
        for reference in references.iter().filter(|one| due.contains(one)) {
            if let Err(error) = ops.settle_once(*reference).await
                && !std::mem::replace(&mut troubled, true)
            {
                note(&format!("what was seen cannot be written down: {error}"));
            }
        }
        let open = references.iter().any(|reference| waits(ops.stage(*reference)));
        let left = end.saturating_sub(up());
        if !open || left.is_zero() {
            return;
        }
        let pause = next.unwrap_or(LONGEST).clamp(SHORTEST, LONGEST).min(left);
        tokio::time::sleep(pause).await;
    }
}
