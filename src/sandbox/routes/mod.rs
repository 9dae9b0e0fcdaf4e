//! The endpoints, one file for each family, and what they have in common: credentials, 404, 405.

mod accounts;
mod auth;
mod cardholders;
mod cards;
mod control;
mod docs;
mod transactions;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::answer::Problem;
use super::clock;
use super::dialects::{Asked, Quirk, Routed};
use super::world::Shared;

type App = State<Arc<Shared>>;
type Answer = Result<Response, Problem>;

/// How many rows a list gives when not asked, and at most.
const PAGE: Asked = Asked { default: 100, most: 1_000 };

/// Every endpoint: its name, as faults and counts use it, its method and its path.
#[rustfmt::skip]
pub const ENDPOINTS: &[(&str, &str, &str)] = &[
    ("account_list", "GET", "/api/v2/accounts"),
    ("account_details", "GET", "/api/v2/accounts/{account_uuid}"),
    ("account_balance", "GET", "/api/v2/accounts/{account_uuid}/balance"),
    ("account_restrictions", "GET", "/api/v2/accounts/{account_uuid}/restrictions"),
    ("transfer_destinations", "GET", "/api/v2/accounts/{account_uuid}/transfer-destinations"),
    ("account_transfer", "POST", "/api/v2/accounts/{account_uuid}/transfer"),
    ("account_cardholders", "GET", "/api/v2/accounts/{account_uuid}/cardholders"),
    ("cardholder_create", "POST", "/api/v2/accounts/{account_uuid}/cardholders"),
    ("cardholder_list", "GET", "/api/v2/cardholders"),
    ("cardholder_details", "GET", "/api/v2/cardholders/{card_owner_id}"),
    ("cardholder_cards", "GET", "/api/v2/cardholders/{card_owner_id}/cards"),
    ("card_list", "GET", "/api/v2/accounts/{account_uuid}/cards"),
    ("card_issue", "POST", "/api/v2/accounts/{account_uuid}/cards"),
    ("card_details", "GET", "/api/v2/accounts/{account_uuid}/cards/{card_uuid}"),
    ("card_update", "PATCH", "/api/v2/accounts/{account_uuid}/cards/{card_uuid}"),
    ("card_sensitive", "GET", "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/sensitive"),
    ("card_topup", "POST", "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/topup"),
    ("card_withdraw", "POST", "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/withdraw"),
    ("card_freeze", "POST", "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/freeze"),
    ("card_unfreeze", "POST", "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/unfreeze"),
    ("card_unfreeze", "POST", "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/activate"),
    ("card_close", "POST", "/api/v2/accounts/{account_uuid}/cards/{card_uuid}/close"),
    ("card_transactions", "GET", "/api/v2/transactions/cards"),
    ("card_transaction", "GET", "/api/v2/transactions/cards/{transaction_uuid}"),
    ("account_transactions", "GET", "/api/v2/transactions/accounts"),
    ("account_transaction", "GET", "/api/v2/transactions/accounts/{transaction_uuid}"),
    ("webhook_config", "GET", "/api/v2/webhooks/config"),
    ("webhook_configure", "PUT", "/api/v2/webhooks/config"),
    ("webhook_forget", "DELETE", "/api/v2/webhooks/config"),
    ("webhook_events", "GET", "/api/v2/webhooks/events"),
    ("login", "POST", "/api/v2/auth/login"),
    ("openapi", "GET", "/api/openapi.json"),
    ("docs", "GET", "/api/docs"),
];

/// All routes; those of the control endpoints only when asked for.
pub fn router(shared: Arc<Shared>, controls: bool) -> Router {
    let card = get(cards::details);
    let card = if shared.card_update { card.patch(cards::update) } else { card };
    let guarded = Router::new()
        .route("/accounts", get(accounts::list))
        .route("/accounts/{account_uuid}", get(accounts::details))
        .route("/accounts/{account_uuid}/balance", get(accounts::balance))
        .route("/accounts/{account_uuid}/restrictions", get(accounts::restrictions))
        .route("/accounts/{account_uuid}/transfer-destinations", get(accounts::destinations))
        .route("/accounts/{account_uuid}/transfer", post(accounts::transfer))
        .route("/accounts/{account_uuid}/cardholders", get(cardholders::list_of).post(cardholders::create))
        .route("/cardholders", get(cardholders::list))
        .route("/cardholders/{card_owner_id}", get(cardholders::one))
        .route("/cardholders/{card_owner_id}/cards", get(cardholders::cards))
        .route("/accounts/{account_uuid}/cards", get(cards::list).post(cards::issue))
        .route("/accounts/{account_uuid}/cards/{card_uuid}", card)
        .route("/accounts/{account_uuid}/cards/{card_uuid}/sensitive", get(cards::sensitive))
        .route("/accounts/{account_uuid}/cards/{card_uuid}/topup", post(cards::top_up))
        .route("/accounts/{account_uuid}/cards/{card_uuid}/withdraw", post(cards::withdraw))
        .route("/accounts/{account_uuid}/cards/{card_uuid}/freeze", post(cards::freeze))
        .route("/accounts/{account_uuid}/cards/{card_uuid}/unfreeze", post(cards::unfreeze))
        .route("/accounts/{account_uuid}/cards/{card_uuid}/activate", post(cards::unfreeze))
        .route("/accounts/{account_uuid}/cards/{card_uuid}/close", post(cards::close))
        .route("/transactions/cards", get(transactions::card_list))
        .route("/transactions/cards/{transaction_uuid}", get(transactions::card_one))
        .route("/transactions/accounts", get(transactions::account_list))
        .route("/transactions/accounts/{transaction_uuid}", get(transactions::account_one))
        .route("/webhooks/config", get(webhooks::config).put(webhooks::configure).delete(webhooks::forget))
        .route("/webhooks/events", get(webhooks::events))
        .method_not_allowed_fallback(not_allowed)
        .route_layer(from_fn_with_state(shared.clone(), credentials));
    let control = Router::new()
        .route("/faults", post(control::add_faults).delete(control::clear_faults))
        .route("/acts", get(control::acts))
        .route("/happen", post(control::let_happen))
        .route("/conserved", get(control::conserved));
    let outer = if controls { Router::new().nest("/__sandbox", control) } else { Router::new() };
    outer
        .nest("/api/v2", guarded)
        .route("/api/v2/auth/login", post(auth::login))
        .route("/api/openapi.json", get(docs::openapi))
        .route("/api/docs", get(docs::page))
        .route("/demo/receiver", post(webhooks::receiver))
        .method_not_allowed_fallback(not_allowed)
        .fallback(|| async { Problem::not_found() })
        .layer(DefaultBodyLimit::max(1 << 20))
        .with_state(shared)
}

async fn not_allowed() -> Problem {
    Problem::Plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed".to_owned())
}

/// Turns what a deployment calls an endpoint into what it is called here; or gives the answer, where it is none.
pub fn translate<B>(shared: &Shared, request: &mut axum::http::Request<B>) -> Option<Response> {
    let deployment = &shared.deployment;
    if !request.uri().path().starts_with("/api/") {
        return None;
    }
    if deployment.is_too_many(clock::now()) {
        let mut answer = Problem::Plain(StatusCode::TOO_MANY_REQUESTS, "Too many requests".to_owned()).into_response();
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return Some(answer);
    }
    let unknown = || Some(Problem::not_found().into_response());
    let question = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    match deployment.route(request.method().as_str(), request.uri().path()) {
        Routed::Unknown => unknown(),
        Routed::Redirected(path) => {
            // As Starlette writes it: the whole address.
            let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let Ok(target) = HeaderValue::try_from(format!("http://{host}{path}{question}")) else { return unknown() };
            let mut answer = Response::default();
            *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
            answer.headers_mut().insert(header::LOCATION, target);
            Some(answer)
        }
        Routed::Meant(method, path) => {
            if let Some(method) = method {
                let Ok(method) = method.parse() else { return unknown() };
                *request.method_mut() = method;
            }
            if path != request.uri().path() {
                let Ok(uri) = format!("{path}{question}").parse::<Uri>() else { return unknown() };
                *request.uri_mut() = uri;
            }
            None
        }
    }
}

/// Lets a request pass that has the merchant's token or a login that is still good.
async fn credentials(State(shared): App, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let checked = if shared.deployment.wants_bearer() {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
        let key = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map_or("", |(_, key)| key.trim());
        let good = shared.keys.is_token(key.as_bytes()) || shared.keys.check(key, clock::now() / 1_000).is_ok();
        if good { Ok(()) } else { Err("Invalid or missing API key") }
    } else if let Some(token) = headers.get("x-api-token") {
        if shared.keys.is_token(token.as_bytes()) { Ok(()) } else { Err("Invalid API token") }
    } else if let Some(bearer) = headers.get(header::AUTHORIZATION) {
        match bearer.to_str().ok().and_then(|value| value.split_once(' ')) {
            Some((scheme, jwt)) if scheme.eq_ignore_ascii_case("bearer") => {
                shared.keys.check(jwt.trim(), clock::now() / 1_000)
            }
            _ => Err("Invalid authentication credentials"),
        }
    } else {
        Err("Not authenticated")
    };
    match checked {
        Ok(()) if shared.deployment.quirks.has(Quirk::ForbiddenWebhooks) && is_webhooks(request.uri()) => {
            let why = "Insufficient permissions for this operation".to_owned();
            Problem::Plain(StatusCode::FORBIDDEN, why).into_response()
        }
        Ok(()) => next.run(request).await,
        Err(why) => Problem::unauthorized(why).into_response(),
    }
}

/// The prefix is cut off where the routes are nested.
fn is_webhooks(uri: &Uri) -> bool {
    uri.path().trim_start_matches("/api/v2").starts_with("/webhooks/")
}

/// The currency of a request, USD when it names none, must be that of the account.
fn same_currency(account: &super::ledger::Account, asked: Option<&str>) -> Result<(), Problem> {
    let asked = asked.unwrap_or("USD");
    if asked.eq_ignore_ascii_case(account.currency.as_str()) {
        return Ok(());
    }
    let why = format!("Currency {asked} does not match account currency {}", account.currency);
    Err(Problem::Plain(StatusCode::BAD_REQUEST, why))
}
