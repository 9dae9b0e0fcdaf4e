//! Sends one delivery to an address of the person's choice: what was received, on to another program, or what the
//! log holds, once more.
//!
//! No redirect is followed, no proxy is used, nothing is sent twice, and no credential of the API goes along.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::sign::{NOTIFICATION, SIGNATURE, notification, signature};
use crate::api;
use crate::domain::secret::WebhookSecret;
use crate::domain::text::SafeText;
use crate::domain::webhook::check_url;

/// As long as the platform itself waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);

/// Where deliveries can be sent: https, or http on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// The error says what is wrong, in words that follow the address.
    pub fn parse(text: &str) -> Result<Target, &'static str> {
        check_url(text, true)?;
        Url::parse(text).map(Target).map_err(|_| "is no address")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SafeText::prose(self.0.as_str()).fmt(f)
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The code it was answered with, or why there was no answer.
    pub answer: Result<u16, SafeText>,
    pub took: Duration,
}

impl Sent {
    /// Whether it was taken.
    pub fn is_taken(&self) -> bool {
        matches!(self.answer, Ok(200..=299))
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let took = self.took.as_millis();
        match &self.answer {
            Ok(code @ 300..=399) => write!(f, "answered {code} in {took} ms; redirects are not followed"),
            Ok(code) => write!(f, "answered {code} in {took} ms"),
            Err(why) => write!(f, "no answer: {why} ({took} ms)"),
        }
    }
}

/// Keeps connections to one target.
#[derive(Clone, Debug)]
pub struct Sender {
    target: Target,
    http: reqwest::Client,
}

impl Sender {
    /// The error is a sentence.
    pub fn new(target: Target) -> Result<Sender, String> {
        let http = api::bare_client(target.0.scheme() == "https", CONNECT)?;
        Ok(Sender { target, http })
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Sends a body with headers as they are.
    pub async fn send(&self, body: Vec<u8>, headers: &[(&'static str, String)]) -> Sent {
        let began = Instant::now();
        let mut request =
            self.http.post(self.target.0.clone()).header("content-type", "application/json").timeout(PATIENCE);
        for (name, value) in headers {
            request = request.header(*name, value.as_str());
        }
        let answer = match request.body(body).send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => Err(SafeText::prose(&why(&error))),
        };
        Sent { answer, took: began.elapsed() }
    }

    /// Sends a body signed with this secret, in both ways; unsigned without one.
    pub async fn send_signed(&self, body: Vec<u8>, secret: Option<&WebhookSecret>) -> Sent {
        let headers = match secret {
            Some(secret) => {
                vec![(SIGNATURE, signature(secret, &body)), (NOTIFICATION, notification(secret, &body))]
            }
            None => Vec::new(),
        };
        self.send(body, &headers).await
    }
}

/// The innermost reason, without the address: the caller names it.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took longer than 10 s".into();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
