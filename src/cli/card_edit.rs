//! `fourpay card edit`: another name and other limits for a card, where the deployment has a call for it.
//!
//! The limits go out as they are to be together, those that stay among them, as in the dashboard: whether the API puts
//! them in place of the old ones or beside them is documented nowhere, and this way both come to the same.

use super::act::{self, ActArgs, Hand, Known, Plan, Prepared, Told, line};
use super::connection::Connection;
use super::exit::{Exit, Stop};
use super::money::{refused, unfit};
use crate::domain::card::{Card, LimitKind};
use crate::domain::field::Field;
use crate::domain::intent::{Act, Before, checks};
use crate::domain::money::{Currency, Grouping, Money};
use crate::domain::text::SafeText;

/// The limits by the words of the command line.
const LIMITS: [(&str, LimitKind); 6] = [
    ("transaction", LimitKind::Transaction),
    ("daily", LimitKind::Daily),
    ("weekly", LimitKind::Weekly),
    ("monthly", LimitKind::Monthly),
    ("yearly", LimitKind::Yearly),
    ("lifetime", LimitKind::Lifetime),
];

/// Longest name of a card, in characters.
const LONGEST: usize = 100;

/// Arguments of `card edit`.
#[derive(clap::Args, Debug)]
pub struct EditArgs {
    /// By last four, id or whole name
    #[arg(value_name = "CARD")]
    card: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// transaction=, daily=, weekly=, monthly=, yearly= or lifetime= an amount, or `none`; may be given several times
    #[arg(long = "limit", value_name = "KIND=AMOUNT", required_unless_present = "name")]
    limits: Vec<String>,
    #[command(flatten)]
    pub act: ActArgs,
}

fn kind(word: &str) -> Result<LimitKind, Stop> {
    let known = LIMITS.iter().find(|(known, _)| *known == word.trim().to_lowercase());
    let words: Vec<&str> = LIMITS.iter().map(|(word, _)| *word).collect();
    let wrong = || Stop::usage(format!("--limit: a limit is one of {}; nothing was sent", words.join(", ")));
    known.map(|(_, kind)| kind.clone()).ok_or_else(wrong)
}

fn parts(text: &str) -> Result<(LimitKind, &str), Stop> {
    let wrong = || Stop::usage("--limit is written like daily=500; nothing was sent");
    let (word, amount) = text.split_once('=').ok_or_else(wrong)?;
    Ok((kind(word)?, amount))
}

/// `daily=500`.
pub fn limit(text: &str, currency: Option<Currency>, grouping: Grouping) -> Result<(LimitKind, Money), Stop> {
    let (kind, amount) = parts(text)?;
    let unknown = || Stop::new(Exit::Incomplete, "the currency of the account is not known; nothing was sent");
    let amount = checks::amount(amount, currency.ok_or_else(unknown)?, None, grouping);
    amount.map(|amount| (kind, amount)).map_err(|why| unfit(&format!("--limit {}: {why}", SafeText::name(text)), &why))
}

/// All limits as they are to be; `None` where they stay as they are.
fn limits(
    asked: &EditArgs,
    card: &Card,
    currency: Option<Currency>,
    grouping: Grouping,
) -> Result<Option<Vec<(LimitKind, Money)>>, Stop> {
    if asked.limits.is_empty() {
        return Ok(None);
    }
    let incomplete =
        |why: &str| Stop::new(Exit::Incomplete, format!("{why}; a change might lose one; nothing was sent"));
    let Field::Known(known) = &card.limits else {
        return Err(incomplete("the API does not say which limits the card has"));
    };
    let mut all = Vec::new();
    for limit in known {
        match limit.value {
            Field::Known(value) => all.push((limit.kind.clone(), value)),
            Field::Unreadable => return Err(incomplete("a limit of this card cannot be read")),
            Field::Absent => {}
        }
    }
    let before = all.clone();
    let mut named = Vec::new();
    for text in &asked.limits {
        let (kind, amount) = parts(text)?;
        if named.contains(&kind) {
            return Err(Stop::usage(format!("{kind} is given twice; nothing was sent")));
        }
        named.push(kind.clone());
        let own = all.iter().find(|(other, _)| *other == kind).map(|(_, money)| money.currency());
        let wanted = if amount == "none" { None } else { Some(limit(text, own.or(currency), grouping)?.1) };
        let place = all.iter().position(|(other, _)| *other == kind);
        match (place, wanted) {
            (Some(place), Some(money)) => all[place].1 = money,
            (Some(place), None) => drop(all.remove(place)),
            (None, Some(money)) => all.push((kind, money)),
            (None, None) => {}
        }
    }
    Ok((all != before).then_some(all))
}

/// The name of a card as it was typed, or why it cannot be one.
pub fn card_name(typed: &str) -> Result<SafeText, Stop> {
    if typed.chars().count() > LONGEST {
        return Err(Stop::usage(format!("--name has {LONGEST} characters at most; nothing was sent")));
    }
    act::as_typed("--name", typed, SafeText::name(typed))
}

/// Changes one card.
pub async fn run(asked: &EditArgs, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let known = Known::read(connection, std::slice::from_ref(&asked.card)).await?;
    let ops = connection.ops_of(known.accounts.items.iter().map(|account| account.id.clone())).await?;
    let hand = Hand { connection, ops: &ops, args: &asked.act, despite: &[] };
    act::run(&hand, async || {
        let subject = known.subject(&asked.card, false).await?;
        let store = known.store(&[&subject]);
        let card = &subject.card;
        checks::update(card).map_err(|why| refused(&subject, &why))?;
        let name = match &asked.name {
            None => None,
            Some(typed) if typed.trim().is_empty() => {
                return Err(Stop::usage("--name: give the card a name; nothing was sent"));
            }
            Some(typed) if card.name.as_ref().is_some_and(|name| name.as_str() == typed) => None,
            Some(typed) => Some(card_name(typed)?),
        };
        let limits = limits(asked, card, subject.currency().ok(), connection.grouping)?;
        if name.is_none() && limits.is_none() {
            let says = format!("{} is so already; nothing was sent", act::called(&subject.at));
            return Ok(Prepared::nothing(says, store));
        }
        let mut review = subject.who();
        if let Some(name) = &name {
            let before = card.name.as_ref().map_or("no name", SafeText::as_str);
            review.push(line("name", &format!("{before} → {name}")));
        }
        let of = |kind: &LimitKind| {
            let known = card.limits.known().into_iter().flatten().find(|limit| limit.kind == *kind);
            known.and_then(|limit| limit.value.known()).copied()
        };
        let shown = |limit: Option<Money>| limit.map_or("no limit".to_owned(), |limit| act::shown(&limit, &store));
        for (_, kind) in LIMITS.iter().filter(|_| limits.is_some()) {
            let after = limits.iter().flatten().find(|(one, _)| one == kind).map(|(_, limit)| *limit);
            if of(kind) != after {
                review.push(line(kind.as_str(), &format!("{} → {}", shown(of(kind)), shown(after))));
                if after.is_none() {
                    let words = "whether a limit that is left out is taken off is documented nowhere: look at the card after it";
                    review.push(line("⚠", words));
                }
            }
        }
        let act = Act::UpdateCard { at: subject.at.clone(), name, limits };
        Ok(Prepared::new(Plan::one(act, Before::default()), review, store))
    })
    .await
}
