//! What one HTTP answer says beside its record: its body as far as it may be read, its kind, when to come again, and
//! what stands behind a failure. Does not know who asked.

use std::error::Error;
use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};

use crate::domain::failure::FailureKind;
use crate::domain::text::SafeText;

/// Why a body was not read to its end.
pub(super) enum Torn {
    TooLarge,
    Broken(reqwest::Error),
}

/// Reads a body piece by piece and stops at the cap; the pieces are counted as they are after decompression.
pub(super) async fn read_body(response: &mut reqwest::Response, cap: usize, into: &mut Vec<u8>) -> Result<(), Torn> {
    if response.content_length().is_some_and(|length| length > cap as u64) {
        return Err(Torn::TooLarge);
    }
    while let Some(piece) = response.chunk().await.map_err(Torn::Broken)? {
        if into.len() + piece.len() > cap {
            return Err(Torn::TooLarge);
        }
        into.extend_from_slice(&piece);
    }
    Ok(())
}

/// Whether a 2xx body may be decoded. Nothing at all is fine here; who needs something says so.
pub(super) fn is_json(headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        let begins = body.iter().find(|b| !b.is_ascii_whitespace());
        return match begins {
            Some(b'{' | b'[' | 0xef) => Ok(()),
            _ => Err("the answer is not JSON".to_owned()),
        };
    };
    let kind = kind.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if kind == "application/json" || kind == "text/json" || kind.ends_with("+json") {
        return Ok(());
    }
    Err(format!("the answer is {}, not JSON", if kind.is_empty() { "of no known kind" } else { &kind }))
}

/// What stands behind an error, from the outside in. The source of an I/O error leaves out the error that it
/// wraps, which is the one that tells.
fn causes(why: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
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

/// Where a redirect points, by its host alone: paths and queries may hold what is nobody's business.
pub(super) fn redirect_target(headers: &HeaderMap) -> SafeText {
    let target = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    match url::Url::parse(target) {
        Ok(url) => SafeText::name(&format!("to {}://{}", url.scheme(), url.host_str().unwrap_or("nowhere"))),
        Err(_) if target.starts_with('/') => SafeText::name("to another path of the same host"),
        Err(_) => SafeText::name("it did not say where to"),
    }
}

/// `Retry-After` as seconds or as a date; a date is measured by the server's own clock where it is known.
pub(super) fn retry_after(headers: &HeaderMap, server_time: Option<DateTime<Utc>>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let wait = http_date(text)? - server_time.unwrap_or_else(clock);
    Some(wait.to_std().unwrap_or_default())
}

pub(super) fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text).ok().map(DateTime::from)
}

#[expect(clippy::disallowed_methods, reason = "the moment a Retry-After or a Date is read against")]
pub(super) fn clock() -> DateTime<Utc> {
    Utc::now()
}
