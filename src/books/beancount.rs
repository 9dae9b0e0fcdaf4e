//! A ledger for beancount 3. Texts are quoted strings; balances are asserted without tolerance, at the beginning of the
//! day after the last one.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::hledger::{OPENING, accounts, agreeing, counter};
use super::names::{names, word};
use super::{About, BalanceCheck, Books, Ledger, Written};
use crate::domain::money::{Currency, Money};

/// A quoted string of one line.
fn quoted(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn amount(amount: Decimal, currency: Currency) -> String {
    format!("{} {currency}", Money::new(amount, currency).wire())
}

/// Whether beancount takes the code for a currency: it begins with a letter and has at least two characters.
fn is_currency(currency: Currency) -> bool {
    let code = currency.as_str();
    code.len() > 1 && code.starts_with(|c: char| c.is_ascii_uppercase())
}

/// The whole ledger.
pub fn file(books: &Books, about: &About<'_>) -> Written {
    let mut written = Written::default();
    let fits = |ledger: &&Ledger| is_currency(ledger.currency);
    for ledger in books.ledgers.iter().filter(|ledger| !fits(ledger)) {
        let why = format!("{}: {} is not a currency code that beancount accepts", ledger.title(), ledger.currency);
        written.left_out.push(why);
    }
    let names = names(books);
    let asset = |ledger: &Ledger| names.get(&ledger.holder).map_or(String::new(), |name| format!("Assets:4pay:{name}"));
    let out = &mut written.text;
    let _ = writeln!(out, "; 4pay, {} to {}", about.first, about.last);
    let _ = writeln!(out, "; made {} by fourpay {}", about.made_at.to_rfc3339(), env!("CARGO_PKG_VERSION"));
    let _ = writeln!(
        out,
        "; {} closing balances are asserted: there all transactions to date add up to what 4pay reports now\n",
        agreeing(books)
    );
    let _ = writeln!(out, "option \"title\" \"4pay\"");
    for account in accounts(books) {
        let _ = writeln!(out, "{} open {account}", about.first);
    }
    let ledgers: Vec<&Ledger> = books.ledgers.iter().filter(fits).collect();
    for ledger in ledgers.iter().filter(|ledger| !ledger.opening.is_zero()) {
        let _ = writeln!(out, "\n{} * \"opening balance\"", about.first);
        let _ = writeln!(out, "  {}  {}", asset(ledger), amount(ledger.opening, ledger.currency));
        let _ = writeln!(out, "  {OPENING}  {}", amount(-ledger.opening, ledger.currency));
    }
    let mut all: Vec<_> =
        ledgers.iter().flat_map(|ledger| ledger.entries.iter().map(move |entry| (*ledger, entry))).collect();
    all.sort_by(|(_, one), (_, other)| (one.at, &one.id).cmp(&(other.at, &other.id)));
    for (ledger, entry) in all {
        let kind = word(entry.kind.as_str());
        let text = entry.text.as_ref().map_or(kind.as_str(), |text| text.as_str());
        let _ = writeln!(out, "\n{} * {} {}", (about.day)(entry.at), quoted(text), quoted(&kind));
        let _ = writeln!(out, "  id: {}", quoted(&entry.id));
        let _ = writeln!(out, "  at: {}", quoted(&entry.at.to_rfc3339()));
        if entry.is_inferred {
            let _ = writeln!(out, "  pair: \"inferred\"");
        }
        let _ = writeln!(out, "  {}  {}", asset(ledger), amount(entry.amount, ledger.currency));
        let _ = writeln!(out, "  {}  {}", counter(entry), amount(-entry.amount, ledger.currency));
    }
    out.push('\n');
    let after = about.last.succ_opt().unwrap_or(about.last);
    for ledger in &ledgers {
        let asset = asset(ledger);
        match &ledger.check {
            BalanceCheck::Agrees => {
                let digits = Money::new(ledger.closing, ledger.currency).wire();
                let _ = writeln!(out, "{after} balance {asset}  {digits} ~ 0 {}", ledger.currency);
            }
            BalanceCheck::Differs { .. } => drop(writeln!(out, "; {asset} does not agree with 4pay")),
            BalanceCheck::NotCompared(_) => drop(writeln!(out, "; {asset} was not checked against 4pay")),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_string() {
        assert_eq!(quoted("a \"b\" \\"), "\"a \\\"b\\\" \\\\\"");
        assert!(is_currency(Currency::parse("USDTTRC20").unwrap()) && !is_currency(Currency::parse("1INCH").unwrap()));
    }
}
