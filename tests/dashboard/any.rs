//! Any messages in any order at any size: nothing panics, and the cursor is on a row that is there.

use fourpay::app::list::Rows;
use fourpay::app::msg::{Answer, Batch, Key, KeyCode, Link, Msg, Topic};

use fourpay::app::panes::Pane;
use fourpay::app::panes::inspector::Subject;
use fourpay::app::store::Scope;
use fourpay::app::{Model, actions, update};
use fourpay::domain::failure::FailureKind;
use fourpay::domain::field::Field;
use fourpay::domain::transaction::{Feed, Transaction};
use proptest::prelude::*;

use crate::fixture::*;

fn any_key() -> impl Strategy<Value = Msg> {
    let keys: Vec<Key> = actions::table().iter().flat_map(|action| action.keys).copied().collect();
    prop_oneof![
        9 => prop::sample::select(keys).prop_map(Msg::Pressed),
        1 => any::<char>().prop_map(|c| Msg::Pressed(Key { code: KeyCode::Char(c), ctrl: false, alt: false })),
    ]
}

fn any_topic() -> impl Strategy<Value = Topic> {
    prop_oneof![
        Just(Topic::Accounts),
        Just(Topic::Cardholders),
        (0usize..8).prop_map(|at| Topic::HolderCards(holder_id(at))),
        (0usize..5).prop_map(|at| Topic::Cards(account_id(at))),
        (0usize..5).prop_map(|at| Topic::Account(account_id(at))),
        (0usize..140).prop_map(|at| Topic::CardTransactions(card_id(at))),
        prop::sample::select(vec![Feed::Cards, Feed::Accounts]).prop_map(Topic::Newest),
        prop::sample::select(vec![Feed::Cards, Feed::Accounts]).prop_map(Topic::History),
    ]
}

fn any_reply() -> impl Strategy<Value = Msg> {
    let rows = (0usize..400, 0usize..30, any::<i64>(), 0u8..8).prop_map(|(from, count, cents, odd)| {
        (from..from + count)
            .map(|n| Transaction {
                amount: if odd == 0 { Field::Unreadable } else { Field::Known(usd(cents)) },
                created_at: if odd == 1 { Field::Absent } else { transaction(n).created_at },
                ..transaction(n)
            })
            .collect::<Vec<_>>()
    });
    let cards =
        (0usize..140, 0usize..30).prop_map(|(from, count)| (from..from + count).map(held_card).collect::<Vec<_>>());
    let people = (0usize..8).prop_map(|count| {
        let people = holders().into_iter().take(count).collect();
        (Topic::Cardholders, Ok(Answer::Cardholders(batch(people))))
    });
    let of = |items| Batch { items, skipped: 1, last: false, short: None };
    prop_oneof![
        (0usize..5).prop_map(|count| {
            let answer = Answer::Accounts(batch(accounts().into_iter().take(count).collect()));
            (Topic::Accounts, Ok(answer))
        }),
        rows.prop_map(move |items| (Topic::Newest(Feed::Cards), Ok(Answer::Transactions(of(items))))),
        (cards, 0usize..5).prop_map(|(items, account)| {
            (
                Topic::Cards(account_id(account)),
                Ok(Answer::Cards(Batch { items, skipped: 0, last: false, short: None })),
            )
        }),
        people,
        any_topic().prop_map(|topic| (topic, Err(failure(FailureKind::TimedOut, "read something")))),
    ]
    .prop_flat_map(|(topic, outcome)| {
        (0u64..50).prop_map(move |asked| Msg::Replied { topic: topic.clone(), asked, outcome: outcome.clone() })
    })
}

fn any_msg() -> impl Strategy<Value = Msg> {
    prop_oneof![
        8 => any_key(),
        5 => any_reply(),
        2 => (0u16..300, 0u16..300).prop_map(|(columns, rows)| Msg::Resized(columns, rows)),
        1 => (40u16..180, 10u16..60).prop_map(|(columns, rows)| Msg::Resized(columns, rows)),
        1 => any_topic().prop_map(Msg::Asked),
        1 => prop::sample::select(vec![Msg::Woke, Msg::Resumed, Msg::FocusLost, Msg::Pasted("jq\u{1b}[2J".into())]),
        1 => (any::<i64>(), 0u64..500).prop_map(|(skew, until)| {
            Msg::LinkChanged(Link { skew: Some(skew), held_until: Some(at(until).up), ..Link::default() })
        }),
    ]
}

/// The row under the cursor of the focused pane is one of its rows.
fn stands_on_a_living_row(model: &Model) -> bool {
    match (model.focus(), model.subject()) {
        (Pane::Accounts, _) => match model.account_row() {
            Some(Some(id)) => model.store().account(id).is_some(),
            Some(None) => true,
            None => false,
        },
        // Its lines are about no one record.
        (Pane::Insights, Subject::Nothing) => true,
        (_, Subject::Nothing) => model.rows() == 0,
        (_, Subject::Card(row)) => {
            let card = model.store().cards.get(row);
            match model.holder() {
                Some(id) => card.holder_id.as_ref() == Some(id),
                None => model.account().is_none_or(|id| card.account.as_ref() == Some(id)),
            }
        }
        (_, Subject::Transaction(row)) => {
            let row = model.store().transactions.get(row);
            match model.scope() {
                Scope::All => true,
                Scope::Account(id) => row.account == Some(id),
                Scope::Card(id) => row.card == Some(id),
                Scope::Holder(id) => {
                    let card = row.card.as_ref().and_then(|card| model.store().card(card));
                    card.is_some_and(|card| card.holder_id == Some(id))
                }
            }
        }
        (_, Subject::Holder(id)) => model.store().holder(&id).is_some(),
        (_, Subject::AllAccounts | Subject::Account(_)) => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn r5_any_messages_at_any_size(
        size in prop_oneof![(0u16..300, 0u16..300), (60u16..170, 15u16..50)],
        filled: bool,
        msgs in prop::collection::vec(any_msg(), 1..40),
    ) {
        let mut size = size;
        let mut model = if filled { fresh(size) } else { Model::new(setup(), size, at(0)) };
        for (second, msg) in (3u64..).zip(msgs) {
            if let Msg::Resized(columns, rows) = &msg {
                size = (*columns, *rows);
            }
            let before = draw(&model, at(second), size);
            let told = format!("{msg:?}");
            let redraw = update(&mut model, at(second), msg).redraw;
            let after = draw(&model, at(second), size);
            prop_assert!(stands_on_a_living_row(&model), "{:?} after {told}", model.subject());
            // What is not said to be another picture is the same one.
            prop_assert!(redraw || before == after, "{told}\n{:#?}\n{:#?}", lines(&before), lines(&after));
        }
    }

    #[test]
    fn r5_every_size_draws(columns in 0u16..300, rows in 0u16..300, keys in "[1234zjG?]{0,4}") {
        let mut model = stale((columns, rows));
        press(&mut model, at(91), &keys);
        draw(&model, at(91), (columns, rows));
        // A frame of another size than the model knows yet: a resize on its way.
        draw(&model, at(91), (rows, columns));
    }
}

#[test]
fn a_sorted_list_stays_sorted_whatever_comes() {
    let mut model = fresh((160, 48));
    press(&mut model, at(3), "3sss");
    for round in 0..20u64 {
        let some = (0..30).map(|n| transaction(mix(n + round as usize * 31) % 900)).collect();
        answer(&mut model, at(4), Topic::Newest(Feed::Cards), 10 + round, Answer::Transactions(batch(some)));
    }
    let rows = model.transaction_rows();
    let store = model.store();
    let amounts: Vec<_> =
        (0..rows.len()).filter_map(|at| rows.get(at)).map(|row| store.transactions.get(row).signed()).collect();
    assert_eq!(amounts.len(), store.transactions.len());
    for pair in amounts.windows(2) {
        let (a, b) = (pair[0].known().unwrap(), pair[1].known().unwrap());
        assert!(a.currency() != b.currency() || a.amount() >= b.amount());
    }
}

/// What a filter of the accounts says of an empty list is another thing once there are certainly none.
#[test]
fn no_accounts_at_all_is_another_picture_under_a_filter() {
    for size in [(60, 15), (80, 24), (160, 48)] {
        let mut model = Model::new(setup(), size, at(0));
        answer(&mut model, at(3), Topic::Newest(Feed::Cards), 1, Answer::Transactions(batch(transactions(20))));
        answer(&mut model, at(5), Topic::Cards(account_id(1)), 2, Answer::Cards(batch(cards())));
        press(&mut model, at(6), "1/u");
        let before = draw(&model, at(8), size);
        let redraw = answer(&mut model, at(8), Topic::Accounts, 39, Answer::Accounts(batch(vec![]))).redraw;
        let after = draw(&model, at(8), size);
        assert!(redraw || before == after, "{:#?}\n{:#?}", lines(&before), lines(&after));
    }
}
