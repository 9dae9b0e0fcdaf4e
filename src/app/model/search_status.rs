//! The model and what a search says: on the lower border of the list, and where nothing of it is left.

use crate::app::model::Model;
use crate::app::msg::Now;
use crate::app::ui::frame::Title;

impl Model {
    pub(crate) fn title_of_transactions(&self, now: Now) -> Title {
        let scope = self.scope();
        let mut title = self.transactions.title(&self.store, &scope);
        self.transactions.entitle_search(&mut title, &self.store, &scope, now, self.setup());
        title
    }
}
