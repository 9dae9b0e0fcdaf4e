//! How the panes are, taken from the model and given back to it.

use crate::app::exports::ExportFormat;
use crate::app::model::Model;
use crate::app::pane::Pane;
use crate::app::ui::row_index::Reindex;
use crate::app::view_state::{SortState, ViewState};

impl Model {
    /// How the panes are now, to begin with another time.
    pub fn kept(&self) -> ViewState {
        let sorted = |pane| Some((pane, self.panes.get(pane).list().sorted()?));
        let filter = |pane: Pane| self.filter_of(pane).kept().map(|text| (pane, text));
        ViewState {
            zoomed: self.zoomed.then(|| self.zoomed_pane()),
            sorted: SortState::of(Pane::ALL.into_iter().filter_map(sorted)),
            filters: Pane::ALL.into_iter().filter_map(filter).collect(),
            exported: Some(self.exported_as).filter(|format| *format != ExportFormat::default()),
        }
    }

    /// Gives a list this order and this filter; it is to be arranged anew.
    pub(crate) fn set_out(&mut self, pane: Pane, sorted: &SortState, filter: Option<&str>) {
        self.panes.get_mut(pane).list_mut().set_sort(sorted.word(pane));
        let (now, zone, grammar) = (self.now, self.setup().zone.clone(), pane.grammar());
        let into = self.filter_of_mut(pane);
        into.clear();
        if let Some(text) = filter {
            into.restore(text, grammar, now, &zone);
        }
    }

    /// Puts the panes back as they were, before anything was read.
    pub(crate) fn restore(&mut self) {
        let ViewState { zoomed, sorted, filters, exported: _ } = self.setup().kept.clone();
        for pane in Pane::ALL {
            self.set_out(pane, &sorted, filters.get(&pane).map(String::as_str));
        }
        if self.setup().monitor {
            self.focus_on(Pane::Insights);
        } else if let Some(pane) = zoomed.filter(|pane| !pane.is_sheet()) {
            self.focus_on(pane);
            self.zoomed = true;
        }
        for pane in Pane::ALL {
            self.reindex(pane, Reindex::Anew);
        }
    }
}
