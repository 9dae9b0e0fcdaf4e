//! Lists: what they leave out, in which order they are, and where they end.

use std::collections::HashSet;
use std::time::Duration;

use fourpay::sandbox::{Dialect, Fault, Happening, Options, Quirk, Rule};

use crate::deployments::On;
use crate::{dashboard, sandbox};

/// Card and name of the row under the cursor of pane 2.
fn chosen(screen: &str) -> String {
    let line = screen.lines().find(|line| line.contains('▸') && line.contains('•')).expect("a selected card");
    line.split('•').nth(1).expect("its row").chars().take(24).collect()
}

pub async fn a_visit_moves_nothing(on: On) {
    let (on, sandbox) = sandbox(on, &[Quirk::NoCreatedAt], Options::default()).await;
    let mut at = dashboard(on, &sandbox, (160, 48));
    at.wait_for("2 Cards · 130").await;
    at.press("2");
    let mut visited = HashSet::new();
    for _ in 0..16 {
        // Long enough for the details of the card to be asked for.
        tokio::time::sleep(Duration::from_millis(160)).await;
        visited.insert(chosen(&at.screen()));
        at.press("j");
    }
    assert_eq!(visited.len(), 16, "{}: {visited:?}", on.what());
    at.press("   ");
    at.wait_for("3 marked").await;
}

pub async fn holders_are_read(on: On) {
    let (on, sandbox) = sandbox(on, &[Quirk::NoHolder], Options::default()).await;
    let held = sandbox.inventory();
    let person = held.holders.iter().find(|holder| holder.name.contains("Okafor")).expect("Daniel Okafor");
    let cards = held.cards.iter().filter(|card| card.owner_id == person.owner_id).count();
    let mut at = dashboard(on, &sandbox, (160, 48));
    at.wait_for("2 Cards · 130").await;
    at.press("4");
    at.wait_for("4 Cardholders · 40").await;
    // Pictures until everything is read: none says what is not so.
    for _ in 0..4 {
        let screen = at.screen();
        assert!(!screen.contains("no purchases") && !screen.contains(" 0 cards"), "{}:\n{screen}", on.what());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Freezing all of somebody's cards reads first and goes on.
    at.press("/okafor<Enter>f");
    at.wait_until("the cards of the person", |screen| {
        screen.contains("Freeze or unfreeze") || screen.contains(&format!("Freeze {cards}"))
    })
    .await;
    let shown = format!("{cards}");
    at.wait_until("all of the person's cards", |screen| screen.contains(&shown) && !screen.contains("are being read"))
        .await;
    at.press("<Esc><Esc><Esc>2/okafor<Enter>");
    at.wait_for(&format!("{cards} of 130")).await;
}

pub async fn a_search_says_what_it_lacks(on: On) {
    let (on, sandbox) = sandbox(on, &[], Options::default()).await;
    let held = sandbox.inventory();
    let domain = held.holders[0].email.split('@').nth(1).expect("an e-mail").to_owned();
    let there = |card: &&fourpay::sandbox::HeldCard| {
        let owner = held.holders.iter().find(|holder| holder.owner_id == card.owner_id);
        owner.is_some_and(|owner| owner.email.ends_with(&domain))
    };
    let all = held.cards.iter().filter(there).count();
    let mut at = dashboard(on, &sandbox, (160, 48));
    at.wait_for("2 Cards · 130").await;
    at.press(&format!("2/@{domain}<Enter>"));
    let whole = format!("{all} of 130");
    at.wait_for(" of 130").await;
    let screen = at.screen();
    assert!(screen.contains(&whole) || screen.contains("not read yet"), "{}:\n{screen}", on.what());
    // The machine may have other things to do.
    tokio::time::sleep(Duration::from_secs(4)).await;
    at.wait_for(&whole).await;
}

pub async fn oldest_first(on: On) {
    let (on, sandbox) = sandbox(on, &[Quirk::OldestFirst, Quirk::NoWebhooks], Options::default()).await;
    let (_, card) = sandbox.card_in("active").expect("an active card");
    let echoes = matches!(on.dialect, Dialect::Rich | Dialect::Legacy);
    let mut at = dashboard(on, &sandbox, (160, 48));
    at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
    at.press("3");
    let purchase = Happening::Purchase { card: card.clone(), amount: "1.23".into(), settle_after_ms: None };
    sandbox.happen(purchase).expect("a purchase");
    at.wait_for("−1.23 ").await;
    // A top up whose answer is lost is found by reading.
    sandbox.faults().add(Rule::next("card_topup", Fault::ExecuteThenDrop));
    at.press(&format!("2/{card}<Enter>"));
    at.wait_for("1 of 130").await;
    at.press("t");
    at.wait_for("Top up •").await;
    at.press("1.25");
    at.wait_for("1.25 ").await;
    at.confirm().await;
    at.wait_until("the panes", |screen| !screen.contains("Top up •")).await;
    at.press("7");
    if echoes {
        at.wait_for("✓ confirmed").await;
    } else {
        // No reference comes back: the one movement that fits is looked for for more than a minute, and nothing is said
        // to be certain. `acts::faults` turns the clock and sees how it ends.
        at.wait_until("it is not certain", |screen| {
            screen.contains("? outcome unknown") || screen.contains("probably done")
        })
        .await;
    }
    assert_eq!(sandbox.acts().get("card_topup"), Some(&1), "{}", on.what());
}

pub async fn a_clamped_limit(on: On) {
    let (on, sandbox) =
        sandbox(on, &[Quirk::ClampedLimit], Options { accounts: 1, cards: 350, ..Options::default() }).await;
    let last = sandbox.inventory().cards[341].id.clone();
    let mut at = dashboard(on, &sandbox, (100, 30));
    at.wait_for("2 Cards · 350").await;
    at.press(&format!("2/{last}<Enter>"));
    at.wait_for("1 of 350").await;
}

pub async fn an_ignored_offset(on: On) {
    let quirks = [Quirk::IgnoredOffset, Quirk::ClampedLimit];
    let (on, sandbox) = sandbox(on, &quirks, Options { accounts: 1, cards: 350, ..Options::default() }).await;
    let mut at = dashboard(on, &sandbox, (160, 48));
    // The account says how many there are, and the list cannot be had; where the lists of people say more, they are read.
    at.wait_until("a list that is short, or all", |screen| {
        screen.contains(" of 3") || screen.contains("2 Cards · 350")
    })
    .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = at.client.traffic().sent;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let asked = at.client.traffic().sent - before;
    assert!(asked <= 60, "{}: {asked} requests in four seconds", on.what());
}

pub async fn paged_accounts(on: On) {
    let options = Options { accounts: 150, cards: 300, ..Options::default() };
    let (on, sandbox) = sandbox(on, &[Quirk::PagedAccounts], options).await;
    let mut at = dashboard(on, &sandbox, (160, 48));
    at.wait_for("1 Accounts · 150").await;
    // A list for each account, at a measured pace; on a busy machine that is a while.
    tokio::time::sleep(Duration::from_secs(45)).await;
    at.wait_for("2 Cards · 300").await;
}

pub async fn bad_fields(on: On) {
    let (on, sandbox) = sandbox(on, &[Quirk::BadFields], Options::default()).await;
    let mut at = dashboard(on, &sandbox, (160, 48));
    at.wait_until("rows of all panes", |screen| {
        screen.contains("Main") && screen.contains("active") && screen.contains("purchase")
    })
    .await;
    assert!(!at.screen().contains("not whole JSON"), "{}:\n{}", on.what(), at.screen());
}

pub async fn null_lists(on: On) {
    let options = Options { cards: 0, ..Options::default() };
    let (on, sandbox) = sandbox(on, &[Quirk::NullLists], Options { transactions: 0, ..options }).await;
    let mut at = dashboard(on, &sandbox, (160, 48));
    at.wait_for("no cards yet").await;
    at.wait_for("● live").await;
    at.wait_for("no transactions").await;
    assert!(!at.screen().contains('✗'), "{}:\n{}", on.what(), at.screen());
}
