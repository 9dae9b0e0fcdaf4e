//! Which rows of the feeds speak for an act. Pure.
//!
//! A row speaks for an act when reference, feed side, card or account, kind, currency and amount fit. Descriptions can
//! be written by others, so that a row which carries the reference and does not fit decides nothing.

use super::{Act, Kind, Reference};
use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction, TransactionKind, TransactionStatus};

/// Which of the two sides of a movement a row is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The one that must be there: the card's, for a transfer that of the account that pays.
    Essential,
    Other,
}

/// References that the row's description carries.
pub fn references(row: &Transaction) -> impl Iterator<Item = Reference> {
    Reference::all_in(row.description().map_or("", SafeText::as_str))
}

/// Whether the platform took the movement back, or never did it.
pub fn is_dead(row: &Transaction) -> bool {
    matches!(row.status, TransactionStatus::Declined | TransactionStatus::Canceled)
}

pub fn same_amount(one: Money, other: Money) -> bool {
    one.abs().compare(&other.abs()) == Some(std::cmp::Ordering::Equal)
}

/// Which side of the act a row is, by where it is and its kind; `None` for a row of something else.
pub fn side_of(act: &Act, row: &Transaction) -> Option<Side> {
    use TransactionKind::{Other, PayIn, TopUp, Transfer, Withdrawal};
    let kind = &row.kind;
    match act {
        Act::TopUp { at, .. } | Act::Withdraw { at, .. } => {
            let out = act.kind() == Kind::Withdraw;
            if row.feed == Feed::Cards {
                let fits = if out { matches!(kind, Withdrawal | Other(_)) } else { matches!(kind, TopUp | Other(_)) };
                return (row.card.as_ref() == Some(&at.card) && fits).then_some(Side::Essential);
            }
            let here = row.account.as_ref().is_none_or(|account| *account == at.account)
                && row.card.as_ref().is_none_or(|card| *card == at.card);
            let fits = match out {
                true => matches!(kind, PayIn | TopUp | Withdrawal | Transfer | Other(_)),
                false => matches!(kind, Withdrawal | TopUp | Transfer | Other(_)),
            };
            (here && fits).then_some(Side::Other)
        }
        Act::Transfer { from, to, .. } if row.feed == Feed::Accounts && row.card.is_none() => {
            let on = |account| row.account.as_ref() == Some(account);
            match kind {
                Withdrawal | Transfer | Other(_) if on(from) => Some(Side::Essential),
                PayIn | Transfer | Other(_) if on(to) => Some(Side::Other),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The side of the act that a row is, when its amount and currency are the act's too. An amount that the list does not
/// tell fits on the other side alone, where some platforms leave it out.
pub fn fits(act: &Act, row: &Transaction) -> Option<Side> {
    let amount = act.amount()?;
    let side = side_of(act, row)?;
    let fits = match row.amount {
        Field::Known(seen) => same_amount(seen, amount),
        Field::Absent => side == Side::Other,
        Field::Unreadable => false,
    };
    fits.then_some(side)
}
