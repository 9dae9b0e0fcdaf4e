//! `fourpay freeze` and `fourpay unfreeze`.

use super::act::{self, ActArgs, Ask, Hand, Known, Plan, Prepared, Step, Told, line};
use super::connection::Connection;
use super::exit::{Exit, Stop};
use crate::domain::card::CardStatus;
use crate::domain::intent::{Act, Before, checks};

/// Arguments of both.
#[derive(clap::Args, Debug)]
pub struct FreezeArgs {
    /// By last four, id or whole name
    #[arg(required = true, value_name = "CARD")]
    cards: Vec<String>,
    #[command(flatten)]
    pub act: ActArgs,
}

/// Freezes cards, or makes frozen ones active again.
pub async fn run(asked: &FreezeArgs, freeze: bool, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let known = Known::read(connection, &asked.cards).await?;
    let ops = connection.ops_of(known.accounts.items.iter().map(|account| account.id.clone())).await?;
    let hand = Hand { connection, ops: &ops, args: &asked.act, despite: &[] };
    act::run(&hand, async || {
        let (mut steps, mut review, mut already, mut subjects) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for word in &asked.cards {
            let subject = known.subject(word, freeze).await?;
            if subjects.iter().any(|other: &act::Subject| other.at.card == subject.at.card) {
                continue;
            }
            review.extend(subject.who());
            let doubted = subject.is_doubted(&ops);
            let (check, wanted, word) = match freeze {
                true => (checks::freeze(&subject.card), CardStatus::Frozen, "freeze"),
                false => (checks::unfreeze(&subject.card), CardStatus::Active, "unfreeze"),
            };
            match check {
                Err(_) if subject.card.status == wanted && !doubted => {
                    already.push(format!("{} is {wanted} already", act::called(&subject.at)));
                    subjects.push(subject);
                    continue;
                }
                Err(why) if !doubted || subject.card.status == CardStatus::Closed => {
                    let says = format!("{}: {why}; nothing was sent", act::called(&subject.at));
                    return Err(Stop::new(Exit::Refused, says));
                }
                _ => {}
            }
            if doubted {
                review.push(line("not certain", "a change of its state is open: it is sent whatever the card is now"));
            }
            review.push(line("", word));
            let at = subject.at.clone();
            let before = Before { account: None, other: subject.card.spendable().known().copied() };
            let act = if freeze { Act::Freeze(at) } else { Act::Unfreeze(at) };
            steps.push(Step { act, before });
            subjects.push(subject);
        }
        let store = known.store(&subjects.iter().collect::<Vec<_>>());
        if steps.is_empty() {
            return Ok(Prepared::nothing(format!("{}; nothing was sent", already.join("; ")), store));
        }
        review.extend(already.iter().map(|already| line("left alone", already)));
        let prepared = Prepared::new(Plan::Each(steps), review, store);
        let by_id = asked.cards.iter().all(|word| known.is_id(word));
        match known.cards.is_whole() || by_id {
            true => Ok(prepared),
            // Only a freeze comes so far.
            false => {
                let says = format!("not all cards could be read: {}", known.cards.gaps.join("; "));
                let mut review = prepared.review;
                review.push(line("⚠", &format!("{says}; another may be called the same")));
                if !super::confirm::is_asked() {
                    let says = format!("{says}; name the card by its id, or freeze it at a terminal; nothing was sent");
                    return Err(Stop::new(Exit::Incomplete, says));
                }
                Ok(Prepared { review, ..prepared }.asking(Ask::Person))
            }
        }
    })
    .await
}
