//! Whole journeys: the real loop and the real poller, in process, against the sandbox over HTTP. Keys go in,
//! text comes out; nothing sleeps for luck.

#[path = "journeys/journey.rs"]
mod journey;
