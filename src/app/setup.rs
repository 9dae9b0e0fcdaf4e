//! What the dashboard is told when it starts: whose it is, how it looks, what it may do. Does not know the file it comes from.

use rust_decimal::Decimal;

use super::kept::Kept;
use super::lock::Locking;
use super::looks::Looks;
use super::secrets::Showing;
use super::views::View;
use crate::domain::money::{Currency, Grouping};

/// What the dashboard is told when it starts, and again when the profile is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// The badge of the header.
    pub environment: Environment,
    /// Its colour, when it is not the usual one of the environment.
    pub colour: Option<Tint>,
    /// Name of the profile: `demo`, or what the configuration calls it.
    pub profile: String,
    /// This is the embedded sandbox.
    pub demo: bool,
    /// Names of all profiles that can be chosen.
    pub profiles: Vec<String>,
    /// Where the API is, for messages: scheme and host.
    pub base_url: String,
    pub read_only: bool,
    pub zone: Zone,
    pub grouping: Grouping,
    /// Available money of an account below which it is called low.
    pub low_balance: Vec<LowBalance>,
    /// Percent of declines from which on a rate is called high.
    pub decline_rate: Option<u8>,
    /// Most transactions of each feed that are kept.
    pub history: usize,
    /// How it looks at first.
    pub looks: Looks,
    pub mouse: bool,
    pub columns: Columns,
    /// Whether and how long card data are shown.
    pub showing: Showing,
    /// A reason is asked for before each look at card data.
    pub ask_reason: bool,
    /// When to lock, and what opens the lock.
    pub locking: Locking,
    /// Somebody starts this for the first time, without a credential.
    pub welcome: bool,
    /// What stands in the configuration that cannot be used, each with its place and what to write.
    pub complaints: Vec<String>,
    /// How the panes were when the profile was left last.
    pub kept: Kept,
    /// The views that are saved in the settings.
    pub views: Vec<View>,
}

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
