//! Older transactions than those that are loaded, found on the server.

use std::time::Duration;

use fourpay::api::{Client, TransactionQuery};
use fourpay::domain::transaction::{Feed, Transaction, TransactionStatus};
use fourpay::sandbox::{Fault, Options, Rule, Sandbox};

use super::{Journey, On, journey};

/// Rows of each feed that are loaded; the sandbox has more.
const LOADED: usize = 300;
const CARDS: &str = "/api/v2/transactions/cards";

async fn part(on: On, sandbox: &Sandbox) -> Journey {
    let mut at = Journey::with_history((160, 48), on.settings(sandbox.base_url()), sandbox.token(), LOADED);
    at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("is incomplete")).await;
    at.wait_for("event log").await;
    at
}

/// All rows of a feed that a query leaves.
async fn all(client: &Client, feed: Feed, query: TransactionQuery) -> Vec<Transaction> {
    client.all_of_feed(feed, &query, 1_000).await.expect("the rows").items
}

async fn declined(client: &Client) -> usize {
    let query = TransactionQuery { statuses: vec![TransactionStatus::Declined], ..TransactionQuery::default() };
    let mut rows = all(client, Feed::Cards, query.clone()).await;
    rows.extend(all(client, Feed::Accounts, query).await);
    // Not every deployment filters.
    rows.iter().filter(|row| row.status == TransactionStatus::Declined).count()
}

#[tokio::test]
async fn the_first_row_of_all_is_found() {
    journey(|on| async move {
        let sandbox = on.quiet().await;
        let mut at = part(on, &sandbox).await;
        let rows = all(&at.client, Feed::Cards, TransactionQuery::default()).await;
        let first = rows.into_iter().min_by_key(|row| row.created_at.known().copied()).expect("a row");
        at.press(&format!("3/id:{}<Enter>", first.id));
        at.wait_for("End searches older rows on the server").await;
        at.press("G");
        at.wait_for("searched to the first transaction, 1 found").await;
        let amount = first.amount.known().expect("an amount").to_string();
        let digits: String = amount.chars().filter(char::is_ascii_digit).collect();
        let row = at.screen().lines().find(|line| line.contains('▸') && line.contains("USD")).map(str::to_owned);
        let shown: String = row.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        assert!(shown.contains(&digits), "{digits} is not on {}", at.screen());
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

/// With the API's own filter, without it, and where the API refuses it: the same rows.
#[tokio::test]
async fn whatever_the_deployment_can_filter_the_same_is_found() {
    let refusal = || Fault::Status { code: 422, body: r#"{"detail":"unknown status"}"#.into() };
    // Refused twice: with the page that was wanted, and with a small one.
    let cases: [(Option<Rule>, &str); 3] = [
        (None, "(status by the API; "),
        (Some(Rule::at("GET", CARDS, Fault::Unfiltered).always()), "(status by the API; "),
        (Some(Rule::at("GET", CARDS, refusal()).times(2)), "found ("),
    ];
    for (rule, words) in cases {
        journey(move |on| {
            let rule = rule.clone();
            async move {
                let sandbox = on.quiet().await;
                let mut at = part(on, &sandbox).await;
                let wanted = declined(&at.client).await;
                at.press("3/status:declined<Enter>");
                at.wait_for("/status:declined").await;
                rule.into_iter().for_each(|rule| sandbox.faults().add(rule));
                at.press("GG");
                let ended = |screen: &str| screen.contains("searched to the first transaction");
                at.wait_until("the end", |screen| ended(screen) || screen.contains("End goes on")).await;
                // A feed that lists the oldest first is asked for no small page: the second refusal is of the wide one.
                if !ended(&at.screen()) {
                    at.press("G");
                    at.wait_until("the end", ended).await;
                }
                let screen = at.screen();
                assert!(screen.contains(&format!("/status:declined · {wanted} of")), "{wanted} declined\n{screen}");
                assert!(screen.contains(words), "{screen}");
                assert_eq!(at.quit().await, 0);
            }
        })
        .await;
    }
}

#[tokio::test]
async fn it_is_stopped_and_goes_on_and_a_failure_in_the_middle_is_said() {
    journey(|on| async move {
        let options = on.options(Options {
            live_rate: 0,
            latency: Duration::from_millis(150),
            transactions: 1_500,
            ..Options::default()
        });
        let sandbox = Sandbox::start(options).await.expect("a port");
        let mut at = part(on, &sandbox).await;
        let mut of = 0;
        for feed in [Feed::Cards, Feed::Accounts] {
            let rows = all(&at.client, feed, TransactionQuery::default()).await;
            of += rows
                .iter()
                .filter(|row| row.amount.known().is_some_and(|money| money.abs().amount() > 100.into()))
                .count();
        }
        at.press("3/amount:>100<Enter>");
        at.wait_for("/amount:>100").await;
        at.press("GG");
        at.wait_until("a page", |screen| screen.contains("searching: ") && screen.contains("Esc stops")).await;
        at.press("<Esc>");
        at.wait_for("End goes on").await;
        assert!(at.screen().contains("/amount:>100"), "the filter stays:\n{}", at.screen());
        let refusal = Fault::Status { code: 403, body: String::new() };
        sandbox.faults().add(Rule::at("GET", CARDS, refusal).after(1));
        at.press("GG");
        at.wait_until("the failure", |screen| screen.contains(", End goes on: ") && screen.contains("may not do this"))
            .await;
        at.press("GG");
        at.wait_for("searched to the first transaction").await;
        let count = match of {
            0..1_000 => format!(" {of} of"),
            _ => format!("{},{:03} of", of / 1000, of % 1000),
        };
        assert!(at.screen().contains(&count), "{count} is not on\n{}", at.screen());
        assert_eq!(at.quit().await, 0);
    })
    .await;
}
