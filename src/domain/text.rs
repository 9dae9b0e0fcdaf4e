//! Text from outside, made safe to show.
//!
//! Everything the API, a configuration or an error body says becomes [`SafeText`] when it is decoded, so
//! no widget, log or export can forget to. Knows characters; does not know columns or terminals.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

/// Longest name, label or merchant that is kept, in graphemes: files for others have it whole, views cut it to their
/// columns.
pub const NAME: usize = 500;
/// Longest description, message or error that is kept, in graphemes. The API takes descriptions of 500 characters.
pub const PROSE: usize = 500;
/// Most code points that one visible character may be made of.
const CLUSTER: usize = 8;
/// Stands where something unsafe was.
pub const REPLACED: char = '\u{FFFD}';

/// Text that cannot move the cursor, colour, ring, link, reorder or hide anything, cannot grow without
/// bound, and holds no whole card number: a run of 13 to 19 digits that passes the Luhn check keeps its
/// last four.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SafeText(Arc<str>);

impl SafeText {
    /// Makes `raw` safe and cuts it to `max` graphemes, the last of them `…` when something was cut.
    pub fn new(raw: &str, max: usize) -> SafeText {
        // Nearly everything is short plain ASCII: one look, one allocation.
        if raw.len() <= max && raw.len() <= 64 {
            let (mut plain, mut digits) = (true, 0);
            for b in raw.bytes() {
                plain &= (0x20..0x7f).contains(&b);
                digits += u32::from(b.is_ascii_digit());
            }
            if plain && digits < 13 {
                return SafeText(Arc::from(raw));
            }
        }
        // No grapheme within the limit can come from beyond this many bytes; ten megabytes are not walked.
        let bound = max.saturating_mul(CLUSTER * 4).saturating_add(64);
        let (raw, clipped) = match raw.char_indices().nth(bound) {
            // Not in the middle of a number, which would not be known for one any more.
            Some((at, _)) => (raw.get(..at).unwrap_or("").trim_end_matches(|c| is_digit(c) || separates(c)), true),
            None => (raw, false),
        };
        let mut text: Cow<'_, str> = Cow::Borrowed(raw);
        if !raw.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            // Taking marks off a cluster can join it with the next, so go on until nothing changes.
            for _ in 0..4 {
                let next = bounded_clusters(&printable(&text));
                let settled = next == *text;
                text = Cow::Owned(next);
                if settled {
                    break;
                }
            }
        }
        let text = mask_card_numbers(&text);
        SafeText(Arc::from(cut(&text, max, clipped)))
    }

    /// A name, label or merchant: at most [`NAME`] graphemes.
    pub fn name(raw: &str) -> SafeText {
        SafeText::new(raw, NAME)
    }

    /// A description, message or error: at most [`PROSE`] graphemes.
    pub fn prose(raw: &str) -> SafeText {
        SafeText::new(raw, PROSE)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// Whether it was longer than what is kept.
    pub fn is_cut(&self) -> bool {
        self.0.len() >= PROSE && self.0.ends_with('…') && self.0.graphemes(true).count() >= NAME.min(PROSE)
    }

    /// The same text, sharing the memory of an equal one that is already held.
    pub fn shared(&self) -> &Arc<str> {
        &self.0
    }

    /// Takes over memory that an equal text holds; the caller has compared them.
    pub fn from_shared(text: Arc<str>) -> Option<SafeText> {
        (SafeText::new(&text, PROSE).as_str() == &*text).then_some(SafeText(text))
    }

    /// Whether the text may pretend to be another: something was replaced in it, or one word mixes
    /// Latin with Cyrillic or Greek letters. Shown as `⚠`.
    pub fn is_doubtful(&self) -> bool {
        self.0.contains(REPLACED) || self.0.split(|c: char| !c.is_alphabetic()).any(mixes_scripts)
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// Characters that act on a terminal or hide in it, rather than being seen.
fn acts_or_hides(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0d}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}' | '\u{fdd0}'..='\u{fdef}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// Runs of unsafe characters become one U+FFFD; line breaks and tabs one space; the two variation
/// selectors that only choose between text and emoji are dropped, because terminals disagree on the
/// width they give.
fn printable(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '\t' | '\n' | '\r' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            '\u{fe0e}' | '\u{fe0f}' => {}
            c if acts_or_hides(c) => {
                if !out.ends_with(REPLACED) {
                    out.push(REPLACED);
                }
            }
            c => out.push(c),
        }
    }
    out
}

fn bounded_clusters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        out.extend(cluster.chars().take(CLUSTER));
    }
    out
}

fn cut(text: &str, max: usize, clipped: bool) -> String {
    // Bytes bound graphemes from above, so short text needs no counting.
    if text.len() <= max && !clipped {
        return text.to_owned();
    }
    let mut clusters = text.graphemes(true);
    let mut kept: Vec<&str> = clusters.by_ref().take(max).collect();
    if (clipped || clusters.next().is_some()) && max > 0 {
        kept.truncate(max - 1);
        kept.push("…");
    }
    kept.concat()
}

/// Most digits that a card number has (ISO/IEC 7812-1), and fewest.
const MOST_DIGITS: usize = 19;
const LEAST_DIGITS: usize = 13;
/// Most characters that stand between two digits of one number.
const APART: usize = 3;

/// The value of a decimal digit, also of another script: what a person reads as a card number is one.
pub fn digit(c: char) -> Option<u8> {
    /// Where the ten digits of a script begin.
    const ZEROS: [u32; 14] =
        [0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xff10];
    if c.is_ascii() {
        return c.to_digit(10).and_then(|value| u8::try_from(value).ok());
    }
    let code = c as u32;
    // Five alphabets of mathematical digits, one after another.
    if (0x1d7ce..=0x1d7ff).contains(&code) {
        return u8::try_from((code - 0x1d7ce) % 10).ok();
    }
    ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10)).and_then(|v| u8::try_from(v).ok())
}

fn is_digit(c: char) -> bool {
    digit(c).is_some()
}

/// What people and machines put between the groups of a number; what hides between them was replaced before.
pub fn separates(c: char) -> bool {
    c.is_whitespace()
        || c == REPLACED
        || matches!(
            c,
            '-' | '.' | '_' | '/' | '\u{b7}' | '\u{2010}'..='\u{2015}' | '\u{2024}' | '\u{2027}' | '\u{2212}'
        )
        || matches!(c, '\u{2043}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{ff0e}' | '\u{ff0f}' | '\u{ff3f}')
}

/// Keeps the last four digits of anything that is a card number by length and Luhn check (D1, T3). More digits in one
/// run than a card number has may be one with its expiry and code behind it: nothing of them is kept.
fn mask_card_numbers(text: &str) -> Cow<'_, str> {
    let mut masked = Cow::Borrowed(text);
    // What is left of one may stand beside more digits.
    for _ in 0..4 {
        match masked_once(&masked) {
            Some(more) => masked = Cow::Owned(more),
            None => break,
        }
    }
    masked
}

fn masked_once(text: &str) -> Option<String> {
    if text.chars().filter(|c| is_digit(*c)).count() < LEAST_DIGITS {
        return None;
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut any) = (0, false);
    while at < chars.len() {
        let run = chars[at..].iter().take_while(|c| is_digit(**c)).count();
        if run > MOST_DIGITS {
            out.push_str("••••");
            (at, any) = (at + run, true);
        } else if let Some(end) = card_number_at(&chars, at) {
            let digits: Vec<char> = chars[at..end].iter().copied().filter(|c| is_digit(*c)).collect();
            out.push_str("••••");
            out.extend(&digits[digits.len() - 4..]);
            (at, any) = (end, true);
        } else {
            // A number that is no card is passed over whole, so that no part of it is taken for one.
            out.extend(&chars[at..at + run.max(1)]);
            at += run.max(1);
        }
    }
    any.then_some(out)
}

/// Where a card number that starts at `at` ends: 13 to 19 digits, with a few signs between them.
fn card_number_at(chars: &[char], at: usize) -> Option<usize> {
    if !is_digit(chars[at]) {
        return None;
    }
    let mut digits: Vec<u8> = Vec::with_capacity(MOST_DIGITS + 1);
    let mut end = at;
    let mut ends = Vec::new();
    for (next, c) in chars.iter().enumerate().skip(at) {
        if let Some(value) = digit(*c) {
            digits.push(value);
            end = next + 1;
            if digits.len() > MOST_DIGITS {
                break;
            }
            let more = chars.get(end).is_some_and(|c| is_digit(*c));
            if !more && digits.len() >= LEAST_DIGITS {
                ends.push((end, digits.len()));
            }
        } else if !separates(*c) || next - end >= APART {
            break;
        }
    }
    ends.into_iter().rev().find(|(_, count)| passes_luhn(&digits[..*count])).map(|(end, _)| end)
}

/// The check digit rule of card numbers (ISO/IEC 7812-1, annex B), over digits 0 to 9.
pub fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

fn mixes_scripts(word: &str) -> bool {
    let latin = word.chars().any(|c| c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}'));
    let other = word.chars().any(|c| matches!(c, '\u{370}'..='\u{52f}' | '\u{1f00}'..='\u{1fff}'));
    latin && other
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn safe(raw: &str) -> String {
        SafeText::name(raw).as_str().to_owned()
    }

    #[test]
    fn t1_what_acts_on_a_terminal_is_replaced() {
        assert_eq!(safe("\u{1b}]52;c;QQ==\u{7}Shop"), "\u{fffd}]52;c;QQ==\u{fffd}Shop");
        assert_eq!(safe("\u{1b}[2JShop\r\nLtd\t."), "\u{fffd}[2JShop Ltd .");
        assert_eq!(safe("abc\u{202e}gnp.exe"), "abc\u{fffd}gnp.exe");
        assert_eq!(safe("a\u{200b}\u{200d}\u{feff}b"), "a\u{fffd}b");
        assert_eq!(safe("❤\u{fe0f} café 北京"), "❤ café 北京");
    }

    #[test]
    fn t1_every_scalar_that_acts_or_hides_is_gone() {
        for c in (0..=0x10ffff).filter_map(char::from_u32) {
            let shown = safe(&format!("a{c}b"));
            for left in shown.chars() {
                assert!(left == REPLACED || !acts_or_hides(left), "{:x} was left", left as u32);
                assert!(!left.is_control());
            }
        }
    }

    #[test]
    fn t2_text_is_bounded() {
        let tower = format!("a{}b", "\u{301}".repeat(500));
        assert!(safe(&tower).chars().count() <= CLUSTER + 1);
        let long = "x".repeat(10_000);
        assert_eq!(safe(&long).chars().count(), NAME);
        assert!(safe(&long).ends_with('…'));
        assert_eq!(SafeText::name(&"é".repeat(120)).as_str(), "é".repeat(120));
    }

    #[test]
    fn t4_look_alikes_are_marked() {
        assert!(SafeText::name("\u{430}mazon").is_doubtful());
        assert!(SafeText::name("a\u{7}b").is_doubtful());
        assert!(!SafeText::name("Кафе Amazon").is_doubtful());
        assert!(!SafeText::name("Blue Bottle").is_doubtful());
    }

    #[test]
    fn d1_a_whole_card_number_in_any_text_keeps_its_last_four() {
        assert_eq!(safe("card 4539578763621486 ok"), "card ••••1486 ok");
        assert_eq!(safe("4539 5787 6362 1486"), "••••1486");
        assert_eq!(safe("4539-5787-6362-1486."), "••••1486.");
        assert_eq!(safe("ref 4539578763621487"), "ref 4539578763621487");
        assert_eq!(safe("RRN 123456789012"), "RRN 123456789012");
    }

    #[test]
    fn d1_however_a_card_number_is_written_it_is_known() {
        for between in [
            ".",
            "\u{a0}",
            "  ",
            " - ",
            "\u{2009}",
            "\u{202f}",
            "\u{3000}",
            "_",
            "/",
            "\u{2013}",
            "\u{2011}",
            "\u{b7}",
            "\n",
            "\u{200b}",
            "\u{2060} ",
            ". ",
        ] {
            let text = format!("pay {} now", ["4539", "5787", "6362", "1486"].join(between));
            assert_eq!(safe(&text), "pay ••••1486 now", "{between:?}");
        }
        assert_eq!(safe("\u{ff14}\u{ff15}\u{ff13}\u{ff19}578763621486"), "••••1486");
        assert_eq!(safe("٤٥٣٩٥٧٨٧٦٣٦٢١٤٨٦"), "••••١٤٨٦");
        assert_eq!(safe("3782.822463.10005"), "••••0005");
        // With other numbers before it and behind it.
        assert_eq!(safe("12 4539.5787.6362.1486 12/28"), "12 ••••1486 12/28");
        // Digits that run on: an expiry and a code stand behind the number, or zeros before it.
        for text in ["45395787636214861228837", "00004539578763621486", &"4539578763621486".repeat(3)] {
            assert_eq!(safe(text), "••••", "{text}");
        }
        for kept in ["2026-11-27 05:50", "10.0.0.1", "4539 letters 5787 6362 1486", "1234 5678 9012"] {
            assert_eq!(safe(kept), kept);
        }
    }

    /// What is cut off before it is looked at leaves no beginning of a number.
    #[test]
    fn d1_a_number_is_not_cut_before_it_is_known() {
        let bound = 120 * CLUSTER * 4 + 64;
        for back in 0..24 {
            let text = format!("{}4539578763621486", "\u{200b}".repeat(bound - back));
            let digits = safe(&text).chars().filter(char::is_ascii_digit).count();
            assert!(digits <= 4, "{back}: {}", safe(&text));
        }
    }

    proptest! {
        #[test]
        fn t1_t2_any_text_is_safe_bounded_and_stays_as_it_is(raw in "\\PC{0,60}|(?s).{0,300}", max in 1usize..200) {
            let once = SafeText::new(&raw, max);
            prop_assert!(once.as_str().graphemes(true).count() <= max);
            for cluster in once.as_str().graphemes(true) {
                prop_assert!(cluster.chars().count() <= CLUSTER + 1);
            }
            prop_assert!(once.as_str().chars().all(|c| c == REPLACED || !acts_or_hides(c)));
            let again = SafeText::new(once.as_str(), max);
            prop_assert_eq!(&again, &once);
        }
    }
}
