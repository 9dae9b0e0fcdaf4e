//! A 4pay-compatible server on loopback: the demo, the tests, the benches and the screenshots run on it.
//!
//! Knows money from the domain, and nothing of the client: it must not share the client's idea of the wire.
//!
//! ```text
//!   seed ─▶ ledger ◀─ routes ◀─ faults ◀─ server ◀─ HTTP
//!             ▲  │
//!     traffic ┘  └─▶ webhooks ─▶ HTTP
//! ```
//!
//! What is sent goes through [`dialects`]: the sandbox can be other deployments than the one its author had in mind.
//!
//! ```no_run
//! # async fn f() -> std::io::Result<()> {
//! use fourpay::sandbox::{Options, Sandbox};
//! let sandbox = Sandbox::start(Options::default()).await?;
//! println!("{} {}", sandbox.base_url(), sandbox.token());
//! sandbox.stop().await;
//! # Ok(()) }
//! ```

mod answer;
mod ask;
mod clock;
mod demo;
mod dialects;
mod faults;
mod habits;
mod happen;
mod ids;
mod inventory;
mod ledger;
mod routes;
mod seed;
mod server;
mod shapes;
mod tokens;
mod traffic;
mod webhooks;
mod world;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::dialects::Deployment;
use self::seed::Size;
use self::tokens::Keys;
use self::webhooks::{Config, Hooks};
use self::world::{Shared, World};

pub use self::dialects::{Dialect, Quirk, Quirks, UnknownName};
pub use self::faults::{DELIVERY, Fault, Faults, Rule};
pub use self::happen::Happening;
pub use self::inventory::{HeldAccount, HeldCard, HeldHolder, HeldTransaction, Inventory};
pub use self::ledger::{Breach, Refusal};
pub use self::routes::ENDPOINTS;
pub use self::tokens::{EMAIL, PASSWORD};
pub use self::webhooks::Deliveries;

/// What a sandbox is to be like.
#[derive(Clone, Debug)]
pub struct Options {
    /// 0 takes a free port.
    pub port: u16,
    pub accounts: usize,
    pub cards: usize,
    /// Rows of the card feed at the start, over ninety days.
    pub transactions: usize,
    /// The same seed gives the same merchant and the same token.
    pub seed: u64,
    /// Things that happen by themselves, in a minute; 0 for a quiet sandbox.
    pub live_rate: u32,
    /// Added to every answer.
    pub latency: Duration,
    /// How long the provider takes for what it does later (issuing: between once and twice this).
    pub work: Duration,
    /// How webhook deliveries are tried, and how many fail.
    pub deliveries: Deliveries,
    /// Opens the control endpoints under `/__sandbox`.
    pub faults: bool,
    /// Whether there is a call to change a card's name and limits; not every deployment has one.
    pub card_update: bool,
    /// Whose documents the answers follow.
    pub dialect: Dialect,
    /// Single differences, on top of those of the dialect.
    pub quirks: Quirks,
}

impl Options {
    /// The demo: now and then a delivery fails, and is tried again.
    pub fn demo() -> Options {
        let deliveries = Deliveries { tries: 3, wait: Duration::from_secs(4), failing: 12 };
        Options { deliveries, ..Options::default() }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            port: 0,
            accounts: 4,
            cards: 130,
            transactions: 6_000,
            seed: 4,
            live_rate: 20,
            latency: Duration::ZERO,
            work: Duration::from_secs(2),
            deliveries: Deliveries::default(),
            faults: false,
            card_update: true,
            dialect: Dialect::default(),
            quirks: Quirks::NONE,
        }
    }
}

/// A running server. Dropping it ends everything it started.
pub struct Sandbox {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

impl Sandbox {
    /// Makes the demo merchant and serves it on loopback. Fails only when the port cannot be had.
    pub async fn start(options: Options) -> std::io::Result<Sandbox> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let receiver = format!("{base_url}/demo/receiver");
        let deployment = Deployment::new(options.dialect, options.quirks, options.seed);
        let size = Size {
            accounts: options.accounts,
            cards: options.cards,
            transactions: options.transactions,
            seed: options.seed,
            sub_cents: deployment.has_sub_cents(),
        };
        // A million rows take a while; nobody else on this runtime should wait for them.
        let built = tokio::task::spawn_blocking(move || (build(size, receiver, &deployment), deployment));
        let (world, deployment) =
            built.await.map_err(|_| std::io::Error::other("the demo merchant could not be made"))?;
        let work = i64::try_from(options.work.as_millis()).unwrap_or(i64::MAX / 4).clamp(1, 3_600_000);
        let shared = Shared::new(world, Keys::new(options.seed), deployment, base_url, work, options.card_update);
        let shared = Arc::new(shared);
        let mut tasks = JoinSet::new();
        tasks.spawn(server::run(listener, shared.clone(), options.latency, options.faults));
        tasks.spawn(traffic::due(shared.clone()));
        tasks.spawn(traffic::deliveries(shared.clone(), options.deliveries, options.seed));
        if options.live_rate > 0 {
            tasks.spawn(traffic::live(shared.clone(), options.live_rate));
        }
        Ok(Sandbox { shared, tasks })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    /// The merchant's API token.
    pub fn token(&self) -> &str {
        &self.shared.keys.token
    }

    /// How often each mutating endpoint was executed over HTTP, whatever became of the answer.
    pub fn acts(&self) -> BTreeMap<&'static str, u64> {
        self.shared.look(|world, _| world.acts.clone())
    }

    /// What goes wrong on purpose.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Lets something happen at the server's side. The id of the row or card it made or changed.
    pub fn happen(&self, what: Happening) -> Result<String, Refusal> {
        self.shared.act(|world, now| happen::happen(world, &what, now))
    }

    /// The ids (account, card) of the card with the most money among those in a state, such as `active`.
    pub fn card_in(&self, state: &str) -> Option<(String, String)> {
        self.shared.look(|world, _| {
            let ledger = &world.ledger;
            let cards = (0u32..).zip(&ledger.cards).filter(|(_, card)| card.status.word() == state && !card.closing);
            let (at, card) = cards.max_by_key(|(_, card)| card.purse.available())?;
            Some((ledger.account_id(card.account).to_string(), ledger.card_id(at).to_string()))
        })
    }

    /// Everything the server holds now, whatever dialect and quirks make of it.
    pub fn inventory(&self) -> Inventory {
        self.shared.look(|world, _| inventory::take(&world.ledger))
    }

    /// Whether money is conserved and history adds up to the balances; else what does not.
    pub fn conserved(&self) -> Result<(), Breach> {
        self.shared.look(|world, _| world.ledger.audit())
    }

    /// Ends the server, its connections and its traffic, and waits until they are gone.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

fn build(size: Size, receiver: String, deployment: &Deployment) -> World {
    let mut hooks = Hooks::default();
    let secret = Some("sandbox-webhook-secret".to_owned());
    hooks.config = Some(Config { url: receiver, secret, event_types: None, is_active: true });
    let (ledger, habits) = seed::play(size, clock::now(), 150, |ledger, at| {
        let changes = std::mem::take(&mut ledger.outbox);
        hooks.note(ledger, deployment, &changes, at, true);
    });
    World { ledger, habits, hooks, acts: BTreeMap::new() }
}
