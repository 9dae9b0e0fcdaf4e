//! One act for all marked cards: what it would do to each, and which are left out and why.
//!
//! Bulk acts are confirmed by typing how many cards they are for (M10). How many of the marked cards the filter
//! hides is said, because nobody sees them.

use std::collections::HashSet;

use super::super::form::{Choose, Field, FieldId, Form, Line};
use super::super::msg::{Now, Topic, Wish};
use super::super::plan::{self, MOST};
use super::super::store::Store;
use super::super::text::{self, AmountFit};
use super::{Asked, Asks, Wrong, freeze, money};
use crate::app::ui::describe;
use crate::app::ui::frame::RenderCtx;
use crate::domain::card::{Card, CardStatus};
use crate::domain::ids::{AccountId, CardId, HolderId};
use crate::domain::intent::checks::{self, AmountProblem, Bring};
use crate::domain::intent::{Act, Before, CardAt};
use crate::domain::money::{Grouping, Money};

/// What is done to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bulk {
    /// Freeze or unfreeze, as chosen.
    Freeze,
    /// Bring each to one balance by topping it up.
    TopUp,
}

/// Asks for many cards at once.
#[derive(Clone, Debug)]
pub struct Marked {
    what: Bulk,
    cards: Vec<CardAt>,
    /// Marked, but without an account that is known.
    homeless: usize,
    /// They are all cards of one person, and not marked.
    whose: Option<Person>,
    /// How many of them the list does not show.
    hidden: usize,
    /// Those of which a change of their state was sent and nobody knows what became of it.
    open: HashSet<CardId>,
    /// What would be done to each by what stands in the fields, or why not; in the order of the cards.
    each: Vec<Result<Option<Money>, String>>,
}

/// A person whose cards they are.
#[derive(Clone, Debug)]
struct Person {
    id: HolderId,
    name: String,
    /// When the list of their cards had been read when the dialog opened: it is read anew.
    before: Option<Now>,
    reading: Reading,
}

/// How far the list of a person's cards is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reading {
    Pending,
    Done,
    Failed(String),
}

/// What would be done, and for each reason how many are left out.
type Sorted = (Vec<(Act, Before)>, Vec<(String, usize)>);

impl Marked {
    /// The error is a sentence.
    pub fn new(what: Bulk, marked: &[&Card], hidden: usize) -> Result<(Marked, Form), String> {
        if marked.iter().all(|card| super::freeze::at(card).is_none()) {
            return Err("the accounts of the marked cards are not known yet".into());
        }
        Marked::about(what, marked, hidden)
    }

    fn about(what: Bulk, marked: &[&Card], hidden: usize) -> Result<(Marked, Form), String> {
        let cards: Vec<CardAt> = marked.iter().filter_map(|card| super::freeze::at(card)).collect();
        if cards.len() > MOST {
            return Err(format!("{} cards are marked; a plan has {MOST} at most", cards.len()));
        }
        let first = match what {
            Bulk::Freeze => {
                let mut ways = vec![Choose::new("freeze", "freeze"), Choose::new("unfreeze", "unfreeze")];
                // All frozen: there is only one thing that can be meant.
                if !marked.is_empty() && marked.iter().all(|card| checks::freeze(card).is_err()) {
                    ways.reverse();
                }
                Field::choice(FieldId::Do, "action", "◂ ▸ freeze or unfreeze them", ways)
            }
            Bulk::TopUp => {
                let help = "each card is topped up to this balance, in its own currency, for example 50.00";
                Field::text(FieldId::Target, "target balance", help, 24).when_empty("0.00")
            }
        };
        let help = "the number of cards this is for; typing it confirms that you mean all of them";
        let form =
            Form::new(vec![first, Field::text(FieldId::Count, "confirm", help, 6).when_empty("type the number")]);
        // The first thing to type: the count where nothing else is typed.
        let form = if what == Bulk::Freeze { form.on(FieldId::Count) } else { form };
        let homeless = marked.len() - cards.len();
        Ok((Marked { what, cards, homeless, whose: None, hidden, open: HashSet::new(), each: Vec::new() }, form))
    }

    /// For all cards of one person, which are read for it: those that are known, and what the list brings. The error is
    /// a sentence.
    pub fn of_person(id: HolderId, name: String, known: &[&Card], store: &Store) -> Result<(Marked, Form), String> {
        let (asks, form) = Marked::about(Bulk::Freeze, known, 0)?;
        let before = store.status(&Topic::HolderCards(id.clone())).at;
        Ok((Marked { whose: Some(Person { id, name, before, reading: Reading::Pending }), ..asks }, form))
    }

    /// Takes in what the list of the person's cards has brought. Nobody waits for it: what is known can be frozen.
    fn read_on(&mut self, store: &Store) {
        let Some(person) = &mut self.whose else { return };
        let status = store.status(&Topic::HolderCards(person.id.clone()));
        person.reading = match status.failed {
            Some(failure) if !status.pending => Reading::Failed(failure.sentence()),
            _ if status.at == person.before || status.pending => Reading::Pending,
            _ => Reading::Done,
        };
        for row in store.cards.of_holder(&person.id) {
            let card = store.cards.get(*row);
            let is_over = matches!(card.status, CardStatus::Closed | CardStatus::CreatingFailed);
            if !is_over && self.cards.len() < MOST && self.cards.iter().all(|known| known.card != card.id) {
                self.cards.extend(super::freeze::at(card));
            }
        }
    }

    /// The same where a change of the state of these was sent and nobody knows what became of it: they are frozen even
    /// where they are shown as frozen.
    pub fn doubting(self, open: HashSet<CardId>) -> Marked {
        Marked { open, ..self }
    }

    /// What should be read for it: which accounts let cards hold money of their own.
    pub fn topics(&self) -> Vec<Topic> {
        let mut topics: Vec<Topic> = Vec::new();
        for at in self.cards.iter().filter(|_| self.what == Bulk::TopUp) {
            let topic = Topic::Account(at.account.clone());
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        topics
    }

    /// What would be done to one card, or why it is left out.
    fn each(&self, at: &CardAt, form: &Form, store: &Store) -> Result<(Act, Before), String> {
        let card = store.card(&at.card).ok_or("not listed any more")?;
        let at = at.clone();
        let act = match self.what {
            Bulk::Freeze if form.value(FieldId::Do) == "unfreeze" => {
                checks::unfreeze(card)?;
                Act::Unfreeze(at)
            }
            Bulk::Freeze => {
                if !freeze::may_freeze(card, self.open.contains(&card.id)) {
                    checks::freeze(card)?;
                }
                Act::Freeze(at)
            }
            Bulk::TopUp => {
                money::check(card, true, store)?;
                let amount = delta(card, form.value(FieldId::Target), store.grouping)?;
                Act::TopUp { at, amount, description: None }
            }
        };
        let before = plan::before(&act, store);
        Ok((act, before))
    }

    fn all(&self, form: &Form, store: &Store) -> Sorted {
        let mut acts = Vec::new();
        let mut left: Vec<(String, usize)> = Vec::new();
        for at in &self.cards {
            match self.each(at, form, store) {
                Ok(act) => acts.push(act),
                Err(why) => match left.iter_mut().find(|(known, _)| *known == why) {
                    Some((_, count)) => *count += 1,
                    None => left.push((why, 1)),
                },
            }
        }
        (acts, left)
    }

    fn verb(&self, acts: &[(Act, Before)]) -> &'static str {
        match (self.what, acts.first()) {
            (Bulk::TopUp, _) => "Top up",
            (Bulk::Freeze, Some((Act::Unfreeze(_), _))) => "Unfreeze",
            (Bulk::Freeze, _) => "Freeze",
        }
    }
}

/// What brings a card to the balance that was typed.
fn delta(card: &Card, typed: &str, grouping: Grouping) -> Result<Money, String> {
    let now = card.spendable().known().copied().ok_or("its balance is not known")?;
    let target = match checks::amount(typed, now.currency(), None, grouping) {
        // Nothing typed yet is said at the field, not at every card.
        Err(AmountProblem::Empty) => return Err("no balance typed yet".into()),
        other => other.map_err(|why| why.to_string())?,
    };
    match checks::bring(now, target) {
        Some(Bring::TopUp(amount)) => Ok(amount),
        Some(Bring::Nothing) => Err(format!("has {now} already")),
        Some(Bring::Withdraw(_)) => Err(format!("has {now}, which is more")),
        None => Err("is in another currency".into()),
    }
}

/// Cards that a review names.
const NAMED: usize = 4;

/// Which cards, and whose: the first of them.
fn which(acts: &[(Act, Before)], store: &Store) -> String {
    let cards: Vec<&CardAt> = acts.iter().filter_map(|(act, _)| act.card()).collect();
    let named: Vec<String> = cards.iter().take(NAMED).map(|at| describe::whose(store, at)).collect();
    match cards.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", named.join(", ")),
        None => named.join(", "),
    }
}

/// An account, what it pays in all, and what it has.
type Sum<'a> = (&'a AccountId, Money, Option<Money>);

/// Adds up by account, in the order they come; the sum of one currency at most stands for each.
fn by_account(acts: &[(Act, Before)]) -> Result<Vec<Sum<'_>>, String> {
    let mut sums: Vec<Sum<'_>> = Vec::new();
    for (act, before) in acts {
        let (Some(account), Some(amount)) = (act.account(), act.amount()) else { continue };
        match sums.iter_mut().find(|(known, ..)| *known == account) {
            Some((_, sum, _)) => *sum = sum.checked_add(&amount).ok_or("cards of one account in several currencies")?,
            None => sums.push((account, amount, before.account)),
        }
    }
    Ok(sums)
}

impl Asks for Marked {
    fn title(&self, _: &Store) -> String {
        let verb = if self.what == Bulk::TopUp { "Top up" } else { "Freeze or unfreeze" };
        let cards = self.cards.len() + self.homeless;
        match (&self.whose, cards) {
            (Some(Person { name, .. }), 0) => format!("{verb} the cards of {}", text::cut(name, 40)),
            (Some(Person { name, .. }), 1) => format!("{verb} the card of {}", text::cut(name, 40)),
            (Some(Person { name, .. }), _) => format!("{verb} {cards} cards of {}", text::cut(name, 40)),
            (None, _) => format!("{verb} {cards} marked cards"),
        }
    }

    fn go(&self, asked: Option<&Asked>) -> String {
        match asked {
            Some(Asked::Wish(Wish::Each(acts))) => {
                let cards = if acts.len() == 1 { "card" } else { "cards" };
                format!("{} {} {cards}", self.verb(acts), acts.len())
            }
            _ => self.verb(&[]).into(),
        }
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let theme = &ctx.theme;
        let mut lines = Vec::new();
        match self.whose.as_ref().map(|person| &person.reading) {
            Some(Reading::Pending) => {
                let say = "The list of this person's cards is being read: there may be more.";
                lines.extend(super::prose(say, theme.warn(), columns));
            }
            Some(Reading::Failed(why)) => {
                let say = format!("The list of this person's cards could not be read ({why}): there may be more.");
                lines.extend(super::prose(&say, theme.warn(), columns));
            }
            Some(Reading::Done) | None => {}
        }
        if self.hidden > 0 {
            let are = if self.hidden == 1 { "is" } else { "are" };
            let say =
                format!("{} of them {are} not in the list now: the filter or the account hides them.", self.hidden);
            lines.extend(super::prose(&say, theme.warn(), columns));
        }
        if self.homeless > 0 {
            let say = format!("{} skipped: the account is not known yet.", self.homeless);
            lines.extend(super::prose(&say, theme.warn(), columns));
        }
        let shown = self.cards.iter().filter_map(|at| ctx.store.card(&at.card));
        let balances: Vec<Money> = shown.filter_map(|card| card.spendable().known().copied()).collect();
        let fit = AmountFit::of(&balances, ctx.store.grouping);
        for (at, each) in self.cards.iter().zip(&self.each) {
            let mut line = vec![("  ".to_owned(), theme.plain())];
            line.extend(plan::which(&Act::Freeze(at.clone()), ctx));
            if let Some(card) = ctx.store.card(&at.card) {
                let balance = card.spendable().known().map(|money| fit.show(money));
                let (sign, word, tone) = super::super::theme::card_status(&card.status);
                line.push((format!("  {}", balance.unwrap_or_default()), theme.plain()));
                // Only an active card is topped up, and why another is not is said beside it.
                if self.what == Bulk::Freeze {
                    line.push((format!("  {sign} "), theme.tone(tone)));
                    line.push((word.to_owned(), theme.word(tone)));
                }
            }
            match each {
                Ok(Some(delta)) => {
                    line.push((format!("  +{}", text::money(delta, ctx.store.grouping)), theme.strong()))
                }
                Ok(None) => {}
                Err(why) => line.push((format!("  left out: {}", describe::guarded(ctx.store, why)), theme.dim())),
            }
            lines.push(line);
        }
        lines
    }

    fn read(&self, form: &Form, store: &Store) -> Result<Asked, Wrong> {
        if self.what == Bulk::TopUp && form.value(FieldId::Target).is_empty() {
            return Err(Wrong::at(FieldId::Target, AmountProblem::Empty.to_string()));
        }
        let (acts, left) = self.all(form, store);
        if acts.is_empty() {
            let nothing = match self.whose.as_ref().map(|person| &person.reading) {
                None => "nothing is marked",
                Some(Reading::Pending) => "this person's cards are being read",
                Some(Reading::Done) => "this person has no cards",
                Some(Reading::Failed(_)) => "this person's cards could not be read",
            };
            let why = left.first().map_or(nothing, |(why, _)| why);
            let field = if self.what == Bulk::TopUp { FieldId::Target } else { FieldId::Do };
            return Err(Wrong::at(field, format!("none of the cards can be done: {why}")));
        }
        for (account, sum, available) in by_account(&acts).map_err(|why| Wrong::at(FieldId::Target, why))? {
            checks::covered(sum, available).map_err(|why| {
                let name = describe::account(store, account);
                Wrong::at(FieldId::Target, format!("that takes {sum} from {name}: {why}"))
            })?;
        }
        if form.value(FieldId::Count) != acts.len().to_string() {
            let out = self.cards.len() - acts.len();
            let out = if out == 0 { String::new() } else { format!("; {out} left out") };
            return Err(Wrong::at(FieldId::Count, format!("type {} to confirm{out}", acts.len())));
        }
        Ok(Asked::Wish(Wish::Each(acts)))
    }

    fn refresh(&mut self, form: &mut Form, store: &Store) -> Vec<Topic> {
        self.read_on(store);
        self.each = self.cards.iter().map(|at| self.each(at, form, store).map(|(act, _)| act.amount())).collect();
        let (acts, out) = self.all(form, store);
        let done = acts.len();
        let out: Vec<String> = out.into_iter().map(|(why, count)| format!("{count} left out: {why}")).collect();
        let out = if out.is_empty() { String::new() } else { format!("; {}", out.join("; ")) };
        let cards = if done == 1 { "card" } else { "cards" };
        form.set_help(FieldId::Count, describe::guarded(store, &format!("type {done}: it is for {done} {cards}{out}")));
        Vec::new()
    }

    fn receipt(&self, store: &Store) -> Vec<String> {
        let mut labels = vec!["in all".to_owned(), "cards".to_owned()];
        if self.what == Bulk::TopUp {
            let mut accounts: Vec<&AccountId> = self.cards.iter().map(|at| &at.account).collect();
            accounts.sort_unstable();
            accounts.dedup();
            let name = |id: &AccountId| text::cut(&describe::account(store, id), 14).into_owned();
            labels.extend(accounts.into_iter().map(name));
        }
        labels
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let Asked::Wish(Wish::Each(acts)) = asked else { return Vec::new() };
        let out = self.cards.len() - acts.len();
        let out = if out == 0 { String::new() } else { format!("; {out} left out") };
        let what = format!("{} {} cards{out}", self.verb(acts), acts.len());
        let mut lines = describe::pair("in all", &what, ctx.theme.strong(), ctx, columns);
        let which = which(acts, ctx.store);
        lines.extend(describe::pair("cards", &which, ctx.theme.strong(), ctx, columns));
        for (account, sum, available) in by_account(acts).unwrap_or_default() {
            let left = available.and_then(|money| money.checked_sub(&sum));
            let after = match (available, left) {
                (Some(before), Some(after)) => format!(
                    "{} → {}",
                    text::money(&before, ctx.store.grouping),
                    text::money(&after, ctx.store.grouping)
                ),
                _ => "balance not known".into(),
            };
            let fee = describe::fees(ctx.store, account).map(|fees| describe::fee(&fees.top_ups_allocation, ctx.store));
            let fee = fee.unwrap_or_else(str::to_owned);
            // What all of them take is confirmed here (M9); what each gets would tell what it has.
            let sum = sum.digits_in(ctx.store.grouping) + " " + sum.currency().as_str();
            let say = format!("{sum} in all; {after}; fee of each: {fee}");
            let name = describe::account(ctx.store, account);
            lines.extend(describe::pair(&text::cut(&name, 14), &say, ctx.theme.plain(), ctx, columns));
            let all: Vec<&Act> = acts.iter().map(|(act, _)| act).collect();
            lines.extend(describe::touched(&all, &[(account, left)], ctx, columns));
        }
        lines
    }
}
