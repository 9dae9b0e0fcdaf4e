//! The head: a small file that says how far the journal has come and what is open, kept beside the journal and once
//! more elsewhere.
//!
//! It is written after each line, so a journal that is longer than its head is fine. One that is shorter, or has
//! another line at that number, has lost something: a sync tool, a restored backup, a careless `rm`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::book::{Binding, Entry};
use super::chain::Chain;
use super::{Record, line};
use crate::domain::ids::AccountId;
use crate::domain::intent::lifecycle::Step;

const VERSION: u8 = 1;

/// How far a journal has come.
#[derive(Clone, Debug)]
pub struct Head {
    /// Number and hash of the last line; 0 for an empty journal.
    pub seq: u64,
    pub hash: String,
    /// Whose journal it is.
    pub binding: Binding,
    /// Records of what may still change, oldest first, with their times.
    pub open: Vec<(DateTime<Utc>, Record)>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    v: u8,
    journal: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    address: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<String>,
    seq: u64,
    hash: String,
    at: String,
    /// Lines of the entries that may still change, without their places in the chain.
    open: Vec<String>,
}

impl Head {
    pub fn of(chain: &Chain) -> Head {
        Head {
            seq: chain.last_seq(),
            hash: chain.last_hash().to_owned(),
            binding: chain.book.binding().clone(),
            open: chain.book.unfinished().flat_map(records).collect(),
        }
    }

    pub fn write(&self, now: DateTime<Utc>) -> Vec<u8> {
        let wire = Wire {
            v: VERSION,
            journal: self.binding.journal.clone(),
            address: self.binding.address.clone(),
            accounts: self.binding.accounts.iter().map(ToString::to_string).collect(),
            seq: self.seq,
            hash: self.hash.clone(),
            at: now.to_rfc3339(),
            open: self.open.iter().map(|(at, record)| line::write_loose(*at, record).trim_end().to_owned()).collect(),
        };
        // Strings and numbers always serialize.
        serde_json::to_vec(&wire).unwrap_or_default()
    }

    /// `None` for what is no head, or a torn one.
    pub fn read(bytes: &[u8]) -> Option<Head> {
        let wire: Wire = serde_json::from_slice(bytes).ok().filter(|wire: &Wire| wire.v == VERSION)?;
        Some(Head {
            seq: wire.seq,
            hash: wire.hash,
            binding: Binding {
                journal: wire.journal,
                address: wire.address,
                accounts: wire.accounts.iter().filter_map(|id| AccountId::parse(id)).collect(),
                echoes: None,
            },
            open: wire.open.iter().filter_map(|text| line::read_loose(text)).collect(),
        })
    }
}

/// What was written about an entry, as records.
pub fn records(entry: &Entry) -> impl Iterator<Item = (DateTime<Utc>, Record)> {
    let record = |(at, step): &(DateTime<Utc>, Step)| match step {
        Step::Recorded => (*at, Record::Asked(Box::new(entry.intent.clone()))),
        step => (*at, Record::Step(entry.intent.reference, step.clone())),
    };
    entry.steps.iter().map(record).collect::<Vec<_>>().into_iter()
}
