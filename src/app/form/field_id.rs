//! The fields of all forms by their names, so that what a dialog reads is a field that some form has.

/// A field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldId {
    Account,
    /// Whether webhooks are delivered.
    Active,
    Address,
    /// A number or an amount, typed once more.
    Again,
    Amount,
    Bin,
    /// How many, or the number that confirms.
    Count,
    Currency,
    Description,
    /// Freeze or unfreeze.
    Do,
    /// What became of an action.
    Done,
    Email,
    /// Where a series starts.
    First,
    Holder,
    HolderFirst,
    HolderLast,
    HolderEmail,
    HolderPhone,
    HolderId,
    /// Where a credential is kept.
    Keep,
    /// Of a card.
    Kind,
    /// All events or some.
    Kinds,
    CardTransactions,
    AccountTransactions,
    AccountTopUps,
    CardStates,
    LastFour,
    TransactionLimit,
    DailyLimit,
    WeeklyLimit,
    MonthlyLimit,
    YearLimit,
    LifetimeLimit,
    Name,
    Password,
    Profile,
    Secret,
    /// The balance that each card is brought to.
    Target,
    To,
    Token,
    Url,
    /// How the amount is meant, or how one logs in.
    Way,
    /// The word that confirms.
    Word,
    /// What somebody compared.
    Words,
}
