//! The older documents: the provider's names for most fields, flat, with wallets and instruments in the words
//! that are shown, networks and tokenizations as names for people.

use super::json::NULL;
use super::{Json, Thing, object, upstream};
use crate::sandbox::ledger::Ledger;

const CARD: &[&str] = &[
    "cardId",
    "accountId",
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
];
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
    "merchantName",
    "merchantCountry",
    "mcc",
    "declineReason",
    "description",
    "createdAt",
    "updatedAt",
];
const ACCOUNT_TX: &[&str] =
    &["id", "accountId", "amount", "currency", "status", "type", "description", "createdAt", "updatedAt"];

pub fn view(ledger: &Ledger, thing: Thing, mut rich: Json) -> Json {
    match thing {
        Thing::AccountDetails(_) => {
            let mut details = upstream::view(ledger, thing, rich);
            details.take("deletedAt");
            if let Json::List(bins) = details.take("binList") {
                details.set("binList", Json::List(bins.into_iter().map(bin).collect()));
            }
            details
        }
        Thing::Holder(_) | Thing::NewHolder(_) | Thing::NewCard(_) => upstream::view(ledger, thing, rich),
        Thing::CardItem(_) | Thing::HeldCard(_) => named(upstream::view(ledger, thing, rich)),
        Thing::Card(at) => {
            let account = ledger.cards[at as usize].account;
            let mut card = upstream::view(ledger, thing, rich).take("card");
            card.set("accountId", Json::Text(ledger.account_id(account).to_string()));
            named(card).all(CARD)
        }
        Thing::CardTx(_) | Thing::CardTxDetails(_) => upstream::card_tx(rich).all(CARD_TX),
        Thing::AccountTx(_) | Thing::AccountTxDetails(_) => {
            rich.rename("accountUuid", "accountId");
            rich.all(ACCOUNT_TX)
        }
        Thing::Account(_)
        | Thing::Balance(_)
        | Thing::Restrictions(_)
        | Thing::Destination(_)
        | Thing::Sensitive(_)
        | Thing::TopUp(_) => rich,
    }
}

/// `Mastercard`.
fn capitalized(word: &Json) -> Json {
    match word.text().and_then(|word| Some((word.get(..1)?, word.get(1..)?))) {
        Some((first, rest)) => Json::Text(format!("{}{rest}", first.to_uppercase())),
        None => NULL,
    }
}

/// `Apple pay`.
fn spoken(word: Json) -> Json {
    match word.text() {
        Some(text) => capitalized(&Json::Text(text.replace('_', " "))),
        None => word,
    }
}

fn named(mut card: Json) -> Json {
    let network = capitalized(&card.take("paymentSystem"));
    card.set("paymentSystem", network);
    if let Json::List(words) = card.take("cardTokenizations") {
        card.set("cardTokenizations", Json::List(words.into_iter().map(spoken).collect()));
    }
    card
}

fn bin(mut bin: Json) -> Json {
    let network = capitalized(&bin.take("cardNetwork"));
    let words = match bin.take("cardTokenizations") {
        Json::List(words) => Json::List(words.into_iter().map(spoken).collect()),
        other => other,
    };
    object([
        ("cardProviderBinId", bin.take("cardProviderBinId")),
        ("bin", bin.take("bin")),
        ("cardNetwork", network),
        ("issuerCountry", bin.take("issuerCountry")),
        ("cardTokenizations", words),
    ])
}
