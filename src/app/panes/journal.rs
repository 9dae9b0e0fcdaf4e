//! Pane 7: what was asked for from here, newest first, and what became of each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Light, Pane, Piece, Title};
use crate::app::acts::Acts;
use crate::app::clock;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};
use crate::app::dialogs::words;
use crate::app::filter::{Filter, OfPast};
use crate::app::list::Listed;
use crate::app::msg::Past;
use crate::app::store::Store;
use crate::app::text::{self, Align, AmountFit};
use crate::app::theme::Tone;
use crate::domain::intent::life::Stage;
use crate::domain::intent::{Act, Reference};

/// What the person did here.
#[derive(Debug, Default)]
pub struct JournalPane {
    /// What is shown, newest first.
    pub list: Listed<Reference>,
    pub filter: Filter,
}

/// Sign, word and tone of a stage.
pub fn stage(stage: Stage) -> (&'static str, &'static str, Tone) {
    match stage {
        Stage::Recorded => ("◌", "not sent yet", Tone::Waiting),
        Stage::Sent => ("◌", "being sent", Tone::Waiting),
        Stage::Accepted => ("◌", "accepted", Tone::Waiting),
        Stage::Done => ("✓", "done", Tone::Good),
        Stage::Refused => ("✗", "refused", Tone::Bad),
        Stage::NotSent => ("○", "not sent", Tone::Over),
        Stage::Unknown => ("?", "outcome unknown", Tone::Bad),
        Stage::SettledDone => ("✓", "found done", Tone::Good),
        Stage::SettledNotDone => ("○", "found not done", Tone::Over),
        Stage::NeedsPerson => ("■", "needs a person", Tone::Bad),
    }
}

impl JournalPane {
    /// Brings the rows up to date with the journal and the filter.
    pub fn arrange(&mut self, past: &[Past], store: &Store) {
        let query = self.filter.query();
        let fits = |past: &&Past| query.is_empty() || query.matches(&OfPast(store, past));
        self.list.rows = past.iter().rev().filter(fits).map(|past| past.intent.reference).collect();
        if self.list.rows.is_empty() && !past.is_empty() && query.can_be_fuzzy() {
            self.filter.go_fuzzy();
            self.arrange(past, store);
        }
    }

    /// The intent under the cursor.
    pub fn chosen<'a>(&self, past: &'a [Past]) -> Option<&'a Past> {
        let reference = self.list.cursor.row()?;
        past.iter().rev().find(|past| past.intent.reference == *reference)
    }

    pub fn title(&self, acts: &Acts, store: &Store) -> Title {
        let past = acts.past();
        let count = |wanted: fn(Stage) -> bool| past.iter().filter(|past| wanted(past.stage)).count();
        let mut pieces = vec![Piece::new("Journal", Tone::Plain)];
        if !self.filter.is_active() {
            pieces.push(Piece::new(text::count(past.len(), store.grouping), Tone::Plain));
        }
        let unknown = count(|stage| stage == Stage::Unknown);
        if unknown > 0 {
            pieces.push(Piece::new(format!("? {unknown} unknown"), Tone::Bad));
        }
        let person = count(|stage| stage == Stage::NeedsPerson);
        if person > 0 {
            pieces.push(Piece::new(format!("■ {person} need a person"), Tone::Bad));
        }
        if let Some(why) = acts.trouble() {
            pieces.push(Piece::new(format!("✗ {why}"), Tone::Bad));
        }
        let mut title = Title { pieces, ..Title::default() };
        self.filter.entitle(&mut title, self.list.rows.len(), past.len(), store.grouping);
        title
    }

    pub fn view(&self, buffer: &mut Buffer, area: Rect, title: &Title, light: &Light<'_>) {
        let (past, theme) = (light.acts.past(), &light.theme);
        let inner = super::frame(buffer, area, title, Some(Pane::Journal), theme, light.focused);
        if past.is_empty() {
            let lines = [
                ("nothing was asked for from here yet".to_owned(), theme.plain()),
                ("what is frozen, moved, issued or closed is written down here first".to_owned(), theme.dim()),
            ];
            super::say(buffer, inner, &lines);
            return;
        }
        if self.list.rows.is_empty() {
            return super::say_filtered(buffer, inner, &self.filter, light);
        }
        let found = self.filter.query().texts();
        let height = usize::from(inner.height.saturating_sub(1));
        let visible = self.list.visible().take(height);
        let visible: Vec<&Past> =
            visible.filter_map(|row| past.iter().rev().find(|past| past.intent.reference == *row)).collect();
        let amounts: Vec<_> = visible.iter().filter_map(|past| past.intent.act.amount()).collect();
        let fit = AmountFit::of(&amounts, light.store.grouping);
        let columns = layout(&fit);
        let widths = columns::widths(&columns, inner.width);
        columns::head(buffer, Rect { height: 1, ..inner }, &columns, &widths, None, theme);
        for (line, past) in (1..inner.height).zip(visible) {
            let selected = self.list.cursor.row() == Some(&past.intent.reference);
            let mark = if selected { Mark::Selected } else { Mark::None };
            let line = Rect { y: inner.y + line, height: 1, ..inner };
            let how = RowStyle { theme, mark, stale: false, found: &found };
            columns::row(buffer, line, &columns, &widths, &cells(past, &fit, light), &how);
        }
    }
}

fn layout(fit: &AmountFit) -> [Column; 7] {
    let amount = u16::try_from(fit.width()).unwrap_or(u16::MAX);
    let tail = u16::try_from(fit.currency + 1).unwrap_or(u16::MAX);
    [
        Column { title: "Asked", align: Align::Left, least: 12, most: 12, drop: 0, tail: 0 },
        Column { title: "State", align: Align::Left, least: 17, most: 17, drop: 0, tail: 0 },
        Column { title: "Act", align: Align::Left, least: 10, most: 14, drop: 0, tail: 0 },
        Column { title: "Amount", align: Align::Right, least: amount, most: amount, drop: 1, tail },
        Column { title: "On", align: Align::Left, least: 14, most: 44, drop: 0, tail: 0 },
        Column { title: "Age", align: Align::Right, least: 7, most: 7, drop: 2, tail: 0 },
        Column { title: "Reference", align: Align::Left, least: 13, most: 13, drop: 3, tail: 0 },
    ]
}

fn cells<'a>(past: &Past, fit: &AmountFit, light: &Light<'a>) -> [Cell<'a>; 7] {
    let (theme, store, now) = (&light.theme, light.store, light.now);
    let intent = &past.intent;
    let (sign, word, tone) = stage(past.stage);
    let on = match &intent.act {
        Act::Transfer { from, to, .. } => format!("{} → {}", words::account(store, from), words::account(store, to)),
        Act::IssueCard { account, order } => {
            format!("{} · {}", text::cut(&text::name(&order.name), 20), words::account(store, account))
        }
        Act::CreateCardholder { order, .. } => text::name(&order.email),
        Act::SetWebhook { url, .. } => text::name(url),
        Act::DeleteWebhook => String::new(),
        act => match act.card() {
            Some(at) => format!("{} · {}", words::card(at), words::account(store, &at.account)),
            None => String::new(),
        },
    };
    // An age is told of what is not over; of the rest the time says enough.
    let age = now.wall.signed_duration_since(intent.asked_at).num_seconds().max(0);
    let age = if past.stage.is_final() { String::new() } else { clock::span(age.unsigned_abs()) };
    let zone = &light.setup.zone;
    [
        Cell::new(clock::moment(intent.asked_at, now.wall, zone), theme.dim()),
        Cell::state(sign, word, tone, theme),
        Cell::new(intent.act.kind().noun(), theme.plain()),
        intent
            .act
            .amount()
            .map_or_else(|| Cell::new("", theme.dim()), |amount| Cell::new(fit.show(&amount), theme.plain())),
        Cell::new(on, theme.plain()),
        Cell::new(age, theme.dim()),
        Cell::new(intent.reference.to_string(), theme.dim()),
    ]
}
