//! Reading a filter: what was typed, cut into tokens and made into the terms of a [`Query`].
//!
//! Never fails halfway: an unknown field or a bad value gives a hint that names the valid ones. What is not whole yet
//! because it is still being typed is read as far as it goes.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Weekday};

use super::query::{Bound, Field, Grammar, Moment, Query, Term, Test, is_whole, starts_with};
use crate::app::clock;
use crate::app::insights::measure::SUMS;
use crate::app::msg::Now;
use crate::domain::money;
use crate::domain::settings::Zone;
use crate::domain::text;

/// Reads what was typed. The error is a hint: what is wrong and what is valid.
pub fn read(typed: &str, grammar: &Grammar, now: Now, zone: &Zone) -> Result<Query, String> {
    let tokens = tokens(typed);
    let mut reader = Reader { tokens: &tokens, at: 0, open: 0, grammar, now, zone };
    let mut terms = Vec::new();
    // A bracket too many closes nothing.
    while reader.at < tokens.len() {
        terms.extend(reader.alternatives()?);
    }
    Ok(Query::new(terms, zone))
}

/// Reads what is looked for everywhere: everything is text, whatever a list would take it for.
pub fn read_words(typed: &str, zone: &Zone) -> Query {
    let words = typed.split_whitespace().map(|word| word.chars().filter(|c| *c != '"').collect::<String>());
    let words = words.filter(|word| !word.is_empty());
    let words = words.map(|word| last_four_of(&word).unwrap_or_else(|| word.to_lowercase()));
    Query::new(words.map(|word| Term { not: false, test: Test::Word(word) }).collect(), zone)
}

/// Reads tokens into terms, from left to right. What is not whole yet because it is still being typed (an open bracket,
/// an `OR` with nothing behind it) is read as far as it goes.
struct Reader<'r> {
    tokens: &'r [Token],
    at: usize,
    /// Brackets that are open.
    open: usize,
    grammar: &'r Grammar,
    now: Now,
    zone: &'r Zone,
}

impl Reader<'_> {
    /// Terms up to the end or to a closing bracket, `OR` between some of them.
    fn alternatives(&mut self) -> Result<Vec<Term>, String> {
        let mut all = vec![Vec::new()];
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            let (not, test) = match token {
                Token::Close if self.open > 0 => {
                    self.open -= 1;
                    break;
                }
                Token::Close => continue,
                Token::Or => {
                    all.push(Vec::new());
                    continue;
                }
                Token::Open { not } => {
                    self.open += 1;
                    let mut terms = self.alternatives()?;
                    match terms.len() {
                        0 => continue,
                        1 if !not => {
                            all.last_mut().into_iter().for_each(|last| last.append(&mut terms));
                            continue;
                        }
                        _ => (*not, Some(Test::Any(vec![terms]))),
                    }
                }
                Token::Word { not, text, quoted } => (*not, self.test(text, *quoted)?),
            };
            let term = test.map(|test| Term { not, test });
            all.last_mut().into_iter().for_each(|last| last.extend(term.clone()));
        }
        all.retain(|terms| !terms.is_empty());
        match all.len() {
            0 | 1 => Ok(all.pop().unwrap_or_default()),
            _ => Ok(vec![Term { not: false, test: Test::Any(all) }]),
        }
    }

    fn test(&mut self, text: &str, quoted: bool) -> Result<Option<Test>, String> {
        let has_time = self.grammar.fields.contains(&Field::Since);
        if has_time && !quoted {
            let behind = self.tokens.get(self.at..).unwrap_or_default().iter().map_while(|token| match token {
                Token::Word { not: false, text, quoted: false } => Some(text.as_str()),
                _ => None,
            });
            let next: Vec<&str> = behind.take(2).collect();
            let today = clock::day(self.now.wall, self.zone);
            if let Some((first, last, taken)) = days(text, &next, today) {
                self.at += taken;
                return Ok(Some(Test::Days(first, last)));
            }
            // `last 24h`
            if let (true, Some(span)) = (text.eq_ignore_ascii_case("last"), next.first())
                && span.ends_with(['h', 'm', 'H', 'M'])
                && let Some(moment) = moment(&span.to_lowercase(), self.now, self.zone)
            {
                self.at += 1;
                return Ok(Some(Test::Since(moment)));
            }
        }
        match text.strip_prefix('~').filter(|word| !quoted && word.chars().any(char::is_alphabetic)) {
            Some(word) => Ok(Some(Test::Letters(word.to_lowercase()))),
            None => test(text, quoted, self.grammar, self.now, self.zone),
        }
    }
}

/// The last four digits of a whole card number.
pub fn last_four_of(word: &str) -> Option<String> {
    let digits: Vec<u8> = word.bytes().filter(|b| *b != b'-').collect();
    let is_number = (12..=19).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let values: Vec<u8> = digits.iter().map(|digit| digit.wrapping_sub(b'0')).collect();
    (is_number && text::passes_luhn(&values)).then(|| word.chars().skip(word.len() - 4).collect())
}

/// The days that a bare word and those behind it are, and how many of those belong to it.
fn days(word: &str, next: &[&str], today: NaiveDate) -> Option<(NaiveDate, NaiveDate, usize)> {
    if let Some(day) = day_of(word, today) {
        return Some((day, day, 0));
    }
    let second = next.first()?.to_lowercase();
    let back = |days: u64| Some((today.checked_sub_days(Days::new(days.checked_sub(1)?))?, today));
    // `last 7 days`
    if let (true, Ok(count), Some(unit)) = (word.eq_ignore_ascii_case("last"), second.parse::<u64>(), next.get(1))
        && matches!(unit.to_lowercase().as_str(), "day" | "days")
    {
        return back(count).map(|(first, last)| (first, last, 2));
    }
    let (first, last) = match (word.to_lowercase().as_str(), second.as_str()) {
        ("this", "week") => (monday_of(today)?, today),
        ("last", "week") => {
            let monday = monday_of(today)?.checked_sub_days(Days::new(7))?;
            (monday, monday.checked_add_days(Days::new(6))?)
        }
        ("this", "month") => (today.with_day(1)?, today),
        ("last", "month") => {
            let last = today.with_day(1)?.pred_opt()?;
            (last.with_day(1)?, last)
        }
        ("this", "year") => (today.with_ordinal(1)?, today),
        ("last", "year") => {
            let last = today.with_ordinal(1)?.pred_opt()?;
            (last.with_ordinal(1)?, last)
        }
        ("last", count) => back(count.strip_suffix('d').or_else(|| count.strip_suffix("days"))?.parse().ok()?)?,
        _ => return None,
    };
    Some((first, last, 1))
}

/// `today`, `yesterday`, or the last day of this name, today included.
fn day_of(word: &str, today: NaiveDate) -> Option<NaiveDate> {
    match word.to_lowercase().as_str() {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        // A date as it is written everywhere: 2026-11-20.
        date if date.len() == 10 && date.parse::<NaiveDate>().is_ok() => date.parse().ok(),
        // `mon` alone is too often a part of a name.
        name if name.len() > 3 => {
            let day: Weekday = name.parse().ok()?;
            let back = (7 + today.weekday().num_days_from_monday() - day.num_days_from_monday()) % 7;
            today.checked_sub_days(Days::new(back.into()))
        }
        _ => None,
    }
}

fn monday_of(day: NaiveDate) -> Option<NaiveDate> {
    day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))
}

/// One piece of what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word { not: bool, text: String, quoted: bool },
    Or,
    Open { not: bool },
    Close,
}

/// Cuts at spaces and brackets that stand outside of quotes. Brackets within a word are part of it.
fn tokens(typed: &str) -> Vec<Token> {
    let mut all = Vec::new();
    for word in words(typed) {
        let quoted = word.trim_start_matches('-').starts_with(QUOTED);
        if word == "OR" {
            all.push(Token::Or);
            continue;
        }
        let mut word = word.as_str();
        let opens = |word: &str| match word.strip_prefix("-(") {
            _ if quoted => None,
            Some(rest) => Some((true, rest.len())),
            None => word.strip_prefix('(').map(|rest| (false, rest.len())),
        };
        while let Some((not, rest)) = opens(word) {
            all.push(Token::Open { not });
            word = &word[word.len() - rest..];
        }
        let depth = all.iter().fold(0usize, |depth, token| match token {
            Token::Open { .. } => depth + 1,
            Token::Close => depth.saturating_sub(1),
            _ => depth,
        });
        let mut close = 0;
        // `ads (eu)` is a name, `(ads OR eu)` is not: a bracket closes what is open outside of the word.
        while let Some(rest) = word.strip_suffix(')').filter(|rest| close < depth && !rest.contains('(')) {
            word = rest;
            close += 1;
        }
        let (not, text) = match word.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, word),
        };
        let text: String = text.chars().filter(|c| *c != QUOTED).collect();
        if !text.is_empty() && text != "-" {
            all.push(Token::Word { not, text, quoted });
        }
        all.extend(std::iter::repeat_n(Token::Close, close));
    }
    all
}

/// Cuts at spaces that stand outside of quotes; the quotes go, and a mark stays where one began.
fn words(typed: &str) -> Vec<String> {
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

fn test(token: &str, quoted: bool, grammar: &Grammar, now: Now, zone: &Zone) -> Result<Option<Test>, String> {
    // Quotes always mean text.
    if quoted {
        return Ok(Some(Test::Word(token.to_lowercase())));
    }
    if let Some(four) = last_four_of(token).filter(|_| grammar.fields.contains(&Field::LastFour)) {
        return Ok(Some(Test::Text(Field::LastFour, four)));
    }
    let Some((name, value)) = token.split_once(':').filter(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric()))
    else {
        let word = token.to_lowercase();
        return Ok(Some(match state(&word, grammar) {
            Some(field) => Test::State(field, word),
            None => Test::Word(word),
        }));
    };
    // A time of day or a key of somebody else's is no field.
    if name.is_empty() || name.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(Some(Test::Word(token.to_lowercase())));
    }
    let name = name.to_ascii_lowercase();
    // The same as `since:`, as people say it; of days it is those of the calendar, as without the colon.
    let is_last = name == "last" && grammar.fields.contains(&Field::Since);
    if is_last && let Some((first, last, _)) = days("last", &[value], clock::day(now.wall, zone)) {
        return Ok(Some(Test::Days(first, last)));
    }
    let name = if is_last { "since".to_owned() } else { name };
    let Some(field) = &grammar.field(&name) else {
        let words: Vec<&str> = grammar.fields.iter().map(|field| field.word()).collect();
        return Err(format!("there is no {name}: here; fields are {}", words.join(" ")));
    };
    let is_text = !matches!(field, Field::Balance | Field::Amount | Field::Since | Field::Before | Field::Hour);
    if let Some(exact) = value.strip_prefix('=').filter(|_| is_text) {
        return Ok(Some(Test::Is(*field, exact.to_owned())));
    }
    let value = value.to_lowercase();
    // Its value is still to come.
    if value.is_empty() {
        return Ok(None);
    }
    match field {
        Field::Sum => {
            let words: Vec<String> = SUMS.iter().map(|word| (*word).to_owned()).collect();
            word_of(*field, value, &words)
        }
        Field::Hour => match value.parse::<u8>() {
            Ok(hour) if hour < 24 => Ok(Some(Test::Hour(hour))),
            _ => Err(format!("{name}: takes an hour, for example {name}:14")),
        },
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
            let wrong = || format!("{name}: takes {name}:2d {name}:12h {name}:monday {name}:2026-03-01");
            let moment = moment(&value, now, zone).ok_or_else(wrong)?;
            Ok(Some(if *field == Field::Since { Test::Since(moment) } else { Test::Before(moment) }))
        }
        _ => Ok(Some(Test::Text(*field, value))),
    }
}

/// A word that must begin one of those that are known.
fn word_of(field: Field, value: String, known: &[String]) -> Result<Option<Test>, String> {
    if known.iter().any(|word| starts_with(word, &value)) {
        return Ok(Some(Test::Text(field, value)));
    }
    // `topup` is `top_up`, as the API's own word has it.
    let letters = |word: &str| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    match known.iter().find(|word| !letters(&value).is_empty() && letters(word).starts_with(&letters(&value))) {
        Some(word) => Ok(Some(Test::Text(field, word.clone()))),
        None => Err(format!("{}: is one of {}", field.word(), known.join(" "))),
    }
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

fn moment(value: &str, now: Now, zone: &Zone) -> Option<Moment> {
    if let Some(day) = day_of(value, clock::day(now.wall, zone)) {
        return Some(Moment::Day(day));
    }
    if let Ok(day) = value.parse::<NaiveDate>() {
        return Some(Moment::Day(day));
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(&value.to_uppercase()) {
        return Some(Moment::At(at.to_utc()));
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
