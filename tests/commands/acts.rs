//! Each act on every dialect, by every way a card is named, and every exit code.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use fourpay::sandbox::{Dialect, Fault, HeldCard, Options, Quirk, Quirks, Rule};
use rust_decimal::Decimal;

use crate::world::{Answer, World, small};

fn four(card: &HeldCard) -> String {
    card.last_four.clone()
}

/// Whether references come back, or the answer names its rows: without, money is only probably done.
fn echoes(dialect: Dialect) -> bool {
    dialect == Dialect::Rich
}

/// Done by a read, or as near to it as the deployment allows.
fn done(answer: Answer, sure: bool) -> Answer {
    match sure {
        true => answer.is(0),
        false => {
            assert!(matches!(answer.code, Some(0 | 3)), "{:?}\n{}\n{}", answer.code, answer.out, answer.error);
            answer
        }
    }
}

#[test]
fn every_act_on_every_dialect() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let card = world.card();
        let says = |answer: &Answer| format!("{}: {}\n{}", dialect.name(), answer.out, answer.error);

        // Freezing and unfreezing; once more is nothing, and is no error.
        let frozen = world.run(&["freeze", &four(&card), "--yes", "--reason", "lost"]);
        assert_eq!(frozen.code, Some(0), "{}", says(&frozen));
        assert_eq!(world.held(&card.id).status, "frozen");
        world.run(&["freeze", &card.id, "--yes"]).is(0).says("frozen already");
        world.run(&["top-up", &card.id, "1", "--yes"]).is(1).says("only an active card");
        let active = world.run(&["unfreeze", &card.name, "--yes"]);
        assert_eq!(active.code, Some(0), "{}", says(&active));
        assert_eq!(world.held(&card.id).status, "active");
        assert_eq!((world.acts("card_freeze"), world.acts("card_unfreeze")), (1, 1), "{}", dialect.name());

        // Money: up, to a balance, and all of it back.
        done(world.run(&["top-up", &card.id, "2.50", "--yes", "--description", "June ads"]), echoes(dialect));
        assert_eq!(world.held(&card.id).available, card.available + Decimal::new(250, 2), "{}", dialect.name());
        let target = (card.available + Decimal::from(7)).to_string();
        done(world.run(&["top-up", &four(&card), "--to", &target, "--yes", "--json"]), echoes(dialect));
        assert_eq!(world.held(&card.id).available, card.available + Decimal::from(7));
        world.run(&["top-up", &four(&card), "--to", &target, "--yes"]).is(0).says("already");
        world.run(&["top-up", &four(&card), "--to", "0", "--yes"]).is(1).says("withdraw instead");
        assert_eq!(world.acts("card_topup"), 2);
        done(world.run(&["withdraw", &card.id, "1.00", "--yes"]), echoes(dialect));
        done(world.run(&["withdraw", &four(&card), "all", "--yes"]), echoes(dialect));
        assert_eq!(world.held(&card.id).available, Decimal::ZERO, "{}", dialect.name());
        world.run(&["withdraw", &four(&card), "all", "--yes"]).is(0).says("no money");

        // Closing an empty card, once.
        world.run(&["close", &card.id, "--yes"]).is(2).says("--yes-close");
        world.run(&["close", &card.id, "--yes-close", "0000"]).is(2).says("is not");
        assert_eq!(world.acts("card_close"), 0);
        world.run(&["close", &card.id, "--yes-close", &four(&card)]).is(0);
        assert_eq!(world.held(&card.id).status, "closed");
        world.run(&["close", &card.id, "--yes-close", &four(&card)]).is(0).says("closed already");
        world.run(&["freeze", &card.id, "--yes"]).is(1).says("closed");
        assert_eq!(world.acts("card_close"), 1);
        world.conserved();
        world.stop();
    }
}

#[test]
fn people_cards_and_transfers_on_every_dialect() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let all = world.inventory();
        let pays = all.accounts.iter().max_by_key(|account| account.available).expect("an account").clone();
        let person = ["holder", "create", "--first-name", "Zoë", "--last-name", "Quist", "--email", "zoe@example.org"];
        let person = [&person[..], &["--id", "emp-7", "--account", &pays.name, "--yes"]].concat();
        world.run(&person).is(0).says("cardholder Zoë Quist created");
        world.run(&person).is(1).says("has this id already");
        assert_eq!(world.acts("cardholder_create"), 1);

        let issue = ["issue", "--account", &pays.name, "--limit", "daily=500", "--limit", "monthly=1000", "--yes"];
        let one = [&issue[..], &["--holder", "emp-7", "--name", "Ads one", "--json"]].concat();
        let made = world.run(&one).is(0).json();
        assert_eq!(made["acts"][0]["act"], "issue_card", "{made}");
        let id = made["acts"][0]["card"].as_str().expect("the card").to_owned();
        assert_eq!(world.held(&id).name, "Ads one");
        let series = [&issue[..], &["--holder", "zoe quist", "--name", "Ads {seq:02}", "--count", "3"]].concat();
        world.run(&series).is(0);
        let names: Vec<String> = world.inventory().cards.into_iter().map(|card| card.name).collect();
        for name in ["Ads 01", "Ads 02", "Ads 03"] {
            assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
        }
        assert_eq!(world.acts("card_issue"), 4, "{}", dialect.name());

        let edit = world.run(&["card", "edit", "Ads 02", "--name", "Travel", "--limit", "daily=250", "--yes"]);
        match dialect {
            Dialect::Documented | Dialect::Rich | Dialect::Upstream | Dialect::Legacy if edit.code == Some(0) => {
                assert!(world.inventory().cards.iter().any(|card| card.name == "Travel"));
                assert_eq!(world.acts("card_update"), 1);
            }
            // What the API does not say of the limits is not overwritten.
            _ => {
                edit.is(7).says("limits");
            }
        }

        let to = all.accounts.iter().find(|account| account.id != pays.id && account.currency == pays.currency);
        if let Some(to) = to {
            let moved = world.run(&["transfer", &pays.name, &to.id, "12.34", "--yes"]);
            if moved.error.contains("names") {
                moved.is(1);
            } else {
                done(moved, echoes(dialect));
                assert_eq!(world.acts("account_transfer"), 1);
                let after = world.inventory().accounts.into_iter().find(|account| account.id == to.id).expect("it");
                assert_eq!(after.available, to.available + Decimal::new(1234, 2));
            }
        }
        world.conserved();
        world.stop();
    }
}

/// M10: large transfers, on any way to say yes.
#[test]
fn a_large_transfer_wants_its_amount_twice() {
    let world = World::rich();
    let all = world.inventory().accounts;
    let pays = all.iter().max_by_key(|account| account.available).expect("an account");
    let to = all.iter().find(|account| account.id != pays.id && account.currency == pays.currency).expect("another");
    let transfer = ["transfer", &pays.id, &to.id, "1000.01", "--yes"];
    world.run(&transfer).is(2).says("--confirm-amount 1000.01");
    for wrong in ["1000", "1000.1", "1e3", "1,000.01", ""] {
        world.run(&[&transfer[..], &["--confirm-amount", wrong]].concat()).is(2);
    }
    assert_eq!(world.acts("account_transfer"), 0);
    let without_yes = ["transfer", &pays.id, &to.id, "1000.01", "--confirm-amount", "1000.01"];
    world.run(&without_yes).is(2).says("--yes");
    world.run(&[&transfer[..], &["--confirm-amount", "1000.010"]].concat()).is(0);
    assert_eq!(world.acts("account_transfer"), 1);
    world.conserved();
}

#[test]
fn webhooks_are_set_and_deleted() {
    for dialect in [Dialect::Rich, Dialect::Documented, Dialect::Upstream] {
        let world = World::new(dialect);
        let url = "http://127.0.0.1:9/hook";
        let set = world.run(&["webhooks", "set", url, "--events", "card_transaction", "--yes"]);
        assert!(matches!(set.code, Some(0)), "{}: {}{}", dialect.name(), set.out, set.error);
        world.run(&["webhooks", "set", url, "--events", "nonsense", "--yes"]).is(2);
        world.run(&["webhooks", "set", "http://example.org/", "--yes"]).is(2);
        world.run(&["webhooks", "delete", "--yes"]).is(0);
        world.run(&["webhooks", "delete", "--yes"]).is(0).says("nothing is configured");
        assert_eq!((world.acts("webhook_configure"), world.acts("webhook_forget")), (1, 1), "{}", dialect.name());
    }
}

/// A secret is sent from the environment, and stands nowhere.
#[test]
fn a_webhook_secret_is_written_down_nowhere() {
    let world = World::rich();
    let mut command = world.command(&["webhooks", "set", "http://127.0.0.1:9/hook", "--secret", "--yes", "--json"]);
    let output = command.env("FOURPAY_WEBHOOK_SECRET", "whsec_CANARY").output().expect("it runs");
    let answer = Answer::of(&output).is(0);
    assert!(!answer.out.contains("CANARY") && !answer.error.contains("CANARY"));
    let journal = std::fs::read_to_string(world.home.path().join(".local/state/fourpay/journal/default.jsonl"));
    assert!(!journal.expect("a journal").contains("CANARY"));
}

#[test]
fn what_is_ambiguous_or_not_there_does_nothing() {
    let world = World::rich();
    world.run(&["freeze", "nobody's card", "--yes"]).is(4).says("no card is called");
    world.run(&["freeze", "", "--yes"]).is(4);
    world.run(&["top-up", "9z9z", "5", "--yes"]).is(4);
    world.run(&["transfer", "Nowhere", "Else", "5", "--yes"]).is(4).says("no account is called");
    let account = world.inventory().accounts[0].name.clone();
    let issue = ["issue", "--account", &account, "--holder", "nobody@example.org", "--name", "x", "--yes"];
    world.run(&issue).is(4).says("no cardholder");
    // Two cards of one name.
    let holder = world.inventory().holders[0].owner_id.clone();
    for _ in 0..2 {
        let again = ["issue", "--account", &account, "--holder", &holder, "--name", "Twin", "--yes"];
        world.run(&again).is(0);
    }
    let answer = world.run(&["freeze", "twin", "--yes", "--json"]).is(4);
    let said = answer.json();
    assert_eq!((&said["kind"], &said["result"]), (&"stopped".into(), &"not_found".into()), "{said}");
    assert_eq!(said["candidates"].as_array().map(Vec::len), Some(2), "{said}");
    // One that fits and one that fits nothing: neither is frozen.
    let card = world.card();
    world.run(&["freeze", &card.id, "nobody", "--yes"]).is(4);
    assert_eq!(world.acts("card_freeze"), 0);
    world.run(&["journal", "wait", "fp-0000000000"]).is(4);
}

#[test]
fn several_cards_are_frozen_each_once_and_the_worst_is_told() {
    let world = World::rich();
    let cards: Vec<HeldCard> =
        world.inventory().cards.into_iter().filter(|card| card.status == "active").take(3).collect();
    let ids: Vec<&str> = cards.iter().map(|card| card.id.as_str()).collect();
    world.fault("card_freeze", Fault::Status { code: 422, body: r#"{"detail":"not today"}"#.into() });
    let answer = world.run(&["freeze", ids[0], ids[1], ids[2], ids[0], "--yes", "--json"]).is(1);
    let said = answer.json();
    assert_eq!(said["acts"].as_array().map(Vec::len), Some(3), "one that is named twice is one: {said}");
    assert_eq!(world.acts("card_freeze"), 2);
    // They go out side by side: which of them the server takes first, and refuses, is not ours to say.
    let frozen = |id: &str| world.inventory().cards.iter().any(|card| card.id == id && card.status == "frozen");
    let acts = said["acts"].as_array().expect("acts");
    assert_eq!(acts.iter().filter(|act| act["result"] == "refused").count(), 1, "{said}");
    for (act, id) in acts.iter().zip(&ids) {
        assert_eq!(act["result"], if frozen(id) { "done" } else { "refused" }, "{id}: {said}");
    }
}

/// M8: what is typed is exactly what is sent, or nothing is.
#[test]
fn odd_amounts_send_nothing() {
    let world = World::rich();
    let card = world.card();
    for amount in
        ["1e3", "1,000.00", "-5", "0", "0.00", "10.999", "", " 5", "5 ", "+5", "٥", "1.000", "NaN", "0x10", "."]
    {
        world.run(&["top-up", &card.id, amount, "--yes"]).is(2);
        if amount != "0" && amount != "0.00" {
            world.run(&["top-up", &card.id, "--to", amount, "--yes"]).is(2);
        }
        world.run(&["withdraw", &card.id, amount, "--yes"]).is(2);
    }
    world.run(&["top-up", &card.id, "999999999999", "--yes"]).is(1).says("is available");
    world.run(&["withdraw", &card.id, "999999.00", "--yes"]).is(1).says("is available");
    world.run(&["top-up", &card.id, "5", "--description", "a\u{202e}b", "--yes"]).is(2).says("cannot be sent as it is");
    world.run(&["top-up", &card.id, "5", "--description", &"x".repeat(10_000), "--yes"]).is(2);
    assert_eq!((world.acts("card_topup"), world.acts("card_withdraw")), (0, 0));
    assert!(world.journal().is_empty(), "nothing was written down either");
}

#[test]
fn read_only_credential_and_settings_have_codes_of_their_own() {
    let world = World::rich();
    let card = world.card();
    world.run(&["freeze", &card.id, "--yes", "--read-only"]).is(5).says("read-only");
    world.settings("read_only = true\n");
    world.run(&["top-up", &card.id, "5", "--yes"]).is(5);
    world.settings("");
    let mut command = world.command(&["top-up", &card.id, "5", "--yes"]);
    Answer::of(&command.env("FOURPAY_TOKEN", "tok_wrong").output().expect("it runs")).is(6);
    let mut command = world.command(&["freeze", &card.id, "--yes", "--json"]);
    let unset = command.env_remove("FOURPAY_TOKEN").env_remove("FOURPAY_BASE_URL").output().expect("it runs");
    assert_eq!(Answer::of(&unset).is(6).json()["result"], "credential");
    let mut command = world.command(&["freeze", &card.id, "--yes"]);
    Answer::of(&command.env("FOURPAY_BASE_URL", "http://127.0.0.1:9").output().expect("it runs")).is(9);
    world.run(&["top-up", &card.id]).is(2);
    world.run(&["top-up", &card.id, "5"]).is(2).says("--yes");
    // A profile that wants a passphrase, and has none.
    world.settings("passphrase = true\n");
    world.run(&["freeze", &card.id, "--yes"]).is(2).says("passphrase");
    assert_eq!(world.acts("card_freeze") + world.acts("card_topup"), 0);
}

/// A list of which a page holds 100 at most is read whole, and so are names on its last page.
#[test]
fn a_clamped_list_is_read_whole() {
    for quirk in [Quirk::ClampedLimit, Quirk::LowMaxLimit, Quirk::PageQuantity] {
        let options = Options { cards: 350, accounts: 1, quirks: Quirks::of(&[quirk]), ..small(Dialect::Rich) };
        let world = World::of(options);
        let all = world.inventory().cards;
        let same = |card: &HeldCard| all.iter().filter(|other| other.last_four == card.last_four).count();
        let active = |card: &&HeldCard| card.status == "active" && same(card) == 1;
        let ends = [all.iter().find(active), all.iter().rev().find(active)];
        for card in ends.into_iter().flatten() {
            world.run(&["freeze", &four(card), "--yes"]).is(0);
            assert_eq!(world.held(&card.id).status, "frozen", "{quirk:?}");
        }
    }
}

/// Last four and names decide nothing while the list is not whole; an id does, and a freeze is asked about.
#[test]
fn an_incomplete_list_holds_back_what_is_named_by_last_four() {
    let world = World::quirky(&[Quirk::WrongTotal]);
    let card = world.card();
    world.run(&["top-up", &four(&card), "1", "--yes"]).is(7).says("another may be called");
    world.run(&["freeze", &four(&card), "--yes"]).is(7);
    assert_eq!(world.acts("card_freeze") + world.acts("card_topup"), 0);
    let mut tty = world.tty(&["freeze", &four(&card), "--yes"]);
    tty.wait_for("not all cards could be read");
    tty.wait_for("Do it? [y/N]");
    tty.press("y\r");
    assert_eq!(tty.wait_for_end(), 0, "{}", tty.screen());
    assert_eq!(world.held(&card.id).status, "frozen");
    world.run(&["unfreeze", &card.id, "--yes"]).is(0);
}

/// Lists that leave last four out: the details say them.
#[test]
fn last_four_are_learned_where_lists_leave_them_out() {
    let world = World::of(Options { cards: 8, ..small(Dialect::Upstream) });
    let card = world.card();
    world.run(&["freeze", &four(&card), "--yes"]).is(0);
    let world = World::of(Options { cards: 8, quirks: Quirks::of(&[Quirk::NullMasks]), ..small(Dialect::Rich) });
    let card = world.card();
    world.run(&["freeze", &four(&card), "--yes"]).is(7).says("does not say the last four");
    world.run(&["freeze", &card.id, "--yes"]).is(0);
}

#[test]
fn at_a_terminal_it_is_asked_and_only_yes_is_yes() {
    let world = World::rich();
    let card = world.card();
    let top_up = ["top-up", card.id.as_str(), "2.50"];
    let mut tty = world.tty(&top_up);
    // What is typed before the question stands there is no answer to it.
    tty.press("y\r");
    tty.wait_for("Do it? [y/N]");
    tty.wait_for("2.50 USD");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(world.acts("card_topup"), 0, "M2: an early key");
    tty.press("n\r");
    assert_eq!(tty.wait_for_end(), 9, "{}", tty.screen());
    let mut tty = world.tty(&top_up);
    tty.wait_for("Do it? [y/N]");
    tty.press("\x03");
    assert_eq!(tty.wait_for_end(), 130, "{}", tty.screen());
    assert_eq!(world.acts("card_topup"), 0);
    assert!(world.journal().is_empty());
    let mut tty = world.tty(&top_up);
    tty.wait_for("Do it? [y/N]");
    tty.press("y\r");
    assert_eq!(tty.wait_for_end(), 0, "{}", tty.screen());
    assert_eq!(world.acts("card_topup"), 1);
    let mut tty = world.tty(&["close", &card.id, "--yes"]);
    tty.wait_for("Type the last four digits of the card");
    tty.press("y\r");
    assert_eq!(tty.wait_for_end(), 9);
    let mut tty = world.tty(&["close", &card.id]);
    tty.wait_for("Type the last four digits of the card");
    tty.press(&format!("{}\r", four(&card)));
    assert_eq!(tty.wait_for_end(), 0, "{}", tty.screen());
    assert_eq!((world.acts("card_withdraw"), world.acts("card_close")), (1, 1), "emptied first, then closed");
    world.conserved();
}

/// Standard input that is no terminal answers no question, whatever comes by it.
#[test]
fn a_redirect_is_nobody() {
    let world = World::rich();
    let card = world.card();
    let mut command = world.command(&["top-up", &card.id, "5"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // It may have ended before.
    let _ = child.stdin.take().expect("its input").write_all(b"y\nyes\n");
    Answer::of(&child.wait_with_output().expect("it ends")).is(2).says("no terminal");
    assert_eq!(world.acts("card_topup"), 0);
}

/// A card is emptied, and closed only when that is known to be done.
#[test]
fn a_card_with_money_is_emptied_first() {
    let world = World::rich();
    let card = world.card();
    world.fault("card_withdraw", Fault::Status { code: 422, body: r#"{"detail":"not today"}"#.into() });
    world.run(&["close", &card.id, "--yes-close", &four(&card)]).is(1).says("is not closed");
    world.fault("card_withdraw", Fault::DropBefore);
    let answer = world.run(&["close", &card.id, "--yes-close", &four(&card), "--wait", "1"]).is(3);
    answer.says("is not closed");
    assert_eq!((world.acts("card_withdraw"), world.acts("card_close")), (0, 0));
    world.run(&["close", &card.id, "--yes-close", &four(&card)]).is(8);
    world.conserved();
}

/// Rules of the sandbox that are not about faults.
#[test]
fn a_refusal_of_the_api_is_told_in_its_words() {
    let world = World::rich();
    let card = world.card();
    let body = r#"{"detail":"Daily allocation reached"}"#;
    world.rule(Rule::next("card_topup", Fault::Status { code: 400, body: body.into() }));
    let answer = world.run(&["top-up", &card.id, "5", "--yes"]).is(1);
    assert!(answer.error.contains("Daily allocation reached"), "{}", answer.error);
    assert_eq!(world.stages(), ["refused"]);
    // It certainly was not done: nothing holds the next one back.
    world.run(&["top-up", &card.id, "5", "--yes"]).is(0);
    assert_eq!(world.acts("card_topup"), 1);
}

/// The lines of the journal as they stand, with the chain, for a log somewhere else: each once, and on from a line.
#[test]
fn the_journal_is_followed_as_it_is_written() {
    let world = World::rich();
    let card = world.card();
    world.run(&["top-up", &card.id, "1", "--yes"]).is(0);
    let all = world.run(&["journal", "follow", "--once"]).is(0).out;
    let file = world.home.path().join(".local/state/fourpay/journal/default.jsonl");
    assert_eq!(all, std::fs::read_to_string(&file).expect("a journal"), "byte for byte");
    let mut child = world.start(&["journal", "follow", "--after", "2"]);
    let out = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
    let (line, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || std::io::BufRead::lines(out).try_for_each(|text| line.send(text.expect("text"))));
    world.run(&["freeze", &card.id, "--yes"]).is(0);
    let many = std::fs::read_to_string(&file).expect("a journal").lines().count();
    let seqs: Vec<u64> = (3..=many)
        .map(|_| lines.recv_timeout(Duration::from_secs(30)).expect("a line"))
        .map(|line| serde_json::from_str::<serde_json::Value>(&line).expect("JSON")["seq"].as_u64().expect("a number"))
        .collect();
    crate::faults::signal(&child, "TERM");
    crate::faults::end(child);
    assert_eq!(seqs, (3..=many as u64).collect::<Vec<u64>>());
    world.run(&["journal", "follow", "--once", "--journal", "nobody"]).is(2).says("there is no journal nobody");
    let text = std::fs::read_to_string(&file).expect("a journal").replacen("\"top_up\"", "\"withdraw\"", 1);
    std::fs::write(&file, text).expect("it is changed");
    world.run(&["journal", "follow", "--once"]).is(1).says("was changed");
}

/// What balances have below a cent is not sent: what is sent is whole cents, and never more than there is.
#[test]
fn amounts_that_are_worked_out_are_whole_cents() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let card = world.card();
        let said = |balance: &str| {
            let body = format!(
                r#"{{"id":"{}","cardUuid":"{}","cardId":"{}","accountUuid":"{}","status":"active","lastFour":"{}","balance":"{balance}","availableBalance":"{balance}","currency":"USD"}}"#,
                card.id, card.id, card.id, card.account, card.last_four
            );
            world.sandbox.faults().clear();
            let answer = Fault::Status { code: 200, body };
            world.rule(Rule::next("card_details", answer));
        };
        let sent = |answer: &Answer| answer.json()["acts"][0]["amount"].clone();
        let held = || world.held(&card.id).available;
        let before = held();
        said("3.219999999");
        let answer = world.run(&["withdraw", &card.id, "all", "--yes", "--json"]).is(0);
        assert_eq!(sent(&answer), "3.21", "{}: {}", dialect.name(), answer.out);
        assert!(answer.error.contains("0.009999999 USD stays on the card"), "{}", answer.error);
        assert_eq!(before - held(), Decimal::new(321, 2));
        said("0.009999999");
        let says = "only 0.009999999 USD is on";
        world.run(&["withdraw", &card.id, "all", "--yes"]).is(0).says(says).says("nothing was sent");
        said("3.219999999");
        let before = held();
        let answer = world.run(&["top-up", &card.id, "--to", "5", "--yes", "--json"]).is(0);
        assert_eq!(sent(&answer), "1.78", "{}: {}", dialect.name(), answer.out);
        assert!(answer.error.contains("stays 0.000000001 USD below"), "{}", answer.error);
        assert_eq!(held() - before, Decimal::new(178, 2));
        said("4.999999999");
        world.run(&["top-up", &card.id, "--to", "5", "--yes"]).is(0).says("nothing was sent");
        said("3.219999999");
        world.run(&["close", &card.id, "--yes-close", &card.last_four]).is(1).says("less than the smallest unit");
        assert_eq!((world.acts("card_withdraw"), world.acts("card_topup"), world.acts("card_close")), (1, 1, 0));
        world.conserved();
    }
}

/// M11: a freeze by id waits for no list of cards and does not fail with one.
#[test]
fn a_freeze_by_id_needs_no_list() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let card = world.card();
        let refuse = |endpoint: &str| {
            world.rule(Rule::next(endpoint, Fault::Status { code: 403, body: String::new() }).always());
        };
        refuse("card_list");
        world.run(&["freeze", &card.id, "--yes"]).is(0);
        assert_eq!(world.held(&card.id).status, "frozen", "{}", dialect.name());
        world.run(&["freeze", &card.id, "--yes"]).is(0).says("frozen already");
        assert_eq!(world.acts("card_freeze"), 1);
        // No list at all: the journal has its account of an earlier act, and an account that is given is enough.
        let other = world.inventory().cards.into_iter().find(|one| one.status == "active" && one.id != card.id);
        let other = other.expect("another card");
        refuse("account_list");
        world.run(&["freeze", &card.id, "--yes"]).is(0).says("frozen already");
        assert_ne!(world.run(&["freeze", &other.id, "--yes"]).code, Some(0), "nobody knows its account");
        world.run(&["freeze", &other.id, "--account", &other.account, "--yes"]).is(0);
        assert_eq!(world.held(&other.id).status, "frozen", "{}", dialect.name());
        // Not even the card can be read: it goes, and what became of it is not known here.
        world.sandbox.faults().clear();
        let third = world.inventory().cards.into_iter().find(|one| one.status == "active").expect("a third card");
        for endpoint in ["account_list", "card_list", "card_details"] {
            refuse(endpoint);
        }
        world.run(&["freeze", &third.id, "--account", &third.account, "--yes", "--wait", "0"]);
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while world.held(&third.id).status != "frozen" {
            assert!(std::time::Instant::now() < end, "{}: {}", dialect.name(), world.held(&third.id).status);
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(world.acts("card_freeze"), 3);
    }
}
