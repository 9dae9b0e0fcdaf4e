//! The names of a series of cards, from a template with a running number.

use crate::domain::text::SafeText;

/// Most cards of one series.
pub const MOST: u32 = 500;

/// The names that a template gives: `Ads {seq:03}` from 1 is `Ads 001`, `Ads 002` … A series of more than
/// one needs `{seq}` or `{seq:0N}` in it, once. The error is a sentence.
pub fn names(template: &str, first: u32, count: u32) -> Result<Vec<SafeText>, String> {
    if count == 0 || count > MOST {
        return Err(format!("a series has 1 to {MOST} cards"));
    }
    let Some((before, rest)) = template.split_once("{seq") else {
        return match count {
            1 => Ok(vec![SafeText::name(template)]),
            _ => Err("a series needs {seq:03} in its name, where the number goes".into()),
        };
    };
    let (format, after) = rest.split_once('}').ok_or("close the brace: {seq:03}")?;
    let width = match format.strip_prefix(":0") {
        Some(width) => width.parse().ok().filter(|width| (1..=9).contains(width)),
        None => format.is_empty().then_some(1),
    };
    let width: usize = width.ok_or("the number is written {seq} or {seq:03}")?;
    if after.contains("{seq") {
        return Err("the number can stand in the name once".into());
    }
    let last = first.checked_add(count - 1).ok_or("the numbers of the series are too large")?;
    Ok((first..=last).map(|n| SafeText::name(&format!("{before}{n:0width$}{after}"))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(template: &str, first: u32, count: u32) -> Result<Vec<String>, String> {
        names(template, first, count).map(|names| names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_template_numbers_the_series() {
        assert_eq!(of("Ads {seq:03}", 1, 2).unwrap(), ["Ads 001", "Ads 002"]);
        assert_eq!(of("{seq} b", 9, 2).unwrap(), ["9 b", "10 b"]);
        assert_eq!(of("Ads {seq:02}", 99, 2).unwrap(), ["Ads 99", "Ads 100"]);
        assert_eq!(of("One", 1, 1).unwrap(), ["One"]);
        for (template, first, count) in [
            ("Ads", 1, 2),
            ("Ads {seq", 1, 2),
            ("Ads {seq:3}", 1, 2),
            ("Ads {seq:0x}", 1, 2),
            ("{seq} {seq}", 1, 2),
            ("Ads {seq}", 1, 0),
            ("Ads {seq}", 1, 501),
            ("Ads {seq}", u32::MAX, 2),
        ] {
            assert!(of(template, first, count).is_err(), "{template} {first} {count}");
        }
    }
}
