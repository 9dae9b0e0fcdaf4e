//! Any mixture of quirks on any dialect: the server starts, what it says is JSON, and its books are right.

use fourpay::sandbox::{Dialect, Options, Quirk, Quirks};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::support::{Caller, Came, quiet};

/// Follows one redirect, as a client may for reading.
async fn read(caller: &Caller, path: &str) -> Came {
    let first = caller.get(path).await;
    if first.status != 307 {
        return first;
    }
    let (path, question) = path.split_once('?').unwrap_or((path, ""));
    caller.get(&format!("{path}/?{question}")).await
}

/// The text without what no JSON may hold; there only with `bad-fields`.
fn mended(text: &str) -> String {
    text.replace("-Infinity", "0")
        .replace("Infinity", "0")
        .replace("NaN", "0")
        .replace("\\ud800", "")
        .replace(&"9".repeat(400), "9")
        .replace(['\u{1}', '\n'], "")
}

async fn look(dialect: Dialect, quirks: Quirks) {
    let options = Options { dialect, quirks, transactions: 60, cards: 20, ..quiet() };
    let caller = Caller::start(options).await;
    let what = format!("--dialect {dialect} --quirk {quirks}");
    let (account, card) = caller.sandbox.card_in("active").unwrap();
    let base = format!("/api/v2/accounts/{account}");
    for path in [
        "/api/v2/accounts".to_owned(),
        base.clone(),
        format!("{base}/restrictions"),
        format!("{base}/transfer-destinations"),
        format!("{base}/cards?limit=3&page=2&quantity=3&offset=3"),
        format!("{base}/cards/{card}"),
        "/api/v2/cardholders".to_owned(),
        "/api/v2/transactions/cards?limit=50&quantity=50".to_owned(),
        "/api/v2/transactions/accounts?dateFrom=2099-01-01&createdAtFrom=2099-01-01".to_owned(),
        "/api/v2/webhooks/events".to_owned(),
        "/api/openapi.json".to_owned(),
    ] {
        let came = read(&caller, &path).await;
        let gone = matches!(came.status, 403 | 404) && (path.contains("webhooks") || path.contains("openapi"));
        let fine = came.status == 200 || came.status == 204 && came.text.is_empty() || gone;
        assert!(fine, "{what}: {path} gave {} {}", came.status, came.text);
        if came.status == 200 {
            let text = if quirks.has(Quirk::BadFields) { mended(&came.text) } else { came.text.clone() };
            let json = serde_json::from_str::<serde_json::Value>(&text);
            assert!(json.is_ok(), "{what}: {path}: {:?}", json.err());
        }
    }
    // One of these is there, and does what it does.
    let mut done = 0;
    for (method, way) in [("POST", "topup"), ("PATCH", "fund"), ("PATCH", "balance/top-up")] {
        let sent = caller.send(method, &format!("{base}/cards/{card}/{way}"), Some(r#"{"amount":"1.00"}"#)).await;
        done += usize::from(sent.unwrap().status == 200);
    }
    assert!(done > 0, "{what}: no way to put money on a card");
    for word in ["freeze", "suspend", "lock"] {
        let sent = caller.send("POST", &format!("{base}/cards/{card}/{word}"), None).await.unwrap();
        assert!(matches!(sent.status, 200 | 204 | 404), "{what}: {word} gave {}", sent.status);
    }
    assert_eq!(caller.sandbox.acts().get("card_freeze"), Some(&1), "{what}");
    caller.sandbox.conserved().unwrap_or_else(|breach| panic!("{what}: {breach}"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_mixture_is_served_and_conserves_money(
        dialect in select(Dialect::ALL.to_vec()),
        quirks in subsequence(Quirk::ALL.to_vec(), 0..=14),
    ) {
        // Nothing else would be seen beside these two.
        let quirks: Quirks = quirks.into_iter().filter(|quirk| !matches!(quirk, Quirk::RateLimited | Quirk::Brotli)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(look(dialect, quirks));
    }
}
