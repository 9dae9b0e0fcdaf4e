//! Pane 7: what was asked for from here, and what became of each: newest first, until a column says otherwise.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::list_pane::{AnyList, Enter, ListPane, ListState, PaneCtx, say_filtered};
use super::order;
use crate::app::areas::Areas;
use crate::app::clock;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};
use crate::app::filter::{OfPast, Query};
use crate::app::list::Moves;
use crate::app::msg::Past;
use crate::app::pane::Pane;
use crate::app::private;
pub use crate::app::sort_columns::JournalColumn as By;
use crate::app::sort_columns::{Sort, SortColumn};
use crate::app::store::{Changes, Store};
use crate::app::text::{self, Align, AmountFit};
use crate::app::theme::Tone;
use crate::app::ui::describe;
use crate::app::ui::exported::{Exported, Leaving};
use crate::app::ui::frame::{Piece, RenderCtx, Title, frame, say};
use crate::app::ui::row_index::{Reindex, RowSource};
use crate::domain::card::Card;
use crate::domain::field::Field as Known;
use crate::domain::intent::lifecycle::Stage;
use crate::domain::intent::{Act, Reference};
use crate::export::cell::Cell as Value;

/// From this many columns on a state is told in full.
const WIDE: u16 = 90;

/// What the person did here.
#[derive(Debug, Default)]
pub struct JournalPane {
    pub list: ListState<Reference, By>,
}

/// What was asked for, newest first.
struct JournalSource<'a> {
    store: &'a Store,
    past: &'a [Past],
    /// Where each stands.
    places: HashMap<Reference, usize>,
    sort: Sort<By>,
}

impl<'a> JournalSource<'a> {
    fn new(ctx: &'a PaneCtx<'_>, sort: Sort<By>) -> JournalSource<'a> {
        let past = ctx.outcomes.past();
        let places = past.iter().enumerate().map(|(at, past)| (past.intent.reference, at)).collect();
        JournalSource { store: ctx.store, past, places, sort }
    }

    fn get(&self, reference: &Reference) -> Option<&'a Past> {
        self.past.get(*self.places.get(reference)?)
    }
}

impl RowSource for JournalSource<'_> {
    type Row = Reference;

    fn all(&self) -> Cow<'_, [Reference]> {
        self.past.iter().rev().map(|past| past.intent.reference).collect()
    }

    fn filter(&self, query: &Query, rows: &[Reference]) -> Vec<Reference> {
        let fits = |row: &&Reference| self.get(row).is_some_and(|past| query.matches(&OfPast(self.store, past)));
        rows.iter().filter(fits).copied().collect()
    }

    /// Equal ones keep the newest first, turned round too.
    fn sort(&self, rows: Vec<Reference>) -> Vec<Reference> {
        let mut all: Vec<&Past> = rows.iter().filter_map(|row| self.get(row)).collect();
        put_in_order(&mut all, self.sort, self.store);
        all.into_iter().map(|past| past.intent.reference).collect()
    }
}

impl JournalPane {
    /// Takes in that the journal may say something else now.
    pub fn renew(&mut self) {
        self.list.index.invalidate();
        self.list.filter.as_typed();
    }

    /// The intent under the cursor.
    pub fn chosen<'a>(&self, past: &'a [Past]) -> Option<&'a Past> {
        let reference = self.list.cursor.target()?;
        past.iter().rev().find(|past| past.intent.reference == *reference)
    }

    fn visible<'a>(&self, past: &'a [Past], inner: Rect) -> Vec<&'a Past> {
        let rows = self.list.visible(usize::from(inner.height.saturating_sub(1)));
        rows.filter_map(|row| past.iter().rev().find(|past| past.intent.reference == row)).collect()
    }
}

impl ListPane for JournalPane {
    fn exported(&self, ctx: &PaneCtx<'_>, leaving: Leaving) -> Exported {
        let source = JournalSource::new(ctx, self.list.sort);
        let row = |past: &Past| {
            let act = &past.intent.act;
            vec![
                Value::Time(past.intent.asked_at),
                Value::Word(past.stage.to_string()),
                Value::Word(act.kind().noun().to_owned()),
                act.amount().map_or(Value::Blank, |amount| leaving.money(&Known::Known(amount))),
                leaving.words(&on(act, ctx.store)),
                Value::Word(past.intent.reference.to_string()),
            ]
        };
        let rows = self.list.rows().filter_map(|reference| source.get(&reference).map(row));
        Exported::new(&["time", "stage", "action", "amount", "on", "reference"], &["amount"], rows)
    }

    fn list(&self) -> &dyn AnyList {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn AnyList {
        &mut self.list
    }

    fn reindex(&mut self, ctx: &PaneCtx<'_>, why: Reindex) -> bool {
        let any = self.list.index.update(&JournalSource::new(ctx, self.list.sort), &mut self.list.filter, why);
        self.list.see_marks();
        any
    }

    /// The accounts are named here.
    fn apply(&mut self, _ctx: &PaneCtx<'_>, changes: &Changes) {
        if changes.accounts {
            self.renew();
        }
    }

    fn title(&self, ctx: &PaneCtx<'_>) -> Title {
        let (store, outcomes) = (ctx.store, ctx.outcomes);
        let past = outcomes.past();
        let mut pieces = vec![Piece::new("Journal", Tone::Plain)];
        if !self.list.filter.is_active() {
            pieces.push(Piece::new(text::count(past.len(), store.grouping), Tone::Plain));
        }
        for (stages, words) in [
            (&[Stage::Unknown][..], "? {} unknown"),
            (&[Stage::NotSeen], "? {} not seen"),
            (&[Stage::NeedsPerson], "■ {} need a person"),
            (&[Stage::Probably], "≈ {} probably done"),
            (&[Stage::FoundLater], "! {} found later"),
            (&[Stage::Reversed], "! {} reversed"),
        ] {
            let many = past.iter().filter(|past| stages.contains(&past.stage)).count();
            if many > 0 {
                pieces.push(Piece::new(words.replace("{}", &many.to_string()), describe::stage(stages[0]).2));
            }
        }
        pieces.extend(self.list.marks.piece(store.grouping));
        if let Some(kept) = outcomes.beside().words() {
            pieces.push(Piece::new(format!("✗ {kept}"), Tone::Bad));
        }
        if let Some(why) = outcomes.waits_for() {
            pieces.push(Piece::new(format!("◌ {why}"), Tone::Waiting));
        }
        if let Some(why) = outcomes.trouble() {
            pieces.push(Piece::new(format!("✗ {why}"), Tone::Bad));
        }
        let mut title = Title { pieces, ..Title::default() };
        self.list.filter.entitle(&mut title, self.list.index.rows().len(), past.len(), store.grouping);
        title
    }

    fn view(&self, buffer: &mut Buffer, areas: &Areas, title: &Title, _pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) {
        let area = areas.sheet;
        let (past, theme) = (ctx.outcomes.past(), &ctx.theme);
        let inner = frame(buffer, area, title, Some(Pane::Journal), theme, ctx.focused);
        if past.is_empty() {
            let lines = [
                ("no actions yet".to_owned(), theme.plain()),
                (
                    "freezes, payments, new and closed cards are recorded here before they are sent".to_owned(),
                    theme.dim(),
                ),
            ];
            say(buffer, inner, &lines);
            return;
        }
        if self.list.index.rows().is_empty() {
            return say_filtered(buffer, inner, &self.list.filter, ctx);
        }
        let found = self.list.filter.query().texts();
        let visible = self.visible(past, inner);
        let (fit, columns) = layout(&visible, ctx, self.list.sort.by, inner.width);
        let widths = columns::widths(&columns, inner.width);
        let sorted = Some((self.list.sort.by as usize, self.list.sort.by.descends() != self.list.sort.turned));
        columns::head(buffer, Rect { height: 1, ..inner }, &columns, &widths, sorted, theme);
        for (line, past) in (1..inner.height).zip(visible) {
            let selected = self.list.cursor.row() == Some(&past.intent.reference);
            let mark = if selected { Mark::Selected } else { Mark::None };
            let line = Rect { y: inner.y + line, height: 1, ..inner };
            let how = RowStyle { theme, mark, stale: false, found: &found };
            let wide = inner.width >= WIDE;
            columns::row(buffer, line, &columns, &widths, &cells(past, &fit, ctx, wide), &how);
            if self.list.marks.has(&past.intent.reference) {
                columns::marked(buffer, line, theme, mark);
            }
        }
    }

    fn column_at(&self, inner: Rect, x: u16, _pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) -> Option<&'static str> {
        let visible = self.visible(ctx.outcomes.past(), inner);
        let (_, columns) = layout(&visible, ctx, self.list.sort.by, inner.width);
        let at = columns::at(&columns::widths(&columns, inner.width), inner, x)?;
        By::WORDS.get(at).copied().filter(|_| !visible.is_empty())
    }

    /// Rows that changed are put in order only while they are on the screen.
    fn settle(&mut self, ctx: &PaneCtx<'_>, height: Option<usize>, focused: bool) -> bool {
        if focused && self.list.index.is_stale() {
            self.reindex(ctx, Reindex::Anew);
        }
        self.list.settle(height, Moves::Follows);
        false
    }

    fn enter(&self, ctx: &PaneCtx<'_>) -> Enter {
        if self.list.marks.count() > 0 {
            return Enter::MarkedActions;
        }
        let past = self.chosen(ctx.outcomes.past());
        past.map_or(Enter::Nowhere, |past| Enter::Action(past.intent.reference))
    }

    fn card<'a>(&self, _ctx: &PaneCtx<'a>) -> Result<&'a Card, String> {
        Err("this pane has no cards".into())
    }

    fn id(&self, ctx: &PaneCtx<'_>) -> Option<(&'static str, String)> {
        let past = self.chosen(ctx.outcomes.past())?;
        Some(("journal reference", past.intent.reference.to_string()))
    }

    fn is_aging(&self, ctx: &PaneCtx<'_>, _height: usize) -> bool {
        ctx.outcomes.past().iter().any(|past| !past.stage.is_final())
    }
}

/// Puts what comes newest first in the order of a column.
fn put_in_order(rows: &mut [&Past], sort: Sort<By>, store: &Store) {
    let turned = sort.turned;
    match sort.by {
        By::Asked => order::by_key(rows, turned, |past| Reverse(past.intent.asked_at)),
        By::State => order::by_key(rows, turned, |past| past.stage),
        By::Act => order::by_key(rows, turned, |past| past.intent.act.kind()),
        By::Amount => order::by_key(rows, turned, |past| order::amount_key(past.intent.act.amount().as_ref())),
        By::On => order::by_key(rows, turned, |past| {
            let on = on(&past.intent.act, store);
            order::text_key(Some(&*private::bare(&on)).filter(|on| !on.is_empty()))
        }),
        By::Age => order::by_key(rows, turned, |past| {
            let over = past.stage.is_final();
            (over, (!over).then_some(past.intent.asked_at))
        }),
        By::Reference => order::by_key(rows, turned, |past| past.intent.reference),
    }
}

/// The columns, made for the rows that are shown, and how their amounts stand.
fn layout(visible: &[&Past], ctx: &RenderCtx<'_>, by: By, room: u16) -> (AmountFit, [Column; 7]) {
    let amounts: Vec<_> = visible.iter().filter_map(|past| past.intent.act.amount()).collect();
    let fit = AmountFit::of(&amounts, ctx.store.grouping);
    let amount = u16::try_from(fit.width()).unwrap_or(u16::MAX);
    let tail = u16::try_from(fit.currency + 1).unwrap_or(u16::MAX);
    // What was not seen says since when: in a narrow window in fewer words.
    let words = visible.iter().map(|past| text::width(&state_word(past, ctx, room >= WIDE)) + 2);
    let state = words.max().and_then(|width| u16::try_from(width).ok()).unwrap_or(0).clamp(17, 28);
    // In a very narrow window these give way to the column it is sorted by, and to no other.
    let (act, on) = match by {
        By::Amount | By::Reference => (2, 1),
        By::Age => (1, 2),
        By::Asked | By::State | By::Act | By::On => (0, 0),
    };
    let mut columns = [
        Column { title: "Time", align: Align::Left, least: 12, most: 12, drop: 0, tail: 0 },
        Column { title: "State", align: Align::Left, least: state, most: state, drop: 0, tail: 0 },
        Column { title: "Action", align: Align::Left, least: 10, most: 14, drop: act, tail: 0 },
        Column { title: "Amount", align: Align::Right, least: amount, most: amount, drop: 3, tail },
        Column { title: "On", align: Align::Left, least: 14, most: 44, drop: on, tail: 0 },
        Column { title: "Age", align: Align::Right, least: 7, most: 7, drop: 4, tail: 0 },
        Column { title: "Reference", align: Align::Left, least: 13, most: 13, drop: 5, tail: 0 },
    ];
    columns::hold(&mut columns, Some(by as usize));
    (fit, columns)
}

/// The word of the state, as there is room for it.
fn state_word(past: &Past, ctx: &RenderCtx<'_>, wide: bool) -> String {
    let (now, zone) = (ctx.now.wall, &ctx.setup.zone);
    match past.stage {
        Stage::NotSeen if !wide => format!("not seen {}", clock::moment(past.sent_at(), now, zone)),
        _ => describe::stage_word(past, now, zone),
    }
}

/// What an act is on, in the words of its column.
fn on(act: &Act, store: &Store) -> String {
    match act {
        Act::Transfer { from, to, .. } => {
            format!("{} → {}", describe::account(store, from), describe::account(store, to))
        }
        Act::IssueCard { account, order } => {
            format!("{} · {}", text::cut(&text::name(&order.name), 20), describe::account(store, account))
        }
        Act::CreateCardholder { order, .. } => text::name(&order.email),
        Act::SetWebhook { url, .. } => text::name(url),
        Act::DeleteWebhook => String::new(),
        act => match act.card() {
            Some(at) => format!("{} · {}", describe::card(at), describe::account(store, &at.account)),
            None => String::new(),
        },
    }
}

fn cells<'a>(past: &Past, fit: &AmountFit, ctx: &RenderCtx<'a>, wide: bool) -> [Cell<'a>; 7] {
    let (theme, store, now) = (&ctx.theme, ctx.store, ctx.now);
    let intent = &past.intent;
    let (sign, _, tone) = describe::stage(past.stage);
    // An age is told of what is not over; of the rest the time says enough.
    let age = now.wall.signed_duration_since(intent.asked_at).num_seconds().max(0);
    let age = if past.stage.is_final() { String::new() } else { clock::span(age.unsigned_abs()) };
    let zone = &ctx.setup.zone;
    [
        Cell::new(clock::moment(intent.asked_at, now.wall, zone), theme.dim()),
        Cell::state(sign, state_word(past, ctx, wide), tone, theme),
        Cell::new(intent.act.kind().noun(), theme.plain()),
        intent
            .act
            .amount()
            .map_or_else(|| Cell::new("", theme.dim()), |amount| Cell::new(fit.show(&amount), theme.plain())),
        Cell::new(on(&intent.act, store), theme.plain()),
        Cell::new(age, theme.dim()),
        Cell::new(intent.reference.to_string(), theme.dim()),
    ]
}
