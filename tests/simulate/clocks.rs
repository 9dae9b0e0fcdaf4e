//! The clocks of a world: the true time, which nobody can read, and the wall and boot clocks of the machine, which
//! differ from it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use fourpay::clock::Clock;

use super::chance::Chance;

/// Where the true time begins.
pub fn beginning(late_in_month: bool) -> DateTime<Utc> {
    let text = if late_in_month { "2026-03-31T23:57:00Z" } else { "2026-03-10T09:00:00Z" };
    text.parse().expect("a time")
}

#[derive(Debug)]
pub struct Clocks {
    began: tokio::time::Instant,
    from: DateTime<Utc>,
    /// Milliseconds in which the machine slept: tokio's clock stands still in them, as `CLOCK_MONOTONIC` does.
    slept: AtomicU64,
    /// True time, in milliseconds, at which the machine was started last.
    booted: AtomicU64,
    /// What the wall clock is ahead, in milliseconds.
    ahead: AtomicI64,
    /// How much further ahead it is after a million milliseconds.
    drift: AtomicI64,
    chance: Mutex<Chance>,
}

impl Clocks {
    /// Begins now, by tokio's paused clock. It is never freed: programs keep a reference to their clock for good.
    pub fn start(from: DateTime<Utc>, seed: u64) -> &'static Clocks {
        Box::leak(Box::new(Clocks {
            began: tokio::time::Instant::now(),
            from,
            slept: AtomicU64::new(0),
            booted: AtomicU64::new(0),
            ahead: AtomicI64::new(0),
            drift: AtomicI64::new(0),
            chance: Mutex::new(Chance::new(seed)),
        }))
    }

    /// Milliseconds of true time since the beginning.
    pub fn ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64 + self.slept.load(Ordering::Relaxed)
    }

    /// Milliseconds in which the machine slept.
    pub fn slept(&self) -> u64 {
        self.slept.load(Ordering::Relaxed)
    }

    pub fn truth(&self) -> DateTime<Utc> {
        self.from + TimeDelta::milliseconds(self.ms() as i64)
    }

    /// A moment of the true time.
    pub fn at(&self, ms: u64) -> DateTime<Utc> {
        self.from + TimeDelta::milliseconds(ms as i64)
    }

    /// The machine sleeps.
    pub fn sleep(&self, ms: u64) {
        self.slept.fetch_add(ms, Ordering::Relaxed);
    }

    pub fn step_wall(&self, ms: i64) {
        self.ahead.fetch_add(ms, Ordering::Relaxed);
    }

    pub fn set_drift(&self, ppm: i64) {
        self.drift.store(ppm, Ordering::Relaxed);
    }

    /// The machine is started anew.
    pub fn reboot(&self) {
        self.booted.store(self.ms(), Ordering::Relaxed);
    }
}

impl Clock for Clocks {
    fn wall(&self) -> DateTime<Utc> {
        let ms = self.ms() as i64;
        let drifted = ms * self.drift.load(Ordering::Relaxed) / 1_000_000;
        self.from + TimeDelta::milliseconds(ms + drifted + self.ahead.load(Ordering::Relaxed))
    }

    fn boot(&self) -> Duration {
        Duration::from_millis(20_000 + self.ms().saturating_sub(self.booted.load(Ordering::Relaxed)))
    }

    fn random(&self) -> u64 {
        self.chance.lock().expect("dice").bits()
    }
}

/// The same clock for a program that wants one of its own.
#[derive(Clone, Copy, Debug)]
pub struct Shared(pub &'static Clocks);

impl Clock for Shared {
    fn wall(&self) -> DateTime<Utc> {
        self.0.wall()
    }

    fn boot(&self) -> Duration {
        self.0.boot()
    }

    fn random(&self) -> u64 {
        self.0.random()
    }
}
