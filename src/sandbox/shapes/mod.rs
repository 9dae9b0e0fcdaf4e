//! How things of the ledger look as JSON, in the shapes of the newer API documents.
//!
//! Knows the books and how to write them down; decides nothing.

mod accounts;
mod cards;
mod transactions;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

pub use self::accounts::{account, account_details, balance, bin_id, category_id, destination, restrictions};
pub use self::cards::{card, card_item, held_card, holder, number, sensitive, shown_expiry};
pub use self::transactions::{account_tx, card_tx, top_up};
use crate::domain::money::Currency;

/// A decimal string with at least so many decimals, and never fewer than it has.
#[derive(Clone, Copy)]
pub struct Plain<const SCALE: usize>(pub Decimal);

/// What accounts have.
pub type Nine = Plain<9>;
/// What everything else has.
pub type Two = Plain<2>;

impl<const SCALE: usize> Serialize for Plain<SCALE> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // 29 digits, 28 zeros in front of them or behind, a point and a sign.
        let mut text = [b'0'; 64];
        let mut at = text.len();
        let value = self.0.normalize();
        let scale = value.scale() as usize;
        let mut digits = value.mantissa().unsigned_abs();
        let decimals = scale.max(SCALE);
        let mut written = decimals - scale;
        at -= written;
        while digits > 0 || written <= decimals {
            if written == decimals && decimals > 0 {
                at -= 1;
                text[at] = b'.';
            }
            at -= 1;
            text[at] = b'0' + (digits % 10) as u8;
            digits /= 10;
            written += 1;
        }
        if value.is_sign_negative() && !value.is_zero() {
            at -= 1;
            text[at] = b'-';
        }
        to.serialize_str(std::str::from_utf8(&text[at..]).unwrap_or_default())
    }
}

/// A currency as its code.
#[derive(Clone, Copy)]
pub struct Code(pub Currency);

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.as_str())
    }
}

/// The words for which kinds of card there are.
fn types(physical: bool) -> &'static [&'static str] {
    if physical { &["virtual", "physical"] } else { &["virtual"] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_with_their_scale_and_nothing_is_cut() {
        let nine = |text: &str| serde_json::to_string(&Plain::<9>(text.parse().unwrap())).unwrap();
        let two = |text: &str| serde_json::to_string(&Plain::<2>(text.parse().unwrap())).unwrap();
        assert_eq!(nine("2500"), "\"2500.000000000\"");
        assert_eq!(nine("0"), "\"0.000000000\"");
        assert_eq!(two("0"), "\"0.00\"");
        assert_eq!(two("50"), "\"50.00\"");
        assert_eq!(two("0.05"), "\"0.05\"");
        assert_eq!(two("-23.1"), "\"-23.10\"");
        assert_eq!(two("0.1234"), "\"0.1234\"");
        assert_eq!(two("99999999999999999999999999.99"), "\"99999999999999999999999999.99\"");
        assert_eq!(nine("79228162514264337593543950335"), "\"79228162514264337593543950335.000000000\"");
    }
}
