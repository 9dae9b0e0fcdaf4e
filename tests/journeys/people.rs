//! People, their cards and what may be spent with them, against the sandbox.

use fourpay::sandbox::{Dialect, Fault, Rule};

use super::{dashboard, journey};

/// Fills the form of pane 4, from its first field on, and confirms.
async fn make(at: &mut super::Journey, email: &str, id: &str) {
    at.press("24n");
    at.wait_for("Create cardholder").await;
    at.press(&format!("Nora<Tab>Lind<Tab>{email}<Tab><Tab>{id}"));
    at.wait_for(&format!("Nora Lind · {email} · {id}")).await;
    at.confirm().await;
}

#[tokio::test]
async fn a_cardholder_is_made_once_and_a_clash_is_said_at_its_field() {
    journey(|on| async move {
        let sandbox = on.quiet().await;
        let mut at = dashboard(on, &sandbox, (160, 48));
        at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
        make(&mut at, "nora@example.org", "nora-lind").await;
        at.wait_for("cardholder Nora Lind created").await;
        at.wait_for("4 Cardholders · 41").await;
        assert_eq!(sandbox.acts().get("cardholder_create"), Some(&1));
        // Known here: said before anything is sent.
        at.press("n");
        at.wait_for("Create cardholder").await;
        at.press("N<Tab>L<Tab>NORA@example.org<Tab>");
        at.wait_for("✗ Nora Lind has it already").await;
        at.press("<Esc>");
        // Made by somebody else a moment ago: the API says 409, a read agrees, and the form is open again.
        let clash = r#"{"detail":"A cardholder with this email already exists"}"#.to_owned();
        sandbox.faults().add(Rule::next("cardholder_create", Fault::Status { code: 409, body: clash }));
        make(&mut at, "bea@example.org", "bea-two").await;
        at.wait_for("✗ A cardholder with this email already exists").await;
        assert_eq!(sandbox.acts().get("cardholder_create"), Some(&1), "refused, and not sent again");
        at.press("<Esc>7");
        at.wait_for("outcome unknown").await;
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_person_has_their_cards_of_all_accounts() {
    journey(|on| async move {
        let sandbox = on.quiet().await;
        let mut at = dashboard(on, &sandbox, (80, 24));
        at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
        at.press("4");
        at.wait_for("4 Cardholders · 40").await;
        at.press("/daniel<Enter><Enter>");
        at.wait_for("2 Cards · Daniel Okafor · 6").await;
        at.wait_for("3 Transactions · Daniel Okafor").await;
        at.press("<Esc><Esc><Esc>2o");
        at.wait_for("4 Cardholders").await;
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

/// A card with a daily limit, selected in pane 2.
async fn at_a_card(at: &mut super::Journey, sandbox: &fourpay::sandbox::Sandbox) -> String {
    let (_, card) = sandbox.card_in("active").expect("an active card");
    at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
    at.press(&format!("2/{card}<Enter>"));
    at.wait_for("1 of 130").await;
    card
}

#[tokio::test]
async fn a_limit_is_changed_once_and_then_holds() {
    journey(|on| async move {
        let sandbox = on.quiet().await;
        let mut at = dashboard(on, &sandbox, (160, 48));
        let card = at_a_card(&mut at, &sandbox).await;
        at.press("e");
        at.wait_for("Change the card").await;
        at.press("<Tab><C-u>1.50");
        at.wait_for("→ 1.50 USD").await;
        at.confirm().await;
        if on.dialect == Dialect::Documented {
            // The documents promise no limits in the details of a card: nothing shows it but what the platform does.
            at.wait_until("the panes", |screen| !screen.contains("Change the card")).await;
            while !sandbox.acts().contains_key("card_update") {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        } else {
            at.wait_until("it is done", |screen| screen.contains("changed")).await;
            at.wait_until("the limit in the details", |screen| {
                screen.contains("each time   1.50 USD") || screen.contains("/ 1.50 USD")
            })
            .await;
        }
        assert_eq!(sandbox.acts().get("card_update"), Some(&1));
        // The platform holds to it.
        let paid = fourpay::sandbox::Happening::Purchase { card, amount: "1.51".into(), settle_after_ms: None };
        sandbox.happen(paid).expect("a purchase");
        // Why is not promised to be told.
        at.wait_until("it is declined", |screen| {
            screen.lines().any(|line| line.contains("−1.51 USD") && line.contains("✗ declined"))
        })
        .await;
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_deployment_without_the_call_is_found_out_from_its_description() {
    journey(|on| async move {
        let options = fourpay::sandbox::Options { live_rate: 0, card_update: false, ..Default::default() };
        let sandbox = fourpay::sandbox::Sandbox::start(on.options(options)).await.expect("a port");
        let mut at = dashboard(on, &sandbox, (160, 48));
        at_a_card(&mut at, &sandbox).await;
        at.wait_for("cannot be changed: this deployment").await;
        at.press("e");
        at.wait_for("edit: this deployment has no such call").await;
        assert_eq!(sandbox.acts().get("card_update"), None);
        assert_eq!(at.quit().await, 0);
    })
    .await;
}
