//! What goes into the dashboard and what comes out of it.
//!
//! `Msg` is in the past tense: something happened. `Effect` is in the imperative: do this. Times are given,
//! never taken.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use super::exports::{Export, ExportEnd};
pub use super::key::{Key, KeyCode};
use super::login::{Entered, LoggedIn};
use super::saved_view::{Change, View};
pub use super::setup::Setup;
use crate::domain::account::{Account, AccountDetail, Destination};
use crate::domain::card::{Card, Remembered};
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::Failure;
use crate::domain::gaps::Report;
use crate::domain::ids::{AccountId, CardId, EventId, HolderId, TransactionId};
use crate::domain::intent::lifecycle::{Stage, Step};
use crate::domain::intent::{
    Act, Assurance, Before, CardAt, CardField, CardOrder, HolderOrder, Intent, Kind, Reference,
};
use crate::domain::money::Money;
use crate::domain::secret::{OneTimeSecret, Password, Sensitive, WebhookSecret};
use crate::domain::settings::Ground;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Feed, Transaction, TransactionKind, TransactionStatus};
use crate::domain::webhook::{Logged, WebhookConfig};

/// The moment something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// For showing.
    pub wall: DateTime<Utc>,
    /// For measuring: time since the program started, suspended time included.
    pub up: Duration,
}

/// What a request was about. One is never under way twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The list of accounts with their balances.
    Accounts,
    /// One account with fees and BINs.
    Account(AccountId),
    /// The cards of one account.
    Cards(AccountId),
    Card(AccountId, CardId),
    /// The cards of one person on all accounts.
    HolderCards(HolderId),
    /// The newest rows of a feed.
    Newest(Feed),
    /// Older rows of a feed, page after page.
    History(Feed),
    /// A page of older rows, beyond those that history loads.
    Search(Box<Sought>),
    /// The rows of one card, for the inspector and the card's own list.
    CardTransactions(CardId),
    Transaction(Feed, TransactionId),
    Cardholders,
    /// Where money of an account may be sent.
    Destinations(AccountId),
    /// Where events are delivered to.
    WebhookConfig,
    /// The newest entries of the event log, with their payloads.
    WebhookEvents,
    /// Entries of the log from this place on.
    OlderEvents(u64),
    /// What the log leaves out of the transactions of so many hours.
    Gaps(u32),
}

/// A page of a list that could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch<T> {
    pub items: Vec<T>,
    /// Items without a usable id; they cannot be shown, only counted.
    pub skipped: usize,
    /// Whether this page ends the list.
    pub last: bool,
    /// With the last page, where the API promised more than came.
    pub short: Option<Short>,
}

/// A list that ended with fewer rows than were promised, or maybe so: `1,787 of 2,500`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    pub have: u64,
    /// `None`: it only said that there are more, or gives the same page again whatever is asked for.
    pub promised: Option<u64>,
}

/// What came back. Always the domain's types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Accounts(Batch<Account>),
    Account(Box<AccountDetail>),
    Cards(Batch<Card>),
    Card(Box<Card>),
    Transactions(Batch<Transaction>),
    /// One transaction, and the fields of its details that are not known, as they came.
    Transaction(Box<Transaction>, Vec<(SafeText, SafeText)>),
    Cardholders(Batch<Cardholder>),
    Destinations(Vec<Destination>),
    WebhookConfig(Option<WebhookConfig>),
    WebhookEvents(Batch<Logged>),
    Gaps(Box<Report>),
}

/// The state of the link to the API, as the header shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Requests under way now.
    pub in_flight: usize,
    /// How changes are noticed.
    pub feed: ChangeFeed,
    /// The server's clock against ours, whole seconds, positive when the server is ahead; `None` until known.
    pub skew: Option<i64>,
    /// Reading has stopped until this moment of `Now::up` (too many requests, or the API keeps failing).
    pub held_until: Option<Duration>,
    /// Requests are under way, and since this moment of `Now::up` none was answered: two intervals of polling at least.
    pub silent_since: Option<Duration>,
    /// What the deployment's own description does not list.
    pub missing: Missing,
}

/// Kinds of acts that a deployment has no call for, by its own description. Without one, nothing is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing(u16);

impl Missing {
    pub fn of(kinds: impl IntoIterator<Item = Kind>) -> Missing {
        Missing(kinds.into_iter().fold(0, |bits, kind| bits | 1 << kind as u16))
    }

    pub fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u16 != 0
    }
}

/// The receiver of deliveries inside of this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receiver {
    /// `127.0.0.1:4040`.
    pub address: String,
    /// Why it takes nothing.
    pub trouble: Option<String>,
    /// Deliveries that were signed as they should be.
    pub taken: u64,
    /// Unsigned, or signed with another secret.
    pub refused: u64,
    /// Unreadable, too large, or too many at once.
    pub lost: u64,
    /// When the last one was taken.
    pub last: Option<DateTime<Utc>>,
}

/// What deliveries are signed and checked with here, by its source alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SignedWith {
    /// It is being looked for.
    #[default]
    Sought,
    Nothing,
    /// `the secret of the keyring`.
    Secret(&'static str),
    /// The keyring is of no use now: why, and what to do.
    Trouble(String),
}

/// How the poller notices changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChangeFeed {
    /// Not known yet.
    #[default]
    Asking,
    /// The webhook event log tells what changed.
    EventLog,
    /// No event log: lists are read in turn.
    Polling,
}

/// Text that was pasted. It may be a secret.
pub type Pasted = OneTimeSecret<Zeroizing<String>>;

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    Pressed(Key),
    /// Text pasted at once; it never fires an action.
    Pasted(Pasted),
    /// The left button went down on this column and row.
    Clicked(u16, u16),
    /// The wheel turned over this column and row.
    Wheeled {
        at: (u16, u16),
        down: bool,
    },
    Resized(u16, u16),
    FocusGained,
    FocusLost,
    /// The moment named by `Model::wake_at` has come.
    Woke,
    /// The program is about to be stopped.
    Stopping,
    /// The program was stopped and goes on.
    Resumed,
    /// A request about this went out.
    Asked(Topic),
    /// An answer, or why there is none. `asked` grows with each request that is sent; with a 401 it is that of the last
    /// one that was sent before it came.
    Replied {
        topic: Topic,
        asked: u64,
        outcome: Result<Answer, Failure>,
    },
    LinkChanged(Link),
    /// An order was not even tried, and why. `waits_on`: intents with an unknown outcome that the person may
    /// choose to pass over, by ordering again with them in `despite`.
    Held {
        ticket: u64,
        why: String,
        waits_on: Option<Reference>,
    },
    /// The API said no, or the request certainly did not leave; with its field errors.
    Refused {
        ticket: u64,
        reference: Reference,
        failure: Failure,
    },
    /// The API took the order on, or nobody knows whether it did: the journal says which.
    Ordered {
        ticket: u64,
        reference: Reference,
    },
    /// How far a series has come.
    Advanced {
        ticket: u64,
        done: usize,
        of: usize,
        stopped: bool,
    },
    /// A step of an order of many: which intent it is, or why it was not tried.
    Stepped {
        ticket: u64,
        step: usize,
        told: Told,
    },
    /// Nothing more of an order of many is begun: it is through, or was stopped.
    Ended {
        ticket: u64,
    },
    /// The API answered 429 to an order: the balances are being read before anything can be ordered again.
    Checking {
        ticket: u64,
        reference: Reference,
    },
    /// An order went out, and what came of it could not be written down yet.
    Unwritten {
        reference: Reference,
        /// What is known of it: "was sent and accepted".
        words: &'static str,
        why: String,
    },
    /// What the journal says now, oldest first; the newest thousand, and everything that is open. Sent at the start and
    /// after each step.
    JournalRead(Vec<Past>),
    /// How the journal fares has changed.
    JournalChanged(JournalState),
    /// What a crash had left of the journal was mended at the start: news, no trouble.
    JournalMended(String),
    /// References of the journal's actions that `JournalRead` leaves out because they are old and over.
    JournalOlder(Arc<HashSet<Reference>>),
    /// Something that is no action could not be recorded, in a whole sentence. It is not tried again.
    NotRecorded(String),
    /// Freezes that are recorded beside the journal, because that could not be written.
    KeptBeside(Beside),
    /// A field is in the clipboard, until it is cleared after this time.
    Copied {
        card: CardAt,
        field: CardField,
        way: Way,
        clear_after: Duration,
    },
    /// A field was not copied, and why.
    CopyRefused {
        card: CardAt,
        field: CardField,
        why: String,
        offer_reveal: bool,
    },
    /// Something that is not secret was copied, or why not.
    TextCopied {
        what: String,
        done: Result<Way, String>,
    },
    /// What the person said is written down and remembered, or why not.
    Assured(Assurance, Result<(), String>),
    /// The terminal has told what its ground is.
    GroundSeen(Ground),
    /// What an earlier run learned of cards and lists leave out.
    Remembered(Vec<Remembered>),
    /// The time of what was copied is over.
    CopyEnded(CopyEnd),
    /// A card's data for the panel, or why there are none.
    Revealed(Revealed),
    /// The lock may open, or why not, in words that follow "still locked".
    Unlocked(Result<(), String>),
    /// The credential was read again from its source and is accepted, or why not.
    CredentialRead(Result<(), String>),
    /// What came of a login.
    LoggedIn(Result<LoggedIn, String>),
    /// The API will not know us any more from this moment on, unless somebody logs in; `None` when nothing says so.
    SessionEnds(Option<DateTime<Utc>>),
    /// What became of a view that was to be saved or deleted: all there are now, or why nothing changed.
    ViewKept(Change, Result<Vec<View>, String>),
    /// What became of a list that was to be written into a file.
    Exported(Box<Export>, ExportEnd),
    /// Another profile was asked for and cannot be used: its name, and why.
    ProfileRefused(String, String),
    /// An event was sent once more: what came of it, in words.
    Replayed {
        event: EventId,
        to: String,
        taken: bool,
        words: String,
    },
    /// How the receiver of deliveries fares.
    ReceiverChanged(Receiver),
    /// Where the secret of deliveries was found.
    SignedWith(SignedWith),
}

/// Freezes that went out while the journal could not be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// How many are not in the journal yet.
    pub freezes: usize,
    /// How many of them stand in no file either: they are lost with this program.
    pub in_memory: usize,
    /// Where the others are recorded.
    pub file: Option<String>,
}

impl Beside {
    /// Which they are, without a verb; `None` when there are none.
    pub fn words(&self) -> Option<String> {
        let freezes = |many: usize| if many == 1 { "1 freeze".to_owned() } else { format!("{many} freezes") };
        match (self.freezes, self.in_memory, &self.file) {
            (0, ..) => None,
            (all, 0, Some(file)) => Some(format!("{} recorded beside the journal, in {file}", freezes(all))),
            (all, 0, None) => Some(format!("{} recorded beside the journal", freezes(all))),
            (all, many, _) if many >= all => Some(format!("{} recorded in memory only", freezes(all))),
            (all, many, _) => {
                Some(format!("{} recorded beside the journal, {many} of them in memory only", freezes(all)))
            }
        }
    }
}

/// How the journal fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum JournalState {
    #[default]
    Fine,
    /// Another program has the right to append, and why that is known; it is waited for.
    Waiting(String),
    /// It cannot be read or written at the moment, and why; it is tried again by itself.
    Troubled(String),
    /// It is not what it was: nothing but freezing goes until somebody has looked, and why.
    Faulty(String),
    /// There is none, and there will be none.
    Missing(String),
}

/// What happened to one step of an order of many; the rest of it stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is about to be written down and sent, as this intent.
    Begun(Reference),
    /// It was held back: nothing was sent.
    Held(String),
}

/// An intent and what became of it, as the journal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub intent: Intent,
    pub stage: Stage,
    /// From `recorded` on, with the time each was written.
    pub steps: Vec<(DateTime<Utc>, Step)>,
    /// The address where it was done, when that is not this one: it is shown, and not settled from here.
    pub elsewhere: Option<SafeText>,
}

impl Past {
    /// When its request went out, by our clock.
    pub fn sent_at(&self) -> DateTime<Utc> {
        let sent = self.steps.iter().find(|(_, step)| matches!(step, Step::Sent { .. }));
        sent.map_or(self.intent.asked_at, |(at, _)| *at)
    }
}

/// Something that changes the world, asked for by a person who has seen what will happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Names the order until the journal gives it a reference.
    pub ticket: u64,
    pub wish: Wish,
    pub why: Option<SafeText>,
    /// Intents with an unknown outcome that the person chose to pass over.
    pub despite: Vec<Reference>,
    /// Goes along with a webhook configuration and is written down nowhere.
    pub secret: Option<OneTimeSecret<WebhookSecret>>,
}

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// One act: one intent, at most one request.
    One { act: Act, before: Before },
    /// Several independent acts, one intent each (freeze all cards of a holder).
    Each(Vec<(Act, Before)>),
    /// Cards of one kind, one intent each, one after another; stops at the first that is refused or unknown.
    Series { account: AccountId, order: CardOrder, names: Vec<SafeText>, before: Before },
    /// Create cardholder, then what is ordered for them, only after the cardholder is known to be there.
    ForNewHolder { account: AccountId, holder: HolderOrder, then: Box<Wish> },
    /// Withdraw everything, then close: two intents, the second only after the first is settled as done.
    EmptyAndClose { at: CardAt, amount: Money, before: Before },
}

/// Do this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read what is on the screen again, now.
    Refresh,
    /// Read this soon, before the poller's own turn.
    Fetch(Topic),
    /// Do this, once.
    Act(Box<Order>),
    /// Begin nothing more of this order of many.
    Stop {
        ticket: u64,
    },
    /// A person has compared and says what became of intents that reading could not settle.
    Decide {
        references: Vec<Reference>,
        done: bool,
        words: String,
    },
    /// Put a field of the card into the clipboard; it never comes by here.
    CopySecret {
        card: CardAt,
        field: CardField,
        why: Option<SafeText>,
    },
    /// Put this into the clipboard; `what` names it.
    CopyText {
        what: String,
        text: String,
    },
    /// The person says this: remember it until the program ends, and write it down.
    Assure(Assurance),
    /// Read the card's data for the panel.
    Reveal {
        card: CardAt,
        why: Option<SafeText>,
    },
    /// Read the settings and the credential of this profile, and begin anew with it.
    Profile(String),
    /// Write the rows of a list into a file.
    Export(Box<Export>),
    /// Write this into the settings.
    KeepView(Change),
    /// Send a logged event once more; without a secret of its own it is signed with the one that is known.
    Replay {
        event: EventId,
        to: SafeText,
        secret: Option<OneTimeSecret<WebhookSecret>>,
    },
    /// Drop secrets that are being read, and clear what was copied.
    Forget,
    /// A secret was drawn: overwrite every cell of it, now.
    Wipe,
    /// Nobody is there: read nothing more, and let go of the token when nothing under way needs it.
    Lock,
    /// Find out whether the lock may open, with what was typed where something had to be.
    Unlock(Option<OneTimeSecret<Password>>),
    /// The API says no: read the credential again from its source.
    ReadCredential,
    /// Do this, one of the two before, while the program that prints the credential has the terminal to ask on.
    AskOnTerminal(Box<Effect>),
    /// Find out whether the API accepts this, and use it.
    Login(Entered),
    /// It is locked, and nothing can open it: end, and say so.
    EndLocked,
    /// Listen to the mouse, or leave it to the terminal.
    Capture(bool),
    Suspend,
    Quit,
}

/// What the screen shows: the poller reads it more often, and reads its details. Derived from the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// The account whose cards are listed; `None` is all accounts.
    pub account: Option<AccountId>,
    /// The card the inspector shows.
    pub card: Option<(AccountId, CardId)>,
    /// The account the inspector shows.
    pub account_detail: Option<AccountId>,
    /// The transaction the inspector shows.
    pub transaction: Option<(Feed, TransactionId)>,
    /// The pane of webhooks is on the screen.
    pub webhooks: bool,
    /// Cards on the screen of which something is not read yet.
    pub cards: Vec<(AccountId, CardId)>,
    /// People on the screen whose cards are not read yet.
    pub holders: Vec<HolderId>,
}

/// How something was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the desktop's clipboard.
    Desktop,
    /// To the terminal's, by a control sequence (OSC 52) that nobody answers.
    Terminal,
}

/// What became of a copy when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyEnd {
    /// It was still ours.
    Cleared,
    /// Something else was there.
    LeftAlone,
    /// Nobody said what was there; it is tried again.
    Unanswered,
    /// A space was written over it, unseen.
    Overwritten,
}

/// One page of older rows of a feed. Empty fields do not narrow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sought {
    pub feed: Feed,
    pub card: Option<CardId>,
    pub account: Option<AccountId>,
    pub kinds: Vec<TransactionKind>,
    pub statuses: Vec<TransactionStatus>,
    pub from: Option<DateTime<Utc>>,
    pub to: DateTime<Utc>,
    pub offset: u64,
    /// Every row is kept, so that the feed is known as far back as the page goes.
    pub whole: bool,
}

/// A card's data on their way to the panel, or why there are none.
#[derive(Clone, PartialEq)]
pub struct Revealed {
    pub(crate) card: CardAt,
    pub(crate) read: Result<OneTimeSecret<Sensitive>, String>,
}

impl Revealed {
    pub fn new(card: CardAt, read: Result<Sensitive, String>) -> Revealed {
        Revealed { card, read: read.map(OneTimeSecret::new) }
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revealed({} ••••)", self.card.last_four.map_or("•…".into(), |four| format!("•{four}")))
    }
}
