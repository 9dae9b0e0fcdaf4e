//! Takes deliveries over HTTP: checks each, answers at once, and leaves the work to whoever takes from the queue.
//!
//! | delivery | answer |
//! | --- | --- |
//! | signed, and there is room in the queue | 204 |
//! | with a secret known: unsigned, or signed with another | 401, counted, never shown |
//! | no JSON object | 400, counted |
//! | above 1 MiB | 413 |
//! | the queue is full | 503, so that the platform knows it was not taken |
//! | anything but POST | 405 |
//!
//! A head that is not there within five seconds ends its connection. While all places are taken, the oldest connection
//! makes room for the next as soon as it is a second old: whoever keeps places by being slow keeps nobody out.
//!
//! What was answered 204 is in the queue and cannot get lost while the program runs. Does not know what a
//! delivery is worth: nothing in it is shown as money.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::sign::{self, NOTIFICATION, SIGNATURE};
use crate::api::decode;
use crate::domain::secret::WebhookSecret;
use crate::domain::webhook::Subject;

/// Largest body, in bytes.
const LARGEST: usize = 1 << 20;
/// Deliveries that may wait to be worked on.
const WAITING: usize = 8_192;
/// Bytes of bodies that may wait, in KiB.
const WAITING_KIB: usize = 64 * 1_024;
/// Connections at once; for more the oldest are given up.
const CONNECTIONS: usize = 256;
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(5);
/// How long a connection may keep its place from others that wait. A delivery on this machine takes milliseconds.
const GRACE: Duration = Duration::from_secs(1);
/// Connections that the system may hold until they are accepted: a burst is not reset.
const BACKLOG: u32 = 4_096;
/// How long a connection may last. The platform gives up after 10 s; a busy machine is given more, so that what was
/// sent in time is not cut off.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a receiver needs to know.
#[derive(Debug)]
pub struct Rules {
    /// `None` takes everything, signed or not.
    pub secret: Option<Arc<WebhookSecret>>,
    /// `api-notification-sign` is believed where the other header is missing.
    pub notification: bool,
}

/// One delivery that was taken.
#[derive(Debug)]
pub struct Delivery {
    pub subject: Subject,
    pub body: Bytes,
    /// The signature headers as they came, to be forwarded with the body.
    pub signatures: Vec<(&'static str, String)>,
    /// Its room in the queue, given back when it is dropped.
    _room: OwnedSemaphorePermit,
}

/// How deliveries fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Signed as they should be, or taken without a secret.
    pub taken: u64,
    /// Unsigned, or signed with another secret.
    pub refused: u64,
    pub unreadable: u64,
    pub too_large: u64,
    /// There was no room.
    pub turned_away: u64,
}

/// A receiver at work; it ends when this is dropped.
pub struct Receiver {
    pub address: SocketAddr,
    pub counts: watch::Receiver<Counts>,
    _task: JoinSet<()>,
}

struct Shared {
    rules: Rules,
    queue: mpsc::Sender<Delivery>,
    room: Arc<Semaphore>,
    counts: watch::Sender<Counts>,
}

/// Opens the address and takes deliveries from now on.
pub async fn listen(address: SocketAddr, rules: Rules) -> io::Result<(Receiver, mpsc::Receiver<Delivery>)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    let (queue, taken) = mpsc::channel(WAITING);
    let (counts_in, counts) = watch::channel(Counts::default());
    let room = Arc::new(Semaphore::new(WAITING_KIB));
    let shared = Arc::new(Shared { rules, queue, room, counts: counts_in });
    let mut task = JoinSet::new();
    task.spawn(accept(listener, shared));
    Ok((Receiver { address, counts, _task: task }, taken))
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new().fallback(take).layer(DefaultBodyLimit::max(LARGEST)).with_state(shared);
    let mut connections = JoinSet::new();
    // The oldest first; those that have ended may still be among them.
    let mut began: VecDeque<(Instant, AbortHandle)> = VecDeque::new();
    loop {
        let accepted = loop {
            while began.front().is_some_and(|(_, connection)| connection.is_finished()) {
                began.pop_front();
            }
            let full = connections.len() >= CONNECTIONS;
            let due = began.front().map_or_else(Instant::now, |(began, _)| *began + GRACE);
            tokio::select! {
                biased;
                Some(_) = connections.join_next() => {}
                () = tokio::time::sleep_until(due), if full => {
                    if let Some((_, oldest)) = began.pop_front() {
                        oldest.abort();
                    }
                }
                accepted = listener.accept(), if !full => break accepted,
            }
            began.retain(|(_, connection)| !connection.is_finished());
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors, most likely: others must end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        drop(stream.set_nodelay(true));
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let router = TowerToHyperService::new(router.clone());
            async move {
                let answer: Result<Response, Infallible> = router.call(request).await;
                answer
            }
        });
        let connection = connections.spawn(async move {
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(HEAD);
            let served = server.serve_connection(TokioIo::new(stream), service);
            // One that dawdles is cut off; one that goes away is nobody's error.
            drop(tokio::time::timeout(PATIENCE, served).await);
        });
        began.push_back((Instant::now(), connection));
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> StatusCode {
    if method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    let (code, count): (StatusCode, fn(&mut Counts) -> &mut u64) = match body {
        Err(refused) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            (StatusCode::PAYLOAD_TOO_LARGE, |counts| &mut counts.too_large)
        }
        Err(_) => (StatusCode::BAD_REQUEST, |counts| &mut counts.unreadable),
        Ok(body) => shared.judge(&headers, body),
    };
    shared.counts.send_modify(|counts| *count(counts) += 1);
    code
}

type Judged = (StatusCode, fn(&mut Counts) -> &mut u64);

impl Shared {
    fn judge(&self, headers: &HeaderMap, body: Bytes) -> Judged {
        if !self.is_signed(headers, &body) {
            return (StatusCode::UNAUTHORIZED, |counts| &mut counts.refused);
        }
        let Some(subject) = decode::delivery(&body) else {
            return (StatusCode::BAD_REQUEST, |counts| &mut counts.unreadable);
        };
        let size = u32::try_from(body.len() / 1_024 + 1).unwrap_or(u32::MAX);
        let Ok(room) = self.room.clone().try_acquire_many_owned(size) else {
            return (StatusCode::SERVICE_UNAVAILABLE, |counts| &mut counts.turned_away);
        };
        let header = |name| Some((name, headers.get(name)?.to_str().ok()?.to_owned()));
        let signatures = [SIGNATURE, NOTIFICATION].into_iter().filter_map(header).collect();
        match self.queue.try_send(Delivery { subject, body, signatures, _room: room }) {
            Ok(()) => (StatusCode::NO_CONTENT, |counts| &mut counts.taken),
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, |counts| &mut counts.turned_away),
        }
    }

    fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let Some(secret) = &self.rules.secret else { return true };
        // A header that comes twice says two things; neither is believed.
        let one = |name| {
            let mut all = headers.get_all(name).iter();
            let first = all.next();
            first.filter(|_| all.next().is_none()).and_then(|value| value.to_str().ok())
        };
        match one(SIGNATURE) {
            Some(said) => sign::is_signed(secret, body, said),
            None if headers.contains_key(SIGNATURE) || !self.rules.notification => false,
            None => one(NOTIFICATION).is_some_and(|said| sign::is_notification(secret, body, said)),
        }
    }
}
