//! What is chosen, in short: the day, what is low, how long the money lasts, and what moved last.

use ratatui::style::Style;

use super::super::insights::change;
use super::{Sheet, transaction};
use crate::app::actions::Act;
use crate::app::clock;
use crate::app::insights::measure::Measure;
use crate::app::insights::range::Range;
use crate::app::insights::runway::Runway;
use crate::app::insights::{incomplete, is_whole_since, runway_of};
use crate::app::panes::cardholders::rate;
use crate::app::store::{Reach, Scope};
use crate::app::text::{self, Align, AmountFit};
use crate::app::thresholds;
use crate::app::ui::describe;
use crate::domain::account::Account;
use crate::domain::money::Money;

/// Columns of the name of an account.
const NAME: usize = 14;

/// Of all accounts.
pub(super) fn all_accounts(sheet: &mut Sheet<'_>) {
    available(sheet);
    today(sheet);
    accounts(sheet);
    last_movement(sheet, &Scope::All);
    counts(sheet);
}

fn available(sheet: &mut Sheet<'_>) {
    let (store, theme) = (sheet.ctx.store, sheet.ctx.theme);
    sheet.line(vec![("available".to_owned(), theme.dim())]);
    let sums = store.available();
    let mut fit = AmountFit { whole: 4, ..AmountFit::usual(store.grouping) };
    sums.iter().filter_map(|(_, sum)| sum.as_ref()).for_each(|sum| fit.add(sum));
    for (currency, sum) in &sums {
        let run = match sum {
            Some(sum) => (fit.show(sum), theme.strong()),
            None => (format!("unreadable {currency}"), theme.unreadable()),
        };
        sheet.line(vec![run]);
    }
    let today = clock::day(sheet.ctx.now.wall, &sheet.ctx.setup.zone);
    let short = sheet.ctx.insights.in_short(store, sheet.ctx.setup, today);
    let mut told = 0;
    for (currency, count, sum) in short.held.sums() {
        told += count;
        match sum {
            Some(sum) if sum.is_zero() => {}
            Some(sum) => sheet.pair("held", &text::money(&sum, store.grouping), theme.plain()),
            None => sheet.pair("held", &format!("{currency} too much to add up"), theme.unreadable()),
        }
    }
    // A platform that tells it of no account does not tell it.
    if told > 0 && short.held.unknown > 0 {
        let words = format!("not known of {} more", text::count(short.held.unknown, store.grouping));
        sheet.pair("held", &words, theme.unreadable());
    }
}

/// What was spent and declined today, against the same weekday a week before.
fn today(sheet: &mut Sheet<'_>) {
    let ctx = sheet.ctx;
    let (store, theme, zone) = (ctx.store, ctx.theme, &ctx.setup.zone);
    let (day, hour) = clock::day_and_hour(ctx.now.wall, zone);
    let (span, before) = (Range::Today.span(day), Range::Today.before(day));
    sheet.head(&format!("today, {}", day.format("%a %-d %b")));
    let incomplete = incomplete(store, span.first, ctx.now.wall, zone);
    if store.transactions.is_empty() && incomplete.is_some() {
        let failed = matches!(store.reach_of_both(), Reach::Unread { failed: true, .. });
        let words = if failed { "transactions could not be read" } else { "…" };
        return sheet.line(vec![(words.to_owned(), theme.dim())]);
    }
    let ledger = ctx.insights.ledger();
    let sums = ledger.sums(span, None);
    let compares = hour > 0 && is_whole_since(store, before.first, zone);
    let compared = compares.then(|| (ledger.sums(span, Some(hour)), ledger.sums(before, Some(hour))));
    let styles: [(Measure, &str, Style); 5] = [
        (Measure::Spent, "spent", theme.strong()),
        (Measure::Declined, "declined", theme.bad()),
        (Measure::ToppedUp, "topped up", theme.plain()),
        (Measure::Fees, "fees", theme.plain()),
        (Measure::PurchaseFees, "named fees", theme.plain()),
    ];
    let mut currencies: Vec<_> = sums.currencies().collect();
    currencies.sort_by_key(|currency| std::cmp::Reverse(sums.count(Measure::Spent, *currency)));
    for (measure, label, style) in styles {
        for currency in currencies.iter().copied().filter(|currency| sums.count(measure, *currency) > 0) {
            let sum = match sums.sum(measure, currency) {
                Some(sum) => text::short_money(&sum, store.grouping),
                None => "too much to add up".to_owned(),
            };
            let against = compared
                .as_ref()
                .and_then(|(now, before)| Some(change(&now.sum(measure, currency)?, &before.sum(measure, currency)?)));
            let against =
                against.filter(|_| measure == Measure::Spent).map_or(String::new(), |words| format!("  {words}"));
            sheet.pair(label, &format!("{sum}{against}"), style);
        }
    }
    if sums.purchases > 0 {
        let words = rate(sums.declined, sums.purchases, store.grouping);
        sheet.pair("", &format!("{} declined", words.trim_start()), theme.plain());
    } else {
        let nothing = if incomplete.is_some() { "no purchases in the rows that are loaded" } else { "no purchases" };
        sheet.wrapped(vec![(nothing.to_owned(), theme.dim())]);
    }
    if sums.unknown > 0 {
        let words = format!("{} more without a known amount", text::count(sums.unknown, store.grouping));
        sheet.pair("", &words, theme.unreadable());
    }
    if sums.other_states > 0 {
        let words = format!("{} more in other states", text::count(sums.other_states, store.grouping));
        sheet.pair("", &words, theme.unreadable());
    }
    if let Some(words) = &incomplete {
        sheet.line(vec![(words.clone(), theme.dim())]);
    } else if compares {
        let words = format!("% against {}, both to {hour:02}:00", Range::Today.before_word(day));
        sheet.line(vec![(words, theme.dim())]);
    }
}

/// Each account that is low or whose money lasts for a known time, the shortest first.
fn accounts(sheet: &mut Sheet<'_>) {
    let ctx = sheet.ctx;
    let theme = ctx.theme;
    let today = clock::day(ctx.now.wall, &ctx.setup.zone);
    let short = ctx.insights.in_short(ctx.store, ctx.setup, today);
    if short.accounts.is_empty() {
        return;
    }
    let sample = short.accounts.iter().filter_map(|one| one.days.map(|(_, sample)| sample)).max();
    let head = sample.map_or("low".to_owned(), |sample| format!("money left, ≈ median of {sample} days"));
    sheet.head(&head);
    for one in short.accounts.iter().take(8) {
        let words = match one.days {
            Some((1, _)) => "≈ 1 day".to_owned(),
            Some((days, _)) => format!("≈ {days} days"),
            None => String::new(),
        };
        sheet.line(vec![
            (text::fit(&describe::account(ctx.store, &one.id), NAME, Align::Left), theme.plain()),
            (if one.is_low { format!(" {} low ", thresholds::LOW) } else { " ".to_owned() }, theme.warn()),
            (words, theme.plain()),
        ]);
    }
    let more = format!("{} shows more", ctx.key(Act::Insights));
    sheet.line(vec![(more, theme.dim())]);
}

/// The newest row of a list.
pub(super) fn last_movement(sheet: &mut Sheet<'_>, scope: &Scope) {
    let ctx = sheet.ctx;
    let transactions = &ctx.store.transactions;
    let Some(row) = transactions.unscattered(transactions.newest(scope)).next() else { return };
    sheet.head("last movement");
    let line = transaction::short(transactions.get(row), ctx);
    sheet.wrapped(line);
}

fn counts(sheet: &mut Sheet<'_>) {
    let (store, theme) = (sheet.ctx.store, sheet.ctx.theme);
    sheet.gap();
    sheet.pair("accounts", &text::count(store.accounts.value.len(), store.grouping), theme.plain());
    sheet.pair("cards", &format!("{} loaded", text::count(store.cards.len(), store.grouping)), theme.plain());
    let rows = text::count(store.transactions.len(), store.grouping);
    sheet.pair("rows", &format!("{rows} transactions loaded"), theme.plain());
}

/// How long the money of one account lasts, and what moved last.
pub(super) fn of_account(sheet: &mut Sheet<'_>, account: &Account) {
    let ctx = sheet.ctx;
    let (theme, grouping) = (ctx.theme, ctx.store.grouping);
    let today = clock::day(ctx.now.wall, &ctx.setup.zone);
    if let Some(Runway::Lasts { days, daily, sample }) =
        runway_of(ctx.insights, ctx.store, &ctx.setup.zone, account, today)
    {
        let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
        let daily: Money = daily;
        sheet.pair("money for", &format!("≈ {days}"), theme.plain());
        let words = format!("{} a day, the median of {sample} days", text::short_money(&daily, grouping));
        sheet.pair("", &words, theme.dim());
    }
    last_movement(sheet, &Scope::Account(account.id.clone()));
}
