//! One field as it stands in the JSON, and what it can be read as.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::lenient;
use super::record::{Entries, Record};
use crate::domain::field::Field;
use crate::domain::money::{Currency, Money, parse_wire_decimal};
use crate::domain::text::SafeText;

/// The JSON text of a field, or nothing when it is missing or null.
#[derive(Clone, Copy, Default)]
pub(crate) struct RawField<'a> {
    raw: Option<&'a str>,
    /// The field came twice with two values: no amount can be believed.
    torn: bool,
}

impl<'a> RawField<'a> {
    pub fn new(raw: &'a str) -> RawField<'a> {
        let mut slot = RawField::default();
        slot.put(raw.trim());
        slot
    }

    /// A later value replaces an earlier one; null replaces nothing.
    pub fn put(&mut self, raw: &'a str) {
        if raw != "null" {
            self.torn |= self.raw.is_some_and(|earlier| earlier != raw);
            self.raw = Some(raw);
        }
    }

    /// This field, or the other when this one says nothing.
    pub fn or(self, other: RawField<'a>) -> RawField<'a> {
        if self.raw.is_some() { self } else { other }
    }

    pub fn is_said(&self) -> bool {
        self.raw.is_some()
    }

    pub fn is_object(&self) -> bool {
        self.raw.is_some_and(|raw| raw.starts_with('{'))
    }

    pub fn is_list(&self) -> bool {
        self.raw.is_some_and(|raw| raw.starts_with('['))
    }

    pub fn is_number(&self) -> bool {
        self.raw.is_some_and(|raw| raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
    }

    /// The JSON itself.
    pub fn raw(&self) -> Option<&'a str> {
        self.raw
    }

    /// What a string says, or the digits of a number, or `true` and `false`.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        let raw = self.raw?;
        match raw.as_bytes().first()? {
            b'"' => {
                let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
                if inner.as_bytes().contains(&b'\\') {
                    // Half a surrogate pair is no text; it spoils one character.
                    Some(Cow::Owned(serde_json::from_str(raw).unwrap_or_else(|_| lenient::unescape(inner))))
                } else {
                    Some(inner.into())
                }
            }
            b'{' | b'[' => None,
            _ => Some(raw.into()),
        }
    }

    /// A name that the record should have; what stands there without being text is U+FFFD, because it is not "no name".
    pub fn label(&self) -> Option<SafeText> {
        match self.raw {
            Some(raw) if raw.starts_with(['{', '[']) => Some(SafeText::name("\u{fffd}")),
            _ => self.name(),
        }
    }

    /// A name; an empty one is none.
    pub fn name(&self) -> Option<SafeText> {
        self.text().filter(|text| !text.trim().is_empty()).map(|text| SafeText::name(&text))
    }

    /// A description or message; an empty one is none.
    pub fn prose(&self) -> Option<SafeText> {
        self.text().filter(|text| !text.trim().is_empty()).map(|text| SafeText::prose(&text))
    }

    /// A word of an open set; what is no text is kept as the text it is.
    pub fn word<T>(&self, from_wire: fn(&str) -> T) -> Option<T> {
        self.text().filter(|text| !text.trim().is_empty()).map(|text| from_wire(text.trim()))
    }

    /// A word of an open set that every record should have.
    pub fn word_or_unknown<T>(&self, from_wire: fn(&str) -> T) -> T {
        self.word(from_wire).unwrap_or_else(|| from_wire(if self.is_said() { "unreadable" } else { "unknown" }))
    }

    pub fn id<T>(&self, parse: fn(&str) -> Option<T>) -> Option<T> {
        parse(&self.text()?)
    }

    /// An exact number from its own digits, in a string or bare, with an exponent or without (M7). More than 28 digits
    /// are unreadable, not rounded.
    pub fn decimal(&self) -> Field<Decimal> {
        let Some(raw) = self.raw else { return Field::Absent };
        if self.torn || !(raw.starts_with('"') || self.is_number()) {
            return Field::Unreadable;
        }
        match self.text().map(|text| parse_wire_decimal(&text)) {
            Some(Ok(value)) => Field::Known(value),
            _ => Field::Unreadable,
        }
    }

    /// An amount. Without a currency that is known it cannot be read.
    pub fn money(&self, currency: Field<Currency>) -> Field<Money> {
        match (self.decimal(), currency) {
            (Field::Known(amount), Field::Known(currency)) => Field::Known(Money::new(amount, currency)),
            (Field::Absent, _) => Field::Absent,
            _ => Field::Unreadable,
        }
    }

    pub fn currency(&self) -> Field<Currency> {
        match self.text() {
            Some(text) if !self.torn => Currency::parse(text.trim()).map_or(Field::Unreadable, Field::Known),
            _ if self.is_said() => Field::Unreadable,
            _ => Field::Absent,
        }
    }

    /// A moment: ISO 8601 with an offset. Without one it is UTC, and a bare date is its midnight in UTC.
    /// Numbers are unreadable: nobody says whether they count seconds or milliseconds.
    pub fn time(&self) -> Field<DateTime<Utc>> {
        match self.raw {
            None => Field::Absent,
            Some(raw) if raw.starts_with('"') => {
                self.text().and_then(|text| moment(text.trim())).map_or(Field::Unreadable, Field::Known)
            }
            Some(_) => Field::Unreadable,
        }
    }

    /// A whole number that is not negative.
    pub fn count(&self) -> Option<u64> {
        self.text()?.trim().parse().ok()
    }

    pub fn flag(&self) -> Option<bool> {
        match &*self.text()? {
            "true" | "True" | "1" => Some(true),
            "false" | "False" | "0" => Some(false),
            _ => None,
        }
    }

    /// The entries of a list; `None` when it is none.
    pub fn list(&self) -> Option<Vec<RawField<'a>>> {
        if !self.is_list() {
            return None;
        }
        let entries: Vec<&'a RawValue> = serde_json::from_str(self.raw?).ok()?;
        Some(entries.into_iter().map(|entry| RawField::new(entry.get())).collect())
    }

    /// What can be read of the entries of a list.
    pub fn each<T>(&self, read: impl FnMut(RawField<'a>) -> Option<T>) -> Vec<T> {
        self.list().unwrap_or_default().into_iter().filter_map(read).collect()
    }

    /// The fields of an object, in order; `None` when it is none.
    pub fn entries(&self) -> Option<Vec<(Cow<'a, str>, RawField<'a>)>> {
        if !self.is_object() {
            return None;
        }
        serde_json::from_str::<Entries<'a>>(self.raw?).ok().map(|entries| entries.0)
    }

    /// The object as a record; `None` when it is none.
    pub fn record<R: Record<'a>>(&self) -> Option<R> {
        if !self.is_object() {
            return None;
        }
        R::parse(self.raw?)
    }

    /// The JSON as text to look at, bounded.
    pub fn shown(&self) -> SafeText {
        match self.text() {
            Some(text) => SafeText::prose(&text),
            None => SafeText::prose(self.raw.unwrap_or("")),
        }
    }
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Some(known) = usual_moment(text) {
        return Some(known);
    }
    if let Ok(known) = DateTime::parse_from_rfc3339(text) {
        return Some(known.to_utc());
    }
    for shape in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"] {
        if let Ok(known) = DateTime::parse_from_str(text, shape) {
            return Some(known.to_utc());
        }
    }
    for shape in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
        if let Ok(known) = NaiveDateTime::parse_from_str(text, shape) {
            return Some(known.and_utc());
        }
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN).and_utc())
}

/// `2026-03-24T15:46:40+00:00` and `…Z`: nearly every time there is, read without the general parser.
fn usual_moment(text: &str) -> Option<DateTime<Utc>> {
    let raw = text.as_bytes();
    if !matches!(raw.get(19..)?, b"+00:00" | b"Z") {
        return None;
    }
    let number = |from: usize, to: usize| {
        raw.get(from..to)?.iter().try_fold(0u32, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
    };
    if (raw[4], raw[7], raw[10], raw[13], raw[16]) != (b'-', b'-', b'T', b':', b':') {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?;
    let time = NaiveTime::from_hms_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?)?;
    Some(day.and_time(time).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(raw: &str) -> Field<String> {
        RawField::new(raw).decimal().map(|value| value.to_string())
    }

    #[test]
    fn m7_an_amount_is_read_from_its_digits() {
        let known = |text: &str| Field::Known(text.to_owned());
        assert_eq!(decimal("\"50.00\""), known("50.00"));
        assert_eq!(decimal("50.10"), known("50.10"));
        assert_eq!(decimal("-3"), known("-3"));
        assert_eq!(decimal("12345678901234567.89"), known("12345678901234567.89"));
        assert_eq!(decimal("\"0.123456789\""), known("0.123456789"));
        assert_eq!(decimal("\"\\u0035\\u0030\""), known("50"));
        assert_eq!(decimal("null"), Field::Absent);
        assert_eq!(decimal("\"0E-9\""), known("0"));
        assert_eq!(decimal("1e-7"), known("0.0000001"));
        assert_eq!(decimal("1E+2"), known("100"));
        for odd in ["\"\"", "1e400", "\" 5\"", "\"5,00\"", "true", "{}", "[1]", "\"NaN\"", "\"x\""] {
            assert_eq!(decimal(odd), Field::Unreadable, "{odd}");
        }
        assert_eq!(decimal("99999999999999999999.999999999"), Field::Unreadable);
    }

    #[test]
    fn m7_a_field_that_came_twice_with_two_values_is_not_believed() {
        let mut slot = RawField::new("\"1.00\"");
        slot.put("\"1.00\"");
        assert_eq!(slot.decimal(), Field::Known(Decimal::ONE));
        slot.put("null");
        assert_eq!(slot.decimal(), Field::Known(Decimal::ONE));
        slot.put("\"2.00\"");
        assert_eq!(slot.decimal(), Field::Unreadable);
    }

    #[test]
    fn a_time_is_read_in_every_form_the_sheet_names() {
        let at = |text: &str| RawField::new(&format!("\"{text}\"")).time().known().map(|time| time.to_rfc3339());
        let same = Some("2026-03-24T15:46:40+00:00".to_owned());
        for form in [
            "2026-03-24T15:46:40+00:00",
            "2026-03-24T15:46:40Z",
            "2026-03-24T17:46:40+02:00",
            "2026-03-24T17:46:40+0200",
            "2026-03-24T15:46:40",
            "2026-03-24 15:46:40",
            "2026-03-24 15:46:40Z",
        ] {
            assert_eq!(at(form), same, "{form}");
        }
        assert_eq!(at("2025-10-15T08:00:00.250Z"), Some("2025-10-15T08:00:00.250+00:00".to_owned()));
        assert_eq!(at("2025-10-15"), Some("2025-10-15T00:00:00+00:00".to_owned()));
        for odd in ["", "yesterday", "2025-13-01", "2025-02-30T00:00:00Z", "2025-10-15T25:00:00Z", "12/27"] {
            assert_eq!(at(odd), None, "{odd}");
        }
        assert_eq!(RawField::new("1774367200").time(), Field::Unreadable);
    }
}
