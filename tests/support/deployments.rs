//! The kinds of server that a test of a person's act runs on: each dialect, and mixtures of the quirks that could
//! touch it.

use fourpay::api::{Auth, Settings};
use fourpay::sandbox::{Dialect, Options, Quirk, Quirks, Sandbox};

/// One kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct On {
    pub dialect: Dialect,
    pub quirks: Quirks,
}

#[allow(dead_code, reason = "not every test needs all of it")]
impl On {
    pub fn dialect(dialect: Dialect) -> On {
        On { dialect, quirks: Quirks::NONE }
    }

    /// The flags of `fourpay sandbox` that make it.
    pub fn what(self) -> String {
        match self.quirks == Quirks::NONE {
            true => format!("--dialect {}", self.dialect),
            false => format!("--dialect {} --quirk {}", self.dialect, self.quirks),
        }
    }

    /// Whether the key is wanted as `Authorization: Bearer`.
    pub fn wants_bearer(self) -> bool {
        self.dialect.quirks().and(self.quirks).has(Quirk::BearerKey)
    }

    pub fn options(self, options: Options) -> Options {
        Options { dialect: self.dialect, quirks: self.quirks, ..options }
    }

    /// A demo merchant in which nothing happens by itself, with fewer rows than the demo has: on each kind of server
    /// all of them are read.
    pub async fn quiet(self) -> Sandbox {
        let options = Options { live_rate: 0, transactions: 1_500, ..Options::default() };
        Sandbox::start(self.options(options)).await.expect("a port")
    }

    /// What the client is told of it.
    pub fn settings(self, base_url: &str) -> Settings {
        let auth = if self.wants_bearer() { Auth::Bearer } else { Auth::Token };
        Settings { auth, ..Settings::new(base_url) }
    }
}

/// Each dialect as it is.
#[allow(dead_code, reason = "the table has its own")]
pub fn dialects() -> Vec<On> {
    Dialect::ALL.into_iter().map(On::dialect).collect()
}

/// Mixtures in which any two of these quirks meet, and each of them any dialect, as few as are found quickly; the same
/// for a seed.
#[allow(dead_code, reason = "not every test draws quirks")]
pub fn pairwise(quirks: &[Quirk], seed: u64) -> Vec<On> {
    // Dialects and quirks are numbered together; a mixture is a dialect and a set of quirks.
    let dialects = Dialect::ALL.len();
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (at, _) in quirks.iter().enumerate() {
        open.extend((0..dialects).map(|dialect| (dialect, dialects + at)));
        open.extend((at + 1..quirks.len()).map(|other| (dialects + at, dialects + other)));
    }
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % (below.max(1) as u64)).unwrap_or(0)
    };
    let mut all = Vec::new();
    while !open.is_empty() {
        // Of some drawn mixtures the one that lets the most open pairs meet.
        let drawn = (0..24).map(|_| {
            let dialect = draw(dialects);
            let chosen: Vec<usize> = (0..quirks.len()).filter(|_| draw(3) == 0).map(|at| dialects + at).collect();
            [vec![dialect], chosen].concat()
        });
        let met =
            |mixture: &Vec<usize>| open.iter().filter(|(a, b)| mixture.contains(a) && mixture.contains(b)).count();
        let drawn: Vec<Vec<usize>> = drawn.collect();
        let Some(best) = drawn.into_iter().max_by_key(met) else { break };
        open.retain(|(a, b)| !(best.contains(a) && best.contains(b)));
        let chosen: Quirks = best.iter().filter_map(|at| quirks.get(at.checked_sub(dialects)?)).copied().collect();
        all.push(On { dialect: Dialect::ALL[best[0]], quirks: chosen });
    }
    all
}

/// The mixtures of this run: two, or as many as `FOURPAY_PAIRS` says, of the seed `FOURPAY_SEED`.
#[allow(dead_code, reason = "not every test draws quirks")]
#[allow(clippy::disallowed_methods, reason = "tests are told things by their environment")]
pub fn drawn(quirks: &[Quirk]) -> Vec<On> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("FOURPAY_SEED").unwrap_or(4);
    let most = number("FOURPAY_PAIRS").map_or(2, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let all = pairwise(quirks, seed);
    println!("FOURPAY_SEED={seed}: {} of {} mixtures", most.min(all.len()), all.len());
    all.into_iter().take(most).collect()
}

/// Tells a story on each kind of server, on all of them at once; says on which it failed.
#[allow(dead_code, reason = "tests of other processes have threads")]
pub async fn tell<S, F>(on: Vec<On>, story: S)
where
    S: Fn(On) -> F,
    F: Future<Output = ()> + 'static,
{
    let tasks = tokio::task::LocalSet::new();
    let running: Vec<_> = on.into_iter().map(|on| (on, tasks.spawn_local(story(on)))).collect();
    let ended = tasks
        .run_until(async move {
            let mut failed = Vec::new();
            for (on, task) in running {
                if task.await.is_err() {
                    failed.push(on.what());
                }
            }
            failed
        })
        .await;
    assert!(ended.is_empty(), "failed on: {}", ended.join(", "));
}

/// The same for tests that wait for processes: a thread for each kind of server.
#[allow(dead_code, reason = "journeys have tasks")]
pub fn tell_in_threads(on: Vec<On>, story: impl Fn(On) + Sync) {
    let story = &story;
    let failed: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = on.into_iter().map(|on| (on, scope.spawn(move || story(on)))).collect();
        running.into_iter().filter_map(|(on, thread)| thread.join().is_err().then(|| on.what())).collect()
    });
    assert!(failed.is_empty(), "failed on: {}", failed.join(", "));
}
