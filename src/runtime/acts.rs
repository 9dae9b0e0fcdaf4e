//! Carries out what a person has ordered, and finds out what became of it.
//!
//! Everything goes through [`crate::ops`], which keeps the journal and sends at most one request for an intent.
//! This task tells the dashboard what the journal says after each step, looks for outcomes that are not known
//! yet until they are, and has the poller read what an act has changed. Unfinished intents of earlier runs are
//! looked for first.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::log;
use super::poller::Request;
use crate::app::msg::{Msg, Order, Past, Told, Topic, Wish};
use crate::domain::failure::Failure;
use crate::domain::ids::AccountId;
use crate::domain::intent::life::Stage;
use crate::domain::intent::{Act, Before, CardAt, CardOrder, Reference};
use crate::domain::money::Money;
use crate::domain::secret::WebhookSecret;
use crate::domain::text::SafeText;
use crate::domain::transaction::Feed;
use crate::ops::{Entry, Held, Ops, Outcome, plan};

/// Most intents of the journal that the dashboard is told of.
const TOLD: usize = 1000;
/// Acts of one order that are under way at once.
const TOGETHER: usize = 4;

/// What the dashboard asks of this task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Act(Box<Order>),
    Decide {
        reference: Reference,
        done: bool,
        words: String,
    },
    /// Begin nothing more of this order of many.
    Stop(u64),
}

/// What each order's task needs.
#[derive(Clone)]
struct Hands {
    ops: Ops,
    out: mpsc::Sender<Msg>,
    requests: mpsc::UnboundedSender<Request>,
    /// Orders of many that are to begin nothing more.
    stopped: Arc<Mutex<HashSet<u64>>>,
}

/// Takes orders until the dashboard hangs up. `busy` tells how many are being carried out.
pub async fn run(
    ops: Ops,
    out: mpsc::Sender<Msg>,
    requests: mpsc::UnboundedSender<Request>,
    mut commands: mpsc::UnboundedReceiver<Command>,
    busy: watch::Sender<usize>,
) {
    let hands = Hands { ops, out, requests, stopped: Arc::default() };
    let mut tasks = JoinSet::new();
    hands.tell_journal().await;
    for trouble in hands.ops.journal_trouble() {
        hands.tell(Msg::JournalTroubled(trouble)).await;
    }
    for entry in hands.ops.unfinished() {
        let hands = hands.clone();
        tasks.spawn(async move {
            let _ = hands.settle(entry.intent.reference).await;
        });
    }
    loop {
        busy.send_if_modified(|count| std::mem::replace(count, tasks.len()) != tasks.len());
        tokio::select! {
            command = commands.recv() => {
                let Some(command) = command else { return };
                let hands = hands.clone();
                tasks.spawn(async move { hands.obey(command).await });
            }
            Some(_) = tasks.join_next() => {}
        }
    }
}

impl Hands {
    async fn tell(&self, msg: Msg) {
        // A dashboard that is gone needs to know nothing; the journal has it all.
        let _ = self.out.send(msg).await;
    }

    async fn tell_journal(&self) {
        let entries = self.ops.entries();
        let from = entries.len().saturating_sub(TOLD);
        let past = |entry: Entry| Past { intent: entry.intent, stage: entry.stage, steps: entry.steps };
        self.tell(Msg::JournalRead(entries.into_iter().skip(from).map(past).collect())).await;
    }

    async fn obey(&self, command: Command) {
        match command {
            Command::Act(order) => self.carry_out(*order).await,
            Command::Stop(ticket) => drop(self.stopped().insert(ticket)),
            Command::Decide { reference, done, words } => {
                if let Err(error) = self.ops.decide(reference, done, &words).await {
                    self.tell(Msg::JournalTroubled(error.to_string())).await;
                }
                self.tell_journal().await;
            }
        }
    }

    async fn carry_out(&self, order: Order) {
        let Order { ticket, wish, why, despite, secret } = order;
        match wish {
            Wish::One { act, before } => {
                let secret = secret.and_then(|secret| secret.take());
                let reference = self.one_with(ticket, act, before, why, despite, secret).await;
                if let Some(reference) = reference {
                    self.settle(reference).await;
                }
            }
            Wish::Each(acts) => self.each(ticket, acts, why).await,
            Wish::Series { account, order, names, before } => self.series(ticket, account, order, &names, before).await,
            Wish::ForNewHolder { account, holder, then } => {
                let act = Act::CreateCardholder { account, order: holder };
                let made = self.one(ticket, act, Before::default(), why.clone(), despite).await;
                let Some(made) = made else { return };
                if self.settle(made).await.is_some_and(Stage::is_done) {
                    Box::pin(self.carry_out(Order { ticket, wish: *then, why, despite: Vec::new(), secret: None }))
                        .await;
                } else {
                    let why = format!("no card is issued: the new cardholder, {made}, is not known to be there");
                    self.tell(Msg::Held { ticket, why, waits_on: None }).await;
                }
            }
            Wish::EmptyAndClose { at, amount, before } => self.empty_and_close(ticket, at, amount, before, why).await,
        }
    }

    /// One act, once. The reference when there is something to find out about it.
    async fn one(
        &self,
        ticket: u64,
        act: Act,
        before: Before,
        why: Option<SafeText>,
        despite: Vec<Reference>,
    ) -> Option<Reference> {
        self.one_with(ticket, act, before, why, despite, None).await
    }

    /// The same with what goes along and is written down nowhere.
    async fn one_with(
        &self,
        ticket: u64,
        act: Act,
        before: Before,
        why: Option<SafeText>,
        despite: Vec<Reference>,
        secret: Option<WebhookSecret>,
    ) -> Option<Reference> {
        let mut intent = self.ops.intend(act, before, why);
        intent.despite = despite;
        let reference = intent.reference;
        let kind = intent.act.kind();
        let outcome = self.ops.execute_with(intent, secret).await;
        let stage = self.ops.stage(reference).map_or("held back", Stage::word);
        log::write(&format!("act {reference} {kind}: {stage}"));
        self.answer(ticket, reference, outcome).await
    }

    /// Tells the dashboard what came of a request; the reference when it is not over with that.
    async fn answer(&self, ticket: u64, reference: Reference, outcome: Outcome) -> Option<Reference> {
        self.tell_journal().await;
        match outcome {
            Outcome::Held(held) => {
                let waits_on = match &held {
                    Held::Waits { on, stage, .. } if stage.is_unknown() => Some(*on),
                    _ => None,
                };
                self.tell(Msg::Held { ticket, why: held.sentence(), waits_on }).await;
                None
            }
            Outcome::NotSent(failure) | Outcome::Refused(failure) => {
                self.read_again(reference);
                self.tell(Msg::Refused { ticket, reference, failure }).await;
                None
            }
            Outcome::Unknown(failure) if self.is_duplicate(reference, &failure).await => {
                self.read_again(reference);
                self.tell_journal().await;
                self.tell(Msg::Refused { ticket, reference, failure }).await;
                None
            }
            Outcome::Accepted(_) | Outcome::Unknown(_) => {
                self.read_again(reference);
                self.tell(Msg::Ordered { ticket, reference }).await;
                Some(reference)
            }
            Outcome::Unwritten { error, .. } => {
                self.tell(Msg::JournalTroubled(error.to_string())).await;
                self.tell(Msg::Ordered { ticket, reference }).await;
                Some(reference)
            }
        }
    }

    /// A new cardholder that clashes with another (409): whether a read agrees that nobody was made, so that the
    /// form can say at its field what clashes.
    async fn is_duplicate(&self, reference: Reference, failure: &Failure) -> bool {
        let act = self.ops.entry(reference).map(|entry| entry.intent.act);
        if failure.status != Some(409) || !matches!(act, Some(Act::CreateCardholder { .. })) {
            return false;
        }
        matches!(self.ops.settle_once(reference).await, Ok(settling) if settling.stage == Stage::SettledNotDone)
    }

    /// Looks for the outcome until it is known or a person has to decide.
    async fn settle(&self, reference: Reference) -> Option<Stage> {
        let mut told = self.ops.stage(reference);
        loop {
            let settling = match self.ops.settle_once(reference).await {
                Ok(settling) => settling,
                Err(error) => {
                    self.tell(Msg::JournalTroubled(error.to_string())).await;
                    return told;
                }
            };
            if told != Some(settling.stage) {
                told = Some(settling.stage);
                self.read_again(reference);
                self.tell_journal().await;
            }
            match settling.again {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return told,
            }
        }
    }

    /// Independent acts, a few at once, each an intent of its own. The next is begun when one was answered; what
    /// became of it is found out beside that.
    async fn each(&self, ticket: u64, acts: Vec<(Act, Before)>, why: Option<SafeText>) {
        let mut left = acts.into_iter().enumerate();
        let (mut under_way, mut followed) = (JoinSet::new(), JoinSet::new());
        loop {
            while under_way.len() < TOGETHER
                && !self.stopped().contains(&ticket)
                && let Some((step, (act, before))) = left.next()
            {
                let (hands, why) = (self.clone(), why.clone());
                under_way.spawn(async move { hands.step(ticket, step, act, before, why).await });
            }
            match under_way.join_next().await {
                None => break,
                Some(Ok(Some(reference))) => {
                    let hands = self.clone();
                    followed.spawn(async move { hands.settle(reference).await });
                }
                Some(_) => {}
            }
            while followed.try_join_next().is_some() {}
        }
        self.tell(Msg::Ended { ticket }).await;
        self.stopped().remove(&ticket);
        while followed.join_next().await.is_some() {}
    }

    /// One step of an order of many. The reference when there is something to find out about it.
    async fn step(
        &self,
        ticket: u64,
        step: usize,
        act: Act,
        before: Before,
        why: Option<SafeText>,
    ) -> Option<Reference> {
        let intent = self.ops.intend(act, before, why);
        let reference = intent.reference;
        self.tell(Msg::Stepped { ticket, step, told: Told::Begun(reference) }).await;
        let outcome = self.ops.execute(intent).await;
        let found = match outcome {
            Outcome::Held(held) => {
                self.tell(Msg::Stepped { ticket, step, told: Told::Held(held.sentence()) }).await;
                None
            }
            Outcome::NotSent(_) | Outcome::Refused(_) => {
                self.read_again(reference);
                None
            }
            Outcome::Accepted(_) | Outcome::Unknown(_) => {
                self.read_again(reference);
                Some(reference)
            }
            Outcome::Unwritten { error, .. } => {
                self.tell(Msg::JournalTroubled(error.to_string())).await;
                Some(reference)
            }
        };
        self.tell_journal().await;
        found
    }

    fn stopped(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cards of one kind, one after another; stops at the first that was not accepted.
    async fn series(&self, ticket: u64, account: AccountId, order: CardOrder, names: &[SafeText], before: Before) {
        let mut series = plan::Series::issue(&self.ops, &account, &order, names, before);
        let mut followed = JoinSet::new();
        while let Some((reference, outcome)) = series.next(&self.ops).await {
            if let Some(reference) = self.answer(ticket, reference, outcome).await {
                let hands = self.clone();
                followed.spawn(async move { hands.settle(reference).await });
            }
            let (done, _) = series.progress();
            self.tell(Msg::Advanced { ticket, done, of: names.len(), stopped: series.is_stopped() }).await;
        }
        while followed.join_next().await.is_some() {}
    }

    /// Two intents: the card is closed only after everything on it is known to be withdrawn.
    async fn empty_and_close(&self, ticket: u64, at: CardAt, amount: Money, before: Before, why: Option<SafeText>) {
        let withdraw = Act::Withdraw { at: at.clone(), amount, description: None };
        let Some(emptied) = self.one(ticket, withdraw, before, why.clone(), Vec::new()).await else { return };
        if !self.settle(emptied).await.is_some_and(Stage::is_done) {
            let why = format!("the card is not closed: its withdrawal, {emptied}, is not known to be done");
            self.tell(Msg::Held { ticket, why, waits_on: None }).await;
            return;
        }
        match plan::close_emptied(&self.ops, at, Some(emptied), why).await {
            Ok((reference, outcome)) => {
                if let Some(reference) = self.answer(ticket, reference, outcome).await {
                    self.settle(reference).await;
                }
            }
            Err(why) => self.tell(Msg::Held { ticket, why, waits_on: None }).await,
        }
    }

    /// Has the poller read what an act may have changed.
    fn read_again(&self, reference: Reference) {
        let Some(entry) = self.ops.entry(reference) else { return };
        let act = &entry.intent.act;
        let made = entry.steps.iter().rev().find_map(|(_, step)| match step {
            crate::domain::intent::life::Step::Accepted(receipt) => receipt.card.clone(),
            other => other.evidence().and_then(|seen| seen.card.clone()),
        });
        let card = match (act.card(), act.account(), made) {
            (Some(at), _, _) => Some(Topic::Card(at.account.clone(), at.card.clone())),
            (None, Some(account), Some(card)) => Some(Topic::Card(account.clone(), card)),
            _ => None,
        };
        let holders = matches!(act, Act::CreateCardholder { .. }).then_some(Topic::Cardholders);
        if matches!(act, Act::SetWebhook { .. } | Act::DeleteWebhook) {
            let _ = self.requests.send(Request::Fetch(Topic::WebhookConfig));
            return;
        }
        let money = [Topic::Accounts, Topic::Newest(Feed::Accounts), Topic::Newest(Feed::Cards)];
        for topic in card.into_iter().chain(holders).chain(money) {
            // A poller that is gone reads nothing any more.
            let _ = self.requests.send(Request::Fetch(topic));
        }
    }
}
