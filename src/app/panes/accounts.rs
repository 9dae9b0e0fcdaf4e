//! Pane 1: all accounts, then each one, with what is available. Where the window is narrow it is a strip.

use std::borrow::Cow;
use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::list_pane::{AnyList, Enter, ListPane, ListState, PaneCtx, Subject};
use super::order;
use crate::app::actions::Act;
use crate::app::areas::Areas;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};
use crate::app::filter::fold::Fit;
use crate::app::filter::{self, CARDS, OfAccount, OfCard, Query};
use crate::app::msg::Topic;
use crate::app::pane::Pane;
pub use crate::app::sort_columns::AccountColumn as By;
use crate::app::sort_columns::Sort;
use crate::app::store::{CardRow, Changes, Store};
use crate::app::text::{self, Align, AmountFit};
use crate::app::theme::{self, Theme};
use crate::app::thresholds;
use crate::app::ui::exported::{Exported, Leaving};
use crate::app::ui::frame::{Freshness, Piece, RenderCtx, Title, frame, say_why_empty};
use crate::app::ui::row_index::{Reindex, RowSource};
use crate::domain::account::{Account, AccountStatus};
use crate::domain::card::Card;
use crate::domain::field::Field;
use crate::domain::ids::AccountId;
use crate::domain::money::Money;
use crate::export::cell::Cell as Value;
use crate::parallel;

/// A row: one account, or all of them.
pub type Row = Option<AccountId>;

/// What the person did here.
#[derive(Debug)]
pub struct AccountsPane {
    pub list: ListState<Row, By>,
}

impl Default for AccountsPane {
    fn default() -> AccountsPane {
        let mut pane = AccountsPane { list: ListState::default() };
        pane.index(&Store::default(), Reindex::Anew);
        pane
    }
}

/// All accounts as one row, then each.
struct AccountSource<'a> {
    store: &'a Store,
    sort: Sort<By>,
}

impl AccountSource<'_> {
    fn account(&self, row: &Row) -> Option<&Account> {
        self.store.account(row.as_ref()?)
    }
}

fn name(account: Option<&Account>) -> Option<&str> {
    account.map(|account| account.name.as_str())
}

impl RowSource for AccountSource<'_> {
    type Row = Row;

    fn all(&self) -> Cow<'_, [Row]> {
        let ids = self.store.accounts.value.iter().map(|account| Some(account.id.clone()));
        std::iter::once(None).chain(ids).collect()
    }

    fn filter(&self, query: &Query, rows: &[Row]) -> Vec<Row> {
        let fits = |row: &&Row| self.account(row).is_none_or(|account| query.matches(&OfAccount(account)));
        rows.iter().filter(fits).cloned().collect()
    }

    fn sort(&self, rows: Vec<Row>) -> Vec<Row> {
        // There may be a hundred thousand, and the order they are listed in needs to look at none.
        let is_looked_at = self.sort.by != By::Listed;
        let of = |row| if is_looked_at { self.account(row) } else { None };
        let mut accounts: Vec<(&Row, Option<&Account>)> = rows.iter().map(|row| (row, of(row))).collect();
        let all = accounts.iter().take_while(|(row, _)| row.is_none()).count();
        let rest = accounts.get_mut(all..).unwrap_or_default();
        let status = |account: &Account| AccountStatus::KNOWN.iter().position(|known| *known == account.status);
        match self.sort.by {
            By::Listed => {}
            By::Name => rest.sort_by(|(_, a), (_, b)| order::texts(name(*a), name(*b))),
            By::Status => rest.sort_by_key(|(_, account)| account.and_then(status).unwrap_or(usize::MAX)),
            By::Available => rest.sort_by(|(_, a), (_, b)| {
                let of = |account: &Option<&Account>| account.map_or(Field::Absent, |account| account.available);
                order::amounts(&of(a), &of(b))
            }),
        }
        if self.sort.turned {
            rest.reverse();
        }
        accounts.into_iter().map(|(row, _)| row.clone()).collect()
    }

    fn resort(&self, rows: Vec<Row>) -> Vec<Row> {
        let kept: HashSet<&Row> = rows.iter().collect();
        self.sort(self.all().iter().filter(|row| kept.contains(row)).cloned().collect())
    }

    /// The best, so that all accounts stand first.
    fn fit(&self, query: &Query, row: &Row) -> Option<Fit> {
        Some(self.account(row).map_or(Fit::Word, |account| query.fit(&OfAccount(account))))
    }

    fn pinned(&self) -> usize {
        1
    }
}

impl AccountsPane {
    /// The chosen account; `None` is all of them.
    pub fn account(&self) -> Option<&AccountId> {
        self.list.cursor.row().and_then(Option::as_ref)
    }

    fn index(&mut self, store: &Store, why: Reindex) -> bool {
        let source = AccountSource { store, sort: self.list.sort };
        self.list.index.update(&source, &mut self.list.filter, why)
    }

    /// Where no account matches, how many cards do: that is what most people look for.
    fn count_cards_instead(&mut self, ctx: &PaneCtx<'_>) {
        let filter = &self.list.filter;
        let none = filter.is_active() && self.list.index.rows().len() == 1;
        let query = none.then(|| filter::read(filter.typed(), &CARDS, ctx.now, &ctx.setup.zone));
        let count = match query {
            Some(Ok(query)) if !query.is_empty() => {
                let fits = |row: CardRow| query.matches(&OfCard(ctx.store, ctx.store.cards.get(row)));
                parallel::filter(ctx.store.cards.of(None), fits).len()
            }
            _ => 0,
        };
        self.list.filter.cards = count;
    }

    fn draw_box(&self, buffer: &mut Buffer, area: Rect, title: &Title, ctx: &RenderCtx<'_>) {
        let inner = frame(buffer, area, title, Some(Pane::Accounts), &ctx.theme, ctx.focused);
        let fresh = fresh(ctx.store);
        if ctx.store.accounts.value.is_empty() {
            let nothing = ["no accounts yet", &format!("4pay opens them; {} reads again", ctx.key(Act::Refresh))];
            say_why_empty(buffer, inner, &fresh, ctx, "the accounts", &nothing);
            return;
        }
        let visible: Vec<Row> = self.list.visible(usize::from(inner.height)).collect();
        let account = |row: &Row| row.as_ref().and_then(|id| ctx.store.account(id));
        // All accounts decide the column, so that it does not move as the list scrolls.
        let known = ctx.store.accounts.value.iter().take(1000).filter_map(|account| account.available.known());
        let mut fit = AmountFit { whole: 4, short: true, ..AmountFit::usual(ctx.store.grouping) };
        known.for_each(|money| fit.add(money));
        let width = u16::try_from(fit.width()).unwrap_or(u16::MAX);
        let columns = [
            Column { title: "", align: Align::Left, least: 6, most: 200, drop: 0, tail: 0 },
            Column { title: "", align: Align::Left, least: 1, most: 1, drop: 2, tail: 0 },
            // The amount is the last to go.
            Column { title: "", align: Align::Right, least: width, most: width, drop: 1, tail: 0 },
        ];
        let order = columns::order(&columns::ACCOUNTS, &ctx.setup.columns.accounts);
        let columns = columns::pick(&columns, &order);
        let widths = columns::widths(&columns, inner.width);
        let found = self.list.filter.query().texts();
        if let Some(instead) = self.list.filter.cards_instead(ctx.store.grouping) {
            for (line, words) in (2..inner.height).zip(text::wrap(&instead, usize::from(inner.width.saturating_sub(4))))
            {
                text::put(buffer, inner, inner.x + 2, inner.y + line, &words, inner.width, ctx.theme.warn());
            }
        }
        for (line, row) in (0..inner.height).zip(visible) {
            let selected = self.list.cursor.row() == Some(&row);
            let how =
                RowStyle { theme: &ctx.theme, mark: mark(selected, ctx.focused), stale: title.stale, found: &found };
            let line = Rect { y: inner.y + line, height: 1, ..inner };
            match account(&row) {
                Some(account) => {
                    let cells = columns::pick(&cells(account, &fit, ctx), &order);
                    columns::row(buffer, line, &columns, &widths, &cells, &how);
                }
                None => {
                    let all = [Cell::new("All accounts", ctx.theme.plain())];
                    let whole = Column { title: "", align: Align::Left, least: 6, most: 200, drop: 0, tail: 0 };
                    columns::row(buffer, line, &[whole], &[line.width.saturating_sub(3)], &all, &how);
                }
            }
        }
    }

    /// Each account as a tile: its name, and below it what is available.
    fn draw_strip(&self, buffer: &mut Buffer, area: Rect, title: &Title, ctx: &RenderCtx<'_>) {
        let whole = area.intersection(buffer.area);
        let theme = &ctx.theme;
        let two_lines = whole.height >= 2;
        let Strip { said, area, tiles, first } = self.lay_strip(whole, ctx);
        if let Some(words) = said {
            let x = area.right().saturating_add(1);
            text::put(buffer, whole, x, area.y, &words, whole.right().saturating_sub(x + 1), theme.warn());
        }
        text::put(buffer, area, area.x, area.y, " 1 ", 3, theme.title(ctx.focused));
        let none = ctx.store.accounts.value.is_empty();
        let room = area.width.saturating_sub(4);
        if let Some(failure) = fresh(ctx.store).failed {
            let sentence = format!("✗ {}; {}", text::failure(failure), failure.next_step());
            let y = if none { area.y } else { area.bottom().saturating_sub(1) };
            text::put(buffer, area, area.x + 3, y, &sentence, room, theme.bad());
            if none {
                let again = format!("{} tries again now", ctx.key(Act::Refresh));
                text::put(buffer, area, area.x + 3, y + 1, &again, room, theme.dim());
                return;
            }
        } else if none {
            let words = match ctx.store.accounts.ever() {
                true => format!("no accounts yet; {} reads again", ctx.key(Act::Refresh)),
                false => format!("{} reading the accounts", theme::spinner(ctx.now.up)),
            };
            text::put(buffer, area, area.x + 3, area.y, &words, room, theme.dim());
            return;
        }
        if first > 0 {
            text::put(buffer, area, area.x + 2, area.y, "‹", 1, theme.dim());
        }
        let after_last = tiles.last().map_or(first, |placed| placed.at + 1);
        for Placed { at, x, columns, tile } in tiles {
            let selected = at == self.list.cursor.at();
            let paint = |style| match (selected, title.stale) {
                (true, _) if ctx.focused => theme.selected().patch(theme.strong()),
                (true, _) => theme.selected(),
                (false, true) => theme.dim(),
                (false, false) => style,
            };
            if selected {
                let width = columns.saturating_add(2).min(area.right().saturating_sub(x));
                let height = if two_lines { 2 } else { 1 };
                buffer.set_style(Rect { x, y: area.y, width, height }, theme.selected());
            }
            let after = text::put(buffer, area, x + 1, area.y, &tile.name, columns, paint(theme.plain()));
            match two_lines {
                true => text::put(buffer, area, x + 1, area.y + 1, &tile.amount, columns, paint(tile.style)),
                false => text::put(buffer, area, after + 1, area.y, &tile.amount, columns, paint(tile.style)),
            };
            if !selected {
                let width = columns.saturating_add(2).min(area.right().saturating_sub(x));
                text::fade_cuts(buffer, Rect { x, y: area.y, width, height: area.height }, theme.dim());
            }
        }
        if after_last < self.list.index.rows().len() {
            text::put(buffer, area, area.right().saturating_sub(1), area.y, "›", 1, theme.dim());
        }
    }

    /// Which tiles a strip shows, and where.
    fn lay_strip(&self, mut area: Rect, ctx: &RenderCtx<'_>) -> Strip {
        let two_lines = area.height >= 2;
        let mut said = None;
        if self.list.filter.is_active() || self.list.filter.is_typing() {
            // A strip has no border for its title: the filter stands at its right end.
            let mut title = Title::default();
            self.list.filter.entitle(
                &mut title,
                self.list.index.rows().len() - 1,
                ctx.store.accounts.value.len(),
                ctx.store.grouping,
            );
            let instead = self.list.filter.cards_instead(ctx.store.grouping);
            let pieces = title.pieces.into_iter().map(|piece| piece.text);
            // What to do about it says already that there is none here.
            let pieces = pieces.take(if instead.is_some() { 1 } else { usize::MAX });
            let words: Vec<String> = title.foot.into_iter().chain(pieces).chain(instead).collect();
            let words = words.join(" · ");
            let columns = u16::try_from(text::width(&words)).unwrap_or(u16::MAX).min(area.width / 2);
            area.width = area.width.saturating_sub(columns + 2);
            said = Some(words);
        }
        let wide = |tile: &Tile| match two_lines {
            true => text::width(&tile.name).max(text::width(&tile.amount)),
            false => text::width(&tile.name) + 1 + text::width(&tile.amount),
        };
        let tile_of = |at: usize| self.list.index.rows().get(at).map(|row| tile(row, ctx));
        let room = usize::from(area.width.saturating_sub(3));
        // Scrolls sideways until the selected tile is whole: as many before it as there is room for, and no more are
        // looked at, of however many.
        let mut first = self.list.cursor.at().min(self.list.index.rows().len().saturating_sub(1));
        let mut taken = tile_of(first).map_or(0, |tile| wide(&tile) + 2);
        while let Some(before) = first.checked_sub(1) {
            taken += tile_of(before).map_or(0, |tile| wide(&tile) + 2);
            if taken > room {
                break;
            }
            first = before;
        }
        let mut x = area.x.saturating_add(3);
        let mut placed = Vec::new();
        for (at, tile) in (first..self.list.index.rows().len()).filter_map(|at| Some((at, tile_of(at)?))) {
            let columns = u16::try_from(wide(&tile)).unwrap_or(u16::MAX);
            if x.saturating_add(columns) >= area.right() && at > first {
                break;
            }
            placed.push(Placed { at, x, columns, tile });
            x = x.saturating_add(columns).saturating_add(2);
        }
        Strip { said, area, tiles: placed, first }
    }

    /// The row whose tile is drawn on a column of the strip.
    pub fn tile_at(&self, area: Rect, column: u16, ctx: &RenderCtx<'_>) -> Option<usize> {
        let strip = self.lay_strip(area, ctx);
        let on = |placed: &&Placed| (placed.x..placed.x.saturating_add(placed.columns + 2)).contains(&column);
        strip.tiles.iter().find(on).map(|placed| placed.at)
    }
}

/// How fresh the list of accounts is.
fn fresh(store: &Store) -> Freshness<'_> {
    Freshness::of([store.status(&Topic::Accounts)])
}

impl ListPane for AccountsPane {
    fn list(&self) -> &dyn AnyList {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn AnyList {
        &mut self.list
    }

    fn reindex(&mut self, ctx: &PaneCtx<'_>, why: Reindex) -> bool {
        let any = self.index(ctx.store, why);
        self.count_cards_instead(ctx);
        any
    }

    fn apply(&mut self, ctx: &PaneCtx<'_>, changes: &Changes) {
        if changes.accounts {
            self.list.filter.as_typed();
            let as_listed = self.list.sort == Sort::default() && !self.list.filter.is_active();
            let ids = ctx.store.accounts.value.iter().map(|account| &account.id);
            // Balances change all the time, and with them nothing of this.
            if !(as_listed && self.list.index.rows().iter().skip(1).flatten().eq(ids)) {
                self.index(ctx.store, Reindex::Anew);
            }
        }
        if self.list.filter.is_active() && (changes.accounts || !changes.cards_new.is_empty()) {
            self.count_cards_instead(ctx);
        }
    }

    fn exported(&self, ctx: &PaneCtx<'_>, _leaving: Leaving) -> Exported {
        let row = |store: &Store, id: &AccountId, leaving: Leaving| {
            let account = store.account(id)?;
            let status = Value::Word(account.status.to_string());
            Some(vec![leaving.name(Some(&account.name)), status, leaving.money(&account.available)])
        };
        let rows = self.list.rows().flatten().filter(|id| ctx.store.account(id).is_some()).collect();
        let order = columns::order(&columns::ACCOUNTS, &ctx.setup.columns.accounts);
        Exported::to_make(&columns::ACCOUNTS, &["available"], order, rows, row)
    }

    fn title(&self, ctx: &PaneCtx<'_>) -> Title {
        let store = ctx.store;
        let mut title = Title { pieces: vec![Piece::new("Accounts", theme::Tone::Plain)], ..Title::default() };
        self.list.filter.entitle(
            &mut title,
            self.list.index.rows().len() - 1,
            store.accounts.value.len(),
            store.grouping,
        );
        if store.accounts.ever() && !self.list.filter.is_active() {
            title.pieces.push(Piece::new(text::count(store.accounts.value.len(), store.grouping), theme::Tone::Plain));
        }
        title.pieces.extend(self.list.sort.by.says().map(|word| {
            Piece::new(format!("{word}{}", if self.list.sort.turned { ", turned" } else { "" }), theme::Tone::Over)
        }));
        title.add_short(store.short(&Topic::Accounts), store.grouping);
        title.add(&fresh(store), store.skipped().accounts, store.accounts.value.is_empty(), store.grouping);
        title
    }

    /// Draws the box, or the strip.
    fn view(&self, buffer: &mut Buffer, areas: &Areas, title: &Title, _pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) {
        match areas.strip {
            true => self.draw_strip(buffer, areas.accounts, title, ctx),
            false => self.draw_box(buffer, areas.accounts, title, ctx),
        }
    }

    /// None has a name above it.
    fn column_at(&self, _inner: Rect, _x: u16, _pane: &PaneCtx<'_>, _ctx: &RenderCtx<'_>) -> Option<&'static str> {
        None
    }

    fn fresh<'a>(&self, ctx: &PaneCtx<'a>) -> Freshness<'a> {
        fresh(ctx.store)
    }

    fn subject(&self, _ctx: &PaneCtx<'_>) -> Subject {
        self.account().map_or(Subject::AllAccounts, |id| Subject::Account(id.clone()))
    }

    fn enter(&self, _ctx: &PaneCtx<'_>) -> Enter {
        Enter::Cards
    }

    fn card<'a>(&self, _ctx: &PaneCtx<'a>) -> Result<&'a Card, String> {
        Err("choose a card first".into())
    }
}

/// What a strip shows.
struct Strip {
    /// What is said of the filter, right of the tiles.
    said: Option<String>,
    /// What is left for the tiles.
    area: Rect,
    tiles: Vec<Placed>,
    first: usize,
}

/// A tile and where it stands.
struct Placed {
    at: usize,
    x: u16,
    columns: u16,
    tile: Tile,
}

struct Tile {
    name: String,
    amount: String,
    style: Style,
}

fn tile(row: &Row, ctx: &RenderCtx<'_>) -> Tile {
    let (store, theme) = (ctx.store, &ctx.theme);
    match row.as_ref().and_then(|id| store.account(id)) {
        Some(account) => {
            let sign = match account.status {
                AccountStatus::Active => "",
                _ => theme::account_status(&account.status).0,
            };
            let amount = match account.available {
                Field::Known(money) => text::short_money(&money, ctx.store.grouping),
                Field::Absent => "–".into(),
                Field::Unreadable => "unreadable".into(),
            };
            let name = format!("{}{sign}", text::cut(&text::name(&account.name), 18));
            match thresholds::low(&account.available, ctx.setup) {
                Some(_) => Tile { name, amount: format!("{} {amount}", thresholds::LOW), style: theme.warn() },
                None => Tile { name, amount, style: theme.dim() },
            }
        }
        None => {
            let amount = match store.accounts.value.len() {
                1 => "1 account".into(),
                count => format!("{} accounts", text::count(count, store.grouping)),
            };
            Tile { name: "All".into(), amount, style: theme.dim() }
        }
    }
}

fn mark(selected: bool, focused: bool) -> Mark {
    match (selected, focused) {
        (true, true) => Mark::Selected,
        (true, false) => Mark::Chosen,
        (false, _) => Mark::None,
    }
}

fn cells<'a>(account: &'a Account, fit: &AmountFit, ctx: &RenderCtx<'_>) -> [Cell<'a>; 3] {
    let theme = &ctx.theme;
    let low = thresholds::low(&account.available, ctx.setup).is_some();
    let status = match account.status {
        AccountStatus::Active if low => Cell::new(thresholds::LOW, theme.warn()),
        AccountStatus::Active => Cell::new("", theme.plain()),
        _ => {
            let (sign, _, tone) = theme::account_status(&account.status);
            Cell::new(sign, theme.tone(tone))
        }
    };
    let mut available = amount(&account.available, fit, theme);
    if low {
        available.style = theme.warn();
    }
    [Cell::new(text::name(&account.name), theme.plain()), status, available]
}

/// A cell with an amount that stands on its point.
pub fn amount<'a>(field: &Field<Money>, fit: &AmountFit, theme: &Theme) -> Cell<'a> {
    match field {
        Field::Known(money) => Cell::new(fit.show(money), theme.plain()),
        Field::Absent => Cell::new(fit.word("–"), theme.dim()),
        Field::Unreadable => Cell::new(fit.word("unreadable"), theme.unreadable()),
    }
}
