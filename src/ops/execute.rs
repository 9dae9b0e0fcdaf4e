//! Doing one act: may it go, the journal, one request, the outcome.
//!
//! The work runs in a task of its own. Whoever asked may lose interest; the request is then still waited for
//! and its outcome written down.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::journal::{Book, Record};
use super::{Entry, JournalError, Ops, Shown, observe};
use crate::api;
use crate::api::acts::{CardChange, Movement, NewCard, NewCardholder, NewWebhookConfig};
use crate::domain::card::CardStatus;
use crate::domain::failure::{Failure, FailureKind, FieldError, Reached};
use crate::domain::intent::lifecycle::{Receipt, Stage, Step};
use crate::domain::intent::{Act, BinChoice, CardAt, Intent, Kind, Reference};
use crate::domain::secret::WebhookSecret;
use crate::domain::text::SafeText;

/// Cards of a holder that are written down with a new card's order, at most.
const CARDS_KEPT: usize = 200;
/// Newest entries among which an act of another program is looked for that was not shown here yet.
const RECENT: usize = 200;
/// How far apart two such acts are asked for, at most: what is older has been shown, or is another wish.
const UNSEEN_FOR: TimeDelta = TimeDelta::minutes(10);

/// The endpoint an act goes to. Every mutating endpoint of the table belongs to one kind of act.
pub fn endpoint(kind: Kind) -> api::Act {
    match kind {
        Kind::IssueCard => api::Act::IssueCard,
        Kind::Freeze => api::Act::Freeze,
        Kind::Unfreeze => api::Act::Unfreeze,
        Kind::Close => api::Act::Close,
        Kind::UpdateCard => api::Act::UpdateCard,
        Kind::TopUp => api::Act::TopUp,
        Kind::Withdraw => api::Act::Withdraw,
        Kind::Transfer => api::Act::Transfer,
        Kind::CreateCardholder => api::Act::CreateCardholder,
        Kind::SetWebhook => api::Act::PutWebhookConfig,
        Kind::DeleteWebhook => api::Act::DeleteWebhookConfig,
    }
}

/// Why an act was not even tried. Nothing was sent.
#[derive(Debug)]
pub enum Held {
    /// This session may not change anything.
    ReadOnly,
    /// Another intent must be settled first. When its outcome is unknown, a person may pass over it by
    /// naming it in [`Intent::despite`].
    Waits { on: Reference, stage: Stage, why: String },
    /// The card is already as it should be, as a read just now has shown.
    AlreadySo(CardStatus),
    /// What is to be made is there already.
    Exists(String),
    /// The API has asked to wait; nothing goes out before.
    Paused { wait: Duration },
    /// Whose journal it is cannot be told yet: before that nothing but freezing goes.
    Unbound(Box<Failure>),
    /// No log, no act.
    Journal(JournalError),
}

impl From<JournalError> for Held {
    fn from(error: JournalError) -> Held {
        Held::Journal(error)
    }
}

impl Held {
    /// One sentence for a person.
    pub fn sentence(&self) -> String {
        match self {
            Held::ReadOnly => "not sent: this session is read-only".into(),
            Held::Waits { why, .. } => format!("not sent: {why}"),
            Held::AlreadySo(status) => format!("not sent: the card is {status} already"),
            Held::Exists(what) => format!("not sent: {what}"),
            Held::Paused { wait } => {
                format!("not sent: 4pay asked to wait; it can be sent in {} s", wait.as_secs() + 1)
            }
            Held::Unbound(failure) => format!("not sent: the accounts could not be read yet ({})", failure.sentence()),
            Held::Journal(JournalError::Faulty(fault)) => format!(
                "not sent: the journal is not what it was ({fault}); only freezing goes; see `fourpay journal accept-loss`"
            ),
            Held::Journal(error) => format!("not sent: {error}; nothing is sent before it is recorded"),
        }
    }
}

/// What came of an act, as far as is known now.
#[derive(Debug)]
pub enum Outcome {
    Held(Held),
    /// It certainly did not leave.
    NotSent(Failure),
    /// The API said that it did not do it, and why, field by field where it says so.
    Refused(Failure),
    /// The API took it on. It is done when a read says so: settle it.
    Accepted(Receipt),
    /// It may have been done (M4). Never called failed: settle it.
    Unknown(Failure),
    /// The API answered as the inner outcome says, and the answer could not be written down. It is tried again; until
    /// then the intent counts as open.
    Unwritten {
        said: Box<Outcome>,
        error: JournalError,
    },
}

impl Outcome {
    /// Whether a request left.
    pub fn was_sent(&self) -> bool {
        match self {
            Outcome::Held(_) | Outcome::NotSent(_) => false,
            Outcome::Refused(_) | Outcome::Accepted(_) | Outcome::Unknown(_) => true,
            Outcome::Unwritten { said, .. } => said.was_sent(),
        }
    }

    /// What is known of it, in words that follow its name: "was sent and accepted".
    pub fn words(&self) -> &'static str {
        match self {
            Outcome::Held(_) | Outcome::NotSent(_) => "was not sent",
            Outcome::Refused(_) => "was sent and refused",
            Outcome::Accepted(_) => "was sent and accepted",
            Outcome::Unknown(_) => "was sent, and no answer came",
            Outcome::Unwritten { said, .. } => said.words(),
        }
    }
}

/// Takes an intent off the list of those under way, whatever happens.
struct Running<'o>(&'o Ops, Reference);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running().remove(&self.1);
    }
}

impl Ops {
    /// Does what was asked, once. The intent is written down before anything is sent; at most one request
    /// leaves for it, ever: an intent that was recorded before, by any program, is refused.
    pub async fn execute(&self, intent: Intent) -> Outcome {
        self.execute_with(intent, None).await
    }

    /// What would hold an act back now, by what this program has read of the journal: so that nobody is asked in vain.
    /// [`Ops::execute`] looks once more, with the journal in its hands.
    pub fn held_back(&self, intent: &Intent) -> Option<Held> {
        if self.0.read_only {
            return Some(Held::ReadOnly);
        }
        if intent.act.kind() == Kind::Freeze {
            return None;
        }
        let (seen, now) = (self.seen(), self.0.clock.wall());
        let journal = self.journal();
        let book = journal.book();
        knows(intent, book, &seen).and_then(|()| may_go(intent, book, now)).err()
    }

    /// The same for a webhook configuration with a new secret, which is sent and never written down.
    pub async fn execute_with(&self, intent: Intent, secret: Option<WebhookSecret>) -> Outcome {
        if self.0.read_only {
            return Outcome::Held(Held::ReadOnly);
        }
        let ops = self.clone();
        match self.0.tasks.spawn(async move { ops.run(intent, secret).await }).await {
            Ok(outcome) => outcome,
            // The runtime is going down. What was sent stands in the journal as sent.
            Err(_) => Outcome::Held(Held::Journal(JournalError::Stopped)),
        }
    }

    async fn run(&self, mut intent: Intent, secret: Option<WebhookSecret>) -> Outcome {
        let reference = intent.reference;
        // What is shown while it is being prepared was not known when it was confirmed.
        let seen = self.seen();
        if let Some(held) = self.begin(&intent) {
            return Outcome::Held(held);
        }
        let _running = Running(self, reference);
        if intent.act.kind() == Kind::Freeze {
            // M11: freezing always works. It waits for no outcome, for no gate, and for the journal a moment at most.
            if let Err(held) = self.record_freeze(&intent).await {
                return Outcome::Held(held);
            }
        } else {
            match self.prepare(&mut intent).await {
                Ok(()) => {}
                Err(Held::Exists(why)) => return Outcome::NotSent(exists(&why)),
                Err(held) => return Outcome::Held(held),
            }
            if let Err(held) = self.record(&intent, &seen).await {
                return Outcome::Held(held);
            }
        }
        // Read after the line is on the disk: a machine that sleeps between here and the first byte sends nothing.
        let sent_at = self.0.clock.boot();
        let outcome = match self.send(&intent, secret.as_ref(), sent_at).await {
            Ok(receipt) => Outcome::Accepted(receipt),
            Err(failure) => match failure.reached {
                Reached::NotSent => Outcome::NotSent(failure),
                Reached::Refused => Outcome::Refused(failure),
                Reached::Unknown => Outcome::Unknown(failure),
            },
        };
        match self.write_outcome(reference, &outcome).await {
            Ok(()) => outcome,
            Err(error) => Outcome::Unwritten { said: Box::new(outcome), error },
        }
    }

    /// Puts an intent on the list of those under way, unless one it has to wait for is there: what was confirmed a moment
    /// ago and is still being prepared stands in no journal, and whoever confirms the same again cannot know of it (M5).
    fn begin(&self, intent: &Intent) -> Option<Held> {
        let mut running = self.running();
        let first = |(other, act): &(&Reference, &Act)| {
            **other != intent.reference && intent.act.waits_for(act) && !intent.despite.contains(other)
        };
        if let Some((on, act)) = running.iter().filter(first).min_by_key(|(other, _)| **other) {
            return Some(Held::Waits { on: *on, stage: Stage::Recorded, why: being_sent(*on, act) });
        }
        running.insert(intent.reference, intent.act.clone());
        None
    }

    /// What has to be known before anything is written down.
    async fn prepare(&self, intent: &mut Intent) -> Result<(), Held> {
        self.ensure_bound().await.map_err(|failure| Held::Unbound(Box::new(failure)))?;
        if let Some(wait) = self.pause() {
            return Err(Held::Paused { wait });
        }
        // What is open at this moment is what the person knows of; it may be settled while the rest is read, and what was
        // confirmed would be done twice (M5). A journal in trouble says so where the line is to be written.
        let held = may_go(intent, self.journal().book(), self.0.clock.wall()).err();
        if let Some(held) = held
            && self.refresh().await.is_ok()
        {
            return Err(held);
        }
        match &intent.act {
            // By these a new card is known when its answer is lost; where they cannot be read, by its time.
            Act::IssueCard { order, .. } => {
                let cards = observe::cards_of(&self.0.client, &order.holder).await.ok();
                intent.cards_before = cards.filter(|cards| cards.len() <= CARDS_KEPT);
            }
            Act::CreateCardholder { order, .. } => {
                if let Ok(known) = self.0.client.cardholder(&order.id).await {
                    let name = known.full_name();
                    return Err(Held::Exists(format!("the id {} belongs to {name} already", order.id)));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// M3: the intent and the word that it is sent are on the disk before a byte leaves.
    async fn record(&self, intent: &Intent, seen: &Arc<Shown>) -> Result<(), Held> {
        let reference = intent.reference;
        let asked = intent.clone();
        let seen = seen.clone();
        self.write(move |journal, now| {
            let records = vec![Record::Asked(Box::new(asked.clone()))];
            journal.append(now, records, |book| {
                knows(&asked, book, &seen)?;
                may_go(&asked, book, now)
            })
        })
        .await?;
        self.is_ours(reference);
        let skew_ms = self.0.client.skew().map(|skew| skew.num_milliseconds());
        if let Err(error) = self.step(reference, Step::Sent { skew_ms }).await {
            // Nothing has left. If that cannot be written either, the next start says the same of `recorded`.
            let reason = SafeText::prose("the journal could not be written before sending");
            drop(self.step(reference, Step::NotSent { reason }).await);
            return Err(Held::Journal(error));
        }
        Ok(())
    }

    async fn write_outcome(&self, reference: Reference, outcome: &Outcome) -> Result<(), JournalError> {
        let said = |failure: &Failure| (SafeText::prose(&failure.sentence()), failure.status);
        let step = match outcome {
            Outcome::Accepted(receipt) => Step::Accepted(receipt.clone()),
            Outcome::NotSent(failure) => Step::NotSent { reason: said(failure).0 },
            Outcome::Refused(failure) => {
                let (reason, status) = said(failure);
                Step::Refused { reason, status }
            }
            Outcome::Unknown(failure) => {
                let (reason, status) = said(failure);
                Step::Unknown { reason, status }
            }
            Outcome::Held(_) | Outcome::Unwritten { .. } => return Ok(()),
        };
        if self.is_emergency(reference) {
            self.add_to_emergency(reference, step).await;
            return Ok(());
        }
        match self.step(reference, step.clone()).await {
            // Another program took it for lost and has settled it meanwhile: what is written stands.
            Err(JournalError::Illegal(_)) => Ok(()),
            Err(error) => {
                self.unwritten().push((self.0.clock.wall(), reference, step));
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    /// The one request. Nothing below repeats it (M1).
    async fn send(
        &self,
        intent: &Intent,
        secret: Option<&WebhookSecret>,
        sent_at: Duration,
    ) -> Result<Receipt, Failure> {
        let key = intent.reference.to_string();
        // Sent only where the deployment documents it (M12); even then nothing is sent twice here.
        let acts = self.0.client.acts().with_key(&key).with_sent_at(sent_at);
        let description = intent.description();
        let movement = |amount| Movement { amount, description: Some(&description) };
        let taken = |at: &CardAt, taken: api::acts::Taken| Receipt {
            status: taken.card.as_ref().map(|card| SafeText::name(card.status.as_str())),
            card: Some(at.card.clone()),
            transactions: Vec::new(),
        };
        match &intent.act {
            Act::IssueCard { account, order } => {
                let (bin, category) = match &order.bin {
                    BinChoice::Default => (None, None),
                    BinChoice::Bin(id) => (Some(id), None),
                    BinChoice::Category(id) => (None, Some(id)),
                };
                let card = NewCard {
                    name: order.name.as_str(),
                    holder: &order.holder,
                    kind: order.kind.clone(),
                    currency: order.currency,
                    bin,
                    category,
                    limits: order.limits.clone(),
                };
                let issued = acts.issue_card(account, &card).await?;
                let status = issued.described.as_ref().map(|card| SafeText::name(card.status.as_str()));
                Ok(Receipt { status, card: Some(issued.card), transactions: Vec::new() })
            }
            Act::Freeze(at) => acts.freeze(&at.account, &at.card).await.map(|got| taken(at, got)),
            Act::Unfreeze(at) => acts.unfreeze(&at.account, &at.card).await.map(|got| taken(at, got)),
            Act::Close(at) => acts.close(&at.account, &at.card).await.map(|got| taken(at, got)),
            Act::UpdateCard { at, name, limits } => {
                let change = CardChange { name: name.as_ref().map(SafeText::as_str), limits: limits.clone() };
                acts.update_card(&at.account, &at.card, &change).await.map(|got| taken(at, got))
            }
            Act::TopUp { at, amount, .. } => {
                acts.top_up(&at.account, &at.card, movement(*amount)).await.map(|got| funded(at, got))
            }
            Act::Withdraw { at, amount, .. } => {
                acts.withdraw(&at.account, &at.card, movement(*amount)).await.map(|got| funded(at, got))
            }
            Act::Transfer { from, to, amount, .. } => {
                let got = acts.transfer(from, to, movement(*amount)).await?;
                let transactions = got.source_transaction.into_iter().chain(got.destination_transaction).collect();
                Ok(Receipt { status: got.status, transactions, card: None })
            }
            Act::CreateCardholder { account, order } => {
                let holder = NewCardholder {
                    id: &order.id,
                    first_name: order.first_name.as_str(),
                    last_name: order.last_name.as_str(),
                    email: order.email.as_str(),
                    phone: order.phone.as_ref().map(SafeText::as_str),
                };
                acts.create_cardholder(account, &holder).await.map(|_| Receipt::default())
            }
            Act::SetWebhook { url, kinds, active, .. } => {
                let config = NewWebhookConfig { url: url.as_str(), secret, kinds: kinds.as_deref(), active: *active };
                acts.put_webhook_config(&config).await.map(|_| Receipt::default())
            }
            Act::DeleteWebhook => acts.delete_webhook_config().await.map(|()| Receipt::default()),
        }
    }
}

fn funded(at: &CardAt, got: api::acts::FundingReceipt) -> Receipt {
    let ids = [got.transaction, got.from_transaction, got.to_transaction];
    Receipt { status: got.status, transactions: ids.into_iter().flatten().collect(), card: Some(at.card.clone()) }
}

/// What is said of a cardholder whose id is taken: at its field, as the API would say it.
fn exists(why: &str) -> Failure {
    let field = FieldError { field: SafeText::name("cardOwnerId"), message: SafeText::prose(why) };
    Failure { kind: FailureKind::Refused, fields: vec![field], ..Failure::not_sent("create the cardholder", why) }
}

/// Whether whoever confirmed an act knows of every similar one that has gone through, and would not do it twice (M5). Not
/// known are one that was shown as unknown and is done since, which another program found, and one that another program
/// has just done and that was never shown here. Naming it passes it.
fn knows(intent: &Intent, book: &Book, seen: &Shown) -> Result<(), Held> {
    let found = seen.open.iter().filter_map(|reference| book.entry(*reference));
    let just_done = book.entries().iter().rev().take(RECENT).filter(|other| {
        (intent.asked_at - other.intent.asked_at).abs() < UNSEEN_FOR && !seen.ever.contains(&other.intent.reference)
    });
    let went = |stage: Stage| stage.is_done() || matches!(stage, Stage::Probably | Stage::Accepted);
    let unknown = |other: &&Entry| {
        went(other.stage)
            && !intent.despite.contains(&other.intent.reference)
            && intent.act.waits_for(&other.intent.act)
    };
    match found.chain(just_done).find(unknown) {
        Some(other) => Err(Held::Waits { on: other.intent.reference, stage: other.stage, why: waiting_for(other) }),
        None => Ok(()),
    }
}

/// Whether an act may be sent now, by what all programs have written so far (M5).
fn may_go(intent: &Intent, book: &Book, now: DateTime<Utc>) -> Result<(), Held> {
    for other in book.unfinished().filter(|other| other.intent.reference != intent.reference) {
        let reference = other.intent.reference;
        if !intent.act.waits_for(&other.intent.act) || !other.holds(now) {
            continue;
        }
        let passed_over = other.stage.is_unknown() && intent.despite.contains(&reference);
        // Closing waits even for money that was accepted; everything else for what is not known.
        let settled_enough = other.stage == Stage::Accepted && intent.act.kind() != Kind::Close;
        if !passed_over && !settled_enough {
            return Err(Held::Waits { on: reference, stage: other.stage, why: waiting_for(other) });
        }
    }
    Ok(())
}

fn earlier(reference: Reference, act: &Act) -> String {
    let amount = act.amount().map_or_else(String::new, |amount| format!(" of {amount}"));
    format!("an earlier {}{amount} ({reference})", act.kind())
}

fn being_sent(reference: Reference, act: &Act) -> String {
    format!("{} is being sent", earlier(reference, act))
}

/// The reason why another intent has to be waited for.
fn waiting_for(other: &Entry) -> String {
    let what = earlier(other.intent.reference, &other.intent.act);
    match other.stage {
        Stage::Recorded | Stage::Sent => being_sent(other.intent.reference, &other.intent.act),
        Stage::Accepted => format!("{what} was accepted and is not confirmed yet"),
        Stage::NeedsPerson => format!("{what} is still unconfirmed; compare it and decide in the journal"),
        Stage::NotSeen => format!("{what} was not seen yet and may still come"),
        Stage::Probably => format!("{what} probably went through meanwhile"),
        Stage::Done | Stage::SettledDone | Stage::FoundLater => format!("{what} went through meanwhile"),
        _ => format!("{what} is still unconfirmed"),
    }
}
