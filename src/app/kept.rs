//! How the panes are, as far as it outlives the program: their order, their filters, and the one that is zoomed.
//!
//! A value that others write and read again. Does not know where.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::model::Model;
use super::panes::accounts::{self, AccountsPane};
use super::panes::cardholders::{self, CardholdersPane};
use super::panes::cards::{self, CardsPane};
use super::panes::journal;
use super::panes::order::Sort;
use super::panes::transactions::{self, TransactionsPane};
use super::panes::webhooks;
use crate::app::pane::Pane;

/// How the panes are. What is as usual is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kept {
    /// The pane that has the whole body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoomed: Option<Pane>,
    pub sorted: Sorted,
    /// What is typed after `/`, by the pane.
    pub filters: BTreeMap<Pane, String>,
}

/// The order of each list that is not in its usual one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sorted {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Sort<accounts::By>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cards: Option<Sort<cards::By>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactions: Option<Sort<transactions::By>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cardholders: Option<Sort<cardholders::By>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhooks: Option<Sort<webhooks::By>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<Sort<journal::By>>,
}

/// The word of a column in a file.
fn word<B: Serialize>(by: &B) -> Option<String> {
    toml::Value::try_from(by).ok()?.as_str().map(str::to_owned)
}

fn sorted<B: DeserializeOwned>(by: &str, turned: bool) -> Option<Sort<B>> {
    let by = toml::Value::String(by.to_owned()).try_into().ok()?;
    Some(Sort { by, turned })
}

impl Sorted {
    /// The order of one list by the word of a column; `None` when it has no such column.
    pub fn by(pane: Pane, by: &str, turned: bool) -> Option<Sorted> {
        let mut all = Sorted::default();
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
            Pane::Accounts => accounts::By::ALL.iter().map(word).collect(),
            Pane::Cards => cards::By::ALL.iter().map(word).collect(),
            Pane::Transactions => transactions::By::ALL.iter().map(word).collect(),
            Pane::Cardholders => cardholders::By::ALL.iter().map(word).collect(),
            Pane::Webhooks => webhooks::By::ALL.iter().map(word).collect(),
            Pane::Journal => journal::By::ALL.iter().map(word).collect(),
        };
        words.into_iter().flatten().collect()
    }
}

fn unusual<B: PartialEq>(sort: Sort<B>, usual: Sort<B>) -> Option<Sort<B>> {
    (sort != usual).then_some(sort)
}

impl Model {
    /// How the panes are now, to begin with another time.
    pub fn kept(&self) -> Kept {
        let filter = |pane: Pane| self.filter_of(pane).kept().map(|text| (pane, text));
        Kept {
            zoomed: self.zoomed.then(|| self.zoomed_pane()),
            sorted: Sorted {
                accounts: unusual(self.accounts.sort, AccountsPane::default().sort),
                cards: unusual(self.cards.sort, CardsPane::default().sort),
                transactions: unusual(self.transactions.sort, TransactionsPane::default().sort),
                cardholders: unusual(self.cardholders.sort, CardholdersPane::default().sort),
                webhooks: unusual(self.webhooks.sort, Sort::default()),
                journal: unusual(self.journal.sort, Sort::default()),
            },
            filters: Pane::ALL.into_iter().filter_map(filter).collect(),
        }
    }

    /// Gives a list this order and this filter; it is to be arranged anew.
    pub(super) fn set_out(&mut self, pane: Pane, sorted: &Sorted, filter: Option<&str>) {
        match pane {
            Pane::Accounts => self.accounts.sort = sorted.accounts.unwrap_or(AccountsPane::default().sort),
            Pane::Cards => self.cards.sort = sorted.cards.unwrap_or(CardsPane::default().sort),
            Pane::Transactions => {
                self.transactions.sort = sorted.transactions.unwrap_or(TransactionsPane::default().sort);
            }
            Pane::Cardholders => self.cardholders.sort = sorted.cardholders.unwrap_or(CardholdersPane::default().sort),
            Pane::Webhooks => self.webhooks.sort = sorted.webhooks.unwrap_or_default(),
            Pane::Journal => self.journal.sort = sorted.journal.unwrap_or_default(),
        }
        let (now, zone) = (self.now, self.setup().zone.clone());
        let into = self.filter_of_mut(pane);
        into.clear();
        if let Some(text) = filter {
            into.restore(text, pane.grammar(), now, &zone);
        }
    }

    /// Puts the panes back as they were, before anything was read.
    pub(super) fn restore(&mut self) {
        let Kept { zoomed, sorted, filters } = self.setup().kept.clone();
        for pane in Pane::ALL {
            self.set_out(pane, &sorted, filters.get(&pane).map(String::as_str));
        }
        if let Some(pane) = zoomed.filter(|pane| !pane.is_sheet()) {
            self.focus_on(pane);
            self.zoomed = true;
        }
        let (account, scope) = (self.account().cloned(), self.scope());
        self.accounts.arrange(&self.store);
        self.cards.arrange(&self.store, account.as_ref());
        self.transactions.arrange(&self.store, &scope);
        self.cardholders.arrange(&self.store);
    }
}
