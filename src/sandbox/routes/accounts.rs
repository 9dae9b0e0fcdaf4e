//! Accounts: list, details, balance, restrictions, and transfers between them.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::{Answer, App, PAGE};
use crate::sandbox::answer::{Problem, items, json};
use crate::sandbox::ask::{Fields, Ids, Query, too_large};
use crate::sandbox::ids::Id;
use crate::sandbox::ledger::{Account, Transferred};
use crate::sandbox::shapes::{self, Code, Plain, Two};

/// Every account; `limit` and `offset` are taken though not documented.
pub async fn list(State(shared): App, mut query: Query) -> Answer {
    let (limit, offset) = query.page(PAGE.1, PAGE.1);
    query.done()?;
    Ok(shared.look(|world, _| {
        let rows = (0..world.ledger.accounts.len() as u32).skip(offset).take(limit);
        items(rows.map(|at| shapes::account(&world.ledger, at)), None)
    }))
}

pub async fn details(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, _| {
        let at = world.ledger.account(ids.get(0))?;
        Ok(json(StatusCode::OK, &shapes::account_details(&world.ledger, at)))
    })
}

pub async fn balance(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, _| {
        let at = world.ledger.account(ids.get(0))?;
        Ok(json(StatusCode::OK, &shapes::balance(&world.ledger, at)))
    })
}

pub async fn restrictions(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, _| {
        let at = world.ledger.account(ids.get(0))?;
        Ok(json(StatusCode::OK, &shapes::restrictions(&world.ledger, at)))
    })
}

/// The accounts a transfer can go to: others of the same currency.
pub async fn destinations(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, _| {
        let from = world.ledger.account(ids.get(0))?;
        let accounts = &world.ledger.accounts;
        let source = &accounts[from as usize];
        let fits = |at: &u32| {
            let target: &Account = &accounts[*at as usize];
            *at != from && source.transfers && target.transfers && target.currency == source.currency
        };
        let rows = (0..accounts.len() as u32).filter(fits);
        Ok(items(rows.map(|at| shapes::destination(&world.ledger, at)), None))
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
        Ok(json(StatusCode::OK, &answer))
    })
}
