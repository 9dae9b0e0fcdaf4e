pub mod api;
pub mod cli;
pub mod domain;
pub mod sandbox;
