//! What the dashboard is told when it starts: whose it is, how it looks, what it may do. Does not know the file it comes from.

use super::appearance::Appearance;
use super::saved_view::View;
use super::view_state::ViewState;
use crate::domain::money::Grouping;
use crate::domain::settings::{Columns, Environment, LockSettings, LowBalance, RevealSettings, Tint, Zone};

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
    /// For a wall or a second screen: no card data can be asked for, so nothing has to lock. Read-only as well.
    pub monitor: bool,
    pub zone: Zone,
    pub grouping: Grouping,
    /// Available money of an account below which it is called low.
    pub low_balance: Vec<LowBalance>,
    /// Percent of declines from which on a rate is called high.
    pub decline_rate: Option<u8>,
    /// Most transactions of each feed that are kept.
    pub history: usize,
    /// How it looks at first.
    pub appearance: Appearance,
    pub mouse: bool,
    pub columns: Columns,
    /// Whether and how long card data are shown.
    pub showing: RevealSettings,
    /// A reason is asked for before each look at card data.
    pub ask_reason: bool,
    /// When to lock, and what opens the lock.
    pub locking: LockSettings,
    /// Somebody starts this for the first time, without a credential.
    pub welcome: bool,
    /// What stands in the configuration that cannot be used, each with its place and what to write.
    pub complaints: Vec<String>,
    /// How the panes were when the profile was left last.
    pub kept: ViewState,
    /// The views that are saved in the settings.
    pub views: Vec<View>,
}
