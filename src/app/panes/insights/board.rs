//! What the pane shows of one range, worked out of the sums when it is looked at. Does not know how it is drawn.

use chrono::NaiveDate;

use super::row::Row;
use crate::app::actions::Act;
use crate::app::clock;
use crate::app::insights::declines::{Repeated, Report};
use crate::app::insights::in_short::MOST;
use crate::app::insights::ledger::Sums;
use crate::app::insights::lens::{Lens, Value};
use crate::app::insights::measure::Measure;
use crate::app::insights::range::{Range, Span};
use crate::app::insights::runway::Runway;
use crate::app::insights::{Insights, incomplete, is_whole_since, runway_of};
use crate::app::outcomes::Outcomes;
use crate::app::panes::list_pane::PaneCtx;
use crate::app::store::Reach;
use crate::app::thresholds;
use crate::domain::account::Account;
use crate::domain::field::Field;
use crate::domain::ids::AccountId;
use crate::domain::intent::lifecycle::Stage;
use crate::domain::money::{Currency, Money};
use crate::domain::transaction::Feed;

/// Most cards that are declined again and again.
const REPEATED: usize = 6;
/// Most rows and columns of the lens that are worked out.
pub(super) const LENS: (usize, usize) = (24, 12);

/// One sum of the range.
#[derive(Debug)]
pub(super) struct SumLine {
    pub measure: Measure,
    pub currency: Currency,
    /// `None` when it cannot be held.
    pub sum: Option<Money>,
    pub rows: usize,
    /// The same of the range it is compared with, both as far as the last whole hour; `None` where that is not known.
    pub against: Option<(Money, Money)>,
    pub curve: Vec<Option<Money>>,
}

/// An account and how long its money lasts.
#[derive(Debug)]
pub(super) struct AccountLine {
    pub id: AccountId,
    pub has: Field<Money>,
    pub runway: Option<Runway>,
    /// The threshold that it is below.
    pub low: Option<Money>,
}

/// What is shown of one range.
#[derive(Debug)]
pub(super) struct Board {
    pub span: Span,
    /// What it is compared with, and to which hour, in words; `None` where that is not loaded whole.
    pub compared: Option<String>,
    pub sums: Sums,
    pub lines: Vec<SumLine>,
    pub undated: usize,
    /// Actions whose outcome is open.
    pub open: usize,
    pub accounts: Vec<AccountLine>,
    /// Accounts that are not named, and how many of them are low.
    pub more_accounts: usize,
    pub more_low: usize,
    pub repeated: Vec<Repeated>,
    pub report: Report,
    /// Rows of the range are missing, or are not known to be all.
    pub missing: bool,
    /// How far back the rows went that it was worked out of; `None` before the first time.
    pub reach: Option<Reach>,
    /// Steps of a curve of which no row is known, from its beginning.
    pub blank: usize,
    /// It is one day, and not over.
    pub is_one_open_day: bool,
    lens_rows: Vec<Value>,
    lens_columns: Vec<Value>,
    /// All lines that the cursor can stand on.
    pub rows: Vec<Row>,
}

impl Default for Board {
    fn default() -> Board {
        let never = NaiveDate::MIN;
        Board {
            span: Span { first: never, last: never },
            compared: None,
            sums: Sums::default(),
            lines: Vec::new(),
            undated: 0,
            open: 0,
            accounts: Vec::new(),
            more_accounts: 0,
            more_low: 0,
            repeated: Vec::new(),
            report: Report::default(),
            missing: false,
            reach: None,
            blank: 0,
            is_one_open_day: false,
            lens_rows: Vec::new(),
            lens_columns: Vec::new(),
            rows: Vec::new(),
        }
    }
}

/// How many actions have an outcome that is open or only probable.
pub(super) fn open_actions(outcomes: &Outcomes) -> usize {
    let open = |stage| matches!(stage, Stage::Unknown | Stage::NotSeen | Stage::NeedsPerson | Stage::Probably);
    outcomes.past().iter().filter(|past| open(past.stage)).count()
}

impl Board {
    pub(super) fn of(insights: &Insights, range: Range, (today, hour): (NaiveDate, u8), ctx: &PaneCtx<'_>) -> Board {
        let zone = &ctx.setup.zone;
        let (span, before) = (range.span(today), range.before(today));
        let ledger = insights.ledger();
        let sums = ledger.sums(span, None);
        // A day that is not over is compared with as much of the other.
        let until = (span.last == today).then_some(hour);
        let can_compare = is_whole_since(ctx.store, before.first, zone) && until != Some(0);
        let compared = can_compare.then(|| (ledger.sums(span, until), ledger.sums(before, until)));
        let report = insights.declines().report(ctx.store, span, zone);
        let mut board = Board {
            span,
            compared: can_compare.then(|| {
                let to = until.map_or(String::new(), |hour| format!(", both to {hour:02}:00"));
                format!("{}{to}", range.before_word(today))
            }),
            lines: Vec::new(),
            undated: ledger.undated(),
            open: open_actions(ctx.outcomes),
            accounts: Vec::new(),
            more_accounts: 0,
            more_low: 0,
            repeated: report.repeated.iter().take(REPEATED).cloned().collect(),
            report,
            missing: !is_whole_since(ctx.store, span.first, zone),
            reach: Some(ctx.store.reach_of_both()),
            blank: blank(span, ctx),
            is_one_open_day: span.days() == 1 && span.last == today,
            lens_rows: insights.lens().map_or_else(Vec::new, |lens| lens.worst_rows(LENS.0)),
            lens_columns: insights.lens().map_or_else(Vec::new, |lens| lens.worst_columns(LENS.1)),
            rows: Vec::new(),
            sums,
        };
        let mut currencies: Vec<Currency> = board.sums.currencies().collect();
        currencies.sort_by_key(|currency| std::cmp::Reverse(board.sums.count(Measure::Spent, *currency)));
        for measure in Measure::ALL {
            for currency in &currencies {
                let rows = board.sums.count(measure, *currency);
                let always = matches!(measure, Measure::Spent) && *currency == currencies[0];
                if rows == 0 && !always {
                    continue;
                }
                let against = compared
                    .as_ref()
                    .and_then(|(now, before)| now.sum(measure, *currency).zip(before.sum(measure, *currency)));
                let curve = match measure {
                    Measure::Spent | Measure::Declined => ledger.curve(span, measure, *currency),
                    _ => Vec::new(),
                };
                let sum = board.sums.sum(measure, *currency);
                board.lines.push(SumLine { measure, currency: *currency, sum, rows, against, curve });
            }
        }
        let accounts = &ctx.store.accounts.value;
        let named: Vec<&Account> = match accounts.len() > MOST {
            // Of very many those whose money needs looking at first are named.
            true => {
                let short = insights.in_short(ctx.store, ctx.setup, today);
                board.more_low = short.low.saturating_sub(short.accounts.iter().filter(|one| one.is_low).count());
                short.accounts.iter().filter_map(|one| ctx.store.account(&one.id)).collect()
            }
            false => accounts.iter().collect(),
        };
        board.more_accounts = accounts.len() - named.len();
        board.accounts = named.into_iter().map(|account| account_line(account, insights, today, ctx)).collect();
        board.rows = board.rows_in_order();
        board
    }

    fn rows_in_order(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let sum = |line: &SumLine| Row::Sum(line.measure, line.currency);
        rows.extend(self.lines.iter().filter(|line| line.measure == Measure::Spent).map(sum));
        rows.extend(self.lines.iter().filter(|line| line.measure == Measure::Declined).map(sum));
        rows.extend((self.sums.purchases > 0).then_some(Row::Rate));
        let others = self.lines.iter().filter(|line| !matches!(line.measure, Measure::Spent | Measure::Declined));
        rows.extend(others.map(sum));
        rows.extend((self.sums.unknown > 0).then_some(Row::Unknown));
        rows.extend((self.sums.other_states > 0).then_some(Row::OtherStates));
        rows.extend((self.open > 0).then_some(Row::Open));
        let low = self.accounts.iter().filter(|account| account.low.is_some());
        rows.extend(low.map(|account| Row::Low(account.id.clone())));
        rows.extend(self.repeated.iter().map(|one| Row::Repeated(one.card.clone())));
        rows.extend((self.report.unpaid > 0).then_some(Row::Unpaid));
        rows.extend(self.accounts.iter().map(|account| Row::Account(account.id.clone())));
        rows.extend(self.lens_rows.iter().cloned().map(Row::Lens));
        rows.extend(self.report.newest.iter().map(|(row, _)| Row::Decline(*row)));
        rows
    }

    /// The columns of the lens, the most declined first.
    pub(super) fn columns(&self) -> &[Value] {
        &self.lens_columns
    }

    /// The rows of the lens, the most declined first.
    pub(super) fn lens_rows(&self) -> &[Value] {
        &self.lens_rows
    }

    /// That rows of the range are missing, since when they are here, and the key that loads more.
    pub(super) fn incomplete(&self, ctx: &PaneCtx<'_>) -> Option<String> {
        if !matches!(self.reach, Some(Reach::Since(_))) {
            return None;
        }
        let why = incomplete(ctx.store, self.span.first, ctx.now.wall, &ctx.setup.zone)?;
        let end = ctx.setup.appearance.keys.name_as(Act::Bottom, "End");
        Some(format!("{why}; {end} on the last line loads more"))
    }
}

fn account_line(account: &Account, insights: &Insights, today: NaiveDate, ctx: &PaneCtx<'_>) -> AccountLine {
    let runway = runway_of(insights, ctx.store, &ctx.setup.zone, account, today);
    let low = thresholds::low(&account.available, ctx.setup);
    AccountLine { id: account.id.clone(), has: account.available, runway, low }
}

/// Steps of a curve that lie before the first row that is here.
fn blank(span: Span, ctx: &PaneCtx<'_>) -> usize {
    // Purchases are rows of cards.
    let since = match ctx.store.reach(Feed::Cards) {
        Reach::Whole => return 0,
        Reach::Since(since) => since,
        Reach::Unread { .. } => return usize::MAX,
    };
    let (day, hour) = clock::day_and_hour(since, &ctx.setup.zone);
    match span.days() {
        1 if day == span.first => usize::from(hour),
        1 if day > span.first => 24,
        1 => 0,
        _ => span.each().take_while(|known| *known < day).count(),
    }
}

/// Whether a lens is being counted.
pub(super) fn is_counting(lens: Option<&Lens>) -> bool {
    lens.is_none_or(|lens| !lens.is_whole())
}
