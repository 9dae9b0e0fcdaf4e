//! Being known to the API, as the dashboard sees it: whether the credential is accepted, when it ends, and the
//! dialog in which the person logs in.
//!
//! ```text
//!   good ──401──▶ asking again ──the source gave one that is accepted──▶ good
//!    ▲  ▲             └──it did not──▶ refused: one banner, and this dialog, once
//!    │  └── any answer that is not 401 ───┤
//!    └───────── logged in ───────────────┘
//! ```
//!
//! Reading has stopped from the first 401 on (N5). The dialog lies over whatever is open and changes nothing of
//! it: `Esc` goes back to the form, with everything that was typed there. What is typed here is drawn as dots, is
//! in no `Debug`, and goes when the dialog does. How a credential is checked and kept is not known here.
//!
//! In the demo the dialog asks for an address and a profile too, and leads to a dashboard of that merchant.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::actions::Act;
use super::clock;
use super::form::{Choose, Field, FieldId, Form};
use super::keymap::Keymap;
use super::login::{Entered, Place, Who};
use super::msg::Now;
use super::theme::Tone;
use crate::app::ui::frame::Piece;
use crate::domain::settings::Zone;

/// How long before its end a session is said to end.
const AHEAD: TimeDelta = TimeDelta::minutes(10);
/// The source is read again by itself at most once in this time.
pub(crate) const ONCE: Duration = Duration::from_secs(60);
/// Columns of the dialog.
pub(crate) const WIDTH: u16 = 72;
/// Longest token and password, in bytes.
const LONGEST: usize = 8 * 1024;

/// Whether the API knows us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    #[default]
    Good,
    /// It said no once; the source of the credential is read again.
    Asking,
    /// It says no, and somebody has to log in.
    Refused,
    /// It will say no from this moment on.
    Ends(DateTime<Utc>),
}

impl Standing {
    /// What the header says of it: the one banner (N5).
    pub(crate) fn piece(self, zone: &Zone, keys: &Keymap) -> Option<Piece> {
        let login = keys.name(Act::Login);
        match self {
            Standing::Good => None,
            Standing::Asking => Some(Piece::new("◌ reading the credential again", Tone::Waiting)),
            Standing::Refused => Some(Piece::new(format!("✗ logged out · {login}"), Tone::Bad)),
            Standing::Ends(at) => {
                Some(Piece::new(format!("⚠ session ends {} · {login}", clock::time(at, zone)), Tone::Waiting))
            }
        }
    }
}

/// The dialog in which somebody logs in.
#[derive(Debug)]
pub struct LoginForm {
    pub(crate) form: Form,
    /// The demo's: it asks which merchant.
    pub(crate) connects: bool,
    /// What the API is being asked about.
    pub(crate) sent: Option<Entered>,
    pub(crate) failed: Option<String>,
}

/// Everything about the session.
#[derive(Debug, Default)]
pub struct Session {
    pub(crate) refused: bool,
    /// The last request that was asked before the refusal: what answers it, or an earlier one, says nothing of now.
    pub(crate) refused_asked: u64,
    pub(crate) asking: bool,
    /// Why the API did not accept the credential.
    pub(crate) why: Option<String>,
    /// When the source was read again last, in `Now::up`.
    pub(crate) asked: Option<Duration>,
    pub(crate) ends: Option<DateTime<Utc>>,
}

impl Session {
    pub fn standing(&self, now: Now) -> Standing {
        match self.ends.filter(|ends| *ends - AHEAD <= now.wall) {
            _ if self.refused => Standing::Refused,
            _ if self.asking => Standing::Asking,
            Some(ends) => Standing::Ends(ends),
            None => Standing::Good,
        }
    }

    /// When the picture next changes by itself.
    pub fn wake_at(&self, now: Now) -> Option<Duration> {
        let ahead = self.ends.map(|ends| ends - AHEAD - now.wall).and_then(|left| left.to_std().ok());
        ahead.filter(|left| !left.is_zero()).map(|left| now.up.saturating_add(left))
    }
}

impl LoginForm {
    /// `to`: the profile that the demo offers to be left for.
    pub(crate) fn new(to: Option<&str>) -> LoginForm {
        let way = vec![Choose::new("token", "API token"), Choose::new("portal", "e-mail and password")];
        let keep = vec![Choose::new("keyring", "in the keyring"), Choose::new("run", "for this run only")];
        let mut form = Form::new(vec![
            Field::text(FieldId::Address, "address", "API address, for example https://api.4pay.cc", 255).hidden(),
            Field::choice(
                FieldId::Way,
                "log in with",
                "an API token of the merchant, or a login of the merchant portal",
                way,
            ),
            Field::secret(FieldId::Token, "token", "typed or pasted; it is not shown", LONGEST),
            Field::text(FieldId::Email, "e-mail", "of the merchant portal", 255).hidden(),
            Field::secret(FieldId::Password, "password", "typed or pasted; it is not shown", LONGEST).hidden(),
            Field::text(FieldId::Profile, "profile", "a name for this merchant on this computer", 64).hidden(),
            Field::choice(
                FieldId::Keep,
                "remember",
                "of e-mail and password both are kept, to get a new session",
                keep,
            ),
        ]);
        let form = match to {
            Some(profile) => {
                form.show(FieldId::Address, true);
                form.show(FieldId::Profile, true);
                form.fill(FieldId::Profile, profile);
                form.on(FieldId::Address)
            }
            None => form.on(FieldId::Token),
        };
        let mut open = LoginForm { form, connects: to.is_some(), sent: None, failed: None };
        open.arrange();
        open
    }

    /// Shows the fields of the chosen way, and says what is missing.
    pub(crate) fn arrange(&mut self) {
        let portal = self.form.value(FieldId::Way) == "portal";
        self.form.show(FieldId::Token, !portal);
        self.form.show(FieldId::Email, portal);
        self.form.show(FieldId::Password, portal);
        let mut wrong = Vec::new();
        if self.connects {
            for (id, why) in [(FieldId::Address, "an address is needed"), (FieldId::Profile, "a name is needed")] {
                if self.form.value(id).trim().is_empty() {
                    wrong.push((id, why.to_owned()));
                }
            }
        }
        match portal {
            true if !self.form.value(FieldId::Email).contains('@') => {
                wrong.push((FieldId::Email, "an e-mail address is needed".into()))
            }
            true if self.form.is_untyped(FieldId::Password) => {
                wrong.push((FieldId::Password, "a password is needed".into()))
            }
            false if self.form.is_untyped(FieldId::Token) => wrong.push((FieldId::Token, "a token is needed".into())),
            _ => {}
        }
        self.form.judge(&wrong);
    }

    /// Whether the API is being asked.
    pub(crate) fn is_sent(&self) -> bool {
        self.sent.is_some()
    }

    /// Whether nothing was typed into it that would be lost, and nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        let untyped = [FieldId::Token, FieldId::Password].into_iter().all(|id| self.form.is_untyped(id));
        !self.is_sent() && untyped && self.form.value(FieldId::Email).is_empty()
    }

    pub(crate) fn login(&mut self) -> Option<Entered> {
        self.arrange();
        if self.form.expose() {
            return None;
        }
        let who = match self.form.value(FieldId::Way) {
            "portal" => Who::Portal {
                email: self.form.value(FieldId::Email).to_owned(),
                password: self.form.secret(FieldId::Password)?,
            },
            _ => Who::Token(self.form.secret(FieldId::Token)?),
        };
        let typed = |id| self.form.value(id).trim().to_owned();
        let to = self.connects.then(|| Place { profile: typed(FieldId::Profile), base_url: typed(FieldId::Address) });
        Some(Entered::new(who, self.form.value(FieldId::Keep) == "keyring", to))
    }
}
