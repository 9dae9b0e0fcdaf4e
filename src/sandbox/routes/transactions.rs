//! The two feeds with their filters, in the names of the newer documents and of the older ones.

use axum::extract::State;
use axum::http::StatusCode;

use super::{Answer, App, PAGE};
use crate::sandbox::answer::Problem;
use crate::sandbox::ask::{Ids, Query};
use crate::sandbox::dialects::{Deployment, Page, Quirk, Rows, Thing};
use crate::sandbox::ledger::Ledger;

/// What a client asked of a feed.
struct Asked {
    page: Page,
    from: Option<i64>,
    to: Option<i64>,
    types: Option<Vec<String>>,
    statuses: Option<Vec<String>>,
    /// Ids of cards and of accounts; a row is wanted when it fits both.
    cards: Option<Vec<String>>,
    accounts: Option<Vec<String>>,
}

/// The filters of the older documents are lists (`types[]`), and their dates have other names.
fn read(deployment: &Deployment, mut query: Query) -> Result<Asked, Problem> {
    let page = deployment.page(&mut query, Some(PAGE));
    let older = deployment.quirks.has(Quirk::PageQuantity);
    let one = |query: &Query, key: &str| query.text(key).map(|id| vec![id.to_owned()]);
    let mut asked = if older {
        Asked {
            page,
            from: query.instant("createdAtFrom", false),
            to: query.instant("createdAtTo", true),
            types: query.list("types"),
            statuses: query.list("statuses"),
            cards: query.list("cardIds"),
            accounts: query.list("accountIds"),
        }
    } else {
        Asked {
            page,
            from: query.instant("dateFrom", false),
            to: query.instant("dateTo", true),
            types: query.words("types"),
            statuses: query.words("statuses"),
            cards: one(&query, "cardUuid"),
            accounts: one(&query, "accountUuid"),
        }
    };
    query.done()?;
    if deployment.quirks.has(Quirk::IgnoredFilters) {
        let page = asked.page;
        asked = Asked { page, from: None, to: None, types: None, statuses: None, cards: None, accounts: None };
    }
    Ok(asked)
}

/// Some rows of a feed, oldest first.
enum Feed<'a> {
    All(u32),
    Of(&'a [u32]),
    Chosen(Vec<u32>),
}

impl Feed<'_> {
    fn len(&self) -> usize {
        match self {
            Feed::All(count) => *count as usize,
            Feed::Of(rows) => rows.len(),
            Feed::Chosen(rows) => rows.len(),
        }
    }

    fn row(&self, at: usize) -> u32 {
        match self {
            Feed::All(_) => at as u32,
            Feed::Of(rows) => rows[at],
            Feed::Chosen(rows) => rows[at],
        }
    }

    /// The rows of several feeds.
    fn merged(mut rows: Vec<u32>) -> Feed<'static> {
        rows.sort_unstable();
        rows.dedup();
        Feed::Chosen(rows)
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

    /// The rows that fit, newest first: their number, and which is at each place. Both dates count themselves;
    /// times are compared as they are shown.
    fn fitting(
        &self,
        deployment: &Deployment,
        asked: &Asked,
        of: impl Fn(u32) -> (i64, &'static str, &'static str),
    ) -> (usize, impl Fn(usize) -> u32) {
        let shown = |row: u32| deployment.shown_at(of(row).0);
        let low = asked.from.map_or(0, |from| self.first(|row| shown(row) < from));
        let high = asked.to.map_or(self.len(), |to| self.first(|row| shown(row) <= to)).max(low);
        let wanted = |list: &Option<Vec<String>>, word: &str| {
            list.as_ref().is_none_or(|list| list.iter().any(|wanted| wanted == word))
        };
        let chosen = (asked.types.is_some() || asked.statuses.is_some()).then(|| {
            // What is behind the page matters only where the list counts its rows or begins with the oldest.
            let enough = if deployment.needs_all() { usize::MAX } else { asked.page.reach() };
            let rows = (low..high).rev().map(|at| self.row(at));
            let fitting = rows.filter(|row| {
                let (_, kind, status) = of(*row);
                wanted(&asked.types, kind) && wanted(&asked.statuses, status)
            });
            fitting.take(enough).collect::<Vec<u32>>()
        });
        let count = chosen.as_ref().map_or(high - low, Vec::len);
        (count, move |place| match &chosen {
            Some(rows) => rows[place],
            None => self.row(high - 1 - place),
        })
    }
}

/// The rows of some cards or accounts; an id that is not yours has no transactions.
pub async fn card_list(State(shared): App, query: Query) -> Answer {
    let mut asked = read(&shared.deployment, query)?;
    if shared.deployment.quirks.has(Quirk::AccountFilterIgnored) {
        asked.accounts = None;
    }
    Ok(shared.look(|world, now| {
        let ledger = &world.ledger;
        let feed = card_feed(ledger, asked.cards.as_deref(), asked.accounts.as_deref());
        let (count, at) = feed.fitting(&shared.deployment, &asked, |row| {
            let tx = &ledger.card_txs[row as usize];
            (tx.created, tx.kind.word(), tx.status.word())
        });
        shared.deployment.list(ledger, &asked.page, &Rows { count, at: &at }, Thing::CardTx, false, now)
    }))
}

fn card_feed<'a>(ledger: &'a Ledger, cards: Option<&[String]>, accounts: Option<&[String]>) -> Feed<'a> {
    let found: Option<Vec<u32>> = accounts.map(|ids| ids.iter().filter_map(|id| ledger.account(id).ok()).collect());
    let of_account = |card: u32| found.as_ref().is_none_or(|ids| ids.contains(&ledger.cards[card as usize].account));
    match (cards, &found) {
        (None, None) => Feed::All(ledger.card_txs.len() as u32),
        (None, Some(ids)) => match ids.as_slice() {
            [one] => Feed::Of(&ledger.accounts[*one as usize].card_feed),
            ids => Feed::merged(
                ids.iter().flat_map(|account| ledger.accounts[*account as usize].card_feed.iter().copied()).collect(),
            ),
        },
        (Some(ids), _) => {
            let known: Vec<u32> =
                ids.iter().filter_map(|id| ledger.card(id).ok()).filter(|at| of_account(*at)).collect();
            match known.as_slice() {
                [one] => Feed::Of(&ledger.cards[*one as usize].feed),
                ids => Feed::merged(
                    ids.iter().flat_map(|card| ledger.cards[*card as usize].feed.iter().copied()).collect(),
                ),
            }
        }
    }
}

pub async fn card_one(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, now| {
        let row = world.ledger.card_tx(ids.get(0))?;
        Ok(shared.deployment.one(StatusCode::OK, &world.ledger, Thing::CardTxDetails(row), now))
    })
}

pub async fn account_list(State(shared): App, query: Query) -> Answer {
    let asked = read(&shared.deployment, query)?;
    Ok(shared.look(|world, now| {
        let ledger = &world.ledger;
        let feed = match asked.accounts.as_deref() {
            None => Feed::All(ledger.account_txs.len() as u32),
            Some(ids) => {
                let known: Vec<u32> = ids.iter().filter_map(|id| ledger.account(id).ok()).collect();
                match known.as_slice() {
                    [one] => Feed::Of(&ledger.accounts[*one as usize].account_feed),
                    ids => Feed::merged(
                        ids.iter().flat_map(|at| ledger.accounts[*at as usize].account_feed.iter().copied()).collect(),
                    ),
                }
            }
        };
        let (count, at) = feed.fitting(&shared.deployment, &asked, |row| {
            let tx = &ledger.account_txs[row as usize];
            (tx.created, tx.kind.word(), tx.status.word())
        });
        shared.deployment.list(ledger, &asked.page, &Rows { count, at: &at }, Thing::AccountTx, false, now)
    }))
}

pub async fn account_one(State(shared): App, ids: Ids) -> Answer {
    shared.look(|world, now| {
        let row = world.ledger.account_tx(ids.get(0))?;
        Ok(shared.deployment.one(StatusCode::OK, &world.ledger, Thing::AccountTxDetails(row), now))
    })
}
