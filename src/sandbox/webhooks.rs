//! Telling others what changed: the configuration, the event log, and signed deliveries over real HTTP.
//!
//! Only loopback addresses are ever contacted. Anything else is logged as failed, with the reason, so that a
//! sandbox cannot be made to talk to the world.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Sha256, Sha512};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::{Host, Url};

use super::clock::Time;
use super::dialects::{Deployment, Thing};
use super::faults::Fault;
use super::ledger::{Change, Ledger};

/// How long a receiver has to answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How many events are kept.
pub const KEPT: usize = 10_000;

pub const EVENT_TYPES: [&str; 4] = ["card_transaction", "account_transaction", "account_topup", "card_state"];

/// How deliveries are tried, and how many go wrong by themselves. The platform documents neither.
#[derive(Clone, Copy, Debug)]
pub struct Deliveries {
    /// Tries of one that is not taken, the first among them.
    pub tries: u32,
    /// Until the second try; each wait after it is twice as long.
    pub wait: Duration,
    /// Of a hundred tries, so many fail on purpose.
    pub failing: u8,
}

impl Default for Deliveries {
    fn default() -> Deliveries {
        Deliveries { tries: 1, wait: Duration::from_secs(1), failing: 0 }
    }
}

impl Deliveries {
    /// How long until the next try, when one is to come.
    pub fn wait_after(self, tries: u32) -> Option<Duration> {
        let doubled = 1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX);
        (tries < self.tries).then(|| self.wait.saturating_mul(doubled))
    }
}

/// Where deliveries go. The secret is never given back.
#[derive(Clone)]
pub struct Config {
    pub url: String,
    pub secret: Option<String>,
    pub event_types: Option<Vec<String>>,
    pub is_active: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    Pending,
    Delivered,
    Failed,
}

pub struct Event {
    number: u64,
    kind: &'static str,
    delivery: Delivery,
    attempts: u32,
    code: Option<u16>,
    error: Option<String>,
    payload: Box<RawValue>,
    at: i64,
}

/// An event on its way out.
pub struct Parcel {
    pub number: u64,
    pub config: Config,
    pub body: String,
    /// What stands before the signature.
    pub prefix: &'static str,
}

/// The configuration and the log.
#[derive(Default)]
pub struct Hooks {
    pub config: Option<Config>,
    log: VecDeque<Event>,
    next: u64,
    /// Events not handed out for delivery yet.
    waiting: VecDeque<u64>,
}

impl Hooks {
    /// Writes down what changed, when somebody wants to hear of it. `delivered` is for events of the past.
    pub fn note(&mut self, ledger: &Ledger, deployment: &Deployment, changes: &[Change], at: i64, delivered: bool) {
        let Some(config) = self.config.as_ref().filter(|config| config.is_active) else { return };
        for change in changes {
            let (kind, thing) = match *change {
                Change::CardState(card) => ("card_state", Thing::Card(card)),
                Change::CardTx(row) => ("card_transaction", Thing::CardTxDetails(row)),
                Change::AccountTx(row) => ("account_transaction", Thing::AccountTxDetails(row)),
                Change::TopUp(row) => ("account_topup", Thing::TopUp(row)),
            };
            let wanted = config.event_types.as_ref().is_none_or(|types| types.iter().any(|wanted| wanted == kind));
            if !wanted {
                continue;
            }
            let Some(payload) = payload(ledger, deployment, thing, at) else { continue };
            let number = self.next;
            self.next += 1;
            let delivery = if delivered { Delivery::Delivered } else { Delivery::Pending };
            let (attempts, code) = if delivered { (1, Some(204)) } else { (0, None) };
            self.log.push_back(Event { number, kind, delivery, attempts, code, error: None, payload, at });
            if !delivered {
                self.waiting.push_back(number);
            }
            if self.log.len() > KEPT {
                self.log.pop_front();
            }
        }
    }

    fn event(&mut self, number: u64) -> Option<&mut Event> {
        let first = self.log.front()?.number;
        self.log.get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next event to deliver.
    pub fn take(&mut self) -> Option<Parcel> {
        while let Some(number) = self.waiting.pop_front() {
            let config = self.config.clone();
            if let Some(event) = self.event(number) {
                let why = match config {
                    Some(config) if config.is_active => {
                        return Some(Parcel { number, config, body: event.payload.get().to_owned(), prefix: "" });
                    }
                    Some(_) => "the webhook is not active",
                    None => "no webhook configured",
                };
                (event.delivery, event.error) = (Delivery::Failed, Some(why.into()));
            }
        }
        None
    }

    /// What came of a try; how many there were when it was not taken.
    pub fn outcome(&mut self, number: u64, outcome: Result<u16, String>) -> Option<u32> {
        let event = self.event(number)?;
        event.attempts += 1;
        event.code = outcome.as_ref().ok().copied();
        event.error = match outcome {
            Ok(200..300) => None,
            Ok(code) => Some(format!("receiver answered {code}")),
            Err(error) => Some(error),
        };
        event.delivery = if event.error.is_none() { Delivery::Delivered } else { Delivery::Failed };
        event.error.is_some().then_some(event.attempts)
    }

    /// One that was not taken is to be tried once more.
    pub fn again(&mut self, number: u64) {
        self.waiting.push_back(number);
    }

    /// How many lines the log has.
    pub fn len(&self) -> usize {
        self.log.len()
    }

    /// A line of the log; 0 is the newest.
    pub fn line(&self, at: usize) -> Option<Entry<'_>> {
        let event = self.log.get(self.log.len().checked_sub(at + 1)?)?;
        Some(Entry {
            id: format!("evt-{:06}", event.number + 1),
            event_type: event.kind,
            delivery_status: event.delivery,
            delivery_attempts: event.attempts,
            delivery_response_code: event.code,
            delivery_error: event.error.as_deref(),
            payload: Some(&event.payload),
            created_at: Time(event.at),
        })
    }
}

/// What is told of a thing: the object that a request for it alone would give.
fn payload(ledger: &Ledger, deployment: &Deployment, thing: Thing, at: i64) -> Option<Box<RawValue>> {
    let mut text = Vec::with_capacity(1_024);
    deployment.write(ledger, thing, at, false, &mut text);
    RawValue::from_string(String::from_utf8(text).ok()?).ok()
}

/// A line of the log as the API shows it.
#[derive(Serialize)]
pub struct Entry<'a> {
    id: String,
    event_type: &'static str,
    delivery_status: Delivery,
    delivery_attempts: u32,
    delivery_response_code: Option<u16>,
    delivery_error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<&'a RawValue>,
    created_at: Time,
}

/// The two signatures of a body: `X-Webhook-Signature` and `api-notification-sign`, in hex.
pub fn signatures(secret: &str, body: &[u8]) -> (String, String) {
    // HMAC takes a key of any length.
    let short =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mac| mac.chain_update(body).finalize().into_bytes());
    let long =
        Hmac::<Sha512>::new_from_slice(secret.as_bytes()).map(|mac| mac.chain_update(body).finalize().into_bytes());
    (short.map(hex::encode).unwrap_or_default(), long.map(hex::encode).unwrap_or_default())
}

/// Sends one event, with what goes wrong with it.
pub async fn deliver_despite(parcel: &Parcel, fault: Option<Fault>) -> Result<u16, String> {
    let lost = || Err("the connection ended without an answer".to_owned());
    match fault {
        Some(Fault::Status { code, .. }) => Ok(code),
        Some(Fault::BadGateway { executed: false }) => Ok(502),
        Some(Fault::DropBefore) => lost(),
        // Nobody waits ten seconds for what is known.
        Some(Fault::HangBefore) => Err("timeout".to_owned()),
        Some(Fault::ExecuteThenStatus { code, .. }) => deliver(parcel).await.and(Ok(code)),
        Some(Fault::BadGateway { executed: true }) => deliver(parcel).await.and(Ok(502)),
        Some(Fault::ExecuteThenDrop) => deliver(parcel).await.and(lost()),
        Some(Fault::ExecuteThenHang) => deliver(parcel).await.and(Err("timeout".to_owned())),
        Some(Fault::Delay { ms }) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            deliver(parcel).await
        }
        _ => deliver(parcel).await,
    }
}

/// Sends one event. The status code of the receiver, or why there is none.
pub async fn deliver(parcel: &Parcel) -> Result<u16, String> {
    let url = Url::parse(&parcel.config.url).map_err(|_| "the webhook URL cannot be read".to_owned())?;
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
        Some(Host::Domain("localhost")) => IpAddr::from([127, 0, 0, 1]),
        _ => return Err("the sandbox delivers to loopback addresses only".to_owned()),
    };
    if !ip.is_loopback() {
        return Err("the sandbox delivers to loopback addresses only".to_owned());
    }
    if url.scheme() != "http" {
        return Err("the sandbox delivers over http only".to_owned());
    }
    match tokio::time::timeout(PATIENCE, post(&url, ip, parcel)).await {
        Ok(Ok(code)) => Ok(code),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("timeout".to_owned()),
    }
}

async fn post(url: &Url, ip: IpAddr, parcel: &Parcel) -> std::io::Result<u16> {
    let port = url.port_or_known_default().unwrap_or(80);
    let mut stream = TcpStream::connect((ip, port)).await?;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut head = format!(
        "POST {target} HTTP/1.1\r\nHost: {}:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         User-Agent: fourpay-sandbox\r\nConnection: close\r\n",
        url.host_str().unwrap_or("localhost"),
        parcel.body.len()
    );
    if let Some(secret) = &parcel.config.secret {
        let (short, long) = signatures(secret, parcel.body.as_bytes());
        head.push_str(&format!("X-Webhook-Signature: {}{short}\r\napi-notification-sign: {long}\r\n", parcel.prefix));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(parcel.body.as_bytes()).await?;
    let mut start = Vec::with_capacity(64);
    // The status line is all that counts.
    while !start.contains(&b'\n') && start.len() < 1_024 {
        if stream.read_buf(&mut start).await? == 0 {
            break;
        }
    }
    let line = String::from_utf8_lossy(&start);
    line.strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .and_then(|code| code.get(..3)?.parse().ok())
        .ok_or_else(|| std::io::Error::other("the receiver did not answer in HTTP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_plain_hmac_in_hex() {
        // RFC 4231, test case 2.
        let (short, long) = signatures("Jefe", b"what do ya want for nothing?");
        assert_eq!(short, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(long.starts_with("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"));
    }

    #[tokio::test]
    async fn nothing_but_loopback_is_contacted() {
        for url in ["https://example.org/hook", "http://192.0.2.1/", "http://example.org/", "https://127.0.0.1/", "x"] {
            let config = Config { url: url.to_owned(), secret: None, event_types: None, is_active: true };
            let outcome = deliver(&Parcel { number: 0, config, body: "{}".to_owned(), prefix: "" }).await;
            assert!(outcome.is_err(), "{url}");
        }
    }
}
