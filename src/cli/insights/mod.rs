//! `fourpay insights`: where declines are, what was spent on what, and how long the money of accounts lasts; by the rules of
//! the dashboard's pane 5.

mod groups;
mod tables;

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use clap::{Args, Subcommand};

use self::groups::{Declines, Key, Spending};
use self::tables::{AccountRunway, DECLINES, RUNWAY, SPENDING};
use super::exit::{Exit, Stop};
use super::lookup;
use super::reads::feeds::{Span as Window, read};
use super::reads::lists::{People, people};
use super::reads::{FormatArgs, Progress, Reading};
use crate::app::clock;
use crate::app::insights::ledger::Ledger;
use crate::app::insights::lens::Property;
use crate::app::insights::measure;
use crate::app::insights::range::{Range, Span};
use crate::app::insights::runway::{self, Runway};
use crate::domain::transaction::{Feed, Transaction, TransactionKind};

/// Arguments of `insights`.
#[derive(Args, Debug)]
pub struct InsightsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Count declined purchases by one or two properties, with how many purchases each is of
    Declines {
        /// reason, merchant, card, holder, account, bin, category, hour; two with a comma between them
        #[arg(long, value_name = "PROPERTIES", value_delimiter = ',', default_value = "reason", value_parser = property)]
        by: Vec<Property>,
        #[command(flatten)]
        range: RangeArgs,
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Add up purchases, refunds and the fees that purchases name
    Spend {
        /// day, merchant, card, holder, account, bin, category, hour
        #[arg(long, value_name = "PROPERTY", default_value = "day", value_parser = spend_key)]
        by: SpendBy,
        #[command(flatten)]
        range: RangeArgs,
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Say how long the money of each account lasts at the median of the last 30 whole days; inferred
    Runway {
        #[command(flatten)]
        format: FormatArgs,
    },
}

/// Which days.
#[derive(Args, Clone, Debug)]
struct RangeArgs {
    /// today, yesterday, this-month, last-month; days are those of the profile's zone
    #[arg(long, value_name = "RANGE", value_parser = named_range, conflicts_with = "last")]
    range: Option<Range>,
    /// So many days, today among them: 7d, 30d; 7d when nothing is said
    #[arg(long, value_name = "DAYS", value_parser = last_days)]
    last: Option<u64>,
}

/// What spending is added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SpendBy {
    Day,
    Of(Property),
}

/// Most days that are looked back.
const MOST_DAYS: u64 = 3_660;

fn property(text: &str) -> Result<Property, String> {
    let known = |property: &Property| property.word().eq_ignore_ascii_case(text.trim());
    let words = || Property::ALL.map(|property| property.word().to_lowercase()).join(", ");
    Property::ALL.into_iter().find(known).ok_or_else(|| format!("there is {}", words()))
}

fn spend_key(text: &str) -> Result<SpendBy, String> {
    match text {
        "day" => Ok(SpendBy::Day),
        "reason" => {
            Err("what was spent has no reason; there is day, merchant, card, holder, account, bin, category, hour"
                .into())
        }
        _ => property(text).map(SpendBy::Of),
    }
}

fn named_range(text: &str) -> Result<Range, String> {
    let named = [Range::Today, Range::Yesterday, Range::ThisMonth, Range::LastMonth];
    let is = |range: &Range| range.word().replace(' ', "-") == text.replace(' ', "-");
    named.into_iter().find(is).ok_or_else(|| "there is today, yesterday, this-month, last-month".to_owned())
}

fn last_days(text: &str) -> Result<u64, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
    days.filter(|days| (1..=MOST_DAYS).contains(days)).ok_or_else(|| format!("1d to {MOST_DAYS}d"))
}

impl RangeArgs {
    fn span(&self, today: NaiveDate) -> Span {
        match (self.range, self.last.unwrap_or(7)) {
            (Some(range), _) => range.span(today),
            (None, days) => Span { first: today.checked_sub_days(Days::new(days - 1)).unwrap_or(today), last: today },
        }
    }
}

impl InsightsArgs {
    /// Whether one JSON document is asked for.
    pub fn json(&self) -> bool {
        match &self.what {
            What::Declines { format, .. } | What::Spend { format, .. } | What::Runway { format } => format.json,
        }
    }
}

/// The rows of some days, and what is missing of them.
struct Rows {
    people: People,
    rows: Vec<Transaction>,
    /// What could not be read of the feeds.
    missing: Vec<String>,
}

impl Rows {
    fn gaps(&self) -> Vec<String> {
        let gaps: BTreeSet<String> = self.people.gaps().into_iter().chain(self.missing.iter().cloned()).collect();
        gaps.into_iter().collect()
    }
}

/// Reads the rows of a range of days; those whose time is not known are of no day, and are said.
async fn rows_of(reading: &Reading<'_>, span: Span) -> Result<Rows, Stop> {
    let mut progress = Progress::new();
    let people = people(reading, &mut progress).await?;
    let zone = &reading.connection.zone;
    // Zones are at most 14 hours from UTC; what is of no day of the range is left out below.
    let midnight = span.first.and_time(NaiveTime::MIN).and_utc();
    let window = Window { card: None, from: midnight.checked_sub_signed(TimeDelta::hours(26)), to: None };
    let (mut rows, mut missing, mut undated, mut read_so_far) = (Vec::new(), Vec::new(), 0, 0);
    for feed in [Feed::Cards, Feed::Accounts] {
        let came = read(&reading.connection.client, feed, &window, |page| {
            read_so_far += page.len();
            for row in page {
                match row.created_at.known().map(|at| span.has(clock::day(*at, zone))) {
                    Some(true) => rows.push(row),
                    Some(false) => {}
                    None => undated += 1,
                }
            }
            progress.at("transactions", read_so_far);
            Ok(true)
        });
        match came.await? {
            Ok(gap) => missing.extend(gap),
            Err(failure) if failure.is_of_the_link() => return Err(reading.connection.failed(&failure)),
            Err(failure) => missing.push(failure.sentence()),
        }
    }
    if undated > 0 {
        missing.push(format!("{undated} transactions without a readable time are of no day"));
    }
    Ok(Rows { people, rows, missing })
}

/// What is asked for, for the document.
fn asked(parts: &[(&str, String)]) -> Vec<String> {
    parts.iter().map(|(name, value)| format!("{name}:{value}")).collect()
}

pub async fn insights(asked_for: &InsightsArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let today = clock::day(reading.connection.now().wall, &reading.connection.zone);
    match &asked_for.what {
        What::Declines { by, range, format } => declines(by, range.span(today), format, reading).await,
        What::Spend { by, range, format } => spend(*by, range.span(today), format, reading).await,
        What::Runway { format } => runway(today, format, reading).await,
    }
}

async fn declines(by: &[Property], span: Span, format: &FormatArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    let (first, second) = match by {
        [first] => (*first, None),
        [first, second] if first != second => (*first, Some(*second)),
        _ => return Err(Stop::usage("--by takes one property, or two different ones")),
    };
    format.columns(DECLINES)?;
    let rows = rows_of(reading, span).await?;
    let (store, zone) = (&rows.people.store, &reading.connection.zone);
    let mut declines = Declines::default();
    for row in rows.rows.iter().filter(|row| row.kind == TransactionKind::Purchase) {
        let declined = measure::of(row) == Some(measure::Measure::Declined);
        let value = |property: Property| {
            // Only what was declined has a reason.
            (property != Property::Reason || declined).then(|| property.of(store, row, zone))
        };
        declines.add(value(first), second.map(value), row, declined);
    }
    let mut gaps = rows.gaps();
    gaps.extend(declines.gaps());
    let groups = declines.groups((first, second));
    let shown: Vec<_> = groups.iter().collect();
    let by = by.iter().map(|property| property.word().to_lowercase()).collect::<Vec<_>>().join(",");
    let days = (span.first.to_string(), span.last.to_string());
    let filter = asked(&[("by", by), ("from", days.0), ("to", days.1)]);
    reading.print(format, "insights_declines", DECLINES, (store, &shown, shown.len()), (&filter, &gaps))
}

async fn spend(by: SpendBy, span: Span, format: &FormatArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    format.columns(SPENDING)?;
    let rows = rows_of(reading, span).await?;
    let (store, zone) = (&rows.people.store, &reading.connection.zone);
    let mut spending = Spending::default();
    for row in &rows.rows {
        let key = match (by, row.created_at.known()) {
            (SpendBy::Day, Some(at)) => Key::Day(clock::day(*at, zone)),
            (SpendBy::Day, None) => continue,
            (SpendBy::Of(property), _) => Key::Value(property.of(store, row, zone)),
        };
        spending.add(key, row);
    }
    let mut gaps = rows.gaps();
    gaps.extend(spending.gaps());
    let groups = spending.groups();
    let shown: Vec<_> = groups.iter().collect();
    let word = match by {
        SpendBy::Day => "day".to_owned(),
        SpendBy::Of(property) => property.word().to_lowercase(),
    };
    let filter = asked(&[("by", word), ("from", span.first.to_string()), ("to", span.last.to_string())]);
    reading.print(format, "insights_spend", SPENDING, (store, &shown, shown.len()), (&filter, &gaps))
}

async fn runway(today: NaiveDate, format: &FormatArgs, reading: &Reading<'_>) -> Result<Exit, Stop> {
    format.columns(RUNWAY)?;
    let first = today.checked_sub_days(Days::new(runway::BACK)).unwrap_or(today);
    let rows = rows_of(reading, Span { first, last: today }).await?;
    let (client, zone) = (&reading.connection.client, &reading.connection.zone);
    let mut ledger = Ledger::default();
    rows.rows.iter().for_each(|row| ledger.add(row, zone));
    let mut gaps = rows.gaps();
    // After the rows: what moved meanwhile must not be missing from the balance.
    let accounts = lookup::accounts(client).await.map_err(|failure| reading.connection.failed(&failure))?;
    let mut found = Vec::with_capacity(accounts.items.len());
    let mut progress = Progress::new();
    for (at, account) in accounts.items.into_iter().enumerate() {
        progress.at("accounts", at);
        let (shared, detail) = match client.account(&account.id).await {
            Ok(detail) => (detail.cards_hold_balance.map(|own| !own), Some(detail.account.available)),
            Err(failure) => {
                gaps.push(format!("the details of {}: {}", account.name, failure.sentence()));
                (None, None)
            }
        };
        let available = account.available.or(detail.unwrap_or_default());
        let lasts = match available.known() {
            // Days of which rows are missing say nothing.
            Some(has) if rows.missing.is_empty() => runway::of(*has, ledger.account(&account.id), shared, today, first),
            _ => Runway::Unknown,
        };
        found.push(AccountRunway { id: account.id, name: account.name, available, lasts });
    }
    drop(progress);
    let rank = |one: &AccountRunway| match one.lasts {
        Runway::Lasts { days, .. } => (0, days),
        _ => (1, 0),
    };
    found.sort_by(|one, other| rank(one).cmp(&rank(other)).then_with(|| one.name.as_str().cmp(other.name.as_str())));
    let shown: Vec<_> = found.iter().collect();
    let filter = asked(&[("from", first.to_string()), ("before", today.to_string())]);
    reading.print(format, "insights_runway", RUNWAY, (&rows.people.store, &shown, shown.len()), (&filter, &gaps))
}
