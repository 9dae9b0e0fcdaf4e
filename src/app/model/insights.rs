//! From a line of pane 5 to the rows behind it, and back.

use crate::app::model::Model;
use crate::app::pane::Pane;
use crate::domain::ids::AccountId;

/// What was chosen before a line led to its rows: `Esc` brings it back.
#[derive(Clone, Debug)]
pub(super) struct Before {
    account: Option<AccountId>,
    filter: String,
    pane: Pane,
}

impl Model {
    /// Whether a line of pane 5 led to the focused pane.
    pub(crate) fn is_from_insights(&self) -> bool {
        self.entered.last() == Some(&(Pane::Insights, self.focus))
    }

    /// Shows the transactions of all accounts that a filter leaves.
    pub(crate) fn show_rows_of(&mut self, filter: &str) {
        let account = self.account().cloned();
        let typed = self.panes.transactions.list.filter.typed().to_owned();
        let before = Before { account, filter: typed, pane: self.before };
        self.show_all_cards();
        if self.panes.transactions.card.take().is_some() {
            self.follow_scope();
        }
        if before.account.is_some() {
            self.choose_account(None);
            self.focus_on(Pane::Insights);
        }
        // Whoever went back by the key of the pane began from what was there before that.
        self.before_rows.get_or_insert(before);
        self.entered.retain(|led| *led != (Pane::Insights, Pane::Transactions));
        self.enter(Pane::Transactions);
        self.filter_by(filter);
    }

    /// Comes back to the line, with what was chosen before.
    pub(crate) fn leave_rows(&mut self) {
        self.take_back_enter();
        if self.panes.transactions.card.take().is_some() {
            self.follow_scope();
        }
        let before = self.before_rows.take();
        if before.is_some() {
            self.drop_filter();
        }
        if let Some(account) = before.as_ref().and_then(|before| before.account.as_ref()) {
            self.choose_account(Some(account));
        }
        if let Some(before) = &before {
            if !before.filter.is_empty() {
                self.focus_on(Pane::Transactions);
                self.filter_by(&before.filter);
            }
            self.focus_on(before.pane);
        }
        self.focus_on(Pane::Insights);
    }
}
