//! Cards: list, issue, details, number and CVV, money in and out, freeze, unfreeze, close, update.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use rand::RngExt;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Answer, App, PAGE};
use crate::sandbox::answer::Problem;
use crate::sandbox::ask::{Fields, Ids, Query, too_large};
use crate::sandbox::dialects::{Json, Rows, Thing};
use crate::sandbox::ids::Id;
use crate::sandbox::ledger::{CardStatus, Issue, Ledger, Moved, Refusal, Update};
use crate::sandbox::shapes::{self, Code, Plain, Two};
use crate::sandbox::world::{Shared, World};

/// The cards of an account, newest first.
pub async fn list(State(shared): App, ids: Ids, mut query: Query) -> Answer {
    let page = shared.deployment.page(&mut query, Some(PAGE));
    query.done()?;
    shared.look(|world, now| {
        let account = world.ledger.account(ids.get(0))?;
        let cards = &world.ledger.accounts[account as usize].cards;
        let rows = Rows { count: cards.len(), at: &|place| cards[cards.len() - 1 - place] };
        Ok(shared.deployment.list(&world.ledger, &page, &rows, Thing::CardItem, false, now))
    })
}

pub async fn details(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, now| {
        let card = world.ledger.card_of(ids.get(0), ids.get(1))?;
        Ok(shared.deployment.one(StatusCode::OK, &world.ledger, Thing::Card(card), now))
    })
}

/// Number, CVV and expiry, of an active card only, and not to be kept by anybody on the way.
pub async fn sensitive(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, now| {
        let card = world.ledger.card_of(ids.get(0), ids.get(1))?;
        let status = world.ledger.cards[card as usize].status;
        if status != CardStatus::Active {
            return Err(Problem::from(Refusal::Conflict(format!("Card is {}", status.word()))));
        }
        let mut answer = shared.deployment.one(StatusCode::OK, &world.ledger, Thing::Sensitive(card), now);
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(answer)
    })
}

pub async fn issue(State(shared): App, ids: Ids, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Answer {
    shared.look(|world, _| world.ledger.account(ids.get(0)).map(drop))?;
    let mut fields = Fields::read(&headers, &body.map_err(|_| too_large())?)?;
    let name = fields.text(&["name"], 1, 255);
    let owner_id = fields.text(&["cardOwnerId", "card_owner_id"], 1, 255);
    let kind = fields.text(&["cardType", "card_type"], 1, 255);
    if kind.as_ref().is_some_and(|kind| kind != "virtual" && kind != "physical") {
        fields.fault("cardType", "enum", "Input should be 'virtual' or 'physical'", None);
    }
    let bin = fields.optional_text(&["cardProviderBinId", "card_provider_bin_id"], 1, 255);
    let category = fields.optional_text(&["binCategoryId", "bin_category_id"], 1, 255);
    if bin.is_some() && category.is_some() {
        let msg = "Give cardProviderBinId or binCategoryId, not both";
        fields.fault("binCategoryId", "value_error", msg, None);
    }
    if shared.deployment.wants_limits() && !fields.has("limits") {
        fields.missing("limits");
    }
    let asked = fields.limits().unwrap_or_default();
    let limits = asked.into_iter().filter_map(|(span, value)| Some((span, value?))).collect();
    let currency = fields.optional_text(&["currency"], 1, 12);
    fields.done()?;
    let (Some(name), Some(owner_id), Some(kind)) = (name, owner_id, kind) else {
        return Err(Problem::Fields(Vec::new()));
    };
    shared.act(|world, now| {
        let account = world.ledger.account(ids.get(0))?;
        let owner = &world.ledger.accounts[account as usize];
        if let Some(currency) = &currency {
            super::same_currency(owner, Some(currency))?;
        }
        let bin = choose_bin(&world.ledger, account, bin.as_deref(), category.as_deref())?;
        let rng = world.habits.rng();
        let takes = rng.random_range(shared.work..=shared.work * 2);
        // A provider fails now and then: one name in 25, always the same ones, and each that asks for it.
        let spread = name.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        let works = !name.to_lowercase().contains("fail") && !spread.is_multiple_of(25);
        let asked = Issue { name, owner_id, physical: kind == "physical", bin, limits, takes, works };
        let card = world.ledger.issue(account, asked, now)?;
        world.acted("card_issue");
        Ok(shared.deployment.one(StatusCode::CREATED, &world.ledger, Thing::NewCard(card), now))
    })
}

/// The BIN asked for by id or by category; the account's first one when not asked.
fn choose_bin(ledger: &Ledger, account: u32, bin: Option<&str>, category: Option<&str>) -> Result<u8, Problem> {
    let known = &ledger.accounts[account as usize].bins;
    let found = match (bin, category) {
        (Some(id), _) => known.iter().find(|bin| Id::parse(id) == Some(shapes::bin_id(ledger, **bin))),
        (None, Some(id)) => known.iter().find(|bin| Id::parse(id) == Some(shapes::category_id(ledger, **bin))),
        (None, None) => known.first(),
    };
    found.copied().ok_or_else(|| Refusal::Business("BIN or category is not available for this account".into()).into())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MoveAnswer {
    card_uuid: Id,
    status: Option<()>,
    message: &'static str,
    amount: Two,
    currency: Code,
    transaction_id: Option<()>,
    from_transaction_id: Id,
    to_transaction_id: Id,
}

pub async fn top_up(app: App, ids: Ids, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Answer {
    money(&app.0, &ids, &headers, body, |world, card, amount, note, now| {
        let Moved { account_row, card_row } = world.ledger.top_up(card, amount, note, now)?;
        world.acted("card_topup");
        let (from, to) = (world.ledger.account_tx_id(account_row), world.ledger.card_tx_id(card_row));
        Ok(("Card top-up accepted", from, to))
    })
}

pub async fn withdraw(app: App, ids: Ids, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Answer {
    money(&app.0, &ids, &headers, body, |world, card, amount, note, now| {
        let Moved { account_row, card_row } = world.ledger.withdraw(card, amount, note, now)?;
        world.acted("card_withdraw");
        let (from, to) = (world.ledger.card_tx_id(card_row), world.ledger.account_tx_id(account_row));
        Ok(("Card withdrawal accepted", from, to))
    })
}

type Move = fn(&mut World, u32, Decimal, Option<&str>, i64) -> Result<(&'static str, Id, Id), Refusal>;

/// The part that top-up and withdrawal share: the same body, the same answer.
fn money(shared: &Shared, ids: &Ids, headers: &HeaderMap, body: Result<Bytes, BytesRejection>, go: Move) -> Answer {
    shared.look(|world, _| world.ledger.card_of(ids.get(0), ids.get(1)).map(drop))?;
    let mut fields = Fields::read(headers, &body.map_err(|_| too_large())?)?;
    let amount = fields.amount("amount");
    let currency = fields.optional_text(&["currency"], 1, 12);
    let note = fields.optional_text(&["description"], 0, 500);
    fields.done()?;
    let Some(amount) = amount else { return Err(Problem::Fields(Vec::new())) };
    shared.act(|world, now| {
        let card = world.ledger.card_of(ids.get(0), ids.get(1))?;
        let account = world.ledger.cards[card as usize].account;
        super::same_currency(&world.ledger.accounts[account as usize], currency.as_deref())?;
        let (message, from, to) = go(world, card, amount, note.as_deref(), now)?;
        let answer = MoveAnswer {
            card_uuid: world.ledger.card_id(card),
            status: None,
            message,
            amount: Plain(amount),
            currency: Code(world.ledger.currency_of(card)),
            transaction_id: None,
            from_transaction_id: from,
            to_transaction_id: to,
        };
        let receipt = serde_json::to_vec(&answer).unwrap_or_default();
        Ok(shared.deployment.receipt(Json::read(&receipt)))
    })
}

/// Changes the state of a card, and answers with the card or, where that comes later, with nothing.
fn turn(
    shared: &Shared,
    ids: &Ids,
    told: bool,
    go: impl FnOnce(&mut World, u32, i64) -> Result<(), Refusal>,
) -> Answer {
    shared.act(|world, now| {
        let card = world.ledger.card_of(ids.get(0), ids.get(1))?;
        go(world, card, now)?;
        if !told {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        Ok(shared.deployment.one(StatusCode::OK, &world.ledger, Thing::Card(card), now))
    })
}

pub async fn freeze(State(shared): App, ids: Ids) -> Answer {
    let later = shared.deployment.is_later();
    turn(&shared, &ids, !later, |world, card, now| {
        match later {
            true => world.ledger.freeze_later(card, shared.work / 2, now)?,
            false => world.ledger.freeze(card, now)?,
        }
        world.acted("card_freeze");
        Ok(())
    })
}

pub async fn unfreeze(State(shared): App, ids: Ids) -> Answer {
    let later = shared.deployment.is_later();
    turn(&shared, &ids, !later, |world, card, now| {
        match later {
            true => world.ledger.unfreeze_later(card, shared.work / 2, now)?,
            false => world.ledger.unfreeze(card, now)?,
        }
        world.acted("card_unfreeze");
        Ok(())
    })
}

/// Accepted now, done a moment later: the answer still shows the old state.
pub async fn close(State(shared): App, ids: Ids) -> Answer {
    turn(&shared, &ids, !shared.deployment.is_later(), |world, card, now| {
        world.ledger.close(card, shared.work / 2, now)?;
        world.acted("card_close");
        Ok(())
    })
}

pub async fn update(State(shared): App, ids: Ids, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Answer {
    shared.look(|world, _| world.ledger.card_of(ids.get(0), ids.get(1)).map(drop))?;
    let mut fields = Fields::read(&headers, &body.map_err(|_| too_large())?)?;
    let name = fields.optional_text(&["name"], 1, 255);
    let asked = fields.limits();
    fields.done()?;
    turn(&shared, &ids, shared.deployment.tells_changes(), |world, card, now| {
        let merges = shared.deployment.merges_limits();
        let limits = asked.map(|asked| {
            let kept = world.ledger.cards[card as usize].limits.iter().filter(|_| merges);
            let kept = kept.map(|limit| (limit.span, limit.value));
            let kept = kept.filter(|(span, _)| asked.iter().all(|(named, _)| named != span));
            let named = asked.iter().filter_map(|(span, value)| Some((*span, (*value)?)));
            kept.chain(named).collect()
        });
        world.ledger.update_card(card, Update { name, limits }, now)?;
        world.acted("card_update");
        Ok(())
    })
}
