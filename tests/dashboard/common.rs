//! What rows have in common is asked once for all of them: that must never change what is found, or where it stands.

use std::cmp::Ordering;

use chrono::TimeDelta;
use fourpay::app::Model;
use fourpay::app::filter::OfTransaction;
use fourpay::app::list::Rows;
use fourpay::app::msg::{Answer, Topic};

use fourpay::app::store::{Scope, Store, TxRow};
use fourpay::domain::field::Field;
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::{Feed, More, Transaction, TransactionKind, TransactionStatus};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::fixture::*;

/// Rows that say the same in other letters, nothing, or what only they say.
fn odd() -> impl Strategy<Value = Transaction> {
    let merchants = prop::sample::select(vec![None, Some("Uber"), Some("UBER"), Some("uber eats"), Some("Äther")]);
    let said = prop::sample::select(vec![None, Some("uber"), Some("ref fp-1"), Some("Card service"), Some("zzz")]);
    let reasons = prop::sample::select(vec![None, Some("insufficient funds"), Some("expired")]);
    let kinds = prop::sample::select(vec![
        TransactionKind::Purchase,
        TransactionKind::TopUp,
        TransactionKind::from_wire("gift"),
    ]);
    let statuses = prop::sample::select(vec![
        TransactionStatus::Completed,
        TransactionStatus::Declined,
        TransactionStatus::from_wire("melted"),
    ]);
    let amounts = prop_oneof![Just(None), (-500i64..500, 0u32..5).prop_map(Some)];
    let codes = prop::sample::select(vec!["USD", "EUR", "USDT", "USDC"]);
    let where_ = (0usize..60, 0usize..140, 0i64..4);
    (where_, merchants, said, reasons, kinds, statuses, amounts, codes).prop_map(
        |((at, of, day), merchant, said, reason, kind, status, amount, code)| {
            let more = More {
                decline_reason: reason.map(SafeText::prose),
                description: said.map(SafeText::prose),
                ..More::default()
            };
            let card = card(of);
            let amount =
                amount.map(|(amount, scale)| Money::new(Decimal::new(amount, scale), Currency::parse(code).unwrap()));
            Transaction {
                id: transaction_id(9_000 + at),
                account: card.account.clone(),
                // Some cards were not read.
                card: (of < 135).then_some(card.id),
                merchant: merchant.map(SafeText::name),
                kind,
                status,
                amount: amount.into(),
                created_at: Field::Known(wall() - TimeDelta::days(day)),
                updated_at: Field::Absent,
                more: (said.is_some() || reason.is_some()).then(|| Box::new(more)),
                ..transaction(at)
            }
        },
    )
}

fn lower(text: Option<&SafeText>) -> (bool, String) {
    (text.is_none(), text.map_or(String::new(), |text| text.as_str().to_lowercase()))
}

/// The order of a column as a person would put it, and then the newest first.
fn expected(store: &Store, column: usize, x: &Transaction, y: &Transaction) -> Ordering {
    let subject = |row: &Transaction| lower(row.merchant.as_ref().or(row.description()));
    let money = |row: &Transaction| row.signed().known().copied();
    let by = match column {
        1 => x.kind.cmp(&y.kind),
        2 => subject(x).cmp(&subject(y)),
        3 => match (money(x), money(y)) {
            (Some(a), Some(b)) => a.currency().cmp(&b.currency()).then(b.amount().cmp(&a.amount())),
            (a, b) => a.is_none().cmp(&b.is_none()),
        },
        4 => x.status.cmp(&y.status),
        5 => {
            let four = |row: &Transaction| row.card.as_ref().and_then(|id| store.card(id))?.number.last_four;
            let key = |row: &Transaction| (row.card.is_none(), four(row).is_none(), four(row), row.card.clone());
            key(x).cmp(&key(y))
        }
        6 => {
            let account = |row: &Transaction| row.account.as_ref().and_then(|id| store.account(id)).cloned();
            lower(account(x).as_ref().map(|account| &account.name))
                .cmp(&lower(account(y).as_ref().map(|account| &account.name)))
        }
        _ => Ordering::Equal,
    };
    by.then(y.created_at.known().cmp(&x.created_at.known())).then(y.id.cmp(&x.id))
}

fn shown(model: &Model) -> Vec<TxRow> {
    let rows = model.transaction_rows();
    (0..rows.len()).filter_map(|at| rows.get(at)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn sorted_and_found_as_if_each_row_were_asked(
        first in prop::collection::vec(odd(), 1..60),
        then in prop::collection::vec(odd(), 0..40),
        column in 0usize..7,
        turned in any::<bool>(),
        typed in prop::sample::select(vec!["", "u", "ub", "uber", "card", "zzz", "-uber", "ä", "fp-1", "insuff",
            "status:mel", "type:gift", "merchant:uber", "merchant:-", "last4:1", "holder:a", "amount:>1", "4 u", "main -u"]),
    ) {
        let mut model = fresh((160, 48));
        answer(&mut model, at(2), Topic::History(Feed::Cards), 40, Answer::Transactions(batch(first)));
        press(&mut model, at(3), &format!("3{}{}", "s".repeat(column), if turned { "S" } else { "" }));
        if !typed.is_empty() {
            press(&mut model, at(3), &format!("/{typed}<Enter>"));
        }
        // Rows come in, and rows say something else now.
        for (number, row) in then.into_iter().enumerate() {
            let asked = 50 + number as u64;
            answer(&mut model, at(4), Topic::Newest(Feed::Cards), asked, Answer::Transactions(batch(vec![row])));
        }
        for anew in [false, true] {
            if anew {
                // Sorted as a whole, not kept by insertion.
                press(&mut model, at(5), &format!("sssssss{}", if turned { "S" } else { "" }));
            }
            let store = model.store();
            let rows = shown(&model);
            let query = model.query();
            let fits = |row: &TxRow| query.matches(&OfTransaction(store, store.transactions.get(*row)));
            let wanted = store.transactions.newest(&Scope::All).iter().filter(fits).count();
            prop_assert!(rows.iter().all(fits));
            prop_assert_eq!(rows.len(), wanted);
            for pair in rows.windows(2) {
                let [a, b] = [pair[0], pair[1]].map(|row| store.transactions.get(row));
                let order = expected(store, column, a, b);
                prop_assert_eq!(if turned { order.reverse() } else { order }, Ordering::Less, "{:?} {:?}", a, b);
            }
        }
    }
}
