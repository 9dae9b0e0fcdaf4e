//! One line of the journal: how an entry is written as JSON, how it is read back, and its link in the chain.
//!
//! A line is a JSON object whose last two members are `prev`, the hash of the line before, and `hash`, the
//! SHA-256 (hex) of the line as it stands without its `hash` member. Knows no files.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use super::book::Binding;
use super::first_version;
use super::texts::Texts;
use super::{Adopted, Loss, Record};
use crate::domain::account::CardKind;
use crate::domain::card::{LastFour, LimitKind};
use crate::domain::ids::{AccountId, BinCategoryId, BinId, CardId, HolderId, TransactionId};
use crate::domain::intent::lifecycle::{Evidence, Proof, Receipt, Stage, Step};
use crate::domain::intent::{
    Act, Audit, AuditEvent, Before, BinChoice, CardAt, CardOrder, HolderOrder, Intent, Kind, Process, Reference, Who,
};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;
use crate::domain::webhook::EventKind;

/// The version of the format.
const VERSION: u8 = 1;
/// What the first line names as the line before.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What stands before a line's own hash.
const HASH: &str = ",\"hash\":\"";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Where a line stands: its number over all files of the profile, from 1, and the hash of the line before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub seq: u64,
    pub prev: String,
}

impl Place {
    /// Goes on to the line after one of this number and hash.
    pub fn follow(&mut self, seq: u64, hash: &str) {
        self.seq = seq.saturating_add(1);
        self.prev.clear();
        self.prev.push_str(hash);
    }
}

/// A line that was read.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub prev: Cow<'a, str>,
    pub hash: &'a str,
    pub record: Record,
    /// What the line says beside its record of whose journal it is; few lines say anything.
    pub binding: Option<Binding>,
}

/// Why a line cannot be relied upon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    #[error("it is no line of a journal")]
    Shape,
    #[error("its hash does not fit its text: it was changed after it was written")]
    Hash,
    #[error("it does not follow the line before it: a line was taken out, put in or changed")]
    Chain,
    #[error("it is written in a newer format ({0})")]
    Version(u8),
    #[error("it cannot be understood: {0}")]
    Meaning(String),
}

/// Writes a line, with its end of line. The hash of it comes along. `word`: what the first version of the format is to
/// read instead of the stage's own word.
pub fn write(
    place: &Place,
    at: DateTime<Utc>,
    record: &Record,
    word: Option<&str>,
    binding: &Binding,
) -> (String, String) {
    let mut wire = Wire::of(place, at, record);
    wire.put_binding(binding);
    if let Some(word) = word {
        wire.disguise(word);
    }
    // A flat object of strings and numbers always serializes.
    let mut body = serde_json::to_string(&wire).unwrap_or_default();
    let hash = hash_of(body.as_bytes());
    body.pop();
    (format!("{body},\"hash\":\"{hash}\"}}\n"), hash)
}

/// A record as a JSON object without its place in the chain.
pub fn json(at: DateTime<Utc>, record: &Record) -> serde_json::Value {
    let wire = Wire::of(&Place { seq: 0, prev: String::new() }, at, record);
    let mut value = serde_json::to_value(wire).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.remove("seq");
        members.remove("prev");
    }
    value
}

pub fn hash_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The hash that a line claims to have, and whether it does. `None` when it claims none.
pub fn claimed_hash(text: &str) -> Option<(&str, bool)> {
    if let Some(hash) = own_hash(text) {
        return Some((hash, true));
    }
    let (body, rest) = text.rsplit_once(HASH)?;
    let hash = rest.strip_suffix("\"}")?;
    let fits = hash.len() == 64 && hash_of(format!("{body}}}").as_bytes()) == hash;
    Some((hash, fits))
}

/// The hash of a line that ends as every line does that was written here, when it fits. It is looked for where it has to
/// stand: nothing in it, and nothing behind it, can be the beginning of the member once more.
fn own_hash(text: &str) -> Option<&str> {
    let rest = text.strip_suffix("\"}")?;
    let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(GENESIS.len())?)?;
    let body = rest.strip_suffix(HASH)?;
    let digest = Sha256::new().chain_update(body).chain_update("}").finalize();
    let mut letters = hash.bytes();
    let fits = digest.iter().all(|byte| {
        let (high, low) = (letters.next(), letters.next());
        high == HEX.get(usize::from(byte >> 4)).copied() && low == HEX.get(usize::from(byte & 15)).copied()
    });
    fits.then_some(hash)
}

/// Reads a line without its end of line. Its own hash is checked, its place in the chain is not.
pub fn read<'a>(text: &'a str, texts: &Texts) -> Result<Line<'a>, LineProblem> {
    let (hash, fits) = claimed_hash(text).ok_or(LineProblem::Shape)?;
    if !fits {
        return Err(LineProblem::Hash);
    }
    let wire: Wire<Text<'a>> = serde_json::from_str(text).map_err(|error| LineProblem::Meaning(error.to_string()))?;
    if wire.v != VERSION {
        return Err(LineProblem::Version(wire.v));
    }
    let meaning = |what: &str| LineProblem::Meaning(what.to_owned());
    let at = moment(&wire.at).ok_or_else(|| meaning("its time"))?;
    let record = wire.record(at, texts).ok_or_else(|| meaning("its entry"))?;
    let binding = wire.binding();
    Ok(Line { seq: wire.seq, at, prev: wire.prev.0, hash, record, binding })
}

/// Reads a record that stands outside of a chain, with the time it was written.
pub fn read_loose(text: &str) -> Option<(DateTime<Utc>, Record)> {
    let wire: Wire<Text<'_>> = serde_json::from_str(text).ok()?;
    let at = moment(&wire.at)?;
    Some((at, wire.record(at, &Texts::new())?))
}

/// Writes a record that stands outside of a chain, with its end of line.
pub fn write_loose(at: DateTime<Utc>, record: &Record) -> String {
    let wire = Wire::of(&Place { seq: 0, prev: String::new() }, at, record);
    format!("{}\n", serde_json::to_string(&wire).unwrap_or_default())
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A text of a line that is read: where it stands in the line, unless something in it is escaped there.
#[derive(Default)]
struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'a>, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Reader)
    }
}

#[derive(Serialize, Deserialize)]
struct WhoWire<T> {
    uid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<T>,
    host: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    tty: Option<T>,
    ssh: bool,
    pid: u32,
    version: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    boot: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<u64>,
}

/// Every member a line may have. The order here is the order in the file. Its texts are `String` in a line to be written,
/// [`Text`] in one that is read.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Wire<T> {
    v: u8,
    seq: u64,
    at: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<T>,
    step: T,
    /// The stage's own word, where the first version of the format has to read another one in `step`.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_four: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_type: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bin: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bin_category: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Vec<(T, T, T)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinds: Option<Vec<T>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_secret: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_account: Option<(T, T)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_other: Option<(T, T)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    despite: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skew_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<T>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transactions: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_account: Option<(T, T)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_other: Option<(T, T)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    granted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    torn: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// What "not done" rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cards_before: Option<Vec<T>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<LossWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<WhoWire<T>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    journal: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<T>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    echoes: Option<bool>,
    prev: T,
}

#[derive(Serialize, Deserialize)]
struct LossWire {
    seq: u64,
    hash: String,
    missing: u64,
    #[serde(default)]
    aside: Vec<String>,
}

fn proof_word(proof: Proof) -> &'static str {
    match proof {
        Proof::Declined => "declined",
        Proof::Person => "person",
    }
}

fn pair(money: Money) -> (String, String) {
    (money.wire(), money.currency().to_string())
}

fn money<T: Deref<Target = str>>((amount, currency): &(T, T)) -> Option<Money> {
    Money::parse(amount, Currency::parse(currency)?).ok()
}

/// Text that a person or the API wrote. It was made safe where it came in; a card number that came another
/// way is masked here once more (D4).
fn free(text: &SafeText) -> String {
    SafeText::prose(text.as_str()).as_str().to_owned()
}

impl Wire<String> {
    fn of(place: &Place, at: DateTime<Utc>, record: &Record) -> Wire<String> {
        let mut wire = Wire { v: VERSION, seq: place.seq, at: stamp(at), prev: place.prev.clone(), ..Wire::default() };
        match record {
            Record::Asked(intent) => wire.put_intent(intent),
            Record::Step(reference, step) => {
                wire.reference = Some(reference.to_string());
                wire.put_step(step);
            }
            Record::Audit(audit) => wire.put_audit(audit),
            Record::Repaired { torn, bytes } => {
                wire.step = "repaired".into();
                (wire.torn, wire.bytes) = (Some(torn.clone()), Some(*bytes));
            }
            Record::LossAccepted(loss) => {
                wire.step = "loss_accepted".into();
                wire.put_who(&loss.who, &loss.profile);
                let Loss { seq, hash, missing, aside, .. } = &**loss;
                wire.lost = Some(LossWire { seq: *seq, hash: hash.clone(), missing: *missing, aside: aside.clone() });
                wire.disguise(first_version::PASSED_OVER);
            }
            Record::Adopted(adopted) => {
                wire.step = "adopted".into();
                wire.put_who(&adopted.who, &adopted.profile);
                wire.address = Some(adopted.address.clone());
                wire.disguise(first_version::PASSED_OVER);
            }
        }
        wire
    }

    /// Leaves another word for readers of the first version.
    fn disguise(&mut self, word: &str) {
        self.stage = Some(std::mem::replace(&mut self.step, word.to_owned()));
        if word == first_version::PASSED_OVER {
            (self.torn, self.bytes) = (Some(String::new()), Some(0));
        }
    }

    fn put_binding(&mut self, binding: &Binding) {
        let said = |text: &String| (!text.is_empty()).then(|| text.clone());
        self.journal = said(&binding.journal);
        self.address = self.address.take().or_else(|| said(&binding.address));
        self.accounts = binding.accounts.iter().map(ToString::to_string).collect();
        self.echoes = binding.echoes;
    }

    fn put_who(&mut self, who: &Who, profile: &SafeText) {
        self.profile = Some(free(profile));
        self.who = Some(WhoWire {
            uid: who.uid,
            user: who.user.as_ref().map(free),
            host: free(&who.host),
            tty: who.tty.as_ref().map(free),
            ssh: who.ssh,
            pid: who.pid,
            version: free(&who.version),
            machine: who.process.as_ref().map(|process| free(&process.machine)),
            boot: who.process.as_ref().map(|process| free(&process.boot)),
            namespace: who.process.as_ref().map(|process| process.namespace),
            started: who.process.as_ref().map(|process| process.started),
        });
    }

    fn put_card(&mut self, at: &CardAt) {
        self.account = Some(at.account.to_string());
        self.card = Some(at.card.to_string());
        self.last_four = at.last_four.map(|four| four.to_string());
    }

    fn put_limits(&mut self, limits: &[(LimitKind, Money)]) {
        let written =
            |(kind, limit): &(LimitKind, Money)| (kind.to_string(), limit.wire(), limit.currency().to_string());
        self.limits = Some(limits.iter().map(written).collect());
    }

    fn put_intent(&mut self, intent: &Intent) {
        self.step = "recorded".into();
        self.reference = Some(intent.reference.to_string());
        self.kind = Some(intent.act.kind().word().into());
        self.put_who(&intent.who, &intent.profile);
        self.why = intent.why.as_ref().map(free);
        self.before_account = intent.before.account.map(pair);
        self.before_other = intent.before.other.map(pair);
        self.despite = intent.despite.iter().map(ToString::to_string).collect();
        self.cards_before = intent.cards_before.as_ref().map(|ids| ids.iter().map(ToString::to_string).collect());
        self.account = intent.act.account().map(ToString::to_string);
        if let Some(at) = intent.act.card() {
            self.put_card(at);
        }
        if let Some(amount) = intent.act.amount() {
            self.amount = Some(amount.wire());
            self.currency = Some(amount.currency().to_string());
        }
        self.description = intent.act.description().map(free);
        match &intent.act {
            Act::IssueCard { order, .. } => self.put_card_order(order),
            Act::UpdateCard { name, limits, .. } => {
                self.name = name.as_ref().map(free);
                if let Some(limits) = limits {
                    self.put_limits(limits);
                }
            }
            Act::Transfer { to, .. } => self.to = Some(to.to_string()),
            Act::CreateCardholder { order, .. } => {
                self.holder = Some(order.id.to_string());
                self.first_name = Some(free(&order.first_name));
                self.last_name = Some(free(&order.last_name));
                self.email = Some(free(&order.email));
                self.phone = order.phone.as_ref().map(free);
            }
            Act::SetWebhook { url, kinds, active, new_secret } => {
                self.url = Some(free(url));
                self.kinds = kinds.as_ref().map(|kinds| kinds.iter().map(ToString::to_string).collect());
                (self.active, self.new_secret) = (Some(*active), Some(*new_secret));
            }
            Act::Freeze(_)
            | Act::Unfreeze(_)
            | Act::Close(_)
            | Act::TopUp { .. }
            | Act::Withdraw { .. }
            | Act::DeleteWebhook => {}
        }
    }

    fn put_card_order(&mut self, order: &CardOrder) {
        self.name = Some(free(&order.name));
        self.holder = Some(order.holder.to_string());
        self.card_type = Some(order.kind.to_string());
        self.currency = order.currency.map(|currency| currency.to_string());
        match &order.bin {
            BinChoice::Default => {}
            BinChoice::Bin(id) => self.bin = Some(id.to_string()),
            BinChoice::Category(id) => self.bin_category = Some(id.to_string()),
        }
        if !order.limits.is_empty() {
            self.put_limits(&order.limits);
        }
    }

    fn put_evidence(&mut self, seen: &Evidence) {
        self.evidence = Some(free(&seen.says));
        self.transactions = seen.transactions.iter().map(ToString::to_string).collect();
        self.made = seen.card.as_ref().map(ToString::to_string);
        self.after_account = seen.after.account.map(pair);
        self.after_other = seen.after.other.map(pair);
    }

    fn put_step(&mut self, step: &Step) {
        self.step = step.stage().word().into();
        match step {
            Step::Recorded => {}
            Step::Sent { skew_ms } => self.skew_ms = *skew_ms,
            Step::Accepted(receipt) => {
                self.status = receipt.status.as_ref().map(free);
                self.transactions = receipt.transactions.iter().map(ToString::to_string).collect();
                self.made = receipt.card.as_ref().map(ToString::to_string);
            }
            Step::Refused { reason, status } | Step::Unknown { reason, status } => {
                self.reason = Some(free(reason));
                self.http = *status;
            }
            Step::NotSent { reason } => self.reason = Some(free(reason)),
            Step::SettledNotDone(seen, proof) => {
                self.put_evidence(seen);
                self.proof = Some(proof_word(*proof).to_owned());
            }
            Step::NotSeen { seen, lifted } => {
                self.put_evidence(seen);
                if *lifted {
                    // As the version that said so wrote it.
                    self.step = Stage::SettledNotDone.word().into();
                }
            }
            Step::Done(seen)
            | Step::SettledDone(seen)
            | Step::NeedsPerson(seen)
            | Step::Probably(seen)
            | Step::FoundLater(seen)
            | Step::Reversed(seen) => self.put_evidence(seen),
        }
    }

    fn put_audit(&mut self, audit: &Audit) {
        self.step = "audit".into();
        self.event = Some(audit.event.word().into());
        self.field = audit.event.field().map(|field| field.word().into());
        self.granted = Some(audit.granted);
        self.way = audit.way.as_ref().map(ToString::to_string);
        self.why = audit.why.as_ref().map(ToString::to_string);
        if let Some(at) = &audit.card {
            self.put_card(at);
        }
        self.put_who(&audit.who, &audit.profile);
    }
}

impl<T: Deref<Target = str>> Wire<T> {
    fn binding(&self) -> Option<Binding> {
        let said =
            self.journal.is_some() || self.address.is_some() || self.echoes.is_some() || !self.accounts.is_empty();
        said.then(|| Binding {
            journal: self.journal.as_deref().unwrap_or_default().to_owned(),
            address: self.address.as_deref().unwrap_or_default().to_owned(),
            accounts: self.accounts.iter().filter_map(|id| AccountId::parse(id)).collect(),
            echoes: self.echoes,
        })
    }

    fn record(&self, at: DateTime<Utc>, texts: &Texts) -> Option<Record> {
        match self.word() {
            "recorded" => self.intent(at, texts).map(|intent| Record::Asked(Box::new(intent))),
            "audit" => self.audit(at, texts).map(|audit| Record::Audit(Box::new(audit))),
            "loss_accepted" => {
                let (who, profile) = self.who(texts)?;
                let LossWire { seq, hash, missing, aside } = self.lost.as_ref()?;
                let (hash, aside) = (hash.clone(), aside.clone());
                Some(Record::LossAccepted(Box::new(Loss { seq: *seq, hash, missing: *missing, aside, who, profile })))
            }
            "adopted" => {
                let (who, profile) = self.who(texts)?;
                Some(Record::Adopted(Box::new(Adopted { address: self.address.as_deref()?.to_owned(), who, profile })))
            }
            "repaired" => Some(Record::Repaired { torn: self.torn.as_deref()?.to_owned(), bytes: self.bytes? }),
            _ => Some(Record::Step(self.reference()?, self.step(texts)?)),
        }
    }

    fn word(&self) -> &str {
        self.stage.as_deref().unwrap_or(&self.step)
    }

    fn reference(&self) -> Option<Reference> {
        Reference::parse(self.reference.as_deref()?)
    }

    fn who(&self, texts: &Texts) -> Option<(Who, SafeText)> {
        let who = self.who.as_ref()?;
        let name = |text: &T| texts.name(text);
        let process = || {
            Some(Process {
                machine: name(who.machine.as_ref()?),
                boot: name(who.boot.as_ref()?),
                namespace: who.namespace?,
                started: who.started?,
            })
        };
        let who = Who {
            uid: who.uid,
            user: who.user.as_ref().map(name),
            host: name(&who.host),
            tty: who.tty.as_ref().map(name),
            ssh: who.ssh,
            pid: who.pid,
            version: name(&who.version),
            process: process(),
        };
        Some((who, texts.name(self.profile.as_deref()?)))
    }

    fn card(&self) -> Option<CardAt> {
        Some(CardAt {
            account: AccountId::parse(self.account.as_deref()?)?,
            card: CardId::parse(self.card.as_deref()?)?,
            last_four: self.last_four.as_deref().and_then(LastFour::parse),
        })
    }

    /// What is said of limits; the inner `None` where nothing is.
    fn limits(&self) -> Option<Option<Vec<(LimitKind, Money)>>> {
        let read = |(kind, amount, currency): &(T, T, T)| {
            Some((LimitKind::from_wire(kind), Money::parse(amount, Currency::parse(currency)?).ok()?))
        };
        let Some(limits) = &self.limits else { return Some(None) };
        limits.iter().map(read).collect::<Option<Vec<_>>>().map(Some)
    }

    fn intent(&self, at: DateTime<Utc>, texts: &Texts) -> Option<Intent> {
        let (who, profile) = self.who(texts)?;
        let optional = |pair: &Option<(T, T)>| match pair {
            None => Some(None),
            Some(pair) => money(pair).map(Some),
        };
        Some(Intent {
            reference: self.reference()?,
            act: self.act(texts)?,
            who,
            profile,
            why: self.why.as_deref().map(|text| texts.prose(text)),
            asked_at: at,
            before: Before { account: optional(&self.before_account)?, other: optional(&self.before_other)? },
            despite: self.despite.iter().map(|text| Reference::parse(text)).collect::<Option<_>>()?,
            cards_before: match &self.cards_before {
                Some(ids) => Some(ids.iter().map(|id| CardId::parse(id)).collect::<Option<_>>()?),
                None => None,
            },
        })
    }

    fn act(&self, texts: &Texts) -> Option<Act> {
        let kind = Kind::ALL.into_iter().find(|kind| Some(kind.word()) == self.kind.as_deref())?;
        let account = || AccountId::parse(self.account.as_deref()?);
        let amount = || Money::parse(self.amount.as_deref()?, Currency::parse(self.currency.as_deref()?)?).ok();
        let name = |text: &Option<T>| text.as_deref().map(|text| texts.name(text));
        let description = self.description.as_deref().map(|text| texts.prose(text));
        Some(match kind {
            Kind::IssueCard => Act::IssueCard { account: account()?, order: self.card_order(texts)? },
            Kind::Freeze => Act::Freeze(self.card()?),
            Kind::Unfreeze => Act::Unfreeze(self.card()?),
            Kind::Close => Act::Close(self.card()?),
            Kind::UpdateCard => Act::UpdateCard { at: self.card()?, name: name(&self.name), limits: self.limits()? },
            Kind::TopUp => Act::TopUp { at: self.card()?, amount: amount()?, description },
            Kind::Withdraw => Act::Withdraw { at: self.card()?, amount: amount()?, description },
            Kind::Transfer => Act::Transfer {
                from: account()?,
                to: AccountId::parse(self.to.as_deref()?)?,
                amount: amount()?,
                description,
            },
            Kind::CreateCardholder => Act::CreateCardholder {
                account: account()?,
                order: HolderOrder {
                    id: HolderId::parse(self.holder.as_deref()?)?,
                    first_name: name(&self.first_name)?,
                    last_name: name(&self.last_name)?,
                    email: name(&self.email)?,
                    phone: name(&self.phone),
                },
            },
            Kind::SetWebhook => Act::SetWebhook {
                url: texts.prose(self.url.as_deref()?),
                kinds: self.kinds.as_ref().map(|kinds| kinds.iter().map(|kind| EventKind::from_wire(kind)).collect()),
                active: self.active?,
                new_secret: self.new_secret?,
            },
            Kind::DeleteWebhook => Act::DeleteWebhook,
        })
    }

    fn card_order(&self, texts: &Texts) -> Option<CardOrder> {
        let bin = match (&self.bin, &self.bin_category) {
            (Some(id), _) => BinChoice::Bin(BinId::parse(id)?),
            (None, Some(id)) => BinChoice::Category(BinCategoryId::parse(id)?),
            (None, None) => BinChoice::Default,
        };
        Some(CardOrder {
            name: texts.name(self.name.as_deref()?),
            holder: HolderId::parse(self.holder.as_deref()?)?,
            kind: CardKind::from_wire(self.card_type.as_deref()?),
            currency: match self.currency.as_deref() {
                Some(code) => Some(Currency::parse(code)?),
                None => None,
            },
            bin,
            limits: self.limits()?.unwrap_or_default(),
        })
    }

    fn evidence(&self, texts: &Texts) -> Option<Evidence> {
        Some(Evidence {
            says: texts.prose(self.evidence.as_deref()?),
            transactions: self.rows()?,
            card: self.made.as_deref().and_then(CardId::parse),
            after: Before {
                account: self.after_account.as_ref().and_then(money),
                other: self.after_other.as_ref().and_then(money),
            },
        })
    }

    fn rows(&self) -> Option<Vec<TransactionId>> {
        self.transactions.iter().map(|id| TransactionId::parse(id)).collect()
    }

    fn step(&self, texts: &Texts) -> Option<Step> {
        let reason = || Some(texts.prose(self.reason.as_deref()?));
        Some(match self.word() {
            "sent" => Step::Sent { skew_ms: self.skew_ms },
            "accepted" => Step::Accepted(Receipt {
                status: self.status.as_deref().map(|text| texts.name(text)),
                transactions: self.rows()?,
                card: self.made.as_deref().and_then(CardId::parse),
            }),
            "done" => Step::Done(self.evidence(texts)?),
            "refused" => Step::Refused { reason: reason()?, status: self.http },
            "not_sent" => Step::NotSent { reason: reason()? },
            "unknown" => Step::Unknown { reason: reason()?, status: self.http },
            "settled_done" => Step::SettledDone(self.evidence(texts)?),
            "settled_not_done" => match self.proof()? {
                Some(proof) => Step::SettledNotDone(self.evidence(texts)?, proof),
                None => Step::NotSeen { seen: self.evidence(texts)?, lifted: true },
            },
            "not_seen" => Step::NotSeen { seen: self.evidence(texts)?, lifted: false },
            "probably" => Step::Probably(self.evidence(texts)?),
            "needs_person" => Step::NeedsPerson(self.evidence(texts)?),
            "found_later" => Step::FoundLater(self.evidence(texts)?),
            "reversed" => Step::Reversed(self.evidence(texts)?),
            _ => return None,
        })
    }

    /// What "not done" rests on; the inner `None` where it rests on nothing but not having been seen. The first version
    /// did not say which: it shows in what else it wrote.
    fn proof(&self) -> Option<Option<Proof>> {
        match self.proof.as_deref() {
            Some(word) => {
                [Proof::Declined, Proof::Person].into_iter().find(|proof| proof_word(*proof) == word).map(Some)
            }
            None => {
                let says = self.evidence.as_deref()?;
                let declined = !self.transactions.is_empty() || says == "the card could not be created";
                let person = says.contains(" has compared and says so: ");
                Some(person.then_some(Proof::Person).or(declined.then_some(Proof::Declined)))
            }
        }
    }

    fn audit(&self, at: DateTime<Utc>, texts: &Texts) -> Option<Audit> {
        let (who, profile) = self.who(texts)?;
        Some(Audit {
            event: AuditEvent::parse(self.event.as_deref()?, self.field.as_deref())?,
            who,
            profile,
            at,
            granted: self.granted?,
            card: self.card(),
            way: self.way.as_deref().map(|text| texts.name(text)),
            why: self.why.as_deref().map(|text| texts.prose(text)),
        })
    }
}
