//! The clock of one run of the dashboard.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::app::msg::Now;
use crate::clock::{Clock as Source, SystemClock};

/// Tells the time since it was made. It goes on while the machine sleeps, where the system can tell
/// (`CLOCK_BOOTTIME`): a lid that was closed for an hour is an hour.
#[derive(Clone, Copy)]
pub struct Clock {
    source: &'static dyn Source,
    started: Duration,
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("started", &self.started).finish_non_exhaustive()
    }
}

impl Clock {
    pub fn start() -> Clock {
        Clock::of(&SystemClock)
    }

    /// Starts to count now, by these clocks: a simulation brings its own.
    pub fn of(source: &'static dyn Source) -> Clock {
        Clock { source, started: source.boot() }
    }

    pub fn now(&self) -> Now {
        Now { wall: self.source.wall(), up: self.up() }
    }

    /// Bits that nobody can guess.
    pub fn random(&self) -> u64 {
        self.source.random()
    }

    /// Time since the start.
    pub fn up(&self) -> Duration {
        self.source.boot().saturating_sub(self.started)
    }
}

/// The time of day.
pub fn wall() -> DateTime<Utc> {
    SystemClock.wall()
}
