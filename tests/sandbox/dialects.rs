//! The shapes of each dialect against what is known of the documents, its paging, and its acts.

use std::collections::BTreeSet;

use fourpay::sandbox::{Dialect, Options};
use serde_json::{Value, json};

use super::support::{Caller, Came, quiet, text, until};

pub fn speaking(dialect: Dialect) -> Options {
    Options { dialect, transactions: 400, cards: 40, ..quiet() }
}

/// What is in an answer, whatever stands around it.
pub fn inner(value: Value) -> Value {
    match value {
        Value::Object(mut map) if map.contains_key("data") => map.remove("data").unwrap(),
        Value::Object(mut map) if map.contains_key("items") => map.remove("items").unwrap(),
        other => other,
    }
}

pub fn rows(came: &Came) -> Vec<Value> {
    if came.status == 204 {
        return Vec::new();
    }
    assert_eq!(came.status, 200, "{}", came.text);
    match inner(came.json()) {
        Value::Array(rows) => rows,
        Value::Null => Vec::new(),
        other => panic!("no list: {other}"),
    }
}

/// The id of a row, by the names the dialects have for it.
pub fn id(row: &Value) -> &str {
    ["id", "cardId", "cardOwnerId"].iter().find_map(|key| row[*key].as_str()).unwrap_or_else(|| panic!("no id: {row}"))
}

/// Reads a list page by page, with the parameters of both worlds, until a page brings nothing new.
pub async fn whole(caller: &Caller, path: &str, length: usize) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    let mut seen = BTreeSet::new();
    for page in 0..200 {
        let mark = if path.contains('?') { '&' } else { '?' };
        let question = format!("limit={length}&offset={}&page={}&quantity={length}", page * length, page + 1);
        let new: Vec<Value> = rows(&caller.get(&format!("{path}{mark}{question}")).await)
            .into_iter()
            .filter(|row| seen.insert(id(row).to_owned()))
            .collect();
        if new.is_empty() {
            return all;
        }
        all.extend(new);
    }
    panic!("{path} does not end");
}

fn keys(value: &Value) -> String {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys.join(" ")
}

fn sorted(words: &str) -> String {
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.sort_unstable();
    words.join(" ")
}

/// The words that freeze, unfreeze and close a card.
pub fn lifecycle(dialect: Dialect) -> [&'static str; 3] {
    match dialect {
        Dialect::Documented | Dialect::Rich => ["freeze", "unfreeze", "close"],
        Dialect::Upstream => ["freeze", "activate", "close"],
        Dialect::Legacy => ["suspend", "resume", "terminate"],
    }
}

/// What of a card says its state and its balance, in the details.
pub fn details(value: Value) -> Value {
    let value = inner(value);
    if value["card"].is_object() { value["card"].clone() } else { value }
}

const ACCOUNT: &str = "id name balance holdedBalance availableBalance currency status cards allowedCardTypes \
                       isTransferAllowed createdAt updatedAt";
const HELD: &str = "cardId accountUuid name status maskedNumber availableBalance currency";
const PROVIDER_CARD: &str = "cardId name currency availableBalance holder cardType maskedNumber paymentSystem \
                             expiredAt cardStatus";

/// Path, and the keys of what is there: of the first item where it is a list.
fn sheet(dialect: Dialect) -> Vec<(&'static str, String)> {
    let (account, account_more, card_item, held, card, card_tx, card_tx_one, account_tx, account_tx_one, bin);
    match dialect {
        Dialect::Documented | Dialect::Rich => {
            account = ACCOUNT.to_owned();
            account_more = format!("{ACCOUNT} isUsedCardBalance fees binList");
            held = HELD.to_owned();
            let rich = dialect == Dialect::Rich;
            let more = |more: &str| if rich { more.to_owned() } else { String::new() };
            card_item = format!(
                "{HELD} {}",
                more("id cardOwnerId cardHolder cardType cardNetwork lastFour createdAt updatedAt")
            );
            card = format!(
                "id accountUuid cardOwnerId status cardType lastFour balance availableBalance currency expiryMonth \
                 expiryYear createdAt updatedAt {}",
                more("name maskedNumber cardNetwork cardHolder spendedBalance cardTokenizations limits cardOwner")
            );
            card_tx = format!(
                "id cardUuid accountUuid amount currency type status merchantName merchantCategory createdAt updatedAt \
                 feeAmount settlementAmount settlementCurrency {}",
                more("mcc merchantCountry")
            );
            card_tx_one = card_tx.clone();
            account_tx =
                format!("id accountUuid amount currency type status createdAt updatedAt {}", more("description"));
            account_tx_one = account_tx.clone();
            bin = format!(
                "cardProviderBinId bin cardNetwork issuerCountry cardTokenizations categoryIds {}",
                more("tags")
            );
        }
        Dialect::Upstream => {
            account = format!("{ACCOUNT} deletedAt");
            account_more = format!("{ACCOUNT} deletedAt isUsedCardBalance fees binList");
            card_item = PROVIDER_CARD.to_owned();
            held = PROVIDER_CARD.to_owned();
            card = "account card".to_owned();
            card_tx =
                "id cardId accountId amount currency feeAmount feeCurrency settlementAmount settlementCurrency status \
                       type authorizedBy merchantName merchantCountry rrn authorizationCode declineReason mcc parentId \
                       transactionAt createdAt"
                    .to_owned();
            card_tx_one =
                "id account amount currency feeAmount feeCurrency settlementAmount settlementCurrency description \
                           parentId status createdAt updatedAt transactionDetails"
                    .to_owned();
            account_tx = "id accountId settlementAmount settlementCurrency status type createdAt".to_owned();
            account_tx_one = "id account amount currency feeAmount feeCurrency settlementAmount settlementCurrency \
                              description status createdAt updatedAt transactionDetails"
                .to_owned();
            bin = "cardProviderBinId bin cardNetwork issuerCountry cardTokenizations categoryIds tags".to_owned();
        }
        Dialect::Legacy => {
            account = ACCOUNT.to_owned();
            account_more = format!("{ACCOUNT} isUsedCardBalance fees binList");
            card_item = PROVIDER_CARD.to_owned();
            held = PROVIDER_CARD.to_owned();
            card =
                "cardId accountId name availableBalance spendedBalance currency holder cardTokenizations maskedNumber \
                    paymentSystem cardType expiredAt status limits cardOwner createdAt updatedAt"
                    .to_owned();
            card_tx =
                "id cardId accountId amount currency feeAmount feeCurrency settlementAmount settlementCurrency status \
                       type merchantName merchantCountry mcc declineReason description createdAt updatedAt"
                    .to_owned();
            card_tx_one = card_tx.clone();
            account_tx = "id accountId amount currency status type description createdAt updatedAt".to_owned();
            account_tx_one = account_tx.clone();
            bin = "cardProviderBinId bin cardNetwork issuerCountry cardTokenizations".to_owned();
        }
    }
    let older = matches!(dialect, Dialect::Upstream | Dialect::Legacy);
    let restrictions =
        if older { "limits binList cardBalance" } else { "maxCards currentCards allowedCardTypes restrictions" };
    let holder = "cardOwnerId firstName lastName email phone address";
    vec![
        ("/accounts", account),
        ("/accounts/{a}", account_more),
        ("/accounts/{a} binList", bin),
        ("/accounts/{a}/balance", "balance heldBalance availableBalance cards currency".to_owned()),
        ("/accounts/{a}/restrictions", restrictions.to_owned()),
        ("/accounts/{a}/transfer-destinations", "id name currency".to_owned()),
        ("/accounts/{a}/cards", card_item),
        ("/accounts/{a}/cards/{c}", card),
        ("/accounts/{a}/cards/{c}/sensitive", "cardNumber cvv expiryMonth expiryYear cardHolder".to_owned()),
        ("/accounts/{a}/cardholders", holder.to_owned()),
        ("/cardholders", holder.to_owned()),
        ("/cardholders/{h}", holder.to_owned()),
        ("/cardholders/{h}/cards", held),
        ("/transactions/cards", card_tx),
        ("/transactions/cards/{t}", card_tx_one),
        ("/transactions/accounts", account_tx),
        ("/transactions/accounts/{u}", account_tx_one),
    ]
}

#[tokio::test]
async fn each_dialect_shows_the_keys_of_its_documents_and_no_others() {
    for dialect in Dialect::ALL {
        let caller = Caller::start(speaking(dialect)).await;
        let (account, card) = caller.sandbox.card_in("active").unwrap();
        let held = caller.sandbox.inventory();
        let owner = &held.cards.iter().find(|one| one.id == card).unwrap().owner_id;
        // A completed purchase with a fee, and a payin, have every field that a row may have.
        let rows_of = |feed: &'static str| {
            let caller = &caller;
            async move { whole(caller, &format!("/api/v2/transactions/{feed}"), 100).await }
        };
        let paid = rows_of("cards").await;
        let paid = paid
            .iter()
            .find(|row| {
                text(row, "type") == "purchase" && text(row, "status") == "completed" && !row["feeAmount"].is_null()
            })
            .unwrap();
        let payin = rows_of("accounts").await;
        let payin = payin
            .iter()
            .find(|row| {
                text(row, "type") == "payin" && row.get("relatedCardId").is_none() && row.get("relatedId").is_none()
            })
            .unwrap();
        for (path, wanted) in sheet(dialect) {
            let (path, part) = path.split_once(' ').unwrap_or((path, ""));
            let asked = path
                .replace("{a}", &account)
                .replace("{c}", &card)
                .replace("{h}", owner)
                .replace("{t}", id(paid))
                .replace("{u}", id(payin));
            let came = caller.get(&format!("/api/v2{asked}")).await;
            assert_eq!(came.status, 200, "{dialect} {asked}: {}", came.text);
            let value = if path == "/transactions/cards" {
                paid.clone()
            } else if path == "/transactions/accounts" {
                payin.clone()
            } else {
                let value = inner(came.json());
                let value = if part.is_empty() { value } else { value[part].clone() };
                value.as_array().map_or(value.clone(), |rows| rows[0].clone())
            };
            assert_eq!(keys(&value), sorted(&wanted), "{dialect} {path}");
        }
        caller.sound();
    }
}

#[tokio::test]
async fn envelopes_times_and_amounts_are_the_dialects() {
    for dialect in Dialect::ALL {
        let caller = Caller::start(speaking(dialect)).await;
        let list = caller.get("/api/v2/accounts").await.json();
        let account = inner(list.clone())[0].clone();
        let (amount, time) = (account["balance"].clone(), text(&account, "createdAt").to_owned());
        match dialect {
            Dialect::Documented | Dialect::Rich => {
                assert_eq!(keys(&list), "items", "{dialect}");
                assert!(time.ends_with("+00:00"));
                assert!(amount.as_str().unwrap().split_once('.').unwrap().1.len() == 9, "{amount}");
                let holders = caller.get("/api/v2/cardholders?limit=2").await.json();
                assert_eq!(keys(&holders), "items total");
                assert_eq!(keys(&caller.get("/api/v2/transactions/cards").await.json()), "items");
            }
            Dialect::Upstream => {
                assert_eq!(keys(&list), "data pagination", "{dialect}");
                assert_eq!(
                    list["pagination"],
                    json!({"quantity": 25, "totalQuantity": 4, "currentPage": 1, "pages": 1})
                );
                assert!(time.ends_with(".000Z") && time.len() == 24, "{time}");
            }
            Dialect::Legacy => {
                assert!(list.is_array() && amount.is_number(), "{list}");
                assert_eq!(time.len(), 10, "{time}");
            }
        }
        assert!(
            caller.get("/api/v2/webhooks/events").await.json()[0]["payload"].is_object()
                || dialect == Dialect::Upstream
        );
    }
}

#[tokio::test]
async fn the_documented_dialect_has_parts_below_a_cent_and_zeros_as_python_writes_them() {
    let caller = Caller::start(speaking(Dialect::Documented)).await;
    let accounts = caller.items("/api/v2/accounts").await;
    let below = |text: &str| !text.split_once('.').unwrap().1[2..].chars().all(|c| c == '0');
    assert!(accounts.iter().all(|account| below(text(account, "balance"))), "{accounts:?}");
    assert!(accounts.iter().any(|account| text(account, "holdedBalance") == "0E-9"), "{accounts:?}");
    caller.sound();
    let rich = Caller::start(speaking(Dialect::Rich)).await;
    let accounts = rich.items("/api/v2/accounts").await;
    assert!(accounts.iter().all(|account| !below(text(account, "balance"))));
}

#[tokio::test]
async fn every_list_of_every_dialect_is_whole_page_by_page() {
    for dialect in Dialect::ALL {
        let caller = Caller::start(speaking(dialect)).await;
        let held = caller.sandbox.inventory();
        for length in [7, 100] {
            let count = |path: String| {
                let caller = &caller;
                async move { whole(caller, &path, length).await.len() }
            };
            assert_eq!(count("/api/v2/accounts".into()).await, held.accounts.len(), "{dialect}");
            assert_eq!(count("/api/v2/cardholders".into()).await, held.holders.len(), "{dialect}");
            assert_eq!(count("/api/v2/transactions/cards".into()).await, held.card_transactions.len(), "{dialect}");
            assert_eq!(
                count("/api/v2/transactions/accounts".into()).await,
                held.account_transactions.len(),
                "{dialect}"
            );
            let mut cards = 0;
            for account in &held.accounts {
                cards += count(format!("/api/v2/accounts/{}/cards", account.id)).await;
            }
            assert_eq!(cards, held.cards.len(), "{dialect}");
        }
        let feed = whole(&caller, "/api/v2/transactions/cards", 100).await;
        let ascending = feed.is_sorted_by_key(|row| text(row, "createdAt").to_owned());
        let descending = feed.iter().rev().is_sorted_by_key(|row| text(row, "createdAt").to_owned());
        assert_eq!((ascending, descending), (dialect == Dialect::Legacy, dialect != Dialect::Legacy));
    }
}

#[tokio::test]
async fn filters_go_by_the_names_of_the_dialect() {
    for dialect in Dialect::ALL {
        let caller = Caller::start(speaking(dialect)).await;
        let held = caller.sandbox.inventory();
        let card = held.card_transactions.last().unwrap().card.clone().unwrap();
        let of_card = held.card_transactions.iter().filter(|row| row.card.as_ref() == Some(&card)).count();
        let declined = held.card_transactions.iter().filter(|row| row.status == "declined").count();
        let older = matches!(dialect, Dialect::Upstream | Dialect::Legacy);
        let (one, status, nothing) = match older {
            true => (format!("cardIds[]={card}"), "statuses[]=declined&statuses[]=none", "createdAtFrom=2099-01-01"),
            false => (format!("cardUuid={card}"), "statuses=declined,none", "dateFrom=2099-01-01"),
        };
        let count = |question: String| {
            let caller = &caller;
            async move { whole(caller, &format!("/api/v2/transactions/cards?{question}"), 50).await.len() }
        };
        assert_eq!(count(one).await, of_card, "{dialect}");
        assert_eq!(count(status.into()).await, declined, "{dialect}");
        assert_eq!(count(nothing.into()).await, 0, "{dialect}");
    }
}

#[tokio::test]
async fn every_act_works_in_every_dialect() {
    for dialect in Dialect::ALL {
        let caller = Caller::start(speaking(dialect)).await;
        let (account, _) = caller.sandbox.card_in("active").unwrap();
        let base = format!("/api/v2/accounts/{account}");
        let holder = r#"{"cardOwnerId":"new-1","first_name":"Ada","last_name":"Byrne","email":"ada@example.org"}"#;
        let made = caller.post(&format!("{base}/cardholders"), holder).await;
        assert_eq!((made.status, made.text.is_empty()), (201, dialect == Dialect::Upstream), "{}", made.text);
        assert_eq!(inner(caller.get("/api/v2/cardholders/new-1").await.json())["firstName"], "Ada");

        let body = r#"{"name":"Ads 7","cardOwnerId":"new-1","cardType":"virtual","limits":{"daily_limit":"90.00"}}"#;
        let issued = caller.post(&format!("{base}/cards"), body).await;
        assert_eq!(issued.status, 201, "{}", issued.text);
        let card = format!("{base}/cards/{}", text(&inner(issued.json()), "id"));
        let state = || async { text(&details(caller.get(&card).await.json()), "status").to_owned() };
        until("the card is made", || async { state().await == "active" }).await;

        let amount = r#"{"amount":"12.50","currency":"USD","description":"fp-abcdefghij"}"#;
        let topped = caller.post(&format!("{card}/topup"), amount).await;
        assert_eq!(topped.status, 200, "{}", topped.text);
        let row = text(&inner(topped.json()), "toTransactionId").to_owned();
        let row = inner(caller.get(&format!("/api/v2/transactions/cards/{row}")).await.json());
        let echoed = row["description"].as_str();
        assert_eq!(echoed, (dialect != Dialect::Documented).then_some("fp-abcdefghij"), "{dialect}");
        if dialect == Dialect::Upstream || dialect == Dialect::Legacy {
            let way = if dialect == Dialect::Legacy { "defund" } else { "balance/withdraw" };
            let moved = caller.send("PATCH", &format!("{card}/{way}"), Some(r#"{"amount":"0.50"}"#)).await.unwrap();
            assert_eq!(moved.status, 200, "{}", moved.text);
        } else {
            assert_eq!(caller.post(&format!("{card}/withdraw"), r#"{"amount":"0.50"}"#).await.status, 200);
        }
        assert_eq!(caller.post(&format!("{card}/withdraw"), r#"{"amount":"12.00"}"#).await.status, 200);

        let [freeze, unfreeze, close] = lifecycle(dialect);
        let later = matches!(dialect, Dialect::Upstream | Dialect::Legacy);
        for (word, wanted) in [(freeze, "frozen"), (unfreeze, "active"), (close, "closed")] {
            if word == close {
                let changed =
                    caller.send("PATCH", &card, Some(r#"{"name":"Other","limits":{"weekly_limit":"5"}}"#)).await;
                assert_eq!(changed.unwrap().status, if dialect == Dialect::Upstream { 204 } else { 200 });
            }
            let answered = caller.post(&format!("{card}/{word}"), "").await;
            assert_eq!(answered.status, if later { 204 } else { 200 }, "{dialect} {word}: {}", answered.text);
            until(wanted, || async { state().await == wanted }).await;
        }
        let to = inner(caller.get(&format!("{base}/transfer-destinations")).await.json())[0].clone();
        for amount in ["40.00", "1500.00"] {
            let body = format!(r#"{{"destinationAccountUuid":"{}","amount":"{amount}"}}"#, id(&to));
            let moved = caller.post(&format!("{base}/transfer"), &body).await;
            // Whether there is that much is the merchant's luck; a refusal says so.
            assert!(moved.status == 200 || moved.text.contains("Insufficient"), "{dialect}: {}", moved.text);
        }
        let acts = caller.sandbox.acts();
        for act in [
            "cardholder_create",
            "card_issue",
            "card_topup",
            "card_freeze",
            "card_unfreeze",
            "card_close",
            "card_update",
        ] {
            assert_eq!(acts.get(act), Some(&1), "{dialect} {act}");
        }
        let kept = caller.sandbox.inventory().cards.into_iter().find(|one| card.ends_with(&one.id)).unwrap();
        let names: Vec<&str> = kept.limits.iter().map(|(name, _)| name.as_str()).collect();
        match dialect {
            Dialect::Rich => assert_eq!(names, ["weekly_limit"], "PATCH replaces"),
            _ => assert_eq!(names, ["daily_limit", "weekly_limit"], "PATCH merges"),
        }
        caller.sound();
    }
}

#[tokio::test]
async fn the_older_documents_take_the_key_as_bearer_only() {
    let mut caller = Caller::start(speaking(Dialect::Legacy)).await;
    assert_eq!(caller.get("/api/v2/accounts").await.status, 200);
    caller.bearer = false;
    let refused = caller.get("/api/v2/accounts").await;
    assert_eq!((refused.status, refused.json()), (401, json!({"detail": "Invalid or missing API key"})));
}
