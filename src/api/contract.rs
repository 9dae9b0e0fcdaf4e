//! What this deployment offers, read from its own OpenAPI document (decision 10.1).
//!
//! Resolves the operations whose paths are documented nowhere by method and path shape. A deployment without a
//! document, or with one that is about something else, has the defaults. Knows JSON; sends nothing.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use super::endpoints::{Act, ENDPOINTS, Method, Op, Read};
use super::pager::Paging;
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
    /// How lists are paged, where the document says it.
    paging: HashMap<Op, Paging>,
    /// What the document lists that may be an operation which it does not list by a known name.
    candidates: HashMap<Op, Vec<Candidate>>,
    empty_limits: bool,
}

/// An operation of the document that may be the one that is looked for. It is never used by itself: a guess must not
/// close a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub method: Method,
    /// Template with our names, as it can stand in `[paths]`.
    pub path: String,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

impl Contract {
    /// The defaults, with the paths of the configuration. The error is a sentence.
    pub fn assumed(overrides: &[(Op, String)]) -> Result<Contract, &'static str> {
        let mut contract = Contract {
            source: Source::Assumed,
            title: None,
            routes: HashMap::new(),
            paging: HashMap::new(),
            candidates: HashMap::new(),
            empty_limits: true,
        };
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
        let document = value(document)?;
        let offered = offered(&document)?;
        let is =
            |shape: &str| offered.iter().any(|listed| listed.method == Method::Get && listed.shape.ends_with(shape));
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
            if let Some(paging) = found.and_then(|listed| listed.paging) {
                learned.paging.insert(endpoint.op, paging);
            }
            if let (Op::Act(Act::IssueCard), Some(listed)) = (endpoint.op, found) {
                learned.empty_limits = listed.empty_limits;
            }
            match (route.offer, found) {
                (Offer::Configured, Some(found)) => {
                    route.idempotency_key = found.idempotency_key && found.path == route.path;
                }
                (Offer::Configured, None) => {}
                (_, Some(found)) => *route = found.route(),
                // The document seldom lists itself.
                (_, None) if endpoint.op == Op::Read(Read::Schema) => {}
                (_, None) => {
                    route.offer = Offer::Missing;
                    learned.candidates.insert(endpoint.op, candidates(endpoint.op, &offered));
                }
            }
        }
        Some(learned)
    }

    /// What the document lists that may be an operation which it does not list by a known name.
    pub fn candidates(&self, op: impl Into<Op>) -> &[Candidate] {
        self.candidates.get(&op.into()).map_or(&[], Vec::as_slice)
    }

    /// What the document lists instead of an operation, and the setting that would use it; `None` when nothing like it.
    pub fn advice(&self, op: impl Into<Op>) -> Option<String> {
        let op = op.into();
        let candidates = self.candidates(op);
        let first = candidates.first()?;
        let listed: Vec<String> = candidates.iter().map(Candidate::to_string).collect();
        let (listed, name) = (listed.join(" and "), op.endpoint().name);
        Some(format!(
            "the deployment's document lists {listed}, which may be it; to use it, write [paths] {name} = \"{first}\""
        ))
    }

    /// How the pages of a list are asked for, where the document says it.
    pub fn pages(&self, read: Read) -> Option<Paging> {
        self.paging.get(&Op::Read(read)).copied()
    }

    /// Whether a card may be issued with `limits: {}`: unless the document forbids it.
    pub fn takes_empty_limits(&self) -> bool {
        self.empty_limits
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

/// The document as a tree. One bad example in it, such as a number that no program can hold, does not spoil it.
fn value(document: &[u8]) -> Option<Value> {
    serde_json::from_slice(document).ok().or_else(|| {
        let mended = super::wire::mend_without_numbers(&super::wire::text(document))?;
        serde_json::from_str(&mended).ok()
    })
}

/// One operation of the document.
struct Listed {
    method: Method,
    /// With our names for its parameters, as it is to be sent: a slash at its end stays.
    path: String,
    /// The same without that slash, to be matched.
    shape: String,
    idempotency_key: bool,
    paging: Option<Paging>,
    empty_limits: bool,
}

impl Listed {
    fn route(&self) -> Route {
        Route {
            offer: Offer::Listed,
            method: self.method,
            path: self.path.clone(),
            idempotency_key: self.idempotency_key,
        }
    }
}

/// Every operation of the document, with our names for its parameters. A path without a slash at its end goes before
/// the same one with it.
fn offered(document: &Value) -> Option<Vec<Listed>> {
    let prefix = server_prefix(document);
    let mut routes = Vec::new();
    for (path, methods) in document.get("paths")?.as_object()? {
        let Some(shape) = renamed(&format!("{prefix}{path}")) else { continue };
        let Some(methods) = methods.as_object() else { continue };
        let path = if path.len() > 1 && path.ends_with('/') { format!("{shape}/") } else { shape.clone() };
        for (method, operation) in methods {
            let Some(method) = Method::parse(method) else { continue };
            let parameters: Vec<&Value> = [operation.get("parameters"), methods.get("parameters")]
                .into_iter()
                .flatten()
                .flat_map(|list| list.as_array().into_iter().flatten())
                .map(|parameter| resolved(document, parameter))
                .collect();
            let names = |place: &str, name: &str| {
                let says = |parameter: &Value, field: &str, text: &str| {
                    parameter.get(field).and_then(Value::as_str).is_some_and(|said| said.eq_ignore_ascii_case(text))
                };
                parameters.iter().any(|parameter| says(parameter, "in", place) && says(parameter, "name", name))
            };
            let paging = match (names("query", "offset"), names("query", "page") && names("query", "quantity")) {
                (true, _) => Some(Paging::Offset),
                (false, true) => Some(Paging::Pages),
                (false, false) => None,
            };
            routes.push(Listed {
                method,
                path: path.clone(),
                shape: shape.clone(),
                idempotency_key: names("header", "idempotency-key"),
                paging,
                empty_limits: takes_empty_limits(document, operation),
            });
        }
    }
    routes.sort_by_key(|listed| listed.path != listed.shape);
    Some(routes)
}

/// What a `$ref` points to within the document; anything else as it is.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let mut value = value;
    for _ in 0..8 {
        let Some(link) = value.get("$ref").and_then(Value::as_str) else { break };
        let Some(target) = document.pointer(link.trim_start_matches('#')) else { break };
        value = target;
    }
    value
}

/// Whether the body of an operation may have `limits: {}`. A schema that says nothing of it allows it.
fn takes_empty_limits(document: &Value, operation: &Value) -> bool {
    let body = operation.get("requestBody").map(|body| resolved(document, body));
    let content = body.and_then(|body| body.get("content")?.as_object()?.values().next()?.get("schema"));
    let Some(schema) = content.map(|schema| resolved(document, schema)) else { return true };
    let parts = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|of| schema.get(of)?.as_array());
    let schemas: Vec<&Value> =
        std::iter::once(schema).chain(parts.flatten().map(|part| resolved(document, part))).collect();
    let Some(limits) = schemas.iter().find_map(|schema| schema.get("properties")?.get("limits")) else {
        return schemas.iter().all(|schema| schema.get("additionalProperties") != Some(&Value::Bool(false)));
    };
    let limits = resolved(document, limits);
    let choices = ["anyOf", "oneOf"].into_iter().filter_map(|of| limits.get(of)?.as_array()).flatten();
    let mut choices: Vec<&Value> = choices.map(|choice| resolved(document, choice)).collect();
    if choices.is_empty() {
        choices.push(limits);
    }
    choices.into_iter().any(|limits| {
        let is_object = match limits.get("type") {
            Some(Value::String(kind)) => kind == "object",
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
            _ => true,
        };
        let asks_for_one = limits.get("minProperties").and_then(Value::as_u64).is_some_and(|least| least > 0)
            || limits.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty());
        is_object && !asks_for_one
    })
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
fn find(op: Op, offered: &[Listed]) -> Option<&Listed> {
    let endpoint = op.endpoint();
    let exact = offered.iter().find(|listed| listed.method == endpoint.method && listed.shape == endpoint.path);
    if exact.is_some() {
        return exact;
    }
    let one_of = |methods: &[Method], fits: &dyn Fn(&str) -> bool| {
        offered.iter().find(|listed| methods.contains(&listed.method) && fits(&listed.shape))
    };
    let on_card = |words: &'static [&'static str]| {
        words.iter().find_map(|word| {
            let ending = format!("/accounts/{{account}}/cards/{{card}}/{word}");
            one_of(&CHANGES, &|path| path.ends_with(&ending))
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

/// Methods of what changes something without taking it away.
const CHANGES: [Method; 3] = [Method::Post, Method::Put, Method::Patch];
/// Most candidates that are named, and the longest.
const MOST_CANDIDATES: usize = 3;
const LONGEST_CANDIDATE: usize = 160;

/// Words that an operation goes by elsewhere. Also those it is found by itself, on paths of another shape.
fn words(act: Act) -> &'static [&'static str] {
    match act {
        Act::Freeze => &[
            "freeze",
            "suspend",
            "lock",
            "block",
            "pause",
            "disable",
            "deactivate",
            "inactivate",
            "hold",
            "stop",
            "status",
            "state",
        ],
        Act::Unfreeze => &[
            "unfreeze",
            "activate",
            "resume",
            "unlock",
            "unblock",
            "unpause",
            "enable",
            "reactivate",
            "unsuspend",
            "unhold",
            "defrost",
            "thaw",
            "status",
            "state",
        ],
        Act::Close => &[
            "close",
            "terminate",
            "destroy",
            "cancel",
            "delete",
            "remove",
            "end",
            "archive",
            "closure",
            "termination",
            "status",
            "state",
        ],
        Act::UpdateCard => &["update", "edit", "limits", "limit", "settings", "rename"],
        Act::TopUp => &["topup", "fund", "load", "deposit", "recharge", "refill", "credit"],
        Act::Withdraw => &["withdraw", "withdrawal", "defund", "unload", "debit"],
        Act::Transfer => &["transfer", "transfers", "send", "move"],
        Act::IssueCard => &["issue", "cards", "create"],
        Act::Login => {
            &["login", "signin", "token", "tokens", "session", "sessions", "authenticate", "auth", "authorize", "logon"]
        }
        Act::CreateCardholder | Act::PutWebhookConfig | Act::DeleteWebhookConfig => &[],
    }
}

/// What may be `op`: a listed operation of a likely method, on the same thing, whose last word is one of its words.
fn candidates(op: Op, offered: &[Listed]) -> Vec<Candidate> {
    let Op::Act(act) = op else { return Vec::new() };
    let words = words(act);
    let on_a_card =
        matches!(act, Act::Freeze | Act::Unfreeze | Act::Close | Act::UpdateCard | Act::TopUp | Act::Withdraw);
    let rank = |listed: &Listed| {
        if listed.method == Method::Get || listed.path.contains("{other}") || listed.path.len() > LONGEST_CANDIDATE {
            return None;
        }
        let (before, last) = listed.shape.rsplit_once('/')?;
        let is_card = listed.shape.ends_with("/{card}");
        if on_a_card && is_card {
            // The card itself: taken away, or changed.
            let fits = match act {
                Act::Close => listed.method == Method::Delete,
                Act::UpdateCard => CHANGES.contains(&listed.method),
                _ => false,
            };
            return fits.then_some(words.len());
        }
        let fits = match act {
            Act::Login => listed.method == Method::Post && !listed.shape.contains('{'),
            Act::Transfer => before.ends_with("{account}") || !before.contains('{'),
            Act::IssueCard => before.ends_with("{account}") || !before.contains('{') || before.ends_with("/cards"),
            _ => before.contains("/{card}"),
        };
        let word: String = last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let bare = word.strip_prefix("card").or(word.strip_suffix("card")).filter(|bare| !bare.is_empty());
        let place = |word: &str| words.iter().position(|known| *known == word);
        fits.then(|| place(&word).or_else(|| place(bare?))).flatten()
    };
    let mut found: Vec<(usize, &Listed)> =
        offered.iter().filter_map(|listed| rank(listed).map(|rank| (rank, listed))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    let candidate = |(_, listed): (usize, &Listed)| Candidate { method: listed.method, path: listed.path.clone() };
    found.into_iter().take(MOST_CANDIDATES).map(candidate).collect()
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
    fn other_words_are_named_and_never_used() {
        let contract = learn(
            r#"{"/api/v2/accounts":{"get":{}},
                "/api/v2/accounts/{a}/cards/{c}/lock":{"post":{}},
                "/api/v2/accounts/{a}/cards/{c}/unlock":{"put":{}},
                "/api/v2/cards/{c}/destroy/":{"post":{}},
                "/api/v2/accounts/{a}/cards/{c}":{"get":{},"delete":{}},
                "/api/v2/accounts/{a}/cards/{c}/balance/top-up":{"patch":{}},
                "/api/v2/accounts/{a}/cards/{c}/defund":{"patch":{}},
                "/api/v2/accounts/{a}/cards/{c}/lock-history":{"get":{},"post":{}},
                "/api/v2/things/{x}/lock":{"post":{}},
                "/api/v1/session":{"post":{}}}"#,
        )
        .unwrap();
        for act in [Act::Freeze, Act::Unfreeze, Act::Close, Act::TopUp, Act::Withdraw, Act::Login] {
            assert_eq!(contract.offers(act), Offer::Missing, "{act:?}");
        }
        let named = |act: Act| contract.candidates(act).iter().map(Candidate::to_string).collect::<Vec<_>>();
        let on_card = |method: &str, word: &str| format!("{method} /api/v2/accounts/{{account}}/cards/{{card}}{word}");
        assert_eq!(named(Act::Freeze), [on_card("POST", "/lock")]);
        assert_eq!(named(Act::Unfreeze), [on_card("PUT", "/unlock")]);
        assert_eq!(named(Act::Close), ["POST /api/v2/cards/{card}/destroy/".to_owned(), on_card("DELETE", "")]);
        assert_eq!(named(Act::TopUp), [on_card("PATCH", "/balance/top-up")]);
        assert_eq!(named(Act::Withdraw), [on_card("PATCH", "/defund")]);
        assert_eq!(named(Act::Login), ["POST /api/v1/session"]);
        let advice = contract.advice(Act::Freeze).unwrap();
        let setting = r#"write [paths] freeze = "POST /api/v2/accounts/{account}/cards/{card}/lock""#;
        assert!(advice.ends_with(setting), "{advice}");
        for act in [Act::Freeze, Act::Unfreeze, Act::Close, Act::TopUp, Act::Withdraw, Act::Login] {
            for candidate in contract.candidates(act) {
                assert!(Contract::assumed(&[(Op::Act(act), candidate.to_string())]).is_ok(), "{candidate} can be used");
            }
        }
        assert_eq!(contract.advice(Act::Transfer), None);
    }

    #[test]
    fn a_slash_at_the_end_is_matched_without_and_sent_with_it() {
        let contract = learn(
            r#"{"/api/v2/accounts/":{"get":{}}, "/api/v2/accounts/{a}/cards/":{"get":{},"post":{}},
                "/api/v2/accounts/{a}/cards/{c}/freeze/":{"post":{}},
                "/api/v2/cardholders":{"get":{}}, "/api/v2/cardholders/":{"get":{}}}"#,
        )
        .unwrap();
        assert_eq!(contract.route(Read::Accounts).path, "/api/v2/accounts/");
        assert_eq!(contract.route(Act::IssueCard).path, "/api/v2/accounts/{account}/cards/");
        assert_eq!(contract.route(Act::Freeze).path, "/api/v2/accounts/{account}/cards/{card}/freeze/");
        assert_eq!(contract.route(Read::Cardholders).path, "/api/v2/cardholders");
    }

    #[test]
    fn paging_is_as_the_document_says() {
        let contract = learn(
            r##"{"/api/v2/accounts":{"get":{},"parameters":[{"in":"query","name":"page"},{"in":"query","name":"quantity"}]},
                "/api/v2/accounts/{a}/cards":{"get":{"parameters":[{"$ref":"#/paths/~1x/get"},{"in":"query","name":"limit"}]}},
                "/api/v2/cardholders":{"get":{"parameters":[{"in":"query","name":"page"}]}},
                "/x":{"get":{"in":"query","name":"offset"}}}"##,
        )
        .unwrap();
        assert_eq!(contract.pages(Read::Accounts), Some(Paging::Pages));
        assert_eq!(contract.pages(Read::Cards), Some(Paging::Offset));
        assert_eq!(contract.pages(Read::Cardholders), None);
    }

    #[test]
    fn no_limits_are_an_empty_object_unless_the_document_forbids_it() {
        let takes = |schema: &str| {
            let body = format!(r#"{{"requestBody":{{"content":{{"application/json":{{"schema":{schema}}}}}}}}}"#);
            learn(&format!(r#"{{"/api/v2/accounts":{{"get":{{}}}},"/api/v2/accounts/{{a}}/cards":{{"post":{body}}}}}"#))
                .unwrap()
                .takes_empty_limits()
        };
        assert!(Contract::assumed(&[]).unwrap().takes_empty_limits());
        for fine in [
            "{}",
            r#"{"properties":{"limits":{"type":"object"}}}"#,
            r#"{"properties":{"limits":{}},"additionalProperties":false}"#,
            r#"{"properties":{"limits":{"anyOf":[{"type":"object"},{"type":"null"}]}}}"#,
            r#"{"allOf":[{"properties":{"limits":{"type":["object","null"]}}}]}"#,
            r#"{"properties":{"name":{}}}"#,
        ] {
            assert!(takes(fine), "{fine}");
        }
        for not in [
            r#"{"properties":{"name":{}},"additionalProperties":false}"#,
            r#"{"properties":{"limits":{"type":"object","minProperties":1}}}"#,
            r#"{"properties":{"limits":{"type":"array"}}}"#,
            r#"{"properties":{"limits":{"type":"object","required":["daily_limit"]}}}"#,
        ] {
            assert!(!takes(not), "{not}");
        }
    }

    #[test]
    fn one_bad_example_does_not_spoil_the_document() {
        let contract = learn(r#"{"/api/v2/accounts":{"get":{"example":[1e999,NaN,"a\u0000b"]}}}"#).unwrap();
        assert_eq!(contract.offers(Read::Accounts), Offer::Listed);
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
