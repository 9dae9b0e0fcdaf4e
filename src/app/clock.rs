//! Moments in words, in the zone the person chose. Told the time, never asks it.

use crate::domain::settings::Zone;
use chrono::{DateTime, Datelike, FixedOffset, Local, NaiveDate, NaiveTime, Offset, TimeDelta, Timelike, Utc};

/// The moment with the offset of the zone at that moment.
fn local(at: DateTime<Utc>, zone: &Zone) -> DateTime<FixedOffset> {
    match zone {
        Zone::Utc => at.with_timezone(&Utc.fix()),
        Zone::Local => at.with_timezone(&Local).fixed_offset(),
        Zone::Named(zone) => at.with_timezone(zone).fixed_offset(),
        Zone::Fixed(seconds) => at.with_timezone(&FixedOffset::east_opt(*seconds).unwrap_or(Utc.fix())),
    }
}

/// `14:03:22`.
pub fn time(at: DateTime<Utc>, zone: &Zone) -> String {
    local(at, zone).format("%H:%M:%S").to_string()
}

/// `14:03:22` today, `12 Mar 14:03` this year, `12 Mar 2024` before.
pub fn moment(at: DateTime<Utc>, now: DateTime<Utc>, zone: &Zone) -> String {
    let (at, now) = (local(at, zone), local(now, zone));
    let form = match (at.date_naive() == now.date_naive(), at.year() == now.year()) {
        (true, _) => "%H:%M:%S",
        (false, true) => "%e %b %H:%M",
        (false, false) => "%e %b %Y",
    };
    at.format(form).to_string()
}

/// `12 Mar 2026 14:03:22`.
pub fn full(at: DateTime<Utc>, zone: &Zone) -> String {
    local(at, zone).format("%-d %b %Y %H:%M:%S").to_string()
}

/// The day a moment belongs to, in the zone.
pub fn day(at: DateTime<Utc>, zone: &Zone) -> NaiveDate {
    local(at, zone).date_naive()
}

/// The first moment of a day, in the zone; where the clocks skip midnight it is the first there is.
pub fn begin(day: NaiveDate, zone: &Zone) -> DateTime<Utc> {
    // No zone is farther than a day from UTC.
    let early = (day.and_time(NaiveTime::MIN) - TimeDelta::days(1)).and_utc();
    let (mut before, mut after) = (early.timestamp(), early.timestamp() + 2 * 86_400);
    while after - before > 1 {
        let middle = i64::midpoint(before, after);
        let is_there = DateTime::from_timestamp(middle, 0).is_some_and(|at| self::day(at, zone) >= day);
        (before, after) = if is_there { (before, middle) } else { (middle, after) };
    }
    DateTime::from_timestamp(after, 0).unwrap_or(early)
}

/// The day and the hour a moment belongs to, in the zone.
pub fn day_and_hour(at: DateTime<Utc>, zone: &Zone) -> (NaiveDate, u8) {
    let at = local(at, zone);
    (at.date_naive(), u8::try_from(at.hour()).unwrap_or(0))
}

/// The zone's name at a moment: `UTC`, `UTC+2`, `UTC−3:30`.
pub fn zone_name(now: DateTime<Utc>, zone: &Zone) -> String {
    let seconds = local(now, zone).offset().local_minus_utc();
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() % 3600 / 60);
    let sign = if seconds < 0 { '−' } else { '+' };
    match (hours, minutes) {
        (0, 0) => "UTC".into(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// A span of seconds in words: `45 s`, `3 min`, `2 h`.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_its_first_moment_whatever_the_clocks_do() {
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
        for (name, date, begins) in [
            ("utc", "2026-11-27", "2026-11-27T00:00:00Z"),
            ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"),
            ("Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00Z"),
            ("Pacific/Auckland", "2026-01-01", "2025-12-31T11:00:00Z"),
            // The clocks skip midnight there.
            ("America/Asuncion", "2023-10-01", "2023-10-01T04:00:00Z"),
        ] {
            let at = begin(day(date), &Zone::parse(name).unwrap());
            assert_eq!(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), begins, "{name} {date}");
        }
    }
}
