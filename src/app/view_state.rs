//! How the panes are, as far as it outlives the program: their order, their filters, and the one that is zoomed.
//!
//! A value that others write and read again. Does not know where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::exports::ExportFormat;
use super::pane::Pane;

/// How the panes are. What is as usual is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ViewState {
    /// The pane that has the whole body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoomed: Option<Pane>,
    pub sorted: SortState,
    /// What is typed after `/`, by the pane.
    pub filters: BTreeMap<Pane, String>,
    /// The format that a list was written in last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exported: Option<ExportFormat>,
}

/// The column that a list is sorted by, in its word, and whether it is turned round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SavedSort {
    by: String,
    turned: bool,
}

/// The order of each list that is not in its usual one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Pane, SavedSort>")]
pub struct SortState(BTreeMap<Pane, SavedSort>);

impl TryFrom<BTreeMap<Pane, SavedSort>> for SortState {
    type Error = String;

    fn try_from(all: BTreeMap<Pane, SavedSort>) -> Result<SortState, String> {
        match all.iter().find(|(pane, sort)| !pane.columns().contains(&sort.by.as_str())) {
            Some((pane, sort)) => Err(format!("{} has no column {}", pane.title(), sort.by)),
            None => Ok(SortState(all)),
        }
    }
}

impl SortState {
    /// The order of one list by the word of a column; `None` when it has no such column.
    pub fn by(pane: Pane, by: &str, turned: bool) -> Option<SortState> {
        let sort = SavedSort { by: by.to_owned(), turned };
        SortState::try_from(BTreeMap::from([(pane, sort)])).ok()
    }

    /// The orders of several lists.
    pub fn of(all: impl Iterator<Item = (Pane, (&'static str, bool))>) -> SortState {
        SortState(all.map(|(pane, (by, turned))| (pane, SavedSort { by: by.to_owned(), turned })).collect())
    }

    /// That of one list alone.
    pub fn only(&self, pane: Pane) -> SortState {
        SortState(self.0.get(&pane).cloned().map(|sort| (pane, sort)).into_iter().collect())
    }

    /// The column that a list is sorted by and whether it is turned round; `None` in its usual order.
    pub fn word(&self, pane: Pane) -> Option<(&str, bool)> {
        self.0.get(&pane).map(|sort| (sort.by.as_str(), sort.turned))
    }
}
