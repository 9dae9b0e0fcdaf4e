//! The newer documents as they are written: the items of each thing, in their order, and nothing more.

use super::{Json, Thing};

const ACCOUNT: &[&str] = &[
    "id",
    "name",
    "balance",
    "holdedBalance",
    "availableBalance",
    "currency",
    "status",
    "cards",
    "allowedCardTypes",
    "isTransferAllowed",
    "createdAt",
    "updatedAt",
];
const BIN: &[&str] = &["cardProviderBinId", "bin", "cardNetwork", "issuerCountry", "cardTokenizations", "categoryIds"];
/// Only the list of a cardholder's cards shows an item; it stands for every list of cards.
const CARD_ITEM: &[&str] = &["cardId", "accountUuid", "name", "status", "maskedNumber", "availableBalance", "currency"];
const CARD: &[&str] = &[
    "id",
    "accountUuid",
    "cardOwnerId",
    "status",
    "cardType",
    "lastFour",
    "balance",
    "availableBalance",
    "currency",
    "expiryMonth",
    "expiryYear",
    "createdAt",
    "updatedAt",
];
/// A new card is named in both ways.
const NEW_CARD: &[&str] = &[
    "id",
    "cardId",
    "accountUuid",
    "cardOwnerId",
    "status",
    "cardType",
    "lastFour",
    "balance",
    "availableBalance",
    "currency",
    "expiryMonth",
    "expiryYear",
    "createdAt",
    "updatedAt",
];
/// "May include fee and settlement fields". The description goes with the quirk `no-echo`.
const CARD_TX: &[&str] = &[
    "id",
    "cardUuid",
    "accountUuid",
    "amount",
    "currency",
    "type",
    "status",
    "merchantName",
    "merchantCategory",
    "feeAmount",
    "settlementAmount",
    "settlementCurrency",
    "description",
    "createdAt",
    "updatedAt",
];
const ACCOUNT_TX: &[&str] =
    &["id", "accountUuid", "amount", "currency", "type", "status", "description", "createdAt", "updatedAt"];
const TOP_UP: &[&str] = &["id", "accountUuid", "currency", "amount", "status", "createdAt", "updatedAt"];

/// The schemas of the OpenAPI document that have fewer fields here than in the rich dialect.
pub const SCHEMAS: &[(&str, &[&str])] = &[
    ("Bin", BIN),
    ("CardItem", CARD_ITEM),
    ("HeldCard", CARD_ITEM),
    ("Card", NEW_CARD),
    ("CardTransaction", CARD_TX),
    ("AccountTransaction", ACCOUNT_TX),
];

pub fn view(thing: Thing, mut rich: Json) -> Json {
    match thing {
        Thing::Account(_) => rich.only(ACCOUNT),
        Thing::AccountDetails(_) => {
            if let Json::List(bins) = rich.take("binList") {
                let bins = bins.into_iter().map(|bin| bin.only(BIN)).collect();
                rich.set("binList", Json::List(bins));
            }
            rich
        }
        Thing::CardItem(_) | Thing::HeldCard(_) => rich.only(CARD_ITEM),
        Thing::Card(_) => rich.only(CARD),
        Thing::NewCard(_) => rich.only(NEW_CARD),
        Thing::CardTx(_) | Thing::CardTxDetails(_) => rich.only(CARD_TX),
        Thing::AccountTx(_) | Thing::AccountTxDetails(_) => rich.only(ACCOUNT_TX),
        Thing::TopUp(_) => rich.only(TOP_UP),
        // What is served of these is what the documents show.
        Thing::Balance(_)
        | Thing::Restrictions(_)
        | Thing::Destination(_)
        | Thing::Holder(_)
        | Thing::NewHolder(_)
        | Thing::Sensitive(_) => rich,
    }
}
