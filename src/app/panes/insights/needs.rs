//! What needs somebody, how long the money of accounts lasts, and the newest declines.

use ratatui::style::Style;

use super::board::{AccountLine, Board};
use super::line::{Line, head};
use super::row::Row;
use crate::app::actions::Act;
use crate::app::clock;
use crate::app::insights::declines::{MOST, Repeated};
use crate::app::insights::runway::{LEAST, Runway};
use crate::app::private;
use crate::app::text::{self, Align, AmountFit};
use crate::app::thresholds;
use crate::app::ui::describe;
use crate::app::ui::frame::RenderCtx;
use crate::domain::decline::Cause;
use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::domain::transaction::Transaction;

/// Money for fewer days than this is said louder.
const SOON: u64 = 7;
/// Days that fill the bar of an account.
const FULL: u64 = 30;

/// The section of what needs somebody.
pub(super) fn needs(board: &Board, ctx: &RenderCtx<'_>) -> Vec<Line> {
    let (store, theme) = (ctx.store, &ctx.theme);
    let mut lines = vec![head("Needs you", "", ctx)];
    for row in &board.rows {
        let runs = match row {
            Row::Open => {
                let actions = if board.open == 1 { "action has" } else { "actions have" };
                let words = format!("? {} {actions} no known outcome", board.open);
                vec![(words, theme.bad()), (format!("  {} shows them", ctx.key(Act::Journal)), theme.dim())]
            }
            Row::Low(id) => {
                let Some(line) = board.accounts.iter().find(|line| line.id == *id) else { continue };
                let (Some(has), Some(low)) = (line.has.known(), line.low) else { continue };
                let [has, low] = [has, &low].map(|money| text::short_money(money, store.grouping));
                let words = format!("{} {}  {has}", thresholds::LOW, describe::account(store, id));
                vec![(words, theme.warn()), (format!(", below {low}"), theme.dim())]
            }
            Row::Repeated(id) => {
                let Some(one) = board.repeated.iter().find(|one| one.card == *id) else { continue };
                repeated(one, ctx)
            }
            Row::Unpaid => unpaid(board, ctx),
            _ => continue,
        };
        lines.push(Line::of(row.clone(), runs));
    }
    if lines.len() == 1 {
        let words = if board.missing { " nothing in the rows that are loaded" } else { " ✓ nothing" };
        lines.push(Line::new(vec![(words.to_owned(), theme.good())]));
    }
    if board.more_low > 0 {
        let words =
            format!(" {} {} more accounts are low", thresholds::LOW, text::count(board.more_low, store.grouping));
        lines.push(Line::new(vec![(words, theme.warn())]));
    }
    let report = &board.report;
    if report.cut {
        let words = format!(" of the newest {} declines of the range", text::count(MOST, store.grouping));
        lines.push(Line::new(vec![(words, theme.dim())]));
    }
    if report.untold > 0 {
        let words =
            format!(" whether {} more were paid later is not known", text::count(report.untold, store.grouping));
        lines.push(Line::new(vec![(words, theme.dim())]));
    }
    lines
}

fn repeated(one: &Repeated, ctx: &RenderCtx<'_>) -> Vec<(String, Style)> {
    let (store, theme) = (ctx.store, &ctx.theme);
    let card = store.card(&one.card);
    let four = card.map_or("•…".to_owned(), describe::short);
    let holder = card.and_then(|card| store.holder_of(card));
    let holder = holder.map_or(String::new(), |name| format!(" {}", text::cut(&text::name(name), 18)));
    let lacks = match (one.short, one.cause) {
        (Some(short), _) => format!("short of {}", text::short_money(&short, store.grouping)),
        (None, Some(Cause::Money)) => "last for want of money; it has enough now".to_owned(),
        (None, Some(Cause::Limit(_))) => "last by a limit".to_owned(),
        (None, Some(Cause::Frozen)) => "last as it was frozen".to_owned(),
        (None, Some(Cause::Other)) => {
            let raw = store.transactions.get(one.newest).decline_reason();
            raw.map_or(String::new(), |raw| format!("last {}", text::word(raw)))
        }
        (None, None) => "last for an unknown reason".to_owned(),
    };
    vec![(format!("✗ {four}{holder} declined {} times", one.count), theme.bad()), (format!("  {lacks}"), theme.dim())]
}

fn unpaid(board: &Board, ctx: &RenderCtx<'_>) -> Vec<(String, Style)> {
    let grouping = ctx.store.grouping;
    let sums = board.report.unpaid_sums.iter().map(|(currency, part)| match part.sum() {
        Some(sum) => text::short_money(&Money::new(sum, *currency), grouping),
        None => format!("{currency} too much to add up"),
    });
    let sums: Vec<String> = sums.collect();
    let many = board.report.unpaid;
    let declines = if many == 1 { "decline was" } else { "declines were" };
    let words = format!("≈ {} {declines} not paid later", text::count(many, grouping));
    vec![(words, ctx.theme.warn()), (format!("  {}", sums.join(" · ")), ctx.theme.plain())]
}

/// The section of the accounts.
pub(super) fn accounts(board: &Board, room: usize, ctx: &RenderCtx<'_>) -> Vec<Line> {
    let mut lines = vec![head("Money left", &at_the_median(board), ctx)];
    let known: Vec<Money> = board.accounts.iter().filter_map(|line| line.has.known().copied()).collect();
    let fit = AmountFit::of_list(&known, ctx.store.grouping);
    lines.extend(board.accounts.iter().map(|line| account(line, &fit, room, ctx)));
    if board.more_accounts > 0 {
        let more = text::count(board.more_accounts, ctx.store.grouping);
        let words = format!(" {more} more accounts; {} lists them", ctx.key(Act::Accounts));
        lines.push(Line::new(vec![(words, ctx.theme.dim())]));
    } else if board.accounts.is_empty() {
        let words = if ctx.store.accounts.ever() { " no accounts" } else { " …" };
        lines.push(Line::new(vec![(words.to_owned(), ctx.theme.dim())]));
    }
    lines
}

/// What the days rest on.
fn at_the_median(board: &Board) -> String {
    let samples = board.accounts.iter().filter_map(|line| match line.runway {
        Some(Runway::Lasts { sample, .. }) => Some(sample),
        _ => None,
    });
    match samples.max() {
        Some(sample) => format!("≈ at the median of the last {sample} whole days"),
        None => "available".to_owned(),
    }
}

fn account(line: &AccountLine, fit: &AmountFit, room: usize, ctx: &RenderCtx<'_>) -> Line {
    let (store, theme) = (ctx.store, &ctx.theme);
    let has = match &line.has {
        Field::Known(has) => (fit.show(has), if line.low.is_some() { theme.warn() } else { theme.strong() }),
        Field::Absent => (fit.word("not known"), theme.dim()),
        Field::Unreadable => (fit.word("unreadable"), theme.unreadable()),
    };
    let name = text::fit(&describe::account(store, &line.id), 12, Align::Left);
    let low = if line.low.is_some() { format!(" {} ", thresholds::LOW) } else { "   ".to_owned() };
    let mut runs = vec![(name, theme.plain()), has, (low, theme.warn())];
    let wide = if room >= 76 { 15usize } else { 10 };
    match line.runway {
        Some(Runway::Lasts { days, daily, .. }) => {
            let style = if days < SOON { theme.bad() } else { theme.good() };
            let filled = usize::try_from(days.min(FULL)).unwrap_or(0) * wide / FULL as usize;
            let filled = filled.max(usize::from(days > 0));
            runs.push((private::amount(&"▓".repeat(filled)), style));
            runs.push((private::amount(&"░".repeat(wide - filled)), theme.dim()));
            let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
            runs.push((format!(" ≈ {days}"), style));
            let daily = text::short_money(&daily, store.grouping);
            runs.push((format!(" · {daily} a day"), theme.dim()));
        }
        Some(Runway::Seldom { taken: 0, sample }) => {
            runs.push((format!("no money out in {sample} days"), theme.dim()));
        }
        Some(Runway::Seldom { taken, sample }) => {
            runs.push((format!("money out on {taken} of {sample} days: no usual day"), theme.dim()));
        }
        Some(Runway::Short { sample }) => {
            runs.push((format!("{sample} whole days are loaded; {LEAST} are needed"), theme.dim()));
        }
        Some(Runway::Unknown) => runs.push(("what leaves it is not known".to_owned(), theme.dim())),
        None => {}
    }
    Line::of(Row::Account(line.id.clone()), runs)
}

/// The newest declines of the range.
pub(super) fn newest(board: &Board, room: usize, ctx: &RenderCtx<'_>) -> Vec<Line> {
    let (store, theme) = (ctx.store, &ctx.theme);
    if board.report.newest.is_empty() {
        return Vec::new();
    }
    let rows: Vec<&Transaction> = board.report.newest.iter().map(|(row, _)| store.transactions.get(*row)).collect();
    let amounts: Vec<Money> = rows.iter().filter_map(|row| row.amount.known().map(Money::abs)).collect();
    let fit = AmountFit::of_list(&amounts, store.grouping);
    let mut lines = vec![head("Newest declines", "", ctx)];
    for (row, is) in board.report.newest.iter().zip(rows) {
        let at = is.created_at.known().map(|at| clock::moment(*at, ctx.now.wall, &ctx.setup.zone)).unwrap_or_default();
        let card = is.card.as_ref().map_or("", |_| "•…").to_owned();
        let card = is.card.as_ref().and_then(|id| store.card(id)).map_or(card, describe::short);
        let merchant = is.merchant.as_ref().map_or("–".to_owned(), text::name);
        let amount = match is.amount.known() {
            Some(amount) => fit.show(&amount.abs()),
            None => fit.word("not known"),
        };
        let reason = is.decline_reason().map_or("no reason given".into(), text::word);
        let mut runs = vec![
            (format!("{} ", text::fit(&at, 12, Align::Right)), theme.dim()),
            (format!("{} ", text::fit(&card, 5, Align::Left)), theme.plain()),
            (text::fit(&merchant, if room >= 76 { 16 } else { 12 }, Align::Left), theme.plain()),
            (amount, theme.plain()),
        ];
        if row.1 {
            runs.push(("  ≈ paid later".to_owned(), theme.good()));
        }
        runs.push((format!("  {reason}"), theme.dim()));
        lines.push(Line::of(Row::Decline(row.0), runs));
    }
    lines
}
