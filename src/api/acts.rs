//! What changes something: money, cards, cardholders, webhook configuration.
//!
//! **Only `ops` may call this.** It has no journal and asks nobody. Each act is one request on a connection of
//! its own, never sent again by the program (M1). When it fails, `Failure::reached` says how far it came (M4):
//!
//! ```text
//!   NotSent   refused here; connection, DNS or TLS failed; more than 10 s of boot time between the journal and a
//!             connection that stands: nothing of it left this machine's connection
//!   Refused   400 to 406, 410, 411, 413 to 415, 422, 428, 431 in the API's own words: a whole JSON object with a
//!             `detail`, `message` or `error` that says something, and not as HTML
//!             307, 308: nobody followed it
//!   Unknown   the same status without such words, which may be of something in between; 408, 409, 425, 429, any
//!             other 3xx, 4xx and 5xx; no whole answer; 2xx that cannot be read: only reading tells
//! ```
//!
//! A 429 closes the gate for reads; an act does not wait behind it. [`Client::act_pause`] says how long it is closed,
//! and who offers acts holds them back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use zeroize::Zeroizing;

use super::client::Client;
use super::endpoints::Act;
use super::path_ids::PathIds;
use super::transport::{Call, Once, RECORD_CAP, ResponseHead, failure, not_sent};
use super::wire;
use crate::domain::account::CardKind;
use crate::domain::card::{Card, LimitKind};
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::{Failure, FailureKind, Reached};
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, BinCategoryId, BinId, CardId, HolderId, TransactionId};
use crate::domain::money::{Currency, Money};
use crate::domain::secret::WebhookSecret;
use crate::domain::text::SafeText;
use crate::domain::webhook::{EventKind, WebhookConfig};

/// Longest description the API takes, in characters.
pub const DESCRIPTION: usize = 500;

/// The acts of a client; from [`Client::acts`].
#[derive(Clone, Copy)]
pub struct Acts<'c> {
    client: &'c Client,
    /// Sent as `Idempotency-Key` where the deployment documents it (M12).
    key: Option<&'c str>,
    /// Boot time at which it was written down as sent.
    sent_at: Option<Duration>,
}

impl Client {
    /// What changes something. Only `ops` may call it: it keeps the journal.
    pub fn acts(&self) -> Acts<'_> {
        Acts { client: self, key: None, sent_at: None }
    }
}

/// Money to move: between accounts, or between an account and a card.
#[derive(Clone, Copy, Debug)]
pub struct Movement<'a> {
    /// More than zero.
    pub amount: Money,
    /// At most 500 characters; carries the reference an unknown outcome is looked for by.
    pub description: Option<&'a str>,
}

/// The answer to a transfer. "Accepted" is not "done": follow the transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferReceipt {
    pub status: Option<SafeText>,
    pub message: Option<SafeText>,
    /// The amount as the API repeats it.
    pub amount: Field<Money>,
    pub source_transaction: Option<TransactionId>,
    pub destination_transaction: Option<TransactionId>,
    pub server_time: Option<DateTime<Utc>>,
}

/// The answer to a top up or withdrawal. A status or id that is null is no failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundingReceipt {
    pub card: Option<CardId>,
    pub status: Option<SafeText>,
    pub message: Option<SafeText>,
    pub amount: Field<Money>,
    pub transaction: Option<TransactionId>,
    pub from_transaction: Option<TransactionId>,
    pub to_transaction: Option<TransactionId>,
    pub server_time: Option<DateTime<Utc>>,
}

/// A card to issue. Give a BIN or a category or neither, not both.
#[derive(Clone, Debug)]
pub struct NewCard<'a> {
    pub name: &'a str,
    pub holder: &'a HolderId,
    pub kind: CardKind,
    /// ISO 4217; `None` leaves it to the account.
    pub currency: Option<Currency>,
    pub bin: Option<&'a BinId>,
    pub category: Option<&'a BinCategoryId>,
    pub limits: Vec<(LimitKind, Money)>,
}

/// A card that was asked for. It is `creating` until a read says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub card: CardId,
    /// The card as far as the answer describes it.
    pub described: Option<Card>,
    pub server_time: Option<DateTime<Utc>>,
}

/// What to change on a card; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct CardChange<'a> {
    pub name: Option<&'a str>,
    pub limits: Option<Vec<(LimitKind, Money)>>,
}

/// An act on a card that was taken on. Its effect may come later: read the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The card, where the answer holds it.
    pub card: Option<Card>,
    pub server_time: Option<DateTime<Utc>>,
}

/// A cardholder to create.
#[derive(Clone, Debug)]
pub struct NewCardholder<'a> {
    /// Letters, digits and dashes; unique.
    pub id: &'a HolderId,
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub email: &'a str,
    pub phone: Option<&'a str>,
}

/// A cardholder that was created; described where the answer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    pub cardholder: Option<Cardholder>,
    pub server_time: Option<DateTime<Utc>>,
}

/// A webhook configuration to save.
#[derive(Debug)]
pub struct NewWebhookConfig<'a> {
    /// https.
    pub url: &'a str,
    /// `None` leaves it out of the request; whether the old one stays then is documented nowhere.
    pub secret: Option<&'a WebhookSecret>,
    /// `None` is all kinds.
    pub kinds: Option<&'a [EventKind]>,
    pub active: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MovementBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_account_uuid: Option<String>,
    amount: String,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewCardBody<'a> {
    name: &'a str,
    card_owner_id: String,
    card_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_provider_bin_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bin_category_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Serialize)]
struct CardChangeBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Serialize)]
struct NewCardholderBody<'a> {
    #[serde(rename = "cardOwnerId")]
    id: String,
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
}

#[derive(Serialize)]
struct NewWebhookConfigBody<'a> {
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_types: Option<Vec<&'a str>>,
    is_active: bool,
}

fn limit_map(limits: &[(LimitKind, Money)]) -> serde_json::Map<String, serde_json::Value> {
    limits.iter().map(|(kind, value)| (kind.as_str().to_owned(), value.wire().into())).collect()
}

impl<'c> Acts<'c> {
    /// The same acts with an idempotency key, which is sent only where the deployment documents it (M12).
    pub fn with_key(self, key: &'c str) -> Acts<'c> {
        Acts { key: Some(key), ..self }
    }

    /// The same acts, written down as sent at this boot time of the settings' clock. What is held up for more than
    /// [`LONGEST_HOLD_UP`](super::sender::LONGEST_HOLD_UP) from then on is `NotSent`; without it, from the call on.
    pub fn with_sent_at(self, boot: Duration) -> Acts<'c> {
        Acts { sent_at: Some(boot), ..self }
    }

    /// Moves money to another account of the merchant. `POST /accounts/{account}/transfer`.
    pub async fn transfer(
        &self,
        from: &AccountId,
        to: &AccountId,
        movement: Movement<'_>,
    ) -> Result<TransferReceipt, Failure> {
        let body = movement_body(Act::Transfer, movement, Some(to))?;
        let (head, bytes) = self.send(Act::Transfer, PathIds::account(from), Some(body)).await?;
        let receipt =
            self.receipt(Act::Transfer, head, &bytes, &wire::receipts::TransferAnswer(movement.amount.currency()))?;
        let said = (receipt.status.as_ref(), receipt.message.as_ref(), receipt.amount);
        takes_on(Act::Transfer, head, movement.amount, said)?;
        Ok(TransferReceipt { server_time: head.server_time, ..receipt })
    }

    /// Moves money from the account to the card. `POST …/topup`.
    pub async fn top_up(
        &self,
        account: &AccountId,
        card: &CardId,
        movement: Movement<'_>,
    ) -> Result<FundingReceipt, Failure> {
        self.fund(Act::TopUp, account, card, movement).await
    }

    /// Moves money from the card back to the account. `POST …/withdraw`.
    pub async fn withdraw(
        &self,
        account: &AccountId,
        card: &CardId,
        movement: Movement<'_>,
    ) -> Result<FundingReceipt, Failure> {
        self.fund(Act::Withdraw, account, card, movement).await
    }

    async fn fund(
        &self,
        act: Act,
        account: &AccountId,
        card: &CardId,
        movement: Movement<'_>,
    ) -> Result<FundingReceipt, Failure> {
        let body = movement_body(act, movement, None)?;
        let (head, bytes) = self.send(act, PathIds::card(account, card), Some(body)).await?;
        let receipt = self.receipt(act, head, &bytes, &wire::receipts::FundingAnswer(movement.amount.currency()))?;
        let said = (receipt.status.as_ref(), receipt.message.as_ref(), receipt.amount);
        takes_on(act, head, movement.amount, said)?;
        Ok(FundingReceipt { server_time: head.server_time, ..receipt })
    }

    /// Asks for a new card. `POST /accounts/{account}/cards`. An answer without an id is `Unknown`.
    pub async fn issue_card(&self, account: &AccountId, card: &NewCard<'_>) -> Result<Issued, Failure> {
        let doing = Act::IssueCard.endpoint().doing;
        if card.bin.is_some() && card.category.is_some() {
            return Err(not_sent(doing, "a card takes a BIN or a category, not both"));
        }
        let body = NewCardBody {
            name: card.name,
            card_owner_id: card.holder.to_string(),
            card_type: card.kind.as_str(),
            currency: card.currency.map(|currency| currency.to_string()),
            card_provider_bin_id: card.bin.map(ToString::to_string),
            bin_category_id: card.category.map(ToString::to_string),
            // Older deployments require the field: where no limit is set it is there and empty.
            limits: (!card.limits.is_empty() || self.client.contract().takes_empty_limits())
                .then(|| limit_map(&card.limits)),
        };
        let (head, bytes) = self.send(Act::IssueCard, PathIds::account(account), Some(json(doing, &body)?)).await?;
        let described = self.receipt(Act::IssueCard, head, &bytes, &wire::cards::CardRow { account: Some(account) })?;
        Ok(Issued { card: described.id.clone(), described: Some(described), server_time: head.server_time })
    }

    /// Changes a card's name or limits. `PATCH …/cards/{card}`, where the deployment offers it.
    pub async fn update_card(
        &self,
        account: &AccountId,
        card: &CardId,
        change: &CardChange<'_>,
    ) -> Result<Taken, Failure> {
        let body = CardChangeBody { name: change.name, limits: change.limits.as_deref().map(limit_map) };
        let body = json(Act::UpdateCard.endpoint().doing, &body)?;
        let (head, bytes) = self.send(Act::UpdateCard, PathIds::card(account, card), Some(body)).await?;
        Ok(taken(account, head, &bytes))
    }

    /// Stops payments with the card. 200 with any body, 202 and 204 are all "taken on".
    pub async fn freeze(&self, account: &AccountId, card: &CardId) -> Result<Taken, Failure> {
        self.turn(Act::Freeze, account, card).await
    }

    /// Lets the card pay again.
    pub async fn unfreeze(&self, account: &AccountId, card: &CardId) -> Result<Taken, Failure> {
        self.turn(Act::Unfreeze, account, card).await
    }

    /// Ends the card for ever. It happens later: read until the status is `closed`.
    pub async fn close(&self, account: &AccountId, card: &CardId) -> Result<Taken, Failure> {
        self.turn(Act::Close, account, card).await
    }

    async fn turn(&self, act: Act, account: &AccountId, card: &CardId) -> Result<Taken, Failure> {
        let (head, bytes) = self.send(act, PathIds::card(account, card), None).await?;
        Ok(taken(account, head, &bytes))
    }

    /// Creates a cardholder. `POST /accounts/{account}/cardholders`; an empty 2xx is taken for created.
    pub async fn create_cardholder(&self, account: &AccountId, holder: &NewCardholder<'_>) -> Result<Created, Failure> {
        let doing = Act::CreateCardholder.endpoint().doing;
        let id = holder.id.to_string();
        if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(not_sent(doing, "an id of a cardholder has letters, digits and dashes only"));
        }
        let body = NewCardholderBody {
            id,
            first_name: holder.first_name,
            last_name: holder.last_name,
            email: holder.email,
            phone: holder.phone,
        };
        let (head, bytes) =
            self.send(Act::CreateCardholder, PathIds::account(account), Some(json(doing, &body)?)).await?;
        let cardholder = wire::one(&bytes, &wire::cardholders::HolderRow).ok();
        Ok(Created { cardholder, server_time: head.server_time })
    }

    /// Saves where events are delivered to. `PUT /webhooks/config`.
    pub async fn put_webhook_config(&self, config: &NewWebhookConfig<'_>) -> Result<WebhookConfig, Failure> {
        let doing = Act::PutWebhookConfig.endpoint().doing;
        let body = NewWebhookConfigBody {
            url: config.url,
            secret: config.secret.map(WebhookSecret::expose),
            event_types: config.kinds.map(|kinds| kinds.iter().map(EventKind::as_str).collect()),
            is_active: config.active,
        };
        let (head, bytes) = self.send(Act::PutWebhookConfig, PathIds::none(), Some(json(doing, &body)?)).await?;
        self.receipt(Act::PutWebhookConfig, head, &bytes, &wire::webhooks::ConfigWhole)
    }

    /// Ends all deliveries. `DELETE /webhooks/config`.
    pub async fn delete_webhook_config(&self) -> Result<(), Failure> {
        self.send(Act::DeleteWebhookConfig, PathIds::none(), None).await.map(|_| ())
    }

    async fn send(
        &self,
        act: Act,
        ids: PathIds<'_>,
        body: Option<Zeroizing<String>>,
    ) -> Result<(ResponseHead, Vec<u8>), Failure> {
        let endpoint = act.endpoint();
        let route = self.client.contract().route(act);
        if !route.offer.is_offered() {
            return Err(self.client.not_offered(act));
        }
        let call = Call {
            endpoint,
            method: route.method,
            path: ids.fill(&route.path).map_err(|why| not_sent(endpoint.doing, why))?,
            query: Vec::new(),
            body,
            cap: RECORD_CAP,
            key: self.key.filter(|_| route.idempotency_key).map(str::to_owned),
            secret: false,
        };
        let mut bytes = Vec::new();
        let once = Once { template: &route.path, sent_at: self.sent_at };
        let sent = self.client.transport().act(&call, once, &mut bytes).await;
        Ok((sent.map_err(|failure| self.client.explained(act, failure))?, bytes))
    }

    /// A 2xx that cannot be read leaves the outcome unknown.
    fn receipt<D: wire::Decode>(
        &self,
        act: Act,
        head: ResponseHead,
        bytes: &[u8],
        decode: &D,
    ) -> Result<D::Out, Failure> {
        wire::one(bytes, decode).map_err(|why| {
            let detail = format!("{}: {why}", act.endpoint().name);
            let failure = failure(FailureKind::Unreadable, act.endpoint().doing, &detail, Reached::Unknown);
            Failure { status: Some(head.status), ..failure }
        })
    }
}

/// States of an answer by which a movement was not taken on, although the status of HTTP says that it was.
const DENIALS: [&str; 9] =
    ["failed", "failure", "declined", "rejected", "refused", "error", "canceled", "cancelled", "reversed"];

/// An answer of success that says in its body that it failed, or that another amount moved, leaves the outcome unknown:
/// one of the two is wrong, and only reading tells which.
fn takes_on(
    act: Act,
    head: ResponseHead,
    asked: Money,
    (status, message, amount): (Option<&SafeText>, Option<&SafeText>, Field<Money>),
) -> Result<(), Failure> {
    let denied = status.filter(|status| DENIALS.contains(&status.as_str().to_lowercase().as_str()));
    let detail = match (denied, amount.known()) {
        (Some(status), _) => match message {
            Some(message) => format!("{status}: {message}"),
            None => status.to_string(),
        },
        (None, Some(said)) if said.currency() != asked.currency() || said.amount().abs() != asked.amount() => {
            format!("it speaks of {said}, and {asked} was asked for")
        }
        _ => return Ok(()),
    };
    let failure = failure(FailureKind::Upstream, act.endpoint().doing, &detail, Reached::Unknown);
    Err(Failure { status: Some(head.status), ..failure })
}

fn taken(account: &AccountId, head: ResponseHead, bytes: &[u8]) -> Taken {
    let card = wire::one(bytes, &wire::cards::CardRow { account: Some(account) }).ok();
    Taken { card, server_time: head.server_time }
}

fn movement_body(
    act: Act,
    movement: Movement<'_>,
    destination: Option<&AccountId>,
) -> Result<Zeroizing<String>, Failure> {
    let doing = act.endpoint().doing;
    if movement.amount.is_zero() || movement.amount.is_negative() {
        return Err(not_sent(doing, "the amount must be more than zero"));
    }
    if movement.description.is_some_and(|text| text.chars().count() > DESCRIPTION) {
        return Err(not_sent(doing, "the description has more than 500 characters"));
    }
    let currency = movement.amount.currency();
    let body = MovementBody {
        destination_account_uuid: destination.map(ToString::to_string),
        amount: movement.amount.wire(),
        currency: currency.as_str(),
        description: movement.description,
    };
    json(doing, &body)
}

fn json(doing: &'static str, body: &impl Serialize) -> Result<Zeroizing<String>, Failure> {
    serde_json::to_string(body).map(Zeroizing::new).map_err(|_| not_sent(doing, "the request cannot be written"))
}
