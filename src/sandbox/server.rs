//! The HTTP server itself: accepts on loopback, speaks HTTP/1.1, and owns every connection it has.
//!
//! It drives the connections directly, because a test server must be able to end one without an answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::faults;
use super::routes;
use super::world::Shared;

/// Serves until it is aborted; its connections end with it.
pub async fn run(listener: TcpListener, shared: Arc<Shared>, latency: Duration, controls: bool) {
    let router = routes::router(shared.clone(), controls);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(_) => {
                // Out of descriptors, most likely: others must end first.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        // Small answers must not wait for an acknowledgement.
        drop(stream.set_nodelay(true));
        let router = router.clone();
        let shared = shared.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            let router = TowerToHyperService::new(router.clone());
            let refused = routes::translate(&shared, &mut request);
            let fault = match refused {
                // Nobody executes it, so no fault is spent on it.
                Some(_) => None,
                None => shared.faults.take(request.method().as_str(), request.uri().path()),
            };
            if matches!(fault, Some(faults::Fault::Unfiltered)) {
                faults::widen(&mut request);
            }
            let shared = shared.clone();
            async move {
                if !latency.is_zero() {
                    tokio::time::sleep(latency).await;
                }
                if let Some(answer) = refused {
                    return Ok(shared.deployment.finish(answer).await);
                }
                let execute = async {
                    let Ok(response): Result<Response, Infallible> = router.call(request).await;
                    shared.deployment.finish(response).await
                };
                match fault {
                    None => Ok(execute.await),
                    Some(fault) => faults::spoil(fault, execute).await,
                }
            }
        });
        connections.spawn(async move {
            // A client that goes away is nobody's error.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}
