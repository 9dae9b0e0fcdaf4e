//! Login: the demo merchant's e-mail and password give a JWT.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use subtle::ConstantTimeEq;

use super::{Answer, App};
use crate::sandbox::answer::{Problem, json};
use crate::sandbox::ask::{Fields, too_large};
use crate::sandbox::clock;
use crate::sandbox::tokens::{EMAIL, LIFETIME, PASSWORD};

#[derive(Serialize)]
struct LoggedIn {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
}

pub async fn login(State(shared): App, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Answer {
    let mut fields = Fields::read(&headers, &body.map_err(|_| too_large())?)?;
    let email = fields.text(&["email"], 1, 255);
    let password = fields.text(&["password"], 1, 255);
    fields.done()?;
    let right = email.is_some_and(|email| email.eq_ignore_ascii_case(EMAIL))
        & password.is_some_and(|password| bool::from(password.as_bytes().ct_eq(PASSWORD.as_bytes())));
    if !right {
        return Err(Problem::unauthorized("Incorrect email or password"));
    }
    let now = clock::now() / 1_000;
    let access_token = shared.keys.jwt(now, &shared.deployment.expiry_claim(now + LIFETIME));
    Ok(json(StatusCode::OK, &LoggedIn { access_token, token_type: "bearer", expires_in: LIFETIME }))
}
