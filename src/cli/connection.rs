//! What a command that reads or acts works with: the settings, the client, and the door to the acts.

use std::io::Write as _;

use super::exit::{Exit, Stop};
use crate::api::Client;
use crate::app::msg::Now;
use crate::child::Terminal;
use crate::config::{Config, Target};
use crate::credentials::Source;
use crate::domain::failure::Failure;
use crate::domain::ids::AccountId;
use crate::domain::money::Grouping;
use crate::domain::settings::{Environment, Zone};
use crate::domain::text::SafeText;
use crate::ops::{Journal, Ops, SystemClock};
use crate::runtime::clock::Clock;
use crate::runtime::start;
use crate::sandbox::Sandbox;

/// A connection to the profile's API.
pub struct Connection {
    pub client: Client,
    pub source: Source,
    pub profile: String,
    pub read_only: bool,
    pub zone: Zone,
    pub grouping: Grouping,
    pub clock: Clock,
    /// It is a sandbox, whatever its address.
    pub is_sandbox: bool,
    state: Option<std::path::PathBuf>,
    data: Option<std::path::PathBuf>,
    /// The demo merchant and the folder of its journal end with the command.
    demo: Option<(Sandbox, tempfile::TempDir)>,
}

impl Connection {
    /// Reads the credential and connects. `demo`: the demo merchant was asked for; it takes nobody's place here, since
    /// a script that has lost its credential must not be answered with made-up numbers.
    pub async fn open(config: Config, demo: bool) -> Result<Connection, Stop> {
        for complaint in &config.complaints {
            note(&complaint.to_string());
        }
        if matches!(config.target, Target::Sandbox) && !demo {
            let says = "there is no address and no credential; run `fourpay login`, set FOURPAY_BASE_URL and \
                        FOURPAY_TOKEN, or name the demo with --sandbox";
            return Err(Stop::new(Exit::Credential, says));
        }
        // Commands show no card data and have no lock: one that cannot be read matters where it is wanted alone.
        if config.profile.passphrase {
            start::passphrase(&config).map_err(|error| Stop::usage(format!("{error:#}")))?;
        }
        let found = start::found(&config, Terminal::Lent);
        let found = found.map_err(|complaint| Stop::new(Exit::Credential, complaint.to_string()))?;
        let source = found.as_ref().map_or(Source::Sandbox, |found| found.source.clone());
        let (client, world) = start::connect(&config, found).await.map_err(|failure| Stop::read(&failure, &source))?;
        // Paths and paging are those of the deployment's own document, where it has one.
        client.discover().await;
        let is_sandbox = config.profile.environment(client.base_url().as_str()) == Environment::Sandbox;
        let demo = match world {
            Some(world) => {
                let folder = tempfile::tempdir().map_err(|error| {
                    Stop::new(Exit::NotSent, format!("no place for the journal of the demo ({error})"))
                })?;
                Some((world, folder))
            }
            None => None,
        };
        Ok(Connection {
            client,
            source,
            profile: config.profile.name.clone(),
            read_only: config.profile.read_only,
            zone: config.profile.zone.clone(),
            grouping: config.profile.grouping,
            clock: Clock::start(),
            is_sandbox,
            state: config.state_folder,
            data: config.data_folder,
            demo,
        })
    }

    /// Where the program keeps what it has to know the next time: the journal, cursors. That of the demo ends with it.
    pub fn state_folder(&self) -> Result<&std::path::Path, Stop> {
        match (&self.demo, &self.state) {
            (Some((_, folder)), _) => Ok(folder.path()),
            (None, Some(state)) => Ok(state),
            (None, None) => Err(Stop::new(Exit::NotSent, "there is no home folder; set XDG_STATE_HOME")),
        }
    }

    pub fn now(&self) -> Now {
        self.clock.now()
    }

    /// The door to everything that changes something. A journal that cannot be used now is tried again with each act.
    pub async fn ops(&self) -> Result<Ops, Stop> {
        let (state, data) = match (&self.demo, &self.state) {
            (Some((_, folder)), _) => (folder.path(), None),
            (None, Some(state)) => (state.as_path(), self.data.as_deref()),
            (None, None) => {
                let says = "there is no home folder to keep the journal in; set XDG_STATE_HOME; nothing was sent";
                return Err(Stop::new(Exit::NotSent, says));
            }
        };
        let journal = Journal::open_or_later(state, data, &self.profile, self.now().wall)?;
        Ok(Ops::new(self.client.clone(), journal, &self.profile, self.read_only, SystemClock).await?)
    }

    /// The same, told whose acts they are by accounts that were read whole.
    pub async fn ops_of(&self, accounts: impl IntoIterator<Item = AccountId>) -> Result<Ops, Stop> {
        let ops = self.ops().await?;
        // A journal that cannot be written says so with the act; freezing goes all the same.
        drop(ops.bind(accounts).await);
        Ok(ops)
    }

    /// A read that failed.
    pub fn failed(&self, failure: &Failure) -> Stop {
        Stop::read(failure, &self.source)
    }
}

/// One line on standard error. Whoever reads may have stopped reading.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "fourpay: {}", SafeText::prose(text));
}

/// A runtime for one command.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
