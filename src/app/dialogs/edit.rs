//! Another name and other limits for a card, where the deployment has a call for it.
//!
//! The limits go out as they are to be together, those that stay among them: whether the API puts them in place of
//! the old ones or beside them is documented nowhere, and this way both come to the same. Only for a limit that is
//! taken off it makes a difference; the review says so.

use super::super::form::{Field, FieldId, Form, Line};
use super::super::msg::{Topic, Wish};
use crate::app::ui::describe;
use crate::app::ui::frame::RenderCtx;

use super::super::store::Store;
use super::super::text;
use super::issue::{LIMITS, limit_field};
use super::{Asked, Asks, Wrong, freeze};
use crate::domain::card::{Card, Limit, LimitKind};
use crate::domain::field::Field as Known;
use crate::domain::intent::{Act, Before, CardAt, checks};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;

/// Changes one card.
#[derive(Clone, Debug)]
pub struct Edit {
    at: CardAt,
    /// The limits that are known stand in their fields.
    filled: bool,
}

/// Why a card cannot be changed.
pub fn check(card: &Card) -> Result<(), String> {
    checks::update(card)?;
    freeze::at(card).map(drop).ok_or_else(|| "its account is not known yet".into())
}

fn set<'a>(card: &'a Card, kind: &LimitKind) -> Option<&'a Limit> {
    card.limits.known().into_iter().flatten().find(|limit| limit.kind == *kind)
}

/// What stands for a limit of a card whose limits nobody knows; `None` where they are known.
fn untold(card: &Card, store: &Store) -> Option<&'static str> {
    let read = store.cards.row(&card.id).is_some_and(|row| store.cards.is_read(row));
    match card.limits {
        Known::Known(_) => None,
        Known::Unreadable => Some("cannot be read"),
        Known::Absent if read => Some("not told by this API"),
        Known::Absent => Some("not read yet"),
    }
}

fn value(card: &Card, kind: &LimitKind) -> Option<Money> {
    set(card, kind).and_then(|limit| limit.value.known()).copied()
}

impl Edit {
    /// The error is a sentence.
    pub fn new(card: &Card) -> Result<(Edit, Form), String> {
        check(card)?;
        let at = freeze::at(card).ok_or("its account is not known yet")?;
        let mut fields = vec![Field::text(FieldId::Name, "name", "card name", 100)];
        for (_, id, label) in LIMITS {
            let help = "the limit in the card's currency; how much of it is spent already stays";
            fields.push(Field::text(id, label, help, 24).when_empty("no limit"));
        }
        let mut form = Form::new(fields);
        if let Some(name) = &card.name {
            form.fill(FieldId::Name, name.as_str());
        }
        Ok((Edit { at, filled: false }, form))
    }

    /// What should be read for it: lists do not say limits.
    pub fn topics(&self) -> Vec<Topic> {
        vec![Topic::Card(self.at.account.clone(), self.at.card.clone()), Topic::Account(self.at.account.clone())]
    }

    fn currency(&self, card: &Card, store: &Store) -> Option<Currency> {
        let account = store.account(&self.at.account);
        let own = card.spendable().known().map(Money::currency);
        own.or(account.and_then(|account| account.currency.or(account.available.known().map(Money::currency))))
    }

    /// All limits as they are to be; `None` when they stay as they are.
    fn limits(&self, form: &Form, card: &Card, store: &Store, wrong: &mut Wrong) -> Option<Vec<(LimitKind, Money)>> {
        let mut limits = Vec::new();
        let mut changed = false;
        for (kind, id, _) in LIMITS {
            let (typed, before) = (form.value(id), value(card, &kind));
            if typed.is_empty() {
                changed |= before.is_some();
                continue;
            }
            let Some(currency) = before.map(|limit| limit.currency()).or(self.currency(card, store)) else {
                wrong.fields.push((id, "the currency of the card is not known".into()));
                continue;
            };
            if let Some(limit) = wrong.note(id, checks::amount(typed, currency, None, store.grouping)) {
                let is_new = before.and_then(|before| before.compare(&limit)) != Some(std::cmp::Ordering::Equal);
                if is_new && let Err(why) = super::allowed(store, &self.at.account, &kind, &limit) {
                    wrong.fields.push((id, why));
                }
                changed |= is_new;
                limits.push((kind, limit));
            }
        }
        if !changed {
            return None;
        }
        for limit in card.limits.known().into_iter().flatten() {
            match (&limit.kind, limit.value) {
                (_, Known::Unreadable) => {
                    let why = "a limit of this card cannot be read; a change might lose it";
                    wrong.top = Some(why.into());
                }
                (kind @ LimitKind::Other(_), Known::Known(value)) => limits.push((kind.clone(), value)),
                _ => {}
            }
        }
        Some(limits)
    }
}

impl Asks for Edit {
    fn title(&self, _: &Store) -> String {
        format!("Change {}", describe::card(&self.at))
    }

    fn go(&self, _: Option<&Asked>) -> String {
        "Change the card".into()
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        ctx.store.card(&self.at.card).map_or_else(Vec::new, |card| describe::who(card, ctx, columns))
    }

    fn refresh(&mut self, form: &mut Form, store: &Store) -> Vec<Topic> {
        let Some(card) = store.card(&self.at.card).filter(|_| !self.filled) else { return Vec::new() };
        let empty = untold(card, store).unwrap_or("no limit");
        LIMITS.iter().for_each(|(_, id, _)| form.say_empty(*id, empty));
        if let Known::Known(limits) = &card.limits {
            self.filled = true;
            for (kind, id, _) in LIMITS {
                let limit = limits.iter().find(|limit| limit.kind == kind).and_then(|limit| limit.value.known());
                if let Some(limit) = limit.filter(|_| form.value(id).is_empty()) {
                    form.fill(id, &limit.wire());
                }
            }
        }
        Vec::new()
    }

    fn read(&self, form: &Form, store: &Store) -> Result<Asked, Wrong> {
        let card = store.card(&self.at.card).ok_or_else(|| Wrong::top("the card is not known any more"))?;
        let mut wrong = Wrong::default();
        let typed = form.value(FieldId::Name);
        let name = match card.name.as_ref().map_or("", SafeText::as_str) {
            same if same == typed => None,
            _ if typed.is_empty() => {
                wrong.fields.push((FieldId::Name, "give the card a name".into()));
                None
            }
            _ => wrong.note(FieldId::Name, describe::as_typed(typed, SafeText::name(typed))),
        };
        let limits = self.limits(form, card, store, &mut wrong);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        if name.is_none() && limits.is_none() {
            return Err(Wrong::top("nothing is changed yet"));
        }
        let act = Act::UpdateCard { at: self.at.clone(), name, limits };
        Ok(Asked::Wish(Wish::One { act, before: Before::default() }))
    }

    fn receipt(&self, _: &Store) -> Vec<String> {
        vec!["card".into(), "change".into()]
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let (Asked::Wish(Wish::One { act: Act::UpdateCard { name, limits, .. }, .. }), Some(card)) =
            (asked, ctx.store.card(&self.at.card))
        else {
            return Vec::new();
        };
        let theme = &ctx.theme;
        let whose = describe::whose(ctx.store, &self.at);
        let mut lines = describe::pair("card", &whose, theme.strong(), ctx, columns);
        let mut change = |label: &str, before: &str, after: &str| {
            lines.extend(describe::pair(label, &format!("{before} → {after}"), theme.plain(), ctx, columns));
        };
        if let Some(name) = name {
            let before = card.name.as_ref().map_or_else(|| describe::short(card), text::name);
            change("name", &before, &text::name(name));
        }
        let mut taken_off = false;
        let unknown = untold(card, ctx.store);
        for (kind, _, label) in LIMITS {
            let before = value(card, &kind);
            let after = limits.iter().flatten().find(|(one, _)| *one == kind).map(|(_, limit)| *limit);
            let shown = |limit: Option<Money>, none: &str| {
                limit.map_or(none.to_owned(), |limit| text::money(&limit, ctx.store.grouping))
            };
            if limits.is_some() && before != after {
                taken_off |= after.is_none();
                change(label, &shown(before, unknown.unwrap_or("no limit")), &shown(after, "no limit"));
            }
        }
        if limits.is_some() && unknown.is_some() {
            let words = "The limits of this card are not known here: those that are not named may stay as they are or \
                be taken off, whichever the API does. Look at the card where its limits are shown.";
            lines.extend(super::prose(words, theme.warn(), columns));
        }
        if taken_off {
            let words = "The API does not document whether leaving a limit out removes it. Check the card afterwards.";
            lines.extend(super::prose(words, theme.warn(), columns));
        }
        lines
    }

    fn field_of(&self, api: &str) -> Option<FieldId> {
        let limit = api.strip_prefix("limits.").unwrap_or(api);
        limit_field(limit).or(match api {
            "name" => Some(FieldId::Name),
            "limits" => LIMITS.first().map(|(_, id, _)| *id),
            _ => None,
        })
    }
}
