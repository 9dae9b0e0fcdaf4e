//! From the demo to a merchant: what was typed is checked there, kept when asked, and a dashboard begins with it.
//!
//! ```text
//!   its settings ──▶ does the API accept it? ──▶ the keyring ──▶ the address into the file ──▶ a new dashboard
//!        │ no: why            │ no: why             │ there is none: for this run only, and no address is written
//! ```
//!
//! An address without a credential would keep the next plain start from the demo and from the merchant.

use anyhow::{Context, bail};
use tokio::runtime::Handle;

use super::session;
use super::start::{Ready, passphrase};
use crate::app::login::{Entered, LoggedIn};
use crate::config::{self, Began, Config, Environment, File, Flags, Place};
use crate::credentials::keyring::Slot;
use crate::credentials::{Found, Source};

/// What a dashboard at the place that was typed begins with. Waits for the API and the keyring.
pub fn connect(began: &Began, entered: &Entered, runtime: &Handle) -> anyhow::Result<Ready> {
    let to = entered.to.as_ref().context("no place was named")?;
    let environment = Environment::read()?;
    let (file, _) = File::load(&environment)?;
    let profile = config::to_log_in(&file, &to.profile)?;
    let said = Flags { base_url: Some(to.base_url.clone()), ..Flags::default() };
    let address = config::address(&said, &environment, &profile);
    let address = address.map_err(|complaint| anyhow::anyhow!("{}; {}", complaint.problem, complaint.fix))?;
    let (base_url, _) = address.context("an address is needed")?;
    let place = Place::new(profile, base_url);
    let path = environment.config_file();
    let config = Config::at(began, &place, environment)?;
    let passphrase = passphrase(&config)?;
    let credential =
        session::credential(&entered.take().context("given up; nothing was kept")?).map_err(anyhow::Error::msg)?;
    let accepted = runtime.block_on(session::accepted(&place.settings(), &credential));
    accepted.map_err(|failure| anyhow::anyhow!(failure.sentence()))?;
    if entered.is_given_up() {
        bail!("given up; nothing was kept");
    }
    let slot = Slot::new(&place.profile.name, place.base_url.as_str());
    let kept = match (entered.keep, path) {
        (false, _) => None,
        (true, None) => Some(Err("there is no home folder to keep the address in".to_owned())),
        (true, Some(path)) => Some(match session::keep(&slot, &credential) {
            Ok(()) => {
                place.write(&path).map(drop).map_err(|error| anyhow::anyhow!("kept in the keyring, but {error:#}"))?;
                Ok(())
            }
            Err(why) => Err(why),
        }),
    };
    let source = if kept == Some(Ok(())) { Source::Keyring } else { Source::Typed };
    let found = Some(Found { credential, source });
    Ok(Ready { config, found, passphrase, logged_in: Some(LoggedIn { kept }) })
}
