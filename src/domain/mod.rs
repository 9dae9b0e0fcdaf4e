//! What the business talks about: money, accounts, cards, cardholders, transactions, failures, secrets.
//!
//! Knows no JSON, no HTTP, no terminal and no clock: only values, and what may be done with them.

pub mod money;
