//! Lists: nothing missing, nothing doubled, in order, and what the filters leave.

use std::collections::HashSet;

use serde_json::Value;

use super::support::{Caller, quiet, text};

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| text(row, "id")).collect()
}

#[tokio::test]
async fn pages_of_any_size_give_every_row_once_newest_first() {
    let caller = Caller::start(quiet()).await;
    for feed in ["cards", "accounts"] {
        let path = format!("/api/v2/transactions/{feed}");
        let whole = caller.all(&path, 1_000).await;
        assert_eq!(ids(&whole).iter().collect::<HashSet<_>>().len(), whole.len());
        assert!(whole.windows(2).all(|two| text(&two[0], "createdAt") >= text(&two[1], "createdAt")));
        for limit in [7, 100, 333] {
            assert_eq!(caller.all(&path, limit).await, whole, "pages of {limit}");
        }
        assert_eq!(caller.items(&path).await.len(), 100.min(whole.len()), "the default page");
        let beyond = format!("{path}?offset={}", i64::MAX);
        assert!(caller.items(&beyond).await.is_empty());
        let one = &whole[whole.len() / 2];
        assert_eq!(&caller.get(&format!("{path}/{}", text(one, "id"))).await.json(), one, "detail and list differ");
    }
    let other_kind = text(&caller.items("/api/v2/transactions/accounts?limit=1").await[0], "id").to_owned();
    assert_eq!(caller.get(&format!("/api/v2/transactions/cards/{other_kind}")).await.status, 404);
}

#[tokio::test]
async fn filters_leave_what_they_say_and_nothing_else_is_lost() {
    let caller = Caller::start(quiet()).await;
    let path = "/api/v2/transactions/cards";
    let whole = caller.all(path, 1_000).await;
    let sample = &whole[whole.len() / 3];
    let (card, account) = (text(sample, "cardUuid"), text(sample, "accountUuid"));
    let (from, to) = (text(&whole[whole.len() / 2], "createdAt"), text(&whole[whole.len() / 4], "createdAt"));
    let at = |when: &str| when.replace('+', "%2B");
    let z = |when: &str| when.replace("+00:00", ".000Z");
    let other = text(whole.iter().find(|row| row["accountUuid"] != sample["accountUuid"]).unwrap(), "accountUuid");
    type Keeps<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let cases: Vec<(String, Keeps)> = vec![
        (format!("cardUuid={card}"), Box::new(|row| row["cardUuid"] == card)),
        (format!("accountUuid={account}"), Box::new(|row| row["accountUuid"] == account)),
        (format!("cardUuid={card}&accountUuid={account}"), Box::new(|row| row["cardUuid"] == card)),
        (format!("cardUuid={card}&accountUuid={other}"), Box::new(|_| false)),
        ("cardUuid=nobody".into(), Box::new(|_| false)),
        ("statuses=declined".into(), Box::new(|row| row["status"] == "declined")),
        ("types=refund,top_up".into(), Box::new(|row| row["type"] == "refund" || row["type"] == "top_up")),
        (
            format!("accountUuid={account}&types=purchase&statuses=completed,%20authorized"),
            Box::new(|row| {
                row["accountUuid"] == account
                    && row["type"] == "purchase"
                    && (row["status"] == "completed" || row["status"] == "authorized")
            }),
        ),
        ("types=nonsense".into(), Box::new(|_| false)),
        ("types=".into(), Box::new(|_| true)),
        (format!("dateFrom={}", at(from)), Box::new(|row| text(row, "createdAt") >= from)),
        (format!("dateTo={}", z(to)), Box::new(|row| text(row, "createdAt") <= to)),
        (
            format!("dateFrom={}&dateTo={to}&cardUuid={card}", z(from)),
            Box::new(|row| row["cardUuid"] == card && text(row, "createdAt") >= from && text(row, "createdAt") <= to),
        ),
        (format!("dateFrom={}&dateTo={}", at(to), at(from)), Box::new(|row| from == to && row["createdAt"] == from)),
        (format!("dateFrom={}", &from[..10]), Box::new(|row| text(row, "createdAt")[..10] >= from[..10])),
        (format!("dateTo={}", &to[..10]), Box::new(|row| text(row, "createdAt")[..10] <= to[..10])),
    ];
    for (query, keeps) in cases {
        let kept: Vec<Value> = whole.iter().filter(|row| keeps(row)).cloned().collect();
        let got = caller.all(&format!("{path}?{query}"), 90).await;
        assert_eq!(ids(&got), ids(&kept), "{query}");
    }
}

#[tokio::test]
async fn the_feeds_of_accounts_and_cards_together_are_the_whole_feed() {
    let caller = Caller::start(quiet()).await;
    let accounts = caller.items("/api/v2/accounts").await;
    let mut cards = 0;
    for feed in ["cards", "accounts"] {
        let whole = caller.all(&format!("/api/v2/transactions/{feed}"), 1_000).await.len();
        let mut sum = 0;
        for account in &accounts {
            let id = text(account, "id");
            sum += caller.all(&format!("/api/v2/transactions/{feed}?accountUuid={id}"), 1_000).await.len();
            if feed == "cards" {
                cards += caller.all(&format!("/api/v2/accounts/{id}/cards"), 17).await.len();
            }
        }
        assert_eq!(sum, whole, "{feed}");
    }
    assert_eq!(cards, 130);
}
