//! The columns that each list can be sorted by. Their words stand in settings and saved views.

/// Which column a list is sorted by and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<C> {
    pub by: C,
    /// Against the way the column runs by itself.
    pub turned: bool,
}

/// A column that a list can be sorted by.
pub trait SortColumn: Copy + PartialEq + 'static {
    /// All of them; the first is the usual order of the list.
    const ALL: &'static [Self];
    /// Their words in settings and saved views, in the same order.
    const WORDS: &'static [&'static str];

    /// The usual place of the column that shows it; `None` where none does.
    fn column(self) -> Option<usize>;

    /// Its word in settings and saved views.
    fn word(self) -> &'static str {
        let at = Self::ALL.iter().position(|by| *by == self);
        at.and_then(|at| Self::WORDS.get(at)).copied().unwrap_or_default()
    }

    /// The column of a word.
    fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().position(|known| *known == word).and_then(|at| Self::ALL.get(at)).copied()
    }
}

impl<C: SortColumn> Default for Sort<C> {
    fn default() -> Sort<C> {
        Sort { by: C::ALL[0], turned: false }
    }
}

impl<C: SortColumn> Sort<C> {
    /// By the next column: the usual order, then column by column as they are `shown`, then the usual order again.
    pub fn next(self, shown: Option<&[usize]>) -> Sort<C> {
        let of_column = |at: &usize| C::ALL.iter().copied().find(|by| by.column() == Some(*at));
        let usual = C::ALL[0];
        let chain: Vec<C> = match shown {
            Some(shown) => {
                let others = shown.iter().filter_map(of_column).filter(|by| *by != usual);
                std::iter::once(usual).chain(others).collect()
            }
            None => C::ALL.to_vec(),
        };
        let at = chain.iter().position(|by| *by == self.by).map_or(0, |at| at + 1);
        Sort { by: chain.get(at).copied().unwrap_or(usual), turned: false }
    }

    /// What a click on the name of a column makes of it.
    pub fn by_head(self, by: C) -> Sort<C> {
        let turned = self.by == by && !self.turned;
        Sort { by, turned }
    }
}

/// The words of the variants and the places of their columns: a line each, the usual order first.
macro_rules! columns {
    ($columns:ident { $($variant:ident $word:literal $column:expr;)* }) => {
        impl SortColumn for $columns {
            const ALL: &'static [$columns] = &[$($columns::$variant),*];
            const WORDS: &'static [&'static str] = &[$($word),*];

            fn column(self) -> Option<usize> {
                match self {
                    $($columns::$variant => $column),*
                }
            }
        }
    };
}

/// What the accounts are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountColumn {
    /// As the API lists them.
    Listed,
    Name,
    Status,
    Available,
}

columns!(AccountColumn {
    Listed "listed" None;
    Name "name" Some(0);
    Status "status" Some(1);
    Available "available" Some(2);
});

impl AccountColumn {
    /// What the title says of it; the accounts have no heads of columns.
    pub fn says(self) -> Option<&'static str> {
        match self {
            AccountColumn::Listed => None,
            AccountColumn::Name => Some("by name"),
            AccountColumn::Status => Some("by status"),
            AccountColumn::Available => Some("by available"),
        }
    }
}

/// What the cards are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardColumn {
    /// When they were made, newest first. The API promises no order, and pages of several accounts come in any.
    Made,
    Number,
    Name,
    Holder,
    Balance,
    Status,
}

columns!(CardColumn {
    Made "made" None;
    Number "number" Some(0);
    Name "name" Some(1);
    Holder "holder" Some(2);
    Balance "balance" Some(3);
    Status "status" Some(4);
});

/// What the transactions are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionColumn {
    Time,
    Kind,
    Merchant,
    Amount,
    Status,
    /// By its last four, the rows of one card together; those of none stand last.
    Card,
    Account,
}

columns!(TransactionColumn {
    Time "time" Some(0);
    Kind "kind" Some(1);
    Merchant "merchant" Some(2);
    Amount "amount" Some(3);
    Status "status" Some(4);
    Card "card" Some(5);
    Account "account" Some(6);
});

/// What the people are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardholderColumn {
    Name,
    Email,
    Phone,
    Cards,
    Spent,
    /// The rate of declined purchases, the highest first.
    Declined,
}

// Spend has a column for each currency, so where the last one stands depends on the rows.
columns!(CardholderColumn {
    Name "name" Some(0);
    Email "email" Some(1);
    Phone "phone" Some(2);
    Cards "cards" Some(3);
    Spent "spent" Some(4);
    Declined "declined" None;
});

impl CardholderColumn {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventColumn {
    Time,
    Delivery,
    Event,
    On,
    /// The most first.
    Tries,
    /// By its code; what has none by what went wrong, and what was not answered yet last.
    Answer,
    Entry,
}

columns!(EventColumn {
    Time "time" Some(0);
    Delivery "delivery" Some(1);
    Event "event" Some(2);
    On "on" Some(3);
    Tries "tries" Some(4);
    Answer "answer" Some(5);
    Entry "entry" Some(6);
});

impl EventColumn {
    /// Whether the largest stands first.
    pub fn descends(self) -> bool {
        matches!(self, EventColumn::Time | EventColumn::Tries)
    }
}

/// What the intents are sorted by: a column each, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalColumn {
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

columns!(JournalColumn {
    Asked "asked" Some(0);
    State "state" Some(1);
    Act "act" Some(2);
    Amount "amount" Some(3);
    On "on" Some(4);
    Age "age" Some(5);
    Reference "reference" Some(6);
});

impl JournalColumn {
    /// Whether the largest stands first.
    pub fn descends(self) -> bool {
        matches!(self, JournalColumn::Asked | JournalColumn::Amount | JournalColumn::Age)
    }
}

/// What pane 5 is sorted by: its lines stand where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsightColumn {
    Listed,
}

columns!(InsightColumn {
    Listed "listed" None;
});
