//! The control endpoints under `/__sandbox`, which exist only when the sandbox was started with them: spoil
//! answers, count acts, let things happen, check the books.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Answer, App};
use crate::sandbox::answer::{self, Problem};
use crate::sandbox::faults::Rule;
use crate::sandbox::happen::{Happening, happen};

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::Plain(StatusCode::UNPROCESSABLE_ENTITY, format!("not understood: {error}")))
}

/// One rule, or a list of them.
pub async fn add_faults(State(shared): App, body: Bytes) -> Answer {
    let rules = read::<Vec<Rule>>(&body).or_else(|_| read::<Rule>(&body).map(|rule| vec![rule]))?;
    if let Some(why) = rules.iter().find_map(|rule| rule.check().err()) {
        return Err(Problem::Plain(StatusCode::UNPROCESSABLE_ENTITY, why.to_owned()));
    }
    for rule in rules {
        shared.faults.add(rule);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn clear_faults(State(shared): App) -> StatusCode {
    shared.faults.clear();
    StatusCode::NO_CONTENT
}

pub async fn acts(State(shared): App) -> Response {
    shared.look(|world, _| answer::json(StatusCode::OK, &world.acts))
}

pub async fn let_happen(State(shared): App, body: Bytes) -> Answer {
    let what: Happening = read(&body)?;
    shared.act(|world, now| Ok(answer::json(StatusCode::OK, &json!({"id": happen(world, &what, now)?}))))
}

pub async fn conserved(State(shared): App) -> Response {
    let breach = shared.look(|world, _| world.ledger.audit()).err().map(|breach| breach.to_string());
    answer::json(StatusCode::OK, &json!({"conserved": breach.is_none(), "breach": breach}))
}
