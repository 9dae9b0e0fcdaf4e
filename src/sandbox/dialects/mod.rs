//! What kind of 4pay deployment the sandbox is: a dialect (the shapes of one set of documents) and quirks
//! (single differences). Both are views: the ledger behind them is the same.
//!
//! ```text
//!   request ─▶ routes: which endpoint ─▶ handlers ─▶ paging: which rows, which envelope
//!                                            │          │
//!                                 ledger ◀───┘     rich shape ─▶ dialect's view ─▶ fields: quirks
//! ```
//!
//! Each concern asks for its quirks in one place. To add a quirk: a line in [`quirks`], the code at its concern,
//! and a test in `tests/sandbox/quirks.rs`.

mod document;
mod documented;
mod fields;
mod json;
mod legacy;
mod paging;
mod quirks;
mod refusals;
mod routes;
mod upstream;

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use axum::http::StatusCode;
use axum::response::Response;

pub use self::json::{Json, object};
pub use self::paging::{Asked, Page, Rows};
pub use self::quirks::{Quirk, Quirks, UnknownName};
pub use self::routes::Routed;
use super::answer::raw;
use super::ledger::Ledger;
use super::shapes;

/// Whose documents the answers follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The newer documents, and nothing more than they promise.
    #[default]
    Documented,
    /// The newer documents with all that is known of each thing.
    Rich,
    /// The provider behind the platform, as its client library reads it.
    Upstream,
    /// The older documents.
    Legacy,
}

impl Dialect {
    pub const ALL: [Dialect; 4] = [Dialect::Documented, Dialect::Rich, Dialect::Upstream, Dialect::Legacy];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Documented => "documented",
            Dialect::Rich => "rich",
            Dialect::Upstream => "upstream",
            Dialect::Legacy => "legacy",
        }
    }

    /// What it does, in one line.
    pub fn help(self) -> &'static str {
        match self {
            Dialect::Documented => "the items of the newer documents and nothing more",
            Dialect::Rich => "the newer documents with all that is known of each thing",
            Dialect::Upstream => "the provider: data and pagination, nested objects, 204",
            Dialect::Legacy => "the older documents: bare arrays, numbers, Bearer keys",
        }
    }

    /// The quirks that belong to it.
    pub fn quirks(self) -> Quirks {
        use Quirk::*;
        match self {
            Dialect::Documented => Quirks::of(&[SubCents, PythonZeros, NoEcho, PatchMerges]),
            Dialect::Rich => Quirks::of(&[PatchReplaces]),
            Dialect::Upstream => Quirks::of(&[
                DataEnvelope,
                PageQuantity,
                SubCents,
                ZuluTimes,
                SettlementOnly,
                LifecycleLater,
                ActivateWord,
                UpstreamRestrictions,
                PatchMerges,
            ]),
            Dialect::Legacy => Quirks::of(&[
                BareArrays,
                PageQuantity,
                OldestFirst,
                MoneyNumbers,
                DateOnly,
                ZuluTimes,
                LimitMap,
                LimitsRequired,
                SuspendWords,
                LifecycleLater,
                BearerKey,
                UpstreamRestrictions,
                PatchMerges,
            ]),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dialect {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Dialect, UnknownName> {
        let known = text.trim().to_lowercase();
        Dialect::ALL
            .into_iter()
            .find(|dialect| dialect.name() == known)
            .ok_or_else(|| UnknownName::among("dialect", text, Dialect::ALL.into_iter().map(Dialect::name)))
    }
}

/// Quirks of which a deployment has one: what was asked for takes the place of the dialect's own.
const ALTERNATIVES: &[Quirks] = &[
    Quirks::of(&[Quirk::BareArrays, Quirk::DataEnvelope]),
    Quirks::of(&[Quirk::LockWords, Quirk::SuspendWords, Quirk::ActivateWord]),
    Quirks::of(&[Quirk::PatchReplaces, Quirk::PatchMerges]),
    Quirks::of(&[Quirk::NoEcho, Quirk::LateEcho]),
];

/// The dialect's quirks and those that were asked for.
fn together(dialect: Dialect, asked: Quirks) -> Quirks {
    let own =
        ALTERNATIVES.iter().filter(|group| asked.any(**group)).fold(dialect.quirks(), |own, group| own.without(*group));
    own.and(asked)
}

/// Something that is shown, by its row in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Account(u32),
    AccountDetails(u32),
    Balance(u32),
    Restrictions(u32),
    Destination(u32),
    Holder(u32),
    /// The answer to creating one.
    NewHolder(u32),
    /// A card among those of its holder.
    HeldCard(u32),
    CardItem(u32),
    Card(u32),
    /// The answer to issuing.
    NewCard(u32),
    Sensitive(u32),
    CardTx(u32),
    CardTxDetails(u32),
    AccountTx(u32),
    AccountTxDetails(u32),
    /// A crypto top-up, told by webhook.
    TopUp(u32),
}

impl Thing {
    /// Everything known of it, as the rich dialect shows it.
    fn write_rich(self, ledger: &Ledger, now: i64, to: &mut Vec<u8>) {
        // Writing into memory does not fail.
        drop(match self {
            Thing::Account(at) => serde_json::to_writer(to, &shapes::account(ledger, at)),
            Thing::AccountDetails(at) => serde_json::to_writer(to, &shapes::account_details(ledger, at)),
            Thing::Balance(at) => serde_json::to_writer(to, &shapes::balance(ledger, at)),
            Thing::Restrictions(at) => serde_json::to_writer(to, &shapes::restrictions(ledger, at)),
            Thing::Destination(at) => serde_json::to_writer(to, &shapes::destination(ledger, at)),
            Thing::Holder(at) | Thing::NewHolder(at) => serde_json::to_writer(to, &shapes::holder(ledger, at)),
            Thing::HeldCard(at) => serde_json::to_writer(to, &shapes::held_card(ledger, at)),
            Thing::CardItem(at) => serde_json::to_writer(to, &shapes::card_item(ledger, at)),
            Thing::Card(at) => serde_json::to_writer(to, &shapes::card(ledger, at, now, false)),
            Thing::NewCard(at) => serde_json::to_writer(to, &shapes::card(ledger, at, now, true)),
            Thing::Sensitive(at) => serde_json::to_writer(to, &shapes::sensitive(ledger, at)),
            Thing::CardTx(at) | Thing::CardTxDetails(at) => serde_json::to_writer(to, &shapes::card_tx(ledger, at)),
            Thing::AccountTx(at) | Thing::AccountTxDetails(at) => {
                serde_json::to_writer(to, &shapes::account_tx(ledger, at))
            }
            Thing::TopUp(at) => serde_json::to_writer(to, &shapes::top_up(ledger, at)),
        });
    }

    fn rich(self, ledger: &Ledger, now: i64) -> Json {
        let mut text = Vec::with_capacity(1_024);
        self.write_rich(ledger, now, &mut text);
        Json::read(&text)
    }
}

/// What one running sandbox is like.
pub struct Deployment {
    pub dialect: Dialect,
    pub quirks: Quirks,
    /// Decides which fields are bad.
    seed: u64,
    /// Lists read so far, for an order that changes.
    lists: AtomicU64,
    /// When the last requests came, for a limit on their rate.
    recent: Mutex<Vec<i64>>,
}

impl Deployment {
    pub fn new(dialect: Dialect, quirks: Quirks, seed: u64) -> Deployment {
        let quirks = together(dialect, quirks);
        Deployment { dialect, quirks, seed, lists: AtomicU64::new(0), recent: Mutex::default() }
    }

    fn has(&self, quirk: Quirk) -> bool {
        self.quirks.has(quirk)
    }

    /// Whether things are shown as they are, without a detour.
    fn is_plain(&self) -> bool {
        self.dialect == Dialect::Rich && !self.quirks.any(fields::QUIRKS)
    }

    /// A thing as this deployment shows it. `listed` for a row of a list.
    fn view(&self, ledger: &Ledger, thing: Thing, now: i64, listed: bool) -> Json {
        let rich = thing.rich(ledger, now);
        let mut shown = match self.dialect {
            Dialect::Rich => rich,
            Dialect::Documented => documented::view(thing, rich),
            Dialect::Upstream => upstream::view(ledger, thing, rich),
            Dialect::Legacy => legacy::view(ledger, thing, rich),
        };
        self.touch(&mut shown, ledger, thing, now, listed);
        shown
    }

    /// Writes a thing.
    pub fn write(&self, ledger: &Ledger, thing: Thing, now: i64, listed: bool, to: &mut Vec<u8>) {
        if self.is_plain() {
            thing.write_rich(ledger, now, to);
        } else {
            self.view(ledger, thing, now, listed).write(to);
        }
    }

    /// Answers with one thing.
    pub fn one(&self, status: StatusCode, ledger: &Ledger, thing: Thing, now: i64) -> Response {
        if matches!(thing, Thing::NewHolder(_)) && self.dialect == Dialect::Upstream {
            // The provider's client library reads no body here.
            let mut empty = Response::default();
            *empty.status_mut() = status;
            return empty;
        }
        let mut body = Vec::with_capacity(1_024);
        let wrapped = matches!(self.dialect, Dialect::Upstream | Dialect::Legacy);
        if wrapped {
            body.extend_from_slice(b"{\"data\":");
        }
        self.write(ledger, thing, now, false, &mut body);
        if wrapped {
            body.push(b'}');
        }
        raw(status, body)
    }

    /// Answers with what came of an act, in the documented shape.
    pub fn receipt(&self, mut receipt: Json) -> Response {
        const BOTH: [&str; 2] = ["fromTransactionId", "toTransactionId"];
        if self.has(Quirk::BareReceipts) {
            BOTH.iter().for_each(|key| drop(receipt.take(key)));
        }
        let named = BOTH.iter().any(|key| receipt.get(key).is_some());
        if self.dialect == Dialect::Upstream && named {
            receipt = receipt.only(&["fromTransactionId", "toTransactionId"]);
        }
        self.touch_money(&mut receipt);
        if matches!(self.dialect, Dialect::Upstream | Dialect::Legacy) {
            receipt = object([("data", receipt)]);
        }
        let mut body = Vec::with_capacity(512);
        receipt.write(&mut body);
        raw(StatusCode::OK, body)
    }

    /// How a new state of a card is answered: at once with the card, or with 204 and later.
    pub fn is_later(&self) -> bool {
        self.has(Quirk::LifecycleLater)
    }

    /// Whether a changed card is given back.
    pub fn tells_changes(&self) -> bool {
        self.dialect != Dialect::Upstream
    }

    pub fn merges_limits(&self) -> bool {
        self.has(Quirk::PatchMerges)
    }

    pub fn wants_limits(&self) -> bool {
        self.has(Quirk::LimitsRequired)
    }

    /// Whether the key is taken as Bearer and in no other way.
    pub fn wants_bearer(&self) -> bool {
        self.has(Quirk::BearerKey)
    }

    /// When a login ends, as its JWT says it; `at` is in seconds.
    pub fn expiry_claim(&self, at: i64) -> String {
        let at = if self.has(Quirk::JwtMillis) { at * 1_000 } else { at };
        if self.has(Quirk::JwtText) { format!("\"{at}\"") } else { at.to_string() }
    }

    /// What stands before the signature of a delivery.
    pub fn signature_prefix(&self) -> &'static str {
        if self.has(Quirk::SignaturePrefix) { "sha256=" } else { "" }
    }

    pub fn has_sub_cents(&self) -> bool {
        self.has(Quirk::SubCents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_takes_the_place_of_the_dialects_own() {
        let quirks = |dialect, asked: &[Quirk]| together(dialect, Quirks::of(asked));
        let legacy = quirks(Dialect::Legacy, &[Quirk::DataEnvelope, Quirk::LockWords]);
        assert!(legacy.has(Quirk::DataEnvelope) && !legacy.has(Quirk::BareArrays));
        assert!(legacy.has(Quirk::LockWords) && !legacy.has(Quirk::SuspendWords));
        assert!(legacy.has(Quirk::OldestFirst));
        assert!(!quirks(Dialect::Documented, &[Quirk::LateEcho]).has(Quirk::NoEcho));
        assert_eq!(quirks(Dialect::Upstream, &[]), Dialect::Upstream.quirks());
    }

    #[test]
    fn dialects_are_named() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.name().parse(), Ok(dialect));
        }
        let wrong = "documentd".parse::<Dialect>().unwrap_err().to_string();
        assert_eq!(wrong, "no dialect is called 'documentd'; did you mean 'documented'?");
    }
}
