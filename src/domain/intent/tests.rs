use proptest::prelude::*;

use super::checks::{self, AmountProblem, Bring};
use super::lifecycle::{Evidence, Proof, Receipt, Stage, Step, after};
use super::*;
use crate::domain::account::{Fee, Fees};
use crate::domain::field::Field;
use crate::domain::money::{Currency, Grouping};

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub fn card_at(account: &str, card: &str) -> CardAt {
    CardAt {
        account: AccountId::parse(account).unwrap(),
        card: CardId::parse(card).unwrap(),
        last_four: LastFour::parse("4242"),
    }
}

pub fn top_up(account: &str, card: &str, amount: &str) -> Act {
    Act::TopUp { at: card_at(account, card), amount: usd(amount), description: None }
}

fn transfer(from: &str, to: &str) -> Act {
    let id = |text: &str| AccountId::parse(text).unwrap();
    Act::Transfer { from: id(from), to: id(to), amount: usd("5"), description: None }
}

pub fn intent(act: Act, seed: u8) -> Intent {
    Intent {
        reference: Reference::from_random([seed; 7]),
        act,
        who: Who {
            uid: 1000,
            user: Some(SafeText::name("ana")),
            host: SafeText::name("desk"),
            tty: None,
            ssh: false,
            pid: 7,
            version: SafeText::name("0.1.0"),
            process: None,
        },
        profile: SafeText::name("prod"),
        why: None,
        asked_at: DateTime::from_timestamp(1_770_000_000, 0).unwrap(),
        before: Before { account: Some(usd("100")), other: Some(usd("10")) },
        despite: Vec::new(),
        cards_before: None,
    }
}

fn issue(account: &str) -> Act {
    Act::IssueCard {
        account: AccountId::parse(account).unwrap(),
        order: CardOrder {
            name: SafeText::name("Ads 001"),
            holder: HolderId::parse("emp-7").unwrap(),
            kind: CardKind::Virtual,
            currency: None,
            bin: BinChoice::Default,
            limits: Vec::new(),
        },
    }
}

fn step(stage: Stage) -> Step {
    let seen = || Evidence::new("seen");
    let reason = SafeText::prose("because");
    match stage {
        Stage::Recorded => Step::Recorded,
        Stage::Sent => Step::Sent { skew_ms: None },
        Stage::Accepted => Step::Accepted(Receipt::default()),
        Stage::Done => Step::Done(seen()),
        Stage::Refused => Step::Refused { reason, status: Some(400) },
        Stage::NotSent => Step::NotSent { reason },
        Stage::Unknown => Step::Unknown { reason, status: None },
        Stage::SettledDone => Step::SettledDone(seen()),
        Stage::NotSeen => Step::NotSeen { seen: seen(), lifted: false },
        Stage::Probably => Step::Probably(seen()),
        Stage::SettledNotDone => Step::SettledNotDone(seen(), Proof::Declined),
        Stage::NeedsPerson => Step::NeedsPerson(seen()),
        Stage::FoundLater => Step::FoundLater(seen()),
        Stage::Reversed => Step::Reversed(seen()),
    }
}

#[test]
fn a_reference_is_ten_letters_that_cannot_be_misread() {
    assert_eq!(Reference::from_random([0; 7]).to_string(), "fp-0000000000");
    assert_eq!(Reference::from_random([0xff; 7]).to_string(), "fp-ZZZZZZZZZZ");
    assert_eq!(Reference::from_random([0, 0, 0, 0, 0, 0, 0x40]).to_string(), "fp-0000000001");
    for no in
        ["fp-", "fp-000000000", "fp-00000000000", "fp-000000000U", "xx-0000000000", "fp_0000000000", "fp-é00000000"]
    {
        assert_eq!(Reference::parse(no), None, "{no}");
    }
    let found: Vec<_> = Reference::all_in("for Ana ref FP-000000000a, and (fp-ZZZZZZZZZZ)").collect();
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["fp-000000000A", "fp-ZZZZZZZZZZ"]);
    assert_eq!(Reference::all_in("xfp-0000000000 fp-0000000000x").count(), 0);
}

#[test]
fn m6_the_description_ends_with_the_reference_and_fits() {
    let said = |words: &str| {
        let description = (!words.is_empty()).then(|| SafeText::prose(words));
        intent(Act::TopUp { at: card_at("a", "c"), amount: usd("1"), description }, 1).description()
    };
    let tag = format!("ref {}", Reference::from_random([1; 7]));
    assert_eq!(said(""), tag);
    assert_eq!(said("  "), tag);
    assert_eq!(said("June ads"), format!("June ads {tag}"));
    let long = said(&"ä".repeat(600));
    assert_eq!(long.chars().count(), DESCRIPTION);
    assert!(long.ends_with(&format!(" {tag}")));
}

#[test]
fn illegal_steps_are_refused() {
    let legal = [
        ("recorded", "sent not_sent"),
        ("sent", "accepted refused not_sent unknown"),
        ("accepted", "done settled_not_done needs_person"),
        ("unknown", "accepted refused not_sent not_seen probably settled_done settled_not_done needs_person"),
        ("not_seen", "accepted refused not_sent probably settled_done settled_not_done needs_person found_later"),
        ("probably", "not_seen settled_done settled_not_done needs_person found_later"),
        ("needs_person", "not_seen probably settled_done settled_not_done found_later"),
        // Nothing is final against the platform's own rows.
        ("done", "needs_person reversed"),
        ("settled_done", "needs_person reversed"),
        ("refused", "found_later"),
        ("not_sent", "found_later"),
        ("settled_not_done", "found_later"),
        ("found_later", "settled_done settled_not_done needs_person reversed"),
        ("reversed", "settled_done settled_not_done needs_person found_later"),
    ];
    for from in Stage::ALL {
        let row = legal.iter().find(|(name, _)| *name == from.word()).expect("a row for each stage");
        for to in Stage::ALL {
            let fits = after(Some(from), &step(to)).is_ok();
            assert_eq!(fits, row.1.split(' ').any(|word| word == to.word()), "{} > {}", from.word(), to.word());
        }
        assert_eq!(after(None, &step(from)).is_ok(), from == Stage::Recorded);
    }
}

proptest! {
    /// M4: no way leads from "sent" to an end without the API's word, a read, or a person.
    #[test]
    fn m4_a_sent_intent_is_never_called_failed(steps in proptest::collection::vec(0..Stage::ALL.len(), 0..40)) {
        let mut stage = None;
        let mut path = Vec::new();
        for at in steps {
            if let Ok(next) = after(stage, &step(Stage::ALL[at])) {
                stage = Some(next);
                path.push(next);
            }
        }
        let sent = path.iter().filter(|stage| **stage == Stage::Sent).count();
        prop_assert!(sent <= 1);
        if path.contains(&Stage::Done) { prop_assert!(path.contains(&Stage::Accepted)); }
        // Whatever denies can be contradicted.
        if let Some(stage) = stage && stage.denies() {
            prop_assert!(after(Some(stage), &step(Stage::FoundLater)).is_ok());
        }
        if let Some(stage) = stage && matches!(stage, Stage::Done | Stage::SettledDone | Stage::FoundLater) {
            prop_assert!(after(Some(stage), &step(Stage::Reversed)).is_ok());
        }
        // Whatever is open can be ended by a person.
        if let Some(stage) = stage && !stage.is_final() && !matches!(stage, Stage::Recorded | Stage::Sent) {
            prop_assert!(after(Some(stage), &step(Stage::SettledNotDone)).is_ok());
        }
    }

    #[test]
    fn references_round_trip(bytes: [u8; 7]) {
        let made = Reference::from_random(bytes);
        prop_assert_eq!(Reference::parse(&made.to_string()), Some(made));
        prop_assert_eq!(Reference::parse(&made.to_string().to_lowercase()), Some(made));
    }

    /// M8: any text is refused or is exactly what was typed.
    #[test]
    fn m8_an_amount_is_what_was_typed(text in "[0-9.,eE+_ -]{0,18}") {
        if let Ok(money) = checks::amount(&text, Currency::USD, None, Grouping::Comma) {
            prop_assert!(!money.is_negative() && !money.is_zero());
            let typed = text.trim_start_matches('0');
            let typed = if typed.starts_with('.') || typed.is_empty() { format!("0{typed}") } else { typed.to_owned() };
            let (whole, fraction) = typed.split_once('.').unwrap_or((&typed, ""));
            prop_assert_eq!(money.wire(), format!("{whole}.{fraction:0<2}"));
        }
    }

    #[test]
    fn m5_waiting_is_mutual_within_a_lane(one in 0usize..6, other in 0usize..6) {
        let acts = [
            top_up("a", "c", "1"), top_up("a", "d", "1"), top_up("b", "e", "1"),
            transfer("a", "b"), transfer("b", "a"), transfer("c", "d"),
        ];
        prop_assert_eq!(acts[one].waits_for(&acts[other]), acts[other].waits_for(&acts[one]));
    }
}

#[test]
fn m8_amounts_are_refused_with_the_reason() {
    let of = |text: &str| checks::amount(text, Currency::USD, Some(usd("99.99")), Grouping::Comma);
    assert_eq!(of("50.00"), Ok(usd("50.00")));
    assert_eq!(of("99.99"), Ok(usd("99.99")));
    assert_eq!(of("100"), Err(AmountProblem::AboveAvailable { available: usd("99.99") }));
    assert_eq!(of(""), Err(AmountProblem::Empty));
    assert_eq!(of("0"), Err(AmountProblem::Zero));
    assert_eq!(of("0.00"), Err(AmountProblem::Zero));
    assert_eq!(of("5,00"), Err(AmountProblem::Comma));
    assert_eq!(of("0.001"), Err(AmountProblem::Decimals { currency: Currency::USD, most: 2 }));
    assert_eq!(of("1234567890123"), Err(AmountProblem::TooLarge));
    for odd in ["+5", "-5", "5.", ".5", "1e3", "1_000", " 5", "5 ", "$5", "٣", "1.2.3", "."] {
        assert_eq!(of(odd), Err(AmountProblem::Shape), "{odd:?}");
    }
    let point = |text: &str| checks::amount(text, Currency::USD, None, Grouping::Point);
    let why = point("1.000").unwrap_err().to_string();
    assert_eq!(why, "that may mean 1000 or 1: type the one you mean");
    assert_eq!(point("1.234").unwrap_err().to_string(), "type it without groups: 1234");
    assert_eq!(point("1000").unwrap(), usd("1000"));
    assert_eq!(point("10.50").unwrap(), usd("10.50"));
    assert_eq!(point("10,50"), Err(AmountProblem::Comma));
    let yen = Currency::parse("JPY").unwrap();
    assert_eq!(
        checks::amount("5.0", yen, None, Grouping::Comma),
        Err(AmountProblem::Decimals { currency: yen, most: 0 })
    );
    let other = checks::amount("5", yen, Some(usd("9")), Grouping::Comma);
    assert_eq!(other, Err(AmountProblem::OtherCurrency { available: Currency::USD, asked: yen }));
}

#[test]
fn m5_what_waits_for_what() {
    let waits = |one: &Act, other: &Act| one.waits_for(other);
    assert!(waits(&top_up("a", "c", "1"), &top_up("a", "c", "2")));
    assert!(!waits(&top_up("a", "c", "1"), &top_up("a", "d", "1")));
    // A transfer waits for transfers between the same two accounts, whichever way, and for nothing else; the cards of
    // its accounts are told of it.
    assert!(waits(&transfer("a", "b"), &transfer("a", "b")) && waits(&transfer("a", "b"), &transfer("b", "a")));
    assert!(!waits(&transfer("a", "b"), &transfer("a", "c")));
    assert!(!waits(&transfer("a", "b"), &top_up("a", "c", "1")) && !waits(&top_up("a", "c", "1"), &transfer("a", "b")));
    assert!(top_up("a", "c", "1").is_touched_by(&transfer("a", "b")));
    assert!(top_up("b", "c", "1").is_touched_by(&transfer("a", "b")));
    assert!(!top_up("c", "c", "1").is_touched_by(&transfer("a", "b")));
    assert!(!top_up("a", "c", "1").is_touched_by(&top_up("a", "d", "1")));
    // An issue waits for one of the same name and holder, whatever the letters.
    let named = |name: &str| match issue("a") {
        Act::IssueCard { account, order } => {
            Act::IssueCard { account, order: CardOrder { name: SafeText::name(name), ..order } }
        }
        other => other,
    };
    assert!(waits(&issue("a"), &issue("a")) && waits(&issue("a"), &issue("b")));
    assert!(waits(&named("ads 001 "), &issue("a")));
    assert!(!waits(&named("Ads 002"), &issue("a")));
    assert!(!waits(&issue("a"), &top_up("a", "c", "1")));
}

#[test]
fn m11_what_sets_a_state_waits_for_nothing_and_holds_nothing() {
    let at = || card_at("a", "c");
    let states = [
        Act::Freeze(at()),
        Act::Unfreeze(at()),
        Act::UpdateCard { at: at(), name: None, limits: None },
        Act::DeleteWebhook,
    ];
    let others = [top_up("a", "c", "1"), transfer("a", "b"), issue("a"), Act::Close(at())];
    for state in &states {
        for other in states.iter().chain(&others) {
            assert!(!state.waits_for(other) && !other.waits_for(state), "{state:?} {other:?}");
        }
    }
    assert!(Act::Close(at()).waits_for(&top_up("a", "c", "1")) && top_up("a", "c", "1").waits_for(&Act::Close(at())));
    assert!(!Act::Close(at()).waits_for(&top_up("a", "d", "1")));
}

#[test]
fn m9_what_is_reviewed_is_what_is_sent() {
    let fees = Fees { card_issuing: Field::Known(Fee::Amount(usd("3"))), ..Fees::default() };
    let top = intent(top_up("a", "c", "15"), 1);
    let seen = checks::review(&top, &fees);
    assert!(std::ptr::eq(seen.intent, &top));
    assert_eq!(seen.amount.map(|amount| amount.wire()), Some("15.00".into()));
    assert_eq!(seen.fee, Field::Absent);
    assert_eq!(seen.account.and_then(|side| side.after), Some(usd("85")));
    assert_eq!(seen.other.and_then(|side| side.after), Some(usd("25")));
    let issue = intent(issue("a"), 2);
    let seen = checks::review(&issue, &fees);
    assert_eq!(seen.fee, Field::Known(usd("3")));
    assert_eq!(seen.account.and_then(|side| side.after), Some(usd("97")));
    assert_eq!(seen.other, None);
}

#[test]
fn a_target_becomes_a_movement() {
    assert_eq!(checks::bring(usd("20"), usd("50")), Some(Bring::TopUp(usd("30"))));
    assert_eq!(checks::bring(usd("50"), usd("20")), Some(Bring::Withdraw(usd("30"))));
    assert_eq!(checks::bring(usd("50"), usd("50.00")), Some(Bring::Nothing));
    assert_eq!(checks::bring(usd("50"), Money::zero(Currency::EUR)), None);
}
