//! `fourpay webhooks secret`, and the one way in which commands come by what deliveries are signed with.
//!
//! It is typed where it is not shown, or piped in; it is never an argument.

use std::io::{ErrorKind, Write};

use anyhow::bail;

use super::{hidden, login};
use crate::config::{Environment, Flags};
use crate::credentials::KEYRING;
use crate::credentials::keyring::{self, WebhookSlot};
use crate::credentials::webhook::{self, Found, Source, Sources, VARIABLE};
use crate::domain::secret::WebhookSecret;
use crate::domain::text::SafeText;

/// Longest secret, in bytes: what the form of the configuration takes.
const LONGEST: usize = 255;

/// The secret of the environment or the keyring, else typed and not shown. A keyring that is of no use is said.
pub fn secret(sources: Sources) -> anyhow::Result<Found> {
    let trouble = match sources.read() {
        Ok(Some(found)) => return Ok(found),
        Ok(None) => None,
        Err(trouble) => Some(trouble),
    };
    if let Some(trouble) = &trouble {
        let _ = writeln!(std::io::stderr(), "fourpay: the keyring: {}", SafeText::prose(&trouble.to_string()));
    }
    // Asked at the terminal, whatever standard input is.
    match hidden::ask("Webhook secret (not shown): ") {
        Ok(typed) if !typed.is_empty() => Ok(Found::new(WebhookSecret::new(typed), Source::Typed)),
        Ok(_) => bail!("nothing was typed; without the secret no signature can be made or checked"),
        Err(stopped) if stopped.kind() == ErrorKind::Interrupted => bail!("nothing was typed"),
        Err(_) => match trouble {
            Some(trouble) => bail!("there is no secret and no terminal to ask at; {}", webhook::fix(&trouble)),
            None => bail!(
                "there is no secret and no terminal to ask at; keep it with `fourpay webhooks secret`, or set {VARIABLE}"
            ),
        },
    }
}

/// Keeps the secret of a profile in the keyring, or takes it out; the exit code.
pub fn command(forget: bool, flags: &Flags, environment: &Environment) -> anyhow::Result<i32> {
    let place = login::place(flags, environment, false)?;
    let (name, base_url) = (&place.profile.name, place.base_url.as_str());
    let slot = WebhookSlot::new(name, base_url);
    let mut out = super::stdout::Stdout;
    let done = match forget {
        true => keyring::forget(&slot, KEYRING),
        false => keyring::keep(&slot, &typed(name)?, KEYRING).map(|()| true),
    };
    let gone = match done {
        Ok(gone) => gone,
        Err(trouble) => {
            let undone = if forget { "nothing was forgotten" } else { "nothing was kept" };
            let said = SafeText::prose(&format!("the keyring: {trouble}; {undone}; {}", webhook::fix(&trouble)));
            writeln!(std::io::stderr(), "fourpay: {said}")?;
            return Ok(1);
        }
    };
    let what = format!("webhook secret of profile {name} at {base_url}");
    match (forget, gone) {
        (false, _) => writeln!(out, "The {what} is kept in the keyring.")?,
        (true, true) => writeln!(out, "The {what} is gone from the keyring.")?,
        (true, false) => writeln!(out, "The keyring holds no {what}.")?,
    }
    if environment.webhook_secret.is_some() {
        let used =
            if forget { "is still there and is used" } else { "goes before it, and is used as long as it is there" };
        writeln!(out, "Note: {VARIABLE} {used}.")?;
    }
    Ok(0)
}

fn typed(profile: &str) -> anyhow::Result<WebhookSecret> {
    let typed = login::secret(&format!("Webhook secret of profile {profile} (not shown): "))?;
    if typed.trim().is_empty() {
        bail!("no secret came in; type it, or pipe it in");
    }
    if typed.trim() != typed.as_str() {
        bail!("it begins or ends with a space; nothing was kept");
    }
    if typed.len() > LONGEST {
        bail!("it is longer than {LONGEST} bytes; nothing was kept");
    }
    Ok(WebhookSecret::new(typed))
}
