//! The client itself: reads, and the way to the acts.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use zeroize::Zeroizing;

use super::acts::Acts;
use super::contract::Contract;
use super::endpoints::{Act, Read};
use super::pace::{Link, Priority};
use super::settings::{BaseUrl, Settings, is_dots};
use super::tls::{self, RootSource, TlsDetails};
use super::transport::{
    Call, Credential, Head, LIST_CAP, RECORD_CAP, SECRET_CAP, Traffic, Transport, failure, not_sent,
};
use super::wire::{self, Decode};
use crate::domain::account::{Account, AccountDetail, Balances, Destination, Restrictions};
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::{Failure, FailureKind, Reached};
use crate::domain::ids::{AccountId, CardId, EventId, HolderId, TransactionId};
use crate::domain::secret::{Password, Sensitive, Token};
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction, TransactionKind, TransactionStatus};
use crate::domain::webhook::{Event, Logged, WebhookConfig};

/// Most entries of the webhook event log that can be asked for at once.
pub const MOST_EVENTS: u32 = 200;
/// What is asked for when the API does not accept the page that was wanted (decision 10.4).
const SMALL_PAGE: u32 = 100;

/// Which part of a list to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub limit: u32,
    pub offset: u64,
}

impl Window {
    /// The first and largest page.
    pub const FIRST: Window = Window { limit: 1000, offset: 0 };
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Entries without an id, or that are no object. Say so where the list is shown.
    pub skipped: usize,
    /// Entries in the answer: `items` and `skipped`. The next offset is this much further.
    pub received: usize,
    /// The limit that was asked for in the end: it is lowered when the API does not accept it.
    pub limit: u32,
    /// All there are, when the API says so.
    pub total: Option<u64>,
    /// The server's clock (`Date`).
    pub server_time: Option<DateTime<Utc>>,
}

impl<T> Page<T> {
    /// Whether nothing comes after it: a page with less than was asked for, or the whole total.
    pub fn is_last(&self, offset: u64) -> bool {
        self.received < self.limit as usize || self.total.is_some_and(|total| offset + self.received as u64 >= total)
    }
}

/// Which transactions to read. Empty fields do not narrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionQuery {
    /// Cards feed only.
    pub card: Option<CardId>,
    /// Accounts feed; sent with the cards feed as well, where it is not said to work.
    pub account: Option<AccountId>,
    pub kinds: Vec<TransactionKind>,
    pub statuses: Vec<TransactionStatus>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    pub limit: u32,
    pub offset: u64,
}

impl Default for TransactionQuery {
    fn default() -> TransactionQuery {
        TransactionQuery {
            card: None,
            account: None,
            kinds: Vec::new(),
            statuses: Vec::new(),
            from: None,
            to: None,
            limit: Window::FIRST.limit,
            offset: 0,
        }
    }
}

/// A transaction with everything its details say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionDetail {
    pub transaction: Transaction,
    /// Fields this program does not know, as name and text.
    pub other: Vec<(SafeText, SafeText)>,
}

/// What a log in gave.
#[derive(Debug)]
pub struct Login {
    pub token: Token,
    /// How long it is good for, when the API says so.
    pub good_for: Option<Duration>,
}

struct Shared {
    transport: Transport,
    contract: RwLock<Arc<Contract>>,
    /// Largest page the deployment accepts, as far as is known.
    page: AtomicU32,
}

/// A connection to one deployment with one credential. Cheap to clone; clones share everything but priority.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    priority: Priority,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.base_url().as_str())
    }
}

/// The ids that a path template asks for.
#[derive(Clone, Copy, Default)]
pub(super) struct Ids<'a> {
    account: Option<&'a AccountId>,
    card: Option<&'a CardId>,
    holder: Option<&'a HolderId>,
    transaction: Option<&'a TransactionId>,
}

impl<'a> Ids<'a> {
    pub fn none() -> Ids<'a> {
        Ids::default()
    }

    pub fn account(account: &'a AccountId) -> Ids<'a> {
        Ids { account: Some(account), ..Ids::default() }
    }

    pub fn card(account: &'a AccountId, card: &'a CardId) -> Ids<'a> {
        Ids { account: Some(account), card: Some(card), ..Ids::default() }
    }

    fn holder(holder: &'a HolderId) -> Ids<'a> {
        Ids { holder: Some(holder), ..Ids::default() }
    }

    /// The path with the ids in it, percent-encoded. The error is a sentence.
    pub fn fill(&self, template: &str) -> Result<String, &'static str> {
        let mut path = String::with_capacity(template.len() + 72);
        for part in template.split('/').skip(1) {
            path.push('/');
            let id = match part {
                "{account}" => self.account.map(ToString::to_string),
                "{card}" => self.card.map(ToString::to_string),
                "{holder}" => self.holder.map(ToString::to_string),
                "{transaction}" => self.transaction.map(ToString::to_string),
                plain => {
                    path.push_str(plain);
                    continue;
                }
            };
            let id = id.ok_or("its path asks for an id that is not known here")?;
            if is_dots(&id) {
                return Err("an id of dots alone cannot be sent");
            }
            encode(&id, &mut path);
        }
        Ok(path)
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            into.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            into.push('%');
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

impl Client {
    /// A client that has not connected yet. Fails with `NotSent` when the base URL, a path of the settings or
    /// the credential is not acceptable.
    pub fn new(settings: Settings, token: Token) -> Result<Client, Failure> {
        Client::with_credential(settings, Some(Credential::Token(token)))
    }

    fn with_credential(settings: Settings, credential: Option<Credential>) -> Result<Client, Failure> {
        let contract = Contract::assumed(&settings.paths).map_err(|why| not_sent("connect", why))?;
        let transport = Transport::new(settings, credential)?;
        let shared = Shared { transport, contract: RwLock::new(Arc::new(contract)), page: AtomicU32::new(u32::MAX) };
        Ok(Client { shared: Arc::new(shared), priority: Priority::User })
    }

    /// The same client for the poller: after a 429 its reads let those of the user go first.
    pub fn background(&self) -> Client {
        Client { priority: Priority::Background, ..self.clone() }
    }

    /// Sends this token from now on: it was read again, or renewed. Clones of the client do so too.
    pub fn use_token(&self, token: Token) -> Result<(), Failure> {
        self.transport().change_credential(Some(Credential::Token(token)))
    }

    /// When the token says that it ends, by the server's clock; `None` when it does not say, or there is none.
    pub fn token_ends(&self) -> Option<DateTime<Utc>> {
        self.transport().token_ends()
    }

    /// Takes the token out of the client's memory (D8). Requests that are under way go on; others are refused
    /// here until there is a token again.
    pub fn forget_token(&self) {
        // No credential is unfit for a header, and connections were made of these settings before.
        let _ = self.transport().change_credential(None);
    }

    /// Gets a token for an email and password: `POST /api/v2/auth/login`, or where the deployment's document
    /// says. Sent once.
    pub async fn login(settings: Settings, email: &str, password: &Password) -> Result<Login, Failure> {
        #[derive(serde::Serialize)]
        struct Body<'a> {
            email: &'a str,
            password: &'a str,
        }
        let client = Client::with_credential(settings, None)?;
        let endpoint = Act::Login.endpoint();
        let route = client.discover().await.route(Act::Login);
        if !route.offer.is_offered() {
            let why = "its OpenAPI document lists no log in";
            return Err(failure(FailureKind::NotOffered, endpoint.doing, why, Reached::NotSent));
        }
        let body = serde_json::to_string(&Body { email, password: password.expose() });
        let body = body.map_err(|_| not_sent(endpoint.doing, "the request cannot be written"))?;
        let call = Call {
            endpoint,
            method: route.method,
            path: Ids::none().fill(&route.path).map_err(|why| not_sent(endpoint.doing, why))?,
            query: Vec::new(),
            body: Some(Zeroizing::new(body)),
            cap: SECRET_CAP,
            key: None,
            secret: false,
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_CAP));
        let head = client.transport().act(&call, &mut bytes).await?;
        let (token, seconds) = wire::secrets::token(&bytes).map_err(|why| unreadable(&call, head, why))?;
        Ok(Login { token, good_for: seconds.map(Duration::from_secs) })
    }

    /// Reads the deployment's OpenAPI document and keeps what it says. 404, garbage or no answer within 8 s
    /// leave the defaults.
    pub async fn discover(&self) -> Arc<Contract> {
        let transport = self.transport();
        let known = self.contract();
        let Ok(mut call) = self.call(Read::Schema, Ids::none(), LIST_CAP) else { return known };
        call.cap = LIST_CAP / 4;
        let mut bytes = Vec::new();
        let read = transport.read(Read::Schema, &call, self.priority, &mut bytes);
        let answer = tokio::time::timeout(transport.settings.discover_timeout, read).await;
        let Ok(Ok(_)) = answer else { return known };
        let Some(learned) = known.learn(&bytes) else { return known };
        let learned = Arc::new(learned);
        *self.shared.contract.write().unwrap_or_else(PoisonError::into_inner) = learned.clone();
        learned
    }

    /// What is known of the deployment now.
    pub fn contract(&self) -> Arc<Contract> {
        self.shared.contract.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What changes something. Only `ops` may call it: it keeps the journal.
    pub fn acts(&self) -> Acts<'_> {
        Acts { client: self, key: None }
    }

    pub(super) fn transport(&self) -> &Transport {
        &self.shared.transport
    }

    /// The base URL in use.
    pub fn base_url(&self) -> &BaseUrl {
        &self.transport().base
    }

    /// Name of the header the credential goes into.
    pub fn credential_header(&self) -> &'static str {
        self.transport().credential_header().unwrap_or("none")
    }

    /// Where the trusted certificate authorities come from.
    pub fn root_source(&self) -> RootSource {
        self.transport().roots
    }

    /// Requests so far and now.
    pub fn traffic(&self) -> Traffic {
        self.transport().traffic()
    }

    /// Server clock minus ours by the last answer's `Date`, in whole seconds at best (N8). Never for money.
    pub fn skew(&self) -> Option<TimeDelta> {
        self.transport().skew()
    }

    /// How the connection fares.
    pub fn link(&self) -> Link {
        self.transport().pace.link()
    }

    /// Lets the next read try although several in a row failed: the user asked by hand.
    pub fn try_now(&self) {
        self.transport().pace.try_now();
    }

    /// TLS version and cipher by one handshake of its own (S9); `None` for plain HTTP to this machine.
    pub async fn tls_details(&self) -> Result<Option<TlsDetails>, Failure> {
        let doing = "look at the secure connection";
        let base = self.base_url().clone();
        if !base.is_https() {
            return Ok(None);
        }
        let settings = &self.transport().settings;
        let (roots, limit) = (settings.roots.clone(), settings.connect_timeout);
        let shake = tokio::task::spawn_blocking(move || {
            let (config, source) = tls::config(base.is_https(), &roots)?;
            tls::handshake(config, source, base.host(), base.port(), limit)
        });
        let details = shake.await.map_err(|_| failure(FailureKind::Tls, doing, "", Reached::NotSent))?;
        details.map(Some).map_err(|why| failure(FailureKind::Tls, doing, &why, Reached::NotSent))
    }

    /// All accounts. `GET /api/v2/accounts` documents no paging, so none is asked for.
    pub async fn accounts(&self) -> Result<Page<Account>, Failure> {
        let call = self.call(Read::Accounts, Ids::none(), LIST_CAP)?;
        self.list(Read::Accounts, call, u32::MAX, &wire::accounts::AccountRow).await
    }

    /// One account with fees and BINs.
    pub async fn account(&self, account: &AccountId) -> Result<AccountDetail, Failure> {
        self.one(Read::Account, Ids::account(account), &wire::accounts::AccountWhole).await
    }

    /// The balances of an account alone.
    pub async fn balances(&self, account: &AccountId) -> Result<Balances, Failure> {
        self.one(Read::Balances, Ids::account(account), &wire::accounts::BalanceWhole).await
    }

    /// What the provider allows on an account.
    pub async fn restrictions(&self, account: &AccountId) -> Result<Restrictions, Failure> {
        let call = self.call(Read::Restrictions, Ids::account(account), RECORD_CAP)?;
        let (head, bytes) = self.bytes(Read::Restrictions, &call).await?;
        wire::accounts::restrictions(&bytes).map_err(|why| unreadable(&call, head, why))
    }

    /// Accounts that money can be sent to.
    pub async fn destinations(&self, account: &AccountId) -> Result<Page<Destination>, Failure> {
        let call = self.call(Read::Destinations, Ids::account(account), LIST_CAP)?;
        self.list(Read::Destinations, call, u32::MAX, &wire::accounts::DestinationRow).await
    }

    /// The cards of an account. Rows that do not name their account get this one.
    pub async fn cards(&self, account: &AccountId, window: Window) -> Result<Page<Card>, Failure> {
        self.window(Read::Cards, Ids::account(account), window, &wire::cards::CardRow { account: Some(account) }).await
    }

    /// One card in detail.
    pub async fn card(&self, account: &AccountId, card: &CardId) -> Result<Card, Failure> {
        let row = wire::cards::CardRow { account: Some(account) };
        self.one(Read::Card, Ids::card(account, card), &row).await
    }

    /// Number and security code of a card. The answer is held in memory that is wiped; nothing of it is ever in
    /// a failure.
    pub async fn sensitive(&self, account: &AccountId, card: &CardId) -> Result<Sensitive, Failure> {
        let mut call = self.call(Read::Sensitive, Ids::card(account, card), SECRET_CAP)?;
        call.secret = true;
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_CAP));
        let head = self.transport().read(Read::Sensitive, &call, self.priority, &mut bytes).await?;
        wire::secrets::sensitive(&bytes).map_err(|why| unreadable(&call, head, why))
    }

    /// The merchant's cardholders.
    pub async fn cardholders(&self, window: Window) -> Result<Page<Cardholder>, Failure> {
        self.window(Read::Cardholders, Ids::none(), window, &wire::cardholders::HolderRow).await
    }

    /// The cardholders of an account.
    pub async fn account_cardholders(&self, account: &AccountId, window: Window) -> Result<Page<Cardholder>, Failure> {
        self.window(Read::AccountCardholders, Ids::account(account), window, &wire::cardholders::HolderRow).await
    }

    /// One cardholder.
    pub async fn cardholder(&self, holder: &HolderId) -> Result<Cardholder, Failure> {
        self.one(Read::Cardholder, Ids::holder(holder), &wire::cardholders::HolderRow).await
    }

    /// The cards of a cardholder on all accounts; with less of each than the list of an account gives.
    pub async fn cardholder_cards(&self, holder: &HolderId) -> Result<Page<Card>, Failure> {
        let call = self.call(Read::CardholderCards, Ids::holder(holder), LIST_CAP)?;
        self.list(Read::CardholderCards, call, u32::MAX, &wire::cards::CardRow { account: None }).await
    }

    /// A page of a feed. Order is not promised: sort by time and id.
    pub async fn transactions(&self, feed: Feed, query: &TransactionQuery) -> Result<Page<Transaction>, Failure> {
        let read = match feed {
            Feed::Cards => Read::CardTransactions,
            Feed::Accounts => Read::AccountTransactions,
        };
        self.feed(read, Some(feed), query).await
    }

    /// A page of both feeds together, from the endpoint that is deprecated.
    pub async fn all_transactions(&self, query: &TransactionQuery) -> Result<Page<Transaction>, Failure> {
        self.feed(Read::AllTransactions, None, query).await
    }

    async fn feed(
        &self,
        read: Read,
        feed: Option<Feed>,
        query: &TransactionQuery,
    ) -> Result<Page<Transaction>, Failure> {
        let joined = |words: Vec<&str>| (!words.is_empty()).then(|| words.join(","));
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let narrow = [
            ("cardUuid", query.card.as_ref().map(ToString::to_string)),
            ("accountUuid", query.account.as_ref().map(ToString::to_string)),
            ("types", joined(query.kinds.iter().map(TransactionKind::as_str).collect())),
            ("statuses", joined(query.statuses.iter().map(TransactionStatus::as_str).collect())),
            ("dateFrom", query.from.map(time)),
            ("dateTo", query.to.map(time)),
        ];
        let mut call = self.call(read, Ids::none(), LIST_CAP)?;
        call.query = narrow.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let window = Window { limit: query.limit, offset: query.offset };
        self.paged(read, call, window, &wire::transactions::TransactionRow { feed }).await
    }

    /// One transaction with all its details say.
    pub async fn transaction(&self, feed: Feed, id: &TransactionId) -> Result<TransactionDetail, Failure> {
        let read = match feed {
            Feed::Cards => Read::CardTransaction,
            Feed::Accounts => Read::AccountTransaction,
        };
        let call = self.call(read, Ids { transaction: Some(id), ..Ids::default() }, RECORD_CAP)?;
        let (head, bytes) = self.bytes(read, &call).await?;
        let row = wire::transactions::TransactionRow { feed: Some(feed) };
        let transaction = wire::one(&bytes, &row).map_err(|why| unreadable(&call, head, why))?;
        Ok(TransactionDetail { transaction, other: wire::transactions::others(&bytes) })
    }

    /// Where events are delivered to; `None` when nothing is configured (404).
    pub async fn webhook_config(&self) -> Result<Option<WebhookConfig>, Failure> {
        match self.one(Read::WebhookConfig, Ids::none(), &wire::webhooks::ConfigWhole).await {
            Ok(config) => Ok(Some(config)),
            Err(failure) if failure.status == Some(404) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The log of deliveries, at most 200 at once.
    pub async fn webhook_events(&self, window: Window) -> Result<Page<Event>, Failure> {
        let window = Window { limit: window.limit.min(MOST_EVENTS), ..window };
        self.window(Read::WebhookEvents, Ids::none(), window, &wire::webhooks::EventRow).await
    }

    /// An entry of the log by its id, with its payload exactly as the log has it; `None` when the pages that are
    /// read, at most `pages` of 200, do not hold it.
    pub async fn webhook_payload(&self, id: &EventId, pages: u32) -> Result<Option<Zeroizing<String>>, Failure> {
        let mut offset = 0;
        for _ in 0..pages {
            let window = Window { limit: MOST_EVENTS, offset };
            let page = self.window(Read::WebhookEvents, Ids::none(), window, &wire::webhooks::EventRaw).await?;
            let (last, received) = (page.is_last(offset), page.received);
            if let Some((_, payload)) = page.items.into_iter().find(|(found, _)| found == id) {
                return Ok(Some(payload));
            }
            if last {
                break;
            }
            offset += received as u64;
        }
        Ok(None)
    }

    /// The log of deliveries with each payload as a tree to look at: bounded, safe, secrets masked.
    pub async fn webhook_events_with_payloads(&self, window: Window) -> Result<Page<Logged>, Failure> {
        let window = Window { limit: window.limit.min(MOST_EVENTS), ..window };
        self.window(Read::WebhookEvents, Ids::none(), window, &wire::webhooks::EventWithPayload).await
    }

    fn call(&self, read: Read, ids: Ids<'_>, cap: usize) -> Result<Call, Failure> {
        let endpoint = read.endpoint();
        let route = self.contract().route(read);
        let path = ids.fill(&route.path).map_err(|why| not_sent(endpoint.doing, why))?;
        let (query, body, key) = (Vec::new(), None, None);
        Ok(Call { endpoint, method: route.method, path, query, body, cap, key, secret: false })
    }

    async fn bytes(&self, read: Read, call: &Call) -> Result<(Head, Vec<u8>), Failure> {
        let mut bytes = Vec::new();
        let head = self.transport().read(read, call, self.priority, &mut bytes).await?;
        Ok((head, bytes))
    }

    async fn one<D: Decode>(&self, read: Read, ids: Ids<'_>, decode: &D) -> Result<D::Out, Failure> {
        let call = self.call(read, ids, RECORD_CAP)?;
        let (head, bytes) = self.bytes(read, &call).await?;
        wire::one(&bytes, decode).map_err(|why| unreadable(&call, head, why))
    }

    async fn list<D: Decode>(&self, read: Read, call: Call, limit: u32, decode: &D) -> Result<Page<D::Out>, Failure> {
        let (head, bytes) = self.bytes(read, &call).await?;
        let rows = wire::list(&wire::text(&bytes), decode).map_err(|why| unreadable(&call, head, why))?;
        Ok(Page {
            received: rows.items.len() + rows.skipped,
            items: rows.items,
            skipped: rows.skipped,
            limit,
            total: rows.total,
            server_time: head.server_time,
        })
    }

    async fn window<D: Decode>(
        &self,
        read: Read,
        ids: Ids<'_>,
        window: Window,
        decode: &D,
    ) -> Result<Page<D::Out>, Failure> {
        let call = self.call(read, ids, LIST_CAP)?;
        self.paged(read, call, window, decode).await
    }

    /// A page; on 422 once more with a small one, and with small ones from then on.
    async fn paged<D: Decode>(
        &self,
        read: Read,
        call: Call,
        window: Window,
        decode: &D,
    ) -> Result<Page<D::Out>, Failure> {
        let limit = window.limit.min(self.shared.page.load(Ordering::Relaxed));
        let sized = |limit: u32| {
            let mut query = call.query.clone();
            query.push(("limit", limit.to_string()));
            query.push(("offset", window.offset.to_string()));
            let body = None;
            Call { path: call.path.clone(), query, body, key: None, ..call }
        };
        let page = self.list(read, sized(limit), limit, decode).await;
        match page {
            Err(failure) if failure.status == Some(422) && limit > SMALL_PAGE => {
                let page = self.list(read, sized(SMALL_PAGE), SMALL_PAGE, decode).await?;
                self.shared.page.store(SMALL_PAGE, Ordering::Relaxed);
                Ok(page)
            }
            page => page,
        }
    }
}

fn unreadable(call: &Call, head: Head, why: &str) -> Failure {
    let detail = format!("{}: {why}", call.endpoint.name);
    let failure = failure(FailureKind::Unreadable, call.endpoint.doing, &detail, Reached::Unknown);
    Failure { status: Some(head.status), ..failure }
}
