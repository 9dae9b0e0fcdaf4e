//! A journal for hledger: strict (every account and commodity is declared), with assertions where the balances agree.
//!
//! Nothing can be escaped in a description, so what has a meaning there (`;`, `|`) is replaced. Comments hold our own
//! words only: a description in one could set a date or a tag.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::names::{names, word};
use super::{About, BalanceCheck, Books, CounterAccount, Entry, Written};
use crate::domain::money::{Currency, Money};

/// The account of the other half.
pub fn counter(entry: &Entry) -> String {
    match entry.counter {
        CounterAccount::Merchants => "Expenses:Cards:Purchases".into(),
        CounterAccount::Fees(what) => {
            let mut letters = what.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase()).unwrap_or_default();
            format!("Expenses:Fees:{first}{}", letters.as_str())
        }
        CounterAccount::Moves => "Equity:4pay:Moves".into(),
        CounterAccount::Outside => "Equity:4pay:Outside".into(),
        CounterAccount::Unknown => "Equity:4pay:Unknown".into(),
    }
}

pub const OPENING: &str = "Equity:4pay:Opening";

/// Every account of the file.
pub fn accounts(books: &Books) -> BTreeSet<String> {
    let holders = names(books).into_values().map(|name| format!("Assets:4pay:{name}"));
    let others = books.ledgers.iter().flat_map(|ledger| ledger.entries.iter().map(counter));
    holders.chain(others).chain([OPENING.to_owned()]).collect()
}

/// Digits without groups.
fn amount(amount: Decimal, currency: Currency) -> String {
    let code = currency.as_str();
    // A commodity that is not letters alone is quoted.
    let plain = code.bytes().all(|b| b.is_ascii_alphabetic());
    let quote = if plain { "" } else { "\"" };
    format!("{} {quote}{code}{quote}", Money::new(amount, currency).wire())
}

/// A description: one line in which nothing begins a comment or a note.
fn description(text: &str) -> String {
    let safe = text.replace(';', ",").replace('|', "/");
    let safe: String = safe.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    safe.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The whole journal.
pub fn file(books: &Books, about: &About<'_>) -> Written {
    let names = names(books);
    let mut out = String::new();
    let _ = writeln!(out, "; 4pay, {} to {}", about.first, about.last);
    let _ = writeln!(out, "; made {} by fourpay {}", about.made_at.to_rfc3339(), env!("CARGO_PKG_VERSION"));
    let _ = writeln!(
        out,
        "; {} closing balances are asserted: there all transactions to date add up to what 4pay reports now\n",
        agreeing(books)
    );
    out.push_str("decimal-mark .\n\n");
    let mut scales: BTreeMap<Currency, u32> = BTreeMap::new();
    for ledger in &books.ledgers {
        let all = ledger.entries.iter().map(|entry| entry.amount).chain([ledger.opening, ledger.closing]);
        let scale = all.map(|amount| amount.normalize().scale()).max().unwrap_or(0).max(ledger.currency.scale());
        let known = scales.entry(ledger.currency).or_default();
        *known = (*known).max(scale);
    }
    for (currency, scale) in scales {
        let mut sample = Decimal::from(1_000);
        sample.rescale(scale);
        let code = amount(Decimal::ZERO, currency);
        let code = code.split_once(' ').map_or("", |(_, code)| code);
        let point = if scale == 0 { "." } else { "" };
        let _ = writeln!(out, "commodity {sample}{point} {code}");
    }
    out.push('\n');
    for account in accounts(books) {
        let _ = writeln!(out, "account {account}");
    }
    let asset = |holder| names.get(holder).map_or(String::new(), |name| format!("Assets:4pay:{name}"));
    for ledger in books.ledgers.iter().filter(|ledger| !ledger.opening.is_zero()) {
        let _ = writeln!(out, "\n{} * opening balance", about.first);
        let _ = writeln!(out, "    {}  {}", asset(&ledger.holder), amount(ledger.opening, ledger.currency));
        let _ = writeln!(out, "    {OPENING}  {}", amount(-ledger.opening, ledger.currency));
    }
    let mut all: Vec<_> =
        books.ledgers.iter().flat_map(|ledger| ledger.entries.iter().map(move |entry| (ledger, entry))).collect();
    all.sort_by(|(_, one), (_, other)| (one.at, &one.id).cmp(&(other.at, &other.id)));
    for (ledger, entry) in all {
        let text = entry.text.as_ref().map_or(String::new(), |text| description(text.as_str()));
        let text = if text.is_empty() { word(entry.kind.as_str()) } else { text };
        let id = entry.id.replace(['(', ')', ';', '|'], "_");
        let inferred = if entry.is_inferred { ", pair: inferred" } else { "" };
        let _ = writeln!(out, "\n{} * ({id}) {text}", (about.day)(entry.at));
        let _ = writeln!(
            out,
            "    ; at: {}, kind: {}{inferred}",
            entry.at.format("%Y-%m-%dT%H-%M-%SZ"),
            word(entry.kind.as_str())
        );
        let _ = writeln!(out, "    {}  {}", asset(&ledger.holder), amount(entry.amount, ledger.currency));
        let _ = writeln!(out, "    {}  {}", counter(entry), amount(-entry.amount, ledger.currency));
    }
    let _ = writeln!(out, "\n{} * closing balances", about.last);
    for ledger in &books.ledgers {
        let asset = asset(&ledger.holder);
        match &ledger.check {
            BalanceCheck::Agrees => {
                let zero = amount(Decimal::ZERO, ledger.currency);
                let _ = writeln!(out, "    {asset}  {zero} = {}", amount(ledger.closing, ledger.currency));
            }
            BalanceCheck::Differs { .. } => drop(writeln!(out, "    ; {asset} does not agree with 4pay")),
            BalanceCheck::NotCompared(_) => drop(writeln!(out, "    ; {asset} was not checked against 4pay")),
        }
    }
    Written { text: out, ..Written::default() }
}

/// How many balances agree with those that the platform reports.
pub fn agreeing(books: &Books) -> usize {
    books.ledgers.iter().filter(|ledger| ledger.check == BalanceCheck::Agrees).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_description_has_a_meaning() {
        assert_eq!(description("Shop; date:2020-01-01 | note  x"), "Shop, date:2020-01-01 / note x");
        assert_eq!(amount(Decimal::new(-5, 1), Currency::USD), "-0.50 USD");
        let crypto = Currency::parse("USDTTRC20").unwrap();
        assert_eq!(amount(Decimal::new(1, 9), crypto), "0.000000001 \"USDTTRC20\"");
    }
}
