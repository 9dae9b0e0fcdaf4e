//! Accounts: the balance containers that cards are paid from. API sheet section 2.

use chrono::{DateTime, Utc};

use super::field::Field;
use super::ids::{AccountId, BinCategoryId, BinId};
use super::money::{Currency, Money};
use super::open_enum::open_words;
use super::restrictions::Restrictions;
use super::text::SafeText;

open_words! {
    /// What an account may do now.
    AccountStatus {
        Active = "active",
        Inactive = "inactive",
        Creating = "creating",
        CreatingFailed = "creating_failed",
        ActiveChanging = "active_changing",
        ActiveChangingFailed = "active_changing_failed",
        Activating = "activating",
        ActivatingFailed = "activating_failed",
    }
}

open_words! {
    /// Plastic or not.
    CardKind { Virtual = "virtual", Physical = "physical" }
}

open_words! {
    /// The scheme a card runs on.
    Network {
        Visa = "visa",
        Mastercard = "mastercard",
        Amex = "amex",
        Jcb = "jcb",
        Diners = "dci",
        UnionPay = "unionpay" | "upi",
        Mir = "mir",
        Discover = "discover",
        Redcompra = "redcompra",
        Elo = "elo",
        Hipercard = "hipercard",
    }
}

open_words! {
    /// A wallet that a card can be put into.
    Wallet { ApplePay = "apple_pay" | "apple pay", GooglePay = "google_pay" | "google pay" }
}

/// An account as the list gives it. Balances are in the account's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub name: SafeText,
    pub currency: Option<Currency>,
    /// All money in the account, held money included.
    pub balance: Field<Money>,
    /// Money held for open authorizations (`holdedBalance`, `heldBalance`).
    pub held: Field<Money>,
    /// What can be spent or moved now.
    pub available: Field<Money>,
    pub status: AccountStatus,
    /// How many cards it has, as the API counts them.
    pub cards: Option<u64>,
    pub card_kinds: Vec<CardKind>,
    /// Whether money may be moved between it and another account; `None` when the API does not say.
    pub transfer_allowed: Option<bool>,
    pub created_at: Field<DateTime<Utc>>,
    pub updated_at: Field<DateTime<Utc>>,
}

/// What the details of an account add to the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountDetail {
    pub account: Account,
    /// `false`: cards share the account's balance, and top up and withdraw do not apply.
    pub cards_hold_balance: Option<bool>,
    pub fees: Fees,
    pub bins: Vec<Bin>,
    /// What the provider allows; `None` until it was read, and where the API does not tell it.
    pub restrictions: Option<Restrictions>,
}

/// What the platform charges on an account. A fee that is not stated is `Absent`, not zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    pub card_transactions: Field<Fee>,
    pub card_issuing: Field<Fee>,
    pub top_ups_allocation: Field<Fee>,
}

/// One fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fee {
    /// Percent of the amount: `1.5` is 1.5 %.
    Percent(rust_decimal::Decimal),
    /// A fixed amount each time.
    Amount(Money),
}

/// A BIN that cards of an account can be issued on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bin {
    pub id: BinId,
    /// The leading digits of the card number, six to eight.
    pub number: SafeText,
    pub network: Option<Network>,
    /// ISO 3166 alpha-2.
    pub country: Option<SafeText>,
    pub wallets: Vec<Wallet>,
    pub categories: Vec<BinCategoryId>,
    pub tags: Vec<SafeText>,
}

/// The balances alone, as `GET …/balance` gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balances {
    pub balance: Field<Money>,
    pub held: Field<Money>,
    pub available: Field<Money>,
    pub cards: Option<u64>,
    pub currency: Option<Currency>,
}

/// An account that money may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    pub id: AccountId,
    pub name: SafeText,
    pub currency: Option<Currency>,
}
