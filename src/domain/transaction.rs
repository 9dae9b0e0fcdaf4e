//! Transactions of both feeds: what cards did, and what happened to accounts. API sheet section 5.

use chrono::{DateTime, Utc};

use super::field::Field;
use super::ids::{AccountId, CardId, TransactionId};
use super::money::Money;
use super::open_enum::open_words;
use super::text::SafeText;

open_words! {
    /// What kind of movement it is.
    TransactionKind {
        Purchase = "purchase",
        Refund = "refund",
        Fee = "fee",
        TopUp = "top_up" | "topup",
        Withdrawal = "withdrawal",
        PayIn = "payin",
        CardIssuing = "card_issuing",
        TransferFee = "transfer_fee",
        Transfer = "transfer",
    }
}

open_words! {
    /// How far it has come.
    TransactionStatus {
        Authorized = "authorized",
        Pending = "pending",
        Completed = "completed",
        Declined = "declined",
        Canceled = "canceled" | "cancelled",
    }
}

impl TransactionStatus {
    /// Whether the row will not change any more, as far as is known.
    pub fn is_final(&self) -> bool {
        matches!(self, TransactionStatus::Completed | TransactionStatus::Declined | TransactionStatus::Canceled)
    }
}

/// Which list a transaction came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feed {
    Cards,
    Accounts,
}

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    In,
    Out,
}

/// Whether a row belongs in a sum of money that moved, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InSums {
    Counted,
    /// Declined, or canceled before it was booked.
    NotMoved,
    /// In a state that this program does not know.
    UnknownState,
    /// It may be in or out.
    UnknownDirection,
}

/// One movement. Amounts come without a sign; the direction is in the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub id: TransactionId,
    pub feed: Feed,
    pub account: Option<AccountId>,
    pub card: Option<CardId>,
    pub amount: Field<Money>,
    pub kind: TransactionKind,
    pub status: TransactionStatus,
    pub merchant: Option<SafeText>,
    /// Merchant category code (ISO 18245), four digits.
    pub category: Option<SafeText>,
    pub created_at: Field<DateTime<Utc>>,
    pub updated_at: Field<DateTime<Utc>>,
    pub merchant_country: Option<SafeText>,
    /// What purchases have and other rows do not, kept apart so that a million rows stay small.
    pub costs: Option<Box<Costs>>,
    /// What most rows do not have.
    pub more: Option<Box<More>>,
}

/// What it cost beside the amount, and what it came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    pub fee: Field<Money>,
    pub settlement: Field<Money>,
    /// The row names no amount, and its settlement stands in for it. Here, so that a million rows stay small.
    pub stands_in: bool,
}

/// The fields that few transactions carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct More {
    pub decline_reason: Option<SafeText>,
    pub description: Option<SafeText>,
    /// The transaction this one belongs to: a refund's purchase, a fee's cause.
    pub parent: Option<TransactionId>,
    /// The other half of it, where the API names that: the card's row of a top-up, the account's of a withdrawal.
    pub related: Option<TransactionId>,
    pub authorization_code: Option<SafeText>,
    /// Retrieval reference number.
    pub rrn: Option<SafeText>,
}

impl Transaction {
    /// Which way the money went, seen from the card or account of its feed; `None` for a kind that is not known.
    pub fn direction(&self) -> Option<Direction> {
        match self.kind {
            TransactionKind::Purchase
            | TransactionKind::Fee
            | TransactionKind::Withdrawal
            | TransactionKind::CardIssuing
            | TransactionKind::TransferFee => Some(Direction::Out),
            TransactionKind::Refund | TransactionKind::TopUp | TransactionKind::PayIn => Some(Direction::In),
            TransactionKind::Transfer | TransactionKind::Other(_) => None,
        }
    }

    /// Which way the money of this row went: the one rule for every sum. Amounts come without a sign and the kind says
    /// the way (API sheet section 1.2). The API says nothing of a minus; where one comes, it can only mean "out". So the
    /// way is not known (`None`) where neither kind nor minus says it, and where a minus contradicts the kind, as on a
    /// refund.
    pub fn flow(&self) -> Option<Direction> {
        let has_minus = self.amount.known().is_some_and(Money::is_negative);
        match (self.direction(), has_minus) {
            (Some(Direction::In), true) => None,
            (None, true) => Some(Direction::Out),
            (by_kind, _) => by_kind,
        }
    }

    /// Whether a minus contradicts the kind: the row is in no sum.
    pub fn contradicts_itself(&self) -> bool {
        self.direction().is_some() && self.flow().is_none()
    }

    /// Whether it is half of a movement inside of the merchant: the other half is a row of a card or of an account. Neither
    /// a purchase nor a fee has one.
    pub fn is_half(&self) -> bool {
        let of_cards = matches!(self.kind, TransactionKind::TopUp | TransactionKind::Withdrawal);
        let of_accounts =
            || matches!(self.kind, TransactionKind::PayIn | TransactionKind::Transfer | TransactionKind::Other(_));
        of_cards || (self.feed == Feed::Accounts && of_accounts())
    }

    /// Whether money moved or may still move: nothing does of what was declined, or canceled before it was booked.
    /// `None` for a state that this program does not know: such a row is in no sum and is counted beside it.
    pub fn moved(&self) -> Option<bool> {
        match self.status {
            TransactionStatus::Declined | TransactionStatus::Canceled => Some(false),
            TransactionStatus::Authorized | TransactionStatus::Pending | TransactionStatus::Completed => Some(true),
            TransactionStatus::Other(_) => None,
        }
    }

    /// Whether it belongs in a sum in which what went out is taken off.
    pub fn in_sums(&self) -> InSums {
        match (self.moved(), self.flow()) {
            (Some(false), _) => InSums::NotMoved,
            (None, _) => InSums::UnknownState,
            (Some(true), None) => InSums::UnknownDirection,
            (Some(true), Some(_)) => InSums::Counted,
        }
    }

    /// The amount with the sign of its direction. A sign that the API gives itself is kept.
    pub fn signed(&self) -> Field<Money> {
        self.amount.map(|amount| match self.direction() {
            Some(Direction::Out) if !amount.is_negative() => amount.negated(),
            _ => amount,
        })
    }

    /// Whether the amount is the settlement's, because the row names no other: a view marks it.
    pub fn amount_is_settlement(&self) -> bool {
        self.costs.as_ref().is_some_and(|costs| costs.stands_in)
    }

    pub fn description(&self) -> Option<&SafeText> {
        self.more.as_ref().and_then(|more| more.description.as_ref())
    }

    pub fn decline_reason(&self) -> Option<&SafeText> {
        self.more.as_ref().and_then(|more| more.decline_reason.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_money_is_decided_by_kind_and_minus_or_not_known() {
        let of = |kind: &str, amount: &str| {
            let money = Money::parse(amount, crate::domain::money::Currency::USD).unwrap();
            let row = Transaction {
                id: TransactionId::parse("t").unwrap(),
                feed: Feed::Cards,
                account: None,
                card: None,
                amount: Field::Known(money),
                kind: TransactionKind::from_wire(kind),
                status: TransactionStatus::Completed,
                merchant: None,
                category: None,
                created_at: Field::Absent,
                updated_at: Field::Absent,
                merchant_country: None,
                costs: None,
                more: None,
            };
            (row.flow(), row.contradicts_itself(), row.in_sums())
        };
        let counted = |way| (Some(way), false, InSums::Counted);
        assert_eq!(of("purchase", "5"), counted(Direction::Out));
        assert_eq!(of("purchase", "-5"), counted(Direction::Out));
        assert_eq!(of("refund", "5"), counted(Direction::In));
        assert_eq!(of("refund", "-5"), (None, true, InSums::UnknownDirection));
        assert_eq!(of("transfer", "-5"), counted(Direction::Out));
        assert_eq!(of("transfer", "5"), (None, false, InSums::UnknownDirection));
        assert_eq!(of("cashback", "5"), (None, false, InSums::UnknownDirection));
    }

    #[test]
    fn a_million_rows_stay_small() {
        assert!(size_of::<Transaction>() <= 240, "{}", size_of::<Transaction>());
    }
}
