//! The command line: arguments, then the dashboard or one of the commands, one file each.
//!
//! Exit codes: 0 done, 1 the command found something wrong, 2 it could not be started (arguments, settings,
//! no terminal), 3 the outcome of an action is open (`journal list`, `journal show`), 101 a fault in the program, 128 + signal when a signal ended it.

mod config;
mod doctor;
mod hidden;
mod journal;
mod listen;
mod login;
mod manual;
mod passphrase;
mod profiles;
mod sandbox;
mod webhook_secret;
mod webhooks;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::config::{self as settings, Config, Environment, Flags};
use crate::domain::text::SafeText;
use crate::runtime::start;

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
    Man,
    /// Print shell completions
    Completions(manual::CompletionsArgs),
}

/// The description of all arguments.
fn command_line() -> clap::Command {
    Arguments::command()
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = arguments.flags;
    let flags = Flags {
        profile: settings.profile,
        base_url: settings.base_url,
        sandbox: settings.sandbox,
        read_only: settings.read_only,
        utc: settings.utc,
        history: settings.history.and_then(|rows| usize::try_from(rows).ok()),
    };
    let environment = || Environment::read().map_err(anyhow::Error::from);
    let load = || Config::load(&flags, environment()?).map_err(anyhow::Error::from);
    let signed_with = || settings::webhook_sources(&flags, environment()?).map_err(anyhow::Error::from);
    let code = match arguments.command {
        Some(Command::Sandbox(asked)) => sandbox::run(&asked).map(|()| 0),
        Some(Command::Journal(asked)) => {
            environment().and_then(|environment| journal::command(&asked, &flags, &environment, load))
        }
        Some(Command::Login(asked)) => environment().and_then(|environment| login::login(&asked, &flags, &environment)),
        Some(Command::Logout) => environment().and_then(|environment| login::logout(&flags, &environment)),
        Some(Command::Profiles { json }) => {
            environment().and_then(|environment| profiles::command(json, &flags, &environment))
        }
        Some(Command::Listen(asked)) => listen::command(&asked, signed_with),
        Some(Command::Webhooks(asked)) => webhooks::command(&asked, &flags, signed_with, load),
        Some(Command::Config(asked)) => environment().and_then(|environment| config::command(&asked, &environment)),
        Some(Command::Passphrase(asked)) => load().and_then(|config| passphrase::command(&asked, &config)),
        Some(Command::Doctor { json, report }) => load().and_then(|config| doctor::command(config, json, report)),
        Some(Command::Man) => manual::man(command_line()),
        Some(Command::Completions(asked)) => manual::completions(&asked, command_line()),
        None => load().and_then(start::dashboard),
    };
    match code {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            // What went wrong may quote what the other side said (T3).
            let _ = writeln!(std::io::stderr(), "fourpay: {}", SafeText::prose(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}
