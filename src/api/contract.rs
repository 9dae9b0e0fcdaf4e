//! What this deployment offers, read from its own OpenAPI document (decision 10.1).
//!
//! Resolves the operations whose paths are documented nowhere by method and path shape. A deployment without a
//! document, or with one that is about something else, has the defaults. Knows JSON; sends nothing.

use std::collections::HashMap;

use serde_json::Value;

use super::endpoints::{Act, ENDPOINTS, Method, Op, Read};
use super::settings::parse_override;
use crate::domain::text::SafeText;

/// Where the knowledge comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// No document, or none that can be used: the defaults.
    Assumed,
    /// The deployment's `/api/openapi.json`.
    Document,
}

/// Whether an operation is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// The document lists it.
    Listed,
    /// Nobody says; the default path is used.
    Assumed,
    /// The configuration names its path.
    Configured,
    /// There is a document, and it does not list it.
    Missing,
}

impl Offer {
    /// Whether a call is worth trying.
    pub fn is_offered(self) -> bool {
        self != Offer::Missing
    }
}

/// Where one operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub offer: Offer,
    pub method: Method,
    /// Template with our names: `{account}`, `{card}`, `{holder}`, `{transaction}`.
    pub path: String,
    /// The document names an `Idempotency-Key` header for it (M12).
    pub idempotency_key: bool,
}

/// What is known of a deployment.
#[derive(Clone, Debug)]
pub struct Contract {
    pub source: Source,
    /// Title and version of the document, when it has them.
    pub title: Option<SafeText>,
    routes: HashMap<Op, Route>,
}

impl Contract {
    /// The defaults, with the paths of the configuration. The error is a sentence.
    pub fn assumed(overrides: &[(Op, String)]) -> Result<Contract, &'static str> {
        let mut contract = Contract { source: Source::Assumed, title: None, routes: HashMap::new() };
        for endpoint in ENDPOINTS {
            let route = Route {
                offer: Offer::Assumed,
                method: endpoint.method,
                path: endpoint.path.to_owned(),
                idempotency_key: false,
            };
            contract.routes.insert(endpoint.op, route);
        }
        for (op, text) in overrides {
            let (method, path) = parse_override(text, op.endpoint().method)?;
            if matches!(op, Op::Read(_)) && method != Method::Get {
                return Err("a reading endpoint must stay GET");
            }
            if matches!(op, Op::Act(_)) && method == Method::Get {
                return Err("an act cannot be GET");
            }
            let route = Route { offer: Offer::Configured, method, path, idempotency_key: false };
            contract.routes.insert(*op, route);
        }
        Ok(contract)
    }

    /// Learns from a document; `None` when it is none, or is about something else.
    pub fn learn(&self, document: &[u8]) -> Option<Contract> {
        let document: Value = serde_json::from_slice(document).ok()?;
        let offered = offered(&document)?;
        let is = |shape: &str| offered.iter().any(|route| route.method == Method::Get && route.path.ends_with(shape));
        if !is("/accounts") {
            return None;
        }
        let mut learned = self.clone();
        learned.source = Source::Document;
        let info = |field: &str| document.get("info")?.get(field)?.as_str();
        learned.title =
            info("title").map(|title| SafeText::name(format!("{title} {}", info("version").unwrap_or("")).trim()));
        for endpoint in ENDPOINTS {
            let Some(route) = learned.routes.get_mut(&endpoint.op) else { continue };
            let found = find(endpoint.op, &offered);
            match (route.offer, found) {
                (Offer::Configured, Some(found)) => {
                    route.idempotency_key = found.idempotency_key && found.path == route.path;
                }
                (Offer::Configured, None) => {}
                (_, Some(found)) => *route = found,
                // The document seldom lists itself.
                (_, None) if endpoint.op == Op::Read(Read::Schema) => {}
                (_, None) => route.offer = Offer::Missing,
            }
        }
        Some(learned)
    }

    /// Where an operation is, and whether it is there at all.
    pub fn route(&self, op: impl Into<Op>) -> Route {
        let op = op.into();
        self.routes.get(&op).cloned().unwrap_or_else(|| Route {
            offer: Offer::Assumed,
            method: op.endpoint().method,
            path: op.endpoint().path.to_owned(),
            idempotency_key: false,
        })
    }

    pub fn offers(&self, op: impl Into<Op>) -> Offer {
        self.route(op).offer
    }

    /// Whether the deployment documents `Idempotency-Key` for it: only then may it be sent again, by `ops`,
    /// with the same key and body (M12).
    pub fn takes_idempotency_key(&self, act: Act) -> bool {
        self.route(act).idempotency_key
    }
}

/// Every operation of the document, with our names for its parameters.
fn offered(document: &Value) -> Option<Vec<Route>> {
    let prefix = server_prefix(document);
    let mut routes = Vec::new();
    for (path, methods) in document.get("paths")?.as_object()? {
        let Some(path) = renamed(&format!("{prefix}{path}")) else { continue };
        let Some(methods) = methods.as_object() else { continue };
        for (method, operation) in methods {
            let Some(method) = Method::parse(method) else { continue };
            let headers = [operation.get("parameters"), methods.get("parameters")];
            let idempotency_key = headers.into_iter().flatten().any(|list| names_key(document, list));
            routes.push(Route { offer: Offer::Listed, method, path: path.clone(), idempotency_key });
        }
    }
    Some(routes)
}

/// The path of the first server, for documents whose paths are relative to it.
fn server_prefix(document: &Value) -> String {
    let server = || document.get("servers")?.get(0)?.get("url")?.as_str();
    let Some(url) = server() else { return String::new() };
    let path = match url::Url::parse(url) {
        Ok(url) => url.path().to_owned(),
        Err(_) if url.starts_with('/') => url.to_owned(),
        Err(_) => String::new(),
    };
    // The base URL has its own prefix; only the API's own one may stand in the document.
    if path.starts_with("/api") { path.trim_end_matches('/').to_owned() } else { String::new() }
}

fn names_key(document: &Value, parameters: &Value) -> bool {
    parameters.as_array().into_iter().flatten().any(|parameter| {
        let parameter = match parameter.get("$ref").and_then(Value::as_str) {
            Some(link) => document.pointer(link.trim_start_matches('#')).unwrap_or(parameter),
            None => parameter,
        };
        let says = |field: &str| parameter.get(field).and_then(Value::as_str).unwrap_or("");
        says("in") == "header" && says("name").eq_ignore_ascii_case("idempotency-key")
    })
}

/// A path with our names for its parameters, told by what stands before them.
fn renamed(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut before: Vec<&str> = Vec::new();
    for part in path.trim_end_matches('/').split('/').skip(1) {
        out.push('/');
        if part.starts_with('{') && part.ends_with('}') {
            out.push_str(match *before.as_slice() {
                [.., "transactions", "cards" | "accounts"] | [.., "transactions"] => "{transaction}",
                [.., "accounts" | "wallets"] => "{account}",
                [.., "cards" | "instruments"] => "{card}",
                [.., "cardholders" | "card-owners"] => "{holder}",
                _ => "{other}",
            });
        } else {
            out.push_str(part);
        }
        before.push(part);
    }
    // A path that could not be sent is none.
    (out.contains("{other}") || parse_override(&out, Method::Get).is_ok()).then_some(out)
}

/// The listed operation that is `op`.
fn find(op: Op, offered: &[Route]) -> Option<Route> {
    let endpoint = op.endpoint();
    let exact = offered.iter().find(|route| route.method == endpoint.method && route.path == endpoint.path);
    if let Some(exact) = exact {
        return Some(exact.clone());
    }
    let one_of = |methods: &[Method], shape: &dyn Fn(&str) -> bool| {
        offered.iter().find(|route| methods.contains(&route.method) && shape(&route.path)).cloned()
    };
    let on_card = |words: &'static [&'static str]| {
        words.iter().find_map(|word| {
            let ending = format!("/accounts/{{account}}/cards/{{card}}/{word}");
            one_of(&[Method::Post, Method::Put, Method::Patch], &|path| path.ends_with(&ending))
        })
    };
    match op {
        Op::Act(Act::Freeze) => on_card(&["freeze", "suspend"]),
        Op::Act(Act::Unfreeze) => on_card(&["unfreeze", "activate", "resume"]),
        Op::Act(Act::Close) => on_card(&["close", "terminate"]),
        Op::Act(Act::UpdateCard) => {
            one_of(&[Method::Patch, Method::Put], &|path| path.ends_with("/accounts/{account}/cards/{card}"))
        }
        Op::Act(Act::Login) => ["/auth/login", "/login", "/auth/token"]
            .iter()
            .find_map(|ending| one_of(&[Method::Post], &|path| path.ends_with(ending) && !path.contains('{'))),
        // The rest is documented: only another version or prefix before the same path is believed.
        _ => {
            let tail = endpoint.path.strip_prefix("/api/v2")?;
            one_of(&[endpoint.method], &|path| {
                path.strip_suffix(tail).is_some_and(|before| !before.contains('{') && before.split('/').count() <= 4)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(paths: &str) -> Option<Contract> {
        let document = format!(r#"{{"openapi":"3.1.0","info":{{"title":"4pay","version":"2"}},"paths":{paths}}}"#);
        Contract::assumed(&[]).unwrap().learn(document.as_bytes())
    }

    #[test]
    fn lifecycle_paths_are_found_by_shape() {
        let contract = learn(
            r#"{"/api/v2/accounts":{"get":{}},
                "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/suspend":{"post":{}},
                "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/activate":{"put":{}},
                "/api/v2/accounts/{account_uuid}/cards/{card_uuid}":{"put":{},"get":{}},
                "/api/v2/merchant/login":{"post":{}}}"#,
        )
        .unwrap();
        let freeze = contract.route(Act::Freeze);
        assert_eq!(freeze.path, "/api/v2/accounts/{account}/cards/{card}/suspend");
        assert_eq!(contract.route(Act::Unfreeze).method, Method::Put);
        assert_eq!(contract.offers(Act::Close), Offer::Missing);
        assert_eq!(contract.route(Act::UpdateCard).method, Method::Put);
        assert_eq!(contract.route(Act::Login).path, "/api/v2/merchant/login");
        assert_eq!(contract.offers(Read::Card), Offer::Listed);
        assert_eq!(contract.title.unwrap().as_str(), "4pay 2");
    }

    #[test]
    fn freeze_is_preferred_over_its_older_names() {
        let contract = learn(
            r#"{"/api/v2/accounts":{"get":{}},
                "/api/v2/accounts/{a}/cards/{c}/activate":{"post":{}},
                "/api/v2/accounts/{a}/cards/{c}/unfreeze":{"post":{}},
                "/api/v2/transactions/cards/{id}":{"get":{}}}"#,
        )
        .unwrap();
        assert!(contract.route(Act::Unfreeze).path.ends_with("/unfreeze"));
        assert_eq!(contract.route(Read::CardTransaction).path, "/api/v2/transactions/cards/{transaction}");
    }

    #[test]
    fn garbage_and_other_peoples_documents_leave_the_defaults() {
        let defaults = Contract::assumed(&[]).unwrap();
        for garbage in ["", "<html>", "{}", "[]", r#"{"paths":[]}"#, r#"{"paths":{"/pets":{"get":{}}}}"#, "{\"paths\":"]
        {
            assert!(defaults.learn(garbage.as_bytes()).is_none(), "{garbage}");
        }
        assert_eq!(defaults.offers(Act::Freeze), Offer::Assumed);
        assert!(learn(r#"{"/api/v2/accounts":{"get":null},"/x":7,"/y":{"zap":{}}}"#).is_some());
    }

    #[test]
    fn m12_an_idempotency_key_must_be_documented() {
        let contract = learn(
            r##"{"/api/v2/accounts":{"get":{}},
                "/api/v2/accounts/{a}/transfer":{"post":{"parameters":[{"in":"header","name":"idempotency-key"}]}},
                "/api/v2/accounts/{a}/cards":{"post":{"parameters":[{"in":"query","name":"Idempotency-Key"}]}}}"##,
        )
        .unwrap();
        assert!(contract.takes_idempotency_key(Act::Transfer));
        assert!(!contract.takes_idempotency_key(Act::IssueCard));
        assert!(!Contract::assumed(&[]).unwrap().takes_idempotency_key(Act::Transfer));
    }

    #[test]
    fn configuration_wins_over_the_document() {
        let overrides = [(Op::Act(Act::Close), "PUT /api/v2/cards/{card}/end".to_owned())];
        let contract = Contract::assumed(&overrides).unwrap();
        let learned = contract.learn(br#"{"paths":{"/api/v2/accounts":{"get":{}}}}"#).unwrap();
        assert_eq!(learned.offers(Act::Close), Offer::Configured);
        assert_eq!(learned.route(Act::Close).path, "/api/v2/cards/{card}/end");
        assert!(Contract::assumed(&[(Op::Act(Act::Close), "GET /x".into())]).is_err());
        assert!(Contract::assumed(&[(Op::Read(Read::Cards), "POST /x".into())]).is_err());
    }

    #[test]
    fn a_server_prefix_is_put_before_relative_paths() {
        let document = br#"{"servers":[{"url":"https://api.example.com/api/v2/"}],"paths":{"/accounts":{"get":{}}}}"#;
        let contract = Contract::assumed(&[]).unwrap().learn(document).unwrap();
        assert_eq!(contract.route(Read::Accounts).path, "/api/v2/accounts");
    }
}
