//! When a token says that it ends. What is read is a claim of the token about itself: its signature is the
//! server's business, and nothing but warnings and renewals hang on it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rust_decimal::prelude::ToPrimitive;
use zeroize::Zeroizing;

use super::wire::RawField;
use crate::domain::secret::Token;

/// Seconds since 1970 from which on a number is taken for milliseconds: the year 5138.
const MILLIS_FROM: i64 = 100_000_000_000;
/// The same for microseconds and nanoseconds: milliseconds and microseconds of that year.
const MICROS_FROM: i64 = MILLIS_FROM * 1_000;
const NANOS_FROM: i64 = MICROS_FROM * 1_000;

/// The `exp` claim (RFC 7519, 4.1.4); `None` for a token that is no JWT, or one that does not say. Issuers write it as a
/// number or as a string, in seconds or in parts of them, or as a date.
pub fn expiry(token: &Token) -> Option<DateTime<Utc>> {
    if !token.is_jwt() {
        return None;
    }
    let claims = token.expose().split('.').nth(1)?;
    let claims = Zeroizing::new(URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?);
    let claims = RawField::new(std::str::from_utf8(&claims).ok()?);
    let claims = claims.entries()?;
    let mut ends = claims.iter().filter(|(name, _)| name == "exp").map(|(_, value)| value);
    let end = ends.next().filter(|_| ends.next().is_none())?;
    // A fraction of a second is allowed there and is nobody's concern.
    let Some(number) = end.decimal().known().copied() else { return end.time().known().copied() };
    let whole = number.trunc().to_i64()?;
    match whole {
        // Beyond what milliseconds of a believable year are, as nanoseconds.
        NANOS_FROM.. => DateTime::from_timestamp(whole / 1_000_000_000, 0).filter(|_| whole < i64::MAX),
        MICROS_FROM.. => DateTime::from_timestamp_micros(whole),
        MILLIS_FROM.. => DateTime::from_timestamp_millis(whole),
        1.. => DateTime::from_timestamp(whole, 0),
        _ => None,
    }
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
        for same in [
            r#"{"exp":"1800000000"}"#,
            r#"{"exp":1800000000000}"#,
            r#"{"exp":"1800000000000"}"#,
            r#"{"exp":1.8e9}"#,
            r#"{"exp":1.8E12,"iat":1e400}"#,
            r#"{"exp":1800000000.0}"#,
            r#"{"exp":1800000000000000}"#,
            r#"{"exp":1800000000000000000}"#,
            r#"{"exp":"1800000000000000"}"#,
            r#"{"exp":"2027-01-15T08:00:00Z"}"#,
            r#"{"exp":"2027-01-15T09:00:00.000+01:00"}"#,
        ] {
            assert_eq!(token(same), end, "{same}");
        }
        for claims in ["", "{}", "[]", "null", r#"{"exp":null}"#, r#"{"exp":"soon"}"#, r#"{"exp":1e400}"#] {
            assert_eq!(token(claims), None, "{claims}");
        }
        for claims in [r#"{"exp":0}"#, r#"{"exp":-5}"#, r#"{"exp":true}"#, r#"{"exp":{}}"#, r#"{"exp":1,"exp":2}"#] {
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
