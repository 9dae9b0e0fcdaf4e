//! What the server says when it does not do what it was asked, in the shapes of FastAPI: `{"detail": "..."}`
//! or `{"detail": [{loc, msg, type}]}`.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;

use super::ledger::Refusal;

/// One thing wrong with a request.
#[derive(Debug, Serialize)]
pub struct FieldError {
    pub loc: Vec<Loc>,
    pub msg: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Box<RawValue>>,
}

/// A step on the way to a field: a name or a position.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Loc {
    Name(String),
    At(usize),
}

impl From<&str> for Loc {
    fn from(name: &str) -> Loc {
        Loc::Name(name.to_owned())
    }
}

/// An answer that is not a success.
#[derive(Debug)]
pub enum Problem {
    Plain(StatusCode, String),
    Fields(Vec<FieldError>),
}

impl Problem {
    pub fn not_found() -> Problem {
        Problem::Plain(StatusCode::NOT_FOUND, "Not Found".to_owned())
    }

    pub fn unauthorized(why: &str) -> Problem {
        Problem::Plain(StatusCode::UNAUTHORIZED, why.to_owned())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Unknown(what) => Problem::Plain(StatusCode::NOT_FOUND, what.to_owned()),
            Refusal::Business(why) => Problem::Plain(StatusCode::BAD_REQUEST, why),
            Refusal::Conflict(why) => Problem::Plain(StatusCode::CONFLICT, why),
        }
    }
}

#[derive(Serialize)]
struct Detail<T> {
    detail: T,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Problem::Plain(status, detail) => {
                let mut response = json(status, &Detail { detail });
                if status == StatusCode::UNAUTHORIZED {
                    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                }
                response
            }
            Problem::Fields(detail) => json(StatusCode::UNPROCESSABLE_ENTITY, &Detail { detail }),
        }
    }
}

/// A JSON answer.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Nothing served here can fail to serialise: no maps with odd keys, no floats.
    raw(status, serde_json::to_vec(body).unwrap_or_default())
}

/// A JSON answer from bytes.
pub fn raw(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
