//! From settings to a running dashboard.
//!
//! The first frame is drawn before anything is asked: the sandbox, the connection and every read start
//! behind it.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::clock::Clock;
use super::input;
use super::poller::{Ends, Poller};
use super::terminal::{self, Screen};
use super::{Signal, Wires, run};
use crate::api::{Client, Settings};
use crate::app::Model;
use crate::app::msg::{Environment, Msg, Setup, Topic, Zone};
use crate::config::{Config, Target};
use crate::domain::failure::Failure;
use crate::sandbox::{self, Sandbox};

/// How long tasks that are still waiting may hold up the end (R10).
const GOODBYE: Duration = Duration::from_millis(300);
/// Messages that may wait for the dashboard; beyond it the poller waits.
const WAITING: usize = 64;

/// Runs the dashboard until it is left; the exit code.
pub fn dashboard(config: Config) -> anyhow::Result<i32> {
    let clock = Clock::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut screen = Screen::take()?;
    terminal::watch_for_hangup();
    let (signals_in, signals) = mpsc::channel(8);
    listen_for_signals(signals_in)?;
    let model = Model::new(setup(&config), screen.size(), clock.now());
    let (out, answers) = mpsc::channel(WAITING);
    let (watch, watched) = watch::channel(model.watch());
    let (requests, asked) = mpsc::unbounded_channel();
    let ends = Ends { out, watch: watched, requests: asked };
    let code = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(read_on(config, clock, ends));
        run(model, &mut screen, Wires { input: input::listen(), signals, answers, watch, requests }, clock).await
    });
    drop(screen);
    runtime.shutdown_timeout(GOODBYE);
    Ok(code?)
}

/// What the dashboard is told about its surroundings.
fn setup(config: &Config) -> Setup {
    let (environment, profile, base_url) = match &config.target {
        Target::Sandbox => (Environment::Sandbox, "demo", "the embedded sandbox".to_owned()),
        Target::Api { base_url, .. } => (Environment::Production, "default", base_url.clone()),
    };
    Setup {
        environment,
        profile: profile.to_owned(),
        base_url,
        read_only: config.read_only,
        zone: if config.utc { Zone::Utc } else { Zone::Local },
        history: config.history,
        monochrome: config.no_color,
    }
}

/// Connects, and reads until the dashboard hangs up. Why it could not connect stands in the pane of accounts.
async fn read_on(config: Config, clock: Clock, ends: Ends) {
    let history = config.history;
    match connect(config).await {
        Ok((client, sandbox)) => {
            Poller::new(client, clock, history).run(ends).await;
            drop(sandbox);
        }
        Err(failure) => {
            let reply = Msg::Replied { topic: Topic::Accounts, asked: 1, outcome: Err(failure) };
            if ends.out.send(reply).await.is_ok() {
                ends.out.closed().await;
            }
        }
    }
}

/// The client for the API that was named, or for a sandbox that is started here.
pub async fn connect(config: Config) -> Result<(Client, Option<Sandbox>), Failure> {
    let settings = |base_url: String| Settings { paths: config.paths.clone(), ..Settings::new(base_url) };
    match config.target {
        Target::Api { base_url, token, .. } => Ok((Client::new(settings(base_url), token)?, None)),
        Target::Sandbox => {
            let sandbox = Sandbox::start(sandbox::Options::default())
                .await
                .map_err(|error| Failure::not_sent("start the embedded sandbox", &error.to_string()))?;
            let token = sandbox_token(&sandbox)?;
            Ok((Client::new(settings(sandbox.base_url().to_owned()), token)?, Some(sandbox)))
        }
    }
}

fn sandbox_token(sandbox: &Sandbox) -> Result<crate::domain::secret::Token, Failure> {
    let text = zeroize::Zeroizing::new(sandbox.token().to_owned());
    crate::domain::secret::Token::parse(text)
        .ok_or_else(|| Failure::not_sent("start the embedded sandbox", "its token is not usable"))
}

/// Signals are heard on a thread of their own: the drawing thread may be stuck in a write to a terminal that
/// takes nothing (R3).
fn listen_for_signals(to: mpsc::Sender<Signal>) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP])?;
    std::thread::spawn(move || {
        for signal in &mut signals {
            if signal == SIGTSTP {
                let _ = to.try_send(Signal::Stop);
            } else {
                terminal::end_soon(128 + signal);
                let _ = to.try_send(Signal::End(128 + signal));
            }
        }
    });
    Ok(())
}
