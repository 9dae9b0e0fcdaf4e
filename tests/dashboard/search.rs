//! Looking for transactions that are older than what is loaded: what is asked, what is kept, what is said.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use fourpay::app::Model;
use fourpay::app::msg::{Answer, Batch, Effect, Topic};

use fourpay::app::msg::Sought;
use fourpay::app::store::Scope;
use fourpay::domain::failure::{Failure, FailureKind};
use fourpay::domain::field::Field;
use fourpay::domain::transaction::{Feed, Transaction, TransactionKind, TransactionStatus};

use crate::fixture::*;

const SIZE: (u16, u16) = (100, 30);

/// Rows of the feed of cards that are loaded, an hour apart; there are more before them.
const LOADED: usize = 40;

fn when(number: usize) -> DateTime<Utc> {
    wall() - TimeDelta::hours(number as i64)
}

/// A row of the feed; every seventh is declined.
fn row(number: usize) -> Transaction {
    let status = if number.is_multiple_of(7) { TransactionStatus::Declined } else { TransactionStatus::Completed };
    Transaction {
        kind: TransactionKind::Purchase,
        status,
        more: None,
        created_at: Field::Known(when(number)),
        updated_at: Field::Known(when(number)),
        id: transaction_id(number),
        ..transaction(number % 300)
    }
}

/// The list of transactions of a merchant whose feed of accounts is here and whose feed of cards is not.
fn part() -> Model {
    part_of(SIZE)
}

fn part_of(size: (u16, u16)) -> Model {
    let mut model = Model::new(fourpay::app::msg::Setup { history: LOADED, ..setup() }, size, at(0));
    fill(&mut model, at(1), 0);
    let rows = (0..LOADED).map(row).collect();
    answer(&mut model, at(1), Topic::Newest(Feed::Cards), 5, Answer::Transactions(batch(rows)));
    for feed in [Feed::Cards, Feed::Accounts] {
        answer(&mut model, at(1), Topic::History(feed), 6, Answer::Transactions(batch(vec![])));
    }
    press(&mut model, at(2), "3");
    model
}

fn asks(effects: impl IntoIterator<Item = Effect>) -> Vec<Sought> {
    let asks = effects.into_iter().filter_map(|effect| match effect {
        Effect::Fetch(Topic::Search(sought)) => Some(*sought),
        _ => None,
    });
    asks.collect()
}

/// Presses keys; the pages that are asked for.
fn keys(model: &mut Model, script: &str) -> Vec<Sought> {
    asks(press(model, at(3), script).into_iter().flat_map(|outcome| outcome.effects))
}

fn come(model: &mut Model, sought: &Sought, rows: Vec<Transaction>, last: bool) -> Vec<Sought> {
    let page = Answer::Transactions(Batch { items: rows, skipped: 0, last, short: None });
    asks(answer(model, at(4), Topic::Search(Box::new(sought.clone())), 30, page).effects)
}

fn refuse(model: &mut Model, sought: &Sought, failure: Failure) -> Vec<Sought> {
    asks(fail(model, at(4), Topic::Search(Box::new(sought.clone())), 30, failure).effects)
}

fn text(model: &Model) -> String {
    lines(&draw(model, at(5), SIZE)).join("\n")
}

#[track_caller]
fn says(model: &Model, words: &str) {
    let text = text(model);
    assert!(text.contains(words), "{words:?} is not on\n{text}");
}

#[test]
fn end_goes_to_the_last_row_and_end_again_searches() {
    let mut model = part();
    assert!(keys(&mut model, "/status:decl<Enter><End>").is_empty());
    says(&model, "End searches older ones on the server");
    let asked = keys(&mut model, "<End>");
    let [first] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((first.feed, &first.statuses[..], first.offset), (Feed::Cards, &[TransactionStatus::Declined][..], 0));
    assert_eq!((first.from, first.whole), (None, false));
    assert_eq!(first.to, when(LOADED - 1) + TimeDelta::seconds(1), "it overlaps");
    says(&model, "searching older rows from 21 Mar 23:03; Esc stops");
    says(&model, "Esc stop search");
    // What is under way is not asked for again.
    assert!(keys(&mut model, "<End>G").is_empty());
    // The deployment has no filter for it: what does not fit is not kept.
    let before = model.rows();
    let next = come(&mut model, first, (LOADED - 1..LOADED + 60).map(row).collect(), false);
    assert_eq!(model.rows(), before + (LOADED..LOADED + 60).filter(|n| n.is_multiple_of(7)).count());
    assert_eq!(model.store().transactions.len(), LOADED + 9);
    assert_eq!(next.iter().map(|sought| sought.offset).collect::<Vec<_>>(), [61]);
    says(&model, "searching: 61 older rows back to 19 Mar 11:03, 9 found; Esc stops");
    assert!(come(&mut model, &next[0], vec![], true).is_empty());
    says(&model, "searched to the first transaction, 9 found (status by the API; 61 rows read)");
    assert!(!text(&model).contains("incomplete"));
    assert!(keys(&mut model, "<End><End>").is_empty(), "there is nothing more");
    // Without the filter there are rows between those that are shown.
    press(&mut model, at(6), "<Esc>");
    says(&model, "· incomplete");
    says(&model, "history before 21 Mar 23:03 is incomplete");
}

#[test]
fn escape_stops_and_keeps_and_end_goes_on_where_it_stopped() {
    let mut model = part();
    let first = keys(&mut model, "/status:decl<Enter><End><End>").remove(0);
    let second = come(&mut model, &first, (LOADED..LOADED + 20).map(row).collect(), false).remove(0);
    let rows = model.rows();
    assert!(keys(&mut model, "<Esc>").is_empty());
    says(&model, "stopped at 21 Mar 03:03: 20 older rows read, 3 found; End goes on");
    assert_eq!((model.rows(), model.situation().filtered), (rows, true), "the filter and what came stay");
    // A page that was under way is not wanted any more.
    assert!(come(&mut model, &second, (LOADED + 20..LOADED + 40).map(row).collect(), false).is_empty());
    assert_eq!(model.rows(), rows);
    assert_eq!(keys(&mut model, "<End><End>"), [second]);
    press(&mut model, at(5), "<Esc>");
    // The next one clears the filter.
    press(&mut model, at(5), "<Esc>");
    assert!(!model.situation().filtered);
}

#[test]
fn a_failure_in_the_middle_says_why_and_what_next() {
    let mut model = part();
    let first = keys(&mut model, "/status:decl<Enter><End><End>").remove(0);
    let second = come(&mut model, &first, (LOADED..LOADED + 20).map(row).collect(), false).remove(0);
    let failure = Failure {
        status: Some(502),
        detail: fourpay::domain::text::SafeText::prose("Bad Gateway"),
        ..failure(FailureKind::Upstream, "read the transactions of cards")
    };
    assert!(refuse(&mut model, &second, failure).is_empty(), "not by itself");
    says(&model, "stopped at 21 Mar 03:03, End goes on: could not read the transactions of cards");
    says(&model, "502");
    assert_eq!(keys(&mut model, "<End><End>"), [second]);
}

#[test]
fn what_the_api_does_not_take_is_asked_for_without() {
    let mut model = part();
    let first = keys(&mut model, "/status:decl type:purch account:main<Enter><End><End>").remove(0);
    assert_eq!((&first.account, first.kinds.len(), first.statuses.len()), (&Some(account_id(0)), 1, 1));
    let failure = Failure { status: Some(422), ..failure(FailureKind::Refused, "read the transactions of cards") };
    let wide = refuse(&mut model, &first, failure.clone()).remove(0);
    assert_eq!((&wide.account, wide.kinds.len(), wide.statuses.len(), wide.offset), (&None, 0, 0, 0));
    come(&mut model, &wide, (LOADED..LOADED + 60).map(row).collect(), true);
    let fits = |n: &usize| n.is_multiple_of(7) && row(*n).account == Some(account_id(0));
    let found = (LOADED..LOADED + 60).filter(fits).count();
    assert!(found > 0);
    says(&model, &format!("searched to the first transaction, {found} found (60 rows read)"));
    // Once more is once too often.
    let mut model = part();
    let first = keys(&mut model, "/status:decl<Enter><End><End>").remove(0);
    let wide = refuse(&mut model, &first, failure.clone()).remove(0);
    assert!(refuse(&mut model, &wide, failure).is_empty());
    says(&model, "End goes on");
}

#[test]
fn a_card_and_its_digits_are_asked_for_by_card() {
    let mut model = part();
    let four = card(7).number.last_four.unwrap();
    let asked = keys(&mut model, &format!("/last4:{four}<Enter><End><End>"));
    assert_eq!(
        asked.iter().map(|sought| (sought.feed, &sought.card)).collect::<Vec<_>>(),
        [(Feed::Cards, &Some(card_id(7)))]
    );
    // A deployment that takes no notice of it: rows of other cards are not kept.
    let before = model.rows();
    come(&mut model, &asked[0], (LOADED..LOADED + 300).map(row).collect(), true);
    let fits = (LOADED..LOADED + 300).filter(|n| row(*n).card == Some(card_id(7))).count();
    assert_eq!(model.rows(), before + fits);
    assert!(fits > 0);
    says(&model, &format!("searched to the first transaction, {fits} found (card by the API; 300 rows read)"));
    // The list of a card, without a filter.
    let mut model = part();
    press(&mut model, at(3), "2<Enter><Enter>");
    assert!(matches!(model.scope(), Scope::Card(_)), "{:?}", model.scope());
    let asked = keys(&mut model, "<End><End>");
    let Scope::Card(card) = model.scope() else { return };
    assert_eq!(asked.iter().map(|sought| sought.card.clone()).collect::<Vec<_>>(), [Some(card.clone())]);
    // The rows of this card were read to their end meanwhile: there is nothing to look for.
    press(&mut model, at(3), "<Esc>");
    answer(&mut model, at(4), Topic::CardTransactions(card), 40, Answer::Transactions(batch(vec![])));
    assert!(keys(&mut model, "<End><End>").is_empty());
    press(&mut model, at(5), ":search");
    says(&model, "not now: every transaction of this card is loaded");
}

#[test]
fn dates_are_asked_for_and_what_is_loaded_is_not() {
    let mut model = part();
    let asked = keys(&mut model, "/since:2026-03-01 before:2026-03-10<Enter><End>");
    let day = |day: u32| format!("2026-{:02}-{:02}T00:00:00Z", if day == 28 { 2 } else { 3 }, day).parse().unwrap();
    assert_eq!((asked[0].from, asked[0].to), (Some(day(28)), day(11)), "a day more at each end");
    come(&mut model, &asked[0], vec![], true);
    says(&model, "searched as far back as the filter asks, 0 found (0 rows read)");
    says(&model, "older rows were searched to the end");
    let mut model = part();
    assert!(keys(&mut model, "/since:3h zzz<Enter><End>").is_empty());
    says(&model, "search: everything that the filter asks for is loaded");
}

#[test]
fn an_empty_list_tells_of_it_and_searches_at_once() {
    let mut model = part();
    press(&mut model, at(3), "/merchant:zzz<Enter>");
    says(&model, "End searches older rows on the server");
    let asked = keys(&mut model, "<End>");
    assert_eq!(asked.len(), 1);
    says(&model, "older rows are searched; Esc stops");
    // By its name from the commands, as well.
    press(&mut model, at(3), "<Esc>");
    let again = keys(&mut model, ":search<Enter>");
    assert_eq!(again, asked);
}

#[test]
fn without_a_filter_more_history_is_loaded() {
    let mut model = part();
    let asked = keys(&mut model, "<End><End>");
    assert!(asked[0].whole && asked.len() == 1, "{asked:?}");
    says(&model, "loading older rows: 0 back to 21 Mar 23:03; Esc stops");
    let next = come(&mut model, &asked[0], (LOADED - 1..LOADED + 30).map(row).collect(), false);
    assert_eq!(model.rows(), LOADED + 30);
    assert_eq!(model.store().transactions.read_to(Feed::Cards), Some(when(LOADED + 29)));
    press(&mut model, at(4), "<Esc>");
    says(&model, "30 older rows loaded back to 20 Mar 17:03; End loads more");
    assert!(!text(&model).contains("incomplete"));
    assert_eq!(keys(&mut model, "<End><End>"), next);
    come(&mut model, &next[0], (LOADED + 30..LOADED + 40).map(row).collect(), true);
    says(&model, "loaded to the first transaction: 40 older rows");
    press(&mut model, at(4), "/status:decl<Enter>");
    assert!(keys(&mut model, "<End><End>").is_empty(), "all is here");
}

#[test]
fn it_goes_no_further_than_so_many_pages_and_rows() {
    let mut model = part();
    let mut asked: VecDeque<Sought> = keys(&mut model, "/status:decl<Enter><End><End>").into();
    let (mut pages, mut from) = (0, LOADED);
    while let Some(sought) = asked.pop_front() {
        pages += 1;
        asked.extend(come(&mut model, &sought, (from..from + 2).map(row).collect(), false));
        from += 2;
    }
    assert_eq!(pages, 100);
    says(&model, "stopped after 200 older rows at");
    says(&model, "End goes on");
    // Rows beyond what is kept are not taken in, and it says so.
    let sought = keys(&mut model, "<End><End>").remove(0);
    let declined = (0..6_000).map(|n| row((from + n) * 7)).collect();
    assert!(come(&mut model, &sought, declined, false).is_empty());
    says(&model, "no more than 5,000 older rows are kept (history)");
    assert_eq!(model.store().transactions.beyond(false), 5_000);
    assert!(keys(&mut model, "<End><End>").is_empty());
    // What is beyond the room was not read, also where an older row is known.
    let mut model = part();
    let far = keys(&mut model, "/status:decl<Enter><End><End>").remove(0);
    come(&mut model, &far, vec![row(7_000)], true);
    let whole = keys(&mut model, "<Esc><End><End>").remove(0);
    assert!(whole.whole);
    come(&mut model, &whole, (LOADED..LOADED + 6_000).chain([7_000]).map(row).collect(), true);
    let transactions = &model.store().transactions;
    assert_eq!(transactions.read_to(Feed::Cards), Some(when(LOADED + 4_999)));
    assert_eq!((transactions.scattered_of(Feed::Cards), transactions.is_ended(Feed::Cards)), (1, false));
    says(&model, "no more than 5,000 older rows are kept (history)");
    says(&model, "· incomplete");
}

#[test]
fn several_accounts_that_are_refused_are_one_feed() {
    let mut model = part();
    let first = keys(&mut model, "/account:a<Enter><End><End>").remove(0);
    assert!(first.account.is_some(), "Main, Ads and Travel, one by one");
    let failure = Failure { status: Some(422), ..failure(FailureKind::Refused, "read the transactions of cards") };
    let wide = refuse(&mut model, &first, failure).remove(0);
    assert_eq!((&wide.account, wide.offset), (&None, 0));
    assert!(come(&mut model, &wide, (LOADED..LOADED + 60).map(row).collect(), true).is_empty());
    let found = (LOADED..LOADED + 60).filter(|n| row(*n).account != Some(account_id(3))).count();
    says(&model, &format!("searched to the first transaction, {found} found (60 rows read)"));
}

#[test]
fn another_list_ends_it() {
    let mut model = part();
    let first = keys(&mut model, "/status:decl<Enter><End><End>").remove(0);
    press(&mut model, at(3), "/ amount:>1<Enter>");
    assert!(!text(&model).contains("searching"));
    assert!(come(&mut model, &first, (LOADED..LOADED + 20).map(row).collect(), false).is_empty());
    assert_eq!(model.store().transactions.len(), LOADED, "what nobody asks for any more is not kept");
    // Who comes back finds it as it was.
    press(&mut model, at(4), "<Esc>");
    assert!(!text(&model).contains("End goes on"));
    assert_eq!(keys(&mut model, "/status:decl<Enter><End><End>"), [first]);
}

#[test]
fn while_history_loads_it_waits() {
    let mut model = part();
    let mut fresh = Model::new(setup(), SIZE, at(0));
    fill(&mut fresh, at(1), LOADED);
    let page = Batch { items: (0..LOADED).map(row).collect(), skipped: 0, last: false, short: None };
    answer(&mut fresh, at(1), Topic::History(Feed::Cards), 6, Answer::Transactions(page));
    assert!(keys(&mut fresh, "3/zzz<Enter><End>").is_empty());
    press(&mut fresh, at(2), ":search");
    says(&fresh, "not now: older rows are still being loaded");
    // Rows in no order: how far back it came cannot be told.
    let first = keys(&mut model, "/status:decl<Enter><End><End>").remove(0);
    let second = come(&mut model, &first, vec![row(400), row(300)], false).remove(0);
    come(&mut model, &second, vec![row(350)], false);
    says(&model, "searching: 3 older rows, 1 found; Esc stops");
}

#[test]
fn pictures() {
    for size in [(80, 24), (160, 48)] {
        let mut model = part_of(size);
        let first = keys(&mut model, "/status:decl<Enter><End><End>").remove(0);
        come(&mut model, &first, (LOADED..LOADED + 20).map(row).collect(), false);
        let name = format!("search_going_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name, crate::screens::picture(&draw(&model, at(5), size)));
    }
}
