//! Values of the settings, as the dashboard and the command line use them. Knows neither the file nor its syntax.

use std::time::Duration;

use rust_decimal::Decimal;

use super::money::Currency;

/// Columns by name, in their order; none named means the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub accounts: Vec<String>,
    pub cards: Vec<String>,
    pub transactions: Vec<String>,
}

/// An amount below which a balance is called low.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowBalance {
    /// `None`: whatever the currency is, when it has none of its own.
    pub currency: Option<Currency>,
    pub amount: Decimal,
}

/// The zone times are shown in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    #[default]
    Utc,
    /// The zone of the machine, whose offset may change with the season.
    Local,
    /// A fixed offset in seconds east of UTC.
    Fixed(i32),
    /// A zone of the IANA list.
    Named(chrono_tz::Tz),
}

impl Zone {
    /// `local`, `utc`, or the IANA name of a zone, in any case.
    pub fn parse(name: &str) -> Option<Zone> {
        match name.to_ascii_lowercase().as_str() {
            "local" => Some(Zone::Local),
            "utc" => Some(Zone::Utc),
            _ => chrono_tz::Tz::from_str_insensitive(name).ok().map(Zone::Named),
        }
    }
}

/// Which world this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Environment {
    #[default]
    Sandbox,
    Production,
}

/// A colour to tell merchants apart by. Never the only sign of anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
}

impl Tint {
    pub const ALL: [Tint; 6] = [Tint::Red, Tint::Green, Tint::Yellow, Tint::Blue, Tint::Magenta, Tint::Cyan];
    /// What each of [`Tint::ALL`] is called.
    pub const WORDS: [&str; 6] = ["red", "green", "yellow", "blue", "magenta", "cyan"];
}

/// What the profile says about showing card data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevealSettings {
    pub allowed: bool,
    /// How long a card is shown.
    pub time: Duration,
}

impl Default for RevealSettings {
    fn default() -> RevealSettings {
        RevealSettings { allowed: true, time: Duration::from_secs(30) }
    }
}

/// When to hide and to lock, and what opens the lock again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockSettings {
    pub mask_after: Duration,
    pub lock_after: Duration,
    pub opens: UnlockMethod,
    /// The credential comes from a program, which may have to ask for something on the terminal.
    pub asks: bool,
}

impl Default for LockSettings {
    fn default() -> LockSettings {
        LockSettings {
            mask_after: Duration::from_secs(60),
            lock_after: Duration::from_secs(5 * 60),
            opens: UnlockMethod::Anybody,
            asks: false,
        }
    }
}

/// What opens the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnlockMethod {
    /// A key: the demo merchant has nothing to protect.
    Anybody,
    /// The credential, read again from where it is kept.
    Source(String),
    /// The profile's passphrase.
    Passphrase,
    /// Nothing: the credential cannot be asked for again, so the program ends instead.
    Nothing,
}

/// What stands behind the text of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Dark,
    Light,
}
