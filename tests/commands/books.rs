//! The books: every format, statements and reconciliation, against what the server holds.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use fourpay::sandbox::{Dialect, Options, Quirk, Quirks};
use rust_decimal::Decimal;

use crate::world::{World, small};

const FORMATS: [&str; 5] = ["hledger", "beancount", "ofx", "camt053", "csv"];

/// The assertions of a journal for hledger, by account.
fn asserted(journal: &str) -> BTreeMap<String, Decimal> {
    let line = |line: &str| {
        let (account, rest) = line.trim().split_once("  ")?;
        let (_, amount) = rest.split_once(" = ")?;
        Some((account.to_owned(), amount.split(' ').next()?.parse().ok()?))
    };
    journal.lines().filter_map(line).collect()
}

#[test]
fn the_books_assert_the_balances_that_the_platform_says() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let held = world.inventory();
        let answer = world.run(&["export", "--format", "hledger"]).is(0);
        let asserted = asserted(&answer.out);
        for account in &held.accounts {
            let name = format!("Assets:4pay:Accounts:{}", account.name.replace([' ', '.'], "-"));
            let said = asserted.get(&name).unwrap_or_else(|| panic!("{name}: {asserted:?}"));
            assert_eq!(*said, account.balance, "{}: {name}", dialect.name());
        }
        let cards = asserted.keys().filter(|name| name.starts_with("Assets:4pay:Cards:")).count();
        assert!(cards > 5, "{}: {cards}", dialect.name());
        // Nothing is lost on the way: as many movements as there are completed rows.
        let rows = held.card_transactions.iter().chain(&held.account_transactions);
        let booked = rows.filter(|row| row.status == "completed").count();
        let written = answer.out.lines().filter(|line| line.contains(" * (") && !line.contains("-fee) ")).count();
        assert_eq!(written, booked, "{}", dialect.name());
    }
}

/// Files are whole, for their owner alone; what was before a period is its opening balance.
#[test]
fn every_format_is_a_file_and_a_period_has_an_opening_balance() {
    let world = World::rich();
    let file = world.home.path().join("books");
    let path = file.to_str().expect("a path");
    let held = world.inventory();
    let booked =
        |rows: &[fourpay::sandbox::HeldTransaction]| rows.iter().filter(|row| row.status == "completed").count();
    let (of_accounts, of_cards) = (booked(&held.account_transactions), booked(&held.card_transactions));
    assert!(of_accounts > 0 && of_cards > 0);
    for format in FORMATS {
        world.run(&["export", "--format", format, "-o", path]).is(0);
        let text = std::fs::read_to_string(&file).expect("text");
        // As many movements as were completed, and the form that readers of this format know it by.
        let count = |part: &str| text.matches(part).count();
        let (form, movements, wanted) = match format {
            "hledger" => ("decimal-mark .\n", count(" * (") - count("-fee) "), of_accounts + of_cards),
            "beancount" => ("option \"title\"", count("\n  id: ") - count("-fee\"\n  at:"), of_accounts + of_cards),
            "ofx" => ("<?OFX OFXHEADER=\"200\"", count("<STMTTRN>"), of_accounts),
            "camt053" => ("urn:iso:std:iso:20022:tech:xsd:camt.053.001.08", count("<Ntry>"), of_accounts),
            _ => (
                "at,holder,",
                count("\r\n") - count(",opening,") - count(",closing,") - count("-fee\r\n") - 1,
                of_accounts + of_cards,
            ),
        };
        assert!(text.contains(form), "{format}: {}", text.chars().take(300).collect::<String>());
        assert_eq!(movements, wanted, "{format}");
        assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    }
    let all = asserted(&world.run(&["export", "--format", "hledger"]).is(0).out);
    let day = (chrono::Utc::now() - chrono::TimeDelta::days(20)).format("%Y-%m-%d").to_string();
    let part = world.run(&["export", "--format", "hledger", "--since", &day]).is(0).out;
    assert!(part.contains("opening balance"), "{part}");
    assert_eq!(asserted(&part), all.into_iter().filter(|(name, _)| part.contains(name.as_str())).collect());
    let name = &world.inventory().accounts[0].name;
    let one = world.run(&["export", "--format", "csv", "--account", name]).is(0).out;
    assert!(one.lines().skip(1).all(|line| line.contains(name.as_str())), "{one}");
    world.run(&["export", "--format", "csv", "--account", "nobody"]).is(4);
    world.run(&["export", "--format", "csv", "--since", "soon"]).is(2);
    world.run(&["export", "--format", "csv", "--since", "2026-02-01", "--until", "2026-01-01"]).is(2);
    world.run(&["export", "--format", "xml"]).is(2);
}

/// What does not add up is said with the difference, asserted nowhere, and has a code of its own.
#[test]
fn books_that_do_not_agree_are_said_to() {
    let world = World::quirky(&[Quirk::BadFields]);
    let answer = world.run(&["export", "--format", "hledger"]).is(7).says("incomplete");
    let all = world.run(&["accounts", "--json"]).json()["count"].as_u64().expect("a count");
    assert!(all > 0 && answer.out.contains("commodity"));
    let world = World::quirky(&[Quirk::NullBalances]);
    world.run(&["export", "--format", "beancount"]).is(7).says("4pay: it reports no balance");
    world.run(&["reconcile", "--day", "today"]).is(7).says("not checked against 4pay");
    // So says the file of one account.
    let name = &world.inventory().accounts[0].name;
    world.run(&["export", "--format", "csv", "--account", name]).is(7).says("not checked against 4pay");
}

#[test]
fn what_a_format_cannot_hold_is_named() {
    let world = World::of(Options { quirks: Quirks::of(&[Quirk::SubCents]), ..small(Dialect::Rich) });
    let answer = world.run(&["export", "--format", "camt053"]).is(7).says("camt.053 cannot hold");
    assert!(!answer.out.contains("<Ntry>"), "an account is in it whole or not at all");
    world.run(&["export", "--format", "ofx"]).is(0).says("more decimals than the currency");
    world.run(&["export", "--format", "hledger"]).is(0);
}

#[test]
fn a_statement_opens_moves_and_closes() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let account = world.inventory().accounts[0].clone();
        let month = chrono::Utc::now().format("%Y-%m").to_string();
        let document = world.run(&["statement", &account.name, "--month", &month, "--json"]).is(0).json();
        let amount = |member: &str| -> Decimal {
            document["balances"][member]["amount"].as_str().and_then(|text| text.parse().ok()).expect("an amount")
        };
        let closing = amount("opening") + amount("in") - amount("out") - amount("fees");
        assert_eq!(closing, amount("closing"), "{}", dialect.name());
        assert_eq!(document["balances"]["agrees_with_platform"], true, "{document}");
        let last = document["rows"].as_array().and_then(|rows| rows.last()).map(|row| row["balance"].clone());
        assert!(last.is_none_or(|last| last == document["balances"]["closing"]), "{document}");
        let text = world.run(&["statement", &account.name, "--month", &month]).is(0);
        assert!(text.out.contains("opening") && text.out.contains("closing"), "{}", text.out);
        let csv = world.run(&["statement", &account.id, "--month", &month, "--csv"]).is(0);
        assert_eq!(csv.out.lines().count() as u64, document["count"].as_u64().expect("a count") + 3);
    }
    let world = World::rich();
    let name = world.inventory().accounts[0].name.clone();
    let file = world.home.path().join("statement.xlsx");
    world.run(&["statement", &name, "--xlsx", file.to_str().expect("a path")]).is(0);
    assert!(std::fs::read(&file).expect("a workbook").starts_with(b"PK"));
    world.run(&["statement", &name, "--month", "2026-13"]).is(2);
    world.run(&["statement", &name, "--month", "2099-01"]).is(2);
    world.run(&["statement", "nobody"]).is(4);
}

#[test]
fn a_day_is_reconciled_with_the_journal() {
    for (dialect, named) in
        [(Dialect::Rich, true), (Dialect::Documented, false), (Dialect::Upstream, false), (Dialect::Legacy, false)]
    {
        let world = World::new(dialect);
        let card = world.card();
        world.run(&["top-up", &card.id, "12.34", "--yes"]).is(0);
        world.run(&["withdraw", &card.id, "1.11", "--yes"]).is(0);
        let document = world.run(&["reconcile", "--day", "today", "--json"]).is(0).json();
        assert_eq!(document["journal"]["matched"], 2, "{}: {document}", dialect.name());
        assert_eq!((&document["orphans"], &document["cards"]["differ"]), (&serde_json::json!([]), &0.into()));
        assert!(document["pairs"]["count"].as_u64().is_some_and(|count| count >= 2), "{document}");
        if named {
            assert_eq!(document["pairs"]["inferred"], 0, "{document}");
        }
        let text = world.run(&["reconcile", "--day", "today"]).is(0);
        assert!(text.out.contains("✓ all transactions to date add up to the balance 4pay reports now"), "{}", text.out);
        // The same acts, seen from a computer that did not do them.
        let elsewhere = tempfile::tempdir().expect("a folder");
        let other =
            world.command(&["reconcile", "--day", "today", "--json"]).env("XDG_STATE_HOME", elsewhere.path()).output();
        let other: serde_json::Value = serde_json::from_slice(&other.expect("it runs").stdout).expect("JSON");
        let others = other["journal"]["rows_of_others"].as_array().map(Vec::len);
        assert!(others == Some(2) || (!named && others == Some(0)), "{}: {other}", dialect.name());
    }
    World::rich().run(&["reconcile"]).is(0);
}
