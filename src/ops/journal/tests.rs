use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use chrono::TimeZone;

use super::line::GENESIS;
use super::*;
use crate::domain::account::CardKind;
use crate::domain::card::{LastFour, LimitKind};
use crate::domain::ids::{AccountId, CardId, HolderId, TransactionId};
use crate::domain::intent::lifecycle::{Evidence, Proof, Receipt, Stage};
use crate::domain::intent::{Act, AuditEvent, Before, BinChoice, CardAt, CardField, CardOrder, HolderOrder, Who};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;

fn at(month: u32, second: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, month, 3, 10, 0, 0).unwrap() + chrono::TimeDelta::seconds(second)
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn card_at() -> CardAt {
    CardAt {
        account: AccountId::parse("0190aaaa-1111-7000-8000-000000000001").unwrap(),
        card: CardId::parse("0190dddd-1111-7000-8000-000000000001").unwrap(),
        last_four: LastFour::parse("4242"),
    }
}

fn who() -> Who {
    Who {
        uid: 1000,
        user: Some(SafeText::name("ana")),
        host: SafeText::name("desk"),
        tty: Some(SafeText::name("/dev/pts/1")),
        ssh: true,
        pid: 7,
        version: SafeText::name("0.1.0"),
        process: None,
    }
}

fn intent(act: Act, seed: u8) -> Intent {
    Intent {
        reference: Reference::from_random([seed; 7]),
        act,
        who: who(),
        profile: SafeText::name("prod"),
        why: Some(SafeText::prose("June budget")),
        asked_at: at(6, 0),
        before: Before { account: Some(usd("100")), other: None },
        despite: vec![Reference::from_random([9; 7])],
        cards_before: None,
    }
}

fn top_up(seed: u8) -> Intent {
    intent(Act::TopUp { at: card_at(), amount: usd("15.00"), description: Some(SafeText::prose("for ads")) }, seed)
}

/// One of every act.
fn every_act() -> Vec<Act> {
    let account = || card_at().account;
    let name = SafeText::name;
    let order = |bin| CardOrder {
        name: name("Ads 001"),
        holder: HolderId::parse("emp-7").unwrap(),
        kind: CardKind::Virtual,
        currency: Some(Currency::USD),
        bin,
        limits: vec![(LimitKind::Daily, usd("50"))],
    };
    let holder = HolderOrder {
        id: HolderId::parse("emp-8").unwrap(),
        first_name: name("Bo"),
        last_name: name("Lind"),
        email: name("bo@example.org"),
        phone: None,
    };
    vec![
        Act::IssueCard { account: account(), order: order(BinChoice::Default) },
        Act::Freeze(card_at()),
        Act::Unfreeze(card_at()),
        Act::Close(card_at()),
        Act::UpdateCard { at: card_at(), name: Some(name("New")), limits: Some(vec![(LimitKind::Yearly, usd("9"))]) },
        Act::UpdateCard { at: card_at(), name: None, limits: Some(Vec::new()) },
        Act::UpdateCard { at: card_at(), name: Some(name("New")), limits: None },
        top_up(1).act,
        Act::Withdraw { at: card_at(), amount: usd("0.01"), description: None },
        Act::Transfer { from: account(), to: AccountId::parse("b").unwrap(), amount: usd("7"), description: None },
        Act::CreateCardholder { account: account(), order: holder },
        Act::SetWebhook { url: name("https://x.example/in"), kinds: None, active: true, new_secret: true },
        Act::DeleteWebhook,
    ]
}

fn asked(intent: Intent) -> Vec<Record> {
    vec![Record::Asked(Box::new(intent))]
}

fn free(_: &Book) -> Result<(), JournalError> {
    Ok(())
}

fn journal(folder: &Path) -> Journal {
    Journal::open(folder, "prod", at(6, 0)).unwrap()
}

fn text(folder: &Path) -> String {
    fs::read_to_string(folder.join("journal/prod.jsonl")).unwrap()
}

fn checked(folder: &Path) -> Verified {
    verify(folder, "prod").unwrap().unwrap()
}

#[test]
fn what_is_written_is_read_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = journal(folder.path());
    let seen = Evidence {
        says: SafeText::prose("a row with the reference"),
        transactions: vec![TransactionId::parse("t-1").unwrap()],
        card: CardId::parse("c-9"),
        after: Before { account: Some(usd("85")), other: Some(usd("0.123456789")) },
    };
    let receipt = Receipt { status: None, transactions: seen.transactions.clone(), card: seen.card.clone() };
    let reason = SafeText::prose("no answer in time");
    let lives = [
        vec![Step::Sent { skew_ms: Some(-1500) }, Step::Accepted(receipt), Step::Done(seen.clone())],
        vec![Step::Sent { skew_ms: None }, Step::Refused { reason: reason.clone(), status: Some(422) }],
        vec![Step::NotSent { reason: reason.clone() }],
        vec![
            Step::Sent { skew_ms: None },
            Step::Unknown { reason: reason.clone(), status: Some(502) },
            Step::NeedsPerson(seen.clone()),
            Step::SettledNotDone(seen.clone(), Proof::Person),
            Step::FoundLater(seen.clone()),
            Step::Reversed(seen.clone()),
        ],
        vec![
            Step::Sent { skew_ms: None },
            Step::Unknown { reason: reason.clone(), status: Some(504) },
            Step::NotSeen { seen: seen.clone(), lifted: false },
            Step::Probably(seen.clone()),
            Step::SettledNotDone(seen.clone(), Proof::Declined),
        ],
        vec![Step::Sent { skew_ms: None }, Step::Unknown { reason, status: None }, Step::SettledDone(seen)],
    ];
    for (n, act) in every_act().into_iter().enumerate() {
        let intent = intent(act, n as u8);
        let reference = intent.reference;
        written.append(at(6, n as i64), asked(intent), free).unwrap();
        for step in &lives[n % lives.len()] {
            written.step(at(6, 60), reference, step.clone()).unwrap();
        }
    }
    let again = journal(folder.path());
    assert_eq!(again.fault(), None);
    assert_eq!(again.book().entries().len(), every_act().len());
    for (n, (old, new)) in written.book().entries().iter().zip(again.book().entries()).enumerate() {
        let mut asked = intent(every_act().remove(n), n as u8);
        asked.asked_at = at(6, n as i64);
        assert_eq!(new.intent, asked);
        assert_eq!((&old.intent, old.stage, &old.steps), (&new.intent, new.stage, &new.steps));
    }
}

#[test]
fn m3_each_line_is_on_disk_before_append_returns() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = journal(folder.path());
    open.append(at(6, 0), asked(top_up(1)), free).unwrap();
    let read = fs::read_to_string(folder.path().join("journal/prod.jsonl")).unwrap();
    assert_eq!(read.lines().count(), 1);
    for word in ["\"amount\":\"15.00\"", "\"currency\":\"USD\"", "\"before_account\":[\"100.00\",\"USD\"]", "for ads"] {
        assert!(read.contains(word), "{word} is not in {read}");
    }
    let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("journal"), 0o700);
    assert_eq!(mode("journal/prod.jsonl"), 0o600);
    assert_eq!(mode("journal/prod.lock"), 0o600);
}

#[test]
fn one_intent_is_recorded_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = journal(folder.path());
    let mut other = journal(folder.path());
    one.append(at(6, 0), asked(top_up(1)), free).unwrap();
    // The other program has not read it yet, and still cannot write it.
    assert!(matches!(other.append(at(6, 0), asked(top_up(1)), free), Err(JournalError::Illegal(_))));
    assert!(matches!(
        one.step(at(6, 0), Reference::from_random([8; 7]), Step::Sent { skew_ms: None }),
        Err(JournalError::Illegal(_))
    ));
    one.step(at(6, 1), top_up(1).reference, Step::Sent { skew_ms: None }).unwrap();
    assert!(matches!(
        other.step(at(6, 2), top_up(1).reference, Step::Sent { skew_ms: None }),
        Err(JournalError::Illegal(_))
    ));
    assert_eq!(text(folder.path()).lines().count(), 2);
}

#[test]
fn d9_any_changed_byte_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = journal(folder.path());
    for n in 1..=4 {
        open.append(at(6, 0), asked(top_up(n)), free).unwrap();
    }
    let path = folder.path().join("journal/prod.jsonl");
    let whole = fs::read(&path).unwrap();
    assert_eq!(checked(folder.path()).broken, None);
    let mut line = 1;
    for place in 0..whole.len() {
        if whole[place] == b'\n' {
            line += 1;
            continue;
        }
        // Every byte would take long; every seventh meets each member.
        if place % 7 == 0 {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert_eq!(checked(folder.path()).broken.map(|broken| broken.line), Some(line), "byte {place}");
        }
    }
    let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
    fs::write(&path, [lines[0], lines[2], lines[3]].concat()).unwrap();
    assert_eq!(checked(folder.path()).broken.map(|broken| broken.problem), Some(LineProblem::Chain));
    fs::write(&path, [lines[1], lines[2]].concat()).unwrap();
    assert_eq!(checked(folder.path()).broken.map(|broken| broken.line), Some(1));
}

#[test]
fn a_broken_line_ends_nothing_but_the_writing() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path()).append(at(6, 0), asked(top_up(1)), free).unwrap();
    let path = folder.path().join("journal/prod.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"not a line\n");
    fs::write(&path, &bytes).unwrap();
    let mut open = journal(folder.path());
    assert!(matches!(open.fault(), Some(Fault::Changed(broken)) if broken.line == 2));
    assert_eq!(open.book().entries().len(), 1, "what can be read is read");
    assert!(matches!(open.append(at(6, 0), asked(top_up(2)), free), Err(JournalError::Faulty(_))));
    assert_eq!(fs::read(&path).unwrap(), bytes, "nothing was written behind it");
    let accepted = open.accept_loss(at(6, 1), who(), SafeText::name("prod")).unwrap();
    assert_eq!((accepted.missing, accepted.aside.len()), (1, 1));
    open.append(at(6, 2), asked(top_up(2)), free).unwrap();
    let seen = checked(folder.path());
    assert_eq!((seen.lines, seen.book.entries().len(), seen.broken, seen.fault), (3, 2, None, None));
    assert_eq!(fs::read(folder.path().join("journal").join(&accepted.aside[0])).unwrap(), b"not a line\n");
}

/// M3: a program that is stopped within a write loses nothing but what it had not finished.
#[test]
fn m3_a_torn_line_is_set_aside_and_no_whole_line_is_lost() {
    let made = tempfile::tempdir().unwrap();
    let mut open = journal(made.path());
    open.append(at(6, 0), asked(top_up(1)), free).unwrap();
    let first = text(made.path()).len();
    open.append(at(6, 1), asked(top_up(2)), free).unwrap();
    let whole = text(made.path());
    // Each place takes some syncs: every ninth, and all at both ends.
    let places = (first..=whole.len()).filter(|cut| cut % 9 == 0 || *cut < first + 3 || *cut + 4 > whole.len());
    for cut in places {
        let folder = tempfile::tempdir().unwrap();
        drop(journal(folder.path()));
        let path = folder.path().join("journal/prod.jsonl");
        fs::write(&path, &whole.as_bytes()[..cut]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let mut open = journal(folder.path());
        let complete = cut + 1 >= whole.len();
        assert_eq!(open.book().entries().len(), if complete { 2 } else { 1 }, "cut at {cut}");
        let torn: Vec<_> = open.torn().to_vec();
        assert_eq!(torn.len(), usize::from(cut > first && !complete), "cut at {cut}");
        if let [aside] = torn.as_slice() {
            assert_eq!(fs::read(aside).unwrap(), &whole.as_bytes()[first..cut]);
            assert_eq!(fs::metadata(aside).unwrap().permissions().mode() & 0o7777, 0o600);
        }
        open.append(at(6, 2), asked(top_up(3)), free).unwrap();
        let seen = checked(folder.path());
        assert_eq!((seen.broken, seen.torn), (None, 0), "cut at {cut}");
        assert_eq!(seen.book.repaired(), torn.len());
    }
}

#[test]
fn d10_a_month_that_is_over_is_kept_and_the_chain_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = journal(folder.path());
    let mut other = journal(folder.path());
    for month in 1..=12 {
        open.append(at(month, 0), asked(top_up(month as u8)), free).unwrap();
    }
    // A clock that goes back puts nothing away; a second program sees where the first has come to.
    other.append(at(3, 0), asked(top_up(40)), free).unwrap();
    assert_eq!(other.book().entries().len(), 13);
    let mut names: Vec<String> = fs::read_dir(folder.path().join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names.retain(|name| name != "prod.head");
    assert_eq!(names.len(), 13, "{names:?}");
    assert_eq!((names[0].as_str(), names[10].as_str()), ("prod-2026-01.jsonl", "prod-2026-11.jsonl"));
    let seen = checked(folder.path());
    assert_eq!((seen.broken, seen.lines, seen.files.len()), (None, 13, 12));
    // Killed between the renaming and the first line of the new file: nothing is missing.
    fs::rename(folder.path().join("journal/prod.jsonl"), folder.path().join("journal/prod-2026-12.jsonl")).unwrap();
    let mut after = journal(folder.path());
    after.append(at(12, 9), asked(top_up(41)), free).unwrap();
    open.append(at(12, 9), asked(top_up(42)), free).unwrap();
    let seen = checked(folder.path());
    assert_eq!((seen.broken, seen.lines), (None, 15));
    // An earlier month that was changed is named as well.
    let path = folder.path().join("journal/prod-2026-02.jsonl");
    let text = fs::read_to_string(&path).unwrap().replace("15.00", "16.00");
    fs::write(&path, text).unwrap();
    let broken = checked(folder.path()).broken.unwrap();
    assert_eq!((broken.file, broken.line, broken.problem), (path, 1, LineProblem::Hash));
}

#[test]
fn a_month_whose_name_is_taken_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = journal(folder.path());
    open.append(at(6, 0), asked(top_up(1)), free).unwrap();
    fs::copy(folder.path().join("journal/prod.jsonl"), folder.path().join("journal/prod-2026-06.jsonl")).unwrap();
    let held = fs::read(folder.path().join("journal/prod-2026-06.jsonl")).unwrap();
    open.append(at(7, 0), asked(top_up(2)), free).unwrap();
    assert_eq!(fs::read(folder.path().join("journal/prod-2026-06.jsonl")).unwrap(), held);
    assert!(folder.path().join("journal/prod-2026-06-2.jsonl").exists());
}

#[test]
fn d9_no_log_no_act() {
    let refused = |prepare: fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        drop(journal(folder.path()));
        fs::remove_file(folder.path().join("journal/prod.jsonl")).unwrap();
        prepare(&folder.path().join("journal/prod.jsonl"));
        let error = Journal::open(folder.path(), "prod", at(6, 0)).expect_err("it was opened").to_string();
        assert!(error.contains("prod.jsonl"), "{error}");
    };
    refused(|path| fs::create_dir(path).unwrap());
    refused(|path| symlink("/dev/null", path).unwrap());
    refused(|path| {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("journal"), "").unwrap();
    assert!(Journal::open(folder.path(), "prod", at(6, 0)).is_err());
    // A folder that appears where the file was, while the program runs.
    let folder = tempfile::tempdir().unwrap();
    let mut open = journal(folder.path());
    fs::remove_file(folder.path().join("journal/prod.jsonl")).unwrap();
    fs::create_dir(folder.path().join("journal/prod.jsonl")).unwrap();
    assert!(open.append(at(6, 0), asked(top_up(1)), free).is_err());
    assert!(open.book().entries().is_empty());
}

#[test]
fn a_profile_that_is_no_name_has_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "../x", "a/b", ".", "prod.x", "prod-2026-01", "x-2026-01-2", "é", &"a".repeat(65)] {
        assert!(matches!(Journal::open(folder.path(), name, at(6, 0)), Err(JournalError::Profile(_))), "{name:?}");
    }
    assert!(Journal::open(folder.path(), "prod-2026", at(6, 0)).is_ok());
}

#[test]
fn a_program_that_holds_the_lock_is_waited_for_and_then_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = journal(folder.path());
    let held = open.lock(PATIENCE).unwrap();
    assert!(matches!(open.append(at(6, 0), asked(top_up(1)), free), Err(JournalError::Busy(_))));
    drop(held);
    open.append(at(6, 0), asked(top_up(1)), free).unwrap();
}

/// D9: who, what, when, whether it was granted, from where, and on what.
#[test]
fn d9_an_audit_entry_has_the_six_fields() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = journal(folder.path());
    let events = [
        AuditEvent::Revealed(CardField::All),
        AuditEvent::Copied(CardField::Number),
        AuditEvent::Locked,
        AuditEvent::Unlocked,
        AuditEvent::UnlockFailed,
        AuditEvent::Assured(crate::domain::intent::Assurance::Local),
        AuditEvent::Assured(crate::domain::intent::Assurance::Recorded),
    ];
    for event in events {
        let card = event.field().map(|_| card_at());
        let audit = Audit {
            event,
            who: who(),
            profile: SafeText::name("prod"),
            at: at(6, 0),
            granted: true,
            card,
            way: None,
            why: None,
        };
        open.audit(audit).unwrap();
    }
    let line: serde_json::Value = serde_json::from_str(text(folder.path()).lines().next().unwrap()).unwrap();
    for (pointer, wanted) in [
        ("/who/uid", serde_json::json!(1000)),
        ("/profile", "prod".into()),
        ("/event", "revealed".into()),
        ("/at", "2026-06-03T10:00:00.000Z".into()),
        ("/granted", true.into()),
        ("/who/host", "desk".into()),
        ("/who/tty", "/dev/pts/1".into()),
        ("/who/ssh", true.into()),
        ("/who/pid", 7.into()),
        ("/who/version", "0.1.0".into()),
        ("/card", "0190dddd-1111-7000-8000-000000000001".into()),
        ("/last_four", "4242".into()),
    ] {
        assert_eq!(line.pointer(pointer), Some(&wanted), "{pointer}");
    }
    let again = journal(folder.path());
    assert_eq!(again.book().audits().iter().map(|audit| audit.event).collect::<Vec<_>>(), events);
}

#[test]
fn d4_a_card_number_in_any_text_keeps_its_last_four() {
    let folder = tempfile::tempdir().unwrap();
    let pan = "4539578763621486";
    let mut asked_for = intent(
        Act::TopUp { at: card_at(), amount: usd("1"), description: Some(SafeText::prose(&format!("card {pan}"))) },
        1,
    );
    asked_for.why = Some(SafeText::prose("asked by 4539 5787 6362 1486"));
    let mut open = journal(folder.path());
    open.append(at(6, 0), asked(asked_for), free).unwrap();
    let text = text(folder.path());
    assert!(!text.contains(pan) && !text.contains("4539 5787") && text.contains("1486"), "{text}");
}

#[test]
fn the_check_sees_what_others_wrote_and_its_no_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = journal(folder.path());
    let mut other = journal(folder.path());
    one.append(at(6, 0), asked(top_up(1)), free).unwrap();
    let before = text(folder.path());
    let no = other.append(at(6, 0), asked(top_up(2)), |book| {
        assert_eq!(book.stage(top_up(1).reference), Some(Stage::Recorded));
        Err(JournalError::Profile("no".into()))
    });
    assert!(no.is_err());
    assert_eq!(text(folder.path()), before);
}

#[test]
fn a_lock_file_that_is_removed_keeps_the_chain_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = journal(folder.path());
    let held = one.lock(PATIENCE).unwrap();
    fs::remove_file(folder.path().join("journal/prod.lock")).unwrap();
    // A new lock file is a new lock; the old one is given up.
    let mut other = journal(folder.path());
    other.append(at(6, 0), asked(top_up(1)), free).unwrap();
    drop(held);
    one.append(at(6, 0), asked(top_up(2)), free).unwrap();
    assert_eq!(checked(folder.path()).broken, None);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Whatever is in the file, it is opened or refused, never a panic; and what is written after it is read.
    #[test]
    fn any_bytes_in_the_file_are_survived(lines in proptest::collection::vec("[ -~é\\x00]{0,60}", 0..6), tail in "[ -~]{0,40}") {
        let folder = tempfile::tempdir().unwrap();
        drop(journal(folder.path()));
        let mut bytes: String = lines.iter().map(|line| format!("{line}\n")).collect();
        bytes.push_str(&tail);
        fs::write(folder.path().join("journal/prod.jsonl"), &bytes).unwrap();
        let mut open = journal(folder.path());
        proptest::prop_assert_eq!(open.fault().is_some(), !lines.is_empty());
        let written = open.append(at(6, 0), asked(top_up(1)), free);
        proptest::prop_assert_eq!(written.is_ok(), lines.is_empty());
        if written.is_err() {
            open.accept_loss(at(6, 0), who(), SafeText::name("prod")).unwrap();
            open.append(at(6, 0), asked(top_up(1)), free).unwrap();
        }
        let seen = checked(folder.path());
        proptest::prop_assert_eq!(seen.book.entries().len(), 1);
        proptest::prop_assert_eq!((seen.broken, seen.fault), (None, None));
    }

    /// A line with any members and a hash that fits is understood or named, never a panic.
    #[test]
    fn any_members_of_a_line_are_survived(
        step in "recorded|sent|accepted|done|not_seen|probably|found_later|reversed|loss_accepted|adopted|audit|repaired|zap", kind in "top_up|transfer|issue_card|zap",
        amount in "-?[0-9.,e]{0,8}", id in "[ -~]{0,8}", version in 0u8..3,
    ) {
        let value = serde_json::json!({
            "v": version, "seq": 1, "at": "2026-06-03T10:00:00.000Z", "step": step, "kind": kind, "amount": amount,
            "currency": "USD", "account": id, "card": id, "to": id, "reference": id, "evidence": id,
            "transactions": [id], "prev": GENESIS,
        });
        let body = value.to_string();
        let text = format!("{},\"hash\":\"{}\"}}", &body[..body.len() - 1], line::hash_of(body.as_bytes()));
        let _ = line::read(&text, &super::texts::Texts::new());
    }
}
