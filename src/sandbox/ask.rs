//! Reading what a client sends: path, query and body, strictly, with every fault named where it is.
//!
//! Amounts are read from the raw text of the JSON, a number or a string, and never become a float.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::answer::{FieldError, Loc, Problem};
use super::clock;
use super::ledger::Span;
use crate::domain::money::parse_decimal;

/// The decoded parts of a path, in order. A part that is no UTF-8 names nothing we have.
pub struct Ids(pub Vec<String>);

impl Ids {
    pub fn get(&self, at: usize) -> &str {
        self.0.get(at).map_or("", String::as_str)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Ids, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        Ok(Ids(params.iter().map(|(_, value)| value.to_owned()).collect()))
    }
}

fn quoted(text: &str) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(text).ok()
}

fn wrong(loc: Vec<Loc>, kind: &'static str, msg: impl Into<String>, input: Option<Box<RawValue>>) -> FieldError {
    FieldError { loc, msg: msg.into(), kind, input }
}

/// A query string. The last of two equal keys counts; [`Query::list`] reads all of them.
pub struct Query {
    path: String,
    pairs: BTreeMap<String, String>,
    /// Values of keys that end with `[]`, all of them.
    lists: BTreeMap<String, Vec<String>>,
    errors: Vec<FieldError>,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query, Problem> {
        let raw = parts.uri.query().unwrap_or("");
        let (mut pairs, mut lists) = (BTreeMap::new(), BTreeMap::<String, Vec<String>>::new());
        for (key, value) in url::form_urlencoded::parse(raw.as_bytes()).into_owned() {
            match key.strip_suffix("[]") {
                Some(name) => lists.entry(name.to_owned()).or_default().push(value),
                None => drop(pairs.insert(key, value)),
            }
        }
        Ok(Query { path: parts.uri.path().to_owned(), pairs, lists, errors: Vec::new() })
    }
}

impl Query {
    pub fn text(&self, key: &str) -> Option<&str> {
        self.pairs.get(key).map(String::as_str)
    }

    /// The path that was asked for.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The values of `key[]`, as older documents write lists; `None` when there is none.
    pub fn list(&self, key: &str) -> Option<Vec<String>> {
        self.lists.get(key).cloned()
    }

    /// A comma-separated list; `None` when the key is absent or names nothing.
    pub fn words(&self, key: &str) -> Option<Vec<String>> {
        let words: Vec<String> =
            self.text(key)?.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
        (!words.is_empty()).then_some(words)
    }

    /// A whole number within bounds, which are both allowed.
    pub fn whole(&mut self, key: &str, default: usize, least: usize, most: usize) -> usize {
        let Some(text) = self.pairs.get(key).map(|text| text.trim()) else { return default };
        let error = |kind, msg: String| wrong(vec!["query".into(), key.into()], kind, msg, quoted(text));
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            let msg = "Input should be a valid integer, unable to parse string as an integer".to_owned();
            self.errors.push(error("int_parsing", msg));
            return default;
        }
        // What does not fit an i128 is far beyond either end.
        let negative = text.starts_with('-');
        let value = text.parse::<i128>().unwrap_or(if negative { i128::MIN } else { i128::MAX });
        if value < least as i128 {
            let msg = format!("Input should be greater than or equal to {least}");
            self.errors.push(error("greater_than_equal", msg));
        } else if value > most as i128 {
            let msg = format!("Input should be less than or equal to {most}");
            self.errors.push(error("less_than_equal", msg));
        } else {
            return value as usize;
        }
        default
    }

    /// An instant, in milliseconds.
    pub fn instant(&mut self, key: &str, end_of_day: bool) -> Option<i64> {
        let text = self.pairs.get(key)?.trim();
        let at = clock::parse(text, end_of_day);
        if at.is_none() {
            let msg = "Input should be a valid datetime";
            self.errors.push(wrong(vec!["query".into(), key.into()], "datetime_parsing", msg, quoted(text)));
        }
        at
    }

    /// Fails with everything that was wrong.
    pub fn done(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::Fields(self.errors)) }
    }
}

/// A JSON object sent as a body. Ask for its fields, then [`Fields::done`].
pub struct Fields {
    map: BTreeMap<String, Box<RawValue>>,
    errors: Vec<FieldError>,
}

impl Fields {
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Fields, Problem> {
        let refuse = |loc: Vec<Loc>, kind, msg: String| Err(Problem::Fields(vec![wrong(loc, kind, msg, None)]));
        let json = headers.get(header::CONTENT_TYPE).is_none_or(|kind| {
            let kind = kind.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
            kind == "application/json" || kind.ends_with("+json")
        });
        if !json {
            let msg = "Input should be a valid dictionary or object to extract fields from".to_owned();
            return refuse(vec!["body".into()], "model_attributes_type", msg);
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return refuse(vec!["body".into()], "missing", "Field required".to_owned());
        }
        match serde_json::from_slice::<BTreeMap<String, Box<RawValue>>>(body) {
            Ok(map) => Ok(Fields { map, errors: Vec::new() }),
            Err(error) if error.is_data() => {
                let msg = "Input should be a valid dictionary or object to extract fields from".to_owned();
                refuse(vec!["body".into()], "model_attributes_type", msg)
            }
            Err(error) => {
                refuse(vec!["body".into(), Loc::At(error.column())], "json_invalid", "JSON decode error".into())
            }
        }
    }

    /// The field under any of its names, `null` counting as absent.
    fn find<'n>(&self, names: &[&'n str]) -> Option<(&'n str, Box<RawValue>)> {
        names
            .iter()
            .find_map(|name| self.map.get(*name).map(|value| (*name, value.clone())))
            .filter(|(_, value)| value.get() != "null")
    }

    /// Notes a fault at a field.
    pub fn fault(&mut self, name: &str, kind: &'static str, msg: impl Into<String>, input: Option<Box<RawValue>>) {
        self.errors.push(wrong(vec!["body".into(), name.into()], kind, msg, input));
    }

    /// Whether a field is there and not `null`.
    pub fn has(&self, name: &str) -> bool {
        self.find(&[name]).is_some()
    }

    /// Notes that a field is not there.
    pub fn missing(&mut self, name: &str) {
        self.fault(name, "missing", "Field required", None);
    }

    /// A text of so many characters, if it is there.
    pub fn optional_text(&mut self, names: &[&str], least: usize, most: usize) -> Option<String> {
        let (name, raw) = self.find(names)?;
        let Ok(text) = serde_json::from_str::<String>(raw.get()) else {
            self.fault(name, "string_type", "Input should be a valid string", Some(raw));
            return None;
        };
        let long = text.chars().count();
        if long < least {
            let s = if least == 1 { "" } else { "s" };
            self.fault(
                name,
                "string_too_short",
                format!("String should have at least {least} character{s}"),
                Some(raw),
            );
            return None;
        }
        if long > most {
            self.fault(name, "string_too_long", format!("String should have at most {most} characters"), Some(raw));
            return None;
        }
        Some(text)
    }

    /// A text that must be there.
    pub fn text(&mut self, names: &[&str], least: usize, most: usize) -> Option<String> {
        if self.find(names).is_none() {
            self.missing(names[0]);
        }
        self.optional_text(names, least, most)
    }

    /// `true` or `false`, if it is there.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        let (name, raw) = self.find(&[name])?;
        match raw.get() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.fault(name, "bool_parsing", "Input should be a valid boolean", Some(raw));
                None
            }
        }
    }

    /// A list of texts, if it is there.
    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let (name, raw) = self.find(&[name])?;
        let texts = serde_json::from_str::<Vec<String>>(raw.get()).ok();
        if texts.is_none() {
            self.fault(name, "list_type", "Input should be a valid list of strings", Some(raw));
        }
        texts
    }

    /// A positive amount with at most two decimals, from a number or a string.
    pub fn amount(&mut self, name: &str) -> Option<Decimal> {
        let Some((name, raw)) = self.find(&[name]) else {
            self.missing(name);
            return None;
        };
        match positive(raw.get()) {
            Ok(amount) => Some(amount),
            Err((kind, msg)) => {
                self.fault(name, kind, msg, Some(raw));
                None
            }
        }
    }

    /// Spending limits: an object from limit name to amount, or to `null` for none of that name. `{}` means none.
    pub fn limits(&mut self) -> Option<Vec<(Span, Option<Decimal>)>> {
        let (_, raw) = self.find(&["limits"])?;
        let Ok(map) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(raw.get()) else {
            self.fault("limits", "dict_type", "Input should be a valid dictionary", Some(raw));
            return None;
        };
        let mut limits = Vec::new();
        for (key, value) in map {
            let loc = || vec!["body".into(), "limits".into(), Loc::Name(key.clone())];
            let Some(span) = Span::ALL.into_iter().find(|span| span.word() == key) else {
                self.errors.push(wrong(loc(), "extra_forbidden", "Unknown limit", Some(value)));
                continue;
            };
            if value.get() == "null" {
                limits.push((span, None));
                continue;
            }
            match positive(value.get()) {
                Ok(amount) => limits.push((span, Some(amount))),
                Err((kind, msg)) => self.errors.push(wrong(loc(), kind, msg, Some(value))),
            }
        }
        Some(limits)
    }

    /// Fails with everything that was wrong.
    pub fn done(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::Fields(self.errors)) }
    }
}

/// An amount from the raw text of a JSON number or string.
fn positive(raw: &str) -> Result<Decimal, (&'static str, String)> {
    let amount = if raw.starts_with('"') {
        let text: String = serde_json::from_str(raw).map_err(|_| ("decimal_parsing", unreadable()))?;
        parse_decimal(&text)
    } else if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        parse_decimal(raw)
    } else {
        return Err(("decimal_type", "Decimal input should be an integer, string or Decimal object".to_owned()));
    };
    let amount = amount.map_err(|_| ("decimal_parsing", unreadable()))?;
    if amount <= Decimal::ZERO {
        return Err(("greater_than", "Input should be greater than 0".to_owned()));
    }
    if amount.normalize().scale() > 2 {
        return Err(("decimal_max_places", "Decimal input should have no more than 2 decimal places".to_owned()));
    }
    Ok(amount)
}

fn unreadable() -> String {
    "Input should be a valid decimal".to_owned()
}

/// A body that could not be read at all.
pub fn too_large() -> Problem {
    Problem::Plain(StatusCode::PAYLOAD_TOO_LARGE, "Request body is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_from_numbers_and_strings_alike() {
        for raw in ["15", "15.0", "15.00", "\"15\"", "\"15.00\"", "\"15.000\"", "\"\\u0031\\u0035\""] {
            assert_eq!(positive(raw).ok(), Some(Decimal::from(15)), "{raw}");
        }
        for raw in ["0", "-1", "\"0.00\"", "1e2", "0.001", "\"\"", "\" 15\"", "true", "[]", "{}", "\"15,00\""] {
            assert!(positive(raw).is_err(), "{raw}");
        }
        // A float would make ...568 of it.
        assert_eq!(
            positive("12345678901234567.89").ok().map(|a| a.to_string()).as_deref(),
            Some("12345678901234567.89")
        );
    }

    proptest! {
        #[test]
        fn any_body_is_refused_or_read_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(mut fields) = Fields::read(&HeaderMap::new(), &body) {
                let _ = (fields.amount("amount"), fields.limits(), fields.texts("a"), fields.flag("b"));
            }
        }
    }
}
