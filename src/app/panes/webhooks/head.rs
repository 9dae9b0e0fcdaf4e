//! What stands above the log of pane 6: where to, how the last day went, and what came straight to this program.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::actions::Act;
use crate::app::clock;
use crate::app::form::Line;
use crate::app::msg::SignedWith;
use crate::app::store::hooks::Hooks;
use crate::app::text;
use crate::app::theme::{Theme, Tone};
use crate::app::ui::describe::{delivery, event_kind_word};
use crate::app::ui::frame::RenderCtx;
use crate::domain::money::Grouping;
use crate::domain::webhook::{DeliveryStatus, WebhookConfig};

/// Lines above the log: where to, the last day, the receiver, and one that is empty.
pub const HEAD: u16 = 4;

/// Columns of the address that stay when there is little room; what is said of it gives way.
const URL: usize = 34;

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

/// The lines that are not empty.
pub fn lines(ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
    vec![config(ctx, columns), health(ctx, columns), receiver(ctx)]
}

/// What came straight to this program.
fn receiver(ctx: &RenderCtx<'_>) -> Line {
    let theme = &ctx.theme;
    let Some(receiver) = &ctx.store.hooks.receiver else {
        return vec![(
            " not listening on this computer · set listen = \"127.0.0.1:4040\" in the profile".into(),
            theme.dim(),
        )];
    };
    let mut line = vec![(" here on ".to_owned(), theme.dim()), (receiver.address.clone(), theme.strong())];
    if let Some(why) = &receiver.trouble {
        line.push((format!("   ✗ {why}"), theme.bad()));
        return line;
    }
    let last = match receiver.last {
        Some(at) => format!(", last {}", clock::moment(at, ctx.now.wall, &ctx.setup.zone)),
        None => String::new(),
    };
    line.push((format!("   {} taken{last}", count(receiver.taken, ctx.store.grouping)), theme.plain()));
    if receiver.refused > 0 {
        line.push((
            format!(" · {} refused: unsigned or wrong", count(receiver.refused, ctx.store.grouping)),
            theme.warn(),
        ));
    }
    if receiver.lost > 0 {
        line.push((format!(" · {} not taken", count(receiver.lost, ctx.store.grouping)), theme.bad()));
    }
    if let SignedWith::Secret(source) = &ctx.store.hooks.signed_with {
        line.push((format!(" · checked with {source}"), theme.dim()));
    }
    line
}

fn config(ctx: &RenderCtx<'_>, columns: usize) -> Line {
    let (store, theme) = (ctx.store, &ctx.theme);
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
            (ctx.key(Act::SetWebhook), theme.key()),
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
        Some(kinds) => kinds.iter().map(event_kind_word).collect::<Vec<_>>().join(", "),
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

fn health(ctx: &RenderCtx<'_>, columns: usize) -> Line {
    let (store, theme, now) = (ctx.store, &ctx.theme, ctx.now.wall);
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
        line.push((format!(" {} {word}", text::count(count, ctx.store.grouping)), theme.word(tone)));
    }
    let last = match health.last_success {
        Some(at) => format!("   last success {}", clock::moment(at, now, &ctx.setup.zone)),
        None => "   no success yet".into(),
    };
    line.push((last, theme.dim()));
    let more = format!(" · {} reads older ones", ctx.key(Act::Bottom));
    let taken: usize = line.iter().map(|(text, _)| text::width(text)).sum();
    if health.short && taken + text::width(&more) < columns {
        line.push((more, theme.dim()));
    }
    line
}

fn count(many: u64, grouping: Grouping) -> String {
    text::count(usize::try_from(many).unwrap_or(usize::MAX), grouping)
}
