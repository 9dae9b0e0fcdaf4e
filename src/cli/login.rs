//! `fourpay login` and `fourpay logout`: a credential is checked, and kept in the operating system's keyring.
//!
//! A credential is typed where it is not shown, or piped in; it is never an argument. What the API does not accept
//! is not kept. Exit code 0 only when it is kept.

use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use zeroize::Zeroizing;

use super::hidden;
use crate::config::{self, Environment, File, Flags, Place, Profile, profile};
use crate::credentials::{Credential, KEYRING, Source, keyring};
use crate::domain::secret::{Password, Token};
use crate::domain::text::SafeText;
use crate::runtime::{remembered, session};

/// Most that is taken from a pipe, in bytes.
const MOST: u64 = 16 * 1024;

/// Check a credential and keep it in the keyring: an API token, or with --email a login of the merchant portal.
#[derive(Args, Debug)]
pub struct LoginArgs {
    /// Log in with this e-mail address and a password, instead of an API token
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

/// The profile that is meant, whether it is in the file or new.
fn profile(flags: &Flags, environment: &Environment) -> anyhow::Result<Profile> {
    let (file, _) = File::load(environment)?;
    let name = config::chosen_name(flags, environment, &file);
    config::to_log_in(&file, if flags.sandbox { profile::DEMO } else { &name })
}

pub(super) fn place(flags: &Flags, environment: &Environment, ask: bool) -> anyhow::Result<Place> {
    let profile = profile(flags, environment)?;
    let said = config::address(flags, environment, &profile)?;
    let base_url = match said {
        Some((base_url, _)) => base_url,
        None if ask && std::io::stdin().is_terminal() => {
            let typed = asked("Base URL of your environment, for example https://api.4pay.cc: ")?;
            let said = Flags { base_url: Some(typed), ..flags.clone() };
            config::address(&said, environment, &profile)?.context("an address is needed")?.0
        }
        None => bail!("profile {} has no address; name it with --base-url https://…", profile.name),
    };
    Ok(Place::new(profile, base_url))
}

/// Asks for something that may be seen.
fn asked(question: &str) -> anyhow::Result<String> {
    let mut err = std::io::stderr();
    write!(err, "{question}").and_then(|()| err.flush())?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// A secret: typed where it is not shown, or the first line of what is piped in.
pub(super) fn secret(question: &str) -> anyhow::Result<Zeroizing<String>> {
    if std::io::stdin().is_terminal() {
        return match hidden::ask(question) {
            Err(error) if error.kind() == ErrorKind::Interrupted => bail!("given up; nothing was kept"),
            typed => typed.context("nothing could be typed"),
        };
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST as usize + 1));
    std::io::stdin().take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        bail!("what came in is too long for a credential");
    }
    let text = std::str::from_utf8(&bytes).ok().context("what came in is no text")?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or("").to_owned()))
}

fn credential(email: Option<&String>) -> anyhow::Result<Credential> {
    if let Some(email) = email {
        let email = email.trim().to_owned();
        if !email.contains('@') {
            bail!("{} is no e-mail address", SafeText::name(&email));
        }
        let password = secret(&format!("Password of {} (not shown): ", SafeText::name(&email)))?;
        if password.is_empty() {
            bail!("no password came in; type it, or pipe it in");
        }
        return Ok(Credential::Login { email, password: Password::new(password) });
    }
    let token = secret("API token (not shown): ")?;
    if token.trim().is_empty() {
        bail!("no token came in; type it, or pipe it in");
    }
    let token = Token::parse(token).context("that is no token; it is one word of letters, digits and signs")?;
    Ok(Credential::Token(token))
}

/// Runs `login`; the exit code.
pub fn login(asked: &LoginArgs, flags: &Flags, environment: &Environment) -> anyhow::Result<i32> {
    let path = environment.config_file().context("there is no home folder to keep settings in")?;
    let place = place(flags, environment, true)?;
    let credential = credential(asked.email.as_ref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let accepted = runtime.block_on(session::accepted(&place.settings(), &credential));
    runtime.shutdown_timeout(Duration::from_millis(300));
    let mut out = super::stdout::Stdout;
    let accounts = match accepted {
        Ok((_, accounts)) => accounts,
        Err(failure) => {
            let sentence = SafeText::prose(&failure.sentence()).to_string();
            writeln!(std::io::stderr(), "fourpay: {sentence}; nothing was kept")?;
            return Ok(1);
        }
    };
    let (name, base_url) = (&place.profile.name, place.base_url.as_str());
    writeln!(out, "{base_url} accepts it and shows {accounts} accounts.")?;
    let slot = keyring::Slot::new(name, base_url);
    if let Err(trouble) = keyring::keep(&slot, &credential, KEYRING) {
        writeln!(std::io::stderr(), "{}", offer(&trouble, &credential, name, base_url, &path))?;
        return Ok(1);
    }
    writeln!(out, "It is kept in the keyring for profile {name} at this address, and for no other.")?;
    if let Some(made) = place.write(&path)? {
        let usual = if made { ", as the profile that is meant when none is named" } else { "" };
        writeln!(out, "The address was written to {}{usual}.", path.display())?;
    }
    for before in before_the_keyring(&place, environment) {
        writeln!(out, "Note: {} goes before the keyring; it is used as long as it is there.", shown(&before))?;
    }
    Ok(0)
}

/// What can be done where there is no keyring. Nothing is written to a plain file by this program.
fn offer(trouble: &keyring::Trouble, credential: &Credential, name: &str, base_url: &str, path: &Path) -> String {
    let what = match credential {
        Credential::Token(_) => "token",
        Credential::Login { .. } => "login",
    };
    let table = if name == profile::DEFAULT { String::new() } else { format!("[profiles.{name}]\n    ") };
    format!(
        "fourpay: the {what} is good, but it was not kept. The keyring: {trouble}; {}.\n\
         Without one, an API token can come from elsewhere. In {}:\n    \
         {table}base_url = \"{base_url}\"\n\
         and then one of:\n    \
         token_command = [\"pass\", \"show\", \"4pay/token\"]   a program that prints it\n    \
         token_file = \"/path/of/a/file\"                     readable by you alone (chmod 600)\n    \
         FOURPAY_TOKEN                                      in the environment of one run",
        trouble.fix(),
        path.display(),
    )
}

/// Sources that are used instead of what the keyring holds.
fn before_the_keyring(place: &Place, environment: &Environment) -> Vec<Source> {
    let mut sources = config::sources(None, &place.profile, None);
    let said = environment.token.is_some().then_some(Source::Environment);
    let command = sources.first().filter(|_| sources.command.take().is_some());
    said.into_iter().chain(command).chain(sources.first()).collect()
}

fn shown(source: &Source) -> SafeText {
    SafeText::prose(&source.to_string())
}

/// Runs `logout`; the exit code.
pub fn logout(flags: &Flags, environment: &Environment) -> anyhow::Result<i32> {
    let place = place(flags, environment, false)?;
    let (name, base_url) = (&place.profile.name, place.base_url.as_str());
    let gone = match keyring::forget(&keyring::Slot::new(name, base_url), KEYRING) {
        Ok(gone) => gone,
        Err(trouble) => {
            writeln!(std::io::stderr(), "fourpay: the keyring: {trouble}; {}", trouble.fix())?;
            return Ok(1);
        }
    };
    if let Some(folder) = &environment.cache_folder {
        // What was read with it; there may be nothing.
        let _ = std::fs::remove_file(remembered::path(folder, name));
    }
    let mut out = super::stdout::Stdout;
    match gone {
        true => writeln!(out, "The credential of profile {name} at {base_url} is gone from the keyring.")?,
        false => writeln!(out, "The keyring holds no credential of profile {name} at {base_url}.")?,
    }
    for left in before_the_keyring(&place, environment) {
        writeln!(out, "Note: {} is still there and is used.", shown(&left))?;
    }
    Ok(0)
}
