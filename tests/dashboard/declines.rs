//! A declined payment explains itself, and the keys that mend it know what is missing.

use fourpay::app::Model;
use fourpay::app::msg::{Answer, Topic};
use fourpay::domain::card::{Card, CardStatus, Limit, LimitKind};
use fourpay::domain::field::Field;
use fourpay::domain::ids::HolderId;
use fourpay::domain::money::Money;
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::{Feed, More, Transaction, TransactionKind, TransactionStatus};

use crate::fixture::*;
use crate::screens::picture;

const HOUR: i64 = 3_600;

fn declined(amount: Money, reason: &str, ago: i64) -> Transaction {
    let more = More { decline_reason: Some(SafeText::prose(reason)), ..More::default() };
    Transaction {
        kind: TransactionKind::Purchase,
        status: TransactionStatus::Declined,
        account: Some(account_id(0)),
        card: Some(card_id(0)),
        amount: Field::Known(amount),
        merchant: Some(SafeText::name("OVHcloud")),
        created_at: Field::Known(wall() - chrono::TimeDelta::seconds(ago)),
        updated_at: Field::Absent,
        more: Some(Box::new(more)),
        ..transaction(6_000 + usize::try_from(ago).unwrap())
    }
}

/// A dashboard in which these rows came, the details of the newest of them open.
fn looking_at(size: (u16, u16), rows: Vec<Transaction>) -> Model {
    let mut model = ready(size);
    let limits = vec![
        Limit { kind: LimitKind::Daily, value: Field::Known(usd(10_000)), spent: Field::Absent },
        Limit { kind: LimitKind::Monthly, value: Field::Known(usd(500_000)), spent: Field::Absent },
    ];
    let first = Card {
        status: CardStatus::Active,
        holder_id: HolderId::parse("owner-001"),
        balance: Field::Known(usd(12_000)),
        limits: Field::Known(limits),
        ..card(0)
    };
    answer(&mut model, at(3), Topic::Newest(Feed::Cards), 100, Answer::Transactions(batch(rows)));
    answer(&mut model, at(4), Topic::Card(account_id(0), card_id(0)), 101, Answer::Card(Box::new(first)));
    press(&mut model, at(4), "3/merchant:ovh status:declined<Enter>g<Enter>");
    model
}

fn seen(model: &Model, size: (u16, u16)) -> String {
    lines(&draw(model, at(5), size)).join("\n")
}

#[test]
fn for_want_of_money() {
    for size in [(80, 24), (100, 30), (160, 48)] {
        let model = looking_at(size, vec![declined(usd(50_000), "insufficient_funds", 90)]);
        insta::assert_snapshot!(format!("decline_money_{}x{}", size.0, size.1), picture(&draw(&model, at(5), size)));
    }
}

#[test]
fn for_want_of_room_in_a_limit() {
    let size = (160, 48);
    let rows = vec![declined(usd(9_000), "Daily limit exceeded", 90), declined(usd(9_000), "R47", 2 * HOUR)];
    let model = looking_at(size, rows);
    insta::assert_snapshot!("decline_limit_160x48", picture(&draw(&model, at(5), size)));
}

/// What the form begins with is what the card lacks now, and only where money was what it lacked.
#[test]
fn t_begins_with_what_is_missing() {
    let size = (160, 48);
    let mut model = looking_at(size, vec![declined(usd(50_000), "insufficient_funds", 90)]);
    press(&mut model, at(5), "t");
    let form = seen(&model, size);
    assert!(form.contains("Top up •4242") && form.contains("380.00"), "{form}");
    let mut other = looking_at(size, vec![declined(usd(50_000), "do_not_honor", 90)]);
    press(&mut other, at(5), "t");
    assert!(!seen(&other, size).contains("380.00"));
    // Privacy shows no amount that nobody typed.
    let mut hidden = looking_at(size, vec![declined(usd(50_000), "insufficient_funds", 90)]);
    press(&mut hidden, at(5), "P");
    assert!(!seen(&hidden, size).contains("380.00") && !seen(&hidden, size).contains("500.00"));
    press(&mut hidden, at(5), "t");
    assert!(!seen(&hidden, size).contains("380.00"));
}
