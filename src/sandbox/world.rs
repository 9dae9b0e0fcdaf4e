//! All state of one running sandbox behind one lock, and the two ways in: look, and act.
//!
//! Whatever is due is done before anybody looks, so an answer is never older than the clock. What changed is
//! noted for the webhooks before the lock is given back.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::Notify;

use super::clock;
use super::dialects::Deployment;
use super::faults::Faults;
use super::habits::Habits;
use super::ledger::Ledger;
use super::tokens::Keys;
use super::webhooks::{Hooks, Parcel};

pub struct World {
    pub ledger: Ledger,
    pub habits: Habits,
    pub hooks: Hooks,
    /// How often each mutating endpoint was executed.
    pub acts: BTreeMap<&'static str, u64>,
}

impl World {
    /// Counts an executed act.
    pub fn acted(&mut self, endpoint: &'static str) {
        *self.acts.entry(endpoint).or_default() += 1;
    }

    fn advance(&mut self, deployment: &Deployment, now: i64) {
        self.ledger.advance(now);
        self.note(deployment, now);
    }

    fn note(&mut self, deployment: &Deployment, now: i64) {
        let changes = std::mem::take(&mut self.ledger.outbox);
        self.hooks.note(&self.ledger, deployment, &changes, now, false);
    }
}

pub struct Shared {
    world: RwLock<World>,
    pub keys: Keys,
    /// How all this is shown.
    pub deployment: Deployment,
    pub base_url: String,
    /// How long the provider takes for what it does later: between once and twice this, in milliseconds.
    pub work: i64,
    pub faults: Faults,
    /// Whether cards can be changed.
    pub card_update: bool,
    /// Something was planned or noted.
    pub news: Notify,
}

impl Shared {
    pub fn new(
        world: World,
        keys: Keys,
        deployment: Deployment,
        base_url: String,
        work: i64,
        card_update: bool,
    ) -> Shared {
        let (world, faults, news) = (RwLock::new(world), Faults::default(), Notify::new());
        Shared { world, keys, deployment, base_url, work, faults, card_update, news }
    }

    // The ledger changes nothing before it knows that it can, so a panic elsewhere leaves it whole.
    fn write(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the world as it is now.
    pub fn look<T>(&self, f: impl FnOnce(&World, i64) -> T) -> T {
        let now = clock::now();
        let world = self.read();
        if world.ledger.next_due().is_none_or(|due| due > now) {
            return f(&world, now);
        }
        drop(world);
        let mut world = self.write();
        world.advance(&self.deployment, now);
        let seen = f(&world, now);
        drop(world);
        self.news.notify_waiters();
        seen
    }

    /// Changes the world.
    pub fn act<T>(&self, f: impl FnOnce(&mut World, i64) -> T) -> T {
        let now = clock::now();
        let mut world = self.write();
        world.advance(&self.deployment, now);
        let done = f(&mut world, now);
        world.note(&self.deployment, now);
        drop(world);
        self.news.notify_waiters();
        done
    }
}

impl Shared {
    /// The next event to deliver. Takes the lock for writing only when there may be one.
    pub fn waiting_parcel(&self) -> Option<Parcel> {
        if !self.read().hooks.is_waiting() {
            return None;
        }
        self.write().hooks.take()
    }

    /// Writes down what came of a try; how many there were when it was not taken.
    pub fn delivered(&self, number: u64, outcome: Result<u16, String>) -> Option<u32> {
        self.write().hooks.outcome(number, outcome)
    }

    /// One that was not taken is to be tried once more.
    pub fn deliver_again(&self, number: u64) {
        self.write().hooks.again(number);
    }
}
