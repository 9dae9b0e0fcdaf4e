//! Everything the dashboard knows. What a message does to it is in [`update`]; how one goes from list to list, in
//! `moves`.

mod card_data;
mod cardholders;
mod clipboard;
mod complete;
mod exports;
mod filter;
mod find;
mod insights;
mod lock;
mod marks;
mod mouse;
mod moves;
mod operations;
mod overlay_input;
mod overlay_view;
mod palette;
mod profiles;
mod saved_views;
mod search;
mod session;
pub(crate) mod support_ticket;
pub mod update;
mod view_state;
mod webhooks;
mod welcome;

use std::borrow::Cow;
use std::time::Duration;

use ratatui::layout::Rect;

use super::actions::{Act, Details, Screen, Situation};
use super::acts::Acts;
use super::appearance::Appearance;
use super::areas::{self, Areas, Shape, Width};
use super::copied::Copied;
use super::dialogs::Dialog;
use super::exports::ExportFormat;
use super::filter::Query;
use super::header::{self, Header, LinkState, Pulse};
use super::list::Selection;
use super::lock::Lock;
use super::msg::{Effect, Now, Setup, Topic, Watch};
use crate::app::pane::Pane;
use crate::app::ui::frame::Title;
use crate::app::ui::row_index::Reindex;

use super::overlay::{Overlay, OverlayKind, Overlays};
use super::panes::inspector::{self, Subject};
use super::panes::list_pane::PaneCtx;
use super::panes::{Panes, accounts, transactions};
use super::session::{LoginForm, Session};
use super::store::{CardRow, HolderRow, Reach, Scope, Store};
use super::theme;
use super::toast::Toasts;
use super::views::Views;
use crate::domain::card::Card;
use crate::domain::ids::{AccountId, CardId, HolderId};
use crate::domain::intent::CardField;
use crate::domain::transaction::Feed;

/// What a message led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub effects: Vec<Effect>,
    /// The picture is another one now.
    pub redraw: bool,
}

/// Everything the dashboard knows.
#[derive(Debug)]
pub struct Model {
    pub(super) setup: Setup,
    pub(super) appearance: Appearance,
    size: (u16, u16),
    pub(super) store: Store,
    focus: Pane,
    /// Where one comes back to from a sheet.
    before: Pane,
    /// Each `Enter` that led from one pane into another and was not taken back.
    entered: Vec<(Pane, Pane)>,
    /// What was chosen before a line of pane 5 led to its rows.
    before_rows: Option<insights::Before>,
    pub(super) zoomed: bool,
    /// The mouse is listened to, not left to the terminal.
    pub(super) captured: bool,
    /// The details were opened over the panes.
    pub(super) details: bool,
    /// First line of the details that is shown.
    details_top: usize,
    /// What lies over the panes.
    pub(super) overlays: Overlays,
    /// Actions that were run from there, the last first.
    pub(super) recent: Vec<Act>,
    pub(super) panes: Panes,
    pub(super) toasts: Toasts,
    pub(super) acts: Acts,
    pub(super) lock: Lock,
    pub(super) session: Session,
    pub(super) copied: Option<Copied>,
    /// The card a field was copied from last, and which: the next key of the walk takes the next field.
    pub(super) walk: Option<(CardId, CardField)>,
    pub(super) views: Views,
    /// The format that a list was written in last.
    exported_as: ExportFormat,
    exporting: Option<exports::Exporting>,
    changed: Option<chrono::DateTime<chrono::Utc>>,
    /// Until when a refresh is shown as under way.
    refreshing: Option<Duration>,
    pub(super) now: Now,
    /// What was said around the rows when it was last looked at.
    words: Words,
    /// What decided which actions apply when the picture last changed.
    situation: Option<Situation>,
}

/// All that is on the screen beside rows: when it is the same, a reply that brought no rows changed nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Words {
    header: Header,
    titles: Vec<Title>,
    toasts: Toasts,
    details: Option<String>,
    /// What lies over the panes.
    overlays: Vec<OverlayKind>,
    /// Which panes wait for their first answer: an empty list says another thing after it.
    waits: [bool; Pane::ALL.len()],
    /// The second, when something tells its age.
    second: Option<u64>,
    /// How far back rows are here, and the hour: the summary of the day rests on them.
    known: Option<([Reach; 2], (chrono::NaiveDate, u8))>,
}

impl Model {
    /// A dashboard that has read nothing yet. `size` is columns and rows.
    pub fn new(setup: Setup, size: (u16, u16), now: Now) -> Model {
        let mut store = Store::default();
        store.transactions.set_limit(setup.history);
        store.grouping = setup.grouping;
        let captured = setup.mouse;
        let mut model = Model {
            appearance: setup.appearance.clone(),
            views: Views::new(setup.views.clone()),
            exported_as: setup.kept.exported.unwrap_or_default(),
            exporting: None,
            setup,
            captured,
            size,
            store,
            focus: Pane::Cards,
            before: Pane::Cards,
            entered: Vec::new(),
            before_rows: None,
            zoomed: false,
            details: false,
            details_top: 0,
            overlays: Overlays::default(),
            recent: Vec::new(),
            panes: Panes::default(),
            toasts: Toasts::default(),
            acts: Acts::default(),
            lock: Lock::new(now.up),
            session: Session::default(),
            copied: None,
            walk: None,
            changed: None,
            refreshing: None,
            now,
            words: Words::default(),
            situation: None,
        };
        model.toasts.complain(now.up, &model.setup.complaints);
        if model.setup.welcome {
            model.overlays.push(Overlay::Welcome, &mut Vec::new());
        }
        model.restore();
        model.settle();
        model.words = model.words();
        model.situation = Some(model.situation());
        model
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The theme, and whether privacy is on.
    pub fn appearance(&self) -> &Appearance {
        &self.appearance
    }

    pub fn focus(&self) -> Pane {
        self.focus
    }

    /// Acts that change something at 4pay and were not answered yet.
    pub fn in_flight_acts(&self) -> usize {
        self.acts.tally().in_flight
    }

    /// What lies over the panes.
    pub fn overlays(&self) -> &Overlays {
        &self.overlays
    }

    /// The dialog that is open, wherever it lies.
    pub fn dialog(&self) -> Option<&Dialog> {
        self.overlays.dialog()
    }

    /// What is under way, and what the journal says.
    pub fn operations(&self) -> &Acts {
        &self.acts
    }

    pub(super) fn toasts(&self) -> &Toasts {
        &self.toasts
    }

    /// The pane that a zoom is of; a sheet lies over it.
    pub(super) fn zoomed_pane(&self) -> Pane {
        if self.focus.is_sheet() { self.before } else { self.focus }
    }

    pub(super) fn details_top(&self) -> usize {
        self.details_top
    }

    pub(super) fn pulse(&self) -> Pulse {
        Pulse {
            changed: self.changed,
            refreshing: self.refreshing.is_some(),
            tally: self.acts.tally(),
            copied: self.copied,
            session: self.session.standing(self.now),
        }
    }

    /// The chosen account; `None` is all of them.
    pub fn account(&self) -> Option<&AccountId> {
        self.panes.accounts.account()
    }

    /// Which transactions are listed.
    pub fn scope(&self) -> Scope {
        match (&self.panes.transactions.card, self.account()) {
            (Some(card), _) => Scope::Card(card.clone()),
            (None, Some(account)) if self.panes.cards.holder.is_none() => Scope::Account(account.clone()),
            (None, _) => self.panes.cards.holder.clone().map_or(Scope::All, Scope::Holder),
        }
    }

    /// What the details are about: the row under the cursor of the focused pane.
    pub fn subject(&self) -> Subject {
        self.panes.get(self.focus).subject(&self.pane_ctx())
    }

    pub(super) fn shape(&self) -> Shape {
        let strip_error = self.store.status(&Topic::Accounts).failed.is_some();
        let monitor = self.setup.monitor;
        Shape { focus: self.focus, zoomed: self.zoomed, details: self.details, strip_error, monitor }
    }

    pub(super) fn areas(&self) -> Areas {
        areas::areas(Rect::new(0, 0, self.size.0, self.size.1), self.shape())
    }

    /// Where keys go.
    pub(super) fn screen(&self) -> Screen {
        match (areas::width_of(self.size), self.overlays.kind()) {
            (Width::TooSmall, _) => Screen::TooSmall,
            (_, Some(OverlayKind::Palette)) => Screen::Help,
            (_, Some(kind)) if kind.covers() => Screen::Dialog,
            _ if self.filter().is_typing() => Screen::Filter,
            _ => Screen::Panes,
        }
    }

    /// How the details are shown.
    pub(super) fn details_shown(&self) -> Details {
        match (areas::width_of(self.size), self.zoomed, self.details) {
            (Width::Wide, ..) if self.focus == Pane::Cardholders => Details::Beside,
            _ if self.focus.is_sheet() => Details::Closed,
            (Width::Wide, false, true) if self.focus == Pane::Transactions => Details::Open,
            (Width::Wide, false, _) => Details::Beside,
            (Width::Wide, true, _) | (_, _, false) => Details::Closed,
            (_, _, true) => Details::Open,
        }
    }

    /// What decides which actions apply, as it was after the last message that changed the picture: reasons are not
    /// made anew for each draw.
    pub(super) fn situation_drawn(&self) -> Cow<'_, Situation> {
        self.situation.as_ref().map_or_else(|| Cow::Owned(self.situation()), Cow::Borrowed)
    }

    /// What decides which actions apply. Makes every reason why one does not, so it is asked for once a key.
    pub fn situation(&self) -> Situation {
        Situation {
            screen: self.screen(),
            focus: self.focus,
            any_row: self.panes.get(self.focus).list().has_row(),
            account: self.account().is_some(),
            card_scope: self.panes.transactions.card.is_some() || self.panes.cards.holder.is_some(),
            zoomed: self.zoomed,
            entered: self.entered.last().is_some_and(|(_, to)| *to == self.focus),
            from_insights: self.is_from_insights(),
            paused: self.panes.transactions.paused,
            details: self.details_shown(),
            filtered: self.filter().is_active(),
            searching: self.is_searching(),
            marked: self.marks().is_some() || self.journal_marks().is_some(),
            refusals: self.refusals(),
            frozen: self.is_frozen_in_hand(),
        }
    }

    /// What the poller should read more often.
    pub fn watch(&self) -> Watch {
        let webhooks = self.focus == Pane::Webhooks;
        let (cards, holders) = self.unread_on_screen();
        let mut watch = Watch { account: self.account().cloned(), webhooks, cards, holders, ..Watch::default() };
        if self.details_shown() == Details::Closed {
            return watch;
        }
        match self.subject() {
            Subject::Nothing | Subject::AllAccounts | Subject::Holder(_) => {}
            Subject::Account(id) => watch.account_detail = Some(id),
            Subject::Card(row) => {
                let card = self.store.cards.get(row);
                watch.card = card.account.clone().map(|account| (account, card.id.clone()));
            }
            Subject::Transaction(row) => {
                let row = self.store.transactions.get(row);
                watch.transaction = Some((row.feed, row.id.clone()));
            }
        }
        watch
    }

    /// What is on the screen and not read yet: cards, and people whose cards are not known.
    fn unread_on_screen(&self) -> (Vec<(AccountId, CardId)>, Vec<HolderId>) {
        let (mut cards, mut holders) = (Vec::new(), Vec::new());
        // Asked with every key.
        if !self.store.cards.is_any_open() && self.store.not_read_held() == 0 {
            return (cards, holders);
        }
        let areas = self.areas();
        if self.focus == Pane::Cardholders {
            let shown = self.panes.cardholders.list.visible(areas.rows(Pane::Cardholders));
            let ids = shown.filter_map(|row| Some(&self.store.holder_at(row)?.id));
            holders.extend(ids.filter(|id| self.store.held(id).exact().is_none()).cloned());
        } else {
            let shown = self.panes.cards.list.visible(areas.rows(Pane::Cards));
            for row in shown.filter(|row| self.store.cards.is_open(*row)) {
                let card = self.store.cards.get(row);
                cards.extend(card.account.clone().map(|account| (account, card.id.clone())));
            }
        }
        (cards, holders)
    }

    /// When the picture next changes by itself, in `Now::up`.
    pub fn wake_at(&self) -> Option<Duration> {
        if self.lock.is_locked() {
            return None;
        }
        let turning = self.is_turning().then(|| self.now.up.saturating_add(theme::TURN));
        let header = header::wake_at(&self.store, self.pulse(), self.now);
        let acts = self.acts.wake_at(self.now, &self.overlays);
        let aging = self.is_aging().then(|| self.now.up.saturating_add(Duration::from_secs(1)));
        let secrets = self.overlays.wake_at(self.now.up);
        let asking = self.overlays.login().is_some_and(LoginForm::is_sent);
        let asking = asking.then(|| self.now.up.saturating_add(theme::TURN));
        let lock = self.lock_wakes_at();
        let copied = self.copied.map(|copied| copied.wake_at(self.now.up));
        let session = self.session.wake_at(self.now);
        let toasts = self.toasts.next_expiry();
        let is_due = |pane: &Pane| self.panes.get(*pane).is_due(self.focus == *pane);
        let exports = self.exporting.as_ref().is_some_and(exports::Exporting::is_due);
        let due = (exports || Pane::ALL.iter().any(is_due)).then_some(self.now.up);
        let all = [turning, header, acts, aging, secrets, lock, copied, session, toasts, due, asking, self.refreshing];
        all.into_iter().flatten().min()
    }

    /// Whether something on the screen tells its age, second by second.
    fn is_aging(&self) -> bool {
        let (areas, ctx) = (self.areas(), self.pane_ctx());
        self.panes_of_focus().any(|pane| self.panes.get(pane).is_aging(&ctx, areas.rows(pane)))
    }

    /// Whether a pane waits for its first answer.
    fn is_turning(&self) -> bool {
        self.waits().contains(&true)
    }

    fn waits(&self) -> [bool; Pane::ALL.len()] {
        let ctx = self.pane_ctx();
        let is_looked_at = |pane: Pane| !pane.is_sheet() || pane == self.focus;
        Pane::ALL.map(|pane| is_looked_at(pane) && self.panes.get(pane).fresh(&ctx).waiting)
    }

    /// The sheet that has the focus, or those that stand together; on a monitor the transactions beside the insights.
    pub(super) fn panes_of_focus(&self) -> impl Iterator<Item = Pane> {
        let sheet = self.focus.is_sheet();
        let feed = self.setup.monitor && self.focus == Pane::Insights;
        let together = Pane::TOGETHER.into_iter().filter(move |_| !sheet);
        together.chain(Some(self.focus).filter(|_| sheet)).chain(Some(Pane::Transactions).filter(|_| feed))
    }

    /// What panes look at.
    pub(super) fn pane_ctx(&self) -> PaneCtx<'_> {
        let (account, scope) = (self.account().cloned(), self.scope());
        let outcomes = self.acts.outcomes();
        PaneCtx { store: &self.store, setup: &self.setup, outcomes, now: self.now, account, scope }
    }

    /// The panes, and what they look at.
    pub(super) fn panes_mut(&mut self) -> (&mut Panes, PaneCtx<'_>) {
        let (account, scope) = (self.account().cloned(), self.scope());
        let outcomes = self.acts.outcomes();
        let ctx = PaneCtx { store: &self.store, setup: &self.setup, outcomes, now: self.now, account, scope };
        (&mut self.panes, ctx)
    }

    /// Sorts and filters a list; whether anything was done.
    pub(super) fn reindex(&mut self, pane: Pane, why: Reindex) -> bool {
        let (panes, ctx) = self.panes_mut();
        panes.get_mut(pane).reindex(&ctx, why)
    }

    pub(super) fn title(&self, pane: Pane, now: Now) -> Title {
        let mut title = self.panes.get(pane).title(&PaneCtx { now, ..self.pane_ctx() });
        // When nothing can be read, everything is as old as the newest answer.
        let state = header::link_state(&self.store, self.pulse(), now);
        title.stale |= matches!(state, LinkState::Stale(_) | LinkState::Held { .. });
        title
    }

    fn words(&self) -> Words {
        if let Some(lock) = self.lock_words() {
            return Words { details: Some(lock), ..Words::default() };
        }
        Words {
            header: header::header(&self.store, &self.setup, self.appearance.privacy, self.pulse(), self.now),
            titles: self.panes_of_focus().map(|pane| self.title(pane, self.now)).collect(),
            toasts: self.toasts.clone(),
            details: inspector::state(&self.subject(), &self.store),
            overlays: self.overlays.iter().map(Overlay::kind).collect(),
            waits: self.waits(),
            second: self.is_aging().then_some(self.now.up.as_secs()),
            known: self.known_for_summary(),
        }
    }

    /// What the summary of all accounts rests on beside rows and balances.
    fn known_for_summary(&self) -> Option<([Reach; 2], (chrono::NaiveDate, u8))> {
        match self.subject() {
            Subject::AllAccounts | Subject::Account(_) => {
                let hour = super::clock::day_and_hour(self.now.wall, &self.setup.zone);
                Some(([Feed::Cards, Feed::Accounts].map(|feed| self.store.reach(feed)), hour))
            }
            _ => None,
        }
    }

    /// Does something with the cursor of every list, whatever its rows are.
    fn each_cursor(&mut self, mut does: impl FnMut(&mut dyn Selection)) {
        for pane in Pane::ALL {
            does(self.panes.get_mut(pane).list_mut().selection());
        }
    }

    /// A frame was drawn at this moment: what it shows can be read from now on.
    pub fn drawn(&mut self, now: Now) {
        if self.lock.is_locked() || self.must_lock(now) || areas::width_of(self.size) == Width::TooSmall {
            return;
        }
        self.each_cursor(|cursor| cursor.drawn(now.up));
        match self.overlays.kind() {
            Some(OverlayKind::BulkRun) => self.acts.plan_drawn(),
            _ => self.overlays.drawn(),
        }
    }

    /// No input waits: whatever key comes next was pressed after the last frame.
    pub fn input_is_empty(&mut self) {
        match self.overlays.kind() {
            Some(OverlayKind::BulkRun) => self.acts.input_is_empty(),
            _ => self.overlays.input_is_empty(),
        }
    }

    /// What panes measure by.
    pub(super) fn render_ctx(&self) -> super::panes::RenderCtx<'_> {
        super::panes::RenderCtx {
            store: &self.store,
            setup: &self.setup,
            outcomes: self.acts.outcomes(),
            insights: self.panes.insights.insights(),
            theme: theme::Theme::MONOCHROME,
            now: self.now,
            focused: true,
        }
    }
}

/// What tests and tools look at.
impl Model {
    /// Rows of the focused pane.
    pub fn rows(&self) -> usize {
        self.panes.get(self.focus).len(&self.pane_ctx())
    }

    /// What the filter of the focused list asks for.
    pub fn query(&self) -> &Query {
        self.filter().query()
    }

    /// The rows of the list of cards.
    pub fn card_rows(&self) -> impl Iterator<Item = CardRow> + '_ {
        self.panes.cards.list.rows()
    }

    /// The rows of the list of cardholders.
    pub fn holder_rows(&self) -> impl Iterator<Item = HolderRow> + '_ {
        self.panes.cardholders.list.rows()
    }

    /// The rows of the list of transactions.
    pub fn transaction_rows(&self) -> transactions::Shown<'_> {
        self.panes.transactions.shown(&self.store, &self.scope())
    }

    /// The card under the cursor of the list of cards.
    pub fn card_under_cursor(&self) -> Option<&Card> {
        self.panes.cards.list.cursor.row().map(|row| self.store.cards.get(*row))
    }

    /// The account row under the cursor, all accounts included.
    pub fn account_row(&self) -> Option<&accounts::Row> {
        self.panes.accounts.list.cursor.row()
    }
}
