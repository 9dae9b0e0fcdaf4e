//! A peer that reads whole HTTP/1.1 requests and answers each as the test says, with bytes of its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use fourpay::api::{Client, Settings};
use fourpay::clock::Clock;
use fourpay::domain::ids::{AccountId, CardId};
use fourpay::domain::secret::Token;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use zeroize::Zeroizing;

pub const TOKEN: &str = "tok_CANARY_7f3a";

/// What to do with one request.
#[derive(Clone)]
pub enum Reply {
    /// Send these bytes and keep the connection.
    Keep(Vec<u8>),
    /// Send these bytes and close.
    Close(Vec<u8>),
    /// Send these bytes, then RST.
    Reset(Vec<u8>),
    /// Send these bytes, then nothing more.
    Hang(Vec<u8>),
    /// Send these bytes one at a time with a pause between.
    Trickle(Vec<u8>, Duration),
    /// Send the first once, then the second for ever.
    Endless(Vec<u8>, Vec<u8>),
}

#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Whole requests that were read: head and body as text.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub fn lines(&self) -> Vec<String> {
        self.all().iter().map(|request| request.lines().next().unwrap_or("").to_owned()).collect()
    }

    pub fn push(&self, request: String) -> usize {
        let mut log = self.0.lock().unwrap();
        log.push(request);
        log.len()
    }
}

pub struct Peer {
    pub address: SocketAddr,
    pub log: Log,
    /// Connections that were accepted.
    pub accepted: Log,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    /// Answers the n-th request (from 1) with `reply(n, request)`.
    pub async fn new(reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (log, accepted) = (Log::default(), Log::default());
        let reply = Arc::new(reply);
        let (seen, doors) = (log.clone(), accepted.clone());
        let task = tokio::spawn(async move {
            while let Ok((socket, from)) = listener.accept().await {
                doors.push(from.to_string());
                let (reply, seen) = (reply.clone(), seen.clone());
                tokio::spawn(async move { serve(socket, &*reply, &seen).await });
            }
        });
        Peer { address, log, accepted, task }
    }

    /// Always answers 200 with this JSON.
    pub async fn json(body: &'static str) -> Peer {
        Peer::new(move |_, _| Reply::Keep(ok(body))).await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn settings(&self) -> Settings {
        quick(self.url())
    }

    pub fn client(&self) -> Client {
        client(self.settings())
    }
}

/// A clock that is turned by hand. It stands still otherwise, and knows no chance.
pub struct Hand {
    millis: AtomicU64,
    /// Added each time that the boot clock was read.
    pub per_look: AtomicU64,
}

impl Hand {
    pub fn new() -> &'static Hand {
        // A test's settings keep it for as long as the test runs.
        Box::leak(Box::new(Hand { millis: AtomicU64::new(1_000_000), per_look: AtomicU64::new(0) }))
    }

    pub fn add(&self, millis: u64) {
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn wall(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_777_000_000_000 + self.millis.load(Ordering::SeqCst) as i64).unwrap()
    }

    fn boot(&self) -> Duration {
        let look = self.per_look.load(Ordering::SeqCst);
        Duration::from_millis(self.millis.fetch_add(look, Ordering::SeqCst))
    }

    fn random(&self) -> u64 {
        0
    }
}

/// Settings whose limits fit a test.
pub fn quick(url: String) -> Settings {
    Settings {
        connect_timeout: Duration::from_millis(200),
        read_timeout: Duration::from_millis(700),
        act_timeout: Duration::from_millis(400),
        discover_timeout: Duration::from_millis(400),
        patience: Duration::from_millis(400),
        backoff: Duration::from_millis(5),
        ..Settings::new(url)
    }
}

pub fn token() -> Token {
    Token::parse(Zeroizing::new(TOKEN.to_owned())).unwrap()
}

pub fn client(settings: Settings) -> Client {
    Client::new(settings, token()).unwrap()
}

pub fn account() -> AccountId {
    AccountId::parse("0190aaaa-1111-7000-8000-000000000001").unwrap()
}

pub fn card() -> CardId {
    CardId::parse("0190dddd-2222-7000-8000-000000000001").unwrap()
}

async fn serve(mut socket: TcpStream, reply: &(dyn Fn(usize, &str) -> Reply + Send + Sync), log: &Log) {
    while let Some(request) = read_request(&mut socket).await {
        let number = log.push(request.clone());
        match reply(number, &request) {
            Reply::Keep(bytes) => {
                if socket.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Reply::Close(bytes) => {
                let _ = socket.write_all(&bytes).await;
                return;
            }
            Reply::Reset(bytes) => {
                let _ = socket.write_all(&bytes).await;
                socket.set_zero_linger().unwrap();
                return;
            }
            Reply::Hang(bytes) => {
                let _ = socket.write_all(&bytes).await;
                tokio::time::sleep(Duration::from_secs(30)).await;
                return;
            }
            Reply::Trickle(bytes, pause) => {
                for byte in bytes {
                    if socket.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                }
            }
            Reply::Endless(head, piece) => {
                let _ = socket.write_all(&head).await;
                while socket.write_all(&piece).await.is_ok() {}
                return;
            }
        }
    }
}

/// One whole request: its head and as much body as `Content-Length` says.
pub async fn read_request(socket: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned))
                .and_then(|length| length.trim().parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
        match socket.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// A whole answer with this status, content type and body.
pub fn answer(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    answer_with(status, &format!("content-type: {kind}\r\n"), body)
}

pub fn answer_with(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "application/json", body.as_bytes())
}

pub fn status(status: &str, body: &str) -> Vec<u8> {
    answer(status, "application/json", body.as_bytes())
}
