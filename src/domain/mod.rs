//! What the business talks about: money, accounts, cards, cardholders, transactions, failures, secrets.
//!
//! Knows no JSON, no HTTP, no terminal and no clock: only values, and what may be done with them.

pub mod account;
pub mod card;
pub mod cardholder;
pub mod category;
pub mod decline;
pub mod failure;
pub mod field;
pub mod gaps;
pub mod ids;
pub mod intent;
pub mod money;
mod open_enum;
pub mod payload;
pub mod restrictions;
pub mod secret;
pub mod settings;
pub mod suggest;
pub mod text;
pub mod totals;
pub mod transaction;
pub mod webhook;
