//! Carries out what a person has ordered, and finds out what became of it.
//!
//! Everything goes through [`crate::ops`], which keeps the journal and sends at most one request for an intent.
//! This task tells the dashboard what the journal says after each step, looks for outcomes that are not known
//! yet until they are, and has the poller read what an act has changed.
//!
//! One sweep looks for all of them: those of this run, of earlier runs, and of programs that are gone. A journal that
//! cannot be read or written is asked again every few seconds; nothing here ends because of it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use super::log;
use super::poller::Request;
use crate::app::msg::{Beside, JournalState, Msg, Order, Past, Told, Topic, Wish};
use crate::domain::card::Card;
use crate::domain::failure::Failure;
use crate::domain::ids::AccountId;
use crate::domain::intent::lifecycle::Stage;
use crate::domain::intent::{Act, Before, CardAt, CardOrder, Reference};
use crate::domain::money::Money;
use crate::domain::secret::WebhookSecret;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction};
use crate::ops::{Entry, Held, JournalError, Ops, Outcome, plan};

/// Most intents of the journal that the dashboard is told of, beside those that are open.
const TOLD: usize = 1000;
/// Acts of one order that are under way at once.
const TOGETHER: usize = 4;
/// The journal is read again this often at least: another program may have ended in the middle of something.
const SWEEP: Duration = Duration::from_secs(4);
/// No pause of the sweep is shorter.
const SHORTEST: Duration = Duration::from_millis(50);
/// What follows an act waits so long for it to be known.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What the dashboard asks of this task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Act(Box<Order>),
    Decide {
        references: Vec<Reference>,
        done: bool,
        words: String,
    },
    /// Begin nothing more of this order of many.
    Stop(u64),
}

/// What was read for any other reason and may speak of an act.
#[derive(Clone, Debug)]
pub enum Noticed {
    /// The merchant's accounts: they say whose journal it is.
    Accounts(Vec<AccountId>),
    /// Rows that carry a reference or were taken back.
    Rows(Vec<Transaction>),
    Card(Box<Card>),
}

/// What the dashboard was told of the journal last.
#[derive(Debug, Default)]
struct ToldLast {
    /// Its last line.
    line: String,
    state: JournalState,
    beside: Beside,
    /// How many files a torn line was set aside into.
    torn: usize,
    /// How many references of old actions, and the first of them.
    older: (usize, Option<Reference>),
    /// Whether rows of an open movement are awaited.
    awaiting: bool,
}

/// What each order's task needs.
#[derive(Clone)]
struct Hands {
    ops: Ops,
    out: mpsc::Sender<Msg>,
    requests: mpsc::UnboundedSender<Request>,
    /// Orders of many that are to begin nothing more.
    stopped: Arc<Mutex<HashSet<u64>>>,
    told: Arc<Mutex<ToldLast>>,
    /// Something is due sooner than the sweep knew.
    hurry: Arc<Notify>,
    /// Counts what the dashboard was told: whoever waits for a stage looks again.
    changes: Arc<watch::Sender<u64>>,
}

/// Takes orders until the dashboard hangs up. `busy` tells how many are being carried out or found out.
pub async fn run(
    ops: Ops,
    out: mpsc::Sender<Msg>,
    requests: mpsc::UnboundedSender<Request>,
    mut commands: mpsc::UnboundedReceiver<Command>,
    mut noticed: mpsc::UnboundedReceiver<Noticed>,
    busy: watch::Sender<usize>,
) {
    let hands = Hands {
        ops,
        out,
        requests,
        stopped: Arc::default(),
        told: Arc::default(),
        hurry: Arc::default(),
        changes: Arc::new(watch::channel(0).0),
    };
    let mut tasks = JoinSet::new();
    hands.tell_journal().await;
    hands.tell_news().await;
    let mut sweeping = JoinSet::new();
    sweeping.spawn(hands.clone().sweep());
    loop {
        let count = tasks.len() + hands.ops.hurried();
        busy.send_if_modified(|busy| std::mem::replace(busy, count) != count);
        tokio::select! {
            // In this order, not by chance: what a person orders comes first, and a simulation tells the same story twice.
            biased;
            command = commands.recv() => {
                let Some(command) = command else { return };
                let hands = hands.clone();
                tasks.spawn(async move { hands.obey(command).await });
            }
            Some(noticed) = noticed.recv() => {
                let hands = hands.clone();
                tasks.spawn(async move { hands.notice(noticed).await });
            }
            Some(_) = tasks.join_next() => {}
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

impl Hands {
    async fn tell(&self, msg: Msg) {
        // A dashboard that is gone needs to know nothing; the journal has it all.
        let _ = self.out.send(msg).await;
    }

    /// Tells the dashboard what the journal says now. What is open is always among it, however old.
    async fn tell_journal(&self) {
        let (entries, older) = self.ops.recent(TOLD);
        let past =
            |entry: Entry| Past { intent: entry.intent, stage: entry.stage, steps: entry.steps, elsewhere: None };
        let others = self.ops.others().into_iter().flat_map(|other| {
            let address = SafeText::name(&other.address);
            let past = move |entry: Entry| Past {
                intent: entry.intent,
                stage: entry.stage,
                steps: entry.steps,
                elsewhere: Some(address.clone()),
            };
            other.open.into_iter().map(past)
        });
        self.ops.shown(&entries);
        let all: Vec<Past> = others.chain(entries.into_iter().map(past)).collect();
        let old = (older.len(), older.first().copied());
        let more = {
            let mut told = self.told();
            told.line = self.ops.last_line();
            std::mem::replace(&mut told.older, old) != old
        };
        if more {
            self.tell(Msg::JournalOlder(Arc::new(older.into_iter().collect()))).await;
        }
        self.tell(Msg::JournalRead(all)).await;
        self.tell_beside().await;
        // Whether it can be written again says the next sweep, which tries.
        if self.ops.journal_fault().is_some() {
            self.tell_state(None).await;
        }
        self.changes.send_modify(|count| *count += 1);
    }

    /// Tells the dashboard how the journal fares, when that has changed.
    async fn tell_state(&self, trouble: Option<&JournalError>) {
        let state = match (self.ops.journal_fault(), trouble) {
            (Some(fault), _) => JournalState::Faulty(fault.to_string()),
            (None, Some(error @ JournalError::Busy(_))) => JournalState::Waiting(error.to_string()),
            (None, Some(error)) => JournalState::Troubled(error.to_string()),
            (None, None) => JournalState::Fine,
        };
        let changed = {
            let mut told = self.told();
            std::mem::replace(&mut told.state, state.clone()) != state
        };
        if changed {
            self.tell(Msg::JournalChanged(state)).await;
        }
    }

    /// Tells what was mended of the journal since it was told last: at the start, or when it could be opened.
    async fn tell_news(&self) {
        let news = self.ops.journal_news();
        let told = std::mem::replace(&mut self.told().torn, news.len());
        for news in news.into_iter().skip(told) {
            self.tell(Msg::JournalMended(news)).await;
        }
    }

    /// Tells which freezes are recorded beside the journal, when that has changed.
    async fn tell_beside(&self) {
        let kept = self.ops.kept_beside();
        let file = kept.file.map(|path| path.display().to_string());
        let beside = Beside { freezes: kept.freezes, in_memory: kept.in_memory, file };
        let changed = {
            let mut told = self.told();
            std::mem::replace(&mut told.beside, beside.clone()) != beside
        };
        if changed {
            self.tell(Msg::KeptBeside(beside)).await;
        }
    }

    fn told(&self) -> MutexGuard<'_, ToldLast> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for everything that is open, for as long as the dashboard runs. However long a look takes, what the journal
    /// says is told meanwhile.
    async fn sweep(self) {
        let mut looks = JoinSet::new();
        let mut looking = HashSet::new();
        loop {
            self.follow_journal().await;
            let (due, next) = self.ops.due();
            for reference in due {
                if looks.len() == TOGETHER {
                    break;
                }
                if looking.insert(reference) {
                    let hands = self.clone();
                    looks.spawn(async move {
                        hands.look(reference).await;
                        reference
                    });
                }
            }
            let pause = next.map_or(SWEEP, |next| next.clamp(SHORTEST, SWEEP));
            tokio::select! {
                biased;
                Some(looked) = looks.join_next() => {
                    match looked {
                        Ok(reference) => drop(looking.remove(&reference)),
                        // One that broke off: which it was is not known any more, and it is looked for again.
                        Err(_) if looks.is_empty() => looking.clear(),
                        Err(_) => {}
                    }
                }
                () = self.hurry.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Reads what the journal says now, and tells it where it is news.
    async fn follow_journal(&self) {
        let trouble = match self.ops.refresh().await {
            Ok(()) => self.ops.notice_again().await.err(),
            Err(error) => Some(error),
        };
        // Also while the journal cannot be read again: what this program knows of it is shown.
        if self.ops.last_line() != self.told().line {
            self.tell_journal().await;
        }
        self.tell_news().await;
        self.tell_beside().await;
        self.tell_state(trouble.as_ref()).await;
        let awaiting = self.ops.awaits_rows();
        if std::mem::replace(&mut self.told().awaiting, awaiting) != awaiting {
            drop(self.requests.send(Request::Await(awaiting)));
        }
    }

    /// Looks once at what became of an intent, and tells when that is news.
    async fn look(&self, reference: Reference) {
        let before = self.ops.stage(reference);
        match self.ops.settle_once(reference).await {
            Ok(settling) if before != Some(settling.stage) => {
                self.read_again(reference);
                self.tell_journal().await;
            }
            Ok(_) => {}
            Err(error) => {
                self.tell_state(Some(&error)).await;
                // It is still due: the journal is in trouble. It is asked again, not at once.
                tokio::time::sleep(SWEEP).await;
            }
        }
    }

    /// Holds what was read for any other reason against what the journal says.
    async fn notice(&self, noticed: Noticed) {
        let changed = match noticed {
            Noticed::Accounts(accounts) => {
                let before = self.ops.is_bound();
                let bound = self.ops.bind(accounts).await;
                bound.map(|()| before != self.ops.is_bound())
            }
            Noticed::Rows(rows) => self.ops.notice(&rows).await,
            Noticed::Card(card) => self.ops.notice_card(&card).await,
        };
        match changed {
            Ok(true) => {
                self.tell_journal().await;
                self.hurry.notify_one();
            }
            Ok(false) => self.hurry.notify_one(),
            Err(error) => self.tell_state(Some(&error)).await,
        }
    }

    async fn obey(&self, command: Command) {
        match command {
            Command::Act(order) => self.carry_out(*order).await,
            Command::Stop(ticket) => drop(self.stopped().insert(ticket)),
            Command::Decide { references, done, words } => {
                for reference in references {
                    if let Err(error) = self.ops.decide(reference, done, &words).await {
                        let what = format!("your decision on {reference} was not recorded: {error}");
                        self.tell(Msg::NotRecorded(what)).await;
                    }
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
                self.one_with(ticket, act, before, why, despite, secret).await;
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
        self.hurry.notify_one();
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
            Outcome::Unknown(failure) if failure.status == Some(429) => {
                self.read_again(reference);
                self.tell(Msg::Checking { ticket, reference }).await;
                self.checked(ticket, reference).await;
                Some(reference)
            }
            Outcome::Accepted(_) | Outcome::Unknown(_) => {
                self.read_again(reference);
                self.tell(Msg::Ordered { ticket, reference }).await;
                Some(reference)
            }
            Outcome::Unwritten { said, error } => {
                self.tell(Msg::Unwritten { reference, words: said.words(), why: error.to_string() }).await;
                self.tell(Msg::Ordered { ticket, reference }).await;
                Some(reference)
            }
        }
    }

    /// After a 429: the form is closed until the balances were read after it, and says what that has shown.
    async fn checked(&self, ticket: u64, reference: Reference) {
        match self.settle(reference).await {
            Some(Stage::NotSeen) => {
                let why = "4pay answered that there were too many requests; no transaction shows it yet, and it may \
                           still come";
                self.tell(Msg::Held { ticket, why: why.to_owned(), waits_on: Some(reference) }).await;
            }
            _ => self.tell(Msg::Ordered { ticket, reference }).await,
        }
    }

    /// A new cardholder that clashes with another (409): whether a read agrees that nobody was made so far, so that the
    /// form can say at its field what clashes.
    async fn is_duplicate(&self, reference: Reference, failure: &Failure) -> bool {
        let act = self.ops.entry(reference).map(|entry| entry.intent.act);
        if failure.status != Some(409) || !matches!(act, Some(Act::CreateCardholder { .. })) {
            return false;
        }
        matches!(self.ops.settle_once(reference).await, Ok(settling) if !settling.stage.is_done())
    }

    /// Waits for the sweep to find out what became of an intent, for a quarter of an hour at most: where it stands then,
    /// or when reading alone does not get on.
    async fn settle(&self, reference: Reference) -> Option<Stage> {
        let mut changes = self.changes.subscribe();
        let settled = async {
            loop {
                let stage = self.ops.stage(reference);
                let waits =
                    |stage: Stage| matches!(stage, Stage::Recorded | Stage::Sent | Stage::Accepted | Stage::Unknown);
                if !stage.is_some_and(waits) || changes.changed().await.is_err() {
                    return;
                }
            }
        };
        drop(tokio::time::timeout(PATIENCE, settled).await);
        self.ops.stage(reference)
    }

    /// Independent acts, a few at once, each an intent of its own. The next is begun when one was answered; what
    /// became of it is found out beside that. When the API asks to wait, nothing more is begun before.
    async fn each(&self, ticket: u64, acts: Vec<(Act, Before)>, why: Option<SafeText>) {
        let mut left = acts.into_iter().enumerate();
        let mut under_way = JoinSet::new();
        loop {
            while under_way.len() < TOGETHER
                && !self.stopped().contains(&ticket)
                && let Some((step, (act, before))) = left.next()
            {
                self.wait_for_gate(ticket).await;
                let (hands, why) = (self.clone(), why.clone());
                under_way.spawn(async move { hands.step(ticket, step, act, before, why).await });
            }
            if under_way.join_next().await.is_none() {
                break;
            }
        }
        self.tell(Msg::Ended { ticket }).await;
        self.stopped().remove(&ticket);
    }

    /// Waits while the API has asked to, unless the order is stopped.
    async fn wait_for_gate(&self, ticket: u64) {
        while let Some(wait) = self.ops.pause() {
            if self.stopped().contains(&ticket) {
                return;
            }
            tokio::time::sleep(wait.min(SWEEP) + SHORTEST).await;
        }
    }

    /// One step of an order of many.
    async fn step(&self, ticket: u64, step: usize, act: Act, before: Before, why: Option<SafeText>) {
        let intent = self.ops.intend(act, before, why);
        let reference = intent.reference;
        self.tell(Msg::Stepped { ticket, step, told: Told::Begun(reference) }).await;
        let outcome = loop {
            match self.ops.execute(intent.clone()).await {
                // It was not sent, and nothing was written: it has its turn when the gate opens.
                Outcome::Held(Held::Paused { .. }) if !self.stopped().contains(&ticket) => {
                    self.wait_for_gate(ticket).await;
                }
                outcome => break outcome,
            }
        };
        match outcome {
            Outcome::Held(held) => {
                self.tell(Msg::Stepped { ticket, step, told: Told::Held(held.sentence()) }).await;
            }
            Outcome::NotSent(_) | Outcome::Refused(_) | Outcome::Accepted(_) | Outcome::Unknown(_) => {
                self.read_again(reference);
            }
            Outcome::Unwritten { said, error } => {
                self.tell(Msg::Unwritten { reference, words: said.words(), why: error.to_string() }).await;
            }
        }
        self.tell_journal().await;
        self.hurry.notify_one();
    }

    fn stopped(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cards of one kind, one after another; stops at the first that was not accepted.
    async fn series(&self, ticket: u64, account: AccountId, order: CardOrder, names: &[SafeText], before: Before) {
        let mut series = plan::Series::issue(&self.ops, &account, &order, names, before);
        while let Some((reference, outcome)) = series.next(&self.ops).await {
            self.answer(ticket, reference, outcome).await;
            let (done, _) = series.progress();
            self.tell(Msg::Advanced { ticket, done, of: names.len(), stopped: series.is_stopped() }).await;
        }
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
            Ok((reference, outcome)) => drop(self.answer(ticket, reference, outcome).await),
            Err(why) => self.tell(Msg::Held { ticket, why, waits_on: None }).await,
        }
    }

    /// Has the poller read what an act may have changed.
    fn read_again(&self, reference: Reference) {
        let Some(entry) = self.ops.entry(reference) else { return };
        let act = &entry.intent.act;
        let made = entry.steps.iter().rev().find_map(|(_, step)| match step {
            crate::domain::intent::lifecycle::Step::Accepted(receipt) => receipt.card.clone(),
            other => other.evidence().and_then(|seen| seen.card.clone()),
        });
        let card = match (act.card(), act.account(), made) {
            (Some(at), _, _) => Some(Topic::Card(at.account.clone(), at.card.clone())),
            (None, Some(account), Some(card)) => Some(Topic::Card(account.clone(), card)),
            _ => None,
        };
        // A name may be said by the list alone.
        let list = match act {
            Act::IssueCard { account, .. } => Some(Topic::Cards(account.clone())),
            Act::UpdateCard { at, .. } => Some(Topic::Cards(at.account.clone())),
            _ => None,
        };
        let holders = matches!(act, Act::CreateCardholder { .. }).then_some(Topic::Cardholders);
        if matches!(act, Act::SetWebhook { .. } | Act::DeleteWebhook) {
            let _ = self.requests.send(Request::Fetch(Topic::WebhookConfig));
            return;
        }
        let money = [Topic::Accounts, Topic::Newest(Feed::Accounts), Topic::Newest(Feed::Cards)];
        for topic in card.into_iter().chain(list).chain(holders).chain(money) {
            // A poller that is gone reads nothing any more.
            let _ = self.requests.send(Request::Fetch(topic));
        }
    }
}
