//! When a token says that it ends. What is read is a claim of the token about itself: its signature is the
//! server's business, and nothing but warnings and renewals hang on it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::domain::secret::Token;

/// The `exp` claim (RFC 7519, 4.1.4); `None` for a token that is no JWT, or one that does not say.
pub fn expiry(token: &Token) -> Option<DateTime<Utc>> {
    #[derive(Deserialize)]
    struct Claims {
        exp: serde_json::Number,
    }
    if !token.is_jwt() {
        return None;
    }
    let claims = token.expose().split('.').nth(1)?;
    let claims = Zeroizing::new(URL_SAFE_NO_PAD.decode(claims).ok()?);
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    // A fraction of a second is allowed there and is nobody's concern.
    let seconds: i64 = claims.exp.to_string().split('.').next()?.parse().ok()?;
    DateTime::from_timestamp(seconds, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> Option<DateTime<Utc>> {
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
        let text = format!("{head}.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        expiry(&Token::parse(Zeroizing::new(text)).unwrap())
    }

    #[test]
    fn the_end_of_a_jwt_is_read_and_nothing_malformed_is_believed() {
        let end = DateTime::from_timestamp(1_800_000_000, 0);
        assert_eq!(token(r#"{"sub":"x","exp":1800000000}"#), end);
        assert_eq!(token(r#"{"exp":1800000000.75}"#), end);
        for claims in ["", "{}", "[]", "null", r#"{"exp":null}"#, r#"{"exp":"1800000000"}"#, r#"{"exp":1e400}"#] {
            assert_eq!(token(claims), None, "{claims}");
        }
        for claims in [r#"{"exp":9223372036854775807}"#, r#"{"exp":99999999999999999999999}"#, r#"{"exp":1}{}"#] {
            assert_eq!(token(claims), None, "{claims}");
        }
        for text in ["tok_1", "eyJhbGciOiJIUzI1NiJ9.%%.c2ln", "eyJ.eyJ.eyJ"] {
            assert_eq!(expiry(&Token::parse(Zeroizing::new(text.into())).unwrap()), None, "{text}");
        }
    }
}
