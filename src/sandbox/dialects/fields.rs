//! Quirks of single fields: how amounts, times, names and states are written, what is left out, what is broken.

use super::json::NULL;
use super::{Deployment, Json, Quirk, Quirks, Thing, object};
use crate::sandbox::clock::{self, MINUTE, SECOND};
use crate::sandbox::ids::mix;
use crate::sandbox::ledger::Ledger;

/// Every quirk this file answers for.
pub const QUIRKS: Quirks = Quirks::of(&[
    Quirk::NoEcho,
    Quirk::LateEcho,
    Quirk::RowsEarly,
    Quirk::RowsLate,
    Quirk::MinuteTimes,
    Quirk::DateOnly,
    Quirk::ZuluTimes,
    Quirk::NoCreatedAt,
    Quirk::UpperNames,
    Quirk::CapitalStatus,
    Quirk::MoneyNumbers,
    Quirk::Exponents,
    Quirk::PythonZeros,
    Quirk::NullBalances,
    Quirk::SettlementOnly,
    Quirk::NoHolder,
    Quirk::NullMasks,
    Quirk::NoLimits,
    Quirk::LimitMap,
    Quirk::BadFields,
    Quirk::UpstreamRestrictions,
]);

/// How far rows are dated off with `rows-early` and `rows-late`, in milliseconds.
const OFF: i64 = 12 * SECOND;
/// When a description is given back with `late-echo`, after the act.
const ECHO: i64 = 5 * SECOND;

const MONEY: &[&str] = &[
    "balance",
    "holdedBalance",
    "heldBalance",
    "availableBalance",
    "spendedBalance",
    "amount",
    "feeAmount",
    "settlementAmount",
    "value",
    "spend",
    "amountMin",
    "amountMax",
];
const BALANCES: &[&str] = &["balance", "holdedBalance", "heldBalance", "availableBalance"];
const TIMES: &[&str] = &["createdAt", "updatedAt", "created_at", "transactionAt"];
const NAMES: &[&str] = &["name", "firstName", "lastName", "holder", "cardHolder", "merchantName", "accountName"];
const HOLDER: &[&str] = &["cardOwnerId", "cardOwner", "cardHolder", "holder"];
/// By these a row is known; a bad one would be another quirk.
const IDS: &[&str] = &["id", "cardId", "cardUuid", "accountUuid", "accountId", "cardOwnerId"];

/// Where a field stands.
#[derive(Clone, Copy, Default)]
struct Place {
    listed: bool,
    /// A transaction or a top-up.
    row: bool,
    account: bool,
    card: bool,
}

impl Thing {
    fn place(self, listed: bool) -> Place {
        use Thing::*;
        let row = matches!(self, CardTx(_) | CardTxDetails(_) | AccountTx(_) | AccountTxDetails(_) | TopUp(_));
        let account = matches!(self, Account(_) | AccountDetails(_));
        let card = matches!(self, CardItem(_) | HeldCard(_) | Card(_) | NewCard(_));
        Place { listed, row, account, card }
    }

    /// Its number in the ledger: the same at every start, which its id is not.
    fn row(self) -> u64 {
        use Thing::*;
        match self {
            Account(at) | AccountDetails(at) | Balance(at) | Restrictions(at) | Destination(at) | Holder(at)
            | NewHolder(at) | HeldCard(at) | CardItem(at) | Card(at) | NewCard(at) | Sensitive(at) | CardTx(at)
            | CardTxDetails(at) | AccountTx(at) | AccountTxDetails(at) | TopUp(at) => u64::from(at),
        }
    }

    /// When a transaction was made.
    fn made(self, ledger: &Ledger) -> Option<i64> {
        match self {
            Thing::CardTx(at) | Thing::CardTxDetails(at) => Some(ledger.card_txs[at as usize].created),
            Thing::AccountTx(at) | Thing::AccountTxDetails(at) => Some(ledger.account_txs[at as usize].created),
            _ => None,
        }
    }
}

impl Deployment {
    /// The instant that is shown for a transaction of this instant; filters by date compare this one.
    pub fn shown_at(&self, at: i64) -> i64 {
        let at = match (self.has(Quirk::RowsEarly), self.has(Quirk::RowsLate)) {
            (true, false) => at - OFF,
            (false, true) => at + OFF,
            _ => at,
        };
        let unit = if self.has(Quirk::MinuteTimes) { MINUTE } else { SECOND };
        at.div_euclid(unit) * unit
    }

    /// Applies the quirks to a thing in its dialect's shape.
    pub(super) fn touch(&self, shown: &mut Json, ledger: &Ledger, thing: Thing, now: i64, listed: bool) {
        match thing {
            Thing::Restrictions(at) if self.has(Quirk::UpstreamRestrictions) => *shown = restrictions(ledger, at, now),
            Thing::Card(_) | Thing::NewCard(_) => self.touch_limits(shown),
            Thing::AccountTx(_) if listed && self.has(Quirk::SettlementOnly) => {
                if shown.get("settlementAmount").is_none() {
                    shown.rename("amount", "settlementAmount");
                    shown.rename("currency", "settlementCurrency");
                }
                drop((shown.take("amount"), shown.take("currency")));
            }
            _ => {}
        }
        let late = self.has(Quirk::LateEcho) && thing.made(ledger).is_some_and(|made| made + ECHO > now);
        if self.has(Quirk::NoEcho) || late {
            shown.take("description");
        }
        self.walk(shown, thing.place(listed));
        if listed && self.has(Quirk::BadFields) {
            self.spoil(shown, thing.row());
        }
    }

    /// Applies the quirks of amounts to the answer of an act.
    pub(super) fn touch_money(&self, receipt: &mut Json) {
        self.walk(receipt, Place::default());
    }

    /// Applies the quirks to a line of the event log, without its payload.
    pub fn touch_event(&self, line: &mut Json, number: usize) {
        self.walk(line, Place { listed: true, ..Place::default() });
        if self.has(Quirk::BadFields) {
            self.spoil(line, number as u64);
        }
    }

    fn touch_limits(&self, card: &mut Json) {
        let Json::Object(fields) = card else { return };
        // Nested in the provider's shape.
        if let Some((_, inner)) = fields.iter_mut().find(|(key, _)| key == "card") {
            return self.touch_limits(inner);
        }
        if self.has(Quirk::NoLimits) {
            card.take("limits");
        } else if self.has(Quirk::LimitMap)
            && let Json::List(limits) = card.take("limits")
        {
            let entry = |mut limit: Json| Some((limit.take("type").text()?.to_owned().into(), limit.take("value")));
            card.set("limits", Json::Object(limits.into_iter().filter_map(entry).collect()));
        }
    }

    fn walk(&self, json: &mut Json, place: Place) {
        match json {
            Json::List(rows) => rows.iter_mut().for_each(|row| self.walk(row, place)),
            Json::Object(fields) => {
                let hidden = |key: &str| {
                    place.card && self.has(Quirk::NoHolder) && HOLDER.contains(&key)
                        || place.listed && !place.row && self.has(Quirk::NoCreatedAt) && key == "createdAt"
                };
                fields.retain(|(key, _)| !hidden(key));
                for (key, value) in fields {
                    match value {
                        Json::Text(text) => {
                            if let Some(other) = self.other_text(key, text, place) {
                                *value = other;
                            }
                        }
                        Json::Raw(_) => {}
                        inner => self.walk(inner, place),
                    }
                }
            }
            Json::Raw(_) | Json::Text(_) => {}
        }
    }

    /// How this text is written here, when in another way.
    fn other_text(&self, key: &str, text: &str, place: Place) -> Option<Json> {
        if MONEY.contains(&key) || key.ends_with("_limit") {
            let balance = BALANCES.contains(&key);
            if balance && place.listed && (place.card || place.account) && self.has(Quirk::NullBalances) {
                return Some(NULL);
            }
            return self.amount(text);
        }
        if TIMES.contains(&key) {
            return Some(Json::Text(self.time(text, place)));
        }
        match key {
            "maskedNumber" | "lastFour" if self.has(Quirk::NullMasks) => Some(NULL),
            "status" | "cardStatus" if self.has(Quirk::CapitalStatus) => Some(Json::Text(text.to_uppercase())),
            _ if NAMES.contains(&key) && self.has(Quirk::UpperNames) => Some(Json::Text(text.to_uppercase())),
            _ => None,
        }
    }

    fn amount(&self, text: &str) -> Option<Json> {
        let other = if self.has(Quirk::Exponents) {
            with_exponent(text)
        } else if self.has(Quirk::PythonZeros) {
            as_python(text)
        } else {
            None
        };
        if self.has(Quirk::MoneyNumbers) {
            return Some(Json::Raw(other.unwrap_or_else(|| text.to_owned()).into()));
        }
        other.map(Json::Text)
    }

    fn time(&self, text: &str, place: Place) -> String {
        let Some(at) = clock::parse(text, false) else { return text.to_owned() };
        let at = if place.row {
            self.shown_at(at)
        } else if self.has(Quirk::MinuteTimes) {
            at.div_euclid(MINUTE) * MINUTE
        } else {
            at
        };
        let mut text = clock::text(at);
        if (place.account || place.card) && self.has(Quirk::DateOnly) {
            text.truncate(10);
        } else if self.has(Quirk::ZuluTimes) {
            text.truncate(19);
            text.push_str(".000Z");
        }
        text
    }

    /// Breaks one field in about one row of four; the same field of the same row every time.
    fn spoil(&self, row: &mut Json, number: u64) {
        let hash = mix(self.seed ^ mix(number));
        let Json::Object(fields) = row else { return };
        let mut others: Vec<&mut Json> =
            fields.iter_mut().filter(|(key, _)| !IDS.contains(&&**key)).map(|(_, value)| value).collect();
        if others.is_empty() || !hash.is_multiple_of(4) {
            return;
        }
        let at = (hash >> 8) as usize % others.len();
        let what = (hash >> 32) as usize % BAD.len();
        // Written out only where it is used.
        let bad = if BAD[what] == LONG { "9".repeat(400) } else { BAD[what].to_owned() };
        *others[at] = Json::Raw(bad.into());
    }
}

const LONG: &str = "400 digits";
/// What has been seen in the place of a value. The raw control characters and the lone surrogate are in texts.
pub const BAD: &[&str] =
    &["NaN", "Infinity", "-Infinity", "\"a\u{1}b\nc\"", "\"x\\ud800y\"", LONG, "{}", "[]", "true", "12", "\"\""];

/// The digits of a plain decimal without its point, and how many of them were after it.
fn digits(text: &str) -> Option<(&str, String, usize)> {
    let (sign, plain) = text.strip_prefix('-').map_or(("", text), |plain| ("-", plain));
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let all: String = whole.chars().chain(fraction.chars()).collect();
    let known = !all.is_empty() && all.bytes().all(|b| b.is_ascii_digit());
    let kept = all.trim_start_matches('0');
    known.then(|| (sign, if kept.is_empty() { "0" } else { kept }.to_owned(), fraction.len()))
}

/// As `str(Decimal(text))`: with an exponent when there are more than six zeros after the point.
fn as_python(text: &str) -> Option<String> {
    let (sign, digits, scale) = digits(text)?;
    let leading = digits.len() as i64 - 1 - scale as i64;
    if leading >= -6 {
        return None;
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    Some(format!("{sign}{first}{point}{rest}E{leading}"))
}

/// Whole amounts as `2.5E+3`, others as `12345E-2`.
fn with_exponent(text: &str) -> Option<String> {
    let (sign, digits, scale) = digits(text)?;
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    if digits != "0" && zeros >= scale {
        let kept = digits.trim_end_matches('0');
        let (first, rest) = kept.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return Some(format!("{sign}{first}{point}{rest}E+{}", digits.len() - 1 - scale));
    }
    Some(format!("{sign}{digits}E-{scale}"))
}

/// The provider's shape of restrictions.
fn restrictions(ledger: &Ledger, at: u32, now: i64) -> Json {
    let limit = |kind: &'static str, least: Json, most: &'static str| {
        object([("type", kind.into()), ("amountMin", least), ("amountMax", most.into())])
    };
    let bins = Thing::AccountDetails(at).rich(ledger, now).take("binList");
    object([
        (
            "limits",
            Json::List(vec![
                limit("transaction_limit", "1.00".into(), "10000.00"),
                limit("daily_limit", "1.00".into(), "50000.00"),
                limit("monthly_limit", NULL, "250000.00"),
            ]),
        ),
        ("binList", bins),
        ("cardBalance", true.into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_python_does() {
        let python = |text: &str| as_python(text).unwrap_or_else(|| text.to_owned());
        for (text, wanted) in [
            ("0.000000000", "0E-9"),
            ("0.00", "0.00"),
            ("2500.000000000", "2500.000000000"),
            ("0.000001000", "0.000001000"),
            ("0.000000335", "3.35E-7"),
            ("-0.000000001", "-1E-9"),
        ] {
            assert_eq!(python(text), wanted);
        }
    }

    #[test]
    fn an_exponent_changes_no_amount() {
        for (text, wanted) in [
            ("2500.00", "2.5E+3"),
            ("100.000000000", "1E+2"),
            ("7.00", "7E+0"),
            ("123.45", "12345E-2"),
            ("0.00", "0E-2"),
            ("-10.50", "-1050E-2"),
        ] {
            assert_eq!(with_exponent(text).unwrap(), wanted);
            let read: rust_decimal::Decimal = rust_decimal::Decimal::from_scientific(wanted).unwrap();
            assert_eq!(read, text.parse().unwrap(), "{text}");
        }
    }
}
