//! `fourpay sandbox`: the embedded server alone, until it is told to stop.
//!
//! Its first line on stdout is one JSON object with `base_url` and `token`; scripts wait for that line.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::domain::money::parse_decimal;
use crate::sandbox::{Deliveries, Dialect, Options, Quirk, Sandbox};

/// Serve a 4pay-compatible API on loopback, with a demo merchant and live traffic.
#[derive(Args, Debug)]
pub struct SandboxArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Accounts of the demo merchant
    #[arg(long, default_value_t = Options::default().accounts, value_parser = count(1_000))]
    accounts: usize,
    /// Cards
    #[arg(long, default_value_t = Options::default().cards, value_parser = count(1_000_000))]
    cards: usize,
    /// Card transactions in the last 90 days
    #[arg(long, default_value_t = Options::default().transactions, value_parser = count(20_000_000))]
    transactions: usize,
    /// The same seed gives the same merchant and the same token
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// New things a second, such as 0.3; 0 for none
    #[arg(long, default_value = "0.33", value_parser = per_minute)]
    live_rate: u32,
    /// Milliseconds added to every answer
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// Tries of a webhook delivery that is not taken, the first among them
    #[arg(long, value_name = "TRIES", default_value_t = Deliveries::default().tries, value_parser = clap::value_parser!(u32).range(1..=20))]
    delivery_tries: u32,
    /// Milliseconds until the second try; each wait after it is twice as long
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    delivery_wait: u64,
    /// Percentage of deliveries that fail on purpose
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    failing_deliveries: u8,
    /// Offer no call to change a card's name and limits, as some deployments do
    #[arg(long)]
    no_card_update: bool,
    /// Whose documents the answers follow
    #[arg(long, value_name = "NAME", default_value_t = Dialect::default(), long_help = dialects())]
    dialect: Dialect,
    /// A single difference from the dialect; may be given several times
    #[arg(long = "quirk", value_name = "NAME", value_delimiter = ',', long_help = quirks())]
    quirks: Vec<Quirk>,
    /// Open the control endpoints for tests
    #[arg(long, hide = true)]
    faults: bool,
}

/// Every name with its line, for `--help`.
fn named<'a>(lines: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    lines.map(|(name, help)| format!("\n  {name:<22} {help}")).collect()
}

fn dialects() -> String {
    let all = named(Dialect::ALL.iter().map(|dialect| (dialect.name(), dialect.help())));
    format!("Whose documents the answers follow:{all}")
}

fn quirks() -> String {
    let all = named(Quirk::ALL.iter().map(|quirk| (quirk.name(), quirk.help())));
    format!("A single difference from the dialect; may be given several times, or with commas between names:{all}")
}

fn count(most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync + 'static {
    move |text| match text.parse() {
        Ok(count) if count <= most => Ok(count),
        _ => Err(format!("a number from 0 to {most}")),
    }
}

/// A decimal for each second, as a whole number for each minute.
fn per_minute(text: &str) -> Result<u32, String> {
    parse_decimal(text)
        .ok()
        .filter(|rate| *rate >= Decimal::ZERO && *rate <= Decimal::ONE_THOUSAND)
        .and_then(|rate| (rate * Decimal::from(60)).ceil().to_u32())
        .ok_or_else(|| "a number from 0 to 1000, for example 0.3".to_owned())
}

/// Runs until SIGINT or SIGTERM.
pub fn run(asked: &SandboxArgs) -> anyhow::Result<()> {
    let options = Options {
        port: asked.port,
        accounts: asked.accounts,
        cards: asked.cards,
        transactions: asked.transactions,
        seed: asked.seed,
        live_rate: asked.live_rate,
        latency: Duration::from_millis(asked.latency),
        deliveries: Deliveries {
            tries: asked.delivery_tries,
            wait: Duration::from_millis(asked.delivery_wait),
            failing: asked.failing_deliveries,
        },
        faults: asked.faults,
        card_update: !asked.no_card_update,
        dialect: asked.dialect,
        quirks: asked.quirks.iter().copied().collect(),
        ..Options::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let sandbox = Sandbox::start(options).await.with_context(|| format!("port {} cannot be used", asked.port))?;
        let hello = serde_json::json!({"base_url": sandbox.base_url(), "token": sandbox.token()});
        // Whoever started us may have stopped reading; that is no reason to stop serving.
        let mut out = std::io::stdout();
        drop(writeln!(out, "{hello}").and_then(|()| out.flush()));
        told_to_stop().await.context("signals cannot be received")?;
        sandbox.stop().await;
        anyhow::Ok(())
    })?;
    runtime.shutdown_timeout(Duration::from_millis(500));
    Ok(())
}

#[cfg(unix)]
async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
        _ = hang_up.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn told_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_a_second_becomes_a_rate_a_minute() {
        assert_eq!(per_minute("0.3"), Ok(18));
        assert_eq!(per_minute("0"), Ok(0));
        assert_eq!(per_minute("0.001"), Ok(1));
        assert_eq!(per_minute("50"), Ok(3_000));
        assert!(per_minute("-1").is_err() && per_minute("1e3").is_err() && per_minute("1001").is_err());
    }
}
