//! Cardholders: create, list, one, and the cards of one.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};

use super::{Answer, App, PAGE};
use crate::sandbox::answer::Problem;
use crate::sandbox::ask::{Fields, Ids, Query, too_large};
use crate::sandbox::dialects::{Rows, Thing};
use crate::sandbox::ledger::NewHolder;

pub async fn list(State(shared): App, mut query: Query) -> Answer {
    let page = shared.deployment.page(&mut query, Some(PAGE));
    query.done()?;
    Ok(shared.look(|world, now| {
        let count = world.ledger.holders.len();
        let rows = Rows { count, at: &|place| (count - 1 - place) as u32 };
        shared.deployment.list(&world.ledger, &page, &rows, Thing::Holder, true, now)
    }))
}

/// Those made under one account.
pub async fn list_of(State(shared): App, ids: Ids, mut query: Query) -> Answer {
    let page = shared.deployment.page(&mut query, Some(PAGE));
    query.done()?;
    shared.look(|world, now| {
        let account = world.ledger.account(ids.get(0))?;
        let of: Vec<u32> = (0u32..)
            .zip(&world.ledger.holders)
            .filter(|(_, holder)| holder.account == account)
            .map(|(at, _)| at)
            .collect();
        let rows = Rows { count: of.len(), at: &|place| of[of.len() - 1 - place] };
        Ok(shared.deployment.list(&world.ledger, &page, &rows, Thing::Holder, true, now))
    })
}

pub async fn one(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, now| {
        let at = world.ledger.holder(ids.get(0))?;
        Ok(shared.deployment.one(StatusCode::OK, &world.ledger, Thing::Holder(at), now))
    })
}

pub async fn cards(State(shared): App, ids: Ids, mut query: Query) -> Answer {
    let page = shared.deployment.page(&mut query, Some(PAGE));
    query.done()?;
    shared.look(|world, now| {
        let at = world.ledger.holder(ids.get(0))?;
        let cards = &world.ledger.holders[at as usize].cards;
        let rows = Rows { count: cards.len(), at: &|place| cards[cards.len() - 1 - place] };
        Ok(shared.deployment.list(&world.ledger, &page, &rows, Thing::HeldCard, false, now))
    })
}

/// Something before and after an at sign, a dot after it, no spaces.
fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '@');
    plain(name) && plain(host) && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
}

pub async fn create(State(shared): App, ids: Ids, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Answer {
    shared.look(|world, _| world.ledger.account(ids.get(0)).map(drop))?;
    let mut fields = Fields::read(&headers, &body.map_err(|_| too_large())?)?;
    let owner_id = fields.text(&["cardOwnerId", "card_owner_id"], 1, 255);
    if owner_id.as_ref().is_some_and(|id| !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')) {
        let msg = "String should match pattern '^[a-zA-Z0-9-]+$'";
        fields.fault("cardOwnerId", "string_pattern_mismatch", msg, None);
    }
    let first = fields.text(&["first_name", "firstName"], 1, 255);
    let last = fields.text(&["last_name", "lastName"], 1, 255);
    let email = fields.text(&["email"], 3, 255);
    if email.as_ref().is_some_and(|email| !is_email(email)) {
        fields.fault("email", "value_error", "value is not a valid email address", None);
    }
    let phone = fields.optional_text(&["phone"], 0, 50).filter(|phone| !phone.is_empty());
    fields.done()?;
    let (Some(owner_id), Some(first), Some(last), Some(email)) = (owner_id, first, last, email) else {
        return Err(Problem::Fields(Vec::new()));
    };
    shared.act(|world, now| {
        let account = world.ledger.account(ids.get(0))?;
        let at = world.ledger.create_holder(account, NewHolder { owner_id, first, last, email, phone })?;
        world.acted("cardholder_create");
        Ok(shared.deployment.one(StatusCode::CREATED, &world.ledger, Thing::NewHolder(at), now))
    })
}
