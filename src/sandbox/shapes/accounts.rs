//! Accounts as JSON.

use serde::Serialize;

use super::{Code, Nine, Plain, Two, types};
use crate::sandbox::clock::Time;
use crate::sandbox::demo::BINS;
use crate::sandbox::ids::{Id, Kind};
use crate::sandbox::ledger::Ledger;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountItem<'a> {
    id: Id,
    name: &'a str,
    balance: Nine,
    holded_balance: Nine,
    available_balance: Nine,
    currency: Code,
    status: &'static str,
    cards: usize,
    allowed_card_types: &'static [&'static str],
    is_transfer_allowed: bool,
    created_at: Time,
    updated_at: Time,
}

pub fn account(ledger: &Ledger, at: u32) -> AccountItem<'_> {
    let account = &ledger.accounts[at as usize];
    AccountItem {
        id: ledger.account_id(at),
        name: &account.name,
        balance: Plain(account.purse.total),
        holded_balance: Plain(account.purse.held),
        available_balance: Plain(account.purse.available()),
        currency: Code(account.currency),
        status: "active",
        cards: account.living,
        allowed_card_types: types(account.physical),
        is_transfer_allowed: account.transfers,
        created_at: Time(account.created),
        updated_at: Time(account.updated),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountDetails<'a> {
    #[serde(flatten)]
    item: AccountItem<'a>,
    is_used_card_balance: bool,
    fees: Fees,
    bin_list: Vec<BinItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fees {
    card_transactions: Fee,
    card_issuing: Fee,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Fee {
    Percent { percent: String },
    Amount { amount: Two, currency: Code },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BinItem {
    card_provider_bin_id: Id,
    bin: &'static str,
    card_network: &'static str,
    issuer_country: &'static str,
    card_tokenizations: &'static [&'static str],
    category_ids: [Id; 1],
    tags: &'static [&'static str],
}

/// The id a BIN is asked for by.
pub fn bin_id(ledger: &Ledger, bin: u8) -> Id {
    ledger.other_id(Kind::Bin, u32::from(bin))
}

/// The id of the category a BIN is in.
pub fn category_id(ledger: &Ledger, bin: u8) -> Id {
    ledger.other_id(Kind::Category, BINS[bin as usize].category)
}

pub fn account_details(ledger: &Ledger, at: u32) -> AccountDetails<'_> {
    let account = &ledger.accounts[at as usize];
    let bin = |bin: &u8| {
        let known = &BINS[*bin as usize];
        BinItem {
            card_provider_bin_id: bin_id(ledger, *bin),
            bin: known.digits,
            card_network: known.network,
            issuer_country: known.country,
            card_tokenizations: known.tokenizations,
            category_ids: [category_id(ledger, *bin)],
            tags: known.tags,
        }
    };
    AccountDetails {
        item: self::account(ledger, at),
        is_used_card_balance: true,
        fees: Fees {
            card_transactions: Fee::Percent { percent: account.purchase_fee.to_string() },
            card_issuing: Fee::Amount { amount: Plain(account.issuing_fee), currency: Code(account.currency) },
        },
        bin_list: account.bins.iter().map(bin).collect(),
    }
}

/// Not `holdedBalance` here: the documents have it both ways.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    balance: Nine,
    held_balance: Nine,
    available_balance: Nine,
    cards: usize,
    currency: Code,
}

pub fn balance(ledger: &Ledger, at: u32) -> Balance {
    let account = &ledger.accounts[at as usize];
    Balance {
        balance: Plain(account.purse.total),
        held_balance: Plain(account.purse.held),
        available_balance: Plain(account.purse.available()),
        cards: account.living,
        currency: Code(account.currency),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Restrictions {
    max_cards: usize,
    current_cards: usize,
    allowed_card_types: &'static [&'static str],
    restrictions: [(); 0],
}

pub fn restrictions(ledger: &Ledger, at: u32) -> Restrictions {
    let account = &ledger.accounts[at as usize];
    Restrictions {
        max_cards: account.living.max(500) * 2,
        current_cards: account.living,
        allowed_card_types: types(account.physical),
        restrictions: [],
    }
}

#[derive(Serialize)]
pub struct Destination<'a> {
    id: Id,
    name: &'a str,
    currency: Code,
}

pub fn destination(ledger: &Ledger, at: u32) -> Destination<'_> {
    let account = &ledger.accounts[at as usize];
    Destination { id: ledger.account_id(at), name: &account.name, currency: Code(account.currency) }
}
