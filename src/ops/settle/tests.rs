//! The judgement alone: what was written, what was seen, what it means.

use chrono::{DateTime, TimeZone, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::account::CardKind;
use crate::domain::card::Limit;
use crate::domain::ids::{AccountId, HolderId};
use crate::domain::intent::{Before, BinChoice, CardAt, Intent, Who};
use crate::domain::money::Currency;
use crate::domain::transaction::{More, TransactionKind};

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
        process: None,
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
        cards_before: None,
    };
    let mut steps = vec![(at(SENT - 1), Step::Recorded), (at(SENT), Step::Sent { skew_ms: Some(0) })];
    match stage {
        Stage::Accepted => {
            let transactions = vec![TransactionId::parse("known").unwrap()];
            steps.push((at(SENT), Step::Accepted(Receipt { transactions, ..Receipt::default() })));
        }
        _ => steps.push((at(SENT), Step::Unknown { reason: SafeText::prose("?"), status: None })),
    }
    assert_eq!(Entry::new(intent.clone(), steps.clone()).stage, stage);
    Entry::new(intent, steps)
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

fn money(rows: Vec<Transaction>) -> MoneySeen {
    MoneySeen {
        rows,
        narrow: true,
        wide: Some(true),
        after: Before { account: Some(usd("100")), other: Some(usd("10")) },
    }
}

fn seen(rows: Vec<Transaction>) -> Observation {
    Observation::Money(money(rows))
}

/// The same rows, and balances that show the movement.
fn moved(rows: Vec<Transaction>) -> Observation {
    let after = Before { account: Some(usd("95")), other: Some(usd("15")) };
    Observation::Money(MoneySeen { after, ..money(rows) })
}

/// What a look means after so many seconds of reading.
fn of(entry: &Entry, seen: &Observation, watched: u64) -> &'static str {
    word(&judge(entry, seen, &Claimed::default(), known(watched, None)))
}

fn known(watched: u64, echoes: Option<bool>) -> Known {
    Known { echoes, watched: Duration::from_secs(watched), declined_for: None }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Done(_) => "done",
        Verdict::NotDone(_) => "not done",
        Verdict::Declined(_) => "declined",
        Verdict::Taken(_) => "taken",
        Verdict::Probably(_) => "probably",
        Verdict::NotSeen(_) => "not seen",
        Verdict::Wait(_) => "wait",
        Verdict::NeedsPerson(_) => "needs a person",
    }
}

#[test]
fn looks_follow_the_timetable_and_never_end() {
    let mut follow = Follow::default();
    let mut next = |stage| {
        follow.begin(stage, Duration::ZERO);
        follow.next_pause(stage).map(|pause| pause.as_secs())
    };
    let quick: Vec<_> = (0..9).filter_map(|_| next(Stage::Unknown)).collect();
    assert_eq!(quick, [2, 4, 8, 16, 30, 60, 60, 60, 60]);
    // What a 429 has called "not seen" within seconds is likely to appear soon.
    let early: Vec<_> = (0..4).filter_map(|_| next(Stage::NotSeen)).collect();
    assert_eq!(early, [2, 4, 8, 16]);
    // After two minutes of reading, and when it was found in the journal so, it is looked for slowly.
    let mut follow = Follow::default();
    let mut next = |stage| {
        follow.begin(stage, Duration::ZERO);
        follow.next_pause(stage).map(|pause| pause.as_secs())
    };
    let slow: Vec<_> = (0..40).filter_map(|_| next(Stage::NotSeen)).collect();
    assert_eq!(slow[..4], [300, 900, HOUR, HOUR]);
    assert_eq!(slow.last(), Some(&DAY));
    assert!((DAY..2 * DAY).contains(&slow.iter().filter(|pause| **pause < DAY).sum()));
    for stage in Stage::ALL.into_iter().filter(|stage| stage.is_looked_for()) {
        assert!(next(stage).is_some(), "{stage}");
    }
    for stage in [Stage::Done, Stage::Refused, Stage::NotSent, Stage::SettledNotDone, Stage::FoundLater] {
        assert_eq!(next(stage), None, "{stage}");
    }
}

#[test]
fn time_counts_only_while_reads_succeed() {
    let second = Duration::from_secs;
    let mut follow = Follow { pause: second(60), ..Follow::default() };
    follow.succeeded(second(1000));
    assert_eq!(follow.watched, Duration::ZERO, "the first read says nothing of the time before it");
    follow.succeeded(second(1060));
    assert_eq!(follow.watched, second(60));
    // The machine slept, or the clock of another host was read: no more than a pause counts.
    follow.succeeded(second(1060 + 36_000));
    assert_eq!(follow.watched, second(130));
    follow.failed();
    follow.succeeded(second(50_000));
    assert_eq!(follow.watched, second(130), "a read that failed breaks the time");
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
    let lower = seen(vec![says(row("t"), &me().to_string().to_lowercase())]);
    assert_eq!(of(&unknown, &lower, 1), "done");
    // The time of a row with our reference does not matter.
    let early = Transaction { created_at: Field::Known(at(0)), ..says(row("t"), &me().to_string()) };
    assert_eq!(of(&unknown, &seen(vec![early]), 1), "done");
}

/// An answer may be that of an earlier request, and name its rows: they prove nothing of this one.
#[test]
fn m6_a_row_that_belongs_to_another_act_is_not_ours_whatever_the_answer_named() {
    let accepted = top_up(Stage::Accepted);
    let other = Reference::from_random([2; 7]);
    let judged = |row: Transaction, claimed: &Claimed| {
        let is_mine = says(row.clone(), &me().to_string());
        let word_of = |row| word(&judge(&accepted, &seen(vec![row]), claimed, known(5, None)));
        (word_of(row), word_of(is_mine))
    };
    let free = Claimed::default();
    assert_eq!(judged(row("known"), &free), ("done", "done"));
    assert_eq!(judged(says(row("known"), &other.to_string()), &free).0, "needs a person");
    let taken = Claimed { proofs: [TransactionId::parse("known").unwrap()].into(), ..Claimed::default() };
    assert_eq!(judged(row("known"), &taken), ("needs a person", "done"));
    let old = |hours: i64| Transaction { created_at: Field::Known(at(SENT - hours * 3600)), ..row("known") };
    assert_eq!(judged(old(72), &free), ("needs a person", "done"));
    assert_eq!(judged(old(1), &free).0, "done", "a platform's clock may be behind");
    // Our own row is there as well: it says more than what the answer named.
    let both = || vec![says(row("known"), &other.to_string()), says(row("t"), &me().to_string())];
    assert_eq!(word(&judge(&accepted, &seen(both()), &free, known(5, None))), "done");
}

/// Descriptions can be written by others: a row that carries the reference and does not fit is not it.
#[test]
fn a_row_that_carries_the_reference_and_does_not_fit_decides_nothing() {
    let unknown = top_up(Stage::Unknown);
    let change = |change: fn(&mut Transaction)| {
        let mut row = says(row("t"), &me().to_string());
        change(&mut row);
        (of(&unknown, &seen(vec![row.clone()]), 1), of(&unknown, &seen(vec![row]), 300))
    };
    for changed in [
        change(|row| row.amount = Field::Known(usd("4"))),
        change(|row| row.amount = Field::Known(Money::parse("5", Currency::EUR).unwrap())),
        change(|row| row.card = CardId::parse("d")),
        change(|row| row.kind = TransactionKind::Withdrawal),
        change(|row| row.kind = TransactionKind::Purchase),
        change(|row| row.kind = TransactionKind::Refund),
    ] {
        assert_eq!(changed, ("wait", "not seen"));
    }
}

#[test]
fn two_live_rows_on_one_side_need_a_person() {
    let mine = |id| says(row(id), &me().to_string());
    for stage in [Stage::Unknown, Stage::Accepted] {
        let twice = seen(vec![mine("t"), mine("u")]);
        assert_eq!(of(&top_up(stage), &twice, 1), "needs a person");
    }
    let canceled = Transaction { status: TransactionStatus::Canceled, ..mine("u") };
    assert_eq!(of(&top_up(Stage::Unknown), &seen(vec![mine("t"), canceled]), 1), "done", "one of them was taken back");
    let account = Transaction { feed: Feed::Accounts, kind: TransactionKind::Withdrawal, ..mine("u") };
    assert_eq!(of(&top_up(Stage::Unknown), &seen(vec![mine("t"), account]), 1), "done", "one on each side");
}

/// "Not done" of a declined row: both feeds whole, balances that agree, and a second read a minute later.
#[test]
fn a_declined_row_is_believed_the_second_time() {
    for status in [TransactionStatus::Declined, TransactionStatus::Canceled] {
        let mine = || vec![Transaction { status: status.clone(), ..says(row("t"), &me().to_string()) }];
        let unknown = top_up(Stage::Unknown);
        let later = |seconds| Known { declined_for: Some(Duration::from_secs(seconds)), ..known(90, None) };
        let judged = |seen: &Observation, known| word(&judge(&unknown, seen, &Claimed::default(), known));
        assert_eq!(judged(&seen(mine()), known(1, None)), "declined");
        assert_eq!(judged(&seen(mine()), later(59)), "declined");
        assert_eq!(judged(&seen(mine()), later(60)), "not done");
        for gap in [
            MoneySeen { wide: Some(false), ..money(mine()) },
            MoneySeen { wide: None, ..money(mine()) },
            MoneySeen { narrow: false, ..money(mine()) },
        ] {
            assert_ne!(judged(&Observation::Money(gap), later(600)), "not done");
        }
        assert_eq!(judged(&moved(mine()), later(600)), "needs a person", "the balances show it");
        let other = says(row("u"), &me().to_string());
        let both = seen(mine().into_iter().chain([other]).collect());
        assert_eq!(judged(&both, later(600)), "done", "another row of it is live");
    }
}

#[test]
fn absence_is_never_proof() {
    let unknown = top_up(Stage::Unknown);
    assert_eq!(of(&unknown, &seen(vec![]), 119), "wait");
    assert_eq!(of(&unknown, &seen(vec![]), 120), "not seen");
    assert_eq!(of(&unknown, &seen(vec![]), 1_000_000), "not seen");
    let part = |wide| Observation::Money(MoneySeen { wide, ..money(vec![]) });
    assert_eq!(of(&unknown, &part(None), 300), "wait", "not looked for widely");
    assert_eq!(of(&unknown, &part(Some(false)), 300), "wait", "the lists were not read whole");
    assert_eq!(of(&unknown, &part(Some(false)), 1000), "not seen", "they never will be");
    // What the API has taken on is waited for.
    assert_eq!(of(&top_up(Stage::Accepted), &seen(vec![]), 9_000), "wait");
    assert_eq!(of(&top_up(Stage::Accepted), &seen(vec![row("known")]), 1), "done");
}

/// 429: one whole look after it is enough to say that it is not seen, which is no more than that.
#[test]
fn after_a_429_one_look_says_not_seen() {
    let mut limited = top_up(Stage::Unknown);
    let reason = SafeText::prose("too many requests");
    limited.steps.pop();
    limited.steps.push((at(SENT), Step::Unknown { reason, status: Some(429) }));
    assert_eq!(of(&limited, &seen(vec![]), 0), "not seen");
    let half = Observation::Money(MoneySeen { narrow: false, ..money(vec![]) });
    assert_eq!(of(&limited, &half, 0), "wait");
    assert_eq!(of(&limited, &seen(vec![says(row("t"), &me().to_string())]), 0), "done");
}

#[test]
fn where_references_do_not_come_back_one_movement_that_fits_is_probably_it() {
    let unknown = top_up(Stage::Unknown);
    let judged =
        |seen: &Observation, claimed: &Claimed, echoes| word(&judge(&unknown, seen, claimed, known(300, echoes)));
    let free = Claimed::default();
    assert_eq!(judged(&moved(vec![row("t")]), &free, None), "probably");
    assert_eq!(judged(&moved(vec![row("t")]), &free, Some(false)), "probably");
    // Where they are known to come back, nothing matches without ours: a colleague made that one.
    assert_eq!(judged(&moved(vec![row("t")]), &free, Some(true)), "not seen");
    // Descriptions that come back say that ours would.
    let lunch = Transaction { created_at: Field::Known(at(0)), ..says(row("u"), "lunch") };
    assert_eq!(judged(&moved(vec![row("t"), lunch]), &free, None), "not seen");
    let change = |change: fn(&mut Transaction)| {
        let mut row = row("t");
        change(&mut row);
        judged(&moved(vec![row]), &free, None)
    };
    assert_eq!(change(|row| row.amount = Field::Known(usd("5.01"))), "not seen");
    assert_eq!(change(|row| row.card = CardId::parse("d")), "not seen");
    assert_eq!(change(|row| row.kind = TransactionKind::Withdrawal), "not seen");
    assert_eq!(change(|row| row.status = TransactionStatus::Declined), "not seen");
    assert_eq!(change(|row| row.created_at = Field::Absent), "not seen");
    assert_eq!(change(|row| row.created_at = Field::Known(at(SENT - 600))), "not seen");
    assert_eq!(change(|row| row.created_at = Field::Known(at(SENT - 12))), "probably", "a clock behind its edge");
    assert_eq!(change(|row| row.status = TransactionStatus::Pending), "probably");
    // The balances do not show it, or another movement is in the window.
    assert_eq!(judged(&seen(vec![row("t")]), &free, None), "not seen");
    let purchase = Transaction { kind: TransactionKind::Purchase, amount: Field::Known(usd("1")), ..row("p") };
    assert_eq!(judged(&moved(vec![row("t"), purchase]), &free, None), "not seen");
    // Two rows that fit, one that is another's, and two open intents decide nothing.
    assert_eq!(judged(&moved(vec![row("t"), row("u")]), &free, None), "not seen");
    let claimed = Claimed { rows: [TransactionId::parse("t").unwrap()].into(), ..Claimed::default() };
    assert_eq!(judged(&moved(vec![row("t")]), &claimed, None), "not seen");
    let rivals = Claimed { rivals: vec![top_up(Stage::Unknown)], ..Claimed::default() };
    assert_eq!(judged(&moved(vec![row("t")]), &rivals, None), "not seen");
    // What was taken for it before anybody knew that they come back is not it.
    let evidence = Evidence { transactions: vec![TransactionId::parse("t").unwrap()], ..Evidence::new("fits") };
    let steps = unknown.steps.iter().cloned().chain([(at(SENT), Step::Probably(evidence))]).collect();
    let taken = Entry::new(unknown.intent.clone(), steps);
    let again = |row: Transaction, echoes| word(&judge(&taken, &moved(vec![row]), &free, known(5, echoes)));
    assert_eq!(again(row("t"), None), "probably");
    assert_eq!(again(row("t"), Some(true)), "not seen");
    assert_eq!(again(says(row("t"), "fp-0000000000"), Some(true)), "needs a person");
    assert_eq!(again(says(row("t"), &me().to_string()), Some(true)), "done");
    // The account's side alone is not enough, both sides are one movement.
    let side = Transaction { feed: Feed::Accounts, card: None, kind: TransactionKind::Withdrawal, ..row("a") };
    assert_eq!(judged(&moved(vec![side.clone()]), &free, None), "not seen");
    assert_eq!(judged(&moved(vec![row("t"), side]), &free, None), "probably");
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
        ..says(row(account), &me().to_string())
    };
    assert_eq!(of(&transfer, &seen(vec![side("a", TransactionKind::Withdrawal)]), 1), "done");
    let both = seen(vec![side("a", TransactionKind::Withdrawal), side("b", TransactionKind::PayIn)]);
    assert_eq!(of(&transfer, &both, 1), "done");
    let of_a_card = Transaction { card: CardId::parse("c"), ..side("a", TransactionKind::Withdrawal) };
    assert_eq!(of(&transfer, &seen(vec![of_a_card]), 300), "not seen");
    let withdraw = entry(Act::Withdraw { at: card_at(), amount: usd("5"), description: None }, Stage::Unknown);
    assert_eq!(of(&withdraw, &seen(vec![says(row("t"), &me().to_string())]), 300), "not seen");
    let out = Transaction { kind: TransactionKind::Withdrawal, ..says(row("t"), &me().to_string()) };
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
    let is = |status| Observation::Card(Box::new(card(status)));
    let freeze = entry(Act::Freeze(card_at()), Stage::Unknown);
    assert_eq!(of(&freeze, &is(CardStatus::Frozen), 1), "done");
    assert_eq!(of(&freeze, &is(CardStatus::Active), 1), "wait");
    assert_eq!(of(&freeze, &is(CardStatus::Active), 120), "not seen");
    assert_eq!(of(&freeze, &is(CardStatus::Closed), 120), "not seen", "it may have been frozen before");
    let taken = entry(Act::Freeze(card_at()), Stage::Accepted);
    assert_eq!(of(&taken, &is(CardStatus::Active), 9_000), "wait");
    let close = entry(Act::Close(card_at()), Stage::Accepted);
    assert_eq!(of(&close, &is(CardStatus::Closed), 1), "done");
    let rename = |name: &str| {
        let name = Some(SafeText::name(name));
        entry(Act::UpdateCard { at: card_at(), name, limits: None }, Stage::Unknown)
    };
    assert_eq!(of(&rename("Ads 1"), &is(CardStatus::Active), 1), "done");
    assert_eq!(of(&rename("Ads 2"), &is(CardStatus::Active), 120), "not seen");
    // Names never deny. It may have had this name before, in its own letters, so that nothing is certain before the API
    // has accepted the new one.
    assert_eq!(of(&rename("ADS  1"), &is(CardStatus::Active), 1), "probably");
    let accepted = entry(rename("ADS 1").intent.act, Stage::Accepted);
    assert_eq!(of(&accepted, &is(CardStatus::Active), 1), "done");
    assert_eq!(of(&rename("Ads 10"), &is(CardStatus::Active), 120), "not seen", "a part of a name is another");
    let nameless = Observation::Card(Box::new(Card { name: None, ..card(CardStatus::Active) }));
    assert_eq!(of(&rename("Ads 2"), &nameless, 120), "needs a person");
    // No limits at all is a wish of its own.
    let unlimited = entry(Act::UpdateCard { at: card_at(), name: None, limits: Some(Vec::new()) }, Stage::Unknown);
    let limits = |limits| Observation::Card(Box::new(Card { limits, ..card(CardStatus::Active) }));
    let daily = Limit { kind: LimitKind::Daily, value: Field::Known(usd("9")), spent: Field::Absent };
    assert_eq!(of(&unlimited, &limits(Field::Known(Vec::new())), 1), "done");
    assert_eq!(of(&unlimited, &limits(Field::Known(vec![daily])), 120), "not seen");
    assert_eq!(of(&unlimited, &limits(Field::Absent), 120), "needs a person");
}

#[test]
fn a_new_card_is_the_one_that_was_not_there_before() {
    let order = CardOrder {
        name: SafeText::name("Ads 1"),
        holder: HolderId::parse("emp-7").unwrap(),
        kind: CardKind::Virtual,
        currency: None,
        bin: BinChoice::Default,
        limits: Vec::new(),
    };
    let account = || AccountId::parse("a").unwrap();
    let ordered = order.clone();
    let issue = entry(Act::IssueCard { account: account(), order }, Stage::Unknown);
    let found = |cards: Vec<Card>| Observation::Issued { cards, compared: true };
    assert_eq!(of(&issue, &found(vec![card(CardStatus::Creating)]), 1), "taken");
    assert_eq!(of(&issue, &found(vec![card(CardStatus::Active)]), 1), "done");
    assert_eq!(of(&issue, &found(vec![card(CardStatus::CreatingFailed)]), 1), "not done", "the platform's own word");
    // Names never deny: in capitals, trimmed, cut, or not told.
    for name in ["ADS 1", " ads  1 ", "Ads"] {
        let named = Card { name: Some(SafeText::name(name)), ..card(CardStatus::Active) };
        assert_eq!(of(&issue, &found(vec![named]), 1), "done", "{name}");
    }
    assert_eq!(of(&issue, &found(vec![Card { name: None, ..card(CardStatus::Active) }]), 1), "done");
    let other = Card { name: Some(SafeText::name("Travel")), ..card(CardStatus::Active) };
    assert_eq!(of(&issue, &found(vec![other]), 1), "needs a person");
    let two = [card(CardStatus::Active), Card { id: CardId::parse("d").unwrap(), ..card(CardStatus::Active) }];
    assert_eq!(of(&issue, &found(two.to_vec()), 300), "needs a person", "two new ones decide nothing");
    let claimed = |ids: &[&str]| {
        let cards = ids.iter().map(|id| CardId::parse(id).unwrap()).collect();
        let claimed = Claimed { cards, ..Claimed::default() };
        word(&judge(&issue, &found(two.to_vec()), &claimed, known(300, None)))
    };
    assert_eq!(claimed(&["d"]), "done", "the other belongs to another intent");
    assert_eq!(claimed(&["c", "d"]), "not seen");
    // Another open act whose card it may be: only a name that is ours and not the other's decides.
    let beside = |other: &str, seen: Option<&str>| {
        let order = CardOrder { name: SafeText::name(other), ..ordered.clone() };
        let rivals = vec![entry(Act::IssueCard { account: account(), order }, Stage::Unknown)];
        let named = Card { name: seen.map(SafeText::name), ..card(CardStatus::Active) };
        word(&judge(&issue, &found(vec![named]), &Claimed { rivals, ..Claimed::default() }, known(300, None)))
    };
    assert_eq!(beside("Ads 12", None), "needs a person");
    assert_eq!(beside("Ads 12", Some("Ads")), "needs a person");
    assert_eq!(beside("Ads 1", Some("ADS 1")), "needs a person", "it is called as both");
    assert_eq!(beside("Ads 12", Some("ADS 1")), "done");
    assert_eq!(beside("Travel", Some("Ads")), "done", "it cannot be the other's");
    assert_eq!(of(&issue, &found(vec![]), 119), "wait");
    assert_eq!(of(&issue, &found(vec![]), 1_000_000), "not seen");
    // Where nobody knows what was there before, the time has to say it.
    let guessed = |card: Card| Observation::Issued { cards: vec![card], compared: false };
    assert_eq!(of(&issue, &guessed(card(CardStatus::Active)), 1), "done");
    let timeless = Card { created_at: Field::Absent, ..card(CardStatus::Active) };
    assert_eq!(of(&issue, &guessed(timeless), 1), "needs a person");
}

fn random_row(n: usize, (status, amount, text, kind, time): (u8, u8, u8, u8, i64)) -> Transaction {
    let mut made = row(&format!("t{n}"));
    made.status = TransactionStatus::KNOWN[usize::from(status) + 1].clone();
    made.amount = [Field::Known(usd("5")), Field::Known(usd("6")), Field::Absent][usize::from(amount)];
    made.kind = [TransactionKind::TopUp, TransactionKind::Purchase, TransactionKind::Refund][usize::from(kind)].clone();
    made.created_at = Field::Known(at(SENT + time));
    match text {
        0 => says(made, &format!("ref {}", me())),
        1 => says(made, &format!("ref {}", Reference::from_random([2; 7]))),
        2 => says(made, "lunch"),
        _ => made,
    }
}

proptest! {
    /// M4, M6: whatever rows there are and however long one has read, "done" rests on a completed row that fits and
    /// carries the reference, "probably" on one that fits and is alone, and "not done" on declined rows of ours alone.
    #[test]
    fn no_rows_make_a_wrong_certainty(
        rows in proptest::collection::vec((0u8..4, 0u8..3, 0u8..4, 0u8..3, -200i64..2_000), 0..5),
        watched in 0u64..2_000,
        accepted: bool,
        balances_moved: bool,
        echoes in proptest::option::of(any::<bool>()),
        declined_for in proptest::option::of(0u64..200),
    ) {
        let made: Vec<Transaction> = rows.into_iter().enumerate().map(|(n, row)| random_row(n, row)).collect();
        let entry = top_up(if accepted { Stage::Accepted } else { Stage::Unknown });
        let mine = |row: &&Transaction| references(row).any(|reference| reference == me());
        let look = if balances_moved { moved(made.clone()) } else { seen(made.clone()) };
        let known = Known { declined_for: declined_for.map(Duration::from_secs), ..known(watched, echoes) };
        let verdict = judge(&entry, &look, &Claimed::default(), known);
        let fitting = |row: &&Transaction| row.kind == TransactionKind::TopUp && row.amount == Field::Known(usd("5"));
        let live = |row: &&Transaction| !is_dead(row);
        match word(&verdict) {
            "done" => prop_assert_eq!(made.iter().filter(mine).filter(fitting).filter(live).count(), 1),
            "probably" => {
                prop_assert!(!accepted && balances_moved && echoes != Some(true));
                prop_assert_eq!(made.iter().filter(fitting).filter(live).count(), 1);
                prop_assert!(!made.iter().filter(mine).any(|row| fitting(&row)));
            }
            "not done" => {
                prop_assert!(declined_for.is_some_and(|since| since >= 60) && !balances_moved);
                prop_assert!(made.iter().filter(mine).any(|row| fitting(&row)));
                prop_assert!(!made.iter().filter(mine).filter(fitting).any(|row| live(&row)));
            }
            "needs a person" => prop_assert!(made.iter().filter(mine).any(|row| fitting(&row))),
            _ => {}
        }
    }
}
