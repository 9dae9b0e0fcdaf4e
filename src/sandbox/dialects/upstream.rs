//! The provider behind the platform, in the shapes its public client library reads: nested objects, `holder`
//! as a name, nulls, settlement amounts.

use super::json::NULL;
use super::{Json, Thing, object};
use crate::sandbox::ledger::Ledger;
use crate::sandbox::shapes;

const ACCOUNT: &[&str] = &[
    "id",
    "name",
    "balance",
    "holdedBalance",
    "availableBalance",
    "allowedCardTypes",
    "cards",
    "currency",
    "status",
    "isTransferAllowed",
    "createdAt",
    "updatedAt",
    "deletedAt",
];
const ACCOUNT_DETAILS: &[&str] = &[
    "id",
    "name",
    "balance",
    "holdedBalance",
    "availableBalance",
    "isUsedCardBalance",
    "allowedCardTypes",
    "cards",
    "currency",
    "status",
    "isTransferAllowed",
    "createdAt",
    "updatedAt",
    "fees",
    "deletedAt",
    "binList",
];
const CARD_ITEM: &[&str] = &[
    "cardId",
    "name",
    "currency",
    "availableBalance",
    "holder",
    "cardType",
    "maskedNumber",
    "paymentSystem",
    "expiredAt",
    "cardStatus",
];
const CARD: &[&str] = &[
    "cardId",
    "name",
    "availableBalance",
    "spendedBalance",
    "currency",
    "holder",
    "cardTokenizations",
    "maskedNumber",
    "paymentSystem",
    "cardType",
    "expiredAt",
    "status",
    "limits",
    "cardOwner",
    "createdAt",
    "updatedAt",
    "deletedAt",
];
const OWNER: &[&str] = &["cardOwnerId", "firstName", "lastName", "email", "phone"];
const CARD_TX: &[&str] = &[
    "id",
    "cardId",
    "accountId",
    "amount",
    "currency",
    "feeAmount",
    "feeCurrency",
    "settlementAmount",
    "settlementCurrency",
    "status",
    "type",
    "authorizedBy",
    "merchantName",
    "merchantCountry",
    "rrn",
    "authorizationCode",
    "declineReason",
    "mcc",
    "parentId",
    "transactionAt",
    "createdAt",
];
const ACCOUNT_TX: &[&str] =
    &["id", "accountId", "settlementAmount", "settlementCurrency", "status", "type", "createdAt"];

pub fn view(ledger: &Ledger, thing: Thing, mut rich: Json) -> Json {
    match thing {
        Thing::Account(_) => rich.all(ACCOUNT),
        Thing::AccountDetails(_) => {
            for fee in ["cardTransactions", "cardIssuing"] {
                inherited(&mut rich, fee);
            }
            rich.all(ACCOUNT_DETAILS)
        }
        Thing::Holder(at) | Thing::NewHolder(at) => {
            // Every third person has an address.
            if at.is_multiple_of(3) {
                rich.set("address", address(at));
            }
            rich
        }
        Thing::CardItem(at) | Thing::HeldCard(at) => card_item(ledger, at),
        Thing::Card(at) => {
            let account = ledger.cards[at as usize].account;
            object([("account", account_ref(ledger, account, "id", "name")), ("card", card(ledger, at, rich))])
        }
        Thing::NewCard(_) => object([("id", rich.take("id"))]),
        Thing::CardTx(_) => card_tx(rich).all(CARD_TX),
        Thing::CardTxDetails(at) => card_tx_details(ledger, at, card_tx(rich)),
        Thing::AccountTx(at) => account_tx(ledger, at, rich).all(ACCOUNT_TX),
        Thing::AccountTxDetails(at) => account_tx_details(ledger, at, rich),
        Thing::Balance(_) | Thing::Restrictions(_) | Thing::Destination(_) | Thing::Sensitive(_) | Thing::TopUp(_) => {
            rich
        }
    }
}

/// A fee says whether it is the company's own.
fn inherited(details: &mut Json, fee: &str) {
    if let Json::Object(fields) = details
        && let Some((_, Json::Object(fees))) = fields.iter_mut().find(|(key, _)| key == "fees")
        && let Some((_, fee)) = fees.iter_mut().find(|(key, _)| key == fee)
    {
        fee.set("inherited", true.into());
    }
}

pub fn address(at: u32) -> Json {
    object([
        ("postalCode", Json::Text(format!("{:05}", 10_000 + u64::from(at) * 17 % 89_999))),
        ("city", "Tallinn".into()),
        ("addressLine1", Json::Text(format!("Harbour Street {}", at % 90 + 1))),
        ("addressLine2", NULL),
    ])
}

fn account_ref(ledger: &Ledger, account: u32, id: &'static str, name: &'static str) -> Json {
    let shown = &ledger.accounts[account as usize].name;
    object([(id, Json::Text(ledger.account_id(account).to_string())), (name, Json::Text(shown.clone()))])
}

/// A card in a list. One in seven has no mask here, and shows it in its details.
pub fn card_item(ledger: &Ledger, at: u32) -> Json {
    let mut item = Thing::CardItem(at).rich(ledger, 0);
    item.rename("status", "cardStatus");
    item.rename("cardNetwork", "paymentSystem");
    item.rename("cardHolder", "holder");
    item.set("expiredAt", expired_at(ledger, at));
    if at % 7 == 3 {
        item.set("maskedNumber", NULL);
    }
    item.all(CARD_ITEM)
}

/// `12.2027`.
fn expired_at(ledger: &Ledger, at: u32) -> Json {
    match shapes::shown_expiry(ledger, at) {
        Some((month, year)) => Json::Text(format!("{month:02}.{year}")),
        None => NULL,
    }
}

fn card(ledger: &Ledger, at: u32, mut rich: Json) -> Json {
    rich.rename("id", "cardId");
    rich.rename("cardNetwork", "paymentSystem");
    rich.rename("cardHolder", "holder");
    rich.set("expiredAt", expired_at(ledger, at));
    let owner = rich.take("cardOwner").all(OWNER);
    rich.set("cardOwner", owner);
    rich.all(CARD)
}

/// The fields of a row of the card feed; also of the older documents.
pub fn card_tx(mut rich: Json) -> Json {
    rich.rename("cardUuid", "cardId");
    rich.rename("accountUuid", "accountId");
    let of = |rich: &Json, key: &str| rich.get(key).cloned().unwrap_or(NULL);
    if rich.get("feeAmount").is_some() {
        rich.set("feeCurrency", of(&rich, "currency"));
    }
    // Never null in the library: what is not settled yet is said to be what was asked.
    if rich.get("settlementAmount").is_none() {
        rich.set("settlementAmount", of(&rich, "amount"));
        rich.set("settlementCurrency", of(&rich, "currency"));
    }
    rich.set("authorizedBy", "card".into());
    rich.set("transactionAt", of(&rich, "createdAt"));
    rich
}

fn card_tx_details(ledger: &Ledger, at: u32, mut row: Json) -> Json {
    let card = ledger.card_txs[at as usize].card;
    let mut shown = Thing::CardItem(card).rich(ledger, 0);
    let card_ref =
        object([("id", shown.take("id")), ("maskedNumber", shown.take("maskedNumber")), ("name", shown.take("name"))]);
    let mut details = row.clone().all(&[
        "merchantName",
        "merchantCountry",
        "mcc",
        "type",
        "rrn",
        "authorizationCode",
        "authorizedBy",
        "declineReason",
        "transactionAt",
    ]);
    details.set("card", card_ref);
    let account = ledger.cards[card as usize].account;
    row.set("account", account_ref(ledger, account, "accountId", "accountName"));
    row.set("transactionDetails", details);
    row.all(&[
        "id",
        "account",
        "amount",
        "currency",
        "feeAmount",
        "feeCurrency",
        "settlementAmount",
        "settlementCurrency",
        "description",
        "parentId",
        "status",
        "createdAt",
        "updatedAt",
        "transactionDetails",
    ])
}

/// The fields of a row of the account feed.
pub fn account_tx(ledger: &Ledger, at: u32, mut rich: Json) -> Json {
    rich.rename("accountUuid", "accountId");
    let amount = rich.get("amount").cloned().unwrap_or(NULL);
    rich.set("settlementAmount", amount);
    let currency = ledger.accounts[ledger.account_txs[at as usize].account as usize].currency;
    rich.set("settlementCurrency", currency.as_str().into());
    rich
}

fn account_tx_details(ledger: &Ledger, at: u32, rich: Json) -> Json {
    let mut row = account_tx(ledger, at, rich);
    let account = ledger.account_txs[at as usize].account;
    let details = object([
        ("sourceAccountId", Json::Text(ledger.account_id(account).to_string())),
        ("type", row.take("type")),
        ("transactionAt", row.get("createdAt").cloned().unwrap_or(NULL)),
    ]);
    row.set("account", account_ref(ledger, account, "accountId", "accountName"));
    row.set("transactionDetails", details);
    row.all(&[
        "id",
        "account",
        "amount",
        "currency",
        "feeAmount",
        "feeCurrency",
        "settlementAmount",
        "settlementCurrency",
        "description",
        "status",
        "createdAt",
        "updatedAt",
        "transactionDetails",
    ])
}
