//! Top up and withdraw: an amount, or the balance the card is to be brought to.

use super::super::form::{Choose, Field, FieldId, Form, Line};
use super::super::msg::{Topic, Wish};
use crate::app::ui::frame::RenderCtx;

use super::super::store::Store;
use super::super::text;
use super::{Asked, Asks, Wrong};
use crate::app::ui::describe;
use crate::domain::card::Card;
use crate::domain::intent::checks::{self, AmountProblem, Bring};
use crate::domain::intent::{Act, Before, CardAt, DESCRIPTION, Kind};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;

/// Characters that the reference needs in a description.
const TAG: usize = 20;

/// Moves money between a card and its account.
#[derive(Clone, Debug)]
pub struct MoneyForm {
    at: CardAt,
    /// To the card; else from it.
    up: bool,
}

/// The description as the person typed it, when anything was typed.
pub fn description(form: &Form) -> Result<Option<SafeText>, String> {
    match form.value(FieldId::Description) {
        "" => Ok(None),
        typed => describe::as_typed(typed, SafeText::prose(typed)).map(Some),
    }
}

/// The field of a description.
pub fn description_field() -> Field {
    let help = "for the statement; a reference is added to it";
    Field::text(FieldId::Description, "description", help, DESCRIPTION - TAG).when_empty("none")
}

impl MoneyForm {
    /// The error is a sentence.
    pub fn new(card: &Card, up: bool, store: &Store) -> Result<(MoneyForm, Form), String> {
        let at = super::freeze::at(card).ok_or("its account is not known yet")?;
        check(card, up, store)?;
        let help = "◂ ▸ an amount to move, or the balance the card is to have afterwards";
        let ways = vec![Choose::new("amount", "add this amount"), Choose::new("target", "bring the balance to this")];
        let form = Form::new(vec![
            Field::text(FieldId::Amount, "amount", "for example 50.00", 24).when_empty("0.00"),
            Field::choice(FieldId::Way, "mode", help, ways),
            description_field(),
        ]);
        Ok((MoneyForm { at, up }, form))
    }

    pub fn topics(&self) -> Vec<Topic> {
        vec![Topic::Account(self.at.account.clone()), Topic::Card(self.at.account.clone(), self.at.card.clone())]
    }

    fn before(&self, store: &Store) -> Before {
        Before {
            account: store.account(&self.at.account).and_then(|account| account.available.known().copied()),
            other: store.card(&self.at.card).and_then(|card| card.spendable().known().copied()),
        }
    }

    fn currency(&self, store: &Store) -> Option<Currency> {
        let account = store.account(&self.at.account);
        account.and_then(|account| account.currency).or(self.before(store).other.map(|money| money.currency()))
    }

    fn amount(&self, form: &Form, store: &Store) -> Result<Money, String> {
        let currency = self.currency(store).ok_or("the currency of the account is not known yet")?;
        let Before { account, other } = self.before(store);
        let available = if self.up { account } else { other };
        let typed = form.value(FieldId::Amount);
        if form.value(FieldId::Way) != "target" {
            return checks::amount(typed, currency, available, store.grouping).map_err(|why| why.to_string());
        }
        let now = other.ok_or("the balance of the card is not known, so it cannot be brought to another")?;
        let target = match checks::amount(typed, currency, None, store.grouping) {
            // Nothing is a fine target, though it is no amount.
            Err(AmountProblem::Zero) => Money::zero(currency),
            other => other.map_err(|why| why.to_string())?,
        };
        match checks::bring(now, target) {
            None => Err("the card is in another currency".into()),
            Some(Bring::Nothing) => Err(format!("the card has {now} already")),
            Some(Bring::TopUp(amount)) if self.up => {
                checks::covered(amount, available).map_err(|why| format!("that takes {amount}: {why}"))
            }
            Some(Bring::Withdraw(amount)) if !self.up => Ok(amount),
            Some(Bring::Withdraw(_)) => Err(format!("the card has {now}, which is more; withdraw instead")),
            Some(Bring::TopUp(_)) => Err(format!("the card has {now}, which is less; top up instead")),
        }
    }
}

/// Whether the card and its account allow it.
pub fn check(card: &Card, up: bool, store: &Store) -> Result<(), String> {
    let detail = card.account.as_ref().and_then(|id| store.details.get(id)).and_then(|detail| detail.value.as_ref());
    if up { checks::top_up(card, detail) } else { checks::withdraw(card, detail) }
}

impl Asks for MoneyForm {
    fn title(&self, _: &Store) -> String {
        format!("{} {}", if self.up { "Top up" } else { "Withdraw from" }, describe::card(&self.at))
    }

    fn go(&self, asked: Option<&Asked>) -> String {
        let verb = if self.up { "Top up" } else { "Withdraw" };
        match asked {
            Some(Asked::Wish(Wish::One { act, .. })) => {
                act.amount().map_or(verb.into(), |amount| format!("{verb} {amount}"))
            }
            _ => verb.into(),
        }
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let (store, plain) = (ctx.store, ctx.theme.plain());
        let mut lines = store.card(&self.at.card).map_or_else(Vec::new, |card| describe::who(card, ctx, columns));
        let Before { account, other } = self.before(store);
        let name = describe::account(store, &self.at.account);
        let show =
            |money: Option<Money>| money.map_or("not known".to_owned(), |money| text::money(&money, store.grouping));
        let both = format!("{} on {name}, {} on the card", show(account), show(other));
        lines.extend(describe::pair("available", &both, plain, ctx, columns));
        lines
    }

    fn read(&self, form: &Form, store: &Store) -> Result<Asked, Wrong> {
        if let Some(card) = store.card(&self.at.card) {
            check(card, self.up, store).map_err(Wrong::top)?;
        }
        let mut wrong = Wrong::default();
        let amount = wrong.note(FieldId::Amount, self.amount(form, store));
        let description = wrong.note(FieldId::Description, description(form));
        let (Some(amount), Some(description)) = (amount, description) else { return Err(wrong) };
        let at = self.at.clone();
        let act = match self.up {
            true => Act::TopUp { at, amount, description },
            false => Act::Withdraw { at, amount, description },
        };
        Ok(Asked::Wish(Wish::One { act, before: self.before(store) }))
    }

    fn receipt(&self, store: &Store) -> Vec<String> {
        let account = describe::account(store, &self.at.account);
        match self.up {
            true => vec![Kind::TopUp.noun().into(), "fee".into(), account, describe::card(&self.at)],
            false => vec![Kind::Withdraw.noun().into(), account, describe::card(&self.at)],
        }
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        match asked {
            Asked::Wish(Wish::One { act, before }) => {
                let mut lines = describe::money(act, before, ctx);
                lines.extend(describe::touched_by_one(act, before, ctx, columns));
                lines
            }
            _ => Vec::new(),
        }
    }

    fn field_of(&self, api: &str) -> Option<FieldId> {
        match api {
            "amount" => Some(FieldId::Amount),
            "description" => Some(FieldId::Description),
            _ => None,
        }
    }
}
