//! Who may call: the merchant's API token, and the JWT that a login gives (HS256, one hour).
//!
//! Both are made from the seed and say of themselves that they are good for a sandbox only.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::ids::mix;

/// The login of the demo merchant.
pub const EMAIL: &str = "demo@sandbox.example";
pub const PASSWORD: &str = "sandbox-demo";
/// Seconds a login is good for.
pub const LIFETIME: i64 = 3_600;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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
        mac.map(|mac| base64(&mac.chain_update(text.as_bytes()).finalize().into_bytes())).unwrap_or_default()
    }

    /// A JWT for the demo merchant, good for [`LIFETIME`] from `now` (seconds).
    pub fn jwt(&self, now: i64) -> String {
        let head = base64(br#"{"alg":"HS256","typ":"JWT"}"#);
        let claims = format!(r#"{{"sub":"{EMAIL}","iss":"fourpay-sandbox","iat":{now},"exp":{}}}"#, now + LIFETIME);
        let signed = format!("{head}.{}", base64(claims.as_bytes()));
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
        let claims = signed.split('.').nth(1).and_then(unbase64).ok_or(invalid)?;
        #[derive(serde::Deserialize)]
        struct Claims {
            exp: i64,
        }
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| invalid)?;
        if claims.exp > now { Ok(()) } else { Err("Token has expired") }
    }
}

/// Base64 for URLs, without padding (RFC 4648, 5).
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(word >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        let mut word = 0u32;
        for letter in chunk {
            word = word << 6 | ALPHABET.iter().position(|known| known == letter)? as u32;
        }
        word <<= 6 * (4 - chunk.len());
        bytes.extend_from_slice(&word.to_be_bytes()[1..chunk.len().max(1)]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, coded) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("\u{fb}", "w7s")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
            assert_eq!(unbase64(coded).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn a_login_is_good_until_it_expires_and_only_as_signed() {
        let keys = Keys::new(7);
        let jwt = keys.jwt(1_000);
        assert_eq!(keys.check(&jwt, 1_000 + LIFETIME - 1), Ok(()));
        assert_eq!(keys.check(&jwt, 1_000 + LIFETIME), Err("Token has expired"));
        assert!(Keys::new(8).check(&jwt, 1_000).is_err());
        assert!(keys.check(&jwt.replace("eyJzdWIi", "eyJzdWIj"), 1_000).is_err());
        assert!(keys.check("", 0).is_err() && keys.check("..", 0).is_err() && keys.check("a.b.c", 0).is_err());
    }
}
