//! Pane 2: the cards of the chosen account, or of all.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::OnceLock;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::order::{self, Sort};
use crate::app::actions::Act;
use crate::app::clock;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};
use crate::app::filter::fold::by_fit;
use crate::app::filter::{Field as Asked, Filter, OfCard, Query};
use crate::app::list::{Cursor, Rows, Shown, Sorted};
use crate::app::marks::Marks;
use crate::app::msg::{Now, Setup, Topic};
use crate::app::pane::Pane;
pub use crate::app::sort_columns::CardColumn as By;
use crate::app::ui::frame::{Freshness, Piece, RenderCtx, Title};

use crate::app::store::{CardRow, Changes, Part, Store, Whose};
use crate::app::text::{self, Align, AmountFit};
use crate::app::theme::{self, Tone};
use crate::app::ui::describe;
use crate::domain::card::{Card, CardStatus};
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, HolderId};
use crate::parallel;

/// Seconds for which the age of a card that is being made is told.
const AGED: i64 = 3600;

/// What the person did here.
#[derive(Debug)]
pub struct CardsPane {
    pub cursor: Cursor<CardRow>,
    pub sort: Sort<By>,
    pub filter: Filter,
    /// The person whose cards alone are shown, whatever account is chosen.
    pub holder: Option<HolderId>,
    pub marks: Marks,
    sorted: Sorted<CardRow>,
    /// What the rows were filtered by.
    found: Query,
    /// Whether the rows stand by their column. Before it is known for all of them they stand as they are listed: what
    /// was read of one because somebody looked moves nothing.
    ordered: bool,
    /// The column was known for all rows of all lists once; a new card is put where it belongs as soon as it is read.
    known: Option<By>,
    /// What the title says could not be looked at. Asked with every key, and only a reply or another list makes it
    /// another.
    unread: OnceLock<Vec<Piece>>,
}

impl Default for CardsPane {
    fn default() -> CardsPane {
        CardsPane {
            cursor: Cursor::default(),
            sort: Sort { by: By::Made, turned: false },
            filter: Filter::default(),
            holder: None,
            marks: Marks::default(),
            sorted: Sorted::default(),
            found: Query::default(),
            ordered: true,
            known: None,
            unread: OnceLock::new(),
        }
    }
}

/// Whether what the rows are sorted by is known for all of them, or certainly never will be.
fn is_known(store: &Store, by: By) -> bool {
    let part = match by {
        By::Made => Part::Made,
        By::Number => Part::Number,
        By::Name => Part::Name,
        By::Balance => Part::Balance,
        By::Holder => return store.not_read_whose(store.cards.of(None)) == 0,
        By::Status => return true,
    };
    store.cards.open(part) == 0
}

/// `by`: `None` leaves the rows as they are listed.
fn compare(store: &Store, by: Option<By>, a: CardRow, b: CardRow) -> Ordering {
    let by_place = || store.cards.place(a).cmp(&store.cards.place(b));
    let Some(by) = by else { return by_place() };
    let (x, y) = (store.cards.get(a), store.cards.get(b));
    let ordering = match by {
        By::Made => made_rank(store, a).cmp(&made_rank(store, b)).then_with(|| match (x.created_at, y.created_at) {
            (Field::Known(first), Field::Known(second)) => second.cmp(&first).then_with(|| x.id.cmp(&y.id)),
            _ => Ordering::Equal,
        }),
        By::Number => x
            .number
            .last_four
            .is_none()
            .cmp(&y.number.last_four.is_none())
            .then(x.number.last_four.cmp(&y.number.last_four)),
        By::Name => order::texts(name(x), name(y)),
        By::Holder => order::texts(holder(store, x), holder(store, y)),
        By::Balance => order::amounts(&x.spendable(), &y.spendable()),
        By::Status => x.status.cmp(&y.status),
    };
    ordering.then_with(by_place)
}

/// The newest first. A card whose date is not read yet is a new one; where the API tells none it stands last.
fn made_rank(store: &Store, row: CardRow) -> u64 {
    match store.cards.get(row).created_at {
        Field::Absent if !store.cards.is_detailed(row) => 0,
        Field::Known(at) => (i64::MAX - at.timestamp_millis()).unsigned_abs(),
        Field::Absent | Field::Unreadable => u64::MAX,
    }
}

fn rank(store: &Store, by: Option<By>, row: CardRow) -> u64 {
    let Some(by) = by else { return 0 };
    let card = store.cards.get(row);
    match by {
        By::Made => made_rank(store, row),
        By::Number => card.number.last_four.map_or(u64::MAX, |digits| order::text_rank(Some(digits.as_str()))),
        By::Name => order::text_rank(name(card)),
        By::Holder => order::text_rank(holder(store, card)),
        By::Balance => order::amount_rank(&card.spendable()),
        By::Status => CardStatus::KNOWN.iter().position(|known| *known == card.status).unwrap_or(usize::MAX) as u64,
    }
}

fn name(card: &Card) -> Option<&str> {
    card.name.as_ref().map(|name| name.as_str())
}

fn holder<'a>(store: &'a Store, card: &'a Card) -> Option<&'a str> {
    store.holder_of(card).map(|name| name.as_str())
}

impl CardsPane {
    /// All cards that are listed when nothing is filtered.
    fn all<'a>(&self, store: &'a Store, account: Option<&AccountId>) -> &'a [CardRow] {
        match &self.holder {
            Some(holder) => store.cards.of_holder(holder),
            None => store.cards.of(account),
        }
    }

    pub fn shown(&self) -> Shown<'_, CardRow> {
        Shown { rows: self.sorted.rows(), turned: self.sort.turned }
    }

    /// Whether the rows can stand by their column now.
    fn can_be_ordered(&self, store: &Store) -> bool {
        self.known == Some(self.sort.by) || is_known(store, self.sort.by)
    }

    /// What the rows stand by.
    fn by(&self) -> Option<By> {
        self.ordered.then_some(self.sort.by)
    }

    /// Sorts anew: the column, or what the list is about, is another.
    pub fn arrange(&mut self, store: &Store, account: Option<&AccountId>) {
        self.unread.take();
        self.ordered = self.can_be_ordered(store);
        if self.ordered && self.known != Some(self.sort.by) && store.status_of_all_cards().complete {
            self.known = Some(self.sort.by);
        }
        let fits = |row: CardRow| self.filter.query().matches(&OfCard(store, store.cards.get(row)));
        let account = account.filter(|_| self.holder.is_none());
        let rows = parallel::filter(self.all(store, account), fits);
        let elsewhere = match account {
            Some(_) if self.filter.is_active() => {
                parallel::filter(store.cards.of(None), fits).len().saturating_sub(rows.len())
            }
            _ => 0,
        };
        if rows.is_empty() && elsewhere == 0 && self.filter.query().can_be_fuzzy() {
            self.filter.go_fuzzy();
            return self.arrange(store, account);
        }
        self.filter.elsewhere = elsewhere;
        self.found = self.filter.query().clone();
        self.sorted = self.order(store, rows);
        self.see_marks();
    }

    /// Rows in their order: those that fit the words of the filter best stand first, each kind of fit by the column.
    fn order(&self, store: &Store, rows: Vec<CardRow>) -> Sorted<CardRow> {
        let by = self.by();
        let sort = |rows: Vec<CardRow>| {
            Sorted::new(rows.into_iter(), |row| rank(store, by, row), |a, b| compare(store, by, a, b))
        };
        let query = self.filter.query();
        match query.ranks() {
            true => {
                let fit = |row| query.fit(&OfCard(store, store.cards.get(row)));
                Sorted::in_order(by_fit(rows, self.sort.turned, fit, |group| sort(group).rows().to_vec()))
            }
            false => sort(rows),
        }
    }

    /// The same order, of two rows.
    fn compare(&self, store: &Store, a: CardRow, b: CardRow) -> Ordering {
        let query = self.filter.query();
        let fit = |row| query.fit(&OfCard(store, store.cards.get(row)));
        let by_fit = match (query.ranks(), self.sort.turned) {
            (false, _) => Ordering::Equal,
            (true, false) => fit(a).cmp(&fit(b)),
            (true, true) => fit(b).cmp(&fit(a)),
        };
        by_fit.then_with(|| compare(store, self.by(), a, b))
    }

    /// Takes in that the filter is another one.
    pub fn sift(&mut self, store: &Store, account: Option<&AccountId>) {
        self.unread.take();
        if account.is_some() || !self.filter.query().narrows(&self.found) {
            return self.arrange(store, account);
        }
        // Typed on: what did not match before does not match now.
        let query = self.filter.query();
        self.sorted.retain(|row| query.matches(&OfCard(store, store.cards.get(row))));
        if self.sorted.rows().is_empty() && query.can_be_fuzzy() {
            self.filter.go_fuzzy();
            return self.arrange(store, account);
        }
        self.found = query.clone();
        if query.ranks() {
            self.sorted = self.order(store, self.sorted.rows().to_vec());
        }
        self.see_marks();
    }

    /// Keeps the order up to date with what a reply changed.
    pub fn take(&mut self, store: &Store, account: Option<&AccountId>, changes: &Changes) {
        self.unread.take();
        let whose = self.holder.clone();
        let account = account.filter(|_| whose.is_none());
        let touched = changes.cards_new.len() + changes.cards_changed.len();
        // Holders are read seldom and whole; their names may have changed anywhere. Many changed rows are
        // sorted faster than they are found one by one.
        let by_holder = self.sort.by == By::Holder || self.filter.is_active();
        // While a filter counts matches elsewhere, or finds by letters alone what may now be there as typed, all is
        // looked at anew.
        let looks_around = (account.is_some() && self.filter.is_active()) || self.filter.query().fuzzy;
        let becomes_ordered = self.ordered != self.can_be_ordered(store);
        if (changes.holders && by_holder)
            || changes.cards_changed.len() > 16
            || (touched > 0 && looks_around)
            || becomes_ordered
        {
            self.filter.as_typed();
            self.arrange(store, account);
            return;
        }
        if touched == 0 {
            return;
        }
        let query = self.filter.query();
        let ours = |row: &&CardRow| {
            let card = store.cards.get(**row);
            account.is_none_or(|id| card.account.as_ref() == Some(id))
                && (whose.is_none() || card.holder_id == whose)
                && query.matches(&OfCard(store, card))
        };
        let mut rows: Vec<CardRow> = changes.cards_changed.iter().filter(ours).copied().collect();
        rows.extend(changes.cards_new.iter().filter(ours));
        let mut sorted = std::mem::take(&mut self.sorted);
        sorted.remove(&changes.cards_changed);
        sorted.insert(&rows, |a, b| self.compare(store, a, b));
        self.sorted = sorted;
        self.see_marks();
    }

    /// Whether a row of the window tells its age.
    pub fn is_aging(&self, store: &Store, height: usize, now: Now) -> bool {
        let rows = self.shown();
        let window = self.cursor.top()..self.cursor.top().saturating_add(height);
        window.map_while(|at| rows.get(at)).any(|row| age(store.cards.get(row), now).is_some())
    }

    /// Takes in that marks or rows are others, for the counts of the title.
    pub fn see_marks(&mut self) {
        self.marks.see(self.sorted.rows());
    }

    pub fn sort_next(&mut self, setup: &Setup) {
        let order = columns::order(&columns::CARDS, &setup.columns.cards);
        let by = columns::next_sort(&By::ALL, self.sort.by, By::column, &order);
        self.sort = Sort { by, turned: false };
    }

    pub fn fresh<'a>(&self, store: &'a Store, account: Option<&AccountId>) -> Freshness<'a> {
        match account {
            _ if self.holder.is_some() => {
                Freshness::of(self.holder.iter().map(|id| store.status(&Topic::HolderCards(id.clone()))))
            }
            Some(account) => Freshness::of([store.status(&Topic::Cards(account.clone()))]),
            None if store.accounts.value.is_empty() => Freshness::of([store.status(&Topic::Accounts)]),
            None => Freshness::of([store.status_of_all_cards()]),
        }
    }

    pub fn title(&self, store: &Store, account: Option<&AccountId>) -> Title {
        let mut title = Title { pieces: vec![Piece::new("Cards", Tone::Plain)], ..Title::default() };
        if let Some(holder) = self.holder.as_ref().and_then(|id| store.holder(id)) {
            let name = store.holder_name(holder).map_or(String::new(), text::name);
            title.pieces.push(Piece::new(text::cut(&name, 24), Tone::Plain));
        } else if let Some(account) = account.and_then(|id| store.account(id)) {
            title.pieces.push(Piece::new(text::cut(&text::name(&account.name), 24), Tone::Plain));
        }
        let fresh = self.fresh(store, account);
        let count = self.all(store, account).len();
        self.filter.entitle(&mut title, self.sorted.rows().len(), count, store.grouping);
        if !self.filter.is_active() && !fresh.loading && (count > 0 || !fresh.waiting && fresh.failed.is_none()) {
            title.pieces.push(Piece::new(text::count(count, store.grouping), Tone::Plain));
        }
        if self.marks.count() > 0 {
            let hidden = match self.marks.hidden() {
                0 => String::new(),
                hidden => format!(" ({} hidden)", text::count(hidden, store.grouping)),
            };
            let range = if self.marks.in_range() { ", range" } else { "" };
            let marked = format!("{} marked{hidden}{range}", text::count(self.marks.count(), store.grouping));
            title.pieces.push(Piece::new(marked, Tone::Waiting));
        }
        // Without an account of its own there is no list that failed but that of the accounts.
        let skipped = if account.is_none() { store.skipped().cards } else { 0 };
        let short = match account {
            _ if self.holder.is_some() => None,
            Some(account) => store.short(&Topic::Cards(account.clone())),
            None => store.short_cards(),
        };
        title.add_short(short, store.grouping);
        title.add(&fresh, skipped, count == 0, store.grouping);
        if count > 0 && !fresh.loading {
            title.pieces.extend_from_slice(self.unread.get_or_init(|| self.unread(store, account)));
        }
        title
    }

    /// What could not be looked at yet: rows that a filter leaves out or an order puts last may be others then.
    fn unread(&self, store: &Store, account: Option<&AccountId>) -> Vec<Piece> {
        let rows = self.all(store, account);
        let mut pieces = Vec::new();
        let mut say = |what: &str, cards: usize| {
            if cards > 0 {
                let (cards, s) = (text::count(cards, store.grouping), if cards == 1 { "" } else { "s" });
                pieces.push(Piece::new(format!("{what} of {cards} card{s} not read yet"), Tone::Over));
            }
        };
        let query = self.filter.query();
        say("holders", if query.is_empty() { store.not_read_whose(rows) } else { store.not_read_holders(rows) });
        let asked = [(Part::Number, self.sort.by == By::Number || !query.is_empty()), (Part::Made, query.asks_time())];
        let asks_kind = (Part::Kind, query.asks(Asked::Kind));
        let open =
            asked.into_iter().chain([asks_kind]).filter(|(_, asks)| *asks).map(|(part, _)| store.cards.open(part));
        if open.sum::<usize>() > 0 {
            say("details", rows.iter().filter(|row| store.cards.is_open(**row)).count());
        }
        pieces
    }

    fn visible<'a>(&self, store: &'a Store, inner: Rect) -> Vec<(CardRow, &'a Card)> {
        let (rows, top) = (self.shown(), self.cursor.top());
        let height = usize::from(inner.height.saturating_sub(1));
        (top..top + height).filter_map(|at| rows.get(at)).map(|row| (row, store.cards.get(row))).collect()
    }

    /// What the column at `x` sorts by; `inner` is the list without its border.
    pub fn sort_at(&self, inner: Rect, x: u16, ctx: &RenderCtx<'_>) -> Option<By> {
        let visible = self.visible(ctx.store, inner);
        let at = Table::of(&visible, inner, ctx.setup, self.sort.by).at(inner, x)?;
        By::ALL.into_iter().find(|by| by.column() == Some(at))
    }

    pub fn view(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        title: &Title,
        account: Option<&AccountId>,
        ctx: &RenderCtx<'_>,
    ) {
        let inner = super::frame(buffer, area, title, Some(Pane::Cards), &ctx.theme, ctx.focused);
        let (store, theme) = (ctx.store, &ctx.theme);
        let rows = self.shown();
        if rows.is_empty() && self.filter.is_active() && !self.all(store, account).is_empty() {
            return super::say_filtered(buffer, inner, &self.filter, ctx);
        }
        if rows.is_empty() {
            let (issue, back, again) = (ctx.key(Act::Issue), ctx.key(Act::Back), ctx.key(Act::Refresh));
            let (why, how) = match account {
                _ if self.holder.is_some() => {
                    ("this person has no cards", format!("{issue} issues one; {back} goes back to the people"))
                }
                Some(_) => {
                    ("this account has no cards yet", format!("{again} reads again; {back} goes back to the accounts"))
                }
                None => ("no cards yet", format!("{again} reads again")),
            };
            super::say_why_empty(buffer, inner, &self.fresh(store, account), ctx, "the cards", &[why, &how]);
            return;
        }
        let visible = self.visible(store, inner);
        let Table { order, fit, columns, widths } = Table::of(&visible, inner, ctx.setup, self.sort.by);
        let found = self.filter.query().texts();
        let descending = (self.sort.by == By::Balance) != self.sort.turned;
        let sorted = self.sort.by.column().and_then(|by| order.iter().position(|at| *at == by));
        let sorted = sorted.map(|at| (at, descending));
        columns::head(buffer, Rect { height: 1, ..inner }, &columns, &widths, sorted, theme);
        for (line, (row, card)) in (1..inner.height).zip(visible) {
            let selected = self.cursor.row() == Some(&row);
            let mark = match (selected, ctx.focused) {
                (true, true) => Mark::Selected,
                (true, false) => Mark::Kept,
                (false, _) => Mark::None,
            };
            let line = Rect { y: inner.y + line, height: 1, ..inner };
            let how = RowStyle { theme, mark, stale: title.stale, found: &found };
            columns::row(buffer, line, &columns, &widths, &columns::pick(&cells(ctx, row, card, &fit), &order), &how);
            if self.marks.has(row) {
                columns::marked(buffer, line, theme, mark);
            }
        }
    }
}

/// For how many seconds a card has been in the making, when that is worth telling.
fn age(card: &Card, now: Now) -> Option<u64> {
    let age = card.created_at.known().map(|at| now.wall.signed_duration_since(at).num_seconds())?;
    (card.status == CardStatus::Creating && (0..=AGED).contains(&age)).then_some(age.unsigned_abs())
}

/// Sign, word and tone of a card's status; a card that is being made says for how long.
fn status(card: &Card, now: Now) -> (&'static str, Cow<'_, str>, Tone) {
    let (sign, word, tone) = theme::card_status(&card.status);
    match age(card, now) {
        Some(age) => (sign, format!("creating {}", clock::span(age)).into(), tone),
        None => (sign, word.into(), tone),
    }
}

/// The columns that are shown, made for the rows of the window.
struct Table {
    /// Their usual places.
    order: Vec<usize>,
    fit: AmountFit,
    columns: Vec<Column>,
    widths: Vec<u16>,
}

impl Table {
    fn of(visible: &[(CardRow, &Card)], inner: Rect, setup: &Setup, by: By) -> Table {
        let balances: Vec<_> = visible.iter().filter_map(|(_, card)| card.spendable().known().copied()).collect();
        let fit = AmountFit::of_list(&balances, setup.grouping);
        let order = columns::order(&columns::CARDS, &setup.columns.cards);
        let mut columns = columns::pick(&layout(&fit), &order);
        columns::hold(&mut columns, order.iter().position(|at| Some(*at) == by.column()));
        let widths = columns::widths(&columns, inner.width);
        Table { order, fit, columns, widths }
    }

    /// The usual place of the column that is drawn at `x`.
    fn at(&self, inner: Rect, x: u16) -> Option<usize> {
        self.order.get(columns::at(&self.widths, inner, x)?).copied()
    }
}

fn layout(fit: &AmountFit) -> [Column; 5] {
    let amount = u16::try_from(fit.width()).unwrap_or(u16::MAX);
    let tail = u16::try_from(fit.currency + 1).unwrap_or(u16::MAX);
    [
        Column { title: "Card", align: Align::Left, least: 6, most: 6, drop: 0, tail: 0 },
        Column { title: "Name", align: Align::Left, least: 12, most: 34, drop: 1, tail: 0 },
        Column { title: "Holder", align: Align::Left, least: 12, most: 30, drop: 3, tail: 0 },
        Column { title: "Balance", align: Align::Right, least: amount, most: amount, drop: 2, tail },
        Column { title: "Status", align: Align::Left, least: 11, most: 15, drop: 0, tail: 0 },
    ]
}

fn cells<'a>(ctx: &RenderCtx<'a>, row: CardRow, card: &'a Card, fit: &AmountFit) -> [Cell<'a>; 5] {
    let (store, theme) = (ctx.store, &ctx.theme);
    let (sign, word, tone) = match ctx.outcomes.pending(card) {
        Some((sign, word)) => (sign, word.into(), Tone::Waiting),
        None => status(card, ctx.now),
    };
    let dash = || Cell::new("–", theme.dim());
    let not_read = || Cell::new("…", theme.dim());
    let open = !store.cards.is_detailed(row);
    let balance = match (&card.status, card.spendable()) {
        (CardStatus::Creating | CardStatus::CreatingFailed, Field::Absent) => Cell::new("", theme.dim()),
        (_, Field::Absent) if open => not_read(),
        (_, balance) => super::accounts::amount(&balance, fit, theme),
    };
    [
        Cell::new(describe::short(card), theme.plain()),
        match &card.name {
            Some(name) => Cell::new(text::name(name), theme.plain()),
            None if open => not_read(),
            None => dash(),
        },
        match store.whose(row, card) {
            Whose::Named(name) => Cell::new(text::name(name), theme.plain()),
            Whose::NotRead => not_read(),
            Whose::NotTold => dash(),
        },
        balance,
        Cell::state(sign, word, tone, theme),
    ]
}
