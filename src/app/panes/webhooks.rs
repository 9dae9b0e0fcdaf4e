//! Pane 6: where events are delivered to, and the log of what was delivered.
//!
//! ```text
//! to https://hooks.example.org/4pay   ● active · all kinds · secret set
//! 24 h   ✓ 1,203 delivered   ✗ 3 failed   ◌ 2 pending   last success 14:03:22
//! here on 127.0.0.1:4040   12 taken, last 14:03:22 · 1 refused
//!
//!   Time      Delivery     Event             On           Tries  Answer
//! ```
//!
//! Does not know what a payload is worth: amounts in it are shown as what was delivered, nothing more.

mod head;

use std::borrow::Cow;
use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use head::HEAD;
pub use head::Health;

use super::list_pane::{AnyList, Enter, ListPane, ListState, PaneCtx, say_filtered};
use super::order;
use crate::app::actions::Act;
use crate::app::areas::Areas;
use crate::app::clock;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};
use crate::app::filter::{OfEvent, Query};
use crate::app::list::Moves;
use crate::app::msg::Topic;
use crate::app::pane::Pane;
use crate::app::private;
pub use crate::app::sort_columns::EventColumn as By;
use crate::app::sort_columns::{Sort, SortColumn};
use crate::app::store::{Changes, Store};
use crate::app::text::{self, Align};
use crate::app::theme::{Theme, Tone};
use crate::app::ui::describe;
use crate::app::ui::exported::{Exported, Leaving};
use crate::app::ui::frame::{Freshness, Piece, RenderCtx, Title, frame, say_why_empty};
use crate::app::ui::row_index::{Reindex, RowSource};
use crate::domain::card::Card;
use crate::domain::failure::Failure;
use crate::domain::ids::EventId;
use crate::domain::webhook::{Event, Logged};
use crate::export::cell::{Cell as Value, Unknown};

/// What the person did here.
#[derive(Debug, Default)]
pub struct WebhooksPane {
    pub list: ListState<EventId, By>,
    /// Where an event was sent again last.
    pub sent_to: Option<String>,
    /// What came of it.
    pub replayed: Option<String>,
}

/// The entries of the log, newest first.
struct LogSource<'a> {
    store: &'a Store,
    sort: Sort<By>,
}

impl LogSource<'_> {
    fn event(&self, id: &EventId) -> Option<&Event> {
        self.store.hooks.event(id).map(|logged| &logged.event)
    }
}

impl RowSource for LogSource<'_> {
    type Row = EventId;

    fn all(&self) -> Cow<'_, [EventId]> {
        self.store.hooks.events.value.iter().map(|logged| logged.event.id.clone()).collect()
    }

    fn filter(&self, query: &Query, rows: &[EventId]) -> Vec<EventId> {
        let fits = |id: &&EventId| self.event(id).is_some_and(|event| query.matches(&OfEvent(self.store, event)));
        rows.iter().filter(fits).cloned().collect()
    }

    /// Equal ones keep the newest first, turned round too.
    fn sort(&self, rows: Vec<EventId>) -> Vec<EventId> {
        let mut events: Vec<&Event> = rows.iter().filter_map(|id| self.event(id)).collect();
        put_in_order(&mut events, self.sort, self.store);
        events.into_iter().map(|event| event.id.clone()).collect()
    }
}

/// What stands where an event is on nothing that is known.
const NOTHING: &str = "–";

impl WebhooksPane {
    /// The entry under the cursor.
    pub fn chosen<'a>(&self, store: &'a Store) -> Option<&'a Logged> {
        store.hooks.event(self.list.cursor.target()?)
    }
}

impl ListPane for WebhooksPane {
    fn exported(&self, ctx: &PaneCtx<'_>, leaving: Leaving) -> Exported {
        let count = |count: Option<u64>| count.map_or(Value::Unknown(Unknown::NotSaid), Value::Count);
        let row = |event: &Event| {
            vec![
                Value::time(&event.created_at),
                Value::Word(event.delivery.to_string()),
                Value::Word(describe::event_kind_word(event.about()).to_owned()),
                leaving.words(&describe::event_subject(event, ctx.store)),
                count(event.attempts),
                count(event.response_code.map(Into::into)),
                Value::text(event.error.as_ref()),
                Value::Word(event.id.to_string()),
            ]
        };
        let rows = self.list.rows().filter_map(|id| ctx.store.hooks.event(&id).map(|logged| row(&logged.event)));
        Exported::new(&["time", "delivery", "event", "on", "tries", "answer", "error", "entry"], &[], rows)
    }

    fn list(&self) -> &dyn AnyList {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn AnyList {
        &mut self.list
    }

    fn reindex(&mut self, ctx: &PaneCtx<'_>, why: Reindex) -> bool {
        let source = LogSource { store: ctx.store, sort: self.list.sort };
        self.list.index.update(&source, &mut self.list.filter, why)
    }

    /// The log may be another, or the cards and accounts that are named in it.
    fn apply(&mut self, _ctx: &PaneCtx<'_>, changes: &Changes) {
        let cards = !changes.cards_new.is_empty() || !changes.cards_changed.is_empty();
        if changes.hooks || changes.accounts || cards {
            self.list.index.invalidate();
            self.list.filter.as_typed();
        }
    }

    fn title(&self, ctx: &PaneCtx<'_>) -> Title {
        let store = ctx.store;
        let hooks = &store.hooks;
        let mut title = Title { pieces: vec![Piece::new("Webhooks", Tone::Plain)], ..Title::default() };
        let count = hooks.events.value.len();
        if !self.list.filter.is_active() && hooks.events.ever() {
            let more = if hooks.complete { "" } else { " newest" };
            title.pieces.push(Piece::new(format!("{}{more}", text::count(count, store.grouping)), Tone::Plain));
        }
        let fresh = Freshness { loading: false, ..self.fresh(ctx) };
        // Without a configuration there may be no log, which is no fault.
        let unset = hooks.config.ever() && hooks.config.value.is_none();
        let no_log = unset && fresh.failed.is_some_and(|failure| failure.status == Some(404));
        if !no_log {
            title.add(&fresh, hooks.skipped, count == 0, store.grouping);
        }
        if title.foot.is_none() {
            title.foot.clone_from(&self.replayed);
        }
        self.list.filter.entitle(&mut title, self.list.index.rows().len(), count, store.grouping);
        title
    }

    fn view(&self, buffer: &mut Buffer, areas: &Areas, title: &Title, pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) {
        let area = areas.sheet;
        let theme = &ctx.theme;
        let inner = frame(buffer, area, title, Some(Pane::Webhooks), theme, ctx.focused);
        for (line, y) in head::lines(ctx, usize::from(inner.width)).iter().zip(inner.top()..inner.bottom()) {
            let mut x = inner.x;
            for (part, style) in line {
                x = text::put(buffer, inner, x, y, part, inner.right().saturating_sub(x), *style);
            }
        }
        let taken = HEAD.min(inner.height);
        let inner = Rect { y: inner.y + taken, height: inner.height - taken, ..inner };
        if ctx.store.hooks.events.value.is_empty() {
            return why_empty(buffer, inner, self.fresh(pane), ctx);
        }
        if self.list.index.rows().is_empty() {
            return say_filtered(buffer, inner, &self.list.filter, ctx);
        }
        let found = self.list.filter.query().texts();
        let height = usize::from(inner.height.saturating_sub(1));
        let columns = layout(self.list.sort.by);
        let widths = columns::widths(&columns, inner.width);
        let sorted = Some((self.list.sort.by as usize, self.list.sort.by.descends() != self.list.sort.turned));
        columns::head(buffer, Rect { height: 1, ..inner }, &columns, &widths, sorted, theme);
        let visible = self.list.visible(height);
        for (line, id) in (1..inner.height).zip(visible) {
            let Some(logged) = ctx.store.hooks.event(&id) else { continue };
            let mark = if self.list.cursor.row() == Some(&id) { Mark::Selected } else { Mark::None };
            let line = Rect { y: inner.y + line, height: 1, ..inner };
            let how = RowStyle { theme, mark, stale: title.stale, found: &found };
            columns::row(buffer, line, &columns, &widths, &cells(&logged.event, ctx), &how);
        }
    }

    fn column_at(&self, inner: Rect, x: u16, _pane: &PaneCtx<'_>, _ctx: &RenderCtx<'_>) -> Option<&'static str> {
        let at = columns::at(&columns::widths(&layout(self.list.sort.by), inner.width), inner, x)?;
        By::WORDS.get(at).copied().filter(|_| !self.list.index.rows().is_empty())
    }

    /// Rows that changed are put in order only while they are on the screen.
    fn settle(&mut self, ctx: &PaneCtx<'_>, height: Option<usize>, focused: bool) -> bool {
        if focused {
            if self.list.index.is_stale() {
                self.reindex(ctx, Reindex::Anew);
            }
            self.list.settle(height, Moves::Follows);
        }
        false
    }

    fn fresh<'a>(&self, ctx: &PaneCtx<'a>) -> Freshness<'a> {
        Freshness::of([ctx.store.status(&Topic::WebhookEvents)])
    }

    fn enter(&self, _ctx: &PaneCtx<'_>) -> Enter {
        self.list.cursor.target().map_or(Enter::Nowhere, |id| Enter::Event(id.clone()))
    }

    fn card<'a>(&self, _ctx: &PaneCtx<'a>) -> Result<&'a Card, String> {
        Err("this pane has no cards".into())
    }

    fn id(&self, ctx: &PaneCtx<'_>) -> Option<(&'static str, String)> {
        Some(("event id", self.chosen(ctx.store)?.event.id.to_string()))
    }
}

/// Says why the log is empty.
fn why_empty(buffer: &mut Buffer, area: Rect, fresh: Freshness<'_>, ctx: &RenderCtx<'_>) {
    let hooks = &ctx.store.hooks;
    let unset = hooks.config.ever() && hooks.config.value.is_none();
    let fresh = match fresh.failed {
        Some(Failure { status: Some(404), .. }) if unset => Freshness { failed: None, waiting: false, ..fresh },
        _ => fresh,
    };
    let how = format!("{} sets it up; until then changes are found by polling", ctx.key(Act::SetWebhook));
    let nothing: &[&str] = match unset {
        true => &["nothing is configured yet, so nothing is delivered and nothing is logged", &how],
        false => &["nothing was delivered yet", "what happens to cards and money is announced and logged here"],
    };
    say_why_empty(buffer, area, &fresh, ctx, "the event log", nothing);
}

/// Puts what comes newest first in the order of a column.
fn put_in_order(rows: &mut [&Event], sort: Sort<By>, store: &Store) {
    let turned = sort.turned;
    match sort.by {
        By::Time => order::by_key(rows, turned, |event| Reverse(event.created_at.known().copied())),
        By::Delivery => order::by_key(rows, turned, |event| &event.delivery),
        By::Event => order::by_key(rows, turned, |event| event.about()),
        By::On => order::by_key(rows, turned, |event| {
            let on = describe::event_subject(event, store);
            order::text_key(Some(&*private::bare(&on)).filter(|on| *on != NOTHING))
        }),
        By::Tries => order::by_key(rows, turned, |event| Reverse(event.attempts)),
        By::Answer => order::by_key(rows, turned, |event| {
            let error = event.error.as_ref().map(|error| error.as_str());
            (event.response_code.is_none(), event.response_code, order::text_key(error))
        }),
        By::Entry => order::by_key(rows, turned, |event| order::text_key(Some(&event.id.to_string()))),
    }
}

fn layout(by: By) -> [Column; 7] {
    let column = |title, least, most, drop| Column { title, align: Align::Left, least, most, drop, tail: 0 };
    let mut columns = [
        column("Time", 12, 12, 0),
        column("Delivery", 11, 12, 0),
        column("Event", 16, 19, 1),
        column("On", 10, 20, 2),
        Column { align: Align::Right, ..column("Tries", 5, 5, 3) },
        column("Answer", 9, 48, 0),
        column("Entry", 10, 14, 4),
    ];
    columns::hold(&mut columns, Some(by as usize));
    columns
}

fn cells<'a>(event: &'a Event, ctx: &RenderCtx<'a>) -> [Cell<'a>; 7] {
    let (theme, zone) = (&ctx.theme, &ctx.setup.zone);
    let (sign, word, tone) = describe::delivery(&event.delivery);
    let at = event.created_at.known();
    let kind = event.about();
    let said = if event.kind == *kind { theme.plain() } else { theme.warn() };
    [
        Cell::new(at.map_or("–".into(), |at| clock::moment(*at, ctx.now.wall, zone)), theme.dim()),
        Cell::state(sign, word, tone, theme),
        Cell::new(describe::event_kind_word(kind), said),
        Cell::new(describe::event_subject(event, ctx.store), theme.plain()),
        Cell::new(event.attempts.map_or("–".into(), |tries| tries.to_string()), theme.dim()),
        answer(event, theme),
        Cell::new(event.id.to_string(), theme.dim()),
    ]
}

/// The code it was answered with, and what went wrong: `204`, `500 receiver answered 500`, `timeout`.
fn answer<'a>(event: &'a Event, theme: &Theme) -> Cell<'a> {
    let bad = theme.word(Tone::Bad);
    match (event.response_code, &event.error) {
        (Some(code), Some(error)) => Cell::new(format!("{code} {error}"), bad),
        (Some(code), None) => Cell::new(code.to_string(), theme.plain()),
        (None, Some(error)) => Cell::new(error.as_str(), bad),
        (None, None) => Cell::new("–", theme.dim()),
    }
}
