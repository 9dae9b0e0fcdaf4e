//! From a card to its person and back, and into the cards of a person.

use crate::app::model::Model;
use crate::app::msg::{Effect, Topic};
use crate::app::pane::Pane;
use crate::app::store::Whose;
use crate::app::theme::Tone;
use crate::app::ui::row_index::Reindex;
use crate::domain::ids::HolderId;

impl Model {
    /// Shows the cards of whoever the cursor is on, of all accounts, and the transactions of those.
    pub(crate) fn enter_holder(&mut self, id: HolderId, effects: &mut Vec<Effect>) {
        effects.push(Effect::Fetch(Topic::HolderCards(id.clone())));
        self.focus_on(Pane::Cards);
        self.panes.cards.list.filter.clear();
        self.panes.transactions.list.filter.clear();
        self.show_cards_of(Some(id));
    }

    fn show_cards_of(&mut self, holder: Option<HolderId>) {
        self.panes.transactions.card = None;
        self.panes.cards.holder = holder;
        self.panes.cards.list.cursor.reset();
        self.reindex(Pane::Cards, Reindex::Anew);
        self.follow_scope();
    }

    /// The person whose cards alone are listed.
    pub fn holder(&self) -> Option<&HolderId> {
        self.panes.cards.holder.as_ref()
    }

    /// The cards are no longer those of one person alone.
    pub(crate) fn show_all_cards(&mut self) {
        if self.panes.cards.holder.is_some() {
            self.show_cards_of(None);
        }
    }

    /// Goes to somebody in pane 4.
    pub(crate) fn show_holder(&mut self, id: &HolderId) {
        self.focus_on(Pane::Cardholders);
        let rows = self.areas().rows(Pane::Cardholders);
        self.panes.cardholders.choose(&self.store, id, rows);
    }

    /// Comes back from the cards of one person to the person; whether there was one.
    pub(crate) fn leave_holder(&mut self) -> bool {
        let Some(id) = self.panes.cards.holder.clone() else { return false };
        self.show_cards_of(None);
        self.show_holder(&id);
        true
    }

    /// Goes to the person of the card that is selected; from there back to where one came from.
    pub(crate) fn go_to_holder_or_back(&mut self) {
        if self.focus() == Pane::Cardholders {
            return self.toggle_sheet(Pane::Cardholders);
        }
        match self.holder_in_hand() {
            Ok(id) => self.show_holder(&id),
            Err(why) => self.toasts.say(self.now.up, format!("holder: {why}"), Tone::Plain),
        }
    }

    /// The person of the card that is selected, or why there is none.
    pub(crate) fn holder_in_hand(&self) -> Result<HolderId, &'static str> {
        let card = self.card_in_hand().ok_or("there is no card here")?;
        let known = self.store.cards.row(&card.id).map(|row| self.store.whose(row, card));
        let id = card.holder_id.clone().ok_or(match known {
            Some(Whose::NotRead) => "whose card this is was not read yet",
            _ => "the API does not say whose card this is",
        })?;
        self.store.holder(&id).map(|holder| holder.id.clone()).ok_or("this person was not read yet")
    }
}
