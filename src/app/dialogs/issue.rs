//! Issuing a card, or a series of cards of one kind.

use super::super::form::{Choose, Field, FieldId, Form, LABEL, Line};
use super::super::msg::{Topic, Wish};
use crate::app::ui::frame::RenderCtx;

use super::super::store::Store;
use super::super::text::{self, Align};
use super::{Asked, Asks, Wrong, holder};
use crate::app::ui::describe;
use crate::domain::account::{Account, AccountDetail, AccountStatus, Bin, CardKind, Fee};
use crate::domain::card::LimitKind;
use crate::domain::field::Field as Known;
use crate::domain::ids::{AccountId, BinCategoryId, BinId, HolderId};
use crate::domain::intent::{Act, Before, BinChoice, CardOrder, checks, series};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;
use rust_decimal::Decimal;

/// The limits, as fields.
pub(super) const LIMITS: [(LimitKind, FieldId, &str); 6] = [
    (LimitKind::Transaction, FieldId::TransactionLimit, "each payment"),
    (LimitKind::Daily, FieldId::DailyLimit, "daily"),
    (LimitKind::Weekly, FieldId::WeeklyLimit, "weekly"),
    (LimitKind::Monthly, FieldId::MonthlyLimit, "monthly"),
    (LimitKind::Yearly, FieldId::YearLimit, "yearly"),
    (LimitKind::Lifetime, FieldId::LifetimeLimit, "lifetime"),
];

/// The field for a limit by its name in the API.
pub(super) fn limit_field(api: &str) -> Option<FieldId> {
    Some(match api {
        "transaction_limit" => FieldId::TransactionLimit,
        "daily_limit" => FieldId::DailyLimit,
        "weekly_limit" => FieldId::WeeklyLimit,
        "monthly_limit" => FieldId::MonthlyLimit,
        "year_limit" => FieldId::YearLimit,
        "lifetime_limit" => FieldId::LifetimeLimit,
        _ => return None,
    })
}

/// Whose the card will be, from the order that is sent.
fn for_whom(order: &CardOrder, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
    let Some(holder) = ctx.store.holder(&order.holder) else { return Vec::new() };
    let name = ctx.store.holder_name(holder).map_or_else(|| "no name".to_owned(), text::name);
    let who = match &holder.email {
        Some(email) => format!("{name} · {}", text::name(email)),
        None => name,
    };
    describe::pair("holder", &who, ctx.theme.strong(), ctx, columns)
}

/// What the holder field says for somebody who is not there yet.
const NEW: &str = "new holder";
/// Issues cards.
#[derive(Debug, Default)]
pub struct Issue {
    /// The account whose details were asked for.
    asked_for: Option<AccountId>,
    /// The reading of the cardholders that the field offers.
    holders: Option<u64>,
    /// The holder is made first.
    new_holder: bool,
}

/// Why no card can be issued on any account.
pub fn check(store: &Store) -> Result<(), String> {
    let active = store.accounts.value.iter().any(|account| account.status == AccountStatus::Active);
    active.then_some(()).ok_or_else(|| "no account is active".into())
}

impl Issue {
    /// With the account chosen that the panes are about.
    pub fn new(account: Option<&AccountId>, store: &Store) -> (Issue, Form) {
        let mut fields = vec![
            Field::choice(
                FieldId::Account,
                "account",
                "◂ ▸ choose, or type a part of the name; only active accounts",
                holder::accounts(store),
            ),
            Field::choice(FieldId::Holder, "holder", "type a part of the name, e-mail or id, or `new`", Vec::new()),
        ];
        fields.extend(holder::fields(true).map(Field::hidden));
        fields.extend([
            Field::text(FieldId::Name, "name", "card name; a series needs {seq:03} in it", 100),
            Field::choice(FieldId::Kind, "type", "◂ ▸ what the account allows", Vec::new()),
            Field::choice(FieldId::Bin, "BIN", "◂ ▸ account default, one BIN, or a category", Vec::new()),
            Field::text(FieldId::Currency, "currency", "a code for example USD; empty for the account's", 12)
                .when_empty("the account's"),
        ]);
        for (_, id, label) in LIMITS {
            let help = "the limit in the account's currency; empty for none";
            fields.push(Field::text(id, label, help, 24).when_empty("no limit"));
        }
        fields.push(Field::text(FieldId::Count, "cards", "how many: 1, or more for a series", 4));
        fields.push(Field::text(FieldId::First, "first number", "where {seq} starts", 6).hidden());
        fields.push(Field::text(FieldId::Again, "confirm", "several cards: type their number again", 4).hidden());
        let mut form = Form::new(fields);
        form.fill(FieldId::Count, "1");
        form.fill(FieldId::First, "1");
        if let Some(account) =
            account.filter(|id| store.account(id).is_some_and(|one| one.status == AccountStatus::Active))
        {
            form.fill(FieldId::Account, &account.to_string());
        }
        (Issue::default(), form)
    }

    fn account<'a>(form: &Form, store: &'a Store) -> Option<&'a Account> {
        AccountId::parse(form.value(FieldId::Account)).and_then(|id| store.account(&id))
    }

    fn order(form: &Form, account: &Account, store: &Store, wrong: &mut Wrong) -> Option<CardOrder> {
        let holder = match form.value(FieldId::Holder) {
            NEW => HolderId::parse(form.value(FieldId::HolderId)).ok_or("fill in the new holder"),
            "" => Err("choose whose card it is"),
            id => HolderId::parse(id).ok_or("choose whose card it is"),
        };
        let holder = wrong.note(FieldId::Holder, holder);
        let name = match form.value(FieldId::Name) {
            "" => Err("give the card a name".to_owned()),
            typed => describe::as_typed(typed, SafeText::name(typed)),
        };
        let name = wrong.note(FieldId::Name, name);
        let mut limits = Vec::new();
        let currency = account.currency.or(account.available.known().map(Money::currency));
        for (kind, id, _) in LIMITS {
            let typed = form.value(id);
            if typed.is_empty() {
                continue;
            }
            let Some(currency) = currency else {
                wrong.fields.push((id, "the currency of the account is not known".into()));
                continue;
            };
            let amount = checks::amount(typed, currency, None, store.grouping).map_err(|why| why.to_string());
            let allowed = amount.and_then(|money| super::allowed(store, &account.id, &kind, &money).map(|()| money));
            limits.extend(wrong.note(id, allowed).map(|money| (kind, money)));
        }
        let currency = match form.value(FieldId::Currency) {
            "" => Ok(None),
            code => Currency::parse(code).map(Some).ok_or("a code for example USD"),
        };
        let currency = wrong.note(FieldId::Currency, currency);
        let bin = match form.value(FieldId::Bin).split_once(':') {
            Some(("bin", id)) => BinId::parse(id).map(BinChoice::Bin),
            Some(("category", id)) => BinCategoryId::parse(id).map(BinChoice::Category),
            _ => Some(BinChoice::Default),
        };
        let kind = CardKind::from_wire(form.value(FieldId::Kind));
        Some(CardOrder { name: name?, holder: holder?, kind, currency: currency?, bin: bin?, limits })
    }

    fn names(form: &Form, wrong: &mut Wrong) -> Option<Vec<SafeText>> {
        let count = form.value(FieldId::Count).parse::<u32>().map_err(|_| "a number of cards, for example 1");
        let count = wrong.note(FieldId::Count, count)?;
        let first = match count {
            1 => 1,
            _ => wrong.note(
                FieldId::First,
                form.value(FieldId::First).parse::<u32>().map_err(|_| "a number, for example 1"),
            )?,
        };
        let field = if (1..=series::MOST).contains(&count) { FieldId::Name } else { FieldId::Count };
        let names = wrong.note(field, series::names(form.value(FieldId::Name), first, count))?;
        if count > 1 && form.value(FieldId::Again) != count.to_string() {
            wrong.fields.push((FieldId::Again, format!("type {count} once more to issue {count} cards")));
        }
        Some(names)
    }
}

fn bin_label(bin: &Bin) -> String {
    let mut parts = vec![bin.number.to_string()];
    parts.extend(bin.network.as_ref().map(ToString::to_string));
    parts.extend(bin.country.as_ref().map(|country| text::word(country).into_owned()));
    let wallets: Vec<String> = bin.wallets.iter().map(|wallet| wallet.to_string().replace('_', " ")).collect();
    let wallets = if wallets.is_empty() { "no wallets".to_owned() } else { wallets.join(", ") };
    format!("{} · {wallets}", parts.join(" "))
}

fn bins(detail: Option<&AccountDetail>) -> Vec<Choose> {
    let mut options = vec![Choose::new("default", "account default")];
    let known = detail.map_or(&[][..], |detail| detail.bins.as_slice());
    let mut categories: Vec<(&BinCategoryId, usize)> = Vec::new();
    for bin in known {
        options.push(Choose::new(format!("bin:{}", bin.id), bin_label(bin)));
        for category in &bin.categories {
            match categories.iter_mut().find(|(seen, _)| *seen == category) {
                Some((_, count)) => *count += 1,
                None => categories.push((category, 1)),
            }
        }
    }
    options.extend(categories.into_iter().map(|(id, count)| {
        let bins = if count == 1 { "1 BIN".to_owned() } else { format!("{count} BINs") };
        Choose::new(format!("category:{id}"), format!("category {} · {bins}", text::cut(&id.to_string(), 13)))
    }));
    options
}

/// Whether the provider allows so many cards more, as far as it says how many there may be.
fn room(account: &Account, more: usize, store: &Store) -> Result<(), String> {
    let detail = store.details.get(&account.id).and_then(|detail| detail.value.as_ref());
    let Some(restrictions) = detail.and_then(|detail| detail.restrictions.as_ref()) else { return Ok(()) };
    let there = restrictions.current_cards.or(account.cards.into());
    let (Known::Known(most), Known::Known(there)) = (restrictions.most_cards, there) else { return Ok(()) };
    // More are there than may be: what is allowed is something else than we think, and 4pay will say so itself.
    let Some(room) = most.checked_sub(there) else { return Ok(()) };
    match u64::try_from(more).is_ok_and(|more| more <= room) {
        true => Ok(()),
        false => Err(format!("{room} more at most: {there} of {most} cards are there")),
    }
}

/// The issuing fee of so many cards, where the account states an amount.
fn fee_in_all(account: &AccountId, count: usize, store: &Store) -> Option<Money> {
    match describe::fees(store, account).ok()?.card_issuing {
        Known::Known(Fee::Amount(each)) => {
            let all = each.amount().checked_mul(Decimal::from(count))?;
            Some(Money::new(all, each.currency()))
        }
        _ => None,
    }
}

impl Asks for Issue {
    fn title(&self, _: &Store) -> String {
        "Issue a card".into()
    }

    fn go(&self, asked: Option<&Asked>) -> String {
        match asked {
            Some(Asked::Wish(Wish::Series { names, .. })) => format!("Issue {} cards", names.len()),
            Some(Asked::Wish(Wish::ForNewHolder { .. })) => "Create and issue".into(),
            _ => "Issue the card".into(),
        }
    }

    fn head(&self, _: &RenderCtx<'_>, _: usize) -> Vec<Line> {
        Vec::new()
    }

    fn refresh(&mut self, form: &mut Form, store: &Store) -> Vec<Topic> {
        if self.holders != Some(store.holders.applied()) {
            self.holders = Some(store.holders.applied());
            let mut options = vec![Choose::new("", "not chosen")];
            options.extend(store.holders.value.iter().map(|holder| {
                let name = holder.full_name();
                let email = holder.email.as_ref().map_or(String::new(), |email| format!(" · {}", text::name(email)));
                let id = holder.id.to_string();
                Choose::new(id.clone(), format!("{}{email} · {}", text::name(&name), text::cut(&id, 13)))
            }));
            // Last, so that a typed part of a name finds people first.
            options.push(Choose::new(NEW, "new cardholder …"));
            form.offer(FieldId::Holder, options);
        }
        self.new_holder = form.value(FieldId::Holder) == NEW;
        holder::show(form, self.new_holder);
        let several = form.value(FieldId::Count).parse::<u32>().is_ok_and(|count| count > 1);
        form.show(FieldId::First, several);
        form.show(FieldId::Again, several);
        let Some(account) = Self::account(form, store) else { return Vec::new() };
        let kinds = match account.card_kinds.as_slice() {
            [] => &[CardKind::Virtual, CardKind::Physical],
            kinds => kinds,
        };
        form.offer(FieldId::Kind, kinds.iter().map(|kind| Choose::new(kind.as_str(), kind.as_str())).collect());
        let detail = store.details.get(&account.id).and_then(|detail| detail.value.as_ref());
        form.offer(FieldId::Bin, bins(detail));
        if self.asked_for.as_ref() != Some(&account.id) {
            self.asked_for = Some(account.id.clone());
            return vec![Topic::Account(account.id.clone())];
        }
        Vec::new()
    }

    fn read(&self, form: &Form, store: &Store) -> Result<Asked, Wrong> {
        let account = Self::account(form, store).ok_or_else(|| Wrong::at(FieldId::Account, "choose an account"))?;
        let mut wrong = Wrong::default();
        let order = Self::order(form, account, store, &mut wrong);
        let holder = if self.new_holder { holder::order(form, store, &mut wrong) } else { None };
        let names = Self::names(form, &mut wrong);
        let available = account.available.known().copied();
        if let Some(names) = &names
            && let Some(fee) = fee_in_all(&account.id, names.len(), store).filter(|fee| !fee.is_zero())
            && let Err(why) = checks::covered(fee, available)
        {
            wrong.fields.push((FieldId::Account, describe::guarded(store, &format!("issuing costs {fee}; {why}"))));
        }
        if let Some(names) = &names
            && let Err(why) = room(account, names.len(), store)
        {
            wrong.fields.push((if names.len() == 1 { FieldId::Account } else { FieldId::Count }, why));
        }
        let (Some(order), Some(names), true) = (order, names, wrong.is_empty()) else { return Err(wrong) };
        checks::issue(&order, account).map_err(|why| Wrong::top(describe::guarded(store, &why)))?;
        let before = Before { account: available, other: None };
        let account = account.id.clone();
        let cards = match names.as_slice() {
            [only] => {
                let order = CardOrder { name: only.clone(), ..order };
                Wish::One { act: Act::IssueCard { account: account.clone(), order }, before }
            }
            _ => Wish::Series { account: account.clone(), order, names, before },
        };
        Ok(Asked::Wish(match holder {
            Some(holder) => Wish::ForNewHolder { account, holder, then: Box::new(cards) },
            None => cards,
        }))
    }

    fn receipt(&self, _: &Store) -> Vec<String> {
        ["holder", "card", "fee", "account"].map(str::to_owned).to_vec()
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let (store, theme) = (ctx.store, &ctx.theme);
        match asked {
            Asked::Wish(Wish::ForNewHolder { holder, then, .. }) => {
                let mut lines = holder::who(holder, ctx, columns);
                lines.extend(self.review(&Asked::Wish((**then).clone()), ctx, columns));
                lines
            }
            Asked::Wish(Wish::One { act, before }) => {
                let order = if let Act::IssueCard { order, .. } = act { Some(order) } else { None };
                let mut lines = order.map_or_else(Vec::new, |order| for_whom(order, ctx, columns));
                let name = order.map_or_else(String::new, |order| text::name(&order.name));
                lines.extend(describe::pair("card", &name, theme.strong(), ctx, columns));
                lines.extend(describe::money(act, before, ctx));
                lines
            }
            Asked::Wish(Wish::Series { account, order, names, before }) => {
                let (Some(first), Some(last)) = (names.first(), names.last()) else { return Vec::new() };
                let cards =
                    format!("{} {} cards: {} … {}", names.len(), order.kind, text::name(first), text::name(last));
                let mut lines = for_whom(order, ctx, columns);
                lines.extend(describe::pair("series", &cards, theme.strong(), ctx, columns));
                let stated = describe::fees(store, account).map(|fees| describe::fee(&fees.card_issuing, store));
                let each = stated.unwrap_or_else(str::to_owned);
                let all = fee_in_all(account, names.len(), store);
                let fee = all
                    .map_or(each.clone(), |all| format!("{each} each, {} in all", text::money(&all, store.grouping)));
                lines.extend(describe::pair("fee", &fee, theme.plain(), ctx, columns));
                if let (Some(now), Some(all)) = (before.account, all)
                    && let Some(after) = now.checked_sub(&all)
                {
                    let label = text::fit(&describe::account(store, account), LABEL, Align::Left);
                    lines.push(vec![
                        (format!("  {label}"), theme.dim()),
                        (
                            format!("{} → {}", text::money(&now, store.grouping), text::money(&after, store.grouping)),
                            theme.plain(),
                        ),
                    ]);
                }
                lines
            }
            _ => Vec::new(),
        }
    }

    fn field_of(&self, api: &str) -> Option<FieldId> {
        let limit = api.strip_prefix("limits.").unwrap_or(api);
        if let Some(id) = limit_field(limit) {
            return Some(id);
        }
        if self.new_holder
            && let Some(id) = holder::field_of(api)
        {
            return Some(id);
        }
        match api {
            "name" => Some(FieldId::Name),
            "currency" => Some(FieldId::Currency),
            "cardOwnerId" | "cardholderId" | "ownerId" => Some(FieldId::Holder),
            "type" | "cardType" => Some(FieldId::Kind),
            "binId" | "bin" | "binCategoryId" | "categoryId" | "cardProviderBinId" | "cardProviderBinCategoryId" => {
                Some(FieldId::Bin)
            }
            // All of them together: said at the first.
            "limits" => LIMITS.first().map(|(_, id, _)| *id),
            "accountUuid" | "accountId" | "account" => Some(FieldId::Account),
            _ => None,
        }
    }
    fn field_said(&self, detail: &str) -> Option<FieldId> {
        holder::field_said(detail).filter(|_| self.new_holder)
    }
}
