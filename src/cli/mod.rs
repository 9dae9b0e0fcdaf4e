//! Commands without a dashboard, one file each.
