//! Doing one act: may it go, the journal, one request, the outcome.
//!
//! The work runs in a task of its own. Whoever asked may lose interest; the request is then still waited for
//! and its outcome written down.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::journal::{Book, Record};
use super::{Entry, JournalError, Ops};
use crate::api;
use crate::api::acts::{CardChange, Movement, NewCard, NewCardholder, NewWebhookConfig};
use crate::domain::card::CardStatus;
use crate::domain::failure::{Failure, Reached};
use crate::domain::intent::life::{Receipt, Stage, Step};
use crate::domain::intent::{Act, BinChoice, CardAt, Intent, Kind, Lane, Reference};
use crate::domain::secret::WebhookSecret;
use crate::domain::text::SafeText;

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

/// Why an act was not even tried. Nothing was sent and, but for the last, nothing was written.
#[derive(Debug)]
pub enum Held {
    /// This session may not change anything.
    ReadOnly,
    /// Another intent must be settled first. When its outcome is unknown, a person may pass over it by
    /// naming it in [`Intent::despite`].
    Waits { on: Reference, stage: Stage, why: String },
    /// The card is already as it should be, as a read just now has shown.
    AlreadySo(CardStatus),
    /// An earlier change of the card's state is unknown, and the card cannot be read now (M11).
    CardUnreadable(Box<Failure>),
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
            Held::ReadOnly => "this session is read-only; nothing was sent".into(),
            Held::Waits { why, .. } => why.clone(),
            Held::AlreadySo(status) => format!("the card is {status} already; nothing was sent"),
            Held::CardUnreadable(failure) => format!(
                "an earlier change of this card's state is unknown and the card cannot be read now; nothing was \
                 sent ({})",
                failure.sentence()
            ),
            Held::Journal(error) => error.to_string(),
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
    /// The API answered as the inner outcome says, and the answer could not be written down. The journal says
    /// "sent", so that the intent stays unknown until it is settled.
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

    async fn run(&self, intent: Intent, secret: Option<WebhookSecret>) -> Outcome {
        let reference = intent.reference;
        let looked = match self.look_at_card_first(&intent).await {
            Ok(looked) => looked,
            Err(held) => return Outcome::Held(held),
        };
        self.running().insert(reference);
        let _running = Running(self, reference);
        let recorded = {
            let (ops, intent) = (self.clone(), intent.clone());
            self.write(move |journal, now| {
                let asked = vec![Record::Asked(Box::new(intent.clone()))];
                journal.append(now, asked, |book| ops.may_go(&intent, book, &looked, now))
            })
            .await
        };
        if let Err(held) = recorded {
            return Outcome::Held(held);
        }
        let skew_ms = self.0.client.skew().map(|skew| skew.num_milliseconds());
        if let Err(error) = self.step(reference, Step::Sent { skew_ms }).await {
            // Nothing has left. If that cannot be written either, the next start says the same of `recorded`.
            let reason = SafeText::prose("the journal could not be written before sending");
            drop(self.step(reference, Step::NotSent { reason }).await);
            return Outcome::Held(Held::Journal(error));
        }
        let outcome = match self.send(&intent, secret.as_ref()).await {
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
        match self.step(reference, step).await {
            // Another program took it for lost and has settled it meanwhile: what is written stands.
            Err(JournalError::Illegal(_)) => Ok(()),
            written => written,
        }
    }

    /// Whether an act may be sent now, by what all programs have written so far (M5).
    fn may_go(
        &self,
        intent: &Intent,
        book: &Book,
        looked: &HashSet<Reference>,
        now: DateTime<Utc>,
    ) -> Result<(), Held> {
        for other in book.unfinished().filter(|other| other.intent.reference != intent.reference) {
            let reference = other.intent.reference;
            if !intent.act.waits_for(&other.intent.act) || looked.contains(&reference) {
                continue;
            }
            let passed_over = other.stage.is_unknown() && intent.despite.contains(&reference);
            // Closing waits even for money that was accepted; everything else for what is not known.
            let settled_enough = other.stage == Stage::Accepted && intent.act.kind() != Kind::Close;
            if !passed_over && !settled_enough {
                let why = waiting_for(other, self.is_under_way(other, now));
                return Err(Held::Waits { on: reference, stage: other.stage, why });
            }
        }
        Ok(())
    }

    /// M11: a change of a card's state never waits for an unknown one; the card is read instead. What the
    /// read shows is enough to send again, or says that there is nothing to send.
    async fn look_at_card_first(&self, intent: &Intent) -> Result<HashSet<Reference>, Held> {
        let Some(at) = intent.act.card().filter(|_| intent.act.kind().lane() == Lane::CardState) else {
            return Ok(HashSet::new());
        };
        self.refresh().await?;
        let now = self.0.clock.wall();
        let unknown: Vec<Entry> = {
            let journal = self.journal();
            let same = |entry: &&Entry| {
                entry.intent.act.kind().lane() == Lane::CardState
                    && intent.act.waits_for(&entry.intent.act)
                    && !self.is_under_way(entry, now)
            };
            journal.book().unfinished().filter(same).cloned().collect()
        };
        if unknown.is_empty() {
            return Ok(HashSet::new());
        }
        let card = self.0.client.card(&at.account, &at.card).await;
        let card = card.map_err(|failure| Held::CardUnreadable(Box::new(failure)))?;
        let kind = intent.act.kind();
        let mut looked = HashSet::new();
        let mut opposite = false;
        for entry in &unknown {
            let other = entry.intent.act.kind();
            // What the read decides is written; what it leaves open may be passed over all the same, but for
            // a closing that is being worked on.
            let stands = self.settle_by_card(entry, &card).await?;
            if !(kind == Kind::Close && other == Kind::Close && stands.stage == Stage::Accepted) {
                looked.insert(entry.intent.reference);
            }
            opposite |= other != kind && !stands.stage.is_final();
        }
        let wanted = match kind {
            Kind::Freeze => CardStatus::Frozen,
            Kind::Unfreeze => CardStatus::Active,
            _ => CardStatus::Closed,
        };
        // An opposite change that is still open may yet come: then it is sent, whatever the read shows now.
        if card.status == wanted && !opposite {
            return Err(Held::AlreadySo(wanted));
        }
        Ok(looked)
    }

    /// The one request. Nothing below repeats it (M1).
    async fn send(&self, intent: &Intent, secret: Option<&WebhookSecret>) -> Result<Receipt, Failure> {
        let key = intent.reference.to_string();
        // Sent only where the deployment documents it (M12); even then nothing is sent twice here.
        let acts = self.0.client.acts().with_key(&key);
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

/// The reason why another intent has to be waited for.
fn waiting_for(other: &Entry, under_way: bool) -> String {
    let Intent { reference, act, .. } = &other.intent;
    let amount = act.amount().map_or_else(String::new, |amount| format!(" of {amount}"));
    let what = format!("{reference}, a {}{amount}", act.kind());
    match (other.stage, under_way) {
        (_, true) => format!("{what} is being sent; wait for its answer"),
        (Stage::Accepted, _) => format!("{what} was accepted and is not confirmed yet; wait until it is"),
        (Stage::NeedsPerson, _) => {
            format!("{what} has an unknown outcome and needs a person; settle it in the journal first")
        }
        _ => format!("{what} has an unknown outcome; it is being settled"),
    }
}
