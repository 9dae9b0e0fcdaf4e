//! `fourpay config`: where the settings are, what could be written there, and what cannot be used.
//!
//! `check` looks at every profile, not only at the one that would be chosen. It asks no API.

use anyhow::Context;
use clap::{Args, Subcommand};

use crate::config::{Complaint, Environment, File, Profile, settings};
use crate::domain::text::SafeText;
use crate::files;

/// Settings: where they are, what may be written, what cannot be used.
#[derive(Args, Debug)]
pub struct ConfigArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Say what in the file cannot be used, where, and what to write; exit code 1 when there is anything
    Check,
    /// Print where the file is, or would be
    Path,
    /// Print a file with every setting, each commented out with its default
    Example,
}

/// Runs the command; the exit code.
pub fn command(asked: &ConfigArgs, environment: &Environment) -> anyhow::Result<i32> {
    let (text, code) = match asked.what {
        What::Example => (settings::example(), 0),
        What::Path => (format!("{}\n", path(environment)?), 0),
        What::Check => checked(&path(environment)?, environment),
    };
    super::stdout::print(&text)?;
    Ok(code)
}

fn path(environment: &Environment) -> anyhow::Result<String> {
    let path = environment.config_file();
    let path = path.context("there is no home folder, and so no place for settings; set XDG_CONFIG_HOME")?;
    Ok(path.display().to_string())
}

fn checked(path: &str, environment: &Environment) -> (String, i32) {
    let (file, there) = match File::load(environment) {
        Ok(loaded) => loaded,
        Err(error) => return (listed(path, &[error]), 1),
    };
    if !there {
        return (format!("{path}: there is no file; every setting has its default\n"), 0);
    }
    let mut complaints = file.complaints.clone();
    let usable = |profile: &Profile| token_file(profile).err();
    let inherited = |profile: &&Profile| profile.token_file != file.base.token_file;
    complaints.extend(usable(&file.base));
    complaints.extend(file.named.iter().filter(inherited).filter_map(usable));
    match complaints.as_slice() {
        [] => (format!("{path}: good; profiles: {}\n", file.names().collect::<Vec<_>>().join(", ")), 0),
        complaints => (listed(path, complaints), 1),
    }
}

fn token_file(profile: &Profile) -> Result<(), Complaint> {
    let Some(path) = &profile.token_file else { return Ok(()) };
    files::read_private(path).map(drop).map_err(|refused| Complaint {
        place: format!("profile {}", profile.name),
        problem: format!("token_file {} cannot be used: {refused}", path.display()),
        fix: refused.fix(path),
    })
}

fn listed(path: &str, complaints: &[Complaint]) -> String {
    let line = |c: &Complaint| {
        let problem = SafeText::prose(&format!("{}: {}", c.place, c.problem));
        format!("{problem}\n  → {}\n", SafeText::prose(&c.fix))
    };
    let count = match complaints.len() {
        1 => "1 thing".to_owned(),
        many => format!("{many} things"),
    };
    let lines: String = complaints.iter().map(line).collect();
    format!("{lines}{path}: {count} to fix\n")
}
