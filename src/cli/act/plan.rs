//! What is to be done, how it is reviewed, and how it is confirmed.

use super::super::confirm;
use super::super::exit::Stop;
use crate::app::private;
use crate::app::store::Store;
use crate::app::ui::describe;
use crate::domain::account::{Fee, Fees};
use crate::domain::field::Field;
use crate::domain::ids::AccountId;
use crate::domain::intent::checks::{self, Side};
use crate::domain::intent::{Act, Before, CardAt};
use crate::domain::money::Money;
use crate::domain::text::SafeText;

/// One act, and what was known before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub act: Act,
    pub before: Before,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// It is as it should be, as a read just now has shown.
    Nothing(String),
    /// Acts that have nothing to do with each other, one after the other.
    Each(Vec<Step>),
    /// Cards of one kind; it stops at the first that was not accepted.
    Series(Vec<Step>),
    /// A withdrawal, and the closing once that is known to be done.
    EmptyAndClose { withdraw: Box<Step>, at: CardAt },
}

impl Plan {
    pub fn one(act: Act, before: Before) -> Plan {
        Plan::Each(vec![Step { act, before }])
    }

    /// The acts that would be sent; a closing that follows a withdrawal is looked at when it has its turn.
    pub fn steps(&self) -> &[Step] {
        match self {
            Plan::Nothing(_) => &[],
            Plan::Each(steps) | Plan::Series(steps) => steps,
            Plan::EmptyAndClose { withdraw, .. } => std::slice::from_ref(&**withdraw),
        }
    }
}

/// How it is confirmed.
#[derive(Clone, Debug)]
pub enum Ask {
    /// `y`, or `--yes`.
    Yes,
    /// `y`, by a person and nobody else.
    Person,
    /// The word is typed; without a terminal it is the value of an argument.
    Typed {
        /// `the last four of the card`.
        what: String,
        word: String,
        /// Other ways to write the same.
        like: fn(&str, &str) -> bool,
        flag: &'static str,
        given: Option<String>,
        /// The argument is not enough by itself.
        and_yes: bool,
    },
}

/// What is to be done, with its review.
pub struct Prepared {
    pub plan: Plan,
    pub review: Vec<String>,
    pub ask: Ask,
    pub store: Store,
}

impl Prepared {
    pub fn new(plan: Plan, review: Vec<String>, store: Store) -> Prepared {
        Prepared { plan, review, ask: Ask::Yes, store }
    }

    /// There is nothing to do.
    pub fn nothing(says: impl Into<String>, store: Store) -> Prepared {
        Prepared::new(Plan::Nothing(says.into()), Vec::new(), store)
    }

    pub fn asking(self, ask: Ask) -> Prepared {
        Prepared { ask, ..self }
    }
}

impl Ask {
    /// Whether it is confirmed. Once.
    pub fn confirm(&self, yes: bool) -> Result<(), Stop> {
        match self {
            Ask::Yes if yes => Ok(()),
            Ask::Yes | Ask::Person if confirm::is_asked() => ask_yes(),
            Ask::Yes => Err(unasked("--yes")),
            Ask::Person => Err(Stop::usage("this is asked at a terminal, and there is none; nothing was sent")),
            Ask::Typed { what, word, like, flag, given, and_yes } => match given {
                Some(given) if !like(given, word) => {
                    let given = SafeText::name(given);
                    Err(Stop::usage(format!("{flag} {given} is not {what}; nothing was sent")))
                }
                Some(_) if yes || !and_yes => Ok(()),
                Some(_) if confirm::is_asked() => ask_yes(),
                Some(_) => Err(unasked("--yes")),
                None if confirm::is_asked() => {
                    let typed = confirm::typed(&format!("Type {what} to go on: "))?;
                    if like(&typed, word) { Ok(()) } else { Err(confirm::declined()) }
                }
                None if *and_yes => Err(unasked(&format!("--yes {flag} {word}"))),
                None => Err(unasked(&format!("{flag} {word}"))),
            },
        }
    }
}

fn ask_yes() -> Result<(), Stop> {
    match confirm::typed("Do it? [y/N] ")?.to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(confirm::declined()),
    }
}

fn unasked(flag: &str) -> Stop {
    Stop::usage(format!("there is no terminal to ask at; nothing was sent; to do it without being asked add {flag}"))
}

/// The same text.
pub fn exactly(given: &str, word: &str) -> bool {
    given.trim() == word
}

/// The words of the dashboard, with nothing hidden.
pub fn words(text: &str) -> String {
    private::bare(text).into_owned()
}

/// A label and what belongs to it.
pub fn line(label: &str, value: &str) -> String {
    format!("  {label:<14}{value}")
}

/// M9: amount, ways, fee, and what both sides have before and after, from the act that is sent.
pub fn money(act: &Act, before: &Before, fees: Option<&Fees>, holder: Option<&str>, store: &Store) -> Vec<String> {
    let account = |id: &AccountId| words(&describe::account(store, id));
    let (mine, other) = match act {
        Act::TopUp { at, .. } | Act::Withdraw { at, .. } => (account(&at.account), describe::card(at)),
        Act::Transfer { from, to, .. } => (account(from), account(to)),
        Act::IssueCard { account: id, .. } => (account(id), String::new()),
        _ => return Vec::new(),
    };
    let stated = |fee: fn(&Fees) -> &Field<Fee>| match fees {
        Some(fees) => words(&describe::fee(fee(fees), store)),
        None => "not known".to_owned(),
    };
    let mut lines = Vec::new();
    if let Some(amount) = act.amount() {
        let (from, to) = if matches!(act, Act::Withdraw { .. }) { (&other, &mine) } else { (&mine, &other) };
        let holder = holder.map_or_else(String::new, |name| format!(" · {name}"));
        lines.push(line(act.kind().noun(), &format!("{}   {from} → {to}{holder}", shown(&amount, store))));
    }
    match act {
        Act::TopUp { .. } => lines.push(line("fee", &stated(|fees| &fees.top_ups_allocation))),
        Act::IssueCard { .. } => lines.push(line("fee", &stated(|fees| &fees.card_issuing))),
        _ => {}
    }
    let fee = fees.map_or(Field::Absent, |fees| checks::fee(act, fees));
    let (first, second) = checks::sides(act, before, &fee);
    lines.push(line(&mine, &side(first, before.account, store)));
    if !other.is_empty() {
        lines.push(line(&other, &side(second, before.other, store)));
    }
    lines
}

/// An amount in the profile's grouping.
pub fn shown(amount: &Money, store: &Store) -> String {
    format!("{} {}", amount.digits_in(store.grouping), amount.currency())
}

fn side(side: Option<Side>, before: Option<Money>, store: &Store) -> String {
    match (side, before) {
        (Some(Side { before, after: Some(after) }), _) => {
            format!("{} → {}", shown(&before, store), shown(&after, store))
        }
        (Some(Side { before, after: None }), _) => format!("{} → not known", shown(&before, store)),
        (None, Some(before)) => shown(&before, store),
        (None, None) => "balance not known".to_owned(),
    }
}
