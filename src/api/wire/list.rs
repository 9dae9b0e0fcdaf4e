//! Lists, in every envelope: bare, `items`, `data`, `data` within `data`, with or without a total.
//!
//! The quick way reads a page in one pass and allocates nothing but what it keeps. Should anything in the page
//! stop it, the patient way takes the page apart first and loses only the rows that are broken.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::record::{Record, record};
use super::{Decode, Slot};

/// What a list held.
pub(in crate::api) struct Rows<T> {
    pub items: Vec<T>,
    /// Entries that are no object or have no id.
    pub skipped: usize,
    pub total: Option<u64>,
}

record! {
    /// What stands around a list.
    Envelope {
        items = "items",
        data = "data" | "results",
        total = "total" | "totalQuantity" | "totalCount" | "total_count",
        pagination = "pagination" | "meta",
    }
}

/// Reads a list. The error says what is wrong without quoting anything.
pub(in crate::api) fn list<D: Decode>(json: &str, decode: &D) -> Result<Rows<D::Out>, &'static str> {
    // A row is seldom shorter than this, and a page seldom longer.
    let likely = (json.len() / 400).min(1024);
    let mut rows = Rows { items: Vec::with_capacity(likely), skipped: 0, total: None };
    let mut reader = serde_json::Deserializer::from_str(json);
    let walk = Walk { decode, rows: &mut rows, depth: 0 };
    if matches!(walk.deserialize(&mut reader), Ok(true)) && reader.end().is_ok() {
        return Ok(rows);
    }
    patient(json, decode)
}

fn patient<D: Decode>(json: &str, decode: &D) -> Result<Rows<D::Out>, &'static str> {
    let whole: &RawValue = serde_json::from_str(json).map_err(|_| "the answer is not whole JSON")?;
    let mut found = Slot::new(whole.get());
    let mut total = None;
    for _ in 0..3 {
        let Some(envelope) = found.record::<Envelope<'_>>() else { break };
        total = total.or(envelope.total.count());
        total = total.or(envelope.pagination.record::<Envelope<'_>>().and_then(|inner| inner.total.count()));
        found = envelope.items.or(envelope.data);
    }
    let entries = found.list().ok_or("there is no list in the answer")?;
    let received = entries.len();
    let items: Vec<D::Out> = entries.iter().filter_map(|entry| decode.build(entry.record()?)).collect();
    Ok(Rows { skipped: received - items.len(), items, total })
}

/// Walks into envelopes until a list is found; answers whether there was one.
struct Walk<'w, D: Decode> {
    decode: &'w D,
    rows: &'w mut Rows<D::Out>,
    depth: u8,
}

impl<'de, D: Decode> DeserializeSeed<'de> for Walk<'_, D> {
    type Value = bool;
    fn deserialize<J: Deserializer<'de>>(self, json: J) -> Result<bool, J::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, D: Decode> Visitor<'de> for Walk<'_, D> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<bool, S::Error> {
        while let Some(item) = seq.next_element_seed(Row(self.decode))? {
            match item {
                Some(item) => self.rows.items.push(item),
                None => self.rows.skipped += 1,
            }
        }
        Ok(true)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<bool, M::Error> {
        let mut found = false;
        while let Some(name) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            match &*name {
                "items" | "data" | "results" if !found && self.depth < 3 => {
                    let deeper = Walk { decode: self.decode, rows: &mut *self.rows, depth: self.depth + 1 };
                    found = map.next_value_seed(deeper)?;
                }
                // Two lists in one answer: the patient way knows which is meant.
                "items" | "data" | "results" => return Err(serde::de::Error::custom("two lists")),
                "total" | "totalQuantity" | "totalCount" | "total_count" => {
                    let raw: &RawValue = map.next_value()?;
                    self.rows.total = self.rows.total.or(Slot::new(raw.get()).count());
                }
                "pagination" | "meta" => {
                    let raw: &RawValue = map.next_value()?;
                    let inner = Slot::new(raw.get()).record::<Envelope<'_>>();
                    self.rows.total = self.rows.total.or(inner.and_then(|inner| inner.total.count()));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

struct Row<'w, D>(&'w D);

impl<'de, D: Decode> DeserializeSeed<'de> for Row<'_, D> {
    type Value = Option<D::Out>;
    fn deserialize<J: Deserializer<'de>>(self, json: J) -> Result<Self::Value, J::Error> {
        // Fails on anything but an object; the patient way then counts it.
        json.deserialize_map(self)
    }
}

impl<'de, D: Decode> Visitor<'de> for Row<'_, D> {
    type Value = Option<D::Out>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        let mut record = D::Record::default();
        record.take(map)?;
        Ok(self.0.build(record))
    }
}
