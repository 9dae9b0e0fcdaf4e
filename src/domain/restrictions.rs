//! What the provider behind an account allows: how many cards, which, and between which amounts their limits may be.
//! API sheet section 2. Two unrelated shapes are known, so what is not known stays key and value.

use rust_decimal::Decimal;

use super::account::{Bin, CardKind};
use super::card::LimitKind;
use super::field::Field;
use super::money::Money;
use super::text::SafeText;

/// Restrictions of an account. What the API does not say restricts nothing as far as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restrictions {
    pub most_cards: Field<u64>,
    pub current_cards: Field<u64>,
    pub card_kinds: Vec<CardKind>,
    /// Between which amounts a card's limits may be.
    pub limits: Vec<LimitRange>,
    pub bins: Vec<Bin>,
    /// `false`: cards share the account's balance.
    pub cards_hold_balance: Option<bool>,
    /// Everything else, as text.
    pub other: Vec<(SafeText, SafeText)>,
}

/// The least and the most that a limit of a card may be, in the account's currency. An end that is absent is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRange {
    pub kind: LimitKind,
    pub least: Field<Decimal>,
    pub most: Field<Decimal>,
}

/// Whether something fits what the provider allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fits {
    Yes,
    /// At least this is asked for.
    TooLittle(Decimal),
    /// At most this is allowed.
    TooMuch(Decimal),
    /// The API does not say, or says what cannot be read.
    Unknown,
}

impl Restrictions {
    /// How many more cards there may be; unknown unless both counts are known, and where more are there than may be: what is
    /// counted is something else then.
    pub fn room(&self) -> Field<u64> {
        match (self.most_cards, self.current_cards) {
            (Field::Known(most), Field::Known(current)) => {
                most.checked_sub(current).map_or(Field::Absent, Field::Known)
            }
            (Field::Unreadable, _) | (_, Field::Unreadable) => Field::Unreadable,
            _ => Field::Absent,
        }
    }

    /// Whether a limit of this kind may have this value.
    pub fn fits(&self, kind: &LimitKind, value: &Money) -> Fits {
        let mut fits = Fits::Unknown;
        for range in self.limits.iter().filter(|range| range.kind == *kind) {
            match (range.least, range.most) {
                (Field::Known(least), _) if value.amount() < least => return Fits::TooLittle(least),
                (_, Field::Known(most)) if value.amount() > most => return Fits::TooMuch(most),
                (Field::Unreadable, _) | (_, Field::Unreadable) => return Fits::Unknown,
                _ => fits = Fits::Yes,
            }
        }
        fits
    }

    /// Whether a card of this kind may be issued; `None` when the API does not say.
    pub fn allows(&self, kind: &CardKind) -> Option<bool> {
        (!self.card_kinds.is_empty()).then(|| self.card_kinds.contains(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn what_is_not_said_restricts_nothing_and_allows_nothing() {
        let none = Restrictions::default();
        let usd = |text: &str| Money::parse(text, Currency::USD).unwrap();
        assert_eq!((none.room(), none.fits(&LimitKind::Daily, &usd("1"))), (Field::Absent, Fits::Unknown));
        assert_eq!(none.allows(&CardKind::Virtual), None);
        let range = |least: Field<Decimal>, most| LimitRange { kind: LimitKind::Daily, least, most };
        let ten = Field::Known(Decimal::TEN);
        let restricted = Restrictions {
            most_cards: Field::Known(3),
            current_cards: Field::Known(5),
            limits: vec![range(ten, Field::Known(Decimal::from(100)))],
            card_kinds: vec![CardKind::Virtual],
            ..Restrictions::default()
        };
        assert_eq!(restricted.room(), Field::Absent, "where more are there than may be, something else is counted");
        assert_eq!(restricted.allows(&CardKind::Physical), Some(false));
        for (value, fits) in [
            ("9.99", Fits::TooLittle(Decimal::TEN)),
            ("10", Fits::Yes),
            ("100.00", Fits::Yes),
            ("100.01", Fits::TooMuch(Decimal::from(100))),
        ] {
            assert_eq!(restricted.fits(&LimitKind::Daily, &usd(value)), fits, "{value}");
        }
        assert_eq!(restricted.fits(&LimitKind::Weekly, &usd("1")), Fits::Unknown);
        let odd = Restrictions { limits: vec![range(Field::Unreadable, ten)], ..Restrictions::default() };
        assert_eq!(odd.fits(&LimitKind::Daily, &usd("11")), Fits::TooMuch(Decimal::TEN));
        assert_eq!(odd.fits(&LimitKind::Daily, &usd("5")), Fits::Unknown);
    }
}
