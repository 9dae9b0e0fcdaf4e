//! A cardholder who is to be made: the fields, which the issue form has too, and the form of pane 4.

use super::super::form::{Choose, Field, FieldId, Form, Line};
use super::super::msg::{Topic, Wish};
use crate::app::ui::frame::RenderCtx;

use super::super::store::Store;
use super::super::text;
use super::{Asked, Asks, Wrong};
use crate::app::ui::describe;
use crate::domain::account::AccountStatus;
use crate::domain::cardholder::Cardholder;
use crate::domain::ids::{AccountId, HolderId};
use crate::domain::intent::{Act, Before, HolderOrder, checks};
use crate::domain::text::SafeText;

/// The fields by the API's name: id, label, help.
const FIELDS: [(&str, FieldId, &str, &str); 5] = [
    ("first_name", FieldId::HolderFirst, "  first name", "as printed on the card"),
    ("last_name", FieldId::HolderLast, "  last name", "as printed on the card"),
    ("email", FieldId::HolderEmail, "  e-mail", "one that no other cardholder has"),
    ("phone", FieldId::HolderPhone, "  phone", "optional; one that no other cardholder has"),
    (
        "cardOwnerId",
        FieldId::HolderId,
        "  id",
        "yours to choose, for good: letters, digits and -, for example ana-silva",
    ),
];

/// The fields, below another one that they belong to, or by themselves.
pub fn fields(below: bool) -> impl Iterator<Item = Field> {
    FIELDS.into_iter().map(move |(_, id, label, help)| {
        let label = if below { label } else { label.trim_start() };
        let field = Field::text(id, label, help, if id == FieldId::HolderPhone { 50 } else { 255 });
        if id == FieldId::HolderPhone { field.when_empty("none") } else { field }
    })
}

/// Shows or hides the fields.
pub fn show(form: &mut Form, shown: bool) {
    for (_, id, ..) in FIELDS {
        form.show(id, shown);
    }
}

/// The field for one of the API.
pub fn field_of(api: &str) -> Option<FieldId> {
    FIELDS.iter().find(|(name, ..)| *name == api).map(|(_, id, ..)| *id)
}

/// The field that a sentence of the API speaks of: `A cardholder with this email already exists`.
pub fn field_said(detail: &str) -> Option<FieldId> {
    let said = detail.to_lowercase().replace(['-', '_'], "");
    let speaks_of = |words: &[&str]| words.iter().any(|word| said.contains(word));
    match () {
        () if speaks_of(&["email"]) => Some(FieldId::HolderEmail),
        () if speaks_of(&["phone"]) => Some(FieldId::HolderPhone),
        () if speaks_of(&["cardownerid", "ownerid", "cardholderid"]) => Some(FieldId::HolderId),
        () => None,
    }
}

/// Who is to be made. What is wrong, and what somebody else has already, is noted at its field.
pub fn order(form: &Form, store: &Store, wrong: &mut Wrong) -> Option<HolderOrder> {
    let [first, last, email, phone, id] = FIELDS.map(|(_, id, ..)| form.value(id).trim());
    for (api, why) in checks::holder(id, first, last, email, phone) {
        wrong.fields.extend(field_of(api).map(|field| (field, why.to_owned())));
    }
    let mut taken = |field: FieldId, is: &dyn Fn(&Cardholder) -> bool| {
        if let Some(other) = store.holders.value.iter().find(|holder| is(holder)) {
            let name = store.holder_name(other).map_or("".into(), text::name);
            wrong.fields.push((field, format!("{} has it already", text::cut(&name, 40))));
        }
    };
    let same = |known: &Option<SafeText>, typed: &str| {
        !typed.is_empty() && known.as_ref().is_some_and(|known| known.as_str().eq_ignore_ascii_case(typed))
    };
    taken(FieldId::HolderId, &|holder| HolderId::parse(id).is_some_and(|id| id == holder.id));
    taken(FieldId::HolderEmail, &|holder| same(&holder.email, email));
    taken(FieldId::HolderPhone, &|holder| same(&holder.phone, phone));
    let mut safe = |field, typed: &str| wrong.note(field, describe::as_typed(typed, SafeText::new(typed, 255)));
    let (first, last, email) =
        (safe(FieldId::HolderFirst, first), safe(FieldId::HolderLast, last), safe(FieldId::HolderEmail, email));
    let phone = if phone.is_empty() { Some(None) } else { safe(FieldId::HolderPhone, phone).map(Some) };
    let id = HolderId::parse(id)?;
    Some(HolderOrder { id, first_name: first?, last_name: last?, email: email?, phone: phone? })
}

/// Accounts on which something can be made, for a choice.
pub fn accounts(store: &Store) -> Vec<Choose> {
    let active = store.accounts.value.iter().filter(|account| account.status == AccountStatus::Active);
    active
        .map(|account| {
            let money = account
                .available
                .known()
                .map_or("balance not known".into(), |money| text::money(money, store.grouping));
            Choose::new(account.id.to_string(), format!("{}  {money}", text::cut(&text::name(&account.name), 28)))
        })
        .collect()
}

/// Makes a cardholder.
#[derive(Debug)]
pub struct NewHolder {
    /// The accounts that the field offers, by the store's number for them.
    offered: u64,
}

impl NewHolder {
    /// With the account chosen that the panes are about.
    pub fn new(account: Option<&AccountId>, store: &Store) -> (NewHolder, Form) {
        let choice = Field::choice(
            FieldId::Account,
            "account",
            "◂ ▸ where the person is made; the cards may be on any account",
            accounts(store),
        );
        let mut form = Form::new(fields(false).chain([choice]).collect());
        if let Some(account) =
            account.filter(|id| store.account(id).is_some_and(|one| one.status == AccountStatus::Active))
        {
            form.fill(FieldId::Account, &account.to_string());
        }
        (NewHolder { offered: store.accounts_revision() }, form)
    }
}

impl Asks for NewHolder {
    fn title(&self, _: &Store) -> String {
        "New cardholder".into()
    }

    fn go(&self, _: Option<&Asked>) -> String {
        "Create cardholder".into()
    }

    fn head(&self, _: &RenderCtx<'_>, _: usize) -> Vec<Line> {
        Vec::new()
    }

    fn refresh(&mut self, form: &mut Form, store: &Store) -> Vec<Topic> {
        if self.offered != store.accounts_revision() {
            self.offered = store.accounts_revision();
            form.offer(FieldId::Account, accounts(store));
        }
        Vec::new()
    }

    fn read(&self, form: &Form, store: &Store) -> Result<Asked, Wrong> {
        let mut wrong = Wrong::default();
        let order = order(form, store, &mut wrong);
        let account = AccountId::parse(form.value(FieldId::Account)).and_then(|id| store.account(&id));
        let account = wrong.note(FieldId::Account, account.ok_or("choose an account"));
        match (order, account, wrong.is_empty()) {
            (Some(order), Some(account), true) => {
                let act = Act::CreateCardholder { account: account.id.clone(), order };
                Ok(Asked::Wish(Wish::One { act, before: Before::default() }))
            }
            _ => Err(wrong),
        }
    }

    fn receipt(&self, _: &Store) -> Vec<String> {
        vec!["new holder".into()]
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        match asked {
            Asked::Wish(Wish::One { act: Act::CreateCardholder { order, .. }, .. }) => who(order, ctx, columns),
            _ => Vec::new(),
        }
    }

    fn field_of(&self, api: &str) -> Option<FieldId> {
        field_of(api).or(matches!(api, "accountUuid" | "accountId" | "account").then_some(FieldId::Account))
    }

    fn field_said(&self, detail: &str) -> Option<FieldId> {
        field_said(detail)
    }
}

/// Who will be made, from the order that is sent.
pub fn who(order: &HolderOrder, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
    let who = format!("{} {} · {} · {}", order.first_name, order.last_name, order.email, order.id);
    describe::pair("new holder", &who, ctx.theme.strong(), ctx, columns)
}
