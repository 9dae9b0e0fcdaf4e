//! A 4pay-compatible server on loopback.
