//! The dashboard without a terminal: keys and answers in, effects and pictures out.

#[path = "../fixture/mod.rs"]
mod fixture;

mod acts;
mod any;
mod appearance;
mod columns;
mod common;
mod cuts;
mod declines;
mod details;
mod dialogs;
mod exports;
mod filter;
mod find;
mod grouping;
mod holders;
mod insights;
mod kept;
mod keys;
mod limits;
mod live;
mod lock;
mod many_accounts;
mod marks;
mod monitor;
mod mouse;
mod overlay;
mod palette;
mod profiles;
mod rekeyed;
mod restrictions;
mod screens;
mod search;
mod secrets;
mod seen;
mod selection;
mod session;
mod settings;
mod sorts;
mod typing;
mod views;
mod webhooks;
