//! The judgement alone: what was written, what was seen, what it means.

use chrono::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::domain::account::CardKind;
use crate::domain::card::Limit;
use crate::domain::ids::{AccountId, HolderId};
use crate::domain::intent::{BinChoice, CardAt, Intent, Who};
use crate::domain::money::Currency;
use crate::domain::transaction::More;

const SENT: i64 = 1_000_000;

fn at(second: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_770_000_000 + second - SENT, 0).unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn me() -> Reference {
    Reference::from_random([1; 7])
}

fn card_at() -> CardAt {
    CardAt { account: AccountId::parse("a").unwrap(), card: CardId::parse("c").unwrap(), last_four: None }
}

fn entry(act: Act, stage: Stage) -> Entry {
    let who = Who {
        uid: 1,
        user: None,
        host: SafeText::name("h"),
        tty: None,
        ssh: false,
        pid: 1,
        version: SafeText::name("1"),
    };
    let intent = Intent {
        reference: me(),
        act,
        who,
        profile: SafeText::name("p"),
        why: None,
        asked_at: at(SENT - 1),
        before: Before { account: Some(usd("100")), other: Some(usd("10")) },
        despite: Vec::new(),
    };
    let mut steps = vec![(at(SENT - 1), Step::Recorded), (at(SENT), Step::Sent { skew_ms: Some(0) })];
    match stage {
        Stage::Accepted => {
            let transactions = vec![TransactionId::parse("known").unwrap()];
            steps.push((at(SENT), Step::Accepted(Receipt { transactions, ..Receipt::default() })));
        }
        _ => steps.push((at(SENT), Step::Unknown { reason: SafeText::prose("?"), status: None })),
    }
    Entry { intent, stage, steps }
}

fn top_up(stage: Stage) -> Entry {
    entry(Act::TopUp { at: card_at(), amount: usd("5"), description: None }, stage)
}

/// A completed row on the card, four seconds after the sending, without a description.
fn row(id: &str) -> Transaction {
    Transaction {
        id: TransactionId::parse(id).unwrap(),
        feed: Feed::Cards,
        account: AccountId::parse("a"),
        card: CardId::parse("c"),
        amount: Field::Known(usd("5.00")),
        kind: TransactionKind::TopUp,
        status: TransactionStatus::Completed,
        merchant: None,
        category: None,
        created_at: Field::Known(at(SENT + 4)),
        updated_at: Field::Absent,
        merchant_country: None,
        costs: None,
        more: None,
    }
}

fn says(row: Transaction, text: &str) -> Transaction {
    let more = More { description: Some(SafeText::prose(text)), ..More::default() };
    Transaction { more: Some(Box::new(more)), ..row }
}

fn seen(rows: Vec<Transaction>) -> Sight {
    Sight::Money(MoneySight {
        rows,
        complete: true,
        after: Before { account: Some(usd("100")), other: Some(usd("10")) },
    })
}

fn of(entry: &Entry, sight: &Sight, second: i64) -> &'static str {
    of_claimed(entry, sight, second, &[])
}

fn of_claimed(entry: &Entry, sight: &Sight, second: i64, claimed: &[&str]) -> &'static str {
    let rows = claimed.iter().map(|id| TransactionId::parse(id).unwrap()).collect();
    let cards = claimed.iter().map(|id| CardId::parse(id).unwrap()).collect();
    let claimed = Claimed { rows, cards };
    match judge(entry, sight, &claimed, at(SENT + second)) {
        Verdict::Done(_) => "done",
        Verdict::NotDone(_) => "not done",
        Verdict::Taken(_) => "taken",
        Verdict::Wait(_) => "wait",
        Verdict::Undecided(_) => "undecided",
    }
}

#[test]
fn m6_the_timetable() {
    let pauses: Vec<u64> = (0..).map_while(pause).map(|pause| pause.as_secs()).collect();
    assert_eq!(pauses[..8], [1, 2, 4, 8, 16, 30, 60, 60]);
    let all: u64 = pauses.iter().sum();
    assert!((14 * 60..=15 * 60).contains(&all), "{all}");
}

#[test]
fn m6_a_row_with_our_reference_decides() {
    let mine = |status| {
        let row = Transaction { status, ..row("t") };
        seen(vec![says(row, &format!("June ads ref {}", me()))])
    };
    let unknown = top_up(Stage::Unknown);
    assert_eq!(of(&unknown, &mine(TransactionStatus::Completed), 1), "done");
    assert_eq!(of(&unknown, &mine(TransactionStatus::Pending), 1), "taken");
    assert_eq!(of(&unknown, &mine(TransactionStatus::from_wire("processing")), 1), "taken");
    assert_eq!(of(&unknown, &mine(TransactionStatus::Declined), 1), "not done");
    assert_eq!(of(&unknown, &mine(TransactionStatus::Canceled), 1), "not done");
    let lower = seen(vec![says(row("t"), &me().to_string().to_lowercase())]);
    assert_eq!(of(&unknown, &lower, 1), "done");
    // The time of a row with our reference does not matter, its amount does.
    let early = Transaction { created_at: Field::Known(at(0)), ..says(row("t"), &me().to_string()) };
    assert_eq!(of(&unknown, &seen(vec![early]), 1), "done");
    let other = Transaction { amount: Field::Known(usd("4")), ..says(row("t"), &me().to_string()) };
    assert_eq!(of(&unknown, &seen(vec![other]), 1), "undecided");
}

#[test]
fn m6_without_echoed_descriptions_the_one_row_that_fits_decides() {
    let unknown = top_up(Stage::Unknown);
    assert_eq!(of(&unknown, &seen(vec![row("t")]), 1), "done");
    let change = |change: fn(&mut Transaction)| {
        let mut row = row("t");
        change(&mut row);
        of(&unknown, &seen(vec![row]), 300)
    };
    assert_eq!(change(|row| row.amount = Field::Known(usd("5.01"))), "not done");
    assert_eq!(change(|row| row.card = CardId::parse("d")), "not done");
    assert_eq!(change(|row| row.kind = TransactionKind::Withdrawal), "not done");
    assert_eq!(change(|row| row.status = TransactionStatus::Declined), "not done");
    assert_eq!(change(|row| row.amount = Field::Unreadable), "undecided");
    assert_eq!(change(|row| row.created_at = Field::Absent), "undecided");
    assert_eq!(change(|row| row.created_at = Field::Known(at(SENT - 60))), "undecided");
    assert_eq!(change(|row| row.created_at = Field::Known(at(SENT + 3600))), "undecided");
    assert_eq!(change(|row| row.status = TransactionStatus::Pending), "taken");
    // Two could be it; one belongs to another intent; one carries another reference.
    assert_eq!(of(&unknown, &seen(vec![row("t"), row("u")]), 300), "undecided");
    assert_eq!(of_claimed(&unknown, &seen(vec![row("t"), row("u")]), 300, &["u"]), "done");
    assert_eq!(of_claimed(&unknown, &seen(vec![row("t")]), 300, &["t"]), "not done");
    let foreign = says(row("t"), &format!("ref {}", Reference::from_random([2; 7])));
    assert_eq!(of(&unknown, &seen(vec![foreign.clone()]), 300), "not done");
    // Where descriptions come back, a row without ours is hardly ours: neither yes nor no is said.
    assert_eq!(of(&unknown, &seen(vec![row("u"), foreign]), 300), "undecided");
}

#[test]
fn m6_nothing_is_called_not_done_too_soon_or_half_seen() {
    let unknown = top_up(Stage::Unknown);
    assert_eq!(of(&unknown, &seen(vec![]), 119), "wait");
    assert_eq!(of(&unknown, &seen(vec![]), 120), "not done");
    let part = MoneySight { complete: false, ..MoneySight::default() };
    assert_eq!(of(&unknown, &Sight::Money(part), 9_000), "wait");
    // No row, and yet the money has moved.
    let moved = MoneySight { rows: vec![], complete: true, after: Before { account: None, other: Some(usd("15")) } };
    assert_eq!(of(&unknown, &Sight::Money(moved), 300), "undecided");
    let account = MoneySight { rows: vec![], complete: true, after: Before { account: Some(usd("95")), other: None } };
    assert_eq!(of(&unknown, &Sight::Money(account), 300), "undecided");
    // What the API has taken on is never called not done because it is not to be seen.
    assert_eq!(of(&top_up(Stage::Accepted), &seen(vec![]), 9_000), "undecided");
    assert_eq!(of(&top_up(Stage::Accepted), &seen(vec![row("known")]), 1), "done");
}

#[test]
fn m6_both_sides_of_a_movement_are_known() {
    let (from, to) = (AccountId::parse("a").unwrap(), AccountId::parse("b").unwrap());
    let transfer = entry(Act::Transfer { from, to, amount: usd("5"), description: None }, Stage::Unknown);
    let side = |account: &str, kind| Transaction {
        feed: Feed::Accounts,
        card: None,
        account: AccountId::parse(account),
        kind,
        ..row(account)
    };
    assert_eq!(of(&transfer, &seen(vec![side("a", TransactionKind::Withdrawal)]), 1), "done");
    assert_eq!(
        of(&transfer, &seen(vec![side("a", TransactionKind::Withdrawal), side("b", TransactionKind::PayIn)]), 1),
        "done"
    );
    // Only the receiving side, or a top up of a card of the account: that may be anything.
    assert_eq!(of(&transfer, &seen(vec![side("b", TransactionKind::PayIn)]), 300), "undecided");
    let of_a_card = Transaction { card: CardId::parse("c"), ..side("a", TransactionKind::Withdrawal) };
    assert_eq!(of(&transfer, &seen(vec![of_a_card]), 300), "not done");
    // For a card the account's side alone is not enough.
    assert_eq!(of(&top_up(Stage::Unknown), &seen(vec![side("a", TransactionKind::Withdrawal)]), 300), "undecided");
    let withdraw = entry(Act::Withdraw { at: card_at(), amount: usd("5"), description: None }, Stage::Unknown);
    assert_eq!(of(&withdraw, &seen(vec![row("t")]), 300), "not done");
    let out = Transaction { kind: TransactionKind::Withdrawal, ..row("t") };
    assert_eq!(of(&withdraw, &seen(vec![out]), 1), "done");
}

fn card(status: CardStatus) -> Card {
    Card {
        id: CardId::parse("c").unwrap(),
        account: None,
        holder_id: HolderId::parse("emp-7"),
        holder: None,
        holder_email: None,
        name: Some(SafeText::name("Ads 1")),
        status,
        kind: Some(CardKind::Virtual),
        network: None,
        number: crate::domain::card::MaskedNumber::default(),
        balance: Field::Absent,
        available: Field::Absent,
        spent: Field::Absent,
        expiry: Field::Absent,
        limits: Field::Absent,
        wallets: Vec::new(),
        created_at: Field::Known(at(SENT + 1)),
        updated_at: Field::Absent,
    }
}

#[test]
fn a_cards_state_is_what_a_read_says() {
    let is = |status| Sight::Card(Box::new(card(status)));
    let freeze = entry(Act::Freeze(card_at()), Stage::Unknown);
    assert_eq!(of(&freeze, &is(CardStatus::Frozen), 1), "done");
    assert_eq!(of(&freeze, &is(CardStatus::Active), 1), "wait");
    assert_eq!(of(&freeze, &is(CardStatus::Active), 120), "not done");
    assert_eq!(of(&freeze, &is(CardStatus::Closed), 1), "not done");
    let taken = entry(Act::Freeze(card_at()), Stage::Accepted);
    assert_eq!(of(&taken, &is(CardStatus::Active), 9_000), "undecided");
    let close = entry(Act::Close(card_at()), Stage::Accepted);
    assert_eq!(of(&close, &is(CardStatus::Closed), 1), "done");
    let rename = |name: &str| {
        let name = Some(SafeText::name(name));
        entry(Act::UpdateCard { at: card_at(), name, limits: None }, Stage::Unknown)
    };
    assert_eq!(of(&rename("Ads 1"), &is(CardStatus::Active), 1), "done");
    assert_eq!(of(&rename("Ads 2"), &is(CardStatus::Active), 120), "not done");
    let nameless = Sight::Card(Box::new(Card { name: None, ..card(CardStatus::Active) }));
    assert_eq!(of(&rename("Ads 2"), &nameless, 120), "undecided");
    // No limits at all is a wish of its own.
    let unlimited = entry(Act::UpdateCard { at: card_at(), name: None, limits: Some(Vec::new()) }, Stage::Unknown);
    let limits = |limits| Sight::Card(Box::new(Card { limits, ..card(CardStatus::Active) }));
    let daily = Limit { kind: LimitKind::Daily, value: Field::Known(usd("9")), spent: Field::Absent };
    assert_eq!(of(&unlimited, &limits(Field::Known(Vec::new())), 1), "done");
    assert_eq!(of(&unlimited, &limits(Field::Known(vec![daily])), 120), "not done");
    assert_eq!(of(&unlimited, &limits(Field::Absent), 120), "undecided");
}

#[test]
fn a_new_card_is_found_by_name_holder_and_time() {
    let order = CardOrder {
        name: SafeText::name("Ads 1"),
        holder: HolderId::parse("emp-7").unwrap(),
        kind: CardKind::Virtual,
        currency: None,
        bin: BinChoice::Default,
        limits: Vec::new(),
    };
    let issue = entry(Act::IssueCard { account: AccountId::parse("a").unwrap(), order }, Stage::Unknown);
    let found = |cards: Vec<Card>| Sight::Issued { cards, complete: true };
    assert_eq!(of(&issue, &found(vec![card(CardStatus::Creating)]), 1), "taken");
    assert_eq!(of(&issue, &found(vec![card(CardStatus::Active)]), 1), "done");
    assert_eq!(of(&issue, &found(vec![card(CardStatus::CreatingFailed)]), 1), "not done");
    assert_eq!(of(&issue, &found(vec![card(CardStatus::Active), card(CardStatus::Active)]), 300), "undecided");
    let two = [card(CardStatus::Active), Card { id: CardId::parse("d").unwrap(), ..card(CardStatus::Active) }];
    assert_eq!(of_claimed(&issue, &found(two.to_vec()), 1, &["d"]), "done", "the other belongs to another intent");
    assert_eq!(of_claimed(&issue, &found(two.to_vec()), 300, &["c", "d"]), "not done");
    let stranger = Card { holder_id: HolderId::parse("emp-8"), ..card(CardStatus::Active) };
    assert_eq!(of(&issue, &found(vec![stranger]), 300), "not done");
    let timeless = Card { created_at: Field::Absent, ..card(CardStatus::Active) };
    assert_eq!(of(&issue, &found(vec![timeless]), 300), "undecided");
    assert_eq!(of(&issue, &found(vec![]), 119), "wait");
    assert_eq!(of(&issue, &Sight::Issued { cards: vec![], complete: false }, 300), "wait");
}

proptest! {
    /// M4, M6: whatever rows there are, "done" rests on a completed row of this amount that is nobody else's,
    /// and "not done" is never said while such a row is there.
    #[test]
    fn m6_no_rows_make_a_wrong_certainty(
        rows in proptest::collection::vec((0u8..4, 0u8..3, 0u8..4, 0u8..3, -20i64..2_000), 0..5),
        second in 0i64..2_000,
        accepted: bool,
    ) {
        let made: Vec<Transaction> = rows
            .iter()
            .enumerate()
            .map(|(n, (status, amount, text, kind, time))| {
                let mut made = row(&format!("t{n}"));
                made.status = TransactionStatus::KNOWN[usize::from(*status) + 1].clone();
                made.amount = [Field::Known(usd("5")), Field::Known(usd("6")), Field::Absent][usize::from(*amount)];
                made.kind = [TransactionKind::TopUp, TransactionKind::Purchase, TransactionKind::Refund][usize::from(*kind)].clone();
                made.created_at = Field::Known(at(SENT + time));
                match text {
                    0 => says(made, &format!("ref {}", me())),
                    1 => says(made, &format!("ref {}", Reference::from_random([2; 7]))),
                    2 => says(made, "lunch"),
                    _ => made,
                }
            })
            .collect();
        let entry = top_up(if accepted { Stage::Accepted } else { Stage::Unknown });
        let mine = |row: &&Transaction| references(row).any(|reference| reference == me());
        let verdict = of(&entry, &seen(made.clone()), second);
        let could = |row: &Transaction| {
            row.kind == TransactionKind::TopUp
                && row.amount.known().is_none_or(|amount| *amount == usd("5"))
                && row.status == TransactionStatus::Completed
                && references(row).all(|reference| reference == me())
        };
        match verdict {
            "done" => prop_assert!(made.iter().any(|row| could(row) || (mine(&row) && row.status == TransactionStatus::Completed))),
            "not done" => {
                prop_assert!(!made.iter().filter(mine).any(|row| row.status == TransactionStatus::Completed));
                prop_assert!(made.iter().any(|row| mine(&row)) || !made.iter().any(could));
                prop_assert!(!accepted || made.iter().any(|row| mine(&row)));
            }
            _ => {}
        }
    }
}
