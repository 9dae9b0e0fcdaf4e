//! Rows arrive and change while a person reads: what stays, what moves, what is said.

use fourpay::app::Model;
use fourpay::app::msg::{Answer, Msg, Topic};

use fourpay::app::update;
use fourpay::domain::field::Field;
use fourpay::domain::transaction::{Feed, Transaction};

use crate::fixture::*;

const SIZE: (u16, u16) = (160, 48);

/// Brand-new transactions, at the given second.
fn arrive(model: &mut Model, second: u64, numbers: std::ops::Range<usize>) -> bool {
    let rows = numbers.map(|n| Transaction { created_at: Field::Known(at(second).wall), ..transaction(5000 + n) });
    answer(model, at(second), Topic::Newest(Feed::Cards), second, Answer::Transactions(batch(rows.collect()))).redraw
}

fn screen(model: &Model) -> Vec<String> {
    lines(&draw(model, at(100), SIZE))
}

/// Rows of the list of transactions, without the marker of the selected one.
fn rows(model: &Model) -> Vec<String> {
    let from = screen(model).iter().position(|line| line.contains("3 Transactions")).unwrap() + 2;
    screen(model)[from..46].iter().map(|line| line.chars().skip(3).take(100).collect()).collect()
}

fn title(model: &Model) -> String {
    screen(model).into_iter().find(|line| line.contains("3 Transactions")).unwrap()
}

fn selected(model: &Model) -> String {
    let lines = screen(model);
    lines.iter().skip(21).find(|line| line.contains('▸')).unwrap().chars().skip(3).take(100).collect()
}

#[test]
fn untouched_the_list_follows_the_newest() {
    let mut model = fresh(SIZE);
    let before = rows(&model);
    assert!(arrive(&mut model, 10, 0..2));
    assert_eq!(rows(&model)[2..], before[..before.len() - 2]);
    // Following scrolls, it does not select another row.
    assert_eq!(selected(&model), rows(&model)[2]);
    assert!(!title(&model).contains("new"), "{}", title(&model));
}

#[test]
fn at_the_top_new_rows_come_in_and_the_chosen_row_stays_chosen() {
    let mut model = fresh(SIZE);
    press(&mut model, at(5), "3jj");
    let (chosen, before) = (selected(&model), rows(&model));
    arrive(&mut model, 10, 0..3);
    assert_eq!(selected(&model), chosen);
    assert_eq!(rows(&model)[3..], before[..before.len() - 3]);
}

#[test]
fn scrolled_down_nothing_moves_and_the_title_counts() {
    let mut model = fresh(SIZE);
    press(&mut model, at(5), "3<PgDn><PgDn>kkk");
    let (chosen, before) = (selected(&model), rows(&model));
    assert!(arrive(&mut model, 10, 0..7));
    assert_eq!((selected(&model), rows(&model)), (chosen, before));
    assert!(title(&model).contains("live · 7 new"), "{}", title(&model));
    press(&mut model, at(11), "g");
    assert!(!title(&model).contains("new"));
    arrive(&mut model, 12, 10..11);
    assert_eq!(selected(&model), rows(&model)[1]);
    // Until there is no line for it any more: the list goes on following.
    arrive(&mut model, 13, 20..60);
    assert_eq!(selected(&model), rows(&model)[0]);
    assert!(!title(&model).contains("new"));
}

#[test]
fn paused_nothing_moves_even_at_the_top() {
    let mut model = fresh(SIZE);
    press(&mut model, at(5), "p");
    let before = rows(&model);
    arrive(&mut model, 10, 0..12);
    assert_eq!(rows(&model), before);
    assert!(title(&model).contains("paused · 12 arrived"), "{}", title(&model));
    press(&mut model, at(11), "p");
    assert_eq!(selected(&model), rows(&model)[0]);
    assert_eq!(rows(&model)[12..], before[..before.len() - 12]);
    assert!(title(&model).contains("live") && !title(&model).contains("arrived"), "{}", title(&model));
}

#[test]
fn older_history_is_no_arrival() {
    let mut model = fresh(SIZE);
    press(&mut model, at(5), "3<PgDn><PgDn>");
    let before = rows(&model);
    let older = (300..320).map(transaction).collect();
    answer(&mut model, at(9), Topic::History(Feed::Cards), 9, Answer::Transactions(batch(older)));
    assert_eq!(rows(&model), before);
    assert!(!title(&model).contains("new"));
}

#[test]
fn sorted_by_amount_the_chosen_row_keeps_its_line() {
    let mut model = fresh(SIZE);
    press(&mut model, at(5), "3sss<PgDn><PgDn><PgDn>kk");
    let before = rows(&model);
    let line = before.iter().position(|row| *row == selected(&model)).unwrap();
    arrive(&mut model, 10, 0..40);
    let after = rows(&model);
    assert_eq!(after.iter().position(|row| *row == selected(&model)), Some(line));
    assert_eq!(after[line], before[line]);
    let amounts: Vec<_> = after.iter().filter(|row| row.contains("USD")).collect();
    assert!(amounts.len() > 5, "{after:?}");
}

#[test]
fn a_card_that_changes_its_place_keeps_the_cursor() {
    let mut model = fresh(SIZE);
    press(&mut model, at(5), "2ssssjjjj");
    let before = model.subject();
    let changed = fourpay::domain::card::Card { balance: Field::Known(usd(1)), ..card(64) };
    answer(&mut model, at(6), Topic::Card(account_id(1), card_id(64)), 9, Answer::Card(Box::new(changed)));
    assert_eq!(model.subject(), before);
    press(&mut model, at(7), "gG");
    assert!(screen(&model).iter().any(|line| line.contains("0.01 USD")), "{:#?}", screen(&model));
}

#[test]
fn r7_a_reply_that_changes_nothing_draws_nothing() {
    let mut model = fresh(SIZE);
    let same = Answer::Accounts(batch(accounts()));
    assert!(!update(&mut model, at(9), Msg::Asked(Topic::Accounts)).redraw);
    assert!(!answer(&mut model, at(10), Topic::Accounts, 20, same).redraw);
    let same = Answer::Transactions(batch(transactions(20)));
    assert!(!answer(&mut model, at(10), Topic::Newest(Feed::Cards), 21, same).redraw);
    assert_eq!(model.wake_at(), Some(setup().locking.lock_after), "for the lock alone");
    for msg in [Msg::Woke, Msg::FocusLost, Msg::FocusGained, Msg::Pasted("q".into())] {
        let outcome = update(&mut model, at(30), msg);
        assert!(!outcome.redraw && outcome.effects.is_empty());
    }
}

#[test]
fn before_the_first_answer_the_sign_turns_slowly() {
    let mut model = Model::new(setup(), SIZE, at(0));
    let first = model.wake_at().unwrap();
    assert!(first >= std::time::Duration::from_millis(120));
    let now = fourpay::app::msg::Now { up: first, ..at(0) };
    assert!(update(&mut model, now, Msg::Woke).redraw);
}

#[test]
fn a_message_goes_by_itself() {
    let mut model = fresh(SIZE);
    press(&mut model, at(5), "1h");
    let goes = model.wake_at().unwrap();
    assert!(screen(&model).iter().any(|line| line.contains("pane left: this is the first pane")));
    let now = fourpay::app::msg::Now { up: goes, ..at(5) };
    assert!(update(&mut model, now, Msg::Woke).redraw);
    assert!(!screen(&model).iter().any(|line| line.contains("this is the first pane")));
    assert_eq!(model.wake_at(), Some(at(5).up + setup().locking.lock_after), "for the lock alone");
}
