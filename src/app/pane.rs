//! The panes by their names and numbers, and the one table of them.
//!
//! A new pane is a file in `panes/` and a line in [`pane_table`]: the enum below, the state of all panes
//! (`panes/table.rs`) and everything that goes through all of them follow.

use serde::{Deserialize, Serialize};

use super::sort_columns::{
    AccountColumn, CardColumn, CardholderColumn, EventColumn, InsightColumn, JournalColumn, SortColumn,
    TransactionColumn,
};

/// Hands every pane to a macro, in the order of their numbers: name, the module of `panes` and the type of its state,
/// what it can be sorted by and what its filter can ask, number, title, the lines above its first row, whether rows can
/// be marked, and what `Enter` leads to.
macro_rules! pane_table {
    ($make:ident) => {
        $make! {
            Accounts accounts: AccountsPane, AccountColumn, ACCOUNTS, 1 "Accounts", 1, false, "cards";
            Cards cards: CardsPane, CardColumn, CARDS, 2 "Cards", 2, true, "transactions";
            Transactions transactions: TransactionsPane, TransactionColumn, TRANSACTIONS, 3 "Transactions", 2, false, "details";
            Cardholders cardholders: CardholdersPane, CardholderColumn, CARDHOLDERS, 4 "Cardholders", 2, false, "cards";
            Insights insights: InsightsPane, InsightColumn, INSIGHTS, 5 "Insights", 1, false, "rows";
            Webhooks webhooks: WebhooksPane, EventColumn, WEBHOOKS, 6 "Webhooks", 6, false, "payload";
            Journal journal: JournalPane, JournalColumn, JOURNAL, 7 "Journal", 2, true, "evidence";
        }
    };
}
pub(crate) use pane_table;

macro_rules! define {
    ($($pane:ident $module:ident: $state:ident, $column:ident, $grammar:ident, $number:literal $title:literal, $head:literal,
        $marks:literal, $enters:literal;)*) => {
        /// The panes, by their number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Pane {
            $($pane),*
        }

        impl Pane {
            /// All of them, by their number.
            pub const ALL: [Pane; [$($number),*].len()] = [$(Pane::$pane),*];

            /// Its key, which stands before its title.
            pub fn number(self) -> usize {
                match self { $(Pane::$pane => $number),* }
            }

            pub fn title(self) -> &'static str {
                match self { $(Pane::$pane => $title),* }
            }

            /// Lines of the pane above its first row: the border, and the names of its columns where it has some.
            pub fn head(self) -> u16 {
                match self { $(Pane::$pane => $head),* }
            }

            /// Whether its rows can be marked.
            pub fn can_mark(self) -> bool {
                match self { $(Pane::$pane => $marks),* }
            }

            /// What `Enter` leads to from its rows, in the word of the footer.
            pub fn enters(self) -> &'static str {
                match self { $(Pane::$pane => $enters),* }
            }

            /// The words of the columns that it can be sorted by, the usual order first.
            pub fn columns(self) -> &'static [&'static str] {
                match self { $(Pane::$pane => <$column as SortColumn>::WORDS),* }
            }
        }
    };
}
pane_table!(define);

impl Pane {
    /// Those that stand on the screen together.
    pub const TOGETHER: [Pane; 3] = [Pane::Accounts, Pane::Cards, Pane::Transactions];

    /// Whether it has the whole body to itself.
    pub fn is_sheet(self) -> bool {
        !Pane::TOGETHER.contains(&self)
    }

    /// The next of those that stand together; a sheet has none.
    pub fn next(self) -> Pane {
        self.aside(1)
    }

    pub fn previous(self) -> Pane {
        self.aside(Pane::TOGETHER.len() - 1)
    }

    fn aside(self, by: usize) -> Pane {
        let at = Pane::TOGETHER.iter().position(|pane| *pane == self);
        at.map_or(self, |at| Pane::TOGETHER[(at + by) % Pane::TOGETHER.len()])
    }
}
