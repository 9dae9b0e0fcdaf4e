//! The details of the row under the cursor: everything that is known of it, the most important first.
//!
//! What the API did not say is left out or `–`; what it said but cannot be read exactly is called unreadable,
//! never left blank and never shown as zero.

mod decline;
mod holder;
mod limits;
mod summary;
mod transaction;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use rust_decimal::Decimal;

pub use super::list_pane::Subject;
use crate::app::actions::Act;
use crate::app::clock;
use crate::app::msg::Topic;
use crate::app::store::{Scope, Store, TxRow, insight};
use crate::app::text::{self, AmountFit};
use crate::app::theme::{self, Tone};
use crate::app::thresholds;
use crate::app::ui::bars::bar;
use crate::app::ui::describe;
use crate::app::ui::describe::kind_word;
use crate::app::ui::frame::{Piece, RenderCtx, Title, frame, say};
use crate::domain::account::{Account, AccountDetail, Fee};
use crate::domain::card::Card;
use crate::domain::field::Field;
use crate::domain::money::Money;
use crate::domain::restrictions::Restrictions;
use crate::domain::text::SafeText;

/// One line: runs of text and style.
type Line = Vec<(String, Style)>;

/// Columns of the labels.
const LABEL: usize = 12;

/// Builds the lines of the details.
struct Sheet<'a> {
    lines: Vec<Line>,
    ctx: &'a RenderCtx<'a>,
    columns: usize,
}

impl Sheet<'_> {
    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(Vec::new());
        }
    }

    fn head(&mut self, text: &str) {
        self.gap();
        self.lines.push(vec![(text.to_owned(), self.ctx.theme.dim())]);
    }

    fn line(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// A label and what belongs to it, wrapped under itself when it is long.
    fn pair(&mut self, label: &str, value: &str, style: Style) {
        let room = self.columns.saturating_sub(LABEL).max(8);
        for (at, part) in text::wrap(value, room).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let label = text::fit(label, LABEL, text::Align::Left);
            self.lines.push(vec![(label, self.ctx.theme.dim()), (part, style)]);
        }
    }

    fn text(&mut self, label: &str, value: Option<&SafeText>) {
        if let Some(value) = value {
            self.pair(label, &text::name(value), self.ctx.theme.plain());
        }
    }

    /// Runs below each other where they do not stand side by side, each whole.
    fn wrapped(&mut self, runs: Line) {
        let mut line = Line::new();
        let mut taken = 0;
        for (part, style) in runs {
            if taken > 0 && taken + text::width(part.trim_end()) > self.columns {
                self.line(std::mem::take(&mut line));
                taken = 0;
            }
            let part = if taken == 0 { part.trim_start().to_owned() } else { part };
            taken += text::width(&part);
            line.push((part, style));
        }
        self.line(line);
    }

    /// What the API says that tells of nobody.
    fn word(&mut self, label: &str, value: Option<&SafeText>) {
        if let Some(value) = value {
            self.pair(label, &text::word(value), self.ctx.theme.plain());
        }
    }

    fn field<T>(&mut self, label: &str, value: &Field<T>, show: impl Fn(&T) -> String) {
        let theme = &self.ctx.theme;
        match value {
            Field::Known(value) => self.pair(label, &show(value), theme.plain()),
            Field::Unreadable => self.pair(label, "unreadable", theme.unreadable()),
            Field::Absent => {}
        }
    }

    /// An id, whole on a line of its own where it fits, so that it can be copied.
    fn id(&mut self, id: &str) {
        let theme = self.ctx.theme;
        self.gap();
        match text::width(id) <= self.columns {
            true => self.line(vec![(id.to_owned(), theme.dim())]),
            false => self.pair("id", id, theme.dim()),
        }
    }

    /// Says so when a rate of declines is high.
    fn rate(&mut self, declined: usize, purchases: usize) {
        if let Some(percent) = thresholds::high(declined, purchases, self.ctx.setup) {
            let words = format!("{} high: {percent} % or more", thresholds::HIGH);
            self.line(vec![(words, self.ctx.theme.bad())]);
        }
    }

    /// Amounts below each other on their point.
    fn amounts(&mut self, pairs: &[(&str, &Field<Money>)]) {
        let theme = self.ctx.theme;
        let mut fit = AmountFit { whole: 4, ..AmountFit::usual(self.ctx.store.grouping) };
        pairs.iter().filter_map(|(_, amount)| amount.known()).for_each(|money| fit.add(money));
        for (label, amount) in pairs {
            let cell = match amount {
                Field::Absent => continue,
                _ => super::accounts::amount(amount, &fit, &theme),
            };
            let label = text::fit(label, LABEL, text::Align::Left);
            self.line(vec![(label, theme.dim()), (cell.text.into_owned(), cell.style)]);
        }
    }

    fn moments(
        &mut self,
        created: &Field<chrono::DateTime<chrono::Utc>>,
        updated: &Field<chrono::DateTime<chrono::Utc>>,
    ) {
        let zone = &self.ctx.setup.zone;
        self.field("created", created, |at| clock::full(*at, zone));
        self.field("updated", updated, |at| clock::full(*at, zone));
    }
}

fn lines(subject: &Subject, columns: usize, ctx: &RenderCtx<'_>) -> Vec<Line> {
    let mut sheet = Sheet { lines: Vec::new(), ctx, columns };
    match subject {
        Subject::Nothing => {}
        Subject::AllAccounts => summary::all_accounts(&mut sheet),
        Subject::Account(id) => {
            if let Some(account) = ctx.store.account(id) {
                let detail = ctx.store.details.get(id);
                account_lines(&mut sheet, account, detail.and_then(|detail| detail.value.as_ref()));
                if let Some(failure) = detail.and_then(|detail| detail.failed.as_ref()) {
                    sheet.gap();
                    sheet.pair("", &format!("✗ {}; {}", text::failure(failure), failure.next_step()), ctx.theme.bad());
                }
            }
        }
        Subject::Card(row) => card_lines(&mut sheet, ctx.store.cards.get(*row)),
        Subject::Holder(id) => {
            if let Some(holder) = ctx.store.holder(id) {
                holder::lines(&mut sheet, holder);
            }
        }
        Subject::Transaction(row) => transaction::lines(&mut sheet, *row),
    }
    sheet.lines
}

/// How many lines the details have in an area `width` columns wide.
pub fn length(subject: &Subject, width: u16, ctx: &RenderCtx<'_>) -> usize {
    lines(subject, usize::from(width.saturating_sub(4)), ctx).len()
}

/// What the details say beside the record itself: why they could not be read.
pub fn state(subject: &Subject, store: &Store) -> Option<String> {
    let failed = |topic| store.status(&topic).failed.map(ToString::to_string);
    match subject {
        Subject::Nothing | Subject::AllAccounts => None,
        Subject::Holder(id) => failed(Topic::HolderCards(id.clone())),
        Subject::Account(id) => failed(Topic::Account(id.clone())),
        Subject::Card(row) => {
            let card = store.cards.get(*row);
            card.account.clone().and_then(|account| failed(Topic::Card(account, card.id.clone())))
        }
        Subject::Transaction(row) => {
            let row = store.transactions.get(*row);
            failed(Topic::Transaction(row.feed, row.id.clone()))
        }
    }
}

/// Draws the details from line `top` on.
pub fn view(buffer: &mut Buffer, area: Rect, subject: &Subject, top: usize, ctx: &RenderCtx<'_>) {
    let theme = &ctx.theme;
    let name = match subject {
        Subject::Nothing => "Details".to_owned(),
        Subject::AllAccounts => "All accounts".to_owned(),
        Subject::Account(id) => match ctx.store.account(id) {
            Some(account) => format!("Account {}", text::name(&account.name)),
            None => "Account".to_owned(),
        },
        Subject::Holder(_) => "Cardholder".to_owned(),
        Subject::Card(row) => format!("Card {}", describe::short(ctx.store.cards.get(*row))),
        Subject::Transaction(row) => {
            let kind = kind_word(&ctx.store.transactions.get(*row).kind);
            let mut letters = kind.chars();
            letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
        }
    };
    let lines = lines(subject, usize::from(area.width.saturating_sub(4)), ctx);
    let fits = usize::from(area.height.saturating_sub(2));
    let top = top.min(lines.len().saturating_sub(fits));
    let foot = (lines.len() > fits).then(|| match ctx.focused {
        true => {
            let keys = format!("{} {}", ctx.key(Act::PageDown), ctx.key(Act::PageUp));
            format!("{} of {} lines · {keys}", (top + fits).min(lines.len()), lines.len())
        }
        false => format!("{} lines more", lines.len() - fits - top),
    });
    let title = Title { pieces: vec![Piece::new(name, Tone::Plain)], foot, ..Title::default() };
    let inner = frame(buffer, area, &title, None, theme, ctx.focused);
    if lines.is_empty() {
        say(buffer, inner, &[("nothing selected".to_owned(), theme.dim())]);
    }
    for (line, y) in lines.iter().skip(top).zip(inner.top()..inner.bottom()) {
        let mut x = inner.x.saturating_add(1);
        for (run, style) in line {
            let room = inner.right().saturating_sub(1).saturating_sub(x);
            x = text::put(buffer, inner, x, y, run, room, *style);
        }
    }
}

fn account_lines(sheet: &mut Sheet<'_>, account: &Account, detail: Option<&AccountDetail>) {
    let theme = sheet.ctx.theme;
    let (sign, word, tone) = theme::account_status(&account.status);
    sheet.line(vec![(text::name(&account.name), theme.strong())]);
    sheet.line(vec![(format!("{sign} {word}"), theme.tone(tone))]);
    sheet.gap();
    sheet.amounts(&[("available", &account.available), ("held", &account.held), ("balance", &account.balance)]);
    if let Some(threshold) = thresholds::low(&account.available, sheet.ctx.setup) {
        sheet.line(vec![(format!("{} low: below {threshold}", thresholds::LOW), theme.warn())]);
    }
    summary::of_account(sheet, account);
    sheet.gap();
    if let Some(cards) = account.cards {
        sheet.pair("cards", &cards.to_string(), theme.plain());
    }
    if !account.card_kinds.is_empty() {
        let kinds: Vec<&str> = account.card_kinds.iter().map(|kind| kind.as_str()).collect();
        sheet.pair("card kinds", &kinds.join(", "), theme.plain());
    }
    if let Some(allowed) = account.transfer_allowed {
        sheet.pair("transfers", if allowed { "allowed" } else { "not allowed" }, theme.plain());
    }
    if let Some(detail) = detail {
        if let Some(own) = detail.cards_hold_balance {
            let word = if own { "each card holds its own" } else { "cards share the account's" };
            sheet.pair("money", word, theme.plain());
        }
        let fee = |fee: &Fee| match fee {
            Fee::Percent(percent) => format!("{} %", percent.normalize()),
            Fee::Amount(amount) => text::money(amount, sheet.ctx.store.grouping),
        };
        sheet.head("fees");
        sheet.field("issuing", &detail.fees.card_issuing, fee);
        sheet.field("card use", &detail.fees.card_transactions, fee);
        sheet.field("top up", &detail.fees.top_ups_allocation, fee);
        if !detail.bins.is_empty() {
            sheet.head("BINs for new cards");
        }
        for bin in &detail.bins {
            let network = bin.network.as_ref().map_or("", |network| network.as_str());
            let country = bin.country.as_ref().map_or("", |country| country.as_str());
            sheet.pair(bin.number.as_str(), &format!("{network} {country}"), theme.plain());
        }
        if let Some(restrictions) = &detail.restrictions {
            restricted(sheet, account, restrictions);
        }
    }
    sheet.gap();
    sheet.moments(&account.created_at, &account.updated_at);
    sheet.id(&account.id.to_string());
}

/// What the provider allows on an account.
fn restricted(sheet: &mut Sheet<'_>, account: &Account, restrictions: &Restrictions) {
    if *restrictions == Restrictions::default() {
        return;
    }
    let theme = sheet.ctx.theme;
    sheet.head("the provider allows");
    sheet.field("most cards", &restrictions.most_cards, u64::to_string);
    if let Field::Known(room) = restrictions.room() {
        let tone = if room == 0 { theme.warn() } else { theme.plain() };
        sheet.pair("room for", &room.to_string(), tone);
    }
    if !restrictions.card_kinds.is_empty() {
        let kinds: Vec<&str> = restrictions.card_kinds.iter().map(|kind| kind.as_str()).collect();
        sheet.pair("card kinds", &kinds.join(", "), theme.plain());
    }
    let currency = account.currency.map_or_else(String::new, |currency| format!(" {currency}"));
    for range in &restrictions.limits {
        let end = |value: &Field<rust_decimal::Decimal>, open: &str| match value {
            Field::Known(value) => value.normalize().to_string(),
            Field::Absent => open.to_owned(),
            Field::Unreadable => "?".to_owned(),
        };
        let words = format!("{} to {}{currency}", end(&range.least, "any"), end(&range.most, "any"));
        sheet.pair(limits::word(&range.kind), &words, theme.plain());
    }
    for (name, value) in &restrictions.other {
        sheet.pair(name.as_str(), &text::name(value), theme.plain());
    }
}

fn card_lines(sheet: &mut Sheet<'_>, card: &Card) {
    let ctx = sheet.ctx;
    let theme = ctx.theme;
    let (sign, word, tone) = theme::card_status(&card.status);
    let network = card.network.as_ref().map(|network| network.as_str().to_uppercase());
    let kind = card.kind.as_ref().map(|kind| kind.as_str().to_owned());
    let what: Vec<String> = network.into_iter().chain(kind).collect();
    let mut first = vec![(what.join("  "), theme.plain())];
    if !what.is_empty() {
        first.push(("  ".to_owned(), theme.plain()));
    }
    first.push((format!("{sign} {word}"), theme.tone(tone)));
    sheet.line(first);
    let tail = card.number.last_four.map_or("––––".to_owned(), |digits| digits.to_string());
    sheet.line(vec![(format!("•••• •••• •••• {tail}"), theme.strong())]);
    sheet.gap();
    sheet.amounts(&[("available", &card.available), ("balance", &card.balance), ("spent", &card.spent)]);
    limits::lines(sheet, card);
    sheet.gap();
    spending(sheet, card);
    sheet.gap();
    sheet.text("name", card.name.as_ref());
    sheet.text("holder", ctx.store.holder_of(card));
    let holder = card.holder_id.as_ref().and_then(|id| ctx.store.holder(id));
    sheet.text("e-mail", card.holder_email.as_ref().or(holder.and_then(|holder| holder.email.as_ref())));
    let account = card.account.as_ref().and_then(|id| ctx.store.account(id));
    sheet.text("account", account.map(|account| &account.name));
    sheet.field("expires", &card.expiry, ToString::to_string);
    sheet.text("BIN", card.number.bin.as_ref());
    if !card.wallets.is_empty() {
        let wallets: Vec<&str> = card.wallets.iter().map(|wallet| wallet.as_str()).collect();
        sheet.pair("wallets", &wallets.join(", ").replace('_', " "), theme.plain());
    }
    sheet.moments(&card.created_at, &card.updated_at);
    sheet.id(&card.id.to_string());
    let topic = card.account.clone().map(|account| Topic::Card(account, card.id.clone()));
    if let Some(failure) = topic.and_then(|topic| ctx.store.status(&topic).failed) {
        sheet.gap();
        sheet.pair("", &format!("✗ {}; {}", text::failure(failure), failure.next_step()), theme.bad());
    }
}

/// What the card spent on each of the last 30 days, and what it was refused.
fn spending(sheet: &mut Sheet<'_>, card: &Card) {
    let ctx = sheet.ctx;
    let theme = ctx.theme;
    let transactions = &ctx.store.transactions;
    let list = transactions.newest(&Scope::Card(card.id.clone()));
    let spent = insight::spending(transactions, list, ctx.now, |at| clock::day(at, &ctx.setup.zone));
    for spend in &spent.by_currency {
        let most = spend.days.iter().flatten().map(Money::amount).max().unwrap_or(Decimal::ZERO);
        let bars = spend.days.iter().map(|day| bar(day.as_ref(), most, &theme)).collect();
        let total =
            spend.total.map_or("too large to add up".to_owned(), |total| text::money(&total, sheet.ctx.store.grouping));
        sheet.pair("spent 30 d", &total, theme.plain());
        sheet.line(bars);
    }
    if let Some(since) = spent.known_since.filter(|_| !spent.by_currency.is_empty()) {
        let since = clock::day(since, &ctx.setup.zone).format("%-d %b %Y");
        sheet.line(vec![(format!("from transactions since {since}"), theme.dim())]);
    }
    let declines = insight::declines(transactions, list, ctx.now);
    if declines.purchases > 0 {
        let newest = if declines.cut { "the newest " } else { "" };
        let words = format!("{} of {newest}{} declined in 30 days", declines.declined, declines.purchases);
        let style = if declines.declined > 0 { theme.bad() } else { theme.plain() };
        sheet.line(vec![(words, style)]);
        sheet.rate(declines.declined, declines.purchases);
    }
    decline_rows(sheet, &declines.newest);
}

/// Declined rows: when, where and why.
fn decline_rows(sheet: &mut Sheet<'_>, rows: &[TxRow]) {
    let ctx = sheet.ctx;
    let theme = ctx.theme;
    for row in rows {
        let row = ctx.store.transactions.get(*row);
        let at = match row.created_at {
            Field::Known(at) => clock::moment(at, ctx.now.wall, &ctx.setup.zone),
            Field::Absent | Field::Unreadable => "–".to_owned(),
        };
        let reason = row.decline_reason().map_or("no reason given".into(), text::word);
        let merchant = row.merchant.as_ref().map_or(String::new(), text::name);
        sheet.line(vec![
            (format!("{} ", text::fit(&at, 12, text::Align::Right)), theme.dim()),
            (text::cut(&merchant, 14).into_owned(), theme.plain()),
            (format!("  {reason}"), theme.dim()),
        ]);
    }
}
