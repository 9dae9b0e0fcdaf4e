//! The file: settings for all profiles, and a table for each profile that differs.
//!
//! ```toml
//! zone = "utc"                      # for every profile
//!
//! [profiles.prod]
//! base_url = "https://api.4pay.cc"
//! token_file = "/home/me/.config/fourpay/prod"
//! ```
//!
//! What cannot be used is said with its line and what to write instead, and the rest is used all the same. Two
//! things are errors: a file that is no TOML, and a token in it.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::profile::{DEFAULT, DEMO, Profile};
use super::settings::{self, Kind, SETTINGS, Safe, Setting};
use super::{Complaint, Environment};
use crate::api::{Auth, Contract, ENDPOINTS};
use crate::app::views::View;
use crate::domain::text::SafeText;
use crate::files::steering;
use crate::ops::journal;

pub mod views;

/// Keys of the file that belong to no profile.
const WHOLE: [&str; 3] = ["default_profile", "profiles", "views"];
/// Keys that a token might stand behind.
const TOKENS: [&str; 4] = ["token", "api_token", "password", "secret"];
/// What a setting was called before, or is called elsewhere, and what to write.
const OTHERWISE: [(&str, &str); 2] = [("utc", "zone = \"utc\""), ("locale", "grouping, for example \"1.234,50\"")];

/// What the file says.
#[derive(Debug, Default)]
pub struct File {
    /// The settings before all profiles.
    pub base: Profile,
    /// Those with a table of their own, by name.
    pub named: Vec<Profile>,
    pub default_profile: Option<String>,
    /// Views, in the order of the file.
    pub views: Vec<View>,
    /// What could not be used, in the order of the lines.
    pub complaints: Vec<Complaint>,
}

impl File {
    /// Reads the file of the configuration folder; the defaults when there is none. `true`: it was there.
    pub fn load(environment: &Environment) -> Result<(File, bool), Complaint> {
        let Some(path) = environment.config_file() else { return Ok((File::default(), false)) };
        match steering::read(&path)? {
            Some(text) => Ok((File::read(&path, &text)?, true)),
            None => Ok((File::default(), false)),
        }
    }

    /// Reads the text of the file at this path.
    pub fn read(path: &Path, text: &str) -> Result<File, Complaint> {
        let mut reader = Reader { path, text, complaints: Vec::new(), token: None };
        let table = match DeTable::parse(text) {
            Ok(table) => table.into_inner(),
            Err(error) => return Err(reader.unreadable(&error)),
        };
        let mut file = File::default();
        reader.table("", &table, &mut file.base, &WHOLE);
        let mut default = None;
        for (key, value) in &table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("default_profile", DeValue::String(name)) => default = Some((value.span(), name.to_string())),
                ("default_profile", _) => {
                    reader.complain(value.span(), "default_profile is no text".into(), "write the name of a profile");
                }
                ("profiles", DeValue::Table(profiles)) => {
                    for (name, said) in profiles {
                        file.named.extend(reader.profile(name, said, &file.base));
                    }
                }
                ("profiles", _) => {
                    let fix = "write a line [profiles.NAME] and its settings below it";
                    reader.complain(value.span(), "profiles is no table".into(), fix);
                }
                ("views", DeValue::Table(views)) => file.views = reader.views(views, &file.base.zone),
                ("views", _) => {
                    reader.complain(value.span(), "views is no table".into(), views::FIX);
                }
                _ => {}
            }
        }
        if let Some((span, name)) = default {
            let known = file.profile(&name).is_some();
            if !known {
                let shown = SafeText::name(&name);
                let fix = format!("write one of: {}", file.names().collect::<Vec<_>>().join(", "));
                reader.complain(span, format!("default_profile names \"{shown}\", which is not here"), &fix);
            }
            file.default_profile = known.then_some(name);
        }
        if let Some(token) = reader.token {
            return Err(token);
        }
        reader.complaints.sort_by_key(|(at, _)| *at);
        file.complaints = reader.complaints.into_iter().map(|(_, complaint)| complaint).collect();
        Ok(file)
    }

    /// Names of all profiles that can be chosen; the embedded sandbox is always one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let named = || self.named.iter().map(|profile| profile.name.as_str());
        let more = |name: &'static str| named().all(|known| known != name).then_some(name);
        let plain = more(DEFAULT).filter(|_| self.base.base_url.is_some());
        plain.into_iter().chain(named()).chain(more(DEMO))
    }

    /// The profile of a name.
    pub fn profile(&self, name: &str) -> Option<Profile> {
        let named = self.named.iter().find(|profile| profile.name == name).cloned();
        named.or_else(|| match name {
            DEFAULT => Some(self.base.clone()),
            DEMO => Some(Profile {
                name: DEMO.into(),
                base_url: None,
                said_environment: None,
                colour: None,
                token_file: None,
                token_command: Vec::new(),
                auth: Auth::Auto,
                paths: Vec::new(),
                ..self.base.clone()
            }),
            _ => None,
        })
    }

    /// The name of the profile that is meant when none is named: the one the file says, else the only one. An address
    /// before all tables makes one too.
    pub fn usual(&self) -> &str {
        match (&self.default_profile, self.named.as_slice()) {
            (Some(name), _) => name,
            (None, [only]) if self.base.base_url.is_none() => &only.name,
            (None, _) => DEFAULT,
        }
    }
}

/// What is being read, and what was wrong with it so far.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    /// With the place, to put them in the order of the file.
    complaints: Vec<(usize, Complaint)>,
    token: Option<Complaint>,
}

impl Reader<'_> {
    fn place(&self, offset: usize) -> String {
        let line = self.text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1;
        format!("{}:{line}", self.path.display())
    }

    fn unreadable(&self, error: &toml::de::Error) -> Complaint {
        Complaint {
            place: error.span().map_or_else(|| self.path.display().to_string(), |span| self.place(span.start)),
            // The library's longer text quotes the line, and the line may hold a secret.
            problem: format!("this is no TOML ({})", error.message()),
            fix: "a setting is a line such as: history = 20000".into(),
        }
    }

    fn complain(&mut self, span: Range<usize>, problem: String, fix: &str) {
        let complaint = Complaint { place: self.place(span.start), problem, fix: fix.into() };
        self.complaints.push((span.start, complaint));
    }

    fn profile(
        &mut self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        said: &Spanned<DeValue<'_>>,
        base: &Profile,
    ) -> Option<Profile> {
        let shown = SafeText::name(name.get_ref());
        if !journal::is_name(name.get_ref()) {
            let fix = "use up to 64 letters, digits, - and _, and no month in it";
            self.complain(name.span(), format!("\"{shown}\" cannot be the name of a profile"), fix);
            return None;
        }
        let DeValue::Table(table) = said.get_ref() else {
            self.complain(
                name.span(),
                format!("profiles.{shown} is no table"),
                "write its settings below [profiles.…]",
            );
            return None;
        };
        let mut profile = Profile { name: name.get_ref().to_string(), ..base.clone() };
        // A credential of its own is the only one, and an address of its own gets none but its own: what stands before
        // all tables belongs to the address that stands there.
        let says = |names: &[&str]| table.keys().any(|key| names.contains(&key.get_ref().as_ref()));
        if says(&["token_file", "token_command", "base_url"]) {
            let (file, command) = (profile.token_file.take(), std::mem::take(&mut profile.token_command));
            profile.withheld = says(&["base_url"]) && (file.is_some() || !command.is_empty());
        }
        self.table("", table, &mut profile, &[]);
        Some(profile)
    }

    /// The settings of a table; `within` is the name of the table they belong to, with its point.
    fn table(&mut self, within: &str, table: &DeTable<'_>, profile: &mut Profile, others: &[&str]) {
        for (key, value) in table {
            let written = key.get_ref().as_ref();
            let name = format!("{within}{written}");
            let below = format!("{name}.");
            if TOKENS.contains(&written) {
                self.refuse_token(key.span());
            } else if others.contains(&written) {
            } else if let Some(setting) = settings::find(&name) {
                match (setting.kind, value.get_ref()) {
                    (Kind::Paths, DeValue::Table(paths)) => self.paths(paths, profile),
                    _ => self.setting(setting, value, profile),
                }
            } else if SETTINGS.iter().any(|setting| setting.name.starts_with(&below)) {
                match value.get_ref() {
                    DeValue::Table(table) => self.table(&below, table, profile, &[]),
                    _ => self.complain(key.span(), format!("{name} is no table"), &format!("write a line [{name}]")),
                }
            } else {
                self.unknown(key.span(), &name, others);
            }
        }
    }

    fn refuse_token(&mut self, span: Range<usize>) {
        let complaint = Complaint {
            place: self.place(span.start),
            problem: "a token may not stand in this file".into(),
            fix:
                "remove the line, have the token replaced if others could read the file, and run fourpay login, which \
                  keeps it in the keyring; or set token_command, token_file or FOURPAY_TOKEN"
                    .into(),
        };
        self.token.get_or_insert(complaint);
    }

    fn unknown(&mut self, span: Range<usize>, name: &str, others: &[&str]) {
        let names = SETTINGS.iter().map(|setting| setting.name).chain(others.iter().copied());
        let fix = match OTHERWISE.iter().find(|(known, _)| *known == name) {
            Some((_, instead)) => format!("write {instead}"),
            None => match settings::suggest(name, names) {
                Some(near) => format!("did you mean {near}?"),
                None => "fourpay config example lists them".into(),
            },
        };
        self.complain(span, format!("there is no setting {}", SafeText::name(name)), &fix);
    }

    fn setting(&mut self, setting: &Setting, value: &Spanned<DeValue<'_>>, profile: &mut Profile) {
        let Err(problem) = apply(setting, value.get_ref(), profile) else { return };
        if let Safe::Is(text) = setting.safe
            && let Ok(safe) = DeValue::parse(text)
        {
            // A safe value can be used: a test tries all of them.
            let _ = apply(setting, safe.get_ref(), profile);
        }
        let until = match (setting.safe, setting.kind.shown(profile)) {
            (Safe::Any, _) => String::new(),
            (_, Some(shown)) => format!("; until then it is {shown}"),
            (Safe::Is("\"\""), None) => "; until then it is off".into(),
            (Safe::Is(text), None) => format!("; until then it is {text}"),
            (Safe::Stays, None) => String::new(),
        };
        let fix = format!("write {}{until}", setting.kind.shape());
        self.complain(value.span(), format!("{} cannot be this: {problem}", setting.name), &fix);
    }

    fn paths(&mut self, table: &DeTable<'_>, profile: &mut Profile) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let Some(endpoint) = ENDPOINTS.iter().find(|endpoint| endpoint.name == name) else {
                let fix = match settings::suggest(name, ENDPOINTS.iter().map(|endpoint| endpoint.name)) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "fourpay doctor lists their names".into(),
                };
                self.complain(key.span(), format!("there is no endpoint {}", SafeText::name(name)), &fix);
                continue;
            };
            let fix = format!("write it like \"{} {}\"", endpoint.method.as_str(), endpoint.path);
            let DeValue::String(path) = value.get_ref() else {
                self.complain(value.span(), format!("the path of {name} is no text"), &fix);
                continue;
            };
            let found = (endpoint.op, path.to_string());
            match Contract::assumed(std::slice::from_ref(&found)) {
                Ok(_) => {
                    profile.paths.retain(|(op, _)| *op != endpoint.op);
                    profile.paths.push(found);
                }
                Err(why) => self.complain(value.span(), format!("this is no path for {name}: {why}"), &fix),
            }
        }
    }
}

/// Puts a value into the profile, or says what is wrong with it. The value is not repeated: it may be a secret
/// in the wrong place.
fn apply(setting: &Setting, value: &DeValue<'_>, profile: &mut Profile) -> Result<(), String> {
    let wrong = || Err(format!("it is {}", words(value)));
    match (setting.kind, value) {
        (Kind::Flag(of), DeValue::Boolean(yes)) => *of(profile) = *yes,
        (Kind::Either(set), DeValue::Boolean(yes)) => set(profile, *yes),
        (Kind::Seconds(least, most, of), DeValue::Integer(_)) => {
            *of(profile) = std::time::Duration::from_secs(whole(value, least, most)?);
        }
        (Kind::Whole(least, most, set), DeValue::Integer(_)) => set(profile, whole(value, least, most)?),
        (Kind::Word(known, set), DeValue::String(text)) => match known.iter().position(|word| word == text) {
            Some(at) => set(profile, at),
            None => return Err("it is none of the words".into()),
        },
        (Kind::Text(_, set), DeValue::String(text)) => set(profile, text)?,
        (Kind::Texts(_, set), DeValue::String(text)) => set(profile, vec![text.to_string()])?,
        (Kind::Texts(_, set), DeValue::Array(values)) => {
            let text = |value: &Spanned<DeValue<'_>>| value.get_ref().as_str().map(str::to_owned);
            let texts: Option<Vec<String>> = values.iter().map(text).collect();
            set(profile, texts.ok_or("not all in it is text")?)?;
        }
        _ => return wrong(),
    }
    Ok(())
}

fn whole(value: &DeValue<'_>, least: u64, most: u64) -> Result<u64, String> {
    let number = value.as_integer().map_or(0, |n| i128::from_str_radix(n.as_str(), n.radix()).unwrap_or(-1));
    let number = u64::try_from(number).ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| "it is out of range".into())
}

fn words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests;
