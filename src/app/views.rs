//! Views: a pane with its filter, its order and its zoom, saved by a name and opened by it.
//!
//! ```text
//!   :view save NAME ──▶ the settings are written ──▶ the views as they stand there now, or why not
//!   V ──▶ the row of them ──▶ its letter, or Enter ──▶ the pane, as it was saved
//! ```
//!
//! A view says what is asked for, not of whom: it names no account and no profile, and is the same in all of them.
//! Does not know the file.

use super::filter;
use super::msg::Now;
pub use super::saved_view::{Change, View};
use crate::app::pane::Pane;
use crate::domain::settings::Zone;
use crate::domain::suggest::suggest;
use crate::domain::text::SafeText;

/// Most characters of a name.
const LONGEST: usize = 32;
/// The letters of the row, one for each view.
pub(crate) const LETTERS: &str = "123456789abcdefghijklmnopqrstuvwxyz";
/// Words that stand where a name would.
const WORDS: [&str; 2] = ["save", "delete"];

/// The views there are.
#[derive(Debug, Default)]
pub struct Views {
    pub(crate) all: Vec<View>,
}

/// Why something cannot be the name of a view.
pub fn check_name(name: &str) -> Result<(), String> {
    let first = name.split(' ').next().unwrap_or("");
    if name.is_empty() {
        return Err("write a name behind it".into());
    }
    if name.chars().count() > LONGEST {
        return Err(format!("a name has at most {LONGEST} characters"));
    }
    if WORDS.contains(&first) {
        return Err(format!("a name cannot begin with {first}"));
    }
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' '));
    if !plain || name.trim() != name || name.contains("  ") || SafeText::name(name).as_str() != name {
        return Err("a name is letters, digits, - _ . and single spaces".into());
    }
    Ok(())
}

/// Why a text cannot be the filter of a view, when it cannot; at whatever moment it is opened.
pub fn check_filter(text: &str, pane: Pane, zone: &Zone) -> Result<(), String> {
    let now = Now { wall: chrono::DateTime::UNIX_EPOCH, up: std::time::Duration::ZERO };
    filter::check(text, pane.grammar(), now, zone)
}

impl Views {
    pub fn new(all: Vec<View>) -> Views {
        Views { all }
    }

    pub fn all(&self) -> &[View] {
        &self.all
    }

    pub fn find(&self, name: &str) -> Option<&View> {
        self.all.iter().find(|view| view.name == name)
    }

    /// Those whose name fits, the ones that begin with what is typed first.
    pub(crate) fn like(&self, typed: &str) -> Vec<&View> {
        let typed = typed.to_lowercase();
        let mut fit: Vec<&View> = self.all.iter().filter(|view| view.name.to_lowercase().contains(&typed)).collect();
        fit.sort_by_key(|view| !view.name.to_lowercase().starts_with(&typed));
        fit
    }

    /// The view that somebody meant by a name that is none.
    pub(crate) fn meant(&self, wrong: &str) -> Option<&View> {
        let whole = suggest(wrong, self.all.iter().map(|view| view.name.as_str()));
        let a_word = || self.all.iter().find(|view| suggest(wrong, view.name.split(' ')).is_some());
        whole.and_then(|name| self.find(name)).or_else(a_word)
    }

    /// Whether another can be saved under this name.
    pub(crate) fn may_save(&self, name: &str) -> Result<(), String> {
        check_name(name)?;
        match self.all.len() < LETTERS.len() || self.find(name).is_some() {
            true => Ok(()),
            false => Err(format!("there are {} views, one for each letter; delete one first", self.all.len())),
        }
    }
}
