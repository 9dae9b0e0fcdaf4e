//! Pane 1: all accounts, then each one, with what is available. Where the window is narrow it is a strip.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::order::{self, Sort};
use crate::app::actions::Act;
use crate::app::areas::Areas;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};
use crate::app::filter::{Filter, OfAccount};
use crate::app::list::{Cursor, Shown};
use crate::app::msg::Topic;
use crate::app::pane::Pane;
pub use crate::app::sort_columns::AccountColumn as By;
use crate::app::store::Store;
use crate::app::text::{self, Align, AmountFit};
use crate::app::theme::{self, Theme};
use crate::app::thresholds;
use crate::app::ui::frame::{Freshness, Piece, RenderCtx, Title};
use crate::domain::account::{Account, AccountStatus};
use crate::domain::field::Field;
use crate::domain::ids::AccountId;
use crate::domain::money::Money;

/// A row: one account, or all of them.
pub type Row = Option<AccountId>;

/// What the person did here.
#[derive(Debug)]
pub struct AccountsPane {
    pub cursor: Cursor<Row>,
    pub sort: Sort<By>,
    pub filter: Filter,
    order: Vec<Row>,
}

impl Default for AccountsPane {
    fn default() -> AccountsPane {
        let sort = Sort { by: By::Listed, turned: false };
        AccountsPane { cursor: Cursor::default(), sort, filter: Filter::default(), order: vec![None] }
    }
}

impl AccountsPane {
    pub fn shown(&self) -> Shown<'_, Row> {
        Shown { rows: &self.order, turned: false }
    }

    /// The chosen account; `None` is all of them.
    pub fn account(&self) -> Option<&AccountId> {
        self.cursor.row().and_then(Option::as_ref)
    }

    /// Brings the order up to date with the accounts there are.
    pub fn arrange(&mut self, store: &Store) {
        let accounts = &store.accounts.value;
        let as_listed = self.sort.by == By::Listed && !self.sort.turned && !self.filter.is_active();
        // Balances change all the time, and with them nothing of this.
        if as_listed && self.order.iter().skip(1).flatten().eq(accounts.iter().map(|account| &account.id)) {
            return;
        }
        let mut places: Vec<usize> = self.places(store);
        if places.is_empty() && self.filter.query().can_be_fuzzy() {
            self.filter.go_fuzzy();
            places = self.places(store);
        }
        let name = |at: usize| accounts.get(at).map(|account| account.name.as_str());
        let status = |at: usize| {
            let status = &accounts.get(at)?.status;
            AccountStatus::KNOWN.iter().position(|known| known == status)
        };
        let available = |at: usize| accounts.get(at).map_or(&Field::Absent, |account| &account.available);
        match self.sort.by {
            By::Listed => {}
            By::Name => places.sort_by(|a, b| order::texts(name(*a), name(*b))),
            By::Status => places.sort_by_key(|at| status(*at).unwrap_or(usize::MAX)),
            By::Available => places.sort_by(|a, b| order::amounts(available(*a), available(*b))),
        }
        if self.sort.turned {
            places.reverse();
        }
        let query = self.filter.query();
        if query.ranks() {
            places.sort_by_cached_key(|at| accounts.get(*at).map(|account| query.fit(&OfAccount(account))));
        }
        let ids = places.iter().filter_map(|place| accounts.get(*place).map(|account| Some(account.id.clone())));
        self.order = std::iter::once(None).chain(ids).collect();
    }

    /// The accounts that the filter leaves, as the API lists them.
    fn places(&self, store: &Store) -> Vec<usize> {
        let query = self.filter.query();
        let fits = |(_, account): &(usize, &Account)| query.matches(&OfAccount(account));
        store.accounts.value.iter().enumerate().filter(fits).map(|(at, _)| at).collect()
    }

    pub fn sort_next(&mut self) {
        self.sort = self.sort.next(&By::ALL);
    }

    pub fn fresh<'a>(&self, store: &'a Store) -> Freshness<'a> {
        Freshness::of([store.status(&Topic::Accounts)])
    }

    pub fn title(&self, store: &Store) -> Title {
        let mut title = Title { pieces: vec![Piece::new("Accounts", theme::Tone::Plain)], ..Title::default() };
        self.filter.entitle(&mut title, self.order.len() - 1, store.accounts.value.len(), store.grouping);
        if store.accounts.ever() && !self.filter.is_active() {
            title.pieces.push(Piece::new(text::count(store.accounts.value.len(), store.grouping), theme::Tone::Plain));
        }
        title.pieces.extend(self.sort.by.word().map(|word| {
            Piece::new(format!("{word}{}", if self.sort.turned { ", turned" } else { "" }), theme::Tone::Over)
        }));
        title.add_short(store.short(&Topic::Accounts), store.grouping);
        title.add(&self.fresh(store), store.skipped().accounts, store.accounts.value.is_empty(), store.grouping);
        title
    }

    /// Draws the box, or the strip.
    pub fn view(&self, buffer: &mut Buffer, areas: &Areas, title: &Title, ctx: &RenderCtx<'_>) {
        match areas.strip {
            true => self.strip(buffer, areas.accounts, title, ctx),
            false => self.list(buffer, areas.accounts, title, ctx),
        }
    }

    fn list(&self, buffer: &mut Buffer, area: Rect, title: &Title, ctx: &RenderCtx<'_>) {
        let inner = super::frame(buffer, area, title, Some(Pane::Accounts), &ctx.theme, ctx.focused);
        let fresh = self.fresh(ctx.store);
        if ctx.store.accounts.value.is_empty() {
            let nothing = ["no accounts yet", &format!("4pay opens them; {} reads again", ctx.key(Act::Refresh))];
            super::say_why_empty(buffer, inner, &fresh, ctx, "the accounts", &nothing);
            return;
        }
        let top = self.cursor.top();
        let visible: Vec<&Row> = self.order.iter().skip(top).take(usize::from(inner.height)).collect();
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
        let found = self.filter.query().texts();
        if let Some(instead) = self.filter.cards_instead(ctx.store.grouping) {
            for (line, words) in (2..inner.height).zip(text::wrap(&instead, usize::from(inner.width.saturating_sub(4))))
            {
                text::put(buffer, inner, inner.x + 2, inner.y + line, &words, inner.width, ctx.theme.warn());
            }
        }
        for (line, row) in (0..inner.height).zip(visible) {
            let selected = self.cursor.row() == Some(row);
            let how =
                RowStyle { theme: &ctx.theme, mark: mark(selected, ctx.focused), stale: title.stale, found: &found };
            let line = Rect { y: inner.y + line, height: 1, ..inner };
            match account(row) {
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
    fn strip(&self, buffer: &mut Buffer, area: Rect, title: &Title, ctx: &RenderCtx<'_>) {
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
        if let Some(failure) = self.fresh(ctx.store).failed {
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
            let selected = at == self.cursor.at();
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
        if after_last < self.order.len() {
            text::put(buffer, area, area.right().saturating_sub(1), area.y, "›", 1, theme.dim());
        }
    }

    /// Which tiles a strip shows, and where.
    fn lay_strip(&self, mut area: Rect, ctx: &RenderCtx<'_>) -> Strip {
        let two_lines = area.height >= 2;
        let mut said = None;
        if self.filter.is_active() || self.filter.is_typing() {
            // A strip has no border for its title: the filter stands at its right end.
            let mut title = Title::default();
            self.filter.entitle(&mut title, self.order.len() - 1, ctx.store.accounts.value.len(), ctx.store.grouping);
            let instead = self.filter.cards_instead(ctx.store.grouping);
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
        let tile_of = |at: usize| self.order.get(at).map(|row| tile(row, ctx));
        let room = usize::from(area.width.saturating_sub(3));
        // Scrolls sideways until the selected tile is whole: as many before it as there is room for, and no more are
        // looked at, of however many.
        let mut first = self.cursor.at().min(self.order.len().saturating_sub(1));
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
        for (at, tile) in (first..self.order.len()).filter_map(|at| Some((at, tile_of(at)?))) {
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
