//! The only clock of the dashboard.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rustix::time::{ClockId, clock_gettime};

use crate::app::msg::Now;

/// Tells the time since it was made. It goes on while the machine sleeps, where the system can tell
/// (`CLOCK_BOOTTIME`): a lid that was closed for an hour is an hour.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Duration,
}

impl Clock {
    pub fn start() -> Clock {
        Clock { started: since_boot() }
    }

    pub fn now(&self) -> Now {
        Now { wall: wall(), up: self.up() }
    }

    /// Time since the start.
    pub fn up(&self) -> Duration {
        since_boot().saturating_sub(self.started)
    }
}

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "this is the one place that asks for the wall clock")]
pub fn wall() -> DateTime<Utc> {
    chrono::Utc::now()
}

fn since_boot() -> Duration {
    #[cfg(target_os = "linux")]
    let id = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let id = ClockId::Monotonic;
    let time = clock_gettime(id);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
