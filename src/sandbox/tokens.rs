//! Who may call: the merchant's API token, and the JWT that a login gives (HS256, one hour).
//!
//! Both are made from the seed and say of themselves that they are good for a sandbox only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::ids::mix;

/// The login of the demo merchant.
pub const EMAIL: &str = "demo@sandbox.example";
pub const PASSWORD: &str = "sandbox-demo";
/// Seconds a login is good for.
pub const LIFETIME: i64 = 3_600;

/// The credentials of one sandbox.
pub struct Keys {
    pub token: String,
    secret: [u8; 16],
}

impl Keys {
    pub fn new(seed: u64) -> Keys {
        let mut secret = [0; 16];
        secret[..8].copy_from_slice(&mix(seed ^ 0xA11C_E5EC).to_be_bytes());
        secret[8..].copy_from_slice(&mix(seed ^ 0x0B0E_5EC2).to_be_bytes());
        Keys { token: format!("sandbox_{:016x}{:016x}", mix(seed ^ 1), mix(seed ^ 2)), secret }
    }

    pub fn is_token(&self, given: &[u8]) -> bool {
        self.token.as_bytes().ct_eq(given).into()
    }

    fn sign(&self, text: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret);
        mac.map(|mac| URL_SAFE_NO_PAD.encode(mac.chain_update(text.as_bytes()).finalize().into_bytes()))
            .unwrap_or_default()
    }

    /// A JWT for the demo merchant, issued at `now` (seconds); `exp` is its end as it is written.
    pub fn jwt(&self, now: i64, exp: &str) -> String {
        let head = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
        let claims = format!(r#"{{"sub":"{EMAIL}","iss":"fourpay-sandbox","iat":{now},"exp":{exp}}}"#);
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims));
        let signature = self.sign(&signed);
        format!("{signed}.{signature}")
    }

    /// Whether a JWT is ours and still good; else why not.
    pub fn check(&self, jwt: &str, now: i64) -> Result<(), &'static str> {
        let invalid = "Could not validate credentials";
        let (signed, signature) = jwt.rsplit_once('.').ok_or(invalid)?;
        let ours = self.sign(signed);
        if !bool::from(ours.as_bytes().ct_eq(signature.as_bytes())) {
            return Err(invalid);
        }
        let claims = signed.split('.').nth(1).ok_or(invalid)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| invalid)?;
        // Written by this server, in one of the ways it may have been told to.
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum End {
            Number(i64),
            Text(String),
        }
        #[derive(serde::Deserialize)]
        struct Claims {
            exp: End,
        }
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| invalid)?;
        let end = match claims.exp {
            End::Number(end) => end,
            End::Text(text) => text.parse().map_err(|_| invalid)?,
        };
        // Seconds of this size are five thousand years away.
        let end = if end > 100_000_000_000 { end / 1_000 } else { end };
        if end > now { Ok(()) } else { Err("Token has expired") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_good_until_it_expires_and_only_as_signed() {
        let keys = Keys::new(7);
        let jwt = keys.jwt(1_000, &(1_000 + LIFETIME).to_string());
        assert_eq!(keys.check(&jwt, 1_000 + LIFETIME - 1), Ok(()));
        assert_eq!(keys.check(&jwt, 1_000 + LIFETIME), Err("Token has expired"));
        assert!(Keys::new(8).check(&jwt, 1_000).is_err());
        assert!(keys.check(&jwt.replace("eyJzdWIi", "eyJzdWIj"), 1_000).is_err());
        assert!(keys.check("", 0).is_err() && keys.check("..", 0).is_err() && keys.check("a.b.c", 0).is_err());
    }
}
