//! The sender that speaks HTTP.
//!
//! Reads share kept-alive connections. An act has a client, and with it a connection, of its own: no stale connection
//! can swallow it (M1), and what stands between its connection and its first byte is asked with its own deadline. A
//! read of card data has a connection of its own as well, because a connection that is kept keeps the buffer the
//! answer was in. All of them speak HTTP/1.1 only, follow no redirect, know no proxy, never send again and never log.

use std::error::Error;
use std::pin::Pin;
use std::sync::{PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use tower_layer::Layer;
use tower_service::Service;

use super::answer::{causes, connect_kind, innermost};
use super::endpoints::Method;
use super::sender::{Answer, Deadline, Late, Purpose, Request, SendError, Sender, Sending};
use super::settings::Roots;
use super::tls::{self, RootSource};
use crate::domain::failure::FailureKind;

/// Idle connections that reads keep.
const KEPT: usize = 8;

pub(super) struct Http {
    https: bool,
    connect: Duration,
    tls: rustls::ClientConfig,
    /// Replaced when the credential goes: a connection keeps the buffer its last request was written in.
    reads: RwLock<reqwest::Client>,
    /// Keeps no connection.
    secrets: reqwest::Client,
}

impl Http {
    /// The error is a sentence.
    pub fn new(https: bool, connect: Duration, roots: &Roots) -> Result<(Http, RootSource), String> {
        let (tls, source) = tls::config(https, roots)?;
        let reads = RwLock::new(built(builder(https, connect, &tls, KEPT))?);
        let secrets = built(builder(https, connect, &tls, 0))?;
        Ok((Http { https, connect, tls, reads, secrets }, source))
    }

    fn client(&self, request: &Request<'_>) -> Result<reqwest::Client, String> {
        match request.purpose {
            Purpose::Read => Ok(self.reads.read().unwrap_or_else(PoisonError::into_inner).clone()),
            Purpose::SecretRead => Ok(self.secrets.clone()),
            Purpose::Act => {
                let client = builder(self.https, self.connect, &self.tls, 0);
                built(match request.deadline {
                    Some(deadline) => client.connector_layer(Watched(deadline)),
                    None => client,
                })
            }
        }
    }

    async fn carry(&self, request: &Request<'_>, answer: &mut Answer<'_>) -> Result<(), SendError> {
        let unfit = |detail| SendError::NotConnected { kind: FailureKind::NotSent, detail };
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let client = self.client(request).map_err(unfit)?;
        let mut built = client.request(method, request.url()).headers(request.headers.clone());
        if let Some(body) = request.body {
            built = built.body(body.as_bytes().to_vec());
        }
        let built = built.build().map_err(|why| unfit(innermost(&why)))?;
        let mut response = client.execute(built).await.map_err(|why| trouble(&why))?;
        let headers = std::mem::take(response.headers_mut());
        answer.begin(response.status().as_u16(), headers)?;
        while let Some(piece) = response.chunk().await.map_err(|why| trouble(&why))? {
            answer.push(&piece)?;
        }
        Ok(())
    }
}

impl Sender for Http {
    fn send<'s>(&'s self, request: &'s Request<'_>, answer: &'s mut Answer<'_>) -> Sending<'s> {
        Box::pin(self.carry(request, answer))
    }

    fn forget(&self) -> Result<(), String> {
        let fresh = built(builder(self.https, self.connect, &self.tls, KEPT))?;
        *self.reads.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

/// Table 5.2, its upper half: no whole answer came. Only what failed while connecting is certain.
fn trouble(why: &reqwest::Error) -> SendError {
    if let Some(late) = causes(why).find_map(|cause| cause.downcast_ref::<Late>()) {
        SendError::Late(*late)
    } else if why.is_builder() {
        SendError::NotConnected { kind: FailureKind::NotSent, detail: innermost(why) }
    } else if why.is_connect() {
        SendError::NotConnected { kind: connect_kind(why), detail: innermost(why) }
    } else if why.is_timeout() {
        SendError::TimedOut
    } else {
        SendError::Broken(innermost(why))
    }
}

/// Wraps what connects: a connection that stands is given away only when the act may still go.
#[derive(Clone, Copy)]
struct Watched(Deadline);

impl<S> Layer<S> for Watched {
    type Service = WatchedConnector<S>;

    fn layer(&self, connector: S) -> WatchedConnector<S> {
        WatchedConnector { connector, deadline: self.0 }
    }
}

#[derive(Clone)]
struct WatchedConnector<S> {
    connector: S,
    deadline: Deadline,
}

type BoxError = Box<dyn Error + Send + Sync>;

impl<S, T> Service<T> for WatchedConnector<S>
where
    S: Service<T, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, target: T) -> Self::Future {
        let (connecting, deadline) = (self.connector.call(target), self.deadline);
        Box::pin(async move {
            let connection = connecting.await?;
            deadline.check()?;
            Ok(connection)
        })
    }
}

/// The same kind of client without a credential, for what is not the API: deliveries that are sent on.
pub fn bare_client(https: bool, connect: Duration) -> Result<reqwest::Client, String> {
    let (tls, _) = tls::config(https, &Roots::Platform)?;
    built(builder(https, connect, &tls, KEPT))
}

/// Connections to one API; at most so many are kept when they are idle.
fn builder(https: bool, connect: Duration, tls: &rustls::ClientConfig, kept: usize) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .http1_only()
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .https_only(https)
        .connect_timeout(connect)
        .pool_max_idle_per_host(kept)
        .pool_idle_timeout(Duration::from_secs(30))
        .user_agent(concat!("fourpay/", env!("CARGO_PKG_VERSION")))
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, String> {
    builder.build().map_err(|why| innermost(&why))
}
