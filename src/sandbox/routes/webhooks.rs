//! Webhook configuration and the event log, and the demo's own receiver.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use url::Url;

use super::{Answer, App};
use crate::sandbox::answer::{Problem, json};
use crate::sandbox::ask::{Fields, Query, too_large};
use crate::sandbox::dialects::Asked;
use crate::sandbox::webhooks::{Config, EVENT_TYPES};

#[derive(Serialize)]
struct Shown<'a> {
    url: &'a str,
    secret_set: bool,
    event_types: Option<&'a [String]>,
    is_active: bool,
}

fn shown(config: &Config) -> Response {
    let Config { url, secret, event_types, is_active } = config;
    let shown = Shown { url, secret_set: secret.is_some(), event_types: event_types.as_deref(), is_active: *is_active };
    json(StatusCode::OK, &shown)
}

pub async fn config(State(shared): App) -> Answer {
    let unset = || Problem::Plain(StatusCode::NOT_FOUND, "Webhook is not configured".to_owned());
    shared.look(|world, _| world.hooks.config.as_ref().map(shown).ok_or_else(unset))
}

/// Sets the configuration. A secret that was set before stays when none is given.
pub async fn configure(State(shared): App, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Answer {
    let mut fields = Fields::read(&headers, &body.map_err(|_| too_large())?)?;
    let url = fields.text(&["url"], 1, 2_083);
    if let Some(given) = &url
        && !allowed(given)
    {
        let msg = "URL should be https, or http on a loopback address";
        fields.fault("url", "url_scheme", msg, None);
    }
    let secret = fields.optional_text(&["secret"], 1, 255);
    let event_types = fields.texts("event_types");
    if event_types.iter().flatten().any(|kind| !EVENT_TYPES.contains(&kind.as_str())) {
        let msg = "Input should be 'card_transaction', 'account_transaction', 'account_topup' or 'card_state'";
        fields.fault("event_types", "enum", msg, None);
    }
    let is_active = fields.flag("is_active").unwrap_or(true);
    fields.done()?;
    let Some(url) = url else { return Err(Problem::Fields(Vec::new())) };
    shared.act(|world, _| {
        let secret = secret.or_else(|| world.hooks.config.take().and_then(|old| old.secret));
        let config = Config { url, secret, event_types, is_active };
        let answer = shown(&config);
        world.hooks.config = Some(config);
        world.acted("webhook_configure");
        Ok(answer)
    })
}

/// The shape the OpenAPI document promises, a URL in fact, and http on loopback only.
fn allowed(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    let (place, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // A port is after the last colon, unless that colon is inside of [::1].
    let (host, port) = match place.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
        Some((host, port)) => (host, Some(port)),
        None => (place, None),
    };
    let plain = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    let shaped = (plain || host == "[::1]")
        && port.is_none_or(|port| (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit()))
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'()*+,./:;=?@_~-".contains(&b));
    let Some(url) = Url::parse(text).ok().filter(|_| shaped) else { return false };
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => return false,
    };
    url.scheme() == "https" || loopback
}

pub async fn forget(State(shared): App) -> Answer {
    shared.act(|world, _| {
        if world.hooks.config.take().is_none() {
            return Err(Problem::Plain(StatusCode::NOT_FOUND, "Webhook is not configured".to_owned()));
        }
        world.acted("webhook_forget");
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

/// The log as a bare array, newest first.
pub async fn events(State(shared): App, mut query: Query) -> Answer {
    let page = shared.deployment.page(&mut query, Some(Asked { default: 50, most: 200 }));
    query.done()?;
    Ok(shared.look(|world, _| shared.deployment.events(&page, world.hooks.len(), |at| world.hooks.line(at))))
}

/// Where the demo merchant's deliveries go.
pub async fn receiver(_: Bytes) -> StatusCode {
    StatusCode::NO_CONTENT
}
