//! What all panes share: the frame, its title, how fresh a list is, and what an empty list says.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::super::actions::Act;
use super::super::msg::{Now, Setup, Short};
use super::super::outcomes::Outcomes;
use super::super::pane::Pane;
use super::super::store::{Status, Store};
use super::super::text;
use super::super::theme::{self, Theme, Tone};
use super::sum_line;
use crate::app::insights::Insights;
use crate::domain::failure::Failure;
use crate::domain::money::Grouping;

/// What every pane needs to draw itself.
#[derive(Clone, Copy)]
pub struct RenderCtx<'a> {
    pub store: &'a Store,
    pub setup: &'a Setup,
    pub outcomes: &'a Outcomes,
    /// What the transactions add up to by time.
    pub insights: &'a Insights,
    pub theme: Theme,
    pub now: Now,
    pub focused: bool,
}

impl RenderCtx<'_> {
    /// What is pressed for an action, in a sentence.
    pub fn key(&self, act: Act) -> String {
        self.setup.appearance.keys.name(act)
    }
}

/// Columns that a dialog of at most `most` has in `body`: one stays blank on either side of it.
pub fn dialog_width(body: Rect, most: u16) -> u16 {
    body.width.saturating_sub(2).min(most)
}

/// Clears the place of a dialog of this size, in the middle of `body`, with a blank column on either side of it.
pub fn place_dialog(buffer: &mut Buffer, body: Rect, width: u16, height: u16) -> Rect {
    let body = body.intersection(buffer.area);
    let (width, height) = (dialog_width(body, width), height.min(body.height));
    let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
    let around = Rect { x: area.x.saturating_sub(1), width: area.width.saturating_add(2), ..area };
    Clear.render(around.intersection(body), buffer);
    area
}

/// How fresh a pane's list is, put together from the topics it is read by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Freshness<'a> {
    /// Nothing was read yet and nothing failed: the person waits.
    pub waiting: bool,
    /// Something was read at least once.
    pub ever: bool,
    /// The list is here but not to its end.
    pub loading: bool,
    pub loaded: usize,
    pub total: Option<u64>,
    pub failed: Option<&'a Failure>,
    /// What is shown is older than the newest try to read it.
    pub stale: bool,
}

impl<'a> Freshness<'a> {
    /// Puts several topics together: as fresh as the worst of them.
    pub fn of(parts: impl IntoIterator<Item = Status<'a>>) -> Freshness<'a> {
        let mut all = Freshness { total: Some(0), ..Freshness::default() };
        let (mut any, mut some_good) = (false, false);
        for part in parts {
            any = true;
            all.ever |= part.at.is_some();
            some_good |= part.at.is_some() && part.failed.is_none();
            all.loading |= part.pending && !part.complete;
            all.loaded += part.loaded;
            all.total = all.total.zip(part.total).map(|(sum, more)| sum + more);
            all.failed = all.failed.or(part.failed);
        }
        all.total = all.total.filter(|_| any);
        all.waiting = !all.ever && all.failed.is_none();
        // One list of several that is refused leaves the others as good as they are.
        all.stale = all.ever && all.failed.is_some_and(|failure| !some_good || failure.is_of_the_link());
        all
    }
}

/// One piece of a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub tone: Tone,
}

impl Piece {
    pub fn new(text: impl Into<String>, tone: Tone) -> Piece {
        Piece { text: text.into(), tone }
    }
}

/// What stands on the upper and lower border of a pane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// Crumbs, counts and states, joined by ` · `.
    pub pieces: Vec<Piece>,
    /// What to do about a failure; on the lower border.
    pub foot: Option<String>,
    /// What the rows add up to, part by part, the most wanted first; on the lower border.
    pub sums: Vec<String>,
    /// Rows are dimmed.
    pub stale: bool,
}

impl Title {
    /// Says that fewer rows came than the API promised: `1,787 of 2,500`. Where it gives no number: `25, maybe more`.
    pub fn add_short(&mut self, short: Option<Short>, grouping: Grouping) {
        let Some(Short { have, promised }) = short else { return };
        let count = |count| text::count(usize::try_from(count).unwrap_or(usize::MAX), grouping);
        let said = match promised {
            Some(promised) => format!("{} of {}", count(have), count(promised)),
            None => format!("{}, maybe more", count(have)),
        };
        self.pieces.push(Piece::new(said, Tone::Waiting));
    }

    /// Adds what freshness has to say. An empty list says itself what to do about a failure.
    pub fn add(&mut self, fresh: &Freshness<'_>, skipped: usize, empty: bool, grouping: Grouping) {
        if fresh.loading && fresh.failed.is_none() {
            let loaded = text::count(fresh.loaded, grouping);
            let progress = match fresh.total {
                Some(total) if fresh.loaded > 0 && total >= fresh.loaded as u64 => {
                    format!(
                        "loading {loaded} of {}",
                        text::count(usize::try_from(total).unwrap_or(usize::MAX), grouping)
                    )
                }
                _ if fresh.loaded == 0 => "loading".to_owned(),
                _ => format!("loading {loaded}"),
            };
            self.pieces.push(Piece::new(progress, Tone::Over));
        }
        if skipped > 0 {
            self.pieces.push(Piece::new(format!("{} without an id", text::count(skipped, grouping)), Tone::Waiting));
        }
        if let Some(failure) = fresh.failed {
            self.pieces.push(Piece::new(format!("✗ {}", text::failure(failure)), Tone::Bad));
            self.foot = (!empty).then(|| failure.next_step());
        }
        self.stale = fresh.stale;
    }
}

/// Draws the frame of a pane and gives back what is inside.
pub fn frame(buffer: &mut Buffer, area: Rect, title: &Title, pane: Option<Pane>, theme: &Theme, focused: bool) -> Rect {
    let area = area.intersection(buffer.area);
    if area.width < 2 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.border(focused));
    let inner = block.inner(area);
    block.render(area, buffer);
    let line = Rect { x: area.x + 1, width: area.width - 2, height: 1, ..area };
    let mut x = line.x;
    let end = line.right().saturating_sub(1);
    if let Some(pane) = pane {
        let style = Style::reset().patch(theme.title(focused));
        x = text::put(buffer, line, x, area.y, &format!(" {} ", pane.number()), end - x, style);
    } else {
        x = text::put(buffer, line, x, area.y, " ", 1, theme.plain());
    }
    for (at, piece) in title.pieces.iter().enumerate() {
        if x >= end {
            break;
        }
        if at > 0 {
            x = text::put(buffer, line, x, area.y, "· ", end - x, Style::reset().patch(theme.dim()));
        }
        let style = match (at, piece.tone) {
            (0, Tone::Plain) => theme.title(focused),
            (_, tone) => theme.tone(tone),
        };
        // What is said on the border does not look like the border.
        let style = Style::reset().patch(style);
        let room = end.saturating_sub(x);
        x = text::put(buffer, line, x, area.y, &piece.text, room, style);
        x = text::put(buffer, line, x, area.y, " ", 1, theme.plain());
    }
    let lower = |x: u16, text: &str, buffer: &mut Buffer| {
        let room = line.right().saturating_sub(x);
        text::put(buffer, area, x, area.bottom() - 1, text, room, Style::reset().patch(theme.dim()))
    };
    let mut x = line.x + 1;
    if let Some(foot) = &title.foot {
        x = lower(x, &format!(" {} ", text::cut(foot, usize::from(line.width.saturating_sub(4)))), buffer) + 1;
    }
    let sums = sum_line::fit(&title.sums, usize::from(line.right().saturating_sub(x + 3)));
    if !sums.is_empty() {
        lower(x, &format!(" {sums} "), buffer);
    }
    inner
}

/// Says in the middle of an empty list why it is empty and what to do.
pub fn say(buffer: &mut Buffer, area: Rect, lines: &[(String, Style)]) {
    let room = usize::from(area.width.saturating_sub(4)).min(64);
    let wrapped: Vec<(String, Style)> =
        lines.iter().flat_map(|(line, style)| text::wrap(line, room).into_iter().map(|part| (part, *style))).collect();
    let height = u16::try_from(wrapped.len()).unwrap_or(u16::MAX);
    let mut y = area.y.saturating_add(area.height.saturating_sub(height) / 3);
    for (line, style) in wrapped {
        let indent = area.width.saturating_sub(u16::try_from(text::width(&line)).unwrap_or(u16::MAX)) / 2;
        text::put(buffer, area, area.x.saturating_add(indent), y, &line, area.width, style);
        y = y.saturating_add(1);
    }
}

/// What an empty list says: it is being read, it could not be read, or there is nothing.
pub fn say_why_empty(
    buffer: &mut Buffer,
    area: Rect,
    fresh: &Freshness<'_>,
    ctx: &RenderCtx<'_>,
    what: &str,
    nothing: &[&str],
) {
    let theme = &ctx.theme;
    match fresh.failed {
        Some(failure) => say(
            buffer,
            area,
            &[
                (format!("✗ {}", text::failure(failure)), theme.bad()),
                (failure.next_step(), theme.plain()),
                (format!("{} tries again now", ctx.key(Act::Refresh)), theme.dim()),
            ],
        ),
        None if fresh.waiting => {
            say(buffer, area, &[(format!("{} reading {what}", theme::spinner(ctx.now.up)), theme.dim())]);
        }
        None => {
            let styles = [theme.plain(), theme.dim(), theme.dim()];
            let lines: Vec<(String, Style)> =
                nothing.iter().zip(styles).map(|(line, style)| ((*line).to_owned(), style)).collect();
            say(buffer, area, &lines);
        }
    }
}
