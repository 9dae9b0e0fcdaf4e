//! `fourpay freeze` and `fourpay unfreeze`.

use super::act::{self, ActArgs, Ask, Hand, Known, Plan, Prepared, Step, Told, line};
use super::connection::Connection;
use super::exit::{Exit, Stop};
use crate::domain::card::CardStatus;
use crate::domain::ids::AccountId;
use crate::domain::intent::{Act, Before, checks};

/// Arguments of both.
#[derive(clap::Args, Debug)]
pub struct FreezeArgs {
    /// By last four, id or whole name
    #[arg(required = true, value_name = "CARD")]
    cards: Vec<String>,
    /// The account of the cards, by id: a card that is named by its id can be frozen while no list can be read
    #[arg(long, value_name = "ACCOUNT_ID")]
    account: Option<String>,
    #[command(flatten)]
    pub act: ActArgs,
}

fn account_id(text: &str) -> Result<AccountId, Stop> {
    AccountId::parse(text).ok_or_else(|| Stop::usage("--account takes the id of an account; nothing was sent"))
}

/// Freezes cards, or makes frozen ones active again.
pub async fn run(asked: &FreezeArgs, freeze: bool, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let ops = connection.ops().await?;
    let given = asked.account.as_deref().map(account_id).transpose()?;
    let by_id = match freeze {
        true => Known::of_ids(connection, &asked.cards, given.as_ref(), &ops.entries()).await,
        false => None,
    };
    let known = match by_id {
        Some(known) => known,
        None => Known::read(connection, &asked.cards).await?,
    };
    if known.is_listed {
        // A journal that cannot be written says so with the act; freezing goes all the same.
        drop(ops.bind(known.accounts.items.iter().map(|account| account.id.clone())).await);
    }
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
        known.shown();
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
