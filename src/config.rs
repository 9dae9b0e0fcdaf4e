//! Settings, read at the start and when the profile is changed: flags over environment over file over defaults.
//!
//! What cannot be used is said with file, line and what to write instead; the dashboard starts all the same, and
//! where safety is at stake on the safe side. A credential is never a flag (other users of the machine see
//! arguments) and never stands in the file.

use std::fmt;
use std::path::PathBuf;

use etcetera::BaseStrategy;
use zeroize::Zeroizing;

use crate::api::Op;
use crate::app::appearance::Appearance;
use crate::app::keymap::Keymap;
use crate::app::msg::Setup;
use crate::app::source_file::Diagnostic;
use crate::app::theme::book::{Book, Depth};
use crate::app::view_state::ViewState;
use crate::app::views::View;
use crate::credentials::keyring::WebhookSlot;
use crate::credentials::webhook;
use crate::domain::secret::{Password, WebhookSecret};
use crate::domain::settings::Ground;
use crate::domain::settings::{LockSettings, RevealSettings, UnlockMethod, Zone};
use crate::domain::text::SafeText;
use crate::files::steering::Untrusted;

mod appearance;
pub mod file;
mod place;
pub mod profile;
pub mod settings;
mod target;
pub mod write;

pub use file::File;
pub use place::{Place, to_log_in};
pub use profile::Profile;
pub use target::{Api, Target, address, sources, webhook_sources};

/// What the command line says. The rest of it belongs to the commands.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub profile: Option<String>,
    pub base_url: Option<String>,
    pub sandbox: bool,
    pub read_only: bool,
    pub utc: bool,
    pub history: Option<usize>,
    /// The dashboard is to be looked at and nothing else.
    pub monitor: bool,
}

impl Flags {
    /// Whether the demo merchant was asked for, by its switch or its name.
    pub fn is_demo(&self) -> bool {
        self.sandbox || self.profile.as_deref() == Some(profile::DEMO)
    }
}

/// What the environment says.
#[derive(Debug, Default)]
pub struct Environment {
    pub profile: Option<String>,
    pub base_url: Option<String>,
    /// `FOURPAY_TOKEN`, before anybody has looked whether it is one.
    pub token: Option<Password>,
    /// How many colours the terminal has, by `NO_COLOR`, `COLORTERM` and `TERM`.
    pub depth: Depth,
    /// Whether the characters of the locale are Unicode.
    pub unicode: bool,
    /// The ground of the terminal, where `COLORFGBG` tells of it.
    pub ground: Option<Ground>,
    /// `FOURPAY_WEBHOOK_SECRET`: what deliveries are signed with.
    pub webhook_secret: Option<WebhookSecret>,
    /// `XDG_CONFIG_HOME/fourpay`; `None` for a user without a home.
    pub config_folder: Option<PathBuf>,
    /// `XDG_STATE_HOME/fourpay`.
    pub state_folder: Option<PathBuf>,
    /// `XDG_DATA_HOME/fourpay`: where the second copy of the journal's head is.
    pub data_folder: Option<PathBuf>,
    /// `XDG_CACHE_HOME/fourpay`: what can be read anew.
    pub cache_folder: Option<PathBuf>,
}

impl Environment {
    /// Reads the variables and folders this program looks at, and no others. One that is set and cannot be read is an
    /// error: taken for unset, another merchant would be opened than the one that was meant.
    pub fn read() -> Result<Environment, Complaint> {
        let folders = etcetera::base_strategy::Xdg::new().ok();
        Ok(Environment {
            profile: said("FOURPAY_PROFILE")?,
            base_url: said("FOURPAY_BASE_URL")?,
            token: said("FOURPAY_TOKEN")?.map(|text| Password::new(Zeroizing::new(text))),
            depth: depth(said("NO_COLOR")?, said("COLORTERM")?, said("TERM")?),
            unicode: is_utf8([said("LC_ALL")?, said("LC_CTYPE")?, said("LANG")?]),
            ground: said("COLORFGBG")?.as_deref().and_then(ground),
            webhook_secret: said("FOURPAY_WEBHOOK_SECRET")?.map(|text| WebhookSecret::new(Zeroizing::new(text))),
            config_folder: folders.as_ref().map(|xdg| xdg.config_dir().join("fourpay")),
            state_folder: folders.as_ref().and_then(BaseStrategy::state_dir).map(|folder| folder.join("fourpay")),
            data_folder: folders.as_ref().map(|folders| folders.data_dir().join("fourpay")),
            cache_folder: folders.as_ref().map(|folders| folders.cache_dir().join("fourpay")),
        })
    }

    /// Where the file is, whether it is there or not.
    pub fn config_file(&self) -> Option<PathBuf> {
        self.config_folder.as_ref().map(|folder| folder.join("config.toml"))
    }
}

/// What a variable says. Empty is the same as unset, as everywhere.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn said(name: &str) -> Result<Option<String>, Complaint> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        // The value is not repeated: it may be a secret.
        Err(std::env::VarError::NotUnicode(_)) => Err(Complaint {
            place: name.to_owned(),
            problem: "this variable is set and is no UTF-8 text".into(),
            fix: format!("set it anew, or take it away: unset {name}"),
        }),
    }
}

/// What kind of terminal this is, by `TERM`.
pub fn term() -> String {
    said("TERM").ok().flatten().unwrap_or_default()
}

/// The variables that name a proxy and are set. None is used.
pub fn proxies() -> Vec<&'static str> {
    let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    names.into_iter().filter(|name| said(name).ok().flatten().is_some_and(|value| !value.is_empty())).collect()
}

/// Whether the characters of the locale are Unicode: the first of the three that is set says it.
fn is_utf8(locale: [Option<String>; 3]) -> bool {
    let named = locale.into_iter().flatten().next().unwrap_or_default();
    // `en_US.UTF-8@euro`; macOS says `UTF-8` alone.
    let set = named.rsplit('.').next().unwrap_or("").split('@').next().unwrap_or("");
    matches!(set.to_ascii_lowercase().as_str(), "utf-8" | "utf8")
}

/// The ground that `COLORFGBG` tells of: `15;0` or `0;default;15`, as numbers of the sixteen colours.
fn ground(said: &str) -> Option<Ground> {
    match said.rsplit(';').next()?.trim().parse().ok()? {
        7 | 9..=15 => Some(Ground::Light),
        0..=6 | 8 => Some(Ground::Dark),
        _ => None,
    }
}

/// How many colours a terminal has that says this of itself. When in doubt, those that every one has.
fn depth(no_color: Option<String>, colorterm: Option<String>, term: Option<String>) -> Depth {
    let term = term.unwrap_or_default();
    match colorterm.as_deref() {
        _ if no_color.is_some() || term == "dumb" || term.starts_with("vt") => Depth::None,
        Some("truecolor" | "24bit") => Depth::True,
        _ if term.ends_with("-direct") => Depth::True,
        _ if term.contains("256color") => Depth::Indexed,
        _ => Depth::Sixteen,
    }
}

/// Paths that a deployment has elsewhere (API sheet 10.1).
pub type PathOverrides = Vec<(Op, String)>;

/// How the program was started: what a change of the profile goes back to.
#[derive(Clone, Debug)]
pub struct Began {
    flags: Flags,
    /// What the environment and the flags say of an address and a credential is said of this profile alone.
    profile: String,
}

/// Everything the program was told.
#[derive(Debug)]
pub struct Config {
    pub began: Began,
    pub target: Target,
    /// The one that was chosen, with what flags say instead.
    pub profile: Profile,
    /// Where that is what deliveries are signed with.
    pub webhook: webhook::Sources,
    /// Names of all that can be chosen.
    pub profiles: Vec<String>,
    /// Themes, the user's own among them.
    pub book: Book,
    /// The keys that the user has changed.
    pub keys: Keymap,
    /// Views that are saved in the file.
    pub views: Vec<View>,
    /// What the file says that cannot be used.
    pub complaints: Vec<Complaint>,
    /// How many colours the terminal has.
    pub depth: Depth,
    /// Whether the characters of the locale are Unicode.
    pub unicode: bool,
    /// What the environment says of the terminal's ground.
    pub ground: Option<Ground>,
    /// The file that was read, when there was one.
    pub file: Option<PathBuf>,
    pub config_folder: Option<PathBuf>,
    pub state_folder: Option<PathBuf>,
    /// `XDG_DATA_HOME/fourpay`: where the second copy of the journal's head is.
    pub data_folder: Option<PathBuf>,
    pub cache_folder: Option<PathBuf>,
}

/// What cannot be used, where it stands, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub place: String,
    pub problem: String,
    pub fix: String,
}

impl Complaint {
    /// Without the folder of the file.
    pub fn short(&self) -> String {
        let place = self.place.rsplit('/').next().unwrap_or("");
        format!("{place}: {}; {}", self.problem, self.fix)
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.problem, self.fix)
    }
}

impl std::error::Error for Complaint {}

impl From<Untrusted> for Complaint {
    fn from(Untrusted { place, problem, fix }: Untrusted) -> Complaint {
        Complaint { place: place.display().to_string(), problem, fix }
    }
}

impl From<Diagnostic> for Complaint {
    fn from(Diagnostic { place, problem, fix }: Diagnostic) -> Complaint {
        Complaint { place, problem, fix }
    }
}

impl Config {
    /// Puts flags, environment and file together.
    pub fn load(flags: &Flags, environment: Environment) -> Result<Config, Complaint> {
        let (file, there) = File::load(&environment)?;
        let profile = chosen(flags, &environment, &file)?;
        Config::of(profile, file, there, flags, environment)
    }

    fn of(
        mut profile: Profile,
        mut file: File,
        there: bool,
        flags: &Flags,
        mut environment: Environment,
    ) -> Result<Config, Complaint> {
        let (mut book, faults) = appearance::book(&environment);
        let (keys, more) = appearance::keys(&environment);
        file.complaints.extend(faults.into_iter().chain(more).map(Complaint::from));
        let target = target::target(flags, &mut environment, &profile)?;
        // Nothing was set up: this is the demo, whatever the settings would be called.
        if matches!(target, Target::Sandbox) && (flags.sandbox || profile.name == profile::DEFAULT) {
            profile = file.profile(profile::DEMO).unwrap_or_default();
        }
        profile.read_only |= flags.read_only;
        if flags.monitor {
            (profile.monitor, profile.read_only, profile.allow_reveal) = (true, true, false);
        }
        if flags.utc {
            profile.zone = Zone::Utc;
        }
        profile.history = flags.history.unwrap_or(profile.history);
        if let Some(ground) = environment.ground {
            book.see(ground);
        }
        if !book.choose(&profile.theme) {
            file.complaints.push(appearance::no_theme(&profile.theme, &book));
        }
        let slot = match &target {
            Target::Api(api) => Some(WebhookSlot::new(&profile.name, &api.base_url)),
            Target::Sandbox => None,
        };
        if environment.webhook_secret.as_ref().is_some_and(WebhookSecret::has_white_ends) {
            file.complaints.push(Complaint {
                place: webhook::VARIABLE.into(),
                problem: webhook::WHITE_ENDS.into(),
                fix: webhook::WHITE_ENDS_FIX.into(),
            });
        }
        let webhook = webhook::Sources { environment: environment.webhook_secret.take(), slot };
        let mut profiles: Vec<String> = file.names().map(str::to_owned).collect();
        if !profiles.contains(&profile.name) {
            profiles.insert(0, profile.name.clone());
        }
        Ok(Config {
            began: Began { flags: flags.clone(), profile: profile.name.clone() },
            target,
            profile,
            webhook,
            profiles,
            book,
            keys,
            file: environment.config_file().filter(|_| there),
            views: file.views,
            complaints: file.complaints,
            depth: environment.depth,
            unicode: environment.unicode,
            ground: environment.ground,
            config_folder: environment.config_folder,
            state_folder: environment.state_folder,
            data_folder: environment.data_folder,
            cache_folder: environment.cache_folder,
        })
    }

    /// The same program with another profile. Address and credential are the profile's own: what flags and
    /// environment say of them was said of the profile that the program began with, and a token must not be sent
    /// to somebody else's address. Nor does one merchant's webhook secret sign for another.
    pub fn change(began: &Began, name: &str, environment: Environment) -> Result<Config, Complaint> {
        let home = name == began.profile;
        let own = Flags { profile: Some(name.to_owned()), ..began.flags.clone() };
        let (flags, environment) = match home {
            true => (Flags { profile: began.flags.profile.clone(), ..own }, environment),
            false => (
                Flags { base_url: None, sandbox: false, ..own },
                Environment { profile: None, base_url: None, token: None, webhook_secret: None, ..environment },
            ),
        };
        let config = Config::load(&flags, environment)?;
        Ok(Config { began: began.clone(), ..config })
    }

    /// The same program at a place that somebody logs in to; the file may not know it yet.
    pub fn at(began: &Began, place: &Place, environment: Environment) -> Result<Config, Complaint> {
        let (file, there) = File::load(&environment)?;
        let flags = Flags { base_url: Some(place.base_url.as_str().to_owned()), sandbox: false, ..began.flags.clone() };
        let environment = Environment { token: None, ..environment };
        let config = Config::of(place.profile.clone(), file, there, &flags, environment)?;
        Ok(Config { began: began.clone(), ..config })
    }

    /// Whether this is the demo because nothing was set up, not because it was asked for.
    pub fn is_unset(&self) -> bool {
        matches!(self.target, Target::Sandbox) && !self.began.flags.sandbox && self.file.is_none()
    }

    /// Whether nothing but ASCII is drawn. What a terminal shows for other characters depends on its locale.
    pub fn ascii(&self) -> bool {
        self.profile.ascii.unwrap_or(!self.unicode)
    }

    /// What the dashboard is told about its surroundings. What opens its lock is for others to say.
    pub fn setup(&self) -> Setup {
        let profile = &self.profile;
        let (environment, base_url) = match &self.target {
            Target::Sandbox => (crate::domain::settings::Environment::Sandbox, "the embedded sandbox".to_owned()),
            Target::Api(api) => (profile.environment(&api.base_url), api.base_url.clone()),
        };
        Setup {
            environment,
            colour: profile.colour,
            profile: profile.name.clone(),
            demo: matches!(self.target, Target::Sandbox),
            profiles: self.profiles.clone(),
            base_url,
            read_only: profile.read_only,
            monitor: profile.monitor,
            zone: profile.zone.clone(),
            grouping: profile.grouping,
            low_balance: profile.low_balance.clone(),
            decline_rate: profile.decline_rate,
            history: profile.history,
            appearance: Appearance {
                book: self.book.clone(),
                keys: self.keys.clone(),
                ascii: self.ascii(),
                privacy: false,
            },
            mouse: profile.mouse,
            columns: profile.columns.clone(),
            showing: RevealSettings { allowed: profile.allow_reveal, time: profile.reveal },
            ask_reason: profile.ask_reason,
            locking: LockSettings {
                mask_after: profile.mask_after,
                lock_after: profile.lock_after,
                ..LockSettings { opens: UnlockMethod::Nothing, ..LockSettings::default() }
            },
            welcome: false,
            complaints: self.complaints.iter().map(Complaint::short).collect(),
            kept: ViewState::default(),
            views: self.views.clone(),
        }
    }
}

/// The name of the profile that is meant, without looking whether it can be used.
pub fn chosen_name(flags: &Flags, environment: &Environment, file: &File) -> String {
    let said = flags.profile.as_deref().or(environment.profile.as_deref());
    said.unwrap_or_else(|| file.usual()).to_owned()
}

fn chosen(flags: &Flags, environment: &Environment, file: &File) -> Result<Profile, Complaint> {
    let name = chosen_name(flags, environment, file);
    file.profile(&name).ok_or_else(|| Complaint {
        place: if flags.profile.is_some() { "--profile".into() } else { "FOURPAY_PROFILE".into() },
        problem: format!("there is no profile {}", SafeText::name(&name)),
        fix: format!("there are: {}", file.names().collect::<Vec<_>>().join(", ")),
    })
}

#[cfg(test)]
mod tests;
