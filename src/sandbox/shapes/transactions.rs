//! The rows of both feeds as JSON.

use serde::Serialize;

use super::{Code, Plain, Two};
use crate::sandbox::clock::Time;
use crate::sandbox::demo::MERCHANTS;
use crate::sandbox::ids::Id;
use crate::sandbox::ledger::{Ledger, NONE, TxStatus};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardTxItem<'a> {
    id: Id,
    card_uuid: Id,
    account_uuid: Id,
    amount: Two,
    currency: Code,
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_category: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mcc: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_country: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_amount: Option<Two>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement_amount: Option<Two>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement_currency: Option<Code>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    created_at: Time,
    updated_at: Time,
}

/// A row of the card feed; list, detail and the payload of `card_transaction` are the same.
pub fn card_tx(ledger: &Ledger, at: u32) -> CardTxItem<'_> {
    let row = &ledger.card_txs[at as usize];
    let merchant = MERCHANTS.get(row.merchant as usize);
    let currency = Code(ledger.currency_of(row.card));
    let settled = row.status == TxStatus::Completed;
    CardTxItem {
        id: ledger.card_tx_id(at),
        card_uuid: ledger.card_id(row.card),
        account_uuid: ledger.account_id(ledger.cards[row.card as usize].account),
        amount: Plain(row.amount),
        currency,
        kind: row.kind.word(),
        status: row.status.word(),
        merchant_name: merchant.map(|merchant| merchant.name),
        merchant_category: merchant.map(|merchant| merchant.mcc),
        mcc: merchant.map(|merchant| merchant.mcc),
        merchant_country: merchant.map(|merchant| merchant.country),
        fee_amount: (!row.fee.is_zero()).then_some(Plain(row.fee)),
        settlement_amount: settled.then_some(Plain(row.amount)),
        settlement_currency: settled.then_some(currency),
        decline_reason: row.decline.map(|cause| cause.words()),
        parent_id: (row.parent != NONE).then(|| ledger.card_tx_id(row.parent)),
        related_id: if row.parent != NONE {
            Some(ledger.card_tx_id(row.parent))
        } else {
            (row.related != NONE).then(|| ledger.account_tx_id(row.related))
        },
        description: row.description.as_deref(),
        created_at: Time(row.created),
        updated_at: Time(row.updated),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountTxItem<'a> {
    id: Id,
    account_uuid: Id,
    amount: Two,
    currency: Code,
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    /// Not `cardUuid`: by that key receivers tell card rows from account rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    related_card_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterparty_account_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    created_at: Time,
    updated_at: Time,
}

/// A row of the account feed; list, detail and the payload of `account_transaction` are the same.
pub fn account_tx(ledger: &Ledger, at: u32) -> AccountTxItem<'_> {
    let row = &ledger.account_txs[at as usize];
    AccountTxItem {
        id: ledger.account_tx_id(at),
        account_uuid: ledger.account_id(row.account),
        amount: Plain(row.amount),
        currency: Code(ledger.accounts[row.account as usize].currency),
        kind: row.kind.word(),
        status: row.status.word(),
        related_card_id: (row.card != NONE).then(|| ledger.card_id(row.card)),
        counterparty_account_id: (row.other != NONE).then(|| ledger.account_id(row.other)),
        related_id: if row.other != NONE {
            (row.related != NONE).then(|| ledger.account_tx_id(row.related))
        } else {
            (row.related != NONE && (row.related as usize) < ledger.card_txs.len())
                .then(|| ledger.card_tx_id(row.related))
        },
        description: row.description.as_deref(),
        created_at: Time(row.created),
        updated_at: Time(row.updated),
    }
}

/// A crypto top-up of an account: only ever told by webhook.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopUp {
    id: Id,
    account_uuid: Id,
    currency: &'static str,
    amount: Two,
    status: &'static str,
    settlement_amount: Two,
    settlement_currency: Code,
    created_at: Time,
    updated_at: Time,
}

pub fn top_up(ledger: &Ledger, at: u32) -> TopUp {
    let row = &ledger.account_txs[at as usize];
    TopUp {
        id: ledger.account_tx_id(at),
        account_uuid: ledger.account_id(row.account),
        currency: "USDTTRC20",
        amount: Plain(row.amount),
        status: "completed",
        settlement_amount: Plain(row.amount),
        settlement_currency: Code(ledger.accounts[row.account as usize].currency),
        created_at: Time(row.created),
        updated_at: Time(row.updated),
    }
}
