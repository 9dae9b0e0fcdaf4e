pub mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod files;
pub mod ops;
pub mod sandbox;
