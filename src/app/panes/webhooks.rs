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

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Freshness, Light, Pane, Piece, Title, cards};
use crate::app::actions::Act;
use crate::app::clock;
use crate::app::columns::{self, Cell, Column, Mark, RowStyle};
use crate::app::filter::{Filter, OfEvent};
use crate::app::form::Line;
use crate::app::list::Listed;
use crate::app::msg::{SignedWith, Topic};
use crate::app::payload::Viewer;
use crate::app::store::Store;
use crate::app::store::hooks::Hooks;
use crate::app::text::{self, Align};
use crate::app::theme::{Theme, Tone};
use crate::domain::failure::Failure;
use crate::domain::ids::EventId;
use crate::domain::money::Grouping;
use crate::domain::webhook::{DeliveryStatus, Event, EventKind, Logged, WebhookConfig};

/// Lines above the log: where to, the last day, the receiver, and one that is empty.
pub const HEAD: u16 = 4;

/// Columns of the address that stay when there is little room; what is said of it gives way.
const URL: usize = 34;

/// What the person did here.
#[derive(Debug, Default)]
pub struct WebhooksPane {
    /// What is shown, newest first.
    pub list: Listed<EventId>,
    pub filter: Filter,
    /// The payload that is looked at.
    pub viewer: Option<Viewer>,
    /// Where an event was sent again last.
    pub sent_to: Option<String>,
    /// What came of it.
    pub replayed: Option<String>,
}

/// Sign, word and tone of a delivery.
pub fn delivery(status: &DeliveryStatus) -> (&'static str, &str, Tone) {
    match status {
        DeliveryStatus::Delivered => ("✓", "delivered", Tone::Good),
        DeliveryStatus::Failed => ("✗", "failed", Tone::Bad),
        DeliveryStatus::Pending => ("◌", "pending", Tone::Waiting),
        DeliveryStatus::Other(word) => ("·", word.as_str(), Tone::Plain),
    }
}

/// A kind of event in words.
pub fn kind_word(kind: &EventKind) -> &str {
    match kind {
        EventKind::CardTransaction => "card transaction",
        EventKind::AccountTransaction => "account transaction",
        EventKind::AccountTopUp => "account top-up",
        EventKind::CardState => "card state",
        EventKind::Other(word) => word.as_str(),
    }
}

/// What an event is on: its card where it has one that is known, else its record's own id.
pub fn on(event: &Event, store: &Store) -> String {
    let subject = &event.subject;
    match subject.card.as_ref().map(|id| (id, store.card(id))) {
        Some((_, Some(card))) => cards::short(card),
        Some((id, None)) => text::cut(&format!("card {id}"), 18).into_owned(),
        None => match (&subject.account, &subject.record) {
            (Some(id), _) if store.account(id).is_some() => crate::app::dialogs::words::account(store, id),
            (_, Some(record)) => text::cut(&record.to_string(), 18).into_owned(),
            _ => "–".into(),
        },
    }
}

/// How deliveries went in the last 24 hours, as far as the log was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    pub delivered: usize,
    pub failed: usize,
    pub pending: usize,
    pub last_success: Option<DateTime<Utc>>,
    /// The log that was read does not reach back so far.
    pub short: bool,
}

impl Health {
    pub fn of(hooks: &Hooks, now: DateTime<Utc>) -> Health {
        let since = now.checked_sub_signed(TimeDelta::hours(24)).unwrap_or(now);
        let mut health = Health::default();
        let mut older = false;
        for event in hooks.events.value.iter().map(|logged| &logged.event) {
            let at = event.created_at.known().copied();
            if event.delivery == DeliveryStatus::Delivered {
                health.last_success = health.last_success.max(at);
            }
            if at.is_some_and(|at| at < since) {
                older = true;
                continue;
            }
            match event.delivery {
                DeliveryStatus::Delivered => health.delivered += 1,
                DeliveryStatus::Failed => health.failed += 1,
                DeliveryStatus::Pending => health.pending += 1,
                DeliveryStatus::Other(_) => {}
            }
        }
        health.short = !older && !hooks.complete && !hooks.events.value.is_empty();
        health
    }
}

impl WebhooksPane {
    /// Brings the rows up to date with the log and the filter.
    pub fn arrange(&mut self, store: &Store) {
        let query = self.filter.query();
        let fits = |logged: &&Logged| query.is_empty() || query.matches(&OfEvent(store, &logged.event));
        self.list.rows = store.hooks.events.value.iter().filter(fits).map(|logged| logged.event.id.clone()).collect();
        if self.list.rows.is_empty() && !store.hooks.events.value.is_empty() && query.can_be_fuzzy() {
            self.filter.go_fuzzy();
            self.arrange(store);
        }
    }

    /// The entry under the cursor.
    pub fn chosen<'a>(&self, store: &'a Store) -> Option<&'a Logged> {
        store.hooks.event(self.list.cursor.row()?)
    }

    pub fn fresh<'a>(&self, store: &'a Store) -> Freshness<'a> {
        Freshness::of([store.status(&Topic::WebhookEvents)])
    }

    pub fn title(&self, store: &Store) -> Title {
        let hooks = &store.hooks;
        let mut title = Title { pieces: vec![Piece::new("Webhooks", Tone::Plain)], ..Title::default() };
        let count = hooks.events.value.len();
        if !self.filter.is_active() && hooks.events.ever() {
            let more = if hooks.complete { "" } else { " newest" };
            title.pieces.push(Piece::new(format!("{}{more}", text::count(count, store.grouping)), Tone::Plain));
        }
        let fresh = Freshness { loading: false, ..self.fresh(store) };
        // Without a configuration there may be no log, which is no fault.
        let unset = hooks.config.ever() && hooks.config.value.is_none();
        let no_log = unset && fresh.failed.is_some_and(|failure| failure.status == Some(404));
        if !no_log {
            title.add(&fresh, hooks.skipped, count == 0, store.grouping);
        }
        if title.foot.is_none() {
            title.foot.clone_from(&self.replayed);
        }
        self.filter.entitle(&mut title, self.list.rows.len(), count, store.grouping);
        title
    }

    pub fn view(&self, buffer: &mut Buffer, area: Rect, title: &Title, light: &Light<'_>) {
        let theme = &light.theme;
        let inner = super::frame(buffer, area, title, Some(Pane::Webhooks), theme, light.focused);
        if let Some(viewer) = &self.viewer {
            return viewer.view(buffer, inner, light);
        }
        for (line, y) in WebhooksPane::head(light, usize::from(inner.width)).iter().zip(inner.top()..inner.bottom()) {
            let mut x = inner.x;
            for (part, style) in line {
                x = text::put(buffer, inner, x, y, part, inner.right().saturating_sub(x), *style);
            }
        }
        let taken = HEAD.min(inner.height);
        let inner = Rect { y: inner.y + taken, height: inner.height - taken, ..inner };
        if light.store.hooks.events.value.is_empty() {
            return self.say_why_empty(buffer, inner, light);
        }
        if self.list.rows.is_empty() {
            return super::say_filtered(buffer, inner, &self.filter, light);
        }
        let found = self.filter.query().texts();
        let height = usize::from(inner.height.saturating_sub(1));
        let columns = layout();
        let widths = columns::widths(&columns, inner.width);
        columns::head(buffer, Rect { height: 1, ..inner }, &columns, &widths, None, theme);
        let visible = self.list.visible().take(height);
        for (line, id) in (1..inner.height).zip(visible) {
            let Some(logged) = light.store.hooks.event(id) else { continue };
            let mark = if self.list.cursor.row() == Some(id) { Mark::Selected } else { Mark::None };
            let line = Rect { y: inner.y + line, height: 1, ..inner };
            let how = RowStyle { theme, mark, stale: title.stale, found: &found };
            columns::row(buffer, line, &columns, &widths, &cells(&logged.event, light), &how);
        }
    }

    /// The lines above the log.
    fn head(light: &Light<'_>, columns: usize) -> Vec<Line> {
        vec![config(light, columns), health(light, columns), receiver(light)]
    }

    fn say_why_empty(&self, buffer: &mut Buffer, area: Rect, light: &Light<'_>) {
        let hooks = &light.store.hooks;
        let fresh = self.fresh(light.store);
        let unset = hooks.config.ever() && hooks.config.value.is_none();
        let fresh = match fresh.failed {
            Some(Failure { status: Some(404), .. }) if unset => Freshness { failed: None, waiting: false, ..fresh },
            _ => fresh,
        };
        let how = format!("{} sets it up; until then changes are found by polling", light.key(Act::SetWebhook));
        let nothing: &[&str] = match unset {
            true => &["nothing is configured yet, so nothing is delivered and nothing is logged", &how],
            false => &["nothing was delivered yet", "what happens to cards and money is announced and logged here"],
        };
        super::say_why_empty(buffer, area, &fresh, light, "the event log", nothing);
    }
}

/// What came straight to this program.
fn receiver(light: &Light<'_>) -> Line {
    let theme = &light.theme;
    let Some(receiver) = &light.store.hooks.receiver else {
        return vec![(" nothing listens here; listen = \"127.0.0.1:4040\" in the profile would".into(), theme.dim())];
    };
    let mut line = vec![(" here on ".to_owned(), theme.dim()), (receiver.address.clone(), theme.strong())];
    if let Some(why) = &receiver.trouble {
        line.push((format!("   ✗ {why}"), theme.bad()));
        return line;
    }
    let last = match receiver.last {
        Some(at) => format!(", last {}", clock::moment(at, light.now.wall, &light.setup.zone)),
        None => String::new(),
    };
    line.push((format!("   {} taken{last}", count(receiver.taken, light.store.grouping)), theme.plain()));
    if receiver.refused > 0 {
        line.push((
            format!(" · {} refused: unsigned or wrong", count(receiver.refused, light.store.grouping)),
            theme.warn(),
        ));
    }
    if receiver.lost > 0 {
        line.push((format!(" · {} not taken", count(receiver.lost, light.store.grouping)), theme.bad()));
    }
    if let SignedWith::Secret(source) = &light.store.hooks.signed_with {
        line.push((format!(" · checked with {source}"), theme.dim()));
    }
    line
}

fn config(light: &Light<'_>, columns: usize) -> Line {
    let (store, theme) = (light.store, &light.theme);
    let known = &store.hooks.config;
    match (&known.value, &known.failed) {
        (_, Some(failure)) if known.value.is_none() => {
            vec![(format!(" ✗ {}", failure.sentence()), theme.bad())]
        }
        (Some(config), failed) => {
            let mut rest = facts(config, theme);
            if failed.is_some() {
                rest.push((" · old".into(), theme.warn()));
            }
            let taken: usize = rest.iter().map(|(text, _)| text::width(text)).sum();
            let url = text::cut(config.url.as_str(), columns.saturating_sub(taken + 7).max(URL)).into_owned();
            let mut line =
                vec![(" to ".to_owned(), theme.dim()), (url, theme.strong()), ("   ".to_owned(), theme.dim())];
            line.extend(rest);
            line
        }
        (None, _) if known.ever() => vec![
            (" ○ not configured yet".to_owned(), theme.warn()),
            (" · ".to_owned(), theme.dim()),
            (light.key(Act::SetWebhook), theme.key()),
            (" sets it up".to_owned(), theme.plain()),
        ],
        (None, _) => vec![(" reading the configuration".to_owned(), theme.dim())],
    }
}

fn facts(config: &WebhookConfig, theme: &Theme) -> Line {
    let (sign, word, tone) = match config.active {
        Some(true) => ("●", "active", Tone::Good),
        Some(false) => ("○", "not active", Tone::Waiting),
        None => ("·", "active or not: not said", Tone::Plain),
    };
    let kinds = match &config.kinds {
        None => "all kinds".to_owned(),
        Some(kinds) if kinds.is_empty() => "no kinds".into(),
        Some(kinds) => kinds.iter().map(kind_word).collect::<Vec<_>>().join(", "),
    };
    let secret = match config.secret_set {
        Some(true) => ("secret set", Tone::Plain),
        Some(false) => ("no secret: deliveries are not signed", Tone::Waiting),
        None => ("secret: not said", Tone::Plain),
    };
    vec![
        (sign.to_owned(), theme.tone(tone)),
        (format!(" {word}"), theme.word(tone)),
        (format!(" · {} · ", text::cut(&kinds, 48)), theme.dim()),
        (secret.0.to_owned(), theme.word(secret.1)),
    ]
}

fn health(light: &Light<'_>, columns: usize) -> Line {
    let (store, theme, now) = (light.store, &light.theme, light.now.wall);
    if !store.hooks.events.ever() {
        return Line::new();
    }
    let health = Health::of(&store.hooks, now);
    // Of the newest alone while the day was not read to its beginning.
    let mut line = vec![(if health.short { " ≈ 24 h" } else { " 24 h" }.to_owned(), theme.dim())];
    for (count, status) in [
        (health.delivered, DeliveryStatus::Delivered),
        (health.failed, DeliveryStatus::Failed),
        (health.pending, DeliveryStatus::Pending),
    ] {
        let (sign, word, tone) = delivery(&status);
        let tone = if count == 0 { Tone::Over } else { tone };
        line.push((format!("   {sign}"), theme.tone(tone)));
        line.push((format!(" {} {word}", text::count(count, light.store.grouping)), theme.word(tone)));
    }
    let last = match health.last_success {
        Some(at) => format!("   last success {}", clock::moment(at, now, &light.setup.zone)),
        None => "   no success yet".into(),
    };
    line.push((last, theme.dim()));
    let more = format!(" · {} reads older ones", light.key(Act::Bottom));
    let taken: usize = line.iter().map(|(text, _)| text::width(text)).sum();
    if health.short && taken + text::width(&more) < columns {
        line.push((more, theme.dim()));
    }
    line
}

fn layout() -> [Column; 7] {
    let column = |title, least, most, drop| Column { title, align: Align::Left, least, most, drop, tail: 0 };
    [
        column("Time", 12, 12, 0),
        column("Delivery", 11, 12, 0),
        column("Event", 16, 19, 0),
        column("On", 10, 20, 1),
        Column { align: Align::Right, ..column("Tries", 5, 5, 2) },
        column("Answer", 9, 48, 0),
        column("Entry", 10, 14, 5),
    ]
}

fn cells<'a>(event: &'a Event, light: &Light<'a>) -> [Cell<'a>; 7] {
    let (theme, zone) = (&light.theme, &light.setup.zone);
    let (sign, word, tone) = delivery(&event.delivery);
    let at = event.created_at.known();
    let kind = event.about();
    let said = if event.kind == *kind { theme.plain() } else { theme.warn() };
    [
        Cell::new(at.map_or("–".into(), |at| clock::moment(*at, light.now.wall, zone)), theme.dim()),
        Cell::state(sign, word, tone, theme),
        Cell::new(kind_word(kind), said),
        Cell::new(on(event, light.store), theme.plain()),
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

fn count(many: u64, grouping: Grouping) -> String {
    text::count(usize::try_from(many).unwrap_or(usize::MAX), grouping)
}
