//! Pane 4: everybody who has or may have cards, with what their cards did in the last 30 days.
//!
//! Spend and declines are added up here from the transactions that were read, and their columns are marked `≈`
//! while some of the days may be missing. They are kept for each person until a row of theirs changes, and worked out for the rows
//! that are shown. Sorting by them needs everybody's: that is done in parts of [`PART`] rows, one each time the
//! dashboard has nothing else to do, and the old order stays until it is done.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use chrono::Timelike;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::list_pane::{AnyList, Enter, ListPane, ListState, PaneCtx, Subject, say_filtered};
use super::order;
use crate::app::actions::Act;
use crate::app::areas::Areas;
use crate::app::clock;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};
use crate::app::filter::fold::Fit;
use crate::app::filter::{OfHolder, Query};
use crate::app::list::{Moves, Rows};
use crate::app::msg::{Now, Setup, Topic};
use crate::app::pane::Pane;
pub use crate::app::sort_columns::CardholderColumn as By;
use crate::app::sort_columns::{Sort, SortColumn};
use crate::app::ui::exported::{Exported, Leaving};
use crate::app::ui::frame::{Freshness, Piece, RenderCtx, Title, frame, say_why_empty};
use crate::app::ui::row_index::{Arrivals, Reindex, RowSource, SortKey, sort_by_keys};

use crate::app::store::insight::{self, Figures};
use crate::app::store::{CardRow, Changes, Held, HolderRow, Store};
use crate::app::text::{self, Align, AmountFit};
use crate::app::theme::Tone;
use crate::app::thresholds;
use crate::domain::card::Card;
use crate::domain::cardholder::Cardholder;
use crate::domain::ids::HolderId;
use crate::domain::money::{Currency, Grouping, Money};
use crate::domain::transaction::Feed;
use crate::export::cell::{Cell as Value, Unknown};
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
#[derive(Debug, Default)]
pub struct CardholdersPane {
    pub list: ListState<HolderRow, By>,
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

/// A sort key for declines: the less, the larger the part that was declined; without purchases the most.
fn decline_rate_key(figures: &Figures) -> u64 {
    const ALL: u128 = 1 << 32;
    let declined = (figures.declined as u128 * ALL).checked_div(figures.purchases as u128);
    declined.map_or(u64::MAX, |declined| (ALL - declined.min(ALL)) as u64)
}

/// Everybody, by name.
struct HolderSource<'a> {
    store: &'a Store,
    named: &'a [HolderRow],
    figures: &'a HashMap<HolderRow, Figures>,
    /// The merchant's currencies, in the order of its accounts.
    currencies: Vec<Currency>,
    sort: Sort<By>,
    unread: bool,
}

impl HolderSource<'_> {
    /// By the column alone.
    fn compare_columns(&self, a: &HolderRow, b: &HolderRow) -> Ordering {
        let (store, currencies) = (self.store, &self.currencies);
        let (Some(x), Some(y)) = (store.holder_at(*a), store.holder_at(*b)) else { return Ordering::Equal };
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
            By::Declined => rates(of(a), of(b)),
            By::Spent => {
                let spent = |figures: &Figures, currency| {
                    figures.spent_in(currency).and_then(|sum| sum.known().map(Money::amount)).unwrap_or_default()
                };
                let by = |currency: &Currency| spent(of(b), *currency).cmp(&spent(of(a), *currency));
                currencies.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
            }
        }
    }

    /// A key that never contradicts [`HolderSource::compare_columns`], so that few have to be compared.
    fn key(&self, row: HolderRow) -> SortKey {
        let figures = || self.figures.get(&row);
        if self.unread && self.sort.by.of_cards() {
            return SortKey { number: 0, exact: true };
        }
        match self.sort.by {
            By::Name | By::Email | By::Phone => SortKey { number: 0, exact: false },
            By::Cards => {
                let held = self.store.holder_at(row).map_or(0, |holder| cards(self.store, holder));
                SortKey { number: u64::MAX - held as u64, exact: true }
            }
            By::Spent => {
                let (cents, exact) = figures().map_or((0, true), |figures| cents(figures, self.currencies.first()));
                SortKey { number: u64::MAX - cents, exact: exact && self.currencies.len() < 2 }
            }
            By::Declined => SortKey { number: figures().map_or(u64::MAX, decline_rate_key), exact: false },
        }
    }
}

impl RowSource for HolderSource<'_> {
    type Row = HolderRow;

    fn all(&self) -> Cow<'_, [HolderRow]> {
        Cow::Borrowed(self.named)
    }

    /// Of many, all are asked as they stand in memory, not as they are named.
    fn filter(&self, query: &Query, rows: &[HolderRow]) -> Vec<HolderRow> {
        let one = |row| query.matches(&OfHolder(self.store, row));
        if query.is_empty() || rows.len() < self.store.all_holders().len() / 8 {
            return rows.iter().copied().filter(|row| one(*row)).collect();
        }
        let fit = parallel::map(&self.store.all_holders().collect::<Vec<_>>(), one);
        rows.iter().copied().filter(|row| fit.get(row.index()).copied().unwrap_or(false)).collect()
    }

    fn sort(&self, rows: Vec<HolderRow>) -> Vec<HolderRow> {
        let by_text = |of: fn(&Cardholder) -> Option<&str>| {
            order::by_text(rows.iter().copied(), |row| self.store.holder_at(row).and_then(of))
        };
        match self.sort.by {
            By::Name => rows,
            By::Email => by_text(email),
            By::Phone => by_text(phone),
            By::Cards | By::Spent | By::Declined => {
                sort_by_keys(&rows, |row| self.key(row), |a, b| self.compare_columns(a, b))
            }
        }
    }

    fn resort(&self, rows: Vec<HolderRow>) -> Vec<HolderRow> {
        let mut left = vec![false; self.store.all_holders().len()];
        for row in &rows {
            if let Some(left) = left.get_mut(row.index()) {
                *left = true;
            }
        }
        let by_name = self.named.iter().copied();
        self.sort(by_name.filter(|row| left.get(row.index()).copied().unwrap_or(false)).collect())
    }

    fn is_turned(&self) -> bool {
        self.sort.turned
    }

    fn fit(&self, query: &Query, row: &HolderRow) -> Option<Fit> {
        Some(query.fit(&OfHolder(self.store, *row)))
    }
}

impl Arrivals for HolderSource<'_> {
    fn holds(&self, query: &Query, row: &HolderRow) -> bool {
        query.matches(&OfHolder(self.store, *row))
    }

    fn compare(&self, a: &HolderRow, b: &HolderRow) -> Ordering {
        let (Some(x), Some(y)) = (self.store.holder_at(*a), self.store.holder_at(*b)) else { return a.cmp(b) };
        let by_name = || order::texts(name(self.store, x), name(self.store, y));
        self.compare_columns(a, b).then_with(by_name).then(a.cmp(b))
    }
}

impl CardholdersPane {
    fn index(&mut self, store: &Store, why: Reindex) -> bool {
        if self.named.len() != store.all_holders().len() {
            let named = |row: HolderRow| store.holder_at(row).and_then(|holder| name(store, holder));
            self.named = order::by_text(store.all_holders(), named);
        }
        let (named, figures, currencies) = (&self.named, &self.figures, currencies(store));
        let source = HolderSource { store, named, figures, currencies, sort: self.list.sort, unread: self.unread };
        self.list.index.update(&source, &mut self.list.filter, why)
    }

    /// Makes the order anew: the column or the filter is another. For a column of figures it begins to add up
    /// everybody's first; the old order stays meanwhile.
    fn rebuild(&mut self, store: &Store) {
        self.unread = store.not_read_held() > 0;
        let by_figures = self.list.sort.by.of_figures() && !self.unread;
        self.adding = (by_figures && store.all_holders().any(|row| !self.figures.contains_key(&row))).then_some(0);
        self.index(store, if self.adding.is_some() { Reindex::Filter } else { Reindex::Anew });
    }

    /// Adds up what the window shows, and a part of what an order still needs. `height`: rows of the window.
    /// Whether the window shows something else now.
    fn add_up(&mut self, store: &Store, height: usize, now: Now) -> bool {
        let hour = Some((now.wall.date_naive(), now.wall.hour()));
        if self.hour != hour {
            self.hour = hour;
            self.figures.clear();
            self.adding = (self.list.sort.by.of_figures() && !self.unread).then_some(0);
        }
        let shown: Vec<HolderRow> = self.list.visible(height).collect();
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
        self.list.filter.as_typed();
        self.rebuild(store);
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

    /// Whoever the cursor is on.
    pub fn shown_under_cursor<'a>(&self, store: &'a Store) -> Option<&'a Cardholder> {
        store.holder_at(*self.list.cursor.row()?)
    }

    /// Whoever keys mean.
    pub fn chosen<'a>(&self, store: &'a Store) -> Option<&'a Cardholder> {
        store.holder_at(*self.list.cursor.target()?)
    }

    /// Puts the cursor on somebody, whatever the filter hides. Whether they are known.
    pub fn choose(&mut self, store: &Store, id: &HolderId, height: usize) -> bool {
        let Some(row) = store.holder_row(id) else { return false };
        if self.list.shown().position(&row, 0).is_none() && self.list.filter.clear() {
            self.rebuild(store);
        }
        self.list.choose(&row, height);
        true
    }

    fn visible<'a>(&self, store: &'a Store, inner: Rect) -> Vec<(HolderRow, &'a Cardholder)> {
        let visible = self.list.visible(usize::from(inner.height.saturating_sub(1)));
        visible.filter_map(|row| Some((row, store.holder_at(row)?))).collect()
    }
}

impl CardholdersPane {
    /// What a row holds, as it leaves the dashboard.
    fn values(
        &self,
        store: &Store,
        row: HolderRow,
        currencies: &BTreeSet<Currency>,
        leaving: Leaving,
    ) -> Option<Vec<Value>> {
        let holder = store.holder_at(row)?;
        let known = self.figures.get(&row).filter(|_| !is_reading(store));
        let number = |count: fn(&Figures) -> usize| {
            known.map_or(Value::Unknown(Unknown::NotRead), |all| Value::Count(count(all) as u64))
        };
        let mut cells = vec![
            leaving.name(store.holder_name(holder)),
            leaving.name(holder.email.as_ref()),
            leaving.name(holder.phone.as_ref()),
            match store.held(&holder.id) {
                Held::Exact(count) => Value::Count(count as u64),
                Held::AtLeast(_) => Value::Unknown(Unknown::NotRead),
                Held::NotTold(_) => Value::Unknown(Unknown::NotSaid),
            },
        ];
        cells.extend(currencies.iter().map(|currency| match known.map(|all| all.spent_in(*currency)) {
            None => Value::Unknown(Unknown::NotRead),
            Some(None) => Value::Blank,
            Some(Some(sum)) => leaving.money(&sum),
        }));
        cells.extend([number(|all| all.declined), number(|all| all.purchases)]);
        Some(cells)
    }
}

impl ListPane for CardholdersPane {
    fn exported(&self, ctx: &PaneCtx<'_>, leaving: Leaving) -> Exported {
        let spent_in = |row| self.figures.get(&row).into_iter().flat_map(|all: &Figures| &all.spent);
        let currencies: BTreeSet<Currency> = self.list.rows().flat_map(spent_in).map(|(one, _)| *one).collect();
        let spent: Vec<String> = currencies.iter().map(|currency| format!("spent_30_days_{currency}")).collect();
        let spent: Vec<&str> = spent.iter().map(String::as_str).collect();
        let counts = &["declined_30_days", "purchases_30_days"];
        let names = [&["name", "email", "phone", "cards"][..], &spent, counts].concat();
        let rows = self.list.rows().filter_map(|row| self.values(ctx.store, row, &currencies, leaving));
        Exported::new(&names, &spent, rows)
    }

    fn list(&self) -> &dyn AnyList {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn AnyList {
        &mut self.list
    }

    fn reindex(&mut self, ctx: &PaneCtx<'_>, why: Reindex) -> bool {
        if why == Reindex::Anew {
            self.rebuild(ctx.store);
            return true;
        }
        self.index(ctx.store, why)
    }

    fn apply(&mut self, ctx: &PaneCtx<'_>, changes: &Changes) {
        let (store, now) = (ctx.store, ctx.now);
        let of_card = |row: &CardRow| store.holder_row_of(*row);
        let moved = [&changes.transactions_new, &changes.transactions_changed].into_iter().flatten();
        let moved = moved.filter_map(|row| store.cards.row(store.transactions.get(*row).card.as_ref()?));
        let cards = changes.cards_new.iter().chain(&changes.cards_changed).copied();
        let mut touched: Vec<HolderRow> = moved.chain(cards).filter_map(|row| of_card(&row)).collect();
        touched.sort_unstable();
        touched.dedup();
        let by = self.list.sort.by;
        touched.retain(|row| self.figures.remove(row).is_some() || by == By::Cards);
        if by.of_cards() && self.unread != (store.not_read_held() > 0) {
            return self.rebuild(store);
        }
        let moves = by.of_cards() && !self.unread;
        let few = touched.len() + changes.holders_new.len() <= FEW && self.adding.is_none();
        let anew = changes.holders_changed || (self.list.filter.query().fuzzy && changes.holders);
        if changes.holders_changed {
            self.named.clear();
        }
        if anew || (moves && !few) {
            self.list.filter.as_typed();
            return self.rebuild(store);
        }
        if !moves {
            touched.clear();
        }
        if touched.is_empty() && changes.holders_new.is_empty() {
            return;
        }
        if moves {
            touched.iter().chain(&changes.holders_new).for_each(|row| _ = self.add_up_one(store, *row, now));
        }
        let (named, figures, currencies) = (&self.named, &self.figures, currencies(store));
        let source = HolderSource { store, named, figures, currencies, sort: self.list.sort, unread: self.unread };
        if !self.list.index.apply(&source, &self.list.filter, &touched, &changes.holders_new) {
            self.list.filter.as_typed();
            self.rebuild(store);
        }
    }

    fn title(&self, ctx: &PaneCtx<'_>) -> Title {
        let store = ctx.store;
        let mut title = Title { pieces: vec![Piece::new("Cardholders", Tone::Plain)], ..Title::default() };
        let (fresh, all) = (self.fresh(ctx), store.holders.value.len());
        self.list.filter.entitle(&mut title, self.list.index.rows().len(), all, store.grouping);
        if !self.list.filter.is_active() && !fresh.loading && fresh.ever {
            title.pieces.push(Piece::new(text::count(all, store.grouping), Tone::Plain));
        }
        if all > 0 && !self.list.filter.is_active() {
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
            title.foot = sample(store, (ctx.setup, ctx.now));
        }
        title
    }

    fn view(&self, buffer: &mut Buffer, areas: &Areas, title: &Title, pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) {
        let area = areas.sheet;
        let inner = frame(buffer, area, title, Some(Pane::Cardholders), &ctx.theme, ctx.focused);
        let (store, theme) = (ctx.store, &ctx.theme);
        let rows = self.list.index.rows();
        if rows.is_empty() && self.list.filter.is_active() && !store.holders.value.is_empty() {
            return say_filtered(buffer, inner, &self.list.filter, ctx);
        }
        if rows.is_empty() {
            let how = format!("{} makes one; {} reads again", ctx.key(Act::Issue), ctx.key(Act::Refresh));
            let nothing = ["no cardholders yet", &how];
            return say_why_empty(buffer, inner, &self.fresh(pane), ctx, "the cardholders", &nothing);
        }
        let visible = self.visible(store, inner);
        let table = Table::of(self, &visible, ctx);
        let widths = columns::widths(&table.columns, inner.width);
        let found = self.list.filter.query().texts();
        let at = (0..table.columns.len()).find(|at| table.sort_of(*at) == Some(self.list.sort.by)).unwrap_or(0);
        let natural = matches!(self.list.sort.by, By::Cards | By::Spent | By::Declined);
        let sorted = Some((at, natural != self.list.sort.turned));
        columns::head(buffer, Rect { height: 1, ..inner }, &table.columns, &widths, sorted, theme);
        for (line, (row, holder)) in (1..inner.height).zip(visible) {
            let mark = match (self.list.cursor.row() == Some(&row), ctx.focused) {
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

    fn column_at(&self, inner: Rect, x: u16, _pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) -> Option<&'static str> {
        let table = Table::of(self, &self.visible(ctx.store, inner), ctx);
        let at = columns::at(&columns::widths(&table.columns, inner.width), inner, x)?;
        table.sort_of(at).map(|by| by.word())
    }

    /// It is looked at only while it is on the screen, and so are its figures.
    fn settle(&mut self, ctx: &PaneCtx<'_>, height: Option<usize>, focused: bool) -> bool {
        if !focused {
            return false;
        }
        self.list.settle(height, Moves::Follows);
        let any = self.add_up(ctx.store, height.unwrap_or(0), ctx.now);
        self.list.settle(height, Moves::Follows);
        any
    }

    fn fresh<'a>(&self, ctx: &PaneCtx<'a>) -> Freshness<'a> {
        Freshness::of([ctx.store.status(&Topic::Cardholders)])
    }

    fn subject(&self, ctx: &PaneCtx<'_>) -> Subject {
        self.shown_under_cursor(ctx.store).map_or(Subject::Nothing, |holder| Subject::Holder(holder.id.clone()))
    }

    fn enter(&self, ctx: &PaneCtx<'_>) -> Enter {
        self.chosen(ctx.store).map_or(Enter::Nowhere, |holder| Enter::Holder(holder.id.clone()))
    }

    fn card<'a>(&self, ctx: &PaneCtx<'a>) -> Result<&'a Card, String> {
        Err(format!("{} shows the cards of this person", ctx.setup.appearance.keys.name(Act::In)))
    }

    /// Figures are still added up for the order.
    fn is_due(&self, focused: bool) -> bool {
        focused && self.adding.is_some()
    }
}

/// The merchant's currencies, in the order of its accounts.
fn currencies(store: &Store) -> Vec<Currency> {
    store.available().into_iter().map(|(currency, _)| currency).collect()
}

/// What spend and declines are made of, when it may not be all of the 30 days.
pub fn sample(store: &Store, (setup, now): (&Setup, Now)) -> Option<String> {
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
        let sorted = (0..table.columns.len()).find(|at| table.sort_of(*at) == Some(pane.list.sort.by));
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
            // Their purchases may be among the rows that are still being read.
            Held::Exact(_) if is_reading(store) => Some("…"),
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

/// Whether older transactions of cards are being read at this moment.
fn is_reading(store: &Store) -> bool {
    let history = store.status(&Topic::History(Feed::Cards));
    !history.complete && (history.pending || history.at.is_none())
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
