//! Everything the dashboard knows, and what each message does to it.
//!
//! How one moves: choosing a row of pane 1 narrows cards and transactions to that account at once. `Enter`
//! goes in and `Esc` comes back:
//!
//! ```text
//! accounts ─Enter▶ cards of it ─Enter▶ transactions of one card ─Enter▶ details
//!          ◀─Esc─              ◀─Esc─                           ◀─Esc─
//! ```
//!
//! Where the window is too narrow for the details to stand beside (below 140 columns), `Enter` first opens
//! them over the panes; beside, it lets the keys that turn pages turn those of a transaction. They follow the selection; `Enter` again goes in, `Esc` closes them. Zooming goes with
//! the focus; at the outermost place `Esc` ends it.
//!
//! Pane 4 leads to the same two lists: `Enter` on a person shows their cards of all accounts and the transactions
//! of those, and `Esc` comes back. `o` goes from a card to its person and back.

use std::time::Duration;

use ratatui::layout::Rect;

use super::actions::{self, Act, Details, Screen, Situation};
use super::acts::Acts;
use super::areas::{self, Areas, Shape, Width};
use super::copied::Copied;
use super::filter::Query;
use super::header::{self, Header, LinkState, Pulse};
use super::list::{Rows, Step};
use super::lock::Lock;
use super::looks::Looks;
use super::msg::{Effect, Key, Link, Msg, Now, Setup, Topic, Watch};
use super::palette::Palette;
use super::panes::accounts::{self, AccountsPane};
use super::panes::cardholders::CardholdersPane;
use super::panes::cards::CardsPane;
use super::panes::inspector::{self, Subject};
use super::panes::journal::JournalPane;
use super::panes::transactions::{self, TransactionsPane};
use super::panes::webhooks::WebhooksPane;
use super::panes::{Pane, Title};
use super::payload::Viewer;
use super::secrets::Secrets;
use super::session::Session;
use super::store::{CardRow, Changes, Scope, Store};
use super::theme;
use super::toast::Toasts;
use super::views::Views;
use crate::domain::card::Card;
use crate::domain::ids::AccountId;
use crate::domain::transaction::Feed;

/// How long the sign of a refresh turns at most.
const REFRESH: Duration = Duration::from_secs(20);

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
    pub(super) looks: Looks,
    size: (u16, u16),
    pub(super) store: Store,
    focus: Pane,
    /// Where one comes back to from a sheet.
    before: Pane,
    pub(super) zoomed: bool,
    /// The mouse is listened to, not left to the terminal.
    pub(super) captured: bool,
    /// The details were opened over the panes.
    pub(super) details: bool,
    /// First line of the details that is shown.
    details_top: usize,
    /// Help and commands, when they are open.
    pub(super) palette: Option<Palette>,
    /// Actions that were run from there, the last first.
    pub(super) recent: Vec<Act>,
    pub(super) accounts: AccountsPane,
    pub(super) cards: CardsPane,
    pub(super) transactions: TransactionsPane,
    pub(super) cardholders: CardholdersPane,
    pub(super) toasts: Toasts,
    pub(super) acts: Acts,
    pub(super) journal: JournalPane,
    pub(super) webhooks: WebhooksPane,
    pub(super) secrets: Secrets,
    pub(super) lock: Lock,
    pub(super) session: Session,
    pub(super) copied: Option<Copied>,
    pub(super) views: Views,
    changed: Option<chrono::DateTime<chrono::Utc>>,
    /// Until when a refresh is shown as under way.
    refreshing: Option<Duration>,
    pub(super) now: Now,
    /// What was said around the rows when it was last looked at.
    words: Words,
}

/// All that is on the screen beside rows: when it is the same, a reply that brought no rows changed nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Words {
    header: Header,
    titles: Vec<Title>,
    toasts: Toasts,
    details: Option<String>,
    /// Which panes wait for their first answer: an empty list says another thing after it.
    waits: [bool; 5],
    /// The second, when something tells its age.
    second: Option<u64>,
}

impl Model {
    /// A dashboard that has read nothing yet. `size` is columns and rows.
    pub fn new(setup: Setup, size: (u16, u16), now: Now) -> Model {
        let mut store = Store::default();
        store.transactions.set_limit(setup.history);
        let captured = setup.mouse;
        let mut model = Model {
            looks: setup.looks.clone(),
            views: Views::new(setup.views.clone()),
            setup,
            captured,
            size,
            store,
            focus: Pane::Cards,
            before: Pane::Cards,
            zoomed: false,
            details: false,
            details_top: 0,
            palette: None,
            recent: Vec::new(),
            accounts: AccountsPane::default(),
            cards: CardsPane::default(),
            transactions: TransactionsPane::default(),
            cardholders: CardholdersPane::default(),
            toasts: Toasts::default(),
            acts: Acts::default(),
            journal: JournalPane::default(),
            webhooks: WebhooksPane::default(),
            secrets: Secrets::default(),
            lock: Lock::new(now.up),
            session: Session::default(),
            copied: None,
            changed: None,
            refreshing: None,
            now,
            words: Words::default(),
        };
        model.toasts.complain(now.up, &model.setup.complaints);
        model.restore();
        model.settle();
        model.words = model.words();
        model
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The theme, and whether privacy is on.
    pub fn looks(&self) -> &Looks {
        &self.looks
    }

    pub fn focus(&self) -> Pane {
        self.focus
    }

    /// Acts that change something at 4pay and were not answered yet.
    pub fn in_flight_acts(&self) -> usize {
        self.acts.tally().in_flight
    }

    /// The dialog that is open, what is under way, what the journal says.
    pub fn acts(&self) -> &Acts {
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
        self.accounts.account()
    }

    /// Which transactions are listed.
    pub fn scope(&self) -> Scope {
        match (&self.transactions.card, self.account()) {
            (Some(card), _) => Scope::Card(card.clone()),
            (None, Some(account)) if self.cards.holder.is_none() => Scope::Account(account.clone()),
            (None, _) => self.cards.holder.clone().map_or(Scope::All, Scope::Holder),
        }
    }

    /// What the details are about: the row under the cursor of the focused pane.
    pub fn subject(&self) -> Subject {
        match self.focus {
            Pane::Accounts => self.account().map_or(Subject::AllAccounts, |id| Subject::Account(id.clone())),
            Pane::Cards => self.cards.cursor.row().map_or(Subject::Nothing, |row| Subject::Card(*row)),
            Pane::Transactions => {
                self.transactions.cursor.row().map_or(Subject::Nothing, |row| Subject::Transaction(*row))
            }
            Pane::Cardholders => self
                .cardholders
                .chosen(&self.store)
                .map_or(Subject::Nothing, |holder| Subject::Holder(holder.id.clone())),
            Pane::Webhooks | Pane::Journal => Subject::Nothing,
        }
    }

    pub(super) fn shape(&self) -> Shape {
        let strip_error = self.accounts.fresh(&self.store).failed.is_some();
        Shape { focus: self.focus, zoomed: self.zoomed, details: self.details, strip_error }
    }

    pub(super) fn areas(&self) -> Areas {
        areas::areas(Rect::new(0, 0, self.size.0, self.size.1), self.shape())
    }

    /// What decides which actions apply.
    pub fn situation(&self) -> Situation {
        let width = areas::width_of(self.size);
        Situation {
            screen: match (width, &self.palette) {
                (Width::TooSmall, _) => Screen::TooSmall,
                _ if self.session.is_open() => Screen::Dialog,
                _ if self.acts.dialog().is_some() || self.acts.is_plan_open() || self.secrets.is_open() => {
                    Screen::Dialog
                }
                _ if self.webhooks.viewer.is_some() || self.views.is_open() => Screen::Dialog,
                (_, Some(_)) => Screen::Help,
                _ if self.filter().is_typing() => Screen::Filter,
                (_, None) => Screen::Panes,
            },
            focus: self.focus,
            any_row: match self.focus {
                Pane::Accounts => true,
                Pane::Cards => self.cards.cursor.row().is_some(),
                Pane::Transactions => self.transactions.cursor.row().is_some(),
                Pane::Cardholders => self.cardholders.cursor.row().is_some(),
                Pane::Webhooks => self.webhooks.list.cursor.row().is_some(),
                Pane::Journal => self.journal.list.cursor.row().is_some(),
            },
            account: self.account().is_some(),
            card_scope: self.transactions.card.is_some() || self.cards.holder.is_some(),
            zoomed: self.zoomed,
            paused: self.transactions.paused,
            details: match (width, self.zoomed, self.details) {
                (Width::Wide, ..) if self.focus == Pane::Cardholders => Details::Beside,
                _ if self.focus.is_sheet() => Details::Closed,
                (Width::Wide, false, true) if self.focus == Pane::Transactions => Details::Open,
                (Width::Wide, false, _) => Details::Beside,
                (Width::Wide, true, _) | (_, _, false) => Details::Closed,
                (_, _, true) => Details::Open,
            },
            filtered: self.filter().is_active(),
            searching: self.is_searching(),
            marked: self.marks().is_some(),
            refusals: self.refusals(),
            frozen: self.is_frozen_in_hand(),
        }
    }

    /// What the poller should read more often.
    pub fn watch(&self) -> Watch {
        let webhooks = self.focus == Pane::Webhooks;
        let mut watch = Watch { account: self.account().cloned(), webhooks, ..Watch::default() };
        if self.situation().details == Details::Closed {
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

    /// When the picture next changes by itself, in `Now::up`.
    pub fn wake_at(&self) -> Option<Duration> {
        if self.lock.is_locked() {
            return None;
        }
        let turning = self.is_turning().then(|| self.now.up.saturating_add(theme::TURN));
        let header = header::wake_at(&self.store, self.pulse(), self.now);
        let acts = self.acts.wake_at(self.now);
        let aging = self.is_aging().then(|| self.now.up.saturating_add(Duration::from_secs(1)));
        let secrets = self.secrets.wake_at(self.now.up);
        let adding = (self.focus == Pane::Cardholders).then(|| self.cardholders.wake_at(self.now)).flatten();
        let lock = self.lock_wakes_at();
        let copied = self.copied.map(|copied| copied.wake_at(self.now.up));
        let session = self.session.wake_at(self.now);
        let toasts = self.toasts.next_expiry();
        let all = [turning, header, acts, aging, secrets, adding, lock, copied, session, toasts, self.refreshing];
        all.into_iter().flatten().min()
    }

    /// Whether something on the screen tells its age, second by second.
    fn is_aging(&self) -> bool {
        match self.focus {
            Pane::Journal => self.acts.past().iter().any(|past| !past.stage.is_final()),
            _ => self.cards.is_aging(&self.store, self.areas().rows(Pane::Cards), self.now),
        }
    }

    /// Whether a pane waits for its first answer.
    fn is_turning(&self) -> bool {
        self.waits().contains(&true)
    }

    fn waits(&self) -> [bool; 5] {
        [
            self.accounts.fresh(&self.store).waiting,
            self.cards.fresh(&self.store, self.account()).waiting,
            self.transactions.fresh(&self.store).waiting,
            self.focus == Pane::Cardholders && self.cardholders.fresh(&self.store).waiting,
            self.focus == Pane::Webhooks && self.webhooks.fresh(&self.store).waiting,
        ]
    }

    pub(super) fn title(&self, pane: Pane, now: Now) -> Title {
        let mut title = match pane {
            Pane::Accounts => self.accounts.title(&self.store),
            Pane::Cards => self.cards.title(&self.store, self.account()),
            Pane::Transactions => self.title_of_transactions(now),
            Pane::Cardholders => self.cardholders.title(&self.store, (&self.setup, now)),
            Pane::Webhooks => self.webhooks.title(&self.store),
            Pane::Journal => self.journal.title(&self.acts),
        };
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
            header: header::header(&self.store, &self.setup, self.looks.privacy, self.pulse(), self.now),
            titles: match self.focus.is_sheet() {
                true => vec![self.title(self.focus, self.now)],
                false => Pane::TOGETHER.map(|pane| self.title(pane, self.now)).into(),
            },
            toasts: self.toasts.clone(),
            details: inspector::state(&self.subject(), &self.store),
            waits: self.waits(),
            second: self.is_aging().then_some(self.now.up.as_secs()),
        }
    }

    /// Puts cursors and windows right after anything may have moved them. Whether what they show became another.
    fn settle(&mut self) -> bool {
        let areas = self.areas();
        let rows = |pane| (!areas.of(pane).is_empty()).then(|| areas.rows(pane));
        let account = self.accounts.account().cloned();
        let shown = self.accounts.shown();
        let mut cursor = self.accounts.cursor.clone();
        cursor.settle(&shown, if areas.strip { None } else { rows(Pane::Accounts) }, false);
        self.accounts.cursor = cursor;
        if self.accounts.account() != account.as_ref() {
            self.follow_account();
        }
        let mut cursor = self.cards.cursor.clone();
        cursor.settle(&self.cards.shown(), rows(Pane::Cards), false);
        self.cards.cursor = cursor;
        let scope = self.scope();
        let held = self.transactions.held();
        let mut cursor = self.transactions.cursor.clone();
        cursor.settle(&self.transactions.shown(&self.store, &scope), rows(Pane::Transactions), held);
        self.transactions.cursor = cursor;
        self.transactions.see();
        let mut summed = false;
        if self.focus == Pane::Cardholders {
            let height = rows(Pane::Cardholders);
            self.cardholders.settle(height);
            summed = self.cardholders.add_up(&self.store, height.unwrap_or(0), self.now);
            self.cardholders.settle(height);
        }
        if self.focus == Pane::Webhooks {
            self.webhooks.arrange(&self.store);
            self.webhooks.list.settle(rows(Pane::Webhooks));
        }
        let journal_rows = rows(Pane::Journal);
        if self.focus == Pane::Journal {
            self.journal.arrange(self.acts.past(), &self.store);
        }
        self.journal.list.settle(journal_rows);
        summed
    }

    /// Cards and transactions are those of another account now.
    pub(super) fn follow_account(&mut self) {
        self.transactions.card = None;
        self.cards.holder = None;
        self.cards.cursor.reset();
        self.cards.arrange(&self.store, self.accounts.account());
        self.follow_scope();
    }

    /// The transactions are others now.
    pub(super) fn follow_scope(&mut self) {
        let scope = self.scope();
        self.transactions.cursor.reset();
        self.transactions.unseen = 0;
        self.transactions.arrange(&self.store, &scope);
    }

    fn take(&mut self, changes: &Changes) {
        if changes.accounts {
            self.accounts.filter.as_typed();
            self.accounts.arrange(&self.store);
        }
        self.cards.take(&self.store, self.accounts.account(), changes);
        let scope = self.scope();
        self.transactions.take(&self.store, &scope, changes);
        self.cardholders.take(&self.store, changes, self.now);
    }

    pub(super) fn focus_on(&mut self, pane: Pane) {
        if self.focus != pane {
            if !self.focus.is_sheet() {
                self.before = self.focus;
            }
            self.focus = pane;
            self.details_top = 0;
        }
    }

    pub(super) fn step(&mut self, step: Step) {
        self.step_in(self.focus, step);
        self.details_top = 0;
    }

    pub(super) fn step_in(&mut self, pane: Pane, step: Step) {
        let areas = self.areas();
        let rows = areas.rows(pane);
        match pane {
            Pane::Accounts => {
                let before = self.accounts.account().cloned();
                let mut cursor = self.accounts.cursor.clone();
                cursor.step(&self.accounts.shown(), step, if areas.strip { usize::MAX } else { rows });
                self.accounts.cursor = cursor;
                if self.accounts.account() != before.as_ref() {
                    self.follow_account();
                }
            }
            Pane::Cards => {
                let mut cursor = self.cards.cursor.clone();
                cursor.step(&self.cards.shown(), step, rows);
                self.cards.cursor = cursor;
                self.stretch_marks();
            }
            Pane::Transactions => {
                let mut cursor = self.transactions.cursor.clone();
                cursor.step(&self.transactions.shown(&self.store, &self.scope()), step, rows);
                self.transactions.cursor = cursor;
            }
            Pane::Cardholders => self.cardholders.step(step, rows),
            Pane::Webhooks => self.webhooks.list.step(step, rows),
            Pane::Journal => self.journal.list.step(step, rows),
        }
    }

    /// What panes measure by.
    pub(super) fn light(&self) -> super::panes::Light<'_> {
        super::panes::Light {
            store: &self.store,
            setup: &self.setup,
            acts: &self.acts,
            theme: theme::Theme::MONOCHROME,
            now: self.now,
            focused: true,
        }
    }

    /// A page, or so many lines.
    pub(super) fn scroll_details(&mut self, down: bool, lines: Option<usize>) {
        let area = self.areas().details;
        let page = usize::from(area.height.saturating_sub(2));
        let length = inspector::length(&self.subject(), area.width, &self.light());
        let most = length.saturating_sub(page);
        let by = lines.unwrap_or(page.saturating_sub(1).max(1));
        self.details_top = match down {
            true => self.details_top.saturating_add(by).min(most),
            false => self.details_top.saturating_sub(by),
        };
    }

    fn go_in(&mut self, effects: &mut Vec<Effect>) {
        if !self.focus.is_sheet()
            && self.situation().details == Details::Closed
            && self.subject() != Subject::AllAccounts
        {
            if areas::width_of(self.size) == Width::Wide {
                // Beside is where they stand; a zoomed pane hides them.
                self.zoomed = self.zoomed && self.focus != Pane::Transactions;
                if !self.zoomed {
                    return;
                }
            } else {
                self.details = true;
                self.details_top = 0;
                return;
            }
        }
        match self.focus {
            Pane::Accounts => {
                self.details = false;
                self.focus_on(Pane::Cards);
            }
            Pane::Cards => {
                let Some(row) = self.cards.cursor.row() else { return };
                let id = self.store.cards.get(*row).id.clone();
                self.details = false;
                if self.transactions.card.as_ref() != Some(&id) {
                    effects.push(Effect::Fetch(Topic::CardTransactions(id.clone())));
                    self.transactions.card = Some(id);
                    self.follow_scope();
                }
                self.focus_on(Pane::Transactions);
            }
            // They stand beside: the keys that turn pages turn theirs.
            Pane::Transactions => {
                self.details = true;
                self.details_top = 0;
            }
            Pane::Cardholders => self.enter_holder(effects),
            Pane::Webhooks => self.webhooks.viewer = self.webhooks.chosen(&self.store).map(Viewer::open),
            Pane::Journal => {
                if let Some(past) = self.journal.chosen(self.acts.past()).cloned() {
                    let (acts, mut desk) = self.desk(effects);
                    acts.look(&past, &mut desk);
                }
            }
        }
    }

    fn go_back(&mut self) {
        if self.focus.is_sheet() && !self.filter().is_active() {
            self.focus_on(self.before);
            return;
        }
        if self.situation().details == Details::Open {
            self.details = false;
            return;
        }
        if self.stop_search() {
            return;
        }
        if self.marks().is_some() {
            self.cards.marks.clear();
            return;
        }
        if self.drop_filter() {
            return;
        }
        if let Some(card) = self.transactions.card.take() {
            self.follow_scope();
            self.focus_on(Pane::Cards);
            if let Some(row) = self.store.cards.row(&card) {
                let rows = self.areas().rows(Pane::Cards);
                let mut cursor = self.cards.cursor.clone();
                cursor.choose(&self.cards.shown(), &row, rows);
                self.cards.cursor = cursor;
            }
            return;
        }
        if self.leave_holder() {
            return;
        }
        match self.focus {
            Pane::Transactions => self.focus_on(Pane::Cards),
            Pane::Cards => self.focus_on(Pane::Accounts),
            Pane::Accounts if self.account().is_some() => self.step(Step::First),
            Pane::Accounts => self.zoomed = false,
            Pane::Cardholders | Pane::Webhooks | Pane::Journal => {}
        }
    }

    fn sort(&mut self, turn: bool) {
        let account = self.accounts.account().cloned();
        match (self.focus, turn) {
            (Pane::Accounts, true) => self.accounts.sort.turned = !self.accounts.sort.turned,
            (Pane::Accounts, false) => self.accounts.sort_next(),
            (Pane::Cards, true) => self.cards.sort.turned = !self.cards.sort.turned,
            (Pane::Cards, false) => self.cards.sort_next(&self.setup),
            (Pane::Transactions, true) => self.transactions.sort.turned = !self.transactions.sort.turned,
            (Pane::Transactions, false) => self.transactions.sort_next(&self.setup),
            (Pane::Cardholders, true) => self.cardholders.sort.turned = !self.cardholders.sort.turned,
            (Pane::Cardholders, false) => self.cardholders.sort_next(&self.store),
            (Pane::Webhooks | Pane::Journal, _) => {}
        }
        match self.focus {
            Pane::Accounts => self.accounts.arrange(&self.store),
            Pane::Cards if !turn => self.cards.arrange(&self.store, account.as_ref()),
            Pane::Transactions if !turn => {
                let scope = self.scope();
                self.transactions.arrange(&self.store, &scope);
            }
            _ => {}
        }
    }

    /// Goes to a sheet; its own key comes back from it.
    pub(super) fn toggle_sheet(&mut self, pane: Pane) {
        self.focus_on(if self.focus == pane { self.before } else { pane });
    }

    pub(super) fn perform(&mut self, act: Act, effects: &mut Vec<Effect>) {
        let page = self.areas().rows(self.focus).saturating_sub(1).max(1);
        let open = self.situation().details == Details::Open;
        match act {
            Act::Quit if self.ask_before_quitting(effects) => {}
            Act::Quit | Act::Interrupt => effects.push(Effect::Quit),
            Act::Suspend => effects.push(Effect::Suspend),
            Act::Help => self.palette = Some(Palette::open(true)),
            Act::Commands => self.palette = Some(Palette::open(false)),
            Act::Back => self.go_back(),
            Act::PageDown if open => self.scroll_details(true, None),
            Act::PageUp if open => self.scroll_details(false, None),
            Act::Down => self.step(Step::Down(1)),
            Act::Up => self.step(Step::Up(1)),
            Act::PageDown => self.step(Step::Down(page)),
            Act::PageUp => self.step(Step::Up(page)),
            Act::Top => self.step(Step::First),
            Act::Bottom => {
                self.want_older_events(effects);
                self.want_older_rows(effects);
                self.step(Step::Last);
            }
            Act::Accounts => self.focus_on(Pane::Accounts),
            Act::Cards => self.focus_on(Pane::Cards),
            Act::Transactions => self.focus_on(Pane::Transactions),
            Act::NextPane => self.focus_on(self.focus.next()),
            Act::PreviousPane => self.focus_on(self.focus.previous()),
            Act::Right => self.focus_on(self.focus.next()),
            Act::Left => self.focus_on(self.focus.previous()),
            Act::In => self.go_in(effects),
            Act::Filter => self.open_filter(),
            Act::Views => self.open_views(),
            Act::Search => self.search(effects),
            Act::Mark | Act::MarkRange | Act::MarkAll => self.mark(act),
            Act::Plan => self.acts.open_plan(),
            Act::Zoom => self.zoomed = !self.zoomed,
            Act::SortNext => self.sort(false),
            Act::SortReverse => self.sort(true),
            Act::Issue
            | Act::Freeze
            | Act::Undo
            | Act::TopUp
            | Act::Withdraw
            | Act::Transfer
            | Act::Close
            | Act::Edit => {
                self.act(act, effects);
            }
            Act::Lock => self.shut(true, effects),
            Act::Mouse => self.toggle_mouse(effects),
            Act::Login => self.open_login(),
            Act::Profile => self.open_profiles(),
            Act::Copy => self.open_copy_menu(),
            Act::Reveal => self.open_reveal(),
            Act::Cardholders => self.toggle_sheet(Pane::Cardholders),
            Act::Holder => self.go_to_holder_or_back(),
            Act::Webhooks => self.toggle_sheet(Pane::Webhooks),
            Act::SetWebhook | Act::DropWebhook | Act::Replay | Act::Gaps => self.act_on_webhooks(act, effects),
            Act::Journal => self.toggle_sheet(Pane::Journal),
            Act::Pause if self.transactions.paused => self.follow_newest(),
            Act::Pause => self.transactions.paused = true,
            Act::Privacy => self.looks.privacy = !self.looks.privacy,
            Act::Theme => self.looks.book.turn(),
            Act::Refresh => {
                self.refreshing = Some(self.now.up.saturating_add(REFRESH));
                effects.push(Effect::Refresh);
            }
        }
    }

    fn ask_before_quitting(&mut self, effects: &mut Vec<Effect>) -> bool {
        let (acts, mut desk) = self.desk(effects);
        acts.quit(&mut desk)
    }

    /// Ends a pause: the newest rows are shown, and come in as they happen.
    fn follow_newest(&mut self) {
        self.transactions.paused = false;
        let rows = self.areas().rows(Pane::Transactions);
        let mut cursor = self.transactions.cursor.clone();
        cursor.step(&self.transactions.shown(&self.store, &self.scope()), Step::First, rows);
        self.transactions.cursor = cursor;
    }

    /// Carries out what a key means; false when it means nothing.
    pub(super) fn pressed(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        if self.lock.is_locked() {
            return self.press_lock(key, effects);
        }
        if self.situation().screen == Screen::Dialog {
            if self.session.is_open() {
                return self.press_login(key, effects);
            }
            // A dialog has all keys but those that leave the program at once, and the one that logs in over it.
            let leaves = self.looks.keys.lookup(key).filter(|action| match action.act {
                Act::Interrupt | Act::Suspend => true,
                Act::Login => self.login_misfit().is_ok(),
                _ => false,
            });
            if let Some(action) = leaves {
                self.perform(action.act, effects);
                return true;
            }
            if self.secrets.is_open() {
                return self.press_secret(key, effects);
            }
            if self.views.is_open() {
                return self.press_views(key);
            }
            if self.acts.dialog().is_none() && self.webhooks.viewer.is_some() {
                return self.press_payload(key, effects);
            }
            let (acts, mut desk) = self.desk(effects);
            return acts.press(key, &mut desk);
        }
        if self.situation().screen == Screen::Help {
            return self.press_palette(key, effects);
        }
        if self.situation().screen == Screen::Filter {
            return self.press_filter(key, effects);
        }
        let Some(action) = self.looks.keys.lookup(key) else { return false };
        match actions::applies(action.act, &self.situation()) {
            Ok(()) => self.perform(action.act, effects),
            Err(_) if self.situation().screen != Screen::Panes => return false,
            Err(why) => self.refuse(action.act, &why),
        }
        true
    }

    pub(super) fn replied(&mut self, topic: &Topic, changes: &Changes) -> bool {
        if matches!(topic, Topic::Accounts | Topic::Newest(Feed::Cards)) {
            self.refreshing = None;
        }
        let Changes { accounts, detail, holders, cards_new, cards_changed, .. } = changes;
        let rows = !changes.transactions_new.is_empty() || !changes.transactions_changed.is_empty();
        let any = *accounts
            || detail.is_some()
            || *holders
            || changes.hooks
            || !cards_new.is_empty()
            || !cards_changed.is_empty()
            || rows;
        if any && !changes.transactions_bulk {
            self.changed = Some(self.now.wall);
        }
        self.take(changes);
        any
    }
}

/// What a message does to the model.
pub fn update(model: &mut Model, now: Now, msg: Msg) -> Outcome {
    let mut effects = Vec::new();
    model.now = now;
    model.toasts.expire(now.up);
    model.copied = model.copied.filter(|copied| !copied.is_over(now.up));
    model.refreshing = model.refreshing.filter(|until| *until > now.up);
    let greeted = model.end_welcome(&msg);
    let msg = model.guard(msg, &mut effects);
    let blanked = model.blank(&msg, &mut effects);
    // Behind the lock only what is about the lock or the window changes the picture.
    let seen = !model.lock.is_locked()
        || matches!(msg, Msg::Pressed(_) | Msg::Pasted(_) | Msg::Resized(..) | Msg::Resumed | Msg::Unlocked(_));
    let changed = match msg {
        Msg::Pressed(key) => model.pressed(key, &mut effects),
        Msg::Clicked(column, row) => model.clicked((column, row)),
        Msg::Wheeled { at, down } => model.wheeled(at, down),
        Msg::Resized(columns, rows) => {
            model.size = (columns, rows);
            true
        }
        Msg::Asked(topic) => {
            model.store.asked(&topic);
            false
        }
        Msg::Replied { topic: Topic::Search(sought), asked, outcome } => {
            model.searched(sought, asked, outcome, &mut effects)
        }
        Msg::Replied { topic, asked, outcome } => {
            match &outcome {
                Ok(_) => model.heard_answer(),
                Err(failure) => model.heard_failure(failure, &mut effects),
            }
            let changes = model.store.replied(now, topic.clone(), asked, outcome);
            model.replied(&topic, &changes)
        }
        Msg::LinkChanged(link) => {
            model.store.link = Link { ..link };
            false
        }
        Msg::ProfileRefused(name, why) => {
            model.keep_profile(&name, &why);
            true
        }
        Msg::ViewKept(change, outcome) => {
            model.kept_view(&change, outcome);
            true
        }
        Msg::Resumed => true,
        Msg::Unlocked(outcome) => {
            model.unlocked(outcome);
            true
        }
        Msg::CredentialRead(outcome) => {
            model.read_credential(outcome);
            true
        }
        Msg::LoggedIn(outcome) => {
            model.logged_in(outcome);
            true
        }
        Msg::SessionEnds(at) => {
            model.session_ends(at);
            true
        }
        Msg::Pasted(text) if model.lock.is_locked() => model.paste_lock(&text),
        Msg::Pasted(text) if model.secrets.is_open() => model.paste_reason(&text),
        Msg::Pasted(text) if model.session.is_open() => model.paste_login(&text),
        Msg::Pasted(text) if model.situation().screen == Screen::Help => model.paste_palette(&text),
        Msg::Pasted(text) if model.situation().screen == Screen::Filter => model.paste_filter(&text),
        Msg::Pasted(text) if model.acts.dialog().is_none() && model.webhooks.viewer.is_some() => {
            model.paste_payload(&text)
        }
        Msg::Pasted(text) => {
            let (acts, mut desk) = model.desk(&mut effects);
            acts.paste(&text, &mut desk)
        }
        Msg::Replayed { event, to, taken, words } => {
            model.replayed(&event, to, taken, &words);
            true
        }
        Msg::ReceiverChanged(receiver) => model.told_of_receiver(receiver),
        Msg::SignedWith(what) => model.told_of_secret(what),
        Msg::Woke | Msg::FocusGained | Msg::FocusLost | Msg::Stopping => false,
        told => {
            if let Msg::Refused { failure, .. } = &told {
                model.heard_failure(failure, &mut effects);
            }
            if let Some(told) = model.told_of_secrets(told) {
                let (acts, mut desk) = model.desk(&mut effects);
                acts.told(told, &mut desk);
            }
            true
        }
    };
    let summed = model.settle();
    let changed = {
        let (acts, mut desk) = model.desk(&mut effects);
        acts.settle(&mut desk) || changed || blanked || summed
    };
    model.end_behind_lock(&mut effects);
    let words = model.words();
    let redraw = greeted || (changed && seen) || words != model.words;
    model.words = words;
    Outcome { effects, redraw }
}

/// What tests and tools look at.
impl Model {
    /// Rows of the focused pane.
    pub fn rows(&self) -> usize {
        match self.focus {
            Pane::Accounts => self.accounts.shown().len(),
            Pane::Cards => self.cards.shown().len(),
            Pane::Transactions => self.transactions.shown(&self.store, &self.scope()).len(),
            Pane::Cardholders => self.cardholders.shown().len(),
            Pane::Webhooks => self.webhooks.list.rows.len(),
            Pane::Journal => self.journal.list.rows.len(),
        }
    }

    /// What the filter of the focused list asks for.
    pub fn query(&self) -> &Query {
        self.filter().query()
    }

    /// The rows of the list of cards.
    pub fn card_rows(&self) -> impl Iterator<Item = CardRow> + '_ {
        let rows = self.cards.shown();
        (0..rows.len()).filter_map(move |at| rows.get(at))
    }

    /// The rows of the list of transactions.
    pub fn transaction_rows(&self) -> transactions::Shown<'_> {
        self.transactions.shown(&self.store, &self.scope())
    }

    /// The card under the cursor of the list of cards.
    pub fn card_under_cursor(&self) -> Option<&Card> {
        self.cards.cursor.row().map(|row| self.store.cards.get(*row))
    }

    /// The account row under the cursor, all accounts included.
    pub fn account_row(&self) -> Option<&accounts::Row> {
        self.accounts.cursor.row()
    }
}
