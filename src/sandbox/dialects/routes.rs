//! Which endpoint a request means here: words of paths, slashes, endpoints that are elsewhere or not there.
//!
//! Everything behind this file knows the paths of [`ENDPOINTS`](crate::sandbox::ENDPOINTS) alone, so that faults
//! and counts go by the same names on every deployment.

use super::{Deployment, Dialect, Quirk};

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routed {
    /// It means this method and path.
    Meant(Option<&'static str>, String),
    /// It is to be asked at this path.
    Redirected(String),
    Unknown,
}

/// What a lifecycle path ends with here, and what it is in [`ENDPOINTS`](crate::sandbox::ENDPOINTS).
const CANONICAL: [&str; 3] = ["freeze", "unfreeze", "close"];
/// Every word that is one somewhere.
const LIFECYCLE: &[&str] =
    &["freeze", "unfreeze", "activate", "close", "suspend", "resume", "terminate", "lock", "unlock", "destroy"];

/// Paths of lists, as FastAPI's routers have them: with a slash at the end.
const LISTS: &[&str] = &[
    "accounts",
    "accounts/{}/cards",
    "accounts/{}/cardholders",
    "accounts/{}/transfer-destinations",
    "cardholders",
    "cardholders/{}/cards",
    "transactions/cards",
    "transactions/accounts",
    "webhooks/events",
];

pub const API: &str = "/api/v2/";
const LOGIN: &str = "auth/login";
const LOGIN_ELSEWHERE: &str = "portal/session";

/// Whether the parts of a path fit a template, in which `{}` stands for any.
fn fits(template: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let fitting = template.split('/').all(|wanted| parts.next().is_some_and(|part| wanted == "{}" || wanted == part));
    fitting && parts.next().is_none()
}

fn is_list(path: &str) -> bool {
    LISTS.iter().any(|list| fits(list, path))
}

/// The path of a card, and what stands after it.
fn of_card(path: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for _ in 0..4 {
        at += path[at..].find('/')? + 1;
    }
    let (card, rest) = (&path[..at - 1], &path[at..]);
    fits("accounts/{}/cards/{}", card).then_some((card, rest))
}

impl Deployment {
    /// The words for freeze, unfreeze and close.
    pub fn lifecycle(&self) -> [&'static str; 3] {
        if self.has(Quirk::LockWords) {
            ["lock", "unlock", "destroy"]
        } else if self.has(Quirk::SuspendWords) {
            ["suspend", "resume", "terminate"]
        } else if self.has(Quirk::ActivateWord) {
            ["freeze", "activate", "close"]
        } else {
            CANONICAL
        }
    }

    /// What PATCH moves money to a card and from it, where it does.
    pub fn money_paths(&self) -> Option<[&'static str; 2]> {
        if self.has(Quirk::FundPaths) || self.dialect == Dialect::Legacy && !self.has(Quirk::BalancePaths) {
            Some(["fund", "defund"])
        } else if self.has(Quirk::BalancePaths) || self.dialect == Dialect::Upstream {
            Some(["balance/top-up", "balance/withdraw"])
        } else {
            None
        }
    }

    /// Whether money moves to and from cards by the documented POST.
    pub fn has_topup(&self) -> bool {
        !(self.has(Quirk::FundPaths) || self.has(Quirk::BalancePaths))
    }

    /// Whether `activate` is there beside another word.
    pub fn has_alias(&self) -> bool {
        self.dialect == Dialect::Rich && self.lifecycle() == CANONICAL
    }

    /// Where login is.
    pub fn login(&self) -> &'static str {
        if self.has(Quirk::LoginElsewhere) { LOGIN_ELSEWHERE } else { LOGIN }
    }

    /// Whether an endpoint is there at all, by its path without the prefix.
    pub fn serves(&self, path: &str) -> bool {
        let hooks = path.starts_with("webhooks/");
        !(hooks && self.has(Quirk::NoWebhooks) || path == "webhooks/events" && self.has(Quirk::NoEventLog))
    }

    /// The path under which the document names a list: `/api/v2/accounts/`.
    pub fn listed_path(&self, path: &str) -> String {
        let template: String = path
            .strip_prefix(API)
            .unwrap_or(path)
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let slash = self.has(Quirk::SlashRedirect) && is_list(&template);
        if slash { format!("{path}/") } else { path.to_owned() }
    }

    pub fn route(&self, method: &str, full: &str) -> Routed {
        if self.has(Quirk::NoOpenapi) && matches!(full, "/api/openapi.json" | "/api/docs") {
            return Routed::Unknown;
        }
        let Some(mut path) = full.strip_prefix(API) else { return Routed::Meant(None, full.to_owned()) };
        if self.has(Quirk::SlashRedirect) {
            let bare = path.strip_suffix('/');
            match (is_list(bare.unwrap_or(path)), bare) {
                (true, Some(bare)) => path = bare,
                (true, None) => return Routed::Redirected(format!("{full}/")),
                (false, Some(bare)) => return Routed::Redirected(format!("{API}{bare}")),
                (false, None) => {}
            }
        }
        if !self.serves(path) {
            return Routed::Unknown;
        }
        let meant = |path: String| Routed::Meant(None, format!("{API}{path}"));
        if path == self.login() {
            return meant(LOGIN.to_owned());
        }
        if path == LOGIN {
            return Routed::Unknown;
        }
        let Some((card, act)) = of_card(path) else { return meant(path.to_owned()) };
        if let Some(at) = self.lifecycle().iter().position(|word| *word == act) {
            return meant(format!("{card}/{}", CANONICAL[at]));
        }
        if LIFECYCLE.contains(&act) && !(act == "activate" && self.has_alias()) {
            return Routed::Unknown;
        }
        if let Some(at) = self.money_paths().and_then(|words| words.iter().position(|word| *word == act)) {
            let path = format!("{API}{card}/{}", ["topup", "withdraw"][at]);
            // Another method is not allowed there, and the canonical path says so of itself.
            let method = if method == "PATCH" { "POST" } else { "PATCH" };
            return Routed::Meant(Some(method), path);
        }
        if matches!(act, "topup" | "withdraw") && !self.has_topup() {
            return Routed::Unknown;
        }
        meant(path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Quirks;
    use super::*;

    fn routed(dialect: Dialect, quirks: &[Quirk], method: &str, path: &str) -> Routed {
        Deployment::new(dialect, Quirks::of(quirks), 1).route(method, path)
    }

    #[test]
    fn words_are_translated_and_others_are_unknown() {
        let card = "/api/v2/accounts/a/cards/c";
        let meant = |path: &str| Routed::Meant(None, format!("{card}/{path}"));
        let go = |dialect, quirks: &[Quirk], word: &str| routed(dialect, quirks, "POST", &format!("{card}/{word}"));
        assert_eq!(go(Dialect::Rich, &[], "activate"), meant("activate"));
        assert_eq!(go(Dialect::Documented, &[], "activate"), Routed::Unknown);
        assert_eq!(go(Dialect::Upstream, &[], "activate"), meant("unfreeze"));
        assert_eq!(go(Dialect::Upstream, &[], "unfreeze"), Routed::Unknown);
        assert_eq!(go(Dialect::Legacy, &[], "terminate"), meant("close"));
        assert_eq!(go(Dialect::Legacy, &[Quirk::LockWords], "destroy"), meant("close"));
        assert_eq!(go(Dialect::Legacy, &[Quirk::LockWords], "terminate"), Routed::Unknown);
        assert_eq!(go(Dialect::Rich, &[Quirk::FundPaths], "topup"), Routed::Unknown);
        assert_eq!(
            routed(Dialect::Rich, &[Quirk::FundPaths], "PATCH", &format!("{card}/fund")),
            Routed::Meant(Some("POST"), format!("{card}/topup"))
        );
        assert_eq!(go(Dialect::Rich, &[], "sensitive"), meant("sensitive"));
    }

    #[test]
    fn slashes_are_asked_for_at_lists_and_nowhere_else() {
        let go = |path: &str| routed(Dialect::Rich, &[Quirk::SlashRedirect], "GET", path);
        let meant = |path: &str| Routed::Meant(None, path.to_owned());
        assert_eq!(go("/api/v2/accounts"), Routed::Redirected("/api/v2/accounts/".to_owned()));
        assert_eq!(go("/api/v2/accounts/"), meant("/api/v2/accounts"));
        assert_eq!(go("/api/v2/accounts/a/cards/"), meant("/api/v2/accounts/a/cards"));
        assert_eq!(go("/api/v2/accounts/a"), meant("/api/v2/accounts/a"));
        assert_eq!(go("/api/v2/accounts/a/"), Routed::Redirected("/api/v2/accounts/a".to_owned()));
        assert_eq!(go("/api/openapi.json"), meant("/api/openapi.json"));
    }
}
