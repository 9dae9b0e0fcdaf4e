//! `fourpay close`: a card is closed for good; its last four are given (M10). Money on it goes to its account first.

use super::act::{self, ActArgs, Ask, DespiteArgs, Hand, Known, Plan, Prepared, Step, Told, exactly, line};
use super::connection::Connection;
use super::exit::{Exit, Stop};
use super::money::refused;
use crate::domain::card::{Card, CardStatus};
use crate::domain::field::Field;
use crate::domain::intent::{Act, checks};

/// Arguments of `close`.
#[derive(clap::Args, Debug)]
pub struct CloseArgs {
    /// By last four, id or whole name
    #[arg(value_name = "CARD")]
    card: String,
    /// The last four of the card once more (of its id, where it has no last four), instead of being asked
    #[arg(long, value_name = "LAST_FOUR")]
    yes_close: Option<String>,
    #[command(flatten)]
    pub act: ActArgs,
    #[command(flatten)]
    despite: DespiteArgs,
}

/// Closes one card.
pub async fn run(asked: &CloseArgs, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let known = Known::read(connection, std::slice::from_ref(&asked.card)).await?;
    let ops = connection.ops_of(known.accounts.items.iter().map(|account| account.id.clone())).await?;
    let hand = Hand { connection, ops: &ops, args: &asked.act, despite: &asked.despite.despite };
    act::run(&hand, async || {
        let subject = known.subject(&asked.card, false).await?;
        let store = known.store(&[&subject]);
        let card = &subject.card;
        if card.status == CardStatus::Closed {
            let says = format!("{} is closed already; nothing was sent", act::called(&subject.at));
            return Ok(Prepared::nothing(says, store));
        }
        // That it has money is no obstacle here; everything else is.
        let empty = Card { balance: Field::Absent, available: Field::Absent, ..card.clone() };
        checks::close(&empty).map_err(|why| refused(&subject, &why))?;
        let before = subject.before();
        let mut review = subject.who();
        review.push(line("close", "This cannot be undone. Subscriptions billed to this card will fail."));
        if checks::on_card(card).known().is_none() {
            // What is lost by closing it is for a person to weigh.
            if !super::confirm::is_asked() || asked.yes_close.is_some() {
                let says = format!(
                    "{}: {}; close it at a terminal, without --yes-close; nothing was sent",
                    act::called(&subject.at),
                    checks::CLOSES_BLINDLY
                );
                return Err(Stop::new(Exit::Incomplete, says));
            }
            review.push(line("⚠", checks::CLOSES_BLINDLY));
        }
        let plan = match checks::left_on(card) {
            None => Plan::one(Act::Close(subject.at.clone()), before),
            Some(balance) => {
                checks::withdraw(card, subject.detail.as_ref()).map_err(|why| {
                    refused(&subject, &format!("{balance} is on the card and cannot be withdrawn: {why}"))
                })?;
                let (_, left) = balance.whole_units();
                if !left.is_zero() {
                    let says = format!(
                        "{balance} is on the card, and {left} of it is less than the smallest unit that can be withdrawn"
                    );
                    return Err(refused(&subject, &says));
                }
                if let Some(free) = card.spendable().known().filter(|free| **free != balance) {
                    let says = format!("{balance} is on the card, but only {free} can be withdrawn now");
                    return Err(refused(&subject, &says));
                }
                let act = Act::Withdraw { at: subject.at.clone(), amount: balance, description: None };
                let fees = subject.detail.as_ref().map(|detail| &detail.fees);
                review.push(line("first", "what is on it is withdrawn; it is closed when that is known to be done"));
                review.extend(act::money(&act, &before, fees, subject.holder(), &store));
                Plan::EmptyAndClose { withdraw: Box::new(Step { act, before }), at: subject.at.clone() }
            }
        };
        let word = subject.at.confirming_word();
        let what = match subject.at.last_four {
            Some(_) => "the last four digits of the card".to_owned(),
            None => "the last four characters of the card's id".to_owned(),
        };
        let given = asked.yes_close.clone();
        let ask = Ask::Typed { what, word, like: exactly, flag: "--yes-close", given, and_yes: false };
        Ok(Prepared::new(plan, review, store).asking(ask))
    })
    .await
}
