//! How the panes are, taken from the model and given back to it.

use crate::app::model::Model;
use crate::app::pane::Pane;
use crate::app::panes::accounts::AccountsPane;
use crate::app::panes::cardholders::CardholdersPane;
use crate::app::panes::cards::CardsPane;
use crate::app::panes::transactions::TransactionsPane;
use crate::app::sort_columns::Sort;
use crate::app::view_state::{SortState, ViewState};

fn unusual<B: PartialEq>(sort: Sort<B>, usual: Sort<B>) -> Option<Sort<B>> {
    (sort != usual).then_some(sort)
}

impl Model {
    /// How the panes are now, to begin with another time.
    pub fn kept(&self) -> ViewState {
        let filter = |pane: Pane| self.filter_of(pane).kept().map(|text| (pane, text));
        ViewState {
            zoomed: self.zoomed.then(|| self.zoomed_pane()),
            sorted: SortState {
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
    pub(crate) fn set_out(&mut self, pane: Pane, sorted: &SortState, filter: Option<&str>) {
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
    pub(crate) fn restore(&mut self) {
        let ViewState { zoomed, sorted, filters } = self.setup().kept.clone();
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
