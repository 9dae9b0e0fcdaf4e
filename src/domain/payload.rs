//! What a webhook carried, as a tree to look at: every text safe, every secret masked, bounded in depth and size.
//!
//! For eyes alone: it cannot be turned back into what was sent.

use super::ids::RecordId;
use super::text::SafeText;

/// A value of the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    Null,
    Flag(bool),
    /// As its digits stood there.
    Number(SafeText),
    Text(SafeText),
    /// An id as it came: the digits of some would pass for a card number.
    Id(RecordId),
    /// A secret: it was not kept.
    Hidden,
    List(Vec<Payload>),
    Object(Vec<(SafeText, Payload)>),
    /// What stood here is more than is kept.
    Cut,
}

/// How much of what a field of this name holds may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    Free,
    /// A card number: its last four.
    LastFour,
    /// Nothing.
    Nothing,
}

/// By the name of a field, whatever its case and signs between the words.
pub fn care(name: &str) -> Care {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    match plain.as_str() {
        "cardnumber" | "pan" | "number" | "primaryaccountnumber" | "fullnumber" => Care::LastFour,
        "cvv" | "cvc" | "cvv2" | "cvc2" | "cav2" | "cid" | "securitycode" | "verificationvalue" | "pin"
        | "pinblock" | "track1" | "track2" | "trackdata" | "magstripe" => Care::Nothing,
        name if ["secret", "password", "passwd", "token", "apikey", "authorization", "privatekey"]
            .iter()
            .any(|word| name.ends_with(word)) =>
        {
            Care::Nothing
        }
        _ => Care::Free,
    }
}

/// Whether a text is a UUID by its shape, which no card number is.
pub fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A card number as far as it may be shown; anything else as it is.
pub fn last_four(text: &str) -> String {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        0..12 => text.to_owned(),
        all => format!("•{}", digits[all - 4..].iter().collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d1_the_name_of_a_field_says_how_much_of_it_is_kept() {
        for name in
            ["cvv", "CVV2", "security_code", "cardPin".trim_start_matches("card"), "X-API-Token", "webhook_secret"]
        {
            assert_eq!(care(name), Care::Nothing, "{name}");
        }
        for name in ["cardNumber", "card_number", "PAN"] {
            assert_eq!(care(name), Care::LastFour, "{name}");
        }
        for name in ["maskedNumber", "lastFour", "status", "cardTokenizations", "pinned"] {
            assert_eq!(care(name), Care::Free, "{name}");
        }
        assert_eq!(last_four("5555550000000009"), "•0009");
        assert_eq!(last_four("12"), "12");
    }
}
