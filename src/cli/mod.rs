//! The command line: arguments, then the dashboard or one of the commands, one file each.
//!
//! Exit codes: 0 done, 1 the command found something wrong, 2 it could not be started (arguments, settings,
//! no terminal), 3 the outcome of an action is open, 101 a fault in the program, 128 + signal when a signal ended it. Commands
//! that read and act have more: [`exit::Exit`].

mod act;
mod books;
mod card;
mod card_edit;
mod close;
mod config;
mod confirm;
mod connection;
mod doctor;
mod exit;
mod freeze;
mod hidden;
mod holder;
mod insights;
mod interrupt;
mod issue;
mod journal;
mod listen;
mod login;
mod lookup;
mod manual;
mod money;
mod passphrase;
mod profiles;
mod reads;
mod sandbox;
mod stdout;
mod transfer;
mod watch;
mod webhook_config;
mod webhook_secret;
mod webhooks;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::config::{self as settings, Config, Environment, Flags};
use crate::domain::text::SafeText;
use crate::runtime::start;
use reads::reading;

/// A terminal dashboard for 4pay: balances, cards and transactions, live.
///
/// Without a credential it shows a demo merchant on a server that comes with the program. After `fourpay login`,
/// or with FOURPAY_BASE_URL and FOURPAY_TOKEN in the environment, it shows yours.
#[derive(Parser)]
#[command(name = "fourpay", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Settings,
}

#[derive(clap::Args)]
struct Settings {
    /// Profile of the configuration to use [also: FOURPAY_PROFILE]
    #[arg(long, value_name = "NAME", global = true)]
    profile: Option<String>,
    /// Base URL of the API, such as https://api.4pay.cc [also: FOURPAY_BASE_URL]
    #[arg(long, value_name = "URL", global = true)]
    base_url: Option<String>,
    /// Show the demo merchant, whatever credential there is
    #[arg(long, global = true)]
    sandbox: bool,
    /// Refuse everything that would change something
    #[arg(long, global = true)]
    read_only: bool,
    /// For a wall or a second screen: the dashboard changes nothing, shows no card data, and does not lock
    #[arg(long)]
    monitor: bool,
    /// Show times in UTC
    #[arg(long, global = true)]
    utc: bool,
    /// Most transactions of each feed to load
    #[arg(long, value_name = "ROWS", global = true, value_parser = clap::value_parser!(u32).range(1..))]
    history: Option<u32>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a 4pay-compatible API with a demo merchant on loopback
    Sandbox(sandbox::SandboxArgs),
    /// Show what was asked for and what became of it
    Journal(journal::JournalArgs),
    /// Check a credential and keep it in the keyring
    Login(login::LoginArgs),
    /// Take a profile's credential out of the keyring
    Logout,
    /// List the profiles, and where the credential of each is from
    Profiles {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// List accounts
    Accounts(reads::ListArgs),
    /// List cards
    Cards(reads::ListArgs),
    /// List cardholders
    Holders(reads::ListArgs),
    /// List transactions of both feeds, newest first
    Transactions(reads::TransactionsArgs),
    /// List the BINs that cards can be issued with
    Bins(reads::ListArgs),
    /// Find cards, people, accounts and transactions at once
    Find(reads::FindArgs),
    /// Write the books for hledger, beancount, OFX, camt.053, or as CSV
    Export(books::ExportArgs),
    /// Print the statement of an account for a month
    Statement(books::StatementArgs),
    /// Compare the rows of a day with each other, the journal and the balances
    Reconcile(books::ReconcileArgs),
    /// Say where declines are, what was spent on what, and how long the money of accounts lasts
    Insights(insights::InsightsArgs),
    /// Tell each transaction that fits a filter, to a program or as lines
    Watch(watch::WatchArgs),
    /// Explain a declined transaction
    Why(reads::WhyArgs),
    /// Freeze cards
    Freeze(freeze::FreezeArgs),
    /// Make frozen cards active again
    Unfreeze(freeze::FreezeArgs),
    /// Close a card for good
    Close(close::CloseArgs),
    /// Top up a card from its account
    TopUp(money::TopUpArgs),
    /// Withdraw from a card to its account
    Withdraw(money::WithdrawArgs),
    /// Move money from one account to another
    Transfer(transfer::TransferArgs),
    /// Issue a card, or a series of cards
    Issue(issue::IssueArgs),
    /// Create cardholders
    Holder(holder::HolderArgs),
    /// Show a card, or change it
    Card(card::CardArgs),
    /// Receive, verify and forward webhooks locally
    Listen(listen::ListenArgs),
    /// Check a signature, send a logged event once more, find what the log leaves out
    Webhooks(webhooks::WebhooksArgs),
    /// Show where the settings are, what may be written, and what cannot be used
    Config(config::ConfigArgs),
    /// Set or remove the passphrase that opens the dashboard's lock
    Passphrase(passphrase::PassphraseArgs),
    /// Check the setup and suggest fixes
    Doctor {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
        /// Print what support may see: no token, no name, no amount
        #[arg(long)]
        report: bool,
    },
    /// Print the manual page: `fourpay man | man -l -`
    Man(manual::ManArgs),
    /// Print shell completions
    Completions(manual::CompletionsArgs),
}

/// The description of all arguments.
fn command_line() -> clap::Command {
    Arguments::command()
}

/// Runs a command that changes something, says what became of it, and gives the exit code.
fn acting(
    json: bool,
    flags: &Flags,
    load: impl FnOnce() -> anyhow::Result<Config>,
    work: impl AsyncFnOnce(&connection::Connection) -> Result<Vec<act::Told>, exit::Stop>,
) -> anyhow::Result<i32> {
    interrupt::listen()?;
    let stop = |error: anyhow::Error| exit::Stop::usage(format!("{error:#}"));
    let ended = load().map_err(stop).and_then(|config| {
        if config.profile.read_only {
            return Err(exit::Stop::new(exit::Exit::ReadOnly, "not sent: this session is read-only"));
        }
        let runtime = connection::runtime().map_err(|error| stop(error.into()))?;
        let ended = runtime.block_on(async {
            let connection = connection::Connection::open(config, flags.is_demo()).await?;
            work(&connection).await
        });
        runtime.shutdown_timeout(std::time::Duration::from_millis(300));
        ended
    });
    Ok(act::print(json, ended))
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse_from(reads::with_dashes(std::env::args_os()));
    let settings = arguments.flags;
    let flags = Flags {
        profile: settings.profile,
        base_url: settings.base_url,
        sandbox: settings.sandbox,
        read_only: settings.read_only,
        utc: settings.utc,
        monitor: settings.monitor,
        history: settings.history.and_then(|rows| usize::try_from(rows).ok()),
    };
    let environment = || Environment::read().map_err(anyhow::Error::from);
    let load = || Config::load(&flags, environment()?).map_err(anyhow::Error::from);
    let signed_with = || settings::webhook_sources(&flags, environment()?).map_err(anyhow::Error::from);
    let code = match arguments.command {
        Some(_) if flags.monitor => Err(anyhow::anyhow!("--monitor is for the dashboard, not for a command")),
        Some(Command::Sandbox(asked)) => sandbox::run(&asked).map(|()| 0),
        Some(Command::Journal(asked)) => {
            environment().and_then(|environment| journal::command(&asked, &flags, &environment, load))
        }
        Some(Command::Login(asked)) => environment().and_then(|environment| login::login(&asked, &flags, &environment)),
        Some(Command::Logout) => environment().and_then(|environment| login::logout(&flags, &environment)),
        Some(Command::Profiles { json }) => {
            environment().and_then(|environment| profiles::command(json, &flags, &environment))
        }
        Some(Command::Accounts(asked)) => {
            reading(asked.format.json, &flags, load, async |on| reads::accounts(&asked, on).await)
        }
        Some(Command::Cards(asked)) => {
            reading(asked.format.json, &flags, load, async |on| reads::cards(&asked, on).await)
        }
        Some(Command::Holders(asked)) => {
            reading(asked.format.json, &flags, load, async |on| reads::holders(&asked, on).await)
        }
        Some(Command::Transactions(asked)) => {
            reading(asked.format.json, &flags, load, async |on| reads::transactions(&asked, on).await)
        }
        Some(Command::Bins(asked)) => {
            reading(asked.format.json, &flags, load, async |on| reads::bins(&asked, on).await)
        }
        Some(Command::Find(asked)) => {
            reading(asked.format.json, &flags, load, async |on| reads::find(&asked, on).await)
        }
        Some(Command::Export(asked)) => reading(false, &flags, load, async |on| books::export(&asked, on).await),
        Some(Command::Statement(asked)) => {
            reading(asked.json, &flags, load, async |on| books::statement(&asked, on).await)
        }
        Some(Command::Reconcile(asked)) => {
            reading(asked.json, &flags, load, async |on| books::reconcile(&asked, on).await)
        }
        Some(Command::Insights(asked)) => {
            reading(asked.json(), &flags, load, async |on| insights::insights(&asked, on).await)
        }
        Some(Command::Watch(asked)) => reads::reading_on(&flags, load, async |on| watch::watch(&asked, on).await)
            .map(|ended| ended.unwrap_or_else(|stop| act::print(false, Err(stop)))),
        Some(Command::Why(asked)) => reading(asked.json, &flags, load, async |on| reads::why(&asked, on).await),
        Some(Command::Freeze(asked)) => {
            acting(asked.act.json, &flags, load, async |connection| freeze::run(&asked, true, connection).await)
        }
        Some(Command::Unfreeze(asked)) => {
            acting(asked.act.json, &flags, load, async |connection| freeze::run(&asked, false, connection).await)
        }
        Some(Command::Close(asked)) => {
            acting(asked.act.json, &flags, load, async |connection| close::run(&asked, connection).await)
        }
        Some(Command::TopUp(asked)) => {
            acting(asked.act.json, &flags, load, async |connection| money::top_up(&asked, connection).await)
        }
        Some(Command::Withdraw(asked)) => {
            acting(asked.act.json, &flags, load, async |connection| money::withdraw(&asked, connection).await)
        }
        Some(Command::Transfer(asked)) => {
            acting(asked.act.json, &flags, load, async |connection| transfer::run(&asked, connection).await)
        }
        Some(Command::Issue(asked)) => {
            acting(asked.act.json, &flags, load, async |connection| issue::run(&asked, connection).await)
        }
        Some(Command::Holder(asked)) => {
            let holder::What::Create(asked) = asked.what;
            acting(asked.act.json, &flags, load, async |connection| holder::create(&asked, connection).await)
        }
        Some(Command::Card(asked)) => card::command(asked, &flags, load),
        Some(Command::Listen(asked)) => listen::command(&asked, signed_with),
        Some(Command::Webhooks(asked)) => webhooks::command(&asked, &flags, signed_with, load),
        Some(Command::Config(asked)) => environment().and_then(|environment| config::command(&asked, &environment)),
        Some(Command::Passphrase(asked)) => load().and_then(|config| passphrase::command(&asked, &config)),
        Some(Command::Doctor { json, report }) => load().and_then(|config| doctor::command(config, json, report)),
        Some(Command::Man(asked)) => manual::man(&asked, command_line()),
        Some(Command::Completions(asked)) => manual::completions(&asked, command_line()),
        None => load().and_then(start::dashboard),
    };
    match code {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            // What went wrong may quote what the other side said (T3).
            let _ = writeln!(std::io::stderr(), "fourpay: {}", SafeText::prose(&format!("{error:#}")));
            let code = error.downcast_ref::<exit::Stop>().map_or(2, |stop| stop.exit.code());
            ExitCode::from(u8::try_from(code).unwrap_or(2))
        }
    }
}
