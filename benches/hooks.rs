//! Deliveries, from one that is checked to a thousand in a second while somebody works.
//!
//! `cargo bench --bench hooks` runs to its end in about a minute. The first part measures the pieces; the second is
//! the program itself in a pseudo terminal, on pane 6, against a sandbox of its own process:
//!
//! - **shown**: from the answer 204 to the delivery on the screen, and to the card it names as the API has it now;
//! - **burst**: a thousand deliveries spread over one second. None may be lost; a key is pressed again and again
//!   meanwhile, and its time to the screen is compared with the same keys in a quiet time, between the bursts.
//!
//! Nothing here fails for being slow: numbers are to be read, with what else the machine was doing.

#![allow(clippy::disallowed_methods, reason = "a bench measures time, and its servers live as long as it")]

#[path = "../tests/support/server.rs"]
mod server;
#[path = "../tests/support/tty.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod tty;

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fourpay::api::decode;
use fourpay::domain::secret::WebhookSecret;
use fourpay::hooks::receiver::{self, Rules};
use fourpay::hooks::sign;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tty::Tty;

const SECRET: &str = "whsec_bench";
const BODY: &str = r#"{"id":"0190eeee-0000-7000-8000-000000000002","cardUuid":"0190dddd-0000-7000-8000-000000000001","accountUuid":"0190aaaa-0000-7000-8000-000000000001","amount":"9.99","currency":"USD","type":"purchase","status":"authorized","merchantName":"Shop","createdAt":"2026-04-03T11:00:00+00:00","updatedAt":"2026-04-03T11:00:00+00:00"}"#;

/// Deliveries one after another.
const SINGLE: usize = 200;
/// Changes of a card that are delivered by the sandbox itself.
const CHANGES: usize = 20;
/// Deliveries of a burst, and how many bursts.
const BURST: usize = 1_000;
const ROUNDS: usize = 5;
/// Connections that a burst is sent over at once.
const TOGETHER: usize = 4;
/// Keys in a quiet time, before each burst.
const KEYS: usize = 100;

fn main() {
    divan::main();
    // What divan is asked to list or to filter is about its own.
    if std::env::args().skip(1).all(|argument| argument == "--bench") {
        Dashboard::start().measure();
    }
}

fn secret() -> WebhookSecret {
    WebhookSecret::new(SECRET.to_owned().into())
}

#[divan::bench]
fn check_and_classify_one(bencher: divan::Bencher) {
    let secret = secret();
    let signature = sign::signature(&secret, BODY.as_bytes());
    bencher.bench(|| {
        assert!(sign::is_signed(&secret, BODY.as_bytes(), &signature));
        decode::delivery(BODY.as_bytes())
    });
}

async fn post(to: SocketAddr, request: Arc<String>) {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::with_capacity(256);
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 204"));
}

/// A whole delivery, signed, as bytes of HTTP.
fn request(body: &str) -> String {
    let (signature, length) = (sign::signature(&secret(), body.as_bytes()), body.len());
    let head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    format!("{head}X-Webhook-Signature: {signature}\r\nContent-Length: {length}\r\n\r\n{body}")
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn a_thousand_over_loopback(bencher: divan::Bencher) {
    let runtime = Runtime::new().unwrap();
    let rules = Rules { secret: Some(Arc::new(secret())), notification: false };
    let listen = receiver::listen(SocketAddr::from(([127, 0, 0, 1], 0)), rules);
    let (receiver, mut taken) = runtime.block_on(listen).unwrap();
    let request = Arc::new(request(BODY));
    bencher.bench_local(|| {
        runtime.block_on(async {
            let mut sending = tokio::task::JoinSet::new();
            for _ in 0..1_000 {
                sending.spawn(post(receiver.address, request.clone()));
            }
            sending.join_all().await;
            for _ in 0..1_000 {
                taken.recv().await.unwrap();
            }
        });
    });
}

/// Sends one and waits for its answer.
fn deliver(to: SocketAddr, request: &str) {
    let mut stream = std::net::TcpStream::connect(to).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::with_capacity(256);
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 204"), "{}", String::from_utf8_lossy(&answer));
}

/// The program on pane 6, what it shows, and where it takes deliveries.
struct Dashboard {
    tty: Tty,
    address: SocketAddr,
    base_url: String,
    token: String,
    /// Account and id of a card that is active.
    card: (String, String),
    taken: usize,
    _server: server::Server,
    _home: tempfile::TempDir,
}

impl Dashboard {
    fn start() -> Dashboard {
        let home = tempfile::tempdir().unwrap();
        let (server, base_url, token) = server::sandbox(home.path(), &["--faults"]);
        let folder = home.path().join(".config/fourpay");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), "listen = \"127.0.0.1:0\"\n").unwrap();
        let variables =
            [("FOURPAY_BASE_URL", base_url.as_str()), ("FOURPAY_TOKEN", &token), ("FOURPAY_WEBHOOK_SECRET", SECRET)];
        let program = Path::new(env!("CARGO_BIN_EXE_fourpay"));
        let mut tty = Tty::start((160, 48), program, &["--utc"], &variables, home.path());
        tty.wait_until("data", |screen| screen.contains("2 Cards · 130"));
        tty.press("6");
        tty.wait_for("here on 127.0.0.1:");
        tty.wait_for("evt-");
        let screen = tty.screen();
        let address = screen.split("here on ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
        let list = |path: &str| {
            let all = server::request(&base_url, &token, "GET", path, &Value::Null);
            all["items"].as_array().unwrap().iter().find(|item| item["status"] == "active").unwrap().clone()
        };
        let account = list("/api/v2/accounts")["id"].as_str().unwrap().to_owned();
        let card = list(&format!("/api/v2/accounts/{account}/cards"))["id"].as_str().unwrap().to_owned();
        let (card, taken) = ((account, card), 0);
        Dashboard { tty, address, base_url, token, card, taken, _server: server, _home: home }
    }

    /// A delivery that nobody has heard of.
    fn fresh(&self, name: &str) -> String {
        let (account, card) = &self.card;
        request(&format!(
            r#"{{"id":"{name}","cardUuid":"{card}","accountUuid":"{account}","amount":"9.99","currency":"USD","type":"purchase","status":"authorized","updatedAt":"2026-04-03T11:00:00Z"}}"#
        ))
    }

    fn wait_for_taken(&self) {
        let text = format!("{} taken", grouped(self.taken));
        self.tty.wait_for(&text);
    }

    /// Moves the cursor of the log and waits for it; how long that took.
    fn key(&mut self, down: bool) -> Duration {
        let line = |screen: &str| screen.lines().position(|line| line.starts_with("│▸"));
        let before = line(&self.tty.screen());
        let began = Instant::now();
        self.tty.press(if down { "j" } else { "k" });
        self.tty.wait_until("the cursor elsewhere", |screen| line(screen) != before);
        began.elapsed()
    }

    fn measure(mut self) {
        println!("\nthe program in a terminal of 160x48, against a sandbox of its own process");
        let mut shown = Vec::new();
        for at in 0..SINGLE {
            deliver(self.address, &self.fresh(&format!("single-{at}")));
            let began = Instant::now();
            self.taken += 1;
            self.wait_for_taken();
            shown.push(began.elapsed());
        }
        print("shown: 204 to the count on the screen", &mut shown);
        self.bursts();
        self.changes();
        self.tty.press("q");
        assert_eq!(self.tty.wait_for_end(), 0);
    }

    /// The whole way: a card changes at the platform, which delivers it; the dashboard reads it and shows it.
    fn changes(&mut self) {
        let config = json!({"url": format!("http://{}/hook", self.address), "secret": SECRET});
        server::request(&self.base_url, &self.token, "PUT", "/api/v2/webhooks/config", &config);
        self.tty.press("1");
        self.tty.wait_for("2 Cards");
        let (account, card) = self.card.clone();
        let path = format!("/api/v2/accounts/{account}/cards/{card}");
        let read = server::request(&self.base_url, &self.token, "GET", &path, &Value::Null);
        let last_four = read["lastFour"].as_str().unwrap().to_owned();
        self.tty.press(&format!("2/last4:{last_four}\r"));
        self.tty.wait_for("1 of 130");
        let mut changed = Vec::new();
        for at in 0..CHANGES {
            // Times of records are whole seconds, and the same state in the same second is the same news.
            std::thread::sleep(Duration::from_millis(1_100));
            let (kind, word) = if at % 2 == 0 { ("freeze", "frozen") } else { ("unfreeze", "active") };
            let what = json!({"what": kind, "card": card});
            server::request(&self.base_url, &self.token, "POST", "/__sandbox/happen", &what);
            let began = Instant::now();
            let row = |screen: &str| screen.lines().any(|line| line.contains(&last_four) && line.contains(word));
            self.tty.wait_until(word, row);
            changed.push(began.elapsed());
        }
        print("changed: the platform's own change, delivered, read and drawn", &mut changed);
    }

    fn bursts(&mut self) {
        let (mut quiet, mut busy, mut took, mut behind) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let requests: Vec<String> = (0..BURST).map(|at| self.fresh(&format!("burst-{round}-{at}"))).collect();
            quiet.extend((0..KEYS).map(|at| self.key(at % 2 == 0)));
            let (address, over) = (self.address, Arc::new(AtomicBool::new(false)));
            let sent = Arc::clone(&over);
            let sending = std::thread::spawn(move || {
                let began = Instant::now();
                std::thread::scope(|scope| {
                    for part in requests.chunks(BURST.div_ceil(TOGETHER)) {
                        scope.spawn(move || {
                            for (at, request) in part.iter().enumerate() {
                                let due = Duration::from_secs(1).mul_f64(at as f64 / part.len() as f64);
                                std::thread::sleep(due.saturating_sub(began.elapsed()));
                                deliver(address, request);
                            }
                        });
                    }
                });
                sent.store(true, Ordering::Release);
                began.elapsed()
            });
            let mut down = true;
            while !over.load(Ordering::Acquire) {
                busy.push(self.key(down));
                down = !down;
            }
            took.push(sending.join().unwrap());
            let began = Instant::now();
            self.taken += BURST;
            self.wait_for_taken();
            behind.push(began.elapsed());
            if !down {
                self.key(false);
            }
        }
        println!(
            "burst: {ROUNDS} times {BURST} deliveries, each answered 204; {} taken, none lost",
            grouped(self.taken)
        );
        print("  a thousand were sent and answered in", &mut took);
        print("  the last of them was on the screen after", &mut behind);
        print("  a key, quiet", &mut quiet);
        print("  a key, during a burst", &mut busy);
        let ratio = |at: f64| quantile(&busy, at).as_secs_f64() / quantile(&quiet, at).as_secs_f64();
        println!("  ratio p50 {:.1} x, p99 {:.1} x", ratio(0.5), ratio(0.99));
    }
}

fn grouped(count: usize) -> String {
    match count {
        0..1_000 => count.to_string(),
        _ => format!("{},{:03}", count / 1_000, count % 1_000),
    }
}

fn quantile(sorted: &[Duration], at: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * at).round() as usize]
}

fn print(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let ms = |at: f64| quantile(times, at).as_secs_f64() * 1e3;
    println!(
        "{what}: p50 {:.2} ms, p99 {:.2} ms, slowest {:.2} ms ({} times)",
        ms(0.5),
        ms(0.99),
        ms(1.0),
        times.len()
    );
}
