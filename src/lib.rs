//! fourpay: a terminal dashboard for 4pay, a card-issuing platform.
//!
//! Data enters at the bottom, a picture leaves at the top; between them stands a pure function. `ARCHITECTURE.md` has the
//! table of all modules, four walks through the code, and where to add things; `docs/rules.md` has every rule that comments
//! cite by its id.
//!
//! ```text
//!             keys, paste, resize, timers            answers to requests
//!                         │                                  │
//!                         ▼                                  ▼
//!    runtime  ── Msg ──▶  app::update(&mut Model, Now, Msg) -> Outcome  ── Effect ──▶  runtime
//!                         app::view(&Model, Now, &mut Frame) ──▶ terminal                 │
//!                                                                                         ▼
//!    cli ─────────────────────────────────────────────▶  ops (journal, settle)  ──▶  api ──▶ HTTP
//!                                                                                     │
//!    domain: money, ids, cards, accounts, transactions, secrets, failures ◀── used by all
//!    books: opening, movements and closing of each account and card, and files for bookkeeping
//!    config: settings, by flags, environment, file and defaults
//!    credentials: where the token comes from and where it is kept
//!    passphrase: what opens the dashboard's lock
//!    export: tables as CSV, JSON and XLSX; rows in, bytes out
//!    files: private files, files that steer the program, no core dumps
//!    hooks: deliveries received, signed, sent on, and what the log of them leaves out
//!    child: every program that is started, without a terminal and without our secrets
//!    remote: whether the person sits at this machine
//!    clock: wall clock, boot clock, randomness; replaced by a simulation
//!    parallel: the same question asked of very many rows, on the processors there are
//!    wipe: the allocator that wipes what is freed
//!    sandbox: a 4pay-compatible server on loopback (demo, tests, benches, pictures)
//! ```

pub mod api;
pub mod app;
pub mod books;
pub mod child;
pub mod cli;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod domain;
pub mod export;
pub mod files;
pub mod hooks;
pub mod ops;
pub mod parallel;
pub mod passphrase;
pub mod remote;
pub mod runtime;
pub mod sandbox;
pub mod wipe;
