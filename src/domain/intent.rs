//! What a person asked for that changes the world: the words of an act, who asked, and its reference.
//!
//! An [`Intent`] is made once, when the person confirms, and never changed: the amount that was shown, the
//! amount that is written down and the amount that is sent are the same object (M9). Its life after that is
//! in [`lifecycle`], what may be asked at all in [`checks`]. Knows no file, no HTTP, no clock.

pub mod checks;
pub mod lifecycle;
pub mod matching;
pub mod series;

use std::fmt;

use chrono::{DateTime, Utc};

use super::account::CardKind;
use super::card::{LastFour, LimitKind};
use super::ids::{AccountId, BinCategoryId, BinId, CardId, HolderId};
use super::money::{Currency, Money};
use super::text::SafeText;
use super::webhook::EventKind;

/// Most characters that the API takes as a description.
pub const DESCRIPTION: usize = 500;
/// What stands between a person's description and the reference.
const TAG: &str = " ref ";

/// The name of one intent, everywhere: `fp-` and ten characters of Crockford's base 32, 50 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference([u8; 10]);

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "fp-";

impl Reference {
    /// From random bytes; the last six of their 56 bits are not used.
    pub fn from_random(bytes: [u8; 7]) -> Reference {
        let bits = bytes.iter().fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte)) >> 6;
        let mut letters = [0; 10];
        for (at, letter) in letters.iter_mut().enumerate() {
            *letter = LETTERS[(bits >> (45 - 5 * at)) as usize & 31];
        }
        Reference(letters)
    }

    /// Reads `fp-XXXXXXXXXX` in any case; nothing else is a reference.
    pub fn parse(text: &str) -> Option<Reference> {
        let (prefix, letters) = text.split_at_checked(PREFIX.len())?;
        let mut letters: [u8; 10] = letters.as_bytes().try_into().ok()?;
        letters.make_ascii_uppercase();
        (prefix.eq_ignore_ascii_case(PREFIX) && letters.iter().all(|letter| LETTERS.contains(letter)))
            .then_some(Reference(letters))
    }

    /// Every reference that a description carries, wherever it stands in it.
    pub fn all_in(text: &str) -> impl Iterator<Item = Reference> {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter_map(Reference::parse)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Who asked, from where, and with what: the user and the origin of PCI DSS 10.2.2 (D9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The effective user id of the operating system.
    pub uid: u32,
    /// The name that belongs to it, when the system says.
    pub user: Option<SafeText>,
    pub host: SafeText,
    pub tty: Option<SafeText>,
    pub ssh: bool,
    pub pid: u32,
    /// Of this program.
    pub version: SafeText,
    /// By which another program can tell whether this one is still alive; `None` in journals of earlier versions and
    /// where the system does not say.
    pub process: Option<Process>,
}

/// One run of a program, as the kernel knows it: a process id alone is used again after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// A name of the machine that is derived from its id and says nothing about it.
    pub machine: SafeText,
    /// Of the current start of the machine.
    pub boot: SafeText,
    /// In which process ids count: that of a container is its own.
    pub namespace: u64,
    /// When the process was started, in the kernel's ticks since the machine was.
    pub started: u64,
}

/// Which BIN a new card is to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BinChoice {
    /// The account's own.
    #[default]
    Default,
    Bin(BinId),
    Category(BinCategoryId),
}

/// A card to be issued. API sheet section 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardOrder {
    pub name: SafeText,
    pub holder: HolderId,
    pub kind: CardKind,
    /// `None` is account default.
    pub currency: Option<Currency>,
    pub bin: BinChoice,
    pub limits: Vec<(LimitKind, Money)>,
}

/// A cardholder to be made. API sheet section 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderOrder {
    pub id: HolderId,
    pub first_name: SafeText,
    pub last_name: SafeText,
    pub email: SafeText,
    pub phone: Option<SafeText>,
}

/// A card, as an act names it: what is sent, and the last four that the person saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardAt {
    pub account: AccountId,
    pub card: CardId,
    pub last_four: Option<LastFour>,
}

impl CardAt {
    /// What is typed to confirm that this card is meant (M10): its last four, or where nobody knows them those of its id.
    pub fn confirming_word(&self) -> String {
        let tail = || {
            let id: Vec<char> = self.card.to_string().chars().collect();
            id.get(id.len().saturating_sub(4)..).unwrap_or_default().iter().collect()
        };
        self.last_four.map_or_else(tail, |four| four.to_string())
    }
}

/// Everything that may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    IssueCard {
        account: AccountId,
        order: CardOrder,
    },
    Freeze(CardAt),
    Unfreeze(CardAt),
    Close(CardAt),
    /// A new name, new limits, or both. Limits are all that the card is to have; an empty list is none at all.
    UpdateCard {
        at: CardAt,
        name: Option<SafeText>,
        limits: Option<Vec<(LimitKind, Money)>>,
    },
    /// From the account to the card.
    TopUp {
        at: CardAt,
        amount: Money,
        description: Option<SafeText>,
    },
    /// From the card to the account.
    Withdraw {
        at: CardAt,
        amount: Money,
        description: Option<SafeText>,
    },
    Transfer {
        from: AccountId,
        to: AccountId,
        amount: Money,
        description: Option<SafeText>,
    },
    CreateCardholder {
        account: AccountId,
        order: HolderOrder,
    },
    /// The secret of the deliveries is no part of the intent: it goes beside it and is never written down.
    SetWebhook {
        url: SafeText,
        /// `None` means all kinds.
        kinds: Option<Vec<EventKind>>,
        active: bool,
        new_secret: bool,
    },
    DeleteWebhook,
}

/// What kind of act it is, for words and for comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    IssueCard,
    Freeze,
    Unfreeze,
    Close,
    UpdateCard,
    TopUp,
    Withdraw,
    Transfer,
    CreateCardholder,
    SetWebhook,
    DeleteWebhook,
}

impl Kind {
    pub const ALL: [Kind; 11] = [
        Kind::IssueCard,
        Kind::Freeze,
        Kind::Unfreeze,
        Kind::Close,
        Kind::UpdateCard,
        Kind::TopUp,
        Kind::Withdraw,
        Kind::Transfer,
        Kind::CreateCardholder,
        Kind::SetWebhook,
        Kind::DeleteWebhook,
    ];

    /// The word that stands in the journal.
    pub fn word(self) -> &'static str {
        match self {
            Kind::IssueCard => "issue_card",
            Kind::Freeze => "freeze",
            Kind::Unfreeze => "unfreeze",
            Kind::Close => "close",
            Kind::UpdateCard => "update_card",
            Kind::TopUp => "top_up",
            Kind::Withdraw => "withdraw",
            Kind::Transfer => "transfer",
            Kind::CreateCardholder => "create_cardholder",
            Kind::SetWebhook => "set_webhook",
            Kind::DeleteWebhook => "delete_webhook",
        }
    }

    /// Words for a sentence: "a top up of 15.00 USD is …".
    pub fn noun(self) -> &'static str {
        match self {
            Kind::IssueCard => "issue",
            Kind::Freeze => "freeze",
            Kind::Unfreeze => "unfreeze",
            Kind::Close => "close",
            Kind::UpdateCard => "update",
            Kind::TopUp => "top up",
            Kind::Withdraw => "withdrawal",
            Kind::Transfer => "transfer",
            Kind::CreateCardholder => "new cardholder",
            Kind::SetWebhook => "webhook change",
            Kind::DeleteWebhook => "webhook removal",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.noun())
    }
}

impl Act {
    pub fn kind(&self) -> Kind {
        match self {
            Act::IssueCard { .. } => Kind::IssueCard,
            Act::Freeze(_) => Kind::Freeze,
            Act::Unfreeze(_) => Kind::Unfreeze,
            Act::Close(_) => Kind::Close,
            Act::UpdateCard { .. } => Kind::UpdateCard,
            Act::TopUp { .. } => Kind::TopUp,
            Act::Withdraw { .. } => Kind::Withdraw,
            Act::Transfer { .. } => Kind::Transfer,
            Act::CreateCardholder { .. } => Kind::CreateCardholder,
            Act::SetWebhook { .. } => Kind::SetWebhook,
            Act::DeleteWebhook => Kind::DeleteWebhook,
        }
    }

    /// The card it is on.
    pub fn card(&self) -> Option<&CardAt> {
        match self {
            Act::Freeze(at) | Act::Unfreeze(at) | Act::Close(at) => Some(at),
            Act::UpdateCard { at, .. } | Act::TopUp { at, .. } | Act::Withdraw { at, .. } => Some(at),
            Act::IssueCard { .. }
            | Act::Transfer { .. }
            | Act::CreateCardholder { .. }
            | Act::SetWebhook { .. }
            | Act::DeleteWebhook => None,
        }
    }

    /// The account it is on; for a transfer the one that pays.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Act::IssueCard { account, .. } | Act::CreateCardholder { account, .. } => Some(account),
            Act::Transfer { from, .. } => Some(from),
            Act::SetWebhook { .. } | Act::DeleteWebhook => None,
            Act::Freeze(_)
            | Act::Unfreeze(_)
            | Act::Close(_)
            | Act::UpdateCard { .. }
            | Act::TopUp { .. }
            | Act::Withdraw { .. } => self.card().map(|at| &at.account),
        }
    }

    pub fn amount(&self) -> Option<Money> {
        match self {
            Act::TopUp { amount, .. } | Act::Withdraw { amount, .. } | Act::Transfer { amount, .. } => Some(*amount),
            _ => None,
        }
    }

    /// What the person wrote about it.
    pub fn description(&self) -> Option<&SafeText> {
        match self {
            Act::TopUp { description, .. } | Act::Withdraw { description, .. } | Act::Transfer { description, .. } => {
                description.as_ref()
            }
            _ => None,
        }
    }

    /// Whether an `other` whose outcome is unknown keeps this act from being done now (M5, M11).
    ///
    /// A movement on a card waits for movements on the same card and for its closing, and closing for both; a transfer
    /// waits for transfers between the same two accounts; a new card for one of the same name and holder. What sets a
    /// state (freeze, unfreeze, edit, webhook, a holder with an id of our choice) waits for nothing: doing it again
    /// changes nothing.
    pub fn waits_for(&self, other: &Act) -> bool {
        let same_card = || match (self.card(), other.card()) {
            (Some(mine), Some(theirs)) => mine.card == theirs.card,
            _ => false,
        };
        let on_card = |act: &Act| matches!(act.kind(), Kind::TopUp | Kind::Withdraw | Kind::Close);
        match (self, other) {
            (Act::Close(_), Act::Close(_)) => false,
            (Act::Transfer { from, to, .. }, Act::Transfer { from: other_from, to: other_to, .. }) => {
                (from == other_from && to == other_to) || (from == other_to && to == other_from)
            }
            (Act::IssueCard { order: mine, .. }, Act::IssueCard { order: theirs, .. }) => {
                mine.holder == theirs.holder
                    && mine.name.as_str().trim().to_lowercase() == theirs.name.as_str().trim().to_lowercase()
            }
            (mine, theirs) => on_card(mine) && on_card(theirs) && same_card(),
        }
    }

    /// Whether an `other` whose outcome is unknown may still change what this act counts on, without keeping it from
    /// being done: an account that money is moved from or to.
    pub fn is_touched_by(&self, other: &Act) -> bool {
        other.amount().is_some()
            && !self.waits_for(other)
            && self.purses().iter().any(|purse| other.purses().contains(purse))
            && (matches!(self, Act::Transfer { .. }) || matches!(other, Act::Transfer { .. }))
    }

    /// By how much it changes what an account has; `None` where it moves none of its money.
    pub fn change_of(&self, account: &AccountId) -> Option<Money> {
        match self {
            Act::TopUp { at, amount, .. } if at.account == *account => Some(amount.negated()),
            Act::Withdraw { at, amount, .. } if at.account == *account => Some(*amount),
            Act::Transfer { from, amount, .. } if from == account => Some(amount.negated()),
            Act::Transfer { to, amount, .. } if to == account => Some(*amount),
            _ => None,
        }
    }

    /// The accounts whose money it moves.
    pub fn purses(&self) -> Vec<&AccountId> {
        match self {
            Act::Transfer { from, to, .. } => vec![from, to],
            _ => self.account().into_iter().collect(),
        }
    }
}

/// Balances as they were read when the person was asked. What was not known is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Available on the account; for a transfer on the one that pays.
    pub account: Option<Money>,
    /// Available on the card; for a transfer on the account that receives.
    pub other: Option<Money>,
}

/// One thing asked for, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    pub reference: Reference,
    pub act: Act,
    pub who: Who,
    pub profile: SafeText,
    pub why: Option<SafeText>,
    pub asked_at: DateTime<Utc>,
    pub before: Before,
    /// Intents with an unknown outcome that it would have had to wait for, and which the person chose to
    /// pass over by saying so.
    pub despite: Vec<Reference>,
    /// The cards that the holder of a new card had just before it was ordered; `None` where that could not be read.
    pub cards_before: Option<Vec<CardId>>,
}

impl Intent {
    /// The description that goes to the API: the person's words, then ` ref fp-XXXXXXXXXX`, by which the
    /// movement is found again when its outcome is unknown (M6). At most [`DESCRIPTION`] characters; what
    /// must give way is the end of the person's words, never the reference.
    pub fn description(&self) -> String {
        let words = self.act.description().map_or("", |words| words.as_str().trim());
        let tag = format!("{TAG}{}", self.reference);
        let room = DESCRIPTION - tag.len();
        let words: String = words.chars().take(room).collect();
        format!("{words}{tag}").trim_start().to_owned()
    }
}

/// Something that is written down for the record alone (D9): no request of ours belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    pub event: AuditEvent,
    pub who: Who,
    pub profile: SafeText,
    pub at: DateTime<Utc>,
    /// Whether it was granted.
    pub granted: bool,
    pub card: Option<CardAt>,
    /// How it was to be seen: `screen`, `desktop`, `terminal`.
    pub way: Option<SafeText>,
    /// The person's own words.
    pub why: Option<SafeText>,
}

/// What is recorded without an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditEvent {
    Revealed(CardField),
    Copied(CardField),
    Locked,
    Unlocked,
    UnlockFailed,
    /// The person said something that the program cannot find out.
    Assured(Assurance),
}

/// What a person says, for as long as the program runs, and what would otherwise be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Assurance {
    /// That they sit at this machine.
    Local,
    /// That card data may stand in the recording of this terminal.
    Recorded,
}

/// A part of a card's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CardField {
    /// Number, expiry, CVV and name together.
    All,
    Number,
    Expiry,
    Cvv,
    Holder,
}

impl CardField {
    pub const ALL: [CardField; 5] =
        [CardField::All, CardField::Number, CardField::Expiry, CardField::Cvv, CardField::Holder];

    pub fn word(self) -> &'static str {
        match self {
            CardField::All => "all",
            CardField::Number => "number",
            CardField::Expiry => "expiry",
            CardField::Cvv => "cvv",
            CardField::Holder => "holder",
        }
    }
}

impl AuditEvent {
    pub fn word(self) -> &'static str {
        match self {
            AuditEvent::Revealed(_) => "revealed",
            AuditEvent::Copied(_) => "copied",
            AuditEvent::Locked => "locked",
            AuditEvent::Unlocked => "unlocked",
            AuditEvent::UnlockFailed => "unlock_failed",
            AuditEvent::Assured(Assurance::Local) => "said_local",
            AuditEvent::Assured(Assurance::Recorded) => "said_recorded",
        }
    }

    pub fn field(self) -> Option<CardField> {
        match self {
            AuditEvent::Revealed(field) | AuditEvent::Copied(field) => Some(field),
            AuditEvent::Locked | AuditEvent::Unlocked | AuditEvent::UnlockFailed | AuditEvent::Assured(_) => None,
        }
    }

    /// The event of a word and, for the two that need one, a field.
    pub fn parse(word: &str, field: Option<&str>) -> Option<AuditEvent> {
        let field = || CardField::ALL.into_iter().find(|known| Some(known.word()) == field);
        match word {
            "revealed" => field().map(AuditEvent::Revealed),
            "copied" => field().map(AuditEvent::Copied),
            "locked" => Some(AuditEvent::Locked),
            "unlocked" => Some(AuditEvent::Unlocked),
            "unlock_failed" => Some(AuditEvent::UnlockFailed),
            "said_local" => Some(AuditEvent::Assured(Assurance::Local)),
            "said_recorded" => Some(AuditEvent::Assured(Assurance::Recorded)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
