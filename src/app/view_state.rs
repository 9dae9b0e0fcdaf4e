//! How the panes are, as far as it outlives the program: their order, their filters, and the one that is zoomed.
//!
//! A value that others write and read again. Does not know where.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::pane::Pane;
use super::sort_columns::{
    AccountColumn, CardColumn, CardholderColumn, EventColumn, JournalColumn, Sort, TransactionColumn,
};

/// How the panes are. What is as usual is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ViewState {
    /// The pane that has the whole body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoomed: Option<Pane>,
    pub sorted: SortState,
    /// What is typed after `/`, by the pane.
    pub filters: BTreeMap<Pane, String>,
}

/// The order of each list that is not in its usual one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SortState {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Sort<AccountColumn>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cards: Option<Sort<CardColumn>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactions: Option<Sort<TransactionColumn>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cardholders: Option<Sort<CardholderColumn>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhooks: Option<Sort<EventColumn>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<Sort<JournalColumn>>,
}

/// The word of a column in a file.
fn word<B: Serialize>(by: &B) -> Option<String> {
    toml::Value::try_from(by).ok()?.as_str().map(str::to_owned)
}

fn sorted<B: DeserializeOwned>(by: &str, turned: bool) -> Option<Sort<B>> {
    let by = toml::Value::String(by.to_owned()).try_into().ok()?;
    Some(Sort { by, turned })
}

impl SortState {
    /// The order of one list by the word of a column; `None` when it has no such column.
    pub fn by(pane: Pane, by: &str, turned: bool) -> Option<SortState> {
        let mut all = SortState::default();
        match pane {
            Pane::Accounts => all.accounts = Some(sorted(by, turned)?),
            Pane::Cards => all.cards = Some(sorted(by, turned)?),
            Pane::Transactions => all.transactions = Some(sorted(by, turned)?),
            Pane::Cardholders => all.cardholders = Some(sorted(by, turned)?),
            Pane::Webhooks => all.webhooks = Some(sorted(by, turned)?),
            Pane::Journal => all.journal = Some(sorted(by, turned)?),
        }
        Some(all)
    }

    /// The column that a list is sorted by and whether it is turned round; `None` in its usual order.
    pub fn word(&self, pane: Pane) -> Option<(String, bool)> {
        let (word, turned) = match pane {
            Pane::Accounts => self.accounts.map(|sort| (word(&sort.by), sort.turned))?,
            Pane::Cards => self.cards.map(|sort| (word(&sort.by), sort.turned))?,
            Pane::Transactions => self.transactions.map(|sort| (word(&sort.by), sort.turned))?,
            Pane::Cardholders => self.cardholders.map(|sort| (word(&sort.by), sort.turned))?,
            Pane::Webhooks => self.webhooks.map(|sort| (word(&sort.by), sort.turned))?,
            Pane::Journal => self.journal.map(|sort| (word(&sort.by), sort.turned))?,
        };
        Some((word?, turned))
    }

    /// The columns that a list can be sorted by.
    pub fn words(pane: Pane) -> Vec<String> {
        let words: Vec<Option<String>> = match pane {
            Pane::Accounts => AccountColumn::ALL.iter().map(word).collect(),
            Pane::Cards => CardColumn::ALL.iter().map(word).collect(),
            Pane::Transactions => TransactionColumn::ALL.iter().map(word).collect(),
            Pane::Cardholders => CardholderColumn::ALL.iter().map(word).collect(),
            Pane::Webhooks => EventColumn::ALL.iter().map(word).collect(),
            Pane::Journal => JournalColumn::ALL.iter().map(word).collect(),
        };
        words.into_iter().flatten().collect()
    }
}
