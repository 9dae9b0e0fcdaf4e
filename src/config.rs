//! Settings, read once at the start: flags over environment over file over defaults.
//!
//! A value that cannot be used is refused with the file, the line and what to write instead. A credential
//! is never a flag (other users of the machine see arguments) and never stands in the file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use serde::Deserialize;
use toml::Spanned;
use zeroize::Zeroizing;

use crate::api::{BaseUrl, Contract, ENDPOINTS, Op};
use crate::domain::secret::Token;
use crate::domain::text::SafeText;
use crate::files;

pub mod profile;

pub use profile::Profile;

/// Transactions of each feed that are kept when nothing else is said.
pub const HISTORY: usize = 20_000;
/// Most that may be asked for.
const MOST_HISTORY: usize = 5_000_000;

/// What the command line says. The rest of it belongs to the commands.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub base_url: Option<String>,
    pub sandbox: bool,
    pub read_only: bool,
    pub utc: bool,
    pub history: Option<usize>,
}

/// What the environment says.
#[derive(Debug, Default)]
pub struct Environment {
    pub base_url: Option<String>,
    pub token: Option<Zeroizing<String>>,
    /// `NO_COLOR` with anything in it.
    pub no_color: bool,
    /// `XDG_CONFIG_HOME/fourpay`; `None` for a user without a home.
    pub config_folder: Option<PathBuf>,
    /// `XDG_STATE_HOME/fourpay`.
    pub state_folder: Option<PathBuf>,
}

impl Environment {
    /// Reads the variables and folders this program looks at, and no others.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn read() -> Environment {
        let said = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let folders = etcetera::base_strategy::Xdg::new().ok();
        Environment {
            base_url: said("FOURPAY_BASE_URL"),
            token: said("FOURPAY_TOKEN").map(Zeroizing::new),
            no_color: said("NO_COLOR").is_some(),
            config_folder: folders.as_ref().map(|xdg| xdg.config_dir().join("fourpay")),
            state_folder: folders.as_ref().and_then(BaseStrategy::state_dir).map(|folder| folder.join("fourpay")),
        }
    }
}

/// Where the credential comes from. Named by `doctor`; the value never is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `FOURPAY_TOKEN`.
    Environment,
    /// `token_file` of the configuration.
    File(PathBuf),
    /// Made by the embedded sandbox for this run.
    Sandbox,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Environment => f.write_str("environment variable FOURPAY_TOKEN"),
            Source::File(path) => write!(f, "token_file {}", path.display()),
            Source::Sandbox => f.write_str("the embedded sandbox"),
        }
    }
}

/// Which API is spoken to.
#[derive(Debug)]
pub enum Target {
    /// The server that comes with the program, on loopback.
    Sandbox,
    Api {
        base_url: String,
        token: Token,
        source: Source,
    },
}

/// Paths that a deployment has elsewhere (API sheet 10.1).
pub type PathOverrides = Vec<(Op, String)>;

/// Everything the program was told.
#[derive(Debug)]
pub struct Config {
    pub target: Target,
    pub profile: Profile,
    pub read_only: bool,
    pub utc: bool,
    pub history: usize,
    pub no_color: bool,
    pub paths: PathOverrides,
    /// The file that was read, when there was one.
    pub file: Option<PathBuf>,
    pub config_folder: Option<PathBuf>,
    pub state_folder: Option<PathBuf>,
}

/// Why the settings cannot be used, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub place: String,
    pub problem: String,
    pub fix: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.problem, self.fix)
    }
}

impl std::error::Error for ConfigError {}

/// The file. Every value keeps its place, so that an error can name the line.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    base_url: Option<Spanned<String>>,
    token_file: Option<Spanned<PathBuf>>,
    token: Option<Spanned<toml::Value>>,
    read_only: Option<bool>,
    utc: Option<bool>,
    history: Option<Spanned<i64>>,
    allow_reveal: Option<bool>,
    allow_remote_copy: Option<bool>,
    reveal: Option<Spanned<i64>>,
    clipboard: Option<Spanned<i64>>,
    #[serde(default)]
    paths: std::collections::BTreeMap<String, Spanned<String>>,
}

/// Seconds a card may be shown.
const REVEAL: (i64, i64) = (5, 60);
/// Seconds a copied secret may stay in the clipboard.
const CLIPBOARD: (i64, i64) = (10, 90);

impl File {
    fn profile(&self, name: &str) -> Profile {
        let usual = Profile::default();
        let seconds = |said: &Option<Spanned<i64>>, otherwise| {
            said.as_ref().and_then(|n| u64::try_from(*n.get_ref()).ok()).map_or(otherwise, Duration::from_secs)
        };
        Profile {
            name: name.into(),
            allow_reveal: self.allow_reveal.unwrap_or(usual.allow_reveal),
            allow_remote_copy: self.allow_remote_copy.unwrap_or(usual.allow_remote_copy),
            reveal: seconds(&self.reveal, usual.reveal),
            clipboard: seconds(&self.clipboard, usual.clipboard),
        }
    }
}

/// What may stand in the file, for the message about a key that may not.
const KEYS: &str = "base_url, token_file, read_only, utc, history, allow_reveal, allow_remote_copy, reveal, clipboard, \
                    [paths]";

impl Config {
    /// Puts flags, environment and file together.
    pub fn load(flags: &Flags, environment: Environment) -> Result<Config, ConfigError> {
        let path = environment.config_folder.clone().unwrap_or_default().join("config.toml");
        let text = match environment.config_folder.as_ref().map(|_| std::fs::read_to_string(&path)) {
            Some(Ok(text)) => Some(text),
            Some(Err(refused)) if refused.kind() != std::io::ErrorKind::NotFound => {
                return Err(ConfigError {
                    place: path.display().to_string(),
                    problem: format!("the file cannot be read ({refused})"),
                    fix: "make it readable for you, or remove it".into(),
                });
            }
            Some(Err(_)) | None => None,
        };
        let place = Place { path: &path, text: text.as_deref().unwrap_or("") };
        let file = match &text {
            Some(text) => toml::from_str::<File>(text).map_err(|error| place.unreadable(&error))?,
            None => File::default(),
        };
        place.check(&file)?;
        let paths = place.paths(&file)?;
        let history = flags.history.unwrap_or_else(|| {
            file.history.as_ref().and_then(|n| usize::try_from(*n.get_ref()).ok()).unwrap_or(HISTORY)
        });
        let target = target(flags, &environment, &file, &path)?;
        let name = match &target {
            Target::Sandbox => "demo",
            Target::Api { .. } => profile::DEFAULT,
        };
        Ok(Config {
            target,
            profile: file.profile(name),
            read_only: flags.read_only || file.read_only.unwrap_or(false),
            utc: flags.utc || file.utc.unwrap_or(false),
            history: history.clamp(1, MOST_HISTORY),
            no_color: environment.no_color,
            paths,
            file: text.is_some().then(|| path.clone()),
            config_folder: environment.config_folder,
            state_folder: environment.state_folder,
        })
    }
}

/// A credential and an address make a real API; neither makes the sandbox; one alone is a mistake.
fn target(flags: &Flags, environment: &Environment, file: &File, path: &Path) -> Result<Target, ConfigError> {
    if flags.sandbox {
        return Ok(Target::Sandbox);
    }
    let (base_url, said_by) = match (&flags.base_url, &environment.base_url, &file.base_url) {
        (Some(url), _, _) => (Some(url.clone()), "--base-url".to_owned()),
        (None, Some(url), _) => (Some(url.clone()), "FOURPAY_BASE_URL".to_owned()),
        (None, None, Some(url)) => (Some(url.get_ref().clone()), path.display().to_string()),
        (None, None, None) => (None, String::new()),
    };
    let credential = match (&environment.token, &file.token_file) {
        (Some(token), _) => Some((token.clone(), Source::Environment)),
        (None, Some(token_file)) => {
            let token_file = token_file.get_ref();
            let text = files::read_private(token_file).map_err(|refused| ConfigError {
                place: path.display().to_string(),
                problem: format!("token_file {} cannot be used: {refused}", token_file.display()),
                fix: refused.fix(token_file),
            })?;
            Some((text, Source::File(token_file.clone())))
        }
        (None, None) => None,
    };
    if let Some(base_url) = &base_url {
        BaseUrl::parse(base_url).map_err(|why| ConfigError {
            place: said_by.clone(),
            problem: format!("the address {} cannot be used: {why}", SafeText::name(base_url)),
            fix: "such as https://api.4pay.cc; http is for 127.0.0.1 and [::1] alone".into(),
        })?;
    }
    match (base_url, credential) {
        (None, None) => Ok(Target::Sandbox),
        (Some(base_url), Some((text, source))) => {
            let token = Token::parse(text).ok_or_else(|| ConfigError {
                place: source.to_string(),
                problem: "what it holds is no token".into(),
                fix: "a token is one word of letters, digits and signs, without spaces".into(),
            })?;
            Ok(Target::Api { base_url, token, source })
        }
        (Some(_), None) => Err(ConfigError {
            place: said_by,
            problem: "there is an address but no credential".into(),
            fix: "set FOURPAY_TOKEN to the API token of your merchant, or use --sandbox".into(),
        }),
        (None, Some((_, source))) => Err(ConfigError {
            place: source.to_string(),
            problem: "there is a credential but no address".into(),
            fix: "set FOURPAY_BASE_URL to the base URL of your environment, such as https://api.4pay.cc".into(),
        }),
    }
}

/// Where in the file something stands.
struct Place<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Place<'_> {
    fn at(&self, offset: usize) -> String {
        let line = self.text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1;
        format!("{}:{line}", self.path.display())
    }

    fn unreadable(&self, error: &toml::de::Error) -> ConfigError {
        let place = error.span().map_or_else(|| self.path.display().to_string(), |span| self.at(span.start));
        // The library's own text may quote the line, and the line may hold a secret.
        let message = error.message();
        let (problem, fix) = match message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
            Some((key, _)) => (format!("there is no setting `{key}`"), format!("the settings are {KEYS}")),
            None => (format!("this is no valid setting ({message})"), format!("the settings are {KEYS}")),
        };
        ConfigError { place, problem, fix }
    }

    fn paths(&self, file: &File) -> Result<PathOverrides, ConfigError> {
        let op = |(name, path): (&String, &Spanned<String>)| {
            let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.name == name.as_str());
            let endpoint = endpoint.ok_or_else(|| ConfigError {
                place: self.at(path.span().start),
                problem: format!("there is no endpoint `{name}`"),
                fix: "`fourpay doctor` lists their names".into(),
            })?;
            let found = (endpoint.op, path.get_ref().clone());
            Contract::assumed(std::slice::from_ref(&found)).map_err(|why| ConfigError {
                place: self.at(path.span().start),
                problem: format!("`{}` is no path for it: {why}", path.get_ref()),
                fix: format!("write it like {} {}", endpoint.method.as_str(), endpoint.path),
            })?;
            Ok(found)
        };
        file.paths.iter().map(op).collect()
    }

    fn check(&self, file: &File) -> Result<(), ConfigError> {
        if let Some(token) = &file.token {
            return Err(ConfigError {
                place: self.at(token.span().start),
                problem: "a token may not stand in this file".into(),
                fix: "remove the line, have the token replaced if others could read the file, and set FOURPAY_TOKEN \
                      or token_file instead"
                    .into(),
            });
        }
        for (name, value, (least, most)) in [
            ("history", &file.history, (1, MOST_HISTORY as i64)),
            ("reveal", &file.reveal, REVEAL),
            ("clipboard", &file.clipboard, CLIPBOARD),
        ] {
            if let Some(value) = value
                && !(least..=most).contains(value.get_ref())
            {
                return Err(ConfigError {
                    place: self.at(value.span().start),
                    problem: format!("{name} = {} is out of range", value.get_ref()),
                    fix: format!("write a whole number from {least} to {most}"),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn folder(text: &str) -> (tempfile::TempDir, Environment) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::File::create(folder.path().join("config.toml")).unwrap().write_all(text.as_bytes()).unwrap();
        let environment = Environment { config_folder: Some(folder.path().to_owned()), ..Environment::default() };
        (folder, environment)
    }

    fn refused(text: &str) -> String {
        let (folder, environment) = folder(text);
        let error = Config::load(&Flags::default(), environment).unwrap_err().to_string();
        error.replace(&folder.path().display().to_string(), "DIR")
    }

    #[test]
    fn nothing_said_is_the_sandbox() {
        let config = Config::load(&Flags::default(), Environment::default()).unwrap();
        assert!(matches!(config.target, Target::Sandbox));
        assert_eq!(config.history, HISTORY);
    }

    #[test]
    fn an_address_or_a_credential_alone_is_a_mistake_that_says_what_is_missing() {
        let only_url = Environment { base_url: Some("https://x.example".into()), ..Environment::default() };
        let error = Config::load(&Flags::default(), only_url).unwrap_err();
        assert!(error.fix.contains("FOURPAY_TOKEN"), "{error}");
        let only_token = Environment { token: Some(Zeroizing::new("tok_CANARY".into())), ..Environment::default() };
        let error = Config::load(&Flags::default(), only_token).unwrap_err();
        assert!(error.fix.contains("FOURPAY_BASE_URL"), "{error}");
        assert!(!error.to_string().contains("CANARY"));
    }

    #[test]
    fn flags_go_before_environment_before_file() {
        let said = |flag: Option<&str>, variable: Option<&str>| {
            let (_folder, environment) = folder("base_url = \"https://file.example\"\nutc = true\n");
            let environment = Environment {
                token: Some(Zeroizing::new("tok_1".into())),
                base_url: variable.map(str::to_owned),
                ..environment
            };
            let flags = Flags { base_url: flag.map(str::to_owned), ..Flags::default() };
            match Config::load(&flags, environment).unwrap().target {
                Target::Api { base_url, .. } => base_url,
                Target::Sandbox => "sandbox".into(),
            }
        };
        assert_eq!(said(None, None), "https://file.example");
        assert_eq!(said(None, Some("https://env.example")), "https://env.example");
        assert_eq!(said(Some("https://flag.example"), Some("https://env.example")), "https://flag.example");
    }

    #[test]
    fn a_bad_file_is_named_with_line_and_fix() {
        assert_eq!(
            refused("utc = true\nbase = 1\n"),
            format!("DIR/config.toml:2: there is no setting `base`; the settings are {KEYS}")
        );
        assert!(refused("\n\nhistory = 0\n").starts_with("DIR/config.toml:3: history = 0 is out of range"));
        assert!(refused("reveal = 61\n").contains("reveal = 61 is out of range; write a whole number from 5 to 60"));
        assert!(refused("clipboard = 9\n").contains("from 10 to 90"));
        assert!(refused("utc = \"yes\"\n").starts_with("DIR/config.toml:1: "));
        assert!(refused("utc = \n").starts_with("DIR/config.toml:1: "));
    }

    #[test]
    fn s1_a_token_in_the_file_is_refused_and_not_repeated() {
        let error = refused("utc = true\ntoken = \"tok_CANARY\"\n");
        assert!(error.starts_with("DIR/config.toml:2: a token may not stand in this file"), "{error}");
        assert!(!error.contains("CANARY"));
    }
}
