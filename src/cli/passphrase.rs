//! `fourpay passphrase`: the passphrase that opens the dashboard's lock, typed where nobody sees it.

use std::path::Path;

use zeroize::Zeroizing;

use crate::config::Config;
use crate::passphrase::{self, Passphrase};

/// Arguments of the command.
#[derive(clap::Args)]
pub struct PassphraseArgs {
    /// Remove it: the lock then opens when the credential can be read again
    #[arg(long)]
    remove: bool,
}

/// Sets or removes the passphrase of the profile; the exit code.
pub fn command(asked: &PassphraseArgs, config: &Config) -> anyhow::Result<i32> {
    let profile = config.profile.name.as_str();
    let Some(state) = config.state_folder.as_deref() else {
        anyhow::bail!("there is no home folder to keep a passphrase in");
    };
    let set = Passphrase::read(state, profile).map_err(anyhow::Error::msg)?;
    if let Some(set) = &set {
        let forgotten = format!("if it is lost, remove {}", passphrase::place(state, profile).display());
        let current = ask(&format!("Passphrase of profile {profile} as it is now: "))?;
        set.fits(&current).map_err(|why| anyhow::anyhow!("{why}; {forgotten}"))?;
    }
    match asked.remove {
        true => {
            let was = passphrase::remove(state, profile)?;
            say(if was { "It is removed." } else { "There was none." })?;
        }
        false => keep(state, profile)?,
    }
    Ok(0)
}

fn keep(state: &Path, profile: &str) -> anyhow::Result<()> {
    let first = ask(&format!("New passphrase of profile {profile}: "))?;
    let made = Passphrase::new(&first, rand::random()).map_err(|why| anyhow::anyhow!("the passphrase {why}"))?;
    made.fits(&ask("The same again: ")?)
        .map_err(|_| anyhow::anyhow!("the two are not the same; nothing was changed"))?;
    made.write(state, profile)?;
    say("It is set. The dashboard asks for it when it has locked.")
}

fn ask(words: &str) -> anyhow::Result<Zeroizing<String>> {
    super::hidden::ask(words)
        .map_err(|error| anyhow::anyhow!("a passphrase is typed on a terminal, and there is none ({error})"))
}

fn say(words: &str) -> anyhow::Result<()> {
    Ok(super::stdout::print(&format!(
        "{words}
"
    ))?)
}
