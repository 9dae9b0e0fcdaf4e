//! The seam below the client: one request in, the head of an answer and its body out, or why there is none.
//!
//! [`super::transport`] decides everything above it: credential, time limits, retries, the gate and the breaker, and
//! what an answer means. A [`Sender`] only carries. The program's own one speaks HTTP; a simulation brings another.
//!
//! ```text
//!   transport ── Request ──▶ Sender ── connection stands ── Request::may_go ──▶ first byte
//!       ▲                      │
//!       └─ Answer, filled as it comes: what has arrived is there even when the call is given up
//! ```

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::endpoints::{Endpoint, Method};
use super::settings::BaseUrl;
use crate::clock::Clock;
use crate::domain::failure::{FailureKind, Reached};

/// An act that is held up for longer between the journal and its first byte is not sent any more.
pub const LONGEST_HOLD_UP: Duration = Duration::from_secs(10);

/// The work of one [`Sender::send`].
pub type Sending<'s> = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send + 's>>;

/// Carries one request to the API and one answer back.
pub trait Sender: Send + Sync + 'static {
    /// Sends the request once, never again, and fills `answer` as it comes: [`Answer::begin`] when the head is there,
    /// then [`Answer::push`] for each piece of the body. `Ok` is said when the body has ended.
    ///
    /// Must:
    /// * ask [`Request::may_go`] when the connection stands, before the first byte, and send nothing if it says no;
    /// * follow no redirect;
    /// * give an act and a read of card data a connection of their own, which nothing else uses before or after;
    /// * keep no copy of headers or bodies;
    /// * end the request when the future is dropped: that is how time limits work.
    fn send<'s>(&'s self, request: &'s Request<'_>, answer: &'s mut Answer<'_>) -> Sending<'s>;

    /// Closes the connections that are kept: the credential was taken out, and they hold what was sent (D8). The error
    /// is a sentence.
    fn forget(&self) -> Result<(), String> {
        Ok(())
    }
}

/// What a request is for, as far as it changes how it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// May share a kept-alive connection.
    Read,
    /// The answer holds card data: a connection of its own, and no compression.
    SecretRead,
    /// Changes something, or logs in: a connection of its own.
    Act,
}

/// One request, whole.
pub struct Request<'r> {
    pub purpose: Purpose,
    /// Its entry in the table of endpoints: the path there is a template.
    pub endpoint: &'static Endpoint,
    pub method: Method,
    pub base: &'r BaseUrl,
    /// Path and query after the base URL, percent-encoded: `/api/v2/accounts?limit=10`.
    pub target: &'r str,
    /// The credential among them, marked as sensitive.
    pub headers: &'r HeaderMap,
    pub body: Option<&'r str>,
    /// Until when it may leave; acts only.
    pub deadline: Option<Deadline>,
}

impl Request<'_> {
    /// Base URL and target.
    pub fn url(&self) -> String {
        format!("{}{}", self.base.as_str(), self.target)
    }

    /// Whether its first byte may leave now. To be asked when the connection stands, TLS included.
    pub fn may_go(&self) -> Result<(), Late> {
        self.deadline.as_ref().map_or(Ok(()), Deadline::check)
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method.as_str(), self.endpoint.path)
    }
}

/// The end of the time in which an act that was written down as sent may leave, in boot time: suspends count.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    since: Duration,
    clock: &'static dyn Clock,
}

impl Deadline {
    /// Of an act that was written down at this boot time.
    pub fn new(since: Duration, clock: &'static dyn Clock) -> Deadline {
        Deadline { since, clock }
    }

    /// Whether there is still time.
    pub fn check(&self) -> Result<(), Late> {
        let held_up = self.clock.boot().saturating_sub(self.since);
        if held_up > LONGEST_HOLD_UP { Err(Late { held_up }) } else { Ok(()) }
    }
}

/// An act that was held up for too long; nothing of it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late {
    /// Between the journal and the connection.
    pub held_up: Duration,
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the computer slept or was held up for {} s", self.held_up.as_secs())
    }
}

impl Error for Late {}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// Certain: no connection came to stand, or the request could not be made. `kind` is one of `Offline`, `Dns`,
    /// `Tls`, `TimedOut` (while connecting) and `NotSent`.
    NotConnected { kind: FailureKind, detail: String },
    /// Certain: the connection stood, and [`Request::may_go`] said no.
    Late(Late),
    /// The connection stood and broke: anything may have arrived.
    Broken(String),
    /// The connection stood and the system gave it up: anything may have arrived.
    TimedOut,
    /// The body is larger than what is read; told by [`Answer`].
    TooLarge,
}

impl SendError {
    /// How far the request can have come.
    pub fn reached(&self) -> Reached {
        match self {
            SendError::NotConnected { .. } | SendError::Late(_) => Reached::NotSent,
            SendError::Broken(_) | SendError::TimedOut | SendError::TooLarge => Reached::Unknown,
        }
    }
}

/// An answer as it comes. The body goes into a buffer of who asked, which is never made larger than its limit.
pub struct Answer<'b> {
    head: Option<(u16, HeaderMap)>,
    body: &'b mut Vec<u8>,
    /// Most bytes of the body of a 2xx answer, and of any other.
    limits: (usize, usize),
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({:?}, {} bytes)", self.status(), self.body.len())
    }
}

impl<'b> Answer<'b> {
    /// Nothing has come yet. `most` bytes are read of a 2xx answer, `of_error` of any other.
    pub fn new(body: &'b mut Vec<u8>, most: usize, of_error: usize) -> Answer<'b> {
        body.clear();
        Answer { head: None, body, limits: (most, of_error) }
    }

    /// The head has come. Refuses an announced length that is beyond the limit.
    pub fn begin(&mut self, status: u16, headers: HeaderMap) -> Result<(), SendError> {
        let length = headers.get(reqwest::header::CONTENT_LENGTH).and_then(|text| text.to_str().ok());
        let length: Option<u64> = length.and_then(|text| text.trim().parse().ok());
        self.head = Some((status, headers));
        if length.is_some_and(|length| length > self.limit() as u64) { Err(SendError::TooLarge) } else { Ok(()) }
    }

    /// The next piece of the body has come, decompressed. Refuses one that goes beyond the limit.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), SendError> {
        if self.body.len() + piece.len() > self.limit() {
            return Err(SendError::TooLarge);
        }
        self.body.extend_from_slice(piece);
        Ok(())
    }

    /// The status, when the head has come.
    pub fn status(&self) -> Option<u16> {
        self.head.as_ref().map(|(status, _)| *status)
    }

    fn limit(&self) -> usize {
        match self.status() {
            Some(200..=299) => self.limits.0,
            _ => self.limits.1,
        }
    }

    /// The head, when it has come.
    pub(super) fn into_head(self) -> Option<(u16, HeaderMap)> {
        self.head
    }
}
