//! What is called low or high, by the thresholds of the profile. Always a sign and a word, and a colour on top.

use super::msg::Setup;
use crate::domain::field::Field;
use crate::domain::money::Money;

/// The sign of a balance that is low.
pub const LOW: &str = "▾";
/// The sign of a rate that is high.
pub const HIGH: &str = "▴";
/// Fewer purchases say nothing of a rate.
const SAMPLE: usize = 5;

/// The threshold that an available amount is below: its own currency's, else the one for all.
pub fn low(available: &Field<Money>, setup: &Setup) -> Option<Money> {
    let available = available.known()?;
    let of = |currency| setup.low_balance.iter().find(|low| low.currency == currency);
    let threshold = of(Some(available.currency())).or_else(|| of(None))?;
    (available.amount() < threshold.amount).then(|| Money::new(threshold.amount, available.currency()))
}

/// The percent from which on a rate is high, when so many of so many declines are.
pub fn high(declined: usize, purchases: usize, setup: &Setup) -> Option<u8> {
    let percent = setup.decline_rate?;
    let is_high = declined as u128 * 100 >= purchases as u128 * u128::from(percent);
    (is_high && purchases >= SAMPLE).then_some(percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use crate::domain::settings::LowBalance;
    use rust_decimal::Decimal;

    #[test]
    fn the_currency_has_its_own_threshold_and_the_edge_is_not_low() {
        let low_balance = vec![
            LowBalance { currency: Some(Currency::EUR), amount: Decimal::from(400) },
            LowBalance { currency: None, amount: Decimal::from(500) },
        ];
        let setup = Setup { low_balance, ..Setup::default() };
        let is_low = |text: &str, currency| low(&Field::Known(Money::parse(text, currency).unwrap()), &setup).is_some();
        assert!(is_low("499.99", Currency::USD) && !is_low("500", Currency::USD));
        assert!(is_low("399.99", Currency::EUR) && !is_low("450", Currency::EUR));
        assert!(is_low("-1", Currency::USD));
        assert_eq!(low(&Field::Unreadable, &setup), None);
        assert_eq!(low(&Field::Absent, &setup), None);
    }

    #[test]
    fn a_rate_is_high_from_the_threshold_on_and_only_of_enough_purchases() {
        let setup = Setup { decline_rate: Some(20), ..Setup::default() };
        assert_eq!(high(1, 5, &setup), Some(20));
        assert_eq!(high(1, 6, &setup), None);
        assert_eq!(high(4, 4, &setup), None);
        assert_eq!(high(0, 100, &setup), None);
        assert_eq!(high(9, 10, &Setup::default()), None);
    }
}
