//! Settling: reading until it is known what became of an act (M6).
//!
//! ```text
//!   a row with our reference, or an id of the API's answer ──▶ its state decides
//!   one row of the same card, kind, amount and time, where descriptions do not come back ──▶ done
//!   nothing, two minutes after it was sent, and balances do not say otherwise ──▶ not done
//!   anything else: look again ──▶ after fifteen minutes a person has to compare
//! ```
//!
//! [`judge`] is a pure function of what was written and what was seen. Nothing here sends anything.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::sight::{self, MoneySight, Sight, Span};
use super::{Entry, JournalError, Ops};
use crate::domain::card::{Card, CardStatus, LimitKind};
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::Failure;
use crate::domain::field::Field;
use crate::domain::ids::{CardId, TransactionId};
use crate::domain::intent::life::{Evidence, Receipt, Stage, Step};
use crate::domain::intent::{Act, Before, CardOrder, HolderOrder, Kind, Reference};
use crate::domain::money::Money;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction, TransactionKind, TransactionStatus};
use crate::domain::webhook::WebhookConfig;

/// The pauses before the first looks, in seconds; then one each minute.
const PAUSES: [u64; 7] = [1, 2, 4, 8, 16, 30, 60];
/// Looking goes on for this long.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// Nothing is called "not done" sooner after it was sent: a request that was given up may still be worked on.
const NOT_DONE_AFTER: TimeDelta = TimeDelta::minutes(2);

const GONE: &str = "the API does not know the card or account it was on; compare with the platform's own list";

/// How long to wait before look number `look` (from 0); `None` when a person has to decide.
pub fn pause(look: u32) -> Option<Duration> {
    let spent: u64 = (0..look).map(seconds).sum();
    (Duration::from_secs(spent + seconds(look)) <= PATIENCE).then(|| Duration::from_secs(seconds(look)))
}

fn seconds(look: u32) -> u64 {
    PAUSES.get(look as usize).copied().unwrap_or(60)
}

/// What belongs to other intents.
#[derive(Debug, Default)]
struct Claimed {
    rows: HashSet<TransactionId>,
    cards: HashSet<CardId>,
}

/// What one look has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Done(Evidence),
    NotDone(Evidence),
    /// It was taken on and is not done yet.
    Taken(Receipt),
    /// Not known yet, and why.
    Wait(String),
    /// This look cannot tell and another will hardly. What to compare.
    Undecided(Evidence),
}

/// Where an intent stands after a look.
#[derive(Clone, Debug)]
pub struct Settling {
    pub stage: Stage,
    /// When to look again; `None` when there is nothing more to wait for.
    pub again: Option<Duration>,
    /// What is being waited for, or why the look failed.
    pub waiting: Option<String>,
    pub evidence: Option<Evidence>,
}

impl Ops {
    /// Looks once at what became of an intent and writes down what the look decides. Intents that are final,
    /// or whose request is just being sent, are left alone.
    pub async fn settle_once(&self, reference: Reference) -> Result<Settling, JournalError> {
        self.refresh().await?;
        let now = self.0.clock.wall();
        let Some(entry) = self.entry(reference) else {
            return Ok(Settling { stage: Stage::NotSent, again: None, waiting: None, evidence: None });
        };
        if self.is_under_way(&entry, now) {
            let waiting = Some("its answer is being waited for".to_owned());
            return Ok(Settling { stage: entry.stage, again: pause(0), waiting, evidence: None });
        }
        if matches!(entry.stage, Stage::Recorded | Stage::Sent) {
            self.take_over().await?;
        }
        let Some(entry) = self.entry(reference).filter(|entry| !entry.stage.is_final()) else {
            return Ok(self.as_it_stands(reference));
        };
        let look = {
            let mut looks = self.looks();
            let look = looks.entry(reference).or_default();
            *look = look.saturating_add(1);
            *look
        };
        match sight::look(&self.0.client, &entry).await {
            Ok(sight) => self.conclude(&entry, &sight, look).await,
            // An answer that it is not there decides nothing by itself either, but waiting will not help.
            Err(failure) if failure.status == Some(404) => {
                self.decide_by(&entry, Verdict::Undecided(Evidence::new(GONE)), look).await
            }
            // Not seeing is no evidence: go on, however long it takes.
            Err(failure) => Ok(self.cannot_see(&entry, &failure, look)),
        }
    }

    /// Settles an intent on a card's state by a card that was just read.
    pub(super) async fn settle_by_card(&self, entry: &Entry, card: &Card) -> Result<Settling, JournalError> {
        self.conclude(entry, &Sight::Card(Box::new(card.clone())), 1).await
    }

    async fn conclude(&self, entry: &Entry, sight: &Sight, look: u32) -> Result<Settling, JournalError> {
        let claimed = self.claimed(entry.intent.reference);
        let verdict = judge(entry, sight, &claimed, self.0.clock.wall());
        self.decide_by(entry, verdict, look).await
    }

    async fn decide_by(&self, entry: &Entry, verdict: Verdict, look: u32) -> Result<Settling, JournalError> {
        let reference = entry.intent.reference;
        let last = pause(look).is_none();
        let (step, waiting) = match (verdict, entry.stage) {
            (Verdict::Done(seen), Stage::Accepted) => (Some(Step::Done(seen)), None),
            (Verdict::Done(seen), _) => (Some(Step::SettledDone(seen)), None),
            (Verdict::NotDone(seen), _) => (Some(Step::SettledNotDone(seen)), None),
            (Verdict::Taken(receipt), Stage::Unknown) => (Some(Step::Accepted(receipt)), None),
            (Verdict::Taken(_), _) => (None, Some("it was accepted and is being worked on".to_owned())),
            (Verdict::Wait(why), _) => (None, Some(why)),
            (Verdict::Undecided(seen), _) => {
                let why = seen.says.as_str().to_owned();
                ((last && entry.stage != Stage::NeedsPerson).then_some(Step::NeedsPerson(seen)), Some(why))
            }
        };
        let step = match (step, &waiting) {
            (None, Some(why)) if last && entry.stage != Stage::NeedsPerson => {
                let says = format!("no read has shown what became of it ({why}); compare with the platform's own list");
                Some(Step::NeedsPerson(Evidence::new(&says)))
            }
            (step, _) => step,
        };
        if let Some(step) = step {
            match self.step(reference, step).await {
                // Another program has settled it in the meantime.
                Ok(()) | Err(JournalError::Illegal(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let mut stands = self.as_it_stands(reference);
        if !stands.stage.is_final() && stands.stage != Stage::NeedsPerson {
            (stands.again, stands.waiting) = (pause(look), waiting);
        } else {
            self.looks().remove(&reference);
        }
        Ok(stands)
    }

    fn cannot_see(&self, entry: &Entry, failure: &Failure, look: u32) -> Settling {
        let again = pause(look).or(Some(Duration::from_secs(60)));
        Settling { stage: entry.stage, again, waiting: Some(failure.sentence()), evidence: None }
    }

    fn as_it_stands(&self, reference: Reference) -> Settling {
        let entry = self.entry(reference);
        let evidence = entry.as_ref().and_then(|entry| entry.last()?.evidence().cloned());
        Settling { stage: entry.map_or(Stage::NotSent, |entry| entry.stage), again: None, waiting: None, evidence }
    }

    fn claimed(&self, reference: Reference) -> Claimed {
        let journal = self.journal();
        let others = || journal.book().entries().iter().filter(|entry| entry.intent.reference != reference);
        Claimed {
            rows: others().flat_map(|entry| entry.rows().cloned()).collect(),
            cards: others().filter_map(|entry| entry.card_made().cloned()).collect(),
        }
    }
}

/// Says what a look means.
fn judge(entry: &Entry, sight: &Sight, claimed: &Claimed, now: DateTime<Utc>) -> Verdict {
    let late = entry.sent().is_none_or(|(sent, _)| now - sent >= NOT_DONE_AFTER);
    match (&entry.intent.act, sight) {
        (Act::TopUp { .. } | Act::Withdraw { .. } | Act::Transfer { .. }, Sight::Money(seen)) => {
            judge_money(entry, seen, claimed, late)
        }
        (Act::IssueCard { .. }, Sight::Card(card)) => judge_new_card(card),
        (Act::IssueCard { order, .. }, Sight::Issued { cards, complete }) => {
            judge_issue(entry, order, cards.iter().filter(|card| !claimed.cards.contains(&card.id)), *complete, late)
        }
        (act, Sight::Card(card)) => judge_card(act, entry.stage, card, late),
        (Act::CreateCardholder { order, .. }, Sight::Holder(holder)) => {
            judge_holder(order, entry, holder.as_ref(), late)
        }
        (act, Sight::Webhook(config)) => judge_webhook(act, entry.stage, config.as_ref(), late),
        _ => Verdict::Wait("what was read does not belong to the act".into()),
    }
}

/// Not done, once it is late enough and nobody has said that it was taken on.
fn absent(stage: Stage, late: bool, seen: Evidence) -> Verdict {
    match (stage, late) {
        (Stage::Accepted, _) => Verdict::Undecided(seen),
        (_, true) => Verdict::NotDone(seen),
        (_, false) => Verdict::Wait("no read shows it yet".into()),
    }
}

fn judge_money(entry: &Entry, seen: &MoneySight, claimed: &Claimed, late: bool) -> Verdict {
    let Some(amount) = entry.intent.act.amount() else { return Verdict::Wait("it has no amount".into()) };
    let mine = entry.intent.reference;
    let known: HashSet<&TransactionId> = entry.rows().collect();
    let own: Vec<&Transaction> = seen
        .rows
        .iter()
        .filter(|row| known.contains(&row.id) || references(row).any(|reference| reference == mine))
        .collect();
    if !own.is_empty() {
        return judge_rows(&own, amount, seen.after, "by its reference or id");
    }
    let span = Span::of(entry);
    let like: Vec<&Transaction> = seen
        .rows
        .iter()
        .filter(|row| is_like(&entry.intent.act, row, amount) && !claimed.rows.contains(&row.id))
        .filter(|row| references(row).next().is_none())
        .collect();
    let strong = |row: &&Transaction| {
        is_essential(&entry.intent.act, row) && row.created_at.known().is_some_and(|at| span.holds(*at))
    };
    let fits: Vec<&Transaction> = like.iter().copied().filter(strong).collect();
    let rows = |rows: &[&Transaction]| rows.iter().map(|row| row.id.clone()).collect();
    let echoed = seen.rows.iter().any(|row| references(row).next().is_some());
    if let ([_], false) = (fits.as_slice(), echoed) {
        return judge_rows(&fits, amount, seen.after, "by card, kind, amount and time");
    }
    if !like.is_empty() {
        let says = format!(
            "{} of {amount} since it was sent may be this one, and none carries {mine}; compare time and amount",
            count(like.len(), "row")
        );
        return Verdict::Undecided(Evidence { transactions: rows(&like), after: seen.after, ..Evidence::new(&says) });
    }
    if !seen.complete {
        return Verdict::Wait("the feeds could not be read whole".into());
    }
    // Another act of the same amount explains the same change.
    let explained = seen.rows.iter().any(|row| is_like(&entry.intent.act, row, amount));
    if !explained && moved_exactly(entry, seen.after, amount) {
        let says = format!("no row shows it, yet the balances changed by exactly {amount}; compare with the statement");
        return Verdict::Undecided(Evidence { after: seen.after, ..Evidence::new(&says) });
    }
    let says = "neither feed has a row of it, and the balances do not show it";
    absent(entry.stage, late, Evidence { after: seen.after, ..Evidence::new(says) })
}

/// What the rows that belong to an act say.
fn judge_rows(rows: &[&Transaction], amount: Money, after: Before, how: &str) -> Verdict {
    let ids: Vec<TransactionId> = rows.iter().map(|row| row.id.clone()).collect();
    let evidence = |says: &str| Evidence { transactions: ids.clone(), after, ..Evidence::new(says) };
    let all = |fits: fn(&TransactionStatus) -> bool| rows.iter().all(|row| fits(&row.status));
    if all(|status| matches!(status, TransactionStatus::Declined | TransactionStatus::Canceled)) {
        return Verdict::NotDone(evidence(&format!("{}, found {how}: declined", count(rows.len(), "row"))));
    }
    if let Some(row) = rows.iter().find(|row| row.amount.known().is_some_and(|seen| !same_amount(*seen, amount))) {
        let other = row.amount.known().map_or_else(String::new, Money::to_string);
        return Verdict::Undecided(evidence(&format!("a row, found {how}, has {other}; {amount} was asked for")));
    }
    if all(|status| *status == TransactionStatus::Completed) {
        return Verdict::Done(evidence(&format!("{} of {amount}, found {how}: completed", count(rows.len(), "row"))));
    }
    let status = rows.iter().map(|row| &row.status).find(|status| **status != TransactionStatus::Completed);
    let status = status.map(|status| SafeText::name(status.as_str()));
    Verdict::Taken(Receipt { status, transactions: ids, card: None })
}

fn same_amount(one: Money, other: Money) -> bool {
    one.abs().compare(&other.abs()) == Some(std::cmp::Ordering::Equal)
}

/// References that the row's description carries.
fn references(row: &Transaction) -> impl Iterator<Item = Reference> {
    Reference::all_in(row.description().map_or("", SafeText::as_str))
}

/// Whether a row could be a side of the act, by where it is, its kind and its amount.
fn is_like(act: &Act, row: &Transaction, amount: Money) -> bool {
    let fits = row.amount.known().is_none_or(|seen| same_amount(*seen, amount));
    let declined = matches!(row.status, TransactionStatus::Declined | TransactionStatus::Canceled);
    fits && !declined && place_of(act, row).is_some()
}

/// Whether it is the side that must be there: the card's, for a transfer that of the account that pays.
fn is_essential(act: &Act, row: &Transaction) -> bool {
    place_of(act, row) == Some(true) && row.amount.known().is_some()
}

/// `Some(true)` on the essential side, `Some(false)` on the other, `None` for a row of something else.
fn place_of(act: &Act, row: &Transaction) -> Option<bool> {
    use TransactionKind::{Other, PayIn, TopUp, Transfer, Withdrawal};
    let kind = &row.kind;
    match act {
        Act::TopUp { at, .. } | Act::Withdraw { at, .. } => {
            let out = act.kind() == Kind::Withdraw;
            if row.feed == Feed::Cards {
                let fits = if out { matches!(kind, Withdrawal | Other(_)) } else { matches!(kind, TopUp | Other(_)) };
                return (row.card.as_ref() == Some(&at.card) && fits).then_some(true);
            }
            let here = row.account.as_ref().is_none_or(|account| *account == at.account)
                && row.card.as_ref().is_none_or(|card| *card == at.card);
            let fits = match out {
                true => matches!(kind, PayIn | TopUp | Withdrawal | Transfer | Other(_)),
                false => matches!(kind, Withdrawal | TopUp | Transfer | Other(_)),
            };
            (here && fits).then_some(false)
        }
        Act::Transfer { from, to, .. } if row.feed == Feed::Accounts && row.card.is_none() => {
            let on = |account| row.account.as_ref() == Some(account);
            match kind {
                Withdrawal | Transfer | Other(_) if on(from) => Some(true),
                PayIn | Transfer | Other(_) if on(to) => Some(false),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether both balances differ from what they were by exactly the amount, each in its direction.
fn moved_exactly(entry: &Entry, after: Before, amount: Money) -> bool {
    let before = entry.intent.before;
    let into_other = entry.intent.act.kind() != Kind::Withdraw;
    let by = |before: Option<Money>, after: Option<Money>, gains: bool| {
        let change = after.zip(before).and_then(|(after, before)| after.checked_sub(&before));
        change.is_some_and(|change| change == if gains { amount } else { amount.negated() })
    };
    by(before.account, after.account, !into_other) || by(before.other, after.other, into_other)
}

fn judge_new_card(card: &Card) -> Verdict {
    let seen = |says: &str| Evidence { card: Some(card.id.clone()), ..Evidence::new(says) };
    match &card.status {
        CardStatus::Creating => Verdict::Taken(Receipt {
            status: Some(SafeText::name(card.status.as_str())),
            card: Some(card.id.clone()),
            transactions: Vec::new(),
        }),
        CardStatus::CreatingFailed => Verdict::NotDone(seen("the card could not be created")),
        status => Verdict::Done(seen(&format!("the card is {status}"))),
    }
}

fn judge_issue<'c>(
    entry: &Entry,
    order: &CardOrder,
    cards: impl Iterator<Item = &'c Card>,
    complete: bool,
    late: bool,
) -> Verdict {
    let span = Span::of(entry);
    let may_be = |card: &&Card| {
        card.name.as_ref().is_none_or(|name| *name == order.name)
            && card.holder_id.as_ref().is_none_or(|holder| *holder == order.holder)
            && card.kind.as_ref().is_none_or(|kind| *kind == order.kind)
    };
    let is = |card: &&Card| {
        card.name.is_some() && card.holder_id.is_some() && card.created_at.known().is_some_and(|at| span.holds(*at))
    };
    let like: Vec<&Card> = cards.filter(may_be).collect();
    let fits: Vec<&Card> = like.iter().copied().filter(is).collect();
    match (fits.as_slice(), like.len()) {
        ([card], 1) => judge_new_card(card),
        ([], 0) if !complete => Verdict::Wait("the cards could not be read whole".into()),
        ([], 0) => absent(entry.stage, late, Evidence::new("the account has no such card made since it was sent")),
        (_, many) => {
            let says = format!(
                "{} of this name and holder since it was sent; compare their times and see which was wanted",
                count(many, "card")
            );
            Verdict::Undecided(Evidence { card: like.first().map(|card| card.id.clone()), ..Evidence::new(&says) })
        }
    }
}

fn judge_card(act: &Act, stage: Stage, card: &Card, late: bool) -> Verdict {
    let seen = |says: &str| Evidence { card: Some(card.id.clone()), ..Evidence::new(says) };
    let status = &card.status;
    let is = seen(&format!("the card is {status}"));
    let wanted = match act {
        Act::Freeze(_) => CardStatus::Frozen,
        Act::Unfreeze(_) => CardStatus::Active,
        Act::Close(_) => CardStatus::Closed,
        Act::UpdateCard { name, limits, .. } => {
            let said = name.as_ref().is_none_or(|_| card.name.is_some())
                && (limits.is_none() || matches!(card.limits, Field::Known(_)));
            let named = name.as_ref().is_none_or(|name| card.name.as_ref() == Some(name));
            let has = |(kind, value): &(LimitKind, Money)| {
                let set = card.limits.known().into_iter().flatten().find(|limit| limit.kind == *kind);
                set.and_then(|limit| limit.value.known()).is_some_and(|set| same_amount(*set, *value))
            };
            let limited = limits.as_ref().is_none_or(|limits| match limits.is_empty() {
                true => card.limits.known().is_none_or(Vec::is_empty),
                false => limits.iter().all(has),
            });
            return match (said, named && limited) {
                (true, true) => Verdict::Done(seen("the card has the new name and limits")),
                (true, false) => absent(stage, late, seen("the card does not have the new name or limits")),
                (false, _) => Verdict::Undecided(seen("the API does not say the card's name or limits; compare them")),
            };
        }
        _ => return Verdict::Wait("what was read does not belong to the act".into()),
    };
    if *status == wanted {
        return Verdict::Done(is);
    }
    match status {
        // It can never be so any more.
        CardStatus::Closed | CardStatus::CreatingFailed => Verdict::NotDone(is),
        _ => absent(stage, late, is),
    }
}

/// Whether the API has said that somebody else has what is unique (409), and no answer said otherwise.
fn clashed(entry: &Entry) -> bool {
    matches!(entry.last(), Some(Step::Unknown { status: Some(409), .. }))
}

fn judge_holder(order: &HolderOrder, entry: &Entry, holder: Option<&Cardholder>, late: bool) -> Verdict {
    let Some(holder) = holder else {
        let seen = Evidence::new("there is no cardholder with this id");
        // A refusal and a read that agrees with it need no waiting.
        return absent(entry.stage, late || clashed(entry), seen);
    };
    let email = |text: &SafeText| text.as_str().to_lowercase();
    let same = holder.first_name == order.first_name
        && holder.last_name == order.last_name
        && holder.email.as_ref().is_none_or(|seen| email(seen) == email(&order.email));
    if same {
        return Verdict::Done(Evidence::new("there is a cardholder with this id and name"));
    }
    if clashed(entry) {
        return Verdict::NotDone(Evidence::new("the id belongs to a cardholder with another name or e-mail"));
    }
    Verdict::Undecided(Evidence::new("there is a cardholder with this id and another name or e-mail; compare them"))
}

fn judge_webhook(act: &Act, stage: Stage, config: Option<&WebhookConfig>, late: bool) -> Verdict {
    match (act, config) {
        (Act::DeleteWebhook, None) => Verdict::Done(Evidence::new("nothing is configured any more")),
        (Act::DeleteWebhook, Some(_)) => absent(stage, late, Evidence::new("the configuration is still there")),
        (Act::SetWebhook { url, kinds, active, new_secret }, Some(config)) => {
            let sorted = |kinds: &Option<Vec<_>>| {
                kinds.clone().map(|mut kinds| {
                    kinds.sort();
                    kinds
                })
            };
            let same = config.url == *url
                && sorted(&config.kinds) == sorted(kinds)
                && config.active.is_none_or(|seen| seen == *active);
            match (same, *new_secret && stage != Stage::Accepted) {
                (true, false) => Verdict::Done(Evidence::new("the configuration reads as it was asked for")),
                (true, true) => Verdict::Undecided(Evidence::new(
                    "the configuration reads as it was asked for, but a secret cannot be read back; send a test event",
                )),
                (false, _) => absent(stage, late, Evidence::new("the configuration does not read as it was asked for")),
            }
        }
        _ => absent(stage, late, Evidence::new("nothing is configured")),
    }
}

fn count(many: usize, what: &str) -> String {
    if many == 1 { format!("1 {what}") } else { format!("{many} {what}s") }
}

#[cfg(test)]
mod tests;
