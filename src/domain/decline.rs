//! Why payments are declined: the platform's reasons in words, what each lacks, and what counts as paid later.

use super::card::LimitKind;
use super::field::Field;
use super::transaction::{Transaction, TransactionKind, TransactionStatus};

/// What a declined payment lacked: it decides what mends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Money on the card.
    Money,
    /// Room in a limit.
    Limit(Limited),
    /// The card was frozen.
    Frozen,
    /// Something that no act of the merchant mends: closed, expired, a wrong code, the issuer's own reasons.
    Other,
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    Transaction,
    Daily,
    Weekly,
    Monthly,
    /// The reason does not name it.
    Any,
}

impl Limited {
    /// Whether a limit of this kind may be the one.
    pub fn may_be(self, kind: &LimitKind) -> bool {
        match self {
            Limited::Transaction => *kind == LimitKind::Transaction,
            Limited::Daily => *kind == LimitKind::Daily,
            Limited::Weekly => *kind == LimitKind::Weekly,
            Limited::Monthly => *kind == LimitKind::Monthly,
            Limited::Any => true,
        }
    }
}

/// A reason that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    pub cause: Cause,
    /// In words for a person.
    pub words: &'static str,
}

/// Words of the platform and of card networks; of several that fit a text, the first.
const REASONS: &[(&str, Cause, &str)] = &[
    ("insufficient_funds", Cause::Money, "there was not enough money on the card"),
    ("insufficient", Cause::Money, "there was not enough money on the card"),
    ("do_not_honor", Cause::Other, "refused by the issuer, no reason given"),
    ("card_frozen", Cause::Frozen, "the card was frozen"),
    ("frozen", Cause::Frozen, "the card was frozen"),
    ("card_closed", Cause::Other, "the card was closed"),
    ("expired_card", Cause::Other, "the card had expired"),
    ("invalid_cvv", Cause::Other, "the security code was wrong"),
    ("transaction_limit", Cause::Limit(Limited::Transaction), "above the limit for one payment"),
    ("daily_limit", Cause::Limit(Limited::Daily), "above the daily limit"),
    ("weekly_limit", Cause::Limit(Limited::Weekly), "above the weekly limit"),
    ("monthly_limit", Cause::Limit(Limited::Monthly), "above the monthly limit"),
    ("limit_exceeded", Cause::Limit(Limited::Any), "above a limit of the card"),
    ("limit", Cause::Limit(Limited::Any), "above a limit of the card"),
];

/// What a reason of the API says, where it is one that is known.
pub fn reason(raw: &str) -> Option<Reason> {
    let plain: String = raw.to_lowercase().replace([' ', '-'], "_");
    let exact = REASONS.iter().find(|(word, ..)| plain == *word);
    let found = exact.or_else(|| REASONS.iter().find(|(word, ..)| plain.contains(word)));
    found.map(|(_, cause, words)| Reason { cause: *cause, words })
}

/// What a declined row lacked, where its reason is one that is known.
pub fn cause(row: &Transaction) -> Option<Cause> {
    row.decline_reason().and_then(|raw| reason(raw.as_str())).map(|reason| reason.cause)
}

/// Whether a payment went through or is on its way.
pub fn stands(row: &Transaction) -> bool {
    row.kind == TransactionKind::Purchase
        && matches!(
            row.status,
            TransactionStatus::Completed | TransactionStatus::Authorized | TransactionStatus::Pending
        )
}

/// Whether another payment of the same card made up for a declined one: later, at the same merchant, of the same amount.
/// Inferred: nothing in the API ties the two.
pub fn makes_up(later: &Transaction, declined: &Transaction) -> bool {
    stands(later)
        && later.merchant.is_some()
        && later.merchant == declined.merchant
        && matches!(declined.amount, Field::Known(_))
        && later.amount == declined.amount
        && declined.created_at.known().is_some_and(|at| later.created_at.known().is_some_and(|then| then > at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_said_in_words() {
        let words = |raw| reason(raw).map(|reason| reason.words);
        assert_eq!(words("do_not_honor"), Some("refused by the issuer, no reason given"));
        assert_eq!(words("Insufficient funds"), Some("there was not enough money on the card"));
        assert_eq!(words("DAILY-LIMIT exceeded"), Some("above the daily limit"));
        assert_eq!(words("R47"), None);
    }

    #[test]
    fn a_reason_says_what_was_lacking() {
        let cause = |raw| reason(raw).map(|reason| reason.cause);
        assert_eq!(cause("insufficient_funds"), Some(Cause::Money));
        assert_eq!(cause("Daily limit exceeded"), Some(Cause::Limit(Limited::Daily)));
        assert_eq!(cause("Card is frozen"), Some(Cause::Frozen));
        assert!(Limited::Any.may_be(&LimitKind::Yearly) && !Limited::Daily.may_be(&LimitKind::Yearly));
    }
}
