//! Deliveries: signing and checking them, receiving them here, sending them somewhere, and finding what the log
//! leaves out. Shared by the dashboard and the command line.
//!
//! ```text
//!   platform ──▶ receiver ── verified ──▶ queue ──▶ dashboard: read what is named
//!                   │                         └───▶ fourpay listen: a line; forwarded
//!                   └── unsigned, wrong, too large: answered so, counted, never shown
//! ```
//!
//! Knows the domain and the client. Knows no screen, no files and no environment: secrets are handed in.

pub mod gaps;
pub mod receiver;
pub mod send;
pub mod sign;
