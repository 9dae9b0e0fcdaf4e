//! What went wrong, on what, and what to do next: one sentence each, fit for a person under pressure.

use std::fmt;

use chrono::{DateTime, Utc};

use super::text::SafeText;

/// What is said of a credential that was refused in the header that a token goes into by itself.
pub const SENT_AS_TOKEN: &str = "it was sent as X-API-Token";
/// What helps where a key is wanted in another header.
pub const BEARER: &str = "where the key is for `Authorization: Bearer`, write auth = \"bearer\" in the profile";

/// The ways a call can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Nothing listens there, or the network is down.
    Offline,
    /// The host has no address.
    Dns,
    /// The certificate or the handshake was not accepted.
    Tls,
    /// No whole answer within the time limit.
    TimedOut,
    /// The connection broke before the answer was whole.
    Broken,
    /// 401: the credential is missing, wrong or over.
    Unauthorized,
    /// 403: the credential may not do this.
    Forbidden,
    /// 404: unknown, or not this merchant's.
    NotFound,
    /// 400, 409, 422: the API said no, and why.
    Refused,
    /// 429, with the moment from which asking again is fine when the API named one.
    RateLimited { until: Option<DateTime<Utc>> },
    /// 5xx: the API or what stands behind it failed.
    Upstream,
    /// 3xx: another address was named. It is never followed, because the credential would go along.
    Redirected,
    /// The answer was larger than anything this program asks for.
    TooLarge,
    /// The answer is not what the API describes.
    Unreadable,
    /// The deployment does not offer this operation.
    NotOffered,
    /// Not sent, because the address or the request itself is not acceptable.
    NotSent,
}

impl FailureKind {
    /// One word, for the log.
    pub fn word(&self) -> &'static str {
        match self {
            FailureKind::Offline => "offline",
            FailureKind::Dns => "dns",
            FailureKind::Tls => "tls",
            FailureKind::TimedOut => "timed-out",
            FailureKind::Broken => "broken",
            FailureKind::Unauthorized => "unauthorized",
            FailureKind::Forbidden => "forbidden",
            FailureKind::NotFound => "not-found",
            FailureKind::Refused => "refused",
            FailureKind::RateLimited { .. } => "rate-limited",
            FailureKind::Upstream => "upstream",
            FailureKind::Redirected => "redirected",
            FailureKind::TooLarge => "too-large",
            FailureKind::Unreadable => "unreadable",
            FailureKind::NotOffered => "not-offered",
            FailureKind::NotSent => "not-sent",
        }
    }
}

/// How far a request that changes something came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Not one byte of it was answered or could have been acted on.
    NotSent,
    /// The API said that it did not do it.
    Refused,
    /// It may have been done. Only reading can tell (M4).
    Unknown,
}

/// What the API says about one field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name in the request, without `body`: `amount`, `limits.daily_limit`.
    pub field: SafeText,
    pub message: SafeText,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// What was being done, in words that follow "could not": `read the accounts`.
    pub doing: &'static str,
    /// HTTP status, when there was one.
    pub status: Option<u16>,
    /// What the other side or the system said, made safe.
    pub detail: SafeText,
    pub fields: Vec<FieldError>,
    pub reached: Reached,
}

impl Failure {
    /// A request that was stopped before it left, and why.
    pub fn not_sent(doing: &'static str, why: &str) -> Failure {
        Failure {
            kind: FailureKind::NotSent,
            doing,
            status: None,
            detail: SafeText::prose(why),
            fields: Vec::new(),
            reached: Reached::NotSent,
        }
    }

    /// One sentence: what failed and why.
    pub fn sentence(&self) -> String {
        self.told(self.detail.as_str())
    }

    /// The same sentence, with the detail told in other words.
    pub fn told(&self, detail: &str) -> String {
        let doing = self.doing;
        let because = |plain: &str| match detail {
            "" => format!("could not {doing}: {plain}"),
            said => format!("could not {doing}: {plain} ({said})"),
        };
        match self.kind {
            FailureKind::Offline => because("the API cannot be reached"),
            FailureKind::Dns => because("the host name has no address"),
            FailureKind::Tls => because("the secure connection was not accepted"),
            FailureKind::TimedOut => because("no answer in time"),
            FailureKind::Broken => because("the connection broke before the answer was whole"),
            FailureKind::Unauthorized => because("the API does not accept the credential"),
            FailureKind::Forbidden => because("the credential may not do this"),
            FailureKind::NotFound => because("the API does not know it"),
            FailureKind::Refused => because("the API refused"),
            FailureKind::RateLimited { .. } => because("too many requests"),
            FailureKind::Upstream => match self.status {
                Some(status) => because(&format!("the API answered {status}")),
                None => because("the API failed"),
            },
            FailureKind::Redirected => because("the API pointed to another address"),
            FailureKind::TooLarge => because("the answer is too large"),
            FailureKind::Unreadable => because("the answer cannot be read"),
            FailureKind::NotOffered => because("this deployment does not offer it"),
            FailureKind::NotSent => because("it was not sent"),
        }
    }

    /// One sentence: what the person can do.
    pub fn next_step(&self) -> String {
        // What is named with the setting that mends it is mended there.
        let is_setting = self.detail.as_str().contains("[paths]");
        match self.kind {
            FailureKind::Redirected | FailureKind::NotFound | FailureKind::NotOffered if is_setting => {
                "write the path into the settings, as it is named here; `fourpay doctor` looks closer".into()
            }
            FailureKind::NotFound if self.detail.as_str().contains("the base URL ends in") => {
                "take what is doubled away from the end of the base URL".into()
            }
            FailureKind::Unauthorized if self.may_want_bearer() => {
                format!("log in again: the command `login` here, or `fourpay login` in a shell; {BEARER}")
            }
            FailureKind::Offline => "check the network; the dashboard tries again by itself".into(),
            FailureKind::Dns => "check the base URL and the network".into(),
            FailureKind::Tls => "check the base URL and this machine's clock and certificates".into(),
            FailureKind::TimedOut | FailureKind::Broken => "the dashboard tries again by itself".into(),
            FailureKind::Unauthorized => "log in here with the command `login`; `fourpay doctor` says where the credential is from and what helps there"
                    .into(),
            FailureKind::Forbidden => "ask your administrator for this permission".into(),
            FailureKind::NotFound => "refresh; it may belong to another merchant".into(),
            FailureKind::Refused => "change what the API names and try again".into(),
            FailureKind::RateLimited { until: Some(until) } => {
                format!("wait until {} UTC; the dashboard does", until.format("%H:%M:%S"))
            }
            FailureKind::RateLimited { until: None } => "wait a little; the dashboard does".into(),
            FailureKind::Upstream => "wait; if it stays, tell 4pay support the time and the status".into(),
            FailureKind::Redirected => "set the base URL, or the path under [paths], to what answers itself".into(),
            FailureKind::TooLarge | FailureKind::Unreadable => {
                "check that the base URL is a 4pay API; `fourpay doctor` looks closer".into()
            }
            FailureKind::NotOffered => "`fourpay doctor` lists what this deployment offers".into(),
            FailureKind::NotSent => "fix what is named and try again".into(),
        }
    }

    /// Whether the credential may be good, and wanted as `Authorization: Bearer`: see [`BEARER`].
    pub fn may_want_bearer(&self) -> bool {
        self.kind == FailureKind::Unauthorized && self.detail.as_str().ends_with(SENT_AS_TOKEN)
    }

    /// Whether a failure says something of the link as a whole, and not of the one thing that was asked.
    pub fn is_of_the_link(&self) -> bool {
        self.may_pass() || matches!(self.kind, FailureKind::Unauthorized | FailureKind::Tls)
    }

    /// Whether asking again later may work without anybody doing anything.
    pub fn may_pass(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Offline
                | FailureKind::Dns
                | FailureKind::TimedOut
                | FailureKind::Broken
                | FailureKind::RateLimited { .. }
                | FailureKind::Upstream
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.sentence(), self.next_step())
    }
}

impl std::error::Error for Failure {}
