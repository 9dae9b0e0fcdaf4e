//! The columns of each insight.

use super::groups::{DeclineGroup, Key, SpendGroup};
use crate::app::insights::lens::{Property, Value};
use crate::app::insights::runway::Runway;
use crate::app::store::Store;
use crate::cli::reads::cell::{Cell, Unknown};
use crate::cli::reads::columns::{Column, Kind};
use crate::domain::field::Field;
use crate::domain::ids::AccountId;
use crate::domain::money::Money;
use crate::domain::text::SafeText;

/// How long the money of one account lasts.
#[derive(Debug)]
pub struct AccountRunway {
    pub id: AccountId,
    pub name: SafeText,
    pub available: Field<Money>,
    pub lasts: Runway,
}

const NOT_SAID: Cell = Cell::Unknown(Unknown::NotSaid);
/// There is nothing that could stand here.
const NONE: Cell = Cell::Blank;
/// More digits than can be added up exactly.
const TOO_LONG: Cell = Cell::Unknown(Unknown::Unreadable);

fn money(money: Option<Money>) -> Cell {
    money.map_or(TOO_LONG, Cell::Money)
}

fn count(count: usize) -> Cell {
    Cell::Count(count as u64)
}

/// What people call a value.
fn label(store: &Store, value: &Value) -> Cell {
    match value {
        Value::Unknown => NOT_SAID,
        Value::Text(text) => Cell::Text(text.clone()),
        Value::Account(id) => {
            store.account(id).map_or(Cell::Unknown(Unknown::NotRead), |account| Cell::Text(account.name.clone()))
        }
        Value::Card(id) => match store.card(id) {
            Some(card) => Cell::word(card.number.last_four),
            None => Cell::Unknown(Unknown::NotRead),
        },
        Value::Holder(id) => {
            store.holder(id).map_or(Cell::Unknown(Unknown::NotRead), |holder| Cell::Text(holder.full_name()))
        }
        Value::Hour(hour) => Cell::Word(format!("{hour:02}:00")),
    }
}

/// Its id, where it has one.
fn id(value: &Value) -> Cell {
    match value {
        Value::Account(id) => Cell::Word(id.to_string()),
        Value::Card(id) => Cell::Word(id.to_string()),
        Value::Holder(id) => Cell::Word(id.to_string()),
        Value::Unknown | Value::Text(_) | Value::Hour(_) => NONE,
    }
}

fn word(property: Property) -> Cell {
    Cell::Word(property.word().to_lowercase())
}

/// Percent with one digit, cut.
fn rate(group: &DeclineGroup) -> Cell {
    match group.purchases.filter(|purchases| *purchases > 0) {
        Some(purchases) => {
            let tenths = group.declined * 1_000 / purchases;
            Cell::Word(format!("{}.{}", tenths / 10, tenths % 10))
        }
        None => NONE,
    }
}

fn amounts(group: &DeclineGroup) -> Cell {
    match group.amounts.iter().copied().collect::<Option<Vec<Money>>>() {
        Some(amounts) if group.unknown == 0 => {
            Cell::Words(amounts.iter().map(|amount| format!("{} {}", amount.wire(), amount.currency())).collect())
        }
        _ => TOO_LONG,
    }
}

fn key(store: &Store, key: &Key) -> Cell {
    match key {
        Key::Day(day) => Cell::Word(day.to_string()),
        Key::Value(value) => label(store, value),
    }
}

pub const DECLINES: &[Column<DeclineGroup>] = &[
    Column { name: "by", kind: Kind::Plain, common: true, cell: |_, group| word(group.first.0) },
    Column { name: "value", kind: Kind::Plain, common: true, cell: |store, group| label(store, &group.first.1) },
    Column { name: "value_id", kind: Kind::Plain, common: false, cell: |_, group| id(&group.first.1) },
    Column {
        name: "and_by",
        kind: Kind::Plain,
        common: false,
        cell: |_, group| group.second.as_ref().map_or(NONE, |(property, _)| word(*property)),
    },
    Column {
        name: "and_value",
        kind: Kind::Plain,
        common: true,
        cell: |store, group| group.second.as_ref().map_or(NONE, |(_, value)| label(store, value)),
    },
    Column {
        name: "and_value_id",
        kind: Kind::Plain,
        common: false,
        cell: |_, group| group.second.as_ref().map_or(NONE, |(_, value)| id(value)),
    },
    Column { name: "declined", kind: Kind::Plain, common: true, cell: |_, group| count(group.declined) },
    Column { name: "purchases", kind: Kind::Plain, common: true, cell: |_, group| group.purchases.map_or(NONE, count) },
    Column { name: "percent", kind: Kind::Plain, common: true, cell: |_, group| rate(group) },
    Column { name: "amounts", kind: Kind::Plain, common: true, cell: |_, group| amounts(group) },
    Column { name: "amount_unknown", kind: Kind::Plain, common: false, cell: |_, group| count(group.unknown) },
];

pub const SPENDING: &[Column<SpendGroup>] = &[
    Column { name: "value", kind: Kind::Plain, common: true, cell: |store, group| key(store, &group.key) },
    Column {
        name: "value_id",
        kind: Kind::Plain,
        common: false,
        cell: |_, group| match &group.key {
            Key::Day(_) => NONE,
            Key::Value(value) => id(value),
        },
    },
    Column { name: "purchases", kind: Kind::Plain, common: true, cell: |_, group| count(group.purchases) },
    Column { name: "spent", kind: Kind::Money, common: true, cell: |_, group| money(group.spent) },
    Column { name: "refunded", kind: Kind::Money, common: true, cell: |_, group| money(group.refunded) },
    Column { name: "fees", kind: Kind::Money, common: true, cell: |_, group| money(group.fees) },
];

pub const RUNWAY: &[Column<AccountRunway>] = &[
    Column { name: "account", kind: Kind::Plain, common: true, cell: |_, row| Cell::Text(row.name.clone()) },
    Column { name: "account_id", kind: Kind::Plain, common: false, cell: |_, row| Cell::Word(row.id.to_string()) },
    Column { name: "available", kind: Kind::Money, common: true, cell: |_, row| Cell::money(&row.available) },
    Column {
        name: "days",
        kind: Kind::Plain,
        common: true,
        cell: |_, row| match row.lasts {
            Runway::Lasts { days, .. } => Cell::Count(days),
            _ => NONE,
        },
    },
    Column {
        name: "a_day",
        kind: Kind::Money,
        common: true,
        cell: |_, row| match row.lasts {
            Runway::Lasts { daily, .. } => Cell::Money(daily),
            _ => NONE,
        },
    },
    Column {
        name: "sample",
        kind: Kind::Plain,
        common: true,
        cell: |_, row| match row.lasts {
            Runway::Lasts { sample, .. } | Runway::Seldom { sample, .. } | Runway::Short { sample } => count(sample),
            Runway::Unknown => NONE,
        },
    },
    Column {
        name: "says",
        kind: Kind::Plain,
        common: true,
        cell: |_, row| {
            let says = match row.lasts {
                Runway::Lasts { .. } => "inferred",
                Runway::Seldom { .. } => "money goes out on too few days",
                Runway::Short { .. } => "too few days are known",
                Runway::Unknown => "not known",
            };
            Cell::Word(says.to_owned())
        },
    },
];
