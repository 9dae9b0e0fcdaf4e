//! The second, slower reader: makes JSON out of what is nearly JSON, for an answer that the strict reader refused.
//!
//! ```text
//!   {"id":"x","amount":NaN}      a word that is no JSON         ──▶ {"id":"x","amount":"\u{fffd}"}
//!   {"id":"x","name":"a⏎b"}      a raw control character        ──▶ {"id":"x","name":"a\n b"} with an escape
//!   {"id":"x","amount":007}      a number that is none           ──▶ {"id":"x","amount":"\u{fffd}"}
//!   {"id":"x","amount":}         nothing                         ──▶ {"id":"x","amount":"\u{fffd}"}
//!   {"id":"x"                    the end is missing              ──▶ refused: a list that is cut is not a shorter list
//! ```
//!
//! A value that is replaced is unreadable to every decoder, never zero and never absent. What is JSON already comes
//! back byte for byte, so both readers agree on it.

use zeroize::Zeroizing;

/// What a value that cannot be read is replaced by: no amount, no time, no id, no currency.
const UNREADABLE: &str = "\"\u{fffd}\"";

/// What is expected next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of the list.
    FirstItem,
    /// A name, or the end of the object.
    Name,
    Colon,
    /// A comma or an end.
    Comma,
}

/// JSON text that says what this text says, where it says something; `None` when it has no end, more than one value, or
/// a structure that cannot be followed.
pub(super) fn mend(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 64);
    mend_into(text, &mut out, Numbers::Kept).then_some(out)
}

/// The same for a document whose numbers mean nothing here: one that no program can hold does not spoil it.
pub(crate) fn mend_without_numbers(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 64);
    mend_into(text, &mut out, Numbers::Dropped).then_some(out)
}

/// The same for an answer that holds a secret: written once, into memory that is wiped.
pub(super) fn mend_secret(text: &str) -> Option<Zeroizing<String>> {
    // A character becomes seven bytes at most, so the buffer never moves and leaves nothing behind.
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 7 + 64));
    mend_into(text, &mut out, Numbers::Kept).then_some(out)
}

/// What becomes of numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Kept,
    Dropped,
}

fn mend_into(text: &str, out: &mut String, numbers: Numbers) -> bool {
    walk(text, out, numbers).is_some()
}

fn walk(text: &str, out: &mut String, numbers: Numbers) -> Option<()> {
    let mut open: Vec<u8> = Vec::new();
    let mut next = Next::Value;
    let mut rest = text;
    loop {
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        // White space stays, so that what is whole is not changed.
        out.push_str(&rest[..blank]);
        rest = &rest[blank..];
        let Some(first) = rest.bytes().next() else { break };
        let is_done = open.is_empty() && next == Next::Comma;
        if is_done {
            return None;
        }
        match (next, first) {
            (Next::Comma, b',') => {
                out.push(',');
                rest = &rest[1..];
                next = if open.last() == Some(&b'{') { Next::Name } else { Next::Value };
            }
            (_, b'}' | b']') => {
                let begins = if first == b'}' { b'{' } else { b'[' };
                if open.pop() != Some(begins) {
                    return None;
                }
                match next {
                    Next::Comma | Next::FirstItem => {}
                    // `{}`, or a comma before the end.
                    Next::Name => drop_comma(out),
                    Next::Value if first == b']' => drop_comma(out),
                    Next::Value => out.push_str(UNREADABLE),
                    Next::Colon => return None,
                }
                out.push(char::from(first));
                rest = &rest[1..];
                next = Next::Comma;
            }
            (Next::Name, b'"') => {
                rest = string(rest, out)?;
                next = Next::Colon;
            }
            (Next::Colon, b':') => {
                out.push(':');
                rest = &rest[1..];
                next = Next::Value;
            }
            (Next::Value | Next::FirstItem, b'"') => {
                rest = string(rest, out)?;
                next = Next::Comma;
            }
            (Next::Value | Next::FirstItem, b'{' | b'[') => {
                open.push(first);
                out.push(char::from(first));
                rest = &rest[1..];
                next = if first == b'{' { Next::Name } else { Next::FirstItem };
            }
            // A value that is missing: `"a":,` and `[1,,2]`.
            (Next::Value | Next::FirstItem, b',') if !open.is_empty() => {
                out.push_str(UNREADABLE);
                next = Next::Comma;
            }
            (Next::Value | Next::FirstItem, _) => {
                rest = word(rest, out, numbers)?;
                next = Next::Comma;
            }
            (Next::Name | Next::Colon | Next::Comma, _) => return None,
        }
    }
    (open.is_empty() && next == Next::Comma).then_some(())
}

/// Takes back the comma that an end follows, and leaves the white space behind it.
fn drop_comma(out: &mut String) {
    let kept = out.trim_end_matches([' ', '\t', '\n', '\r']).len();
    if out[..kept].ends_with(',') {
        out.remove(kept - 1);
    }
}

/// Copies a string with its quotes; answers what follows it.
fn string<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    out.push('"');
    let mut chars = text[1..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                out.push('"');
                return text.get(at + 2..);
            }
            '\\' => match chars.next()?.1 {
                c @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => out.extend(['\\', c]),
                'u' => {
                    let digits = text.get(at + 3..at + 7).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
                    match digits {
                        Some(digits) => {
                            out.push_str("\\u");
                            out.push_str(digits);
                            chars.nth(3);
                        }
                        None => out.push_str("\u{fffd}u"),
                    }
                }
                // An escape that there is not; what it escapes may be a control character itself.
                c => {
                    out.push('\u{fffd}');
                    plain(c, out);
                }
            },
            c => plain(c, out),
        }
    }
    None
}

fn plain(c: char, out: &mut String) {
    if c < ' ' {
        out.push_str(&format!("\\u{:04x}", u32::from(c)));
    } else {
        out.push(c);
    }
}

/// Copies a number or one of the three words; anything else is unreadable. Answers what follows it.
fn word<'a>(text: &'a str, out: &mut String, numbers: Numbers) -> Option<&'a str> {
    let ends = |c: char| matches!(c, ',' | '}' | ']' | ':' | '"' | '{' | '[') || c.is_ascii_whitespace();
    let length = text.find(ends).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(length).filter(|(word, _)| !word.is_empty())?;
    out.push_str(match word {
        "true" | "false" | "null" => word,
        // As Python writes them.
        "True" => "true",
        "False" => "false",
        "None" => "null",
        number if is_number(number) && numbers == Numbers::Dropped => "0",
        number if is_number(number) => number,
        _ => UNREADABLE,
    });
    Some(rest)
}

/// Whether a word is a number by the grammar of JSON.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    digits(whole) && !leading_zero && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}

/// What stands between the quotes of a string; a surrogate without its other half is U+FFFD.
pub(super) fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else { break };
        rest = &rest[c.len_utf8()..];
        out.push(match c {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = |text: &str| {
                    let digits = text.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
                    u16::from_str_radix(digits, 16).ok()
                };
                let Some(first) = unit(rest) else {
                    out.push('\u{fffd}');
                    continue;
                };
                rest = &rest[4..];
                let second = rest.strip_prefix("\\u").and_then(unit);
                let pair = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
                match (char::from_u32(u32::from(first)), pair) {
                    (Some(plain), _) => plain,
                    (None, Some(pair)) => {
                        rest = &rest[6..];
                        pair
                    }
                    (None, None) => '\u{fffd}',
                }
            }
            c => c,
        });
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    fn is_json(text: &str) -> bool {
        serde_json::from_str::<&RawValue>(text).is_ok()
    }

    #[test]
    fn what_is_nearly_json_is_mended_where_it_is_broken_and_nowhere_else() {
        let bad = UNREADABLE;
        for (broken, mended) in [
            (r#"{"a":NaN}"#, format!(r#"{{"a":{bad}}}"#)),
            (r#"[-Infinity, Infinity ,1]"#, format!("[{bad}, {bad} ,1]")),
            (r#"{"a":nan,"b":[inf]}"#, format!(r#"{{"a":{bad},"b":[{bad}]}}"#)),
            (r#"{"a":+5,"b":05,"c":.5,"d":1.,"e":0x1F,"f":1_000,"g":-}"#, {
                let all: Vec<String> = "abcdefg".chars().map(|c| format!(r#""{c}":{bad}"#)).collect();
                format!("{{{}}}", all.join(","))
            }),
            (r#"{"a":True,"b":None,"c":undefined}"#, format!(r#"{{"a":true,"b":null,"c":{bad}}}"#)),
            (r#"{"a":,"b":}"#, format!(r#"{{"a":{bad},"b":{bad}}}"#)),
            ("[1,2, ]", "[1,2 ]".into()),
            (r#"{"a":1,}"#, r#"{"a":1}"#.into()),
            ("[\"a\nb\u{0}\"]", r#"["a\u000ab\u0000"]"#.into()),
            (r#"["\x41","\u12","\'"]"#, "[\"\u{fffd}x41\",\"\u{fffd}u12\",\"\u{fffd}'\"]".into()),
        ] {
            assert!(!is_json(broken), "{broken}");
            assert_eq!(mend(broken).as_deref(), Some(mended.as_str()), "{broken}");
            assert!(is_json(&mended), "{mended}");
        }
        for hopeless in [
            "",
            " ",
            "{",
            "[1",
            r#"{"a":1"#,
            r#"["a]"#,
            "[1]]",
            "[1}",
            "{]",
            r#"{"a"}"#,
            r#"{"a" 1}"#,
            "[1] [2]",
            "[1]x",
            "{a:1}",
            "<html>]",
            r#"{"a":1 "b":2}"#,
            "[[1]",
            "]",
            ",",
            ":",
        ] {
            let mended = mend(hopeless);
            assert!(mended.as_deref().is_none_or(|mended| mended == UNREADABLE), "{hopeless}: {mended:?}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_spoils_one_character() {
        assert_eq!(unescape(r"a\ud800b"), "a\u{fffd}b");
        assert_eq!(unescape(r"\udc00\ud83d\ude00\ud83d"), "\u{fffd}😀\u{fffd}");
        assert_eq!(unescape(r"\ud800\u0041\n\/\\"), "\u{fffd}A\n/\\");
        assert_eq!(unescape(r"\u12"), "\u{fffd}12");
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|flag| flag.to_string()),
            "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,4})?",
            any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
            Just(r#""\ud800 \/\u00e9""#.to_owned()),
        ];
        leaf.prop_recursive(5, 60, 6, |inner| {
            let blank = "[ \n\r\t]{0,2}";
            prop_oneof![
                (prop::collection::vec(inner.clone(), 0..6), blank)
                    .prop_map(|(items, blank)| format!("[{blank}{}{blank}]", items.join(&format!("{blank},{blank}")))),
                (prop::collection::vec((any::<String>(), inner), 0..6), blank).prop_map(|(fields, blank)| {
                    let field = |(name, value): &(String, String)| {
                        format!("{}{blank}:{blank}{value}", serde_json::to_string(name).unwrap())
                    };
                    let fields: Vec<String> = fields.iter().map(field).collect();
                    format!("{{{blank}{}{blank}}}", fields.join(&format!("{blank},")))
                }),
            ]
        })
    }

    proptest! {
        /// On JSON both readers agree: it is not changed at all.
        #[test]
        fn what_is_json_comes_back_byte_for_byte(json in json()) {
            prop_assert!(is_json(&json));
            prop_assert_eq!(mend(&json), Some(json));
        }

        /// Whatever comes, the result is JSON, and mending it again changes nothing.
        #[test]
        fn what_is_mended_is_json(text in "[\\[\\]{}:,\"\\\\ua0-9eE+.\u{0}-\u{1f}tN-]{0,40}", json in json(), at in any::<prop::sample::Index>(), with in "\\PC|[\u{0}-\u{1f}]|NaN") {
            let mut spoiled: Vec<char> = json.chars().collect();
            let at = at.index(spoiled.len());
            spoiled.splice(at..=at, with.chars());
            for text in [text, spoiled.into_iter().collect()] {
                if let Some(mended) = mend(&text) {
                    prop_assert!(is_json(&mended), "{:?} became {:?}", text, mended);
                    prop_assert_eq!(mend(&mended), Some(mended));
                }
            }
        }

        #[test]
        fn any_escape_is_undone(text: String) {
            let quoted = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescape(quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default()), text);
        }
    }
}
