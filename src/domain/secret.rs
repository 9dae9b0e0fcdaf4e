//! Values that must leave no trace: no `Clone`, no `Display`, `Debug` prints dots, wiped when dropped.
//!
//! The wipe covers this copy; buffers of TLS and HTTP libraries hold short-lived ones that it cannot reach.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::card::Expiry;
use super::text::passes_luhn;

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// The value itself, for the moment it is needed.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(••••)"))
            }
        }

        // By its only field.
        impl ZeroizeOnDrop for $name {}
    )*};
}

secrets! {
    /// A primary account number: 12 to 19 digits, nothing between them (C9).
    Pan,
    /// The card verification value: 3 or 4 digits.
    Cvv,
    /// What the API knows us by: an API token or a JWT.
    Token,
    /// The secret that webhook deliveries are signed with.
    WebhookSecret,
    /// A password for the merchant portal.
    Password,
}

impl Pan {
    /// `None` unless it is 12 to 19 digits; spaces and dashes between them are taken out.
    pub fn parse(text: Zeroizing<String>) -> Option<Pan> {
        let mut digits = Zeroizing::new(String::with_capacity(19));
        for c in text.chars() {
            match c {
                ' ' | '-' => {}
                c if c.is_ascii_digit() && digits.len() < 19 => digits.push(c),
                _ => return None,
            }
        }
        (digits.len() >= 12).then_some(Pan(digits))
    }

    pub fn passes_luhn(&self) -> bool {
        let digits: Zeroizing<Vec<u8>> = Zeroizing::new(self.0.bytes().map(|b| b - b'0').collect());
        passes_luhn(&digits)
    }
}

impl Cvv {
    /// `None` unless it is 3 or 4 digits.
    pub fn parse(text: Zeroizing<String>) -> Option<Cvv> {
        let fits = (3..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then_some(Cvv(text))
    }
}

impl Token {
    /// `None` when it is empty or could not stand in a header: visible ASCII of at most 8 KiB.
    pub fn parse(text: Zeroizing<String>) -> Option<Token> {
        let trimmed = text.trim();
        let fits = !trimmed.is_empty() && trimmed.len() <= 8192 && trimmed.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Token(Zeroizing::new(trimmed.to_owned())))
    }

    /// A second one of the same value: one is kept where it came from, one is sent.
    pub fn another(&self) -> Token {
        Token(self.0.clone())
    }

    /// Whether it is a JSON Web Token by its shape: three parts of base64url, the first a JSON object.
    pub fn is_jwt(&self) -> bool {
        let parts: Vec<&str> = self.0.split('.').collect();
        let base64url =
            |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') && !part.is_empty();
        parts.len() == 3 && parts[0].starts_with("eyJ") && parts.iter().all(base64url)
    }
}

impl WebhookSecret {
    pub fn new(text: Zeroizing<String>) -> WebhookSecret {
        WebhookSecret(text)
    }

    /// Whether it begins or ends with white space, such as the line end that came along with it: it is a part of the
    /// secret then, and seldom of the one that deliveries are signed with.
    pub fn has_white_ends(&self) -> bool {
        self.0.trim().len() != self.0.len()
    }
}

impl Password {
    pub fn new(text: Zeroizing<String>) -> Password {
        Password(text)
    }
}

/// What `GET …/sensitive` answers.
#[derive(Debug)]
pub struct Sensitive {
    pub pan: Pan,
    pub cvv: Cvv,
    pub expiry: Option<Expiry>,
    /// The name embossed on the card. Not secret by itself, but only asked for together with the rest.
    pub holder: Option<super::text::SafeText>,
}

// `pan` and `cvv` wipe themselves; expiry and holder are not secret by themselves.
impl ZeroizeOnDrop for Sensitive {}

/// A secret on its way from where it was typed or read to the one place that uses it.
///
/// Single use: clones share one slot; the first [`take`](OneTimeSecret::take) returns the secret and empties the
/// slot. A message or an effect that carries it can therefore be cloned, compared and printed like any other without
/// a second copy of the secret. Zeroizing: the secret is wiped when whoever took it drops it, or with the last clone
/// if nobody did.
pub struct OneTimeSecret<T: ZeroizeOnDrop>(Arc<Mutex<Option<T>>>);

impl<T: ZeroizeOnDrop> OneTimeSecret<T> {
    pub fn new(secret: T) -> OneTimeSecret<T> {
        OneTimeSecret(Arc::new(Mutex::new(Some(secret))))
    }

    /// The secret, the first time; `None` ever after, whichever clone is asked.
    pub fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T: ZeroizeOnDrop> Clone for OneTimeSecret<T> {
    fn clone(&self) -> OneTimeSecret<T> {
        OneTimeSecret(Arc::clone(&self.0))
    }
}

/// Two are equal when they share a slot: secrets are never compared.
impl<T: ZeroizeOnDrop> PartialEq for OneTimeSecret<T> {
    fn eq(&self, other: &OneTimeSecret<T>) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T: ZeroizeOnDrop> Eq for OneTimeSecret<T> {}

impl<T: ZeroizeOnDrop> fmt::Debug for OneTimeSecret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeSecret(••••)")
    }
}

impl<T: Into<String>> From<T> for OneTimeSecret<Zeroizing<String>> {
    fn from(text: T) -> OneTimeSecret<Zeroizing<String>> {
        OneTimeSecret::new(Zeroizing::new(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn d4_s4_debug_prints_dots() {
        let pan = Pan::parse(hold("4539 5787 6362 1486")).unwrap();
        assert_eq!(format!("{pan:?}"), "Pan(••••)");
        assert_eq!(pan.expose(), "4539578763621486");
        assert!(pan.passes_luhn());
        assert_eq!(format!("{:?}", Token::parse(hold("tok_CANARY")).unwrap()), "Token(••••)");
    }

    #[test]
    fn s4_clones_share_one_slot_that_the_first_take_empties() {
        let secret = OneTimeSecret::new(WebhookSecret::new(hold("s3cret")));
        let clone = secret.clone();
        assert_eq!(format!("{secret:?}"), "OneTimeSecret(••••)");
        assert_eq!(secret, clone);
        assert_ne!(secret, OneTimeSecret::new(WebhookSecret::new(hold("s3cret"))));
        assert_eq!(clone.take().unwrap().expose(), "s3cret");
        assert!(secret.take().is_none() && clone.take().is_none());
    }

    #[test]
    fn s4_what_nobody_takes_is_dropped_and_so_wiped_with_the_last_clone() {
        struct Counted(Arc<Mutex<usize>>);
        impl Drop for Counted {
            fn drop(&mut self) {
                *self.0.lock().unwrap() += 1;
            }
        }
        impl ZeroizeOnDrop for Counted {}

        let dropped = Arc::new(Mutex::new(0));
        let secret = OneTimeSecret::new(Counted(Arc::clone(&dropped)));
        let clone = secret.clone();
        drop(secret);
        assert_eq!(*dropped.lock().unwrap(), 0, "a clone can still be asked");
        drop(clone);
        assert_eq!(*dropped.lock().unwrap(), 1);
    }

    #[test]
    fn c9_a_number_is_digits_only() {
        assert!(Pan::parse(hold("4539 5787 6362 14x6")).is_none());
        assert!(Pan::parse(hold("45395787636214864539")).is_none());
        assert!(Cvv::parse(hold("12")).is_none());
        assert!(Cvv::parse(hold("12a")).is_none());
    }

    #[test]
    fn a_token_can_stand_in_a_header() {
        assert!(Token::parse(hold(" tok_1\n")).is_some());
        assert!(Token::parse(hold("tok 1")).is_none());
        assert!(Token::parse(hold("tok\r\nX-Evil: 1")).is_none());
        assert!(Token::parse(hold("")).is_none());
        assert!(Token::parse(hold("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln")).unwrap().is_jwt());
        assert!(!Token::parse(hold("a.b.c")).unwrap().is_jwt());
    }
}
