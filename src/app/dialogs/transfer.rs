//! Moving money from one account to another: only where the API says it may go.

use super::super::form::{Choose, Field, FieldId, Form, Line};
use super::super::msg::{Topic, Wish};
use crate::app::ui::frame::RenderCtx;

use super::super::store::Store;
use super::super::text;
use super::money::{description, description_field};
use super::{Asked, Asks, Wrong};
use crate::app::ui::describe;
use crate::domain::account::{Account, Destination};
use crate::domain::ids::AccountId;
use crate::domain::intent::checks;
use crate::domain::intent::{Act, Before, Kind};
use crate::domain::money::Money;
use rust_decimal::Decimal;

/// Amounts above this, in whatever currency, are typed twice (M10).
const LARGE: Decimal = Decimal::ONE_THOUSAND;

/// Moves money between two accounts.
#[derive(Clone, Debug)]
pub struct Transfer {
    from: AccountId,
}

impl Transfer {
    /// The error is a sentence.
    pub fn new(from: &Account) -> Result<(Transfer, Form), String> {
        check(from)?;
        let form = Form::new(vec![
            Field::choice(FieldId::To, "to", "◂ ▸ choose, or type a part of the name", Vec::new()),
            Field::text(FieldId::Amount, "amount", "for example 50.00", 24).when_empty("0.00"),
            description_field(),
            Field::text(FieldId::Again, "amount again", "more than 1000: type the amount once more", 24)
                .when_empty("type it once more")
                .hidden(),
        ]);
        Ok((Transfer { from: from.id.clone() }, form))
    }

    pub fn topics(&self) -> Vec<Topic> {
        vec![Topic::Destinations(self.from.clone()), Topic::Account(self.from.clone())]
    }

    fn places<'a>(&self, store: &'a Store) -> &'a [Destination] {
        store.destinations.get(&self.from).map_or(&[], |places| places.value.as_slice())
    }

    fn chosen<'a>(&self, form: &Form, store: &'a Store) -> Option<&'a Destination> {
        self.places(store).iter().find(|place| place.id.to_string() == form.value(FieldId::To))
    }

    fn amount(&self, form: &Form, store: &Store) -> Result<Money, String> {
        let from = store.account(&self.from).ok_or("the account is not listed any more")?;
        let available = from.available.known().copied();
        let currency = from.currency.or(available.map(|money| money.currency()));
        let currency = currency.ok_or("the currency of the account is not known")?;
        checks::amount(form.value(FieldId::Amount), currency, available, store.grouping).map_err(|why| why.to_string())
    }
}

/// Why no money can be sent from an account.
pub fn check(from: &Account) -> Result<(), String> {
    match from.transfer_allowed {
        Some(false) => Err(format!("account {} does not allow transfers", text::cut(&text::name(&from.name), 24))),
        _ => Ok(()),
    }
}

impl Asks for Transfer {
    fn title(&self, store: &Store) -> String {
        format!("Transfer from {}", describe::account(store, &self.from))
    }

    fn go(&self, asked: Option<&Asked>) -> String {
        match asked {
            Some(Asked::Wish(Wish::One { act, .. })) => {
                act.amount().map_or("Transfer".into(), |amount| format!("Transfer {amount}"))
            }
            _ => "Transfer".into(),
        }
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let (store, theme) = (ctx.store, &ctx.theme);
        let mut lines = describe::pair("from", &describe::account(store, &self.from), theme.strong(), ctx, columns);
        let available = store.account(&self.from).and_then(|from| from.available.known().copied());
        let available = available.map_or("not known".to_owned(), |money| text::money(&money, ctx.store.grouping));
        lines.extend(describe::pair("available", &available, theme.plain(), ctx, columns));
        lines
    }

    fn refresh(&mut self, form: &mut Form, store: &Store) -> Vec<Topic> {
        let label = |place: &Destination| {
            let currency = place.currency.map_or(String::new(), |currency| format!("  {currency}"));
            Choose::new(place.id.to_string(), format!("{}{currency}", text::name(&place.name)))
        };
        form.offer(FieldId::To, self.places(store).iter().map(label).collect());
        let large = self.amount(form, store).is_ok_and(|amount| amount.amount() > LARGE);
        form.show(FieldId::Again, large);
        Vec::new()
    }

    fn read(&self, form: &Form, store: &Store) -> Result<Asked, Wrong> {
        let from = store.account(&self.from).ok_or_else(|| Wrong::top("the account is not listed any more"))?;
        check(from).map_err(Wrong::top)?;
        let mut wrong = Wrong::default();
        let amount = wrong.note(FieldId::Amount, self.amount(form, store));
        let to = wrong.note(FieldId::To, self.chosen(form, store).ok_or_else(|| self.no_place(store)));
        let receiver = to.and_then(|to| store.account(&to.id));
        if let Some(to) = to {
            let listed = receiver.cloned().unwrap_or_else(|| as_account(to, from));
            wrong.note(FieldId::To, checks::transfer(from, &listed));
        }
        if let Some(amount) = amount.filter(|_| !form.is_hidden(FieldId::Again)) {
            let again = checks::amount(form.value(FieldId::Again), amount.currency(), None, store.grouping);
            if again != Ok(amount) {
                wrong.fields.push((FieldId::Again, format!("type {} once more to send it", amount.wire())));
            }
        }
        let description = wrong.note(FieldId::Description, description(form));
        let (Some(amount), Some(to), Some(description), true) = (amount, to, description, wrong.is_empty()) else {
            return Err(wrong);
        };
        let before = Before {
            account: from.available.known().copied(),
            other: receiver.and_then(|account| account.available.known().copied()),
        };
        let act = Act::Transfer { from: self.from.clone(), to: to.id.clone(), amount, description };
        Ok(Asked::Wish(Wish::One { act, before }))
    }

    fn receipt(&self, store: &Store) -> Vec<String> {
        vec![Kind::Transfer.noun().into(), describe::account(store, &self.from), "receiver".into()]
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
            "destinationAccountUuid" | "destinationAccountId" | "toAccountUuid" => Some(FieldId::To),
            _ => None,
        }
    }
}

impl Transfer {
    fn no_place(&self, store: &Store) -> String {
        let known = store.destinations.get(&self.from);
        match known {
            Some(known) if known.failed.is_some() => "where money may go could not be read".into(),
            Some(known) if known.ever() && known.value.is_empty() => "the API names no account to send to".into(),
            Some(known) if known.ever() => "choose where the money goes".into(),
            _ => "where money may go is being read".into(),
        }
    }
}

/// A place that is not in the list of accounts, as one, to be checked by the same rules.
fn as_account(place: &Destination, like: &Account) -> Account {
    Account {
        id: place.id.clone(),
        name: place.name.clone(),
        currency: place.currency,
        transfer_allowed: None,
        ..like.clone()
    }
}
