//! TLS: who is believed, what is spoken, and that nothing leaves before (S9, M1).

use std::sync::Arc;
use std::time::Duration;

use fourpay::api::acts::Movement;
use fourpay::api::{RootSource, Roots, Settings};
use fourpay::clock::Clock;
use fourpay::domain::failure::{FailureKind, Reached};
use fourpay::domain::money::{Currency, Money};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::peer::{Hand, Log, Peer, account, card, client, ok, quick, read_request};

struct Authority {
    der: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    Authority { der: certificate.der().to_vec(), issuer: Issuer::new(params, key) }
}

/// A TLS server: its address, whole requests, streams of HTTP/2, and bytes that came through TLS.
struct Server {
    url: String,
    requests: Log,
    streams: Log,
    spoken: Log,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn server(authority: &Authority, name: &str, expired: bool, protocols: &[&str]) -> Server {
    server_that(authority, name, expired, protocols, || ()).await
}

/// Calls `greeted` for each connection before it says a word of TLS.
async fn server_that(
    authority: &Authority,
    name: &str,
    expired: bool,
    protocols: &[&str],
    greeted: impl Fn() + Send + 'static,
) -> Server {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if expired {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let (requests, streams, spoken) = (Log::default(), Log::default(), Log::default());
    let logs = (requests.clone(), streams.clone(), spoken.clone());
    let task = tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            greeted();
            let (acceptor, (requests, streams, spoken)) = (acceptor.clone(), logs.clone());
            tokio::spawn(async move {
                let Ok(mut tls) = acceptor.accept(socket).await else { return };
                let protocol = tls.get_ref().1.alpn_protocol().unwrap_or(b"none");
                spoken.push(String::from_utf8_lossy(protocol).into_owned());
                if protocol == b"h2" {
                    let Ok(mut connection) = h2::server::handshake(tls).await else { return };
                    while let Some(Ok((request, mut respond))) = connection.accept().await {
                        streams.push(request.uri().to_string());
                        respond.send_reset(h2::Reason::REFUSED_STREAM);
                    }
                    return;
                }
                while let Some(request) = read_request(&mut tls).await {
                    requests.push(request);
                    let _ = tls.write_all(&ok(r#"{"items":[],"status":"accepted"}"#)).await;
                }
            });
        }
    });
    Server { url, requests, streams, spoken, task }
}

fn trusting(server: &Server, authority: &Authority) -> Settings {
    Settings {
        roots: Roots::Only(vec![authority.der.clone()]),
        connect_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_secs(5),
        act_timeout: Duration::from_secs(5),
        ..quick(server.url.clone())
    }
}

fn five() -> Movement<'static> {
    Movement { amount: Money::parse("5", Currency::USD).unwrap(), description: None }
}

#[tokio::test]
async fn s9_version_cipher_and_roots_are_told() {
    let authority = authority();
    let server = server(&authority, "127.0.0.1", false, &["http/1.1"]).await;
    let client = client(trusting(&server, &authority));
    client.accounts().await.unwrap();
    let details = client.tls_details().await.unwrap().unwrap();
    assert_eq!((details.version.as_str(), details.roots), ("TLSv1.3", RootSource::Settings));
    assert!(details.cipher.starts_with("TLS13_"), "{details:?}");
    let plain = Peer::json("[]").await;
    assert_eq!(plain.client().tls_details().await.unwrap(), None);
    assert_eq!(plain.client().root_source(), RootSource::Unused);
}

/// S9: self-signed or of a stranger, expired, for another host: refused before a byte of the token leaves.
#[tokio::test]
async fn s9_a_certificate_that_is_not_good_gets_nothing() {
    let (own, stranger) = (authority(), authority());
    let cases = [
        ("a stranger's", server(&stranger, "127.0.0.1", false, &["http/1.1"]).await),
        ("expired", server(&own, "127.0.0.1", true, &["http/1.1"]).await),
        ("for another host", server(&own, "api.example.com", false, &["http/1.1"]).await),
    ];
    for (name, server) in &cases {
        let client = client(trusting(server, &own));
        let failure = client.accounts().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Tls, "{name}: {failure:?}");
        let failure = client.acts().top_up(&account(), &card(), five()).await.unwrap_err();
        assert_eq!((failure.kind, failure.reached), (FailureKind::Tls, Reached::NotSent), "{name}");
        assert_eq!(server.requests.count(), 0, "{name}");
        assert!(client.tls_details().await.is_err(), "{name}");
    }
    // The platform's authorities do not know it either.
    let mut settings = trusting(&cases[0].1, &own);
    settings.roots = Roots::Platform;
    assert_eq!(client(settings).accounts().await.unwrap_err().kind, FailureKind::Tls);
}

/// S9: a peer that speaks no TLS hears a greeting and no token.
#[tokio::test]
async fn s9_a_peer_without_tls_gets_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let heard = Log::default();
    let log = heard.clone();
    let task = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut bytes = vec![0; 4096];
            let read = socket.read(&mut bytes).await.unwrap_or(0);
            log.push(String::from_utf8_lossy(&bytes[..read]).into_owned());
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    let settings = Settings { roots: Roots::Only(Vec::new()), ..quick(url) };
    let failure = client(settings).acts().top_up(&account(), &card(), five()).await.unwrap_err();
    assert_eq!((failure.kind, failure.reached), (FailureKind::Tls, Reached::NotSent), "{failure:?}");
    assert!(heard.count() == 1 && !heard.all()[0].contains("CANARY"));
    task.abort();
}

/// M1: a peer that would rather speak HTTP/2, where a refused stream makes other clients send again.
#[tokio::test]
async fn m1_http2_is_never_agreed_on() {
    let authority = authority();
    let both = server(&authority, "127.0.0.1", false, &["h2", "http/1.1"]).await;
    let ours = client(trusting(&both, &authority));
    ours.acts().top_up(&account(), &card(), five()).await.unwrap();
    ours.accounts().await.unwrap();
    assert_eq!((both.requests.count(), both.streams.count()), (2, 0));
    assert!(both.spoken.all().iter().all(|protocol| protocol == "http/1.1"), "{:?}", both.spoken.all());

    let only = server(&authority, "127.0.0.1", false, &["h2"]).await;
    let client = client(trusting(&only, &authority));
    let failure = client.acts().top_up(&account(), &card(), five()).await.unwrap_err();
    assert_eq!(failure.reached, Reached::NotSent);
    assert_eq!((only.requests.count(), only.streams.count()), (0, 0));
    assert_eq!(client.traffic().sent, 1);
}

/// A suspend that falls between the journal and the first byte: the connection stands, and nothing is sent over it.
#[tokio::test]
async fn m4_an_act_that_is_held_up_while_connecting_is_not_sent() {
    let authority = authority();
    let clock = Hand::new();
    for (jump, sent) in [(9_900, true), (10_000, true), (10_001, false), (3_600_000, false)] {
        let server = server_that(&authority, "127.0.0.1", false, &["http/1.1"], move || clock.add(jump)).await;
        let client = client(Settings { clock, ..trusting(&server, &authority) });
        let written = clock.boot();
        let outcome = client.acts().with_sent_at(written).top_up(&account(), &card(), five()).await;
        assert_eq!(server.requests.count(), usize::from(sent), "{jump} ms");
        match outcome {
            Ok(_) => assert!(sent, "{jump} ms"),
            Err(failure) => {
                assert!(!sent, "{jump} ms: {failure:?}");
                assert_eq!((failure.kind, failure.reached), (FailureKind::NotSent, Reached::NotSent));
                let said = format!("it was not sent (the computer slept or was held up for {} s)", jump / 1000);
                assert!(failure.sentence().contains(&said), "{failure}");
            }
        }
        assert_eq!(client.traffic().sent, 1, "{jump} ms: it was refused before it was handed over");
        let stood = async {
            while server.spoken.count() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), stood).await.expect("a connection that stands");
        // A read may come late, and a secret one as well.
        client.accounts().await.unwrap();
        assert_eq!(server.requests.count(), usize::from(sent) + 1, "{jump} ms");
    }
}

/// The peer of the test above does refuse streams of who speaks HTTP/2 to it.
#[tokio::test]
async fn m1_control_the_peer_counts_streams_of_http2() {
    let authority = authority();
    let server = server(&authority, "127.0.0.1", false, &["h2", "http/1.1"]).await;
    let mut roots = tokio_rustls::rustls::RootCertStore::empty();
    roots.add(authority.der.clone().into()).unwrap();
    let mut config = tokio_rustls::rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let port: u16 = server.url.rsplit(':').next().unwrap().parse().unwrap();
    let socket = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = "127.0.0.1".try_into().unwrap();
    let tls = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(tls).await.unwrap();
    let driver = tokio::spawn(async move {
        let _ = connection.await;
    });
    let request = axum::http::Request::post("https://127.0.0.1/x").body(()).unwrap();
    let (answer, _) = sender.send_request(request, true).unwrap();
    assert!(answer.await.unwrap_err().is_reset());
    assert_eq!(server.streams.count(), 1);
    driver.abort();
}
