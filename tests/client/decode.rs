//! Decoding under arbitrary JSON: it never panics, and never gives a wrong amount (M7, N7).

use std::fmt::Write as _;

use fourpay::api::decode;
use fourpay::domain::field::Field;
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::transaction::Feed;
use proptest::prelude::*;

/// Names that mean something to some decoder, so that noise hits them.
const NAMES: &[&str] = &[
    "id",
    "cardId",
    "cardUuid",
    "accountUuid",
    "items",
    "data",
    "total",
    "pagination",
    "card",
    "account",
    "amount",
    "currency",
    "balance",
    "holdedBalance",
    "heldBalance",
    "availableBalance",
    "status",
    "type",
    "limits",
    "fees",
    "binList",
    "createdAt",
    "expiryMonth",
    "expiryYear",
    "expiredAt",
    "lastFour",
    "maskedNumber",
    "transactionDetails",
    "detail",
    "loc",
    "msg",
    "payload",
    "event_type",
    "cardNumber",
    "cvv",
    "cardOwner",
    "mcc",
    "feeAmount",
    "settlementAmount",
    "settlementCurrency",
    "cardOwnerId",
    "url",
    "event_types",
    "allowedCardTypes",
    "x",
];

/// JSON text of any shape, with duplicate names, odd numbers and odd strings.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        "-?[0-9]{1,40}(\\.[0-9]{1,40})?"
            .prop_filter("a JSON number", |text| serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()),
        "[1-9]e[0-9]{1,4}",
        "\\PC{0,20}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        prop_oneof![
            Just("\"USD\""),
            Just("\"1e5\""),
            Just("\"\\ud800\""),
            Just("\"2026-04-01T09:00:00Z\""),
            Just("\"12.2027\"")
        ]
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((prop::sample::select(NAMES), inner), 0..8).prop_map(|fields| {
                let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

fn everything(body: &[u8]) {
    let _ = decode::accounts(body);
    let _ = decode::account(body);
    let _ = decode::balances(body);
    let _ = decode::restrictions(body);
    let _ = decode::destinations(body);
    let _ = decode::cards(body, None);
    let _ = decode::card(body, None);
    let _ = decode::cardholders(body);
    let _ = decode::transactions(body, Feed::Cards);
    let _ = decode::transaction(body, Feed::Accounts);
    let _ = decode::transaction_others(body);
    let _ = decode::webhook_config(body);
    let _ = decode::webhook_events(body);
    let _ = decode::sensitive(body);
    let _ = decode::error(&String::from_utf8_lossy(body));
}

/// An amount in one of the forms the API has, or in one that must not be read.
#[derive(Clone, Debug)]
struct Written {
    json: String,
    /// What it says; `None` when it is not to be read.
    says: Option<String>,
}

fn written() -> impl Strategy<Value = Written> {
    let digits = "(0|[1-9][0-9]{0,15})(\\.[0-9]{1,9})?";
    prop_oneof![
        4 => digits.prop_map(|text: String| Written { json: format!("\"{text}\""), says: Some(text) }),
        4 => digits.prop_map(|text: String| Written { json: text.clone(), says: Some(text) }),
        1 => digits.prop_map(|text: String| Written { json: format!("-{text}"), says: Some(format!("-{text}")) }),
        1 => digits.prop_map(|text: String| {
            let escaped = text.bytes().fold(String::new(), |mut out, b| { let _ = write!(out, "\\u{b:04x}"); out });
            Written { json: format!("\"{escaped}\""), says: Some(text) }
        }),
        2 => ("[1-9](\\.[0-9]{1,3})?", -9i32..10, any::<bool>()).prop_map(|(mantissa, power, quoted)| {
            let json = if quoted { format!("\"{mantissa}E{power:+}\"") } else { format!("{mantissa}e{power}") };
            Written { json, says: Some(written_out(&mantissa, power)) }
        }),
        1 => "[1-9](\\.[0-9]{1,3})?[eE][+-]?[3-9][0-9]".prop_map(|json| Written { json, says: None }),
        1 => "-?0(\\.0{1,9})?[eE][+-]?[0-9]{1,3}".prop_map(|json| Written { json, says: Some("0".to_owned()) }),
        1 => prop_oneof![Just("NaN"), Just("-Infinity"), Just("+5"), Just("007"), Just("\"1\n\""), Just("undefined")]
            .prop_map(|json| Written { json: json.to_owned(), says: None }),
        1 => "[1-9][0-9]{28,40}(\\.[0-9]{1,9})?".prop_map(|json| Written { json, says: None }),
        1 => prop_oneof![Just("\"\""), Just("true"), Just("{}"), Just("[\"1.00\"]"), Just("\" 1\""), Just("\"1,00\""), Just("\"0x1\"")]
            .prop_map(|json| Written { json: json.to_owned(), says: None }),
    ]
}

/// A number with an exponent as it is written without one, by moving the point through its digits.
fn written_out(mantissa: &str, power: i32) -> String {
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{whole}{fraction}{}", "0".repeat(12), "0".repeat(12));
    let point = usize::try_from(12 + i32::try_from(whole.len()).unwrap() + power).unwrap();
    let (whole, fraction) = digits.split_at(point);
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

impl Written {
    fn expected(&self) -> Field<Money> {
        match &self.says {
            Some(text) => Field::Known(Money::parse(text, Currency::USD).unwrap()),
            None => Field::Unreadable,
        }
    }
}

/// Fields around an amount that say nothing of it, before and after.
fn noise() -> impl Strategy<Value = String> {
    prop::collection::vec(("[a-z]{9,12}", any_json()), 0..4).prop_map(|fields| {
        fields.iter().fold(String::new(), |mut out, (name, value)| {
            let _ = write!(out, "\"zz{name}\":{value},");
            out
        })
    })
}

fn wrapped(items: &str, envelope: u8) -> String {
    match envelope % 5 {
        0 => format!("[{items}]"),
        1 => format!("{{\"items\":[{items}]}}"),
        2 => format!("{{\"total\":1,\"data\":[{items}]}}"),
        3 => format!("{{\"data\":{{\"items\":[{items}]}},\"more\":null}}"),
        _ => format!("{{\"data\":[{items}],\"pagination\":{{\"totalQuantity\":1}}}}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn n7_arbitrary_json_never_panics(json in any_json()) {
        everything(json.as_bytes());
        everything(format!("{{\"items\":[{json},{json}]}}").as_bytes());
    }

    #[test]
    fn n7_arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200, json in any_json()) {
        everything(&bytes);
        everything(json.as_bytes().get(..cut).unwrap_or(json.as_bytes()));
    }

    #[test]
    fn m7_a_transaction_never_has_a_wrong_amount(
        amount in written(), fee in written(), before in noise(), after in noise(), envelope: u8, nested: bool, swap: bool,
    ) {
        let currency = "\"currency\":\"USD\"";
        let money = format!("\"amount\":{},\"feeAmount\":{}", amount.json, fee.json);
        let (first, second) = if swap { (currency.to_owned(), money) } else { (money, currency.to_owned()) };
        let inner = format!("{before}{first},{after}{second}");
        let item = if nested {
            format!("{{\"id\":\"t1\",\"transactionDetails\":{{{inner}}}}}")
        } else {
            format!("{{{inner},\"id\":\"t1\"}}")
        };
        let (rows, skipped) = decode::transactions(wrapped(&item, envelope).as_bytes(), Feed::Cards).unwrap();
        prop_assert_eq!((rows.len(), skipped), (1, 0));
        prop_assert_eq!(rows[0].amount, amount.expected());
        prop_assert_eq!(rows[0].costs.as_ref().unwrap().fee, fee.expected());
    }

    #[test]
    fn m7_an_account_or_card_never_has_a_wrong_balance(
        balance in written(), held in written(), noise in noise(), envelope: u8, alias: bool, nested: bool,
    ) {
        let name = if alias { "heldBalance" } else { "holdedBalance" };
        let item = format!("{{{noise}\"id\":\"a\",\"currency\":\"USD\",\"balance\":{},\"{name}\":{}}}", balance.json, held.json);
        let (rows, _) = decode::accounts(wrapped(&item, envelope).as_bytes()).unwrap();
        prop_assert_eq!((rows[0].balance, rows[0].held), (balance.expected(), held.expected()));

        let fields = format!("{noise}\"balance\":{},\"availableBalance\":{},\"limits\":{{\"daily_limit\":{}}}", balance.json, held.json, held.json);
        let item = if nested {
            format!("{{\"account\":{{\"id\":\"a\",\"currency\":\"USD\"}},\"card\":{{\"cardId\":\"c\",{fields}}}}}")
        } else {
            format!("{{{fields},\"currency\":\"USD\",\"id\":\"c\"}}")
        };
        let (rows, _) = decode::cards(wrapped(&item, envelope).as_bytes(), None).unwrap();
        prop_assert_eq!((rows[0].balance, rows[0].available), (balance.expected(), held.expected()));
        // A map of limits may hold objects, where `{}` says nothing.
        if held.json != "{}" {
            prop_assert_eq!(rows[0].limits.known().unwrap()[0].value, held.expected());
        }
    }

    /// Two amounts under one name: neither is believed, unless they are the same.
    #[test]
    fn m7_an_amount_said_twice_is_not_believed(one in 0u32..5, two in 0u32..5) {
        let body = format!("[{{\"id\":\"a\",\"currency\":\"USD\",\"balance\":{one},\"balance\":{two}}}]");
        let (rows, _) = decode::accounts(body.as_bytes()).unwrap();
        prop_assert_eq!(rows[0].balance.known().is_some(), one == two);
    }
}
