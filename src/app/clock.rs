//! Moments in words, in the zone the person chose. Told the time, never asks it.

use crate::domain::settings::Zone;
use chrono::{DateTime, Datelike, FixedOffset, Local, NaiveDate, Offset, Timelike, Utc};

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
