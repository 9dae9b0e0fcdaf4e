//! One line for each feature of the dashboard, each against a deployment that lacks it.

use std::path::Path;

use super::{doctor, sandbox, text};

/// What the doctor says of a deployment, in JSON, and its exit code.
fn examined(home: &Path, deployment: &[&str]) -> (serde_json::Value, i32) {
    let (_server, base_url, token) = sandbox(home, deployment);
    let output = doctor(home, &["--json"], &[("FOURPAY_BASE_URL", &base_url), ("FOURPAY_TOKEN", &token)]);
    let said = text(&output.stdout);
    let report = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{deployment:?}: {error}\n{said}"));
    (report, output.status.code().expect("an exit code"))
}

fn feature<'a>(report: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    let all = report["features"].as_array().expect("features");
    all.iter().find(|feature| feature["feature"] == name).unwrap_or_else(|| panic!("no line of {name}: {report:#}"))
}

/// Deployment, feature, what is said of it, and words of that.
type Line = (&'static [&'static str], &'static str, &'static str, &'static str);

const LINES: &[Line] = &[
    (&[], "accounts", "works", "4 accounts"),
    (&[], "cards", "works", "130 cards"),
    (&["--quirk", "clamped-limit", "--cards", "700"], "cards", "works", "in pages of 100"),
    (
        &["--quirk", "clamped-limit", "--quirk", "ignored-offset", "--cards", "700"],
        "cards",
        "works_without",
        "the accounts say that they have",
    ),
    (&["--quirk", "wrong-total"], "cardholders", "works_without", "promises"),
    (&["--quirk", "null-balances"], "balances and totals", "works_without", "do not say what is available"),
    (&["--quirk", "null-balances"], "balances of cards", "works_without", "do not say it"),
    (&[], "whose card it is", "works", "the lists of cards say it"),
    (&["--dialect", "documented"], "whose card it is", "works", "read in the background"),
    (&["--cards", "0"], "whose card it is", "not_looked_at", "there is no card"),
    (&["--quirk", "null-masks"], "details of a card", "works_without", "its last four digits"),
    (&["--cards", "0"], "details of a card", "not_looked_at", "there is no card"),
    (&["--quirk", "no-limits"], "spending limits", "works_without", "do not say them"),
    (&[], "spending limits", "works", "say them"),
    (&[], "newest transactions of cards", "works", "newest first"),
    (&["--quirk", "oldest-first"], "newest transactions of cards", "works", "oldest first"),
    (&["--quirk", "unstable-order"], "newest transactions of cards", "works_without", "from request to request"),
    (
        &["--quirk", "oldest-first", "--quirk", "ignored-offset"],
        "newest transactions of cards",
        "does_not_work",
        "no new transaction",
    ),
    (&[], "older transactions of cards", "works", "page after page"),
    (&["--quirk", "ignored-offset"], "older transactions of cards", "works_without", "ignores offset"),
    (&["--transactions", "0"], "transactions of cards", "not_looked_at", "the feed is empty"),
    (&["--quirk", "settlement-only"], "amounts of transactions of accounts", "works_without", "stands in"),
    (&["--quirk", "no-webhooks"], "changes within two seconds", "works_without", "read in turn"),
    (&["--quirk", "forbidden-webhooks"], "changes within two seconds", "works_without", "read in turn"),
    (&["--quirk", "no-event-log"], "changes within two seconds", "works_without", "read in turn"),
    (&[], "changes within two seconds", "works", "webhook events"),
    (&["--quirk", "no-echo"], "finding an action again by its reference", "works_without", "none of"),
    (&[], "finding an action again by its reference", "works", "descriptions come back"),
    (&["--quirk", "lock-words"], "freeze a card", "does_not_work", "nobody can do it from here"),
    (&["--quirk", "no-openapi"], "freeze a card", "not_looked_at", "assumed"),
    (&["--quirk", "no-openapi"], "show a card's number", "not_looked_at", "not tried"),
    (&["--quirk", "fund-paths"], "top up a card", "does_not_work", "does not list it"),
    (&["--quirk", "lock-words"], "unfreeze a card", "does_not_work", "nobody can do it from here"),
    (&["--quirk", "lock-words"], "close a card", "does_not_work", "nobody can do it from here"),
    (&["--no-card-update"], "change a card's name and limits", "does_not_work", "does not list it"),
    (&["--quirk", "fund-paths"], "withdraw from a card", "does_not_work", "does not list it"),
    (&["--quirk", "login-elsewhere"], "log in with e-mail and password", "does_not_work", "does not list it"),
    (&["--quirk", "no-openapi"], "issue a card", "not_looked_at", "is assumed"),
    (&["--quirk", "no-openapi"], "transfer between accounts", "not_looked_at", "is assumed"),
    (&["--quirk", "no-openapi"], "make a cardholder", "not_looked_at", "is assumed"),
    (
        &["--quirk", "oldest-first", "--quirk", "ignored-offset"],
        "newest transactions of accounts",
        "does_not_work",
        "no new transaction",
    ),
    (&["--quirk", "ignored-offset"], "older transactions of accounts", "works_without", "ignores offset"),
    (&[], "issue a card", "works", "not tried"),
];

/// What the doctor says where something in front of the API refuses one list.
#[test]
fn a_list_that_is_refused_is_said_at_its_feature() {
    let home = tempfile::tempdir().expect("a folder");
    for (endpoint, name, code) in
        [("account_transactions", "transactions of accounts", 8), ("account_list", "accounts", 1)]
    {
        let (_server, base_url, token) = sandbox(home.path(), &["--faults"]);
        let refused = serde_json::json!({"kind": "status", "code": 403, "body": "{\"detail\":\"not for you\"}"});
        let rule = serde_json::json!({"endpoint": endpoint, "what": refused, "count": 1_000});
        super::server::request(&base_url, &token, "POST", "/__sandbox/faults", &rule);
        let output = doctor(home.path(), &["--json"], &[("FOURPAY_BASE_URL", &base_url), ("FOURPAY_TOKEN", &token)]);
        let report: serde_json::Value = serde_json::from_str(&text(&output.stdout)).expect("JSON");
        assert_eq!(output.status.code(), Some(code), "{endpoint}: {}", report["verdict"]);
        assert_eq!(feature(&report, name)["verdict"], "does_not_work", "{endpoint}: {}", feature(&report, name));
    }
}

/// No line is printed that no deployment was seen to lack.
#[test]
fn each_feature_is_tried_on_a_deployment_that_lacks_it() {
    let home = tempfile::tempdir().expect("a folder");
    let (report, _) = examined(home.path(), &[]);
    // Amounts of both feeds are looked at by the same code; no deployment was heard of whose cards' rows have none.
    let refused = ["transactions of accounts", "accounts", "amounts of transactions of cards"];
    for feature in report["features"].as_array().expect("features") {
        let name = feature["feature"].as_str().expect("a name");
        let is_lacking = |line: &&Line| line.1 == name && line.2 != "works";
        assert!(LINES.iter().any(|line| is_lacking(&line)) || refused.contains(&name), "{name} is never lacking");
    }
}

/// A doctor that prints ✓ for what it did not look at fails here.
#[test]
fn every_feature_is_judged_by_what_was_looked_at() {
    let home = tempfile::tempdir().expect("a folder");
    let mut deployments: Vec<&[&str]> = LINES.iter().map(|line| line.0).collect();
    deployments.sort_unstable();
    deployments.dedup();
    std::thread::scope(|scope| {
        let halves = deployments.chunks(deployments.len().div_ceil(4));
        let all: Vec<_> = halves
            .map(|some| {
                let home = home.path();
                scope.spawn(move || {
                    for deployment in some {
                        let (report, code) = examined(home, deployment);
                        for (_, name, verdict, words) in LINES.iter().filter(|line| line.0 == *deployment) {
                            let found = feature(&report, name);
                            let said = found["found"].as_str().expect("words");
                            assert_eq!(found["verdict"], **verdict, "{deployment:?}, {name}: {said}");
                            assert!(said.contains(words), "{deployment:?}, {name}: {said}");
                        }
                        let said = report["verdict"].as_str().expect("a verdict");
                        let lacks = LINES
                            .iter()
                            .any(|line| line.0 == *deployment && matches!(line.2, "works_without" | "does_not_work"));
                        match code {
                            0 => assert!(said == "works" && !lacks, "{deployment:?}: {said}"),
                            8 => assert!(said.starts_with("works, without: "), "{deployment:?}: {said}"),
                            other => panic!("{deployment:?} ended with {other}: {said}"),
                        }
                    }
                })
            })
            .collect();
        all.into_iter().for_each(|one| one.join().expect("it goes through"));
    });
}

#[test]
fn a_lifecycle_of_other_words_is_said_with_what_would_mend_it() {
    let home = tempfile::tempdir().expect("a folder");
    let (report, code) = examined(home.path(), &["--quirk", "lock-words"]);
    let freeze = feature(&report, "freeze a card");
    assert!(freeze["fix"].as_str().expect("a fix").contains("[paths] freeze = "), "{freeze}");
    assert_eq!(code, 8);
    assert!(report["verdict"].as_str().expect("words").contains("freezing"), "{}", report["verdict"]);
}

/// Support may see it: no token, nobody's name, no amount.
#[test]
fn a_report_names_nobody() {
    let home = tempfile::tempdir().expect("a folder");
    let (_server, base_url, token) = sandbox(home.path(), &[]);
    let variables = [("FOURPAY_BASE_URL", base_url.as_str()), ("FOURPAY_TOKEN", token.as_str())];
    let said = text(&doctor(home.path(), &["--report"], &variables).stdout);
    assert!(said.contains("freeze a card") && said.contains("version ") && said.contains(&base_url), "{said}");
    let cardholders = super::server::request(&base_url, &token, "GET", "/api/v2/cardholders", &serde_json::Value::Null);
    let mut names: Vec<String> = vec![token.clone(), home.path().display().to_string(), "@".into(), "USD".into()];
    for holder in cardholders["items"].as_array().expect("people") {
        names.extend(
            ["firstName", "lastName", "cardOwnerId"].map(|key| holder[key].as_str().expect("a text").to_owned()),
        );
    }
    for name in names {
        let word = |text: &str| text.split(|sign: char| !sign.is_alphanumeric()).any(|word| word == name);
        assert!(!(word(&said) || name.len() > 8 && said.contains(&name)), "{name} is in the report:\n{said}");
    }
}

#[test]
fn a_proxy_that_is_not_used_is_said() {
    let home = tempfile::tempdir().expect("a folder");
    let (_server, base_url, token) = sandbox(home.path(), &[]);
    let variables = [
        ("FOURPAY_BASE_URL", base_url.as_str()),
        ("FOURPAY_TOKEN", token.as_str()),
        ("HTTPS_PROXY", "http://user:CANARY@127.0.0.1:9"),
    ];
    let said = text(&doctor(home.path(), &[], &variables).stdout);
    assert!(said.contains("HTTPS_PROXY is set and not used") && !said.contains("CANARY"), "{said}");
}
