//! The dashboard as values: what is known ([`store`]), what happened ([`msg`]), what is wanted ([`msg::Effect`]).
//!
//! Pure: no clock, no files, no network, no terminal library but ratatui's drawing types. Everything that
//! happens arrives as a [`msg::Msg`] with the time it happened at.

pub mod msg;
pub mod store;
