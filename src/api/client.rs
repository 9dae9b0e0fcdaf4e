//! The client itself: reads, and the way to the acts.

use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use zeroize::Zeroizing;

use super::answer::SLASH;
use super::contract::{Contract, Offer};
use super::endpoints::{Act, Op, Read};
use super::pager::{End, Pager, Paging, Progress, Window};
use super::path_ids::PathIds;
use super::sender::Sender;
use super::settings::{BaseUrl, Settings};
use super::throttle::{Link, Priority};
use super::tls::{self, RootSource, TlsDetails};
use super::transport::{
    Call, Credential, LIST_CAP, Once, RECORD_CAP, ResponseHead, SECRET_CAP, TOKEN_HEADER, Traffic, Transport, failure,
    not_sent,
};
use super::wire::{self, Decode};
use crate::domain::account::{Account, AccountDetail, Balances, Destination};
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::{Failure, FailureKind, Reached, SENT_AS_TOKEN};
use crate::domain::ids::{AccountId, CardId, EventId, HolderId, TransactionId};
use crate::domain::restrictions::Restrictions;
use crate::domain::secret::{Password, Sensitive, Token};
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction, TransactionKind, TransactionStatus};
use crate::domain::webhook::{Event, Logged, WebhookConfig};

/// Most entries of the webhook event log that can be asked for at once.
pub const MOST_EVENTS: u32 = 200;
/// Pages of a list that is read to its end: more than any merchant has. The list ends before, or says that it does not.
const ALL_PAGES: u32 = 10_000;
/// What is asked for when the API does not accept the page that was wanted (decision 10.4).
const SMALL_PAGE: u32 = 100;

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
    /// All there are, when the API says so. A promise of more, never a sign of the end: see [`Pager`].
    pub total: Option<u64>,
    /// Whether the list goes on, when the API says so.
    pub more: Option<bool>,
    /// The server's clock (`Date`).
    pub server_time: Option<DateTime<Utc>>,
}

impl<T> Page<T> {
    /// Whether nothing can come after it: it is empty. For readers of a few pages; whoever reads a list to its end uses
    /// a [`Pager`], which also ends where a server ignores the offset.
    pub fn is_last(&self, _offset: u64) -> bool {
        self.received == 0
    }

    /// Takes this page in a crawl.
    pub fn note<'p, K: Hash + 'p>(&'p self, pager: &mut Pager, id: impl Fn(&'p T) -> &'p K) -> Progress {
        let ids: Vec<&K> = self.items.iter().map(id).collect();
        pager.take(&ids, self.received, self.total, self.more)
    }
}

/// A list that was read to its end, page after page; no row is in it twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole<T> {
    pub items: Vec<T>,
    /// Entries without an id.
    pub skipped: usize,
    /// `None`: it goes on beyond the pages that were to be read.
    pub end: Option<End>,
    /// As many as the API promised, when it did: `1,787 of 2,500` where it is more than came.
    pub promised: Option<u64>,
    /// The largest page that the server gives, where it is smaller than what was asked for.
    pub clamped_to: Option<u64>,
    pub server_time: Option<DateTime<Utc>>,
}

impl<T> Whole<T> {
    /// Whether every row that there is, is here and could be read.
    pub fn is_complete(&self) -> bool {
        self.end == Some(End::Complete) && self.skipped == 0
    }
}

/// Reads a list to its end, or so many pages of it, at most ten requests a second.
///
/// `read` gets the client to ask with: how pages are asked for is found out on the way.
pub async fn crawl<T, K: Hash, Reading: Future<Output = Result<Page<T>, Failure>>>(
    client: &Client,
    list: Read,
    first: Window,
    pages: u32,
    id: impl for<'t> Fn(&'t T) -> &'t K,
    read: impl Fn(Client, Window) -> Reading,
) -> Result<Whole<T>, Failure> {
    let mut pager = Pager::new(first).with_paging(client.paging(list));
    let mut whole =
        Whole { items: Vec::new(), skipped: 0, end: None, promised: None, clamped_to: None, server_time: None };
    for _ in 0..pages {
        let Some(window) = pager.next() else { break };
        let began = tokio::time::Instant::now();
        let page = read(client.with_paging(pager.paging()), window).await?;
        let progress = page.note(&mut pager, &id);
        let brings_news = progress.fresh.contains(&true) || whole.items.is_empty();
        whole.skipped += if brings_news { page.skipped } else { 0 };
        whole.server_time = page.server_time.or(whole.server_time);
        whole.promised = progress.promised;
        let fresh = page.items.into_iter().zip(progress.fresh).filter(|(_, fresh)| *fresh);
        whole.items.extend(fresh.map(|(item, _)| item));
        if progress.ended.is_some() {
            whole.end = progress.ended;
            break;
        }
        tokio::time::sleep_until(began + pager.min_pause()).await;
    }
    whole.clamped_to = pager.clamped_to();
    Ok(whole)
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
    /// The credential was accepted once: a refusal is not about the header it goes into.
    accepted: AtomicBool,
}

/// A connection to one deployment with one credential. Cheap to clone; clones share everything but priority.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    priority: Priority,
    /// How pages of lists are asked for, whatever the deployment's document says.
    paging: Option<Paging>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.base_url().as_str())
    }
}

impl Client {
    /// A client that has not connected yet. Fails with `NotSent` when the base URL, a path of the settings or
    /// the credential is not acceptable.
    pub fn new(settings: Settings, token: Token) -> Result<Client, Failure> {
        let credential = Credential::new(token, settings.auth);
        Client::made(settings, Some(credential), None)
    }

    /// The same over another sender than the program's own, which nothing else of it knows: a simulation.
    pub fn with_sender(settings: Settings, token: Token, sender: Arc<dyn Sender>) -> Result<Client, Failure> {
        let credential = Credential::new(token, settings.auth);
        Client::made(settings, Some(credential), Some(sender))
    }

    fn made(
        settings: Settings,
        credential: Option<Credential>,
        sender: Option<Arc<dyn Sender>>,
    ) -> Result<Client, Failure> {
        let contract = Contract::assumed(&settings.paths).map_err(|why| not_sent("connect", why))?;
        let transport = Transport::new(settings, credential, sender)?;
        let accounts = contract.route(Read::Accounts).path;
        if let Some(doubled) = transport.base.doubled(&accounts, 2) {
            let base = transport.base.as_str();
            let without = base.strip_suffix(doubled).unwrap_or(base);
            let why = format!(
                "the base URL ends in {doubled} and every path begins with it, so that {doubled}{doubled} would be asked \
                 for; write {without}"
            );
            return Err(not_sent("connect", &why));
        }
        let shared = Shared {
            transport,
            contract: RwLock::new(Arc::new(contract)),
            page: AtomicU32::new(u32::MAX),
            accepted: AtomicBool::new(false),
        };
        Ok(Client { shared: Arc::new(shared), priority: Priority::User, paging: None })
    }

    /// The same client for the poller: after a 429 its reads let those of the user go first.
    pub fn background(&self) -> Client {
        Client { priority: Priority::Background, ..self.clone() }
    }

    /// The same client for pages that are asked for in this way: what a [`Pager`] has found out.
    pub fn with_paging(&self, paging: Paging) -> Client {
        Client { paging: Some(paging), ..self.clone() }
    }

    /// How it asks for the pages of a list: as a pager found out, or the deployment's document says.
    pub fn paging(&self, read: Read) -> Paging {
        self.paging.or_else(|| self.contract().pages(read)).unwrap_or_default()
    }

    /// Sends this token from now on: it was read again, or renewed. Clones of the client do so too.
    pub fn use_token(&self, token: Token) -> Result<(), Failure> {
        let credential = Credential::new(token, self.transport().settings.auth);
        self.shared.accepted.store(false, Ordering::Relaxed);
        self.transport().change_credential(Some(credential))
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
        let client = Client::made(settings, None, None)?;
        let endpoint = Act::Login.endpoint();
        let route = client.discover().await.route(Act::Login);
        if !route.offer.is_offered() {
            return Err(client.not_offered(Act::Login));
        }
        let body = serde_json::to_string(&Body { email, password: password.expose() });
        let body = body.map_err(|_| not_sent(endpoint.doing, "the request cannot be written"))?;
        let call = Call {
            endpoint,
            method: route.method,
            path: PathIds::none().fill(&route.path).map_err(|why| not_sent(endpoint.doing, why))?,
            query: Vec::new(),
            body: Some(Zeroizing::new(body)),
            cap: SECRET_CAP,
            key: None,
            secret: false,
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_CAP));
        let once = Once { template: &route.path, sent_at: None };
        let sent = client.transport().act(&call, once, &mut bytes).await;
        let head = sent.map_err(|failure| client.explained(Act::Login, failure))?;
        let (token, seconds) = wire::secrets::token(&bytes).map_err(|why| unreadable(&call, head, why))?;
        Ok(Login { token, good_for: seconds.map(Duration::from_secs) })
    }

    /// Reads the deployment's OpenAPI document and keeps what it says. 404, garbage or no answer within 8 s
    /// leave the defaults.
    pub async fn discover(&self) -> Arc<Contract> {
        let transport = self.transport();
        let known = self.contract();
        let Ok(mut call) = self.call(Read::Schema, PathIds::none(), LIST_CAP) else { return known };
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

    pub(super) fn transport(&self) -> &Transport {
        &self.shared.transport
    }

    /// The base URL in use.
    pub fn base_url(&self) -> &BaseUrl {
        &self.transport().base
    }

    /// Whether there is a credential: not behind the lock.
    pub fn has_credential(&self) -> bool {
        self.transport().has_credential()
    }

    /// Name of the header the credential goes into, for `doctor`.
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
        self.transport().throttle.link()
    }

    /// How long the API's last 429 asks to wait; `None` when nothing has to wait. Reads wait by themselves. An act that is
    /// called is sent at once all the same: who offers acts holds them back and says for how long.
    pub fn act_pause(&self) -> Option<Duration> {
        self.transport().throttle.closed_for()
    }

    /// Lets the next read try although several in a row failed: the user asked by hand.
    pub fn try_now(&self) {
        self.transport().throttle.try_now();
    }

    /// TLS version and cipher by one handshake of its own (S9); `None` for plain HTTP to this machine.
    pub async fn tls_details(&self) -> Result<Option<TlsDetails>, Failure> {
        let doing = "look at the secure connection";
        let base = self.base_url().clone();
        if self.root_source() == RootSource::Unused {
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

    /// The first accounts, which are all of them on most deployments: `GET /api/v2/accounts` documents no paging, so
    /// none is asked for. Whether there are more is known by asking: [`Client::all_accounts`].
    pub async fn accounts(&self) -> Result<Page<Account>, Failure> {
        self.accounts_page(Window::FIRST).await
    }

    /// A page of the accounts.
    pub async fn accounts_page(&self, window: Window) -> Result<Page<Account>, Failure> {
        self.unpaged(Read::Accounts, PathIds::none(), window, &wire::accounts::AccountRow).await
    }

    /// All accounts, page after page.
    pub async fn all_accounts(&self) -> Result<Whole<Account>, Failure> {
        let read = |client: Client, window| async move { client.accounts_page(window).await };
        crawl(self, Read::Accounts, Window::FIRST, ALL_PAGES, |account: &Account| &account.id, read).await
    }

    /// One account with fees and BINs.
    pub async fn account(&self, account: &AccountId) -> Result<AccountDetail, Failure> {
        self.one(Read::Account, PathIds::account(account), &wire::accounts::AccountWhole).await
    }

    /// The balances of an account alone.
    pub async fn balances(&self, account: &AccountId) -> Result<Balances, Failure> {
        self.one(Read::Balances, PathIds::account(account), &wire::accounts::BalanceWhole).await
    }

    /// What the provider allows on an account.
    pub async fn restrictions(&self, account: &AccountId) -> Result<Restrictions, Failure> {
        let call = self.call(Read::Restrictions, PathIds::account(account), RECORD_CAP)?;
        let (head, bytes) = self.bytes(Read::Restrictions, &call).await?;
        wire::accounts::restrictions(&bytes).map_err(|why| unreadable(&call, head, why))
    }

    /// The first accounts that money can be sent to.
    pub async fn destinations(&self, account: &AccountId) -> Result<Page<Destination>, Failure> {
        self.destinations_page(account, Window::FIRST).await
    }

    /// A page of the accounts that money can be sent to.
    pub async fn destinations_page(&self, account: &AccountId, window: Window) -> Result<Page<Destination>, Failure> {
        self.unpaged(Read::Destinations, PathIds::account(account), window, &wire::accounts::DestinationRow).await
    }

    /// All accounts that money can be sent to, page after page.
    pub async fn all_destinations(&self, account: &AccountId) -> Result<Whole<Destination>, Failure> {
        let read = |client: Client, window| {
            let account = account.clone();
            async move { client.destinations_page(&account, window).await }
        };
        crawl(self, Read::Destinations, Window::FIRST, ALL_PAGES, |destination: &Destination| &destination.id, read)
            .await
    }

    /// The cards of an account. Rows that do not name their account get this one.
    pub async fn cards(&self, account: &AccountId, window: Window) -> Result<Page<Card>, Failure> {
        self.window(Read::Cards, PathIds::account(account), window, &wire::cards::CardRow { account: Some(account) })
            .await
    }

    /// All cards of an account, page after page.
    pub async fn all_cards(&self, account: &AccountId) -> Result<Whole<Card>, Failure> {
        let read = |client: Client, window| {
            let account = account.clone();
            async move { client.cards(&account, window).await }
        };
        crawl(self, Read::Cards, Window::FIRST, ALL_PAGES, |card: &Card| &card.id, read).await
    }

    /// One card in detail.
    pub async fn card(&self, account: &AccountId, card: &CardId) -> Result<Card, Failure> {
        let row = wire::cards::CardRow { account: Some(account) };
        self.one(Read::Card, PathIds::card(account, card), &row).await
    }

    /// Number and security code of a card. The answer is held in memory that is wiped; nothing of it is ever in
    /// a failure.
    pub async fn sensitive(&self, account: &AccountId, card: &CardId) -> Result<Sensitive, Failure> {
        let mut call = self.call(Read::Sensitive, PathIds::card(account, card), SECRET_CAP)?;
        call.secret = true;
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_CAP));
        let read = self.transport().read(Read::Sensitive, &call, self.priority, &mut bytes).await;
        let head = read.map_err(|failure| self.explained(Read::Sensitive, failure))?;
        wire::secrets::sensitive(&bytes).map_err(|why| unreadable(&call, head, why))
    }

    /// The merchant's cardholders.
    pub async fn cardholders(&self, window: Window) -> Result<Page<Cardholder>, Failure> {
        self.window(Read::Cardholders, PathIds::none(), window, &wire::cardholders::HolderRow).await
    }

    /// All of the merchant's cardholders, page after page.
    pub async fn all_cardholders(&self) -> Result<Whole<Cardholder>, Failure> {
        let read = |client: Client, window| async move { client.cardholders(window).await };
        crawl(self, Read::Cardholders, Window::FIRST, ALL_PAGES, |holder: &Cardholder| &holder.id, read).await
    }

    /// The cardholders of an account.
    pub async fn account_cardholders(&self, account: &AccountId, window: Window) -> Result<Page<Cardholder>, Failure> {
        self.window(Read::AccountCardholders, PathIds::account(account), window, &wire::cardholders::HolderRow).await
    }

    /// One cardholder.
    pub async fn cardholder(&self, holder: &HolderId) -> Result<Cardholder, Failure> {
        self.one(Read::Cardholder, PathIds::holder(holder), &wire::cardholders::HolderRow).await
    }

    /// The first cards of a cardholder on all accounts; with less of each than the list of an account gives.
    pub async fn cardholder_cards(&self, holder: &HolderId) -> Result<Page<Card>, Failure> {
        self.cardholder_cards_page(holder, Window::FIRST).await
    }

    /// A page of the cards of a cardholder.
    pub async fn cardholder_cards_page(&self, holder: &HolderId, window: Window) -> Result<Page<Card>, Failure> {
        let row = wire::cards::CardRow { account: None };
        self.unpaged(Read::CardholderCards, PathIds::holder(holder), window, &row).await
    }

    /// All cards of a cardholder, page after page. An act on all of them reads them here first.
    pub async fn all_cardholder_cards(&self, holder: &HolderId) -> Result<Whole<Card>, Failure> {
        let read = |client: Client, window| {
            let holder = holder.clone();
            async move { client.cardholder_cards_page(&holder, window).await }
        };
        crawl(self, Read::CardholderCards, Window::FIRST, ALL_PAGES, |card: &Card| &card.id, read).await
    }

    /// A page of a feed. Order is not promised: sort by time and id.
    pub async fn transactions(&self, feed: Feed, query: &TransactionQuery) -> Result<Page<Transaction>, Failure> {
        self.feed(feed_list(feed), Some(feed), query).await
    }

    /// Everything of a feed that the query asks for, or so many pages of it.
    pub async fn all_of_feed(
        &self,
        feed: Feed,
        query: &TransactionQuery,
        pages: u32,
    ) -> Result<Whole<Transaction>, Failure> {
        let first = Window { limit: query.limit, offset: query.offset };
        let read = |client: Client, Window { limit, offset }: Window| {
            let query = TransactionQuery { limit, offset, ..query.clone() };
            async move { client.transactions(feed, &query).await }
        };
        crawl(self, feed_list(feed), first, pages, |row: &Transaction| &row.id, read).await
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
        let mut call = self.call(read, PathIds::none(), LIST_CAP)?;
        call.query = narrow.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let window = Window { limit: query.limit, offset: query.offset };
        self.paged(read, call, window, &wire::transactions::TransactionRow { feed }).await.map(|(page, _)| page)
    }

    /// One transaction with all its details say.
    pub async fn transaction(&self, feed: Feed, id: &TransactionId) -> Result<TransactionDetail, Failure> {
        let read = match feed {
            Feed::Cards => Read::CardTransaction,
            Feed::Accounts => Read::AccountTransaction,
        };
        let call = self.call(read, PathIds::transaction(id), RECORD_CAP)?;
        let (head, bytes) = self.bytes(read, &call).await?;
        let row = wire::transactions::TransactionRow { feed: Some(feed) };
        let transaction = wire::one(&bytes, &row).map_err(|why| unreadable(&call, head, why))?;
        Ok(TransactionDetail { transaction, other: wire::transactions::others(&bytes) })
    }

    /// Where events are delivered to; `None` when nothing is configured: 404, 204 or null.
    pub async fn webhook_config(&self) -> Result<Option<WebhookConfig>, Failure> {
        let call = self.call(Read::WebhookConfig, PathIds::none(), RECORD_CAP)?;
        let (head, bytes) = match self.bytes(Read::WebhookConfig, &call).await {
            Err(failure) if failure.status == Some(404) => return Ok(None),
            read => read?,
        };
        let text = wire::text(&bytes);
        if matches!(&*text, "" | "null" | "{}") {
            return Ok(None);
        }
        let config = wire::one(&bytes, &wire::webhooks::ConfigWhole).map_err(|why| unreadable(&call, head, why))?;
        Ok(Some(config))
    }

    /// The log of deliveries, at most 200 at once.
    pub async fn webhook_events(&self, window: Window) -> Result<Page<Event>, Failure> {
        let window = Window { limit: window.limit.min(MOST_EVENTS), ..window };
        self.window(Read::WebhookEvents, PathIds::none(), window, &wire::webhooks::EventRow).await
    }

    /// An entry of the log by its id, with its payload exactly as the log has it; `None` when the pages that are
    /// read, at most `pages` of 200, do not hold it.
    pub async fn webhook_payload(&self, id: &EventId, pages: u32) -> Result<Option<Zeroizing<String>>, Failure> {
        let first = Window { limit: MOST_EVENTS, offset: 0 };
        let mut pager = Pager::new(first).with_paging(self.paging(Read::WebhookEvents));
        for _ in 0..pages {
            let Some(window) = pager.next() else { break };
            let began = tokio::time::Instant::now();
            let client = self.with_paging(pager.paging());
            let call = client.call(Read::WebhookEvents, PathIds::none(), LIST_CAP)?;
            let (page, mended) = client.paged(Read::WebhookEvents, call, window, &wire::webhooks::EventRaw).await?;
            let ended = page.note(&mut pager, |(id, _)| id).is_last();
            if let Some((_, payload)) = page.items.into_iter().find(|(found, _)| found == id) {
                if mended && payload.contains('\u{fffd}') {
                    let endpoint = Read::WebhookEvents.endpoint();
                    let why = "the payload of this event is no JSON, so it cannot be sent on as it is";
                    return Err(failure(FailureKind::Unreadable, endpoint.doing, why, Reached::Unknown));
                }
                return Ok(Some(payload));
            }
            if ended {
                break;
            }
            tokio::time::sleep_until(began + pager.min_pause()).await;
        }
        Ok(None)
    }

    /// The log of deliveries with each payload as a tree to look at: bounded, safe, secrets masked.
    pub async fn webhook_events_with_payloads(&self, window: Window) -> Result<Page<Logged>, Failure> {
        let window = Window { limit: window.limit.min(MOST_EVENTS), ..window };
        self.window(Read::WebhookEvents, PathIds::none(), window, &wire::webhooks::EventWithPayload).await
    }

    fn call(&self, read: Read, ids: PathIds<'_>, cap: usize) -> Result<Call, Failure> {
        let endpoint = read.endpoint();
        let route = self.contract().route(read);
        let path = ids.fill(&route.path).map_err(|why| not_sent(endpoint.doing, why))?;
        let (query, body, key) = (Vec::new(), None, None);
        Ok(Call { endpoint, method: route.method, path, query, body, cap, key, secret: false })
    }

    async fn bytes(&self, read: Read, call: &Call) -> Result<(ResponseHead, Vec<u8>), Failure> {
        let mut bytes = Vec::new();
        let head = self.transport().read(read, call, self.priority, &mut bytes).await;
        let head = head.map_err(|failure| self.explained(read, failure))?;
        // The document is often there for everybody.
        if read != Read::Schema {
            self.shared.accepted.store(true, Ordering::Relaxed);
        }
        Ok((head, bytes))
    }

    /// An operation that the deployment's document does not list, with what it lists instead.
    pub(super) fn not_offered(&self, act: Act) -> Failure {
        let contract = self.contract();
        let name = act.endpoint().name;
        let why = match contract.advice(act) {
            Some(advice) => format!("its OpenAPI document does not list it under a known name; {advice}"),
            None => format!("its OpenAPI document does not list it; if it is there, write its path as [paths] {name}"),
        };
        failure(FailureKind::NotOffered, act.endpoint().doing, &why, Reached::NotSent)
    }

    /// The same failure, with what is known here of why: another path, a slash, a doubled prefix, another header.
    pub(super) fn explained(&self, op: impl Into<Op>, failure: Failure) -> Failure {
        let op = op.into();
        let contract = self.contract();
        let route = contract.route(op);
        let name = op.endpoint().name;
        let is_guess = matches!(op, Op::Act(Act::Freeze | Act::Unfreeze | Act::Close | Act::UpdateCard | Act::Login));
        let other_slash = match route.path.strip_suffix('/') {
            Some(without) => without.to_owned(),
            None => format!("{}/", route.path),
        };
        let why = match failure.status {
            Some(401)
                if self.transport().credential_header() == Some(TOKEN_HEADER)
                    && !self.shared.accepted.load(Ordering::Relaxed) =>
            {
                Some(SENT_AS_TOKEN.to_owned())
            }
            Some(300..=399) if failure.detail.as_str().contains(SLASH) => {
                Some(format!("write [paths] {name} = \"{} {other_slash}\"", route.method.as_str()))
            }
            Some(404 | 405 | 501) => match self.transport().base.doubled(&route.path, 1) {
                Some(doubled) => Some(format!(
                    "the base URL ends in {doubled} and the path begins with it: {doubled}{} was asked for",
                    SafeText::name(&route.path)
                )),
                None if route.offer == Offer::Assumed && is_guess => Some(contract.advice(op).unwrap_or_else(|| {
                    format!(
                        "its path is nowhere documented and assumed; where it is another, write it as [paths] {name}"
                    )
                })),
                None => None,
            },
            _ => None,
        };
        let Some(why) = why else { return failure };
        let detail = match failure.detail.as_str() {
            "" => why,
            said => format!("{said}; {why}"),
        };
        Failure { detail: SafeText::prose(&detail), ..failure }
    }

    async fn one<D: Decode>(&self, read: Read, ids: PathIds<'_>, decode: &D) -> Result<D::Out, Failure> {
        let call = self.call(read, ids, RECORD_CAP)?;
        let (head, bytes) = self.bytes(read, &call).await?;
        wire::one(&bytes, decode).map_err(|why| unreadable(&call, head, why))
    }

    /// A list that was read, and whether the answer had to be mended first.
    async fn list<D: Decode>(
        &self,
        read: Read,
        call: &Call,
        limit: u32,
        decode: &D,
    ) -> Result<(Page<D::Out>, bool), Failure> {
        let (head, bytes) = self.bytes(read, call).await?;
        // Nothing at all is an empty list where the status says so; else something on the way has swallowed it.
        if head.status != 204 && bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(unreadable(call, head, "the answer is empty"));
        }
        let rows = wire::list(&wire::text(&bytes), decode).map_err(|why| unreadable(call, head, why))?;
        let page = Page {
            received: rows.items.len() + rows.skipped,
            items: rows.items,
            skipped: rows.skipped,
            limit,
            total: rows.total,
            more: rows.more,
            server_time: head.server_time,
        };
        Ok((page, rows.mended))
    }

    async fn window<D: Decode>(
        &self,
        read: Read,
        ids: PathIds<'_>,
        window: Window,
        decode: &D,
    ) -> Result<Page<D::Out>, Failure> {
        let call = self.call(read, ids, LIST_CAP)?;
        self.paged(read, call, window, decode).await.map(|(page, _)| page)
    }

    /// A page of a list whose documents name no paging: the first is asked for without any.
    async fn unpaged<D: Decode>(
        &self,
        read: Read,
        ids: PathIds<'_>,
        window: Window,
        decode: &D,
    ) -> Result<Page<D::Out>, Failure> {
        let call = self.call(read, ids, LIST_CAP)?;
        if window == Window::FIRST && self.contract().pages(read).is_none() {
            return self.list(read, &call, u32::MAX, decode).await.map(|(page, _)| page);
        }
        self.paged(read, call, window, decode).await.map(|(page, _)| page)
    }

    /// A page; where it is refused, once more with a small one, and with small ones from then on.
    async fn paged<D: Decode>(
        &self,
        read: Read,
        call: Call,
        window: Window,
        decode: &D,
    ) -> Result<(Page<D::Out>, bool), Failure> {
        let limit = window.limit.min(self.shared.page.load(Ordering::Relaxed)).max(1);
        let paging = self.paging(read);
        let sized = |limit: u32| {
            let mut query = call.query.clone();
            match paging {
                Paging::Offset => {
                    query.push(("limit", limit.to_string()));
                    query.push(("offset", window.offset.to_string()));
                }
                Paging::Pages => {
                    query.push(("page", (window.offset / u64::from(limit)).saturating_add(1).to_string()));
                    query.push(("quantity", limit.to_string()));
                }
            }
            let body = None;
            Call { path: call.path.clone(), query, body, key: None, ..call }
        };
        let page = self.list(read, &sized(limit), limit, decode).await;
        match page {
            Err(failure) if matches!(failure.status, Some(400 | 413 | 422)) && limit > SMALL_PAGE => {
                let page = self.list(read, &sized(SMALL_PAGE), SMALL_PAGE, decode).await?;
                self.shared.page.store(SMALL_PAGE, Ordering::Relaxed);
                Ok(page)
            }
            page => page,
        }
    }
}

/// The list of a feed.
pub fn feed_list(feed: Feed) -> Read {
    match feed {
        Feed::Cards => Read::CardTransactions,
        Feed::Accounts => Read::AccountTransactions,
    }
}

fn unreadable(call: &Call, head: ResponseHead, why: &str) -> Failure {
    let detail = format!("{}: {why}", call.endpoint.name);
    let failure = failure(FailureKind::Unreadable, call.endpoint.doing, &detail, Reached::Unknown);
    Failure { status: Some(head.status), ..failure }
}
