//! XML: text and elements, and which currencies the formats that use it take.

use crate::domain::money::Currency;

/// Text of an element, at most so many characters long.
pub fn text(text: &str, most: usize) -> String {
    pieces(text, most).next().unwrap_or_default()
}

/// The whole text in elements of so many characters; nothing for a text of white space.
pub fn pieces(text: &str, most: usize) -> impl Iterator<Item = String> {
    let chars: Vec<char> = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    let pieces: Vec<String> = chars.chunks(most.max(1)).map(escaped).collect();
    pieces.into_iter()
}

fn escaped(piece: &[char]) -> String {
    let piece: String = piece.iter().collect();
    let mut out = String::with_capacity(piece.len());
    for c in piece.trim_end().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // What XML 1.0 has no place for, and what nobody sees.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

/// `<name>text</name>`.
pub fn element(name: &str, text: impl std::fmt::Display) -> String {
    format!("<{name}>{text}</{name}>")
}

/// Whether a currency is one of ISO 4217.
pub fn is_iso(currency: Currency) -> bool {
    currency.as_str().len() == 3 && iso_currency::Currency::from_code(currency.as_str()).is_some()
}

/// The last characters of an id, without dashes, where a format has room for few.
pub fn short_id(id: &str, most: usize) -> String {
    let plain: String = id.chars().filter(|c| *c != '-').collect();
    let plain = if plain.is_empty() { id.to_owned() } else { plain };
    let skipped = plain.chars().count().saturating_sub(most);
    plain.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text() {
        assert_eq!(text("a<b> & \"c\"\n d", 100), "a&lt;b&gt; &amp; \"c\" d");
        assert_eq!(text("&&&", 2), "&amp;&amp;", "cut before it is escaped");
        assert_eq!(short_id("0190aaaa-1111-7000-8000-000000000001", 22), "1170008000000000000001");
        assert!(!is_iso(Currency::parse("USDTTRC20").unwrap()) && is_iso(Currency::EUR));
    }
}
