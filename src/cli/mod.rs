//! Commands without a dashboard, one file each.

pub mod sandbox;
