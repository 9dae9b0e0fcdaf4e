//! `fourpay profiles`: what can be chosen, where each is, and where its credential is from. Never the credential.

use serde::Serialize;

use crate::api::BaseUrl;
use crate::config::{self, Environment, File, Flags, profile};
use crate::credentials::{KEYRING, Source, keyring};
use crate::domain::settings::Environment as World;
use crate::domain::text::SafeText;

#[derive(Serialize)]
struct Row {
    name: String,
    /// Meant when none is named.
    usual: bool,
    base_url: Option<String>,
    environment: &'static str,
    /// Where the credential is from; `None` when there is none.
    credential: Option<String>,
}

/// Runs the command; the exit code.
pub fn command(json: bool, flags: &Flags, environment: &Environment) -> anyhow::Result<i32> {
    let (file, _) = File::load(environment)?;
    let meant = config::chosen_name(flags, environment, &file);
    let rows: Vec<Row> = file
        .names()
        .filter_map(|name| file.profile(name))
        .map(|profile| {
            let parsed = profile.base_url.as_deref().and_then(|url| BaseUrl::parse(url).ok());
            let world = profile.base_url.as_deref().map_or(World::Sandbox, |url| profile.environment(url));
            Row {
                usual: profile.name == meant,
                environment: match world {
                    World::Sandbox => "sandbox",
                    World::Production => "prod",
                },
                credential: match profile.name.as_str() {
                    profile::DEMO => Some(Source::Sandbox.to_string()),
                    _ => credential(environment, &profile, parsed.as_ref()),
                },
                base_url: profile.base_url,
                name: profile.name,
            }
        })
        .collect();
    let text = if json { serde_json::to_string_pretty(&rows)? + "\n" } else { printed(&rows) };
    super::stdout::print(&text)?;
    Ok(0)
}

/// Where it would be from. The keyring is asked whether it holds something, and not what.
fn credential(environment: &Environment, profile: &config::Profile, base_url: Option<&BaseUrl>) -> Option<String> {
    if environment.token.is_some() {
        return Some(Source::Environment.to_string());
    }
    let sources = config::sources(None, profile, base_url);
    match (sources.first()?, &sources.slot) {
        (Source::Keyring, Some(slot)) => match keyring::holds(slot, KEYRING) {
            Ok(true) => Some(Source::Keyring.to_string()),
            Ok(false) => None,
            Err(trouble) => Some(format!("{}: {trouble}", Source::Keyring)),
        },
        (source, _) => Some(source.to_string()),
    }
}

fn printed(rows: &[Row]) -> String {
    let safe = |text: Option<&str>, otherwise: &str| {
        text.map_or(otherwise.to_owned(), |text| SafeText::prose(text).to_string())
    };
    let base_url = |row: &Row| safe(row.base_url.as_deref(), if row.name == profile::DEMO { "embedded" } else { "–" });
    let widest = |of: &dyn Fn(&Row) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let names = widest(&|row| row.name.chars().count());
    let places = widest(&|row| base_url(row).chars().count());
    let line = |row: &Row| {
        let mark = if row.usual { '*' } else { ' ' };
        let credential = safe(row.credential.as_deref(), "none; fourpay login");
        format!("{mark} {:names$}  {:places$}  {:7}  {credential}\n", row.name, base_url(row), row.environment)
    };
    rows.iter().map(line).collect()
}
