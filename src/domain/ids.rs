//! Ids as the API gives them: opaque, compared and sent back exactly.
//!
//! Most are UUIDs and are kept in 16 bytes; the documentation also shows ids that are not (`evt-abc123`),
//! so no shape is demanded. An id is visible ASCII of at most 128 characters: one that could not be shown
//! or sent back safely is no id.

use std::fmt;

/// Longest id that is accepted, in bytes.
const LONGEST: usize = 128;

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Uuid([u8; 16]),
    Text(Box<str>),
}

/// What all ids share. Use the typed ones.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Repr);

impl Id {
    /// `None` when the text is empty, too long, or has anything but visible ASCII.
    pub fn parse(text: &str) -> Option<Id> {
        if text.is_empty() || text.len() > LONGEST || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        Some(Id(match pack(text) {
            Some(bytes) => Repr::Uuid(bytes),
            None => Repr::Text(text.into()),
        }))
    }
}

/// A canonical lower-case UUID in 16 bytes; anything else stays text, so that it goes back as it came.
fn pack(text: &str) -> Option<[u8; 16]> {
    let raw = text.as_bytes();
    if raw.len() != 36 || [8, 13, 18, 23].iter().any(|at| raw[*at] != b'-') {
        return None;
    }
    let mut nibbles = raw.iter().enumerate().filter(|(at, _)| ![8, 13, 18, 23].contains(at)).map(|(_, b)| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    });
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = (nibbles.next()?? << 4) | nibbles.next()??;
    }
    Some(bytes)
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Text(text) => f.pad(text),
            Repr::Uuid(bytes) => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let mut text = String::with_capacity(36);
                for (at, byte) in bytes.iter().enumerate() {
                    if matches!(at, 4 | 6 | 8 | 10) {
                        text.push('-');
                    }
                    text.push(char::from(HEX[usize::from(byte >> 4)]));
                    text.push(char::from(HEX[usize::from(byte & 15)]));
                }
                f.pad(&text)
            }
        }
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Id);

        impl $name {
            /// `None` when the text can be no id.
            pub fn parse(text: &str) -> Option<$name> {
                Id::parse(text).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

typed_ids! {
    /// An account (balance container) of the merchant.
    AccountId,
    /// A card.
    CardId,
    /// A transaction of either feed.
    TransactionId,
    /// A cardholder, by the merchant's own `cardOwnerId`.
    HolderId,
    /// An entry of the webhook event log.
    EventId,
    /// A BIN that may be asked for when issuing (`cardProviderBinId`).
    BinId,
    /// A category of BINs (`binCategoryId`).
    BinCategoryId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_go_back_exactly_as_they_came() {
        for text in ["0190aaaa-1111-7000-8000-000000000001", "evt-abc123", "0190AAAA-1111-7000-8000-000000000001", "x"]
        {
            assert_eq!(CardId::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(size_of::<Option<CardId>>(), 24);
    }

    #[test]
    fn what_cannot_be_shown_or_sent_is_no_id() {
        for text in ["", " ", "a b", "a\n", "a\u{1b}[2J", "é", &"x".repeat(129)] {
            assert_eq!(CardId::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_visible_text_round_trips(text in "[!-~]{1,128}") {
            prop_assert_eq!(CardId::parse(&text).unwrap().to_string(), text);
        }
        #[test]
        fn any_uuid_round_trips(bytes: [u8; 16]) {
            let id = Id(Repr::Uuid(bytes));
            prop_assert_eq!(Id::parse(&id.to_string()), Some(id));
        }
    }
}
