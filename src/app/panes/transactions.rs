//! Pane 3: what happened, newest first, of everything, one account or one card.

mod rows;
mod sums;

use chrono::Utc;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rows::Basis;
pub(super) use rows::compare_by;
pub use rows::fits;
use sums::Sums;

use super::list_pane::{AnyList, Enter, ListPane, ListState, PaneCtx, Subject};
use crate::app::actions::Act;
use crate::app::areas::Areas;
use crate::app::clock;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};

use crate::app::list::{Cursor, Moves, Rows, Step, position_in, turned};
use crate::app::msg::{Setup, Topic};
use crate::app::pane::Pane;
use crate::app::sort_columns::SortColumn;
pub use crate::app::sort_columns::TransactionColumn as By;
use crate::app::ui::describe;
use crate::app::ui::exported::{Exported, Leaving};
use crate::app::ui::frame::{Freshness, Piece, RenderCtx, Title, frame, say, say_why_empty};
use crate::app::ui::row_index::Reindex;

use crate::app::search::Search;
use crate::app::store::{Changes, List, Scope, Store, TxRow};
use crate::app::text::{self, Align, AmountFit};
use crate::app::theme::{self, Theme, Tone};
use crate::domain::card::Card;
use crate::domain::field::Field;
use crate::domain::ids::CardId;
use crate::domain::money::Money;
use crate::domain::totals::Totals;
use crate::domain::transaction::{Direction, Feed, Transaction, TransactionStatus};
use crate::export::cell::{Cell as Value, Unknown};

/// What the person did here.
#[derive(Debug, Default)]
pub struct TransactionsPane {
    pub list: ListState<TxRow, By>,
    /// The card whose transactions alone are shown.
    pub card: Option<CardId>,
    pub paused: bool,
    /// Rows that came in unseen above the window.
    pub unseen: usize,
    /// Searches for older rows, of whatever lists: the last ones, the newest last.
    pub(crate) searches: Vec<Search>,
    /// What cards could be found by when the rows were filtered.
    findable: u64,
    /// What the order of the rows rests on.
    basis: Basis,
    sums: Sums,
}

/// The rows in the order they are shown.
pub enum Shown<'a> {
    /// The store's own order, not copied.
    Newest(List<'a>, bool),
    Sorted(&'a [TxRow], bool),
}

impl Rows for Shown<'_> {
    type Row = TxRow;

    fn len(&self) -> usize {
        match self {
            Shown::Newest(list, _) => list.len(),
            Shown::Sorted(rows, _) => rows.len(),
        }
    }

    fn get(&self, at: usize) -> Option<TxRow> {
        if at >= self.len() {
            return None;
        }
        match self {
            Shown::Newest(list, reversed) => list.get(turned(at, list.len(), *reversed)),
            Shown::Sorted(rows, reversed) => rows.get(turned(at, rows.len(), *reversed)).copied(),
        }
    }

    fn position(&self, row: &TxRow, hint: usize) -> Option<usize> {
        match self {
            Shown::Newest(list, reversed) => list.position(*row).map(|at| turned(at, list.len(), *reversed)),
            Shown::Sorted(rows, reversed) => {
                let hint = turned(hint, rows.len(), *reversed);
                position_in(rows, row, hint).map(|at| turned(at, rows.len(), *reversed))
            }
        }
    }
}

/// Who or what it was about: the merchant, else the description.
pub(super) fn subject(row: &Transaction) -> Option<&str> {
    row.merchant.as_ref().or_else(|| row.description()).map(|text| text.as_str())
}

impl TransactionsPane {
    pub fn shown<'a>(&'a self, store: &'a Store, scope: &Scope) -> Shown<'a> {
        let turned = self.list.index.is_turned();
        match self.list.index.copied() {
            Some(rows) => Shown::Sorted(rows, turned),
            None => Shown::Newest(store.transactions.newest(scope), turned),
        }
    }

    /// What the rows that are shown add up to.
    pub fn totals(&self) -> &Totals {
        self.sums.totals()
    }

    /// Does something with the cursor and the rows as they are shown.
    fn with_rows(&mut self, ctx: &PaneCtx<'_>, does: impl FnOnce(&mut Cursor<TxRow>, &Shown<'_>)) {
        let mut cursor = std::mem::take(&mut self.list.cursor);
        does(&mut cursor, &self.shown(ctx.store, &ctx.scope));
        self.list.cursor = cursor;
    }

    /// Puts the cursor on a row, where the list has it.
    pub fn choose(&mut self, ctx: &PaneCtx<'_>, row: TxRow, height: usize) {
        self.with_rows(ctx, |cursor, shown| cursor.choose(shown, &row, height));
    }

    /// Nothing is unseen once the newest rows are on the screen.
    fn see(&mut self) {
        if !self.paused && self.list.cursor.is_at_top() {
            self.unseen = 0;
        }
    }

    fn fresh_of<'a>(&self, store: &'a Store) -> Freshness<'a> {
        let newest = [Feed::Cards, Feed::Accounts].map(|feed| store.status(&Topic::Newest(feed)));
        let history = [Feed::Cards, Feed::Accounts].map(|feed| store.status(&Topic::History(feed)));
        let mut fresh = Freshness::of(newest);
        fresh.loaded = store.transactions.len();
        fresh.loading = !fresh.waiting && history.iter().any(|part| part.pending && !part.complete);
        fresh.total = history.iter().map(|part| part.total).try_fold(0u64, |sum, total| Some(sum + total?));
        fresh.failed = fresh.failed.or(history.iter().find_map(|part| part.failed));
        if let Some(card) = &self.card {
            fresh.failed = fresh.failed.or(store.status(&Topic::CardTransactions(card.clone())).failed);
        }
        fresh
    }

    fn visible<'a>(&self, store: &'a Store, scope: &Scope, inner: Rect) -> Vec<(TxRow, &'a Transaction)> {
        let (rows, top) = (self.shown(store, scope), self.list.cursor.top());
        let height = usize::from(inner.height.saturating_sub(1));
        (top..top + height).filter_map(|at| rows.get(at)).map(|row| (row, store.transactions.get(row))).collect()
    }
}

impl ListPane for TransactionsPane {
    fn exported(&self, ctx: &PaneCtx<'_>, _leaving: Leaving) -> Exported {
        let shown = self.shown(ctx.store, &ctx.scope);
        let rows: Vec<TxRow> = (0..shown.len()).filter_map(|at| shown.get(at)).collect();
        let order = columns::order(&columns::TRANSACTIONS, &ctx.setup.columns.transactions);
        Exported::to_make(&columns::TRANSACTIONS, &["amount"], order, rows, |store, row, leaving| {
            Some(values(store, store.transactions.get(*row), leaving))
        })
    }

    fn sums(&self, ctx: &PaneCtx<'_>) -> Vec<String> {
        self.sums.parts(ctx.store.grouping)
    }

    fn list(&self) -> &dyn AnyList {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn AnyList {
        &mut self.list
    }

    fn reindex(&mut self, ctx: &PaneCtx<'_>, why: Reindex) -> bool {
        let (store, sort) = (ctx.store, self.list.sort);
        if why != Reindex::Turn {
            self.findable = store.cards.findable();
        }
        if why == Reindex::Anew || self.list.index.is_stale() {
            self.basis = Basis::of(store, sort.by);
        }
        let source = rows::TransactionSource { store, scope: &ctx.scope, sort };
        let any = self.list.index.update(&source, &mut self.list.filter, why);
        let (scope, query) = (&ctx.scope, self.list.filter.query());
        self.sums.are_of(store, scope, query, || self.list.index.copied());
        any
    }

    fn apply(&mut self, ctx: &PaneCtx<'_>, changes: &Changes) {
        let (store, scope) = (ctx.store, &ctx.scope);
        let query = self.list.filter.query();
        let ours = |row: &&TxRow| fits(store, scope, query, store.transactions.get(**row));
        if !changes.transactions_bulk && (self.paused || !self.list.cursor.is_at_top()) {
            self.unseen += changes.transactions_new.iter().filter(ours).count();
        }
        self.sums.apply(store, scope, query, changes);
        if self.list.index.copied().is_none() {
            return;
        }
        // Rows are also found by their card and its holder.
        let of_cards = changes.holders || self.findable != store.cards.findable();
        let of_cards = of_cards && (!query.is_empty() || matches!(scope, Scope::Holder(_)));
        let moved = self.basis != Basis::of(store, self.list.sort.by);
        let source = rows::TransactionSource { store, scope, sort: self.list.sort };
        let (changed, new) = (&changes.transactions_changed, &changes.transactions_new);
        if of_cards || moved || !self.list.index.apply(&source, &self.list.filter, changed, new) {
            self.list.filter.as_typed();
            if of_cards {
                self.sums.forget();
            }
            self.reindex(ctx, Reindex::Anew);
        }
    }

    fn title(&self, ctx: &PaneCtx<'_>) -> Title {
        let (store, scope) = (ctx.store, &ctx.scope);
        let mut title = Title { pieces: vec![Piece::new("Transactions", Tone::Plain)], ..Title::default() };
        let account_name = |id| store.account(id).map(|account| text::cut(&text::name(&account.name), 24).into_owned());
        let crumb = match scope {
            Scope::All => None,
            Scope::Account(id) => account_name(id),
            Scope::Holder(id) => store.holder(id).and_then(|holder| store.holder_name(holder)).map(text::name),
            Scope::Card(id) => store.card(id).map(|card| match card.account.as_ref().and_then(account_name) {
                Some(account) => format!("{account} › {}", describe::short(card)),
                None => describe::short(card),
            }),
        };
        title.pieces.extend(crumb.map(|crumb| Piece::new(crumb, Tone::Plain)));
        let fresh = self.fresh_of(store);
        if self.paused {
            title.pieces.push(Piece::new("paused", Tone::Waiting));
        } else if fresh.stale {
            title.pieces.push(Piece::new("not live", Tone::Waiting));
        } else if fresh.ever {
            title.pieces.push(Piece::new("live", Tone::Good));
        }
        self.list.filter.entitle(&mut title, self.shown(store, scope).len(), store.rows_in(scope), store.grouping);
        if self.unseen > 0 {
            let word = if self.paused { "arrived" } else { "new" };
            title.pieces.push(Piece::new(format!("{} {word}", text::count(self.unseen, store.grouping)), Tone::Plain));
        }
        title.add(&fresh, store.skipped().transactions, store.rows_in(scope) == 0, store.grouping);
        self.entitle_search(&mut title, store, scope, ctx.now, ctx.setup);
        title.sums = self.sums.parts(store.grouping);
        title
    }

    fn view(&self, buffer: &mut Buffer, areas: &Areas, title: &Title, pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) {
        let (area, scope) = (areas.transactions, &pane.scope);
        let inner = frame(buffer, area, title, Some(Pane::Transactions), &ctx.theme, ctx.focused);
        let (store, theme) = (ctx.store, &ctx.theme);
        let rows = self.shown(store, scope);
        if self.list.index.is_fuzzy_due() {
            let looking = "nothing is as typed; letters in their order are looked for";
            return say(buffer, inner, &[(looking.to_owned(), theme.dim())]);
        }
        if rows.is_empty() && self.list.filter.is_active() && store.rows_in(scope) > 0 {
            let [nothing, clear] = self.list.filter.nothing(ctx.setup);
            let older = self.older_words(store, scope, ctx.setup);
            let clear = (!self.is_searching(scope)).then_some((clear, theme.dim()));
            let older = older.map(|older| (older, theme.dim()));
            let lines: Vec<_> = [Some((nothing, theme.plain())), older, clear].into_iter().flatten().collect();
            return say(buffer, inner, &lines);
        }
        if rows.is_empty() {
            let again = format!("{} reads again", ctx.key(Act::Refresh));
            let back = |to: &str| format!("{} goes back to the {to}", ctx.key(Act::Back));
            let (why, how) = match scope {
                Scope::All => ("no transactions yet", format!("they appear here as they happen; {again}")),
                Scope::Account(_) => ("none of the loaded transactions is from this account", again),
                Scope::Holder(_) => ("none of the loaded transactions is by this person", back("people")),
                Scope::Card(_) => ("none of the loaded transactions is from this card", back("cards")),
            };
            let older = self.older_words(store, scope, ctx.setup);
            let nothing: Vec<&str> = [Some(why), older.as_deref(), Some(&*how)].into_iter().flatten().collect();
            say_why_empty(buffer, inner, &self.fresh_of(store), ctx, "the transactions", &nothing);
            return;
        }
        let visible = self.visible(store, scope, inner);
        let Table { order, fit, times, columns, widths } = Table::of(&visible, inner, ctx, self.list.sort.by);
        let found = self.list.filter.query().texts();
        let natural = matches!(self.list.sort.by, By::Time | By::Amount);
        let sorted = order.iter().position(|at| Some(*at) == self.list.sort.by.column());
        let sorted = sorted.map(|at| (at, natural != self.list.sort.turned));
        columns::head(buffer, Rect { height: 1, ..inner }, &columns, &widths, sorted, theme);
        for (line, ((row, transaction), time)) in (1..inner.height).zip(visible.into_iter().zip(times)) {
            let selected = self.list.cursor.row() == Some(&row);
            let mark = match (selected, ctx.focused) {
                (true, true) => Mark::Selected,
                (true, false) => Mark::Kept,
                (false, _) => Mark::None,
            };
            let line = Rect { y: inner.y + line, height: 1, ..inner };
            let how = RowStyle { theme, mark, stale: title.stale, found: &found };
            let cells = columns::pick(&cells(store, transaction, time, &fit, theme), &order);
            columns::row(buffer, line, &columns, &widths, &cells, &how);
        }
    }

    fn column_at(&self, inner: Rect, x: u16, pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) -> Option<&'static str> {
        let visible = self.visible(ctx.store, &pane.scope, inner);
        let at = Table::of(&visible, inner, ctx, self.list.sort.by).at(inner, x)?;
        By::ALL.iter().find(|by| by.column() == Some(at)).map(|by| by.word())
    }

    /// Paused, the window does not move when rows come in.
    fn settle(&mut self, ctx: &PaneCtx<'_>, height: Option<usize>, _focused: bool) -> bool {
        let moves = match (self.paused, self.fresh_of(ctx.store).waiting) {
            (true, _) => Moves::Held,
            (false, true) => Moves::Loading,
            (false, false) => Moves::Follows,
        };
        self.with_rows(ctx, |cursor, rows| cursor.settle(rows, height, moves));
        self.see();
        false
    }

    fn step(&mut self, ctx: &PaneCtx<'_>, step: Step, height: usize) {
        self.with_rows(ctx, |cursor, rows| cursor.step(rows, step, height));
    }

    fn keep_row(&mut self, ctx: &PaneCtx<'_>, height: usize) {
        if let Some(row) = self.list.cursor.row().copied() {
            self.with_rows(ctx, |cursor, rows| cursor.choose(rows, &row, height));
        }
    }

    fn len(&self, ctx: &PaneCtx<'_>) -> usize {
        self.shown(ctx.store, &ctx.scope).len()
    }

    fn fresh<'a>(&self, ctx: &PaneCtx<'a>) -> Freshness<'a> {
        self.fresh_of(ctx.store)
    }

    fn subject(&self, _ctx: &PaneCtx<'_>) -> Subject {
        self.list.cursor.row().map_or(Subject::Nothing, |row| Subject::Transaction(*row))
    }

    fn enter(&self, _ctx: &PaneCtx<'_>) -> Enter {
        Enter::Details
    }

    fn card<'a>(&self, ctx: &PaneCtx<'a>) -> Result<&'a Card, String> {
        let row = self.list.cursor.target().map(|row| ctx.store.transactions.get(*row));
        let card = row.map_or(self.card.as_ref(), |row| row.card.as_ref());
        let card = card.and_then(|id| ctx.store.card(id));
        card.ok_or_else(|| "this transaction is of no card that is known".into())
    }

    fn id(&self, ctx: &PaneCtx<'_>) -> Option<(&'static str, String)> {
        let row = self.list.cursor.target().filter(|_| self.card(ctx).is_err())?;
        Some(("id of the transaction", ctx.store.transactions.get(*row).id.to_string()))
    }

    fn shown_columns(&self, setup: &Setup) -> Option<Vec<usize>> {
        Some(columns::order(&columns::TRANSACTIONS, &setup.columns.transactions))
    }

    fn is_due(&self, _focused: bool) -> bool {
        self.list.index.is_fuzzy_due()
    }
}

/// What a row holds, as it leaves the dashboard.
fn values(store: &Store, row: &Transaction, leaving: Leaving) -> Vec<Value> {
    let status = match row.decline_reason() {
        Some(reason) => leaving.words(&format!("{}: {reason}", row.status)),
        None => Value::Word(row.status.to_string()),
    };
    let account = row.account.as_ref().and_then(|id| store.account(id));
    vec![
        Value::time(&row.created_at),
        Value::Word(describe::kind_word(&row.kind).to_owned()),
        leaving.name(row.merchant.as_ref().or_else(|| row.description())),
        leaving.money(&row.signed()),
        status,
        match row.card.as_ref().map(|id| store.card(id)) {
            Some(Some(card)) => leaving.words(&describe::short(card)),
            Some(None) => Value::Unknown(Unknown::NotRead),
            None => Value::Unknown(Unknown::NotSaid),
        },
        leaving.name(account.map(|account| &account.name)),
    ]
}

/// Before an amount that is what was settled.
pub const SETTLED: &str = "≈";

fn when(row: &Transaction, ctx: &RenderCtx<'_>) -> String {
    let moment = |at: chrono::DateTime<Utc>| clock::moment(at, ctx.now.wall, &ctx.setup.zone);
    match row.created_at {
        Field::Known(at) => moment(at),
        Field::Absent => "–".into(),
        Field::Unreadable => "unreadable".into(),
    }
}

/// The columns that are shown, made for the rows of the window.
struct Table {
    /// Their usual places.
    order: Vec<usize>,
    fit: AmountFit,
    times: Vec<String>,
    columns: Vec<Column>,
    widths: Vec<u16>,
}

impl Table {
    fn of(visible: &[(TxRow, &Transaction)], inner: Rect, ctx: &RenderCtx<'_>, by: By) -> Table {
        let amounts: Vec<Money> = visible.iter().filter_map(|(_, row)| row.signed().known().copied()).collect();
        let fit = AmountFit::of_list(&amounts, ctx.store.grouping);
        let times: Vec<String> = visible.iter().map(|(_, row)| when(row, ctx)).collect();
        let order = columns::order(&columns::TRANSACTIONS, &ctx.setup.columns.transactions);
        let marked = visible.iter().any(|(_, row)| row.amount_is_settlement());
        let layout = layout(&fit, marked, times.iter().map(|time| text::width(time)).max().unwrap_or(8));
        let mut columns = columns::pick(&layout, &order);
        columns::hold(&mut columns, order.iter().position(|at| Some(*at) == by.column()));
        let widths = columns::widths(&columns, inner.width);
        Table { order, fit, times, columns, widths }
    }

    /// The usual place of the column that is drawn at `x`.
    fn at(&self, inner: Rect, x: u16) -> Option<usize> {
        self.order.get(columns::at(&self.widths, inner, x)?).copied()
    }
}

fn layout(fit: &AmountFit, marked: bool, time: usize) -> [Column; 7] {
    let mark = if marked { text::width(SETTLED) + 1 } else { 0 };
    let amount = u16::try_from(fit.width() + mark).unwrap_or(u16::MAX);
    let tail = u16::try_from(fit.currency + 1).unwrap_or(u16::MAX);
    let time = u16::try_from(time).unwrap_or(12).clamp(8, 12);
    [
        Column { title: "Time", align: Align::Right, least: time, most: time, drop: 2, tail: 0 },
        Column { title: "Type", align: Align::Left, least: 10, most: 12, drop: 4, tail: 0 },
        Column { title: "Merchant", align: Align::Left, least: 10, most: 26, drop: 0, tail: 0 },
        Column { title: "Amount", align: Align::Right, least: amount, most: amount, drop: 0, tail },
        Column { title: "Status", align: Align::Left, least: 11, most: 36, drop: 1, tail: 0 },
        Column { title: "Card", align: Align::Left, least: 5, most: 5, drop: 3, tail: 0 },
        Column { title: "Account", align: Align::Left, least: 8, most: 12, drop: 5, tail: 0 },
    ]
}

fn cells<'a>(store: &'a Store, row: &'a Transaction, time: String, fit: &AmountFit, theme: &Theme) -> [Cell<'a>; 7] {
    let (sign, word, tone) = theme::transaction_status(&row.status);
    let status = match row.decline_reason() {
        Some(reason) => format!("{word}: {}", text::word(reason)).into(),
        None => std::borrow::Cow::Borrowed(word),
    };
    let time_style = if row.created_at == Field::Unreadable { theme.unreadable() } else { theme.dim() };
    let subject = match row.merchant.as_ref().or_else(|| row.description()) {
        Some(text) => Cell::new(text::name(text), theme.plain()),
        None => Cell::new("–", theme.dim()),
    };
    let mut amount = match row.signed() {
        // What was settled stands in for an amount that the API does not say.
        Field::Known(settled) if row.amount_is_settlement() => {
            Cell::new(format!("{SETTLED} {}", fit.show(&settled).trim_start()), theme.plain())
        }
        amount => super::accounts::amount(&amount, fit, theme),
    };
    if row.direction() == Some(Direction::In) && row.amount.known().is_some() {
        amount.style = theme.good();
    }
    if matches!(row.status, TransactionStatus::Declined | TransactionStatus::Canceled) {
        amount.style = theme.dim();
    }
    let card = match row.card.as_ref().map(|id| store.card(id)) {
        Some(Some(card)) => Cell::new(describe::short(card), theme.plain()),
        Some(None) => Cell::new("•…", theme.dim()),
        None => Cell::new("", theme.dim()),
    };
    let account = row.account.as_ref().and_then(|id| store.account(id));
    let account =
        account.map_or(Cell::new("", theme.dim()), |account| Cell::new(text::name(&account.name), theme.dim()));
    [
        Cell::new(time, time_style),
        Cell::new(describe::kind_word(&row.kind), theme.dim()),
        subject,
        amount,
        Cell::state(sign, status, tone, theme),
        card,
        account,
    ]
}
