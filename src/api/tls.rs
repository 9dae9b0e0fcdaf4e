//! TLS: one configuration for every connection, and what a handshake agrees on, for `doctor` (S9).
//!
//! TLS 1.2 or 1.3 by rustls with ring, HTTP/1.1 only by ALPN (M1). Certificates are always verified; there is
//! no way to switch that off. Knows no HTTP.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, ProtocolVersion, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::certificate::Certificate;
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

/// Sees the certificate that a server shows, and trusts none.
#[derive(Debug)]
struct Look {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Option<Certificate>>,
}

impl ServerCertVerifier for Look {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Certificate::read(shown);
        }
        Err(rustls::Error::General("only looked at".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only looked at".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only looked at".to_owned()))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whose certificate a server shows, in words. The handshake ends there: nothing is trusted and nothing is said.
fn shown(host: &str, port: u16, limit: Duration) -> Option<String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let look = Arc::new(Look { provider: provider.clone(), seen: Mutex::new(None) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(look.clone())
        .with_no_client_auth();
    // It never succeeds.
    drop(shake(config, host, port, limit));
    let seen = look.seen.lock().ok()?;
    seen.as_ref().map(Certificate::in_words)
}

/// One handshake without a request; what is not accepted is named. Blocks for at most about six times `limit`; the error
/// is a sentence.
pub(super) fn handshake(
    config: ClientConfig,
    roots: RootSource,
    host: &str,
    port: u16,
    limit: Duration,
) -> Result<TlsDetails, String> {
    let (version, cipher) = shake(config, host, port, limit).map_err(|why| match why.contains("certificate") {
        true => shown(host, port, limit).map_or(why.clone(), |shown| format!("{why}: {shown}")),
        false => why,
    })?;
    Ok(TlsDetails { version, cipher, roots })
}

/// Protocol version and cipher suite of one handshake.
fn shake(config: ClientConfig, host: &str, port: u16, limit: Duration) -> Result<(String, String), String> {
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
    Ok((version.to_owned(), cipher.to_owned()))
}
