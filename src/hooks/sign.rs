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

/// Whether this is the signature of the body; takes as long whatever the answer.
pub fn is_signed(secret: &WebhookSecret, body: &[u8], signature: &str) -> bool {
    let (Ok(said), Ok(mac)) =
        (hex::decode(signature.trim()), Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()))
    else {
        return false;
    };
    mac.chain_update(body).verify_slice(&said).is_ok()
}

/// The same for `api-notification-sign`.
pub fn is_notification(secret: &WebhookSecret, body: &[u8], signature: &str) -> bool {
    let (Ok(said), Ok(mac)) =
        (hex::decode(signature.trim()), Hmac::<Sha512>::new_from_slice(secret.expose().as_bytes()))
    else {
        return false;
    };
    mac.chain_update(body).verify_slice(&said).is_ok()
}
