//! JSON of the API, in every shape it is known or feared to come, turned into the words of the business.
//!
//! Liberal in names, envelopes and nesting; strict in amounts, which are read from their own digits and are
//! never a floating point number (M7). One bad field does not hide its record, one bad record does not hide
//! its page (N7). Source: API sheet sections 2 to 6 and 9, decisions 10.2 and 10.3. Knows no HTTP.

pub(super) mod accounts;
pub(super) mod cardholders;
pub(super) mod cards;
pub(super) mod errors;
pub(super) mod receipts;
pub(super) mod secrets;
pub(super) mod transactions;
pub(super) mod webhooks;

mod lenient;
mod list;
mod raw_field;
mod record;

use std::borrow::Cow;

pub(super) use lenient::mend_without_numbers;
pub(super) use list::list;
pub(super) use raw_field::RawField;
pub(super) use record::Record;

/// Turns one kind of record into one kind of domain value.
pub(super) trait Decode {
    type Record<'a>: Record<'a>;
    type Out;

    /// `None` when the record has no id that could be used; everything else is forgiven.
    fn build<'a>(&self, record: Self::Record<'a>) -> Option<Self::Out>;
}

/// Reads one object: bare, or in a `data` envelope. The error says what is wrong without quoting anything.
pub(super) fn one<D: Decode>(body: &[u8], decode: &D) -> Result<D::Out, &'static str> {
    let text = whole(body);
    let record = RawField::new(&text).record::<D::Record<'_>>().ok_or("the answer is no JSON object")?;
    decode.build(record).ok_or("the answer has no id")
}

/// The body as JSON: as it is, or mended where it is none, so that one bad field spoils itself alone.
pub(super) fn whole(body: &[u8]) -> Cow<'_, str> {
    let text = text(body);
    if serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok() {
        return text;
    }
    match lenient::mend(&text) {
        Some(mended) => Cow::Owned(mended),
        None => text,
    }
}

/// The body as text. Bytes that are no UTF-8 become U+FFFD, so that they spoil one name and not the page.
pub(super) fn text(body: &[u8]) -> Cow<'_, str> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // Checking is far quicker than mending, and nearly nothing needs it.
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text.trim_ascii()),
        Err(_) => Cow::Owned(String::from_utf8_lossy(body).into_owned()),
    }
}
