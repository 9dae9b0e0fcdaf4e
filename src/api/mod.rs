//! The typed client of the 4pay API: one asynchronous function for each endpoint.
//!
//! ```text
//!   client ── which path, which ids ──▶ contract        what this deployment offers
//!     │
//!     ├─ reads ─▶ transport ─▶ pace                     credential, limits, retries, the gate after a 429
//!     ├─ acts  ─▶ transport                             one request, one connection, never again
//!     │
//!     └─ bytes ─▶ wire ─▶ domain                        every alias and envelope, never a wrong amount
//! ```
//!
//! Knows the domain; does not know the screen, the journal, files or the environment.
//! Every failure is a [`crate::domain::failure::Failure`]: a sentence, a next step, and for acts how far it came.

pub mod acts;
mod answer;
pub mod client;
pub mod contract;
pub mod decode;
pub mod endpoints;
pub mod jwt;
mod pace;
pub mod settings;
mod tls;
mod transport;
mod wire;

pub use acts::Acts;
pub use client::{Client, Login, Page, TransactionDetail, TransactionQuery, Window};
pub use contract::{Contract, Offer, Source as ContractSource};
pub use endpoints::{Act, ENDPOINTS, Endpoint, Method, Op, Read};
pub use pace::{Link, Priority};
pub use settings::{BaseUrl, Exchange, Roots, Settings};
pub use tls::{RootSource, TlsDetails};
pub use transport::{Credential, Traffic, bare_client};
