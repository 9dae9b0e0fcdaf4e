//! `fourpay webhooks`: check a signature, send a logged event once more, and find what the log leaves out.

use std::fmt::Write as _;
use std::io::Read as _;
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::acting;
use super::reads::{self, EventsArgs};
use super::webhook_config::{self, DeleteArgs, SetArgs};
use super::webhook_secret::{self, secret};
use crate::api::Client;
use crate::child::Terminal;
use crate::config::{Config, Environment, Flags};
use crate::credentials::webhook::{Found as Signs, Sources};
use crate::credentials::{Found, Source};
use crate::domain::failure::Failure;
use crate::domain::gaps::{Report, feed_word};
use crate::domain::ids::EventId;
use crate::domain::text::SafeText;
use crate::domain::webhook::EventKind;
use crate::hooks::send::{Sender, Target};
use crate::hooks::{gaps, sign};
use crate::runtime::clock::Clock;
use crate::runtime::start;
use crate::sandbox::Sandbox;

/// Largest body that is checked.
const LARGEST: u64 = 16 << 20;
/// Pages of the log that are looked through for an entry.
const PAGES: u32 = 50;

/// Check signatures, send events once more, find gaps, keep the secret
#[derive(Args, Debug)]
pub struct WebhooksArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Check the signature of a body on standard input; exit code 0 when it is right, 1 when not
    Verify {
        /// Value of the header X-Webhook-Signature
        #[arg(long, value_name = "HEX")]
        signature: String,
        /// The value is of api-notification-sign instead (HMAC-SHA512)
        #[arg(long)]
        notification: bool,
    },
    /// Sign a logged event again and send it; exit code 0 when it was taken
    Replay {
        /// Id of the entry in the log, such as evt-000123
        #[arg(value_parser = event)]
        id: EventId,
        /// Where to: https, or http on this machine
        #[arg(long, value_name = "URL")]
        to: String,
        /// Send it without a signature
        #[arg(long)]
        unsigned: bool,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Transactions that no delivery announced, and failed deliveries that never came through; exit code 1 when there are any
    Gaps {
        /// How far back: 45m, 36h or 2d
        #[arg(long, value_name = "SPAN", default_value = "2d", value_parser = span)]
        since: TimeDelta,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// List the log of deliveries, newest first
    Events(EventsArgs),
    /// Set up where events are delivered to; what is sent replaces all of the configuration
    Set(SetArgs),
    /// Delete the configuration: nothing is delivered any more
    Delete(DeleteArgs),
    /// Keep what deliveries are signed with in the keyring, typed unseen or piped in
    Secret {
        /// Take it out of the keyring instead
        #[arg(long)]
        forget: bool,
    },
}

fn event(text: &str) -> Result<EventId, String> {
    EventId::parse(text).ok_or_else(|| "an entry is named like evt-000123".to_owned())
}

/// `45m`, `36h`, `2d`: at most a year.
fn span(text: &str) -> Result<TimeDelta, String> {
    const SHAPE: &str = "write it like 45m, 36h or 2d";
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let count: i64 = digits.parse().map_err(|_| SHAPE)?;
    let span = match text.strip_prefix(digits) {
        Some("m") => TimeDelta::try_minutes(count),
        Some("h") => TimeDelta::try_hours(count),
        Some("d") => TimeDelta::try_days(count),
        _ => return Err(SHAPE.into()),
    };
    let fits = |span: &TimeDelta| *span > TimeDelta::zero() && *span <= TimeDelta::days(366);
    span.filter(fits).ok_or_else(|| "it is between 1m and 366d".into())
}

/// A kind of event in words.
pub fn kind_word(kind: &EventKind) -> &str {
    crate::app::ui::describe::event_kind_word(kind)
}

/// Runs the command; the exit code.
pub fn command(
    asked: &WebhooksArgs,
    flags: &Flags,
    signed_with: impl FnOnce() -> anyhow::Result<Sources>,
    load: impl FnOnce() -> anyhow::Result<Config>,
) -> anyhow::Result<i32> {
    match &asked.what {
        What::Verify { signature, notification } => verify(signature, *notification, &secret(signed_with()?)?),
        What::Replay { id, to, unsigned, json } => {
            let target = Target::parse(to).map_err(|why| anyhow::anyhow!("--to {to} {why}"))?;
            let sender = Sender::new(target).map_err(anyhow::Error::msg)?;
            let config = load()?;
            let found = start::found(&config, Terminal::Lent)?;
            let signs = if *unsigned { None } else { Some(secret(signed_with()?)?) };
            runtime()?.block_on(replay(config, found, id, &sender, signs.as_ref(), *json))
        }
        What::Gaps { since, json } => {
            let config = load()?;
            let found = start::found(&config, Terminal::Lent)?;
            runtime()?.block_on(find_gaps(config, found, *since, *json))
        }
        What::Events(asked) => {
            reads::reading(asked.list.format.json, flags, load, async |on| reads::events(asked, on).await)
        }
        What::Set(asked) => {
            let secret = match asked.secret {
                true => Some(Arc::into_inner(secret(signed_with()?)?.secret).context("there is no secret")?),
                false => None,
            };
            acting(asked.act.json, flags, load, async |connection| webhook_config::set(asked, secret, connection).await)
        }
        What::Delete(asked) => {
            acting(asked.act.json, flags, load, async |connection| webhook_config::delete(asked, connection).await)
        }
        What::Secret { forget } => webhook_secret::command(*forget, flags, &Environment::read()?),
    }
}

/// The client, and the demo merchant it speaks to where that is what was chosen.
async fn connect(config: &Config, found: Option<Found>) -> anyhow::Result<(Client, Option<Sandbox>)> {
    let source = source(found.as_ref());
    let connected = start::connect(config, found).await;
    connected.map_err(|failure| failed(&source, &failure))
}

/// Where a credential came from; the demo merchant has its own.
fn source(found: Option<&Found>) -> Source {
    found.map_or(Source::Sandbox, |found| found.source.clone())
}

/// What failed, and what helps.
fn failed(source: &Source, failure: &Failure) -> anyhow::Error {
    anyhow::anyhow!("{}; {}", failure.sentence(), source.advice(failure))
}

/// In words that follow an address.
fn signed(signs: Option<&Signs>) -> String {
    signs.map_or("unsigned".into(), |signs| format!("signed with {}", signs.source))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn verify(signature: &str, notification: bool, signs: &Signs) -> anyhow::Result<i32> {
    let mut body = Vec::new();
    std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut body).context("the body cannot be read")?;
    if body.len() as u64 > LARGEST {
        bail!("the body is larger than 16 MiB");
    }
    let right = match notification {
        true => sign::is_notification(&signs.secret, &body, signature),
        false => sign::is_signed(&signs.secret, &body, signature),
    };
    let bytes = body.len();
    super::stdout::print(&match right {
        true => format!("right: {} signed these {bytes} bytes\n", signs.source),
        false => format!("wrong: this is not the signature of these {bytes} bytes under {}\n", signs.source),
    })?;
    Ok(i32::from(!right))
}

async fn replay(
    config: Config,
    found: Option<Found>,
    id: &EventId,
    sender: &Sender,
    signs: Option<&Signs>,
    json: bool,
) -> anyhow::Result<i32> {
    let source = source(found.as_ref());
    let (client, _world) = connect(&config, found).await?;
    let payload = client.webhook_payload(id, PAGES).await.map_err(|failure| failed(&source, &failure))?;
    let Some(payload) = payload else { bail!("the log does not hold {id}, as far as it was read") };
    let sent = sender.send_signed(payload.as_bytes().to_vec(), signs.map(|signs| &*signs.secret)).await;
    let to = sender.target();
    super::stdout::print(&match json {
        true => {
            let (code, error) = match &sent.answer {
                Ok(code) => (Some(*code), None),
                Err(why) => (None, Some(why.as_str())),
            };
            let milliseconds = u64::try_from(sent.took.as_millis()).unwrap_or(u64::MAX);
            let with = signs.map(|signs| signs.source.word());
            let value = json!({
                "id": id.to_string(), "to": to.to_string(), "signed": with.is_some(), "signed_with": with, "code": code, "error": error,
                "milliseconds": milliseconds,
            });
            format!("{value:#}\n")
        }
        false => format!("{id} to {to}, {}: {sent}\n", signed(signs)),
    })?;
    Ok(i32::from(!sent.is_taken()))
}

/// Exit code of a comparison that had nothing to compare.
const NOTHING_COMPARED: i32 = 7;

async fn find_gaps(config: Config, found: Option<Found>, since: TimeDelta, as_json: bool) -> anyhow::Result<i32> {
    let source = source(found.as_ref());
    let (client, _world) = connect(&config, found).await?;
    let until = Clock::start().now().wall;
    let from = until.checked_sub_signed(since).context("so far back there is no time")?;
    let report = gaps::find(&client, from, until).await.map_err(|failure| failed(&source, &failure))?;
    super::stdout::print(&if as_json { format!("{:#}\n", gaps_json(&report)) } else { gaps_text(&report) })?;
    Ok(match report.clean() {
        Some(true) => 0,
        Some(false) => 1,
        None => NOTHING_COMPARED,
    })
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn gaps_json(report: &Report) -> Value {
    let unannounced = report.unannounced.iter().map(|row| {
        json!({
            "feed": feed_word(row.feed), "transaction": row.id.to_string(), "type": row.kind.as_str(),
            "status": row.status.as_str(), "created_at": row.created_at.known().map(|at| time(*at)),
            "card": row.card.as_ref().map(ToString::to_string),
        })
    });
    let undelivered = report.undelivered.iter().map(|event| {
        json!({
            "entry": event.id.to_string(), "kind": event.about().as_str(), "attempts": event.attempts,
            "code": event.response_code, "error": event.error.as_ref().map(SafeText::as_str),
            "created_at": event.created_at.known().map(|at| time(*at)),
            "record": event.subject.record.as_ref().map(ToString::to_string),
        })
    });
    json!({
        "since": time(report.since), "until": time(report.until), "clean": report.clean(),
        "unannounced": unannounced.collect::<Vec<_>>(), "undelivered": undelivered.collect::<Vec<_>>(),
        "judged": report.judged, "too_old": report.too_old, "too_young": report.too_young,
        "pending": report.pending, "entries": report.entries, "log_whole": report.log_whole,
        "feeds_whole": report.feeds_whole, "log_begins": report.log_begins.map(time), "limits": report.limits(),
    })
}

fn gaps_text(report: &Report) -> String {
    let mut text = format!("{} to {}\n", time(report.since), time(report.until));
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{} transactions compared with {} entries of the log; {} deliveries pending",
        report.judged, report.entries, report.pending
    );
    for limit in report.limits() {
        let _ = writeln!(text, "note: {limit}");
    }
    if report.clean().is_none() {
        let _ = writeln!(text, "\nnothing could be compared: whether something is missing is not known");
        return text;
    }
    let _ = writeln!(text, "\nannounced by no delivery: {}", report.unannounced.len());
    for row in &report.unannounced {
        let at = row.created_at.known().map_or("no time".into(), |at| time(*at));
        let _ = writeln!(text, "  {at}  {:<8} {:<12} {:<10} {}", feed_word(row.feed), row.kind, row.status, row.id);
    }
    let _ = writeln!(text, "\nfailed, with no later success: {}", report.undelivered.len());
    for event in &report.undelivered {
        let at = event.created_at.known().map_or("no time".into(), |at| time(*at));
        let code = event.response_code.map_or("–".into(), |code| code.to_string());
        let error = event.error.as_ref().map_or("", |error| error.as_str());
        let _ = writeln!(text, "  {at}  {}  {:<20} {code:>4}  {error}", event.id, kind_word(event.about()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_minutes_hours_or_days() {
        assert_eq!(span("45m"), Ok(TimeDelta::minutes(45)));
        assert_eq!(span("36h"), Ok(TimeDelta::hours(36)));
        assert_eq!(span("2d"), Ok(TimeDelta::days(2)));
        for bad in ["", "d", "2", "2w", "-1d", "0h", "400d", "99999999999999999999d", "2 d"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }
}
