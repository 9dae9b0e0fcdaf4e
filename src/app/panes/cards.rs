//! Pane 2: the cards of the chosen account, or of all.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::OnceLock;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::list_pane::{AnyList, Enter, ListPane, ListState, PaneCtx, Subject, say_filtered};
use super::order;
use crate::app::actions::Act;
use crate::app::areas::Areas;
use crate::app::clock;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};
use crate::app::filter::fold::Fit;
use crate::app::filter::{Field as Asked, OfCard, Query};
use crate::app::list::Moves;
use crate::app::msg::{Now, Setup, Short, Topic};
use crate::app::pane::Pane;
pub use crate::app::sort_columns::CardColumn as By;
use crate::app::sort_columns::SortColumn;
use crate::app::ui::exported::{Exported, Leaving};
use crate::app::ui::frame::{Freshness, Piece, RenderCtx, Title, frame, say_why_empty};
use crate::app::ui::row_index::{Arrivals, Reindex, RowSource, sort_by_comparing};
use crate::app::ui::sum_line;

use crate::app::store::{CardRow, Changes, Part, Store, Whose};
use crate::app::text::{self, Align, AmountFit};
use crate::app::theme::{self, Tone};
use crate::app::ui::describe;
use crate::domain::card::{Card, CardStatus};
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, HolderId};
use crate::domain::totals::Balances;
use crate::export::cell::{Cell as Value, Unknown};
use crate::parallel;

/// Seconds for which the age of a card that is being made is told.
const AGED: i64 = 3600;

/// What the person did here.
#[derive(Debug, Default)]
pub struct CardsPane {
    pub list: ListState<CardRow, By>,
    /// The person whose cards alone are shown, whatever account is chosen.
    pub holder: Option<HolderId>,
    /// The rows stand as they are listed, because their column is not known for all of them: what was read of one
    /// because somebody looked moves nothing.
    as_listed: bool,
    /// The column was known for all rows of all lists once; a new card is put where it belongs as soon as it is read.
    known: Option<By>,
    /// What the title says could not be looked at. Asked with every key, and only a reply or another list makes it
    /// another.
    unread: OnceLock<Vec<Piece>>,
    /// What the cards that are shown, or are marked, add up to; added up when it is asked for after they changed.
    sums: OnceLock<Vec<String>>,
}

/// The cards of a list.
struct CardSource<'a> {
    store: &'a Store,
    /// `None`: of all accounts.
    account: Option<&'a AccountId>,
    /// The person whose cards alone are listed, of all accounts.
    holder: Option<&'a HolderId>,
    /// `None`: the rows stand as they are listed.
    by: Option<By>,
    turned: bool,
}

impl<'a> CardSource<'a> {
    /// All cards that are listed when nothing is filtered.
    fn listed(&self) -> &'a [CardRow] {
        match self.holder {
            Some(holder) => self.store.cards.of_holder(holder),
            None => self.store.cards.of(self.account),
        }
    }

    fn matching(&self, query: &Query, rows: &[CardRow]) -> Vec<CardRow> {
        parallel::filter(rows, |row| query.matches(&OfCard(self.store, self.store.cards.get(row))))
    }

    /// How many cards of other accounts match.
    fn elsewhere(&self, query: &Query, here: usize) -> usize {
        match self.account {
            Some(_) if self.holder.is_none() && !query.is_empty() => {
                self.matching(query, self.store.cards.of(None)).len().saturating_sub(here)
            }
            _ => 0,
        }
    }
}

impl RowSource for CardSource<'_> {
    type Row = CardRow;

    fn all(&self) -> Cow<'_, [CardRow]> {
        Cow::Borrowed(self.listed())
    }

    fn filter(&self, query: &Query, rows: &[CardRow]) -> Vec<CardRow> {
        self.matching(query, rows)
    }

    fn sort(&self, rows: Vec<CardRow>) -> Vec<CardRow> {
        let CardSource { store, by, .. } = *self;
        sort_by_comparing(rows, |row| rank(store, by, row), |a, b| compare(store, by, *a, *b))
    }

    fn is_turned(&self) -> bool {
        self.turned
    }

    fn fit(&self, query: &Query, row: &CardRow) -> Option<Fit> {
        Some(query.fit(&OfCard(self.store, self.store.cards.get(*row))))
    }

    fn matches_elsewhere(&self, query: &Query) -> bool {
        self.elsewhere(query, 0) > 0
    }
}

impl Arrivals for CardSource<'_> {
    fn holds(&self, query: &Query, row: &CardRow) -> bool {
        let card = self.store.cards.get(*row);
        let ours = match self.holder {
            Some(holder) => card.holder_id.as_ref() == Some(holder),
            None => self.account.is_none_or(|id| card.account.as_ref() == Some(id)),
        };
        ours && query.matches(&OfCard(self.store, card))
    }

    fn compare(&self, a: &CardRow, b: &CardRow) -> Ordering {
        compare(self.store, self.by, *a, *b)
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
    /// Whether the rows can stand by their column now.
    fn can_be_ordered(&self, store: &Store) -> bool {
        self.known == Some(self.list.sort.by) || is_known(store, self.list.sort.by)
    }

    fn source<'a>(&'a self, ctx: &'a PaneCtx<'_>) -> CardSource<'a> {
        let by = (!self.as_listed).then_some(self.list.sort.by);
        let (account, holder) = (ctx.account.as_ref(), self.holder.as_ref());
        CardSource { store: ctx.store, account, holder, by, turned: self.list.sort.turned }
    }

    /// What the marked cards have on them, or all that are shown.
    fn add_up(&self, store: &Store) -> Vec<String> {
        let rows: Vec<CardRow> = match self.list.marks.count() {
            0 => self.list.index.rows().to_vec(),
            _ => self.list.marks.iter().copied().collect(),
        };
        let parts = parallel::in_parts(&rows, |part, found| {
            found.push(Balances::of(part.iter().map(|row| store.cards.get(*row).spendable())));
        });
        let mut all = Balances::default();
        parts.iter().for_each(|part| all.merge(part));
        sum_line::cards(&all, self.list.marks.count() > 0, store.grouping)
    }

    /// Whether fewer cards came than the lists or the accounts say that there are.
    fn short(&self, ctx: &PaneCtx<'_>) -> Option<Short> {
        match &ctx.account {
            _ if self.holder.is_some() => None,
            Some(account) => ctx.store.short(&Topic::Cards(account.clone())),
            None => ctx.store.short_cards(),
        }
    }

    fn fresh_of<'a>(&self, store: &'a Store, account: Option<&AccountId>) -> Freshness<'a> {
        match account {
            _ if self.holder.is_some() => {
                Freshness::of(self.holder.iter().map(|id| store.status(&Topic::HolderCards(id.clone()))))
            }
            Some(account) => Freshness::of([store.status(&Topic::Cards(account.clone()))]),
            None if store.accounts.value.is_empty() => Freshness::of([store.status(&Topic::Accounts)]),
            None => Freshness::of([store.status_of_all_cards()]),
        }
    }

    /// Says what could not be looked at yet: rows that a filter leaves out or an order puts last may be others then.
    fn unread(&self, ctx: &PaneCtx<'_>) -> Vec<Piece> {
        let (store, rows) = (ctx.store, self.source(ctx).listed());
        let mut pieces = Vec::new();
        let mut say = |what: &str, cards: usize| {
            if cards > 0 {
                let (cards, s) = (text::count(cards, store.grouping), if cards == 1 { "" } else { "s" });
                pieces.push(Piece::new(format!("{what} of {cards} card{s} not read yet"), Tone::Over));
            }
        };
        let query = self.list.filter.query();
        say("holders", if query.is_empty() { store.not_read_whose(rows) } else { store.not_read_holders(rows) });
        let asked =
            [(Part::Number, self.list.sort.by == By::Number || !query.is_empty()), (Part::Made, query.asks_time())];
        let asks_kind = (Part::Kind, query.asks(Asked::Kind));
        let open =
            asked.into_iter().chain([asks_kind]).filter(|(_, asks)| *asks).map(|(part, _)| store.cards.open(part));
        if open.sum::<usize>() > 0 {
            say("details", rows.iter().filter(|row| store.cards.is_open(**row)).count());
        }
        pieces
    }

    fn visible<'a>(&self, store: &'a Store, inner: Rect) -> Vec<(CardRow, &'a Card)> {
        let height = usize::from(inner.height.saturating_sub(1));
        self.list.visible(height).map(|row| (row, store.cards.get(row))).collect()
    }
}

impl ListPane for CardsPane {
    fn exported(&self, ctx: &PaneCtx<'_>, _leaving: Leaving) -> Exported {
        let row = |store: &Store, row: &CardRow, leaving: Leaving| {
            let card = store.cards.get(*row);
            let holder = match store.whose(*row, card) {
                Whose::Named(name) => leaving.name(Some(name)),
                Whose::NotRead => Value::Unknown(Unknown::NotRead),
                Whose::NotTold => Value::Unknown(Unknown::NotSaid),
            };
            Some(vec![
                leaving.words(&describe::short(card)),
                leaving.name(card.name.as_ref()),
                holder,
                leaving.money(&card.spendable()),
                Value::Word(card.status.to_string()),
            ])
        };
        let order = columns::order(&columns::CARDS, &ctx.setup.columns.cards);
        Exported::to_make(&columns::CARDS, &["balance"], order, self.list.rows().collect(), row)
    }

    fn sums(&self, ctx: &PaneCtx<'_>) -> Vec<String> {
        self.add_up(ctx.store)
    }

    fn list(&self) -> &dyn AnyList {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn AnyList {
        &mut self.list
    }

    fn reindex(&mut self, ctx: &PaneCtx<'_>, why: Reindex) -> bool {
        self.unread.take();
        self.sums.take();
        let (store, by) = (ctx.store, self.list.sort.by);
        let ordered = self.can_be_ordered(store);
        // Whatever the reason, rows that stand as they are listed get their order as soon as there is one.
        let why = if ordered == self.as_listed && why != Reindex::Fuzzy { Reindex::Anew } else { why };
        self.as_listed = !ordered;
        if ordered && self.known != Some(by) && store.status_of_all_cards().complete {
            self.known = Some(by);
        }
        let (account, holder) = (ctx.account.as_ref(), self.holder.as_ref());
        let by = ordered.then_some(by);
        let source = CardSource { store, account, holder, by, turned: self.list.sort.turned };
        let any = self.list.index.update(&source, &mut self.list.filter, why);
        self.list.filter.elsewhere = source.elsewhere(self.list.filter.query(), self.list.index.rows().len());
        self.list.see_marks();
        any
    }

    fn apply(&mut self, ctx: &PaneCtx<'_>, changes: &Changes) {
        self.unread.take();
        let (store, filter) = (ctx.store, &self.list.filter);
        let touched = changes.cards_new.len() + changes.cards_changed.len();
        if touched > 0 {
            self.sums.take();
        }
        // Holders are read seldom and whole; their names may have changed anywhere.
        let by_holder = self.list.sort.by == By::Holder || filter.is_active();
        // A filter counts matches in other accounts.
        let counts = ctx.account.is_some() && self.holder.is_none() && filter.is_active();
        let becomes_ordered = self.as_listed == self.can_be_ordered(store);
        let anew = (changes.holders && by_holder) || (touched > 0 && counts) || becomes_ordered;
        if !anew && touched == 0 {
            return;
        }
        let by = (!self.as_listed).then_some(self.list.sort.by);
        let (account, holder) = (ctx.account.as_ref(), self.holder.as_ref());
        let source = CardSource { store, account, holder, by, turned: self.list.sort.turned };
        let (changed, new) = (&changes.cards_changed, &changes.cards_new);
        if anew || !self.list.index.apply(&source, &self.list.filter, changed, new) {
            self.list.filter.as_typed();
            self.reindex(ctx, Reindex::Anew);
        }
        self.list.see_marks();
    }

    fn title(&self, ctx: &PaneCtx<'_>) -> Title {
        let (store, account) = (ctx.store, ctx.account.as_ref());
        let mut title = Title { pieces: vec![Piece::new("Cards", Tone::Plain)], ..Title::default() };
        if let Some(holder) = self.holder.as_ref().and_then(|id| store.holder(id)) {
            let name = store.holder_name(holder).map_or(String::new(), text::name);
            title.pieces.push(Piece::new(text::cut(&name, 24), Tone::Plain));
        } else if let Some(account) = account.and_then(|id| store.account(id)) {
            title.pieces.push(Piece::new(text::cut(&text::name(&account.name), 24), Tone::Plain));
        }
        let fresh = self.fresh_of(store, account);
        let count = self.source(ctx).listed().len();
        self.list.filter.entitle(&mut title, self.list.index.rows().len(), count, store.grouping);
        let short = self.short(ctx);
        let told = short.is_some() || self.list.filter.is_active() || fresh.loading;
        if !told && (count > 0 || !fresh.waiting && fresh.failed.is_none()) {
            title.pieces.push(Piece::new(text::count(count, store.grouping), Tone::Plain));
        }
        title.pieces.extend(self.list.marks.piece(store.grouping));
        // Without an account of its own there is no list that failed but that of the accounts.
        let skipped = if account.is_none() { store.skipped().cards } else { 0 };
        title.add_short(short, store.grouping);
        title.add(&fresh, skipped, count == 0, store.grouping);
        if count > 0 && !fresh.loading {
            title.pieces.extend_from_slice(self.unread.get_or_init(|| self.unread(ctx)));
        }
        if count > 0 {
            title.sums = match self.list.marks.count() {
                0 => self.sums.get_or_init(|| self.add_up(store)).clone(),
                _ => self.add_up(store),
            };
        }
        title
    }

    fn view(&self, buffer: &mut Buffer, areas: &Areas, title: &Title, pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) {
        let area = areas.cards;
        let inner = frame(buffer, area, title, Some(Pane::Cards), &ctx.theme, ctx.focused);
        let (store, theme) = (ctx.store, &ctx.theme);
        let (rows, account) = (self.list.index.rows(), pane.account.as_ref());
        if rows.is_empty() && self.list.filter.is_active() && !self.source(pane).listed().is_empty() {
            return say_filtered(buffer, inner, &self.list.filter, ctx);
        }
        if rows.is_empty() {
            let (issue, back, again) = (ctx.key(Act::Issue), ctx.key(Act::Back), ctx.key(Act::Refresh));
            let short = self.short(pane).and_then(|short| short.promised);
            let promised = short.map(|cards| usize::try_from(cards).unwrap_or(usize::MAX));
            let none = promised
                .map(|cards| format!("no cards came, although there should be {}", text::count(cards, store.grouping)));
            let (why, how) = match account {
                _ if none.is_some() => (none.as_deref().unwrap_or_default(), format!("{again} reads again")),
                _ if self.holder.is_some() => {
                    ("this person has no cards", format!("{issue} issues one; {back} goes back to the people"))
                }
                Some(_) => {
                    ("this account has no cards yet", format!("{again} reads again; {back} goes back to the accounts"))
                }
                None => ("no cards yet", format!("{again} reads again")),
            };
            say_why_empty(buffer, inner, &self.fresh_of(store, account), ctx, "the cards", &[why, &how]);
            return;
        }
        let visible = self.visible(store, inner);
        let Table { order, fit, columns, widths } = Table::of(&visible, inner, ctx.setup, self.list.sort.by);
        let found = self.list.filter.query().texts();
        let descending = (self.list.sort.by == By::Balance) != self.list.sort.turned;
        let sorted = self.list.sort.by.column().and_then(|by| order.iter().position(|at| *at == by));
        let sorted = sorted.map(|at| (at, descending));
        columns::head(buffer, Rect { height: 1, ..inner }, &columns, &widths, sorted, theme);
        for (line, (row, card)) in (1..inner.height).zip(visible) {
            let selected = self.list.cursor.row() == Some(&row);
            let mark = match (selected, ctx.focused) {
                (true, true) => Mark::Selected,
                (true, false) => Mark::Kept,
                (false, _) => Mark::None,
            };
            let line = Rect { y: inner.y + line, height: 1, ..inner };
            let how = RowStyle { theme, mark, stale: title.stale, found: &found };
            columns::row(buffer, line, &columns, &widths, &columns::pick(&cells(ctx, row, card, &fit), &order), &how);
            if self.list.marks.has(&row) {
                columns::marked(buffer, line, theme, mark);
            }
        }
    }

    fn column_at(&self, inner: Rect, x: u16, _pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) -> Option<&'static str> {
        let visible = self.visible(ctx.store, inner);
        let at = Table::of(&visible, inner, ctx.setup, self.list.sort.by).at(inner, x)?;
        By::ALL.iter().find(|by| by.column() == Some(at)).map(|by| by.word())
    }

    fn settle(&mut self, ctx: &PaneCtx<'_>, height: Option<usize>, _focused: bool) -> bool {
        let fresh = self.fresh(ctx);
        let moves = if fresh.waiting || fresh.loading { Moves::Loading } else { Moves::Follows };
        self.list.settle(height, moves);
        false
    }

    fn fresh<'a>(&self, ctx: &PaneCtx<'a>) -> Freshness<'a> {
        self.fresh_of(ctx.store, ctx.account.as_ref())
    }

    fn subject(&self, _ctx: &PaneCtx<'_>) -> Subject {
        self.list.cursor.row().map_or(Subject::Nothing, |row| Subject::Card(*row))
    }

    fn enter(&self, ctx: &PaneCtx<'_>) -> Enter {
        self.list.cursor.target().map_or(Enter::Nowhere, |row| Enter::Card(ctx.store.cards.get(*row).id.clone()))
    }

    fn card<'a>(&self, ctx: &PaneCtx<'a>) -> Result<&'a Card, String> {
        let row = self.list.cursor.target().ok_or("there is no card here")?;
        Ok(ctx.store.cards.get(*row))
    }

    fn shown_columns(&self, setup: &Setup) -> Option<Vec<usize>> {
        Some(columns::order(&columns::CARDS, &setup.columns.cards))
    }

    /// A card that is being made says for how long.
    fn is_aging(&self, ctx: &PaneCtx<'_>, height: usize) -> bool {
        self.list.visible(height).any(|row| age(ctx.store.cards.get(row), ctx.now).is_some())
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
