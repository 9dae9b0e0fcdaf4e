//! Deliveries: checking one, and taking a thousand over loopback from the first connection to the last answer.

#![allow(clippy::disallowed_methods, reason = "a bench's server lives as long as it")]

use std::net::SocketAddr;
use std::sync::Arc;

use fourpay::api::decode;
use fourpay::domain::secret::WebhookSecret;
use fourpay::hooks::receiver::{self, Rules};
use fourpay::hooks::sign;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

const BODY: &str = r#"{"id":"0190eeee-0000-7000-8000-000000000002","cardUuid":"0190dddd-0000-7000-8000-000000000001","accountUuid":"0190aaaa-0000-7000-8000-000000000001","amount":"9.99","currency":"USD","type":"purchase","status":"authorized","merchantName":"Shop","createdAt":"2026-04-03T11:00:00+00:00","updatedAt":"2026-04-03T11:00:00+00:00"}"#;

fn main() {
    divan::main();
}

fn secret() -> WebhookSecret {
    WebhookSecret::new("whsec_bench".to_owned().into())
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

#[divan::bench(sample_count = 20, sample_size = 1)]
fn a_thousand_over_loopback(bencher: divan::Bencher) {
    let runtime = Runtime::new().unwrap();
    let rules = Rules { secret: Some(Arc::new(secret())), notification: false };
    let listen = receiver::listen(SocketAddr::from(([127, 0, 0, 1], 0)), rules);
    let (receiver, mut taken) = runtime.block_on(listen).unwrap();
    let signature = sign::signature(&secret(), BODY.as_bytes());
    let head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let length = BODY.len();
    let request = Arc::new(format!("{head}X-Webhook-Signature: {signature}\r\nContent-Length: {length}\r\n\r\n{BODY}"));
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
