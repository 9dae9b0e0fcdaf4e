//! One act from the command line, as the dashboard does it: review, question, journal, one request, and reads until it
//! is known what became of it.
//!
//! ```text
//!   prepare (reads) ─▶ review ─▶ is it held back? ─▶ question ─▶ prepare again, when it took long ─▶ ops ─▶ follow ─▶ told
//! ```

mod follow;
mod plan;
mod target;
mod told;

use std::time::Duration;

pub use follow::follow_while;
pub use plan::{Ask, Plan, Prepared, Step, exactly, line, money, shown, words};
pub use target::{Known, Subject, fresher};
pub use told::{Told, VERSION, print};

use super::confirm;
use super::connection::{Connection, note};
use super::exit::{Exit, Stop};
use crate::app::msg::{Answer, Batch, Topic};
use crate::app::store::Store;
use crate::domain::account::Account;
use crate::domain::card::Card;
use crate::domain::intent::{Before, CardAt, Kind, Reference};
use crate::domain::secret::WebhookSecret;
use crate::domain::text::SafeText;
use crate::ops::Ops;

/// A confirmation that took longer was of numbers that may be others by now: they are read again.
const FRESH: Duration = Duration::from_secs(20);

/// What every command that changes something takes.
#[derive(clap::Args, Clone, Debug)]
pub struct ActArgs {
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
    /// How long to look for what became of it, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    wait: u64,
    /// Why; kept in the journal
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
}

impl ActArgs {
    /// Whether nobody is to be asked.
    pub fn is_confirmed(&self) -> bool {
        self.yes
    }

    fn why(&self) -> Option<SafeText> {
        self.reason.as_deref().map(SafeText::prose).filter(|why| !why.is_empty())
    }
}

/// What an act that may be held back by an open one takes.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DespiteArgs {
    /// Pass over the hold of this open act: if that went through, the money moves twice
    #[arg(long, value_name = "FP-…", value_parser = reference)]
    pub despite: Vec<Reference>,
}

/// Reads `fp-7ZK3M9Q2WD`.
pub fn reference(text: &str) -> Result<Reference, String> {
    Reference::parse(text).ok_or_else(|| "a reference looks like fp-7ZK3M9Q2WD".to_owned())
}

/// What an act is carried out with.
pub struct Hand<'h> {
    pub connection: &'h Connection,
    pub ops: &'h Ops,
    pub args: &'h ActArgs,
    pub despite: &'h [Reference],
}

/// Shows what would be done, asks, does it, and follows it until it is known or the time is over.
pub async fn run(hand: &Hand<'_>, prepare: impl AsyncFn() -> Result<Prepared, Stop>) -> Result<Vec<Told>, Stop> {
    run_with(hand, None, prepare).await
}

/// The same for a webhook configuration with a new secret, which is sent and never written down.
pub async fn run_with(
    hand: &Hand<'_>,
    secret: Option<WebhookSecret>,
    prepare: impl AsyncFn() -> Result<Prepared, Stop>,
) -> Result<Vec<Told>, Stop> {
    if hand.connection.read_only {
        return Err(Stop::new(Exit::ReadOnly, "not sent: this session is read-only"));
    }
    let mut prepared = prepare().await?;
    loop {
        if let Plan::Nothing(says) = &prepared.plan {
            return Ok(vec![Told::unsent(None, Exit::Done, says)]);
        }
        hand.may_go(&prepared.plan).await?;
        confirm::show(&prepared.review);
        let began = hand.connection.clock.up();
        prepared.ask.confirm(hand.args.yes)?;
        if hand.connection.clock.up().saturating_sub(began) < FRESH {
            break;
        }
        let again = prepare().await?;
        if again.plan == prepared.plan {
            break;
        }
        confirm::show(&["It has changed meanwhile. This is what would be done now:".to_owned()]);
        prepared = again;
    }
    hand.still_unknown()?;
    let Prepared { plan, store, .. } = prepared;
    let told = hand.carry_out(plan, secret, &store).await;
    hand.ops.finish().await;
    hand.put_away(&told).await;
    Ok(told)
}

impl Hand<'_> {
    /// What was open is shown from here on; whatever of it would hold the act back is looked for once.
    async fn may_go(&self, plan: &Plan) -> Result<(), Stop> {
        // A journal in trouble says so with the act itself, and keeps no freeze from going.
        drop(self.ops.refresh().await);
        self.ops.shown(&self.ops.entries());
        let acts = plan.steps();
        let waits = |open: &crate::ops::Entry| acts.iter().any(|step| step.act.waits_for(&open.intent.act));
        for open in self.ops.unfinished().iter().filter(|open| waits(open)) {
            drop(self.ops.settle_once(open.intent.reference).await);
        }
        for reference in self.despite {
            self.passes_over(*reference, acts)?;
        }
        for step in acts {
            let mut intent = self.ops.intend(step.act.clone(), Before::default(), None);
            intent.despite = self.despite.to_vec();
            if let Some(held) = self.ops.held_back(&intent) {
                return Err(told::held(&held, &self.connection.profile));
            }
        }
        Ok(())
    }

    /// Whether the act that is to be passed over is open and is what holds one of these back; says what that risks.
    fn passes_over(&self, reference: Reference, acts: &[Step]) -> Result<(), Stop> {
        let Some(entry) = self.ops.entry(reference) else {
            return Err(Stop::new(Exit::NotFound, format!("{reference} is not in the journal; nothing was sent")));
        };
        if !acts.iter().any(|step| step.act.waits_for(&entry.intent.act)) {
            let says = format!("{reference} does not hold this back; leave --despite out; nothing was sent");
            return Err(Stop::usage(says));
        }
        if !entry.stage.is_unknown() {
            let says = format!(
                "{reference} is not open any more: {}; look at it (fourpay journal show {reference}); nothing was sent",
                entry.stage
            );
            return Err(Stop::new(Exit::Held, says));
        }
        let amount = entry.intent.act.amount().map_or_else(String::new, |amount| format!(" of {amount}"));
        let what = format!("the {}{amount} ({reference})", entry.intent.act.kind());
        let risk = match entry.intent.act.kind() {
            Kind::IssueCard => "there will be two such cards",
            _ => "the money moves twice",
        };
        confirm::show(&[format!("⚠ The outcome of {what} is {}. If it went through, {risk}.", entry.stage)]);
        Ok(())
    }

    /// While a person was thinking, another program may have found out what became of what is passed over.
    fn still_unknown(&self) -> Result<(), Stop> {
        let known = |reference: &&Reference| !self.ops.stage(**reference).is_some_and(|stage| stage.is_unknown());
        match self.despite.iter().find(known) {
            Some(reference) => {
                let says = format!("{reference} was settled meanwhile; look at it; nothing was sent");
                Err(Stop::new(Exit::Held, says))
            }
            None => Ok(()),
        }
    }

    /// Freezes that the journal could not take are written beside it, or said to be nowhere.
    async fn put_away(&self, told: &[Told]) {
        if told.iter().all(|told| told.reference.is_none()) {
            return;
        }
        drop(self.ops.refresh().await);
        let kept = self.ops.kept_beside();
        match (&kept.file, kept.freezes) {
            (_, 0) => {}
            (Some(file), _) if kept.in_memory == 0 => {
                note(&format!("the journal could not be written; what was done is recorded in {}", file.display()));
            }
            _ => note(
                "the journal could not be written, and what was done is recorded nowhere: write the reference down",
            ),
        }
    }
}

/// A store with what was read, for the words and filters of the dashboard.
pub fn store(connection: &Connection, accounts: &[Account], cards: &[Card]) -> Store {
    let mut store = Store::default();
    store.grouping = connection.grouping;
    let now = connection.now();
    let batch = Batch { items: accounts.to_vec(), skipped: 0, last: true, short: None };
    store.replied(now, Topic::Accounts, 1, Ok(Answer::Accounts(batch)));
    for account in accounts {
        let of = |card: &&Card| card.account.as_ref() == Some(&account.id);
        let items: Vec<Card> = cards.iter().filter(of).cloned().collect();
        let batch = Batch { items, skipped: 0, last: true, short: None };
        store.replied(now, Topic::Cards(account.id.clone()), 1, Ok(Answer::Cards(batch)));
    }
    store
}

/// A card as sentences name it.
pub fn called(at: &CardAt) -> String {
    at.last_four.map_or_else(|| format!("card {}", at.card), |four| format!("•{four}"))
}

/// Text that goes out exactly as it was typed, or not at all.
pub fn as_typed(flag: &str, typed: &str, made: SafeText) -> Result<SafeText, Stop> {
    let wrong = |why| Stop::usage(format!("{flag}: {why}; nothing was sent"));
    crate::app::ui::describe::as_typed(typed, made).map_err(wrong)
}
