//! Exact money: a decimal and the currency it is in.
//!
//! Knows how to read an amount without ever rounding it, how to add amounts of one currency, and how
//! an amount is written for a person and for the wire. Does not know JSON, locales of other people, or
//! exchange rates: currencies are never added up.
//!
//! ```
//! use fourpay::domain::money::{Currency, Money};
//! let asked = Money::parse("50.00", Currency::USD).unwrap();
//! assert_eq!(asked.to_string(), "50.00 USD");
//! assert_eq!(asked.wire(), "50.00");
//! assert!(Money::parse("1e3", Currency::USD).is_err());
//! ```

use std::cmp::Ordering;
use std::fmt;

use rust_decimal::Decimal;

/// The sign of money going out: U+2212, as wide as a plus.
pub const MINUS: char = '\u{2212}';

/// At most this many significant digits are held exactly; more is refused, never rounded.
pub const MAX_DIGITS: usize = 28;

/// A currency code: ISO 4217 (`USD`) or what the platform uses beside it (`USDTTRC20`).
/// 1 to 12 upper-case ASCII letters and digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 12]);

impl Currency {
    pub const USD: Currency = Currency(*b"USD\0\0\0\0\0\0\0\0\0");
    pub const EUR: Currency = Currency(*b"EUR\0\0\0\0\0\0\0\0\0");

    /// Reads a code in any case. `None` when it is empty, longer than 12, or not ASCII letters and digits.
    pub fn parse(text: &str) -> Option<Currency> {
        if text.is_empty() || text.len() > 12 || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        let mut code = [0; 12];
        for (to, from) in code.iter_mut().zip(text.bytes()) {
            *to = from.to_ascii_uppercase();
        }
        Some(Currency(code))
    }

    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(12);
        // Only ASCII is ever stored.
        std::str::from_utf8(&self.0[..end]).unwrap_or("")
    }

    /// Digits after the point in ordinary use: ISO 4217's exponent, and 2 for a code that is not in it.
    pub fn scale(&self) -> u32 {
        iso_currency::Currency::from_code(self.as_str()).and_then(|known| known.exponent()).map_or(2, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("an amount is digits with at most one point, for example 50.00")]
    Shape,
    #[error("use a point for decimals and no groups, for example 1234.50")]
    Comma,
    #[error("more than 28 digits cannot be held exactly")]
    TooLong,
}

/// Reads an amount exactly: an optional `-`, digits, and optionally a point with digits after it.
/// No exponent, no sign `+`, no separators, no white space, nothing rounded.
pub fn parse_decimal(text: &str) -> Result<Decimal, AmountError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !fraction.is_none_or(plain) {
        return Err(if text.contains(',') { AmountError::Comma } else { AmountError::Shape });
    }
    let significant = digits.bytes().filter(|b| *b != b'.').skip_while(|b| *b == b'0').count();
    if significant > MAX_DIGITS || fraction.is_some_and(|part| part.len() > MAX_DIGITS) {
        return Err(AmountError::TooLong);
    }
    let mut value = Decimal::from_str_exact(text).map_err(|_| AmountError::TooLong)?;
    if value.is_zero() {
        value.set_sign_positive(true);
    }
    Ok(value)
}

/// Reads an amount of an answer exactly. Beside what [`parse_decimal`] takes, it may have an exponent, as Python's
/// `str(Decimal)` writes zero (`0E-9`) and other writers write small numbers (`1e-7`), and zeros at the end of a
/// fraction do not count. At most 28 digits when written out; nothing is rounded. Typed amounts take no exponent.
pub fn parse_wire_decimal(text: &str) -> Result<Decimal, AmountError> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        None => match parse_decimal(text) {
            Err(AmountError::TooLong) => (text, "0"),
            read => return read,
        },
        Some(parts) => parts,
    };
    let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (sign, power) = match exponent.as_bytes().first() {
        Some(b'-') => (-1, &exponent[1..]),
        Some(b'+') => (1, &exponent[1..]),
        _ => (1, exponent),
    };
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let shaped = !whole.is_empty() && !digits.ends_with('.') && !power.is_empty();
    if !shaped || ![whole, fraction, power].into_iter().all(all_digits) {
        return Err(AmountError::Shape);
    }
    let written = format!("{whole}{fraction}");
    let ended = written.trim_end_matches('0');
    let significant = ended.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(Decimal::ZERO);
    }
    // An exponent that no number could have is read as one that is too large.
    let power: i64 = power.trim_start_matches('0').parse().or_else(|_| match power.bytes().all(|b| b == b'0') {
        true => Ok(0),
        false => Err(AmountError::TooLong),
    })?;
    let length = |part: &str| i64::try_from(part.len()).map_err(|_| AmountError::TooLong);
    let zeros = length(&written)? - length(ended)?;
    let point = power.checked_mul(sign).and_then(|power| power.checked_add(zeros)).ok_or(AmountError::TooLong)?;
    let point = point.checked_sub(length(fraction)?).ok_or(AmountError::TooLong)?;
    let most = MAX_DIGITS as i64;
    if length(significant)? > most || length(significant)?.saturating_add(point.max(0)) > most || point < -most {
        return Err(AmountError::TooLong);
    }
    let units: i128 = significant.parse().map_err(|_| AmountError::TooLong)?;
    let raised = u32::try_from(point.max(0)).ok().and_then(|point| 10i128.checked_pow(point));
    let units = raised.and_then(|raised| units.checked_mul(raised)).ok_or(AmountError::TooLong)?;
    let scale = u32::try_from((-point).max(0)).map_err(|_| AmountError::TooLong)?;
    let mut value = Decimal::try_from_i128_with_scale(units, scale).map_err(|_| AmountError::TooLong)?;
    value.set_sign_negative(mantissa.starts_with('-'));
    Ok(value)
}

/// Exact sum of terms, each the digits of a decimal and how many of them stand after the point. `None` where no decimal
/// holds it: `Decimal`'s own addition rounds there without a word.
pub fn exact_sum(terms: &[(i128, u32)]) -> Option<Decimal> {
    // Zeros at the end of a fraction may be what does not fit.
    let shortened = || terms.iter().map(|(digits, scale)| without_end_zeros(*digits, *scale)).collect::<Vec<_>>();
    let as_decimal = |(digits, scale)| Decimal::try_from_i128_with_scale(digits, scale).ok();
    let sum = aligned_sum(terms).and_then(as_decimal);
    sum.or_else(|| aligned_sum(&shortened()).and_then(|(digits, scale)| as_decimal(without_end_zeros(digits, scale))))
}

/// Exact sum of two decimals; `None` where no decimal holds it.
pub fn exact_add(one: Decimal, other: Decimal) -> Option<Decimal> {
    exact_sum(&[(one.mantissa(), one.scale()), (other.mantissa(), other.scale())])
}

fn aligned_sum(terms: &[(i128, u32)]) -> Option<(i128, u32)> {
    let scale = terms.iter().map(|(_, scale)| *scale).max().unwrap_or(0);
    let aligned = |(digits, own): &(i128, u32)| digits.checked_mul(10i128.checked_pow(scale - own)?);
    let sum = terms.iter().try_fold(0i128, |sum, term| sum.checked_add(aligned(term)?))?;
    Some((sum, scale))
}

fn without_end_zeros(mut digits: i128, mut scale: u32) -> (i128, u32) {
    while scale > 0 && digits % 10 == 0 {
        (digits, scale) = (digits / 10, scale - 1);
    }
    (digits, scale)
}

/// How the digits of an amount are grouped, and which mark stands before its fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    #[default]
    Comma,
    Point,
    /// A thin gap and a comma.
    Space,
    Apostrophe,
    /// Lakh and crore.
    Indian,
    Plain,
}

impl Grouping {
    pub const ALL: [Grouping; 6] =
        [Grouping::Comma, Grouping::Point, Grouping::Space, Grouping::Apostrophe, Grouping::Indian, Grouping::Plain];
    /// Each of [`Grouping::ALL`] by example; its gap is one that no line is broken at.
    pub const WORDS: [&str; 6] = ["1,234.50", "1.234,50", "1 234,50", "1'234.50", "12,34,567.00", "1234.50"];

    /// What stands between groups.
    fn gap(self) -> Option<char> {
        match self {
            Grouping::Comma | Grouping::Indian => Some(','),
            Grouping::Point => Some('.'),
            Grouping::Space => Some('\u{a0}'),
            Grouping::Apostrophe => Some('\''),
            Grouping::Plain => None,
        }
    }

    /// What stands before the fraction.
    pub fn point(self) -> char {
        match self {
            Grouping::Point | Grouping::Space => ',',
            Grouping::Comma | Grouping::Apostrophe | Grouping::Indian | Grouping::Plain => '.',
        }
    }

    /// Whether a group ends where so many digits are left.
    fn ends(self, left: usize) -> bool {
        match self {
            Grouping::Indian => left == 3 || (left > 3 && left % 2 == 1),
            _ => left.is_multiple_of(3),
        }
    }

    /// Digits with at most one point, grouped; everything else comes back as it is.
    pub fn of_plain(self, plain: &str) -> String {
        let (whole, fraction) = plain.split_once('.').map_or((plain, None), |(whole, f)| (whole, Some(f)));
        let mut out = String::with_capacity(plain.len() + plain.len() / 2 + 3);
        for (at, digit) in whole.chars().enumerate() {
            if let Some(gap) = self.gap()
                && at > 0
                && self.ends(whole.len() - at)
            {
                out.push(gap);
            }
            out.push(digit);
        }
        if let Some(fraction) = fraction {
            out.push(self.point());
            out.push_str(fraction);
        }
        out
    }

    /// An amount that is grouped in the usual way, or not at all, as this one groups it; `None` for what is neither.
    pub fn again(self, usual: &str) -> Option<String> {
        let unsigned = usual.trim_start_matches(['-', MINUS]);
        let sign = usual.strip_suffix(unsigned)?;
        let plain = unsigned.replace(',', "");
        parse_decimal(&plain).ok()?;
        let known = unsigned == plain || unsigned == Grouping::Comma.of_plain(&plain);
        known.then(|| format!("{sign}{}", self.of_plain(&plain)))
    }

    /// A typed amount that somebody who groups like this may have meant in two ways, and how each is typed: `1.000` is
    /// a thousand to them, or one. A number that begins with a zero has no groups.
    pub fn two_ways(self, typed: &str) -> Option<(String, String)> {
        let (whole, fraction) = typed.split_once('.').filter(|_| self.gap() == Some('.'))?;
        let digits =
            |part: &str, least, most| (least..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole, 1, 3) || !digits(fraction, 3, 3) || whole.starts_with('0') {
            return None;
        }
        let short = fraction.trim_end_matches('0');
        let small = match short.len() {
            0 => whole.to_owned(),
            3 => format!("0{typed}"),
            _ => format!("{whole}.{short}"),
        };
        Some((format!("{whole}{fraction}"), small))
    }
}

/// An amount of one currency. Exact; arithmetic is checked and only within one currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    pub fn new(amount: Decimal, currency: Currency) -> Money {
        Money { amount, currency }
    }

    pub fn zero(currency: Currency) -> Money {
        Money::new(Decimal::ZERO, currency)
    }

    /// Reads an amount by the strict rule of [`parse_decimal`].
    pub fn parse(text: &str, currency: Currency) -> Result<Money, AmountError> {
        parse_decimal(text).map(|amount| Money::new(amount, currency))
    }

    pub fn amount(&self) -> Decimal {
        self.amount
    }

    pub fn currency(&self) -> Currency {
        self.currency
    }

    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    pub fn is_negative(&self) -> bool {
        self.amount.is_sign_negative() && !self.amount.is_zero()
    }

    /// The same amount without its sign.
    pub fn abs(&self) -> Money {
        Money::new(self.amount.abs(), self.currency)
    }

    pub fn negated(&self) -> Money {
        Money::new(-self.amount, self.currency)
    }

    /// The sum; `None` for two currencies or a sum that cannot be held.
    pub fn checked_add(&self, other: &Money) -> Option<Money> {
        (self.currency == other.currency)
            .then(|| exact_add(self.amount, other.amount))
            .flatten()
            .map(|sum| Money::new(sum, self.currency))
    }

    /// The largest amount of whole smallest units (cents) that is not above this one in size, and what is left of it.
    /// Acts send whole units only; what is left stays where it is.
    pub fn whole_units(&self) -> (Money, Money) {
        let whole = self.amount.trunc_with_scale(self.currency.scale());
        // Digits are dropped here, which every decimal can hold.
        let left = self.amount - whole;
        (Money::new(whole, self.currency), Money::new(left, self.currency))
    }

    /// The difference; `None` for two currencies or a difference that cannot be held.
    pub fn checked_sub(&self, other: &Money) -> Option<Money> {
        self.checked_add(&other.negated())
    }

    /// Compares within one currency; `None` for two.
    pub fn compare(&self, other: &Money) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.amount.cmp(&other.amount))
    }

    /// What goes into a request: plain digits with at least the scale of the currency, `50.00`.
    pub fn wire(&self) -> String {
        let mut shown = self.amount.normalize();
        if shown.scale() < self.currency.scale() {
            shown.rescale(self.currency.scale());
        }
        shown.to_string()
    }

    /// Grouped digits without the currency, at least the scale of the currency and never fewer digits
    /// than are not zero: `1,234.50`, `−0.125`.
    pub fn digits(&self) -> String {
        self.digits_in(Grouping::Comma)
    }

    /// The same, as somebody groups them.
    pub fn digits_in(&self, grouping: Grouping) -> String {
        let digits = grouping.of_plain(&self.abs().wire());
        if self.is_negative() { format!("{MINUS}{digits}") } else { digits }
    }

    /// The same at the scale of the currency, cut towards zero and never rounded: `1,218.33…` where something was cut,
    /// `0.00…` for what is less than that and not nothing.
    pub fn short_in(&self, grouping: Grouping) -> String {
        let cut = self.amount.trunc_with_scale(self.currency.scale());
        if cut == self.amount {
            return self.digits_in(grouping);
        }
        let digits = Money::new(cut.abs(), self.currency).digits_in(grouping);
        let minus = if self.is_negative() { MINUS.to_string() } else { String::new() };
        format!("{minus}{digits}{CUT}")
    }
}

/// Stands behind an amount that goes on.
pub const CUT: char = '…';

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.digits(), self.currency))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_amount_is_cut_at_the_scale_of_its_currency_and_says_so() {
        let of = |text: &str, currency: &str| {
            let money = Money::new(parse_decimal(text).unwrap(), Currency::parse(currency).unwrap());
            money.short_in(Grouping::Comma)
        };
        assert_eq!(of("10359801.335096417", "USD"), "10,359,801.33…");
        assert_eq!(of("2.999999999", "USD"), "2.99…", "nothing is rounded up");
        assert_eq!(of("-2.999", "USD"), "−2.99…", "towards zero");
        assert_eq!(of("0.004", "USD"), "0.00…");
        assert_eq!(of("-0.004", "USD"), "−0.00…");
        assert_eq!(of("0.000000000", "USD"), "0.00");
        assert_eq!(of("1.500000000", "USD"), "1.50");
        assert_eq!(of("12.5", "JPY"), "12…");
        assert_eq!(of("1.2345", "KWD"), "1.234…");
    }

    #[test]
    fn m7_odd_forms_are_refused_not_guessed() {
        for odd in [
            "", " ", "+5", "5.", ".5", "1e3", "1E3", "1_000", "1,000", "0x10", "NaN", "inf", "--5", "5-", "5.0.0",
            " 5", "5 ", "٣", "5\u{a0}", "−5", "1'000", "$5",
        ] {
            assert!(parse_decimal(odd).is_err(), "{odd:?} was taken for an amount");
        }
        assert_eq!(parse_decimal("50,00"), Err(AmountError::Comma));
    }

    #[test]
    fn m7_more_digits_than_can_be_held_are_refused_not_rounded() {
        assert_eq!(parse_decimal("99999999999999999999.999999999"), Err(AmountError::TooLong));
        assert_eq!(
            parse_decimal("99999999999999999999.99999999").unwrap().to_string(),
            "99999999999999999999.99999999"
        );
    }

    #[test]
    fn m7_an_exponent_of_an_answer_is_exact() {
        let reads = |text: &str, plain: &str| {
            let read = parse_wire_decimal(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(read, parse_decimal(plain).unwrap(), "{text}");
            assert_eq!(Money::new(read, Currency::USD).wire(), Money::parse(plain, Currency::USD).unwrap().wire());
        };
        reads("0E-9", "0");
        reads("-0E-9", "0");
        reads("0e+400", "0");
        reads("0.000E-99999999999999999999", "0");
        reads("1e-7", "0.0000001");
        reads("1E+3", "1000");
        reads("-1.50e1", "-15");
        reads("12.5E-3", "0.0125");
        reads("2.5e007", "25000000");
        reads("9999999999999999999999999999e0", "9999999999999999999999999999");
        reads("1e27", "1000000000000000000000000000");
        reads("1e-28", "0.0000000000000000000000000001");
        reads("1.000000000000000000000000000000000000", "1");
        reads("99999999999999999999.99999999000", "99999999999999999999.99999999");
        for too_long in
            ["1e28", "1e-29", "1e400", "1.5e-28", "12345678901234567890123456789e0", "1e99999999999999999999"]
        {
            assert_eq!(parse_wire_decimal(too_long), Err(AmountError::TooLong), "{too_long}");
        }
        for odd in ["", "e5", "1e", "1e+", "1e5e5", "1.e5", ".5e1", "+1e5", "1e1.5", "1e 5", "--1e5", "1e-", "NaN", "∞"]
        {
            assert!(parse_wire_decimal(odd).is_err(), "{odd}");
            assert!(parse_decimal(odd).is_err(), "{odd}");
        }
        assert_eq!(parse_decimal("1e3"), Err(AmountError::Shape), "what is typed has no exponent");
    }

    #[test]
    fn digits_are_grouped_and_never_dropped() {
        let show = |text: &str, code: &str| Money::parse(text, Currency::parse(code).unwrap()).unwrap().to_string();
        assert_eq!(show("1234567.5", "USD"), "1,234,567.50 USD");
        assert_eq!(show("2500.000000000", "USD"), "2,500.00 USD");
        assert_eq!(show("0.135", "USD"), "0.135 USD");
        assert_eq!(show("-23.1", "EUR"), "−23.10 EUR");
        assert_eq!(show("1200", "JPY"), "1,200 JPY");
        assert_eq!(show("-0.00", "USD"), "0.00 USD");
        assert_eq!(show("1.5", "usdttrc20"), "1.50 USDTTRC20");
    }

    #[test]
    fn each_grouping_is_what_its_example_says() {
        for (grouping, example) in Grouping::ALL.into_iter().zip(Grouping::WORDS) {
            let plain = if grouping == Grouping::Indian { "1234567" } else { "1234.5" };
            let shown = Money::parse(plain, Currency::USD).unwrap().digits_in(grouping);
            assert_eq!(shown.replace('\u{a0}', " "), example);
        }
        let long = |grouping| Money::parse("-1234567890.125", Currency::USD).unwrap().digits_in(grouping);
        assert_eq!(long(Grouping::Indian), "−1,23,45,67,890.125");
        assert_eq!(long(Grouping::Space), "−1\u{a0}234\u{a0}567\u{a0}890,125");
        assert_eq!(long(Grouping::Plain), "−1234567890.125");
        assert_eq!(Money::parse("999", Currency::parse("JPY").unwrap()).unwrap().digits_in(Grouping::Point), "999");
    }

    #[test]
    fn an_amount_in_a_sentence_is_grouped_again_and_nothing_else_is() {
        let point = |usual: &str| Grouping::Point.again(usual);
        assert_eq!(point("1,234.50").as_deref(), Some("1.234,50"));
        assert_eq!(point("−1234.5").as_deref(), Some("−1.234,5"));
        assert_eq!(Grouping::Indian.again("1,234,567.00").as_deref(), Some("12,34,567.00"));
        for neither in ["1.234,50", "12,34", "1,2345", "1.2.3", "", "-", ",", "12,34,567.00"] {
            assert_eq!(point(neither), None, "{neither}");
        }
    }

    /// M8: what could be a thousand or one is neither.
    #[test]
    fn m8_what_could_mean_two_amounts_is_told_as_both() {
        let two = |typed: &str| Grouping::Point.two_ways(typed);
        let ways = |large: &str, small: &str| Some((large.to_owned(), small.to_owned()));
        assert_eq!(two("1.000"), ways("1000", "1"));
        assert_eq!(two("12.500"), ways("12500", "12.5"));
        assert_eq!(two("1.251"), ways("1251", "01.251"));
        for clear in ["1000", "1.00", "1.0000", "0.125", "01.251", "1234.500", "1.000.000", "1.00x", "", "."] {
            assert_eq!(two(clear), None, "{clear}");
        }
        assert_eq!(Grouping::Comma.two_ways("1.000"), None);
        let (large, small) = two("1.251").unwrap();
        assert!(two(&large).is_none() && two(&small).is_none(), "what is offered is taken");
    }

    #[test]
    fn currencies_are_never_added_up() {
        let usd = Money::parse("1", Currency::USD).unwrap();
        let eur = Money::parse("1", Currency::EUR).unwrap();
        assert_eq!(usd.checked_add(&eur), None);
        assert_eq!(usd.compare(&eur), None);
        assert_eq!(usd.checked_sub(&usd), Some(Money::zero(Currency::USD)));
    }

    #[test]
    fn acts_move_whole_units_and_never_more_than_there_is() {
        let parts = |text: &str, currency: &str| {
            let (whole, left) = Money::parse(text, Currency::parse(currency).unwrap()).unwrap().whole_units();
            (whole.wire(), left.amount().normalize().to_string())
        };
        let both = |whole: &str, left: &str| (whole.to_owned(), left.to_owned());
        assert_eq!(parts("12.349999999", "USD"), both("12.34", "0.009999999"));
        assert_eq!(parts("0.009", "USD"), both("0.00", "0.009"));
        assert_eq!(parts("12.340000000", "USD"), both("12.34", "0"));
        assert_eq!(parts("100.9", "JPY"), both("100", "0.9"));
        assert_eq!(parts("1.2345", "KWD"), both("1.234", "0.0005"));
    }

    /// `Decimal` adds these to what it can hold, which is not their sum.
    #[test]
    fn m7_a_sum_is_exact_or_it_is_none() {
        let large = Decimal::MAX;
        let small = Decimal::new(1, 9);
        assert!(large.checked_add(small).is_some(), "rounded by the library");
        assert_eq!(exact_add(large, small), None);
        assert_eq!(Money::new(large, Currency::USD).checked_add(&Money::new(small, Currency::USD)), None);
        assert_eq!(exact_add(large, Decimal::new(0, 9)), Some(large));
        assert_eq!(exact_add(large, -large), Some(Decimal::ZERO));
        assert_eq!(exact_add(Decimal::new(15, 1), Decimal::new(250, 2)), Some(Decimal::from(4)));
        assert_eq!(exact_add(large, Decimal::ONE), None);
        assert_eq!(exact_sum(&[]), Some(Decimal::ZERO));
        let many = large.mantissa() * 2;
        assert_eq!(exact_sum(&[(many, 0), (-large.mantissa(), 0)]), Some(large), "only the sum has to fit");
    }

    #[test]
    fn overflow_is_none_not_a_panic() {
        let most = Money::new(Decimal::MAX, Currency::USD);
        assert_eq!(most.checked_add(&most), None);
        let _ = most.digits();
        let _ = most.wire();
    }

    proptest! {
        /// M7: text → money → wire → money gives the same amount, at any scale up to nine decimals.
        #[test]
        fn m7_round_trip(whole in 0u64..10_000_000_000_000_000, fraction in proptest::option::of("[0-9]{1,9}"), negative: bool) {
            let mut text = whole.to_string();
            if let Some(fraction) = &fraction { text = format!("{text}.{fraction}"); }
            if negative { text.insert(0, '-'); }
            let money = Money::parse(&text, Currency::USD).unwrap();
            prop_assert_eq!(Money::parse(&money.wire(), Currency::USD).unwrap(), money);
            let ungrouped: String = money.digits().replace(',', "").replace(MINUS, "-");
            prop_assert_eq!(Money::parse(&ungrouped, Currency::USD).unwrap(), money);
        }

        /// No grouping loses or adds a digit.
        #[test]
        fn m7_every_grouping_is_read_back(whole in 0u64..10_000_000_000_000_000, cents in 0u8..100, at in 0usize..6) {
            let grouping = Grouping::ALL[at];
            let money = Money::parse(&format!("{whole}.{cents:02}"), Currency::USD).unwrap();
            let shown = money.digits_in(grouping);
            let (groups, fraction) = shown.rsplit_once(grouping.point()).unwrap();
            let plain: String = groups.chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(Money::parse(&format!("{plain}.{fraction}"), Currency::USD).unwrap(), money);
            prop_assert_eq!(grouping.again(&money.digits()), Some(shown));
        }

        /// M7: a number with an exponent is the number that is written out.
        #[test]
        fn m7_an_exponent_is_only_another_way_to_write(units in 0u64..1_000_000_000_000, scale in 0u32..12, power in -12i64..13, negative: bool) {
            let sign = if negative { "-" } else { "" };
            let mantissa = Decimal::from_i128_with_scale(i128::from(units), scale);
            let read = parse_wire_decimal(&format!("{sign}{mantissa}e{power}")).unwrap();
            let ten = Decimal::from(10u32.pow(6)) * Decimal::from(10u32.pow(6));
            let tens = (0..power.unsigned_abs()).fold(Decimal::ONE, |tens, _| tens * Decimal::TEN);
            prop_assert!(tens <= ten);
            let expected = if power < 0 { mantissa / tens } else { mantissa * tens };
            prop_assert_eq!(read, if negative { -expected } else { expected });
        }

        #[test]
        fn m7_any_text_never_panics(text in "\\PC{0,40}", digits in "-?[0-9.eE+-]{0,60}") {
            for text in [&text, &digits] {
                if let Ok(value) = parse_wire_decimal(text) {
                    let _ = Money::new(value, Currency::USD).digits();
                }
            }
            if let Ok(value) = parse_decimal(&text) {
                let _ = Money::new(value, Currency::USD).digits();
            }
        }
    }
}
