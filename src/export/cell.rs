//! What stands in one place of a table, and how each format says it.
//!
//! What is not known is never zero and never empty: null with a reason in JSON, a sign of its own elsewhere.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::domain::text::SafeText;

/// Why something is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The API does not say it.
    NotSaid,
    /// It is there, and cannot be read exactly.
    Unreadable,
    /// It was not asked for, or could not be read.
    NotRead,
}

impl Unknown {
    pub fn word(self) -> &'static str {
        match self {
            Unknown::NotSaid => "not_said",
            Unknown::Unreadable => "unreadable",
            Unknown::NotRead => "not_read",
        }
    }

    pub fn sign(self) -> &'static str {
        match self {
            Unknown::NotSaid => "–",
            Unknown::Unreadable => "?",
            Unknown::NotRead => "…",
        }
    }
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Text of the API or of a person.
    Text(SafeText),
    /// A word of ours or of the API's own list: a state, an id.
    Word(String),
    Money(Money),
    Count(u64),
    Flag(bool),
    Time(DateTime<Utc>),
    Words(Vec<String>),
    Unknown(Unknown),
    /// Nothing belongs here: the footer of a column that is not added up, the second property of a group that has one.
    Blank,
}

impl Cell {
    pub fn of<T>(field: &Field<T>, cell: impl FnOnce(&T) -> Cell) -> Cell {
        match field {
            Field::Known(value) => cell(value),
            Field::Absent => Cell::Unknown(Unknown::NotSaid),
            Field::Unreadable => Cell::Unknown(Unknown::Unreadable),
        }
    }

    pub fn money(field: &Field<Money>) -> Cell {
        Cell::of(field, |money| Cell::Money(*money))
    }

    pub fn time(field: &Field<DateTime<Utc>>) -> Cell {
        Cell::of(field, |at| Cell::Time(*at))
    }

    pub fn text(text: Option<&SafeText>) -> Cell {
        text.map_or(Cell::Unknown(Unknown::NotSaid), |text| Cell::Text(text.clone()))
    }

    pub fn word(word: Option<impl ToString>) -> Cell {
        word.map_or(Cell::Unknown(Unknown::NotSaid), |word| Cell::Word(word.to_string()))
    }

    /// As JSON; amounts are texts.
    pub fn json(&self) -> Value {
        match self {
            Cell::Text(text) => text.as_str().into(),
            Cell::Word(word) => word.as_str().into(),
            Cell::Money(money) => json!({"amount": money.wire(), "currency": money.currency().as_str()}),
            Cell::Count(count) => (*count).into(),
            Cell::Flag(flag) => (*flag).into(),
            Cell::Time(at) => stamp(*at).into(),
            Cell::Words(words) => words.clone().into(),
            Cell::Unknown(_) | Cell::Blank => Value::Null,
        }
    }

    pub fn unknown(&self) -> Option<Unknown> {
        if let Cell::Unknown(why) = self { Some(*why) } else { None }
    }

    /// As CSV and TSV say it, without quotes. Of money the number alone.
    pub fn plain(&self) -> String {
        match self {
            Cell::Text(text) => formula_safe(text.as_str()),
            Cell::Word(word) => formula_safe(word),
            Cell::Money(money) => money.wire(),
            Cell::Count(count) => count.to_string(),
            Cell::Flag(flag) => flag.to_string(),
            Cell::Time(at) => stamp(*at),
            Cell::Words(words) => formula_safe(&words.join(" ")),
            Cell::Unknown(why) => why.sign().to_owned(),
            Cell::Blank => String::new(),
        }
    }

    /// As CSV and TSV say it, without an apostrophe: for formats in which no text is a formula.
    pub fn text_of(&self) -> String {
        match self {
            Cell::Text(text) => text.to_string(),
            Cell::Word(word) => word.clone(),
            Cell::Words(words) => words.join(" "),
            other => other.plain(),
        }
    }
}

/// A moment as machines read it.
pub fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Text that no spreadsheet takes for a formula: an apostrophe goes before what could be one. A tab or a line break at
/// the beginning would hide the sign behind it.
pub fn formula_safe(text: &str) -> String {
    let first = text.trim_start().chars().next();
    let is_formula = matches!(first, Some('=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠'));
    match is_formula || text.starts_with(['\t', '\r', '\n']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn no_text_becomes_a_formula_and_amounts_stay_numbers() {
        for text in ["=1+1", "+49", "-1", "@x", " =1", "\t=1", "＝1", "\tplain", "\rplain"] {
            assert!(Cell::Word(text.into()).plain().starts_with('\''), "{text}");
        }
        assert!(Cell::Text(SafeText::name("=1+1")).plain().starts_with('\''));
        assert_eq!(Cell::Text(SafeText::name("Ana-Maria")).plain(), "Ana-Maria");
        let money = Money::parse("268.83", Currency::EUR).unwrap().negated();
        assert_eq!(Cell::Money(money).plain(), "-268.83");
        assert_eq!(Cell::Money(money).json(), json!({"amount": "-268.83", "currency": "EUR"}));
    }

    #[test]
    fn what_is_not_known_is_never_empty() {
        for (field, sign, word) in [(Field::<Money>::Absent, "–", "not_said"), (Field::Unreadable, "?", "unreadable")]
        {
            let cell = Cell::money(&field);
            assert_eq!((cell.plain().as_str(), cell.json()), (sign, Value::Null));
            assert_eq!(cell.unknown().unwrap().word(), word);
        }
    }
}
