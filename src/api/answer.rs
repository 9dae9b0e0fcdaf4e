//! What one HTTP answer says beside its record: its body as far as it may be read, its kind, when to come again, and
//! what stands behind a failure. Does not know who asked.

use std::error::Error;
use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use serde_json::Value;
use serde_json::value::RawValue;

use super::settings::BaseUrl;
use crate::domain::failure::FailureKind;
use crate::domain::text::SafeText;

/// Whether a 2xx body may be decoded. JSON is known by its body, whatever its type is said to be: servers call it
/// `text/plain` or nothing. Only a page is none. Nothing at all is fine here; who needs something says so.
pub(super) fn is_json(headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    let said = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or("");
    // What the HTTP library has undone is not named any more.
    let encoding = said(CONTENT_ENCODING).trim();
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        let encoding = SafeText::name(encoding);
        return Err(format!(
            "the answer is encoded as {encoding}, which was not asked for; gzip and plain can be read"
        ));
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let Some(begins) = body.iter().find(|b| !b.is_ascii_whitespace()) else { return Ok(()) };
    let kind = said(CONTENT_TYPE).split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if *begins == b'<' || kind.ends_with("html") {
        return Err("the answer is a page, not JSON".to_owned());
    }
    let named = kind == "application/json" || kind == "text/json" || kind.ends_with("+json");
    let words: [&[u8]; 3] = [b"null", b"true", b"false"];
    let word = words.iter().any(|word| body.trim_ascii() == *word);
    if named || word || matches!(begins, b'{' | b'[' | b'"') {
        return Ok(());
    }
    let kind = SafeText::name(if kind.is_empty() { "of no known kind" } else { &kind });
    Err(format!("the answer is {kind}, not JSON"))
}

/// What stands behind an error, from the outside in. The source of an I/O error leaves out the error that it
/// wraps, which is the one that tells.
pub(super) fn causes(why: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    fn behind<'e>(cause: &&'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
        let cause: &'e (dyn Error + 'static) = *cause;
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        }
    }
    std::iter::successors(why.source(), behind)
}

/// Which part of connecting failed.
pub(super) fn connect_kind(why: &reqwest::Error) -> FailureKind {
    let mut timed_out = why.is_timeout();
    for cause in causes(why) {
        if cause.is::<rustls::Error>() {
            return FailureKind::Tls;
        }
        timed_out |= cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut);
        let said = cause.to_string();
        if said.contains("dns error") || said.contains("failed to lookup address") {
            return FailureKind::Dns;
        }
    }
    if timed_out { FailureKind::TimedOut } else { FailureKind::Offline }
}

/// The cause at the bottom: the only part that names no address and no request.
pub(super) fn innermost(why: &reqwest::Error) -> String {
    causes(why).last().map(ToString::to_string).unwrap_or_default()
}

/// What is said of a redirect to the same path with a slash more or less, as web frameworks answer.
pub(super) const SLASH: &str = "/ at the end of its path";

/// Where a redirect points, by its host alone: paths and queries may hold what is nobody's business. One that only
/// adds or drops a slash at the end of the path that was asked for is told as that.
pub(super) fn redirect_target(headers: &HeaderMap, asked: &str) -> SafeText {
    let target = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    let url = url::Url::parse(target);
    let path = match &url {
        Ok(url) => url.path(),
        Err(_) => target.split(['?', '#']).next().unwrap_or(""),
    };
    if path != asked && !path.is_empty() && path.trim_end_matches('/') == asked.trim_end_matches('/') {
        let how = if path.ends_with('/') { "with a" } else { "without the" };
        return SafeText::name(&format!("it wants the same {how} {SLASH}"));
    }
    match url {
        Ok(url) => SafeText::name(&format!("to {}://{}", url.scheme(), url.host_str().unwrap_or("nowhere"))),
        Err(_) if target.starts_with('/') => SafeText::name("to another path of the same host"),
        Err(_) => SafeText::name("it did not say where to"),
    }
}

/// Whether a body is what an API says when it refuses: a JSON object with a `detail`, `message` or `error` that says
/// something. What comes from something in between, a page or nothing at all, is none.
pub(super) fn is_refusal(headers: &HeaderMap, body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Words<'b> {
        #[serde(borrow)]
        detail: Option<&'b RawValue>,
        #[serde(borrow)]
        message: Option<&'b RawValue>,
        #[serde(borrow)]
        error: Option<&'b RawValue>,
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    if kind.to_ascii_lowercase().contains("html") {
        return false;
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // A list would do for a struct.
    if body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return false;
    }
    let Ok(words) = serde_json::from_slice::<Words<'_>>(body) else { return false };
    [words.detail, words.message, words.error].into_iter().flatten().any(|said| says(said.get()))
}

/// Whether a JSON value says anything: not `null`, a flag, blank or empty.
fn says(json: &str) -> bool {
    fn value(said: &Value) -> bool {
        match said {
            Value::Null | Value::Bool(_) => false,
            Value::Number(_) => true,
            Value::String(text) => !text.trim().is_empty(),
            Value::Array(items) => items.iter().any(value),
            Value::Object(fields) => fields.values().any(value),
        }
    }
    // What is too deep or too odd to be read as a value is long enough to say something.
    serde_json::from_str(json).map_or(true, |said| value(&said))
}

/// Where a redirect of an act wants it to be sent.
pub(super) enum Wanted {
    /// A path after the same base URL.
    Path(String),
    /// A path of the same server, outside of the base URL.
    Outside(String),
    /// Another server, by its scheme and host alone.
    Elsewhere(String),
    /// It does not say where.
    Nowhere,
}

pub(super) fn wanted(headers: &HeaderMap, base: &BaseUrl, target: &str) -> Wanted {
    let found = || {
        let location = headers.get(LOCATION)?.to_str().ok()?;
        let asked = url::Url::parse(&format!("{}{target}", base.as_str())).ok()?;
        let wanted = asked.join(location).ok()?;
        if wanted.origin() != asked.origin() {
            return Some(Wanted::Elsewhere(format!("{}://{}", wanted.scheme(), wanted.host_str()?)));
        }
        let prefix = url::Url::parse(base.as_str()).ok()?;
        let path = wanted.path();
        Some(match path.strip_prefix(prefix.path().trim_end_matches('/')) {
            Some(path) if path.starts_with('/') => Wanted::Path(path.to_owned()),
            _ => Wanted::Outside(path.to_owned()),
        })
    };
    found().unwrap_or(Wanted::Nowhere)
}

/// A path with the names of its ids instead of them, as far as they stand where they stood in the path that was sent.
pub(super) fn as_template(path: &str, sent: &str, template: &str) -> String {
    let mut ids = sent.split('/').zip(template.split('/')).filter(|(_, name)| name.starts_with('{')).peekable();
    let parts = path.split('/').map(|part| match ids.next_if(|(id, _)| *id == part) {
        Some((_, name)) => name,
        None => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// `Retry-After` as seconds or as a date, which is measured by this time: the server's own where it is known.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let wait = http_date(text)? - now;
    Some(wait.to_std().unwrap_or_default())
}

pub(super) fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text).ok().map(DateTime::from)
}
