//! Accounts: list, details, balance, restrictions, and transfers between them.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::{Answer, App};
use crate::sandbox::answer::Problem;
use crate::sandbox::ask::{Fields, Ids, Query, too_large};
use crate::sandbox::dialects::{Json, Rows, Thing};
use crate::sandbox::ids::Id;
use crate::sandbox::ledger::{Account, Transferred};
use crate::sandbox::shapes::{Code, Plain, Two};

/// Every account. Where `limit` and `offset` are taken they are not documented.
pub async fn list(State(shared): App, mut query: Query) -> Answer {
    let page = shared.deployment.account_page(&mut query);
    query.done()?;
    Ok(shared.look(|world, now| {
        let count = world.ledger.accounts.len();
        let newest = shared.deployment.has_newest_accounts_first();
        let rows = Rows { count, at: &|place| (if newest { count - 1 - place } else { place }) as u32 };
        shared.deployment.list(&world.ledger, &page, &rows, Thing::Account, false, now)
    }))
}

pub async fn details(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, now| {
        let at = world.ledger.account(ids.get(0))?;
        Ok(shared.deployment.one(StatusCode::OK, &world.ledger, Thing::AccountDetails(at), now))
    })
}

pub async fn balance(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, now| {
        let at = world.ledger.account(ids.get(0))?;
        Ok(shared.deployment.one(StatusCode::OK, &world.ledger, Thing::Balance(at), now))
    })
}

pub async fn restrictions(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, now| {
        let at = world.ledger.account(ids.get(0))?;
        Ok(shared.deployment.one(StatusCode::OK, &world.ledger, Thing::Restrictions(at), now))
    })
}

/// The accounts a transfer can go to: others of the same currency.
pub async fn destinations(State(shared): App, ids: Ids, mut query: Query) -> Answer {
    let page = shared.deployment.page(&mut query, None);
    query.done()?;
    shared.look(|world, now| {
        let from = world.ledger.account(ids.get(0))?;
        let accounts = &world.ledger.accounts;
        let source = &accounts[from as usize];
        let fits = |at: &u32| {
            let target: &Account = &accounts[*at as usize];
            *at != from && source.transfers && target.transfers && target.currency == source.currency
        };
        let mut fitting: Vec<u32> = (0..accounts.len() as u32).filter(fits).collect();
        if shared.deployment.has_newest_accounts_first() {
            fitting.reverse();
        }
        let rows = Rows { count: fitting.len(), at: &|place| fitting[place] };
        Ok(shared.deployment.list(&world.ledger, &page, &rows, Thing::Destination, false, now))
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TransferAnswer {
    status: &'static str,
    message: &'static str,
    source_account_uuid: Id,
    destination_account_uuid: Id,
    amount: Two,
    currency: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_transaction_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_transaction_id: Option<Id>,
}

pub async fn transfer(State(shared): App, ids: Ids, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Answer {
    shared.look(|world, _| world.ledger.account(ids.get(0)).map(drop))?;
    let mut fields = Fields::read(&headers, &body.map_err(|_| too_large())?)?;
    let target = fields.text(&["destinationAccountUuid", "destination_account_uuid"], 1, 255);
    let amount = fields.amount("amount");
    let currency = fields.optional_text(&["currency"], 1, 12);
    let note = fields.optional_text(&["description"], 0, 500);
    fields.done()?;
    let (Some(target), Some(amount)) = (target, amount) else { return Err(Problem::Fields(Vec::new())) };
    shared.act(|world, now| {
        let ledger = &mut world.ledger;
        let from = ledger.account(ids.get(0))?;
        let to = ledger
            .account(&target)
            .map_err(|_| Problem::Plain(StatusCode::NOT_FOUND, "Destination account not found".to_owned()))?;
        super::same_currency(&ledger.accounts[from as usize], currency.as_deref())?;
        let done = ledger.transfer(from, to, amount, note.as_deref(), shared.work, now)?;
        let mut answer = TransferAnswer {
            status: "accepted",
            message: "Transfer accepted for processing",
            source_account_uuid: ledger.account_id(from),
            destination_account_uuid: ledger.account_id(to),
            amount: Plain(amount),
            currency: Code(ledger.accounts[from as usize].currency),
            from_transaction_id: None,
            to_transaction_id: None,
        };
        if let Transferred::Done { from, to } = done {
            answer.status = "completed";
            answer.message = "Transfer completed";
            answer.from_transaction_id = Some(ledger.account_tx_id(from));
            answer.to_transaction_id = Some(ledger.account_tx_id(to));
        }
        world.acted("account_transfer");
        let receipt = serde_json::to_vec(&answer).unwrap_or_default();
        Ok(shared.deployment.receipt(Json::read(&receipt)))
    })
}
