//! What a profile says: one API, how careful to be with it, and how it is to be shown. Every field has a
//! default, so that a profile is only what differs.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::app::msg::{Environment, Zone};

/// Name of the profile when none is chosen.
pub const DEFAULT: &str = "default";

/// One profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub name: String,
    pub base_url: Option<String>,
    /// Which badge the header shows.
    pub environment: Environment,
    pub read_only: bool,
    /// Most transactions of each feed that are kept.
    pub history: usize,
    pub zone: Zone,
    pub grouping: Grouping,
    /// Below this an account's available balance is marked, by currency code.
    pub low_balance: BTreeMap<String, Decimal>,
    /// From this share of declined purchases on it is marked, in percent.
    pub decline_rate: Option<Decimal>,

    /// Prints the credential; run without a shell.
    pub token_command: Vec<String>,
    pub token_file: Option<PathBuf>,
    /// An argon2 hash (PHC string) of the passphrase that unlocks.
    pub passphrase: Option<String>,

    /// Whether card numbers may be shown or copied at all.
    pub allow_reveal: bool,
    /// Whether they may be copied in a remote session (D11).
    pub allow_remote_copy: bool,
    /// Whether they may go through the terminal's OSC 52 (C8).
    pub osc52_secrets: bool,
    /// A reason is asked for before card data are shown or copied.
    pub ask_reason: bool,
    /// 5 to 60 s.
    pub reveal: Duration,
    /// 10 to 90 s.
    pub clipboard: Duration,
    /// At most 60 s.
    pub mask_after: Duration,
    /// At most 15 min.
    pub lock_after: Duration,

    /// Where deliveries of webhooks are listened for.
    pub listen: Option<SocketAddr>,

    pub theme: Option<String>,
    pub ascii: bool,
    pub mouse: bool,
    /// Columns to show, in order, by pane.
    pub columns: BTreeMap<String, Vec<String>>,
}

/// How digits of an amount are grouped and its point is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// 31,002.10
    #[default]
    Comma,
    /// 31.002,10
    Point,
    /// 31 002,10 with a narrow space
    Space,
    /// 31'002.10
    Apostrophe,
    /// 31002.10
    None,
}

impl Default for Profile {
    fn default() -> Profile {
        Profile {
            name: DEFAULT.into(),
            base_url: None,
            environment: Environment::Production,
            read_only: false,
            history: super::HISTORY,
            zone: Zone::Local,
            grouping: Grouping::Comma,
            low_balance: BTreeMap::new(),
            decline_rate: None,
            token_command: Vec::new(),
            token_file: None,
            passphrase: None,
            allow_reveal: true,
            allow_remote_copy: false,
            osc52_secrets: false,
            ask_reason: false,
            reveal: Duration::from_secs(30),
            clipboard: Duration::from_secs(30),
            mask_after: Duration::from_secs(60),
            lock_after: Duration::from_secs(300),
            listen: None,
            theme: None,
            ascii: false,
            mouse: true,
            columns: BTreeMap::new(),
        }
    }
}
