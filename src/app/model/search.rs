//! The model and looking for transactions further back than what is loaded.

use crate::app::model::Model;
use crate::app::msg::{Answer, Effect, Sought, Topic};
use crate::app::pane::Pane;
use crate::app::search::{LEAST_KEPT, Search, Stand, misfit};
use crate::app::store::Scope;
use crate::domain::failure::Failure;

impl Model {
    /// Why older transactions cannot be looked for now.
    pub(crate) fn search_misfit(&self) -> Result<(), String> {
        match self.focus() {
            Pane::Transactions => {}
            Pane::Insights if self.scope() == Scope::All && !self.filter_of(Pane::Transactions).is_active() => {}
            Pane::Insights => return Err("the list of transactions is narrowed down; show all of it first".into()),
            _ => return Err("only for transactions".into()),
        }
        misfit(&self.panes.transactions, &self.store, &self.scope(), self.setup().history)
    }

    /// Whether a search for what the list of transactions shows is under way.
    pub(crate) fn is_searching(&self) -> bool {
        self.panes.transactions.is_searching(&self.scope())
    }

    /// The last row was asked for where one stands on it already: older ones are wanted.
    pub(crate) fn want_older_rows(&mut self, effects: &mut Vec<Effect>) {
        let pane = &self.panes.transactions;
        let at_end = match self.focus() {
            Pane::Insights => self.panes.insights.list.is_at_end(),
            _ => pane.is_at_end(&self.store, &self.scope()),
        };
        if at_end && self.search_misfit().is_ok() {
            self.search(effects);
        }
    }

    /// Looks for older transactions of the list and its filter, or goes on with it.
    pub(crate) fn search(&mut self, effects: &mut Vec<Effect>) {
        let scope = self.scope();
        let query = self.panes.transactions.list.filter.query().clone().with_fuzzy(false);
        let begun = self.panes.transactions.take_search(|search| search.is_of(&scope, &query));
        let mut search = match begun {
            Some(search) => Search { pages: 0, ..search },
            None => {
                let legs = match crate::app::search::query_plan::legs(&self.store, &scope, &query) {
                    Ok(legs) => legs,
                    Err(why) => {
                        let tone = crate::app::theme::Tone::Plain;
                        return self.toasts.say(self.now.up, format!("search: {why}"), tone);
                    }
                };
                let (stand, asked, in_order) = (Stand::Going, None, true);
                Search { scope, query, legs, asked, stand, read: 0, found: 0, pages: 0, in_order, short: false }
            }
        };
        search.go_on(effects);
        self.panes.transactions.keep_search(search);
    }

    /// Stops a search for what is shown; what came stays. Whether there was one.
    pub(crate) fn stop_search(&mut self) -> bool {
        let scope = self.scope();
        let pane = &mut self.panes.transactions;
        let query = pane.list.filter.query();
        let going = pane.searches.iter_mut().find(|search| search.is_going() && search.is_of(&scope, query));
        going.map(Search::stop).is_some()
    }

    /// A page of older rows came, or why not; whether rows are others now.
    pub(crate) fn searched(
        &mut self,
        sought: Box<Sought>,
        asked: u64,
        outcome: Result<Answer, Failure>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        match &outcome {
            Ok(_) => self.heard_answer(asked),
            Err(failure) => self.heard_failure(failure, asked, effects),
        }
        let scope = self.scope();
        let wanted = self.panes.transactions.take_search(|search| search.asked.as_ref() == Some(&*sought));
        let Some(mut search) = wanted else { return false };
        // Nobody looks at that list any more.
        if !search.is_of(&scope, self.panes.transactions.list.filter.query()) {
            search.stop();
            self.panes.transactions.keep_search(search);
            return false;
        }
        let mut any = false;
        match outcome {
            Err(failure) if search.widen(&failure) => search.go_on(effects),
            Err(failure) => search.stand = Stand::Failed(failure),
            Ok(Answer::Transactions(mut page)) => {
                let most = self.setup().history.max(LEAST_KEPT);
                let room = most.saturating_sub(self.store.transactions.beyond(sought.whole));
                search.take(&self.store, &mut page, room);
                let topic = Topic::Search(sought);
                let changes = self.store.replied(self.now, topic.clone(), asked, Ok(Answer::Transactions(page)));
                any = self.replied(&topic, &changes);
                if search.is_going() {
                    search.go_on(effects);
                }
            }
            Ok(_) => search.stand = Stand::Stopped,
        }
        self.panes.transactions.keep_search(search);
        any
    }
}
