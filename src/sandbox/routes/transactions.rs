//! The two feeds, newest first, with their filters.

use axum::extract::State;
use axum::http::StatusCode;

use super::{Answer, App, PAGE};
use crate::sandbox::answer::{Problem, items, json};
use crate::sandbox::ask::{Ids, Query};
use crate::sandbox::clock::SECOND;
use crate::sandbox::ledger::Ledger;
use crate::sandbox::shapes;

/// What a client asked of a feed.
struct Asked {
    limit: usize,
    offset: usize,
    from: Option<i64>,
    to: Option<i64>,
    types: Option<Vec<String>>,
    statuses: Option<Vec<String>>,
}

fn read(mut query: Query) -> Result<Asked, Problem> {
    let (limit, offset) = query.page(PAGE.0, PAGE.1);
    let asked = Asked {
        limit,
        offset,
        from: query.instant("dateFrom", false),
        to: query.instant("dateTo", true),
        types: query.words("types"),
        statuses: query.words("statuses"),
    };
    query.done()?;
    Ok(asked)
}

/// Some rows of a feed, oldest first.
enum Feed<'a> {
    All(u32),
    Of(&'a [u32]),
}

impl Feed<'_> {
    fn len(&self) -> usize {
        match self {
            Feed::All(count) => *count as usize,
            Feed::Of(rows) => rows.len(),
        }
    }

    fn row(&self, at: usize) -> u32 {
        match self {
            Feed::All(_) => at as u32,
            Feed::Of(rows) => rows[at],
        }
    }

    /// The first place whose time is not `before` anymore. Rows stand in the order of their time.
    fn first(&self, before: impl Fn(u32) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if before(self.row(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The page asked for. Both dates count themselves; times are compared as they are shown, in whole seconds.
    fn page(&self, asked: &Asked, of: impl Fn(u32) -> (i64, &'static str, &'static str)) -> Vec<u32> {
        let second = |row: u32| of(row).0.div_euclid(SECOND) * SECOND;
        let low = asked.from.map_or(0, |from| self.first(|row| second(row) < from));
        let high = asked.to.map_or(self.len(), |to| self.first(|row| second(row) <= to));
        let wanted = |list: &Option<Vec<String>>, word: &str| {
            list.as_ref().is_none_or(|list| list.iter().any(|wanted| wanted == word))
        };
        let rows = (low..high.max(low)).rev();
        if asked.types.is_none() && asked.statuses.is_none() {
            return rows.skip(asked.offset).take(asked.limit).map(|at| self.row(at)).collect();
        }
        rows.map(|at| self.row(at))
            .filter(|row| {
                let (_, kind, status) = of(*row);
                wanted(&asked.types, kind) && wanted(&asked.statuses, status)
            })
            .skip(asked.offset)
            .take(asked.limit)
            .collect()
    }
}

/// `cardUuid` and `accountUuid` narrow it; an id that is not yours has no transactions.
pub async fn card_list(State(shared): App, query: Query) -> Answer {
    let (card, account) = (query.text("cardUuid").map(str::to_owned), query.text("accountUuid").map(str::to_owned));
    let asked = read(query)?;
    Ok(shared.look(|world, _| {
        let ledger = &world.ledger;
        let feed = card_feed(ledger, card.as_deref(), account.as_deref());
        let rows = feed.page(&asked, |row| {
            let tx = &ledger.card_txs[row as usize];
            (tx.created, tx.kind.word(), tx.status.word())
        });
        items(rows.iter().map(|row| shapes::card_tx(ledger, *row)), None)
    }))
}

fn card_feed<'a>(ledger: &'a Ledger, card: Option<&str>, account: Option<&str>) -> Feed<'a> {
    let account = account.map(|id| ledger.account(id).ok());
    let card = card.map(|id| ledger.card(id).ok());
    match (card, account) {
        (None, None) => Feed::All(ledger.card_txs.len() as u32),
        (Some(Some(card)), None) => Feed::Of(&ledger.cards[card as usize].feed),
        (None, Some(Some(account))) => Feed::Of(&ledger.accounts[account as usize].card_feed),
        (Some(Some(card)), Some(Some(account))) if ledger.cards[card as usize].account == account => {
            Feed::Of(&ledger.cards[card as usize].feed)
        }
        _ => Feed::Of(&[]),
    }
}

pub async fn card_one(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, _| {
        let row = world.ledger.card_tx(ids.get(0))?;
        Ok(json(StatusCode::OK, &shapes::card_tx(&world.ledger, row)))
    })
}

pub async fn account_list(State(shared): App, query: Query) -> Answer {
    let account = query.text("accountUuid").map(str::to_owned);
    let asked = read(query)?;
    Ok(shared.look(|world, _| {
        let ledger = &world.ledger;
        let feed = match account.map(|id| ledger.account(&id)) {
            None => Feed::All(ledger.account_txs.len() as u32),
            Some(Ok(account)) => Feed::Of(&ledger.accounts[account as usize].account_feed),
            Some(Err(_)) => Feed::Of(&[]),
        };
        let rows = feed.page(&asked, |row| {
            let tx = &ledger.account_txs[row as usize];
            (tx.created, tx.kind.word(), tx.status.word())
        });
        items(rows.iter().map(|row| shapes::account_tx(ledger, *row)), None)
    }))
}

pub async fn account_one(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, _| {
        let row = world.ledger.account_tx(ids.get(0))?;
        Ok(json(StatusCode::OK, &shapes::account_tx(&world.ledger, row)))
    })
}
