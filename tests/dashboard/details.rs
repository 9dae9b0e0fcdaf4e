//! The details of a transaction: everything that came, what belongs together, and what is only guessed.

use fourpay::app::msg::{Answer, Topic};

use fourpay::app::{Model, actions::Details, update};
use fourpay::domain::field::Field;
use fourpay::domain::ids::TransactionId;
use fourpay::domain::intent::lifecycle::{Receipt, Step};
use fourpay::domain::intent::{Act, CardAt};
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::{Costs, Feed, More, Transaction, TransactionKind, TransactionStatus};

use crate::fixture::*;
use crate::screens::picture;

fn text(model: &Model, size: (u16, u16)) -> String {
    lines(&draw(model, at(3), size)).join("\n")
}

/// A row `n` seconds before the newest of the fixture.
fn row(n: usize, feed: Feed, kind: TransactionKind, cents: i64) -> Transaction {
    Transaction {
        feed,
        kind,
        status: TransactionStatus::Completed,
        account: Some(account_id(0)),
        card: (feed == Feed::Cards).then(|| card_id(0)),
        amount: Field::Known(usd(cents)),
        merchant: None,
        created_at: Field::Known(wall() + chrono::TimeDelta::seconds(100 - n as i64)),
        updated_at: Field::Absent,
        more: None,
        ..transaction(7_000 + n)
    }
}

fn id(n: usize) -> TransactionId {
    transaction_id(7_000 + n)
}

/// A dashboard in which these rows are the newest, the first of them selected with its details.
fn looking_at(size: (u16, u16), rows: Vec<Transaction>, others: &[(&str, &str)]) -> Model {
    let mut model = peopled(size);
    let first = rows[0].clone();
    let (cards, accounts) = rows.into_iter().partition(|row| row.feed == Feed::Cards);
    answer(&mut model, at(2), Topic::Newest(Feed::Cards), 20, Answer::Transactions(batch(cards)));
    answer(&mut model, at(2), Topic::Newest(Feed::Accounts), 21, Answer::Transactions(batch(accounts)));
    press(&mut model, at(3), "3g");
    // Beside, they are shown and read at once, of whichever feed the row is.
    let watched = (size.0 >= 140).then(|| (first.feed, first.id.clone()));
    assert_eq!(model.watch().transaction, watched);
    let unknown = others.len();
    let others = others.iter().map(|(name, value)| (SafeText::name(name), SafeText::prose(value))).collect();
    let topic = Topic::Transaction(first.feed, first.id.clone());
    let outcome = answer(&mut model, at(3), topic, 22, Answer::Transaction(Box::new(first), others));
    assert!(outcome.redraw || size.0 < 140 || unknown == 0);
    press(&mut model, at(3), "<Enter>");
    model
}

#[test]
fn everything_that_came_is_shown() {
    let full = || Transaction {
        merchant: Some(SafeText::name("Blue Bottle")),
        category: Some(SafeText::name("5814")),
        merchant_country: Some(SafeText::name("US")),
        costs: Some(Box::new(Costs {
            fee: Field::Known(usd(35)),
            settlement: Field::Known(eur(1_100)),
            stands_in: false,
        })),
        more: Some(Box::new(More {
            decline_reason: Some(SafeText::prose("Daily limit exceeded")),
            description: Some(SafeText::prose("coffee for the team")),
            parent: None,
            related: None,
            authorization_code: Some(SafeText::name("A1B2C3")),
            rrn: Some(SafeText::name("612345678901")),
        })),
        status: TransactionStatus::Declined,
        ..row(0, Feed::Cards, TransactionKind::Purchase, 1_250)
    };
    let others = [
        ("posId", "77"),
        ("threeDSecure.version", "2.2"),
        ("pan", "4539578763621486"),
        ("note", "\u{1b}]52;c;AAAA\u{7}\u{202e}hidden"),
    ];
    for size in [(80, 24), (160, 48)] {
        let mut model = looking_at(size, vec![full()], &others);
        insta::assert_snapshot!(format!("transaction_{}x{}", size.0, size.1), picture(&draw(&model, at(3), size)));
        press(&mut model, at(3), "<PgDn><PgDn>");
        let seen = text(&model, size);
        // D1, T1: unknown fields are data, and a whole card number is none of them.
        assert!(seen.contains("1486") && !seen.contains("4539578763621486"), "{seen}");
        assert!(!seen.contains(['\u{1b}', '\u{7}', '\u{202e}']) && seen.contains("hidden"), "{seen}");
        assert!(seen.contains("threeDSecure.version: 2.2"), "{seen}");
    }
    let model = looking_at((160, 80), vec![full()], &others);
    let seen = text(&model, (160, 80));
    for wanted in [
        "5814 · fast food",
        "Daily limit exceeded",
        "coffee for the team",
        "A1B2C3",
        "612345678901",
        "0.35 USD",
        "11.00 EUR",
        "US",
    ] {
        assert!(seen.contains(wanted), "{wanted}: {seen}");
    }
}

fn related(model: &Model) -> Vec<String> {
    let seen = text(model, (80, 24));
    let lines = seen.lines().skip_while(|line| !line.contains("│ related")).skip(1);
    lines.map(|line| line.trim_matches(['│', ' ']).to_owned()).take_while(|line| !line.is_empty()).collect()
}

#[test]
fn one_authorization_and_its_parent_stand_together() {
    let with = |row: Transaction, more: More| Transaction { more: Some(Box::new(more)), ..row };
    let code = |code: &str| Some(SafeText::name(code));
    let purchase = with(
        row(0, Feed::Cards, TransactionKind::Purchase, 900),
        More { authorization_code: code("X1"), ..More::default() },
    );
    let fee = with(row(1, Feed::Cards, TransactionKind::Fee, 9), More { parent: Some(id(0)), ..More::default() });
    let again = with(
        row(2, Feed::Cards, TransactionKind::Purchase, 100),
        More { authorization_code: code("X1"), ..More::default() },
    );
    let other = with(
        row(3, Feed::Cards, TransactionKind::Purchase, 100),
        More { authorization_code: code("X2"), ..More::default() },
    );
    let all = vec![purchase.clone(), fee.clone(), again, other];
    let seen = related(&looking_at((80, 24), all.clone(), &[]));
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen[0].starts_with("has") && seen[0].contains("fee −0.09 USD"), "{seen:?}");
    assert!(seen[1].starts_with("together") && seen[1].contains("purchase −1.00 USD"), "{seen:?}");
    // From the fee's side.
    let seen = related(&looking_at(
        (80, 24),
        vec![Transaction { created_at: Field::Known(wall() + chrono::TimeDelta::seconds(200)), ..fee }, purchase],
        &[],
    ));
    assert!(seen.len() == 1 && seen[0].starts_with("belongs to") && seen[0].contains("purchase −9.00 USD"), "{seen:?}");
}

#[test]
fn the_other_side_is_named_or_marked_as_inferred() {
    let card = row(0, Feed::Cards, TransactionKind::TopUp, 5_000);
    let account = row(1, Feed::Accounts, TransactionKind::Withdrawal, 5_000);
    let apart = row(130, Feed::Accounts, TransactionKind::Withdrawal, 5_000);
    let other = row(2, Feed::Accounts, TransactionKind::Withdrawal, 5_001);
    let same_way = row(3, Feed::Accounts, TransactionKind::PayIn, 5_000);
    let elsewhere =
        Transaction { account: Some(account_id(1)), ..row(4, Feed::Accounts, TransactionKind::Withdrawal, 5_000) };
    let rows = vec![card.clone(), account.clone(), apart, other, same_way, elsewhere];
    let seen = related(&looking_at((80, 24), rows.clone(), &[]));
    assert!(seen[0].starts_with("≈ other side") && seen[0].contains("withdrawal −50.00 USD"), "{seen:?}");
    assert_eq!(seen[1..], ["inferred: the only row of this amount within 2 min"], "{seen:?}");
    // Two that fit are both named.
    let mut two = rows.clone();
    two.push(row(5, Feed::Accounts, TransactionKind::Withdrawal, 5_000));
    let seen = related(&looking_at((80, 24), two, &[]));
    assert_eq!(seen.iter().filter(|line| *line == "inferred: one of 2 rows of this amount within 2 min").count(), 2);
    // A field that names it, and the API's answer to the act, are certain.
    let named = related(&looking_at((80, 24), rows.clone(), &[("toTransactionId", &id(1).to_string())]));
    assert!(named.len() == 1 && named[0].starts_with("other side"), "{named:?}");
    // So is the field of the row itself that the API documents.
    let related_to = format!(
        r#"{{"id":"{}","type":"top_up","status":"completed","amount":"50.00","currency":"USD","relatedId":"{}"}}"#,
        id(0),
        id(4),
    );
    let wire = fourpay::api::decode::transaction(related_to.as_bytes(), Feed::Cards).expect("a row");
    let mut with_field = rows.clone();
    with_field[0].more = wire.more;
    let named = related(&looking_at((80, 24), with_field, &[]));
    assert!(named.len() == 1 && named[0].starts_with("other side") && named[0].contains("Ads"), "{named:?}");
    let mut model = looking_at((80, 24), rows.clone(), &[]);
    let at_card = CardAt { account: account_id(0), card: card_id(0), last_four: None };
    let act = Act::TopUp { at: at_card, amount: usd(5_000), description: None };
    let receipt = Receipt { transactions: vec![id(1), id(0)], ..Receipt::default() };
    let past = crate::acts::past(act, 1, vec![Step::Recorded, Step::Sent { skew_ms: None }, Step::Accepted(receipt)]);
    update(&mut model, at(3), fourpay::app::msg::Msg::JournalRead(vec![past]));
    let seen = related(&model);
    assert!(seen.len() == 1 && seen[0].starts_with("other side"), "{seen:?}");
    // The same reference in both descriptions.
    let tagged = |row: Transaction| Transaction {
        more: Some(Box::new(More { description: Some(SafeText::prose("ref fp-0123456789")), ..More::default() })),
        ..row
    };
    let mut rows = rows;
    rows[0] = tagged(card);
    rows[1] = tagged(account);
    let seen = related(&looking_at((80, 24), rows, &[]));
    assert!(seen.len() == 1 && seen[0].starts_with("other side"), "{seen:?}");
}

#[test]
fn beside_the_panes_enter_lets_the_details_be_scrolled() {
    let size = (160, 24);
    let mut model = looking_at(size, vec![row(0, Feed::Cards, TransactionKind::Purchase, 100)], &[]);
    assert_eq!(model.situation().details, Details::Open);
    let many: Vec<(String, String)> = (0..40).map(|n| (format!("field{n}"), format!("value {n}"))).collect();
    let many = many.iter().map(|(name, value)| (SafeText::name(name), SafeText::prose(value))).collect();
    let first = row(0, Feed::Cards, TransactionKind::Purchase, 100);
    answer(&mut model, at(3), Topic::Transaction(Feed::Cards, id(0)), 30, Answer::Transaction(Box::new(first), many));
    assert!(!text(&model, size).contains("value 39"));
    press(&mut model, at(3), "<PgDn><PgDn><PgDn><PgDn>");
    assert!(text(&model, size).contains("value 39"));
    press(&mut model, at(3), "<Esc>");
    assert_eq!(model.situation().details, Details::Beside);
}

/// A reference in a description: of an action of ours that it fits, of one that it does not fit, of a colleague's.
#[test]
fn a_reference_says_what_it_is_to_this_journal() {
    let ours = crate::acts::reference(7);
    let said = |reference: fourpay::domain::intent::Reference| {
        let more = More { description: Some(SafeText::prose(&format!("June ref {reference}"))), ..More::default() };
        Some(Box::new(more))
    };
    let top_up = |account: usize, cents| {
        let at = CardAt { account: account_id(account), card: card_id(0), last_four: None };
        let act = Act::TopUp { at, amount: usd(cents), description: None };
        crate::acts::past(act, 7, vec![Step::Recorded, Step::Sent { skew_ms: None }])
    };
    let shown = |row: &Transaction, past: Vec<fourpay::app::msg::Past>| {
        let mut model = looking_at((160, 48), vec![row.clone()], &[]);
        assert!(!text(&model, (160, 48)).contains("fourpay elsewhere"), "nobody knows before the journal was read");
        update(&mut model, at(3), fourpay::app::msg::Msg::JournalRead(past));
        (text(&model, (160, 48)), model)
    };
    let row = Transaction { more: said(ours), ..row(0, Feed::Cards, TransactionKind::TopUp, 5_000) };
    // It is broken over two lines.
    let not_it = |picture: &str| picture.contains(&format!("carries {ours},")) && picture.contains("is not it");
    let (picture, _) = shown(&row, vec![top_up(0, 5_000)]);
    assert!(!picture.contains("is not it") && !picture.contains("elsewhere"), "{picture}");
    // Another amount, another kind.
    let (picture, _) = shown(&row, vec![top_up(0, 6_000)]);
    assert!(not_it(&picture), "{picture}");
    let purchase = Transaction { kind: TransactionKind::Purchase, ..row.clone() };
    let (picture, _) = shown(&purchase, vec![top_up(0, 5_000)]);
    assert!(not_it(&picture), "{picture}");
    // One that the API itself has named is ours, whatever it says.
    let mut named = top_up(0, 6_000);
    let receipt = Receipt { transactions: vec![row.id.clone()], ..Receipt::default() };
    named.steps.push((wall(), Step::Accepted(receipt)));
    let (picture, _) = shown(&row, vec![named]);
    assert!(!picture.contains("is not it"), "{picture}");
    // A colleague's: no red, no count.
    let (picture, mut model) = shown(&row, vec![]);
    assert!(picture.contains("made with fourpay") && !picture.contains("unknown"), "{picture}");
    // One of this journal that is too old to be told of is not a colleague's.
    let older = std::sync::Arc::new([ours].into_iter().collect());
    update(&mut model, at(4), fourpay::app::msg::Msg::JournalOlder(older));
    assert!(!text(&model, (160, 48)).contains("elsewhere"), "{}", text(&model, (160, 48)));
}
