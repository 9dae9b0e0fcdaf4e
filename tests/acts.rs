//! The acts against the sandbox over real HTTP, with everything going wrong that can: each act is executed
//! once or not at all, its outcome is known in the end, and no money is lost. No sleeps: time is given.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests run on the wall clock plus what they add to it")]

#[path = "support/deployments.rs"]
mod deployments;

#[path = "acts/bench.rs"]
mod bench;
#[path = "acts/crash.rs"]
mod crash;
#[path = "acts/faults.rs"]
mod faults;
#[path = "acts/journal.rs"]
mod journal;
#[path = "acts/promises.rs"]
mod promises;
#[path = "acts/together.rs"]
mod together;
