//! Signatures of deliveries, over the raw body.
//!
//! `X-Webhook-Signature` is the hexadecimal HMAC-SHA256 under the secret of the configuration. The documents also
//! name `api-notification-sign` and do not say how it is made; here it is the hexadecimal HMAC-SHA512, and is
//! believed only where somebody has asked for that (API sheet section 6).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return false };
    let mac = mac.chain_update(body);
    // All are compared, so that the time does not tell which of them is good.
    said(signature, "sha256", 32).iter().filter(|said| mac.clone().verify_slice(said).is_ok()).count() > 0
}

/// The same for `api-notification-sign`.
pub fn is_notification(secret: &WebhookSecret, body: &[u8], signature: &str) -> bool {
    let Ok(mac) = Hmac::<Sha512>::new_from_slice(secret.expose().as_bytes()) else { return false };
    let mac = mac.chain_update(body);
    // All are compared, so that the time does not tell which of them is good.
    said(signature, "sha512", 64).iter().filter(|said| mac.clone().verify_slice(said).is_ok()).count() > 0
}

/// Signatures that a header may name at most, of one body: more are not looked at.
const MOST: usize = 8;

/// The bytes of the signatures in a header, in hexadecimal or base64, without the name that may stand before each: the
/// algorithm (`sha256=`, `HMAC-SHA256:`) or the version of the scheme (`t=1,v1=…`). Another algorithm's name makes it
/// none. Whatever the form, it is the signature of the very body, or it is none.
fn said(signature: &str, algorithm: &str, bytes: usize) -> Vec<Vec<u8>> {
    let one = |part: &str| {
        let part = part.trim();
        let is_ours = |name: &str| {
            let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
            let name = name.strip_prefix("hmac").unwrap_or(&name);
            name == algorithm || matches!(name, "v0" | "v1")
        };
        let digits = match part.split_once(['=', ':']) {
            // What stands at the end of base64 is no name.
            Some((_, rest)) if rest.trim_matches('=').is_empty() => part,
            Some((name, digits)) if is_ours(name) => digits.trim(),
            Some(_) => return None,
            None => part,
        };
        let read = hex::decode(digits).ok().or_else(|| STANDARD.decode(digits).ok());
        read.filter(|read| read.len() == bytes)
    };
    signature.split([',', ';']).take(MOST).filter_map(one).collect()
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
        let base64 = STANDARD.encode(hex::decode(&plain).unwrap());
        for good in [
            base64.clone(),
            format!("sha256={base64}"),
            format!("HMAC-SHA256: {plain}"),
            format!("sha-256={plain}"),
            format!("t=1800000000,v1={plain}"),
            format!("v1={plain}, v1=00"),
        ] {
            assert!(is_signed(&secret, body, &good), "{good}");
            assert!(!is_signed(&secret, other, &good), "{good}");
        }
        for bad in ["", "sha256=", "sha256", "v1=00", "=", "==", ",;,", "t=1"] {
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
