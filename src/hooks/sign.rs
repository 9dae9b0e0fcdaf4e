//! Signatures of deliveries, over the raw body.
//!
//! `X-Webhook-Signature` is the hexadecimal HMAC-SHA256 under the secret of the configuration. The documents also
//! name `api-notification-sign` and do not say how it is made; here it is the hexadecimal HMAC-SHA512, and is
//! believed only where somebody has asked for that (API sheet section 6).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};

use crate::domain::secret::WebhookSecret;

/// The header that is trusted.
pub const SIGNATURE: &str = "x-webhook-signature";
/// The header of the older documents.
pub const NOTIFICATION: &str = "api-notification-sign";

/// What `X-Webhook-Signature` of a body is.
pub fn signature(secret: &WebhookSecret, body: &[u8]) -> String {
    // HMAC takes a key of any length.
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
    mac.map(|mac| hex::encode(mac.chain_update(body).finalize().into_bytes())).unwrap_or_default()
}

/// What `api-notification-sign` of a body is.
pub fn notification(secret: &WebhookSecret, body: &[u8]) -> String {
    let mac = Hmac::<Sha512>::new_from_slice(secret.expose().as_bytes());
    mac.map(|mac| hex::encode(mac.chain_update(body).finalize().into_bytes())).unwrap_or_default()
}

/// Whether this is the signature of the body; takes as long whatever the answer. `sha256=` may stand before it, as
/// many platforms write it.
pub fn is_signed(secret: &WebhookSecret, body: &[u8], signature: &str) -> bool {
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
    let (Some(said), Ok(mac)) = (said(signature, "sha256"), mac) else { return false };
    mac.chain_update(body).verify_slice(&said).is_ok()
}

/// The same for `api-notification-sign`.
pub fn is_notification(secret: &WebhookSecret, body: &[u8], signature: &str) -> bool {
    let mac = Hmac::<Sha512>::new_from_slice(secret.expose().as_bytes());
    let (Some(said), Ok(mac)) = (said(signature, "sha512"), mac) else { return false };
    mac.chain_update(body).verify_slice(&said).is_ok()
}

/// The bytes of a signature, without the name of the algorithm that may stand before them. Another algorithm's name
/// makes it none.
fn said(signature: &str, algorithm: &str) -> Option<Vec<u8>> {
    let signature = signature.trim();
    let digits = match signature.split_once('=') {
        Some((name, digits)) if name.trim().eq_ignore_ascii_case(algorithm) => digits,
        Some(_) => return None,
        None => signature,
    };
    hex::decode(digits.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_may_name_its_algorithm() {
        let secret = WebhookSecret::new("whsec_CANARY".to_owned().into());
        let (body, other) = (b"{}", b"[]");
        let (plain, old) = (signature(&secret, body), notification(&secret, body));
        for good in [plain.clone(), format!("sha256={plain}"), format!(" SHA256 = {} ", plain.to_uppercase())] {
            assert!(is_signed(&secret, body, &good), "{good}");
            assert!(!is_signed(&secret, other, &good), "{good}");
        }
        for bad in [format!("sha512={plain}"), format!("={plain}"), format!("sha256=sha256={plain}"), old.clone()] {
            assert!(!is_signed(&secret, body, &bad), "{bad}");
        }
        for bad in ["", "sha256=", "sha256", "v1=00"] {
            assert!(!is_signed(&secret, body, bad), "{bad}");
        }
        assert!(is_notification(&secret, body, &format!("sha512={old}")));
        assert!(!is_notification(&secret, body, &format!("sha256={old}")));
    }

    #[test]
    fn a_line_end_of_a_secret_is_noticed() {
        let white = |text: &str| WebhookSecret::new(text.to_owned().into()).has_white_ends();
        assert!(white("whsec\n") && white("whsec\r\n") && white(" whsec"));
        assert!(!white("whsec") && !white("wh sec"));
    }
}
