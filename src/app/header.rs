//! The first line: which world this is, what is available, and how fresh the picture is.
//!
//! When there is little room the least important parts go first; nothing ever lies over anything else.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::acts::Tally;
use super::clock;
use super::copied::Copied;
use super::msg::{ChangeFeed, Now, Setup, Topic};
use super::private;
use super::session::Standing;
use super::store::Store;
use super::text;
use super::theme::{self, Theme, Tone};
use crate::app::ui::big;
use crate::app::ui::frame::Piece;
use crate::domain::failure::Failure;
use crate::domain::settings::{Environment, Tint};
use crate::domain::transaction::Feed;

/// Clock skew from which on it is shown, in seconds (N8).
const SKEW: i64 = 120;

/// What the header knows beside the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// When data last changed.
    pub changed: Option<DateTime<Utc>>,
    /// The person asked for everything again and it has not come yet.
    pub refreshing: bool,
    /// Acts under way, and outcomes that nobody knows.
    pub tally: Tally,
    /// A secret that is in a clipboard.
    pub copied: Option<Copied>,
    /// Whether the API knows us.
    pub session: Standing,
}

/// How the link is, worst first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Nothing was read yet.
    Connecting,
    /// Nothing was read yet and the newest try failed.
    NoData,
    /// Reading stops until a moment; what is shown is of an earlier one.
    Held {
        until: DateTime<Utc>,
        of: Option<DateTime<Utc>>,
    },
    /// The newest try failed; the data are of this moment.
    Stale(DateTime<Utc>),
    /// Requests are under way and none was answered since this moment of `Now::up`.
    Silent(Duration),
    Refreshing,
    Live,
}

/// The state of the link.
pub fn link_state(store: &Store, pulse: Pulse, now: Now) -> LinkState {
    let topics = [Topic::Accounts, Topic::Newest(Feed::Cards), Topic::Newest(Feed::Accounts)];
    let states = topics.map(|topic| store.status(&topic));
    let newest = states.iter().filter_map(|state| state.at).max_by_key(|at| at.up);
    if let Some(until) = store.link.held_until.filter(|until| *until > now.up) {
        let ahead = TimeDelta::from_std(until.saturating_sub(now.up)).unwrap_or(TimeDelta::zero());
        let until = now.wall.checked_add_signed(ahead).unwrap_or(now.wall);
        return LinkState::Held { until, of: newest.map(|at| at.wall) };
    }
    let failed = states.iter().find(|state| state.failed.is_some_and(Failure::is_of_the_link));
    let refused = states.iter().any(|state| state.failed.is_some());
    // Nothing is read before somebody has logged in.
    let shut = matches!(pulse.session, Standing::Asking | Standing::Refused);
    match (failed, newest) {
        (_, None) if refused => LinkState::NoData,
        (None, Some(newest)) if shut => LinkState::Stale(newest.wall),
        (Some(state), Some(newest)) => LinkState::Stale(state.at.unwrap_or(newest).wall),
        (_, None) => LinkState::Connecting,
        (None, Some(_)) => match store.link.silent_since {
            Some(since) => LinkState::Silent(since),
            None if pulse.refreshing => LinkState::Refreshing,
            None => LinkState::Live,
        },
    }
}

/// The header in parts, by how much there is room for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    environment: Option<Environment>,
    colour: Option<Tint>,
    read_only: bool,
    monitor: bool,
    /// Amounts and names are hidden.
    private: bool,
    profile: String,
    /// `USD 48,210.55`, one for each currency.
    amounts: Vec<(String, Tone)>,
    /// Sign and word.
    link: Option<Piece>,
    /// `event log`, `polling`.
    feed: Option<&'static str>,
    changed: Option<String>,
    skew: Option<String>,
    /// Acts under way and unknown outcomes.
    acts: Vec<Piece>,
    zone: String,
}

/// What the header says now.
pub fn header(store: &Store, setup: &Setup, private: bool, pulse: Pulse, now: Now) -> Header {
    let zone = &setup.zone;
    let state = link_state(store, pulse, now);
    let turning = theme::spinner(now.up);
    let under_way = match store.link.in_flight {
        0 => String::new(),
        1 => " · 1 request".into(),
        many => format!(" · {many} requests"),
    };
    let link = match &state {
        LinkState::Connecting => Piece::new(format!("{turning} reading{under_way}"), Tone::Over),
        LinkState::NoData => Piece::new("✗ no data", Tone::Bad),
        LinkState::Held { until, of } => {
            let of = of.map_or_else(String::new, |of| format!("as of {} · ", clock::time(of, zone)));
            Piece::new(format!("◌ {of}next try {}", clock::time(*until, zone)), Tone::Waiting)
        }
        LinkState::Stale(at) => Piece::new(format!("◌ as of {}", clock::time(*at, zone)), Tone::Waiting),
        LinkState::Silent(since) => {
            let seconds = now.up.saturating_sub(*since).as_secs();
            Piece::new(format!("◌ no answer for {seconds} s"), Tone::Waiting)
        }
        LinkState::Refreshing => Piece::new(format!("{turning} reading again{under_way}"), Tone::Over),
        LinkState::Live => Piece::new("● live", Tone::Good),
    };
    let live = matches!(state, LinkState::Live | LinkState::Refreshing);
    let amounts = store.available().into_iter().map(|(currency, sum)| match sum {
        Some(sum) => (format!("{currency} {}", private::name(&sum.short_in(setup.grouping))), Tone::Plain),
        None => (format!("{currency} unreadable"), Tone::Bad),
    });
    Header {
        environment: Some(setup.environment),
        colour: setup.colour,
        read_only: setup.read_only,
        monitor: setup.monitor,
        private,
        profile: crate::domain::text::SafeText::name(&setup.profile).to_string(),
        amounts: amounts.collect(),
        link: Some(link),
        feed: match store.link.feed {
            ChangeFeed::EventLog if live => Some("event log"),
            ChangeFeed::Polling if live => Some("polling"),
            _ => None,
        },
        changed: pulse.changed.filter(|_| live).map(|at| format!("last change {}", clock::moment(at, now.wall, zone))),
        skew: store.link.skew.filter(|skew| skew.abs() > SKEW).map(|skew| {
            let way = if skew > 0 { "behind" } else { "ahead" };
            format!("⚠ this clock is {} {way}", clock::span(skew.unsigned_abs()))
        }),
        acts: {
            let session = pulse.session.piece(zone, &setup.appearance.keys);
            let copied = pulse.copied.iter().map(|copied| copied.piece(now.up));
            session.into_iter().chain(copied).chain(acts(pulse.tally, turning)).collect()
        },
        // No time is shown before anything was read, so no zone either.
        zone: match state {
            LinkState::Connecting | LinkState::NoData => String::new(),
            _ => clock::zone_name(now.wall, zone),
        },
    }
}

/// As much of it as may be seen while it is locked: where one is, and nothing of what is there.
pub fn bare(setup: &Setup) -> Header {
    Header {
        environment: Some(setup.environment),
        read_only: setup.read_only,
        monitor: setup.monitor,
        profile: crate::domain::text::SafeText::name(&setup.profile).to_string(),
        ..Header::default()
    }
}

/// Acts under way and outcomes that nobody knows, each a short piece.
fn acts(tally: Tally, turning: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    match tally.unknown {
        0 => {}
        1 => pieces.push(Piece::new("? 1 outcome unknown", Tone::Bad)),
        many => pieces.push(Piece::new(format!("? {many} outcomes unknown"), Tone::Bad)),
    }
    for (many, sign, words, tone) in [
        (tally.found_later, "!", "found later", Tone::Bad),
        (tally.reversed, "!", "reversed", Tone::Bad),
        (tally.probably, "≈", "probably done", Tone::Waiting),
    ] {
        if many > 0 {
            pieces.push(Piece::new(format!("{sign} {many} {words}"), tone));
        }
    }
    match tally.beside {
        (0, _) => {}
        (many, 0) => pieces.push(Piece::new(format!("✗ {many} beside the journal"), Tone::Bad)),
        (_, many) => pieces.push(Piece::new(format!("✗ {many} in memory only"), Tone::Bad)),
    }
    if tally.journal {
        pieces.push(Piece::new("✗ journal", Tone::Bad));
    } else if tally.journal_waits {
        pieces.push(Piece::new("◌ journal in use", Tone::Waiting));
    }
    match (tally.series, tally.in_flight) {
        (Some((done, of)), _) => pieces.push(Piece::new(format!("{turning} {done} of {of}"), Tone::Waiting)),
        (None, 0) => {}
        (None, many) => pieces.push(Piece::new(format!("{turning} {many} sending"), Tone::Waiting)),
    }
    pieces
}

/// When the header next changes by itself.
pub fn wake_at(store: &Store, pulse: Pulse, now: Now) -> Option<Duration> {
    match link_state(store, pulse, now) {
        _ if pulse.tally.in_flight > 0 => Some(now.up.saturating_add(theme::TURN)),
        LinkState::Connecting | LinkState::Refreshing => Some(now.up.saturating_add(theme::TURN)),
        LinkState::Held { .. } => store.link.held_until,
        // Its next whole second.
        LinkState::Silent(since) => {
            let seconds = now.up.saturating_sub(since).as_secs().saturating_add(1);
            Some(since.saturating_add(Duration::from_secs(seconds)))
        }
        LinkState::NoData | LinkState::Stale(_) | LinkState::Live => None,
    }
}

type Run = (String, Style);

impl Header {
    /// The left and right parts at a level of thrift; 0 is everything.
    fn parts(&self, thrift: usize, theme: &Theme) -> (Vec<Run>, Vec<Run>) {
        let mut left: Vec<Run> = vec![(" ".into(), theme.plain())];
        if thrift < 7 {
            left.push(("fourpay ".into(), theme.strong()));
            left.push((" ".into(), theme.plain()));
        }
        if let Some(environment) = self.environment {
            let word = match environment {
                Environment::Sandbox => " SANDBOX ",
                Environment::Production => " PROD ",
            };
            left.push((word.into(), theme.badge(environment, self.colour)));
        }
        if self.read_only {
            left.push((" ".into(), theme.plain()));
            let word = if self.monitor { " MONITOR " } else { " READ-ONLY " };
            left.push((word.into(), theme.read_only()));
        }
        if self.private {
            left.push((" ".into(), theme.plain()));
            left.push((" PRIVATE ".into(), theme.private()));
        }
        if thrift < 5 {
            left.push((format!("  {}", text::cut(&self.profile, 20)), theme.plain()));
        }
        let shown = match thrift {
            0..=3 => self.amounts.len(),
            4 | 5 => 2,
            6 | 7 => 1,
            _ => 0,
        };
        for (at, (amount, tone)) in self.amounts.iter().take(shown).enumerate() {
            left.push((if at == 0 { "    " } else { " · " }.into(), theme.dim()));
            left.push((amount.clone(), theme.strong().patch(theme.tone(*tone))));
            if at == 0 && thrift < 3 {
                left.push((" available".into(), theme.dim()));
            }
        }
        if shown < self.amounts.len() && shown > 0 {
            left.push((" …".into(), theme.dim()));
        }
        let mut right: Vec<Run> = Vec::new();
        if let Some(skew) = &self.skew {
            right.push((format!("{skew}  "), theme.warn()));
        }
        for piece in &self.acts {
            right.push((format!("{}  ", piece.text), theme.tone(piece.tone)));
        }
        right.extend(self.link.as_ref().map(|link| (link.text.clone(), theme.tone(link.tone))));
        if let Some(feed) = self.feed.filter(|_| thrift < 1) {
            right.push((format!(" · {feed}"), theme.dim()));
        }
        if let Some(changed) = self.changed.as_ref().filter(|_| thrift < 2) {
            right.push((format!(" · {changed}"), theme.dim()));
        }
        if thrift < 9 && !self.zone.is_empty() {
            right.push((format!(" {}", self.zone), theme.dim()));
        }
        right.push((" ".into(), theme.plain()));
        (left, right)
    }

    /// The sums in large digits, as many as there is room for.
    pub fn view_sums(&self, buffer: &mut Buffer, area: Rect, theme: &Theme, ascii: bool) {
        let mut x = area.x.saturating_add(1);
        for (amount, tone) in &self.amounts {
            let style = theme.strong().patch(theme.tone(*tone));
            // Letters that are drawn of dots cannot be hidden afterwards.
            let shown = private::said(amount, self.private);
            let Some(next) = big::put(buffer, area, x, &shown, style, ascii) else { break };
            x = next.saturating_add(4);
        }
    }

    /// They are drawn elsewhere.
    pub fn leave_out_sums(&mut self) {
        self.amounts.clear();
    }

    pub fn view(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) {
        let width = |runs: &[Run]| runs.iter().map(|(text, _)| text::width(text)).sum::<usize>();
        let room = usize::from(area.width);
        let fits = |(left, right): &(Vec<Run>, Vec<Run>)| width(left) + 2 + width(right) <= room;
        let (left, right) =
            (0..10).map(|thrift| self.parts(thrift, theme)).find(fits).unwrap_or_else(|| self.parts(10, theme));
        let mut x = area.x;
        for (text, style) in &left {
            x = text::put(buffer, area, x, area.y, text, area.right().saturating_sub(x), *style);
        }
        text::fade_cuts(buffer, Rect { width: x.saturating_sub(area.x), ..area }, theme.dim());
        let start = area.right().saturating_sub(u16::try_from(width(&right)).unwrap_or(u16::MAX));
        x = start.max(x);
        for (text, style) in &right {
            x = text::put(buffer, area, x, area.y, text, area.right().saturating_sub(x), *style);
        }
    }
}
