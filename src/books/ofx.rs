//! OFX 2.2: a bank statement for each account. Cards are not accounts of a bank and have no statement of their own.
//!
//! Amounts are exact, with as many decimals as they have: the format has no limit there, though readers that keep two
//! are many, which is said. An id of an account has room for 22 characters.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::xml::{element, is_iso, short_id, text};
use super::{About, Books, CounterAccount, Entry, Ledger, Written};
use crate::domain::money::Money;

const ACCOUNT_ID: usize = 22;
const NAME: usize = 32;
const MEMO: usize = 255;

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y%m%d%H%M%S.000[0:GMT]").to_string()
}

fn kind(entry: &Entry) -> &'static str {
    match (entry.counter, entry.amount.is_sign_negative()) {
        (CounterAccount::Fees(_), _) => "FEE",
        (CounterAccount::Moves, _) => "XFER",
        (_, true) => "DEBIT",
        (_, false) => "CREDIT",
    }
}

fn entry(ledger: &Ledger, entry: &Entry) -> String {
    let words = entry.text.as_ref().map_or(entry.kind.as_str(), |text| text.as_str());
    let mut parts = vec![
        element("TRNTYPE", kind(entry)),
        element("DTPOSTED", time(entry.at)),
        element("TRNAMT", Money::new(entry.amount, ledger.currency).wire()),
        element("FITID", text(&entry.id, MEMO)),
        element("NAME", text(words, NAME)),
    ];
    if words.chars().count() > NAME {
        parts.push(element("MEMO", text(words, MEMO)));
    }
    element("STMTTRN", parts.concat())
}

fn statement(ledger: &Ledger, about: &About<'_>) -> String {
    let entries: String = ledger.entries.iter().map(|one| entry(ledger, one)).collect();
    let day = |day: chrono::NaiveDate| day.format("%Y%m%d").to_string();
    let list = element("DTSTART", day(about.first)) + &element("DTEND", day(about.last)) + &entries;
    let account = element("BANKID", "4PAY")
        + &element("ACCTID", text(&short_id(&ledger.id(), ACCOUNT_ID), ACCOUNT_ID))
        + &element("ACCTTYPE", "CHECKING");
    let balance =
        element("BALAMT", Money::new(ledger.closing, ledger.currency).wire()) + &element("DTASOF", day(about.last));
    let body = element("CURDEF", ledger.currency)
        + &element("BANKACCTFROM", account)
        + &element("BANKTRANLIST", list)
        + &element("LEDGERBAL", balance);
    element("STMTTRNRS", element("TRNUID", "0") + &good() + &element("STMTRS", body)) + "\n"
}

fn good() -> String {
    element("STATUS", element("CODE", "0") + &element("SEVERITY", "INFO"))
}

/// What is said of texts that have no room.
fn shortened(ledger: &Ledger) -> Option<String> {
    let is_long = |entry: &&Entry| entry.text.as_ref().is_some_and(|text| text.as_str().chars().count() > MEMO);
    let long = ledger.entries.iter().filter(is_long).count();
    (long > 0).then(|| format!("{}: {long} descriptions are cut to the {MEMO} characters of OFX", ledger.title()))
}

/// The whole file.
pub fn file(books: &Books, about: &About<'_>) -> Written {
    let mut written = Written::default();
    let mut taken = BTreeSet::new();
    let mut statements = String::new();
    for ledger in books.ledgers.iter().filter(|ledger| ledger.is_account()) {
        let id = short_id(&ledger.id(), ACCOUNT_ID);
        if !is_iso(ledger.currency) {
            written.left_out.push(format!("{}: {} is no currency of ISO 4217", ledger.title(), ledger.currency));
        } else if !taken.insert(id) {
            written
                .left_out
                .push(format!("{}: its id cannot be told from another in the 22 characters of OFX", ledger.title()));
        } else {
            let amounts = ledger.entries.iter().map(|entry| entry.amount).chain([ledger.closing]);
            let fine = amounts.filter(|amount| amount.normalize().scale() > ledger.currency.scale()).count();
            if fine > 0 {
                let says =
                    "amounts have more decimals than the currency; a program that rounds them will get other sums";
                written.notes.push(format!("{}: {fine} {says}", ledger.title()));
            }
            written.notes.extend(shortened(ledger));
            statements += &statement(ledger, about);
        }
    }
    let cards = books.ledgers.iter().filter(|ledger| !ledger.is_account()).count();
    if cards > 0 {
        written.notes.push(format!("{cards} cards are not in the file: OFX holds statements of accounts"));
    }
    let sign_on = good() + &element("DTSERVER", time(about.made_at)) + &element("LANGUAGE", "ENG");
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<?OFX OFXHEADER=\"200\" VERSION=\"220\" \
                SECURITY=\"NONE\" OLDFILEUID=\"NONE\" NEWFILEUID=\"NONE\"?>\n";
    let sign_on = element("SIGNONMSGSRSV1", element("SONRS", sign_on));
    let bank = if statements.is_empty() { String::new() } else { element("BANKMSGSRSV1", statements) };
    written.text = format!("{head}{}\n", element("OFX", sign_on + "\n" + &bank));
    written
}
