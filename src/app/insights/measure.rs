//! What one row adds to which sum.

use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::domain::totals::Standing;
use crate::domain::transaction::{Direction, Feed, Transaction, TransactionKind};

/// What is added up. Declined and canceled rows moved nothing; only declined ones have a sum, of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Purchases that stand; refunds are apart.
    Spent,
    Declined,
    Refunded,
    /// Money put on cards.
    ToppedUp,
    /// Money that came into accounts.
    PaidIn,
    /// Rows that are fees.
    Fees,
    /// Fees that purchases name.
    PurchaseFees,
}

impl Measure {
    pub const ALL: [Measure; 7] = [
        Measure::Spent,
        Measure::Declined,
        Measure::Refunded,
        Measure::ToppedUp,
        Measure::PaidIn,
        Measure::Fees,
        Measure::PurchaseFees,
    ];
}

impl Measure {
    /// What a filter calls it.
    pub fn word(self) -> &'static str {
        match self {
            Measure::Spent => "spent",
            Measure::Declined => "declined",
            Measure::Refunded => "refunded",
            Measure::ToppedUp => "topped-up",
            Measure::PaidIn => "paid-in",
            Measure::Fees => "fees",
            Measure::PurchaseFees => "purchase-fees",
        }
    }
}

/// What a filter calls rows whose state is not known.
pub const OTHER_STATE: &str = "other-state";

/// The words that `sum:` takes. Fees of purchases are in the rows of what was spent.
pub const SUMS: [&str; 7] = ["spent", "declined", "refunded", "topped-up", "paid-in", "fees", OTHER_STATE];

/// What a filter calls the sum that a row is in, or would be in.
pub fn word_of(row: &Transaction) -> Option<&'static str> {
    of(row).map(Measure::word).or_else(|| is_in_other_state(row).then_some(OTHER_STATE))
}

/// The fee that a row names.
pub fn fee_of(row: &Transaction) -> Option<Money> {
    let fee = row.costs.as_ref().and_then(|costs| costs.fee.known().copied());
    fee.filter(|fee| !fee.is_zero())
}

/// What a row is counted as, whatever is known of its amount.
pub fn of(row: &Transaction) -> Option<Measure> {
    match (Standing::of(row), by_kind(row)) {
        (Standing::Declined, Some(Measure::Spent)) => Some(Measure::Declined),
        (Standing::Moved, measure) => measure,
        (Standing::Declined | Standing::Canceled | Standing::NotKnown, _) => None,
    }
}

/// Whether a row would be counted, were its state one that is known.
pub fn is_in_other_state(row: &Transaction) -> bool {
    Standing::of(row) == Standing::NotKnown && by_kind(row).is_some()
}

fn by_kind(row: &Transaction) -> Option<Measure> {
    match &row.kind {
        TransactionKind::Purchase => Some(Measure::Spent),
        TransactionKind::Refund => Some(Measure::Refunded),
        TransactionKind::TopUp if row.feed == Feed::Cards => Some(Measure::ToppedUp),
        TransactionKind::PayIn if row.feed == Feed::Accounts => Some(Measure::PaidIn),
        TransactionKind::Fee | TransactionKind::CardIssuing | TransactionKind::TransferFee => Some(Measure::Fees),
        _ => None,
    }
}

/// The amount that a row adds, without a sign. None where it is not known, or a minus contradicts the kind.
pub fn amount(row: &Transaction) -> Option<Money> {
    row.amount.known().filter(|_| !row.contradicts_itself()).map(Money::abs)
}

/// The sums that a row is part of, each with its amount without a sign.
pub fn amounts(row: &Transaction) -> impl Iterator<Item = (Measure, Money)> + use<> {
    let measure = of(row);
    let amount = measure.zip(amount(row));
    let fee = fee_of(row).filter(|_| measure == Some(Measure::Spent)).map(|fee| (Measure::PurchaseFees, fee.abs()));
    amount.into_iter().chain(fee)
}

/// What a row took from its account: money out by the feed of accounts, and where cards share the account's balance
/// their purchases. Unreadable where the row is in a state that is not known: whether it took anything is not known.
pub fn taken(row: &Transaction, shared: bool) -> Option<Field<Money>> {
    let standing = Standing::of(row);
    if matches!(standing, Standing::Declined | Standing::Canceled) {
        return None;
    }
    let counts = match row.feed {
        Feed::Accounts => row.flow() == Some(Direction::Out) || row.contradicts_itself(),
        Feed::Cards => shared && row.kind == TransactionKind::Purchase,
    };
    let amount = || match standing {
        Standing::NotKnown => Field::Unreadable,
        _ if row.contradicts_itself() => Field::Unreadable,
        _ => row.amount.map(|amount| amount.abs()),
    };
    counts.then(amount)
}
