//! The client against peers that behave, misbehave and lie, over raw TCP on this machine.

#![allow(clippy::disallowed_methods, reason = "test servers live as long as their test")]

#[path = "client/peer.rs"]
mod peer;

#[path = "client/acts.rs"]
mod acts;
#[path = "client/decode.rs"]
mod decode;
#[path = "client/deployments.rs"]
mod deployments;
#[path = "client/network.rs"]
mod network;
#[path = "client/reads.rs"]
mod reads;
#[path = "client/seam.rs"]
mod seam;
#[path = "client/tls.rs"]
mod tls;
#[path = "client/webhooks.rs"]
mod webhooks;
