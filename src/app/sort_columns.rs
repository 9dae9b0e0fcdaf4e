//! The columns that each list can be sorted by. Their words in kebab case stand in settings and saved views.

use serde::{Deserialize, Serialize};

/// Which column a list is sorted by and which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort<C> {
    pub by: C,
    /// Against the way the column runs by itself.
    pub turned: bool,
}

impl<C: Copy + PartialEq> Sort<C> {
    /// By the next of all columns, the first one again after the last.
    pub fn next(self, all: &[C]) -> Sort<C> {
        let at = all.iter().position(|by| *by == self.by).map_or(0, |at| at + 1);
        Sort { by: all.get(at).or(all.first()).copied().unwrap_or(self.by), turned: false }
    }

    /// What a click on the name of a column makes of it.
    pub fn by_head(self, by: C) -> Sort<C> {
        let turned = self.by == by && !self.turned;
        Sort { by, turned }
    }
}

/// What the accounts are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountColumn {
    /// As the API lists them.
    Listed,
    Name,
    Status,
    Available,
}

impl AccountColumn {
    pub const ALL: [AccountColumn; 4] =
        [AccountColumn::Listed, AccountColumn::Name, AccountColumn::Status, AccountColumn::Available];

    /// What the title says of it; the accounts have no heads of columns.
    pub fn word(self) -> Option<&'static str> {
        match self {
            AccountColumn::Listed => None,
            AccountColumn::Name => Some("by name"),
            AccountColumn::Status => Some("by status"),
            AccountColumn::Available => Some("by available"),
        }
    }
}

/// What the cards are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardColumn {
    /// When they were made, newest first. The API promises no order, and pages of several accounts come in any.
    Made,
    Number,
    Name,
    Holder,
    Balance,
    Status,
}

impl CardColumn {
    pub const ALL: [CardColumn; 6] = [
        CardColumn::Made,
        CardColumn::Number,
        CardColumn::Name,
        CardColumn::Holder,
        CardColumn::Balance,
        CardColumn::Status,
    ];

    /// The column that shows it.
    pub fn column(self) -> Option<usize> {
        match self {
            CardColumn::Made => None,
            CardColumn::Number => Some(0),
            CardColumn::Name => Some(1),
            CardColumn::Holder => Some(2),
            CardColumn::Balance => Some(3),
            CardColumn::Status => Some(4),
        }
    }
}

/// What the transactions are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransactionColumn {
    Time,
    Kind,
    Merchant,
    Amount,
    Status,
    /// TransactionColumn its last four, the rows of one card together; those of none stand last.
    Card,
    Account,
}

impl TransactionColumn {
    pub const ALL: [TransactionColumn; 7] = [
        TransactionColumn::Time,
        TransactionColumn::Kind,
        TransactionColumn::Merchant,
        TransactionColumn::Amount,
        TransactionColumn::Status,
        TransactionColumn::Card,
        TransactionColumn::Account,
    ];

    pub fn column(self) -> usize {
        match self {
            TransactionColumn::Time => 0,
            TransactionColumn::Kind => 1,
            TransactionColumn::Merchant => 2,
            TransactionColumn::Amount => 3,
            TransactionColumn::Status => 4,
            TransactionColumn::Card => 5,
            TransactionColumn::Account => 6,
        }
    }
}

/// What the people are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardholderColumn {
    Name,
    Email,
    Phone,
    Cards,
    Spent,
    /// The rate of declined purchases, the highest first.
    Declined,
}

impl CardholderColumn {
    pub const ALL: [CardholderColumn; 6] = [
        CardholderColumn::Name,
        CardholderColumn::Email,
        CardholderColumn::Phone,
        CardholderColumn::Cards,
        CardholderColumn::Spent,
        CardholderColumn::Declined,
    ];

    /// Whether everybody's figures are needed.
    pub fn of_figures(self) -> bool {
        matches!(self, CardholderColumn::Spent | CardholderColumn::Declined)
    }

    /// Whether it is about somebody's cards.
    pub fn of_cards(self) -> bool {
        self.of_figures() || self == CardholderColumn::Cards
    }
}

/// What the log is sorted by: a column each, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventColumn {
    #[default]
    Time,
    Delivery,
    Event,
    On,
    /// The most first.
    Tries,
    /// EventColumn its code; what has none by what went wrong, and what was not answered yet last.
    Answer,
    Entry,
}

impl EventColumn {
    pub const ALL: [EventColumn; 7] = [
        EventColumn::Time,
        EventColumn::Delivery,
        EventColumn::Event,
        EventColumn::On,
        EventColumn::Tries,
        EventColumn::Answer,
        EventColumn::Entry,
    ];

    /// Whether the largest stands first.
    pub fn descends(self) -> bool {
        matches!(self, EventColumn::Time | EventColumn::Tries)
    }
}

/// What the intents are sorted by: a column each, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalColumn {
    #[default]
    Asked,
    State,
    Act,
    /// The largest first, each currency by itself.
    Amount,
    On,
    /// Of what is not over, what waits longest first.
    Age,
    Reference,
}

impl JournalColumn {
    pub const ALL: [JournalColumn; 7] = [
        JournalColumn::Asked,
        JournalColumn::State,
        JournalColumn::Act,
        JournalColumn::Amount,
        JournalColumn::On,
        JournalColumn::Age,
        JournalColumn::Reference,
    ];

    /// Whether the largest stands first.
    pub fn descends(self) -> bool {
        matches!(self, JournalColumn::Asked | JournalColumn::Amount | JournalColumn::Age)
    }
}
