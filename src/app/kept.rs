//! How the panes are, as far as it outlives the program: their order, their filters, and the one that is zoomed.
//!
//! A value that others write and read again. Does not know where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::model::Model;
use super::panes::Pane;
use super::panes::accounts::{self, AccountsPane};
use super::panes::cardholders::{self, CardholdersPane};
use super::panes::cards::{self, CardsPane};
use super::panes::order::Sort;
use super::panes::transactions::{self, TransactionsPane};

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
            },
            filters: Pane::ALL.into_iter().filter_map(filter).collect(),
        }
    }

    /// Puts the panes back as they were, before anything was read.
    pub(super) fn restore(&mut self) {
        let Kept { zoomed, sorted, filters } = self.setup().kept.clone();
        self.accounts.sort = sorted.accounts.unwrap_or(self.accounts.sort);
        self.cards.sort = sorted.cards.unwrap_or(self.cards.sort);
        self.transactions.sort = sorted.transactions.unwrap_or(self.transactions.sort);
        self.cardholders.sort = sorted.cardholders.unwrap_or(self.cardholders.sort);
        let (now, zone) = (self.now, self.setup().zone.clone());
        for (pane, text) in filters {
            self.filter_of_mut(pane).restore(&text, pane.grammar(), now, &zone);
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
