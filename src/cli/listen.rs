//! `fourpay listen`: takes webhook deliveries on this machine, says what each is about, and sends it on.
//!
//! One line for each verified delivery on standard output; everything else goes to standard error. Amounts are
//! not printed: a delivery is a reason to look, not a statement.

use std::collections::{HashSet, VecDeque};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde_json::json;
use tokio::task::JoinSet;

use super::webhook_secret::secret;
use super::webhooks::kind_word;
use crate::credentials::webhook::{self, Found, Sources};
use crate::domain::text::SafeText;
use crate::domain::webhook::{Heard, Shape, Subject};
use sha2::{Digest as _, Sha256};

use crate::hooks::receiver::{self, Counts, Delivery, Rules};
use crate::hooks::send::{Sender, Sent, Target};
use crate::runtime::clock::Clock;

/// Deliveries that are sent on at once.
const TOGETHER: usize = 16;

/// Take webhook deliveries on this machine
#[derive(Args, Debug)]
pub struct ListenArgs {
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 4040)]
    port: u16,
    /// Address to listen on; anything but loopback needs --expose
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// Listen on an address that other machines reach
    #[arg(long)]
    expose: bool,
    /// Send each verified delivery on to this URL, body and signatures as they came
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Also take deliveries signed by `api-notification-sign` alone
    #[arg(long)]
    accept_notification_sign: bool,
    /// Take everything, signed or not; there is no secret then
    #[arg(long)]
    unverified: bool,
}

/// Runs until it is stopped; the exit code.
pub fn command(asked: &ListenArgs, signed_with: impl FnOnce() -> anyhow::Result<Sources>) -> anyhow::Result<i32> {
    if !asked.address.is_loopback() && !asked.expose {
        bail!("{} is reached by other machines; add --expose if that is meant, or use a tunnel", asked.address);
    }
    let forward = match &asked.forward_to {
        Some(url) => {
            let target = Target::parse(url).map_err(|why| anyhow::anyhow!("--forward-to {url} {why}"))?;
            Some(Sender::new(target).map_err(anyhow::Error::msg)?)
        }
        None => None,
    };
    let signs = match asked.unverified {
        true => None,
        false => Some(secret(signed_with()?)?),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(listen(asked, signs, forward))
}

async fn listen(asked: &ListenArgs, signs: Option<Found>, forward: Option<Sender>) -> anyhow::Result<i32> {
    let address = SocketAddr::new(asked.address, asked.port);
    let secret = signs.as_ref().map(|signs| Arc::clone(&signs.secret));
    let rules = Rules { secret, notification: asked.accept_notification_sign };
    let (receiver, mut taken) =
        receiver::listen(address, rules).await.with_context(|| format!("cannot listen on {address}"))?;
    let mut counts = receiver.counts.clone();
    say(&format!("listening on http://{}", receiver.address));
    if !asked.address.is_loopback() {
        say("other machines can reach this address");
    }
    match &signs {
        Some(signs) => {
            say(&format!("signatures are checked with {}", signs.source));
            if signs.secret.has_white_ends() {
                say(&format!("{}: {}; {}", signs.source, webhook::WHITE_ENDS, webhook::WHITE_ENDS_FIX));
            }
        }
        None => say("signatures are not checked: anybody who reaches this address can make up deliveries"),
    }
    if let Some(forward) = &forward {
        say(&format!("sending each on to {}", forward.target()));
    }
    let mut out = Out { json: asked.json, heard: Heard::default(), clock: Clock::start() };
    let mut sent_on = SentOn::default();
    let mut sending: JoinSet<(Digest, Subject, Sent)> = JoinSet::new();
    let mut told = Counts::default();
    let mut stop = std::pin::pin!(stopped());
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(Ok((digest, subject, sent))) = sending.join_next(), if !sending.is_empty() => {
                if !sent.is_taken() {
                    sent_on.failed(&digest);
                }
                if out.sent(&subject, &sent, forward.as_ref()).is_err() {
                    return Ok(0);
                }
            }
            delivery = taken.recv(), if sending.len() < TOGETHER => {
                let Some(delivery) = delivery else { break };
                // Whoever reads may have stopped reading.
                if out.delivery(&delivery).is_err() {
                    return Ok(0);
                }
                let Some(forward) = forward.clone() else { continue };
                let digest: Digest = Sha256::digest(&delivery.body).into();
                if !sent_on.is_first(digest) {
                    say("a delivery that was sent on before came again and was not sent on again");
                    continue;
                }
                sending.spawn(async move {
                    let sent = forward.send(delivery.body.to_vec(), &delivery.signatures).await;
                    (digest, delivery.subject, sent)
                });
            }
            Ok(()) = counts.changed() => {
                let now = *counts.borrow_and_update();
                tell_refusals(&mut told, now);
            }
        }
    }
    let now = *receiver.counts.borrow();
    say(&format!(
        "{} taken, {} refused, {} unreadable, {} too large, {} turned away",
        now.taken, now.refused, now.unreadable, now.too_large, now.turned_away
    ));
    Ok(0)
}

/// SHA-256 of a body.
type Digest = [u8; 32];

/// Deliveries that were sent on. A signature does not say when it was made: whoever has one delivery could have it
/// done again and again.
#[derive(Default)]
struct SentOn {
    known: HashSet<Digest>,
    in_order: VecDeque<Digest>,
}

impl SentOn {
    /// Deliveries that are remembered.
    const MOST: usize = 100_000;

    /// Whether this one was not sent on before; it is from now on.
    fn is_first(&mut self, digest: Digest) -> bool {
        if !self.known.insert(digest) {
            return false;
        }
        self.in_order.push_back(digest);
        if self.in_order.len() > SentOn::MOST
            && let Some(old) = self.in_order.pop_front()
        {
            self.known.remove(&old);
        }
        true
    }

    /// It did not arrive: the next time is the first.
    fn failed(&mut self, digest: &Digest) {
        self.known.remove(digest);
        self.in_order.retain(|known| known != digest);
    }
}

/// Interrupt or termination.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn say(words: &str) {
    let _ = writeln!(io::stderr(), "fourpay: {}", SafeText::prose(words));
}

/// Says what was not taken, by its count alone: nothing of it is shown.
fn tell_refusals(told: &mut Counts, now: Counts) {
    for (before, count, what) in [
        (told.refused, now.refused, "refused: unsigned, or signed with another secret (answered 401)"),
        (told.unreadable, now.unreadable, "unreadable (answered 400)"),
        (told.too_large, now.too_large, "larger than 1 MiB (answered 413)"),
        (told.turned_away, now.turned_away, "turned away, too many at once (answered 503)"),
    ] {
        if count > before {
            say(&format!("{count} {what}"));
        }
    }
    *told = now;
}

struct Out {
    json: bool,
    heard: Heard,
    clock: Clock,
}

impl Out {
    fn delivery(&mut self, delivery: &Delivery) -> io::Result<()> {
        let (subject, at) = (&delivery.subject, self.clock.now().wall);
        let again = !self.heard.is_news(subject);
        let line = if self.json { as_json(subject, again, at).to_string() } else { as_line(subject, again, at) };
        print(&line)
    }

    fn sent(&self, subject: &Subject, sent: &Sent, forward: Option<&Sender>) -> io::Result<()> {
        let to = forward.map_or_else(String::new, |forward| forward.target().to_string());
        let record = subject.record.as_ref().map_or("–".to_owned(), ToString::to_string);
        let line = match self.json {
            true => {
                let (code, error) = match &sent.answer {
                    Ok(code) => (Some(*code), None),
                    Err(why) => (None, Some(why.as_str())),
                };
                let milliseconds = u64::try_from(sent.took.as_millis()).unwrap_or(u64::MAX);
                json!({"forwarded": to, "record": record, "code": code, "error": error, "milliseconds": milliseconds})
                    .to_string()
            }
            false => format!("          → {to} {sent}  {record}"),
        };
        print(&line)
    }
}

fn print(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn as_json(subject: &Subject, again: bool, at: DateTime<Utc>) -> serde_json::Value {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({
        "at": time(at),
        "kind": subject.kind.as_ref().map(|kind| kind.as_str()),
        "shape": match subject.shape { Shape::Documented => "documented", Shape::Nested => "nested" },
        "record": subject.record.as_ref().map(ToString::to_string),
        "status": subject.status.as_ref().map(|text| text.as_str()),
        "updated_at": subject.updated_at.known().map(|at| time(*at)),
        "account": subject.account.as_ref().map(ToString::to_string),
        "card": subject.card.as_ref().map(ToString::to_string),
        "transaction": subject.transaction.as_ref().map(ToString::to_string),
        "again": again,
    })
}

fn as_line(subject: &Subject, again: bool, at: DateTime<Utc>) -> String {
    let kind = subject.kind.as_ref().map_or("of no known kind", kind_word);
    let status = subject.status.as_ref().map_or("–", |status| status.as_str());
    let record = subject.record.as_ref().map_or("–".to_owned(), ToString::to_string);
    let mut line = format!("{}  {kind:<20} {status:<12} {record}", at.format("%H:%M:%S"));
    if let Some(card) = subject.card.as_ref().map(ToString::to_string).filter(|card| *card != record) {
        line.push_str(&format!("  card {card}"));
    }
    if let Some(account) = &subject.account {
        line.push_str(&format!("  account {account}"));
    }
    if again {
        line.push_str("  (told before)");
    }
    line
}
