//! `fourpay journal`: what was asked for and what became of it, from the files.
//!
//! `verify` walks the chain of hashes, compares it with its head, and names what cannot be relied upon. `decide`,
//! `accept-loss` and `adopt` write; each says what it risks and wants something typed. Only `adopt` asks the API.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::act::{self, Told};
use super::connection::{self, Connection};
use super::exit::{Exit, Stop};
use super::{interrupt, lookup};
use crate::child::Terminal;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{self, Config, Environment, File, Flags};
use crate::domain::ids::AccountId;
use crate::domain::intent::lifecycle::{Stage, Step};
use crate::domain::intent::{Act, Assurance, Audit, AuditEvent, CardAt, CardField, Reference, Who};
use crate::domain::text::SafeText;
use crate::ops::journal::follow::Follow;
use crate::ops::journal::{self, Entry, Fault, Journal, JournalError, Verified};
use crate::ops::{self, origin};
use crate::runtime::start;

/// Show what was asked for and what became of it.
#[derive(Args, Debug)]
pub struct JournalArgs {
    #[command(subcommand)]
    what: What,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum What {
    /// List all actions, newest first
    List {
        /// Only those whose outcome is not settled
        #[arg(long)]
        unsettled: bool,
    },
    /// Show one action with every step of its life
    Show {
        /// For example fp-7ZK3M9Q2WD
        #[arg(value_parser = reference)]
        reference: Reference,
    },
    /// List views of card data, and when the dashboard was locked and unlocked, newest first
    #[command(alias = "looks")]
    Reveals,
    /// Verify that the journal was not tampered with and has lost nothing
    Verify,
    /// Print the lines of the journal as they stand, and go on with those that come: for a central log
    Follow {
        /// Behind the line of this number: what the log has already
        #[arg(long, value_name = "LINE", default_value_t = 0)]
        after: u64,
        /// Which journal, where the profile has had several: the name of its file without .jsonl
        #[arg(long, value_name = "NAME")]
        journal: Option<String>,
        /// End after the lines that are there
        #[arg(long)]
        once: bool,
    },
    /// Wait until it is known what became of an action; exit code 0 done, 1 not done, 3 still open
    Wait {
        /// For example fp-7ZK3M9Q2WD
        #[arg(value_parser = reference)]
        reference: Reference,
        /// How long, in seconds
        #[arg(long = "for", value_name = "SECONDS", default_value_t = 900)]
        patience: u64,
    },
    /// Say what became of an action that reading could not settle
    Decide {
        /// For example fp-7ZK3M9Q2WD
        #[arg(value_parser = reference)]
        reference: Reference,
        /// It was done
        #[arg(long, conflicts_with = "not_done", required_unless_present = "not_done")]
        done: bool,
        /// It was not done: if that is wrong, whoever does it again moves the money twice
        #[arg(long)]
        not_done: bool,
        /// What you compared; kept in the journal
        #[arg(long, value_name = "WORDS")]
        because: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Go on although lines of the journal are gone or were changed
    AcceptLoss {
        /// How many lines are missing, as `verify` says; asked for on a terminal
        #[arg(long, value_name = "LINES")]
        missing: Option<u64>,
    },
    /// Take over the journal of an address that this merchant had before
    Adopt {
        /// The address it had; asked for on a terminal
        #[arg(long, value_name = "URL")]
        from: Option<String>,
    },
}

fn reference(text: &str) -> Result<Reference, String> {
    Reference::parse(text).ok_or_else(|| "a reference looks like fp-7ZK3M9Q2WD".to_owned())
}

/// What is answered of an action whose outcome is open or only probable.
const OPEN: i32 = 3;

/// Runs the command on the profile's journals under `XDG_STATE_HOME/fourpay`; the exit code: 1 when a chain is
/// broken or has lost lines, or the action is not there; 3 when an action that is listed or shown is open.
pub fn command(
    asked: &JournalArgs,
    flags: &Flags,
    environment: &Environment,
    load: impl FnOnce() -> anyhow::Result<Config>,
) -> anyhow::Result<i32> {
    let state = environment.state_folder.as_deref();
    let state = state.context("there is no home folder, and so no journal; set XDG_STATE_HOME")?;
    let data = environment.data_folder.as_deref();
    // A profile that is named needs no settings: its journal outlives its line in the file.
    let file = if flags.profile.is_some() { File::default() } else { File::load(environment)?.0 };
    let profile = config::chosen_name(flags, environment, &file);
    let answered = match &asked.what {
        What::Decide { reference, done, because, yes, .. } => {
            decide((state, data), &profile, *reference, *done, because, *yes)
        }
        What::AcceptLoss { missing } => accept_loss((state, data), &profile, *missing),
        What::Adopt { from } => adopt((state, data), &profile, from.as_deref(), load()?),
        What::Follow { after, journal, once } => {
            return follow(state, &profile, journal.as_deref(), *after, *once).map_err(advised);
        }
        What::Wait { reference, patience } => {
            let ended = load().map_err(|error| Stop::usage(format!("{error:#}"))).and_then(|config| {
                interrupt::listen()
                    .and_then(|()| connection::runtime())
                    .map_err(|error| Stop::usage(error.to_string()))?
                    .block_on(wait(config, flags.is_demo(), *reference, Duration::from_secs(*patience)))
            });
            return Ok(act::print(asked.json, ended));
        }
        _ => journal::verify_all(state, data, &profile)
            .map(|seen| answer(asked, &profile, &seen))
            .map_err(anyhow::Error::from),
    };
    let (text, code) = answered.map_err(advised)?;
    super::stdout::print(&text)?;
    Ok(code)
}

/// Says what to do while another program holds the journal.
fn advised(error: anyhow::Error) -> anyhow::Error {
    let Some(JournalError::Busy(lock)) = error.downcast_ref() else { return error };
    let lock = lock.display();
    match holder(&error) {
        Some(pid) => anyhow!(
            "process {pid} is writing to the journal and holds {lock}; try again in a few seconds, and if that does not \
             help, look at the process: ps -p {pid}"
        ),
        None => anyhow!(
            "another program is writing to the journal and holds {lock}; try again in a few seconds, and if that does \
             not help, find it: fuser {lock}"
        ),
    }
}

/// Which process holds the lock, where the system says.
fn holder(error: &anyhow::Error) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let Some(JournalError::Busy(lock)) = error.downcast_ref() else { return None };
    let inode = std::fs::metadata(lock).ok()?.ino();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    holder_of(&locks, inode)
}

/// The process that holds an exclusive lock on a file, in the text of `/proc/locks`. Those that wait stand behind `->`.
fn holder_of(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, "WRITE", pid, file, ..] = parts[..] else { return None };
        (file.rsplit(':').next()?.parse() == Ok(inode)).then(|| pid.parse().ok()).flatten()
    })
}

/// The exit code of what is shown of these actions.
fn code_of<'e>(mut entries: impl Iterator<Item = &'e Entry>) -> i32 {
    if entries.any(|entry| !entry.stage.is_final()) { OPEN } else { 0 }
}

fn answer(asked: &JournalArgs, profile: &str, seen: &[Verified]) -> (String, i32) {
    let mut entries: Vec<&Entry> = seen.iter().flat_map(|seen| seen.book.entries()).collect();
    entries.sort_by_key(|entry| entry.intent.asked_at);
    match &asked.what {
        What::Show { reference } => match entries.iter().find(|entry| entry.intent.reference == *reference) {
            Some(entry) if asked.json => (pretty(&steps(entry)), code_of([*entry].into_iter())),
            Some(entry) => (shown(entry), code_of([*entry].into_iter())),
            None => (format!("{reference} is not in the journal of {profile}\n"), 1),
        },
        What::Reveals => {
            let mut audits: Vec<&Audit> = seen.iter().flat_map(|seen| seen.book.audits()).collect();
            audits.sort_by_key(|audit| audit.at);
            let audits = audits.into_iter().rev();
            match asked.json {
                true => (pretty(&Value::Array(audits.map(journal::audit_as_json).collect())), 0),
                false => (looks(audits), 0),
            }
        }
        What::List { unsettled } => {
            let entries = entries.into_iter().rev().filter(|entry| !unsettled || !entry.stage.is_final());
            let code = code_of(entries.clone());
            match asked.json {
                true => (pretty(&Value::Array(entries.map(steps).collect())), code),
                false => (listed(entries), code),
            }
        }
        What::Follow { .. }
        | What::Verify
        | What::Wait { .. }
        | What::Decide { .. }
        | What::AcceptLoss { .. }
        | What::Adopt { .. } => verified(asked, profile, seen),
    }
}

/// How often new lines are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Prints the lines of a journal and those that are appended, until nobody reads them: 1 where the chain is broken.
fn follow(state: &Path, profile: &str, journal: Option<&str>, after: u64, once: bool) -> anyhow::Result<i32> {
    let all = Follow::all_of(state, profile)?;
    let stem = journal.unwrap_or(profile);
    if let Some(journal) = journal
        && !all.iter().any(|one| one == journal)
    {
        bail!("there is no journal {journal}; {profile} has {}", all.join(", "));
    }
    if journal.is_none() && all.len() > 1 {
        connection::note(&format!("{profile} has several journals, choose with --journal: {}", all.join(", ")));
    }
    let mut follow = Follow::new(state, stem, after)?;
    let (mut out, mut code, mut is_short) = (std::io::stdout().lock(), 0, false);
    loop {
        for line in follow.come()? {
            let written = if line.text.is_empty() { Ok(()) } else { writeln!(out, "{}", line.text) };
            match written.and_then(|()| out.flush()) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(code),
                Err(error) => return Err(error).context("the output could not be written whole"),
            }
            if !line.is_whole {
                let which = line.seq.map_or_else(|| "a line without a number".to_owned(), |seq| format!("line {seq}"));
                let path = follow.path();
                connection::note(&match line.text.is_empty() {
                    true => format!("lines of {} are gone: fourpay journal verify", path.display()),
                    false => format!(
                        "{which} of {} does not follow from the line before it, or was changed: fourpay journal verify",
                        path.display()
                    ),
                });
                code = 1;
            }
        }
        if follow.last() < after && !std::mem::replace(&mut is_short, true) {
            connection::note(&format!("the journal ends at line {}, before --after {after}", follow.last()));
            code = 1;
        }
        if once {
            return Ok(code);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Reads until it is known what became of an action, or the time is over.
async fn wait(config: Config, demo: bool, reference: Reference, patience: Duration) -> Result<Vec<Told>, Stop> {
    let connection = Connection::open(config, demo).await?;
    let accounts = lookup::accounts(&connection.client).await.map_err(|failure| connection.failed(&failure))?;
    let ops = connection.ops_of(accounts.items.iter().map(|account| account.id.clone())).await?;
    ops.refresh().await?;
    if ops.entry(reference).is_none() {
        return Err(Stop::new(Exit::NotFound, format!("{reference} is not in the journal of {}", connection.profile)));
    }
    let is_open = |stage: Option<Stage>| stage.is_some_and(|stage| !stage.is_final() && !stage.is_done());
    act::follow_while(&ops, &[reference], patience, || connection.clock.up(), is_open).await;
    let store = act::store(&connection, &accounts.items, &[]);
    ops.entry(reference)
        .map(|entry| vec![Told::of_entry(&entry, &store)])
        .ok_or_else(|| Stop::new(Exit::NotFound, format!("{reference} is not in the journal any more")))
}

/// What a person types on the terminal; what is missing when there is none.
fn typed(question: &str, instead: &str) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!("this is confirmed by typing, and there is no terminal; {instead}");
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "{question}").and_then(|()| stderr.flush())?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn decide(
    (state, data): (&Path, Option<&Path>),
    profile: &str,
    reference: Reference,
    done: bool,
    because: &str,
    yes: bool,
) -> anyhow::Result<(String, i32)> {
    let now = SystemClock.wall();
    let journals = journal::open_all(state, data, profile, now)?;
    let mut journals = journals.into_iter().filter(|journal| journal.book().entry(reference).is_some());
    let Some(mut journal) = journals.next() else {
        return Ok((format!("{reference} is not in the journal of {profile}\n"), 1));
    };
    let stage = journal.book().stage(reference);
    if stage.is_none_or(|stage| !stage.may_be_decided()) {
        let stage = stage.map_or("not there", Stage::words);
        return Ok((format!("{reference} is {stage}; there is nothing to decide\n"), 1));
    }
    if !yes {
        let entry = journal.book().entry(reference).map(shown).unwrap_or_default();
        let risk = match done {
            true => "If it was not done, the money was never moved and nothing here will say so.",
            false => "If it was done, whoever does it again moves the money twice.",
        };
        if typed(&format!("{entry}{risk}\nType decide to go on: "), "add --yes")? != "decide" {
            return Ok(("nothing was decided\n".to_owned(), 1));
        }
    }
    let step = ops::decision(journal.book().entry(reference), done, &origin::who(), because);
    journal.step(now, reference, step)?;
    let word = journal.book().stage(reference).map_or("", Stage::words);
    Ok((format!("{reference}: {word}\n"), 0))
}

fn accept_loss(
    (state, data): (&Path, Option<&Path>),
    profile: &str,
    missing: Option<u64>,
) -> anyhow::Result<(String, i32)> {
    let now = SystemClock.wall();
    let journals = journal::open_all(state, data, profile, now)?;
    let Some(mut journal) = journals.into_iter().find(|journal| journal.fault().is_some()) else {
        return Ok((format!("the journal of {profile} has lost nothing\n"), 0));
    };
    let lost = journal.missing().unwrap_or_default();
    let fault = journal.fault().map(Fault::to_string).unwrap_or_default();
    let given = match missing {
        Some(given) => given.to_string(),
        None => typed(
            &format!(
                "{fault}.\nWhat was asked for in these lines is not known any more, unless the head of the journal names it. \
                 Whoever does one of them again may move its money twice.\nType the number of missing lines ({lost}) to go on \
                 without them: "
            ),
            &format!("add --missing {lost}"),
        )?,
    };
    if given.parse() != Ok(lost) {
        return Ok((format!("{lost} lines are missing; {given:?} was given; nothing was changed\n"), 1));
    }
    let accepted = journal.accept_loss(now, origin::who(), SafeText::name(profile))?;
    let mut text = format!("{} goes on without {lost} lines\n", journal.path().display());
    for file in &accepted.aside {
        let _ = writeln!(text, "set aside: {file}");
    }
    for reference in &accepted.kept {
        let _ = writeln!(text, "still open and recorded again: {reference}");
    }
    Ok((text, 0))
}

fn adopt(
    (state, data): (&Path, Option<&Path>),
    profile: &str,
    from: Option<&str>,
    config: Config,
) -> anyhow::Result<(String, i32)> {
    let found = start::found(&config, Terminal::Lent)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (address, accounts): (String, BTreeSet<AccountId>) = runtime.block_on(async {
        let (client, _sandbox) = start::connect(&config, found).await?;
        let accounts = client.accounts().await?.items.into_iter().map(|account| account.id).collect();
        anyhow::Ok((client.base_url().as_str().to_owned(), accounts))
    })?;
    let now = SystemClock.wall();
    let mut journal = Journal::open_with_copy(state, data, profile, now)?;
    let adoptable = journal.adoptable(&address, &accounts)?;
    if adoptable.is_empty() {
        let text = format!("no journal of {profile} at another address has accounts of this merchant\n");
        return Ok((text, 1));
    }
    let given = match from {
        Some(from) => from.trim_end_matches('/').to_owned(),
        None => typed(
            &format!(
                "Accounts of this merchant are also in the journal of {}. If that is another merchant's copy, its acts \
                 will be settled by reading {address}.\nType the old address to adopt its journal: ",
                adoptable.join(", ")
            ),
            "add --from URL",
        )?,
    };
    if !adoptable.contains(&given) {
        return Ok((format!("{given:?} is none of {}; nothing was changed\n", adoptable.join(", ")), 1));
    }
    journal.adopt(&given, &address, &accounts, (origin::who(), SafeText::name(profile)), now)?;
    Ok((format!("the journal of {given} belongs to {address} now\n"), 0))
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
            (None, true) => match audit.event {
                AuditEvent::Assured(Assurance::Local) => "the person sits at this machine".to_owned(),
                AuditEvent::Assured(Assurance::Recorded) => "card data may be in the recording".to_owned(),
                _ => String::new(),
            },
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
    if text.is_empty() { "no views of card data\n".to_owned() } else { text }
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
    let mut value = json!({
        "reference": entry.intent.reference.to_string(),
        "stage": entry.stage.word(),
        "holds": entry.holds(SystemClock.wall()),
        "steps": journal::steps_as_json(entry),
    });
    if let (Stage::NotSeen, Some((sent, _))) = (entry.stage, entry.sent()) {
        value["not_seen_since"] = time(sent).into();
    }
    value
}

/// The stage in words; what was not seen says since when.
fn stage(entry: &Entry) -> String {
    match (entry.stage, entry.sent()) {
        (Stage::NotSeen, Some((sent, _))) => format!("{} since {}", entry.stage, time(sent)),
        (stage, _) => stage.to_string(),
    }
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
            stage(entry)
        );
    }
    if text.is_empty() { "no actions\n".to_owned() } else { text }
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

fn verified(asked: &JournalArgs, profile: &str, seen: &[Verified]) -> (String, i32) {
    if seen.is_empty() {
        let text = match asked.json {
            true => pretty(&json!({"whole": true, "lines": 0, "files": []})),
            false => format!("there is no journal of {profile} yet\n"),
        };
        return (text, 0);
    }
    let code = i32::from(seen.iter().any(|seen| seen.broken.is_some() || seen.fault.is_some()));
    if asked.json {
        let mut values: Vec<Value> = seen.iter().map(verified_as_json).collect();
        // One journal is the rule, and was all there was.
        return match values.len() {
            1 => (pretty(&values.remove(0)), code),
            _ => (pretty(&json!({"whole": code == 0, "journals": values})), code),
        };
    }
    (seen.iter().map(verified_in_words).collect(), code)
}

fn verified_as_json(seen: &Verified) -> Value {
    let broken = seen.broken.as_ref().map(|broken| {
        json!({"file": broken.file.display().to_string(), "line": broken.line, "problem": broken.problem.to_string()})
    });
    let lost = seen.fault.as_ref().map(|fault| match fault {
        Fault::Lost { file, missing, gone } => {
            json!({"file": file.display().to_string(), "missing_lines": missing, "removed": gone})
        }
        Fault::Changed(broken) => json!({"file": broken.file.display().to_string()}),
    });
    let files: Vec<String> = seen.files.iter().map(|file| file.display().to_string()).collect();
    let binding = seen.book.binding();
    json!({
        "whole": seen.broken.is_none() && seen.fault.is_none(), "lines": seen.lines, "files": files, "broken": broken,
        "lost": lost, "torn_bytes": seen.torn, "set_aside": seen.book.repaired(), "journal": binding.journal,
        "address": binding.address,
    })
}

fn verified_in_words(seen: &Verified) -> String {
    let address = &seen.book.binding().address;
    let of = if address.is_empty() { String::new() } else { format!(" of {address}") };
    let mut text = match (&seen.broken, &seen.fault) {
        (None, None) => {
            format!("whole{of}: {} lines in {} files, each following the one before\n", seen.lines, seen.files.len())
        }
        (Some(broken), _) => format!("broken{of}: {broken}\n"),
        (None, Some(fault)) => format!("not whole{of}: {fault}\n"),
    };
    if seen.broken.is_some() || seen.fault.is_some() {
        text.push_str("restore the file, or see fourpay journal accept-loss\n");
    }
    if seen.torn > 0 {
        let _ = writeln!(text, "{} bytes after the last whole line; the next start sets them aside", seen.torn);
    }
    if seen.book.repaired() > 0 {
        let _ = writeln!(text, "{} torn lines were set aside after crashes", seen.book.repaired());
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::domain::card::LastFour;
    use crate::domain::ids::{AccountId, CardId};
    use crate::domain::intent::lifecycle::Evidence;
    use crate::domain::intent::{Before, Intent};
    use crate::domain::money::{Currency, Money};
    use crate::domain::text::SafeText;
    use crate::ops::journal::{Book, Record};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        asked: JournalArgs,
    }

    fn run(words: &str, state: &Path) -> (String, i32) {
        let asked = Line::parse_from(["journal"].into_iter().chain(words.split(' '))).asked;
        answer(&asked, "default", &journal::verify_all(state, None, "default").unwrap())
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
            cards_before: None,
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
        assert_eq!(run("list", folder.path()), ("no actions\n".into(), 0));
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
        assert_eq!(code, OPEN);
        for word in ["being sent", "outcome unknown: no answer in time (HTTP 502)", "description: June"] {
            assert!(show.contains(word), "{word} is not in {show}");
        }
        // T3
        assert!(!show.contains('\u{1b}') && !show.contains('\u{7}'));
    }

    /// What is open or only probable is told by the exit code, of one and of a list; what is over is not.
    #[test]
    fn an_open_outcome_has_an_exit_code_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let reference = written(folder.path());
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let show = format!("show {reference}");
        let codes = || {
            ["list", "list --unsettled", "list --json", &show, &format!("{show} --json"), "verify", "reveals"]
                .map(|words| run(words, folder.path()).1)
        };
        let step = |step: Step| {
            Journal::open(folder.path(), "default", now).unwrap().step(now, reference, step).unwrap();
        };
        assert_eq!(codes(), [OPEN, OPEN, OPEN, OPEN, OPEN, 0, 0], "unknown");
        let seen = || Evidence::new("it was looked for");
        step(Step::NotSeen { seen: seen(), lifted: false });
        assert_eq!(codes(), [OPEN, OPEN, OPEN, OPEN, OPEN, 0, 0], "not seen");
        step(Step::Probably(seen()));
        assert_eq!(codes(), [OPEN, OPEN, OPEN, OPEN, OPEN, 0, 0], "probably");
        step(Step::SettledDone(seen()));
        assert_eq!(codes(), [0; 7], "done");
        step(Step::Reversed(seen()));
        assert_eq!(codes(), [OPEN, OPEN, OPEN, OPEN, OPEN, 0, 0], "reversed");
    }

    /// While another program holds the journal it is said which, and what to do.
    #[test]
    fn a_held_journal_says_who_holds_it_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let lock = folder.path().join("journal/default.lock");
        let held = std::fs::File::options().read(true).open(&lock).unwrap();
        held.lock().unwrap();
        let error = advised(journal::verify_all(folder.path(), None, "default").unwrap_err().into()).to_string();
        for part in [&*format!("process {}", std::process::id()), &lock.display().to_string(), "try again", "ps -p"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        drop(held);
        assert_eq!(run("verify", folder.path()).1, 0);
        let locks = "1: POSIX  ADVISORY  WRITE 7 fe:00:12 0 EOF\n2: FLOCK  ADVISORY  WRITE 8 fe:00:12 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 9 fe:00:12 0 EOF\n";
        assert_eq!((holder_of(locks, 12), holder_of(locks, 2), holder_of("x", 12)), (Some(8), None, None));
        let other = advised(anyhow!("another"));
        assert_eq!(other.to_string(), "another");
    }

    /// D9: who looked at what can be read by whoever has to answer for it.
    #[test]
    fn d9_looks_say_who_saw_what_of_which_card_and_why() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run("looks", folder.path()), ("no views of card data\n".into(), 0));
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
        let json: Value = serde_json::from_str(&run("reveals --json", folder.path()).0).unwrap();
        let schema = serde_json::from_str(include_str!("../../docs/schemas/journal_reveals.json")).unwrap();
        let wrong: Vec<String> =
            jsonschema::validator_for(&schema).unwrap().iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?} {json:#}");
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
