//! What a filter asks for: the words and fields that were typed, read into something a row can be held against.
//!
//! ```text
//! 4242 silva -status:closed bal:<10 since:2d merchant:"blue bottle" (declined OR canceled) today ~anslv
//! word word  not this       amount  time     several words          one of them            a day letters in their order
//! ```
//!
//! All of it must hold; `OR` in capitals and brackets say otherwise. Quotes always mean text. What was typed is read by
//! [`super::reader`]. Does not know panes or lists.

use chrono::{DateTime, NaiveDate, Utc};
use nucleo_matcher::chars;
use rust_decimal::Decimal;

use super::fold::{Fit, contains_folded, fit};
use crate::app::clock;
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
    /// Why a payment was declined, in the API's word.
    Reason,
    /// Merchant category code.
    Category,
    Account,
    Id,
    /// What can be spent.
    Balance,
    /// Without its sign.
    Amount,
    Since,
    Before,
    /// In which sum of Insights a row is.
    Sum,
    /// Of its amount; not said where the amount is not known.
    Currency,
    /// The currency of a fee that the row names.
    Fee,
    /// The hour of the day in the person's zone.
    Hour,
    /// Whether a declined payment was made up for.
    Paid,
    /// The card by its id.
    Card,
    /// How a row came to be here.
    Found,
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
            Field::Reason => "reason",
            Field::Category => "category",
            Field::Account => "account",
            Field::Id => "id",
            Field::Balance => "bal",
            Field::Amount => "amount",
            Field::Since => "since",
            Field::Before => "before",
            Field::Sum => "sum",
            Field::Currency => "currency",
            Field::Fee => "fee",
            Field::Hour => "hour",
            Field::Paid => "paid",
            Field::Card => "card",
            Field::Found => "found",
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

/// Fields of transactions by which the lines of Insights lead to their rows: understood, but not hinted at.
const OF_INSIGHTS: &[Field] =
    &[Field::Sum, Field::Currency, Field::Fee, Field::Hour, Field::Paid, Field::Card, Field::Found];

impl Grammar {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<Field> {
        let is_of_transactions = self.fields.contains(&Field::Merchant);
        let more = if is_of_transactions { OF_INSIGHTS } else { &[] };
        self.fields.iter().chain(more).find(|field| field.word().eq_ignore_ascii_case(name)).copied()
    }
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
    /// Whether what Insights tells rows apart by is one, for a field: an id where there is one, and the name that goes with
    /// it.
    fn exact(&self, field: Field, is: &mut dyn FnMut(&str) -> bool) -> bool {
        self.text(field, is)
    }
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
    /// `field:=value`: exactly this, in the case it has; quotes within are not compared, for none can be typed. Empty: the
    /// row does not say.
    Is(Field, String),
    /// Created in this hour of the day, in the person's zone.
    Hour(u8),
    /// From, to; both included where they are there.
    Amount(Bound, Bound),
    Since(Moment),
    Before(Moment),
    /// On one of the days from the first to the last, in the person's zone.
    Days(NaiveDate, NaiveDate),
    /// Its letters stand in a text in this order, whatever else is between them. In lower case, never empty.
    Letters(String),
    /// All terms of one of these hold.
    Any(Vec<Vec<Term>>),
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
    /// Terms that must all hold; days are those of the zone.
    pub(super) fn new(terms: Vec<Term>, zone: &Zone) -> Query {
        Query { terms, fuzzy: false, zone: zone.clone() }
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// All terms, those of alternatives too.
    fn leaves(&self) -> Vec<&Term> {
        fn gather<'q>(terms: &'q [Term], into: &mut Vec<&'q Term>) {
            for term in terms {
                match &term.test {
                    Test::Any(all) => all.iter().for_each(|terms| gather(terms, into)),
                    _ => into.push(term),
                }
            }
        }
        let mut all = Vec::new();
        gather(&self.terms, &mut all);
        all
    }

    /// Whether it asks for this field by its name.
    pub fn asks(&self, field: Field) -> bool {
        self.leaves()
            .iter()
            .any(|term| matches!(&term.test, Test::Text(asked, _) | Test::State(asked, _) | Test::Is(asked, _) if *asked == field))
    }

    /// Whether it asks for a time.
    pub fn asks_time(&self) -> bool {
        self.leaves().iter().any(|term| matches!(term.test, Test::Since(_) | Test::Before(_) | Test::Days(..)))
    }

    /// The days that bare words were read as: the title says so, because there are merchants called Monday.
    pub fn days(&self) -> Vec<(NaiveDate, NaiveDate)> {
        let days = |term: &&Term| match term.test {
            Test::Days(first, last) => Some((first, last)),
            _ => None,
        };
        self.leaves().iter().filter_map(days).collect()
    }

    pub fn with_fuzzy(self, fuzzy: bool) -> Query {
        Query { fuzzy, ..self }
    }

    /// Whether a fuzzy search can find more.
    pub fn can_be_fuzzy(&self) -> bool {
        let has_letters = |word: &str| word.chars().any(char::is_alphabetic);
        !self.fuzzy
            && self.leaves().iter().any(|term| !term.not && matches!(&term.test, Test::Word(word) if has_letters(word)))
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

    /// The one bare word that is asked for, where it is long enough to be looked for in ids.
    pub fn id_part(&self) -> Option<&str> {
        match self.terms.as_slice() {
            [Term { not: false, test: Test::Word(word) }] if is_long(word) => Some(word),
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
        self.leaves().into_iter().filter_map(text).collect()
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
        self.all_hold(&self.terms, record)
    }

    fn all_hold(&self, terms: &[Term], record: &impl Record) -> bool {
        terms.iter().all(|term| term.not != self.holds(&term.test, record))
    }

    pub fn holds(&self, test: &Test, record: &impl Record) -> bool {
        match test {
            Test::Word(word) => {
                let digits = word.bytes().all(|b| b.is_ascii_digit());
                record.any_text(&mut |text| self.is_word(text, word))
                    || (digits && record.has_digits(word))
                    || is_in_id(word, record)
            }
            Test::Letters(_) => record.any_text(&mut |text| self.is_text(text, test)),
            Test::Any(all) => all.iter().any(|terms| self.all_hold(terms, record)),
            Test::Days(first, last) => record.at().is_some_and(|at| {
                let day = clock::day(at, &self.zone);
                (*first..=*last).contains(&day)
            }),
            Test::Nothing => false,
            Test::Is(field, value) if value.is_empty() => !record.exact(*field, &mut |_| true),
            Test::Is(field, value) => {
                record.exact(*field, &mut |text| text.chars().filter(|c| *c != '"').eq(value.chars()))
            }
            Test::Hour(hour) => record.at().is_some_and(|at| clock::day_and_hour(at, &self.zone).1 == *hour),
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

    /// Whether a text is what a test asks of the texts that bare words look at.
    pub fn is_text(&self, text: &str, test: &Test) -> bool {
        match test {
            Test::Word(word) | Test::State(_, word) => self.is_word(text, word),
            Test::Letters(word) if text.is_ascii() && word.is_ascii() => has_ascii_letters_of(text, word),
            Test::Letters(word) => has_letters_of(text, word),
            _ => false,
        }
    }

    /// Whether a bare word is found in the text.
    fn is_word(&self, text: &str, word: &str) -> bool {
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

pub(super) fn starts_with(text: &str, word: &str) -> bool {
    let mut text = text.chars().flat_map(char::to_lowercase).map(joined);
    word.chars().map(joined).all(|letter| text.next() == Some(letter))
}

pub(super) fn is_whole(text: &str, word: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::super::reader::read;
    use super::*;
    use crate::app::msg::Now;

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
        assert!(said("since:someday").unwrap_err().contains("since:monday"));
    }

    /// Quotes mean text whatever stands in them, a whole card number its last four, and a word with other separators the
    /// one that is known.
    #[test]
    fn what_a_person_types_is_what_is_meant() {
        assert_eq!(said("\"a:b\"").unwrap().texts(), ["a:b"]);
        assert_eq!(said("\"amazon: prime\"").unwrap().texts(), ["amazon: prime"]);
        assert_eq!(said("4539576444265707"), said("last4:5707"));
        assert_eq!(said("4539-5764-4426-5707"), said("last4:5707"));
        // No card number, by its check digit: it may be an id.
        assert_eq!(said("4539576444265708").unwrap().texts(), ["4539576444265708"]);
        let known = read("type:topup", &crate::app::filter::TRANSACTIONS, now(), &Zone::Utc);
        assert_eq!(known, read("type:top_up", &crate::app::filter::TRANSACTIONS, now(), &Zone::Utc));
    }

    /// 10 March 2026 is a Tuesday; the day begins at 22:00 UTC in this zone.
    #[test]
    fn days_are_those_of_the_zone() {
        let fits = |typed: &str, at: &'static str| said(typed).unwrap().matches(&One("Monday", None, at));
        for (typed, first, last) in [
            ("today", "2026-03-09T22:00:00Z", "2026-03-10T21:59:59Z"),
            ("Yesterday", "2026-03-08T22:00:00Z", "2026-03-09T21:59:59Z"),
            ("monday", "2026-03-08T22:00:00Z", "2026-03-09T21:59:59Z"),
            ("tuesday", "2026-03-09T22:00:00Z", "2026-03-10T21:59:59Z"),
            ("wednesday", "2026-03-03T22:00:00Z", "2026-03-04T21:59:59Z"),
            ("this week", "2026-03-08T22:00:00Z", "2026-03-10T21:59:59Z"),
            ("last week", "2026-03-01T22:00:00Z", "2026-03-08T21:59:59Z"),
            ("this month", "2026-02-28T22:00:00Z", "2026-03-10T21:59:59Z"),
            ("last month", "2026-01-31T22:00:00Z", "2026-02-28T21:59:59Z"),
            ("last 7d", "2026-03-03T22:00:00Z", "2026-03-10T21:59:59Z"),
            ("last 7 days", "2026-03-03T22:00:00Z", "2026-03-10T21:59:59Z"),
            ("last:7d", "2026-03-03T22:00:00Z", "2026-03-10T21:59:59Z"),
            ("this year", "2025-12-31T22:00:00Z", "2026-03-10T21:59:59Z"),
            ("last year", "2024-12-31T22:00:00Z", "2025-12-31T21:59:59Z"),
            ("2026-03-04", "2026-03-03T22:00:00Z", "2026-03-04T21:59:59Z"),
        ] {
            let second = TimeDelta::seconds(1);
            let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
            let text = |at: DateTime<Utc>| -> &'static str { at.to_rfc3339().leak() };
            assert!(fits(typed, first) && fits(typed, last), "{typed}");
            let (before, after) = (text(at(first) - second), text(at(last) + second));
            assert!(!fits(typed, before) && !fits(typed, after), "{typed}");
            assert!(fits(&format!("-({typed})"), before) && !fits(&format!("-({typed})"), first), "{typed}");
        }
        assert!(fits("since:monday", "2026-03-08T22:00:00Z") && !fits("since:monday", "2026-03-08T21:59:59Z"));
        assert!(fits("before:today", "2026-03-09T21:59:59Z") && !fits("before:today", "2026-03-09T22:00:00Z"));
        assert_eq!(said("last:12h"), said("since:12h"));
        assert_eq!(said("last 12h"), said("since:12h"));
        // Quotes mean text, and so does what is no whole name of a day.
        assert!(fits("\"monday\"", "2026-01-01T00:00:00Z") && fits("mond", "2026-01-01T00:00:00Z"));
        assert!(!fits("mon", "nowhen") || said("mon").unwrap().days().is_empty());
        assert_eq!(said("monday").unwrap().days().len(), 1);
        let no_time = Grammar { fields: &[Field::Name], ..GRAMMAR };
        let query = read("monday", &no_time, now(), &Zone::Utc).unwrap();
        assert!(query.days().is_empty() && query.matches(&One("Monday", None, "")));
    }

    /// In Berlin clocks went ahead on 29 March 2026: that day has 23 hours.
    #[test]
    fn days_are_right_where_clocks_change() {
        let zone = Zone::Named(chrono_tz::Europe::Berlin);
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = Now { wall: at("2026-03-29T12:00:00Z"), up: Duration::ZERO };
        let today = read("today", &GRAMMAR, now, &zone).unwrap();
        let fits = |at: &'static str| today.matches(&One("", None, at));
        assert!(fits("2026-03-28T23:00:00Z") && fits("2026-03-29T21:59:59Z"));
        assert!(!fits("2026-03-28T22:59:59Z") && !fits("2026-03-29T22:00:00Z"));
    }

    #[test]
    fn one_of_several_is_enough() {
        assert!(fits("ana OR bo", "Ana Silva") && fits("ana OR bo", "Bo Ek") && !fits("ana OR bo", "Cy"));
        // All of it binds closer than one of it.
        assert!(fits("ana silva OR bo ek", "Bo Ek") && !fits("ana silva OR bo ek", "Ana Ek"));
        assert!(fits("(ana OR bo) ek", "Bo Ek") && !fits("(ana OR bo) ek", "Ana Silva"));
        assert!(fits("-(ana OR bo)", "Cy") && !fits("-(ana OR bo)", "Bo"));
        assert!(fits("((ana OR bo) -(silva OR ek))", "Ana Cy") && !fits("((ana OR bo) -(silva OR ek))", "Ana Ek"));
        // What is still being typed, and what is text.
        for typed in ["ana OR", "OR ana", "(ana", "() ana", "(ana OR", "-() ana", "ana OR OR bo"] {
            assert!(fits(typed, "Ana Silva"), "{typed}");
        }
        assert!(fits("ads (eu)", "Ads (EU) 1") && fits("\"OR\"", "Ads or not") && fits("or", "Ads or not"));
        assert!(fits("\"(eu\"", "Ads (EU) 1") && !fits("\"(eu\"", "Ads EU"));
        assert!(fits("~anslv", "Ana Silva") && !fits("~vlsna", "Ana Silva") && !fits("-~anslv", "Ana Silva"));
        assert!(said("ana OR status:melted").is_err());
    }

    #[test]
    fn letters_in_their_order_match_when_it_is_fuzzy() {
        let query = Query { fuzzy: true, ..said("anslv").unwrap() };
        assert!(query.matches(&One("Ana Silva", None, "")) && !fits("anslv", "Ana Silva"));
        assert!(said("4242").unwrap().can_be_fuzzy().eq(&false), "digits are exact");
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_typing_on_narrows(
            a in "\\PC{0,12}",
            b in "([a-z0-9 :\"<>.()~-]{0,16}|[ab(] OR [ab] ?[ab)]|today|last 7d)",
            text in "[a-zA-Z0-9 )]{0,20}",
        ) {
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
