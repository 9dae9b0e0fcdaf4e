//! Making the server misbehave on purpose, once or often, at one endpoint or everywhere.
//!
//! A rule waits for requests that fit it, lets some pass, spoils some, and is spent. Knows nothing of what
//! an endpoint does: it stands between the connection and the routes. Nothing the dashboard is normally
//! started with reaches it.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::Response;
use futures_util::stream;
use serde::Deserialize;

use super::answer::{Problem, raw};
use super::routes::ENDPOINTS;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// The act is done, and the connection ends without an answer.
    ExecuteThenDrop,
    /// The act is done, and no answer ever comes.
    ExecuteThenHang,
    DropBefore,
    HangBefore,
    /// This answer instead, without doing anything.
    Status {
        code: u16,
        #[serde(default)]
        body: String,
    },
    /// The act is done, and this is answered.
    ExecuteThenStatus {
        code: u16,
        #[serde(default)]
        body: String,
    },
    /// 429 with `Retry-After` in seconds.
    TooMany {
        retry_after: u32,
    },
    /// The right answer, so much later.
    Delay {
        ms: u64,
    },
    /// The right answer, a byte every so many milliseconds.
    Trickle {
        ms: u64,
    },
    /// The right answer with its full length announced and its second half missing.
    Truncated,
    /// 200 with something that is no JSON.
    Garbage,
    /// A proxy's HTML page with status 502, before or after the act.
    BadGateway {
        #[serde(default)]
        executed: bool,
    },
    /// 200 with a list of so many mebibytes.
    Huge {
        mib: usize,
    },
    /// 307 to somewhere else.
    Redirect {
        to: String,
    },
    /// 401, as if the token had expired.
    Expired,
    /// The right answer of a deployment that knows no filters: of the question only the page is heard.
    Unfiltered,
    /// The right answer, with a `Date` so many seconds off.
    SkewedDate {
        seconds: i64,
    },
}

/// What a rule names for deliveries that are sent, which are no endpoint: tries of them go wrong, not requests.
pub const DELIVERY: &str = "webhook_delivery";

/// Where and how often something goes wrong.
#[derive(Clone, Debug, Deserialize)]
pub struct Rule {
    /// The name of an endpoint of [`ENDPOINTS`], `*` for all of them, or [`DELIVERY`].
    #[serde(default)]
    endpoint: Option<String>,
    #[serde(default)]
    method: Option<String>,
    /// A path; a segment in braces stands for any.
    #[serde(default)]
    path: Option<String>,
    /// Requests let through first.
    #[serde(default)]
    skip: u32,
    /// Requests spoiled then.
    #[serde(default = "once")]
    count: u32,
    what: Fault,
}

fn once() -> u32 {
    1
}

impl Rule {
    /// The next request to this endpoint goes wrong.
    pub fn next(endpoint: &str, what: Fault) -> Rule {
        Rule { endpoint: Some(endpoint.to_owned()), method: None, path: None, skip: 0, count: 1, what }
    }

    /// The next request with this method and path (a segment in braces stands for any) goes wrong.
    pub fn at(method: &str, path: &str, what: Fault) -> Rule {
        let (method, path) = (Some(method.to_owned()), Some(path.to_owned()));
        Rule { endpoint: None, method, path, skip: 0, count: 1, what }
    }

    /// Lets so many pass first.
    pub fn after(self, skip: u32) -> Rule {
        Rule { skip, ..self }
    }

    /// So many times.
    pub fn times(self, count: u32) -> Rule {
        Rule { count, ..self }
    }

    /// Until it is cleared.
    pub fn always(self) -> Rule {
        self.times(u32::MAX)
    }

    /// Whether it can go wrong there at all.
    pub fn check(&self) -> Result<(), &'static str> {
        let sent = matches!(
            self.what,
            Fault::Status { .. }
                | Fault::ExecuteThenStatus { .. }
                | Fault::BadGateway { .. }
                | Fault::DropBefore
                | Fault::HangBefore
                | Fault::ExecuteThenDrop
                | Fault::ExecuteThenHang
                | Fault::Delay { .. }
        );
        match self.is_delivery() && !sent {
            true => Err("a delivery cannot go wrong in this way"),
            false => Ok(()),
        }
    }

    fn is_delivery(&self) -> bool {
        self.endpoint.as_deref() == Some(DELIVERY)
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        let named = self.endpoint.as_ref().is_none_or(|name| {
            let known = |known: &(&str, &str, &str)| known.0 == name && known.1 == method && same_path(known.2, path);
            name == "*" && path.starts_with("/api/") || ENDPOINTS.iter().any(known)
        });
        named
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|wanted| same_path(wanted, path))
    }
}

fn same_path(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// The rules in force.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Rule>>);

impl Faults {
    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a rule in force. The oldest that fits a request decides.
    pub fn add(&self, rule: Rule) {
        self.rules().push(rule);
    }

    /// Everything works again.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// Rules not spent yet.
    pub fn left(&self) -> usize {
        self.rules().len()
    }

    /// What is to go wrong with this request.
    pub(super) fn take(&self, method: &str, path: &str) -> Option<Fault> {
        self.take_of(|rule| rule.fits(method, path))
    }

    /// What is to go wrong with this try of a delivery.
    pub(super) fn take_delivery(&self) -> Option<Fault> {
        self.take_of(Rule::is_delivery)
    }

    fn take_of(&self, fits: impl Fn(&Rule) -> bool) -> Option<Fault> {
        let mut rules = self.rules();
        let at = rules.iter().position(fits)?;
        let rule = &mut rules[at];
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        let what = rule.what.clone();
        if rule.count != u32::MAX {
            rule.count = rule.count.saturating_sub(1);
        }
        if rule.count == 0 {
            rules.remove(at);
        }
        Some(what)
    }
}

/// The connection is to end without an answer.
#[derive(Debug, thiserror::Error)]
#[error("dropped on purpose")]
pub(super) struct Dropped;

/// Answers a request badly. `execute` gives the right answer, and does what was asked.
pub(super) async fn spoil(fault: Fault, execute: impl Future<Output = Response>) -> Result<Response, Dropped> {
    match fault {
        Fault::DropBefore => Err(Dropped),
        Fault::HangBefore => std::future::pending().await,
        Fault::ExecuteThenDrop => {
            drop(execute.await);
            Err(Dropped)
        }
        Fault::ExecuteThenHang => {
            drop(execute.await);
            std::future::pending().await
        }
        Fault::Status { code, body } => Ok(status(code, body)),
        Fault::ExecuteThenStatus { code, body } => {
            drop(execute.await);
            Ok(status(code, body))
        }
        Fault::TooMany { retry_after } => {
            let mut answer = status(429, r#"{"detail":"Too many requests"}"#.to_owned());
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
            Ok(answer)
        }
        Fault::Delay { ms } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(execute.await)
        }
        Fault::Unfiltered => Ok(execute.await),
        Fault::Trickle { ms } => Ok(trickle(execute.await, Duration::from_millis(ms)).await),
        Fault::Truncated => Ok(truncated(execute.await).await),
        Fault::Garbage => Ok(raw(StatusCode::OK, b"{\"items\":[{\"id\":\xff\xfe,,,\x00 <<garbage".to_vec())),
        Fault::BadGateway { executed } => {
            if executed {
                drop(execute.await);
            }
            Ok(html(
                502,
                "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
            ))
        }
        Fault::Huge { mib } => Ok(huge(mib)),
        Fault::Redirect { to } => {
            let mut answer = status(307, String::new());
            if let Ok(to) = HeaderValue::try_from(to) {
                answer.headers_mut().insert(header::LOCATION, to);
            }
            Ok(answer)
        }
        Fault::Expired => Ok(axum::response::IntoResponse::into_response(Problem::unauthorized("Token has expired"))),
        Fault::SkewedDate { seconds } => {
            let mut answer = execute.await;
            if let Ok(date) = HeaderValue::try_from(skewed(seconds)) {
                answer.headers_mut().insert(header::DATE, date);
            }
            Ok(answer)
        }
    }
}

/// Takes out of a question all but the page that is wanted.
pub(super) fn widen<B>(request: &mut Request<B>) {
    let uri = request.uri();
    let page = |part: &&str| ["limit=", "offset=", "page=", "quantity="].iter().any(|name| part.starts_with(name));
    let kept: Vec<&str> = uri.query().unwrap_or_default().split('&').filter(page).collect();
    if let Ok(wide) = format!("{}?{}", uri.path(), kept.join("&")).parse() {
        *request.uri_mut() = wide;
    }
}

fn status(code: u16, body: String) -> Response {
    raw(StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body.into_bytes())
}

fn html(code: u16, body: &'static str) -> Response {
    let mut answer = status(code, body.to_owned());
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    answer
}

/// An answer taken apart: its head with its length announced, and its bytes.
async fn parts(answer: Response) -> (axum::http::response::Parts, Bytes) {
    let (mut head, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    (head, bytes)
}

async fn trickle(answer: Response, pause: Duration) -> Response {
    let (head, bytes) = parts(answer).await;
    let drops = stream::unfold(bytes, move |mut left| async move {
        if left.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let drop = left.split_to(1);
        Some((Ok::<_, io::Error>(drop), left))
    });
    Response::from_parts(head, Body::from_stream(drops))
}

async fn truncated(answer: Response) -> Response {
    let (head, bytes) = parts(answer).await;
    let half = bytes.slice(..bytes.len() / 2);
    // The pause lets the first half leave before the connection breaks.
    let torn = stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) => Some((Ok(half), None)),
            None => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Err(io::Error::other("torn on purpose")), None))
            }
        }
    });
    Response::from_parts(head, Body::from_stream(torn))
}

fn huge(mib: usize) -> Response {
    let blank = Bytes::from(vec![b' '; 1 << 20]);
    let start = std::iter::once(Bytes::from_static(b"{\"items\":["));
    let body = start.chain(std::iter::repeat_n(blank, mib)).chain(std::iter::once(Bytes::from_static(b"]}")));
    let mut answer = Response::new(Body::from_stream(stream::iter(body.map(Ok::<_, io::Error>))));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

#[expect(clippy::disallowed_methods, reason = "a Date header is made from the server's clock")]
fn skewed(seconds: i64) -> String {
    let by = Duration::from_secs(seconds.unsigned_abs());
    let now = SystemTime::now();
    let at = if seconds < 0 { now.checked_sub(by) } else { now.checked_add(by) };
    httpdate::fmt_http_date(at.unwrap_or(SystemTime::UNIX_EPOCH))
}
