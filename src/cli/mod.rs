//! Commands without a dashboard, one file each.

pub mod journal;
pub mod sandbox;
