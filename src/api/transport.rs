//! One request and its answer: credential, time limits, redirects, retries, and what a failure means.
//!
//! Stands above a [`Sender`], which only carries: the program's own one, or a simulation's. Reads may be asked
//! again; an act is sent once (M1). Knows endpoints; does not know what the bodies say.

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, DATE};
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

use super::answer::{Wanted, as_template, http_date, is_json, is_refusal, redirect_target, retry_after, wanted};
use super::endpoints::{Endpoint, Method, Read};
use super::http::Http;
use super::jwt;
use super::sender::{Answer, Deadline, HeaderMap, HeaderName, HeaderValue, Purpose, Request, SendError, Sender};
use super::settings::{Auth, BaseUrl, Exchange, Settings, parse_override};
use super::throttle::{self, Held, Priority, Throttle};
use super::tls::RootSource;
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
/// As much of an error body as is looked at; of an act's, which decides, as much as of its answer.
const ERROR_CAP: usize = 64 << 10;
const NO_SKEW: i64 = i64::MIN;

/// How the client proves who it is.
#[derive(Debug)]
pub enum Credential {
    /// Sent as `X-API-Token`.
    Token(Token),
    /// Sent as `Authorization: Bearer`.
    Bearer(Token),
}

/// Name of the header that a token goes into by itself.
pub(super) const TOKEN_HEADER: &str = "X-API-Token";

impl Credential {
    /// A token for the header that the settings name; where they name none, a JWT by its shape is a bearer.
    pub(super) fn new(token: Token, auth: Auth) -> Credential {
        match auth {
            Auth::Bearer => Credential::Bearer(token),
            Auth::Auto if token.is_jwt() => Credential::Bearer(token),
            Auth::Auto | Auth::Token => Credential::Token(token),
        }
    }

    fn token(&self) -> &Token {
        let (Credential::Token(token) | Credential::Bearer(token)) = self;
        token
    }

    /// Name of the header it goes into, for `doctor`.
    pub fn header(&self) -> &'static str {
        match self {
            Credential::Token(_) => TOKEN_HEADER,
            Credential::Bearer(_) => "Authorization: Bearer",
        }
    }

    fn to_header(&self) -> Result<(HeaderName, HeaderValue), Failure> {
        let token = self.token();
        let (name, text) = if matches!(self, Credential::Bearer(_)) {
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

/// What an act needs beside its call.
pub(super) struct Once<'a> {
    /// The path of the call with the names of its ids in it.
    pub template: &'a str,
    /// Boot time at which it was written down as sent.
    pub sent_at: Option<Duration>,
}

/// The head of a 2xx answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResponseHead {
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
struct AuthHeader {
    credential: Credential,
    name: HeaderName,
    value: HeaderValue,
}

impl AuthHeader {
    fn new(credential: Credential) -> Result<Arc<AuthHeader>, Failure> {
        let (name, value) = credential.to_header()?;
        Ok(Arc::new(AuthHeader { credential, name, value }))
    }
}

/// What requests are sent with.
enum Slot {
    /// Nothing: a log in has no credential yet.
    Nothing,
    Held(Arc<AuthHeader>),
    /// It was taken out (D8); nothing is sent until there is another.
    Dropped,
}

pub(super) struct Transport {
    pub base: BaseUrl,
    pub settings: Settings,
    pub throttle: Throttle,
    /// `Unused` where another sender than the program's own carries.
    pub roots: RootSource,
    sender: Arc<dyn Sender>,
    credential: RwLock<Slot>,
    sent: AtomicU64,
    in_flight: AtomicUsize,
    /// Server clock minus ours in milliseconds.
    skew: AtomicI64,
}

struct TransportError {
    failure: Failure,
    retry_after: Option<Duration>,
}

impl From<Failure> for TransportError {
    fn from(failure: Failure) -> TransportError {
        TransportError { failure, retry_after: None }
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

impl Transport {
    /// Without a sender it is the program's own, which speaks HTTP.
    pub fn new(
        settings: Settings,
        credential: Option<Credential>,
        sender: Option<Arc<dyn Sender>>,
    ) -> Result<Transport, Failure> {
        let base = BaseUrl::parse(&settings.base_url).map_err(|why| not_sent("connect", why))?;
        let (sender, roots) = match sender {
            Some(sender) => (sender, RootSource::Unused),
            None => {
                let http = Http::new(base.is_https(), settings.connect_timeout, &settings.roots);
                let (http, roots) = http.map_err(|why| not_sent("connect", &why))?;
                (Arc::new(http) as Arc<dyn Sender>, roots)
            }
        };
        let credential = match credential {
            Some(credential) => Slot::Held(AuthHeader::new(credential)?),
            None => Slot::Nothing,
        };
        Ok(Transport {
            base,
            throttle: Throttle::new(settings.clock),
            settings,
            roots,
            sender,
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

    fn pass(&self) -> Option<Arc<AuthHeader>> {
        match &*self.credential.read().unwrap_or_else(PoisonError::into_inner) {
            Slot::Held(pass) => Some(Arc::clone(pass)),
            Slot::Nothing | Slot::Dropped => None,
        }
    }

    /// Whether requests are sent with a credential: not before a log in, and not behind the lock.
    pub fn has_credential(&self) -> bool {
        self.pass().is_some()
    }

    /// Another credential from now on, or none at all.
    pub fn change_credential(&self, credential: Option<Credential>) -> Result<(), Failure> {
        let slot = credential.map_or(Ok(Slot::Dropped), |credential| AuthHeader::new(credential).map(Slot::Held))?;
        if matches!(slot, Slot::Dropped) {
            self.sender.forget().map_err(|why| not_sent("connect", &why))?;
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
    pub async fn read(
        &self,
        read: Read,
        call: &Call,
        priority: Priority,
        into: &mut Vec<u8>,
    ) -> Result<ResponseHead, Failure> {
        debug_assert_eq!(read.endpoint().name, call.endpoint.name);
        let limit = self.settings.read_timeout;
        let started = Instant::now();
        for attempt in 1.. {
            let left = limit.saturating_sub(started.elapsed());
            let leave = self.throttle.leave(priority, self.settings.patience.min(left)).await;
            let leave = leave.map_err(|held| self.held(call, held))?;
            let left = limit.saturating_sub(started.elapsed());
            let sent_with = self.pass();
            let outcome = self.once(call, None, left, into).await;
            let Err(trouble) = &outcome else {
                self.throttle.answered();
                return outcome.map_err(|trouble| trouble.failure);
            };
            let pause = self.note(trouble, attempt);
            drop(leave);
            // The credential was changed while this was under way: the new one was not refused.
            let is_of_another = trouble.failure.kind == FailureKind::Unauthorized
                && matches!((&sent_with, &self.pass()), (Some(then), Some(now)) if !Arc::ptr_eq(then, now));
            let again = match trouble.failure.kind {
                FailureKind::RateLimited { .. } => true,
                // A time-out has used the time up; an address that does not exist will not by asking twice.
                FailureKind::Offline | FailureKind::Broken => true,
                FailureKind::Upstream => trouble.failure.status != Some(501),
                FailureKind::Unauthorized => is_of_another,
                _ => false,
            };
            let late = started.elapsed() + pause >= limit;
            if !again || late || attempt >= throttle::ATTEMPTS || !self.throttle.spend_retry() {
                return outcome.map_err(|trouble| match is_of_another {
                    true => {
                        let why = "the credential was changed while the answer was on its way";
                        failure(FailureKind::Broken, call.endpoint.doing, why, trouble.failure.reached)
                    }
                    false => trouble.failure,
                });
            }
            sleep(pause).await;
        }
        Err(failure(FailureKind::TimedOut, call.endpoint.doing, "", Reached::NotSent))
    }

    /// Tells the pace what happened; answers how long to wait before asking again.
    fn note(&self, trouble: &TransportError, attempt: u32) -> Duration {
        let pause = self.throttle.backoff(self.settings.backoff, attempt - 1);
        match trouble.failure.kind {
            FailureKind::RateLimited { .. } => {
                // The gate does the waiting, for every read alike.
                self.throttle.limited(trouble.retry_after);
                pause
            }
            FailureKind::Offline
            | FailureKind::Dns
            | FailureKind::Tls
            | FailureKind::TimedOut
            | FailureKind::Broken
            | FailureKind::Upstream => {
                self.throttle.failed(trouble.failure.kind);
                pause.max(trouble.retry_after.unwrap_or_default())
            }
            _ => {
                self.throttle.answered();
                pause
            }
        }
    }

    fn held(&self, call: &Call, held: Held) -> Failure {
        let doing = call.endpoint.doing;
        match held {
            Held::Limited(wait) => {
                let until = TimeDelta::from_std(wait).ok().map(|wait| self.now() + wait);
                failure(FailureKind::RateLimited { until }, doing, "", Reached::NotSent)
            }
            Held::Resting(wait, kind) => {
                let detail = format!("several calls in a row failed; the next try is in {} s", wait.as_secs() + 1);
                failure(kind, doing, &detail, Reached::NotSent)
            }
        }
    }

    /// Sends an act: one request on a connection of its own, whatever comes of it.
    pub async fn act(&self, call: &Call, once: Once<'_>, into: &mut Vec<u8>) -> Result<ResponseHead, Failure> {
        if self.settings.read_only && call.endpoint.mutating {
            return Err(not_sent(call.endpoint.doing, "this session is read-only"));
        }
        let outcome = self.once(call, Some(&once), self.settings.act_timeout, into).await;
        outcome.map_err(|trouble| {
            if matches!(trouble.failure.kind, FailureKind::RateLimited { .. }) {
                self.throttle.limited(trouble.retry_after);
            }
            trouble.failure
        })
    }

    async fn once(
        &self,
        call: &Call,
        once: Option<&Once<'_>>,
        limit: Duration,
        into: &mut Vec<u8>,
    ) -> Result<ResponseHead, TransportError> {
        let began = Instant::now();
        let outcome = self.send(call, once, limit, into).await;
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

    /// One request; `once` is there for an act.
    async fn send(
        &self,
        call: &Call,
        once: Option<&Once<'_>>,
        limit: Duration,
        into: &mut Vec<u8>,
    ) -> Result<ResponseHead, TransportError> {
        let headers = self.headers(call)?;
        let target = target(call);
        let purpose = match (once, call.secret) {
            (Some(_), _) => Purpose::Act,
            (None, true) => Purpose::SecretRead,
            (None, false) => Purpose::Read,
        };
        let request = Request {
            purpose,
            endpoint: call.endpoint,
            method: call.method,
            base: &self.base,
            target: &target,
            headers: &headers,
            body: call.body.as_ref().map(|body| body.as_str()),
            deadline: once.filter(|_| call.endpoint.mutating).map(|once| {
                let clock = self.settings.clock;
                Deadline::new(once.sent_at.unwrap_or_else(|| clock.boot()), clock)
            }),
        };
        request.may_go().map_err(|late| self.broken(call, SendError::Late(late)))?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        let _in_flight = InFlight(&self.in_flight);
        let of_error = if once.is_some() { call.cap.max(ERROR_CAP) } else { ERROR_CAP };
        let mut answer = Answer::new(into, call.cap, of_error);
        // Given up or not: what has arrived by then stands in the answer.
        let ended = timeout(limit, self.sender.send(&request, &mut answer)).await;
        let ended = ended.unwrap_or(Err(SendError::TimedOut));
        let Some((status, headers)) = answer.into_head() else {
            let why = ended.err().unwrap_or_else(|| SendError::Broken("it ended without an answer".to_owned()));
            return Err(self.broken(call, why).into());
        };
        let head = ResponseHead { status, server_time: self.note_date(&headers) };
        if !(200..300).contains(&status) {
            // The status decides; a body that cannot be read takes nothing away from it but its words.
            return Err(self.refused(call, once, head, &headers, ended.is_ok().then_some(into)));
        }
        match ended {
            Ok(()) => {}
            Err(SendError::TooLarge) => {
                let detail = format!("more than {} KiB", call.cap >> 10);
                let failure = failure(FailureKind::TooLarge, call.endpoint.doing, &detail, Reached::Unknown);
                return Err(Failure { status: Some(status), ..failure }.into());
            }
            Err(why) => {
                let failure = self.broken(call, why);
                // Headers had come: however the body broke, the request was there.
                return Err(Failure { status: Some(status), reached: Reached::Unknown, ..failure }.into());
            }
        }
        if let Err(what) = is_json(&headers, into) {
            let detail = format!("{}: {what}", call.endpoint.name);
            let failure = failure(FailureKind::Unreadable, call.endpoint.doing, &detail, Reached::Unknown);
            return Err(Failure { status: Some(status), ..failure }.into());
        }
        Ok(head)
    }

    fn headers(&self, call: &Call) -> Result<HeaderMap, Failure> {
        let json = HeaderValue::from_static("application/json");
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, json.clone());
        match &*self.credential.read().unwrap_or_else(PoisonError::into_inner) {
            Slot::Held(pass) => drop(headers.insert(pass.name.clone(), pass.value.clone())),
            Slot::Nothing => {}
            Slot::Dropped => return Err(not_sent(call.endpoint.doing, "the dashboard is locked")),
        }
        if call.secret {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if let Some(key) = &call.key {
            let key = HeaderValue::from_str(key);
            let key = key.map_err(|_| not_sent(call.endpoint.doing, "its idempotency key cannot stand in a header"))?;
            headers.insert(HeaderName::from_static("idempotency-key"), key);
        }
        if call.body.is_some() {
            headers.insert(CONTENT_TYPE, json);
        }
        Ok(headers)
    }

    /// Table 5.2, its upper half: no whole answer came.
    fn broken(&self, call: &Call, why: SendError) -> Failure {
        let reached = why.reached();
        let (kind, detail) = match why {
            SendError::NotConnected { kind: FailureKind::TimedOut, .. } | SendError::TimedOut => {
                (FailureKind::TimedOut, String::new())
            }
            SendError::NotConnected { kind, detail } => (kind, self.scrub(&detail)),
            SendError::Late(late) => (FailureKind::NotSent, late.to_string()),
            SendError::Broken(detail) => (FailureKind::Broken, self.scrub(&detail)),
            SendError::TooLarge => (FailureKind::TooLarge, String::new()),
        };
        failure(kind, call.endpoint.doing, &detail, reached)
    }

    /// Table 5.2, its lower half: an answer that is not 2xx.
    fn refused(
        &self,
        call: &Call,
        once: Option<&Once<'_>>,
        head: ResponseHead,
        headers: &HeaderMap,
        body: Option<&mut Vec<u8>>,
    ) -> TransportError {
        let status = head.status;
        let retry_after = retry_after(headers, head.server_time.unwrap_or_else(|| self.now()));
        let act = once.filter(|_| call.endpoint.mutating);
        let reached = match (status, act) {
            // Nobody followed it, and what would have done it is elsewhere.
            (307 | 308, Some(_)) => Reached::Refused,
            // The status alone may be that of something in between, which does not know whether it was done.
            (400..=406 | 410 | 411 | 413..=415 | 422 | 428 | 431, Some(_)) => match &body {
                Some(body) if is_refusal(headers, body) => Reached::Refused,
                _ => Reached::Unknown,
            },
            (400..=406 | 410 | 411 | 413..=415 | 422 | 428 | 429 | 431, None) => Reached::Refused,
            _ => Reached::Unknown,
        };
        let body = body.map(|body| body.as_slice()).unwrap_or_default();
        let kind = match status {
            300..=399 => FailureKind::Redirected,
            401 => FailureKind::Unauthorized,
            403 => FailureKind::Forbidden,
            404 | 410 => FailureKind::NotFound,
            405 | 501 if call.endpoint.mutating => FailureKind::NotOffered,
            408 => FailureKind::TimedOut,
            425 | 500..=599 => FailureKind::Upstream,
            429 => {
                let wait = retry_after.map(|wait| wait.min(throttle::LONGEST_GATE));
                FailureKind::RateLimited {
                    until: wait.and_then(|wait| TimeDelta::from_std(wait).ok()).map(|wait| self.now() + wait),
                }
            }
            400..=499 => FailureKind::Refused,
            _ => FailureKind::Unreadable,
        };
        let text = Zeroizing::new(self.scrub(&String::from_utf8_lossy(body)));
        let mut said = wire::errors::read(&text, call.secret);
        if kind == FailureKind::Redirected {
            said.detail = match act.filter(|_| matches!(status, 307 | 308)) {
                Some(act) => self.not_followed(call, act, headers),
                None => redirect_target(headers, &self.base.path_of(&call.path)),
            };
        }
        let failure = Failure {
            kind,
            doing: call.endpoint.doing,
            status: Some(status),
            detail: said.detail,
            fields: said.fields,
            reached,
        };
        TransportError { failure, retry_after }
    }

    /// Where an act should have gone instead, and what would send it there from now on.
    fn not_followed(&self, call: &Call, act: &Once<'_>, headers: &HeaderMap) -> SafeText {
        // No path of the API is as long; the setting after it must be whole.
        let shown = |path: &str| SafeText::new(path, 160);
        SafeText::prose(&match wanted(headers, &self.base, &call.path) {
            Wanted::Path(path) if path == call.path => "nothing was done; it names the same path".to_owned(),
            Wanted::Path(path) => {
                let setting = as_template(&path, &call.path, act.template);
                let setting = match call.method == call.endpoint.method {
                    true => setting,
                    false => format!("{} {setting}", call.method.as_str()),
                };
                let fits = parse_override(&setting, call.endpoint.method).is_ok() && setting.len() <= 160;
                let (name, path) = (call.endpoint.name, shown(&path));
                match fits {
                    true => format!("nothing was done; it wants {path}: set {name} = \"{setting}\" under [paths]"),
                    false => format!("nothing was done; it wants {path}: set {name} under [paths]"),
                }
            }
            Wanted::Outside(path) => {
                format!("nothing was done; it wants {}, which is not below the base URL: set base_url", shown(&path))
            }
            Wanted::Elsewhere(host) => format!("nothing was done; it points to {}: set base_url", shown(&host)),
            Wanted::Nowhere => "nothing was done; it did not say where to".to_owned(),
        })
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

    fn now(&self) -> DateTime<Utc> {
        self.settings.clock.wall()
    }

    fn note_date(&self, headers: &HeaderMap) -> Option<DateTime<Utc>> {
        let date = http_date(headers.get(DATE)?.to_str().ok()?)?;
        self.skew.store((date - self.now()).num_milliseconds(), Ordering::Relaxed);
        Some(date)
    }
}

/// Path and query, percent-encoded.
fn target(call: &Call) -> String {
    if call.query.is_empty() {
        return call.path.clone();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&call.query).finish();
    format!("{}?{query}", call.path)
}
