//! A deterministic simulation of everything between the person and the platform. One seed makes one world.
//!
//! ```text
//!   script ──▶ driver ──▶ program: model, poller, acts, ops, journal        (the real ones)
//!                │            │ wire      │ disk      │ clocks              (the world's)
//!                ▼            ▼           ▼           ▼
//!              checks ◀── platform ── what was really done
//! ```
//!
//! Runs in one thread on tokio's paused clock: the same seed tells the same story twice.

#![allow(clippy::disallowed_methods, reason = "a simulation has clocks of its own")]
#![allow(dead_code, reason = "the test and the example each use a part of it")]

mod chance;
mod checks;
mod clocks;
mod disk;
mod drive;
mod platform;
mod program;
pub mod script;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::script::Script;
use self::world::World;

/// What came of one world.
#[derive(Debug)]
pub struct Told {
    pub seed: u64,
    /// What must not have been, where something was.
    pub found: Option<String>,
    pub story: Vec<String>,
    pub hash: u64,
    pub counts: BTreeMap<String, u32>,
    /// Milliseconds of true time.
    pub lasted: u64,
    /// Milliseconds in which something ran.
    pub active: u64,
    pub requests: u64,
}

/// Plays a script in a thread of its own: whatever is kept for a thread begins anew.
pub fn play(script: Script, tells_all: bool) -> Told {
    let seed = script.seed;
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime");
        let local = tokio::task::LocalSet::new();
        let world = local.block_on(&runtime, async { World::new(script, tells_all) });
        let played = catch_unwind(AssertUnwindSafe(|| local.block_on(&runtime, drive::play(&world))));
        if played.is_err() {
            let _inside = runtime.enter();
            world.find("panic: see above");
        }
        let _inside = runtime.enter();
        let lasted = world.clocks.ms();
        let inner = &mut *world.inner();
        Told {
            seed,
            found: inner.found.take(),
            story: std::mem::take(&mut inner.story),
            hash: inner.hash,
            counts: std::mem::take(&mut inner.counts),
            lasted,
            active: 0,
            requests: inner.requests,
        }
    };
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(run).expect("a thread");
    thread.join().unwrap_or_else(|_| Told {
        seed,
        found: Some("panic: outside of the world".into()),
        story: Vec::new(),
        hash: 0,
        counts: BTreeMap::new(),
        lasted: 0,
        active: 0,
        requests: 0,
    })
}

pub fn play_seed(seed: u64) -> Told {
    play(Script::new(seed), false)
}

/// What came of many worlds.
#[derive(Debug, Default)]
pub struct Many {
    pub worlds: u64,
    /// In how many worlds each thing occurred.
    pub counts: BTreeMap<String, u32>,
    pub found: Vec<Told>,
    pub lasted: u64,
    pub requests: u64,
}

/// Plays seeds on some threads; ends early once so many have found something.
pub fn play_many(seeds: std::ops::Range<u64>, threads: usize, most_found: usize) -> Many {
    let next = AtomicU64::new(seeds.start);
    let many = Mutex::new(Many::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || many.lock().expect("what came").found.len() >= most_found {
                        return;
                    }
                    let told = play_seed(seed);
                    let mut many = many.lock().expect("what came");
                    many.worlds += 1;
                    many.lasted += told.lasted;
                    many.requests += told.requests;
                    for what in told.counts.keys() {
                        *many.counts.entry(what.clone()).or_default() += 1;
                    }
                    if told.found.is_some() {
                        many.found.push(told);
                    }
                }
            });
        }
    });
    let mut many = many.into_inner().expect("what came");
    many.found.sort_by_key(|told| told.seed);
    many
}

/// The shortest story in which something of the same kind is found.
pub fn shrink(seed: u64) -> Told {
    let mut script = Script::new(seed);
    let mut best = play(script.clone(), false);
    let Some(kind) = best.found.as_deref().map(kind_of) else { return best };
    let fails = |script: &Script| {
        let told = play(script.clone(), false);
        (told.found.as_deref().map(kind_of) == Some(kind.clone())).then_some(told)
    };
    let mut less = script.clone();
    less.visits.clear();
    if let Some(told) = fails(&less) {
        (script, best) = (less, told);
    }
    // Nothing after the finding matters.
    let mut many = script.events.len().div_ceil(2).max(1);
    loop {
        let (mut at, mut smaller) = (0, false);
        while at < script.events.len() {
            let less = drive::without(&script, at, many);
            match fails(&less) {
                Some(told) => {
                    (script, best) = (less, told);
                    smaller = true;
                }
                None => at += many,
            }
        }
        if many == 1 && !smaller {
            return best;
        }
        many = (many / 2).max(1);
    }
}

/// The rule that was broken.
fn kind_of(found: &str) -> String {
    found.split(':').next().unwrap_or("").to_owned()
}

/// A finding as a person reads it.
pub fn story(told: &Told) -> String {
    let found = told.found.as_deref().unwrap_or("nothing found");
    format!("seed {}: {found}\n    {}\n", told.seed, told.story.join("\n    "))
}
