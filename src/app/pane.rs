//! The panes by their names and numbers.

use serde::{Deserialize, Serialize};

/// The panes, by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pane {
    Accounts,
    Cards,
    Transactions,
    Cardholders,
    Webhooks,
    Journal,
}

impl Pane {
    /// Those that stand on the screen together.
    pub const TOGETHER: [Pane; 3] = [Pane::Accounts, Pane::Cards, Pane::Transactions];

    pub const ALL: [Pane; 6] =
        [Pane::Accounts, Pane::Cards, Pane::Transactions, Pane::Cardholders, Pane::Webhooks, Pane::Journal];

    /// Whether it has the whole body to itself.
    pub fn is_sheet(self) -> bool {
        !Pane::TOGETHER.contains(&self)
    }

    pub fn number(self) -> usize {
        match self {
            Pane::Accounts => 1,
            Pane::Cards => 2,
            Pane::Transactions => 3,
            Pane::Cardholders => 4,
            Pane::Webhooks => 6,
            Pane::Journal => 7,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Pane::Accounts => "Accounts",
            Pane::Cards => "Cards",
            Pane::Transactions => "Transactions",
            Pane::Cardholders => "Cardholders",
            Pane::Webhooks => "Webhooks",
            Pane::Journal => "Journal",
        }
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
