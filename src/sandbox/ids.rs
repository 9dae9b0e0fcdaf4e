//! Ids that look like UUID v7 and cost nothing to keep: an id holds its row number, scrambled, so that a
//! row stores no id and a lookup needs no table.
//!
//! Knows no rows: whoever looks one up compares the whole id of the row found, so that a made-up id is unknown.

use std::fmt;

use serde::{Serialize, Serializer};

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Account = 1,
    Card = 2,
    CardTx = 3,
    AccountTx = 4,
    Bin = 5,
    Category = 6,
    Limit = 7,
}

/// An odd number and its inverse modulo 2^62: multiplying by one undoes the other.
const SCRAMBLE: u64 = 0x1E37_79B9_7F4A_7C15;
const UNSCRAMBLE: u64 = inverse(SCRAMBLE);
const LOW: u64 = (1 << 62) - 1;

const fn inverse(of: u64) -> u64 {
    // Newton's iteration doubles the correct low bits each time.
    let mut found = of;
    let mut round = 0;
    while round < 6 {
        found = found.wrapping_mul(2u64.wrapping_sub(of.wrapping_mul(found)));
        round += 1;
    }
    found
}

/// 128 bits in the layout of UUID v7.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Id(pub u128);

/// A well spread number from any number (the finisher of splitmix64).
pub fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Id {
    /// The id of row `index` of `kind`, made at `at` (milliseconds since 1970).
    pub fn new(kind: Kind, index: u32, at: i64, salt: u64) -> Id {
        let noise = mix(salt ^ (u64::from(index) << 8) ^ kind as u64);
        let plain = (noise & 0x03FF_FFFF) << 36 | (kind as u64) << 32 | u64::from(index);
        let low = (plain.wrapping_mul(SCRAMBLE) ^ salt) & LOW;
        let time = (at.max(0) as u128) & 0xFFFF_FFFF_FFFF;
        Id(time << 80 | 0x7 << 76 | u128::from(noise >> 52) << 64 | 0b10 << 62 | u128::from(low))
    }

    /// The row an id claims to name, or `None` when it is of another kind.
    pub fn index(self, kind: Kind, salt: u64) -> Option<usize> {
        let plain = (((self.0 as u64) ^ salt) & LOW).wrapping_mul(UNSCRAMBLE) & LOW;
        ((plain >> 32) & 0xF == kind as u64).then_some((plain & 0xFFFF_FFFF) as usize)
    }

    /// Reads the usual 36 characters, hex in either case.
    pub fn parse(text: &str) -> Option<Id> {
        let bytes = text.as_bytes();
        if bytes.len() != 36 {
            return None;
        }
        let mut value: u128 = 0;
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 8 | 13 | 18 | 23) {
                if *byte != b'-' {
                    return None;
                }
                continue;
            }
            value = value << 4 | u128::from((*byte as char).to_digit(16)?);
        }
        Some(Id(value))
    }

    fn text(self) -> [u8; 36] {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'-'; 36];
        let mut shift = 128;
        for (at, to) in text.iter_mut().enumerate() {
            if !matches!(at, 8 | 13 | 18 | 23) {
                shift -= 4;
                *to = HEX[(self.0 >> shift) as usize & 0xF];
            }
        }
        text
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_finds_its_row_and_no_other_kind(index: u32, at in 0i64..4_000_000_000_000, salt: u64) {
            let id = Id::new(Kind::CardTx, index, at, salt);
            prop_assert_eq!(id.index(Kind::CardTx, salt), Some(index as usize));
            prop_assert_eq!(id.index(Kind::Card, salt), None);
            prop_assert_eq!(Id::parse(&id.to_string()), Some(id));
            prop_assert_eq!(Id::parse(&id.to_string().to_uppercase()), Some(id));
            prop_assert_eq!(id.to_string().as_bytes()[14], b'7');
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,40}") {
            let _ = Id::parse(&text);
        }
    }

    #[test]
    fn ids_of_neighbours_differ() {
        let ids: std::collections::HashSet<_> = (0..10_000).map(|at| Id::new(Kind::Card, at, 5, 9)).collect();
        assert_eq!(ids.len(), 10_000);
    }
}
