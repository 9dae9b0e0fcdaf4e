//! Lists, one card, a search and an explanation: whole, in every format, on every dialect.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use fourpay::sandbox::{Dialect, Happening, Options, Quirk, Quirks};
use serde_json::Value;

use crate::world::{Answer, World, small};

fn rows(answer: &Answer) -> Vec<Value> {
    answer.json()["rows"].as_array().cloned().unwrap_or_else(|| panic!("{}", answer.out))
}

fn texts(rows: &[Value], column: &str) -> Vec<String> {
    rows.iter().map(|row| row[column].as_str().unwrap_or("null").to_owned()).collect()
}

/// Everything that is null says why, and nothing else does.
fn says_why(rows: &[Value]) {
    for row in rows {
        let unknown = row["unknown"].as_object().expect("reasons");
        for (name, value) in row.as_object().expect("a row") {
            assert_eq!(value.is_null(), unknown.contains_key(name), "{name}: {row}");
        }
    }
}

#[test]
fn every_list_on_every_dialect_is_what_the_server_holds() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let held = world.inventory();
        let list = |arguments: &[&str]| {
            let answer = world.run(&[arguments, &["--json"]].concat());
            assert_eq!(answer.code, Some(0), "{} {arguments:?}: {}{}", dialect.name(), answer.out, answer.error);
            let document = answer.json();
            assert_eq!((&document["version"], &document["complete"]), (&1.into(), &true.into()), "{document}");
            let rows = rows(&answer);
            assert_eq!(document["count"], rows.len());
            says_why(&rows);
            rows
        };
        let sorted = |mut all: Vec<String>| {
            all.sort();
            all
        };
        let accounts = list(&["accounts"]);
        assert_eq!(
            sorted(texts(&accounts, "id")),
            sorted(held.accounts.iter().map(|account| account.id.clone()).collect()),
            "{}",
            dialect.name()
        );
        for account in &held.accounts {
            let row = accounts.iter().find(|row| row["id"] == account.id.as_str()).expect("the account");
            if let Some(amount) = row["available"]["amount"].as_str() {
                let amount: rust_decimal::Decimal = amount.parse().expect("a decimal");
                assert_eq!(amount, account.available, "{}", dialect.name());
            }
        }
        let cards = list(&["cards"]);
        assert_eq!(
            sorted(texts(&cards, "id")),
            sorted(held.cards.iter().map(|card| card.id.clone()).collect()),
            "{}",
            dialect.name()
        );
        let people = list(&["holders"]);
        assert_eq!(
            sorted(texts(&people, "id")),
            sorted(held.holders.iter().map(|holder| holder.owner_id.clone()).collect())
        );
        let transactions = list(&["transactions", "--all"]);
        let all = held.card_transactions.len() + held.account_transactions.len();
        assert_eq!(transactions.len(), all, "{}", dialect.name());
        let times = texts(&transactions, "created_at");
        assert!(times.is_sorted_by(|one, other| one >= other), "newest first: {}", dialect.name());
        list(&["bins"]);
        // Whose a card is is known, even where the list does not say it.
        let card = world.card();
        let found = list(&["cards", &format!("id:{}", &card.id[card.id.len() - 8..])]);
        assert_eq!(texts(&found, "id"), [card.id.as_str()], "{}", dialect.name());
        assert_ne!(texts(&found, "holder"), ["null"], "{}: {found:?}", dialect.name());
        let shown = world.run(&["card", &card.id, "--json"]).is(0).json();
        assert_eq!(shown["card"]["id"], card.id.as_str());
        world.run(&["card", "show", &card.id]).is(0).says(&card.id);
        world.run(&["card", "nobody"]).is(4);
    }
}

#[test]
fn the_filter_is_that_of_the_dashboard() {
    let world = World::rich();
    let held = world.inventory();
    let frozen = held.cards.iter().filter(|card| card.status == "frozen").count();
    let count = |arguments: &[&str]| rows(&world.run(&[arguments, &["--json"]].concat()).is(0)).len();
    assert_eq!(count(&["cards", "status:frozen"]), frozen);
    assert_eq!(count(&["cards", "frozen"]), frozen, "a bare word that is a state");
    let dashed = world.run(&["cards", "--json", "--", "-status:frozen"]).is(0);
    assert_eq!(rows(&dashed).len(), held.cards.len() - frozen);
    world.run(&["cards", "--jsno"]).is(2).says("--jsno");
    assert_eq!(count(&["cards", "-status:frozen", "-status:active"]), {
        held.cards.iter().filter(|card| card.status != "frozen" && card.status != "active").count()
    });
    let name = &held.accounts[0].name;
    let own = held.cards.iter().filter(|card| card.account == held.accounts[0].id).count();
    assert_eq!(count(&["cards", &format!("account:\"{name}\"")]), own);
    let declined = held.card_transactions.iter().chain(&held.account_transactions);
    let declined = declined.filter(|row| row.status == "declined").count();
    assert_eq!(count(&["transactions", "declined", "--all"]), declined);
    assert_eq!(count(&["transactions", "--since", "2100-01-01"]), 0);
    assert!(count(&["transactions", "--since", "7d"]) <= count(&["transactions", "--since", "60d"]));
    assert!(count(&["transactions"]) <= count(&["transactions", "--all"]));
    world.run(&["cards", "colour:red"]).is(2).says("there is no colour:");
    world.run(&["transactions", "--since", "yesterdayish"]).is(2);
    world.run(&["cards", "--columns", "id,nonsense"]).is(2).says("columns are");
    world.run(&["cards", "--json", "--csv"]).is(2);
    let said = world.run(&["cards", "colour:red", "--json"]).is(2).json();
    assert_eq!((&said["kind"], &said["code"]), (&"stopped".into(), &2.into()), "{said}");
}

#[test]
fn each_format_says_the_same() {
    let world = World::rich();
    let json = rows(&world.run(&["cards", "--json"]).is(0));
    let lines = world.run(&["cards", "--jsonl"]).is(0);
    let lines: Vec<Value> = lines.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(texts(&lines, "id"), texts(&json, "id"));
    assert_eq!(lines[0]["record"], "card");
    let csv = world.run(&["cards", "--csv", "--columns", "id,name,available"]).is(0).out;
    let mut csv = csv.lines();
    assert_eq!(csv.next(), Some("id,name,available,available_currency"));
    assert_eq!(csv.count(), json.len());
    let tsv = world.run(&["cards", "--tsv", "--columns", "id,status"]).is(0).out;
    assert_eq!(tsv.lines().nth(1).map(|line| line.split('\t').count()), Some(2));
    let table = world.run(&["cards"]).is(0);
    assert!(table.out.starts_with("last four"), "{}", table.out);
    assert!(!table.out.contains('\u{1b}'), "no colours where nobody looks");
    assert_eq!(table.out.lines().count(), json.len() + 1);
    let none = world.run(&["cards", "nobody", "--csv", "--columns", "id"]).is(0);
    assert_eq!(none.out, "id\r\n", "a list without rows has its head");
}

/// CSV ends its lines as RFC 4180 says; a footer adds up what moved, by currency, and only when it is asked for.
#[test]
fn csv_has_a_footer_and_a_byte_order_mark_on_request() {
    let world = World::rich();
    let plain = world.run(&["transactions", "--all", "--csv", "--columns", "id,status,amount"]).is(0).out;
    assert!(plain.lines().count() > 100 && plain.matches("\r\n").count() == plain.matches('\n').count());
    let asked = ["transactions", "--all", "--csv", "--columns", "id,status,amount", "--totals", "--bom"];
    let with = world.run(&asked).is(0).out;
    let rest = with.strip_prefix('\u{feff}').and_then(|text| text.strip_prefix(plain.as_str())).expect("the same rows");
    let mut sums = std::collections::BTreeMap::new();
    for line in plain.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        if !matches!(fields[1], "declined" | "canceled") {
            let amount: rust_decimal::Decimal = fields[2].parse().expect("an amount");
            *sums.entry(fields[3].to_owned()).or_insert(rust_decimal::Decimal::ZERO) += amount;
        }
    }
    let footer: Vec<&str> = rest.lines().collect();
    assert_eq!(footer.len(), sums.len(), "{rest}");
    for (line, (currency, sum)) in footer.iter().zip(sums) {
        assert!(line.starts_with(&format!("\"total {currency}, ")), "{line}");
        let said = line.rsplit(',').nth(1).and_then(|text| text.parse::<rust_decimal::Decimal>().ok());
        assert_eq!(said, Some(sum), "{line}");
    }
    world.run(&["cards", "--json", "--totals"]).is(2);
    world.run(&["cards", "--bom"]).is(2);
    world.run(&["cards", "--totals"]).is(0).says("total USD");
}

/// A workbook is written whole or not at all, for its owner alone, and nothing else is printed.
#[test]
fn a_workbook_is_a_file_of_ones_own() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::rich();
    let file = world.home.path().join("cards.xlsx");
    let path = file.to_str().expect("a path");
    let answer = world.run(&["cards", "--xlsx", path, "--totals"]).is(0).says(" rows");
    assert_eq!(answer.out, "");
    let bytes = std::fs::read(&file).expect("the file");
    assert!(bytes.starts_with(b"PK\x03\x04") && bytes.len() > 4_000);
    assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    let nowhere = world.home.path().join("none/cards.xlsx");
    world.run(&["cards", "--xlsx", nowhere.to_str().expect("a path")]).is(7).says("nothing was written");
    world.run(&["cards", "--xlsx", "/dev/full"]).is(7).says("no ordinary file");
    // A server that does not answer leaves the old file.
    let gone = world.command(&["cards", "--xlsx", path]).env("FOURPAY_BASE_URL", "http://127.0.0.1:9").output();
    assert_ne!(gone.expect("it runs").status.code(), Some(0));
    assert_eq!(std::fs::read(&file).expect("the file"), bytes);
    world.run(&["cards", "--xlsx", path, "--csv"]).is(2);
}

/// At a terminal a line is as wide as the window at most, and amounts are whole.
#[test]
fn a_table_fits_the_terminal() {
    let world = World::rich();
    let mut tty = world.tty(&["cards", "--columns", "name,available,status,account,id"]);
    assert_eq!(tty.wait_for_end(), 0, "{}", tty.screen());
    let raw = String::from_utf8_lossy(&tty.raw()).into_owned();
    assert!(raw.contains("\u{1b}[1m"), "the head is bold: {raw}");
    for line in raw.lines().filter(|line| line.contains("USD")) {
        assert!(line.trim_end().chars().count() <= 110, "{line}");
    }
}

/// Hostile names are data: quoted in CSV, harmless on a terminal, text in JSON, no formula anywhere.
#[test]
fn odd_names_stay_text() {
    let world = World::rich();
    let all = world.inventory();
    let (account, holder) = (all.accounts[0].name.clone(), all.holders[0].owner_id.clone());
    for name in ["=HYPERLINK(1)", "a,\"b\"", "+1 Ads"] {
        let issue = ["issue", "--account", &account, "--holder", &holder, "--name", name, "--yes"];
        world.run(&issue).is(0);
    }
    let csv = world.run(&["cards", "--csv", "--columns", "name"]).is(0).out;
    for line in ["'=HYPERLINK(1)", "\"a,\"\"b\"\"\"", "'+1 Ads"] {
        assert!(csv.lines().any(|known| known == line), "{line}: {csv}");
    }
    let names = texts(&rows(&world.run(&["cards", "--json"]).is(0)), "name");
    assert!(names.iter().any(|name| name == "=HYPERLINK(1)"));
    let card = world.card();
    world.run(&["card", "edit", &card.id, "--name", "a\u{202e}b", "--yes"]).is(2);
    world.run(&["card", "edit", &card.id, "--name", &"x".repeat(10_000), "--yes"]).is(2);
}

/// A list that ends before what it promises is printed, said, and has a code of its own.
#[test]
fn what_is_incomplete_is_said() {
    let world = World::quirky(&[Quirk::WrongTotal]);
    let answer = world.run(&["cards", "--json"]).is(7);
    let document = answer.json();
    assert_eq!(document["complete"], false);
    assert!(document["gaps"].as_array().is_some_and(|gaps| !gaps.is_empty()), "{document}");
    assert_eq!(rows(&answer).len(), world.inventory().cards.len(), "what came is printed");
    world.run(&["cards", "--csv"]).is(7).says("incomplete");
    world.run(&["transactions", "--jsonl"]).is(7).says("incomplete");
    let world = World::quirky(&[Quirk::BadFields, Quirk::NullBalances]);
    let answer = world.run(&["cards", "--json"]);
    let unknown = rows(&answer).iter().filter(|row| row["available"].is_null()).count();
    assert!(unknown > 0, "what is not known is null, never zero");
    says_why(&rows(&answer));
}

/// Pages are asked for until nothing new comes, whatever the server makes of limits.
#[test]
fn long_lists_come_whole() {
    for quirk in
        [Quirk::ClampedLimit, Quirk::LowMaxLimit, Quirk::PageQuantity, Quirk::OldestFirst, Quirk::IgnoredFilters]
    {
        let options = Options {
            cards: 350,
            transactions: 1_500,
            accounts: 2,
            quirks: Quirks::of(&[quirk]),
            ..small(Dialect::Rich)
        };
        let world = World::of(options);
        let held = world.inventory();
        assert_eq!(rows(&world.run(&["cards", "--json"]).is(0)).len(), 350, "{quirk:?}");
        let all = world.run(&["transactions", "--all", "--jsonl"]).is(0).out.lines().count();
        assert_eq!(all, held.card_transactions.len() + held.account_transactions.len(), "{quirk:?}");
        let since = chrono::Utc::now() - chrono::TimeDelta::days(10);
        let young = |row: &&fourpay::sandbox::HeldTransaction| row.created >= since.timestamp_millis();
        let young = held.card_transactions.iter().chain(&held.account_transactions).filter(young).count();
        let got = rows(&world.run(&["transactions", "--since", "10d", "--json"]).is(0)).len();
        assert!(got.abs_diff(young) <= 1, "{quirk:?}: {got} of {young}");
    }
}

/// `| head -1` is no error, and ends the reading.
#[test]
fn a_closed_pipe_ends_a_read_quietly() {
    let world =
        World::of(Options { transactions: 3_000, quirks: Quirks::of(&[Quirk::ClampedLimit]), ..small(Dialect::Rich) });
    let mut command = world.command(&["transactions", "--all", "--jsonl"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    let answer = Answer::of(&child.wait_with_output().expect("it ends")).is(0);
    assert!(line.starts_with('{') && answer.error.is_empty(), "{line} {}", answer.error);
}

#[test]
fn find_looks_everywhere_and_why_explains() {
    for dialect in [Dialect::Rich, Dialect::Documented] {
        let world = World::new(dialect);
        let all = world.inventory();
        let card = world.card();
        let holder = all.holders.iter().find(|holder| holder.owner_id == card.owner_id).expect("its holder").clone();
        let surname = holder.name.rsplit(' ').next().expect("a name");
        let found = rows(&world.run(&["find", surname, "--json"]).is(0));
        let what = texts(&found, "what");
        assert!(what.iter().any(|what| what == "cardholder") && what.iter().any(|what| what == "card"), "{found:?}");
        let by_id = rows(&world.run(&["find", &card.id[card.id.len() - 8..], "--json", "--days", "0"]).is(0));
        assert!(texts(&by_id, "id").contains(&card.id), "{by_id:?}");
        assert!(
            rows(&world.run(&["find", "status:frozen", "--json", "--days", "0"]).is(0)).is_empty(),
            "text, no field"
        );
        let purchase = |amount: &str| {
            let happening = Happening::Purchase { card: card.id.clone(), amount: amount.into(), settle_after_ms: None };
            world.sandbox.happen(happening).expect("a purchase")
        };
        let declined = purchase("99999.00");
        let said = world.run(&["why", &declined, "--json"]).is(0).json();
        assert_eq!((&said["declined"], &said["kind"]), (&true.into(), &"why".into()), "{said}");
        assert_eq!(said["transaction"]["id"], declined.as_str());
        world.run(&["why", &declined]).is(0).says("declined");
        let fine = purchase("1.00");
        assert_eq!(world.run(&["why", &fine, "--json"]).is(0).json()["declined"], false);
        world.run(&["why", "01a029a6-0000-7b9b-aca0-ec37e2338aca"]).is(4);
        world.run(&["why", "/etc"]).is(4);
    }
}

#[test]
fn the_log_of_deliveries_is_listed() {
    let world = World::rich();
    let all = rows(&world.run(&["webhooks", "events", "--json"]).is(0));
    assert!(!all.is_empty());
    says_why(&all);
    let since = rows(&world.run(&["webhooks", "events", "--since", "2100-01-01", "--json"]).is(0));
    assert!(since.is_empty());
    let world = World::quirky(&[Quirk::NoEventLog]);
    let answer = world.run(&["webhooks", "events"]);
    assert!(matches!(answer.code, Some(4 | 9)), "{:?} {}", answer.code, answer.error);
}
