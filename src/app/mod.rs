//! The dashboard as values: what is known ([`store`]), what happened ([`msg`]), what is wanted ([`msg::Effect`]).
//!
//! Pure: no clock, no files, no network, no terminal library but ratatui's drawing types. Everything that
//! happens arrives as a [`msg::Msg`] with the time it happened at.
//!
//! ```text
//! Msg ──▶ update(&mut Model, Now, Msg) ──▶ Outcome { effects, redraw }
//!         view(&Model, Now, &mut Frame)
//! ```

pub mod actions;
pub mod acts;
pub mod appearance;
pub mod areas;
pub mod ascii;
pub mod clock;
pub mod columns;
pub mod copied;
pub mod dialogs;
pub mod exports;
pub mod filter;
pub mod find;
pub mod footer;
pub mod form;
pub mod header;
pub mod insights;
pub mod key;
pub mod keymap;
pub mod list;
pub mod lock;
pub mod login;
pub mod marks;
pub mod model;
pub mod msg;
pub mod outcomes;
pub mod overlay;
pub mod palette;
pub mod pane;
pub mod panes;
pub mod payload;
pub mod plan;
pub mod plans;
pub mod private;
pub mod saved_view;
pub mod search;
pub mod secret_input;
pub mod secrets;
pub mod session;
pub mod setup;
pub mod sort_columns;
pub mod source_file;
pub mod store;
pub mod text;
pub mod theme;
pub mod thresholds;
pub mod toast;
pub mod ui;
mod view;
pub mod view_state;
pub mod views;

pub use model::update::update;
pub use model::{Model, Outcome};
pub use view::view;
