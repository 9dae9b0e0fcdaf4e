//! A ledger for beancount 3. Texts are quoted strings; balances are asserted without tolerance, at the beginning of the
//! day after the last one.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::hledger::{OPENING, accounts, agreeing, counter};
use super::names::{names, word};
use super::{About, Books, Purse, Standing, Written};
use crate::domain::money::{Currency, Money};

/// A quoted string.
fn quoted(text: &str) -> String {
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
    let fits = |purse: &&Purse| is_currency(purse.currency);
    for purse in books.purses.iter().filter(|purse| !fits(purse)) {
        let why = format!("{}: beancount takes {} for no currency", purse.title(), purse.currency);
        written.left_out.push(why);
    }
    let names = names(books);
    let asset = |purse: &Purse| names.get(&purse.holder).map_or(String::new(), |name| format!("Assets:4pay:{name}"));
    let out = &mut written.text;
    let _ = writeln!(out, "; 4pay, {} to {}", about.first, about.last);
    let _ = writeln!(out, "; made {} by fourpay {}", about.made_at.to_rfc3339(), env!("CARGO_PKG_VERSION"));
    let _ = writeln!(out, "; {} assertions are balances that the platform says\n", agreeing(books));
    let _ = writeln!(out, "option \"title\" \"4pay\"");
    for account in accounts(books) {
        let _ = writeln!(out, "{} open {account}", about.first);
    }
    let purses: Vec<&Purse> = books.purses.iter().filter(fits).collect();
    for purse in purses.iter().filter(|purse| !purse.opening.is_zero()) {
        let _ = writeln!(out, "\n{} * \"opening balance\"", about.first);
        let _ = writeln!(out, "  {}  {}", asset(purse), amount(purse.opening, purse.currency));
        let _ = writeln!(out, "  {OPENING}  {}", amount(-purse.opening, purse.currency));
    }
    let mut all: Vec<_> =
        purses.iter().flat_map(|purse| purse.entries.iter().map(move |entry| (*purse, entry))).collect();
    all.sort_by(|(_, one), (_, other)| (one.at, &one.id).cmp(&(other.at, &other.id)));
    for (purse, entry) in all {
        let kind = word(entry.kind.as_str());
        let text = entry.text.as_ref().map_or(kind.as_str(), |text| text.as_str());
        let _ = writeln!(out, "\n{} * {} {}", (about.day)(entry.at), quoted(text), quoted(&kind));
        let _ = writeln!(out, "  id: {}", quoted(&entry.id));
        let _ = writeln!(out, "  at: {}", quoted(&entry.at.to_rfc3339()));
        if entry.is_inferred {
            let _ = writeln!(out, "  pair: \"inferred\"");
        }
        let _ = writeln!(out, "  {}  {}", asset(purse), amount(entry.amount, purse.currency));
        let _ = writeln!(out, "  {}  {}", counter(entry), amount(-entry.amount, purse.currency));
    }
    out.push('\n');
    let after = about.last.succ_opt().unwrap_or(about.last);
    for purse in &purses {
        let asset = asset(purse);
        match purse.standing {
            Standing::Agrees => {
                let digits = Money::new(purse.closing, purse.currency).wire();
                let _ = writeln!(out, "{after} balance {asset}  {digits} ~ 0 {}", purse.currency);
            }
            Standing::Differs { .. } => drop(writeln!(out, "; {asset} does not agree with the platform")),
            Standing::NotSaid => drop(writeln!(out, "; {asset}: the platform says no balance")),
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
