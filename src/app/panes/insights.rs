//! Pane 5: one range of days on one screen: what was spent and declined, what needs somebody, how long the money of the
//! accounts lasts, and where declines are.
//!
//! ```text
//!  Money      spent 12,480.10 USD ▂▃▅▇  +8 %     │  Money left    Ads  24,238.80 USD ▓▓░░░  ≈ 2 days
//!  Needs you  ✗ •2919 declined 3 times            │  Declined: reason × merchant        Meta  Google
//! ```
//!
//! Every line the cursor stands on leads to the rows behind it: `Enter` filters pane 3 by it, `Esc` comes back. Sums are kept
//! as rows come, on or off the screen ([`crate::app::insights`]); what is drawn is worked out of them while the pane is looked
//! at ([`board`]).

mod board;
mod chart;
mod draw;
mod leads;
mod line;
mod matrix;
mod money;
mod needs;
mod row;

use std::borrow::Cow;

use chrono::NaiveDate;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::list_pane::{AnyList, Enter, ListPane, ListState, PaneCtx};
use crate::app::actions::Act;
use crate::app::areas::Areas;
use crate::app::clock;
use crate::app::filter::Query;
use crate::app::insights::Insights;
use crate::app::insights::lens::{Property, Value};
use crate::app::insights::range::Range;
use crate::app::list::{Moves, Step};
use crate::app::msg::Topic;
use crate::app::pane::Pane;
use crate::app::sort_columns::InsightColumn as By;
use crate::app::store::Changes;
use crate::app::theme::Tone;
use crate::app::ui::exported::{Exported, Leaving};
use crate::app::ui::frame::{Freshness, Piece, RenderCtx, Title, frame, say_why_empty};
use crate::app::ui::row_index::{Reindex, RowSource};
use crate::domain::card::Card;
use crate::domain::transaction::Feed;
use board::Board;
pub(super) use money::change;
pub use row::Row;

/// What the person did here, and what was added up.
#[derive(Debug)]
pub struct InsightsPane {
    pub list: ListState<Row, By>,
    range: Range,
    /// The properties that stand against each other.
    lens: (Property, Property),
    /// The column of the lens that is chosen with a row of it.
    column: Option<Value>,
    insights: Insights,
    board: Board,
    /// The day and hour of the board.
    hour: Option<(NaiveDate, u8)>,
    /// The board rests on something that is another now.
    stale: bool,
}

impl Default for InsightsPane {
    fn default() -> InsightsPane {
        InsightsPane {
            list: ListState::default(),
            range: Range::default(),
            lens: (Property::Reason, Property::Merchant),
            column: None,
            insights: Insights::default(),
            board: Board::default(),
            hour: None,
            stale: true,
        }
    }
}

/// The lines in the order they are drawn.
struct Lines<'a>(&'a [Row]);

impl RowSource for Lines<'_> {
    type Row = Row;

    fn all(&self) -> Cow<'_, [Row]> {
        Cow::Borrowed(self.0)
    }

    fn filter(&self, _query: &Query, rows: &[Row]) -> Vec<Row> {
        rows.to_vec()
    }

    fn sort(&self, rows: Vec<Row>) -> Vec<Row> {
        rows
    }
}

impl InsightsPane {
    /// What the transactions add up to.
    pub fn insights(&self) -> &Insights {
        &self.insights
    }

    /// Looks at the next range, or at the one before.
    pub fn turn_range(&mut self, on: bool) {
        self.range = self.range.turned(on);
        self.begin_anew();
    }

    /// Puts the next property in the rows of the lens, or in its columns.
    pub fn turn_lens(&mut self, rows: bool) {
        let (first, second) = self.lens;
        self.lens = if rows { (first.next(second), second) } else { (first, second.next(first)) };
        self.begin_anew();
    }

    fn begin_anew(&mut self) {
        self.column = None;
        self.renew();
    }

    /// Takes in that what is drawn may be another.
    pub fn renew(&mut self) {
        self.stale = true;
    }

    /// Chooses the next column of the lens, or the one before; before the first the whole row is chosen.
    pub fn turn_column(&mut self, on: bool) {
        let columns = self.board.columns();
        let at = self.column.as_ref().and_then(|chosen| columns.iter().position(|column| column == chosen));
        let next = match (at, on) {
            (None, true) => Some(0),
            (None, false) => None,
            (Some(at), true) => Some((at + 1).min(columns.len().saturating_sub(1))),
            (Some(at), false) => at.checked_sub(1),
        };
        self.column = next.and_then(|at| columns.get(at)).cloned();
    }

    /// Works the board out again, where it is looked at and rests on something that is another now.
    fn work_out(&mut self, ctx: &PaneCtx<'_>) -> bool {
        let zone = &ctx.setup.zone;
        let hour = clock::day_and_hour(ctx.now.wall, zone);
        self.stale |= self.hour != Some(hour) || self.board.open != board::open_actions(ctx.outcomes);
        self.stale |= self.board.reach != Some(ctx.store.reach_of_both());
        let lens = (self.lens.0, self.lens.1, self.range.span(hour.0));
        let counted = self.insights.count_lens(ctx.store, zone, lens);
        if !self.stale && !counted {
            return false;
        }
        self.stale = false;
        self.hour = Some(hour);
        self.board = Board::of(&self.insights, self.range, hour, ctx);
        if self.column.as_ref().is_some_and(|column| !self.board.columns().contains(column)) {
            self.column = None;
        }
        self.list.index.invalidate();
        self.reindex(ctx, Reindex::Anew);
        true
    }
}

impl ListPane for InsightsPane {
    fn list(&self) -> &dyn AnyList {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn AnyList {
        &mut self.list
    }

    /// It is no list: `Enter` leads to the lists that its lines are about, and those are written.
    fn exported(&self, _ctx: &PaneCtx<'_>, _leaving: Leaving) -> Exported {
        Exported::default()
    }

    fn reindex(&mut self, _ctx: &PaneCtx<'_>, why: Reindex) -> bool {
        self.list.index.update(&Lines(&self.board.rows), &mut self.list.filter, why)
    }

    fn apply(&mut self, ctx: &PaneCtx<'_>, changes: &Changes) {
        self.insights.apply(ctx.store, &ctx.setup.zone, changes);
        let cards = !changes.cards_new.is_empty() || !changes.cards_changed.is_empty();
        let rows = !changes.transactions_new.is_empty() || !changes.transactions_were.is_empty();
        self.stale |= cards || rows || changes.accounts || changes.detail.is_some() || changes.holders;
    }

    fn title(&self, ctx: &PaneCtx<'_>) -> Title {
        let store = ctx.store;
        let mut title = Title { pieces: vec![Piece::new("Insights", Tone::Plain)], ..Title::default() };
        title.pieces.push(Piece::new(self.range.word(), Tone::Plain));
        title.pieces.push(Piece::new("all accounts", Tone::Plain));
        title.add(&self.fresh(ctx), store.skipped().transactions, store.transactions.is_empty(), store.grouping);
        title.foot = title.foot.or_else(|| self.board.incomplete(ctx));
        title
    }

    fn view(&self, buffer: &mut Buffer, areas: &Areas, title: &Title, pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) {
        let inner = frame(buffer, areas.sheet, title, Some(Pane::Insights), &ctx.theme, ctx.focused);
        let fresh = self.fresh(pane);
        if ctx.store.transactions.is_empty() && !fresh.ever {
            return say_why_empty(buffer, inner, &fresh, ctx, "the transactions", &["…"]);
        }
        let chosen = self.list.cursor.row();
        let panels = draw::panels(inner, &self.board, self.insights.lens(), self.column.as_ref(), chosen, ctx);
        if title.foot.is_none() && panels.hidden() > 0 {
            let foot = Some(format!("{} lines more; {} goes on", panels.hidden(), ctx.key(Act::Down)));
            let title = Title { foot, ..title.clone() };
            frame(buffer, areas.sheet, &title, Some(Pane::Insights), &ctx.theme, ctx.focused);
        }
        panels.draw(buffer, title.stale, ctx);
    }

    fn column_at(&self, _inner: Rect, _x: u16, _pane: &PaneCtx<'_>, _ctx: &RenderCtx<'_>) -> Option<&'static str> {
        None
    }

    /// Its lines stand side by side where there is room.
    fn row_at(&self, list: Rect, at: Position, ctx: &RenderCtx<'_>) -> Option<usize> {
        let chosen = self.list.cursor.row();
        let panels = draw::panels(list, &self.board, self.insights.lens(), self.column.as_ref(), chosen, ctx);
        let row = panels.row_at(at)?;
        self.list.index.rows().iter().position(|known| *known == row)
    }

    fn settle(&mut self, ctx: &PaneCtx<'_>, _height: Option<usize>, focused: bool) -> bool {
        let any = focused && self.work_out(ctx);
        self.list.settle(Some(usize::MAX), Moves::Held);
        any
    }

    /// What does not fit is scrolled by the cursor alone.
    fn step(&mut self, _ctx: &PaneCtx<'_>, step: Step, _height: usize) {
        let step = match step {
            Step::Scroll { down: true, .. } => Step::Down(1),
            Step::Scroll { down: false, .. } => Step::Up(1),
            other => other,
        };
        self.list.step(step, usize::MAX);
    }

    fn fresh<'a>(&self, ctx: &PaneCtx<'a>) -> Freshness<'a> {
        Freshness::of([Feed::Cards, Feed::Accounts].map(|feed| ctx.store.status(&Topic::Newest(feed))))
    }

    fn enter(&self, ctx: &PaneCtx<'_>) -> Enter {
        let Some(row) = self.list.cursor.target() else { return Enter::Nowhere };
        leads::of(row, self.column.as_ref(), self.lens, &self.board, ctx)
    }

    fn card<'a>(&self, ctx: &PaneCtx<'a>) -> Result<&'a Card, String> {
        let card = match self.list.cursor.target() {
            Some(Row::Repeated(id) | Row::Lens(Value::Card(id))) => ctx.store.card(id),
            Some(Row::Decline(row)) => ctx.store.transactions.get(*row).card.as_ref().and_then(|id| ctx.store.card(id)),
            _ => None,
        };
        card.ok_or_else(|| "this line is about no card".into())
    }

    /// A range of very many rows is counted in parts.
    fn is_due(&self, focused: bool) -> bool {
        focused && self.insights.lens().is_some_and(|lens| !lens.is_whole())
    }
}
