//! How often to ask: the gate after a 429, the retry budget, and the breaker (N4).
//!
//! One of these is shared by every clone of a client. Knows time and chance; knows no HTTP, and nothing of
//! acts: an act is sent once, at once. How long the gate is closed is told to who decides about acts.
//!
//! ```text
//!            5 failures in a row              30 s pass
//!   closed ───────────────────▶ resting ───────────────▶ one probe ── answered ──▶ closed
//!      ▲                            ▲                          │
//!      └──────── any answer         └───────── failed ─────────┘
//! ```

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::clock::Clock;
use crate::domain::failure::FailureKind;

/// Attempts of one read, the first included.
pub(super) const ATTEMPTS: u32 = 3;
/// No back-off is longer.
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);
/// No `Retry-After` is honoured for longer.
pub(super) const LONGEST_GATE: Duration = Duration::from_secs(60);
const BREAKER_AFTER: u32 = 5;
const BREAKER_REST: Duration = Duration::from_secs(30);
/// Retries are counted in tenths: an answer earns one, a retry costs ten, so one request in ten is a retry.
const RETRY_COST: u32 = 10;
const MOST_CREDIT: u32 = 100;
/// After the gate opens, background reads let the user's go first by this much and up to twice as much more.
const USER_FIRST: Duration = Duration::from_millis(250);

/// Who is waiting for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A person looks at the screen.
    User,
    /// The poller.
    Background,
}

/// How the connection to the API fares, for the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The last answer was an answer, or nothing was asked yet.
    Up,
    /// Some calls in a row failed.
    Shaky { failures: u32 },
    /// The API asked to wait; reads go on after this long.
    Limited { wait: Duration },
    /// Too many calls in a row failed; the next one is tried after this long.
    Resting { wait: Duration },
}

/// Why a read may not go now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Limited(Duration),
    Resting(Duration, FailureKind),
}

#[derive(Debug)]
struct State {
    gate: Option<Instant>,
    /// Answers 429 in a row that did not say how long to wait.
    unexplained: u32,
    credit: u32,
    failures: u32,
    resting: Option<Instant>,
    probing: bool,
    last_kind: FailureKind,
}

#[derive(Debug)]
pub(super) struct Throttle {
    state: Mutex<State>,
    clock: &'static dyn Clock,
}

/// Leave to send one read. Dropping it without a word to [`Throttle`] frees the probe.
pub(super) struct Permit<'p> {
    throttle: &'p Throttle,
    probe: bool,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.probe {
            self.throttle.lock().probing = false;
        }
    }
}

impl Throttle {
    /// The clock gives the chance; what is waited for is tokio's time.
    pub fn new(clock: &'static dyn Clock) -> Throttle {
        Throttle {
            state: Mutex::new(State {
                gate: None,
                unexplained: 0,
                credit: MOST_CREDIT,
                failures: 0,
                resting: None,
                probing: false,
                last_kind: FailureKind::Offline,
            }),
            clock,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done under this lock, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Waits behind the gate for at most `patience`; a breaker that rests answers at once.
    pub async fn leave(&self, priority: Priority, patience: Duration) -> Result<Permit<'_>, Held> {
        let since = Instant::now();
        loop {
            let wait = {
                let mut state = self.lock();
                let now = Instant::now();
                if let Some(until) = state.resting {
                    if now < until || state.probing {
                        return Err(Held::Resting(until.saturating_duration_since(now), state.last_kind));
                    }
                    state.probing = true;
                    return Ok(Permit { throttle: self, probe: true });
                }
                match state.gate {
                    None => return Ok(Permit { throttle: self, probe: false }),
                    Some(until) if now >= until => {
                        if priority == Priority::User || now >= until + USER_FIRST * 3 {
                            state.gate = None;
                            return Ok(Permit { throttle: self, probe: false });
                        }
                        // The gate stays for a moment, so that waiting user calls pass before the poller's.
                        if now >= until + USER_FIRST + self.jitter(USER_FIRST * 2) {
                            return Ok(Permit { throttle: self, probe: false });
                        }
                        USER_FIRST
                    }
                    Some(until) => until - now,
                }
            };
            if since.elapsed() + wait > patience {
                return Err(Held::Limited(wait));
            }
            sleep(wait).await;
        }
    }

    /// An answer came, of whatever kind but 429 and 5xx.
    pub fn answered(&self) {
        let mut state = self.lock();
        state.failures = 0;
        state.unexplained = 0;
        state.resting = None;
        state.credit = (state.credit + 1).min(MOST_CREDIT);
    }

    /// No answer came, or one of a server in trouble.
    pub fn failed(&self, kind: FailureKind) {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        state.last_kind = kind;
        if state.failures >= BREAKER_AFTER {
            state.resting = Some(Instant::now() + BREAKER_REST);
        }
    }

    /// The API answered 429. Returns how long the gate stays closed for all reads.
    pub fn limited(&self, retry_after: Option<Duration>) -> Duration {
        let mut state = self.lock();
        state.failures = 0;
        state.resting = None;
        let wait = match retry_after {
            Some(asked) => asked.min(LONGEST_GATE),
            None => {
                let base = Duration::from_secs(1 << state.unexplained.min(5));
                state.unexplained = state.unexplained.saturating_add(1);
                base / 2 + self.jitter(base)
            }
        };
        let until = Instant::now() + wait;
        state.gate = Some(state.gate.map_or(until, |already| already.max(until)));
        wait
    }

    /// Takes one retry out of the budget; `false` when it is used up.
    pub fn spend_retry(&self) -> bool {
        let mut state = self.lock();
        match state.credit.checked_sub(RETRY_COST) {
            Some(left) => {
                state.credit = left;
                true
            }
            None => false,
        }
    }

    /// Lets the next read through although the breaker rests: somebody asked for it by hand.
    pub fn try_now(&self) {
        let mut state = self.lock();
        if state.resting.is_some() {
            state.resting = Some(Instant::now());
        }
    }

    pub fn link(&self) -> Link {
        let state = self.lock();
        let now = Instant::now();
        match (state.resting, state.gate) {
            (Some(until), _) => Link::Resting { wait: until.saturating_duration_since(now) },
            (None, Some(until)) if until > now => Link::Limited { wait: until - now },
            _ if state.failures > 0 => Link::Shaky { failures: state.failures },
            _ => Link::Up,
        }
    }

    /// How long the gate is still closed after a 429; `None` when it is open.
    pub fn closed_for(&self) -> Option<Duration> {
        let wait = self.lock().gate?.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(wait)
    }

    /// Full jitter: anything from nothing to `base · 2ⁿ`, at most 8 s.
    pub fn backoff(&self, base: Duration, attempt: u32) -> Duration {
        self.jitter(base.saturating_mul(1 << attempt.min(10)).min(LONGEST_BACKOFF))
    }

    fn jitter(&self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
        // The high half of a product spreads 64 bits over the range without a division, and nearly evenly.
        let part = (u128::from(self.clock.random()) * (u128::from(most) + 1)) >> 64;
        Duration::from_micros(u64::try_from(part).unwrap_or(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn n4_five_failures_rest_half_a_minute_and_then_one_probe() {
        let throttle = Throttle::new(&SystemClock);
        for _ in 0..5 {
            assert!(throttle.leave(Priority::User, PATIENCE).await.is_ok());
            throttle.failed(FailureKind::Upstream);
        }
        assert!(matches!(throttle.link(), Link::Resting { .. }));
        sleep(Duration::from_secs(29)).await;
        assert!(matches!(throttle.leave(Priority::User, PATIENCE).await, Err(Held::Resting(_, FailureKind::Upstream))));
        sleep(Duration::from_secs(1)).await;
        let probe = throttle.leave(Priority::Background, PATIENCE).await.ok();
        assert!(probe.is_some());
        assert!(throttle.leave(Priority::User, PATIENCE).await.is_err(), "a second probe was let through");
        // A probe that was given up does not block the next.
        drop(probe);
        let probe = throttle.leave(Priority::User, PATIENCE).await.ok();
        throttle.failed(FailureKind::Offline);
        drop(probe);
        assert!(throttle.leave(Priority::User, PATIENCE).await.is_err());
        throttle.try_now();
        let probe = throttle.leave(Priority::User, PATIENCE).await.ok();
        throttle.answered();
        drop(probe);
        assert_eq!(throttle.link(), Link::Up);
    }

    #[tokio::test(start_paused = true)]
    async fn n4_the_gate_holds_every_read_and_lets_the_user_first() {
        let throttle = Throttle::new(&SystemClock);
        assert_eq!(throttle.limited(Some(Duration::from_secs(600))), LONGEST_GATE);
        assert!(matches!(throttle.leave(Priority::User, PATIENCE).await, Err(Held::Limited(_))));
        assert_eq!(throttle.closed_for(), Some(LONGEST_GATE));
        sleep(Duration::from_secs(57)).await;
        assert_eq!(throttle.closed_for(), Some(Duration::from_secs(3)));
        let opened = Instant::now() + Duration::from_secs(3);
        let go = async |priority| {
            assert!(throttle.leave(priority, PATIENCE).await.is_ok());
            Instant::now()
        };
        let (background, user) = tokio::join!(go(Priority::Background), go(Priority::User));
        assert!(user >= opened && background >= user, "{opened:?} {user:?} {background:?}");
        assert_eq!(throttle.closed_for(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn n4_without_a_word_the_gate_grows() {
        let throttle = Throttle::new(&SystemClock);
        let waits: Vec<Duration> = (0..8).map(|_| throttle.limited(None)).collect();
        assert!(waits.iter().all(|wait| *wait <= LONGEST_GATE && *wait >= Duration::from_millis(500)), "{waits:?}");
        assert!(waits[7] >= Duration::from_secs(16), "{waits:?}");
    }

    #[test]
    fn n4_a_storm_costs_at_most_one_retry_in_ten() {
        let throttle = Throttle::new(&SystemClock);
        let mut retries = 0;
        for _ in 0..1000 {
            retries += usize::from(throttle.spend_retry());
        }
        assert_eq!(retries, 10, "the first credit");
        for _ in 0..1000 {
            throttle.answered();
            retries += usize::from(throttle.spend_retry());
        }
        assert!((100..=110).contains(&retries), "{retries}");
    }

    #[test]
    fn n4_backoff_is_full_jitter_up_to_eight_seconds() {
        let (throttle, base) = (Throttle::new(&SystemClock), Duration::from_millis(250));
        for attempt in 0..40 {
            assert!(throttle.backoff(base, attempt) <= (base * (1 << attempt.min(10))).min(LONGEST_BACKOFF));
        }
        let spread: Vec<Duration> = (0..50).map(|_| throttle.backoff(base, 3)).collect();
        assert!(spread.iter().any(|wait| *wait < base * 4) && spread.iter().any(|wait| *wait > base * 4));
    }

    #[test]
    fn the_same_chance_gives_the_same_pauses_within_their_limits() {
        struct Fixed(u64);
        impl Clock for Fixed {
            fn wall(&self) -> chrono::DateTime<chrono::Utc> {
                chrono::DateTime::UNIX_EPOCH
            }
            fn boot(&self) -> Duration {
                Duration::ZERO
            }
            fn random(&self) -> u64 {
                self.0
            }
        }
        static LEAST: Fixed = Fixed(0);
        static MIDDLE: Fixed = Fixed(1 << 63);
        static MOST: Fixed = Fixed(u64::MAX);
        let base = Duration::from_millis(250);
        let pauses = [&LEAST, &MIDDLE, &MOST].map(|clock| Throttle::new(clock).backoff(base, 2));
        assert_eq!(pauses, [Duration::ZERO, base * 2, base * 4]);
    }
}
