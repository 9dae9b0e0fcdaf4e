//! Certificates that are not accepted: by name, and with the reason, as a real server on this machine shows them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, Stream};

use super::{TOKEN, doctor, text};

fn params(names: &[&str], common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority(name: &str) -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = params(&[], name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    Authority { pem: certificate.pem(), issuer: Issuer::new(params, key) }
}

/// Serves an empty list over TLS to everybody who takes the certificate; the base URL.
fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> String {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let (config, mut socket) = (config.clone(), socket.unwrap());
            std::thread::spawn(move || {
                let mut connection = ServerConnection::new(config).unwrap();
                let mut tls = Stream::new(&mut connection, &mut socket);
                let mut request = [0; 8192];
                if tls.read(&mut request).is_ok_and(|read| read > 0) {
                    let head =
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length";
                    let _ = tls.write_all(format!("{head}: 12\r\n\r\n{{\"items\":[]}}").as_bytes());
                }
            });
        }
    });
    url
}

/// What the doctor says of TLS at this address, and what to do; trusting this file of authorities.
fn told(base_url: &str, trusted: &Path) -> (String, String, String) {
    let home = tempfile::tempdir().unwrap();
    let trusted = trusted.display().to_string();
    let variables = [("FOURPAY_BASE_URL", base_url), ("FOURPAY_TOKEN", TOKEN), ("SSL_CERT_FILE", trusted.as_str())];
    let output = doctor(home.path(), &["--json"], &variables);
    let said = text(&output.stdout);
    assert!(!said.contains("CANARY"), "{said}");
    let report: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|why| panic!("{why}: {said}"));
    let found = report["findings"].as_array().unwrap().iter().find(|finding| finding["about"] == "TLS").unwrap();
    let word = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (word("verdict"), word("found"), word("fix"))
}

#[test]
fn a_certificate_that_is_not_accepted_is_named_with_the_reason_and_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, proxys) = (authority("Our Own Authority"), authority("Acme Inspection Proxy"));
    let trusted = folder.path().join("authorities.pem");
    std::fs::write(&trusted, &ours.pem).unwrap();
    let signed = |names: &[&str], by: &Authority, ended: bool| {
        let key = KeyPair::generate().unwrap();
        let mut params = params(names, "api.shop.example");
        if ended {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 2, 3);
        }
        let certificate = params.signed_by(&key, &by.issuer).unwrap();
        serve(certificate.der().clone(), &key)
    };
    // Of an authority that is not trusted here: it is named, and SSL_CERT_FILE helps.
    let inspected = signed(&["127.0.0.1"], &proxys, false);
    let (verdict, found, fix) = told(&inspected, &trusted);
    assert_eq!(verdict, "bad", "{found}");
    assert!(found.contains("signed by \"Acme Inspection Proxy\""), "{found}");
    assert!(fix.contains("SSL_CERT_FILE") && fix.contains("proxy"), "{fix}");
    let both = folder.path().join("both.pem");
    std::fs::write(&both, format!("{}{}", ours.pem, proxys.pem)).unwrap();
    let (verdict, found, _) = told(&inspected, &both);
    assert!(verdict == "good" && found.contains("TLSv1.3") && found.contains("SSL_CERT_FILE"), "{verdict}: {found}");
    // Ended.
    let (_, found, fix) = told(&signed(&["127.0.0.1"], &ours, true), &trusted);
    assert!(found.contains("\"api.shop.example\"") && found.contains("good until 2021-02-03"), "{found}");
    assert!(fix.contains("has ended") && fix.contains("clock is fast"), "{fix}");
    // For another name.
    let (_, found, fix) = told(&signed(&["api.shop.example"], &ours, false), &trusted);
    assert!(found.contains("\"api.shop.example\"") && found.contains("\"Our Own Authority\""), "{found}");
    assert!(fix.contains("another name than that of the base URL"), "{fix}");
    // Signed by itself; with the certificate itself in the file it is accepted.
    let key = KeyPair::generate().unwrap();
    let own = params(&["127.0.0.1"], "box in the cellar").self_signed(&key).unwrap();
    let url = serve(own.der().clone(), &key);
    let (_, found, fix) = told(&url, &trusted);
    assert!(found.contains("\"box in the cellar\", signed by itself"), "{found}");
    assert!(fix.contains("signs its own certificate") && fix.contains("SSL_CERT_FILE"), "{fix}");
    let itself = folder.path().join("itself.pem");
    std::fs::write(&itself, own.pem()).unwrap();
    let (verdict, found, _) = told(&url, &itself);
    assert_eq!(verdict, "good", "{found}");
}
