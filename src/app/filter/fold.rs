//! Texts as somebody types them who has another keyboard: without accents, and in Latin letters. Exactly, not fuzzily:
//! `dvorak` is Dvořák, `lukasz` is Łukasz, `kovalenko` is Коваленко.

use nucleo_matcher::chars;

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
        ('ъ' | 'ь' | '\'' | '’', _) => "",
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

fn folded(text: &str, how: Latin) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        // What stands on the letter before it.
        if matches!(c, '\u{300}'..='\u{36f}') {
            continue;
        }
        match latin(c, how) {
            Some(letters) => out.push_str(letters),
            None => out.extend(chars::normalize(c).to_lowercase()),
        }
    }
    out
}

/// Whether a text that is not ASCII holds the word, which is in lower case, when both are written in plain letters.
pub fn contains_folded(text: &str, word: &str) -> bool {
    [Latin::Passport, Latin::Usual].into_iter().any(|how| match word.is_ascii() {
        true => folded(text, how).contains(word),
        false => folded(text, how).contains(&folded(word, how)),
    })
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
    let one = |text: &str, word: &str| {
        let words = || text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        if words().any(|part| part == word) || text == word {
            return Some(Fit::Word);
        }
        if words().any(|part| part.starts_with(word)) || text.starts_with(word) {
            return Some(Fit::Prefix);
        }
        if text.contains(word) {
            return Some(Fit::Inside);
        }
        let mut letters = text.chars();
        word.chars().all(|wanted| letters.any(|letter| letter == wanted)).then_some(Fit::Letters)
    };
    let as_typed = one(&text.to_lowercase(), word);
    let plain_word = plain(word);
    let folds = [Latin::Passport, Latin::Usual].into_iter().filter(|_| !text.is_ascii() || !word.is_ascii());
    folds.filter_map(|how| one(&folded(text, how), &plain_word)).chain(as_typed).min()
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
    }
}
