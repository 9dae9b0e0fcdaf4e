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
        if let Some(bytes) = pack(text) {
            return Some(Id(Repr::Uuid(bytes)));
        }
        if text.is_empty() || text.len() > LONGEST || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        Some(Id(Repr::Text(text.into())))
    }

    /// The text of one that is no UUID: somebody may have chosen it.
    pub fn chosen(&self) -> Option<&str> {
        match &self.0 {
            Repr::Text(text) => Some(text),
            Repr::Uuid(_) => None,
        }
    }

    /// Whether there are UUIDs whose text holds a part.
    pub fn may_be_in_uuid(part: &str) -> bool {
        part.bytes().all(|byte| byte == b'-' || NIBBLE[usize::from(byte)] <= 15)
    }

    /// Whether its text holds a part, which is in lower case, whatever the case of the text.
    pub fn holds(&self, part: &str) -> bool {
        match &self.0 {
            Repr::Text(text) => text.to_ascii_lowercase().contains(part),
            Repr::Uuid(bytes) => {
                may_hold(bytes, part) && {
                    let text = spell(bytes);
                    text.windows(part.len().max(1)).any(|found| part.is_empty() || found == part.as_bytes())
                }
            }
        }
    }
}

/// Whether a UUID may hold the part: very many that do not are told without being spelled.
fn may_hold(bytes: &[u8; 16], part: &str) -> bool {
    let mut digits = [0; 5];
    let mut found = part.bytes().filter(|byte| *byte != b'-');
    for digit in &mut digits {
        let Some(byte) = found.next() else { return true };
        *digit = NIBBLE[usize::from(byte)];
        if *digit > 15 {
            return false;
        }
    }
    // Five digits in a row have four in two bytes.
    let [a, b, c, d, e] = digits;
    let (even, odd) = ([a << 4 | b, c << 4 | d], [b << 4 | c, d << 4 | e]);
    bytes.windows(2).any(|two| two == even || two == odd)
}

/// The text of a UUID.
fn spell(bytes: &[u8; 16]) -> [u8; 36] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; 36];
    for (byte, at) in bytes.iter().zip(AT) {
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 15)];
    }
    text
}

/// Where the sixteen bytes of a UUID stand in its text.
const AT: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// A canonical lower-case UUID in 16 bytes; anything else stays text, so that it goes back as it came.
fn pack(text: &str) -> Option<[u8; 16]> {
    let raw: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 16];
    // One test at the end instead of one at each digit: a feed has millions of ids.
    let mut wrong = [8, 13, 18, 23].iter().fold(0, |wrong, at| wrong | (raw[*at] ^ b'-'));
    for (byte, at) in bytes.iter_mut().zip(AT) {
        let (high, low) = (NIBBLE[usize::from(raw[at])], NIBBLE[usize::from(raw[at + 1])]);
        wrong |= (high | low) & 0xf0;
        *byte = (high << 4) | (low & 0x0f);
    }
    (wrong == 0).then_some(bytes)
}

/// The value of a lower-case hexadecimal digit; 0xff for anything else.
static NIBBLE: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    table
};

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Text(text) => f.pad(text),
            Repr::Uuid(bytes) => f.pad(std::str::from_utf8(&spell(bytes)).unwrap_or_default()),
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

            /// Without what it is the id of.
            pub fn id(&self) -> &Id {
                &self.0
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
    /// A record of any kind, as a delivery names it.
    RecordId,
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
        fn parts_are_held_as_by_the_text(text in "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9-]{1,40}", from in 0usize..40, most in 0usize..40, other in "[0-9a-f-]{1,9}|x") {
            let id = Id::parse(&text).unwrap();
            let lower = text.to_lowercase();
            let part: String = lower.chars().skip(from).take(most).collect();
            prop_assert!(id.holds(&part), "{part}");
            prop_assert_eq!(id.holds(&other), lower.contains(&other), "{}", other);
        }
        #[test]
        fn any_uuid_round_trips(bytes: [u8; 16]) {
            let id = Id(Repr::Uuid(bytes));
            prop_assert_eq!(Id::parse(&id.to_string()), Some(id));
        }
    }
}
