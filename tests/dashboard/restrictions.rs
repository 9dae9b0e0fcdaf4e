//! What the provider allows on an account: shown in its details, and checked before cards are issued.

use fourpay::app::Model;
use fourpay::app::msg::{Answer, Topic};
use fourpay::domain::account::AccountDetail;
use fourpay::domain::card::LimitKind;
use fourpay::domain::field::Field;
use fourpay::domain::restrictions::{LimitRange, Restrictions};
use fourpay::domain::text::SafeText;
use rust_decimal::Decimal;

use crate::fixture::*;

const SIZE: (u16, u16) = (160, 60);

fn restricted() -> Model {
    with_cards(50)
}

fn with_cards(there: u64) -> Model {
    let mut model = peopled(SIZE);
    let restrictions = Restrictions {
        most_cards: Field::Known(52),
        current_cards: Field::Known(there),
        limits: vec![LimitRange {
            kind: LimitKind::Daily,
            least: Field::Known(Decimal::TEN),
            most: Field::Known(Decimal::from(500)),
        }],
        other: vec![(SafeText::name("issuer"), SafeText::name("Bank of Test"))],
        ..Restrictions::default()
    };
    let detail = AccountDetail { restrictions: Some(restrictions), ..detail(0) };
    answer(&mut model, at(2), Topic::Account(account_id(0)), 70, Answer::Account(Box::new(detail)));
    model
}

fn text(model: &Model) -> String {
    lines(&draw(model, at(3), SIZE)).join("\n")
}

#[test]
fn what_the_provider_allows_stands_in_the_accounts_details() {
    let mut model = restricted();
    press(&mut model, at(3), "1j");
    let shown = text(&model);
    assert!(shown.contains("the provider allows"), "{shown}");
    for words in ["most cards", "52", "room for", "10 to 500 USD", "issuer", "Bank of Test"] {
        assert!(shown.contains(words), "{words} is missing:\n{shown}");
    }
}

#[test]
fn more_cards_than_there_may_be_and_limits_out_of_range_are_said_at_their_fields() {
    let mut model = restricted();
    press(&mut model, at(3), "1jn");
    // Holder, name; daily limit; how many.
    press(&mut model, at(4), "<Tab>Ana<Tab>Series {seq:03}<Tab><Tab><Tab><Tab><Tab>5<Tab>");
    assert!(text(&model).contains("✗ the provider wants 10.00 USD at least"), "{}", text(&model));
    press(&mut model, at(4), "<Tab><Tab><Tab><Tab><C-u>3<Tab>");
    let shown = text(&model);
    assert!(shown.contains("✗ 2 more at most: 50 of 52 cards are there"), "{shown}");
}

/// More are there than are allowed: the limit is of something else than cards of this account, and refuses nothing here.
#[test]
fn a_limit_that_is_passed_already_is_left_to_the_provider() {
    let mut model = with_cards(60);
    press(&mut model, at(3), "1j");
    assert!(!text(&model).contains("room for"), "{}", text(&model));
    press(
        &mut model,
        at(4),
        "n<Tab>Ana<Tab>Series {seq:03}<Tab><Tab><Tab><Tab><Tab>50<Tab><Tab><Tab><Tab><Tab><C-u>3<Tab>",
    );
    assert!(!text(&model).contains("more at most"), "{}", text(&model));
}
