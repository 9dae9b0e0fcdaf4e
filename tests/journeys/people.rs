//! People, their cards and what may be spent with them, against the sandbox.

use fourpay::sandbox::{Fault, Rule};

use super::{journey, on, quiet};

/// Fills the form of pane 4, from its first field on, and confirms.
async fn make(at: &mut super::Journey, email: &str, id: &str) {
    at.press("24n");
    at.wait_for("Make the cardholder").await;
    at.press(&format!("Nora<Tab>Lind<Tab>{email}<Tab><Tab>{id}"));
    at.wait_for(&format!("Nora Lind · {email} · {id}")).await;
    at.confirm().await;
}

#[tokio::test]
async fn a_cardholder_is_made_once_and_a_clash_is_said_at_its_field() {
    journey(async {
        let sandbox = quiet().await;
        let mut at = on(&sandbox, (160, 48));
        at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("purchase")).await;
        make(&mut at, "nora@example.org", "nora-lind").await;
        at.wait_for("new cardholder Nora Lind done").await;
        at.wait_for("4 Cardholders · 41").await;
        assert_eq!(sandbox.acts().get("cardholder_create"), Some(&1));
        // Known here: said before anything is sent.
        at.press("n");
        at.wait_for("Make the cardholder").await;
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
        at.wait_for("found not done").await;
        assert_eq!(at.quit().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_person_has_their_cards_of_all_accounts() {
    journey(async {
        let sandbox = quiet().await;
        let mut at = on(&sandbox, (80, 24));
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
