//! Lists, in every envelope: bare, `items`, `data`, `data` within `data`, with or without a total.
//!
//! The quick way reads a page in one pass and allocates nothing but what it keeps. Should anything in the page
//! stop it, the patient way takes the page apart first and loses only the rows that are broken; and what is no JSON
//! is made into some by [`super::lenient`] first, so that one bad field spoils itself alone.
//!
//! `null` where a list belongs, and no body at all, are an empty list.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::record::{Key, Record, record};
use super::{Decode, RawField, lenient};

/// What a list held.
pub(crate) struct Rows<T> {
    pub items: Vec<T>,
    /// Entries that are no object or have no id.
    pub skipped: usize,
    pub total: Option<u64>,
    /// Whether the answer says that the list goes on, or that it does not.
    pub more: Option<bool>,
    /// The answer was no JSON and was made into some.
    pub mended: bool,
}

impl<T> Rows<T> {
    fn none() -> Rows<T> {
        Rows { items: Vec::new(), skipped: 0, total: None, more: None, mended: false }
    }
}

record! {
    /// What stands around a list.
    Envelope {
        items = "items",
        data = "data" | "results",
        total = "total" | "totalQuantity" | "totalCount" | "total_count" | "totalItems" | "total_items" | "count",
        pagination = "pagination" | "meta" | "links" | "_links" | "paging" | "page_info" | "pageInfo",
        has_more = "has_more" | "hasMore" | "hasNext" | "has_next" | "hasNextPage",
        next = "next" | "next_page" | "nextPage" | "nextCursor" | "next_cursor" | "nextOffset" | "next_offset",
        page = "currentPage" | "current_page" | "page",
        pages = "pages" | "totalPages" | "total_pages" | "lastPage" | "last_page",
        error = "error" | "errors" | "detail",
    }
}

impl<'a> Envelope<'a> {
    fn total(&self) -> Option<u64> {
        self.total.count().or_else(|| self.around()?.total.count())
    }

    /// `has_more`, a next page that is named, or pages behind the current one. A `next` that is null says nothing here:
    /// it may stand beside a total.
    fn more(&self) -> Option<bool> {
        let own = |envelope: &Envelope<'a>| {
            let named = envelope.next.is_said().then(|| !matches!(envelope.next.raw(), Some("false" | "\"\"" | "0")));
            let pages = envelope.page.count().zip(envelope.pages.count()).map(|(page, pages)| page < pages);
            [envelope.has_more.flag(), named, pages].into_iter().flatten().reduce(|one, other| one || other)
        };
        own(self).or_else(|| own(&self.around()?))
    }

    fn around(&self) -> Option<Envelope<'a>> {
        self.pagination.record()
    }
}

/// Names behind which a list is looked for.
const LISTS: [&str; 3] = ["items", "data", "results"];

/// Reads a list. The error says what is wrong without quoting anything.
pub(crate) fn list<D: Decode>(json: &str, decode: &D) -> Result<Rows<D::Out>, &'static str> {
    if json.is_empty() {
        return Ok(Rows::none());
    }
    // A row is seldom shorter than this, and a page seldom longer.
    let likely = (json.len() / 400).min(1024);
    let mut rows = Rows { items: Vec::with_capacity(likely), ..Rows::none() };
    let mut reader = serde_json::Deserializer::from_str(json);
    let walk = Walk { decode, rows: &mut rows, depth: 0 };
    if matches!(walk.deserialize(&mut reader), Ok(true)) && reader.end().is_ok() {
        return Ok(rows);
    }
    match patient(json, decode) {
        Err(Why::NoJson) => match lenient::mend(json) {
            Some(mended) => patient(&mended, decode).map(|rows| Rows { mended: true, ..rows }).map_err(Why::words),
            None => Err(Why::NoJson.words()),
        },
        read => read.map_err(Why::words),
    }
}

/// Why there is no list.
#[derive(Clone, Copy)]
enum Why {
    NoJson,
    NoList,
    Error,
}

impl Why {
    fn words(self) -> &'static str {
        match self {
            Why::NoJson => "the answer is not whole JSON",
            Why::NoList => "there is no list in the answer",
            Why::Error => "the answer has an error where a list belongs",
        }
    }
}

fn patient<D: Decode>(json: &str, decode: &D) -> Result<Rows<D::Out>, Why> {
    let whole: &RawValue = serde_json::from_str(json).map_err(|_| Why::NoJson)?;
    let mut found = RawField::new(whole.get());
    let (mut total, mut more) = (None, None);
    let mut failed = false;
    // `null` by itself.
    let mut empty = !found.is_said();
    for _ in 0..4 {
        let Some(envelope) = found.record::<Envelope<'_>>() else { break };
        total = total.or(envelope.total());
        more = more.or(envelope.more());
        failed |= envelope.error.is_said() && !matches!(envelope.error.raw(), Some("[]" | "{}" | "false" | "\"\""));
        let inner = envelope.items.or(envelope.data);
        if !inner.is_said() {
            empty = found.entries().is_some_and(|fields| fields.iter().any(|(name, _)| LISTS.contains(&&**name)));
            break;
        }
        found = inner;
    }
    if empty {
        return if failed { Err(Why::Error) } else { Ok(Rows { total, more, ..Rows::none() }) };
    }
    let entries = found.list().ok_or(Why::NoList)?;
    let received = entries.len();
    let items: Vec<D::Out> = entries.iter().filter_map(|entry| decode.build(entry.record()?)).collect();
    Ok(Rows { skipped: received - items.len(), items, total, more, mended: false })
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
        // What stands around the list, less what holds it.
        let mut around = Envelope::default();
        while let Some(Key(name)) = map.next_key::<Key<'_>>()? {
            match &*name {
                "items" | "data" | "results" if !found && self.depth < 3 => {
                    let deeper = Walk { decode: self.decode, rows: &mut *self.rows, depth: self.depth + 1 };
                    found = map.next_value_seed(deeper)?;
                }
                // Two lists in one answer: the patient way knows which is meant.
                "items" | "data" | "results" => return Err(serde::de::Error::custom("two lists")),
                name => around.put(name, &mut map)?,
            }
        }
        self.rows.total = self.rows.total.or(around.total());
        self.rows.more = self.rows.more.or(around.more());
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
