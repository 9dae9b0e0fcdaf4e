//! The commands that read and act, as scripts and people run them: the real program against a sandbox, on every dialect.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests measure time and run programs")]

#[path = "support/tty.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod tty;

#[path = "commands/acts.rs"]
mod acts;
#[path = "commands/books.rs"]
mod books;
#[path = "commands/faults.rs"]
mod faults;
#[path = "commands/insights.rs"]
mod insights;
#[path = "commands/output.rs"]
mod output;
#[path = "commands/reads.rs"]
mod reads;
#[path = "commands/schemas.rs"]
mod schemas;
#[path = "commands/scripts.rs"]
mod scripts;
#[path = "commands/watch.rs"]
mod watch;
#[path = "commands/world.rs"]
mod world;
