//! ISO 20022 camt.053.001.08: a statement for each account. Cards have none of their own.
//!
//! An amount has at most 18 digits, five of them after the point. An account with an amount that has more is left out
//! as a whole, and named: without one entry its balances would not be true.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::names::word;
use super::xml::{element, is_iso, short_id, text};
use super::{About, Books, Entry, Purse, Written};
use crate::domain::money::Money;

const DECIMALS: u32 = 5;
const DIGITS: usize = 18;
/// Most characters of an id, and of a name.
const ID: usize = 35;
const NAME: usize = 70;
const WORDS: usize = 140;

fn fits(amount: Decimal) -> bool {
    let amount = amount.normalize();
    amount.scale() <= DECIMALS && amount.mantissa().unsigned_abs().to_string().len() <= DIGITS
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An amount without a sign, and which way it goes.
fn amount(purse: &Purse, amount: Decimal) -> String {
    let digits = Money::new(amount.abs(), purse.currency).wire();
    let way = if amount.is_sign_negative() && !amount.is_zero() { "DBIT" } else { "CRDT" };
    format!("<Amt Ccy=\"{}\">{digits}</Amt>{}", purse.currency, element("CdtDbtInd", way))
}

fn balance(purse: &Purse, code: &str, sum: Decimal, day: chrono::NaiveDate) -> String {
    let kind = element("Tp", element("CdOrPrtry", element("Cd", code)));
    element("Bal", kind + &amount(purse, sum) + &element("Dt", element("Dt", day)))
}

fn entry(purse: &Purse, entry: &Entry) -> String {
    let id = short_id(&entry.id, ID);
    let mut parts = amount(purse, entry.amount) + &element("Sts", element("Cd", "BOOK"));
    parts += &element("BookgDt", element("DtTm", time(entry.at)));
    parts += &element("AcctSvcrRef", text(&id, ID));
    parts += &element("BkTxCd", element("Prtry", element("Cd", text(&word(entry.kind.as_str()), ID))));
    let details = match &entry.text {
        Some(words) => element("RmtInf", element("Ustrd", text(words.as_str(), WORDS))),
        None => String::new(),
    };
    let whole = element("AddtlTxInf", text(&entry.id, 500));
    parts += &element("NtryDtls", element("TxDtls", details + &whole));
    element("Ntry", parts)
}

fn statement(purse: &Purse, about: &About<'_>, number: usize) -> String {
    let mut parts = element("Id", format!("{}-{number}", about.made_at.format("%Y%m%d%H%M%S")));
    parts += &element("CreDtTm", time(about.made_at));
    let day = |at: chrono::NaiveDate, hour: &str| format!("{at}T{hour}");
    let period = element("FrDtTm", day(about.first, "00:00:00")) + &element("ToDtTm", day(about.last, "23:59:59"));
    parts += &element("FrToDt", period);
    let mut account = element("Id", element("Othr", element("Id", text(&short_id(&purse.id(), 34), 34))));
    account += &element("Ccy", purse.currency);
    let name = text(purse.name.as_str(), NAME);
    if !name.is_empty() {
        account += &element("Nm", name);
    }
    parts += &element("Acct", account);
    parts += &balance(purse, "OPBD", purse.opening, about.first);
    parts += &balance(purse, "CLBD", purse.closing, about.last);
    parts += &purse.entries.iter().map(|one| entry(purse, one)).collect::<String>();
    element("Stmt", parts) + "\n"
}

/// The whole file.
pub fn file(books: &Books, about: &About<'_>) -> Written {
    let mut written = Written::default();
    let mut statements = String::new();
    for (number, purse) in books.purses.iter().filter(|purse| purse.is_account()).enumerate() {
        let amounts = purse.entries.iter().map(|entry| entry.amount).chain([purse.opening, purse.closing]);
        let fine = amounts.filter(|amount| !fits(*amount)).count();
        if !is_iso(purse.currency) {
            written.left_out.push(format!("{}: {} is no currency of ISO 4217", purse.title(), purse.currency));
        } else if fine > 0 {
            let says = format!("of its amounts {fine} have more than {DECIMALS} decimals or {DIGITS} digits");
            written.left_out.push(format!("{}: {says}, which camt.053 cannot hold", purse.title()));
        } else {
            statements += &statement(purse, about, number + 1);
        }
    }
    let cards = books.purses.iter().filter(|purse| !purse.is_account()).count();
    if cards > 0 {
        written.notes.push(format!("{cards} cards are not in it: camt.053 has the statements of accounts"));
    }
    if statements.is_empty() {
        written.left_out.push("no account is left, and the format wants one: nothing was written".into());
        return written;
    }
    let head =
        element("MsgId", about.made_at.format("fourpay-%Y%m%d%H%M%S")) + &element("CreDtTm", time(about.made_at));
    let body = element("GrpHdr", head) + "\n" + &statements;
    written.text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">{}</Document>\n",
        element("BkToCstmrStmt", body)
    );
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_more_digits_does_not_fit() {
        let of = |text: &str| text.parse::<Decimal>().unwrap();
        assert!(fits(of("1000.000000000")) && fits(of("-0.00001")) && fits(of("1234567890123.45678")));
        assert!(!fits(of("0.000001")) && !fits(of("12345678901234.56789")));
    }
}
