//! A saved view: a pane with its filter, its order and its zoom.

use super::pane::Pane;
use super::text;
use super::view_state::SortState;
use crate::domain::text::SafeText;

/// A pane as somebody wants to find it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub name: String,
    pub pane: Pane,
    pub filter: Option<String>,
    /// The order of that pane, where it is not the usual one.
    pub sorted: SortState,
    pub zoomed: bool,
}

/// What is to become of a saved view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Saved, over the one of its name when there is one.
    Save(View),
    /// By its name.
    Delete(String),
}

impl View {
    /// What it shows: `2 Cards · /status:frozen · by balance · zoomed`. A filter may name somebody, so privacy hides it.
    pub fn words(&self) -> String {
        let mut parts = vec![format!("{} {}", self.pane.number(), self.pane.title())];
        parts.extend(self.filter.as_ref().map(|filter| format!("/{}", text::name(&SafeText::prose(filter)))));
        if let Some((by, turned)) = self.sorted.word(self.pane) {
            parts.push(format!("by {by}{}", if turned { ", turned round" } else { "" }));
        }
        if self.zoomed {
            parts.push("zoomed".into());
        }
        parts.join(" · ")
    }
}
