//! How rows compare, whatever list they stand in: absent last, whichever way the column runs.

use std::cmp::{Ordering, Reverse};

use rust_decimal::Decimal;

pub use crate::app::sort_columns::Sort;
use crate::domain::field::Field;
use crate::domain::money::{Currency, Money};

fn lower(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

/// Compares texts without regard to case; absent ones last.
pub fn texts(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => lower(a).cmp(lower(b)),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// A number that never contradicts [`texts`].
pub fn text_rank(text: Option<&str>) -> u64 {
    let Some(text) = text else { return u64::MAX };
    let mut bytes = [0; 8];
    let mut at = 0;
    'letters: for letter in lower(text) {
        for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
            let Some(slot) = bytes.get_mut(at) else { break 'letters };
            *slot = byte;
            at += 1;
        }
    }
    u64::from_be_bytes(bytes)
}

/// What stands for a text where many are sorted: keys compare as [`texts`] compares the texts.
pub fn text_key(text: Option<&str>) -> (u64, String) {
    // The order of letters is that of their bytes in UTF-8.
    (text_rank(text), lower(text.unwrap_or_default()).collect())
}

/// Sorts rows by a text of each, as [`texts`] compares them; equal ones stay as they come. The text is read once
/// for each row, not for each comparison.
pub fn by_text<'t, R: Copy>(rows: impl Iterator<Item = R>, of: impl Fn(R) -> Option<&'t str>) -> Vec<R> {
    let mut keyed: Vec<((u64, String), R)> = rows.map(|row| (text_key(of(row)), row)).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// Sorts rows by a key of each, which is made once. Equal ones stay as they come, turned round too.
pub fn by_key<R, K: Ord>(rows: &mut [R], turned: bool, key: impl Fn(&R) -> K) {
    match turned {
        true => rows.sort_by_cached_key(|row| Reverse(key(row))),
        false => rows.sort_by_cached_key(key),
    }
}

/// Compares amounts, the largest first, each currency by itself; what is not known last.
pub fn amounts(a: &Field<Money>, b: &Field<Money>) -> Ordering {
    amount_key(a.known()).cmp(&amount_key(b.known()))
}

/// What [`amounts`] compares.
pub fn amount_key(amount: Option<&Money>) -> (bool, Option<(Currency, Reverse<Decimal>)>) {
    (amount.is_none(), amount.map(|money| (money.currency(), Reverse(money.amount()))))
}

/// A number that never contradicts [`amounts`].
pub fn amount_rank(amount: &Field<Money>) -> u64 {
    amount_rank_exact(amount).0
}

/// The same, and whether amounts of this number are equal.
pub fn amount_rank_exact(amount: &Field<Money>) -> (u64, bool) {
    const MIDDLE: i64 = 1 << 39;
    let Some(money) = amount.known() else { return (u64::MAX, true) };
    let currency = money.currency();
    let code = currency.as_str().bytes().chain([0; 3]).take(3).fold(0u64, |code, byte| code << 8 | u64::from(byte));
    // Longer codes share their first letters with others: they are told apart by comparing.
    if currency.as_str().len() > 3 {
        return (code << 40 | ((1 << 40) - 1), false);
    }
    let (hundredths, whole) = hundredths(money.amount());
    let hundredths = i64::try_from(hundredths.clamp(-i128::from(MIDDLE), i128::from(MIDDLE - 1))).unwrap_or(-MIDDLE);
    // At the two ends stands all that is beyond them.
    let exact = whole && hundredths > -MIDDLE && hundredths < MIDDLE - 1;
    (code << 40 | u64::try_from(MIDDLE - 1 - hundredths).unwrap_or(0), exact)
}

/// The whole hundredths of an amount, and whether nothing is left over.
fn hundredths(amount: Decimal) -> (i128, bool) {
    let (mantissa, scale) = (amount.mantissa(), amount.scale());
    match scale {
        // A mantissa has 96 bits: there is room.
        0..=2 => (mantissa * 10i128.pow(2 - scale), true),
        _ => {
            let unit = 10i128.pow(scale - 2);
            (mantissa / unit, mantissa % unit == 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money() -> impl Strategy<Value = Field<Money>> {
        let codes = prop::sample::select(vec!["USD", "EUR", "JPY", "USDT", "USDC"]);
        let amounts = prop_oneof![-1000i64..1000, any::<i64>()];
        prop::option::of((codes, amounts, 0u32..9)).prop_map(|parts| {
            parts
                .map(|(code, amount, scale)| {
                    Money::new(rust_decimal::Decimal::new(amount, scale), Currency::parse(code).unwrap())
                })
                .into()
        })
    }

    proptest! {
        #[test]
        fn a_rank_never_contradicts_its_comparison(a in money(), b in money(), s in ".{0,12}", t in ".{0,12}") {
            prop_assert!(amount_rank(&a).cmp(&amount_rank(&b)).then(amounts(&a, &b)) == amounts(&a, &b));
            let (one, other) = (amount_rank_exact(&a), amount_rank_exact(&b));
            if one.0 == other.0 && one.1 && other.1 {
                prop_assert_eq!(amounts(&a, &b), Ordering::Equal);
            }
            prop_assert_eq!(amounts(&a, &b), amounts(&b, &a).reverse());
            let (s, t) = (Some(s.as_str()), Some(t.as_str()));
            prop_assert!(text_rank(s).cmp(&text_rank(t)).then(texts(s, t)) == texts(s, t));
            for (s, t) in [(s, t), (s, None), (None, t), (None, None)] {
                prop_assert_eq!(text_key(s).cmp(&text_key(t)), texts(s, t));
            }
        }

        #[test]
        fn rows_by_their_texts_stand_as_comparing_would_put_them(
            rows in prop::collection::vec(prop::option::of("[aAßé\u{0}日 ]{0,10}"), 0..40),
        ) {
            let of = |row: usize| rows[row].as_deref();
            let mut compared: Vec<usize> = (0..rows.len()).collect();
            compared.sort_by(|a, b| texts(of(*a), of(*b)));
            prop_assert_eq!(by_text(0..rows.len(), of), compared);
        }
    }
}
