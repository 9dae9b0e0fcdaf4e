//! Cards. API sheet section 4.

use std::fmt;

use chrono::{DateTime, Utc};

use super::account::{CardKind, Network, Wallet};
use super::field::Field;
use super::ids::{AccountId, CardId, HolderId};
use super::money::Money;
use super::open_enum::open_words;
use super::text::SafeText;

open_words! {
    /// Where a card is in its life.
    CardStatus {
        Creating = "creating",
        Active = "active",
        Frozen = "frozen",
        Closed = "closed",
        CreatingFailed = "creating_failed",
        Expired = "expired",
        Blocked = "blocked",
    }
}

open_words! {
    /// The period a spending limit counts over.
    LimitKind {
        Transaction = "transaction_limit",
        Daily = "daily_limit",
        Weekly = "weekly_limit",
        Monthly = "monthly_limit",
        Yearly = "year_limit",
        Lifetime = "lifetime_limit",
    }
}

/// The last four digits of a card number: all that may stand on a screen unasked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LastFour([u8; 4]);

impl LastFour {
    /// `None` unless it is exactly four digits.
    pub fn parse(text: &str) -> Option<LastFour> {
        let digits: [u8; 4] = text.as_bytes().try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(LastFour(digits))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("????")
    }
}

impl fmt::Display for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a masked number (`555555******0001`) tells. The digits between are never kept, even when the
/// API sends them (D1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaskedNumber {
    /// The leading digits that were given, at most six.
    pub bin: Option<SafeText>,
    pub last_four: Option<LastFour>,
}

impl MaskedNumber {
    pub fn from_wire(text: &str) -> MaskedNumber {
        let lead = text.bytes().take_while(u8::is_ascii_digit).take(6).count();
        let tail = text.len().checked_sub(4).and_then(|from| text.get(from..));
        MaskedNumber {
            bin: text.get(..lead).filter(|bin| bin.len() >= 4 && text.len() > 8).map(SafeText::name),
            last_four: tail.and_then(LastFour::parse),
        }
    }
}

/// Month and year on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Expiry {
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
}

impl Expiry {
    /// `None` unless it is a month of a year between 2000 and 2199; two-digit years are of this century.
    pub fn new(month: u32, year: u32) -> Option<Expiry> {
        let year = if year < 100 { year + 2000 } else { year };
        ((1..=12).contains(&month) && (2000..2200).contains(&year))
            .then_some(Expiry { year: year as u16, month: month as u8 })
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:02}/{:02}", self.month, self.year % 100))
    }
}

/// A spending limit and, where the API says so, what was spent of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub kind: LimitKind,
    pub value: Field<Money>,
    pub spent: Field<Money>,
}

/// A card, from a list or in detail: what a list does not say is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub id: CardId,
    pub account: Option<AccountId>,
    pub holder_id: Option<HolderId>,
    /// The name on the card or of its holder, whichever the API gives.
    pub holder: Option<SafeText>,
    pub holder_email: Option<SafeText>,
    /// The merchant's own label.
    pub name: Option<SafeText>,
    pub status: CardStatus,
    pub kind: Option<CardKind>,
    pub network: Option<Network>,
    pub number: MaskedNumber,
    pub balance: Field<Money>,
    pub available: Field<Money>,
    pub spent: Field<Money>,
    pub expiry: Field<Expiry>,
    pub limits: Field<Vec<Limit>>,
    pub wallets: Vec<Wallet>,
    pub created_at: Field<DateTime<Utc>>,
    pub updated_at: Field<DateTime<Utc>>,
}

impl Card {
    /// What can be spent, or all there is when only that is said.
    pub fn spendable(&self) -> Field<Money> {
        self.available.or(self.balance)
    }
}

/// What an earlier run of the program learned of a card that lists may leave out. No names, no amounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    pub card: CardId,
    pub holder: Option<HolderId>,
    pub kind: Option<CardKind>,
    pub last_four: Option<LastFour>,
    pub created_at: Option<DateTime<Utc>>,
    /// Its details were not read: they may say more.
    pub partial: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d1_a_masked_number_never_keeps_the_middle() {
        let full = MaskedNumber::from_wire("4539578763621486");
        assert_eq!(full.bin.unwrap().as_str(), "453957");
        assert_eq!(full.last_four.unwrap().as_str(), "1486");
        let masked = MaskedNumber::from_wire("4111******1111");
        assert_eq!((masked.bin.unwrap().as_str(), masked.last_four.unwrap().as_str()), ("4111", "1111"));
        assert_eq!(MaskedNumber::from_wire("1234").bin, None);
        assert_eq!(MaskedNumber::from_wire("****").last_four, None);
        assert_eq!(MaskedNumber::from_wire("é£ñ").last_four, None);
    }

    #[test]
    fn expiry_is_a_month_of_a_year() {
        assert_eq!(Expiry::new(4, 2029).unwrap().to_string(), "04/29");
        assert_eq!(Expiry::new(4, 29), Expiry::new(4, 2029));
        assert_eq!(Expiry::new(13, 2029), None);
        assert_eq!(Expiry::new(0, 2029), None);
        assert_eq!(Expiry::new(1, 1999), None);
    }
}
