//! The lines that the cursor can stand on.

use crate::app::insights::lens::Value;
use crate::app::insights::measure::Measure;
use crate::app::store::TxRow;
use crate::domain::ids::{AccountId, CardId};
use crate::domain::money::Currency;

/// A line that the cursor can stand on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    Sum(Measure, Currency),
    /// Purchases that were declined, of all.
    Rate,
    /// Rows of the range without a known amount.
    Unknown,
    /// Rows of the range in states that are not known.
    OtherStates,
    /// Actions whose outcome is open.
    Open,
    /// An account that is low.
    Low(AccountId),
    /// A card that is declined again and again.
    Repeated(CardId),
    /// Declines that nothing made up for.
    Unpaid,
    /// How long the money of an account lasts.
    Account(AccountId),
    /// A row of the lens.
    Lens(Value),
    /// One of the newest declines.
    Decline(TxRow),
}
