//! The one table of settings: name, what may be written, default, meaning.
//!
//! What is accepted, `fourpay config example` and the table in `docs/configuration.md` all come from it; nothing else
//! names a setting. Does not know files.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::profile::Profile;
use crate::api::{Auth, BaseUrl};
use crate::app::columns;
use crate::domain::money::{Currency, Grouping, parse_decimal};
use crate::domain::settings::{Environment, LowBalance, Tint, Zone};
pub use crate::domain::suggest::suggest;

/// Most transactions that may be asked for.
const MOST_HISTORY: u64 = 5_000_000;

/// What may be written, and where it goes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Flag(fn(&mut Profile) -> &mut bool),
    /// Yes or no, where nothing said is something else again.
    Either(fn(&mut Profile, bool)),
    /// Whole seconds, from, to.
    Seconds(u64, u64, fn(&mut Profile) -> &mut Duration),
    /// A whole number, from, to.
    Whole(u64, u64, fn(&mut Profile, u64)),
    /// One of some words; which one.
    Word(&'static [&'static str], fn(&mut Profile, usize)),
    /// A text of this shape; the error says what is wrong with it.
    Text(&'static str, fn(&mut Profile, &str) -> Result<(), String>),
    /// Texts in a list, or one by itself; what they are.
    Texts(&'static str, fn(&mut Profile, Vec<String>) -> Result<(), String>),
    /// A table of its own, by names of endpoints.
    Paths,
}

/// What a bad value leads to, where it matters for safety.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safe {
    /// Nothing is at stake: it is as if the line were not there.
    Any,
    /// As if the line were not there, and that is said: the default is as strict as it gets.
    Stays,
    /// This is taken instead, and that is said.
    Is(&'static str),
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// With the name of its table before a point: `columns.cards`.
    pub name: &'static str,
    pub kind: Kind,
    /// A value as it is written in the file: the default, when there is one.
    pub value: &'static str,
    /// What happens when nothing is said, where that is no value.
    pub otherwise: Option<&'static str>,
    pub meaning: &'static str,
    pub safe: Safe,
}

impl Kind {
    /// What may be written, in words.
    pub fn shape(&self) -> String {
        match self {
            Kind::Flag(_) | Kind::Either(_) => "true or false".into(),
            Kind::Seconds(least, most, _) => format!("whole seconds from {least} to {most}"),
            Kind::Whole(least, most, _) => format!("a whole number from {least} to {most}"),
            Kind::Word(words, _) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                match quoted.split_last() {
                    Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
                    _ => quoted.concat(),
                }
            }
            Kind::Text(shape, _) | Kind::Texts(shape, _) => (*shape).into(),
            Kind::Paths => "a table of its own".into(),
        }
    }

    /// What a profile has, where one word says it.
    pub fn shown(&self, profile: &mut Profile) -> Option<String> {
        match self {
            Kind::Flag(of) => Some(of(profile).to_string()),
            Kind::Seconds(_, _, of) => Some(format!("{} s", of(profile).as_secs())),
            _ => None,
        }
    }
}

const fn setting(name: &'static str, kind: Kind, value: &'static str, meaning: &'static str) -> Setting {
    Setting { name, kind, value, otherwise: None, meaning, safe: Safe::Any }
}

impl Setting {
    const fn or(self, otherwise: &'static str) -> Setting {
        Setting { otherwise: Some(otherwise), ..self }
    }

    const fn safe(self, safe: Safe) -> Setting {
        Setting { safe, ..self }
    }

    /// Name as it is written outside of its table.
    fn headed(&self) -> String {
        match self.kind {
            Kind::Paths => format!("[{}]", self.name),
            _ => self.name.into(),
        }
    }
}

/// Every setting, in the order people are told of them.
pub const SETTINGS: &[Setting] = &[
    setting(
        "base_url",
        Kind::Text("an address for example \"https://api.4pay.cc\"", |p, url| {
            // Kept even so: what was meant to be a merchant must not become the demo.
            p.base_url = Some(url.into());
            BaseUrl::parse(url).map(drop).map_err(str::to_owned)
        }),
        "\"https://api.4pay.cc\"",
        "base URL of the API",
    )
    .or("the embedded sandbox"),
    setting(
        "environment",
        Kind::Word(&["sandbox", "prod"], |p, at| {
            p.said_environment = Some(if at == 0 { Environment::Sandbox } else { Environment::Production });
        }),
        "\"prod\"",
        "the word of the header's badge; `http`, which is for this machine alone, is always a sandbox",
    )
    .or("`prod` for `https`")
    .safe(Safe::Is("\"prod\"")),
    setting(
        "colour",
        Kind::Word(&Tint::WORDS, |p, at| p.colour = Tint::ALL.get(at).copied()),
        "\"magenta\"",
        "colour of the badge, to tell several merchants apart",
    )
    .or("red for PROD, green for SANDBOX"),
    setting(
        "token_file",
        Kind::Text("a path", |p, path| {
            p.token_file = Some(PathBuf::from(path));
            Ok(())
        }),
        "\"/home/me/.config/fourpay/token\"",
        "file that holds the token, readable by you alone (`chmod 600`)",
    )
    .or("none"),
    setting(
        "token_command",
        Kind::Texts("a list: program and arguments, no shell", |p, words| {
            p.token_command = words;
            Ok(())
        }),
        "[\"pass\", \"show\", \"4pay/token\"]",
        "program that prints the token, and its arguments",
    )
    .or("none"),
    setting(
        "auth",
        Kind::Word(&Auth::WORDS, |p, at| p.auth = Auth::ALL.get(at).copied().unwrap_or_default()),
        "\"auto\"",
        "header of the token: `auto` sends a JWT as `Authorization: Bearer` and any other as `X-API-Token`; `bearer` and `token` send it so whatever it looks like",
    ),
    setting("read_only", Kind::Flag(|p| &mut p.read_only), "false", "refuse everything that would change something")
        .safe(Safe::Is("true")),
    setting(
        "refresh",
        Kind::Seconds(2, 300, |p| &mut p.refresh),
        "2",
        "seconds between reads of the newest transactions without an event log; all else in proportion",
    ),
    setting(
        "history",
        Kind::Whole(1, MOST_HISTORY, |p, rows| p.history = usize::try_from(rows).unwrap_or(usize::MAX)),
        "20000",
        "most transactions of each feed to load, and as many more when older ones are searched",
    ),
    setting(
        "zone",
        Kind::Text("\"local\", \"utc\" or a name for example \"Europe/Madrid\"", |p, name| {
            p.zone = Zone::parse(name).ok_or("there is no such zone")?;
            Ok(())
        }),
        "\"local\"",
        "zone of the times: `local`, `utc`, or an IANA name for example `Europe/Madrid`",
    ),
    setting(
        "grouping",
        Kind::Word(&Grouping::WORDS, |p, at| p.grouping = Grouping::ALL.get(at).copied().unwrap_or_default()),
        "\"1,234.50\"",
        "how amounts and counts are shown, as an example of it; amounts are typed with a point and without groups",
    ),
    setting(
        "low_balance",
        Kind::Texts("an amount, or a list for example [\"500 USD\", \"400 EUR\"]", |p, texts| {
            p.low_balance = texts.iter().map(|text| low_balance(text)).collect::<Result<_, _>>()?;
            Ok(())
        }),
        "[\"500 USD\", \"400 EUR\"]",
        "available money of an account below which it is called low",
    )
    .or("never"),
    setting(
        "decline_rate",
        Kind::Whole(1, 100, |p, percent| p.decline_rate = u8::try_from(percent).ok()),
        "20",
        "percent of declines, of five purchases or more in 30 days, from which on it is called high",
    )
    .or("never"),
    setting(
        "allow_reveal",
        Kind::Flag(|p| &mut p.allow_reveal),
        "true",
        "whether card numbers may be shown or copied at all",
    )
    .safe(Safe::Is("false")),
    setting(
        "allow_remote_copy",
        Kind::Flag(|p| &mut p.allow_remote_copy),
        "false",
        "whether number and CVV may be copied in a remote session (SSH)",
    )
    .safe(Safe::Is("false")),
    setting(
        "osc52_secrets",
        Kind::Flag(|p| &mut p.osc52_secrets),
        "false",
        "whether the number may be copied by the terminal (OSC 52), which may not take it, and which nobody can check or clear; a multiplexer may keep it",
    )
    .safe(Safe::Is("false")),
    setting(
        "ask_reason",
        Kind::Flag(|p| &mut p.ask_reason),
        "false",
        "ask for a reason before each look at card data, for the journal",
    )
    .safe(Safe::Is("true")),
    setting("reveal", Kind::Seconds(5, 60, |p| &mut p.reveal), "30", "seconds a card is shown").safe(Safe::Stays),
    setting("clipboard", Kind::Seconds(10, 90, |p| &mut p.clipboard), "30", "seconds until a copied secret is cleared")
        .safe(Safe::Stays),
    setting("mask_after", Kind::Seconds(1, 60, |p| &mut p.mask_after), "60", "idle seconds until card data are hidden")
        .safe(Safe::Stays),
    setting(
        "lock_after",
        Kind::Seconds(1, 900, |p| &mut p.lock_after),
        "300",
        "idle seconds until the dashboard locks",
    )
    .safe(Safe::Stays),
    setting(
        "passphrase",
        Kind::Flag(|p| &mut p.passphrase),
        "false",
        "do not start before `fourpay passphrase` has set one for the lock",
    )
    .safe(Safe::Is("true")),
    setting(
        "theme",
        Kind::Text("the name of a theme", |p, name| {
            p.theme = name.into();
            Ok(())
        }),
        "\"auto\"",
        "colours: auto (light or dark by the terminal's ground), dark, light, high-contrast, colour-blind, or a file of your own in the folder `themes`",
    ),
    setting("ascii", Kind::Either(|p, yes| p.ascii = Some(yes)), "false", "draw nothing but ASCII")
        .or("only where the locale is not UTF-8"),
    setting("mouse", Kind::Flag(|p| &mut p.mouse), "true", "whether the mouse is listened to"),
    setting(
        "columns.accounts",
        Kind::Texts("a list of name, status, available", |p, names| {
            p.columns.accounts = columns_of(&columns::ACCOUNTS, names)?;
            Ok(())
        }),
        "[\"name\", \"available\"]",
        "columns of accounts, in their order",
    )
    .or("all"),
    setting(
        "columns.cards",
        Kind::Texts("a list of card, name, holder, balance, status", |p, names| {
            p.columns.cards = columns_of(&columns::CARDS, names)?;
            Ok(())
        }),
        "[\"card\", \"name\", \"balance\", \"status\"]",
        "columns of cards, in their order",
    )
    .or("all"),
    setting(
        "columns.transactions",
        Kind::Texts("a list of time, type, merchant, amount, status, card, account", |p, names| {
            p.columns.transactions = columns_of(&columns::TRANSACTIONS, names)?;
            Ok(())
        }),
        "[\"time\", \"merchant\", \"amount\", \"status\"]",
        "columns of transactions, in their order",
    )
    .or("all"),
    setting(
        "listen",
        Kind::Text("an address of this machine for example \"127.0.0.1:8787\", or \"\"", |p, text| {
            p.listen = None;
            if !text.is_empty() {
                let address: SocketAddr = text.parse().map_err(|_| "it is no address with a port")?;
                let here = address.ip().is_loopback();
                p.listen = Some(here.then_some(address).ok_or("it is not an address of this machine alone")?);
            }
            Ok(())
        }),
        "\"127.0.0.1:8787\"",
        "where webhook deliveries are received while the dashboard runs",
    )
    .or("nowhere")
    .safe(Safe::Is("\"\"")),
    setting(
        "paths",
        Kind::Paths,
        "",
        "paths that your deployment has elsewhere; the names are listed below and by `fourpay doctor`",
    )
    .or("none"),
];

/// Names of columns, each one that there is. A wrong one is not repeated: it may be a secret in the wrong place.
fn columns_of(known: &[&'static str], names: Vec<String>) -> Result<Vec<String>, String> {
    let names: Vec<String> = names.into_iter().map(|name| name.trim().to_lowercase()).collect();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(names),
        Some(wrong) => Err(match suggest(wrong, known.iter().copied()) {
            Some(near) => format!("a name in it is no column; did you mean {near}?"),
            None => "a name in it is no column".into(),
        }),
    }
}

fn low_balance(text: &str) -> Result<LowBalance, String> {
    let mut words = text.split_ascii_whitespace();
    let (amount, currency) = (words.next().unwrap_or(""), words.next());
    let amount = parse_decimal(amount).map_err(|error| error.to_string())?;
    let currency = currency.map(|code| Currency::parse(code).ok_or("what follows the amount is no currency"));
    match (amount.is_sign_negative(), words.next()) {
        (false, None) => Ok(LowBalance { currency: currency.transpose()?, amount }),
        (true, _) => Err("it is below zero".into()),
        (false, Some(_)) => Err("write one amount with its currency in each text".into()),
    }
}

/// The setting of a name.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// The table as `docs/configuration.md` shows it.
pub fn markdown() -> String {
    let mut out = String::from("| setting | what may be written | default | meaning |\n| --- | --- | --- | --- |\n");
    for setting in SETTINGS {
        let usual = setting.otherwise.map_or_else(|| format!("`{}`", setting.value), str::to_owned);
        let (name, shape) = (setting.headed(), setting.kind.shape());
        out.push_str(&format!("| `{name}` | {shape} | {usual} | {} |\n", setting.meaning));
    }
    out.push_str("| `[views.NAME]` | a table: pane, filter, sort, reverse, zoom | none | a saved view, the same in every profile; `:view save NAME` writes it |\n");
    out
}

/// A file with every setting, commented out.
pub fn example() -> String {
    let mut out = String::from(
        "# Settings of fourpay. Take away the # before a line and change what stands behind the =.\n\
         # What stands before all tables is for every profile.\n\n\
         # which of the profiles below is meant when none is named\n\
         #default_profile = \"prod\"\n",
    );
    for setting in SETTINGS.iter().filter(|setting| !matches!(setting.kind, Kind::Paths)) {
        let usual = setting.otherwise.map_or_else(String::new, |otherwise| format!("; default: {otherwise}"));
        let shape = setting.kind.shape();
        out.push_str(&format!("\n# {}\n# {shape}{usual}\n", setting.meaning));
        out.push_str(&format!("#{} = {}\n", setting.name, setting.value));
    }
    out.push_str(
        "\n# paths that your deployment has elsewhere; fourpay doctor lists the names\n\
         #[paths]\n\
         #freeze = \"POST /accounts/{account}/cards/{card}/freeze\"\n\n\
         # a saved view, as :view save NAME writes it; the same in every profile\n\
         #[views.declines]\n\
         #pane = \"transactions\"\n\
         #filter = \"status:declined since:2d\"\n\
         #sort = \"amount\"\n\
         #reverse = true\n\
         #zoom = true\n\n\
         # one merchant, or one environment of it: every setting may stand here too\n\
         #[profiles.prod]\n\
         #base_url = \"https://api.4pay.cc\"\n\n\
         #[profiles.test]\n\
         #base_url = \"https://sandbox.example.com\"\n\
         #environment = \"sandbox\"\n",
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_a_person_meant() {
        let names = || SETTINGS.iter().map(|setting| setting.name);
        for (wrong, meant) in [
            ("histroy", Some("history")),
            ("base-url", Some("base_url")),
            ("Read_Only", Some("read_only")),
            ("allow_reveall", Some("allow_reveal")),
            ("color", Some("colour")),
            ("timezone", None),
            ("x", None),
        ] {
            assert_eq!(suggest(wrong, names()), meant, "{wrong}");
        }
    }

    #[test]
    fn a_threshold_is_an_exact_amount_with_or_without_its_currency() {
        let low = low_balance("500.10 eur").unwrap();
        assert_eq!((low.amount.to_string(), low.currency), ("500.10".into(), Some(Currency::EUR)));
        assert_eq!(low_balance("7").unwrap().currency, None);
        for bad in ["", "x", "5,00", "-1", "5 USD EUR", "5 $"] {
            assert!(low_balance(bad).is_err(), "{bad}");
        }
    }
}
