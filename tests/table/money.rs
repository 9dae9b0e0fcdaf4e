//! Amounts and limits: what is known of them, and what is not.

use fourpay::sandbox::{Fault, Happening, Options, Quirk, Rule, Sandbox};

use crate::deployments::On;
use crate::journey::Journey;
use crate::{dashboard, sandbox};

/// Digits after the point of the longest decimal in a line.
fn decimals(line: &str) -> usize {
    let parts = line.split(|sign: char| !sign.is_ascii_digit() && sign != '.');
    parts.filter_map(|part| part.split_once('.')).map(|(_, decimals)| decimals.len()).max().unwrap_or(0)
}

pub async fn balances_are_cut(on: On) {
    for size in [(160, 48), (120, 40), (100, 30)] {
        let (on, sandbox) = sandbox(on, &[Quirk::SubCents], Options::default()).await;
        let mut at = dashboard(on, &sandbox, size);
        at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("● live")).await;
        let screen = at.screen();
        let header = screen.lines().next().expect("a header");
        assert!(header.contains("USD") && decimals(header) == 2, "{} {size:?}:\n{screen}", on.what());
        let account = screen.lines().find(|line| line.contains(" Main ")).expect("an account");
        let pane: String = account.chars().take(38).collect();
        assert!(decimals(&pane) == 2 && pane.contains('…'), "{} {size:?}: {pane}", on.what());
        assert_eq!(at.quit().await, 0);
    }
}

pub async fn zeros(on: On) {
    let (on, sandbox) = sandbox(on, &[Quirk::PythonZeros], Options::default()).await;
    let (_, card) = sandbox.card_in("active").expect("an active card");
    let held = sandbox.inventory();
    let all = held.cards.iter().find(|held| held.id == card).expect("it is there").available;
    sandbox.happen(Happening::Withdraw { card: card.clone(), amount: all.to_string() }).expect("taken off");
    let mut at = dashboard(on, &sandbox, (160, 48));
    at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("● live")).await;
    at.press(&format!("2/{card}<Enter>"));
    at.wait_for("1 of 130").await;
    at.wait_until("the card's zero", |screen| {
        screen.lines().any(|line| line.contains('▸') && line.contains('•') && line.contains(" 0.00 "))
    })
    .await;
    assert!(!at.screen().contains("unreadable"), "{}:\n{}", on.what(), at.screen());
}

pub async fn settlements(on: On) {
    let (on, sandbox) = sandbox(on, &[Quirk::SettlementOnly], Options::default()).await;
    let mut at = dashboard(on, &sandbox, (160, 48));
    at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
    at.press("3/type:transfer amount:>1<Enter>");
    at.wait_until("amounts that were settled", |screen| {
        screen.contains("/type:transfer amount:>1 · ") && screen.contains('≈')
    })
    .await;
    let _ = on;
}

/// The richest active card, selected in pane 2.
async fn at_a_card(on: On, sandbox: &Sandbox) -> (Journey, String) {
    let (_, card) = sandbox.card_in("active").expect("an active card");
    let mut at = dashboard(on, sandbox, (160, 48));
    at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("● live")).await;
    at.press(&format!("2/{card}<Enter>"));
    at.wait_for("1 of 130").await;
    (at, card)
}

pub async fn limits_not_told(on: On) {
    let (on, sandbox) = sandbox(on, &[Quirk::NoLimits], Options::default()).await;
    let (mut at, _) = at_a_card(on, &sandbox).await;
    at.press("e");
    at.wait_for("not told by this API").await;
    assert!(!at.screen().contains("no limit"), "{}:\n{}", on.what(), at.screen());
    at.press("<Tab>5");
    at.wait_for("not told by this API → 5.00").await;
    at.wait_for("those that are not named may stay").await;
}

pub async fn at_its_field(on: On) {
    let (on, sandbox) = sandbox(on, &[Quirk::LimitsRequired], Options::default()).await;
    let mut at = dashboard(on, &sandbox, (160, 48));
    at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("● live")).await;
    // The people are there to be chosen from.
    at.press("4");
    at.wait_for("4 Cardholders · 40").await;
    at.press("<Esc>");
    at.wait_for("2 Cards · 130").await;
    for field in ["limits", "cardProviderBinId"] {
        let body = format!(r#"{{"detail":[{{"loc":["body","{field}"],"msg":"wrong it is","type":"value_error"}}]}}"#);
        sandbox.faults().add(Rule::next("card_issue", Fault::Status { code: 422, body }));
        at.press("n");
        at.wait_for("Issue a card").await;
        at.press("<Tab><Right><Tab>Paper clips");
        at.wait_for("Issue the card").await;
        at.confirm().await;
        at.wait_for("✗ wrong it is").await;
        let screen = at.screen();
        let label = if field == "limits" { "each payment" } else { "▸ BIN" };
        let said = screen.lines().position(|line| line.contains("✗ wrong it is")).expect("it is said");
        // What a choice offers stands between.
        let mut above = screen.lines().take(said).skip(said.saturating_sub(8));
        assert!(above.any(|line| line.contains(label)), "{}:\n{screen}", on.what());
        at.press("<Esc>");
        at.wait_until("the panes", |screen| !screen.contains("Issue a card")).await;
    }
    // Without a limit: an empty object is sent.
    at.press("n");
    at.wait_for("Issue a card").await;
    at.press("<Tab><Right><Tab>Paper clips");
    at.wait_for("Issue the card").await;
    at.confirm().await;
    at.wait_for("card Paper clips issued").await;
    assert_eq!(sandbox.acts().get("card_issue"), Some(&1), "{}", on.what());
}

pub async fn restrictions(on: On) {
    for quirks in [&[][..], &[Quirk::UpstreamRestrictions]] {
        let (on, sandbox) = sandbox(on, quirks, Options::default()).await;
        let mut at = dashboard(on, &sandbox, (160, 48));
        at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("● live")).await;
        at.press("1j");
        at.wait_for("the provider allows").await;
        assert_eq!(at.quit().await, 0);
    }
}
