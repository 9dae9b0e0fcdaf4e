//! TLS: one configuration for every connection, and what a handshake agrees on, for `doctor` (S9).
//!
//! TLS 1.2 or 1.3 by rustls with ring, HTTP/1.1 only by ALPN (M1). Certificates are always verified; there is
//! no way to switch that off. Knows no HTTP.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::settings::Roots;

/// Where the trusted authorities come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootSource {
    /// The operating system's store; on Linux `SSL_CERT_FILE` and `SSL_CERT_DIR` replace it when set.
    Platform,
    /// The system has none, so Mozilla's list that is compiled in.
    BuiltIn,
    /// Those of the settings alone.
    Settings,
    /// None: plain HTTP to this machine.
    Unused,
}

/// What a handshake agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsDetails {
    /// `TLSv1.3`.
    pub version: String,
    /// `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    pub roots: RootSource,
}

/// The configuration for https, or for plain http to this machine. The error is a sentence.
pub(super) fn config(https: bool, roots: &Roots) -> Result<(ClientConfig, RootSource), String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = || {
        ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|why| format!("TLS is not available: {why}"))
    };
    let from_store = |certificates: Vec<CertificateDer<'static>>| {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates);
        builder().map(|builder| builder.with_root_certificates(store).with_no_client_auth())
    };
    let (mut config, source) = match roots {
        // Reading the system's store takes longer than the sandbox takes to answer.
        _ if !https => (from_store(Vec::new())?, RootSource::Unused),
        Roots::Only(given) => {
            (from_store(given.iter().map(|der| CertificateDer::from(der.clone())).collect())?, RootSource::Settings)
        }
        Roots::Platform => match Verifier::new(provider.clone()) {
            Ok(verifier) => {
                let config =
                    builder()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
                (config, RootSource::Platform)
            }
            Err(_) => (from_store(webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec())?, RootSource::BuiltIn),
        },
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, source))
}

/// One handshake without a request. Blocks for at most about three times `limit`; the error is a sentence.
pub(super) fn handshake(
    config: ClientConfig,
    roots: RootSource,
    host: &str,
    port: u16,
    limit: Duration,
) -> Result<TlsDetails, String> {
    let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let server = ServerName::try_from(name.clone()).map_err(|_| "the host is no name for a certificate".to_owned())?;
    let address = (name.as_str(), port)
        .to_socket_addrs()
        .map_err(|why| why.to_string())?
        .next()
        .ok_or("the host name has no address")?;
    let mut socket = TcpStream::connect_timeout(&address, limit).map_err(|why| why.to_string())?;
    let timed = socket.set_read_timeout(Some(limit)).and_then(|()| socket.set_write_timeout(Some(limit)));
    timed.map_err(|why| why.to_string())?;
    let mut connection = ClientConnection::new(Arc::new(config), server).map_err(|why| why.to_string())?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).map_err(|why| why.to_string())?;
    }
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "unknown",
    };
    let cipher = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("unknown");
    Ok(TlsDetails { version: version.to_owned(), cipher: cipher.to_owned(), roots })
}
