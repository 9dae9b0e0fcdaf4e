//! One request and its answer: credential, time limits, body limits, redirects, and what a failure means.
//!
//! Two HTTP clients stand behind it. Reads share kept-alive connections and may be asked again. An act gets a
//! connection of its own, so that no stale one can swallow it, and is sent once (M1); so does a read of card
//! data, because a connection that is kept keeps the buffer the answer was in. Both speak HTTP/1.1 only,
//! follow no redirect, know no proxy and never log. Knows endpoints; does not know what the bodies say.

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use super::answer::{
    Torn, clock, connect_kind, http_date, innermost, is_json, read_body, redirect_target, retry_after,
};
use super::endpoints::{Endpoint, Method, Read};
use super::jwt;
use super::pace::{self, Held, Pace, Priority};
use super::settings::{BaseUrl, Exchange, Roots, Settings};
use super::tls::{self, RootSource};
use super::wire;
use crate::domain::failure::{Failure, FailureKind, Reached};
use crate::domain::secret::Token;
use crate::domain::text::SafeText;

/// Largest list that is read, in decoded bytes (N3).
pub(super) const LIST_CAP: usize = 32 << 20;
/// Largest single record.
pub(super) const RECORD_CAP: usize = 1 << 20;
/// Largest answer that carries a card number; its buffer is allocated whole, so that no copy is left behind.
pub(super) const SECRET_CAP: usize = 64 << 10;
/// As much of an error body as is looked at.
const ERROR_CAP: usize = 64 << 10;
/// Idle connections that reads keep.
const KEPT: usize = 8;
const NO_SKEW: i64 = i64::MIN;

/// How the client proves who it is.
#[derive(Debug)]
pub enum Credential {
    /// Sent as `X-API-Token`, or as `Authorization: Bearer` when it is a JWT by its shape.
    Token(Token),
}

impl Credential {
    fn token(&self) -> &Token {
        let Credential::Token(token) = self;
        token
    }

    /// Name of the header it goes into, for `doctor`.
    pub fn header(&self) -> &'static str {
        if self.token().is_jwt() { "Authorization: Bearer" } else { "X-API-Token" }
    }

    fn to_header(&self) -> Result<(HeaderName, HeaderValue), Failure> {
        let token = self.token();
        let (name, text) = if token.is_jwt() {
            (AUTHORIZATION, Zeroizing::new(format!("Bearer {}", token.expose())))
        } else {
            (HeaderName::from_static("x-api-token"), Zeroizing::new(token.expose().to_owned()))
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            not_sent("connect", "the credential cannot stand in a header; it must be visible ASCII without spaces")
        })?;
        value.set_sensitive(true);
        Ok((name, value))
    }
}

/// A request, ready to be sent.
pub(super) struct Call {
    pub endpoint: &'static Endpoint,
    pub method: Method,
    /// Percent-encoded, from the first slash.
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<Zeroizing<String>>,
    pub cap: usize,
    /// Value of `Idempotency-Key`; only where the deployment documents it (M12).
    pub key: Option<String>,
    /// The answer holds card data: no compression, and nothing of an error body with digits is repeated.
    pub secret: bool,
}

/// The head of a 2xx answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub status: u16,
    pub server_time: Option<DateTime<Utc>>,
}

/// Requests so far, for the header and for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Handed to the network since the client was made, retries included.
    pub sent: u64,
    /// Waiting for their answer now.
    pub in_flight: usize,
}

/// A credential, and as what it is sent.
struct Pass {
    credential: Credential,
    name: HeaderName,
    value: HeaderValue,
}

impl Pass {
    fn new(credential: Credential) -> Result<Arc<Pass>, Failure> {
        let (name, value) = credential.to_header()?;
        Ok(Arc::new(Pass { credential, name, value }))
    }
}

/// What requests are sent with.
enum Slot {
    /// Nothing: a log in has no credential yet.
    Nothing,
    Held(Arc<Pass>),
    /// It was taken out (D8); nothing is sent until there is another.
    Dropped,
}

pub(super) struct Transport {
    pub base: BaseUrl,
    pub settings: Settings,
    pub pace: Pace,
    pub roots: RootSource,
    tls: rustls::ClientConfig,
    /// Replaced when the credential goes: a connection keeps the buffer its last request was written in.
    reads: RwLock<reqwest::Client>,
    acts: reqwest::Client,
    credential: RwLock<Slot>,
    sent: AtomicU64,
    in_flight: AtomicUsize,
    /// Server clock minus ours in milliseconds.
    skew: AtomicI64,
}

struct Trouble {
    failure: Failure,
    retry_after: Option<Duration>,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble { failure, retry_after: None }
    }
}

struct InFlight<'t>(&'t AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A failure before anything was sent.
pub(super) fn not_sent(doing: &'static str, why: &str) -> Failure {
    failure(FailureKind::NotSent, doing, why, Reached::NotSent)
}

pub(super) fn failure(kind: FailureKind, doing: &'static str, detail: &str, reached: Reached) -> Failure {
    Failure { kind, doing, status: None, detail: SafeText::prose(detail), fields: Vec::new(), reached }
}

/// The same kind of client without a credential, for what is not the API: deliveries that are sent on.
pub fn bare_client(https: bool, connect: Duration) -> Result<reqwest::Client, String> {
    let (tls, _) = tls::config(https, &Roots::Platform)?;
    http_client(https, connect, &tls, KEPT).map_err(|failure| failure.sentence())
}

impl Transport {
    pub fn new(settings: Settings, credential: Option<Credential>) -> Result<Transport, Failure> {
        let base = BaseUrl::parse(&settings.base_url).map_err(|why| not_sent("connect", why))?;
        let (tls, roots) = tls::config(base.is_https(), &settings.roots).map_err(|why| not_sent("connect", &why))?;
        let build = |idle| http_client(base.is_https(), settings.connect_timeout, &tls, idle);
        let (reads, acts) = (RwLock::new(build(KEPT)?), build(0)?);
        let credential = match credential {
            Some(credential) => Slot::Held(Pass::new(credential)?),
            None => Slot::Nothing,
        };
        Ok(Transport {
            base,
            settings,
            pace: Pace::new(),
            roots,
            tls,
            reads,
            acts,
            credential: RwLock::new(credential),
            sent: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            skew: AtomicI64::new(NO_SKEW),
        })
    }

    /// Name of the header the credential goes into; `None` while there is none.
    pub fn credential_header(&self) -> Option<&'static str> {
        self.pass().map(|pass| pass.credential.header())
    }

    pub fn token_ends(&self) -> Option<DateTime<Utc>> {
        jwt::expiry(self.pass()?.credential.token())
    }

    fn pass(&self) -> Option<Arc<Pass>> {
        match &*self.credential.read().unwrap_or_else(PoisonError::into_inner) {
            Slot::Held(pass) => Some(Arc::clone(pass)),
            Slot::Nothing | Slot::Dropped => None,
        }
    }

    /// Another credential from now on, or none at all.
    pub fn change_credential(&self, credential: Option<Credential>) -> Result<(), Failure> {
        let slot = credential.map_or(Ok(Slot::Dropped), |credential| Pass::new(credential).map(Slot::Held))?;
        if matches!(slot, Slot::Dropped) {
            let fresh = http_client(self.base.is_https(), self.settings.connect_timeout, &self.tls, KEPT)?;
            *self.reads.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        *self.credential.write().unwrap_or_else(PoisonError::into_inner) = slot;
        Ok(())
    }

    pub fn traffic(&self) -> Traffic {
        Traffic { sent: self.sent.load(Ordering::Relaxed), in_flight: self.in_flight.load(Ordering::Relaxed) }
    }

    pub fn skew(&self) -> Option<TimeDelta> {
        match self.skew.load(Ordering::Relaxed) {
            NO_SKEW => None,
            millis => Some(TimeDelta::milliseconds(millis)),
        }
    }

    /// Sends a read, and sends it again where that may help, all within the read time limit. The answer's
    /// body is left in `into`.
    pub async fn read(&self, read: Read, call: &Call, priority: Priority, into: &mut Vec<u8>) -> Result<Head, Failure> {
        debug_assert_eq!(read.endpoint().name, call.endpoint.name);
        let limit = self.settings.read_timeout;
        let started = Instant::now();
        for attempt in 1.. {
            let left = limit.saturating_sub(started.elapsed());
            let leave = self.pace.leave(priority, self.settings.patience.min(left)).await;
            let leave = leave.map_err(|held| self.held(call, held))?;
            let left = limit.saturating_sub(started.elapsed());
            let http = match call.secret {
                true => self.acts.clone(),
                false => self.reads.read().unwrap_or_else(PoisonError::into_inner).clone(),
            };
            let sent_with = self.pass();
            let outcome = self.once(&http, call, left, into).await;
            let Err(trouble) = &outcome else {
                self.pace.answered();
                return outcome.map_err(|trouble| trouble.failure);
            };
            let pause = self.note(trouble, attempt);
            drop(leave);
            let again = match trouble.failure.kind {
                FailureKind::RateLimited { .. } => true,
                // A time-out has used the time up; an address that does not exist will not by asking twice.
                FailureKind::Offline | FailureKind::Broken => true,
                FailureKind::Upstream => trouble.failure.status != Some(501),
                // The credential was changed while this was under way: the new one was not refused.
                FailureKind::Unauthorized => match (&sent_with, &self.pass()) {
                    (Some(then), Some(now)) => !Arc::ptr_eq(then, now),
                    _ => false,
                },
                _ => false,
            };
            let late = started.elapsed() + pause >= limit;
            if !again || late || attempt >= pace::ATTEMPTS || !self.pace.spend_retry() {
                return outcome.map_err(|trouble| trouble.failure);
            }
            sleep(pause).await;
        }
        Err(failure(FailureKind::TimedOut, call.endpoint.doing, "", Reached::NotSent))
    }

    /// Tells the pace what happened; answers how long to wait before asking again.
    fn note(&self, trouble: &Trouble, attempt: u32) -> Duration {
        let pause = pace::backoff(self.settings.backoff, attempt - 1);
        match trouble.failure.kind {
            FailureKind::RateLimited { .. } => {
                // The gate does the waiting, for every read alike.
                self.pace.limited(trouble.retry_after);
                pause
            }
            FailureKind::Offline
            | FailureKind::Dns
            | FailureKind::Tls
            | FailureKind::TimedOut
            | FailureKind::Broken
            | FailureKind::Upstream => {
                self.pace.failed(trouble.failure.kind);
                pause.max(trouble.retry_after.unwrap_or_default())
            }
            _ => {
                self.pace.answered();
                pause
            }
        }
    }

    fn held(&self, call: &Call, held: Held) -> Failure {
        let doing = call.endpoint.doing;
        match held {
            Held::Limited(wait) => {
                let until = TimeDelta::from_std(wait).ok().map(|wait| clock() + wait);
                failure(FailureKind::RateLimited { until }, doing, "", Reached::NotSent)
            }
            Held::Resting(wait, kind) => {
                let detail = format!("several calls in a row failed; the next try is in {} s", wait.as_secs() + 1);
                failure(kind, doing, &detail, Reached::NotSent)
            }
        }
    }

    /// Sends an act: one request on a connection of its own, whatever comes of it.
    pub async fn act(&self, call: &Call, into: &mut Vec<u8>) -> Result<Head, Failure> {
        if self.settings.read_only && call.endpoint.mutating {
            return Err(not_sent(call.endpoint.doing, "this session is read-only"));
        }
        let outcome = self.once(&self.acts, call, self.settings.act_timeout, into).await;
        outcome.map_err(|trouble| {
            if matches!(trouble.failure.kind, FailureKind::RateLimited { .. }) {
                self.pace.limited(trouble.retry_after);
            }
            trouble.failure
        })
    }

    async fn once(
        &self,
        http: &reqwest::Client,
        call: &Call,
        limit: Duration,
        into: &mut Vec<u8>,
    ) -> Result<Head, Trouble> {
        let began = Instant::now();
        let outcome = self.send(http, call, limit, into).await;
        if let Some(log) = self.settings.log {
            let (status, failed) = match &outcome {
                Ok(head) => (Some(head.status), None),
                Err(trouble) => (trouble.failure.status, Some(trouble.failure.kind)),
            };
            let (method, path) = (call.method.as_str(), call.endpoint.path);
            log(&Exchange { method, path, status, failed, took: began.elapsed() });
        }
        outcome
    }

    async fn send(
        &self,
        http: &reqwest::Client,
        call: &Call,
        limit: Duration,
        into: &mut Vec<u8>,
    ) -> Result<Head, Trouble> {
        into.clear();
        let request = self.request(http, call, limit)?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        let _in_flight = InFlight(&self.in_flight);
        let mut response = http.execute(request).await.map_err(|why| self.broken(call, &why))?;
        let status = response.status().as_u16();
        let server_time = self.note_date(response.headers());
        let head = Head { status, server_time };
        if !(200..300).contains(&status) {
            // The status decides; a body that cannot be read takes nothing away from it.
            let _ = read_body(&mut response, ERROR_CAP, into).await;
            return Err(self.refused(call, head, response.headers(), into));
        }
        match read_body(&mut response, call.cap, into).await {
            Ok(()) => {}
            Err(Torn::TooLarge) => {
                let detail = format!("more than {} KiB", call.cap >> 10);
                let failure = failure(FailureKind::TooLarge, call.endpoint.doing, &detail, Reached::Unknown);
                return Err(Failure { status: Some(status), ..failure }.into());
            }
            Err(Torn::Broken(why)) => {
                let failure = self.broken(call, &why);
                // Headers had come: however the body broke, the request was there.
                return Err(Failure { status: Some(status), reached: Reached::Unknown, ..failure }.into());
            }
        }
        if let Err(what) = is_json(response.headers(), into) {
            let detail = format!("{}: {what}", call.endpoint.name);
            let failure = failure(FailureKind::Unreadable, call.endpoint.doing, &detail, Reached::Unknown);
            return Err(Failure { status: Some(status), ..failure }.into());
        }
        Ok(head)
    }

    fn request(&self, http: &reqwest::Client, call: &Call, limit: Duration) -> Result<reqwest::Request, Failure> {
        let method = match call.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = http
            .request(method, format!("{}{}", self.base.as_str(), call.path))
            .timeout(limit)
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        match &*self.credential.read().unwrap_or_else(PoisonError::into_inner) {
            Slot::Held(pass) => request = request.header(pass.name.clone(), pass.value.clone()),
            Slot::Nothing => {}
            Slot::Dropped => return Err(not_sent(call.endpoint.doing, "the dashboard is locked")),
        }
        if call.secret {
            request = request.header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if let Some(key) = &call.key {
            request = request.header(HeaderName::from_static("idempotency-key"), key);
        }
        if let Some(body) = &call.body {
            let json = HeaderValue::from_static("application/json");
            request = request.header(CONTENT_TYPE, json).body(body.as_bytes().to_vec());
        }
        request.build().map_err(|why| not_sent(call.endpoint.doing, &innermost(&why)))
    }

    /// Table 5.2, its upper half: no whole answer came.
    fn broken(&self, call: &Call, why: &reqwest::Error) -> Failure {
        let (kind, reached) = if why.is_builder() {
            (FailureKind::NotSent, Reached::NotSent)
        } else if why.is_connect() {
            (connect_kind(why), Reached::NotSent)
        } else if why.is_timeout() {
            (FailureKind::TimedOut, Reached::Unknown)
        } else {
            (FailureKind::Broken, Reached::Unknown)
        };
        let detail = match kind {
            FailureKind::TimedOut => String::new(),
            _ => self.scrub(&innermost(why)),
        };
        failure(kind, call.endpoint.doing, &detail, reached)
    }

    /// Table 5.2, its lower half: an answer that is not 2xx.
    fn refused(&self, call: &Call, head: Head, headers: &HeaderMap, body: &[u8]) -> Trouble {
        let status = head.status;
        let retry_after = retry_after(headers, head.server_time);
        let reached = match status {
            400..=406 | 410 | 411 | 413..=415 | 422 | 428 | 429 | 431 => Reached::Refused,
            _ => Reached::Unknown,
        };
        let kind = match status {
            300..=399 => FailureKind::Redirected,
            401 => FailureKind::Unauthorized,
            403 => FailureKind::Forbidden,
            404 | 410 => FailureKind::NotFound,
            405 | 501 if call.endpoint.mutating => FailureKind::NotOffered,
            408 => FailureKind::TimedOut,
            425 | 500..=599 => FailureKind::Upstream,
            429 => {
                let wait = retry_after.map(|wait| wait.min(pace::LONGEST_GATE));
                FailureKind::RateLimited {
                    until: wait.and_then(|wait| TimeDelta::from_std(wait).ok()).map(|wait| clock() + wait),
                }
            }
            400..=499 => FailureKind::Refused,
            _ => FailureKind::Unreadable,
        };
        let text = Zeroizing::new(self.scrub(&String::from_utf8_lossy(body)));
        let mut said = wire::errors::read(&text, call.secret);
        if kind == FailureKind::Redirected {
            said.detail = redirect_target(headers);
        }
        let failure = Failure {
            kind,
            doing: call.endpoint.doing,
            status: Some(status),
            detail: said.detail,
            fields: said.fields,
            reached,
        };
        Trouble { failure, retry_after }
    }

    /// Takes the credential out of what others say, should they repeat it (S1).
    fn scrub(&self, text: &str) -> String {
        match self.pass() {
            Some(pass) if text.contains(pass.credential.token().expose()) => {
                text.replace(pass.credential.token().expose(), "••••")
            }
            _ => text.to_owned(),
        }
    }

    fn note_date(&self, headers: &HeaderMap) -> Option<DateTime<Utc>> {
        let date = http_date(headers.get(DATE)?.to_str().ok()?)?;
        self.skew.store((date - clock()).num_milliseconds(), Ordering::Relaxed);
        Some(date)
    }
}

/// Connections to one API; at most so many are kept when they are idle.
fn http_client(
    https: bool,
    connect: Duration,
    tls: &rustls::ClientConfig,
    kept: usize,
) -> Result<reqwest::Client, Failure> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .http1_only()
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .https_only(https)
        .connect_timeout(connect)
        .pool_max_idle_per_host(kept)
        .pool_idle_timeout(Duration::from_secs(30))
        .user_agent(concat!("fourpay/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|why| not_sent("connect", &innermost(&why)))
}
