//! Time in the sandbox: milliseconds since 1970, read in one place, written and read as ISO 8601.
//!
//! Knows no time zone but UTC on the way out; on the way in it takes `Z`, offsets, fractions and dates.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use serde::{Serialize, Serializer};

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Milliseconds since 1970, UTC.
#[expect(clippy::disallowed_methods, reason = "the sandbox is a server: it has a clock, and reads it only here")]
pub fn now() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// An instant as the API writes it: whole seconds, `2026-03-24T15:46:40+00:00`.
#[derive(Clone, Copy)]
pub struct Time(pub i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = write(self.0);
        to.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// An instant as the API writes it.
pub fn text(at: i64) -> String {
    String::from_utf8_lossy(&write(at)).into_owned()
}

/// Writes an instant without a formatter: a page of a thousand rows holds two thousand of them.
fn write(at: i64) -> [u8; 25] {
    let mut text = *b"0000-00-00T00:00:00+00:00";
    let days = at.div_euclid(DAY);
    let second = at.rem_euclid(DAY) / SECOND;
    let (year, month, day) = civil(days);
    let mut two = |at: usize, value: i64| {
        text[at] = b'0' + (value / 10 % 10) as u8;
        text[at + 1] = b'0' + (value % 10) as u8;
    };
    two(0, year / 100);
    two(2, year % 100);
    two(5, month);
    two(8, day);
    two(11, second / 3600);
    two(14, second / 60 % 60);
    two(17, second % 60);
    text
}

/// Year, month and day of a day number, by the proleptic Gregorian calendar (era arithmetic).
pub fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// 0 for Monday to 6 for Sunday.
pub fn weekday(at: i64) -> usize {
    (at.div_euclid(DAY) + 3).rem_euclid(7) as usize
}

/// Reads ISO 8601: with `Z` or an offset, with or without a fraction, without an offset (UTC), or only a
/// date. A date alone means its first second, or its last with `end_of_day`. `None` for anything else.
pub fn parse(text: &str, end_of_day: bool) -> Option<i64> {
    // A plus that was not percent-encoded arrives as a space.
    let spaced;
    let text = match text.rfind(' ') {
        Some(at) if at > 10 => {
            spaced = format!("{}+{}", &text[..at], &text[at + 1..]);
            spaced.as_str()
        }
        _ => text,
    };
    let sane = |at: i64| (-62_135_596_800_000..=253_402_300_799_000).contains(&at).then_some(at);
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return sane(time.timestamp_millis());
    }
    for shape in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, shape) {
            return sane(time.and_utc().timestamp_millis());
        }
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| (1..=9999).contains(&date.year()))?;
    let start = date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis();
    sane(if end_of_day { start + DAY - SECOND } else { start })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants_are_read_in_every_documented_form() {
        let noon = 1_774_353_600_000;
        for text in [
            "2026-03-24T12:00:00+00:00",
            "2026-03-24T12:00:00Z",
            "2026-03-24T12:00:00.000Z",
            "2026-03-24T14:00:00+02:00",
            "2026-03-24T14:00:00 02:00",
            "2026-03-24T12:00:00",
            "2026-03-24T12:00",
        ] {
            assert_eq!(parse(text, false), Some(noon), "{text}");
        }
        assert_eq!(parse("2026-03-24", false), Some(noon - 12 * HOUR));
        assert_eq!(parse("2026-03-24", true), Some(noon + 12 * HOUR - SECOND));
        for text in ["", "yesterday", "24.03.2026", "2026-13-01", "1774353600"] {
            assert_eq!(parse(text, false), None, "{text}");
        }
    }

    #[test]
    fn a_monday_is_day_zero() {
        assert_eq!(weekday(1_774_224_000_000), 0);
        assert_eq!(weekday(1_774_224_000_000 - 1), 6);
    }

    proptest! {
        #[test]
        fn written_as_chrono_writes(at in -30_000_000_000_000i64..100_000_000_000_000) {
            let ours = write(at);
            let theirs = DateTime::from_timestamp_millis(at).unwrap().format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
            prop_assert_eq!(std::str::from_utf8(&ours).unwrap(), theirs);
        }
    }
}
