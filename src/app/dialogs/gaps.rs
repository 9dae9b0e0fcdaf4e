//! What the log of deliveries leaves out, and how far that can be said.

use super::super::clock;
use super::super::form::{Form, Line};
use super::super::msg::Topic;
use super::super::store::Store;
use super::super::text;
use super::super::theme;
use super::super::theme::Tone;
use super::super::ui::describe::event_kind_word;
use super::super::ui::describe::event_subject;
use super::{Asked, Asks, Confirm, Wrong};
use crate::app::ui::describe;
use crate::app::ui::frame::RenderCtx;
use crate::domain::gaps::{Report, feed_word};

/// Rows of each list that are shown; the count says of how many.
const SHOWN: usize = 200;
/// Key, hours and name of each period.
const PERIODS: [(&str, u32, &str); 4] =
    [("d", 24, "a day"), ("t", 48, "two days"), ("w", 168, "a week"), ("m", 720, "30 days")];

/// The comparison of the log with the transactions.
#[derive(Debug)]
pub struct Gaps {
    hours: u32,
    /// What was asked for already since it opened.
    asked: Vec<u32>,
}

impl Default for Gaps {
    fn default() -> Gaps {
        Gaps { hours: 48, asked: Vec::new() }
    }
}

impl Asks for Gaps {
    fn title(&self, _: &Store) -> String {
        let name = PERIODS.iter().find(|(_, hours, _)| *hours == self.hours).map_or("", |(.., name)| name);
        format!("Gaps of {name}")
    }

    fn go(&self, _: Option<&Asked>) -> String {
        String::new()
    }

    fn confirm(&self) -> Confirm {
        Confirm::Look
    }

    fn letter(&mut self, letter: char) -> bool {
        let Some((_, hours, _)) = PERIODS.iter().find(|(key, ..)| key.starts_with(letter)) else { return false };
        self.hours = *hours;
        self.asked.retain(|asked| asked != hours);
        true
    }

    fn letters(&self) -> Vec<(&'static str, String)> {
        PERIODS.iter().map(|(key, _, name)| (*key, (*name).to_owned())).collect()
    }

    fn refresh(&mut self, _: &mut Form, _: &Store) -> Vec<Topic> {
        if self.asked.contains(&self.hours) {
            return Vec::new();
        }
        self.asked.push(self.hours);
        vec![Topic::Gaps(self.hours)]
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let theme = &ctx.theme;
        let known = ctx.store.hooks.gaps.get(&self.hours);
        let mut lines = Vec::new();
        if let Some(failure) = known.and_then(|known| known.failed.as_ref()) {
            lines.extend(super::prose(&format!("✗ {}", failure.sentence()), theme.bad(), columns));
            lines.extend(super::prose(&failure.next_step(), theme.plain(), columns));
        }
        let report = known.and_then(|known| known.value.as_ref());
        match report {
            Some(report) => lines.extend(shown(report, ctx, columns)),
            None if lines.is_empty() => {
                let turning = theme::spinner(ctx.now.up);
                let words = format!("{turning} reading the log and both lists of transactions of the period");
                lines.extend(super::prose(&words, theme.dim(), columns));
            }
            None => {}
        }
        lines
    }

    fn read(&self, _: &Form, _: &Store) -> Result<Asked, Wrong> {
        Err(Wrong::default())
    }

    fn review(&self, _: &Asked, _: &RenderCtx<'_>, _: usize) -> Vec<Line> {
        Vec::new()
    }
}

fn shown(report: &Report, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
    let (theme, zone) = (&ctx.theme, &ctx.setup.zone);
    let period = format!("{} to {}", clock::full(report.since, zone), clock::full(report.until, zone));
    let mut lines = describe::pair("period", &period, theme.plain(), ctx, columns);
    let compared = format!(
        "{} transactions with {} entries of the log; {} pending",
        text::count(report.judged, ctx.store.grouping),
        text::count(report.entries, ctx.store.grouping),
        text::count(report.pending, ctx.store.grouping)
    );
    lines.extend(describe::pair("compared", &compared, theme.plain(), ctx, columns));
    for limit in report.limits() {
        lines.extend(describe::pair("note", &limit, theme.warn(), ctx, columns));
    }
    if report.clean().is_none() {
        let words = "Nothing could be compared: whether something is missing is not known.";
        lines.extend(super::prose(words, theme.warn(), columns));
        return lines;
    }
    lines.push(Line::new());
    lines.push(heading("announced by no delivery", report.unannounced.len(), ctx));
    for row in report.unannounced.iter().take(SHOWN) {
        let at = row.created_at.known().map_or("no time".into(), |at| clock::moment(*at, ctx.now.wall, zone));
        let (sign, word, tone) = theme::transaction_status(&row.status);
        let card = row.card.as_ref().and_then(|id| ctx.store.card(id));
        let card = card.map_or_else(String::new, |card| format!(" {}", describe::short(card)));
        lines.push(vec![
            (format!("  {at:<12}  "), theme.dim()),
            (format!("{sign} "), theme.tone(tone)),
            (format!("{word:<11} "), theme.word(tone)),
            (format!("{:<8}", feed_word(row.feed)), theme.dim()),
            (format!("{:<12}{card}  ", row.kind.as_str()), theme.plain()),
            (row.id.to_string(), theme.dim()),
        ]);
    }
    lines.push(Line::new());
    lines.push(heading("failed, with no later success", report.undelivered.len(), ctx));
    for event in report.undelivered.iter().take(SHOWN) {
        let at = event.created_at.known().map_or("no time".into(), |at| clock::moment(*at, ctx.now.wall, zone));
        let code = event.response_code.map_or(String::new(), |code| format!(" {code}"));
        let error = event.error.as_ref().map_or(String::new(), |error| format!(" {error}"));
        lines.push(vec![
            (format!("  {at:<12}  "), theme.dim()),
            ("✗ ".to_owned(), theme.bad()),
            (
                format!("{:<20}{:<12} {}", event_kind_word(event.about()), event_subject(event, ctx.store), event.id),
                theme.plain(),
            ),
            (format!("{code}{error}"), theme.word(Tone::Bad)),
        ]);
    }
    lines
}

fn heading(words: &str, count: usize, ctx: &RenderCtx<'_>) -> Line {
    let theme = &ctx.theme;
    let (sign, tone) = if count == 0 { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
    let more = if count > SHOWN { format!("; the newest {SHOWN} of them") } else { String::new() };
    vec![
        (format!("  {sign} "), theme.tone(tone)),
        (format!("{words}: {}{more}", text::count(count, ctx.store.grouping)), theme.strong()),
    ]
}
