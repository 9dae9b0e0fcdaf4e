//! The sandbox over real HTTP, as a client meets it.

#![allow(clippy::disallowed_methods, reason = "tests measure time")]

#[path = "sandbox/support.rs"]
mod support;

#[path = "sandbox/acts.rs"]
mod acts;
#[path = "sandbox/auth.rs"]
mod auth;
#[path = "sandbox/dialects.rs"]
mod dialects;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/feeds.rs"]
mod feeds;
#[path = "sandbox/history.rs"]
mod history;
#[path = "sandbox/mixtures.rs"]
mod mixtures;
#[cfg(unix)]
#[path = "sandbox/process.rs"]
mod process;
#[path = "sandbox/quirks.rs"]
mod quirks;
#[path = "sandbox/scale.rs"]
mod scale;
#[path = "sandbox/store.rs"]
mod store;
#[path = "sandbox/webhooks.rs"]
mod webhooks;
