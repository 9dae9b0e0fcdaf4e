//! The acts: everything that changes the world goes through here, from the dashboard and the command line
//! alike.
//!
//! ```text
//!   intent ──▶ may it go? ──▶ journal: recorded, sent ──▶ ONE request ──▶ journal: accepted │ refused │ unknown
//!                 │ held back                                                      │                    │
//!                 ▼                                                                ▼                    ▼
//!              the reason                                              settle: read until it is known for sure
//! ```
//!
//! Knows the domain, the client and the journal's files. Knows no screen, and never waits by itself: whoever
//! calls decides when to look again.

pub mod journal;
pub mod origin;
