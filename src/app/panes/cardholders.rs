//! Pane 4: everybody who has or may have cards, with what their cards did in the last 30 days.
//!
//! Spend and declines are added up here from the transactions that were read, and their columns are marked `≈`
//! while some of the days may be missing. They are kept for each person until a row of theirs changes, and worked out for the rows
//! that are shown. Sorting by them needs everybody's: that is done in parts of [`PART`] rows, one each time the
//! dashboard has nothing else to do, and the old order stays until it is done.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::time::Duration;

use chrono::Timelike;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::order::{self, Sort};
use crate::app::actions::Act;
use crate::app::clock;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};
use crate::app::filter::fold::by_fit;
use crate::app::filter::{Filter, OfHolder, Query};
use crate::app::list::{Cursor, Moves, Rank, Rows, Shown, Sorted, Step};
use crate::app::msg::{Now, Topic};
use crate::app::pane::Pane;
pub use crate::app::sort_columns::CardholderColumn as By;
use crate::app::ui::frame::{Freshness, Piece, RenderCtx, Title};

use crate::app::store::insight::{self, Figures};
use crate::app::store::{CardRow, Changes, Held, HolderRow, Store};
use crate::app::text::{self, Align, AmountFit};
use crate::app::theme::Tone;
use crate::app::thresholds;
use crate::domain::cardholder::Cardholder;
use crate::domain::ids::HolderId;
use crate::domain::money::{Currency, Grouping, Money};
use crate::domain::transaction::Feed;
use crate::parallel;

/// Transactions that are looked at in one part of adding up everybody's.
const PART: usize = 20_000;
/// People in one part, for those who have no transactions.
const PEOPLE: usize = 2_000;
/// Changed people up to this number are put where they belong one by one.
const FEW: usize = 16;
/// Currencies that have a column of their own; what was spent in others is told by the details.
const CURRENCIES: usize = 3;

/// What the person did here, and what was added up.
#[derive(Debug)]
pub struct CardholdersPane {
    pub cursor: Cursor<HolderRow>,
    pub sort: Sort<By>,
    pub filter: Filter,
    sorted: Sorted<HolderRow>,
    /// What the rows were filtered by.
    found: Query,
    /// Everybody by name, which all other orders begin with: where rows are equal, names decide.
    named: Vec<HolderRow>,
    figures: HashMap<HolderRow, Figures>,
    /// The hour the figures are of: with time, rows leave the 30 days.
    hour: Option<(chrono::NaiveDate, u32)>,
    /// The order is to be made anew once everybody's figures are there; so many people are done.
    adding: Option<usize>,
    /// The cards of some people were not read when the order was made: a column of cards leaves them by name.
    unread: bool,
}

impl Default for CardholdersPane {
    fn default() -> CardholdersPane {
        CardholdersPane {
            cursor: Cursor::default(),
            sort: Sort { by: By::Name, turned: false },
            filter: Filter::default(),
            sorted: Sorted::default(),
            found: Query::default(),
            named: Vec::new(),
            figures: HashMap::new(),
            hour: None,
            adding: None,
            unread: false,
        }
    }
}

/// How many cards of somebody are known.
fn cards(store: &Store, holder: &Cardholder) -> usize {
    store.cards.of_holder(&holder.id).len()
}

fn name<'a>(store: &'a Store, holder: &Cardholder) -> Option<&'a str> {
    store.holder_name(holder).map(|name| name.as_str())
}

fn email(holder: &Cardholder) -> Option<&str> {
    holder.email.as_ref().map(|email| email.as_str())
}

fn phone(holder: &Cardholder) -> Option<&str> {
    holder.phone.as_ref().map(|phone| phone.as_str())
}

/// The larger rate of declines first, of equal ones the one of more purchases; without purchases last.
fn rates(a: &Figures, b: &Figures) -> Ordering {
    let cross = |one: &Figures, other: &Figures| one.declined as u128 * other.purchases as u128;
    (a.purchases == 0)
        .cmp(&(b.purchases == 0))
        .then_with(|| cross(b, a).cmp(&cross(a, b)))
        .then_with(|| b.purchases.cmp(&a.purchases))
}

/// Hundredths that were spent in a currency, nothing less than none, and whether that says it all.
fn cents(figures: &Figures, currency: Option<&Currency>) -> (u64, bool) {
    let spent = currency.and_then(|currency| figures.spent_in(*currency));
    let amount = spent.and_then(|sum| sum.known().map(Money::amount)).unwrap_or_default();
    let cents = amount.checked_mul(Decimal::ONE_HUNDRED);
    match cents.and_then(|cents| Some((cents.trunc().to_u64()?, cents.is_integer()))) {
        Some(found) => found,
        None => (if amount.is_sign_negative() { 0 } else { u64::MAX }, false),
    }
}

/// The less, the larger the part that was declined; without purchases the most.
fn spared(figures: &Figures) -> u64 {
    const ALL: u128 = 1 << 32;
    let declined = (figures.declined as u128 * ALL).checked_div(figures.purchases as u128);
    declined.map_or(u64::MAX, |declined| (ALL - declined.min(ALL)) as u64)
}

/// Whether somebody is asked for. Of many, all are asked as they stand in memory, not as they are named.
fn fits<'a>(store: &'a Store, query: &'a Query, of: usize) -> Box<dyn Fn(HolderRow) -> bool + 'a> {
    let one = move |row| query.matches(&OfHolder(store, row));
    if query.is_empty() || of < store.all_holders().len() / 8 {
        return Box::new(one);
    }
    let fit = parallel::map(&store.all_holders().collect::<Vec<_>>(), one);
    Box::new(move |row| fit.get(row.index()).copied().unwrap_or(false))
}

impl CardholdersPane {
    pub fn shown(&self) -> Shown<'_, HolderRow> {
        Shown { rows: self.sorted.rows(), turned: self.sort.turned }
    }

    fn compare(&self, store: &Store, currencies: &[Currency], a: HolderRow, b: HolderRow) -> Ordering {
        let (Some(x), Some(y)) = (store.holder_at(a), store.holder_at(b)) else { return a.cmp(&b) };
        let query = self.filter.query();
        let fit = |row| query.fit(&OfHolder(store, row));
        let by_fit = match (query.ranks(), self.sort.turned) {
            (false, _) => Ordering::Equal,
            (true, false) => fit(a).cmp(&fit(b)),
            (true, true) => fit(b).cmp(&fit(a)),
        };
        let ordering = by_fit.then_with(|| self.compare_columns(store, currencies, (a, x), (b, y)));
        ordering.then_with(|| order::texts(name(store, x), name(store, y))).then(a.cmp(&b))
    }

    /// By the column alone.
    fn compare_columns(
        &self,
        store: &Store,
        currencies: &[Currency],
        (a, x): (HolderRow, &Cardholder),
        (b, y): (HolderRow, &Cardholder),
    ) -> Ordering {
        if self.unread && self.sort.by.of_cards() {
            return Ordering::Equal;
        }
        let none = Figures::default();
        let of = |row: &HolderRow| self.figures.get(row).unwrap_or(&none);
        match self.sort.by {
            By::Name => Ordering::Equal,
            By::Email => order::texts(email(x), email(y)),
            By::Phone => order::texts(phone(x), phone(y)),
            By::Cards => cards(store, y).cmp(&cards(store, x)),
            By::Declined => rates(of(&a), of(&b)),
            By::Spent => {
                let spent = |figures: &Figures, currency| {
                    figures.spent_in(currency).and_then(|sum| sum.known().map(Money::amount)).unwrap_or_default()
                };
                let by = |currency: &Currency| spent(of(&b), *currency).cmp(&spent(of(&a), *currency));
                currencies.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
            }
        }
    }

    /// A number that never contradicts [`CardholdersPane::compare_columns`], so that few have to be compared.
    fn rank(&self, store: &Store, currencies: &[Currency], row: HolderRow) -> Rank {
        let figures = || self.figures.get(&row);
        if self.unread && self.sort.by.of_cards() {
            return Rank { number: 0, exact: true };
        }
        match self.sort.by {
            By::Name | By::Email | By::Phone => Rank { number: 0, exact: false },
            By::Cards => {
                let held = store.holder_at(row).map_or(0, |holder| cards(store, holder));
                Rank { number: u64::MAX - held as u64, exact: true }
            }
            By::Spent => {
                let (cents, exact) = figures().map_or((0, true), |figures| cents(figures, currencies.first()));
                Rank { number: u64::MAX - cents, exact: exact && currencies.len() < 2 }
            }
            By::Declined => Rank { number: figures().map_or(u64::MAX, spared), exact: false },
        }
    }

    /// Makes the order anew: the column or the filter is another. For a column of figures it begins to add up
    /// everybody's first.
    pub fn arrange(&mut self, store: &Store) {
        self.unread = store.not_read_held() > 0;
        let by_figures = self.sort.by.of_figures() && !self.unread;
        self.adding = (by_figures && store.all_holders().any(|row| !self.figures.contains_key(&row))).then_some(0);
        let query = self.filter.query();
        let fits = fits(store, query, store.all_holders().len());
        if self.named.len() != store.all_holders().len() {
            let named = |row: HolderRow| store.holder_at(row).and_then(|holder| name(store, holder));
            self.named = order::by_text(store.all_holders(), named);
        }
        let rows: Vec<HolderRow> = match self.adding {
            // The old order stays meanwhile.
            Some(_) => self.sorted.rows().iter().copied().filter(|row| fits(*row)).collect(),
            None => self.named.iter().copied().filter(|row| fits(*row)).collect(),
        };
        drop(fits);
        self.order(store, rows);
    }

    /// Puts the rows, which come by name, in order: those that fit the words of the filter best stand first.
    fn order(&mut self, store: &Store, rows: Vec<HolderRow>) {
        let query = self.filter.query();
        if rows.is_empty() && query.can_be_fuzzy() && self.adding.is_none() {
            self.filter.go_fuzzy();
            return self.arrange(store);
        }
        self.found = query.clone();
        let currencies = currencies(store);
        let by_text = |rows: Vec<HolderRow>, of: fn(&Cardholder) -> Option<&str>| {
            order::by_text(rows.into_iter(), |row| store.holder_at(row).and_then(of))
        };
        let sort = |rows: Vec<HolderRow>| match self.sort.by {
            _ if self.adding.is_some() => rows,
            By::Name => rows,
            By::Email => by_text(rows, email),
            By::Phone => by_text(rows, phone),
            By::Cards | By::Spent | By::Declined => {
                let compare = |a, b| match (store.holder_at(a), store.holder_at(b)) {
                    (Some(x), Some(y)) => self.compare_columns(store, &currencies, (a, x), (b, y)),
                    _ => Ordering::Equal,
                };
                Sorted::ranked(&rows, |row| self.rank(store, &currencies, row), compare).rows().to_vec()
            }
        };
        let rows = match query.ranks() {
            true => by_fit(rows, self.sort.turned, |row| query.fit(&OfHolder(store, row)), sort),
            false => sort(rows),
        };
        self.sorted = Sorted::in_order(rows);
    }

    /// Takes in that the filter is another one.
    pub fn sift(&mut self, store: &Store) {
        let query = self.filter.query();
        if self.adding.is_some() || !query.narrows(&self.found) {
            return self.arrange(store);
        }
        // Typed on: what did not match before does not match now.
        self.sorted.retain(fits(store, query, self.sorted.rows().len()));
        if self.sorted.rows().is_empty() && query.can_be_fuzzy() {
            self.filter.go_fuzzy();
            return self.arrange(store);
        }
        self.found = query.clone();
        if query.ranks() {
            // Another word, another fit: everybody who is left, by name, is put in order anew.
            let mut left = vec![false; store.all_holders().len()];
            for row in self.sorted.rows() {
                if let Some(left) = left.get_mut(row.index()) {
                    *left = true;
                }
            }
            let by_name = self.named.iter().copied();
            let rows = by_name.filter(|row| left.get(row.index()).copied().unwrap_or(false)).collect();
            self.order(store, rows);
        }
    }

    /// Keeps order and figures up to date with what a reply changed.
    pub fn take(&mut self, store: &Store, changes: &Changes, now: Now) {
        let of_card = |row: &CardRow| store.holder_row_of(*row);
        let moved = [&changes.transactions_new, &changes.transactions_changed].into_iter().flatten();
        let moved = moved.filter_map(|row| store.cards.row(store.transactions.get(*row).card.as_ref()?));
        let cards = changes.cards_new.iter().chain(&changes.cards_changed).copied();
        let mut touched: Vec<HolderRow> = moved.chain(cards).filter_map(|row| of_card(&row)).collect();
        touched.sort_unstable();
        touched.dedup();
        touched.retain(|row| self.figures.remove(row).is_some() || self.sort.by == By::Cards);
        if self.sort.by.of_cards() && self.unread != (store.not_read_held() > 0) {
            return self.arrange(store);
        }
        let moves = self.sort.by.of_cards() && !self.unread;
        let few = touched.len() + changes.holders_new.len() <= FEW && self.adding.is_none();
        let anew = changes.holders_changed || (self.filter.query().fuzzy && changes.holders);
        if changes.holders_changed {
            self.named.clear();
        }
        if anew || (moves && !few) {
            self.filter.as_typed();
            return self.arrange(store);
        }
        let query = self.filter.query();
        let fits = |row: &&HolderRow| query.matches(&OfHolder(store, **row));
        let mut rows: Vec<HolderRow> = changes.holders_new.iter().filter(fits).copied().collect();
        if rows.is_empty() && !(moves && few) {
            return;
        }
        let currencies = currencies(store);
        let mut sorted = std::mem::take(&mut self.sorted);
        if moves {
            touched.retain(|row| sorted.rows().contains(row));
            sorted.remove(&touched);
            rows.extend(touched);
            for row in &rows {
                self.add_up_one(store, *row, now);
            }
        }
        sorted.insert(&rows, |a, b| self.compare(store, &currencies, a, b));
        self.sorted = sorted;
    }

    /// Adds up what the window shows, and a part of what an order still needs. `height`: rows of the window.
    /// Whether the window shows something else now.
    pub fn add_up(&mut self, store: &Store, height: usize, now: Now) -> bool {
        let hour = Some((now.wall.date_naive(), now.wall.hour()));
        if self.hour != hour {
            self.hour = hour;
            self.figures.clear();
            self.adding = (self.sort.by.of_figures() && !self.unread).then_some(0);
        }
        let (top, rows) = (self.cursor.top(), self.shown());
        let shown: Vec<HolderRow> = (top..top.saturating_add(height)).map_while(|at| rows.get(at)).collect();
        let mut any = false;
        for row in shown {
            any |= !self.figures.contains_key(&row);
            self.add_up_one(store, row, now);
        }
        let Some(done) = self.adding else { return any };
        let mut looked = 0;
        for (at, row) in store.all_holders().enumerate().skip(done) {
            if looked >= PART || at - done >= PEOPLE {
                self.adding = Some(at);
                return true;
            }
            looked += self.add_up_one(store, row, now);
        }
        self.adding = None;
        self.arrange(store);
        true
    }

    /// How many rows had to be looked at.
    fn add_up_one(&mut self, store: &Store, row: HolderRow, now: Now) -> usize {
        if self.figures.contains_key(&row) {
            return 0;
        }
        let Some(holder) = store.holder_at(row) else { return 0 };
        let figures = insight::figures(&store.transactions, store.lists_of_holder(&holder.id), now);
        let looked = figures.rows;
        self.figures.insert(row, figures);
        looked
    }

    /// When the next part of adding up is to be done.
    pub fn wake_at(&self, now: Now) -> Option<Duration> {
        self.adding.map(|_| now.up)
    }

    /// Whoever the cursor is on.
    pub fn shown_under_cursor<'a>(&self, store: &'a Store) -> Option<&'a Cardholder> {
        store.holder_at(*self.cursor.row()?)
    }

    /// Whoever keys mean.
    pub fn chosen<'a>(&self, store: &'a Store) -> Option<&'a Cardholder> {
        store.holder_at(*self.cursor.target()?)
    }

    /// Puts the cursor on somebody, whatever the filter hides. Whether they are known.
    pub fn choose(&mut self, store: &Store, id: &HolderId, height: usize) -> bool {
        let Some(row) = store.holder_row(id) else { return false };
        if self.shown().position(&row, 0).is_none() && self.filter.clear() {
            self.arrange(store);
        }
        let mut cursor = self.cursor.clone();
        cursor.choose(&self.shown(), &row, height);
        self.cursor = cursor;
        true
    }

    pub fn step(&mut self, step: Step, height: usize) {
        let mut cursor = self.cursor.clone();
        cursor.step(&self.shown(), step, height);
        self.cursor = cursor;
    }

    pub fn settle(&mut self, height: Option<usize>) {
        let mut cursor = self.cursor.clone();
        cursor.settle(&self.shown(), height, Moves::Follows);
        self.cursor = cursor;
    }

    pub fn sort_next(&mut self, store: &Store) {
        self.sort = self.sort.next(&By::ALL);
        self.arrange(store);
    }

    pub fn fresh<'a>(&self, store: &'a Store) -> Freshness<'a> {
        Freshness::of([store.status(&Topic::Cardholders)])
    }

    pub fn title(&self, store: &Store, ctx: (&crate::app::msg::Setup, Now)) -> Title {
        let mut title = Title { pieces: vec![Piece::new("Cardholders", Tone::Plain)], ..Title::default() };
        let (fresh, all) = (self.fresh(store), store.holders.value.len());
        self.filter.entitle(&mut title, self.sorted.rows().len(), all, store.grouping);
        if !self.filter.is_active() && !fresh.loading && fresh.ever {
            title.pieces.push(Piece::new(text::count(all, store.grouping), Tone::Plain));
        }
        if all > 0 && !self.filter.is_active() {
            title.pieces.push(Piece::new("spent and declined of 30 days", Tone::Over));
        }
        let unread = if fresh.loading { 0 } else { store.not_read_held() };
        if unread > 0 {
            let people =
                if unread == 1 { "1 person".into() } else { format!("{} people", text::count(unread, store.grouping)) };
            title.pieces.push(Piece::new(format!("cards of {people} not read yet"), Tone::Over));
        }
        if let Some(done) = self.adding {
            title.pieces.push(Piece::new(
                format!("adding up {} of {}", text::count(done, store.grouping), text::count(all, store.grouping)),
                Tone::Over,
            ));
        }
        title.add_short(store.short(&Topic::Cardholders), store.grouping);
        title.add(&fresh, store.skipped().holders, all == 0, store.grouping);
        if title.foot.is_none() && all > 0 {
            title.foot = sample(store, ctx);
        }
        title
    }

    fn visible<'a>(&self, store: &'a Store, inner: Rect) -> Vec<(HolderRow, &'a Cardholder)> {
        let (rows, top) = (self.shown(), self.cursor.top());
        let height = usize::from(inner.height.saturating_sub(1));
        let visible = (top..top + height).map_while(|at| rows.get(at));
        visible.filter_map(|row| Some((row, store.holder_at(row)?))).collect()
    }

    /// What the column at `x` sorts by, if it can be sorted by; `inner` is the list without its border.
    pub fn sort_at(&self, inner: Rect, x: u16, ctx: &RenderCtx<'_>) -> Option<By> {
        let table = Table::of(self, &self.visible(ctx.store, inner), ctx);
        table.sort_of(columns::at(&columns::widths(&table.columns, inner.width), inner, x)?)
    }

    pub fn view(&self, buffer: &mut Buffer, area: Rect, title: &Title, ctx: &RenderCtx<'_>) {
        let inner = super::frame(buffer, area, title, Some(Pane::Cardholders), &ctx.theme, ctx.focused);
        let (store, theme) = (ctx.store, &ctx.theme);
        let rows = self.shown();
        if rows.is_empty() && self.filter.is_active() && !store.holders.value.is_empty() {
            return super::say_filtered(buffer, inner, &self.filter, ctx);
        }
        if rows.is_empty() {
            let how = format!("{} makes one; {} reads again", ctx.key(Act::Issue), ctx.key(Act::Refresh));
            let nothing = ["no cardholders yet", &how];
            return super::say_why_empty(buffer, inner, &self.fresh(store), ctx, "the cardholders", &nothing);
        }
        let visible = self.visible(store, inner);
        let table = Table::of(self, &visible, ctx);
        let widths = columns::widths(&table.columns, inner.width);
        let found = self.filter.query().texts();
        let at = (0..table.columns.len()).find(|at| table.sort_of(*at) == Some(self.sort.by)).unwrap_or(0);
        let natural = matches!(self.sort.by, By::Cards | By::Spent | By::Declined);
        let sorted = Some((at, natural != self.sort.turned));
        columns::head(buffer, Rect { height: 1, ..inner }, &table.columns, &widths, sorted, theme);
        for (line, (row, holder)) in (1..inner.height).zip(visible) {
            let mark = match (self.cursor.row() == Some(&row), ctx.focused) {
                (true, true) => Mark::Selected,
                (true, false) => Mark::Kept,
                (false, _) => Mark::None,
            };
            let line = Rect { y: inner.y + line, height: 1, ..inner };
            let how = RowStyle { theme, mark, stale: title.stale, found: &found };
            let figures = self.figures.get(&row);
            columns::row(buffer, line, &table.columns, &widths, &table.cells(holder, figures, ctx), &how);
        }
    }
}

/// The merchant's currencies, in the order of its accounts.
fn currencies(store: &Store) -> Vec<Currency> {
    store.available().into_iter().map(|(currency, _)| currency).collect()
}

/// What spend and declines are made of, when it may not be all of the 30 days.
pub fn sample(store: &Store, (setup, now): (&crate::app::msg::Setup, Now)) -> Option<String> {
    if store.knows_the_days(now) {
        return None;
    }
    let listed = store.transactions.len_of(Feed::Cards).saturating_sub(store.transactions.scattered_of(Feed::Cards));
    let rows = text::count(listed, store.grouping);
    let since = store.transactions.read_to(Feed::Cards);
    let since = since.map_or_else(String::new, |at| format!(", since {}", clock::full(at, &setup.zone)));
    Some(format!("≈ of the {rows} rows loaded{since}; older ones are not here"))
}

/// The columns, made for the rows that are shown.
struct Table {
    columns: Vec<Column>,
    spent: Vec<(Currency, AmountFit)>,
}

impl Table {
    fn of(pane: &CardholdersPane, visible: &[(HolderRow, &Cardholder)], ctx: &RenderCtx<'_>) -> Table {
        let store = ctx.store;
        let by_settlement =
            visible.iter().filter_map(|(row, _)| pane.figures.get(row)).any(|figures| figures.settled > 0);
        let about = !store.knows_the_days(ctx.now) || store.not_read_held() > 0 || by_settlement;
        let sums = |currency: Currency| {
            let of =
                move |(row, _): &(HolderRow, &Cardholder)| pane.figures.get(row)?.spent_in(currency)?.known().copied();
            visible.iter().filter_map(of).collect::<Vec<Money>>()
        };
        let known = currencies(store);
        let mut seen: Vec<Currency> = Vec::new();
        let shown = visible.iter().filter_map(|(row, _)| pane.figures.get(row));
        for currency in known.iter().copied().chain(shown.flat_map(|figures| figures.spent.iter().map(|(one, _)| *one)))
        {
            if !seen.contains(&currency) {
                seen.push(currency);
            }
        }
        let mut spent: Vec<(Currency, AmountFit)> = seen
            .into_iter()
            .map(|currency| (currency, sums(currency)))
            .filter(|(_, sums)| !sums.is_empty())
            .map(|(currency, sums)| (currency, AmountFit::of_list(&sums, ctx.store.grouping)))
            .take(CURRENCIES)
            .collect();
        if spent.is_empty() {
            spent.extend(known.first().map(|currency| (*currency, AmountFit::of_list(&[], ctx.store.grouping))));
        }
        let left = |title, least, most, drop| Column { title, align: Align::Left, least, most, drop, tail: 0 };
        let mut columns = vec![
            left("Name", 14, 30, 0),
            left("E-mail", 16, 40, 3),
            left("Phone", 12, 20, 8),
            Column { title: "Cards", align: Align::Right, least: 5, most: 5, drop: 1, tail: 0 },
        ];
        for (place, (_, fit)) in (0u8..).zip(&spent) {
            let width = u16::try_from(fit.width()).unwrap_or(u16::MAX).max(13);
            let tail = u16::try_from(fit.currency + 1).unwrap_or(0);
            // The second and third currency go before the e-mail does.
            let drop = if place == 0 { 2 } else { 4 + place };
            let title = if about { "≈ Spent" } else { "Spent" };
            columns.push(Column { title, align: Align::Right, least: width, most: width, drop, tail });
        }
        let most = if ctx.setup.decline_rate.is_some() { 25 } else { 18 };
        columns.push(left(if about { "≈ Declined" } else { "Declined" }, 15, most, 0));
        let mut table = Table { columns, spent };
        let sorted = (0..table.columns.len()).find(|at| table.sort_of(*at) == Some(pane.sort.by));
        columns::hold(&mut table.columns, sorted);
        table
    }

    /// What a column is sorted by.
    fn sort_of(&self, at: usize) -> Option<By> {
        match at {
            0 => Some(By::Name),
            1 => Some(By::Email),
            2 => Some(By::Phone),
            3 => Some(By::Cards),
            at if at + 1 == self.columns.len() => Some(By::Declined),
            _ => Some(By::Spent),
        }
    }

    fn cells<'a>(&self, holder: &'a Cardholder, figures: Option<&Figures>, ctx: &RenderCtx<'a>) -> Vec<Cell<'a>> {
        let (store, theme) = (ctx.store, &ctx.theme);
        let dash = || Cell::new("–", theme.dim());
        let held = store.held(&holder.id);
        let nothing = match held {
            Held::Exact(_) => None,
            Held::AtLeast(_) => Some("…"),
            Held::NotTold(_) => Some("–"),
        };
        let text = |value: Option<&'a crate::domain::text::SafeText>, style| {
            value.map_or_else(dash, |value| Cell::new(text::name(value), style))
        };
        let mut cells = vec![
            text(store.holder_name(holder), theme.plain()),
            text(holder.email.as_ref(), theme.dim()),
            text(holder.phone.as_ref(), theme.dim()),
            match held {
                Held::Exact(count) => Cell::new(text::count(count, store.grouping), theme.plain()),
                Held::AtLeast(0) => Cell::new("…", theme.dim()),
                Held::NotTold(0) => dash(),
                Held::AtLeast(count) | Held::NotTold(count) => {
                    Cell::new(format!("{}+", text::count(count, store.grouping)), theme.dim())
                }
            },
        ];
        let spent = |(currency, fit): &(Currency, AmountFit)| match figures.and_then(|all| all.spent_in(*currency)) {
            Some(sum) => super::accounts::amount(&sum, fit, theme),
            None => Cell::new(nothing.unwrap_or_default(), theme.dim()),
        };
        cells.extend(self.spent.iter().map(spent));
        cells.push(match (figures, nothing) {
            (Some(figures), Some(sign)) if figures.purchases == 0 => Cell::new(sign, theme.dim()),
            (Some(figures), _) => declined(figures, ctx),
            (None, _) => Cell::new("…", theme.dim()),
        });
        cells
    }
}

/// `7 %  3 of 41`; nothing declined is said too, and no purchases at all.
fn declined(figures: &Figures, ctx: &RenderCtx<'_>) -> Cell<'static> {
    let theme = &ctx.theme;
    if figures.purchases == 0 {
        return Cell::new("no purchases", theme.dim());
    }
    let style = if figures.declined > 0 { theme.plain() } else { theme.dim() };
    let rate = rate(figures.declined, figures.purchases, ctx.store.grouping);
    match thresholds::high(figures.declined, figures.purchases, ctx.setup) {
        Some(_) => Cell::new(format!("{rate} {} high", thresholds::HIGH), theme.bad()),
        None => Cell::new(rate, style),
    }
}

/// A part of a whole in percent, with both: ` 7 %  3 of 41`.
pub fn rate(part: usize, whole: usize, grouping: Grouping) -> String {
    let percent = (part as u128 * 200 + whole as u128) / (whole as u128 * 2).max(1);
    // What is not nothing is not rounded to nothing.
    let percent = if part > 0 && percent == 0 { "<1".to_owned() } else { percent.to_string() };
    format!("{percent:>3} %  {} of {}", text::count(part, grouping), text::count(whole, grouping))
}
