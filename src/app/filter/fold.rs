//! Texts as somebody types them who has another keyboard: without accents, and in Latin letters. Exactly, not fuzzily:
//! `dvorak` is Dvořák, `lukasz` is Łukasz, `kovalenko` is Коваленко.

use nucleo_matcher::chars;

use crate::parallel;

/// How Cyrillic is written in Latin: as passports do, and as people do.
#[derive(Clone, Copy)]
enum Latin {
    Passport,
    Usual,
}

/// Latin letters for one character in lower case; `None` where it is left as it is.
fn latin(c: char, how: Latin) -> Option<&'static str> {
    use Latin::{Passport, Usual};
    Some(match (c, how) {
        // Letters that are no letter with an accent.
        ('ß', _) => "ss",
        ('æ', _) => "ae",
        ('œ', _) => "oe",
        ('þ', _) => "th",
        ('ð' | 'đ', _) => "d",
        ('ł', _) => "l",
        ('ø', _) => "o",
        ('ı', _) => "i",
        ('ħ', _) => "h",
        ('ŋ', _) => "ng",
        // Cyrillic.
        ('а', _) => "a",
        ('б', _) => "b",
        ('в', _) => "v",
        ('г' | 'ґ', _) => "g",
        ('д', _) => "d",
        ('е' | 'э' | 'ё', _) => "e",
        ('є', Passport) => "ie",
        ('є', Usual) => "ye",
        ('ж', _) => "zh",
        ('з', _) => "z",
        ('и', _) => "i",
        ('і', _) => "i",
        ('ї', Passport) | ('й', Passport) => "i",
        ('ї', Usual) => "yi",
        ('й', Usual) => "y",
        ('к', _) => "k",
        ('л', _) => "l",
        ('м', _) => "m",
        ('н', _) => "n",
        ('о', _) => "o",
        ('п', _) => "p",
        ('р', _) => "r",
        ('с', _) => "s",
        ('т', _) => "t",
        ('у' | 'ў', _) => "u",
        ('ф', _) => "f",
        ('х', _) => "kh",
        ('ц', _) => "ts",
        ('ч', _) => "ch",
        ('ш', _) => "sh",
        ('щ', _) => "shch",
        ('ъ' | 'ь' | '’', _) => "",
        ('ы', _) => "y",
        ('ю', Passport) => "iu",
        ('ю', Usual) => "yu",
        ('я', Passport) => "ia",
        ('я', Usual) => "ya",
        ('ђ', _) => "dj",
        ('ј', _) => "j",
        ('љ', _) => "lj",
        ('њ', _) => "nj",
        ('ћ', _) => "c",
        ('џ', _) => "dz",
        // Greek.
        ('α' | 'ά', _) => "a",
        ('β', _) => "v",
        ('γ', _) => "g",
        ('δ', _) => "d",
        ('ε' | 'έ', _) => "e",
        ('ζ', _) => "z",
        ('η' | 'ή' | 'ι' | 'ί' | 'ϊ' | 'ΐ', _) => "i",
        ('θ', _) => "th",
        ('κ', _) => "k",
        ('λ', _) => "l",
        ('μ', _) => "m",
        ('ν', _) => "n",
        ('ξ', _) => "x",
        ('ο' | 'ό' | 'ω' | 'ώ', _) => "o",
        ('π', _) => "p",
        ('ρ', _) => "r",
        ('σ' | 'ς', _) => "s",
        ('τ', _) => "t",
        ('υ' | 'ύ' | 'ϋ' | 'ΰ', _) => "y",
        ('φ', _) => "f",
        ('χ', _) => "ch",
        ('ψ', _) => "ps",
        _ => return None,
    })
}

/// Whether passports write a letter of the text in another way than people do.
fn has_two_ways(text: &str) -> bool {
    text.chars().any(|c| matches!(c, 'є' | 'ї' | 'й' | 'ю' | 'я' | 'Є' | 'Ї' | 'Й' | 'Ю' | 'Я'))
}

fn folded(text: &str, how: Latin) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
            continue;
        }
        // The letters of most names that are no Latin ones: no table of all languages has to be searched for them.
        let lower = match c {
            'А'..='Я' => char::from_u32(u32::from(c) + 0x20),
            'Ѐ'..='Џ' => char::from_u32(u32::from(c) + 0x50),
            'а'..='џ' | 'α'..='ω' => Some(c),
            _ => None,
        };
        if let Some(letters) = lower.and_then(|c| latin(c, how)) {
            out.push_str(letters);
            continue;
        }
        // The lower case of `İ` is `i` with a dot above it, which goes like any other mark.
        for c in c.to_lowercase() {
            match latin(c, how) {
                // What stands on the letter before it.
                _ if matches!(c, '\u{300}'..='\u{36f}') => {}
                Some(letters) => out.push_str(letters),
                None => out.extend(chars::normalize(c).to_lowercase()),
            }
        }
    }
    out
}

/// Whether a text that is not ASCII holds the word, which is in lower case, when both are written in plain letters.
pub fn contains_folded(text: &str, word: &str) -> bool {
    let holds = |how| match word.is_ascii() {
        true => folded(text, how).contains(word),
        false => folded(text, how).contains(&folded(word, how)),
    };
    holds(Latin::Usual) || ((has_two_ways(text) || has_two_ways(word)) && holds(Latin::Passport))
}

/// In lower case and plain letters.
pub fn plain(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => folded(text, Latin::Usual),
    }
}

/// How well a text fits a word that is in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// A word of the text.
    Word,
    /// A word of the text begins with it.
    Prefix,
    Inside,
    /// Its letters stand in the text in their order.
    Letters,
}

/// How well the text fits, the best of its words counting; `None` when it does not.
pub fn fit(text: &str, word: &str) -> Option<Fit> {
    let ascii = text.is_ascii() && word.is_ascii();
    // Nothing is allocated for most of a hundred thousand names.
    if ascii && let Some(fit) = ascii_part(text.as_bytes(), word.as_bytes()) {
        return Some(fit);
    }
    let as_typed = one(&text.to_lowercase(), word);
    if ascii || as_typed == Some(Fit::Word) {
        return as_typed;
    }
    let two_ways = has_two_ways(text) || has_two_ways(word);
    let folds = [Latin::Usual, Latin::Passport].into_iter().take(if two_ways { 2 } else { 1 });
    folds.filter_map(|how| one(&folded(text, how), &folded(word, how))).chain(as_typed).min()
}

/// [`fit`] of a text in lower case.
fn one(text: &str, word: &str) -> Option<Fit> {
    let parts = text.match_indices(word).filter(|_| !word.is_empty()).map(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        kind_of_part(before.is_none_or(|c| !c.is_alphanumeric()), after.is_none_or(|c| !c.is_alphanumeric()))
    });
    parts.min().or_else(|| {
        let mut letters = text.chars();
        word.chars().all(|wanted| letters.any(|letter| letter == wanted)).then_some(Fit::Letters)
    })
}

/// [`fit`] of texts that are ASCII, where the word stands in the text as it is; whatever the case of the text.
fn ascii_part(text: &[u8], word: &[u8]) -> Option<Fit> {
    let (first, rest) = word.split_first()?;
    let last = text.len().checked_sub(word.len())?;
    let mut best = None;
    for at in memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text.get(..=last)?) {
        if !text.get(at + 1..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(rest)) {
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| text.get(at)).is_none_or(|b| !b.is_ascii_alphanumeric());
        let after = text.get(at + word.len()).is_none_or(|b| !b.is_ascii_alphanumeric());
        let part = kind_of_part(before, after);
        if part == Fit::Word {
            return Some(part);
        }
        best = best.min(Some(part)).or(Some(part));
    }
    best
}

/// What a part of a text is, by whether words begin before it and end after it.
fn kind_of_part(begins: bool, ends: bool) -> Fit {
    match (begins, ends) {
        (true, true) => Fit::Word,
        (true, false) => Fit::Prefix,
        (false, _) => Fit::Inside,
    }
}

/// In the groups of their fit, the best first, each sorted by itself; the worst first where the list is shown turned round.
pub fn by_fit<R: Sync>(
    rows: Vec<R>,
    turned: bool,
    fit: impl Fn(&R) -> Fit + Sync,
    sort: impl Fn(Vec<R>) -> Vec<R>,
) -> Vec<R> {
    let fits = parallel::in_parts(&rows, |part, found| found.extend(part.iter().map(&fit)));
    let mut groups = [const { Vec::new() }; 4];
    for (row, fit) in rows.into_iter().zip(fits) {
        if let Some(group) = groups.get_mut(fit as usize) {
            group.push(row);
        }
    }
    if turned {
        groups.reverse();
    }
    groups.into_iter().flat_map(|group| if group.len() > 1 { sort(group) } else { group }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_plain_letters() {
        for (text, word) in [
            ("Dvořák", "dvorak"),
            ("Łukasz Żak", "lukasz"),
            ("Олена Коваленко", "kovalenko"),
            ("Юлія", "yuliya"),
            ("Юлія", "iuliia"),
            ("Müller", "muller"),
            ("Strauß", "strauss"),
            ("Søren Ægir", "soren"),
            ("Ağaoğlu", "agaoglu"),
            ("Νίκος", "nikos"),
            ("José", "jose"),
            ("Jose\u{301}", "jose"),
            ("Dvorak é", "dvořák"),
            ("İpek", "ipek"),
            ("IŞIL", "isil"),
            ("Дар’я", "darya"),
            ("Zoë O'Brien", "o'brien"),
            ("Євген Щука", "yevhen".replace('h', "g").as_str()),
            ("Ievgen", "євген"),
        ] {
            assert!(contains_folded(text, word), "{text} {word}");
        }
        assert!(!contains_folded("Dvořák", "dvrk") && !contains_folded("Коваленко", "kovalenka"));
    }

    #[test]
    fn a_whole_word_is_better_than_its_beginning_and_that_than_its_middle() {
        let mut found = ["Juliana Bo", "Xanadu", "Anatol Ek", "Ana Silva", "Alan Smith Adams", "Bo Lind"];
        found.sort_by_key(|text| fit(text, "ana").map_or(9, |fit| fit as usize));
        assert_eq!(found, ["Ana Silva", "Anatol Ek", "Juliana Bo", "Xanadu", "Alan Smith Adams", "Bo Lind"]);
        assert_eq!(fit("Łukasz", "lukasz"), Some(Fit::Word));
        assert_eq!(fit("Bo Lind", "ana"), None);
        assert_eq!(fit("Anatol, mana Ana", "ana"), Some(Fit::Word), "the best of its words counts");
    }

    proptest::proptest! {
        #[test]
        fn texts_that_are_ascii_fit_as_all_texts_do(text in "[a-cA-C .,]{0,12}", word in "[a-c]{1,3}") {
            proptest::prop_assert_eq!(fit(&text, &word), one(&text.to_lowercase(), &word));
        }
    }
}
