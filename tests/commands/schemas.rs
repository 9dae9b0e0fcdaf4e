//! Everything that is printed as JSON is what `docs/schemas` says of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::world::World;

fn schema(kind: &str) -> Value {
    let path = Path::new("docs/schemas").join(format!("{kind}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// Panics when a document is not what the schema of its kind says.
pub fn check(document: &Value) {
    let kind = document["kind"].as_str().unwrap_or_else(|| panic!("a document without a kind: {document}"));
    check_as(kind, document);
}

/// The same for those that do not name their kind.
pub fn check_as(kind: &str, document: &Value) {
    let validator = jsonschema::validator_for(&schema(kind)).unwrap_or_else(|why| panic!("{kind}: {why}"));
    let wrong: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{kind}: {wrong:#?}\n{document:#}");
}

#[test]
fn a_document_that_is_not_so_is_seen() {
    let good = json!({"version": 1, "kind": "stopped", "result": "usage", "code": 2, "says": "x", "candidates": []});
    check(&good);
    for (member, value) in [("version", json!(2)), ("code", json!("2")), ("result", json!("maybe")), ("more", json!(1))]
    {
        let mut bad = good.clone();
        bad[member] = value;
        assert!(std::panic::catch_unwind(|| check(&bad)).is_err(), "{member}");
    }
    let mut bad = good.clone();
    bad.as_object_mut().expect("an object").remove("says");
    assert!(std::panic::catch_unwind(|| check(&bad)).is_err());
}

/// The commands that were there before have schemas too.
#[test]
fn the_journal_and_the_gaps_are_what_their_schemas_say() {
    let world = World::rich();
    let card = world.card();
    world.run(&["top-up", &card.id, "1", "--yes"]).is(0);
    world.fault("card_topup", fourpay::sandbox::Fault::DropBefore);
    world.run(&["top-up", &card.id, "1", "--yes", "--wait", "1"]).is(3);
    let list = world.journal();
    check_as("journal_list", &Value::Array(list.clone()));
    assert_eq!(list.len(), 2);
    let reference = list[0]["reference"].as_str().expect("a reference");
    let read = |arguments: &[&str]| -> Value {
        serde_json::from_str(&world.run(arguments).out).unwrap_or_else(|why| panic!("{arguments:?}: {why}"))
    };
    check_as("journal_show", &read(&["journal", "show", reference, "--json"]));
    check_as("journal_verify", &read(&["journal", "verify", "--json"]));
    check_as("webhooks_gaps", &read(&["webhooks", "gaps", "--json"]));
}

/// The schema names every column and no other; a line of `--jsonl` is a row of `--json`.
#[test]
fn schemas_name_every_column() {
    let world = World::rich();
    for (arguments, kind) in [
        (&["accounts"][..], "accounts"),
        (&["cards"], "cards"),
        (&["holders"], "cardholders"),
        (&["bins"], "bins"),
        (&["transactions", "--all"], "transactions"),
        (&["webhooks", "events"], "webhook_events"),
        (&["find", "a", "--days", "0"], "hits"),
        (&["insights", "declines", "--by", "merchant,card", "--last", "90d"], "insights_declines"),
        (&["insights", "spend", "--by", "holder", "--last", "90d"], "insights_spend"),
        (&["insights", "runway"], "insights_runway"),
    ] {
        let document = world.run(&[arguments, &["--json"]].concat()).is(0).json();
        let schema = schema(kind);
        let named: BTreeSet<&String> =
            schema["$defs"]["row"]["properties"].as_object().expect("members").keys().collect();
        let printed: BTreeSet<&String> = document["rows"][0].as_object().expect("a row").keys().collect();
        assert_eq!(named, printed, "{kind}");
        for line in world.run(&[arguments, &["--jsonl"]].concat()).is(0).out.lines() {
            let mut row: Value = serde_json::from_str(line).expect("JSON");
            row.as_object_mut().expect("a row").remove("record").expect("what it is");
            let mut one = document.clone();
            one["rows"] = json!([row]);
            check(&one);
        }
    }
}

/// What describes the setup, and one delivery that was sent again.
#[test]
fn setup_and_replay_are_what_their_schemas_say() {
    let world = World::rich();
    let read = |arguments: &[&str]| -> Value {
        serde_json::from_str(&world.run(arguments).out).unwrap_or_else(|why| panic!("{arguments:?}: {why}"))
    };
    check_as("doctor", &read(&["doctor", "--json"]));
    let profiles = read(&["profiles", "--json"]);
    check_as("profiles", &profiles);
    assert!(profiles.as_array().is_some_and(|rows| !rows.is_empty()), "{profiles}");
    let events = world.run(&["webhooks", "events", "--json"]).is(0).json();
    let id = events["rows"][0]["id"].as_str().expect("an event");
    // Nobody listens there.
    let replay = read(&["webhooks", "replay", id, "--to", "http://127.0.0.1:9/", "--unsigned", "--json"]);
    check_as("webhooks_replay", &replay);
    assert!(replay["error"].is_string() && replay["code"].is_null(), "{replay}");
}
