//! `fourpay top-up` and `fourpay withdraw`: money between a card and its account.

use super::act::{self, ActArgs, DespiteArgs, Hand, Known, Plan, Prepared, Subject, Told};
use super::connection::Connection;
use super::exit::{Exit, Stop};
use crate::domain::intent::checks::{self, AmountProblem, Bring};
use crate::domain::intent::{Act, DESCRIPTION};
use crate::domain::money::Money;
use crate::domain::text::SafeText;

/// Characters that the reference needs in a description.
const TAG: usize = 20;

/// Arguments of `top-up`.
#[derive(clap::Args, Debug)]
pub struct TopUpArgs {
    /// By last four, id or whole name
    #[arg(value_name = "CARD")]
    card: String,
    /// For example 50.00, in the account's currency
    #[arg(value_name = "AMOUNT", allow_negative_numbers = true, required_unless_present = "to")]
    amount: Option<String>,
    /// Bring the balance of the card to this instead
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true, conflicts_with = "amount")]
    to: Option<String>,
    #[command(flatten)]
    words: Description,
    #[command(flatten)]
    pub act: ActArgs,
    #[command(flatten)]
    despite: DespiteArgs,
}

/// Arguments of `withdraw`.
#[derive(clap::Args, Debug)]
pub struct WithdrawArgs {
    /// By last four, id or whole name
    #[arg(value_name = "CARD")]
    card: String,
    /// For example 50.00, or `all`
    #[arg(value_name = "AMOUNT", allow_negative_numbers = true)]
    amount: String,
    #[command(flatten)]
    words: Description,
    #[command(flatten)]
    pub act: ActArgs,
    #[command(flatten)]
    despite: DespiteArgs,
}

/// What stands on the statement.
#[derive(clap::Args, Debug)]
pub struct Description {
    /// For the statement; a reference is added to it
    #[arg(long, value_name = "WORDS")]
    description: Option<String>,
}

impl Description {
    /// The words as they are sent, or why they cannot be.
    pub fn read(&self) -> Result<Option<SafeText>, Stop> {
        let Some(typed) = self.description.as_deref().filter(|typed| !typed.is_empty()) else { return Ok(None) };
        if typed.chars().count() > DESCRIPTION - TAG {
            return Err(Stop::usage(format!(
                "--description has {} characters at most; nothing was sent",
                DESCRIPTION - TAG
            )));
        }
        act::as_typed("--description", typed, SafeText::prose(typed)).map(Some)
    }
}

/// A card is topped up from its account.
pub async fn top_up(asked: &TopUpArgs, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let description = asked.words.read()?;
    let known = Known::read(connection, std::slice::from_ref(&asked.card)).await?;
    let ops = connection.ops_of(known.accounts.items.iter().map(|account| account.id.clone())).await?;
    let hand = Hand { connection, ops: &ops, args: &asked.act, despite: &asked.despite.despite };
    act::run(&hand, async || {
        let subject = known.subject(&asked.card, false).await?;
        let store = known.store(&[&subject]);
        checks::top_up(&subject.card, subject.detail.as_ref()).map_err(|why| refused(&subject, &why))?;
        let available = subject.before().account;
        let mut left = None;
        let amount = match (&asked.amount, &asked.to) {
            (_, Some(to)) => match target(&subject, to, connection)? {
                Bring::TopUp(exact) => {
                    let Some(amount) = sendable(exact, &mut left) else {
                        let has = format!("{} is within {exact} of {to} already", act::called(&subject.at));
                        return Ok(Prepared::nothing(format!("{has}; {TOO_SMALL}; nothing was sent"), store));
                    };
                    checks::covered(amount, available)
                        .map_err(|why| unfit(&format!("that takes {amount}: {why}"), &why))?
                }
                Bring::Nothing => {
                    let has = format!("{} has {to} already; nothing was sent", act::called(&subject.at));
                    return Ok(Prepared::nothing(has, store));
                }
                Bring::Withdraw(more) => {
                    let says = format!("the card has {more} more than that; withdraw instead");
                    return Err(refused(&subject, &says));
                }
            },
            (Some(amount), None) => typed(amount, &subject, available, connection)?,
            (None, None) => return Err(Stop::usage("give an amount, or --to AMOUNT; nothing was sent")),
        };
        let act = Act::TopUp { at: subject.at.clone(), amount, description: description.clone() };
        let left = left.map(|left| format!("the card stays {left} below it: {TOO_SMALL}"));
        Ok(prepared(act, &subject, left, store))
    })
    .await
}

/// Money of a card goes back to its account.
pub async fn withdraw(asked: &WithdrawArgs, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let description = asked.words.read()?;
    let known = Known::read(connection, std::slice::from_ref(&asked.card)).await?;
    let ops = connection.ops_of(known.accounts.items.iter().map(|account| account.id.clone())).await?;
    let hand = Hand { connection, ops: &ops, args: &asked.act, despite: &asked.despite.despite };
    act::run(&hand, async || {
        let subject = known.subject(&asked.card, false).await?;
        let store = known.store(&[&subject]);
        let on_card = subject.before().other;
        let is_all = asked.amount == "all";
        if is_all && on_card.is_some_and(|money| money.is_zero()) {
            let says = format!("there is no money on {}; nothing was sent", act::called(&subject.at));
            return Ok(Prepared::nothing(says, store));
        }
        checks::withdraw(&subject.card, subject.detail.as_ref()).map_err(|why| refused(&subject, &why))?;
        let mut left = None;
        let amount = match is_all {
            true => {
                let unknown = || Stop::new(Exit::Incomplete, "what is on the card is not known; nothing was sent");
                let exact = on_card.ok_or_else(unknown)?;
                let Some(amount) = sendable(exact, &mut left) else {
                    let says =
                        format!("only {exact} is on {}; {TOO_SMALL}; nothing was sent", act::called(&subject.at));
                    return Ok(Prepared::nothing(says, store));
                };
                amount
            }
            false => typed(&asked.amount, &subject, on_card, connection)?,
        };
        let act = Act::Withdraw { at: subject.at.clone(), amount, description: description.clone() };
        let left = left.map(|left| format!("{left} stays on the card: {TOO_SMALL}"));
        Ok(prepared(act, &subject, left, store))
    })
    .await
}

/// Why a part of an amount is not sent.
const TOO_SMALL: &str = "less than the smallest unit of the currency cannot be sent";

/// What is sent of an amount that was worked out from balances, which may have nine decimals: whole units of the
/// currency, rounded down, so that no more moves than there is. `left` is what is not sent; `None`: there is not one unit.
fn sendable(exact: Money, left: &mut Option<Money>) -> Option<Money> {
    let (whole, rest) = exact.whole_units();
    *left = Some(rest).filter(|rest| !rest.is_zero());
    Some(whole).filter(|whole| !whole.is_zero() && !whole.is_negative())
}

fn prepared(act: Act, subject: &Subject, left: Option<String>, store: crate::app::store::Store) -> Prepared {
    let before = subject.before();
    let fees = subject.detail.as_ref().map(|detail| &detail.fees);
    let mut review = subject.who();
    review.extend(act::money(&act, &before, fees, subject.holder(), &store));
    review.extend(left.map(|left| act::line("remains", &left)));
    Prepared::new(Plan::one(act, before), review, store)
}

/// The movement that brings a card to a balance.
fn target(subject: &Subject, to: &str, connection: &Connection) -> Result<Bring, Stop> {
    let currency = subject.currency()?;
    let Some(now) = subject.before().other else {
        let says = "the balance of the card is not known, so it cannot be brought to another; nothing was sent";
        return Err(Stop::new(Exit::Incomplete, says));
    };
    let target = match checks::amount(to, currency, None, connection.grouping) {
        // Nothing is a fine target, though it is no amount.
        Err(AmountProblem::Zero) if !to.starts_with('-') => Money::zero(currency),
        read => read.map_err(|why| unfit(&why.to_string(), &why))?,
    };
    checks::bring(now, target).ok_or_else(|| refused(subject, "the card is in another currency"))
}

/// An amount as it was typed (M8).
fn typed(text: &str, subject: &Subject, available: Option<Money>, connection: &Connection) -> Result<Money, Stop> {
    let read = checks::amount(text, subject.currency()?, available, connection.grouping);
    read.map_err(|why| unfit(&why.to_string(), &why))
}

/// What is wrong with an amount: its writing, or that it is more than there is.
pub fn unfit(says: &str, why: &AmountProblem) -> Stop {
    let exit = match why {
        AmountProblem::AboveAvailable { .. } | AmountProblem::OtherCurrency { .. } => Exit::Refused,
        _ => Exit::Usage,
    };
    Stop::new(exit, format!("{says}; nothing was sent"))
}

/// The state of a card forbids it.
pub fn refused(subject: &Subject, why: &str) -> Stop {
    Stop::new(Exit::Refused, format!("{}: {why}; nothing was sent", act::called(&subject.at)))
}
