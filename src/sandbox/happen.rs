//! Things a test lets happen at the server's side, as they would by themselves: a purchase, a freeze by
//! somebody else, money coming in. They go through the ledger and are not counted as acts of a client.

use rust_decimal::Decimal;
use serde::Deserialize;

use super::ledger::{Ledger, Refusal};
use super::world::World;
use crate::domain::money::parse_decimal;

/// Ids are those of the API; amounts are decimal texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Happening {
    Freeze {
        card: String,
    },
    Unfreeze {
        card: String,
    },
    /// Somebody pays: authorized or declined. Stays as it is until settled or canceled, or is settled
    /// after so many milliseconds.
    Purchase {
        card: String,
        amount: String,
        #[serde(default)]
        settle_after_ms: Option<u32>,
    },
    Settle {
        transaction: String,
    },
    Cancel {
        transaction: String,
    },
    Refund {
        transaction: String,
        amount: String,
    },
    Payin {
        account: String,
        amount: String,
        #[serde(default)]
        crypto: bool,
    },
    Charge {
        account: String,
        amount: String,
    },
    TopUp {
        card: String,
        amount: String,
    },
    Withdraw {
        card: String,
        amount: String,
    },
}

fn amount(text: &str) -> Result<Decimal, Refusal> {
    parse_decimal(text)
        .ok()
        .filter(|amount| {
            *amount > Decimal::ZERO && *amount < Decimal::from(1_000_000_000_000u64) && amount.scale() <= 2
        })
        .ok_or_else(|| Refusal::Business("No amount".to_owned()))
}

/// Lets it happen. The id of the new or changed row, or of the card.
pub(super) fn happen(world: &mut World, what: &Happening, now: i64) -> Result<String, Refusal> {
    let ledger: &mut Ledger = &mut world.ledger;
    match what {
        Happening::Freeze { card } => {
            let at = ledger.card(card)?;
            ledger.freeze(at, now).map(|()| card.clone())
        }
        Happening::Unfreeze { card } => {
            let at = ledger.card(card)?;
            ledger.unfreeze(at, now).map(|()| card.clone())
        }
        Happening::Purchase { card, amount: asked, settle_after_ms } => {
            let at = ledger.card(card)?;
            let row = ledger.purchase(at, 0, amount(asked)?, now);
            if let Some(ms) = settle_after_ms {
                ledger.settle_later(row, now + i64::from(*ms));
            }
            Ok(ledger.card_tx_id(row).to_string())
        }
        Happening::Settle { transaction } => {
            let row = ledger.card_tx(transaction)?;
            ledger.settle(row, now);
            Ok(transaction.clone())
        }
        Happening::Cancel { transaction } => {
            let row = ledger.card_tx(transaction)?;
            ledger.cancel(row, now);
            Ok(transaction.clone())
        }
        Happening::Refund { transaction, amount: asked } => {
            let row = ledger.card_tx(transaction)?;
            let back = ledger.refund(row, amount(asked)?, now)?;
            Ok(ledger.card_tx_id(back).to_string())
        }
        Happening::Payin { account, amount: asked, crypto } => {
            let at = ledger.account(account)?;
            let row = ledger.payin(at, amount(asked)?, "Bank transfer", *crypto, now)?;
            Ok(ledger.account_tx_id(row).to_string())
        }
        Happening::Charge { account, amount: asked } => {
            let at = ledger.account(account)?;
            let row = ledger.charge(at, amount(asked)?, "Service charge", now)?;
            Ok(ledger.account_tx_id(row).to_string())
        }
        Happening::TopUp { card, amount: asked } => {
            let at = ledger.card(card)?;
            let moved = ledger.top_up(at, amount(asked)?, None, now)?;
            Ok(ledger.card_tx_id(moved.card_row).to_string())
        }
        Happening::Withdraw { card, amount: asked } => {
            let at = ledger.card(card)?;
            let moved = ledger.withdraw(at, amount(asked)?, None, now)?;
            Ok(ledger.card_tx_id(moved.card_row).to_string())
        }
    }
}
