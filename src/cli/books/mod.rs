//! Books from the command line: files for other programs, statements, and whether a day agrees.

mod export;
mod read;
mod reconcile;
mod statement;

pub use export::{ExportArgs, export};
pub use reconcile::{ReconcileArgs, reconcile};
pub use statement::{StatementArgs, statement};
