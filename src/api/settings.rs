//! Where the API is and how long to wait for it. Knows no files and no environment.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use url::{Host, Url};

use super::endpoints::{Method, Op};
use crate::clock::{Clock, SystemClock};
use crate::domain::failure::FailureKind;

/// What a client is made from. `Settings::new` has the defaults; every field may be changed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://host[:port][/prefix]`; `http` only for a literal loopback address (S6).
    pub base_url: String,
    /// Which header the token goes into.
    pub auth: Auth,
    /// Refuses every mutating endpoint before anything is sent: the second lock behind the one in `ops`.
    pub read_only: bool,
    /// TCP and TLS together. Must be shorter than the others, so that "not sent" can be told from "unknown".
    pub connect_timeout: Duration,
    /// A whole read: every attempt, every pause between them, the body included.
    pub read_timeout: Duration,
    /// A whole act, the body included.
    pub act_timeout: Duration,
    /// The whole discovery of what the deployment offers.
    pub discover_timeout: Duration,
    /// How long a read waits behind a closed gate (429) before it answers "rate limited until".
    pub patience: Duration,
    /// The pause that the retry back-off starts from.
    pub backoff: Duration,
    /// Paths that replace the table's and the schema's: `/path/{account}/x` or `PUT /path/{account}/x`.
    pub paths: Vec<(Op, String)>,
    pub roots: Roots,
    /// Told of every request and how it went.
    pub log: Option<fn(&Exchange)>,
    /// What time it is, and the chance in every pause. Waiting itself is tokio's.
    pub clock: &'static dyn Clock,
}

/// Which header the token goes into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// A JWT by its shape is sent as `Authorization: Bearer`, anything else as `X-API-Token`.
    #[default]
    Auto,
    /// `Authorization: Bearer`, whatever it looks like: older documents want their opaque keys so.
    Bearer,
    /// `X-API-Token`, whatever it looks like.
    Token,
}

impl Auth {
    pub const ALL: [Auth; 3] = [Auth::Auto, Auth::Bearer, Auth::Token];
    /// Each of [`Auth::ALL`] as it stands in the settings.
    pub const WORDS: [&str; 3] = ["auto", "bearer", "token"];
}

/// One request and how it went: nothing in it is about anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub method: &'static str,
    /// The table's template, without ids and without a query.
    pub path: &'static str,
    /// `None` when no answer came.
    pub status: Option<u16>,
    pub failed: Option<FailureKind>,
    pub took: Duration,
}

/// Which certificate authorities are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// The platform's; Mozilla's list where the platform has none.
    #[default]
    Platform,
    /// Only these, in DER: for a deployment with its own authority.
    Only(Vec<Vec<u8>>),
}

impl Settings {
    pub fn new(base_url: impl Into<String>) -> Settings {
        Settings {
            base_url: base_url.into(),
            auth: Auth::Auto,
            read_only: false,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(15),
            act_timeout: Duration::from_secs(30),
            discover_timeout: Duration::from_secs(8),
            patience: Duration::from_secs(5),
            backoff: Duration::from_millis(250),
            paths: Vec::new(),
            roots: Roots::Platform,
            log: None,
            clock: &SystemClock,
        }
    }
}

/// A base URL that may be given a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// Without a slash at its end.
    text: String,
    url: Url,
}

impl BaseUrl {
    /// Checks a base URL (S6). The error is a sentence that says what to write instead.
    pub fn parse(text: &str) -> Result<BaseUrl, &'static str> {
        const SHAPE: &str = "the base URL must look like https://api.example.com";
        let text = text.trim_ascii();
        if !text.bytes().all(|b| b.is_ascii_graphic()) || text.contains('\\') {
            return Err("the base URL must be plain ASCII; write an international name in its xn-- form");
        }
        let url = Url::parse(text).map_err(|_| SHAPE)?;
        if url.cannot_be_a_base() {
            return Err(SHAPE);
        }
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return Err("the base URL must not carry a user name or password; the credential goes into FOURPAY_TOKEN");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("the base URL must end before any ? or #");
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(SHAPE);
        }
        let loopback = is_literal_loopback(authority(text));
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err("the base URL must be https; http is accepted for 127.0.0.1 and [::1] only");
            }
            _ => return Err("the base URL must begin with https://"),
        }
        Ok(BaseUrl { text: url.as_str().trim_end_matches('/').to_owned(), url })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host name or address, without port.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or("")
    }

    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// The beginning of a path that the base URL ends with already, of so many words at least: it would be asked for
    /// twice. What names a resource or an id is no beginning.
    pub(super) fn doubled<'p>(&self, path: &'p str, words: usize) -> Option<&'p str> {
        let before = path.rfind('/').filter(|at| *at > 0)?;
        let path = path.get(..path.find("/{").unwrap_or(path.len()).min(before.max(1)))?;
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        let base = self.url.path().trim_end_matches('/');
        ends.enumerate()
            .filter(|(at, _)| at + 1 >= words)
            .filter_map(|(_, end)| path.get(..end))
            .filter(|prefix| prefix.len() > 1 && base.ends_with(prefix))
            .last()
    }

    /// The whole path of a request.
    pub(super) fn path_of(&self, path: &str) -> String {
        format!("{}{path}", self.url.path().trim_end_matches('/'))
    }

    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// A literal address of this machine: what the embedded sandbox listens on.
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            _ => false,
        }
    }
}

/// Whether host and port, as they were written, are an address of this machine. What a parser would have to
/// make into one first (`127.1`, `0x7f.1`, a trailing dot) is not.
fn is_literal_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => return rest.split(']').next().and_then(|ip| ip.parse().ok()) == Some(Ipv6Addr::LOCALHOST),
        None => authority.split(':').next().unwrap_or(""),
    };
    host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
}

fn authority(text: &str) -> &str {
    let after = text.split_once("//").map_or("", |(_, rest)| rest);
    after.split(['/', '?', '#']).next().unwrap_or("")
}

/// Reads a path that replaces another: an optional method, then a template. The error is a sentence.
pub(super) fn parse_override(text: &str, default: Method) -> Result<(Method, String), &'static str> {
    let (method, path) = match text.trim().split_once(' ') {
        Some((word, path)) => {
            (Method::parse(word).ok_or("a path may begin with POST, PUT, PATCH or GET")?, path.trim())
        }
        None => (default, text.trim()),
    };
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'\\' | b'%'));
    if !path.starts_with('/') || path.starts_with("//") || !plain || path.split('/').any(is_dots) {
        return Err("a path must begin with one / and hold plain letters and {account} {card} {holder} {transaction}");
    }
    for part in path.split('/') {
        let known = ["{account}", "{card}", "{holder}", "{transaction}"].contains(&part);
        if !known && part.contains(['{', '}']) {
            return Err("only {account} {card} {holder} {transaction} can stand in a path");
        }
    }
    Ok((method, path.to_owned()))
}

/// A path segment that would climb instead of naming something.
pub(super) fn is_dots(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s6_only_https_or_a_literal_loopback_address() {
        for good in [
            "https://api.4pay.cc",
            "https://api.4pay.cc/",
            "https://api.example.com:8443/prefix/",
            "HTTPS://API.example.com",
            "https://xn--exmple-cua.com",
            "https://192.168.1.4",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:8080",
            "HTTP://127.0.0.1",
        ] {
            let base = BaseUrl::parse(good).unwrap_or_else(|why| panic!("{good}: {why}"));
            assert!(!base.as_str().ends_with('/'));
        }
        for bad in [
            "",
            "api.4pay.cc",
            "http://api.4pay.cc",
            "http://localhost",
            "http://localhost:8080",
            "http://localhost.evil",
            "http://127.0.0.1.nip.io",
            "http://127.0.0.1.",
            "http://127.1",
            "http://0x7f.0.0.1",
            "http://2130706433",
            "http://127.0.0.1@evil.example",
            "http://evil.example#@127.0.0.1",
            "http://evil.example\\@127.0.0.1",
            "HTTP://evil.example",
            "http://0.0.0.0",
            "http://[::]",
            "http://[::ffff:127.0.0.1]",
            "http://192.168.1.4",
            "http://①②⑦.⓪.⓪.①",
            "https://exämple.com",
            "https://user@api.4pay.cc",
            "https://user:pw@api.4pay.cc",
            "https://@api.4pay.cc",
            "https://api.4pay.cc?x=1",
            "https://api.4pay.cc/?",
            "https://api.4pay.cc#x",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "data:text/plain,x",
            "https://",
            "https://api.4pay.cc\u{a0}",
            "https://api.4 pay.cc",
        ] {
            let why = BaseUrl::parse(bad).err();
            assert!(why.is_some(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_prefix_that_would_be_asked_for_twice_is_found() {
        let doubled = |base: &str, path: &'static str, words| {
            BaseUrl::parse(&format!("https://api.example.com{base}")).unwrap().doubled(path, words)
        };
        let (accounts, card) = ("/api/v2/accounts", "/api/v2/accounts/{account}/cards/{card}/freeze");
        for path in [accounts, card] {
            assert_eq!(doubled("/api/v2", path, 2), Some("/api/v2"));
            assert_eq!(doubled("/gate/api/v2/", path, 2), Some("/api/v2"));
            assert_eq!(doubled("/api", path, 2), None, "a gateway may have this before it");
            assert_eq!(doubled("/api/", path, 1), Some("/api"));
            for fine in ["", "/", "/prefix", "/api/v3", "/v2", "/myapi/v2"] {
                assert_eq!(doubled(fine, path, 1), None, "{fine}");
            }
        }
        assert_eq!(doubled("/api/v2", "/accounts", 1), None);
        assert_eq!(doubled("/api/v2/accounts", "/accounts/{account}", 1), Some("/accounts"));
    }

    #[test]
    fn a_path_may_be_replaced_but_not_climb() {
        assert_eq!(parse_override("/a/{card}/b", Method::Post), Ok((Method::Post, "/a/{card}/b".into())));
        assert_eq!(parse_override("put /a", Method::Post), Ok((Method::Put, "/a".into())));
        for bad in ["a", "//evil/x", "/a/../b", "/a?x=1", "/{what}", "/a{card}", "SEND /a", "/a%2f", "https://evil/x"] {
            assert!(parse_override(bad, Method::Post).is_err(), "{bad}");
        }
    }
}
