//! `fourpay journal`: what was asked for and what became of it, from the file, without asking the API.
//!
//! Reads only. `verify` walks the chain of hashes and names the first line that cannot be relied upon.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::config::{self, Environment, File, Flags};
use crate::domain::intent::life::Step;
use crate::domain::intent::{Act, Audit, CardAt, CardField, Reference, Who};
use crate::ops::journal::{self, Entry, Verified};

/// Show what was asked for and what became of it.
#[derive(Args, Debug)]
pub struct Journaled {
    #[command(subcommand)]
    what: What,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum What {
    /// All intents, newest first
    List {
        /// Only those whose outcome is not settled
        #[arg(long)]
        unsettled: bool,
    },
    /// One intent with every step of its life
    Show {
        /// Such as fp-7ZK3M9Q2WD
        #[arg(value_parser = reference)]
        reference: Reference,
    },
    /// Every look at card data, and when the dashboard was locked and opened, newest first
    Looks,
    /// Whether any line was changed, taken out or put in
    Verify,
}

fn reference(text: &str) -> Result<Reference, String> {
    Reference::parse(text).ok_or_else(|| "a reference looks like fp-7ZK3M9Q2WD".to_owned())
}

/// Runs the command on the profile's journal under `XDG_STATE_HOME/fourpay`; the exit code: 1 when the chain is
/// broken or the intent is not there.
pub fn command(asked: &Journaled, flags: &Flags, environment: &Environment) -> anyhow::Result<i32> {
    let state = environment.state_folder.as_deref();
    let state = state.context("there is no home folder, and so no journal; set XDG_STATE_HOME")?;
    // A profile that is named needs no settings: its journal outlives its line in the file.
    let file = if flags.profile.is_some() { File::default() } else { File::load(environment)?.0 };
    let profile = config::chosen_name(flags, environment, &file);
    let seen = journal::verify(state, &profile)?;
    let (text, code) = answer(asked, &profile, seen.as_ref());
    // Whoever reads may have stopped reading.
    drop(std::io::stdout().write_all(text.as_bytes()));
    Ok(code)
}

fn answer(asked: &Journaled, profile: &str, seen: Option<&Verified>) -> (String, i32) {
    match (&asked.what, seen) {
        (What::Verify, _) => verified(asked, profile, seen),
        (What::Show { reference }, _) => match seen.and_then(|seen| seen.book.entry(*reference)) {
            Some(entry) if asked.json => (pretty(&steps(entry)), 0),
            Some(entry) => (shown(entry), 0),
            None => (format!("{reference} is not in the journal of {profile}\n"), 1),
        },
        (What::Looks, seen) => {
            let audits = seen.map_or(&[][..], |seen| seen.book.audits()).iter().rev();
            match asked.json {
                true => (pretty(&Value::Array(audits.map(journal::audit_as_json).collect())), 0),
                false => (looks(audits), 0),
            }
        }
        (What::List { unsettled }, seen) => {
            let all = seen.map_or(&[][..], |seen| seen.book.entries());
            let entries = all.iter().rev().filter(|entry| !unsettled || !entry.stage.is_final());
            if asked.json { (pretty(&Value::Array(entries.map(steps).collect())), 0) } else { (listed(entries), 0) }
        }
    }
}

/// Who saw or copied what of which card, and why.
fn looks<'a>(audits: impl Iterator<Item = &'a Audit>) -> String {
    let mut text = String::new();
    for audit in audits {
        let word = if audit.granted { audit.event.word() } else { "refused" };
        let mut what = match (audit.event.field(), audit.granted) {
            (Some(CardField::All), _) => "number, expiry, CVV and holder".to_owned(),
            (Some(CardField::Cvv), _) => "CVV".to_owned(),
            (Some(field), _) => field.word().to_owned(),
            (None, true) => String::new(),
            (None, false) => "to unlock".to_owned(),
        };
        if let Some(at) = &audit.card {
            what.push_str(" of ");
            what.push_str(&card(at));
        }
        if let Some(way) = &audit.way {
            let _ = write!(what, ", {way}");
        }
        let from = if audit.who.ssh { ", remote" } else { "" };
        let why = audit.why.as_ref().map_or_else(String::new, |why| format!("  {why}"));
        let at = time(audit.at);
        let _ = writeln!(text, "{at}  {word:<9} {what:<56} {} on {}{from}{why}", user(&audit.who), audit.who.host);
    }
    if text.is_empty() { "no looks\n".to_owned() } else { text }
}

fn card(at: &CardAt) -> String {
    match at.last_four {
        Some(four) => format!("card •{four}"),
        None => format!("card {}", at.card),
    }
}

fn user(who: &Who) -> String {
    who.user.as_ref().map_or_else(|| who.uid.to_string(), ToString::to_string)
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn steps(entry: &Entry) -> Value {
    json!({
        "reference": entry.intent.reference.to_string(),
        "stage": entry.stage.word(),
        "steps": journal::steps_as_json(entry),
    })
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What an act is on, in a few words.
fn on(act: &Act) -> String {
    match (act, act.card().map(card)) {
        (_, Some(card)) => card,
        (Act::Transfer { from, to, .. }, _) => format!("{from} to {to}"),
        (Act::IssueCard { order, .. }, _) => format!("“{}” for {}", order.name, order.holder),
        (Act::CreateCardholder { order, .. }, _) => format!("{} {}", order.first_name, order.last_name),
        (Act::SetWebhook { url, .. }, _) => url.to_string(),
        _ => String::new(),
    }
}

fn listed<'e>(entries: impl Iterator<Item = &'e Entry>) -> String {
    let mut text = String::new();
    for entry in entries {
        let act = &entry.intent.act;
        let amount = act.amount().map_or_else(String::new, |amount| amount.to_string());
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  {}  {:<16} {:>18}  {}  {}",
            time(entry.intent.asked_at),
            entry.intent.reference,
            act.kind(),
            amount,
            on(act),
            entry.stage
        );
    }
    if text.is_empty() { "no intents\n".to_owned() } else { text }
}

fn shown(entry: &Entry) -> String {
    let intent = &entry.intent;
    let amount = intent.act.amount().map_or_else(String::new, |amount| format!(" of {amount}"));
    let user = user(&intent.who);
    let mut text = format!("{}: {}{amount}, {}\n", intent.reference, intent.act.kind(), on(&intent.act));
    let from = if intent.who.ssh { ", remote" } else { "" };
    let _ = writeln!(text, "asked by {user} on {}{from}, profile {}", intent.who.host, intent.profile);
    for (name, words) in [("why", intent.why.as_ref()), ("description", intent.act.description())] {
        if let Some(words) = words {
            let _ = writeln!(text, "{name}: {words}");
        }
    }
    for (at, step) in &entry.steps {
        let why = step.reason().map_or_else(String::new, |reason| format!(": {reason}"));
        let http = match step {
            Step::Refused { status: Some(status), .. } | Step::Unknown { status: Some(status), .. } => {
                format!(" (HTTP {status})")
            }
            _ => String::new(),
        };
        let _ = writeln!(text, "{}  {}{why}{http}", time(*at), step.stage());
        let rows = match step {
            Step::Accepted(receipt) => receipt.transactions.as_slice(),
            step => step.evidence().map_or(&[][..], |seen| seen.transactions.as_slice()),
        };
        for row in rows {
            let _ = writeln!(text, "                      transaction {row}");
        }
    }
    text
}

fn verified(asked: &Journaled, profile: &str, seen: Option<&Verified>) -> (String, i32) {
    let Some(seen) = seen else {
        let text = match asked.json {
            true => pretty(&json!({"whole": true, "lines": 0, "files": []})),
            false => format!("there is no journal of {profile} yet\n"),
        };
        return (text, 0);
    };
    let code = i32::from(seen.broken.is_some());
    if asked.json {
        let broken = seen.broken.as_ref().map(|broken| {
            json!({"file": broken.file.display().to_string(), "line": broken.line, "problem": broken.problem.to_string()})
        });
        let files: Vec<String> = seen.files.iter().map(|file| file.display().to_string()).collect();
        let set_aside = seen.book.repaired();
        let value = json!({
            "whole": seen.broken.is_none(), "lines": seen.lines, "files": files, "broken": broken,
            "torn_bytes": seen.torn, "set_aside": set_aside,
        });
        return (pretty(&value), code);
    }
    let mut text = match &seen.broken {
        None => format!("whole: {} lines in {} files, each following the one before\n", seen.lines, seen.files.len()),
        Some(broken) => format!("broken: {broken}\n"),
    };
    if seen.torn > 0 {
        let _ = writeln!(text, "{} bytes after the last whole line; the next start sets them aside", seen.torn);
    }
    if seen.book.repaired() > 0 {
        let _ = writeln!(text, "{} torn lines were set aside after crashes", seen.book.repaired());
    }
    (text, code)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::domain::card::LastFour;
    use crate::domain::ids::{AccountId, CardId};
    use crate::domain::intent::{AuditEvent, Before, Intent};
    use crate::domain::money::{Currency, Money};
    use crate::domain::text::SafeText;
    use crate::ops::journal::{Book, Journal, Record};
    use crate::ops::{JournalError, origin};
    use std::path::Path;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        asked: Journaled,
    }

    fn run(words: &str, state: &Path) -> (String, i32) {
        let asked = Line::parse_from(["journal"].into_iter().chain(words.split(' '))).asked;
        answer(&asked, "default", journal::verify(state, "default").unwrap().as_ref())
    }

    fn written(state: &Path) -> Reference {
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let at = CardAt {
            account: AccountId::parse("acc").unwrap(),
            card: CardId::parse("card").unwrap(),
            last_four: LastFour::parse("4242"),
        };
        let amount = Money::parse("15", Currency::USD).unwrap();
        let intent = Intent {
            reference: Reference::from_random([3; 7]),
            act: Act::TopUp { at, amount, description: Some(SafeText::prose("June \u{1b}]52;c;x\u{7} ads")) },
            who: origin::who(),
            profile: SafeText::name("default"),
            why: None,
            asked_at: now,
            before: Before::default(),
            despite: Vec::new(),
        };
        let reference = intent.reference;
        let mut journal = Journal::open(state, "default", now).unwrap();
        let free = |_: &Book| Ok::<(), JournalError>(());
        journal.append(now, vec![Record::Asked(Box::new(intent))], free).unwrap();
        journal.step(now, reference, Step::Sent { skew_ms: None }).unwrap();
        let reason = SafeText::prose("no answer in time");
        journal.step(now, reference, Step::Unknown { reason, status: Some(502) }).unwrap();
        reference
    }

    #[test]
    fn an_empty_journal_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run("list", folder.path()), ("no intents\n".into(), 0));
        assert_eq!(run("verify", folder.path()), ("there is no journal of default yet\n".into(), 0));
        assert_eq!(run("show fp-0000000000", folder.path()).1, 1);
        assert!(!folder.path().join("journal").exists(), "reading made a folder");
    }

    #[test]
    fn the_list_and_one_intent_say_what_happened() {
        let folder = tempfile::tempdir().unwrap();
        let reference = written(folder.path());
        let (list, _) = run("list --unsettled", folder.path());
        for word in [&reference.to_string(), "top up", "15.00 USD", "card •4242", "outcome unknown", "2026-05-28T"] {
            assert!(list.contains(word), "{word} is not in {list}");
        }
        let (show, code) = run(&format!("show {reference}"), folder.path());
        assert_eq!(code, 0);
        for word in ["being sent", "outcome unknown: no answer in time (HTTP 502)", "description: June"] {
            assert!(show.contains(word), "{word} is not in {show}");
        }
        // T3
        assert!(!show.contains('\u{1b}') && !show.contains('\u{7}'));
    }

    /// D9: who looked at what can be read by whoever has to answer for it.
    #[test]
    fn d9_looks_say_who_saw_what_of_which_card_and_why() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run("looks", folder.path()), ("no looks\n".into(), 0));
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let at = CardAt {
            account: AccountId::parse("acc").unwrap(),
            card: CardId::parse("card").unwrap(),
            last_four: LastFour::parse("4242"),
        };
        let mut who = origin::who();
        (who.user, who.host, who.ssh) = (Some(SafeText::name("ana")), SafeText::name("desk"), true);
        let mut journal = Journal::open(folder.path(), "default", now).unwrap();
        for (event, granted, card, way) in [
            (AuditEvent::Copied(CardField::Cvv), true, Some(at.clone()), Some("desktop")),
            (AuditEvent::Revealed(CardField::All), false, Some(at), Some("screen")),
            (AuditEvent::UnlockFailed, false, None, None),
            (AuditEvent::Locked, true, None, None),
        ] {
            let (way, why) = (way.map(SafeText::name), card.is_some().then(|| SafeText::prose("ticket \u{1b}[2J4711")));
            let profile = SafeText::name("default");
            journal.audit(Audit { event, who: who.clone(), profile, at: now, granted, card, way, why }).unwrap();
        }
        let (text, _) = run("looks", folder.path());
        let lines: Vec<String> =
            text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            lines,
            [
                "2026-05-28T20:26:40Z locked ana on desk, remote",
                "2026-05-28T20:26:40Z refused to unlock ana on desk, remote",
                "2026-05-28T20:26:40Z refused number, expiry, CVV and holder of card •4242, screen ana on desk, remote ticket �[2J4711",
                "2026-05-28T20:26:40Z copied CVV of card •4242, desktop ana on desk, remote ticket �[2J4711",
            ]
        );
        let json: Value = serde_json::from_str(&run("looks --json", folder.path()).0).unwrap();
        assert_eq!(
            (&json[3]["event"], &json[3]["field"], &json[3]["last_four"]),
            (&json!("copied"), &json!("cvv"), &json!("4242"))
        );
        assert_eq!((&json[1]["granted"], json.as_array().unwrap().len()), (&json!(false), 4));
    }

    #[test]
    fn json_is_the_record_itself() {
        let folder = tempfile::tempdir().unwrap();
        let reference = written(folder.path());
        let list: Value = serde_json::from_str(&run("list --json", folder.path()).0).unwrap();
        assert_eq!(list[0]["reference"], reference.to_string());
        assert_eq!(list[0]["stage"], "unknown");
        assert_eq!(list[0]["steps"][0]["amount"], "15.00");
        let show: Value = serde_json::from_str(&run(&format!("show {reference} --json"), folder.path()).0).unwrap();
        assert_eq!(show, list[0]);
    }

    #[test]
    fn d9_verify_names_the_first_broken_line() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let (text, code) = run("verify", folder.path());
        assert!(code == 0 && text.starts_with("whole: 3 lines in 1 files"), "{text}");
        let path = folder.path().join("journal/default.jsonl");
        let changed = std::fs::read_to_string(&path).unwrap().replace("no answer in time", "no answer in  time");
        std::fs::write(&path, changed).unwrap();
        let (text, code) = run("verify", folder.path());
        assert!(code == 1 && text.contains("default.jsonl, line 3") && text.contains("was changed"), "{text}");
        let value: Value = serde_json::from_str(&run("verify --json", folder.path()).0).unwrap();
        assert_eq!((&value["whole"], &value["broken"]["line"]), (&json!(false), &json!(3)));
    }
}
