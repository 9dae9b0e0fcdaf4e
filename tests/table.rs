//! What a deployment can do to the dashboard, row by row, on every dialect: each cell of the table runs the real
//! dashboard, or the real program, against a server that does it. `cargo test --test table -- --nocapture` prints the
//! table.

#![allow(clippy::disallowed_methods, reason = "tests measure time and run programs")]

#[path = "support/deployments.rs"]
mod deployments;
#[path = "journeys/journey.rs"]
#[allow(dead_code, reason = "the journeys use the rest")]
mod journey;
#[path = "table/money.rs"]
mod money;
#[path = "table/paths.rs"]
mod paths;
#[path = "table/rows.rs"]
mod rows;

use std::pin::Pin;
use std::rc::Rc;

use deployments::On;
use fourpay::sandbox::{Dialect, Options, Quirk, Quirks, Sandbox};
use journey::Journey;
use tokio::sync::Semaphore;
use tokio::task::LocalSet;

type Check = fn(On) -> Pin<Box<dyn Future<Output = ()>>>;

/// A function of a row as a value.
macro_rules! table {
    ($($number:literal $what:literal $check:path),* $(,)?) => {
        const TABLE: &[(u32, &str, Check)] = &[$(($number, $what, |on| Box::pin($check(on)))),*];
    };
}

table! {
    1 "sixteen cards are visited, none moves; three are marked" rows::a_visit_moves_nothing,
    2 "lists name no holder: nobody has 0 cards, and all are found" rows::holders_are_read,
    3 "a search by e-mail right after the start says what it could not look at" rows::a_search_says_what_it_lacks,
    4 "balances with nine decimals: the currency's scale, and a column that stays" money::balances_are_cut,
    5 "oldest first and no webhooks: new rows come, a lost answer is settled by its reference" rows::oldest_first,
    6 "a limit that is clamped: all 350 cards" rows::a_clamped_limit,
    7 "an offset that is ignored: it ends, and is said" rows::an_ignored_offset,
    8 "150 accounts in pages of 100: all" rows::paged_accounts,
    9 "zero as 0E-9 is zero" money::zeros,
    10 "bad fields spoil themselves" rows::bad_fields,
    11 "null is an empty list" rows::null_lists,
    12 "a settlement stands in for an amount, marked" money::settlements,
    13 "limits that are not told are not called none" money::limits_not_told,
    14 "a silent server is not live" paths::silence,
    15 "422 stands at its field; empty limits are sent where they are required" money::at_its_field,
    16 "other lifecycle words are named with [paths]" paths::other_words,
    17 "a key that is wanted as Bearer" paths::bearer,
    18 "a doubled prefix, a slash, text/plain and br" paths::what_is_between,
    19 "a login's end in ms or as a text; a prefix of a signature" paths::logins_and_signatures,
    20 "restrictions are shown" money::restrictions,
    21 "paths that end with a slash are asked with it" paths::slashes,
    22 "nothing to compare is not clean" paths::gaps,
    23 "doctor lists every name of [paths]" paths::names_of_paths,
}

/// Stories that run at the same time.
const TOGETHER: usize = 8;

/// A dialect with these quirks besides, quiet.
async fn sandbox(on: On, quirks: &[Quirk], options: Options) -> (On, Sandbox) {
    let on = On { quirks: on.quirks.and(Quirks::of(quirks)), ..on };
    let options = on.options(Options { live_rate: 0, transactions: 400, ..options });
    (on, Sandbox::start(options).await.expect("a port"))
}

fn dashboard(on: On, sandbox: &Sandbox, size: (u16, u16)) -> Journey {
    Journey::start(size, on.settings(sandbox.base_url()), sandbox.token())
}

#[test]
fn every_row_of_the_table_on_every_dialect() {
    let only: Option<u32> = std::env::var("FOURPAY_ROW").ok().and_then(|row| row.parse().ok());
    let rows: Vec<_> = TABLE.iter().filter(|(number, ..)| only.is_none_or(|only| only == *number)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let tasks = LocalSet::new();
    let turns = Rc::new(Semaphore::new(TOGETHER));
    let told = tasks.block_on(&runtime, async {
        let begin = |check: &Check, dialect: Dialect| {
            let (turns, check) = (Rc::clone(&turns), *check);
            tokio::task::spawn_local(async move {
                let _turn = turns.acquire().await.expect("a turn");
                check(On::dialect(dialect)).await;
            })
        };
        let running: Vec<_> = rows
            .iter()
            .map(|(number, what, check)| (number, what, Dialect::ALL.map(|dialect| begin(check, dialect))))
            .collect();
        let mut told = Vec::new();
        for (number, what, cells) in running {
            let mut good = Vec::new();
            for cell in cells {
                good.push(cell.await.is_ok());
            }
            told.push((*number, *what, good));
        }
        told
    });
    let names: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
    println!("\n| | what | {} |\n| --- | --- |{}", names.join(" | "), " --- |".repeat(names.len()));
    for (number, what, good) in &told {
        let cells: Vec<&str> = good.iter().map(|good| if *good { "✓" } else { "✗" }).collect();
        println!("| {number} | {what} | {} |", cells.join(" | "));
    }
    let bad: Vec<u32> = told.iter().filter(|(.., good)| good.contains(&false)).map(|(number, ..)| *number).collect();
    assert!(bad.is_empty(), "rows {bad:?}; FOURPAY_ROW=N runs one");
}
