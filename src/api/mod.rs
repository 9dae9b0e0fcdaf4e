//! The typed client of the 4pay API: one asynchronous function for each endpoint.
//!
//! ```text
//!   client ── which path, which ids ──▶ contract        what this deployment offers
//!     │
//!     ├─ reads ─▶ transport ─▶ throttle                 credential, limits, retries, the gate after a 429
//!     ├─ acts  ─▶ transport                             one request, one connection, never again
//!     │               └─▶ sender ─▶ http                what carries one request; a simulation brings its own
//!     │
//!     ├─ pages ─▶ pager                                 what to ask for next, and where a list ends
//!     └─ bytes ─▶ wire ─▶ domain                        every alias and envelope, never a wrong amount
//! ```
//!
//! Knows the domain; does not know the screen, the journal, files or the environment.
//! Every failure is a [`crate::domain::failure::Failure`]: a sentence, a next step, and for acts how far it came.

pub mod acts;
mod answer;
mod certificate;
pub mod client;
pub mod contract;
pub mod decode;
pub mod endpoints;
mod http;
pub mod jwt;
pub mod pager;
mod path_ids;
pub mod sender;
pub mod settings;
mod throttle;
mod tls;
mod transport;
mod wire;

pub use acts::Acts;
pub use client::{Client, Login, Page, TransactionDetail, TransactionQuery, Whole, crawl, feed_list};
pub use contract::{Candidate, Contract, Offer, Source as ContractSource};
pub use endpoints::{Act, ENDPOINTS, Endpoint, Method, Op, Read, path_names, paths_markdown};
pub use http::bare_client;
pub use pager::{End, Order, Pager, Paging, Progress, Window, order_of};
pub use sender::Sender;
pub use settings::{Auth, BaseUrl, Exchange, Roots, Settings};
pub use throttle::{Link, Priority};
pub use tls::{RootSource, TlsDetails};
pub use transport::{Credential, Traffic};
