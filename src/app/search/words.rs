//! What a search says: on the lower border of the list, and where nothing of it is left.

use chrono::{DateTime, Utc};

use super::{LEAST_KEPT, Search, Stand, misfit};
use crate::app::actions::Act;
use crate::app::clock;
use crate::app::keymap::Keymap;
use crate::app::msg::Sought;
use crate::app::msg::{Now, Setup};
use crate::app::ui::frame::{Piece, Title};

use crate::app::panes::transactions::TransactionsPane;
use crate::app::store::{Scope, Store};
use crate::app::text;
use crate::app::theme::Tone;

/// The key that goes on: it is written as `End` as long as it is that.
fn end(keys: &Keymap) -> String {
    keys.name_as(Act::Bottom, "End")
}

impl Search {
    /// One sentence: where it stands, and what the next key does.
    fn sentence(&self, kept: usize, setup: &Setup, moment: impl Fn(DateTime<Utc>) -> String) -> String {
        let (keys, grouping) = (&setup.appearance.keys, setup.grouping);
        let (end, esc) = (end(keys), keys.name(Act::Back));
        let (read, found) = (text::count(self.read, grouping), text::count(self.found, grouping));
        let place = self.back_to().map(moment);
        let to = |before: &str| place.as_ref().map_or(String::new(), |place| format!("{before}{place}"));
        let any = self.query.is_empty();
        match &self.stand {
            Stand::Going if any => format!("loading older rows: {found}{}; {esc} stops", to(" back to ")),
            Stand::Going if self.read == 0 => format!("searching older rows{}; {esc} stops", to(" from ")),
            Stand::Going => format!("searching: {read} older rows{}, {found} found; {esc} stops", to(" back to ")),
            Stand::Stopped | Stand::Paused if any => {
                format!("{found} older rows loaded{}; {end} loads more", to(" back to "))
            }
            Stand::Stopped => format!("stopped{}: {read} older rows read, {found} found; {end} goes on", to(" at ")),
            Stand::Paused => format!("stopped after {read} older rows{}, {found} found; {end} goes on", to(" at ")),
            Stand::Full => {
                let kept = text::count(kept, grouping);
                format!("stopped{}: no more than {kept} older rows are kept (history)", to(" at "))
            }
            Stand::Failed(failure) => format!("stopped{}, {end} goes on: {}", to(" at "), text::failure(failure)),
            Stand::Through if self.short => {
                format!("searched all that 4pay gives, and it has more: {read} older rows read, {found} found")
            }
            Stand::Through if any => format!("loaded to the first transaction: {found} older rows"),
            Stand::Through => {
                let dated = self.legs.iter().any(|leg| leg.asks.from.is_some());
                let reach = if dated { "as far back as the filter asks" } else { "to the first transaction" };
                format!("searched {reach}, {found} found ({}{read} rows read)", self.by_the_api())
            }
        }
    }

    /// What was left to the API to tell apart: where its words are others than ours, that is where rows are missed.
    fn by_the_api(&self) -> String {
        let any = |narrows: fn(&Sought) -> bool| self.legs.iter().any(|leg| narrows(&leg.asks));
        let words = [
            ("status", any(|asks| !asks.statuses.is_empty())),
            ("type", any(|asks| !asks.kinds.is_empty())),
            ("card", any(|asks| asks.card.is_some())),
            ("account", any(|asks| asks.account.is_some())),
        ];
        let words: Vec<&str> = words.into_iter().filter(|(_, narrows)| *narrows).map(|(word, _)| word).collect();
        if words.is_empty() { String::new() } else { format!("{} by the API; ", words.join(", ")) }
    }
}

impl TransactionsPane {
    /// What an empty list says of older rows.
    pub fn older_words(&self, store: &Store, scope: &Scope, setup: &Setup) -> Option<String> {
        let keys = &setup.appearance.keys;
        match self.search_of(scope).map(|search| &search.stand) {
            Some(Stand::Going) => Some(format!("older rows are searched; {} stops", keys.name(Act::Back))),
            Some(Stand::Through) => Some("older rows were searched to the end".into()),
            _ => misfit(self, store, scope, setup.history)
                .is_ok()
                .then(|| format!("{} searches older rows on the server", end(keys))),
        }
    }

    /// Whether a search for what is shown is under way.
    pub fn is_searching(&self, scope: &Scope) -> bool {
        self.search_of(scope).is_some_and(Search::is_going)
    }

    /// Says on the borders how far back the list was searched, and where it has gaps.
    pub(crate) fn entitle_search(&self, title: &mut Title, store: &Store, scope: &Scope, now: Now, setup: &Setup) {
        let (zone, history, keys) = (&setup.zone, setup.history, &setup.appearance.keys);
        let most = history.max(LEAST_KEPT);
        let gaps = self.gaps(store, scope);
        if gaps.is_some() {
            title.pieces.push(Piece::new("incomplete", Tone::Waiting));
        }
        // A hint of the filter comes first.
        if self.list.filter.is_typing() {
            return;
        }
        let moment = |at| clock::moment(at, now.wall, zone).trim().to_owned();
        if let Some(search) = self.search_of(scope) {
            title.foot = Some(search.sentence(most, setup, moment));
            return;
        }
        if title.foot.is_some() {
            return;
        }
        let at_end = self.list.cursor.row().is_some() && self.is_at_end(store, scope);
        let can = (at_end && misfit(self, store, scope, history).is_ok()).then_some(());
        let on = match self.list.filter.is_active() {
            true => format!("{} searches older ones on the server", end(keys)),
            false => format!("{} loads older ones", end(keys)),
        };
        let gaps = gaps.map(|at| format!("history before {} is incomplete", moment(at)));
        let foot: Vec<String> = gaps.into_iter().chain(can.map(|()| on)).collect();
        title.foot = (!foot.is_empty()).then(|| foot.join("; "));
    }
}
