//! What may be asked for, before anything is sent: amounts, fees, balances afterwards, and the reasons why
//! an act does not apply.
//!
//! Knows the rules of the API as they are documented; the API has the last word.

use super::super::account::{Account, AccountDetail, AccountStatus, Fee, Fees};
use super::super::card::{Card, CardStatus};
use super::super::field::Field;
use super::super::money::{AmountError, Currency, Grouping, Money, parse_decimal};
use super::{Act, Before, CardOrder, Intent};

/// Most digits before the point of an amount that is typed.
const WHOLE_DIGITS: usize = 12;

/// Why a typed text is not an amount that can be sent (M8).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountProblem {
    #[error("type an amount, for example 50.00")]
    Empty,
    #[error("use a point for decimals and no groups, for example 1234.50")]
    Comma,
    /// In the grouping of whoever typed it.
    #[error("that may mean {large} or {small}: type the one you mean")]
    TwoWays { large: String, small: String },
    #[error("type it without groups: {large}")]
    Groups { large: String },
    #[error("an amount is digits with at most one point, for example 50.00")]
    Shape,
    #[error("{currency} has {most} decimals at most")]
    Decimals { currency: Currency, most: u32 },
    #[error("an amount has {WHOLE_DIGITS} digits before the point at most")]
    TooLarge,
    #[error("an amount is more than zero")]
    Zero,
    #[error("{available} is available")]
    AboveAvailable { available: Money },
    #[error("what is available is in {available}, the amount in {asked}")]
    OtherCurrency { available: Currency, asked: Currency },
}

/// M8: reads a typed amount. Up to twelve digits, a point, and no more decimals than the currency has; more
/// than nothing; at most what is available, where that is known.
/// What could mean two amounts in this grouping is refused.
pub fn amount(
    text: &str,
    currency: Currency,
    available: Option<Money>,
    grouping: Grouping,
) -> Result<Money, AmountProblem> {
    if text.is_empty() {
        return Err(AmountProblem::Empty);
    }
    if text.contains(',') {
        return Err(AmountProblem::Comma);
    }
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Err(AmountProblem::Shape);
    }
    if let Some((large, small)) = grouping.two_ways(text) {
        let decimals = small.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        return Err(match decimals > currency.scale() as usize {
            true => AmountProblem::Groups { large },
            false => AmountProblem::TwoWays { large, small },
        });
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() > WHOLE_DIGITS {
        return Err(AmountProblem::TooLarge);
    }
    let most = currency.scale();
    if fraction.bytes().all(|b| b.is_ascii_digit()) && fraction.len() > most as usize {
        return Err(AmountProblem::Decimals { currency, most });
    }
    let amount = parse_decimal(text).map_err(|error| match error {
        AmountError::Comma => AmountProblem::Comma,
        AmountError::Shape => AmountProblem::Shape,
        AmountError::TooLong => AmountProblem::TooLarge,
    })?;
    covered(Money::new(amount, currency), available)
}

/// Whether an amount is more than nothing and at most what is available.
pub fn covered(amount: Money, available: Option<Money>) -> Result<Money, AmountProblem> {
    if amount.is_zero() || amount.is_negative() {
        return Err(AmountProblem::Zero);
    }
    let Some(available) = available else { return Ok(amount) };
    match amount.compare(&available) {
        None => Err(AmountProblem::OtherCurrency { available: available.currency(), asked: amount.currency() }),
        Some(std::cmp::Ordering::Greater) => Err(AmountProblem::AboveAvailable { available }),
        Some(_) => Ok(amount),
    }
}

/// What "bring it to `target`" means for a card that has `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bring {
    TopUp(Money),
    Withdraw(Money),
    /// It is there already.
    Nothing,
}

/// The movement that brings a balance to a target; `None` for two currencies.
pub fn bring(now: Money, target: Money) -> Option<Bring> {
    let delta = target.checked_sub(&now)?;
    Some(match delta {
        delta if delta.is_zero() => Bring::Nothing,
        delta if delta.is_negative() => Bring::Withdraw(delta.abs()),
        delta => Bring::TopUp(delta),
    })
}

/// The fee of an act, where the account states one. Exact: a percentage is not rounded, because how the
/// platform rounds is not known.
pub fn fee(act: &Act, fees: &Fees) -> Field<Money> {
    match act {
        Act::IssueCard { .. } => match &fees.card_issuing {
            Field::Known(Fee::Amount(amount)) => Field::Known(*amount),
            // A percentage of nothing that is moved cannot be told.
            Field::Known(Fee::Percent(_)) | Field::Unreadable => Field::Unreadable,
            Field::Absent => Field::Absent,
        },
        _ => Field::Absent,
    }
}

/// What one side has before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    pub before: Money,
    /// `None` when the fee is in another currency or the sum cannot be held.
    pub after: Option<Money>,
}

/// What will happen, to be shown before it is confirmed (M9). Made from the intent that will be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review<'a> {
    /// What is sent is what is shown.
    pub intent: &'a Intent,
    pub amount: Option<Money>,
    pub fee: Field<Money>,
    /// The account; for a transfer the one that pays.
    pub account: Option<Side>,
    /// The card; for a transfer the account that receives.
    pub other: Option<Side>,
}

/// Reviews an intent. Balances that were not known when the person was asked are not shown.
pub fn review<'a>(intent: &'a Intent, fees: &Fees) -> Review<'a> {
    let fee = fee(&intent.act, fees);
    let (account, other) = sides(&intent.act, &intent.before, &fee);
    Review { intent, amount: intent.act.amount(), fee, account, other }
}

/// What the account and the other side have before and after an act. What is not known is `None`.
pub fn sides(act: &Act, before: &Before, fee: &Field<Money>) -> (Option<Side>, Option<Side>) {
    let amount = act.amount();
    let (account_change, other_change) = match (act, amount) {
        (Act::TopUp { .. } | Act::Transfer { .. }, Some(amount)) => (Some(amount.negated()), Some(amount)),
        (Act::Withdraw { .. }, Some(amount)) => (Some(amount), Some(amount.negated())),
        (Act::IssueCard { .. }, _) => (fee.known().map(Money::negated), None),
        _ => (None, None),
    };
    let side = |before: Option<Money>, change: Option<Money>| {
        before.zip(change).map(|(before, change)| Side { before, after: before.checked_add(&change) })
    };
    (side(before.account, account_change), side(before.other, other_change))
}

/// Why a card cannot be topped up now.
pub fn top_up(card: &Card, account: Option<&AccountDetail>) -> Result<(), String> {
    own_balance(account)?;
    match card.status {
        CardStatus::Active => Ok(()),
        ref other => Err(format!("the card is {other}; only an active card can be topped up")),
    }
}

/// Why nothing can be withdrawn from a card now. A frozen card can be emptied, so that it can be closed.
pub fn withdraw(card: &Card, account: Option<&AccountDetail>) -> Result<(), String> {
    own_balance(account)?;
    match card.status {
        CardStatus::Active | CardStatus::Frozen => {}
        ref other => return Err(format!("the card is {other}; there is nothing to withdraw")),
    }
    match card.spendable().known() {
        Some(money) if money.is_zero() || money.is_negative() => Err("there is no money on the card".into()),
        _ => Ok(()),
    }
}

fn own_balance(account: Option<&AccountDetail>) -> Result<(), String> {
    match account.and_then(|account| account.cards_hold_balance) {
        Some(false) => Err("cards of this account share its balance and hold none of their own".into()),
        _ => Ok(()),
    }
}

/// Why a card cannot be frozen now.
pub fn freeze(card: &Card) -> Result<(), String> {
    match card.status {
        CardStatus::Frozen => Err("the card is frozen already".into()),
        CardStatus::Closed | CardStatus::CreatingFailed => Err(format!("the card is {}", card.status)),
        _ => Ok(()),
    }
}

/// Why name and limits of a card cannot be changed now.
pub fn update(card: &Card) -> Result<(), String> {
    match card.status {
        CardStatus::Closed | CardStatus::CreatingFailed | CardStatus::Expired => {
            Err(format!("the card is {}", card.status))
        }
        _ => Ok(()),
    }
}

pub fn unfreeze(card: &Card) -> Result<(), String> {
    match card.status {
        CardStatus::Frozen => Ok(()),
        ref other => Err(format!("the card is {other}, not frozen")),
    }
}

/// What is said of closing a card whose balance nobody knows.
pub const CLOSES_BLINDLY: &str = "What is on the card is not known; money that is left on it may be lost.";

/// What is on a card. `Absent` or `Unreadable`: nobody knows, which is not nothing.
pub fn on_card(card: &Card) -> Field<Money> {
    card.balance.or(card.available)
}

/// Money on a card that has to be withdrawn before it is closed.
pub fn left_on(card: &Card) -> Option<Money> {
    on_card(card).known().copied().filter(|money| !money.is_zero())
}

/// Why a card cannot be closed now: it is closed, or there is money on it, which must be withdrawn first.
pub fn close(card: &Card) -> Result<(), String> {
    match card.status {
        CardStatus::Closed => return Err("the card is closed already".into()),
        CardStatus::Creating | CardStatus::CreatingFailed => return Err(format!("the card is {}", card.status)),
        _ => {}
    }
    match on_card(card) {
        Field::Known(money) if !money.is_zero() => Err(format!("{money} is on the card; withdraw it first")),
        _ => Ok(()),
    }
}

/// Why money cannot be moved between two accounts.
pub fn transfer(from: &Account, to: &Account) -> Result<(), String> {
    if from.id == to.id {
        return Err("choose another account to send to".into());
    }
    for account in [from, to] {
        if account.transfer_allowed == Some(false) {
            return Err(format!("account {} does not allow transfers", account.name));
        }
    }
    match (from.currency, to.currency) {
        (Some(one), Some(other)) if one != other => Err(format!("{one} cannot be sent to an account in {other}")),
        _ => Ok(()),
    }
}

/// What is wrong with a new cardholder, by the field of the API. API sheet section 3.
pub fn holder(
    id: &str,
    first_name: &str,
    last_name: &str,
    email: &str,
    phone: &str,
) -> Vec<(&'static str, &'static str)> {
    let mut wrong = Vec::new();
    if id.is_empty() || id.len() > 100 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        wrong.push(("cardOwnerId", "letters, digits and - only, for example ana-silva"));
    }
    for (field, name) in [("first_name", first_name), ("last_name", last_name)] {
        if !(1..=255).contains(&name.trim().chars().count()) {
            wrong.push((field, "1 to 255 characters"));
        }
    }
    let shaped = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !domain.contains('@')
    });
    if !shaped || email.chars().any(char::is_whitespace) {
        wrong.push(("email", "an e-mail looks like ana@example.org"));
    }
    if phone.chars().count() > 50 {
        wrong.push(("phone", "at most 50 characters"));
    }
    wrong
}

/// Why a card cannot be issued as ordered.
pub fn issue(order: &CardOrder, account: &Account) -> Result<(), String> {
    if account.status != AccountStatus::Active {
        return Err(format!("account {} is {}", account.name, account.status));
    }
    if order.name.is_empty() {
        return Err("give the card a name".into());
    }
    if !account.card_kinds.is_empty() && !account.card_kinds.contains(&order.kind) {
        return Err(format!("account {} has no {} cards", account.name, order.kind));
    }
    for (at, (kind, limit)) in order.limits.iter().enumerate() {
        if limit.is_zero() || limit.is_negative() {
            return Err(format!("{kind} must be more than zero"));
        }
        if order.limits.iter().take(at).any(|(other, _)| other == kind) {
            return Err(format!("{kind} is given twice"));
        }
    }
    Ok(())
}
