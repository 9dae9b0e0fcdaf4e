//! The dashboard without a terminal: keys and answers in, effects and pictures out.

#[path = "../fixture/mod.rs"]
mod fixture;

mod any;
mod columns;
mod keys;
mod live;
mod screens;
