//! What a filter asks for: the words and fields that were typed, read into something a row can be held against.
//!
//! ```text
//! 4242 silva -status:closed bal:<10 since:2d merchant:"blue bottle"
//! word word  not this       amount  time     several words
//! ```
//!
//! All of it must hold. Reading never fails halfway: an unknown field or a bad value gives a hint that names the
//! valid ones, and the list stays as it was. Does not know panes or lists.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use nucleo_matcher::chars;
use rust_decimal::Decimal;

use super::fold::{Fit, contains_folded, fit};
use crate::app::clock;
use crate::app::msg::Now;
use crate::domain::money;
use crate::domain::settings::Zone;

/// From this length on a word is looked for in ids too: shorter ones would be found there by chance.
const LONG: usize = 8;

/// What a record can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    LastFour,
    Bin,
    Status,
    Kind,
    Name,
    Holder,
    Email,
    Phone,
    Merchant,
    Account,
    Id,
    /// What can be spent.
    Balance,
    /// Without its sign.
    Amount,
    Since,
    Before,
}

impl Field {
    pub fn word(self) -> &'static str {
        match self {
            Field::LastFour => "last4",
            Field::Bin => "bin",
            Field::Status => "status",
            Field::Kind => "type",
            Field::Name => "name",
            Field::Holder => "holder",
            Field::Email => "email",
            Field::Phone => "phone",
            Field::Merchant => "merchant",
            Field::Account => "account",
            Field::Id => "id",
            Field::Balance => "bal",
            Field::Amount => "amount",
            Field::Since => "since",
            Field::Before => "before",
        }
    }
}

/// The fields of one list, and the words its status and type can have.
#[derive(Clone, Copy, Debug)]
pub struct Grammar {
    pub fields: &'static [Field],
    pub statuses: fn() -> Vec<String>,
    pub kinds: fn() -> Vec<String>,
}

/// A row that can be held against a query.
pub trait Record {
    /// Whether any of the texts that bare words look at is one.
    fn any_text(&self, is: &mut dyn FnMut(&str) -> bool) -> bool;
    /// Whether any of its ids holds a part, which is in lower case.
    fn has_id(&self, part: &str) -> bool;
    /// Whether a number of something it has, and that is many, holds these digits.
    fn has_digits(&self, _digits: &str) -> bool {
        false
    }
    /// Whether the text of a field is one; an absent text never is.
    fn text(&self, field: Field, is: &mut dyn FnMut(&str) -> bool) -> bool;
    fn amount(&self) -> Option<Decimal>;
    fn at(&self) -> Option<DateTime<Utc>>;
}

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub not: bool,
    pub test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// In lower case, never empty.
    Word(String),
    /// A bare word that is a status or a type of this list. Rows that hold it as text are found too.
    State(Field, String),
    /// In lower case, never empty.
    Text(Field, String),
    /// From, to; both included where they are there.
    Amount(Bound, Bound),
    Since(Moment),
    Before(Moment),
    /// What was typed cannot be read: no row is what was asked for.
    Nothing,
}

/// One end of a range of amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Open,
    With(Decimal),
    Without(Decimal),
}

/// A moment, or a whole day in the person's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    At(DateTime<Utc>),
    Day(NaiveDate),
}

/// Everything that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub terms: Vec<Term>,
    /// Words match when their letters stand in the text in this order. Set when nothing matched as typed.
    pub fuzzy: bool,
    zone: Zone,
}

impl Default for Query {
    fn default() -> Query {
        Query { terms: Vec::new(), fuzzy: false, zone: Zone::Utc }
    }
}

impl Query {
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it asks for this field by its name.
    pub fn asks(&self, field: Field) -> bool {
        self.terms
            .iter()
            .any(|term| matches!(&term.test, Test::Text(asked, _) | Test::State(asked, _) if *asked == field))
    }

    /// Whether it asks for a time.
    pub fn asks_time(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Since(_) | Test::Before(_)))
    }

    pub fn with_fuzzy(self, fuzzy: bool) -> Query {
        Query { fuzzy, ..self }
    }

    /// Whether a fuzzy search can find more.
    pub fn can_be_fuzzy(&self) -> bool {
        let has_letters = |word: &str| word.chars().any(char::is_alphabetic);
        !self.fuzzy
            && self.terms.iter().any(|term| !term.not && matches!(&term.test, Test::Word(word) if has_letters(word)))
    }

    /// Whether all that matches this matched the other, so that only its rows need to be looked at.
    pub fn narrows(&self, other: &Query) -> bool {
        let Some((last, same)) = other.terms.split_last() else { return false };
        let more = self.terms.get(..same.len()) == Some(same) && self.fuzzy == other.fuzzy;
        more && self.terms.get(same.len()).is_some_and(|term| term == last || is_narrower(term, last))
    }

    /// The last word, where all that is new is that it has grown long enough to be looked for in ids: by its texts
    /// nothing matches that did not match the other.
    pub fn grown(&self, other: &Query) -> Option<&str> {
        let (ours, same) = self.terms.split_last()?;
        let (theirs, others) = other.terms.split_last()?;
        match (&ours.test, &theirs.test) {
            (Test::Word(new), Test::Word(old))
                if same == others && !ours.not && !theirs.not && new.contains(old) && is_long(new) && !is_long(old) =>
            {
                Some(new)
            }
            _ => None,
        }
    }

    /// What leaves no row.
    pub fn nothing() -> Query {
        Query { terms: vec![Term { not: false, test: Test::Nothing }], ..Query::default() }
    }

    /// What has an id that holds this part.
    pub fn of_id(part: &str) -> Query {
        let test = Test::Text(Field::Id, part.to_owned());
        Query { terms: vec![Term { not: false, test }], ..Query::default() }
    }

    /// Texts to make visible in the rows.
    pub fn texts(&self) -> Vec<&str> {
        fn text(term: &Term) -> Option<&str> {
            match &term.test {
                Test::Word(text) | Test::State(_, text) | Test::Text(_, text) if !term.not => Some(text),
                _ => None,
            }
        }
        self.terms.iter().filter_map(text).collect()
    }

    /// The bare words that rows are ranked by.
    fn ranking(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|term| !term.not).filter_map(|term| match &term.test {
            Test::Word(word) => Some(word.as_str()),
            _ => None,
        })
    }

    /// Whether rows are ranked by how well they fit.
    pub fn ranks(&self) -> bool {
        self.ranking().next().is_some()
    }

    /// How well a record that matches fits the bare words, the worst of them counting. What is found by an id or by
    /// digits of something it has is exactly what was asked for.
    pub fn fit(&self, record: &impl Record) -> Fit {
        let of_word = |word: &str| {
            let mut best: Option<Fit> = None;
            record.any_text(&mut |text| {
                let fit = fit(text, word).filter(|fit| self.fuzzy || *fit != Fit::Letters);
                best = best.into_iter().chain(fit).min();
                best == Some(Fit::Word)
            });
            best.unwrap_or(Fit::Word)
        };
        self.ranking().map(of_word).max().unwrap_or(Fit::Word)
    }

    /// Whether the record is one that is asked for.
    pub fn matches(&self, record: &impl Record) -> bool {
        self.terms.iter().all(|term| term.not != self.holds(&term.test, record))
    }

    pub fn holds(&self, test: &Test, record: &impl Record) -> bool {
        match test {
            Test::Word(word) => {
                let digits = word.bytes().all(|b| b.is_ascii_digit());
                record.any_text(&mut |text| self.is_word(text, word))
                    || (digits && record.has_digits(word))
                    || is_in_id(word, record)
            }
            Test::Nothing => false,
            Test::State(field, word) => {
                self.is_state(record, *field, word) || record.any_text(&mut |text| self.is_word(text, word))
            }
            Test::Text(Field::Id, word) => record.has_id(word),
            Test::Text(field @ (Field::Status | Field::Kind | Field::Bin), word) => {
                record.text(*field, &mut |text| starts_with(text, word))
            }
            Test::Text(field, word) => record.text(*field, &mut |text| contains(text, word)),
            Test::Amount(from, to) => record.amount().is_some_and(|amount| within(amount, *from, *to)),
            Test::Since(moment) => record.at().is_some_and(|at| !self.is_before(at, *moment)),
            Test::Before(moment) => record.at().is_some_and(|at| self.is_before(at, *moment)),
        }
    }

    /// Whether the status or type of the record is this word.
    pub fn is_state(&self, record: &impl Record, field: Field, word: &str) -> bool {
        record.text(field, &mut |text| is_whole(text, word))
    }

    /// Whether a bare word is found in the text.
    pub fn is_word(&self, text: &str, word: &str) -> bool {
        match self.fuzzy && text.is_ascii() && word.is_ascii() {
            // Whoever holds the word holds its letters in their order.
            true => has_ascii_letters_of(text, word),
            false => contains(text, word) || (self.fuzzy && has_letters_of(text, word)),
        }
    }

    fn is_before(&self, at: DateTime<Utc>, moment: Moment) -> bool {
        match moment {
            Moment::At(moment) => at < moment,
            Moment::Day(day) => clock::day(at, &self.zone) < day,
        }
    }
}

/// Whether a bare word is a part of an id, as it is: ids are digits, and letters in their order are no part of one.
fn is_in_id(word: &str, record: &impl Record) -> bool {
    is_long(word) && record.has_id(word)
}

/// Whether a bare word is looked for in ids.
pub fn is_long(word: &str) -> bool {
    word.len() >= LONG
}

/// Whether a longer text was typed in place of a shorter one.
fn is_narrower(new: &Term, old: &Term) -> bool {
    !new.not
        && !old.not
        && match (&new.test, &old.test) {
            // A word that becomes long is looked for in more places.
            (Test::Word(new), Test::Word(old)) => new.contains(old.as_str()) && (is_long(old) || !is_long(new)),
            (Test::Text(a, new), Test::Text(b, old)) => a == b && new.starts_with(old.as_str()),
            _ => false,
        }
}

fn within(amount: Decimal, from: Bound, to: Bound) -> bool {
    let above = match from {
        Bound::Open => true,
        Bound::With(least) => amount >= least,
        Bound::Without(least) => amount > least,
    };
    let below = match to {
        Bound::Open => true,
        Bound::With(most) => amount <= most,
        Bound::Without(most) => amount < most,
    };
    above && below
}

/// Whether the text holds the word, which is in lower case, whatever its case, its accents and its alphabet.
pub fn contains(text: &str, word: &str) -> bool {
    let as_lower_case = || text.to_lowercase().contains(word);
    if !word.is_ascii() {
        return as_lower_case() || contains_folded(text, word);
    }
    // No byte of another character is ASCII, and what folds holds what only stands in lower case.
    holds(text.as_bytes(), word.as_bytes()) || (!text.is_ascii() && contains_folded(text, word))
}

fn holds(text: &[u8], word: &[u8]) -> bool {
    let Some((first, rest)) = word.split_first() else { return true };
    let Some(last) = text.len().checked_sub(word.len()) else { return false };
    let upper = first.to_ascii_uppercase();
    memchr::memchr2_iter(*first, upper, &text[..=last])
        .any(|at| text.get(at + 1..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(rest)))
}

fn starts_with(text: &str, word: &str) -> bool {
    let mut text = text.chars().flat_map(char::to_lowercase).map(joined);
    word.chars().map(joined).all(|letter| text.next() == Some(letter))
}

fn is_whole(text: &str, word: &str) -> bool {
    text.chars().flat_map(char::to_lowercase).map(joined).eq(word.chars().map(joined))
}

/// `top_up`, `top up` and `top-up` are one word.
fn joined(c: char) -> char {
    if c == '_' || c == ' ' { '-' } else { c }
}

/// Whether the letters of the word stand in the text in their order, whatever their case and accents. A matcher
/// that ranks would say the same and needs room for its ranking, for each of a hundred thousand names.
fn has_letters_of(text: &str, word: &str) -> bool {
    let plain = |c: char| match c.is_ascii() {
        true => c.to_ascii_lowercase(),
        false => chars::to_lower_case(chars::normalize(c)),
    };
    let mut text = text.chars().map(plain);
    word.chars().map(plain).all(|letter| text.any(|c| c == letter))
}

/// The same of texts that are ASCII, as nearly all are of a million rows.
fn has_ascii_letters_of(text: &str, word: &str) -> bool {
    let mut text = text.bytes();
    word.bytes().all(|letter| text.any(|b| b.eq_ignore_ascii_case(&letter)))
}

/// Reads what was typed. The error is a hint: what is wrong and what is valid.
pub fn read(typed: &str, grammar: &Grammar, now: Now, zone: &Zone) -> Result<Query, String> {
    let mut terms = Vec::new();
    for token in tokens(typed) {
        let (not, token) = match token.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, token.as_str()),
        };
        let quoted = token.starts_with(QUOTED);
        let token = token.trim_start_matches(QUOTED);
        terms.extend(test(token, quoted, grammar, now)?.map(|test| Term { not, test }));
    }
    Ok(Query { terms, fuzzy: false, zone: zone.clone() })
}

/// Cuts at spaces that stand outside of quotes; the quotes go.
fn tokens(typed: &str) -> Vec<String> {
    let mut all = Vec::new();
    let (mut token, mut quoted) = (String::new(), false);
    for c in typed.chars() {
        match c {
            '"' => {
                if token.is_empty() || token == "-" {
                    token.push(QUOTED);
                }
                quoted = !quoted;
            }
            c if c.is_whitespace() && !quoted => {
                all.push(std::mem::take(&mut token));
            }
            c => token.push(c),
        }
    }
    all.push(token);
    all.retain(|token| !token.trim_matches(QUOTED).is_empty() && token.trim_matches(QUOTED) != "-");
    all
}

/// Stands before a word that was quoted; nobody types it.
const QUOTED: char = '\u{0}';

/// The field that has the word as one of its values.
fn state(word: &str, grammar: &Grammar) -> Option<Field> {
    let has = |field, words: fn() -> Vec<String>| {
        grammar.fields.contains(&field) && words().iter().any(|known| is_whole(known, word))
    };
    if has(Field::Status, grammar.statuses) {
        return Some(Field::Status);
    }
    has(Field::Kind, grammar.kinds).then_some(Field::Kind)
}

fn test(token: &str, quoted: bool, grammar: &Grammar, now: Now) -> Result<Option<Test>, String> {
    let Some((name, value)) = token.split_once(':').filter(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric()))
    else {
        let word = token.to_lowercase();
        return Ok(Some(match state(&word, grammar).filter(|_| !quoted) {
            Some(field) => Test::State(field, word),
            None => Test::Word(word),
        }));
    };
    // A time of day or a key of somebody else's is no field.
    if name.is_empty() || name.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(Some(Test::Word(token.to_lowercase())));
    }
    let name = name.to_ascii_lowercase();
    let Some(field) = grammar.fields.iter().find(|field| field.word() == name) else {
        let words: Vec<&str> = grammar.fields.iter().map(|field| field.word()).collect();
        return Err(format!("there is no {name}: here; fields are {}", words.join(" ")));
    };
    let value = value.to_lowercase();
    // Its value is still to come.
    if value.is_empty() {
        return Ok(None);
    }
    match field {
        Field::Status => word_of(*field, value, &(grammar.statuses)()),
        Field::Kind => word_of(*field, value, &(grammar.kinds)()),
        Field::LastFour | Field::Bin if !value.bytes().all(|b| b.is_ascii_digit()) => {
            Err(format!("{name}: takes digits, for example {name}:4242"))
        }
        Field::Balance | Field::Amount if let Some((large, small)) = two_ways(&value) => {
            Err(format!("{name}: that may mean {large} or {small}; type the one you mean"))
        }
        Field::Balance | Field::Amount => range(&value)
            .map(|(from, to)| Some(Test::Amount(from, to)))
            .ok_or_else(|| format!("{name}: takes {name}:<10 {name}:>100 {name}:10..20")),
        Field::Since | Field::Before => {
            let moment =
                moment(&value, now).ok_or_else(|| format!("{name}: takes {name}:2d {name}:12h {name}:2026-03-01"))?;
            Ok(Some(if *field == Field::Since { Test::Since(moment) } else { Test::Before(moment) }))
        }
        _ => Ok(Some(Test::Text(*field, value))),
    }
}

/// A word that must begin one of those that are known.
fn word_of(field: Field, value: String, known: &[String]) -> Result<Option<Test>, String> {
    if !known.iter().any(|word| starts_with(word, &value)) {
        return Err(format!("{}: is one of {}", field.word(), known.join(" ")));
    }
    Ok(Some(Test::Text(field, value)))
}

/// A bound that is a thousand to some and one to others; a filter is the same for all.
fn two_ways(value: &str) -> Option<(String, String)> {
    let bounds = value.split("..").map(|bound| bound.trim_start_matches(['<', '>', '=']));
    bounds.filter_map(|bound| money::Grouping::Point.two_ways(bound)).next()
}

fn range(value: &str) -> Option<(Bound, Bound)> {
    let number = |text: &str| money::parse_decimal(text).ok();
    if let Some((from, to)) = value.split_once("..") {
        return Some((Bound::With(number(from)?), Bound::With(number(to)?)));
    }
    if let Some(rest) = value.strip_prefix("<=") {
        return Some((Bound::Open, Bound::With(number(rest)?)));
    }
    if let Some(rest) = value.strip_prefix(">=") {
        return Some((Bound::With(number(rest)?), Bound::Open));
    }
    if let Some(rest) = value.strip_prefix('<') {
        return Some((Bound::Open, Bound::Without(number(rest)?)));
    }
    if let Some(rest) = value.strip_prefix('>') {
        return Some((Bound::Without(number(rest)?), Bound::Open));
    }
    number(value).map(|number| (Bound::With(number), Bound::With(number)))
}

fn moment(value: &str, now: Now) -> Option<Moment> {
    if let Ok(day) = value.parse::<NaiveDate>() {
        return Some(Moment::Day(day));
    }
    let unit = value.chars().last()?;
    let count: u32 = value.strip_suffix(unit)?.parse().ok()?;
    let span = match unit {
        'm' => TimeDelta::try_minutes(count.into())?,
        'h' => TimeDelta::try_hours(count.into())?,
        'd' => TimeDelta::try_days(count.into())?,
        'w' => TimeDelta::try_weeks(count.into())?,
        _ => return None,
    };
    now.wall.checked_sub_signed(span).map(Moment::At)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const GRAMMAR: Grammar = Grammar {
        fields: &[Field::LastFour, Field::Status, Field::Holder, Field::Balance, Field::Since, Field::Before],
        statuses: || vec!["active".into(), "frozen".into(), "creating_failed".into()],
        kinds: Vec::new,
    };

    fn now() -> Now {
        Now { wall: "2026-03-10T12:00:00Z".parse().unwrap(), up: Duration::ZERO }
    }

    fn said(typed: &str) -> Result<Query, String> {
        read(typed, &GRAMMAR, now(), &Zone::Fixed(7200))
    }

    struct One(&'static str, Option<Decimal>, &'static str);

    impl Record for One {
        fn any_text(&self, is: &mut dyn FnMut(&str) -> bool) -> bool {
            is(self.0)
        }
        fn text(&self, _: Field, is: &mut dyn FnMut(&str) -> bool) -> bool {
            is(self.0)
        }
        fn has_id(&self, _: &str) -> bool {
            false
        }
        fn amount(&self) -> Option<Decimal> {
            self.1
        }
        fn at(&self) -> Option<DateTime<Utc>> {
            self.2.parse().ok()
        }
    }

    fn fits(typed: &str, text: &'static str) -> bool {
        said(typed).unwrap().matches(&One(text, None, ""))
    }

    #[test]
    fn words_and_fields() {
        assert!(fits("SILVA", "Ana Silva") && fits("ana silva", "Ana Silva") && fits("\"a s\"", "Ana Silva"));
        assert!(!fits("ana bo", "Ana Silva") && fits("-bo", "Ana Silva") && !fits("-ana", "Ana Silva"));
        assert!(fits("ЁЖ", "ёж") && fits("12:30", "at 12:30"));
        assert!(
            fits("status:fro", "frozen")
                && !fits("status:fro", "not frozen")
                && fits("status:creating-f", "creating_failed")
        );
        assert!(fits("status:", "anything") && fits("", "anything") && fits("-", "anything"));
    }

    #[test]
    fn amounts_and_times() {
        let amount = |typed: &str, amount: i64| said(typed).unwrap().matches(&One("", Some(amount.into()), ""));
        assert!(amount("bal:<10", 9) && !amount("bal:<10", 10) && amount("bal:<=10", 10) && amount("bal:>=10", 10));
        assert!(amount("bal:10..20", 20) && !amount("bal:10..20", 21) && amount("bal:10", 10) && !amount("bal:10", 11));
        assert!(!said("bal:<10").unwrap().matches(&One("", None, "")), "what is not known is not below 10");
        let time = |typed: &str, at| said(typed).unwrap().matches(&One("", None, at));
        assert!(time("since:2d", "2026-03-08T12:00:00Z") && !time("since:2d", "2026-03-08T11:59:59Z"));
        // The day begins at 22:00 UTC in this zone.
        assert!(time("since:2026-03-01", "2026-02-28T22:00:00Z") && !time("since:2026-03-01", "2026-02-28T21:59:59Z"));
        assert!(
            time("before:2026-03-01", "2026-02-28T21:59:59Z") && !time("before:2026-03-01", "2026-02-28T22:00:00Z")
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_right() {
        assert_eq!(
            said("foo:1").unwrap_err(),
            "there is no foo: here; fields are last4 status holder bal since before"
        );
        assert_eq!(said("status:melted").unwrap_err(), "status: is one of active frozen creating_failed");
        assert_eq!(said("last4:12a").unwrap_err(), "last4: takes digits, for example last4:4242");
        assert!(said("bal:lots").unwrap_err().contains("bal:<10"));
        assert!(said("since:yesterday").unwrap_err().contains("since:2d"));
    }

    #[test]
    fn letters_in_their_order_match_when_it_is_fuzzy() {
        let query = Query { fuzzy: true, ..said("anslv").unwrap() };
        assert!(query.matches(&One("Ana Silva", None, "")) && !fits("anslv", "Ana Silva"));
        assert!(said("4242").unwrap().can_be_fuzzy().eq(&false), "digits are exact");
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_typing_on_narrows(a in "\\PC{0,12}", b in "[a-z0-9 :\"<>.-]{0,16}", text in "[a-zA-Z0-9 ]{0,20}") {
            let text: &'static str = text.leak();
            for typed in [a.clone(), b.clone(), format!("{a} {b}"), format!("bal:{b}"), format!("since:{b}")] {
                let _ = said(&typed);
            }
            if let (Ok(old), Ok(new)) = (said(&b), said(&format!("{b}{}", text.to_lowercase())))
                && new.narrows(&old)
            {
                let record = One(text, None, "");
                prop_assert!(!new.matches(&record) || old.matches(&record), "{b} {text}");
            }
        }

        #[test]
        fn letters_are_found_where_a_ranking_matcher_finds_them(text in "[a-zA-ZÀ-ž0-9 .]{0,24}", word in "[a-zé0-9]{1,4}") {
            use nucleo_matcher::{Config, Matcher, Utf32Str};
            let (mut hay, mut needle) = (Vec::new(), Vec::new());
            let (text_of, word_of) = (Utf32Str::new(&text, &mut hay), Utf32Str::new(&word, &mut needle));
            let ranked = Matcher::new(Config::DEFAULT).fuzzy_match(text_of, word_of).is_some();
            // It is not asked for accents that are typed.
            prop_assert!(has_letters_of(&text, &word) || !ranked);
            prop_assert!(ranked || !has_letters_of(&text, &word) || !word.is_ascii());
        }

        #[test]
        fn a_word_is_found_wherever_it_stands(
            before in "[ -~éÉß東\u{130}\u{212a}]{0,8}", word in "[a-z0-9]{1,6}|[ikéß]{1,2}", after in "[ -~]{0,8}",
        ) {
            let text = format!("{before}{}{after}", word.to_uppercase());
            let lower = |text: &str| text.to_lowercase().contains(&word);
            prop_assert_eq!(contains(&text, &word), lower(&text) || contains_folded(&text, &word));
            prop_assert!(contains(&text, &word) || !word.is_ascii());
            prop_assert_eq!(contains(&before, &word), lower(&before) || contains_folded(&before, &word));
            let ascii = text.is_ascii() && word.is_ascii();
            prop_assert!(!ascii || has_ascii_letters_of(&text, &word) == has_letters_of(&text, &word));
        }
    }
}
