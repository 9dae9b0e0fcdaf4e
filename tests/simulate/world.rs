//! One world: platforms, disks, clocks and weather, what is known of everybody's acts, and the story so far.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, Utc};
use fourpay::domain::intent::Reference;
use fourpay::domain::intent::lifecycle::Stage;

use super::chance::mix;
use super::clocks::{Clocks, beginning};
use super::disk::Folder;
use super::platform::Platform;
use super::script::{Act, Fate, GOOD, Script, Second, Weather, Wish};

/// What is known of a wish.
#[derive(Clone, Debug)]
pub struct Asked {
    pub wish: Wish,
    pub platform: usize,
    /// How often the person confirmed it.
    pub confirmed: u32,
    /// How often the person passed over an earlier attempt of the very same wish, or was wrong about it.
    pub overridden: u32,
}

/// What is known of an intent from outside.
#[derive(Clone, Debug)]
pub struct Known {
    pub platform: usize,
    pub stage: Stage,
    /// All that was ever said of it.
    pub said: BTreeSet<Stage>,
    pub decided: bool,
}

#[derive(Debug)]
pub struct Inner {
    pub platforms: Vec<Platform>,
    pub fates: Vec<(u32, Act, Fate)>,
    pub weather: Vec<(Weather, u64)>,
    pub wishes: BTreeMap<u32, Asked>,
    pub intents: BTreeMap<Reference, Known>,
    /// Which platform each program is for, by the number of its start.
    pub of_program: BTreeMap<u64, usize>,
    /// When anything was amiss last: reads, disk, suspends, starts.
    pub amiss: u64,
    /// When the disk was amiss last.
    pub disk_amiss: u64,
    pub counts: BTreeMap<String, u32>,
    pub story: Vec<String>,
    /// Whether every request is told too.
    pub tells_all: bool,
    pub hash: u64,
    pub found: Option<String>,
    /// Freezes that were confirmed and have not reached the wire: card, when, whether it may take longer.
    pub freezing: Vec<(usize, u64, u64)>,
    pub requests: u64,
    /// Wishes that were asked for again while the screen said that this is not known.
    pub on_sight: Vec<(u32, Reference)>,
    /// A loss was accepted: what was final may be open again.
    pub lost: bool,
}

#[derive(Debug)]
pub struct World {
    pub clocks: &'static Clocks,
    pub script: Script,
    pub disk: Folder,
    pub copy: Folder,
    inner: Mutex<Inner>,
}

impl World {
    pub fn new(script: Script, tells_all: bool) -> Arc<World> {
        let clocks = Clocks::start(beginning(script.late_in_month), script.seed);
        let prefix = if script.second == Second::Merchant { "m2-" } else { "" };
        let platforms = vec![
            Platform::new(0, script.deployments[0].clone(), "", clocks),
            Platform::new(1, script.deployments[1].clone(), prefix, clocks),
        ];
        Arc::new(World {
            clocks,
            disk: Folder::new("state", clocks),
            copy: Folder::new("data", clocks),
            script,
            inner: Mutex::new(Inner {
                platforms,
                fates: Vec::new(),
                weather: Vec::new(),
                wishes: BTreeMap::new(),
                intents: BTreeMap::new(),
                of_program: BTreeMap::new(),
                amiss: 0,
                disk_amiss: 0,
                counts: BTreeMap::new(),
                story: Vec::new(),
                tells_all,
                hash: 0,
                found: None,
                freezing: Vec::new(),
                requests: 0,
                on_sight: Vec::new(),
                lost: false,
            }),
        })
    }

    /// Everything that changes, with what is due by now done.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.inner.lock().expect("a world");
        for at in 0..inner.platforms.len() {
            inner.platforms[at].advance();
            for news in std::mem::take(&mut inner.platforms[at].news) {
                inner.add(news);
            }
        }
        inner
    }

    pub fn truth(&self) -> DateTime<Utc> {
        self.clocks.truth()
    }

    /// Adds to the story.
    pub fn tell(&self, text: impl std::fmt::Display) {
        let at = self.truth().format("%H:%M:%S%.3f");
        self.inner().add(format!("{at} {text}"));
    }

    /// Says what must not be. The first finding counts.
    pub fn find(&self, what: impl std::fmt::Display) {
        let at = self.truth().format("%H:%M:%S%.3f");
        let mut inner = self.inner();
        if inner.found.is_none() {
            inner.add(format!("{at} FOUND: {what}"));
            inner.found = Some(what.to_string());
        }
    }

    pub fn has_found(&self) -> bool {
        self.inner().found.is_some()
    }

    pub fn count(&self, what: impl Into<String>) {
        *self.inner().counts.entry(what.into()).or_default() += 1;
    }

    /// The machine sleeps: everything on it stands still, and the world goes on.
    pub fn sleep(&self, ms: u64) {
        self.tell(format!("the machine sleeps for {} s", ms / 1000));
        self.clocks.sleep(ms);
        self.amiss(0);
    }

    /// Something is amiss for so long.
    pub fn amiss(&self, ms: u64) {
        let until = self.clocks.ms() + ms;
        let mut inner = self.inner();
        inner.amiss = inner.amiss.max(until);
    }

    pub fn disk_amiss(&self, ms: u64) {
        let until = self.clocks.ms() + ms;
        let mut inner = self.inner();
        inner.amiss = inner.amiss.max(until);
        inner.disk_amiss = inner.disk_amiss.max(until);
    }

    /// The fate of a request, by the wish it is for or by what it does.
    pub fn fate(&self, wish: Option<u32>, act: Act) -> Fate {
        let mut inner = self.inner();
        let fits = |(of, what, _): &(u32, Act, Fate)| wish.map_or(*what == act, |wish| wish == *of);
        match inner.fates.iter().position(fits) {
            Some(at) => inner.fates.remove(at).2,
            None => GOOD,
        }
    }

    pub fn weather(&self) -> Option<Weather> {
        let now = self.clocks.ms();
        self.inner().weather.iter().find(|(_, until)| now < *until).map(|(weather, _)| *weather)
    }
}

impl Inner {
    pub fn add(&mut self, text: String) {
        for byte in text.bytes() {
            self.hash = mix(self.hash ^ u64::from(byte)).wrapping_add(self.hash.rotate_left(7));
        }
        self.story.push(text);
    }

    /// Part of the hash, and of the story only where everything is told.
    pub fn hear(&mut self, text: &str) {
        for byte in text.bytes() {
            self.hash = mix(self.hash ^ u64::from(byte)).wrapping_add(self.hash.rotate_left(7));
        }
        if self.tells_all {
            self.story.push(text.to_owned());
        }
    }
}

/// How long ago a moment of the true time was.
pub fn since(clocks: &Clocks, then: u64) -> Duration {
    Duration::from_millis(clocks.ms().saturating_sub(then))
}
