//! Which rows of a list are given, in which order, and what stands around them.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::json::NULL;
use super::{Deployment, Dialect, Json, Quirk, Quirks, Thing};
use crate::sandbox::answer::raw;
use crate::sandbox::ask::Query;
use crate::sandbox::ledger::Ledger;
use crate::sandbox::webhooks::Entry;

/// What a list takes: how many rows when not asked, and at most.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub default: usize,
    pub most: usize,
}

/// The part of a list that was asked for.
#[derive(Clone, Debug)]
pub struct Page {
    limit: usize,
    offset: usize,
    /// Without the prefix of the API.
    path: String,
    /// The parameters of this page and the next one are `page` and `quantity`.
    numbered: bool,
}

impl Page {
    /// How many rows from the front are enough for this page.
    pub fn reach(&self) -> usize {
        self.offset.saturating_add(self.limit)
    }
}

/// The rows of a list, newest first.
pub struct Rows<'a> {
    pub count: usize,
    pub at: &'a dyn Fn(usize) -> u32,
}

/// Older documents give so many rows when not asked.
const QUANTITY: usize = 25;
const CLAMP: usize = 100;
/// An order that changes does so within blocks of this length; it divides no usual length of a page.
const BLOCK: usize = 7;

/// What a list says of its length in an object around it.
pub const SAYING: Quirks = Quirks::of(&[Quirk::WrongTotal, Quirk::LowTotal, Quirk::HasMore, Quirk::NextLink]);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Envelope {
    Items,
    Data,
    Bare,
}

impl Deployment {
    /// Reads which page is wanted. `None` for a list that takes no such parameters unless the deployment adds them.
    pub fn page(&self, query: &mut Query, asked: Option<Asked>) -> Page {
        let path = query.path().to_owned();
        let whole = Page { limit: usize::MAX, offset: 0, path, numbered: false };
        let numbered = self.has(Quirk::PageQuantity);
        let Some(asked) = asked.or((numbered).then_some(Asked { default: QUANTITY, most: 1_000 })) else {
            return whole;
        };
        let clamped = self.has(Quirk::ClampedLimit);
        let most = match (clamped, self.has(Quirk::LowMaxLimit)) {
            (true, _) => i64::MAX as usize,
            (false, true) => asked.most.min(CLAMP),
            (false, false) => asked.most,
        };
        let default = if numbered || self.has(Quirk::SmallPages) { QUANTITY } else { asked.default };
        let default = default.min(most);
        let (mut limit, mut offset) = if numbered {
            let page = query.whole("page", 1, 1, i64::MAX as usize);
            let limit = query.whole("quantity", default, 1, most);
            (limit, (page - 1).saturating_mul(limit))
        } else {
            (query.whole("limit", default, 1, most), query.whole("offset", 0, 0, i64::MAX as usize))
        };
        if clamped {
            // Pages are counted in rows that are given, so a clamped quantity loses none of them.
            if numbered && limit > CLAMP {
                offset = offset / limit * CLAMP;
            }
            limit = limit.min(CLAMP);
        }
        if self.has(Quirk::IgnoredOffset) {
            offset = 0;
        }
        Page { limit, offset, numbered, ..whole }
    }

    /// The page of the list of accounts, which takes no parameters in the documents.
    pub fn account_page(&self, query: &mut Query) -> Page {
        let paged = self.has(Quirk::PagedAccounts) && !self.has(Quirk::PageQuantity);
        let asked = match self.dialect {
            Dialect::Rich => Some(Asked { default: 1_000, most: 1_000 }),
            _ => None,
        };
        if !paged {
            return self.page(query, asked);
        }
        let number = query.whole("page", 1, 1, i64::MAX as usize);
        let limit = query.whole("limit", CLAMP, 1, 1_000).min(CLAMP);
        let offset = query.whole("offset", (number - 1).saturating_mul(limit), 0, i64::MAX as usize);
        let offset = if self.has(Quirk::IgnoredOffset) { 0 } else { offset };
        Page { limit, offset, path: query.path().to_owned(), numbered: true }
    }

    /// Whether the rows behind a page must be known to give it.
    pub fn needs_all(&self) -> bool {
        const FROM_BEHIND: Quirks = Quirks::of(&[Quirk::OldestFirst, Quirk::UnstableOrder]);
        self.quirks.any(FROM_BEHIND.and(SAYING)) || self.envelope(false) == Envelope::Data
    }

    /// Whether no list may say how long it is.
    pub fn hides_total(&self) -> bool {
        self.quirks.any(Quirks::of(&[Quirk::NoTotal, Quirk::HasMore, Quirk::NextLink]))
    }

    /// Whether accounts and destinations are listed with the newest first, as all other lists are.
    pub fn has_newest_accounts_first(&self) -> bool {
        // The newer documents say "every account" and no order: they stand as the merchant made them.
        matches!(self.dialect, Dialect::Upstream | Dialect::Legacy) || self.has(Quirk::OldestFirst)
    }

    fn envelope(&self, bare: bool) -> Envelope {
        if self.has(Quirk::DataEnvelope) {
            Envelope::Data
        } else if (bare || self.has(Quirk::BareArrays)) && !self.quirks.any(SAYING) {
            Envelope::Bare
        } else {
            Envelope::Items
        }
    }

    /// The places in `rows` that a page shows.
    pub fn places(&self, page: &Page, count: usize) -> Vec<usize> {
        let turn = self.lists.fetch_add(1, Ordering::Relaxed) as usize;
        let from = page.offset.min(count);
        let to = page.reach().min(count);
        (from..to)
            .map(|place| {
                let place = if self.has(Quirk::OldestFirst) { count - 1 - place } else { place };
                if self.has(Quirk::UnstableOrder) { turned(place, count, turn) } else { place }
            })
            .collect()
    }

    /// Answers with a page of a list. `total` for lists that say it in the documents.
    pub fn list(
        &self,
        ledger: &Ledger,
        page: &Page,
        rows: &Rows<'_>,
        thing: fn(u32) -> Thing,
        total: bool,
        now: i64,
    ) -> Response {
        let places = self.places(page, rows.count);
        let mut body = Vec::with_capacity(4_096);
        for (at, place) in places.iter().enumerate() {
            if at > 0 {
                body.push(b',');
            }
            self.write(ledger, thing((rows.at)(*place)), now, true, &mut body);
        }
        self.wrap(page, places.len(), rows.count, body, total, false)
    }

    /// Answers with a page of the event log, a bare array in the documents.
    pub fn events<'a>(&self, page: &Page, count: usize, line: impl Fn(usize) -> Option<Entry<'a>>) -> Response {
        let mut body = Vec::with_capacity(4_096);
        let mut given = 0;
        for place in self.places(page, count) {
            let Some(mut entry) = line(place) else { continue };
            if given > 0 {
                body.push(b',');
            }
            given += 1;
            if self.is_plain() {
                // Writing into memory does not fail.
                drop(serde_json::to_writer(&mut body, &entry));
                continue;
            }
            // The payload stays as it was delivered.
            let payload = entry.payload.take().map(|payload| payload.get().to_owned());
            let mut line = Json::read(&serde_json::to_vec(&entry).unwrap_or_default());
            self.touch_event(&mut line, count - place);
            line.set("payload", payload.map_or(NULL, |payload| Json::Raw(payload.into())));
            line.write(&mut body);
        }
        self.wrap(page, given, count, body, false, true)
    }

    /// Puts around rows what this deployment says of a list.
    fn wrap(&self, page: &Page, given: usize, count: usize, rows: Vec<u8>, total: bool, bare: bool) -> Response {
        if given == 0 && self.has(Quirk::EmptyIs204) {
            return StatusCode::NO_CONTENT.into_response();
        }
        let list = if given == 0 && self.has(Quirk::NullLists) {
            b"null".to_vec()
        } else {
            let mut list = Vec::with_capacity(rows.len() + 2);
            list.push(b'[');
            list.extend_from_slice(&rows);
            list.push(b']');
            list
        };
        let envelope = self.envelope(bare);
        if envelope == Envelope::Bare {
            return raw(StatusCode::OK, list);
        }
        let mut body = Vec::with_capacity(list.len() + 128);
        body.extend_from_slice(if envelope == Envelope::Data { b"{\"data\":" } else { b"{\"items\":" });
        body.extend_from_slice(&list);
        body.extend_from_slice(self.length(page, given, count, total, envelope).as_bytes());
        body.push(b'}');
        raw(StatusCode::OK, body)
    }

    /// What is said of the length of a list: further fields of the envelope, each after a comma.
    fn length(&self, page: &Page, given: usize, count: usize, total: bool, envelope: Envelope) -> String {
        let more = page.offset.saturating_add(given) < count;
        let mut said = String::new();
        let told = if self.hides_total() {
            None
        } else if self.has(Quirk::WrongTotal) {
            Some(count + 3 + count / 5)
        } else if self.has(Quirk::LowTotal) {
            Some(given)
        } else {
            (total || envelope == Envelope::Data || page.numbered && self.has(Quirk::PagedAccounts)).then_some(count)
        };
        if self.has(Quirk::HasMore) {
            said.push_str(&format!(",\"has_more\":{more}"));
        }
        if self.has(Quirk::NextLink) {
            let next = page.offset.saturating_add(page.limit);
            let next = match (more, page.numbered) {
                (false, _) => "null".to_owned(),
                (true, false) => format!("\"/api/v2{}?limit={}&offset={next}\"", page.path, page.limit),
                (true, true) => {
                    format!("\"/api/v2{}?page={}&quantity={}\"", page.path, next / page.limit.max(1) + 1, page.limit)
                }
            };
            said.push_str(&format!(",\"next\":{next}"));
        }
        let paged = page.numbered && self.has(Quirk::PagedAccounts) && page.path == "/accounts";
        if envelope == Envelope::Data || paged {
            // A list without a limit is one page.
            let limit = if page.limit == usize::MAX { count.max(1) } else { page.limit };
            let current = page.offset / limit.max(1) + 1;
            said.push_str(&format!(",\"pagination\":{{\"quantity\":{limit},\"currentPage\":{current}"));
            if let Some(told) = told {
                said.push_str(&format!(",\"totalQuantity\":{told},\"pages\":{}", told.div_ceil(limit.max(1))));
            }
            said.push('}');
        } else if let Some(told) = told {
            said.push_str(&format!(",\"total\":{told}"));
        }
        said
    }
}

/// Another place in the same block, another one at each turn. A list that is no longer than a block is turned whole.
fn turned(place: usize, count: usize, turn: usize) -> usize {
    let start = place / BLOCK * BLOCK;
    let length = BLOCK.min(count - start);
    start + (place - start + turn) % length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_list_has_the_same_rows_in_another_order() {
        for count in [1, 2, 6, 7, 8, 30] {
            for turn in 0..9 {
                let mut places: Vec<usize> = (0..count).map(|place| turned(place, count, turn)).collect();
                let plain: Vec<usize> = (0..count).collect();
                assert!(turn != 1 || count == 1 || places != plain);
                places.sort_unstable();
                assert_eq!(places, plain);
            }
        }
    }
}
