//! The clocks and the randomness of the program, behind one trait so that a simulation can replace them.
//!
//! Two clocks, because they answer different questions: the wall clock says what time a person would write down, and may
//! be set to anything at any moment; the boot clock says how much time has passed, suspends included, and never goes back.
//! Whatever decides about money measures with the boot clock.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustix::time::{ClockId, clock_gettime};

/// Time and chance, given from outside.
pub trait Clock: Send + Sync + 'static {
    /// The time of day. May step in either direction.
    fn wall(&self) -> DateTime<Utc>;
    /// Time since the machine was started, suspends included. Never goes back while the machine runs.
    fn boot(&self) -> Duration;
    /// Bits that nobody can guess.
    fn random(&self) -> u64;
}

impl fmt::Debug for dyn Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// The clocks and the randomness of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks for the wall clock")]
    fn wall(&self) -> DateTime<Utc> {
        Utc::now()
    }

    /// `CLOCK_BOOTTIME`: a lid that was closed for an hour is an hour. Elsewhere than on Linux the monotonic clock.
    fn boot(&self) -> Duration {
        #[cfg(target_os = "linux")]
        let id = ClockId::Boottime;
        #[cfg(not(target_os = "linux"))]
        let id = ClockId::Monotonic;
        let time = clock_gettime(id);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
    }

    fn random(&self) -> u64 {
        rand::random()
    }
}
