//! ISO 20022 camt.053.001.08: a statement for each account. Cards have none of their own.
//!
//! An amount has at most 18 digits, five of them after the point. An account with an amount that has more is left out
//! as a whole, and named: without one entry its balances would not be true.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::names::word;
use super::xml::{element, is_iso, pieces, short_id, text};
use super::{About, Books, Entry, Ledger, Written};
use crate::domain::money::Money;

const DECIMALS: u32 = 5;
const DIGITS: usize = 18;
/// Most characters of an id, and of a name.
const ID: usize = 35;
const ACCOUNT_ID: usize = 34;
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
fn amount(ledger: &Ledger, amount: Decimal) -> String {
    let digits = Money::new(amount.abs(), ledger.currency).wire();
    let way = if amount.is_sign_negative() && !amount.is_zero() { "DBIT" } else { "CRDT" };
    format!("<Amt Ccy=\"{}\">{digits}</Amt>{}", ledger.currency, element("CdtDbtInd", way))
}

fn balance(ledger: &Ledger, code: &str, sum: Decimal, day: chrono::NaiveDate) -> String {
    let kind = element("Tp", element("CdOrPrtry", element("Cd", code)));
    element("Bal", kind + &amount(ledger, sum) + &element("Dt", element("Dt", day)))
}

fn entry(ledger: &Ledger, entry: &Entry) -> String {
    let id = short_id(&entry.id, ID);
    let mut parts = amount(ledger, entry.amount) + &element("Sts", element("Cd", "BOOK"));
    parts += &element("BookgDt", element("DtTm", time(entry.at)));
    parts += &element("AcctSvcrRef", text(&id, ID));
    parts += &element("BkTxCd", element("Prtry", element("Cd", text(&word(entry.kind.as_str()), ID))));
    let details = match &entry.text {
        // A long text is several of them.
        Some(words) => {
            element("RmtInf", pieces(words.as_str(), WORDS).map(|one| element("Ustrd", one)).collect::<String>())
        }
        None => String::new(),
    };
    let whole = element("AddtlTxInf", text(&entry.id, 500));
    parts += &element("NtryDtls", element("TxDtls", details + &whole));
    element("Ntry", parts)
}

fn statement(ledger: &Ledger, about: &About<'_>, number: usize) -> String {
    let mut parts = element("Id", format!("{}-{number}", about.made_at.format("%Y%m%d%H%M%S")));
    parts += &element("CreDtTm", time(about.made_at));
    let day = |at: chrono::NaiveDate, hour: &str| format!("{at}T{hour}");
    let period = element("FrDtTm", day(about.first, "00:00:00")) + &element("ToDtTm", day(about.last, "23:59:59"));
    parts += &element("FrToDt", period);
    let mut account =
        element("Id", element("Othr", element("Id", text(&short_id(&ledger.id(), ACCOUNT_ID), ACCOUNT_ID))));
    account += &element("Ccy", ledger.currency);
    let name = text(ledger.name.as_str(), NAME);
    if !name.is_empty() {
        account += &element("Nm", name);
    }
    parts += &element("Acct", account);
    parts += &balance(ledger, "OPBD", ledger.opening, about.first);
    parts += &balance(ledger, "CLBD", ledger.closing, about.last);
    parts += &ledger.entries.iter().map(|one| entry(ledger, one)).collect::<String>();
    element("Stmt", parts) + "\n"
}

/// The whole file.
pub fn file(books: &Books, about: &About<'_>) -> Written {
    let mut written = Written::default();
    let (mut taken, mut statements) = (BTreeSet::new(), String::new());
    for (number, ledger) in books.ledgers.iter().filter(|ledger| ledger.is_account()).enumerate() {
        let amounts = ledger.entries.iter().map(|entry| entry.amount).chain([ledger.opening, ledger.closing]);
        let fine = amounts.filter(|amount| !fits(*amount)).count();
        if !is_iso(ledger.currency) {
            written.left_out.push(format!("{}: {} is no currency of ISO 4217", ledger.title(), ledger.currency));
        } else if fine > 0 {
            let says = format!("of its amounts {fine} have more than {DECIMALS} decimals or {DIGITS} digits");
            written.left_out.push(format!("{}: {says}, which camt.053 cannot hold", ledger.title()));
        } else if !taken.insert(short_id(&ledger.id(), ACCOUNT_ID)) {
            let says = "its id cannot be told from another in the 34 characters of camt.053";
            written.left_out.push(format!("{}: {says}", ledger.title()));
        } else {
            if ledger.name.as_str().chars().count() > NAME {
                written.notes.push(format!("{}: its name is cut to the {NAME} characters of camt.053", ledger.title()));
            }
            statements += &statement(ledger, about, number + 1);
        }
    }
    let cards = books.ledgers.iter().filter(|ledger| !ledger.is_account()).count();
    if cards > 0 {
        written.notes.push(format!("{cards} cards are not in the file: camt.053 holds statements of accounts"));
    }
    if statements.is_empty() {
        written.left_out.push("no account is left for the file, and camt.053 needs one: nothing was written".into());
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
