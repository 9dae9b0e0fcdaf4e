//! Acts from the panes: which card or account a key means, whether the act applies to it and why not, and
//! the dialog it opens.

use std::collections::HashSet;

use crate::app::actions::{self, Act};
use crate::app::acts::Desk;
use crate::app::dialogs::bulk::{Bulk, Marked};
use crate::app::dialogs::close::{self, Close};
use crate::app::dialogs::edit::{self, Edit};
use crate::app::dialogs::holder::NewHolder;
use crate::app::dialogs::issue::{self, Issue};
use crate::app::dialogs::money::{self, MoneyForm};
use crate::app::dialogs::transfer::{self, Transfer};
use crate::app::form::FieldId;
use crate::app::header::{self, LinkState};
use crate::app::model::Model;
use crate::app::msg::{Effect, Topic};
use crate::app::pane::Pane;
use crate::app::store::decline;
use crate::app::ui::describe;

use crate::app::store::Held;
use crate::app::text;
use crate::app::theme::Tone;
use crate::domain::account::Account;
use crate::domain::card::{Card, CardStatus};
use crate::domain::ids::CardId;
use crate::domain::intent::{Kind, checks};
use crate::domain::money::Money;

impl Model {
    /// The card that an act is about: the one under the cursor, or the one of the transaction under it.
    pub(crate) fn card_in_hand(&self) -> Option<&Card> {
        self.panes.get(self.focus()).card(&self.pane_ctx()).ok()
    }

    /// The account that an act is about: the chosen one, or the one of the card or transaction under the cursor.
    pub(crate) fn account_in_hand(&self) -> Option<&Account> {
        let of_card = self.card_in_hand().and_then(|card| card.account.as_ref());
        let of_row = match self.focus() {
            Pane::Transactions => {
                let row = self.panes.transactions.list.cursor.target().map(|row| self.store().transactions.get(*row));
                row.and_then(|row| row.account.as_ref())
            }
            _ => None,
        };
        self.store().account(of_card.or(of_row).or(self.account())?)
    }

    pub(crate) fn is_frozen_in_hand(&self) -> bool {
        self.card_in_hand().is_some_and(|card| card.status == CardStatus::Frozen)
    }

    /// Acts that do not apply now, and why, in words that follow their name.
    pub(crate) fn refusals(&self) -> Vec<(Act, String)> {
        let all = [
            Act::Issue,
            Act::Freeze,
            Act::Unfreeze,
            Act::Undo,
            Act::TopUp,
            Act::Withdraw,
            Act::Transfer,
            Act::Close,
            Act::Edit,
        ];
        let all =
            all.into_iter().chain([Act::Copy, Act::Reveal, Act::Lock, Act::Login, Act::Plan, Act::Mouse, Act::Profile]);
        let all = all.chain([Act::SetWebhook, Act::DropWebhook, Act::Search]);
        all.filter_map(|act| self.refusal(act).map(|why| (act, why))).collect()
    }

    fn refusal(&self, act: Act) -> Option<String> {
        // They change nothing.
        match act {
            Act::Copy | Act::Reveal => return self.secret_misfit(act == Act::Reveal).err(),
            Act::Mouse => return (!self.setup().mouse).then(|| "the settings say mouse = false".into()),
            Act::Lock => return self.lock_misfit().err(),
            Act::Login => return self.login_misfit().err(),
            Act::Plan => return self.acts.plans().shown().is_none().then(|| "there was none yet".into()),
            Act::Profile => return self.profile_misfit().err(),
            Act::Search => return self.search_misfit().err(),
            _ => {}
        }
        if self.setup().read_only {
            return Some("this session is read-only".into());
        }
        let freezes = act == Act::Freeze && self.acts.outcomes().has_journal();
        if let Some(why) = self.acts.outcomes().journal_bar().filter(|_| !freezes) {
            return Some(format!("the journal cannot be used: {why}"));
        }
        if self.missing(act) {
            return Some("this deployment has no such call".into());
        }
        let money = matches!(act, Act::Issue | Act::TopUp | Act::Withdraw | Act::Transfer | Act::Close);
        if money && let Some(why) = self.barred() {
            return Some(why.into());
        }
        self.misfit(act).err()
    }

    /// Whether the deployment has no call for what the key would do now.
    fn missing(&self, act: Act) -> bool {
        let kind = match act {
            Act::Issue if self.focus() == Pane::Cardholders => Kind::CreateCardholder,
            Act::Issue => Kind::IssueCard,
            Act::Freeze if self.is_frozen_in_hand() && self.marks().is_none() => Kind::Unfreeze,
            Act::Freeze => Kind::Freeze,
            Act::Unfreeze => Kind::Unfreeze,
            Act::TopUp => Kind::TopUp,
            Act::Withdraw => Kind::Withdraw,
            Act::Transfer => Kind::Transfer,
            Act::Close => Kind::Close,
            Act::Edit => Kind::UpdateCard,
            _ => return false,
        };
        self.store().link.missing.has(kind)
    }

    /// Why no money can be moved now: what it would rest on is old or missing.
    fn barred(&self) -> Option<&'static str> {
        match header::link_state(self.store(), self.pulse(), self.now) {
            LinkState::Connecting => Some("nothing was read yet"),
            LinkState::NoData => Some("the link is down"),
            LinkState::Stale(_) => Some("the link is down and balances are old"),
            LinkState::Held { .. } => Some("reading is held and balances are old"),
            LinkState::Live | LinkState::Refreshing | LinkState::Silent(_) => None,
        }
    }

    /// Whether what is selected allows the act.
    fn misfit(&self, act: Act) -> Result<(), String> {
        let card = || self.panes.get(self.focus()).card(&self.pane_ctx());
        match act {
            Act::Freeze | Act::TopUp if self.marks().is_some() => Ok(()),
            Act::Freeze if self.focus() == Pane::Cardholders => {
                let known = self.panes.cardholders.chosen(self.store()).map(|holder| self.store().held(&holder.id));
                match (self.cards_of_chosen().is_empty(), known) {
                    (true, Some(Held::Exact(_)) | None) => Err("this person has no cards".into()),
                    _ => Ok(()),
                }
            }
            Act::Freeze => {
                let card = card()?;
                if card.account.is_none() {
                    return Err("its account is not known yet".into());
                }
                if card.status == CardStatus::Frozen { checks::unfreeze(card) } else { checks::freeze(card) }
            }
            Act::Unfreeze => checks::unfreeze(card()?),
            Act::SetWebhook | Act::DropWebhook => self.webhook_misfit(act),
            Act::Undo => self.acts.undoable().map_err(str::to_owned),
            Act::TopUp => money::check(card()?, true, self.store()),
            Act::Withdraw => money::check(card()?, false, self.store()),
            Act::Close => close::check(card()?, self.store()),
            // Its fields hold the card's name and limits, and what stands in a field is read as it is.
            Act::Edit if self.appearance.privacy => Err(format!(
                "privacy is on, and its fields would show; {} ends it",
                self.appearance.keys.name(Act::Privacy)
            )),
            Act::Edit => edit::check(card()?),
            Act::Issue => issue::check(self.store()),
            Act::Transfer => {
                let account = self.account_in_hand().ok_or("choose an account first")?;
                transfer::check(account)
            }
            _ => Ok(()),
        }
    }

    /// Carries out the key of an act.
    pub(crate) fn act(&mut self, act: Act, effects: &mut Vec<Effect>) {
        match act {
            Act::Freeze => return self.turn(None, effects),
            Act::Unfreeze => return self.turn(Some(false), effects),
            _ => {}
        }
        if self.marks().is_some() && self.act_on_marked(act, effects) {
            return;
        }
        let card = self.card_in_hand().cloned();
        let account = self.account_in_hand().cloned();
        let (people, holder) = (self.focus() == Pane::Cardholders, self.holder().cloned());
        let missing = self.missing_for_decline();
        let (acts, mut desk) = self.desk(effects);
        let store = desk.store;
        let done = match (act, card) {
            (Act::Undo, _) => {
                acts.undo(&mut desk);
                Ok(())
            }
            (Act::TopUp | Act::Withdraw, Some(card)) => {
                MoneyForm::new(&card, act == Act::TopUp, store).map(|(asks, mut form)| {
                    if let Some(missing) = missing.filter(|_| act == Act::TopUp) {
                        form.fill(FieldId::Amount, &missing.digits_in(store.grouping));
                    }
                    acts.open(Box::new(asks.clone()), form, asks.topics(), &mut desk);
                })
            }
            (Act::Edit, Some(card)) => {
                Edit::new(&card).map(|(asks, form)| acts.open(Box::new(asks.clone()), form, asks.topics(), &mut desk))
            }
            (Act::Close, Some(card)) => Close::new(&card, store)
                .map(|(asks, form)| acts.open(Box::new(asks.clone()), form, asks.topics(), &mut desk)),
            (Act::Transfer, _) => account.as_ref().map_or(Ok(()), |from| {
                Transfer::new(from)
                    .map(|(asks, form)| acts.open(Box::new(asks.clone()), form, asks.topics(), &mut desk))
            }),
            (Act::Issue, _) if people => {
                let (asks, form) = NewHolder::new(account.as_ref().map(|account| &account.id), store);
                acts.open(Box::new(asks), form, vec![Topic::Cardholders], &mut desk);
                Ok(())
            }
            (Act::Issue, _) => {
                let (asks, mut form) = Issue::new(account.as_ref().map(|account| &account.id), store);
                if let Some(holder) = &holder {
                    form.fill(FieldId::Holder, &holder.to_string());
                }
                acts.open(Box::new(asks), form, vec![Topic::Cardholders], &mut desk);
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(why) = done {
            self.refuse(act, &why);
        } else if matches!(act, Act::Withdraw | Act::Close | Act::Edit)
            && let Some(marks) = self.marks().map(|marks| marks.count())
        {
            // Nobody who marked many is to believe that this is for them.
            let (cards, are) = if marks == 1 { ("card", "is") } else { ("cards", "are") };
            let note = format!("{marks} marked {cards} {are} left alone: this is about one card, named below");
            let (acts, mut desk) = self.desk(effects);
            acts.note(note, &mut desk);
        }
    }

    /// What the card lacks for the declined payment under the cursor: what a top up begins with. Privacy shows no amount
    /// that nobody typed.
    fn missing_for_decline(&self) -> Option<Money> {
        let row = self.panes.transactions.list.cursor.target();
        let row = row.filter(|_| self.focus() == Pane::Transactions && !self.appearance.privacy)?;
        decline::short_now(self.store(), self.store().transactions.get(*row))
    }

    /// Asks whether to freeze, or to unfreeze; by the card's state where nobody has said which.
    pub(crate) fn turn(&mut self, freeze: Option<bool>, effects: &mut Vec<Effect>) {
        let unfreeze = freeze == Some(false);
        if !unfreeze && self.marks().is_some() && self.act_on_marked(Act::Freeze, effects) {
            return;
        }
        if !unfreeze && self.focus() == Pane::Cardholders {
            return self.freeze_all_of_chosen(effects);
        }
        let Some(card) = self.card_in_hand().cloned() else { return };
        let (acts, mut desk) = self.desk(effects);
        if let Err(why) = acts.turn(&card, freeze, &mut desk) {
            self.refuse(if unfreeze { Act::Unfreeze } else { Act::Freeze }, &why);
        }
    }

    /// Asks for all marked cards; `false` when the act is about one card all the same.
    fn act_on_marked(&mut self, act: Act, effects: &mut Vec<Effect>) -> bool {
        let what = match act {
            Act::Freeze => Bulk::Freeze,
            Act::TopUp => Bulk::TopUp,
            _ => return false,
        };
        let hidden = self.marks().map_or(0, |marks| marks.hidden());
        let cards = self.marked_cards();
        let open = self.with_open_change(&cards);
        match Marked::new(what, &cards, hidden).map(|(asks, form)| (asks.doubting(open), form)) {
            Ok((asks, form)) => {
                let (acts, mut desk) = self.desk(effects);
                acts.open(Box::new(asks.clone()), form, asks.topics(), &mut desk);
            }
            Err(why) => self.refuse(act, &why),
        }
        true
    }

    /// Those of which a change of their state was sent and nobody knows what became of it.
    fn with_open_change(&self, cards: &[&Card]) -> HashSet<CardId> {
        let ids = cards.iter().map(|card| &card.id);
        ids.filter(|id| self.acts.outcomes().may_have_changed(id)).cloned().collect()
    }

    /// The cards of whoever is chosen in pane 4, but for those that are over.
    fn cards_of_chosen(&self) -> Vec<&Card> {
        let Some(holder) = self.panes.cardholders.chosen(self.store()) else { return Vec::new() };
        let cards = self.store().cards.of_holder(&holder.id).iter().map(|row| self.store().cards.get(*row));
        cards.filter(|card| !matches!(card.status, CardStatus::Closed | CardStatus::CreatingFailed)).collect()
    }

    /// Asks for all cards of one person, as a plan.
    fn freeze_all_of_chosen(&mut self, effects: &mut Vec<Effect>) {
        let Some(holder) = self.panes.cardholders.chosen(self.store()) else { return };
        let name = self.store().holder_name(holder).map_or_else(String::new, text::name);
        let (id, cards) = (holder.id.clone(), self.cards_of_chosen());
        let open = self.with_open_change(&cards);
        let asked = Marked::of_person(id.clone(), name, &cards, self.store());
        match asked.map(|(asks, form)| (asks.doubting(open), form)) {
            Ok((asks, form)) => {
                let (acts, mut desk) = self.desk(effects);
                acts.open(Box::new(asks), form, vec![Topic::HolderCards(id)], &mut desk);
            }
            Err(why) => self.refuse(Act::Freeze, &why),
        }
    }

    /// Says why an action does not apply.
    pub(crate) fn refuse(&mut self, act: Act, why: &str) {
        let name = actions::table().iter().find(|action| action.act == act).map_or("", |action| action.name);
        let why = describe::guarded(&self.store, why);
        self.toasts.say(self.now.up, format!("{name}: {why}"), Tone::Plain);
    }

    /// Acts, and what they are told.
    pub(crate) fn desk<'a>(&'a mut self, effects: &'a mut Vec<Effect>) -> (&'a mut crate::app::acts::Acts, Desk<'a>) {
        let barred = self.barred().map(str::to_owned);
        let Model { acts, store, now, toasts, overlays, appearance, .. } = self;
        (acts, Desk { store, now: *now, toasts, overlays, effects, barred, keys: &appearance.keys })
    }
}
