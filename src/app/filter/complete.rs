//! What `Tab` makes of the last word of a filter: fields, states and types, and the values that rows have, with how many
//! rows have them. Does not know where rows come from.

use std::collections::HashMap;

use super::fold::{contains_folded, plain};
use super::query::{Field, Grammar};

/// Most values that are offered.
const OFFERED: usize = 20;
/// What times are asked by.
const TIMES: [&str; 6] = ["today", "yesterday", "monday", "24h", "7d", "30d"];

/// The last word of what is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastWord<'t> {
    /// What stands before it, with the sign that negates it.
    pub before: &'t str,
    /// The field it names.
    pub field: Option<Field>,
    /// What is typed of the word, or of the value of its field, without quotes.
    pub typed: &'t str,
}

impl<'t> LastWord<'t> {
    /// Finds the last word. Spaces inside of quotes end no word.
    pub fn of(text: &'t str, grammar: &Grammar) -> LastWord<'t> {
        let mut quoted = false;
        let mut begins = 0;
        for (at, c) in text.char_indices() {
            quoted ^= c == '"';
            if !quoted && (c.is_whitespace() || c == '(') {
                begins = at + c.len_utf8();
            }
        }
        begins += usize::from(text[begins..].starts_with('-'));
        let (before, word) = text.split_at(begins);
        let field = |name: &str| grammar.field(name);
        match word.split_once(':').and_then(|(name, value)| Some((field(name)?, value))) {
            Some((field, value)) => LastWord { before, field: Some(field), typed: value.trim_matches('"') },
            None => LastWord { before, field: None, typed: word },
        }
    }
}

/// Something that may take the place of the last word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub text: String,
    /// Rows that have it, beside the rest of the filter; `None` where that is not counted.
    pub rows: Option<usize>,
}

/// What may stand in the place of a word. `count` tells how many rows have which value of a field; `None` where they are
/// not counted.
pub fn offers(
    word: &LastWord<'_>,
    grammar: &Grammar,
    count: impl Fn(Field) -> Option<HashMap<String, usize>>,
) -> Vec<Offer> {
    match word.field {
        Some(Field::Since | Field::Before) => {
            let name = word.field.map_or("", Field::word);
            let times = TIMES.iter().filter(|time| time.starts_with(word.typed));
            times.map(|time| Offer { text: format!("{name}:{time}"), rows: None }).collect()
        }
        Some(Field::Amount | Field::Balance | Field::Id | Field::Hour) => Vec::new(),
        Some(field) => values(word.typed, field, grammar, count(field)),
        None => {
            let typed = word.typed.to_lowercase();
            let fields = grammar.fields.iter().filter(|field| field.word().starts_with(&typed));
            let fields = fields.map(|field| Offer { text: format!("{}:", field.word()), rows: None });
            let bare = [Field::Status, Field::Kind].into_iter().filter(|_| !typed.is_empty()).flat_map(|field| {
                let counts = count(field);
                let known = known(field, grammar).into_iter().filter(|word| word.starts_with(&typed));
                let rows = |word: &String| counts.as_ref().map(|counts| counts.get(word).copied().unwrap_or(0));
                known.map(|word| Offer { rows: rows(&word), text: word }).collect::<Vec<_>>()
            });
            fields.chain(bare).collect()
        }
    }
}

/// The words that a field can have, where the list knows them.
fn known(field: Field, grammar: &Grammar) -> Vec<String> {
    match field {
        Field::Status if grammar.fields.contains(&field) => (grammar.statuses)(),
        Field::Kind if grammar.fields.contains(&field) => (grammar.kinds)(),
        _ => Vec::new(),
    }
}

/// Values that hold what is typed: those that begin with it first, of equals that of the most rows.
fn values(typed: &str, field: Field, grammar: &Grammar, counts: Option<HashMap<String, usize>>) -> Vec<Offer> {
    let is_counted = counts.is_some();
    let mut all = counts.unwrap_or_default();
    for word in known(field, grammar) {
        all.entry(word).or_insert(0);
    }
    let begins = |value: &str| plain(value).starts_with(&plain(typed));
    let mut fit: Vec<(String, usize)> = all.into_iter().filter(|(value, _)| contains_folded(value, typed)).collect();
    fit.sort_by(|(one, rows), (other, others)| {
        begins(other).cmp(&begins(one)).then(others.cmp(rows)).then_with(|| one.cmp(other))
    });
    fit.truncate(OFFERED);
    let said = |value: &str| match value.contains(|c: char| c.is_whitespace() || c == '(' || c == ')') {
        true => format!("{}:\"{}\"", field.word(), value.replace('"', " ")),
        false => format!("{}:{}", field.word(), value.replace('"', "")),
    };
    fit.iter().map(|(value, rows)| Offer { text: said(value), rows: is_counted.then_some(*rows) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::filter::TRANSACTIONS;

    fn counted(_: Field) -> Option<HashMap<String, usize>> {
        let rows = [("Meta Ads", 5), ("Google Ads", 9), ("declined", 7), ("purchase", 90), ("Müller", 1)];
        Some(rows.map(|(value, rows)| (value.to_owned(), rows)).into())
    }

    fn texts(typed: &str) -> Vec<String> {
        let word = LastWord::of(typed, &TRANSACTIONS);
        let said = |offer: Offer| match offer.rows {
            Some(rows) => format!("{} {rows}", offer.text),
            None => offer.text,
        };
        offers(&word, &TRANSACTIONS, counted).into_iter().map(said).collect()
    }

    #[test]
    fn the_last_word_ends_where_quotes_and_brackets_do() {
        let of = |text| {
            let LastWord { before, field, typed } = LastWord::of(text, &TRANSACTIONS);
            (before, field, typed)
        };
        assert_eq!(of("declined mer"), ("declined ", None, "mer"));
        assert_eq!(of("-merchant:\"meta a"), ("-", Some(Field::Merchant), "meta a"));
        assert_eq!(of("(declined OR st"), ("(declined OR ", None, "st"));
        assert_eq!(of("(st"), ("(", None, "st"));
        assert_eq!(of("odd:value"), ("", None, "odd:value"));
        assert_eq!(of("today "), ("today ", None, ""));
    }

    #[test]
    fn fields_states_and_values_are_offered_with_their_rows() {
        assert_eq!(texts("merch"), ["merchant:"]);
        assert_eq!(texts("decl"), ["declined 7"]);
        let of_a = ["merchant:purchase 90", "merchant:\"Google Ads\" 9", "merchant:\"Meta Ads\" 5"];
        assert_eq!(texts("merchant:a"), of_a, "the most rows first");
        assert_eq!(texts("merchant:m")[..2], ["merchant:\"Meta Ads\" 5", "merchant:Müller 1"], "beginnings first");
    }

    #[test]
    fn accents_are_no_obstacle_and_what_is_not_counted_says_no_number() {
        assert_eq!(texts("merchant:mul"), ["merchant:Müller 1"]);
        let word = LastWord::of("status:c", &TRANSACTIONS);
        let offers = offers(&word, &TRANSACTIONS, |_| None);
        assert!(offers.iter().all(|offer| offer.rows.is_none()) && offers.len() > 1, "{offers:?}");
        assert_eq!(texts("since:m"), ["since:monday"]);
        assert!(texts("amount:").is_empty());
    }
}
